//! Connections to servers: TLS that trusts whom it is told to, and the proxies of the environment.

use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::{Ready, ready};
use hyper::Uri;
use hyper::header::HeaderValue;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_native_certs::{CertificateResult, load_native_certs};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower_service::Service;
use url::Url;

use super::{busy, refused};
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
    /// Whether the way to this machine leads through them too.
    here_too: bool,
}

/// How TLS is spoken.
#[derive(Clone, Debug)]
pub(super) struct Tls {
    settings: Arc<ClientConfig>,
    /// What to say besides when it fails.
    warning: String,
}

/// Anything that bytes are sent over.
pub(super) trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// A connection; TLS may be spoken with a proxy.
pub(super) type Stream = Box<dyn Socket>;

/// A connection without TLS of its own.
pub(super) struct Plain {
    pub(super) socket: Stream,
    /// A proxy at its other end, which wants to be told the whole address, and maybe who asks.
    pub(super) relay: Option<Option<HeaderValue>>,
}

type Outcome<T> = std::result::Result<T, Failed>;

impl Wire {
    /// Connections through the proxies of the environment.
    pub(super) fn proxied() -> Wire {
        Wire { proxies: Some(Matcher::from_env()), here_too: false }
    }

    /// Connections through one proxy, wherever they lead.
    pub(super) fn by(proxy: &Url) -> Result<Wire> {
        let matcher = Matcher::builder().all(proxy.as_str()).build();
        match matcher.intercept(&Uri::from_static("https://host/")) {
            Some(_) => Ok(Wire { proxies: Some(matcher), here_too: true }),
            None => Err(refused("the address of the proxy cannot be used")),
        }
    }

    /// Connections without proxies.
    pub(super) fn direct() -> Wire {
        Wire { proxies: None, here_too: false }
    }

    /// A connection for an address. The settings of TLS are for proxies that speak it.
    pub(super) async fn connect(&self, uri: &Uri, tls: &Tls) -> Outcome<Plain> {
        let proxy = self.proxies.as_ref().filter(|_| self.here_too || !is_here(uri));
        let proxy = proxy.and_then(|it| it.intercept(uri));
        let host = uri.host().unwrap_or_default();
        match tokio::time::timeout(PATIENCE, reach(uri, proxy.as_ref(), tls)).await {
            Ok(reached) => reached,
            Err(_) => Err(passing(format!("{host} does not answer"))),
        }
    }

    /// A connection with TLS for an address.
    pub(super) async fn secure(&self, uri: &Uri, tls: &Tls) -> Outcome<TlsStream<Stream>> {
        let socket = self.connect(uri, tls).await?.socket;
        match tokio::time::timeout(PATIENCE, shake(uri, socket, tls)).await {
            Ok(shaken) => shaken,
            Err(_) => Err(passing("TLS does not get ready".to_string())),
        }
    }
}

fn fatal(text: String) -> Failed {
    Failed { text, passes: false }
}

fn passing(text: String) -> Failed {
    Failed { text, passes: true }
}

/// Begins TLS with the host of an address.
async fn shake(uri: &Uri, socket: Stream, tls: &Tls) -> Outcome<TlsStream<Stream>> {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_string();
    let name = ServerName::try_from(host).map_err(|error| fatal(error.to_string()))?;
    let shaken = TlsConnector::from(tls.settings.clone()).connect(name, socket).await;
    shaken.map_err(|error| match error.get_ref().is_some_and(|it| it.is::<rustls::Error>()) {
        // Certificates stay bad; connections that break need not.
        true => fatal(format!("{}{}", causes(&error), tls.warning)),
        false => passing(causes(&error)),
    })
}

/// The certificates that a server has shown, its own first.
pub(super) fn shown(stream: &TlsStream<Stream>) -> Vec<Vec<u8>> {
    let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
    shown.iter().map(|it| it.as_ref().to_vec()).collect()
}

/// Whether an address is of this machine, which no proxy can reach.
fn is_here(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|it| it.is_loopback())
}

fn direct() -> HttpConnector {
    let mut direct = HttpConnector::new();
    direct.enforce_http(false);
    direct
}

async fn dial(uri: &Uri) -> Outcome<Stream> {
    let socket = direct().call(uri.clone()).await.map_err(|error| passing(causes(&error)))?;
    Ok(Box::new(socket.into_inner()))
}

