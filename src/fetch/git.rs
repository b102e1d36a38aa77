//! Git repositories, through git itself.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use crate::fetch::error::{FetchError, Result, shown};
use crate::fetch::package::take_query;

/// What an address asks for.
struct Repository {
    url: String,
    reference: Option<String>,
    depth: Option<u32>,
    key: Option<tempfile::NamedTempFile>,
}

/// Fetches the files of a repository at `git::ADDRESS?ref=…&depth=…&sshkey=…`.
pub(super) fn fetch(address: &str, into: &Path) -> Result<()> {
    let repository = Repository::read(address)?;
    fs::create_dir_all(into).map_err(|error| FetchError::file(into, &error))?;
    repository.check_out(into)?;
    let kept = into.join(".git");
    fs::remove_dir_all(&kept).map_err(|error| FetchError::file(&kept, &error))
}

impl Repository {
    fn read(address: &str) -> Result<Repository> {
        let mut url = Url::parse(address)
            .map_err(|error| FetchError::new(format!("{} is no URL: {error}", shown(address))))?;
        let reference = take_query(&mut url, "ref").filter(|it| !it.is_empty());
        if let Some(wrong) = reference.as_ref().filter(|it| it.starts_with('-')) {
            return Err(FetchError::new(format!("`{wrong}` is no branch, tag or commit")));
        }
        // As with OpenTofu, what is no number is none given.
        let depth = take_query(&mut url, "depth").and_then(|it| it.parse().ok());
        let key = take_query(&mut url, "sshkey").map(|it| key_file(&it)).transpose()?;
        Ok(Repository { url: url.to_string(), reference, depth, key })
    }

    /// Fetches one commit if the server lets that be done, everything otherwise.
    fn check_out(&self, into: &Path) -> Result<()> {
        let wanted = self.reference.as_deref().unwrap_or("HEAD");
        let depth = self.depth.filter(|it| *it > 0).unwrap_or(1);
        self.git(into, &["init", "-q"])?;
        self.git(into, &["remote", "add", "--", "origin", &self.url])?;
        let depth = format!("--depth={depth}");
        let one = self.git(into, &["fetch", "-q", &depth, "--", "origin", wanted]);
        match one {
            Ok(()) => self.git(into, &["checkout", "-q", "--detach", "FETCH_HEAD"])?,
            Err(_) => {
                let everything = "+refs/heads/*:refs/remotes/origin/*";
                self.git(into, &["fetch", "-q", "--tags", "origin", everything])?;
                let branch = format!("refs/remotes/origin/{wanted}");
                let commit = format!("{wanted}^{{commit}}");
                let known =
                    |it: &&String| self.git(into, &["rev-parse", "-q", "--verify", it]).is_ok();
                let target = [&branch, &commit].into_iter().find(known);
                let target = target.ok_or_else(|| self.no_reference(wanted))?;
                self.git(into, &["checkout", "-q", "--detach", target])?;
            }
        }
        if into.join(".gitmodules").is_file() {
            self.git(into, &["submodule", "update", "-q", "--init", "--recursive"])?;
        }
        Ok(())
    }

    fn no_reference(&self, wanted: &str) -> FetchError {
        let detail = format!("{} has no `{wanted}`", shown(&self.url));
        FetchError::new(detail).hint("`ref` is a branch, a tag or a commit.")
    }

    fn git(&self, folder: &Path, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(folder).stdin(Stdio::null());
        command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"] {
            command.env_remove(name);
        }
        if let Some(key) = &self.key {
            let ssh = std::env::var("GIT_SSH_COMMAND").unwrap_or_else(|_| "ssh".into());
            command.env("GIT_SSH_COMMAND", format!("{ssh} -i {}", key.path().display()));
        }
        let output = command.output().map_err(|error| {
            let error = FetchError::new(format!("git cannot be started: {error}"));
            error.hint("Modules in git repositories need git to be installed.")
        })?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let lines = said.lines().map(str::trim).filter(|it| !it.is_empty());
        let said = lines.collect::<Vec<_>>().join(" ").replace(&self.url, &shown(&self.url));
        let detail =
            format!("git cannot fetch {}: {}", shown(&self.url), said.trim_end_matches('.'));
        Err(FetchError::new(detail))
    }
}

/// A file with the private key that an address holds.
fn key_file(encoded: &str) -> Result<tempfile::NamedTempFile> {
    let wrong = |error: &dyn std::fmt::Display| {
        FetchError::new(format!("`sshkey` cannot be used: {error}"))
    };
    let key = STANDARD.decode(encoded.replace(' ', "+")).map_err(|error| wrong(&error))?;
    let file = tempfile::NamedTempFile::new().map_err(|error| wrong(&error))?;
    let owner = fs::Permissions::from_mode(0o600);
    let written = file.as_file().set_permissions(owner).and_then(|()| fs::write(file.path(), key));
    written.map_err(|error| wrong(&error))?;
    Ok(file)
}
