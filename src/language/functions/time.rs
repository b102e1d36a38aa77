//! Functions on dates and times, which are strings as in RFC 3339.

use ::time::format_description::well_known::Rfc3339;
use ::time::{Date, Duration, Month, OffsetDateTime, Time, UtcOffset};

use super::call::{Call, Fault, Outcome, text};
use super::table::{Function, NUMBER, Parameter, STRING, function, takes};
use crate::value::{Type, Value};

const TIMESTAMP: Parameter = takes("timestamp", STRING);

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "formatdate",
        "A time in another form, given by a specification such as `DD MMM YYYY hh:mm ZZZ`.",
        &[takes("format", STRING), takes("time", STRING)],
        STRING,
        format_date,
    ),
    function(
        "plantimestamp",
        "The time of the plan, the same wherever it is asked for.",
        &[],
        STRING,
        plan_timestamp,
    ),
    function(
        "timeadd",
        "A time that is so much later, such as `1h30m`, or earlier.",
        &[TIMESTAMP, takes("duration", STRING)],
        STRING,
        time_add,
    ),
    function(
        "timecmp",
        "-1, 0 or 1 when one time is before, at or after another.",
        &[takes("timestamp_a", STRING), takes("timestamp_b", STRING)],
        NUMBER,
        time_compare,
    ),
    function(
        "timestamp",
        "The current time in UTC. Differs each time, so it is known after apply.",
        &[],
        STRING,
        timestamp,
    )
    .impure(),
];

/// To the second, as the functions of OpenTofu write it.
fn write(time: OffsetDateTime) -> Outcome {
    let whole = time.replace_nanosecond(0).unwrap_or(time);
    text(whole.format(&Rfc3339).map_err(|error| format!("the time cannot be written: {error}"))?)
}

/// A time as the functions write it, if the text is one.
pub(super) fn normalise(text: &str) -> Option<String> {
    parse(text).ok()?.replace_nanosecond(0).ok()?.format(&Rfc3339).ok()
}

fn timestamp(_: &Call<'_>) -> Outcome {
    write(OffsetDateTime::now_utc())
}

fn plan_timestamp(call: &Call<'_>) -> Outcome {
    match call.context.plan_time {
        Some(time) => write(time),
        None => Ok(Value::unknown_not_null(Type::String)),
    }
}

fn time_add(call: &Call<'_>) -> Outcome {
    let time = parse(call.text(0))?;
    let duration = parse_duration(call.text(1))?;
    let later = time.checked_add(duration).ok_or("the resulting time is out of range")?;
    write(later)
}

fn time_compare(call: &Call<'_>) -> Outcome {
    let first = parse(call.text(0)).map_err(|message| Fault::at(0, message))?;
    let second = parse(call.text(1)).map_err(|message| Fault::at(1, message))?;
    Ok(Value::from(first.cmp(&second) as i64))
}

/// A piece of a timestamp that is being read.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn expect(&mut self, wanted: char) -> Result<(), String> {
        let Some(rest) = self.rest.strip_prefix(wanted) else {
            return Err(match (wanted, self.rest) {
                ('T', _) => "missing required time introducer 'T'".to_string(),
                (_, "") => format!("end of string where \"{wanted}\" is expected"),
                (_, rest) => format!("found {rest:?} where \"{wanted}\" is expected"),
            });
        };
        self.rest = rest;
        Ok(())
    }

    fn number(&mut self, digits: usize, what: &str, most: u16) -> Result<u16, String> {
        if self.rest.is_empty() {
            return Err(format!("end of string before {what}"));
        }
        let piece = self.rest.get(..digits).filter(|it| it.bytes().all(|it| it.is_ascii_digit()));
        let number = piece.and_then(|piece| piece.parse().ok()).filter(|number| *number <= most);
        let number = number.ok_or_else(|| format!("cannot use {:?} as {what}", self.rest))?;
        self.rest = self.rest.get(digits..).unwrap_or_default();
        Ok(number)
    }

    fn fraction(&mut self) -> u32 {
        let Some(rest) = self.rest.strip_prefix('.') else { return 0 };
        let digits = rest.len() - rest.trim_start_matches(|it: char| it.is_ascii_digit()).len();
        let (digits, rest) = rest.split_at(digits);
        if digits.is_empty() {
            return 0;
        }
        self.rest = rest;
        format!("{digits:0<9}").get(..9).and_then(|digits| digits.parse().ok()).unwrap_or_default()
    }

    fn offset(&mut self) -> Result<UtcOffset, String> {
        if self.rest == "Z" {
            return Ok(UtcOffset::UTC);
        }
        let unusable = match self.rest {
            "" => "end of string before UTC offset".to_string(),
            rest => format!("cannot use {rest:?} as UTC offset"),
        };
        let sign = match self.rest.chars().next() {
            Some('+') => 1,
            Some('-') => -1,
            _ => return Err(unusable),
        };
        let mut inner = Reader { rest: self.rest.get(1..).unwrap_or_default() };
        let hours = inner.number(2, "UTC offset", 23)?;
        inner.expect(':')?;
        let minutes = inner.number(2, "UTC offset", 59)?;
        if !inner.rest.is_empty() {
            return Err(unusable);
        }
        let seconds = sign * (i32::from(hours) * 60 + i32::from(minutes)) * 60;
        UtcOffset::from_whole_seconds(seconds).map_err(|_| unusable)
    }
}

