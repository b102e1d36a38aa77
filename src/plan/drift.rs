//! Differences between state as stored and as refreshed, and which of them matter.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{InstanceAddress, Mode as ResourceMode, ModulePath};
use crate::language::config::IgnoreChanges;
use crate::plan::dependencies::{Node, Read};
use crate::plan::difference::is_zero;
use crate::plan::orphans::value_in;
use crate::plan::providers::Providers;
use crate::plan::walk::Planner;
use crate::plan::{Action, Change, Drift, Mode, OutputChange};
use crate::state::State;
use crate::value::{Step, Value};

/// What the changes of a plan read of resources.
pub(super) fn reads(
    planner: &Planner<'_>,
    outputs: &BTreeMap<String, OutputChange>,
) -> BTreeSet<Read> {
    let still = |it: &&Change| !matches!(it.action, Action::Nothing | Action::Open);
    let changes = planner.changes.iter().filter(still);
    let changing = changes.map(|it| {
        let address = it.address.resource.config();
        Node::Resource(address.module, address.resource)
    });
    let outputs = outputs.iter().filter(|(_, it)| it.changes());
    let outputs = outputs.map(|(name, _)| Node::Output(ModulePath::default(), name.clone()));
    planner.request.dependencies.reads(changing.chain(outputs).collect::<BTreeSet<_>>())
}

/// Whether an attribute that nobody set is one that other objects fill in: what state had nothing of,
/// or a collection, such as the rules of a security group.
fn is_made_by_others(configured: &Value, before: &Value, after: &Value) -> bool {
    let collection = after.items().is_some() || after.fields().is_some();
    configured.is_null() && (before.is_null() || is_zero(before) || collection)
}

/// What refreshing found changed. Objects that cannot be read from state are left out: planning
/// reports them.
pub(super) fn found(planner: &Planner<'_>, reads: &BTreeSet<Read>) -> Vec<Drift> {
    let mut drift =
        between(&planner.request.moves.state, &planner.refreshed, planner.request.providers);
    if drift.is_empty() || planner.request.mode == Mode::RefreshOnly {
        return drift;
    }
    let current = planner.changes.iter().filter(|it| it.deposed.is_none());
    let changes: BTreeMap<&InstanceAddress, &Change> =
        current.map(|it| (&it.address, it)).collect();
    for it in &mut drift {
        let change = changes.get(&it.address).copied();
        let (before, after) = (&it.before, &it.after);
        let config = it.address.resource.config();
        let whole = reads.contains(&(config.clone(), None));
        it.relevant.retain(|name| {
            let by_others = change.is_some_and(|it| {
                let set = it.configuration.get(name);
                is_made_by_others(&set, &before.get(name), &after.get(name))
            });
            (whole && !by_others)
                || reads.contains(&(config.clone(), Some(name.clone())))
                || change.is_some_and(|change| is_set(planner, change, name, before, after))
        });
    }
    drift
}

fn between(stored: &State, refreshed: &State, providers: &Providers) -> Vec<Drift> {
    if std::sync::Arc::ptr_eq(&stored.resources, &refreshed.resources) {
        return Vec::new();
    }
    let managed =
        stored.resources.keys().filter(|it| it.resource.resource.mode == ResourceMode::Managed);
    let drift = managed.filter_map(|address| {
        if stored.object(address, None).map(|it| &it.attributes)
            == refreshed.object(address, None).map(|it| &it.attributes)
        {
            return None;
        }
        let before = value_in(stored, providers, address, None).ok()??;
        let after = value_in(refreshed, providers, address, None).ok()?.unwrap_or(Value::NULL);
        let relevant = different(&before, &after);
        (before != after).then(|| Drift { address: address.clone(), before, after, relevant })
    });
    drift.collect()
}

