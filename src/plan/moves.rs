//! Objects whose address has changed: what `moved` blocks say, and what `count` implies.

mod named;
mod order;
mod statement;
#[cfg(test)]
mod tests;
mod types;
mod validate;

use std::collections::{BTreeMap, BTreeSet};

use named::Named;
pub(super) use order::order;
use statement::Kind;
pub use statement::{Statement, statements};
use types::Types;

use crate::address::{
    ConfigAddress, InstanceAddress, Key, Mode, ModuleInstance, ModulePath, ResourceAddress,
    ResourceName, Target, Targets,
};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::{Configuration, Repetition};
use crate::plan::{Providers, Request};
use crate::state::{Instance, State};

/// A state after its objects were moved.
#[derive(Clone, Debug, Default)]
pub struct Moves {
    /// The state.
    pub state: State,
    /// The moves made, in their order: from one address to another.
    pub steps: Vec<(InstanceAddress, InstanceAddress)>,
    /// For each address that has an object by now, the one that it had at first.
    pub origins: BTreeMap<InstanceAddress, InstanceAddress>,
    /// What stays where it is because there is something at its new address already.
    pub blocked: Vec<(InstanceAddress, InstanceAddress)>,
    /// Why objects stay where they are that cannot be of the type of their new address.
    pub problems: Diagnostics,
}

/// Moves the objects of a state as the statements say, and then as the configuration implies: an
/// object without a key becomes number 0 of a resource or module that has `count` now, and number 0
/// the only one where there is no `count` any more. What a statement names is not implied.
///
/// Statements that go round in circles move nothing; validation reports them.
pub fn moved(
    state: &State,
    configuration: &Configuration,
    statements: &[Statement],
    providers: &Providers,
) -> Moves {
    let mut moves = Moves { state: state.clone(), ..Moves::default() };
    let types = Types { configuration, providers };
    if let Ok(order) = order(statements) {
        order.iter().filter_map(|at| statements.get(*at)).for_each(|it| moves.follow(it, &types));
    }
    for implied in implied_modules(&moves.state, configuration, statements) {
        moves.follow(&implied, &types);
    }
    for implied in implied_resources(&moves.state, configuration, statements) {
        moves.follow(&implied, &types);
    }
    moves.rename_dependencies();
    moves
}

/// What is wrong with the statements of a plan and with what they move.
pub(super) fn check(request: &Request<'_>) -> Diagnostics {
    let statements = statements(&request.evaluation.configuration);
    let mut diagnostics = validate::validate(&statements, request.evaluation, request.providers);
    diagnostics.extend(request.evaluation.take_problems());
    if !diagnostics.has_errors() {
        diagnostics.extend(request.moves.problems.clone());
    }
    diagnostics.extend(blocked(request.moves));
    diagnostics.extend(outside(request));
    diagnostics
}

fn blocked(moves: &Moves) -> Option<Diagnostic> {
    if moves.blocked.is_empty() {
        return None;
    }
    let lines = moves.blocked.iter().map(|(from, to)| format!("{from} should become {to}"));
    let detail = format!(
        "Something is at the new address already: {}.",
        lines.collect::<Vec<_>>().join("; ")
    );
    let warning = Diagnostic::warning("Unresolved resource instance address changes", detail);
    Some(warning.hint("`terrace state mv` or `terrace state rm` makes room; else it is destroyed."))
}

/// A plan that is limited to targets must not move anything else.
fn outside(request: &Request<'_>) -> Option<Diagnostic> {
    let targets = Targets::from_iter(&request.targets);
    let excludes = Targets::from_iter(&request.excludes);
    let moved = || request.moves.origins.iter().flat_map(|(to, from)| [from, to]);
    let excluded = moved().find(|it| excludes.cover(it));
    if let Some(excluded) = excluded.filter(|_| request.targets.is_empty()) {
        let detail =
            format!("What is moved to another address cannot be excluded, as {excluded} is.");
        let error = Diagnostic::error("Moved resource instances excluded by targeting", detail);
        return Some(error.hint("Leave that `-exclude` out."));
    }
    let left = moved().filter(|it| !targets.cover(it));
    let left: Vec<String> = left.map(|it| format!("-target='{it}'")).collect();
    if request.targets.is_empty() || left.is_empty() {
        return None;
    }
    let detail = "What is moved to another address must be among the targets, at both addresses.";
    let error = Diagnostic::error("Moved resource instances excluded by targeting", detail);
    Some(error.hint(format!("Plan without targets, or add {}.", left.join(" "))))
}

