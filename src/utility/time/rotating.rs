//! `time_rotating`

use super::{
    Triggers, Unit, import_parts, is_time, later, now, parse, plan_unknown, whole, with_numbers,
    with_parts, write,
};
use crate::provider::{Proposal, Result};
use crate::schema;
use crate::schema::{Check, FieldType as _};
use crate::utility::kind::Resource;
use crate::value::Value;

const ROTATIONS: &[&str] = &[
    "rotation_days",
    "rotation_hours",
    "rotation_minutes",
    "rotation_months",
    "rotation_rfc3339",
    "rotation_years",
];

schema! {
    /// A moment that is given up, and replaced by the next, when its time has come.
    pub struct TimeRotating {
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
        /// The moment to start from, as in RFC 3339; when not given, that of the creation.
        #[computed] #[force_new] #[check(Check::Custom(is_time))] rfc3339: Option<String>,
        /// After how many days its time has come.
        #[at_least_one_of(ROTATIONS)] #[check(Check::Between(1, i64::MAX))]
        rotation_days: Option<i64>,
        /// After how many hours its time has come.
        #[at_least_one_of(ROTATIONS)] #[check(Check::Between(1, i64::MAX))]
        rotation_hours: Option<i64>,
        /// After how many minutes its time has come.
        #[at_least_one_of(ROTATIONS)] #[check(Check::Between(1, i64::MAX))]
        rotation_minutes: Option<i64>,
        /// After how many months its time has come.
        #[at_least_one_of(ROTATIONS)] #[check(Check::Between(1, i64::MAX))]
        rotation_months: Option<i64>,
        /// When its time has come, as in RFC 3339.
        #[computed] #[at_least_one_of(ROTATIONS)] #[check(Check::Custom(is_time))]
        rotation_rfc3339: Option<String>,
        /// After how many years its time has come.
        #[at_least_one_of(ROTATIONS)] #[check(Check::Between(1, i64::MAX))]
        rotation_years: Option<i64>,
        /// The second of the minute.
        #[read_only] second: Option<i64>,
        /// Any values; a change replaces the resource.
        #[force_new] triggers: Triggers,
        /// When its time has come, in seconds since 1970.
        #[read_only] unix: Option<i64>,
        /// The year.
        #[read_only] year: Option<i64>,
    }
}

/// The object with everything that follows from its base and rotations. Of several rotations the
/// last of these counts: days, hours, minutes, months, the given moment, years.
fn complete(object: Value, base: &str, given: Option<&str>) -> Result<Value> {
    const BEFORE: [(&str, Unit); 4] = [
        ("rotation_days", Unit::Days),
        ("rotation_hours", Unit::Hours),
        ("rotation_minutes", Unit::Minutes),
        ("rotation_months", Unit::Months),
    ];
    let start = parse(base)?;
    let after = |name, unit| match whole(&object, name) {
        0 => Ok(None),
        count => later(start, count, unit).map(Some),
    };
    let mut time = start;
    for (name, unit) in BEFORE {
        time = after(name, unit)?.unwrap_or(time);
    }
    time = given.map(parse).transpose()?.unwrap_or(time);
    time = after("rotation_years", Unit::Years)?.unwrap_or(time);
    let text = match given {
        Some(given) if parse(given)? == time => given.to_string(),
        _ => write(time)?,
    };
    let object = object.with("rfc3339", Value::string(base)).with("id", Value::string(base));
    Ok(with_parts(object, time).with("rotation_rfc3339", Value::string(text)))
}

/// What decides when its time has come.
fn rotations(configuration: &Value, prior: &Value) -> bool {
    let same = |name: &&str| configuration.get(name) == prior.get(name);
    let computed = |name: &&str| *name == "rotation_rfc3339" && configuration.get(name).is_null();
    ROTATIONS.iter().all(|name| same(name) || computed(name))
}

impl Resource for TimeRotating {
    const TYPE: &'static str = "time_rotating";
    const IMPORT: &'static str = "base,years,months,days,hours,minutes or base,rotation";

    fn plan(proposal: &mut Proposal<'_>) -> Result {
        if proposal.prior.is_some_and(|prior| rotations(proposal.configuration, prior)) {
            return Ok(());
        }
        let base = proposal.value.get("rfc3339");
        let given = proposal.configuration.get("rotation_rfc3339");
        let known = ROTATIONS.iter().all(|name| proposal.configuration.get(name).is_known());
        match base.as_str() {
            Some(base) if known => {
                proposal.value = complete(proposal.value.clone(), base, given.as_str())?;
            }
            base => {
                let id: &[&str] = if base.is_none() { &["id"] } else { &[] };
                plan_unknown(proposal, id);
                if given.is_null() {
                    plan_unknown(proposal, &["rotation_rfc3339"]);
                }
            }
        }
        Ok(())
    }

    async fn create(self) -> Result<Self> {
        let base = self.rfc3339.clone().map_or_else(|| write(now()), Ok)?;
        let given = self.rotation_rfc3339.as_deref();
        Ok(TimeRotating::decode(&complete(self.encode(), &base, given)?)?)
    }

    /// It is gone when its time has come.
    async fn read(self) -> Result<Option<Self>> {
        let due = self.rotation_rfc3339.as_deref().map(parse).transpose()?;
        Ok(Some(self).filter(|_| due.is_none_or(|due| now() <= due)))
    }

    fn import(id: &str) -> Result<Self> {
        const NAMES: [&str; 5] = [
            "rotation_years",
            "rotation_months",
            "rotation_days",
            "rotation_hours",
            "rotation_minutes",
        ];
        let parts = import_parts(id, &[2, 6], Self::IMPORT)?;
        let blank = TimeRotating::blank().encode();
        let (base, others) = parts.split_first().map_or(("", &[][..]), |(it, all)| (*it, all));
        let base = write(parse(base)?)?;
        let object = match others {
            [due] => complete(blank, &base, Some(due))?,
            numbers => complete(with_numbers(blank, &NAMES, numbers)?, &base, None)?,
        };
        Ok(TimeRotating { triggers: Some(Default::default()), ..TimeRotating::decode(&object)? })
    }
}
