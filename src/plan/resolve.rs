//! What apply asks of a plan: what a change comes to now that more is known.

use std::path::PathBuf;
use std::sync::Arc;

use crate::address::{ConfigAddress, InstanceAddress};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::difference::misfit;
use crate::plan::orphans::value_in;
use crate::plan::providers::Providers;
use crate::plan::{Action, Change, Connections, Evaluation, Plan, data, managed};
use crate::schema::Schema;
use crate::state::{Object, attributes};
use crate::value::{Path, Value};

/// An evaluation for applying a plan: what the plan changes is expected, all else is as it is.
pub fn evaluation_of(
    plan: &Plan,
    providers: &Providers,
    folder: PathBuf,
) -> (Evaluation, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let configuration = Arc::new(plan.configuration.clone());
    let evaluation = Evaluation::new(
        configuration,
        plan.variables.clone(),
        &plan.workspace,
        folder,
        &plan.timestamp,
    );
    for address in plan.prior.resources.keys() {
        match value_in(&plan.prior, providers, address, None) {
            Ok(Some(value)) => evaluation.record(address, value),
            Ok(None) => {}
            Err(problem) => diagnostics.push(problem),
        }
    }
    for change in plan.changes.iter().filter(|change| change.deposed.is_none()) {
        match change.action {
            Action::Nothing => evaluation.record(&change.address, change.after.clone()),
            Action::Delete | Action::Forget => {}
            _ => evaluation.expect(&change.address, change.after.clone()),
        }
    }
    (evaluation, diagnostics)
}

/// What a create, update or replacement comes to now: its planned value, known as far as the
/// configuration goes. It must fit the plan; where it does not, the error names the attribute.
pub fn resolve(
    evaluation: &Evaluation,
    providers: &Providers,
    connections: &Connections,
    change: &Change,
) -> Result<Value, Diagnostics> {
    let kind = providers
        .resource(&change.provider.source, &change.address.resource.resource.kind)
        .map_err(|problem| problem.about(&change.address))?;
    let Some(connection) = connections.get(&change.provider) else {
        return Err(unconnected(change).into());
    };
    let (_, value) = managed::propose_again(evaluation, change, kind, connection.as_ref())?;
    let mut problems = evaluation.take_problems();
    if problems.has_errors() {
        return Err(problems);
    }
    if let Some(path) = misfit(&change.after, &value, &mut Path::default()) {
        problems.push(misfitting(&change.address, &path));
        return Err(problems);
    }
    Ok(value)
}

/// The arguments of a data source that is read at apply.
pub fn resolve_data(
    evaluation: &Evaluation,
    providers: &Providers,
    change: &Change,
) -> Result<Value, Diagnostics> {
    let kind = providers
        .data(&change.provider.source, &change.address.resource.resource.kind)
        .map_err(|problem| problem.about(&change.address))?;
    let configuration = data::data_configuration(evaluation, change, kind)?;
    let problems = evaluation.take_problems();
    if problems.has_errors() { Err(problems) } else { Ok(configuration) }
}

fn unconnected(change: &Change) -> Diagnostic {
    let detail = format!("{} is not configured.", change.provider);
    Diagnostic::error("Provider is not configured", detail).about(&change.address)
}

fn misfitting(address: &InstanceAddress, path: &Path) -> Diagnostic {
    let detail = format!(
        "While applying, `{path}` of {address} came to something other than what was planned."
    );
    Diagnostic::error("Value does not fit the plan", detail)
        .hint("This is a defect of terrace. The object is left as it is; plan again.")
        .about(address)
}

/// An object for state, from a value of its schema.
pub fn object_of(schema: &Schema, value: &Value, dependencies: Vec<ConfigAddress>) -> Object {
    let (attributes, sensitive_paths) = attributes::encode(schema, value);
    Object {
        attributes,
        sensitive_paths,
        schema_version: schema.version,
        dependencies,
        ..Object::default()
    }
}
