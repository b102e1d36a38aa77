//! `aws_subnet`

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{self, SubnetCidrBlockStateCode};

use super::{DataSource, Filter, ec2_filter, ec2_filters, only, tag_filters};
use crate::aws::client::Aws;
use crate::aws::tags::{TagPolicy, Tags};
use crate::provider::Result;
use crate::schema;

schema! {
    /// One subnet, found by what the arguments say of it.
    pub struct Subnet {
        /// The ARN.
        #[read_only] arn: Option<String>,
        /// Whether interfaces get an IPv6 address.
        #[read_only] assign_ipv6_address_on_creation: Option<bool>,
        /// The availability zone.
        #[computed] availability_zone: Option<String>,
        /// The id of the availability zone, which is the same in all accounts.
        #[computed] availability_zone_id: Option<String>,
        /// How many addresses are left.
        #[read_only] available_ip_address_count: Option<i64>,
        /// The range of addresses.
        #[computed] cidr_block: Option<String>,
        /// The pool of addresses of the customer.
        #[read_only] customer_owned_ipv4_pool: Option<String>,
        /// Whether it is the default subnet of its zone.
        #[computed] default_for_az: Option<bool>,
        /// Whether IPv4 addresses are made IPv6 addresses in names.
        #[read_only] enable_dns64: Option<bool>,
        /// The position of the interface to the local network.
        #[read_only] enable_lni_at_device_index: Option<i64>,
        /// Whether instances get A records of their names.
        #[read_only] enable_resource_name_dns_a_record_on_launch: Option<bool>,
        /// Whether instances get AAAA records of their names.
        #[read_only] enable_resource_name_dns_aaaa_record_on_launch: Option<bool>,
        /// Conditions, as of `DescribeSubnets`.
        filter: BTreeSet<Filter>,
        /// The id.
        #[computed] id: Option<String>,
        /// The IPv6 range of addresses.
        #[computed] ipv6_cidr_block: Option<String>,
        /// The id of the association with the IPv6 range.
        #[read_only] ipv6_cidr_block_association_id: Option<String>,
        /// Whether it has IPv6 addresses only.
        #[read_only] ipv6_native: Option<bool>,
        /// Whether interfaces get addresses of the customer.
        #[read_only] map_customer_owned_ip_on_launch: Option<bool>,
        /// Whether instances get public addresses.
        #[read_only] map_public_ip_on_launch: Option<bool>,
        /// The ARN of the Outpost.
        #[read_only] outpost_arn: Option<String>,
        /// The account that owns it.
        #[read_only] owner_id: Option<String>,
        /// The kind of names that instances get.
        #[read_only] private_dns_hostname_type_on_launch: Option<String>,
        /// The state: `pending` or `available`.
        #[computed] state: Option<String>,
        /// The tags; those given must be among them.
        #[computed] tags: Tags,
        /// The VPC.
        #[computed] vpc_id: Option<String>,
    }
}

impl DataSource for Subnet {
    const TYPE: &'static str = "aws_subnet";

    async fn read(self, aws: &Aws, tags: &TagPolicy) -> Result<Self> {
        let call = aws.ec2.describe_subnets().set_subnet_ids(self.id.clone().map(|id| vec![id]));
        let filters = self.filters();
        let call = call.set_filters((!filters.is_empty()).then_some(filters));
        let pages = call.into_paginator().items().send();
        let found = pages.collect::<std::result::Result<Vec<_>, _>>().await?;
        Ok(self.with(only(found, "subnet")?, tags))
    }
}

impl Subnet {
    fn filters(&self) -> Vec<types::Filter> {
        let given = [
            ("availability-zone", self.availability_zone.clone()),
            ("availability-zone-id", self.availability_zone_id.clone()),
            ("cidr-block", self.cidr_block.clone()),
            ("default-for-az", self.default_for_az.map(|it| it.to_string())),
            ("ipv6-cidr-block-association.ipv6-cidr-block", self.ipv6_cidr_block.clone()),
            ("state", self.state.clone()),
            ("vpc-id", self.vpc_id.clone()),
        ];
        let given = given.into_iter().filter_map(|(name, it)| Some(ec2_filter(name, [it?])));
        given.chain(tag_filters(&self.tags)).chain(ec2_filters(&self.filter)).collect()
    }

    fn with(self, found: types::Subnet, policy: &TagPolicy) -> Subnet {
        let names = found.private_dns_name_options_on_launch.as_ref();
        let associated = found.ipv6_cidr_block_association_set().iter().find(|it| {
            let state = it.ipv6_cidr_block_state.as_ref().and_then(|it| it.state.as_ref());
            state == Some(&SubnetCidrBlockStateCode::Associated)
        });
        let tags = found.tags().iter().filter_map(|it| Some((it.key.clone()?, it.value.clone()?)));
        Subnet {
            assign_ipv6_address_on_creation: found.assign_ipv6_address_on_creation,
            available_ip_address_count: found.available_ip_address_count.map(i64::from),
            default_for_az: found.default_for_az,
            enable_dns64: found.enable_dns64,
            enable_lni_at_device_index: found.enable_lni_at_device_index.map(i64::from),
            enable_resource_name_dns_a_record_on_launch: names
                .and_then(|it| it.enable_resource_name_dns_a_record),
            enable_resource_name_dns_aaaa_record_on_launch: names
                .and_then(|it| it.enable_resource_name_dns_aaaa_record),
            ipv6_cidr_block: associated.and_then(|it| it.ipv6_cidr_block.clone()),
            ipv6_cidr_block_association_id: associated.and_then(|it| it.association_id.clone()),
            ipv6_native: found.ipv6_native,
            map_customer_owned_ip_on_launch: found.map_customer_owned_ip_on_launch,
            map_public_ip_on_launch: found.map_public_ip_on_launch,
            private_dns_hostname_type_on_launch: names
                .and_then(|it| it.hostname_type.as_ref())
                .map(|it| it.as_str().to_string()),
            state: found.state.as_ref().map(|it| it.as_str().to_string()),
            tags: policy.visible(tags),
            arn: found.subnet_arn,
            availability_zone: found.availability_zone,
            availability_zone_id: found.availability_zone_id,
            cidr_block: found.cidr_block,
            customer_owned_ipv4_pool: found.customer_owned_ipv4_pool,
            id: found.subnet_id,
            outpost_arn: found.outpost_arn,
            owner_id: found.owner_id,
            vpc_id: found.vpc_id,
            ..self
        }
    }
}
