//! Plans the objects of state that the configuration has no more, and all of them for destroy.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{
    ConfigAddress, InstanceAddress, Mode as ResourceMode, ModuleInstance, ModulePath,
};
use crate::diagnostic::Diagnostic;
use crate::plan::connect::present;
use crate::plan::providers::{Providers, full_source};
use crate::plan::walk::Planner;
use crate::plan::{Action, Change, Mode, ProviderKey, Reason};
use crate::schema::Schema;
use crate::schema::sensitive::mark_sensitive;
use crate::state::{State, attributes};
use crate::value::Value;

/// An object of state as expressions see it; `None` when there is none.
pub(super) fn value_in(
    state: &State,
    providers: &Providers,
    address: &InstanceAddress,
    deposed: Option<&str>,
) -> Result<Option<Value>, Diagnostic> {
    let Some(value) = kept_in(state, providers, address, deposed)? else { return Ok(None) };
    let resource = &address.resource.resource;
    if resource.mode == ResourceMode::Managed {
        return Ok(Some(value));
    }
    let source = provider_of(state, address)?.source;
    let kind = providers.data(&source, &resource.kind).map_err(|it| it.about(address))?;
    Ok(Some(kind.evaluated(value)))
}

/// An object of state as a value, marks of sensitive fields included; `None` when there is none.
fn kept_in(
    state: &State,
    providers: &Providers,
    address: &InstanceAddress,
    deposed: Option<&str>,
) -> Result<Option<Value>, Diagnostic> {
    let Some(object) = state.object(address, deposed) else { return Ok(None) };
    let key = provider_of(state, address)?;
    let schema = schema_of(providers, &key, address)?;
    if object.schema_version > schema.version {
        let detail = format!(
            "State has {address} in version {} of its shape; this terrace knows {}.",
            object.schema_version, schema.version
        );
        return Err(Diagnostic::error("State is newer than terrace", detail)
            .hint("Use a newer terrace.")
            .about(address));
    }
    let value = attributes::decode(schema, object).map_err(|error| {
        let detail = format!("State has an attribute of {address} in a wrong shape: {error}.");
        Diagnostic::error("State does not fit the resource type", detail).about(address)
    })?;
    Ok(Some(mark_sensitive(schema, value)))
}

/// An object of state as a value, with its schema and the provider configuration that state names.
/// `None` for an object that is not there.
pub fn stored_value(
    state: &State,
    providers: &Providers,
    address: &InstanceAddress,
    deposed: Option<&str>,
) -> Result<Option<(Value, &'static Schema, ProviderKey)>, Diagnostic> {
    let Some(value) = kept_in(state, providers, address, deposed)? else { return Ok(None) };
    let key = provider_of(state, address)?;
    let schema = schema_of(providers, &key, address)?;
    Ok(Some((value, schema, key)))
}

fn schema_of(
    providers: &Providers,
    key: &ProviderKey,
    address: &InstanceAddress,
) -> Result<&'static Schema, Diagnostic> {
    let resource = &address.resource.resource;
    let found = match resource.mode {
        ResourceMode::Managed => {
            providers.resource(&key.source, &resource.kind).map(|it| it.schema())
        }
        ResourceMode::Data => providers.data(&key.source, &resource.kind).map(|it| it.schema()),
        ResourceMode::Ephemeral => {
            providers.ephemeral(&key.source, &resource.kind).map(|it| it.schema())
        }
    };
    found.map_err(|problem| problem.about(address))
}

/// The provider configuration that state names for an instance.
pub(super) fn provider_of(
    state: &State,
    address: &InstanceAddress,
) -> Result<ProviderKey, Diagnostic> {
    let named = state.resources.get(address).map(|it| it.provider.as_str()).unwrap_or_default();
    let key: ProviderKey = named.parse().map_err(|problem| {
        Diagnostic::error("State has a damaged provider address", format!("{problem}."))
            .about(address)
    })?;
    Ok(ProviderKey { source: full_source(&key.source), ..key })
}

/// Plans the objects of state whose resource or module is no longer in the configuration.
pub(super) fn plan_orphans(planner: &mut Planner<'_>) {
    let mut modules = Modules::default();
    let removed = planner.evaluation.removals();
    let addresses: Vec<InstanceAddress> = planner.refreshed.resources.keys().cloned().collect();
    for address in addresses {
        if !planner.limits.names(&address) {
            continue;
        }
        let reason = match planner.evaluation.resource(&address.resource) {
            None => Reason::NoResource,
            Some(_) if !modules.have(planner, &address.resource.module) => Reason::NoModule,
            Some(_) => continue,
        };
        match removed.destroys(&address) {
            Some(false) => plan_forget(planner, &address, reason),
            Some(true) => end_all(planner, &address, Action::Delete, reason),
            None => plan_delete(planner, &address, reason),
        }
    }
}

