//! One step: makes, changes, reads, destroys or forgets one object.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::fit::{bare, marked_as, own_timeout};
use super::pause::Turn;
use super::provision::after_create;
use super::recover::telling;
use super::run::{Ledger, Run, StepError, StepRecorder, Subject, describe, lock, token};
use super::settle::gone_yet;
use super::wait::{Judge, Target, Timing, WaitError};
use super::{Doing, Event};
use crate::diagnostic::Diagnostic;
use crate::plan::difference::misfit;
use crate::plan::{Action, Change};
use crate::provider::{
    self, Connection, ErrorKind, Observed, Phase, ProviderError, ResourceType, Schedule,
};
use crate::schema::write_only::with_write_only;
use crate::state::{
    self, Begun, Done, Failed, Object, Place, Record, StoredObject, deposed_key, encode,
};
use crate::value::{Path, Value};

/// Tells that what depends on a step may start.
pub(super) type Usable = Arc<dyn Fn() + Send + Sync>;

type StepResult<T = ()> = Result<T, StepError>;

/// A step on an object of a resource type.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) run: Arc<Run>,
    pub(super) number: usize,
    pub(super) subject: Arc<Subject>,
    /// The name of the step in the journal.
    pub(super) name: String,
    pub(super) urgency: Duration,
    pub(super) connection: Arc<dyn Connection>,
    pub(super) kind: &'static dyn ResourceType,
    token: String,
    recorder: Arc<StepRecorder>,
    /// Whether the object is not finished when it is made: provisioners have to run.
    unprovisioned: bool,
}

/// What a managed object is to be.
pub(super) struct Proposal {
    /// What the user says.
    pub(super) configuration: Value,
    /// The planned value, marks included; unknown where the provider decides.
    pub(super) planned: Value,
}

impl Step {
    /// Prepares the step of a piece of work.
    pub(super) async fn new(
        run: &Arc<Run>,
        number: usize,
        subject: Arc<Subject>,
        urgency: Duration,
    ) -> StepResult<Step> {
        let change = change(run, number)?;
        let connection = run.connection(&change.provider).await?;
        let name = &change.address.resource.resource.kind;
        let kind = run.resolve.resource_type(&change.provider, name)?;
        let verb = if subject.doing == Doing::Destroy { "destroy" } else { "make" };
        let name = format!("{}:{number}:{verb}", run.name);
        let lineage = run.ledger.store.with(|folded| folded.state.lineage.clone());
        let token = token(&lineage, &subject.place, &name);
        let recorder = StepRecorder::new(&run.ledger, &name, &subject.place);
        let unprovisioned = subject.doing == Doing::Create && !after_create(run, change).is_empty();
        let run = run.clone();
        let step = Step {
            run,
            number,
            subject,
            name,
            urgency,
            connection,
            kind,
            token,
            recorder,
            unprovisioned,
        };
        Ok(step)
    }

    /// Whether no provisioners have to run once the object is made.
    pub(super) fn is_finished_when_made(&self) -> bool {
        !self.unprovisioned
    }

    pub(super) fn place(&self) -> &Place {
        &self.subject.place
    }

    pub(super) fn change(&self) -> StepResult<&Change> {
        change(&self.run, self.number)
    }

    /// What the object is to be, now that more is known than at plan; it must fit the plan.
    pub(super) fn proposal(&self) -> StepResult<Proposal> {
        let change = self.change()?;
        let (configuration, planned) = self.run.resolve.propose(change)?;
        if let Some(path) = misfit(&change.after, &planned, &mut Path::default()) {
            return Err(self.misfit(&path).into());
        }
        Ok(Proposal { configuration, planned })
    }

    /// What the provider gets: the plan, and what is kept nowhere.
    fn sent(&self, proposal: &Proposal) -> Value {
        let configuration = bare(&proposal.configuration);
        with_write_only(self.kind.schema(), bare(&proposal.planned), &configuration)
    }

