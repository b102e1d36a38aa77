//! The lock file: which versions of which packages, and what is in them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostics;
use crate::fetch::error::{FetchError, Result, shown};
use crate::fetch::files;
use crate::fetch::locked_name;
use crate::language::installed::{Installed, package_of};
use crate::language::load::Disk;
use crate::language::source::{ModuleSource, without_secrets};

/// The lock file's name, in the root module's folder.
const NAME: &str = ".terrace.lock.json";
const FORMAT: u64 = 1;

/// The hashes of packages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lock {
    format: u64,
    /// By the address of the package; the version is empty where there are none.
    modules: BTreeMap<String, BTreeMap<String, String>>,
    /// Whether the file has to be written again whatever is in it.
    #[serde(skip)]
    stale: bool,
}

impl Default for Lock {
    fn default() -> Lock {
        Lock { format: FORMAT, modules: BTreeMap::new(), stale: false }
    }
}

impl Lock {
    /// Reads the lock file of a root module's folder; an empty one when there is none.
    pub(super) fn read(root: &Path) -> Result<Lock> {
        let path = root.join(NAME);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Lock::default());
            }
            Err(error) => return Err(FetchError::file(&path, &error)),
        };
        let damaged = |what: String| FetchError::new(what).titled("Lock file cannot be used");
        let lock: Lock = serde_json::from_str(&text)
            .map_err(|error| damaged(format!("{NAME} is damaged: {error}")))?;
        match lock.format {
            FORMAT => Ok(lock.without_secrets()),
            other => Err(damaged(format!("{NAME} has format {other}, which is not known"))),
        }
    }

    /// The same without secrets in the names of packages, which were once written there.
    fn without_secrets(self) -> Lock {
        let stale = self.modules.keys().any(|name| without_secrets(name) != *name);
        let named = self.modules.into_iter().map(|(name, it)| (without_secrets(&name), it));
        Lock { modules: named.collect(), stale, ..Lock::default() }
    }

    /// Writes the lock file unless it is as `before`.
    pub(super) fn write(&self, root: &Path, before: &Lock) -> Result<()> {
        if self == before {
            return Ok(());
        }
        let text = serde_json::to_string_pretty(self).map_err(FetchError::internal)?;
        files::write(&root.join(NAME), &format!("{text}\n"))
    }

    pub(super) fn add(&mut self, name: &str, version: Option<&str>, hash: &str) {
        let versions = self.modules.entry(name.to_string()).or_default();
        versions.insert(version.unwrap_or_default().to_string(), hash.to_string());
    }

    /// Adds what another has, where this one has nothing.
    pub(super) fn add_all(&mut self, other: &Lock) {
        for (name, versions) in &other.modules {
            let own = self.modules.entry(name.clone()).or_default();
            for (version, hash) in versions {
                own.entry(version.clone()).or_insert_with(|| hash.clone());
            }
        }
    }

    /// The versions of a package.
    pub(super) fn versions(&self, name: &str) -> Vec<String> {
        self.modules.get(name).map(|it| it.keys().cloned().collect()).unwrap_or_default()
    }

    fn hash(&self, name: &str, version: Option<&str>) -> Option<&String> {
        self.modules.get(name)?.get(version.unwrap_or_default())
    }

    /// Whether a fetched package is what is locked. One that nothing is known about is.
    pub(super) fn fits(&self, name: &str, version: Option<&str>, hash: &str) -> bool {
        match self.hash(name, version) {
            Some(locked) => locked == hash,
            None => !self.modules.contains_key(name),
        }
    }

    /// Checks that what was just fetched is what is locked.
    pub(super) fn check(&self, name: &str, version: Option<&str>, hash: &str) -> Result<()> {
        match self.hash(name, version) {
            Some(locked) if locked != hash => {
                let version = version.map(|it| format!(" {it}")).unwrap_or_default();
                let detail = format!(
                    "what is at {}{version} now has the hash {hash}; in {NAME} it is {locked}",
                    shown(name)
                );
                let error = FetchError::new(detail).titled("Module differs from the lock file");
                Err(error.hint("If the change is wanted, `terrace init -upgrade` accepts it."))
            }
            _ => Ok(()),
        }
    }
}

/// Checks that the fetched modules of a root module are what the lock file says.
pub fn verify(root: &Path) -> Diagnostics {
    match problems(root) {
        Ok(problems) | Err(problems) => problems,
    }
}

fn problems(root: &Path) -> std::result::Result<Diagnostics, Diagnostics> {
    let records = Installed::read(root, &Disk).own();
    if records.is_empty() {
        return Ok(Diagnostics::new());
    }
    let told = |error: FetchError| Diagnostics::from(error.plain());
    let lock = Lock::read(root).map_err(told)?;
    let mut packages: BTreeMap<PathBuf, (String, Option<String>)> = BTreeMap::new();
    for record in records {
        let source = ModuleSource::parse(&record.source);
        if let (Some(package), Ok(source)) = (package_of(&record.dir), source) {
            packages.insert(package, (locked_name(&source), record.version));
        }
    }
    let mut problems = Diagnostics::new();
    for (package, (name, version)) in packages {
        let folder = root.join(&package);
        if !folder.is_dir() {
            continue;
        }
        let hash = files::hash(&folder).map_err(told)?;
        if !lock.fits(&name, version.as_deref(), &hash) {
            let version = version.map(|it| format!(" {it}")).unwrap_or_default();
            let detail = format!(
                "{} does not hold what {NAME} says of {}{version}",
                package.display(),
                shown(&name)
            );
            let error = FetchError::new(detail).titled("Module differs from the lock file");
            let error = error.hint("`terrace init` fetches it again.");
            problems.push(error.plain());
        }
    }
    Ok(problems)
}
