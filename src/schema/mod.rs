//! What a resource type, data source or provider accepts: the one source of its documentation, its
//! JSON schema, its validation and its Rust struct (through [`schema!`](crate::schema!)).

mod field_type;
mod macros;
pub mod sensitive;
pub mod validate;
pub mod write_only;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use field_type::{DecodeError, FieldType, MayBeAbsent, One, Secret, at, schema_of};

use crate::value::{ObjectType, Type, Value};

/// The fields of a resource type or of a nested block, in the order of the documentation.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// What it is, in a sentence.
    pub doc: &'static str,
    /// The version of the shape of stored attributes, as in the AWS provider.
    pub version: u64,
    /// The arguments, attributes and nested blocks.
    pub fields: Vec<Field>,
}

/// The shape of a field.
#[derive(Clone, Debug)]
pub enum Shape {
    /// Anything.
    Any,
    /// `bool`
    Bool,
    /// `number`
    Number,
    /// `string`
    String,
    /// Elements in order.
    List(Box<Shape>),
    /// Elements without order or duplicates.
    Set(Box<Shape>),
    /// Elements by name.
    Map(Box<Shape>),
    /// Named fields.
    Object(Schema),
}

/// How a field of objects is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// `name = value`
    Attribute,
    /// `name { … }`, repeated
    Block,
    /// Either: nested blocks, or `name = [{…}]` (which also can say "none").
    Either,
}

/// What a known value must fulfil; checked at plan, or at validation when it is constant.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// A whole number of 64 bits.
    Whole,
    /// A number within these bounds.
    Between(i64, i64),
    /// A string with a number of characters within these bounds.
    Length(usize, usize),
    /// A string that matches the regular expression; and what that means in words.
    Pattern(&'static str, &'static str),
    /// An IPv4 or IPv6 network in CIDR notation without host bits.
    Cidr,
    /// An ARN.
    Arn,
    /// A JSON document.
    Json,
    /// Anything else: what is wrong with the value, in a sentence.
    Custom(fn(&Value) -> Result<(), String>),
}

/// Two values, and the object they are in, to the two whose difference is to be shown; nothing where
/// they are best shown as they are.
pub type Told = fn(&Value, &Value, &Value) -> Option<(Value, Value)>;

/// One attribute or nested block. The builder methods are the vocabulary of `schema!`.
#[derive(Clone, Debug)]
pub struct Field {
    /// The name in the configuration.
    pub name: &'static str,
    /// What it is, in sentences.
    pub doc: &'static str,
    /// Its shape.
    pub shape: Shape,
    /// How it is written.
    pub syntax: Syntax,
    /// The configuration must give it.
    pub required: bool,
    /// AWS decides it when the configuration does not, and keeps it across updates.
    pub computed: bool,
    /// The configuration may not give it.
    pub read_only: bool,
    /// Computed, and any update may change it.
    pub volatile: bool,
    /// A change replaces the resource.
    pub force_new: bool,
    /// Never shown.
    pub sensitive: bool,
    /// AWS never returns it: refresh keeps what state has, and a change of it alone calls nothing.
    pub config_only: bool,
    /// Sent when the object is made or changed, and kept nowhere: null in plan and state.
    pub write_only: bool,
    /// Used when the configuration says nothing.
    pub default: Option<Value>,
    /// The fewest and most blocks or elements.
    pub items: (usize, Option<usize>),
    /// Whether elements of a list may be null.
    pub null_elements: bool,
    /// What the value must fulfil; for collections, what each element must.
    pub checks: Vec<Check>,
    /// Whether two known values mean the same.
    pub equivalent: Option<fn(&Value, &Value) -> bool>,
    /// What to show of the difference between two values, when not the values themselves.
    pub told: Option<Told>,
    /// Fields that cannot be given together with this one.
    pub conflicts_with: &'static [&'static str],
    /// Fields (this one among them) of which exactly one must be given.
    pub exactly_one_of: &'static [&'static str],
    /// Fields (this one among them) of which at least one must be given.
    pub at_least_one_of: &'static [&'static str],
    /// Fields that must be given when this one is.
    pub required_with: &'static [&'static str],
    /// Why not to use it any more.
    pub deprecated: Option<&'static str>,
    /// Why terrace does not support it yet, when it does not: an error where it is given.
    pub unsupported: Option<&'static str>,
}

impl Schema {
    /// The field `name`.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The type of an object of this schema.
    pub fn ty(&self) -> Type {
        let attributes =
            self.fields.iter().map(|field| (field.name.to_string(), field.shape.ty())).collect();
        Type::Object(Arc::new(ObjectType { attributes, optional: BTreeSet::new() }))
    }

    /// An object of this schema with the defaults where it has nulls.
    pub fn with_defaults(&self, value: Value) -> Value {
        self.fields.iter().fold(value, |value, field| match &field.default {
            Some(default) if value.get(field.name).is_null() => {
                value.with(field.name, default.clone())
            }
            _ => value,
        })
    }

    /// An object with every field null (nested blocks: empty).
    pub fn null_object(&self) -> Value {
        Value::object(self.fields.iter().map(|field| (field.name, field.absent())))
    }
}

impl Shape {
    /// The type of a value of this shape.
    pub fn ty(&self) -> Type {
        match self {
            Shape::Any => Type::Any,
            Shape::Bool => Type::Bool,
            Shape::Number => Type::Number,
            Shape::String => Type::String,
            Shape::List(item) => Type::list(item.ty()),
            Shape::Set(item) => Type::set(item.ty()),
            Shape::Map(item) => Type::map(item.ty()),
            Shape::Object(schema) => schema.ty(),
        }
    }

