//! What can be said of a body without evaluating it.

use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::config::{Attribute, Block, Body, ExpressionKind};
use crate::language::suggest::did_you_mean;
use crate::schema::{Field, Schema, Shape, Syntax};
use crate::value::Value;

use super::block::{content, is_for, limits};
use super::place::header;

/// Reports arguments and blocks that the schema does not have or does not let the configuration give,
/// and those that it requires and the body lacks.
pub fn static_check(body: &Body, schema: &Schema) -> Diagnostics {
    let mut found = Diagnostics::new();
    check_body(body, schema, &mut found);
    found
}

fn check_body(body: &Body, schema: &Schema, found: &mut Diagnostics) {
    let native = super::native::native(body, schema);
    let body = &*native;
    for (name, attribute) in &body.attributes {
        check_argument(name, attribute, schema, found);
    }
    for block in &body.blocks {
        check_block(block, body, schema, found);
    }
    check_missing(body, schema, found);
}

/// The blocks that the language itself gives to what has an id.
const SHARED: [&str; 3] = ["connection", "lifecycle", "provisioner"];

fn unsupported(what: &str, detail: String, span: &Span) -> Diagnostic {
    Diagnostic::error(format!("Unsupported {what}"), detail).at(span)
}

fn check_argument(name: &str, attribute: &Attribute, schema: &Schema, found: &mut Diagnostics) {
    let place = &attribute.name_span;
    let Some(field) = schema.field(name) else {
        let fields = schema.fields.iter();
        let known = fields.filter(|it| it.syntax != Syntax::Block && !it.read_only);
        let detail = format!("An argument named `{name}` is not expected here.");
        let block = schema.field("id").is_some() && SHARED.contains(&name);
        let hint = match block {
            true => {
                format!("It is a nested block: write `{name} {{ … }}`, without the equals sign.")
            }
            false => did_you_mean(name, known.map(|it| it.name)),
        };
        return found.push(unsupported("argument", detail, place).hint(hint));
    };
    if field.syntax == Syntax::Block {
        let detail = format!("`{name}` is not an argument but a nested block.");
        let hint = format!("Write `{name} {{ … }}`, without the equals sign.");
        return found.push(unsupported("argument", detail, place).hint(hint));
    }
    let null = matches!(attribute.value.kind, ExpressionKind::Literal(Value::Null(_)));
    if field.read_only && !null {
        let detail = format!("`{name}` is decided by the provider and cannot be given.");
        let hint = "Remove it; its value can be referred to elsewhere.";
        found.push(unsupported("argument", detail, place).hint(hint));
    }
}

fn check_block(block: &Block, body: &Body, schema: &Schema, found: &mut Diagnostics) {
    if block.kind == "dynamic" && schema.field("dynamic").is_none() {
        return check_dynamic(block, body, schema, found);
    }
    let Some(field) = block_field(&block.kind, &block.span, schema, found) else { return };
    check_both_ways(field, body, &block.span, found);
    let wanted = usize::from(matches!(field.shape, Shape::Map(_)));
    if block.labels.len() != wanted {
        let place = block.labels.get(wanted).map_or(&block.span, |label| &label.1);
        found.push(label_problem(&block.kind, wanted, place));
    }
    if let Some(schema) = field.shape.block() {
        check_body(&block.body, schema, found);
    }
}

fn label_problem(kind: &str, wanted: usize, place: &Span) -> Diagnostic {
    let detail = match wanted {
        0 => format!("A `{kind}` block has no labels."),
        _ => format!("A `{kind}` block has one label, the key of the element."),
    };
    Diagnostic::error("Wrong number of labels", detail).at(place)
}

/// The field that blocks of the kind are for, if the configuration may write them.
fn block_field<'s>(
    kind: &str,
    place: &Span,
    schema: &'s Schema,
    found: &mut Diagnostics,
) -> Option<&'s Field> {
    let problem = match schema.field(kind) {
        Some(field) if field.syntax != Syntax::Attribute && !field.read_only => return Some(field),
        Some(field) if field.read_only => {
            let detail = format!("`{kind}` is decided by the provider and cannot be given.");
            unsupported("block type", detail, place)
        }
        Some(_) => {
            let detail = format!("`{kind}` is not a nested block but an argument.");
            let hint = format!("Write `{kind} = …`, with an equals sign.");
            unsupported("block type", detail, place).hint(hint)
        }
        None => {
            let fields = schema.fields.iter();
            let known = fields.filter(|it| it.syntax != Syntax::Attribute && !it.read_only);
            let detail = format!("Blocks of type `{kind}` are not expected here.");
            let own = known.map(|it| it.name);
            // Only what is a resource has an id; the language gives it blocks of its own.
            let shared = schema.field("id").map(|_| SHARED);
            let hint = did_you_mean(kind, own.chain(shared.into_iter().flatten()));
            unsupported("block type", detail, place).hint(hint)
        }
    };
    found.push(problem);
    None
}

