//! `terrace state mv`

use std::collections::BTreeSet;

use super::{invalid, missing, note, open};
use crate::address::{InstanceAddress, ModuleInstance, ResourceAddress, Target};
use crate::command::Exit;
use crate::command::arguments::StateAccess;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::state::{Record, State};
use crate::ui::Ui;

/// An object's address and its new one.
pub(super) type Step = (InstanceAddress, InstanceAddress);

/// Gives objects of state other addresses.
pub(super) fn rename(
    ui: &Ui,
    from: &str,
    to: &str,
    dry_run: bool,
    access: &StateAccess,
) -> Result<Exit, Diagnostics> {
    let from: Target = from.parse().map_err(|error| invalid(&error))?;
    let to: Target = to.parse().map_err(|error| invalid(&error))?;
    let store = open(ui, access, !dry_run)?;
    let state = store.state();
    let steps = steps(States { here: &state, there: &state }, &from, &to)?;
    let verb = if dry_run { "Would move" } else { "Moved" };
    steps.iter().for_each(|(from, to)| ui.status(&format!("{verb} {from} to {to}")));
    if !dry_run {
        let record = |(from, to)| Record::Moved { from, to, becomes: None };
        note(&store, steps.into_iter().map(record).collect())?;
    }
    Ok(Exit::Success)
}

/// The state that objects are in, and the one that they come into; often it is the same.
#[derive(Clone, Copy)]
pub(super) struct States<'s> {
    pub(super) here: &'s State,
    pub(super) there: &'s State,
}

/// What moves where. An address means the very instance it names, or the whole resource; no two
/// objects get one address.
pub(super) fn steps(
    states: States<'_>,
    from: &Target,
    to: &Target,
) -> Result<Vec<Step>, Diagnostics> {
    let has = |address: &InstanceAddress| states.here.resources.contains_key(address);
    let steps = match from {
        Target::Module(module) => module_steps(states, module, from, to)?,
        Target::Resource(resource) if has(&resource.instance(None)) => {
            instance_step(states, &resource.instance(None), from, to)?
        }
        Target::Resource(resource) => resource_steps(states, resource, from, to)?,
        Target::Instance(instance) => instance_step(states, instance, from, to)?,
    };
    if steps.is_empty() {
        return Err(missing(&from.to_string(), states.here));
    }
    let mut places = BTreeSet::new();
    match steps.iter().find(|(_, to)| !places.insert(to)) {
        Some((_, place)) => Err(taken(place)),
        None => Ok(steps),
    }
}

/// Moves all that is in one instance of a module.
fn module_steps(
    states: States<'_>,
    old: &ModuleInstance,
    from: &Target,
    to: &Target,
) -> Result<Vec<Step>, Diagnostics> {
    let Target::Module(new) = to else {
        return Err(mismatch(from, to, "A module can only become a module."));
    };
    let there: BTreeSet<_> = states.there.resources.keys().map(|it| &it.resource.module).collect();
    let mut steps = Vec::new();
    for address in states.here.resources.keys() {
        let Some(rest) = address.resource.module.0.strip_prefix(&old.0[..]) else { continue };
        let module = ModuleInstance(new.0.iter().chain(rest).cloned().collect());
        if there.contains(&module) {
            return Err(taken(&module));
        }
        let resource = ResourceAddress { module, ..address.resource.clone() };
        steps.push((address.clone(), resource.instance(address.key.clone())));
    }
    Ok(steps)
}

/// Moves all instances of a resource, which keep their keys.
fn resource_steps(
    states: States<'_>,
    old: &ResourceAddress,
    from: &Target,
    to: &Target,
) -> Result<Vec<Step>, Diagnostics> {
    let found: Vec<&InstanceAddress> =
        states.here.resources.keys().filter(|it| it.resource == *old).collect();
    let Target::Resource(new) = to else {
        let why = "All instances of a resource can only become those of a resource.";
        return if found.is_empty() { Ok(Vec::new()) } else { Err(mismatch(from, to, why)) };
    };
    if !found.is_empty() && states.there.resources.keys().any(|it| it.resource == *new) {
        return Err(taken(new));
    }
    let step = |it: &InstanceAddress| (it.clone(), new.instance(it.key.clone()));
    same_type(old, new, from, to)?;
    Ok(found.into_iter().map(step).collect())
}

/// Moves one instance.
fn instance_step(
    states: States<'_>,
    old: &InstanceAddress,
    from: &Target,
    to: &Target,
) -> Result<Vec<Step>, Diagnostics> {
    let new = match to {
        Target::Instance(new) => new.clone(),
        Target::Resource(new) => new.instance(None),
        Target::Module(_) => {
            return Err(mismatch(from, to, "An instance can only become an instance."));
        }
    };
    same_type(&old.resource, &new.resource, from, to)?;
    if !states.here.resources.contains_key(old) {
        return Ok(Vec::new());
    }
    match states.there.resources.contains_key(&new) {
        true => Err(taken(&new)),
        false => Ok(vec![(old.clone(), new)]),
    }
}

fn same_type(
    old: &ResourceAddress,
    new: &ResourceAddress,
    from: &Target,
    to: &Target,
) -> Result<(), Diagnostics> {
    let (one, other) = (&old.resource, &new.resource);
    match one.kind == other.kind && one.mode == other.mode {
        true => Ok(()),
        false => Err(mismatch(from, to, "They are of different types.")),
    }
}

fn taken(place: &impl std::fmt::Display) -> Diagnostics {
    Diagnostic::error("Address is taken", format!("State already has `{place}`.")).into()
}

fn mismatch(from: &Target, to: &Target, why: &str) -> Diagnostics {
    let detail = format!("`{from}` cannot become `{to}`. {why}");
    Diagnostic::error("Addresses do not match", detail)
        .hint("Move an instance to an instance, a resource to a resource of its type, a module to a module.")
        .into()
}
