//! Plans data sources: read now when everything they need is known, else at apply.

mod scoped;

pub(super) use scoped::carry_failures;
pub use scoped::unread;

use crate::address::{InstanceAddress, ModulePath, ResourceAddress, ResourceName};
use crate::diagnostic::Diagnostic;
use crate::language::body;
use crate::language::config::{Reference, Resource};
use crate::plan::checks::Checked;
use crate::plan::difference::propose_new;
use crate::plan::ephemeral;
use crate::plan::evaluation::Evaluation;
use crate::plan::expand::Expansion;
use crate::plan::providers::{instance_provider, provider_key};
use crate::plan::scope::ModuleScope;
use crate::plan::walk::Planner;
use crate::plan::{Action, Change, Mode, ProviderKey, Reason};
use crate::provider::{DataSourceType, Planned, ProviderError};
use crate::schema::sensitive::mark_sensitive;
use crate::state::{Instance as StateInstance, Object, attributes};
use crate::value::{Type, Value};

struct Source<'r> {
    address: InstanceAddress,
    resource: &'r Resource,
    kind: &'static dyn DataSourceType,
    provider: ProviderKey,
}

impl Planner<'_> {
    /// Plans all instances of a data source; those it has no more are dropped from state.
    pub(super) async fn data_resource(&mut self, address: &ResourceAddress) {
        for gone in self.in_state.get(address).cloned().unwrap_or_default() {
            if self.covers(&gone) {
                self.prior.remove(&gone, None);
            }
        }
        let evaluation = self.evaluation;
        let Some(resource) = evaluation.resource(address) else { return };
        let expansion = self.evaluation.resource_expansion(address);
        let keys = expansion.keys();
        if keys.is_empty() {
            return;
        }
        let Some(module) = self.evaluation.module(&address.module.path()) else { return };
        let provider = provider_key(&self.evaluation.configuration, module, &resource.provider);
        let kind = match self.request.providers.data(&provider.source, &resource.name.kind) {
            Ok(kind) => kind,
            Err(problem) => {
                evaluation.fail(address);
                return self.diagnostics.push(problem.at(&resource.span).about(address));
            }
        };
        for key in keys {
            let address = address.instance(key);
            if !self.covers(&address) {
                self.leave_instance(&address);
                continue;
            }
            let value = match instance_provider(evaluation, &address, resource) {
                Ok(provider) => {
                    let address = address.clone();
                    let source = Source { address, resource, kind, provider };
                    self.data_instance(&source, &expansion).await
                }
                Err(problems) => {
                    self.diagnostics.extend(problems);
                    None
                }
            };
            if value.is_none() && resource.check.is_none() {
                evaluation.fail(&address.resource);
            }
            evaluation.record(&address, value.unwrap_or(Value::unknown(Type::Any)));
        }
    }

    async fn data_instance(&mut self, source: &Source<'_>, expansion: &Expansion) -> Option<Value> {
        let Source { address, resource, kind, provider } = source;
        let evaluation = self.evaluation;
        let scope =
            evaluation.scope(&address.resource.module).repeated(expansion, address.key.as_ref());
        let checked = Checked::resource(address);
        let lifecycle = &resource.lifecycle;
        self.check(&lifecycle.preconditions, "Resource precondition failed", &checked, &scope);
        let schema = kind.schema();
        let ((configuration, mut problems), reads) =
            evaluation.watched(|| body::decode(&resource.body, schema, &scope));
        if evaluation.has_failed(&reads) {
            evaluation.fail(&address.resource);
        }
        problems.extend(ephemeral::arguments(&resource.body, schema, &scope, &configuration));
        let failed = problems.has_errors();
        self.diagnostics.extend(problems.into_iter().map(|it| it.about(address)));
        if failed || !self.data_validated(source, &configuration, &scope) {
            return None;
        }
        let value = match self.reason_to_defer(source, &configuration) {
            Some(_) if self.request.mode == Mode::RefreshOnly => self.keep_as_stored(address),
            Some(reason) => self.defer(source, configuration, reason),
            None if resource.check.is_some() => self.read_scoped(source, configuration).await,
            None => self.read_now(source, provider, &configuration).await,
        }?;
        let scope = scope.with_self(value.clone());
        self.check(&lifecycle.postconditions, "Resource postcondition failed", &checked, &scope);
        Some(value)
    }

    fn data_validated(
        &mut self,
        source: &Source<'_>,
        configuration: &Value,
        scope: &ModuleScope<'_>,
    ) -> bool {
        let problems = source.kind.validate(configuration);
        self.invalid(source.resource, source.kind.schema(), &source.address, scope, &problems)
    }

    /// A data source waits for apply when an argument is not known, or when something that it
    /// depends on explicitly is about to change.
    fn reason_to_defer(&mut self, source: &Source<'_>, configuration: &Value) -> Option<Reason> {
        if !configuration.is_wholly_known() {
            return Some(Reason::ConfigUnknown);
        }
        if self.is_open(&source.provider) {
            return Some(Reason::ProviderUnknown);
        }
        let pending = self.pending(&source.address.resource.module.path(), source.resource);
        pending.then_some(Reason::DependencyPending)
    }

    /// Whether something that a block of a module depends on explicitly is about to change.
    pub(super) fn pending(&self, path: &ModulePath, resource: &Resource) -> bool {
        let explicit = self.explicit_dependencies(path, resource);
        if explicit.is_empty() {
            return false;
        }
        self.changing.iter().any(|changing| {
            let changing = changing.config();
            explicit.iter().any(|(module, name)| match name {
                Some(name) => changing.module == *module && changing.resource == *name,
                None => changing.module.0.starts_with(&module.0),
            })
        })
    }

    /// What `depends_on` names, in the block and in the calls of the modules around it.
    fn explicit_dependencies(
        &self,
        path: &ModulePath,
        resource: &Resource,
    ) -> Vec<(ModulePath, Option<ResourceName>)> {
        let own = resource.depends_on.iter().map(|it| (path.clone(), it.0.clone()));
        let around = (0..path.0.len()).flat_map(|depth| {
            let parent = ModulePath(path.0[..depth].to_vec());
            let call = self.evaluation.module(&parent).and_then(|it| it.calls.get(&path.0[depth]));
            let references = call.map(|call| call.depends_on.clone()).unwrap_or_default();
            references
                .into_iter()
                .map(move |(reference, _)| (parent.clone(), reference))
                .collect::<Vec<_>>()
        });
        let named = own.chain(around).filter_map(|(module, reference)| match reference {
            Reference::Resource(name, _) => Some((module, Some(name))),
            Reference::Module(name, _) => Some((module.child(&name), None)),
            _ => None,
        });
        named.collect()
    }

    fn defer(
        &mut self,
        source: &Source<'_>,
        configuration: Value,
        reason: Reason,
    ) -> Option<Value> {
        let schema = source.kind.schema();
        let as_is =
            |_: Option<&Value>, proposed| Ok(Planned { value: proposed, replace: Vec::new() });
        let after = propose_new(schema, &configuration, &as_is).ok()?;
        let after = mark_sensitive(schema, after);
        let config_address = source.address.resource.config();
        let dependencies =
            self.request.dependencies.managed(&config_address.module, &config_address.resource);
        let (address, provider) = (source.address.clone(), source.provider.clone());
        self.add(Change {
            reason,
            after: after.clone(),
            configuration,
            dependencies: dependencies.into_iter().collect(),
            ..Change::new(address, provider, Action::Read)
        });
        Some(after)
    }

    /// What cannot be read while only refreshing stays as it is in state.
    fn keep_as_stored(&mut self, address: &InstanceAddress) -> Option<Value> {
        let stored = self.refreshed.resources.get(address)?.clone();
        self.prior.resources_mut().insert(address.clone(), stored);
        self.prior_value(address)
    }

    async fn read_now(
        &mut self,
        source: &Source<'_>,
        provider: &ProviderKey,
        configuration: &Value,
    ) -> Option<Value> {
        let connection = self.connection(provider)?;
        let bare = complete(source.kind.schema(), configuration);
        let read = connection.read_data(source.kind.name(), &bare).await;
        let value = read.map_err(|error| self.diagnostics.push(not_read(source, &error))).ok()?;
        let value = carry_marks(configuration, mark_sensitive(source.kind.schema(), value));
        self.keep_data(source, &value);
        Some(source.kind.evaluated(value))
    }

    /// State keeps what was read, as Terraform does.
    fn keep_data(&mut self, source: &Source<'_>, value: &Value) {
        let schema = source.kind.schema();
        let (attributes, sensitive_paths) = attributes::encode(schema, value);
        let object = Object {
            attributes,
            sensitive_paths,
            schema_version: schema.version,
            ..Object::default()
        };
        let current = Some(object);
        let provider = source.provider.to_string();
        let instance = StateInstance { provider, current, ..StateInstance::default() };
        self.prior.resources_mut().insert(source.address.clone(), instance);
    }
}

