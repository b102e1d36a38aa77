//! `aws_ecr_authorization_token`

use aws_sdk_ecr::primitives::DateTimeFormat;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::aws::client::Aws;
use crate::aws::data::DataSource;
use crate::aws::resource::missing;
use crate::aws::tags::TagPolicy;
use crate::provider::{ErrorKind, ProviderError, Result};
use crate::schema;
use crate::schema::Secret;

schema! {
    /// What a container client logs in with to the registry of the account, for twelve hours.
    pub struct EcrAuthorizationToken {
        /// User and password with a colon between them, in Base64.
        #[read_only] authorization_token: Option<Secret<String>>,
        /// When it expires, RFC 3339.
        #[read_only] expires_at: Option<String>,
        /// The password.
        #[read_only] password: Option<Secret<String>>,
        /// The URL of the registry.
        #[read_only] proxy_endpoint: Option<String>,
        /// The user.
        #[read_only] user_name: Option<String>,
    }
}

impl DataSource for EcrAuthorizationToken {
    const TYPE: &'static str = "aws_ecr_authorization_token";

    async fn read(self, aws: &Aws, _tags: &TagPolicy) -> Result<Self> {
        let found = aws.ecr.get_authorization_token().send().await?.authorization_data;
        let found = found.and_then(|it| it.into_iter().next());
        let found = found.ok_or_else(|| missing("AuthorizationData"))?;
        let token = found.authorization_token.ok_or_else(|| missing("AuthorizationToken"))?;
        let (user, password) = user_and_password(&token)?;
        let expires = found.expires_at.map(|it| it.fmt(DateTimeFormat::DateTime)).transpose();
        Ok(EcrAuthorizationToken {
            authorization_token: Some(Secret(token)),
            expires_at: expires.map_err(|error| unreadable(&error.to_string()))?,
            password: Some(Secret(password)),
            proxy_endpoint: found.proxy_endpoint,
            user_name: Some(user),
        })
    }
}

fn user_and_password(token: &str) -> Result<(String, String)> {
    let bytes = STANDARD.decode(token).map_err(|_| unreadable("it is not in Base64"))?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not text"))?;
    let (user, password) = text.split_once(':').ok_or_else(|| unreadable("it has no colon"))?;
    Ok((user.to_string(), password.to_string()))
}

fn unreadable(why: &str) -> ProviderError {
    let text = format!("the authorization token cannot be read: {why}");
    ProviderError::new(ErrorKind::Refused, text)
}
