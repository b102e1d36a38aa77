//! `aws_lb_target_group`

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::{
    self, Matcher, ProtocolEnum, TargetGroupAttribute, TargetGroupIpAddressTypeEnum, TargetTypeEnum,
};
use futures::future::try_join_all;

use super::{name, ours, sdk_tags, suffix, tags};
use crate::aws::client::Aws;
use crate::aws::resource::{Resource, gone_is_fine, missing};
use crate::aws::tags::{Tagging, Tags};
use crate::provider::{ProviderError, Result, Step};
use crate::schema;
use crate::schema::{Check, One};

schema! {
    /// Where a load balancer sends requests.
    pub struct TargetGroup {
        /// Whether connections are closed at the end of deregistration.
        #[default(false)] connection_termination: bool,
        /// Seconds until a target that leaves is gone.
        #[default("300")] deregistration_delay: String,
        /// How targets are checked.
        #[computed] health_check: Vec<HealthCheck>,
        /// `ipv4` or `ipv6`.
        #[computed] #[force_new] #[one_of(&["ipv4", "ipv6"])] ip_address_type: Option<String>,
        /// Whether functions get headers with several values.
        #[default(false)] lambda_multi_value_headers_enabled: bool,
        /// How the next target is chosen.
        #[computed] load_balancing_algorithm_type: Option<String>,
        /// Whether anomalies are mitigated.
        #[computed] load_balancing_anomaly_mitigation: Option<String>,
        /// Whether traffic crosses zones.
        #[computed] load_balancing_cross_zone_enabled: Option<String>,
        /// Name of the group.
        #[computed] #[force_new] #[conflicts_with(&["name_prefix"])] #[check(Check::Length(1, 32))]
        name: Option<String>,
        /// Start of a name that is made up.
        #[computed] #[force_new] #[check(Check::Length(1, 6))] name_prefix: Option<String>,
        /// Port of the targets.
        #[force_new] #[check(Check::Between(1, 65535))] port: Option<i64>,
        /// Whether targets see the client's address.
        #[computed] preserve_client_ip: Option<String>,
        /// Protocol of the targets.
        #[force_new] #[one_of(&["GENEVE", "HTTP", "HTTPS", "TCP", "TCP_UDP", "TLS", "UDP"])]
        protocol: Option<String>,
        /// `GRPC`, `HTTP1` or `HTTP2`.
        #[computed] #[force_new] #[one_of(&["GRPC", "HTTP1", "HTTP2"])]
        protocol_version: Option<String>,
        /// Whether proxy protocol v2 is on.
        #[default(false)] proxy_protocol_v2: bool,
        /// Seconds in which a new target gets its full share.
        #[default(0)] slow_start: i64,
        /// How clients stick to targets.
        #[computed] stickiness: Vec<Stickiness>,
        /// What happens to flows of targets that fail.
        #[unsupported("only gateway load balancers have it")] target_failover: Vec<Failover>,
        /// When the group counts as healthy.
        #[unsupported("group health comes later")] target_group_health: One<GroupHealth>,
        /// What happens to connections of unhealthy targets.
        #[unsupported("only network load balancers have it")] target_health_state: Vec<HealthState>,
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
        #[hidden] attributes: BTreeMap<String, String>,
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
        #[computed] path: Option<String>,
        /// Port that is asked.
        #[default("traffic-port")] port: String,
        /// Protocol of the checks.
        #[default("HTTP")] protocol: String,
        /// Seconds until a check has failed.
        #[computed] timeout: Option<i64>,
        /// Checks in a row until a target counts as unhealthy.
        #[default(3)] #[check(Check::Between(2, 10))] unhealthy_threshold: i64,
    }

    /// How clients stick to targets.
    pub struct Stickiness {
        /// Seconds that the load balancer's cookie lasts.
        #[default(86400)] cookie_duration: i64,
        /// Name of the application's cookie.
        cookie_name: Option<String>,
        /// Whether clients stick.
        #[default(true)] enabled: bool,
        /// `lb_cookie`, `app_cookie`, `source_ip`, …
        #[name("type")] kind: String,
    }

    /// What happens to flows of targets that fail.
    pub struct Failover {
        /// When a target is deregistered.
        on_deregistration: String,
        /// When a target is unhealthy.
        on_unhealthy: String,
    }

    /// When the group counts as healthy.
    pub struct GroupHealth {
        /// For DNS.
        dns_failover: Option<String>,
    }

    /// What happens to connections of unhealthy targets.
    pub struct HealthState {
        /// Whether they are closed.
        enable_unhealthy_connection_termination: bool,
    }
}

