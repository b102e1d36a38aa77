//! Modules that have been fetched, as the manifest in `.terrace/modules` records them. That of
//! Terraform and OpenTofu, in `.terraform/modules` or the folder that is set instead, counts as well.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::ModulePath;
use crate::diagnostic::{Diagnostic, Source};
use crate::language::config::ModuleCall;
use crate::language::load::{Files, normalise};
use crate::language::source::{ModuleSource, shown};
use crate::language::version::{Version, VersionConstraint};

/// Where terrace keeps what it fetches, below the root module's folder.
pub const FOLDER: &str = ".terrace/modules";
/// The name of the manifest in both.
pub const MANIFEST: &str = "modules.json";

/// What was fetched for one module call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Record {
    /// The path of the module, with dots.
    pub key: String,
    /// Its source.
    pub source: String,
    /// Its version, when it comes from a registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its folder, relative to the root module's.
    pub dir: PathBuf,
}

/// All that was fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Manifest {
    /// The modules, by their keys.
    pub modules: Vec<Record>,
}

/// A module that is called, and where its call says that it comes from.
#[derive(Debug)]
pub struct Wanted<'c> {
    /// The path of the module.
    pub path: ModulePath,
    /// The call.
    pub call: &'c ModuleCall,
    /// What its source means.
    pub source: ModuleSource,
    /// What its version must meet.
    pub version: Option<VersionConstraint>,
}

impl Wanted<'_> {
    /// The key of the module in a manifest.
    pub fn key(&self) -> String {
        self.path.0.join(".")
    }
}

/// Finds modules that are in no local folder.
pub trait Modules {
    /// The folder of a module.
    fn folder(&mut self, wanted: &Wanted<'_>) -> Result<PathBuf, Box<Diagnostic>>;

    /// The manifests that were read.
    fn manifests(&self) -> Vec<Arc<Source>>;
}

/// The modules that have been fetched.
#[derive(Clone, Debug, Default)]
pub struct Installed {
    root: PathBuf,
    manifests: Vec<(Manifest, Arc<Source>)>,
}

impl Installed {
    /// Reads the manifests below a root module. One that cannot be read counts as missing: what it
    /// is needed for is reported.
    pub fn read(root: &Path, files: &dyn Files) -> Installed {
        let read = |folder: &PathBuf| {
            let path = normalise(&root.join(folder).join(MANIFEST));
            let text = files.read(&path).ok()?;
            let manifest = serde_json::from_str(&text).ok()?;
            Some((manifest, Arc::new(Source { path, text })))
        };
        let folders = [PathBuf::from(FOLDER), files.data_folder().join("modules")];
        let manifests = folders.iter().filter_map(read).collect();
        Installed { root: root.to_path_buf(), manifests }
    }

    /// What was fetched for a module, when that is what its call asks for.
    pub fn find(&self, wanted: &Wanted<'_>) -> Result<&Record, Unfit> {
        let key = wanted.key();
        let mut why = Unfit::Missing;
        for (manifest, _) in &self.manifests {
            let Some(record) = manifest.modules.iter().find(|it| it.key == key) else { continue };
            match unfit(wanted, record) {
                None => return Ok(record),
                Some(unfit) => why = unfit,
            }
        }
        Err(why)
    }

    /// What terrace itself fetched.
    pub fn own(&self) -> Vec<Record> {
        let is_own = |path: &Path| path.ends_with(Path::new(FOLDER).join(MANIFEST));
        let own = self.manifests.iter().find(|(_, source)| is_own(&source.path));
        own.map(|(manifest, _)| manifest.modules.clone()).unwrap_or_default()
    }
}

impl Modules for Installed {
    fn folder(&mut self, wanted: &Wanted<'_>) -> Result<PathBuf, Box<Diagnostic>> {
        match self.find(wanted) {
            Ok(record) => Ok(normalise(&self.root.join(&record.dir))),
            Err(why) => Err(Box::new(why.told(wanted))),
        }
    }

    fn manifests(&self) -> Vec<Arc<Source>> {
        self.manifests.iter().map(|(_, source)| source.clone()).collect()
    }
}

/// Why what was fetched does not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Nothing was.
    Missing,
    /// It comes from another source.
    Source(String),
    /// Its version does not meet the constraint.
    Version(String),
}

fn unfit(wanted: &Wanted<'_>, record: &Record) -> Option<Unfit> {
    let same = ModuleSource::parse(&record.source).is_ok_and(|it| wanted.source.same(&it));
    if !same {
        return Some(Unfit::Source(record.source.clone()));
    }
    let constraint = wanted.version.as_ref()?;
    let text = record.version.clone().unwrap_or_default();
    let chosen = Version::parse(&text).is_some_and(|it| constraint.chooses(&it));
    (!chosen).then_some(Unfit::Version(text))
}

impl Unfit {
    fn told(&self, wanted: &Wanted<'_>) -> Diagnostic {
        let (path, call) = (&wanted.path, wanted.call);
        let source = &call.source;
        let (summary, detail) = match self {
            Unfit::Missing => {
                let detail =
                    format!("The source of {path}, `{}`, has not been fetched.", shown(source));
                ("Module not fetched", detail)
            }
            Unfit::Source(other) => {
                let detail = format!(
                    "The source of {path} is `{}`, but what has been fetched for it is `{}`.",
                    shown(source),
                    shown(other)
                );
                ("Module source changed", detail)
            }
            Unfit::Version(has) => {
                let wants = call.version.as_deref().unwrap_or_default();
                let detail = format!(
                    "{path} must have a version `{wants}`; version {has} has been fetched."
                );
                ("Module version changed", detail)
            }
        };
        let mut problem = Diagnostic::error(summary, detail).at(&call.source_span);
        if let (Unfit::Version(_), Some(version)) = (self, &call.version_span) {
            problem = problem.see(version, "this version is asked for");
        }
        problem.hint("`terrace init` fetches the modules that a configuration needs.")
    }
}

/// The folder of the fetched package that a path is in, if it is in one.
pub fn package_of(path: &Path) -> Option<PathBuf> {
    let parts: Vec<Component<'_>> = path.components().collect();
    let at = parts.windows(2).position(|pair| {
        let names = pair.iter().map(|it| it.as_os_str().to_str().unwrap_or_default());
        matches!(names.collect::<Vec<_>>()[..], [".terrace" | ".terraform", "modules"])
    })?;
    parts.get(..at + 3).map(|it| it.iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_told_from_their_paths() {
        let package = |path: &str| package_of(Path::new(path));
        let inner = package("x/.terrace/modules/a.b/modules/c");
        assert_eq!(inner, Some(PathBuf::from("x/.terrace/modules/a.b")));
        assert_eq!(package(".terraform/modules/a"), Some(PathBuf::from(".terraform/modules/a")));
        assert_eq!(package("modules/a"), None);
        assert_eq!(package(".terrace/modules"), None);
    }
}
