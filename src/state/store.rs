//! The state of a stack: read, noted into, and snapshot again.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::journal::{self, hex};
use super::vault::{Files, with_suffix};
use super::{
    Compacting, Folded, Journal, Lock, LockInfo, Record, Run, State, StateError, TERRAFORM_VERSION,
    Tail, Vault, World, file, lock,
};

/// How to open the state of a stack.
#[derive(Clone, Debug)]
pub struct Options {
    /// The state file.
    pub path: PathBuf,
    /// Where it is read from until it has been written; none: from the state file.
    pub from: Option<PathBuf>,
    /// Where the snapshot before the last is kept; none: it is not.
    pub backup: Option<PathBuf>,
    /// Whether to lock it. Without a lock it should only be read.
    pub lock: bool,
    /// How long to wait for someone else's lock.
    pub lock_timeout: Duration,
    /// What is going to happen, for others who wait for the lock.
    pub operation: String,
    /// The world that the command works with; none: it only handles the state.
    pub world: Option<World>,
}

impl Options {
    /// For a command that may change the state.
    pub fn write(path: impl Into<PathBuf>, operation: &str) -> Options {
        let path = path.into();
        let backup = Some(with_suffix(&path, ".backup"));
        let operation = operation.to_string();
        let lock_timeout = Duration::ZERO;
        Options { path, from: None, backup, lock: true, lock_timeout, operation, world: None }
    }

    /// For a command that only reads.
    pub fn read(path: impl Into<PathBuf>) -> Options {
        Options { lock: false, ..Options::write(path, "") }
    }
}

/// The state of a stack. Facts are noted through a shared reference, from any thread.
pub struct Store {
    inner: Mutex<Inner>,
}

struct Inner {
    vault: Box<dyn Vault>,
    /// The last snapshot, whose serial and content the next one is compared with.
    snapshot: State,
    folded: Folded,
    /// The end of the journal; what it says is folded in.
    tail: Tail,
    /// The last run that the journal tells of.
    last_run: Option<Run>,
    /// Whether something at the end of the journal is to be cut off.
    torn: bool,
    notes: Vec<String>,
    /// Facts that could not be noted.
    unrecorded: Vec<String>,
    run: Option<String>,
    /// The world that the command works with.
    world: Option<World>,
}

impl Store {
    /// Opens the state in a file, taking its lock.
    pub fn open(options: &Options) -> Result<Store, StateError> {
        let path = &options.path;
        let held = if options.lock {
            let folder = path.parent().unwrap_or(Path::new(""));
            std::fs::create_dir_all(folder).map_err(StateError::io("create", folder))?;
            let info = LockInfo::new(&options.operation, path);
            Some(Lock::take(path, info, options.lock_timeout)?)
        } else {
            None
        };
        let files = Files::new(path, options.backup.clone(), held);
        let store = Store::on(Box::new(files.from(options.from.clone())))?;
        store.of_world(options.world)
    }

    /// The state, unless its objects are in another world than the one to work with: there they
    /// would all seem to be gone.
    fn of_world(self, world: Option<World>) -> Result<Store, StateError> {
        let mut inner = self.lock();
        let found = World::of(&inner.folded.state.lineage);
        match world {
            Some(wanted) if wanted != found && !inner.folded.is_empty() => {
                Err(StateError::World { path: inner.vault.state_path().into(), found, wanted })
            }
            _ => {
                inner.world = world;
                drop(inner);
                Ok(self)
            }
        }
    }

