//! Values that must be known before anything is evaluated.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::{Expression, ExpressionKind, Reference, UnaryOperator};
use crate::value::{Fields, Number, Value};

/// The value of an expression without references and function calls; `what` names it in messages.
pub(crate) fn constant(expression: &Expression, what: &str) -> (Option<Value>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    refuse(expression, what, &mut diagnostics);
    if diagnostics.has_errors() {
        return (None, diagnostics);
    }
    match literal(expression) {
        Some(value) => (Some(value), diagnostics),
        None => {
            let detail = format!("{what} must be a literal value.");
            let problem = Diagnostic::error("Constant required", detail).at(&expression.span);
            (None, problem.into())
        }
    }
}

fn refuse(expression: &Expression, what: &str, diagnostics: &mut Diagnostics) {
    let problem = match &expression.kind {
        ExpressionKind::Reference(Reference::Bound(name)) if name == "*" => None,
        ExpressionKind::Reference(_) => Some("References are not possible here"),
        ExpressionKind::Call(_) => Some("Function calls are not possible here"),
        _ => None,
    };
    match problem {
        Some(problem) => {
            let detail = format!("{problem}: {what} must be a constant.");
            diagnostics.push(Diagnostic::error("Constant required", detail).at(&expression.span));
        }
        None => expression.each_child(&mut |it| refuse(it, what, diagnostics)),
    }
}

fn literal(expression: &Expression) -> Option<Value> {
    match &expression.kind {
        ExpressionKind::Literal(value) => Some(value.clone()),
        ExpressionKind::Parentheses(inside) => literal(inside),
        ExpressionKind::Tuple(items) => {
            Some(Value::tuple(items.iter().map(literal).collect::<Option<Vec<_>>>()?))
        }
        ExpressionKind::Object(entries) => {
            let mut fields = Fields::new();
            for (key, value) in entries {
                fields.insert(literal(key)?.as_str()?.to_string(), literal(value)?);
            }
            Some(Value::object(fields))
        }
        ExpressionKind::Unary(UnaryOperator::Negate, inside) => {
            Some(Value::Number(Number::new(-literal(inside)?.as_number()?.decimal())))
        }
        _ => None,
    }
}
