//! `random_pet`

use petname::Petnames;

use super::{Keepers, same_entries};
use crate::provider::Result;
use crate::schema;
use crate::schema::Check;
use crate::utility::kind::Resource;

schema! {
    /// A name of several words, the last of which is that of an animal.
    pub struct RandomPet {
        /// The name.
        #[read_only] id: Option<String>,
        /// Any values; a change replaces the resource.
        #[force_new] #[equivalent(same_entries)] keepers: Keepers,
        /// How many words.
        #[default(2)] #[force_new] #[check(Check::Between(0, 255))] length: i64,
        /// What the name starts with.
        #[force_new] prefix: Option<String>,
        /// What stands between the words.
        #[default("-")] #[force_new] separator: String,
    }
}

impl Resource for RandomPet {
    const TYPE: &'static str = "random_pet";

    async fn create(self) -> Result<Self> {
        let words = u8::try_from(self.length).unwrap_or(u8::MAX);
        let mut name = match self.prefix.as_deref() {
            None | Some("") => String::new(),
            Some(prefix) => format!("{prefix}{}", self.separator),
        };
        let petnames = Petnames::medium();
        petnames.namer(words, &self.separator).generate_into(&mut name, &mut rand::rng());
        Ok(RandomPet { id: Some(name), ..self })
    }
}