fn check_both_ways(field: &Field, body: &Body, place: &Span, found: &mut Diagnostics) {
    if let Some(given) = body.attributes.get(field.name).filter(|_| field.syntax == Syntax::Either)
    {
        let name = field.name;
        let detail = format!("`{name}` is given both as an argument and as a block.");
        let problem = Diagnostic::error("Conflicting definitions", detail).at(place);
        found.extend([problem.see(&given.name_span, "the argument")]);
    }
}

fn check_dynamic(block: &Block, body: &Body, schema: &Schema, found: &mut Diagnostics) {
    let invalid = |detail: &str, place: &Span| {
        Diagnostic::error("Invalid dynamic block", detail.to_string()).at(place)
    };
    let Some((kind, place)) = block.labels.first() else {
        let detail = "A `dynamic` block needs a label: the type of the blocks that it makes.";
        return found.push(invalid(detail, &block.span));
    };
    let Some(field) = block_field(kind, place, schema, found) else { return };
    check_both_ways(field, body, place, found);
    if !block.body.attributes.contains_key("for_each") {
        found.push(invalid("A `dynamic` block needs `for_each`.", &block.span));
    }
    for (name, attribute) in &block.body.attributes {
        if !["for_each", "iterator", "labels"].contains(&name.as_str()) {
            let detail = format!("A `dynamic` block has no argument `{name}`.");
            let hint = "What belongs to the blocks that it makes stands in `content { … }`.";
            found.push(unsupported("argument", detail, &attribute.name_span).hint(hint));
        }
    }
    check_labels(block, field, found);
    check_content(block, field, found);
}

fn check_labels(block: &Block, field: &Field, found: &mut Diagnostics) {
    let wanted = usize::from(matches!(field.shape, Shape::Map(_)));
    let labels = block.body.attributes.get("labels").map(|it| &it.value);
    let (given, place) = match labels.map(|it| (&it.kind, &it.span)) {
        Some((ExpressionKind::Tuple(items), place)) => (items.len(), place),
        Some((_, place)) => {
            let detail = "`labels` must be a list in brackets.".to_string();
            return found.push(Diagnostic::error("Invalid dynamic block", detail).at(place));
        }
        None => (0, &block.span),
    };
    if given != wanted {
        found.push(label_problem(field.name, wanted, place));
    }
}

fn check_content(block: &Block, field: &Field, found: &mut Diagnostics) {
    let others = block.body.blocks.iter().filter(|it| it.kind != "content");
    for other in others {
        let detail = format!("A `dynamic` block has no blocks of type `{}`.", other.kind);
        let hint = "What belongs to the blocks that it makes stands in `content { … }`.";
        found.push(unsupported("block type", detail, &other.span).hint(hint));
    }
    let mut contents = block.body.blocks.iter().filter(|it| it.kind == "content");
    if let (Some(first), Some(second)) = (contents.next(), contents.next()) {
        let detail = "A `dynamic` block has only one `content` block.";
        let problem = Diagnostic::error("Invalid dynamic block", detail).at(&second.span);
        found.push(problem.see(&first.span, "the first one"));
    }
    match (content(block), field.shape.block()) {
        (Some(content), Some(schema)) => check_body(&content.body, schema, found),
        (None, _) => {
            let detail = "A `dynamic` block needs a `content` block: the body of what it makes.";
            found.push(Diagnostic::error("Invalid dynamic block", detail).at(&block.span));
        }
        _ => {}
    }
}

fn check_missing(body: &Body, schema: &Schema, found: &mut Diagnostics) {
    let written = |field: &Field| {
        let name = field.name;
        body.attributes.contains_key(name) || body.blocks.iter().any(|it| is_for(it, name))
    };
    let needed = |field: &&Field| match field.syntax {
        Syntax::Block => limits(field).0 > 0,
        _ => field.required,
    };
    let missing = schema.fields.iter().filter(needed).filter(|field| !written(field));
    let (blocks, arguments): (Vec<&Field>, Vec<&Field>) =
        missing.partition(|field| field.syntax == Syntax::Block);
    for (fields, what) in [(arguments, "argument"), (blocks, "block")] {
        let names: Vec<String> = fields.iter().map(|it| format!("`{}`", it.name)).collect();
        let (summary, detail) = match names.as_slice() {
            [] => continue,
            [name] => {
                (format!("Missing required {what}"), format!("The {what} {name} is required."))
            }
            [first @ .., last] => (
                format!("Missing required {what}s"),
                format!("The {what}s {} and {last} are required.", first.join(", ")),
            ),
        };
        found.push(Diagnostic::error(summary, detail).at(&header(body)));
    }
}
