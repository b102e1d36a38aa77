//! What a plan is limited to, and what it must replace.

use std::path::{Path, PathBuf};

use crate::address::{InstanceAddress, Target};
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
        let replace = addresses("-replace", &options.replace, &mut problems);
        if problems.has_errors() {
            Err(problems)
        } else {
            Ok(Wanted { targets, excludes, replace })
        }
    }
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
