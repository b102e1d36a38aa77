//! Values of input variables: where they come from, and how they become values of the variable's
//! type.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::language::config::{Module, Variable};
use crate::language::defaults::apply_defaults;
use crate::language::load::{Files, normalise};
use crate::language::module::constant;
use crate::language::parse::{names_of_json, parse_expression, parse_values};
use crate::language::suggest::{did_you_mean, nearest};
use crate::value::convert::ConvertError;
use crate::value::json::from_json;
use crate::value::{Type, Value, convert};

/// How many values of undeclared variables are told of one by one, as in OpenTofu.
const UNDECLARED: usize = 2;

/// A value given on the command line, in the order of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputArgument {
    /// `-var name=value`
    Variable(String),
    /// `-var-file`, relative to the working directory.
    File(PathBuf),
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputSource {
    /// `TF_VAR_name`
    Environment,
    /// A file.
    File(PathBuf),
    /// `-var`
    Argument,
}

impl fmt::Display for InputSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InputSource::Environment => f.write_str("the environment"),
            InputSource::File(path) => write!(f, "{}", path.display()),
            InputSource::Argument => f.write_str("-var"),
        }
    }
}

/// A value given for a variable, not yet converted to its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputValue {
    /// The value.
    pub value: Value,
    /// Where it comes from.
    pub source: InputSource,
    /// Where it stands.
    pub span: Span,
}

/// The values given for the root module's variables; of several for the same, the last counts:
/// `TF_VAR_name`, then `terraform.tfvars` and `terraform.tfvars.json` in the module's folder, then
/// `*.auto.tfvars` and `*.auto.tfvars.json` by name, then the arguments in their order.
pub fn read_inputs(
    root: &Module,
    files: &dyn Files,
    environment: impl IntoIterator<Item = (String, String)>,
    arguments: &[InputArgument],
) -> (BTreeMap<String, InputValue>, Diagnostics) {
    let (found, diagnostics) = (BTreeMap::new(), Diagnostics::new());
    let mut reader = Reader { root, files, found, undeclared: 0, diagnostics };
    let mut environment: Vec<(String, String)> = environment.into_iter().collect();
    environment.sort();
    for (name, text) in environment {
        if let Some(name) = name.strip_prefix("TF_VAR_")
            && root.variables.contains_key(name)
        {
            reader.text(name, &text, InputSource::Environment);
        }
    }
    for name in automatic_files(root, files) {
        reader.file(&normalise(&root.folder.join(name)));
    }
    for argument in arguments {
        match argument {
            InputArgument::Variable(text) => reader.argument(text),
            InputArgument::File(path) => reader.file(path),
        }
    }
    reader.count_undeclared();
    (reader.found, reader.diagnostics)
}

/// The files that are read without being named, in their order.
fn automatic_files(root: &Module, files: &dyn Files) -> Vec<String> {
    let names = files.list(&root.folder).unwrap_or_default();
    let fixed = ["terraform.tfvars", "terraform.tfvars.json"];
    let mut found: Vec<String> = fixed
        .iter()
        .filter(|it| names.iter().any(|name| name == *it))
        .map(|it| it.to_string())
        .collect();
    let mut automatic: Vec<String> = names
        .into_iter()
        .filter(|it| it.ends_with(".auto.tfvars") || it.ends_with(".auto.tfvars.json"))
        .collect();
    automatic.sort();
    found.extend(automatic);
    found
}

struct Reader<'r> {
    root: &'r Module,
    files: &'r dyn Files,
    found: BTreeMap<String, InputValue>,
    /// How many values in files are of no variable.
    undeclared: usize,
    diagnostics: Diagnostics,
}

