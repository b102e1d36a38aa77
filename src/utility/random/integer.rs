//! `random_integer`

use rand::RngExt as _;

use super::{Keepers, generator, same_entries};
use crate::provider::Result;
use crate::schema;
use crate::utility::kind::Resource;
use crate::utility::refused;
use crate::value::{Number, Path, Value};

schema! {
    /// A random whole number of a range.
    pub struct RandomInteger {
        /// The number as text.
        #[read_only] id: Option<String>,
        /// Any values; a change replaces the resource.
        #[force_new] #[equivalent(same_entries)] keepers: Keepers,
        /// The highest number possible.
        #[force_new] max: i64,
        /// The lowest number possible.
        #[force_new] min: i64,
        /// The number.
        #[read_only] result: Option<i64>,
        /// A text that decides the number.
        #[force_new] seed: Option<String>,
    }
}

impl Resource for RandomInteger {
    const TYPE: &'static str = "random_integer";
    const IMPORT: &'static str = "result,min,max or result,min,max,seed";

    fn validate(configuration: &Value) -> Vec<(Path, String)> {
        let given = |name| configuration.get(name).as_number().and_then(Number::as_i64);
        match (given("min"), given("max")) {
            (Some(min), Some(max)) if max < min => {
                vec![(Path::attribute("max"), format!("must not be lower than `min`, {min}"))]
            }
            _ => Vec::new(),
        }
    }

    async fn create(self) -> Result<Self> {
        if self.max < self.min {
            return Err(refused("`max` must not be lower than `min`"));
        }
        let seed = self.seed.as_deref();
        let number = generator(seed).random_range(self.min..=self.max);
        Ok(RandomInteger { id: Some(number.to_string()), result: Some(number), ..self })
    }

    fn import(id: &str) -> Result<Self> {
        let parts: Vec<&str> = id.split(',').collect();
        let (result, min, max, seed) = match parts[..] {
            [result, min, max] => (result, min, max, None),
            [result, min, max, seed] => (result, min, max, Some(seed.to_string())),
            _ => return Err(refused(format!("`{id}` is not {}", Self::IMPORT))),
        };
        let number = |text: &str| {
            text.parse::<i64>().map_err(|_| refused(format!("`{text}` is no whole number")))
        };
        Ok(RandomInteger {
            id: Some(result.to_string()),
            keepers: None,
            max: number(max)?,
            min: number(min)?,
            result: Some(number(result)?),
            seed,
        })
    }
}
