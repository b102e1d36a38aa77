//! What certificates say, and when they end.

use ::time::format_description::well_known::Rfc3339;
use ::time::{Duration, OffsetDateTime};
use bigdecimal::num_bigint::BigUint;
use x509_cert::Certificate;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::oid::AssociatedOid;
use x509_cert::der::oid::db::{rfc5912, rfc8410};
use x509_cert::der::{Decode, DecodeOwned};
use x509_cert::ext::pkix::{BasicConstraints, SubjectKeyIdentifier};
use x509_cert::time::Time;

use super::pem::labelled;
use crate::provider::{Proposal, Result};
use crate::utility::refused;
use crate::value::{Number, Type, Value};

/// ECDSA with SHA-1, which has no name in the standard of today.
const ECDSA_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.1");

/// Declares a type of certificates, with the arguments in PEM that they are made of and the other
/// fields that differ.
macro_rules! certificates {
    (
        $(#[doc = $doc:literal])*
        $name:ident is $type:literal of $texts:expr => { $($own:tt)* }
    ) => {
        $crate::schema! {
            $(#[doc = $doc])*
            pub struct $name {
                /// What the key may be used for.
                #[required] #[min_items(0)] #[force_new] #[one_of($crate::utility::tls::x509::USES)]
                allowed_uses: Vec<String>,
                /// The certificate in PEM.
                #[read_only] cert_pem: Option<String>,
                /// How many hours before its end it is replaced.
                #[default(0)] #[check(Check::Between(0, i64::MAX))] early_renewal_hours: i64,
                /// Its serial number.
                #[read_only] id: Option<String>,
                /// Whether it is of an authority, which may sign others.
                #[default(false)] #[force_new] is_ca_certificate: bool,
                /// How many authorities may stand between this one and what it signs.
                #[computed] #[force_new] #[check(Check::Between(-1, i64::MAX))]
                max_path_length: Option<i64>,
                /// Whether it has ended, or will soon.
                #[read_only] ready_for_renewal: Option<bool>,
                /// Whether it tells the identifier of its key.
                #[default(false)] #[force_new] set_subject_key_id: bool,
                /// Its end.
                #[read_only] validity_end_time: Option<String>,
                /// For how many hours it is valid.
                #[force_new] #[check(Check::Between(0, i64::MAX))] validity_period_hours: i64,
                /// Its beginning.
                #[read_only] validity_start_time: Option<String>,
                $($own)*
            }
        }

        impl $name {
            fn of(self, written: $crate::utility::tls::x509::Written) -> Result<Self> {
                use $crate::utility::tls::certificate::{due_at_once, serial_text, written_time};
                let ready = due_at_once(self.validity_period_hours, self.early_renewal_hours);
                Ok($name {
                    cert_pem: Some($crate::utility::tls::pem::to_pem("CERTIFICATE", &written.der)?),
                    id: Some(serial_text(&written.serial)),
                    ready_for_renewal: Some(ready),
                    validity_end_time: Some(written_time(written.end)?),
                    validity_start_time: Some(written_time(written.start)?),
                    ..self
                })
            }
        }

        impl $crate::utility::kind::Resource for $name {
            const TYPE: &'static str = $type;

            fn plan_at(
                proposal: &mut $crate::provider::Proposal<'_>,
                time: ::time::OffsetDateTime,
            ) -> Result {
                $crate::utility::tls::certificate::plan_texts(proposal, $texts);
                $crate::utility::tls::certificate::plan_renewal(proposal, time)
            }

            async fn create(self) -> Result<Self> {
                $crate::utility::busy(move || self.make()).await
            }

            async fn read(self) -> Result<Option<Self>> {
                let (end, now) = (self.validity_end_time.as_deref(), ::time::OffsetDateTime::now_utc());
                let due = $crate::utility::tls::certificate::due(end, self.early_renewal_hours, now)?;
                let ready_for_renewal = if due { Some(true) } else { self.ready_for_renewal };
                Ok(Some($name { ready_for_renewal, ..self }))
            }
        }
    };
}
pub(super) use certificates;

/// The certificate in PEM.
pub(super) fn from_pem(text: &str) -> Result<Certificate> {
    Ok(Certificate::from_der(&labelled(text, "CERTIFICATE")?)?)
}

/// An extension of a certificate.
fn extension<T: AssociatedOid + DecodeOwned>(certificate: &Certificate) -> Result<Option<T>> {
    let all = certificate.tbs_certificate.extensions.iter().flatten();
    let found = all.into_iter().find(|it| it.extn_id == T::OID);
    Ok(found.map(|it| T::from_der(it.extn_value.as_bytes())).transpose()?)
}

/// Whether it is of an authority, and how many may stand between it and what it signs: -1 when it
/// sets no limit, 0 when it does not say whether it is of an authority.
pub(super) fn constraints(certificate: &Certificate) -> Result<(bool, i64)> {
    Ok(match extension::<BasicConstraints>(certificate)? {
        Some(found) => (found.ca, found.path_len_constraint.map_or(-1, i64::from)),
        None => (false, 0),
    })
}

/// The identifier of its key, if it tells it.
pub(super) fn identifier(certificate: &Certificate) -> Result<Option<Vec<u8>>> {
    let found = extension::<SubjectKeyIdentifier>(certificate)?;
    Ok(found.map(|it| it.0.as_bytes().to_vec()))
}

/// How it is signed, as Go names it.
pub(super) fn signature_name(certificate: &Certificate) -> &'static str {
    match certificate.signature_algorithm.oid {
        rfc5912::MD_5_WITH_RSA_ENCRYPTION => "MD5-RSA",
        rfc5912::SHA_1_WITH_RSA_ENCRYPTION => "SHA1-RSA",
        rfc5912::ID_RSASSA_PSS => "SHA256-RSAPSS",
        rfc5912::SHA_256_WITH_RSA_ENCRYPTION => "SHA256-RSA",
        rfc5912::SHA_384_WITH_RSA_ENCRYPTION => "SHA384-RSA",
        rfc5912::SHA_512_WITH_RSA_ENCRYPTION => "SHA512-RSA",
        ECDSA_SHA1 => "ECDSA-SHA1",
        rfc5912::ECDSA_WITH_SHA_256 => "ECDSA-SHA256",
        rfc5912::ECDSA_WITH_SHA_384 => "ECDSA-SHA384",
        rfc5912::ECDSA_WITH_SHA_512 => "ECDSA-SHA512",
        rfc8410::ID_ED_25519 => "Ed25519",
        _ => "0",
    }
}

/// Its kind of key, as Go names it.
pub(super) fn key_name(certificate: &Certificate) -> &'static str {
    match certificate.tbs_certificate.subject_public_key_info.algorithm.oid {
        rfc5912::RSA_ENCRYPTION => "RSA",
        rfc5912::ID_EC_PUBLIC_KEY => "ECDSA",
        rfc8410::ID_ED_25519 => "Ed25519",
        rfc5912::ID_DSA => "DSA",
        _ => "0",
    }
}

