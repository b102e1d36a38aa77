//! Plans, states and schemas in Terraform's JSON formats (plan format 1.2, state format 1.0, provider
//! schemas format 1.0).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use crate::address::{
    ConfigAddress, InstanceAddress, Key, Mode as ResourceMode, ModuleInstance, ResourceAddress,
};
use crate::diagnostic::Diagnostics;
use crate::plan::{
    Action, Change, CheckResult, CheckStatus, Drift, OutputChange, Plan, Providers, Read, Reason,
    kept_checks, stored_value,
};
use crate::state::{State, TERRAFORM_VERSION};
use crate::value::json::{to_json, type_to_json};
use crate::value::{Marks, Value};

/// A plan in Terraform's format 1.2.
pub(super) fn plan(plan: &Plan, providers: &Providers) -> Result<Json, Diagnostics> {
    let mut changes: Vec<&Change> =
        plan.changes.iter().filter(|it| it.action != Action::Open).collect();
    changes
        .sort_by(|one, other| (&one.address, &one.deposed).cmp(&(&other.address, &other.deposed)));
    let changes = changes.into_iter().map(change);
    let drift = plan.drift.iter().map(|it| {
        let mut json = placed(&it.address);
        json["change"] = sides(&it.before, &it.after, &[drift_action(it)]);
        json
    });
    let outputs = plan.outputs.iter().map(|(name, it)| (name.clone(), output(it)));
    Ok(json!({
        "format_version": "1.2",
        "terraform_version": TERRAFORM_VERSION,
        "variables": variables(plan),
        "planned_values": planned_values(plan, providers),
        "resource_drift": drift.collect::<Vec<_>>(),
        "relevant_attributes": relevant(plan),
        "resource_changes": changes.collect::<Vec<_>>(),
        "output_changes": outputs.collect::<Map<_, _>>(),
        "prior_state": state(&plan.prior, providers)?,
        "configuration": super::configuration_json::configuration(&plan.configuration, providers),
        "checks": checks(&plan.checks),
        "timestamp": plan.timestamp,
        "applyable": plan.changes_anything(),
        "complete": plan.targets.is_empty() && plan.excludes.is_empty(),
        "errored": plan.diagnostics.has_errors(),
    }))
}

/// What the changes read of resources, in all instances of their modules.
fn relevant(plan: &Plan) -> Vec<Json> {
    let planned = plan.changes.iter().map(|it| &it.address.resource);
    let known = plan.prior.resources.keys().map(|it| &it.resource);
    let mut places: BTreeMap<ConfigAddress, BTreeSet<&ResourceAddress>> = BTreeMap::new();
    for place in planned.chain(known) {
        places.entry(place.config()).or_default().insert(place);
    }
    let read = |(address, attribute): &Read| {
        let attribute: Vec<&String> = attribute.iter().collect();
        let places = places.get(address).into_iter().flatten();
        let entry = |it| json!({ "resource": it, "attribute": attribute });
        places.map(|it| entry(it.to_string())).collect::<Vec<_>>()
    };
    plan.reads.iter().flat_map(read).collect()
}

/// What becomes of an output.
fn output(it: &OutputChange) -> Json {
    let mut json = sides(&it.before, &it.after, &[output_action(it)]);
    json["before_sensitive"] = json!(it.sensitive);
    json["after_sensitive"] = json!(it.sensitive);
    if it.after.is_wholly_known() {
        json["after_unknown"] = json!(false);
    } else if !it.after.is_known()
        && let Json::Object(members) = &mut json
    {
        members.remove("after");
    }
    json
}

/// The input variables; of ephemeral ones their default, if they have one.
fn variables(plan: &Plan) -> Map<String, Json> {
    let mut values: BTreeMap<&String, Option<&Value>> =
        plan.variables.iter().map(|(name, it)| (name, Some(it))).collect();
    values.extend(plan.ephemeral_variables().map(|(name, it)| (name, it.default.as_ref())));
    let given = values.into_iter().filter_map(|(name, it)| Some((name, it?)));
    given.map(|(name, it)| (name.clone(), json!({ "value": plain(it) }))).collect()
}

