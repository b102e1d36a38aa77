//! What surrounds a provider configuration: the process environment, or a sandbox in its place.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::meta::region::ProvideRegion as _;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use crate::aws::provider_block::ProviderBlock;
use crate::aws::{credentials, http};
use crate::provider::Result;

/// Wraps an HTTP client, to trace its calls or to change the weather.
pub type Wrap = Arc<dyn Fn(SharedHttpClient) -> SharedHttpClient + Send + Sync>;

/// What surrounds a provider configuration.
#[derive(Clone, Default)]
pub struct Environment {
    /// Carries all calls in place of the network.
    pub http_client: Option<SharedHttpClient>,
    /// Wraps whatever carries the calls.
    pub wrap: Option<Wrap>,
    /// Used in place of any other credentials.
    pub credentials: Option<Credentials>,
    /// The region where neither the provider block nor the process environment name one.
    pub region: Option<String>,
    /// Whether this is a sandbox: endpoints and roles that are configured mean nothing in it.
    pub sandbox: bool,
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("region", &self.region)
            .field("sandbox", &self.sandbox)
            .finish_non_exhaustive()
    }
}

/// The time to connect, for a piece of the answer to come, and for one try altogether.
const CONNECT: Duration = Duration::from_secs(5);
const READ: Duration = Duration::from_secs(60);
const TRY: Duration = Duration::from_secs(120);

/// The time for credentials to come, from a program that asks the user perhaps.
const SIGN_IN: Duration = Duration::from_secs(120);

impl Environment {
    /// The region of a provider block: its own, that of the process environment, that of the
    /// profile. Reads files, but calls nobody.
    pub fn region_of(&self, block: &ProviderBlock) -> Option<String> {
        let given = block.region.clone().filter(|it| !it.is_empty());
        let own =
            given.or_else(|| variable("AWS_REGION")).or_else(|| variable("AWS_DEFAULT_REGION"));
        own.or_else(|| self.profile_region(block)).or_else(|| self.region.clone())
    }

    fn profile_region(&self, block: &ProviderBlock) -> Option<String> {
        if self.sandbox {
            return None;
        }
        let builder =
            ProfileFileRegionProvider::builder().profile_files(credentials::profile_files(block));
        let provider = match &block.profile {
            Some(name) => builder.profile_name(name).build(),
            None => builder.build(),
        };
        // only reads files: never waits for anything
        futures::executor::block_on(provider.region()).map(|region| region.to_string())
    }

    /// The most times a call is repeated for errors that are not in the error table.
    pub fn max_retries(&self, block: &ProviderBlock) -> u32 {
        let given = block.max_retries.and_then(|it| u32::try_from(it).ok());
        let attempts = variable("AWS_MAX_ATTEMPTS").and_then(|it| it.parse::<u32>().ok());
        given.or(attempts.map(|it| it.saturating_sub(1))).unwrap_or(25)
    }

    /// Whether throttling answers slow down later calls.
    pub fn adaptive(&self, block: &ProviderBlock) -> bool {
        let mode = block.retry_mode.clone().or_else(|| variable("AWS_RETRY_MODE"));
        mode.as_deref() != Some("standard")
    }

    /// What all clients of a provider block share.
    pub async fn sdk_config(&self, block: &ProviderBlock, region: &str) -> Result<SdkConfig> {
        let client = match &self.http_client {
            Some(client) => client.clone(),
            None => http::client(block)?,
        };
        let client = match &self.wrap {
            Some(wrap) => wrap(client),
            None => client,
        };
        let region = Region::new(region.to_string());
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(region.clone())
            .http_client(client.clone())
            .retry_config(RetryConfig::standard())
            .timeout_config(timeouts())
            .identity_cache(IdentityCache::lazy().load_timeout(SIGN_IN).build())
            .profile_files(credentials::profile_files(block));
        if let Some(name) = &block.profile {
            loader = loader.profile_name(name);
        }
        if let Some(fips) = block.use_fips_endpoint {
            loader = loader.use_fips(fips);
        }
        if let Some(dual) = block.use_dualstack_endpoint {
            loader = loader.use_dual_stack(dual);
        }
        if let Some(credentials) = &self.credentials {
            let fixed = SharedCredentialsProvider::new(credentials.clone());
            let sdk = loader.credentials_provider(fixed).load().await;
            return Ok(if self.sandbox { without_endpoints(&sdk) } else { sdk });
        }
        let config = ProviderConfig::without_region().with_http_client(client);
        let base = credentials::base(block, &config.with_region(Some(region)))?;
        let sdk = loader.credentials_provider(base.clone()).load().await;
        let credentials = credentials::assumed(block, &sdk, base);
        Ok(sdk.into_builder().credentials_provider(credentials).build())
    }
}

/// Without the endpoints of the process environment.
fn without_endpoints(sdk: &SdkConfig) -> SdkConfig {
    let mut clean = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .retry_config(RetryConfig::standard())
        .timeout_config(timeouts());
    clean.set_region(sdk.region().cloned());
    clean.set_http_client(sdk.http_client());
    clean.set_credentials_provider(sdk.credentials_provider());
    clean.set_identity_cache(sdk.identity_cache());
    clean.set_sleep_impl(sdk.sleep_impl());
    clean.set_time_source(sdk.time_source());
    clean.build()
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .read_timeout(READ)
        .operation_attempt_timeout(TRY)
        .build()
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|it| !it.is_empty())
}
