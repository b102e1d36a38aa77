//! Conditions of the configuration: validations, preconditions, postconditions and `check` blocks.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::address::{InstanceAddress, Mode, ModuleInstance};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Span};
use crate::language::config::{Check, CheckRule, Lifecycle, Module};
use crate::language::evaluate::{Cause, evaluate, explained};
use crate::language::scope::Scope;
use crate::plan::evaluation::Evaluation;
use crate::plan::{CheckResult, CheckStatus};
use crate::state::State;
use crate::value::{Marks, Type, Value, convert};

/// What has conditions.
pub(super) struct Checked {
    kind: &'static str,
    config: String,
    /// Its address.
    pub(super) address: String,
    /// Where it stands, and what it has to do with its conditions.
    place: Option<(Span, String)>,
}

impl Checked {
    /// An instance of a resource or data source.
    pub(super) fn resource(address: &InstanceAddress) -> Checked {
        let config = address.resource.config().to_string();
        Checked { kind: "resource", config, address: address.to_string(), place: None }
    }

    /// The same with where it stands, and what it has to do with its conditions.
    pub(super) fn near(self, place: Option<(Span, String)>) -> Checked {
        Checked { place, ..self }
    }

    /// An input variable (`var`), an output (`output_value`) or a `check` block in an instance of a
    /// module.
    pub(super) fn value(kind: &'static str, module: &ModuleInstance, name: &str) -> Checked {
        let dot = if module.is_root() { "" } else { "." };
        let word = if kind == "output_value" { "output" } else { kind };
        let config = format!("{}{dot}{word}.{name}", module.path());
        let address = format!("{module}{dot}{word}.{name}");
        Checked { kind, config, address, place: None }
    }
}

impl Checked {
    /// Whether it is an input variable.
    pub(super) fn is_variable(&self) -> bool {
        self.kind == "var"
    }
}

const ASSERTION: &str = "Check block assertion failed";

/// Evaluates the assertions of a `check` block in a module instance; each that fails is a warning.
/// When its data source could not be read, that is its failure, and has been told.
pub(super) fn check_block(
    check_block: &Check,
    name: &str,
    module: &ModuleInstance,
    evaluation: &Evaluation,
) -> (Option<CheckResult>, Diagnostics) {
    let checked = Checked::value("check", module, name);
    if let Some(why) = evaluation.failure(&checked.address) {
        let Checked { kind, config, address, .. } = checked;
        let (status, problems) = (CheckStatus::Fail, vec![why]);
        return (Some(CheckResult { kind, config, address, status, problems }), Diagnostics::new());
    }
    let scope = evaluation.scope(module);
    let (result, found) = check(&check_block.asserts, ASSERTION, &checked, &scope);
    let milder = |it: Diagnostic| match it.summary == ASSERTION {
        true => Diagnostic { severity: Severity::Warning, ..it },
        false => it,
    };
    (result, Diagnostics::from_iter(found.into_iter().map(milder)))
}

/// Evaluates the conditions of one thing; each that fails is an error.
pub(super) fn check(
    rules: &[CheckRule],
    summary: &str,
    checked: &Checked,
    scope: &dyn Scope,
) -> (Option<CheckResult>, Diagnostics) {
    if rules.is_empty() {
        return (None, Diagnostics::new());
    }
    let mut result = CheckResult {
        kind: checked.kind,
        config: checked.config.clone(),
        address: checked.address.clone(),
        status: CheckStatus::Pass,
        problems: Vec::new(),
    };
    let mut diagnostics = Diagnostics::new();
    for rule in rules {
        let (status, problems) = one(rule, summary, scope);
        let messages = problems.0.iter().filter(|it| it.is_error()).map(|it| it.detail.clone());
        result.problems.extend(messages);
        diagnostics.extend(problems.into_iter().map(|it| {
            let it = it.about(&checked.address);
            match &checked.place {
                Some((place, how)) => it.see(place, how),
                None => it,
            }
        }));
        result.status = worse(result.status, status);
    }
    (Some(result), diagnostics)
}

/// One result for each thing, in the order in which they first come.
pub(super) fn merged(results: Vec<CheckResult>) -> Vec<CheckResult> {
    let mut merged: indexmap::IndexMap<String, CheckResult> = indexmap::IndexMap::new();
    for result in results {
        match merged.get_mut(&result.address) {
            Some(known) => {
                known.status = worse(known.status, result.status);
                known.problems.extend(result.problems);
            }
            None => {
                merged.insert(result.address.clone(), result);
            }
        }
    }
    merged.into_values().collect()
}

