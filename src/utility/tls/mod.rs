//! The provider `tls`: keys and certificates.

mod certificate;
mod fetch;
mod key;
mod locally_signed;
mod name;
mod openssh;
mod pem;
mod private_key;
mod proxy;
mod public;
mod request;
mod self_signed;
mod source;
mod x509;

use x509_cert::der;

use super::bundle::{Bundle, Facts};
use super::kind::{AnyResource, Kind};
use super::refused;
use super::source::{AnySource, SourceKind};
use crate::provider::ProviderError;
use crate::schema::schema_of;

static PRIVATE_KEY: Kind<private_key::TlsPrivateKey> = Kind::new();
static REQUEST: Kind<request::TlsCertRequest> = Kind::new();
static SELF_SIGNED: Kind<self_signed::TlsSelfSignedCert> = Kind::new();
static LOCALLY_SIGNED: Kind<locally_signed::TlsLocallySignedCert> = Kind::new();
static CERTIFICATE: SourceKind<source::CertificateSource> = SourceKind::new();
static PUBLIC_KEY: SourceKind<source::PublicKeySource> = SourceKind::new();

static RESOURCES: &[&dyn AnyResource] = &[&REQUEST, &LOCALLY_SIGNED, &PRIVATE_KEY, &SELF_SIGNED];
static SOURCES: &[&dyn AnySource] = &[&CERTIFICATE, &PUBLIC_KEY];

static SHORT_PRIVATE_KEY: SourceKind<private_key::EphemeralPrivateKey> = SourceKind::new();

static EPHEMERAL: &[&dyn AnySource] = &[&SHORT_PRIVATE_KEY, &PUBLIC_KEY];

/// The provider.
pub(super) fn provider() -> Bundle {
    Bundle::new(Facts {
        name: "tls",
        source: "registry.terraform.io/hashicorp/tls",
        version: "4.2.1",
        resources: RESOURCES,
        sources: SOURCES,
        ephemeral: EPHEMERAL,
        functions: &[],
    })
    .with(schema_of::<proxy::TlsProvider>())
}

impl From<der::Error> for ProviderError {
    fn from(error: der::Error) -> ProviderError {
        refused(format!("a key or certificate is not in the format it should have: {error}"))
    }
}

/// A certificate for a host that nobody else has signed, and its key, in PEM.
#[cfg(test)]
pub(super) fn alone(host: &str) -> (String, String) {
    let key = key::PrivateKey::ec(key::Curve::P256).unwrap();
    let name = x509_cert::name::Name::default();
    let template = x509::Template {
        subject: name.clone(),
        issuer: name,
        key: key.public().unwrap(),
        hours: 1,
        uses: Vec::new(),
        is_authority: false,
        longest_path: None,
        identifier: None,
        authority: None,
        names: x509::names(Some(&vec![host.to_string()]), None, None).unwrap(),
    };
    let written = template.write(&key).unwrap();
    (pem::to_pem("CERTIFICATE", &written.der).unwrap(), key.pkcs8_pem().unwrap())
}

#[cfg(test)]
mod tests;
