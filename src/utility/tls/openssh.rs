//! Private keys in the format of OpenSSH.

use pkcs1::RsaPrivateKey;
use rand::RngExt as _;
use ssh_encoding::{Decode as _, Encode as _};
use ssh_key::Mpint;
use ssh_key::public::KeyData;

use super::key::PrivateKey;
use super::pem::{labelled, to_pem};
use super::public::PublicKey;
use crate::provider::{ProviderError, Result};
use crate::utility::refused;

const LABEL: &str = "OPENSSH PRIVATE KEY";
const MAGIC: &[u8] = b"openssh-key-v1\0";
/// The name for no cipher and for no derivation of its key.
const NONE: &str = "none";
/// What the length of the secrets is a multiple of when there is no cipher.
const BLOCK: usize = 8;

/// What a wrong format is told as.
pub(super) fn invalid(error: impl Into<ssh_key::Error>) -> ProviderError {
    refused(format!("the key is not in the format of OpenSSH: {}", error.into()))
}

/// The public half of a private key. It is readable even if the key needs a passphrase.
pub(super) fn public_half(text: &str) -> Result<PublicKey> {
    let bytes = labelled(text, LABEL)?;
    let mut rest = bytes.strip_prefix(MAGIC).ok_or_else(|| refused("the key is of no version"))?;
    for _cipher_and_its_options in 0..3 {
        Vec::<u8>::decode(&mut rest).map_err(invalid)?;
    }
    if u32::decode(&mut rest).map_err(invalid)? != 1 {
        return Err(refused("the file must hold one key"));
    }
    let blob = Vec::<u8>::decode(&mut rest).map_err(invalid)?;
    let key = ssh_key::PublicKey::from_bytes(&blob).map_err(invalid)?;
    PublicKey::from_openssh(key.key_data())
}

/// A private key without a passphrase and without a comment; empty if OpenSSH has no such keys.
pub(super) fn private_key(key: &PrivateKey) -> Result<String> {
    let public = key.public()?;
    if !public.has_openssh() {
        return Ok(String::new());
    }
    let public = public.openssh()?;
    let secrets = secrets(key, &public)?;
    let written = || {
        let mut bytes = MAGIC.to_vec();
        NONE.encode(&mut bytes)?;
        NONE.encode(&mut bytes)?;
        "".encode(&mut bytes)?;
        1_u32.encode(&mut bytes)?;
        public.encode_prefixed(&mut bytes)?;
        secrets.encode(&mut bytes)?;
        Ok::<_, ssh_encoding::Error>(bytes)
    };
    to_pem(LABEL, &written().map_err(invalid)?)
}

/// The secrets with a number before them that tells whether a cipher was undone well, and with what
/// fills the last block.
fn secrets(key: &PrivateKey, public: &KeyData) -> Result<Vec<u8>> {
    let check: u32 = rand::rng().random();
    let numbers = match public {
        KeyData::Rsa(public) => rsa(&key.pkcs1()?, [&public.n, &public.e])?,
        KeyData::Ed25519(public) => {
            let mut bytes = Vec::new();
            [key.secret()?, public.0.to_vec()].concat().encode(&mut bytes).map_err(invalid)?;
            bytes
        }
        _ => encoded([&Mpint::from_positive_bytes(&key.secret()?).map_err(invalid)?])?,
    };
    let written = || {
        let mut bytes = Vec::new();
        check.encode(&mut bytes)?;
        check.encode(&mut bytes)?;
        match public {
            KeyData::Rsa(_) => public.algorithm().encode(&mut bytes)?,
            _ => public.encode(&mut bytes)?,
        }
        bytes.extend(&numbers);
        "".encode(&mut bytes)?;
        let missing = bytes.len().next_multiple_of(BLOCK) - bytes.len();
        bytes.extend((1..).take(missing));
        Ok::<_, ssh_encoding::Error>(bytes)
    };
    written().map_err(invalid)
}

/// The numbers of an RSA key: modulus, exponent, private exponent, coefficient, and the primes.
fn rsa(pkcs1: &[u8], public: [&Mpint; 2]) -> Result<Vec<u8>> {
    let key = RsaPrivateKey::try_from(pkcs1).map_err(|error| refused(error.to_string()))?;
    let secret = [key.private_exponent, key.coefficient, key.prime1, key.prime2];
    let secret = secret.map(|it| Mpint::from_positive_bytes(it.as_bytes()).map_err(invalid));
    let secret = secret.into_iter().collect::<Result<Vec<_>>>()?;
    encoded(public.into_iter().chain(&secret))
}

fn encoded<'a>(numbers: impl IntoIterator<Item = &'a Mpint>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for number in numbers {
        number.encode(&mut bytes).map_err(invalid)?;
    }
    Ok(bytes)
}
