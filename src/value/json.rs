//! JSON of values: plain as `jsonencode` writes it, and by type as state and plan files hold it.

use std::str::FromStr as _;
use std::sync::Arc;

use serde_json::{Map, Number as JsonNumber, Value as Json};

use super::convert::{ConvertError, convert};
use super::{Fields, Number, ObjectType, Path, Step, Type, Value};

/// A value that is not known yet and so has no JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value at `{0}` is not known yet")]
pub struct UnknownValue(pub Path);

impl UnknownValue {
    fn inside(mut self, step: Step) -> UnknownValue {
        self.0.0.insert(0, step);
        self
    }
}

/// JSON that is not of the type that was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TypeError(pub String);

/// A value decoded from JSON by its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The value.
    pub value: Value,
    /// The attributes of objects that the type does not have; they are not in the value.
    pub extra: Vec<Path>,
}

/// The JSON of a value as `jsonencode` gives it; marks are not looked at.
pub fn to_json(value: &Value) -> Result<Json, UnknownValue> {
    encode(value, None)
}

/// The JSON of a value of type `ty` as state holds it: where the type says `any`, the value's own
/// type stands beside it (`{"value": …, "type": …}`). Marks are not looked at.
pub fn to_json_typed(value: &Value, ty: &Type) -> Result<Json, UnknownValue> {
    encode(value, Some(ty))
}

fn encode(value: &Value, ty: Option<&Type>) -> Result<Json, UnknownValue> {
    let value = value.bare();
    if ty == Some(&Type::Any) && !value.is_null() {
        let own = value.ty();
        let pair = [("value", encode(value, Some(&own))?), ("type", type_to_json(&own))];
        return Ok(Json::Object(pair.map(|(key, it)| (key.to_string(), it)).into_iter().collect()));
    }
    match value {
        Value::Null(_) => Ok(Json::Null),
        Value::Unknown(_) => Err(UnknownValue(Path::default())),
        Value::Bool(it) => Ok(Json::Bool(*it)),
        // State is read again, so that it has all digits.
        Value::Number(it) if ty.is_some() => Ok(Json::Number(number_to_json(it.digits()))),
        Value::Number(it) => Ok(Json::Number(number_to_json(it.to_string()))),
        Value::String(text) => Ok(Json::String(text.to_string())),
        Value::List(..) | Value::Set(..) | Value::Tuple(_) => encode_items(value, ty),
        Value::Map(_, fields) => encode_fields(fields, ty, Step::Key),
        Value::Object(fields) => encode_fields(fields, ty, Step::Attribute),
        Value::Marked(_, inner) => encode(inner, ty),
    }
}

fn encode_items(value: &Value, ty: Option<&Type>) -> Result<Json, UnknownValue> {
    let items = value.items().unwrap_or_default().iter().enumerate();
    let encode_item = |(at, item): (usize, &Value)| {
        let ty = match ty {
            Some(Type::Tuple(types)) => types.get(at),
            other => other.and_then(Type::element),
        };
        encode(item, ty).map_err(|error| error.inside(Step::Index(at)))
    };
    Ok(Json::Array(items.map(encode_item).collect::<Result<_, _>>()?))
}

fn encode_fields(
    fields: &Fields,
    ty: Option<&Type>,
    step: fn(String) -> Step,
) -> Result<Json, UnknownValue> {
    let encode_field = |(name, item): (&String, &Value)| {
        let ty = match ty {
            Some(Type::Object(object)) => object.attributes.get(name),
            other => other.and_then(Type::element),
        };
        let json = encode(item, ty).map_err(|error| error.inside(step(name.clone())))?;
        Ok((name.clone(), json))
    };
    Ok(Json::Object(fields.iter().map(encode_field).collect::<Result<_, _>>()?))
}

fn number_to_json(digits: String) -> JsonNumber {
    JsonNumber::from_string_unchecked(digits)
}

/// The value of JSON as `jsondecode` gives it: arrays become tuples, objects become objects.
pub fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::NULL,
        Json::Bool(it) => Value::Bool(*it),
        Json::Number(it) => {
            number_from_json(it).map_or_else(|| Value::string(it.as_str()), Value::Number)
        }
        Json::String(text) => Value::string(text),
        Json::Array(items) => Value::tuple(items.iter().map(from_json)),
        Json::Object(fields) => {
            Value::object(fields.iter().map(|(name, it)| (Value::nfc(name), from_json(it))))
        }
    }
}

fn number_from_json(number: &JsonNumber) -> Option<Number> {
    Number::from_str(number.as_str()).ok()
}

/// The value of JSON that [`to_json_typed`] made. Attributes that the JSON lacks become null, those
/// that the type lacks are reported beside the value.
pub fn from_json_typed(json: &Json, ty: &Type) -> Result<Decoded, ConvertError> {
    let mut decoder = Decoder { at: Path::default(), extra: Vec::new() };
    let value = decoder.value(json, ty)?;
    Ok(Decoded { value, extra: decoder.extra })
}

