//! CloudWatch Logs: log groups. Nothing is logged in the sandbox.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::fault::Fault;
use super::scope::{Answer, Read, Scope, page};

/// The class of groups that only pass on what they are sent.
const DELIVERY: &str = "DELIVERY";

/// Log groups, by name.
pub const GROUP: &str = "log-group";

/// Source: the parameter `retentionInDays` of PutRetentionPolicy in the API reference.
const RETENTIONS: &[i64] = &[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

/// Answers a CloudWatch Logs call.
pub fn answer(scope: &mut Scope<'_>, operation: &str) -> Answer {
    match operation {
        "CreateLogGroup" => create(scope),
        "DescribeLogGroups" => describe(scope),
        "DeleteLogGroup" => delete(scope),
        "PutRetentionPolicy" => put_retention(scope),
        "DeleteRetentionPolicy" => set(scope, "retentionInDays", Value::Null),
        "AssociateKmsKey" => {
            let key = json!(scope.input.required("kmsKeyId")?);
            set(scope, "kmsKeyId", key)
        }
        "DisassociateKmsKey" => set(scope, "kmsKeyId", Value::Null),
        "PutLogGroupDeletionProtection" => {
            let on = scope.input["deletionProtectionEnabled"].clone();
            set(scope, "deletionProtectionEnabled", on)
        }
        "TagResource" | "UntagResource" => change_tags(scope),
        "ListTagsForResource" => {
            let name = by_arn(scope.input)?;
            let group = scope.documents.get(GROUP, name).ok_or_else(not_found)?;
            Ok(json!({"tags": group["~tags"]}))
        }
        _ => {
            let message = format!("The sandbox does not have the Logs operation {operation}");
            Err(Fault::new("UnrecognizedClientException", message))
        }
    }
}

fn not_found() -> Fault {
    Fault::new("ResourceNotFoundException", "The specified log group does not exist.")
}

fn create(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let name = input.required("logGroupName")?;
    if scope.documents.get(GROUP, name).is_some() {
        let message = "The specified log group already exists";
        return Err(Fault::new("ResourceAlreadyExistsException", message));
    }
    let arn = scope.arn("logs", &format!("log-group:{name}"));
    let class = input.text("logGroupClass").unwrap_or("STANDARD");
    // AWS decides how long groups for delivery keep what is in them.
    let kept = if class == DELIVERY { json!(2) } else { Value::Null };
    let made = OffsetDateTime::now_utc().unix_timestamp() * 1000;
    let group = json!({
        "logGroupName": name, "arn": format!("{arn}:*"), "logGroupArn": arn, "creationTime": made,
        "metricFilterCount": 0, "storedBytes": 0, "kmsKeyId": input.text("kmsKeyId"),
        "logGroupClass": class, "retentionInDays": kept,
        "deletionProtectionEnabled": input.flag("deletionProtectionEnabled").unwrap_or(false),
        "~tags": input.get("tags").cloned().unwrap_or_else(|| json!({})),
    });
    scope.documents.put(GROUP, name, group);
    Ok(json!({}))
}

/// `DescribeLogGroups`, by prefix, pattern, class or identifiers, in pages of 50
fn describe(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let prefix = input.text("logGroupNamePrefix").unwrap_or_default();
    let pattern = input.text("logGroupNamePattern").unwrap_or_default().to_lowercase();
    let class = input.text("logGroupClass");
    let identifiers = input.texts("logGroupIdentifiers");
    if identifiers.len() > 50 {
        let message = "Member must have length less than or equal to 50";
        return Err(Fault::new("InvalidParameterException", message));
    }
    let asked = |it: &&Value| {
        let name = it.text("logGroupName").unwrap_or_default();
        let named = |id: &&str| *id == name || it["logGroupArn"] == id.trim_end_matches(":*");
        name.starts_with(prefix)
            && name.to_lowercase().contains(&pattern)
            && class.is_none_or(|class| it["logGroupClass"] == class)
            && (identifiers.is_empty() || identifiers.iter().any(named))
    };
    let groups = scope.documents.all(GROUP).filter(asked).cloned().collect();
    let size = input.number("limit").and_then(|size| usize::try_from(size).ok()).unwrap_or(50);
    let (found, next) = page(groups, input.text("nextToken"), size.min(50));
    Ok(json!({"logGroups": found, "nextToken": next}))
}

fn delete(scope: &mut Scope<'_>) -> Answer {
    let name = scope.input.required("logGroupName")?;
    let group = scope.documents.remove(GROUP, name).ok_or_else(not_found)?;
    match group.flag("deletionProtectionEnabled") {
        Some(true) => {
            let message = "The log group is protected against deletion";
            Err(Fault::new("ValidationException", message))
        }
        _ => Ok(json!({})),
    }
}

/// Sets a field of the group a request names by name or ARN.
fn set(scope: &mut Scope<'_>, field: &str, value: Value) -> Answer {
    let input = scope.input;
    let id = input.text("logGroupName").or(input.text("logGroupIdentifier"));
    let id = id.or(input.text("resourceIdentifier")).unwrap_or_default();
    let name = id.split_once(":log-group:").map_or(id, |(_, name)| name.trim_end_matches(":*"));
    scope.documents.edit(GROUP, name).ok_or_else(not_found)?[field] = value;
    Ok(json!({}))
}

fn put_retention(scope: &mut Scope<'_>) -> Answer {
    let days = scope.input.number("retentionInDays").filter(|days| RETENTIONS.contains(days));
    let days = days.ok_or_else(|| {
        Fault::new("InvalidParameterException", "The retention in days is not an allowed value")
    })?;
    set(scope, "retentionInDays", json!(days))
}

fn by_arn(input: &Value) -> Result<&str, Fault> {
    let arn = input.required("resourceArn")?;
    let name = arn.split_once(":log-group:").map(|(_, name)| name.trim_end_matches(":*"));
    name.ok_or_else(not_found)
}

fn change_tags(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let group = scope.documents.edit(GROUP, by_arn(input)?).ok_or_else(not_found)?;
    for (key, value) in input["tags"].as_object().into_iter().flatten() {
        group["~tags"][key] = value.clone();
    }
    if let Some(tags) = group["~tags"].as_object_mut() {
        input.texts("tagKeys").into_iter().for_each(|key| drop(tags.remove(key)));
    }
    Ok(json!({}))
}