/// The arguments with their defaults, without marks; what only reading tells is null.
pub(super) fn complete(schema: &crate::schema::Schema, configuration: &Value) -> Value {
    let as_is = |_: Option<&Value>, proposed| Ok(Planned { value: proposed, replace: Vec::new() });
    match propose_new(schema, configuration, &as_is) {
        Ok(proposed) => proposed.known(),
        Err(_) => configuration.unmark_deep().0,
    }
}

/// Arguments that were sensitive stay so in what was read.
pub(super) fn carry_marks(configuration: &Value, value: Value) -> Value {
    let marked = configuration.marked_paths();
    marked.into_iter().fold(value, |value, (path, marks)| value.mark_at(path.steps(), marks))
}

fn not_read(source: &Source<'_>, error: &ProviderError) -> Diagnostic {
    let span = match &error.path {
        Some(path) => body::span_of(&source.resource.body, path),
        None => source.resource.span.clone(),
    };
    let operation = match &error.operation[..] {
        "" => String::new(),
        operation => format!("{operation}: "),
    };
    Diagnostic::error("Data source could not be read", format!("{operation}{}", error.message))
        .hint(&error.hint)
        .at(&span)
        .about(&source.address)
}

/// A data source read at apply: its arguments now, wholly known.
pub(super) fn data_configuration(
    evaluation: &Evaluation,
    change: &Change,
    kind: &dyn DataSourceType,
) -> Result<Value, crate::diagnostic::Diagnostics> {
    let address = &change.address;
    let Some(resource) = evaluation.resource(&address.resource) else {
        let detail = format!("{address} is not in the configuration.");
        return Err(Diagnostic::error("Data source is missing", detail).into());
    };
    let expansion = evaluation.resource_expansion(&address.resource);
    let scope =
        evaluation.scope(&address.resource.module).repeated(&expansion, address.key.as_ref());
    let (configuration, problems) = body::decode(&resource.body, kind.schema(), &scope);
    if problems.has_errors() { Err(problems) } else { Ok(complete(kind.schema(), &configuration)) }
}
