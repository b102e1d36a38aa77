//! What a plan is limited to, and what it must replace.

use std::path::{Path, PathBuf};

use crate::address::{InstanceAddress, Mode, Target};
use crate::command::arguments::PlanOptions;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// What a plan is limited to, and what it must replace.
pub(super) struct Wanted {
    pub(super) targets: Vec<Target>,
    pub(super) excludes: Vec<Target>,
    pub(super) replace: Vec<InstanceAddress>,
}

impl Wanted {
    pub(super) fn of(options: &PlanOptions) -> Result<Wanted, Diagnostics> {
        let mut problems = Diagnostics::new();
        let limits = &options.limits;
        let mut targets = addresses("-target", &limits.target, &mut problems);
        targets.extend(from_files("-target-file", &limits.target_file, &mut problems));
        let mut excludes = addresses("-exclude", &limits.exclude, &mut problems);
        excludes.extend(from_files("-exclude-file", &limits.exclude_file, &mut problems));
        let replace: Vec<InstanceAddress> = addresses("-replace", &options.replace, &mut problems);
        for address in replace.iter().filter(|it| it.resource.resource.mode != Mode::Managed) {
            let detail = format!("{address} is only read, so it is never replaced.");
            problems.push(invalid("-replace", detail));
        }
        if problems.has_errors() {
            Err(problems)
        } else {
            Ok(Wanted { targets, excludes, replace })
        }
    }
}

/// Refuses options that make no sense together. `destroy` is the command of that name.
pub(super) fn check(options: &PlanOptions, destroy: bool) -> Result<(), Diagnostics> {
    let PlanOptions { refresh_only, refresh, .. } = *options;
    let replaces = !options.replace.is_empty();
    let wrong = [
        (destroy && options.destroy, "`terrace destroy` always destroys: it has no -destroy."),
        (destroy && refresh_only, "`terrace destroy` has no -refresh-only."),
        (refresh_only && !refresh, "-refresh-only with -refresh=false leaves nothing to do."),
        (refresh_only && replaces, "-refresh-only changes no object, so it cannot -replace one."),
        ((destroy || options.destroy) && replaces, "What is destroyed cannot be replaced."),
    ];
    let found = wrong.into_iter().filter(|(found, _)| *found);
    let problems = found.map(|(_, detail)| Diagnostic::error("Incompatible options", detail));
    let problems: Diagnostics = problems.collect();
    if problems.has_errors() { Err(problems) } else { Ok(()) }
}

fn invalid(flag: &str, detail: String) -> Diagnostic {
    Diagnostic::error(format!("Invalid {flag}"), detail)
}

fn addresses<T: std::str::FromStr<Err: std::fmt::Display>>(
    flag: &str,
    texts: &[String],
    problems: &mut Diagnostics,
) -> Vec<T> {
    let mut found = Vec::new();
    for text in texts {
        match text.parse() {
            Ok(address) => found.push(address),
            Err(error) => problems.push(invalid(flag, format!("{error}."))),
        }
    }
    found
}

/// The addresses in files: one a line, and comments.
fn from_files(flag: &str, files: &[PathBuf], problems: &mut Diagnostics) -> Vec<Target> {
    let mut found = Vec::new();
    for file in files {
        match std::fs::read_to_string(file) {
            Ok(text) => found.extend(from_file(flag, file, &text, problems)),
            Err(error) => {
                let detail = format!("{} cannot be read: {error}.", file.display());
                problems.push(invalid(flag, detail));
            }
        }
    }
    found
}

fn from_file(flag: &str, file: &Path, text: &str, problems: &mut Diagnostics) -> Vec<Target> {
    let lines = text.lines().map(str::trim).enumerate();
    let mut found = Vec::new();
    for (at, line) in lines.filter(|(_, it)| !it.is_empty() && !it.starts_with('#')) {
        match line.parse() {
            Ok(target) => found.push(target),
            Err(error) => {
                let detail = format!("{}, line {}: {error}.", file.display(), at + 1);
                problems.push(invalid(flag, detail));
            }
        }
    }
    found
}
