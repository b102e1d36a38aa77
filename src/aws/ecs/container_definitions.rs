//! Container definitions: compared by meaning, and checked.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use crate::value::Value;
use crate::value::json::from_json;

/// Whether two documents of container definitions mean the same: key order, omitted defaults, and the
/// order of containers, environment variables, secrets and the like do not matter.
pub fn same(one: &Value, other: &Value) -> bool {
    same_with(one, other, false)
}

/// [`same`], in a network mode where the port of the host is that of the container.
pub(super) fn same_with(one: &Value, other: &Value, own_ports: bool) -> bool {
    let canonical = |value: &Value| value.as_str().and_then(|text| normal(text, own_ports).ok());
    match (canonical(one), canonical(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

/// Two documents for the eye: without what means nothing, and with containers, variables and secrets
/// by their names, so that one more does not move the others. `object` is the task definition.
pub(super) fn told(old: &Value, new: &Value, object: &Value) -> Option<(Value, Value)> {
    let own_ports = matches!(object.get("network_mode").as_str(), Some("awsvpc" | "host"));
    let shown = |value: &Value| {
        let containers = normal(value.as_str()?, own_ports).ok()?;
        let containers = containers.into_iter().map(with_names).collect();
        Some(from_json(&by_name(containers)))
    };
    Some((shown(old)?, shown(new)?))
}

fn with_names(container: Json) -> Json {
    let Json::Object(fields) = container else { return container };
    let named = |(field, it): (String, Json)| {
        let it = match it {
            Json::Array(items) if field == "environment" || field == "secrets" => by_name(items),
            it => it,
        };
        (field, it)
    };
    Json::Object(fields.into_iter().map(named).collect())
}

/// Items by their names; a list where a name is missing or there twice.
fn by_name(items: Vec<Json>) -> Json {
    let name = |it: &Json| it.get("name").and_then(Json::as_str).map(str::to_owned);
    let names: BTreeSet<String> = items.iter().filter_map(name).collect();
    if names.len() < items.len() {
        return Json::Array(items);
    }
    Json::Object(items.into_iter().filter_map(|it| Some((name(&it)?, without_name(it)))).collect())
}

/// What is left of an item, which for a variable is its value.
fn without_name(item: Json) -> Json {
    let Json::Object(mut fields) = item else { return item };
    fields.remove("name");
    let only = (fields.len() == 1).then(|| fields.remove("value")).flatten();
    only.unwrap_or(Json::Object(fields))
}

/// The containers as AWS takes them: without nulls and empty entries, and numbers as numbers.
pub(super) fn sent(text: &str) -> Result<Json, String> {
    let containers = containers(text)?;
    Ok(Json::Array(containers.into_iter().map(|it| Json::Object(clean_fields("", it))).collect()))
}

/// What is wrong with a document of container definitions, if anything.
pub fn check(value: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    let containers = containers(text)?;
    let mut names = BTreeSet::new();
    for (at, it) in containers.iter().enumerate() {
        let Some(name) = it.get("name").and_then(Json::as_str) else {
            return Err(format!("container {at} has no `name`"));
        };
        if it.get("image").and_then(Json::as_str).is_none_or(str::is_empty) {
            return Err(format!("container `{name}` has no `image`"));
        }
        if !names.insert(name) {
            return Err(format!("two containers are called `{name}`"));
        }
        for variable in it.get("environment").and_then(Json::as_array).into_iter().flatten() {
            if let Some(Json::Number(_) | Json::Bool(_)) = variable.get("value") {
                let variable = variable.get("name").and_then(Json::as_str).unwrap_or_default();
                return Err(format!(
                    "the variable `{variable}` of container `{name}` must be a string; write it in \
                     quotes, or with `tostring`"
                ));
            }
        }
    }
    if containers.is_empty() {
        return Err("there must be at least one container".to_string());
    }
    Ok(())
}

/// The objects of a document, with keys as the API writes them.
fn containers(text: &str) -> Result<Vec<Map<String, Json>>, String> {
    let json: Json = serde_json::from_str(text).map_err(|error| format!("is not JSON: {error}"))?;
    let Json::Array(containers) = json else {
        return Err("is not a JSON list of containers".to_string());
    };
    let one = |(at, container): (usize, Json)| match container {
        Json::Object(fields) => {
            Ok(fields.into_iter().map(|(name, it)| (lower_first(&name), it)).collect())
        }
        _ => Err(format!("container {at} is not an object")),
    };
    containers.into_iter().enumerate().map(one).collect()
}

/// Keys may be written as the Go types of the provider have them: `PortMappings`.
fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |it| it.to_lowercase().chain(letters).collect())
}

/// Fields whose keys are the user's.
const MAPS: &[&str] = &["dockerLabels", "options"];

/// Fields that are whole numbers, here or in a block.
const NUMBERS: &[&str] = &[
    "containerPort",
    "cpu",
    "hardLimit",
    "hostPort",
    "interval",
    "maxSwap",
    "memory",
    "memoryReservation",
    "retries",
    "sharedMemorySize",
    "size",
    "softLimit",
    "startPeriod",
    "startTimeout",
    "stopTimeout",
    "swappiness",
    "timeout",
];

/// An object without nulls, in which entries of lists that say nothing are left out.
fn clean_fields(inside: &str, fields: Map<String, Json>) -> Map<String, Json> {
    let users = MAPS.contains(&inside);
    let name = |name: String| if users { name } else { lower_first(&name) };
    let fields = fields.into_iter().map(|(key, it)| (name(key), it));
    let cleaned = fields.map(|(key, it)| {
        let it = if users { it } else { clean(&key, it) };
        (key, it)
    });
    let mut sorted: Vec<_> = cleaned.filter(|(_, it)| !it.is_null()).collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    sorted.into_iter().collect()
}

fn clean(name: &str, value: Json) -> Json {
    match value {
        Json::Object(fields) => Json::Object(clean_fields(name, fields)),
        Json::Array(items) => {
            let items = items.into_iter().map(|it| clean("", it));
            items.filter(|it| !it.is_null() && *it != json!({})).collect()
        }
        Json::String(text) if NUMBERS.contains(&name) => {
            text.trim().parse::<i64>().map_or(Json::String(text), Json::from)
        }
        // 10.0 is 10
        Json::Number(it) if NUMBERS.contains(&name) => {
            whole(&it).map_or(Json::Number(it), Json::from)
        }
        other => other,
    }
}

fn whole(number: &serde_json::Number) -> Option<i64> {
    let text = number.to_string();
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    rest.chars().all(|it| it == '0').then(|| whole.parse().ok())?
}

/// The containers with defaults left out and unordered lists in order.
fn normal(text: &str, own_ports: bool) -> Result<Vec<Json>, String> {
    let containers = containers(text)?.into_iter();
    let mut containers: Vec<Json> = containers
        .map(|it| {
            let fields = clean_fields("", it).into_iter();
            let fields = fields.map(|(name, it)| {
                let it = field_normal(&name, it, own_ports);
                (name, it)
            });
            Json::Object(fields.filter(|(name, it)| !is_default(name, it)).collect())
        })
        .collect();
    containers.sort_by_key(|it| (it.get("name").map(Json::to_string), it.to_string()));
    Ok(containers)
}

/// The defaults that ECS fills in (ECS API reference, `ContainerDefinition`).
fn is_default(name: &str, value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(items) => items.is_empty(),
        Json::Object(fields) => fields.is_empty(),
        Json::Bool(it) => *it == (name == "essential"),
        Json::Number(it) => name == "cpu" && it.as_i64() == Some(0),
        Json::String(_) => false,
    }
}

