//! Services.

use serde_json::{Value, json};

use super::{client_error, cluster, defaults, failures, given_tags, includes, invalid, listed};
use super::{scheduler, task};
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{ACCOUNT, Answer, Read, Scope, copy, epoch};
use crate::sandbox::users::SERVICE;

/// What a create call sets as it is given.
const GIVEN: &[&str] = &[
    "loadBalancers",
    "serviceRegistries",
    "desiredCount",
    "networkConfiguration",
    "placementConstraints",
    "placementStrategy",
    "healthCheckGracePeriodSeconds",
    "schedulingStrategy",
    "deploymentController",
    "enableECSManagedTags",
    "propagateTags",
    "enableExecuteCommand",
    "availabilityZoneRebalancing",
    "deploymentConfiguration",
    "launchType",
    "platformVersion",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
];

/// What starts a new deployment when it is changed.
const DEPLOYED: &[&str] = &[
    "taskDefinition",
    "loadBalancers",
    "serviceRegistries",
    "networkConfiguration",
    "platformVersion",
    "capacityProviderStrategy",
    "launchType",
    "placementConstraints",
    "placementStrategy",
    "propagateTags",
    "enableExecuteCommand",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
    "enableECSManagedTags",
];

/// The ARN of a service in a cluster.
fn arn_of(scope: &Scope<'_>, cluster: &str, name: &str) -> String {
    let cluster = cluster.rsplit('/').next().unwrap_or_default();
    match name.starts_with("arn:") {
        true => name.to_owned(),
        false => scope.arn("ecs", &format!("service/{cluster}/{name}")),
    }
}

/// `CreateService`
pub fn create(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let name = input.required("serviceName").map_err(|_| invalid("Service name is required."))?;
    let cluster = cluster::active(scope, input.text("cluster"))?;
    let arn = arn_of(scope, &cluster, name);
    match scope.documents.get(SERVICE, &arn).and_then(|it| it.text("status")) {
        Some("ACTIVE") => return again(scope, &arn),
        Some("DRAINING") => {
            return Err(invalid("Unable to Start a service that is still Draining."));
        }
        _ => {}
    }
    let mut service = json!({
        "serviceArn": arn, "serviceName": name, "clusterArn": cluster, "status": "ACTIVE",
        "runningCount": 0, "pendingCount": 0, "createdAt": epoch(), "events": [],
        "deployments": [], "createdBy": format!("arn:aws:iam::{ACCOUNT}:root"),
        "taskDefinition": active_definition(scope, input.text("taskDefinition"))?,
    });
    copy(input, &mut service, GIVEN);
    set_capacity(scope, &mut service, &cluster)?;
    complete(&mut service)?;
    service["tags"] = given_tags(input);
    service["~token"] = input["clientToken"].clone();
    check(scope, &service)?;
    scheduler::deploy(&mut service);
    scope.documents.put(SERVICE, &arn, service.clone());
    Ok(json!({"service": service}))
}

/// The same request again gives the service that it made.
fn again(scope: &Scope<'_>, arn: &str) -> Answer {
    let token = scope.input.text("clientToken");
    match scope.documents.get(SERVICE, arn).filter(|it| it.text("~token") == token) {
        Some(service) if token.is_some() => Ok(json!({"service": service})),
        _ => Err(invalid("Creation of service was not idempotent.")),
    }
}

/// The ARN of a task definition that can run.
fn active_definition(scope: &Scope<'_>, name: Option<&str>) -> Result<Value, Fault> {
    let name = name.ok_or_else(|| invalid("TaskDefinition can not be blank."))?;
    let definition = task::find(scope, name);
    let definition = definition.ok_or_else(|| client_error("TaskDefinition not found."))?;
    match definition["status"] == "ACTIVE" {
        true => Ok(definition["taskDefinitionArn"].clone()),
        false => Err(client_error("TaskDefinition is inactive")),
    }
}

/// Where tasks run: the strategy or launch type asked for, or the cluster's default strategy.
fn set_capacity(scope: &Scope<'_>, service: &mut Value, cluster: &str) -> Result<(), Fault> {
    let asked = cluster::strategy(scope.input, "capacityProviderStrategy");
    let has_strategy = asked.as_array().is_some_and(|items| !items.is_empty());
    if has_strategy && service.text("launchType").is_some() {
        let message =
            "Specifying both a launch type and capacity provider strategy is not supported.";
        return Err(invalid(message));
    }
    if has_strategy {
        service["capacityProviderStrategy"] = asked;
    } else if service.text("launchType").is_none() {
        let document = scope.documents.get(super::CLUSTER, cluster);
        let default = document.map(|it| it.list("defaultCapacityProviderStrategy").to_vec());
        match default.filter(|items| !items.is_empty()) {
            Some(items) => service["capacityProviderStrategy"] = Value::Array(items),
            None => service["launchType"] = json!("EC2"),
        }
    }
    Ok(())
}

