//! Connections to servers: TLS that trusts whom it is told to, and the proxies of the environment.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::Uri;
use hyper::header::HeaderValue;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower_service::Service as _;

use super::refused;
use crate::diagnostic::causes;
use crate::provider::Result;

/// How long a server may take to answer a call for a connection.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whose certificates are good.
#[derive(Clone, Debug)]
pub(super) enum Trust {
    /// Those that this machine trusts.
    System,
    /// Those that these sign, in PEM.
    Signers(String),
    /// Anyone's.
    Anyone,
}

/// A certificate and its key in PEM, for servers that want to know who asks.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) certificate: String,
    pub(super) key: String,
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) text: String,
    /// Whether another try may have more luck.
    pub(super) passes: bool,
}

/// How to reach servers.
pub(super) struct Wire {
    proxies: Option<Matcher>,
}

/// A connection without TLS of its own.
pub(super) struct Plain {
    pub(super) socket: TcpStream,
    /// A proxy at its other end, which wants to be told the whole address, and maybe who asks.
    pub(super) relay: Option<Option<HeaderValue>>,
}

impl Wire {
    /// Connections through the proxies of the environment.
    pub(super) fn proxied() -> Wire {
        Wire { proxies: Some(Matcher::from_env()) }
    }

    /// Connections without proxies.
    pub(super) fn direct() -> Wire {
        Wire { proxies: None }
    }

    /// A connection for an address.
    pub(super) async fn connect(&self, uri: &Uri) -> std::result::Result<Plain, Failed> {
        let proxy = self.proxies.as_ref().filter(|_| !is_here(uri));
        let proxy = proxy.and_then(|it| it.intercept(uri));
        let host = uri.host().unwrap_or_default();
        match tokio::time::timeout(PATIENCE, reach(uri, proxy.as_ref())).await {
            Ok(reached) => reached.map_err(|text| Failed { text, passes: true }),
            Err(_) => Err(Failed { text: format!("{host} does not answer"), passes: true }),
        }
    }

    /// A connection with TLS for an address.
    pub(super) async fn secure(
        &self,
        uri: &Uri,
        settings: ClientConfig,
    ) -> std::result::Result<TlsStream<TcpStream>, Failed> {
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_string();
        let fatal = |text: String| Failed { text, passes: false };
        let name = ServerName::try_from(host).map_err(|error| fatal(error.to_string()))?;
        let socket = self.connect(uri).await?.socket;
        let shake = TlsConnector::from(Arc::new(settings)).connect(name, socket);
        match tokio::time::timeout(PATIENCE, shake).await {
            Ok(shaken) => shaken.map_err(|error| Failed {
                // Certificates stay bad; connections that break need not.
                passes: error.get_ref().is_none_or(|it| !it.is::<rustls::Error>()),
                text: causes(&error),
            }),
            Err(_) => Err(Failed { text: "TLS does not get ready".to_string(), passes: true }),
        }
    }
}

/// Whether an address is of this machine, which no proxy can reach.
fn is_here(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|it| it.is_loopback())
}

async fn reach(uri: &Uri, proxy: Option<&Intercept>) -> std::result::Result<Plain, String> {
    let mut direct = HttpConnector::new();
    direct.enforce_http(false);
    let told = |error: &dyn std::error::Error| causes(error);
    let Some(proxy) = proxy else {
        let socket = direct.call(uri.clone()).await.map_err(|error| told(&error))?;
        return Ok(Plain { socket: socket.into_inner(), relay: None });
    };
    let (at, auth) = (proxy.uri().clone(), proxy.basic_auth().cloned());
    let by_proxy = |text: String| format!("by the proxy {}: {text}", at.host().unwrap_or_default());
    match (at.scheme_str().unwrap_or("http"), uri.scheme_str()) {
        ("socks5" | "socks5h", _) => {
            let mut socks = SocksV5::new(at.clone(), direct);
            if let Some((user, password)) = proxy.raw_auth() {
                socks = socks.with_auth(user.to_string(), password.to_string());
            }
            let socket = socks.call(uri.clone()).await.map_err(|error| by_proxy(told(&error)))?;
            Ok(Plain { socket: socket.into_inner(), relay: None })
        }
        ("http", Some("https")) => {
            let mut tunnel = Tunnel::new(at.clone(), direct);
            if let Some(auth) = auth {
                tunnel = tunnel.with_auth(auth);
            }
            let socket = tunnel.call(uri.clone()).await.map_err(|error| by_proxy(told(&error)))?;
            Ok(Plain { socket: socket.into_inner(), relay: None })
        }
        ("http", _) => {
            let socket = direct.call(at.clone()).await.map_err(|error| by_proxy(told(&error)))?;
            Ok(Plain { socket: socket.into_inner(), relay: Some(auth) })
        }
        (other, _) => Err(format!("proxies of the kind `{other}` are not supported")),
    }
}

/// Settings of TLS.
pub(super) fn tls(trust: &Trust, identity: Option<&Identity>) -> Result<ClientConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| refused(error.to_string()))?;
    let builder = match trust {
        Trust::Anyone => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Anyone(provider)))
        }
        Trust::Signers(pem) => builder.with_root_certificates(signers(pem)?),
        Trust::System => {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            builder.with_root_certificates(roots)
        }
    };
    let Some(identity) = identity else { return Ok(builder.with_no_client_auth()) };
    let unusable = |error: &dyn std::error::Error| {
        refused(format!("the certificate of the client, or its key, cannot be used: {error}"))
    };
    let chain = certificates(&identity.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes());
    let key = key.map_err(|error| unusable(&error))?;
    builder.with_client_auth_cert(chain, key).map_err(|error| unusable(&error))
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>> {
    let all = CertificateDer::pem_slice_iter(pem.as_bytes());
    let all = all.collect::<std::result::Result<Vec<_>, _>>();
    let all = all.map_err(|error| refused(format!("a certificate is not in PEM: {error}")))?;
    if all.is_empty() { Err(refused("there is no certificate in the PEM")) } else { Ok(all) }
}

fn signers(pem: &str) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        let added = roots.add(certificate);
        added.map_err(|error| refused(format!("a certificate cannot be used: {error}")))?;
    }
    Ok(roots)
}

/// Takes any certificate: for those who want to see it, not to trust it.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_stands_before_this_machine() {
        let here = |uri: &str| is_here(&uri.parse().unwrap());
        for uri in ["http://localhost:1/", "https://127.0.0.2/", "https://[::1]:8443/"] {
            assert!(here(uri), "{uri}");
        }
        for uri in ["http://10.0.0.1/", "https://localhost.example/", "https://[2001:db8::1]/"] {
            assert!(!here(uri), "{uri}");
        }
    }

    #[tokio::test]
    async fn a_proxy_of_an_unknown_kind_is_told() {
        let uri = "http://a.example/".parse().unwrap();
        let matcher = Matcher::builder().all("socks4://127.0.0.1:9").build();
        let wire = Wire { proxies: Some(matcher) };
        let failed = wire.connect(&uri).await.map(|_| ()).unwrap_err();
        assert_eq!(failed.text, "proxies of the kind `socks4` are not supported");
    }

    #[test]
    fn certificates_must_be_in_pem() {
        let text = |trust: Trust| tls(&trust, None).map(|_| ()).unwrap_err().message;
        let none = text(Trust::Signers("nothing".into()));
        assert_eq!(none, "there is no certificate in the PEM");
        let bad = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(text(Trust::Signers(bad.into())).contains("cannot be used"));
    }
}
