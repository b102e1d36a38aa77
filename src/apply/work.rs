//! One piece of work of the plan's graph.

use std::sync::Arc;
use std::time::Duration;

use super::ephemeral::{close, open};
use super::fit::{bare, marked_as};
use super::provision::{provision_doomed, provision_made};
use super::run::{Run, StepError, Subject, describe, lock};
use super::step::{Step, Usable, change};
use super::{Doing, Event};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::difference::misfit;
use crate::plan::{Action, Change, Work};
use crate::state::{Done, Object, Place, Record, StoredObject, encode};
use crate::value::{Path, Value};

/// How a piece of work came out.
#[derive(Debug)]
pub(super) enum Ended {
    /// It is done.
    Done,
    /// It failed, and this is to be told.
    Failed(Diagnostics),
    /// It was broken off because the run is being stopped.
    Stopped,
}

/// The object a piece of work is about, and what is done to it; nothing for work without effect.
pub(super) fn subject(run: &Run, work: Work) -> Option<(Place, Doing)> {
    let (number, destroys) = match work {
        Work::Make(number) => (number, false),
        Work::Destroy(number) => (number, true),
        Work::Close(number) => {
            return Some((Place::current(&run.changes.get(number)?.address), Doing::Close));
        }
        Work::Join => return None,
    };
    let change = run.changes.get(number)?;
    let doing = match change.action {
        Action::Nothing => return None,
        Action::Open => Doing::Open,
        Action::Forget => Doing::Forget,
        Action::ForgetThenCreate if destroys => Doing::Forget,
        Action::Read => Doing::Read,
        _ if destroys => Doing::Destroy,
        Action::Update => Doing::Update,
        _ => Doing::Create,
    };
    let replaced = lock(&run.deposed).get(&number).cloned().filter(|_| destroys);
    let deposed = change.deposed.clone().or(replaced);
    Some((Place { address: change.address.clone(), deposed }, doing))
}

/// Does a piece of work, telling what happens.
pub(super) async fn perform(run: Arc<Run>, work: Work, urgency: Duration, usable: Usable) -> Ended {
    let Some((place, doing)) = subject(&run, work) else {
        return match take_over(&run, work) {
            Ok(()) => Ended::Done,
            Err(problem) => Ended::Failed(problem.into()),
        };
    };
    let subject = Subject::new(&run.ledger, place.clone(), doing);
    let outcome = do_it(&run, work, &subject, urgency, usable).await;
    let elapsed = subject.elapsed();
    match outcome {
        Ok(id) => {
            run.report(Event::Finished { place, doing, id, elapsed });
            Ended::Done
        }
        Err(StepError::Stopped) => {
            run.report(Event::Abandoned { place, doing });
            Ended::Stopped
        }
        Err(StepError::Failed(problems)) => {
            let error = problems.0.iter().find(|it| it.is_error());
            let error = error.map(|it| it.detail.clone()).unwrap_or_default();
            run.report(Event::Failed { place, doing, error, elapsed });
            Ended::Failed(problems)
        }
    }
}

async fn do_it(
    run: &Arc<Run>,
    work: Work,
    subject: &Arc<Subject>,
    urgency: Duration,
    usable: Usable,
) -> Result<Option<String>, StepError> {
    let number = match work {
        Work::Make(number) | Work::Destroy(number) | Work::Close(number) => number,
        Work::Join => return Ok(None),
    };
    let doing = subject.doing;
    if doing == Doing::Close {
        subject.start();
        close(run, change(run, number)?).await?;
        return Ok(None);
    }
    if doing == Doing::Forget {
        subject.start();
        run.note(Record::Removed(subject.place.clone()))?;
        return Ok(None);
    }
    let change = change(run, number)?;
    let problems = run.resolve.before(change, doing);
    if problems.has_errors() {
        return Err(problems.into());
    }
    let value = match doing {
        Doing::Read => match read_data(run, change, subject, urgency).await {
            Err(StepError::Failed(problems)) => {
                let problems = run.resolve.unread(change, problems);
                if problems.has_errors() {
                    return Err(problems.into());
                }
                lock(&run.warnings).extend(problems);
                return Ok(None);
            }
            read => read?,
        },
        Doing::Open => open(run, change, subject).await?,
        Doing::Destroy => {
            provision_doomed(run, change, subject, urgency).await?;
            Step::new(run, number, subject.clone(), urgency).await?.destroy().await?;
            return Ok(None);
        }
        _ => {
            let step = Step::new(run, number, subject.clone(), urgency).await?;
            if doing == Doing::Update {
                step.update(usable).await?
            } else {
                create(&step, change, usable).await?
            }
        }
    };
    let problems = run.resolve.after(change, &value);
    if problems.has_errors() {
        return Err(problems.into());
    }
    lock(&run.warnings).extend(problems);
    Ok(value.get("id").as_str().map(str::to_string))
}

