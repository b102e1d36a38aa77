//! `terrace init` and `terrace get`

use std::path::Path;

use crate::command::arguments::{GetArguments, InitArguments, VariableArguments};
use crate::command::place::workspace;
use crate::command::{Exit, backend, stack};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::fetch::Fetcher;
use crate::language::config::Configuration;
use crate::language::load::{Disk, Files as _, is_configuration};
use crate::language::source::shown;
use crate::language::suite::{load_run, load_tests};
use crate::ui::Ui;

/// Runs `init`: the configuration must load, with all its modules.
pub(super) fn run(ui: &Ui, arguments: &InitArguments) -> Result<Exit, Diagnostics> {
    if let Some(source) = &arguments.from_module {
        copied(ui, source)?;
    }
    let configuration = match arguments.get {
        true => {
            let frozen = arguments.lockfile.is_some();
            let how = How { upgrade: arguments.upgrade, frozen, tests: &arguments.test_directory };
            fetched(ui, &arguments.variables, &how)?
        }
        false => stack::configuration_with(ui, &arguments.variables)?,
    };
    let places = backend::initialise(ui, configuration.root(), arguments)?;
    let modules = configuration.modules.len().saturating_sub(1);
    ui.status(&format!(
        "Ready: {modules} module calls found, state in {}. Providers are part of terrace.",
        places.state(&workspace()?).display()
    ));
    Ok(Exit::Success)
}

/// Copies a module into the current folder, which must have no configuration yet.
fn copied(ui: &Ui, source: &str) -> Result<(), Diagnostics> {
    let names = Disk.list(Path::new(".")).unwrap_or_default();
    if names.iter().any(|name| is_configuration(name)) {
        let detail = "-from-module copies into a folder that has no configuration yet.";
        let error = Diagnostic::error("Folder is not empty", detail);
        return Err(error.hint("Leave out -from-module to use what is there.").into());
    }
    ui.status(&format!("Copying the configuration from {}.", shown(source)));
    let say = |text: &str| ui.status(text);
    let fetcher = Fetcher::new(Path::new("."), false, &say);
    let mut fetcher = fetcher.map_err(|error| Diagnostics::from(error.plain()))?;
    fetcher.copy(source).map_err(|error| Diagnostics::from(*error))
}

/// Runs `get`.
pub(super) fn get(ui: &Ui, arguments: &GetArguments) -> Result<Exit, Diagnostics> {
    let how = How { upgrade: arguments.update, frozen: false, tests: &arguments.test_directory };
    let configuration = fetched(ui, &arguments.variables, &how)?;
    let modules = configuration.modules.len().saturating_sub(1);
    ui.status(&format!("Ready: {modules} module calls found."));
    Ok(Exit::Success)
}

/// How modules are fetched.
struct How<'a> {
    /// Whether newer ones are wanted than those of the lock file.
    upgrade: bool,
    /// Whether the lock file must stay as it is.
    frozen: bool,
    /// Where files of tests are too.
    tests: &'a Path,
}

/// The configuration of the current folder, with modules fetched that were missing: its own, and
/// those that its tests run.
fn fetched(
    ui: &Ui,
    variables: &VariableArguments,
    how: &How<'_>,
) -> Result<Configuration, Diagnostics> {
    let say = |text: &str| ui.status(text);
    let fetcher = Fetcher::new(Path::new("."), how.upgrade, &say);
    let fetcher = fetcher.map_err(|error| Diagnostics::from(error.plain()))?;
    let mut fetcher = fetcher.frozen(how.frozen);
    let (configuration, mut diagnostics) = stack::load_here(variables, &mut fetcher);
    let (files, problems) = load_tests(Path::new("."), how.tests, &Disk);
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
