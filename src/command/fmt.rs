//! `terrace fmt`

use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use similar::TextDiff;

use crate::command::Exit;
use crate::command::arguments::FmtArguments;
use crate::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::language::format::format;
use crate::language::parse::syntax_problems;
use crate::ui::Ui;

/// How the names of configuration files end.
const ENDINGS: &[&str] = &[".tf", ".tofu", ".tfvars", ".tftest.hcl", ".tofutest.hcl"];

/// Runs the command.
pub(super) fn run(ui: &Ui, arguments: &FmtArguments) -> Result<Exit, Diagnostics> {
    let from_input = arguments.paths.first().is_some_and(|it| it.as_os_str() == "-");
    let list = arguments.list && !from_input;
    let mut work = Work {
        ui,
        recursive: arguments.recursive,
        // A check lists nothing only when it is to say nothing at all.
        silent: arguments.check && !list,
        list: list || arguments.check,
        write: arguments.write && !from_input && !arguments.check,
        diff: arguments.diff,
        changed: false,
        problems: Diagnostics::new(),
    };
    if from_input {
        work.input();
    } else if arguments.paths.is_empty() {
        work.path(Path::new("."));
    }
    for path in arguments.paths.iter().filter(|_| !from_input) {
        work.path(path);
    }
    ui.diagnostics(&work.problems);
    Ok(match (work.problems.has_errors(), arguments.check && work.changed) {
        (true, _) => Exit::Unreadable,
        (false, true) => Exit::Unformatted,
        (false, false) => Exit::Success,
    })
}

/// What to do with files, and how it goes.
struct Work<'u> {
    ui: &'u Ui,
    recursive: bool,
    silent: bool,
    list: bool,
    write: bool,
    diff: bool,
    changed: bool,
    problems: Diagnostics,
}

impl Work<'_> {
    fn problem(&mut self, summary: &str, detail: String) {
        self.problems.push(Diagnostic::error(summary, detail));
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        let detail = format!("{} cannot be read: {error}.", path.display());
        self.problem("Failed to read file", detail);
    }

    fn tell(&self, text: &str) {
        if !self.silent {
            self.ui.data(text);
        }
    }

    fn input(&mut self) {
        let mut bytes = Vec::new();
        match io::stdin().lock().read_to_end(&mut bytes) {
            Ok(_) => self.bytes(Path::new("<stdin>"), bytes),
            Err(error) => self.unreadable(Path::new("<stdin>"), &error),
        }
    }

    fn path(&mut self, path: &Path) {
        if path.is_dir() {
            self.folder(path);
        } else if !path.exists() {
            let detail = format!("There is no file or folder {}.", path.display());
            self.problem("Invalid file or directory path", detail);
        } else if path.to_str().is_some_and(is_configuration) {
            self.file(path);
        } else {
            let detail = format!(
                "{} is not a configuration file: its name does not end with {}.",
                path.display(),
                ENDINGS.join(", ")
            );
            self.problem("Invalid file extension", detail);
        }
    }

    fn folder(&mut self, folder: &Path) {
        let entries = std::fs::read_dir(folder).and_then(|it| it.collect::<io::Result<Vec<_>>>());
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.unreadable(folder, &error),
        };
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| !is_ignored(name)) else { continue };
            let path = folder.join(name);
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if self.recursive {
                    self.folder(&path);
                }
            } else if is_configuration(name) {
                self.file(&path);
            }
        }
    }

    fn file(&mut self, path: &Path) {
        match std::fs::read(path) {
            Ok(bytes) => self.bytes(&shown(path), bytes),
            Err(error) => self.unreadable(path, &error),
        }
    }

    fn bytes(&mut self, path: &Path, bytes: Vec<u8>) {
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let detail = format!("{} is not UTF-8 text at byte {at}.", path.display());
                return self.problem("Invalid character encoding", detail);
            }
        };
        let source = Arc::new(Source { path: path.to_path_buf(), text });
        let problems = syntax_problems(&source);
        if problems.has_errors() {
            return self.problems.extend(problems);
        }
        let formatted = format(&source.text);
        let formatted = Arc::new(Source { path: path.to_path_buf(), text: formatted });
        // Whatever happens, a file that can be read must not become one that cannot.
        let broken = syntax_problems(&formatted);
        if broken.has_errors() {
            return self.problems.extend(broken);
        }
        self.formatted(path, &source.text, &formatted.text);
    }

    fn formatted(&mut self, path: &Path, before: &str, after: &str) {
        if before != after {
            self.changed = true;
            if self.list {
                self.tell(&format!("{}\n", path.display()));
            }
            if self.write
                && let Err(error) = std::fs::write(path, after)
            {
                let detail = format!("{} cannot be written: {error}.", path.display());
                return self.problem("Writing formatted file failed", detail);
            }
            if self.diff {
                self.tell(&difference(path, before, after));
            }
        }
        if !self.list && !self.write && !self.diff {
            self.tell(after);
        }
    }
}

fn difference(path: &Path, before: &str, after: &str) -> String {
    let path = path.display();
    let lines = TextDiff::from_lines(before, after);
    lines.unified_diff().header(&format!("old/{path}"), &format!("new/{path}")).to_string()
}

fn is_configuration(name: &str) -> bool {
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Whether a file or folder is hidden, or kept by an editor.
fn is_ignored(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'))
}

/// A path as seen from the current folder.
fn shown(path: &Path) -> PathBuf {
    let Ok(folder) = std::env::current_dir() else { return path.to_path_buf() };
    let whole = folder.join(path);
    let (here, there) = (parts(&folder), parts(&whole));
    let common = here.iter().zip(&there).take_while(|(here, there)| here == there).count();
    let up = here.iter().skip(common).map(|_| Component::ParentDir);
    up.chain(there.iter().skip(common).copied()).collect()
}

/// The parts of a path, without `.` and `..`.
fn parts(path: &Path) -> Vec<Component<'_>> {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_as_seen_from_here() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(shown(Path::new("./a/../b.tf")), Path::new("b.tf"));
        assert_eq!(shown(&here.join("a/b.tf")), Path::new("a/b.tf"));
        assert_eq!(shown(&here.parent().unwrap().join("x.tf")), Path::new("../x.tf"));
    }
}
