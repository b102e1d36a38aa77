//! Finding one type that values of several types can all be converted to.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::{ObjectType, Type};
use super::mismatch::{self, mismatch};

/// How many of some types are of each kind.
#[derive(Default)]
struct Kinds {
    lists: usize,
    sets: usize,
    maps: usize,
    tuples: usize,
    objects: usize,
    any: usize,
}

impl Kinds {
    fn of(types: &[Type]) -> Kinds {
        let mut kinds = Kinds::default();
        for ty in types {
            match ty {
                Type::List(_) => kinds.lists += 1,
                Type::Set(_) => kinds.sets += 1,
                Type::Map(_) => kinds.maps += 1,
                Type::Tuple(_) => kinds.tuples += 1,
                Type::Object(_) => kinds.objects += 1,
                Type::Any => kinds.any += 1,
                Type::Bool | Type::Number | Type::String => {}
            }
        }
        kinds
    }
}

/// The type that values of all of `types` can be converted to, the most telling one if there are
/// several; [`Type::Any`] when that depends on what is not known yet, none when there is none.
pub fn unify(types: &[Type]) -> Option<Type> {
    let first = types.first()?;
    if types.iter().all(|ty| ty == first) {
        return Some(first.clone());
    }
    let kinds = Kinds::of(types);
    let all = types.len() - kinds.any;
    let alone = [kinds.lists, kinds.sets, kinds.maps, kinds.tuples, kinds.objects].contains(&all);
    if alone && all > 0 && kinds.any > 0 {
        return Some(Type::Any);
    }
    if alone && all > 0 {
        return unify_kind(types);
    }
    if kinds.maps > 0
        && kinds.maps + kinds.objects == all
        && let Some(ty) = objects_as_maps(types)
    {
        return Some(ty);
    }
    if kinds.lists > 0
        && kinds.lists + kinds.tuples == all
        && let Some(ty) = tuples_as_lists(types)
    {
        return Some(ty);
    }
    if kinds.objects > 0 && kinds.tuples > 0 { None } else { preferred(types) }
}

/// Types of one kind, that of the first.
fn unify_kind(types: &[Type]) -> Option<Type> {
    let elements = || types.iter().filter_map(Type::element).cloned().collect::<Vec<_>>();
    match types.first()? {
        Type::List(_) => unify(&elements()).map(Type::list),
        Type::Set(_) => unify(&elements()).map(Type::set),
        Type::Map(_) => unify(&elements()).map(Type::map),
        Type::Tuple(_) => unify_tuples(types),
        Type::Object(_) => unify_objects(types),
        _ => None,
    }
}

fn tuple_types(types: &[Type]) -> Vec<&[Type]> {
    let mut tuples = Vec::new();
    for ty in types {
        if let Type::Tuple(items) = ty {
            tuples.push(items.as_slice());
        }
    }
    tuples
}

fn object_types(types: &[Type]) -> Vec<&ObjectType> {
    let mut objects = Vec::new();
    for ty in types {
        if let Type::Object(object) = ty {
            objects.push(&**object);
        }
    }
    objects
}

/// Tuples of one length become a tuple, others a list.
fn unify_tuples(types: &[Type]) -> Option<Type> {
    let tuples = tuple_types(types);
    let length = tuples.first()?.len();
    if tuples.iter().any(|items| items.len() != length) {
        return tuples_to_list(&tuples);
    }
    let at = |at: usize| {
        unify(&tuples.iter().filter_map(|items| items.get(at).cloned()).collect::<Vec<_>>())
    };
    Some(Type::Tuple(Arc::new((0..length).map(at).collect::<Option<_>>()?)))
}

fn tuples_to_list(tuples: &[&[Type]]) -> Option<Type> {
    let items: Vec<Type> = tuples.iter().flat_map(|items| items.iter().cloned()).collect();
    let list = unify(&items).map(Type::list)?;
    let fits = |items: &&[Type]| mismatch::tuple_items(items, list.element()?, "list").map(drop);
    if tuples.iter().any(|items| fits(items).is_some()) { None } else { Some(list) }
}

/// Objects of the same attributes become an object, others a map.
fn unify_objects(types: &[Type]) -> Option<Type> {
    let objects = object_types(types);
    let first = objects.first()?;
    if objects.iter().any(|object| !object.attributes.keys().eq(first.attributes.keys())) {
        return objects_to_map(&objects);
    }
    let unified = |name: &String| {
        let types: Vec<Type> =
            objects.iter().filter_map(|object| object.attributes.get(name).cloned()).collect();
        Some((name.clone(), unify(&types)?))
    };
    let attributes = first.attributes.keys().map(unified).collect::<Option<BTreeMap<_, _>>>()?;
    Some(Type::object(attributes))
}

fn objects_to_map(objects: &[&ObjectType]) -> Option<Type> {
    let items: Vec<Type> =
        objects.iter().flat_map(|object| object.attributes.values().cloned()).collect();
    let map = unify(&items).map(Type::map)?;
    let fits =
        |object: &&ObjectType| mismatch::attributes_as_items(object, map.element()?).map(drop);
    if objects.iter().any(|object| fits(object).is_some()) { None } else { Some(map) }
}

/// Objects among maps often are maps in disguise.
fn objects_as_maps(types: &[Type]) -> Option<Type> {
    let map = objects_to_map(&object_types(types))?;
    let as_map = |ty: &Type| if matches!(ty, Type::Object(_)) { map.clone() } else { ty.clone() };
    let unified = unify(&types.iter().map(as_map).collect::<Vec<_>>())?;
    matches!(unified, Type::Map(_)).then_some(unified)
}

/// Tuples among lists often are lists in disguise.
fn tuples_as_lists(types: &[Type]) -> Option<Type> {
    let list = tuples_to_list(&tuple_types(types))?;
    let as_list = |ty: &Type| if matches!(ty, Type::Tuple(_)) { list.clone() } else { ty.clone() };
    let unified = unify(&types.iter().map(as_list).collect::<Vec<_>>())?;
    matches!(unified, Type::List(_)).then_some(unified)
}

/// The most general of the types that all others convert to.
fn preferred(types: &[Type]) -> Option<Type> {
    let mut candidates: Vec<&Type> = types.iter().collect();
    candidates.sort_by_key(|it| types.iter().filter(|other| more_general(other, it)).count());
    let fits = |wants: &&&Type| types.iter().all(|has| mismatch(has, wants).is_none());
    candidates.iter().find(fits).map(|ty| ty.without_optional())
}

/// Whether `a` is to be preferred to `b` when both would do.
fn more_general(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Any, _) => false,
        (_, Type::Any) => true,
        (Type::String, Type::Bool | Type::Number) => true,
        (Type::List(a), Type::List(b))
        | (Type::Set(a), Type::Set(b))
        | (Type::Map(a), Type::Map(b)) => more_general(a, b),
        (Type::List(_), Type::Set(_) | Type::Tuple(_)) | (Type::Tuple(_), Type::Set(_)) => true,
        (Type::Map(_), Type::Object(_)) => true,
        _ => false,
    }
}
