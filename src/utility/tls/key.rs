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
use p224::ecdsa::signature::hazmat::PrehashSigner as _;
use p224::ecdsa::{Signature, SigningKey};
use pkcs8::{AlgorithmIdentifierRef, PrivateKeyInfo};
use rand::RngExt as _;
use sec1::{EcParameters, EcPrivateKey};
use sha2::{Digest as _, Sha256};
use x509_cert::der::asn1::{Null, ObjectIdentifier, OctetStringRef};
use x509_cert::der::oid::db::rfc5912::{
    ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ECDSA_WITH_SHA_512, ID_EC_PUBLIC_KEY, RSA_ENCRYPTION,
    SECP_224_R_1, SECP_256_R_1, SECP_384_R_1, SECP_521_R_1, SHA_256_WITH_RSA_ENCRYPTION,
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
    P224,
    P256,
    P384,
    P521,
}

impl Curve {
    /// All of them.
    pub(super) const ALL: [Curve; 4] = [Curve::P224, Curve::P256, Curve::P384, Curve::P521];

    /// The name that arguments have for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Curve::P224 => "P224",
            Curve::P256 => "P256",
            Curve::P384 => "P384",
            Curve::P521 => "P521",
        }
    }

    /// Its object identifier.
    pub(super) fn oid(self) -> ObjectIdentifier {
        match self {
            Curve::P224 => SECP_224_R_1,
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

    /// How AWS-LC signs with it; P-224 is the one that it has no signatures for.
    fn algorithm(self) -> Option<&'static EcdsaSigningAlgorithm> {
        match self {
            Curve::P224 => None,
            Curve::P256 => Some(&ECDSA_P256_SHA256_ASN1_SIGNING),
            Curve::P384 => Some(&ECDSA_P384_SHA384_ASN1_SIGNING),
            Curve::P521 => Some(&ECDSA_P521_SHA512_ASN1_SIGNING),
        }
    }

    /// How many bytes a secret has.
    fn size(self) -> usize {
        match self {
            Curve::P224 => 28,
            Curve::P256 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        }
    }
}