struct Decoder {
    at: Path,
    extra: Vec<Path>,
}

impl Decoder {
    fn value(&mut self, json: &Json, ty: &Type) -> Result<Value, ConvertError> {
        match (json, ty) {
            (Json::Null, _) => Ok(Value::Null(ty.without_optional())),
            (_, Type::Any) => self.any(json),
            (Json::Array(items), Type::List(item)) => {
                Ok(Value::list(item.without_optional(), self.items(items, item)?))
            }
            (Json::Array(items), Type::Set(item)) => {
                Ok(Value::set(item.without_optional(), self.items(items, item)?))
            }
            (Json::Array(items), Type::Tuple(types)) if items.len() == types.len() => {
                let pairs = items.iter().zip(types.iter()).enumerate();
                let items = pairs.map(|(at, (json, ty))| self.step(Step::Index(at), json, ty));
                Ok(Value::Tuple(Arc::new(items.collect::<Result<_, _>>()?)))
            }
            (Json::Object(fields), Type::Map(item)) => {
                let decode = |(key, json): (&String, &Json)| {
                    Ok((Value::nfc(key), self.step(Step::Key(key.clone()), json, item)?))
                };
                let fields = fields.iter().map(decode).collect::<Result<Fields, _>>()?;
                Ok(Value::Map(item.without_optional(), Arc::new(fields)))
            }
            (Json::Object(fields), Type::Object(object)) => self.object(fields, object),
            _ => self.other(json, ty),
        }
    }

    fn step(&mut self, step: Step, json: &Json, ty: &Type) -> Result<Value, ConvertError> {
        self.at.push(step);
        let value = self.value(json, ty);
        self.at.pop();
        value
    }

    fn items(&mut self, items: &[Json], ty: &Type) -> Result<Vec<Value>, ConvertError> {
        let decode = |(at, json): (usize, &Json)| self.step(Step::Index(at), json, ty);
        items.iter().enumerate().map(decode).collect()
    }

    fn object(
        &mut self,
        fields: &Map<String, Json>,
        ty: &ObjectType,
    ) -> Result<Value, ConvertError> {
        for name in fields.keys().filter(|name| !ty.attributes.contains_key(*name)) {
            let mut path = self.at.clone();
            path.push(Step::Attribute(name.clone()));
            self.extra.push(path);
        }
        let decode = |(name, ty): (&String, &Type)| {
            let json = fields.get(name).unwrap_or(&Json::Null);
            Ok((name.clone(), self.step(Step::Attribute(name.clone()), json, ty)?))
        };
        let fields = ty.attributes.iter().map(decode).collect::<Result<Fields, _>>()?;
        Ok(Value::Object(Arc::new(fields)))
    }

    /// A value with its type beside it.
    fn any(&mut self, json: &Json) -> Result<Value, ConvertError> {
        let (Some(value), Some(ty)) = (json.get("value"), json.get("type")) else {
            return Err(self.error("a value with its type beside it is required"));
        };
        let ty = type_from_json(ty).map_err(|error| self.error(&error.0))?;
        self.value(value, &ty)
    }

    /// Primitives, which convert to each other as in the language, and mismatches.
    fn other(&self, json: &Json, ty: &Type) -> Result<Value, ConvertError> {
        convert(&from_json(json), ty).map_err(|error| {
            let path = Path(self.at.steps().iter().chain(error.path.steps()).cloned().collect());
            ConvertError { path, message: error.message }
        })
    }

    fn error(&self, message: &str) -> ConvertError {
        ConvertError { path: self.at.clone(), message: message.to_string() }
    }
}

/// The JSON of a type as in state and plan files: `"string"`, `["list","string"]`,
/// `["object",{"a":"bool"}]`, `"dynamic"` for any type.
pub fn type_to_json(ty: &Type) -> Json {
    let pair = |kind: &str, of: Json| Json::Array(vec![Json::from(kind), of]);
    match ty {
        Type::Any => Json::from("dynamic"),
        Type::Bool => Json::from("bool"),
        Type::Number => Json::from("number"),
        Type::String => Json::from("string"),
        Type::List(item) => pair("list", type_to_json(item)),
        Type::Set(item) => pair("set", type_to_json(item)),
        Type::Map(item) => pair("map", type_to_json(item)),
        Type::Tuple(items) => pair("tuple", Json::Array(items.iter().map(type_to_json).collect())),
        Type::Object(object) => object_type_to_json(object),
    }
}

fn object_type_to_json(object: &ObjectType) -> Json {
    let attributes = object.attributes.iter().map(|(name, ty)| (name.clone(), type_to_json(ty)));
    let mut parts = vec![Json::from("object"), Json::Object(attributes.collect())];
    if !object.optional.is_empty() {
        parts.push(Json::Array(object.optional.iter().cloned().map(Json::from).collect()));
    }
    Json::Array(parts)
}

