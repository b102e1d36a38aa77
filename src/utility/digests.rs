//! The digests of a content, as files and archives tell them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

/// The digests of a content.
pub(super) struct Digests {
    pub(super) md5: Option<String>,
    pub(super) sha1: Option<String>,
    pub(super) sha256: Option<String>,
    pub(super) sha512: Option<String>,
    pub(super) base64sha256: Option<String>,
    pub(super) base64sha512: Option<String>,
}

impl Digests {
    /// The digests of these bytes.
    pub(super) fn of(content: &[u8]) -> Digests {
        Digests {
            md5: Some(hexadecimal(&Md5::digest(content))),
            sha1: Some(hexadecimal(&Sha1::digest(content))),
            sha256: Some(hexadecimal(&Sha256::digest(content))),
            sha512: Some(hexadecimal(&Sha512::digest(content))),
            base64sha256: Some(STANDARD.encode(Sha256::digest(content))),
            base64sha512: Some(STANDARD.encode(Sha512::digest(content))),
        }
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
