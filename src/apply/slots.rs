//! Limits how many provider calls are in flight; who is most urgent goes first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

/// The slots for calls.
#[derive(Debug)]
pub(super) struct Slots {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    free: usize,
    queue: BinaryHeap<Waiting>,
    count: u64,
}

/// The most urgent first; among equals, who came first.
#[derive(Debug)]
struct Waiting {
    order: (Duration, Reverse<u64>),
    granted: oneshot::Sender<Slot>,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Waiting) -> bool {
        self.order == other.order
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Waiting) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Waiting) -> std::cmp::Ordering {
        self.order.cmp(&other.order)
    }
}

/// A slot; free again when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Option<Arc<Slots>>,
}

impl Slots {
    pub(super) fn new(count: usize) -> Arc<Slots> {
        let inner = Inner { free: count.max(1), queue: BinaryHeap::new(), count: 0 };
        Arc::new(Slots { inner: Mutex::new(inner) })
    }

    /// Waits for a slot. `urgency` is how long the path of work that hangs on it is.
    pub(super) async fn take(self: &Arc<Self>, urgency: Duration) -> Slot {
        let receiver = {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            if inner.free > 0 {
                inner.free -= 1;
                return Slot { slots: Some(self.clone()) };
            }
            let (granted, receiver) = oneshot::channel();
            inner.count += 1;
            let order = (urgency, Reverse(inner.count));
            inner.queue.push(Waiting { order, granted });
            receiver
        };
        // The sender is dropped only with the slots themselves, which `self` keeps.
        receiver.await.unwrap_or_else(|_| self.none())
    }

    /// Leave to go on without a slot.
    pub(super) fn none(&self) -> Slot {
        Slot { slots: None }
    }

    /// Passes a slot on to whoever waits, or keeps it free.
    fn pass_on(self: &Arc<Self>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(next) = inner.queue.pop() {
            match next.granted.send(Slot { slots: Some(self.clone()) }) {
                Ok(()) => return,
                // It does not wait any more; its slot must not come back by being dropped here,
                // where the lock is held.
                Err(mut unwanted) => unwanted.slots = None,
            }
        }
        inner.free += 1;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(slots) = self.slots.take() {
            slots.pass_on();
        }
    }
}
