//! `tls_self_signed_cert`

use ::time::OffsetDateTime;

use super::certificate::{due, due_at_once, plan_renewal, plan_texts, serial_text, written_time};
use super::key::PrivateKey;
use super::name::Subject;
use super::pem::to_pem;
use super::x509::{self, Template, USES};
use crate::provider::{Proposal, Result};
use crate::schema;
use crate::schema::{Check, One, Secret};
use crate::utility::kind::Resource;
use crate::utility::{busy, refused};

schema! {
    /// A certificate signed with its own key.
    pub struct TlsSelfSignedCert {
        /// What the key may be used for.
        #[required] #[min_items(0)] #[force_new] #[one_of(USES)] allowed_uses: Vec<String>,
        /// The certificate in PEM.
        #[read_only] cert_pem: Option<String>,
        /// The names of hosts that it is for.
        #[force_new] dns_names: Option<Vec<String>>,
        /// How many hours before its end it is replaced.
        #[default(0)] #[check(Check::Between(0, i64::MAX))] early_renewal_hours: i64,
        /// Its serial number.
        #[read_only] id: Option<String>,
        /// The addresses that it is for.
        #[force_new] ip_addresses: Option<Vec<String>>,
        /// Whether it is of an authority, which may sign others.
        #[default(false)] #[force_new] is_ca_certificate: bool,
        /// The kind of the private key.
        #[read_only] key_algorithm: Option<String>,
        /// How many authorities may stand between this one and what it signs.
        #[computed] #[force_new] #[check(Check::Between(-1, i64::MAX))]
        max_path_length: Option<i64>,
        /// The private key in PEM; a change replaces the certificate.
        private_key_pem: Secret<String>,
        /// Whether it has ended, or will soon.
        #[read_only] ready_for_renewal: Option<bool>,
        /// Whether it tells the identifier of the key that signed it.
        #[default(false)] #[force_new] set_authority_key_id: bool,
        /// Whether it tells the identifier of its key.
        #[default(false)] #[force_new] set_subject_key_id: bool,
        /// Whom it is for.
        #[force_new] subject: One<Subject>,
        /// The URIs that it is for.
        #[force_new] uris: Option<Vec<String>>,
        /// Its end.
        #[read_only] validity_end_time: Option<String>,
        /// For how many hours it is valid.
        #[force_new] #[check(Check::Between(0, i64::MAX))] validity_period_hours: i64,
        /// Its beginning.
        #[read_only] validity_start_time: Option<String>,
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
        let ready = due_at_once(self.validity_period_hours, self.early_renewal_hours);
        Ok(TlsSelfSignedCert {
            cert_pem: Some(to_pem("CERTIFICATE", &written.der)?),
            id: Some(serial_text(&written.serial)),
            key_algorithm: Some(key.public()?.algorithm().to_string()),
            ready_for_renewal: Some(ready),
            validity_end_time: Some(written_time(written.end)?),
            validity_start_time: Some(written_time(written.start)?),
            ..self
        })
    }
}

impl Resource for TlsSelfSignedCert {
    const TYPE: &'static str = "tls_self_signed_cert";

    fn plan_at(proposal: &mut Proposal<'_>, time: OffsetDateTime) -> Result {
        plan_texts(proposal, &["private_key_pem"]);
        plan_renewal(proposal, time)
    }

    async fn create(self) -> Result<Self> {
        busy(move || self.make()).await
    }

    async fn read(self) -> Result<Option<Self>> {
        let now = OffsetDateTime::now_utc();
        let due = due(self.validity_end_time.as_deref(), self.early_renewal_hours, now)?;
        let ready_for_renewal = if due { Some(true) } else { self.ready_for_renewal };
        Ok(Some(TlsSelfSignedCert { ready_for_renewal, ..self }))
    }
}
