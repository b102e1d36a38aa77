//! `random_uuid`

use super::{Keepers, same_entries};
use crate::provider::Result;
use crate::schema;
use crate::utility::kind::Resource;
use crate::utility::refused;

schema! {
    /// A random UUID.
    pub struct RandomUuid {
        /// The UUID.
        #[read_only] id: Option<String>,
        /// Any values; a change replaces the resource.
        #[force_new] #[equivalent(same_entries)] keepers: Keepers,
        /// The UUID.
        #[read_only] result: Option<String>,
    }
}

impl RandomUuid {
    fn of(keepers: Keepers, uuid: ::uuid::Uuid) -> RandomUuid {
        let text = uuid.hyphenated().to_string();
        RandomUuid { id: Some(text.clone()), keepers, result: Some(text) }
    }
}

impl Resource for RandomUuid {
    const TYPE: &'static str = "random_uuid";
    const IMPORT: &'static str = "the UUID";

    async fn create(self) -> Result<Self> {
        Ok(RandomUuid::of(self.keepers, ::uuid::Uuid::new_v4()))
    }

    fn import(id: &str) -> Result<Self> {
        let uuid = ::uuid::Uuid::try_parse(id).ok().filter(|_| id.len() == 36);
        let uuid = uuid.ok_or_else(|| refused(format!("`{id}` is not a UUID")))?;
        Ok(RandomUuid::of(None, uuid))
    }
}
