//! What is the same for all functions: number and types of arguments, nulls, unknowns and marks.

use bigdecimal::BigDecimal;

use super::table::{Function, Knowledge, Parameter, Returns};
use super::{CallContext, FunctionError, find, names};
use crate::value::{Marks, Number, Type, Value};

/// What a function's body gives back.
pub(super) type Outcome = Result<Value, Fault>;

/// Why a body could not give a result; without a final period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    argument: Option<usize>,
    message: String,
}

impl Fault {
    /// The argument at `index` is to blame.
    pub(super) fn at(index: usize, message: impl Into<String>) -> Fault {
        Fault { argument: Some(index), message: message.into() }
    }
}

impl From<&str> for Fault {
    fn from(message: &str) -> Fault {
        Fault { argument: None, message: message.to_string() }
    }
}

impl From<String> for Fault {
    fn from(message: String) -> Fault {
        Fault { argument: None, message }
    }
}

/// The arguments of one call, converted to the types of the parameters.
pub struct Call<'a> {
    pub(super) arguments: Vec<Value>,
    pub(super) context: &'a CallContext<'a>,
}

impl Call<'_> {
    /// The argument at `index`; null when it was not given.
    pub(super) fn value(&self, index: usize) -> &Value {
        self.arguments.get(index).unwrap_or(&Value::NULL)
    }

    /// The argument at `index`, if it was given.
    pub(super) fn optional(&self, index: usize) -> Option<&Value> {
        self.arguments.get(index)
    }

    /// The arguments from `index` on.
    pub(super) fn rest(&self, index: usize) -> &[Value] {
        self.arguments.get(index..).unwrap_or_default()
    }

    /// The text of an argument whose parameter takes a string.
    pub(super) fn text(&self, index: usize) -> &str {
        self.value(index).as_str().unwrap_or_default()
    }

    /// The elements of an argument that is a list, set or tuple.
    pub(super) fn items(&self, index: usize) -> &[Value] {
        self.value(index).items().unwrap_or_default()
    }

    /// The decimal of an argument whose parameter takes a number.
    pub(super) fn decimal(&self, index: usize) -> BigDecimal {
        self.value(index).as_number().map(Number::decimal).cloned().unwrap_or_default()
    }

    /// An argument whose parameter takes a number, when it is whole.
    pub(super) fn integer(&self, index: usize) -> Result<i64, Fault> {
        self.value(index).as_number().and_then(Number::as_i64).ok_or_else(|| {
            let (least, most) = (i64::MIN, i64::MAX);
            Fault::at(
                index,
                format!("value must be a whole number, between {least} and {most} inclusive"),
            )
        })
    }
}

/// Calls the function `name`.
///
/// Unknown arguments give an unknown result of the right type, unless the function can do better;
/// marks of arguments go to the result.
pub fn call(
    name: &str,
    arguments: Vec<Value>,
    context: &CallContext<'_>,
) -> Result<Value, FunctionError> {
    let Some(function) = find(name) else { return Err(no_such_function(name)) };
    check_arity(function, arguments.len())?;
    let finish = |fault| explain(name, function, fault);
    let arguments = convert_all(function, arguments).map_err(finish)?;
    run(function, arguments, context).map_err(finish)
}

fn no_such_function(name: &str) -> FunctionError {
    let near = names().map(|known| (strsim::damerau_levenshtein(name, known), known)).min();
    let hint = match near {
        Some((distance, known)) if distance <= 1 + name.len() / 4 => {
            format!(" Did you mean \"{known}\"?")
        }
        _ => String::new(),
    };
    FunctionError {
        argument: None,
        summary: "Call to unknown function",
        message: format!("There is no function named \"{name}\".{hint}"),
    }
}

fn check_arity(function: &Function, given: usize) -> Result<(), FunctionError> {
    let (name, wanted) = (function.name, function.parameters.len());
    let arguments = if wanted == 1 { "argument" } else { "arguments" };
    let error = |summary, message| Err(FunctionError { argument: None, summary, message });
    if let Some(missing) = function.parameters.get(given) {
        let least = if function.variadic.is_some() { "at least " } else { "" };
        let message = format!(
            "Function \"{name}\" expects {least}{wanted} {arguments}. Missing value for \"{}\".",
            missing.name
        );
        return error("Not enough function arguments", message);
    }
    if given > wanted && function.variadic.is_none() {
        let message = format!("Function \"{name}\" expects only {wanted} {arguments}.");
        return error("Too many function arguments", message);
    }
    Ok(())
}

fn explain(name: &str, function: &Function, fault: Fault) -> FunctionError {
    let Fault { argument, message } = fault;
    match argument.and_then(|index| function.parameter(index)) {
        Some(parameter) => FunctionError {
            argument,
            summary: "Invalid function argument",
            message: format!("Invalid value for \"{}\" parameter: {message}.", parameter.name),
        },
        None => FunctionError {
            argument,
            summary: "Error in function call",
            message: format!("Call to function \"{name}\" failed: {message}."),
        },
    }
}

fn convert_all(function: &Function, arguments: Vec<Value>) -> Result<Vec<Value>, Fault> {
    let converted = arguments.into_iter().enumerate().map(|(index, argument)| {
        let Some(parameter) = function.parameter(index) else { return Ok(argument) };
        let argument = convert_one(parameter, argument, index)?;
        if argument.is_null() && !parameter.null {
            return Err(Fault::at(index, "argument must not be null"));
        }
        Ok(argument)
    });
    converted.collect()
}

fn convert_one(parameter: &Parameter, argument: Value, index: usize) -> Outcome {
    let wanted = parameter.shape.ty();
    if wanted == Type::Any || argument.ty() == wanted {
        return Ok(argument);
    }
    Err(Fault::at(index, format!("{wanted} required")))
}

fn run(function: &Function, arguments: Vec<Value>, context: &CallContext<'_>) -> Outcome {
    let mut marks = Marks::NONE;
    let mut wait = false;
    let mut untyped = false;
    let mut bare = Vec::with_capacity(arguments.len());
    for (index, argument) in arguments.into_iter().enumerate() {
        let Some(parameter) = function.parameter(index) else { continue };
        untyped |= !parameter.dynamic && argument.ty() == Type::Any;
        wait |= match parameter.knowledge {
            Knowledge::Nothing => false,
            Knowledge::Itself => !argument.is_known(),
            Knowledge::Whole => !argument.is_wholly_known(),
        };
        if parameter.marked {
            if wait || untyped {
                marks = marks.union(argument.marks());
            }
            bare.push(argument);
        } else {
            let (argument, found) = argument.unmark_deep();
            marks = marks.union(found);
            bare.push(argument);
        }
    }
    if untyped {
        return Ok(Value::unknown(Type::Any).mark(marks));
    }
    if wait {
        return Ok(unknown_result(function, &bare)?.mark(marks));
    }
    let call = Call { arguments: bare, context };
    (function.body)(&call).map(|result| result.mark(marks))
}

fn unknown_result(function: &Function, arguments: &[Value]) -> Outcome {
    let ty = match function.returns {
        Returns::Always(shape) => shape.ty(),
        Returns::Rule(rule) => rule(arguments)?,
    };
    if function.nullable || ty == Type::Any {
        return Ok(Value::unknown(ty));
    }
    Ok(Value::unknown_not_null(ty))
}
