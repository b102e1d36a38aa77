//! What a schema says of values beyond their type: which are secret, and what may be left out.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Schema, Shape, Syntax};
use crate::value::{Fields, Marks, ObjectType, Type, Value};

/// The value, an object of the schema, with the sensitive fields in it marked. Nulls are not.
pub fn mark_sensitive(schema: &Schema, value: Value) -> Value {
    if has_sensitive(schema) { mark(schema, value) } else { value }
}

fn has_sensitive(schema: &Schema) -> bool {
    let inside = |shape: &Shape| shape.block().is_some_and(has_sensitive);
    schema.fields.iter().any(|field| field.sensitive || inside(&field.shape))
}

fn mark(schema: &Schema, value: Value) -> Value {
    let (value, marks) = value.unmark();
    let Value::Object(mut fields) = value else { return value.mark(marks) };
    let inner: &mut Fields = Arc::make_mut(&mut fields);
    for field in &schema.fields {
        let Some(slot) = inner.get_mut(field.name) else { continue };
        let mut value = std::mem::replace(slot, Value::NULL);
        if let Some(block) = field.shape.block().filter(|block| has_sensitive(block)) {
            value = mark_items(block, value);
        }
        let secret = field.sensitive && !value.is_null();
        *slot = if secret { value.mark(Marks::SENSITIVE) } else { value };
    }
    Value::Object(fields).mark(marks)
}

fn mark_items(schema: &Schema, value: Value) -> Value {
    let (value, marks) = value.unmark();
    let all = |items: &Arc<Vec<Value>>| items.iter().map(|it| mark(schema, it.clone())).collect();
    match &value {
        Value::List(ty, items) => Value::List(ty.clone(), Arc::new(all(items))),
        Value::Set(ty, items) => {
            let items: Vec<Value> = all(items);
            Value::set(ty.clone(), items)
        }
        Value::Map(ty, fields) => {
            let fields = fields.iter().map(|(key, it)| (key.clone(), mark(schema, it.clone())));
            Value::map(ty.clone(), fields)
        }
        _ => mark(schema, value),
    }
    .mark(marks)
}

impl Shape {
    /// The type that a configuration may give as `name = value`: that of the shape, where fields of
    /// objects that are not required may be left out.
    pub fn accepts(&self) -> Type {
        match self {
            Shape::List(item) => Type::list(item.accepts()),
            Shape::Set(item) => Type::set(item.accepts()),
            Shape::Map(item) => Type::map(item.accepts()),
            Shape::Object(schema) => {
                let attributes = schema.fields.iter();
                let attributes = attributes.map(|it| (it.name.to_string(), it.shape.accepts()));
                let optional = schema.fields.iter().filter(|field| !field.required);
                let optional: BTreeSet<String> = optional.map(|it| it.name.to_string()).collect();
                let attributes = attributes.collect();
                Type::Object(Arc::new(ObjectType { attributes, optional }))
            }
            other => other.ty(),
        }
    }

    /// A value of this shape in which nested blocks that were left out are as empty as those that
    /// are written as blocks.
    pub fn complete(&self, value: Value) -> Value {
        let Some(schema) = self.block() else { return value };
        if !schema.fields.iter().any(|field| field.shape.block().is_some()) {
            return value;
        }
        let (value, marks) = value.unmark();
        let each = |items: &Arc<Vec<Value>>| -> Vec<Value> {
            items.iter().map(|it| schema.complete(it.clone())).collect()
        };
        match &value {
            Value::List(ty, items) => Value::list(ty.clone(), each(items)),
            Value::Set(ty, items) => Value::set(ty.clone(), each(items)),
            Value::Map(ty, fields) => {
                let fields = fields.iter().map(|(key, it)| (key, schema.complete(it.clone())));
                Value::map(ty.clone(), fields.map(|(key, it)| (key.clone(), it)))
            }
            _ => schema.complete(value),
        }
        .mark(marks)
    }
}

impl Schema {
    fn complete(&self, value: Value) -> Value {
        let (value, marks) = value.unmark();
        let Value::Object(mut fields) = value else { return value.mark(marks) };
        for field in &self.fields {
            let Some(slot) = Arc::make_mut(&mut fields).get_mut(field.name) else { continue };
            let given = std::mem::replace(slot, Value::NULL);
            *slot = if given.is_null() && field.syntax == Syntax::Block {
                field.absent()
            } else {
                field.shape.complete(given)
            };
        }
        Value::Object(fields).mark(marks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;
    use crate::schema::{FieldType, One, Secret};

    schema! {
        /// A database.
        pub struct Database {
            name: String,
            password: Option<Secret<String>>,
            user: Vec<User>,
            master: One<User>,
            #[attribute] spare: Vec<User>,
        }

        /// A user of it.
        pub struct User { name: String, token: Option<Secret<String>>, grant: Vec<Grant>, }

        /// What a user may do.
        pub struct Grant { kind: Option<String>, }
    }

    fn schema() -> Schema {
        match Database::shape() {
            Shape::Object(schema) => schema,
            _ => Schema::default(),
        }
    }

    fn user(token: Option<&str>) -> User {
        let token = token.map(|it| Secret(it.to_string()));
        User { name: "u".into(), token, grant: Vec::new() }
    }

    #[test]
    fn secrets_are_marked_where_they_are() {
        let database = Database {
            name: "d".into(),
            password: Some(Secret("x".into())),
            user: vec![user(None), user(Some("y"))],
            master: One(None),
            spare: Vec::new(),
        };
        let marked = mark_sensitive(&schema(), database.encode());
        let paths: Vec<String> =
            marked.marked_paths().iter().map(|(path, _)| path.to_string()).collect();
        assert_eq!(paths, ["password", "user[1].token"]);
        assert_eq!(marked.unmark_deep().0, database.encode());
    }

    #[test]
    fn arguments_may_leave_out_what_is_not_required() {
        let spare = schema().field("spare").unwrap().shape.clone();
        let given = Value::tuple([Value::object([("name", "u")].map(|(k, it)| (k, it.into())))]);
        let converted = crate::value::convert(&given, &spare.accepts()).unwrap();
        assert_eq!(spare.complete(converted), vec![user(None)].encode());
        let nothing = Value::tuple([Value::object::<&str>([])]);
        let error = crate::value::convert(&nothing, &spare.accepts()).unwrap_err();
        assert_eq!(error.to_string(), "element 0: attribute \"name\" is required");
    }
}
