//! What depends on what in a configuration, before anything is expanded.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{ConfigAddress, Key, Mode, ModulePath, ResourceName};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::Dag;
use crate::language::config::{
    CheckRule, Configuration, Module, ModuleCall, ProviderName, Reference, Repetition, Resource,
};
use crate::language::reference::Use;
use crate::language::validate::provider_through;

/// A part of a configuration that is evaluated as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// A `provider` block.
    Provider(ModulePath, ProviderName),
    /// The `count` or `for_each` of a module call, in the module that calls.
    Call(ModulePath, String),
    /// An input variable.
    Variable(ModulePath, String),
    /// A local value.
    Local(ModulePath, String),
    /// A resource or data source.
    Resource(ModulePath, ResourceName),
    /// An output.
    Output(ModulePath, String),
    /// A `check` block; its data source is a resource.
    Check(ModulePath, String),
}

impl std::fmt::Display for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (module, rest) = match self {
            Node::Provider(module, name) => (module, format!("provider.{name}")),
            Node::Call(module, name) => (module, format!("module.{name}")),
            Node::Variable(module, name) => (module, format!("var.{name}")),
            Node::Local(module, name) => (module, format!("local.{name}")),
            Node::Resource(module, name) => (module, name.to_string()),
            Node::Output(module, name) => (module, format!("output.{name}")),
            Node::Check(module, name) => (module, format!("check.{name}")),
        };
        let dot = if module.is_root() { "" } else { "." };
        write!(f, "{module}{dot}{rest}")
    }
}

/// What is read of a resource: one of its attributes, or all of it.
pub type Read = (ConfigAddress, Option<String>);

/// What each node reads, by positions.
type Reads = BTreeMap<usize, BTreeSet<(usize, Option<String>)>>;

/// The dependencies of a configuration.
#[derive(Clone, Debug)]
pub struct Dependencies {
    /// All nodes; children of a module come after its call.
    pub dag: Dag<Node>,
    /// All positions, dependencies first.
    pub order: Vec<usize>,
    /// For each resource and data source, the resources and data sources it refers to directly or
    /// through locals, variables, outputs, module calls and its provider.
    direct: BTreeMap<usize, BTreeSet<usize>>,
    reads: Reads,
    /// The data sources of `check` blocks, which are read after everything else.
    pub scoped: BTreeSet<ConfigAddress>,
}

impl Dependencies {
    /// Finds the dependencies; a cycle is an error that shows it.
    pub fn find(configuration: &Configuration) -> Result<Dependencies, Diagnostic> {
        let Builder { dag, reads, .. } = Builder::run(configuration, None);
        let order = dag.order().map_err(|cycle| cycle_error(configuration, &dag, &cycle))?;
        let direct = direct(&dag, &order);
        Ok(Dependencies { dag, order, direct, reads, scoped: scoped(configuration) })
    }

    /// What the given nodes read of managed resources: directly, and through values and data sources.
    pub fn reads(&self, nodes: impl IntoIterator<Item = Node>) -> BTreeSet<Read> {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut queue: Vec<usize> =
            nodes.into_iter().filter_map(|it| self.dag.position(&it)).collect();
        while let Some(at) = queue.pop() {
            if !seen.insert(at) {
                continue;
            }
            for (on, attribute) in self.reads.get(&at).into_iter().flatten() {
                let managed = self.address(*on).filter(|_| self.is_managed(*on));
                found.extend(managed.map(|address| (address, attribute.clone())));
            }
            queue.extend(self.dag.dependencies(at).into_iter().filter(|on| !self.is_managed(*on)));
        }
        found
    }

    fn is_managed(&self, at: usize) -> bool {
        matches!(self.dag.node(at), Some(Node::Resource(_, name)) if name.mode == Mode::Managed)
    }

