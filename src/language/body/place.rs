//! Where in the text something inside a decoded value was written.

use crate::diagnostic::Span;
use crate::language::config::{Block, Body, Expression, ExpressionKind};
use crate::value::{Path, Step, Value};

use super::block::{content, is_for};

/// Where the body says what is at `path` in the object decoded from it: as near as can be said, at
/// worst the header of the body.
pub fn span_of(body: &Body, path: &Path) -> Span {
    find(body, path.steps()).unwrap_or_else(|| header(body))
}

/// The first line of a body, up to its opening brace.
pub(super) fn header(body: &Body) -> Span {
    let text = body.span.text();
    let line = text.split(['{', '\n']).next().unwrap_or_default().trim_end();
    let start = body.span.range.start;
    Span { source: body.span.source.clone(), range: start..start + line.len() }
}

/// Where a body says what is at a path.
pub(super) fn find(body: &Body, path: &[Step]) -> Option<Span> {
    let (Step::Attribute(name) | Step::Key(name), rest) = path.split_first()? else { return None };
    if let Some(attribute) = body.attributes.get(name) {
        return Some(span_in(&attribute.value, rest));
    }
    let blocks: Vec<&Block> = body.blocks.iter().filter(|it| is_for(it, name)).collect();
    let first = blocks.first()?;
    let dynamic = blocks.iter().any(|it| it.kind == "dynamic" && name != "dynamic");
    let (block, rest) = match rest.split_first() {
        Some((Step::Index(at), rest)) if blocks.len() > 1 && !dynamic => (*blocks.get(*at)?, rest),
        Some((Step::Key(key), rest)) if blocks.len() > 1 && !dynamic => {
            let labelled = |it: &&&Block| it.labels.first().is_some_and(|label| label.0 == *key);
            (*blocks.iter().find(labelled)?, rest)
        }
        Some((Step::Index(_) | Step::Key(_), rest)) if blocks.len() == 1 => (*first, rest),
        Some((Step::Attribute(_), _)) if blocks.len() == 1 => (*first, rest),
        _ => return Some(first.span.clone()),
    };
    let body = if block.kind == "dynamic" { &content(block)?.body } else { &block.body };
    Some(find(body, rest).unwrap_or_else(|| block.span.clone()))
}

/// Where an expression says what is at `path` in its value: as near as can be said without
/// evaluating it.
pub(super) fn span_in(expression: &Expression, path: &[Step]) -> Span {
    let inside = path.split_first().and_then(|(step, rest)| {
        let child = child(expression, step)?;
        Some(span_in(child, rest))
    });
    inside.unwrap_or_else(|| expression.span.clone())
}

fn child<'e>(expression: &'e Expression, step: &Step) -> Option<&'e Expression> {
    match (&expression.kind, step) {
        (ExpressionKind::Parentheses(inside), _) => child(inside, step),
        (ExpressionKind::Tuple(items), Step::Index(at)) => items.get(*at),
        (ExpressionKind::Object(entries), Step::Attribute(name) | Step::Key(name)) => {
            let named = |key: &Expression| matches!(&key.kind, ExpressionKind::Literal(Value::String(it)) if **it == **name);
            entries.iter().find(|(key, _)| named(key)).map(|(_, value)| value)
        }
        _ => None,
    }
}
