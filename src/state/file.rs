//! Terraform's state file, format version 4.
//!
//! The shape is that of `internal/states/statefile/version4.go` of OpenTofu 1.12, which is also
//! Terraform's. Members that terrace does not know are kept.

use std::path::Path as FilePath;

use serde_json::{Map, Value as Json, json};

use super::{Instance, Object, OutputValue, State, StateError};
use crate::address::{
    ConfigAddress, InstanceAddress, Key, Mode, ModuleInstance, ResourceAddress, ResourceName,
    Target,
};
use crate::value::{Path, Step};

/// The version of Terraform that state files say wrote them: the one whose format this is.
pub const TERRAFORM_VERSION: &str = "1.12.0";

/// Why a part of a file makes no sense.
pub(super) type Part<T> = Result<T, String>;

/// The state in the text of a file; `None` for an empty file. `path` is for messages.
pub fn parse(text: &[u8], path: &FilePath) -> Result<Option<State>, StateError> {
    if text.trim_ascii().is_empty() {
        return Ok(None);
    }
    let not_state = |detail: String| StateError::NotState { path: path.into(), detail };
    let root = match serde_json::from_slice(text) {
        Ok(Json::Object(root)) => root,
        Ok(_) => return Err(not_state("it is JSON, but not an object".into())),
        Err(error) => return Err(not_state(format!("it is not JSON: {error}"))),
    };
    if root.contains_key("encrypted_data") || root.contains_key("encryption_version") {
        return Err(not_state("it is encrypted, which terrace does not read yet".into()));
    }
    let by = root.get("terraform_version").and_then(Json::as_str).unwrap_or_default().to_string();
    match root.get("version").map(Json::as_u64) {
        Some(Some(4)) => {}
        Some(Some(found)) => return Err(StateError::Version { path: path.into(), found, by }),
        Some(None) => return Err(not_state("its version is not a whole number".into())),
        None => return Err(not_state("it does not say which version of the format it is".into())),
    }
    let invalid = |detail| StateError::Invalid { path: path.into(), detail };
    state_from_json(root).map(Some).map_err(invalid)
}

/// The text of the file of a state.
pub fn print(state: &State) -> Vec<u8> {
    let json = state_to_json(state);
    // Printing JSON values into memory cannot fail: their keys are strings.
    let mut text = serde_json::to_vec_pretty(&json).unwrap_or_default();
    text.push(b'\n');
    text
}

fn state_from_json(mut root: Map<String, Json>) -> Part<State> {
    root.shift_remove("version");
    let mut state = State {
        lineage: take_text(&mut root, "lineage")?,
        serial: take_number(&mut root, "serial").and_then(usable_serial)?,
        terraform_version: take_text(&mut root, "terraform_version")?,
        check_results: root.shift_remove("check_results").unwrap_or_default(),
        ..State::default()
    };
    for (name, output) in take_object(&mut root, "outputs")? {
        let output =
            output_from_json(output).map_err(|error| format!("output {name:?}: {error}"))?;
        state.outputs.insert(name, output);
    }
    for resource in take_array(&mut root, "resources")? {
        add_resource(&mut state, resource)?;
    }
    state.other = root;
    Ok(state)
}

/// The output in the JSON of one.
pub(super) fn output_from_json(json: Json) -> Part<OutputValue> {
    let mut fields = object(json, "an output")?;
    Ok(OutputValue {
        value: fields.shift_remove("value").unwrap_or_default(),
        ty: fields.shift_remove("type").ok_or("it has no type")?,
        sensitive: take_flag(&mut fields, "sensitive")?,
        other: fields,
    })
}

/// The JSON of an output.
pub(super) fn output_to_json(output: &OutputValue) -> Json {
    let mut fields = Map::new();
    fields.insert("value".into(), output.value.clone());
    fields.insert("type".into(), output.ty.clone());
    if output.sensitive {
        fields.insert("sensitive".into(), true.into());
    }
    fields.extend(output.other.clone());
    Json::Object(fields)
}

