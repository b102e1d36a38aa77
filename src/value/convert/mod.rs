//! Conversion of values to types, with the rules of HCL's `cty`.
//!
//! Rules: <https://github.com/zclconf/go-cty/blob/main/docs/convert.md>.

mod mismatch;
mod unify;
mod unknown;

use std::fmt;
use std::str::FromStr as _;
use std::sync::Arc;

pub use mismatch::mismatch;
pub use unify::unify;

use super::{Fields, Number, ObjectType, Path, Step, Type, Value};

/// A value that cannot be converted, where in it, and why. The value itself is not shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConvertError {
    /// Where in the value.
    pub path: Path,
    /// What was required, such as `string required, but have list of string`.
    pub message: String,
}

/// `element 0: attribute "name": string required`
impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in self.path.steps() {
            match step {
                Step::Attribute(name) => write!(f, "attribute {name:?}: ")?,
                Step::Key(key) => write!(f, "element {key:?}: ")?,
                Step::Index(at) => write!(f, "element {at}: ")?,
            }
        }
        f.write_str(&self.message)
    }
}

impl ConvertError {
    fn new(message: impl Into<String>) -> ConvertError {
        ConvertError { path: Path::default(), message: message.into() }
    }

    /// The error without what it says of the inside of a marked value, names included.
    fn hide(self, value: &Value, ty: &Type) -> ConvertError {
        match value.ty() {
            from if from.is_primitive() => self,
            from => ConvertError::new(format!(
                "{} required, but have {}; what is wrong with it is not shown, since it is sensitive",
                ty.friendly(),
                from.friendly()
            )),
        }
    }

    fn inside(mut self, step: Step) -> ConvertError {
        self.path.0.insert(0, step);
        self
    }
}

/// How often elements are brought to one type before it is given up.
const LEVELS: usize = 8;

/// The result of a conversion.
type Converted = Result<Value, ConvertError>;

/// The value as one of type `ty`.
///
/// Unknown values become unknown values of the type, refinements kept as far as they still hold;
/// nulls become nulls of the type; marks stay where they are, except that a set takes those of its
/// elements. `any` inside a collection stands for one type that all its elements can have.
pub fn convert(value: &Value, ty: &Type) -> Converted {
    match (value, ty) {
        (_, Type::Any) => Ok(value.clone()),
        (Value::Marked(marks, inner), _) => match convert(inner, ty) {
            Ok(converted) => Ok(converted.mark(*marks)),
            Err(error) => Err(error.hide(inner, ty)),
        },
        (Value::Unknown(unknown), _) => unknown::convert_unknown(unknown, ty),
        (Value::Null(from), _) => convert_null(from, ty),
        (_, Type::Bool | Type::Number | Type::String) => to_primitive(value, ty),
        (Value::List(..) | Value::Set(..) | Value::Tuple(_), Type::List(item)) => {
            to_list(value, item)
        }
        (Value::List(..) | Value::Set(..) | Value::Tuple(_), Type::Set(item)) => {
            to_set(value, item)
        }
        (Value::Map(..) | Value::Object(_), Type::Map(item)) => to_map(value, item),
        (Value::Map(_, fields), Type::Object(object)) => {
            to_object(fields, object, Step::Key, "map has no element for required")
        }
        (Value::Object(fields), Type::Object(object)) => {
            to_object(fields, object, Step::Attribute, "")
        }
        (Value::Tuple(items), Type::Tuple(types)) => to_tuple(value, items, types),
        _ => Err(impossible(value, ty)),
    }
}

fn impossible(value: &Value, ty: &Type) -> ConvertError {
    let message = mismatch(&value.ty(), ty);
    ConvertError::new(message.unwrap_or_else(|| format!("{} required", ty.friendly())))
}

fn convert_null(from: &Type, ty: &Type) -> Converted {
    match mismatch(from, ty) {
        Some(message) => Err(ConvertError::new(message)),
        None => Ok(Value::Null(unknown::fill_any(from, &ty.without_optional()))),
    }
}

fn to_primitive(value: &Value, ty: &Type) -> Converted {
    match (value, ty) {
        (Value::Bool(_), Type::Bool)
        | (Value::Number(_), Type::Number)
        | (Value::String(_), Type::String) => Ok(value.clone()),
        (Value::Bool(it), Type::String) => Ok(Value::from(if *it { "true" } else { "false" })),
        (Value::Number(it), Type::String) => Ok(Value::String(Arc::from(it.to_string()))),
        (Value::String(text), Type::Number) => parse_number(text),
        (Value::String(text), Type::Bool) => parse_bool(text),
        _ => Err(impossible(value, ty)),
    }
}

