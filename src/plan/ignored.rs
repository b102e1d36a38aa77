//! What `ignore_changes` names.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::IgnoreChanges;
use crate::language::suggest::did_you_mean;
use crate::schema::{Schema, Shape};
use crate::value::Step;

/// What is wrong with the entries: attributes that the type does not have, and those that nobody
/// configures.
pub(super) fn problems(ignored: &IgnoreChanges, schema: &Schema) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    let IgnoreChanges::Paths(paths) = ignored else { return diagnostics };
    for (path, span) in paths {
        let problem = match path.steps() {
            [Step::Attribute(name)] if schema.field(name).is_some_and(|it| it.read_only) => {
                let detail = format!(
                    "Only the provider decides about `{name}`, so nothing of it can be ignored."
                );
                Some(Diagnostic::warning("Redundant ignore_changes element", detail))
            }
            steps => missing(schema, steps),
        };
        diagnostics.extend(problem.map(|it| it.at(span)));
    }
    diagnostics
}

/// The first name on a path that its object does not have.
fn missing(schema: &Schema, steps: &[Step]) -> Option<Diagnostic> {
    let (first, rest) = steps.split_first()?;
    let (Step::Attribute(name) | Step::Key(name)) = first else {
        return missing(schema, rest);
    };
    let Some(field) = schema.field(name) else {
        let detail = format!("There is no argument `{name}` that could be ignored.");
        let hint = did_you_mean(name, schema.fields.iter().map(|it| it.name));
        return Some(Diagnostic::error("Unsupported attribute", detail).hint(hint));
    };
    let mut shape = &field.shape;
    let mut rest = rest;
    while let (Shape::List(item) | Shape::Set(item) | Shape::Map(item), [_, further @ ..]) =
        (shape, rest)
    {
        (shape, rest) = (item, further);
    }
    match shape {
        Shape::Object(schema) => missing(schema, rest),
        _ => None,
    }
}
