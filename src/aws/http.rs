//! The HTTP client: proxies and trusted certificates.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::aws::error::in_words;
use crate::aws::provider_block::ProviderBlock;
use crate::provider::{ErrorKind, ProviderError, Result};

/// The HTTP client of a provider block.
pub fn client(block: &ProviderBlock) -> Result<SharedHttpClient> {
    let (proxy, context) = (proxy(block)?, context(block)?);
    Ok(Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder().proxy_config(proxy.clone());
        builder.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            builder.set_sleep_impl(components.sleep_impl());
        }
        let builder = builder.tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        builder.tls_context(context.clone()).build()
    }))
}

/// The proxies given; else those of the process environment.
fn proxy(block: &ProviderBlock) -> Result<ProxyConfig> {
    let given = |proxy: &Option<String>| proxy.clone().filter(|it| !it.is_empty());
    let made = match (given(&block.http_proxy), given(&block.https_proxy)) {
        (None, None) => return Ok(ProxyConfig::from_env()),
        (Some(plain), None) => ProxyConfig::http(plain),
        (None, Some(secure)) => ProxyConfig::https(secure),
        (Some(plain), Some(secure)) if plain == secure => ProxyConfig::all(plain),
        (Some(_), Some(_)) => {
            let text = "`http_proxy` and `https_proxy` name different proxies";
            let hint = "name one, or set HTTP_PROXY and HTTPS_PROXY instead";
            return Err(ProviderError::new(ErrorKind::Refused, text).hint(hint));
        }
    };
    let made = made.map_err(|error| ProviderError::new(ErrorKind::Refused, in_words(&error)))?;
    Ok(match &block.no_proxy {
        Some(hosts) => made.no_proxy(hosts),
        None => made,
    })
}

/// The certificates of the system, and those given.
fn context(block: &ProviderBlock) -> Result<TlsContext> {
    let named = block.custom_ca_bundle.clone().or_else(|| std::env::var("AWS_CA_BUNDLE").ok());
    let mut store = TrustStore::default();
    if let Some(path) = named.filter(|it| !it.is_empty()) {
        let bundle = std::fs::read(&path).map_err(|error| {
            let text = format!("cannot read the certificates in {path}: {error}");
            ProviderError::new(ErrorKind::Refused, text)
        })?;
        store = store.with_pem_certificate(bundle);
    }
    TlsContext::builder()
        .with_trust_store(store)
        .build()
        .map_err(|error| ProviderError::new(ErrorKind::Refused, in_words(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::FieldType as _;

    #[test]
    fn what_cannot_be_used_is_said() {
        let block = || ProviderBlock::blank();
        let two = ProviderBlock {
            http_proxy: Some("http://a:1".into()),
            https_proxy: Some("http://b:1".into()),
            ..block()
        };
        assert!(client(&two).unwrap_err().message.contains("different proxies"));
        let bad = ProviderBlock { https_proxy: Some("::".into()), ..block() };
        assert!(client(&bad).unwrap_err().message.contains("invalid proxy URL"));
        let missing = ProviderBlock { custom_ca_bundle: Some("/nowhere/ca.pem".into()), ..block() };
        assert!(client(&missing).unwrap_err().message.contains("/nowhere/ca.pem"));
    }
}
