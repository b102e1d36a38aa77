//! Functions that look into collections.

use super::call::{Call, Fault, Outcome, count, truth, whole_number};
use super::string::length as text_length;
use super::table::{ANY, BOOL, Function, NUMBER, Parameter, STRING, Shape, function, takes};
use crate::value::{Type, Unknown, Value, convert, unify};

const LIST: Parameter = takes("list", ANY);
const BOOLS: Parameter = takes("list", Shape::List(&BOOL));
const LIST_OF_ANY: Shape = Shape::List(&ANY);

pub(super) const FUNCTIONS: &[Function] = &[
    function("alltrue", "Whether all elements of a list are true.", &[BOOLS], BOOL, all_true),
    function("anytrue", "Whether any element of a list is true.", &[BOOLS], BOOL, any_true),
    function(
        "contains",
        "Whether a value is an element of a list, set or tuple.",
        &[LIST, takes("value", ANY)],
        BOOL,
        contains,
    ),
    function(
        "element",
        "The element of a list with an index, counted on from the start behind the end, and from \
         the end when negative.",
        &[LIST.marked(), takes("index", NUMBER)],
        ANY,
        element,
    )
    .nullable()
    .rule(element_type),
    function(
        "index",
        "The index of a value in a list.",
        &[LIST, takes("value", ANY)],
        NUMBER,
        index,
    ),
    function(
        "keys",
        "The keys of a map, or the names of an object's attributes, in order.",
        &[takes("inputMap", ANY).marked().unknown()],
        ANY,
        keys,
    ),
    function(
        "length",
        "How many elements a collection, attributes an object or characters a string has.",
        &[takes("value", ANY).marked().unknown().dynamic()],
        NUMBER,
        length,
    ),
    function(
        "lookup",
        "The element of a map with a key, or a default.",
        &[takes("inputMap", ANY).marked(), takes("key", STRING)],
        ANY,
        lookup,
    )
    .variadic(Parameter::anything("default").marked())
    .nullable()
    .rule(lookup_type),
    function(
        "matchkeys",
        "The elements of a list whose counterparts in a list of keys are in a third list.",
        &[
            takes("values", LIST_OF_ANY),
            takes("keys", LIST_OF_ANY).whole(),
            takes("searchset", LIST_OF_ANY).whole(),
        ],
        LIST_OF_ANY,
        match_keys,
    )
    .rule(matched_type),
    function(
        "one",
        "The only element of a list, set or tuple; null when it is empty.",
        &[LIST],
        ANY,
        one,
    )
    .nullable()
    .rule(one_type),
    function(
        "values",
        "The elements of a map, or the values of an object's attributes, in order of their names.",
        &[takes("mapping", ANY).marked()],
        ANY,
        values,
    )
    .rule(|arguments| match arguments.first().map(Value::ty) {
        Some(Type::Map(item)) => Ok(Type::List(item)),
        Some(Type::Object(object)) => Ok(Type::tuple_of(object.attributes.values().cloned())),
        _ => Err("values() requires a map as the first argument".into()),
    }),
];

/// Whether two values are equal; none while that is not known.
fn equal(a: &Value, b: &Value) -> Option<bool> {
    a.equals(b).as_bool()
}

fn unknown_bool() -> Outcome {
    Ok(Value::unknown_not_null(Type::Bool))
}

fn all_true(call: &Call<'_>) -> Outcome {
    let items = call.items(0);
    if items.iter().any(|item| item.is_known() && item.as_bool() != Some(true)) {
        return truth(false);
    }
    if items.iter().all(Value::is_known) { truth(true) } else { unknown_bool() }
}

fn any_true(call: &Call<'_>) -> Outcome {
    let items = call.items(0);
    if items.iter().any(|item| item.as_bool() == Some(true)) {
        return truth(true);
    }
    if items.iter().all(Value::is_known) { truth(false) } else { unknown_bool() }
}

fn contains(call: &Call<'_>) -> Outcome {
    let (list, wanted) = (call.value(0), call.value(1));
    let Some(items) = list.items() else {
        return Err("argument must be list, tuple, or set".into());
    };
    let mut known = true;
    for item in items {
        match equal(item, wanted) {
            Some(true) => return truth(true),
            Some(false) => {}
            None => known = false,
        }
    }
    if known { truth(false) } else { unknown_bool() }
}

fn index(call: &Call<'_>) -> Outcome {
    let list = call.value(0);
    let (Value::List(_, items) | Value::Tuple(items)) = list else {
        return Err("argument must be a list or tuple".into());
    };
    if items.is_empty() {
        return Err("cannot search an empty list".into());
    }
    for (at, item) in items.iter().enumerate() {
        match equal(item, call.value(1)) {
            Some(true) => return count(at),
            Some(false) => {}
            None => return Ok(Value::unknown_not_null(Type::Number)),
        }
    }
    Err("item not found".into())
}

