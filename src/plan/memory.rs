//! What an evaluation remembers: values for good, and values made from something that is not final
//! yet for as long as that stays as it is.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::address::ResourceAddress;

/// A value, or that it is being made.
#[derive(Clone, Debug)]
pub(super) enum Memory<T> {
    /// It is being made.
    Making,
    /// It stays as it is.
    Final(T),
    /// It stays as it is while what it was made from does.
    Open(T, Arc<Reads>),
}

impl<T> Memory<T> {
    /// A value to be remembered; none when it depends on where its evaluation began.
    pub(super) fn of(value: T, reads: Reads) -> Option<Memory<T>> {
        match reads.is_empty() {
            _ if reads.cyclic => None,
            true => Some(Memory::Final(value)),
            false => Some(Memory::Open(value, Arc::new(reads))),
        }
    }
}

/// What an evaluation read that is not final.
#[derive(Clone, Debug, Default)]
pub(super) struct Reads {
    resources: BTreeSet<ResourceAddress>,
    /// Whether it asked for a value that is itself being made.
    cyclic: bool,
    /// The number of notes taken before.
    at: u64,
}

impl Reads {
    /// Whether all that was read is final.
    pub(super) fn is_empty(&self) -> bool {
        self.resources.is_empty() && !self.cyclic
    }

    fn add(&mut self, other: &Reads) {
        self.resources.extend(other.resources.iter().cloned());
        self.cyclic |= other.cyclic;
    }
}

/// Sees which resources are read before they are final, and when notes are taken of them.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// What the evaluations in progress read, the innermost last.
    open: Vec<Reads>,
    notes: u64,
    /// The number of the last note of each resource.
    noted: HashMap<ResourceAddress, u64>,
    /// The resources of which an instance cannot be planned, for an error that has been told.
    failed: HashSet<ResourceAddress>,
}

impl Watch {
    /// An evaluation begins.
    pub(super) fn begin(&mut self) {
        self.open.push(Reads::default());
    }

    /// The innermost evaluation ends.
    pub(super) fn end(&mut self) -> Reads {
        let reads = Reads { at: self.notes, ..self.open.pop().unwrap_or_default() };
        self.repeat(&reads);
        reads
    }

    /// A resource is read that is not final.
    pub(super) fn read(&mut self, address: &ResourceAddress) {
        if let Some(reads) = self.open.last_mut()
            && !reads.resources.contains(address)
        {
            reads.resources.insert(address.clone());
        }
    }

    /// A value is asked for that is being made.
    pub(super) fn meet(&mut self) {
        if let Some(reads) = self.open.last_mut() {
            reads.cyclic = true;
        }
    }

    /// What was made from these reads is used.
    fn repeat(&mut self, reads: &Reads) {
        if let Some(outer) = self.open.last_mut() {
            outer.add(reads);
        }
    }

    /// A note is taken of a resource; whether it can be final.
    pub(super) fn note(&mut self, address: &ResourceAddress) -> bool {
        self.notes += 1;
        self.noted.insert(address.clone(), self.notes);
        !self.failed.contains(address)
    }

    /// What is remembered, if it still holds.
    pub(super) fn recall<T: Clone>(&mut self, memory: Option<&Memory<T>>) -> Option<T> {
        match memory? {
            Memory::Making => None,
            Memory::Final(value) => Some(value.clone()),
            Memory::Open(value, reads) => {
                let same = |it: &ResourceAddress| {
                    self.noted.get(it).is_none_or(|noted| *noted <= reads.at)
                };
                let holds = reads.resources.iter().all(same);
                holds.then(|| self.repeat(reads))?;
                Some(value.clone())
            }
        }
    }

    /// Takes note that an instance of a resource cannot be planned.
    pub(super) fn fail(&mut self, address: &ResourceAddress) {
        self.failed.insert(address.clone());
    }

    /// Whether something was read that cannot be planned.
    pub(super) fn has_failed(&self, reads: &Reads) -> bool {
        reads.resources.iter().any(|it| self.failed.contains(it))
    }
}
