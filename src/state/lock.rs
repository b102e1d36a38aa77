//! Who may change a state that is kept in files.
//!
//! The lock itself is an advisory lock of the operating system on `.terraform.tfstate.lock.info`, so
//! it ends with its holder; the text in that file, which is Terraform's, tells who holds it. The
//! state file is locked as well, in Terraform's way, so that OpenTofu and Terraform keep out.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, fcntl_lock, flock};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::StateError;

/// How often a held lock is tried again.
const RETRY: Duration = Duration::from_millis(200);

/// Who holds a lock, as Terraform writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LockInfo {
    /// The name of the lock.
    #[serde(rename = "ID")]
    pub id: String,
    /// What the holder is doing.
    pub operation: String,
    /// More about it.
    pub info: String,
    /// User and host.
    pub who: String,
    /// The version of the holder.
    pub version: String,
    /// When it was taken, as RFC 3339 says.
    pub created: String,
    /// The state.
    pub path: String,
}

impl LockInfo {
    /// The lock of this process for an operation on a state.
    pub fn new(operation: &str, path: &Path) -> LockInfo {
        let user = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
        let user = user.filter(|it| !it.is_empty()).or_else(account);
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        LockInfo {
            id: uuid::Uuid::new_v4().to_string(),
            operation: operation.to_string(),
            info: String::new(),
            who: format!("{}@{host}", user.unwrap_or_default()),
            version: env!("CARGO_PKG_VERSION").to_string(),
            created: now(),
            path: path.display().to_string(),
        }
    }
}

/// The name of the account that this process runs as.
fn account() -> Option<String> {
    let own = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == own).then(|| name.to_string())
    })
}

/// The time, as RFC 3339 says.
pub(super) fn now() -> String {
    OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default()
}

/// `ann@host since 2026-01-02T03:04:05Z (OperationTypeApply, lock 1234)`
impl fmt::Display for LockInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} since {} ({}, lock {})", self.who, self.created, self.operation, self.id)
    }
}

/// A held lock; dropping it gives it up.
#[derive(Debug)]
pub struct Lock {
    /// What it tells others.
    pub info: LockInfo,
    path: PathBuf,
    state: PathBuf,
    /// Both are locked while open.
    file: File,
    state_file: File,
    created_state: bool,
}

/// Where the lock of a state is.
fn lock_path(state: &Path) -> PathBuf {
    let name = state.file_name().unwrap_or_default().to_string_lossy();
    state.with_file_name(format!(".{}.lock.info", name.strip_prefix('.').unwrap_or(&name)))
}

impl Lock {
    /// Takes the lock of a state file, waiting for it as long as `timeout`.
    pub fn take(state: &Path, info: LockInfo, timeout: Duration) -> Result<Lock, StateError> {
        let deadline = Instant::now() + timeout;
        loop {
            match Lock::try_take(state, &info) {
                Err(StateError::Locked { .. }) if Instant::now() < deadline => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    std::thread::sleep(RETRY.min(left));
                }
                outcome => return outcome,
            }
        }
    }

    fn try_take(state: &Path, info: &LockInfo) -> Result<Lock, StateError> {
        let path = lock_path(state);
        let mut file = open_locked(&path, state)?;
        let created_state = !state.exists();
        let state_file = lock_state(state, &path)?;
        write_info(&mut file, info).map_err(StateError::io("write", &path))?;
        Ok(Lock { info: info.clone(), path, state: state.into(), file, state_file, created_state })
    }

    /// The text of the state file. While the lock is held the file must not be opened otherwise:
    /// closing any other handle of it would end the lock that Terraform looks at.
    pub(super) fn read_state(&mut self) -> std::io::Result<Vec<u8>> {
        let mut text = Vec::new();
        self.state_file.rewind()?;
        self.state_file.read_to_end(&mut text)?;
        Ok(text)
    }

    /// Says that `file` has taken the place of the state file.
    pub(super) fn replaced(&mut self, file: File) -> std::io::Result<()> {
        fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive)?;
        self.state_file = file;
        self.created_state = false;
        Ok(())
    }

    /// Breaks the lock with that id which a process left behind.
    pub fn force(state: &Path, id: &str) -> Result<LockInfo, StateError> {
        let path = lock_path(state);
        let refused = |detail: String| StateError::Unlock { path: state.into(), detail };
        let Some(info) = read_info(&path) else {
            return Err(refused("it is not locked".into()));
        };
        if info.id != id {
            return Err(refused(format!("its lock is {}, not {id}", info.id)));
        }
        match open_locked(&path, state).and_then(|file| Ok((lock_state(state, &path)?, file))) {
            Ok(_) => {
                std::fs::remove_file(&path).map_err(StateError::io("remove", &path))?;
                Ok(info)
            }
            Err(StateError::Locked { .. }) => {
                Err(refused(format!("its holder is still running: {info}; stop that first")))
            }
            Err(error) => Err(error),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A leftover of either kind holds nobody back, so failing to tidy up is no failure.
        let _ = std::fs::remove_file(&self.path);
        let empty = self.state_file.metadata().is_ok_and(|it| it.len() == 0);
        if self.created_state && empty {
            let _ = std::fs::remove_file(&self.state);
        }
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

fn open_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

/// Opens and locks the lock file. A holder that ends removes it, so the file that was locked must
/// still be the one with that name.
fn open_locked(path: &Path, state: &Path) -> Result<File, StateError> {
    loop {
        let file = open_file(path).map_err(StateError::io("lock the state with", path))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(held(path, state)),
            Err(error) => return Err(StateError::io("lock", path)(error.into())),
        }
        let own = file.metadata().map_err(StateError::io("lock", path))?;
        if std::fs::metadata(path).is_ok_and(|named| named.ino() == own.ino()) {
            return Ok(file);
        }
    }
}

/// Locks the state file in Terraform's way; it is created if there is none, as Terraform does.
fn lock_state(state: &Path, info: &Path) -> Result<File, StateError> {
    let file = open_file(state).map_err(StateError::io("open", state))?;
    match fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(Errno::AGAIN | Errno::ACCESS) => Err(held(info, state)),
        Err(error) => Err(StateError::io("lock", state)(error.into())),
    }
}

fn held(path: &Path, state: &Path) -> StateError {
    StateError::Locked { path: state.into(), info: read_info(path).map(Box::new) }
}

fn read_info(path: &Path) -> Option<LockInfo> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

fn write_info(file: &mut File, info: &LockInfo) -> std::io::Result<()> {
    let text = serde_json::to_vec(info)?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(&text)
}
