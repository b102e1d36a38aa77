//! Functions that make collections of others.

use std::collections::BTreeSet;

use super::call::{Call, Fault, Outcome, is_untyped, texts, whole_number};
use super::collection::unknown_list;
use super::table::{ANY, Function, NUMBER, Parameter, STRING, Shape, function, takes};
use crate::value::{Fields, Marks, Type, Value, convert, unify};

const LIST: Parameter = takes("list", ANY).marked();
const VALUES: Parameter = Parameter::anything("vals");
const STRINGS: Shape = Shape::List(&STRING);
const LIST_OF_ANY: Shape = Shape::List(&ANY);
const STRINGS_BY_NAME: Shape = Shape::Map(&STRINGS);

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "chunklist",
        "A list cut into lists of a size.",
        &[takes("list", LIST_OF_ANY).marked(), takes("size", NUMBER)],
        LIST_OF_ANY,
        chunks,
    )
    .rule(|arguments| Ok(Type::list(first_type(arguments)))),
    function(
        "coalesce",
        "The first of the values that is neither null nor an empty string.",
        &[],
        ANY,
        coalesce,
    )
    .variadic(VALUES),
    function("coalescelist", "The first of the lists that is not empty.", &[], ANY, coalesce_list)
        .variadic(VALUES),
    function(
        "compact",
        "A list of strings without the empty ones and nulls.",
        &[takes("list", STRINGS).whole()],
        STRINGS,
        |call| texts(call.items(0).iter().filter_map(Value::as_str).filter(|it| !it.is_empty())),
    ),
    function("concat", "The elements of all lists in one.", &[], ANY, concat)
        .variadic(takes("seqs", ANY).marked().unknown()),
    function(
        "distinct",
        "A list with only the first of equal elements.",
        &[takes("list", LIST_OF_ANY).whole()],
        LIST_OF_ANY,
        distinct,
    )
    .rule(|arguments| Ok(first_type(arguments))),
    function(
        "flatten",
        "A list with the elements of the lists in it, at any depth, in their places.",
        &[LIST],
        ANY,
        flatten,
    ),
    function(
        "merge",
        "The elements of all maps or objects in one; later ones win.",
        &[],
        ANY,
        merge,
    )
    .variadic(takes("maps", ANY).null().marked().dynamic())
    .rule(merge_type),
    function("reverse", "A list in reverse order.", &[LIST], ANY, reverse).rule(|arguments| {
        match first_type(arguments) {
            Type::Tuple(types) => Ok(Type::tuple_of(types.iter().rev().cloned())),
            Type::List(item) | Type::Set(item) => Ok(Type::List(item)),
            other => Err(not_reversible(&other)),
        }
    }),
    function(
        "slice",
        "The elements of a list from a start index on and before an end index.",
        &[LIST, takes("start_index", NUMBER), takes("end_index", NUMBER)],
        ANY,
        slice,
    )
    .rule(sliced_type),
    function(
        "sort",
        "A list of strings in order.",
        &[takes("list", STRINGS).unknown()],
        STRINGS,
        sort,
    ),
    function(
        "transpose",
        "A map of lists of strings with keys and strings exchanged.",
        &[takes("values", STRINGS_BY_NAME).whole()],
        STRINGS_BY_NAME,
        transpose,
    ),
    function(
        "zipmap",
        "A map of the keys in one list and the values in another.",
        &[takes("keys", STRINGS).marked().unknown(), takes("values", ANY).marked()],
        ANY,
        zip_map,
    )
    .rule(|arguments| zipped_type(arguments.get(1).map_or(Type::Any, Value::ty))),
];

fn first_type(arguments: &[Value]) -> Type {
    arguments.first().map_or(Type::Any, Value::ty)
}

fn chunks(call: &Call<'_>) -> Outcome {
    let list = call.value(0);
    let size = whole_number(call.value(1)).map_err(|message| format!("invalid size: {message}"))?;
    let Ok(size) = usize::try_from(size) else {
        return Err("the size argument must be positive".into());
    };
    let Value::List(item, items) = list.bare() else {
        return Err(Fault::at(0, "list required"));
    };
    let size = if size == 0 { items.len().max(1) } else { size };
    let chunks = items.chunks(size).map(|chunk| Value::list(item.clone(), chunk.iter().cloned()));
    Ok(Value::list(Type::list(item.clone()), chunks).mark(list.marks()))
}

