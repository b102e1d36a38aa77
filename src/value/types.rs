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

    /// A tuple type of the given elements.
    pub fn tuple_of(items: impl IntoIterator<Item = Type>) -> Type {
        Type::Tuple(Arc::new(items.into_iter().collect()))
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

    /// Whether it is `bool`, `number` or `string`.
    pub fn is_primitive(&self) -> bool {
        matches!(self, Type::Bool | Type::Number | Type::String)
    }

    /// Whether `any` stands anywhere in it.
    pub fn has_any(&self) -> bool {
        match self {
            Type::Any => true,
            Type::Bool | Type::Number | Type::String => false,
            Type::List(item) | Type::Set(item) | Type::Map(item) => item.has_any(),
            Type::Tuple(items) => items.iter().any(Type::has_any),
            Type::Object(object) => object.attributes.values().any(Type::has_any),
        }
    }

    /// Whether any object in it has optional attributes.
    fn has_optional(&self) -> bool {
        match self {
            Type::Any | Type::Bool | Type::Number | Type::String => false,
            Type::List(item) | Type::Set(item) | Type::Map(item) => item.has_optional(),
            Type::Tuple(items) => items.iter().any(Type::has_optional),
            Type::Object(object) => {
                !object.optional.is_empty() || object.attributes.values().any(Type::has_optional)
            }
        }
    }

    /// The type that values converted to this one have: no attribute of any object is optional.
    pub fn without_optional(&self) -> Type {
        if !self.has_optional() {
            return self.clone();
        }
        match self {
            Type::List(item) => Type::list(item.without_optional()),
            Type::Set(item) => Type::set(item.without_optional()),
            Type::Map(item) => Type::map(item.without_optional()),
            Type::Tuple(items) => {
                Type::Tuple(Arc::new(items.iter().map(Type::without_optional).collect()))
            }
            Type::Object(object) => {
                let plain = |(name, ty): (&String, &Type)| (name.clone(), ty.without_optional());
                Type::object(object.attributes.iter().map(plain))
            }
            other => other.clone(),
        }
    }

    /// The type in the words of a sentence: `list of string`, `object`.
    pub fn friendly(&self) -> String {
        match self {
            Type::Any => "any type".to_string(),
            Type::Tuple(_) => "tuple".to_string(),
            Type::Object(_) => "object".to_string(),
            Type::List(item) => format!("list of {}", item.friendly_item()),
            Type::Set(item) => format!("set of {}", item.friendly_item()),
            Type::Map(item) => format!("map of {}", item.friendly_item()),
            other => other.to_string(),
        }
    }

    fn friendly_item(&self) -> String {
        match self {
            Type::Any => "any single type".to_string(),
            other => other.friendly(),
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
