//! Where the state is: the `local` backend and its workspaces, as OpenTofu keeps them.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::{Block, Module};
use crate::language::module::constant;
use crate::language::suggest::did_you_mean;

/// The workspace that is always there.
pub(super) const DEFAULT: &str = "default";

/// The name of a state file.
const STATE: &str = "terraform.tfstate";

/// Where the `local` backend keeps the state of each workspace.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Places {
    /// The state file of the default workspace.
    path: PathBuf,
    /// The folder that holds a folder for each other workspace.
    pub(super) folder: PathBuf,
}

impl Places {
    /// What the `backend` block of the root module says.
    pub(super) fn of(root: Option<&Module>) -> Result<Places, Diagnostics> {
        refuse_unknown(root)?;
        let mut places = Places { path: STATE.into(), folder: "terraform.tfstate.d".into() };
        let Some(backend) = root.and_then(|root| root.backend.as_ref()) else {
            return Ok(places);
        };
        let kind = backend.labels.first().map(|(kind, _)| kind.as_str()).unwrap_or_default();
        if kind != "local" {
            let detail = format!("terrace keeps state in a local file so far, not in `{kind}`.");
            let error = Diagnostic::error("Unsupported backend", detail);
            return Err(error
                .hint("Use `backend \"local\"`, or no backend block.")
                .at(&backend.span)
                .into());
        }
        places.path = argument(backend, "path")?.unwrap_or(places.path);
        places.folder = argument(backend, "workspace_dir")?.unwrap_or(places.folder);
        Ok(places)
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

/// A path that a `local` backend is given.
fn argument(backend: &Block, name: &str) -> Result<Option<PathBuf>, Diagnostics> {
    for (given, attribute) in &backend.body.attributes {
        if given != "path" && given != "workspace_dir" {
            let detail = format!("The `local` backend has no argument `{given}`.");
            let hint = match did_you_mean(given, ["path", "workspace_dir"]) {
                near if near.is_empty() => "It has `path` and `workspace_dir`.".to_string(),
                near => near,
            };
            let error = Diagnostic::error("Unsupported argument", detail).hint(hint);
            return Err(error.at(&attribute.name_span).into());
        }
    }
    let Some(given) = backend.body.attributes.get(name) else { return Ok(None) };
    let (value, diagnostics) = constant(&given.value, &format!("`{name}`"));
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    match value.as_ref().filter(|it| !it.is_null()).map(|it| it.as_str()) {
        None => Ok(None),
        Some(Some("")) => {
            let detail = format!("`{name}` is empty.");
            let error = Diagnostic::error("Invalid backend configuration", detail);
            Err(error.at(&given.value.span).into())
        }
        Some(Some(path)) => Ok(Some(path.into())),
        Some(None) => {
            let detail = format!("`{name}` must be a constant string.");
            let error = Diagnostic::error("Invalid backend configuration", detail);
            Err(error.at(&given.value.span).into())
        }
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
fn refuse_unknown(root: Option<&Module>) -> Result<(), Diagnostics> {
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

/// The file in which OpenTofu and Terraform note the workspace in use.
fn note() -> PathBuf {
    let folder = std::env::var_os("TF_DATA_DIR").filter(|it| !it.is_empty());
    folder.map_or_else(|| PathBuf::from(".terraform"), PathBuf::from).join("environment")
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
