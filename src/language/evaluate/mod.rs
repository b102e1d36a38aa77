//! Evaluation: expressions to values.
//!
//! Unknown values and marks go through everything; an expression that cannot be evaluated is
//! reported once and stands for an unknown value, so that all errors are found in one go.
//! Semantics are those of OpenTofu 1.12.

mod access;
mod budget;
mod call;
mod conditional;
mod explain;
mod operator;
mod repeat;
mod template;

pub use explain::{Cause, explained, paths};
pub(crate) use repeat::elements;

use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::config::{Expression, ExpressionKind, Reference};
use crate::language::scope::Scope;
use crate::language::suggest::did_you_mean;
use crate::value::{Fields, Marks, Type, Value, convert};
use budget::Budget;

/// The value of an expression.
pub fn evaluate(expression: &Expression, scope: &dyn Scope) -> (Value, Diagnostics) {
    evaluate_with(expression, scope, &[])
}

/// The value of an expression in which names are bound, as in `dynamic` blocks; later names hide
/// earlier ones.
pub fn evaluate_with(
    expression: &Expression,
    scope: &dyn Scope,
    bound: &[(String, Value)],
) -> (Value, Diagnostics) {
    if let ExpressionKind::Literal(value) = &expression.kind {
        return (value.clone(), Diagnostics::new());
    }
    let mut evaluator = Evaluator::new(scope);
    evaluator.bound.extend(bound.iter().map(|(name, value)| (name.as_str(), value.clone())));
    let value = evaluator.expression(expression);
    let value = evaluator.whole(value, expression);
    (value, evaluator.diagnostics)
}

/// The value of an expression as one of type `ty`; `what` names it in errors.
pub fn evaluate_as(
    expression: &Expression,
    scope: &dyn Scope,
    ty: &Type,
    what: &str,
) -> (Value, Diagnostics) {
    let (value, mut diagnostics) = evaluate(expression, scope);
    let converted = convert(&value, ty).unwrap_or_else(|error| {
        let problem = format!("{what} is not suitable: {error}.");
        let problem = Diagnostic::error("Unsuitable value", problem).at(&expression.span);
        diagnostics.push(explained(problem, expression, scope, Cause::Other));
        Value::unknown(ty.without_optional())
    });
    (converted, diagnostics)
}

/// One evaluation: where references are answered, which names are bound, what has gone wrong.
struct Evaluator<'a> {
    scope: &'a dyn Scope,
    /// The bound names, innermost last.
    bound: Vec<(&'a str, Value)>,
    diagnostics: Diagnostics,
    /// How many template files this one is inside of.
    depth: usize,
    /// How many loops over secret collections this is inside of: nothing of their elements is to be
    /// told, although they do not have marks of their own.
    secret: usize,
    /// How many `try` and `can` this is inside of: what fails only perhaps does not count there.
    attempts: usize,
    budget: Budget,
}

/// What stands for the result of something that went wrong or is not known at all.
fn anything() -> Value {
    Value::unknown(Type::Any)
}

