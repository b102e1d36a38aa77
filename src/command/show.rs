//! `terrace show`

use std::path::Path;

use crate::command::Exit;
use crate::command::arguments::{ShowArguments, WorldArguments};
use crate::command::place::state_path;
use crate::command::stack::{file_problem, settings, state_problem};
use crate::command::world;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{Providers, file};
use crate::state::{self, Options, State, Store};
use crate::ui::Ui;

/// Runs the command.
pub(super) fn run(ui: &Ui, arguments: &ShowArguments) -> Result<Exit, Diagnostics> {
    let providers = Providers(world::providers(&WorldArguments::default())?);
    let Some(path) = &arguments.file else {
        let settings = settings(ui)?;
        let path = state_path(settings.as_ref(), arguments.state.as_ref())?;
        let store = Store::open(&Options::read(path)).map_err(|error| state_problem(&error))?;
        return show_state(ui, &store.state(), &providers, arguments.json);
    };
    let bytes = std::fs::read(path).map_err(|error| {
        let detail = format!("{} cannot be read: {error}.", path.display());
        Diagnostic::error("File cannot be read", detail)
    })?;
    if bytes.starts_with(b"PK") {
        return show_plan(ui, &bytes, path, &providers, arguments.json);
    }
    let hint = "`terrace show` takes a state file, or a plan saved with `terrace plan -out`.";
    let state = state::parse(&bytes, path).map_err(|error| file_problem(&error, hint))?;
    show_state(ui, &state.unwrap_or_default(), &providers, arguments.json)
}

fn show_state(
    ui: &Ui,
    state: &State,
    providers: &Providers,
    json: bool,
) -> Result<Exit, Diagnostics> {
    ui.document(json, || ui.state(state, providers), || ui.state_json(state, providers))?;
    Ok(Exit::Success)
}

fn show_plan(
    ui: &Ui,
    bytes: &[u8],
    path: &Path,
    providers: &Providers,
    json: bool,
) -> Result<Exit, Diagnostics> {
    let (plan, _) = file::read(bytes, path)
        .map_err(|error| Diagnostic::error("Saved plan cannot be used", format!("{error}.")))?;
    let text = || Ok(ui.plan_text(&plan, providers));
    ui.document(json, text, || ui.plan_json(&plan, providers))?;
    Ok(Exit::Success)
}