/// Reads a time as in RFC 3339, and says what is wrong with it in words of that standard.
fn parse(text: &str) -> Result<OffsetDateTime, String> {
    read_time(text).map_err(|reason| format!("not a valid RFC3339 timestamp: {reason}"))
}

fn read_time(text: &str) -> Result<OffsetDateTime, String> {
    let mut reader = Reader { rest: text };
    let year = reader.number(4, "year", 9999)?;
    reader.expect('-')?;
    let month = reader.number(2, "month", 12)? as u8;
    reader.expect('-')?;
    let day = reader.number(2, "day of month", 99)? as u8;
    let month = Month::try_from(month).map_err(|_| "month out of range".to_string())?;
    let date = Date::from_calendar_date(i32::from(year), month, day)
        .map_err(|_| "day out of range".to_string())?;
    reader.expect('T')?;
    let hour = reader.number(2, "hour", 23)? as u8;
    reader.expect(':')?;
    let minute = reader.number(2, "minute", 59)? as u8;
    reader.expect(':')?;
    let second = reader.number(2, "second", 59)? as u8;
    let nanosecond = reader.fraction();
    let time =
        Time::from_hms_nano(hour, minute, second, nanosecond).map_err(|error| error.to_string())?;
    let offset = reader.offset()?;
    Ok(OffsetDateTime::new_in_offset(date, time, offset))
}

/// Reads a duration as Go writes them: numbers with units, such as `-1h30.5m`.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let invalid = || format!("time: invalid duration {text:?}");
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let numeric = |it: char| it.is_ascii_digit() || it == '.';
        let after = rest.trim_start_matches(numeric);
        let (number, _) = rest.split_at(rest.len() - after.len());
        let unit_end = after.find(numeric).unwrap_or(after.len());
        let (unit, next) = after.split_at(unit_end);
        if number.is_empty() {
            return Err(invalid());
        }
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {text:?}"));
        }
        let scale = nanoseconds(unit)
            .ok_or_else(|| format!("time: unknown unit {unit:?} in duration {text:?}"))?;
        total = scaled(number, scale).and_then(|it| total.checked_add(it)).ok_or_else(invalid)?;
        rest = next;
    }
    i64::try_from(total * sign).map(Duration::nanoseconds).map_err(|_| invalid())
}

fn nanoseconds(unit: &str) -> Option<i128> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// A decimal number times a whole one, without what is left of a whole.
fn scaled(number: &str, scale: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let fraction = fraction.get(..18).unwrap_or(fraction);
    let parse = |digits: &str| -> Option<i128> {
        if digits.is_empty() { Some(0) } else { digits.parse().ok() }
    };
    let power = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let part = parse(fraction)?.checked_mul(scale)? / power;
    parse(whole)?.checked_mul(scale)?.checked_add(part)
}

