//! Clusters.

use serde_json::{Value, json};

use super::{CLUSTER, client_error, failures, given_tags, includes, invalid, listed};
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{Answer, Read, Scope, copy};
use crate::sandbox::users::SERVICE;

/// The ARN of a cluster named by name or ARN; `default` if not named.
pub fn arn_of(scope: &Scope<'_>, name: Option<&str>) -> String {
    match name.unwrap_or("default") {
        arn if arn.starts_with("arn:") => arn.to_owned(),
        name => scope.arn("ecs", &format!("cluster/{name}")),
    }
}

/// The ARN of an active cluster.
pub fn active(scope: &Scope<'_>, name: Option<&str>) -> Result<String, Fault> {
    let arn = arn_of(scope, name);
    match scope.documents.get(CLUSTER, &arn) {
        Some(cluster) if cluster["status"] == "ACTIVE" => Ok(arn),
        _ => Err(not_found()),
    }
}

fn not_found() -> Fault {
    Fault::new("ClusterNotFoundException", "Cluster not found.")
}

const SETTINGS: &[&str] = &["configuration", "serviceConnectDefaults"];

/// `CreateCluster`: an active cluster of the same name is given back.
pub fn create(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let name = input.text("clusterName").unwrap_or("default");
    let arn = arn_of(scope, Some(name));
    let existing = scope.documents.get(CLUSTER, &arn);
    if let Some(cluster) = existing.filter(|it| it["status"] == "ACTIVE") {
        return Ok(json!({"cluster": cluster}));
    }
    check_providers(scope, &input.texts("capacityProviders"))?;
    let mut cluster = json!({
        "clusterArn": arn, "clusterName": name, "status": "ACTIVE",
        "registeredContainerInstancesCount": 0, "tags": given_tags(input),
        "settings": settings(input, &json!([{"name": "containerInsights", "value": "disabled"}])),
        "capacityProviders": input.list("capacityProviders"),
        "defaultCapacityProviderStrategy": strategy(input, "defaultCapacityProviderStrategy"),
    });
    copy(input, &mut cluster, SETTINGS);
    scope.documents.put(CLUSTER, &arn, cluster.clone());
    Ok(json!({"cluster": cluster}))
}

/// Settings with those of a request replaced by name.
fn settings(input: &Value, before: &Value) -> Value {
    let mut settings = before.as_array().cloned().unwrap_or_default();
    for setting in input.list("settings") {
        settings.retain(|old| old["name"] != setting["name"]);
        settings.push(setting.clone());
    }
    Value::Array(settings)
}

/// A capacity provider strategy with its weights and bases filled in.
pub fn strategy(input: &Value, name: &str) -> Value {
    let mut items = input.list(name).to_vec();
    for item in &mut items {
        for field in ["weight", "base"] {
            if item.get(field).is_none() {
                item[field] = json!(0);
            }
        }
    }
    Value::Array(items)
}

fn check_providers(scope: &Scope<'_>, names: &[&str]) -> Result<(), Fault> {
    let known = |name: &str| {
        matches!(name, "FARGATE" | "FARGATE_SPOT")
            || scope.documents.all(super::CAPACITY_PROVIDER).any(|it| it["name"] == name)
    };
    match names.iter().find(|name| !known(name)) {
        None => Ok(()),
        Some(_) => {
            let message = "The specified capacity provider was not found. Specify a valid name.";
            Err(invalid(message))
        }
    }
}

/// `DescribeClusters`: tags, settings and configuration only if asked for.
pub fn describe(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let mut names = input.texts("clusters");
    if names.is_empty() {
        names.push("default");
    }
    if names.len() > 100 {
        return Err(invalid("Clusters cannot be more than 100."));
    }
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in names {
        let arn = arn_of(scope, Some(name));
        match scope.documents.get(CLUSTER, &arn) {
            Some(cluster) => found.push(shown(scope, cluster)),
            None => missing.push(arn),
        }
    }
    Ok(json!({"clusters": found, "failures": failures(&missing)}))
}

