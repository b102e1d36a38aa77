//! Functions on sets.

use std::collections::BTreeSet;

use super::call::{Call, Fault, Outcome};
use super::table::{ANY, Function, Parameter, Shape, function, takes};
use crate::value::{Marks, Type, Unknown, Value, convert, unify};

const SET: Shape = Shape::Set(&ANY);
const FIRST: Parameter = takes("first_set", SET).dynamic();
const OTHERS: Parameter = takes("other_sets", SET).dynamic();

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "setintersection",
        "The elements that are in all sets.",
        &[FIRST.whole()],
        SET,
        |call| combine(call, |a, b| a.retain(|item| b.contains(item))),
    )
    .variadic(OTHERS.whole())
    .rule(|sets| Ok(Type::set(element_type(sets)?))),
    function(
        "setproduct",
        "All combinations of an element of each set; of lists, in their order.",
        &[],
        ANY,
        product,
    )
    .variadic(takes("sets", ANY).marked().unknown()),
    function(
        "setsubtract",
        "The elements of a set that are not in another.",
        &[takes("a", SET).dynamic().whole(), takes("b", SET).dynamic().whole()],
        SET,
        |call| combine(call, |a, b| a.retain(|item| !b.contains(item))),
    )
    .rule(|sets| Ok(Type::set(element_type(sets)?))),
    function("setunion", "The elements that are in any of the sets.", &[FIRST], SET, union)
        .variadic(OTHERS)
        .rule(|sets| Ok(Type::set(element_type(sets)?))),
];

/// The type that the elements of all sets can have; empty sets of any type do not matter.
fn element_type(sets: &[Value]) -> Result<Type, Fault> {
    let counts = |set: &&Value| !matches!(set, Value::Set(Type::Any, items) if items.is_empty());
    let types = sets.iter().filter(counts);
    let types: Vec<Type> = types.filter_map(|set| set.ty().element().cloned()).collect();
    if types.is_empty() {
        return Ok(Type::Any);
    }
    unify(&types).ok_or_else(|| "given sets must all have compatible element types".into())
}

/// The elements of each set, all of one type, and that type.
fn level(call: &Call<'_>) -> Result<(Type, Vec<Vec<Value>>), Fault> {
    let item = element_type(call.rest(0))?;
    let ty = Type::set(item.clone());
    let leveled = call.rest(0).iter().enumerate().map(|(at, set)| {
        let set = convert(set, &ty).map_err(|error| Fault::at(at, error.to_string()))?;
        Ok(set.items().unwrap_or_default().to_vec())
    });
    Ok((item, leveled.collect::<Result<_, Fault>>()?))
}

fn union(call: &Call<'_>) -> Outcome {
    let (item, sets) = level(call)?;
    Ok(Value::set(item, sets.into_iter().flatten()))
}

fn combine(call: &Call<'_>, step: fn(&mut BTreeSet<Value>, &BTreeSet<Value>)) -> Outcome {
    let (item, sets) = level(call)?;
    let mut sets = sets.into_iter().map(BTreeSet::from_iter);
    let mut result = sets.next().unwrap_or_default();
    sets.for_each(|set| step(&mut result, &set));
    Ok(Value::set(item, result))
}

/// The type of an argument's elements in the product, and whether it is in order.
fn factor_type(value: &Value, at: usize) -> Result<(Type, bool), Fault> {
    match value.ty() {
        Type::Set(item) => Ok(((*item).clone(), false)),
        Type::List(item) => Ok(((*item).clone(), true)),
        Type::Tuple(types) if types.is_empty() => Ok((Type::Any, true)),
        Type::Tuple(types) => match unify(&types) {
            Some(item) => Ok((item, true)),
            None => Err(Fault::at(at, "all elements must be of the same type")),
        },
        _ => Err(Fault::at(at, "a set or a list is required")),
    }
}

/// The most elements that a sequence will have, if there is a limit.
fn most(value: &Value) -> Option<usize> {
    match (value.bare(), value.items()) {
        (_, Some(items)) => Some(items.len()),
        (Value::Unknown(unknown), _) => match &unknown.ty {
            Type::Tuple(types) => Some(types.len()),
            _ => unknown.length_max,
        },
        _ => None,
    }
}

fn countable(value: &Value) -> bool {
    match value.bare() {
        Value::Unknown(_) => false,
        Value::Set(_, items) => items.len() < 2 || value.is_wholly_known(),
        _ => true,
    }
}

/// The most combinations: more is a mistake, and would use up the memory.
const MOST_ROWS: usize = 1_000_000;

fn product(call: &Call<'_>) -> Outcome {
    let sets = call.rest(0);
    if sets.len() < 2 {
        return Err("at least two arguments are required".into());
    }
    let factors = sets.iter().enumerate().map(|(at, set)| factor_type(set, at));
    let factors = factors.collect::<Result<Vec<_>, Fault>>()?;
    let ordered = factors.iter().all(|(_, ordered)| *ordered);
    let types: Vec<Type> = factors.into_iter().map(|(item, _)| item).collect();
    let row = Type::tuple_of(types.iter().cloned());
    let marks = sets.iter().fold(Marks::NONE, |all, it| all.union(it.marks()));
    if !sets.iter().all(countable) {
        let deep = sets.iter().fold(marks, |all, it| all.union(it.marks_deep()));
        return Ok(unknown_product(sets, row, ordered).mark(deep));
    }
    let lengths = sets.iter().map(|set| set.items().map_or(0, <[Value]>::len));
    let empty = lengths.clone().any(|length| length == 0);
    let count = lengths.fold(1_usize, usize::saturating_mul);
    if count > MOST_ROWS && !empty {
        return Err(format!("there would be more than {MOST_ROWS} combinations").into());
    }
    let mut rows: Vec<Vec<Value>> = if empty { Vec::new() } else { vec![Vec::new()] };
    for (at, (set, item)) in sets.iter().zip(&types).enumerate() {
        let converted = set.items().unwrap_or_default().iter().map(|value| convert(value, item));
        let column = converted.collect::<Result<Vec<_>, _>>();
        let column = column.map_err(|error| Fault::at(at, error.to_string()))?;
        let extend = |row: &Vec<Value>| {
            let row = row.clone();
            column
                .iter()
                .map(move |value| [row.as_slice(), std::slice::from_ref(value)].concat())
                .collect::<Vec<_>>()
        };
        rows = rows.iter().flat_map(extend).collect();
    }
    let rows = rows.into_iter().map(Value::tuple);
    let product = if ordered { Value::list(row, rows) } else { Value::set(row, rows) };
    Ok(product.mark(marks))
}

fn unknown_product(sets: &[Value], row: Type, ordered: bool) -> Value {
    let length_max = sets.iter().try_fold(1_usize, |all, set| all.checked_mul(most(set)?));
    let ty = if ordered { Type::list(row) } else { Type::set(row) };
    let (not_null, prefix) = (true, String::new());
    Value::Unknown(Unknown { ty, not_null, prefix, length_min: 0, length_max }.into())
}