/// The attributes that are not the same.
fn different(before: &Value, after: &Value) -> Vec<String> {
    let Some(fields) = after.fields() else { return Vec::new() };
    fields.keys().filter(|name| before.get(name) != after.get(name)).cloned().collect()
}

/// Whether the configuration says something of what differs in an attribute, and does not ignore it.
fn is_set(
    planner: &Planner<'_>,
    change: &Change,
    name: &str,
    before: &Value,
    after: &Value,
) -> bool {
    let resource = planner.evaluation.resource(&change.address.resource);
    let ignored = resource.is_some_and(|it| match &it.lifecycle.ignore_changes {
        IgnoreChanges::None => false,
        IgnoreChanges::All => true,
        IgnoreChanges::Paths(paths) => paths
            .iter()
            .any(|(path, _)| path.steps().first() == Some(&Step::Attribute(name.into()))),
    });
    !ignored && says(&change.configuration.get(name), &before.get(name), &after.get(name))
}

/// Whether what is configured says something of the difference between two values.
fn says(configured: &Value, before: &Value, after: &Value) -> bool {
    if before == after {
        return false;
    }
    match configured.bare() {
        Value::Null(_) => false,
        Value::Object(fields) if before.fields().is_some() && after.fields().is_some() => {
            fields.iter().any(|(name, it)| says(it, &before.get(name), &after.get(name)))
        }
        Value::List(_, items) => match (before.items(), after.items()) {
            (Some(before), Some(after)) if [before.len(), after.len()] == [items.len(); 2] => {
                let sides = before.iter().zip(after);
                items.iter().zip(sides).any(|(it, (before, after))| says(it, before, after))
            }
            _ => !items.is_empty(),
        },
        Value::Set(_, items) | Value::Tuple(items) => !items.is_empty(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Type;

    #[test]
    fn what_other_objects_fill_in_comes_not_from_outside() {
        let arns = |all: &[&str]| Value::list(Type::String, all.iter().map(|it| Value::from(*it)));
        let none = Value::Null(Type::String);
        for (configured, before, after, by_others) in [
            (none.clone(), arns(&[]), arns(&["a"]), true),
            (none.clone(), arns(&["a"]), arns(&["a", "b"]), true),
            (none.clone(), none.clone(), "eipassoc-1".into(), true),
            (none.clone(), Value::number(0_i64), Value::number(1_i64), true),
            (none.clone(), "a".into(), "b".into(), false),
            (arns(&["a"]), arns(&[]), arns(&["a"]), false),
        ] {
            let found = is_made_by_others(&configured, &before, &after);
            assert_eq!(found, by_others, "{before:?} {after:?}");
        }
    }

    #[test]
    fn what_is_configured_speaks_for_itself_only() {
        let rule = |port: i64, id: Value| Value::object([("port", port.into()), ("id", id)]);
        let rules = |items: &[Value]| Value::list(Type::Any, items.to_vec());
        let set = |items: &[Value]| Value::set(Type::Any, items.to_vec());
        let one = || rule(80, Value::from("a"));
        let cases = [
            (Value::NULL, Value::from("a"), Value::from("b"), false),
            (Value::from("a"), Value::from("a"), Value::from("b"), true),
            (Value::from("a"), Value::from("b"), Value::from("b"), false),
            (set(&[]), set(&[]), set(&[one()]), false),
            (set(&[rule(80, Value::NULL)]), set(&[one()]), set(&[]), true),
            (
                rules(&[rule(80, Value::NULL)]),
                rules(&[one()]),
                rules(&[rule(80, "b".into())]),
                false,
            ),
            (
                rules(&[rule(80, Value::NULL)]),
                rules(&[one()]),
                rules(&[rule(81, "b".into())]),
                true,
            ),
            (rules(&[rule(80, Value::NULL)]), rules(&[one()]), rules(&[]), true),
        ];
        for (configured, before, after, said) in cases {
            assert_eq!(says(&configured, &before, &after), said, "{configured:?}");
        }
    }
}
