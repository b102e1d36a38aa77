//! `tls_self_signed_cert`

use super::certificate::certificates;
use super::key::PrivateKey;
use super::name::Subject;
use super::x509::{self, Template};
use crate::provider::Result;
use crate::schema::{Check, One, Secret};
use crate::utility::refused;

certificates! {
    /// A certificate signed with its own key.
    TlsSelfSignedCert is "tls_self_signed_cert" of &["private_key_pem"] => {
        /// The names of hosts that it is for.
        #[force_new] dns_names: Option<Vec<String>>,
        /// The addresses that it is for.
        #[force_new] ip_addresses: Option<Vec<String>>,
        /// The kind of the private key.
        #[read_only] key_algorithm: Option<String>,
        /// The private key in PEM; a change replaces the certificate.
        private_key_pem: Secret<String>,
        /// Whether it tells the identifier of the key that signed it.
        #[default(false)] #[force_new] set_authority_key_id: bool,
        /// Whom it is for.
        #[force_new] subject: One<Subject>,
        /// The URIs that it is for.
        #[force_new] uris: Option<Vec<String>>,
    }
}

impl TlsSelfSignedCert {
    fn template(&self, key: &PrivateKey) -> Result<Template> {
        let public = key.public()?;
        let subject = self.subject.get().map(Subject::name).transpose()?.unwrap_or_default();
        if self.is_ca_certificate && subject.is_empty() {
            return Err(refused("the certificate of an authority must have a subject"));
        }
        let identified = self.is_ca_certificate || self.set_subject_key_id;
        let identifier = identified.then(|| public.identifier()).transpose()?;
        if self.set_authority_key_id && identifier.is_none() {
            return Err(refused("the certificate has no identifier of its key to tell"));
        }
        let hosts = self.dns_names.as_ref();
        Ok(Template {
            issuer: subject.clone(),
            subject,
            hours: self.validity_period_hours,
            uses: self.allowed_uses.clone(),
            is_authority: self.is_ca_certificate,
            longest_path: self.max_path_length,
            authority: identifier.clone().filter(|_| self.set_authority_key_id),
            identifier,
            names: x509::names(hosts, self.ip_addresses.as_ref(), self.uris.as_ref())?,
            key: public,
        })
    }

    fn make(self) -> Result<TlsSelfSignedCert> {
        let key = PrivateKey::from_pem(&self.private_key_pem.0)?;
        let written = self.template(&key)?.write(&key)?;
        let key_algorithm = Some(key.public()?.algorithm().to_string());
        TlsSelfSignedCert { key_algorithm, ..self }.of(written)
    }
}
