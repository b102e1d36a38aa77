//! Asks a server for its certificates.

use std::time::Duration;

use hyper::{Method, Uri};
use url::Url;

use crate::provider::Result;
use crate::utility::http::client::{Asked, Client, Retry};
use crate::utility::refused;
use crate::utility::wire::{self, Failed, Tls, Trust, Wire};

/// Where certificates are shown.
#[derive(Debug)]
pub(super) enum Place {
    /// In the answer to a request, by proxies and after redirects.
    Web(Url),
    /// By a server that is asked nothing.
    Server(Uri),
}

/// What a URL means. What is wrong is told without it, as it may hold secrets.
pub(super) fn place(url: &str) -> Result<Place> {
    let wrong = || refused("`url` must be a URL such as `https://host` or `tls://host:443`");
    let parsed = Url::parse(url).map_err(|_| wrong())?;
    let host = parsed.host_str().filter(|it| !it.is_empty()).ok_or_else(wrong)?;
    match (parsed.scheme(), parsed.port()) {
        ("https", _) => Ok(Place::Web(parsed)),
        ("tls", Some(port)) => {
            let uri = format!("https://{host}:{port}/").parse().map_err(|_| wrong())?;
            Ok(Place::Server(uri))
        }
        ("tls", None) => Err(refused("`url` names no port")),
        _ => Err(wrong()),
    }
}

/// The certificates that a server shows, its own first; of one on the web by this way.
pub(super) async fn certificates(url: &str, verify: bool, way: Wire) -> Result<Vec<Vec<u8>>> {
    let place = place(url)?;
    let trust = if verify { Trust::System } else { Trust::Anyone };
    let tls = wire::tls(&trust, None).await?;
    let (host, shown) = match place {
        Place::Web(url) => {
            let host = url.host_str().unwrap_or_default().to_string();
            (host, of_web(url, tls, way).await)
        }
        Place::Server(uri) => {
            let stream = Wire::direct().secure(&uri, &tls).await;
            (uri.host().unwrap_or_default().to_string(), stream.map(|it| wire::shown(&it)))
        }
    };
    let failed =
        |it: Failed| refused(format!("the certificates of {host} cannot be had: {}", it.text));
    shown.map_err(failed)
}

/// The certificates of the server that answers in the end.
async fn of_web(url: Url, tls: Tls, way: Wire) -> std::result::Result<Vec<Vec<u8>>, Failed> {
    let once = Retry { attempts: 0, least: Duration::ZERO, most: Duration::ZERO };
    let client = Client { wire: way, tls, timeout: None, retry: once };
    let asked = |method| Asked { url: url.clone(), method, headers: Vec::new(), body: Vec::new() };
    // Some servers answer `GET` only.
    if let Ok(shown) = client.certificates(&asked(Method::HEAD)).await
        && !shown.is_empty()
    {
        return Ok(shown);
    }
    let shown = client.certificates(&asked(Method::GET)).await?;
    let none = "it redirects to a server without TLS".to_string();
    if shown.is_empty() { Err(Failed { text: none, passes: false }) } else { Ok(shown) }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;
    use std::sync::Arc;

    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};

    use super::*;
    use crate::utility::tls::alone;

    #[test]
    fn urls_say_where_a_server_is() {
        let at = |url: &str| {
            place(url).ok().map(|it| match it {
                Place::Web(url) => url.to_string(),
                Place::Server(uri) => uri.authority().unwrap().to_string(),
            })
        };
        assert_eq!(at("https://a.b/c:1?d").as_deref(), Some("https://a.b/c:1?d"));
        assert_eq!(at("https://u:p@a.b:8443").as_deref(), Some("https://u:p@a.b:8443/"));
        assert_eq!(at("tls://[::1]:443/").as_deref(), Some("[::1]:443"));
        for wrong in ["a.b", "http://a.b", "tls://a.b", "https://", "https://a:b"] {
            assert_eq!(at(wrong), None, "{wrong}");
            assert!(!place(wrong).unwrap_err().message.contains("a.b"), "{wrong}");
        }
    }

    /// A server that gives one answer to each of so many requests, and tells their first lines;
    /// its port and its certificate.
    fn server(
        answer: String,
        requests: usize,
    ) -> (u16, Vec<u8>, std::thread::JoinHandle<Vec<String>>) {
        let (certificate, key) = alone("localhost");
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let settings = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        let settings = Arc::new(settings);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let serve = move |_| {
            let (socket, _) = listener.accept().unwrap();
            let connection = rustls::ServerConnection::new(settings.clone()).unwrap();
            let mut stream = BufReader::new(rustls::StreamOwned::new(connection, socket));
            let mut lines = Vec::new();
            let mut line = String::new();
            while stream.read_line(&mut line).unwrap() > 2 {
                lines.push(std::mem::take(&mut line));
            }
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
            lines[0].trim_end().to_string()
        };
        let server = std::thread::spawn(move || (0..requests).map(serve).collect());
        (port, certificate.to_vec(), server)
    }

    #[tokio::test]
    async fn redirects_lead_to_the_server_that_is_meant() {
        let end = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        let (port, certificate, last) = server(end.to_string(), 1);
        let moved = format!(
            "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\
             Location: https://localhost:{port}/b\r\n\r\n"
        );
        let (port, _, first) = server(moved, 1);
        let url = format!("https://localhost:{port}/a?c");
        let shown = certificates(&url, false, Wire::proxied()).await.unwrap();
        assert_eq!(shown, [certificate]);
        assert_eq!(first.join().unwrap(), ["HEAD /a?c HTTP/1.1"]);
        assert_eq!(last.join().unwrap(), ["HEAD /b HTTP/1.1"]);
    }

    #[tokio::test]
    async fn when_a_server_does_not_answer_head_get_is_tried() {
        let (port, _, asked) = server("nonsense".to_string(), 2);
        let url = format!("https://u:secret@localhost:{port}/secret");
        let error = certificates(&url, false, Wire::direct()).await.unwrap_err().message;
        assert!(error.contains("localhost cannot be had") && !error.contains("secret"), "{error}");
        assert_eq!(asked.join().unwrap(), ["HEAD /secret HTTP/1.1", "GET /secret HTTP/1.1"]);
    }
}
