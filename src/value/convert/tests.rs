use std::collections::BTreeSet;

use super::super::{Marks, Unknown};
use super::*;

fn optional(attributes: &[(&str, Type)], optional: &[&str]) -> Type {
    let attributes = attributes.iter().map(|(name, ty)| (name.to_string(), ty.clone())).collect();
    let optional = optional.iter().map(|name| name.to_string()).collect::<BTreeSet<_>>();
    Type::Object(Arc::new(ObjectType { attributes, optional }))
}

fn strings(items: &[&str]) -> Value {
    Value::list(Type::String, items.iter().map(|it| Value::from(*it)))
}

#[test]
fn primitives_convert_as_in_hcl() {
    let cases = [
        (Value::from("1.50"), Type::Number, "1.5"),
        (Value::from("1e3"), Type::Number, "1000"),
        (Value::from(".5"), Type::Number, "0.5"),
        (Value::from("+5"), Type::Number, "5"),
        (Value::from(5), Type::String, "5"),
        (Value::from(true), Type::String, "true"),
        (Value::from("1"), Type::Bool, "true"),
    ];
    for (value, ty, expected) in cases {
        let converted = convert(&value, &ty).unwrap();
        assert_eq!(converted.ty(), ty);
        assert_eq!(convert(&converted, &Type::String).unwrap(), Value::from(expected));
    }
}

#[test]
fn impossible_conversions_say_what_was_required() {
    let object = Value::object([("a", Value::from(1)), ("b", Value::from("x"))]);
    let cases = [
        (strings(&["a"]), Type::String, "string required, but have list of string"),
        (
            Value::from("x"),
            Type::Number,
            "a number is required; the given string is not a decimal number",
        ),
        (
            Value::from("0x1"),
            Type::Number,
            "a number is required; the given string is not a decimal number",
        ),
        (
            Value::from("Inf"),
            Type::Number,
            "a number is required; the given string is not a decimal number",
        ),
        (
            Value::from("True"),
            Type::Bool,
            "a bool is required; to convert from string, use lowercase \"true\"",
        ),
        (Value::from(true), Type::Number, "number required, but have bool"),
        (object.clone(), Type::list(Type::String), "list of string required, but have object"),
        (
            Value::tuple([Value::from(1), Value::tuple([])]),
            Type::list(Type::String),
            "element 1: string required, but have tuple",
        ),
        (
            Value::tuple([Value::from(1), Value::from(true)]),
            Type::list(Type::Any),
            "all list elements must have the same type",
        ),
        (
            Value::tuple([object.clone()]),
            Type::list(Type::object([("a", Type::Number), ("c", Type::Bool), ("d", Type::Bool)])),
            "element 0: attributes \"c\" and \"d\" are required",
        ),
        (
            Value::map(Type::String, [("a", Value::from("x"))]),
            Type::object([("b", Type::String)]),
            "map has no element for required attribute \"b\"",
        ),
        (
            Value::unknown(Type::list(Type::tuple_of([]))),
            Type::list(Type::String),
            "incorrect list element type: string required, but have tuple",
        ),
        (
            Value::tuple([Value::from(1)]),
            Type::tuple_of([]),
            "tuple of 0 elements required, but have 1 element",
        ),
    ];
    for (value, ty, expected) in cases {
        assert_eq!(convert(&value, &ty).unwrap_err().to_string(), expected);
    }
}

#[test]
fn optional_attributes_become_typed_nulls() {
    let ty = optional(&[("a", Type::String), ("b", Type::list(Type::Number))], &["b"]);
    let converted = convert(&Value::object([("a", Value::from(1)), ("x", Value::NULL)]), &ty);
    let expected = [("a", Value::from("1")), ("b", Value::Null(Type::list(Type::Number)))];
    assert_eq!(converted.unwrap(), Value::object(expected));
    let null = convert(&Value::NULL, &Type::list(ty.clone())).unwrap();
    assert_eq!(null.ty(), Type::list(ty.without_optional()));
}

