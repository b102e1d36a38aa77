//! Public keys, in the formats of X.509 and of OpenSSH.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use md5::Md5;
use pkcs1::RsaPublicKey;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use ssh_key::public::{EcdsaPublicKey, Ed25519PublicKey, KeyData, RsaPublicKey as SshRsaPublicKey};
use ssh_key::{EcdsaCurve, Mpint};
use x509_cert::der::asn1::{BitString, Null, ObjectIdentifier, OctetStringRef, UintRef};
use x509_cert::der::oid::db::rfc5912::{ID_EC_PUBLIC_KEY, RSA_ENCRYPTION};
use x509_cert::der::oid::db::rfc8410::ID_ED_25519;
use x509_cert::der::{Any, Decode as _, Encode as _};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::key::Curve;
use super::openssh::invalid;
use super::pem::to_pem;
use crate::provider::Result;
use crate::utility::digests::hexadecimal;
use crate::utility::refused;

/// A public key, as X.509 has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicKey(pub(super) SubjectPublicKeyInfoOwned);

/// What attributes tell of a public key.
pub(super) struct Told {
    pub(super) id: Option<String>,
    pub(super) pem: Option<String>,
    pub(super) openssh: Option<String>,
    pub(super) md5: Option<String>,
    pub(super) sha256: Option<String>,
}

impl PublicKey {
    fn new(oid: ObjectIdentifier, parameters: Option<Any>, bytes: &[u8]) -> Result<PublicKey> {
        let algorithm = AlgorithmIdentifierOwned { oid, parameters };
        let subject_public_key = BitString::from_bytes(bytes)?;
        Ok(PublicKey(SubjectPublicKeyInfoOwned { algorithm, subject_public_key }))
    }

    /// An RSA key, as PKCS #1 has it.
    pub(super) fn rsa(bytes: &[u8]) -> Result<PublicKey> {
        PublicKey::new(RSA_ENCRYPTION, Some(Any::encode_from(&Null)?), bytes)
    }

    /// A point of a curve, uncompressed.
    pub(super) fn ec(curve: Curve, point: &[u8]) -> Result<PublicKey> {
        PublicKey::new(ID_EC_PUBLIC_KEY, Some(Any::encode_from(&curve.oid())?), point)
    }

    /// The bytes of an Ed25519 key.
    pub(super) fn ed25519(bytes: &[u8]) -> Result<PublicKey> {
        PublicKey::new(ID_ED_25519, None, bytes)
    }

    /// The key in the format of OpenSSH.
    pub(super) fn from_openssh(key: &KeyData) -> Result<PublicKey> {
        match key {
            KeyData::Rsa(key) => {
                let number = |it: &Mpint| it.as_positive_bytes().unwrap_or_default().to_vec();
                let (modulus, exponent) = (number(&key.n), number(&key.e));
                let (modulus, public_exponent) =
                    (UintRef::new(&modulus)?, UintRef::new(&exponent)?);
                PublicKey::rsa(&RsaPublicKey { modulus, public_exponent }.to_der()?)
            }
            KeyData::Ecdsa(key) => {
                let curve = match key.curve() {
                    EcdsaCurve::NistP256 => Curve::P256,
                    EcdsaCurve::NistP384 => Curve::P384,
                    EcdsaCurve::NistP521 => Curve::P521,
                };
                PublicKey::ec(curve, key.as_sec1_bytes())
            }
            KeyData::Ed25519(key) => PublicKey::ed25519(&key.0),
            other => Err(refused(format!("keys of {} are not supported", other.algorithm()))),
        }
    }

    /// The algorithm, as attributes name it.
    pub(super) fn algorithm(&self) -> &'static str {
        match self.0.algorithm.oid {
            RSA_ENCRYPTION => "RSA",
            ID_EC_PUBLIC_KEY => "ECDSA",
            _ => "ED25519",
        }
    }

    /// The key itself: a point, a PKCS #1 key, or what else its algorithm has.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.subject_public_key.raw_bytes()
    }

    /// The identifier of the key in certificates.
    pub(super) fn identifier(&self) -> Result<Vec<u8>> {
        let hashed = match self.0.algorithm.oid {
            ID_ED_25519 => OctetStringRef::new(self.bytes())?.to_der()?,
            _ => self.bytes().to_vec(),
        };
        Ok(Sha1::digest(hashed).to_vec())
    }

    /// Whether OpenSSH has such keys: all but those of P-224.
    pub(super) fn has_openssh(&self) -> bool {
        let parameters = self.0.algorithm.parameters.as_ref();
        let curve = parameters.and_then(|it| it.decode_as::<ObjectIdentifier>().ok());
        curve != Some(Curve::P224.oid())
    }

    /// As OpenSSH has it.
    pub(super) fn openssh(&self) -> Result<KeyData> {
        let bytes = self.bytes();
        match self.0.algorithm.oid {
            RSA_ENCRYPTION => {
                let key = RsaPublicKey::from_der(bytes)?;
                let number = |it: UintRef<'_>| Mpint::from_positive_bytes(it.as_bytes());
                let n = number(key.modulus).map_err(invalid)?;
                let e = number(key.public_exponent).map_err(invalid)?;
                Ok(KeyData::Rsa(SshRsaPublicKey { e, n }))
            }
            ID_EC_PUBLIC_KEY => {
                Ok(KeyData::Ecdsa(EcdsaPublicKey::from_sec1_bytes(bytes).map_err(invalid)?))
            }
            ID_ED_25519 => {
                let key = bytes.try_into().map_err(|_| refused("the key has a wrong length"))?;
                Ok(KeyData::Ed25519(Ed25519PublicKey(key)))
            }
            other => Err(refused(format!("public keys of the kind {other} are not supported"))),
        }
    }

    /// What attributes tell of it.
    pub(super) fn told(&self) -> Result<Told> {
        let x509 = self.0.to_der()?;
        let (id, pem) =
            (hexadecimal(&Sha1::digest(x509.trim_ascii())), to_pem("PUBLIC KEY", &x509)?);
        if !self.has_openssh() {
            let none = || Some(String::new());
            let (openssh, md5, sha256) = (none(), none(), none());
            return Ok(Told { id: Some(id), pem: Some(pem), openssh, md5, sha256 });
        }
        let key = ssh_key::PublicKey::from(self.openssh()?);
        let blob = key.to_bytes().map_err(invalid)?;
        let pairs: Vec<String> = Md5::digest(&blob).iter().map(|it| format!("{it:02x}")).collect();
        let sha256 = STANDARD_NO_PAD.encode(Sha256::digest(&blob));
        Ok(Told {
            id: Some(id),
            pem: Some(pem),
            openssh: Some(key.to_openssh().map_err(invalid)? + "\n"),
            md5: Some(pairs.join(":")),
            sha256: Some(format!("SHA256:{sha256}")),
        })
    }
}
