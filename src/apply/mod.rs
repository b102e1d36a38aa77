//! Runs a plan: makes the calls, in the order of the plan's graph, and journals every fact.
//!
//! Apply decides nothing new: it asks for the values that are known by now ([`Resolve`]), checks that
//! they fit the plan, and does what the plan says. [`recover`] settles what an interrupted run left.

mod child;
mod ephemeral;
mod event;
mod fit;
mod pause;
mod provision;
mod recover;
mod run;
mod scheduler;
mod settle;
mod slots;
mod step;
mod stop;
mod wait;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

pub use event::{Doing, Event, Reporter, Silent};
pub use recover::{Purpose, Recovered, recover};
pub use stop::Stop;
pub use wait::{Judge, Target, Timing, Verdict, WaitError, Waiter};

use serde_json::Value as Json;

use crate::address::{ConfigAddress, InstanceAddress};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::config::{Moment, Provisioner};
use crate::plan::{Action, Change, LocalCommand, OutputChange, ProviderKey, Schedule};
use crate::provider::{Connection, DataSourceType, Openings, ResourceType};
use crate::state::{Done, OutputValue, Place, Record, State, Store, StoredObject};
use crate::value::{Path, Value};

/// What apply and recovery ask of the providers.
pub trait Connect: Send + Sync {
    /// The connection of a provider configuration; made at the first use, when its arguments were not
    /// known before.
    fn connection(&self, provider: &ProviderKey) -> Result<Arc<dyn Connection>, Diagnostics>;
    /// A resource type.
    fn resource_type(
        &self,
        provider: &ProviderKey,
        kind: &str,
    ) -> Result<&'static dyn ResourceType, Diagnostics>;
    /// A data source.
    fn data_source_type(
        &self,
        provider: &ProviderKey,
        kind: &str,
    ) -> Result<&'static dyn DataSourceType, Diagnostics>;
    /// A type of ephemeral resources.
    fn ephemeral_type(
        &self,
        provider: &ProviderKey,
        kind: &str,
    ) -> Result<&'static dyn DataSourceType, Diagnostics>;
}

/// What apply asks of the configuration.
pub trait Resolve: Connect {
    /// What a managed object is to be, evaluated again: what the user says, and the planned value,
    /// unknown only where the provider decides.
    fn propose(&self, change: &Change) -> Result<(Value, Value), Diagnostics>;
    /// The arguments of a data source, evaluated again: wholly known.
    fn data(&self, change: &Change) -> Result<Value, Diagnostics>;
    /// The arguments of an ephemeral resource, evaluated again: wholly known.
    fn ephemeral(&self, change: &Change) -> Result<Value, Diagnostics>;
    /// Takes note of an instance as it is now, for what refers to it.
    fn record(&self, address: &InstanceAddress, value: Value);
    /// The provisioners of an instance for a moment, in order.
    fn provisioners(&self, change: &Change, when: Moment) -> Vec<Arc<Provisioner>>;
    /// What a provisioner is to run, for the object as it is.
    fn provision(
        &self,
        change: &Change,
        provisioner: &Provisioner,
        own: &Value,
    ) -> Result<LocalCommand, Diagnostics>;
    /// Checks the conditions that must hold before something is done.
    fn before(&self, change: &Change, doing: Doing) -> Diagnostics;
    /// Checks the conditions that must hold afterwards.
    fn after(&self, change: &Change, value: &Value) -> Diagnostics;
    /// An output of the root module, as it is now; nothing when it has no new value, as when it needs a
    /// resource that was not done.
    fn output(&self, name: &str, undone: &BTreeSet<ConfigAddress>) -> (Option<Value>, Diagnostics);
    /// How all conditions came out, as the state file has it, given the state by now; and what is wrong
    /// with values.
    fn checks(&self, state: &State) -> (Json, Diagnostics);
    /// What to tell when a data source could not be read; without errors, work goes on.
    fn unread(&self, _change: &Change, problems: Diagnostics) -> Diagnostics {
        problems
    }
    /// Where a change, or one of its arguments, stands in the configuration.
    fn span(&self, change: &Change, path: Option<&Path>) -> Option<Span>;
}

