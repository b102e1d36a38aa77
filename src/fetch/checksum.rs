//! Checksums of archives, as `checksum=` gives them.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::fetch::error::{FetchError, Result};
use crate::fetch::files::hex;

/// Checks bytes against `sha256:…` or another kind; without a kind the length tells it.
pub(super) fn check(bytes: &[u8], wanted: &str) -> Result<()> {
    let (kind, digits) = match wanted.split_once(':') {
        Some((kind, digits)) => (kind, digits),
        None => match wanted.len() {
            32 => ("md5", wanted),
            40 => ("sha1", wanted),
            128 => ("sha512", wanted),
            _ => ("sha256", wanted),
        },
    };
    let found = match kind {
        "md5" => hex(&Md5::digest(bytes)),
        "sha1" => hex(&Sha1::digest(bytes)),
        "sha256" => hex(&Sha256::digest(bytes)),
        "sha512" => hex(&Sha512::digest(bytes)),
        _ => {
            let error = FetchError::new(format!("there are no checksums of the kind `{kind}`"));
            return Err(error.hint("Use sha256, sha512, sha1 or md5."));
        }
    };
    if found.eq_ignore_ascii_case(digits) {
        return Ok(());
    }
    let detail = format!("the archive has the {kind} checksum {found}, not {digits}");
    Err(FetchError::new(detail).titled("Wrong checksum"))
}

/// The checksum of a file that a list of them says: lines of a sum and a name, of a kind, a name in
/// brackets and a sum, or of nothing but a sum.
pub(super) fn listed(text: &str, name: &str) -> Option<String> {
    let is_meant = |it: &str| it.rsplit('/').next() == Some(name);
    text.lines().find_map(|line| match line.split_whitespace().collect::<Vec<_>>()[..] {
        [sum] => Some(sum.to_string()),
        [sum, file] if is_meant(file.trim_start_matches('*')) => Some(sum.to_string()),
        [kind, file, "=", sum] if is_meant(file.trim_matches(['(', ')'])) => {
            Some(format!("{}:{sum}", kind.to_lowercase()))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_checksums_are_read() {
        for (text, sum) in [
            ("aa  other.zip\nbb *dist/m.zip\n", Some("bb")),
            ("SHA256 (m.zip) = cc\n", Some("sha256:cc")),
            ("dd\n", Some("dd")),
            ("aa  other.zip\n", None),
        ] {
            assert_eq!(listed(text, "m.zip").as_deref(), sum, "{text}");
        }
    }

    #[test]
    fn the_kind_may_be_left_out() {
        let sum = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
        for good in [sum, &format!("sha256:{sum}"), "md5:9dd4e461268c8034f5c8564e155c67a6"] {
            check(b"x", good).unwrap();
        }
        let wrong = check(b"y", sum).unwrap_err().to_string();
        assert!(wrong.contains("the sha256 checksum a1fce436"), "{wrong}");
        assert!(check(b"x", "crc:1").is_err());
    }
}
