//! The ECS scheduler: starts the tasks of deployments, replaces old ones, breaks the circuit.
//!
//! Time is counted in looks: each DescribeServices call sees a service as it is and then lets it
//! take one step. So waiting is exercised but costs no time, and runs repeat exactly.

use serde_json::{Value, json};

use super::{TASK, TASK_DEFINITION, cluster, failures, invalid, listed};
use crate::sandbox::elb::TARGET_GROUP;
use crate::sandbox::scope::{Answer, Read, Scope, edit_list, epoch, hexadecimal};
use crate::sandbox::users::SERVICE;

/// What a deployment repeats of its service.
const SHOWN: &[&str] = &[
    "taskDefinition",
    "desiredCount",
    "launchType",
    "capacityProviderStrategy",
    "platformVersion",
    "platformFamily",
    "networkConfiguration",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
];

/// The tasks that may fail before a deployment with a circuit breaker has failed.
///
/// Source: "How the Amazon ECS deployment circuit breaker detects failures": half of the desired
/// count, at least 3, at most 200.
fn failure_threshold(desired: i64) -> i64 {
    (desired + 1).div_euclid(2).clamp(3, 200)
}

/// How many stopped tasks of a deployment are kept to look at.
const STOPPED_TASKS_SHOWN: usize = 5;

fn deployment(service: &Value) -> Value {
    let number = u64::from_str_radix(&hexadecimal(15), 16).unwrap_or_default();
    let id = format!("ecs-svc/{number:019}");
    let reason = format!("ECS deployment {id} in progress.");
    let mut deployment = json!({
        "id": id, "status": "PRIMARY", "runningCount": 0, "pendingCount": 0, "failedTasks": 0,
        "createdAt": epoch(), "updatedAt": epoch(), "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": reason,
    });
    for name in SHOWN {
        deployment[*name] = service[*name].clone();
    }
    deployment
}

/// Starts a deployment of a service as it is; the others are on their way out.
pub fn deploy(service: &mut Value) {
    let next = deployment(service);
    edit_list(service, "deployments", |list| {
        for old in list.iter_mut() {
            old["status"] = json!("ACTIVE");
        }
        list.insert(0, next);
    });
}

/// Lets the current deployment follow a change of the desired count.
pub fn resize(service: &mut Value) {
    let desired = service["desiredCount"].clone();
    if let Some(primary) = service["deployments"].get_mut(0) {
        primary["desiredCount"] = desired;
    }
}

/// Lets a service take one step.
pub fn step(scope: &mut Scope<'_>, arn: &str) {
    let Some(before) = scope.documents.get(SERVICE, arn).cloned() else { return };
    let mut service = before.clone();
    match service.text("status") {
        Some("DRAINING") => drain(scope, &mut service),
        Some("ACTIVE") => advance(scope, &mut service),
        _ => {}
    }
    if service != before {
        scope.documents.put(SERVICE, arn, service);
    }
}

/// Stops the tasks of a deleted service; inactive once they are gone.
fn drain(scope: &mut Scope<'_>, service: &mut Value) {
    if service.number("runningCount") == Some(0) {
        service["status"] = json!("INACTIVE");
        service["deployments"] = json!([]);
    }
    set_running(scope, service, 0);
}

fn advance(scope: &mut Scope<'_>, service: &mut Value) {
    let desired = service.number("desiredCount").unwrap_or_default();
    let primary = service["deployments"][0].clone();
    if primary["rolloutState"] == "FAILED" {
        return;
    }
    let (running, pending) = (primary.number("runningCount"), primary.number("pendingCount"));
    let others = service.list("deployments").len() > 1;
    if let Some(reason) = why_tasks_stop(scope, &primary).filter(|_| desired > 0) {
        fail(scope, service, desired, &reason);
    } else if running != Some(desired) && pending != Some(desired) {
        service["deployments"][0]["pendingCount"] = json!(desired);
        service["pendingCount"] = json!(desired);
    } else if running != Some(desired) {
        run(scope, service, desired);
    } else if others || primary["rolloutState"] != "COMPLETED" {
        finish(service);
    }
}

/// The pending tasks of the current deployment run; those of older ones stop.
fn run(scope: &mut Scope<'_>, service: &mut Value, desired: i64) {
    edit_list(service, "deployments", |list| {
        for (index, deployment) in list.iter_mut().enumerate() {
            let count = if index == 0 { desired } else { 0 };
            deployment["runningCount"] = json!(count);
            deployment["desiredCount"] = json!(count);
            deployment["pendingCount"] = json!(0);
            deployment["updatedAt"] = epoch();
        }
    });
    set_running(scope, service, desired);
}

