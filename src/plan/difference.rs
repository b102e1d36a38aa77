//! Decides what changes in one instance: a pure function of schema, prior value and configuration.

use std::sync::Arc;

use crate::language::config::IgnoreChanges;
use crate::plan::Action;
use crate::provider::{Planned, Result};
use crate::schema::{Field, Schema, Shape, Syntax};
use crate::value::{Fields, Path, Step, Type, Value};

/// What changes in one instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What is to be done; replacements as [`Action::DestroyThenCreate`].
    pub action: Action,
    /// The value planned, marks included.
    pub after: Value,
    /// The paths because of which the object is replaced.
    pub replace_paths: Vec<Path>,
}

/// What a provider makes of a proposal: called with the prior value (none for a new object) and what
/// is proposed.
pub type Adjust<'a> = dyn Fn(Option<&Value>, Value) -> Result<Planned> + 'a;

/// Compares an object with its configuration. With `must_replace` the object is replaced whatever
/// the comparison says.
pub fn difference(
    schema: &Schema,
    prior: Option<&Value>,
    configuration: &Value,
    must_replace: bool,
    adjust: &Adjust<'_>,
) -> Result<Difference> {
    let Some(prior) = prior else {
        let after = propose_new(schema, configuration, adjust)?;
        return Ok(Difference { action: Action::Create, after, replace_paths: Vec::new() });
    };
    let kept = propose(schema, prior, configuration, Computed::Keep);
    let planned = adjust(Some(prior), kept)?;
    let same = bare(&planned.value) == bare(prior);
    let mut because = planned.replace;
    if !same {
        forced(schema, prior, &planned.value, &mut Path::default(), &mut because);
    }
    if must_replace || !because.is_empty() {
        let after = propose_new(schema, configuration, adjust)?;
        let action = Action::DestroyThenCreate;
        return Ok(Difference { action, after, replace_paths: because });
    }
    if same {
        return Ok(Difference {
            action: Action::Nothing,
            after: planned.value,
            replace_paths: because,
        });
    }
    let after = propose_update(schema, prior, configuration, adjust)?;
    Ok(Difference { action: Action::Update, after, replace_paths: because })
}

/// What is planned for a new object.
pub fn propose_new(schema: &Schema, configuration: &Value, adjust: &Adjust<'_>) -> Result<Value> {
    let proposed = propose(schema, &Value::NULL, configuration, Computed::Unknown);
    Ok(adjust(None, proposed)?.value)
}

/// What is planned for an object that is changed in place.
pub fn propose_update(
    schema: &Schema,
    prior: &Value,
    configuration: &Value,
    adjust: &Adjust<'_>,
) -> Result<Value> {
    let proposed = propose(schema, prior, configuration, Computed::Volatile);
    Ok(adjust(Some(prior), proposed)?.value)
}

/// What becomes of computed fields that the configuration leaves open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Computed {
    /// They keep their value.
    Keep,
    /// Those that any update may change are unknown; the others keep their value.
    Volatile,
    /// They are unknown.
    Unknown,
}

fn bare(value: &Value) -> Value {
    value.unmark_deep().0
}

/// Merges configuration over defaults and computed values.
fn propose(schema: &Schema, prior: &Value, configuration: &Value, computed: Computed) -> Value {
    let (configuration, marks) = configuration.clone().unmark();
    let field = |field: &Field| {
        let value =
            propose_field(field, &prior.get(field.name), &configuration.get(field.name), computed);
        (field.name, value)
    };
    Value::object(schema.fields.iter().map(field)).mark(marks)
}

fn propose_field(field: &Field, prior: &Value, configured: &Value, computed: Computed) -> Value {
    if field.write_only {
        return field.absent();
    }
    if says_nothing(field, configured) {
        return unsaid(field, prior, computed);
    }
    if means_the_same(field, prior, configured) {
        return bare(prior).mark(configured.marks());
    }
    match field.syntax {
        Syntax::Attribute => configured.clone(),
        Syntax::Block | Syntax::Either => nested(&field.shape, prior, configured, computed),
    }
}

/// Whether the configuration leaves the field open.
fn says_nothing(field: &Field, configured: &Value) -> bool {
    let no_blocks =
        || field.syntax == Syntax::Block && configured.items().is_some_and(<[Value]>::is_empty);
    configured.is_null() || (field.computed && no_blocks())
}

