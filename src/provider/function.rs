//! Functions that providers give to the language, on [`Value`]s.

use std::path::Path;

use crate::value::{Type, Value};

/// A function of a provider: `provider::aws::arn_parse`.
pub struct ProviderFunction {
    /// The name.
    pub name: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What it does, in sentences.
    pub description: &'static str,
    /// The parameters; all must be given.
    pub parameters: &'static [FunctionParameter],
    /// The type of the result.
    pub returns: fn() -> Type,
    /// Calculates the result. Called only with arguments that are wholly known.
    pub body: fn(&FunctionCall<'_>) -> Result<Value, FunctionFault>,
}

/// A parameter of a function; its argument must not be null.
pub struct FunctionParameter {
    /// The name.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// The type that arguments are converted to.
    pub ty: Type,
}

/// One call of a function.
pub struct FunctionCall<'a> {
    /// The arguments, one for each parameter, without marks.
    pub arguments: &'a [Value],
    /// The folder that relative paths are resolved against.
    pub folder: &'a Path,
    /// Reads and writes the language.
    pub syntax: &'a dyn Syntax,
}

/// What the language does for functions of providers.
pub trait Syntax {
    /// An expression that gives a value.
    fn expression(&self, value: &Value) -> String;
    /// A file of variable values with these values, one for each attribute of an object. The error says
    /// which name cannot be one of a variable.
    fn values_file(&self, object: &Value) -> Result<String, String>;
    /// The values in a file of variable values, as an object.
    fn read_values(&self, text: &str) -> Result<Value, String>;
}

/// Why a function has no result; without a final period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionFault {
    /// The argument that is to blame, if a single one is.
    pub argument: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl FunctionFault {
    /// The argument at `index` is to blame.
    pub fn at(index: usize, message: impl Into<String>) -> FunctionFault {
        FunctionFault { argument: Some(index), message: message.into() }
    }
}

impl From<String> for FunctionFault {
    fn from(message: String) -> FunctionFault {
        FunctionFault { argument: None, message }
    }
}

impl FunctionCall<'_> {
    /// The argument at `index`.
    pub fn value(&self, index: usize) -> &Value {
        self.arguments.get(index).unwrap_or(&Value::NULL)
    }

    /// The text of an argument whose parameter takes a string.
    pub fn text(&self, index: usize) -> &str {
        self.value(index).as_str().unwrap_or_default()
    }
}

impl FunctionParameter {
    /// A parameter that takes values of a type.
    pub const fn new(name: &'static str, description: &'static str, ty: Type) -> FunctionParameter {
        FunctionParameter { name, description, ty }
    }
}