/// Drops the data sources of state that the configuration has no more.
pub(super) fn drop_data(planner: &mut Planner<'_>) {
    let mut modules = Modules::default();
    let is_data = |it: &&InstanceAddress| it.resource.resource.mode == ResourceMode::Data;
    let all: Vec<_> = planner.prior.resources.keys().filter(is_data).cloned().collect();
    for address in all {
        let declared = planner.evaluation.resource(&address.resource).is_some();
        if !planner.limits.names(&address) {
            continue;
        }
        if !declared || !modules.have(planner, &address.resource.module) {
            planner.prior.remove(&address, None);
        }
    }
}

/// Plans to forget what an instance has in state.
fn plan_forget(planner: &mut Planner<'_>, address: &InstanceAddress, reason: Reason) {
    if planner.prior.object(address, None).is_some() {
        planner.diagnostics.push(forgotten(address));
    }
    end_all(planner, address, Action::Forget, reason);
}

/// Plans the end of all that an instance has in state; a data source is only dropped.
fn end_all(planner: &mut Planner<'_>, address: &InstanceAddress, action: Action, reason: Reason) {
    if address.resource.resource.mode == ResourceMode::Data {
        planner.prior.remove(address, None);
        return;
    }
    if planner.prior.object(address, None).is_some() {
        end_object(planner, address, None, action, reason);
    }
    for key in deposed(planner, address) {
        end_object(planner, address, Some(&key), action, Reason::Deposed);
    }
}

/// The keys of what earlier replacements of an instance left behind.
fn deposed(planner: &Planner<'_>, address: &InstanceAddress) -> Vec<String> {
    let instance = planner.prior.resources.get(address);
    instance.into_iter().flat_map(|it| it.deposed.keys().cloned()).collect()
}

/// Why an object is forgotten where it would be destroyed; nothing when it is destroyed.
fn kept_because(
    planner: &Planner<'_>,
    address: &InstanceAddress,
    deposed: Option<&str>,
) -> Option<Reason> {
    let resource = planner.evaluation.resource(&address.resource);
    if resource.is_some_and(|it| it.lifecycle.skip_destroy) {
        return Some(Reason::KeptByConfiguration);
    }
    let object = planner.prior.object(address, deposed);
    object.is_some_and(|it| it.skip_destroy).then_some(Reason::KeptByState)
}

fn forgotten(address: &InstanceAddress) -> Diagnostic {
    let detail = format!("{address} stays as it is, and terrace no longer manages it.");
    let warning = Diagnostic::warning("Resource will be removed from the state", detail);
    warning.hint("To manage it again, it has to be imported.").about(address)
}

/// The instances that the modules of the configuration have, as far as they were asked for.
#[derive(Default)]
struct Modules(BTreeMap<ModulePath, BTreeSet<ModuleInstance>>);

impl Modules {
    fn have(&mut self, planner: &Planner<'_>, module: &ModuleInstance) -> bool {
        let path = module.path();
        if !self.0.contains_key(&path) {
            let instances = planner.evaluation.module_instances(&path);
            self.0.insert(path.clone(), instances.into_iter().collect());
        }
        self.0.get(&path).is_some_and(|instances| instances.contains(module))
    }
}

/// Plans to destroy everything in state, or what the targets cover and all that depends on it.
pub(super) fn plan_destroy(planner: &mut Planner<'_>) {
    planner.know_what_protects();
    let doomed = doomed(planner);
    let addresses: Vec<InstanceAddress> = planner.refreshed.resources.keys().cloned().collect();
    for address in addresses.into_iter().filter(|it| doomed.contains(it)) {
        plan_delete(planner, &address, Reason::None);
    }
}

/// What is destroyed: all, or the targets and what depends on them.
fn doomed(planner: &Planner<'_>) -> BTreeSet<InstanceAddress> {
    let state = &planner.refreshed;
    let named = |it: &&InstanceAddress| planner.limits.names(it);
    let mut queue: Vec<InstanceAddress> = state.resources.keys().filter(named).cloned().collect();
    let mut dependants: BTreeMap<(ConfigAddress, ModuleInstance), Vec<&InstanceAddress>> =
        BTreeMap::new();
    for (address, _, object) in state.objects() {
        for on in &object.dependencies {
            let within = shared_module(on, &address.resource.module);
            dependants.entry((on.clone(), within)).or_default().push(address);
        }
    }
    let mut doomed = BTreeSet::new();
    while let Some(address) = queue.pop() {
        let config = address.resource.config();
        for around in around(&address.resource.module) {
            // what depends on a resource is queued with the first of its instances
            let more = dependants.remove(&(config.clone(), around)).unwrap_or_default();
            queue.extend(more.into_iter().cloned());
        }
        doomed.insert(address);
    }
    let kept = kept(planner);
    doomed.retain(|it| !kept.contains(it));
    doomed
}

/// The innermost module instance that has both what is in `module` and what that depends on: there it
/// can only be the one of the same instance.
pub(super) fn shared_module(on: &ConfigAddress, module: &ModuleInstance) -> ModuleInstance {
    let steps = module.0.iter().zip(&on.module.0).take_while(|((name, _), other)| name == *other);
    ModuleInstance(steps.map(|(step, _)| step.clone()).collect())
}

