//! The policies of roles: those inside them, and managed ones that are attached.

use serde_json::{Value, json};

use super::role::{edit, named};
use super::{document, gone, name, over_limit, paged, policy};
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{Answer, Read, Scope, edit_list};

/// The most characters of all policies in a role together.
const INLINE_SIZE: usize = 10_240;
/// The most managed policies on a role, unless AWS raises the quota.
const MOST_ATTACHED: usize = 10;

/// Answers the calls about policies of roles.
pub fn answer(scope: &mut Scope<'_>, operation: &str) -> Option<Answer> {
    Some(match operation {
        "PutRolePolicy" => put(scope),
        "GetRolePolicy" => get(scope),
        "ListRolePolicies" => list(scope),
        "DeleteRolePolicy" => delete(scope),
        "AttachRolePolicy" => attach(scope),
        "DetachRolePolicy" => detach(scope),
        "ListAttachedRolePolicies" => {
            let attached = named(scope).map(|it| it.list("~attached").to_vec());
            attached.and_then(|it| paged(scope.input, "AttachedPolicies", it))
        }
        _ => return None,
    })
}

fn not_found(name: &str) -> Fault {
    gone(format!("The role policy with name {name} cannot be found."))
}

/// Puts an item into a list that is kept in the order of a field, in place of one like it.
fn insert(object: &mut Value, list: &str, field: &str, item: Value) {
    edit_list(object, list, |items| {
        items.retain(|other| other[field] != item[field]);
        items.push(item);
        items.sort_by(|a, b| a.text(field).cmp(&b.text(field)));
    });
}

/// Takes the item with a field of this text off a list; says whether there was one.
fn remove(object: &mut Value, list: &str, field: &str, text: &str) -> bool {
    edit_list(object, list, |items| {
        let before = items.len();
        items.retain(|item| item[field] != text);
        items.len() < before
    })
}

fn put(scope: &mut Scope<'_>) -> Answer {
    let (role, input) = edit(scope)?;
    let name = name(input, "PolicyName", 128)?;
    let document = document::permissions(input.required("PolicyDocument")?)?;
    insert(role, "~inline", "PolicyName", json!({"PolicyName": name, "PolicyDocument": document}));
    let sizes = role.list("~inline").iter().filter_map(|it| it.text("PolicyDocument"));
    if sizes.map(document::size).sum::<usize>() > INLINE_SIZE {
        let role = input.text("RoleName").unwrap_or_default();
        let message =
            format!("Maximum policy size of {INLINE_SIZE} bytes exceeded for role {role}");
        return Err(over_limit(message));
    }
    Ok(json!({}))
}

fn get(scope: &Scope<'_>) -> Answer {
    let name = scope.input.required("PolicyName")?;
    let inline = named(scope)?.list("~inline").iter();
    let mut found = inline.filter(|it| it["PolicyName"] == name);
    let found = found.next().ok_or_else(|| not_found(name))?;
    Ok(json!({
        "RoleName": scope.input["RoleName"], "PolicyName": name,
        "PolicyDocument": found["PolicyDocument"],
    }))
}

fn list(scope: &Scope<'_>) -> Answer {
    let names = named(scope)?.list("~inline").iter().map(|it| it["PolicyName"].clone());
    paged(scope.input, "PolicyNames", names.collect())
}

fn delete(scope: &mut Scope<'_>) -> Answer {
    let (role, input) = edit(scope)?;
    let name = input.required("PolicyName")?;
    let found = remove(role, "~inline", "PolicyName", name);
    if found { Ok(json!({})) } else { Err(not_found(name)) }
}

fn attach(scope: &mut Scope<'_>) -> Answer {
    let arn = scope.input.required("PolicyArn")?;
    let policy = policy::find(scope, arn)
        .ok_or_else(|| gone(format!("Policy {arn} does not exist or is not attachable.")))?;
    let (role, _) = edit(scope)?;
    let item = json!({"PolicyName": policy["PolicyName"], "PolicyArn": arn});
    insert(role, "~attached", "PolicyName", item);
    match role.list("~attached").len() > MOST_ATTACHED {
        true => {
            Err(over_limit(format!("Cannot exceed quota for PoliciesPerRole: {MOST_ATTACHED}")))
        }
        false => Ok(json!({})),
    }
}

fn detach(scope: &mut Scope<'_>) -> Answer {
    let (role, input) = edit(scope)?;
    let arn = input.required("PolicyArn")?;
    let found = remove(role, "~attached", "PolicyArn", arn);
    if found { Ok(json!({})) } else { Err(gone(format!("Policy {arn} was not found."))) }
}