async fn reach(uri: &Uri, proxy: Option<&Intercept>, tls: &Tls) -> Outcome<Plain> {
    let Some(proxy) = proxy else { return Ok(Plain { socket: dial(uri).await?, relay: None }) };
    let host = proxy.uri().host().unwrap_or_default();
    let by_proxy = |it: Failed| Failed { text: format!("by the proxy {host}: {}", it.text), ..it };
    through(uri, proxy, tls).await.map_err(by_proxy)
}

async fn through(uri: &Uri, proxy: &Intercept, tls: &Tls) -> Outcome<Plain> {
    let scheme = proxy.uri().scheme_str().unwrap_or("http");
    let socket = match scheme {
        "socks5" | "socks5h" => by_socks(uri, proxy).await?,
        "http" | "https" => {
            let plain = dial(proxy.uri()).await?;
            let socket: Stream = match scheme {
                "https" => Box::new(shake(proxy.uri(), plain, tls).await?),
                _ => plain,
            };
            if uri.scheme_str() != Some("https") {
                return Ok(Plain { socket, relay: Some(proxy.basic_auth().cloned()) });
            }
            by_tunnel(uri, proxy, socket).await?
        }
        other => return Err(fatal(format!("proxies of the kind `{other}` are not supported"))),
    };
    Ok(Plain { socket, relay: None })
}

async fn by_socks(uri: &Uri, proxy: &Intercept) -> Outcome<Stream> {
    let mut socks = SocksV5::new(proxy.uri().clone(), direct());
    if let Some((user, password)) = proxy.raw_auth() {
        socks = socks.with_auth(user.to_string(), password.to_string());
    }
    let socket = socks.call(uri.clone()).await.map_err(|error| passing(causes(&error)))?;
    Ok(Box::new(socket.into_inner()))
}

async fn by_tunnel(uri: &Uri, proxy: &Intercept, socket: Stream) -> Outcome<Stream> {
    let mut tunnel = Tunnel::new(proxy.uri().clone(), Made(Some(socket)));
    if let Some(auth) = proxy.basic_auth() {
        tunnel = tunnel.with_auth(auth.clone());
    }
    let socket = tunnel.call(uri.clone()).await.map_err(|error| passing(causes(&error)))?;
    Ok(socket.into_inner())
}

/// Gives, once, a connection that is there already.
struct Made(Option<Stream>);

impl Service<Uri> for Made {
    type Response = TokioIo<Stream>;
    type Error = std::io::Error;
    type Future = Ready<std::io::Result<TokioIo<Stream>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let gone = || std::io::Error::from(std::io::ErrorKind::NotConnected);
        ready(self.0.take().map(TokioIo::new).ok_or_else(gone))
    }
}

/// The certificates that this machine trusts.
struct System {
    roots: Arc<RootCertStore>,
    warning: String,
}

static SYSTEM: OnceCell<System> = OnceCell::const_new();

/// They are many: they are read once, and apart.
async fn system() -> Result<&'static System> {
    SYSTEM.get_or_try_init(|| busy(|| Ok(usable(load_native_certs())))).await
}

fn usable(found: CertificateResult) -> System {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    let problems: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
    let warning = match (roots.is_empty(), problems.is_empty()) {
        (false, _) => String::new(),
        (true, true) => "; this machine has no certificates to trust".to_string(),
        (true, false) => {
            format!("; the certificates that this machine trusts: {}", problems.join(", "))
        }
    };
    System { roots: Arc::new(roots), warning }
}

