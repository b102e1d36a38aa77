//! After create and update: brings the object to what was planned, and waits until it shows that.

use std::time::Duration;

use tokio::time::Instant;

use super::fit::{bare, differing, marked_as};
use super::run::{StepError, lock};
use super::step::{Proposal, Step, Usable, at_once, soon};
use super::wait::{Timing, Verdict};
use crate::diagnostic::Diagnostic;
use crate::plan::difference::settled;
use crate::provider::{Observed, Phase, Status};
use crate::state::{self, Failed, Record, StoredObject};
use crate::value::{Path, Value};

/// How long an object that was just made may not be found yet.
const VISIBLE: Duration = Duration::from_secs(120);
/// How long an attribute or a status that has changed may still be read as it was.
const CONSISTENT: Duration = Duration::from_secs(60);
/// After how many looks in a row an object that was there counts as gone.
const GONE: usize = 3;

/// Judges whether an object just made can be used; it may be invisible for a while.
pub(super) fn usable_yet(visible: Duration) -> impl FnMut(Option<&Observed>) -> Verdict + Send {
    let started = Instant::now();
    let mut seen = false;
    let mut missing = 0;
    move |found| {
        let Some(found) = found else {
            missing += 1;
            let gone = if seen { missing >= GONE } else { started.elapsed() >= visible };
            return match gone {
                true => Verdict::Never("it is not there any more".into()),
                false => Verdict::NotYet("waiting for it to be visible".into()),
            };
        };
        (seen, missing) = (true, 0);
        match &found.status {
            Status::Ready | Status::Usable(_) => Verdict::Reached,
            Status::Pending(why) => Verdict::NotYet(why.clone()),
            Status::Failed(why) => Verdict::Never(why.clone()),
        }
    }
}

/// Judges whether an object is gone after it was deleted. One that had failed before reads so for a
/// while: only a failure that came afterwards, or stays, means that it was not deleted.
pub(super) fn gone_yet() -> impl FnMut(Option<&Observed>) -> Verdict + Send {
    let started = Instant::now();
    let mut was_well = false;
    move |found| {
        let status = found.map(|it| &it.status);
        was_well |= !matches!(status, Some(Status::Failed(_)));
        match status {
            None => Verdict::Reached,
            Some(Status::Failed(why)) if was_well || started.elapsed() >= CONSISTENT => {
                Verdict::Never(why.clone())
            }
            Some(Status::Pending(why)) => Verdict::NotYet(why.clone()),
            Some(_) => Verdict::NotYet("waiting for it to be gone".into()),
        }
    }
}

impl Step {
    /// Looks at an object just made until it can be used.
    pub(super) async fn first_look(&self, object: Value) -> Result<Observed, StepError> {
        let timing = self.timing(Phase::Create, &object);
        let found = self.wait(object, timing, Box::new(usable_yet(VISIBLE))).await?;
        found.ok_or(StepError::Stopped)
    }

    /// Sets what a create call could not, waits until the object is ready and shows what was planned,
    /// and journals it. `usable` is told as soon as others can refer to the object.
    pub(super) async fn settle(
        &self,
        proposal: &Proposal,
        made: Option<Observed>,
        phase: Phase,
        usable: Usable,
    ) -> Result<Value, StepError> {
        let planned = bare(&proposal.planned);
        let schema = self.kind.schema();
        let made = match made {
            Some(made) if !differing(schema, &planned, &made.value).is_empty() => {
                self.complete(&planned, &made.value).await?;
                None
            }
            made => made,
        };
        let found = match made {
            Some(made) if made.status == Status::Ready => made,
            made => self.until_ready(proposal, made, phase, usable).await?,
        };
        let differs = differing(schema, &planned, &found.value);
        if let Some(error) = self.unkept(proposal, &differs) {
            let object = Some(StoredObject(self.stored(&found.value)?));
            let (step, text) = (self.name.clone(), error.detail.clone());
            let failed = Failed { step, error: text, tainted: false, object };
            self.note(Record::Failed(failed))?;
            return Err(error.into());
        }
        self.done(&proposal.planned, found.value)
    }

