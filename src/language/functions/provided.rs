//! Calls of functions that providers give.

use std::path::PathBuf;
use std::sync::Arc;

use super::call::{arity, discreet, failure, is_untyped};
use super::{CallContext, FunctionError};
use crate::diagnostic::{Diagnostics, Source};
use crate::language::generate::{value_expression, values_file};
use crate::language::module::{constant, is_name};
use crate::language::parse::parse_values;
use crate::provider::{FunctionCall, ProviderFunction, Syntax};
use crate::value::{Fields, Marks, Value, convert};

/// Calls a function of a provider by the name that the call has.
///
/// With arguments that are not wholly known the result is unknown; marks of arguments go to it.
pub fn call_provided(
    name: &str,
    function: &ProviderFunction,
    arguments: &[Value],
    context: &CallContext<'_>,
) -> Result<Value, FunctionError> {
    let names: Vec<&str> = function.parameters.iter().map(|it| it.name).collect();
    arity(name, &names, false, arguments.len())?;
    let failed = |argument: Option<usize>, message: &str| {
        let parameter = argument.and_then(|at| names.get(at)).copied();
        failure(name, argument, parameter, message)
    };
    let mut marks = Marks::NONE;
    let mut bare = Vec::with_capacity(arguments.len());
    for (at, (argument, parameter)) in arguments.iter().zip(function.parameters).enumerate() {
        let converted = convert(argument, &parameter.ty);
        let converted = converted.map_err(|error| failed(Some(at), &error.to_string()))?;
        let (value, found) = converted.unmark_deep();
        if value.is_null() {
            return Err(failed(Some(at), "argument must not be null"));
        }
        marks = marks.union(found);
        bare.push(value);
    }
    if bare.iter().any(|it| is_untyped(it) || !it.is_wholly_known()) {
        return Ok(Value::unknown((function.returns)()).mark(marks));
    }
    let call = FunctionCall { arguments: &bare, folder: context.folder, syntax: &Native };
    let result = (function.body)(&call).map_err(|fault| match marks.is_empty() {
        true => failed(fault.argument, &fault.message),
        false => failed(fault.argument, &discreet(name, fault.message)),
    })?;
    Ok(result.mark(marks))
}

/// The native syntax of the language.
struct Native;

impl Syntax for Native {
    fn expression(&self, value: &Value) -> String {
        value_expression(value)
    }

    fn values_file(&self, object: &Value) -> Result<String, String> {
        let nothing = Fields::default();
        let fields = object.fields().unwrap_or(&nothing);
        match fields.keys().find(|name| !is_name(name)) {
            Some(name) => Err(format!("`{name}` cannot be the name of a variable")),
            None => Ok(values_file(fields)),
        }
    }

    fn read_values(&self, text: &str) -> Result<Value, String> {
        let source = Arc::new(Source { path: PathBuf::new(), text: text.to_string() });
        let (body, mut problems) = parse_values(source);
        let mut values = Vec::new();
        for (name, attribute) in &body.attributes {
            let value = constant(&attribute.value, &format!("the value of `{name}`"));
            values.extend(problems.take(value).map(|it| (name.clone(), it)));
        }
        if let Some(block) = body.blocks.first() {
            return Err(format!("it has a block `{}`", block.kind));
        }
        if problems.has_errors() { Err(explained(&problems)) } else { Ok(Value::object(values)) }
    }
}

fn explained(problems: &Diagnostics) -> String {
    let errors = problems.0.iter().filter(|it| it.is_error());
    let texts: Vec<&str> = errors.map(|it| it.detail.trim_end_matches('.')).collect();
    texts.join("; ")
}
