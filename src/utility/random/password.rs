//! `random_password`

use super::string::characters;
use super::{Keepers, same_entries};
use crate::provider::{ErrorKind, ProviderError, Result};
use crate::schema::{Check, Secret};
use crate::value::{Path, Value};

/// The cost of the hash, as the provider has it.
const COST: u32 = 10;
/// The most bytes of which bcrypt takes notice.
const HASHED: usize = 72;

characters! {
    /// Random characters that are kept secret.
    #[version = 3]
    RandomPassword is "random_password" {
        /// A bcrypt hash of the characters (of the first 72 bytes).
        #[read_only] bcrypt_hash: Option<Secret<String>>,
        /// Always `none`.
        #[read_only] id: Option<String>,
        /// The characters.
        #[read_only] result: Option<Secret<String>>,
    }
}

pub(super) fn hash(password: &str) -> Result<String> {
    let bytes = password.as_bytes();
    let hashed = bytes.get(..HASHED).unwrap_or(bytes);
    let hash = bcrypt::hash_with_result(hashed, COST)
        .map_err(|error| ProviderError::new(ErrorKind::Internal, error.to_string()))?;
    Ok(hash.format_for_version(bcrypt::Version::TwoA))
}

impl RandomPassword {
    fn of(self, characters: String) -> Result<Self> {
        Ok(RandomPassword {
            bcrypt_hash: Some(Secret(hash(&characters)?)),
            id: Some("none".to_string()),
            result: Some(Secret(characters)),
            ..self
        })
    }
}
