//! State = snapshot + journal.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::journal::hex;
use super::{Action, Begun, Called, Done, Failed, Object, Outcome, Place, Record, State};
use crate::address::InstanceAddress;

/// A snapshot with records folded in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Folded {
    /// The state.
    pub state: State,
    /// The steps whose outcome is not known, by their name.
    pub unresolved: BTreeMap<String, Pending>,
}

/// A step that has begun and of which no end is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// What it set out to do.
    pub begun: Begun,
    /// The id of the object, when it is known that it was made.
    pub made: Option<String>,
    /// The calls it was about to send, with their outcomes where those are known.
    pub calls: Vec<(String, Option<Outcome>)>,
}

impl Pending {
    /// Whether certainly nothing has happened: no call was about to be sent.
    pub fn is_untouched(&self) -> bool {
        self.calls.is_empty() && self.made.is_none()
    }

    /// The address and, where it is known, the id of the object.
    pub fn describe(&self) -> String {
        match &self.made {
            Some(id) => format!("{} ({id})", self.begun.place),
            None => self.begun.place.to_string(),
        }
    }

    /// The object as planned, with its id.
    pub fn object(&self) -> Object {
        let mut object = self.begun.object.0.clone();
        if let Some(id) = &self.made {
            object.attributes.insert("id".into(), Json::String(id.clone()));
            object.creating = self.begun.action == Action::Create;
        }
        object
    }

    /// The records that say the same.
    pub(super) fn records(&self) -> Vec<Record> {
        let step = &self.begun.step;
        let mut records = vec![Record::Begun(Box::new(self.begun.clone()))];
        for (operation, outcome) in &self.calls {
            let operation = operation.clone();
            records.push(Record::Call { step: step.clone(), operation: operation.clone() });
            if let Some(outcome) = outcome.clone() {
                records.push(Record::Called(Called { step: step.clone(), operation, outcome }));
            }
        }
        let made = self.made.clone();
        records.extend(made.map(|id| Record::Made { step: step.clone(), id }));
        records
    }
}

/// Folds records into a snapshot. Pure: the same arguments give the same result.
pub fn fold<'a>(snapshot: State, records: impl IntoIterator<Item = &'a Record>) -> Folded {
    let mut folded = Folded { state: snapshot, unresolved: BTreeMap::new() };
    for record in records {
        folded.apply(record);
    }
    folded
}

