//! What apply asks of a plan: what a change comes to now that more is known.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::address::{ConfigAddress, ModuleInstance, ModulePath};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::CheckRule;
use crate::plan::checks::{Checked, check};
use crate::plan::orphans::value_in;
use crate::plan::providers::Providers;
use crate::plan::{
    Action, Change, CheckResult, CheckStatus, Dependencies, Evaluation, Mode, Node, Plan, data,
    managed,
};
use crate::provider::Connection;
use crate::schema::Schema;
use crate::state::{Object, attributes};
use crate::value::{Marks, Type, Value};

/// An evaluation for applying a plan: what the plan changes is expected, all else is as it is.
pub fn evaluation_of(
    plan: &Plan,
    providers: &Providers,
    folder: PathBuf,
) -> (Evaluation, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let configuration = Arc::new(plan.configuration.clone());
    let mut evaluation = Evaluation::new(
        configuration,
        providers,
        plan.variables.clone(),
        &plan.workspace,
        folder,
        &plan.timestamp,
    );
    evaluation.applying = true;
    evaluation.unchecked = unchecked(plan);
    evaluation.all_limited =
        plan.mode == Mode::RefreshOnly || !(plan.targets.is_empty() && plan.excludes.is_empty());
    let ends = |it: &&Change| matches!(it.action, Action::Delete | Action::Forget);
    let ended = plan.changes.iter().filter(|it| evaluation.all_limited && it.deposed.is_none());
    let ended: BTreeSet<_> = ended.filter(ends).map(|it| &it.address).collect();
    let destroys = plan.mode == Mode::Destroy;
    for address in plan.prior.resources.keys().filter(|it| destroys || !ended.contains(it)) {
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
            Action::Open => {
                let unknown = Value::unknown(Type::Any).mark(Marks::EPHEMERAL);
                evaluation.expect(&change.address, unknown);
            }
            _ => evaluation.expect(&change.address, change.after.clone()),
        }
    }
    data::carry_failures(&evaluation, &plan.changes, &plan.checks);
    (evaluation, diagnostics)
}

/// What a create, update or replacement comes to now: what the user says, and the planned value,
/// unknown only where the provider decides.
pub fn resolve(
    evaluation: &Evaluation,
    providers: &Providers,
    connection: &dyn Connection,
    change: &Change,
) -> Result<(Value, Value), Diagnostics> {
    let kind = providers
        .resource(&change.provider.source, &change.address.resource.resource.kind)
        .map_err(|problem| problem.about(&change.address))?;
    let resolved = managed::propose_again(evaluation, change, kind, connection)?;
    let problems = evaluation.take_problems();
    if problems.has_errors() { Err(problems) } else { Ok(resolved) }
}

/// The preconditions of a change that do not hold now.
pub fn preconditions(evaluation: &Evaluation, change: &Change) -> Diagnostics {
    let Some(resource) = evaluation.resource(&change.address.resource) else {
        return Diagnostics::new();
    };
    let mut problems = validations(evaluation, change);
    let rules = &resource.lifecycle.preconditions;
    let summary = "Resource precondition failed";
    problems.extend(conditions(evaluation, change, rules, summary, None));
    problems
}

/// The variables whose validations depend on what is only known by now, by who needs them.
fn unchecked(plan: &Plan) -> BTreeMap<ConfigAddress, Vec<(ModulePath, String)>> {
    let mut found: BTreeMap<ConfigAddress, Vec<(ModulePath, String)>> = BTreeMap::new();
    let open = |it: &&CheckResult| it.kind == "var" && it.status == CheckStatus::Unknown;
    let open: BTreeSet<&str> =
        plan.checks.iter().filter(open).map(|it| it.config.as_str()).collect();
    if open.is_empty() {
        return found;
    }
    // The plan was made with this configuration, so there is no cycle.
    let Ok(dependencies) = Dependencies::find(&plan.configuration) else { return found };
    for (path, module) in &plan.configuration.modules {
        for name in module.variables.keys() {
            let node = Node::Variable(path.clone(), name.clone());
            let at = dependencies.dag.position(&node);
            let Some(at) = at.filter(|_| open.contains(node.to_string().as_str())) else {
                continue;
            };
            for behind in dependencies.dag.with_dependants([at]) {
                if let Some(Node::Resource(module, resource)) = dependencies.dag.node(behind) {
                    let (module, resource) = (module.clone(), resource.clone());
                    let needs = found.entry(ConfigAddress { module, resource }).or_default();
                    needs.push((path.clone(), name.clone()));
                }
            }
        }
    }
    found
}

