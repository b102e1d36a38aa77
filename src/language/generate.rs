//! Values to configuration: the `resource` block of an object that exists, as it is usually written.

use crate::address::{ResourceName, quote};
use crate::language::config::ProviderName;
use crate::language::format::lay_out;
use crate::language::module::is_name;
use crate::schema::{Field, Schema, Shape, Syntax};
use crate::value::json::from_json;
use crate::value::render::is_printable;
use crate::value::{Fields, Marks, Value};

/// The `resource` block of an object: all that can be given, null where nothing is, and null in place
/// of secrets.
pub fn resource_block(
    name: &ResourceName,
    provider: Option<&ProviderName>,
    schema: &Schema,
    object: &Value,
) -> String {
    let provider = provider.map(|it| Line::argument("provider", &it.to_string()));
    let mut lines: Vec<Line> = provider.into_iter().collect();
    lines.extend(body(schema, object));
    let header = format!("resource {} {}", quote(&name.kind), quote(&name.name));
    lay_out(&format!("{header} {{\n{}}}\n", text_of(&lines)))
}

/// An argument or a nested block.
enum Line {
    Argument { name: String, value: String, comment: &'static str },
    Block { header: String, body: Vec<Line> },
}

impl Line {
    fn argument(name: &str, value: &str) -> Line {
        Line::Argument { name: name.to_string(), value: value.to_string(), comment: "" }
    }
}

/// The arguments by name, then the blocks by name.
fn body(schema: &Schema, object: &Value) -> Vec<Line> {
    let mut fields: Vec<&Field> = schema.fields.iter().filter(|it| !it.read_only).collect();
    fields.retain(|it| it.unsupported.is_none());
    fields.sort_by_key(|it| it.name);
    let (blocks, arguments): (Vec<&Field>, Vec<&Field>) =
        fields.into_iter().partition(|it| it.syntax == Syntax::Block);
    let arguments = arguments.into_iter().map(|it| argument(it, &object.get(it.name)));
    let blocks = blocks.into_iter().flat_map(|it| nested(it, &object.get(it.name)));
    arguments.chain(blocks).collect()
}

fn argument(field: &Field, value: &Value) -> Line {
    let secret = field.sensitive || value.marks_deep().contains(Marks::SENSITIVE);
    // Of what may be left out, nothing and zero are the same.
    let zero = value.as_str().is_some_and(str::is_empty) || *value == Value::number(0_i64);
    let empty = !field.required && field.default.is_none() && zero;
    let (value, comment) = if secret {
        ("null".to_string(), " # sensitive")
    } else if empty || !value.is_wholly_known() {
        ("null".to_string(), "")
    } else {
        (written(&given(&field.shape, value)), "")
    };
    Line::Argument { name: field.name.to_string(), value, comment }
}

/// A value without what its fields do not let be given.
fn given(shape: &Shape, value: &Value) -> Value {
    let all =
        |shape: &Shape, items: &[Value]| Value::tuple(items.iter().map(|it| given(shape, it)));
    match (shape, value.bare()) {
        (Shape::Object(schema), Value::Object(_)) => {
            let fields = schema.fields.iter().filter(|it| !it.read_only);
            let one = |field: &Field| (field.name, given(&field.shape, &value.get(field.name)));
            Value::object(fields.map(one).collect::<Vec<_>>())
        }
        (Shape::List(item) | Shape::Set(item), Value::List(_, items) | Value::Set(_, items)) => {
            all(item, items)
        }
        _ => value.clone(),
    }
}

fn nested(field: &Field, value: &Value) -> Vec<Line> {
    let Some(schema) = field.shape.block() else { return Vec::new() };
    let block = |header: String, value: &Value| Line::Block { header, body: body(schema, value) };
    let name = || field.name.to_string();
    match value.bare() {
        Value::Object(_) => vec![block(name(), value)],
        Value::List(_, items) | Value::Set(_, items) => {
            items.iter().map(|it| block(name(), it)).collect()
        }
        Value::Map(_, fields) => {
            let one =
                |(key, it): (&String, &Value)| block(format!("{} {}", field.name, quote(key)), it);
            fields.iter().map(one).collect()
        }
        _ => Vec::new(),
    }
}

/// The lines of a body, still to be put into the canonical form.
fn text_of(lines: &[Line]) -> String {
    let one = |line: &Line| match line {
        Line::Argument { name, value, comment } => format!("{name} = {value}{comment}\n"),
        Line::Block { header, body } => format!("{header} {{\n{}}}\n", text_of(body)),
    };
    lines.iter().map(one).collect()
}

/// A value as the language writes it, texts that are JSON documents as what encodes them.
fn written(value: &Value) -> String {
    expression(value, &|text| document(text).unwrap_or_else(|| quoted(text)))
}

/// An expression that gives a known value.
pub fn value_expression(value: &Value) -> String {
    lay_out(&raw_expression(value))
}

fn raw_expression(value: &Value) -> String {
    expression(value, &quoted)
}

/// A text in quotes, in which what cannot be seen is escaped.
fn quoted(text: &str) -> String {
    let escaped = |it: char| match u32::from(it) {
        _ if is_printable(it) => it.to_string(),
        code @ ..0x10000 => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    };
    quote(text).chars().map(escaped).collect()
}

/// A file of variable values: an argument for each attribute.
pub fn values_file(fields: &Fields) -> String {
    let line = |(name, it): (&String, &Value)| Line::argument(name, &raw_expression(it));
    lay_out(&text_of(&fields.iter().map(line).collect::<Vec<_>>()))
}

/// A value as the language writes it, given how it writes texts.
fn expression(value: &Value, text: &dyn Fn(&str) -> String) -> String {
    match value.bare() {
        Value::Bool(it) => it.to_string(),
        Value::Number(it) => it.to_string(),
        Value::String(it) => text(it),
        Value::List(_, items) | Value::Set(_, items) | Value::Tuple(items) => {
            let items: Vec<String> = items.iter().map(|it| expression(it, text)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(_, fields) | Value::Object(fields) => object(fields, text),
        Value::Null(_) | Value::Unknown(_) | Value::Marked(..) => "null".to_string(),
    }
}

/// A JSON document as what encodes it.
fn document(text: &str) -> Option<String> {
    let text = text.trim();
    let json: serde_json::Value = match text.starts_with(['{', '[']) {
        true => serde_json::from_str(text).ok()?,
        false => return None,
    };
    Some(format!("jsonencode({})", written(&from_json(&json))))
}

fn object(fields: &Fields, text: &dyn Fn(&str) -> String) -> String {
    if fields.is_empty() {
        return "{}".to_string();
    }
    let name = |name: &str| if is_name(name) { name.to_string() } else { quoted(name) };
    let line = |(key, it): (&String, &Value)| Line::argument(&name(key), &expression(it, text));
    let lines: Vec<Line> = fields.iter().map(line).collect();
    format!("{{\n{}}}", text_of(&lines))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Mode;
    use crate::schema::Field;
    use crate::value::Type;

    #[test]
    fn an_object_is_written_as_it_is_formatted() {
        let schema = Schema {
            doc: "",
            version: 0,
            fields: vec![
                Field::new::<Option<String>>("zone"),
                Field::new::<Option<String>>("id").read_only::<Option<String>>(),
                Field::new::<Option<String>>("policy"),
                Field::new::<std::collections::BTreeMap<String, String>>("tags"),
                Field::new::<Option<bool>>("enabled"),
                Field { sensitive: true, ..Field::new::<Option<String>>("password") },
            ],
        };
        let object = Value::object([
            ("zone", Value::string("a")),
            ("id", Value::string("b")),
            ("policy", Value::string("{\"a\":[{\"b\":1}]}")),
            ("tags", Value::map(Type::String, [("a b", Value::string("${x}"))])),
            ("enabled", Value::NULL),
            ("password", Value::string("secret")),
        ]);
        let name = ResourceName { mode: Mode::Managed, kind: "a_b".into(), name: "c".into() };
        let text = resource_block(&name, None, &schema, &object);
        let expected = r#"resource "a_b" "c" {
  enabled  = null
  password = null # sensitive
  policy = jsonencode({
    a = [{
      b = 1
    }]
  })
  tags = {
    "a b" = "$${x}"
  }
  zone = "a"
}
"#;
        assert_eq!(text, expected);
    }
}
