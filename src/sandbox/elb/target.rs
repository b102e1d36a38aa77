//! Target groups and their targets.

use serde_json::{Value, json};

use super::{
    LISTENER, RULE, TARGET_GROUP, action, all_exist, edit, find, given_tags, invalid, paged,
};
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{Answer, Read, Scope, copy, edit_list, hexadecimal};

/// What a health check may say, with the form's text made a number or truth value.
const HEALTH: &[&str] = &[
    "HealthCheckProtocol",
    "HealthCheckPort",
    "HealthCheckPath",
    "HealthCheckEnabled",
    "HealthCheckIntervalSeconds",
    "HealthCheckTimeoutSeconds",
    "HealthyThresholdCount",
    "UnhealthyThresholdCount",
    "Matcher",
];

/// `CreateTargetGroup`: the same name with the same settings gives the existing one.
pub fn create(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let name = input.required("Name")?;
    if name.len() > 32 || name.starts_with('-') || name.ends_with('-') {
        return Err(invalid(format!("Target group name '{name}' is not valid")));
    }
    let kind = input.text("TargetType").unwrap_or("instance");
    let mut group = json!({
        "TargetGroupName": name, "TargetType": kind,
        "IpAddressType": input.text("IpAddressType").unwrap_or("ipv4"),
    });
    if kind != "lambda" {
        let vpc = input.required("VpcId")?;
        if scope.documents.get("vpc", vpc).is_none() {
            return Err(invalid(format!("The VPC ID '{vpc}' is not found")));
        }
        input.required("Protocol")?;
        input.required("Port")?;
        copy(input, &mut group, &["Protocol", "Port", "VpcId"]);
    }
    if matches!(input.text("Protocol"), Some("HTTP" | "HTTPS")) {
        group["ProtocolVersion"] = json!(input.text("ProtocolVersion").unwrap_or("HTTP1"));
    }
    health_defaults(&mut group, kind, input.text("Protocol"), input.text("HealthCheckProtocol"));
    copy(input, &mut group, HEALTH);
    group["~tags"] = given_tags(input);
    if let Some(existing) = same_name(scope, name) {
        return existing_or_duplicate(existing, group);
    }
    let arn = format!("targetgroup/{name}/{}", hexadecimal(16));
    let arn = scope.arn("elasticloadbalancing", &arn);
    group["TargetGroupArn"] = json!(arn);
    group["~targets"] = json!([]);
    group["~attributes"] = json!({});
    scope.documents.put(TARGET_GROUP, &arn, group.clone());
    Ok(json!({"TargetGroups": [group]}))
}

/// Source: the parameters of CreateTargetGroup in the API reference.
fn health_defaults(group: &mut Value, kind: &str, protocol: Option<&str>, asked: Option<&str>) {
    let http = matches!(protocol, Some("HTTP" | "HTTPS"));
    let by = asked.unwrap_or(if http || kind == "alb" { "HTTP" } else { "TCP" });
    let over_http = kind == "lambda" || by != "TCP";
    let (interval, timeout) = match (kind, protocol) {
        ("lambda", _) => (35, 30),
        (_, Some("GENEVE")) => (10, 5),
        (_, Some("HTTP" | "HTTPS")) => (30, 5),
        _ if by == "HTTP" => (30, 6),
        _ => (30, 10),
    };
    group["HealthCheckEnabled"] = json!(kind != "lambda");
    group["HealthCheckIntervalSeconds"] = json!(interval);
    group["HealthCheckTimeoutSeconds"] = json!(timeout);
    group["HealthyThresholdCount"] = json!(5);
    group["UnhealthyThresholdCount"] = json!(2);
    if kind != "lambda" {
        let port = if protocol == Some("GENEVE") { "80" } else { "traffic-port" };
        group["HealthCheckPort"] = json!(port);
        group["HealthCheckProtocol"] = json!(by);
    }
    if over_http {
        let grpc = group["ProtocolVersion"] == "GRPC";
        let codes = if http || kind == "lambda" { "200" } else { "200-399" };
        group["HealthCheckPath"] = json!(if grpc { "/AWS.ALB/healthcheck" } else { "/" });
        group["Matcher"] =
            if grpc { json!({"GrpcCode": "12"}) } else { json!({"HttpCode": codes}) };
    }
}

fn same_name<'a>(scope: &'a Scope<'_>, name: &str) -> Option<&'a Value> {
    scope.documents.all(TARGET_GROUP).find(|it| it["TargetGroupName"] == name)
}

