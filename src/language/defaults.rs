//! Defaults of the optional attributes inside a variable's type.

use std::sync::Arc;

use crate::language::config::TypeDefaults;
use crate::value::{Fields, Value};

/// The value with the defaults put in place of attributes that are missing or null; to be converted
/// to the variable's type afterwards. Nulls and unknown values stay what they are.
pub fn apply_defaults(value: Value, defaults: &TypeDefaults) -> Value {
    if defaults.values.is_empty() && defaults.children.is_empty() {
        return value;
    }
    match value {
        Value::Marked(marks, inner) => {
            apply_defaults(Arc::unwrap_or_clone(inner), defaults).mark(marks)
        }
        Value::Object(fields) | Value::Map(_, fields) => {
            Value::Object(Arc::new(fill_fields(Arc::unwrap_or_clone(fields), defaults)))
        }
        Value::List(_, items) | Value::Set(_, items) | Value::Tuple(items) => {
            let fill = |(at, item): (usize, &Value)| fill(item.clone(), &at.to_string(), defaults);
            Value::tuple(items.iter().enumerate().map(fill))
        }
        other => other,
    }
}

fn fill(value: Value, name: &str, defaults: &TypeDefaults) -> Value {
    match defaults.children.get(name).or_else(|| defaults.children.get("")) {
        Some(child) => apply_defaults(value, child),
        None => value,
    }
}

fn fill_fields(mut fields: Fields, defaults: &TypeDefaults) -> Fields {
    for (name, default) in &defaults.values {
        if fields.get(name).is_none_or(Value::is_null) {
            fields.insert(name.clone(), default.clone());
        }
    }
    fields.into_iter().map(|(name, value)| (name.clone(), fill(value, &name, defaults))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::value::Type;

    fn defaults(values: &[(&str, Value)], children: &[(&str, TypeDefaults)]) -> TypeDefaults {
        let values = values.iter().map(|(name, it)| (name.to_string(), it.clone())).collect();
        let children: BTreeMap<_, _> =
            children.iter().map(|(name, it)| (name.to_string(), it.clone())).collect();
        TypeDefaults { values, children }
    }

    #[test]
    fn missing_and_null_attributes_are_filled_at_any_depth() {
        let port = defaults(&[("port", Value::from(80))], &[]);
        let all = defaults(
            &[("health", Value::object::<&str>([]))],
            &[("health", port.clone()), ("list", defaults(&[], &[("", port)]))],
        );
        let list = Value::tuple([Value::object([("port", Value::NULL)]), Value::NULL]);
        let filled = apply_defaults(Value::object([("list", list)]), &all);
        let port = Value::object([("port", Value::from(80))]);
        let list = Value::tuple([port.clone(), Value::NULL]);
        assert_eq!(filled, Value::object([("health", port), ("list", list)]));
    }

    #[test]
    fn unknown_values_stay_as_they_are() {
        let all = defaults(&[("a", Value::from(1))], &[]);
        let unknown = Value::unknown(Type::Any);
        assert_eq!(apply_defaults(unknown.clone(), &all), unknown);
    }
}
