//! The provider `tls`: keys and certificates.

mod certificate;
mod ephemeral;
mod fetch;
mod key;
mod locally_signed;
mod name;
mod openssh;
mod pem;
mod private_key;
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

static PRIVATE_KEY: Kind<private_key::TlsPrivateKey> = Kind::new();
static REQUEST: Kind<request::TlsCertRequest> = Kind::new();
static SELF_SIGNED: Kind<self_signed::TlsSelfSignedCert> = Kind::new();
static LOCALLY_SIGNED: Kind<locally_signed::TlsLocallySignedCert> = Kind::new();
static CERTIFICATE: SourceKind<source::CertificateSource> = SourceKind::new();
static PUBLIC_KEY: SourceKind<source::PublicKeySource> = SourceKind::new();

static RESOURCES: &[&dyn AnyResource] = &[&REQUEST, &LOCALLY_SIGNED, &PRIVATE_KEY, &SELF_SIGNED];
static SOURCES: &[&dyn AnySource] = &[&CERTIFICATE, &PUBLIC_KEY];

static SHORT_PRIVATE_KEY: SourceKind<ephemeral::EphemeralPrivateKey> = SourceKind::new();

static EPHEMERAL: &[&dyn AnySource] = &[&SHORT_PRIVATE_KEY];

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
}

impl From<der::Error> for ProviderError {
    fn from(error: der::Error) -> ProviderError {
        refused(format!("a key or certificate is not in the format it should have: {error}"))
    }
}

#[cfg(test)]
mod tests;