/// The type that [`type_to_json`] wrote.
pub fn type_from_json(json: &Json) -> Result<Type, TypeError> {
    let unknown = || TypeError(format!("`{json}` is not a type"));
    match json {
        Json::String(name) => match name.as_str() {
            "dynamic" => Ok(Type::Any),
            "bool" => Ok(Type::Bool),
            "number" => Ok(Type::Number),
            "string" => Ok(Type::String),
            _ => Err(unknown()),
        },
        Json::Array(parts) => match (parts.first().and_then(Json::as_str), parts.get(1)) {
            (Some("list"), Some(item)) => type_from_json(item).map(Type::list),
            (Some("set"), Some(item)) => type_from_json(item).map(Type::set),
            (Some("map"), Some(item)) => type_from_json(item).map(Type::map),
            (Some("tuple"), Some(Json::Array(items))) => {
                let items = items.iter().map(type_from_json).collect::<Result<_, _>>()?;
                Ok(Type::Tuple(Arc::new(items)))
            }
            (Some("object"), Some(Json::Object(attributes))) => {
                object_type_from_json(attributes, parts.get(2))
            }
            _ => Err(unknown()),
        },
        _ => Err(unknown()),
    }
}

fn object_type_from_json(
    attributes: &Map<String, Json>,
    optional: Option<&Json>,
) -> Result<Type, TypeError> {
    let decode = |(name, json): (&String, &Json)| Ok((name.clone(), type_from_json(json)?));
    let attributes = attributes.iter().map(decode).collect::<Result<_, _>>()?;
    let optional = optional.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let optional = optional.iter().filter_map(Json::as_str).map(str::to_string).collect();
    Ok(Type::Object(Arc::new(ObjectType { attributes, optional })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_json_round_trips_with_exact_numbers() {
        for text in [
            "null",
            "true",
            "12345678901234567890.123456789",
            r#""a\"b""#,
            r#"[1,"x",null,[]]"#,
            r#"{"a":{"b":[false]},"c":0.1}"#,
        ] {
            let json: Json = serde_json::from_str(text).unwrap();
            assert_eq!(to_json(&from_json(&json)).unwrap().to_string(), text);
        }
    }

    #[test]
    fn unknown_values_have_no_json() {
        let value = Value::object([("a", Value::tuple([Value::unknown(Type::String)]))]);
        assert_eq!(
            to_json(&value).unwrap_err().to_string(),
            "the value at `a[0]` is not known yet"
        );
    }

    #[test]
    fn a_value_where_the_type_says_any_carries_its_own() {
        let ty = Type::object([("input", Type::Any), ("list", Type::list(Type::Number))]);
        let value = Value::object([
            ("input", Value::tuple([Value::from("a"), Value::from(1)])),
            ("list", Value::list(Type::Number, [Value::from(2)])),
        ]);
        let json = to_json_typed(&value, &ty).unwrap();
        let expected =
            r#"{"input":{"value":["a",1],"type":["tuple",["string","number"]]},"list":[2]}"#;
        assert_eq!(json.to_string(), expected);
        assert_eq!(from_json_typed(&json, &ty).unwrap(), Decoded { value, extra: Vec::new() });
    }

    #[test]
    fn missing_attributes_are_null_and_extra_ones_reported() {
        let rule = Type::object([("port", Type::Number), ("name", Type::String)]);
        let ty = Type::object([("rules", Type::set(rule.clone()))]);
        let json = serde_json::json!({"rules": [{"port": "80", "old": 1}], "gone": {}});
        let decoded = from_json_typed(&json, &ty).unwrap();
        let item = Value::object([("port", Value::from(80)), ("name", Value::Null(Type::String))]);
        assert_eq!(decoded.value, Value::object([("rules", Value::set(rule, [item]))]));
        let extra: Vec<String> = decoded.extra.iter().map(Path::to_string).collect();
        assert_eq!(extra, ["gone", "rules[0].old"]);
    }

    #[test]
    fn wrong_json_names_the_place() {
        let ty = Type::object([("a", Type::list(Type::Bool))]);
        let error = from_json_typed(&serde_json::json!({"a": [true, []]}), &ty).unwrap_err();
        assert_eq!(error.to_string(), r#"attribute "a": element 1: bool required, but have tuple"#);
    }

    #[test]
    fn types_round_trip() {
        for text in [
            r#""dynamic""#,
            r#"["list",["set","string"]]"#,
            r#"["map",["object",{"a":"number","b":"bool"}]]"#,
            r#"["object",{"a":"string"},["a"]]"#,
            r#"["tuple",["string",["list","dynamic"]]]"#,
        ] {
            let json: Json = serde_json::from_str(text).unwrap();
            assert_eq!(type_to_json(&type_from_json(&json).unwrap()).to_string(), text);
        }
        assert!(type_from_json(&Json::from("text")).is_err());
    }
}