fn coalesce(call: &Call<'_>) -> Outcome {
    let types: Vec<Type> = call.rest(0).iter().map(Value::ty).collect();
    let ty = if types.is_empty() { None } else { unify(&types) };
    let Some(ty) = ty else { return Err("all arguments must have the same type".into()) };
    for (at, value) in call.rest(0).iter().enumerate() {
        let value = convert(value, &ty).map_err(|error| Fault::at(at, error.to_string()))?;
        if !value.is_known() {
            return Ok(unknown_of(ty));
        }
        if !value.is_null() && value.as_str() != Some("") {
            return Ok(value);
        }
    }
    Err("no non-null, non-empty-string arguments".into())
}

/// An unknown value that is not null, as far as that can be said of the type.
fn unknown_of(ty: Type) -> Value {
    if ty == Type::Any { Value::unknown(ty) } else { Value::unknown_not_null(ty) }
}

fn coalesce_list(call: &Call<'_>) -> Outcome {
    let lists = call.rest(0);
    if lists.is_empty() {
        return Err("at least one argument is required".into());
    }
    let is_list = |list: &Value| match list {
        Value::Unknown(unknown) if unknown.ty == Type::Any => true,
        other => matches!(other.ty(), Type::List(_) | Type::Tuple(_)),
    };
    if !lists.iter().all(is_list) {
        return Err("coalescelist arguments must be lists or tuples".into());
    }
    for list in lists {
        if !list.is_known() {
            return Ok(Value::unknown(Type::Any));
        }
        if list.items().is_some_and(|items| !items.is_empty()) {
            return Ok(list.clone());
        }
    }
    Err("no non-null arguments".into())
}

/// The common type of the arguments when all are lists and have one.
fn common_list(lists: &[Value]) -> Option<Type> {
    let types: Vec<Type> = lists.iter().map(Value::ty).collect();
    if types.iter().all(|ty| matches!(ty, Type::List(_))) { unify(&types) } else { None }
}

fn concat(call: &Call<'_>) -> Outcome {
    let lists = call.rest(0);
    if lists.is_empty() {
        return Err("at least one argument is required".into());
    }
    for (at, list) in lists.iter().enumerate() {
        let ty = list.ty();
        if !matches!(ty, Type::List(_) | Type::Tuple(_)) {
            let got = ty.friendly();
            let message = format!("all arguments must be lists or tuples; got {got}");
            return Err(Fault::at(at, message));
        }
    }
    let common = common_list(lists);
    let marks = lists.iter().fold(Marks::NONE, |all, it| all.union(it.marks()));
    if lists.iter().any(|list| !list.is_known()) {
        let deep = lists.iter().fold(marks, |all, it| all.union(it.marks_deep()));
        return Ok(unknown_of(common.unwrap_or(Type::Any)).mark(deep));
    }
    let mut items = Vec::new();
    for (at, list) in lists.iter().enumerate() {
        let list = match &common {
            Some(ty) => convert(list, ty).map_err(|error| Fault::at(at, error.to_string()))?,
            None => list.clone(),
        };
        items.extend(list.items().unwrap_or_default().iter().cloned());
    }
    Ok(match common {
        Some(Type::List(item)) => Value::list((*item).clone(), items),
        _ => Value::tuple(items),
    }
    .mark(marks))
}

fn distinct(call: &Call<'_>) -> Outcome {
    let mut seen = BTreeSet::new();
    let items: Vec<Value> = call.items(0).iter().filter(|it| seen.insert(*it)).cloned().collect();
    let item = call.value(0).ty().element().cloned().unwrap_or(Type::Any);
    Ok(Value::list(item, items))
}

fn flatten(call: &Call<'_>) -> Outcome {
    let list = call.value(0);
    if list.items().is_none() {
        return Err("can only flatten lists, sets and tuples".into());
    }
    let mut flat = Flat { items: Vec::new(), marks: Marks::NONE, known: true };
    flat.add(list);
    if !flat.known {
        return Ok(Value::unknown(Type::Any).mark(list.marks_deep()));
    }
    Ok(Value::tuple(flat.items).mark(flat.marks))
}

struct Flat {
    items: Vec<Value>,
    /// The marks of the sequences that were taken apart.
    marks: Marks,
    /// Whether it is known which elements there are.
    known: bool,
}

