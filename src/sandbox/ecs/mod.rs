//! ECS: clusters, task definitions, services, and the scheduler that runs their tasks.

pub mod capacity;
pub mod cluster;
pub mod defaults;
pub mod scheduler;
pub mod service;
pub mod task;

use serde_json::{Value, json};

use super::fault::Fault;
use super::scope::{Answer, Read, Scope, add_tags, edit_list, page};
use super::users::SERVICE;

/// Clusters, by ARN.
pub const CLUSTER: &str = "ecs-cluster";
/// Task definitions, by ARN.
pub const TASK_DEFINITION: &str = "task-definition";
/// Tasks, by ARN.
pub const TASK: &str = "ecs-task";
/// Capacity providers an account made, by ARN.
pub const CAPACITY_PROVIDER: &str = "ecs-capacity-provider";

/// Answers an ECS call.
pub fn answer(scope: &mut Scope<'_>, operation: &str) -> Answer {
    let handler = match operation {
        "CreateCluster" => cluster::create,
        "DescribeClusters" => cluster::describe,
        "ListClusters" => cluster::list,
        "UpdateCluster" | "UpdateClusterSettings" => cluster::update,
        "PutClusterCapacityProviders" => cluster::put_capacity_providers,
        "DeleteCluster" => cluster::delete,
        "CreateCapacityProvider" => capacity::create,
        "UpdateCapacityProvider" => capacity::update,
        "DescribeCapacityProviders" => capacity::describe,
        "DeleteCapacityProvider" => capacity::delete,
        "RegisterTaskDefinition" => task::register,
        "DeregisterTaskDefinition" => task::deregister,
        "DescribeTaskDefinition" => task::describe,
        "ListTaskDefinitions" => task::list,
        "DeleteTaskDefinitions" => task::delete,
        "CreateService" => service::create,
        "UpdateService" => service::update,
        "DeleteService" => service::delete,
        "DescribeServices" => service::describe,
        "ListServices" => service::list,
        "ListTasks" => scheduler::list_tasks,
        "DescribeTasks" => scheduler::describe_tasks,
        "TagResource" | "UntagResource" => change_tags,
        "ListTagsForResource" => list_tags,
        _ => {
            let message = format!("The sandbox does not have the ECS operation {operation}");
            return Err(Fault::new("UnsupportedFeatureException", message));
        }
    };
    handler(scope)
}

const TAG_NAMES: (&str, &str) = ("key", "value");

/// The tags of a create call.
fn given_tags(input: &Value) -> Value {
    let mut tags = Vec::new();
    add_tags(&mut tags, input.list("tags"), TAG_NAMES);
    Value::Array(tags)
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::new("InvalidParameterException", message)
}

fn client_error(message: impl Into<String>) -> Fault {
    Fault::new("ClientException", message)
}

/// Whether a describe call wants a part that is only shown when asked for.
fn includes(input: &Value, part: &str) -> bool {
    input.texts("include").contains(&part)
}

/// A page of ARNs, as list calls answer.
fn listed(input: &Value, name: &str, arns: Vec<String>) -> Value {
    let size = input.number("maxResults").and_then(|size| usize::try_from(size).ok());
    let (items, next) = page(arns, input.text("nextToken"), size.unwrap_or(100));
    json!({name: items, "nextToken": next})
}

/// The table of an ARN.
fn table_of(arn: &str) -> &'static str {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    match resource.split('/').next() {
        Some("cluster") => CLUSTER,
        Some("task-definition") => TASK_DEFINITION,
        Some("task") => TASK,
        Some("capacity-provider") => CAPACITY_PROVIDER,
        _ => SERVICE,
    }
}

fn change_tags(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let arn = input.required("resourceArn")?;
    let keys = input.texts("tagKeys");
    let document = scope.documents.edit(table_of(arn), arn);
    let document = document.ok_or_else(|| invalid("The specified resource is not found."))?;
    edit_list(document, "tags", |tags| {
        add_tags(tags, input.list("tags"), TAG_NAMES);
        tags.retain(|tag| !tag.text("key").is_some_and(|key| keys.contains(&key)));
    });
    Ok(json!({}))
}

fn list_tags(scope: &mut Scope<'_>) -> Answer {
    let arn = scope.input.required("resourceArn")?;
    let document = scope.documents.get(table_of(arn), arn);
    let document = document.ok_or_else(|| invalid("The specified resource is not found."))?;
    Ok(json!({"tags": document["tags"]}))
}

/// The ids that a call names but nothing has, as describe calls report them.
fn failures(missing: &[String]) -> Value {
    Value::Array(missing.iter().map(|arn| json!({"arn": arn, "reason": "MISSING"})).collect())
}
