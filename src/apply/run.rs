//! What all steps of a run share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use super::pause::Pauses;
use super::slots::Slots;
use super::{Doing, Event, Reporter, Resolve, Stop, Waiter};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{Change, ProviderKey};
use crate::provider::{Connection, ErrorKind, Openings, ProviderError, Recorder, Result, Step};
use crate::state::{Called, Object, Outcome, Place, Record, StateError, Store};

/// Why a step did not succeed.
#[derive(Debug)]
pub(super) enum StepError {
    /// It failed, and this is to be told.
    Failed(Diagnostics),
    /// The run is being stopped.
    Stopped,
}

impl From<Diagnostic> for StepError {
    fn from(diagnostic: Diagnostic) -> StepError {
        StepError::Failed(diagnostic.into())
    }
}

impl From<Diagnostics> for StepError {
    fn from(diagnostics: Diagnostics) -> StepError {
        StepError::Failed(diagnostics)
    }
}

/// Where facts are noted, and events told.
#[derive(Clone)]
pub(super) struct Ledger {
    pub(super) store: Arc<Store>,
    pub(super) reporter: Arc<dyn Reporter>,
    pub(super) stop: Stop,
}

/// What all steps of a run share.
pub(super) struct Run {
    pub(super) changes: Vec<Change>,
    pub(super) resolve: Arc<dyn Resolve>,
    pub(super) ledger: Ledger,
    pub(super) slots: Arc<Slots>,
    pub(super) waiter: Waiter,
    /// The name of the run.
    pub(super) name: String,
    /// The keys of objects that were deposed in this run, by the number of their change.
    pub(super) deposed: Mutex<BTreeMap<usize, String>>,
    /// What to tell besides failures.
    pub(super) warnings: Mutex<Diagnostics>,
    pub(super) verified: tokio::sync::Mutex<BTreeSet<ProviderKey>>,
    /// The ephemeral resources that are open.
    pub(super) open: Openings,
}

/// Nothing is left half done behind these locks, so a panic elsewhere does not matter.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ledger {
    pub(super) fn report(&self, event: Event) {
        self.reporter.event(event);
    }

    /// Notes a fact. When that fails, nothing new is begun.
    pub(super) fn note(&self, record: Record) -> std::result::Result<(), Diagnostic> {
        self.store.append(record).map_err(|error| self.broken(error))
    }

    fn broken(&self, error: StateError) -> Diagnostic {
        self.stop.request();
        error.into()
    }

    /// The object that is kept at a place.
    pub(super) fn known(&self, place: &Place) -> Option<Object> {
        let deposed = place.deposed.as_deref();
        self.store.with(|folded| folded.state.object(&place.address, deposed).cloned())
    }
}

impl Run {
    pub(super) fn report(&self, event: Event) {
        self.ledger.report(event);
    }

    /// Notes a fact. When that fails, nothing new is begun.
    pub(super) fn note(&self, record: Record) -> std::result::Result<(), Diagnostic> {
        self.ledger.note(record)
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.ledger.stop.is_requested()
    }

    /// The connection of a provider configuration, its credentials checked once.
    pub(super) async fn connection(
        &self,
        provider: &ProviderKey,
    ) -> std::result::Result<Arc<dyn Connection>, Diagnostics> {
        let connection = self.resolve.connection(provider)?;
        let mut verified = self.verified.lock().await;
        if !verified.contains(provider) {
            connection.verify().await.map_err(|error| describe(&error, "Provider not usable"))?;
            verified.insert(provider.clone());
        }
        Ok(connection)
    }
}

/// Work on one object: what is done to it, and since when.
pub(super) struct Subject {
    pub(super) place: Place,
    pub(super) doing: Doing,
    ledger: Ledger,
    started: OnceLock<Instant>,
}

impl Subject {
    pub(super) fn new(ledger: &Ledger, place: Place, doing: Doing) -> Arc<Subject> {
        let (ledger, started) = (ledger.clone(), OnceLock::new());
        Arc::new(Subject { place, doing, ledger, started })
    }

