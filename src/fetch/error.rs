//! What can go wrong.

use std::io;
use std::path::Path;

use crate::address::ModulePath;
use crate::diagnostic::Diagnostic;
pub(super) use crate::language::source::shown;

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
