//! Packages at addresses: finds out how each is fetched.

use std::fs;
use std::path::Path;

use regex::Regex;
use url::Url;

use crate::fetch::archive::{self, Kind};
use crate::fetch::error::{FetchError, Result, shown};
use crate::fetch::http::{Answer, Header, Http};
use crate::fetch::{checksum, files, git, netrc, s3};
use crate::language::source::RemoteSource;

/// How often an address may lead to another.
const HOPS: u32 = 10;

/// Fetches a package into a folder that does not exist yet.
pub(super) fn fetch(http: &Http, source: &RemoteSource, into: &Path) -> Result<()> {
    hop(http, source, into, HOPS)
}

fn hop(http: &Http, source: &RemoteSource, into: &Path, left: u32) -> Result<()> {
    match source.getter.as_str() {
        "git" => git::fetch(&source.address, into),
        "http" | "https" => {
            let wanted = Wanted::read(&source.address)?;
            match wanted.kind {
                Some(kind) => {
                    let answer = http.get_ok(&wanted.url, &netrc::headers(&wanted.url))?;
                    wanted.unpack(http, &answer.body, kind, into)
                }
                None => wanted.ask(http, into, left),
            }
        }
        "s3" => {
            let wanted = Wanted::read(&source.address)?;
            let Some(kind) = wanted.kind else {
                let error = FetchError::new("terrace fetches modules from S3 as archives only");
                return Err(error.hint("Put a .zip or .tar.gz there, or write `?archive=zip`."));
            };
            let answer = s3::get(http, wanted.url.clone())?;
            wanted.unpack(http, &answer.body, kind, into)
        }
        "file" => local(http, &source.address, into),
        other => {
            let error = FetchError::new(format!("terrace cannot fetch modules with `{other}`"));
            Err(error.hint("Use a registry, git, an archive at an https address, or S3."))
        }
    }
}

/// What an address asks for.
struct Wanted {
    /// Without what is meant for terrace only.
    url: Url,
    kind: Option<Kind>,
    checksum: Option<String>,
}

impl Wanted {
    fn read(address: &str) -> Result<Wanted> {
        let mut url = parsed(address)?;
        let checksum = take_query(&mut url, "checksum");
        let kind = match take_query(&mut url, "archive") {
            None => Kind::of_name(url.path()),
            Some(no) if no == "false" => None,
            Some(name) => Some(Kind::of_name(&name).ok_or_else(|| {
                let error = FetchError::new(format!("`archive={name}` is no kind of archive"));
                error.hint("Use zip, tar.gz, tar.xz or tar.")
            })?),
        };
        Ok(Wanted { url, kind, checksum })
    }

    fn unpack(&self, http: &Http, bytes: &[u8], kind: Kind, into: &Path) -> Result<()> {
        match self.checksum.as_deref().map(|it| (it, it.strip_prefix("file:"))) {
            Some((_, Some(file))) => checksum::check(bytes, &self.told(http, file)?)?,
            Some((wanted, None)) => checksum::check(bytes, wanted)?,
            None => {}
        }
        archive::unpack(bytes, kind, into)
    }

    /// What a file of checksums says of the archive.
    fn told(&self, http: &Http, file: &str) -> Result<String> {
        let url = self
            .url
            .join(file)
            .map_err(|error| FetchError::new(format!("{} is no URL: {error}", shown(file))))?;
        let text = match url.to_file_path() {
            Ok(path) if url.scheme() == "file" => {
                fs::read(&path).map_err(|error| FetchError::file(&path, &error))?
            }
            _ => http.get_ok(&url, &netrc::headers(&url))?.body,
        };
        let name = self.url.path_segments().and_then(|mut it| it.next_back()).unwrap_or_default();
        checksum::listed(&String::from_utf8_lossy(&text), name).ok_or_else(|| {
            FetchError::new(format!("{} has no checksum of `{name}`", shown(url.as_str())))
        })
    }

    /// Asks an address that names no archive where the package is.
    fn ask(&self, http: &Http, into: &Path, left: u32) -> Result<()> {
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("terraform-get", "1");
        let answer = http.get_ok(&url, &netrc::headers(&url))?;
        match location(&answer) {
            Some(_) if left == 0 => {
                let detail =
                    format!("{} leads from one address to the next", shown(self.url.as_str()));
                Err(FetchError::new(detail))
            }
            Some(next) => {
                let next = next_address(&answer.url, &next)?;
                let inner = files::temporary(into.parent().unwrap_or(into))?;
                let package = inner.path().join("package");
                hop(http, &next, &package, left - 1)?;
                let name = Path::new("package");
                let found = files::subdir(inner.path(), name, &next.subdir)?;
                files::put(&inner.path().join(found), into)
            }
            None => match Kind::of_bytes(&answer.body) {
                Some(kind) => self.unpack(http, &answer.body, kind, into),
                None => {
                    let shown = shown(self.url.as_str());
                    let detail = format!(
                        "{shown} is no archive, and does not say where one is with X-Terraform-Get"
                    );
                    let hint = "Write `?archive=zip` if it is one, or `git::` before a repository.";
                    Err(FetchError::new(detail).hint(hint))
                }
            },
        }
    }
}

