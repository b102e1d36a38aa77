//! The provider `time`: moments kept in the state, and pauses.

mod functions;
mod offset;
mod rotating;
mod sleep;
mod statics;

use std::collections::BTreeMap;

use ::time::format_description::well_known::Rfc3339;
use ::time::{Date, Duration, Month, OffsetDateTime};

use super::bundle::{Bundle, Facts};
use super::kind::{AnyResource, Kind};
use super::refused;
use crate::provider::{Proposal, Result};
use crate::value::{Number, Type, Value};

static OFFSET: Kind<offset::TimeOffset> = Kind::new();
static ROTATING: Kind<rotating::TimeRotating> = Kind::new();
static SLEEP: Kind<sleep::TimeSleep> = Kind::new();
static STATIC: Kind<statics::TimeStatic> = Kind::new();

static RESOURCES: &[&dyn AnyResource] = &[&OFFSET, &ROTATING, &SLEEP, &STATIC];

/// The provider.
pub(super) fn provider() -> Bundle {
    Bundle::new(Facts {
        name: "time",
        source: "registry.terraform.io/hashicorp/time",
        version: "0.14.0",
        resources: RESOURCES,
        sources: &[],
        ephemeral: &[],
        functions: functions::FUNCTIONS,
    })
}

/// Values whose change asks for a new object.
type Triggers = Option<BTreeMap<String, String>>;

/// The fields that tell the parts of a moment.
const PARTS: [&str; 7] = ["day", "hour", "minute", "month", "second", "unix", "year"];

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

fn parse(text: &str) -> Result<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| refused(format!("`{text}` is not a time as in RFC 3339")))
}

/// To the second, as RFC 3339 says.
fn write(time: OffsetDateTime) -> Result<String> {
    let whole = time.replace_nanosecond(0).unwrap_or(time);
    whole.format(&Rfc3339).map_err(|error| refused(format!("a time cannot be written: {error}")))
}

/// For arguments that are times.
fn is_time(value: &Value) -> std::result::Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    parse(text).map(drop).map_err(|error| error.message)
}

/// The object with the parts of a moment.
fn with_parts(object: Value, time: OffsetDateTime) -> Value {
    let parts = [
        i64::from(time.day()),
        i64::from(time.hour()),
        i64::from(time.minute()),
        i64::from(u8::from(time.month())),
        i64::from(time.second()),
        time.unix_timestamp(),
        i64::from(time.year()),
    ];
    PARTS.iter().zip(parts).fold(object, |it, (name, part)| it.with(name, Value::number(part)))
}

/// Plans fields that are not known yet: the parts of a moment and these texts.
fn plan_unknown(proposal: &mut Proposal<'_>, texts: &[&str]) {
    for name in PARTS {
        proposal.set(name, Value::unknown(Type::Number));
    }
    for name in texts {
        proposal.set(name, Value::unknown(Type::String));
    }
}

/// The whole number of a field, 0 when it has none.
fn whole(object: &Value, name: &str) -> i64 {
    object.get(name).as_number().and_then(Number::as_i64).unwrap_or_default()
}

/// A unit of time.
#[derive(Clone, Copy)]
enum Unit {
    Days,
    Hours,
    Minutes,
    Months,
    Seconds,
    Years,
}

/// So much later. A day that a month does not have counts into the next.
fn later(time: OffsetDateTime, count: i64, unit: Unit) -> Result<OffsetDateTime> {
    let seconds = |each: i64| count.checked_mul(each).map(Duration::seconds);
    let moved = match unit {
        Unit::Days => seconds(86_400).and_then(|it| time.checked_add(it)),
        Unit::Hours => seconds(3_600).and_then(|it| time.checked_add(it)),
        Unit::Minutes => seconds(60).and_then(|it| time.checked_add(it)),
        Unit::Seconds => seconds(1).and_then(|it| time.checked_add(it)),
        Unit::Months => months_later(time, count),
        Unit::Years => count.checked_mul(12).and_then(|months| months_later(time, months)),
    };
    moved.ok_or_else(|| refused("the time is too far away"))
}

fn months_later(time: OffsetDateTime, count: i64) -> Option<OffsetDateTime> {
    let month = i64::from(time.year()) * 12 + i64::from(u8::from(time.month())) - 1;
    let month = month.checked_add(count)?;
    let year = i32::try_from(month.div_euclid(12)).ok()?;
    let name = Month::try_from(u8::try_from(month.rem_euclid(12) + 1).ok()?).ok()?;
    let first = time.replace_date(Date::from_calendar_date(year, name, 1).ok()?);
    first.checked_add(Duration::days(i64::from(time.day()) - 1))
}

/// The parts of an import id, which must be so many.
fn import_parts<'a>(id: &'a str, counts: &[usize], syntax: &str) -> Result<Vec<&'a str>> {
    let parts: Vec<&str> = id.split(',').collect();
    let (first, others) = (parts.first(), parts.get(1..).unwrap_or_default());
    let complete = first.is_some_and(|it| !it.is_empty()) && others.iter().any(|it| !it.is_empty());
    match complete && counts.contains(&parts.len()) {
        true => Ok(parts),
        false => {
            Err(refused(format!("`{id}` is not {syntax}, with a time and something after it")))
        }
    }
}

/// The object with whole numbers, of which some may be missing.
fn with_numbers(object: Value, names: &[&str], texts: &[&str]) -> Result<Value> {
    names.iter().zip(texts).filter(|(_, text)| !text.is_empty()).try_fold(
        object,
        |object, (name, text)| {
            let number: i64 =
                text.parse().map_err(|_| refused(format!("`{text}` is no whole number")))?;
            Ok(object.with(name, Value::number(number)))
        },
    )
}

#[cfg(test)]
mod tests;
