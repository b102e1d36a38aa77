//! Task definitions.

use serde_json::{Value, json};

use super::{TASK_DEFINITION, client_error, defaults, failures, given_tags, includes, listed};
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{ACCOUNT, Answer, Read, Scope, epoch};

/// `RegisterTaskDefinition`: always a new revision.
pub fn register(scope: &mut Scope<'_>) -> Answer {
    let mut definition = scope.input.clone();
    for name in ["cpu", "memory"] {
        if let Some(units) = definition.text(name).map(defaults::units) {
            definition[name] = json!(units);
        }
    }
    let input = &definition.clone();
    let family =
        input.required("family").map_err(|_| client_error("Family should not be blank."))?;
    check(input)?;
    let numbers = scope.documents.get("meta", "task-definition-revisions");
    let revision = numbers.and_then(|it| it.number(family)).unwrap_or(0) + 1;
    let arn = scope.arn("ecs", &format!("task-definition/{family}:{revision}"));
    let mode = input.text("networkMode").map(str::to_owned);
    for container in definition["containerDefinitions"].as_array_mut().into_iter().flatten() {
        defaults::container(container, mode.as_deref());
    }
    defaults::default(&mut definition, "volumes", json!([]));
    definition["volumes"].as_array_mut().into_iter().flatten().for_each(defaults::volume);
    if mode.is_none() && !needs_fargate(input) {
        definition["networkMode"] = json!("bridge");
    }
    defaults::default(&mut definition, "placementConstraints", json!([]));
    definition["taskDefinitionArn"] = json!(arn);
    definition["revision"] = json!(revision);
    definition["status"] = json!("ACTIVE");
    definition["compatibilities"] = compatibilities(input);
    definition["requiresAttributes"] = json!([]);
    definition["registeredAt"] = epoch();
    definition["registeredBy"] = json!(format!("arn:aws:iam::{ACCOUNT}:root"));
    definition["tags"] = given_tags(input);
    let mut numbers = numbers.cloned().unwrap_or(json!({}));
    numbers[family] = json!(revision);
    scope.documents.put("meta", "task-definition-revisions", numbers);
    scope.documents.put(TASK_DEFINITION, &arn, definition.clone());
    Ok(answered(definition, true))
}

fn needs_fargate(input: &Value) -> bool {
    input.texts("requiresCompatibilities").contains(&"FARGATE")
}

fn compatibilities(input: &Value) -> Value {
    let fargate = input["networkMode"] == "awsvpc" && input.text("cpu").is_some();
    json!(if fargate { &["EC2", "FARGATE"][..] } else { &["EC2"][..] })
}

/// What ECS refuses at once.
fn check(input: &Value) -> Result<(), Fault> {
    let containers = input.list("containerDefinitions");
    if containers.is_empty() {
        return Err(client_error("Container list cannot be empty."));
    }
    if !containers.iter().any(|it| it.flag("essential") != Some(false)) {
        return Err(client_error("Task definition does not have any essential container."));
    }
    for container in containers {
        let (name, image) = (container.text("name"), container.text("image"));
        let Some(name) = name else {
            return Err(client_error("Container.name should not be null or empty."));
        };
        if image.is_none() {
            return Err(client_error("Container.image should not be null or empty."));
        }
        let sized = ["memory", "memoryReservation"].iter().any(|it| container.get(it).is_some());
        if !sized && input.text("memory").is_none() {
            let message = "Invalid setting for container";
            let why = "At least one of 'memory' or 'memoryReservation' must be specified.";
            return Err(client_error(format!("{message} '{name}'. {why}")));
        }
    }
    if needs_fargate(input) {
        check_fargate(input)?;
    }
    Ok(())
}

fn check_fargate(input: &Value) -> Result<(), Fault> {
    if input["networkMode"] != "awsvpc" {
        return Err(client_error("Fargate only supports network mode 'awsvpc'."));
    }
    let (cpu, memory) = (input.number("cpu"), input.number("memory"));
    let fits = cpu.zip(memory).is_some_and(|(cpu, memory)| is_fargate_size(cpu, memory));
    if !fits {
        return Err(client_error(
            "No Fargate configuration exists for given values. See the Amazon ECS documentation \
             for the valid values.",
        ));
    }
    Ok(())
}

