//! `tls_cert_request`

use sha1::{Digest as _, Sha1};

use super::certificate::plan_texts;
use super::key::PrivateKey;
use super::name::Subject;
use super::pem::to_pem;
use super::x509;
use crate::provider::{Proposal, Result};
use crate::schema;
use crate::schema::{One, Secret};
use crate::utility::busy;
use crate::utility::digests::hexadecimal;
use crate::utility::kind::Resource;

schema! {
    /// A request for a certificate.
    pub struct TlsCertRequest {
        /// The request in PEM.
        #[read_only] cert_request_pem: Option<String>,
        /// The names of hosts that the certificate is for.
        #[force_new] dns_names: Option<Vec<String>>,
        /// The SHA-1 of the request.
        #[read_only] id: Option<String>,
        /// The addresses that the certificate is for.
        #[force_new] ip_addresses: Option<Vec<String>>,
        /// The kind of the private key.
        #[read_only] key_algorithm: Option<String>,
        /// The private key of the certificate in PEM; a change replaces the request.
        private_key_pem: Secret<String>,
        /// Whom the certificate is for.
        #[force_new] subject: One<Subject>,
        /// The URIs that the certificate is for.
        #[force_new] uris: Option<Vec<String>>,
    }
}

impl TlsCertRequest {
    fn make(self) -> Result<TlsCertRequest> {
        let key = PrivateKey::from_pem(&self.private_key_pem.0)?;
        let subject = self.subject.get().map(Subject::name).transpose()?.unwrap_or_default();
        let hosts = self.dns_names.as_ref();
        let names = x509::names(hosts, self.ip_addresses.as_ref(), self.uris.as_ref())?;
        let request = x509::request(subject, names, &key)?;
        Ok(TlsCertRequest {
            id: Some(hexadecimal(&Sha1::digest(request.trim_ascii()))),
            cert_request_pem: Some(to_pem("CERTIFICATE REQUEST", &request)?),
            key_algorithm: Some(key.public()?.algorithm().to_string()),
            ..self
        })
    }
}

impl Resource for TlsCertRequest {
    const TYPE: &'static str = "tls_cert_request";

    fn plan(proposal: &mut Proposal<'_>) -> Result {
        plan_texts(proposal, &["private_key_pem"]);
        Ok(())
    }

    async fn create(self) -> Result<Self> {
        busy(move || self.make()).await
    }
}
