//! Checks a configuration without values: everything that is not constant is unknown.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::{Mode, ModuleInstance, ModulePath, ResourceName};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Span};
use crate::language::body;
use crate::language::config::{
    CheckRule, Configuration, Expression, Module, ModuleCall, Output, Reference, Repetition,
    Resource, Variable,
};
use crate::language::evaluate::evaluate;
use crate::language::inputs::finish_variable;
use crate::language::scope::Scope;
use crate::plan::checks::{self, Checked};
use crate::plan::dependencies::{Dependencies, Node};
use crate::plan::evaluation::Evaluation;
use crate::plan::expand::Expansion;
use crate::plan::providers::{Providers, provider_key, source_of};
use crate::plan::provision::decode;
use crate::plan::traversals::traversals;
use crate::plan::{ephemeral, expand, ignored, import};
use crate::provider::ProviderFunction;
use crate::schema::Schema;
use crate::value::{Marks, Path, Type, Value};

/// All that is wrong with a configuration whatever its variables, state and world are.
pub fn validate(
    configuration: &Configuration,
    dependencies: &Dependencies,
    providers: &Providers,
) -> Diagnostics {
    let mut locals: BTreeMap<&ModulePath, Vec<&str>> = BTreeMap::new();
    for node in dependencies.order.iter().filter_map(|at| dependencies.dag.node(*at)) {
        if let Node::Local(module, name) = node {
            locals.entry(module).or_default().push(name);
        }
    }
    let mut diagnostics = traversals(configuration, providers);
    let known = diagnostics.clone();
    let evaluation = without_inputs(configuration, providers);
    for module in configuration.modules.values() {
        let mut scope = Unknowns::new(configuration, providers, module);
        scope.evaluation = Some(&evaluation);
        for name in locals.get(&module.path).into_iter().flatten() {
            scope.local(name);
        }
        diagnostics.extend(scope.module().into_iter().filter(|it| !known.0.contains(it)));
    }
    diagnostics
}

/// An evaluation in which the variables of the root module are not known, and no resource is.
fn without_inputs(configuration: &Configuration, providers: &Providers) -> Evaluation {
    let root = configuration.module(&ModulePath::default());
    let unknown = |it: &Variable| Value::unknown(it.ty.clone()).mark(it.marks());
    let variables = root.into_iter().flat_map(|it| &it.variables);
    let variables: BTreeMap<String, Value> =
        variables.map(|(name, it)| (name.clone(), unknown(it))).collect();
    let configuration = Arc::new(configuration.clone());
    Evaluation::new(configuration, providers, variables, "default", ".".into(), "")
}

/// The instances that a module has whatever the variables are; none when that depends on them.
fn instances(evaluation: &Evaluation, path: &ModulePath) -> Option<Vec<ModuleInstance>> {
    let Some((name, parent)) = path.0.split_last() else {
        return Some(vec![ModuleInstance::ROOT]);
    };
    let mut found = Vec::new();
    for parent in instances(evaluation, &ModulePath(parent.to_vec()))? {
        match evaluation.call_expansion(&parent, name) {
            Expansion::Unknown => return None,
            known => found.extend(known.keys().into_iter().map(|key| parent.child(name, key))),
        }
    }
    Some(found)
}
fn instance_of(module: &ModulePath) -> ModuleInstance {
    ModuleInstance(module.0.iter().map(|it| (it.clone(), None)).collect())
}

const INVALID: &str = "Invalid value for variable";

/// What is wrong with an output that would show a secret.
pub(super) fn exposed(
    path: &ModulePath,
    name: &str,
    output: &Output,
    value: &Value,
) -> Option<Diagnostic> {
    let shows = path.is_root() && value.marks_deep().contains(Marks::SENSITIVE);
    (shows && !output.sensitive).then(|| {
        let detail = format!("Output `{name}` has a sensitive value but is not declared so.");
        Diagnostic::error("Output refers to sensitive values", detail)
            .hint("Set `sensitive = true`, or use `nonsensitive` where it may be shown.")
            .at(&output.value.span)
    })
}

/// A module in which only constants are known, and what local values are made of them.
pub(super) struct Unknowns<'a> {
    configuration: &'a Configuration,
    providers: &'a Providers,
    /// Tells which instances there are whatever the variables are, where that matters.
    evaluation: Option<&'a Evaluation>,
    module: &'a Module,
    locals: BTreeMap<&'a str, (Value, Diagnostics)>,
}

