//! What a schema demands of known values.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{LazyLock, Mutex, PoisonError};

use ipnet::IpNet;
use regex::Regex;

use super::{Check, Field, Schema, Shape, Syntax};
use crate::value::{Fields, Number, Path, Step, Value};

/// A demand of the schema that a value does not fulfil.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where in the object; the object itself where something is missing.
    pub path: Path,
    /// What is wrong, in a few words.
    pub summary: &'static str,
    /// The whole story in a sentence. Secrets are not shown.
    pub message: String,
    /// What else in the object has to do with it.
    pub others: Vec<Path>,
}

const INVALID: &str = "Invalid value for argument";
const COMBINATION: &str = "Invalid combination of arguments";

/// Checks an object of the schema, what is known of it, at any depth.
pub fn validate(schema: &Schema, value: &Value) -> Vec<Violation> {
    validate_with(schema, value, &|_| true)
}

/// Checks an object of the schema, and of the fields that hold objects those that are to be entered.
pub fn validate_with(
    schema: &Schema,
    value: &Value,
    enter: &dyn Fn(&Field) -> bool,
) -> Vec<Violation> {
    let mut checker = Checker { at: Path::default(), found: Vec::new(), enter };
    checker.object(schema, value, true);
    checker.found
}

struct Checker<'a> {
    at: Path,
    found: Vec<Violation>,
    enter: &'a dyn Fn(&Field) -> bool,
}

impl Checker<'_> {
    fn report(&mut self, summary: &'static str, message: String) {
        let violation = Violation { path: self.at.clone(), summary, message, others: Vec::new() };
        if !self.found.contains(&violation) {
            self.found.push(violation);
        }
    }

    fn step(&mut self, step: Step, inside: impl FnOnce(&mut Self)) {
        self.at.push(step);
        inside(self);
        self.at.pop();
    }

    fn object(&mut self, schema: &Schema, value: &Value, outermost: bool) {
        let Value::Object(fields) = value.bare() else { return };
        for field in &schema.fields {
            let Some(value) = fields.get(field.name) else { continue };
            if demands_others(field) {
                self.combinations(field, fields);
            }
            if value.is_null() || !value.is_known() {
                continue;
            }
            self.step(Step::Attribute(field.name.to_string()), |inside| {
                inside.field(field, value, outermost);
            });
        }
    }

    fn field(&mut self, field: &Field, value: &Value, outermost: bool) {
        let entered = !outermost || (self.enter)(field);
        if field.syntax == Syntax::Attribute || field.syntax == Syntax::Either && entered {
            self.count(field, value);
        }
        if let Some(schema) = field.shape.block() {
            if entered {
                self.each(value, &mut |inside, item| inside.object(schema, item, false));
            }
            return;
        }
        match field.shape {
            Shape::List(_) | Shape::Set(_) | Shape::Map(_) => {
                let list = !matches!(field.shape, Shape::Map(_)) && !field.null_elements;
                self.each(value, &mut |inside, item| inside.element(field, item, list));
            }
            _ => self.checks(field, value),
        }
    }

    fn each(&mut self, value: &Value, check: &mut dyn FnMut(&mut Self, &Value)) {
        if matches!(value.bare(), Value::Object(_)) {
            return check(self, value);
        }
        for (step, item) in value.children() {
            self.step(step, |inside| check(inside, item));
        }
    }

    fn element(&mut self, field: &Field, item: &Value, list: bool) {
        if item.is_null() && list {
            let message = format!("The elements of `{}` cannot be null.", field.name);
            return self.report(INVALID, message);
        }
        if item.is_known() && !item.is_null() {
            self.checks(field, item);
        }
    }

    /// The number of elements of what is given as an argument.
    fn count(&mut self, field: &Field, value: &Value) {
        let length = value.items().map(<[Value]>::len).or_else(|| match value.bare() {
            Value::Map(_, fields) => Some(fields.len()),
            _ => None,
        });
        let Some(length) = length else { return };
        if length < field.items.0 && value.is_wholly_known() {
            let (name, least) = (field.name, elements(field.items.0));
            self.report(INVALID, format!("`{name}` needs at least {least}, but has {length}."));
        }
        if let Some(most) = field.items.1.filter(|most| length > *most)
            && value.is_wholly_known()
        {
            let (name, most) = (field.name, elements(most));
            self.report(INVALID, format!("`{name}` can have at most {most}, but has {length}."));
        }
    }

    fn checks(&mut self, field: &Field, value: &Value) {
        let secret = field.sensitive || !value.marks().is_empty();
        for check in &field.checks {
            if let Err(wrong) = check.judge(value.bare(), secret) {
                self.report(INVALID, format!("`{}` {wrong}.", field.name));
            }
        }
    }

    /// What fields demand of each other.
    fn combinations(&mut self, field: &Field, fields: &Fields) {
        let presence = |name: &&str| presence(fields.get(*name));
        let listed = |names: &[&str]| {
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        };
        if presence(&field.name) == Presence::Given {
            let given = |name: &&&str| presence(name) == Presence::Given;
            if let Some(other) = field.conflicts_with.iter().find(given) {
                let message = format!("`{}` cannot be given together with `{other}`.", field.name);
                self.conflict(field.name, message, &[other]);
            }
            let absent = |name: &&&str| presence(name) == Presence::Absent;
            for other in field.required_with.iter().filter(absent) {
                let message = format!("With `{}`, `{other}` must be given too.", field.name);
                self.conflict(field.name, message, &[]);
            }
        }
        let of = |names: &[&str], sought| names.iter().filter(|it| presence(it) == sought).count();
        let exactly = field.exactly_one_of;
        if of(exactly, Presence::Given) > 1 && presence(&field.name) == Presence::Given {
            let message = format!("Only one of {} can be given.", listed(exactly));
            let given = |it: &&str| presence(it) == Presence::Given && *it != field.name;
            let others: Vec<&str> = exactly.iter().copied().filter(given).collect();
            self.conflict(field.name, message, &others);
        }
        if !exactly.is_empty() && of(exactly, Presence::Absent) == exactly.len() {
            self.report(COMBINATION, format!("One of {} must be given.", listed(exactly)));
        }
        let least = field.at_least_one_of;
        if !least.is_empty() && of(least, Presence::Absent) == least.len() {
            self.report(COMBINATION, format!("At least one of {} must be given.", listed(least)));
        }
    }

    fn conflict(&mut self, name: &str, message: String, others: &[&str]) {
        let count = self.found.len();
        self.step(Step::Attribute(name.to_string()), |inside| inside.report(COMBINATION, message));
        let at = |name: &&str| {
            let mut path = self.at.clone();
            path.push(Step::Attribute(name.to_string()));
            path
        };
        if let Some(violation) = self.found.get_mut(count) {
            violation.others = others.iter().map(at).collect();
        }
    }
}

