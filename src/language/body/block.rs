//! Nested blocks, `dynamic` ones included.

use crate::diagnostic::{Diagnostic, Span};
use crate::language::config::{Block, Body, Expression, ExpressionKind, Reference};
use crate::language::evaluate::{elements, evaluate_with};
use crate::schema::{Field, Schema, Shape};
use crate::value::{Marks, Step, Type, Unknown, Value, convert};

use super::Decoder;
use super::place::find;

/// The most blocks that the `dynamic` blocks of one body make: more is a mistake, and would use up
/// the memory.
const MOST_BLOCKS: usize = 100_000;

/// The blocks of one field.
#[derive(Default)]
struct Blocks<'b> {
    /// The objects that they say, with their labels and the blocks that say them.
    items: Vec<(Value, String, &'b Block)>,
    /// Whether there may be more that are not known yet.
    open: bool,
    /// The marks of what is not known.
    marks: Marks,
}

impl<'b> Blocks<'b> {
    /// The block that a path leads into, and the rest of the path.
    fn at<'p>(&self, shape: &Shape, path: &'p [Step]) -> Option<(&'b Block, &'p [Step])> {
        let found = match (shape, path.split_first()) {
            (Shape::Object(_), _) => return self.items.first().map(|it| (it.2, path)),
            (Shape::List(_), Some((Step::Index(at), _))) => self.items.get(*at),
            (Shape::Map(_), Some((Step::Key(key), _))) => self.items.iter().find(|it| it.1 == *key),
            (Shape::Set(item), Some((Step::Index(at), _))) => {
                let set = Value::set(item.ty(), self.items.iter().map(|it| it.0.clone()));
                let element = set.items()?.get(*at)?.clone();
                self.items.iter().find(|it| it.0.unmark_deep().0 == element)
            }
            _ => None,
        };
        Some((found?.2, path.get(1..)?))
    }
}

/// Whether the block says something of the field `name`.
pub(super) fn is_for(block: &Block, name: &str) -> bool {
    block.kind == name || dynamic_kind(block) == Some(name)
}

/// What blocks a `dynamic` block makes.
pub(super) fn dynamic_kind(block: &Block) -> Option<&str> {
    let (kind, _) = block.labels.first().filter(|_| block.kind == "dynamic")?;
    Some(kind)
}

/// The name that the iterator of a `dynamic` block has.
fn iterator_name(block: &Block) -> String {
    let named = block.body.attributes.get("iterator").and_then(|it| match &it.value.kind {
        ExpressionKind::Reference(Reference::Bound(name)) => Some(name.clone()),
        _ => None,
    });
    named.or_else(|| dynamic_kind(block).map(str::to_string)).unwrap_or_default()
}

/// The `content` of a `dynamic` block.
pub(super) fn content(block: &Block) -> Option<&Block> {
    block.body.blocks.iter().find(|it| it.kind == "content")
}

