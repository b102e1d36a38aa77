//! Functions that convert values, look at their types, and deal with marks; and the ones that the
//! evaluator treats in a way of its own.

use super::call::{Call, Fault, Outcome, text, truth};
use super::table::{ANY, BOOL, Function, NUMBER, Parameter, STRING, Shape, function};
use crate::value::{Marks, Type, Value, convert, convert::mismatch};

const V: Parameter = Parameter::anything("v").marked();
const VALUE: Parameter = Parameter::anything("value").marked();

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "can",
        "Whether an expression can be evaluated without an error.",
        &[Parameter::anything("expression")],
        BOOL,
        |_| truth(true),
    ),
    function(
        "ephemeralasnull",
        "A value with null in place of what is ephemeral.",
        &[VALUE],
        ANY,
        |call| Ok(without_ephemeral(call.value(0))),
    )
    .nullable()
    .rule(same_type),
    function("issensitive", "Whether a value is sensitive.", &[VALUE], BOOL, is_sensitive),
    function(
        "nonsensitive",
        "A value that is shown although it was sensitive.",
        &[VALUE],
        ANY,
        nonsensitive,
    )
    .nullable()
    .rule(same_type),
    function("sensitive", "A value that is not shown.", &[VALUE], ANY, |call| {
        Ok(call.value(0).clone().mark(Marks::SENSITIVE))
    })
    .nullable()
    .rule(same_type),
    function("tobool", "A value as a bool.", &[V], BOOL, |call| to(call, BOOL)).nullable(),
    function("tolist", "A value as a list.", &[V], LIST, |call| to(call, LIST)).nullable(),
    function("tomap", "A value as a map.", &[V], MAP, |call| to(call, MAP)).nullable(),
    function("tonumber", "A value as a number.", &[V], NUMBER, |call| to(call, NUMBER)).nullable(),
    function("toset", "A value as a set.", &[V], SET, |call| to(call, SET)).nullable(),
    function("tostring", "A value as a string.", &[V], STRING, |call| to(call, STRING)).nullable(),
    function(
        "try",
        "The first of the expressions that can be evaluated without an error.",
        &[],
        ANY,
        |call| match call.optional(0) {
            Some(first) => Ok(first.clone()),
            None => Err("at least one argument is required".into()),
        },
    )
    .variadic(Parameter::anything("expressions").marked())
    .nullable(),
    function("type", "The type of a value, in the console only.", &[VALUE], STRING, type_of),
    function("list", "No longer there: write `tolist([…])`.", &[], ANY, |_| Err(NO_LIST.into()))
        .variadic(Parameter::anything("vals")),
    function("map", "No longer there: write `tomap({…})`.", &[], ANY, |_| Err(NO_MAP.into()))
        .variadic(Parameter::anything("vals")),
];

const LIST: Shape = Shape::List(&ANY);
const MAP: Shape = Shape::Map(&ANY);
const SET: Shape = Shape::Set(&ANY);

const NO_LIST: &str = "the \"list\" function is no longer available; use tolist([ ... ]) syntax to \
                       write a literal list";
const NO_MAP: &str = "the \"map\" function is no longer available; use tomap({ ... }) syntax to \
                      write a literal map";

fn same_type(arguments: &[Value]) -> Result<Type, Fault> {
    Ok(arguments.first().map_or(Type::Any, Value::ty))
}

fn to(call: &Call<'_>, shape: Shape) -> Outcome {
    let (value, wanted) = (call.value(0), shape.ty());
    convert(value, &wanted).map_err(|_| Fault::at(0, refused(call, &wanted)))
}

