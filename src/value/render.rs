//! Values as the console shows them: like the expressions that would make them.

use super::{Fields, Marks, Type, Value};

/// The value as the console shows it. Sensitive and ephemeral values are not shown.
pub fn render(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out
}

fn write(value: &Value, indent: usize, out: &mut String) {
    let marks = value.marks();
    match value.bare() {
        Value::Unknown(_) => out.push_str("(known after apply)"),
        _ if marks.contains(Marks::SENSITIVE) => out.push_str("(sensitive value)"),
        _ if marks.contains(Marks::EPHEMERAL) => out.push_str("(ephemeral value)"),
        Value::Null(ty) => out.push_str(&null(ty)),
        Value::Bool(it) => out.push_str(if *it { "true" } else { "false" }),
        Value::Number(it) => out.push_str(&it.to_string()),
        Value::String(text) if text.contains('\n') => heredoc(text, indent, out),
        Value::String(text) => quote(text, out),
        Value::List(_, items) => wrapped("tolist", out, |out| sequence(items, indent, out)),
        Value::Set(_, items) => wrapped("toset", out, |out| sequence(items, indent, out)),
        Value::Map(_, fields) => wrapped("tomap", out, |out| mapping(fields, indent, out)),
        Value::Tuple(items) => sequence(items, indent, out),
        Value::Object(fields) => mapping(fields, indent, out),
        Value::Marked(_, inner) => write(inner, indent, out),
    }
}

fn null(ty: &Type) -> String {
    let item = |ty: &Type| match ty {
        Type::Any => "dynamic".to_string(),
        other => other.friendly(),
    };
    match ty {
        Type::Any => "null".to_string(),
        Type::Bool | Type::Number | Type::String => format!("to{ty}(null)"),
        Type::List(of) => format!("tolist(null) /* of {} */", item(of)),
        Type::Set(of) => format!("toset(null) /* of {} */", item(of)),
        Type::Map(of) => format!("tomap(null) /* of {} */", item(of)),
        other => format!("null /* {} */", other.friendly()),
    }
}

fn wrapped(function: &str, out: &mut String, inside: impl FnOnce(&mut String)) {
    out.push_str(function);
    out.push('(');
    inside(out);
    out.push(')');
}

fn line(indent: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

fn sequence(items: &[Value], indent: usize, out: &mut String) {
    out.push('[');
    for item in items {
        line(indent + 2, out);
        write(item, indent + 2, out);
        out.push(',');
    }
    if !items.is_empty() {
        line(indent, out);
    }
    out.push(']');
}

fn mapping(fields: &Fields, indent: usize, out: &mut String) {
    out.push('{');
    for (key, item) in fields {
        line(indent + 2, out);
        write(&Value::from(key.as_str()), indent + 2, out);
        out.push_str(" = ");
        write(item, indent + 2, out);
    }
    if !fields.is_empty() {
        line(indent, out);
    }
    out.push('}');
}

/// A string in quotes, with the escapes that OpenTofu shows, which are those of Go.
pub(super) fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..' ' | '\u{7f}' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if is_printable(c) => out.push(c),
            c if u32::from(c) < 0x10000 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out.push('"');
}

/// Whether a character can be seen: neither a control nor one of those that only change others.
pub fn is_printable(c: char) -> bool {
    // behind another character, so that combining ones count as printable
    let escaped = format!("a{c}").escape_debug().count() > 2;
    !escaped || matches!(c, '\'' | '"' | '\\')
}

fn heredoc(text: &str, indent: usize, out: &mut String) {
    let mut delimiter = "EOT".to_string();
    while text.lines().any(|line| line.trim() == delimiter) {
        delimiter.push('_');
    }
    out.push_str(if indent > 0 { "<<-" } else { "<<" });
    out.push_str(&delimiter);
    for text in text.split('\n').chain([delimiter.as_str()]) {
        line(indent, out);
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_show_like_expressions() {
        let value = Value::object([
            ("list", Value::list(Type::String, [Value::from("a\"b"), Value::Null(Type::String)])),
            ("secret", Value::from("x").mark(Marks::SENSITIVE)),
            ("text", Value::from("a\nEOT\n")),
            ("unknown", Value::unknown(Type::Any)),
        ]);
        let expected = r#"{
  "list" = tolist([
    "a\"b",
    tostring(null),
  ])
  "secret" = (sensitive value)
  "text" = <<-EOT_
  a
  EOT
  
  EOT_
  "unknown" = (known after apply)
}"#;
        assert_eq!(render(&value), expected);
        assert_eq!(render(&Value::Null(Type::map(Type::Any))), "tomap(null) /* of dynamic */");
        assert_eq!(render(&Value::set(Type::Bool, [])), "toset([])");
    }
}