/// An index as one of a sequence that goes round and round.
fn wrap(index: &Value, length: usize) -> Result<usize, Fault> {
    let index = whole_number(index).map_err(|message| format!("invalid index: {message}"))?;
    if length == 0 {
        return Err("cannot use element function with an empty list".into());
    }
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    Ok(usize::try_from(index.rem_euclid(length)).unwrap_or_default())
}

fn element_type(arguments: &[Value]) -> Result<Type, Fault> {
    let (list, index) = (arguments.first(), arguments.get(1));
    match list.map(Value::ty) {
        Some(Type::List(item)) => Ok((*item).clone()),
        Some(Type::Tuple(types)) => match index {
            Some(index @ Value::Number(_)) => {
                let index = wrap(index, types.len())?;
                Ok(types.get(index).cloned().unwrap_or(Type::Any))
            }
            _ => Ok(Type::Any),
        },
        other => {
            let other = other.unwrap_or(Type::Any).friendly();
            Err(format!("cannot read elements from {other}").into())
        }
    }
}

fn element(call: &Call<'_>) -> Outcome {
    let list = call.value(0);
    let (Value::List(_, items) | Value::Tuple(items)) = list.bare() else {
        return Err(format!("cannot read elements from {}", list.ty().friendly()).into());
    };
    let index = wrap(call.value(1), items.len())?;
    Ok(items.get(index).cloned().unwrap_or(Value::NULL).mark(list.marks()))
}

fn keys(call: &Call<'_>) -> Outcome {
    let map = call.value(0);
    let marks = map.marks();
    if let Some(Type::Object(object)) = matches!(map.bare(), Value::Unknown(_)).then(|| map.ty()) {
        return Ok(Value::tuple(object.attributes.keys().map(Value::string)).mark(marks));
    }
    match map.bare() {
        Value::Map(_, fields) => {
            Ok(Value::list(Type::String, fields.keys().map(Value::string)).mark(marks))
        }
        Value::Object(fields) => Ok(Value::tuple(fields.keys().map(Value::string)).mark(marks)),
        Value::Unknown(unknown) => match unknown.ty {
            Type::Map(_) => {
                let Unknown { length_min, length_max, .. } = **unknown;
                Ok(unknown_list(Type::String, length_min, length_max).mark(marks))
            }
            _ => Err(Fault::at(0, "must have map or object type")),
        },
        _ => Err(Fault::at(0, "must have map or object type")),
    }
}

/// An unknown list with so many elements; when the number is certain, a list of unknown elements.
pub(super) fn unknown_list(item: Type, least: usize, most: Option<usize>) -> Value {
    if most == Some(least) {
        let unknown = Value::unknown(item.clone());
        return Value::list(item, std::iter::repeat_n(unknown, least));
    }
    Value::Unknown(
        Unknown {
            ty: Type::list(item),
            not_null: true,
            prefix: String::new(),
            length_min: least,
            length_max: most,
        }
        .into(),
    )
}

fn length(call: &Call<'_>) -> Outcome {
    let value = call.value(0);
    let unknown = || Value::unknown_not_null(Type::Number);
    let length = match value.bare() {
        Value::String(text) => Value::number(text_length(text)),
        // Elements that are not known yet may turn out to be equal.
        Value::Set(_, items) if items.len() > 1 && !value.is_wholly_known() => unknown(),
        Value::List(_, items) | Value::Set(_, items) | Value::Tuple(items) => {
            Value::number(items.len())
        }
        Value::Map(_, fields) | Value::Object(fields) => Value::number(fields.len()),
        Value::Unknown(it) => match &it.ty {
            Type::Tuple(types) => Value::number(types.len()),
            Type::Object(object) => Value::number(object.attributes.len()),
            Type::Bool | Type::Number => return Err(NO_LENGTH.into()),
            _ if it.length_max == Some(it.length_min) => Value::number(it.length_min),
            _ => unknown(),
        },
        _ => return Err(NO_LENGTH.into()),
    };
    Ok(length.mark(value.marks()))
}

const NO_LENGTH: &str = "argument must be a string, a collection type, or a structural type";

