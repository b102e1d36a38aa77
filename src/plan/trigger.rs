//! `replace_triggered_by`

use crate::address::{Key, ModuleInstance, ResourceAddress, ResourceName};
use crate::diagnostic::{Diagnostic, Span};
use crate::language::config::{Expression, ExpressionKind, Reference};
use crate::language::evaluate::evaluate;
use crate::plan::expand::Expansion;
use crate::plan::scope::ModuleScope;
use crate::plan::{Action, Change};

/// What a trigger names: a resource, perhaps one instance of it, perhaps one attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trigger {
    resource: ResourceName,
    key: Option<Key>,
    attribute: Option<String>,
}

/// Takes a trigger apart; `None` when it does not name a resource.
pub(super) fn parts(expression: &Expression, scope: &ModuleScope<'_>) -> Option<Trigger> {
    match &expression.kind {
        ExpressionKind::Reference(Reference::Resource(resource, key)) => {
            Some(Trigger { resource: resource.clone(), key: key.clone(), attribute: None })
        }
        ExpressionKind::Attribute(inner, name) => {
            let inner = parts(inner, scope)?;
            let attribute = inner.attribute.clone().or(Some(name.clone()));
            Some(Trigger { attribute, ..inner })
        }
        ExpressionKind::Index(inner, key) => {
            let inner = parts(inner, scope)?;
            if inner.attribute.is_some() || inner.key.is_some() {
                return Some(inner);
            }
            let (key, _) = evaluate(key, scope);
            let index = key.as_number().and_then(crate::value::Number::as_usize).map(Key::Index);
            let key = index.or_else(|| key.as_str().map(|name| Key::Name(name.to_string())));
            Some(Trigger { key, ..inner })
        }
        _ => None,
    }
}

impl Trigger {
    /// The resource that it names, in this module instance.
    pub(super) fn place(&self, module: &ModuleInstance) -> ResourceAddress {
        ResourceAddress { module: module.clone(), resource: self.resource.clone() }
    }

    /// Whether a change of that resource is about what it names.
    pub(super) fn names(&self, change: &Change) -> bool {
        let named = match (&self.key, &change.address.key) {
            (None, _) => true,
            // As everywhere, numbers and their text may stand for each other.
            (Some(Key::Index(at)), Some(Key::Name(name)))
            | (Some(Key::Name(name)), Some(Key::Index(at))) => *name == at.to_string(),
            (key, other) => key == other,
        };
        named && change.deposed.is_none()
    }

    /// Whether a change of that resource changes what it names.
    pub(super) fn fires(&self, change: &Change) -> bool {
        self.names(change) && self.in_change(change)
    }

    /// What is wrong when nothing is planned for what it names, and there is no such thing.
    pub(super) fn missing(&self, expansion: &Expansion, span: &Span) -> Option<Diagnostic> {
        let what = self.resource.to_string();
        if let Some(key) = &self.key {
            return expansion.check_key(&what, &expansion.key(key), span).err().map(|it| *it);
        }
        let none = *expansion != Expansion::Unknown && expansion.keys().is_empty();
        none.then(|| {
            let detail = format!("{what} has no instance, so its changes can replace nothing.");
            Diagnostic::error("Nothing to be triggered by", detail).at(span)
        })
    }

    fn in_change(&self, change: &Change) -> bool {
        let changes = !matches!(change.action, Action::Nothing | Action::Read);
        match &self.attribute {
            None => changes,
            Some(name) => changes && change.before.get(name) != change.after.get(name),
        }
    }
}
