//! Fetches modules from registries, git, archives and S3 into `.terrace/modules`, and checks that
//! what has been fetched is what the lock file says.

mod archive;
mod checksum;
mod error;
mod files;
mod git;
mod http;
mod lock;
mod netrc;
mod package;
mod registry;
mod s3;
mod settings;
mod whole;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use error::FetchError;
pub use lock::verify;

use crate::diagnostic::{Diagnostic, Source};
use crate::fetch::error::Result;
use crate::fetch::http::Http;
use crate::fetch::lock::Lock;
use crate::fetch::registry::Registry;
use crate::fetch::settings::Settings;
use crate::language::installed::{
    FOLDER, Installed, MANIFEST, Manifest, Modules, Record, Wanted, package_of,
};
use crate::language::load::{Disk, normalise};
use crate::language::source::{ModuleSource, without_secrets};

/// Finds modules, and fetches those that are missing.
pub struct Fetcher<'f> {
    root: PathBuf,
    /// Whether newer versions are wanted than those of the lock file.
    upgrade: bool,
    /// Whether the lock file must stay as it is.
    frozen: bool,
    installed: Installed,
    lock: Lock,
    http: Http,
    registry: Registry,
    say: &'f dyn Fn(&str),
    /// What this run found.
    found: Found,
}

#[derive(Default)]
struct Found {
    records: Vec<Record>,
    lock: Lock,
    /// The packages, by name and version.
    packages: BTreeMap<(String, Option<String>), Package>,
    /// Whether some are used as Terraform or OpenTofu fetched them.
    foreign: bool,
}

#[derive(Clone)]
struct Package {
    /// Relative to the root module's.
    folder: PathBuf,
    /// The folder in it that the registry names; may be empty.
    outer: String,
}

impl<'f> Fetcher<'f> {
    /// A fetcher for the root module in a folder; `say` tells what is fetched.
    pub fn new(root: &Path, upgrade: bool, say: &'f dyn Fn(&str)) -> Result<Fetcher<'f>> {
        let settings = Settings::read(std::env::vars().collect(), say);
        Ok(Fetcher {
            root: root.to_path_buf(),
            upgrade,
            frozen: false,
            installed: Installed::read(root, &Disk),
            lock: Lock::read(root)?,
            http: Http::new(),
            registry: Registry::new(settings),
            say,
            found: Found::default(),
        })
    }

    /// The same, which fails rather than change the lock file.
    pub fn frozen(self, frozen: bool) -> Fetcher<'f> {
        Fetcher { frozen, ..self }
    }

    /// Writes the manifest and the lock file. When all modules have been found, removes what none
    /// needs any more; otherwise keeps what was there.
    pub fn finish(mut self, complete: bool) -> Result<()> {
        if !complete {
            let has = |it: &Record| self.found.records.iter().any(|own| own.key == it.key);
            let before: Vec<Record> =
                self.installed.own().into_iter().filter(|it| !has(it)).collect();
            self.found.records.extend(before);
        }
        if !complete || self.found.foreign {
            self.found.lock.add_all(&self.lock);
        }
        if self.frozen && self.found.lock != self.lock {
            let error = FetchError::new("the lock file does not fit the configuration any more");
            let hint = "Run `terrace init` without -lockfile=readonly.";
            return Err(error.titled("Lock file would change").hint(hint));
        }
        let folder = self.root.join(FOLDER);
        if !self.found.records.is_empty() || folder.exists() {
            self.found.records.sort_by(|a, b| a.key.cmp(&b.key));
            let manifest = Manifest { modules: std::mem::take(&mut self.found.records) };
            let text = serde_json::to_string_pretty(&manifest).map_err(FetchError::internal)?;
            files::write(&folder.join(MANIFEST), &format!("{text}\n"))?;
            self.remove_others(&folder, &manifest)?;
        }
        self.found.lock.write(&self.root, &self.lock)
    }

    fn remove_others(&self, folder: &Path, manifest: &Manifest) -> Result<()> {
        let needed: BTreeSet<PathBuf> =
            manifest.modules.iter().filter_map(|it| package_of(&it.dir)).collect();
        for name in files::names(folder)? {
            let path = folder.join(&name);
            if path.is_dir() && !needed.contains(&Path::new(FOLDER).join(&name)) {
                fs::remove_dir_all(&path).map_err(|error| FetchError::file(&path, &error))?;
            }
        }
        Ok(())
    }

    /// What was fetched before, when it still does.
    fn kept(&mut self, wanted: &Wanted<'_>) -> Result<Option<PathBuf>> {
        let record = match self.installed.find(wanted) {
            Ok(record) if !self.upgrade => record.clone(),
            _ => return Ok(None),
        };
        let folder = self.root.join(&record.dir);
        if !folder.is_dir() {
            return Ok(None);
        }
        if record.dir.starts_with(FOLDER) {
            let Some(package) = self.known(&record)? else { return Ok(None) };
            let id = (package_name(&wanted.source), record.version.clone());
            self.found.packages.insert(id, package);
            self.found.records.push(record);
        } else {
            self.found.foreign = true;
        }
        Ok(Some(normalise(&folder)))
    }

    /// The package that was fetched before for a module, when it is what is locked.
    fn known(&mut self, record: &Record) -> Result<Option<Package>> {
        let source = ModuleSource::parse(&record.source);
        let (Ok(source), Some(folder)) = (source, package_of(&record.dir)) else { return Ok(None) };
        if !self.root.join(&folder).is_dir() {
            return Ok(None);
        }
        let id = (package_name(&source), record.version.clone());
        if let Some(found) = self.found.packages.get(&id).filter(|it| it.folder == folder) {
            return Ok(Some(found.clone()));
        }
        let (name, version) = (without_secrets(&id.0), id.1.as_deref());
        let hash = files::hash(&self.root.join(&folder))?;
        if !self.lock.fits(&name, version, &hash) {
            return Ok(None);
        }
        self.found.lock.add(&name, version, &hash);
        let outer = outer(&record.dir, &folder, subdir_of(&source));
        Ok(Some(Package { folder, outer }))
    }

