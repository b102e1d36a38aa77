//! What is the same for all functions: number and types of arguments, nulls, unknowns and marks.

use bigdecimal::BigDecimal;

use super::table::{Function, Knowledge, Parameter, Returns, Shape};
use super::{CallContext, FunctionError, find, names};
use crate::value::{LONGEST_TEXT, Marks, Number, Type, Value, convert};

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

    /// The same, as part of something larger.
    pub(super) fn within(self, what: &str) -> Fault {
        Fault { argument: None, message: format!("{what}: {}", self.message) }
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

/// A string as the result of a call.
pub(super) fn text(it: impl AsRef<str>) -> Outcome {
    Ok(Value::string(it))
}

/// That a text may be so long.
pub(super) fn check_length(length: usize) -> Result<(), Fault> {
    match length > LONGEST_TEXT {
        true => Err(format!("the text would be longer than {} MiB", LONGEST_TEXT >> 20).into()),
        false => Ok(()),
    }
}

/// A bool as the result of a call.
pub(super) fn truth(it: bool) -> Outcome {
    Ok(Value::Bool(it))
}

/// A count as the result of a call.
pub(super) fn count(it: usize) -> Outcome {
    Ok(Value::number(it))
}

/// A list of strings as the result of a call.
pub(super) fn texts<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> Outcome {
    Ok(Value::list(Type::String, items.into_iter().map(Value::string)))
}

/// The number of a value that must be whole.
pub(super) fn whole_number(value: &Value) -> Result<i64, String> {
    value.as_number().and_then(Number::as_i64).ok_or_else(|| {
        let (least, most) = (i64::MIN, i64::MAX);
        format!("value must be a whole number, between {least} and {most} inclusive")
    })
}

/// The arguments of one call, converted to the types of the parameters.
pub(super) struct Call<'a> {
    pub(super) arguments: Vec<Value>,
    /// What the arguments were marked with that have no marks any more.
    taken: Vec<Marks>,
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
        Ok(whole_number(self.value(index))?)
    }

    /// The text of a string for use in a message: quoted, or what it is marked with.
    pub(super) fn show(&self, index: usize) -> String {
        let taken = self.taken.get(index).copied().unwrap_or_default();
        let marks = taken.union(self.value(index).marks_deep());
        match (marks.contains(Marks::EPHEMERAL), marks.contains(Marks::SENSITIVE)) {
            (true, true) => "(ephemeral sensitive value)".to_string(),
            (true, false) => "(ephemeral value)".to_string(),
            (false, true) => SECRET.to_string(),
            (false, false) => format!("{:?}", self.text(index)),
        }
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

/// What stands for a secret in messages.
const SECRET: &str = "(sensitive value)";
/// Functions that read a document, of which their messages may tell without quotes.
const READERS: [&str; 3] = ["csvdecode", "jsondecode", "yamldecode"];

/// A message about arguments of which some are secret, without what may be part of them: what is
/// quoted, or follows a colon. Messages that name such arguments take care of it themselves.
pub(super) fn discreet(function: &str, message: String) -> String {
    if message.contains("sensitive value)") || message.contains("(ephemeral value)") {
        return message;
    }
    let end = ["\"", "`", ": "].iter().filter_map(|it| message.find(it)).min();
    let kept = match end {
        None if !READERS.contains(&function) => return message,
        None => "",
        Some(end) => message.get(..end).unwrap_or_default().trim_end(),
    };
    let space = if kept.is_empty() { "" } else { " " };
    format!("{kept}{space}{SECRET}")
}

/// The namespace of the functions of the language.
const CORE: &str = "core::";

fn no_such_function(name: &str) -> FunctionError {
    let prefix = if name.starts_with(CORE) { CORE } else { "" };
    let own = name.strip_prefix(prefix).unwrap_or(name);
    let near = names().map(|known| (strsim::damerau_levenshtein(own, known), known)).min();
    let hint = match near {
        Some((distance, known)) if distance <= 1 + own.len() / 4 => {
            format!(" Did you mean \"{prefix}{known}\"?")
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
    let names: Vec<&str> = function.parameters.iter().map(|it| it.name).collect();
    arity(function.name, &names, function.variadic.is_some(), given)
}

/// Whether a call has as many arguments as the function takes.
pub(super) fn arity(
    name: &str,
    parameters: &[&str],
    variadic: bool,
    given: usize,
) -> Result<(), FunctionError> {
    let (wanted, arguments) = (parameters.len(), "argument(s)");
    let error = |summary, message| Err(FunctionError { argument: None, summary, message });
    if let Some(missing) = parameters.get(given) {
        let least = if variadic { "at least " } else { "" };
        let message = format!(
            "Function \"{name}\" expects {least}{wanted} {arguments}. Missing value for \"{missing}\"."
        );
        return error("Not enough function arguments", message);
    }
    if given > wanted && !variadic {
        let message = format!("Function \"{name}\" expects only {wanted} {arguments}.");
        return error("Too many function arguments", message);
    }
    Ok(())
}

fn explain(name: &str, function: &Function, fault: Fault) -> FunctionError {
    let Fault { argument, message } = fault;
    let parameter = argument.and_then(|index| function.parameter(index)).map(|it| it.name);
    failure(name, argument, parameter, &message)
}

/// The error of a call that has no result, because of an argument or of all.
pub(super) fn failure(
    name: &str,
    argument: Option<usize>,
    parameter: Option<&str>,
    message: &str,
) -> FunctionError {
    match parameter {
        Some(parameter) => FunctionError {
            argument,
            summary: "Invalid function argument",
            message: format!("Invalid value for \"{parameter}\" parameter: {message}."),
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
    if parameter.shape == Shape::Any {
        return Ok(argument);
    }
    convert(&argument, &parameter.shape.ty()).map_err(|error| Fault::at(index, error.to_string()))
}

/// The arguments as the body gets them, and whether it may be called at all.
struct Prepared {
    arguments: Vec<Value>,
    /// The marks that the body does not get to see.
    taken: Vec<Marks>,
    unknown: bool,
    untyped: bool,
}

fn prepare(function: &Function, arguments: Vec<Value>) -> Prepared {
    let mut prepared = Prepared {
        arguments: Vec::with_capacity(arguments.len()),
        taken: Vec::with_capacity(arguments.len()),
        unknown: false,
        untyped: false,
    };
    for (index, argument) in arguments.into_iter().enumerate() {
        let Some(parameter) = function.parameter(index) else { continue };
        prepared.untyped |= !parameter.dynamic && is_untyped(&argument);
        prepared.unknown |= match parameter.knowledge {
            Knowledge::Nothing => false,
            Knowledge::Itself => !argument.is_known(),
            Knowledge::Whole => !argument.is_wholly_known(),
        };
        if parameter.marked {
            prepared.taken.push(Marks::NONE);
            prepared.arguments.push(argument);
        } else {
            let (argument, found) = argument.unmark_deep();
            prepared.taken.push(found);
            prepared.arguments.push(argument);
        }
    }
    prepared
}

/// Whether not even the type of the value is known.
pub(super) fn is_untyped(value: &Value) -> bool {
    match value.bare() {
        Value::Null(ty) => *ty == Type::Any,
        Value::Unknown(unknown) => unknown.ty == Type::Any,
        _ => false,
    }
}

fn run(function: &Function, arguments: Vec<Value>, context: &CallContext<'_>) -> Outcome {
    let Prepared { arguments, taken, unknown, untyped } = prepare(function, arguments);
    let marks = taken.iter().fold(Marks::NONE, |all, it| all.union(*it));
    let wait = context.pure && !function.pure;
    if untyped || unknown || wait {
        let all = arguments.iter().fold(marks, |all, it| all.union(it.marks_deep()));
        let ty = if untyped { Type::Any } else { result_type(function, &arguments)? };
        return Ok(unknown_result(function, ty).mark(all));
    }
    let call = Call { arguments, taken, context };
    (function.body)(&call).map(|result| result.mark(marks)).map_err(|fault| {
        let secret = |at: usize| {
            let taken = call.taken.get(at).copied().unwrap_or_default();
            !taken.union(call.value(at).marks_deep()).is_empty()
        };
        // What is said of a template is careful by itself, unless the template is secret.
        let open = match function.name {
            "templatefile" => true,
            "templatestring" => !secret(0),
            _ => !(0..call.arguments.len()).any(secret),
        };
        let message = if open { fault.message } else { discreet(function.name, fault.message) };
        Fault { message, ..fault }
    })
}

fn result_type(function: &Function, arguments: &[Value]) -> Result<Type, Fault> {
    match function.returns {
        Returns::Always(shape) => Ok(shape.ty()),
        Returns::Rule(rule) => {
            let bare: Vec<Value> = arguments.iter().map(|it| it.unmark_deep().0).collect();
            rule(&bare)
        }
    }
}

fn unknown_result(function: &Function, ty: Type) -> Value {
    if function.nullable || ty == Type::Any {
        return Value::unknown(ty);
    }
    Value::unknown_not_null(ty)
}
