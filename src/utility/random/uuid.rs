//! `random_uuid`, `random_uuid4` and `random_uuid7`

use ::time::OffsetDateTime;
use ::uuid::{Builder, Uuid};
use rand::RngExt as _;

use super::{Keepers, same_entries};
use crate::provider::{ProviderError, Result};
use crate::utility::refused;

/// Declares a resource type of UUIDs, with how they are made and read.
macro_rules! uuids {
    (
        $(#[doc = $doc:literal])*
        $name:ident is $type:literal made by $make:expr, read by $read:expr
    ) => {
        $crate::schema! {
            $(#[doc = $doc])*
            pub struct $name {
                /// The UUID.
                #[read_only] id: Option<String>,
                /// Any values; a change replaces the resource.
                #[force_new] #[equivalent(same_entries)] keepers: Keepers,
                /// The UUID.
                #[read_only] result: Option<String>,
            }
        }

        impl $name {
            fn of(keepers: Keepers, uuid: Uuid) -> $name {
                let text = uuid.hyphenated().to_string();
                $name { id: Some(text.clone()), keepers, result: Some(text) }
            }
        }

        impl $crate::utility::kind::Resource for $name {
            const TYPE: &'static str = $type;
            const IMPORT: &'static str = "the UUID";

            async fn create(self) -> Result<Self> {
                Ok($name::of(self.keepers, $make()?))
            }

            fn import(id: &str) -> Result<Self> {
                Ok($name::of(None, $read(id)?))
            }
        }
    };
}

uuids! {
    /// A random UUID.
    RandomUuid is "random_uuid" made by random, read by plain
}

uuids! {
    /// A random UUID of version 4.
    RandomUuid4 is "random_uuid4" made by random, read by parsed
}

uuids! {
    /// A UUID of version 7: those that are made later come after those that are made earlier.
    RandomUuid7 is "random_uuid7" made by ordered, read by parsed
}

fn random() -> Result<Uuid> {
    Ok(Uuid::new_v4())
}

fn ordered() -> Result<Uuid> {
    let now = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
    let now = u64::try_from(now).map_err(|_| refused("the clock of this machine is wrong"))?;
    Ok(Builder::from_unix_timestamp_millis(now, &rand::rng().random()).into_uuid())
}

fn wrong(id: &str) -> ProviderError {
    refused(format!("`{id}` is not a UUID"))
}

/// A UUID in any of its notations.
fn parsed(id: &str) -> Result<Uuid> {
    Uuid::try_parse(id).map_err(|_| wrong(id))
}

/// A UUID with hyphens and nothing else.
fn plain(id: &str) -> Result<Uuid> {
    parsed(id).and_then(|uuid| if id.len() == 36 { Ok(uuid) } else { Err(wrong(id)) })
}
