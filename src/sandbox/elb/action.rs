//! Actions of listeners and rules, completed as AWS shows them.

use serde_json::{Value, json};

use super::{find, invalid};
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{Read, Scope};

/// The actions of a request to a listener of this protocol, each checked and completed.
pub fn complete(
    scope: &Scope<'_>,
    actions: &[Value],
    protocol: Option<&str>,
) -> Result<Value, Fault> {
    let first = |it: &&Value| is_first(it.text("Type"));
    let refused = |message: String| Err(Fault::new("InvalidLoadBalancerAction", message));
    if let Some(action) = actions.iter().find(first).filter(|_| protocol != Some("HTTPS")) {
        let kind = action.text("Type").unwrap_or_default();
        return refused(format!("Actions of type '{kind}' are supported only on HTTPS listeners"));
    }
    if actions.iter().filter(|it| !first(it)).count() != 1 {
        let message = "Exactly one action of type 'forward', 'redirect' or 'fixed-response' must \
                       be specified";
        return refused(message.to_owned());
    }
    let actions: Result<Vec<_>, Fault> =
        actions.iter().map(|action| complete_one(scope, action)).collect();
    Ok(Value::Array(actions?))
}

/// Whether actions of a type come before the one that answers.
fn is_first(kind: Option<&str>) -> bool {
    matches!(kind, Some("authenticate-oidc" | "authenticate-cognito" | "jwt-validation"))
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
        "authenticate-oidc" => {
            let names = ["AuthorizationEndpoint", "TokenEndpoint", "UserInfoEndpoint", "ClientId"];
            needs(&action["AuthenticateOidcConfig"], &names)?;
            session(&mut done["AuthenticateOidcConfig"]);
        }
        "authenticate-cognito" => {
            let names = ["UserPoolArn", "UserPoolClientId", "UserPoolDomain"];
            needs(&action["AuthenticateCognitoConfig"], &names)?;
            session(&mut done["AuthenticateCognitoConfig"]);
        }
        "jwt-validation" => needs(&action["JwtValidationConfig"], &["Issuer", "JwksEndpoint"])?,
        other => return Err(invalid(format!("'{other}' is not a valid action type"))),
    }
    Ok(done)
}

fn needs(config: &Value, names: &[&str]) -> Result<(), Fault> {
    names.iter().try_for_each(|name| config.required(name).map(|_| ()))
}

/// Completes how a session is kept; the client's secret is never shown.
fn session(config: &mut Value) {
    let defaults = [
        ("OnUnauthenticatedRequest", json!("authenticate")),
        ("Scope", json!("openid")),
        ("SessionCookieName", json!("AWSELBAuthSessionCookie")),
        ("SessionTimeout", json!("604800")),
    ];
    for (name, default) in defaults {
        if config.text(name).is_none() {
            config[name] = default;
        }
    }
    if let Some(fields) = config.as_object_mut() {
        fields.remove("ClientSecret");
        fields.remove("UseExistingClientSecret");
    }
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
