//! `tls_private_key`, kept or for the run only.

use super::key::{Curve, PrivateKey};
use super::openssh;
use crate::provider::{Proposal, Result};
use crate::schema::Secret;
use crate::utility::kind::Resource;
use crate::utility::source::Source;
use crate::utility::{busy, refused};
use crate::value::{Number, Path};

const ALGORITHMS: &[&str] = &["RSA", "ECDSA", "ED25519"];
const CURVES: &[&str] = &["P224", "P256", "P384", "P521"];
const SIZES: [i64; 4] = [2048, 3072, 4096, 8192];

/// Declares a type of private keys, with the fields that differ.
macro_rules! private_keys {
    (
        $(#[doc = $doc:literal])*
        $(#[version = $version:literal])?
        $name:ident [$($flag:ident)?] { $($id:ident)? }
    ) => {
        $crate::schema! {
            $(#[doc = $doc])*
            $(#[version = $version])?
            pub struct $name {
                /// The kind of key.
                $(#[$flag])? #[one_of(ALGORITHMS)] algorithm: String,
                /// The curve of an ECDSA key. OpenSSH has no keys of `P224`.
                #[default("P224")] $(#[$flag])? #[one_of(CURVES)] ecdsa_curve: String,
                $(
                    /// The SHA-1 of the public key.
                    #[read_only] $id: Option<String>,
                )?
                /// The private key, as OpenSSH has it.
                #[read_only] private_key_openssh: Option<Secret<String>>,
                /// The private key in PEM.
                #[read_only] private_key_pem: Option<Secret<String>>,
                /// The private key in PEM of PKCS #8.
                #[read_only] private_key_pem_pkcs8: Option<Secret<String>>,
                /// The MD5 fingerprint of the public key, as OpenSSH tells it.
                #[read_only] public_key_fingerprint_md5: Option<String>,
                /// The SHA-256 fingerprint of the public key, as OpenSSH tells it.
                #[read_only] public_key_fingerprint_sha256: Option<String>,
                /// The public key, as OpenSSH has it.
                #[read_only] public_key_openssh: Option<String>,
                /// The public key in PEM.
                #[read_only] public_key_pem: Option<String>,
                /// How many bits an RSA key has: 2048, 3072, 4096 or 8192.
                #[default(2048)] $(#[$flag])? rsa_bits: i64,
            }
        }

        impl $name {
            fn make(self) -> Result<$name> {
                let key = generate(&self.algorithm, self.rsa_bits, &self.ecdsa_curve)?;
                self.of(&key)
            }

            fn of(self, key: &PrivateKey) -> Result<$name> {
                let told = key.public()?.told()?;
                Ok($name {
                    $($id: told.id,)?
                    private_key_openssh: Some(Secret(openssh::private_key(key)?)),
                    private_key_pem: Some(Secret(key.pem()?)),
                    private_key_pem_pkcs8: Some(Secret(key.pkcs8_pem()?)),
                    public_key_fingerprint_md5: told.md5,
                    public_key_fingerprint_sha256: told.sha256,
                    public_key_openssh: told.openssh,
                    public_key_pem: told.pem,
                    ..self
                })
            }
        }
    };
}

private_keys! {
    /// A private key, kept in the state.
    #[version = 1]
    TlsPrivateKey [force_new] { id }
}

private_keys! {
    /// A private key for the run only.
    EphemeralPrivateKey [] {}
}

/// A new key of an algorithm, with the number of its bits or its curve.
fn generate(algorithm: &str, bits: i64, curve: &str) -> Result<PrivateKey> {
    match algorithm {
        "RSA" => PrivateKey::rsa(bits),
        "ED25519" => PrivateKey::ed25519(),
        _ => {
            let found = Curve::ALL.into_iter().find(|it| it.name() == curve);
            let none = || refused(format!("keys of {curve} cannot be made"));
            PrivateKey::ec(found.ok_or_else(none)?)
        }
    }
}

/// Refuses keys that cannot be made. Those that others have made may stay.
fn check(proposal: &Proposal<'_>) -> Result {
    let bits = proposal.value.get("rsa_bits");
    let bits = bits.as_number().and_then(Number::as_i64);
    match proposal.value.get("algorithm").as_str() {
        Some("RSA") if bits.is_some_and(|bits| !SIZES.contains(&bits)) => {
            let text = "only keys of 2048, 3072, 4096 or 8192 bits can be made";
            Err(refused(text).at(Path::attribute("rsa_bits")))
        }
        _ => Ok(()),
    }
}

impl Resource for TlsPrivateKey {
    const TYPE: &'static str = "tls_private_key";

    fn plan(proposal: &mut Proposal<'_>) -> Result {
        if proposal.prior.is_none() { check(proposal) } else { Ok(()) }
    }

    async fn create(self) -> Result<Self> {
        busy(move || self.make()).await
    }

    /// Old versions of the provider kept fewer formats of the key. Keys of which the others cannot
    /// be made stay as they are.
    async fn read(self) -> Result<Option<Self>> {
        match &self.private_key_pem {
            Some(pem) if self.private_key_pem_pkcs8.is_none() => {
                let key = PrivateKey::from_pem(&pem.0);
                Ok(Some(key.and_then(|key| self.clone().of(&key)).unwrap_or(self)))
            }
            _ => Ok(Some(self)),
        }
    }
}

impl Source for EphemeralPrivateKey {
    const TYPE: &'static str = "tls_private_key";

    async fn read(self) -> Result<Self> {
        busy(move || self.make()).await
    }
}

#[cfg(test)]
mod tests {
    use crate::utility::tests::{Tried, object};
    use crate::value::Value;

    /// A key too short to be read.
    const SHORT: &str = "-----BEGIN RSA PRIVATE KEY-----
MIIBOgIBAAJBALSL4fx+C7gjyyHN3ZpsuXyFQw5iIASg8j69M+C84HHYyJ4tQL1m
pw8vppSebBQlSOH8TFKnQA+mdXCYHPew9g0CAwEAAQJASrne1feBeDxwVdR0FPdN
KkmpwGlCoUfQG8GJmEn0h4mlDm8n/KrxRuMT4Z9Qfh4IjmDSeVm4vJwVvKRABdR4
rQIhAOFHAJfjFI2BVkiHnfVOLu6IuqDDwlyXWIruKinIArj7AiEAzSs2ExOn6wvZ
gtn/h03hYDSkzlqKdHDP/AATK8iubpcCIQCwfJ6jX5yHa488TTrbpj+wUl/beOG5
Bjywwvs3NmGjpwIgKQODWsrqHW2P/L1xfG3QKPg9HdcxqFdI7HpjWrRSUl8CIGHv
2XFwTwbgGrTfOZ11tKUsqaNWVBqnofQa8tzhisZR
-----END RSA PRIVATE KEY-----
";

    #[tokio::test]
    async fn a_key_that_cannot_be_read_stays_as_it_is() {
        let kind: &dyn crate::provider::ResourceType = &super::super::PRIVATE_KEY;
        let given = [("algorithm", Value::string("RSA")), ("rsa_bits", Value::number(512_i64))];
        let known = [
            ("ecdsa_curve", Value::string("P224")),
            ("id", Value::string("1")),
            ("private_key_pem", Value::string(SHORT)),
        ];
        let known = given.clone().into_iter().chain(known);
        let old = known.fold(kind.schema().null_object(), |it, (name, value)| it.with(name, value));
        let tried = Tried::new(&super::super::PRIVATE_KEY);
        assert_eq!(tried.read(&old).await, old);
        assert_eq!(tried.replan(&old, &object(given)), Vec::<String>::new());
    }
}
