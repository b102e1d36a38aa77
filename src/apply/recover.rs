//! Settles the steps that an interrupted run left with an unknown outcome.
//!
//! What was made is waited for again. What may have been made is looked for, or made again with the
//! same token, which has the same effect: as the resource type says ([`Recovery`]). Only what carries
//! our token is ever taken over, or what can only be ours: a rule, a route or an association with the
//! very arguments of the step.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::time::Instant;

use super::fit::{differing, own_timeout};
use super::pause::Turn;
use super::run::{Ledger, StepRecorder, describe};
use super::settle::usable_yet;
use super::slots::Slots;
use super::wait::{Target, Timing, Verdict, WaitError};
use super::{Connect, Doing, Event, Reporter, Stop, Waiter};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::ProviderKey;
use crate::plan::difference::settled;
use crate::provider::{
    Connection, ErrorKind, Observed, Phase, ProviderError, Recovery, ResourceType, Status,
};
use crate::state::{
    Action, Done, Failed, Object, Pending, Place, Record, Store, StoredObject, decode, encode,
};
use crate::value::Value;

/// How long an object that was made just before the interruption may not be found yet.
const VISIBLE: Duration = Duration::from_secs(15);
/// How long to look in vain before an object counts as not made.
const LOOK: Duration = Duration::from_secs(8);

/// What a command may do to find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Only look: calls that would have to be made again stay unresolved.
    Look,
    /// Make calls again where that is the way to find out.
    Change,
}

/// What came of settling.
#[derive(Clone, Debug, Default)]
pub struct Recovered {
    /// What was found out, a sentence each.
    pub notes: Vec<String>,
    /// What could not be found out. With errors, nothing should be planned.
    pub diagnostics: Diagnostics,
}

/// Settles all steps with an unknown outcome. Each fact is noted in the store.
pub async fn recover(
    connect: &dyn Connect,
    store: &Arc<Store>,
    reporter: &Arc<dyn Reporter>,
    stop: &Stop,
    purpose: Purpose,
) -> Recovered {
    let mut recovered = Recovered::default();
    let unresolved = store.folded().unresolved;
    if unresolved.is_empty() {
        return recovered;
    }
    if let Err(error) = store.begin_run() {
        recovered.diagnostics.push(error.into());
        return recovered;
    }
    let ledger = Ledger { store: store.clone(), reporter: reporter.clone(), stop: stop.clone() };
    let waiter = Waiter::new(stop.clone());
    let cases =
        unresolved.into_values().map(|pending| settle(connect, &ledger, &waiter, pending, purpose));
    for (note, problems) in join_all(cases).await {
        recovered.notes.extend(note);
        recovered.diagnostics.extend(problems);
    }
    recovered
}

type Found = (Option<String>, Diagnostics);

/// What a step was about, and who can tell.
struct Case<'a> {
    ledger: &'a Ledger,
    waiter: &'a Waiter,
    pending: Pending,
    provider: ProviderKey,
    connection: Arc<dyn Connection>,
    kind: &'static dyn ResourceType,
    purpose: Purpose,
}

async fn settle(
    connect: &dyn Connect,
    ledger: &Ledger,
    waiter: &Waiter,
    pending: Pending,
    purpose: Purpose,
) -> Found {
    let place = pending.begun.place.clone();
    let about = |problems: Diagnostics| {
        Diagnostics::from_iter(problems.into_iter().map(|it| it.about(&place)))
    };
    let case = Case::new(connect, ledger, waiter, pending, purpose).await;
    let case = match case {
        Ok(case) => case,
        Err(problems) => return (None, about(problems)),
    };
    let started = Instant::now();
    let id = case.pending.made.clone();
    ledger.report(Event::Started { place: place.clone(), doing: Doing::Recover, id });
    let settled = case.settle().await;
    let elapsed = started.elapsed();
    let doing = Doing::Recover;
    match settled {
        Ok(note) => {
            ledger.report(Event::Finished { place: place.clone(), doing, id: None, elapsed });
            (Some(format!("{place}: {note}")), Diagnostics::new())
        }
        Err(problem) => {
            let error = problem.detail.clone();
            ledger.report(Event::Failed { place: place.clone(), doing, error, elapsed });
            (None, about(problem.into()))
        }
    }
}