/// How TLS is spoken with those who are trusted.
pub(super) async fn tls(trust: &Trust, identity: Option<&Identity>) -> Result<Tls> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| refused(error.to_string()))?;
    let mut warning = String::new();
    let builder = match trust {
        Trust::Anyone => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Anyone(provider)))
        }
        Trust::Signers(pem) => builder.with_root_certificates(signers(pem)?),
        Trust::System => {
            let system = system().await?;
            warning.clone_from(&system.warning);
            builder.with_root_certificates(system.roots.clone())
        }
    };
    let Some(identity) = identity else {
        return Ok(Tls { settings: Arc::new(builder.with_no_client_auth()), warning });
    };
    let unusable = |error: &dyn std::error::Error| {
        refused(format!("the certificate of the client, or its key, cannot be used: {error}"))
    };
    let chain = certificates(&identity.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes());
    let key = key.map_err(|error| unusable(&error))?;
    let settings = builder.with_client_auth_cert(chain, key).map_err(|error| unusable(&error))?;
    Ok(Tls { settings: Arc::new(settings), warning })
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
    use std::io::{BufRead as _, BufReader, Write as _};

    use tokio::io::AsyncWriteExt as _;

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
        let wire = Wire::by(&Url::parse("socks4://127.0.0.1:9").unwrap()).unwrap();
        let anyone = tls(&Trust::Anyone, None).await.unwrap();
        let failed = wire.connect(&uri, &anyone).await.map(|_| ()).unwrap_err();
        let unsupported = "by the proxy 127.0.0.1: proxies of the kind `socks4` are not supported";
        assert_eq!(failed.text, unsupported);
    }

    /// A server with TLS, of whom nobody has signed the certificate, that reads one line, answers
    /// it, and then gives the line.
    fn secret_server(answer: &'static str) -> (u16, std::thread::JoinHandle<String>) {
        let (certificate, key) = crate::utility::tls::alone("localhost");
        let provider = Arc::new(aws_lc_rs::default_provider());
        let settings = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                certificates(&certificate).unwrap(),
                PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
            )
            .unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let serve = move || {
            let (socket, _) = listener.accept().unwrap();
            let connection = rustls::ServerConnection::new(Arc::new(settings)).unwrap();
            let mut stream = BufReader::new(rustls::StreamOwned::new(connection, socket));
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
            line.trim_end().to_string()
        };
        (port, std::thread::spawn(serve))
    }

    #[tokio::test]
    async fn proxies_may_speak_tls() {
        let anyone = tls(&Trust::Anyone, None).await.unwrap();
        let (port, server) = secret_server("HTTP/1.1 200 OK\r\n\r\n");
        let proxied = |port: u16| {
            Wire::by(&Url::parse(&format!("https://127.0.0.1:{port}")).unwrap()).unwrap()
        };
        let uri = "https://a.example/".parse().unwrap();
        let plain = proxied(port).connect(&uri, &anyone).await.unwrap();
        assert!(plain.relay.is_none());
        assert_eq!(server.join().unwrap(), "CONNECT a.example:443 HTTP/1.1");
        let (port, server) = secret_server("");
        let uri = "http://a.example/".parse().unwrap();
        let mut plain = proxied(port).connect(&uri, &anyone).await.unwrap();
        assert!(plain.relay.is_some());
        plain.socket.write_all(b"hello\n").await.unwrap();
        plain.socket.flush().await.unwrap();
        assert_eq!(server.join().unwrap(), "hello");
    }

    #[tokio::test]
    async fn it_is_told_why_nobody_is_trusted() {
        let nowhere = std::path::Path::new("/no/such/file");
        let nothing = usable(rustls_native_certs::load_certs_from_paths(Some(nowhere), None));
        assert!(nothing.roots.is_empty());
        assert!(nothing.warning.contains("/no/such/file"), "{}", nothing.warning);
        let none = usable(CertificateResult::default());
        assert_eq!(none.warning, "; this machine has no certificates to trust");
        let provider = Arc::new(aws_lc_rs::default_provider());
        let settings = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(nothing.roots.clone())
            .with_no_client_auth();
        let tls = Tls { settings: Arc::new(settings), warning: nothing.warning };
        let (port, server) = secret_server("");
        let uri = format!("https://127.0.0.1:{port}/").parse().unwrap();
        let failed = Wire::direct().secure(&uri, &tls).await.map(|_| ()).unwrap_err();
        assert!(failed.text.contains("/no/such/file") && !failed.passes, "{failed:?}");
        assert!(server.join().is_err());
    }

    #[tokio::test]
    async fn certificates_must_be_in_pem() {
        let text =
            |trust: Trust| async move { tls(&trust, None).await.map(|_| ()).unwrap_err().message };
        let none = text(Trust::Signers("nothing".into())).await;
        assert_eq!(none, "there is no certificate in the PEM");
        let bad = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(text(Trust::Signers(bad.into())).await.contains("cannot be used"));
    }
}
