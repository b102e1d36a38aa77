//! Reads VPCs: one call for all of them, three for what AWS makes with each, and three for the
//! attributes of each, which AWS tells only one at a time.

use aws_sdk_ec2::types::{self, VpcAttributeName, VpcCidrBlockStateCode, VpcState};
use futures::future::try_join_all;

use super::Vpc;
use crate::aws::client::Aws;
use crate::aws::ec2::{PAGE, arn, filter, given, ids, tags, text};
use crate::aws::resource::align;
use crate::provider::{ErrorKind, Result};

/// The pool of ranges that AWS generates.
const AMAZON_POOL: &str = "Amazon";
/// The pool named for all ranges of IPAM pools.
const IPAM_POOL: &str = "IPAM Managed";

/// All that is asked of AWS about one VPC.
struct Found {
    vpc: types::Vpc,
    attributes: [Option<bool>; 3],
}

/// What AWS makes with each VPC: pairs of the VPC and the id.
struct Made {
    acls: Vec<(String, String)>,
    tables: Vec<(String, String)>,
    groups: Vec<(String, String)>,
}

/// Reads VPCs.
pub(super) async fn read(aws: &Aws, objects: Vec<Vpc>) -> Result<Vec<Option<Vpc>>> {
    let known = filter("vpc-id", ids(&objects, |it| it.id.as_deref()));
    let pages = aws.ec2.describe_vpcs().filters(known).into_paginator().page_size(PAGE).items();
    let vpcs: Vec<types::Vpc> = pages.send().collect::<std::result::Result<_, _>>().await?;
    let found = try_join_all(vpcs.into_iter().map(|vpc| attributes(aws, vpc))).await?;
    let found: Vec<Found> = found.into_iter().flatten().collect();
    if found.is_empty() {
        return Ok(objects.iter().map(|_| None).collect());
    }
    let names: Vec<String> = found.iter().filter_map(|it| it.vpc.vpc_id.clone()).collect();
    let (acls, tables, groups) =
        futures::try_join!(acls(aws, &names), tables(aws, &names), groups(aws, &names))?;
    let made = Made { acls, tables, groups };
    let account = &aws.account().await?.id;
    let merge = |prior: Vpc, it: &Found| Some(prior.merged(it, &made).named(aws, account));
    Ok(align(objects, &found, |one| one.id.clone(), |it| it.vpc.vpc_id.clone(), merge))
}

