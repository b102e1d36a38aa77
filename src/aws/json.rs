//! JSON documents and IAM policies compared by meaning, for `Field::equivalent`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use crate::value::Value;

mod told;
pub use told::tell_policy;

/// Whether two strings hold the same JSON, white space and the order of keys aside.
pub fn same_json(a: &Value, b: &Value) -> bool {
    same(a, b, |json| json)
}

/// Whether two strings hold policies that mean the same: the order of statements, actions,
/// resources, principals and values does not count, one element is as good as a list of it, an
/// account is its root user, and actions are the same in upper and lower case.
pub fn same_policy(a: &Value, b: &Value) -> bool {
    same(a, b, |json| policy(&json))
}

fn same(a: &Value, b: &Value, meaning: impl Fn(Json) -> Json) -> bool {
    let (Some(a), Some(b)) = (text(a), text(b)) else { return false };
    if a == b {
        return true;
    }
    let parse = |text: &str| serde_json::from_str::<Json>(text).ok();
    match (parse(a), parse(b)) {
        (Some(a), Some(b)) => meaning(a) == meaning(b),
        _ => false,
    }
}

/// The text of a string; nothing is an empty text, and an empty object means nothing.
fn text(value: &Value) -> Option<&str> {
    if value.is_null() {
        return Some("");
    }
    value.as_str().map(str::trim).map(|text| if text == "{}" { "" } else { text })
}

/// A policy in a form that only depends on its meaning.
fn policy(json: &Json) -> Json {
    let Json::Object(fields) = json else { return json.clone() };
    let mut made: BTreeMap<String, Json> = BTreeMap::new();
    // the version that a policy without one has
    made.insert("Version".into(), Json::from("2008-10-17"));
    for (name, value) in fields {
        let value = match name.as_str() {
            "Statement" => sorted(list(value).into_iter().map(statement).collect()),
            _ => value.clone(),
        };
        made.insert(name.clone(), value);
    }
    Json::Object(made.into_iter().collect())
}

fn statement(json: &Json) -> Json {
    let Json::Object(fields) = json else { return json.clone() };
    let mut made: BTreeMap<&str, Json> = BTreeMap::new();
    for (name, value) in fields {
        let value = match name.as_str() {
            "Action" | "NotAction" => set(value, str::to_lowercase),
            "Resource" | "NotResource" => set(value, str::to_string),
            "Principal" | "NotPrincipal" => principals(value),
            "Condition" => conditions(value),
            "Sid" if value == "" => continue,
            _ => value.clone(),
        };
        made.insert(name, value);
    }
    object(made)
}

/// Everybody is written `*` or `{"AWS": "*"}`.
fn principals(json: &Json) -> Json {
    match json {
        Json::Object(kinds) => {
            let kinds = kinds.iter().map(|(kind, who)| (kind.as_str(), set(who, root_is_account)));
            object(kinds.collect())
        }
        everybody => object(BTreeMap::from([("AWS", set(everybody, root_is_account))])),
    }
}

/// `arn:aws:iam::123456789012:root` is `123456789012`.
fn root_is_account(who: &str) -> String {
    let parts: Vec<&str> = who.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "iam", "", account, "root"] => account.to_string(),
        _ => who.to_string(),
    }
}

fn conditions(json: &Json) -> Json {
    let Json::Object(tests) = json else { return json.clone() };
    let variables = |json: &Json| match json {
        Json::Object(variables) => {
            // keys of conditions are the same in upper and lower case
            let made: BTreeMap<String, Json> = variables
                .iter()
                .map(|(name, it)| (name.to_lowercase(), set(it, str::to_string)))
                .collect();
            Json::Object(made.into_iter().collect())
        }
        other => other.clone(),
    };
    object(tests.iter().map(|(test, it)| (test.as_str(), variables(it))).collect())
}

fn object(fields: BTreeMap<&str, Json>) -> Json {
    Json::Object(fields.into_iter().map(|(name, it)| (name.to_string(), it)).collect::<Map<_, _>>())
}

/// The elements of a list; anything else is the only element.
fn list(json: &Json) -> Vec<&Json> {
    match json {
        Json::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

/// A string or a list of them as a sorted list without duplicates; `true` is `"true"`.
fn set(json: &Json, spelling: fn(&str) -> String) -> Json {
    let texts: BTreeSet<String> = list(json)
        .into_iter()
        .map(|it| match it {
            Json::String(text) => spelling(text),
            other => other.to_string(),
        })
        .collect();
    Json::Array(texts.into_iter().map(Json::String).collect())
}

fn sorted(mut items: Vec<Json>) -> Json {
    items.sort_by_cached_key(Json::to_string);
    items.dedup();
    Json::Array(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(a: &str, b: &str) -> bool {
        same_json(&Value::string(a), &Value::string(b))
    }

    fn policies(a: &str, b: &str) -> bool {
        same_policy(&Value::string(a), &Value::string(b))
    }

    #[test]
    fn json_is_compared_by_content() {
        assert!(json(r#"{"a": 1, "b": [1, 2]}"#, "{\"b\":[1,2],\n\"a\":1}"));
        assert!(!json(r#"{"a": [1, 2]}"#, r#"{"a": [2, 1]}"#));
        assert!(!json(r#"{"a": 1}"#, "not json"));
        assert!(json("not json", "not json"));
        assert!(same_json(&Value::NULL, &Value::string("")));
        assert!(!same_json(&Value::NULL, &Value::string("[]")));
    }

    #[test]
    fn policies_that_mean_the_same_are_the_same() {
        let same = [
            (
                r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get","Resource":["a","b"]}}"#,
                r#"{"Statement":[{"Resource":["b","a"],"Action":["S3:get"],"Effect":"Allow","Sid":""}],"Version":"2012-10-17"}"#,
            ),
            (
                r#"{"Statement":[{"Sid":"A"},{"Sid":"B"}]}"#,
                r#"{"Version":"2008-10-17","Statement":[{"Sid":"B"},{"Sid":"A"}]}"#,
            ),
            (
                r#"{"Statement":[{"Principal":{"AWS":"123456789012"}}]}"#,
                r#"{"Statement":[{"Principal":{"AWS":["arn:aws:iam::123456789012:root"]}}]}"#,
            ),
            (
                r#"{"Statement":[{"Principal":"*"}]}"#,
                r#"{"Statement":[{"Principal":{"AWS":"*"}}]}"#,
            ),
            (
                r#"{"Statement":[{"Condition":{"Bool":{"aws:SecureTransport":true}}}]}"#,
                r#"{"Statement":[{"Condition":{"Bool":{"AWS:SecureTransport":["true"]}}}]}"#,
            ),
        ];
        for (a, b) in same {
            assert!(policies(a, b), "{a}\n{b}");
        }
    }

    #[test]
    fn policies_that_mean_something_else_differ() {
        let different = [
            (r#"{"Statement":[{"Effect":"Allow"}]}"#, r#"{"Statement":[{"Effect":"Deny"}]}"#),
            (r#"{"Statement":[{"Resource":"a"}]}"#, r#"{"Statement":[{"Resource":"A"}]}"#),
            (r#"{"Statement":[{"Action":"a"}]}"#, r#"{"Statement":[{"NotAction":"a"}]}"#),
            (r#"{"Version":"2012-10-17"}"#, r#"{"Version":"2008-10-17"}"#),
            (
                r#"{"Statement":[{"Principal":{"AWS":"1"}}]}"#,
                r#"{"Statement":[{"Principal":{"Service":"1"}}]}"#,
            ),
        ];
        for (a, b) in different {
            assert!(!policies(a, b), "{a}\n{b}");
        }
    }
}
