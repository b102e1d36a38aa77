//! What a plan covers when it is limited: to targets and all they depend on, or to all but what is
//! excluded and what depends on it.

use std::collections::BTreeSet;

use crate::address::{InstanceAddress, ModuleInstance, ModulePath, ResourceName, Target};
use crate::plan::dependencies::{Dependencies, Node};

/// What a plan covers.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// The nodes that it covers; all when there is nothing here.
    nodes: Option<BTreeSet<usize>>,
    /// The resources of which it covers only some instances.
    partly: BTreeSet<usize>,
    targets: Vec<Target>,
    excludes: Vec<Target>,
}

impl Limits {
    /// What is left of a configuration by these targets or, without targets, by these exclusions.
    pub fn of(dependencies: &Dependencies, targets: &[Target], excludes: &[Target]) -> Limits {
        if targets.is_empty() && excludes.is_empty() {
            return Limits::default();
        }
        let dag = &dependencies.dag;
        let mut partly = named(dependencies, if targets.is_empty() { excludes } else { targets });
        let mut nodes = match targets.is_empty() {
            false => dag.with_dependencies(partly.iter().copied()),
            true => {
                let next = partly.iter().flat_map(|at| dag.dependants(*at));
                let mut left = dag.with_dependants(next);
                left.extend(partly.iter().filter(|at| is_whole(dependencies, excludes, **at)));
                (0..dag.len()).filter(|at| !left.contains(at)).collect()
            }
        };
        partly.retain(|at| nodes.contains(at));
        follow_outputs(dependencies, &mut nodes);
        let (targets, excludes) = (targets.to_vec(), excludes.to_vec());
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
    fn names(&self, address: &InstanceAddress) -> bool {
        let named = |all: &[Target]| all.iter().any(|it| it.covers(address));
        (self.targets.is_empty() || named(&self.targets)) && !named(&self.excludes)
    }
}

/// The resources that may have instances with these names.
fn named(dependencies: &Dependencies, targets: &[Target]) -> BTreeSet<usize> {
    let dag = &dependencies.dag;
    let is_named = |at: &usize| match dag.node(*at) {
        Some(Node::Resource(path, name)) => targets.iter().any(|it| may_name(it, path, name)),
        _ => false,
    };
    (0..dag.len()).filter(is_named).collect()
}

fn may_name(target: &Target, path: &ModulePath, name: &ResourceName) -> bool {
    match target {
        Target::Module(module) => path.0.starts_with(&module.path().0),
        Target::Resource(resource) => resource.module.path() == *path && resource.resource == *name,
        Target::Instance(it) => it.resource.module.path() == *path && it.resource.resource == *name,
    }
}

/// Whether all instances of a resource are named, whichever there are.
fn is_whole(dependencies: &Dependencies, targets: &[Target], at: usize) -> bool {
    let Some(Node::Resource(path, name)) = dependencies.dag.node(at) else { return false };
    let no_keys = |it: &ModuleInstance| it.0.iter().all(|(_, key)| key.is_none());
    let whole = |target: &Target| match target {
        Target::Module(module) => no_keys(module),
        Target::Resource(resource) => no_keys(&resource.module),
        Target::Instance(_) => false,
    };
    targets.iter().any(|it| whole(it) && may_name(it, path, name))
}

/// Covers the outputs of the root module that need resources, and none that is not covered; and no
/// others: they may be of any time.
fn follow_outputs(dependencies: &Dependencies, nodes: &mut BTreeSet<usize>) {
    let dag = &dependencies.dag;
    for at in 0..dag.len() {
        let Some(Node::Output(path, _)) = dag.node(at) else { continue };
        if !path.is_root() {
            continue;
        }
        let behind = dag.with_dependencies([at]);
        let is_resource = |it: &&usize| matches!(dag.node(**it), Some(Node::Resource(..)));
        let resources: Vec<&usize> = behind.iter().filter(is_resource).collect();
        if !resources.is_empty() && resources.iter().all(|it| nodes.contains(it)) {
            nodes.extend(behind);
        } else {
            nodes.remove(&at);
        }
    }
}
