//! Walks a configuration in the order of its dependencies and plans what it meets.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{
    ConfigAddress, InstanceAddress, Mode as ResourceMode, ModuleInstance, ModulePath,
    ResourceAddress, ResourceName, Target,
};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::plan::behind::{Behind, carry_over};
use crate::plan::checks::{Checked, check, check_block, merged};
use crate::plan::dependencies::{Dependencies, Node};
use crate::plan::evaluation::Evaluation;
use crate::plan::import::Importing;
use crate::plan::late::{Refresher, Unseen};
use crate::plan::limits::Limits;
use crate::plan::moves::{self, Moves};
use crate::plan::origin::{Sought, traced};
use crate::plan::providers::{Connections, Providers};
use crate::plan::traversals::traversals;
use crate::plan::validate::exposed;
use crate::plan::{
    Action, Change, CheckResult, Mode, OutputChange, Plan, ProviderKey, drift, order, orphans,
};
use crate::provider::Openings;
use crate::state::{State, World};
use crate::value::{Marks, Value};

/// All that a plan is made from.
pub struct Request<'a> {
    /// The configuration with its variables.
    pub evaluation: &'a Evaluation,
    /// The dependencies of the configuration.
    pub dependencies: &'a Dependencies,
    /// The providers compiled in.
    pub providers: &'a Providers,
    /// The connections that could be made beforehand.
    pub connections: Connections,
    /// Refreshes what could not be refreshed without the others; nothing when it is not wanted.
    pub refresher: Option<&'a dyn Refresher>,
    /// The state as stored.
    pub stored: &'a State,
    /// The same with its objects moved to their new addresses.
    pub moves: &'a Moves,
    /// That state refreshed, as far as the connections go.
    pub prior: &'a State,
    /// What is asked for.
    pub mode: Mode,
    /// What the plan is limited to; all when empty.
    pub targets: Vec<Target>,
    /// What is left as it is, with all that depends on it.
    pub excludes: Vec<Target>,
    /// Where what is opened while planning is kept, to be closed afterwards.
    pub open: &'a Openings,
    /// Instances to replace whatever the comparison says.
    pub replace: Vec<InstanceAddress>,
}

impl Planner<'_> {
    /// Whether the plan is about an instance of a resource that the configuration has.
    pub(super) fn covers(&self, address: &InstanceAddress) -> bool {
        self.limits.is_all() || self.limits.covers(self.request.dependencies, address)
    }

    /// Takes an instance that the plan is not about as it is in state.
    pub(super) fn leave_instance(&mut self, address: &InstanceAddress) {
        if let Some(value) = self.prior_value(address) {
            self.evaluation.record(address, value);
        }
    }
}

/// Plans in the making.
pub(super) struct Planner<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) evaluation: &'a Evaluation,
    pub(super) connections: Connections,
    /// Those of `connections` whose arguments are not all known.
    pub(super) open_providers: BTreeSet<ProviderKey>,
    /// The state as moved and refreshed.
    pub(super) refreshed: State,
    pub(super) unseen: Unseen,
    pub(super) prior: State,
    pub(super) changes: Vec<Change>,
    /// The numbers of the changes of each resource.
    numbers: BTreeMap<ResourceAddress, Vec<usize>>,
    pub(super) checks: Vec<CheckResult>,
    pub(super) diagnostics: Diagnostics,
    /// The resources with instances that change, by address in their module instance.
    pub(super) changing: BTreeSet<ResourceAddress>,
    pub(super) in_state: BTreeMap<ResourceAddress, Vec<InstanceAddress>>,
    pub(super) limits: Limits,
    /// The instances whose objects are imported, with their ids.
    pub(super) importing: Importing,
}

/// Makes the plan. With errors among the diagnostics it must not be applied.
pub async fn plan(request: &Request<'_>) -> Plan {
    let mut planner = Planner::new(request);
    match request.mode {
        Mode::Normal => {
            let problems = traversals(&request.evaluation.configuration, request.providers);
            let sound = !problems.has_errors();
            planner.diagnostics.extend(problems);
            if sound {
                planner.walk().await;
            }
        }
        Mode::Destroy => planner.destroy_all().await,
        Mode::RefreshOnly => planner.take_as_it_is().await,
    }
    planner.finish()
}