    fn misfit(&self, path: &Path) -> Diagnostic {
        let detail = format!(
            "`{path}` of {} is now another value than the plan says. That is a defect of terrace \
             or of its provider; nothing was done to the object.",
            self.place()
        );
        self.at(Diagnostic::error("Plan not kept", detail), Some(path))
    }

    /// Makes the object, and returns it as it is once it is ready.
    pub(super) async fn create(&self, usable: Usable) -> StepResult<Value> {
        let proposal = self.proposal()?;
        let sent = self.sent(&proposal);
        let deposes = self.change()?.create_first().then(|| deposed_key(&self.name));
        if let Some(key) = &deposes {
            lock(&self.run.deposed).insert(self.number, key.clone());
        }
        self.begin(state::Action::Create, &proposal.planned, deposes)?;
        let step = self.recorder.step(&self.token);
        let kind = self.kind.name();
        let id = self.call(self.connection.create(kind, &sent, &step)).await?;
        self.note(Record::Made { step: self.name.clone(), id: id.clone() })?;
        self.run.report(Event::Made { place: self.place().clone(), id: id.clone() });
        let object = proposal.planned.known().with("id", Value::from(id));
        let made = self.first_look(object).await?;
        self.settle(&proposal, Some(made), Phase::Create, usable).await
    }

    /// Changes the object, and returns it as it is once it is ready.
    pub(super) async fn update(&self, usable: Usable) -> StepResult<Value> {
        let proposal = self.proposal()?;
        let was = bare(&self.change()?.before);
        let sent = self.sent(&proposal);
        self.begin(state::Action::Update, &proposal.planned, None)?;
        let step = self.recorder.step(&self.token);
        let update = self.connection.update(self.kind.name(), &was, &sent, &step);
        if let Err(error) = self.call_only(update).await {
            return Err(self.update_failed(error, &was).await);
        }
        self.settle(&proposal, None, Phase::Update, usable).await
    }

