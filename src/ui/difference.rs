//! What changes inside an object, as lines: only what differs, long JSON by its members.

use serde_json::Value as Json;

use crate::plan::{Action, Change};
use crate::ui::style::{Label, paint};
use crate::ui::value::{plain, render};
use crate::value::{Marks, Path, Step, Value};

/// The lines under the title of a change.
pub(super) fn body(change: &Change, colour: bool) -> String {
    let shown = Shown { colour, replace: &change.replace_paths };
    match change.action {
        Action::Create | Action::Read => shown.whole(&change.after, Label::Add, "+"),
        Action::Delete | Action::Forget => {
            let id = change.before.get("id");
            if id.is_null() { String::new() } else { format!("        id = {}\n", render(&id, 8)) }
        }
        Action::Nothing => String::new(),
        _ => shown.fields(&change.before, &change.after),
    }
}

/// The differences between two objects, as lines.
pub(super) fn compared(before: &Value, after: &Value, colour: bool) -> String {
    Shown { colour, replace: &[] }.fields(before, after)
}

struct Shown<'a> {
    colour: bool,
    replace: &'a [Path],
}

fn empty(value: &Value) -> bool {
    value.is_null()
        || value.items().is_some_and(<[Value]>::is_empty) && value.is_known()
        || value.fields().is_some_and(std::collections::BTreeMap::is_empty)
}

impl Shown<'_> {
    fn line(&self, label: Label, symbol: &str, text: &str) -> String {
        format!("      {} {text}\n", paint(symbol, label, self.colour))
    }

    /// All fields that have something to say.
    fn whole(&self, value: &Value, label: Label, symbol: &str) -> String {
        let fields: Vec<_> =
            value.fields().into_iter().flatten().filter(|(_, it)| !empty(it)).collect();
        let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let lines = fields.iter().map(|(name, it)| {
            self.line(label, symbol, &format!("{name:width$} = {}", self.long(it)))
        });
        lines.collect()
    }

    /// JSON in a string is shown as what it means.
    fn long(&self, value: &Value) -> String {
        match document(value) {
            Some(json) => {
                format!("jsonencode({})", render(&crate::value::json::from_json(&json), 8))
            }
            None => render(value, 8),
        }
    }

    /// The fields that differ.
    fn fields(&self, before: &Value, after: &Value) -> String {
        let names = after.fields().into_iter().flatten().map(|(name, _)| name);
        let differing: Vec<&String> = names
            .filter(|name| before.get(name).unmark_deep().0 != after.get(name).unmark_deep().0)
            .collect();
        let width = differing.iter().map(|name| name.len()).max().unwrap_or(0);
        let lines = differing.iter().map(|name| {
            let (old, new) = (before.get(name), after.get(name));
            self.field(name, width, &old, &new)
        });
        lines.collect()
    }

    fn field(&self, name: &str, width: usize, old: &Value, new: &Value) -> String {
        let forces = self.replace.iter().any(
            |path| matches!(path.steps().first(), Some(Step::Attribute(first)) if first == name),
        );
        let forces = if forces {
            paint("  # forces replacement", Label::Destroy, self.colour)
        } else {
            String::new()
        };
        let secret = |value: &Value| value.marks().contains(Marks::SENSITIVE);
        if secret(old) || secret(new) {
            let text = format!("{name:width$} = (sensitive value changes){forces}");
            return self.line(Label::Change, "~", &text);
        }
        if empty(old) {
            return self.line(
                Label::Add,
                "+",
                &format!("{name:width$} = {}{forces}", self.long(new)),
            );
        }
        if empty(new) {
            return self.line(
                Label::Destroy,
                "-",
                &format!("{name:width$} = {} -> null{forces}", self.long(old)),
            );
        }
        let inside = self.inside(old, new);
        if inside.is_empty() {
            let text = format!("{name:width$} = {} -> {}{forces}", render(old, 8), render(new, 8));
            return self.line(Label::Change, "~", &text);
        }
        let title = self.line(Label::Change, "~", &format!("{name}{forces}"));
        inside.iter().fold(title, |text, line| text + "    " + line)
    }

    /// The places inside collections, objects and JSON documents that differ, each as a line; nothing
    /// when the values are better shown whole.
    fn inside(&self, old: &Value, new: &Value) -> Vec<String> {
        let mut places = Vec::new();
        match (document(old), document(new)) {
            (Some(old), Some(new)) => {
                let (old, new) =
                    (crate::value::json::from_json(&old), crate::value::json::from_json(&new));
                differences(&old, &new, "", &mut places);
            }
            _ if old.is_known() && new.is_known() => differences(old, new, "", &mut places),
            _ => return Vec::new(),
        }
        if places.iter().any(|(place, ..)| place.is_empty()) {
            return Vec::new();
        }
        places.iter().map(|(place, old, new)| self.place(place, old, new)).collect()
    }

    fn place(&self, place: &str, old: &Value, new: &Value) -> String {
        match (old.is_null(), new.is_null()) {
            (true, _) => self.line(Label::Add, "+", &format!("{place} = {}", render(new, 12))),
            (_, true) => self.line(Label::Destroy, "-", &format!("{place} = {}", render(old, 12))),
            _ => {
                let text = format!("{place} = {} -> {}", render(old, 12), render(new, 12));
                self.line(Label::Change, "~", &text)
            }
        }
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

/// Collects the smallest places that differ.
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
                let of = |items: &[Value]| items.get(index).cloned().unwrap_or(Value::NULL);
                differences(&of(a), &of(b), &format!("{at}[{index}]"), found);
            }
        }
        (Value::Set(_, a), Value::Set(_, b)) => {
            let gone = a.iter().filter(|it| !b.contains(it));
            found.extend(gone.map(|it| (format!("{at}[…]"), it.clone(), Value::NULL)));
            let come = b.iter().filter(|it| !a.contains(it));
            found.extend(come.map(|it| (format!("{at}[…]"), Value::NULL, it.clone())));
        }
        _ => found.push((at.to_string(), old.clone(), new.clone())),
    }
}

fn step(at: &str, name: &str) -> String {
    match (at.is_empty(), plain(name)) {
        (true, true) => name.to_string(),
        (false, true) => format!("{at}.{name}"),
        _ => format!("{at}[{}]", crate::address::quote(name)),
    }
}
