//! Values as text: as the language writes them, secrets and unknowns told apart.

use crate::address::quote;
use crate::value::{Fields, Marks, Value};

/// A value in the syntax of the language, indented by `indent` spaces after the first line.
pub(super) fn render(value: &Value, indent: usize) -> String {
    if value.marks().contains(Marks::SENSITIVE) {
        return "(sensitive value)".to_string();
    }
    match value.bare() {
        Value::Unknown(_) => "(known after apply)".to_string(),
        Value::Null(_) => "null".to_string(),
        Value::Bool(it) => it.to_string(),
        Value::Number(it) => it.digits(),
        Value::String(it) => string(it, indent),
        Value::List(_, items) | Value::Set(_, items) | Value::Tuple(items) => list(items, indent),
        Value::Map(_, fields) => object(fields, indent, true),
        Value::Object(fields) => object(fields, indent, false),
        Value::Marked(_, inner) => render(inner, indent),
    }
}

/// Text of several lines is written as a heredoc.
fn string(text: &str, indent: usize) -> String {
    if !text.trim_end_matches('\n').contains('\n') {
        return quote(text);
    }
    let pad = " ".repeat(indent);
    let lines: Vec<String> = text.lines().map(|line| format!("{pad}    {line}")).collect();
    format!("<<-EOT\n{}\n{pad}EOT", lines.join("\n"))
}

fn list(items: &[Value], indent: usize) -> String {
    if items.is_empty() {
        return "[]".to_string();
    }
    let pad = " ".repeat(indent);
    let lines: Vec<String> =
        items.iter().map(|it| format!("{pad}    {},", render(it, indent + 4))).collect();
    format!("[\n{}\n{pad}]", lines.join("\n"))
}

fn object(fields: &Fields, indent: usize, quoted: bool) -> String {
    if fields.is_empty() {
        return "{}".to_string();
    }
    let name = |name: &String| match quoted || !plain(name) {
        true => quote(name),
        false => name.clone(),
    };
    let width = fields.keys().map(|it| name(it).chars().count()).max().unwrap_or(0);
    let pad = " ".repeat(indent);
    let lines: Vec<String> = fields
        .iter()
        .map(|(key, it)| format!("{pad}    {:width$} = {}", name(key), render(it, indent + 4)))
        .collect();
    format!("{{\n{}\n{pad}}}", lines.join("\n"))
}

/// Whether a name needs no quotes.
pub(super) fn plain(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|it| it.is_alphabetic() || it == '_')
        && letters.all(|it| it.is_alphanumeric() || it == '_' || it == '-')
}
