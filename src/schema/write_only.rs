//! Arguments that are sent and kept nowhere.

use super::{Field, Schema, Shape};
use crate::value::Value;

/// Whether anything in a schema is write-only.
fn has_any(schema: &Schema) -> bool {
    let inside = |field: &Field| field.shape.block().is_some_and(has_any);
    schema.fields.iter().any(|field| field.write_only || inside(field))
}

/// The value, an object of the schema, with null for what is write-only.
pub fn without_write_only(schema: &Schema, value: Value) -> Value {
    if value.fields().is_none() || !has_any(schema) {
        return value;
    }
    schema.fields.iter().fold(value, |value, field| {
        let inner = || without_inside(&field.shape, value.get(field.name));
        match (field.write_only, field.shape.block().is_some_and(has_any)) {
            (true, _) => value.with(field.name, field.absent()),
            (false, true) => {
                let inner = inner();
                value.with(field.name, inner)
            }
            (false, false) => value,
        }
    })
}

fn without_inside(shape: &Shape, value: Value) -> Value {
    let (value, marks) = value.unmark();
    let without = match (shape, &value) {
        (Shape::Object(schema), _) => without_write_only(schema, value),
        (Shape::List(item), Value::List(ty, items)) => {
            Value::list(ty.clone(), items.iter().map(|it| without_inside(item, it.clone())))
        }
        (Shape::Set(item), Value::Set(ty, items)) => {
            Value::set(ty.clone(), items.iter().map(|it| without_inside(item, it.clone())))
        }
        (Shape::Map(item), Value::Map(ty, fields)) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, it)| (name.clone(), without_inside(item, it.clone())));
            Value::map(ty.clone(), fields)
        }
        _ => value,
    };
    without.mark(marks)
}

/// What is sent: the value, an object of the schema, with what is write-only as the configuration
/// gives it. In blocks of which there may be several, they are matched by their order.
pub fn with_write_only(schema: &Schema, value: Value, configuration: &Value) -> Value {
    if value.fields().is_none() || !has_any(schema) {
        return value;
    }
    schema.fields.iter().fold(value, |value, field| {
        let given = configuration.get(field.name);
        if field.write_only {
            return value.with(field.name, given);
        }
        let Some(block) = field.shape.block().filter(|it| has_any(it)) else { return value };
        let inner = match (value.get(field.name), given.bare()) {
            (Value::List(ty, items), Value::List(_, others)) => {
                let both = items.iter().zip(others.iter());
                let items = both.map(|(it, given)| with_write_only(block, it.clone(), given));
                Value::list(ty, items)
            }
            (inner @ Value::Object(_), Value::Object(_)) => with_write_only(block, inner, &given),
            (inner, _) => inner,
        };
        value.with(field.name, inner)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;
    use crate::schema::{One, Secret, schema_of};

    schema! {
        /// Something with a password.
        pub struct Login {
            /// The user.
            user: String,
            /// The password.
            #[write_only] password_wo: Option<Secret<String>>,
            /// Changes with the password.
            password_wo_version: Option<i64>,
            /// More of the same.
            #[attribute_or_block] key: One<Key>,
        }

        /// A key.
        pub struct Key {
            /// Its name.
            name: String,
            /// What is secret of it.
            #[write_only] secret_wo: Option<String>,
        }
    }

    fn login() -> Value {
        let item =
            |secret: Value| Value::object([("name", Value::from("k")), ("secret_wo", secret)]);
        let schema = schema_of::<Login>();
        let ty = schema.field("key").unwrap().shape.ty();
        let key = crate::value::convert(&Value::tuple([item(Value::from("s"))]), &ty).unwrap();
        schema
            .null_object()
            .with("user", Value::from("u"))
            .with("password_wo", Value::from("p"))
            .with("password_wo_version", Value::from(1))
            .with("key", key)
    }

    #[test]
    fn what_is_write_only_is_taken_out_and_put_back() {
        let schema = schema_of::<Login>();
        let kept = without_write_only(&schema, login());
        assert!(kept.get("password_wo").is_null());
        assert_eq!(kept.get("user"), Value::from("u"));
        let key = kept.get("key");
        assert!(key.items().unwrap()[0].get("secret_wo").is_null());
        assert_eq!(key.items().unwrap()[0].get("name"), Value::from("k"));
        assert_eq!(with_write_only(&schema, kept, &login()), login());
    }
}
