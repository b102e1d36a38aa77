//! Managed policies and their versions.

use serde_json::{Value, json};

use super::{
    POLICY, ROLE, arn, aws_managed, conflict, document, exists, gone, name, over_limit, paged,
    path, tag, unique, untag,
};
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{Answer, Read, Scope, edit_list, now};

/// The most versions of a policy.
const MOST_VERSIONS: usize = 5;

/// Answers the calls about managed policies.
pub fn answer(scope: &mut Scope<'_>, operation: &str) -> Option<Answer> {
    Some(match operation {
        "CreatePolicy" => create(scope),
        "GetPolicy" => named(scope).map(|it| json!({"Policy": shown(scope, it)})),
        "DeletePolicy" => delete(scope),
        "CreatePolicyVersion" => create_version(scope),
        "GetPolicyVersion" => get_version(scope),
        "ListPolicyVersions" => list_versions(scope),
        "SetDefaultPolicyVersion" => set_default(scope),
        "DeletePolicyVersion" => delete_version(scope),
        "TagPolicy" => edit(scope).and_then(|(policy, input)| tag(policy, input)),
        "UntagPolicy" => edit(scope).and_then(|(policy, input)| untag(policy, input)),
        "ListPolicyTags" => {
            named(scope).and_then(|it| paged(scope.input, "Tags", it.list("Tags").to_vec()))
        }
        "ListEntitiesForPolicy" => list_entities(scope),
        _ => return None,
    })
}

/// The policy of an ARN: of the account, or of AWS.
pub fn find(scope: &Scope<'_>, arn: &str) -> Option<Value> {
    scope.documents.get(POLICY, arn).cloned().or_else(|| aws_managed::policy(arn))
}

fn not_found(arn: &str) -> Fault {
    gone(format!("Policy {arn} was not found."))
}

fn named(scope: &Scope<'_>) -> Result<Value, Fault> {
    let arn = scope.input.required("PolicyArn")?;
    find(scope, arn).ok_or_else(|| not_found(arn))
}

/// The policy of the account that a request names, to change it, and the request.
fn edit<'a>(scope: &'a mut Scope<'_>) -> Result<(&'a mut Value, &'a Value), Fault> {
    let input = scope.input;
    let arn = input.required("PolicyArn")?;
    let policy = scope.documents.edit(POLICY, arn).ok_or_else(|| not_found(arn))?;
    Ok((policy, input))
}

/// The roles that have a policy attached.
fn attached<'a>(scope: &'a Scope<'_>, arn: &'a str) -> impl Iterator<Item = &'a Value> {
    let has = move |role: &&Value| role.list("~attached").iter().any(|it| it["PolicyArn"] == arn);
    scope.documents.all(ROLE).filter(has)
}

/// The roles that a policy bounds.
fn bounded<'a>(scope: &'a Scope<'_>, arn: &'a str) -> impl Iterator<Item = &'a Value> {
    let has = move |role: &&Value| role["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn;
    scope.documents.all(ROLE).filter(has)
}

/// A policy with the counts of its users.
pub fn shown(scope: &Scope<'_>, mut policy: Value) -> Value {
    let arn = policy.text("Arn").unwrap_or_default().to_owned();
    policy["AttachmentCount"] = json!(attached(scope, &arn).count());
    policy["PermissionsBoundaryUsageCount"] = json!(bounded(scope, &arn).count());
    policy
}

fn create(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let name = name(input, "PolicyName", 128)?;
    let same = |it: &Value| it.text("PolicyName").is_some_and(|it| it.eq_ignore_ascii_case(name));
    if scope.documents.all(POLICY).any(same) {
        let message = format!("A policy called {name} already exists.");
        return Err(exists(format!("{message} Duplicate names are not allowed.")));
    }
    let document = document::managed(input.required("PolicyDocument")?)?;
    let path = path(input)?;
    let (arn, made) = (arn("policy", path, name), now());
    let mut policy = json!({
        "PolicyName": name, "PolicyId": unique("ANPA"), "Arn": arn, "Path": path,
        "DefaultVersionId": "v1", "IsAttachable": true, "CreateDate": made, "UpdateDate": made,
        "Description": input.text("Description"), "Tags": [], "~newest": 1,
        "~versions": [{
            "VersionId": "v1", "Document": document, "IsDefaultVersion": true, "CreateDate": made,
        }],
    });
    tag(&mut policy, input)?;
    scope.documents.put(POLICY, &arn, policy.clone());
    Ok(json!({"Policy": shown(scope, policy)}))
}

