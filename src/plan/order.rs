//! The graph that apply runs: what must be done before what.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{ConfigAddress, ModuleInstance, ResourceAddress};
use crate::diagnostic::Diagnostic;
use crate::graph::Dag;
use crate::plan::behind::Behind;
use crate::plan::dependencies::{Dependencies, Node};
use crate::plan::{Action, Change, Schedule, Work};

/// A piece of work, or a point between pieces.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Point {
    Make(usize),
    Destroy(usize),
    /// All instances of a resource in a module instance are made.
    Made(ResourceAddress),
    /// All instances of a resource in a module instance that are destroyed are gone.
    Gone(ResourceAddress),
    /// All managed objects are as they should be: now `check` blocks may look.
    Settled,
    /// An ephemeral resource is not needed any more.
    Close(usize),
}

struct Orderer<'a> {
    changes: &'a [Change],
    dependencies: &'a Dependencies,
    behind: &'a Behind<'a>,
    dag: Dag<Point>,
    /// The module instances in which each resource has changes.
    places: BTreeMap<ConfigAddress, BTreeSet<ResourceAddress>>,
    /// For each resource without changes, the nearest with changes that it depends on.
    nearest: BTreeMap<ConfigAddress, BTreeSet<ConfigAddress>>,
    /// The changes that open ephemeral resources.
    opened: Vec<usize>,
    /// Resources of which one is gone before what it depended on, the other, is destroyed.
    gone_before: BTreeSet<(ResourceAddress, ResourceAddress)>,
    /// Resources with those that the objects of the first depended on, what is behind them seen to.
    seen_behind: BTreeSet<(ResourceAddress, ConfigAddress)>,
    /// What the objects that end depended on, by the place of their resource.
    ended: BTreeMap<ResourceAddress, BTreeSet<ConfigAddress>>,
}

/// Decides how replacements go, and in which order everything is done. The error is a circle that
/// cannot be ordered.
pub(super) fn schedule(
    changes: &mut [Change],
    dependencies: &Dependencies,
    behind: &Behind<'_>,
) -> Result<Schedule, Box<Diagnostic>> {
    decide_replacements(changes, dependencies);
    give_way(changes, dependencies);
    let opens = |at: &usize| changes[*at].action == Action::Open;
    let opened = (0..changes.len()).filter(opens).collect();
    let mut orderer = Orderer {
        changes,
        opened,
        dependencies,
        behind,
        dag: Dag::default(),
        places: BTreeMap::new(),
        nearest: BTreeMap::new(),
        gone_before: BTreeSet::new(),
        seen_behind: BTreeSet::new(),
        ended: BTreeMap::new(),
    };
    orderer.points();
    orderer.see_through();
    for index in 0..changes.len() {
        orderer.edges_of(index);
    }
    orderer.look_last();
    orderer.close();
    orderer.finish()
}

/// Whatever a resource depends on that is made before it is destroyed must be so too.
fn decide_replacements(changes: &mut [Change], dependencies: &Dependencies) {
    let mut first: BTreeSet<ConfigAddress> = BTreeSet::new();
    let declared = changes.iter().filter(|change| change.create_before_destroy);
    let mut queue: Vec<ConfigAddress> = declared.map(|it| it.address.resource.config()).collect();
    while let Some(address) = queue.pop() {
        if first.insert(address.clone()) {
            queue.extend(dependencies.managed(&address.module, &address.resource));
        }
    }
    for change in changes {
        if first.contains(&change.address.resource.config()) && change.deposed.is_none() {
            change.create_before_destroy = true;
            if change.action == Action::DestroyThenCreate {
                change.action = Action::CreateThenDestroy;
            }
        }
    }
}

/// A type may want its replacement made first where the configuration says nothing. It cannot be when
/// something it depends on is destroyed before it is made: that waits for the old object to go.
fn give_way(changes: &mut [Change], dependencies: &Dependencies) {
    let is_late = |change: &&Change| change.action == Action::DestroyThenCreate;
    let late = changes.iter().filter(is_late).map(|it| it.address.resource.config());
    let mut late: BTreeSet<ConfigAddress> = late.collect();
    let by_type = |change: &Change| {
        change.action == Action::CreateThenDestroy && !change.create_before_destroy
    };
    if late.is_empty() || !changes.iter().any(by_type) {
        return;
    }
    for (address, direct) in dependencies.in_order() {
        if direct.iter().any(|on| late.contains(on)) {
            late.insert(address);
        }
    }
    for change in changes.iter_mut().filter(|it| by_type(it)) {
        if late.contains(&change.address.resource.config()) {
            change.action = Action::DestroyThenCreate;
        }
    }
}

