//! What was behind resources that have no objects any more. State has the nearest dependencies of an
//! object only; when nothing is left of one, those behind it take its place, or their order would be
//! forgotten.

use std::collections::{BTreeMap, BTreeSet};

use super::{Done, Place, Record, State, StoredObject};
use crate::address::{ConfigAddress, InstanceAddress};

/// Dependencies with those behind all that has no objects; `None` when that changes nothing.
pub fn through(
    direct: &[ConfigAddress],
    has_objects: &dyn Fn(&ConfigAddress) -> bool,
    behind: &dyn Fn(&ConfigAddress) -> BTreeSet<ConfigAddress>,
) -> Option<Vec<ConfigAddress>> {
    let mut found: BTreeSet<ConfigAddress> = direct.iter().cloned().collect();
    let mut queue: Vec<ConfigAddress> =
        direct.iter().filter(|it| !has_objects(it)).cloned().collect();
    while let Some(on) = queue.pop() {
        for next in behind(&on) {
            if found.insert(next.clone()) && !has_objects(&next) {
                queue.push(next);
            }
        }
    }
    (found.len() > direct.len()).then(|| found.into_iter().collect())
}

/// What to note when objects are removed from a state: those that depended on them depend on what was
/// behind them.
pub fn bequeathed(state: &State, removed: &BTreeSet<InstanceAddress>) -> Vec<Record> {
    let mut behind: BTreeMap<ConfigAddress, BTreeSet<ConfigAddress>> = BTreeMap::new();
    let mut left = BTreeSet::new();
    for (address, _, object) in state.objects() {
        let config = address.resource.config();
        if !removed.contains(address) {
            left.insert(config.clone());
        }
        behind.entry(config).or_default().extend(object.dependencies.iter().cloned());
    }
    let has_objects = |it: &ConfigAddress| left.contains(it);
    let behind = |it: &ConfigAddress| behind.get(it).cloned().unwrap_or_default();
    let mut records = Vec::new();
    for (address, deposed, object) in state.objects().filter(|it| !removed.contains(it.0)) {
        let Some(instance) = state.resources.get(address) else { continue };
        if let Some(dependencies) = through(&object.dependencies, &has_objects, &behind) {
            let object = StoredObject(super::Object { dependencies, ..object.clone() });
            let place = Place { address: address.clone(), deposed: deposed.map(str::to_string) };
            let provider = instance.provider.clone();
            records.push(Record::Set(Done { step: String::new(), place, provider, object }));
        }
    }
    records
}
