//! `terrace show`

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::address::ModulePath;
use crate::command::Exit;
use crate::command::arguments::{ShowArguments, WorldArguments};
use crate::command::place::state_path;
use crate::command::stack::{configuration_with, file_problem, settings, state_problem};
use crate::command::world;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::Configuration;
use crate::language::load::{Disk, load_alone};
use crate::plan::{Providers, file};
use crate::state::{self, Options, State, Store};
use crate::ui::Ui;

/// Runs the command.
pub(super) fn run(ui: &Ui, arguments: &ShowArguments) -> Result<Exit, Diagnostics> {
    let providers = Providers(world::providers(&WorldArguments::default())?);
    let ui = &ui.clone().revealing(arguments.show_sensitive);
    if let Some(module) = &arguments.module {
        return show_module(ui, module, &providers);
    }
    if arguments.config {
        let configuration = configuration_with(ui, &arguments.variables)?;
        ui.data(&ui.configuration_json(&configuration, &providers));
        return Ok(Exit::Success);
    }
    let state = arguments.state.as_ref().and_then(Option::as_ref);
    let Some(path) = arguments.file.as_ref().or(arguments.plan.as_ref()) else {
        let path = match state {
            Some(path) => path.clone(),
            None => state_path(settings(ui, &arguments.variables)?.as_ref(), None)?,
        };
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
    if arguments.plan.is_some() {
        let detail = format!("{} is not a saved plan.", path.display());
        let error = Diagnostic::error("Saved plan cannot be used", detail);
        return Err(error.hint("`terrace plan -out` saves one.").into());
    }
    let hint = "`terrace show` takes a state file, or a plan saved with `terrace plan -out`.";
    let state = state::parse(&bytes, path).map_err(|error| file_problem(&error, hint))?;
    show_state(ui, &state.unwrap_or_default(), &providers, arguments.json)
}

/// Shows a module by itself, as the modules that it calls need not be there.
fn show_module(ui: &Ui, folder: &Path, providers: &Providers) -> Result<Exit, Diagnostics> {
    let (module, diagnostics) = load_alone(folder, &Disk);
    let module = module.filter(|_| !diagnostics.has_errors()).ok_or(diagnostics)?;
    let modules = BTreeMap::from([(ModulePath::default(), Arc::new(module))]);
    let configuration = Configuration { modules, sources: Vec::new(), links: BTreeMap::new() };
    ui.data(&ui.configuration_json(&configuration, providers));
    Ok(Exit::Success)
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
