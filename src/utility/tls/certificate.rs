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