/// The attributes of a VPC, or nothing when it has just gone.
async fn attributes(aws: &Aws, vpc: types::Vpc) -> Result<Option<Found>> {
    let id = vpc.vpc_id.clone().unwrap_or_default();
    let told = futures::try_join!(
        attribute(aws, &id, VpcAttributeName::EnableDnsSupport),
        attribute(aws, &id, VpcAttributeName::EnableDnsHostnames),
        attribute(aws, &id, VpcAttributeName::EnableNetworkAddressUsageMetrics),
    );
    match told {
        Ok((support, hostnames, metrics)) => {
            Ok(Some(Found { vpc, attributes: [support, hostnames, metrics] }))
        }
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

async fn attribute(aws: &Aws, id: &str, name: VpcAttributeName) -> Result<Option<bool>> {
    let call = aws.ec2.describe_vpc_attribute().vpc_id(id).attribute(name.clone());
    let told = call.send().await?;
    let value = match name {
        VpcAttributeName::EnableDnsSupport => told.enable_dns_support,
        VpcAttributeName::EnableDnsHostnames => told.enable_dns_hostnames,
        _ => told.enable_network_address_usage_metrics,
    };
    Ok(value.and_then(|it| it.value))
}

async fn acls(aws: &Aws, vpcs: &[String]) -> Result<Vec<(String, String)>> {
    let call = aws.ec2.describe_network_acls().filters(filter("vpc-id", vpcs));
    let pages = call.filters(filter("default", ["true"])).into_paginator().page_size(PAGE).items();
    let found: Vec<types::NetworkAcl> = pages.send().collect::<std::result::Result<_, _>>().await?;
    let ours = found.into_iter().filter(|it| it.is_default == Some(true));
    Ok(ours.filter_map(|it| Some((it.vpc_id?, it.network_acl_id?))).collect())
}

async fn tables(aws: &Aws, vpcs: &[String]) -> Result<Vec<(String, String)>> {
    let call = aws.ec2.describe_route_tables().filters(filter("vpc-id", vpcs));
    let call = call.filters(filter("association.main", ["true"]));
    let pages = call.into_paginator().page_size(100).items();
    let found: Vec<types::RouteTable> = pages.send().collect::<std::result::Result<_, _>>().await?;
    let main = |it: &types::RouteTable| it.associations().iter().any(|it| it.main == Some(true));
    let ours = found.into_iter().filter(main);
    Ok(ours.filter_map(|it| Some((it.vpc_id?, it.route_table_id?))).collect())
}

async fn groups(aws: &Aws, vpcs: &[String]) -> Result<Vec<(String, String)>> {
    let call = aws.ec2.describe_security_groups().filters(filter("vpc-id", vpcs));
    let call = call.filters(filter("group-name", ["default"]));
    let pages = call.into_paginator().page_size(PAGE).items();
    let found: Vec<types::SecurityGroup> =
        pages.send().collect::<std::result::Result<_, _>>().await?;
    let ours = found.into_iter().filter(|it| it.group_name.as_deref() == Some("default"));
    Ok(ours.filter_map(|it| Some((it.vpc_id?, it.group_id?))).collect())
}

fn of(made: &[(String, String)], vpc: Option<&str>) -> Option<String> {
    made.iter().find(|(it, _)| Some(it.as_str()) == vpc).map(|(_, id)| id.clone())
}

impl Vpc {
    fn merged(self, found: &Found, made: &Made) -> Vpc {
        let it = &found.vpc;
        let [support, hostnames, metrics] = found.attributes;
        let id = it.vpc_id.as_deref();
        let main = of(&made.tables, id);
        let now = Vpc {
            cidr_block: it.cidr_block.clone(),
            instance_tenancy: it
                .instance_tenancy
                .as_ref()
                .map_or("default", |it| it.as_str())
                .into(),
            enable_dns_support: support.unwrap_or(true),
            enable_dns_hostnames: Some(hostnames.unwrap_or_default()),
            enable_network_address_usage_metrics: Some(metrics.unwrap_or_default()),
            tags_all: tags(it.tags.as_deref()),
            default_network_acl_id: of(&made.acls, id),
            default_route_table_id: main.clone(),
            default_security_group_id: of(&made.groups, id),
            dhcp_options_id: it.dhcp_options_id.clone(),
            main_route_table_id: main,
            owner_id: it.owner_id.clone(),
            waiting: waiting(it),
            ..self
        };
        now.with_ipv6(it)
    }

    /// The range known by its association, or else any that is associated.
    fn with_ipv6(self, vpc: &types::Vpc) -> Vpc {
        let known = given(&self.ipv6_association_id).map(str::to_string);
        let ours = |it: &&types::VpcIpv6CidrBlockAssociation| it.association_id == known;
        let mut live = vpc.ipv6_cidr_block_association_set().iter().filter(associated);
        let it = live.clone().find(ours).or_else(|| live.next_back());
        let pool = it.and_then(|it| it.ipv6_pool.as_deref());
        let netmask = self.ipv6_netmask_length.filter(|_| it.is_some());
        Vpc {
            assign_generated_ipv6_cidr_block: Some(pool == Some(AMAZON_POOL)),
            ipv6_association_id: text(it.and_then(|it| it.association_id.as_deref())),
            ipv6_cidr_block: text(it.and_then(|it| it.ipv6_cidr_block.as_deref())),
            ipv6_cidr_block_network_border_group: text(
                it.and_then(|it| it.network_border_group.as_deref()),
            ),
            ipv6_ipam_pool_id: match pool {
                Some(IPAM_POOL) => self.ipv6_ipam_pool_id.clone(),
                other => text(other.filter(|it| *it != AMAZON_POOL)),
            },
            ipv6_netmask_length: Some(netmask.unwrap_or_default()),
            ..self
        }
    }

    /// With what only the account tells.
    fn named(self, aws: &Aws, account: &str) -> Vpc {
        let owner = self.owner_id.clone().unwrap_or_else(|| account.to_string());
        let id = self.id.as_deref().unwrap_or_default();
        Vpc { arn: arn(aws, &owner, &format!("vpc/{id}")), owner_id: Some(owner), ..self }
    }
}

fn state(it: &types::VpcIpv6CidrBlockAssociation) -> Option<&VpcCidrBlockStateCode> {
    it.ipv6_cidr_block_state.as_ref()?.state.as_ref()
}

fn associated(it: &&types::VpcIpv6CidrBlockAssociation) -> bool {
    state(it) == Some(&VpcCidrBlockStateCode::Associated)
}

/// What a VPC still waits for.
fn waiting(vpc: &types::Vpc) -> Option<String> {
    let associating = |it: &types::VpcIpv6CidrBlockAssociation| {
        state(it) == Some(&VpcCidrBlockStateCode::Associating)
    };
    if vpc.state == Some(VpcState::Pending) {
        return Some("the VPC to become available".to_string());
    }
    let any = vpc.ipv6_cidr_block_association_set().iter().any(associating);
    any.then(|| "the IPv6 range to be associated".to_string())
}
