//! Hashes and identifiers.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use uuid::Uuid;

use super::call::{Call, Fault, Outcome, text};
use super::encoding::to_base64;
use super::file::read;
use super::table::{Function, NUMBER, Parameter, STRING, function, takes};

const STR: Parameter = takes("str", STRING);
const PATH: Parameter = takes("path", STRING);

pub(super) const FUNCTIONS: &[Function] = &[
    function("md5", "The MD5 hash of a string, in hexadecimal.", &[STR], STRING, of_text::<Md5>),
    function("sha1", "The SHA-1 hash of a string, in hexadecimal.", &[STR], STRING, of_text::<Sha1>),
    function(
        "sha256",
        "The SHA-256 hash of a string, in hexadecimal.",
        &[STR],
        STRING,
        of_text::<Sha256>,
    ),
    function(
        "sha512",
        "The SHA-512 hash of a string, in hexadecimal.",
        &[STR],
        STRING,
        of_text::<Sha512>,
    ),
    function(
        "base64sha256",
        "The SHA-256 hash of a string, in Base64.",
        &[STR],
        STRING,
        of_text_base64::<Sha256>,
    ),
    function(
        "base64sha512",
        "The SHA-512 hash of a string, in Base64.",
        &[STR],
        STRING,
        of_text_base64::<Sha512>,
    ),
    function("filemd5", "The MD5 hash of a file, in hexadecimal.", &[PATH], STRING, of_file::<Md5>),
    function("filesha1", "The SHA-1 hash of a file, in hexadecimal.", &[PATH], STRING, of_file::<Sha1>),
    function(
        "filesha256",
        "The SHA-256 hash of a file, in hexadecimal.",
        &[PATH],
        STRING,
        of_file::<Sha256>,
    ),
    function(
        "filesha512",
        "The SHA-512 hash of a file, in hexadecimal.",
        &[PATH],
        STRING,
        of_file::<Sha512>,
    ),
    function(
        "filebase64sha256",
        "The SHA-256 hash of a file, in Base64.",
        &[PATH],
        STRING,
        of_file_base64::<Sha256>,
    ),
    function(
        "filebase64sha512",
        "The SHA-512 hash of a file, in Base64.",
        &[PATH],
        STRING,
        of_file_base64::<Sha512>,
    ),
    function(
        "bcrypt",
        "A salted bcrypt hash of a string, of a cost from 4 to 31 (10 when not given). Differs each \
         time, so it is known after apply.",
        &[STR],
        STRING,
        bcrypt,
    )
    .variadic(takes("cost", NUMBER))
    .impure(),
    function(
        "uuid",
        "A random UUID. Differs each time, so it is known after apply.",
        &[],
        STRING,
        random_uuid,
    )
    .impure(),
    function(
        "uuidv5",
        "The UUID of a name in a namespace, which is `dns`, `url`, `oid`, `x500` or a UUID.",
        &[takes("namespace", STRING), takes("name", STRING)],
        STRING,
        named_uuid,
    ),
];

fn hexadecimal(bytes: &[u8]) -> Outcome {
    text(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn of_text<D: Digest>(call: &Call<'_>) -> Outcome {
    hexadecimal(&D::digest(call.text(0)))
}

fn of_text_base64<D: Digest>(call: &Call<'_>) -> Outcome {
    text(to_base64(&D::digest(call.text(0))))
}

fn of_file<D: Digest>(call: &Call<'_>) -> Outcome {
    hexadecimal(&D::digest(read(call, 0)?))
}

fn of_file_base64<D: Digest>(call: &Call<'_>) -> Outcome {
    text(to_base64(&D::digest(read(call, 0)?)))
}

/// Each more doubles the time, which is half a minute here.
const MOST_COST: u32 = 18;

fn bcrypt(call: &Call<'_>) -> Outcome {
    const LEAST_COST: i64 = 4;
    const DEFAULT_COST: i64 = 10;
    let cost = match call.rest(1) {
        [] => DEFAULT_COST,
        [_] => call.integer(1)?,
        _ => return Err("bcrypt() takes no more than two arguments".into()),
    };
    // As in OpenTofu, a cost that is too low is as none.
    let cost = if cost < LEAST_COST { DEFAULT_COST } else { cost };
    let cost = u32::try_from(cost).ok().filter(|cost| *cost <= 31);
    let Some(cost) = cost else { return Err(Fault::at(1, "the cost must be at most 31")) };
    if cost > MOST_COST {
        let message = format!("a cost over {MOST_COST} would take minutes, or days");
        return Err(Fault::at(1, message));
    }
    let hash = ::bcrypt::non_truncating_hash_with_result(call.text(0), cost);
    let hash = hash.map_err(|error| format!("the string cannot be hashed: {error}"))?;
    // OpenTofu writes the older name of the same version.
    text(hash.format_for_version(::bcrypt::Version::TwoA))
}

fn random_uuid(_: &Call<'_>) -> Outcome {
    text(Uuid::new_v4().to_string())
}

fn named_uuid(call: &Call<'_>) -> Outcome {
    let namespace = match call.text(0) {
        "dns" => Uuid::NAMESPACE_DNS,
        "url" => Uuid::NAMESPACE_URL,
        "oid" => Uuid::NAMESPACE_OID,
        "x500" => Uuid::NAMESPACE_X500,
        other => Uuid::parse_str(other).map_err(|error| {
            format!("uuidv5() doesn't support namespace {} ({error})", call.show(0))
        })?,
    };
    text(Uuid::new_v5(&namespace, call.text(1).as_bytes()).to_string())
}