impl Folded {
    /// A snapshot that already holds `records`: only what they leave unresolved is taken from them.
    pub(super) fn containing<'a>(
        snapshot: State,
        records: impl IntoIterator<Item = &'a Record>,
    ) -> Folded {
        let Folded { unresolved, .. } = fold(State::default(), records);
        let mut folded = Folded { state: snapshot, unresolved };
        for pending in folded.unresolved.values().filter(|it| it.made.is_some()) {
            let place = &pending.begun.place;
            let instance = folded.state.resources_mut().get_mut(&place.address);
            let object = instance.and_then(|it| match &place.deposed {
                Some(key) => it.deposed.get_mut(key),
                None => it.current.as_mut(),
            });
            if let Some(object) = object.filter(|it| it.id() == pending.made.as_deref()) {
                object.creating = pending.begun.action == Action::Create;
            }
        }
        folded
    }

    /// Whether it has no objects, and none may be coming.
    pub fn is_empty(&self) -> bool {
        self.state.resources.is_empty() && self.unresolved.is_empty()
    }

    /// Folds in one more record.
    pub fn apply(&mut self, record: &Record) {
        match record {
            Record::Run(run) if self.state.lineage.is_empty() || self.is_empty() => {
                self.state.lineage.clone_from(&run.lineage);
            }
            Record::Begun(begun) => self.begin(begun),
            Record::Call { step, operation } => {
                if let Some(pending) = self.unresolved.get_mut(step) {
                    pending.calls.push((operation.clone(), None));
                }
            }
            Record::Called(called) => self.called(called),
            Record::Made { step, id } => self.made(step, id),
            Record::Done(done) => self.done(done),
            Record::Failed(failed) => self.failed(failed),
            Record::Deleted { step } => {
                if let Some(pending) = self.unresolved.remove(step) {
                    let place = pending.begun.place;
                    self.state.remove(&place.address, place.deposed.as_deref());
                }
            }
            Record::Dropped { step, .. } => {
                self.unresolved.remove(step);
            }
            Record::Set(set) => self.put(&set.place, &set.provider, set.object.0.clone()),
            Record::Deposed { address, key } => self.depose(address, key),
            Record::Removed(place) => {
                self.unresolved.retain(|_, pending| pending.begun.place != *place);
                self.state.remove(&place.address, place.deposed.as_deref());
            }
            Record::Moved { from, to, becomes } => {
                self.rename(from, to);
                if let Some(done) = becomes {
                    self.put(&done.place, &done.provider, done.object.0.clone());
                }
            }
            Record::Outputs(outputs) => self.state.outputs.clone_from(outputs),
            Record::Checks(results) => self.state.check_results.clone_from(results),
            Record::Run(_) | Record::Compacting(_) | Record::Finished { .. } => {}
        }
    }

    fn begin(&mut self, begun: &Begun) {
        let pending = Pending { begun: begun.clone(), made: None, calls: Vec::new() };
        self.unresolved.insert(begun.step.clone(), pending);
    }

    fn called(&mut self, called: &Called) {
        let pending = self.unresolved.get_mut(&called.step);
        let calls = pending.into_iter().flat_map(|it| it.calls.iter_mut().rev());
        let open = |(name, outcome): &&mut (String, Option<Outcome>)| {
            *name == called.operation && outcome.is_none()
        };
        if let Some((_, outcome)) = calls.into_iter().find(open) {
            *outcome = Some(called.outcome.clone());
        }
    }

    fn made(&mut self, step: &str, id: &str) {
        let Some(pending) = self.unresolved.get_mut(step) else { return };
        let known_before = pending.made.as_deref() == Some(id);
        let before = pending.clone();
        if !known_before {
            self.make_room(&before, Some(id));
        }
        let pending = Pending { made: Some(id.to_string()), ..before };
        self.unresolved.insert(step.to_string(), pending.clone());
        self.put(&pending.begun.place, &pending.begun.provider, pending.object());
    }

    fn done(&mut self, done: &Done) {
        let pending = self.unresolved.remove(&done.step);
        if let Some(pending) = pending.as_ref().filter(|it| it.made.is_none()) {
            self.make_room(pending, done.object.0.id());
        }
        // The object may have been deposed or moved since the step began.
        let place = pending.as_ref().map_or(&done.place, |it| &it.begun.place);
        self.put(place, &done.provider, done.object.0.clone());
    }

    /// Keeps the object that a created one takes the place of.
    fn make_room(&mut self, pending: &Pending, id: Option<&str>) {
        let place = &pending.begun.place;
        let there = self.state.object(&place.address, None);
        let is_other = there.is_some_and(|it| it.id().is_some() && it.id() != id);
        if place.deposed.is_none() && is_other && pending.begun.action == Action::Create {
            // A plan says under which key; where it does not, no object was expected, and what is
            // there must not be lost.
            let key = pending.begun.deposes.clone();
            let key = key.unwrap_or_else(|| deposed_key(&pending.begun.step));
            self.depose(&place.address, &key);
        }
    }

    /// Deposes the current object; a step that is still busy with it follows.
    fn depose(&mut self, address: &InstanceAddress, key: &str) {
        let id = self.state.object(address, None).and_then(Object::id).map(str::to_string);
        for pending in self.unresolved.values_mut() {
            let place = &mut pending.begun.place;
            if place.address == *address && place.deposed.is_none() && pending.made == id {
                place.deposed = id.is_some().then(|| key.to_string());
            }
        }
        self.state.depose(address, key);
    }

    fn failed(&mut self, failed: &Failed) {
        let Some(pending) = self.unresolved.remove(&failed.step) else { return };
        let Place { address, deposed } = &pending.begun.place;
        let known = self.state.object(address, deposed.as_deref());
        let was_made = pending.made.is_some() || pending.begun.action != Action::Create;
        let Some(known) = known.filter(|_| was_made) else { return };
        let mut object = failed.object.as_ref().map_or_else(|| known.clone(), |it| it.0.clone());
        object.tainted |= failed.tainted;
        object.creating = false;
        self.put(&pending.begun.place, &pending.begun.provider, object);
    }

    fn put(&mut self, place: &Place, provider: &str, object: Object) {
        self.state.set(&place.address, place.deposed.as_deref(), provider, object);
    }

    fn rename(&mut self, from: &InstanceAddress, to: &InstanceAddress) {
        self.state.rename(from, to);
        for pending in self.unresolved.values_mut() {
            if pending.begun.place.address == *from {
                pending.begun.place.address = to.clone();
            }
        }
    }
}

/// A key for a deposed object, as Terraform's: eight hexadecimal digits, made from `seed`.
pub fn deposed_key(seed: &str) -> String {
    hex(&Sha256::digest(seed.as_bytes())).chars().take(8).collect()
}
