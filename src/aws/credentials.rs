//! Where the credentials of a provider configuration come from.

use std::path::PathBuf;

use aws_config::SdkConfig;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds;
use aws_config::imds::client::EndpointMode;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_sts::types::{PolicyDescriptorType, Tag};

use crate::aws::error::in_words;
use crate::aws::provider_block::{AssumeRole, AssumeRoleWithWebIdentity, ProviderBlock, seconds};
use crate::provider::{ErrorKind, ProviderError, Result};

/// The name of the session where none is given.
const SESSION: &str = "terrace";

/// The shared configuration files that the block names; those of the environment if it names none.
pub fn profile_files(block: &ProviderBlock) -> EnvConfigFiles {
    let mut files = EnvConfigFiles::builder();
    match block.shared_config_files.as_slice() {
        [] => files = files.include_default_config_file(true),
        given => {
            for path in given {
                files = files.with_file(EnvConfigFileKind::Config, home(path));
            }
        }
    }
    match block.shared_credentials_files.as_slice() {
        [] => files = files.include_default_credentials_file(true),
        given => {
            for path in given {
                files = files.with_file(EnvConfigFileKind::Credentials, home(path));
            }
        }
    }
    files.build()
}

/// A path whose `~` is the home folder.
fn home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

/// The credentials that the block or its surroundings give, before any role is assumed.
pub fn base(block: &ProviderBlock, config: &ProviderConfig) -> Result<SharedCredentialsProvider> {
    if let (Some(key), Some(secret)) = (&block.access_key, &block.secret_key) {
        let token = block.token.as_ref().map(|token| token.0.clone());
        let fixed = Credentials::new(&key.0, &secret.0, token, None, "provider block");
        return Ok(SharedCredentialsProvider::new(fixed));
    }
    let profile = profile_credentials(block, config);
    if block.profile.is_some() {
        return Ok(SharedCredentialsProvider::new(profile));
    }
    let web = WebIdentityTokenCredentialsProvider::builder().configure(config).build();
    let container = EcsCredentialsProvider::builder().configure(config).build();
    let chain = CredentialsProviderChain::first_try(
        "Environment",
        EnvironmentVariableCredentialsProvider::new(),
    )
    .or_else("Profile", profile)
    .or_else("WebIdentityToken", web)
    .or_else("EcsContainer", container);
    if block.skip_metadata_api_check.as_deref() == Some("true") || metadata_disabled() {
        return Ok(SharedCredentialsProvider::new(chain));
    }
    let instance =
        ImdsCredentialsProvider::builder().configure(config).imds_client(metadata(block, config)?);
    Ok(SharedCredentialsProvider::new(chain.or_else("Ec2InstanceMetadata", instance.build())))
}

fn metadata_disabled() -> bool {
    std::env::var("AWS_EC2_METADATA_DISABLED").is_ok_and(|it| it.eq_ignore_ascii_case("true"))
}

fn profile_credentials(
    block: &ProviderBlock,
    config: &ProviderConfig,
) -> ProfileFileCredentialsProvider {
    let files = profile_files(block);
    let builder = ProfileFileCredentialsProvider::builder().configure(config).profile_files(files);
    match &block.profile {
        Some(name) => builder.profile_name(name).build(),
        None => builder.build(),
    }
}

fn metadata(block: &ProviderBlock, config: &ProviderConfig) -> Result<imds::Client> {
    let mut builder = imds::Client::builder().configure(config).max_attempts(2);
    if let Some(endpoint) = &block.ec2_metadata_service_endpoint {
        builder = builder.endpoint(endpoint).map_err(|error| {
            let text = format!("`ec2_metadata_service_endpoint` is not a URL: {error}");
            ProviderError::new(ErrorKind::Refused, text)
        })?;
    }
    Ok(match block.ec2_metadata_service_endpoint_mode.as_deref() {
        Some("IPv6") => builder.endpoint_mode(EndpointMode::IpV6),
        Some("IPv4") => builder.endpoint_mode(EndpointMode::IpV4),
        _ => builder,
    }
    .build())
}

/// The credentials of the roles that the block assumes, one after the other.
pub fn assumed(
    block: &ProviderBlock,
    sdk: &SdkConfig,
    base: SharedCredentialsProvider,
) -> SharedCredentialsProvider {
    let mut credentials = base;
    if let Some(role) = block.assume_role_with_web_identity.get() {
        let role = WebIdentity { role: role.clone(), sts: sts(block, sdk, None) };
        credentials = SharedCredentialsProvider::new(role);
    }
    for role in block.assume_role.iter().filter(|role| role.role_arn.is_some()) {
        let sts = sts(block, sdk, Some(credentials));
        credentials = SharedCredentialsProvider::new(Role { role: role.clone(), sts });
    }
    credentials
}