impl Reader<'_> {
    fn argument(&mut self, text: &str) {
        let Some((name, value)) = text.split_once('=') else {
            let detail = format!("`-var {text}` has no `=`.");
            let problem = Diagnostic::error("Invalid -var", detail);
            return self.diagnostics.push(problem.hint("Write -var name=value."));
        };
        if name.ends_with(char::is_whitespace) {
            let detail = format!("`-var {text}` has a space before the `=`.");
            let problem = Diagnostic::error("Invalid -var", detail);
            return self.diagnostics.push(problem.hint("Write -var name=value."));
        }
        let name = name.trim_start();
        if !self.root.variables.contains_key(name) {
            let detail = format!("-var gives a value for `{name}`, which is not declared.");
            let mut hint = self.suggestion(name);
            if hint.is_empty() {
                hint = format!("Declare it with a `variable \"{name}\"` block.");
            }
            let problem = Diagnostic::error("Value for undeclared variable", detail).hint(hint);
            return self.diagnostics.push(self.like(name, problem));
        }
        self.text(name, value, InputSource::Argument);
    }

    fn suggestion(&self, name: &str) -> String {
        did_you_mean(name, self.root.variables.keys().map(String::as_str))
    }

    /// The problem with the declaration of the variable that may be meant.
    fn like(&self, name: &str, problem: Diagnostic) -> Diagnostic {
        let near = nearest(name, self.root.variables.keys().map(String::as_str));
        match near.and_then(|it| self.root.variables.get(it)) {
            Some(variable) => problem.see(&variable.span, "this has a similar name"),
            None => problem,
        }
    }

    /// A value given as text: taken as it is when the variable is a primitive or has no type, read
    /// as an expression when it is anything else.
    fn text(&mut self, name: &str, text: &str, source: InputSource) {
        let Some(variable) = self.root.variables.get(name) else { return };
        let label = match source {
            InputSource::Environment => format!("<TF_VAR_{name}>"),
            _ => format!("<-var {name}>"),
        };
        let place = Arc::new(Source { path: label.into(), text: text.to_string() });
        let span = Span { range: 0..text.len(), source: place.clone() };
        let literal =
            !variable.typed || matches!(variable.ty, Type::Bool | Type::Number | Type::String);
        let value = if literal {
            Some(Value::string(text))
        } else {
            let (value, mut problems) = expression(name, place);
            if !variable.marks().is_empty() {
                problems.0.iter_mut().for_each(|it| hide(it, variable));
            }
            self.diagnostics.extend(problems);
            value
        };
        if let Some(value) = value {
            self.found.insert(name.to_string(), InputValue { value, source, span });
        }
    }

    fn file(&mut self, path: &Path) {
        let text = match self.files.read(path) {
            Ok(text) => text,
            Err(error) => {
                let detail = format!("{} cannot be read: {error}.", path.display());
                return self.diagnostics.push(Diagnostic::error("Unreadable file", detail));
            }
        };
        let source = Arc::new(Source { path: path.to_path_buf(), text });
        if path.extension().is_some_and(|it| it == "json") {
            self.json_file(&source);
        } else {
            self.native_file(source);
        }
    }

    fn native_file(&mut self, source: Arc<Source>) {
        let path = source.path.clone();
        let body = self.diagnostics.take(parse_values(source));
        for block in &body.blocks {
            let detail = "A file of values holds `name = value` lines only.";
            let problem = Diagnostic::error("Unsupported block", detail).at(&block.span);
            self.diagnostics.push(problem.hint("Blocks belong in a .tf file."));
        }
        for (name, attribute) in &body.attributes {
            let what = format!("the value of variable `{name}`");
            if let Some(value) = self.diagnostics.take(constant(&attribute.value, &what)) {
                let span = attribute.name_span.to(&attribute.value.span);
                self.given(name, value, &path, span);
            }
        }
    }

    fn json_file(&mut self, source: &Arc<Source>) {
        let whole = Span { source: source.clone(), range: 0..0 };
        let value = serde_json::from_str::<serde_json::Value>(&source.text);
        let value = value.map(|it| from_json(&it));
        match value.as_ref().map(Value::fields) {
            Ok(Some(fields)) => {
                let mut places = names_of_json(&source.text);
                // As everywhere in JSON, `//` stands for a comment.
                for (name, value) in fields.iter().filter(|(name, _)| *name != "//") {
                    let range = places.remove(name).unwrap_or(0..0);
                    let span = Span { source: source.clone(), range };
                    self.given(name, value.clone(), &source.path, span);
                }
            }
            Ok(None) => {
                let detail = "A JSON file of values holds one object, of a value per variable.";
                let problem = Diagnostic::error("Invalid file of values", detail).at(&whole);
                self.diagnostics.push(problem);
            }
            Err(error) => {
                let detail = format!("{} is not JSON: {error}.", source.path.display());
                let at = byte_at(&source.text, error.line(), error.column());
                let span = Span { source: source.clone(), range: at..at };
                self.diagnostics
                    .push(Diagnostic::error("Invalid file of values", detail).at(&span));
            }
        }
    }

    fn given(&mut self, name: &str, value: Value, path: &Path, span: Span) {
        if self.root.variables.contains_key(name) {
            let source = InputSource::File(path.to_path_buf());
            self.found.insert(name.to_string(), InputValue { value, source, span });
            return;
        }
        self.undeclared += 1;
        if self.undeclared > UNDECLARED {
            return;
        }
        let detail = format!("`{name}` is not declared, so its value has no effect.");
        let problem = Diagnostic::warning("Value for undeclared variable", detail).at(&span);
        self.diagnostics.push(self.like(name, problem.hint(self.suggestion(name))));
    }

    /// Says how many values have no effect besides those that are told of.
    fn count_undeclared(&mut self) {
        let detail = match self.undeclared.saturating_sub(UNDECLARED) {
            0 => return,
            1 => "One other variable is given a value, but not declared.".to_string(),
            more => format!("{more} other variables are given values, but not declared."),
        };
        self.diagnostics.push(Diagnostic::warning("Values for undeclared variables", detail));
    }
}

/// The value of a text that is an expression.
fn expression(name: &str, source: Arc<Source>) -> (Option<Value>, Diagnostics) {
    let (expression, mut diagnostics) = parse_expression(source);
    let what = format!("the value of variable `{name}`");
    let value = expression.and_then(|it| diagnostics.take(constant(&it, &what)));
    (value, diagnostics)
}

