//! The provider `local`: files and programs of this machine.

mod command;
mod file;
mod functions;
mod source;

use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind as IoErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::bundle::{Bundle, Facts};
use super::digests::{Digests, hexadecimal};
use super::kind::{AnyResource, Kind};
use super::source::{AnySource, SourceKind};
use super::{busy, refused};
use crate::provider::Result;
use crate::schema::Check;

static FILE: Kind<file::LocalFile> = Kind::new();
static SENSITIVE_FILE: Kind<file::LocalSensitiveFile> = Kind::new();
static FILE_SOURCE: SourceKind<source::FileSource> = SourceKind::new();
static SENSITIVE_FILE_SOURCE: SourceKind<source::SensitiveFileSource> = SourceKind::new();

static COMMAND: SourceKind<command::LocalCommand> = SourceKind::new();

static RESOURCES: &[&dyn AnyResource] = &[&FILE, &SENSITIVE_FILE];
static SOURCES: &[&dyn AnySource] = &[&COMMAND, &FILE_SOURCE, &SENSITIVE_FILE_SOURCE];
static EPHEMERAL: &[&dyn AnySource] = &[&COMMAND];

/// The provider.
pub(super) fn provider() -> Bundle {
    Bundle::new(Facts {
        name: "local",
        source: "registry.terraform.io/hashicorp/local",
        version: "2.9.0",
        resources: RESOURCES,
        sources: SOURCES,
        ephemeral: EPHEMERAL,
        functions: functions::FUNCTIONS,
    })
}

const PERMISSION: Check = Check::Pattern(r"^[0-7]{3,4}$", "three or four octal digits");

/// What a file is to hold: text, Base64, or what another file holds.
#[derive(Clone, Debug)]
enum Content {
    Text(String),
    Base64(String),
    File(String),
}

impl Content {
    fn bytes(self) -> Result<Vec<u8>> {
        match self {
            Content::Text(text) => Ok(text.into_bytes()),
            Content::Base64(text) => {
                STANDARD.decode(text).map_err(|_| refused("`content_base64` is not in Base64"))
            }
            Content::File(path) => contents(&path),
        }
    }
}

/// A file to write.
#[derive(Clone, Debug)]
struct NewFile {
    path: PathBuf,
    content: Content,
    permission: String,
    folder_permission: String,
}

impl NewFile {
    /// Writes it, with the folders around it, and tells the digests of what it holds.
    async fn write(self) -> Result<Digests> {
        busy(move || self.write_now()).await
    }

    fn write_now(self) -> Result<Digests> {
        let failed = |error: std::io::Error| {
            refused(format!("{} cannot be written: {error}", self.path.display()))
        };
        let content = self.content.bytes()?;
        if let Some(folder) = self.path.parent().filter(|it| !it.as_os_str().is_empty()) {
            let mode = mode(&self.folder_permission)?;
            DirBuilder::new().recursive(true).mode(mode).create(folder).map_err(failed)?;
        }
        let mode = mode(&self.permission)?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(mode);
        let mut file = options.open(&self.path).map_err(failed)?;
        file.write_all(&content).map_err(failed)?;
        Ok(Digests::of(&content))
    }
}

/// Permissions of octal digits.
fn mode(digits: &str) -> Result<u32> {
    u32::from_str_radix(digits, 8).map_err(|_| refused(format!("`{digits}` are no octal digits")))
}

/// What a file holds.
fn contents(path: &str) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| refused(format!("{path} cannot be read: {error}")))
}

/// Whether a file is there and holds what has this SHA-1.
fn holds(path: &str, sha1: &str) -> Result<bool> {
    use sha1::Digest as _;
    match std::fs::metadata(path) {
        Err(error) if error.kind() == IoErrorKind::NotFound => Ok(false),
        _ => Ok(hexadecimal(&sha1::Sha1::digest(contents(path)?)) == sha1),
    }
}

/// Removes a file; one that is gone already is a success.
fn remove(path: &str) -> Result {
    match std::fs::remove_file(Path::new(path)) {
        Err(error) if error.kind() == IoErrorKind::NotFound => Ok(()),
        Err(error) => Err(refused(format!("{path} cannot be removed: {error}"))),
        Ok(()) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
