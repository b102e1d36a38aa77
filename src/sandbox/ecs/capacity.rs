//! Capacity providers.

use serde_json::{Value, json};

use super::{CAPACITY_PROVIDER, client_error, given_tags, includes, invalid};
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{Answer, Read, Scope, copy};

fn arn_of(scope: &Scope<'_>, name: &str) -> String {
    match name.starts_with("arn:") {
        true => name.to_owned(),
        false => scope.arn("ecs", &format!("capacity-provider/{name}")),
    }
}

/// Completes what the auto scaling group provider leaves open.
fn completed(given: &Value) -> Value {
    let mut provider = given.clone();
    let scaling = [
        ("status", json!("DISABLED")),
        ("targetCapacity", json!(100)),
        ("minimumScalingStepSize", json!(1)),
        ("maximumScalingStepSize", json!(10000)),
        ("instanceWarmupPeriod", json!(300)),
    ];
    for (name, default) in scaling {
        if provider["managedScaling"].get(name).is_none() {
            provider["managedScaling"][name] = default;
        }
    }
    for (name, default) in
        [("managedTerminationProtection", "DISABLED"), ("managedDraining", "ENABLED")]
    {
        if provider.text(name).is_none() {
            provider[name] = json!(default);
        }
    }
    provider
}

/// `CreateCapacityProvider`
pub fn create(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let name = input.required("name")?;
    let arn = arn_of(scope, name);
    if scope.documents.get(CAPACITY_PROVIDER, &arn).is_some() {
        let message = "The specified capacity provider already exists. To change the \
                       configuration of an existing capacity provider, update the capacity provider.";
        return Err(client_error(message));
    }
    let group = input.get("autoScalingGroupProvider");
    let group = group.ok_or_else(|| invalid("The sandbox needs an autoScalingGroupProvider"))?;
    let provider = json!({
        "capacityProviderArn": arn, "name": name, "status": "ACTIVE", "tags": given_tags(input),
        "autoScalingGroupProvider": completed(group),
    });
    scope.documents.put(CAPACITY_PROVIDER, &arn, provider.clone());
    Ok(json!({"capacityProvider": provider}))
}

fn not_found() -> Fault {
    client_error("The specified capacity provider does not exist.")
}

/// `UpdateCapacityProvider`
pub fn update(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let arn = arn_of(scope, input.required("name")?);
    let provider = scope.documents.edit(CAPACITY_PROVIDER, &arn).ok_or_else(not_found)?;
    let mut group = provider["autoScalingGroupProvider"].clone();
    let names = ["managedScaling", "managedTerminationProtection", "managedDraining"];
    copy(&input["autoScalingGroupProvider"], &mut group, &names);
    provider["autoScalingGroupProvider"] = completed(&group);
    Ok(json!({"capacityProvider": provider}))
}

/// `DescribeCapacityProviders`: Fargate's own are always there.
pub fn describe(scope: &mut Scope<'_>) -> Answer {
    let names = scope.input.texts("capacityProviders");
    let own = |name: &str| {
        let arn = arn_of(scope, name);
        json!({"capacityProviderArn": arn, "name": name, "status": "ACTIVE", "tags": []})
    };
    let all = [own("FARGATE"), own("FARGATE_SPOT")];
    let made = scope.documents.all(CAPACITY_PROVIDER).cloned();
    let asked = |it: &Value| {
        let named = |field: &str| it.text(field).is_some_and(|text| names.contains(&text));
        names.is_empty() || named("name") || named("capacityProviderArn")
    };
    let mut found: Vec<Value> = all.into_iter().chain(made).filter(asked).collect();
    if !includes(scope.input, "TAGS") {
        found.iter_mut().for_each(|it| it["tags"] = json!([]));
    }
    let missing = names.iter().filter(|name| {
        !found.iter().any(|it| it["name"] == **name || it["capacityProviderArn"] == **name)
    });
    let missing: Vec<String> = missing.map(|name| arn_of(scope, name)).collect();
    Ok(json!({"capacityProviders": found, "failures": super::failures(&missing)}))
}

/// `DeleteCapacityProvider`: refused while a cluster has it.
pub fn delete(scope: &mut Scope<'_>) -> Answer {
    let arn = arn_of(scope, scope.input.required("capacityProvider")?);
    let mut provider =
        scope.documents.get(CAPACITY_PROVIDER, &arn).cloned().ok_or_else(not_found)?;
    let name = provider.text("name").unwrap_or_default();
    if scope.documents.all(super::CLUSTER).any(|it| it.texts("capacityProviders").contains(&name)) {
        let message = "The specified capacity provider is in use and cannot be removed.";
        return Err(Fault::new("ResourceInUseException", message));
    }
    scope.documents.remove(CAPACITY_PROVIDER, &arn);
    provider["status"] = json!("INACTIVE");
    provider["updateStatus"] = json!("DELETE_COMPLETE");
    Ok(json!({"capacityProvider": provider}))
}
