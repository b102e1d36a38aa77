//! The difference of policies, for the eye.

use std::collections::VecDeque;

use serde_json::{Map, Value as Json};

use super::{list, statement};
use crate::value::json::from_json;
use crate::value::{Type, Value};

/// Two policies with their statements beside each other, with what means the same in the words of the
/// new one, and with sets where order does not count.
pub fn tell_policy(old: &Value, new: &Value, _object: &Value) -> Option<(Value, Value)> {
    let parse = |it: &Value| serde_json::from_str::<Map<String, Json>>(it.as_str()?).ok();
    let (old, new) = (parse(old)?, parse(new)?);
    let now = statements(&new);
    let before = beside(statements(&old), &now);
    Some((shown(&old, &before), shown(&new, &now)))
}

fn statements(policy: &Map<String, Json>) -> Vec<Json> {
    policy.get("Statement").map(list).into_iter().flatten().cloned().collect()
}

/// The old statements, each at the place of the new one that it has become; null where one is new.
fn beside(old: Vec<Json>, new: &[Json]) -> Vec<Json> {
    let mut left: VecDeque<Json> = old.into();
    let mut partners: Vec<Option<Json>> = new
        .iter()
        .map(|now| {
            let at = left.iter().position(|it| is_same(it, now))?;
            left.remove(at)
        })
        .collect();
    for partner in partners.iter_mut().filter(|it| it.is_none()) {
        *partner = left.pop_front();
    }
    let paired = partners.into_iter().zip(new);
    let paired = paired.map(|(it, now)| it.map_or(Json::Null, |it| reworded(it, now)));
    paired.chain(left).collect()
}

/// Whether a statement is the old form of another: it means the same, or is called the same.
fn is_same(old: &Json, new: &Json) -> bool {
    let sid = |it: &Json| it.get("Sid").and_then(Json::as_str).unwrap_or_default().to_string();
    statement(old) == statement(new) || (!sid(old).is_empty() && sid(old) == sid(new))
}

/// A statement, with the fields that mean the same as in the new one written as there.
fn reworded(old: Json, new: &Json) -> Json {
    let (Json::Object(old), Json::Object(now)) = (&old, new) else { return old };
    let alone = |name: &str, it: &Json| {
        statement(&Json::Object(Map::from_iter([(name.to_string(), it.clone())])))
    };
    let field = |(name, it): (&String, &Json)| match now.get(name) {
        Some(now) if alone(name, it) == alone(name, now) => (name.clone(), now.clone()),
        _ => (name.clone(), it.clone()),
    };
    let kept = old.iter().filter(|(name, it)| *name != "Sid" || **it != "");
    Json::Object(kept.map(field).collect())
}

fn shown(policy: &Map<String, Json>, statements: &[Json]) -> Value {
    let rest = policy.iter().filter(|(name, _)| *name != "Statement");
    let rest = rest.map(|(name, it)| (name.clone(), from_json(it)));
    let statements = Value::tuple(statements.iter().map(shown_statement));
    Value::object(rest.chain([("Statement".to_string(), statements)]))
}

fn shown_statement(json: &Json) -> Value {
    let Json::Object(fields) = json else { return from_json(json) };
    let field = |(name, it): (&String, &Json)| {
        let value = match name.as_str() {
            "Sid" if *it == "" => Value::NULL,
            "Action" | "NotAction" | "Resource" | "NotResource" => {
                Value::set(Type::String, list(it).into_iter().map(from_json))
            }
            _ => from_json(it),
        };
        (name.clone(), value)
    };
    Value::object(fields.iter().map(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(old: &str, new: &str) -> (Value, Value) {
        tell_policy(&Value::string(old), &Value::string(new), &Value::NULL).unwrap()
    }

    #[test]
    fn only_what_means_something_else_differs() {
        let (old, new) = told(
            r#"{"Statement":[
                {"Sid":"A","Effect":"Allow","Action":["s3:Get*","S3:List*"],"Resource":["*"]},
                {"Effect":"Deny","Action":"iam:*","Resource":"*","Sid":""}]}"#,
            r#"{"Statement":[
                {"Effect":"Deny","Action":["iam:*"],"Resource":["*"]},
                {"Effect":"Allow","Action":"ec2:*","Resource":"*"},
                {"Sid":"A","Effect":"Allow","Action":["s3:list*","s3:Get*"],"Resource":"a"}]}"#,
        );
        let (old, new) = (old.get("Statement"), new.get("Statement"));
        let (old, new) = (old.items().unwrap(), new.items().unwrap());
        assert_eq!((old.len(), &old[0], &old[1]), (3, &new[0], &Value::NULL));
        assert_eq!(old[2].get("Action"), new[2].get("Action"));
        assert_eq!(old[2].get("Resource").items().unwrap(), [Value::string("*")]);
        assert_eq!(new[2].get("Resource").items().unwrap(), [Value::string("a")]);
    }

    #[test]
    fn what_is_gone_comes_last() {
        let (old, new) = told(
            r#"{"Statement":[{"Sid":"A","Action":"a"},{"Sid":"B","Action":"b"}]}"#,
            r#"{"Statement":[{"Sid":"B","Action":"b"}]}"#,
        );
        let (old, new) = (old.get("Statement"), new.get("Statement"));
        assert_eq!(old.items().unwrap().len(), 2);
        assert_eq!(old.items().unwrap()[0], new.items().unwrap()[0]);
    }

    #[test]
    fn what_is_no_policy_is_not_told() {
        assert!(tell_policy(&"x".into(), &"{}".into(), &Value::NULL).is_none());
    }
}
