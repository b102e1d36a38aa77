//! What listeners and rules do with requests.

use aws_sdk_elasticloadbalancingv2::types::{
    self, ActionTypeEnum, FixedResponseActionConfig, ForwardActionConfig, RedirectActionConfig,
    RedirectActionStatusCodeEnum, TargetGroupStickinessConfig, TargetGroupTuple,
};

use super::authenticate::{self, Cognito, JwtValidation, Oidc};
use crate::schema;
use crate::schema::{Check, One};
use crate::value::{Path, Step, Value};

schema! {
    /// What is done with a request.
    pub struct Action {
        /// Authentication by Amazon Cognito.
        authenticate_cognito: One<Cognito>,
        /// Authentication by OpenID Connect.
        authenticate_oidc: One<Oidc>,
        /// An answer of the load balancer itself.
        fixed_response: One<FixedResponse>,
        /// Target groups, by weight.
        forward: One<Forward>,
        /// Validation of JSON Web Tokens.
        jwt_validation: One<JwtValidation>,
        /// Place among several actions.
        #[computed] #[check(Check::Between(1, 50000))] order: Option<i64>,
        /// Another address.
        redirect: One<Redirect>,
        /// The one target group.
        target_group_arn: Option<String>,
        /// `forward`, `redirect`, `fixed-response`, `authenticate-oidc`, …
        #[name("type")]
        #[one_of(&[
            "forward", "redirect", "fixed-response", "authenticate-cognito", "authenticate-oidc",
            "jwt-validation",
        ])]
        kind: String,
    }

    /// An answer of the load balancer itself.
    pub struct FixedResponse {
        /// Media type.
        #[one_of(&["text/plain", "text/css", "text/html", "application/javascript", "application/json"])]
        content_type: String,
        /// The body.
        #[check(Check::Length(0, 1024))] message_body: Option<String>,
        /// The status code.
        #[computed] #[check(Check::Pattern("^[245][0-9][0-9]$", "a status code such as 200 or 404"))]
        status_code: Option<String>,
    }

    /// Target groups, by weight.
    pub struct Forward {
        /// How long a client stays with its group.
        #[computed] stickiness: One<ForwardStickiness>,
        /// The groups.
        #[required] #[max_items(5)] target_group: std::collections::BTreeSet<WeightedGroup>,
    }

    /// How long a client stays with its group.
    pub struct ForwardStickiness {
        /// Seconds.
        #[check(Check::Between(1, 604800))] duration: i64,
        /// Whether it stays.
        #[default(false)] enabled: bool,
    }

    /// A target group and its weight.
    pub struct WeightedGroup {
        /// ARN of the group.
        arn: String,
        /// Its share.
        #[default(1)] #[check(Check::Between(0, 999))] weight: i64,
    }

    /// Another address.
    pub struct Redirect {
        /// Host.
        #[default("#{host}")] host: String,
        /// Path.
        #[default("/#{path}")] path: String,
        /// Port.
        #[default("#{port}")] port: String,
        /// Protocol.
        #[default("#{protocol}")] protocol: String,
        /// Query.
        #[default("#{query}")] query: String,
        /// `HTTP_301` or `HTTP_302`.
        #[one_of(&["HTTP_301", "HTTP_302"])] status_code: String,
    }
}

/// Actions as the service takes them.
pub fn to_sdk(actions: &[Action]) -> Vec<types::Action> {
    actions.iter().enumerate().map(|(at, it)| one_to_sdk(at, it)).collect()
}

fn one_to_sdk(at: usize, it: &Action) -> types::Action {
    let order = place_of(at, it);
    let action = types::Action::builder()
        .r#type(ActionTypeEnum::from(it.kind.as_str()))
        .set_order(i32::try_from(order).ok());
    let built = match it.kind.as_str() {
        "forward" => match it.forward.get() {
            Some(forward) => action.forward_config(forward_to_sdk(forward)),
            None => action.set_target_group_arn(it.target_group_arn.clone()),
        },
        "redirect" => action.set_redirect_config(it.redirect.get().map(redirect_to_sdk)),
        "fixed-response" => {
            action.set_fixed_response_config(it.fixed_response.get().map(fixed_to_sdk))
        }
        "authenticate-cognito" => {
            let config = it.authenticate_cognito.get().map(authenticate::cognito_to_sdk);
            action.set_authenticate_cognito_config(config)
        }
        "authenticate-oidc" => {
            let config = it.authenticate_oidc.get().map(authenticate::oidc_to_sdk);
            action.set_authenticate_oidc_config(config)
        }
        _ => {
            action.set_jwt_validation_config(it.jwt_validation.get().map(authenticate::jwt_to_sdk))
        }
    };
    built.build()
}

/// What actions lack, of which the configuration has a list in `field`.
pub fn incomplete(configuration: &Value, field: &str) -> Vec<(Path, String)> {
    let actions = configuration.get(field);
    let found =
        actions.items().unwrap_or_default().iter().enumerate().filter_map(|(at, action)| {
            let kind = action.get("type");
            let kind = kind.as_str()?;
            let absent = |name: &str| {
                let value = action.get(name);
                value.is_null() || value.items().is_some_and(<[Value]>::is_empty)
            };
            let (missing, needs) = match kind {
                "forward" => {
                    let neither = absent("forward") && absent("target_group_arn");
                    (neither, "`target_group_arn` or a `forward` block".to_string())
                }
                other => {
                    let block = other.replace('-', "_");
                    (absent(&block), format!("a block `{block}`"))
                }
            };
            let message = format!("an action of type `{kind}` needs {needs}");
            let mut path = Path::attribute(field);
            path.push(Step::Index(at));
            missing.then_some((path, message))
        });
    found.collect()
}

