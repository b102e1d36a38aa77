//! Values of the configuration language: null, unknown and marked values included.
//!
//! A [`Value`] is cheap to clone: collections are shared and copied only when they change.
//! Values carry their type where it cannot be read off them (nulls, unknowns, empty collections),
//! as in HCL's `cty`. Equality (`==`) is structural and looks at marks and types too; the
//! language's own `==` is an operator of the evaluator.

pub mod convert;
mod equality;
pub mod json;
mod marks;
mod number;
mod path;
pub mod render;
mod set_order;
mod size;
mod types;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use convert::{ConvertError, convert, unify};
pub use marks::Marks;
pub use number::{MOST_DIGITS, Number};
pub use path::{Path, Step};
pub use size::{LARGEST_VALUE, LONGEST_TEXT, MOST_ELEMENTS};
pub use types::{ObjectType, Type};

/// The attributes of an object or the elements of a map, by name.
pub type Fields = BTreeMap<String, Value>;

/// A value that may be null, not known until apply, or marked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// No value, of a type ([`Type::Any`] when nothing says which).
    Null(Type),
    /// A value that apply will make known.
    Unknown(Arc<Unknown>),
    /// `true` or `false`.
    Bool(bool),
    /// An exact decimal number.
    Number(Number),
    /// A string in Unicode normalisation form C.
    String(Arc<str>),
    /// A list and the type of its elements.
    List(Type, Arc<Vec<Value>>),
    /// A set and the type of its elements: sorted, without duplicates once wholly known.
    Set(Type, Arc<Vec<Value>>),
    /// A map and the type of its elements.
    Map(Type, Arc<Fields>),
    /// A sequence whose elements have types of their own.
    Tuple(Arc<Vec<Value>>),
    /// Named attributes with types of their own.
    Object(Arc<Fields>),
    /// A value with marks; never nested directly in another `Marked`.
    Marked(Marks, Arc<Value>),
}

/// What is known of a value that is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unknown {
    /// The type the value will have.
    pub ty: Type,
    /// Whether the value will certainly not be null.
    pub not_null: bool,
    /// How the string will start; empty when that is not known.
    pub prefix: String,
    /// The fewest elements the collection will have.
    pub length_min: usize,
    /// The most elements the collection will have.
    pub length_max: Option<usize>,
}

impl Value {
    /// A null without a type.
    pub const NULL: Value = Value::Null(Type::Any);

    /// An unknown value of type `ty` of which nothing else is known.
    pub fn unknown(ty: Type) -> Value {
        let unknown =
            Unknown { ty, not_null: false, prefix: String::new(), length_min: 0, length_max: None };
        Value::Unknown(Arc::new(unknown))
    }

    /// An unknown value of type `ty` that will not be null.
    pub fn unknown_not_null(ty: Type) -> Value {
        let unknown =
            Unknown { ty, not_null: true, prefix: String::new(), length_min: 0, length_max: None };
        Value::Unknown(Arc::new(unknown))
    }

    /// A string, brought to Unicode normalisation form C.
    pub fn string(text: impl AsRef<str>) -> Value {
        Value::String(Arc::from(Value::nfc(text.as_ref())))
    }

    /// The text in Unicode normalisation form C, as keys of maps and names of attributes are.
    pub fn nfc(text: &str) -> String {
        use unicode_normalization::{UnicodeNormalization as _, is_nfc};
        if is_nfc(text) { text.to_string() } else { text.nfc().collect() }
    }

    /// A number.
    pub fn number(number: impl Into<Number>) -> Value {
        Value::Number(number.into())
    }

    /// An object of the given attributes.
    pub fn object<K: Into<String>>(fields: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Object(Arc::new(fields.into_iter().map(|(name, it)| (name.into(), it)).collect()))
    }

    /// A tuple of the given elements.
    pub fn tuple(items: impl IntoIterator<Item = Value>) -> Value {
        Value::Tuple(Arc::new(items.into_iter().collect()))
    }

    /// A list of elements that are all of type `ty`.
    pub fn list(ty: Type, items: impl IntoIterator<Item = Value>) -> Value {
        Value::List(ty, Arc::new(items.into_iter().collect()))
    }

    /// A map of elements that are all of type `ty`.
    pub fn map<K: Into<String>>(ty: Type, items: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Map(ty, Arc::new(items.into_iter().map(|(key, it)| (key.into(), it)).collect()))
    }

    /// A set of elements that are all of type `ty`; marks of elements move to the set itself.
    ///
    /// Elements that are not wholly known are all kept, since they may yet turn out to differ.
    pub fn set(ty: Type, items: impl IntoIterator<Item = Value>) -> Value {
        let mut marks = Marks::NONE;
        let mut elements: Vec<Value> = Vec::new();
        for item in items {
            let (item, found) = item.unmark_deep();
            marks = marks.union(found);
            elements.push(item);
        }
        set_order::sort(&mut elements);
        elements.dedup_by(|a, b| a == b && a.is_wholly_known());
        Value::Set(ty, Arc::new(elements)).mark(marks)
    }