/// The value of a field that the configuration leaves open.
fn unsaid(field: &Field, prior: &Value, computed: Computed) -> Value {
    if let Some(default) = &field.default {
        return default.clone();
    }
    if !field.computed {
        return if is_zero(prior) { prior.clone() } else { field.absent() };
    }
    match computed {
        Computed::Keep => prior.clone(),
        Computed::Volatile if !field.volatile => prior.clone(),
        Computed::Volatile | Computed::Unknown => Value::unknown(field.shape.ty()),
    }
}

/// Whether a value is its type's zero value: AWS answers it where nothing was configured.
pub(super) fn is_zero(value: &Value) -> bool {
    match value.bare() {
        Value::Bool(it) => !it,
        Value::Number(it) => it.as_i64() == Some(0),
        Value::String(it) => it.is_empty(),
        Value::List(_, items) | Value::Set(_, items) => items.is_empty(),
        Value::Map(_, fields) => fields.is_empty(),
        _ => false,
    }
}

fn means_the_same(field: &Field, prior: &Value, configured: &Value) -> bool {
    let known = prior.is_wholly_known() && configured.is_wholly_known();
    let comparable = known && !prior.is_null() && !configured.is_null();
    field.equivalent.is_some_and(|same| comparable && same(&bare(prior), &bare(configured)))
}

/// Proposes the objects inside a block. Elements of a set are matched by what is configured.
fn nested(shape: &Shape, prior: &Value, configured: &Value, computed: Computed) -> Value {
    let (value, marks) = configured.clone().unmark();
    let proposed = match (shape, &value) {
        (Shape::Object(schema), Value::Object(_)) => inside(schema, prior, &value, computed),
        (Shape::List(item), Value::List(ty, items)) => {
            let before = prior.items().unwrap_or_default();
            let at = |index| before.get(index).unwrap_or(&Value::NULL);
            let items = items.iter().enumerate();
            Value::list(ty.clone(), items.map(|(index, it)| nested(item, at(index), it, computed)))
        }
        (Shape::Set(item), Value::Set(ty, items)) => {
            let before = prior.items().unwrap_or_default();
            Value::set(ty.clone(), items.iter().map(|it| matched(item, before, it, computed)))
        }
        _ => value,
    };
    proposed.mark(marks)
}

/// Proposes an object in a block; one without a prior is new, and its computed fields unknown.
fn inside(schema: &Schema, prior: &Value, configured: &Value, computed: Computed) -> Value {
    let computed = if prior.is_null() { Computed::Unknown } else { computed };
    propose(schema, prior, configured, computed)
}

/// Proposes an element of a set, matched with the prior element that it would leave as it is.
fn matched(item: &Shape, before: &[Value], configured: &Value, computed: Computed) -> Value {
    let Shape::Object(schema) = item else { return configured.clone() };
    let unchanged = before
        .iter()
        .find(|prior| bare(&propose(schema, prior, configured, Computed::Keep)) == bare(prior));
    match unchanged {
        Some(prior) => bare(prior).mark(configured.marks()),
        None => inside(schema, &Value::NULL, configured, computed),
    }
}

/// Collects the paths of fields that cannot change in place, but do.
fn forced(schema: &Schema, prior: &Value, planned: &Value, at: &mut Path, because: &mut Vec<Path>) {
    for field in &schema.fields {
        let (before, after) = (prior.get(field.name), planned.get(field.name));
        if bare(&before) == bare(&after) {
            continue;
        }
        at.push(Step::Attribute(field.name.to_string()));
        if field.force_new {
            because.push(at.clone());
        } else if let Some(block) = field.shape.block() {
            forced_inside(block, &before, &after, at, because);
        }
        at.pop();
    }
}

fn forced_inside(
    block: &Schema,
    before: &Value,
    after: &Value,
    at: &mut Path,
    because: &mut Vec<Path>,
) {
    let objects = |value: &Value| match value.bare() {
        Value::Object(_) => vec![value.clone()],
        _ => value.items().unwrap_or_default().to_vec(),
    };
    let (mut before, mut after) = (objects(before), objects(after));
    let common: Vec<Value> = before.iter().filter(|it| after.contains(it)).cloned().collect();
    before.retain(|it| !common.contains(it));
    after.retain(|it| !common.contains(it));
    for index in 0..before.len().max(after.len()) {
        let of = |values: &[Value]| values.get(index).cloned().unwrap_or(Value::NULL);
        at.push(Step::Index(index));
        forced(block, &of(&before), &of(&after), at, because);
        at.pop();
    }
}

