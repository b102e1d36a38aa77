//! Actions that let only known clients pass.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_elasticloadbalancingv2::types::{
    AuthenticateCognitoActionConditionalBehaviorEnum as CognitoBehavior,
    AuthenticateCognitoActionConfig, AuthenticateOidcActionConditionalBehaviorEnum as OidcBehavior,
    AuthenticateOidcActionConfig, JwtValidationActionAdditionalClaim,
    JwtValidationActionAdditionalClaimFormatEnum as ClaimFormat, JwtValidationActionConfig,
};

use crate::schema;
use crate::schema::{Check, Secret};

schema! {
    /// Authentication by Amazon Cognito.
    pub struct Cognito {
        /// What is added to the query of the redirect to the authorization endpoint.
        authentication_request_extra_params: BTreeMap<String, String>,
        /// `deny`, `allow` or `authenticate`.
        #[computed] #[one_of(&["deny", "allow", "authenticate"])]
        on_unauthenticated_request: Option<String>,
        /// Claims that are asked for.
        #[computed] scope: Option<String>,
        /// Name of the session's cookie.
        #[computed] session_cookie_name: Option<String>,
        /// Seconds that a session lasts at most.
        #[computed] session_timeout: Option<i64>,
        /// ARN of the user pool.
        #[check(Check::Arn)] user_pool_arn: String,
        /// Client of the user pool.
        user_pool_client_id: String,
        /// Domain of the user pool.
        user_pool_domain: String,
    }

    /// Authentication by OpenID Connect.
    pub struct Oidc {
        /// What is added to the query of the redirect to the authorization endpoint.
        authentication_request_extra_params: BTreeMap<String, String>,
        /// Where clients are sent to.
        authorization_endpoint: String,
        /// Client id.
        client_id: String,
        /// Client secret.
        client_secret: Secret<String>,
        /// Issuer.
        issuer: String,
        /// `deny`, `allow` or `authenticate`.
        #[computed] #[one_of(&["deny", "allow", "authenticate"])]
        on_unauthenticated_request: Option<String>,
        /// Claims that are asked for.
        #[computed] scope: Option<String>,
        /// Name of the session's cookie.
        #[computed] session_cookie_name: Option<String>,
        /// Seconds that a session lasts at most.
        #[computed] session_timeout: Option<i64>,
        /// Where tokens come from.
        token_endpoint: String,
        /// Where facts about users come from.
        user_info_endpoint: String,
    }

    /// Validation of JSON Web Tokens.
    pub struct JwtValidation {
        /// Claims that tokens must have besides the standard ones.
        #[max_items(10)] additional_claim: BTreeSet<Claim>,
        /// Issuer of the tokens.
        issuer: String,
        /// Where the keys come from.
        jwks_endpoint: String,
    }

    /// A claim that tokens must have.
    pub struct Claim {
        /// `single-string`, `string-array` or `space-separated-values`.
        #[one_of(&["single-string", "string-array", "space-separated-values"])] format: String,
        /// Name of the claim.
        name: String,
        /// Its values.
        #[required] values: BTreeSet<String>,
    }
}

fn parameters(it: &BTreeMap<String, String>) -> Option<HashMap<String, String>> {
    (!it.is_empty()).then(|| it.clone().into_iter().collect())
}