    /// The value with `marks` added to those it has.
    pub fn mark(self, marks: Marks) -> Value {
        if marks.is_empty() {
            return self;
        }
        match self {
            Value::Marked(own, inner) => Value::Marked(own.union(marks), inner),
            other => Value::Marked(marks, Arc::new(other)),
        }
    }

    /// The value without the marks it has itself, and those marks; marks inside it stay.
    pub fn unmark(self) -> (Value, Marks) {
        match self {
            Value::Marked(marks, inner) => (Arc::unwrap_or_clone(inner), marks),
            other => (other, Marks::NONE),
        }
    }

    /// The value behind its own marks.
    pub fn bare(&self) -> &Value {
        match self {
            Value::Marked(_, inner) => inner,
            other => other,
        }
    }

    /// The marks of the value itself, not of what is in it.
    pub fn marks(&self) -> Marks {
        match self {
            Value::Marked(marks, _) => *marks,
            _ => Marks::NONE,
        }
    }

    /// All marks of the value and of everything in it.
    pub fn marks_deep(&self) -> Marks {
        match self {
            Value::Marked(marks, inner) => marks.union(inner.marks_deep()),
            Value::List(_, items) | Value::Set(_, items) | Value::Tuple(items) => {
                items.iter().fold(Marks::NONE, |all, it| all.union(it.marks_deep()))
            }
            Value::Map(_, fields) | Value::Object(fields) => {
                fields.values().fold(Marks::NONE, |all, it| all.union(it.marks_deep()))
            }
            _ => Marks::NONE,
        }
    }

    /// The value with no marks at any depth, and the union of all that it had.
    pub fn unmark_deep(&self) -> (Value, Marks) {
        let marks = self.marks_deep();
        if marks.is_empty() {
            return (self.clone(), marks);
        }
        (self.without_marks(), marks)
    }

    /// The value with null for everything that is not known, and without marks.
    pub fn known(&self) -> Value {
        let items = |items: &[Value]| Arc::new(items.iter().map(Value::known).collect::<Vec<_>>());
        let fields = |fields: &Fields| {
            Arc::new(fields.iter().map(|(name, it)| (name.clone(), it.known())).collect::<Fields>())
        };
        match self {
            Value::Unknown(unknown) => Value::Null(unknown.ty.clone()),
            Value::Marked(_, inner) => inner.known(),
            Value::List(ty, it) => Value::List(ty.clone(), items(it)),
            Value::Set(ty, it) => Value::Set(ty.clone(), items(it)),
            Value::Tuple(it) => Value::Tuple(items(it)),
            Value::Map(ty, it) => Value::Map(ty.clone(), fields(it)),
            Value::Object(it) => Value::Object(fields(it)),
            other => other.clone(),
        }
    }

    fn without_marks(&self) -> Value {
        let strip =
            |items: &Arc<Vec<Value>>| Arc::new(items.iter().map(Value::without_marks).collect());
        let strip_fields = |fields: &Arc<Fields>| {
            Arc::new(fields.iter().map(|(key, it)| (key.clone(), it.without_marks())).collect())
        };
        match self {
            Value::Marked(_, inner) => inner.without_marks(),
            Value::List(ty, items) => Value::List(ty.clone(), strip(items)),
            Value::Set(ty, items) => Value::Set(ty.clone(), strip(items)),
            Value::Tuple(items) => Value::Tuple(strip(items)),
            Value::Map(ty, fields) => Value::Map(ty.clone(), strip_fields(fields)),
            Value::Object(fields) => Value::Object(strip_fields(fields)),
            other => other.clone(),
        }
    }

    /// Every marked place in the value with its marks, outermost first.
    pub fn marked_paths(&self) -> Vec<(Path, Marks)> {
        let mut found = Vec::new();
        self.collect_marks(&mut Path::default(), &mut found);
        found
    }

    fn collect_marks(&self, at: &mut Path, found: &mut Vec<(Path, Marks)>) {
        if let Value::Marked(marks, inner) = self {
            found.push((at.clone(), *marks));
            return inner.collect_marks(at, found);
        }
        for (step, item) in self.children() {
            at.push(step);
            item.collect_marks(at, found);
            at.pop();
        }
    }

