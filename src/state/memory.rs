//! A vault in memory for tests, which can crash at any operation.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::{StateError, Vault};

/// A disk; clones are the same disk.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    bytes: Arc<Mutex<Bytes>>,
    state: PathBuf,
    journal: PathBuf,
}

#[derive(Debug, Default)]
struct Bytes {
    state: Vec<u8>,
    journal: Vec<u8>,
    /// Operations that still succeed; none: all.
    left: Option<usize>,
    /// Bytes of the append at which it fails that still reach the disk.
    torn: usize,
    done: usize,
    crashed: bool,
}

impl Disk {
    pub(crate) fn new() -> Disk {
        Disk {
            bytes: Arc::default(),
            state: "terraform.tfstate".into(),
            journal: "terraform.tfstate.journal".into(),
        }
    }

    /// Fails for good after `left` more writing operations.
    pub(crate) fn crash_after(&self, left: usize, torn: usize) {
        let mut bytes = self.bytes.lock().unwrap();
        bytes.left = Some(left);
        bytes.torn = torn;
    }

    /// Works again, as after a restart.
    pub(crate) fn restart(&self) {
        self.bytes.lock().unwrap().left = None;
    }

    /// Whether the crash has come.
    pub(crate) fn has_crashed(&self) -> bool {
        self.bytes.lock().unwrap().crashed
    }

    /// How many writing operations there were.
    pub(crate) fn operations(&self) -> usize {
        self.bytes.lock().unwrap().done
    }

    pub(crate) fn state(&self) -> Vec<u8> {
        self.bytes.lock().unwrap().state.clone()
    }

    pub(crate) fn journal(&self) -> Vec<u8> {
        self.bytes.lock().unwrap().journal.clone()
    }

    pub(crate) fn set(&self, state: Vec<u8>, journal: Vec<u8>) {
        let mut bytes = self.bytes.lock().unwrap();
        bytes.state = state;
        bytes.journal = journal;
    }

    fn write(&self, change: impl FnOnce(&mut Bytes, bool)) -> Result<(), StateError> {
        let mut bytes = self.bytes.lock().unwrap();
        let works = bytes.left != Some(0);
        change(&mut bytes, works);
        bytes.crashed |= !works;
        if works {
            bytes.left = bytes.left.map(|left| left - 1);
            bytes.done += 1;
            return Ok(());
        }
        Err(StateError::io("write", &self.journal)(std::io::ErrorKind::StorageFull.into()))
    }
}

impl Vault for Disk {
    fn state_path(&self) -> &Path {
        &self.state
    }

    fn journal_path(&self) -> &Path {
        &self.journal
    }

    fn read_state(&mut self) -> Result<Vec<u8>, StateError> {
        Ok(self.state())
    }

    fn write_state(&mut self, new: &[u8]) -> Result<(), StateError> {
        self.write(|bytes, works| {
            if works {
                bytes.state = new.to_vec();
            }
        })
    }

    fn read_journal(&mut self) -> Result<Vec<u8>, StateError> {
        Ok(self.journal())
    }

    fn append(&mut self, offset: usize, new: &[u8]) -> Result<(), StateError> {
        self.write(|bytes, works| {
            let reaches = if works { new.len() } else { bytes.torn.min(new.len()) };
            // A crash before the write leaves what is there.
            if reaches > 0 {
                bytes.journal.truncate(offset);
                bytes.journal.extend_from_slice(&new[..reaches]);
            }
        })
    }

    fn write_journal(&mut self, new: &[u8]) -> Result<(), StateError> {
        self.write(|bytes, works| {
            if works {
                bytes.journal = new.to_vec();
            }
        })
    }
}