impl Decoder<'_> {
    pub(super) fn blocks(&mut self, body: &Body, field: &Field) -> Value {
        let Some(schema) = field.shape.block() else { return field.absent() };
        if field.read_only || !body.blocks.iter().any(|it| is_for(it, field.name)) {
            return field.absent();
        }
        let blocks = self.written(body, field, schema);
        self.count(field, &blocks);
        self.discouraged_blocks(field, &blocks);
        assemble(field, blocks)
    }

    /// The blocks that the body has for a field.
    fn written<'b>(&mut self, body: &'b Body, field: &Field, schema: &Schema) -> Blocks<'b> {
        let mut blocks = Blocks::default();
        for block in body.blocks.iter().filter(|it| is_for(it, field.name)) {
            if block.kind == field.name {
                let value = self.body(&block.body, schema);
                let label = block.labels.first().map(|it| it.0.clone()).unwrap_or_default();
                blocks.items.push((value, label, block));
            } else {
                self.dynamic(block, schema, &mut blocks);
            }
        }
        blocks
    }

    /// The place of what is at `path` in the object decoded from the body. The blocks of a set are
    /// told apart by what they say, since a set has an order of its own.
    pub(super) fn locate(&mut self, body: &Body, schema: &Schema, path: &[Step]) -> Option<Span> {
        let (Step::Attribute(name) | Step::Key(name), rest) = path.split_first()? else {
            return None;
        };
        if body.attributes.contains_key(name) {
            return None;
        }
        let field = schema.field(name)?;
        let inner = field.shape.block()?;
        let blocks = self.written(body, field, inner);
        let (block, deeper) = blocks.at(&field.shape, rest)?;
        let body = match block.kind == *name {
            true => &block.body,
            false => &content(block)?.body,
        };
        let found = self.locate(body, inner, deeper).or_else(|| find(body, deeper));
        Some(found.unwrap_or_else(|| block.span.clone()))
    }

    /// The blocks that a `dynamic` block makes.
    fn dynamic<'b>(&mut self, block: &'b Block, schema: &Schema, blocks: &mut Blocks<'b>) {
        let attribute = |name: &str| block.body.attributes.get(name).map(|it| &it.value);
        let (Some(for_each), Some(content)) = (attribute("for_each"), content(block)) else {
            return;
        };
        let (value, problems) = evaluate_with(for_each, self.scope, &self.bound);
        let failed = problems.has_errors();
        self.diagnostics.extend(problems);
        if failed || !self.iterable(&value, &for_each.span) {
            blocks.open = true;
            return;
        }
        let marks = value.marks();
        let name = iterator_name(block);
        let each = |me: &mut Self, key: Value, value: Value| {
            me.bound.push((name.clone(), Value::object([("key", key), ("value", value)])));
            let label = attribute("labels").and_then(|labels| me.label(labels));
            let value = me.body(&content.body, schema).mark(marks);
            me.bound.pop();
            (value, label.unwrap_or_default())
        };
        match elements(&value) {
            Some(elements) => {
                for (key, value) in elements {
                    if !self.makes_another(&for_each.span) {
                        blocks.open = true;
                        return;
                    }
                    let (value, label) = each(self, key, value);
                    blocks.items.push((value, label, block));
                }
            }
            None => {
                // evaluated once for its errors
                let anything = || Value::unknown(Type::Any);
                each(self, anything(), anything());
                blocks.open = true;
                blocks.marks = blocks.marks.union(marks);
            }
        }
    }

    /// Whether a `dynamic` block may make another block. If not, that is reported.
    fn makes_another(&mut self, span: &Span) -> bool {
        self.made += 1;
        if self.made > MOST_BLOCKS {
            let detail = format!("More than {MOST_BLOCKS} blocks would be made.");
            self.report(Diagnostic::error("Too many dynamic blocks", detail).at(span));
        }
        self.made <= MOST_BLOCKS
    }

    /// Whether blocks can be made of the value, perhaps once it is known.
    fn iterable(&mut self, value: &Value, span: &Span) -> bool {
        let ty = value.ty();
        let problem = if value.is_null() {
            "null".to_string()
        } else if ty.is_primitive() {
            format!("a {}", ty.friendly())
        } else {
            return true;
        };
        let detail =
            format!("`for_each` must be a list, set, map, tuple or object, not {problem}.");
        self.report(Diagnostic::error("Invalid dynamic for_each value", detail).at(span));
        false
    }

    fn label(&mut self, labels: &Expression) -> Option<String> {
        let ExpressionKind::Tuple(items) = &labels.kind else { return None };
        let expression = items.first()?;
        let (value, problems) = evaluate_with(expression, self.scope, &self.bound);
        let failed = problems.has_errors();
        self.diagnostics.extend(problems);
        let problem = match convert(&value, &Type::String) {
            Ok(Value::String(label)) => return Some(label.to_string()),
            _ if failed => return None,
            Ok(Value::Null(_)) => "it is null".to_string(),
            Ok(Value::Marked(..)) => "it is sensitive or ephemeral".to_string(),
            Ok(_) => "it is not known before apply".to_string(),
            Err(error) => error.to_string(),
        };
        let detail = format!("This value cannot be the label of a block: {problem}.");
        let problem = Diagnostic::error("Invalid dynamic block label", detail);
        self.report(problem.at(&expression.span));
        None
    }

    fn count(&mut self, field: &Field, blocks: &Blocks<'_>) {
        let (name, count) = (field.name, blocks.items.len());
        let (least, most) = limits(field);
        if let Some(most) = most.filter(|most| count > *most) {
            let place = blocks.items.get(most).map(|it| &it.2.span);
            let detail =
                format!("There can be at most {}, but there are {count}.", times(most, name));
            let problem = Diagnostic::error(format!("Too many `{name}` blocks"), detail);
            let problem = place.map_or(problem.clone(), |place| problem.at(place));
            let first = blocks.items.first().map(|it| &it.2.span).filter(|it| place != Some(it));
            self.report(match first {
                Some(first) => problem.see(first, "the first one"),
                None => problem,
            });
        }
        // that there is none at all is found without evaluating, unless a dynamic block makes none
        if count < least && !blocks.open {
            let place = blocks.items.first().map(|it| &it.2.span);
            let detail =
                format!("There must be at least {}, but there are {count}.", times(least, name));
            let problem = Diagnostic::error(format!("Not enough `{name}` blocks"), detail);
            self.report(place.map_or(problem.clone(), |place| problem.at(place)));
        }
    }

    /// What is to be said of blocks because they are there at all.
    fn discouraged_blocks(&mut self, field: &Field, blocks: &Blocks<'_>) {
        let Some(place) = blocks.items.first().map(|it| &it.2.span) else { return };
        if let Some(why) = field.unsupported {
            let detail = format!("`{}` blocks are not supported yet: {why}.", field.name);
            self.report(Diagnostic::error("Unsupported block type", detail).at(place));
        }
        if let Some(why) = field.deprecated {
            let detail = format!("`{}` blocks are deprecated: {why}.", field.name);
            self.report(Diagnostic::warning("Deprecated block type", detail).at(place));
        }
    }
}

/// The fewest and most blocks of the field.
pub(super) fn limits(field: &Field) -> (usize, Option<usize>) {
    let least = field.items.0.max(usize::from(field.required));
    match field.shape {
        Shape::Object(_) => (least, Some(1)),
        _ => (least, field.items.1),
    }
}

fn times(count: usize, name: &str) -> String {
    if count == 1 { format!("one `{name}` block") } else { format!("{count} `{name}` blocks") }
}

fn assemble(field: &Field, blocks: Blocks<'_>) -> Value {
    let count = blocks.items.len();
    if blocks.open {
        let ty = field.shape.ty();
        let set = matches!(field.shape, Shape::Set(_));
        let collection = ty.element().is_some();
        let unknown = Unknown {
            not_null: collection,
            prefix: String::new(),
            length_min: if set { count.min(1) } else { count },
            length_max: field.items.1.filter(|_| collection),
            ty,
        };
        return Value::Unknown(unknown.into()).mark(blocks.marks);
    }
    if count == 0 {
        return field.absent();
    }
    let mut items = blocks.items.into_iter();
    match &field.shape {
        Shape::List(item) => Value::list(item.ty(), items.map(|it| it.0)),
        Shape::Set(item) => Value::set(item.ty(), items.map(|it| it.0)),
        Shape::Map(item) => Value::map(item.ty(), items.map(|(value, label, _)| (label, value))),
        _ => items.next().map_or_else(|| field.absent(), |it| it.0),
    }
}
