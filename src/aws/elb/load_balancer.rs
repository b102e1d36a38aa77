//! `aws_lb`

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types::{
    self, IpAddressType, LoadBalancerAttribute, LoadBalancerSchemeEnum, LoadBalancerStateEnum,
    LoadBalancerTypeEnum,
};
use futures::future::try_join_all;

use super::{MOST, name, ours, sdk_tags, suffix, tags};
use crate::aws::client::Aws;
use crate::aws::resource::{Resource, gone_is_fine, missing};
use crate::aws::tags::{Tagging, Tags};
use crate::provider::{Phase, ProviderError, Result, Status, Step};
use crate::schema;
use crate::schema::{Check, One};

schema! {
    /// A load balancer.
    pub struct LoadBalancer {
        /// Where requests are logged.
        access_logs: One<Logs>,
        /// Seconds that a client may keep a connection open.
        #[default(3600)] client_keep_alive: i64,
        /// Where connections are logged.
        connection_logs: One<Logs>,
        /// Pool of customer-owned addresses.
        #[force_new] customer_owned_ipv4_pool: Option<String>,
        /// How desync is mitigated.
        #[default("defensive")] #[one_of(&["monitor", "defensive", "strictest"])]
        desync_mitigation_mode: String,
        /// How clients are routed to zones.
        #[default("any_availability_zone")] dns_record_client_routing_policy: String,
        /// Whether invalid headers are dropped.
        #[default(false)] drop_invalid_header_fields: bool,
        /// Whether traffic crosses zones.
        #[default(false)] enable_cross_zone_load_balancing: bool,
        /// Whether deletion is refused.
        #[default(false)] enable_deletion_protection: bool,
        /// Whether HTTP/2 is on.
        #[default(true)] enable_http2: bool,
        /// Whether headers tell the TLS version and cipher.
        #[default(false)] enable_tls_version_and_cipher_suite_headers: bool,
        /// Whether requests pass when the firewall cannot be asked.
        #[default(false)] enable_waf_fail_open: bool,
        /// Whether the client's port is passed on.
        #[default(false)] enable_xff_client_port: bool,
        /// Whether zonal shift is on.
        #[default(false)] enable_zonal_shift: bool,
        /// Whether security groups apply to PrivateLink traffic.
        #[computed] enforce_security_group_inbound_rules_on_private_link_traffic: Option<String>,
        /// Seconds that a connection may be idle.
        #[default(60)] #[check(Check::Between(1, 4000))] idle_timeout: i64,
        /// Whether it has no public address.
        #[computed] #[force_new] internal: Option<bool>,
        /// `ipv4`, `dualstack` or `dualstack-without-public-ipv4`.
        #[computed] #[one_of(&["ipv4", "dualstack", "dualstack-without-public-ipv4"])]
        ip_address_type: Option<String>,
        /// Pools of addresses.
        #[unsupported("address pools come later")] ipam_pools: One<IpamPools>,
        /// `application`, `network` or `gateway`.
        #[default("application")] #[force_new] #[one_of(&["application", "network", "gateway"])]
        load_balancer_type: String,
        /// Reserved capacity.
        #[unsupported("reserved capacity comes later")]
        minimum_load_balancer_capacity: One<Capacity>,
        /// Name of the load balancer.
        #[computed] #[force_new] #[conflicts_with(&["name_prefix"])] #[check(Check::Length(1, 32))]
        name: Option<String>,
        /// Start of a name that is made up.
        #[computed] #[force_new] #[check(Check::Length(1, 6))] name_prefix: Option<String>,
        /// Whether the Host header is kept.
        #[default(false)] preserve_host_header: bool,
        /// Security groups.
        #[computed] security_groups: BTreeSet<String>,
        /// Subnets with their addresses.
        #[computed] subnet_mapping: BTreeSet<SubnetMapping>,
        /// Subnets.
        #[computed] subnets: BTreeSet<String>,
        /// Tags of the load balancer.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// How X-Forwarded-For is treated.
        #[default("append")] #[one_of(&["append", "preserve", "remove"])]
        xff_header_processing_mode: String,
        /// ARN of the load balancer.
        #[read_only] arn: Option<String>,
        /// End of the ARN, for metrics.
        #[read_only] arn_suffix: Option<String>,
        /// DNS name of the load balancer.
        #[read_only] dns_name: Option<String>,
        /// ARN of the load balancer.
        #[read_only] id: Option<String>,
        /// VPC of the load balancer.
        #[read_only] vpc_id: Option<String>,
        /// Hosted zone of the DNS name.
        #[read_only] zone_id: Option<String>,
        #[hidden] state: Option<String>,
        #[hidden] attributes: BTreeMap<String, String>,
    }

    /// Where something is logged.
    pub struct Logs {
        /// Bucket of the logs.
        bucket: String,
        /// Whether logs are written.
        #[default(false)] enabled: bool,
        /// Start of the keys.
        prefix: Option<String>,
    }

    /// Pools of addresses.
    pub struct IpamPools {
        /// Pool of IPv4 addresses.
        ipv4_ipam_pool_id: String,
    }

    /// Reserved capacity.
    pub struct Capacity {
        /// Capacity units.
        capacity_units: i64,
    }

    /// A subnet with its address.
    pub struct SubnetMapping {
        /// The subnet.
        subnet_id: String,
        /// Elastic IP of an internet-facing network load balancer.
        allocation_id: Option<String>,
        /// IPv6 address.
        ipv6_address: Option<String>,
        /// Private IPv4 address of an internal network load balancer.
        private_ipv4_address: Option<String>,
        /// What the load balancer made of it.
        #[read_only] outpost_id: Option<String>,
    }
}

