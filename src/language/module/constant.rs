//! Values that must be known before anything is evaluated.

use std::path::Path;

use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::config::{Expression, ExpressionKind, Reference};
use crate::language::evaluate::evaluate;
use crate::language::scope::Scope;
use crate::value::Value;

/// The value of an expression without references and function calls; `what` names it in messages.
pub(crate) fn constant(expression: &Expression, what: &str) -> (Option<Value>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    refuse(expression, what, false, &mut diagnostics);
    if diagnostics.has_errors() {
        return (None, diagnostics);
    }
    let value = diagnostics.take(evaluate(expression, &Nothing));
    (Some(value).filter(|_| !diagnostics.has_errors()), diagnostics)
}

/// Whether an expression has no references and function calls.
pub(super) fn is_constant(expression: &Expression) -> bool {
    let mut diagnostics = Diagnostics::new();
    refuse(expression, "", false, &mut diagnostics);
    !diagnostics.has_errors()
}

/// Reports references and calls; `binds` says whether something around binds names, in which case the
/// evaluation finds out which.
fn refuse(expression: &Expression, what: &str, binds: bool, diagnostics: &mut Diagnostics) {
    let problem = match &expression.kind {
        ExpressionKind::Reference(Reference::Bound(_)) if binds => None,
        ExpressionKind::Reference(_) => Some("References are not possible here"),
        ExpressionKind::Call(_) => Some("Function calls are not possible here"),
        _ => None,
    };
    if let Some(problem) = problem {
        let detail = format!("{problem}: {what} must be a constant.");
        diagnostics.push(Diagnostic::error("Constant required", detail).at(&expression.span));
        return;
    }
    let inside = matches!(
        &expression.kind,
        ExpressionKind::For(_) | ExpressionKind::Template(_) | ExpressionKind::Splat { .. }
    );
    expression.each_child(&mut |it| refuse(it, what, binds || inside, diagnostics));
}

/// A scope without names.
struct Nothing;

impl Scope for Nothing {
    fn get(&self, _: &Reference, span: &Span) -> Result<Value, Box<Diagnostic>> {
        let problem = Diagnostic::error("Constant required", "References are not possible here.");
        Err(Box::new(problem.at(span)))
    }

    fn folder(&self) -> &Path {
        Path::new(".")
    }
}