fn delete(scope: &mut Scope<'_>) -> Answer {
    let arn = scope.input.required("PolicyArn")?;
    let policy = scope.documents.get(POLICY, arn).ok_or_else(|| not_found(arn))?;
    if attached(scope, arn).chain(bounded(scope, arn)).next().is_some() {
        return Err(conflict("Cannot delete a policy attached to entities."));
    }
    if policy.list("~versions").len() > 1 {
        return Err(conflict(
            "This policy has more than one version. Before you delete a policy, you must delete \
             the policy's versions. The default version is deleted with the policy.",
        ));
    }
    scope.documents.remove(POLICY, arn);
    Ok(json!({}))
}

/// Ids of versions are never used again; the newest version comes first.
fn create_version(scope: &mut Scope<'_>) -> Answer {
    let (policy, input) = edit(scope)?;
    let document = document::managed(input.required("PolicyDocument")?)?;
    if policy.list("~versions").len() >= MOST_VERSIONS {
        return Err(over_limit(format!(
            "A managed policy can have up to {MOST_VERSIONS} versions. Before you create a new \
             version, you must delete an existing version."
        )));
    }
    let number = policy.number("~newest").unwrap_or(1) + 1;
    policy["~newest"] = json!(number);
    policy["UpdateDate"] = json!(now());
    let (id, default) = (format!("v{number}"), input.flag("SetAsDefault") == Some(true));
    let mut version = json!({
        "VersionId": id, "Document": document, "IsDefaultVersion": false, "CreateDate": now(),
    });
    edit_list(policy, "~versions", |versions| versions.insert(0, version.clone()));
    if default {
        make_default(policy, &id);
    }
    version["IsDefaultVersion"] = json!(default);
    Ok(json!({"PolicyVersion": without_document(&version)}))
}

fn make_default(policy: &mut Value, id: &str) {
    policy["DefaultVersionId"] = json!(id);
    edit_list(policy, "~versions", |versions| {
        for version in versions {
            version["IsDefaultVersion"] = json!(version["VersionId"] == id);
        }
    });
}

fn without_document(version: &Value) -> Value {
    super::listed(version, &["Document"])
}

/// The version a request names of a policy.
fn version<'a>(policy: &'a Value, input: &Value) -> Result<&'a Value, Fault> {
    let id = input.required("VersionId")?;
    let mut versions = policy.list("~versions").iter();
    versions.find(|it| it["VersionId"] == id).ok_or_else(|| {
        let arn = input.text("PolicyArn").unwrap_or_default();
        gone(format!("Policy {arn} version {id} does not exist or is not attachable."))
    })
}

fn get_version(scope: &Scope<'_>) -> Answer {
    let policy = named(scope)?;
    Ok(json!({"PolicyVersion": version(&policy, scope.input)?}))
}

fn list_versions(scope: &Scope<'_>) -> Answer {
    let policy = named(scope)?;
    let versions = policy.list("~versions").iter().map(without_document);
    paged(scope.input, "Versions", versions.collect())
}

fn set_default(scope: &mut Scope<'_>) -> Answer {
    let (policy, input) = edit(scope)?;
    version(policy, input)?;
    make_default(policy, input.required("VersionId")?);
    Ok(json!({}))
}

fn delete_version(scope: &mut Scope<'_>) -> Answer {
    let (policy, input) = edit(scope)?;
    if version(policy, input)?.flag("IsDefaultVersion") == Some(true) {
        return Err(conflict("Cannot delete the default version of a policy."));
    }
    let id = &input["VersionId"];
    edit_list(policy, "~versions", |versions| versions.retain(|it| it["VersionId"] != *id));
    Ok(json!({}))
}

fn list_entities(scope: &Scope<'_>) -> Answer {
    named(scope)?;
    let arn = scope.input.required("PolicyArn")?;
    let roles: Vec<&Value> = match scope.input.text("PolicyUsageFilter") {
        Some("PermissionsBoundary") => bounded(scope, arn).collect(),
        Some("PermissionsPolicy") => attached(scope, arn).collect(),
        _ => attached(scope, arn).chain(bounded(scope, arn)).collect(),
    };
    let wanted = matches!(scope.input.text("EntityFilter"), None | Some("Role"));
    let roles = roles.into_iter().filter(|_| wanted);
    let roles = roles.map(|it| json!({"RoleName": it["RoleName"], "RoleId": it["RoleId"]}));
    let mut answer = paged(scope.input, "PolicyRoles", roles.collect())?;
    answer["PolicyGroups"] = json!([]);
    answer["PolicyUsers"] = json!([]);
    Ok(answer)
}
