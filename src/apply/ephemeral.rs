//! Opens ephemeral resources before they are used, and closes them afterwards.

use super::fit::{bare, marked_as};
use super::run::{Run, StepError, Subject, describe};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::Change;
use crate::provider::ProviderError;
use crate::schema::sensitive::mark_sensitive;
use crate::state::Place;
use crate::value::{Marks, Value};

/// Opens an ephemeral resource, and lets others see it.
pub(super) async fn open(
    run: &Run,
    change: &Change,
    subject: &Subject,
) -> Result<Value, StepError> {
    let kind = &change.address.resource.resource.kind;
    let kind = run.resolve.ephemeral_type(&change.provider, kind)?;
    let connection = run.connection(&change.provider).await?;
    let configuration = run.resolve.ephemeral(change)?;
    let address = change.address.to_string();
    subject.start();
    let opened = run.open.open(&address, connection, kind.name(), &bare(&configuration)).await;
    let value = opened.map_err(|error| {
        let summary = "Ephemeral resource could not be opened";
        StepError::from(placed(run, change, describe(&error, summary), &error))
    })?;
    let value = marked_as(&configuration, mark_sensitive(kind.schema(), value));
    let value = value.mark(Marks::EPHEMERAL);
    run.resolve.record(&change.address, value.clone());
    Ok(value)
}

/// Closes an ephemeral resource that nothing needs any more.
pub(super) async fn close(run: &Run, change: &Change) -> Result<(), StepError> {
    let closed = run.open.close(&change.address.to_string()).await;
    closed.map_err(|error| {
        let problem = describe(&error, "Ephemeral resource not closed");
        StepError::from(placed(run, change, problem, &error))
    })
}

/// Closes what is still open: what used it has failed, or was not reached.
pub(super) async fn close_all(run: &Run) -> Diagnostics {
    let problems = run.open.close_all().await;
    let told = problems
        .into_iter()
        .map(|(address, error)| describe(&error, "Ephemeral resource not closed").about(address));
    Diagnostics::from_iter(told)
}

fn placed(run: &Run, change: &Change, problem: Diagnostic, error: &ProviderError) -> Diagnostic {
    let span = run.resolve.span(change, error.path.as_ref());
    let problem = problem.about(Place::current(&change.address));
    span.map_or(problem.clone(), |span| problem.at(&span))
}
