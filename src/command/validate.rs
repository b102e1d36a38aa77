//! `terrace validate`

use std::path::Path;

use crate::command::arguments::{ValidateArguments, WorldArguments};
use crate::command::stack::{early_of_run, load_fetched};
use crate::command::{Exit, enter, world};
use crate::diagnostic::Diagnostics;
use crate::language::config::Configuration;
use crate::language::installed::Installed;
use crate::language::load::Disk;
use crate::language::suite::{load_run, load_tests};
use crate::plan::{Dependencies, Providers, validate};
use crate::ui::{Ui, validation};

/// Runs the command.
pub(super) fn run(ui: &Ui, arguments: &ValidateArguments) -> Result<Exit, Diagnostics> {
    if let Some(folder) = &arguments.folder {
        enter(folder, "Invalid folder")?;
    }
    let diagnostics = check(arguments).unwrap_or_else(|problems| problems);
    let valid = !diagnostics.has_errors();
    let text = || {
        ui.diagnostics(&diagnostics);
        let good = "Success! The configuration is valid.\n";
        Ok(if valid { good } else { "" }.to_string())
    };
    ui.document(arguments.json, text, || Ok(format!("{:#}\n", validation(&diagnostics))))?;
    Ok(if valid { Exit::Success } else { Exit::Failure })
}

fn check(arguments: &ValidateArguments) -> Result<Diagnostics, Diagnostics> {
    let (configuration, mut diagnostics) = load_fetched(&arguments.variables);
    let providers = Providers(world::providers(&WorldArguments::default())?);
    if let Some(configuration) = &configuration {
        diagnostics.extend(problems(configuration, &providers));
    }
    if !arguments.no_tests {
        diagnostics.extend(problems_of_tests(arguments, configuration.as_ref(), &providers));
    }
    Ok(diagnostics)
}

fn problems(configuration: &Configuration, providers: &Providers) -> Diagnostics {
    match Dependencies::find(configuration) {
        Ok(dependencies) => validate(configuration, &dependencies, providers),
        Err(cycle) => Diagnostics::from(cycle),
    }
}

/// What is wrong with files of tests, and with the modules that they run.
fn problems_of_tests(
    arguments: &ValidateArguments,
    configuration: Option<&Configuration>,
    providers: &Providers,
) -> Diagnostics {
    let directory = &arguments.test_directory;
    let (files, mut diagnostics) = load_tests(Path::new("."), directory, &Disk);
    let mut modules = Installed::read(Path::new("."), &Disk);
    for file in files {
        for run in &file.runs {
            let early = early_of_run(configuration, &arguments.variables, run);
            let (loaded, mut told) = load_run(&file.path, run, &early, &Disk, &mut modules);
            told.extend(loaded.map(|it| problems(&it, providers)).unwrap_or_default());
            // Runs of one module tell the same of it.
            told.0.retain(|it| !diagnostics.0.contains(it));
            diagnostics.extend(told);
        }
    }
    diagnostics
}
