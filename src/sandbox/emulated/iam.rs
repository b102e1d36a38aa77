//! Mends of winterbaume's IAM.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::sandbox::scope::{Answer, Read, Scope, page};

/// What the ARNs of policies start with that AWS made and manages.
pub const MANAGED: &str = "arn:aws:iam::aws:policy/";

/// See [`super::mend`].
pub fn mend(scope: &mut Scope<'_>, operation: &str) -> Option<Answer> {
    match operation {
        // winterbaume has no policies of AWS; they come to be when first named.
        "AttachRolePolicy" | "GetPolicy" => {
            let arn = scope.input.text("PolicyArn").unwrap_or_default().to_owned();
            ensure_managed(scope, &arn);
            None
        }
        // winterbaume's answer has no description, tags and boundary.
        "GetRole" => {
            let name = scope.input.text("RoleName").unwrap_or_default();
            let found = scope.documents.get("iam.roles", name)?;
            Some(Ok(json!({"Role": role(found)})))
        }
        // winterbaume's answer has no tags and takes no filter.
        "GetAccountAuthorizationDetails" => Some(Ok(account_details(scope))),
        _ => None,
    }
}

/// See [`super::complete`].
pub fn complete(scope: &mut Scope<'_>, operation: &str) -> bool {
    // winterbaume forgets the boundary that a role is made with.
    if operation != "CreateRole" {
        return false;
    }
    let Some(boundary) = scope.input.text("PermissionsBoundary") else { return false };
    let name = scope.input.text("RoleName").unwrap_or_default();
    let Some(role) = scope.documents.edit("iam.roles", name) else { return false };
    role["permissions_boundary"] = json!(boundary);
    true
}

fn ensure_managed(scope: &mut Scope<'_>, arn: &str) {
    let Some(path) = arn.strip_prefix(MANAGED) else { return };
    if scope.documents.get("iam.policies", arn).is_some() {
        return;
    }
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let folder = if folder.is_empty() { "/".to_owned() } else { format!("/{folder}/") };
    let date = "2015-02-06T18:40:00+00:00";
    // The sandbox checks no permissions, so what a policy of AWS allows does not matter.
    let document = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let version = json!({
        "version_id": "v1", "document": document, "is_default_version": true, "create_date": date,
    });
    let policy = json!({
        "policy_name": name, "policy_id": "ANPASANDBOXPOLICYOFAWS", "arn": arn, "path": folder,
        "default_version_id": "v1", "description": "", "create_date": date, "update_date": date,
        "is_attachable": true, "document": document, "versions": [version], "tags": {},
        "attachment_count": 0,
    });
    scope.documents.put("iam.policies", arn, policy);
}

/// `GetAccountAuthorizationDetails`, for roles and policies
fn account_details(scope: &Scope<'_>) -> Value {
    let filter = scope.input.texts("Filter");
    let wanted = |name: &str| filter.is_empty() || filter.contains(&name);
    let mut found: Vec<(&str, Value)> = Vec::new();
    if wanted("Role") {
        found.extend(
            scope.documents.all("iam.roles").map(|it| ("RoleDetailList", role_details(it))),
        );
    }
    for it in scope.documents.all("iam.policies") {
        let managed = it.text("arn").is_some_and(|arn| arn.starts_with(MANAGED));
        let kind = if managed { "AWSManagedPolicy" } else { "LocalManagedPolicy" };
        if wanted(kind) {
            found.push(("Policies", policy(it)));
        }
    }
    let size = scope.input.number("MaxItems").and_then(|size| usize::try_from(size).ok());
    let (found, next) = page(found, scope.input.text("Marker"), size.unwrap_or(100));
    let mut answer = json!({
        "UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": [],
        "IsTruncated": next.is_some(), "Marker": next,
    });
    for (list, item) in found {
        crate::sandbox::scope::edit_list(&mut answer, list, |items| items.push(item));
    }
    answer
}

/// A role as `GetRole` shows it
fn role(role: &Value) -> Value {
    let mut shown = role_basics(role);
    shown["Description"] = json!(role.text("description"));
    shown["MaxSessionDuration"] = role["max_session_duration"].clone();
    shown
}

/// A role as `GetAccountAuthorizationDetails` shows it
fn role_details(role: &Value) -> Value {
    let inline = role.list("inline_policies").iter().map(|it| {
        json!({"PolicyName": it["policy_name"], "PolicyDocument": encoded(&it["policy_document"])})
    });
    let attached = role.list("attached_policies").iter();
    let attached =
        attached.map(|it| json!({"PolicyName": it["policy_name"], "PolicyArn": it["policy_arn"]}));
    let mut shown = role_basics(role);
    shown["InstanceProfileList"] = json!([]);
    shown["RolePolicyList"] = inline.collect();
    shown["AttachedManagedPolicies"] = attached.collect();
    shown
}

/// What both ways to show a role have
fn role_basics(role: &Value) -> Value {
    let boundary = role
        .text("permissions_boundary")
        .map(|arn| json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}));
    json!({
        "Path": role["path"], "RoleName": role["name"], "RoleId": role["role_id"],
        "Arn": role["arn"], "CreateDate": date(&role["create_date"]),
        "AssumeRolePolicyDocument": encoded(&role["assume_role_policy_document"]),
        "PermissionsBoundary": boundary, "Tags": tags(&role["tags"]),
    })
}

fn policy(policy: &Value) -> Value {
    let versions = policy.list("versions").iter().map(|it| {
        json!({
            "VersionId": it["version_id"], "Document": encoded(&it["document"]),
            "IsDefaultVersion": it["is_default_version"], "CreateDate": date(&it["create_date"]),
        })
    });
    json!({
        "PolicyName": policy["policy_name"], "PolicyId": policy["policy_id"],
        "Arn": policy["arn"], "Path": policy["path"], "Description": policy["description"],
        "DefaultVersionId": policy["default_version_id"], "IsAttachable": true,
        "AttachmentCount": policy["attachment_count"], "PermissionsBoundaryUsageCount": 0,
        "CreateDate": date(&policy["create_date"]), "UpdateDate": date(&policy["update_date"]),
        "PolicyVersionList": versions.collect::<Vec<_>>(),
    })
}

/// IAM answers documents percent-encoded.
fn encoded(document: &Value) -> Value {
    let text = document.as_str().unwrap_or_default();
    json!(utf8_percent_encode(text, NON_ALPHANUMERIC).to_string())
}

/// A time as XML answers write it, from the offset form of the snapshot.
fn date(text: &Value) -> Value {
    let text = text.as_str().unwrap_or("1970-01-01T00:00:00");
    json!(format!("{}Z", text.get(..19).unwrap_or(text)))
}

/// Tags in the order of their keys; the snapshot has them in none.
fn tags(tags: &Value) -> Value {
    let sorted: BTreeMap<_, _> = tags.as_object().into_iter().flatten().collect();
    sorted.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}
