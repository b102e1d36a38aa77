//! `random_bytes`

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Keepers, base64, bytes, hexadecimal};
use crate::provider::Result;
use crate::schema;
use crate::schema::{Check, Secret};
use crate::utility::kind::Resource;
use crate::utility::refused;

schema! {
    /// Random bytes that are kept secret.
    pub struct RandomBytes {
        /// The bytes in Base64.
        #[read_only] base64: Option<Secret<String>>,
        /// The bytes as hexadecimal digits.
        #[read_only] hex: Option<Secret<String>>,
        /// Any values; a change replaces the resource.
        #[force_new] keepers: Keepers,
        /// How many bytes.
        #[force_new] #[check(Check::Between(1, i64::MAX))] length: i64,
    }
}

impl RandomBytes {
    fn of(self, bytes: &[u8]) -> RandomBytes {
        let (base64, hex) = (Secret(base64(bytes)), Secret(hexadecimal(bytes)));
        RandomBytes { base64: Some(base64), hex: Some(hex), ..self }
    }
}

impl Resource for RandomBytes {
    const TYPE: &'static str = "random_bytes";
    const IMPORT: &'static str = "the bytes in Base64";

    async fn create(self) -> Result<Self> {
        let bytes = bytes(self.length)?;
        Ok(self.of(&bytes))
    }

    fn import(id: &str) -> Result<Self> {
        let bytes = STANDARD.decode(id).map_err(|_| refused("the id is not in Base64"))?;
        let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        Ok(RandomBytes { base64: None, hex: None, keepers: None, length }.of(&bytes))
    }
}
