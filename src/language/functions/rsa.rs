//! `rsadecrypt`: RSA with PKCS #1 v1.5 padding, as EC2 encrypts the first password of Windows.

use aws_lc_rs::rsa::{Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};

use super::call::{Call, Fault, Outcome, text};
use super::encoding::from_base64;
use super::table::{Function, STRING, function, takes};

pub(super) const FUNCTIONS: &[Function] = &[function(
    "rsadecrypt",
    "The text of a Base64 string that was encrypted with RSA, by the private key in PEM.",
    &[takes("ciphertext", STRING), takes("privatekey", STRING)],
    STRING,
    decrypt,
)];

fn decrypt(call: &Call<'_>) -> Outcome {
    let Some(encrypted) = from_base64(call.text(0)) else {
        let shown = call.show(0);
        let message = format!("failed to decode input {shown}: cipher text must be base64-encoded");
        return Err(Fault::at(0, message));
    };
    let key = private_key(call.text(1)).map_err(|message| Fault::at(1, message))?;
    let mut plain = vec![0; key.min_output_size()];
    let plain = key.decrypt(&encrypted, &mut plain).map_err(|_| "failed to decrypt")?;
    let plain =
        std::str::from_utf8(plain).map_err(|_| "the decrypted bytes are not valid UTF-8")?;
    text(plain)
}

fn private_key(pem: &str) -> Result<Pkcs1PrivateDecryptingKey, String> {
    let invalid = |why: &str| format!("invalid private key: {why}");
    let (label, bytes) = read_pem(pem).ok_or_else(|| invalid("it is not in PEM format"))?;
    let bytes = match label {
        "PRIVATE KEY" => bytes,
        "RSA PRIVATE KEY" => wrap(&bytes),
        other => return Err(invalid(&format!("PEM blocks of type {other:?} are not supported"))),
    };
    let key =
        PrivateDecryptingKey::from_pkcs8(&bytes).map_err(|error| invalid(&error.to_string()))?;
    Pkcs1PrivateDecryptingKey::new(key).map_err(|_| invalid("it cannot decrypt"))
}

/// The label and the bytes of a PEM block without headers.
fn read_pem(pem: &str) -> Option<(&str, Vec<u8>)> {
    let (_, rest) = pem.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once("-----END ")?;
    let body: String = body.chars().filter(|it| !it.is_whitespace()).collect();
    Some((label, from_base64(&body)?))
}

/// A key in the format of PKCS #1 in that of PKCS #8 (RFC 5208): version, algorithm, key.
fn wrap(key: &[u8]) -> Vec<u8> {
    const VERSION: [u8; 3] = [0x02, 0x01, 0x00];
    const RSA_ENCRYPTION: [u8; 15] =
        [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    const SEQUENCE: u8 = 0x30;
    const OCTET_STRING: u8 = 0x04;
    let key = element(OCTET_STRING, key);
    element(SEQUENCE, &[VERSION.as_slice(), &RSA_ENCRYPTION, &key].concat())
}

/// An element of DER: tag, length, content.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let header = match (length.as_slice(), content.len()) {
        (_, 0..0x80) => vec![tag, content.len() as u8],
        (bytes, _) => [&[tag, 0x80 | bytes.len() as u8], bytes].concat(),
    };
    [header.as_slice(), content].concat()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
    use aws_lc_rs::rsa::{KeySize, Pkcs1PublicEncryptingKey, PrivateDecryptingKey};

    use super::private_key;
    use crate::language::functions::encoding::to_base64;

    #[test]
    fn keys_in_both_formats_decrypt() {
        let key = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
        let public = Pkcs1PublicEncryptingKey::new(key.public_key()).unwrap();
        let mut encrypted = vec![0; public.ciphertext_size()];
        let encrypted = public.encrypt(b"secret", &mut encrypted).unwrap();
        let pkcs8: Pkcs8V1Der<'_> = key.as_der().unwrap();
        let pkcs8 = pkcs8.as_ref();
        // The key itself stands behind 26 bytes of PKCS #8.
        for (label, der) in [("PRIVATE KEY", pkcs8), ("RSA PRIVATE KEY", &pkcs8[26..])] {
            let base64 = to_base64(der);
            let pem = format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n");
            let key = private_key(&pem).unwrap();
            let mut plain = vec![0; key.min_output_size()];
            assert_eq!(key.decrypt(encrypted, &mut plain).unwrap(), b"secret", "{label}");
        }
        assert!(private_key("nonsense").is_err());
    }
}
