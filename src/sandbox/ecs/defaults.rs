//! What ECS fills in where a task definition or service says nothing.

use serde_json::{Value, json};

use crate::sandbox::scope::Read;

/// Sets a field that is absent.
pub fn default(document: &mut Value, name: &str, value: Value) {
    if document.get(name).is_none_or(Value::is_null) {
        document[name] = value;
    }
}

/// Completes a container definition as RegisterTaskDefinition answers it.
pub fn container(container: &mut Value, network_mode: Option<&str>) {
    default(container, "cpu", json!(0));
    default(container, "essential", json!(true));
    for name in ["portMappings", "environment", "mountPoints", "volumesFrom", "systemControls"] {
        default(container, name, json!([]));
    }
    for mapping in container["portMappings"].as_array_mut().into_iter().flatten() {
        default(mapping, "protocol", json!("tcp"));
        let own = matches!(network_mode, Some("awsvpc" | "host"));
        let port = if own { mapping["containerPort"].clone() } else { json!(0) };
        default(mapping, "hostPort", port);
    }
}

/// Completes the volumes of a task definition.
pub fn volume(volume: &mut Value) {
    default(volume, "host", json!({}));
    let kinds =
        ["dockerVolumeConfiguration", "efsVolumeConfiguration", "s3filesVolumeConfiguration"];
    for kind in kinds {
        if volume[kind].is_null() {
            continue;
        }
        volume["host"] = Value::Null;
        match kind {
            "dockerVolumeConfiguration" => default(&mut volume[kind], "scope", json!("task")),
            _ => default(&mut volume[kind], "rootDirectory", json!("/")),
        }
    }
}

/// CPU units or MiB of a task, however they were written: `1 vCPU`, `2 GB`.
pub fn units(text: &str) -> String {
    let lower = text.trim().to_lowercase();
    let large = lower.strip_suffix("vcpu").or_else(|| lower.strip_suffix("gb"));
    let quarters = large.and_then(|it| it.trim().parse::<f64>().ok()).map(|it| it * 1024.0);
    quarters.map_or_else(|| text.to_owned(), |units| format!("{units:.0}"))
}

/// Completes the deployment configuration of a service.
pub fn deployment(configuration: &mut Value, daemon: bool) {
    if !configuration.is_object() {
        *configuration = json!({});
    }
    default(configuration, "deploymentCircuitBreaker", json!({"enable": false, "rollback": false}));
    default(configuration, "maximumPercent", json!(if daemon { 100 } else { 200 }));
    default(configuration, "minimumHealthyPercent", json!(if daemon { 0 } else { 100 }));
    default(configuration, "strategy", json!("ROLLING"));
    default(configuration, "bakeTimeInMinutes", json!(0));
    let shifts = [
        ("CANARY", "canaryConfiguration", "canaryPercent", "canaryBakeTimeInMinutes", 5, 10),
        ("LINEAR", "linearConfiguration", "stepPercent", "stepBakeTimeInMinutes", 10, 6),
    ];
    for (strategy, block, percent, minutes, share, wait) in shifts {
        if configuration["strategy"] == strategy {
            default(configuration, block, json!({}));
            default(&mut configuration[block], percent, json!(share));
            default(&mut configuration[block], minutes, json!(wait));
        } else {
            configuration[block] = Value::Null;
        }
    }
}

/// Completes the Service Connect configuration of a service: names of what it offers.
pub fn connect(configuration: &mut Value) {
    for offer in configuration["services"].as_array_mut().into_iter().flatten() {
        let port = offer["portName"].clone();
        default(offer, "discoveryName", port.clone());
        for alias in offer["clientAliases"].as_array_mut().into_iter().flatten() {
            default(alias, "dnsName", port.clone());
        }
    }
    if configuration.get("accessLogConfiguration").is_some_and(Value::is_object) {
        let query = json!("DISABLED");
        default(&mut configuration["accessLogConfiguration"], "includeQueryParameters", query);
    }
}

/// Completes the network configuration of a service.
pub fn network(configuration: &mut Value) {
    let vpc = &mut configuration["awsvpcConfiguration"];
    if vpc.is_object() {
        default(vpc, "assignPublicIp", json!("DISABLED"));
        default(vpc, "securityGroups", json!([]));
    }
}

/// Whether a service runs on Fargate.
pub fn is_fargate(service: &Value) -> bool {
    let fargate =
        |item: &Value| item.text("capacityProvider").is_some_and(|it| it.starts_with("FARGATE"));
    service["launchType"] == "FARGATE"
        || service.list("capacityProviderStrategy").iter().any(fargate)
}
