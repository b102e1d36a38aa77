//! Attributes of stored objects as values of their schema, and back.

use serde_json::{Map, Value as Json};

use super::Object;
use crate::schema::write_only::without_write_only;
use crate::schema::{Field, Schema, Shape};
use crate::value::json::{from_json_typed, to_json_typed};
use crate::value::{ConvertError, Marks, Path, Step, Value};

/// A stored attribute that does not fit the schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored attribute `{path}` does not fit: {error}")]
pub struct AttributeError {
    /// The attribute.
    pub path: Path,
    /// What does not fit.
    pub error: ConvertError,
}

/// The attributes of a value of `schema` and the paths of those that are marked sensitive.
/// Unknown values become null.
pub fn encode(schema: &Schema, value: &Value) -> (Map<String, Json>, Vec<Path>) {
    let sensitive = value.marked_paths().into_iter();
    let paths = sensitive
        .filter(|(path, marks)| marks.contains(Marks::SENSITIVE) && !path.0.is_empty())
        .map(|(path, _)| path)
        .collect();
    let kept = without_write_only(schema, value.known());
    let attributes = match to_json_typed(&kept, &schema.ty()) {
        Ok(Json::Object(attributes)) => attributes,
        _ => Map::new(),
    };
    (attributes, paths)
}

/// The value of `schema` that an object's attributes stand for, its sensitive paths marked.
///
/// Attributes that the schema does not have are left out; those that are missing are absent.
pub fn decode(schema: &Schema, object: &Object) -> Result<Value, AttributeError> {
    let mut at = Path::default();
    let value = decode_object(schema, &object.attributes, &mut at)?;
    let mark = |value: Value, path: &Path| value.mark_at(path.steps(), Marks::SENSITIVE);
    Ok(object.sensitive_paths.iter().fold(value, mark))
}

fn decode_object(
    schema: &Schema,
    attributes: &Map<String, Json>,
    at: &mut Path,
) -> Result<Value, AttributeError> {
    let mut fields = Vec::with_capacity(schema.fields.len());
    for field in &schema.fields {
        at.push(Step::Attribute(field.name.to_string()));
        fields.push((field.name, decode_field(field, attributes.get(field.name), at)?));
        at.pop();
    }
    Ok(Value::object(fields))
}

fn decode_field(
    field: &Field,
    json: Option<&Json>,
    at: &mut Path,
) -> Result<Value, AttributeError> {
    match json {
        None | Some(Json::Null) => Ok(field.absent()),
        Some(json) => decode_shape(&field.shape, json, at),
    }
}

fn decode_shape(shape: &Shape, json: &Json, at: &mut Path) -> Result<Value, AttributeError> {
    match (shape, json) {
        (Shape::Object(schema), Json::Object(attributes)) => decode_object(schema, attributes, at),
        (Shape::List(item), Json::Array(items)) if shape.block().is_some() => {
            Ok(Value::list(item.ty(), decode_items(item, items, at)?))
        }
        (Shape::Set(item), Json::Array(items)) if shape.block().is_some() => {
            Ok(Value::set(item.ty(), decode_items(item, items, at)?))
        }
        _ => from_json_typed(json, &shape.ty())
            .map(|decoded| decoded.value)
            .map_err(|error| AttributeError { path: at.clone(), error }),
    }
}

fn decode_items(
    shape: &Shape,
    items: &[Json],
    at: &mut Path,
) -> Result<Vec<Value>, AttributeError> {
    let mut decoded = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        at.push(Step::Index(index));
        decoded.push(decode_shape(shape, item, at)?);
        at.pop();
    }
    Ok(decoded)
}
