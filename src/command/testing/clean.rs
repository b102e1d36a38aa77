//! Destroys what the runs of a file made, and keeps the states of what it could not destroy.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::address::Mode as Kind;
use crate::apply::{Purpose, Stop};
use crate::command::planning::make_plan;
use crate::command::stack::{Stack, state_problem};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::Configuration;
use crate::plan::Mode;
use crate::state::{Pending, Place, Record, StateError, Store};
use crate::ui::suite::{FileReport, Left};
use crate::value::Value;

use super::configure::StandIns;
use super::file::{Prepared, Running, done, options, silent};
use super::mock::stand_in;

/// The state of a module, and the run that changed it last.
pub(super) struct Track {
    pub(super) store: Arc<Store>,
    /// What stands for single resources, in this run and in those before: it is in the state.
    pub(super) overrides: StandIns,
    pub(super) last: Option<Last>,
    /// The real objects that there were when stand-ins took them over.
    earlier: Vec<(Arc<Store>, Last)>,
}

/// What is needed to destroy what a run made.
#[derive(Clone)]
pub(super) struct Last {
    pub(super) number: usize,
    pub(super) configuration: Configuration,
    pub(super) variables: BTreeMap<String, Value>,
    pub(super) stand_ins: StandIns,
}

impl Track {
    /// A state that no run has changed.
    pub(super) fn new(store: Arc<Store>) -> Track {
        Track { store, overrides: StandIns::new(), last: None, earlier: Vec::new() }
    }
}

impl Running<'_> {
    /// Notes which real objects there are before a run puts stand-ins in the place of what made
    /// them: through those they would not be destroyed.
    pub(super) fn note_real(&mut self, prepared: &Prepared) -> Result<(), Diagnostics> {
        let Some(track) = self.tracks.get(&prepared.track) else { return Ok(()) };
        let Some(last) = track.last.clone() else { return Ok(()) };
        if prepared.stand_ins.keys().all(|it| last.stand_ins.contains_key(it)) {
            return Ok(());
        }
        let mut state = track.store.state();
        state.outputs = BTreeMap::new();
        state.resources_mut().retain(|address, instance| {
            let managed = address.resource.resource.mode == Kind::Managed;
            managed && stand_in(&last.stand_ins, &instance.provider).is_none()
        });
        if state.is_empty() {
            return Ok(());
        }
        let store = self.open()?;
        store.push(state, true).map_err(|error| state_problem(&error))?;
        if let Some(track) = self.tracks.get_mut(&prepared.track) {
            track.earlier.push((store, last));
        }
        Ok(())
    }

    /// Destroys what the runs made: what was made last first.
    pub(super) async fn clean(mut self, report: &mut FileReport) {
        let mut order: Vec<(String, Arc<Store>, Last)> = Vec::new();
        for (source, track) in std::mem::take(&mut self.tracks) {
            let now = track.last.map(|last| (track.store, last));
            let all = track.earlier.into_iter().chain(now);
            order.extend(all.map(|(store, last)| (source.clone(), store, last)));
        }
        order.sort_by_key(|(_, _, last)| std::cmp::Reverse(last.number));
        let mut kept = Vec::new();
        for (source, store, last) in order {
            report.cleanup.extend(self.destroy(&store, &last).await.err().unwrap_or_default());
            let left = left(&store, &last.stand_ins);
            if !left.is_empty() {
                kept.push((source, store.path()));
            }
            let new = |it: &Left| !report.left.contains(it);
            let new: Vec<Left> = left.into_iter().filter(new).collect();
            report.left.extend(new);
        }
        report.cleanup.extend(match kept.as_slice() {
            [] => self.folder.remove().err().unwrap_or_default(),
            _ if self.folder.is_lasting() => Diagnostics::from_iter(kept.iter().map(told)),
            _ => {
                let detail = "They were in the sandbox of this file of tests, which is gone.";
                Diagnostic::error("Test left objects behind", detail).into()
            }
        });
    }

    async fn destroy(&self, store: &Arc<Store>, last: &Last) -> Result<(), Diagnostics> {
        let Last { configuration, variables, stand_ins, .. } = last.clone();
        let stack = self.stack(configuration, variables, &stand_ins, store.clone())?;
        let destroyed = destroy(&stack).await;
        let forgotten = forget(store, &stand_ins).map_err(|error| state_problem(&error));
        destroyed.and(forgotten)
    }
}

/// Leaves out of a state what was never made.
fn forget(store: &Store, stand_ins: &StandIns) -> Result<(), StateError> {
    let state = store.state();
    let unreal = state.objects().filter(|(address, ..)| {
        let instance = state.resources.get(address);
        instance.is_some_and(|it| stand_in(stand_ins, &it.provider).is_some())
    });
    let gone = unreal.map(|(address, deposed, _)| {
        let (address, deposed) = (address.clone(), deposed.map(ToString::to_string));
        Record::Removed(Place { address, deposed })
    });
    let gone: Vec<Record> = gone.collect();
    if gone.is_empty() {
        return Ok(());
    }
    store.begin_run()?;
    store.append_all(gone)?;
    store.finish().map(drop)
}

