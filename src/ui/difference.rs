//! What changes inside an object, as lines: only what differs, long JSON by its members.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::plan::{Action, Change, OutputChange};
use crate::schema::Schema;
use crate::ui::style::{Label, paint};
use crate::ui::value::{plain, render};
use crate::value::json::from_json;
use crate::value::{Marks, Path, Step, Value};

/// Where the names of an object's attributes stand, in columns.
const ATTRIBUTES: usize = 8;

/// The lines under the title of a change.
pub(super) fn body(change: &Change, schema: Option<&Schema>, colour: bool) -> String {
    let replace = &change.replace_paths;
    let shown = Shown { colour, replace, schema, column: ATTRIBUTES, brief: true };
    match change.action {
        Action::Create | Action::Read => shown.whole(&change.after),
        Action::Delete | Action::Forget => {
            let id = change.before.get("id");
            if id.is_null() { String::new() } else { format!("        id = {}\n", render(&id, 8)) }
        }
        Action::Nothing if change.importing.is_some() => {
            format!("        id = {}\n", render(&change.after.get("id"), 8))
        }
        Action::Nothing => String::new(),
        _ => shown.fields(&change.before, &change.after),
    }
}

/// The differences between two objects, as lines.
pub(super) fn compared(
    before: &Value,
    after: &Value,
    schema: Option<&Schema>,
    colour: bool,
) -> String {
    Shown { colour, replace: &[], schema, column: ATTRIBUTES, brief: true }.fields(before, after)
}

/// The change of an output, as lines; its name is padded to `width`.
pub(super) fn output(name: &str, width: usize, change: &OutputChange, colour: bool) -> String {
    let marks = if change.sensitive { Marks::SENSITIVE } else { Marks::NONE };
    let (before, after) = (change.before.clone().mark(marks), change.after.clone().mark(marks));
    let shown = Shown { colour, replace: &[], schema: None, column: 4, brief: false };
    shown.field(name, width, [before, after], &Value::NULL)
}

/// How differences are shown.
struct Shown<'a> {
    colour: bool,
    /// The paths that force a replacement.
    replace: &'a [Path],
    /// The schema of the object, if it has one.
    schema: Option<&'a Schema>,
    /// Where names stand.
    column: usize,
    /// Whether what is empty in nested blocks is left out.
    brief: bool,
}

fn empty(value: &Value) -> bool {
    value.is_null()
        || value.items().is_some_and(<[Value]>::is_empty) && value.is_known()
        || value.fields().is_some_and(std::collections::BTreeMap::is_empty)
}

fn secret(value: &Value) -> bool {
    value.marks().contains(Marks::SENSITIVE)
}

impl Shown<'_> {
    fn line(&self, column: usize, label: Label, symbol: &str, text: &str) -> String {
        let indent = column.saturating_sub(2);
        format!("{:indent$}{} {text}\n", "", paint(symbol, label, self.colour))
    }

    /// All fields that have something to say.
    fn whole(&self, value: &Value) -> String {
        let fields: Vec<_> =
            value.fields().into_iter().flatten().filter(|(_, it)| !empty(it)).collect();
        let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let lines = fields.iter().map(|(name, it)| {
            let text = format!("{name:width$} = {}", self.long(it));
            self.line(self.column, Label::Add, "+", &text)
        });
        lines.collect()
    }

    /// JSON in a string is shown as what it means.
    fn long(&self, value: &Value) -> String {
        match document(value) {
            Some(json) => format!("jsonencode({})", render(&from_json(&json), self.column)),
            None if self.brief => render(&without_empty(value), self.column),
            None => render(value, self.column),
        }
    }

    /// The fields that differ.
    fn fields(&self, before: &Value, after: &Value) -> String {
        let names = after.fields().into_iter().flatten().map(|(name, _)| name);
        let differing: Vec<&String> = names
            .filter(|name| before.get(name).unmark_deep().0 != after.get(name).unmark_deep().0)
            .collect();
        let width = differing.iter().map(|name| name.len()).max().unwrap_or(0);
        let both = |name: &str| [before.get(name), after.get(name)];
        differing.iter().map(|name| self.field(name, width, both(name), after)).collect()
    }

    /// What differs in a field of `object`.
    fn field(&self, name: &str, width: usize, [old, new]: [Value; 2], object: &Value) -> String {
        let (old, new) = equally_secret(old, new);
        let forces = self.forces(name);
        let line = |label, symbol, what: &str| {
            self.line(self.column, label, symbol, &format!("{name:width$} = {what}{forces}"))
        };
        if empty(&old) {
            return line(Label::Add, "+", &self.long(&new));
        }
        if empty(&new) {
            let left = if new.is_null() { "null".to_string() } else { render(&new, 0) };
            return line(Label::Destroy, "-", &format!("{} -> {left}", self.long(&old)));
        }
        if secret(&old) || secret(&new) {
            return line(Label::Change, "~", "(sensitive value changes)");
        }
        let inside = match self.told(name, &old, &new, object) {
            Some((old, new)) => self.inside(&old, &new),
            None => self.inside(&old, &new),
        };
        if inside.is_empty() {
            return line(Label::Change, "~", &self.both(&old, &new));
        }
        let title = self.line(self.column, Label::Change, "~", &format!("{name}{forces}"));
        title + &inside
    }

    /// The values as the schema would have them told, when both are known and nobody's secret.
    fn told(&self, name: &str, old: &Value, new: &Value, object: &Value) -> Option<(Value, Value)> {
        let field = self.schema?.fields.iter().find(|it| it.name == name)?;
        let plain = old.marks().is_empty() && new.marks().is_empty() && new.is_known();
        field.told.filter(|_| plain).and_then(|told| told(old, new, object))
    }

    /// What is said of an attribute that cannot be changed in place.
    fn forces(&self, name: &str) -> String {
        let first = |path: &Path| match path.steps().first() {
            Some(Step::Attribute(first)) => first == name,
            _ => false,
        };
        match self.replace.iter().any(first) {
            true => paint("  # forces replacement", Label::Destroy, self.colour),
            false => String::new(),
        }
    }

    /// Both values whole. Documents that differ only in how they are written are shown as written.
    fn both(&self, old: &Value, new: &Value) -> String {
        let show = |value: &Value| match (document(old), document(new)) {
            (Some(a), Some(b)) if a == b => render(value, self.column),
            _ => self.long(value),
        };
        format!("{} -> {}", show(old), show(new))
    }

    /// The places inside collections, objects and JSON documents that differ, each as a line; nothing
    /// when the values are better shown whole.
    fn inside(&self, old: &Value, new: &Value) -> String {
        let mut places = Vec::new();
        differences(old, new, "", &mut places);
        if places.iter().any(|(place, ..)| place.is_empty()) {
            return String::new();
        }
        places.iter().map(|(place, old, new)| self.place(place, old, new)).collect()
    }

    fn place(&self, place: &str, old: &Value, new: &Value) -> String {
        let column = self.column + 4;
        let (label, symbol, what) = match (old.is_null(), new.is_null()) {
            (true, _) => (Label::Add, "+", render(new, column)),
            (_, true) => (Label::Destroy, "-", render(old, column)),
            _ if secret(old) || secret(new) => {
                (Label::Change, "~", "(sensitive value changes)".to_string())
            }
            _ => {
                let both = format!("{} -> {}", render(old, column), render(new, column));
                (Label::Change, "~", both)
            }
        };
        self.line(column, label, symbol, &format!("{place} = {what}"))
    }
}