/// Evaluates all conditions of a configuration once more, after an apply that left this state. What
/// is not in it has no result yet. The problems are those of values: what is wrong with a resource
/// has been told when it was made.
pub fn check_all(evaluation: &Evaluation, state: &State) -> (Vec<CheckResult>, Diagnostics) {
    let mut all = All { evaluation, state, results: Vec::new(), diagnostics: Diagnostics::new() };
    for module in evaluation.configuration.modules.values() {
        let checked = module.resources.values().any(|it| has_rules(&it.lifecycle))
            || module.variables.values().any(|it| !it.validations.is_empty())
            || module.outputs.values().any(|it| !it.preconditions.is_empty())
            || !module.checks.is_empty();
        if checked {
            let instances = evaluation.module_instances(&module.path);
            instances.iter().for_each(|instance| all.module(module, instance));
        }
    }
    (merged(all.results), all.diagnostics)
}

/// What is wrong with the variables, locals and outputs of a configuration.
pub fn faults(evaluation: &Evaluation) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for module in evaluation.configuration.modules.values() {
        for instance in evaluation.module_instances(&module.path) {
            for (name, variable) in &module.variables {
                evaluation.variable(&instance, name);
                let checked = Checked::value("var", &instance, name);
                let scope = evaluation.scope(&instance);
                let summary = "Invalid value for variable";
                diagnostics.extend(check(&variable.validations, summary, &checked, &scope).1);
            }
            for name in module.locals.keys() {
                evaluation.local(&instance, name);
            }
            for name in module.outputs.keys() {
                evaluation.output(&instance, name);
            }
        }
    }
    diagnostics.extend(evaluation.take_problems());
    diagnostics
}

fn has_rules(lifecycle: &Lifecycle) -> bool {
    !lifecycle.preconditions.is_empty() || !lifecycle.postconditions.is_empty()
}

/// All conditions being evaluated.
struct All<'a> {
    evaluation: &'a Evaluation,
    state: &'a State,
    results: Vec<CheckResult>,
    diagnostics: Diagnostics,
}

impl All<'_> {
    fn module(&mut self, module: &Module, instance: &ModuleInstance) {
        let scope = self.evaluation.scope(instance);
        for (name, variable) in &module.variables {
            let checked = Checked::value("var", instance, name);
            let checked = checked.near(self.evaluation.place_of(instance, name));
            self.value(&variable.validations, "Invalid value for variable", &checked, &scope);
        }
        for resource in module.resources.values().filter(|it| has_rules(&it.lifecycle)) {
            let address = Evaluation::address(instance, &resource.name);
            for key in self.evaluation.resource_expansion(&address).keys() {
                self.resource(&address.instance(key), &resource.lifecycle);
            }
        }
        for (name, output) in &module.outputs {
            let checked = Checked::value("output_value", instance, name);
            let summary = "Module output value precondition failed";
            self.value(&output.preconditions, summary, &checked, &scope);
        }
        for (name, block) in &module.checks {
            let (result, problems) = check_block(block, name, instance, self.evaluation);
            self.results.extend(result);
            self.diagnostics.extend(problems);
        }
    }

    fn value(&mut self, rules: &[CheckRule], summary: &str, checked: &Checked, scope: &dyn Scope) {
        let (result, problems) = check(rules, summary, checked, scope);
        self.results.extend(result);
        self.diagnostics.extend(problems);
    }

    fn resource(&mut self, address: &InstanceAddress, lifecycle: &Lifecycle) {
        let checked = Checked::resource(address);
        let is_managed = address.resource.resource.mode == Mode::Managed;
        let there = !is_managed || self.state.object(address, None).is_some();
        let value = self.evaluation.instance(address).filter(|_| there);
        let expansion = self.evaluation.resource_expansion(&address.resource);
        let scope = self.evaluation.scope(&address.resource.module);
        let scope = scope.repeated(&expansion, address.key.as_ref());
        let own = scope.clone().with_self(value.clone().unwrap_or(Value::unknown(Type::Any)));
        let before = check(&lifecycle.preconditions, "", &checked, &scope).0;
        let after = check(&lifecycle.postconditions, "", &checked, &own).0;
        let known = |it: CheckResult| match value {
            Some(_) => it,
            None => CheckResult { status: CheckStatus::Unknown, problems: Vec::new(), ..it },
        };
        self.results.extend(before.into_iter().chain(after).map(known));
    }
}

