//! What `init` records of the backend, in the file that OpenTofu and Terraform have for it.

use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Settings;
use crate::command::place::data_folder;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// The name of the file in the folder for data.
const NAME: &str = "terraform.tfstate";

/// The version of its format.
const VERSION: u64 = 3;

/// The file.
#[derive(Deserialize)]
struct File {
    version: u64,
    backend: Option<Recorded>,
}

/// A recorded backend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Recorded {
    #[serde(rename = "type")]
    kind: String,
    config: Json,
    /// Tells whether the block in the configuration is still the same: what is recorded may come from
    /// elsewhere too.
    hash: u64,
}

impl Recorded {
    /// What is to be recorded of settings; `configured` is what the configuration says of them.
    pub(super) fn new(settings: &Settings, configured: &Settings) -> Recorded {
        let config = json!({ "path": settings.path, "workspace_dir": settings.workspace_dir });
        Recorded { kind: "local".into(), config, hash: hash(configured) }
    }

    /// What was recorded, if anything.
    pub(super) fn read() -> Result<Option<Recorded>, Diagnostics> {
        let damaged = |what: String| {
            let detail = format!("{} {what}.", path().display());
            let hint = "`terrace init -reconfigure` writes it anew.";
            Diagnostics::from(Diagnostic::error("Backend record cannot be used", detail).hint(hint))
        };
        let text = match std::fs::read(path()) {
            Ok(text) if text.iter().all(u8::is_ascii_whitespace) => return Ok(None),
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(damaged(format!("cannot be read: {error}"))),
        };
        let file: File = serde_json::from_slice(&text)
            .map_err(|error| damaged(format!("is not what `init` writes: {error}")))?;
        match file.version {
            VERSION => Ok(file.backend.filter(|it| !it.kind.is_empty())),
            other => Err(damaged(format!("has version {other}, which is not known"))),
        }
    }

    /// Records it.
    pub(super) fn write(&self) -> Result<(), Diagnostics> {
        put(&json!({ "version": VERSION, "backend": self }))
    }

    /// Records that there is none.
    pub(super) fn clear() -> Result<(), Diagnostics> {
        put(&json!({ "version": VERSION }))
    }

    /// Whether it was recorded of this block, or says the same.
    pub(super) fn is_of(&self, configured: &Settings) -> bool {
        self.is_local() && (self.hash == hash(configured) || self.says(configured))
    }

    /// Whether the recorded settings are these.
    pub(super) fn says(&self, settings: &Settings) -> bool {
        self.is_local() && self.settings().is_ok_and(|it| it == *settings)
    }

    pub(super) fn is_local(&self) -> bool {
        self.kind == "local"
    }

    /// The recorded settings.
    pub(super) fn settings(&self) -> Result<Settings, Diagnostics> {
        if !self.is_local() {
            let detail = format!(
                "`init` recorded the backend `{}`; terrace keeps state in a local file so far.",
                self.kind
            );
            return Err(Diagnostic::error("Unsupported backend", detail).into());
        }
        let text = |name: &str| self.config.get(name).and_then(Json::as_str).map(str::to_string);
        Ok(Settings { path: text("path"), workspace_dir: text("workspace_dir") })
    }

    pub(super) fn describe(&self) -> String {
        match self.settings() {
            Ok(settings) => settings.places().to_string(),
            Err(_) => format!("the backend `{}`", self.kind),
        }
    }
}

fn path() -> PathBuf {
    data_folder().join(NAME)
}

/// Puts a file in the place of the last one, or leaves that untouched.
fn put(content: &Json) -> Result<(), Diagnostics> {
    let folder = data_folder();
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(&folder)?;
        let mut file = tempfile::Builder::new().prefix(".terrace-").tempfile_in(&folder)?;
        file.write_all(format!("{content:#}\n").as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path()).map(drop).map_err(|error| error.error)
    };
    write().map_err(|error| {
        let detail = format!("{} cannot be written: {error}.", path().display());
        Diagnostic::error("Backend cannot be recorded", detail).into()
    })
}

/// The hash of a block, as OpenTofu and Terraform make it, so that they see that it is unchanged.
fn hash(settings: &Settings) -> u64 {
    let text = |value: &Option<String>| value.as_ref().map_or("~".to_string(), |it| quoted(it));
    let (path, folder) = (text(&settings.path), text(&settings.workspace_dir));
    crc32fast::hash(format!("<\"local\";<{path};{folder};>;>").as_bytes()).into()
}

/// A text as Go quotes it.
fn quoted(text: &str) -> String {
    let escaped = |c: char| match c {
        '"' => "\\\"".to_string(),
        '\\' => "\\\\".to_string(),
        '\n' => "\\n".to_string(),
        '\r' => "\\r".to_string(),
        '\t' => "\\t".to_string(),
        '\u{7}' => "\\a".to_string(),
        '\u{8}' => "\\b".to_string(),
        '\u{b}' => "\\v".to_string(),
        '\u{c}' => "\\f".to_string(),
        c if c.is_ascii_control() => format!("\\x{:02x}", u32::from(c)),
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers are those that OpenTofu writes.
    #[test]
    fn hashes_are_those_of_opentofu() {
        let with = |path: &str| Settings { path: Some(path.into()), workspace_dir: None };
        assert_eq!(hash(&with("a.tfstate")), 2_985_648_108);
        assert_eq!(hash(&with("b.tfstate")), 2_554_194_718);
        assert_eq!(quoted("a\"b\\\n\u{1}ü"), "\"a\\\"b\\\\\\n\\x01ü\"");
    }
}
