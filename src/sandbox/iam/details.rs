//! `GetAccountAuthorizationDetails`: all roles and policies, page by page.

use serde_json::{Value, json};

use super::{POLICY, ROLE, aws_managed, listed, paged, policy};
use crate::sandbox::scope::{Answer, Read, Scope, edit_list};

/// Answers `GetAccountAuthorizationDetails`.
pub fn answer(scope: &Scope<'_>, operation: &str) -> Option<Answer> {
    (operation == "GetAccountAuthorizationDetails").then(|| details(scope))
}

fn details(scope: &Scope<'_>) -> Answer {
    let filter = scope.input.texts("Filter");
    let wanted = |name: &str| filter.is_empty() || filter.contains(&name);
    let mut found = Vec::new();
    if wanted("Role") {
        found.extend(scope.documents.all(ROLE).map(|it| ("RoleDetailList", role(it))));
    }
    let mut policies: Vec<Value> = Vec::new();
    if wanted("LocalManagedPolicy") {
        policies.extend(scope.documents.all(POLICY).cloned());
    }
    if wanted("AWSManagedPolicy") {
        policies.extend(of_aws(scope));
    }
    found.extend(policies.into_iter().map(|it| ("Policies", details_of_policy(scope, it))));
    let found = found.into_iter().map(|(list, item)| json!([list, item])).collect();
    let mut answer = paged(scope.input, "~page", found)?;
    for list in ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"] {
        answer[list] = json!([]);
    }
    for item in answer["~page"].take().as_array().into_iter().flatten() {
        let list = item[0].as_str().unwrap_or_default();
        edit_list(&mut answer, list, |items| items.push(item[1].clone()));
    }
    Ok(answer)
}

/// The policies of AWS that are in use.
fn of_aws(scope: &Scope<'_>) -> Vec<Value> {
    let attached = scope.documents.all(ROLE).flat_map(|it| it.list("~attached"));
    let mut arns: Vec<&str> = attached.filter_map(|it| it.text("PolicyArn")).collect();
    arns.sort_unstable();
    arns.dedup();
    arns.into_iter().filter_map(aws_managed::policy).collect()
}

/// A role with its policies, but without description and longest session.
fn role(role: &Value) -> Value {
    let mut shown = listed(role, &["Description", "MaxSessionDuration"]);
    shown["InstanceProfileList"] = json!([]);
    shown["RolePolicyList"] = role["~inline"].clone();
    shown["AttachedManagedPolicies"] = role["~attached"].clone();
    shown
}

/// A policy with its versions, but without tags.
fn details_of_policy(scope: &Scope<'_>, it: Value) -> Value {
    let mut shown = policy::shown(scope, listed(&it, &["Tags"]));
    shown["PolicyVersionList"] = it["~versions"].clone();
    shown
}
