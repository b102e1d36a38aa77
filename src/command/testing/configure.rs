//! The configuration of a run: the module's, with what the file of tests puts in place of parts of
//! it.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::address::{Mode, ModulePath, ResourceName};
use crate::command::testing::mock::Values;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::{
    Attribute, Body, Configuration, Expression, ExpressionKind, Module, ProviderBlock,
    ProviderName, Reference,
};
use crate::language::evaluate::evaluate;
use crate::language::module::{Mock, Overridden, Override, Run, TestFile};
use crate::language::scope::Scope;
use crate::plan::provider_key;
use crate::value::{Type, Value};

/// A configuration in the making.
struct Maker<'a> {
    /// The configuration as it was.
    before: &'a Configuration,
    modules: BTreeMap<ModulePath, Arc<Module>>,
    scope: &'a dyn Scope,
    stand_ins: StandIns,
    overrides: StandIns,
    diagnostics: Diagnostics,
}

/// What stands for provider configurations, by the name that state files have for them.
pub(super) type StandIns = BTreeMap<String, Values>;

/// The configuration of a run, and what stands for some of its provider configurations.
pub(super) struct Configured {
    pub(super) configuration: Configuration,
    /// What stands for configurations that have the same name in other runs.
    pub(super) stand_ins: StandIns,
    /// What stands for single resources, which have provider configurations of their own for it.
    pub(super) overrides: StandIns,
}

/// The configuration of a run.
pub(super) fn configure(
    configuration: &Configuration,
    file: &TestFile,
    run: &Run,
    scope: &dyn Scope,
) -> Result<Configured, Diagnostics> {
    let mut maker = Maker {
        before: configuration,
        modules: configuration.modules.clone(),
        scope,
        stand_ins: StandIns::new(),
        overrides: StandIns::new(),
        diagnostics: Diagnostics::new(),
    };
    let mut overrides: Vec<&Override> = run.overrides.iter().collect();
    overrides.extend(&file.overrides);
    for (inner, outer) in maker.wanted(file, run) {
        // As with OpenTofu, of two of a name a run gets the mock unless it asks for that name.
        let asked = !run.providers.is_empty();
        match (file.providers.get(&outer), file.mocks.get(&outer)) {
            (Some(block), mock) if asked || mock.is_none() => maker.provider(inner, block),
            (_, Some(mock)) => {
                maker.mock(inner, mock);
                overrides.extend(&mock.overrides);
            }
            _ => {}
        }
    }
    let mut seen: Vec<&Overridden> = Vec::new();
    for (position, it) in overrides.into_iter().enumerate() {
        // What a file says of the module under test need not fit the helpers that it runs.
        let required = run.module.is_none() || position < run.overrides.len();
        if !seen.contains(&&it.target) && maker.has(it, required) {
            seen.push(&it.target);
            maker.override_one(it);
        }
    }
    if maker.diagnostics.has_errors() {
        return Err(maker.diagnostics);
    }
    let sources = configuration.sources.clone();
    let configuration = Configuration { modules: maker.modules, sources, links: BTreeMap::new() };
    Ok(Configured { configuration, stand_ins: maker.stand_ins, overrides: maker.overrides })
}