impl<'a> Unknowns<'a> {
    pub(super) fn new(
        configuration: &'a Configuration,
        providers: &'a Providers,
        module: &'a Module,
    ) -> Unknowns<'a> {
        let locals = BTreeMap::new();
        Unknowns { configuration, providers, evaluation: None, module, locals }
    }

    /// Evaluates a local value after all that it depends on.
    fn local(&mut self, name: &'a str) {
        let Some(local) = self.module.locals.get(name) else { return };
        let found = evaluate(&local.value, self);
        self.locals.insert(name, found);
    }

    fn module(&self) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let locals = self.module.locals.keys().filter_map(|it| self.locals.get(it.as_str()));
        locals.for_each(|(_, problems)| diagnostics.extend(problems.clone()));
        for call in self.module.calls.values() {
            diagnostics.extend(expand::check(&call.repetition, self));
        }
        for import in &self.module.imports {
            diagnostics.extend(import::check(import, self));
        }
        for (name, output) in &self.module.outputs {
            diagnostics.extend(self.output(name, output));
        }
        for call in self.module.calls.values() {
            diagnostics.extend(self.inputs(call));
        }
        for (name, block) in &self.module.providers {
            let each = block.for_each.iter().map(|it| Repetition::ForEach(it.clone()));
            each.for_each(|it| diagnostics.extend(expand::check(&it, self)));
            if let Some(provider) = self.providers.get(&source_of(self.module, &name.name)) {
                diagnostics.extend(body::decode(&block.body, provider.schema(), self).1);
            }
        }
        let asserts = self.module.checks.values();
        asserts.for_each(|it| diagnostics.extend(rules(&it.asserts, self)));
        if self.module.path.is_root() {
            for (name, variable) in &self.module.variables {
                let value = Value::unknown(variable.ty.clone()).mark(variable.marks());
                let found = self.validations(self.module, (name, variable), value, &variable.span);
                diagnostics.extend(found);
            }
        }
        for resource in self.module.resources.values() {
            let found = self.resource(resource);
            diagnostics.extend(found);
        }
        diagnostics
    }

    fn output(&self, name: &str, output: &Output) -> Diagnostics {
        let (value, mut diagnostics) = evaluate(&output.value, self);
        let exposed = exposed(&self.module.path, name, output, &value);
        diagnostics.extend(exposed.map(|it| self.declared_sensitive(it, &output.value)));
        diagnostics.extend(ephemeral::output(output, &value).err().map(|it| *it));
        let checked = Checked::value("output_value", &instance_of(&self.module.path), name);
        let summary = "Module output value precondition failed";
        diagnostics.extend(checks::check(&output.preconditions, summary, &checked, self).1);
        diagnostics.extend(messages(&output.preconditions, self));
        diagnostics
    }

    /// The problem with the variables in an expression that are declared sensitive.
    fn declared_sensitive(&self, problem: Diagnostic, expression: &Expression) -> Diagnostic {
        let variables = expression.references().into_iter().filter_map(|(it, _)| match it {
            Reference::Variable(name) => self.module.variables.get(&name),
            _ => None,
        });
        let mut places: Vec<_> = variables.filter(|it| it.sensitive).map(|it| &it.span).collect();
        places.dedup();
        places.into_iter().fold(problem, |problem, it| problem.see(it, "declared sensitive here"))
    }

    /// What is wrong with the values that a module is called with.
    fn inputs(&self, call: &ModuleCall) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let mut values = BTreeMap::new();
        for (name, input) in &call.inputs {
            let (value, problems) = evaluate(&input.value, self);
            if !problems.has_errors() {
                values.insert(name.as_str(), (value, &input.value.span));
            }
            diagnostics.extend(problems);
        }
        let child = self.configuration.module(&self.module.path.child(&call.name));
        let Some(child) = child else { return diagnostics };
        for (name, variable) in &child.variables {
            let (given, place) = match values.remove(name.as_str()) {
                Some((value, place)) => (Some(value), place),
                None if call.inputs.contains_key(name) || variable.default.is_none() => continue,
                None => (None, &variable.span),
            };
            let (value, problems) = finish_variable(name, variable, given, place);
            if !problems.has_errors() {
                let found = self.validations(child, (name, variable), value, place);
                diagnostics.extend(found);
            }
            diagnostics.extend(problems);
        }
        diagnostics
    }

    /// What the validations of a module's variable say of the value that it is called with.
    fn validations(
        &self,
        child: &'a Module,
        (name, variable): (&str, &Variable),
        value: Value,
        place: &Span,
    ) -> Diagnostics {
        let (configuration, providers) = (self.configuration, self.providers);
        let around = Unknowns::new(configuration, providers, child);
        let variable_name = Reference::Variable(name.to_string());
        let scope = With { around: &around, name: variable_name, value };
        let checked = Checked::value("var", &instance_of(&child.path), name);
        let found = checks::check(&variable.validations, INVALID, &checked, &scope).1;
        let place = if variable.marks().is_empty() { place } else { &variable.span };
        let found = found.into_iter().chain(messages(&variable.validations, &scope));
        let at_value = |it: Diagnostic| match (it.summary == INVALID, it.span.clone()) {
            (true, Some(rule)) => it.at(place).see(&rule, "this does not hold"),
            _ => it,
        };
        found.map(at_value).collect()
    }

    fn resource(&self, resource: &Resource) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        diagnostics.extend(expand::check(&resource.repetition, self));
        for trigger in &resource.lifecycle.replace_triggered_by {
            diagnostics.extend(evaluate(trigger, self).1);
        }
        let own = With { around: self, name: Reference::SelfValue, value: self.own(resource) };
        diagnostics.extend(rules(&resource.lifecycle.preconditions, self));
        diagnostics.extend(rules(&resource.lifecycle.postconditions, &own));
        let protection = resource.lifecycle.prevent_destroy.iter();
        protection.for_each(|it| diagnostics.extend(evaluate(it, self).1));
        let schema = match self.schema(&resource.name) {
            Ok(schema) => schema,
            Err(_) if self.never_planned(resource) => return diagnostics,
            Err(problem) => {
                let severity = match self.always_planned(resource) {
                    true => Severity::Error,
                    false => Severity::Warning,
                };
                diagnostics.push(Diagnostic { severity, ..problem.at(&resource.span) });
                return diagnostics;
            }
        };
        for provisioner in &resource.provisioners {
            diagnostics.extend(decode(provisioner, &own).1);
        }
        diagnostics.extend(ignored::problems(&resource.lifecycle.ignore_changes, schema));
        let (value, mut problems) = body::decode(&resource.body, schema, self);
        if resource.name.mode != Mode::Ephemeral {
            problems.extend(ephemeral::arguments(&resource.body, schema, self, &value));
        }
        let sound = !problems.has_errors();
        diagnostics.extend(problems);
        if sound {
            for (path, message) in self.beyond_schema(&resource.name, &value) {
                let span = body::locate(&resource.body, schema, self, &path);
                let error =
                    Diagnostic::error("Invalid configuration", format!("`{path}`: {message}."));
                diagnostics.push(error.at(&span));
            }
        }
        diagnostics
    }

    /// Whether there is an instance of a resource whatever the variables are.
    fn always_planned(&self, resource: &Resource) -> bool {
        let single = |it: &Repetition| matches!(it, Repetition::Single);
        let modules = &self.configuration.modules;
        let called_once = (0..self.module.path.0.len()).all(|depth| {
            let parent = ModulePath(self.module.path.0.iter().take(depth).cloned().collect());
            let name = self.module.path.0.get(depth);
            let call = modules.get(&parent).zip(name).and_then(|(it, name)| it.calls.get(name));
            call.is_some_and(|it| single(&it.repetition))
        });
        single(&resource.repetition) && called_once
    }

    /// Whether there is no instance of a resource whatever the variables are.
    fn never_planned(&self, resource: &Resource) -> bool {
        let Some(evaluation) = self.evaluation else { return false };
        let none = |module: &ModuleInstance| {
            let address = Evaluation::address(module, &resource.name);
            let expansion = evaluation.resource_expansion(&address);
            expansion != Expansion::Unknown && expansion.keys().is_empty()
        };
        instances(evaluation, &self.module.path).is_some_and(|it| it.iter().all(none))
    }

    fn beyond_schema(&self, name: &ResourceName, value: &Value) -> Vec<(Path, String)> {
        let source = self.source(name);
        match name.mode {
            Mode::Managed => self
                .providers
                .resource(&source, &name.kind)
                .map(|it| it.validate(value))
                .unwrap_or_default(),
            Mode::Data => self
                .providers
                .data(&source, &name.kind)
                .map(|it| it.validate(value))
                .unwrap_or_default(),
            Mode::Ephemeral => self
                .providers
                .ephemeral(&source, &name.kind)
                .map(|it| it.validate(value))
                .unwrap_or_default(),
        }
    }

    fn source(&self, name: &ResourceName) -> String {
        let resource = self.module.resources.get(name);
        let key = resource.map(|it| provider_key(self.configuration, self.module, &it.provider));
        key.map(|key| key.source).unwrap_or_default()
    }

    fn schema(&self, name: &ResourceName) -> Result<&'static Schema, Diagnostic> {
        let source = self.source(name);
        match name.mode {
            Mode::Managed => self.providers.resource(&source, &name.kind).map(|it| it.schema()),
            Mode::Data => self.providers.data(&source, &name.kind).map(|it| it.schema()),
            Mode::Ephemeral => self.providers.ephemeral(&source, &name.kind).map(|it| it.schema()),
        }
    }

    /// One instance of a resource, as itself sees it.
    fn own(&self, resource: &Resource) -> Value {
        self.unknown(&resource.name, false)
    }

    /// One instance, or all of them, as unknown values of the type's schema.
    fn unknown(&self, name: &ResourceName, whole: bool) -> Value {
        let single = self
            .module
            .resources
            .get(name)
            .is_some_and(|it| matches!(it.repetition, Repetition::Single));
        let unknown = match whole && !single {
            true => Value::unknown(Type::Any),
            false => Value::unknown_not_null(self.unseen(name).ty()),
        };
        unknown.mark(Marks::of(false, name.mode == Mode::Ephemeral))
    }

    /// One instance, which may be null, as far as the type's schema tells.
    pub(super) fn unseen(&self, name: &ResourceName) -> Value {
        let ty = self.schema(name).map_or(Type::Any, Schema::ty);
        Value::unknown(ty).mark(Marks::of(false, name.mode == Mode::Ephemeral))
    }
}