    /// The resources and data sources that one directly depends on.
    pub fn of(&self, module: &ModulePath, name: &ResourceName) -> Vec<ConfigAddress> {
        let at = self.dag.position(&Node::Resource(module.clone(), name.clone()));
        let direct = at.and_then(|at| self.direct.get(&at));
        direct.into_iter().flatten().filter_map(|at| self.address(*at)).collect()
    }

    /// All resources and data sources with those they directly depend on, dependencies first.
    pub fn in_order(&self) -> impl Iterator<Item = (ConfigAddress, Vec<ConfigAddress>)> {
        self.order.iter().filter_map(|at| {
            let address = self.address(*at)?;
            let direct = self.direct.get(at).into_iter().flatten();
            Some((address, direct.filter_map(|at| self.address(*at)).collect()))
        })
    }

    /// The managed resources that one directly depends on, seen through all others.
    pub fn managed(&self, module: &ModulePath, name: &ResourceName) -> BTreeSet<ConfigAddress> {
        let mut found = BTreeSet::new();
        for address in self.of(module, name) {
            match address.resource.mode {
                Mode::Managed => {
                    found.insert(address);
                }
                Mode::Data | Mode::Ephemeral => {
                    found.extend(self.managed(&address.module, &address.resource));
                }
            }
        }
        found
    }

    /// The ephemeral resources that provider configurations depend on, dependencies first.
    pub fn opened_for_providers(&self) -> Vec<ConfigAddress> {
        let is_provider = |at: &usize| matches!(self.dag.node(*at), Some(Node::Provider(..)));
        let providers = (0..self.dag.len()).filter(is_provider);
        let behind = self.dag.with_dependencies(providers);
        let found = self.order.iter().filter(|at| behind.contains(at));
        let found = found.filter_map(|at| self.address(*at));
        found.filter(|it| it.resource.mode == Mode::Ephemeral).collect()
    }

    fn address(&self, at: usize) -> Option<ConfigAddress> {
        match self.dag.node(at)? {
            Node::Resource(module, resource) => {
                Some(ConfigAddress { module: module.clone(), resource: resource.clone() })
            }
            _ => None,
        }
    }
}

fn scoped(configuration: &Configuration) -> BTreeSet<ConfigAddress> {
    let modules = configuration.modules.values();
    let sources = modules.flat_map(|module| {
        let sources = module.checks.values().filter_map(|check| check.source.clone());
        sources.map(|resource| ConfigAddress { module: module.path.clone(), resource })
    });
    sources.collect()
}

/// For each resource, the nearest resources it depends on.
fn direct(dag: &Dag<Node>, order: &[usize]) -> BTreeMap<usize, BTreeSet<usize>> {
    let mut seen: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for &at in order {
        let mut found = BTreeSet::new();
        for on in dag.dependencies(at) {
            match dag.node(on) {
                Some(Node::Resource(..)) => {
                    found.insert(on);
                }
                _ => found.extend(seen.get(&on).into_iter().flatten()),
            }
        }
        seen.insert(at, found);
    }
    seen.retain(|at, _| matches!(dag.node(*at), Some(Node::Resource(..))));
    seen
}

fn cycle_error(configuration: &Configuration, dag: &Dag<Node>, cycle: &[usize]) -> Diagnostic {
    let names: Vec<String> = cycle
        .iter()
        .chain(cycle.first())
        .filter_map(|at| dag.node(*at))
        .map(Node::to_string)
        .collect();
    let detail = format!("These depend on each other in a circle: {}.", names.join(" -> "));
    let diagnostic = Diagnostic::error("Dependency cycle", detail)
        .hint("Break the circle at one of these references.");
    let span =
        cycle.iter().filter_map(|at| dag.node(*at)).find_map(|it| span_of(configuration, it));
    let diagnostic = span.map_or(diagnostic.clone(), |span| diagnostic.at(&span));
    let places = Builder::run(configuration, Some(Places::new())).places.unwrap_or_default();
    let next = cycle.iter().skip(1).chain(cycle.first());
    cycle.iter().zip(next).fold(diagnostic, |diagnostic, (at, on)| {
        let (Some(node), Some(other)) = (dag.node(*at), dag.node(*on)) else { return diagnostic };
        match places.get(&(*at, *on)) {
            Some(place) => diagnostic.see(place, format!("`{node}` refers to `{other}` here")),
            // Between modules and their calls, and providers and their resources, nothing is written.
            None => match span_of(configuration, node) {
                Some(place) => diagnostic.see(&place, format!("`{node}` needs `{other}`")),
                None => diagnostic,
            },
        }
    })
}