fn field_normal(name: &str, value: Json, own_ports: bool) -> Json {
    let none = |it| it;
    match (name, value) {
        ("environment" | "secrets" | "ulimits", Json::Array(items)) => {
            ordered(items, "name", &none)
        }
        ("systemControls", Json::Array(items)) => ordered(items, "namespace", &none),
        ("environmentFiles" | "resourceRequirements", Json::Array(items)) => {
            ordered(items, "value", &none)
        }
        ("dependsOn", Json::Array(items)) => ordered(items, "containerName", &none),
        ("portMappings", Json::Array(items)) => {
            ordered(items, "containerPort", &|it| port_normal(it, own_ports))
        }
        ("mountPoints" | "volumesFrom", Json::Array(items)) => {
            ordered(items, "containerPath", &without_false)
        }
        ("healthCheck", Json::Object(fields)) => Json::Object(health_normal(fields)),
        (_, other) => without_empty(other),
    }
}

/// The value without lists and objects that are empty.
fn without_empty(value: Json) -> Json {
    match value {
        Json::Object(fields) => {
            let fields = fields.into_iter().map(|(name, it)| (name, without_empty(it)));
            Json::Object(fields.filter(|(_, it)| *it != json!([]) && *it != json!({})).collect())
        }
        other => other,
    }
}

/// A check without what ECS fills in.
fn health_normal(mut fields: Map<String, Json>) -> Map<String, Json> {
    let defaults = [("interval", 30), ("retries", 3), ("startPeriod", 0), ("timeout", 5)];
    for (name, default) in defaults {
        if fields.get(name).and_then(Json::as_i64) == Some(default) {
            fields.remove(name);
        }
    }
    fields
}

fn without_false(it: Json) -> Json {
    match it {
        Json::Object(mut fields) => {
            fields.retain(|_, value| *value != json!(false));
            Json::Object(fields)
        }
        other => other,
    }
}

/// A mapping without what ECS fills in: TCP, and where the network is the task's own the same port
/// on the host.
fn port_normal(it: Json, own_ports: bool) -> Json {
    let Json::Object(mut fields) = it else { return it };
    if fields.get("protocol").and_then(Json::as_str) == Some("tcp") {
        fields.remove("protocol");
    }
    let (host, container) = (fields.get("hostPort").cloned(), fields.get("containerPort").cloned());
    if host == Some(json!(0)) || (own_ports && host == container) {
        fields.remove("hostPort");
    }
    Json::Object(fields)
}

fn ordered(items: Vec<Json>, key: &str, normal: &dyn Fn(Json) -> Json) -> Json {
    let mut items: Vec<Json> = items.into_iter().map(normal).collect();
    items.sort_by_key(|it| (it.get(key).map(Json::to_string), it.to_string()));
    Json::Array(items)
}

#[cfg(test)]
mod tests;
