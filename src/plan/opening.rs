//! Plans ephemeral resources: opened now when everything they need is known, and again at apply.

use crate::address::{ConfigAddress, InstanceAddress, ResourceAddress};
use crate::diagnostic::Diagnostic;
use crate::language::body;
use crate::language::config::Resource;
use crate::plan::checks::Checked;
use crate::plan::data::{carry_marks, complete};
use crate::plan::difference::propose_new;
use crate::plan::evaluation::Evaluation;
use crate::plan::expand::Expansion;
use crate::plan::providers::{instance_provider, provider_key};
use crate::plan::scope::ModuleScope;
use crate::plan::walk::Planner;
use crate::plan::{Action, Change, ProviderKey};
use crate::provider::{DataSourceType, Planned, ProviderError};
use crate::schema::sensitive::mark_sensitive;
use crate::value::{Marks, Type, Value};

struct Opening<'r> {
    address: InstanceAddress,
    resource: &'r Resource,
    kind: &'static dyn DataSourceType,
    provider: ProviderKey,
}

impl Planner<'_> {
    /// Opens all instances of an ephemeral resource that can be opened, and plans to open them when
    /// applying.
    pub(super) async fn ephemeral_resource(&mut self, address: &ResourceAddress) {
        let evaluation = self.evaluation;
        let Some(resource) = evaluation.resource(address) else { return };
        let expansion = evaluation.resource_expansion(address);
        let keys = expansion.keys();
        let Some(module) = evaluation.module(&address.module.path()).filter(|_| !keys.is_empty())
        else {
            return;
        };
        let provider = provider_key(&evaluation.configuration, module, &resource.provider);
        let kind = match self.request.providers.ephemeral(&provider.source, &resource.name.kind) {
            Ok(kind) => kind,
            Err(problem) => {
                return self.diagnostics.push(problem.at(&resource.span).about(address));
            }
        };
        for key in keys {
            let address = address.instance(key);
            let value = match instance_provider(evaluation, &address, resource) {
                Ok(provider) => {
                    let address = address.clone();
                    let opening = Opening { address, resource, kind, provider };
                    self.ephemeral_instance(&opening, &expansion).await
                }
                Err(problems) => {
                    self.diagnostics.extend(problems);
                    None
                }
            };
            let value = value.unwrap_or(Value::unknown(Type::Any)).mark(Marks::EPHEMERAL);
            evaluation.record(&address, value);
        }
    }

    /// Opens what provider configurations need, where nothing of the configuration is planned.
    pub(super) async fn open_for_providers(&mut self) {
        let dependencies = self.request.dependencies;
        let needed = dependencies.opened_for_providers();
        if needed.is_empty() {
            return;
        }
        self.record_prior();
        for ConfigAddress { module, resource } in needed {
            for module in self.evaluation.module_instances(&module) {
                self.ephemeral_resource(&Evaluation::address(&module, &resource)).await;
            }
        }
    }

    /// Takes all objects as they are in state.
    pub(super) fn record_prior(&mut self) {
        for address in self.prior.resources.clone().keys() {
            if let Some(value) = self.prior_value(address) {
                self.evaluation.record(address, value);
            }
        }
    }

    async fn ephemeral_instance(
        &mut self,
        opening: &Opening<'_>,
        expansion: &Expansion,
    ) -> Option<Value> {
        let Opening { address, resource, kind, .. } = opening;
        let evaluation = self.evaluation;
        let scope =
            evaluation.scope(&address.resource.module).repeated(expansion, address.key.as_ref());
        let checked = Checked::resource(address);
        let lifecycle = &resource.lifecycle;
        let told = self.diagnostics.0.len();
        self.check(&lifecycle.preconditions, "Resource precondition failed", &checked, &scope);
        let (configuration, problems) = body::decode(&resource.body, kind.schema(), &scope);
        self.diagnostics.extend(problems.into_iter().map(|it| it.about(address)));
        let problems = kind.validate(&configuration);
        self.invalid(resource, kind.schema(), address, &scope, &problems);
        if self.diagnostics.0.iter().skip(told).any(Diagnostic::is_error) {
            return None;
        }
        // What apply does: nothing of the object is kept in the plan.
        self.add(Change::new(address.clone(), opening.provider.clone(), Action::Open));
        let value = match configuration.is_wholly_known() && !self.is_pending(opening) {
            true => self.open_now(opening, &configuration).await?,
            false => unknown(opening, &configuration)?,
        };
        self.conditions(opening, &scope, &checked, &value);
        Some(value)
    }

    fn conditions(
        &mut self,
        opening: &Opening<'_>,
        scope: &ModuleScope<'_>,
        checked: &Checked,
        value: &Value,
    ) {
        let scope = scope.clone().with_self(value.clone().mark(Marks::EPHEMERAL));
        let rules = &opening.resource.lifecycle.postconditions;
        self.check(rules, "Resource postcondition failed", checked, &scope);
    }

    /// Whether something that it depends on explicitly, or its provider, is about to change.
    fn is_pending(&mut self, opening: &Opening<'_>) -> bool {
        self.pending(&opening.address.resource.module.path(), opening.resource)
            || self.is_open(&opening.provider)
    }

    async fn open_now(&mut self, opening: &Opening<'_>, configuration: &Value) -> Option<Value> {
        let connection = self.connection(&opening.provider)?;
        let (kind, address) = (opening.kind, opening.address.to_string());
        let bare = complete(kind.schema(), configuration);
        let opened = self.request.open.open(&address, connection, kind.name(), &bare).await;
        let value = opened.map_err(|error| self.diagnostics.push(not_opened(opening, &error)));
        Some(carry_marks(configuration, mark_sensitive(kind.schema(), value.ok()?)))
    }
}

/// What is known of an ephemeral resource before it is opened.
fn unknown(opening: &Opening<'_>, configuration: &Value) -> Option<Value> {
    let as_is = |_: Option<&Value>, proposed| Ok(Planned { value: proposed, replace: Vec::new() });
    let schema = opening.kind.schema();
    Some(mark_sensitive(schema, propose_new(schema, configuration, &as_is).ok()?))
}

fn not_opened(opening: &Opening<'_>, error: &ProviderError) -> Diagnostic {
    let span = match &error.path {
        Some(path) => body::span_of(&opening.resource.body, path),
        None => opening.resource.span.clone(),
    };
    let operation = match &error.operation[..] {
        "" => String::new(),
        operation => format!("{operation}: "),
    };
    let detail = format!("{operation}{}", error.message);
    let problem = Diagnostic::error("Ephemeral resource could not be opened", detail);
    problem.hint(&error.hint).at(&span).about(&opening.address)
}
