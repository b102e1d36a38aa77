//! The configuration of a plan in Terraform's JSON format: names, kinds and constant arguments.

use serde_json::{Map, Value as Json, json};

use crate::address::{Mode, ModulePath};
use crate::language::config::{
    Attribute, Body, Configuration, Expression, ExpressionKind, Module, Reference, Repetition,
    Resource,
};
use crate::plan::provider_key;
use crate::value::json::to_json;

/// The `configuration` part of a plan.
pub(super) fn configuration(configuration: &Configuration) -> Json {
    let root = configuration.modules.get(&ModulePath::default());
    let providers = configuration.modules.values().flat_map(|module| {
        module.providers.iter().map(move |(name, block)| {
            let prefix =
                if module.path.is_root() { String::new() } else { format!("{}:", module.path) };
            let mut json = json!({
                "name": name.name,
                "full_name": crate::plan::full_source(&name.name),
                "expressions": expressions(&block.body),
            });
            if let Some(alias) = &name.alias {
                json["alias"] = json!(alias);
            }
            (format!("{prefix}{name}"), json)
        })
    });
    json!({
        "provider_config": providers.collect::<Map<_, _>>(),
        "root_module": root.map_or(json!({}), |root| module(configuration, root)),
    })
}

fn module(configuration: &Configuration, it: &Module) -> Json {
    let outputs = it.outputs.iter().map(|(name, output)| {
        let mut json = json!({ "expression": expression(&output.value) });
        if output.sensitive {
            json["sensitive"] = json!(true);
        }
        (name.clone(), json)
    });
    let resources =
        it.resources.values().map(|resource| self::resource(configuration, it, resource));
    let calls = it.calls.values().map(|call| {
        let path = it.path.child(&call.name);
        let inputs = call.inputs.iter().map(|(name, it)| (name.clone(), expression(&it.value)));
        let child = configuration.modules.get(&path);
        let mut json = json!({
            "source": call.source,
            "expressions": inputs.collect::<Map<_, _>>(),
            "module": child.map_or(json!({}), |child| module(configuration, child)),
        });
        repeated(&mut json, &call.repetition);
        (call.name.clone(), json)
    });
    let variables = it.variables.iter().map(|(name, variable)| {
        let mut json = json!({});
        if let Some(default) = variable.default.as_ref().and_then(|it| to_json(it).ok()) {
            json["default"] = default;
        }
        if !variable.description.is_empty() {
            json["description"] = json!(variable.description);
        }
        if variable.sensitive {
            json["sensitive"] = json!(true);
        }
        (name.clone(), json)
    });
    json!({
        "outputs": outputs.collect::<Map<_, _>>(),
        "resources": resources.collect::<Vec<_>>(),
        "module_calls": calls.collect::<Map<_, _>>(),
        "variables": variables.collect::<Map<_, _>>(),
    })
}

fn resource(configuration: &Configuration, module: &Module, it: &Resource) -> Json {
    let key = provider_key(configuration, module, &it.provider);
    let prefix = if key.module.is_root() { String::new() } else { format!("{}:", key.module) };
    let mut json = json!({
        "address": it.name.to_string(),
        "mode": if it.name.mode == Mode::Data { "data" } else { "managed" },
        "type": it.name.kind,
        "name": it.name.name,
        "provider_config_key": format!("{prefix}{}", it.provider),
        "expressions": expressions(&it.body),
        "schema_version": 0,
    });
    repeated(&mut json, &it.repetition);
    if !it.depends_on.is_empty() {
        json["depends_on"] = it.depends_on.iter().map(|(_, span)| span.text()).collect();
    }
    json
}

fn repeated(json: &mut Json, repetition: &Repetition) {
    match repetition {
        Repetition::Single => {}
        Repetition::Count(it) => json["count_expression"] = expression(it),
        Repetition::ForEach(it) => json["for_each_expression"] = expression(it),
    }
}

fn expressions(body: &Body) -> Json {
    let one = |(name, it): (&String, &Attribute)| (name.clone(), expression(&it.value));
    let mut all: Map<String, Json> = body.attributes.iter().map(one).collect();
    for block in body.blocks.iter().filter(|block| block.kind != "dynamic") {
        let list = all.entry(block.kind.clone()).or_insert_with(|| json!([]));
        if let Json::Array(list) = list {
            list.push(expressions(&block.body));
        }
    }
    Json::Object(all)
}

/// A constant value, or what is referred to.
fn expression(it: &Expression) -> Json {
    if let ExpressionKind::Literal(value) = &it.kind {
        return json!({ "constant_value": to_json(value).unwrap_or(Json::Null) });
    }
    let mut names: Vec<String> = Vec::new();
    for used in it.uses() {
        let base = name_of(&used.reference);
        if let Some(attribute) = &used.attribute {
            names.push(format!("{base}.{attribute}"));
        }
        names.push(base);
    }
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    if names.is_empty() { json!({}) } else { json!({ "references": names }) }
}

fn name_of(reference: &Reference) -> String {
    let keyed = |base: String, key: &Option<crate::address::Key>| match key {
        Some(key) => format!("{base}{key}"),
        None => base,
    };
    match reference {
        Reference::Variable(name) => format!("var.{name}"),
        Reference::Local(name) => format!("local.{name}"),
        Reference::Module(name, key) => keyed(format!("module.{name}"), key),
        Reference::Resource(name, key) => keyed(name.to_string(), key),
        Reference::CountIndex => "count.index".into(),
        Reference::EachKey => "each.key".into(),
        Reference::EachValue => "each.value".into(),
        Reference::PathModule => "path.module".into(),
        Reference::PathRoot => "path.root".into(),
        Reference::PathWorking => "path.cwd".into(),
        Reference::Workspace => "terraform.workspace".into(),
        Reference::SelfValue => "self".into(),
        Reference::Bound(name) => name.clone(),
    }
}
