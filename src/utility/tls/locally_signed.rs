//! `tls_locally_signed_cert`

use x509_cert::der::Decode as _;
use x509_cert::der::oid::AssociatedOid as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::request::{CertReq, ExtensionReq};

use super::certificate::{certificates, from_pem, identifier};
use super::key::PrivateKey;
use super::pem::labelled;
use super::public::PublicKey;
use super::x509::Template;
use crate::provider::Result;
use crate::schema::{Check, Secret};
use crate::utility::refused;

const TEXTS: &[&str] = &["ca_cert_pem", "ca_private_key_pem", "cert_request_pem"];

certificates! {
    /// A certificate for a request, signed with the key of an authority.
    TlsLocallySignedCert is "tls_locally_signed_cert" of TEXTS => {
        /// The certificate of the authority in PEM; a change replaces the certificate.
        ca_cert_pem: String,
        /// The kind of the private key of the authority.
        #[read_only] ca_key_algorithm: Option<String>,
        /// The private key of the authority in PEM; a change replaces the certificate.
        ca_private_key_pem: Secret<String>,
        /// The request in PEM; a change replaces the certificate.
        cert_request_pem: String,
    }
}

/// The other names that a request asks for, of the kinds that certificates are given: names of
/// hosts, addresses and URIs.
fn asked_names(request: &CertReq) -> Result<Vec<GeneralName>> {
    let attributes = request.info.attributes.iter().filter(|it| it.oid == ExtensionReq::OID);
    for value in attributes.flat_map(|it| it.values.iter()) {
        let asked = value.decode_as::<ExtensionReq>()?;
        if let Some(names) = asked.0.iter().find(|it| it.extn_id == SubjectAltName::OID) {
            let names = SubjectAltName::from_der(names.extn_value.as_bytes())?.0;
            return Ok(names.into_iter().filter(is_given).collect());
        }
    }
    Ok(Vec::new())
}

fn is_given(name: &GeneralName) -> bool {
    use GeneralName::{DnsName, IpAddress, UniformResourceIdentifier};
    matches!(name, DnsName(_) | IpAddress(_) | UniformResourceIdentifier(_))
}

impl TlsLocallySignedCert {
    fn template(&self, signer: &PrivateKey) -> Result<Template> {
        let request = labelled(&self.cert_request_pem, "CERTIFICATE REQUEST")?;
        let request = CertReq::from_der(&request)?;
        let authority = from_pem(&self.ca_cert_pem)?;
        let own = &authority.tbs_certificate;
        if signer.public()?.0 != own.subject_public_key_info {
            let text = "`ca_private_key_pem` is not the key of the certificate in `ca_cert_pem`";
            return Err(refused(text));
        }
        let subject = request.info.subject.clone();
        if self.is_ca_certificate && subject.is_empty() {
            return Err(refused("the certificate of an authority must have a subject"));
        }
        let identified = self.is_ca_certificate || self.set_subject_key_id;
        let other = own.subject != subject;
        let names = asked_names(&request)?;
        let key = PublicKey(request.info.public_key);
        Ok(Template {
            identifier: identified.then(|| key.identifier()).transpose()?,
            subject,
            issuer: own.subject.clone(),
            key,
            hours: self.validity_period_hours,
            uses: self.allowed_uses.clone(),
            is_authority: self.is_ca_certificate,
            longest_path: self.max_path_length,
            authority: identifier(&authority)?.filter(|_| other),
            names,
        })
    }

    fn make(self) -> Result<TlsLocallySignedCert> {
        let signer = PrivateKey::from_pem(&self.ca_private_key_pem.0)?;
        let written = self.template(&signer)?.write(&signer)?;
        let ca_key_algorithm = Some(signer.public()?.algorithm().to_string());
        TlsLocallySignedCert { ca_key_algorithm, ..self }.of(written)
    }
}

#[cfg(test)]
mod tests {
    use x509_cert::der::asn1::Ia5String;
    use x509_cert::name::Name;

    use super::*;
    use crate::utility::tls::key::Curve;
    use crate::utility::tls::x509;

    #[test]
    fn certificates_are_given_names_of_some_kinds_only() {
        let text = |text: &str| Ia5String::new(text).unwrap();
        let host = GeneralName::DnsName(text("a.example"));
        let uri = GeneralName::UniformResourceIdentifier(text("spiffe://a/b"));
        let mail = GeneralName::Rfc822Name(text("a@b.example"));
        let key = PrivateKey::ec(Curve::P256).unwrap();
        let names = vec![host.clone(), mail, uri.clone()];
        let request = x509::request(Name::default(), names, &key).unwrap();
        let asked = asked_names(&CertReq::from_der(&request).unwrap()).unwrap();
        assert_eq!(asked, [host, uri]);
    }
}
