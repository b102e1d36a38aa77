//! Provider schemas in Terraform's JSON format.

use serde_json::{Map, Value as Json, json};

use crate::plan::Providers;
use crate::provider::ProviderFunction;
use crate::schema::{Field, Schema, Shape, Syntax};
use crate::value::json::type_to_json;

/// `providers schema -json`
pub fn schema_json(providers: &Providers) -> Json {
    let schemas = providers.0.iter().map(|provider| {
        let resources =
            provider.resources().iter().map(|it| (it.name().to_string(), versioned(it.schema())));
        let data = provider
            .data_sources()
            .iter()
            .map(|it| (it.name().to_string(), versioned(it.schema())));
        let mut json = json!({
            "provider": versioned(provider.schema()),
            "resource_schemas": resources.collect::<Map<_, _>>(),
            "data_source_schemas": data.collect::<Map<_, _>>(),
        });
        let ephemeral = provider.ephemeral_resources();
        if !ephemeral.is_empty() {
            let all = ephemeral.iter().map(|it| (it.name().to_string(), versioned(it.schema())));
            json["ephemeral_resource_schemas"] = all.collect::<Map<_, _>>().into();
        }
        let functions = provider.functions().iter().map(|it| (it.name.to_string(), function(it)));
        if !provider.functions().is_empty() {
            json["functions"] = functions.collect::<Map<_, _>>().into();
        }
        (provider.source().to_string(), json)
    });
    json!({ "format_version": "1.0", "provider_schemas": schemas.collect::<Map<_, _>>() })
}

fn function(function: &ProviderFunction) -> Json {
    let parameters = function.parameters.iter().map(|it| {
        json!({
            "name": it.name,
            "description": it.description,
            "type": type_to_json(&it.ty),
        })
    });
    json!({
        "description": function.description,
        "summary": function.summary,
        "return_type": type_to_json(&(function.returns)()),
        "parameters": parameters.collect::<Vec<_>>(),
    })
}

fn versioned(schema: &Schema) -> Json {
    json!({ "version": schema.version, "block": block(schema) })
}

fn block(schema: &Schema) -> Json {
    let (blocks, attributes): (Vec<&Field>, Vec<&Field>) =
        schema.fields.iter().partition(|field| field.syntax == Syntax::Block);
    let mut json = json!({ "description": schema.doc, "description_kind": "plain" });
    if !attributes.is_empty() {
        let all = attributes.iter().map(|field| (field.name.to_string(), attribute(field)));
        json["attributes"] = Json::Object(all.collect());
    }
    let blocks = blocks.iter().filter_map(|field| Some((field.name.to_string(), nested(field)?)));
    let blocks: Map<String, Json> = blocks.collect();
    if !blocks.is_empty() {
        json["block_types"] = Json::Object(blocks);
    }
    json
}

fn attribute(field: &Field) -> Json {
    let mut json = json!({
        "type": type_to_json(&field.shape.ty()),
        "description": field.doc,
        "description_kind": "plain",
    });
    let flags = [
        ("required", field.required),
        ("optional", !field.required && !field.read_only),
        ("computed", field.computed),
        ("sensitive", field.sensitive),
        ("deprecated", field.deprecated.is_some()),
        ("write_only", field.write_only),
    ];
    for (name, _) in flags.into_iter().filter(|(_, holds)| *holds) {
        json[name] = json!(true);
    }
    json
}

fn nested(field: &Field) -> Option<Json> {
    let mode = match field.shape {
        Shape::List(_) => "list",
        Shape::Set(_) => "set",
        Shape::Map(_) => "map",
        _ => "single",
    };
    let mut json = json!({ "nesting_mode": mode, "block": block(field.shape.block()?) });
    if field.items.0 > 0 {
        json["min_items"] = json!(field.items.0);
    }
    if let Some(most) = field.items.1 {
        json["max_items"] = json!(most);
    }
    Some(json)
}
