//! Runs the calls of a step: in a slot while one is on its way, and without while they only wait to be
//! tried again. A pause ends at once when the run is being stopped.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::Stop;
use super::slots::Slots;
use crate::provider::{ErrorKind, ProviderError, Result};

/// Whether the calls of a step are on their way, or until when they pause.
#[derive(Debug)]
pub(super) struct Pauses(watch::Sender<State>);

#[derive(Clone, Copy, Debug, Default)]
struct State {
    on_their_way: usize,
    until: Option<Instant>,
}

/// Where calls take their slots, and how urgent they are.
pub(super) struct Turn<'a> {
    pub(super) slots: &'a Arc<Slots>,
    pub(super) urgency: Duration,
    pub(super) stop: &'a Stop,
}

impl Default for Pauses {
    fn default() -> Pauses {
        Pauses(watch::Sender::new(State::default()))
    }
}

impl Pauses {
    /// A call is sent.
    pub(super) fn sent(&self) {
        self.0.send_modify(|state| {
            state.on_their_way += 1;
            state.until = None;
        });
    }

    /// A call that was sent has come to its end.
    pub(super) fn answered(&self) {
        self.0.send_modify(|state| state.on_their_way = state.on_their_way.saturating_sub(1));
    }

    /// A call will be tried again after a while.
    pub(super) fn pausing(&self, pause: Duration) {
        self.0.send_modify(|state| state.until = Some(Instant::now() + pause));
    }

    /// Waits for a pause in which nothing is on its way, and says when it ends.
    async fn begun(&self) -> Instant {
        let mut receiver = self.0.subscribe();
        let idle = |state: &State| state.on_their_way == 0 && state.pause().is_some();
        while let Ok(pause) = receiver.wait_for(idle).await.map(|state| state.pause()) {
            if let Some(until) = pause {
                return until;
            }
        }
        // The sender lives as long as `self`, so this is never reached.
        std::future::pending().await
    }
}

impl State {
    fn pause(&self) -> Option<Instant> {
        self.until.filter(|until| *until > Instant::now())
    }
}

fn stopped() -> ProviderError {
    ProviderError::new(ErrorKind::Stopped, "the run is being stopped")
}

impl Turn<'_> {
    /// Makes calls. `begin` is told when there is a slot for the first of them.
    pub(super) async fn take<T>(
        &self,
        pauses: &Pauses,
        begin: impl FnOnce(),
        calls: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let mut slot = self.slots.take(self.urgency).await;
        if self.stop.is_requested() {
            return Err(stopped());
        }
        begin();
        let mut calls = pin!(calls);
        loop {
            let until = tokio::select! {
                biased;
                outcome = &mut calls => return outcome,
                until = pauses.begun() => until,
            };
            if self.stop.is_requested() {
                return Err(stopped());
            }
            drop(slot);
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(until) => {}
                () = self.stop.requested() => {}
                // What else the step does goes on.
                outcome = &mut calls => return outcome,
            }
            slot = match self.stop.is_requested() {
                true => self.slots.none(),
                false => self.slots.take(self.urgency).await,
            };
        }
    }
}
