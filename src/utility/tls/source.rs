//! The data sources `tls_certificate` and `tls_public_key`

use sha1::{Digest as _, Sha1};

use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use super::certificate::{constraints, key_name, moment, serial_text, signature_name};
use super::fetch;
use super::key::PrivateKey;
use super::name::display;
use super::openssh::public_half;
use super::pem::{labelled, to_pem};
use super::proxy::TlsProvider;
use crate::provider::Result;
use crate::schema;
use crate::schema::{FieldType as _, Secret};
use crate::utility::digests::hexadecimal;
use crate::utility::source::Source;
use crate::value::{Path, Value};

const FROM: &[&str] = &["content", "url"];
const KEYS: &[&str] = &["private_key_openssh", "private_key_pem"];

schema! {
    /// The certificates that a server shows, or one that is given.
    pub struct CertificateSource {
        /// The certificates; that of the server comes last.
        #[read_only] #[attribute] certificates: Vec<Shown>,
        /// A certificate in PEM.
        #[exactly_one_of(FROM)] content: Option<String>,
        /// A digest of the certificates.
        #[read_only] id: Option<String>,
        /// The server: `https://host` or `tls://host:port`.
        #[exactly_one_of(FROM)] url: Option<String>,
        /// Whether the server's certificates must be valid; `true` when not given.
        #[conflicts_with(&["content"])] verify_chain: Option<bool>,
    }

    /// A certificate.
    pub struct Shown {
        /// The certificate in PEM.
        #[read_only] cert_pem: Option<String>,
        /// Whether it is of an authority.
        #[read_only] is_ca: Option<bool>,
        /// Who signed it.
        #[read_only] issuer: Option<String>,
        /// How many authorities may stand between this one and what it signs.
        #[read_only] max_path_length: Option<i64>,
        /// Its end.
        #[read_only] not_after: Option<String>,
        /// Its beginning.
        #[read_only] not_before: Option<String>,
        /// The kind of its key.
        #[read_only] public_key_algorithm: Option<String>,
        /// Its serial number.
        #[read_only] serial_number: Option<String>,
        /// Its SHA-1.
        #[read_only] sha1_fingerprint: Option<String>,
        /// How it is signed.
        #[read_only] signature_algorithm: Option<String>,
        /// Whom it is for.
        #[read_only] subject: Option<String>,
        /// The version of its format.
        #[read_only] version: Option<i64>,
    }

    /// The public half of a private key.
    pub struct PublicKeySource {
        /// The kind of key.
        #[read_only] algorithm: Option<String>,
        /// The SHA-1 of the public key.
        #[read_only] id: Option<String>,
        /// The private key, as OpenSSH has it, without a passphrase.
        #[exactly_one_of(KEYS)] private_key_openssh: Option<Secret<String>>,
        /// The private key in PEM.
        #[exactly_one_of(KEYS)] private_key_pem: Option<Secret<String>>,
        /// The MD5 fingerprint of the public key, as OpenSSH tells it.
        #[read_only] public_key_fingerprint_md5: Option<String>,
        /// The SHA-256 fingerprint of the public key, as OpenSSH tells it.
        #[read_only] public_key_fingerprint_sha256: Option<String>,
        /// The public key, as OpenSSH has it.
        #[read_only] public_key_openssh: Option<String>,
        /// The public key in PEM.
        #[read_only] public_key_pem: Option<String>,
    }
}

fn shown(der: &[u8]) -> Result<Shown> {
    let certificate = Certificate::from_der(der)?;
    let (is_ca, longest_path) = constraints(&certificate)?;
    let content = &certificate.tbs_certificate;
    Ok(Shown {
        cert_pem: Some(to_pem("CERTIFICATE", der)?),
        is_ca: Some(is_ca),
        issuer: Some(display(&content.issuer)?),
        max_path_length: Some(longest_path),
        not_after: Some(moment(content.validity.not_after)?),
        not_before: Some(moment(content.validity.not_before)?),
        public_key_algorithm: Some(key_name(&certificate).to_string()),
        serial_number: Some(serial_text(content.serial_number.as_bytes())),
        sha1_fingerprint: Some(hexadecimal(&Sha1::digest(der))),
        signature_algorithm: Some(signature_name(&certificate).to_string()),
        subject: Some(display(&content.subject)?),
        version: Some(content.version as i64 + 1),
    })
}

impl CertificateSource {
    /// The certificates, that of the server first.
    async fn all(&self, provider: &Value) -> Result<Vec<Vec<u8>>> {
        match (&self.content, &self.url) {
            (None, Some(url)) => {
                let way = TlsProvider::decode(provider)?.way()?;
                fetch::certificates(url, self.verify_chain.unwrap_or(true), way).await
            }
            (content, _) => {
                Ok(vec![labelled(content.as_deref().unwrap_or_default(), "CERTIFICATE")?])
            }
        }
    }
}

impl Source for CertificateSource {
    const TYPE: &'static str = "tls_certificate";

    fn validate(configuration: &Value) -> Vec<(Path, String)> {
        let url = configuration.get("url");
        let problem = url.as_str().and_then(|url| fetch::place(url).err());
        problem.map(|error| (Path::attribute("url"), error.message)).into_iter().collect()
    }

    async fn read(self) -> Result<Self> {
        self.read_by(&TlsProvider::blank().encode()).await
    }

    async fn read_by(self, provider: &Value) -> Result<Self> {
        let all = self.all(provider).await?;
        let mut digest = Sha1::new();
        all.iter().for_each(|der| digest.update(der));
        let certificates = all.iter().rev().map(|der| shown(der)).collect::<Result<_>>()?;
        let id = Some(hexadecimal(&digest.finalize()));
        Ok(CertificateSource { certificates, id, ..self })
    }
}

impl Source for PublicKeySource {
    const TYPE: &'static str = "tls_public_key";

    async fn read(self) -> Result<Self> {
        let openssh = self.private_key_openssh.as_ref().map(|it| it.0.as_str());
        let pem = self.private_key_pem.as_ref().map(|it| it.0.as_str());
        let key = match openssh {
            Some(text) => public_half(text)?,
            None => PrivateKey::from_pem(pem.unwrap_or_default())?.public()?,
        };
        let told = key.told()?;
        Ok(PublicKeySource {
            algorithm: Some(key.algorithm().to_string()),
            id: told.id,
            public_key_fingerprint_md5: told.md5,
            public_key_fingerprint_sha256: told.sha256,
            public_key_openssh: told.openssh,
            public_key_pem: told.pem,
            ..self
        })
    }
}