fn lookup_type(arguments: &[Value]) -> Result<Type, Fault> {
    let key = arguments.get(1).and_then(Value::as_str);
    match (arguments.first().map(Value::ty), key, arguments.get(2)) {
        (Some(Type::Map(item)), _, default) => {
            default.map_or(Ok(()), |default| check_default(default, &item))?;
            Ok((*item).clone())
        }
        (Some(Type::Object(object)), Some(key), default) => {
            let found = object.attributes.get(key).cloned();
            found
                .or(default.map(Value::ty))
                .ok_or_else(|| Fault::at(0, format!("the given object has no attribute {key:?}")))
        }
        (Some(Type::Object(_)), None, _) => Ok(Type::Any),
        _ => Err(Fault::at(0, "lookup() requires a map as the first argument")),
    }
}

fn check_default(default: &Value, item: &Type) -> Result<(), Fault> {
    let converted = convert(default, item).map(drop);
    converted
        .map_err(|_| Fault::at(2, "the default value must have the same type as the map elements"))
}

fn lookup(call: &Call<'_>) -> Outcome {
    if call.arguments.len() > 3 {
        let given = call.arguments.len();
        return Err(format!("lookup() takes two or three arguments, got {given}").into());
    }
    let (map, key, default) = (call.value(0), call.text(1), call.optional(2));
    let found = match map.bare() {
        Value::Map(item, fields) => {
            default.map_or(Ok(()), |default| check_default(default, item))?;
            let default = default.map(|default| convert(default, item)).transpose();
            let default = default.map_err(|error| Fault::at(2, error.to_string()))?;
            let missing = || format!("lookup failed to find key {}", call.show(1));
            fields.get(key).cloned().or(default).ok_or_else(missing)?
        }
        Value::Object(fields) => fields.get(key).or(default).cloned().ok_or_else(|| {
            Fault::at(0, format!("the given object has no attribute {}", call.show(1)))
        })?,
        _ => return Err(Fault::at(0, "lookup() requires a map as the first argument")),
    };
    Ok(found.mark(map.marks()))
}

/// The type of the elements with matching keys, when there can be such.
fn matched_type(arguments: &[Value]) -> Result<Type, Fault> {
    let [values, keys, wanted] = arguments else { return Ok(Type::Any) };
    if unify(&[keys.ty(), wanted.ty()]).is_none() {
        return Err("keys and searchset must be of the same type".into());
    }
    let lengths = values.items().zip(keys.items()).map(|(values, keys)| (values.len(), keys.len()));
    if lengths.is_some_and(|(values, keys)| values != keys) {
        return Err("length of keys and values should be equal".into());
    }
    Ok(values.ty())
}

fn match_keys(call: &Call<'_>) -> Outcome {
    let (values, keys, wanted) = (call.value(0), call.value(1), call.value(2));
    matched_type(&call.arguments)?;
    let ty = unify(&[keys.ty(), wanted.ty()]).unwrap_or(Type::Any);
    let converted = |value: &Value| convert(value, &ty).map_err(|error| error.to_string());
    let (keys, wanted) = (converted(keys)?, converted(wanted)?);
    let (keys, wanted) = (keys.items().unwrap_or_default(), wanted.items().unwrap_or_default());
    let items = call.items(0);
    let is_wanted = |key: &Value| wanted.iter().any(|it| equal(it, key) == Some(true));
    let found = items.iter().zip(keys).filter(|(_, key)| is_wanted(key));
    let item = values.ty().element().cloned().unwrap_or(Type::Any);
    Ok(Value::list(item, found.map(|(value, _)| value.clone())))
}

fn one_type(arguments: &[Value]) -> Result<Type, Fault> {
    match arguments.first().map(Value::ty) {
        Some(Type::List(item) | Type::Set(item)) => Ok((*item).clone()),
        Some(Type::Tuple(types)) if types.len() <= 1 => {
            Ok(types.first().cloned().unwrap_or(Type::Any))
        }
        _ => Err(Fault::at(0, NOT_ONE)),
    }
}

const NOT_ONE: &str = "must be a list, set, or tuple value with either zero or one elements";

fn one(call: &Call<'_>) -> Outcome {
    let list = call.value(0);
    let ty = one_type(&call.arguments)?;
    match (list, call.items(0)) {
        (_, []) => Ok(Value::Null(ty)),
        (_, [only]) => Ok(only.clone()),
        // Elements that are not known yet may turn out to be equal.
        (Value::Set(..), _) if !list.is_wholly_known() => Ok(Value::unknown(ty)),
        _ => Err(Fault::at(0, NOT_ONE)),
    }
}

fn values(call: &Call<'_>) -> Outcome {
    let map = call.value(0);
    let values = match map.bare() {
        Value::Map(item, fields) => Value::list(item.clone(), fields.values().cloned()),
        Value::Object(fields) => Value::tuple(fields.values().cloned()),
        _ => return Err("values() requires a map as the first argument".into()),
    };
    Ok(values.mark(map.marks()))
}
