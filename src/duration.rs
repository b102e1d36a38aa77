//! Lengths of time as Go writes them, which is how Terraform's flags and `timeouts` are written.

use std::time::Duration;

/// Units with their nanoseconds, longer names first (Go's `time.ParseDuration`).
const UNITS: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("μs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 60e9),
    ("h", 3600e9),
];

/// The length of time that a text such as `90s`, `1h30m` or `1.5h` says; none when it says nothing of
/// the kind, a negative one, or one longer than Go can hold (292 years).
pub fn parse(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|it: char| it != '.' && !it.is_ascii_digit())?;
        let (number, tail) = (rest.get(..digits)?, rest.get(digits..)?);
        let (unit, scale) = UNITS.iter().find(|(unit, _)| tail.starts_with(unit))?;
        let nanoseconds = number.parse::<f64>().ok()? * scale;
        total = total.checked_add(Duration::try_from_secs_f64(nanoseconds / 1e9).ok()?)?;
        rest = tail.get(unit.len()..)?;
    }
    let longest = Duration::from_nanos(i64::MAX.unsigned_abs());
    (!text.is_empty()).then_some(total).filter(|total| *total <= longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_does() {
        for (text, seconds) in [
            ("0s", 0.0),
            ("90s", 90.0),
            ("1h30m", 5400.0),
            ("1.5m", 90.0),
            ("250ms", 0.25),
            ("1m0.5s", 60.5),
            ("1500us", 0.0015),
        ] {
            assert_eq!(parse(text), Some(Duration::from_secs_f64(seconds)), "{text}");
        }
    }

    #[test]
    fn what_is_none_or_too_long_is_refused() {
        let wrong = ["", "5", "m", "5 minutes", "-1s", "5d", "1..5s"];
        for text in wrong.into_iter().chain(["9223372036854775807s", "1e3s", "2600000h"]) {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