const GONE: [&str; 2] = ["TargetGroupNotFound", "TargetGroupNotFoundException"];

impl Resource for TargetGroup {
    const TYPE: &'static str = "aws_lb_target_group";
    const TAGGING: Option<Tagging> = Some(Tagging::Elb);
    const IMPORT: &'static str = "TARGET-GROUP-ARN";

    async fn create(&self, aws: &Aws, step: &Step) -> Result<String> {
        let prefix = self.name_prefix.clone().unwrap_or_else(|| "tf-".into());
        let name = name(self.name.as_ref(), Some(&prefix), &step.token);
        let mut call = aws.elb.create_target_group().name(name);
        if self.target_type != "lambda" {
            call = call
                .set_port(self.port.and_then(|it| i32::try_from(it).ok()))
                .set_protocol(self.protocol.as_deref().map(ProtocolEnum::from))
                .set_protocol_version(self.protocol_version.clone())
                .set_vpc_id(self.vpc_id.clone());
        }
        if let Some(check) = self.health_check.first() {
            call = call
                .health_check_enabled(check.enabled)
                .set_healthy_threshold_count(i32::try_from(check.healthy_threshold).ok())
                .set_unhealthy_threshold_count(i32::try_from(check.unhealthy_threshold).ok())
                .set_health_check_interval_seconds(i32::try_from(check.interval).ok())
                .set_health_check_timeout_seconds(
                    check.timeout.and_then(|it| i32::try_from(it).ok()),
                );
            if self.target_type != "lambda" {
                call = call
                    .health_check_port(&check.port)
                    .health_check_protocol(check.protocol.as_str().into());
            }
            call = call.set_health_check_path(check.path.clone()).set_matcher(self.matcher(check));
        }
        let kind = self.ip_address_type.as_deref().map(TargetGroupIpAddressTypeEnum::from);
        let call = call
            .target_type(TargetTypeEnum::from(self.target_type.as_str()))
            .set_ip_address_type(kind)
            .set_tags(sdk_tags(&self.tags_all));
        let made = call.send().await?;
        let arn = made.target_groups().first().and_then(|it| it.target_group_arn.clone());
        arn.ok_or_else(|| missing("TargetGroupArn"))
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        let prefix = self.name_prefix.clone().unwrap_or_else(|| "tf-".into());
        let name = name(self.name.as_ref(), Some(&prefix), token);
        match aws.elb.describe_target_groups().names(name).send().await {
            Ok(found) => {
                let arns =
                    found.target_groups().iter().filter_map(|it| it.target_group_arn.clone());
                ours(aws, arns.collect(), token).await
            }
            Err(error) => gone_is_fine(Err::<(), _>(error), &GONE).map(|()| None),
        }
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let arns: Vec<String> = objects.iter().filter_map(|it| it.id.clone()).collect();
        let found = get(aws, arns).await?;
        let there: Vec<String> =
            found.iter().filter_map(|it| it.target_group_arn.clone()).collect();
        let tags = tags(aws, &there).await?;
        let reads = objects.into_iter().map(|one| {
            let it = found.iter().find(|it| it.target_group_arn == one.id);
            let tags = one.id.as_ref().and_then(|arn| tags.get(arn)).cloned().unwrap_or_default();
            async move {
                let Some(it) = it else { return Ok::<_, ProviderError>(None) };
                let call = aws.elb.describe_target_group_attributes();
                let answer = call.set_target_group_arn(one.id.clone()).send().await?;
                let pairs = answer.attributes().iter().map(|it| {
                    (it.key.clone().unwrap_or_default(), it.value.clone().unwrap_or_default())
                });
                let attributes = pairs.collect();
                Ok(Some(one.merged(it, tags, attributes)))
            }
        });
        try_join_all(reads).await
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        if let (Some(check), true) =
            (self.health_check.first(), self.health_check != was.health_check)
        {
            let call = aws.elb.modify_target_group().set_target_group_arn(was.id.clone());
            let mut call = call
                .health_check_enabled(check.enabled)
                .set_healthy_threshold_count(i32::try_from(check.healthy_threshold).ok())
                .set_unhealthy_threshold_count(i32::try_from(check.unhealthy_threshold).ok())
                .set_health_check_interval_seconds(i32::try_from(check.interval).ok())
                .set_health_check_timeout_seconds(
                    check.timeout.and_then(|it| i32::try_from(it).ok()),
                )
                .set_health_check_path(check.path.clone())
                .set_matcher(self.matcher(check));
            if self.target_type != "lambda" {
                call = call
                    .health_check_port(&check.port)
                    .health_check_protocol(check.protocol.as_str().into());
            }
            call.send().await?;
        }
        let (wanted, now) = (self.wanted_attributes(), was.attributes_now());
        let changed = wanted.iter().filter(|(key, value)| now.get(*key) != Some(value));
        let changed: Vec<_> = changed
            .map(|(key, value)| TargetGroupAttribute::builder().key(key).value(value).build())
            .collect();
        if !changed.is_empty() {
            let call =
                aws.elb.modify_target_group_attributes().set_target_group_arn(was.id.clone());
            call.set_attributes(Some(changed)).send().await?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let call = aws.elb.delete_target_group().set_target_group_arn(self.id.clone());
        gone_is_fine(call.send().await, &GONE)
    }
}

/// Those that exist; one that does not makes the plural call fail, so then each is asked for.
async fn get(aws: &Aws, arns: Vec<String>) -> Result<Vec<types::TargetGroup>> {
    let together = aws.elb.describe_target_groups().set_target_group_arns(Some(arns.clone()));
    match together.send().await {
        Ok(found) => return Ok(found.target_groups.unwrap_or_default()),
        Err(error) => gone_is_fine(Err::<(), _>(error), &GONE)?,
    }
    let mut found = Vec::new();
    for arn in arns.iter().filter(|_| arns.len() > 1) {
        match aws.elb.describe_target_groups().target_group_arns(arn).send().await {
            Ok(one) => found.extend(one.target_groups.unwrap_or_default()),
            Err(error) => gone_is_fine(Err::<(), _>(error), &GONE)?,
        }
    }
    Ok(found)
}

impl TargetGroup {
    fn matcher(&self, check: &HealthCheck) -> Option<Matcher> {
        let codes = check.matcher.clone().filter(|it| !it.is_empty())?;
        let grpc = self.protocol_version.as_deref() == Some("GRPC");
        let matcher = Matcher::builder();
        Some(if grpc { matcher.grpc_code(codes).build() } else { matcher.http_code(codes).build() })
    }

