//! Listener rules.

use serde_json::{Value, json};

use super::{RULE, action, all_exist, edit, find, given_tags, invalid, paged};
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{Answer, Read, Scope, copy, hexadecimal};

fn rule_arn(listener: &str) -> String {
    format!("{}/{}", listener.replace(":listener/", ":listener-rule/"), hexadecimal(16))
}

/// Adds the rule that stands for a listener's default actions.
pub fn add_default(scope: &mut Scope<'_>, listener: &str, balancer: &str, actions: Value) {
    let arn = rule_arn(listener);
    let rule = json!({
        "RuleArn": arn, "Priority": "default", "Conditions": [], "Actions": actions,
        "IsDefault": true, "~listener": listener, "~balancer": balancer, "~tags": [],
    });
    scope.documents.put(RULE, &arn, rule);
}

fn of_listener(scope: &Scope<'_>, listener: &str) -> Vec<String> {
    let rows = scope.documents.rows(RULE);
    rows.filter(|(_, it)| it["~listener"] == listener).map(|(arn, _)| arn.clone()).collect()
}

/// Follows a change of a listener's default actions.
pub fn set_default(scope: &mut Scope<'_>, listener: &str, actions: &Value) {
    for arn in of_listener(scope, listener) {
        let rule = scope.documents.edit(RULE, &arn);
        if let Some(rule) = rule.filter(|it| it.flag("IsDefault") == Some(true)) {
            rule["Actions"] = actions.clone();
        }
    }
}

/// Takes all rules of a listener away.
pub fn remove_all(scope: &mut Scope<'_>, listener: &str) {
    for arn in of_listener(scope, listener) {
        scope.documents.remove(RULE, &arn);
    }
}

fn priority(value: Option<i64>) -> Result<String, Fault> {
    let fits = value.filter(|it| (1..=50_000).contains(it));
    let fits = fits.ok_or_else(|| invalid("A rule priority must be between 1 and 50000"))?;
    Ok(fits.to_string())
}

fn is_taken(scope: &Scope<'_>, listener: &str, priority: &str, except: Option<&str>) -> bool {
    let mut rules = scope.documents.rows(RULE);
    rules.any(|(arn, it)| {
        it["~listener"] == listener && it["Priority"] == priority && Some(arn.as_str()) != except
    })
}

fn in_use(priority: &str) -> Fault {
    Fault::new("PriorityInUse", format!("Priority '{priority}' is currently in use"))
}

/// Conditions as AWS shows them: host and path patterns both in short and in full.
fn conditions(given: &[Value]) -> Result<Value, Fault> {
    if given.is_empty() {
        return Err(invalid("At least one condition must be specified"));
    }
    let mut done = given.to_vec();
    for condition in &mut done {
        let full = match condition.required("Field")? {
            "host-header" => "HostHeaderConfig",
            "path-pattern" => "PathPatternConfig",
            "http-header" | "http-request-method" | "query-string" | "source-ip" => continue,
            other => return Err(invalid(format!("Condition field '{other}' is not valid"))),
        };
        if !condition[full].list("RegexValues").is_empty() {
            condition["RegexValues"] = condition[full]["RegexValues"].clone();
            continue;
        }
        if !condition[full].list("Values").is_empty() {
            condition["Values"] = condition[full]["Values"].clone();
        } else {
            condition[full]["Values"] = condition["Values"].clone();
        }
    }
    Ok(Value::Array(done))
}

/// `CreateRule`
pub fn create(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let listener = input.required("ListenerArn")?;
    let document = find(scope, listener)?;
    let balancer = document["LoadBalancerArn"].clone();
    let actions = action::complete(scope, input.list("Actions"), document.text("Protocol"))?;
    let priority = priority(input.number("Priority"))?;
    if is_taken(scope, listener, &priority, None) {
        return Err(in_use(&priority));
    }
    let arn = rule_arn(listener);
    let rule = json!({
        "RuleArn": arn, "Priority": priority, "Conditions": conditions(input.list("Conditions"))?,
        "Actions": actions, "IsDefault": false,
        "Transforms": input.get("Transforms"), "~listener": listener, "~balancer": balancer,
        "~tags": given_tags(input),
    });
    scope.documents.put(RULE, &arn, rule.clone());
    Ok(json!({"Rules": [rule]}))
}

/// `DescribeRules`, of a listener or by ARN
pub fn describe(scope: &mut Scope<'_>) -> Answer {
    let arns = scope.input.texts("RuleArns");
    let listener = scope.input.text("ListenerArn");
    all_exist(scope, &arns)?;
    match listener {
        Some(listener) => drop(find(scope, listener)?),
        None if arns.is_empty() => {
            return Err(invalid("A listener ARN or at least one rule ARN is needed"));
        }
        None => {}
    }
    let asked = |it: &&Value| {
        it.text("RuleArn").is_some_and(|arn| arns.contains(&arn))
            || listener.is_some_and(|listener| it["~listener"] == listener)
    };
    let mut found: Vec<Value> = scope.documents.all(RULE).filter(asked).cloned().collect();
    found.sort_by_key(|it| it.number("Priority").unwrap_or(i64::MAX));
    Ok(paged(scope, "Rules", found))
}

/// `ModifyRule`
pub fn modify(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let arn = input.required("RuleArn")?;
    let listener = find(scope, arn)?.text("~listener").unwrap_or_default();
    let actions = match input.list("Actions") {
        [] => None,
        actions => Some(action::complete(scope, actions, find(scope, listener)?.text("Protocol"))?),
    };
    let conditions = match input.list("Conditions") {
        [] => None,
        given => Some(conditions(given)?),
    };
    let rule = edit(scope, arn)?;
    if let Some(actions) = actions {
        rule["Actions"] = actions;
    }
    if let Some(conditions) = conditions {
        rule["Conditions"] = conditions;
    }
    copy(input, rule, &["Transforms"]);
    if input.flag("ResetTransforms") == Some(true) {
        rule["Transforms"] = json!([]);
    }
    Ok(json!({"Rules": [rule]}))
}

/// `DeleteRule`
pub fn delete(scope: &mut Scope<'_>) -> Answer {
    let arn = scope.input.required("RuleArn")?;
    if find(scope, arn)?.flag("IsDefault") == Some(true) {
        let message = format!("Default rule '{arn}' cannot be deleted");
        return Err(Fault::new("OperationNotPermitted", message));
    }
    scope.documents.remove(RULE, arn);
    Ok(json!({}))
}

/// `SetRulePriorities`: all at once, so that rules can change places.
pub fn set_priorities(scope: &mut Scope<'_>) -> Answer {
    let pairs = scope.input.list("RulePriorities");
    for pair in pairs {
        let priority = priority(pair.number("Priority"))?;
        edit(scope, pair.required("RuleArn")?)?["Priority"] = json!(priority);
    }
    let mut changed = Vec::new();
    for pair in pairs {
        let arn = pair.required("RuleArn")?;
        let rule = find(scope, arn)?;
        let listener = rule.text("~listener").unwrap_or_default();
        let priority = rule.text("Priority").unwrap_or_default();
        if is_taken(scope, listener, priority, Some(arn)) {
            return Err(in_use(priority));
        }
        changed.push(rule.clone());
    }
    Ok(json!({"Rules": changed}))
}