/// Results as the state file has them; null when there are none.
pub fn stored_checks(results: &[CheckResult]) -> Json {
    let mut groups: BTreeMap<(&str, &str), Vec<&CheckResult>> = BTreeMap::new();
    for result in results {
        let kind = if result.kind == "output_value" { "output" } else { result.kind };
        groups.entry((kind, &result.config)).or_default().push(result);
    }
    let group = |((kind, config), results): ((&str, &str), Vec<&CheckResult>)| {
        let status = results.iter().fold(CheckStatus::Pass, |all, it| worse(all, it.status));
        let objects: Vec<Json> = results.iter().map(|it| stored_object(it)).collect();
        json!({
            "object_kind": kind,
            "config_addr": config,
            "status": status.name(),
            "objects": objects,
        })
    };
    if groups.is_empty() { Json::Null } else { groups.into_iter().map(group).collect() }
}

fn stored_object(result: &CheckResult) -> Json {
    let mut object = json!({ "object_addr": result.address, "status": result.status.name() });
    if !result.problems.is_empty() {
        object["failure_messages"] = json!(result.problems);
    }
    object
}

/// The results that a state file has.
pub fn kept_checks(stored: &Json) -> Vec<CheckResult> {
    let mut all = Vec::new();
    for group in stored.as_array().into_iter().flatten() {
        let (kind, config) = (text(group, "object_kind"), text(group, "config_addr"));
        let kind = match kind {
            "output" => "output_value",
            "var" => "var",
            "check" => "check",
            _ => "resource",
        };
        for object in group["objects"].as_array().into_iter().flatten() {
            let status = match text(object, "status") {
                "pass" => CheckStatus::Pass,
                "unknown" => CheckStatus::Unknown,
                _ => CheckStatus::Fail,
            };
            let problems = object["failure_messages"].as_array().into_iter().flatten();
            let problems = problems.filter_map(|it| it.as_str().map(str::to_string)).collect();
            let (config, address) = (config.to_string(), text(object, "object_addr").to_string());
            all.push(CheckResult { kind, config, address, status, problems });
        }
    }
    all.sort_by(|one, other| one.address.cmp(&other.address));
    all
}

fn text<'j>(json: &'j Json, name: &str) -> &'j str {
    json[name].as_str().unwrap_or_default()
}

fn worse(one: CheckStatus, other: CheckStatus) -> CheckStatus {
    match (one, other) {
        (CheckStatus::Fail, _) | (_, CheckStatus::Fail) => CheckStatus::Fail,
        (CheckStatus::Unknown, _) | (_, CheckStatus::Unknown) => CheckStatus::Unknown,
        _ => CheckStatus::Pass,
    }
}

fn one(rule: &CheckRule, summary: &str, scope: &dyn Scope) -> (CheckStatus, Diagnostics) {
    let (condition, mut problems) = evaluate(&rule.condition, scope);
    problems.extend(unsuitable(rule, scope));
    if problems.has_errors() {
        return (CheckStatus::Fail, problems);
    }
    if !condition.is_known() {
        return (CheckStatus::Unknown, problems);
    }
    match condition.as_bool() {
        Some(true) => (CheckStatus::Pass, problems),
        Some(false) => (CheckStatus::Fail, failed(rule, summary, scope).into()),
        None => {
            let what = if condition.is_null() { "null".into() } else { condition.ty().to_string() };
            let detail = format!("The condition is {what}, not a bool.");
            let error = Diagnostic::error("Invalid condition result", detail);
            let error = error.at(&rule.condition.span);
            let error = explained(error, &rule.condition, scope, Cause::Other);
            (CheckStatus::Fail, error.into())
        }
    }
}

/// What is wrong with an error message that is no text, whether or not it is needed.
fn unsuitable(rule: &CheckRule, scope: &dyn Scope) -> Option<Diagnostic> {
    let (message, problems) = evaluate(&rule.error_message, scope);
    if problems.has_errors() || !message.is_known() {
        return None;
    }
    let what = match convert(&message, &Type::String) {
        Ok(_) if message.is_null() => "null".to_string(),
        Ok(_) => return None,
        Err(_) => message.ty().to_string(),
    };
    let detail = format!("The error message is {what}, not a string.");
    Some(Diagnostic::error("Invalid error message", detail).at(&rule.error_message.span))
}

fn failed(rule: &CheckRule, summary: &str, scope: &dyn Scope) -> Diagnostic {
    let (message, _) = evaluate(&rule.error_message, scope);
    let marks = message.marks_deep();
    let message = convert(&message, &Type::String).unwrap_or(message);
    let text = match message.as_str() {
        Some(_) if marks.contains(Marks::SENSITIVE) => {
            "The error message is sensitive and not shown."
        }
        Some(_) if marks.contains(Marks::EPHEMERAL) => {
            "The error message is ephemeral and not shown."
        }
        Some(text) => text,
        None => "The condition does not hold, and its error message is not known.",
    };
    let problem = Diagnostic::error(summary, text).at(&rule.condition.span);
    explained(problem, &rule.condition, scope, Cause::Other)
}
