//! When a call is made again: by the error table, by throttling, and after answers that never came.
//!
//! The SDK's own policy is switched off: it repeats calls whose first try may have made something.

mod table;

use std::time::Duration;

pub use table::{Class, ROWS, Row, row};

use crate::aws::operation::repeatable;

/// Codes that say there were too many calls; such a call was certainly not executed.
const THROTTLING: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Codes that say that the clocks differ; the SDK has set its own right when it sees one.
const CLOCK: &[&str] = &["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"];

/// What came of one try of a call that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// AWS answered with an error.
    Answered {
        /// The error code.
        code: String,
        /// The error message.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// The endpoint could not be reached: the call was certainly not executed.
    Unreached,
    /// No answer came, or none that could be read.
    Lost,
}

/// What to do about a [`Failure`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Report it.
    Stop,
    /// Make the call again after a while; and why.
    Again(Duration, String),
}

/// How a call has gone until now.
#[derive(Clone, Copy, Debug)]
pub struct Tries {
    /// How many times it was sent.
    pub sent: u32,
    /// How long ago it was begun, waiting for its bucket not counted.
    pub elapsed: Duration,
    /// The most times to send it again for errors that are not in the table.
    pub most: u32,
}

/// The most tries to reach an endpoint that does not answer at all.
const REACHES: u32 = 3;

/// Whether a code says that there were too many calls.
pub fn throttles(code: &str, status: u16) -> bool {
    THROTTLING.contains(&code) || status == 429
}

/// Whether an error table row or a status says what to do about a failed try of an operation.
pub fn decide(operation: &str, tries: Tries, failure: &Failure) -> Decision {
    match failure {
        Failure::Answered { code, message, status } => {
            answered(operation, tries, code, message, *status)
        }
        Failure::Unreached if tries.sent < REACHES.min(tries.most + 1) => {
            Decision::Again(back_off(tries.sent), "waiting for the endpoint to be reachable".into())
        }
        Failure::Lost if tries.sent <= tries.most.min(LOST) && repeatable(operation) => {
            Decision::Again(back_off(tries.sent), "asking again: no answer came".into())
        }
        Failure::Unreached | Failure::Lost => Decision::Stop,
    }
}

/// The most repetitions of a call whose answers do not come.
const LOST: u32 = 5;

fn answered(operation: &str, tries: Tries, code: &str, message: &str, status: u16) -> Decision {
    if throttles(code, status) {
        return throttled(operation, tries);
    }
    if let Some(row) = row(operation, code, message) {
        return by_row(row, tries, message);
    }
    if CLOCK.contains(&code) && tries.sent < 2 {
        return Decision::Again(Duration::ZERO, String::new());
    }
    if status >= 500 && tries.sent <= tries.most && repeatable(operation) {
        return Decision::Again(back_off(tries.sent), format!("AWS answered {status} {code}"));
    }
    Decision::Stop
}

fn throttled(operation: &str, tries: Tries) -> Decision {
    if tries.sent > tries.most {
        return Decision::Stop;
    }
    Decision::Again(back_off(tries.sent), format!("AWS takes no more calls of {operation} for now"))
}

fn by_row(row: &Row, tries: Tries, message: &str) -> Decision {
    let retried = matches!(row.class, Class::RetryUntil | Class::Serialise);
    let pause = if tries.sent == 1 { Duration::from_secs(2) } else { patience(tries.elapsed) };
    if retried && tries.elapsed + pause <= row.budget() {
        return Decision::Again(pause, row.why.replace("{role}", role_in(message)));
    }
    Decision::Stop
}

/// The wait between tries of the error table: IAM takes some 4 s to spread, so short at first.
fn patience(elapsed: Duration) -> Duration {
    match elapsed.as_secs() {
        0..10 => Duration::from_secs(1),
        10..60 => Duration::from_secs(2),
        _ => Duration::from_secs(5),
    }
}

/// 0.5 s, doubled by each try, at most 20 s.
fn back_off(sent: u32) -> Duration {
    Duration::from_millis(500 << sent.saturating_sub(1).min(6)).min(Duration::from_secs(20))
}

/// The name of the IAM role that a message names by its ARN.
fn role_in(message: &str) -> &str {
    let Some((_, rest)) = message.split_once(":role/") else { return "…" };
    let end = rest.find(|it: char| !it.is_alphanumeric() && !"+=,.@-_/".contains(it));
    rest[..end.unwrap_or(rest.len())].trim_end_matches(['.', ','])
}

/// Whether an error means that the object exists already, so that it may be ours.
pub fn adopts(operation: &str, code: &str, message: &str) -> bool {
    row(operation, code, message).is_some_and(|row| row.class == Class::Adopt)
}

/// What to do about an error that no retry helps.
pub fn advice(operation: &str, code: &str, message: &str) -> &'static str {
    let row = row(operation, code, message);
    row.filter(|row| matches!(row.class, Class::Terminal | Class::Adopt)).map_or("", |row| row.why)
}

#[cfg(test)]
mod tests;
