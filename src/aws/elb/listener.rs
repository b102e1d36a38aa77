//! `aws_lb_listener`

use aws_sdk_elasticloadbalancingv2::types::{self, Certificate, ProtocolEnum};

use super::action::{Action, from_sdk, to_sdk};
use super::{ours, sdk_tags, tags};
use crate::aws::client::Aws;
use crate::aws::resource::{Resource, gone_is_fine, missing};
use crate::aws::tags::{Tagging, Tags};
use crate::provider::{Phase, Result, Step};
use crate::schema;
use crate::schema::{Check, One};

schema! {
    /// A port on which a load balancer listens.
    pub struct Listener {
        /// ALPN policy of TLS listeners.
        alpn_policy: Option<String>,
        /// ARN of the default certificate.
        #[check(Check::Arn)] certificate_arn: Option<String>,
        /// What is done with requests that no rule takes.
        #[required] default_action: Vec<Action>,
        /// ARN of the load balancer.
        #[force_new] #[check(Check::Arn)] load_balancer_arn: String,
        /// Mutual authentication.
        #[unsupported("mutual authentication comes later")]
        mutual_authentication: One<MutualAuthentication>,
        /// The port.
        #[check(Check::Between(1, 65535))] port: Option<i64>,
        /// The protocol.
        #[computed] #[one_of(&["GENEVE", "HTTP", "HTTPS", "TCP", "TCP_UDP", "TLS", "UDP"])]
        protocol: Option<String>,
        /// Security policy of TLS.
        #[computed] ssl_policy: Option<String>,
        /// Tags of the listener.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// Seconds that a TCP connection may be idle.
        #[unsupported("listener attributes come later")] tcp_idle_timeout_seconds: Option<i64>,
        /// ARN of the listener.
        #[read_only] arn: Option<String>,
        /// ARN of the listener.
        #[read_only] id: Option<String>,
    }

    /// Mutual authentication.
    pub struct MutualAuthentication {
        /// `off`, `passthrough` or `verify`.
        mode: String,
    }
}

const GONE: [&str; 2] = ["ListenerNotFound", "ListenerNotFoundException"];

impl Resource for Listener {
    const TYPE: &'static str = "aws_lb_listener";
    const TAGGING: Option<Tagging> = Some(Tagging::Elb);
    const TIMEOUTS: &'static [(Phase, u64)] = &[(Phase::Create, 5), (Phase::Update, 5)];
    const IMPORT: &'static str = "LISTENER-ARN";

    async fn create(&self, aws: &Aws, _step: &Step) -> Result<String> {
        let call = aws.elb.create_listener().load_balancer_arn(&self.load_balancer_arn);
        let call = call
            .set_port(self.port.and_then(|it| i32::try_from(it).ok()))
            .set_protocol(self.wanted_protocol())
            .set_ssl_policy(self.ssl_policy.clone())
            .set_alpn_policy(self.alpn_policy.clone().map(|it| vec![it]))
            .set_certificates(self.certificates())
            .set_default_actions(Some(to_sdk(&self.default_action)?))
            .set_tags(sdk_tags(&self.tags_all));
        let made = call.send().await?;
        let arn = made.listeners().first().and_then(|it| it.listener_arn.clone());
        arn.ok_or_else(|| missing("ListenerArn"))
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        let call = aws.elb.describe_listeners().load_balancer_arn(&self.load_balancer_arn);
        match call.send().await {
            Ok(found) => {
                let arns = found.listeners().iter().filter_map(|it| it.listener_arn.clone());
                ours(aws, arns.collect(), token).await
            }
            Err(error) => {
                let gone = ["LoadBalancerNotFound", "LoadBalancerNotFoundException"];
                gone_is_fine(Err::<(), _>(error), &gone).map(|()| None)
            }
        }
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let arns: Vec<String> = objects.iter().filter_map(|it| it.id.clone()).collect();
        let found = get(aws, arns).await?;
        let there: Vec<String> = found.iter().filter_map(|it| it.listener_arn.clone()).collect();
        let tags = tags(aws, &there).await?;
        let merge = |one: Self| {
            let it = found.iter().find(|it| it.listener_arn == one.id)?;
            let tags = one.id.as_ref().and_then(|arn| tags.get(arn)).cloned().unwrap_or_default();
            Some(one.merged(it, tags))
        };
        Ok(objects.into_iter().map(merge).collect())
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        let same =
            Listener { tags: was.tags.clone(), tags_all: was.tags_all.clone(), ..self.clone() };
        if same == *was {
            return Ok(());
        }
        let call = aws.elb.modify_listener().set_listener_arn(was.id.clone());
        let call = call
            .set_port(self.port.and_then(|it| i32::try_from(it).ok()))
            .set_protocol(self.wanted_protocol())
            .set_ssl_policy(self.ssl_policy.clone().filter(|it| !it.is_empty()))
            .set_alpn_policy(self.alpn_policy.clone().map(|it| vec![it]))
            .set_certificates(self.certificates())
            .set_default_actions(Some(to_sdk(&self.default_action)?));
        call.send().await?;
        Ok(())
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let call = aws.elb.delete_listener().set_listener_arn(self.id.clone());
        gone_is_fine(call.send().await, &GONE)
    }
}

/// Those that exist; one that does not makes the plural call fail, so then each is asked for.
async fn get(aws: &Aws, arns: Vec<String>) -> Result<Vec<types::Listener>> {
    let together = aws.elb.describe_listeners().set_listener_arns(Some(arns.clone()));
    match together.send().await {
        Ok(found) => return Ok(found.listeners.unwrap_or_default()),
        Err(error) => gone_is_fine(Err::<(), _>(error), &GONE)?,
    }
    let mut found = Vec::new();
    for arn in arns.iter().filter(|_| arns.len() > 1) {
        match aws.elb.describe_listeners().listener_arns(arn).send().await {
            Ok(one) => found.extend(one.listeners.unwrap_or_default()),
            Err(error) => gone_is_fine(Err::<(), _>(error), &GONE)?,
        }
    }
    Ok(found)
}

impl Listener {
    /// Application load balancers listen by HTTP unless told otherwise; gateways by nothing.
    fn wanted_protocol(&self) -> Option<ProtocolEnum> {
        let default = self.load_balancer_arn.contains(":loadbalancer/app/").then_some("HTTP");
        self.protocol.as_deref().or(default).map(ProtocolEnum::from)
    }

    fn certificates(&self) -> Option<Vec<Certificate>> {
        let arn = self.certificate_arn.clone()?;
        Some(vec![Certificate::builder().certificate_arn(arn).build()])
    }

    fn merged(self, it: &types::Listener, tags: Tags) -> Listener {
        let certificate = it.certificates().first().and_then(|it| it.certificate_arn.clone());
        Listener {
            alpn_policy: it.alpn_policy().first().cloned(),
            certificate_arn: certificate,
            default_action: from_sdk(it.default_actions(), &self.default_action),
            load_balancer_arn: it.load_balancer_arn.clone().unwrap_or_default(),
            port: it.port.map(i64::from),
            protocol: it.protocol.as_ref().map(|it| it.as_str().to_string()),
            ssl_policy: Some(it.ssl_policy.clone().unwrap_or_default()),
            tags_all: tags,
            arn: it.listener_arn.clone(),
            id: it.listener_arn.clone(),
            ..self
        }
    }
}
