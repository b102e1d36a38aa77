//! What holds for the conversion of all values and types.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::{Marks, ObjectType, Type, Value};
use super::{convert, mismatch, unify};

fn names() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c"]).prop_map(str::to_string)
}

/// Types, without `any` and optional attributes unless `constraint`.
fn types(constraint: bool) -> impl Strategy<Value = Type> {
    let any = if constraint { Type::Any } else { Type::Bool };
    let leaf = prop_oneof![Just(Type::Bool), Just(Type::Number), Just(Type::String), Just(any)];
    leaf.prop_recursive(3, 12, 3, move |inner| {
        let attributes = prop::collection::btree_map(names(), inner.clone(), 0..3);
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner.clone().prop_map(Type::set),
            inner.clone().prop_map(Type::map),
            prop::collection::vec(inner, 0..3).prop_map(Type::tuple_of),
            (attributes, prop::collection::btree_set(names(), 0..2)).prop_map(
                move |(attributes, optional)| {
                    let optional: BTreeSet<String> = optional
                        .into_iter()
                        .filter(|name| constraint && attributes.contains_key(name))
                        .collect();
                    Type::Object(Arc::new(ObjectType { attributes, optional }))
                }
            ),
        ]
    })
}

/// Values as expressions make them, with nulls, unknowns and marks.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        (-5_i64..5).prop_map(Value::from),
        prop::sample::select(vec!["", "1", "true", "x"]).prop_map(Value::from),
        types(false).prop_map(Value::Null),
        Just(Value::NULL),
        types(false).prop_map(Value::unknown),
        Just(Value::unknown(Type::Any)),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        let fields = prop::collection::btree_map(names(), inner.clone(), 0..3);
        prop_oneof![
            4 => prop::collection::vec(inner.clone(), 0..3).prop_map(Value::tuple),
            4 => fields.prop_map(Value::object),
            1 => inner.prop_map(|it| it.mark(Marks::SENSITIVE)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_converted_has_the_type_and_stays_as_it_is(value in values(), ty in types(true)) {
        let Ok(converted) = convert(&value, &ty) else { return Ok(()) };
        prop_assert_eq!(mismatch(&converted.ty(), &ty), None);
        if !ty.has_any() {
            prop_assert_eq!(converted.ty(), ty.without_optional());
        }
        prop_assert_eq!(converted.marks_deep().contains(value.marks()), true);
        prop_assert_eq!(convert(&converted, &ty), Ok(converted));
    }

    #[test]
    fn the_own_type_changes_nothing(value in values()) {
        prop_assert_eq!(convert(&value, &value.ty()), Ok(value));
    }

    #[test]
    fn all_types_convert_to_the_unified_one(types in prop::collection::vec(types(false), 1..4)) {
        let Some(unified) = unify(&types) else { return Ok(()) };
        for ty in &types {
            prop_assert_eq!(mismatch(ty, &unified), None, "{} to {}", ty, unified);
        }
        let mut again = types.clone();
        again.push(unified.clone());
        prop_assert_eq!(unify(&again), Some(unified));
    }

    #[test]
    fn the_order_of_types_decides_nothing(first in types(false), second in types(false)) {
        let forwards = unify(&[first.clone(), second.clone()]);
        let backwards = unify(&[second, first]);
        prop_assert_eq!(forwards.is_some(), backwards.is_some());
    }

    #[test]
    fn nulls_convert_as_far_as_their_types_do(from in types(false), to in types(true)) {
        let possible = mismatch(&from, &to).is_none();
        prop_assert_eq!(convert(&Value::Null(from), &to).is_ok(), possible);
    }
}
