//! Requests as JSON documents, and JSON documents as answers, in the protocols of AWS.

use std::fmt::Write;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::call::{Call, Protocol};
use super::fault::{Fault, escape, request_id};

/// What a request carries, as one document whatever the protocol.
///
/// A form's `Tags.member.1.Key=a` and `Tag.1.Key=a` become lists; its values all stay text.
pub fn input(call: &Call, body: &[u8]) -> Result<Value, Fault> {
    match call.protocol {
        Protocol::Ec2 | Protocol::Query => Ok(form(body)),
        Protocol::Json | Protocol::RestJson if body.is_empty() => Ok(Value::Object(Map::new())),
        Protocol::Json | Protocol::RestJson => serde_json::from_slice(body)
            .map_err(|error| Fault::new("SerializationException", error.to_string())),
    }
}

fn form(body: &[u8]) -> Value {
    let mut root = Value::Object(Map::new());
    let body = String::from_utf8_lossy(body);
    for pair in body.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let mut place = &mut root;
        for key in decoded(name).split('.') {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            place = &mut place[key];
        }
        *place = Value::String(decoded(value));
    }
    lists(root)
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// Turns objects whose keys are 1, 2, 3, … into lists, and drops the `member` of query lists.
fn lists(value: Value) -> Value {
    let Value::Object(fields) = value else { return value };
    if fields.len() == 1 && fields.contains_key("member") {
        return fields.into_iter().map(|(_, inner)| lists(inner)).next().unwrap_or_default();
    }
    let numbers: Option<Vec<u32>> = fields.keys().map(|key| key.parse().ok()).collect();
    match numbers {
        Some(numbers) if !numbers.is_empty() => {
            let mut items: Vec<_> = numbers.into_iter().zip(fields).collect();
            items.sort_by_key(|(number, _)| *number);
            Value::Array(items.into_iter().map(|(_, (_, item))| lists(item)).collect())
        }
        _ => Value::Object(fields.into_iter().map(|(key, value)| (key, lists(value))).collect()),
    }
}

/// The content type and body of an answer.
pub fn output(call: &Call, result: &Value) -> (&'static str, String) {
    let operation = &call.operation;
    match call.protocol {
        Protocol::Ec2 => {
            let mut body = format!("<{operation}Response><requestId>{}</requestId>", request_id());
            fields(&mut body, result, "item");
            let _ = write!(body, "</{operation}Response>");
            ("text/xml", body)
        }
        Protocol::Query => {
            let mut body = format!("<{operation}Response><{operation}Result>");
            fields(&mut body, result, "member");
            let _ = write!(
                body,
                "</{operation}Result><ResponseMetadata><RequestId>{}</RequestId>\
                 </ResponseMetadata></{operation}Response>",
                request_id()
            );
            ("text/xml", body)
        }
        Protocol::Json => ("application/x-amz-json-1.1", visible(result).to_string()),
        Protocol::RestJson => ("application/json", visible(result).to_string()),
    }
}

/// Fields that start with `~` are the sandbox's own notes.
fn shown(name: &str) -> bool {
    !name.starts_with('~')
}

/// A document without the sandbox's notes and without nulls.
fn visible(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(visible).collect()),
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(name, value)| shown(name) && !value.is_null());
            Value::Object(fields.map(|(name, value)| (name.clone(), visible(value))).collect())
        }
        other => other.clone(),
    }
}

fn fields(body: &mut String, value: &Value, item: &str) {
    for (name, value) in value.as_object().into_iter().flatten().filter(|(name, _)| shown(name)) {
        element(body, name, value, item);
    }
}

fn element(body: &mut String, name: &str, value: &Value, item: &str) {
    if value.is_null() {
        return;
    }
    // the pairs of a map follow each other without a list around them
    if let ("entry", Value::Array(items)) = (name, value) {
        return items.iter().for_each(|value| element(body, name, value, item));
    }
    let _ = write!(body, "<{name}>");
    match value {
        Value::Array(items) => items.iter().for_each(|value| element(body, item, value, item)),
        Value::Object(_) => fields(body, value, item),
        Value::String(text) => body.push_str(&escape(text)),
        other => body.push_str(&other.to_string()),
    }
    let _ = write!(body, "</{name}>");
}

#[cfg(test)]
mod tests {
    use super::super::call::tests::request;
    use super::*;
    use serde_json::json;

    #[test]
    fn forms_become_documents() {
        let body = b"Action=X&Tag.2.Key=b&Tag.1.Key=a+b%2Fc&Filter.1.Value.1=x&Name=";
        let expected = json!({
            "Action": "X",
            "Tag": [{"Key": "a b/c"}, {"Key": "b"}],
            "Filter": [{"Value": ["x"]}],
            "Name": "",
        });
        assert_eq!(form(body), expected);
        let body = b"Subnets.member.1=s1&Subnets.member.2=s2&Actions.member.1.Order=1";
        let expected = json!({"Subnets": ["s1", "s2"], "Actions": [{"Order": "1"}]});
        assert_eq!(form(body), expected);
    }

    #[test]
    fn documents_become_xml() {
        let call = Call::of(&request("ec2", "DescribeVpcs", Protocol::Ec2));
        let result =
            json!({"vpcSet": [{"vpcId": "a&b", "isDefault": true, "~x": 1, "gone": null}], "n": 1});
        let (_, body) = output(&call, &result);
        let expected = "<vpcSet><item><vpcId>a&amp;b</vpcId><isDefault>true</isDefault></item></vpcSet><n>1</n>";
        assert!(body.contains(expected), "{body}");
        let call = Call::of(&request("elasticloadbalancing", "DescribeRules", Protocol::Query));
        let (_, body) = output(&call, &json!({"Rules": ["x"]}));
        let expected =
            "<DescribeRulesResult><Rules><member>x</member></Rules></DescribeRulesResult>";
        assert!(body.contains(expected), "{body}");
    }
}
