//! PEM, as lenient in reading as OpenSSL is: lines may have any length, and text may stand around.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_cert::der::pem::{LineEnding, encode_string};

use crate::provider::Result;
use crate::utility::refused;

/// Bytes in PEM.
pub(super) fn to_pem(label: &str, bytes: &[u8]) -> Result<String> {
    encode_string(label, LineEnding::LF, bytes)
        .map_err(|error| refused(format!("PEM of type {label} cannot be written: {error}")))
}

/// The label and the bytes of the first block of PEM.
pub(super) fn from_pem(text: &str) -> Result<(String, Vec<u8>)> {
    let block = || {
        let (_, rest) = text.split_once("-----BEGIN ")?;
        let (label, rest) = rest.split_once("-----")?;
        let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
        let body: String = body.chars().filter(|it| !it.is_whitespace()).collect();
        Some((label.to_string(), STANDARD.decode(body).ok()?))
    };
    block().ok_or_else(|| refused("the value is not in PEM"))
}

/// The bytes of the first block of PEM, which must have this label.
pub(super) fn labelled(text: &str, expected: &str) -> Result<Vec<u8>> {
    match from_pem(text)? {
        (label, bytes) if label == expected => Ok(bytes),
        (label, _) => Err(refused(format!("expected PEM of type {expected}, found {label}"))),
    }
}
