//! Private keys: how they are made, read, written and used.

use aws_lc_rs::encoding::{
    AsBigEndian as _, AsDer as _, Curve25519SeedBin, EcPrivateKeyBin, Pkcs8V1Der,
};
use aws_lc_rs::error::{KeyRejected, Unspecified};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use pkcs8::{AlgorithmIdentifierRef, PrivateKeyInfo};
use sec1::{EcParameters, EcPrivateKey};
use x509_cert::der::asn1::{Null, ObjectIdentifier, OctetStringRef};
use x509_cert::der::oid::db::rfc5912::{
    ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ECDSA_WITH_SHA_512, ID_EC_PUBLIC_KEY, RSA_ENCRYPTION,
    SECP_256_R_1, SECP_384_R_1, SECP_521_R_1, SHA_256_WITH_RSA_ENCRYPTION,
};
use x509_cert::der::oid::db::rfc8410::ID_ED_25519;
use x509_cert::der::{Any, Decode as _, Encode as _};
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::pem::{from_pem, to_pem};
use super::public::PublicKey;
use crate::provider::{ErrorKind, ProviderError, Result};
use crate::utility::refused;

/// An elliptic curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    /// All of them.
    pub(super) const ALL: [Curve; 3] = [Curve::P256, Curve::P384, Curve::P521];

    /// The name that arguments have for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Curve::P256 => "P256",
            Curve::P384 => "P384",
            Curve::P521 => "P521",
        }
    }

    /// Its object identifier.
    pub(super) fn oid(self) -> ObjectIdentifier {
        match self {
            Curve::P256 => SECP_256_R_1,
            Curve::P384 => SECP_384_R_1,
            Curve::P521 => SECP_521_R_1,
        }
    }

    /// The curve of an object identifier.
    pub(super) fn of(found: ObjectIdentifier) -> Result<Curve> {
        let known = Curve::ALL.into_iter().find(|it| it.oid() == found);
        known.ok_or_else(|| refused(format!("keys of the curve {found} are not supported")))
    }

    fn algorithm(self) -> &'static EcdsaSigningAlgorithm {
        match self {
            Curve::P256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
            Curve::P384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
            Curve::P521 => &ECDSA_P521_SHA512_ASN1_SIGNING,
        }
    }

    /// How many bytes a secret has.
    fn size(self) -> usize {
        match self {
            Curve::P256 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        }
    }
}