fn span_of(configuration: &Configuration, node: &Node) -> Option<Span> {
    let module = |path| configuration.modules.get(path);
    match node {
        Node::Provider(path, name) => Some(module(path)?.providers.get(name)?.span.clone()),
        Node::Call(path, name) => Some(module(path)?.calls.get(name)?.span.clone()),
        Node::Variable(path, name) => Some(module(path)?.variables.get(name)?.span.clone()),
        Node::Local(path, name) => Some(module(path)?.locals.get(name)?.span.clone()),
        Node::Resource(path, name) => Some(module(path)?.resources.get(name)?.span.clone()),
        Node::Output(path, name) => Some(module(path)?.outputs.get(name)?.span.clone()),
        Node::Check(path, name) => Some(module(path)?.checks.get(name)?.span.clone()),
    }
}

/// Where a node refers to another, first.
type Places = BTreeMap<(usize, usize), Span>;

struct Builder<'a> {
    configuration: &'a Configuration,
    dag: Dag<Node>,
    reads: Reads,
    /// Where the references stand, when that is asked for.
    places: Option<Places>,
    /// The reference that is being looked at.
    place: Option<Span>,
}

impl Builder<'_> {
    fn run(configuration: &Configuration, places: Option<Places>) -> Builder<'_> {
        let (dag, reads) = (Dag::default(), Reads::new());
        let mut builder = Builder { configuration, dag, reads, places, place: None };
        builder.nodes();
        builder.edges();
        builder
    }

    fn nodes(&mut self) {
        for (path, module) in &self.configuration.modules {
            let nodes = (module
                .providers
                .keys()
                .map(|it| Node::Provider(path.clone(), it.clone())))
            .chain(module.variables.keys().map(|it| Node::Variable(path.clone(), it.clone())))
            .chain(module.locals.keys().map(|it| Node::Local(path.clone(), it.clone())))
            .chain(module.calls.keys().map(|it| Node::Call(path.clone(), it.clone())))
            .chain(module.resources.keys().map(|it| Node::Resource(path.clone(), it.clone())))
            .chain(module.outputs.keys().map(|it| Node::Output(path.clone(), it.clone())))
            .chain(module.checks.keys().map(|it| Node::Check(path.clone(), it.clone())));
            nodes.for_each(|node| {
                self.dag.add(node);
            });
        }
    }

    fn edges(&mut self) {
        for module in self.configuration.modules.values() {
            for (name, block) in &module.providers {
                let node = Node::Provider(module.path.clone(), name.clone());
                self.uses(module, &node, block.body.uses());
                block.for_each.iter().for_each(|it| self.uses(module, &node, it.uses()));
            }
            for (name, local) in &module.locals {
                let node = Node::Local(module.path.clone(), name.clone());
                self.uses(module, &node, local.value.uses());
                self.inside_call(module, &node);
            }
            for call in module.calls.values() {
                self.call(module, call);
            }
            self.variables(module);
            self.outputs(module);
            for resource in module.resources.values() {
                self.resource(module, resource);
            }
            for import in &module.imports {
                let ConfigAddress { module: path, resource } = import.resource.clone();
                let node = Node::Resource(path, resource);
                let keys = import.to.iter().filter_map(|it| it.1.as_ref());
                let all = keys.chain([&import.id]).chain(&import.for_each);
                all.for_each(|it| self.uses(module, &node, it.uses()));
            }
            for (name, check) in &module.checks {
                let node = Node::Check(module.path.clone(), name.clone());
                self.checks(module, &node, &check.asserts);
                self.inside_call(module, &node);
            }
        }
    }

    fn variables(&mut self, module: &Module) {
        for (name, variable) in &module.variables {
            let node = Node::Variable(module.path.clone(), name.clone());
            self.checks(module, &node, &variable.validations);
            self.inside_call(module, &node);
            let Some((call, parent)) = module.path.0.split_last() else { continue };
            let Some(parent) = self.configuration.modules.get(&ModulePath(parent.to_vec())) else {
                continue;
            };
            if let Some(input) = parent.calls.get(call).and_then(|call| call.inputs.get(name)) {
                self.uses(parent, &node, input.value.uses());
            }
        }
    }

    fn outputs(&mut self, module: &Module) {
        for (name, output) in &module.outputs {
            let node = Node::Output(module.path.clone(), name.clone());
            self.uses(module, &node, output.value.uses());
            self.checks(module, &node, &output.preconditions);
            self.explicit(module, &node, &output.depends_on);
            self.inside_call(module, &node);
        }
    }

    fn call(&mut self, module: &Module, call: &ModuleCall) {
        let node = Node::Call(module.path.clone(), call.name.clone());
        self.uses(module, &node, repetition_uses(&call.repetition));
        self.explicit(module, &node, &call.depends_on);
        self.inside_call(module, &node);
    }

    fn resource(&mut self, module: &Module, resource: &Resource) {
        let node = Node::Resource(module.path.clone(), resource.name.clone());
        self.uses(module, &node, resource.body.uses());
        self.uses(module, &node, repetition_uses(&resource.repetition));
        self.explicit(module, &node, &resource.depends_on);
        for provisioner in &resource.provisioners {
            self.uses(module, &node, provisioner.body.uses());
            let connection = provisioner.connection.iter();
            connection.for_each(|it| self.uses(module, &node, it.uses()));
        }
        let lifecycle = &resource.lifecycle;
        self.checks(module, &node, &lifecycle.preconditions);
        self.checks(module, &node, &lifecycle.postconditions);
        for trigger in &lifecycle.replace_triggered_by {
            self.uses(module, &node, trigger.uses());
        }
        lifecycle.prevent_destroy.iter().for_each(|it| self.uses(module, &node, it.uses()));
        resource.provider_key.iter().for_each(|it| self.uses(module, &node, it.uses()));
        self.provider(module, &node, &resource.provider);
        self.inside_call(module, &node);
    }

    /// The configuration of a provider that a node needs, and what chooses among several.
    fn provider(&mut self, module: &Module, node: &Node, name: &ProviderName) {
        let configuration = self.configuration;
        let Some(route) = provider_through(configuration, &module.path, name) else { return };
        let key = route.passed.and_then(|it| it.key.as_ref());
        if let (Some(key), Some(outer)) = (key, configuration.modules.get(&route.module)) {
            self.uses(outer, node, key.uses());
        }
        self.depend(node, &Node::Provider(route.module, route.name));
    }

    fn checks(&mut self, module: &Module, node: &Node, rules: &[CheckRule]) {
        for rule in rules {
            self.uses(module, node, rule.condition.uses());
            self.uses(module, node, rule.error_message.uses());
        }
    }

    /// What is inside a module can be evaluated only when its call is expanded.
    fn inside_call(&mut self, module: &Module, node: &Node) {
        if let Some((name, parent)) = module.path.0.split_last() {
            self.depend(node, &Node::Call(ModulePath(parent.to_vec()), name.clone()));
        }
    }

    /// `depends_on`: a module stands for everything in it.
    fn explicit(&mut self, module: &Module, node: &Node, references: &[(Reference, Span)]) {
        for (reference, span) in references {
            if let Reference::Module(name, _) = reference {
                self.place = Some(span.clone());
                self.whole_module(node, &module.path.child(name));
                self.place = None;
            }
            let (reference, span) = (reference.clone(), span.clone());
            self.refer(module, node, Use::whole(reference, span));
        }
    }

    fn whole_module(&mut self, node: &Node, path: &ModulePath) {
        let inside = self.configuration.modules.range(path.clone()..);
        let inside = inside.take_while(|(it, _)| it.0.starts_with(&path.0));
        for (path, module) in inside {
            for name in module.resources.keys() {
                self.depend(node, &Node::Resource(path.clone(), name.clone()));
            }
        }
    }

    fn uses(&mut self, module: &Module, node: &Node, uses: Vec<Use>) {
        for it in uses {
            self.read(module, node, &it);
            self.refer(module, node, it);
        }
    }

    /// Notes what a node reads of a resource.
    fn read(&mut self, module: &Module, node: &Node, used: &Use) {
        let Reference::Resource(name, _) = &used.reference else { return };
        let Some(resource) = module.resources.get(name) else { return };
        let attribute = taken(used, &resource.repetition).map(str::to_string);
        let on = self.dag.position(&Node::Resource(module.path.clone(), name.clone()));
        if let (Some(node), Some(on)) = (self.dag.position(node), on) {
            self.reads.entry(node).or_default().insert((on, attribute));
        }
    }

    fn refer(&mut self, module: &Module, node: &Node, used: Use) {
        let path = module.path.clone();
        self.place = self.places.is_some().then(|| used.span.clone());
        match used.reference {
            Reference::Variable(name) => self.depend(node, &Node::Variable(path, name)),
            Reference::Local(name) => self.depend(node, &Node::Local(path, name)),
            Reference::Resource(name, _) => self.depend(node, &Node::Resource(path, name)),
            Reference::Module(ref name, ref key) => {
                let repetition = module.calls.get(name).map(|call| &call.repetition);
                let output = match (repetition, key) {
                    (Some(Repetition::Single), Some(Key::Name(output))) => Some(output.as_str()),
                    (Some(repetition), _) => taken(&used, repetition),
                    (None, _) => None,
                };
                self.depend(node, &Node::Call(path.clone(), name.clone()));
                self.module_outputs(node, &path.child(name), output);
            }
            _ => {}
        }
        self.place = None;
    }

    /// One output of a module, or all when it is not said which.
    fn module_outputs(&mut self, node: &Node, path: &ModulePath, output: Option<&str>) {
        let Some(module) = self.configuration.modules.get(path) else { return };
        let all = output.is_none_or(|name| !module.outputs.contains_key(name));
        for name in module.outputs.keys().filter(|name| all || output == Some(name.as_str())) {
            self.depend(node, &Node::Output(path.clone(), name.clone()));
        }
    }

    fn depend(&mut self, node: &Node, on: &Node) {
        if let (Some(node), Some(on)) = (self.dag.position(node), self.dag.position(on)) {
            self.dag.depend(node, on);
            if let (Some(places), Some(place)) = (&mut self.places, &self.place) {
                places.entry((node, on)).or_insert_with(|| place.clone());
            }
        }
    }
}

/// The attribute that is taken of the only instance, or of some or all instances.
fn taken<'u>(used: &'u Use, repetition: &Repetition) -> Option<&'u str> {
    let of_element = match repetition {
        Repetition::Single | Repetition::Enabled(_) => None,
        Repetition::Count(_) | Repetition::ForEach(_) => used.of_element.as_deref(),
    };
    used.attribute.as_deref().or(of_element)
}

fn repetition_uses(repetition: &Repetition) -> Vec<Use> {
    match repetition {
        Repetition::Single => Vec::new(),
        Repetition::Count(it) | Repetition::ForEach(it) | Repetition::Enabled(it) => it.uses(),
    }
}