fn parse_number(text: &str) -> Converted {
    let plausible = text.chars().all(|it| it.is_ascii_digit() || "+-.eE".contains(it));
    let number = if plausible { Number::from_str(text).ok() } else { None };
    number.map(Value::Number).ok_or_else(|| {
        ConvertError::new("a number is required; the given string is not a decimal number")
    })
}

fn parse_bool(text: &str) -> Converted {
    match text {
        "true" | "1" => Ok(Value::Bool(true)),
        "false" | "0" => Ok(Value::Bool(false)),
        "True" | "TRUE" | "False" | "FALSE" => {
            let lower = text.to_lowercase();
            let how =
                format!("a bool is required; to convert from string, use lowercase {lower:?}");
            Err(ConvertError::new(how))
        }
        _ => {
            Err(ConvertError::new("a bool is required; only \"true\" and \"false\" convert to one"))
        }
    }
}

/// Whether the elements of a collection of type `has` already are what `wants` asks for.
fn same_items(value: &Value, wants: &Type) -> bool {
    match value {
        Value::List(has, _) | Value::Set(has, _) | Value::Map(has, _) => has == wants,
        _ => false,
    }
}

/// The type for the elements of an empty collection: that of the source where nothing is asked.
fn empty_item(value: &Value, wants: &Type) -> Type {
    match (value, wants) {
        (Value::List(has, _) | Value::Set(has, _) | Value::Map(has, _), Type::Any) => has.clone(),
        _ => wants.without_optional(),
    }
}

/// The elements of a sequence, converted to one type, and that type; no elements when they can have
/// no type in common before more of them is known.
fn convert_items(
    value: &Value,
    wants: &Type,
    noun: &str,
) -> Result<(Type, Option<Vec<Value>>), ConvertError> {
    let items = value.items().unwrap_or_default();
    if items.is_empty() {
        return Ok((empty_item(value, wants), Some(Vec::new())));
    }
    if same_items(value, wants) {
        return Ok((wants.clone(), Some(items.to_vec())));
    }
    let convert_item = |(at, item): (usize, &Value)| {
        convert(item, wants).map_err(|error| error.inside(Step::Index(at)))
    };
    let converted: Vec<Value> =
        items.iter().enumerate().map(convert_item).collect::<Result<_, _>>()?;
    if !wants.has_any() {
        return Ok((wants.without_optional(), Some(converted)));
    }
    match level(converted, noun)? {
        Some((ty, items)) => Ok((ty, Some(items))),
        None => Ok((wants.without_optional(), None)),
    }
}

/// The elements as values of one type, and that type; none when it depends on what is not known yet.
fn level(mut items: Vec<Value>, noun: &str) -> Result<Option<(Type, Vec<Value>)>, ConvertError> {
    // what is `any` in a common type becomes something in each element, perhaps not the same
    for _ in 0..LEVELS {
        let types: Vec<Type> = items.iter().map(Value::ty).collect();
        let ty = match unify(&types) {
            Some(Type::Any) if types.iter().any(|ty| *ty != Type::Any) => break,
            Some(ty) => ty,
            None => return Err(uneven(noun)),
        };
        if types.iter().all(|it| *it == ty) {
            return Ok(Some((ty, items)));
        }
        let convert_item = |(at, item): (usize, &Value)| {
            convert(item, &ty).map_err(|error| error.inside(Step::Index(at)))
        };
        items = items.iter().enumerate().map(convert_item).collect::<Result<_, _>>()?;
    }
    if items.iter().any(has_open_type) { Ok(None) } else { Err(uneven(noun)) }
}

fn uneven(noun: &str) -> ConvertError {
    ConvertError::new(format!("all {noun} elements must have the same type"))
}

/// Whether something in the value is of a type that is not known yet.
fn has_open_type(value: &Value) -> bool {
    match value.bare() {
        Value::Unknown(unknown) => unknown.ty.has_any(),
        other => other.children().into_iter().any(|(_, child)| has_open_type(child)),
    }
}