    /// A package that was fetched before for another module.
    fn reused(&mut self, name: &str, version: Option<&str>) -> Result<Option<Package>> {
        for record in self.installed.own() {
            let source = ModuleSource::parse(&record.source);
            let same = source.is_ok_and(|it| locked_name(&it) == name);
            if same
                && record.version.as_deref() == version
                && let Some(package) = self.known(&record)?
            {
                return Ok(Some(package));
            }
        }
        Ok(None)
    }

    fn fetched(&mut self, wanted: &Wanted<'_>) -> Result<PathBuf> {
        let (name, locked) = (package_name(&wanted.source), locked_name(&wanted.source));
        let version = match &wanted.source {
            ModuleSource::Registry(source) => {
                let locked = if self.upgrade { Vec::new() } else { self.lock.versions(&locked) };
                let available = self.registry.versions(&self.http, source)?;
                Some(registry::choose(wanted, source, &available, &locked)?)
            }
            _ => None,
        };
        let id = (name.clone(), version.clone());
        let package = match self.found.packages.get(&id) {
            Some(package) => package.clone(),
            None => self.package(wanted, &locked, version.as_deref())?,
        };
        self.found.packages.insert(id, package.clone());
        let subdir = format!("{}/{}", package.outer, subdir_of(&wanted.source));
        let dir = files::subdir(&self.root, &package.folder, subdir.trim_matches('/'))?;
        let (key, source) = (wanted.key(), wanted.source.without_secrets());
        self.found.records.push(Record { key, source, version, dir: dir.clone() });
        Ok(normalise(&self.root.join(dir)))
    }

    /// Fetches a package into a folder of its own, unless it is there already.
    fn package(
        &mut self,
        wanted: &Wanted<'_>,
        name: &str,
        version: Option<&str>,
    ) -> Result<Package> {
        if let (false, Some(package)) = (self.upgrade, self.reused(name, version)?) {
            return Ok(package);
        }
        let shown = format!("{} {}", error::shown(name), version.unwrap_or_default());
        (self.say)(&format!("Fetching {} for {}.", shown.trim_end(), wanted.path));
        let parent = self.root.join(FOLDER);
        let fresh = files::temporary(&parent)?;
        let into = fresh.path().join("package");
        let outer = match (&wanted.source, version) {
            (ModuleSource::Registry(source), Some(version)) => {
                self.registry.fetch(&self.http, source, version, &into)?
            }
            (ModuleSource::Remote(source), _) => {
                package::fetch(&self.http, source, &into).map(|()| String::new())?
            }
            _ => return Err(FetchError::new("it is no package")),
        };
        let hash = files::hash(&into)?;
        if !self.upgrade {
            self.lock.check(name, version, &hash)?;
        }
        self.found.lock.add(name, version, &hash);
        let folder = self.free_folder(&wanted.key());
        files::put(&into, &self.root.join(&folder))?;
        Ok(Package { folder, outer })
    }

    /// The folder for a module's package: one that no other module of this run is in, nor one that
    /// may still be kept.
    fn free_folder(&self, key: &str) -> PathBuf {
        let before = self.installed.own();
        let others = before.iter().filter(|it| it.key != key).chain(&self.found.records);
        let taken: BTreeSet<PathBuf> = others.filter_map(|it| package_of(&it.dir)).collect();
        let names = (1..).map(|number| match number {
            1 => key.to_string(),
            _ => format!("{key}~{number}"),
        });
        let mut folders = names.map(|name| Path::new(FOLDER).join(name));
        folders.find(|it| !taken.contains(it)).unwrap_or_else(|| Path::new(FOLDER).join(key))
    }
}

/// The name that a package has in the lock file: nothing secret is in it.
fn locked_name(source: &ModuleSource) -> String {
    without_secrets(&package_name(source))
}

/// The address of a package, without the folder in it.
fn package_name(source: &ModuleSource) -> String {
    match source {
        ModuleSource::Registry(it) => it.package(),
        ModuleSource::Remote(it) => it.package(),
        ModuleSource::Local(path) => path.clone(),
    }
}

/// The folder in a package that an address names.
fn subdir_of(source: &ModuleSource) -> &str {
    match source {
        ModuleSource::Registry(it) => &it.subdir,
        ModuleSource::Remote(it) => &it.subdir,
        ModuleSource::Local(_) => "",
    }
}

/// What is left of a module's folder without that of the package and that which its address names.
fn outer(dir: &Path, package: &Path, subdir: &str) -> String {
    let inner = dir.strip_prefix(package).unwrap_or(Path::new("")).display().to_string();
    let outer = inner.strip_suffix(subdir).unwrap_or_default();
    outer.trim_end_matches('/').to_string()
}

impl Modules for Fetcher<'_> {
    fn folder(&mut self, wanted: &Wanted<'_>) -> std::result::Result<PathBuf, Box<Diagnostic>> {
        let found = match self.kept(wanted) {
            Ok(None) => self.fetched(wanted),
            Ok(Some(folder)) => Ok(folder),
            Err(error) => Err(error),
        };
        found.map_err(|error| {
            let place = match &wanted.call.version_span {
                Some(span) if error.about_version() => span,
                _ => &wanted.call.source_span,
            };
            Box::new(error.told(&wanted.path).at(place))
        })
    }

    fn manifests(&self) -> Vec<Arc<Source>> {
        self.installed.manifests()
    }
}
