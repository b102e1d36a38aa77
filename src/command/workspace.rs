//! `terrace workspace`

use std::path::Path;

use crate::address::Mode;
use crate::command::Exit;
use crate::command::arguments::{
    LockArguments, StateArguments, VariableArguments, WorkspaceCommand,
};
use crate::command::place::{self, DEFAULT, Places, check_name, named_by_environment};
use crate::command::stack::{settings, state_problem, store_options};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::suggest::did_you_mean;
use crate::state::{self, Store};
use crate::ui::Ui;

/// Runs the command.
pub(super) fn run(ui: &Ui, command: &WorkspaceCommand) -> Result<Exit, Diagnostics> {
    match command {
        WorkspaceCommand::List { variables, .. } => list(ui, &places(ui, variables)?)?,
        WorkspaceCommand::Show { .. } => ui.data(&format!("{}\n", place::workspace()?)),
        WorkspaceCommand::New { name, state, locking, variables, .. } => {
            changeable(Some(name))?;
            create(ui, &places(ui, variables)?, name, state.as_deref(), locking)?;
        }
        WorkspaceCommand::Select { name, or_create, variables, .. } => {
            changeable(None)?;
            select(ui, &places(ui, variables)?, name, *or_create)?;
        }
        WorkspaceCommand::Delete { name, force, locking, variables, .. } => {
            delete(ui, &places(ui, variables)?, name, *force, locking)?;
        }
    }
    Ok(Exit::Success)
}

/// Where the states are; a folder without configuration has workspaces too.
fn places(ui: &Ui, variables: &VariableArguments) -> Result<Places, Diagnostics> {
    Places::of(settings(ui, variables)?.as_ref())
}

fn list(ui: &Ui, places: &Places) -> Result<(), Diagnostics> {
    let current = place::workspace()?;
    ui.workspaces(&places.workspaces()?, &current);
    if named_by_environment().is_some() {
        ui.status("The environment variable TF_WORKSPACE says which one is in use.");
    }
    Ok(())
}

/// With TF_WORKSPACE, what is selected has no effect; but the workspace that it names can be created.
fn changeable(wanted: Option<&str>) -> Result<(), Diagnostics> {
    let Some(name) = named_by_environment() else { return Ok(()) };
    if wanted == Some(&name) {
        return Ok(());
    }
    let detail = format!("The environment variable TF_WORKSPACE says that `{name}` is in use.");
    let error = Diagnostic::error("Workspace is fixed by the environment", detail);
    Err(error.hint("Unset TF_WORKSPACE first.").into())
}

fn create(
    ui: &Ui,
    places: &Places,
    name: &str,
    from: Option<&Path>,
    locking: &LockArguments,
) -> Result<(), Diagnostics> {
    check_name(name)?;
    if places.workspaces()?.iter().any(|it| it == name) {
        let detail = format!("There is a workspace `{name}` already.");
        let error = Diagnostic::error("Workspace exists", detail);
        return Err(error
            .hint(format!("`terrace workspace select {name}` switches to it."))
            .into());
    }
    let copied = from.map(read).transpose()?.flatten();
    let path = places.state(name);
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| {
        let detail = format!("{} cannot be created: {error}.", folder.display());
        Diagnostic::error("Workspace cannot be created", detail)
    })?;
    if let Some(copied) = copied {
        let store = open(places, name, locking)?;
        store.push(copied, false).map_err(|error| state_problem(&error))?;
    }
    place::select(name)?;
    let how = if from.is_some() { "with a copy of that state" } else { "without any state" };
    ui.status(&format!("Workspace `{name}` is new and in use; it starts {how}."));
    Ok(())
}

fn read(path: &Path) -> Result<Option<state::State>, Diagnostics> {
    let bytes = std::fs::read(path).map_err(|error| {
        let detail = format!("{} cannot be read: {error}.", path.display());
        Diagnostic::error("File cannot be read", detail)
    })?;
    state::parse(&bytes, path).map_err(|error| state_problem(&error))
}

fn open(places: &Places, name: &str, locking: &LockArguments) -> Result<Store, Diagnostics> {
    let arguments = StateArguments { locking: locking.clone(), ..StateArguments::default() };
    let options = store_options(places.state(name), &arguments, "workspace")?;
    Store::open(&options).map_err(|error| state_problem(&error))
}

fn select(ui: &Ui, places: &Places, name: &str, or_create: bool) -> Result<(), Diagnostics> {
    check_name(name)?;
    let known = places.workspaces()?;
    if !known.iter().any(|it| it == name) {
        return match or_create {
            true => create(ui, places, name, None, &LockArguments::default()),
            false => Err(missing(name, &known)),
        };
    }
    if place::workspace()? != name {
        place::select(name)?;
        ui.status(&format!("Workspace `{name}` is in use now."));
    }
    Ok(())
}

fn missing(name: &str, known: &[String]) -> Diagnostics {
    let detail = format!("There is no workspace `{name}`.");
    let near = did_you_mean(name, known.iter().map(String::as_str));
    let space = if near.is_empty() { "" } else { " " };
    let error = Diagnostic::error("Workspace not found", detail);
    error.hint(format!("{near}{space}`terrace workspace new {name}` creates it.")).into()
}

fn delete(
    ui: &Ui,
    places: &Places,
    name: &str,
    force: bool,
    locking: &LockArguments,
) -> Result<(), Diagnostics> {
    let refused = |summary: &str, detail: String, hint: &str| {
        Diagnostics::from(Diagnostic::error(summary, detail).hint(hint))
    };
    check_name(name)?;
    let known = places.workspaces()?;
    if !known.iter().any(|it| it == name) {
        return Err(missing(name, &known));
    }
    if name == DEFAULT {
        let detail = "The workspace `default` is always there.".to_string();
        return Err(refused(
            "Workspace cannot be deleted",
            detail,
            "`terrace destroy` empties it.",
        ));
    }
    if place::workspace()? == name {
        let detail = format!("The workspace `{name}` is in use.");
        return Err(refused("Workspace is in use", detail, "Select another one first."));
    }
    let store = open(places, name, locking)?;
    let left = left(&store);
    if !left.is_empty() && !force {
        let detail = format!("The state of workspace `{name}` has {}.", left.join(", "));
        let hint = "Destroy them first; -force deletes the workspace and leaves them as they are.";
        return Err(refused("Workspace is not empty", detail, hint));
    }
    let folder = places.folder.join(name);
    std::fs::remove_dir_all(&folder).map_err(|error| {
        let detail = format!("{} cannot be removed: {error}.", folder.display());
        Diagnostic::error("Workspace cannot be deleted", detail)
    })?;
    drop(store);
    ui.status(&format!("Workspace `{name}` is deleted."));
    if !left.is_empty() {
        let detail = format!("Nobody manages any more: {}.", left.join(", "));
        ui.diagnostics(&Diagnostic::warning("Workspace was not empty", detail).into());
    }
    Ok(())
}

/// What the state still has, and what an interrupted run may have left.
fn left(store: &Store) -> Vec<String> {
    let folded = store.folded();
    let managed = folded.state.resources.keys();
    let managed = managed.filter(|it| it.resource.resource.mode == Mode::Managed);
    let pending = folded.unresolved.values().map(|it| it.describe());
    managed.map(ToString::to_string).chain(pending).collect()
}
