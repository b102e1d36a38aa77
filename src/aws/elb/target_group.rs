//! `aws_lb_target_group`

use aws_sdk_elasticloadbalancingv2::operation::create_target_group::builders::CreateTargetGroupFluentBuilder as Create;
use aws_sdk_elasticloadbalancingv2::types::{
    self, Matcher, ProtocolEnum, TargetGroupAttribute, TargetGroupIpAddressTypeEnum, TargetTypeEnum,
};

use super::attributes::{self, Attributes};
use super::described::{self, Described};
use super::target_attributes::{
    ATTRIBUTES, Failover, GroupHealth, HealthState, Stickiness, failover, group_health,
    health_state, nested, stickiness,
};
use super::{claim, name, ours, sdk_tags};
use crate::aws::client::Aws;
use crate::aws::resource::{Proposal, Resource, gone_is_fine, missing};
use crate::aws::tags::{Tagging, Tags};
use crate::provider::{Result, Step};
use crate::schema;
use crate::schema::{Check, One, Schema, schema_of};
use crate::value::{Path, Value};

schema! {
    /// Where a load balancer sends requests.
    pub struct TargetGroup {
        /// Whether connections are closed at the end of deregistration.
        #[computed] connection_termination: Option<bool>,
        /// Seconds until a target that leaves is gone.
        #[default("300")] #[check(Check::Custom(is_delay))] deregistration_delay: String,
        /// How targets are checked.
        #[computed] health_check: One<HealthCheck>,
        /// `ipv4` or `ipv6`.
        #[computed] #[force_new] #[one_of(&["ipv4", "ipv6"])] ip_address_type: Option<String>,
        /// Whether functions get headers with several values.
        #[default(false)] lambda_multi_value_headers_enabled: bool,
        /// How the next target is chosen.
        #[computed] #[one_of(&["round_robin", "least_outstanding_requests", "weighted_random"])]
        load_balancing_algorithm_type: Option<String>,
        /// Whether anomalies are mitigated.
        #[computed] #[one_of(&["on", "off"])] load_balancing_anomaly_mitigation: Option<String>,
        /// Whether traffic crosses zones.
        #[computed] #[one_of(&["true", "false", "use_load_balancer_configuration"])]
        load_balancing_cross_zone_enabled: Option<String>,
        /// Name of the group.
        #[computed] #[force_new] #[conflicts_with(&["name_prefix"])] #[check(Check::Length(1, 32))]
        name: Option<String>,
        /// Start of a name that is made up.
        #[computed] #[force_new] #[check(Check::Length(1, 6))] name_prefix: Option<String>,
        /// Port of the targets.
        #[force_new] #[check(Check::Between(1, 65535))] port: Option<i64>,
        /// Whether targets see the client's address.
        #[computed] #[one_of(&["true", "false"])] preserve_client_ip: Option<String>,
        /// Protocol of the targets.
        #[force_new] #[one_of(&["GENEVE", "HTTP", "HTTPS", "TCP", "TCP_UDP", "TLS", "UDP"])]
        protocol: Option<String>,
        /// `GRPC`, `HTTP1` or `HTTP2`.
        #[computed] #[force_new] #[one_of(&["GRPC", "HTTP1", "HTTP2"])]
        protocol_version: Option<String>,
        /// Whether proxy protocol v2 is on.
        #[default(false)] proxy_protocol_v2: bool,
        /// Seconds in which a new target gets its full share; 0 turns it off.
        #[default(0)] #[check(Check::Custom(is_slow_start))] slow_start: i64,
        /// How clients stick to targets. Without a block nothing changes; `enabled = false` turns it
        /// off.
        #[computed] stickiness: One<Stickiness>,
        /// What happens to flows of targets that fail, of gateway load balancers.
        #[computed] target_failover: One<Failover>,
        /// When the group counts as healthy.
        #[computed] target_group_health: One<GroupHealth>,
        /// What happens to connections of unhealthy targets, of TCP and TLS groups.
        #[computed] target_health_state: One<HealthState>,
        /// `instance`, `ip`, `lambda` or `alb`.
        #[default("instance")] #[force_new] #[one_of(&["instance", "ip", "lambda", "alb"])]
        target_type: String,
        /// VPC of the targets.
        #[force_new] vpc_id: Option<String>,
        /// Tags of the group.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// ARN of the group.
        #[read_only] arn: Option<String>,
        /// End of the ARN, for metrics.
        #[read_only] arn_suffix: Option<String>,
        /// ARN of the group.
        #[read_only] id: Option<String>,
        /// Load balancers that use the group.
        #[read_only] load_balancer_arns: std::collections::BTreeSet<String>,
    }

    /// How targets are checked.
    pub struct HealthCheck {
        /// Whether they are checked.
        #[default(true)] enabled: bool,
        /// Checks in a row until a target counts as healthy.
        #[default(3)] #[check(Check::Between(2, 10))] healthy_threshold: i64,
        /// Seconds between checks.
        #[default(30)] #[check(Check::Between(5, 300))] interval: i64,
        /// Codes that count as healthy.
        #[computed] matcher: Option<String>,
        /// Path that is asked for.
        #[computed]
        #[check(Check::Pattern("^/", "a path that starts with `/`"))] #[check(Check::Length(1, 1024))]
        path: Option<String>,
        /// Port that is asked.
        #[default("traffic-port")]
        #[check(Check::Pattern("^(traffic-port|[0-9]{1,5})$", "`traffic-port` or a port"))]
        port: String,
        /// Protocol of the checks.
        #[default("HTTP")] #[one_of(&["HTTP", "HTTPS", "TCP"])] protocol: String,
        /// Seconds until a check has failed.
        #[computed] #[check(Check::Between(2, 120))] timeout: Option<i64>,
        /// Checks in a row until a target counts as unhealthy.
        #[default(3)] #[check(Check::Between(2, 10))] unhealthy_threshold: i64,
    }
}