    /// The attributes that the group's protocol has, under the names of the API.
    fn wanted_attributes(&self) -> BTreeMap<String, String> {
        let mut all: BTreeMap<&str, String> = BTreeMap::new();
        if self.target_type == "lambda" {
            let several = self.lambda_multi_value_headers_enabled.to_string();
            all.insert("lambda.multi_value_headers.enabled", several);
        } else {
            all.insert("deregistration_delay.timeout_seconds", self.deregistration_delay.clone());
        }
        let http = matches!(self.protocol.as_deref(), Some("HTTP" | "HTTPS"));
        if http && self.target_type != "lambda" {
            all.insert("slow_start.duration_seconds", self.slow_start.to_string());
        }
        let chosen = [
            ("load_balancing.algorithm.type", &self.load_balancing_algorithm_type),
            (
                "load_balancing.algorithm.anomaly_mitigation",
                &self.load_balancing_anomaly_mitigation,
            ),
            ("load_balancing.cross_zone.enabled", &self.load_balancing_cross_zone_enabled),
            ("preserve_client_ip.enabled", &self.preserve_client_ip),
        ];
        for (key, value) in chosen {
            if let Some(value) = value.as_ref().filter(|it| !it.is_empty()) {
                all.insert(key, value.clone());
            }
        }
        if matches!(self.protocol.as_deref(), Some("TCP" | "TLS" | "TCP_UDP" | "UDP")) {
            all.insert("proxy_protocol_v2.enabled", self.proxy_protocol_v2.to_string());
            let closed = self.connection_termination.to_string();
            all.insert("deregistration_delay.connection_termination.enabled", closed);
        }
        if let Some(sticky) = self.stickiness.first() {
            all.insert("stickiness.enabled", sticky.enabled.to_string());
            all.insert("stickiness.type", sticky.kind.clone());
            match sticky.kind.as_str() {
                "lb_cookie" => {
                    all.insert(
                        "stickiness.lb_cookie.duration_seconds",
                        sticky.cookie_duration.to_string(),
                    );
                }
                "app_cookie" => {
                    all.insert(
                        "stickiness.app_cookie.duration_seconds",
                        sticky.cookie_duration.to_string(),
                    );
                    let name = sticky.cookie_name.clone().unwrap_or_default();
                    all.insert("stickiness.app_cookie.cookie_name", name);
                }
                _ => {}
            }
        }
        all.into_iter().map(|(key, value)| (key.to_string(), value)).collect()
    }