fn shown(scope: &Scope<'_>, cluster: &Value) -> Value {
    let mut shown = cluster.clone();
    let parts = [("TAGS", "tags"), ("SETTINGS", "settings"), ("CONFIGURATIONS", "configuration")];
    for (part, field) in parts {
        if !includes(scope.input, part) {
            shown[field] = if field == "configuration" { Value::Null } else { json!([]) };
        }
    }
    let services =
        scope.documents.all(SERVICE).filter(|it| it["clusterArn"] == cluster["clusterArn"]);
    let (mut active, mut running, mut pending) = (0, 0, 0);
    for service in services {
        active += i64::from(service["status"] == "ACTIVE");
        running += service.number("runningCount").unwrap_or_default();
        pending += service.number("pendingCount").unwrap_or_default();
    }
    shown["activeServicesCount"] = json!(active);
    shown["runningTasksCount"] = json!(running);
    shown["pendingTasksCount"] = json!(pending);
    shown["statistics"] = json!([]);
    shown
}

/// `ListClusters`
pub fn list(scope: &mut Scope<'_>) -> Answer {
    let rows = scope.documents.rows(CLUSTER);
    let active = rows.filter(|(_, it)| it["status"] == "ACTIVE").map(|(arn, _)| arn.clone());
    Ok(listed(scope.input, "clusterArns", active.collect()))
}

fn edit<'a>(scope: &'a mut Scope<'_>) -> Result<&'a mut Value, Fault> {
    let arn = active(scope, Some(scope.input.required("cluster")?))?;
    scope.documents.edit(CLUSTER, &arn).ok_or_else(not_found)
}

/// `UpdateCluster` and `UpdateClusterSettings`
pub fn update(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let cluster = edit(scope)?;
    cluster["settings"] = settings(input, &cluster["settings"]);
    copy(input, cluster, SETTINGS);
    // an empty namespace takes the default away
    if cluster["serviceConnectDefaults"]["namespace"] == "" {
        cluster["serviceConnectDefaults"] = Value::Null;
    }
    Ok(json!({"cluster": cluster}))
}

/// `PutClusterCapacityProviders`: replaces both lists.
pub fn put_capacity_providers(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    check_providers(scope, &input.texts("capacityProviders"))?;
    let strategy = strategy(input, "defaultCapacityProviderStrategy");
    let providers = input.texts("capacityProviders");
    let used = |it: &Value| it.text("capacityProvider").is_some_and(|it| !providers.contains(&it));
    if strategy.as_array().is_some_and(|items| items.iter().any(used)) {
        let message = "The specified capacity provider strategy cannot contain a capacity provider \
                       that is not associated with the cluster.";
        return Err(invalid(message));
    }
    let cluster = edit(scope)?;
    cluster["capacityProviders"] = json!(providers);
    cluster["defaultCapacityProviderStrategy"] = strategy;
    cluster["attachmentsStatus"] = json!("UPDATE_COMPLETE");
    Ok(json!({"cluster": cluster}))
}

/// `DeleteCluster`: refused while services are in it; shown as inactive afterwards.
pub fn delete(scope: &mut Scope<'_>) -> Answer {
    let arn = arn_of(scope, Some(scope.input.required("cluster")?));
    let holds = |it: &Value| it["clusterArn"] == *arn && it["status"] != "INACTIVE";
    if scope.documents.all(SERVICE).any(holds) {
        let message = "The Cluster cannot be deleted while Services are active.";
        return Err(Fault::new("ClusterContainsServicesException", message));
    }
    let Some(cluster) = scope.documents.edit(CLUSTER, &arn) else { return Err(not_found()) };
    if cluster["status"] != "ACTIVE" {
        return Err(client_error("The cluster is inactive."));
    }
    cluster["status"] = json!("INACTIVE");
    cluster["capacityProviders"] = json!([]);
    cluster["defaultCapacityProviderStrategy"] = json!([]);
    Ok(json!({"cluster": cluster}))
}