fn forward_to_sdk(it: &Forward) -> ForwardActionConfig {
    let groups = it.target_group.iter().map(|group| {
        let weight = i32::try_from(group.weight).ok();
        TargetGroupTuple::builder().target_group_arn(&group.arn).set_weight(weight).build()
    });
    let sticky = it.stickiness.get().map(|it| {
        let seconds = i32::try_from(it.duration).ok();
        TargetGroupStickinessConfig::builder()
            .enabled(it.enabled)
            .set_duration_seconds(seconds)
            .build()
    });
    ForwardActionConfig::builder()
        .set_target_groups(Some(groups.collect()))
        .set_target_group_stickiness_config(sticky)
        .build()
}

fn redirect_to_sdk(it: &Redirect) -> RedirectActionConfig {
    RedirectActionConfig::builder()
        .host(&it.host)
        .path(&it.path)
        .port(&it.port)
        .protocol(&it.protocol)
        .query(&it.query)
        .status_code(RedirectActionStatusCodeEnum::from(it.status_code.as_str()))
        .build()
}

fn fixed_to_sdk(it: &FixedResponse) -> FixedResponseActionConfig {
    FixedResponseActionConfig::builder()
        .content_type(&it.content_type)
        .set_message_body(it.message_body.clone())
        .set_status_code(it.status_code.clone())
        .build()
}

/// Actions as they are: written the way the last known ones were, `target_group_arn` or `forward`,
/// and in their order.
pub fn from_sdk(found: &[types::Action], known: &[Action]) -> Vec<Action> {
    let mut found: Vec<&types::Action> = found.iter().collect();
    let place = |it: &types::Action| {
        let order = it.order.map_or(1, i64::from);
        let mut orders = known.iter().enumerate().map(|(at, it)| place_of(at, it));
        orders.position(|known| known == order).unwrap_or(known.len())
    };
    found.sort_by_key(|it| (place(it), it.order));
    found.iter().enumerate().map(|(at, it)| one_from_sdk(it, known.get(at))).collect()
}

/// The order of an action: the one given, or its place in the list.
fn place_of(at: usize, it: &Action) -> i64 {
    it.order.filter(|it| *it > 0).unwrap_or(i64::try_from(at).unwrap_or(0) + 1)
}

fn one_from_sdk(it: &types::Action, known: Option<&Action>) -> Action {
    let groups =
        it.forward_config.as_ref().map(ForwardActionConfig::target_groups).unwrap_or_default();
    let explicit = groups.len() > 1 || known.is_some_and(|it| it.forward.get().is_some());
    let simple = known.is_none_or(|it| it.target_group_arn.is_some()) && groups.len() <= 1;
    let only = groups.first().and_then(|it| it.target_group_arn.clone());
    let secret = known.and_then(|it| it.authenticate_oidc.get()).map(|it| &it.client_secret);
    let cognito = it.authenticate_cognito_config.as_ref();
    let oidc = it.authenticate_oidc_config.as_ref();
    let jwt = it.jwt_validation_config.as_ref();
    Action {
        authenticate_cognito: One(cognito.map(authenticate::cognito_from_sdk)),
        authenticate_oidc: One(oidc.map(|it| authenticate::oidc_from_sdk(it, secret))),
        fixed_response: One(it.fixed_response_config.as_ref().map(fixed_from_sdk)),
        forward: One(it.forward_config.as_ref().filter(|_| explicit).map(forward_from_sdk)),
        jwt_validation: One(jwt.map(authenticate::jwt_from_sdk)),
        order: Some(it.order.map_or(1, i64::from)),
        redirect: One(it.redirect_config.as_ref().map(redirect_from_sdk)),
        target_group_arn: it.target_group_arn.clone().or(only).filter(|_| simple),
        kind: it.r#type.as_ref().map_or("", ActionTypeEnum::as_str).to_string(),
    }
}

fn fixed_from_sdk(it: &FixedResponseActionConfig) -> FixedResponse {
    FixedResponse {
        content_type: it.content_type.clone().unwrap_or_default(),
        message_body: it.message_body.clone(),
        status_code: it.status_code.clone(),
    }
}

fn forward_from_sdk(it: &ForwardActionConfig) -> Forward {
    let sticky = it.target_group_stickiness_config.as_ref().and_then(|it| {
        Some(ForwardStickiness {
            duration: it.duration_seconds.map(i64::from)?,
            enabled: it.enabled.unwrap_or(false),
        })
    });
    let groups = it.target_groups().iter().map(|group| WeightedGroup {
        arn: group.target_group_arn.clone().unwrap_or_default(),
        weight: group.weight.map_or(1, i64::from),
    });
    Forward { stickiness: One(sticky), target_group: groups.collect() }
}

fn redirect_from_sdk(it: &RedirectActionConfig) -> Redirect {
    let or = |it: &Option<String>, otherwise: &str| it.clone().unwrap_or_else(|| otherwise.into());
    Redirect {
        host: or(&it.host, "#{host}"),
        path: or(&it.path, "/#{path}"),
        port: or(&it.port, "#{port}"),
        protocol: or(&it.protocol, "#{protocol}"),
        query: or(&it.query, "#{query}"),
        status_code: it
            .status_code
            .as_ref()
            .map_or("", RedirectActionStatusCodeEnum::as_str)
            .into(),
    }
}
