//! Runs the provisioners of an object.

use std::sync::Arc;
use std::time::Duration;

use super::Event;
use super::child::{Came, run as run_command};
use super::run::{Run, StepError, Subject, lock};
use crate::diagnostic::{Diagnostic, Severity};
use crate::language::config::{Moment, Provisioner};
use crate::plan::{Change, LocalCommand};
use crate::state::{Done, Object, Place, Record, StoredObject};
use crate::value::Value;

/// The provisioners that run once the object of a change is made.
pub(super) fn after_create(run: &Run, change: &Change) -> Vec<Arc<Provisioner>> {
    run.resolve.provisioners(change, Moment::Create)
}

/// Runs the provisioners of an object that was just made. Until all are done, state has it as tainted.
pub(super) async fn provision_made(
    run: &Run,
    change: &Change,
    subject: &Subject,
    urgency: Duration,
    value: &Value,
) -> Result<(), StepError> {
    let provisioners = after_create(run, change);
    if provisioners.is_empty() {
        return Ok(());
    }
    provision_all(run, change, subject, urgency, (&provisioners, value)).await?;
    let place = Place::current(&change.address);
    let Some(known) = run.ledger.known(&place) else { return Ok(()) };
    let object = StoredObject(Object { tainted: false, ..known });
    let provider = change.provider.to_string();
    Ok(run.note(Record::Set(Done { step: String::new(), place, provider, object }))?)
}

/// Runs the provisioners of an object that is about to be destroyed. One that is tainted, or that
/// another has taken the place of, has none.
pub(super) async fn provision_doomed(
    run: &Run,
    change: &Change,
    subject: &Subject,
    urgency: Duration,
) -> Result<(), StepError> {
    let tainted = run.ledger.known(&subject.place).is_some_and(|object| object.tainted);
    if tainted || subject.place.deposed.is_some() {
        return Ok(());
    }
    let provisioners = run.resolve.provisioners(change, Moment::Destroy);
    provision_all(run, change, subject, urgency, (&provisioners, &change.before)).await
}

async fn provision_all(
    run: &Run,
    change: &Change,
    subject: &Subject,
    urgency: Duration,
    (provisioners, own): (&[Arc<Provisioner>], &Value),
) -> Result<(), StepError> {
    for provisioner in provisioners {
        let _slot = run.slots.take(urgency).await;
        if run.is_stopping() {
            return Err(not_run(change, provisioner).into());
        }
        subject.start();
        let command = run.resolve.provision(change, provisioner, own)?;
        let outcome = provision(run, subject, provisioner, &command).await;
        match outcome {
            Ok(()) => {}
            Err(problem) if provisioner.may_fail => lock(&run.warnings).push(passed_over(problem)),
            Err(problem) => return Err(after_failure(problem, provisioner).into()),
        }
    }
    Ok(())
}

/// A failure that is allowed.
fn passed_over(problem: Diagnostic) -> Diagnostic {
    let hint = "`on_failure = continue` lets this pass; nothing runs the provisioner again.";
    Diagnostic { severity: Severity::Warning, ..problem }.hint(hint)
}

fn after_failure(problem: Diagnostic, provisioner: &Provisioner) -> Diagnostic {
    match provisioner.when {
        Moment::Create => problem.hint(TAINTED),
        Moment::Destroy => problem.hint("The object is not destroyed."),
    }
}

fn not_run(change: &Change, provisioner: &Provisioner) -> Diagnostic {
    let detail = "The run is being stopped, and this provisioner has not run.";
    let problem = Diagnostic::error("Provisioner not run", detail).about(&change.address);
    let problem = problem.at(&provisioner.span);
    match provisioner.when {
        Moment::Create => problem.hint(TAINTED),
        Moment::Destroy => problem,
    }
}

const TAINTED: &str = "The object is tainted: the next apply replaces it. If it is as it should be, \
                       say so with `terrace untaint`.";

/// Runs one provisioner and tells what it says.
async fn provision(
    run: &Run,
    subject: &Subject,
    provisioner: &Provisioner,
    command: &LocalCommand,
) -> Result<(), Diagnostic> {
    let (place, kind) = (subject.place.clone(), provisioner.kind.clone());
    run.report(Event::Provisioning { place: place.clone(), kind: kind.clone() });
    let output = |line: &str| {
        let (place, kind) = (place.clone(), kind.clone());
        run.report(Event::ProvisionerSaid { place, kind, line: line.to_string() });
    };
    output(&introduction(command));
    let mut suppressed = false;
    let came = run_command(command, &run.ledger.stop, |line| match command.hidden {
        None => output(line),
        Some(why) if !suppressed => {
            suppressed = true;
            output(&format!("(output suppressed due to {why} value in config)"));
        }
        Some(_) => {}
    });
    let problem = match came.await {
        Ok(came) if came.status.success() && !came.interrupted => None,
        Ok(came) => Some(failed(command, &came)),
        Err(error) => Some(format!("{} cannot be started: {error}.", shown(command))),
    };
    let failed = problem.is_some();
    run.report(Event::Provisioned { place: place.clone(), kind: kind.clone(), failed });
    let Some(detail) = problem else { return Ok(()) };
    let problem = Diagnostic::error(format!("{kind} provisioner error"), detail).about(&place);
    Err(problem.at(&provisioner.span))
}

fn introduction(command: &LocalCommand) -> String {
    match (command.quiet, command.hidden) {
        (true, _) => "Executing: Suppressed by quiet=true".to_string(),
        (_, Some(why)) => format!("(output suppressed due to {why} value in config)"),
        _ => {
            let words: Vec<String> = command.words.iter().map(|it| format!("{it:?}")).collect();
            format!("Executing: [{}]", words.join(" "))
        }
    }
}

/// A command in a message.
fn shown(command: &LocalCommand) -> String {
    match (command.hidden, command.quiet, command.words.last()) {
        (None, false, Some(text)) => format!("The command `{text}`"),
        _ => "The command".to_string(),
    }
}

fn failed(command: &LocalCommand, came: &Came) -> String {
    let how = match came.interrupted {
        true => "was interrupted".to_string(),
        false => format!("failed with {}", came.status),
    };
    let said = match (command.hidden, came.said.is_empty()) {
        (Some(why), _) => {
            format!(" What it said is not shown: it was given a value that is {why}.")
        }
        (None, true) => " It said nothing.".to_string(),
        (None, false) => format!(" It said:\n{}", came.said),
    };
    format!("{} {how}.{said}", shown(command))
}
