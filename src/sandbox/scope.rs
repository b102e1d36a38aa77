//! What the services of the sandbox see of one call.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::documents::Documents;
use super::fault::Fault;

/// The account that everything in the sandbox belongs to.
pub const ACCOUNT: &str = "123456789012";

/// What an operation answers.
pub type Answer = Result<Value, Fault>;

/// One call in its region.
#[derive(Debug)]
pub struct Scope<'a> {
    /// The region's name.
    pub region: &'a str,
    /// What the request carries.
    pub input: &'a Value,
    /// What exists in the region.
    pub documents: &'a mut Documents,
}

impl Scope<'_> {
    /// An ARN of this account and region.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{ACCOUNT}:{resource}", self.region)
    }
}

/// Reading documents without ceremony: what is absent or of another kind reads as nothing.
pub trait Read {
    /// A text, unless empty.
    fn text(&self, name: &str) -> Option<&str>;
    /// A truth value, as such or as a form writes it.
    fn flag(&self, name: &str) -> Option<bool>;
    /// A whole number, as such or as a form writes it.
    fn number(&self, name: &str) -> Option<i64>;
    /// The items of a list.
    fn list(&self, name: &str) -> &[Value];
    /// The texts in a list.
    fn texts(&self, name: &str) -> Vec<&str>;
    /// A text that has to be there.
    fn required(&self, name: &str) -> Result<&str, Fault>;
}

impl Read for Value {
    fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    fn number(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    fn list(&self, name: &str) -> &[Value] {
        self.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn texts(&self, name: &str) -> Vec<&str> {
        self.list(name).iter().filter_map(Value::as_str).collect()
    }

    fn required(&self, name: &str) -> Result<&str, Fault> {
        self.text(name).ok_or_else(|| {
            Fault::new("MissingParameter", format!("The request must contain the parameter {name}"))
        })
    }
}

/// Changes the list in a field of a document; where there is none it starts empty.
pub fn edit_list<R>(
    document: &mut Value,
    name: &str,
    edit: impl FnOnce(&mut Vec<Value>) -> R,
) -> R {
    let mut items = match document[name].take() {
        Value::Array(items) => items,
        _ => Vec::new(),
    };
    let result = edit(&mut items);
    document[name] = Value::Array(items);
    result
}

/// Copies the named fields that are there from one document to another.
pub fn copy(from: &Value, to: &mut Value, names: &[&str]) {
    for name in names {
        if let Some(value) = from.get(name).filter(|value| !value.is_null()) {
            to[*name] = value.clone();
        }
    }
}

/// Adds tags to a list of `key`, `value` pairs, replacing those of the same key.
///
/// The names of the two fields differ by service: `key` and `value`, or `Key` and `Value`.
pub fn add_tags(tags: &mut Vec<Value>, added: &[Value], (key, value): (&str, &str)) {
    for tag in added {
        let name = tag.text("Key").or(tag.text("key")).unwrap_or_default();
        let text = tag.get("Value").or(tag.get("value")).cloned().unwrap_or(json!(""));
        tags.retain(|old| old.text(key) != Some(name));
        tags.push(Value::Object(Map::from_iter([(key.into(), json!(name)), (value.into(), text)])));
    }
    tags.sort_by(|a, b| a.text(key).cmp(&b.text(key)));
}

/// A fresh identifier of `digits` hexadecimal digits.
pub fn hexadecimal(digits: usize) -> String {
    let mut text = uuid::Uuid::new_v4().simple().to_string();
    // The version and variant digits of a UUID are not random; the rest is.
    text.remove(16);
    text.remove(12);
    text.truncate(digits);
    text
}

/// This moment, as XML answers write it.
pub fn now() -> String {
    let moment = OffsetDateTime::now_utc().replace_millisecond(0).ok();
    let moment = moment.unwrap_or_else(OffsetDateTime::now_utc);
    moment.format(&Rfc3339).unwrap_or_default()
}

/// This moment in seconds since 1970, as JSON answers write it.
pub fn epoch() -> Value {
    json!(OffsetDateTime::now_utc().unix_timestamp())
}

/// One page of a list, with the token of the next page if there is one.
pub fn page<T>(items: Vec<T>, token: Option<&str>, size: usize) -> (Vec<T>, Option<String>) {
    let start = token.and_then(|token| token.parse().ok()).unwrap_or(0);
    let end = start + size.max(1);
    let next = (end < items.len()).then(|| end.to_string());
    (items.into_iter().skip(start).take(size.max(1)).collect(), next)
}
