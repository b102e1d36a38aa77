//! The provider `http`: what a server answers.

pub(super) mod client;

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::Method;
use url::Url;

use super::bundle::{Bundle, Facts};
use super::refused;
use super::source::{AnySource, Source, SourceKind};
use super::wire::{self, Identity, Trust, Wire};
use crate::provider::{ProviderError, Result};
use crate::schema;
use crate::schema::{Check, FieldType as _};
use crate::value::{Number, Path, Value};
use client::{Answer, Asked, Client, Retry};

static SOURCE: SourceKind<Http> = SourceKind::new();
static SOURCES: &[&dyn AnySource] = &[&SOURCE];

/// The provider.
pub(super) fn provider() -> Bundle {
    Bundle::new(Facts {
        name: "http",
        source: "registry.terraform.io/hashicorp/http",
        version: "3.6.0",
        resources: &[],
        sources: SOURCES,
        ephemeral: &[],
        functions: &[],
    })
}

schema! {
    /// What a server answers to a request.
    pub struct Http {
        /// The answer as text.
        #[read_only] #[deprecated("use `response_body` instead")] body: Option<String>,
        /// Certificates in PEM whose signatures are trusted, instead of those of this machine.
        #[conflicts_with(&["insecure"])] ca_cert_pem: Option<String>,
        /// A certificate in PEM that tells the server who asks.
        #[required_with(&["client_key_pem"])] client_cert_pem: Option<String>,
        /// The key of that certificate in PEM.
        #[required_with(&["client_cert_pem"])] client_key_pem: Option<String>,
        /// The URL.
        #[read_only] id: Option<String>,
        /// Whether the server's certificate may be any.
        insecure: Option<bool>,
        /// The method; `GET` when not given.
        #[one_of(&["GET", "POST", "HEAD"])] method: Option<String>,
        /// What is sent with the request.
        request_body: Option<String>,
        /// Headers of the request.
        request_headers: Option<BTreeMap<String, String>>,
        /// How many milliseconds an answer may take.
        #[check(Check::Between(1, i64::MAX))] request_timeout_ms: Option<i64>,
        /// The answer as text; what is not UTF-8 is replaced.
        #[read_only] response_body: Option<String>,
        /// The answer in Base64.
        #[read_only] response_body_base64: Option<String>,
        /// Headers of the answer; those that come several times are joined.
        #[read_only] response_headers: Option<BTreeMap<String, String>>,
        /// How a request is tried again that fails, or is answered with status 429, or 500 and
        /// above but not 501.
        retry: Option<RetryBlock>,
        /// The status of the answer.
        #[read_only] status_code: Option<i64>,
        /// The address, of `http` or `https`.
        url: String,
    }

    /// How a request is tried again.
    pub struct RetryBlock {
        /// How many times, after the first; 0 when not given.
        #[check(Check::Between(0, i64::MAX))] attempts: Option<i64>,
        /// The longest time between two tries in milliseconds; 30,000 when not given.
        #[check(Check::Between(0, i64::MAX))] max_delay_ms: Option<i64>,
        /// The shortest time between two tries in milliseconds; 1000 when not given.
        #[check(Check::Between(0, i64::MAX))] min_delay_ms: Option<i64>,
    }
}

/// What is wrong is told without the URL, which may hold secrets.
fn parsed(url: &str) -> Result<Url> {
    let wrong = |why: String| refused(why).at(Path::attribute("url"));
    let parsed = Url::parse(url).map_err(|error| wrong(format!("not a URL: {error}")))?;
    match parsed.scheme() {
        "http" | "https" if parsed.has_host() => Ok(parsed),
        _ => Err(wrong("not a URL of `http` or `https`".to_string())),
    }
}

fn milliseconds(given: Option<i64>, default: u64) -> Duration {
    Duration::from_millis(given.and_then(|it| u64::try_from(it).ok()).unwrap_or(default))
}

impl RetryBlock {
    fn retry(&self) -> Retry {
        let least = milliseconds(self.min_delay_ms, 1000);
        let most = milliseconds(self.max_delay_ms, 30_000);
        Retry { attempts: self.attempts.unwrap_or_default().max(0), least, most }
    }
}

impl Http {
    async fn client(&self) -> Result<Client> {
        let trust = match (&self.ca_cert_pem, self.insecure) {
            (Some(pem), _) => Trust::Signers(pem.clone()),
            (None, Some(true)) => Trust::Anyone,
            (None, _) => Trust::System,
        };
        let identity = self.client_cert_pem.clone().zip(self.client_key_pem.clone());
        let identity = identity.map(|(certificate, key)| Identity { certificate, key });
        let retry = self.retry.as_ref().unwrap_or(&RetryBlock::blank()).retry();
        let timeout = self.request_timeout_ms.and_then(|it| u64::try_from(it).ok());
        Ok(Client {
            wire: Wire::proxied(),
            tls: wire::tls(&trust, identity.as_ref()).await?,
            timeout: timeout.map(Duration::from_millis),
            retry,
        })
    }

    fn asked(&self) -> Result<Asked> {
        let method = self.method.as_deref().unwrap_or("GET");
        let method = Method::from_bytes(method.as_bytes());
        let method = method.map_err(|error| refused(format!("not a method: {error}")))?;
        let headers = self.request_headers.clone().unwrap_or_default().into_iter().collect();
        let body = self.request_body.clone().unwrap_or_default().into_bytes();
        Ok(Asked { url: parsed(&self.url)?, method, headers, body })
    }

    fn with(self, answer: Answer) -> Http {
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        Http {
            body: Some(text.clone()),
            id: Some(self.url.clone()),
            response_body: Some(text),
            response_body_base64: Some(STANDARD.encode(&answer.body)),
            response_headers: Some(answer.headers),
            status_code: Some(i64::from(answer.status)),
            ..self
        }
    }
}

impl Source for Http {
    const TYPE: &'static str = "http";

    fn validate(configuration: &Value) -> Vec<(Path, String)> {
        let told = |error: ProviderError| (Path::attribute("url"), error.message);
        let url = configuration.get("url");
        let url = url.as_str().and_then(|url| parsed(url).err()).map(told);
        let delay = |name: &str| {
            let delay = configuration.get("retry").get(name);
            delay.as_number().and_then(Number::as_i64)
        };
        let swapped = delay("min_delay_ms").zip(delay("max_delay_ms"));
        let swapped = swapped.filter(|(least, most)| most < least).map(|(least, _)| {
            let text = format!("`max_delay_ms` must be at least `min_delay_ms`, {least}");
            (Path::attribute("retry"), text)
        });
        url.into_iter().chain(swapped).collect()
    }

    async fn read(self) -> Result<Self> {
        let answer = self.client().await?.ask(&self.asked()?).await?;
        Ok(self.with(answer))
    }
}

#[cfg(test)]
mod tests;
