//! Addresses of modules, as `source` arguments give them.

use std::fmt;

/// The registry that addresses without a host mean.
pub const DEFAULT_REGISTRY: &str = "registry.opentofu.org";

/// Where a module comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModuleSource {
    /// A folder of the same package.
    Local(String),
    /// A module of a registry.
    Registry(RegistrySource),
    /// A package somewhere else.
    Remote(RemoteSource),
}

/// `host/namespace/name/system//subdir`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrySource {
    /// The host, when the address names one.
    pub host: Option<String>,
    /// The namespace, the name and the system.
    pub module: [String; 3],
    /// The folder in the package; may be empty.
    pub subdir: String,
}

/// `git::https://host/path//subdir?ref=v1`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteSource {
    /// How the package is fetched: `git`, `https`, `s3` and so on.
    pub getter: String,
    /// The address of the package, as a URL with its arguments.
    pub address: String,
    /// The folder in the package; may be empty.
    pub subdir: String,
}

/// Whether a module source is a local folder.
pub(crate) fn is_local(source: &str) -> bool {
    source.starts_with("./") || source.starts_with("../")
}

impl ModuleSource {
    /// Reads an address; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<ModuleSource, String> {
        if is_local(text) {
            return Ok(ModuleSource::Local(text.to_string()));
        }
        match RegistrySource::parse(text) {
            Some(registry) => registry.map(ModuleSource::Registry),
            None => RemoteSource::parse(text).map(ModuleSource::Remote),
        }
    }

    /// Whether both mean the same. Tools differ in the registry that addresses without a host mean,
    /// so the host counts only where the configuration names it; and what lets one in is not what is
    /// there.
    pub fn same(&self, recorded: &ModuleSource) -> bool {
        match (self, recorded) {
            (ModuleSource::Registry(own), ModuleSource::Registry(other)) => {
                let host = own.host.is_none() || own.host() == other.host();
                host && own.module == other.module && own.subdir == other.subdir
            }
            _ => self.without_secrets() == recorded.without_secrets(),
        }
    }
}

impl ModuleSource {
    /// The address without the secrets that may be in it, as files may have it.
    pub fn without_secrets(&self) -> String {
        without_secrets(&self.to_string())
    }
}

impl fmt::Display for ModuleSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModuleSource::Local(path) => f.write_str(path),
            ModuleSource::Registry(it) => it.fmt(f),
            ModuleSource::Remote(it) => it.fmt(f),
        }
    }
}

impl RegistrySource {
    /// Reads an address of a registry; none when it is another kind of address.
    fn parse(text: &str) -> Option<Result<RegistrySource, String>> {
        let (package, subdir) = split_subdir(text);
        let parts: Vec<&str> = package.split('/').collect();
        let (host, [namespace, name, system]) = match *parts.as_slice() {
            [namespace, name, system] => (None, [namespace, name, system]),
            [host, namespace, name, system] => (Some(host), [namespace, name, system]),
            _ => return None,
        };
        let elsewhere = ["github.com", "bitbucket.org", "gitlab.com"];
        let good_host = host.is_none_or(|it| is_host(it) && !elsewhere.contains(&it));
        if !good_host || !is_name(namespace) || !is_name(name) || !is_system(system) {
            return None;
        }
        let module = [namespace, name, system].map(str::to_string);
        let host = host.map(str::to_lowercase);
        Some(clean(&subdir).map(|subdir| RegistrySource { host, module, subdir }))
    }

    /// The host of the registry.
    pub fn host(&self) -> &str {
        self.host.as_deref().unwrap_or(DEFAULT_REGISTRY)
    }

    /// The address of the package: all but the folder in it.
    pub fn package(&self) -> String {
        format!("{}/{}", self.host(), self.module.join("/"))
    }
}

impl fmt::Display for RegistrySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.package())?;
        if self.subdir.is_empty() { Ok(()) } else { write!(f, "//{}", self.subdir) }
    }
}