    /// Changes an object that this step has made.
    pub(super) async fn change_made(&self, was: &Value, target: &Value) -> StepResult {
        let step = self.recorder.step(&self.token);
        let update = self.connection.update(self.kind.name(), was, target, &step);
        match self.call_only(update).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.update_failed(error, was).await),
        }
    }

    /// Destroys the object, and waits until it is gone.
    pub(super) async fn destroy(&self) -> StepResult {
        let was = bare(&self.change()?.before);
        self.begin(state::Action::Delete, &self.change()?.before.clone(), None)?;
        let step = self.recorder.step(&self.token);
        self.call(self.connection.delete(self.kind.name(), &was, &step)).await?;
        // Without a call there is nothing to wait for: the object is left in the world on purpose.
        if self.recorder.calls() > 0 {
            let timing = self.timing(Phase::Delete, &was);
            self.wait(was, timing, Box::new(gone_yet())).await?;
        }
        self.note(Record::Deleted { step: self.name.clone() })
    }

    /// Journals that calls are about to be made.
    fn begin(&self, action: state::Action, object: &Value, deposes: Option<String>) -> StepResult {
        let object = match (action, self.run.ledger.known(self.place())) {
            (state::Action::Delete, Some(known)) => known,
            _ => self.stored(object)?,
        };
        self.note(Record::Begun(Box::new(Begun {
            step: self.name.clone(),
            place: self.place().clone(),
            action,
            kind: self.kind.name().to_string(),
            provider: self.change()?.provider.to_string(),
            token: self.token.clone(),
            deposes,
            object: StoredObject(object),
        })))
    }

    /// The object of a value, for state.
    pub(super) fn stored(&self, value: &Value) -> StepResult<Object> {
        let change = self.change()?;
        let (attributes, sensitive_paths) = encode(self.kind.schema(), value);
        // An object that is changed keeps what other tools have noted of it.
        let known = self.run.ledger.known(self.place());
        let known = known.filter(|_| self.subject.doing == Doing::Update);
        Ok(Object {
            attributes,
            schema_version: self.kind.schema().version,
            sensitive_paths,
            dependencies: change.dependencies.clone(),
            create_before_destroy: change.create_before_destroy,
            skip_destroy: change.skip_destroy,
            tainted: self.unprovisioned,
            creating: false,
            ..known.unwrap_or_default()
        })
    }

    pub(super) fn note(&self, record: Record) -> StepResult {
        self.run.note(record).map_err(|problem| self.at(problem, None).into())
    }

    /// The object is as it should be: journals it and lets others see it.
    pub(super) fn done(&self, planned: &Value, value: Value) -> StepResult<Value> {
        let value = marked_as(planned, value);
        self.run.resolve.record(&self.place().address, value.clone());
        self.note(Record::Done(Done {
            step: self.name.clone(),
            place: self.place().clone(),
            provider: self.change()?.provider.to_string(),
            object: StoredObject(self.stored(&value)?),
        }))?;
        Ok(value)
    }

    /// Makes calls, in a slot while they are on their way.
    async fn call_only<T>(
        &self,
        call: impl Future<Output = provider::Result<T>>,
    ) -> provider::Result<T> {
        let Ledger { stop, .. } = &self.run.ledger;
        let turn = Turn { slots: &self.run.slots, urgency: self.urgency, stop };
        turn.take(&self.recorder.pauses, || self.subject.start(), call).await
    }

    /// Makes calls that create or destroy: a failure means that nothing has changed, unless it is not
    /// known.
    async fn call<T>(&self, call: impl Future<Output = provider::Result<T>>) -> StepResult<T> {
        match self.call_only(call).await {
            Ok(value) => Ok(value),
            Err(error) => {
                if let Some(record) = self.record_of(&error, None)? {
                    self.note(record)?;
                }
                Err(self.told(&error))
            }
        }
    }

    async fn update_failed(&self, error: ProviderError, was: &Value) -> StepError {
        let read = match self.recorder.calls() {
            0 => Ok(Vec::new()),
            _ if leaves_open(error.kind) => Ok(Vec::new()),
            _ => self.connection.read(self.kind.name(), vec![was.clone()]).await,
        };
        // An object that cannot be read may have changed: recovery reads it.
        let Ok(found) = read else { return self.told(&error) };
        let now = found.into_iter().next().flatten();
        let noted = self
            .record_of(&error, now.map(|it| it.value))
            .and_then(|record| record.map_or(Ok(()), |record| self.note(record)));
        noted.err().unwrap_or_else(|| self.told(&error))
    }

    /// What to journal of an error; nothing when it is not known how things stand.
    fn record_of(&self, error: &ProviderError, now: Option<Value>) -> StepResult<Option<Record>> {
        let step = self.name.clone();
        let object = now.map(|now| self.stored(&now)).transpose()?.map(StoredObject);
        Ok(match error.kind {
            ErrorKind::Stopped | ErrorKind::Journal if self.recorder.calls() == 0 => {
                let reason = "no call had been sent".into();
                Some(Record::Dropped { step, reason })
            }
            kind if leaves_open(kind) => None,
            _ => Some(Record::Failed(Failed {
                step,
                error: error.message.clone(),
                tainted: false,
                object,
            })),
        })
    }

    /// The error of a provider, for the user.
    pub(super) fn told(&self, error: &ProviderError) -> StepError {
        if error.kind == ErrorKind::Stopped {
            return StepError::Stopped;
        }
        let what = match self.subject.doing {
            Doing::Create => "created",
            Doing::Update => "changed",
            Doing::Destroy => "destroyed",
            _ => "read",
        };
        let diagnostic = describe(error, format!("{} not {what}", self.kind.name()));
        let unknown = error.kind == ErrorKind::Unknown && error.hint.is_empty();
        let diagnostic = if unknown {
            diagnostic.hint("It is not known whether the call took effect: the next run finds out.")
        } else {
            diagnostic
        };
        self.at(diagnostic, error.path.as_ref()).into()
    }

    /// A diagnostic at the place of this object in the configuration.
    pub(super) fn at(&self, diagnostic: Diagnostic, path: Option<&Path>) -> Diagnostic {
        let span = self.change().ok().and_then(|change| self.run.resolve.span(change, path));
        let diagnostic = diagnostic.about(self.place());
        span.map_or(diagnostic.clone(), |span| diagnostic.at(&span))
    }

    /// When to look, and for how long.
    pub(super) fn timing(&self, phase: Phase, object: &Value) -> Timing {
        let timeout = own_timeout(object, phase).unwrap_or_else(|| self.kind.timeout(phase));
        let schedule = self.kind.schedule(phase);
        let instant = self.connection.is_instant();
        Timing { schedule: if instant { at_once(schedule) } else { schedule }, timeout }
    }

    /// Waits for the object, telling what it waits for.
    pub(super) async fn wait(
        &self,
        object: Value,
        timing: Timing,
        judge: Judge,
    ) -> StepResult<Option<Observed>> {
        let provider = self.change()?.provider.clone();
        let connection = self.connection.clone();
        let target = Target { provider, connection, kind: self.kind.name(), object };
        let reporter = self.run.ledger.reporter.clone();
        let telling = telling(reporter, self.place().clone(), judge);
        match self.run.waiter.wait(target, timing, Box::new(telling)).await {
            Ok(found) => Ok(found),
            Err(error) => Err(self.wait_failed(error).await),
        }
    }

    /// What follows from a wait that did not succeed. What may still become ready stays unresolved in
    /// the journal, so that the next run goes on waiting for it.
    async fn wait_failed(&self, error: WaitError) -> StepError {
        let verb = match self.subject.doing {
            Doing::Create => "created",
            Doing::Update => "changed",
            _ => "destroyed",
        };
        let summary = format!("{} not {verb}", self.kind.name());
        match error {
            WaitError::Stopped => StepError::Stopped,
            WaitError::Unreadable(error) => self.at(describe(&error, summary), None).into(),
            WaitError::Timeout { after, why, last } => {
                let detail = format!("It did not finish within {after:?}: {why}.");
                let detail = self.explained(detail, last.as_ref()).await;
                let hint = "The next run goes on waiting. To allow more time, set it in a \
                            `timeouts` block.";
                self.at(Diagnostic::error(summary, detail).hint(hint), None).into()
            }
            WaitError::Never { why, last } => {
                let detail = self.explained(why.clone(), last.as_ref()).await;
                let value = last.map(|it| self.stored(&it.value)).transpose();
                let object = value.ok().flatten().map(StoredObject);
                let tainted = self.subject.doing == Doing::Create;
                let failed = Failed { step: self.name.clone(), error: why, tainted, object };
                if let Err(error) = self.note(Record::Failed(failed)) {
                    return error;
                }
                self.at(Diagnostic::error(summary, detail), None).into()
            }
        }
    }

    /// A reason with what more the provider can tell.
    async fn explained(&self, why: String, last: Option<&Observed>) -> String {
        let Some(last) = last else { return why };
        match self.connection.explain(self.kind.name(), &last.value).await {
            Ok(lines) if !lines.is_empty() => format!("{why}\n{}", lines.join("\n")),
            Ok(_) => why,
            Err(error) => format!("{why}\n(more could not be read: {error})"),
        }
    }
}

/// Whether it is not known how things stand after such an error.
fn leaves_open(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Unknown | ErrorKind::Stopped | ErrorKind::Journal)
}

/// A change of the plan.
pub(super) fn change(run: &Run, number: usize) -> StepResult<&Change> {
    run.changes.get(number).ok_or_else(|| {
        let detail = format!("The plan has no change number {number}: a defect of terrace.");
        Diagnostic::error("Damaged plan", detail).into()
    })
}

impl Change {
    /// Whether its new object is made while the old one still exists.
    fn create_first(&self) -> bool {
        self.action == Action::CreateThenDestroy
    }
}

/// A schedule that looks soon: for objects that were already seen.
pub(super) fn soon(schedule: Schedule) -> Schedule {
    Schedule { first: schedule.interval, ..schedule }
}

/// A schedule whose first look is now.
pub(super) fn at_once(schedule: Schedule) -> Schedule {
    Schedule { first: Duration::ZERO, ..schedule }
}