/// What is to be applied: the parts of a plan that apply needs.
#[derive(Clone, Debug, Default)]
pub struct Task {
    /// All changes.
    pub changes: Vec<Change>,
    /// The graph of the work.
    pub schedule: Schedule,
    /// What becomes of the outputs of the root module.
    pub outputs: BTreeMap<String, OutputChange>,
    /// What is moved to another address first, one after another.
    pub moves: Vec<(InstanceAddress, InstanceAddress)>,
    /// The state after moving and refreshing.
    pub prior: State,
}

/// What an apply works with.
#[derive(Clone)]
pub struct Surroundings {
    /// The configuration and the providers.
    pub resolve: Arc<dyn Resolve>,
    /// Where facts are noted.
    pub store: Arc<Store>,
    /// Shows what happens.
    pub reporter: Arc<dyn Reporter>,
    /// Asks to stop.
    pub stop: Stop,
    /// The most provider calls in flight.
    pub parallelism: usize,
}

/// How an apply came out.
#[derive(Clone, Debug)]
pub struct Applied {
    /// Failures and warnings.
    pub diagnostics: Diagnostics,
    /// How many objects were made, changed, destroyed, and so on.
    pub done: BTreeMap<Doing, usize>,
    /// Whether all of the plan was done.
    pub complete: bool,
    /// The state now.
    pub state: State,
}

/// Applies a plan. Whatever comes of it, the state says how things are.
pub async fn apply(task: Task, surroundings: &Surroundings) -> Applied {
    let Task { changes, schedule, outputs, moves, prior } = task;
    let Surroundings { resolve, store, reporter, stop, parallelism } = surroundings;
    let mut applied = Applied {
        diagnostics: Diagnostics::new(),
        done: BTreeMap::new(),
        complete: false,
        state: State::default(),
    };
    for change in changes.iter().filter(|it| it.action == Action::Nothing && it.deposed.is_none()) {
        resolve.record(&change.address, change.after.clone());
    }
    match begin(store, moves, &prior) {
        Ok(name) => {
            let run = Arc::new(run::Run {
                changes,
                resolve: resolve.clone(),
                ledger: run::Ledger {
                    store: store.clone(),
                    reporter: reporter.clone(),
                    stop: stop.clone(),
                },
                slots: slots::Slots::new(*parallelism),
                waiter: Waiter::new(stop.clone()),
                name,
                deposed: Mutex::default(),
                warnings: Mutex::default(),
                verified: tokio::sync::Mutex::default(),
                open: Openings::default(),
            });
            let outcome = scheduler::Scheduler::run(run.clone(), &schedule).await;
            applied.diagnostics = outcome.diagnostics;
            applied.diagnostics.extend(ephemeral::close_all(&run).await);
            applied.diagnostics.extend(std::mem::take(&mut *run::lock(&run.warnings)));
            applied.done = outcome.done;
            applied.complete = outcome.complete;
            let problems = note_outputs(&run, &outputs, &outcome.undone, outcome.complete);
            applied.diagnostics.extend(problems);
            applied.diagnostics.extend(note_checks(&run, outcome.complete));
        }
        Err(problem) => applied.diagnostics.push(problem),
    }
    match store.finish() {
        Ok(state) => applied.state = state,
        Err(error) => {
            applied.diagnostics.push(error.into());
            applied.state = store.state();
        }
    }
    applied.complete &= !applied.diagnostics.has_errors();
    applied
}

/// Starts a run, and notes what is moved and what refreshing has found out.
fn begin(
    store: &Store,
    moves: Vec<(InstanceAddress, InstanceAddress)>,
    prior: &State,
) -> Result<String, Diagnostic> {
    let name = store.begin_run()?;
    let mut records = moved(&moves, prior);
    let state = store.with(|folded| {
        let mut folded = folded.clone();
        records.iter().for_each(|it| folded.apply(it));
        folded.state
    });
    records.extend(refreshed(&state, prior));
    // All at once: what is moved only in part, or is not yet of its new type, is nobody's object.
    store.append_all(records)?;
    Ok(name)
}