/// What is wrong with conditions and messages that are not evaluated yet.
fn rules(rules: &[CheckRule], scope: &dyn Scope) -> Diagnostics {
    let mut diagnostics = messages(rules, scope);
    rules.iter().for_each(|it| diagnostics.extend(evaluate(&it.condition, scope).1));
    diagnostics
}

fn messages(rules: &[CheckRule], scope: &dyn Scope) -> Diagnostics {
    rules.iter().flat_map(|it| evaluate(&it.error_message, scope).1).collect()
}

/// A scope with the value of one more name.
struct With<'a> {
    around: &'a dyn Scope,
    name: Reference,
    value: Value,
}

impl Scope for With<'_> {
    fn get(&self, reference: &Reference, span: &Span) -> Result<Value, Box<Diagnostic>> {
        if *reference == self.name {
            Ok(self.value.clone())
        } else {
            self.around.get(reference, span)
        }
    }

    fn provider_functions(
        &self,
        provider: &str,
        span: &Span,
    ) -> Result<&'static [ProviderFunction], Box<Diagnostic>> {
        self.around.provider_functions(provider, span)
    }

    fn folder(&self) -> &std::path::Path {
        self.around.folder()
    }
}

impl Scope for Unknowns<'_> {
    fn get(&self, reference: &Reference, _span: &Span) -> Result<Value, Box<Diagnostic>> {
        Ok(match reference {
            Reference::Variable(name) => {
                let variable = self.module.variables.get(name);
                let value = Value::unknown(variable.map_or(Type::Any, |it| it.ty.clone()));
                value.mark(variable.map_or(Marks::NONE, Variable::marks))
            }
            Reference::Local(name) => {
                let found = self.locals.get(name.as_str()).filter(|it| !it.1.has_errors());
                found.map_or(Value::unknown(Type::Any), |it| it.0.clone())
            }
            Reference::Resource(name, key) => self.unknown(name, key.is_none()),
            Reference::CountIndex => Value::unknown_not_null(Type::Number),
            Reference::Applying => Value::unknown_not_null(Type::Bool).mark(Marks::EPHEMERAL),
            Reference::PathModule => Value::string(self.module.folder.display().to_string()),
            Reference::PathRoot => Value::string("."),
            Reference::EachKey | Reference::PathWorking | Reference::Workspace => {
                Value::unknown_not_null(Type::String)
            }
            _ => Value::unknown(Type::Any),
        })
    }

    fn provider_functions(
        &self,
        provider: &str,
        span: &Span,
    ) -> Result<&'static [ProviderFunction], Box<Diagnostic>> {
        self.providers.functions(self.module, provider, span)
    }

    fn folder(&self) -> &std::path::Path {
        std::path::Path::new(".")
    }
}