impl Maker<'_> {
    /// The provider configurations of the file that a run uses: the name in the module, and the name
    /// in the file.
    fn wanted(&mut self, file: &TestFile, run: &Run) -> Vec<(ProviderName, ProviderName)> {
        for (_, outer, span) in &run.providers {
            if !file.providers.contains_key(outer) && !file.mocks.contains_key(outer) {
                let detail = format!("This file has no provider configuration `{outer}`.");
                let problem = Diagnostic::error("Undeclared provider configuration", detail);
                self.diagnostics.push(problem.at(span));
            }
        }
        if !run.providers.is_empty() {
            let pairs = run.providers.iter();
            return pairs.map(|(inner, outer, _)| (inner.clone(), outer.clone())).collect();
        }
        let own = file.providers.keys().filter(|name| !file.mocks.contains_key(*name));
        let names = own.chain(file.mocks.keys());
        names.map(|name| (name.clone(), name.clone())).collect()
    }

    fn change(&mut self, path: &ModulePath, change: impl FnOnce(&mut Module)) {
        if let Some(module) = self.modules.get_mut(path) {
            change(Arc::make_mut(module));
        }
    }

    fn value(&mut self, expression: &Expression) -> Value {
        let value = self.diagnostics.take(evaluate(expression, self.scope));
        if !value.is_wholly_known() && !self.diagnostics.has_errors() {
            let detail = "This is not known before the run.";
            let problem = Diagnostic::error("Value not known", detail).at(&expression.span);
            self.diagnostics.push(problem);
        }
        value
    }

    /// The value of an argument of a provider; unknown when it is that of a run still to come, for
    /// which runs before it can do without.
    fn provider_value(&mut self, expression: &Expression) -> Value {
        let of_run = |it: &Reference| matches!(it, Reference::Resource(it, _) if it.kind == "run");
        let waits = expression.references().iter().any(|(it, _)| of_run(it));
        if waits && evaluate(expression, self.scope).1.has_errors() {
            return Value::unknown(Type::Any);
        }
        self.value(expression)
    }

    /// Puts known values into an expression; what may be a block in JSON stays an object.
    fn settle(&mut self, expression: &mut Expression) {
        match &mut expression.kind {
            ExpressionKind::Object(entries) => {
                for (key, value) in entries {
                    if !key.references().is_empty() {
                        self.settle(key);
                    }
                    self.settle(value);
                }
            }
            ExpressionKind::Tuple(items) => items.iter_mut().for_each(|it| self.settle(it)),
            _ => {
                let value = self.provider_value(expression);
                expression.kind = ExpressionKind::Literal(value);
            }
        }
    }

    /// A body in which everything is known.
    fn settled(&mut self, body: &Body) -> Body {
        let mut settled = body.clone();
        for attribute in settled.attributes.values_mut() {
            self.settle(&mut attribute.value);
        }
        for block in &mut settled.blocks {
            block.body = self.settled(&block.body);
        }
        settled
    }

    fn provider(&mut self, name: ProviderName, block: &ProviderBlock) {
        let (for_each, span) = (block.for_each.clone(), block.span.clone());
        let block = ProviderBlock { for_each, body: self.settled(&block.body), span };
        self.change(&ModulePath::default(), |root| {
            root.providers.insert(name, block);
        });
    }

    /// The name that state files have for a provider configuration of the root module.
    fn called(&self, path: &ModulePath, name: &ProviderName) -> Option<String> {
        let sources = Vec::new();
        let configuration =
            Configuration { modules: self.modules.clone(), sources, links: BTreeMap::new() };
        let module = self.modules.get(path)?;
        Some(provider_key(&configuration, module, name).to_string())
    }

    fn mock(&mut self, name: ProviderName, mock: &Mock) {
        let root = ModulePath::default();
        let mut block = mock.block.clone();
        if let Some(each) = &mut block.for_each {
            self.settle(each);
        }
        self.change(&root, |module| {
            module.providers.insert(name.clone(), block);
        });
        let defaults = mock.defaults.iter();
        let values =
            defaults.map(|(key, given)| (key.clone(), self.object(given))).collect::<Vec<_>>();
        if let Some(called) = self.called(&root, &name) {
            self.stand_ins.insert(called, Values(values.into_iter().collect()));
        }
    }

    /// The value of an argument that gives values by name.
    fn object(&mut self, given: &Attribute) -> Value {
        let value = self.value(&given.value);
        if value.fields().is_none() && !self.diagnostics.has_errors() {
            let detail = "Values are given by name: `{ name = value }`.";
            let problem = Diagnostic::error("Unsuitable value", detail).at(&given.value.span);
            self.diagnostics.push(problem);
        }
        value
    }

    /// Whether there is what is to be overridden; it is a mistake if it is `required` and not there.
    fn has(&mut self, it: &Override, required: bool) -> bool {
        let module = |path: &ModulePath| self.before.modules.get(path);
        let found = match &it.target {
            Overridden::Module(path) => module(path).is_some(),
            Overridden::Resource(path, name) => {
                module(path).is_some_and(|module| module.resources.contains_key(name))
            }
        };
        if !found && required {
            let detail = format!("The module that is run has no `{}`.", it.target);
            let problem = Diagnostic::error("Nothing to override", detail).at(&it.span);
            self.diagnostics.push(problem);
        }
        found
    }

    fn override_one(&mut self, it: &Override) {
        let values = it.values.as_ref().map(|given| self.object(given)).unwrap_or(Value::NULL);
        match &it.target {
            Overridden::Module(path) => self.replace_module(path, &values),
            Overridden::Resource(path, name) => self.replace_resource(path, name, values),
        }
    }

    /// Gives a resource a provider configuration of its own, which makes nothing.
    fn replace_resource(&mut self, path: &ModulePath, name: &ResourceName, values: Value) {
        // The same in all runs, for it gets into their state.
        let alias = format!("override-{path}-{name}").replace('.', "-");
        let mut provider = None;
        self.change(path, |module| {
            if let Some(resource) = module.resources.get_mut(name) {
                resource.provider.alias = Some(alias);
                resource.provider_key = None;
                provider = Some(resource.provider.clone());
            }
        });
        let Some(called) = provider.and_then(|name| self.called(path, &name)) else { return };
        let key: (Mode, String) = (name.mode, name.kind.clone());
        self.overrides.insert(called, Values(BTreeMap::from([(key, values)])));
    }

    /// Leaves of a module its variables, and outputs of the given values.
    fn replace_module(&mut self, path: &ModulePath, values: &Value) {
        self.modules.retain(|it, _| it == path || !it.0.starts_with(&path.0));
        self.change(path, |module| {
            module.resources = IndexMap::new();
            module.calls = IndexMap::new();
            module.locals = IndexMap::new();
            module.providers = IndexMap::new();
            module.moved = Vec::new();
            module.removed = Vec::new();
            module.checks = IndexMap::new();
            for (name, output) in &mut module.outputs {
                let value = values.get(name);
                let value = if value.is_null() { Value::Null(Type::Any) } else { value };
                output.value.kind = ExpressionKind::Literal(value);
                output.depends_on = Vec::new();
                output.preconditions = Vec::new();
            }
        });
    }
}
