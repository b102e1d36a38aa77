//! Functions that take times apart.

use ::time::OffsetDateTime;
use ::time::format_description::well_known::Rfc3339;

use crate::duration;
use crate::provider::{FunctionCall, FunctionFault, FunctionParameter, ProviderFunction};
use crate::value::{Number, Type, Value};

/// The functions of the provider.
pub(super) static FUNCTIONS: &[ProviderFunction] = &[
    ProviderFunction {
        name: "duration_parse",
        summary: "Takes a length of time apart",
        description: "Gives an object of a length of time in several units.",
        parameters: &[FunctionParameter::new(
            "duration",
            "The length of time, such as `1h30m`",
            Type::String,
        )],
        returns: || {
            let units = ["hours", "minutes", "seconds"];
            let parts = ["milliseconds", "microseconds", "nanoseconds"];
            Type::object(units.into_iter().chain(parts).map(|name| (name, Type::Number)))
        },
        body: duration_parse,
    },
    ProviderFunction {
        name: "rfc3339_parse",
        summary: "Takes a time apart",
        description: "Gives an object of the parts of a time.",
        parameters: &[FunctionParameter::new("timestamp", "The time as in RFC 3339", Type::String)],
        returns: || parts_type(("unix", Type::Number)),
        body: rfc3339_parse,
    },
    ProviderFunction {
        name: "unix_timestamp_parse",
        summary: "Takes a Unix time apart",
        description: "Gives an object of the parts of a time, in UTC.",
        parameters: &[FunctionParameter::new(
            "unix_timestamp",
            "The seconds since the beginning of 1970 in UTC",
            Type::Number,
        )],
        returns: || parts_type(("rfc3339", Type::String)),
        body: unix_timestamp_parse,
    },
];

const NUMBERS: [&str; 10] = [
    "year", "year_day", "day", "month", "weekday", "hour", "minute", "second", "iso_year",
    "iso_week",
];

fn parts_type(more: (&'static str, Type)) -> Type {
    let names = ["month_name", "weekday_name"].map(|name| (name, Type::String));
    Type::object(NUMBERS.map(|name| (name, Type::Number)).into_iter().chain(names).chain([more]))
}

fn parts(time: OffsetDateTime, more: (&str, Value)) -> Value {
    let (iso_year, iso_week, _) = time.to_iso_week_date();
    let numbers = [
        i64::from(time.year()),
        i64::from(time.ordinal()),
        i64::from(time.day()),
        i64::from(u8::from(time.month())),
        i64::from(time.weekday().number_days_from_sunday()),
        i64::from(time.hour()),
        i64::from(time.minute()),
        i64::from(time.second()),
        i64::from(iso_year),
        i64::from(iso_week),
    ];
    let numbers = NUMBERS.into_iter().zip(numbers.map(Value::number));
    let names = [
        ("month_name", Value::string(time.month().to_string())),
        ("weekday_name", Value::string(time.weekday().to_string())),
    ];
    Value::object(numbers.chain(names).chain([more]))
}

fn rfc3339_parse(call: &FunctionCall<'_>) -> Result<Value, FunctionFault> {
    let text = call.text(0);
    let invalid = |_| FunctionFault::at(0, format!("{text:?} is not a valid RFC3339 timestamp"));
    let time = OffsetDateTime::parse(text, &Rfc3339).map_err(invalid)?;
    Ok(parts(time, ("unix", Value::number(time.unix_timestamp()))))
}

fn unix_timestamp_parse(call: &FunctionCall<'_>) -> Result<Value, FunctionFault> {
    let seconds = call.value(0).as_number().and_then(Number::as_i64);
    let seconds =
        seconds.ok_or_else(|| FunctionFault::at(0, "a whole number of 64 bits is required"))?;
    let beyond = |_: &dyn std::error::Error| {
        FunctionFault::at(0, format!("{seconds} is beyond the times that can be written"))
    };
    let time = OffsetDateTime::from_unix_timestamp(seconds).map_err(|it| beyond(&it))?;
    let text = time.format(&Rfc3339).map_err(|it| beyond(&it))?;
    Ok(parts(time, ("rfc3339", Value::string(text))))
}

/// The length of time in nanoseconds.
fn nanoseconds(text: &str) -> Option<i64> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    match rest {
        "0" => Some(0),
        rest => i64::try_from(duration::parse(rest)?.as_nanos()).ok().map(|it| sign * it),
    }
}

fn duration_parse(call: &FunctionCall<'_>) -> Result<Value, FunctionFault> {
    let text = call.text(0);
    let Some(nanoseconds) = nanoseconds(text) else {
        return Err(FunctionFault::at(0, format!("{text:?} is not a valid duration string")));
    };
    const SECOND: i64 = 1_000_000_000;
    let in_units = [("hours", 3600 * SECOND), ("minutes", 60 * SECOND), ("seconds", SECOND)]
        .map(|(name, unit)| Ok((name, Value::Number(fraction(nanoseconds, unit)?))));
    let whole = [("milliseconds", 1_000_000), ("microseconds", 1000), ("nanoseconds", 1)]
        .map(|(name, unit)| Ok((name, Value::number(nanoseconds / unit))));
    let all: Result<Vec<_>, FunctionFault> = in_units.into_iter().chain(whole).collect();
    all.map(Value::object)
}

/// How many units a number of nanoseconds is, as precisely as a `float64` of the provider.
fn fraction(nanoseconds: i64, unit: i64) -> Result<Number, FunctionFault> {
    let units = (nanoseconds / unit) as f64 + (nanoseconds % unit) as f64 / unit as f64;
    let number = units.to_string().parse();
    number.map_err(|_| FunctionFault::from(format!("{units} cannot be written")))
}
