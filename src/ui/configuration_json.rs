//! The configuration of a plan in Terraform's JSON format: names, kinds and constant arguments.

use serde_json::{Map, Value as Json, json};

use crate::address::ModulePath;
use crate::diagnostic::Span;
use crate::language::config::{
    Attribute, Body, Configuration, Expression, Module, Reference, Repetition, Resource,
};
use crate::language::module::constant;
use crate::plan::{Providers, provider_key};
use crate::value::Type;
use crate::value::json::{to_json, type_to_json};

/// The `configuration` part of a plan.
pub(super) fn configuration(configuration: &Configuration, providers: &Providers) -> Json {
    let known = providers;
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
    let mut providers: Map<String, Json> = providers.collect();
    for (name, json) in without_block(configuration) {
        providers.entry(name).or_insert(json);
    }
    let tree = Tree { configuration, providers: known };
    json!({
        "provider_config": providers,
        "root_module": root.map_or(json!({}), |root| tree.module(root)),
    })
}

/// The default provider configurations that resources use, be there a block or not.
fn without_block(configuration: &Configuration) -> Vec<(String, Json)> {
    let modules = configuration.modules.values();
    let resources =
        modules.flat_map(|module| module.resources.values().map(move |it| (module, it)));
    let used = resources.filter_map(|(module, resource)| {
        let key = provider_key(configuration, module, &resource.provider);
        let name = &resource.provider.name;
        let is_default = key.module.is_root() && key.alias.is_none();
        is_default.then(|| (name.clone(), json!({ "name": name, "full_name": key.source })))
    });
    used.collect()
}

/// What modules and resources are looked up in.
struct Tree<'a> {
    configuration: &'a Configuration,
    providers: &'a Providers,
}

impl Tree<'_> {
    fn module(&self, it: &Module) -> Json {
        let resources = it.resources.values().map(|resource| self.resource(it, resource));
        let calls = it.calls.values().map(|call| {
            let inputs = call.inputs.iter();
            let inputs = inputs.map(|(name, it)| (name.clone(), expression(&it.value)));
            let child = self.configuration.modules.get(&it.path.child(&call.name));
            let mut json = json!({
                "source": call.source,
                "expressions": inputs.collect::<Map<_, _>>(),
                "module": child.map_or(json!({}), |child| self.module(child)),
            });
            if let Some(version) = &call.version {
                json["version_constraint"] = json!(version);
            }
            repeated(&mut json, &call.repetition);
            depends(&mut json, &call.depends_on);
            (call.name.clone(), json)
        });
        let (resources, calls): (Vec<Json>, Map<_, _>) = (resources.collect(), calls.collect());
        let (outputs, variables) = (outputs(it), variables(it));
        let parts = [
            ("outputs", !outputs.is_empty(), json!(outputs)),
            ("resources", !resources.is_empty(), json!(resources)),
            ("module_calls", !calls.is_empty(), json!(calls)),
            ("variables", !variables.is_empty(), json!(variables)),
        ];
        let parts = parts.into_iter().filter(|(_, any, _)| *any);
        parts.map(|(name, _, it)| (name.to_string(), it)).collect::<Map<_, _>>().into()
    }

    fn resource(&self, module: &Module, it: &Resource) -> Json {
        let key = provider_key(self.configuration, module, &it.provider);
        let prefix = if key.module.is_root() { String::new() } else { format!("{}:", key.module) };
        let mut json = json!({
            "address": it.name.to_string(),
            "mode": it.name.mode.name(),
            "type": it.name.kind,
            "name": it.name.name,
            "provider_config_key": format!("{prefix}{}", it.provider),
            "expressions": expressions(&it.body),
        });
        if let Some(schema) = self.providers.schema(&key.source, it.name.mode, &it.name.kind) {
            json["schema_version"] = json!(schema.version);
        }
        repeated(&mut json, &it.repetition);
        let provisioners = it.provisioners.iter();
        let provisioners: Vec<Json> = provisioners
            .map(|it| json!({ "type": it.kind, "expressions": expressions(&it.body) }))
            .collect();
        if !provisioners.is_empty() {
            json["provisioners"] = json!(provisioners);
        }
        depends(&mut json, &it.depends_on);
        json
    }
}

fn depends(json: &mut Json, references: &[(Reference, Span)]) {
    if !references.is_empty() {
        json["depends_on"] = references.iter().map(|(_, span)| span.text()).collect();
    }
}

fn outputs(it: &Module) -> Map<String, Json> {
    let outputs = it.outputs.iter().map(|(name, output)| {
        let mut json = json!({ "expression": expression(&output.value) });
        if output.sensitive {
            json["sensitive"] = json!(true);
        }
        if !output.description.is_empty() {
            json["description"] = json!(output.description);
        }
        depends(&mut json, &output.depends_on);
        if output.ephemeral {
            json["ephemeral"] = json!(true);
        }
        (name.clone(), json)
    });
    outputs.collect()
}

fn variables(it: &Module) -> Map<String, Json> {
    let variables = it.variables.iter().map(|(name, variable)| {
        let mut json = json!({});
        if variable.ty != Type::Any {
            json["type"] = type_to_json(&variable.ty);
        }
        if variable.default.is_none() {
            json["required"] = json!(true);
        }
        if let Some(default) = variable.default.as_ref().and_then(|it| to_json(it).ok()) {
            json["default"] = default;
        }
        if !variable.description.is_empty() {
            json["description"] = json!(variable.description);
        }
        if variable.sensitive {
            json["sensitive"] = json!(true);
        }
        if variable.ephemeral {
            json["ephemeral"] = json!(true);
        }
        (name.clone(), json)
    });
    variables.collect()
}

fn repeated(json: &mut Json, repetition: &Repetition) {
    let (name, it) = match repetition {
        Repetition::Single | Repetition::Enabled(_) => return,
        Repetition::Count(it) => ("count_expression", it),
        Repetition::ForEach(it) => ("for_each_expression", it),
    };
    let it = expression(it);
    if it != json!({}) {
        json[name] = it;
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
    if let (Some(value), _) = constant(it, "it") {
        return json!({ "constant_value": to_json(&value).unwrap_or(Json::Null) });
    }
    let mut names: Vec<String> = Vec::new();
    for used in it.uses() {
        let base = name_of(&used.reference);
        if let Some(attribute) = &used.attribute {
            names.push(format!("{base}.{attribute}"));
        }
        names.push(base);
        // what has a key is told without it as well
        if let Reference::Module(_, Some(_)) | Reference::Resource(_, Some(_)) = &used.reference {
            names.push(unkeyed(&used.reference));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    if names.is_empty() { json!({}) } else { json!({ "references": names }) }
}

fn unkeyed(reference: &Reference) -> String {
    match reference {
        Reference::Module(name, _) => name_of(&Reference::Module(name.clone(), None)),
        Reference::Resource(name, _) => name_of(&Reference::Resource(name.clone(), None)),
        other => name_of(other),
    }
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
        Reference::Applying => "terraform.applying".into(),
        Reference::SelfValue => "self".into(),
        Reference::Bound(name) => name.clone(),
    }
}