fn existing_or_duplicate(existing: &Value, asked: Value) -> Answer {
    let same = asked.as_object().into_iter().flatten().all(|(name, value)| {
        existing[name.as_str()].to_string().trim_matches('"') == value.to_string().trim_matches('"')
    });
    if same {
        return Ok(json!({"TargetGroups": [existing]}));
    }
    let name = &asked["TargetGroupName"];
    let message =
        format!("A target group with the same name {name} exists, but with different settings");
    Err(Fault::new("DuplicateTargetGroupName", message))
}

/// The load balancers whose listeners or rules forward to a group.
pub fn balancers(scope: &Scope<'_>, group: &str) -> Vec<String> {
    let listeners =
        scope.documents.all(LISTENER).map(|it| (it, "DefaultActions", "LoadBalancerArn"));
    let rules = scope.documents.all(RULE).map(|it| (it, "Actions", "~balancer"));
    let mut found: Vec<String> = listeners
        .chain(rules)
        .filter(|(it, actions, _)| action::target_groups(&it[*actions]).any(|it| it == group))
        .filter_map(|(it, _, balancer)| it.text(balancer).map(str::to_owned))
        .collect();
    found.sort();
    found.dedup();
    found
}

/// `DescribeTargetGroups`
pub fn describe(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let (arns, names) = (input.texts("TargetGroupArns"), input.texts("Names"));
    all_exist(scope, &arns)?;
    if let Some(name) = names.iter().find(|name| same_name(scope, name).is_none()) {
        let message = format!("One or more target groups not found: '{name}'");
        return Err(Fault::new("TargetGroupNotFound", message));
    }
    let balancer = input.text("LoadBalancerArn");
    if let Some(arn) = balancer {
        find(scope, arn)?;
    }
    let mut found = Vec::new();
    for (arn, group) in scope.documents.rows(TARGET_GROUP) {
        let mut group = group.clone();
        let used = balancers(scope, arn);
        let named = group.text("TargetGroupName").is_some_and(|name| names.contains(&name));
        let any = arns.is_empty() && names.is_empty();
        let of_balancer = balancer.is_none_or(|it| used.iter().any(|used| used == it));
        if of_balancer && (any || named || arns.contains(&arn.as_str())) {
            group["LoadBalancerArns"] = json!(used);
            found.push(group);
        }
    }
    Ok(paged(scope, "TargetGroups", found))
}

/// `ModifyTargetGroup`: health checks only.
pub fn modify(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let group = edit(scope, input.required("TargetGroupArn")?)?;
    copy(input, group, HEALTH);
    Ok(json!({"TargetGroups": [group]}))
}

/// `DeleteTargetGroup`: refused while in use; one that is gone is no error.
pub fn delete(scope: &mut Scope<'_>) -> Answer {
    let arn = scope.input.required("TargetGroupArn")?;
    if !balancers(scope, arn).is_empty() {
        let message = format!("Target group '{arn}' is currently in use by a listener or a rule");
        return Err(Fault::new("ResourceInUse", message));
    }
    scope.documents.remove(TARGET_GROUP, arn);
    Ok(json!({}))
}

/// Whether two targets are the same one.
fn is_same(group_port: &Value, a: &Value, b: &Value) -> bool {
    let port =
        |it: &Value| it.number("Port").or(group_port.as_str().and_then(|it| it.parse().ok()));
    a["Id"] == b["Id"] && port(a) == port(b)
}

/// `RegisterTargets`
pub fn register(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let group = edit(scope, input.required("TargetGroupArn")?)?;
    let port = group["Port"].clone();
    edit_list(group, "~targets", |targets| {
        for target in input.list("Targets") {
            if !targets.iter().any(|it| is_same(&port, it, target)) {
                targets.push(target.clone());
            }
        }
    });
    Ok(json!({}))
}

/// `DeregisterTargets`
pub fn deregister(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let group = edit(scope, input.required("TargetGroupArn")?)?;
    let port = group["Port"].clone();
    edit_list(group, "~targets", |targets| {
        targets.retain(|it| !input.list("Targets").iter().any(|target| is_same(&port, it, target)));
    });
    Ok(json!({}))
}

/// `DescribeTargetHealth`: whatever is registered is healthy, if something forwards to it.
pub fn health(scope: &mut Scope<'_>) -> Answer {
    let arn = scope.input.required("TargetGroupArn")?;
    let group = find(scope, arn)?;
    let health = match balancers(scope, arn).is_empty() {
        true => json!({"State": "unused", "Reason": "Target.NotInUse"}),
        false => json!({"State": "healthy"}),
    };
    let described = group.list("~targets").iter().map(|target| {
        let mut shown = target.clone();
        if target.get("Port").is_none() {
            shown["Port"] = group["Port"].clone();
        }
        json!({"Target": shown, "HealthCheckPort": shown["Port"], "TargetHealth": health})
    });
    Ok(json!({"TargetHealthDescriptions": described.collect::<Vec<_>>()}))
}
