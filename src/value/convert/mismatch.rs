//! Whether one type converts to another, judged without a value, and what to say when it does not.

use super::super::{ObjectType, Type};
use super::unify;

/// Why no value of type `from` can be converted to type `to`; none when some can.
pub fn mismatch(from: &Type, to: &Type) -> Option<String> {
    match (from, to) {
        (_, Type::Any) | (Type::Any, _) => None,
        _ if from == to => None,
        _ if from.is_primitive() && to.is_primitive() => primitives(from, to),
        (Type::List(has) | Type::Set(has), Type::List(wants)) => {
            items(has, wants, "incorrect list element type")
        }
        (Type::List(has) | Type::Set(has), Type::Set(wants)) => {
            items(has, wants, "incorrect set element type")
        }
        (Type::Map(has), Type::Map(wants)) => items(has, wants, "incorrect map element type"),
        (Type::Tuple(has), Type::List(wants)) => tuple_items(has, wants, "list"),
        (Type::Tuple(has), Type::Set(wants)) => tuple_items(has, wants, "set"),
        (Type::Tuple(has), Type::Tuple(wants)) => tuples(has, wants),
        (Type::Object(has), Type::Map(wants)) => attributes_as_items(has, wants),
        (Type::Object(has), Type::Object(wants)) => objects(has, wants),
        (Type::Map(has), Type::Object(wants)) => map_as_object(has, wants),
        _ => Some(kinds(from, to)),
    }
}

/// `attribute "a" is required`, `attributes "a", "b", and "c" are required`
pub(super) fn missing_attributes(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("attribute {one:?} is required"),
        [one, two] => format!("attributes {one:?} and {two:?} are required"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|name| format!("{name:?}")).collect();
            format!("attributes {}, and {last:?} are required", first.join(", "))
        }
    }
}

fn kinds(from: &Type, to: &Type) -> String {
    format!("{} required, but have {}", to.friendly(), from.friendly())
}

fn primitives(from: &Type, to: &Type) -> Option<String> {
    let possible = matches!(from, Type::String) || matches!(to, Type::String);
    if possible { None } else { Some(kinds(from, to)) }
}

fn items(has: &Type, wants: &Type, what: &str) -> Option<String> {
    mismatch(has, wants).map(|inner| format!("{what}: {inner}"))
}

pub(super) fn tuple_items(has: &[Type], wants: &Type, noun: &str) -> Option<String> {
    let wrong = has
        .iter()
        .enumerate()
        .find_map(|(at, has)| mismatch(has, wants).map(|inner| format!("element {at}: {inner}")));
    // what is of any type may turn out to be like the others, which must have a type in common
    let typed: Vec<Type> = has.iter().filter(|ty| **ty != Type::Any).cloned().collect();
    wrong.or_else(|| no_common_type(&typed, wants, noun))
}

fn no_common_type(types: &[Type], wants: &Type, noun: &str) -> Option<String> {
    let apart = !types.is_empty() && *wants == Type::Any && unify(types).is_none();
    apart.then(|| format!("all {noun} elements must have the same type"))
}

fn tuples(has: &[Type], wants: &[Type]) -> Option<String> {
    if has.len() != wants.len() {
        let elements = |count: usize| match count {
            1 => "1 element".to_string(),
            _ => format!("{count} elements"),
        };
        let (has, wants) = (elements(has.len()), elements(wants.len()));
        return Some(format!("tuple of {wants} required, but have {has}"));
    }
    has.iter().zip(wants).enumerate().find_map(|(at, (has, wants))| {
        mismatch(has, wants).map(|inner| format!("element {at}: {inner}"))
    })
}

pub(super) fn attributes_as_items(has: &ObjectType, wants: &Type) -> Option<String> {
    let wrong = has.attributes.iter().find_map(|(name, has)| {
        mismatch(has, wants).map(|inner| format!("element {name:?}: {inner}"))
    });
    let types: Vec<Type> = has.attributes.values().cloned().collect();
    wrong.or_else(|| no_common_type(&types, wants, "map"))
}

fn objects(has: &ObjectType, wants: &ObjectType) -> Option<String> {
    let lacks =
        |name: &&String| !has.attributes.contains_key(*name) && !wants.optional.contains(*name);
    let missing: Vec<&str> = wants.attributes.keys().filter(lacks).map(String::as_str).collect();
    if !missing.is_empty() {
        return Some(missing_attributes(&missing));
    }
    wants.attributes.iter().find_map(|(name, wants)| {
        let inner = mismatch(has.attributes.get(name)?, wants)?;
        Some(format!("attribute {name:?}: {inner}"))
    })
}

/// A map may lack what is optional, so only required attributes can make it impossible.
fn map_as_object(has: &Type, wants: &ObjectType) -> Option<String> {
    let required = |(name, _): &(&String, &Type)| !wants.optional.contains(*name);
    wants.attributes.iter().filter(required).find_map(|(name, wants)| {
        mismatch(has, wants).map(|inner| format!("attribute {name:?}: {inner}"))
    })
}
