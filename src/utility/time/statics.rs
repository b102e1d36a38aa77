//! `time_static`

use super::{Triggers, is_time, now, parse, with_parts, write};
use crate::provider::{Proposal, Result};
use crate::schema;
use crate::schema::{Check, FieldType as _};
use crate::utility::kind::Resource;
use crate::value::Value;

schema! {
    /// A moment: that of its creation, or one given.
    pub struct TimeStatic {
        /// The day of the month.
        #[read_only] day: Option<i64>,
        /// The hour of the day.
        #[read_only] hour: Option<i64>,
        /// The moment, as in RFC 3339.
        #[read_only] id: Option<String>,
        /// The minute of the hour.
        #[read_only] minute: Option<i64>,
        /// The month of the year.
        #[read_only] month: Option<i64>,
        /// The moment, as in RFC 3339; when not given, that of the creation.
        #[computed] #[force_new] #[check(Check::Custom(is_time))] rfc3339: Option<String>,
        /// The second of the minute.
        #[read_only] second: Option<i64>,
        /// Any values; a change replaces the resource.
        #[force_new] triggers: Triggers,
        /// The seconds since 1970.
        #[read_only] unix: Option<i64>,
        /// The year.
        #[read_only] year: Option<i64>,
    }
}

/// The object with everything that follows from its moment.
fn complete(object: Value, text: &str) -> Result<Value> {
    Ok(with_parts(object, parse(text)?).with("id", Value::string(text)))
}

impl Resource for TimeStatic {
    const TYPE: &'static str = "time_static";
    const IMPORT: &'static str = "the moment, as in RFC 3339";

    fn plan(proposal: &mut Proposal<'_>) -> Result {
        if let Some(text) = proposal.value.get("rfc3339").as_str() {
            proposal.value = complete(proposal.value.clone(), text)?;
        }
        Ok(())
    }

    async fn create(self) -> Result<Self> {
        let text = self.rfc3339.clone().map_or_else(|| write(now()), Ok)?;
        let moment = self.encode().with("rfc3339", Value::string(&text));
        Ok(TimeStatic::decode(&complete(moment, &text)?)?)
    }

    fn import(id: &str) -> Result<Self> {
        let text = write(parse(id)?)?;
        let moment = TimeStatic::blank().encode().with("rfc3339", Value::string(&text));
        let object = TimeStatic::decode(&complete(moment, &text)?)?;
        Ok(TimeStatic { triggers: Some(Default::default()), ..object })
    }
}