/// The configuration with everything that `ignore_changes` names as it is in the object.
pub fn ignore(
    configuration: Value,
    prior: &Value,
    ignored: &IgnoreChanges,
    schema: &Schema,
) -> Value {
    match ignored {
        IgnoreChanges::None => configuration,
        IgnoreChanges::All => {
            let kept = schema.fields.iter().filter(|field| !field.read_only);
            kept.fold(configuration, |it, field| it.with(field.name, prior.get(field.name)))
        }
        IgnoreChanges::Paths(paths) => {
            paths.iter().fold(configuration, |it, (path, _)| keep(it, prior, path.steps()))
        }
    }
}

/// The value with what is at a path taken from `prior`.
fn keep(value: Value, prior: &Value, path: &[Step]) -> Value {
    let Some((first, rest)) = path.split_first() else { return prior.clone() };
    let (value, marks) = value.unmark();
    let kept = match (value, first) {
        (Value::Object(fields), Step::Attribute(name) | Step::Key(name)) => {
            Value::Object(keep_field(fields, prior, name, rest, false))
        }
        (Value::Map(ty, fields), Step::Attribute(name) | Step::Key(name)) => {
            Value::Map(ty, keep_field(fields, prior, name, rest, true))
        }
        (Value::Null(Type::Map(ty)), Step::Attribute(name) | Step::Key(name))
            if prior.fields().is_some_and(|fields| fields.contains_key(name)) =>
        {
            Value::Map((*ty).clone(), keep_field(Arc::default(), prior, name, rest, true))
        }
        (Value::List(ty, items), Step::Index(at)) => {
            Value::List(ty, keep_item(items, prior, *at, rest))
        }
        (Value::Tuple(items), Step::Index(at)) => Value::Tuple(keep_item(items, prior, *at, rest)),
        (other, _) => other,
    };
    kept.mark(marks)
}

fn keep_field(
    mut fields: Arc<Fields>,
    prior: &Value,
    name: &str,
    rest: &[Step],
    of_map: bool,
) -> Arc<Fields> {
    let had = prior.fields().is_some_and(|fields| fields.contains_key(name));
    let own = Arc::make_mut(&mut fields);
    if !had && !own.contains_key(name) {
        return fields;
    }
    if of_map && !had && rest.is_empty() {
        own.remove(name);
        return fields;
    }
    let current = own.remove(name).unwrap_or(Value::NULL);
    own.insert(name.to_string(), keep(current, &prior.get(name), rest));
    fields
}

fn keep_item(
    mut items: Arc<Vec<Value>>,
    prior: &Value,
    at: usize,
    rest: &[Step],
) -> Arc<Vec<Value>> {
    let before = prior.items().and_then(|items| items.get(at));
    if let (Some(item), Some(before)) = (Arc::make_mut(&mut items).get_mut(at), before) {
        *item = keep(std::mem::replace(item, Value::NULL), before, rest);
    }
    items
}

/// Says where a final value does not fit the plan: a known part differs, or a type.
pub fn misfit(planned: &Value, final_value: &Value, at: &mut Path) -> Option<Path> {
    let (planned, actual) = (planned.bare(), final_value.bare());
    if let Value::Unknown(_) = planned {
        return None;
    }
    let (before, after) = (planned.children(), actual.children());
    if before.is_empty() && after.is_empty() {
        return (planned != actual && !(planned.is_null() && actual.is_null())).then(|| at.clone());
    }
    if matches!(planned, Value::Set(..)) {
        return misfit_set(planned, actual).then(|| at.clone());
    }
    if before.len() != after.len() {
        return Some(at.clone());
    }
    for ((step, planned), (other, actual)) in before.iter().zip(&after) {
        at.push(step.clone());
        let found = if step == other { misfit(planned, actual, at) } else { Some(at.clone()) };
        if found.is_some() {
            return found;
        }
        at.pop();
    }
    None
}

/// A set with unknown elements may shrink when they become known; each known one must stay.
fn misfit_set(planned: &Value, actual: &Value) -> bool {
    let (Some(planned), Some(actual)) = (planned.items(), actual.items()) else { return true };
    let fits =
        |it: &Value| actual.iter().any(|other| misfit(it, other, &mut Path::default()).is_none());
    !planned.iter().all(fits) || actual.len() > planned.len()
}

/// What an object just read should become to be as planned: what the plan leaves open stays as read.
pub fn settled(schema: &Schema, planned: &Value, actual: &Value) -> Value {
    propose(schema, actual, &planned.known(), Computed::Keep)
}
