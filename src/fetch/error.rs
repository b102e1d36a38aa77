//! What can go wrong.

use std::io;
use std::path::Path;

use crate::address::ModulePath;
use crate::diagnostic::Diagnostic;

/// What the functions here return.
pub(super) type Result<T> = std::result::Result<T, FetchError>;

/// Why a module cannot be fetched.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub struct FetchError {
    summary: &'static str,
    detail: String,
    hint: String,
    about_version: bool,
}

impl FetchError {
    pub(super) fn new(detail: impl Into<String>) -> FetchError {
        FetchError {
            summary: "Module cannot be fetched",
            detail: detail.into(),
            hint: String::new(),
            about_version: false,
        }
    }

    /// The same, under another summary.
    pub(super) fn titled(self, summary: &'static str) -> FetchError {
        FetchError { summary, ..self }
    }

    /// The same, with what to do about it.
    pub(super) fn hint(self, hint: impl Into<String>) -> FetchError {
        FetchError { hint: hint.into(), ..self }
    }

    /// The same, to be told at the version of the call.
    pub(super) fn of_version(self) -> FetchError {
        FetchError { about_version: true, ..self }
    }

    pub(super) fn about_version(&self) -> bool {
        self.about_version
    }

    /// A file or folder that cannot be read or written.
    pub(super) fn file(path: &Path, error: &io::Error) -> FetchError {
        FetchError::new(format!("{} cannot be used: {error}", path.display()))
    }

    pub(super) fn internal(error: impl std::fmt::Display) -> FetchError {
        FetchError::new(error.to_string())
    }

    /// For the user, when no module call is to blame.
    pub fn plain(&self) -> Diagnostic {
        Diagnostic::error(self.summary, format!("{self}.")).hint(&self.hint)
    }

    /// For the user, about a module.
    pub(super) fn told(&self, path: &ModulePath) -> Diagnostic {
        Diagnostic::error(self.summary, format!("{path}: {self}.")).hint(&self.hint)
    }
}

/// An address without the secrets that may be in it.
pub(super) fn shown(address: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let path = match path.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, tail) = rest.split_once('/').unwrap_or((rest, ""));
            let host = authority.rsplit_once('@').map_or(authority.to_string(), |(user, host)| {
                let name = user.split_once(':').map_or(user, |(name, _)| name);
                let hidden = user.contains(':') || scheme.starts_with("http");
                if hidden { format!("…@{host}") } else { format!("{name}@{host}") }
            });
            format!("{scheme}://{host}/{tail}")
        }
        None => path.to_string(),
    };
    let open = |it: &&str| {
        let name = it.split_once('=').map_or(*it, |(name, _)| name);
        ["ref", "depth", "archive", "checksum", "region", "version"].contains(&name)
    };
    let query: Vec<&str> = query.split('&').filter(open).collect();
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_addresses_are_not_shown() {
        for (address, told) in [
            ("git::https://me:secret@h.io/r?ref=1&sshkey=x", "git::https://…@h.io/r?ref=1"),
            ("https://token@h.io/m.zip?sig=x", "https://…@h.io/m.zip"),
            ("git::ssh://git@h.io/r", "git::ssh://git@h.io/r"),
            ("registry.opentofu.org/a/b/c", "registry.opentofu.org/a/b/c"),
        ] {
            assert_eq!(shown(address), told);
        }
    }
}
