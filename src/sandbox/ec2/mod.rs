//! EC2 networking: VPCs, subnets, gateways, addresses, routes and security groups.
//!
//! Refuses what AWS refuses: overlapping ranges, deletes of what is in use, duplicate rules.

pub mod describe;
pub mod gateway;
pub mod kinds;
pub mod nat;
pub mod network;
pub mod range;
pub mod route;
pub mod rule;
pub mod security;
pub mod tags;
pub mod zones;

use super::fault::Fault;
use super::scope::{Answer, Scope};

use self::kinds::{KINDS, Kind};
pub use self::network::DEFAULT;
pub use self::route::is_main;
use self::zones::zones;

/// Answers an EC2 call.
pub fn answer(scope: &mut Scope<'_>, operation: &str) -> Answer {
    network::ensure_defaults(scope);
    if let Some(kind) = KINDS.iter().find(|kind| kind.describe == operation) {
        return describe::describe(scope, kind);
    }
    let handler = match operation {
        "CreateVpc" => network::create_vpc,
        "DeleteVpc" => network::delete_vpc,
        "DescribeVpcAttribute" => network::describe_vpc_attribute,
        "ModifyVpcAttribute" => network::modify_vpc_attribute,
        "ModifyVpcTenancy" => network::modify_vpc_tenancy,
        "AssociateVpcCidrBlock" => range::associate_vpc,
        "DisassociateVpcCidrBlock" => range::disassociate_vpc,
        "AssociateSubnetCidrBlock" => range::associate_subnet,
        "DisassociateSubnetCidrBlock" => range::disassociate_subnet,
        "CreateSubnet" => network::create_subnet,
        "DeleteSubnet" => network::delete_subnet,
        "ModifySubnetAttribute" => network::modify_subnet_attribute,
        "CreateInternetGateway" => gateway::create_internet_gateway,
        "DeleteInternetGateway" => gateway::delete_internet_gateway,
        "AttachInternetGateway" => gateway::attach,
        "DetachInternetGateway" => gateway::detach,
        "AllocateAddress" => gateway::allocate_address,
        "ReleaseAddress" => gateway::release_address,
        "DisassociateAddress" => gateway::disassociate_address,
        "DescribeAddressesAttribute" => gateway::describe_addresses_attribute,
        "CreateNatGateway" => nat::create,
        "DeleteNatGateway" => nat::delete,
        "AssociateNatGatewayAddress" => nat::associate,
        "DisassociateNatGatewayAddress" => nat::disassociate,
        "AssignPrivateNatGatewayAddress" => nat::assign,
        "UnassignPrivateNatGatewayAddress" => nat::unassign,
        "CreateRouteTable" => route::create_table,
        "DeleteRouteTable" => route::delete_table,
        "CreateRoute" => route::create,
        "ReplaceRoute" => route::replace,
        "DeleteRoute" => route::delete,
        "AssociateRouteTable" => route::associate,
        "DisassociateRouteTable" => route::disassociate,
        "ReplaceRouteTableAssociation" => route::replace_association,
        "CreateSecurityGroup" => security::create_group,
        "DeleteSecurityGroup" => security::delete_group,
        "DescribeSecurityGroups" => security::describe_groups,
        "AuthorizeSecurityGroupIngress" => rule::authorize_ingress,
        "AuthorizeSecurityGroupEgress" => rule::authorize_egress,
        "RevokeSecurityGroupIngress" => rule::revoke_ingress,
        "RevokeSecurityGroupEgress" => rule::revoke_egress,
        "ModifySecurityGroupRules" => rule::modify,
        "UpdateSecurityGroupRuleDescriptionsIngress" => rule::describe_ingress_anew,
        "UpdateSecurityGroupRuleDescriptionsEgress" => rule::describe_egress_anew,
        "CreateTags" => tags::create,
        "DeleteTags" => tags::delete,
        "DescribeTags" => tags::describe,
        "DescribeAvailabilityZones" => zones::describe,
        "DescribeRegions" => zones::describe_regions,
        "DescribeAccountAttributes" => zones::describe_account_attributes,
        _ => return Err(unknown(operation)),
    };
    handler(scope)
}

fn unknown(operation: &str) -> Fault {
    Fault::new("InvalidAction", format!("The sandbox does not have the EC2 action {operation}"))
}
