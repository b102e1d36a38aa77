//! `aws_lb`

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{
    self, EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum as OnPrivateLink, IpAddressType,
    LoadBalancerAttribute, LoadBalancerSchemeEnum, LoadBalancerStateEnum, LoadBalancerTypeEnum,
    RemoveIpamPoolEnum,
};

use super::attributes::{self, Attribute, Attributes};
use super::described::{self, Described};
use super::{MOST, claim, name, ours, sdk_tags, suffix};
use crate::aws::client::Aws;
use crate::aws::resource::{Proposal, Resource, gone_is_fine, missing};
use crate::aws::tags::{Tagging, Tags};
use crate::provider::{Phase, Result, Status, Step};
use crate::schema;
use crate::schema::{Check, One, schema_of};
use crate::value::{Type, Value};

schema! {
    /// A load balancer.
    pub struct LoadBalancer {
        /// Where requests are logged. Without a block nothing changes; `enabled = false` turns it off.
        #[computed] access_logs: One<Logs>,
        /// Seconds that a client may keep a connection open.
        #[default(3600)] #[check(Check::Between(60, 604800))] client_keep_alive: i64,
        /// Where connections are logged. Without a block nothing changes; `enabled = false` turns it
        /// off.
        #[computed] connection_logs: One<Logs>,
        /// Pool of customer-owned addresses.
        #[force_new] customer_owned_ipv4_pool: Option<String>,
        /// How desync is mitigated.
        #[default("defensive")] #[one_of(&["monitor", "defensive", "strictest"])]
        desync_mitigation_mode: String,
        /// How clients are routed to zones.
        #[default("any_availability_zone")]
        #[one_of(&[
            "availability_zone_affinity", "partial_availability_zone_affinity",
            "any_availability_zone",
        ])]
        dns_record_client_routing_policy: String,
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
        #[computed] #[one_of(&["on", "off"])]
        enforce_security_group_inbound_rules_on_private_link_traffic: Option<String>,
        /// Where health checks are logged. Without a block nothing changes; `enabled = false` turns it
        /// off.
        #[computed] health_check_logs: One<Logs>,
        /// Seconds that a connection may be idle.
        #[default(60)] #[check(Check::Between(1, 4000))] idle_timeout: i64,
        /// Whether it has no public address.
        #[computed] #[force_new] internal: Option<bool>,
        /// `ipv4`, `dualstack` or `dualstack-without-public-ipv4`.
        #[computed] #[one_of(&["ipv4", "dualstack", "dualstack-without-public-ipv4"])]
        ip_address_type: Option<String>,
        /// Pools of addresses.
        ipam_pools: One<IpamPools>,
        /// `application`, `network` or `gateway`.
        #[default("application")] #[force_new] #[one_of(&["application", "network", "gateway"])]
        load_balancer_type: String,
        /// Reserved capacity. It is not imported: AWS is asked only about capacity that is written.
        minimum_load_balancer_capacity: One<Capacity>,
        /// Name of the load balancer.
        #[computed] #[force_new] #[conflicts_with(&["name_prefix"])] #[check(Check::Length(1, 32))]
        name: Option<String>,
        /// Start of a name that is made up.
        #[computed] #[force_new] #[check(Check::Length(1, 6))] name_prefix: Option<String>,
        /// Whether the Host header is kept.
        #[default(false)] preserve_host_header: bool,
        /// Secondary addresses of a network load balancer in each subnet.
        #[default(0)] #[check(Check::Between(0, 7))] secondary_ips_auto_assigned_per_subnet: i64,
        /// Security groups.
        #[computed] security_groups: BTreeSet<String>,
        /// Subnets with their addresses.
        #[computed] #[exactly_one_of(&["subnet_mapping", "subnets"])]
        subnet_mapping: BTreeSet<SubnetMapping>,
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
    }

    /// Where something is logged. Bucket and prefix count only while it is enabled.
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