fn add_resource(state: &mut State, json: Json) -> Part<()> {
    let mut fields = object(json, "a resource")?;
    let mode = match take_text(&mut fields, "mode")?.as_str() {
        "managed" => Mode::Managed,
        "data" => Mode::Data,
        other => return Err(format!("a resource has the unknown mode {other:?}")),
    };
    let kind = take_text(&mut fields, "type")?;
    let name = take_text(&mut fields, "name")?;
    let module = module(&take_text(&mut fields, "module")?)?;
    let resource = ResourceAddress { module, resource: ResourceName { mode, kind, name } };
    let provider = take_text(&mut fields, "provider")?;
    for instance in take_array(&mut fields, "instances")? {
        add_instance(state, &resource, &provider, instance)
            .map_err(|error| format!("{resource}: {error}"))?;
    }
    Ok(())
}

fn module(text: &str) -> Part<ModuleInstance> {
    if text.is_empty() {
        return Ok(ModuleInstance::ROOT);
    }
    match text.parse() {
        Ok(Target::Module(module)) => Ok(module),
        _ => Err(format!("{text:?} is not the address of a module")),
    }
}

fn add_instance(
    state: &mut State,
    resource: &ResourceAddress,
    provider: &str,
    json: Json,
) -> Part<()> {
    let mut fields = object(json, "an instance")?;
    let key = match fields.shift_remove("index_key") {
        None | Some(Json::Null) => None,
        Some(Json::String(name)) => Some(Key::Name(name)),
        Some(Json::Number(index)) => Some(Key::Index(
            whole(&index)
                .and_then(|it| usize::try_from(it).ok())
                .ok_or_else(|| format!("{index} is no index"))?,
        )),
        Some(other) => return Err(format!("{other} is not an instance key")),
    };
    let deposed = Some(take_text(&mut fields, "deposed")?).filter(|key| !key.is_empty());
    let own_provider = take_text(&mut fields, "provider")?;
    let provider = if own_provider.is_empty() { provider } else { own_provider.as_str() };
    if provider.is_empty() {
        return Err("it does not say which provider it belongs to".into());
    }
    let address = resource.instance(key);
    let object = object_from_fields(fields)?;
    match state.set(&address, deposed.as_deref(), provider, object) {
        None => Ok(()),
        Some(_) => Err(format!("{address} appears more than once")),
    }
}

/// The object in the JSON of an instance.
pub(super) fn object_from_json(json: Json) -> Part<Object> {
    object_from_fields(object(json, "an object")?)
}

fn object_from_fields(mut fields: Map<String, Json>) -> Part<Object> {
    let tainted = match take_text(&mut fields, "status")?.as_str() {
        "" => false,
        "tainted" => true,
        other => return Err(format!("it has the unknown status {other:?}")),
    };
    let dependencies = take_array(&mut fields, "dependencies")?;
    let paths = take_array(&mut fields, "sensitive_attributes")?;
    Ok(Object {
        attributes: take_object(&mut fields, "attributes")?,
        schema_version: take_number(&mut fields, "schema_version")?,
        sensitive_paths: paths.iter().map(path_from_json).collect::<Part<_>>()?,
        private: fields.shift_remove("private"),
        dependencies: dependencies.iter().map(dependency_from_json).collect::<Part<_>>()?,
        create_before_destroy: take_flag(&mut fields, "create_before_destroy")?,
        skip_destroy: take_flag(&mut fields, "skip_destroy")?,
        tainted,
        creating: take_flag(&mut fields, "creating")?,
        identity: fields.shift_remove("identity"),
        other: fields,
    })
}

fn dependency_from_json(json: &Json) -> Part<ConfigAddress> {
    match json.as_str().map(str::parse) {
        Some(Ok(Target::Resource(resource))) => Ok(resource.config()),
        Some(Ok(Target::Instance(instance))) => Ok(instance.resource.config()),
        _ => Err(format!("{json} is not the address of a resource")),
    }
}

fn path_from_json(json: &Json) -> Part<Path> {
    let steps = json.as_array().ok_or_else(|| format!("{json} is not a path"))?;
    steps.iter().map(step_from_json).collect::<Part<_>>().map(Path)
}

fn step_from_json(json: &Json) -> Part<Step> {
    let value = &json["value"];
    let step = match json["type"].as_str() {
        Some("get_attr") => value.as_str().map(|name| Step::Attribute(name.into())),
        Some("index") => match &value["value"] {
            Json::String(key) => Some(Step::Key(key.clone())),
            Json::Number(at) => whole(at).and_then(|it| usize::try_from(it).ok()).map(Step::Index),
            _ => None,
        },
        _ => None,
    };
    step.ok_or_else(|| format!("{json} is not a step of a path"))
}

