//! Asks a run to stop.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::child::Processes;

/// Asks a run to stop: nothing new is started, calls in flight end, waits are abandoned. Clones ask
/// the same run.
#[derive(Clone, Debug)]
pub struct Stop {
    sender: Arc<watch::Sender<bool>>,
    /// The processes that the run has started and that have not ended.
    children: Arc<Mutex<Vec<Processes>>>,
}

impl Default for Stop {
    fn default() -> Stop {
        Stop { sender: Arc::new(watch::Sender::new(false)), children: Arc::default() }
    }
}

/// Processes that end with the program, as long as this is kept.
pub(super) struct Registered {
    children: Arc<Mutex<Vec<Processes>>>,
    processes: Processes,
}

impl Drop for Registered {
    fn drop(&mut self) {
        lock(&self.children).retain(|it| *it != self.processes);
    }
}

/// A list whose holder panicked is as good as any.
fn lock(children: &Mutex<Vec<Processes>>) -> MutexGuard<'_, Vec<Processes>> {
    children.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Stop {
    /// Asks.
    pub fn request(&self) {
        self.sender.send_replace(true);
    }

    /// Ends all processes that the run has started: the program is about to end.
    pub fn end_children(&self) {
        lock(&self.children).iter().for_each(|it| it.kill());
    }

    /// Takes note of processes that must not outlive the program.
    pub(super) fn register(&self, processes: Processes) -> Registered {
        lock(&self.children).push(processes);
        Registered { children: self.children.clone(), processes }
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
