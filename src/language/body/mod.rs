//! Block bodies to objects of a schema.

mod block;
mod check;
mod native;
mod place;
#[cfg(test)]
mod tests;

pub use check::static_check;
pub use place::span_of;

use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::config::{Attribute, Body};
use crate::language::evaluate::{Cause, evaluate_with, explained};
use crate::language::scope::Scope;
use crate::schema::validate::validate_with;
use crate::schema::{Field, Schema, Syntax};
use crate::value::{Fields, Path, Type, Value, convert};

/// The body as an object of the schema's type, in which fields that are not given are absent
/// ([`Field::absent`]); defaults are not filled in, and secrets are marked only where the
/// configuration marks them.
///
/// Everything wrong with the body is reported: what [`static_check`] finds, expressions that do not
/// evaluate, values of the wrong type, and what the schema demands of values as far as they are known.
pub fn decode(body: &Body, schema: &Schema, scope: &dyn Scope) -> (Value, Diagnostics) {
    let diagnostics = static_check(body, schema);
    let mut decoder = Decoder { scope, bound: Vec::new(), made: 0, diagnostics };
    let value = decoder.body(body, schema);
    (value, decoder.diagnostics)
}

/// Where the body says what is at `path` in the object that [`decode`] makes of it: as [`span_of`],
/// but the right one of several blocks that make a set.
pub fn locate(body: &Body, schema: &Schema, scope: &dyn Scope, path: &Path) -> Span {
    let (bound, diagnostics) = (Vec::new(), Diagnostics::new());
    let mut decoder = Decoder { scope, bound, made: 0, diagnostics };
    decoder.locate(body, schema, path.steps()).unwrap_or_else(|| span_of(body, path))
}

/// One decoding: where references are answered, which iterators are bound, what has gone wrong.
struct Decoder<'a> {
    scope: &'a dyn Scope,
    bound: Vec<(String, Value)>,
    /// How many blocks `dynamic` blocks have made.
    made: usize,
    diagnostics: Diagnostics,
}

impl Decoder<'_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.extend([diagnostic]);
    }

    fn body(&mut self, body: &Body, schema: &Schema) -> Value {
        let native = native::native(body, schema);
        let body = &*native;
        let mut fields = Fields::new();
        for field in &schema.fields {
            fields.insert(field.name.to_string(), self.field(body, field));
        }
        let value = Value::object(fields);
        self.validate(body, schema, &value);
        value
    }

    fn field(&mut self, body: &Body, field: &Field) -> Value {
        match body.attributes.get(field.name) {
            Some(attribute) if field.syntax != Syntax::Block => self.attribute(attribute, field),
            _ if field.syntax != Syntax::Attribute => self.blocks(body, field),
            _ => field.absent(),
        }
    }

    fn attribute(&mut self, attribute: &Attribute, field: &Field) -> Value {
        let expression = &attribute.value;
        let (value, problems) = evaluate_with(expression, self.scope, &self.bound);
        let failed = problems.has_errors();
        self.diagnostics.extend(problems);
        if field.read_only || failed {
            return if failed { Value::unknown(field.shape.ty()) } else { field.absent() };
        }
        let value = match convert(&value, &field.shape.accepts()) {
            Ok(value) => field.shape.complete(value),
            Err(error) => {
                let detail = format!("The value of `{}` is not suitable: {error}.", field.name);
                let place = place::span_in(expression, error.path.steps());
                let problem = Diagnostic::error("Incorrect argument type", detail).at(&place);
                let problem = problem.hint(suggestion(&value, &field.shape.ty()));
                self.report(explained(problem, expression, self.scope, Cause::Other));
                return Value::unknown(field.shape.ty());
            }
        };
        if value.is_null() {
            if field.required {
                let detail = format!("The argument `{}` is required, but null here.", field.name);
                let problem = Diagnostic::error("Missing required argument", detail);
                self.report(problem.at(&expression.span));
            }
            return value;
        }
        if value.is_known() {
            self.discouraged(attribute, field);
        }
        value
    }

    /// What is to be said of an argument because it has a value at all.
    fn discouraged(&mut self, attribute: &Attribute, field: &Field) {
        if let Some(why) = field.unsupported {
            let detail = format!("`{}` is not supported yet: {why}.", field.name);
            let problem = Diagnostic::error("Unsupported argument", detail);
            self.report(problem.at(&attribute.name_span));
        }
        if let Some(why) = field.deprecated {
            let detail = format!("`{}` is deprecated: {why}.", field.name);
            let problem = Diagnostic::warning("Deprecated argument", detail);
            self.report(problem.at(&attribute.name_span));
        }
    }

    /// Checks the fields of one body; nested blocks have bodies of their own.
    fn validate(&mut self, body: &Body, schema: &Schema, value: &Value) {
        let as_argument = |field: &Field| body.attributes.contains_key(field.name);
        for violation in validate_with(schema, value, &as_argument) {
            let place = span_of(body, &violation.path);
            let problem = Diagnostic::error(violation.summary, violation.message).at(&place);
            let others = violation.others.iter().map(|it| span_of(body, it));
            let others = others.filter(|it| *it != place);
            self.report(others.fold(problem, |all, it| all.see(&it, "the other one")));
        }
    }
}

/// What to write instead of a value of the wrong type.
fn suggestion(value: &Value, wanted: &Type) -> String {
    let word = value.as_str().map(str::to_lowercase);
    match (wanted, word.as_deref()) {
        (Type::Bool, Some("true" | "yes" | "on" | "enabled")) => "Write `true`.".to_string(),
        (Type::Bool, Some("false" | "no" | "off" | "disabled")) => "Write `false`.".to_string(),
        (Type::List(_) | Type::Set(_), _) if value.ty().is_primitive() => {
            "Put it in brackets: `[…]`.".to_string()
        }
        _ => String::new(),
    }
}
