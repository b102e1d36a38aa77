//! Types of values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// The type of a value, or what a type constraint asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// Any type: the type of an untyped null or of a wholly unknown value; as a constraint, `any`.
    Any,
    /// `bool`
    Bool,
    /// `number`
    Number,
    /// `string`
    String,
    /// `list(…)`
    List(Arc<Type>),
    /// `set(…)`
    Set(Arc<Type>),
    /// `map(…)`
    Map(Arc<Type>),
    /// `tuple([…])`
    Tuple(Arc<Vec<Type>>),
    /// `object({…})`
    Object(Arc<ObjectType>),
}

/// The attributes of an object type.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectType {
    /// The type of each attribute, by name.
    pub attributes: BTreeMap<String, Type>,
    /// The attributes that a value converted to this type may leave out.
    pub optional: BTreeSet<String>,
}

impl Type {
    /// `list(item)`
    pub fn list(item: Type) -> Type {
        Type::List(Arc::new(item))
    }

    /// `set(item)`
    pub fn set(item: Type) -> Type {
        Type::Set(Arc::new(item))
    }

    /// `map(item)`
    pub fn map(item: Type) -> Type {
        Type::Map(Arc::new(item))
    }

    /// An object type without optional attributes.
    pub fn object<K: Into<String>>(attributes: impl IntoIterator<Item = (K, Type)>) -> Type {
        let attributes = attributes.into_iter().map(|(name, ty)| (name.into(), ty)).collect();
        Type::Object(Arc::new(ObjectType { attributes, optional: BTreeSet::new() }))
    }

    /// The type of attribute `name` of an object, or of the elements of a map; [`Type::Any`] else.
    pub fn attribute(&self, name: &str) -> Type {
        match self {
            Type::Object(object) => object.attributes.get(name).cloned().unwrap_or(Type::Any),
            Type::Map(item) => (**item).clone(),
            _ => Type::Any,
        }
    }

    /// The type of the elements of a list, set or map.
    pub fn element(&self) -> Option<&Type> {
        match self {
            Type::List(item) | Type::Set(item) | Type::Map(item) => Some(item),
            _ => None,
        }
    }
}

/// As written in a type constraint.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Any => f.write_str("any"),
            Type::Bool => f.write_str("bool"),
            Type::Number => f.write_str("number"),
            Type::String => f.write_str("string"),
            Type::List(item) => write!(f, "list({item})"),
            Type::Set(item) => write!(f, "set({item})"),
            Type::Map(item) => write!(f, "map({item})"),
            Type::Tuple(items) => {
                let items: Vec<_> = items.iter().map(Type::to_string).collect();
                write!(f, "tuple([{}])", items.join(", "))
            }
            Type::Object(object) => {
                let attributes = object.attributes.iter().map(|(name, ty)| {
                    if object.optional.contains(name) {
                        format!("{name} = optional({ty})")
                    } else {
                        format!("{name} = {ty}")
                    }
                });
                write!(f, "object({{{}}})", attributes.collect::<Vec<_>>().join(", "))
            }
        }
    }
}
