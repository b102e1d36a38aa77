//! Rust types that can hold the value of a field.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, Schema, Shape};
use crate::value::{Number, Value};

/// A value that does not fit the Rust type of its field.
#[derive(Debug, thiserror::Error)]
#[error("`{path}` should be {expected}, found {found:?}")]
pub struct DecodeError {
    /// The field, dotted from the outermost.
    pub path: String,
    /// What the field holds.
    pub expected: &'static str,
    /// What was found.
    pub found: Value,
}

/// A Rust type that can hold the value of a field. Only wholly known values are decoded; a computed
/// field that is still unknown decodes as absent.
pub trait FieldType: Sized {
    /// Whether the configuration must give the field.
    const REQUIRED: bool = true;
    /// Whether the value is never shown.
    const SENSITIVE: bool = false;
    /// The most blocks or elements the field can hold.
    const MOST: Option<usize> = None;
    /// What values must fulfil to fit the type; for collections, what each element must.
    const CHECKS: &'static [Check] = &[];
    /// The shape of the field.
    fn shape() -> Shape;
    /// The value that stands for nothing: empty text, `false`, 0, no elements.
    fn blank() -> Self;
    /// Takes the value of a field.
    fn decode(value: &Value) -> Result<Self, DecodeError>;
    /// Gives the value of a field.
    fn encode(&self) -> Value;
}

/// A type that can hold "not known yet", as a computed field is before it is created.
#[diagnostic::on_unimplemented(
    message = "a computed field is absent until AWS answers, so `{Self}` cannot hold it",
    label = "write `Option<{Self}>`, or a collection"
)]
pub trait MayBeAbsent {}
impl<T> MayBeAbsent for Option<T> {}
impl<T> MayBeAbsent for Vec<T> {}
impl<T> MayBeAbsent for BTreeSet<T> {}
impl<T> MayBeAbsent for BTreeMap<String, T> {}
impl<T> MayBeAbsent for One<T> {}

fn mismatch<T>(expected: &'static str, found: &Value) -> Result<T, DecodeError> {
    Err(DecodeError { path: String::new(), expected, found: found.clone() })
}

/// Names the field in which `decode` failed.
pub fn at<T>(name: &str, result: Result<T, DecodeError>) -> Result<T, DecodeError> {
    result.map_err(|error| DecodeError {
        path: if error.path.is_empty() { name.into() } else { format!("{name}.{}", error.path) },
        ..error
    })
}

/// Whether a value decodes as absent.
fn absent(value: &Value) -> bool {
    value.is_null() || !value.is_known()
}

impl FieldType for Value {
    const REQUIRED: bool = false;
    fn shape() -> Shape {
        Shape::Any
    }
    fn blank() -> Self {
        Value::NULL
    }
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        Ok(value.clone())
    }
    fn encode(&self) -> Value {
        self.clone()
    }
}

impl FieldType for bool {
    fn shape() -> Shape {
        Shape::Bool
    }
    fn blank() -> Self {
        false
    }
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        value.as_bool().map_or_else(|| mismatch("a bool", value), Ok)
    }
    fn encode(&self) -> Value {
        Value::Bool(*self)
    }
}

impl FieldType for i64 {
    const CHECKS: &'static [Check] = &[Check::Whole];
    fn shape() -> Shape {
        Shape::Number
    }
    fn blank() -> Self {
        0
    }
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        let whole = value.as_number().and_then(Number::as_i64);
        whole.map_or_else(|| mismatch("a whole number", value), Ok)
    }
    fn encode(&self) -> Value {
        Value::number(*self)
    }
}

impl FieldType for i32 {
    const CHECKS: &'static [Check] = &[Check::Whole];
    fn shape() -> Shape {
        Shape::Number
    }
    fn blank() -> Self {
        0
    }
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        let whole = value.as_number().and_then(Number::as_i64);
        let fits = whole.and_then(|it| i32::try_from(it).ok());
        fits.map_or_else(|| mismatch("a whole number of 32 bits", value), Ok)
    }
    fn encode(&self) -> Value {
        Value::number(i64::from(*self))
    }
}

impl FieldType for Number {
    fn shape() -> Shape {
        Shape::Number
    }
    fn blank() -> Self {
        Number::from(0_i64)
    }
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        value.as_number().cloned().map_or_else(|| mismatch("a number", value), Ok)
    }
    fn encode(&self) -> Value {
        Value::Number(self.clone())
    }
}