/// The validations of variables behind a change that do not hold now.
fn validations(evaluation: &Evaluation, change: &Change) -> Diagnostics {
    let mut problems = Diagnostics::new();
    let needs = evaluation.unchecked.get(&change.address.resource.config());
    for (path, name) in needs.into_iter().flatten() {
        let variable = evaluation.module(path).and_then(|it| it.variables.get(name));
        let Some(variable) = variable else { continue };
        for module in instances_behind(evaluation, path, change) {
            problems.extend(evaluation.validated(&module, name, || {
                let checked = Checked::value("var", &module, name);
                let checked = checked.near(evaluation.place_of(&module, name));
                let scope = evaluation.scope(&module);
                let summary = "Invalid value for variable";
                let (result, problems) = check(&variable.validations, summary, &checked, &scope);
                (result.is_none_or(|it| it.status != CheckStatus::Unknown), problems)
            }));
        }
    }
    problems
}

/// The instances of a module that a change may need: what is in one does not need its siblings.
fn instances_behind(
    evaluation: &Evaluation,
    path: &ModulePath,
    change: &Change,
) -> Vec<ModuleInstance> {
    let own = &change.address.resource.module;
    let outer = ModuleInstance(own.0.iter().take(path.0.len()).cloned().collect());
    if outer.path() == *path { vec![outer] } else { evaluation.module_instances(path) }
}

/// The postconditions of a change that do not hold for its object as it is now.
pub fn postconditions(evaluation: &Evaluation, change: &Change, value: &Value) -> Diagnostics {
    let Some(resource) = evaluation.resource(&change.address.resource) else {
        return Diagnostics::new();
    };
    let rules = &resource.lifecycle.postconditions;
    conditions(evaluation, change, rules, "Resource postcondition failed", Some(value))
}

fn conditions(
    evaluation: &Evaluation,
    change: &Change,
    rules: &[CheckRule],
    summary: &str,
    own: Option<&Value>,
) -> Diagnostics {
    let address = &change.address;
    let expansion = evaluation.resource_expansion(&address.resource);
    let scope =
        evaluation.scope(&address.resource.module).repeated(&expansion, address.key.as_ref());
    let scope = own.cloned().map_or(scope.clone(), |own| scope.with_self(own));
    check(rules, summary, &Checked::resource(address), &scope).1
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

/// The arguments of an ephemeral resource that is opened at apply.
pub fn resolve_ephemeral(
    evaluation: &Evaluation,
    providers: &Providers,
    change: &Change,
) -> Result<Value, Diagnostics> {
    let kind = providers
        .ephemeral(&change.provider.source, &change.address.resource.resource.kind)
        .map_err(|problem| problem.about(&change.address))?;
    let configuration = data::data_configuration(evaluation, change, kind)?;
    let problems = evaluation.take_problems();
    if problems.has_errors() {
        return Err(problems);
    }
    if configuration.is_wholly_known() {
        return Ok(configuration);
    }
    let detail = format!("Some arguments of {} are still not known.", change.address);
    Err(Diagnostic::error("Ephemeral resource cannot be opened", detail).into())
}

/// An output of the root module as it is now. There is no new value when what it needs of resources was
/// not done, or when a precondition on the way does not hold.
pub fn output(
    evaluation: &Evaluation,
    dependencies: &Dependencies,
    name: &str,
    undone: &BTreeSet<ConfigAddress>,
) -> (Option<Value>, Diagnostics) {
    let dag = &dependencies.dag;
    let at = dag.position(&Node::Output(ModulePath::default(), name.to_string()));
    let behind = dag.with_dependencies(at);
    let behind = || behind.iter().filter_map(|at| dag.node(*at));
    let is_undone = |it: &Node| match it {
        Node::Resource(module, resource) => {
            let (module, resource) = (module.clone(), resource.clone());
            undone.contains(&ConfigAddress { module, resource })
        }
        _ => false,
    };
    if !undone.is_empty() && behind().any(is_undone) {
        return (None, Diagnostics::new());
    }
    let value = evaluation.output(&ModuleInstance::ROOT, name);
    let problems = evaluation.take_problems();
    let holds = behind().all(|it| match it {
        Node::Output(module, name) => promised(evaluation, module, name),
        _ => true,
    });
    // Preconditions are told with all other conditions.
    drop(evaluation.take_problems());
    (value.filter(|_| holds), problems)
}

/// Whether no precondition of an output fails.
fn promised(evaluation: &Evaluation, path: &ModulePath, name: &str) -> bool {
    let declared = evaluation.module(path).and_then(|it| it.outputs.get(name));
    let Some(output) = declared.filter(|it| !it.preconditions.is_empty()) else { return true };
    evaluation.module_instances(path).iter().all(|module| {
        let (checked, scope) =
            (Checked::value("output_value", module, name), evaluation.scope(module));
        !check(&output.preconditions, "", &checked, &scope).1.has_errors()
    })
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
