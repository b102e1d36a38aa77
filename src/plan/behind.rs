//! What is behind the resources that an object depended on: state has only the nearest, which may be
//! without change, or have no objects any more.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{ConfigAddress, InstanceAddress, Mode, ModuleInstance, ResourceAddress};
use crate::plan::dependencies::Dependencies;
use crate::plan::orphans::shared_module;
use crate::plan::{Action, Change};
use crate::state::{State, through};

/// The dependencies of all objects that state has, and of the resources that have none.
pub(super) struct Behind<'a> {
    dependencies: &'a Dependencies,
    /// For each resource with objects, in each module instance, what they depend on.
    recorded: BTreeMap<ConfigAddress, BTreeMap<ResourceAddress, BTreeSet<ConfigAddress>>>,
}

impl<'a> Behind<'a> {
    /// Of what states have.
    pub(super) fn of(dependencies: &'a Dependencies, states: &[&State]) -> Behind<'a> {
        let mut recorded: BTreeMap<ConfigAddress, BTreeMap<ResourceAddress, BTreeSet<_>>> =
            BTreeMap::new();
        for (address, _, object) in states.iter().flat_map(|it| it.objects()) {
            let resource = &address.resource;
            if resource.resource.mode == Mode::Managed {
                let places = recorded.entry(resource.config()).or_default();
                let place = places.entry(resource.clone()).or_default();
                place.extend(object.dependencies.iter().cloned());
            }
        }
        Behind { dependencies, recorded }
    }

    /// Where a resource has objects, as seen from a module instance, and what they depend on.
    pub(super) fn places(
        &self,
        resource: &ConfigAddress,
        from: &ModuleInstance,
    ) -> impl Iterator<Item = (&ResourceAddress, &BTreeSet<ConfigAddress>)> {
        let shared = shared_module(resource, from);
        let places = self.recorded.get(resource).into_iter().flatten();
        places.filter(move |(place, _)| place.module.0.starts_with(&shared.0))
    }

    /// What a resource depended on, as seen from another: as state has it, or, without objects, as
    /// the configuration has it unless that has turned the other way round.
    pub(super) fn next(
        &self,
        resource: &ConfigAddress,
        from: &ResourceAddress,
    ) -> BTreeSet<ConfigAddress> {
        if self.recorded.contains_key(resource) {
            let places = self.places(resource, &from.module);
            return places.flat_map(|(_, on)| on).cloned().collect();
        }
        let mut found = self.dependencies.managed(&resource.module, &resource.resource);
        let own = from.config();
        found.retain(|it| !self.leads_to(it, &own));
        found
    }

    /// What a resource depended on, wherever it has objects.
    fn all(&self, resource: &ConfigAddress) -> BTreeSet<ConfigAddress> {
        match self.recorded.get(resource) {
            Some(places) => places.values().flatten().cloned().collect(),
            None => self.dependencies.managed(&resource.module, &resource.resource),
        }
    }

    fn leads_to(&self, from: &ConfigAddress, to: &ConfigAddress) -> bool {
        let mut seen = BTreeSet::new();
        let mut queue = vec![from.clone()];
        while let Some(at) = queue.pop() {
            if at == *to {
                return true;
            }
            if seen.insert(at.clone()) {
                queue.extend(self.all(&at));
            }
        }
        false
    }
}

/// Lets what stays depend on what was behind the resources of which nothing stays.
pub(super) fn carry_over(changes: &mut [Change], prior: &mut State, behind: &Behind<'_>) {
    let current = || changes.iter().filter(|it| it.deposed.is_none());
    let ends = |it: &&Change| matches!(it.action, Action::Delete | Action::Forget);
    let ended: BTreeSet<InstanceAddress> =
        current().filter(ends).map(|it| it.address.clone()).collect();
    let made = current().filter(|it| !ends(it)).map(|it| it.address.resource.config());
    let kept = prior.resources.keys().filter(|it| !ended.contains(it));
    let staying: BTreeSet<ConfigAddress> =
        made.chain(kept.map(|it| it.resource.config())).collect();
    let stays = |it: &ConfigAddress| staying.contains(it);
    let all = |it: &ConfigAddress| behind.all(it);
    for change in changes.iter_mut() {
        if let Some(more) = through(&change.dependencies, &stays, &all) {
            change.dependencies = more;
        }
    }
    let kept = prior.resources.iter().filter(|(address, _)| !ended.contains(address));
    let longer = kept.filter_map(|(address, instance)| {
        let object = instance.current.as_ref()?;
        Some((address.clone(), through(&object.dependencies, &stays, &all)?))
    });
    for (address, dependencies) in longer.collect::<Vec<_>>() {
        let instance = prior.resources_mut().get_mut(&address);
        if let Some(object) = instance.and_then(|it| it.current.as_mut()) {
            object.dependencies = dependencies;
        }
    }
}
