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
