//! Registries: which versions of a module there are, and where each is.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use url::Url;

use crate::fetch::error::{FetchError, Result, shown};
use crate::fetch::files;
use crate::fetch::http::{Answer, Header, Http};
use crate::fetch::package::{self, next_address};
use crate::fetch::settings::Settings;
use crate::language::installed::Wanted;
use crate::language::source::RegistrySource;
use crate::language::version::Version;

const SERVICE: &str = "modules.v1";
/// The variable that names a folder with modules in `namespace/name/system/version`.
pub(super) const MIRROR: &str = "TERRACE_MODULE_MIRROR";

/// The registries, and what they have said in this run.
pub(super) struct Registry {
    settings: Settings,
    /// The addresses of the service, by host.
    bases: RefCell<BTreeMap<String, Url>>,
    versions: RefCell<BTreeMap<String, Vec<String>>>,
}

#[derive(Deserialize)]
struct Versions {
    modules: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    versions: Vec<OneVersion>,
}

#[derive(Deserialize)]
struct OneVersion {
    version: String,
}

#[derive(Default, Deserialize)]
struct Download {
    #[serde(default)]
    location: String,
    /// Given when the registry itself has the package.
    use_registry_credentials: Option<bool>,
}

impl Registry {
    pub(super) fn new(settings: Settings) -> Registry {
        Registry { settings, bases: RefCell::default(), versions: RefCell::default() }
    }

    /// The versions of a module, as the mirror or the registry names them.
    pub(super) fn versions(&self, http: &Http, source: &RegistrySource) -> Result<Vec<String>> {
        if let Some(folder) = self.mirrored(source)? {
            let mut names = files::names(&folder)?;
            names.retain(|it| Version::parse(it).is_some());
            return Ok(names);
        }
        let name = source.package();
        if let Some(known) = self.versions.borrow().get(&name) {
            return Ok(known.clone());
        }
        let url = self.endpoint(http, source, "versions")?;
        let answer = http.get(&url, &self.headers(source.host())?)?;
        if answer.status == 404 {
            let detail = format!("{} has no module {}", source.host(), source.module.join("/"));
            return Err(FetchError::new(detail).titled("Module not found"));
        }
        let listed: Versions = json(&answer)?;
        let listed = listed.modules.into_iter().next().map(|it| it.versions).unwrap_or_default();
        let found: Vec<String> = listed.into_iter().map(|it| it.version).collect();
        self.versions.borrow_mut().insert(name, found.clone());
        Ok(found)
    }

    /// Fetches a version of a module into a folder that does not exist yet. Returns the folder in the
    /// package that the registry names; it may be empty.
    pub(super) fn fetch(
        &self,
        http: &Http,
        source: &RegistrySource,
        version: &str,
        into: &Path,
    ) -> Result<String> {
        if let Some(folder) = self.mirrored(source)? {
            return files::copy(&folder.join(version), into).map(|()| String::new());
        }
        let url = self.endpoint(http, source, &format!("{version}/download"))?;
        let answer = http.get_ok(&url, &self.headers(source.host())?)?;
        let header = answer.headers.get("x-terraform-get").unwrap_or_default().to_string();
        let said: Download = match answer.status {
            204 => Download::default(),
            _ => json(&answer)?,
        };
        if let Some(own) = said.use_registry_credentials {
            let url = answer.url.join(&said.location).map_err(FetchError::internal)?;
            let headers = if own { self.headers(source.host())? } else { Vec::new() };
            return package::direct(http, &url, &headers, into).map(|()| String::new());
        }
        let location = if said.location.is_empty() { header } else { said.location };
        if location.is_empty() {
            let detail = format!("{} does not say where {version} is", source.host());
            return Err(FetchError::new(detail));
        }
        let remote = next_address(&answer.url, &location)?;
        package::fetch(http, &remote, into)?;
        Ok(remote.subdir)
    }

    /// The folder of a module in the mirror, if it is there.
    fn mirrored(&self, source: &RegistrySource) -> Result<Option<PathBuf>> {
        let Some(mirror) = self.settings.variable(MIRROR).map(PathBuf::from) else {
            return Ok(None);
        };
        if !mirror.is_dir() {
            let detail = format!("{MIRROR} names {}, which is no folder", mirror.display());
            return Err(FetchError::new(detail));
        }
        let module = source.module.join("/");
        let of_host = mirror.join(source.host()).join(&module);
        Ok([of_host, mirror.join(module)].into_iter().find(|it| it.is_dir()))
    }

