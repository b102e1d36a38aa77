//! Archives in S3, by signed requests.

use std::time::SystemTime;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use url::Url;

use crate::diagnostic::causes;
use crate::fetch::error::{FetchError, Result};
use crate::fetch::http::{Answer, Header, Http};
use crate::fetch::package::take_query;

/// Gets an object at `https://bucket.s3.region.amazonaws.com/key` or another form of its address.
pub(super) fn get(http: &Http, mut url: Url) -> Result<Answer> {
    let region = take_query(&mut url, "region");
    let region = region.or_else(|| region_of(&url)).unwrap_or_else(|| "us-east-1".to_string());
    let key = take_query(&mut url, "aws_access_key_id");
    let secret = take_query(&mut url, "aws_access_key_secret");
    let token = take_query(&mut url, "aws_access_token");
    let profile = take_query(&mut url, "aws_profile");
    if let Some(version) = take_query(&mut url, "version") {
        url.query_pairs_mut().append_pair("versionId", &version);
    }
    let credentials = match (key, secret, profile) {
        (Some(key), Some(secret), _) => Credentials::new(key, secret, token, None, "address"),
        (_, _, Some(profile)) => http.wait(of_profile(profile))??,
        _ => http.wait(found())??,
    };
    http.get_ok(&url, &signed(&url, &region, credentials)?)
}

/// The credentials of a profile, whatever the environment has.
async fn of_profile(name: String) -> Result<Credentials> {
    let wrong = |error: String| {
        let detail = format!("the AWS profile `{name}` has no credentials: {error}");
        FetchError::new(detail).hint("`aws_profile` of the address names it.")
    };
    let provider = ProfileFileCredentialsProvider::builder().profile_name(&name).build();
    provider.provide_credentials().await.map_err(|error| wrong(causes(&error)))
}

/// The credentials that the environment has.
async fn found() -> Result<Credentials> {
    let loader = aws_config::defaults(aws_config::BehaviorVersion::latest());
    let missing = || {
        let error = FetchError::new("there are no AWS credentials to read the archive with");
        error.hint("Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
    };
    let provider = loader.load().await.credentials_provider().ok_or_else(missing)?;
    provider.provide_credentials().await.map_err(|_| missing())
}

/// The headers that sign a request.
fn signed(url: &Url, region: &str, credentials: Credentials) -> Result<Vec<Header>> {
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::Headers;
    settings.percent_encoding_mode = aws_sigv4::http_request::PercentEncodingMode::Single;
    settings.uri_path_normalization_mode =
        aws_sigv4::http_request::UriPathNormalizationMode::Disabled;
    let identity = credentials.into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("s3")
        .time(SystemTime::now())
        .settings(settings)
        .build()
        .map_err(FetchError::internal)?
        .into();
    let hash = ("x-amz-content-sha256", EMPTY);
    let body = SignableBody::Precomputed(EMPTY.to_string());
    let request = SignableRequest::new("GET", url.as_str(), [hash].into_iter(), body)
        .map_err(FetchError::internal)?;
    let (instructions, _) = sign(request, &parameters).map_err(FetchError::internal)?.into_parts();
    let made = instructions.headers().map(|(name, value)| (name.to_string(), value.to_string()));
    Ok(made.chain([(hash.0.to_string(), hash.1.to_string())]).collect())
}

/// The region that the host names: `s3.eu-west-1.amazonaws.com`, `s3-eu-west-1.amazonaws.com`.
fn region_of(url: &Url) -> Option<String> {
    let host = url.host_str()?.strip_suffix(".amazonaws.com")?;
    let mut parts = host.rsplit('.');
    let last = parts.next()?;
    match last.strip_prefix("s3-") {
        Some(region) => Some(region.to_string()),
        None => (last != "s3" && parts.next()? == "s3").then(|| last.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_read_from_hosts() {
        for (host, region) in [
            ("b.s3.eu-west-1.amazonaws.com", Some("eu-west-1")),
            ("s3-eu-west-1.amazonaws.com", Some("eu-west-1")),
            ("s3.eu-west-1.amazonaws.com", Some("eu-west-1")),
            ("s3.amazonaws.com", None),
            ("b.s3.amazonaws.com", None),
            ("localhost", None),
        ] {
            let url = Url::parse(&format!("https://{host}/k.zip")).unwrap();
            assert_eq!(region_of(&url).as_deref(), region, "{host}");
        }
    }

    #[test]
    fn requests_are_signed() {
        let url = Url::parse("https://b.s3.amazonaws.com/k.zip").unwrap();
        let credentials = Credentials::new("AKID", "secret", Some("token".into()), None, "test");
        let headers = signed(&url, "us-east-1", credentials).unwrap();
        let value =
            |name: &str| headers.iter().find(|(it, _)| it == name).map(|(_, it)| it.clone());
        let authorization = value("authorization").unwrap();
        assert!(authorization.contains("Credential=AKID/") && authorization.contains("/s3/aws4"));
        assert!(
            authorization.contains("host;x-amz-content-sha256;x-amz-date;x-amz-security-token")
        );
        assert_eq!(value("x-amz-security-token").as_deref(), Some("token"));
    }
}
