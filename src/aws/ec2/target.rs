//! Where routes lead: destinations and targets, and the calls that take them.

use aws_sdk_ec2::types;

use crate::aws::client::Aws;
use crate::aws::resource::gone_is_fine;
use crate::provider::Result;

/// The `gateway_id` of routes inside the VPC, which AWS makes with each route table.
pub(super) const LOCAL: &str = "local";

/// What a route is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Destination {
    /// An IPv4 range.
    Ipv4(String),
    /// An IPv6 range, in its shortest form.
    Ipv6(String),
    /// A managed prefix list.
    PrefixList(String),
}

/// What traffic is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    CarrierGateway,
    CoreNetwork,
    EgressOnlyGateway,
    Gateway,
    LocalGateway,
    NatGateway,
    OdbNetwork,
    TransitGateway,
    VpcEndpoint,
    VpcPeeringConnection,
    NetworkInterface,
}

/// A target: its kind and id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) kind: Kind,
    pub(super) id: String,
}

impl Destination {
    /// The one destination that is given.
    pub(super) fn of(ipv4: Option<&str>, ipv6: Option<&str>, list: Option<&str>) -> Option<Self> {
        let some = |it: Option<&str>| it.filter(|it| !it.is_empty()).map(str::to_string);
        let ipv4 = some(ipv4).map(Destination::Ipv4);
        let ipv6 = || some(ipv6).map(|it| Destination::Ipv6(shortest(&it)));
        ipv4.or_else(ipv6).or_else(|| some(list).map(Destination::PrefixList))
    }

    /// The destination of a route as told.
    pub(super) fn told(it: &types::Route) -> Option<Self> {
        Destination::of(
            it.destination_cidr_block.as_deref(),
            it.destination_ipv6_cidr_block.as_deref(),
            it.destination_prefix_list_id.as_deref(),
        )
    }

    fn parts(&self) -> (Option<String>, Option<String>, Option<String>) {
        match self {
            Destination::Ipv4(it) => (Some(it.clone()), None, None),
            Destination::Ipv6(it) => (None, Some(it.clone()), None),
            Destination::PrefixList(it) => (None, None, Some(it.clone())),
        }
    }
}

/// An IPv6 range in its shortest form; as it is when it is none.
pub(super) fn shortest(range: &str) -> String {
    range.parse::<ipnet::Ipv6Net>().map_or_else(|_| range.to_string(), |it| it.to_string())
}

impl Target {
    /// The first of these ids that is given.
    pub(super) fn of<'a>(ids: impl IntoIterator<Item = (Kind, Option<&'a str>)>) -> Option<Self> {
        let mut ids = ids.into_iter();
        ids.find_map(|(kind, id)| {
            let id = id.filter(|it| !it.is_empty())?.to_string();
            Some(Target { kind, id })
        })
    }

    /// The target of a route as told. What is told as a gateway can be something else, such as a VPC
    /// endpoint; its id shows that.
    pub(super) fn told(it: &types::Route) -> Option<Self> {
        let target = Target::of([
            (Kind::CarrierGateway, it.carrier_gateway_id.as_deref()),
            (Kind::CoreNetwork, it.core_network_arn.as_deref()),
            (Kind::EgressOnlyGateway, it.egress_only_internet_gateway_id.as_deref()),
            (Kind::Gateway, it.gateway_id.as_deref()),
            (Kind::LocalGateway, it.local_gateway_id.as_deref()),
            (Kind::NatGateway, it.nat_gateway_id.as_deref()),
            (Kind::OdbNetwork, it.odb_network_arn.as_deref()),
            (Kind::TransitGateway, it.transit_gateway_id.as_deref()),
            (Kind::VpcPeeringConnection, it.vpc_peering_connection_id.as_deref()),
            (Kind::NetworkInterface, it.network_interface_id.as_deref()),
        ])?;
        let kind = match (target.kind, target.id.split('-').next()) {
            (Kind::Gateway, Some("vpce")) => Kind::VpcEndpoint,
            (Kind::Gateway, Some("nat")) => Kind::NatGateway,
            (Kind::Gateway, Some("eni")) => Kind::NetworkInterface,
            (kind, _) => kind,
        };
        Some(Target { kind, ..target })
    }

    /// Whether the route stays inside the VPC.
    pub(super) fn is_local(&self) -> bool {
        self.kind == Kind::Gateway && self.id == LOCAL
    }

    /// The id, when the target is of this kind.
    pub(super) fn id(&self, kind: Kind) -> Option<&str> {
        (self.kind == kind).then_some(self.id.as_str())
    }

    fn sent(&self, kind: Kind) -> Option<String> {
        self.id(kind).map(str::to_string)
    }
}

/// Gives a call that makes or replaces a route its destination and target.
macro_rules! routed {
    ($call:expr, $table:expr, $destination:expr, $target:expr) => {{
        let (ipv4, ipv6, list) = $destination.parts();
        $call
            .route_table_id($table)
            .set_destination_cidr_block(ipv4)
            .set_destination_ipv6_cidr_block(ipv6)
            .set_destination_prefix_list_id(list)
            .set_carrier_gateway_id($target.sent(Kind::CarrierGateway))
            .set_core_network_arn($target.sent(Kind::CoreNetwork))
            .set_egress_only_internet_gateway_id($target.sent(Kind::EgressOnlyGateway))
            .set_local_gateway_id($target.sent(Kind::LocalGateway))
            .set_nat_gateway_id($target.sent(Kind::NatGateway))
            .set_network_interface_id($target.sent(Kind::NetworkInterface))
            .set_odb_network_arn($target.sent(Kind::OdbNetwork))
            .set_transit_gateway_id($target.sent(Kind::TransitGateway))
            .set_vpc_endpoint_id($target.sent(Kind::VpcEndpoint))
            .set_vpc_peering_connection_id($target.sent(Kind::VpcPeeringConnection))
    }};
}

/// Makes a route.
pub(super) async fn create(aws: &Aws, table: &str, to: &Destination, via: &Target) -> Result {
    let call = routed!(aws.ec2.create_route(), table, to, via);
    call.set_gateway_id(via.sent(Kind::Gateway)).send().await?;
    Ok(())
}

/// Gives a route another target.
pub(super) async fn replace(aws: &Aws, table: &str, to: &Destination, via: &Target) -> Result {
    let call = routed!(aws.ec2.replace_route(), table, to, via);
    let call = match via.is_local() {
        true => call.local_target(true),
        false => call.set_gateway_id(via.sent(Kind::Gateway)),
    };
    call.send().await?;
    Ok(())
}

/// Takes a route away.
pub(super) async fn delete(aws: &Aws, table: &str, to: &Destination) -> Result {
    let (ipv4, ipv6, list) = to.parts();
    let call = aws
        .ec2
        .delete_route()
        .route_table_id(table)
        .set_destination_cidr_block(ipv4)
        .set_destination_ipv6_cidr_block(ipv6)
        .set_destination_prefix_list_id(list);
    gone_is_fine(call.send().await, &["InvalidRoute.NotFound", "InvalidRouteTableID.NotFound"])
}

/// The route tables that a filter finds.
pub(super) async fn tables(aws: &Aws, which: types::Filter) -> Result<Vec<types::RouteTable>> {
    let call = aws.ec2.describe_route_tables().filters(which);
    let pages = call.into_paginator().page_size(100).items();
    Ok(pages.send().collect::<std::result::Result<_, _>>().await?)
}
