//! `random_shuffle`

use rand::seq::SliceRandom as _;

use super::{Keepers, generator, same_entries};
use crate::provider::Result;
use crate::schema;
use crate::schema::Check;
use crate::utility::kind::Resource;

schema! {
    /// Texts in random order.
    pub struct RandomShuffle {
        /// Always `-`.
        #[read_only] id: Option<String>,
        /// The texts.
        #[required] #[min_items(0)] #[force_new] input: Vec<String>,
        /// Any values; a change replaces the resource.
        #[force_new] #[equivalent(same_entries)] keepers: Keepers,
        /// The texts in their new order.
        #[read_only] result: Option<Vec<String>>,
        /// How many texts to give; with more than there are, all come again in another order.
        #[force_new] #[check(Check::Between(0, i64::MAX))] result_count: Option<i64>,
        /// A text that decides the order.
        #[force_new] seed: Option<String>,
    }
}

impl Resource for RandomShuffle {
    const TYPE: &'static str = "random_shuffle";

    async fn create(self) -> Result<Self> {
        let mut random = generator(self.seed.as_deref());
        let wanted = self
            .result_count
            .map_or(self.input.len(), |count| usize::try_from(count).unwrap_or_default());
        let mut result = Vec::new();
        while result.len() < wanted && !self.input.is_empty() {
            let mut batch = self.input.clone();
            batch.shuffle(&mut random);
            batch.truncate(wanted - result.len());
            result.extend(batch);
        }
        Ok(RandomShuffle { id: Some("-".to_string()), result: Some(result), ..self })
    }
}
