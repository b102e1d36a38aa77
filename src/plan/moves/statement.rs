//! What a statement says: which objects it is about, and where they go.

use crate::address::{
    ConfigAddress, InstanceAddress, Key, ModuleInstance, ModulePath, ResourceAddress, ResourceName,
    Target,
};
use crate::diagnostic::Span;
use crate::language::config::Configuration;

/// What a statement moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// All instances of a module call, which keep their keys.
    Call,
    /// One instance of a module.
    Module,
    /// All instances of a resource, which keep their keys.
    Resource,
    /// One instance of a resource.
    Instance,
}

/// Says that something has a new address.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The module that it stands in; it is about each instance of that, to which its addresses are
    /// relative.
    pub declared: ModulePath,
    /// The address that something had.
    pub from: Target,
    /// The address that it has.
    pub to: Target,
    /// Where it stands; nowhere when the configuration implies it.
    pub span: Option<Span>,
    pub(super) kind: Kind,
}

/// The `moved` blocks of a configuration. Those that match a module with a resource move nothing;
/// reading them is an error already.
pub fn statements(configuration: &Configuration) -> Vec<Statement> {
    let modules = configuration.modules.values();
    let all = modules.flat_map(|module| {
        let blocks = module.moved.iter();
        blocks.filter_map(|block| {
            let (from, to) = (block.from.clone(), block.to.clone());
            Statement::new(module.path.clone(), from, to, Some(block.span.clone()))
        })
    });
    all.collect()
}

impl Statement {
    /// A statement in a module; none when a module is to become a resource or the reverse. As soon
    /// as one of the addresses has a key, the other is the one without.
    pub fn new(
        declared: ModulePath,
        from: Target,
        to: Target,
        span: Option<Span>,
    ) -> Option<Statement> {
        let keyed = |it: &ModuleInstance| it.0.last().is_some_and(|(_, key)| key.is_some());
        let (from, to, kind) = match (from, to) {
            (Target::Module(from), Target::Module(to)) => {
                let kind = if keyed(&from) || keyed(&to) { Kind::Module } else { Kind::Call };
                (Target::Module(from), Target::Module(to), kind)
            }
            (Target::Module(_), _) | (_, Target::Module(_)) => return None,
            (from @ Target::Resource(_), to @ Target::Resource(_)) => (from, to, Kind::Resource),
            (from, to) => (one(from), one(to), Kind::Instance),
        };
        Some(Statement { declared, from, to, span, kind })
    }

    /// What the configuration implies, of one instance, seen from the root module.
    pub(super) fn implied(from: Target, to: Target) -> Statement {
        let kind = if matches!(from, Target::Module(_)) { Kind::Module } else { Kind::Instance };
        Statement { declared: ModulePath::default(), from, to, span: None, kind }
    }

    /// The new address of an instance, if the statement is about it.
    pub(super) fn destination(&self, address: &InstanceAddress) -> Option<InstanceAddress> {
        let (outer, inner) = address.resource.module.0.split_at_checked(self.declared.0.len())?;
        if !outer.iter().map(|(name, _)| name).eq(&self.declared.0) {
            return None;
        }
        let module = |inside: &[(String, Option<Key>)]| ModuleInstance([outer, inside].concat());
        match (&self.from, &self.to) {
            (Target::Module(from), Target::Module(to)) => {
                let inside = self.inside(&from.0, &to.0, inner)?;
                let resource =
                    ResourceAddress { module: module(&inside), ..address.resource.clone() };
                Some(resource.instance(address.key.clone()))
            }
            (Target::Resource(from), Target::Resource(to)) => {
                let same = from.module.0 == inner && from.resource == address.resource.resource;
                let resource = || ResourceAddress { module: module(&to.module.0), ..to.clone() };
                same.then(|| resource().instance(address.key.clone()))
            }
            (Target::Instance(from), Target::Instance(to)) => {
                let same = from.resource.module.0 == inner
                    && from.resource.resource == address.resource.resource
                    && from.key == address.key;
                let module = module(&to.resource.module.0);
                let resource = ResourceAddress { module, ..to.resource.clone() };
                same.then(|| resource.instance(to.key.clone()))
            }
            _ => None,
        }
    }

    /// The new way to a module, relative to where the statement stands.
    fn inside(
        &self,
        from: &[(String, Option<Key>)],
        to: &[(String, Option<Key>)],
        inner: &[(String, Option<Key>)],
    ) -> Option<Vec<(String, Option<Key>)>> {
        let (head, rest) = inner.split_at_checked(from.len())?;
        if self.kind == Kind::Module {
            return (head == from).then(|| [to, rest].concat());
        }
        let ((from_name, _), from_parents) = from.split_last()?;
        let ((name, key), parents) = head.split_last()?;
        let ((to_name, _), to_parents) = to.split_last()?;
        let same = name == from_name && parents == from_parents;
        same.then(|| [to_parents, &[(to_name.clone(), key.clone())], rest].concat())
    }

    /// What must be free so that an instance can get its new address: objects of a module,
    /// resource or instance are moved together, or not at all.
    pub(super) fn place(&self, to: &InstanceAddress) -> Target {
        match self.kind {
            Kind::Call | Kind::Module => Target::Module(to.resource.module.clone()),
            Kind::Resource => Target::Resource(to.resource.clone()),
            Kind::Instance => Target::Instance(to.clone()),
        }
    }

