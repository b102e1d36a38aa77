//! Listeners and their certificates.

use serde_json::{Value, json};

use super::{LISTENER, action, all_exist, edit, find, given_tags, invalid, paged, rule};
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{Answer, Read, Scope, copy, edit_list, hexadecimal};

/// The policy of HTTPS and TLS listeners made without one through the API.
const SSL_POLICY: &str = "ELBSecurityPolicy-2016-08";

fn is_secure(protocol: Option<&str>) -> bool {
    matches!(protocol, Some("HTTPS" | "TLS"))
}

/// `CreateListener`: one for each port of a load balancer.
pub fn create(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let balancer = input.required("LoadBalancerArn")?;
    find(scope, balancer)?;
    let same = |it: &Value| it["LoadBalancerArn"] == balancer && it["Port"] == input["Port"];
    if scope.documents.all(LISTENER).any(same) {
        let message = "A listener already exists on this port for this load balancer";
        return Err(Fault::new("DuplicateListener", format!("{message} '{balancer}'")));
    }
    let secure = is_secure(input.text("Protocol"));
    if secure && input.list("Certificates").is_empty() {
        let message = "A certificate must be specified for HTTPS listeners";
        return Err(Fault::new("CertificateNotFound", message));
    }
    let actions = action::complete(scope, input.list("DefaultActions"), input.text("Protocol"))?;
    let stem = balancer.replace(":loadbalancer/", ":listener/");
    let arn = format!("{stem}/{}", hexadecimal(16));
    let mut listener = json!({
        "ListenerArn": arn, "LoadBalancerArn": balancer, "DefaultActions": actions,
        "~tags": given_tags(input), "~attributes": {}, "~certificates": [],
    });
    copy(input, &mut listener, &["Port", "Protocol", "Certificates", "AlpnPolicy"]);
    if secure {
        listener["SslPolicy"] = json!(input.text("SslPolicy").unwrap_or(SSL_POLICY));
    }
    if input.text("Protocol") == Some("HTTPS") {
        listener["MutualAuthentication"] = mutual_authentication(input);
    }
    scope.documents.put(LISTENER, &arn, listener.clone());
    rule::add_default(scope, &arn, balancer, actions);
    Ok(json!({"Listeners": [listener]}))
}

fn mutual_authentication(input: &Value) -> Value {
    let mut mutual = input.get("MutualAuthentication").cloned().unwrap_or(json!({"Mode": "off"}));
    if mutual["Mode"] == "verify" {
        let defaults = [
            ("IgnoreClientCertificateExpiry", json!(false)),
            ("AdvertiseTrustStoreCaNames", json!("off")),
            ("TrustStoreAssociationStatus", json!("active")),
        ];
        for (name, default) in defaults {
            if mutual.get(name).is_none() {
                mutual[name] = default;
            }
        }
    }
    mutual
}

/// `DescribeListeners`, of a load balancer or by ARN
pub fn describe(scope: &mut Scope<'_>) -> Answer {
    let arns = scope.input.texts("ListenerArns");
    let balancer = scope.input.text("LoadBalancerArn");
    all_exist(scope, &arns)?;
    match balancer {
        Some(balancer) => drop(find(scope, balancer)?),
        None if arns.is_empty() => {
            return Err(invalid("A load balancer ARN or at least one listener ARN is needed"));
        }
        None => {}
    }
    let asked = |it: &&Value| {
        it.text("ListenerArn").is_some_and(|arn| arns.contains(&arn))
            || balancer.is_some_and(|balancer| it["LoadBalancerArn"] == balancer)
    };
    let found = scope.documents.all(LISTENER).filter(asked).cloned().collect();
    Ok(paged(scope, "Listeners", found))
}

/// `ModifyListener`
pub fn modify(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let arn = input.required("ListenerArn")?;
    let protocol = input.text("Protocol").or(find(scope, arn)?.text("Protocol"));
    let actions = match input.list("DefaultActions") {
        [] => None,
        actions => Some(action::complete(scope, actions, protocol)?),
    };
    if let Some(actions) = &actions {
        rule::set_default(scope, arn, actions);
    }
    let listener = edit(scope, arn)?;
    copy(input, listener, &["Port", "Protocol", "Certificates", "SslPolicy", "AlpnPolicy"]);
    if input.get("MutualAuthentication").is_some() {
        listener["MutualAuthentication"] = mutual_authentication(input);
    }
    if let Some(actions) = actions {
        listener["DefaultActions"] = actions;
    }
    match is_secure(listener.text("Protocol")) {
        true if listener.text("SslPolicy").is_none() => listener["SslPolicy"] = json!(SSL_POLICY),
        true => {}
        false => {
            for name in ["SslPolicy", "Certificates", "MutualAuthentication"] {
                listener[name] = Value::Null;
            }
        }
    }
    Ok(json!({"Listeners": [listener]}))
}

/// `DeleteListener`, with its rules
pub fn delete(scope: &mut Scope<'_>) -> Answer {
    let arn = scope.input.required("ListenerArn")?;
    find(scope, arn)?;
    rule::remove_all(scope, arn);
    scope.documents.remove(LISTENER, arn);
    Ok(json!({}))
}

/// `AddListenerCertificates`, beside the default one
pub fn add_certificates(scope: &mut Scope<'_>) -> Answer {
    let added = scope.input.list("Certificates");
    let listener = edit(scope, scope.input.required("ListenerArn")?)?;
    edit_list(listener, "~certificates", |list| {
        for certificate in added {
            if !list.iter().any(|it| it["CertificateArn"] == certificate["CertificateArn"]) {
                list.push(json!({"CertificateArn": certificate["CertificateArn"]}));
            }
        }
    });
    Ok(json!({"Certificates": listener["~certificates"]}))
}

/// `RemoveListenerCertificates`
pub fn remove_certificates(scope: &mut Scope<'_>) -> Answer {
    let removed = scope.input.list("Certificates");
    let listener = edit(scope, scope.input.required("ListenerArn")?)?;
    edit_list(listener, "~certificates", |list| {
        list.retain(|it| {
            !removed.iter().any(|removed| removed["CertificateArn"] == it["CertificateArn"])
        });
    });
    Ok(json!({}))
}

/// `DescribeListenerCertificates`, the default one first
pub fn describe_certificates(scope: &mut Scope<'_>) -> Answer {
    let listener = find(scope, scope.input.required("ListenerArn")?)?;
    let mut found = Vec::new();
    for (list, default) in [("Certificates", true), ("~certificates", false)] {
        for certificate in listener.list(list) {
            let arn = &certificate["CertificateArn"];
            found.push(json!({"CertificateArn": arn, "IsDefault": default}));
        }
    }
    Ok(paged(scope, "Certificates", found))
}
