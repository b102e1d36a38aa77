//! IAM: roles, their policies, and managed policies. Nothing is allowed or denied by them here.
//!
//! Documents are kept percent-encoded, as IAM shows them.

pub mod aws_managed;
pub mod details;
pub mod document;
pub mod policy;
pub mod role;
pub mod role_policy;

use serde_json::{Value, json};

use super::fault::Fault;
use super::scope::{ACCOUNT, Answer, Read, Scope, add_tags, edit_list, hexadecimal, page};

/// Roles, by name, with their policies in `~inline` and `~attached`.
pub const ROLE: &str = "iam-role";
/// Policies of the account, by ARN, with their versions in `~versions`.
pub const POLICY: &str = "iam-policy";

/// Answers an IAM call.
pub fn answer(scope: &mut Scope<'_>, operation: &str) -> Answer {
    let known = role::answer(scope, operation)
        .or_else(|| role_policy::answer(scope, operation))
        .or_else(|| policy::answer(scope, operation))
        .or_else(|| details::answer(scope, operation));
    known.unwrap_or_else(|| {
        let message = format!("The sandbox does not have the IAM action {operation}");
        Err(Fault::new("InvalidAction", message))
    })
}

fn gone(message: impl Into<String>) -> Fault {
    Fault::new("NoSuchEntity", message).with_status(404)
}

fn exists(message: impl Into<String>) -> Fault {
    Fault::new("EntityAlreadyExists", message).with_status(409)
}

fn conflict(message: impl Into<String>) -> Fault {
    Fault::new("DeleteConflict", message).with_status(409)
}

fn over_limit(message: impl Into<String>) -> Fault {
    Fault::new("LimitExceeded", message).with_status(409)
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::new("ValidationError", message)
}

/// A name that a request gives; IAM takes letters, digits and `+=,.@-_`.
fn name<'a>(input: &'a Value, parameter: &str, longest: usize) -> Result<&'a str, Fault> {
    let name = input.required(parameter)?;
    let allowed = |it: char| it.is_ascii_alphanumeric() || "+=,.@-_".contains(it);
    if name.chars().all(allowed) && name.len() <= longest {
        return Ok(name);
    }
    Err(invalid(format!(
        "The specified value for {parameter} is invalid. It must contain only alphanumeric \
         characters and/or the following: +=,.@_- and have at most {longest} characters"
    )))
}

/// The path that a request gives: `/`, or a text between two slashes.
fn path(input: &Value) -> Result<&str, Fault> {
    let path = input.text("Path").unwrap_or("/");
    if path.starts_with('/') && path.ends_with('/') && path.len() <= 512 {
        return Ok(path);
    }
    Err(invalid("The specified value for path is invalid. It must begin and end with /."))
}

/// The ARN of something of the account.
fn arn(kind: &str, path: &str, name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{kind}{path}{name}")
}

/// A fresh unique id, which begins with what it is the id of.
fn unique(prefix: &str) -> String {
    format!("{prefix}{}", hexadecimal(17).to_uppercase())
}

/// One page of a list.
fn paged(input: &Value, list: &str, items: Vec<Value>) -> Answer {
    let size = match input.number("MaxItems") {
        None => 100,
        Some(size @ 1..=1000) => usize::try_from(size).unwrap_or(100),
        Some(_) => return Err(invalid("Value at 'maxItems' must be between 1 and 1000")),
    };
    let (found, next) = page(items, input.text("Marker"), size);
    Ok(json!({(list): found, "IsTruncated": next.is_some(), "Marker": next}))
}

const TAG_NAMES: (&str, &str) = ("Key", "Value");

/// Gives an object the tags of a request.
fn tag(object: &mut Value, input: &Value) -> Answer {
    edit_list(object, "Tags", |tags| add_tags(tags, input.list("Tags"), TAG_NAMES));
    match object.list("Tags").len() {
        0..=50 => Ok(json!({})),
        _ => Err(over_limit("Cannot exceed quota for TagsPerResource: 50")),
    }
}

/// Takes the tags off an object that a request names.
fn untag(object: &mut Value, input: &Value) -> Answer {
    let keys = input.texts("TagKeys");
    edit_list(object, "Tags", |tags| {
        tags.retain(|tag| !tag.text("Key").is_some_and(|key| keys.contains(&key)));
    });
    Ok(json!({}))
}

/// An object without the fields that lists do not show.
fn listed(object: &Value, hidden: &[&str]) -> Value {
    let fields = object.as_object().into_iter().flatten();
    let shown = fields.filter(|(name, _)| !hidden.contains(&name.as_str()));
    Value::Object(shown.map(|(name, value)| (name.clone(), value.clone())).collect())
}
