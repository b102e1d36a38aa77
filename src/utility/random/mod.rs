//! The provider `random`: values chosen once, and kept until their keepers change.

mod bytes;
mod ephemeral;
mod id;
mod integer;
mod password;
mod pet;
mod shuffle;
mod string;
mod uuid;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

use super::bundle::{Bundle, Facts};
use super::digests::hexadecimal;
use super::kind::{AnyResource, Kind};
use super::refused;
use super::source::{AnySource, SourceKind};
use crate::provider::Result;
use crate::value::Value;

static BYTES: Kind<bytes::RandomBytes> = Kind::new();
static ID: Kind<id::RandomId> = Kind::new();
static INTEGER: Kind<integer::RandomInteger> = Kind::new();
static PASSWORD: Kind<password::RandomPassword> = Kind::new();
static PET: Kind<pet::RandomPet> = Kind::new();
static SHUFFLE: Kind<shuffle::RandomShuffle> = Kind::new();
static STRING: Kind<string::RandomString> = Kind::new();
static UUID: Kind<uuid::RandomUuid> = Kind::new();
static UUID4: Kind<uuid::RandomUuid4> = Kind::new();
static UUID7: Kind<uuid::RandomUuid7> = Kind::new();

static RESOURCES: &[&dyn AnyResource] =
    &[&BYTES, &ID, &INTEGER, &PASSWORD, &PET, &SHUFFLE, &STRING, &UUID, &UUID4, &UUID7];

static SHORT_BYTES: SourceKind<ephemeral::EphemeralBytes> = SourceKind::new();
static SHORT_PASSWORD: SourceKind<ephemeral::EphemeralPassword> = SourceKind::new();

static EPHEMERAL: &[&dyn AnySource] = &[&SHORT_BYTES, &SHORT_PASSWORD];

/// The provider.
pub(super) fn provider() -> Bundle {
    Bundle::new(Facts {
        name: "random",
        source: "registry.terraform.io/hashicorp/random",
        version: "3.9.0",
        resources: RESOURCES,
        sources: &[],
        ephemeral: EPHEMERAL,
        functions: &[],
    })
}

/// Values whose change asks for a new object.
type Keepers = Option<BTreeMap<String, String>>;

/// Whether two maps have the same entries; one that is null counts as missing.
pub(super) fn same_entries(before: &Value, after: &Value) -> bool {
    let entries = |value: &Value| {
        let fields = value.fields().cloned().unwrap_or_default();
        fields.into_iter().filter(|(_, it)| !it.is_null()).collect::<BTreeMap<_, _>>()
    };
    entries(before) == entries(after)
}

/// So many bytes.
fn bytes(count: i64) -> Result<Vec<u8>> {
    let count = usize::try_from(count).map_err(|_| refused("a length cannot be negative"))?;
    let mut bytes = vec![0; count];
    rand::rng().fill_bytes(&mut bytes);
    Ok(bytes)
}

/// A generator that gives the same for the same seed, and without one something else each time.
fn generator(seed: Option<&str>) -> StdRng {
    match seed.filter(|it| !it.is_empty()) {
        Some(seed) => StdRng::from_seed(Sha256::digest(seed).into()),
        None => StdRng::from_rng(&mut rand::rng()),
    }
}

/// Bytes in Base64 with padding.
fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests;
