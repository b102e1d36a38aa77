//! Roles, their tags and permissions boundaries.

use serde_json::{Value, json};

use super::{
    ROLE, arn, conflict, document, exists, gone, invalid, listed, name, paged, path, policy, tag,
    unique, untag,
};
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{Answer, Read, Scope, now};

/// Answers the calls about roles themselves.
pub fn answer(scope: &mut Scope<'_>, operation: &str) -> Option<Answer> {
    Some(match operation {
        "CreateRole" => create(scope),
        "GetRole" => named(scope).map(|role| json!({"Role": role})),
        "ListRoles" => list(scope),
        "UpdateRole" => update(scope),
        "UpdateAssumeRolePolicy" => update_trust(scope),
        "DeleteRole" => delete(scope),
        "TagRole" => edit(scope).and_then(|(role, input)| tag(role, input)),
        "UntagRole" => edit(scope).and_then(|(role, input)| untag(role, input)),
        "ListRoleTags" => {
            named(scope).and_then(|it| paged(scope.input, "Tags", it.list("Tags").to_vec()))
        }
        "PutRolePermissionsBoundary" => put_boundary(scope),
        "DeleteRolePermissionsBoundary" => delete_boundary(scope),
        "ListInstanceProfilesForRole" => {
            named(scope).and_then(|_| paged(scope.input, "InstanceProfiles", Vec::new()))
        }
        _ => return None,
    })
}

fn not_found(name: &str) -> Fault {
    gone(format!("The role with name {name} cannot be found."))
}

/// The role a request names.
pub fn named<'a>(scope: &'a Scope<'_>) -> Result<&'a Value, Fault> {
    let name = scope.input.required("RoleName")?;
    scope.documents.get(ROLE, name).ok_or_else(|| not_found(name))
}

/// The role a request names, to change it, and the request.
pub fn edit<'a>(scope: &'a mut Scope<'_>) -> Result<(&'a mut Value, &'a Value), Fault> {
    let input = scope.input;
    let name = input.required("RoleName")?;
    let role = scope.documents.edit(ROLE, name).ok_or_else(|| not_found(name))?;
    Ok((role, input))
}

fn create(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let name = name(input, "RoleName", 64)?;
    if scope.documents.rows(ROLE).any(|(other, _)| other.eq_ignore_ascii_case(name)) {
        return Err(exists(format!("Role with name {name} already exists.")));
    }
    let trust = document::trust(input.required("AssumeRolePolicyDocument")?)?;
    let path = path(input)?;
    let boundary = match input.text("PermissionsBoundary") {
        Some(_) => boundary(scope)?,
        None => Value::Null,
    };
    let mut role = json!({
        "Path": path, "RoleName": name, "RoleId": unique("AROA"), "Arn": arn("role", path, name),
        "CreateDate": now(), "AssumeRolePolicyDocument": trust,
        "Description": input.text("Description"),
        "MaxSessionDuration": duration(input)?.unwrap_or(3600),
        "PermissionsBoundary": boundary, "Tags": [], "~inline": [], "~attached": [],
    });
    tag(&mut role, input)?;
    scope.documents.put(ROLE, name, role.clone());
    Ok(json!({"Role": role}))
}

fn duration(input: &Value) -> Result<Option<i64>, Fault> {
    match input.number("MaxSessionDuration") {
        Some(seconds) if !(3600..=43200).contains(&seconds) => {
            Err(invalid("The MaxSessionDuration must be between 3600 and 43200"))
        }
        seconds => Ok(seconds),
    }
}

/// `ListRoles`, which shows no tags and boundaries
fn list(scope: &Scope<'_>) -> Answer {
    let prefix = scope.input.text("PathPrefix").unwrap_or("/");
    let asked = |it: &&Value| it.text("Path").is_some_and(|path| path.starts_with(prefix));
    let roles = scope.documents.all(ROLE).filter(asked);
    let roles = roles.map(|it| listed(it, &["PermissionsBoundary", "Tags"])).collect();
    paged(scope.input, "Roles", roles)
}

fn update(scope: &mut Scope<'_>) -> Answer {
    let duration = duration(scope.input)?;
    let (role, input) = edit(scope)?;
    if let Some(text) = input.get("Description") {
        role["Description"] = if text == "" { Value::Null } else { text.clone() };
    }
    if let Some(seconds) = duration {
        role["MaxSessionDuration"] = json!(seconds);
    }
    Ok(json!({}))
}

fn update_trust(scope: &mut Scope<'_>) -> Answer {
    let (role, input) = edit(scope)?;
    role["AssumeRolePolicyDocument"] = json!(document::trust(input.required("PolicyDocument")?)?);
    Ok(json!({}))
}

fn delete(scope: &mut Scope<'_>) -> Answer {
    let role = named(scope)?;
    if !role.list("~attached").is_empty() {
        return Err(conflict("Cannot delete entity, must detach all policies first."));
    }
    if !role.list("~inline").is_empty() {
        return Err(conflict("Cannot delete entity, must delete policies first."));
    }
    scope.documents.remove(ROLE, scope.input.required("RoleName")?);
    Ok(json!({}))
}

/// The boundary a request names, which has to be a policy.
fn boundary(scope: &Scope<'_>) -> Answer {
    let arn = scope.input.required("PermissionsBoundary")?;
    match policy::find(scope, arn) {
        Some(_) => Ok(json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn})),
        None => Err(gone(format!("Scope ARN: {arn} does not exist or is not attachable."))),
    }
}

fn put_boundary(scope: &mut Scope<'_>) -> Answer {
    let boundary = boundary(scope)?;
    edit(scope)?.0["PermissionsBoundary"] = boundary;
    Ok(json!({}))
}

fn delete_boundary(scope: &mut Scope<'_>) -> Answer {
    edit(scope)?.0["PermissionsBoundary"] = Value::Null;
    Ok(json!({}))
}