impl<'a> Case<'a> {
    async fn new(
        connect: &dyn Connect,
        ledger: &'a Ledger,
        waiter: &'a Waiter,
        pending: Pending,
        purpose: Purpose,
    ) -> Result<Case<'a>, Diagnostics> {
        let unusable = |detail| Diagnostic::error("Invalid state", detail);
        let provider: ProviderKey = pending.begun.provider.parse().map_err(unusable)?;
        let connection = connect.connection(&provider)?;
        connection.verify().await.map_err(|error| describe(&error, "Provider not usable"))?;
        let kind = connect.resource_type(&provider, &pending.begun.kind)?;
        Ok(Case { ledger, waiter, pending, provider, connection, kind, purpose })
    }

    /// Finds out, notes it, and says it in words.
    async fn settle(&self) -> Result<String, Diagnostic> {
        if self.pending.is_untouched() {
            return self.drop_step("nothing had been done yet");
        }
        match self.pending.begun.action {
            Action::Create => match &self.pending.made {
                Some(id) => self.attach(id).await,
                None => self.perhaps_made().await,
            },
            Action::Update => self.look().await,
            Action::Delete => self.perhaps_gone().await,
        }
    }

    fn note(&self, record: Record) -> Result<(), Diagnostic> {
        self.ledger.note(record)
    }

    fn step(&self) -> String {
        self.pending.begun.step.clone()
    }

    fn drop_step(&self, reason: &str) -> Result<String, Diagnostic> {
        self.note(Record::Dropped { step: self.step(), reason: reason.to_string() })?;
        Ok(format!("the interrupted run left nothing behind: {reason}"))
    }

    /// The object as last known, as a value.
    fn value(&self, object: &Object) -> Result<Value, Diagnostic> {
        let value = decode(self.kind.schema(), object)
            .map_err(|error| Diagnostic::error("Invalid state", error.to_string()))?;
        Ok(value.unmark_deep().0)
    }

    /// The object as read, with what the journal knows besides.
    fn stored(&self, value: &Value) -> StoredObject {
        let (attributes, _) = encode(self.kind.schema(), value);
        let known = self.pending.begun.object.0.clone();
        StoredObject(Object { attributes, creating: false, ..known })
    }

    fn done(&self, value: &Value) -> Result<(), Diagnostic> {
        self.note(Record::Done(Done {
            step: self.step(),
            place: self.pending.begun.place.clone(),
            provider: self.pending.begun.provider.clone(),
            object: self.stored(value),
        }))
    }

    fn problem(&self, error: &ProviderError) -> Diagnostic {
        let hint = "The next run tries again. If you know that the object does not exist, drop it \
                    with `terrace state rm`.";
        let problem = describe(error, "Outcome of an interrupted run not known");
        match problem.hint.trim_end_matches('.') {
            "" => problem.hint(hint),
            own => problem.clone().hint(format!("{own}. {hint}")),
        }
    }

    /// Makes calls, until the run is being stopped.
    async fn calls<T>(
        &self,
        recorder: &StepRecorder,
        calls: impl Future<Output = crate::provider::Result<T>>,
    ) -> crate::provider::Result<T> {
        let slots = Slots::new(1);
        let turn = Turn { slots: &slots, urgency: Duration::ZERO, stop: &self.ledger.stop };
        turn.take(&recorder.pauses, || (), calls).await
    }

    async fn wait(
        &self,
        object: Value,
        phase: Phase,
        judge: impl FnMut(Option<&Observed>) -> Verdict + Send + 'static,
    ) -> Result<Option<Observed>, WaitError> {
        let (reporter, place) = (self.ledger.reporter.clone(), self.pending.begun.place.clone());
        let timeout = own_timeout(&object, phase).unwrap_or_else(|| self.kind.timeout(phase));
        let mut schedule = self.kind.schedule(phase);
        schedule.first = Duration::ZERO;
        let target = Target {
            provider: self.provider.clone(),
            connection: self.connection.clone(),
            kind: self.kind.name(),
            object,
        };
        let judge = telling(reporter, place, judge);
        self.waiter.wait(target, Timing { schedule, timeout }, Box::new(judge)).await
    }

    /// Waits again for an object that was made.
    async fn attach(&self, id: &str) -> Result<String, Diagnostic> {
        let mut known = self.pending.begun.object.0.clone();
        known.attributes.insert("id".into(), id.into());
        let mut usable = usable_yet(VISIBLE);
        let judge = move |found: Option<&Observed>| match (usable(found), found) {
            (Verdict::Reached, Some(Observed { status: Status::Usable(why), .. })) => {
                Verdict::NotYet(why.clone())
            }
            (verdict, _) => verdict,
        };
        match self.wait(self.value(&known)?, Phase::Create, judge).await {
            Ok(Some(found)) => self.complete(id, &found.value).await,
            Ok(None) | Err(WaitError::Never { last: None, .. }) => {
                self.note(Record::Deleted { step: self.step() })?;
                Ok(format!("{id} was made by the interrupted run and is gone"))
            }
            Err(WaitError::Never { why, last: Some(last) }) => {
                let object = Some(self.stored(&last.value));
                let (step, error) = (self.step(), why.clone());
                self.note(Record::Failed(Failed { step, error, tainted: true, object }))?;
                Ok(format!("{id} was made by the interrupted run and has failed: {why}"))
            }
            Err(error) => Err(self.wait_problem(id, error)),
        }
    }

    /// Sets what the create call of the interrupted run could not, and notes the object. No later plan
    /// would see what the configuration leaves to the service.
    async fn complete(&self, id: &str, found: &Value) -> Result<String, Diagnostic> {
        let (kind, schema) = (self.kind.name(), self.kind.schema());
        let planned = self.value(&self.pending.begun.object.0)?;
        if differing(schema, &planned, found).is_empty() {
            self.done(found)?;
            return Ok(format!("{id} was made by the interrupted run and is ready"));
        }
        if self.purpose == Purpose::Look {
            return Ok(format!(
                "{id} was made by the interrupted run and is not complete; the next apply \
                 completes it"
            ));
        }
        let recorder = StepRecorder::new(self.ledger, &self.step(), &self.pending.begun.place);
        let (step, target) =
            (recorder.step(&self.pending.begun.token), settled(schema, &planned, found));
        let update = self.connection.update(kind, found, &target, &step);
        let updated = self.calls(&recorder, update).await;
        updated.map_err(|error| self.problem(&error))?;
        let read = self.connection.read(kind, vec![target]).await;
        match read.map_err(|error| self.problem(&error))?.into_iter().next().flatten() {
            Some(now) => {
                self.done(&now.value)?;
                Ok(format!("{id} was made by the interrupted run and has been completed"))
            }
            None => {
                self.note(Record::Deleted { step: self.step() })?;
                Ok(format!("{id} was made by the interrupted run and is gone"))
            }
        }
    }

    fn wait_problem(&self, id: &str, error: WaitError) -> Diagnostic {
        let detail = match error {
            WaitError::Unreadable(error) => return self.problem(&error),
            WaitError::Stopped => format!("Waiting for {id} was broken off."),
            WaitError::Never { why, .. } => format!("{id}: {why}."),
            WaitError::Timeout { after, why, .. } => {
                format!("{id} did not finish within {after:?}: {why}.")
            }
        };
        Diagnostic::error("Interrupted run not continued", detail).hint("The next run tries again.")
    }

    /// Finds out whether a create call took effect.
    async fn perhaps_made(&self) -> Result<String, Diagnostic> {
        let planned = self.value(&self.pending.begun.object.0)?;
        match self.kind.recovery() {
            Recovery::Find => self.find(&planned).await,
            Recovery::Repeat if self.purpose == Purpose::Change => self.repeat(&planned).await,
            Recovery::Repeat => {
                Ok("it is not known whether the interrupted run created it; the next \
                                    apply finds out"
                    .into())
            }
        }
    }

    async fn find(&self, planned: &Value) -> Result<String, Diagnostic> {
        let recorder = StepRecorder::new(self.ledger, &self.step(), &self.pending.begun.place);
        let step = recorder.step(&self.pending.begun.token);
        let started = Instant::now();
        let mut pause = Duration::from_millis(500);
        loop {
            let find = self.connection.find(self.kind.name(), planned, &step);
            let found = self.calls(&recorder, find).await;
            match found.map_err(|error| self.problem(&error))? {
                Some(id) => return self.made(id).await,
                // What was just made may not be visible yet.
                None if started.elapsed() < LOOK && !self.ledger.stop.is_requested() => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                None if self.ledger.stop.is_requested() => {
                    return Err(self.wait_problem("it", WaitError::Stopped));
                }
                None => return self.drop_step("the object it was about to create does not exist"),
            }
        }
    }

    /// Makes the call again with the same token and the same arguments. Most refusals say nothing about
    /// the first call: permissions and quotas may be others now. But nothing was made in what is not
    /// there.
    async fn repeat(&self, planned: &Value) -> Result<String, Diagnostic> {
        let recorder = StepRecorder::new(self.ledger, &self.step(), &self.pending.begun.place);
        let step = recorder.step(&self.pending.begun.token);
        let create = self.connection.create(self.kind.name(), planned, &step);
        match self.calls(&recorder, create).await {
            Ok(id) => self.made(id).await,
            Err(error) if error.kind == ErrorKind::NotFound => {
                self.drop_step(&format!("what it belongs to does not exist ({error})"))
            }
            Err(error) => Err(self.problem(&error)),
        }
    }

    async fn made(&self, id: String) -> Result<String, Diagnostic> {
        self.note(Record::Made { step: self.step(), id: id.clone() })?;
        self.ledger.report(Event::Made { place: self.pending.begun.place.clone(), id: id.clone() });
        self.attach(&id).await
    }

    /// Reads an object that was being changed.
    async fn look(&self) -> Result<String, Diagnostic> {
        let known = self.ledger.known(&self.pending.begun.place);
        let known = known.unwrap_or_else(|| self.pending.begun.object.0.clone());
        let read = self.connection.read(self.kind.name(), vec![self.value(&known)?]).await;
        let found = read.map_err(|error| self.problem(&error))?;
        match found.into_iter().next().flatten() {
            Some(found) => {
                self.done(&found.value)?;
                Ok("it was being changed when the run was interrupted, and was read again".into())
            }
            None => {
                self.note(Record::Deleted { step: self.step() })?;
                Ok("it was being changed when the run was interrupted, and is gone".into())
            }
        }
    }

    /// Finds out whether a delete call took effect.
    async fn perhaps_gone(&self) -> Result<String, Diagnostic> {
        let object = self.value(&self.pending.begun.object.0)?;
        let judge = |found: Option<&Observed>| match found.map(|it| &it.status) {
            Some(Status::Pending(why)) => Verdict::NotYet(why.clone()),
            _ => Verdict::Reached,
        };
        match self.wait(object, Phase::Delete, judge).await {
            Ok(None) => {
                self.note(Record::Deleted { step: self.step() })?;
                Ok("the interrupted run has destroyed it".into())
            }
            Ok(Some(_)) => {
                let reason = "the object still exists".to_string();
                self.note(Record::Dropped { step: self.step(), reason })?;
                Ok("it was being destroyed when the run was interrupted, and still exists".into())
            }
            Err(error) => Err(self.wait_problem("it", error)),
        }
    }
}

/// Judges, and tells what is waited for when that changes.
pub(super) fn telling(
    reporter: Arc<dyn Reporter>,
    place: Place,
    mut judge: impl FnMut(Option<&Observed>) -> Verdict + Send + 'static,
) -> impl FnMut(Option<&Observed>) -> Verdict + Send + 'static {
    let mut told = String::new();
    move |found| {
        let verdict = judge(found);
        if let Verdict::NotYet(why) = &verdict
            && *why != told
        {
            told.clone_from(why);
            reporter.event(Event::Waiting { place: place.clone(), why: why.clone() });
        }
        verdict
    }
}