fn finish(service: &mut Value) {
    edit_list(service, "deployments", |list| list.truncate(1));
    let id = service["deployments"][0].text("id").unwrap_or_default().to_owned();
    service["deployments"][0]["rolloutState"] = json!("COMPLETED");
    service["deployments"][0]["rolloutStateReason"] =
        json!(format!("ECS deployment {id} completed."));
    event(service, "has reached a steady state.");
}

fn event(service: &mut Value, what: &str) {
    let name = service.text("serviceName").unwrap_or_default().to_owned();
    let id = uuid::Uuid::new_v4().to_string();
    let event =
        json!({"id": id, "createdAt": epoch(), "message": format!("(service {name}) {what}")});
    edit_list(service, "events", |events| {
        events.insert(0, event);
        events.truncate(100);
    });
}

/// Tasks of the current deployment stop as soon as they start.
fn fail(scope: &mut Scope<'_>, service: &mut Value, desired: i64, reason: &str) {
    let failed = service["deployments"][0].number("failedTasks").unwrap_or_default() + desired;
    service["deployments"][0]["failedTasks"] = json!(failed);
    service["deployments"][0]["updatedAt"] = epoch();
    let id = service["deployments"][0]["id"].clone();
    let shown = scope.documents.all(TASK).filter(|it| it["startedBy"] == id).count();
    if shown < STOPPED_TASKS_SHOWN {
        add_task(scope, service, Some(reason));
    }
    let breaker = service["deploymentConfiguration"]["deploymentCircuitBreaker"].clone();
    if breaker.flag("enable") != Some(true) || failed < failure_threshold(desired) {
        event(service, "is unable to consistently start tasks successfully.");
        return;
    }
    let id = service["deployments"][0].text("id").unwrap_or_default().to_owned();
    service["deployments"][0]["rolloutState"] = json!("FAILED");
    service["deployments"][0]["rolloutStateReason"] =
        json!("ECS deployment circuit breaker: tasks failed to start.");
    event(service, &format!("(deployment {id}) deployment failed: tasks failed to start."));
    if breaker.flag("rollback") == Some(true) {
        roll_back(service);
    }
}

/// Goes back to the deployment that completed before, if there was one.
fn roll_back(service: &mut Value) {
    let deployments = service.list("deployments");
    let Some(good) = deployments.iter().find(|it| it["rolloutState"] == "COMPLETED").cloned()
    else {
        return;
    };
    service["taskDefinition"] = good["taskDefinition"].clone();
    service["networkConfiguration"] = good["networkConfiguration"].clone();
    let id = good.text("id").unwrap_or_default();
    let reason = format!("ECS deployment circuit breaker: rolling back to deploymentId {id}.");
    event(service, &format!("rolling back to (deployment {id})."));
    deploy(service);
    service["deployments"][0]["rolloutStateReason"] = json!(reason);
}

/// Sets the count of running tasks, with the tasks and the targets that follow from it.
fn set_running(scope: &mut Scope<'_>, service: &mut Value, count: i64) {
    service["runningCount"] = json!(count);
    service["pendingCount"] = json!(0);
    let arn = service.text("serviceArn").unwrap_or_default().to_owned();
    let rows = scope.documents.rows(TASK);
    let runs = |it: &Value| it["~service"] == *arn && it["lastStatus"] == "RUNNING";
    let old: Vec<_> = rows.filter(|(_, it)| runs(it)).map(|(id, _)| id.clone()).collect();
    for id in old {
        scope.documents.remove(TASK, &id);
    }
    for _ in 0..count {
        add_task(scope, service, None);
    }
    for balancer in service.list("loadBalancers") {
        let Some(group) = balancer.text("targetGroupArn") else { continue };
        let target = |n| {
            let address = format!("10.255.{}.{}", n / 250, n % 250 + 1);
            json!({"Id": address, "Port": balancer["containerPort"]})
        };
        if let Some(group) = scope.documents.edit(TARGET_GROUP, group) {
            group["~targets"] = Value::Array((0..count).map(target).collect());
        }
    }
}