    fn endpoint(&self, http: &Http, source: &RegistrySource, what: &str) -> Result<Url> {
        let base = self.base(http, source.host())?;
        base.join(&format!("{}/{what}", source.module.join("/"))).map_err(FetchError::internal)
    }

    /// The address of a host's registry.
    fn base(&self, http: &Http, host: &str) -> Result<Url> {
        if let Some(known) = self.bases.borrow().get(host) {
            return Ok(known.clone());
        }
        let parsed = |text: &str| {
            Url::parse(text).map_err(|error| FetchError::new(format!("{text} is no URL: {error}")))
        };
        let found = match self.settings.service(host, SERVICE) {
            Some(address) => parsed(address)?,
            None => {
                let url = parsed(&format!("https://{host}/.well-known/terraform.json"))?;
                discovered(host, &http.get(&url, &self.headers(host)?)?)?
            }
        };
        let base = with_slash(found);
        self.bases.borrow_mut().insert(host.to_string(), base.clone());
        Ok(base)
    }

    fn headers(&self, host: &str) -> Result<Vec<Header>> {
        let token = self.settings.token(host)?.map(|it| format!("Bearer {it}"));
        Ok(token.map(|it| ("authorization".to_string(), it)).into_iter().collect())
    }
}

fn with_slash(mut url: Url) -> Url {
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    url
}

/// The address of the registry that a host tells.
fn discovered(host: &str, answer: &Answer) -> Result<Url> {
    let none = || FetchError::new(format!("{host} is no registry of modules"));
    if answer.status == 404 {
        return Err(none().hint("Check the host of the address."));
    }
    let services: serde_json::Value = json(answer)?;
    let address = services.get(SERVICE).and_then(serde_json::Value::as_str).ok_or_else(none)?;
    answer.url.join(address).map_err(FetchError::internal)
}

fn json<T: serde::de::DeserializeOwned>(answer: &Answer) -> Result<T> {
    if !(200..300).contains(&answer.status) {
        return Err(answer.refused());
    }
    serde_json::from_slice(&answer.body).map_err(|error| {
        let url = shown(answer.url.as_str());
        FetchError::new(format!("{url} does not answer as a registry does: {error}"))
    })
}

/// The version that a call gets: the newest that is locked and fits, else the newest that fits.
pub(super) fn choose(
    wanted: &Wanted<'_>,
    source: &RegistrySource,
    available: &[String],
    locked: &[String],
) -> Result<String> {
    let mut known: Vec<(Version, &String)> =
        available.iter().filter_map(|it| Some((Version::parse(it)?, it))).collect();
    known.sort();
    let fits = |(version, _): &&(Version, &String)| match &wanted.version {
        Some(constraint) => constraint.chooses(version),
        None => !version.is_prerelease(),
    };
    let is_locked = |(_, text): &&(Version, &String)| locked.contains(text);
    let newest = known.iter().rev().filter(fits).find(is_locked);
    match newest.or_else(|| known.iter().rev().find(fits)) {
        Some((_, text)) => Ok((*text).clone()),
        None => Err(no_version(wanted, source, &known)),
    }
}

fn no_version(
    wanted: &Wanted<'_>,
    source: &RegistrySource,
    known: &[(Version, &String)],
) -> FetchError {
    let module = source.module.join("/");
    let text = wanted.call.version.as_deref().unwrap_or_default();
    let error = match (known.is_empty(), &wanted.version) {
        (true, _) => FetchError::new(format!("{module} has no versions")),
        (_, Some(_)) => FetchError::new(format!("no version of {module} meets `{text}`")),
        (_, None) => FetchError::new(format!("{module} has prereleases only")),
    };
    let hint = match nearest(wanted, known) {
        near if near.is_empty() => String::new(),
        near => format!("The nearest are {}.", near.join(", ")),
    };
    error.titled("No such version").of_version().hint(hint)
}

/// The versions around those that a constraint names: three before and two after each.
fn nearest<'k>(wanted: &Wanted<'_>, known: &[(Version, &'k String)]) -> Vec<&'k str> {
    let named = wanted.version.iter().flat_map(|it| it.named());
    let mut near: Vec<&(Version, &String)> = Vec::new();
    for version in named {
        let (before, after): (Vec<_>, Vec<_>) = known.iter().partition(|(it, _)| it < version);
        near.extend(before.iter().rev().take(3).chain(after.iter().take(2)));
    }
    if near.is_empty() {
        near.extend(known.iter().rev().take(5));
    }
    near.sort();
    near.dedup();
    near.into_iter().rev().map(|(_, text)| text.as_str()).collect()
}
