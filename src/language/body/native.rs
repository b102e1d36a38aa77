//! Bodies that were written in JSON, in which only the schema tells blocks from arguments.

use std::borrow::Cow;

use indexmap::IndexMap;

use crate::diagnostic::Span;
use crate::language::config::{Attribute, Block, Body, Expression, ExpressionKind};
use crate::schema::{Schema, Shape, Syntax};
use crate::value::Value;

/// The body as it would be in the native syntax: what the schema has as blocks are blocks.
pub(super) fn native<'b>(body: &'b Body, schema: &Schema) -> Cow<'b, Body> {
    let is_json = body.span.source.path.extension().is_some_and(|it| it == "json");
    let is_block = |name: &str| {
        schema.field(name).is_some_and(|it| it.syntax != Syntax::Attribute && !it.read_only)
    };
    if !is_json || !body.attributes.keys().any(|name| is_block(name)) {
        return Cow::Borrowed(body);
    }
    let mut native = body.clone();
    for (name, attribute) in &body.attributes {
        let Some(field) = schema.field(name).filter(|_| is_block(name)) else { continue };
        let labelled = matches!(field.shape, Shape::Map(_));
        let blocks = blocks(name, attribute, labelled);
        // Where an argument may stand instead, an empty one says that there are none.
        let says_none = field.syntax == Syntax::Either && blocks.as_ref().is_none_or(Vec::is_empty);
        if let Some(blocks) = blocks.filter(|_| !says_none) {
            native.attributes.shift_remove(name);
            native.blocks.extend(blocks);
        }
    }
    Cow::Owned(native)
}

/// The blocks that a value stands for; nothing when it does not say so itself.
fn blocks(kind: &str, attribute: &Attribute, labelled: bool) -> Option<Vec<Block>> {
    let mut found = Vec::new();
    for item in objects(&attribute.value)? {
        if !labelled {
            found.push(block(kind, Vec::new(), item, &attribute.name_span)?);
            continue;
        }
        for (key, inner) in entries(item)? {
            let label = (text(key)?, key.span.clone());
            for one in objects(inner)? {
                found.push(block(kind, vec![label.clone()], one, &key.span)?);
            }
        }
    }
    Some(found)
}

fn block(kind: &str, labels: Vec<(String, Span)>, item: &Expression, span: &Span) -> Option<Block> {
    let mut attributes = IndexMap::new();
    for (key, value) in entries(item)? {
        let name = text(key)?;
        let attribute = Attribute { name_span: key.span.clone(), value: value.clone() };
        if name != "//" {
            attributes.insert(name, attribute);
        }
    }
    let body = Body { attributes, blocks: Vec::new(), span: item.span.clone() };
    Some(Block { kind: kind.to_string(), labels, body, span: span.clone() })
}

fn objects(value: &Expression) -> Option<Vec<&Expression>> {
    match &value.kind {
        ExpressionKind::Literal(Value::Null(_)) => Some(Vec::new()),
        ExpressionKind::Object(_) => Some(vec![value]),
        ExpressionKind::Tuple(items) => {
            let all: Option<Vec<Vec<&Expression>>> = items.iter().map(objects).collect();
            all.map(|it| it.into_iter().flatten().collect())
        }
        _ => None,
    }
}

fn entries(item: &Expression) -> Option<&[(Expression, Expression)]> {
    match &item.kind {
        ExpressionKind::Object(entries) => Some(entries),
        _ => None,
    }
}

fn text(key: &Expression) -> Option<String> {
    match &key.kind {
        ExpressionKind::Literal(value) => value.as_str().map(str::to_string),
        _ => None,
    }
}
