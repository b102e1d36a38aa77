//! Values of JSON to expressions: what strings mean depends on the argument.

use std::sync::Arc;

use hcl_edit::parser::Error;

use super::reader::{Item, Kind};
use crate::diagnostic::{Diagnostics, Source, Span};
use crate::language::config::{Expression, ExpressionKind};
use crate::language::parse::lower::Lower;
use crate::language::parse::template::Flavour;
use crate::language::parse::{retried, syntax};
use crate::value::{Number, Type, Value};

/// What strings in the value of an argument are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strings {
    /// Templates.
    Templates,
    /// Text as it is.
    Literal,
    /// Expressions; in raw ones names are taken as they are written.
    Expressions { raw: bool, live_keys: bool },
}

impl Strings {
    pub(super) fn of(within: &str, name: &str) -> Strings {
        let (raw, live_keys) = match (within, name) {
            ("resource" | "data" | "module" | "output" | "ephemeral", "depends_on")
            | ("lifecycle", "replace_triggered_by") => (false, false),
            ("variable", "type")
            | ("dynamic", "iterator")
            | ("language", "edition" | "experiments")
            | ("lifecycle", "ignore_changes")
            | ("moved", "from" | "to")
            | ("removed", "from")
            | ("run", "command" | "expect_failures")
            | ("plan_options", _)
            | ("override_resource" | "override_data" | "override_module", "target") => {
                (true, false)
            }
            ("import", "to" | "provider") => (true, true),
            ("resource" | "data" | "ephemeral", "provider") => (true, true),
            ("module", "providers") => (true, true),
            ("provisioner", "when" | "on_failure") => (true, false),
            ("variable", "description" | "default")
            | ("run", "providers")
            | ("provider_meta" | "required_providers", _) => return Strings::Literal,
            _ => return Strings::Templates,
        };
        Strings::Expressions { raw, live_keys }
    }

    /// The expression that a value stands for.
    pub(super) fn expression(
        self,
        source: &Arc<Source>,
        item: &Item,
        bound: &[String],
        diagnostics: &mut Diagnostics,
    ) -> Expression {
        let span = Span { source: source.clone(), range: item.range.clone() };
        let literal = |value| ExpressionKind::Literal(value);
        let kind = match &item.kind {
            Kind::Null => literal(Value::NULL),
            Kind::Bool(it) => literal(Value::Bool(*it)),
            Kind::Number(text) => match text.parse::<Number>() {
                Ok(number) => literal(Value::Number(number)),
                Err(_) => literal(Value::unknown(Type::Number)),
            },
            Kind::String(text) => return self.string(text, span, bound, diagnostics),
            Kind::Array(items) => {
                let items = items.iter().map(|it| self.expression(source, it, bound, diagnostics));
                ExpressionKind::Tuple(items.collect())
            }
            Kind::Object(entries) => {
                let entries = entries.iter().map(|(name, place, value)| {
                    let span = Span { source: source.clone(), range: place.clone() };
                    let names = match self {
                        Strings::Templates => self,
                        _ => Strings::Literal,
                    };
                    let name = names.string(name, span, bound, diagnostics);
                    (name, self.expression(source, value, bound, diagnostics))
                });
                ExpressionKind::Object(entries.collect())
            }
        };
        Expression { kind, span }
    }

    fn string(
        self,
        text: &str,
        span: Span,
        bound: &[String],
        diagnostics: &mut Diagnostics,
    ) -> Expression {
        let template = text.contains("${") || text.contains("%{");
        let plain = self == Strings::Literal || (self == Strings::Templates && !template);
        if plain {
            let kind = ExpressionKind::Literal(Value::string(text));
            return Expression { kind, span };
        }
        let source = same_places(text, &span);
        let start = span.range.start + 1;
        let mut lower = Lower::new(&source, 0);
        (lower.start, lower.bound) = (start, bound.to_vec());
        let parsed = match self {
            Strings::Expressions { raw, live_keys } => {
                (lower.raw, lower.live_keys) = (raw, live_keys);
                parse_expression(text, &mut lower)
            }
            _ => parse_template(text, &mut lower),
        };
        diagnostics.extend(lower.diagnostics);
        let parsed =
            parsed.map_err(|error| diagnostics.push(explained(&error, text, &source, start)));
        parsed.unwrap_or_else(|()| {
            let kind = ExpressionKind::Literal(Value::unknown(Type::Any));
            Expression { kind, span }
        })
    }
}

/// The file with a string in it as it is without escapes, so that places in it are as in the file:
/// blanks make up for what is shorter. A string without escapes needs no other file.
fn same_places(text: &str, span: &Span) -> Arc<Source> {
    let written = span.range.start + 1..span.range.end.saturating_sub(1);
    let file = &span.source.text;
    if file.get(written.clone()) == Some(text) {
        return span.source.clone();
    }
    let (before, after) = (file.get(..written.start), file.get(written.end..));
    let blanks = " ".repeat(written.len().saturating_sub(text.len()));
    let text = format!("{}{text}{blanks}{}", before.unwrap_or_default(), after.unwrap_or_default());
    Arc::new(Source { path: span.source.path.clone(), text })
}

fn parse_template(text: &str, lower: &mut Lower<'_>) -> Result<Expression, Error> {
    let parsed = hcl_edit::parser::parse_template(text)?;
    let whole = lower.span(Some(0..text.len()));
    Ok(lower.template(&parsed, Flavour::Bare, whole))
}

fn parse_expression(text: &str, lower: &mut Lower<'_>) -> Result<Expression, Error> {
    let parsed = retried(text, hcl_edit::parser::parse_expr)?;
    Ok(lower.expression(&parsed))
}

/// What is wrong inside a string: explained as for a text of its own, and shown at the string.
fn explained(
    error: &Error,
    text: &str,
    source: &Arc<Source>,
    start: usize,
) -> crate::diagnostic::Diagnostic {
    let own = Arc::new(Source { path: source.path.clone(), text: text.to_string() });
    let span = Span { source: source.clone(), range: start..start + text.len() };
    syntax::explain(&own, 0, error).at(&span)
}
