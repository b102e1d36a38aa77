//! Whether values are as the plan promised.

use std::time::Duration;

use crate::plan::difference::settled;
use crate::provider::Phase;
use crate::schema::Schema;
use crate::value::{Path, Value};

/// The fields that are not yet as planned in an object just read.
pub(super) fn differing(schema: &Schema, planned: &Value, actual: &Value) -> Vec<&'static str> {
    let target = settled(schema, planned, actual);
    let differs = |name: &&str| {
        let (target, actual) = (bare(&target.get(name)), bare(&actual.get(name)));
        target != actual && !(target.is_null() && actual.is_null())
    };
    schema.fields.iter().map(|field| field.name).filter(differs).collect()
}

/// A value without marks.
pub(super) fn bare(value: &Value) -> Value {
    value.unmark_deep().0
}

/// A value with the marks that the plan has for it.
pub(super) fn marked_as(planned: &Value, value: Value) -> Value {
    let marks = planned.marked_paths().into_iter();
    marks.fold(value, |value, (Path(steps), marks)| value.mark_at(&steps, marks))
}

/// How long an object's own `timeouts` block allows for a phase.
pub(super) fn own_timeout(object: &Value, phase: Phase) -> Option<Duration> {
    let name = match phase {
        Phase::Create => "create",
        Phase::Update => "update",
        Phase::Delete => "delete",
    };
    let timeouts = object.get("timeouts");
    let block = timeouts.items().and_then(|items| items.first().cloned()).unwrap_or(timeouts);
    duration(block.get(name).as_str()?)
}

/// A duration as Go writes it: `1h30m`, `90s`, `1.5h`.
fn duration(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| c != '.' && !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let seconds = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        let part = number.parse::<f64>().ok()? * seconds;
        total += Duration::try_from_secs_f64(part).ok()?;
        rest = tail;
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_does() {
        for (text, seconds) in [("90s", 90.0), ("1h30m", 5400.0), ("1.5m", 90.0), ("200ms", 0.2)] {
            assert_eq!(duration(text), Some(Duration::from_secs_f64(seconds)), "{text}");
        }
        for text in ["", "10", "m", "5d"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn an_own_timeout_is_found() {
        let timeouts = Value::object([("create", Value::from("5m"))]);
        let object = Value::object([("timeouts", timeouts)]);
        assert_eq!(own_timeout(&object, Phase::Create), Some(Duration::from_secs(300)));
        assert_eq!(own_timeout(&object, Phase::Delete), None);
    }
}
