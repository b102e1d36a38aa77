//! `time_sleep`

use std::time::Duration;

use ::time::OffsetDateTime;

use super::{Triggers, now, parse, write};
use crate::provider::{Result, Status};
use crate::schema;
use crate::schema::Check;
use crate::utility::kind::Resource;
use crate::utility::refused;

const DURATIONS: &[&str] = &["create_duration", "destroy_duration"];
const DURATION: Check =
    Check::Pattern(r"^[0-9]+(\.[0-9]+)?(ms|s|m|h)$", "a duration such as `30s`, `5m` or `500ms`");

schema! {
    /// A pause when it is created, when it is destroyed, or both.
    pub struct TimeSleep {
        /// How long to pause when it is created.
        #[at_least_one_of(DURATIONS)] #[check(DURATION)] create_duration: Option<String>,
        /// How long to pause when it is destroyed.
        #[at_least_one_of(DURATIONS)] #[check(DURATION)] destroy_duration: Option<String>,
        /// The end of the pause when it was created, as in RFC 3339.
        #[read_only] id: Option<String>,
        /// Any values; a change replaces the resource.
        #[force_new] triggers: Triggers,
    }
}

/// A duration such as `30s`.
fn duration(text: &str) -> Result<Duration> {
    let wrong = || refused(format!("`{text}` is not a duration such as `30s`"));
    let unit = text.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(unit);
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())
}

fn pause(text: Option<&str>) -> Result<Duration> {
    text.map_or(Ok(Duration::ZERO), duration)
}

/// The end of a pause that starts now: a whole second, so that the pause is not too short.
fn end(pause: Duration) -> Result<OffsetDateTime> {
    let far = || refused("the pause is too long");
    let rest = if pause.is_zero() { Duration::ZERO } else { Duration::from_nanos(999_999_999) };
    let length = pause.checked_add(rest).ok_or_else(far)?;
    let length = ::time::Duration::try_from(length).map_err(|_| far())?;
    let end = now().checked_add(length).ok_or_else(far)?;
    Ok(end.replace_nanosecond(0).unwrap_or(end))
}

impl Resource for TimeSleep {
    const TYPE: &'static str = "time_sleep";
    const IMPORT: &'static str = "create_duration,destroy_duration";
    const TIMEOUT: Duration = Duration::from_secs(366 * 24 * 3600);

    /// Does not pause itself: it is not ready before the pause is over.
    async fn create(self) -> Result<Self> {
        let end = end(pause(self.create_duration.as_deref())?)?;
        Ok(TimeSleep { id: Some(write(end)?), ..self })
    }

    fn status(&self) -> Status {
        match self.id.as_deref().map(parse) {
            Some(Ok(end)) if now() < end => Status::Pending(format!("pausing until {end}")),
            _ => Status::Ready,
        }
    }

    async fn delete(self) -> Result {
        tokio::time::sleep(pause(self.destroy_duration.as_deref())?).await;
        Ok(())
    }

    fn import(id: &str) -> Result<Self> {
        let (create, destroy) = id.split_once(',').unwrap_or((id, ""));
        let given = |text: &str| match text {
            "" => Ok(None),
            text => duration(text).map(|_| Some(text.to_string())),
        };
        if !id.contains(',') || id == "," {
            return Err(refused(format!("`{id}` is not {}", Self::IMPORT)));
        }
        Ok(TimeSleep {
            create_duration: given(create)?,
            destroy_duration: given(destroy)?,
            id: Some(write(now())?),
            triggers: Some(Default::default()),
        })
    }
}
