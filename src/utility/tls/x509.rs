//! Writes certificates, and requests for them.

use std::net::IpAddr;
use std::time::Duration;

use ::time::OffsetDateTime;
use rand::Rng as _;
use x509_cert::attr::{Attribute, Attributes};
use x509_cert::der::Encode;
use x509_cert::der::asn1::{
    BitString, GeneralizedTime, Ia5String, ObjectIdentifier, OctetString, SetOfVec, UtcTime,
};
use x509_cert::der::oid::AssociatedOid;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages,
    SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::name::Name;
use x509_cert::request::{self, CertReq, CertReqInfo, ExtensionReq};
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};
use x509_cert::{Certificate, TbsCertificate, Version};

use super::key::PrivateKey;
use super::public::PublicKey;
use crate::provider::Result;
use crate::utility::refused;

/// What a key may be used for.
const USAGES: [(&str, KeyUsages); 9] = [
    ("digital_signature", KeyUsages::DigitalSignature),
    ("content_commitment", KeyUsages::NonRepudiation),
    ("key_encipherment", KeyUsages::KeyEncipherment),
    ("data_encipherment", KeyUsages::DataEncipherment),
    ("key_agreement", KeyUsages::KeyAgreement),
    ("cert_signing", KeyUsages::KeyCertSign),
    ("crl_signing", KeyUsages::CRLSign),
    ("encipher_only", KeyUsages::EncipherOnly),
    ("decipher_only", KeyUsages::DecipherOnly),
];