    /// Work begins: what was before was waiting for a slot.
    pub(super) fn start(&self) {
        if self.started.set(Instant::now()).is_ok() {
            let (place, doing) = (self.place.clone(), self.doing);
            // What is there when an object is made is the one that it takes the place of.
            let known = self.ledger.known(&place).filter(|_| doing != Doing::Create);
            let id = known.and_then(|it| it.id().map(str::to_string));
            self.ledger.report(Event::Started { place, doing, id });
        }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.get().map(Instant::elapsed).unwrap_or_default()
    }
}

/// An error of a provider, for the user.
pub(super) fn describe(error: &ProviderError, summary: impl Into<String>) -> Diagnostic {
    let mut detail = match (&error.code, error.operation.as_str()) {
        (_, "") => error.message.clone(),
        (Some(code), operation) if !error.message.contains(code.as_str()) => {
            format!("{operation}: {code}: {}", error.message)
        }
        (_, operation) => format!("{operation}: {}", error.message),
    };
    if let Some(id) = &error.request_id {
        detail.push_str(&format!(" (request {id})"));
    }
    Diagnostic::error(summary, detail).hint(&error.hint)
}

/// The client token of a step: the same for the same arguments, and for nothing else.
pub(super) fn token(lineage: &str, place: &Place, step: &str) -> String {
    let mut digest = Sha256::new();
    for part in [lineage, &place.to_string(), step] {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Journals the calls of a step.
pub(super) struct StepRecorder {
    ledger: Ledger,
    step: String,
    place: Place,
    calls: AtomicUsize,
    succeeded: AtomicUsize,
    /// The operations of which the last try failed.
    failed: Mutex<BTreeSet<String>>,
    pub(super) pauses: Pauses,
}

impl StepRecorder {
    pub(super) fn new(ledger: &Ledger, step: &str, place: &Place) -> Arc<StepRecorder> {
        Arc::new(StepRecorder {
            ledger: ledger.clone(),
            step: step.to_string(),
            place: place.clone(),
            calls: AtomicUsize::new(0),
            succeeded: AtomicUsize::new(0),
            failed: Mutex::default(),
            pauses: Pauses::default(),
        })
    }

    /// How many calls were about to be sent.
    pub(super) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Whether a call belongs to the end of what a step does when the run is being stopped: the step
    /// has changed something, and this is not a call that failed before.
    fn ends(&self, operation: &str) -> bool {
        self.succeeded.load(Ordering::SeqCst) > 0 && !lock(&self.failed).contains(operation)
    }

    /// The step as the provider sees it.
    pub(super) fn step(self: &Arc<Self>, token: &str) -> Step {
        Step {
            address: self.place.address.to_string(),
            token: token.to_string(),
            recorder: self.clone(),
        }
    }
}

impl Recorder for StepRecorder {
    fn before(&self, operation: &str) -> Result {
        if self.ledger.stop.is_requested() && !self.ends(operation) {
            return Err(ProviderError::new(ErrorKind::Stopped, "the run is being stopped"));
        }
        let record = Record::Call { step: self.step.clone(), operation: operation.to_string() };
        self.ledger.note(record).map_err(|problem| {
            ProviderError::new(ErrorKind::Journal, problem.detail).hint(problem.hint)
        })?;
        self.calls.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn after(&self, operation: &str, outcome: std::result::Result<&str, &str>) {
        match outcome {
            Ok(_) => lock(&self.failed).remove(operation),
            Err(_) => lock(&self.failed).insert(operation.to_string()),
        };
        let outcome = match outcome {
            Ok(request) => {
                self.succeeded.fetch_add(1, Ordering::SeqCst);
                Outcome::Ok(request.to_string())
            }
            Err(error) => Outcome::Error(error.to_string()),
        };
        let step = self.step.clone();
        let called = Called { step, operation: operation.to_string(), outcome };
        // Without this record the call counts as one whose outcome is not known, which is safe; and
        // the failure has already stopped the run.
        let _ = self.ledger.note(Record::Called(called));
    }

    fn waiting(&self, why: &str) {
        let place = self.place.clone();
        self.ledger.report(Event::Waiting { place, why: why.to_string() });
    }

    fn sent(&self) {
        self.pauses.sent();
    }

    fn answered(&self) {
        self.pauses.answered();
    }

    fn pausing(&self, pause: Duration) {
        self.pauses.pausing(pause);
    }
}
