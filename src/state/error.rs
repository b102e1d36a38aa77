//! What can be wrong with stored state, and what to do about it.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::{LockInfo, World};
use crate::diagnostic::Diagnostic;

/// Why the state cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The operating system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried, such as `read`.
        doing: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is not a state file.
    #[error("the file {} is not a state file: {detail}", path.display())]
    NotState {
        /// The file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// The file has a format that terrace does not read.
    #[error("the file {} has format version {found}, and terrace reads version 4{}", path.display(), written_by(by))]
    Version {
        /// The file.
        path: PathBuf,
        /// The version of the format.
        found: u64,
        /// The version of Terraform that wrote the file, when it says so.
        by: String,
    },
    /// The file has the right format, but something in it makes no sense.
    #[error("the file {} cannot be used: {detail}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What makes no sense.
        detail: String,
    },
    /// The journal was changed or damaged.
    #[error("the journal {} is damaged at line {line} (byte {offset}): {detail}", path.display())]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Where the line begins, in bytes.
        offset: usize,
        /// What is wrong with it.
        detail: String,
    },
    /// The journal was written by a newer version of terrace.
    #[error("the journal {} has format version {found}, and this terrace reads version 1", path.display())]
    NewerJournal {
        /// The journal.
        path: PathBuf,
        /// The version of its format.
        found: u64,
    },
    /// The state is another one than was expected.
    #[error("the file {} is of lineage {found:?}, and {what} of lineage {wanted:?}", path.display())]
    Lineage {
        /// The file.
        path: PathBuf,
        /// Its lineage.
        found: String,
        /// What was compared with it.
        what: String,
        /// The lineage of that.
        wanted: String,
    },
    /// The objects are in another world than the one to work with.
    #[error("the objects of the state {} {}", path.display(), elsewhere(*found))]
    World {
        /// The state file.
        path: PathBuf,
        /// Where its objects are.
        found: World,
        /// Where the command would look for them.
        wanted: World,
    },
    /// The journal belongs to another version of the state than the one there is.
    #[error("the file {} has serial {serial}, but the journal beside it goes on from serial {wanted}", path.display())]
    MovedOn {
        /// The state file.
        path: PathBuf,
        /// Its serial.
        serial: u64,
        /// The serial that the journal was begun on.
        wanted: u64,
        /// The journal.
        journal: PathBuf,
        /// What the journal knows: addresses and ids.
        objects: Vec<String>,
    },
    /// Someone else holds the lock.
    #[error("the state {} is locked{}", path.display(), held_by(info))]
    Locked {
        /// The state file.
        path: PathBuf,
        /// Who holds it, when the lock says so.
        info: Option<Box<LockInfo>>,
    },
    /// The lock is not the one to be broken.
    #[error("cannot unlock {}: {detail}", path.display())]
    Unlock {
        /// The state file.
        path: PathBuf,
        /// Why not.
        detail: String,
    },
    /// Pushing this state would lose what is there.
    #[error("the state cannot be pushed: {0}")]
    Push(String),
    /// Facts could not be noted anywhere.
    #[error("{cause}; not noted: {}", facts.join("; "))]
    Unrecorded {
        /// Why not.
        cause: Box<StateError>,
        /// The facts.
        facts: Vec<String>,
    },
}

fn written_by(version: &str) -> String {
    if version.is_empty() { String::new() } else { format!("; Terraform {version} wrote it") }
}

fn held_by(info: &Option<Box<LockInfo>>) -> String {
    match info {
        Some(info) => format!(" by {info}"),
        None => " by another process, which did not say who it is".into(),
    }
}

fn elsewhere(found: World) -> &'static str {
    match found {
        World::Aws => "are in AWS, and the command is for the sandbox",
        World::Sandbox => "are in the sandbox, and the command is for AWS",
    }
}

impl StateError {
    /// The error of an operation on a file.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StateError {
        let path = path.to_path_buf();
        move |source| StateError::Io { path, doing, source }
    }

    /// What it is about, in a few words.
    pub fn summary(&self) -> &'static str {
        match self {
            StateError::Io { doing: "read", .. } => "Unreadable state",
            StateError::Io { .. } => "State not written",
            StateError::NotState { .. } | StateError::Invalid { .. } => "Invalid state file",
            StateError::Version { .. } => "Unsupported state file",
            StateError::Damaged { .. } => "Damaged journal",
            StateError::NewerJournal { .. } => "Unsupported journal",
            StateError::Lineage { .. } => "State of another lineage",
            StateError::World { .. } => "State of another world",
            StateError::MovedOn { .. } => "State changed beside its journal",
            StateError::Locked { .. } => "State locked",
            StateError::Unlock { .. } => "State not unlocked",
            StateError::Push(_) => "State not pushed",
            StateError::Unrecorded { .. } => "Facts not recorded",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            StateError::Io { source, .. } => io_hint(source.kind()).into(),
            StateError::NotState { .. } | StateError::Invalid { .. } => {
                "put back a good copy; the version before the last change is in the file of the \
                 same name with `.backup` at the end"
                    .into()
            }
            StateError::Version { found, .. } if *found > 4 => {
                "use a version of terrace that reads it".into()
            }
            StateError::Version { .. } => {
                "upgrade it first: `terraform refresh` with Terraform 0.13 to 1.5 writes version 4"
                    .into()
            }
            StateError::Damaged { offset, path, .. } => format!(
                "everything before byte {offset} is good. Compare {} with a copy if you have one; \
                 to give up what follows, cut it there with `truncate -s {offset}`, then look for \
                 objects that the state does not know",
                path.display()
            ),
            StateError::NewerJournal { .. } => {
                "finish the run with the version of terrace that began it".into()
            }
            StateError::Lineage { .. } => {
                "they belong to different stacks: check the folder and the backend configuration"
                    .into()
            }
            StateError::World { found: World::Sandbox, .. } => {
                "add `-sandbox`, or set TERRACE_SANDBOX=1".into()
            }
            StateError::World { .. } => {
                "leave out `-sandbox`, or name another state file with `-state`".into()
            }
            StateError::MovedOn { journal, objects, .. } => moved_on_hint(journal, objects),
            StateError::Locked { .. } => "wait for it with `-lock-timeout=5m`; a lock of a \
                                          process that has ended does not hold anyone back"
                .into(),
            StateError::Unlock { .. } => String::new(),
            StateError::Push(_) => {
                "pull the state and compare; `-force` overwrites it nevertheless".into()
            }
            StateError::Unrecorded { .. } => {
                "write these down: they exist, but the state does not know them. When the cause is \
                 gone, import them with `terrace import`"
                    .into()
            }
        }
    }
}

fn io_hint(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "the disk is full: make room",
        ErrorKind::ReadOnlyFilesystem => "the folder is on a read-only file system",
        ErrorKind::PermissionDenied => "check the permissions of the file and its folder",
        ErrorKind::NotFound => "check that the folder exists",
        _ => "",
    }
}

fn moved_on_hint(journal: &Path, objects: &[String]) -> String {
    format!(
        "another tool wrote the state while an interrupted run waited to be continued. The journal \
         knows of: {}. Import those that the state lacks (`terrace import`), then delete {}",
        if objects.is_empty() { "nothing that exists".into() } else { objects.join(", ") },
        journal.display()
    )
}

impl From<StateError> for Diagnostic {
    fn from(error: StateError) -> Diagnostic {
        Diagnostic::error(error.summary(), error.to_string()).hint(error.hint())
    }
}
