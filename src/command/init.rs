//! `terrace init` and `terrace get`

use std::path::Path;

use crate::command::arguments::{GetArguments, InitArguments, VariableArguments};
use crate::command::{Exit, place, stack};
use crate::diagnostic::Diagnostics;
use crate::fetch::Fetcher;
use crate::language::config::Configuration;
use crate::language::load::Disk;
use crate::language::suite::{load_run, load_tests};
use crate::ui::Ui;

/// Runs `init`: the configuration must load, with all its modules.
pub(super) fn run(ui: &Ui, arguments: &InitArguments) -> Result<Exit, Diagnostics> {
    let configuration = match arguments.get {
        true => fetched(ui, &arguments.variables, arguments.upgrade, &arguments.test_directory)?,
        false => stack::configuration_with(ui, &arguments.variables)?,
    };
    let path = place::state_path(configuration.root(), None)?;
    let modules = configuration.modules.len().saturating_sub(1);
    ui.status(&format!(
        "Ready: {modules} module calls found, state in {}. Providers are part of terrace.",
        path.display()
    ));
    Ok(Exit::Success)
}

/// Runs `get`.
pub(super) fn get(ui: &Ui, arguments: &GetArguments) -> Result<Exit, Diagnostics> {
    let configuration =
        fetched(ui, &arguments.variables, arguments.update, &arguments.test_directory)?;
    let modules = configuration.modules.len().saturating_sub(1);
    ui.status(&format!("Ready: {modules} module calls found."));
    Ok(Exit::Success)
}

/// The configuration of the current folder, with modules fetched that were missing: its own, and
/// those that its tests run.
fn fetched(
    ui: &Ui,
    variables: &VariableArguments,
    upgrade: bool,
    tests: &Path,
) -> Result<Configuration, Diagnostics> {
    let say = |text: &str| ui.status(text);
    let fetcher = Fetcher::new(Path::new("."), upgrade, &say);
    let mut fetcher = fetcher.map_err(|error| Diagnostics::from(error.plain()))?;
    let (configuration, mut diagnostics) = stack::load_here(variables, &mut fetcher);
    let (files, problems) = load_tests(Path::new("."), tests, &Disk);
    diagnostics.extend(problems);
    let complete = configuration.is_some() && !diagnostics.has_errors();
    for file in files {
        for run in &file.runs {
            let early = stack::early_of_run(configuration.as_ref(), variables, run);
            let (_, problems) = load_run(&file.path, run, &early, &Disk, &mut fetcher);
            diagnostics.extend(problems);
        }
    }
    if let Err(error) = fetcher.finish(complete && !diagnostics.has_errors()) {
        diagnostics.push(error.plain());
    }
    stack::shown(ui, (configuration, diagnostics))
}