impl Flat {
    fn add(&mut self, list: &Value) {
        self.marks = self.marks.union(list.marks());
        let items = list.items().unwrap_or_default();
        let countable = !matches!(list.bare(), Value::Set(..)) || items.len() < 2;
        self.known &= countable || list.is_wholly_known();
        for item in items {
            match item.bare() {
                Value::Unknown(unknown) if is_sequence(&unknown.ty) || is_untyped(item) => {
                    self.known = false;
                }
                Value::List(..) | Value::Set(..) | Value::Tuple(_) => self.add(item),
                _ => self.items.push(item.clone()),
            }
        }
    }
}

fn is_sequence(ty: &Type) -> bool {
    matches!(ty, Type::List(_) | Type::Set(_) | Type::Tuple(_))
}

fn merge_type(arguments: &[Value]) -> Result<Type, Fault> {
    let types: Vec<Type> = arguments.iter().map(Value::ty).collect();
    match types.iter().find(|ty| !matches!(ty, Type::Map(_) | Type::Object(_))) {
        Some(Type::Any) => return Ok(Type::Any),
        Some(other) => {
            let other = other.friendly();
            return Err(format!("arguments must be maps or objects, got {other:?}").into());
        }
        None => {}
    }
    let Some(first) = types.first() else { return Ok(Type::object::<String>([])) };
    if types.iter().all(|ty| ty == first) {
        return Ok(first.clone());
    }
    let mut attributes = std::collections::BTreeMap::new();
    for (value, ty) in arguments.iter().zip(types) {
        match (value, ty) {
            (Value::Null(_), _) => {}
            (Value::Map(item, fields), _) => {
                attributes.extend(fields.keys().map(|key| (key.clone(), item.clone())));
            }
            (_, Type::Object(object)) => attributes.extend(object.attributes.clone()),
            _ => return Ok(Type::Any),
        }
    }
    Ok(Type::object(attributes))
}

fn merge(call: &Call<'_>) -> Outcome {
    let maps = call.rest(0);
    let same_map = same_map_type(maps)?;
    let mut merged = Fields::new();
    let mut marks = Marks::NONE;
    for map in maps {
        marks = marks.union(map.marks());
        let fields = map.fields().into_iter().flatten();
        merged.extend(fields.map(|(key, value)| (key.clone(), value.clone())));
    }
    Ok(match same_map {
        Some(item) => Value::Map(item, merged.into()),
        None => Value::Object(merged.into()),
    }
    .mark(marks))
}

/// The type of the elements when all arguments are maps of one type.
fn same_map_type(maps: &[Value]) -> Result<Option<Type>, Fault> {
    let mut same: Option<Option<Type>> = None;
    for map in maps {
        let item = match map.bare() {
            Value::Map(item, _) => Some(item.clone()),
            Value::Object(_) | Value::Null(Type::Any | Type::Object(_)) => None,
            Value::Null(Type::Map(item)) => Some((**item).clone()),
            other => {
                let other = other.ty().friendly();
                return Err(format!("arguments must be maps or objects, got {other:?}").into());
            }
        };
        same = match same {
            Some(before) if before != item => Some(None),
            _ => Some(item),
        };
    }
    Ok(same.flatten())
}

fn not_reversible(ty: &Type) -> Fault {
    Fault::at(0, format!("can only reverse list or tuple values, not {}", ty.friendly()))
}

fn reverse(call: &Call<'_>) -> Outcome {
    let list = call.value(0);
    let reversed = match list.bare() {
        Value::List(item, items) | Value::Set(item, items) => {
            Value::list(item.clone(), items.iter().rev().cloned())
        }
        Value::Tuple(items) => Value::tuple(items.iter().rev().cloned()),
        other => return Err(not_reversible(&other.ty())),
    };
    Ok(reversed.mark(list.marks()))
}

fn not_sliceable(ty: &Type) -> Fault {
    Fault::at(
        0,
        match ty {
            Type::Set(_) => {
                "cannot slice a set, because its elements do not have indices; explicitly convert to a \
             list if the ordering of the result is not important"
            }
            _ => "must be a list or tuple value",
        },
    )
}

/// The type of part of a list, when the bounds are fine as far as they are known.
fn sliced_type(arguments: &[Value]) -> Result<Type, Fault> {
    let ty = match first_type(arguments) {
        list @ Type::List(_) => list,
        Type::Tuple(_) => Type::Any,
        other => return Err(not_sliceable(&other)),
    };
    let length = arguments.first().and_then(Value::items).map(<[Value]>::len);
    let bound = |index: usize, what: &str| match arguments.get(index) {
        Some(value) if value.is_known() => slice_bound(value, index, what, length).map(Some),
        _ => Ok(None),
    };
    match (bound(1, "start")?, bound(2, "end")?) {
        (Some(start), Some(end)) if start > end => Err(backwards()),
        _ => Ok(ty),
    }
}

