//! What the references of an expression that failed stand for, as far as it may be told.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Evaluator;
use crate::address::quote;
use crate::diagnostic::{Diagnostic, Shown};
use crate::language::config::{Expression, ExpressionKind};
use crate::language::scope::Scope;
use crate::value::{Fields, Marks, Unknown, Value};

/// What values have to do with a problem: what is only beside the point is not told of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Neither of these.
    Other,
    /// A value is not known.
    Unknown,
    /// A value is sensitive or ephemeral.
    Confidential,
}

/// The problem with what the references of an expression stand for.
pub fn explained(
    diagnostic: Diagnostic,
    expression: &Expression,
    scope: &dyn Scope,
    cause: Cause,
) -> Diagnostic {
    let values = Evaluator::new(scope).shown(expression, cause);
    Diagnostic { values, ..diagnostic }
}

impl<'a> Evaluator<'a> {
    /// Explains what has been reported of an expression since there were `before` diagnostics.
    pub(super) fn explain(&mut self, expression: &'a Expression, before: usize) {
        let open = |it: &Diagnostic| it.values.is_empty() && it.is_error();
        let fresh = self.diagnostics.0.iter().skip(before);
        if self.secret > 0 || self.attempts > 0 || !fresh.clone().any(open) {
            return;
        }
        let values = self.shown(expression, Cause::Other);
        for diagnostic in self.diagnostics.0.iter_mut().skip(before).filter(|it| open(it)) {
            diagnostic.values.clone_from(&values);
        }
    }

    /// What the references of an expression stand for, by their text.
    fn shown(&mut self, expression: &'a Expression, cause: Cause) -> Arc<[Shown]> {
        let mut shown = BTreeMap::new();
        for mut reference in paths(expression) {
            // What follows may be what is wrong.
            loop {
                let (value, problems) = self.attempt(reference);
                if problems.is_empty() {
                    let statement = statement(&value, cause);
                    shown.extend(statement.map(|it| (squeezed(reference), it)));
                    break;
                }
                match &reference.kind {
                    ExpressionKind::Attribute(inside, _) | ExpressionKind::Index(inside, _) => {
                        reference = inside;
                    }
                    _ => break,
                }
            }
        }
        shown.into_iter().map(|(reference, statement)| Shown { reference, statement }).collect()
    }
}

/// The references in an expression, each with the attributes and constant keys after it.
pub fn paths(expression: &Expression) -> Vec<&Expression> {
    let mut found = Vec::new();
    collect(expression, &mut found);
    found
}

fn collect<'e>(expression: &'e Expression, found: &mut Vec<&'e Expression>) {
    if is_reference(expression) {
        found.push(expression);
    } else {
        expression.each_child(&mut |it| collect(it, found));
    }
}

fn is_reference(expression: &Expression) -> bool {
    match &expression.kind {
        ExpressionKind::Reference(_) => true,
        ExpressionKind::Attribute(inside, _) => is_reference(inside),
        ExpressionKind::Index(inside, key) => {
            matches!(key.kind, ExpressionKind::Literal(_)) && is_reference(inside)
        }
        _ => false,
    }
}

fn squeezed(expression: &Expression) -> String {
    expression.span.text().split_whitespace().collect()
}

/// What can be said of a value; nothing where it would only mislead. Of what is in a collection or an
/// object, nothing is told: it may be secret although the whole is not.
fn statement(value: &Value, cause: Cause) -> Option<String> {
    let marks = value.marks();
    let secret = cause == Cause::Confidential;
    if marks.contains(Marks::SENSITIVE) {
        return secret.then(|| "has a sensitive value".to_string());
    }
    if marks.contains(Marks::EPHEMERAL) {
        return secret.then(|| "has an ephemeral value".to_string());
    }
    match value.bare() {
        Value::Unknown(unknown) => not_known(unknown, cause),
        value => Some(format!("is {}", summary(value))),
    }
}

fn not_known(unknown: &Unknown, cause: Cause) -> Option<String> {
    let any = unknown.ty == crate::value::Type::Any;
    let ty = unknown.ty.friendly();
    match (cause == Cause::Unknown, any) {
        (true, true) => Some("will be known only after apply".into()),
        (false, true) => None,
        (false, false) => Some(format!("is a {ty}")),
        (true, false) => {
            let bounds = match (unknown.ty.element(), unknown.length_min, unknown.length_max) {
                (None, ..) | (_, 0, None) => String::new(),
                (_, least, Some(most)) if least == most => format!(" of length {least}"),
                (_, 0, Some(most)) => format!(" with up to {most} elements"),
                (_, least, Some(most)) => format!(" with between {least} and {most} elements"),
                (_, least, None) => format!(" with at least {least} elements"),
            };
            Some(format!("is a {ty}{bounds}, known only after apply"))
        }
    }
}

fn summary(value: &Value) -> String {
    let counted = |count: usize| match (count, value.ty().friendly()) {
        (0, ty) => format!("empty {ty}"),
        (1, ty) => format!("{ty} with 1 element"),
        (count, ty) => format!("{ty} with {count} elements"),
    };
    match value {
        Value::Null(_) => "null".to_string(),
        Value::Bool(it) => it.to_string(),
        Value::Number(it) => it.to_string(),
        Value::String(it) => quote(it),
        Value::Object(fields) => attributes(fields),
        value => {
            let items = value.items().map(<[Value]>::len);
            counted(items.or_else(|| value.fields().map(Fields::len)).unwrap_or_default())
        }
    }
}

fn attributes(fields: &Fields) -> String {
    match (fields.len(), fields.keys().next()) {
        (1, Some(name)) => format!("object with 1 attribute {}", quote(name)),
        (0, _) => "object with no attributes".to_string(),
        (count, _) => format!("object with {count} attributes"),
    }
}
