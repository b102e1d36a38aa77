//! `random_id`

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bigdecimal::num_bigint::BigUint;

use super::{Keepers, base64, bytes, hexadecimal, same_entries};
use crate::provider::Result;
use crate::schema;
use crate::schema::Check;
use crate::utility::kind::Resource;
use crate::utility::refused;

schema! {
    /// A random number in several notations.
    pub struct RandomId {
        /// The prefix and the number in Base64.
        #[read_only] b64_std: Option<String>,
        /// The prefix and the number in the Base64 of URLs.
        #[read_only] b64_url: Option<String>,
        /// How many bytes the number has.
        #[force_new] #[check(Check::Between(0, i64::MAX))] byte_length: i64,
        /// The prefix and the number in decimal digits.
        #[read_only] dec: Option<String>,
        /// The prefix and the number in hexadecimal digits, two for each byte.
        #[read_only] hex: Option<String>,
        /// The number in the Base64 of URLs.
        #[read_only] id: Option<String>,
        /// Any values; a change replaces the resource.
        #[force_new] #[equivalent(same_entries)] keepers: Keepers,
        /// What the notations start with.
        #[force_new] prefix: Option<String>,
    }
}

impl RandomId {
    fn of(self, bytes: &[u8]) -> RandomId {
        let prefix = self.prefix.clone().unwrap_or_default();
        let id = URL_SAFE_NO_PAD.encode(bytes);
        RandomId {
            b64_std: Some(format!("{prefix}{}", base64(bytes))),
            b64_url: Some(format!("{prefix}{id}")),
            dec: Some(format!("{prefix}{}", BigUint::from_bytes_be(bytes))),
            hex: Some(format!("{prefix}{}", hexadecimal(bytes))),
            id: Some(id),
            ..self
        }
    }
}

impl Resource for RandomId {
    const TYPE: &'static str = "random_id";
    const IMPORT: &'static str = "the id, or prefix,id";

    async fn create(self) -> Result<Self> {
        let bytes = bytes(self.byte_length)?;
        Ok(self.of(&bytes))
    }

    fn import(id: &str) -> Result<Self> {
        let (prefix, id) = id.rsplit_once(',').unwrap_or(("", id));
        let bytes =
            URL_SAFE_NO_PAD.decode(id).map_err(|_| refused("the id is not in Base64 of URLs"))?;
        let blank = RandomId {
            b64_std: None,
            b64_url: None,
            byte_length: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
            dec: None,
            hex: None,
            id: None,
            keepers: None,
            prefix: (!prefix.is_empty()).then(|| prefix.to_string()),
        };
        Ok(blank.of(&bytes))
    }
}