const ALL: &[&str] = &["application", "network", "gateway"];
const APPLICATION: &[&str] = &["application"];
const NETWORK: &[&str] = &["network"];

const fn attribute(
    field: &'static str,
    key: &'static str,
    of: &'static [&'static str],
) -> Attribute {
    Attribute { field, key, of }
}

const ATTRIBUTES: &[Attribute] = &[
    attribute("client_keep_alive", "client_keep_alive.seconds", APPLICATION),
    attribute("desync_mitigation_mode", "routing.http.desync_mitigation_mode", APPLICATION),
    attribute("dns_record_client_routing_policy", "dns_record.client_routing_policy", NETWORK),
    attribute(
        "drop_invalid_header_fields",
        "routing.http.drop_invalid_header_fields.enabled",
        APPLICATION,
    ),
    attribute(
        "enable_cross_zone_load_balancing",
        "load_balancing.cross_zone.enabled",
        &["network", "gateway"],
    ),
    attribute("enable_deletion_protection", "deletion_protection.enabled", ALL),
    attribute("enable_http2", "routing.http2.enabled", APPLICATION),
    attribute(
        "enable_tls_version_and_cipher_suite_headers",
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
        APPLICATION,
    ),
    attribute("enable_waf_fail_open", "waf.fail_open.enabled", APPLICATION),
    attribute("enable_xff_client_port", "routing.http.xff_client_port.enabled", APPLICATION),
    attribute("enable_zonal_shift", "zonal_shift.config.enabled", &["application", "network"]),
    attribute("idle_timeout", "idle_timeout.timeout_seconds", APPLICATION),
    attribute("preserve_host_header", "routing.http.preserve_host_header.enabled", APPLICATION),
    attribute(
        "secondary_ips_auto_assigned_per_subnet",
        "secondary_ips.auto_assigned.per_subnet",
        NETWORK,
    ),
    attribute("xff_header_processing_mode", "routing.http.xff_header_processing.mode", APPLICATION),
];

impl Resource for LoadBalancer {
    const TYPE: &'static str = "aws_lb";
    const BATCH: usize = 100;
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
            .set_ipam_pools(self.pools())
            .set_security_groups(list(&self.security_groups))
            .set_subnet_mappings(self.mappings())
            .set_subnets(if self.subnet_mapping.is_empty() { list(&self.subnets) } else { None })
            .set_customer_owned_ipv4_pool(self.customer_owned_ipv4_pool.clone())
            .set_tags(sdk_tags(&self.tags_all));
        let made = call.send().await?;
        let arn = made.load_balancers().first().and_then(|it| it.load_balancer_arn.clone());
        claim(aws, arn.ok_or_else(|| missing("LoadBalancerArn"))?, step).await
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        let name = name(self.name.as_ref(), self.name_prefix.as_ref(), token);
        match aws.elb.describe_load_balancers().names(name).send().await {
            Ok(found) => {
                let arns =
                    found.load_balancers().iter().filter_map(|it| it.load_balancer_arn.clone());
                ours(aws, arns.collect(), token).await
            }
            Err(error) => gone_is_fine(Err::<(), _>(error), Self::GONE).map(|()| None),
        }
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        described::read(aws, objects).await
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        self.update_attributes(aws, was).await?;
        self.update_network(aws, was).await?;
        if self.ipam_pools != was.ipam_pools {
            let call = aws.elb.modify_ip_pools().set_load_balancer_arn(was.id.clone());
            let removed = self.pools().is_none().then(|| vec![RemoveIpamPoolEnum::Ipv4]);
            call.set_ipam_pools(self.pools()).set_remove_ipam_pools(removed).send().await?;
        }
        if self.minimum_load_balancer_capacity != was.minimum_load_balancer_capacity {
            let call = aws.elb.modify_capacity_reservation().set_load_balancer_arn(was.id.clone());
            let capacity = self.capacity();
            let reset = capacity.is_none().then_some(true);
            let call = call.set_minimum_load_balancer_capacity(capacity);
            call.set_reset_capacity_reservation(reset).send().await?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let call = aws.elb.delete_load_balancer().set_load_balancer_arn(self.id.clone());
        gone_is_fine(call.send().await, Self::GONE)
    }

