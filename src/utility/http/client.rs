//! Sends requests: over TLS or not, by proxies, again where that may help, and to where redirects
//! lead.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, HeaderValue, LOCATION};
use hyper::header::{PROXY_AUTHORIZATION, RETRY_AFTER, USER_AGENT};
use hyper::{Method, Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use url::Url;

use crate::diagnostic::causes;
use crate::provider::Result;
use crate::utility::refused;
use crate::utility::wire::{Failed, Tls, Wire, shown as certificates};

/// How many redirects are followed.
const REDIRECTS: usize = 10;

/// Headers for the first host and its subdomains only.
const SECRETS: [&str; 6] = [
    "authorization",
    "cookie",
    "cookie2",
    "proxy-authenticate",
    "proxy-authorization",
    "www-authenticate",
];

/// How a request is tried again.
#[derive(Clone, Copy, Debug)]
pub(in crate::utility) struct Retry {
    /// How many times, after the first.
    pub(in crate::utility) attempts: i64,
    /// The time before the first time again; it doubles for each.
    pub(in crate::utility) least: Duration,
    /// The longest time.
    pub(in crate::utility) most: Duration,
}

/// A client.
pub(in crate::utility) struct Client {
    pub(in crate::utility) wire: Wire,
    pub(in crate::utility) tls: Tls,
    pub(in crate::utility) timeout: Option<Duration>,
    pub(in crate::utility) retry: Retry,
}

/// A request.
#[derive(Clone, Debug)]
pub(in crate::utility) struct Asked {
    pub(in crate::utility) url: Url,
    pub(in crate::utility) method: Method,
    pub(in crate::utility) headers: Vec<(String, String)>,
    pub(in crate::utility) body: Vec<u8>,
}

/// The certificates of the server that answers, its own first.
#[derive(Clone, Debug, Default)]
struct Shown(Vec<Vec<u8>>);

/// An answer.
#[derive(Clone, Debug)]
pub(in crate::utility) struct Answer {
    pub(in crate::utility) status: u16,
    pub(in crate::utility) headers: BTreeMap<String, String>,
    pub(in crate::utility) body: Vec<u8>,
}

impl Client {
    /// The answer to a request.
    pub(super) async fn ask(&self, asked: &Asked) -> Result<Answer> {
        let mut tries: i64 = 0;
        loop {
            let outcome = self.in_time(asked).await;
            let passes = match &outcome {
                Ok(answer) => {
                    answer.status == 429 || (answer.status >= 500 && answer.status != 501)
                }
                Err(error) => error.passes,
            };
            if !passes && let Ok(answer) = outcome {
                return Ok(answer);
            }
            if !passes || tries >= self.retry.attempts {
                let why = match outcome {
                    Ok(answer) => format!("it answers with status {}", answer.status),
                    Err(error) => error.text,
                };
                let times =
                    if tries == 0 { String::new() } else { format!(" ({} tries)", tries + 1) };
                return Err(refused(format!("{} gives nothing{times}: {why}", shown(&asked.url))));
            }
            tokio::time::sleep(self.retry.delay(tries, outcome.ok().as_ref())).await;
            tries += 1;
        }
    }

    /// The certificates of the server that answers in the end; none if that is without TLS.
    pub(in crate::utility) async fn certificates(
        &self,
        asked: &Asked,
    ) -> std::result::Result<Vec<Vec<u8>>, Failed> {
        let mut answer = self.followed(asked).await?;
        Ok(answer.extensions_mut().remove::<Shown>().unwrap_or_default().0)
    }

    async fn in_time(&self, asked: &Asked) -> std::result::Result<Answer, Failed> {
        let Some(timeout) = self.timeout else { return self.read(asked).await };
        let late = |_| {
            let text = format!("no answer within `request_timeout_ms`, {} ms", timeout.as_millis());
            Failed { text, passes: true }
        };
        tokio::time::timeout(timeout, self.read(asked)).await.map_err(late)?
    }

    async fn read(&self, asked: &Asked) -> std::result::Result<Answer, Failed> {
        read(self.followed(asked).await?).await
    }

    /// The beginning of the answer after redirects.
    async fn followed(&self, asked: &Asked) -> std::result::Result<Response<Incoming>, Failed> {
        let mut asked = asked.clone();
        let first = asked.url.host_str().unwrap_or_default().to_string();
        for _ in 0..REDIRECTS {
            let answer = self.once(&asked).await?;
            let status = answer.status().as_u16();
            let location = answer.headers().get(LOCATION).filter(|_| is_redirect(status));
            let Some(location) = location.and_then(|it| it.to_str().ok()) else {
                return Ok(answer);
            };
            let next = asked.url.join(location).map_err(|error| {
                fatal(format!("it redirects to something that is not a URL: {error}"))
            })?;
            if Url::parse(location).is_ok() {
                asked.forget(&[HOST.as_str()]);
            }
            if !is_within(next.host_str().unwrap_or_default(), &first) {
                asked.forget(&SECRETS);
            }
            asked = asked.redirected(next, status);
        }
        Err(fatal(format!("it redirects more than {REDIRECTS} times")))
    }

    async fn once(&self, asked: &Asked) -> std::result::Result<Response<Incoming>, Failed> {
        let uri: Uri = asked.url.as_str().parse().map_err(|it| fatal(format!("{it}")))?;
        let mut request = asked.request(&uri)?;
        if asked.url.scheme() == "https" {
            let stream = self.wire.secure(&uri, &self.tls).await?;
            let shown = Shown(certificates(&stream));
            let mut answer = exchange(stream, request).await?;
            answer.extensions_mut().insert(shown);
            return Ok(answer);
        }
        let plain = self.wire.connect(&uri, &self.tls).await?;
        if let Some(auth) = plain.relay {
            *request.uri_mut() = uri;
            auth.map(|auth| request.headers_mut().insert(PROXY_AUTHORIZATION, auth));
        }
        exchange(plain.socket, request).await
    }
}

fn fatal(text: String) -> Failed {
    Failed { text, passes: false }
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// The server of a URL: the rest of it may be secret.
fn shown(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// Whether a host is another one, or one of its subdomains.
fn is_within(host: &str, other: &str) -> bool {
    let above = host.strip_suffix(other);
    // Subdomains of addresses are none.
    above.is_some_and(|it| it.is_empty() || (it.ends_with('.') && !host.contains(':')))
}

/// Sends a request, and gives the beginning of the answer.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> std::result::Result<Response<Incoming>, Failed> {
    let broken = |error: hyper::Error| Failed { passes: true, text: causes(&error) };
    let shaken = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = shaken.map_err(broken)?;
    // The request itself tells when the connection breaks.
    tokio::spawn(async move { connection.await.ok() });
    sender.send_request(request).await.map_err(broken)
}

async fn read(answer: Response<Incoming>) -> std::result::Result<Answer, Failed> {
    let status = answer.status().as_u16();
    let headers = joined(answer.headers());
    let broken = |error: hyper::Error| Failed { passes: true, text: causes(&error) };
    let body = answer.into_body().collect().await.map_err(broken)?.to_bytes().to_vec();
    Ok(Answer { status, headers, body })
}

/// Headers by name as they are usually written, those that come several times joined.
fn joined(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        joined
            .entry(capitalized(name.as_str()))
            .and_modify(|all| *all = format!("{all}, {value}"))
            .or_insert_with(|| value.into_owned());
    }
    joined
}

fn capitalized(name: &str) -> String {
    let part = |part: &str| {
        let (first, rest) = part.split_at_checked(1).unwrap_or((part, ""));
        format!("{}{rest}", first.to_ascii_uppercase())
    };
    name.split('-').map(part).collect::<Vec<_>>().join("-")
}

impl Asked {
    fn request(&self, uri: &Uri) -> std::result::Result<Request<Full<Bytes>>, Failed> {
        let place = uri.path_and_query().map_or("/", |it| it.as_str());
        let body = Full::new(Bytes::from(self.body.clone()));
        let request = Request::builder().method(self.method.clone()).uri(place).body(body);
        let mut request = request.map_err(|error| fatal(error.to_string()))?;
        let headers = request.headers_mut();
        let authority = uri.authority().map_or("", |it| it.as_str());
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let agent = concat!("terrace/", env!("CARGO_PKG_VERSION"));
        headers.insert(HOST, value(HOST.as_str(), host)?);
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        if let Some(basic) = self.user() {
            headers.insert(AUTHORIZATION, value(AUTHORIZATION.as_str(), &basic)?);
        }
        for (name, text) in &self.headers {
            let text = value(name, text)?;
            let name = HeaderName::from_bytes(name.as_bytes());
            headers.insert(name.map_err(|error| fatal(error.to_string()))?, text);
        }
        Ok(request)
    }

    /// The header that carries the name and password of the URL.
    fn user(&self) -> Option<String> {
        let plain =
            |it: &str| percent_encoding::percent_decode_str(it).decode_utf8_lossy().into_owned();
        let user = plain(self.url.username());
        let password = plain(self.url.password().unwrap_or_default());
        let given = !user.is_empty() || !password.is_empty();
        given.then(|| format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
    }

    /// Takes headers away.
    fn forget(&mut self, names: &[&str]) {
        let among = |name: &str| names.iter().any(|it| name.eq_ignore_ascii_case(it));
        self.headers.retain(|(name, _)| !among(name));
    }

    /// What is asked after a redirect.
    fn redirected(mut self, next: Url, status: u16) -> Asked {
        let keeps = matches!(status, 307 | 308);
        if !keeps && self.method != Method::HEAD {
            self.method = Method::GET;
        }
        if !keeps {
            self.body.clear();
        }
        Asked { url: next, ..self }
    }
}

fn value(name: &str, text: &str) -> std::result::Result<HeaderValue, Failed> {
    let wrong = |_| fatal(format!("the header `{name}` has characters that headers cannot have"));
    HeaderValue::from_str(text).map_err(wrong)
}

impl Retry {
    /// How long to wait before a request is tried again: as long as the server asks, or twice as
    /// long as before.
    fn delay(&self, tries: i64, answer: Option<&Answer>) -> Duration {
        let busy = answer.filter(|it| matches!(it.status, 429 | 503));
        let asked = busy.and_then(|it| it.headers.get(&capitalized(RETRY_AFTER.as_str())));
        if let Some(seconds) = asked.and_then(|it| it.parse().ok()) {
            return Duration::from_secs(seconds);
        }
        let doubled = u32::try_from(tries).ok().and_then(|tries| 2_u32.checked_pow(tries));
        let delay = doubled.and_then(|times| self.least.checked_mul(times));
        delay.unwrap_or(self.most).min(self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_to_subdomains_too() {
        for host in ["a.example", "b.a.example", "c.b.a.example"] {
            assert!(is_within(host, "a.example"), "{host}");
        }
        for host in ["example", "ba.example", "a.example.b", "127.0.0.1"] {
            assert!(!is_within(host, "a.example"), "{host}");
        }
        assert!(is_within("[::1]", "[::1]"));
    }

    #[test]
    fn only_the_server_of_a_url_is_told() {
        let url = Url::parse("https://u:p@a.example:8443/token?secret=1#x").unwrap();
        assert_eq!(shown(&url), "https://a.example:8443");
    }
}
