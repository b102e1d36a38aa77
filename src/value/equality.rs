//! Equality as the language's `==` sees it: not known while what decides it is not known.

use std::sync::Arc;

use super::{Fields, Marks, Type, Unknown, Value};

impl Value {
    /// Whether the values are equal, as a bool that may be unknown and has the marks of both.
    ///
    /// Values of different types are not equal, except that all nulls are.
    pub fn equals(&self, other: &Value) -> Value {
        let marks = equality_marks(self, other);
        let (left, right) = (self.unmark_deep().0, other.unmark_deep().0);
        let equal = match same(&left, &right) {
            Some(equal) => Value::Bool(equal),
            None => Value::unknown_not_null(Type::Bool),
        };
        equal.mark(marks)
    }
}

/// Comparing with null looks at nothing that is inside a value.
fn equality_marks(left: &Value, right: &Value) -> Marks {
    if left.is_null() != right.is_null() {
        left.marks().union(right.marks())
    } else {
        left.marks_deep().union(right.marks_deep())
    }
}

/// Whether two values without marks are equal; none while that is not known.
fn same(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Unknown(_), Value::Unknown(_)) => None,
        (Value::Unknown(unknown), known) | (known, Value::Unknown(unknown)) => {
            if could_be(unknown, known) { None } else { Some(false) }
        }
        (Value::Null(_), Value::Null(_)) => Some(true),
        (Value::Null(_), _) | (_, Value::Null(_)) => Some(false),
        (Value::Bool(left), Value::Bool(right)) => Some(left == right),
        (Value::Number(left), Value::Number(right)) => Some(left == right),
        (Value::String(left), Value::String(right)) => Some(left == right),
        _ => same_collections(left, right),
    }
}

/// Whether the unknown value can turn out to be the known one.
fn could_be(unknown: &Unknown, known: &Value) -> bool {
    if known.is_null() {
        return !unknown.not_null;
    }
    if let Value::String(text) = known
        && !text.starts_with(&unknown.prefix)
    {
        return false;
    }
    let length = known.items().map(<[Value]>::len).or_else(|| known.fields().map(Fields::len));
    if let Some(length) = length.filter(|_| unknown.ty.element().is_some())
        && known.is_wholly_known()
        && (length < unknown.length_min || unknown.length_max.is_some_and(|most| length > most))
    {
        return false;
    }
    could_conform(&unknown.ty, &known.ty())
}

/// Whether the types can turn out to be the same once what is `any` in them is known.
fn could_conform(left: &Type, right: &Type) -> bool {
    match (left, right) {
        (Type::Any, _) | (_, Type::Any) => true,
        (Type::List(left), Type::List(right))
        | (Type::Set(left), Type::Set(right))
        | (Type::Map(left), Type::Map(right)) => could_conform(left, right),
        (Type::Tuple(left), Type::Tuple(right)) => {
            left.len() == right.len()
                && left.iter().zip(right.iter()).all(|(left, right)| could_conform(left, right))
        }
        (Type::Object(left), Type::Object(right)) => {
            left.attributes.keys().eq(right.attributes.keys())
                && left.attributes.iter().all(|(name, left)| {
                    right.attributes.get(name).is_some_and(|right| could_conform(left, right))
                })
        }
        _ => left == right,
    }
}

fn same_collections(left: &Value, right: &Value) -> Option<bool> {
    let (left_type, right_type) = (left.ty(), right.ty());
    if left_type != right_type {
        let open = has_untyped(left) || has_untyped(right);
        return if open && could_conform(&left_type, &right_type) { None } else { Some(false) };
    }
    match (left, right) {
        (Value::Set(_, left), Value::Set(_, right)) => same_sets(left, right),
        (Value::Map(_, left), Value::Map(_, right))
        | (Value::Object(left), Value::Object(right)) => {
            if !left.keys().eq(right.keys()) {
                return Some(false);
            }
            all(left.values().zip(right.values()))
        }
        _ => {
            let (left, right) = (left.items()?, right.items()?);
            if left.len() != right.len() {
                return Some(false);
            }
            all(left.iter().zip(right))
        }
    }
}

fn same_sets(left: &Arc<Vec<Value>>, right: &Arc<Vec<Value>>) -> Option<bool> {
    let known = left.iter().chain(right.iter()).all(Value::is_wholly_known);
    if known { Some(left == right) } else { None }
}

/// One difference is enough to know; else all must be known.
fn all<'a>(pairs: impl Iterator<Item = (&'a Value, &'a Value)>) -> Option<bool> {
    let mut result = Some(true);
    for (left, right) in pairs {
        match same(left, right) {
            Some(true) => {}
            Some(false) => return Some(false),
            None => result = None,
        }
    }
    result
}

/// Whether there is an unknown value in it of which not even the type is known.
fn has_untyped(value: &Value) -> bool {
    match value {
        Value::Unknown(unknown) => unknown.ty.has_any(),
        other => other.children().iter().any(|(_, item)| has_untyped(item)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_is_known_as_soon_as_it_can_be() {
        let unknown = |ty| Value::unknown(ty);
        let prefixed = Value::Unknown(Arc::new(Unknown {
            ty: Type::String,
            not_null: true,
            prefix: "subnet-".into(),
            length_min: 0,
            length_max: None,
        }));
        let pair = |first: Value, second| Value::tuple([first, second]);
        let cases = [
            (Value::from("1"), Value::from(1), Some(false)),
            (Value::NULL, Value::Null(Type::String), Some(true)),
            (unknown(Type::String), Value::from("a"), None),
            (unknown(Type::String), Value::from(1), Some(false)),
            (unknown(Type::Any), Value::from(1), None),
            (unknown(Type::String), Value::NULL, None),
            (Value::unknown_not_null(Type::String), Value::NULL, Some(false)),
            (prefixed.clone(), Value::from("vpc-1"), Some(false)),
            (prefixed, Value::from("subnet-1"), None),
            (Value::tuple([]), Value::list(Type::String, []), Some(false)),
            (Value::object([("a", Value::NULL)]), Value::object([("b", Value::NULL)]), Some(false)),
            (
                pair(unknown(Type::String), Value::from(1)),
                pair(Value::from("a"), Value::from(2)),
                Some(false),
            ),
            (
                pair(unknown(Type::Any), Value::from(1)),
                pair(Value::from("a"), Value::from(1)),
                None,
            ),
            (pair(unknown(Type::Any), Value::from(1)), Value::tuple([]), Some(false)),
            (
                Value::set(Type::Number, [Value::from(1), Value::from(2)]),
                Value::set(Type::Number, [Value::from(2), Value::from(1)]),
                Some(true),
            ),
            (
                Value::set(Type::Number, [unknown(Type::Number)]),
                Value::set(Type::Number, [Value::from(1)]),
                None,
            ),
        ];
        for (left, right, expected) in cases {
            assert_eq!(left.equals(&right).as_bool(), expected, "{left:?} == {right:?}");
            assert_eq!(right.equals(&left).as_bool(), expected, "{right:?} == {left:?}");
        }
    }

    #[test]
    fn marks_of_what_was_compared_stay() {
        let secret = Value::tuple([Value::from(1).mark(Marks::SENSITIVE)]);
        assert_eq!(secret.equals(&Value::tuple([Value::from(1)])).marks(), Marks::SENSITIVE);
        assert_eq!(secret.equals(&Value::NULL), Value::Bool(false));
    }
}