/// A moment of a certificate as RFC 3339 says.
pub(super) fn moment(time: Time) -> Result<String> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    let time = OffsetDateTime::from_unix_timestamp(seconds);
    written_time(time.map_err(|error| refused(format!("a time cannot be told: {error}")))?)
}

/// A moment as RFC 3339 says.
pub(super) fn written_time(time: OffsetDateTime) -> Result<String> {
    time.format(&Rfc3339).map_err(|error| refused(format!("a time cannot be written: {error}")))
}

/// A serial number in decimal digits.
pub(super) fn serial_text(serial: &[u8]) -> String {
    BigUint::from_bytes_be(serial).to_string()
}

/// Whether at this time a certificate with this end is to be replaced so many hours before it.
pub(super) fn due(end: Option<&str>, early: i64, time: OffsetDateTime) -> Result<bool> {
    let Some(end) = end else { return Ok(false) };
    let end = OffsetDateTime::parse(end, &Rfc3339)
        .map_err(|_| refused(format!("`{end}` is not a time as in RFC 3339")))?;
    let early = early.checked_mul(3600).map(Duration::seconds);
    let renewal = early.and_then(|early| end.checked_sub(early));
    Ok(renewal.is_none_or(|renewal| renewal <= time))
}

/// Whether a certificate is due as soon as it is made.
pub(super) fn due_at_once(hours: i64, early: i64) -> bool {
    early >= hours
}

/// Replaces what was made of these arguments, which are PEM, when they change.
pub(super) fn plan_texts(proposal: &mut Proposal<'_>, texts: &[&str]) {
    for name in texts {
        // Old versions of the provider kept digests, which say nothing against what was made.
        let was = proposal.prior.map(|prior| prior.get(name)).unwrap_or(Value::NULL);
        let was_pem = was.as_str().is_some_and(|it| it.contains("-----BEGIN "));
        if was_pem && proposal.changes(name) {
            proposal.replace_because(name);
        }
    }
}

/// Replaces a certificate that is due at this time, or was found to be.
pub(super) fn plan_renewal(proposal: &mut Proposal<'_>, time: OffsetDateTime) -> Result {
    const READY: &str = "ready_for_renewal";
    const EARLY: &str = "early_renewal_hours";
    let hours = |name: &str| proposal.value.get(name).as_number().and_then(Number::as_i64);
    let (period, early) = (hours("validity_period_hours"), hours(EARLY));
    let Some(prior) = proposal.prior else {
        let at_once = period.zip(early).map(|(period, early)| due_at_once(period, early));
        proposal.set(READY, at_once.map_or(Value::unknown(Type::Bool), Value::Bool));
        return Ok(());
    };
    let end = prior.get("validity_end_time");
    let due = early.map(|early| due(end.as_str(), early, time)).transpose()?;
    // What was found may be newer than the plan.
    let found = prior.get(READY).as_bool() == Some(true) && !proposal.changes(EARLY);
    match due {
        _ if found => proposal.replace_because(READY),
        Some(true) => proposal.replace_because(READY),
        Some(false) => proposal.set(READY, Value::Bool(false)),
        None => proposal.set(READY, Value::unknown(Type::Bool)),
    }
    Ok(())
}