/// Whether the field demands something of others.
fn demands_others(field: &Field) -> bool {
    let lists =
        [field.conflicts_with, field.exactly_one_of, field.at_least_one_of, field.required_with];
    lists.iter().any(|list| !list.is_empty())
}

fn elements(count: usize) -> String {
    if count == 1 { "one element".to_string() } else { format!("{count} elements") }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Given,
    Absent,
    Unknown,
}

/// Whether a field is given: nulls and empty collections of blocks are not.
fn presence(value: Option<&Value>) -> Presence {
    match value.map(Value::bare) {
        None | Some(Value::Null(_)) => Presence::Absent,
        Some(Value::Unknown(unknown)) => {
            if unknown.not_null && unknown.ty.element().is_none() {
                Presence::Given
            } else {
                Presence::Unknown
            }
        }
        Some(Value::List(_, items) | Value::Set(_, items)) if items.is_empty() => Presence::Absent,
        Some(_) => Presence::Given,
    }
}

impl Check {
    /// What is wrong with the value, to follow the name of the field; secrets are not shown.
    fn judge(&self, value: &Value, secret: bool) -> Result<(), String> {
        let shown = |text: &str| if secret { String::new() } else { format!(", not {text:?}") };
        match (self, value) {
            (Check::OneOf(allowed), Value::String(text)) => one_of(allowed, text, secret),
            (Check::Whole, Value::Number(number)) if number.as_i64().is_none() => {
                let found = if secret { String::new() } else { format!(", not {number}") };
                Err(format!("must be a whole number{found}"))
            }
            (Check::Between(least, most), Value::Number(number)) => {
                between(*least, *most, number, secret)
            }
            (Check::Length(least, most), Value::String(text)) => {
                let length = text.chars().count();
                if (*least..=*most).contains(&length) {
                    return Ok(());
                }
                let range = length_range(*least, *most);
                Err(format!("must have {range}, but has {length}"))
            }
            (Check::Pattern(pattern, meaning), Value::String(text)) => {
                if matches(pattern, text)? {
                    return Ok(());
                }
                Err(format!("must be {meaning}{}", shown(text)))
            }
            (Check::Cidr, Value::String(text)) => cidr(text, secret),
            (Check::Arn, Value::String(text)) if !is_arn(text) => Err(format!(
                "must be an ARN, such as \"arn:aws:service:region:account:name\"{}",
                shown(text)
            )),
            (Check::Json, Value::String(text)) => json(text),
            (Check::Custom(judge), value) => judge(value).map_err(|wrong| {
                let wrong = if secret { "is not valid".to_string() } else { wrong };
                wrong.trim_end_matches('.').to_string()
            }),
            _ => Ok(()),
        }
    }
}