/// A private key.
pub(super) enum PrivateKey {
    Rsa(Box<RsaKeyPair>),
    P224(Box<SigningKey>),
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
        match curve.algorithm() {
            Some(algorithm) => {
                let key = EcdsaKeyPair::generate(algorithm).map_err(failed)?;
                Ok(PrivateKey::Ec(curve, Box::new(key)))
            }
            None => Ok(PrivateKey::p224()),
        }
    }

    fn p224() -> PrivateKey {
        loop {
            let secret: [u8; 28] = rand::rng().random();
            // Zero and what is beyond the curve's order are no keys; hardly any number is.
            if let Ok(key) = SigningKey::from_slice(&secret) {
                return PrivateKey::P224(Box::new(key));
            }
        }
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
                PrivateKey::ec_from(curve, &der, &der)
            }
            "PRIVATE KEY" => PrivateKey::from_pkcs8(&der),
            _ => Err(refused(format!("PEM of type {label} is no private key"))),
        }
    }

    /// A key of a curve, and the part of it that SEC 1 describes.
    fn ec_from(curve: ObjectIdentifier, der: &[u8], sec1: &[u8]) -> Result<PrivateKey> {
        let curve = Curve::of(curve)?;
        match curve.algorithm() {
            Some(algorithm) => {
                let key = EcdsaKeyPair::from_private_key_der(algorithm, der).map_err(rejected)?;
                Ok(PrivateKey::Ec(curve, Box::new(key)))
            }
            None => {
                let key = SigningKey::from_slice(EcPrivateKey::from_der(sec1)?.private_key);
                let key = key.map_err(|_| refused("the private key is none of its curve"))?;
                Ok(PrivateKey::P224(Box::new(key)))
            }
        }
    }

    fn from_pkcs8(der: &[u8]) -> Result<PrivateKey> {
        let PrivateKeyInfo { algorithm, private_key, .. } = PrivateKeyInfo::from_der(der)?;
        match algorithm.oid {
            RSA_ENCRYPTION => {
                Ok(PrivateKey::Rsa(Box::new(RsaKeyPair::from_pkcs8(der).map_err(rejected)?)))
            }
            ID_EC_PUBLIC_KEY => {
                let curve = algorithm.parameters_oid();
                let curve = curve.map_err(|_| refused("the key names no curve"))?;
                PrivateKey::ec_from(curve, der, private_key)
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
            PrivateKey::P224(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                PublicKey::ec(Curve::P224, point.as_bytes())
            }
            PrivateKey::Ec(curve, key) => PublicKey::ec(*curve, key.public_key().as_ref()),
            PrivateKey::Ed25519(key) => PublicKey::ed25519(key.public_key().as_ref()),
        }
    }

    fn curve(&self) -> Option<Curve> {
        match self {
            PrivateKey::P224(_) => Some(Curve::P224),
            PrivateKey::Ec(curve, _) => Some(*curve),
            PrivateKey::Rsa(_) | PrivateKey::Ed25519(_) => None,
        }
    }

    /// The secret number of an elliptic curve, or the seed of an Ed25519 key.
    pub(super) fn secret(&self) -> Result<Vec<u8>> {
        match self {
            PrivateKey::P224(key) => Ok(key.to_bytes().to_vec()),
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
            PrivateKey::P224(_) => self.ec_pkcs8(Curve::P224),
            PrivateKey::Ec(curve, _) => self.ec_pkcs8(*curve),
            PrivateKey::Ed25519(_) => {
                let algorithm = AlgorithmIdentifierRef { oid: ID_ED_25519, parameters: None };
                let seed = OctetStringRef::new(&self.secret()?)?.to_der()?;
                Ok(PrivateKeyInfo::new(algorithm, &seed).to_der()?)
            }
        }
    }

    fn ec_pkcs8(&self, curve: Curve) -> Result<Vec<u8>> {
        let curve = curve.oid();
        let algorithm =
            AlgorithmIdentifierRef { oid: ID_EC_PUBLIC_KEY, parameters: Some((&curve).into()) };
        Ok(PrivateKeyInfo::new(algorithm, &self.sec1(false)?).to_der()?)
    }

    /// As SEC 1 has it, with the name of the curve or without.
    fn sec1(&self, named: bool) -> Result<Vec<u8>> {
        let curve = self.curve();
        let curve = curve.ok_or_else(|| refused("the key is not of an elliptic curve"))?;
        let public = self.public()?;
        let key = EcPrivateKey {
            private_key: &self.secret()?,
            parameters: named.then(|| EcParameters::NamedCurve(curve.oid())),
            public_key: Some(public.bytes()),
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
            PrivateKey::P224(_) | PrivateKey::Ec(..) => to_pem("EC PRIVATE KEY", &self.sec1(true)?),
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
            PrivateKey::P224(key) => {
                let signature = key.sign_prehash(&Sha256::digest(message));
                let signature: Signature = signature.map_err(|_| failed(Unspecified))?;
                Ok(signature.to_der().as_bytes().to_vec())
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
            PrivateKey::P224(_) | PrivateKey::Ec(Curve::P224 | Curve::P256, _) => {
                ECDSA_WITH_SHA_256
            }
            PrivateKey::Ec(Curve::P384, _) => ECDSA_WITH_SHA_384,
            PrivateKey::Ec(Curve::P521, _) => ECDSA_WITH_SHA_512,
            PrivateKey::Ed25519(_) => ID_ED_25519,
        };
        let null = matches!(self, PrivateKey::Rsa(_)).then(|| Any::encode_from(&Null));
        Ok(AlgorithmIdentifierOwned { oid, parameters: null.transpose()? })
    }
}
