//! An AWS inside the program, the weather over any AWS, and a record of what is called.
//!
//! - [`Sandbox`] answers the SDK in process. What its services are told is kept as the documents
//!   that AWS would show. Each change is on disk before its call is answered.
//! - [`weather::Weather`] makes any AWS slow, throttled, faulty or stale.
//! - [`trace::Trace`] writes down each call.

pub mod call;
pub mod contents;
pub mod documents;
pub mod ec2;
pub mod ecr;
pub mod ecs;
pub mod elb;
#[cfg(test)]
mod fake;
pub mod fault;
pub mod iam;
pub mod log;
pub mod logs;
mod published;
pub mod scope;
pub mod ssm;
pub mod sts;
#[cfg(test)]
mod tests;
pub mod trace;
pub mod users;
pub mod weather;
pub mod wire;
pub mod world;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

pub use self::contents::Item;
use self::world::World;

/// Why the sandbox cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The folder cannot be made or read.
    #[error("cannot use the sandbox's folder {}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file of a region cannot be read or written.
    #[error("cannot keep what is in the sandbox")]
    Log(#[source] std::io::Error),
}

/// An AWS account in a folder.
#[derive(Clone, Debug)]
pub struct Sandbox {
    folder: PathBuf,
    world: Arc<World>,
}

impl Sandbox {
    /// The sandbox kept in a folder (a stack's `.terrace/sandbox`), empty if there is none.
    pub fn open(folder: &Path) -> Result<Sandbox, SandboxError> {
        let world = Arc::new(World::open(folder.to_owned())?);
        Ok(Sandbox { folder: folder.to_owned(), world })
    }

    /// The client to give to the SDK in place of the network.
    pub fn http_client(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(Connector(self.world.clone()));
        http_client_fn(move |_, _| connector.clone())
    }

    /// Credentials that the sandbox takes; it takes any.
    pub fn credentials() -> Credentials {
        Credentials::new("AKIASANDBOXSANDBOX00", "sandbox", None, None, "sandbox")
    }

    /// The account that everything in the sandbox belongs to.
    pub fn account() -> &'static str {
        scope::ACCOUNT
    }

    /// What is in the sandbox, by kind, region and id.
    pub fn contents(&self) -> Result<Vec<Item>, SandboxError> {
        contents::contents(&self.folder)
    }

    /// Empties the sandbox kept in a folder.
    pub fn reset(folder: &Path) -> Result<(), SandboxError> {
        contents::reset(folder)
    }
}

#[derive(Debug)]
struct Connector(Arc<World>);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.0.call(request)
    }
}
