//! `terrace state`

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::address::{InstanceAddress, Target, Targets};
use crate::command::arguments::{StateAccess, StateCommand, WorldArguments};
use crate::command::backend::same_file;
use crate::command::place::state_path;
use crate::command::stack::{file_problem, settings, state_problem, store_options};
use crate::command::{Exit, world};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::suggest::nearest;
use crate::plan::Providers;
use crate::state::{self, Folded, Place, Record, State, Store};
use crate::ui::Ui;

mod provider;
mod rename;
mod transfer;

use transfer::Elsewhere;

/// Runs the command.
pub(super) fn run(ui: &Ui, command: &StateCommand) -> Result<Exit, Diagnostics> {
    match command {
        StateCommand::List { addresses, id, access, .. } => {
            list(ui, addresses, id.as_deref(), access)
        }
        StateCommand::Show { json, address, show_sensitive, access } => {
            show(&ui.clone().revealing(*show_sensitive), address, *json, access)
        }
        StateCommand::Mv { from, to, dry_run, backup_out, access, .. } => {
            match access.state.state_out.as_deref() {
                Some(out) if !same_file(&path(ui, access)?, out) => {
                    let there = Elsewhere { out, backup: backup_out.clone() };
                    transfer::run(ui, (from, to), *dry_run, access, there)
                }
                _ => rename::rename(ui, from, to, *dry_run, access),
            }
        }
        StateCommand::Rm { addresses, dry_run, access, .. } => {
            forget(ui, addresses, *dry_run, access)
        }
        StateCommand::ReplaceProvider { from, to, auto_approve, access, .. } => {
            provider::replace(ui, (from, to), *auto_approve, access)
        }
        StateCommand::Pull { access } => {
            let store = open(ui, access, false)?;
            ui.data(&String::from_utf8_lossy(&state::print(&store.state())));
            Ok(Exit::Success)
        }
        StateCommand::Push { file, force, access, .. } => push(ui, file, *force, access),
    }
}

/// The state file that a command is about.
fn path(ui: &Ui, access: &StateAccess) -> Result<PathBuf, Diagnostics> {
    match &access.state.state {
        Some(path) => Ok(path.clone()),
        None => state_path(settings(ui, &access.variables)?.as_ref(), None),
    }
}

pub(super) fn open(ui: &Ui, access: &StateAccess, write: bool) -> Result<Arc<Store>, Diagnostics> {
    let path = path(ui, access)?;
    let mut options = store_options(path, &access.state, "state")?;
    options.lock &= write;
    Ok(Arc::new(Store::open(&options).map_err(|error| state_problem(&error))?))
}

pub(super) fn invalid(error: &dyn std::fmt::Display) -> Diagnostics {
    Diagnostic::error("Invalid address", format!("{error}.")).into()
}

fn targets(texts: &[String]) -> Result<Vec<Target>, Diagnostics> {
    texts.iter().map(|text| text.parse().map_err(|error| invalid(&error))).collect()
}

fn list(
    ui: &Ui,
    addresses: &[String],
    id: Option<&str>,
    access: &StateAccess,
) -> Result<Exit, Diagnostics> {
    let wanted = targets(addresses)?;
    let store = open(ui, access, false)?;
    let state = store.state();
    there_is_one(&store, &state)?;
    for target in &wanted {
        if !state.resources.keys().any(|it| target.covers(it)) {
            return Err(missing(&target.to_string(), &state));
        }
    }
    let wanted = Targets::from_iter(&wanted);
    for (address, instance) in state.resources.iter() {
        let covered = wanted.is_empty() || wanted.cover(address);
        let own = instance.current.as_ref().and_then(|object| object.id());
        if covered && instance.current.is_some() && id.is_none_or(|id| own == Some(id)) {
            ui.address(address);
        }
    }
    Ok(Exit::Success)
}

/// Without any state there is nothing to list, which is not the same as an empty one.
fn there_is_one(store: &Store, state: &State) -> Result<(), Diagnostics> {
    if !state.is_empty() || store.path().exists() {
        return Ok(());
    }
    let detail = format!("There is no state file {}.", store.path().display());
    let error = Diagnostic::error("No state", detail);
    Err(error.hint("`terrace apply` makes one.").into())
}

