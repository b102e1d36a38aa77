//! The functions of the language in Terraform's JSON format.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::language::functions::{Function, Parameter, Returns, Shape, find, functions};
use crate::value::json::type_to_json;
use crate::value::{Type, Value};

/// `metadata functions -json`
pub fn functions_json() -> Json {
    // The console alone has `type`; `list` and `map` are only there to say what to use instead.
    let hidden = ["type", "list", "map"];
    let all = functions().into_iter().filter(|function| !hidden.contains(&function.name));
    let named = |function: &Function| {
        let signature = signature(function);
        [function.name.to_string(), format!("core::{}", function.name)]
            .map(|name| (name, signature.clone()))
    };
    let signatures: BTreeMap<String, Json> = all.flat_map(named).collect();
    json!({ "format_version": "1.0", "function_signatures": signatures })
}

/// The function that a failing expression calls, as diagnostics have it.
pub(super) fn called(name: &str) -> Json {
    let mut json = json!({ "called_as": name });
    if let Some(function) = find(name) {
        let described =
            |it: &Parameter| json!({ "name": it.name, "type": type_to_json(&it.shape.ty()) });
        let mut signature = json!({
            "name": function.name,
            "params": function.parameters.iter().map(described).collect::<Vec<_>>(),
            "return_type": type_to_json(&returned(function)),
        });
        if let Some(variadic) = &function.variadic {
            signature["variadic_param"] = described(variadic);
        }
        json["signature"] = signature;
    }
    json
}

/// A function with the names of its parameters: `merge(maps...)`.
pub(super) fn signature_text(name: &str) -> Option<String> {
    let function = find(name)?;
    let parameters = function.parameters.iter().map(|it| it.name.to_string());
    let variadic = function.variadic.iter().map(|it| format!("{}...", it.name));
    Some(format!("{name}({})", parameters.chain(variadic).collect::<Vec<_>>().join(", ")))
}

/// What is to be said of parameters of which the name does not tell it: function, parameter, text.
const DESCRIPTIONS: &[(&str, &str, &str)] = &[
    ("bcrypt", "cost", "How much work a hash is, from 4 to 31; 10 when not given."),
    ("chunklist", "size", "How long the lists are; the last one can be shorter."),
    ("cidrcontains", "containing_prefix", CIDR),
    ("cidrcontains", "contained_ip_or_prefix", "An address, or a range in CIDR notation."),
    ("cidrhost", "prefix", CIDR),
    (
        "cidrhost",
        "hostnum",
        "A whole number that fits into the bits of an address after the prefix.",
    ),
    ("cidrnetmask", "prefix", CIDR),
    ("cidrsubnet", "prefix", CIDR),
    ("cidrsubnet", "newbits", "By how many bits the prefix grows."),
    ("cidrsubnet", "netnum", "A whole number that fits into those bits, and fills them."),
    ("cidrsubnets", "prefix", CIDR),
    ("coalescelist", "vals", "Lists or tuples, in the order in which they are looked at."),
    ("indent", "spaces", "How many spaces come after each line break."),
    ("join", "separator", "What comes between the strings."),
    ("join", "lists", "Lists of the strings that are joined."),
    ("keys", "inputMap", "A map, or an object, whose attributes then give a tuple."),
    ("setproduct", "sets", "Sets, lists or tuples; without a set among them, order is kept."),
    ("trim", "cutset", "The characters to take away, in any order."),
];

const CIDR: &str = "A range of addresses in CIDR notation, such as 10.0.0.0/16 (RFC 4632, 3.1).";

fn signature(function: &Function) -> Json {
    let mut json = json!({
        "description": function.description,
        "return_type": type_to_json(&returned(function)),
    });
    if !function.parameters.is_empty() {
        let all = function.parameters.iter();
        json["parameters"] = all.map(|it| parameter(function, it)).collect();
    }
    if let Some(variadic) = &function.variadic {
        json["variadic_parameter"] = parameter(function, variadic);
    }
    json
}

fn parameter(function: &Function, parameter: &Parameter) -> Json {
    let mut json = json!({ "name": parameter.name });
    let about = DESCRIPTIONS.iter().find(|it| (it.0, it.1) == (function.name, parameter.name));
    if let Some((.., description)) = about {
        json["description"] = json!(description);
    }
    // What `try` and `can` take is an expression rather than its value.
    if parameter.null && !matches!(function.name, "try" | "can") {
        json["is_nullable"] = json!(true);
    }
    json["type"] = type_to_json(&parameter.shape.ty());
    json
}

/// The type of the result when no more is known of the arguments than their types.
fn returned(function: &Function) -> Type {
    let parameters = || function.parameters.iter().chain(&function.variadic);
    if parameters().any(|parameter| parameter.shape == Shape::Any && !parameter.dynamic) {
        return Type::Any;
    }
    match function.returns {
        Returns::Always(shape) => shape.ty(),
        Returns::Rule(rule) => {
            let unknown: Vec<Value> =
                parameters().map(|parameter| Value::unknown(parameter.shape.ty())).collect();
            rule(&unknown).unwrap_or(Type::Any)
        }
    }
}
