//! What a plan covers when it is limited: to targets and all they depend on, or to all but what is
//! excluded and what depends on it.

use std::collections::{BTreeSet, HashSet};

use crate::address::{
    ConfigAddress, InstanceAddress, ModuleInstance, ModulePath, ResourceName, Target, Targets,
};
use crate::plan::dependencies::{Dependencies, Node};

/// What a plan covers.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// The nodes that it covers; all when there is nothing here.
    nodes: Option<BTreeSet<usize>>,
    /// The resources of which it covers only some instances.
    partly: BTreeSet<usize>,
    targets: Targets,
    excludes: Targets,
}

impl Limits {
    /// What is left of a configuration by these targets or, without targets, by these exclusions.
    pub fn of(dependencies: &Dependencies, targets: &[Target], excludes: &[Target]) -> Limits {
        if targets.is_empty() && excludes.is_empty() {
            return Limits::default();
        }
        let dag = &dependencies.dag;
        let asked = if targets.is_empty() { excludes } else { targets };
        let mut partly = Named::of(asked.iter()).within(dependencies);
        let mut nodes = match targets.is_empty() {
            false => dag.with_dependencies(partly.iter().copied()),
            true => {
                let next = partly.iter().flat_map(|at| dag.dependants(*at));
                let mut left = dag.with_dependants(next);
                left.extend(Named::of(excludes.iter().filter(is_whole)).within(dependencies));
                (0..dag.len()).filter(|at| !left.contains(at)).collect()
            }
        };
        partly.retain(|at| nodes.contains(at));
        follow_outputs(dependencies, &mut nodes);
        let (targets, excludes) = (targets.iter().collect(), excludes.iter().collect());
        Limits { nodes: Some(nodes), partly, targets, excludes }
    }

    /// Whether everything is covered.
    pub fn is_all(&self) -> bool {
        self.nodes.is_none()
    }

    /// Whether a node is covered, or some instances of it.
    pub fn has(&self, node: usize) -> bool {
        self.nodes.as_ref().is_none_or(|nodes| nodes.contains(&node))
    }

    /// Whether an instance of the configuration or of state is covered.
    pub fn covers(&self, dependencies: &Dependencies, address: &InstanceAddress) -> bool {
        let (path, name) = (address.resource.module.path(), address.resource.resource.clone());
        let node = dependencies.dag.position(&Node::Resource(path, name));
        match node {
            Some(at) if !self.partly.contains(&at) => self.has(at),
            Some(at) => self.has(at) && self.names(address),
            None => self.is_all() || self.names(address),
        }
    }

    /// Whether what is asked for says that an object is covered.
    pub(super) fn names(&self, address: &InstanceAddress) -> bool {
        (self.targets.is_empty() || self.targets.cover(address)) && !self.excludes(address)
    }

    /// Whether an object is excluded.
    pub(super) fn excludes(&self, address: &InstanceAddress) -> bool {
        self.excludes.cover(address)
    }
}

/// What targets may name, as written.
struct Named {
    modules: HashSet<ModulePath>,
    resources: HashSet<ConfigAddress>,
}

impl Named {
    fn of<'t>(targets: impl Iterator<Item = &'t Target>) -> Named {
        let mut named = Named { modules: HashSet::new(), resources: HashSet::new() };
        for target in targets {
            match target {
                Target::Module(it) => named.modules.extend([it.path()]),
                Target::Resource(it) => named.resources.extend([it.config()]),
                Target::Instance(it) => named.resources.extend([it.resource.config()]),
            }
        }
        named
    }

    fn has(&self, path: &ModulePath, name: &ResourceName) -> bool {
        let around = |depth: usize| ModulePath(path.0.iter().take(depth).cloned().collect());
        let config = ConfigAddress { module: path.clone(), resource: name.clone() };
        self.resources.contains(&config)
            || (0..=path.0.len()).any(|depth| self.modules.contains(&around(depth)))
    }

    /// The resources that may have instances with these names.
    fn within(&self, dependencies: &Dependencies) -> BTreeSet<usize> {
        let dag = &dependencies.dag;
        let is_named = |at: &usize| match dag.node(*at) {
            Some(Node::Resource(path, name)) => self.has(path, name),
            _ => false,
        };
        (0..dag.len()).filter(is_named).collect()
    }
}

/// Whether a target names all instances of what it names, whichever there are.
fn is_whole(target: &&Target) -> bool {
    let no_keys = |it: &ModuleInstance| it.0.iter().all(|(_, key)| key.is_none());
    match target {
        Target::Module(module) => no_keys(module),
        Target::Resource(resource) => no_keys(&resource.module),
        Target::Instance(_) => false,
    }
}

/// Covers the outputs of the root module that need resources, and none that is not covered; and no
/// others: they may be of any time.
fn follow_outputs(dependencies: &Dependencies, nodes: &mut BTreeSet<usize>) {
    let dag = &dependencies.dag;
    // whether there are resources behind a node, and whether all of them are covered
    let mut behind = vec![(false, true); dag.len()];
    for at in dag.order().unwrap_or_default() {
        let resource = matches!(dag.node(at), Some(Node::Resource(..)));
        let own = (resource, !resource || nodes.contains(&at));
        let on = dag.dependencies(at).into_iter().filter_map(|on| behind.get(on));
        let all = on.fold(own, |all, it| (all.0 || it.0, all.1 && it.1));
        if let Some(place) = behind.get_mut(at) {
            *place = all;
        }
    }
    let is_output = |at: &usize| matches!(dag.node(*at), Some(Node::Output(it, _)) if it.is_root());
    let (covered, others): (Vec<usize>, Vec<usize>) = (0..dag.len())
        .filter(is_output)
        .partition(|at| behind.get(*at).is_some_and(|(some, all)| *some && *all));
    nodes.retain(|at| others.binary_search(at).is_err());
    nodes.extend(dag.with_dependencies(covered));
}
