//! Ephemeral resources that are open: renewed while they are, and closed at the end.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::{Connection, ErrorKind, ProviderError, Result};
use crate::value::Value;

/// How long closing may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a provider gives when it opens an ephemeral resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The object.
    pub value: Value,
    /// How it is to be kept open.
    pub lease: Lease,
}

/// What a provider wants to know again of what it has opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Whatever the provider needs to renew and to close.
    pub private: Value,
    /// When to renew, from now; never when not given.
    pub renew_in: Option<Duration>,
}

impl Lease {
    /// Of what needs neither renewing nor closing.
    pub const NONE: Lease = Lease { private: Value::NULL, renew_in: None };
}

/// An ephemeral resource that is open.
struct Open {
    close: oneshot::Sender<()>,
    task: JoinHandle<Result>,
}

impl Open {
    /// Closes it; what went wrong when it was renewed is told now.
    async fn close(self) -> Result {
        // Whoever keeps it open is gone only when it has been closed.
        let _gone = self.close.send(());
        match timeout(PATIENCE, self.task).await {
            Ok(Ok(closed)) => closed,
            Ok(Err(error)) => Err(ProviderError::new(ErrorKind::Internal, error.to_string())),
            Err(_) => {
                let text = format!("closing took longer than {PATIENCE:?}");
                Err(ProviderError::new(ErrorKind::Unknown, text))
            }
        }
    }
}

/// The ephemeral resources that are open, by address.
#[derive(Default)]
pub struct Openings(Mutex<BTreeMap<String, Open>>);

impl Openings {
    /// Opens an ephemeral resource of type `kind` and keeps it open.
    pub async fn open(
        &self,
        address: &str,
        connection: Arc<dyn Connection>,
        kind: &'static str,
        configuration: &Value,
    ) -> Result<Value> {
        let Opened { value, lease } = connection.open(kind, configuration).await?;
        let (close, closing) = oneshot::channel();
        let task = tokio::spawn(keep(connection, kind, lease, closing));
        self.lock().insert(address.to_string(), Open { close, task });
        Ok(value)
    }

    /// Closes one; nothing to do when it is not open.
    pub async fn close(&self, address: &str) -> Result {
        let open = self.lock().remove(address);
        match open {
            Some(open) => open.close().await,
            None => Ok(()),
        }
    }

    /// Closes all, and says what went wrong with which.
    pub async fn close_all(&self) -> Vec<(String, ProviderError)> {
        let all = std::mem::take(&mut *self.lock());
        let mut problems = Vec::new();
        for (address, open) in all {
            if let Err(error) = open.close().await {
                problems.push((address, error));
            }
        }
        problems
    }

    /// The map is whole whoever panicked.
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Renews until it is to be closed, and closes. Nobody left to ask for that counts as asking.
async fn keep(
    connection: Arc<dyn Connection>,
    kind: &'static str,
    mut lease: Lease,
    mut closing: oneshot::Receiver<()>,
) -> Result {
    let mut outcome = Ok(());
    loop {
        let due = async {
            match lease.renew_in {
                Some(after) => sleep(after).await,
                None => pending().await,
            }
        };
        tokio::select! {
            _ = &mut closing => break,
            () = due => match connection.renew(kind, &lease.private).await {
                Ok(renewed) => lease = renewed,
                Err(error) => {
                    lease.renew_in = None;
                    outcome = Err(error);
                }
            },
        }
    }
    let closed = connection.close(kind, &lease.private).await;
    outcome.and(closed)
}