impl FieldType for String {
    fn shape() -> Shape {
        Shape::String
    }
    fn blank() -> Self {
        String::new()
    }
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        value.as_str().map(str::to_string).map_or_else(|| mismatch("a string", value), Ok)
    }
    fn encode(&self) -> Value {
        Value::string(self)
    }
}

impl<T: FieldType> FieldType for Option<T> {
    const CHECKS: &'static [Check] = T::CHECKS;
    const REQUIRED: bool = false;
    const SENSITIVE: bool = T::SENSITIVE;
    fn shape() -> Shape {
        T::shape()
    }
    fn blank() -> Self {
        None
    }
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        if absent(value) { Ok(None) } else { T::decode(value).map(Some) }
    }
    fn encode(&self) -> Value {
        self.as_ref().map_or_else(|| Value::Null(T::shape().ty()), T::encode)
    }
}

impl<T: FieldType> FieldType for Vec<T> {
    const CHECKS: &'static [Check] = T::CHECKS;
    const REQUIRED: bool = false;
    const SENSITIVE: bool = T::SENSITIVE;
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }
    fn blank() -> Self {
        Vec::new()
    }
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        match value.items() {
            Some(items) => items.iter().map(T::decode).collect(),
            None if absent(value) => Ok(Vec::new()),
            None => mismatch("a list", value),
        }
    }
    fn encode(&self) -> Value {
        Value::list(T::shape().ty(), self.iter().map(T::encode))
    }
}

impl<T: FieldType + Ord> FieldType for BTreeSet<T> {
    const CHECKS: &'static [Check] = T::CHECKS;
    const REQUIRED: bool = false;
    const SENSITIVE: bool = T::SENSITIVE;
    fn shape() -> Shape {
        Shape::Set(Box::new(T::shape()))
    }
    fn blank() -> Self {
        BTreeSet::new()
    }
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        match value.items() {
            Some(items) => items.iter().map(T::decode).collect(),
            None if absent(value) => Ok(BTreeSet::new()),
            None => mismatch("a set", value),
        }
    }
    fn encode(&self) -> Value {
        Value::set(T::shape().ty(), self.iter().map(T::encode))
    }
}

impl<T: FieldType> FieldType for BTreeMap<String, T> {
    const CHECKS: &'static [Check] = T::CHECKS;
    const REQUIRED: bool = false;
    const SENSITIVE: bool = T::SENSITIVE;
    fn shape() -> Shape {
        Shape::Map(Box::new(T::shape()))
    }
    fn blank() -> Self {
        BTreeMap::new()
    }
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        match value.fields() {
            Some(fields) => fields
                .iter()
                .filter(|(_, item)| !item.is_null())
                .map(|(key, item)| Ok((key.clone(), at(key, T::decode(item))?)))
                .collect(),
            None if absent(value) => Ok(BTreeMap::new()),
            None => mismatch("a map", value),
        }
    }
    fn encode(&self) -> Value {
        Value::map(T::shape().ty(), self.iter().map(|(key, item)| (key.clone(), item.encode())))
    }
}

/// At most one nested block: stored, as in the AWS provider, as a list of at most one object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct One<T>(pub Option<T>);

impl<T> One<T> {
    /// The block, if there is one.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

impl<T: FieldType> FieldType for One<T> {
    const REQUIRED: bool = false;
    const SENSITIVE: bool = T::SENSITIVE;
    const MOST: Option<usize> = Some(1);
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }
    fn blank() -> Self {
        One(None)
    }
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        match value.items() {
            Some([]) => Ok(One(None)),
            Some([item]) => T::decode(item).map(|it| One(Some(it))),
            None if absent(value) => Ok(One(None)),
            _ => mismatch("a list of at most one object", value),
        }
    }
    fn encode(&self) -> Value {
        Value::list(T::shape().ty(), self.0.iter().map(T::encode))
    }
}

/// A sensitive value: prints as `(sensitive)`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret<T>(pub T);

impl<T> std::fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(sensitive)")
    }
}

impl<T: FieldType> FieldType for Secret<T> {
    const CHECKS: &'static [Check] = T::CHECKS;
    const REQUIRED: bool = T::REQUIRED;
    const SENSITIVE: bool = true;
    fn shape() -> Shape {
        T::shape()
    }
    fn blank() -> Self {
        Secret(T::blank())
    }
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        T::decode(value).map(Secret)
    }
    fn encode(&self) -> Value {
        self.0.encode()
    }
}

/// The schema of a struct declared by `schema!`; empty for other types, which have none.
pub fn schema_of<T: FieldType>() -> Schema {
    match T::shape() {
        Shape::Object(schema) => schema,
        _ => Schema::default(),
    }
}
