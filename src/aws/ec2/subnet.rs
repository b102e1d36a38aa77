//! `aws_subnet`

mod attributes;

use aws_sdk_ec2::types::{self, ResourceType, SubnetCidrBlockStateCode, SubnetState};

use super::vpc::nibble;
use super::{
    MOST_VALUES, PAGE, arn, carries, filter, given, ids, made_by, sent, tag_specs, tags, text,
};
use crate::aws::client::Aws;
use crate::aws::resource::{Proposal, Resource, align, gone_is_fine, missing};
use crate::aws::tags::{Tagging, Tags};
use crate::provider::{Phase, Result, Status, Step};
use crate::schema;
use crate::schema::Check;
use crate::value::{Path, Value};

schema! {
    /// A range of addresses of a VPC in one availability zone.
    #[version = 1]
    pub struct Subnet {
        /// VPC of the subnet.
        #[force_new] vpc_id: String,
        /// IPv4 range.
        #[computed] #[force_new] #[check(Check::Cidr)] cidr_block: Option<String>,
        /// Availability zone, such as `eu-west-1a`.
        #[computed] #[force_new] #[conflicts_with(&["availability_zone_id"])]
        availability_zone: Option<String>,
        /// Availability zone by its id, which means the same in all accounts.
        #[computed] #[force_new] #[conflicts_with(&["availability_zone"])]
        availability_zone_id: Option<String>,
        /// Whether instances get a public IPv4 address.
        #[default(false)] map_public_ip_on_launch: bool,
        /// IPv6 range, a `/64`.
        #[computed] #[check(Check::Cidr)] ipv6_cidr_block: Option<String>,
        /// Whether the subnet has IPv6 addresses only.
        #[default(false)] #[force_new] ipv6_native: bool,
        /// Whether network interfaces get an IPv6 address.
        #[default(false)] assign_ipv6_address_on_creation: bool,
        /// Whether DNS queries are answered with synthetic IPv6 addresses for IPv4-only targets.
        #[default(false)] enable_dns64: bool,
        /// Position of the network interfaces that are local network interfaces (Outposts).
        #[check(Check::Between(1, 1000))] enable_lni_at_device_index: Option<i64>,
        /// Whether names made of the instance id resolve to IPv6 addresses.
        #[default(false)] enable_resource_name_dns_aaaa_record_on_launch: bool,
        /// Whether names made of the instance id resolve to IPv4 addresses.
        #[default(false)] enable_resource_name_dns_a_record_on_launch: bool,
        /// What instance names are made of.
        #[computed] #[one_of(&["ip-name", "resource-name"])]
        private_dns_hostname_type_on_launch: Option<String>,
        /// Customer-owned address pool of an Outpost.
        #[required_with(&["map_customer_owned_ip_on_launch", "outpost_arn"])]
        customer_owned_ipv4_pool: Option<String>,
        /// Whether network interfaces get a customer-owned address.
        #[required_with(&["customer_owned_ipv4_pool", "outpost_arn"])]
        map_customer_owned_ip_on_launch: Option<bool>,
        /// Outpost of the subnet.
        #[force_new] #[check(Check::Arn)] outpost_arn: Option<String>,
        /// IPAM pool that gives the IPv4 range.
        #[force_new] #[conflicts_with(&["customer_owned_ipv4_pool"])]
        ipv4_ipam_pool_id: Option<String>,
        /// Prefix length of the IPv4 range that the IPAM pool gives.
        #[force_new] #[check(Check::Between(16, 28))] #[required_with(&["ipv4_ipam_pool_id"])]
        #[conflicts_with(&["cidr_block", "customer_owned_ipv4_pool"])]
        ipv4_netmask_length: Option<i64>,
        /// IPAM pool that gives the IPv6 range.
        #[force_new] ipv6_ipam_pool_id: Option<String>,
        /// Prefix length of the IPv6 range that the IPAM pool gives.
        #[force_new] #[check(Check::Custom(nibble))] #[required_with(&["ipv6_ipam_pool_id"])]
        #[conflicts_with(&["ipv6_cidr_block"])] ipv6_netmask_length: Option<i64>,
        /// Tags of the subnet.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// ARN of the subnet.
        #[read_only] arn: Option<String>,
        /// Association of the IPv6 range.
        #[read_only] ipv6_cidr_block_association_id: Option<String>,
        /// Account that owns the subnet.
        #[read_only] owner_id: Option<String>,
        /// Id of the subnet.
        #[read_only] id: Option<String>,
        #[hidden] waiting: Option<String>,
    }
}