/// A private key.
pub(super) enum PrivateKey {
    Rsa(Box<RsaKeyPair>),
    Ec(Curve, Box<EcdsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

fn failed(_: Unspecified) -> ProviderError {
    ProviderError::new(ErrorKind::Internal, "the cryptographic library has failed")
}

fn rejected(error: KeyRejected) -> ProviderError {
    refused(format!("the private key cannot be used: {error}"))
}

impl PrivateKey {
    /// A new RSA key.
    pub(super) fn rsa(bits: i64) -> Result<PrivateKey> {
        let size = match bits {
            2048 => KeySize::Rsa2048,
            3072 => KeySize::Rsa3072,
            4096 => KeySize::Rsa4096,
            8192 => KeySize::Rsa8192,
            _ => return Err(refused(format!("RSA keys of {bits} bits are not supported"))),
        };
        Ok(PrivateKey::Rsa(Box::new(RsaKeyPair::generate(size).map_err(failed)?)))
    }

    /// A new key of an elliptic curve.
    pub(super) fn ec(curve: Curve) -> Result<PrivateKey> {
        let key = EcdsaKeyPair::generate(curve.algorithm()).map_err(failed)?;
        Ok(PrivateKey::Ec(curve, Box::new(key)))
    }

    /// A new Ed25519 key.
    pub(super) fn ed25519() -> Result<PrivateKey> {
        Ok(PrivateKey::Ed25519(Box::new(Ed25519KeyPair::generate().map_err(failed)?)))
    }

    /// The key in PEM: of PKCS #1, SEC 1 or PKCS #8.
    pub(super) fn from_pem(text: &str) -> Result<PrivateKey> {
        let (label, der) = from_pem(text)?;
        match label.as_str() {
            "RSA PRIVATE KEY" => {
                Ok(PrivateKey::Rsa(Box::new(RsaKeyPair::from_der(&der).map_err(rejected)?)))
            }
            "EC PRIVATE KEY" => {
                let curve = EcPrivateKey::from_der(&der)?.parameters;
                let curve = curve.and_then(|it| it.named_curve());
                let curve = curve.ok_or_else(|| refused("the key does not name its curve"))?;
                PrivateKey::ec_from(curve, &der)
            }
            "PRIVATE KEY" => PrivateKey::from_pkcs8(&der),
            _ => Err(refused(format!("PEM of type {label} is no private key"))),
        }
    }

    fn ec_from(curve: ObjectIdentifier, der: &[u8]) -> Result<PrivateKey> {
        let curve = Curve::of(curve)?;
        let key = EcdsaKeyPair::from_private_key_der(curve.algorithm(), der).map_err(rejected)?;
        Ok(PrivateKey::Ec(curve, Box::new(key)))
    }

    fn from_pkcs8(der: &[u8]) -> Result<PrivateKey> {
        let algorithm = PrivateKeyInfo::from_der(der)?.algorithm;
        match algorithm.oid {
            RSA_ENCRYPTION => {
                Ok(PrivateKey::Rsa(Box::new(RsaKeyPair::from_pkcs8(der).map_err(rejected)?)))
            }
            ID_EC_PUBLIC_KEY => {
                let curve = algorithm.parameters_oid();
                PrivateKey::ec_from(curve.map_err(|_| refused("the key names no curve"))?, der)
            }
            ID_ED_25519 => {
                let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(rejected)?;
                Ok(PrivateKey::Ed25519(Box::new(key)))
            }
            other => Err(refused(format!("private keys of the kind {other} are not supported"))),
        }
    }

    /// The public half.
    pub(super) fn public(&self) -> Result<PublicKey> {
        match self {
            PrivateKey::Rsa(key) => PublicKey::rsa(key.public_key().as_ref()),
            PrivateKey::Ec(curve, key) => PublicKey::ec(*curve, key.public_key().as_ref()),
            PrivateKey::Ed25519(key) => PublicKey::ed25519(key.public_key().as_ref()),
        }
    }

    /// The secret number of an elliptic curve, or the seed of an Ed25519 key.
    pub(super) fn secret(&self) -> Result<Vec<u8>> {
        match self {
            PrivateKey::Ec(curve, key) => {
                let secret: EcPrivateKeyBin<'_> =
                    key.private_key().as_be_bytes().map_err(failed)?;
                let missing = curve.size().saturating_sub(secret.as_ref().len());
                Ok([vec![0; missing], secret.as_ref().to_vec()].concat())
            }
            PrivateKey::Ed25519(key) => {
                let seed = key.seed().map_err(failed)?;
                let seed: Curve25519SeedBin<'_> = seed.as_be_bytes().map_err(failed)?;
                Ok(seed.as_ref().to_vec())
            }
            PrivateKey::Rsa(_) => Err(refused("an RSA key has several secrets")),
        }
    }

    /// As PKCS #8 has it.
    pub(super) fn pkcs8(&self) -> Result<Vec<u8>> {
        match self {
            PrivateKey::Rsa(key) => {
                let der: Pkcs8V1Der<'_> = key.as_der().map_err(failed)?;
                Ok(der.as_ref().to_vec())
            }
            PrivateKey::Ec(curve, _) => {
                let curve = curve.oid();
                let parameters = Some((&curve).into());
                let algorithm = AlgorithmIdentifierRef { oid: ID_EC_PUBLIC_KEY, parameters };
                Ok(PrivateKeyInfo::new(algorithm, &self.sec1(false)?).to_der()?)
            }
            PrivateKey::Ed25519(_) => {
                let algorithm = AlgorithmIdentifierRef { oid: ID_ED_25519, parameters: None };
                let seed = OctetStringRef::new(&self.secret()?)?.to_der()?;
                Ok(PrivateKeyInfo::new(algorithm, &seed).to_der()?)
            }
        }
    }

    /// As SEC 1 has it, with the name of the curve or without.
    fn sec1(&self, named: bool) -> Result<Vec<u8>> {
        let PrivateKey::Ec(curve, key) = self else {
            return Err(refused("the key is not of an elliptic curve"));
        };
        let key = EcPrivateKey {
            private_key: &self.secret()?,
            parameters: named.then(|| EcParameters::NamedCurve(curve.oid())),
            public_key: Some(key.public_key().as_ref()),
        };
        Ok(key.to_der()?)
    }

    /// As PKCS #1 has an RSA key.
    pub(super) fn pkcs1(&self) -> Result<Vec<u8>> {
        Ok(PrivateKeyInfo::from_der(&self.pkcs8()?)?.private_key.to_vec())
    }

    /// In PEM: of PKCS #1, SEC 1, or for Ed25519 of PKCS #8.
    pub(super) fn pem(&self) -> Result<String> {
        match self {
            PrivateKey::Rsa(_) => to_pem("RSA PRIVATE KEY", &self.pkcs1()?),
            PrivateKey::Ec(..) => to_pem("EC PRIVATE KEY", &self.sec1(true)?),
            PrivateKey::Ed25519(_) => self.pkcs8_pem(),
        }
    }

    /// In PEM of PKCS #8.
    pub(super) fn pkcs8_pem(&self) -> Result<String> {
        to_pem("PRIVATE KEY", &self.pkcs8()?)
    }

    /// Signs a message, with the digest that fits the key.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let random = SystemRandom::new();
        match self {
            PrivateKey::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            PrivateKey::Ec(_, key) => {
                Ok(key.sign(&random, message).map_err(failed)?.as_ref().to_vec())
            }
            PrivateKey::Ed25519(key) => Ok(key.sign(message).as_ref().to_vec()),
        }
    }

    /// How it signs.
    pub(super) fn signature(&self) -> Result<AlgorithmIdentifierOwned> {
        let oid = match self {
            PrivateKey::Rsa(_) => SHA_256_WITH_RSA_ENCRYPTION,
            PrivateKey::Ec(Curve::P256, _) => ECDSA_WITH_SHA_256,
            PrivateKey::Ec(Curve::P384, _) => ECDSA_WITH_SHA_384,
            PrivateKey::Ec(Curve::P521, _) => ECDSA_WITH_SHA_512,
            PrivateKey::Ed25519(_) => ID_ED_25519,
        };
        let null = matches!(self, PrivateKey::Rsa(_)).then(|| Any::encode_from(&Null));
        Ok(AlgorithmIdentifierOwned { oid, parameters: null.transpose()? })
    }
}