/// The conditions of each thing of the configuration, with those of its instances.
fn checks(all: &[CheckResult]) -> Json {
    let mut groups: BTreeMap<(&str, &str), Vec<&CheckResult>> = BTreeMap::new();
    for check in all {
        groups.entry((&check.config, check.kind)).or_default().push(check);
    }
    let group = |((config, kind), checks): ((&str, &str), Vec<&CheckResult>)| {
        let worst = [CheckStatus::Fail, CheckStatus::Unknown];
        let worst = worst.into_iter().find(|it| checks.iter().any(|check| check.status == *it));
        json!({
            "address": checked(kind, config),
            "status": worst.unwrap_or(CheckStatus::Pass).name(),
            "instances": checks.into_iter().map(check).collect::<Vec<_>>(),
        })
    };
    groups.into_iter().map(group).collect()
}

/// The address of what has conditions.
fn checked(kind: &str, config: &str) -> Json {
    let mut json = json!({ "kind": kind, "to_display": config });
    let Ok(crate::address::Target::Resource(it)) = config.parse() else { return json };
    if kind == "resource" {
        json["mode"] = json!(mode(it.resource.mode));
        json["type"] = json!(it.resource.kind);
    }
    json["name"] = json!(it.resource.name);
    if !it.module.is_root() {
        json["module"] = json!(it.module.to_string());
    }
    json
}

fn check(check: &CheckResult) -> Json {
    let mut address = json!({ "to_display": check.address });
    if let Ok(instance) = check.address.parse::<InstanceAddress>() {
        match instance.key {
            Some(Key::Index(index)) => address["instance_key"] = json!(index),
            Some(Key::Name(name)) => address["instance_key"] = json!(name),
            None => {}
        }
        if !instance.resource.module.is_root() {
            address["module"] = json!(instance.resource.module.to_string());
        }
    }
    let mut json = json!({ "address": address, "status": check.status.name() });
    if !check.problems.is_empty() {
        json["problems"] = check.problems.iter().map(|it| json!({ "message": it })).collect();
    }
    json
}

fn mode(mode: ResourceMode) -> &'static str {
    mode.name()
}

/// What became of an object, in one word.
pub(super) fn drift_action(drift: &Drift) -> &'static str {
    if drift.after.is_null() { "delete" } else { "update" }
}

/// What every entry about a change of an instance begins with.
fn placed(address: &InstanceAddress) -> Json {
    let mut json = identity(address);
    if !address.resource.module.is_root() {
        json["module_address"] = json!(address.resource.module.to_string());
    }
    json
}

/// Address, mode, type, name, index: what every entry about an instance begins with.
fn identity(address: &InstanceAddress) -> Json {
    let resource = &address.resource.resource;
    let mut json = json!({ "address": address.to_string() });
    json["mode"] = json!(mode(resource.mode));
    json["type"] = json!(resource.kind);
    json["name"] = json!(resource.name);
    match &address.key {
        Some(Key::Index(index)) => json["index"] = json!(index),
        Some(Key::Name(name)) => json["index"] = json!(name),
        None => {}
    }
    json
}

/// What is planned for an instance, as `resource_changes` has it.
pub(super) fn change(change: &Change) -> Json {
    let actions: &[&str] = match change.action {
        Action::Nothing => &["no-op"],
        Action::Create => &["create"],
        Action::Read => &["read"],
        Action::Open => &["open"],
        Action::Update => &["update"],
        Action::DestroyThenCreate => &["delete", "create"],
        Action::ForgetThenCreate => &["forget", "create"],
        Action::CreateThenDestroy => &["create", "delete"],
        Action::Delete => &["delete"],
        Action::Forget => &["forget"],
    };
    let mut json = placed(&change.address);
    if let Some(previous) = &change.previous {
        json["previous_address"] = json!(previous.to_string());
    }
    if let Some(key) = &change.deposed {
        json["deposed"] = json!(key);
    }
    json["provider_name"] = json!(change.provider.source);
    json["change"] = sides(&change.before, &change.after, actions);
    if !change.replace_paths.is_empty() {
        let paths = change.replace_paths.iter().map(path);
        json["change"]["replace_paths"] = paths.collect();
    }
    if let Some(id) = &change.importing {
        json["change"]["importing"] = json!({ "id": id });
    }
    if let Some(reason) = reason(change) {
        json["action_reason"] = json!(reason);
    }
    json
}