fn backwards() -> Fault {
    Fault::at(1, "start index must not be greater than end index")
}

fn slice(call: &Call<'_>) -> Outcome {
    let list = call.value(0);
    let (Value::List(_, items) | Value::Tuple(items)) = list.bare() else {
        return Err(not_sliceable(&list.ty()));
    };
    let start = slice_bound(call.value(1), 1, "start", Some(items.len()))?;
    let end = slice_bound(call.value(2), 2, "end", Some(items.len()))?;
    let Some(part) = items.get(start..end) else { return Err(backwards()) };
    let part = part.iter().cloned();
    Ok(match list.bare() {
        Value::List(item, _) => Value::list(item.clone(), part),
        _ => Value::tuple(part),
    }
    .mark(list.marks()))
}

fn slice_bound(
    value: &Value,
    index: usize,
    what: &str,
    length: Option<usize>,
) -> Result<usize, Fault> {
    let bound = whole_number(value)
        .map_err(|message| Fault::at(index, format!("invalid {what} index: {message}")))?;
    let Ok(bound) = usize::try_from(bound) else {
        return Err(Fault::at(index, format!("{what} index must not be less than zero")));
    };
    if length.is_some_and(|length| bound > length) {
        let message = format!("{what} index must not be greater than the length of the list");
        return Err(Fault::at(index, message));
    }
    Ok(bound)
}

fn sort(call: &Call<'_>) -> Outcome {
    let list = call.value(0);
    if let Value::Unknown(unknown) = list {
        return Ok(unknown_list(Type::String, unknown.length_min, unknown.length_max));
    }
    let items = call.items(0);
    if !list.is_wholly_known() {
        return Ok(unknown_list(Type::String, items.len(), Some(items.len())));
    }
    if let Some(at) = items.iter().position(Value::is_null) {
        let message = format!("given list element {at} is null; a null string cannot be sorted");
        return Err(message.into());
    }
    let mut sorted: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
    sorted.sort_unstable();
    texts(sorted)
}

fn transpose(call: &Call<'_>) -> Outcome {
    let mut transposed = std::collections::BTreeMap::<String, Vec<Value>>::new();
    for (key, list) in call.value(0).fields().into_iter().flatten() {
        let Some(items) = list.items() else {
            return Err(Fault::at(0, format!("cannot use null list for [{key:?}]")));
        };
        for (at, item) in items.iter().enumerate() {
            let Some(text) = item.as_str() else {
                return Err(Fault::at(0, format!("cannot use null string for [{key:?}][{at}]")));
            };
            transposed.entry(text.to_string()).or_default().push(Value::string(key));
        }
    }
    let lists = transposed.into_iter().map(|(key, keys)| (key, Value::list(Type::String, keys)));
    Ok(Value::map(Type::list(Type::String), lists))
}

/// The type of a map or object of values of a type.
fn zipped_type(values: Type) -> Result<Type, Fault> {
    match values {
        Type::List(item) => Ok(Type::Map(item)),
        Type::Tuple(_) | Type::Any => Ok(Type::Any),
        _ => Err("values argument must be a list or tuple value".into()),
    }
}

fn zip_map(call: &Call<'_>) -> Outcome {
    let (keys, values) = (call.value(0), call.value(1));
    let ty = zipped_type(values.ty())?;
    let marks = keys.marks_deep().union(values.marks());
    if !keys.is_wholly_known() {
        return Ok(unknown_of(ty).mark(marks.union(values.marks_deep())));
    }
    let items = values.items().unwrap_or_default();
    let keys = keys.items().unwrap_or_default();
    if keys.len() != items.len() {
        let (keys, values) = (keys.len(), items.len());
        let message = format!("number of keys ({keys}) does not match number of values ({values})");
        return Err(message.into());
    }
    let mut fields = Fields::new();
    for (at, (key, value)) in keys.iter().zip(items.iter()).enumerate() {
        let Some(key) = key.as_str() else {
            return Err(format!("keys list has null value at index {at}").into());
        };
        fields.insert(key.to_string(), value.clone());
    }
    Ok(match values.bare() {
        Value::List(item, _) => Value::Map(item.clone(), fields.into()),
        _ => Value::Object(fields.into()),
    }
    .mark(marks))
}
