//! `yamlencode`: block style, with quoted strings, as OpenTofu's encoder (a port of libyaml) writes.

use crate::value::Value;

/// The column behind which long strings are folded at their next space.
const FOLD_WIDTH: usize = 80;
/// The most bytes of a key that stands before its value.
const KEY_LENGTH: usize = 128;
/// How much deeper what is inside stands.
const STEP: usize = 2;

/// A wholly known value as a YAML document.
pub(super) fn write(value: &Value) -> String {
    let mut writer = Writer { out: String::new() };
    match is_block(value) {
        true => writer.block(value, 0),
        false => writer.scalar(value, 0),
    }
    // A plain scalar could go on in the next line, so that libyaml marks its end.
    if matches!(value, Value::Null(_) | Value::Bool(_) | Value::Number(_)) {
        writer.out.push_str("\n...");
    }
    writer.end_line();
    writer.out
}

struct Writer {
    out: String,
}

/// Whether the value takes lines of its own.
fn is_block(value: &Value) -> bool {
    let items = value.items().is_some_and(|items| !items.is_empty());
    items || value.fields().is_some_and(|fields| !fields.is_empty())
}

impl Writer {
    fn end_line(&mut self) {
        if !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn pad(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    /// A list or mapping that is not empty; what comes before its first line is written already.
    fn block(&mut self, value: &Value, indent: usize) {
        if let Some(items) = value.items() {
            for (at, item) in items.iter().enumerate() {
                self.begin(at, indent);
                self.out.push_str("- ");
                match is_block(item) {
                    true => self.block(item, indent + STEP),
                    false => self.scalar(item, indent),
                }
            }
        }
        for (at, (key, item)) in value.fields().into_iter().flatten().enumerate() {
            self.begin(at, indent);
            match key.contains('\n') || key.len() > KEY_LENGTH {
                true => self.long_key(key, item, indent),
                false => {
                    self.double_quoted(key, None);
                    self.out.push(':');
                    self.field(item, indent);
                }
            }
        }
    }

    /// A key that does not fit on a line with its value.
    fn long_key(&mut self, key: &str, item: &Value, indent: usize) {
        self.out.push_str("? ");
        self.scalar(&Value::from(key), indent);
        self.end_line();
        self.pad(indent);
        self.out.push_str(": ");
        match is_block(item) {
            true => self.block(item, indent + STEP),
            false => self.scalar(item, indent),
        }
    }

    fn begin(&mut self, at: usize, indent: usize) {
        if at > 0 {
            self.end_line();
            self.pad(indent);
        }
    }

    fn field(&mut self, value: &Value, indent: usize) {
        if !is_block(value) {
            self.out.push(' ');
            return self.scalar(value, indent);
        }
        // Lists stand no deeper than the key they belong to.
        let indent = if value.items().is_some() { indent } else { indent + STEP };
        self.out.push('\n');
        self.pad(indent);
        self.block(value, indent);
    }

    fn scalar(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Bool(it) => self.out.push_str(if *it { "true" } else { "false" }),
            Value::Number(it) => self.out.push_str(&it.to_string()),
            Value::String(text) if fits_literal(text) => self.literal(text, indent + STEP),
            Value::String(text) => self.double_quoted(text, Some(indent + STEP)),
            Value::List(..) | Value::Set(..) | Value::Tuple(_) => self.out.push_str("[]"),
            Value::Map(..) | Value::Object(_) => self.out.push_str("{}"),
            _ => self.out.push_str("null"),
        }
    }

    /// `|` with the lines as they are.
    fn literal(&mut self, text: &str, indent: usize) {
        self.out.push('|');
        if text.starts_with([' ', '\n']) {
            self.out.push_str(&STEP.to_string());
        }
        match text.strip_suffix('\n') {
            None => self.out.push('-'),
            Some(rest) if rest.is_empty() || rest.ends_with('\n') => self.out.push('+'),
            Some(_) => {}
        }
        self.out.push('\n');
        for line in text.split_inclusive('\n') {
            if line != "\n" {
                self.pad(indent);
            }
            self.out.push_str(line);
        }
    }

    /// A quoted string, folded to lines of that indent if it may be.
    fn double_quoted(&mut self, text: &str, fold: Option<usize>) {
        let line_start = self.out.rfind('\n').map_or(0, |at| at + 1);
        let before = self.out.get(line_start..).unwrap_or_default();
        let mut column = before.chars().count() + 1;
        self.out.push('"');
        let mut after_space = false;
        let mut characters = text.chars().enumerate().peekable();
        while let Some((at, it)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            let foldable = it == ' ' && !after_space && at > 0 && next.is_some();
            after_space = it == ' ';
            match fold {
                Some(indent) if foldable && column > FOLD_WIDTH => {
                    self.out.push('\n');
                    self.pad(indent);
                    column = indent;
                    if next == Some(' ') {
                        self.out.push('\\');
                        column += 1;
                    }
                }
                _ => column += self.character(it),
            }
        }
        self.out.push('"');
    }

    /// A character inside quotes; gives how many columns it takes.
    fn character(&mut self, it: char) -> usize {
        let code = u32::from(it);
        let escape = match it {
            '\0' => "\\0".to_string(),
            '\u{7}' => "\\a".to_string(),
            '\u{8}' => "\\b".to_string(),
            '\t' => "\\t".to_string(),
            '\n' => "\\n".to_string(),
            '\u{b}' => "\\v".to_string(),
            '\u{c}' => "\\f".to_string(),
            '\r' => "\\r".to_string(),
            '\u{1b}' => "\\e".to_string(),
            '"' => "\\\"".to_string(),
            '\\' => "\\\\".to_string(),
            '\u{85}' => "\\N".to_string(),
            '\u{2028}' => "\\L".to_string(),
            '\u{2029}' => "\\P".to_string(),
            _ if is_printable(it) => it.to_string(),
            _ if code <= 0xff => format!("\\x{code:02X}"),
            _ if code <= 0xffff => format!("\\u{code:04X}"),
            _ => format!("\\U{code:08X}"),
        };
        self.out.push_str(&escape);
        escape.chars().count()
    }
}

fn is_printable(it: char) -> bool {
    matches!(it, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// Whether a text with line breaks can be written as it is.
fn fits_literal(text: &str) -> bool {
    text.contains('\n')
        && text.chars().all(is_printable)
        && !text.contains(" \n")
        && !text.ends_with(' ')
}