impl Orderer<'_> {
    fn points(&mut self) {
        for (index, change) in self.changes.iter().enumerate() {
            let address = &change.address.resource;
            if change.action.ends() {
                let ended = self.ended.entry(address.clone()).or_default();
                ended.extend(change.prior_dependencies.iter().cloned());
            }
            let made =
                makes(change.action).then_some((Point::Make(index), Point::Made(address.clone())));
            let gone = change
                .action
                .ends()
                .then_some((Point::Destroy(index), Point::Gone(address.clone())));
            for (work, point) in [made, gone].into_iter().flatten() {
                let work = self.dag.add(work);
                let point = self.dag.add(point);
                self.dag.depend(point, work);
                self.places.entry(address.config()).or_default().insert(address.clone());
            }
        }
    }

    /// Finds what is behind the resources without changes, each once.
    fn see_through(&mut self) {
        if self.places.is_empty() {
            return;
        }
        for (address, direct) in self.dependencies.in_order() {
            if self.places.contains_key(&address) {
                continue;
            }
            let mut found = BTreeSet::new();
            for on in direct {
                match self.nearest.get(&on) {
                    Some(behind) => found.extend(behind.iter().cloned()),
                    None => {
                        found.insert(on);
                    }
                }
            }
            self.nearest.insert(address, found);
        }
    }

    /// The data sources of `check` blocks are read after everything else.
    fn look_last(&mut self) {
        let scoped = &self.dependencies.scoped;
        let is_scoped = |it: &Change| scoped.contains(&it.address.resource.config());
        let (last, rest): (Vec<usize>, Vec<usize>) =
            (0..self.changes.len()).partition(|at| is_scoped(&self.changes[*at]));
        if last.is_empty() {
            return;
        }
        self.dag.add(Point::Settled);
        for index in rest {
            self.depend(Point::Settled, &Point::Make(index));
            self.depend(Point::Settled, &Point::Destroy(index));
        }
        for index in last {
            self.depend(Point::Make(index), &Point::Settled);
        }
    }

    /// What is opened is closed when all that was made or destroyed with it is done.
    fn close(&mut self) {
        for (index, change) in self.changes.iter().enumerate() {
            if change.action == Action::Open {
                self.dag.add(Point::Close(index));
                self.depend(Point::Close(index), &Point::Make(index));
            }
        }
        for index in 0..self.changes.len() {
            let used = self.opened_for(&self.changes[index].address.resource);
            for on in used.into_iter().filter(|on| *on != index) {
                let own = match self.changes[index].action {
                    Action::Open => Point::Close(index),
                    _ => Point::Make(index),
                };
                self.depend(Point::Destroy(index), &Point::Make(on));
                self.depend(Point::Close(on), &own);
                self.depend(Point::Close(on), &Point::Destroy(index));
            }
        }
    }

    /// What is opened for a resource.
    fn opened_for(&self, resource: &ResourceAddress) -> Vec<usize> {
        if self.opened.is_empty() {
            return Vec::new();
        }
        let config = resource.config();
        let node = Node::Resource(config.module, config.resource);
        let opened = self.opened.iter().copied();
        if self.dependencies.dag.position(&node).is_none() {
            // Of what is no longer in the configuration, only the provider is known.
            let needed = self.dependencies.opened_for_providers();
            let is_needed =
                |on: &usize| needed.contains(&self.changes[*on].address.resource.config());
            return opened.filter(is_needed).collect();
        }
        let places = self.reached(resource);
        opened.filter(|on| places.contains(&self.changes[*on].address.resource)).collect()
    }

    fn edges_of(&mut self, index: usize) {
        let change = &self.changes[index];
        if makes(change.action) {
            self.after_dependencies(index, change);
        }
        self.before_dependencies(index, change);
        match change.action {
            Action::DestroyThenCreate | Action::ForgetThenCreate => {
                self.depend(Point::Make(index), &Point::Destroy(index));
            }
            Action::CreateThenDestroy => self.depend(Point::Destroy(index), &Point::Make(index)),
            _ => {}
        }
    }

    /// An object is made after what it depends on, be that through resources without change.
    fn after_dependencies(&mut self, index: usize, change: &Change) {
        for address in self.reached(&change.address.resource) {
            self.depend(Point::Make(index), &Point::Made(address));
        }
    }

    /// What an object depended on is destroyed after the object is destroyed, or changed so that it
    /// no longer depends on it.
    fn before_dependencies(&mut self, index: usize, change: &Change) {
        let own = &change.address.resource;
        for on in &change.prior_dependencies {
            for place in self.places_of(on, &own.module) {
                if change.action.ends() {
                    self.end_before(own, &place);
                    continue;
                }
                for other in self.destroys_in(&place) {
                    if !ends_first(self.changes[other].action) {
                        self.depend(Point::Destroy(other), &Point::Make(index));
                    }
                }
            }
        }
        if change.action.ends() {
            self.before_what_is_behind(change);
        }
    }

    /// What is behind the dependencies of an object is destroyed after it, too, be they without change
    /// or gone. Where they are all destroyed, they stand in between.
    fn before_what_is_behind(&mut self, change: &Change) {
        let own = &change.address.resource;
        let mut queue = change.prior_dependencies.clone();
        while let Some(on) = queue.pop() {
            if !self.seen_behind.insert((own.clone(), on.clone())) {
                continue;
            }
            for next in self.behind.next(&on, own) {
                if self.stands_between(&on, &next, &own.module) {
                    continue;
                }
                for place in self.places_of(&next, &own.module) {
                    self.end_before(own, &place);
                }
                queue.push(next);
            }
        }
    }

    fn stands_between(
        &self,
        on: &ConfigAddress,
        next: &ConfigAddress,
        from: &ModuleInstance,
    ) -> bool {
        let ends = |place| self.ended.get(place).is_some_and(|it| it.contains(next));
        let mut places = self.behind.places(on, from).peekable();
        places.peek().is_some() && places.all(|(place, _)| ends(place))
    }

    /// Has the objects at a place destroyed when those of a resource are gone.
    fn end_before(&mut self, own: &ResourceAddress, place: &ResourceAddress) {
        if own == place || !self.gone_before.insert((own.clone(), place.clone())) {
            return;
        }
        for other in self.destroys_in(place) {
            self.depend(Point::Destroy(other), &Point::Gone(own.clone()));
        }
    }

    fn destroys_in(&self, place: &ResourceAddress) -> Vec<usize> {
        let at = self.dag.position(&Point::Gone(place.clone()));
        let before = at.map(|at| self.dag.dependencies(at)).unwrap_or_default();
        before
            .into_iter()
            .filter_map(|at| match self.dag.node(at) {
                Some(Point::Destroy(index)) => Some(*index),
                _ => None,
            })
            .collect()
    }

    /// The places with changes that a resource depends on; resources without change are seen through.
    fn reached(&self, from: &ResourceAddress) -> BTreeSet<ResourceAddress> {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut queue = self.dependencies.of(&from.module.path(), &from.resource);
        while let Some(address) = queue.pop() {
            if !seen.insert(address.clone()) {
                continue;
            }
            if let Some(behind) = self.nearest.get(&address) {
                queue.extend(behind.iter().cloned());
                continue;
            }
            let places = self.places_of(&address, &from.module);
            if places.is_empty() {
                queue.extend(self.dependencies.of(&address.module, &address.resource));
            }
            found.extend(places);
        }
        found
    }

    /// Where a resource has changes, as seen from a module instance: in the same instances of the
    /// modules that both are in.
    fn places_of(&self, address: &ConfigAddress, from: &ModuleInstance) -> Vec<ResourceAddress> {
        let Some(places) = self.places.get(address) else { return Vec::new() };
        let steps =
            from.0.iter().zip(&address.module.0).take_while(|(step, name)| step.0 == **name);
        let shared: Vec<_> = steps.map(|(step, _)| step.clone()).collect();
        let first = ResourceAddress {
            module: ModuleInstance(shared.clone()),
            resource: address.resource.clone(),
        };
        let places = places.range(first..);
        places.take_while(|place| place.module.0.starts_with(&shared)).cloned().collect()
    }

    fn depend(&mut self, point: Point, on: &Point) {
        if let (Some(point), Some(on)) = (self.dag.position(&point), self.dag.position(on)) {
            self.dag.depend(point, on);
        }
    }

    fn finish(self) -> Result<Schedule, Box<Diagnostic>> {
        self.dag.order().map_err(|cycle| Box::new(self.circle(&cycle)))?;
        let work = (0..self.dag.len()).map(|at| match self.dag.node(at) {
            Some(Point::Make(index)) => Work::Make(*index),
            Some(Point::Destroy(index)) => Work::Destroy(*index),
            Some(Point::Close(index)) => Work::Close(*index),
            _ => Work::Join,
        });
        let after = (0..self.dag.len()).map(|at| self.dag.dependencies(at).into_iter().collect());
        Ok(Schedule { work: work.collect(), after: after.collect() })
    }

    fn circle(&self, cycle: &[usize]) -> Diagnostic {
        let steps = cycle.iter().filter_map(|at| match self.dag.node(*at)? {
            Point::Make(index) => Some(format!("make {}", self.changes[*index].address)),
            Point::Destroy(index) => Some(format!("destroy {}", self.changes[*index].address)),
            Point::Made(_) | Point::Gone(_) | Point::Settled | Point::Close(_) => None,
        });
        let steps: Vec<String> = steps.collect();
        let detail = format!("These steps wait for each other: {}.", steps.join(" -> "));
        Diagnostic::error("Changes cannot be ordered", detail)
            .hint("Apply them in parts with `-target`, or change `create_before_destroy`.")
    }
}

fn makes(action: Action) -> bool {
    matches!(action, Action::Create | Action::Update | Action::Read | Action::Open)
        || action.replaces()
}

/// Whether the old object is gone from state before a new one is made.
fn ends_first(action: Action) -> bool {
    matches!(action, Action::DestroyThenCreate | Action::ForgetThenCreate)
}