impl Resource for Subnet {
    const TYPE: &'static str = "aws_subnet";
    const BATCH: usize = MOST_VALUES;
    const TAGGING: Option<Tagging> = Some(Tagging::Ec2);
    const TIMEOUTS: &'static [(Phase, u64)] = &[(Phase::Create, 10), (Phase::Delete, 20)];
    const IMPORT: &'static str = "SUBNET-ID";

    async fn create(&self, aws: &Aws, _step: &Step) -> Result<String> {
        let length = |netmask: Option<i64>| netmask.and_then(|it| i32::try_from(it).ok());
        let call = aws
            .ec2
            .create_subnet()
            .vpc_id(&self.vpc_id)
            .set_availability_zone(sent(&self.availability_zone))
            .set_availability_zone_id(sent(&self.availability_zone_id))
            .set_cidr_block(sent(&self.cidr_block))
            .set_ipv4_ipam_pool_id(sent(&self.ipv4_ipam_pool_id))
            .set_ipv4_netmask_length(length(self.ipv4_netmask_length))
            .set_ipv6_cidr_block(sent(&self.ipv6_cidr_block))
            .set_ipv6_ipam_pool_id(sent(&self.ipv6_ipam_pool_id))
            .set_ipv6_native(self.ipv6_native.then_some(true))
            .set_ipv6_netmask_length(length(self.ipv6_netmask_length))
            .set_outpost_arn(sent(&self.outpost_arn))
            .set_tag_specifications(tag_specs(ResourceType::Subnet, &self.tags_all));
        call.send().await?.subnet.and_then(|it| it.subnet_id).ok_or_else(|| missing("subnetId"))
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        let told = aws.ec2.describe_subnets().filters(made_by(token)).send().await?;
        let mut found = told.subnets.unwrap_or_default().into_iter();
        Ok(found.find(|it| carries(it.tags.as_deref(), token)).and_then(|it| it.subnet_id))
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let known = filter("subnet-id", ids(&objects, |it| it.id.as_deref()));
        let call = aws.ec2.describe_subnets().filters(known);
        let pages = call.into_paginator().page_size(PAGE).items();
        let found: Vec<types::Subnet> = pages.send().collect::<std::result::Result<_, _>>().await?;
        let account = &aws.account().await?.id;
        let merge = |prior: Self, it: &types::Subnet| Some(prior.merged(aws, account, it));
        Ok(align(objects, &found, |one| one.id.clone(), |it| it.subnet_id.clone(), merge))
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        attributes::update(self, aws, was).await
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let call = aws.ec2.delete_subnet().set_subnet_id(self.id.clone());
        gone_is_fine(call.send().await, &["InvalidSubnetID.NotFound"])
    }

    fn status(&self) -> Status {
        self.waiting.clone().map_or(Status::Ready, Status::Pending)
    }

    /// A configured IPv6 range that is taken away is given back, unless IPAM or an IPv6-only subnet
    /// decides it; and it cannot be exchanged while interfaces get addresses out of it.
    fn plan(proposal: &mut Proposal<'_>) -> Result {
        let Some(prior) = proposal.prior else { return Ok(()) };
        let before = prior.get("ipv6_cidr_block").as_str().unwrap_or_default().to_string();
        let configured = proposal.configuration.get("ipv6_cidr_block");
        if configured.is_null() {
            let pool = proposal.value.get("ipv6_ipam_pool_id");
            let decided = !pool.is_null() && pool.as_str() != Some("")
                || proposal.value.get("ipv6_native").as_bool() == Some(true);
            if !before.is_empty() && !decided {
                proposal.set("ipv6_cidr_block", Value::string(""));
                proposal.set("ipv6_cidr_block_association_id", Value::string(""));
            }
        } else if proposal.changes("ipv6_cidr_block") {
            proposal.set("ipv6_cidr_block_association_id", crate::aws::resource::unknown_string());
            if prior.get("assign_ipv6_address_on_creation").as_bool() == Some(true) {
                proposal.replace_because("ipv6_cidr_block");
            }
        }
        Ok(())
    }

    fn validate(configuration: &Value) -> Vec<(Path, String)> {
        let null = |name: &str| configuration.get(name).is_null();
        let native = configuration.get("ipv6_native");
        let without = native.is_known() && native.as_bool() != Some(true);
        let why = "A subnet needs an IPv4 range, unless it has IPv6 addresses only.";
        let wrong = null("cidr_block") && null("ipv4_ipam_pool_id") && without;
        wrong.then(|| (Path::attribute("cidr_block"), why.to_string())).into_iter().collect()
    }
}