/// Both values, with what is secret in one of them secret in the other too: a value does not stop
/// being secret because it was stored before it was declared so.
fn equally_secret(old: Value, new: Value) -> (Value, Value) {
    let secrets = |value: &Value| -> Vec<Path> {
        let marked = value.marked_paths().into_iter();
        marked.filter(|(_, it)| it.contains(Marks::SENSITIVE)).map(|(path, _)| path).collect()
    };
    let hide = |value: Value, paths: &[Path]| {
        paths.iter().fold(value, |value, path| value.mark_at(path.steps(), Marks::SENSITIVE))
    };
    let (of_old, of_new) = (secrets(&old), secrets(&new));
    (hide(old, &of_new), hide(new, &of_old))
}

/// The value without the attributes of nested blocks that are null or empty.
fn without_empty(value: &Value) -> Value {
    let all = |items: &[Value]| items.iter().map(without_empty).collect::<Vec<_>>();
    match value {
        Value::Object(fields) => {
            let filled = fields.iter().filter(|(_, it)| !empty(it));
            Value::object(filled.map(|(name, it)| (name.clone(), without_empty(it))))
        }
        Value::List(ty, items) => Value::list(ty.clone(), all(items)),
        Value::Set(ty, items) => Value::Set(ty.clone(), Arc::new(all(items))),
        Value::Marked(marks, inner) => without_empty(inner).mark(*marks),
        other => other.clone(),
    }
}

/// The JSON object or array in a string.
fn document(value: &Value) -> Option<Json> {
    let text = value.as_str().filter(|_| value.marks().is_empty())?;
    let opens = text.trim_start().starts_with(['{', '[']);
    let json: Json = opens.then(|| serde_json::from_str(text).ok())??;
    (json.is_object() || json.is_array()).then_some(json)
}

type Place = (String, Value, Value);

/// Collects the smallest places that differ, in JSON documents too.
fn differences(old: &Value, new: &Value, at: &str, found: &mut Vec<Place>) {
    if old.unmark_deep().0 == new.unmark_deep().0 {
        return;
    }
    match (old, new) {
        (Value::Object(a), Value::Object(b)) | (Value::Map(_, a), Value::Map(_, b)) => {
            let names: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
            for name in names {
                differences(&old.get(name), &new.get(name), &step(at, name), found);
            }
        }
        (Value::List(_, a), Value::List(_, b)) | (Value::Tuple(a), Value::Tuple(b)) => {
            for index in 0..a.len().max(b.len()) {
                let at = format!("{at}[{index}]");
                match (a.get(index), b.get(index)) {
                    (Some(a), Some(b)) => differences(a, b, &at, found),
                    (Some(a), None) => found.push((at, without_empty(a), Value::NULL)),
                    (None, b) => {
                        found.push((at, Value::NULL, b.map_or(Value::NULL, without_empty)))
                    }
                }
            }
        }
        (Value::Set(_, a), Value::Set(_, b)) => {
            let gone = a.iter().filter(|it| !b.contains(it));
            found.extend(gone.map(|it| (format!("{at}[…]"), without_empty(it), Value::NULL)));
            let come = b.iter().filter(|it| !a.contains(it));
            found.extend(come.map(|it| (format!("{at}[…]"), Value::NULL, without_empty(it))));
        }
        _ => match (document(old), document(new)) {
            (Some(a), Some(b)) if a != b => differences(&from_json(&a), &from_json(&b), at, found),
            _ => found.push((at.to_string(), old.clone(), new.clone())),
        },
    }
}

fn step(at: &str, name: &str) -> String {
    match (at.is_empty(), plain(name)) {
        (true, true) => name.to_string(),
        (false, true) => format!("{at}.{name}"),
        _ => format!("{at}[{}]", crate::address::quote(name)),
    }
}
