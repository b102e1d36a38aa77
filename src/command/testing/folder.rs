//! Where the states of a file of tests are while it is carried out.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::{Builder, TempDir};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::state::World;

/// The folder of all such folders.
fn all() -> PathBuf {
    Path::new(".terrace").join("tests")
}

/// A folder for states. It outlives the process unless it is removed, for it may be the only record
/// of what there is; except for a sandbox, which is in it and goes with it.
pub(super) struct Folder {
    pub(super) path: PathBuf,
    sandbox: Option<TempDir>,
    record: Record,
}

/// The folder that tells what there is, for whoever has to say so.
#[derive(Clone, Default)]
pub(super) struct Record(Arc<Mutex<Option<PathBuf>>>);

impl Record {
    /// What to say before leaving at once.
    pub(super) fn words(&self) -> Option<String> {
        let path = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        Some(format!(
            "\nWhat the tests made is not destroyed. The states that tell of it are in {}.",
            path.display()
        ))
    }

    fn set(&self, path: Option<PathBuf>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = path;
    }
}

impl Folder {
    /// Makes a folder for a file of tests.
    pub(super) fn make(file: &Path, world: World, record: Record) -> Result<Folder, Diagnostics> {
        Folder::try_make(file, world, record).map_err(|error| {
            let detail = format!("No folder for their states can be made: {error}.");
            Diagnostic::error("Tests cannot be run", detail).into()
        })
    }

    fn try_make(file: &Path, world: World, record: Record) -> std::io::Result<Folder> {
        if world == World::Sandbox {
            let sandbox = tempfile::tempdir()?;
            return Ok(Folder { path: sandbox.path().into(), sandbox: Some(sandbox), record });
        }
        std::fs::create_dir_all(all())?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let stem = name.split('.').next().unwrap_or_default();
        let path = Builder::new().prefix(&format!("{stem}-")).tempdir_in(all())?.keep();
        record.set(Some(path.clone()));
        Ok(Folder { path, sandbox: None, record })
    }

    /// Whether it is there when the process has ended.
    pub(super) fn is_lasting(&self) -> bool {
        self.sandbox.is_none()
    }

    /// Removes it; nothing needs it any more.
    pub(super) fn remove(&self) -> Result<(), Diagnostics> {
        if self.is_lasting() {
            std::fs::remove_dir_all(&self.path).map_err(|error| {
                let detail = format!("{} cannot be removed: {error}.", self.path.display());
                Diagnostic::warning("States of tests cannot be removed", detail)
            })?;
            // Others may be there, and are to stay.
            let _ = std::fs::remove_dir(all()).and_then(|()| std::fs::remove_dir(".terrace"));
        }
        Ok(())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.record.set(None);
    }
}
