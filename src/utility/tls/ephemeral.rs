//! `tls_private_key` that lasts as long as the run.

use super::openssh;
use super::private_key::{ALGORITHMS, CURVES, generate};
use crate::provider::Result;
use crate::schema;
use crate::schema::Secret;
use crate::utility::busy;
use crate::utility::source::Source;

schema! {
    /// A private key for the run only.
    pub struct EphemeralPrivateKey {
        /// The kind of key.
        #[one_of(ALGORITHMS)] algorithm: String,
        /// The curve of an ECDSA key. OpenSSH has no keys of `P224`.
        #[default("P224")] #[one_of(CURVES)] ecdsa_curve: String,
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
        #[default(2048)] rsa_bits: i64,
    }
}

impl EphemeralPrivateKey {
    fn make(self) -> Result<EphemeralPrivateKey> {
        let key = generate(&self.algorithm, self.rsa_bits, &self.ecdsa_curve)?;
        let told = key.public()?.told()?;
        Ok(EphemeralPrivateKey {
            private_key_openssh: Some(Secret(openssh::private_key(&key)?)),
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

impl Source for EphemeralPrivateKey {
    const TYPE: &'static str = "tls_private_key";

    async fn read(self) -> Result<Self> {
        busy(move || self.make()).await
    }
}
