//! Functions that read and write values as the language does.

use crate::provider::{FunctionCall, FunctionFault, FunctionParameter, ProviderFunction};
use crate::value::{Type, Value};

/// The functions of the provider.
pub(super) static FUNCTIONS: &[ProviderFunction] = &[
    ProviderFunction {
        name: "decode_tfvars",
        summary: "Reads a file of variable values",
        description: "Gives an object of the values in the text of a .tfvars file.",
        parameters: &[FunctionParameter::new("content", "The text of the file", Type::String)],
        returns: || Type::Any,
        body: decode_tfvars,
    },
    ProviderFunction {
        name: "encode_expr",
        summary: "Writes a value as an expression",
        description: "Gives the text of an expression that has the value.",
        parameters: &[FunctionParameter::new("expr", "The value", Type::Any)],
        returns: || Type::String,
        body: |call| Ok(Value::string(call.syntax.expression(call.value(0)))),
    },
    ProviderFunction {
        name: "encode_tfvars",
        summary: "Writes a file of variable values",
        description: "Gives the text of a .tfvars file with a value for each attribute of an object.",
        parameters: &[FunctionParameter::new(
            "input",
            "An object whose attributes have names that variables can have",
            Type::Any,
        )],
        returns: || Type::String,
        body: encode_tfvars,
    },
];

fn decode_tfvars(call: &FunctionCall<'_>) -> Result<Value, FunctionFault> {
    let read = call.syntax.read_values(call.text(0));
    read.map_err(|why| FunctionFault::from(format!("failed to decode tfvars content: {why}")))
}

fn encode_tfvars(call: &FunctionCall<'_>) -> Result<Value, FunctionFault> {
    let object = call.value(0);
    if !matches!(object, Value::Object(_)) {
        return Err("invalid input: must be an object".to_string().into());
    }
    let written = call.syntax.values_file(object);
    written.map(Value::string).map_err(|why| FunctionFault::from(format!("invalid input: {why}")))
}