/// The facts that objects have other addresses, and perhaps other types.
fn moved(moves: &[(InstanceAddress, InstanceAddress)], prior: &State) -> Vec<Record> {
    let kind = |address: &InstanceAddress| address.resource.resource.kind.clone();
    let record = |(at, (from, to)): (usize, &(InstanceAddress, InstanceAddress))| {
        let later = moves.iter().skip(at + 1);
        let last = later.fold(to, |place, (from, to)| if place == from { to } else { place });
        let changed = kind(from) != kind(to) && kind(to) == kind(last);
        let instance = prior.resources.get(last).filter(|_| changed);
        let becomes = instance.and_then(|it| {
            let (provider, object) = (it.provider.clone(), StoredObject(it.current.clone()?));
            Some(Box::new(Done {
                step: String::new(),
                place: Place::current(to),
                provider,
                object,
            }))
        });
        Record::Moved { from: from.clone(), to: to.clone(), becomes }
    };
    moves.iter().enumerate().map(record).collect()
}

/// What brings a stored state to the refreshed one. Nothing is removed before everything is set, so
/// that no object is unknown in between.
pub fn refreshed(stored: &State, prior: &State) -> Vec<Record> {
    let mut records = Vec::new();
    for (address, deposed, object) in prior.objects() {
        let there = stored.resources.get(address);
        let instance = prior.resources.get(address);
        let provider = instance.map(|it| it.provider.clone()).unwrap_or_default();
        let same =
            there.is_some_and(|it| it.provider == provider && it.object(deposed) == Some(object));
        if !same {
            let deposed = deposed.map(str::to_string);
            records.push(Record::Set(Done {
                step: String::new(),
                place: Place { address: address.clone(), deposed },
                provider,
                object: StoredObject(object.clone()),
            }));
        }
    }
    let kept: BTreeSet<_> = prior.objects().map(|(address, key, _)| (address, key)).collect();
    let gone = stored.objects().filter(|(address, key, _)| !kept.contains(&(*address, *key)));
    records.extend(gone.map(|(address, key, _)| {
        Record::Removed(Place { address: address.clone(), deposed: key.map(str::to_string) })
    }));
    records
}

/// Notes the outputs that are known. Those that are not planned, or hang on work that was not done, keep
/// their value.
fn note_outputs(
    run: &run::Run,
    planned: &BTreeMap<String, OutputChange>,
    undone: &BTreeSet<ConfigAddress>,
    complete: bool,
) -> Diagnostics {
    let before = run.ledger.store.with(|folded| folded.state.outputs.clone());
    let mut outputs = before.clone();
    let mut problems = Diagnostics::new();
    for (name, change) in planned {
        if change.after.is_null() {
            // What was not reached stays as it was.
            complete.then(|| outputs.remove(name));
            continue;
        }
        let (value, found) = run.resolve.output(name, undone);
        if complete {
            problems.extend(found);
        }
        match value {
            Some(value) if value.is_wholly_known() && !value.is_null() => {
                outputs.insert(name.clone(), OutputValue::new(&value, change.sensitive));
            }
            Some(_) if complete => {
                outputs.remove(name);
            }
            _ => {}
        }
    }
    if outputs != before
        && let Err(problem) = run.note(Record::Outputs(outputs))
    {
        problems.push(problem);
    }
    problems
}

/// Notes how the conditions came out.
fn note_checks(run: &run::Run, complete: bool) -> Diagnostics {
    let state = run.ledger.store.state();
    let (results, found) = match state.is_empty() {
        true => (Json::Null, Diagnostics::new()),
        false => run.resolve.checks(&state),
    };
    let mut problems = if complete { found } else { Diagnostics::new() };
    if results != state.check_results
        && let Err(problem) = run.note(Record::Checks(results))
    {
        problems.push(problem);
    }
    problems
}

#[cfg(test)]
mod bench;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;
