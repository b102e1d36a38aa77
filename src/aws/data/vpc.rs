//! `aws_vpc`

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{self, VpcAttributeName, VpcCidrBlockStateCode};

use super::{DataSource, Filter, ec2_filter, ec2_filters, only, tag_filters};
use crate::aws::client::Aws;
use crate::aws::tags::{TagPolicy, Tags};
use crate::provider::Result;
use crate::schema;

schema! {
    /// One VPC, found by what the arguments say of it.
    pub struct Vpc {
        /// The ARN.
        #[read_only] arn: Option<String>,
        /// The range of addresses.
        #[computed] cidr_block: Option<String>,
        /// All ranges of addresses.
        #[read_only] #[attribute] cidr_block_associations: Vec<CidrBlockAssociation>,
        /// Whether it is the default VPC of the region.
        #[computed] default: Option<bool>,
        /// The id of the DHCP options.
        #[computed] dhcp_options_id: Option<String>,
        /// Whether instances get public names.
        #[read_only] enable_dns_hostnames: Option<bool>,
        /// Whether names are resolved.
        #[read_only] enable_dns_support: Option<bool>,
        /// Whether the use of addresses is measured.
        #[read_only] enable_network_address_usage_metrics: Option<bool>,
        /// Conditions, as of `DescribeVpcs`.
        filter: BTreeSet<Filter>,
        /// The id.
        #[computed] id: Option<String>,
        /// Whether instances share hardware.
        #[read_only] instance_tenancy: Option<String>,
        /// The id of the association with the IPv6 range.
        #[read_only] ipv6_association_id: Option<String>,
        /// The IPv6 range of addresses.
        #[read_only] ipv6_cidr_block: Option<String>,
        /// The id of the main route table.
        #[read_only] main_route_table_id: Option<String>,
        /// The account that owns it.
        #[read_only] owner_id: Option<String>,
        /// The state: `pending` or `available`.
        #[computed] state: Option<String>,
        /// The tags; those given must be among them.
        #[computed] tags: Tags,
    }

    /// A range of addresses.
    pub struct CidrBlockAssociation {
        /// The id of the association.
        #[read_only] association_id: Option<String>,
        /// The range.
        #[read_only] cidr_block: Option<String>,
        /// The state.
        #[read_only] state: Option<String>,
    }
}

impl DataSource for Vpc {
    const TYPE: &'static str = "aws_vpc";

    async fn read(self, aws: &Aws, tags: &TagPolicy) -> Result<Self> {
        let call = aws.ec2.describe_vpcs().set_vpc_ids(self.id.clone().map(|id| vec![id]));
        let filters = self.filters();
        let filters = (!filters.is_empty()).then_some(filters);
        let pages = call.set_filters(filters).into_paginator().items().send();
        let found = only(pages.collect::<std::result::Result<Vec<_>, _>>().await?, "VPC")?;
        let id = found.vpc_id.clone().unwrap_or_default();
        let (hostnames, support, metrics, main) = futures::try_join!(
            attribute(aws, &id, VpcAttributeName::EnableDnsHostnames),
            attribute(aws, &id, VpcAttributeName::EnableDnsSupport),
            attribute(aws, &id, VpcAttributeName::EnableNetworkAddressUsageMetrics),
            main_route_table(aws, &id),
        )?;
        let arn = format!(
            "arn:{}:ec2:{}:{}:vpc/{id}",
            aws.partition(),
            aws.region,
            found.owner_id.as_deref().unwrap_or_default()
        );
        Ok(Vpc {
            arn: Some(arn),
            enable_dns_hostnames: hostnames,
            enable_dns_support: support,
            enable_network_address_usage_metrics: metrics,
            main_route_table_id: main,
            ..self.with(found, tags)
        })
    }
}

impl Vpc {
    fn filters(&self) -> Vec<types::Filter> {
        let flag = |it: Option<bool>| it.map(|it| it.to_string());
        let given = [
            ("cidr", self.cidr_block.clone()),
            ("dhcp-options-id", self.dhcp_options_id.clone()),
            ("isDefault", flag(self.default)),
            ("state", self.state.clone()),
        ];
        let given = given.into_iter().filter_map(|(name, it)| Some(ec2_filter(name, [it?])));
        given.chain(tag_filters(&self.tags)).chain(ec2_filters(&self.filter)).collect()
    }

    fn with(self, found: types::Vpc, policy: &TagPolicy) -> Vpc {
        let associated = found.ipv6_cidr_block_association_set.unwrap_or_default();
        let ipv6 = associated.into_iter().find(|it| {
            let state = it.ipv6_cidr_block_state.as_ref().and_then(|it| it.state.as_ref());
            state == Some(&VpcCidrBlockStateCode::Associated)
        });
        let blocks = found.cidr_block_association_set.unwrap_or_default();
        let tags = found.tags.unwrap_or_default().into_iter();
        Vpc {
            cidr_block: found.cidr_block,
            cidr_block_associations: blocks.into_iter().map(association).collect(),
            default: found.is_default,
            dhcp_options_id: found.dhcp_options_id,
            id: found.vpc_id,
            instance_tenancy: found.instance_tenancy.map(|it| it.as_str().to_string()),
            ipv6_association_id: ipv6.as_ref().and_then(|it| it.association_id.clone()),
            ipv6_cidr_block: ipv6.and_then(|it| it.ipv6_cidr_block),
            owner_id: found.owner_id,
            state: found.state.map(|it| it.as_str().to_string()),
            tags: policy.visible(tags.filter_map(|it| Some((it.key?, it.value?)))),
            ..self
        }
    }
}

fn association(found: types::VpcCidrBlockAssociation) -> CidrBlockAssociation {
    let state = found.cidr_block_state.and_then(|it| it.state);
    CidrBlockAssociation {
        association_id: found.association_id,
        cidr_block: found.cidr_block,
        state: state.map(|it| it.as_str().to_string()),
    }
}

async fn attribute(aws: &Aws, id: &str, name: VpcAttributeName) -> Result<Option<bool>> {
    let call = aws.ec2.describe_vpc_attribute().vpc_id(id).attribute(name.clone());
    let answer = call.send().await?;
    let told = match name {
        VpcAttributeName::EnableDnsHostnames => answer.enable_dns_hostnames,
        VpcAttributeName::EnableDnsSupport => answer.enable_dns_support,
        _ => answer.enable_network_address_usage_metrics,
    };
    Ok(told.and_then(|it| it.value))
}

async fn main_route_table(aws: &Aws, id: &str) -> Result<Option<String>> {
    let filters = vec![
        ec2_filter("association.main", ["true".to_string()]),
        ec2_filter("vpc-id", [id.to_string()]),
    ];
    let answer = aws.ec2.describe_route_tables().set_filters(Some(filters)).send().await?;
    Ok(answer.route_tables.unwrap_or_default().into_iter().next().and_then(|it| it.route_table_id))
}
