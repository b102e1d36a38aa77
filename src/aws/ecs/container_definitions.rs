//! Container definitions: compared by meaning, and checked.

use serde_json::{Map, Value as Json, json};

use crate::value::Value;

/// Whether two documents of container definitions mean the same: key order, omitted defaults, and the
/// order of environment variables, secrets and the like do not matter.
pub fn same(one: &Value, other: &Value) -> bool {
    let canonical = |value: &Value| value.as_str().and_then(|text| normal(text).ok());
    match (canonical(one), canonical(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

/// What is wrong with a document of container definitions, if anything.
pub fn check(value: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    let containers = normal(text)?;
    let mut names = std::collections::BTreeSet::new();
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
    }
    if containers.is_empty() {
        return Err("there must be at least one container".to_string());
    }
    Ok(())
}

/// The containers with defaults left out and unordered lists in order.
fn normal(text: &str) -> Result<Vec<Json>, String> {
    let json: Json = serde_json::from_str(text).map_err(|error| format!("is not JSON: {error}"))?;
    let Json::Array(containers) = json else {
        return Err("is not a JSON list of containers".to_string());
    };
    let one = |(at, container): (usize, Json)| match container {
        Json::Object(fields) => Ok(Json::Object(container_normal(fields))),
        _ => Err(format!("container {at} is not an object")),
    };
    containers.into_iter().enumerate().map(one).collect()
}

fn container_normal(fields: Map<String, Json>) -> Map<String, Json> {
    let mut normal = Map::new();
    let mut sorted: Vec<(String, Json)> =
        fields.into_iter().map(|(k, v)| (lower_first(&k), v)).collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, value) in sorted {
        let value = field_normal(&name, value);
        if !is_default(&name, &value) {
            normal.insert(name, value);
        }
    }
    normal
}

/// Keys may be written as the Go types of the provider have them: `PortMappings`.
fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |it| it.to_lowercase().chain(letters).collect())
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

fn field_normal(name: &str, value: Json) -> Json {
    match (name, value) {
        ("environment" | "secrets" | "ulimits" | "systemControls", Json::Array(items)) => {
            ordered(items, "name", &|it| it)
        }
        ("portMappings", Json::Array(items)) => ordered(items, "containerPort", &port_normal),
        ("mountPoints" | "volumesFrom", Json::Array(items)) => {
            ordered(items, "containerPath", &without_false)
        }
        (_, Json::Object(fields)) => sorted_object(fields),
        (_, Json::Array(items)) => items.into_iter().map(|it| field_normal("", it)).collect(),
        // numbers may come as strings from other writers
        ("cpu" | "memory" | "memoryReservation", Json::String(text)) => {
            text.parse::<i64>().map_or(Json::String(text), Json::from)
        }
        (_, other) => other,
    }
}

fn sorted_object(fields: Map<String, Json>) -> Json {
    let mut sorted: Vec<(String, Json)> = fields
        .into_iter()
        .map(|(name, value)| (name, field_normal("", value)))
        .filter(|(_, value)| {
            !matches!(value, Json::Null) && *value != json!([]) && *value != json!({})
        })
        .collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    Json::Object(sorted.into_iter().collect())
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

/// A mapping without what ECS fills in: TCP, and with awsvpc the same port on the host.
fn port_normal(it: Json) -> Json {
    let Json::Object(mut fields) = it else { return it };
    if fields.get("protocol").and_then(Json::as_str) == Some("tcp") {
        fields.remove("protocol");
    }
    let (host, container) = (fields.get("hostPort").cloned(), fields.get("containerPort").cloned());
    if host.is_some() && (host == container || host == Some(json!(0))) {
        fields.remove("hostPort");
    }
    fields.retain(|_, value| !value.is_null());
    Json::Object(fields)
}

fn ordered(items: Vec<Json>, key: &str, normal: &dyn Fn(Json) -> Json) -> Json {
    let entry = |it: Json| match normal(it) {
        Json::Object(fields) => {
            let fields =
                fields.into_iter().map(|(name, value)| (lower_first(&name), value)).collect();
            sorted_object(fields)
        }
        other => other,
    };
    let mut items: Vec<Json> = items.into_iter().map(entry).collect();
    items.sort_by_key(|it| (it.get(key).map(Json::to_string), it.to_string()));
    Json::Array(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(one: &str, other: &str) -> bool {
        same(&one.into(), &other.into())
    }

    #[test]
    fn defaults_and_order_do_not_matter() {
        let written = r#"[{"name":"web","image":"nginx","essential":true,
            "environment":[{"name":"B","value":"2"},{"name":"A","value":"1"}],
            "portMappings":[{"containerPort":80}]}]"#;
        let answered = r#"[{"cpu":0,"environment":[{"value":"1","name":"A"},{"name":"B","value":"2"}],
            "essential":true,"image":"nginx","mountPoints":[],"name":"web",
            "portMappings":[{"containerPort":80,"hostPort":80,"protocol":"tcp"}],
            "systemControls":[],"volumesFrom":[]}]"#;
        assert!(equal(written, answered));
        assert!(!equal(written, &answered.replace("nginx", "nginx:2")));
        assert!(!equal(written, &answered.replace("\"A\"", "\"C\"")));
    }

    #[test]
    fn what_cannot_run_is_refused() {
        for (text, part) in [
            ("{}", "list"),
            ("[]", "at least one"),
            (r#"[{"image":"x"}]"#, "no `name`"),
            (r#"[{"name":"a"}]"#, "no `image`"),
            (r#"[{"name":"a","image":"x"},{"name":"a","image":"y"}]"#, "two containers"),
        ] {
            assert!(check(&text.into()).unwrap_err().contains(part), "{text}");
        }
    }
}