fn is_delay(value: &Value) -> std::result::Result<(), String> {
    let seconds = value.as_str().and_then(|it| it.parse::<u32>().ok());
    match seconds.filter(|it| *it <= 3600) {
        Some(_) => Ok(()),
        None => Err("must be seconds from 0 to 3600".to_string()),
    }
}

fn is_slow_start(value: &Value) -> std::result::Result<(), String> {
    match value.as_number().and_then(crate::value::Number::as_i64) {
        Some(0 | 30..=900) => Ok(()),
        _ => Err("must be 0, or seconds from 30 to 900".to_string()),
    }
}

impl Resource for TargetGroup {
    const TYPE: &'static str = "aws_lb_target_group";
    const TAGGING: Option<Tagging> = Some(Tagging::Elb);
    const IMPORT: &'static str = "TARGET-GROUP-ARN";

    async fn create(&self, aws: &Aws, step: &Step) -> Result<String> {
        let mut call = aws.elb.create_target_group().name(self.named(&step.token));
        if self.target_type != "lambda" {
            call = call
                .set_port(self.port.and_then(|it| i32::try_from(it).ok()))
                .set_protocol(self.protocol.as_deref().map(ProtocolEnum::from))
                .set_protocol_version(self.protocol_version.clone())
                .set_vpc_id(self.vpc_id.clone());
        }
        let kind = self.ip_address_type.as_deref().map(TargetGroupIpAddressTypeEnum::from);
        let call = self
            .checked(call)
            .target_type(TargetTypeEnum::from(self.target_type.as_str()))
            .set_ip_address_type(kind)
            .set_tags(sdk_tags(&self.tags_all));
        let made = call.send().await?;
        let arn = made.target_groups().first().and_then(|it| it.target_group_arn.clone());
        claim(aws, arn.ok_or_else(|| missing("TargetGroupArn"))?, step).await
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        match aws.elb.describe_target_groups().names(self.named(token)).send().await {
            Ok(found) => {
                let arns =
                    found.target_groups().iter().filter_map(|it| it.target_group_arn.clone());
                ours(aws, arns.collect(), token).await
            }
            Err(error) => gone_is_fine(Err::<(), _>(error), Self::GONE).map(|()| None),
        }
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        described::read(aws, objects).await
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        if self.health_check != was.health_check {
            self.update_health_check(aws, was).await?;
        }
        let changed = attributes::changed(self.attributes_wanted(), &was.attributes_wanted());
        if changed.is_empty() {
            return Ok(());
        }
        let changed = changed
            .iter()
            .map(|(key, value)| TargetGroupAttribute::builder().key(key).value(value).build());
        let call = aws.elb.modify_target_group_attributes().set_target_group_arn(was.id.clone());
        call.set_attributes(Some(changed.collect())).send().await?;
        Ok(())
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let call = aws.elb.delete_target_group().set_target_group_arn(self.id.clone());
        gone_is_fine(call.send().await, Self::GONE)
    }

