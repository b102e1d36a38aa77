//! Values as JSON that keeps everything: types, unknowns, refinements and marks.
//!
//! Strings and bools stand for themselves; everything else is an object with one key that says what
//! it is. For saved plans only; state and the JSON output have Terraform's formats.

use serde_json::{Map, Value as Json, json};

use crate::value::json::{type_from_json, type_to_json};
use crate::value::{Fields, Marks, Number, Type, Unknown, Value};

/// A value as JSON.
pub(super) fn to_json(value: &Value) -> Json {
    let all = |items: &[Value]| items.iter().map(to_json).collect::<Vec<_>>();
    let named = |fields: &Fields| {
        fields.iter().map(|(name, it)| (name.clone(), to_json(it))).collect::<Map<_, _>>()
    };
    match value {
        Value::Bool(it) => json!(it),
        Value::String(it) => json!(&**it),
        Value::Number(it) => json!({ "number": it.digits() }),
        Value::Null(ty) => json!({ "null": type_to_json(ty) }),
        Value::Unknown(it) => json!({ "unknown": unknown_to_json(it) }),
        Value::List(ty, items) => json!({ "list": [type_to_json(ty), all(items)] }),
        Value::Set(ty, items) => json!({ "set": [type_to_json(ty), all(items)] }),
        Value::Map(ty, fields) => json!({ "map": [type_to_json(ty), named(fields)] }),
        Value::Tuple(items) => json!({ "tuple": all(items) }),
        Value::Object(fields) => json!({ "object": named(fields) }),
        Value::Marked(marks, inner) => json!({ "marked": [marks_to_json(*marks), to_json(inner)] }),
    }
}

fn unknown_to_json(it: &Unknown) -> Json {
    json!([type_to_json(&it.ty), it.not_null, it.prefix, it.length_min, it.length_max])
}

fn marks_to_json(marks: Marks) -> Json {
    let named = [(Marks::SENSITIVE, "sensitive"), (Marks::EPHEMERAL, "ephemeral")];
    named.iter().filter(|(mark, _)| marks.contains(*mark)).map(|(_, name)| *name).collect()
}

/// The value that JSON of [`to_json`] stands for.
pub(super) fn from_json(json: &Json) -> Option<Value> {
    match json {
        Json::Bool(it) => Some(Value::Bool(*it)),
        Json::String(it) => Some(Value::string(it)),
        Json::Object(one) => {
            let (what, content) = one.iter().next()?;
            tagged(what, content)
        }
        _ => None,
    }
}

fn tagged(what: &str, content: &Json) -> Option<Value> {
    let typed = || Some((type_from_json(content.get(0)?).ok()?, content.get(1)?));
    match what {
        "number" => content.as_str()?.parse::<Number>().ok().map(Value::Number),
        "null" => type_from_json(content).ok().map(Value::Null),
        "unknown" => unknown(content),
        "list" => typed().and_then(|(ty, it)| Some(Value::list(ty, items(it)?))),
        "set" => typed().and_then(|(ty, it)| Some(Value::set(ty, items(it)?))),
        "map" => typed().and_then(|(ty, it)| Some(Value::map::<String>(ty, fields(it)?))),
        "tuple" => Some(Value::tuple(items(content)?)),
        "object" => Some(Value::object::<String>(fields(content)?)),
        "marked" => Some(from_json(content.get(1)?)?.mark(marks(content.get(0)?)?)),
        _ => None,
    }
}

fn unknown(content: &Json) -> Option<Value> {
    let ty: Type = type_from_json(content.get(0)?).ok()?;
    let length = |json: &Json| json.as_u64().and_then(|it| usize::try_from(it).ok());
    let unknown = Unknown {
        ty,
        not_null: content.get(1)?.as_bool()?,
        prefix: content.get(2)?.as_str()?.to_string(),
        length_min: length(content.get(3)?)?,
        length_max: length(content.get(4)?),
    };
    Some(Value::Unknown(std::sync::Arc::new(unknown)))
}

fn marks(json: &Json) -> Option<Marks> {
    json.as_array()?.iter().try_fold(Marks::NONE, |marks, name| match name.as_str()? {
        "sensitive" => Some(marks.union(Marks::SENSITIVE)),
        "ephemeral" => Some(marks.union(Marks::EPHEMERAL)),
        _ => None,
    })
}

fn items(json: &Json) -> Option<Vec<Value>> {
    json.as_array()?.iter().map(from_json).collect()
}

fn fields(json: &Json) -> Option<Vec<(String, Value)>> {
    json.as_object()?.iter().map(|(name, it)| Some((name.clone(), from_json(it)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_comes_back() {
        let refined = Value::Unknown(std::sync::Arc::new(Unknown {
            ty: Type::String,
            not_null: true,
            prefix: "arn:".into(),
            length_min: 0,
            length_max: Some(3),
        }));
        let value = Value::object([
            ("number", Value::Number("12345678901234567890.25".parse().unwrap())),
            ("null", Value::Null(Type::list(Type::Any))),
            ("unknown", refined),
            ("list", Value::list(Type::String, [Value::string("a").mark(Marks::SENSITIVE)])),
            ("set", Value::set(Type::Bool, [Value::Bool(true)])),
            ("map", Value::map(Type::Number, [("k", Value::number(1_i64))]).mark(Marks::EPHEMERAL)),
            ("tuple", Value::tuple([Value::NULL, Value::string("{\"null\":1}")])),
        ]);
        assert_eq!(from_json(&to_json(&value)), Some(value));
    }
}
