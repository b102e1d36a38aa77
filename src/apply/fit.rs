//! Whether values are as the plan promised.

use std::time::Duration;

use crate::duration;
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
    duration::parse(block.get(name).as_str()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_timeout_is_found() {
        let timeouts = Value::object([("create", Value::from("5m"))]);
        let object = Value::object([("timeouts", timeouts)]);
        assert_eq!(own_timeout(&object, Phase::Create), Some(Duration::from_secs(300)));
        assert_eq!(own_timeout(&object, Phase::Delete), None);
    }
}