    /// What a group does not have, for it is one of functions or does not speak HTTP, may be written,
    /// and is passed over.
    fn plan(proposal: &mut Proposal<'_>) -> Result {
        let schema = schema_of::<Self>();
        let (kind, protocol) = (proposal.value.get("target_type"), proposal.value.get("protocol"));
        let over_http = matches!(protocol.as_str(), Some("HTTP" | "HTTPS"));
        match kind.as_str() {
            Some("lambda") => {
                NOT_OF_FUNCTIONS.iter().for_each(|name| pass_over(proposal, &schema, name));
                pass_over_in_check(proposal);
            }
            None => NOT_OF_FUNCTIONS.iter().for_each(|name| leave_open(proposal, &schema, name)),
            Some(_) if !protocol.is_known() => leave_open(proposal, &schema, VERSION),
            Some(_) if !over_http => pass_over(proposal, &schema, VERSION),
            Some(_) => {}
        }
        Ok(())
    }

    fn validate(configuration: &Value) -> Vec<(Path, String)> {
        let text = |name: &str| configuration.get(name).as_str().map(str::to_string);
        let mut wrong = Vec::new();
        if configuration.get("target_type").is_known()
            && text("target_type") != Some("lambda".into())
        {
            let absent = |name: &&str| configuration.get(name).is_null();
            for name in ["port", "protocol", "vpc_id"].into_iter().filter(absent) {
                let message = "groups of targets other than functions need it";
                wrong.push((Path::attribute(name), message.to_string()));
            }
        }
        let checks = configuration.get("health_check");
        let check = checks.items().and_then(<[Value]>::first).cloned().unwrap_or(Value::NULL);
        let over_tcp = check.get("protocol").as_str() == Some("TCP");
        if over_tcp && text("target_type").as_deref() == Some("lambda") {
            let message = "functions cannot be checked by TCP";
            wrong.push((Path::attribute("health_check"), message.to_string()));
        }
        let http = matches!(text("protocol").as_deref(), Some("HTTP" | "HTTPS"));
        if over_tcp && http {
            let message = "targets that speak HTTP cannot be checked by TCP";
            wrong.push((Path::attribute("health_check"), message.to_string()));
        }
        for name in ["path", "matcher"] {
            if over_tcp && !check.get(name).is_null() {
                let message = format!("checks by TCP have no `{name}`");
                wrong.push((Path::attribute("health_check"), message));
            }
        }
        wrong
    }
}