/// Takes what a problem says about the text of a secret out of it.
fn hide(problem: &mut Diagnostic, variable: &Variable) {
    let place = problem.span.replace(variable.span.clone());
    problem.detail = "The value of this variable cannot be read.".to_string();
    problem.others.clear();
    problem.values = Arc::default();
    problem.hint = place.map(|it| format!("The problem is at {it}.")).unwrap_or_default();
}

/// The byte at a line and column from 1, as serde_json counts them.
fn byte_at(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut at = (before + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The root module's variables without default and without value, in the order of declaration.
pub fn missing_inputs<'m>(
    root: &'m Module,
    inputs: &BTreeMap<String, InputValue>,
) -> Vec<(&'m str, &'m Variable)> {
    root.variables
        .iter()
        .filter(|(name, it)| it.default.is_none() && !inputs.contains_key(*name))
        .map(|(name, it)| (name.as_str(), it))
        .collect()
}

/// The values of all the root module's variables. Those that are missing or do not fit are reported
/// and unknown.
pub fn finish_inputs(
    root: &Module,
    inputs: &BTreeMap<String, InputValue>,
) -> (BTreeMap<String, Value>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let missing = missing_inputs(root, inputs);
    if let Some((first, variable)) = missing.first() {
        let names: Vec<_> = missing.iter().map(|(name, _)| format!("`{name}`")).collect();
        let detail = match names.len() {
            1 => format!("Variable {} has no default and no value was given.", names.join("")),
            _ => format!("Variables {} have no default and no value was given.", names.join(", ")),
        };
        let problem = Diagnostic::error("No value for required variable", detail);
        let mut problem = problem.at(&variable.span).hint(format!(
            "Give it with -var {first}=…, in a .tfvars file with -var-file, or as TF_VAR_{first} in \
             the environment."
        ));
        for (_, other) in missing.iter().skip(1) {
            problem = problem.see(&other.span, "this one too");
        }
        diagnostics.push(problem);
    }
    let mut values = BTreeMap::new();
    for (name, variable) in &root.variables {
        let given = inputs.get(name);
        if let (Some(why), Some(_)) = (&variable.deprecated, given) {
            let detail = format!("Variable `{name}` is deprecated: {why}");
            let warning = Diagnostic::warning("Deprecated variable", detail);
            diagnostics.push(warning.at(&variable.span));
        }
        let value = match (given, &variable.default) {
            (None, None) => Value::unknown(variable.ty.clone()),
            _ => {
                let value = given.map(|it| it.value.clone());
                let span = given.map_or(&variable.span, |it| &it.span);
                diagnostics.take(finish_variable(name, variable, value, span))
            }
        };
        values.insert(name.clone(), value);
    }
    (values, diagnostics)
}

/// The value of a variable that is given `given`, or its default: of the variable's type, with its
/// marks. `span` is where the value, or the lack of it, is to be reported. The `validation` rules
/// are left to be evaluated.
pub fn finish_variable(
    name: &str,
    variable: &Variable,
    given: Option<Value>,
    span: &Span,
) -> (Value, Diagnostics) {
    let given = given.filter(|it| !it.is_null() || variable.nullable || variable.default.is_none());
    let (value, problem) = match (given, &variable.default) {
        (Some(value), _) if value.is_null() && !variable.nullable => {
            (None, Some(format!("Variable `{name}` must not be null.")))
        }
        // With its marks, so that nothing is told of a secret.
        (Some(value), _) => match convert_input(variable, value.mark(variable.marks())) {
            Ok(value) => (Some(value), None),
            Err(error) => (None, Some(misfit(name, variable, &error))),
        },
        (None, Some(default)) => (Some(default.clone()), None),
        (None, None) => (None, Some(format!("Variable `{name}` must be given."))),
    };
    let problem = problem.map(|detail| {
        let problem = Diagnostic::error("Invalid value for variable", detail);
        // The place is shown with its text, which must not be that of a secret.
        match (span == &variable.span, !variable.marks().is_empty()) {
            (true, _) => problem.at(span),
            (false, true) => {
                problem.at(&variable.span).hint(format!("The value is given at {span}."))
            }
            (false, false) => {
                let what = if variable.typed { "the type" } else { "the variable" };
                problem.at(span).see(variable.type_place(), format!("{what} is declared here"))
            }
        }
    });
    let value = value.unwrap_or_else(|| Value::unknown(variable.ty.clone()));
    (value.mark(variable.marks()), problem.map(Diagnostics::from).unwrap_or_default())
}

fn misfit(name: &str, variable: &Variable, error: &ConvertError) -> String {
    format!("The value does not fit variable `{name}` of type `{}`: {error}.", variable.ty)
}

/// A value with the defaults of optional attributes, as one of the variable's type.
pub(crate) fn convert_input(variable: &Variable, value: Value) -> Result<Value, ConvertError> {
    convert(&apply_defaults(value, &variable.type_defaults), &variable.ty)
}

#[cfg(test)]
mod tests;