fn one_of(allowed: &[&str], text: &str, secret: bool) -> Result<(), String> {
    if allowed.contains(&text) {
        return Ok(());
    }
    let listed: Vec<String> = allowed.iter().map(|it| format!("{it:?}")).collect();
    let found = if secret { String::new() } else { format!(", not {text:?}") };
    match listed.as_slice() {
        [only] => Err(format!("must be {only}{found}")),
        _ => Err(format!("must be one of {}{found}", listed.join(", "))),
    }
}

fn between(least: i64, most: i64, number: &Number, secret: bool) -> Result<(), String> {
    if (&Number::from(least)..=&Number::from(most)).contains(&number) {
        return Ok(());
    }
    let found = if secret { String::new() } else { format!(", not {number}") };
    if most == i64::MAX {
        return Err(format!("must be at least {least}{found}"));
    }
    Err(format!("must be between {least} and {most}{found}"))
}

fn length_range(least: usize, most: usize) -> String {
    match (least, most) {
        (least, usize::MAX) => format!("at least {least} characters"),
        (0, most) => format!("at most {most} characters"),
        (least, most) if least == most => format!("{most} characters"),
        (least, most) => format!("between {least} and {most} characters"),
    }
}

fn matches(pattern: &'static str, text: &str) -> Result<bool, String> {
    static COMPILED: LazyLock<Mutex<HashMap<&'static str, Regex>>> =
        LazyLock::new(Default::default);
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(regex) = compiled.get(pattern) {
        return Ok(regex.is_match(text));
    }
    let regex = Regex::new(pattern)
        .map_err(|error| format!("cannot be checked: its pattern is malformed ({error})"))?;
    let found = regex.is_match(text);
    compiled.insert(pattern, regex);
    Ok(found)
}

fn cidr(text: &str, secret: bool) -> Result<(), String> {
    let shown = if secret { String::new() } else { format!(", not {text:?}") };
    match text.parse::<IpNet>() {
        Ok(network) if network.addr() == network.network() => Ok(()),
        Ok(_) if secret => Err("must be the first address of its network".to_string()),
        Ok(network) => {
            let trunc = network.trunc();
            Err(format!("must be the first address of its network: {trunc}, not {network}"))
        }
        Err(_) if text.parse::<IpAddr>().is_ok() => {
            Err(format!("must have the length of its prefix, such as \"{}\"{shown}", "10.0.0.0/16"))
        }
        Err(_) => {
            Err(format!("must be a network in CIDR notation, such as \"10.0.0.0/16\"{shown}"))
        }
    }
}

/// As the AWS provider judges: empty text stands for none.
fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, region, account, resource] = parts.as_slice() else {
        return text.is_empty();
    };
    let word =
        |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let account_ok = account.is_empty()
        || (account.len() == 12 && account.chars().all(|c| c.is_ascii_digit()))
        || account.starts_with("aws")
        || *account == "third-party"
        || account.starts_with("cw.");
    *arn == "arn"
        && partition.starts_with("aws")
        && word(partition)
        && !service.is_empty()
        && word(region)
        && account_ok
        && !resource.is_empty()
}