#[test]
fn any_inside_a_collection_is_one_type() {
    let mixed = Value::tuple([Value::from(1), Value::from("b")]);
    assert_eq!(convert(&mixed, &Type::list(Type::Any)).unwrap(), strings(&["1", "b"]));
    let nested = Value::tuple([mixed, Value::tuple([Value::from(true)])]);
    let converted = convert(&nested, &Type::list(Type::list(Type::Any))).unwrap();
    assert_eq!(converted.ty(), Type::list(Type::list(Type::String)));
    let objects = Value::object([
        ("x", Value::object([("a", Value::from(1))])),
        ("y", Value::object([("a", Value::from("s"))])),
    ]);
    let converted = convert(&objects, &Type::map(Type::Any)).unwrap();
    assert_eq!(converted.ty(), Type::map(Type::object([("a", Type::String)])));
    let empty = convert(&Value::list(Type::Number, []), &Type::set(Type::Any)).unwrap();
    assert_eq!(empty.ty(), Type::set(Type::Number));
}

#[test]
fn sets_lose_duplicates_and_lift_marks() {
    let secret = Value::from("b").mark(Marks::SENSITIVE);
    let tuple = Value::tuple([Value::from("b"), secret, Value::from("a")]);
    let set = convert(&tuple, &Type::set(Type::String)).unwrap();
    let expected = Value::set(Type::String, [Value::from("a"), Value::from("b")]);
    assert_eq!(set, expected.mark(Marks::SENSITIVE));
    let list = convert(&tuple, &Type::list(Type::String)).unwrap();
    assert_eq!(list.marks(), Marks::NONE);
    assert_eq!(list.marks_deep(), Marks::SENSITIVE);
}

#[test]
fn unknown_values_keep_what_still_holds() {
    let unknown = Unknown {
        ty: Type::list(Type::Number),
        not_null: true,
        prefix: String::new(),
        length_min: 2,
        length_max: Some(3),
    };
    let value = Value::Unknown(Arc::new(unknown.clone()));
    let ty = Type::set(Type::String);
    let expected = Unknown { ty: ty.clone(), length_min: 1, ..unknown };
    assert_eq!(convert(&value, &ty).unwrap(), Value::Unknown(Arc::new(expected)));
    let tuple = Value::unknown(Type::tuple_of([Type::Number, Type::String]));
    let converted = convert(&tuple, &Type::list(Type::Any)).unwrap();
    assert_eq!(converted.ty(), Type::list(Type::String));
    let anything = convert(&Value::unknown(Type::Any), &ty).unwrap();
    assert_eq!(anything, Value::unknown(ty));
}

#[test]
fn unification_finds_the_most_telling_type() {
    let (string, number) = (Type::String, Type::Number);
    let object = |name: &str, ty: &Type| Type::object([(name, ty.clone())]);
    let cases = [
        (vec![number.clone(), string.clone()], Some(string.clone())),
        (vec![number.clone(), Type::Bool], None),
        (vec![Type::Any, number.clone()], Some(number.clone())),
        (vec![Type::Any, Type::list(number.clone())], Some(Type::Any)),
        (vec![object("a", &number), object("a", &string)], Some(object("a", &string))),
        (vec![object("a", &number), object("b", &string)], Some(Type::map(string.clone()))),
        (vec![object("a", &number), Type::map(string.clone())], Some(Type::map(string.clone()))),
        (
            vec![Type::tuple_of([number.clone()]), Type::tuple_of([])],
            Some(Type::list(number.clone())),
        ),
        (
            vec![Type::tuple_of([number.clone()]), Type::list(string.clone())],
            Some(Type::list(string.clone())),
        ),
        (vec![object("a", &number), Type::tuple_of([])], None),
        (
            vec![Type::set(number.clone()), Type::list(string.clone())],
            Some(Type::list(string.clone())),
        ),
        (vec![], None),
    ];
    for (types, expected) in cases {
        assert_eq!(unify(&types), expected, "{types:?}");
    }
}