/// Source: "Task CPU and memory" of the ECS developer guide.
fn is_fargate_size(cpu: i64, memory: i64) -> bool {
    let gigabytes = |least: i64, most: i64, step: i64| {
        memory % (1024 * step) == 0 && (least * 1024..=most * 1024).contains(&memory)
    };
    match cpu {
        256 => matches!(memory, 512 | 1024 | 2048),
        512 => gigabytes(1, 4, 1),
        1024 => gigabytes(2, 8, 1),
        2048 => gigabytes(4, 16, 1),
        4096 => gigabytes(8, 30, 1),
        8192 => gigabytes(16, 60, 4),
        16384 => gigabytes(32, 120, 8),
        _ => false,
    }
}

/// A definition with its tags beside it, as calls answer.
fn answered(mut definition: Value, with_tags: bool) -> Value {
    let tags = if with_tags { definition["tags"].take() } else { Value::Null };
    if let Some(fields) = definition.as_object_mut() {
        fields.remove("tags");
    }
    json!({"taskDefinition": definition, "tags": tags})
}

/// The definition of an ARN, `family:revision`, or the newest active one of a family.
pub fn find<'a>(scope: &'a Scope<'_>, name: &str) -> Option<&'a Value> {
    if name.starts_with("arn:") {
        return scope.documents.get(TASK_DEFINITION, name);
    }
    if name.contains(':') {
        return scope
            .documents
            .get(TASK_DEFINITION, &scope.arn("ecs", &format!("task-definition/{name}")));
    }
    let active = |it: &&Value| it["family"] == name && it["status"] == "ACTIVE";
    let found = scope.documents.all(TASK_DEFINITION).filter(active);
    found.max_by_key(|it| it.number("revision"))
}

/// `DescribeTaskDefinition`
pub fn describe(scope: &mut Scope<'_>) -> Answer {
    let definition = find(scope, scope.input.required("taskDefinition")?);
    let definition =
        definition.ok_or_else(|| client_error("Unable to describe task definition."))?;
    Ok(answered(definition.clone(), includes(scope.input, "TAGS")))
}

/// `DeregisterTaskDefinition`: inactive from then on.
pub fn deregister(scope: &mut Scope<'_>) -> Answer {
    let name = scope.input.required("taskDefinition")?;
    let arn = find(scope, name).and_then(|it| it.text("taskDefinitionArn")).map(str::to_owned);
    let missing = || client_error("The specified task definition does not exist.");
    let definition = scope.documents.edit(TASK_DEFINITION, &arn.ok_or_else(missing)?);
    let definition = definition.ok_or_else(missing)?;
    definition["status"] = json!("INACTIVE");
    definition["deregisteredAt"] = epoch();
    Ok(answered(definition.clone(), false))
}

/// `DeleteTaskDefinitions`: inactive ones only.
pub fn delete(scope: &mut Scope<'_>) -> Answer {
    let (mut gone, mut failed) = (Vec::new(), Vec::new());
    for name in scope.input.texts("taskDefinitions") {
        let found = find(scope, name).filter(|it| it["status"] == "INACTIVE").cloned();
        let arn = found.as_ref().and_then(|it| it.text("taskDefinitionArn")).map(str::to_owned);
        match (found, arn) {
            (Some(mut definition), Some(arn)) => {
                scope.documents.remove(TASK_DEFINITION, &arn);
                definition["status"] = json!("DELETE_IN_PROGRESS");
                gone.push(definition);
            }
            _ => failed.push(name.to_owned()),
        }
    }
    Ok(json!({"taskDefinitions": gone, "failures": failures(&failed)}))
}

/// `ListTaskDefinitions`, by family prefix and status
pub fn list(scope: &mut Scope<'_>) -> Answer {
    let prefix = scope.input.text("familyPrefix");
    let status = scope.input.text("status").unwrap_or("ACTIVE");
    let rows = scope.documents.rows(TASK_DEFINITION).filter(|(_, it)| {
        it["status"] == status && prefix.is_none_or(|prefix| it["family"] == prefix)
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(|(_, it)| (it.text("family").map(str::to_owned), it.number("revision")));
    if scope.input["sort"] == "DESC" {
        rows.reverse();
    }
    let arns = rows.into_iter().map(|(arn, _)| arn.clone()).collect();
    Ok(listed(scope.input, "taskDefinitionArns", arns))
}