/// What an answer says about where the package is.
fn location(answer: &Answer) -> Option<String> {
    if let Some(header) = answer.headers.get("x-terraform-get") {
        return Some(header.to_string());
    }
    let text = String::from_utf8_lossy(&answer.body);
    let tag = Regex::new(r#"(?i)<meta\s[^>]*\bname\s*=\s*["']?terraform-get\b[^>]*>"#).ok()?;
    let content = Regex::new(r#"(?i)\bcontent\s*=\s*(?:"([^"]*)"|'([^']*)')"#).ok()?;
    let found = content.captures(tag.find(&text)?.as_str())?;
    let found = found.get(1).or_else(|| found.get(2))?.as_str();
    Some(found.replace("&amp;", "&"))
}

/// An address that a server gave, which may be relative to the server's own.
pub(super) fn next_address(base: &Url, text: &str) -> Result<RemoteSource> {
    let relative = ["/", "./", "../"].iter().any(|it| text.starts_with(it));
    let text = match relative {
        true => base.join(text).map_err(FetchError::internal)?.to_string(),
        false => text.to_string(),
    };
    let wrong = |error: String| {
        FetchError::new(format!("{} names `{}`: {error}", shown(base.as_str()), shown(&text)))
    };
    let found = RemoteSource::parse(&text).map_err(wrong)?;
    match found.address.starts_with("file:") {
        true => Err(wrong("it must not name what is on this machine".to_string())),
        false => Ok(found),
    }
}

/// Fetches a package at an address that may name an archive or answer with one.
pub(super) fn direct(http: &Http, url: &Url, headers: &[Header], into: &Path) -> Result<()> {
    let answer = http.get_ok(url, headers)?;
    let kind = Kind::of_bytes(&answer.body).or_else(|| Kind::of_name(url.path()));
    let Some(kind) = kind else {
        return Err(FetchError::new(format!("{} is no archive", shown(url.as_str()))));
    };
    archive::unpack(&answer.body, kind, into)
}

/// A folder or archive on this machine.
fn local(http: &Http, address: &str, into: &Path) -> Result<()> {
    let wanted = Wanted::read(address)?;
    let path = wanted
        .url
        .to_file_path()
        .map_err(|()| FetchError::new(format!("{} is no path on this machine", shown(address))))?;
    match wanted.kind {
        Some(kind) if path.is_file() => {
            let bytes = fs::read(&path).map_err(|error| FetchError::file(&path, &error))?;
            wanted.unpack(http, &bytes, kind, into)
        }
        _ if path.is_dir() => files::copy(&path, into),
        _ => Err(FetchError::new(format!("there is no {}", path.display()))),
    }
}

fn parsed(address: &str) -> Result<Url> {
    Url::parse(address)
        .map_err(|error| FetchError::new(format!("{} is no URL: {error}", shown(address))))
}

/// Takes an argument out of an address.
pub(super) fn take_query(url: &mut Url, name: &str) -> Option<String> {
    let all: Vec<(String, String)> =
        url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let (own, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(it, _)| it == name);
    let found = own.into_iter().next_back().map(|(_, value)| value)?;
    url.set_query(None);
    if !others.is_empty() {
        url.query_pairs_mut().extend_pairs(others);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_taken_out_of_addresses() {
        let mut url = Url::parse("https://h.io/m?a=1&ref=v%2F1&b=2").unwrap();
        assert_eq!(take_query(&mut url, "ref").as_deref(), Some("v/1"));
        assert_eq!(url.as_str(), "https://h.io/m?a=1&b=2");
        assert_eq!(take_query(&mut url, "ref"), None);
        let wanted = Wanted::read("https://h.io/m?archive=tar.gz&checksum=md5:1").unwrap();
        assert_eq!((wanted.url.as_str(), wanted.kind), ("https://h.io/m", Some(Kind::TarGzip)));
        assert!(Wanted::read("https://h.io/m?archive=rar").is_err());
    }

    #[test]
    fn servers_name_addresses_relative_to_their_own() {
        let base = Url::parse("https://h.io/v1/m/download").unwrap();
        let next = |text: &str| next_address(&base, text).unwrap().to_string();
        assert_eq!(next("/p.zip//x?a=1"), "https://h.io/p.zip//x?a=1");
        assert_eq!(next("./p.zip"), "https://h.io/v1/m/p.zip");
        assert_eq!(next("git::https://g.io/r?ref=1"), "git::https://g.io/r?ref=1");
        for wrong in ["a/b", "file:///etc", "git::file:///srv/r.git"] {
            assert!(next_address(&base, wrong).is_err(), "{wrong}");
        }
    }
}