impl RemoteSource {
    /// Reads the address of a package, with the short forms of well-known hosts.
    pub fn parse(text: &str) -> Result<RemoteSource, String> {
        let forced = text.split_once("::").filter(|(getter, _)| {
            !getter.is_empty() && getter.bytes().all(|it| it.is_ascii_alphanumeric())
        });
        let (package, subdir) = split_subdir(forced.map_or(text, |(_, rest)| rest));
        let found = detect(&package, forced.is_some())?;
        let subdir = match (found.subdir.as_str(), subdir.as_str()) {
            ("", inner) => clean(inner)?,
            (outer, "") => clean(outer)?,
            (outer, inner) => clean(&format!("{outer}/{inner}"))?,
        };
        let getter = forced.map_or(found.getter, |(getter, _)| getter.to_lowercase());
        Ok(RemoteSource { getter, address: found.address, subdir })
    }

    /// The address of the package: all but the folder in it.
    pub fn package(&self) -> String {
        let plain = self.address.split_once("://").is_some_and(|(it, _)| it == self.getter);
        match plain {
            true => self.address.clone(),
            false => format!("{}::{}", self.getter, self.address),
        }
    }
}

impl fmt::Display for RemoteSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let package = self.package();
        let (path, query) = package.split_once('?').unwrap_or((&package, ""));
        f.write_str(path)?;
        if !self.subdir.is_empty() {
            write!(f, "//{}", self.subdir)?;
        }
        if query.is_empty() { Ok(()) } else { write!(f, "?{query}") }
    }
}

/// What a secret is replaced by.
const HIDDEN: &str = "…";

/// The arguments of addresses that are shown: they are no secrets.
const OPEN: &[&str] =
    &["ref", "depth", "archive", "checksum", "region", "version", "aws_profile", "prefix"];

/// What the names of arguments end with that are secrets, in small letters.
const SECRET: &[&str] = &[
    "aws_access_key_id",
    "credential",
    "jwt",
    "pass",
    "password",
    "secret",
    "sig",
    "signature",
    "sshkey",
    "token",
];

/// An address for people to read, without the secrets that may be in it.
pub fn shown(address: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let open: Vec<&str> = query.split('&').filter(|it| OPEN.contains(&name_of(it))).collect();
    let path = without_user(path);
    if open.is_empty() { path } else { format!("{path}?{}", open.join("&")) }
}

/// An address for files to have and to be compared: only what is certainly a secret is left out.
pub fn without_secrets(address: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let hidden = |it: &str| {
        let name = name_of(it).to_lowercase();
        match SECRET.iter().any(|end| name.ends_with(end)) {
            true => format!("{}={HIDDEN}", name_of(it)),
            false => it.to_string(),
        }
    };
    let path = without_user(path);
    if query.is_empty() {
        return path;
    }
    let query: Vec<String> = query.split('&').map(hidden).collect();
    format!("{path}?{}", query.join("&"))
}

fn name_of(argument: &str) -> &str {
    argument.split_once('=').map_or(argument, |(name, _)| name)
}

/// An address without user and password; a user that has none, as of ssh, is no secret.
fn without_user(path: &str) -> String {
    let Some((scheme, rest)) = path.split_once("://") else { return path.to_string() };
    let (authority, tail) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let host = match authority.rsplit_once('@') {
        Some((user, host)) if user.contains(':') || scheme.contains("http") => {
            format!("{HIDDEN}@{host}")
        }
        _ => authority.to_string(),
    };
    format!("{scheme}://{host}{tail}")
}

/// The address of a package and the folder in it, which follows `//`.
fn split_subdir(text: &str) -> (String, String) {
    let (path, query) = text.split_once('?').map_or((text, None), |(path, it)| (path, Some(it)));
    let (scheme, rest) = path.split_once("://").map_or((None, path), |(it, rest)| (Some(it), rest));
    let (rest, subdir) = rest.split_once("//").unwrap_or((rest, ""));
    let scheme = scheme.map(|it| format!("{it}://")).unwrap_or_default();
    let query = query.map(|it| format!("?{it}")).unwrap_or_default();
    (format!("{scheme}{rest}{query}"), subdir.to_string())
}

/// A folder in a package without detours; the error says that it leads out of the package.
fn clean(subdir: &str) -> Result<String, String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in subdir.split('/').filter(|it| !it.is_empty() && *it != ".") {
        if part != ".." {
            parts.push(part);
        } else if parts.pop().is_none() {
            return Err(format!("the folder `{subdir}` leads out of the package"));
        }
    }
    Ok(parts.join("/"))
}