impl Moves {
    fn follow(&mut self, statement: &Statement, types: &Types<'_>) {
        let mut groups: BTreeMap<Target, Vec<(InstanceAddress, InstanceAddress)>> = BTreeMap::new();
        for address in self.candidates(statement) {
            if let Some(to) = statement.destination(&address) {
                let place = statement.place(&to);
                groups.entry(place).or_default().push((address, to));
            }
        }
        for (place, group) in groups {
            if self.is_taken(&place) {
                self.blocked.extend(group);
            } else {
                group.into_iter().for_each(|(from, to)| self.step(from, to, types));
            }
        }
    }

    /// The addresses that a statement may be about.
    fn candidates(&self, statement: &Statement) -> Vec<InstanceAddress> {
        let resources = &self.state.resources;
        let mut found = Vec::new();
        for outer in instances(resources, &statement.declared) {
            let within = |it: &ModuleInstance| ModuleInstance([&outer.0[..], &it.0[..]].concat());
            match &statement.from {
                Target::Module(module) => {
                    let first = match statement.kind {
                        Kind::Call => without_key(&within(module)),
                        _ => within(module),
                    };
                    found.extend(inside(resources, first, statement.kind == Kind::Call).cloned());
                }
                Target::Resource(it) => {
                    let resource = ResourceAddress { module: within(&it.module), ..it.clone() };
                    found.extend(self.state.instances_of(&resource).map(|(it, _)| it.clone()));
                }
                Target::Instance(it) => {
                    let module = within(&it.resource.module);
                    let resource = ResourceAddress { module, ..it.resource.clone() };
                    let exact = resource.instance(it.key.clone());
                    found.extend(resources.contains_key(&exact).then_some(exact));
                }
            }
        }
        found
    }

    /// Whether something is at the new place of a module, resource or instance.
    fn is_taken(&self, place: &Target) -> bool {
        let resources = &self.state.resources;
        match place {
            Target::Module(module) => {
                let first = first_in(module);
                resources.range(first..).next().is_some_and(|(it, _)| it.resource.module == *module)
            }
            Target::Resource(resource) => self.state.instances_of(resource).next().is_some(),
            Target::Instance(instance) => resources.contains_key(instance),
        }
    }

    /// What depends on an object that is called otherwise now goes on depending on it.
    fn rename_dependencies(&mut self) {
        let renamed: BTreeMap<ConfigAddress, ConfigAddress> =
            self.origins.iter().filter_map(|(to, from)| Statement::renamed(from, to)).collect();
        if renamed.is_empty() {
            return;
        }
        for instance in self.state.resources_mut().values_mut() {
            for object in instance.current.iter_mut().chain(instance.deposed.values_mut()) {
                for on in &mut object.dependencies {
                    if let Some(now) = renamed.get(on) {
                        *on = now.clone();
                    }
                }
            }
        }
    }

    fn step(&mut self, from: InstanceAddress, to: InstanceAddress, types: &Types<'_>) {
        if from.resource.resource.kind != to.resource.resource.kind {
            match types.taken_over(&self.state, &from, &to) {
                Ok(instance) => {
                    self.state.rename(&from, &to);
                    self.state.resources_mut().insert(to.clone(), instance);
                }
                Err(problem) => return self.problems.push(problem),
            }
        } else {
            self.state.rename(&from, &to);
        }
        let origin = self.origins.remove(&from).unwrap_or_else(|| from.clone());
        self.origins.insert(to.clone(), origin);
        self.steps.push((from, to));
    }
}

type Resources = BTreeMap<InstanceAddress, Instance>;

/// Comes after all names.
const AFTER_ALL: &str = "\u{10ffff}";

/// An address not after any in a module instance.
fn first_in(module: &ModuleInstance) -> InstanceAddress {
    let (kind, name) = (String::new(), String::new());
    let resource = ResourceName { mode: Mode::Managed, kind, name };
    ResourceAddress { module: module.clone(), resource }.instance(None)
}

