//! Templates: text with interpolations and directives.

use crate::diagnostic::Diagnostic;
use crate::language::config::{Expression, TemplatePart};
use crate::value::{Marks, Type, Unknown, Value, convert};

use super::Evaluator;
use super::conditional::Decision;

/// The longest prefix that is kept of a text that is not known as a whole, in bytes.
const PREFIX: usize = 128;

/// How deep template files may call each other until the first mistake in one is enough.
const MANY_FILES: usize = 2;

/// What has been rendered so far.
struct Rendered {
    /// The text, up to the first part that is not known.
    text: String,
    known: bool,
    marks: Marks,
}

impl Rendered {
    fn push(&mut self, text: &str) {
        if self.known {
            self.text.push_str(text);
        }
    }

    fn finish(self) -> Value {
        let value = if self.known {
            Value::string(self.text)
        } else {
            Value::Unknown(
                Unknown {
                    ty: Type::String,
                    not_null: true,
                    prefix: safe_prefix(&self.text),
                    length_min: 0,
                    length_max: None,
                }
                .into(),
            )
        };
        value.mark(self.marks)
    }
}

/// As much of the text as stays the same whatever follows: normalisation can change a letter when a
/// combining character comes after it.
fn safe_prefix(text: &str) -> String {
    let end = (0..=PREFIX.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    let text = text.get(..end.unwrap_or(0)).unwrap_or_default();
    let stable = |c: char| c.is_ascii() && !c.is_ascii_alphabetic() && !"<=>".contains(c);
    match text.chars().next_back() {
        Some(last) if !stable(last) => text.strip_suffix(last).unwrap_or(text).to_string(),
        _ => text.to_string(),
    }
}

impl<'a> Evaluator<'a> {
    pub(super) fn template(&mut self, parts: &'a [TemplatePart]) -> Value {
        let mut out = Rendered { text: String::new(), known: true, marks: Marks::NONE };
        self.render(parts, &mut out);
        out.finish()
    }

    fn render(&mut self, parts: &'a [TemplatePart], out: &mut Rendered) {
        for part in parts {
            // each of them could fail as often as it calls itself
            if self.depth > MANY_FILES && self.diagnostics.has_errors() {
                return;
            }
            match part {
                TemplatePart::Text(text) => out.push(text),
                TemplatePart::Interpolation(inside) => self.interpolation(inside, out),
                TemplatePart::If { condition, then, otherwise } => {
                    self.choice(condition, then, otherwise, out);
                }
                TemplatePart::For { key, value, source, body } => {
                    self.repeat(key.as_deref(), value, source, body, out);
                }
            }
        }
    }

    fn choice(
        &mut self,
        condition: &'a Expression,
        then: &'a [TemplatePart],
        otherwise: &'a [TemplatePart],
        out: &mut Rendered,
    ) {
        let value = self.expression(condition);
        let (decision, marks) = self.decide(value, &condition.span);
        out.marks = out.marks.union(marks);
        match decision {
            Decision::Known(true) => {
                self.look_at(otherwise, out);
                self.render(then, out);
            }
            Decision::Known(false) => {
                self.look_at(then, out);
                self.render(otherwise, out);
            }
            Decision::Unknown | Decision::Invalid => {
                self.look_at(then, out);
                self.look_at(otherwise, out);
                out.known = false;
            }
        }
    }

    /// Takes over the marks of parts that are not rendered: that they are not can tell of secrets.
    /// What a template file gives has the marks of all its variables, and may call itself there.
    fn look_at(&mut self, parts: &'a [TemplatePart], out: &mut Rendered) {
        if self.depth > 0 {
            return;
        }
        let before = self.diagnostics.0.len();
        let mut aside = Rendered { text: String::new(), known: false, marks: Marks::NONE };
        self.render(parts, &mut aside);
        self.diagnostics.0.truncate(before);
        out.marks = out.marks.union(aside.marks);
    }

    fn interpolation(&mut self, inside: &'a Expression, out: &mut Rendered) {
        let (value, marks) = self.expression(inside).unmark();
        out.marks = out.marks.union(marks);
        let problem = match convert(&value, &Type::String) {
            Ok(Value::String(text)) => {
                out.push(&text);
                out.known &= self.may_be_long(out.text.len(), &inside.span);
                return;
            }
            Ok(Value::Null(_)) => "it is null".to_string(),
            Ok(Value::Unknown(unknown)) => {
                out.push(&unknown.prefix);
                out.known = false;
                return;
            }
            Ok(_) => return out.known = false,
            Err(error) => error.to_string(),
        };
        out.known = false;
        let detail = format!("This value cannot be part of a text: {problem}.");
        let problem = Diagnostic::error("Invalid template interpolation value", detail);
        let problem = problem.at(&inside.span);
        self.report(match value.ty() {
            Type::List(_) | Type::Set(_) | Type::Tuple(_) => {
                problem.hint("Use `join` to make one text of its elements, or `jsonencode`.")
            }
            Type::Map(_) | Type::Object(_) => problem.hint("Use `jsonencode` to make it a text."),
            _ => problem,
        });
    }

    fn repeat(
        &mut self,
        key_name: Option<&'a str>,
        value_name: &'a str,
        source: &'a Expression,
        body: &'a [TemplatePart],
        out: &mut Rendered,
    ) {
        let (value, marks) = self.expression(source).unmark();
        out.marks = out.marks.union(marks);
        let Some(elements) = self.iterable(&value, "a `for` directive", &source.span) else {
            out.known = false;
            return;
        };
        self.looking_into(marks, |inside| {
            for (key, value) in elements {
                let goes_on = inside.goes_round(1, &source.span);
                if !goes_on || !inside.may_be_long(out.text.len(), &source.span) {
                    out.known = false;
                    return;
                }
                let names = key_name.map(|name| (name, key)).into_iter();
                let names = names.chain([(value_name, value)]);
                inside.with(names, |inside| inside.render(body, out));
            }
        });
    }
}