    fn attributes_now(&self) -> BTreeMap<String, String> {
        match self.attributes.is_empty() {
            // an update is planned from state, which has the attributes only as fields
            true => self.wanted_attributes(),
            false => self.attributes.clone(),
        }
    }

    fn merged(self, it: &types::TargetGroup, tags: Tags, all: BTreeMap<String, String>) -> Self {
        let text = |key: &str| all.get(key).cloned();
        let flag = |key: &str| all.get(key).is_some_and(|it| it == "true");
        let arn = it.target_group_arn.clone().unwrap_or_default();
        let sticky = text("stickiness.type").map(|kind| {
            let duration = text(&format!("stickiness.{kind}.duration_seconds"));
            Stickiness {
                cookie_duration: duration.and_then(|it| it.parse().ok()).unwrap_or(86400),
                cookie_name: text("stickiness.app_cookie.cookie_name").filter(|it| !it.is_empty()),
                enabled: flag("stickiness.enabled"),
                kind,
            }
        });
        TargetGroup {
            connection_termination: flag("deregistration_delay.connection_termination.enabled"),
            deregistration_delay: text("deregistration_delay.timeout_seconds")
                .unwrap_or_else(|| self.deregistration_delay.clone()),
            health_check: vec![health(it)],
            ip_address_type: it.ip_address_type.as_ref().map(|it| it.as_str().to_string()),
            lambda_multi_value_headers_enabled: flag("lambda.multi_value_headers.enabled"),
            load_balancing_algorithm_type: text("load_balancing.algorithm.type"),
            load_balancing_anomaly_mitigation: text("load_balancing.algorithm.anomaly_mitigation"),
            load_balancing_cross_zone_enabled: text("load_balancing.cross_zone.enabled"),
            name: it.target_group_name.clone(),
            port: it.port.map(i64::from),
            preserve_client_ip: text("preserve_client_ip.enabled"),
            protocol: it.protocol.as_ref().map(|it| it.as_str().to_string()),
            protocol_version: it.protocol_version.clone(),
            proxy_protocol_v2: flag("proxy_protocol_v2.enabled"),
            slow_start: text("slow_start.duration_seconds")
                .and_then(|it| it.parse().ok())
                .unwrap_or(0),
            stickiness: sticky.into_iter().collect(),
            target_type: it.target_type.as_ref().map_or("instance", TargetTypeEnum::as_str).into(),
            vpc_id: it.vpc_id.clone(),
            tags_all: tags,
            arn_suffix: suffix(&arn, ":").and_then(|_| arn.rsplit(':').next().map(str::to_string)),
            arn: Some(arn.clone()),
            id: Some(arn),
            load_balancer_arns: it.load_balancer_arns().iter().cloned().collect(),
            attributes: all,
            ..self
        }
    }
}

fn health(it: &types::TargetGroup) -> HealthCheck {
    let matcher =
        it.matcher.as_ref().and_then(|it| it.http_code.clone().or_else(|| it.grpc_code.clone()));
    HealthCheck {
        enabled: it.health_check_enabled.unwrap_or(true),
        healthy_threshold: it.healthy_threshold_count.map_or(3, i64::from),
        interval: it.health_check_interval_seconds.map_or(30, i64::from),
        matcher,
        path: it.health_check_path.clone(),
        port: it.health_check_port.clone().unwrap_or_else(|| "traffic-port".into()),
        protocol: it.health_check_protocol.as_ref().map_or("HTTP", ProtocolEnum::as_str).into(),
        timeout: it.health_check_timeout_seconds.map(i64::from),
        unhealthy_threshold: it.unhealthy_threshold_count.map_or(3, i64::from),
    }
}