/// Finds out how a package is fetched.
fn detect(package: &str, forced: bool) -> Result<RemoteSource, String> {
    if let Some((scheme, _)) = package.split_once("://") {
        let getter = scheme.to_lowercase();
        if !getter.chars().all(|it| it.is_ascii_alphanumeric() || "+-.".contains(it)) {
            return Err(format!("`{scheme}://` is no kind of address"));
        }
        return match (getter.as_str(), forced) {
            ("ssh", false) => Err("how to fetch it is missing: write `git::ssh://…`".to_string()),
            _ => Ok(remote(&getter, package.to_string(), "")),
        };
    }
    let (path, query) = package.split_once('?').unwrap_or((package, ""));
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    if let Some(mut found) = well_known(path)?.or_else(|| ssh(path, forced)) {
        found.address += &query;
        return Ok(found);
    }
    if path.starts_with('/') {
        return Ok(remote("file", format!("file://{path}{query}"), ""));
    }
    let kind = "neither a local folder, which starts with `./` or `../`, nor a module of a registry \
                such as `namespace/name/system`, nor an address such as `git::https://…`";
    Err(format!("it is {kind}"))
}

fn remote(getter: &str, address: String, subdir: &str) -> RemoteSource {
    RemoteSource { getter: getter.to_string(), address, subdir: subdir.to_string() }
}

/// Addresses that begin with the name of a host, without a scheme.
fn well_known(path: &str) -> Result<Option<RemoteSource>, String> {
    let mut parts = path.splitn(4, '/');
    let host = parts.next().unwrap_or_default();
    if host.ends_with(".amazonaws.com") && path.len() > host.len() + 1 {
        return Ok(Some(remote("s3", format!("https://{path}"), "")));
    }
    if !["github.com", "bitbucket.org"].contains(&host) {
        return Ok(None);
    }
    let (Some(owner), Some(name)) = (parts.next(), parts.next().filter(|it| !it.is_empty())) else {
        return Err(format!("an address at {host} is `{host}/owner/repository`"));
    };
    let name = name.strip_suffix(".git").unwrap_or(name);
    let address = format!("https://{host}/{owner}/{name}.git");
    Ok(Some(remote("git", address, parts.next().unwrap_or_default())))
}

/// `user@host:path`, as git takes it. Without a user, the path is one of the home folder, which no URL
/// can say.
fn ssh(path: &str, forced: bool) -> Option<RemoteSource> {
    let (host, inner) = path.split_once(':')?;
    let named = host.split_once('@').is_some_and(|(user, host)| !user.is_empty() && is_host(host));
    let bare = inner.trim_start_matches('/');
    if bare.is_empty() {
        return None;
    }
    if forced && is_host(host) {
        return Some(remote("git", path.to_string(), ""));
    }
    named.then(|| remote("git", format!("ssh://{host}/{bare}"), ""))
}

/// A name of a host, with a port if it has one.
fn is_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').unwrap_or((text, "0"));
    let letters = |it: &str| {
        !it.is_empty() && it.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    let dotted = name.contains('.') || name == "localhost" || text.contains(':');
    dotted && name.split('.').all(letters) && port.parse::<u16>().is_ok()
}

fn is_name(text: &str) -> bool {
    let inner = |it: u8| it.is_ascii_alphanumeric() || it == b'-' || it == b'_';
    let outer = |it: Option<&u8>| it.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.len() <= 64 && outer(bytes.first()) && outer(bytes.last()) && text.bytes().all(inner)
}