/// The elements of a map, in which nulls without a type have that of all others.
fn with_typed_nulls(items: Vec<Value>) -> Vec<Value> {
    let is_untyped = |item: &Value| matches!(item.bare(), Value::Null(Type::Any));
    let mut types = items.iter().filter(|item| !is_untyped(item)).map(Value::ty);
    let Some(ty) = types.next().filter(|first| types.all(|ty| ty == *first)) else { return items };
    let typed = |item: Value| match is_untyped(&item) {
        true => Value::Null(ty.clone()).mark(item.marks()),
        false => item,
    };
    items.into_iter().map(typed).collect()
}

fn to_list(value: &Value, item: &Type) -> Converted {
    if matches!(value, Value::List(..)) && same_items(value, item) {
        return Ok(value.clone());
    }
    let (ty, items) = convert_items(value, item, "list")?;
    // unknown elements of a set may turn out to be others of it, and have no place in its order
    let settled = |items: &Vec<Value>| {
        !matches!(value, Value::Set(..)) || items.len() < 2 || value.is_wholly_known()
    };
    match items.filter(settled) {
        Some(items) => Ok(Value::List(ty, Arc::new(items))),
        None => Ok(Value::unknown_not_null(Type::list(ty))),
    }
}

fn to_set(value: &Value, item: &Type) -> Converted {
    if matches!(value, Value::Set(..)) && same_items(value, item) {
        return Ok(value.clone());
    }
    let (ty, items) = convert_items(value, item, "set")?;
    match items {
        Some(items) => Ok(Value::set(ty, items)),
        None => Ok(Value::unknown_not_null(Type::set(ty))),
    }
}

fn to_tuple(value: &Value, items: &[Value], types: &Arc<Vec<Type>>) -> Converted {
    if items.len() != types.len() {
        return Err(impossible(value, &Type::Tuple(types.clone())));
    }
    let convert_item = |(at, (item, ty)): (usize, (&Value, &Type))| {
        convert(item, ty).map_err(|error| error.inside(Step::Index(at)))
    };
    let converted = items.iter().zip(types.iter()).enumerate().map(convert_item);
    Ok(Value::Tuple(Arc::new(converted.collect::<Result<_, _>>()?)))
}

fn to_map(value: &Value, item: &Type) -> Converted {
    if matches!(value, Value::Map(..)) && same_items(value, item) {
        return Ok(value.clone());
    }
    let Some(fields) = value.fields() else { return Err(impossible(value, item)) };
    if fields.is_empty() {
        return Ok(Value::Map(empty_item(value, item), Arc::new(Fields::new())));
    }
    let converted = convert_fields(fields, item)?;
    if !item.has_any() {
        return Ok(Value::Map(item.without_optional(), Arc::new(converted)));
    }
    let (keys, items): (Vec<String>, Vec<Value>) = converted.into_iter().unzip();
    Ok(match level(with_typed_nulls(items), "map")? {
        Some((ty, items)) => Value::map(ty, keys.into_iter().zip(items)),
        None => Value::unknown_not_null(Type::map(item.without_optional())),
    })
}

fn convert_fields(fields: &Fields, ty: &Type) -> Result<Fields, ConvertError> {
    let convert_field = |(key, item): (&String, &Value)| {
        let item = convert(item, ty).map_err(|error| error.inside(Step::Key(key.clone())))?;
        Ok((key.clone(), item))
    };
    fields.iter().map(convert_field).collect()
}

/// An object from the fields of an object or map. `prefix` starts the message about what a map
/// lacks; objects have a message of their own.
fn to_object(
    fields: &Fields,
    object: &ObjectType,
    step: fn(String) -> Step,
    prefix: &str,
) -> Converted {
    let mut converted = Fields::new();
    let mut missing = Vec::new();
    for (name, ty) in &object.attributes {
        let value = match fields.get(name) {
            Some(value) => convert(value, ty).map_err(|error| error.inside(step(name.clone())))?,
            None if object.optional.contains(name) => Value::Null(ty.without_optional()),
            None => {
                missing.push(name.as_str());
                continue;
            }
        };
        converted.insert(name.clone(), value);
    }
    if missing.is_empty() {
        return Ok(Value::Object(Arc::new(converted)));
    }
    Err(ConvertError::new(match prefix {
        "" => mismatch::missing_attributes(&missing),
        _ => format!("{prefix} attribute {:?}", missing.first().unwrap_or(&"")),
    }))
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod properties;