fn path_to_json(path: &Path) -> Json {
    let step = |step: &Step| match step {
        Step::Attribute(name) => json!({ "type": "get_attr", "value": name }),
        Step::Key(key) => json!({ "type": "index", "value": { "value": key, "type": "string" } }),
        Step::Index(at) => json!({ "type": "index", "value": { "value": at, "type": "number" } }),
    };
    path.0.iter().map(step).collect()
}

fn state_to_json(state: &State) -> Json {
    let outputs = state.outputs.iter().map(|(name, it)| (name.clone(), output_to_json(it)));
    let mut root = Map::new();
    root.insert("version".into(), 4.into());
    root.insert("terraform_version".into(), state.terraform_version.clone().into());
    root.insert("serial".into(), state.serial.into());
    root.insert("lineage".into(), state.lineage.clone().into());
    root.insert("outputs".into(), Json::Object(outputs.collect()));
    root.insert("resources".into(), Json::Array(resources_to_json(state)));
    root.insert("check_results".into(), state.check_results.clone());
    root.extend(state.other.clone());
    Json::Object(root)
}

/// The resources in the order Terraform writes them: by module, mode, type and name.
fn resources_to_json(state: &State) -> Vec<Json> {
    let mut groups: Vec<(Vec<String>, Json)> = Vec::new();
    let mut instances = state.resources.iter().peekable();
    while let Some((address, _)) = instances.peek() {
        let resource = &address.resource;
        let group: Vec<_> =
            std::iter::from_fn(|| instances.next_if(|(other, _)| other.resource == *resource))
                .collect();
        groups.push((sort_key(resource), resource_to_json(resource, &group)));
    }
    groups.sort_by(|(a, _), (b, _)| a.cmp(b));
    groups.into_iter().map(|(_, json)| json).collect()
}

fn sort_key(resource: &ResourceAddress) -> Vec<String> {
    let name = &resource.resource;
    let mode = name.mode.name().to_string();
    vec![resource.module.to_string(), mode, name.kind.clone(), name.name.clone()]
}

fn resource_to_json(resource: &ResourceAddress, group: &[(&InstanceAddress, &Instance)]) -> Json {
    let first = group.first().map_or("", |(_, instance)| instance.provider.as_str());
    // A provider instance with a key is named at each instance, never at the resource.
    let shared = group
        .iter()
        .all(|(_, instance)| instance.provider == first && !has_instance_key(&instance.provider));
    let name = &resource.resource;
    let mut fields = Map::new();
    if !resource.module.is_root() {
        fields.insert("module".into(), resource.module.to_string().into());
    }
    fields.insert("mode".into(), name.mode.name().into());
    fields.insert("type".into(), name.kind.clone().into());
    fields.insert("name".into(), name.name.clone().into());
    if shared {
        fields.insert("provider".into(), first.into());
    }
    let instances = group.iter().flat_map(|(address, instance)| {
        let provider = (!shared).then_some(instance.provider.as_str());
        let current = instance.current.iter().map(|it| (None, it));
        let deposed = instance.deposed.iter().map(|(key, it)| (Some(key.as_str()), it));
        current.chain(deposed).map(move |(key, it)| instance_to_json(address, key, provider, it))
    });
    fields.insert("instances".into(), instances.collect());
    Json::Object(fields)
}

/// Whether a provider name ends with a key after its alias: `provider["x"].alias["key"]`.
fn has_instance_key(provider: &str) -> bool {
    provider.ends_with(']') && provider.matches('[').count() > module_keys(provider) + 1
}

fn module_keys(provider: &str) -> usize {
    provider
        .find("provider[")
        .map_or(0, |at| provider.get(..at).map_or(0, |modules| modules.matches('[').count()))
}

