//! Functions that look at the files of this machine.

use std::io::ErrorKind;

use crate::provider::{FunctionCall, FunctionFault, FunctionParameter, ProviderFunction};
use crate::value::{Type, Value};

/// The functions of the provider.
pub(super) static FUNCTIONS: &[ProviderFunction] = &[ProviderFunction {
    name: "direxists",
    summary: "Tells whether there is a folder at a path",
    description: "Tells whether there is a folder at a path. What is there and no folder is an error.",
    parameters: &[FunctionParameter::new("path", "The path, relative or absolute", Type::String)],
    returns: || Type::Bool,
    body: direxists,
}];

fn direxists(call: &FunctionCall<'_>) -> Result<Value, FunctionFault> {
    let path = call.text(0);
    match std::fs::metadata(call.folder.join(path)) {
        Ok(found) if found.is_dir() => Ok(Value::Bool(true)),
        Ok(_) => Err(FunctionFault::at(0, format!("{path:?} is there, but is not a directory"))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Value::Bool(false)),
        Err(error) => Err(FunctionFault::at(0, format!("{path:?} cannot be looked at: {error}"))),
    }
}
