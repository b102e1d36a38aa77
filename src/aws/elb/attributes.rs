//! Attributes of load balancers, target groups and listeners: pairs of texts, of which most are fields.

use std::collections::BTreeMap;

use crate::provider::Result;
use crate::schema::{FieldType, Shape, schema_of};
use crate::value::{Number, Value};

/// Attributes under the names of the API.
pub(super) type Attributes = BTreeMap<String, String>;

/// A field that is an attribute.
pub(super) struct Attribute {
    /// The field here.
    pub(super) field: &'static str,
    /// The name in the API.
    pub(super) key: &'static str,
    /// The kinds of objects that have it.
    pub(super) of: &'static [&'static str],
}

/// Attributes as the SDK's types have them.
pub(super) fn answered<'a, T: 'a>(
    pairs: &'a [T],
    key: impl Fn(&'a T) -> Option<&'a str>,
    value: impl Fn(&'a T) -> Option<&'a str>,
) -> Attributes {
    let pair = |it| Some((key(it)?.to_string(), value(it).unwrap_or_default().to_string()));
    pairs.iter().filter_map(pair).collect()
}

/// What the fields of an object say about the attributes that its kind has.
pub(super) fn wanted<R: FieldType>(object: &R, kind: &str, table: &[Attribute]) -> Attributes {
    let value = object.encode();
    let pair = |it: &Attribute| Some((it.key.to_string(), text(&value.get(it.field))?));
    of(kind, table).filter_map(pair).collect()
}

/// Those that are wanted, but are not as wanted.
pub(super) fn changed(wanted: Attributes, now: &Attributes) -> Attributes {
    let differs = |(key, value): &(String, String)| {
        now.get(key).map_or(!value.is_empty(), |now| now != value)
    };
    wanted.into_iter().filter(differs).collect()
}

/// The object with its fields as the attributes say. What AWS leaves out has its default; fields
/// whose attribute the kind does not have stay as they are.
pub(super) fn told<R: FieldType>(
    object: &R,
    kind: &str,
    table: &[Attribute],
    answered: &Attributes,
) -> Result<R> {
    let schema = schema_of::<R>();
    let value = of(kind, table).fold(object.encode(), |value, it| {
        let field = schema.field(it.field);
        let told = field.zip(answered.get(it.key)).and_then(|(field, it)| parsed(&field.shape, it));
        match told.or_else(|| field.and_then(|it| it.default.clone())) {
            Some(told) => value.with(it.field, told),
            None => value,
        }
    });
    Ok(R::decode(&value)?)
}

fn of<'a>(kind: &'a str, table: &'a [Attribute]) -> impl Iterator<Item = &'a Attribute> {
    table.iter().filter(move |it| it.of.contains(&kind))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Bool(it) => Some(it.to_string()),
        Value::Number(it) => Some(it.to_string()),
        other => other.as_str().map(str::to_string),
    }
}

fn parsed(shape: &Shape, text: &str) -> Option<Value> {
    match shape {
        Shape::Bool => text.parse().ok().map(Value::Bool),
        Shape::Number => text.parse::<Number>().ok().map(Value::Number),
        _ => Some(Value::string(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    schema! {
        /// Something with attributes.
        pub struct Sample {
            /// On or off.
            #[default(true)] on: bool,
            /// How many.
            #[default(7)] count: i64,
            /// What AWS chooses.
            #[computed] mode: Option<String>,
        }
    }

    const TABLE: &[Attribute] = &[
        Attribute { field: "on", key: "it.on", of: &["a", "b"] },
        Attribute { field: "count", key: "it.count", of: &["a"] },
        Attribute { field: "mode", key: "it.mode", of: &["a"] },
    ];

    fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Attributes {
        pairs.into_iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
    }

    #[test]
    fn only_what_the_kind_has_and_the_user_says_is_wanted() {
        let sample = Sample { on: false, count: 3, mode: None };
        assert_eq!(wanted(&sample, "a", TABLE), pairs([("it.on", "false"), ("it.count", "3")]));
        assert_eq!(wanted(&sample, "b", TABLE), pairs([("it.on", "false")]));
    }

    #[test]
    fn what_is_left_out_has_its_default_and_what_the_kind_lacks_stays() {
        let sample = Sample { on: false, count: 3, mode: Some("x".into()) };
        let told_of = |kind| told(&sample, kind, TABLE, &pairs([("it.count", "5")])).unwrap();
        assert_eq!(told_of("a"), Sample { on: true, count: 5, mode: Some("x".into()) });
        assert_eq!(told_of("b"), Sample { on: true, count: 3, mode: Some("x".into()) });
    }

    #[test]
    fn only_what_differs_is_changed() {
        let now = pairs([("a", "1"), ("b", "2")]);
        let wanted = pairs([("a", "1"), ("b", ""), ("c", ""), ("d", "4")]);
        assert_eq!(changed(wanted, &now), pairs([("b", ""), ("d", "4")]));
    }
}
