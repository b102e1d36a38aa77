//! `time_offset`

use ::time::OffsetDateTime;

use super::{
    Triggers, Unit, import_parts, is_time, later, now, parse, plan_unknown, whole, with_numbers,
    with_parts, write,
};
use crate::provider::{Proposal, Result};
use crate::schema;
use crate::schema::{Check, FieldType as _};
use crate::utility::kind::Resource;
use crate::value::Value;

const OFFSETS: &[&str] = &[
    "offset_days",
    "offset_hours",
    "offset_minutes",
    "offset_months",
    "offset_seconds",
    "offset_years",
];

/// In the order in which they are added.
const UNITS: [(&str, Unit); 6] = [
    ("offset_days", Unit::Days),
    ("offset_hours", Unit::Hours),
    ("offset_minutes", Unit::Minutes),
    ("offset_months", Unit::Months),
    ("offset_seconds", Unit::Seconds),
    ("offset_years", Unit::Years),
];

schema! {
    /// A moment that is so much later than another.
    pub struct TimeOffset {
        /// The moment to start from, as in RFC 3339; when not given, that of the creation.
        #[computed] #[check(Check::Custom(is_time))] base_rfc3339: Option<String>,
        /// The day of the month.
        #[read_only] day: Option<i64>,
        /// The hour of the day.
        #[read_only] hour: Option<i64>,
        /// The moment to start from.
        #[read_only] id: Option<String>,
        /// The minute of the hour.
        #[read_only] minute: Option<i64>,
        /// The month of the year.
        #[read_only] month: Option<i64>,
        /// How many days later.
        #[at_least_one_of(OFFSETS)] offset_days: Option<i64>,
        /// How many hours later.
        #[at_least_one_of(OFFSETS)] offset_hours: Option<i64>,
        /// How many minutes later.
        #[at_least_one_of(OFFSETS)] offset_minutes: Option<i64>,
        /// How many months later.
        #[at_least_one_of(OFFSETS)] offset_months: Option<i64>,
        /// How many seconds later.
        #[at_least_one_of(OFFSETS)] offset_seconds: Option<i64>,
        /// How many years later.
        #[at_least_one_of(OFFSETS)] offset_years: Option<i64>,
        /// The later moment, as in RFC 3339.
        #[read_only] rfc3339: Option<String>,
        /// The second of the minute.
        #[read_only] second: Option<i64>,
        /// Any values; a change replaces the resource.
        #[force_new] triggers: Triggers,
        /// The later moment in seconds since 1970.
        #[read_only] unix: Option<i64>,
        /// The year.
        #[read_only] year: Option<i64>,
    }
}

/// The object with everything that follows from its base and offsets.
fn complete(object: Value, base: &str) -> Result<Value> {
    let add =
        |time: OffsetDateTime, (name, unit): (&str, Unit)| later(time, whole(&object, name), unit);
    let time = UNITS.into_iter().try_fold(parse(base)?, add)?;
    let object = object.with("base_rfc3339", Value::string(base)).with("id", Value::string(base));
    Ok(with_parts(object, time).with("rfc3339", Value::string(write(time)?)))
}

impl Resource for TimeOffset {
    const TYPE: &'static str = "time_offset";
    const IMPORT: &'static str = "base,years,months,days,hours,minutes,seconds";

    fn plan(proposal: &mut Proposal<'_>) -> Result {
        let base = proposal.value.get("base_rfc3339");
        let known = OFFSETS.iter().all(|name| proposal.value.get(name).is_known());
        match base.as_str() {
            Some(base) if known => proposal.value = complete(proposal.value.clone(), base)?,
            Some(_) => plan_unknown(proposal, &["rfc3339"]),
            None => plan_unknown(proposal, &["id", "rfc3339"]),
        }
        Ok(())
    }

    async fn create(self) -> Result<Self> {
        let base = self.base_rfc3339.clone().map_or_else(|| write(now()), Ok)?;
        Ok(TimeOffset::decode(&complete(self.encode(), &base)?)?)
    }

    fn import(id: &str) -> Result<Self> {
        const NAMES: [&str; 6] = [
            "offset_years",
            "offset_months",
            "offset_days",
            "offset_hours",
            "offset_minutes",
            "offset_seconds",
        ];
        let parts = import_parts(id, &[7], Self::IMPORT)?;
        let (base, numbers) = parts.split_first().map_or(("", &[][..]), |(it, all)| (*it, all));
        let object = with_numbers(TimeOffset::blank().encode(), &NAMES, numbers)?;
        let object = TimeOffset::decode(&complete(object, &write(parse(base)?)?)?)?;
        Ok(TimeOffset { triggers: Some(Default::default()), ..object })
    }
}
