//! The routes inside a route table.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{self, RouteOrigin};

use super::InlineRoute;
use crate::aws::client::Aws;
use crate::aws::ec2::target::{self, Destination, Kind, LOCAL, Target};
use crate::aws::ec2::{PAGE, filter};
use crate::provider::Result;
use crate::value::{Path, Step, Value};

/// The gateway of routes that VPC Lattice makes.
const LATTICE: &str = "VpcLattice";

const DESTINATIONS: [&str; 3] = ["cidr_block", "ipv6_cidr_block", "destination_prefix_list_id"];

const TARGETS: [&str; 11] = [
    "carrier_gateway_id",
    "core_network_arn",
    "egress_only_gateway_id",
    "gateway_id",
    "local_gateway_id",
    "nat_gateway_id",
    "network_interface_id",
    "odb_network_arn",
    "transit_gateway_id",
    "vpc_endpoint_id",
    "vpc_peering_connection_id",
];

impl InlineRoute {
    /// The destination, when one is given.
    pub(super) fn destination(&self) -> Option<Destination> {
        let (ipv4, ipv6) = (self.cidr_block.as_str(), self.ipv6_cidr_block.as_str());
        Destination::of(Some(ipv4), Some(ipv6), Some(&self.destination_prefix_list_id))
    }

    /// The target, when one is given.
    pub(super) fn target(&self) -> Option<Target> {
        Target::of([
            (Kind::CarrierGateway, Some(self.carrier_gateway_id.as_str())),
            (Kind::CoreNetwork, Some(self.core_network_arn.as_str())),
            (Kind::EgressOnlyGateway, Some(self.egress_only_gateway_id.as_str())),
            (Kind::Gateway, Some(self.gateway_id.as_str())),
            (Kind::LocalGateway, Some(self.local_gateway_id.as_str())),
            (Kind::NatGateway, Some(self.nat_gateway_id.as_str())),
            (Kind::OdbNetwork, Some(self.odb_network_arn.as_str())),
            (Kind::TransitGateway, Some(self.transit_gateway_id.as_str())),
            (Kind::VpcEndpoint, Some(self.vpc_endpoint_id.as_str())),
            (Kind::VpcPeeringConnection, Some(self.vpc_peering_connection_id.as_str())),
            (Kind::NetworkInterface, Some(self.network_interface_id.as_str())),
        ])
    }

    /// A route as told.
    pub(super) fn told(it: &types::Route) -> Option<InlineRoute> {
        let via = Target::told(it)?;
        let id = |kind| via.id(kind).unwrap_or_default().to_string();
        Some(InlineRoute {
            cidr_block: it.destination_cidr_block.clone().unwrap_or_default(),
            ipv6_cidr_block: it.destination_ipv6_cidr_block.clone().unwrap_or_default(),
            destination_prefix_list_id: it.destination_prefix_list_id.clone().unwrap_or_default(),
            carrier_gateway_id: id(Kind::CarrierGateway),
            core_network_arn: id(Kind::CoreNetwork),
            egress_only_gateway_id: id(Kind::EgressOnlyGateway),
            gateway_id: id(Kind::Gateway),
            local_gateway_id: id(Kind::LocalGateway),
            nat_gateway_id: id(Kind::NatGateway),
            network_interface_id: id(Kind::NetworkInterface),
            odb_network_arn: id(Kind::OdbNetwork),
            transit_gateway_id: id(Kind::TransitGateway),
            vpc_endpoint_id: id(Kind::VpcEndpoint),
            vpc_peering_connection_id: id(Kind::VpcPeeringConnection),
        })
    }

    /// The same route as it is written in `known`, where an IPv6 range may be spelled differently.
    pub(super) fn spelled_as_in(self, known: &BTreeSet<InlineRoute>) -> InlineRoute {
        let same = |it: &&InlineRoute| {
            it.destination() == self.destination() && it.target() == self.target()
        };
        known.iter().find(same).cloned().unwrap_or(self)
    }
}

/// The destinations of routes that are configured to stay inside the VPC.
pub(super) fn local_ones(known: &BTreeSet<InlineRoute>) -> Vec<Destination> {
    known.iter().filter(|it| it.gateway_id == LOCAL).filter_map(InlineRoute::destination).collect()
}