fn known_parameters(it: Option<&HashMap<String, String>>) -> BTreeMap<String, String> {
    it.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

pub(super) fn cognito_to_sdk(it: &Cognito) -> AuthenticateCognitoActionConfig {
    let otherwise = it.on_unauthenticated_request.as_deref().map(CognitoBehavior::from);
    AuthenticateCognitoActionConfig::builder()
        .set_authentication_request_extra_params(parameters(
            &it.authentication_request_extra_params,
        ))
        .set_on_unauthenticated_request(otherwise)
        .set_scope(it.scope.clone())
        .set_session_cookie_name(it.session_cookie_name.clone())
        .set_session_timeout(it.session_timeout)
        .user_pool_arn(&it.user_pool_arn)
        .user_pool_client_id(&it.user_pool_client_id)
        .user_pool_domain(&it.user_pool_domain)
        .build()
}

pub(super) fn cognito_from_sdk(it: &AuthenticateCognitoActionConfig) -> Cognito {
    let otherwise = it.on_unauthenticated_request.as_ref();
    Cognito {
        authentication_request_extra_params: known_parameters(
            it.authentication_request_extra_params.as_ref(),
        ),
        on_unauthenticated_request: otherwise.map(|it| it.as_str().to_string()),
        scope: it.scope.clone(),
        session_cookie_name: it.session_cookie_name.clone(),
        session_timeout: it.session_timeout,
        user_pool_arn: it.user_pool_arn.clone().unwrap_or_default(),
        user_pool_client_id: it.user_pool_client_id.clone().unwrap_or_default(),
        user_pool_domain: it.user_pool_domain.clone().unwrap_or_default(),
    }
}

pub(super) fn oidc_to_sdk(it: &Oidc) -> AuthenticateOidcActionConfig {
    let otherwise = it.on_unauthenticated_request.as_deref().map(OidcBehavior::from);
    AuthenticateOidcActionConfig::builder()
        .set_authentication_request_extra_params(parameters(
            &it.authentication_request_extra_params,
        ))
        .authorization_endpoint(&it.authorization_endpoint)
        .client_id(&it.client_id)
        .client_secret(&it.client_secret.0)
        .issuer(&it.issuer)
        .set_on_unauthenticated_request(otherwise)
        .set_scope(it.scope.clone())
        .set_session_cookie_name(it.session_cookie_name.clone())
        .set_session_timeout(it.session_timeout)
        .token_endpoint(&it.token_endpoint)
        .user_info_endpoint(&it.user_info_endpoint)
        .build()
}

/// AWS never tells the secret, so the one last known stays.
pub(super) fn oidc_from_sdk(
    it: &AuthenticateOidcActionConfig,
    secret: Option<&Secret<String>>,
) -> Oidc {
    let otherwise = it.on_unauthenticated_request.as_ref();
    Oidc {
        authentication_request_extra_params: known_parameters(
            it.authentication_request_extra_params.as_ref(),
        ),
        authorization_endpoint: it.authorization_endpoint.clone().unwrap_or_default(),
        client_id: it.client_id.clone().unwrap_or_default(),
        client_secret: secret.cloned().unwrap_or_else(|| Secret(String::new())),
        issuer: it.issuer.clone().unwrap_or_default(),
        on_unauthenticated_request: otherwise.map(|it| it.as_str().to_string()),
        scope: it.scope.clone(),
        session_cookie_name: it.session_cookie_name.clone(),
        session_timeout: it.session_timeout,
        token_endpoint: it.token_endpoint.clone().unwrap_or_default(),
        user_info_endpoint: it.user_info_endpoint.clone().unwrap_or_default(),
    }
}

pub(super) fn jwt_to_sdk(it: &JwtValidation) -> JwtValidationActionConfig {
    let claims = it.additional_claim.iter().map(|it| {
        JwtValidationActionAdditionalClaim::builder()
            .format(ClaimFormat::from(it.format.as_str()))
            .name(&it.name)
            .set_values(Some(it.values.iter().cloned().collect()))
            .build()
    });
    JwtValidationActionConfig::builder()
        .issuer(&it.issuer)
        .jwks_endpoint(&it.jwks_endpoint)
        .set_additional_claims((!it.additional_claim.is_empty()).then(|| claims.collect()))
        .build()
}

pub(super) fn jwt_from_sdk(it: &JwtValidationActionConfig) -> JwtValidation {
    let claims = it.additional_claims().iter().map(|it| Claim {
        format: it.format.as_ref().map_or("", ClaimFormat::as_str).to_string(),
        name: it.name.clone().unwrap_or_default(),
        values: it.values().iter().cloned().collect(),
    });
    JwtValidation {
        additional_claim: claims.collect(),
        issuer: it.issuer.clone().unwrap_or_default(),
        jwks_endpoint: it.jwks_endpoint.clone().unwrap_or_default(),
    }
}