/// What is excluded from destruction, and all that it depends on.
fn kept(planner: &Planner<'_>) -> BTreeSet<InstanceAddress> {
    let state = &planner.refreshed;
    let excluded = |it: &&InstanceAddress| planner.limits.excludes(it);
    let mut queue: Vec<&InstanceAddress> = state.resources.keys().filter(excluded).collect();
    if queue.is_empty() {
        return BTreeSet::new();
    }
    let mut places: BTreeMap<(ConfigAddress, ModuleInstance), Vec<&InstanceAddress>> =
        BTreeMap::new();
    for address in state.resources.keys() {
        for around in around(&address.resource.module) {
            places.entry((address.resource.config(), around)).or_default().push(address);
        }
    }
    let mut kept: BTreeSet<&InstanceAddress> = queue.iter().copied().collect();
    while let Some(address) = queue.pop() {
        for on in state.object(address, None).into_iter().flat_map(|it| &it.dependencies) {
            let shared = shared_module(on, &address.resource.module);
            // what is in one place is queued with the first that needs it
            for other in places.remove(&(on.clone(), shared)).unwrap_or_default() {
                if kept.insert(other) {
                    queue.push(other);
                }
            }
        }
    }
    kept.into_iter().cloned().collect()
}

/// A module instance and all that it is inside of.
fn around(module: &ModuleInstance) -> impl Iterator<Item = ModuleInstance> {
    let outer = |depth| ModuleInstance(module.0.iter().take(depth).cloned().collect());
    (0..=module.0.len()).map(outer)
}

/// Refuses to destroy what the configuration protects.
fn prevented(planner: &mut Planner<'_>, address: &InstanceAddress) {
    let evaluation = planner.evaluation;
    let resource = evaluation.resource(&address.resource);
    let Some(resource) = resource.filter(|_| planner.protects(address, true)) else { return };
    let detail = format!("{address} has `prevent_destroy` set, but the plan destroys it.");
    let mut error = Diagnostic::error("Instance cannot be destroyed", detail)
        .hint("Remove `prevent_destroy`, or limit the plan with `-target`.")
        .at(&resource.span)
        .about(address);
    if let Some(flag) = &resource.lifecycle.prevent_destroy {
        error = error.see(&flag.span, "protected by this");
    }
    let expansion = planner.evaluation.resource_expansion(&address.resource);
    if let Some(it) =
        resource.repetition.expression().filter(|_| !expansion.has(address.key.as_ref()))
    {
        error = error.see(&it.span, "this makes the instance no more");
    }
    planner.diagnostics.push(error);
}

/// Plans to destroy what an instance has in state; a data source is only dropped.
pub(super) fn plan_delete(planner: &mut Planner<'_>, address: &InstanceAddress, reason: Reason) {
    if address.resource.resource.mode == ResourceMode::Data {
        planner.prior.remove(address, None);
        return;
    }
    if planner.prior.object(address, None).is_some() {
        match kept_because(planner, address, None) {
            Some(why) => {
                if planner.request.mode != Mode::Destroy {
                    planner.diagnostics.push(forgotten(address));
                }
                end_object(planner, address, None, Action::Forget, why);
            }
            None => {
                prevented(planner, address);
                end_object(planner, address, None, Action::Delete, reason);
            }
        }
    }
    plan_deposed(planner, address);
}

/// Plans to destroy what earlier replacements of an instance left behind.
pub(super) fn plan_deposed(planner: &mut Planner<'_>, address: &InstanceAddress) {
    for key in deposed(planner, address) {
        let (action, reason) = match kept_because(planner, address, Some(&key)) {
            Some(why) => (Action::Forget, why),
            None => (Action::Delete, Reason::Deposed),
        };
        end_object(planner, address, Some(&key), action, reason);
    }
}

fn end_object(
    planner: &mut Planner<'_>,
    address: &InstanceAddress,
    deposed: Option<&str>,
    action: Action,
    reason: Reason,
) {
    let value = value_in(&planner.prior, planner.request.providers, address, deposed);
    let provider = provider_of(&planner.prior, address);
    let (value, provider) = match (value, provider) {
        (Ok(Some(value)), Ok(provider)) => (value, provider),
        (Ok(None), _) => return,
        (Err(problem), _) | (_, Err(problem)) => return planner.diagnostics.push(problem),
    };
    if action == Action::Delete
        && let Err(problems) = present(planner.evaluation, &provider)
    {
        let problems = problems.into_iter().map(|it| it.about(address));
        return planner.diagnostics.extend(problems);
    }
    let object = planner.prior.object(address, deposed);
    let change = Change {
        previous: planner.request.moves.origins.get(address).cloned(),
        deposed: deposed.map(str::to_string),
        reason,
        before: value,
        prior_dependencies: object.map(|it| it.dependencies.clone()).unwrap_or_default(),
        create_before_destroy: object.is_some_and(|it| it.create_before_destroy),
        skip_destroy: object.is_some_and(|it| it.skip_destroy),
        ..Change::new(address.clone(), provider, action)
    };
    planner.add(change);
}