/// Whether a route is one that a configuration decides: AWS makes some itself.
pub(super) fn is_shown(
    it: &types::Route,
    local: &[Destination],
    foreign: &BTreeSet<String>,
) -> bool {
    let gateway = it.gateway_id.as_deref().unwrap_or_default();
    let made_by_endpoint = it.destination_prefix_list_id.is_some() && gateway.starts_with("vpce-");
    let interface = it.network_interface_id.as_deref().unwrap_or_default();
    match gateway {
        LOCAL => Destination::told(it).is_some_and(|it| local.contains(&it)),
        LATTICE => false,
        _ => {
            it.origin != Some(RouteOrigin::EnableVgwRoutePropagation)
                && !made_by_endpoint
                && !foreign.contains(interface)
        }
    }
}

/// The network interfaces in routes that AWS services attached from another account.
pub(super) async fn foreign_interfaces(
    aws: &Aws,
    tables: &[types::RouteTable],
) -> Result<BTreeSet<String>> {
    let routes = tables.iter().flat_map(|it| it.routes());
    let known: BTreeSet<&str> = routes.filter_map(|it| it.network_interface_id()).collect();
    let known: Vec<&str> = known.into_iter().collect();
    let mut foreign = BTreeSet::new();
    for some in known.chunks(super::MOST_VALUES) {
        let which = filter("network-interface-id", some.iter().copied());
        let call = aws.ec2.describe_network_interfaces().filters(which);
        let pages = call.into_paginator().page_size(PAGE).items();
        let found: Vec<types::NetworkInterface> =
            pages.send().collect::<std::result::Result<_, _>>().await?;
        let by_others = found.into_iter().filter(|it| {
            let owner = it.attachment.as_ref().and_then(|it| it.instance_owner_id.as_deref());
            owner.is_some() && it.owner_id.is_some() && owner != it.owner_id.as_deref()
        });
        foreign.extend(by_others.filter_map(|it| it.network_interface_id));
    }
    Ok(foreign)
}

/// Brings the routes of a table from `was` to `now`: no destination is without a route in between.
pub(super) async fn update(
    aws: &Aws,
    table: &str,
    was: &BTreeSet<InlineRoute>,
    now: &BTreeSet<InlineRoute>,
) -> Result {
    let (before, after) = (by_destination(was), by_destination(now));
    for (to, via) in &after {
        match before.get(to) {
            Some(old) if old == via => {}
            Some(_) => target::replace(aws, table, to, via).await?,
            // AWS made it with the table.
            None if via.is_local() => {}
            None => target::create(aws, table, to, via).await?,
        }
    }
    let removed = before.iter().filter(|(to, via)| !after.contains_key(*to) && !via.is_local());
    for (to, _) in removed {
        target::delete(aws, table, to).await?;
    }
    Ok(())
}

fn by_destination(routes: &BTreeSet<InlineRoute>) -> BTreeMap<Destination, Target> {
    routes.iter().filter_map(|it| Some((it.destination()?, it.target()?))).collect()
}

/// Each route needs exactly one destination and one target.
pub(super) fn validate(configuration: &Value) -> Vec<(Path, String)> {
    let routes = configuration.get("route");
    let routes = routes.items().unwrap_or_default().iter().enumerate();
    let check = |(at, route): (usize, &Value)| {
        let path = Path(vec![Step::Attribute("route".to_string()), Step::Index(at)]);
        let wrong = wrong(route, "destination", &DESTINATIONS);
        let wrong = wrong.or_else(|| self::wrong(route, "target", &TARGETS));
        wrong.map(|why| (path, why))
    };
    routes.filter_map(check).collect()
}

fn wrong(route: &Value, what: &str, names: &[&str]) -> Option<String> {
    if !route.is_known() || names.iter().any(|name| !route.get(name).is_known()) {
        return None;
    }
    let given = |name: &&&str| route.get(name).as_str().is_some_and(|it| !it.is_empty());
    let given: Vec<&str> = names.iter().filter(given).copied().collect();
    match given.as_slice() {
        [_] => None,
        [] => Some(format!("A route needs a {what}: one of {}.", names.join(", "))),
        several => Some(format!("A route has one {what}, but has {}.", several.join(" and "))),
    }
}
