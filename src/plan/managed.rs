//! Plans the instances of a managed resource.

use time::OffsetDateTime;

use crate::address::{InstanceAddress, ResourceAddress};
use crate::diagnostic::Diagnostic;
use crate::language::body;
use crate::language::config::Resource;
use crate::plan::checks::Checked;
use crate::plan::difference::{Difference, difference, ignore};
use crate::plan::ephemeral;
use crate::plan::evaluation::Evaluation;
use crate::plan::expand::Expansion;
use crate::plan::orphans;
use crate::plan::providers::{instance_provider, provider_key};
use crate::plan::provision::static_problems;
use crate::plan::scope::ModuleScope;
use crate::plan::walk::Planner;
use crate::plan::{Action, Change, ProviderKey, Reason};
use crate::provider::{Connection, ErrorKind, Planned, ProviderError, ResourceType};
use crate::schema::Schema;
use crate::schema::sensitive::mark_sensitive;
use crate::schema::write_only::without_write_only;
use crate::value::{Path, Type, Value};

/// One instance to plan.
struct Instance<'r> {
    address: InstanceAddress,
    resource: &'r Resource,
    kind: &'static dyn ResourceType,
    provider: ProviderKey,
}

impl Planner<'_> {
    /// Plans all instances of a resource, and those that it has no more.
    pub(super) fn managed_resource(&mut self, address: &ResourceAddress) {
        let evaluation = self.evaluation;
        let Some(resource) = evaluation.resource(address) else { return };
        let expansion = evaluation.resource_expansion(address);
        let keys = expansion.keys();
        if !keys.is_empty() {
            let Some(kind) = self.kind_of(address, resource) else { return };
            self.diagnostics.extend(static_problems(resource));
            for key in &keys {
                let address = address.instance(key.clone());
                if !self.covers(&address) {
                    self.leave_instance(&address);
                    continue;
                }
                match instance_provider(evaluation, &address, resource) {
                    Ok(provider) => {
                        let instance = Instance { address, resource, kind, provider };
                        self.managed_instance(&instance, &expansion);
                    }
                    Err(problems) => {
                        self.diagnostics.extend(problems);
                        evaluation.fail(&address.resource);
                        evaluation.record(&address, Value::unknown(Type::Any));
                    }
                }
            }
        }
        if expansion != Expansion::Unknown {
            let gone = self.in_state.get(address).cloned().unwrap_or_default();
            for address in gone.into_iter().filter(|it| !expansion.has(it.key.as_ref())) {
                if !self.covers(&address) {
                    self.leave_instance(&address);
                    continue;
                }
                let reason = missing_key(&expansion, &address);
                orphans::plan_delete(self, &address, reason);
            }
        }
    }

    pub(super) fn kind_of(
        &mut self,
        address: &ResourceAddress,
        resource: &Resource,
    ) -> Option<&'static dyn ResourceType> {
        let module = self.evaluation.module(&address.module.path())?;
        let key = provider_key(&self.evaluation.configuration, module, &resource.provider);
        match self.request.providers.resource(&key.source, &resource.name.kind) {
            Ok(kind) => Some(kind),
            Err(problem) => {
                self.diagnostics.extend([problem.at(&resource.span).about(address)]);
                self.evaluation.fail(address);
                None
            }
        }
    }

    fn managed_instance(&mut self, instance: &Instance<'_>, expansion: &Expansion) {
        let Instance { address, resource, kind, .. } = instance;
        let evaluation = self.evaluation;
        let scope =
            evaluation.scope(&address.resource.module).repeated(expansion, address.key.as_ref());
        let checked = Checked::resource(address);
        let lifecycle = &resource.lifecycle;
        self.check(&lifecycle.preconditions, "Resource precondition failed", &checked, &scope);
        let schema = kind.schema();
        let ((configuration, mut problems), reads) =
            evaluation.watched(|| body::decode(&resource.body, schema, &scope));
        problems.extend(ephemeral::arguments(&resource.body, schema, &scope, &configuration));
        let failed = problems.has_errors();
        self.diagnostics.extend(problems.into_iter().map(|it| it.about(address)));
        let sound = !failed && self.validated(instance, &configuration, &scope);
        let change = sound.then(|| self.compare(instance, configuration, &scope)).flatten();
        if change.is_none() || evaluation.has_failed(&reads) {
            evaluation.fail(&address.resource);
        }
        let Some(change) = change else {
            return evaluation.record(address, Value::unknown(Type::Any));
        };
        let scope = scope.with_self(change.after.clone());
        evaluation.record(address, change.after.clone());
        self.check(&lifecycle.postconditions, "Resource postcondition failed", &checked, &scope);
        self.add(change);
        orphans::plan_deposed(self, address);
    }

    /// Checks beyond the schema.
    fn validated(
        &mut self,
        instance: &Instance<'_>,
        configuration: &Value,
        scope: &ModuleScope<'_>,
    ) -> bool {
        let problems = instance.kind.validate(configuration);
        self.invalid(instance.resource, instance.kind.schema(), &instance.address, scope, &problems)
    }

    /// Reports what is wrong beyond the schema; whether that is nothing.
    pub(super) fn invalid(
        &mut self,
        resource: &Resource,
        schema: &Schema,
        address: &InstanceAddress,
        scope: &ModuleScope<'_>,
        problems: &[(Path, String)],
    ) -> bool {
        for (path, message) in problems {
            let span = body::locate(&resource.body, schema, scope, path);
            let error = Diagnostic::error("Invalid configuration", format!("`{path}`: {message}."));
            self.diagnostics.push(error.at(&span).about(address));
        }
        problems.is_empty()
    }

    fn compare(
        &mut self,
        instance: &Instance<'_>,
        configuration: Value,
        scope: &ModuleScope<'_>,
    ) -> Option<Change> {
        let Instance { address, resource, kind, provider } = instance;
        let schema = kind.schema();
        let prior = self.prior_value(address);
        let tainted = self.prior.object(address, None).is_some_and(|object| object.tainted);
        let configuration = match &prior {
            Some(prior) => ignore(configuration, prior, &resource.lifecycle.ignore_changes, schema),
            None => configuration,
        };
        let requested = self.request.replace.contains(address);
        let triggered = self.triggered(instance, scope) && prior.is_some();
        let connection = self.connection(provider);
        let must_replace = tainted || requested || triggered;
        let evaluation = self.evaluation;
        let adjust = |prior: Option<&Value>, proposed: Value| {
            let connection = connection.as_deref();
            adjust(connection, evaluation.time(), kind.name(), prior, &configuration, proposed)
        };
        let found = difference(schema, prior.as_ref(), &configuration, must_replace, &adjust);
        let found = found.map_err(|error| self.refused(instance, &error)).ok()?;
        let reason = match &found.action {
            _ if prior.is_some() && tainted => Reason::Tainted,
            _ if prior.is_some() && requested => Reason::Requested,
            Action::DestroyThenCreate if triggered => Reason::Triggered,
            Action::DestroyThenCreate => Reason::CannotUpdate,
            Action::Create if self.request.moves.state.object(address, None).is_some() => {
                Reason::Missing
            }
            _ => Reason::None,
        };
        self.prevented(instance, &found);
        self.prior.note_skip_destroy(address, resource.lifecycle.skip_destroy);
        let first =
            resource.lifecycle.create_before_destroy.is_none() && kind.create_before_destroy();
        let recorded = self.prior.object(address, None);
        let config_address = address.resource.config();
        let dependencies =
            self.request.dependencies.managed(&config_address.module, &config_address.resource);
        let after = mark_sensitive(schema, found.after);
        let before = prior.unwrap_or(Value::NULL);
        // An object that stays as it is is kept once.
        let after = if after == before { before.clone() } else { after };
        Some(Change {
            address: address.clone(),
            previous: self.request.moves.origins.get(address).cloned(),
            importing: self.importing.get(address).cloned(),
            deposed: None,
            provider: provider.clone(),
            action: match found.action {
                Action::DestroyThenCreate if resource.lifecycle.skip_destroy => {
                    Action::ForgetThenCreate
                }
                Action::DestroyThenCreate if first => Action::CreateThenDestroy,
                action => action,
            },
            reason,
            before,
            after,
            configuration: without_write_only(schema, configuration),
            replace_paths: found.replace_paths,
            dependencies: dependencies.into_iter().collect(),
            prior_dependencies: recorded.map(|it| it.dependencies.clone()).unwrap_or_default(),
            create_before_destroy: resource.lifecycle.create_before_destroy.unwrap_or(false),
            skip_destroy: resource.lifecycle.skip_destroy,
        })
    }

    fn refused(&mut self, instance: &Instance<'_>, error: &ProviderError) {
        let span = match &error.path {
            Some(path) => body::span_of(&instance.resource.body, path),
            None => instance.resource.span.clone(),
        };
        let diagnostic = Diagnostic::error("Invalid configuration", &error.message);
        self.diagnostics.push(diagnostic.hint(&error.hint).at(&span).about(&instance.address));
    }

    fn prevented(&mut self, instance: &Instance<'_>, found: &Difference) {
        let lifecycle = &instance.resource.lifecycle;
        let destroyed = found.action.destroys() && !lifecycle.skip_destroy;
        if !self.protects(&instance.address, destroyed) || !destroyed {
            return;
        }
        let paths: Vec<_> = found.replace_paths.iter().map(|path| format!("`{path}`")).collect();
        let because = match &paths[..] {
            [] => String::new(),
            paths => format!(" The change of {} forces it.", paths.join(", ")),
        };
        let detail = format!(
            "{} has `prevent_destroy` set, but the plan replaces it.{because}",
            instance.address
        );
        let error = Diagnostic::error("Instance cannot be destroyed", detail)
            .hint("Remove `prevent_destroy`, or limit the plan with `-target`.");
        let mut error = error.at(&instance.resource.span).about(&instance.address);
        if let Some(flag) = &lifecycle.prevent_destroy {
            error = error.see(&flag.span, "protected by this");
        }
        for path in &found.replace_paths {
            let place = body::span_of(&instance.resource.body, path);
            error = error.see(&place, "this change forces the replacement");
        }
        self.diagnostics.push(error);
    }

    /// Whether something in `replace_triggered_by` changes: an instance that is replaced, created or
    /// updated, or the attribute named of one.
    fn triggered(&mut self, instance: &Instance<'_>, scope: &ModuleScope<'_>) -> bool {
        let triggers = &instance.resource.lifecycle.replace_triggered_by;
        let module = &instance.address.resource.module;
        let mut fires = false;
        for trigger in triggers {
            let Some(parts) = crate::plan::trigger::parts(trigger, scope) else { continue };
            let place = parts.place(module);
            fires |= self.changes_of(&place).any(|it| parts.fires(it));
            if self.limits.is_all() && !self.changes_of(&place).any(|it| parts.names(it)) {
                let missing =
                    parts.missing(&self.evaluation.resource_expansion(&place), &trigger.span);
                self.diagnostics.extend(missing.map(|it| it.about(&instance.address)));
            }
        }
        fires
    }
}

