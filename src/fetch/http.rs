//! HTTP: GET requests that follow redirects, through the proxies of the environment.

use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{HttpConnector as _, HttpConnectorSettings};
use aws_smithy_runtime_api::http::{Headers, Request};
use aws_smithy_types::byte_stream::ByteStream;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use crate::diagnostic::causes;
use crate::fetch::error::{FetchError, Result, shown};

/// How often a request is tried that fails without an answer, or with one that passes.
const ATTEMPTS: u32 = 3;
const REDIRECTS: usize = 10;

/// A header of a request.
pub(super) type Header = (String, String);

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Headers,
    pub(super) body: Vec<u8>,
    /// What answered, after redirects.
    pub(super) url: Url,
}

/// The client. What it needs is made when it is first used.
pub(super) struct Http {
    made: OnceLock<Client>,
}

struct Client {
    runtime: tokio::runtime::Runtime,
    connector: Connector,
}

impl Http {
    pub(super) fn new() -> Http {
        Http { made: OnceLock::new() }
    }

    fn client(&self) -> Result<&Client> {
        if let Some(made) = self.made.get() {
            return Ok(made);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(FetchError::internal)?;
        let settings = HttpConnectorSettings::builder()
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_secs(60))
            .build();
        let connector = Connector::builder()
            .proxy_config(ProxyConfig::from_env())
            .connector_settings(settings)
            .sleep_impl(TokioSleep::new())
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .build();
        Ok(self.made.get_or_init(|| Client { runtime, connector }))
    }

    /// Runs work that waits for the network.
    pub(super) fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T> {
        Ok(self.client()?.runtime.block_on(work))
    }

    /// Gets what is at an address. Headers are for its host only.
    pub(super) fn get(&self, url: &Url, headers: &[Header]) -> Result<Answer> {
        let mut url = url.clone();
        let origin = url.origin();
        for _ in 0..REDIRECTS {
            let own: &[Header] = if url.origin() == origin { headers } else { &[] };
            let answer = self.tried(&url, own)?;
            let location = answer.headers.get("location").filter(|_| is_redirect(answer.status));
            let Some(location) = location else { return Ok(answer) };
            url = url.join(location).map_err(|error| {
                FetchError::new(format!("{} redirects to nowhere: {error}", shown(url.as_str())))
            })?;
        }
        Err(FetchError::new(format!("{} redirects too often", shown(url.as_str()))))
    }

    /// Gets what must be there.
    pub(super) fn get_ok(&self, url: &Url, headers: &[Header]) -> Result<Answer> {
        let answer = self.get(url, headers)?;
        if (200..300).contains(&answer.status) { Ok(answer) } else { Err(answer.refused()) }
    }

    fn tried(&self, url: &Url, headers: &[Header]) -> Result<Answer> {
        let client = self.client()?;
        let mut attempt = 1;
        loop {
            let outcome = client.runtime.block_on(client.once(url, headers));
            let passes = match &outcome {
                Ok(answer) => matches!(answer.status, 429 | 500 | 502 | 503 | 504),
                Err(error) => error.passes,
            };
            if !passes || attempt == ATTEMPTS {
                return outcome.map_err(|error| unreachable(url, &error.text));
            }
            client.runtime.block_on(tokio::time::sleep(Duration::from_millis(250) * attempt));
            attempt += 1;
        }
    }
}

/// A request without an answer.
struct Failed {
    text: String,
    /// Whether trying again may help.
    passes: bool,
}

impl Client {
    async fn once(&self, url: &Url, headers: &[Header]) -> std::result::Result<Answer, Failed> {
        let fatal = |text: String| Failed { text, passes: false };
        let mut plain = url.clone();
        let user = without_user(&mut plain);
        let mut request = Request::get(plain.as_str()).map_err(|it| fatal(it.to_string()))?;
        let agent = concat!("terrace/", env!("CARGO_PKG_VERSION")).to_string();
        let all = [("user-agent".to_string(), agent)].into_iter().chain(user);
        for (name, value) in all.chain(headers.iter().cloned()) {
            let added = request.headers_mut().try_insert(name, value);
            added.map_err(|it| fatal(it.to_string()))?;
        }
        let answer = self
            .connector
            .call(request)
            .await
            .map_err(|error| Failed { passes: error.is_timeout(), text: causes(&error) })?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = ByteStream::new(answer.into_body()).collect().await;
        let body = body.map_err(|error| Failed { text: causes(&error), passes: true })?;
        Ok(Answer { status, headers, body: body.to_vec(), url: url.clone() })
    }
}

impl Answer {
    /// The error when this is not what was hoped for.
    pub(super) fn refused(&self) -> FetchError {
        let detail = format!("{} answers with status {}", shown(self.url.as_str()), self.status);
        let error = FetchError::new(detail);
        match self.status {
            401 | 403 => error.hint("Credentials are missing, or do not allow it."),
            404 | 410 => error.hint("Check the address."),
            _ => error,
        }
    }
}

fn unreachable(url: &Url, why: &str) -> FetchError {
    let host = url.host_str().unwrap_or_default();
    let detail = format!("{host} cannot be reached for {}: {why}", shown(url.as_str()));
    FetchError::new(detail).hint(
        "Without a network, modules are found in the folder that TERRACE_MODULE_MIRROR names, or \
         copied into a local folder.",
    )
}

/// Takes name and password out of an address, as the header that carries them.
fn without_user(url: &mut Url) -> Option<Header> {
    let decoded =
        |it: &str| percent_encoding::percent_decode_str(it).decode_utf8_lossy().into_owned();
    let user = decoded(url.username());
    let password = decoded(url.password().unwrap_or_default());
    if user.is_empty() && password.is_empty() {
        return None;
    }
    let emptied = url.set_username("").and_then(|()| url.set_password(None));
    let basic = STANDARD.encode(format!("{user}:{password}"));
    emptied.ok().map(|()| ("authorization".to_string(), format!("Basic {basic}")))
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}