    /// Opens the state in a vault.
    pub fn on(mut vault: Box<dyn Vault>) -> Result<Store, StateError> {
        let text = vault.read_state()?;
        let snapshot = file::parse(&text, vault.state_path())?.unwrap_or_default();
        let journal = journal::read(&vault.read_journal()?, vault.journal_path())?;
        let folded = fold_checked(&*vault, &text, &snapshot, &journal)?;
        let mut notes = Vec::new();
        if journal.torn > 0 {
            notes.push(format!(
                "the last {} bytes of {} were cut short by a crash and are left out",
                journal.torn,
                vault.journal_path().display()
            ));
        }
        let last_run = journal.records.into_iter().rev().find_map(|record| match record {
            Record::Run(run) => Some(run),
            _ => None,
        });
        let inner = Inner {
            vault,
            snapshot,
            folded,
            tail: journal.tail,
            last_run,
            torn: journal.torn > 0,
            notes,
            unrecorded: Vec::new(),
            run: None,
            world: None,
        };
        Ok(Store { inner: Mutex::new(inner) })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Facts are applied one by one; a panic elsewhere leaves nothing half done here.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state as it is now, and the steps of earlier runs that are not resolved.
    pub fn folded(&self) -> Folded {
        self.lock().folded.clone()
    }

    /// The state as it is now.
    pub fn state(&self) -> State {
        self.lock().folded.state.clone()
    }

    /// Looks at something in the state without copying all of it.
    pub fn with<T>(&self, look: impl FnOnce(&Folded) -> T) -> T {
        look(&self.lock().folded)
    }

    /// What to tell about how the state was found.
    pub fn notes(&self) -> Vec<String> {
        self.lock().notes.clone()
    }

    /// The state file.
    pub fn path(&self) -> PathBuf {
        self.lock().vault.state_path().to_path_buf()
    }

    /// Starts a run, if none has been: from here on facts can be noted. Returns its name.
    pub fn begin_run(&self) -> Result<String, StateError> {
        let mut inner = self.lock();
        if let Some(run) = &inner.run {
            return Ok(run.clone());
        }
        let lineage = inner.lineage();
        let run = uuid::Uuid::new_v4().simple().to_string();
        let serial = inner.snapshot.serial;
        let record = Run {
            run: run.clone(),
            version: env!("CARGO_PKG_VERSION").into(),
            started: lock::now(),
            lineage,
            serial,
        };
        inner.append(Record::Run(record.clone()))?;
        inner.last_run = Some(record);
        inner.run = Some(run.clone());
        Ok(run)
    }

    /// Notes a fact; it is on the disk when this returns.
    ///
    /// Even when that fails the fact counts for this process, so that [`Store::finish`] can still
    /// save it; but nothing new may be begun.
    pub fn append(&self, record: Record) -> Result<(), StateError> {
        self.lock().append(record)
    }

    /// Notes facts together: sooner than one by one, and all of them or the first of them.
    pub fn append_all(&self, records: Vec<Record>) -> Result<(), StateError> {
        if records.is_empty() {
            return Ok(());
        }
        let mut inner = self.lock();
        inner.write(&records)?;
        for record in &records {
            inner.folded.apply(record);
        }
        Ok(())
    }

    /// Ends the run: when anything has changed, the state becomes the next snapshot, and the journal
    /// keeps only what is not resolved. Returns the state.
    pub fn finish(&self) -> Result<State, StateError> {
        let mut inner = self.lock();
        let finished = inner.finish();
        let facts = inner.unrecorded.clone();
        match finished {
            Err(cause) if !facts.is_empty() => {
                Err(StateError::Unrecorded { cause: Box::new(cause), facts })
            }
            finished => {
                finished?;
                inner.unrecorded.clear();
                Ok(inner.folded.state.clone())
            }
        }
    }

    /// Puts another state in the place of this one, as `state push` does: of the same lineage and of
    /// a later serial, unless `force` is given. The serial is taken over as it is.
    pub fn push(&self, state: State, force: bool) -> Result<(), StateError> {
        let mut inner = self.lock();
        let there = &inner.folded.state;
        if !force {
            check_push(&state, there).map_err(StateError::Push)?;
            if !inner.folded.unresolved.is_empty() {
                let what: Vec<_> =
                    inner.folded.unresolved.values().map(super::Pending::describe).collect();
                return Err(StateError::Push(format!(
                    "an interrupted run has not been continued; it was at {}",
                    what.join(", ")
                )));
            }
        }
        inner.write_snapshot(state)?;
        inner.folded.unresolved.clear();
        inner.keep_unresolved()
    }
}

/// Why a state must not be pushed over another.
fn check_push(pushed: &State, there: &State) -> Result<(), String> {
    if there.is_empty() || pushed.lineage.is_empty() {
        return Ok(());
    }
    if pushed.lineage != there.lineage {
        return Err(format!(
            "its lineage is {:?}, and the state there is of lineage {:?}",
            pushed.lineage, there.lineage
        ));
    }
    if pushed.serial < there.serial {
        return Err(format!(
            "its serial {} is older than {}, which is there",
            pushed.serial, there.serial
        ));
    }
    if pushed.serial == there.serial && !pushed.same_content(there) {
        return Err(format!(
            "it differs from the state there, which has the serial {} too",
            pushed.serial
        ));
    }
    Ok(())
}

/// Folds the journal into the snapshot, after a check that it belongs to it.
fn fold_checked(
    vault: &dyn Vault,
    text: &[u8],
    snapshot: &State,
    journal: &Journal,
) -> Result<Folded, StateError> {
    let is_this = |record: &Record| match record {
        Record::Compacting(compacting) => compacting.digest == digest(text),
        _ => false,
    };
    let contained = journal.records.iter().rposition(is_this).map_or(0, |at| at + 1);
    let (within, beyond) = journal.records.split_at(contained);
    let mut folded = Folded::containing(snapshot.clone(), within);
    for record in beyond {
        if let Record::Run(run) = record {
            check_run(vault, snapshot, run, &journal.records)?;
        }
        folded.apply(record);
    }
    Ok(folded)
}

/// Checks that a run of the journal was begun on this snapshot.
fn check_run(
    vault: &dyn Vault,
    snapshot: &State,
    run: &Run,
    records: &[Record],
) -> Result<(), StateError> {
    let other = !snapshot.lineage.is_empty() && snapshot.lineage != run.lineage;
    // A state without objects may go on in another world, with another lineage.
    if other && !snapshot.resources.is_empty() {
        return Err(StateError::Lineage {
            path: vault.state_path().into(),
            found: snapshot.lineage.clone(),
            what: format!("the journal {} is", vault.journal_path().display()),
            wanted: run.lineage.clone(),
        });
    }
    if snapshot.serial == run.serial {
        return Ok(());
    }
    let known = super::fold(State::default(), records);
    let objects = known
        .state
        .objects()
        .filter_map(|(address, _, object)| Some(format!("{address} ({})", object.id()?)));
    Err(StateError::MovedOn {
        path: vault.state_path().into(),
        serial: snapshot.serial,
        wanted: run.serial,
        journal: vault.journal_path().into(),
        objects: objects.collect(),
    })
}

fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// A record that cannot be printed as JSON; none is known.
fn unprintable(path: &Path) -> impl Fn(serde_json::Error) -> StateError {
    move |error| StateError::io("write", path)(error.into())
}

/// Facts that must be told when they cannot be noted.
fn vital(record: &Record, folded: &Folded) -> Option<String> {
    match record {
        Record::Made { step, id } => {
            let place = folded.unresolved.get(step).map(|it| it.begun.place.to_string());
            Some(format!("{} was created with id {id}", place.unwrap_or_else(|| step.clone())))
        }
        Record::Deleted { step } => {
            let place = folded.unresolved.get(step)?.begun.place.to_string();
            Some(format!("{place} was destroyed"))
        }
        Record::Done(done) => {
            Some(format!("{} has id {}", done.place, done.object.0.id().unwrap_or("(none)")))
        }
        _ => None,
    }
}

impl Inner {
    /// The lineage of a run: a new one if there is none, or nothing in it and it tells of another
    /// world.
    fn lineage(&self) -> String {
        let known = &self.folded.state.lineage;
        let here = self.world.is_none_or(|world| world == World::of(known));
        if known.is_empty() || !here && self.folded.is_empty() {
            self.world.unwrap_or_default().lineage()
        } else {
            known.clone()
        }
    }