    fn status(&self) -> Status {
        match self.state.as_deref() {
            Some("provisioning") => Status::Usable("provisioning".into()),
            Some("failed") => Status::Failed("the load balancer could not be set up".into()),
            _ => Status::Ready,
        }
    }

    fn plan(proposal: &mut Proposal<'_>) -> Result {
        let given = |name: &str| {
            let value = proposal.configuration.get(name);
            !value.is_null() && !value.items().is_some_and(<[Value]>::is_empty)
        };
        let moved = |name: &str| given(name) && proposal.changes(name);
        let (subnets, mappings) = (moved("subnets"), moved("subnet_mapping"));
        for name in replaced(proposal, subnets, mappings) {
            proposal.replace_because(name);
        }
        if subnets {
            proposal.set("subnet_mapping", unknown("subnet_mapping"));
        }
        if mappings {
            proposal.set("subnets", unknown("subnets"));
        }
        Ok(())
    }
}

fn unknown(field: &str) -> Value {
    let schema = schema_of::<LoadBalancer>();
    Value::unknown(schema.field(field).map_or(Type::Any, |it| it.shape.ty()))
}

/// Because of which of its changed networks the load balancer must be replaced: network load
/// balancers only get more subnets, and never lose or get their first security group; an address
/// in a subnet stays as long as the subnet does.
fn replaced(proposal: &Proposal<'_>, subnets: bool, mappings: bool) -> Vec<&'static str> {
    let Some(prior) = proposal.prior else { return Vec::new() };
    let network = prior.get("load_balancer_type").as_str() == Some("network");
    let sets = |name: &str| {
        let (before, after) = (prior.get(name), proposal.value.get(name));
        let known = before.is_wholly_known() && after.unmark_deep().0.is_known();
        let items = |it: &Value| it.items().unwrap_or_default().to_vec();
        known.then(|| (items(&before), items(&after)))
    };
    let has = |all: &[Value], some: &[Value]| some.iter().all(|it| all.contains(it));
    let mut because = Vec::new();
    if let Some((before, after)) = sets("subnet_mapping").filter(|_| mappings) {
        let grows = after.len() > before.len() && has(&after, &before);
        let shrinks = after.len() < before.len() && has(&before, &after);
        if !grows && (network || !shrinks) {
            because.push("subnet_mapping");
        }
    }
    if let Some((before, after)) = sets("subnets").filter(|_| subnets && network)
        && after.len() <= before.len()
    {
        because.push("subnets");
    }
    if let Some((before, after)) = sets("security_groups").filter(|_| network)
        && before.is_empty() != after.is_empty()
    {
        because.push("security_groups");
    }
    because
}

impl Described for LoadBalancer {
    type Found = types::LoadBalancer;
    const GONE: &'static [&'static str] =
        &["LoadBalancerNotFound", "LoadBalancerNotFoundException"];
    const TOGETHER: usize = MOST;

    async fn describe(aws: &Aws, arns: Vec<String>) -> Result<Vec<types::LoadBalancer>> {
        let call = aws.elb.describe_load_balancers().set_load_balancer_arns(Some(arns));
        Ok(call.send().await?.load_balancers.unwrap_or_default())
    }

    fn arn_of(found: &types::LoadBalancer) -> Option<&String> {
        found.load_balancer_arn.as_ref()
    }

    fn own_arn(&self) -> Option<&String> {
        self.id.as_ref()
    }

    async fn attributes(&self, aws: &Aws, found: &types::LoadBalancer) -> Result<Attributes> {
        let arn = found.load_balancer_arn.clone();
        let call = aws.elb.describe_load_balancer_attributes();
        let answer = call.set_load_balancer_arn(arn.clone()).send().await?;
        let mut told = attributes::answered(answer.attributes(), |it| it.key(), |it| it.value());
        if self.minimum_load_balancer_capacity.get().is_some() {
            let call = aws.elb.describe_capacity_reservation().set_load_balancer_arn(arn);
            let reserved = call.send().await?.minimum_load_balancer_capacity;
            let units = reserved.and_then(|it| it.capacity_units);
            told.extend(units.map(|it| (CAPACITY.to_string(), it.to_string())));
        }
        Ok(told)
    }

    fn merged(self, it: &types::LoadBalancer, tags: Tags, told: &Attributes) -> Result<Self> {
        let arn = it.load_balancer_arn.clone().unwrap_or_default();
        let zones = it.availability_zones().iter();
        let units = told.get(CAPACITY).and_then(|it| it.parse().ok()).filter(|it| *it > 0);
        let pools = it.ipam_pools.as_ref().and_then(|it| it.ipv4_ipam_pool_id.clone());
        let enforced = match it.r#type == Some(LoadBalancerTypeEnum::Network) {
            true => it.enforce_security_group_inbound_rules_on_private_link_traffic.clone(),
            false => self.enforce_security_group_inbound_rules_on_private_link_traffic.clone(),
        };
        let balancer = LoadBalancer {
            access_logs: logs(told, "access_logs", &self.access_logs),
            connection_logs: logs(told, "connection_logs", &self.connection_logs),
            customer_owned_ipv4_pool: it.customer_owned_ipv4_pool.clone(),
            enforce_security_group_inbound_rules_on_private_link_traffic: enforced,
            health_check_logs: logs(told, "health_check_logs", &self.health_check_logs),
            internal: Some(it.scheme == Some(LoadBalancerSchemeEnum::Internal)),
            ip_address_type: it.ip_address_type.as_ref().map(|it| it.as_str().to_string()),
            ipam_pools: One(pools.map(|ipv4_ipam_pool_id| IpamPools { ipv4_ipam_pool_id })),
            load_balancer_type: it
                .r#type
                .as_ref()
                .map_or("application", LoadBalancerTypeEnum::as_str)
                .into(),
            minimum_load_balancer_capacity: One(
                units.map(|capacity_units| Capacity { capacity_units })
            ),
            name: it.load_balancer_name.clone(),
            security_groups: it.security_groups().iter().cloned().collect(),
            subnet_mapping: zones.clone().filter_map(mapping).collect(),
            subnets: zones.filter_map(|zone| zone.subnet_id.clone()).collect(),
            tags_all: tags,
            arn_suffix: suffix(&arn, ":loadbalancer/"),
            arn: Some(arn.clone()),
            dns_name: it.dns_name.clone(),
            id: Some(arn),
            vpc_id: it.vpc_id.clone(),
            zone_id: it.canonical_hosted_zone_id.clone(),
            ..self
        };
        let told = attributes::told(&balancer, &balancer.load_balancer_type, ATTRIBUTES, told)?;
        Ok(LoadBalancer { state: state(it), ..told })
    }
}