fn path(path: &crate::value::Path) -> Json {
    use crate::value::Step;
    let step = |step: &Step| match step {
        Step::Attribute(name) | Step::Key(name) => json!(name),
        Step::Index(index) => json!(index),
    };
    path.steps().iter().map(step).collect()
}

pub(super) fn reason(change: &Change) -> Option<&'static str> {
    Some(match change.reason {
        Reason::None | Reason::Missing | Reason::Deposed => return None,
        Reason::CannotUpdate => "replace_because_cannot_update",
        Reason::Tainted => "replace_because_tainted",
        Reason::Requested => "replace_by_request",
        Reason::Triggered => "replace_by_triggers",
        Reason::NoResource => "delete_because_no_resource_config",
        Reason::NoModule => "delete_because_no_module",
        Reason::CountIndex => "delete_because_count_index",
        Reason::EachKey => "delete_because_each_key",
        Reason::Disabled => "delete_because_enabled_false",
        Reason::WrongRepetition => "delete_because_wrong_repetition",
        Reason::ConfigUnknown | Reason::ProviderUnknown => "read_because_config_unknown",
        Reason::DependencyPending => "read_because_dependency_pending",
        Reason::CheckNested => "read_because_check_nested",
        Reason::KeptByConfiguration => "forgot_because_lifecycle_destroy_in_config",
        Reason::KeptByState => "forgot_because_lifecycle_destroy_in_state",
    })
}

fn sides(before: &Value, after: &Value, actions: &[&str]) -> Json {
    let side = |value: &Value| if value.is_null() { Json::Null } else { plain(value) };
    json!({
        "actions": actions,
        "before": side(before),
        "after": if after.is_known() { without_unknown(after) } else { Json::Null },
        "after_unknown": if after.is_null() { json!({}) } else { places(after, &|it| !it.is_known()) },
        "before_sensitive": sensitive(before),
        "after_sensitive": sensitive(after),
    })
}

fn sensitive(value: &Value) -> Json {
    match value.is_null() {
        true => json!(false),
        false => places(value, &|it| it.marks().contains(Marks::SENSITIVE)),
    }
}

/// A value as plain JSON; what is not known is null.
fn plain(value: &Value) -> Json {
    to_json(&value.known()).unwrap_or(Json::Null)
}

/// A value as JSON without the attributes that are not known.
fn without_unknown(value: &Value) -> Json {
    match value.bare() {
        Value::Object(fields) | Value::Map(_, fields) => {
            let known = fields.iter().filter(|(_, it)| it.is_known());
            Json::Object(known.map(|(name, it)| (name.clone(), without_unknown(it))).collect())
        }
        Value::List(_, items) | Value::Set(_, items) | Value::Tuple(items) => {
            items.iter().map(without_unknown).collect()
        }
        Value::Unknown(_) => Json::Null,
        other => plain(other),
    }
}

/// The shape of a value with `true` where something holds, and nothing elsewhere.
fn places(value: &Value, holds: &dyn Fn(&Value) -> bool) -> Json {
    if holds(value) {
        return json!(true);
    }
    match value.bare() {
        Value::Object(fields) | Value::Map(_, fields) => {
            let inside = fields.iter().map(|(name, it)| (name.clone(), places(it, holds)));
            Json::Object(inside.filter(|(_, it)| *it != json!(false)).collect())
        }
        Value::List(_, items) | Value::Set(_, items) | Value::Tuple(items) => {
            items.iter().map(|it| places(it, holds)).collect()
        }
        _ => json!(false),
    }
}

/// A module in `values`: its resources, then its children.
#[derive(Default)]
struct Tree {
    resources: Vec<Json>,
    children: BTreeMap<String, Tree>,
}

impl Tree {
    fn at(&mut self, module: &ModuleInstance) -> &mut Tree {
        let mut tree = self;
        for depth in 1..=module.0.len() {
            let address = ModuleInstance(module.0.iter().take(depth).cloned().collect());
            tree = tree.children.entry(address.to_string()).or_default();
        }
        tree
    }

