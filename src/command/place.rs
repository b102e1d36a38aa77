//! Where the state is: the `local` backend and its workspaces, as OpenTofu keeps them.

use std::collections::BTreeSet;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::command::backend;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::Module;
use crate::language::load::{Disk, Files as _};

/// The workspace that is always there.
pub(super) const DEFAULT: &str = "default";

/// The name of a state file.
const STATE: &str = "terraform.tfstate";

/// Where the `local` backend keeps the state of each workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Places {
    /// The state file of the default workspace.
    pub(super) path: PathBuf,
    /// The folder that holds a folder for each other workspace.
    pub(super) folder: PathBuf,
}

impl Default for Places {
    fn default() -> Places {
        Places { path: STATE.into(), folder: "terraform.tfstate.d".into() }
    }
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the state file {}", self.path.display())?;
        if self.folder != Places::default().folder {
            write!(f, " and the folder {} for workspaces", self.folder.display())?;
        }
        Ok(())
    }
}

impl Places {
    /// What `init` recorded, or else what the `backend` block of the root module says.
    pub(super) fn of(root: Option<&Module>) -> Result<Places, Diagnostics> {
        Ok(backend::in_use(root)?.places())
    }

    /// Whether states are kept here, apart from what belongs to another place too.
    pub(super) fn is_used_besides(&self, other: &Places) -> bool {
        (self.path != other.path && self.path.exists())
            || (self.folder != other.folder && self.folder.exists())
    }

    /// The state file of a workspace.
    pub(super) fn state(&self, workspace: &str) -> PathBuf {
        match workspace {
            DEFAULT => self.path.clone(),
            _ => self.folder.join(workspace).join(STATE),
        }
    }

    /// The workspaces there are, the default one first.
    pub(super) fn workspaces(&self) -> Result<Vec<String>, Diagnostics> {
        let unreadable = |error: std::io::Error| {
            let detail = format!("{} cannot be read: {error}.", self.folder.display());
            Diagnostics::from(Diagnostic::error("Workspaces cannot be listed", detail))
        };
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![DEFAULT.into()]),
            Err(error) => return Err(unreadable(error)),
        };
        let mut names = BTreeSet::new();
        for entry in entries {
            let entry = entry.map_err(unreadable)?;
            if entry.path().is_dir() {
                names.extend(entry.file_name().into_string());
            }
        }
        names.remove(DEFAULT);
        Ok([DEFAULT.to_string()].into_iter().chain(names).collect())
    }
}

/// The state file of the workspace in use, unless the command names one.
pub(super) fn state_path(
    root: Option<&Module>,
    given: Option<&PathBuf>,
) -> Result<PathBuf, Diagnostics> {
    match given {
        Some(given) => refuse_unknown(root).map(|()| given.clone()),
        None => Ok(Places::of(root)?.state(&workspace()?)),
    }
}

/// Refuses ways to keep the state that terrace does not have: it must not be kept in another way.
pub(super) fn refuse_unknown(root: Option<&Module>) -> Result<(), Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    if let Some(cloud) = root.and_then(|it| it.cloud.as_ref()) {
        let detail = "terrace does not keep state in HCP Terraform or what is like it.";
        let problem = Diagnostic::error("Unsupported cloud block", detail).at(&cloud.span);
        diagnostics.push(problem.hint("Use `backend \"local\"` instead, or no block."));
    }
    if let Some(encryption) = root.and_then(|it| it.encryption.as_ref()) {
        let detail = "terrace does not encrypt state and plans itself.";
        let problem = Diagnostic::error("Unsupported encryption block", detail);
        let hint = "Remove the block, and keep the state where it is encrypted for you.";
        diagnostics.push(problem.hint(hint).at(&encryption.span));
    }
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(()) }
}

/// The folder in which OpenTofu and Terraform keep what they know of this one.
pub(super) fn data_folder() -> PathBuf {
    Disk.data_folder()
}

/// The file in which OpenTofu and Terraform note the workspace in use.
fn note() -> PathBuf {
    data_folder().join("environment")
}

/// The workspace that the environment variable TF_WORKSPACE names, if any.
pub(super) fn named_by_environment() -> Option<String> {
    std::env::var("TF_WORKSPACE").ok().filter(|name| !name.is_empty())
}

/// The workspace in use: what TF_WORKSPACE says, or what was selected last.
pub(super) fn workspace() -> Result<String, Diagnostics> {
    if let Some(name) = named_by_environment() {
        check_name(&name)?;
        return Ok(name);
    }
    match std::fs::read_to_string(note()) {
        Ok(text) if text.trim().is_empty() => Ok(DEFAULT.into()),
        Ok(text) => {
            check_name(text.trim())?;
            Ok(text.trim().to_string())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(DEFAULT.into()),
        Err(error) => Err(unnoted("read", &error)),
    }
}

/// Notes which workspace is in use from now on.
pub(super) fn select(workspace: &str) -> Result<(), Diagnostics> {
    let path = note();
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, workspace));
    written.map_err(|error| unnoted("written", &error))
}

fn unnoted(verb: &str, error: &std::io::Error) -> Diagnostics {
    let detail = format!("{} cannot be {verb}: {error}.", note().display());
    Diagnostic::error("Workspace in use is not known", detail).into()
}

/// A workspace is a folder, and its name may stand in an address of the web as it is.
pub(super) fn check_name(name: &str) -> Result<(), Diagnostics> {
    let good = |c: char| c.is_ascii_alphanumeric() || "-_.~$&+:=@".contains(c);
    if !name.is_empty() && name.chars().all(good) && name != "." && name != ".." {
        return Ok(());
    }
    let detail = format!("`{name}` cannot be the name of a workspace.");
    let error = Diagnostic::error("Invalid workspace name", detail);
    Err(error.hint("Use letters, digits, dashes, underscores and dots.").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_folders() {
        for good in ["default", "a-b_c.1", "feature=x", "a:b@c"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for wrong in ["", ".", "..", "a/b", "a b", "a%b", "ä", "a,b", "a?"] {
            assert!(check_name(wrong).is_err(), "{wrong}");
        }
    }
}