/// Makes an object and runs its provisioners. What depends on it waits for them.
async fn create(step: &Step, change: &Change, usable: Usable) -> Result<Value, StepError> {
    let Step { run, subject, urgency, .. } = step;
    let usable = if step.is_finished_when_made() { usable } else { Arc::new(|| ()) };
    let value = step.create(usable).await?;
    provision_made(run, change, subject, *urgency, &value).await?;
    Ok(value)
}

/// An object that stays as it is may have other dependencies now.
fn take_over(run: &Run, work: Work) -> Result<(), Diagnostic> {
    let Work::Make(number) = work else { return Ok(()) };
    let Some(change) = run.changes.get(number).filter(|it| it.deposed.is_none()) else {
        return Ok(());
    };
    let place = Place::current(&change.address);
    let known = run.ledger.known(&place);
    let same = |object: &Object| {
        object.dependencies == change.dependencies
            && object.create_before_destroy == change.create_before_destroy
    };
    let Some(known) = known.filter(|object| !same(object)) else { return Ok(()) };
    let object = Object {
        dependencies: change.dependencies.clone(),
        create_before_destroy: change.create_before_destroy,
        ..known
    };
    let provider = run
        .ledger
        .store
        .with(|folded| folded.state.resources.get(&place.address).map(|it| it.provider.clone()));
    let provider = provider.unwrap_or_else(|| change.provider.to_string());
    run.note(Record::Set(Done {
        step: String::new(),
        place,
        provider,
        object: StoredObject(object),
    }))
}

/// Reads a data source, and keeps what it says in state.
async fn read_data(
    run: &Run,
    change: &Change,
    subject: &Subject,
    urgency: Duration,
) -> Result<Value, StepError> {
    let kind =
        run.resolve.data_source_type(&change.provider, &change.address.resource.resource.kind)?;
    let connection = run.connection(&change.provider).await?;
    let configuration = run.resolve.data(change)?;
    let place = Place::current(&change.address);
    let problem = |diagnostic: Diagnostic, path: Option<&Path>| {
        let span = run.resolve.span(change, path);
        let diagnostic = diagnostic.about(&place);
        StepError::from(span.map_or(diagnostic.clone(), |span| diagnostic.at(&span)))
    };
    let read = {
        let _slot = run.slots.take(urgency).await;
        if run.is_stopping() {
            return Err(StepError::Stopped);
        }
        subject.start();
        let configuration = bare(&configuration);
        tokio::select! {
            read = connection.read_data(kind.name(), &configuration) => read,
            () = run.ledger.stop.requested() => return Err(StepError::Stopped),
        }
    };
    let value = read.map_err(|error| {
        problem(describe(&error, format!("{} not read", kind.name())), error.path.as_ref())
    })?;
    if let Some(path) = misfit(&change.after, &value, &mut Path::default()) {
        let detail = format!("`{path}` of {place} is not what was planned: a defect of terrace.");
        return Err(problem(Diagnostic::error("Plan not kept", detail), Some(&path)));
    }
    let value = marked_as(&change.after, marked_as(&configuration, value));
    let evaluated = kind.evaluated(value.clone());
    run.resolve.record(&change.address, evaluated.clone());
    let (attributes, sensitive_paths) = encode(kind.schema(), &value);
    let object = Object {
        attributes,
        sensitive_paths,
        schema_version: kind.schema().version,
        dependencies: change.dependencies.clone(),
        ..Object::default()
    };
    run.note(Record::Set(Done {
        step: String::new(),
        place,
        provider: change.provider.to_string(),
        object: StoredObject(object),
    }))?;
    Ok(evaluated)
}