impl Described for TargetGroup {
    type Found = types::TargetGroup;
    const GONE: &'static [&'static str] = &["TargetGroupNotFound", "TargetGroupNotFoundException"];

    async fn describe(aws: &Aws, arns: Vec<String>) -> Result<Vec<types::TargetGroup>> {
        let call = aws.elb.describe_target_groups().set_target_group_arns(Some(arns));
        let found = call.into_paginator().items().send();
        Ok(found.collect::<std::result::Result<Vec<_>, _>>().await?)
    }

    fn arn_of(found: &types::TargetGroup) -> Option<&String> {
        found.target_group_arn.as_ref()
    }

    fn own_arn(&self) -> Option<&String> {
        self.id.as_ref()
    }

    async fn attributes(&self, aws: &Aws, found: &types::TargetGroup) -> Result<Attributes> {
        let call = aws.elb.describe_target_group_attributes();
        let answer = call.set_target_group_arn(found.target_group_arn.clone()).send().await?;
        Ok(attributes::answered(answer.attributes(), |it| it.key(), |it| it.value()))
    }

    fn merged(self, it: &types::TargetGroup, tags: Tags, told: &Attributes) -> Result<Self> {
        let arn = it.target_group_arn.clone().unwrap_or_default();
        let group = TargetGroup {
            health_check: One(Some(health(it, self.health_check.get()))),
            ip_address_type: it.ip_address_type.as_ref().map(|it| it.as_str().to_string()),
            name: it.target_group_name.clone(),
            port: it.port.map(i64::from),
            protocol: it.protocol.as_ref().map(|it| it.as_str().to_string()),
            protocol_version: it.protocol_version.clone(),
            stickiness: One(stickiness(told, self.stickiness.get())),
            target_failover: One(failover(told)),
            target_group_health: One(group_health(told)),
            target_health_state: One(health_state(told)),
            target_type: it.target_type.as_ref().map_or("instance", TargetTypeEnum::as_str).into(),
            vpc_id: it.vpc_id.clone(),
            tags_all: tags,
            arn_suffix: arn.rsplit(':').next().map(str::to_string),
            arn: Some(arn.clone()),
            id: Some(arn),
            load_balancer_arns: it.load_balancer_arns().iter().cloned().collect(),
            ..self
        };
        attributes::told(&group, group.kind(), ATTRIBUTES, told)
    }
}

/// The field that only groups that speak HTTP have.
const VERSION: &str = "protocol_version";

/// The fields that groups of functions do not have.
const NOT_OF_FUNCTIONS: &[&str] = &[
    "port",
    "protocol",
    VERSION,
    "stickiness",
    "target_failover",
    "target_group_health",
    "target_health_state",
    "vpc_id",
];

/// Plans a field as it is, or as AWS makes it, whatever is written.
fn pass_over(proposal: &mut Proposal<'_>, schema: &Schema, name: &str) {
    let Some(field) = schema.field(name) else { return };
    let as_it_is = match proposal.prior {
        Some(prior) => prior.get(name),
        None if field.computed => Value::unknown(field.shape.ty()),
        None => field.absent(),
    };
    proposal.set(name, as_it_is);
}

/// Plans nothing for what is written of a field: it is not known yet whether the group has it.
fn leave_open(proposal: &mut Proposal<'_>, schema: &Schema, name: &str) {
    if let Some(field) = schema.field(name)
        && !proposal.configuration.get(name).is_null()
    {
        proposal.set(name, Value::unknown(field.shape.ty()));
    }
}

/// Functions are checked on no port and by no protocol.
fn pass_over_in_check(proposal: &mut Proposal<'_>) {
    let prior = proposal.prior.map(|it| it.get("health_check"));
    let prior = prior.as_ref().and_then(|it| it.items()?.first());
    let (checks, marks) = proposal.value.get("health_check").unmark();
    if let (Some(prior), Value::List(ty, items)) = (prior, &checks) {
        let kept = items.iter().map(|it| {
            let it = it.clone().with("port", prior.get("port"));
            it.with("protocol", prior.get("protocol"))
        });
        proposal.set("health_check", Value::list(ty.clone(), kept).mark(marks));
    }
}