fn missing_key(expansion: &Expansion, address: &InstanceAddress) -> Reason {
    use crate::address::Key;
    match (expansion, &address.key) {
        (Expansion::Off, None) => Reason::Disabled,
        (Expansion::Count(_), Some(Key::Index(_))) => Reason::CountIndex,
        (Expansion::Each(_), Some(Key::Name(_))) => Reason::EachKey,
        _ => Reason::WrongRepetition,
    }
}

/// Asks the provider; one that is not configured yet adjusts nothing.
pub(super) fn adjust(
    connection: Option<&dyn Connection>,
    time: OffsetDateTime,
    kind: &str,
    prior: Option<&Value>,
    configuration: &Value,
    proposed: Value,
) -> Result<Planned, ProviderError> {
    match connection {
        Some(connection) => connection.plan(time, kind, prior, configuration, proposed),
        None => Ok(Planned { value: proposed, replace: Vec::new() }),
    }
}

/// What apply plans for an instance now that more is known: the same proposal again.
pub(super) fn propose_again(
    evaluation: &Evaluation,
    change: &Change,
    kind: &dyn ResourceType,
    connection: &dyn Connection,
) -> Result<(Value, Value), crate::diagnostic::Diagnostics> {
    let address = &change.address;
    let Some(resource) = evaluation.resource(&address.resource) else {
        let detail = format!("{address} is not in the configuration.");
        return Err(Diagnostic::error("Resource is missing", detail).into());
    };
    let expansion = evaluation.resource_expansion(&address.resource);
    let scope =
        evaluation.scope(&address.resource.module).repeated(&expansion, address.key.as_ref());
    let schema = kind.schema();
    let (configuration, problems) = body::decode(&resource.body, schema, &scope);
    if problems.has_errors() {
        return Err(problems);
    }
    let configuration = match &change.before {
        Value::Null(_) => configuration,
        before => ignore(configuration, before, &resource.lifecycle.ignore_changes, schema),
    };
    let adjust = |prior: Option<&Value>, proposed: Value| {
        let time = evaluation.time();
        adjust(Some(connection), time, kind.name(), prior, &configuration, proposed)
    };
    let proposed = match change.action {
        Action::Update => {
            super::difference::propose_update(schema, &change.before, &configuration, &adjust)
        }
        _ => super::difference::propose_new(schema, &configuration, &adjust),
    };
    let proposed = proposed.map_err(|error| problem(&error, resource, address))?;
    Ok((configuration, mark_sensitive(schema, proposed)))
}

fn problem(error: &ProviderError, resource: &Resource, address: &InstanceAddress) -> Diagnostic {
    let summary = match error.kind {
        ErrorKind::Internal => "Value does not fit the resource type",
        _ => "Invalid configuration",
    };
    Diagnostic::error(summary, &error.message).at(&resource.span).about(address)
}
