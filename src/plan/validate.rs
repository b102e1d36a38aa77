//! Checks a configuration without values: everything that is not constant is unknown.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::address::{Mode, ModuleInstance, ModulePath, ResourceName};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Span};
use crate::language::body;
use crate::language::config::{
    Configuration, Expression, Module, ModuleCall, Output, Reference, Repetition, Resource,
    Variable,
};
use crate::language::evaluate::evaluate;
use crate::language::inputs::finish_variable;
use crate::language::scope::Scope;
use crate::plan::ephemeral;
use crate::plan::evaluation::Evaluation;
use crate::plan::expand::{Expansion, expand};
use crate::plan::ignored;
use crate::plan::providers::{Providers, provider_key, source_of};
use crate::plan::provision::decode;
use crate::plan::traversals::traversals;
use crate::provider::ProviderFunction;
use crate::schema::Schema;
use crate::value::{Marks, Type, Value};

/// All that is wrong with a configuration whatever its variables, state and world are.
pub fn validate(configuration: &Configuration, providers: &Providers) -> Diagnostics {
    let mut diagnostics = traversals(configuration, providers);
    let known = diagnostics.clone();
    let evaluation = without_inputs(configuration, providers);
    let evaluation = Some(&evaluation);
    for module in configuration.modules.values() {
        let scope = Unknowns { configuration, providers, evaluation, module };
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

/// A module in which only constants are known.
pub(super) struct Unknowns<'a> {
    pub(super) configuration: &'a Configuration,
    pub(super) providers: &'a Providers,
    /// Tells which instances there are whatever the variables are, where that matters.
    pub(super) evaluation: Option<&'a Evaluation>,
    pub(super) module: &'a Module,
}

impl Unknowns<'_> {
    fn module(&self) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let mut check = |expression: &Expression| diagnostics.extend(evaluate(expression, self).1);
        self.module.locals.values().for_each(|it| check(&it.value));
        for (name, output) in &self.module.outputs {
            let (value, problems) = evaluate(&output.value, self);
            diagnostics.extend(problems);
            diagnostics.extend(exposed(&self.module.path, name, output, &value));
            diagnostics.extend(ephemeral::output(output, &value).err().map(|it| *it));
        }
        for call in self.module.calls.values() {
            diagnostics.extend(self.repetition(&call.repetition));
            diagnostics.extend(self.inputs(call));
        }
        for (name, block) in &self.module.providers {
            if let Some(provider) = self.providers.get(&source_of(self.module, &name.name)) {
                diagnostics.extend(body::decode(&block.body, provider.schema(), self).1);
            }
        }
        let asserts = self.module.checks.values().flat_map(|it| &it.asserts);
        asserts.for_each(|it| diagnostics.extend(evaluate(&it.condition, self).1));
        for resource in self.module.resources.values() {
            let found = self.resource(resource);
            diagnostics.extend(found);
        }
        diagnostics
    }

    /// What is wrong with the values that a module is called with.
    fn inputs(&self, call: &ModuleCall) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let child = self.configuration.module(&self.module.path.child(&call.name));
        for (name, input) in &call.inputs {
            let (value, problems) = evaluate(&input.value, self);
            let sound = !problems.has_errors();
            diagnostics.extend(problems);
            if let Some(variable) = child.and_then(|it| it.variables.get(name))
                && sound
            {
                let place = &input.value.span;
                diagnostics.extend(finish_variable(name, variable, Some(value), place).1);
            }
        }
        diagnostics
    }

    fn resource(&self, resource: &Resource) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        diagnostics.extend(self.repetition(&resource.repetition));
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
            diagnostics.extend(decode(provisioner, self).1);
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

    /// What is wrong with how often something is repeated, as far as it is constant.
    fn repetition(&self, it: &Repetition) -> Diagnostics {
        let Some(expression) = repetition(it) else { return Diagnostics::new() };
        let (value, mut problems) = evaluate(expression, self);
        if !problems.has_errors() && is_settled(it, &value) {
            problems.extend(expand(it, self).err().unwrap_or_default());
        }
        problems
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
        let none = |module: &ModuleInstance| {
            let address = Evaluation::address(module, &resource.name);
            let expansion = self.evaluation.resource_expansion(&address);
            expansion != Expansion::Unknown && expansion.keys().is_empty()
        };
        instances(self.evaluation, &self.module.path).is_some_and(|it| it.iter().all(none))
    }

    fn beyond_schema(
        &self,
        name: &ResourceName,
        value: &Value,
    ) -> Vec<(crate::value::Path, String)> {
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

/// Whether enough is known of how often something is repeated to say that it is wrong.
fn is_settled(repetition: &Repetition, value: &Value) -> bool {
    let repeats_each = matches!(repetition, Repetition::ForEach(_));
    let is_set = matches!(value.bare(), Value::Set(..));
    value.marks().contains(Marks::EPHEMERAL)
        || (value.is_known() && (!is_set || value.is_wholly_known()))
            && !(repeats_each && value.marks().contains(Marks::SENSITIVE))
}

fn repetition(repetition: &Repetition) -> Option<&Expression> {
    match repetition {
        Repetition::Single => None,
        Repetition::Count(it) | Repetition::ForEach(it) | Repetition::Enabled(it) => Some(it),
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
            Reference::Resource(name, key) => self.unknown(name, key.is_none()),
            Reference::CountIndex => Value::unknown_not_null(Type::Number),
            Reference::Applying => Value::unknown_not_null(Type::Bool).mark(Marks::EPHEMERAL),
            Reference::EachKey
            | Reference::PathModule
            | Reference::PathRoot
            | Reference::PathWorking
            | Reference::Workspace => Value::unknown_not_null(Type::String),
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

    fn folder(&self) -> &Path {
        Path::new(".")
    }
}
