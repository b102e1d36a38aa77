//! `random_password`

use super::string::{characters, length, plan, problems};
use super::{Keepers, same_entries};
use crate::provider::{ErrorKind, Proposal, ProviderError, Result};
use crate::schema::{Check, Secret};
use crate::utility::busy;
use crate::utility::kind::Resource;
use crate::value::{Path, Value};

/// The cost of the hash, as the provider has it.
const COST: u32 = 10;
/// The most bytes of which bcrypt takes notice.
const HASHED: usize = 72;

characters! {
    /// Random characters that are kept secret.
    #[version = 3]
    RandomPassword {
        /// A bcrypt hash of the characters (of the first 72 bytes).
        #[read_only] bcrypt_hash: Option<Secret<String>>,
        /// Always `none`.
        #[read_only] id: Option<String>,
        /// The characters.
        #[read_only] result: Option<Secret<String>>,
    }
}

fn hash(password: &str) -> Result<String> {
    let bytes = password.as_bytes();
    let hashed = bytes.get(..HASHED).unwrap_or(bytes);
    let hash = bcrypt::hash_with_result(hashed, COST)
        .map_err(|error| ProviderError::new(ErrorKind::Internal, error.to_string()))?;
    Ok(hash.format_for_version(bcrypt::Version::TwoA))
}

impl Resource for RandomPassword {
    const TYPE: &'static str = "random_password";
    const IMPORT: &'static str = "the characters";

    fn validate(configuration: &Value) -> Vec<(Path, String)> {
        problems(configuration)
    }

    fn plan(proposal: &mut Proposal<'_>) -> Result {
        plan(proposal);
        Ok(())
    }

    async fn create(self) -> Result<Self> {
        let result = self.choose()?;
        let text = result.clone();
        let hash = busy(move || hash(&text)).await?;
        Ok(RandomPassword {
            bcrypt_hash: Some(Secret(hash)),
            id: Some("none".to_string()),
            result: Some(Secret(result)),
            ..self
        })
    }

    fn import(id: &str) -> Result<Self> {
        Ok(RandomPassword {
            keepers: None,
            length: length(id),
            lower: true,
            min_lower: 0,
            min_numeric: 0,
            min_special: 0,
            min_upper: 0,
            number: Some(true),
            numeric: Some(true),
            override_special: None,
            special: true,
            upper: true,
            bcrypt_hash: Some(Secret(hash(id)?)),
            id: Some("none".to_string()),
            result: Some(Secret(id.to_string())),
        })
    }
}
