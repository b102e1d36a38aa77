//! Where ephemeral values may not go: nothing of them is kept in plan and state.

use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::body;
use crate::language::config::{Body, Output, Variable};
use crate::language::scope::Scope;
use crate::schema::{Schema, Shape};
use crate::value::{Marks, Step, Value};

/// Refuses an ephemeral value for a variable that is not.
pub(super) fn input(
    name: &str,
    variable: &Variable,
    given: Option<&Value>,
    span: &Span,
) -> Result<(), Box<Diagnostic>> {
    if variable.ephemeral || !given.is_some_and(is_ephemeral) {
        return Ok(());
    }
    let detail = format!("The value for variable `{name}` is ephemeral, and the variable is not.");
    let hint = "Declare the variable with `ephemeral = true`.";
    let problem = Diagnostic::error("Variable does not allow ephemeral value", detail);
    let problem = problem.hint(hint).at(span);
    Err(Box::new(problem.see(&variable.span, "the variable is declared here")))
}

/// Refuses an ephemeral value for an output that is not.
pub(super) fn output(output: &Output, value: &Value) -> Result<(), Box<Diagnostic>> {
    if output.ephemeral || !is_ephemeral(value) {
        return Ok(());
    }
    let detail = "The value of the output is ephemeral, and the output is not.";
    let hint = "In a module that is called, declare it with `ephemeral = true`; or give \
                `ephemeralasnull` of the value.";
    let problem = Diagnostic::error("Output does not allow ephemeral value", detail);
    Err(Box::new(problem.hint(hint).at(&output.value.span)))
}

/// What is wrong with the arguments of a resource or data source: only those that are not kept may be
/// ephemeral.
pub(super) fn arguments(
    body: &Body,
    schema: &Schema,
    scope: &dyn Scope,
    configuration: &Value,
) -> Diagnostics {
    let mut problems = Diagnostics::new();
    if !is_ephemeral(configuration) {
        return problems;
    }
    for (path, marks) in configuration.marked_paths() {
        if !marks.contains(Marks::EPHEMERAL) || is_write_only(schema, path.steps()) {
            continue;
        }
        let detail = format!("`{path}` is kept in state, and its value here is ephemeral.");
        let hint = "Only write-only arguments, `provider` and `ephemeral` blocks, ephemeral \
                    variables and ephemeral outputs take such values.";
        let problem = Diagnostic::error("Ephemeral value used in non-ephemeral context", detail);
        let span = body::locate(body, schema, scope, &path);
        problems.push(problem.hint(hint).at(&span));
    }
    problems
}

fn is_ephemeral(value: &Value) -> bool {
    value.marks_deep().contains(Marks::EPHEMERAL)
}

/// Whether what is at a path is part of a write-only argument.
fn is_write_only(schema: &Schema, path: &[Step]) -> bool {
    let mut steps = path.iter();
    let Some(Step::Attribute(name)) = steps.next() else { return false };
    let Some(field) = schema.field(name) else { return false };
    if field.write_only {
        return true;
    }
    match &field.shape {
        Shape::Object(block) => is_write_only(block, steps.as_slice()),
        shape => shape.block().is_some_and(|block| {
            steps.next();
            is_write_only(block, steps.as_slice())
        }),
    }
}