/// Adds a task of the current deployment: running, or stopped for a reason.
fn add_task(scope: &mut Scope<'_>, service: &Value, stopped: Option<&str>) {
    let cluster = service.text("clusterArn").unwrap_or_default();
    let name = cluster.rsplit('/').next().unwrap_or_default();
    let arn = scope.arn("ecs", &format!("task/{name}/{}", hexadecimal(30)));
    let status = if stopped.is_some() { "STOPPED" } else { "RUNNING" };
    let primary = &service["deployments"][0];
    let mut task = json!({
        "taskArn": arn, "clusterArn": cluster, "lastStatus": status, "desiredStatus": status,
        "taskDefinitionArn": primary["taskDefinition"], "startedBy": primary["id"],
        "group": format!("service:{}", service.text("serviceName").unwrap_or_default()),
        "createdAt": epoch(), "launchType": service["launchType"], "containers": [],
        "~service": service["serviceArn"],
    });
    if let Some(reason) = stopped {
        task["stopCode"] = json!("TaskFailedToStart");
        task["stoppedReason"] = json!(reason);
        task["stoppedAt"] = epoch();
    }
    scope.documents.put(TASK, &arn, task);
}

/// Why tasks of a deployment cannot start, of the causes that the sandbox knows.
fn why_tasks_stop(scope: &Scope<'_>, deployment: &Value) -> Option<String> {
    let definition = scope.documents.get(TASK_DEFINITION, deployment.text("taskDefinition")?)?;
    definition.list("containerDefinitions").iter().find_map(|container| {
        missing_image(scope, container).or_else(|| missing_log_group(scope, container))
    })
}

/// An image in this account's registry needs its repository.
fn missing_image(scope: &Scope<'_>, container: &Value) -> Option<String> {
    let image = container.text("image")?;
    let (host, path) = image.split_once('/')?;
    let own = format!("{}.dkr.ecr.{}.amazonaws.com", crate::sandbox::scope::ACCOUNT, scope.region);
    let repository = path.split([':', '@']).next()?;
    if host != own || scope.documents.get(crate::sandbox::ecr::REPOSITORY, repository).is_some() {
        return None;
    }
    Some(format!(
        "CannotPullContainerError: failed to resolve ref {image}: {image}: not found: the \
         repository with name '{repository}' does not exist in the registry"
    ))
}

/// The log driver of AWS needs its log group, unless it may make it.
fn missing_log_group(scope: &Scope<'_>, container: &Value) -> Option<String> {
    let logging = &container["logConfiguration"];
    let options = &logging["options"];
    let group = options.text("awslogs-group").filter(|_| logging["logDriver"] == "awslogs")?;
    let elsewhere = options.text("awslogs-region").is_some_and(|region| region != scope.region);
    let makes = options.text("awslogs-create-group") == Some("true");
    if elsewhere || makes || scope.documents.get(crate::sandbox::logs::GROUP, group).is_some() {
        return None;
    }
    Some(format!(
        "ResourceInitializationError: failed to validate logger args: create stream has been \
         retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The \
         specified log group does not exist. ({group})"
    ))
}

/// `ListTasks`, of a service or a whole cluster
pub fn list_tasks(scope: &mut Scope<'_>) -> Answer {
    let cluster = cluster::active(scope, scope.input.text("cluster"))?;
    let service = scope.input.text("serviceName").map(|it| it.rsplit('/').next().unwrap_or(it));
    let wanted = scope.input.text("desiredStatus").unwrap_or("RUNNING");
    let rows = scope.documents.rows(TASK).filter(|(_, it)| {
        it["clusterArn"] == *cluster
            && it["desiredStatus"] == wanted
            && service.is_none_or(|name| it["group"] == format!("service:{name}"))
    });
    let arns = rows.map(|(arn, _)| arn.clone()).collect();
    Ok(listed(scope.input, "taskArns", arns))
}

/// `DescribeTasks`
pub fn describe_tasks(scope: &mut Scope<'_>) -> Answer {
    let names = scope.input.texts("tasks");
    if names.is_empty() || names.len() > 100 {
        return Err(invalid("Tasks cannot be empty or more than 100."));
    }
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in names {
        let ends = |arn: &str| arn == name || arn.ends_with(&format!("/{name}"));
        match scope.documents.rows(TASK).find(|(arn, _)| ends(arn)) {
            Some((_, task)) => found.push(task.clone()),
            None => missing.push(name.to_owned()),
        }
    }
    Ok(json!({"tasks": found, "failures": failures(&missing)}))
}