/// What a key may be used for by purpose.
const PURPOSES: [(&str, ObjectIdentifier); 14] = [
    ("any_extended", ObjectIdentifier::new_unwrap("2.5.29.37.0")),
    ("server_auth", ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1")),
    ("client_auth", ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2")),
    ("code_signing", ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3")),
    ("email_protection", ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4")),
    ("ipsec_end_system", ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.5")),
    ("ipsec_tunnel", ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.6")),
    ("ipsec_user", ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.7")),
    ("timestamping", ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8")),
    ("ocsp_signing", ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.9")),
    ("microsoft_server_gated_crypto", ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.10.3.3")),
    ("netscape_server_gated_crypto", ObjectIdentifier::new_unwrap("2.16.840.1.113730.4.1")),
    ("microsoft_commercial_code_signing", ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.2.1.22")),
    ("microsoft_kernel_code_signing", ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.61.1.1")),
];

/// All uses that arguments may name.
pub(super) const USES: &[&str] = &[
    "any_extended",
    "cert_signing",
    "client_auth",
    "code_signing",
    "content_commitment",
    "crl_signing",
    "data_encipherment",
    "decipher_only",
    "digital_signature",
    "email_protection",
    "encipher_only",
    "ipsec_end_system",
    "ipsec_tunnel",
    "ipsec_user",
    "key_agreement",
    "key_encipherment",
    "microsoft_commercial_code_signing",
    "microsoft_kernel_code_signing",
    "microsoft_server_gated_crypto",
    "netscape_server_gated_crypto",
    "ocsp_signing",
    "server_auth",
    "timestamping",
];

/// A certificate to write.
pub(super) struct Template {
    /// Whom it is for.
    pub(super) subject: Name,
    /// Who signs it.
    pub(super) issuer: Name,
    /// The key of whom it is for.
    pub(super) key: PublicKey,
    pub(super) hours: i64,
    pub(super) uses: Vec<String>,
    pub(super) is_authority: bool,
    pub(super) longest_path: Option<i64>,
    pub(super) identifier: Option<Vec<u8>>,
    pub(super) authority: Option<Vec<u8>>,
    /// Other names.
    pub(super) names: Vec<GeneralName>,
}

/// A certificate that was written.
pub(super) struct Written {
    pub(super) der: Vec<u8>,
    pub(super) serial: Vec<u8>,
    pub(super) start: OffsetDateTime,
    pub(super) end: OffsetDateTime,
}

/// Other names: of hosts, addresses and URIs.
pub(super) fn names(
    hosts: Option<&Vec<String>>,
    addresses: Option<&Vec<String>>,
    uris: Option<&Vec<String>>,
) -> Result<Vec<GeneralName>> {
    fn ascii(text: &str) -> Result<Ia5String> {
        let wrong = |_| refused(format!("`{text}` has characters that certificates cannot have"));
        Ia5String::new(text).map_err(wrong)
    }
    let address = |text: &String| {
        let address = text.parse::<IpAddr>().map(GeneralName::from);
        address.map_err(|_| refused(format!("`{text}` is not an IP address")))
    };
    let uri = |text: &String| Ok(GeneralName::UniformResourceIdentifier(ascii(text)?));
    let hosts = hosts.into_iter().flatten().map(|it| Ok(GeneralName::DnsName(ascii(it)?)));
    let addresses = addresses.into_iter().flatten().map(address);
    hosts.chain(addresses).chain(uris.into_iter().flatten().map(uri)).collect()
}

fn extension<T: AssociatedOid + Encode>(critical: bool, content: &T) -> Result<Extension> {
    let extn_value = OctetString::new(content.to_der()?)?;
    Ok(Extension { extn_id: T::OID, critical, extn_value })
}

impl Template {
    fn extensions(&self) -> Result<Vec<Extension>> {
        let mut all = self.uses()?;
        all.push(extension(true, &self.constraints()?)?);
        if let Some(identifier) = &self.identifier {
            let identifier = OctetString::new(identifier.as_slice())?;
            all.push(extension(false, &SubjectKeyIdentifier(identifier))?);
        }
        if let Some(authority) = &self.authority {
            let key_identifier = Some(OctetString::new(authority.as_slice())?);
            let authority = AuthorityKeyIdentifier { key_identifier, ..Default::default() };
            all.push(extension(false, &authority)?);
        }
        if !self.names.is_empty() {
            let names = SubjectAltName(self.names.clone());
            all.push(extension(self.subject.is_empty(), &names)?);
        }
        Ok(all)
    }

    fn uses(&self) -> Result<Vec<Extension>> {
        let mut usage = KeyUsage(Default::default());
        for (_, flag) in USAGES.iter().filter(|(name, _)| self.uses.iter().any(|it| it == name)) {
            usage.0 |= *flag;
        }
        let purpose = |name: &String| PURPOSES.iter().find(|(it, _)| it == name).map(|it| it.1);
        let purposes: Vec<_> = self.uses.iter().filter_map(purpose).collect();
        let usage = (!usage.0.is_empty()).then(|| extension(true, &usage));
        let purposes =
            (!purposes.is_empty()).then(|| extension(false, &ExtendedKeyUsage(purposes)));
        usage.into_iter().chain(purposes).collect()
    }

    fn constraints(&self) -> Result<BasicConstraints> {
        let longest = self.longest_path.filter(|it| self.is_authority && *it >= 0);
        let longest = longest.map(u8::try_from).transpose();
        let longest = longest.map_err(|_| refused("`max_path_length` can be at most 255"))?;
        Ok(BasicConstraints { ca: self.is_authority, path_len_constraint: longest })
    }

    /// The certificate, valid from now, signed with a key.
    pub(super) fn write(&self, signer: &PrivateKey) -> Result<Written> {
        let mut serial = [0; 16];
        rand::rng().fill_bytes(&mut serial);
        let start = OffsetDateTime::now_utc();
        let start = start.replace_nanosecond(0).unwrap_or(start);
        let seconds = self.hours.checked_mul(3600).map(::time::Duration::seconds);
        let end = seconds.and_then(|it| start.checked_add(it)).filter(|it| it.year() <= 9999);
        let end = end.ok_or_else(|| refused("the certificate would be valid for too long"))?;
        let content = TbsCertificate {
            version: Version::V3,
            serial_number: SerialNumber::new(&serial)?,
            signature: signer.signature()?,
            issuer: self.issuer.clone(),
            validity: Validity { not_before: moment(start)?, not_after: moment(end)? },
            subject: self.subject.clone(),
            subject_public_key_info: self.key.0.clone(),
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: Some(self.extensions()?),
        };
        let signature = BitString::from_bytes(&signer.sign(&content.to_der()?)?)?;
        let certificate = Certificate {
            tbs_certificate: content,
            signature_algorithm: signer.signature()?,
            signature,
        };
        Ok(Written { der: certificate.to_der()?, serial: serial.to_vec(), start, end })
    }
}

/// A request for a certificate.
pub(super) fn request(subject: Name, names: Vec<GeneralName>, key: &PrivateKey) -> Result<Vec<u8>> {
    let mut attributes: Attributes = SetOfVec::new();
    if !names.is_empty() {
        let asked = ExtensionReq(vec![extension(false, &SubjectAltName(names))?]);
        attributes.insert(Attribute::try_from(asked)?)?;
    }
    let version = request::Version::V1;
    let info = CertReqInfo { version, subject, public_key: key.public()?.0, attributes };
    let signature = BitString::from_bytes(&key.sign(&info.to_der()?)?)?;
    Ok(CertReq { info, algorithm: key.signature()?, signature }.to_der()?)
}

/// Two digits of the year until 2049, four from then on, as RFC 5280 wants.
fn moment(time: OffsetDateTime) -> Result<Time> {
    let seconds = u64::try_from(time.unix_timestamp()).unwrap_or_default();
    let since = Duration::from_secs(seconds);
    Ok(match time.year() {
        ..2050 => Time::UtcTime(UtcTime::from_unix_duration(since)?),
        _ => Time::GeneralTime(GeneralizedTime::from_unix_duration(since)?),
    })
}