    /// Whether it must be followed after another; with what both sides of each stand for.
    pub(super) fn comes_after(
        &self,
        other: &Statement,
        [from, to]: &[Pattern; 2],
        [other_from, other_to]: &[Pattern; 2],
    ) -> bool {
        if from.meets(other_to) {
            return true;
        }
        let nested = from.is_inside(other_to)
            || to.is_inside(other_to)
            || other_from.is_inside(from)
            || other_to.is_inside(from);
        // What stands outside of a module and only gives it another key comes before what moves
        // inside of it, whichever of the two keys that is for.
        let outside = self.declared.0.len() < other.declared.0.len();
        nested && !(outside && self.only_keys())
    }

    /// Whether nothing but keys of modules differs.
    fn only_keys(&self) -> bool {
        match (&self.from, &self.to) {
            (Target::Module(from), Target::Module(to)) => from.path() == to.path(),
            _ => false,
        }
    }

    /// The resource that something was before and is then, as written, when that is not the same.
    pub(super) fn renamed(
        from: &InstanceAddress,
        to: &InstanceAddress,
    ) -> Option<(ConfigAddress, ConfigAddress)> {
        let (from, to) = (from.resource.config(), to.resource.config());
        (from != to).then_some((from, to))
    }

    /// The addresses that one side of it stands for.
    pub(super) fn pattern(&self, target: &Target) -> Pattern {
        let declared = self.declared.0.iter().map(|name| (name.clone(), None));
        let exact = |module: &ModuleInstance| {
            module.0.iter().map(|(name, key)| (name.clone(), Some(key.clone()))).collect::<Vec<_>>()
        };
        let (mut inside, resource) = match target {
            Target::Module(module) => (exact(module), None),
            Target::Resource(it) => (exact(&it.module), Some((it.resource.clone(), None))),
            Target::Instance(it) => {
                let resource = (it.resource.resource.clone(), Some(it.key.clone()));
                (exact(&it.resource.module), Some(resource))
            }
        };
        if let (Kind::Call, Some(last)) = (self.kind, inside.last_mut()) {
            last.1 = None;
        }
        Pattern { steps: declared.chain(inside).collect(), resource }
    }
}

/// Only the instance without a key.
fn one(target: Target) -> Target {
    match target {
        Target::Resource(resource) => Target::Instance(resource.instance(None)),
        other => other,
    }
}

/// A key, or any.
pub(super) type AnyKey = Option<Option<Key>>;

/// The addresses that one side of a statement stands for.
pub(super) struct Pattern {
    steps: Vec<(String, AnyKey)>,
    resource: Option<(ResourceName, AnyKey)>,
}

fn keys_meet(one: &AnyKey, other: &AnyKey) -> bool {
    one.is_none() || other.is_none() || one == other
}

fn steps_meet(one: &[(String, AnyKey)], other: &[(String, AnyKey)]) -> bool {
    one.iter().zip(other).all(|(a, b)| a.0 == b.0 && keys_meet(&a.1, &b.1))
}

impl Pattern {
    /// The names in it.
    pub(super) fn names(&self) -> (Vec<String>, Option<ResourceName>) {
        let steps = self.steps.iter().map(|(name, _)| name.clone()).collect();
        (steps, self.resource.as_ref().map(|(name, _)| name.clone()))
    }

    /// The keys of its steps and of the resource, so far as they are given.
    pub(super) fn keys(&self) -> Vec<AnyKey> {
        let resource = self.resource.iter().map(|(_, key)| key.clone());
        self.steps.iter().map(|(_, key)| key.clone()).chain(resource).collect()
    }

    /// The modules that it is inside of.
    pub(super) fn outer(&self) -> impl Iterator<Item = Pattern> {
        let most = self.steps.len() + usize::from(self.resource.is_some());
        (1..most).map(|count| {
            let steps = self.steps.iter().take(count).cloned().collect();
            Pattern { steps, resource: None }
        })
    }

    /// Whether both may stand for the same.
    fn meets(&self, other: &Pattern) -> bool {
        let resources = match (&self.resource, &other.resource) {
            (None, None) => true,
            (Some(one), Some(other)) => one.0 == other.0 && keys_meet(&one.1, &other.1),
            _ => false,
        };
        resources && self.steps.len() == other.steps.len() && steps_meet(&self.steps, &other.steps)
    }

    /// Whether it may be inside of a module that the other stands for.
    fn is_inside(&self, other: &Pattern) -> bool {
        let deeper = self.steps.len() > other.steps.len();
        let inside = deeper || (self.resource.is_some() && self.steps.len() == other.steps.len());
        other.resource.is_none() && inside && steps_meet(&self.steps, &other.steps)
    }

    /// Whether it is a module, or right inside of it.
    pub(super) fn is_at(&self, module: &[(String, Option<Key>)]) -> bool {
        let same = |(step, (name, key)): (&(String, AnyKey), &(String, Option<Key>))| {
            step.0 == *name && step.1.as_ref().is_none_or(|it| it == key)
        };
        self.steps.len() == module.len() && self.steps.iter().zip(module).all(same)
    }
}
