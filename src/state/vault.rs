//! Where snapshot and journal are kept.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::{Lock, StateError};

/// Keeps the bytes of one state and of its journal. Everything is durable once it returns.
pub trait Vault: Send {
    /// The name of the state, for messages.
    fn state_path(&self) -> &Path;
    /// The name of the journal, for messages.
    fn journal_path(&self) -> &Path;
    /// The snapshot; empty when there is none.
    fn read_state(&mut self) -> Result<Vec<u8>, StateError>;
    /// Puts a snapshot in the place of the last one, or leaves that untouched.
    fn write_state(&mut self, bytes: &[u8]) -> Result<(), StateError>;
    /// The journal; empty when there is none.
    fn read_journal(&mut self) -> Result<Vec<u8>, StateError>;
    /// Adds to the journal at `offset`; what may be behind that was never acknowledged.
    fn append(&mut self, offset: usize, bytes: &[u8]) -> Result<(), StateError>;
    /// Puts a journal in the place of the last one, or none when it is empty.
    fn write_journal(&mut self, bytes: &[u8]) -> Result<(), StateError>;
}

/// Files in a folder.
#[derive(Debug)]
pub(super) struct Files {
    state: PathBuf,
    journal: PathBuf,
    backup: Option<PathBuf>,
    /// Where the state is read from until it is written.
    from: Option<PathBuf>,
    open_journal: Option<File>,
    pub(super) lock: Option<Lock>,
}

/// Where the journal of a state is.
pub(super) fn journal_path(state: &Path) -> PathBuf {
    with_suffix(state, ".journal")
}

/// Whether an interrupted run left notes beside a state file.
pub fn is_interrupted(state: &Path) -> bool {
    std::fs::metadata(journal_path(state)).is_ok_and(|it| it.len() > 0)
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(suffix);
    path.with_file_name(name)
}

impl Files {
    pub(super) fn new(state: &Path, backup: Option<PathBuf>, lock: Option<Lock>) -> Files {
        let journal = journal_path(state);
        Files { state: state.into(), journal, backup, from: None, open_journal: None, lock }
    }

    /// The same, reading another state until this one is written.
    pub(super) fn from(self, from: Option<PathBuf>) -> Files {
        Files { from, ..self }
    }

    fn journal_file(&mut self) -> Result<&mut File, StateError> {
        if self.open_journal.is_none() {
            let created = !self.journal.exists();
            let mut options = OpenOptions::new();
            // Planned values may be secrets.
            options.write(true).create(true).truncate(false).mode(0o600);
            let file = options.open(&self.journal);
            let file = file.map_err(StateError::io("open", &self.journal))?;
            if created {
                sync_folder(&self.journal)?;
            }
            self.open_journal = Some(file);
        }
        self.open_journal
            .as_mut()
            .ok_or_else(|| StateError::io("open", &self.journal)(io::ErrorKind::NotFound.into()))
    }
}

fn read_or_empty(path: &Path) -> Result<Vec<u8>, StateError> {
    match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read.map_err(StateError::io("read", path)),
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync_folder(path: &Path) -> Result<(), StateError> {
    let folder = folder(path);
    File::open(folder).and_then(|opened| opened.sync_all()).map_err(StateError::io("write", folder))
}

/// Where links lead, so that not they are replaced but what they stand for.
fn followed(path: &Path) -> PathBuf {
    // As deep as Linux follows them.
    const DEPTH: usize = 40;
    let mut path = path.to_path_buf();
    for _ in 0..DEPTH {
        match std::fs::read_link(&path) {
            Ok(target) => path = folder(&path).join(target),
            Err(_) => break,
        }
    }
    path
}

/// Puts a file in the place of another in one step, and returns it, open.
fn replace(path: &Path, bytes: &[u8], new_mode: u32) -> Result<File, StateError> {
    let path = &followed(path);
    let failed = || StateError::io("write", path);
    let mode = std::fs::metadata(path).ok().map(|it| it.permissions());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".terrace-").permissions(Permissions::from_mode(new_mode));
    let mut temporary = builder.tempfile_in(folder(path)).map_err(failed())?;
    temporary.write_all(bytes).map_err(failed())?;
    if let Some(mode) = mode {
        temporary.as_file().set_permissions(mode).map_err(failed())?;
    }
    temporary.as_file().sync_all().map_err(failed())?;
    let file = temporary.persist(path).map_err(|error| failed()(error.error))?;
    sync_folder(path)?;
    Ok(file)
}

impl Vault for Files {
    fn state_path(&self) -> &Path {
        &self.state
    }

    fn journal_path(&self) -> &Path {
        &self.journal
    }

    fn read_state(&mut self) -> Result<Vec<u8>, StateError> {
        if let Some(from) = &self.from {
            return read_or_empty(from);
        }
        match &mut self.lock {
            Some(lock) => lock.read_state().map_err(StateError::io("read", &self.state)),
            None => read_or_empty(&self.state),
        }
    }

    fn write_state(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        // Nothing is overwritten without a copy, though it was another state that was read.
        let there = match &self.from {
            Some(_) => read_or_empty(&self.state)?,
            None => Vec::new(),
        };
        let last = if there.is_empty() { self.read_state()? } else { there };
        if let Some(backup) = self.backup.as_ref().filter(|_| !last.is_empty()) {
            replace(backup, &last, 0o666)?;
        }
        let file = replace(&self.state, bytes, 0o666)?;
        self.from = None;
        match &mut self.lock {
            Some(lock) => lock.replaced(file).map_err(StateError::io("lock", &self.state)),
            None => Ok(()),
        }
    }

    fn read_journal(&mut self) -> Result<Vec<u8>, StateError> {
        read_or_empty(&self.journal)
    }

    fn append(&mut self, offset: usize, bytes: &[u8]) -> Result<(), StateError> {
        let path = self.journal.clone();
        let failed = || StateError::io("write", &path);
        let file = self.journal_file()?;
        let offset = offset as u64;
        if file.metadata().map_err(failed())?.len() != offset {
            file.set_len(offset).map_err(failed())?;
        }
        file.seek(SeekFrom::Start(offset)).map_err(failed())?;
        file.write_all(bytes).map_err(failed())?;
        file.sync_data().map_err(failed())
    }

    fn write_journal(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        self.open_journal = None;
        if !bytes.is_empty() {
            return replace(&self.journal, bytes, 0o600).map(drop);
        }
        match std::fs::remove_file(&self.journal) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(StateError::io("remove", &self.journal)(error)),
            Ok(()) => sync_folder(&self.journal),
        }
    }
}
