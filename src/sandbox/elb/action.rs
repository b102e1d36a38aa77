//! Actions of listeners and rules, completed as AWS shows them.

use serde_json::{Value, json};

use super::{find, invalid};
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{Read, Scope};

/// The actions of a request, each checked and completed.
pub fn complete(scope: &Scope<'_>, actions: &[Value]) -> Result<Value, Fault> {
    if actions.is_empty() {
        return Err(invalid("At least one action must be specified"));
    }
    let actions: Result<Vec<_>, Fault> =
        actions.iter().map(|action| complete_one(scope, action)).collect();
    Ok(Value::Array(actions?))
}

fn complete_one(scope: &Scope<'_>, action: &Value) -> Result<Value, Fault> {
    let mut done = action.clone();
    match action.required("Type")? {
        "forward" => forward(scope, action, &mut done)?,
        "redirect" => {
            let defaults = [
                ("Protocol", "#{protocol}"),
                ("Port", "#{port}"),
                ("Host", "#{host}"),
                ("Path", "/#{path}"),
                ("Query", "#{query}"),
            ];
            for (name, default) in defaults {
                if action["RedirectConfig"].text(name).is_none() {
                    done["RedirectConfig"][name] = json!(default);
                }
            }
        }
        "fixed-response" => {
            action["FixedResponseConfig"].required("StatusCode")?;
        }
        "authenticate-oidc" | "authenticate-cognito" | "jwt-validation" => {}
        other => return Err(invalid(format!("'{other}' is not a valid action type"))),
    }
    Ok(done)
}

/// A forward to one group is shown both in short and in full.
fn forward(scope: &Scope<'_>, action: &Value, done: &mut Value) -> Result<(), Fault> {
    let mut groups = action["ForwardConfig"].list("TargetGroups").to_vec();
    if groups.is_empty() {
        groups.push(json!({"TargetGroupArn": action.required("TargetGroupArn")?}));
    }
    for group in &mut groups {
        find(scope, group.required("TargetGroupArn")?)?;
        if group.get("Weight").is_none() {
            group["Weight"] = json!(1);
        }
    }
    if let [only] = &groups[..] {
        done["TargetGroupArn"] = only["TargetGroupArn"].clone();
    }
    done["ForwardConfig"]["TargetGroups"] = Value::Array(groups);
    if done["ForwardConfig"].get("TargetGroupStickinessConfig").is_none() {
        done["ForwardConfig"]["TargetGroupStickinessConfig"] = json!({"Enabled": false});
    }
    Ok(())
}

/// The target groups that actions forward to.
pub fn target_groups(actions: &Value) -> impl Iterator<Item = &str> {
    let actions = actions.as_array().into_iter().flatten();
    let groups = actions.flat_map(|action| action["ForwardConfig"].list("TargetGroups"));
    groups.filter_map(|group| group.text("TargetGroupArn"))
}