/// Fills in what the request left open.
fn complete(service: &mut Value) -> Result<(), Fault> {
    let daemon = service["schedulingStrategy"] == "DAEMON";
    if !daemon && service.number("desiredCount").is_none() {
        service["desiredCount"] = json!(1);
    }
    let texts = [
        ("schedulingStrategy", json!("REPLICA")),
        ("deploymentController", json!({"type": "ECS"})),
        ("propagateTags", json!("NONE")),
        ("availabilityZoneRebalancing", json!(if daemon { "DISABLED" } else { "ENABLED" })),
    ];
    for (name, value) in texts {
        defaults::default(service, name, value);
    }
    for name in ["enableECSManagedTags", "enableExecuteCommand"] {
        defaults::default(service, name, json!(false));
    }
    for name in ["loadBalancers", "serviceRegistries", "placementConstraints", "placementStrategy"]
    {
        defaults::default(service, name, json!([]));
    }
    defaults::deployment(&mut service["deploymentConfiguration"], daemon);
    if service["serviceConnectConfiguration"].is_object() {
        defaults::connect(&mut service["serviceConnectConfiguration"]);
    }
    for item in service["placementStrategy"].as_array_mut().into_iter().flatten() {
        if item["field"] == "host" {
            item["field"] = json!("instanceId");
        }
    }
    defaults::network(&mut service["networkConfiguration"]);
    if service["networkConfiguration"]["awsvpcConfiguration"].is_null() {
        service["networkConfiguration"] = Value::Null;
    }
    if defaults::is_fargate(service) {
        defaults::default(service, "platformVersion", json!("LATEST"));
        service["platformFamily"] = json!("Linux");
    }
    if !service.list("loadBalancers").is_empty() {
        defaults::default(service, "healthCheckGracePeriodSeconds", json!(0));
        let role = "role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";
        service["roleArn"] = json!(format!("arn:aws:iam::{ACCOUNT}:{role}"));
    }
    Ok(())
}

/// What ECS refuses: networks, containers and target groups that do not fit.
fn check(scope: &Scope<'_>, service: &Value) -> Result<(), Fault> {
    let name = service.text("taskDefinition").unwrap_or_default();
    let definition = task::find(scope, name).cloned().unwrap_or_default();
    let network = &service["networkConfiguration"]["awsvpcConfiguration"];
    if definition["networkMode"] == "awsvpc" && network.list("subnets").is_empty() {
        return Err(invalid(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        ));
    }
    let kinds = [
        ("subnets", "subnet", "subnet ID"),
        ("securityGroups", "security-group", "security group"),
    ];
    for (field, table, what) in kinds {
        if let Some(id) =
            network.texts(field).iter().find(|id| scope.documents.get(table, id).is_none())
        {
            return Err(invalid(format!("Error retrieving {what} information for '{id}'")));
        }
    }
    if defaults::is_fargate(service)
        && !definition.texts("requiresCompatibilities").contains(&"FARGATE")
        && !definition.texts("compatibilities").contains(&"FARGATE")
    {
        let message = "Task definition does not support launch_type FARGATE.";
        return Err(invalid(message));
    }
    service.list("loadBalancers").iter().try_for_each(|it| check_balancer(scope, it, &definition))
}

fn check_balancer(scope: &Scope<'_>, balancer: &Value, definition: &Value) -> Result<(), Fault> {
    let name = balancer.text("containerName").unwrap_or_default();
    let containers = definition.list("containerDefinitions");
    let container = containers.iter().find(|it| it["name"] == name);
    let container = container.ok_or_else(|| {
        invalid(format!("The container {name} does not exist in the task definition."))
    })?;
    let port = balancer.number("containerPort");
    let mut ports = container.list("portMappings").iter().map(|it| it.number("containerPort"));
    if !ports.any(|it| it == port) {
        let port = port.unwrap_or_default();
        let message = format!("The container {name} did not have a container port {port} defined.");
        return Err(invalid(message));
    }
    let Some(group) = balancer.text("targetGroupArn") else { return Ok(()) };
    let document = scope.documents.get(crate::sandbox::elb::TARGET_GROUP, group);
    let document = document
        .ok_or_else(|| invalid(format!("The specified target group does not exist: {group}")))?;
    if crate::sandbox::elb::balancers_of(scope, group).is_empty() {
        return Err(invalid(format!(
            "The target group with targetGroupArn {group} does not have an associated load balancer."
        )));
    }
    if definition["networkMode"] == "awsvpc" && document["TargetType"] != "ip" {
        return Err(invalid(format!(
            "The provided target group {group} has target type {}, which is incompatible with \
             the awsvpc network mode specified in the task definition.",
            document.text("TargetType").unwrap_or_default()
        )));
    }
    Ok(())
}