    /// The elements or attributes with the step that leads to each; sets are stepped by position.
    pub fn children(&self) -> Vec<(Step, &Value)> {
        match self.bare() {
            Value::List(_, items) | Value::Set(_, items) | Value::Tuple(items) => {
                items.iter().enumerate().map(|(at, it)| (Step::Index(at), it)).collect()
            }
            Value::Map(_, fields) => {
                fields.iter().map(|(key, it)| (Step::Key(key.clone()), it)).collect()
            }
            Value::Object(fields) => {
                fields.iter().map(|(name, it)| (Step::Attribute(name.clone()), it)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The value with `marks` added at `path`; a path that leads nowhere changes nothing.
    pub fn mark_at(self, path: &[Step], marks: Marks) -> Value {
        let Some((first, rest)) = path.split_first() else { return self.mark(marks) };
        let (value, own) = self.unmark();
        let value = match (value, first) {
            (Value::Object(fields), Step::Attribute(name) | Step::Key(name)) => {
                Value::Object(mark_field(fields, name, rest, marks))
            }
            (Value::Map(ty, fields), Step::Attribute(name) | Step::Key(name)) => {
                Value::Map(ty, mark_field(fields, name, rest, marks))
            }
            (Value::List(ty, items), Step::Index(at)) => {
                Value::List(ty, mark_item(items, *at, rest, marks))
            }
            (Value::Tuple(items), Step::Index(at)) => {
                Value::Tuple(mark_item(items, *at, rest, marks))
            }
            (other, _) => other,
        };
        value.mark(own)
    }

    /// Whether the value itself is null.
    pub fn is_null(&self) -> bool {
        matches!(self.bare(), Value::Null(_))
    }

    /// Whether the value itself is known; what is in it may not be.
    pub fn is_known(&self) -> bool {
        !matches!(self.bare(), Value::Unknown(_))
    }

    /// Whether the value and everything in it is known.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Value::Unknown(_) => false,
            Value::Marked(_, inner) => inner.is_wholly_known(),
            Value::List(_, items) | Value::Set(_, items) | Value::Tuple(items) => {
                items.iter().all(Value::is_wholly_known)
            }
            Value::Map(_, fields) | Value::Object(fields) => {
                fields.values().all(Value::is_wholly_known)
            }
            _ => true,
        }
    }

    /// The type of the value.
    pub fn ty(&self) -> Type {
        let shared = |ty: &Type| Arc::new(ty.clone());
        match self {
            Value::Null(ty) => ty.clone(),
            Value::Unknown(unknown) => unknown.ty.clone(),
            Value::Bool(_) => Type::Bool,
            Value::Number(_) => Type::Number,
            Value::String(_) => Type::String,
            Value::List(ty, _) => Type::List(shared(ty)),
            Value::Set(ty, _) => Type::Set(shared(ty)),
            Value::Map(ty, _) => Type::Map(shared(ty)),
            Value::Tuple(items) => Type::Tuple(Arc::new(items.iter().map(Value::ty).collect())),
            Value::Object(fields) => {
                Type::object(fields.iter().map(|(name, it)| (name.clone(), it.ty())))
            }
            Value::Marked(_, inner) => inner.ty(),
        }
    }

    /// The attribute or element `name`: null when there is none, unknown in an unknown value.
    /// Marks of the whole are not passed on.
    pub fn get(&self, name: &str) -> Value {
        match self.bare() {
            Value::Object(fields) | Value::Map(_, fields) => {
                fields.get(name).cloned().unwrap_or(Value::NULL)
            }
            Value::Unknown(unknown) => Value::unknown(unknown.ty.attribute(name)),
            _ => Value::NULL,
        }
    }

    /// The value with attribute `name` of an object set to `value`; other values are unchanged.
    pub fn with(self, name: &str, value: Value) -> Value {
        match self {
            Value::Object(mut fields) => {
                Arc::make_mut(&mut fields).insert(name.to_string(), value);
                Value::Object(fields)
            }
            Value::Marked(marks, inner) => {
                Arc::unwrap_or_clone(inner).with(name, value).mark(marks)
            }
            other => other,
        }
    }

    /// The attributes of an object or elements of a map.
    pub fn fields(&self) -> Option<&Fields> {
        match self.bare() {
            Value::Object(fields) | Value::Map(_, fields) => Some(fields),
            _ => None,
        }
    }

    /// The elements of a list, set or tuple.
    pub fn items(&self) -> Option<&[Value]> {
        match self.bare() {
            Value::List(_, items) | Value::Set(_, items) | Value::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self.bare() {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth of a bool.
    pub fn as_bool(&self) -> Option<bool> {
        match self.bare() {
            Value::Bool(it) => Some(*it),
            _ => None,
        }
    }

    /// The number of a number.
    pub fn as_number(&self) -> Option<&Number> {
        match self.bare() {
            Value::Number(it) => Some(it),
            _ => None,
        }
    }
}

fn mark_field(mut fields: Arc<Fields>, name: &str, rest: &[Step], marks: Marks) -> Arc<Fields> {
    if let Some(field) = Arc::make_mut(&mut fields).get_mut(name) {
        *field = std::mem::replace(field, Value::NULL).mark_at(rest, marks);
    }
    fields
}

fn mark_item(
    mut items: Arc<Vec<Value>>,
    at: usize,
    rest: &[Step],
    marks: Marks,
) -> Arc<Vec<Value>> {
    if let Some(item) = Arc::make_mut(&mut items).get_mut(at) {
        *item = std::mem::replace(item, Value::NULL).mark_at(rest, marks);
    }
    items
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::string(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::string(text)
    }
}

impl From<bool> for Value {
    fn from(it: bool) -> Value {
        Value::Bool(it)
    }
}

impl From<i64> for Value {
    fn from(it: i64) -> Value {
        Value::number(it)
    }
}