/// A client that only assumes roles: outside of any step, with the SDK's own retries.
fn sts(
    block: &ProviderBlock,
    sdk: &SdkConfig,
    credentials: Option<SharedCredentialsProvider>,
) -> aws_sdk_sts::Client {
    let mut builder = aws_sdk_sts::config::Builder::from(sdk);
    builder.set_credentials_provider(credentials);
    if let Some(region) = &block.sts_region {
        builder = builder.region(aws_config::Region::new(region.clone()));
    }
    if let Some(url) = block.endpoints.of("sts") {
        builder = builder.endpoint_url(url);
    }
    aws_sdk_sts::Client::from_conf(builder.build())
}

#[derive(Debug)]
struct Role {
    role: AssumeRole,
    sts: aws_sdk_sts::Client,
}

#[derive(Debug)]
struct WebIdentity {
    role: AssumeRoleWithWebIdentity,
    sts: aws_sdk_sts::Client,
}

impl ProvideCredentials for Role {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume())
    }
}

impl ProvideCredentials for WebIdentity {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume())
    }
}

impl Role {
    async fn assume(&self) -> provider::Result {
        let role = &self.role;
        let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
        let tags = role.tags.iter().map(tag).collect::<std::result::Result<Vec<_>, _>>();
        let tags = tags.map_err(CredentialsError::invalid_configuration)?;
        let keys: Vec<String> = role.transitive_tag_keys.iter().cloned().collect();
        let call = self
            .sts
            .assume_role()
            .set_role_arn(role.role_arn.clone())
            .role_session_name(role.session_name.as_deref().unwrap_or(SESSION))
            .set_duration_seconds(duration(role.duration.as_deref()))
            .set_external_id(role.external_id.clone())
            .set_policy(role.policy.clone())
            .set_policy_arns(policies(role.policy_arns.iter()))
            .set_source_identity(role.source_identity.clone())
            .set_tags((!tags.is_empty()).then_some(tags))
            .set_transitive_tag_keys((!keys.is_empty()).then_some(keys));
        let arn = role.role_arn.as_deref().unwrap_or_default();
        let answer = call.send().await.map_err(|error| refused(arn, &error))?;
        told(answer.credentials)
    }
}

impl WebIdentity {
    async fn assume(&self) -> provider::Result {
        let role = &self.role;
        let given = |own: &Option<String>, name: &str| own.clone().or_else(|| variable(name));
        let arn = given(&role.role_arn, "AWS_ROLE_ARN")
            .ok_or_else(|| CredentialsError::invalid_configuration("`role_arn` is not given"))?;
        let session = given(&role.session_name, "AWS_ROLE_SESSION_NAME");
        let call = self
            .sts
            .assume_role_with_web_identity()
            .role_arn(&arn)
            .role_session_name(session.as_deref().unwrap_or(SESSION))
            .web_identity_token(self.token()?)
            .set_duration_seconds(duration(role.duration.as_deref()))
            .set_policy(role.policy.clone())
            .set_policy_arns(policies(role.policy_arns.iter()));
        let answer = call.send().await.map_err(|error| refused(&arn, &error))?;
        told(answer.credentials)
    }

    fn token(&self) -> std::result::Result<String, CredentialsError> {
        if let Some(token) = &self.role.web_identity_token {
            return Ok(token.0.clone());
        }
        let named = self.role.web_identity_token_file.clone();
        let file = named.or_else(|| variable("AWS_WEB_IDENTITY_TOKEN_FILE")).ok_or_else(|| {
            CredentialsError::invalid_configuration("`web_identity_token_file` is not given")
        })?;
        std::fs::read_to_string(home(&file)).map(|token| token.trim().to_string()).map_err(
            |error| {
                CredentialsError::invalid_configuration(format!(
                    "cannot read the token in {file}: {error}"
                ))
            },
        )
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|it| !it.is_empty())
}

fn duration(text: Option<&str>) -> Option<i32> {
    i32::try_from(seconds(text?)?).ok()
}

fn policies<'a>(arns: impl Iterator<Item = &'a String>) -> Option<Vec<PolicyDescriptorType>> {
    let policies: Vec<_> =
        arns.map(|arn| PolicyDescriptorType::builder().arn(arn).build()).collect();
    (!policies.is_empty()).then_some(policies)
}

fn refused(arn: &str, error: &(dyn std::error::Error + 'static)) -> CredentialsError {
    CredentialsError::provider_error(format!("cannot assume {arn}: {}", in_words(error)))
}

fn told(credentials: Option<aws_sdk_sts::types::Credentials>) -> provider::Result {
    let told = credentials.ok_or_else(|| CredentialsError::unhandled("STS told no credentials"))?;
    let expiry = std::time::SystemTime::try_from(told.expiration).ok();
    let token = Some(told.session_token);
    Ok(Credentials::new(told.access_key_id, told.secret_access_key, token, expiry, "AssumeRole"))
}
