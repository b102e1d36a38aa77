//! The program that `credentials_helper` names.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

use crate::fetch::error::{FetchError, Result};

/// A program that knows tokens.
#[derive(Debug)]
pub(super) struct Helper {
    name: String,
    /// Where it may be.
    folders: Vec<PathBuf>,
    arguments: Vec<String>,
}

impl Helper {
    pub(super) fn new(home: &Path, name: &str, arguments: Vec<String>) -> Helper {
        let plugins = home.join(".terraform.d/plugins");
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        let own = plugins.join(format!("{}_{architecture}", std::env::consts::OS));
        let name = format!("terraform-credentials-{name}");
        Helper { name, folders: vec![plugins, own], arguments }
    }

    /// The token for a host, if it knows one. A program that is not there knows none, as OpenTofu
    /// has it.
    pub(super) fn token(&self, host: &str) -> Result<Option<String>> {
        let mut programs = self.folders.iter().map(|it| it.join(&self.name));
        let Some(program) = programs.find(|it| it.is_file()) else { return Ok(None) };
        let failed = |what: String| {
            FetchError::new(format!("{} has no token for {host}: {what}", self.name))
        };
        let output = Command::new(program).args(&self.arguments).args(["get", host]).output();
        let output = output.map_err(|error| failed(error.to_string()))?;
        if !output.status.success() {
            return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_string()));
        }
        let answer: Json =
            serde_json::from_slice(&output.stdout).map_err(|error| failed(error.to_string()))?;
        Ok(answer.get("token").and_then(Json::as_str).map(str::to_string))
    }
}
