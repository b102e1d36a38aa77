//! Conversion of values that are not known: only their types can be judged, and refinements are
//! kept as far as they still hold.

use std::sync::Arc;

use super::super::{Type, Unknown, Value};
use super::{ConvertError, Converted, mismatch, unify};

pub(super) fn convert_unknown(unknown: &Unknown, ty: &Type) -> Converted {
    if let Some(message) = mismatch(&unknown.ty, ty) {
        return Err(ConvertError::new(message));
    }
    let ty = fill_any(&unknown.ty, &ty.without_optional());
    if ty == unknown.ty {
        return Ok(Value::Unknown(Arc::new(unknown.clone())));
    }
    let (length_min, length_max) = lengths(unknown, &ty);
    let not_null = unknown.not_null;
    let converted = Unknown { ty, not_null, prefix: String::new(), length_min, length_max };
    Ok(Value::Unknown(Arc::new(converted)))
}

/// The fewest and most elements that the converted collection will have.
fn lengths(unknown: &Unknown, ty: &Type) -> (usize, Option<usize>) {
    let (least, most) = match (&unknown.ty, ty) {
        (Type::Tuple(items), Type::List(_) | Type::Set(_)) => (items.len(), Some(items.len())),
        (Type::Object(object), Type::Map(_)) => {
            (object.attributes.len(), Some(object.attributes.len()))
        }
        (from, to) if from.element().is_some() && to.element().is_some() => {
            (unknown.length_min, unknown.length_max)
        }
        _ => (0, None),
    };
    // elements of a set may turn out to be the same
    if matches!(ty, Type::Set(_)) { (least.min(1), most) } else { (least, most) }
}

/// The type `to` with what `any` in it stands for taken from `from`, which converts to it.
pub(super) fn fill_any(from: &Type, to: &Type) -> Type {
    if *from == Type::Any || !to.has_any() {
        return to.clone();
    }
    match (from, to) {
        (_, Type::Any) => from.clone(),
        (_, Type::List(item)) => Type::list(fill_item(from, item)),
        (_, Type::Set(item)) => Type::set(fill_item(from, item)),
        (_, Type::Map(item)) => Type::map(fill_item(from, item)),
        (Type::Tuple(from), Type::Tuple(to)) => {
            let items = from.iter().zip(to.iter()).map(|(from, to)| fill_any(from, to));
            Type::Tuple(Arc::new(items.collect()))
        }
        (_, Type::Object(object)) => {
            let fill =
                |(name, to): (&String, &Type)| (name.clone(), fill_any(&from.attribute(name), to));
            Type::object(object.attributes.iter().map(fill))
        }
        _ => to.clone(),
    }
}

fn fill_item(from: &Type, item: &Type) -> Type {
    let unified = match from {
        Type::List(from) | Type::Set(from) | Type::Map(from) => Some((**from).clone()),
        Type::Tuple(items) => unify(items),
        Type::Object(object) => unify(&object.attributes.values().cloned().collect::<Vec<_>>()),
        _ => None,
    };
    unified.map_or_else(|| item.clone(), |from| fill_any(&from, item))
}