/// Not an attribute in the API, but asked for with them.
const CAPACITY: &str = "minimum_load_balancer_capacity.capacity_units";

fn list(set: &BTreeSet<String>) -> Option<Vec<String>> {
    (!set.is_empty()).then(|| set.iter().cloned().collect())
}

impl LoadBalancer {
    async fn update_attributes(&self, aws: &Aws, was: &Self) -> Result {
        let changed = attributes::changed(self.attributes_wanted(), &was.attributes_wanted());
        if changed.is_empty() {
            return Ok(());
        }
        let changed = changed
            .iter()
            .map(|(key, value)| LoadBalancerAttribute::builder().key(key).value(value).build());
        let call = aws.elb.modify_load_balancer_attributes();
        let call = call.set_load_balancer_arn(was.id.clone());
        call.set_attributes(Some(changed.collect())).send().await?;
        Ok(())
    }

    async fn update_network(&self, aws: &Aws, was: &Self) -> Result {
        let arn = was.id.clone();
        let field = |it: &Self| {
            it.enforce_security_group_inbound_rules_on_private_link_traffic
                .clone()
                .filter(|_| it.load_balancer_type == "network")
        };
        let enforced = field(self).filter(|it| Some(it) != field(was).as_ref());
        let regrouped = self.security_groups != was.security_groups;
        if !self.security_groups.is_empty() && (regrouped || enforced.is_some()) {
            let call = aws.elb.set_security_groups().set_load_balancer_arn(arn.clone());
            let call = call.set_security_groups(list(&self.security_groups));
            let enforced = field(self).as_deref().map(OnPrivateLink::from);
            call.set_enforce_security_group_inbound_rules_on_private_link_traffic(enforced)
                .send()
                .await?;
        }
        let remapped = self.subnet_mapping != was.subnet_mapping;
        if remapped || self.subnets != was.subnets {
            let call = aws.elb.set_subnets().set_load_balancer_arn(arn.clone());
            let call = match remapped {
                true => call.set_subnet_mappings(self.mappings()),
                false => call.set_subnets(list(&self.subnets)),
            };
            call.send().await?;
        }
        let kind = self.ip_address_type.as_deref();
        if let Some(kind) = kind.filter(|it| Some(*it) != was.ip_address_type.as_deref()) {
            let call = aws.elb.set_ip_address_type().set_load_balancer_arn(arn);
            call.ip_address_type(IpAddressType::from(kind)).send().await?;
        }
        Ok(())
    }

