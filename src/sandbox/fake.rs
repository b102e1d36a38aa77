//! A scripted HTTP connector, for the tests of what is wrapped around clients.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;

use super::call::Call;

type Answer = Result<HttpResponse, ConnectorError>;
type Script = dyn Fn(&Call, usize) -> Answer + Send + Sync;

/// A connector that answers what the function says; it is told how many calls came before.
pub(crate) fn scripted(
    script: impl Fn(&Call, usize) -> Answer + Send + Sync + 'static,
) -> SharedHttpConnector {
    SharedHttpConnector::new(Fake { script: Arc::new(script), calls: AtomicUsize::new(0) })
}

struct Fake {
    script: Arc<Script>,
    calls: AtomicUsize,
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fake")
    }
}

impl HttpConnector for Fake {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let count = self.calls.fetch_add(1, Ordering::SeqCst);
        HttpConnectorFuture::ready((self.script)(&Call::of(&request), count))
    }
}