/// The instances of a module that have something in them.
fn instances(resources: &Resources, path: &ModulePath) -> Vec<ModuleInstance> {
    let mut found = vec![ModuleInstance::ROOT];
    for name in &path.0 {
        let within = |outer: ModuleInstance| {
            let mut next = first_in(&outer.child(name, None));
            std::iter::from_fn(move || {
                let (address, _) = resources.range(&next..).next()?;
                let module = &address.resource.module;
                let (step, _) = module.0.get(outer.0.len())?;
                let there = module.0.starts_with(&outer.0) && step == name;
                let inner = ModuleInstance(module.0.get(..=outer.0.len())?.to_vec());
                next = first_in(&inner.child(AFTER_ALL, None));
                there.then_some(inner)
            })
        };
        found = found.into_iter().flat_map(within).collect();
    }
    found
}

/// All addresses inside a module instance, or of all instances of its call.
fn inside(
    resources: &Resources,
    module: ModuleInstance,
    any_key: bool,
) -> impl Iterator<Item = &InstanceAddress> {
    let first = first_in(&module);
    let same = move |it: &&InstanceAddress| {
        let found = it.resource.module.0.get(..module.0.len());
        let (last, outer) = (module.0.last(), module.0.len().saturating_sub(1));
        let call = |steps: &[(String, Option<Key>)]| {
            steps.get(..outer) == module.0.get(..outer)
                && steps.last().map(|it| &it.0) == last.map(|it| &it.0)
        };
        found.is_some_and(|steps| steps == module.0 || any_key && call(steps))
    };
    resources.range(first..).map(|(it, _)| it).take_while(same)
}

fn without_key(module: &ModuleInstance) -> ModuleInstance {
    let mut module = module.clone();
    module.0.iter_mut().rev().take(1).for_each(|(_, key)| *key = None);
    module
}

/// The keys that an object has and gets when its resource or module has gained or lost `count`.
fn keys(repetition: &Repetition) -> Option<(Option<Key>, Option<Key>)> {
    match repetition {
        Repetition::Count(_) => Some((None, Some(Key::Index(0)))),
        Repetition::Single | Repetition::Enabled(_) => Some((Some(Key::Index(0)), None)),
        Repetition::ForEach(_) => None,
    }
}

fn implied_modules(
    state: &State,
    configuration: &Configuration,
    statements: &[Statement],
) -> Vec<Statement> {
    let modules: BTreeSet<&ModuleInstance> =
        state.resources.keys().map(|it| &it.resource.module).collect();
    let mut found: BTreeMap<(usize, ModuleInstance), Statement> = BTreeMap::new();
    let named = Named::by(statements);
    for module in modules {
        for depth in 1..=module.0.len() {
            let instance = ModuleInstance(module.0.iter().take(depth).cloned().collect());
            let Some((parent, (name, key))) = parted(&instance) else { continue };
            let call = configuration.modules.get(&parent.path()).and_then(|it| it.calls.get(&name));
            let Some((from, to)) = call.and_then(|call| keys(&call.repetition)) else { continue };
            if key == from && !named.has_module(&instance) {
                let (from, to) = (parent.child(&name, from), parent.child(&name, to));
                let statement = Statement::implied(Target::Module(from), Target::Module(to));
                found.insert((usize::MAX - depth, instance), statement);
            }
        }
    }
    found.into_values().collect()
}

fn parted(module: &ModuleInstance) -> Option<(ModuleInstance, (String, Option<Key>))> {
    let (last, parent) = module.0.split_last()?;
    Some((ModuleInstance(parent.to_vec()), last.clone()))
}

fn implied_resources(
    state: &State,
    configuration: &Configuration,
    statements: &[Statement],
) -> Vec<Statement> {
    let named = Named::by(statements);
    let implied = |address: &InstanceAddress| {
        let resource = &address.resource;
        let module = configuration.modules.get(&resource.module.path())?;
        let declared = module.resources.get(&resource.resource)?;
        let (from, to) = keys(&declared.repetition)?;
        if resource.resource.mode == Mode::Data
            || address.key != from
            || named.has_resource(resource)
        {
            return None;
        }
        let to = Target::Instance(resource.instance(to));
        Some(Statement::implied(Target::Instance(address.clone()), to))
    };
    state.resources.keys().filter_map(implied).collect()
}