    /// The schema of the objects that a field of this shape holds, directly or as elements.
    pub fn block(&self) -> Option<&Schema> {
        match self {
            Shape::Object(schema) => Some(schema),
            Shape::List(item) | Shape::Set(item) | Shape::Map(item) => match &**item {
                Shape::Object(schema) => Some(schema),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Field {
    /// The field of Rust type `T`, which says shape, optionality and sensitivity.
    pub fn new<T: FieldType>(name: &'static str) -> Field {
        let shape = T::shape();
        let syntax = if shape.block().is_some() { Syntax::Block } else { Syntax::Attribute };
        Field {
            name,
            doc: "",
            shape,
            syntax,
            required: T::REQUIRED,
            computed: false,
            read_only: false,
            volatile: false,
            force_new: false,
            sensitive: T::SENSITIVE,
            config_only: false,
            write_only: false,
            default: None,
            items: (0, T::MOST),
            null_elements: false,
            checks: T::CHECKS.to_vec(),
            equivalent: None,
            told: None,
            conflicts_with: &[],
            exactly_one_of: &[],
            at_least_one_of: &[],
            required_with: &[],
            deprecated: None,
            unsupported: None,
        }
    }

    /// What the field is when nothing gives it: an empty collection for nested blocks, else null.
    pub fn absent(&self) -> Value {
        match (&self.shape, self.syntax) {
            (Shape::List(item), Syntax::Block) => Value::list(item.ty(), []),
            (Shape::Set(item), Syntax::Block) => Value::set(item.ty(), []),
            (shape, _) => Value::Null(shape.ty()),
        }
    }

    /// Describes it; several lines of a doc comment become one text.
    pub fn doc(self, doc: &'static str) -> Field {
        if self.doc.is_empty() { Field { doc: doc.trim(), ..self } } else { self }
    }

    /// AWS decides the value when the configuration does not; it keeps it across updates.
    pub fn computed<T: MayBeAbsent>(self) -> Field {
        Field { computed: true, required: false, ..self }
    }

    /// Computed, and the configuration may not give it.
    pub fn read_only<T: MayBeAbsent>(self) -> Field {
        Field { read_only: true, ..self.computed::<T>() }
    }

    /// Computed, and any update may change it: unknown in the plan of an update.
    pub fn volatile<T: MayBeAbsent>(self) -> Field {
        Field { volatile: true, ..self.computed::<T>() }
    }

    /// A change replaces the resource.
    pub fn force_new(self) -> Field {
        Field { force_new: true, ..self }
    }

    /// AWS never returns it.
    pub fn config_only(self) -> Field {
        Field { config_only: true, ..self }
    }

    /// Sent when the object is made or changed, and kept nowhere: null in plan and state. What tells
    /// that there is a new value is another argument, such as `password_wo_version`.
    pub fn write_only(self) -> Field {
        Field { write_only: true, ..self }
    }

    /// The configuration need not give it although its Rust type cannot be absent.
    pub fn optional(self) -> Field {
        Field { required: false, ..self }
    }

    /// The configuration must give it although its Rust type could be absent.
    pub fn required(self) -> Field {
        Field { required: true, items: (self.items.0.max(1), self.items.1), ..self }
    }

    /// Written as `name = value` although it holds objects.
    pub fn attribute(self) -> Field {
        Field { syntax: Syntax::Attribute, ..self }
    }

    /// Written as nested blocks or as `name = [{…}]`.
    pub fn attribute_or_block(self) -> Field {
        Field { syntax: Syntax::Either, ..self }
    }

    /// Used when the configuration says nothing.
    pub fn default<T: FieldType>(self, value: impl Into<T>) -> Field {
        Field { default: Some(value.into().encode()), required: false, ..self }
    }

    /// The fewest blocks or elements.
    pub fn min_items(self, fewest: usize) -> Field {
        Field { items: (fewest, self.items.1), ..self }
    }

    /// The most blocks or elements.
    pub fn max_items(self, most: usize) -> Field {
        Field { items: (self.items.0, Some(most)), ..self }
    }

    /// Elements of the list may be null.
    pub fn null_elements(self) -> Field {
        Field { null_elements: true, ..self }
    }

    /// What a known value must fulfil.
    pub fn check(mut self, check: Check) -> Field {
        self.checks.push(check);
        self
    }

    /// One of these strings.
    pub fn one_of(self, allowed: &'static [&'static str]) -> Field {
        self.check(Check::OneOf(allowed))
    }

    /// Decides whether two known values mean the same.
    pub fn equivalent(self, same: fn(&Value, &Value) -> bool) -> Field {
        Field { equivalent: Some(same), ..self }
    }

    /// Decides what is shown of the difference between two values.
    pub fn told(self, told: Told) -> Field {
        Field { told: Some(told), ..self }
    }

    /// Fields that cannot be given together with this one.
    pub fn conflicts_with(self, names: &'static [&'static str]) -> Field {
        Field { conflicts_with: names, ..self }
    }

    /// Fields of which exactly one must be given.
    pub fn exactly_one_of(self, names: &'static [&'static str]) -> Field {
        Field { exactly_one_of: names, ..self }
    }

    /// Fields of which at least one must be given.
    pub fn at_least_one_of(self, names: &'static [&'static str]) -> Field {
        Field { at_least_one_of: names, ..self }
    }

    /// Fields that must be given when this one is.
    pub fn required_with(self, names: &'static [&'static str]) -> Field {
        Field { required_with: names, ..self }
    }

    /// Why not to use it any more.
    pub fn deprecated(self, why: &'static str) -> Field {
        Field { deprecated: Some(why), ..self }
    }

    /// Why terrace does not support it yet.
    pub fn unsupported(self, why: &'static str) -> Field {
        Field { unsupported: Some(why), ..self }
    }
}

#[cfg(test)]
mod tests;