/// The objects of a state that somebody has to destroy, and those that may have come to be.
fn left(store: &Store, stand_ins: &StandIns) -> Vec<Left> {
    let folded = store.folded();
    let managed = folded.state.objects().filter(|(address, ..)| {
        let instance = folded.state.resources.get(address);
        address.resource.resource.mode == Kind::Managed
            && instance.is_none_or(|it| stand_in(stand_ins, &it.provider).is_none())
    });
    let mut left: Vec<Left> = managed
        .map(|(address, deposed, object)| Left {
            address: address.to_string(),
            deposed: deposed.map(ToString::to_string),
            id: object.id().map(ToString::to_string),
            unsure: false,
        })
        .collect();
    for pending in folded.unresolved.values().filter(|it| !it.is_untouched()) {
        let Pending { begun, made, .. } = pending;
        let (address, deposed) = (begun.place.address.to_string(), begun.place.deposed.clone());
        let listed = |it: &Left| it.address == address && it.deposed == deposed;
        if stand_in(stand_ins, &begun.provider).is_none() && !left.iter().any(listed) {
            left.push(Left { address, deposed, id: made.clone(), unsure: true });
        }
    }
    left
}

/// Says where a state of what is left is kept.
fn told((source, path): &(String, PathBuf)) -> Diagnostic {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let (of, command) = match source.as_str() {
        "" => (String::new(), format!("`terrace destroy -state={}`", path.display())),
        local if Path::new(local).is_dir() => {
            let command = format!("`terrace -chdir={local} destroy -state={}`", whole.display());
            (format!(" of the module {local}"), command)
        }
        other => {
            let command = format!("`terrace destroy -state={}` in its folder", whole.display());
            (format!(" of the module {other}"), command)
        }
    };
    let detail = format!("The state of what is left{of} is {}.", path.display());
    let problem = Diagnostic::error("Test left objects behind", detail);
    problem.hint(format!("Destroy it by hand, or with {command}; then delete the folder."))
}

async fn destroy(stack: &Stack) -> Result<(), Diagnostics> {
    let stop = Stop::default();
    let options = options(None);
    let plan = make_plan(stack, &options, Mode::Destroy, Purpose::Change, &silent(), &stop).await?;
    if plan.diagnostics.has_errors() {
        return Err(plan.diagnostics);
    }
    let (applied, _) = done(stack, plan, stop).await?;
    if applied.diagnostics.has_errors() { Err(applied.diagnostics) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Action, Begun, Object, State, StoredObject, memory::Disk};

    fn begun(step: &str, provider: &str) -> Record {
        let address = format!("aws_vpc.{step}").parse().unwrap();
        Record::Begun(Box::new(Begun {
            step: step.into(),
            place: Place::current(&address),
            action: Action::Create,
            kind: "aws_vpc".into(),
            provider: provider.into(),
            token: step.into(),
            deposes: None,
            object: StoredObject(Object::default()),
        }))
    }

    /// A state with an object of each of two providers.
    fn store() -> Store {
        let store = Store::on(Box::new(Disk::new())).unwrap();
        let mut state = State::new("lineage");
        for (address, provider) in [("aws_vpc.real", "aws"), ("aws_vpc.fake", "mock")] {
            state.set(&address.parse().unwrap(), None, provider, Object::default());
        }
        store.push(state, true).unwrap();
        store.begin_run().unwrap();
        store
    }

    #[test]
    fn what_may_have_come_to_be_is_left_and_what_was_never_made_is_not() {
        let (store, mocked) = (store(), StandIns::from([("mock".into(), Default::default())]));
        let operation = "ec2:CreateVpc".to_string();
        let steps = [begun("unsure", "aws"), begun("waits", "aws"), begun("mocked", "mock")];
        let called = ["unsure", "mocked"].map(|step| {
            let (step, operation) = (step.into(), operation.clone());
            Record::Call { step, operation }
        });
        store.append_all(steps.into_iter().chain(called).collect()).unwrap();
        let told: Vec<_> =
            left(&store, &mocked).into_iter().map(|it| (it.address, it.unsure)).collect();
        let wanted = [("aws_vpc.real".to_string(), false), ("aws_vpc.unsure".to_string(), true)];
        assert_eq!(told, wanted);
    }

    #[test]
    fn what_was_never_made_is_forgotten() {
        let (store, mocked) = (store(), StandIns::from([("mock".into(), Default::default())]));
        forget(&store, &mocked).unwrap();
        let state = store.state();
        let kept: Vec<_> = state.resources.keys().map(ToString::to_string).collect();
        assert_eq!(kept, ["aws_vpc.real"]);
    }
}
