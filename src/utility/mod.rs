//! Providers that need no account: values kept in the state, files and programs of this machine.

mod archive;
mod bundle;
mod cloudinit;
mod digests;
mod external;
mod http;
mod kind;
mod local;
mod null;
mod program;
mod random;
pub mod remote_state;
mod source;
pub mod terraform;
mod time;
mod tls;
mod wire;

use std::sync::Arc;

use bundle::Bundle;

use crate::provider::{ErrorKind, Provider, ProviderError};

/// The providers, for a configuration to name, and how they read the states of other stacks.
pub fn providers(read_outputs: remote_state::ReadOutputs) -> Vec<Arc<dyn Provider>> {
    let bundles: [Bundle; 9] = [
        archive::provider(),
        cloudinit::provider(),
        external::provider(),
        http::provider(),
        local::provider(),
        null::provider(),
        random::provider(),
        time::provider(),
        tls::provider(),
    ];
    let terraform: Arc<dyn Provider> = Arc::new(terraform::TerraformProvider { read_outputs });
    let bundles = bundles.into_iter().map(|it| -> Arc<dyn Provider> { Arc::new(it) });
    std::iter::once(terraform).chain(bundles).collect()
}

/// What the arguments ask for cannot be done.
fn refused(message: impl Into<String>) -> ProviderError {
    ProviderError::new(ErrorKind::Refused, message)
}

/// Does work that keeps a processor busy, without keeping others waiting.
async fn busy<T: Send + 'static>(
    work: impl FnOnce() -> crate::provider::Result<T> + Send + 'static,
) -> crate::provider::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(ProviderError::new(ErrorKind::Internal, error.to_string())),
    }
}

#[cfg(test)]
mod tests;