/// The health check in a call that makes or changes a group: the two have the same setters.
/// Functions are asked by no protocol and on no port.
macro_rules! with_check {
    ($call:expr, $group:expr, $check:expr) => {{
        let call = $call
            .health_check_enabled($check.enabled)
            .set_healthy_threshold_count(i32::try_from($check.healthy_threshold).ok())
            .set_unhealthy_threshold_count(i32::try_from($check.unhealthy_threshold).ok())
            .set_health_check_interval_seconds(i32::try_from($check.interval).ok())
            .set_health_check_timeout_seconds(seconds($check))
            .set_health_check_path(path($check))
            .set_matcher($group.matcher($check));
        match $group.target_type.as_str() {
            "lambda" => call,
            _ => call
                .health_check_port(&$check.port)
                .health_check_protocol($check.protocol.as_str().into()),
        }
    }};
}

impl TargetGroup {
    fn named(&self, token: &str) -> String {
        let prefix = self.name_prefix.clone().unwrap_or_else(|| "tf-".into());
        name(self.name.as_ref(), Some(&prefix), token)
    }

    /// Which attributes the group has.
    fn kind(&self) -> &'static str {
        match (self.target_type.as_str(), self.protocol.as_deref()) {
            ("lambda", _) => "lambda",
            ("alb", _) => "alb",
            (_, Some("GENEVE")) => "geneve",
            (_, Some("HTTP" | "HTTPS")) => "http",
            (_, Some("TCP" | "TLS")) => "tcp",
            _ => "udp",
        }
    }

    fn attributes_wanted(&self) -> Attributes {
        let mut all = attributes::wanted(self, self.kind(), ATTRIBUTES);
        all.extend(nested(self, self.kind()));
        all
    }

    fn matcher(&self, check: &HealthCheck) -> Option<Matcher> {
        let codes = check.matcher.clone().filter(|it| !it.is_empty() && check.protocol != "TCP")?;
        let grpc = self.protocol_version.as_deref() == Some("GRPC");
        let matcher = Matcher::builder();
        Some(if grpc { matcher.grpc_code(codes).build() } else { matcher.http_code(codes).build() })
    }

    fn checked(&self, call: Create) -> Create {
        let Some(check) = self.health_check.get() else { return call };
        with_check!(call, self, check)
    }

    async fn update_health_check(&self, aws: &Aws, was: &Self) -> Result {
        let Some(check) = self.health_check.get() else { return Ok(()) };
        let call = aws.elb.modify_target_group().set_target_group_arn(was.id.clone());
        with_check!(call, self, check).send().await?;
        Ok(())
    }
}

fn seconds(check: &HealthCheck) -> Option<i32> {
    check.timeout.and_then(|it| i32::try_from(it).ok())
}

fn path(check: &HealthCheck) -> Option<String> {
    check.path.clone().filter(|it| !it.is_empty() && check.protocol != "TCP")
}

/// The check as it is. Functions are asked by no protocol and on no port, whatever was written.
fn health(it: &types::TargetGroup, was: Option<&HealthCheck>) -> HealthCheck {
    let matcher =
        it.matcher.as_ref().and_then(|it| it.http_code.clone().or_else(|| it.grpc_code.clone()));
    let protocol = it.health_check_protocol.as_ref().map(|it| it.as_str().to_string());
    let port = it.health_check_port.clone().or_else(|| was.map(|it| it.port.clone()));
    HealthCheck {
        enabled: it.health_check_enabled.unwrap_or(true),
        healthy_threshold: it.healthy_threshold_count.map_or(3, i64::from),
        interval: it.health_check_interval_seconds.map_or(30, i64::from),
        matcher,
        path: it.health_check_path.clone(),
        port: port.unwrap_or_else(|| "traffic-port".into()),
        protocol: protocol
            .or_else(|| was.map(|it| it.protocol.clone()))
            .unwrap_or_else(|| "HTTP".into()),
        timeout: it.health_check_timeout_seconds.map(i64::from),
        unhealthy_threshold: it.unhealthy_threshold_count.map_or(3, i64::from),
    }
}
