//! What was read, in the words that state already has for it.

use crate::schema::{Field, Schema, Shape};
use crate::value::Value;

/// An object just read, keeping what state has wherever both mean the same: documents of equal
/// meaning keep their spelling, and what was never set stays null where the service answers with an
/// empty value.
pub fn reconcile(schema: &Schema, prior: &Value, read: &Value) -> Value {
    let Value::Object(_) = read.bare() else { return read.clone() };
    let field = |field: &Field| {
        (field.name, reconcile_field(field, &prior.get(field.name), &read.get(field.name)))
    };
    Value::object(schema.fields.iter().map(field).collect::<Vec<_>>())
}

fn reconcile_field(field: &Field, prior: &Value, read: &Value) -> Value {
    let (prior, _) = prior.unmark_deep();
    if same_nothing(&prior, read) || same_nothing(read, &prior) {
        return prior;
    }
    let comparable = prior.is_wholly_known() && !prior.is_null() && !read.is_null();
    if field.equivalent.is_some_and(|same| comparable && same(&prior, read)) {
        return prior;
    }
    nested(&field.shape, &prior, read)
}

/// Whether the first is null and the second the zero value of its type.
fn same_nothing(one: &Value, other: &Value) -> bool {
    one.is_null() && !other.is_null() && super::difference::is_zero(other)
}

fn nested(shape: &Shape, prior: &Value, read: &Value) -> Value {
    match (shape, prior, read) {
        (Shape::Object(schema), Value::Object(_), Value::Object(_)) => {
            reconcile(schema, prior, read)
        }
        (Shape::List(item), Value::List(ty, before), Value::List(_, items)) => {
            let at = |index| before.get(index).unwrap_or(&Value::NULL);
            let items = items.iter().enumerate();
            Value::list(ty.clone(), items.map(|(index, it)| nested(item, at(index), it)))
        }
        (Shape::Set(item), Value::Set(ty, before), Value::Set(_, items)) => {
            let Shape::Object(schema) = &**item else { return read.clone() };
            let known = |it: &Value| {
                let same = before.iter().find(|prior| reconcile(schema, prior, it) == **prior);
                same.unwrap_or(it).clone()
            };
            Value::set(ty.clone(), items.iter().map(known))
        }
        _ => read.clone(),
    }
}