/// `UpdateService`: a new deployment if what tasks are made from changes.
pub fn update(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let cluster = cluster::active(scope, input.text("cluster"))?;
    let arn = arn_of(scope, &cluster, input.required("service")?);
    let before = scope.documents.get(SERVICE, &arn).cloned().ok_or_else(not_found)?;
    if before["status"] != "ACTIVE" {
        return Err(Fault::new("ServiceNotActiveException", "Service was not ACTIVE."));
    }
    let mut service = before.clone();
    let configuration = service["deploymentConfiguration"].clone();
    copy(input, &mut service, GIVEN);
    merge(&configuration, &mut service["deploymentConfiguration"]);
    if let Some(name) = input.text("taskDefinition") {
        service["taskDefinition"] = active_definition(scope, Some(name))?;
    }
    if let Some(given) = input.get("capacityProviderStrategy") {
        let forced = input.flag("forceNewDeployment") == Some(true);
        if *given != before["capacityProviderStrategy"] && !forced {
            let message = "When making a change to a capacity provider strategy on a service you \
                           must force a new deployment.";
            return Err(invalid(message));
        }
        service["capacityProviderStrategy"] = cluster::strategy(input, "capacityProviderStrategy");
        service["launchType"] = Value::Null;
    }
    complete(&mut service)?;
    check(scope, &service)?;
    let forced = input.flag("forceNewDeployment") == Some(true);
    if forced || DEPLOYED.iter().any(|name| service[*name] != before[*name]) {
        scheduler::deploy(&mut service);
    } else {
        scheduler::resize(&mut service);
    }
    scope.documents.put(SERVICE, &arn, service.clone());
    Ok(json!({"service": service}))
}

/// Parts of the deployment configuration that an update leaves out stay as they are.
fn merge(before: &Value, after: &mut Value) {
    let Some(fields) = before.as_object() else { return };
    for (name, value) in fields {
        defaults::default(after, name, value.clone());
    }
}

fn not_found() -> Fault {
    Fault::new("ServiceNotFoundException", "Service not found.")
}

/// `DeleteService`: scaled to nothing first, unless forced; draining until its tasks are gone.
pub fn delete(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let cluster = cluster::active(scope, input.text("cluster"))?;
    let arn = arn_of(scope, &cluster, input.required("service")?);
    let service = scope.documents.edit(SERVICE, &arn).ok_or_else(not_found)?;
    if service["status"] != "ACTIVE" {
        return Err(not_found());
    }
    let scaled = service.number("desiredCount").unwrap_or_default() > 0;
    let forced = input.flag("force") == Some(true) || service["schedulingStrategy"] == "DAEMON";
    if scaled && !forced {
        return Err(invalid("The service cannot be stopped while it is scaled above 0."));
    }
    service["status"] = json!("DRAINING");
    service["desiredCount"] = json!(0);
    Ok(json!({"service": service}))
}

/// `DescribeServices`: each look lets the scheduler take a step.
pub fn describe(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let names = input.texts("services");
    if names.is_empty() || names.len() > 10 {
        return Err(invalid("Services cannot be empty or more than 10."));
    }
    let cluster = cluster::arn_of(scope, input.text("cluster"));
    if scope.documents.get(super::CLUSTER, &cluster).is_none() {
        return Err(Fault::new("ClusterNotFoundException", "Cluster not found."));
    }
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in names {
        let arn = arn_of(scope, &cluster, name);
        let service = scope.documents.get(SERVICE, &arn).filter(|it| it["clusterArn"] == *cluster);
        let Some(mut shown) = service.cloned() else {
            missing.push(arn);
            continue;
        };
        scheduler::step(scope, &arn);
        if !includes(input, "TAGS") {
            shown["tags"] = Value::Null;
        }
        // these are told of deployments, not of services
        for name in
            ["serviceConnectConfiguration", "volumeConfigurations", "vpcLatticeConfigurations"]
        {
            shown[name] = Value::Null;
        }
        found.push(shown);
    }
    Ok(json!({"services": found, "failures": failures(&missing)}))
}

/// `ListServices`
pub fn list(scope: &mut Scope<'_>) -> Answer {
    let cluster = cluster::active(scope, scope.input.text("cluster"))?;
    let rows = scope.documents.rows(SERVICE);
    let own = rows.filter(|(_, it)| it["clusterArn"] == *cluster && it["status"] != "INACTIVE");
    let arns = own.map(|(arn, _)| arn.clone()).collect();
    Ok(listed(scope.input, "serviceArns", arns))
}