    fn append(&mut self, record: Record) -> Result<(), StateError> {
        let outcome = self.write(std::slice::from_ref(&record));
        if outcome.is_err() {
            self.unrecorded.extend(vital(&record, &self.folded));
        }
        self.folded.apply(&record);
        outcome
    }

    fn write(&mut self, records: &[Record]) -> Result<(), StateError> {
        let mut tail = self.tail.clone();
        let lines = tail.add(records).map_err(unprintable(self.vault.journal_path()))?;
        self.vault.append(self.tail.length, &lines)?;
        self.tail = tail;
        self.torn = false;
        Ok(())
    }

    fn finish(&mut self) -> Result<(), StateError> {
        if let Some(run) = self.run.take() {
            // Only tells that the run was not interrupted; the snapshot says the rest.
            let _ = self.write(&[Record::Finished { run }]);
        }
        let mut state = self.folded.state.clone();
        if !state.same_content(&self.snapshot) {
            state.serial = self.snapshot.serial + 1;
            state.terraform_version = TERRAFORM_VERSION.into();
            self.write_snapshot(state)?;
        }
        self.keep_unresolved()
    }

    /// Writes a snapshot. The journal first says which one is coming, so that after a crash between
    /// the two it is known whether the snapshot already holds what the journal says.
    fn write_snapshot(&mut self, state: State) -> Result<(), StateError> {
        let text = file::print(&state);
        let coming = Compacting { serial: state.serial, digest: digest(&text) };
        if self.tail.length > 0 {
            self.write(&[Record::Compacting(coming)])?;
        }
        self.vault.write_state(&text)?;
        self.folded.state = state.clone();
        self.snapshot = state;
        Ok(())
    }

    /// Leaves only the unresolved steps in the journal.
    fn keep_unresolved(&mut self) -> Result<(), StateError> {
        let steps = self.folded.unresolved.values();
        let mut records: Vec<_> = steps.flat_map(super::Pending::records).collect();
        if !records.is_empty() {
            let run = self.last_run.clone();
            let serial = self.snapshot.serial;
            records.splice(0..0, run.map(|run| Record::Run(Run { serial, ..run })));
        }
        let (journal, bytes) =
            Journal::of(records).map_err(unprintable(self.vault.journal_path()))?;
        if bytes.is_empty() && self.tail.length == 0 && !self.torn {
            return Ok(());
        }
        self.vault.write_journal(&bytes)?;
        self.tail = journal.tail;
        self.torn = false;
        Ok(())
    }
}