impl<'a> Planner<'a> {
    fn new(request: &'a Request<'a>) -> Planner<'a> {
        let mut in_state: BTreeMap<ResourceAddress, Vec<InstanceAddress>> = BTreeMap::new();
        for address in request.prior.resources.keys() {
            in_state.entry(address.resource.clone()).or_default().push(address.clone());
        }
        let mut planner = Planner {
            request,
            evaluation: request.evaluation,
            connections: request.connections.clone(),
            open_providers: BTreeSet::new(),
            refreshed: request.prior.clone(),
            unseen: Unseen::new(),
            prior: request.prior.clone(),
            changes: Vec::new(),
            numbers: BTreeMap::new(),
            checks: Vec::new(),
            diagnostics: Diagnostics::new(),
            changing: BTreeSet::new(),
            in_state,
            limits: Limits::of(request.dependencies, &request.targets, &request.excludes),
            importing: Importing::new(),
        };
        planner.unseen = planner.unseen();
        planner
    }

    /// Adds what is planned for an instance.
    pub(super) fn add(&mut self, change: Change) {
        let resource = &change.address.resource;
        if !matches!(change.action, Action::Nothing | Action::Open) {
            self.changing.insert(resource.clone());
        }
        self.numbers.entry(resource.clone()).or_default().push(self.changes.len());
        self.changes.push(change);
    }

    /// What is planned so far for the instances of a resource.
    pub(super) fn changes_of(&self, resource: &ResourceAddress) -> impl Iterator<Item = &Change> {
        let numbers = self.numbers.get(resource).into_iter().flatten();
        numbers.filter_map(|number| self.changes.get(*number))
    }

    async fn walk(&mut self) {
        let mut last = Vec::new();
        for at in self.request.dependencies.order.clone() {
            let Some(node) = self.request.dependencies.dag.node(at).cloned() else { continue };
            let included = self.limits.has(at);
            match node {
                Node::Check(..) => last.push(at),
                Node::Resource(ref path, ref name) if self.is_scoped(path, name) => last.push(at),
                Node::Resource(path, name) if included => self.resource(&path, &name).await,
                Node::Resource(path, name) => self.leave(&path, &name),
                other if included => self.value(&other),
                _ => {}
            }
            self.diagnostics.extend(self.evaluation.take_problems());
        }
        self.look_at_the_rest().await;
        orphans::plan_orphans(self);
        if self.limits.is_all() {
            self.imports_without_block();
        }
        self.look(&last).await;
    }

    /// Whether a resource is the data source of a `check` block.
    fn is_scoped(&self, path: &ModulePath, name: &ResourceName) -> bool {
        let resource = self.evaluation.module(path).and_then(|it| it.resources.get(name));
        resource.is_some_and(|it| it.check.is_some())
    }

    /// Looks, as `check` blocks do, once it is known what changes.
    async fn look(&mut self, nodes: &[usize]) {
        for at in nodes {
            let Some(node) = self.request.dependencies.dag.node(*at).cloned() else { continue };
            let included = self.limits.has(*at);
            match node {
                Node::Resource(path, name) if included => self.resource(&path, &name).await,
                node if included => self.value(&node),
                _ => {}
            }
            self.diagnostics.extend(self.evaluation.take_problems());
        }
        self.look_again();
    }

    fn check_block(&mut self, path: &ModulePath, name: &str) {
        let declared = self.evaluation.module(path).and_then(|it| it.checks.get(name));
        let Some(block) = declared else { return };
        for module in self.evaluation.module_instances(path) {
            let (result, problems) = check_block(block, name, &module, self.evaluation);
            self.checks.extend(result);
            self.diagnostics.extend(problems);
        }
    }

    /// Evaluates what is not a resource, for its errors and checks.
    fn value(&mut self, node: &Node) {
        match node {
            Node::Call(path, name) => {
                for module in self.evaluation.module_instances(path) {
                    self.evaluation.call_expansion(&module, name);
                }
            }
            Node::Variable(path, name) => self.variable(path, name),
            Node::Local(path, name) => {
                for module in self.evaluation.module_instances(path) {
                    self.evaluation.local(&module, name);
                }
            }
            Node::Output(path, name) => self.output(path, name),
            Node::Check(path, name) => self.check_block(path, name),
            Node::Provider(..) | Node::Resource(..) => {}
        }
    }

    fn variable(&mut self, path: &ModulePath, name: &str) {
        let declared = self.evaluation.module(path).and_then(|it| it.variables.get(name));
        let Some(rules) = declared.map(|variable| variable.validations.clone()) else { return };
        for module in self.evaluation.module_instances(path) {
            self.evaluation.variable(&module, name);
            let checked = Checked::value("var", &module, name);
            let checked = checked.near(self.evaluation.place_of(&module, name));
            let summary = "Invalid value for variable";
            self.check(&rules, summary, &checked, &self.evaluation.scope(&module));
        }
    }

    fn output(&mut self, path: &ModulePath, name: &str) {
        let declared = self.evaluation.module(path).and_then(|it| it.outputs.get(name)).cloned();
        let Some(output) = declared else { return };
        for module in self.evaluation.module_instances(path) {
            let checked = Checked::value("output_value", &module, name);
            let scope = self.evaluation.scope(&module);
            let summary = "Module output value precondition failed";
            self.check(&output.preconditions, summary, &checked, &scope);
            let value = self.evaluation.output(&module, name);
            let exposed = value.and_then(|value| exposed(path, name, &output, &value));
            self.diagnostics.extend(exposed.map(|it| {
                let within = (self.evaluation, &module);
                traced(it, Sought::Sensitive, within, &output.value, &scope)
            }));
        }
    }

    pub(super) fn check(
        &mut self,
        rules: &[crate::language::config::CheckRule],
        summary: &str,
        checked: &Checked,
        scope: &dyn crate::language::scope::Scope,
    ) {
        let (result, problems) = check(rules, summary, checked, scope);
        // What is there is taken as it is, whether or not it should be so.
        let only_told = self.request.mode == Mode::RefreshOnly && !checked.is_variable();
        let told = |it: Diagnostic| match only_told && it.is_error() {
            true => Diagnostic { severity: Severity::Warning, ..it },
            false => it,
        };
        self.diagnostics.extend(problems.into_iter().map(told));
        self.checks.extend(result);
    }

    async fn resource(&mut self, path: &ModulePath, name: &ResourceName) {
        for module in self.evaluation.module_instances(path) {
            let address = Evaluation::address(&module, name);
            match name.mode {
                ResourceMode::Managed => {
                    self.look_at(&address).await;
                    self.import_into(&address).await;
                    self.managed_resource(&address);
                }
                ResourceMode::Data => self.data_resource(&address).await,
                ResourceMode::Ephemeral => self.ephemeral_resource(&address).await,
            }
            self.limit(&address);
        }
    }

    /// Has expressions see those instances of a resource only that are there, if the plan may leave some
    /// out.
    fn limit(&self, address: &ResourceAddress) {
        if !self.limits.is_all() || self.request.mode == Mode::RefreshOnly {
            self.evaluation.limit(address);
        }
    }

    /// Takes a resource outside the targets as it is in state.
    fn leave(&mut self, path: &ModulePath, name: &ResourceName) {
        for module in self.evaluation.module_instances(path) {
            let address = Evaluation::address(&module, name);
            for instance in self.in_state.get(&address).cloned().unwrap_or_default() {
                self.leave_instance(&instance);
            }
            self.limit(&address);
        }
    }

    /// The object of an instance as refreshed, marks of sensitive fields included.
    pub(super) fn prior_value(&mut self, address: &InstanceAddress) -> Option<Value> {
        orphans::value_in(&self.prior, self.request.providers, address, None)
            .map_err(|problem| self.diagnostics.push(problem))
            .ok()
            .flatten()
    }

    async fn destroy_all(&mut self) {
        self.open_for_providers().await;
        if !self.unseen.is_empty() {
            self.record_prior();
        }
        self.look_at_the_rest().await;
        orphans::plan_destroy(self);
    }

    /// Takes managed objects as they are, and reads data sources again, in the order of what needs what.
    async fn take_as_it_is(&mut self) {
        let dependencies = self.request.dependencies;
        let opened: BTreeSet<ConfigAddress> =
            dependencies.opened_for_providers().into_iter().collect();
        for at in dependencies.order.clone() {
            let Some(node) = dependencies.dag.node(at).cloned() else { continue };
            let included = self.limits.has(at);
            match node {
                Node::Resource(module, resource) => {
                    let address = ConfigAddress { module, resource };
                    self.take_resource(&address, included, opened.contains(&address)).await;
                }
                other if included => self.value(&other),
                _ => {}
            }
            self.diagnostics.extend(self.evaluation.take_problems());
        }
        self.look_at_the_rest().await;
        orphans::drop_data(self);
    }

    async fn take_resource(&mut self, address: &ConfigAddress, included: bool, opened: bool) {
        let ConfigAddress { module: path, resource: name } = address;
        match name.mode {
            ResourceMode::Data if included => self.resource(path, name).await,
            ResourceMode::Ephemeral if opened => self.resource(path, name).await,
            ResourceMode::Ephemeral => {}
            ResourceMode::Data => self.leave(path, name),
            ResourceMode::Managed => {
                for module in self.evaluation.module_instances(path) {
                    self.look_at(&Evaluation::address(&module, name)).await;
                }
                self.leave(path, name);
            }
        }
    }

    fn finish(mut self) -> Plan {
        let found = moves::check(self.request);
        self.diagnostics.extend(found);
        let outputs = self.outputs();
        let reads = drift::reads(&self, &outputs);
        let drift = drift::found(&self, &reads);
        let states = [&self.request.moves.state, &self.prior];
        let behind = Behind::of(self.request.dependencies, &states);
        carry_over(&mut self.changes, &mut self.prior, &behind);
        let schedule = order::schedule(&mut self.changes, self.request.dependencies, &behind)
            .map_err(|problem| self.diagnostics.push(*problem))
            .unwrap_or_default();
        let changes = std::mem::take(&mut self.changes);
        changes.iter().for_each(|it| self.check_provisioners(it));
        self.changes = changes;
        let request = self.request;
        Plan {
            mode: request.mode,
            configuration: (*self.evaluation.configuration).clone(),
            variables: self.evaluation.variables().clone(),
            workspace: self.evaluation.workspace.clone(),
            stored: request.stored.clone(),
            moves: request.moves.steps.clone(),
            drift,
            reads,
            prior: self.prior,
            changes: self.changes,
            schedule,
            outputs,
            checks: merged(self.checks),
            targets: request.targets.clone(),
            excludes: request.excludes.clone(),
            timestamp: self.evaluation.timestamp.clone(),
            world: World::default(),
            diagnostics: self.diagnostics,
        }
    }

    /// What becomes of the outputs that the plan covers; when it is limited, the others stay.
    fn outputs(&mut self) -> BTreeMap<String, OutputChange> {
        let stored = &self.request.stored.outputs;
        let before = |name: &str| {
            let stored = stored.get(name)?;
            let marks = if stored.sensitive { Marks::SENSITIVE } else { Marks::NONE };
            stored.decode().ok().map(|value| value.mark(marks))
        };
        let destroys = self.request.mode == Mode::Destroy;
        let root = self.evaluation.module(&ModulePath::default()).filter(|_| !destroys);
        let mut outputs = BTreeMap::new();
        for (name, output) in root.iter().flat_map(|root| &root.outputs) {
            let at = Node::Output(ModulePath::default(), name.clone());
            let at = self.request.dependencies.dag.position(&at);
            if at.is_some_and(|at| !self.limits.has(at)) {
                continue;
            }
            let before = before(name).unwrap_or(Value::NULL);
            let after = self.evaluation.output(&ModuleInstance::ROOT, name);
            let (after, sensitive) = (after.unwrap_or(Value::NULL), output.sensitive);
            outputs.insert(name.clone(), OutputChange { before, after, sensitive });
        }
        for (name, it) in stored.iter().filter(|_| self.limits.is_all()) {
            let gone = || OutputChange {
                before: before(name).unwrap_or(Value::NULL),
                after: Value::NULL,
                sensitive: it.sensitive,
            };
            outputs.entry(name.clone()).or_insert_with(gone);
        }
        self.diagnostics.extend(self.evaluation.take_problems());
        outputs
    }
}
