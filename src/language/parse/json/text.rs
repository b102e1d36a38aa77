//! Values of JSON to expressions: what strings mean depends on the argument.

use std::sync::Arc;

use hcl_edit::parser::Error;

use super::reader::{Item, Kind};
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::language::config::{Expression, ExpressionKind};
use crate::language::parse::lower::Lower;
use crate::language::parse::template::Flavour;
use crate::language::parse::words::Words;
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
        let words = Words::of(text, &span);
        let mut lower = Lower { words: words.as_ref(), ..Lower::new(&span.source, 0) };
        lower.start = if words.is_some() { 0 } else { span.range.start + 1 };
        lower.bound = bound.to_vec();
        let parsed = match self {
            Strings::Expressions { raw, live_keys } => {
                (lower.raw, lower.live_keys) = (raw, live_keys);
                parse_expression(text, &mut lower)
            }
            _ => parse_template(text, &mut lower),
        };
        diagnostics.extend(lower.diagnostics);
        let parsed = parsed
            .map_err(|error| diagnostics.push(explained(&error, text, &span, words.as_ref())));
        parsed.unwrap_or_else(|()| {
            let kind = ExpressionKind::Literal(Value::unknown(Type::Any));
            Expression { kind, span }
        })
    }
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

/// What is wrong inside a string: explained as for a text of its own, and shown where it is written.
fn explained(error: &Error, text: &str, span: &Span, words: Option<&Words<'_>>) -> Diagnostic {
    let own = Arc::new(Source { path: span.source.path.clone(), text: text.to_string() });
    let problem = syntax::explain(&own, 0, error);
    let place = |at: usize| words.map_or(span.range.start + 1 + at, |it| it.place(at));
    let range = problem.span.as_ref().map_or(0..text.len(), |it| it.range.clone());
    let range = place(range.start)..place(range.end);
    let problem = problem.at(&Span { source: span.source.clone(), range });
    Diagnostic { others: Vec::new(), ..problem }
}