fn instance_to_json(
    address: &InstanceAddress,
    deposed: Option<&str>,
    provider: Option<&str>,
    object: &Object,
) -> Json {
    let mut fields = Map::new();
    match &address.key {
        Some(Key::Index(index)) => fields.insert("index_key".into(), (*index).into()),
        Some(Key::Name(name)) => fields.insert("index_key".into(), name.clone().into()),
        None => None,
    };
    if object.tainted {
        fields.insert("status".into(), "tainted".into());
    }
    if let Some(key) = deposed {
        fields.insert("deposed".into(), key.into());
    }
    if let Some(provider) = provider {
        fields.insert("provider".into(), provider.into());
    }
    add_object(&mut fields, object);
    Json::Object(fields)
}

fn add_object(fields: &mut Map<String, Json>, object: &Object) {
    fields.insert("schema_version".into(), object.schema_version.into());
    fields.insert("attributes".into(), Json::Object(object.attributes.clone()));
    let paths = object.sensitive_paths.iter().map(path_to_json).collect();
    fields.insert("sensitive_attributes".into(), Json::Array(paths));
    if let Some(identity) = &object.identity {
        fields.insert("identity".into(), identity.clone());
    }
    if let Some(private) = &object.private {
        fields.insert("private".into(), private.clone());
    }
    if !object.dependencies.is_empty() {
        let dependencies = object.dependencies.iter().map(|it| it.to_string().into());
        fields.insert("dependencies".into(), Json::Array(dependencies.collect()));
    }
    if object.create_before_destroy {
        fields.insert("create_before_destroy".into(), true.into());
    }
    if object.skip_destroy {
        fields.insert("skip_destroy".into(), true.into());
    }
    fields.extend(object.other.clone());
}

/// The JSON of an object for the journal: as in the file, with what only the journal keeps.
pub(super) fn object_to_json(object: &Object) -> Json {
    let mut fields = Map::new();
    if object.tainted {
        fields.insert("status".into(), "tainted".into());
    }
    if object.creating {
        fields.insert("creating".into(), true.into());
    }
    add_object(&mut fields, object);
    Json::Object(fields)
}

fn object(json: Json, what: &str) -> Part<Map<String, Json>> {
    match json {
        Json::Object(fields) => Ok(fields),
        other => Err(format!("{what} should be an object, found {other}")),
    }
}

fn take_text(fields: &mut Map<String, Json>, name: &str) -> Part<String> {
    match fields.shift_remove(name) {
        None | Some(Json::Null) => Ok(String::new()),
        Some(Json::String(text)) => Ok(text),
        Some(other) => Err(format!("`{name}` should be a string, found {other}")),
    }
}

fn take_flag(fields: &mut Map<String, Json>, name: &str) -> Part<bool> {
    match fields.shift_remove(name) {
        None | Some(Json::Null) => Ok(false),
        Some(Json::Bool(flag)) => Ok(flag),
        Some(other) => Err(format!("`{name}` should be true or false, found {other}")),
    }
}

fn take_number(fields: &mut Map<String, Json>, name: &str) -> Part<u64> {
    match fields.shift_remove(name) {
        None | Some(Json::Null) => Ok(0),
        Some(Json::Number(number)) => {
            whole(&number).ok_or_else(|| format!("`{name}` should be a whole number"))
        }
        Some(other) => Err(format!("`{name}` should be a number, found {other}")),
    }
}

/// A serial that can still grow.
fn usable_serial(serial: u64) -> Part<u64> {
    let usable = serial < u64::MAX;
    usable.then_some(serial).ok_or_else(|| "`serial` is the largest number there is".to_string())
}

/// The number when it is whole and not negative, however it is written (`1`, `1.0`).
fn whole(number: &serde_json::Number) -> Option<u64> {
    let float = || number.as_f64().filter(|it| it.fract() == 0.0 && *it >= 0.0 && *it < 9e15);
    number.as_u64().or_else(|| float().and_then(|it| format!("{it:.0}").parse().ok()))
}

fn take_array(fields: &mut Map<String, Json>, name: &str) -> Part<Vec<Json>> {
    match fields.shift_remove(name) {
        None | Some(Json::Null) => Ok(Vec::new()),
        Some(Json::Array(items)) => Ok(items),
        Some(other) => Err(format!("`{name}` should be an array, found {other}")),
    }
}

fn take_object(fields: &mut Map<String, Json>, name: &str) -> Part<Map<String, Json>> {
    match fields.shift_remove(name) {
        None | Some(Json::Null) => Ok(Map::new()),
        Some(json) => object(json, &format!("`{name}`")),
    }
}
