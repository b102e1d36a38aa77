//! `terrace state mv -state-out`: objects go from one state file to another.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::rename::{States, steps};
use super::{invalid, note, open};
use crate::address::{InstanceAddress, Target};
use crate::command::Exit;
use crate::command::arguments::{StateAccess, StateArguments};
use crate::command::stack::{state_problem, store_options};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::state::{Done, Instance, Place, Record, State, Store, StoredObject, World, bequeathed};
use crate::ui::Ui;

/// The other state file.
pub(super) struct Elsewhere<'a> {
    pub(super) out: &'a Path,
    /// Where it is kept as it was, if that is said.
    pub(super) backup: Option<PathBuf>,
}

/// Moves what `from` covers into the other file. It is there before it is gone here.
pub(super) fn run(
    ui: &Ui,
    (from, to): (&str, &str),
    dry_run: bool,
    access: &StateAccess,
    there: Elsewhere<'_>,
) -> Result<Exit, Diagnostics> {
    let Elsewhere { out, backup } = there;
    let (from, to): (Target, Target) =
        (from.parse().map_err(|it| invalid(&it))?, to.parse().map_err(|it| invalid(&it))?);
    let (from, to) = (&from, &to);
    let here = StateArguments { state_out: None, ..access.state.clone() };
    let here = open(ui, &StateAccess { state: here, ..access.clone() }, !dry_run)?;
    let locking = access.state.locking.clone();
    let there = StateArguments { locking, backup, ..StateArguments::default() };
    let mut options = store_options(out.to_path_buf(), &there, "state")?;
    options.lock &= !dry_run;
    options.world = Some(World::of(&here.state().lineage));
    let there = Store::open(&options).map_err(|error| state_problem(&error))?;
    settled(&here)?;
    settled(&there)?;
    let state = here.state();
    let moves = steps(States { here: &state, there: &there.state() }, from, to)?;
    if !dry_run {
        let instances =
            moves.iter().filter_map(|(old, new)| Some((new, state.resources.get(old)?)));
        note(&there, instances.flat_map(|(new, it)| objects(new, it)).collect())?;
        let gone: BTreeSet<InstanceAddress> = moves.iter().map(|(old, _)| old.clone()).collect();
        let mut records: Vec<Record> = gone.iter().flat_map(|old| removed(&state, old)).collect();
        records.extend(bequeathed(&state, &gone));
        note(&here, records)?;
    }
    let verb = if dry_run { "Would move" } else { "Moved" };
    for (old, new) in &moves {
        ui.status(&format!("{verb} {old} to {new} in {}", out.display()));
    }
    Ok(Exit::Success)
}

/// What an interrupted run left open belongs to its state, and would not come along.
fn settled(store: &Store) -> Result<(), Diagnostics> {
    if store.with(|folded| folded.unresolved.is_empty()) {
        return Ok(());
    }
    let detail = "An interrupted run left steps of which it is not known whether they were done.";
    let error = Diagnostic::error("Interrupted run", detail);
    Err(error.hint("`terrace plan` settles them; move the objects then.").into())
}

/// The objects of an instance at another address.
fn objects(address: &InstanceAddress, instance: &Instance) -> Vec<Record> {
    let current = instance.current.iter().map(|it| (None, it));
    let deposed = instance.deposed.iter().map(|(key, it)| (Some(key.clone()), it));
    let record = |(deposed, object): (Option<_>, &crate::state::Object)| {
        Record::Set(Done {
            step: String::new(),
            place: Place { address: address.clone(), deposed },
            provider: instance.provider.clone(),
            object: StoredObject(object.clone()),
        })
    };
    current.chain(deposed).map(record).collect()
}

fn removed(state: &State, address: &InstanceAddress) -> Vec<Record> {
    let instance = state.resources.get(address);
    let keys = instance.into_iter().flat_map(|it| it.deposed.keys().cloned().map(Some));
    let place = |deposed| Record::Removed(Place { address: address.clone(), deposed });
    keys.chain([None]).map(place).collect()
}