impl Subnet {
    fn merged(self, aws: &Aws, account: &str, it: &types::Subnet) -> Self {
        let names = it.private_dns_name_options_on_launch.as_ref();
        let hostname = names.and_then(|it| it.hostname_type.as_ref()).map(|it| it.as_str());
        let owner = it.owner_id.as_deref().unwrap_or(account);
        let id = it.subnet_id.as_deref().unwrap_or_default();
        let told_arn = it.subnet_arn.clone();
        let now = Subnet {
            vpc_id: it.vpc_id.clone().unwrap_or_default(),
            cidr_block: text(it.cidr_block.as_deref()),
            availability_zone: it.availability_zone.clone(),
            availability_zone_id: it.availability_zone_id.clone(),
            map_public_ip_on_launch: it.map_public_ip_on_launch.unwrap_or_default(),
            ipv6_native: it.ipv6_native.unwrap_or_default(),
            assign_ipv6_address_on_creation: it.assign_ipv6_address_on_creation.unwrap_or_default(),
            enable_dns64: it.enable_dns64.unwrap_or_default(),
            enable_lni_at_device_index: Some(it.enable_lni_at_device_index.unwrap_or(0).into()),
            enable_resource_name_dns_aaaa_record_on_launch: names
                .and_then(|it| it.enable_resource_name_dns_aaaa_record)
                .unwrap_or_default(),
            enable_resource_name_dns_a_record_on_launch: names
                .and_then(|it| it.enable_resource_name_dns_a_record)
                .unwrap_or_default(),
            private_dns_hostname_type_on_launch: text(hostname),
            customer_owned_ipv4_pool: text(it.customer_owned_ipv4_pool.as_deref()),
            map_customer_owned_ip_on_launch: Some(
                it.map_customer_owned_ip_on_launch.unwrap_or_default(),
            ),
            outpost_arn: text(it.outpost_arn.as_deref()),
            tags_all: tags(it.tags.as_deref()),
            arn: told_arn.or_else(|| arn(aws, owner, &format!("subnet/{id}"))),
            owner_id: Some(owner.to_string()),
            ..self
        };
        now.with_ipv6(it)
    }

    /// A subnet has at most one IPv6 range.
    fn with_ipv6(self, it: &types::Subnet) -> Self {
        let in_state = |state: SubnetCidrBlockStateCode| {
            it.ipv6_cidr_block_association_set().iter().find(move |it| {
                it.ipv6_cidr_block_state.as_ref().and_then(|it| it.state.as_ref()) == Some(&state)
            })
        };
        let range = in_state(SubnetCidrBlockStateCode::Associated);
        let associating = in_state(SubnetCidrBlockStateCode::Associating).is_some();
        let waiting = match it.state {
            Some(SubnetState::Pending) => Some("the subnet to become available".to_string()),
            _ => associating.then(|| "the IPv6 range to be associated".to_string()),
        };
        Subnet {
            ipv6_cidr_block: text(range.and_then(|it| it.ipv6_cidr_block.as_deref())),
            ipv6_cidr_block_association_id: text(range.and_then(|it| it.association_id.as_deref())),
            waiting,
            ..self
        }
    }

    /// Whether the IPv6 range is not for the configuration to decide.
    fn range_is_decided(&self) -> bool {
        self.ipv6_native || given(&self.ipv6_ipam_pool_id).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::{Proposal, Resource as _, Subnet, Value};
    use crate::schema::FieldType as _;

    fn planned(prior: &Subnet, configured: Value) -> (Value, usize) {
        let prior = prior.encode();
        let value = match configured.is_null() {
            true => prior.clone(),
            false => prior.clone().with("ipv6_cidr_block", configured.clone()),
        };
        let configuration = Value::object([("ipv6_cidr_block", configured)]);
        let mut proposal = Proposal {
            prior: Some(&prior),
            configuration: &configuration,
            value,
            replace: Vec::new(),
        };
        Subnet::plan(&mut proposal).unwrap();
        (proposal.value.get("ipv6_cidr_block"), proposal.replace.len())
    }

    #[test]
    fn an_ipv6_range_is_given_back_when_it_is_no_longer_configured() {
        let range = Some("2001:db8::/64".to_string());
        let subnet = Subnet { ipv6_cidr_block: range.clone(), ..Subnet::blank() };
        assert_eq!(planned(&subnet, Value::NULL), (Value::string(""), 0));
        let native = Subnet { ipv6_native: true, ..subnet.clone() };
        assert_eq!(planned(&native, Value::NULL), (range.encode(), 0));
    }

    #[test]
    fn a_range_in_use_is_not_exchanged() {
        let range = Some("2001:db8::/64".to_string());
        let subnet = Subnet { ipv6_cidr_block: range, ..Subnet::blank() };
        let other = || Value::string("2001:db8:0:1::/64");
        assert_eq!(planned(&subnet, other()).1, 0);
        let assigns = Subnet { assign_ipv6_address_on_creation: true, ..subnet };
        assert_eq!(planned(&assigns, other()).1, 1);
    }
}
