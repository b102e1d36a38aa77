//! What `init` does about the backend: it records the settings, and copies states when they change.

use std::path::{Path, PathBuf};

use super::given::with_given;
use super::record::Recorded;
use super::{Settings, changed};
use crate::command::arguments::{InitArguments, StateArguments};
use crate::command::place::Places;
use crate::command::stack::{state_problem, store_options};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::Module;
use crate::state::{State, Store};
use crate::ui::Ui;

/// Takes the settings of the configuration and of the command line; gives where states are now.
pub(in crate::command) fn initialise(
    ui: &Ui,
    root: Option<&Module>,
    arguments: &InitArguments,
) -> Result<Places, Diagnostics> {
    let recorded = match arguments.backend.reconfigure {
        true => Recorded::read().ok().flatten(),
        false => Recorded::read()?,
    };
    if !arguments.backend.backend {
        return left_as_it_is(root, recorded.as_ref());
    }
    let Some(configured) = Settings::of(root)? else {
        return without_block(ui, recorded.as_ref(), arguments);
    };
    let given = with_given(&configured, &arguments.backend.backend_config)?;
    let unchanged = match (&recorded, &given) {
        (Some(recorded), None) if recorded.is_of(&configured) => Some(recorded.settings()?),
        (Some(recorded), Some(given)) if recorded.says(given) => Some(given.clone()),
        _ => None,
    };
    let settings = unchanged.clone().or(given).unwrap_or_else(|| configured.clone());
    if unchanged.is_none() && !arguments.backend.reconfigure {
        migrate(ui, recorded.as_ref(), Some(&settings), arguments)?;
    }
    let record = Recorded::new(&settings, &configured);
    if recorded.as_ref() != Some(&record) {
        record.write()?;
    }
    Ok(settings.places())
}

/// With `-backend=false` nothing is compared and nothing recorded.
fn left_as_it_is(
    root: Option<&Module>,
    recorded: Option<&Recorded>,
) -> Result<Places, Diagnostics> {
    let settings = match recorded {
        Some(recorded) if recorded.is_local() => Some(recorded.settings()?),
        Some(_) => None,
        None => Settings::of(root).ok().flatten(),
    };
    Ok(settings.unwrap_or_default().places())
}

/// There is no `backend` block, or none any more.
fn without_block(
    ui: &Ui,
    recorded: Option<&Recorded>,
    arguments: &InitArguments,
) -> Result<Places, Diagnostics> {
    if !arguments.backend.backend_config.is_empty() {
        let detail = "-backend-config has no effect: the configuration has no `backend` block.";
        let warning = Diagnostic::warning("Missing backend configuration", detail);
        ui.diagnostics(
            &warning.hint("Write `backend \"local\" {}` in a `terraform` block.").into(),
        );
    }
    if let Some(recorded) = recorded {
        if !arguments.backend.reconfigure {
            migrate(ui, Some(recorded), None, arguments)?;
        }
        Recorded::clear()?;
    }
    Ok(Places::default())
}

/// Copies states from where they were to where they are to be. Where no settings were recorded, a state
/// that was kept without a `backend` block counts, as long as there is none at the new place.
fn migrate(
    ui: &Ui,
    recorded: Option<&Recorded>,
    settings: Option<&Settings>,
    arguments: &InitArguments,
) -> Result<(), Diagnostics> {
    let wanted = arguments.backend.migrate_state || arguments.backend.force_copy;
    let to = settings.cloned().unwrap_or_default().places();
    let from = match recorded {
        Some(recorded) if !wanted || !recorded.is_local() => {
            return Err(changed(recorded, settings).into());
        }
        Some(recorded) => recorded.settings()?.places(),
        None if !wanted && to.is_used_besides(&Places::default()) => return Ok(()),
        None => Places::default(),
    };
    let copies = copies(&from, &to, arguments)?;
    if copies.is_empty() || !approved(ui, &copies, arguments)? {
        return Ok(());
    }
    for copy in &copies {
        let pushed = copy.to.push(copy.state.clone(), true);
        pushed.map_err(|error| state_problem(&error))?;
        ui.status(&format!(
            "Copied the state of {} to {}; the old file stays where it is.",
            copy.source.display(),
            copy.target.display()
        ));
    }
    Ok(())
}

/// A state that is to be copied. Both stores are locked as long as it is there.
struct Copy {
    source: PathBuf,
    target: PathBuf,
    state: State,
    /// Whether another state is at the new place.
    replaces: bool,
    to: Store,
    _from: Store,
}

/// The states that are not yet where they are to be.
fn copies(from: &Places, to: &Places, arguments: &InitArguments) -> Result<Vec<Copy>, Diagnostics> {
    let mut copies = Vec::new();
    for workspace in from.workspaces()? {
        let (source, target) = (from.state(&workspace), to.state(&workspace));
        if source.exists() && !same_file(&source, &target) {
            copies.extend(copy(source, target, arguments)?);
        }
    }
    Ok(copies)
}

pub(in crate::command) fn same_file(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    one == other || real(one).is_some_and(|it| Some(it) == real(other))
}

fn copy(
    source: PathBuf,
    target: PathBuf,
    arguments: &InitArguments,
) -> Result<Option<Copy>, Diagnostics> {
    let from = settled(&source, arguments)?;
    let state = from.state();
    if state.is_empty() {
        return Ok(None);
    }
    let to = settled(&target, arguments)?;
    let there = to.state();
    if there.lineage == state.lineage && there.same_content(&state) {
        return Ok(None);
    }
    let replaces = !there.is_empty();
    Ok(Some(Copy { source, target, state, replaces, to, _from: from }))
}

/// A state in which no interrupted run is left: what such a run noted is beside the file.
fn settled(path: &Path, arguments: &InitArguments) -> Result<Store, Diagnostics> {
    let locking = arguments.backend.locking.clone();
    let state = StateArguments { locking, ..StateArguments::default() };
    let options = store_options(path.to_path_buf(), &state, "init")?;
    let store = Store::open(&options).map_err(|error| state_problem(&error))?;
    if store.with(|folded| folded.unresolved.is_empty()) {
        return Ok(store);
    }
    let detail = format!("An interrupted run on {} is not settled yet.", path.display());
    let hint =
        "Put the last backend settings back, run `terrace apply -refresh-only`, and try again.";
    Err(Diagnostic::error("State cannot be copied", detail).hint(hint).into())
}

/// Asks whether to copy; `no` leaves all states where they are.
fn approved(ui: &Ui, copies: &[Copy], arguments: &InitArguments) -> Result<bool, Diagnostics> {
    if arguments.backend.force_copy {
        return Ok(true);
    }
    let nobody = || {
        let detail =
            "States are at the old place, and there is nobody to ask what to do with them.";
        let hint =
            "-force-copy copies them without asking; -reconfigure leaves them where they are.";
        Diagnostics::from(Diagnostic::error("Nobody to ask", detail).hint(hint))
    };
    if !arguments.variables.may_ask() || !ui.can_ask() {
        return Err(nobody());
    }
    let lines = copies.iter().map(|copy| {
        let instead = if copy.replaces { ", instead of another state that is there" } else { "" };
        format!("  {} to {}{instead}\n", copy.source.display(), copy.target.display())
    });
    let question = format!(
        "The backend changes. Copy the state?\n{}`yes` copies, `no` goes on with what is there: ",
        lines.collect::<String>()
    );
    match ui.ask(&question).as_deref() {
        Some("yes") => Ok(true),
        Some("no") => Ok(false),
        None => Err(nobody()),
        Some(_) => Err(Diagnostic::error("Init cancelled", "Nothing was changed.").into()),
    }
}