fn show(ui: &Ui, address: &str, json: bool, access: &StateAccess) -> Result<Exit, Diagnostics> {
    let address: InstanceAddress = address.parse().map_err(|error| invalid(&error))?;
    let state = open(ui, access, false)?.state();
    let Some(instance) = state.resources.get(&address) else {
        return Err(missing(&address.to_string(), &state));
    };
    let mut one = State { lineage: state.lineage.clone(), ..State::default() };
    one.resources_mut().insert(address.clone(), instance.clone());
    let providers = Providers(world::providers(&WorldArguments::default())?);
    ui.document(json, || ui.state(&one, &providers), || ui.state_json(&one, &providers))?;
    Ok(Exit::Success)
}

fn missing(address: &str, state: &State) -> Diagnostics {
    let hint = like(address, state)
        .unwrap_or_else(|| "`terrace state list` shows what it has.".to_string());
    Diagnostic::error("Not in state", format!("State has no `{address}`.")).hint(hint).into()
}

/// A hint to what state has instead of an address.
pub(super) fn like(address: &str, state: &State) -> Option<String> {
    let instances: Vec<String> = state.resources.keys().map(ToString::to_string).collect();
    let inside = |it: &&String| it.strip_prefix(address).is_some_and(|it| it.starts_with('['));
    if let Some(first) = instances.iter().find(inside) {
        return Some(format!("Name one of its instances, such as `{first}`."));
    }
    let resources: Vec<String> = state.resources.keys().map(|it| it.resource.to_string()).collect();
    let near = nearest(address, instances.iter().chain(&resources).map(String::as_str))?;
    Some(format!("Did you mean `{near}`?"))
}

/// Notes facts, and makes them a new snapshot.
pub(super) fn note(store: &Store, records: Vec<Record>) -> Result<(), Diagnostics> {
    let noted = store.begin_run().and_then(|_| {
        store.append_all(records)?;
        store.finish().map(drop)
    });
    noted.map_err(|error| state_problem(&error))
}

/// Where a target has objects, or steps of an interrupted run that may have made some.
fn places(folded: &Folded, target: &Target) -> BTreeSet<Place> {
    let resources = folded.state.resources.iter();
    let kept = resources.flat_map(|(address, instance)| {
        let keys = instance.deposed.keys().map(|key| Some(key.clone()));
        let place = |deposed| Place { address: address.clone(), deposed };
        keys.chain([None]).map(place).collect::<Vec<_>>()
    });
    let begun = folded.unresolved.values().map(|it| it.begun.place.clone());
    kept.chain(begun).filter(|place| target.covers(&place.address)).collect()
}

fn forget(
    ui: &Ui,
    addresses: &[String],
    dry_run: bool,
    access: &StateAccess,
) -> Result<Exit, Diagnostics> {
    let wanted = targets(addresses)?;
    let store = open(ui, access, !dry_run)?;
    let folded = store.folded();
    let (mut records, mut told) = (Vec::new(), BTreeSet::new());
    for target in &wanted {
        let found = places(&folded, target);
        if found.is_empty() {
            return Err(missing(&target.to_string(), &folded.state));
        }
        told.extend(found.iter().map(|it| it.address.clone()));
        records.extend(found.into_iter().map(Record::Removed));
    }
    records.extend(state::bequeathed(&folded.state, &told));
    if !dry_run {
        note(&store, records)?;
    }
    let verb = if dry_run { "Would forget" } else { "Forgot" };
    told.iter().for_each(|address| ui.status(&format!("{verb} {address}")));
    Ok(Exit::Success)
}

fn push(ui: &Ui, file: &Path, force: bool, access: &StateAccess) -> Result<Exit, Diagnostics> {
    let unreadable = |error: std::io::Error| {
        let detail = format!("{} cannot be read: {error}.", file.display());
        Diagnostics::from(Diagnostic::error("File cannot be read", detail))
    };
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        bytes = std::fs::read(file).map_err(unreadable)?;
    }
    let hint = "`terrace state pull` writes what can be pushed.";
    let pushed = state::parse(&bytes, file).map_err(|error| file_problem(&error, hint))?;
    let Some(pushed) = pushed else {
        let detail = format!("{} has no state in it.", file.display());
        return Err(Diagnostic::error("Nothing to push", detail).into());
    };
    let store = open(ui, access, true)?;
    store.push(pushed, force).map_err(|error| state_problem(&error))?;
    ui.status("The state is replaced.");
    Ok(Exit::Success)
}
