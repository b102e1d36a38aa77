//! `terrace test`

mod clean;
mod configure;
mod file;
mod folder;
mod judge;
mod mock;
mod scope;
mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::command::arguments::TestArguments;
use crate::command::stack::{configuration_with, working_folder};
use crate::command::{Exit, stop_with_words};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::{Configuration, Variable};
use crate::language::installed::Installed;
use crate::language::load::Disk;
use crate::language::module::TestFile;
use crate::language::suite::{load_run, load_tests};
use crate::ui::Ui;
use crate::ui::suite::FileReport;

use file::{Suite, carry_out_file, root};
use folder::Record;
use variables::Given;

/// What is said at the first interrupt.
const STOPPING: &str = "\nStopping: calls under way are finished, no other run is started, and what \
                        the runs made is destroyed. The next interrupt leaves at once.";

/// Runs the command.
pub(super) async fn run(ui: &Ui, arguments: &TestArguments) -> Result<Exit, Diagnostics> {
    let (configuration, files) =
        match (configuration_with(ui, &arguments.variables), wanted(ui, arguments)) {
            (Ok(configuration), Ok(files)) => (configuration, files),
            (Err(mut problems), Err(others)) => {
                problems.extend(others);
                return Err(problems);
            }
            (Err(problems), _) | (_, Err(problems)) => return Err(problems),
        };
    let folder = working_folder()?;
    let given = Given {
        main: root(&configuration)?,
        others: variables_of_runs(&files),
        arguments: &arguments.variables,
        directory: &arguments.test_directory,
        folder: &folder,
    };
    let (_, told) = given.values(given.main);
    if told.has_errors() {
        return Err(told);
    }
    ui.diagnostics(&told);
    let record = Record::default();
    let words = record.clone();
    let stop = stop_with_words(ui, STOPPING, move || words.words());
    let configuration = &configuration;
    let suite = Suite { ui, arguments, configuration, given, stop: &stop, record };
    let told: Vec<_> = files.iter().map(names).collect();
    ui.suite(&told);
    let mut reports = Vec::new();
    for file in &files {
        if !stop.is_requested() {
            reports.push(carry_out_file(&suite, file).await);
        }
    }
    ui.suite_result(&reports);
    if let Some(path) = &arguments.junit_xml {
        let saved = ui.junit(&reports).and_then(|report| std::fs::write(path, report));
        saved.map_err(|error| unwritten(path, &error))?;
    }
    let good = reports.iter().all(FileReport::is_good) && !stop.is_requested();
    Ok(if good { Exit::Success } else { Exit::Failure })
}

/// The variables of the modules that runs name. What is wrong with those is told when they are run.
fn variables_of_runs(files: &[TestFile]) -> BTreeMap<String, Variable> {
    let mut modules = Installed::read(Path::new("."), &Disk);
    let mut seen = BTreeSet::new();
    let mut found = BTreeMap::new();
    for file in files {
        for run in &file.runs {
            let named = run.module.as_ref().map(|it| (it.source.clone(), it.version.clone()));
            if named.is_some_and(|it| seen.insert(it)) {
                let early = BTreeMap::new();
                let (configuration, _) = load_run(&file.path, run, &early, &Disk, &mut modules);
                let root = configuration.as_ref().and_then(Configuration::root);
                for (name, variable) in root.into_iter().flat_map(|it| &it.variables) {
                    found.entry(name.clone()).or_insert_with(|| variable.clone());
                }
            }
        }
    }
    found
}

/// A file and its runs, by their names.
fn names(file: &TestFile) -> (String, Vec<String>) {
    let runs = file.runs.iter().map(|run| run.name.clone());
    (file.path.display().to_string(), runs.collect())
}

/// The files of tests, or those of them that are asked for.
fn wanted(ui: &Ui, arguments: &TestArguments) -> Result<Vec<TestFile>, Diagnostics> {
    let (mut files, diagnostics) = load_tests(Path::new("."), &arguments.test_directory, &Disk);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    ui.diagnostics(&diagnostics);
    let filter: Vec<_> =
        arguments.filter.iter().map(|path| crate::language::load::normalise(path)).collect();
    for path in filter.iter().filter(|path| !files.iter().any(|file| file.path == **path)) {
        let detail = format!("There is no file of tests {}.", path.display());
        let hint = "Name it relative to the current folder, such as tests/main.tftest.hcl.";
        let problem = Diagnostic::warning("Unknown test file", detail).hint(hint);
        ui.diagnostics(&problem.into());
    }
    if !filter.is_empty() {
        files.retain(|file| filter.contains(&file.path));
    }
    Ok(files)
}

fn unwritten(path: &Path, error: &std::io::Error) -> Diagnostic {
    let detail = format!("{} cannot be written: {error}.", path.display());
    Diagnostic::error("Report cannot be written", detail)
}