fn format_date(call: &Call<'_>) -> Outcome {
    let time = parse(call.text(1)).map_err(|message| Fault::at(1, message))?;
    let mut out = String::new();
    let mut rest = call.text(0);
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '\'' => quoted(rest, &mut out).ok_or_else(|| Fault::at(0, "unterminated literal '"))?,
            _ if first.is_ascii_alphabetic() => {
                let after = rest.trim_start_matches(first);
                let verb = rest.get(..rest.len() - after.len()).unwrap_or_default();
                out.push_str(&date_part(verb, time).map_err(|message| Fault::at(0, message))?);
                after
            }
            _ => {
                out.push(first);
                rest.get(first.len_utf8()..).unwrap_or_default()
            }
        };
    }
    text(out)
}

/// Copies a quoted literal, in which two quotes stand for one; gives what comes after.
fn quoted<'a>(rest: &'a str, out: &mut String) -> Option<&'a str> {
    let mut rest = rest.strip_prefix('\'')?;
    if let Some(after) = rest.strip_prefix('\'') {
        out.push('\'');
        return Some(after);
    }
    loop {
        let (literal, after) = rest.split_once('\'')?;
        out.push_str(literal);
        match after.strip_prefix('\'') {
            Some(more) => {
                out.push('\'');
                rest = more;
            }
            None => return Some(after),
        }
    }
}

fn date_part(verb: &str, time: OffsetDateTime) -> Result<String, String> {
    let (hour, minute, second) = time.to_hms();
    let half = if hour < 12 { "am" } else { "pm" };
    let hour_of_12 = if hour.is_multiple_of(12) { 12 } else { hour % 12 };
    Ok(match verb {
        "YY" => format!("{:02}", time.year() % 100),
        "YYYY" => format!("{:04}", time.year()),
        "M" => u8::from(time.month()).to_string(),
        "MM" => format!("{:02}", u8::from(time.month())),
        "MMM" => time.month().to_string().chars().take(3).collect(),
        "MMMM" => time.month().to_string(),
        "D" => time.day().to_string(),
        "DD" => format!("{:02}", time.day()),
        "EEE" => time.weekday().to_string().chars().take(3).collect(),
        "EEEE" => time.weekday().to_string(),
        "h" => hour.to_string(),
        "hh" => format!("{hour:02}"),
        "H" => hour_of_12.to_string(),
        "HH" => format!("{hour_of_12:02}"),
        "AA" => half.to_uppercase(),
        "aa" => half.to_string(),
        "m" => minute.to_string(),
        "mm" => format!("{minute:02}"),
        "s" => second.to_string(),
        "ss" => format!("{second:02}"),
        "Z" | "ZZZ" | "ZZZZ" | "ZZZZZ" => zone(verb, time.offset()),
        _ => return Err(format!("invalid date format verb {verb:?}{}", expected(verb))),
    })
}

fn zone(verb: &str, offset: UtcOffset) -> String {
    match verb {
        "Z" if offset.is_utc() => return "Z".to_string(),
        "ZZZ" if offset.is_utc() => return "UTC".to_string(),
        _ => {}
    }
    let sign = if offset.is_negative() { '-' } else { '+' };
    let colon = if matches!(verb, "Z" | "ZZZZZ") { ":" } else { "" };
    let (hours, minutes, _) = offset.as_hms();
    format!("{sign}{:02}{colon}{:02}", hours.unsigned_abs(), minutes.unsigned_abs())
}

/// What a verb that begins like this one may be.
fn expected(verb: &str) -> &'static str {
    match verb.chars().next() {
        Some('Y') => ": year must either be \"YY\" or \"YYYY\"",
        Some('M') => ": month must be \"M\", \"MM\", \"MMM\", or \"MMMM\"",
        Some('D') => ": day of month must either be \"D\" or \"DD\"",
        Some('E') => ": day of week must either be \"EEE\" or \"EEEE\"",
        Some('h') => ": 24-hour must either be \"h\" or \"hh\"",
        Some('H') => ": 12-hour must either be \"H\" or \"HH\"",
        Some('A') => ": must be \"AA\"",
        Some('a') => ": must be \"aa\"",
        Some('m') => ": minute must either be \"m\" or \"mm\"",
        Some('s') => ": second must either be \"s\" or \"ss\"",
        Some('Z') => ": timezone must be Z, ZZZ, ZZZZ, or ZZZZZ",
        _ => "",
    }
}
