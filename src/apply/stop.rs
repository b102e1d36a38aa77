//! Asks a run to stop.

use std::sync::Arc;

use tokio::sync::watch;

/// Asks a run to stop: nothing new is started, calls in flight end, waits are abandoned. Clones ask
/// the same run.
#[derive(Clone, Debug)]
pub struct Stop {
    sender: Arc<watch::Sender<bool>>,
}

impl Default for Stop {
    fn default() -> Stop {
        Stop { sender: Arc::new(watch::Sender::new(false)) }
    }
}

impl Stop {
    /// Asks.
    pub fn request(&self) {
        self.sender.send_replace(true);
    }

    /// Whether it has been asked.
    pub fn is_requested(&self) -> bool {
        *self.sender.borrow()
    }

    /// Waits until it is asked.
    pub async fn requested(&self) {
        let mut receiver = self.sender.subscribe();
        // The sender lives as long as `self`, so this ends only when asked.
        let _ = receiver.wait_for(|stop| *stop).await;
    }
}