impl<'a> Evaluator<'a> {
    fn new(scope: &'a dyn Scope) -> Evaluator<'a> {
        let (bound, diagnostics) = (Vec::new(), Diagnostics::new());
        let (depth, secret, attempts, budget) = (0, 0, 0, Budget::default());
        Evaluator { scope, bound, diagnostics, depth, secret, attempts, budget }
    }

    /// Reports an error, once, and gives what stands for the result.
    fn fail(&mut self, summary: &str, detail: impl Into<String>, span: &Span) -> Value {
        self.report(Diagnostic::error(summary, detail).at(span))
    }

    fn report(&mut self, diagnostic: Diagnostic) -> Value {
        self.diagnostics.extend([diagnostic]);
        anything()
    }

    /// What `inside` gives while `name` is bound to `value`.
    fn with<T>(
        &mut self,
        names: impl IntoIterator<Item = (&'a str, Value)>,
        inside: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let before = self.bound.len();
        self.bound.extend(names);
        let result = inside(self);
        self.bound.truncate(before);
        result
    }

    /// What `inside` gives while elements of a collection with the given marks are looked at.
    fn looking_into<T>(&mut self, marks: Marks, inside: impl FnOnce(&mut Self) -> T) -> T {
        let secret = usize::from(!marks.is_empty());
        self.secret += secret;
        let result = inside(self);
        self.secret -= secret;
        result
    }

    /// Forgets, inside of `try` and `can`, what has been reported since there were `before`
    /// diagnostics: it may yet turn out to be fine.
    fn perhaps(&mut self, before: usize) {
        if self.attempts > 0 {
            self.diagnostics.0.truncate(before);
        }
    }

    fn expression(&mut self, expression: &'a Expression) -> Value {
        let before = self.diagnostics.0.len();
        let value = self.evaluated(expression);
        if self.diagnostics.0.len() > before {
            self.explain(expression, before);
        }
        value
    }

    fn evaluated(&mut self, expression: &'a Expression) -> Value {
        let span = &expression.span;
        match &expression.kind {
            ExpressionKind::Literal(value) => value.clone(),
            ExpressionKind::Template(parts) => self.template(parts),
            ExpressionKind::Reference(reference) => self.reference(reference, span),
            ExpressionKind::Attribute(source, name) => self.attribute(source, name, span),
            ExpressionKind::Index(source, key) => self.index(source, key, span),
            ExpressionKind::Splat { source, name, each } => self.splat(source, name, each, span),
            ExpressionKind::Unary(operator, operand) => self.unary(*operator, operand, span),
            ExpressionKind::Binary(operator, left, right) => {
                self.binary(*operator, left, right, span)
            }
            ExpressionKind::Conditional(condition, then, otherwise) => {
                self.conditional(condition, then, otherwise, span)
            }
            ExpressionKind::Call(call) => self.call(call, span),
            ExpressionKind::Tuple(items) => {
                Value::tuple(items.iter().map(|item| self.expression(item)))
            }
            ExpressionKind::Object(entries) => self.object(entries),
            ExpressionKind::For(it) => self.for_loop(it),
            ExpressionKind::Parentheses(inside) => self.expression(inside),
        }
    }

    fn reference(&mut self, reference: &Reference, span: &Span) -> Value {
        if let Reference::Bound(name) = reference {
            return self.bound_name(name, span);
        }
        match self.scope.get(reference, span) {
            Ok(value) => value,
            Err(diagnostic) => self.report(*diagnostic),
        }
    }

    fn bound_name(&mut self, name: &str, span: &Span) -> Value {
        if let Some((_, value)) = self.bound.iter().rev().find(|(bound, _)| *bound == name) {
            return value.clone();
        }
        let hint = did_you_mean(name, self.bound.iter().map(|(bound, _)| *bound));
        let detail = format!("There is no value called {name:?} here.");
        self.report(Diagnostic::error("Invalid reference", detail).at(span).hint(hint))
    }

    fn object(&mut self, entries: &'a [(Expression, Expression)]) -> Value {
        let mut fields = Fields::new();
        let mut marks = Marks::NONE;
        let mut known = true;
        for (key, value) in entries {
            let name = self.object_key(key, &mut marks);
            let value = self.expression(value);
            match name {
                Some(name) => drop(fields.insert(name, value)),
                None => known = false,
            }
        }
        let object = if known { Value::object(fields) } else { anything() };
        object.mark(marks)
    }

    /// The name that the key of an object says, if it is known.
    fn object_key(&mut self, key: &'a Expression, marks: &mut Marks) -> Option<String> {
        if let ExpressionKind::Literal(Value::String(name)) = &key.kind {
            return Some(name.to_string());
        }
        let (value, own) = self.expression(key).unmark();
        *marks = marks.union(own);
        if value.is_null() {
            self.fail("Null value as key", "The key of an object cannot be null.", &key.span);
            return None;
        }
        match convert(&value, &Type::String) {
            Ok(name) => name.as_str().map(str::to_string),
            Err(error) => {
                let detail = format!("This value cannot be the key of an object: {error}.");
                self.fail("Incorrect key type", detail, &key.span);
                None
            }
        }
    }
}

#[cfg(test)]
mod bounds;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod yardstick;