    /// Sets what the create call could not.
    async fn complete(&self, planned: &Value, made: &Value) -> Result<(), StepError> {
        let target = settled(self.kind.schema(), planned, made);
        self.change_made(made, &target).await
    }

    async fn until_ready(
        &self,
        proposal: &Proposal,
        made: Option<Observed>,
        phase: Phase,
        usable: Usable,
    ) -> Result<Observed, StepError> {
        let planned = bare(&proposal.planned);
        let known = match &made {
            Some(made) => made.value.clone(),
            None => self.last_known(&planned)?,
        };
        let timing = self.timing(phase, &planned);
        let timing = match (phase, &made) {
            (Phase::Create, Some(_)) => Timing { schedule: soon(timing.schedule), ..timing },
            // It was just changed, which shows at once as a rule.
            (Phase::Create, None) => Timing { schedule: at_once(timing.schedule), ..timing },
            _ => timing,
        };
        let mut judge = self.ready_yet(proposal, usable);
        if let Some(made) = &made {
            // What was seen already lets others start; the rest is waited for.
            judge(Some(made));
        }
        let found = self.wait(known, timing, Box::new(judge)).await?;
        found.ok_or(StepError::Stopped)
    }

    /// The planned value with what is open taken from the last known object.
    fn last_known(&self, planned: &Value) -> Result<Value, StepError> {
        let schema = self.kind.schema();
        let known = self.run.ledger.known(self.place());
        let known = known.and_then(|object| state::decode(schema, &object).ok());
        let known = known.unwrap_or_else(|| schema.null_object());
        Ok(bare(&settled(schema, planned, &bare(&known))))
    }

    /// Judges whether an object is ready and as planned; the first time that it can be used, tells.
    fn ready_yet(
        &self,
        proposal: &Proposal,
        usable: Usable,
    ) -> impl FnMut(Option<&Observed>) -> Verdict + Send + 'static {
        let planned = proposal.planned.clone();
        let unmarked = bare(&planned);
        let step = self.clone();
        let mut there = usable_yet(VISIBLE);
        let mut since = None;
        let mut told = false;
        move |found| {
            let verdict = there(found);
            let Some(found) = found.filter(|_| verdict == Verdict::Reached) else {
                return verdict;
            };
            let differs = differing(step.kind.schema(), &unmarked, &found.value);
            let since = *since.get_or_insert_with(Instant::now);
            if let Some(name) = differs.first().filter(|_| since.elapsed() < CONSISTENT) {
                return Verdict::NotYet(format!("waiting for `{name}` to change"));
            }
            if !told {
                told = true;
                let value = marked_as(&planned, found.value.clone());
                step.run.resolve.record(&step.place().address, value);
                usable();
            }
            match &found.status {
                Status::Usable(why) => Verdict::NotYet(why.clone()),
                _ => Verdict::Reached,
            }
        }
    }

    /// What to tell when fields do not show what was planned.
    fn unkept(&self, proposal: &Proposal, differs: &[&'static str]) -> Option<Diagnostic> {
        let configured = |name: &&str| !proposal.configuration.get(name).is_null();
        let (configured, computed): (Vec<&str>, Vec<&str>) =
            differs.iter().copied().partition(configured);
        if let Some(name) = computed.first() {
            let detail = format!("`{name}` of {} is not what was planned.", self.place());
            let warning = Diagnostic::warning("Attribute changed unexpectedly", detail);
            let warning =
                warning.hint("This is a defect of terrace; the state has the true value.");
            lock(&self.run.warnings).push(self.at(warning, Some(&Path::attribute(name))));
        }
        let name = configured.first()?;
        let detail = format!(
            "`{name}` of {} was set, but still reads differently. The state has the value read.",
            self.place()
        );
        let error = Diagnostic::error("Change not kept", detail);
        let error = error
            .hint("Either the service changes what it is given, or this is a defect of terrace.");
        Some(self.at(error, Some(&Path::attribute(name))))
    }
}