    fn json(self, address: Option<String>) -> Json {
        let mut json = json!({});
        if !self.resources.is_empty() {
            let mut resources = self.resources;
            let address = |it: &Json| it["address"].as_str().unwrap_or_default().to_string();
            resources.sort_by_cached_key(address);
            json["resources"] = json!(resources);
        }
        if let Some(address) = address {
            json["address"] = json!(address);
        }
        if !self.children.is_empty() {
            let children = self.children.into_iter().map(|(address, it)| it.json(Some(address)));
            json["child_modules"] = children.collect();
        }
        json
    }
}

fn planned_values(plan: &Plan, providers: &Providers) -> Json {
    let mut root = Tree::default();
    let stays = |change: &&Change| {
        change.deposed.is_none()
            && !matches!(change.action, Action::Delete | Action::Forget | Action::Read)
    };
    for change in plan.changes.iter().filter(stays) {
        let mut json = identity(&change.address);
        json["provider_name"] = json!(change.provider.source);
        let resource = &change.address.resource.resource;
        let schema = providers.schema(&change.provider.source, resource.mode, &resource.kind);
        if let Some(schema) = schema {
            json["schema_version"] = json!(schema.version);
        }
        json["values"] = without_unknown(&change.after);
        json["sensitive_values"] = sensitive(&change.after);
        root.at(&change.address.resource.module).resources.push(json);
    }
    let outputs = plan.outputs.iter().filter(|(_, it)| !it.after.is_null()).map(|(name, it)| {
        let mut json = json!({ "sensitive": it.sensitive });
        if it.after.is_wholly_known() {
            json["type"] = type_to_json(&it.after.ty());
            json["value"] = plain(&it.after);
        }
        (name.clone(), json)
    });
    json!({ "outputs": outputs.collect::<Map<_, _>>(), "root_module": root.json(None) })
}

/// A state in Terraform's format 1.0.
pub(super) fn state(state: &State, providers: &Providers) -> Result<Json, Diagnostics> {
    let mut root = Tree::default();
    let mut problems = Diagnostics::new();
    for (address, deposed, object) in state.objects() {
        let (value, schema, provider) = match stored_value(state, providers, address, deposed) {
            Ok(Some(found)) => found,
            Ok(None) => continue,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let mut json = identity(address);
        json["provider_name"] = json!(provider.source);
        json["schema_version"] = json!(schema.version);
        json["values"] = plain(&value);
        json["sensitive_values"] = sensitive(&value);
        if !object.dependencies.is_empty() {
            json["depends_on"] = object.dependencies.iter().map(ToString::to_string).collect();
        }
        if object.tainted {
            json["tainted"] = json!(true);
        }
        if let Some(key) = deposed {
            json["deposed_key"] = json!(key);
        }
        root.at(&address.resource.module).resources.push(json);
    }
    if problems.has_errors() {
        return Err(problems);
    }
    let outputs = state.outputs.iter().map(|(name, it)| {
        (name.clone(), json!({ "sensitive": it.sensitive, "value": it.value, "type": it.ty }))
    });
    let conditions = kept_checks(&state.check_results);
    let mut json = json!({ "format_version": "1.0", "terraform_version": TERRAFORM_VERSION });
    if !state.is_empty() {
        let outputs = outputs.collect::<Map<_, _>>();
        json["values"] = json!({ "outputs": outputs, "root_module": root.json(None) });
    }
    if !conditions.is_empty() {
        json["checks"] = checks(&conditions);
    }
    Ok(json)
}

/// What is done, in one word.
pub(super) fn change_action(change: &Change) -> &'static str {
    match change.action {
        Action::Nothing if change.previous.is_some() => "move",
        Action::Nothing if change.importing.is_some() => "import",
        Action::Nothing => "noop",
        Action::Create => "create",
        Action::Read => "read",
        Action::Open => "open",
        Action::Update => "update",
        Action::Delete => "delete",
        Action::Forget => "remove",
        Action::DestroyThenCreate | Action::CreateThenDestroy | Action::ForgetThenCreate => {
            "replace"
        }
    }
}

/// What becomes of an output, in one word.
pub(super) fn output_action(output: &OutputChange) -> &'static str {
    match (output.before.is_null(), output.after.is_null()) {
        _ if !output.changes() => "no-op",
        (true, _) => "create",
        (_, true) => "delete",
        _ => "update",
    }
}