fn json(text: &str) -> Result<(), String> {
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) => Ok(()),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            Err(format!("must be a JSON document; it is not one at line {line}, column {column}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::schema;
    use crate::schema::{FieldType, Secret};
    use crate::value::{Marks, Type};

    const ONE: &[&str] = &["first", "second"];

    schema! {
        /// Something with demands.
        pub struct Thing {
            #[one_of(&["a", "b"])] kind: Option<String>,
            #[check(Check::Between(1, 10))] size: Option<i64>,
            #[check(Check::Length(2, 4))] name: Option<String>,
            #[check(Check::Pattern("^[a-z]+$", "lower-case letters"))] word: Option<String>,
            #[check(Check::Cidr)] network: Option<String>,
            #[check(Check::Cidr)] networks: BTreeSet<String>,
            #[check(Check::Arn)] arn: Option<String>,
            #[check(Check::Json)] policy: Option<String>,
            #[one_of(&["x"])] token: Option<Secret<String>>,
            #[one_of(&["x"])] labels: BTreeMap<String, String>,
            #[max_items(1)] zones: Vec<String>,
            #[exactly_one_of(ONE)] first: Option<String>,
            #[exactly_one_of(ONE)] second: Option<String>,
            #[conflicts_with(&["name"])] #[required_with(&["kind"])] third: Option<String>,
            part: Vec<Part>,
        }

        /// A part of it.
        pub struct Part {
            #[at_least_one_of(&["left", "right"])] left: Option<String>,
            #[at_least_one_of(&["left", "right"])] right: Vec<Part2>,
        }

        /// A part of the part.
        pub struct Part2 { #[check(Check::Between(0, 65535))] port: Option<i64>, }
    }

    fn check(changes: &[(&str, Value)]) -> Vec<String> {
        let Shape::Object(schema) = Thing::shape() else { panic!("not an object") };
        let mut value = Thing::blank().encode().with("first", Value::from("x"));
        for (name, change) in changes {
            value = value.with(name, change.clone());
        }
        let found = validate(&schema, &value);
        found.iter().map(|it| format!("{}: {}", it.path, it.message)).collect()
    }

    #[test]
    fn values_that_are_not_allowed_are_named() {
        let set =
            |items: &[&str]| Value::set(Type::String, items.iter().map(|it| Value::from(*it)));
        let cases = [
            ("kind", Value::from("c"), "kind: `kind` must be one of \"a\", \"b\", not \"c\"."),
            ("size", Value::from(11), "size: `size` must be between 1 and 10, not 11."),
            (
                "name",
                Value::from("abcde"),
                "name: `name` must have between 2 and 4 characters, but has 5.",
            ),
            ("word", Value::from("A"), "word: `word` must be lower-case letters, not \"A\"."),
            (
                "network",
                Value::from("10.0.1.0/16"),
                "network: `network` must be the first address of its network: 10.0.0.0/16, not 10.0.1.0/16.",
            ),
            (
                "networks",
                set(&["10.0.0.0/8", "10.0.0"]),
                "networks[0]: `networks` must be a network in CIDR notation, such as \"10.0.0.0/16\", not \"10.0.0\".",
            ),
            (
                "arn",
                Value::from("arn:aws:iam"),
                "arn: `arn` must be an ARN, such as \"arn:aws:service:region:account:name\", not \"arn:aws:iam\".",
            ),
            (
                "policy",
                Value::from("{\"a\": }"),
                "policy: `policy` must be a JSON document; it is not one at line 1, column 7.",
            ),
            ("token", Value::from("hunter2"), "token: `token` must be \"x\"."),
            (
                "labels",
                Value::map(Type::String, [("k", Value::from("y"))]),
                "labels[\"k\"]: `labels` must be \"x\", not \"y\".",
            ),
            (
                "zones",
                Value::list(Type::String, [Value::from("a"), Value::from("b")]),
                "zones: `zones` can have at most one element, but has 2.",
            ),
            (
                "zones",
                Value::list(Type::String, [Value::Null(Type::String)]),
                "zones[0]: The elements of `zones` cannot be null.",
            ),
            ("second", Value::from("y"), "first: Only one of `first`, `second` can be given."),
            ("first", Value::NULL, ": One of `first`, `second` must be given."),
            ("third", Value::from("z"), "third: With `third`, `kind` must be given too."),
        ];
        for (name, value, expected) in cases {
            assert_eq!(check(&[(name, value)])[0], expected);
        }
    }

    #[test]
    fn good_and_unknown_values_pass() {
        let good = [
            ("kind", Value::from("a")),
            ("size", Value::unknown(Type::Number)),
            ("network", Value::from("fd00::/8")),
            ("arn", Value::from("arn:aws-us-gov:iam::123456789012:role/x")),
            ("policy", Value::from("{}")),
            ("first", Value::unknown(Type::String)),
            ("second", Value::unknown(Type::String)),
        ];
        assert_eq!(check(&good), Vec::<String>::new());
    }

    #[test]
    fn parts_are_checked_where_they_are() {
        let Shape::Object(part) = Part::shape() else { panic!("not an object") };
        let port = Value::object([("port", Value::from(70000))]);
        let bad = Part::blank().encode().with("right", Value::list(Part2::shape().ty(), [port]));
        let parts = Value::list(part.ty(), [Part::blank().encode(), bad]);
        let expected = [
            "part[0]: At least one of `left`, `right` must be given.",
            "part[1].right[0].port: `port` must be between 0 and 65535, not 70000.",
        ];
        assert_eq!(check(&[("part", parts)]), expected);
    }

    #[test]
    fn marked_values_are_not_shown() {
        let found = check(&[("kind", Value::from("hunter2").mark(Marks::SENSITIVE))]);
        assert_eq!(found, ["kind: `kind` must be one of \"a\", \"b\"."]);
    }
}