fn is_system(text: &str) -> bool {
    let good = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit();
    (1..=64).contains(&text.len()) && text.bytes().all(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_opentofu_reads_them() {
        for (text, kind, whole) in [
            ("./a/../b", "local", "./a/../b"),
            ("a/b/aws", "registry", "registry.opentofu.org/a/b/aws"),
            ("a/b/aws//x/./y", "registry", "registry.opentofu.org/a/b/aws//x/y"),
            ("Example.com:8080/a/b/aws", "registry", "example.com:8080/a/b/aws"),
            ("github.com/o/r", "git", "git::https://github.com/o/r.git"),
            ("github.com/o/r.git?ref=v1", "git", "git::https://github.com/o/r.git?ref=v1"),
            ("github.com/o/r/x/y", "git", "git::https://github.com/o/r.git//x/y"),
            ("github.com/o/r//x?ref=v1", "git", "git::https://github.com/o/r.git//x?ref=v1"),
            ("bitbucket.org/o/r", "git", "git::https://bitbucket.org/o/r.git"),
            ("git@github.com:o/r.git//x", "git", "git::ssh://git@github.com/o/r.git//x"),
            ("git::git@h.io:o/r?ref=1", "git", "git::ssh://git@h.io/o/r?ref=1"),
            ("git::ssh://g@h.io/r.git", "git", "git::ssh://g@h.io/r.git"),
            ("git::h.io:o/r.git//x?ref=1", "git", "git::h.io:o/r.git//x?ref=1"),
            ("git::https://h.io/r//x?ref=1", "git", "git::https://h.io/r//x?ref=1"),
            ("git::/srv/r.git", "git", "git::file:///srv/r.git"),
            ("git://h.io/r.git", "git", "git://h.io/r.git"),
            ("https://h.io/m.zip//x?a=b", "https", "https://h.io/m.zip//x?a=b"),
            ("s3::https://s3.amazonaws.com/b/m.zip", "s3", "s3::https://s3.amazonaws.com/b/m.zip"),
            ("b.s3.amazonaws.com/m.zip", "s3", "s3::https://b.s3.amazonaws.com/m.zip"),
            ("/srv/m", "file", "file:///srv/m"),
        ] {
            let source = ModuleSource::parse(text).unwrap_or_else(|it| panic!("{text}: {it}"));
            let found = match &source {
                ModuleSource::Local(_) => "local",
                ModuleSource::Registry(_) => "registry",
                ModuleSource::Remote(it) => &it.getter,
            };
            assert_eq!((found, source.to_string().as_str()), (kind, whole), "{text}");
            assert_eq!(ModuleSource::parse(whole).unwrap().to_string(), whole);
        }
    }

    #[test]
    fn what_is_no_address_is_said() {
        for (text, problem) in [
            ("modules/vpc", "neither a local folder"),
            (".", "neither a local folder"),
            ("..", "neither a local folder"),
            ("github.com/o", "`github.com/owner/repository`"),
            ("ssh://git@h.io/r", "`git::ssh://…`"),
            ("git::ext::sh://x", "`ext::sh://` is no kind of address"),
            ("a/b/aws//../x", "leads out of the package"),
            ("git::https://h.io/r//x/../../y", "leads out of the package"),
        ] {
            let error = ModuleSource::parse(text).unwrap_err();
            assert!(error.contains(problem), "{text}: {error}");
        }
    }

    #[test]
    fn secrets_of_addresses_are_not_shown() {
        for (address, told, kept) in [
            (
                "git::https://me:secret@h.io/r?ref=1&sshkey=x",
                "git::https://…@h.io/r?ref=1",
                "git::https://…@h.io/r?ref=1&sshkey=…",
            ),
            (
                "https://token@h.io/m.zip?sig=x&key=m",
                "https://…@h.io/m.zip",
                "https://…@h.io/m.zip?sig=…&key=m",
            ),
            (
                "s3::https://h.io/m.zip?aws_access_key_id=A&aws_access_key_secret=B&X-Amz-Signature=C",
                "s3::https://h.io/m.zip",
                "s3::https://h.io/m.zip?aws_access_key_id=…&aws_access_key_secret=…&X-Amz-Signature=…",
            ),
            ("git::ssh://git@h.io/r", "git::ssh://git@h.io/r", "git::ssh://git@h.io/r"),
            ("https://h.io", "https://h.io", "https://h.io"),
            (
                "registry.opentofu.org/a/b/c",
                "registry.opentofu.org/a/b/c",
                "registry.opentofu.org/a/b/c",
            ),
        ] {
            assert_eq!((shown(address).as_str(), without_secrets(address).as_str()), (told, kept));
            assert_eq!(without_secrets(kept), kept);
        }
        let parse = |text: &str| ModuleSource::parse(text).unwrap();
        let one = parse("https://u:one@h.io/m.zip?a=1");
        assert!(one.same(&parse("https://u:two@h.io/m.zip?a=1")));
        assert!(!one.same(&parse("https://u:one@h.io/m.zip?a=2")));
        assert!(one.same(&parse(&one.without_secrets())));
    }

    #[test]
    fn the_host_counts_where_it_is_named() {
        let parse = |text: &str| ModuleSource::parse(text).unwrap();
        let other = parse("registry.terraform.io/a/b/aws");
        assert!(parse("a/b/aws").same(&other) && !other.same(&parse("a/b/aws")));
        assert!(!parse("a/b/aws//x").same(&other));
    }
}