    fn pools(&self) -> Option<types::IpamPools> {
        let it = self.ipam_pools.get()?;
        Some(types::IpamPools::builder().ipv4_ipam_pool_id(&it.ipv4_ipam_pool_id).build())
    }

    fn capacity(&self) -> Option<types::MinimumLoadBalancerCapacity> {
        let units = i32::try_from(self.minimum_load_balancer_capacity.get()?.capacity_units).ok();
        Some(types::MinimumLoadBalancerCapacity::builder().set_capacity_units(units).build())
    }

    fn mappings(&self) -> Option<Vec<types::SubnetMapping>> {
        let text = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
        let made = self.subnet_mapping.iter().map(|it| {
            types::SubnetMapping::builder()
                .subnet_id(&it.subnet_id)
                .set_allocation_id(text(&it.allocation_id))
                .set_ipv6_address(text(&it.ipv6_address))
                .set_private_ipv4_address(text(&it.private_ipv4_address))
                .build()
        });
        (!self.subnet_mapping.is_empty()).then(|| made.collect())
    }

    /// All attributes that the fields name; logs that are off have no bucket.
    fn attributes_wanted(&self) -> Attributes {
        let mut all = attributes::wanted(self, &self.load_balancer_type, ATTRIBUTES);
        let kinds = [
            ("access_logs", &self.access_logs),
            ("connection_logs", &self.connection_logs),
            ("health_check_logs", &self.health_check_logs),
        ];
        for (kind, logs) in kinds {
            let Some(logs) = logs.get() else { continue };
            all.insert(format!("{kind}.s3.enabled"), logs.enabled.to_string());
            if logs.enabled {
                all.insert(format!("{kind}.s3.bucket"), logs.bucket.clone());
                all.insert(format!("{kind}.s3.prefix"), logs.prefix.clone().unwrap_or_default());
            }
        }
        all
    }
}

/// Logs as they are; while they are off, bucket and prefix as they were written.
fn logs(told: &Attributes, kind: &str, was: &One<Logs>) -> One<Logs> {
    let text = |what: &str| told.get(&format!("{kind}.s3.{what}")).cloned();
    let enabled = text("enabled").is_some_and(|it| it == "true");
    let prefix = text("prefix").filter(|it| !it.is_empty());
    match was.get() {
        Some(was) if !enabled => One(Some(Logs { enabled: false, ..was.clone() })),
        None if text("enabled").is_none() => One(None),
        _ => One(Some(Logs { bucket: text("bucket").unwrap_or_default(), enabled, prefix })),
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