/// What to say of a value that cannot be converted, without saying more of it than may be said.
fn refused(call: &Call<'_>, wanted: &Type) -> String {
    let value = call.value(0);
    let (got, to) = (value.ty(), constraint(wanted));
    let marks = value.marks_deep();
    let possible = mismatch(&got, wanted).is_none();
    match (&got, wanted) {
        _ if possible && marks.contains(Marks::EPHEMERAL) => {
            format!("cannot convert this ephemeral {} to {to}", got.friendly())
        }
        _ if possible && marks.contains(Marks::SENSITIVE) => {
            format!("cannot convert this sensitive {} to {to}", got.friendly())
        }
        (Type::String, Type::Bool) => format!(
            "cannot convert {} to bool; only the strings \"true\" or \"false\" are allowed",
            call.show(0)
        ),
        (Type::String, Type::Number) => format!(
            "cannot convert {} to number; given string must be a decimal representation of a number",
            call.show(0)
        ),
        _ => format!("cannot convert {} to {to}", got.friendly()),
    }
}

fn constraint(ty: &Type) -> String {
    match ty {
        Type::List(_) => "list of any single type".to_string(),
        Type::Set(_) => "set of any single type".to_string(),
        Type::Map(_) => "map of any single type".to_string(),
        other => other.friendly(),
    }
}

fn nonsensitive(call: &Call<'_>) -> Outcome {
    let (value, marks) = call.value(0).clone().unmark();
    Ok(value.mark(marks.without(Marks::SENSITIVE)))
}

/// Not known for a value that is not, whose marks may depend on what is not known.
fn is_sensitive(call: &Call<'_>) -> Outcome {
    let value = call.value(0);
    if !value.is_known() {
        return Ok(Value::unknown_not_null(Type::Bool));
    }
    truth(value.marks().contains(Marks::SENSITIVE))
}

fn without_ephemeral(value: &Value) -> Value {
    let (inner, marks) = value.clone().unmark();
    let kept = marks.without(Marks::EPHEMERAL);
    if marks.contains(Marks::EPHEMERAL) && inner.is_known() {
        return Value::Null(inner.ty()).mark(kept);
    }
    let each = |items: &[Value]| items.iter().map(without_ephemeral).collect::<Vec<_>>();
    let each_field = |fields: &crate::value::Fields| {
        fields.iter().map(|(name, it)| (name.clone(), without_ephemeral(it))).collect::<Vec<_>>()
    };
    match inner {
        Value::List(item, items) => Value::list(item, each(&items)),
        Value::Set(item, items) => Value::set(item, each(&items)),
        Value::Tuple(items) => Value::tuple(each(&items)),
        Value::Map(item, fields) => Value::map(item, each_field(&fields)),
        Value::Object(fields) => Value::object(each_field(&fields)),
        other => other,
    }
    .mark(kept)
}

fn type_of(call: &Call<'_>) -> Outcome {
    if !call.context.console {
        return Err("types can be looked at in the console only".into());
    }
    text(describe(&call.value(0).ty(), 0))
}

/// A type over several lines, as the console of OpenTofu prints it.
fn describe(ty: &Type, indent: usize) -> String {
    let pad = " ".repeat(indent + 4);
    let close = " ".repeat(indent);
    match ty {
        Type::Any => "dynamic".to_string(),
        Type::List(item) | Type::Set(item) | Type::Map(item) => {
            let kind = match ty {
                Type::List(_) => "list",
                Type::Set(_) => "set",
                _ => "map",
            };
            if matches!(**item, Type::Tuple(_) | Type::Object(_)) {
                format!("{kind}(\n{pad}{},\n{close})", describe(item, indent + 4))
            } else {
                format!("{kind}({})", describe(item, indent))
            }
        }
        Type::Tuple(items) if items.is_empty() => "tuple([])".to_string(),
        Type::Object(object) if object.attributes.is_empty() => "object({})".to_string(),
        Type::Tuple(items) => {
            let items = items.iter().map(|item| format!("{pad}{},\n", describe(item, indent + 4)));
            format!("tuple([\n{}{close}])", items.collect::<String>())
        }
        Type::Object(object) => {
            let attributes = object
                .attributes
                .iter()
                .map(|(name, ty)| format!("{pad}{name}: {},\n", describe(ty, indent + 4)));
            format!("object({{\n{}{close}}})", attributes.collect::<String>())
        }
        other => other.to_string(),
    }
}