impl Resource for LoadBalancer {
    const TYPE: &'static str = "aws_lb";
    const BATCH: usize = MOST;
    const TAGGING: Option<Tagging> = Some(Tagging::Elb);
    const TIMEOUTS: &'static [(Phase, u64)] =
        &[(Phase::Create, 10), (Phase::Update, 10), (Phase::Delete, 10)];
    const IMPORT: &'static str = "LOAD-BALANCER-ARN";

    async fn create(&self, aws: &Aws, step: &Step) -> Result<String> {
        let name = name(self.name.as_ref(), self.name_prefix.as_ref(), &step.token);
        let scheme = self.internal.unwrap_or(false).then_some(LoadBalancerSchemeEnum::Internal);
        let call = aws.elb.create_load_balancer().name(name).set_scheme(scheme);
        let call = call
            .r#type(LoadBalancerTypeEnum::from(self.load_balancer_type.as_str()))
            .set_ip_address_type(self.ip_address_type.as_deref().map(IpAddressType::from))
            .set_security_groups(list(&self.security_groups))
            .set_subnet_mappings(self.mappings())
            .set_subnets(if self.subnet_mapping.is_empty() { list(&self.subnets) } else { None })
            .set_customer_owned_ipv4_pool(self.customer_owned_ipv4_pool.clone())
            .set_tags(sdk_tags(&self.tags_all));
        let made = call.send().await?;
        let arn = made.load_balancers().first().and_then(|it| it.load_balancer_arn.clone());
        arn.ok_or_else(|| missing("LoadBalancerArn"))
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        let name = name(self.name.as_ref(), self.name_prefix.as_ref(), token);
        match aws.elb.describe_load_balancers().names(name).send().await {
            Ok(found) => {
                let arns =
                    found.load_balancers().iter().filter_map(|it| it.load_balancer_arn.clone());
                ours(aws, arns.collect(), token).await
            }
            Err(error) => gone_is_fine(Err::<(), _>(error), &GONE).map(|()| None),
        }
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let arns: Vec<String> = objects.iter().filter_map(|it| it.id.clone()).collect();
        let found = get(aws, arns).await?;
        let there: Vec<String> =
            found.iter().filter_map(|it| it.load_balancer_arn.clone()).collect();
        let tags = tags(aws, &there).await?;
        let reads = objects.into_iter().map(|one| {
            let it = found.iter().find(|it| it.load_balancer_arn == one.id);
            let tags = one.id.as_ref().and_then(|arn| tags.get(arn)).cloned().unwrap_or_default();
            async move {
                let Some(it) = it else { return Ok::<_, ProviderError>(None) };
                let call = aws.elb.describe_load_balancer_attributes();
                let answer = call.set_load_balancer_arn(one.id.clone()).send().await?;
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
        let arn = was.id.clone();
        let (wanted, now) = (self.wanted_attributes(), was.attributes_now());
        let changed = wanted.iter().filter(|(key, value)| now.get(*key) != Some(value));
        let changed: Vec<_> = changed
            .map(|(key, value)| LoadBalancerAttribute::builder().key(key).value(value).build())
            .collect();
        if !changed.is_empty() {
            let call = aws.elb.modify_load_balancer_attributes().set_load_balancer_arn(arn.clone());
            call.set_attributes(Some(changed)).send().await?;
        }
        if self.security_groups != was.security_groups && !self.security_groups.is_empty() {
            let call = aws.elb.set_security_groups().set_load_balancer_arn(arn.clone());
            call.set_security_groups(list(&self.security_groups)).send().await?;
        }
        if self.moves(was) {
            let call = aws.elb.set_subnets().set_load_balancer_arn(arn.clone());
            let plain = if self.subnet_mapping.is_empty() { list(&self.subnets) } else { None };
            call.set_subnet_mappings(self.mappings()).set_subnets(plain).send().await?;
        }
        if self.ip_address_type.is_some() && self.ip_address_type != was.ip_address_type {
            let call = aws.elb.set_ip_address_type().set_load_balancer_arn(arn);
            let kind = self.ip_address_type.as_deref().map(IpAddressType::from);
            call.set_ip_address_type(kind).send().await?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let call = aws.elb.delete_load_balancer().set_load_balancer_arn(self.id.clone());
        gone_is_fine(call.send().await, &GONE)
    }

    fn status(&self) -> Status {
        match self.state.as_deref() {
            Some("provisioning") => Status::Usable("provisioning".into()),
            Some("failed") => Status::Failed("the load balancer could not be set up".into()),
            _ => Status::Ready,
        }
    }
}

const GONE: [&str; 2] = ["LoadBalancerNotFound", "LoadBalancerNotFoundException"];

/// Those that exist; one that does not makes the plural call fail, so then each is asked for.
async fn get(aws: &Aws, arns: Vec<String>) -> Result<Vec<types::LoadBalancer>> {
    let together = aws.elb.describe_load_balancers().set_load_balancer_arns(Some(arns.clone()));
    match together.send().await {
        Ok(found) => return Ok(found.load_balancers.unwrap_or_default()),
        Err(error) => gone_is_fine(Err::<(), _>(error), &GONE)?,
    }
    let mut found = Vec::new();
    for arn in arns.iter().filter(|_| arns.len() > 1) {
        match aws.elb.describe_load_balancers().load_balancer_arns(arn).send().await {
            Ok(one) => found.extend(one.load_balancers.unwrap_or_default()),
            Err(error) => gone_is_fine(Err::<(), _>(error), &GONE)?,
        }
    }
    Ok(found)
}

fn list(set: &BTreeSet<String>) -> Option<Vec<String>> {
    (!set.is_empty()).then(|| set.iter().cloned().collect())
}

impl LoadBalancer {
    fn mappings(&self) -> Option<Vec<types::SubnetMapping>> {
        let made = self.subnet_mapping.iter().map(|it| {
            types::SubnetMapping::builder()
                .subnet_id(&it.subnet_id)
                .set_allocation_id(it.allocation_id.clone())
                .set_ipv6_address(it.ipv6_address.clone())
                .set_private_ipv4_address(it.private_ipv4_address.clone())
                .build()
        });
        (!self.subnet_mapping.is_empty()).then(|| made.collect())
    }

    fn moves(&self, was: &Self) -> bool {
        let subnets = |it: &Self| -> BTreeSet<String> {
            let mapped = it.subnet_mapping.iter().map(|mapping| mapping.subnet_id.clone());
            mapped.chain(it.subnets.iter().cloned()).collect()
        };
        !subnets(self).is_empty() && subnets(self) != subnets(was)
    }

    /// The attributes of the load balancer's type, under the names of the API.
    fn wanted_attributes(&self) -> BTreeMap<String, String> {
        let mut all = BTreeMap::from([(
            "deletion_protection.enabled",
            self.enable_deletion_protection.to_string(),
        )]);
        if self.load_balancer_type == "application" {
            all.extend([
                ("client_keep_alive.seconds", self.client_keep_alive.to_string()),
                ("idle_timeout.timeout_seconds", self.idle_timeout.to_string()),
                ("routing.http.desync_mitigation_mode", self.desync_mitigation_mode.clone()),
                (
                    "routing.http.drop_invalid_header_fields.enabled",
                    self.drop_invalid_header_fields.to_string(),
                ),
                (
                    "routing.http.preserve_host_header.enabled",
                    self.preserve_host_header.to_string(),
                ),
                (
                    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
                    self.enable_tls_version_and_cipher_suite_headers.to_string(),
                ),
                ("routing.http.xff_client_port.enabled", self.enable_xff_client_port.to_string()),
                (
                    "routing.http.xff_header_processing.mode",
                    self.xff_header_processing_mode.clone(),
                ),
                ("routing.http2.enabled", self.enable_http2.to_string()),
                ("waf.fail_open.enabled", self.enable_waf_fail_open.to_string()),
            ]);
        } else {
            let crosses = self.enable_cross_zone_load_balancing.to_string();
            all.insert("load_balancing.cross_zone.enabled", crosses);
        }
        if self.load_balancer_type == "network" {
            let routing = self.dns_record_client_routing_policy.clone();
            all.insert("dns_record.client_routing_policy", routing);
        }
        let mut all: BTreeMap<String, String> =
            all.into_iter().map(|(key, value)| (key.to_string(), value)).collect();
        for (kind, logs) in
            [("access_logs", &self.access_logs), ("connection_logs", &self.connection_logs)]
        {
            let Some(logs) = logs.get() else {
                if self.attributes.contains_key(&format!("{kind}.s3.enabled")) {
                    all.insert(format!("{kind}.s3.enabled"), "false".into());
                }
                continue;
            };
            all.insert(format!("{kind}.s3.enabled"), logs.enabled.to_string());
            all.insert(format!("{kind}.s3.bucket"), logs.bucket.clone());
            all.insert(format!("{kind}.s3.prefix"), logs.prefix.clone().unwrap_or_default());
        }
        all
    }

    fn attributes_now(&self) -> BTreeMap<String, String> {
        match self.attributes.is_empty() {
            // an update is planned from state, which has the attributes only as fields
            true => self.wanted_attributes(),
            false => self.attributes.clone(),
        }
    }

    fn merged(self, it: &types::LoadBalancer, tags: Tags, all: BTreeMap<String, String>) -> Self {
        let text = |key: &str, otherwise: &str| {
            all.get(key).cloned().unwrap_or_else(|| otherwise.to_string())
        };
        let flag = |key: &str, otherwise: bool| all.get(key).map_or(otherwise, |it| it == "true");
        let number = |key: &str, otherwise: i64| {
            all.get(key).and_then(|it| it.parse().ok()).unwrap_or(otherwise)
        };
        let logs = |kind: &str, was: &One<Logs>| {
            let enabled = flag(&format!("{kind}.s3.enabled"), false);
            let prefix = text(&format!("{kind}.s3.prefix"), "");
            let kept = enabled || was.get().is_some();
            One(kept.then(|| Logs {
                bucket: text(&format!("{kind}.s3.bucket"), ""),
                enabled,
                prefix: (!prefix.is_empty()).then_some(prefix),
            }))
        };
        let arn = it.load_balancer_arn.clone().unwrap_or_default();
        let zones = it.availability_zones().iter();
        LoadBalancer {
            access_logs: logs("access_logs", &self.access_logs),
            connection_logs: logs("connection_logs", &self.connection_logs),
            client_keep_alive: number("client_keep_alive.seconds", 3600),
            customer_owned_ipv4_pool: it.customer_owned_ipv4_pool.clone(),
            desync_mitigation_mode: text("routing.http.desync_mitigation_mode", "defensive"),
            dns_record_client_routing_policy: text(
                "dns_record.client_routing_policy",
                "any_availability_zone",
            ),
            drop_invalid_header_fields: flag(
                "routing.http.drop_invalid_header_fields.enabled",
                false,
            ),
            enable_cross_zone_load_balancing: match self.load_balancer_type.as_str() {
                "application" => self.enable_cross_zone_load_balancing,
                _ => flag("load_balancing.cross_zone.enabled", false),
            },
            enable_deletion_protection: flag("deletion_protection.enabled", false),
            enable_http2: flag("routing.http2.enabled", true),
            enable_tls_version_and_cipher_suite_headers: flag(
                "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
                false,
            ),
            enable_waf_fail_open: flag("waf.fail_open.enabled", false),
            enable_xff_client_port: flag("routing.http.xff_client_port.enabled", false),
            idle_timeout: number("idle_timeout.timeout_seconds", 60),
            internal: Some(it.scheme == Some(LoadBalancerSchemeEnum::Internal)),
            ip_address_type: it.ip_address_type.as_ref().map(|it| it.as_str().to_string()),
            load_balancer_type: it
                .r#type
                .as_ref()
                .map_or("application", LoadBalancerTypeEnum::as_str)
                .into(),
            name: it.load_balancer_name.clone(),
            preserve_host_header: flag("routing.http.preserve_host_header.enabled", false),
            security_groups: it.security_groups().iter().cloned().collect(),
            subnet_mapping: zones.clone().filter_map(mapping).collect(),
            subnets: zones.filter_map(|zone| zone.subnet_id.clone()).collect(),
            tags_all: tags,
            xff_header_processing_mode: text("routing.http.xff_header_processing.mode", "append"),
            arn_suffix: suffix(&arn, ":loadbalancer/"),
            arn: Some(arn.clone()),
            dns_name: it.dns_name.clone(),
            id: Some(arn),
            vpc_id: it.vpc_id.clone(),
            zone_id: it.canonical_hosted_zone_id.clone(),
            state: state(it),
            attributes: all,
            ..self
        }
    }
}

fn state(it: &types::LoadBalancer) -> Option<String> {
    let state = it.state.as_ref()?.code.as_ref().map(LoadBalancerStateEnum::as_str)?;
    Some(state.to_string())
}

fn mapping(zone: &types::AvailabilityZone) -> Option<SubnetMapping> {
    let address = zone.load_balancer_addresses().first();
    Some(SubnetMapping {
        subnet_id: zone.subnet_id.clone()?,
        allocation_id: address.and_then(|it| it.allocation_id.clone()),
        ipv6_address: address.and_then(|it| it.ipv6_address.clone()),
        private_ipv4_address: address.and_then(|it| it.private_ipv4_address.clone()),
        outpost_id: zone.outpost_id.clone(),
    })
}
