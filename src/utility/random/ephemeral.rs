//! `random_password` and `random_bytes` that last as long as the run.

use super::password::hash;
use super::string::{choose, problems};
use super::{base64, bytes, hexadecimal};
use crate::provider::Result;
use crate::schema;
use crate::schema::{Check, Secret};
use crate::utility::busy;
use crate::utility::source::Source;
use crate::value::{Path, Value};

schema! {
    /// Random characters for the run only.
    pub struct EphemeralPassword {
        /// A bcrypt hash of the characters (of the first 72 bytes).
        #[read_only] bcrypt_hash: Option<Secret<String>>,
        /// How many characters.
        #[check(Check::Between(1, i64::MAX))] length: i64,
        /// Whether there may be lower case letters.
        #[default(true)] lower: bool,
        /// The fewest lower case letters.
        #[default(0)] min_lower: i64,
        /// The fewest digits.
        #[default(0)] min_numeric: i64,
        /// The fewest special characters.
        #[default(0)] min_special: i64,
        /// The fewest upper case letters.
        #[default(0)] min_upper: i64,
        /// Whether there may be digits.
        #[default(true)] numeric: bool,
        /// The special characters to use instead of `!@#$%&*()-_=+[]{}<>:?`.
        override_special: Option<String>,
        /// The characters.
        #[read_only] result: Option<Secret<String>>,
        /// Whether there may be special characters.
        #[default(true)] special: bool,
        /// Whether there may be upper case letters.
        #[default(true)] upper: bool,
    }

    /// Random bytes for the run only.
    pub struct EphemeralBytes {
        /// The bytes in Base64.
        #[read_only] base64: Option<Secret<String>>,
        /// The bytes as hexadecimal digits.
        #[read_only] hex: Option<Secret<String>>,
        /// How many bytes.
        #[check(Check::Between(1, i64::MAX))] length: i64,
    }
}

impl Source for EphemeralPassword {
    const TYPE: &'static str = "random_password";

    fn validate(configuration: &Value) -> Vec<(Path, String)> {
        problems(configuration)
    }

    async fn read(self) -> Result<Self> {
        let special = self.override_special.as_deref().unwrap_or_default();
        let classes = [
            (self.numeric, self.min_numeric),
            (self.lower, self.min_lower),
            (self.upper, self.min_upper),
            (self.special, self.min_special),
        ];
        let result = choose(self.length, special, classes)?;
        let text = result.clone();
        let hash = busy(move || hash(&text)).await?;
        Ok(EphemeralPassword {
            bcrypt_hash: Some(Secret(hash)),
            result: Some(Secret(result)),
            ..self
        })
    }
}

impl Source for EphemeralBytes {
    const TYPE: &'static str = "random_bytes";

    async fn read(self) -> Result<Self> {
        let bytes = bytes(self.length)?;
        let (base64, hex) = (Secret(base64(&bytes)), Secret(hexadecimal(&bytes)));
        Ok(EphemeralBytes { base64: Some(base64), hex: Some(hex), ..self })
    }
}
