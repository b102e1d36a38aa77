//! `aws_route`

use std::collections::BTreeSet;

use super::target::{self, Destination, Kind, LOCAL, Target};
use super::{MOST_VALUES, filter, text};
use crate::aws::client::Aws;
use crate::aws::resource::{Proposal, Resource, missing, unknown_string};
use crate::provider::{ErrorKind, Identity, Phase, ProviderError, Recovery, Result, Step};
use crate::schema;
use crate::schema::{Check, FieldType as _};
use crate::value::{Path, Value};

/// The arguments of which one says what the route is for.
const DESTINATIONS: &[&str] =
    &["destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id"];

/// The arguments of which one says where the route leads.
const TARGETS: &[&str] = &[
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

schema! {
    /// A route of a route table. Do not use it for tables with `route` blocks.
    pub struct Route {
        /// Route table of the route.
        #[force_new] route_table_id: String,
        /// IPv4 range that the route is for.
        #[force_new] #[check(Check::Cidr)] #[exactly_one_of(DESTINATIONS)]
        destination_cidr_block: Option<String>,
        /// IPv6 range that the route is for.
        #[force_new] #[check(Check::Cidr)] #[exactly_one_of(DESTINATIONS)]
        #[equivalent(same_range)] destination_ipv6_cidr_block: Option<String>,
        /// Managed prefix list that the route is for.
        #[force_new] #[exactly_one_of(DESTINATIONS)] destination_prefix_list_id: Option<String>,
        /// Carrier gateway (Wavelength).
        #[exactly_one_of(TARGETS)] #[conflicts_with(&["destination_ipv6_cidr_block"])]
        carrier_gateway_id: Option<String>,
        /// Cloud WAN core network.
        #[exactly_one_of(TARGETS)] core_network_arn: Option<String>,
        /// Egress-only internet gateway, for IPv6.
        #[exactly_one_of(TARGETS)] #[conflicts_with(&["destination_cidr_block"])]
        egress_only_gateway_id: Option<String>,
        /// Internet gateway or virtual private gateway.
        #[exactly_one_of(TARGETS)] gateway_id: Option<String>,
        /// Local gateway (Outposts).
        #[exactly_one_of(TARGETS)] local_gateway_id: Option<String>,
        /// NAT gateway.
        #[exactly_one_of(TARGETS)] nat_gateway_id: Option<String>,
        /// Network interface.
        #[computed] #[exactly_one_of(TARGETS)] network_interface_id: Option<String>,
        /// Network of Oracle Database@AWS.
        #[exactly_one_of(TARGETS)] odb_network_arn: Option<String>,
        /// Transit gateway.
        #[exactly_one_of(TARGETS)] transit_gateway_id: Option<String>,
        /// VPC endpoint.
        #[exactly_one_of(TARGETS)] #[conflicts_with(&["destination_prefix_list_id"])]
        vpc_endpoint_id: Option<String>,
        /// VPC peering connection.
        #[exactly_one_of(TARGETS)] vpc_peering_connection_id: Option<String>,
        /// Instance of the network interface.
        #[read_only] instance_id: Option<String>,
        /// Account that owns the instance.
        #[read_only] instance_owner_id: Option<String>,
        /// How the route came about.
        #[read_only] origin: Option<String>,
        /// `active`, or `blackhole` when the target is gone.
        #[read_only] state: Option<String>,
        /// Id of the route, made of the table and the destination.
        #[read_only] id: Option<String>,
    }
}

fn same_range(a: &Value, b: &Value) -> bool {
    let range = |it: &Value| it.as_str().map(target::shortest);
    range(a) == range(b)
}

impl Resource for Route {
    const TYPE: &'static str = "aws_route";
    const BATCH: usize = MOST_VALUES;
    const RECOVERY: Recovery = Recovery::Find;
    const TIMEOUTS: &'static [(Phase, u64)] =
        &[(Phase::Create, 5), (Phase::Update, 2), (Phase::Delete, 5)];
    const IMPORT: &'static str = "ROUTE-TABLE-ID_DESTINATION";
    const IDENTITY: Identity = Identity {
        separator: "_",
        parts: &[
            &["route_table_id"],
            &[
                "destination_cidr_block",
                "destination_ipv6_cidr_block",
                "destination_prefix_list_id",
            ],
        ],
    };

    async fn create(&self, aws: &Aws, _step: &Step) -> Result<String> {
        let (to, via) = (self.destination()?, self.target()?);
        target::create(aws, &self.route_table_id, &to, &via).await?;
        Ok(self.made_id())
    }

    /// The route is ours when it leads where this one would.
    async fn find(&self, aws: &Aws, _token: &str) -> Result<Option<String>> {
        let (to, via) = (self.destination()?, self.target()?);
        let known = filter("route-table-id", [&self.route_table_id]);
        let tables = target::tables(aws, known).await?;
        let same = |it: &aws_sdk_ec2::types::Route| {
            Destination::told(it).as_ref() == Some(&to) && Target::told(it).as_ref() == Some(&via)
        };
        let found = tables.iter().filter(|it| it.route_table_id() == Some(&self.route_table_id));
        let found = found.flat_map(|it| it.routes()).any(same);
        Ok(found.then(|| self.made_id()))
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let tables: BTreeSet<&str> = objects.iter().map(|it| it.route_table_id.as_str()).collect();
        let found = target::tables(aws, filter("route-table-id", tables)).await?;
        let now = |prior: Self| {
            let to = prior.destination().ok()?;
            let table =
                found.iter().find(|it| it.route_table_id() == Some(&prior.route_table_id))?;
            let it =
                table.routes().iter().find(|it| Destination::told(it).as_ref() == Some(&to))?;
            Some(prior.merged(it))
        };
        Ok(objects.into_iter().map(now).collect())
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        let via = self.target()?;
        if Some(&via) == was.target().ok().as_ref() {
            return Ok(());
        }
        target::replace(aws, &self.route_table_id, &self.destination()?, &via).await
    }

    /// Routes inside the VPC, which only an import can have brought here, cannot be deleted.
    async fn delete(&self, aws: &Aws) -> Result {
        if self.target().is_ok_and(|it| it.is_local()) {
            return Ok(());
        }
        target::delete(aws, &self.route_table_id, &self.destination()?).await
    }

    fn import(id: &str) -> Result<Self> {
        let (table, to) = id.split_once('_').unwrap_or_default();
        if table.is_empty() || to.is_empty() {
            let why = format!("`{id}` does not name a route");
            let hint = "Write ROUTE-TABLE-ID_DESTINATION, such as `rtb-1234_10.1.0.0/16`.";
            return Err(ProviderError::new(ErrorKind::Refused, why).hint(hint));
        }
        let is = |yes: bool| yes.then(|| to.to_string());
        let route = Route {
            route_table_id: table.to_string(),
            destination_ipv6_cidr_block: is(to.contains(':')),
            destination_cidr_block: is(to.contains('.') && !to.contains(':')),
            destination_prefix_list_id: is(!to.contains('.') && !to.contains(':')),
            ..Route::blank()
        };
        Ok(Route { id: Some(route.made_id()), ..route })
    }

    fn plan(proposal: &mut Proposal<'_>) -> Result {
        let local = proposal.value.get("gateway_id").as_str() == Some(LOCAL);
        if proposal.prior.is_none() && local {
            let why = "A local route is made by AWS with its route table and cannot be created";
            let hint = "Import it to manage it: ROUTE-TABLE-ID_DESTINATION.";
            let at = Path::attribute("gateway_id");
            return Err(ProviderError::new(ErrorKind::Refused, why).hint(hint).at(at));
        }
        if proposal.prior.is_some() && TARGETS.iter().any(|name| proposal.changes(name)) {
            for name in ["network_interface_id", "instance_id", "instance_owner_id", "state"] {
                if proposal.configuration.get(name).is_null() {
                    proposal.set(name, unknown_string());
                }
            }
        }
        Ok(())
    }
}

impl Route {
    fn destination(&self) -> Result<Destination> {
        let to = Destination::of(
            self.destination_cidr_block.as_deref(),
            self.destination_ipv6_cidr_block.as_deref(),
            self.destination_prefix_list_id.as_deref(),
        );
        to.ok_or_else(|| missing("destination of the route"))
    }

    /// The network interface comes last: AWS tells it for other targets too.
    fn target(&self) -> Result<Target> {
        let via = Target::of([
            (Kind::CarrierGateway, self.carrier_gateway_id.as_deref()),
            (Kind::CoreNetwork, self.core_network_arn.as_deref()),
            (Kind::EgressOnlyGateway, self.egress_only_gateway_id.as_deref()),
            (Kind::Gateway, self.gateway_id.as_deref()),
            (Kind::LocalGateway, self.local_gateway_id.as_deref()),
            (Kind::NatGateway, self.nat_gateway_id.as_deref()),
            (Kind::OdbNetwork, self.odb_network_arn.as_deref()),
            (Kind::TransitGateway, self.transit_gateway_id.as_deref()),
            (Kind::VpcEndpoint, self.vpc_endpoint_id.as_deref()),
            (Kind::VpcPeeringConnection, self.vpc_peering_connection_id.as_deref()),
            (Kind::NetworkInterface, self.network_interface_id.as_deref()),
        ]);
        via.ok_or_else(|| missing("target of the route"))
    }

    /// The id, as the AWS provider makes it.
    fn made_id(&self) -> String {
        let to = [
            &self.destination_cidr_block,
            &self.destination_ipv6_cidr_block,
            &self.destination_prefix_list_id,
        ];
        let to = to.into_iter().flatten().find(|it| !it.is_empty());
        let hash = crc32fast::hash(to.map(String::as_bytes).unwrap_or_default());
        format!("r-{}{hash}", self.route_table_id)
    }

    fn merged(self, it: &aws_sdk_ec2::types::Route) -> Self {
        let via = Target::told(it);
        let id = |kind| text(via.as_ref().and_then(|via| via.id(kind)));
        let interface = it.network_interface_id.as_deref();
        // The same IPv6 range can be written in several ways.
        let ipv6 = self.destination_ipv6_cidr_block;
        Route {
            destination_cidr_block: text(it.destination_cidr_block.as_deref()),
            destination_ipv6_cidr_block: Some(ipv6.unwrap_or_default()),
            destination_prefix_list_id: text(it.destination_prefix_list_id.as_deref()),
            carrier_gateway_id: id(Kind::CarrierGateway),
            core_network_arn: id(Kind::CoreNetwork),
            egress_only_gateway_id: id(Kind::EgressOnlyGateway),
            gateway_id: id(Kind::Gateway),
            local_gateway_id: id(Kind::LocalGateway),
            nat_gateway_id: id(Kind::NatGateway),
            network_interface_id: interface
                .map(str::to_string)
                .or_else(|| id(Kind::NetworkInterface)),
            odb_network_arn: id(Kind::OdbNetwork),
            transit_gateway_id: id(Kind::TransitGateway),
            vpc_endpoint_id: id(Kind::VpcEndpoint),
            vpc_peering_connection_id: id(Kind::VpcPeeringConnection),
            instance_id: text(it.instance_id.as_deref()),
            instance_owner_id: text(it.instance_owner_id.as_deref()),
            origin: it.origin.as_ref().map(|it| it.as_str().to_string()),
            state: it.state.as_ref().map(|it| it.as_str().to_string()),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Destination, Route};
    use crate::aws::resource::Resource as _;

    #[test]
    fn imports_name_the_table_and_the_destination() {
        let route = Route::import("rtb-656C65616E6F72_10.42.0.0/16").unwrap();
        assert_eq!(route.route_table_id, "rtb-656C65616E6F72");
        assert_eq!(route.destination().unwrap(), Destination::Ipv4("10.42.0.0/16".into()));
        let route = Route::import("rtb-1_2620:0:2d0:200::8/125").unwrap();
        assert_eq!(route.destination().unwrap(), Destination::Ipv6("2620:0:2d0:200::8/125".into()));
        let route = Route::import("rtb-1_pl-0570a1d2d725c16be").unwrap();
        let list = Destination::PrefixList("pl-0570a1d2d725c16be".into());
        assert_eq!(route.destination().unwrap(), list);
        assert!(Route::import("rtb-1").is_err());
    }

    #[test]
    fn ids_are_those_of_the_aws_provider() {
        // `r-rtb-xxx1080289494` is the id of every default route that the AWS provider made.
        let route = Route::import("rtb-xxx_0.0.0.0/0").unwrap();
        assert_eq!(route.id.as_deref(), Some("r-rtb-xxx1080289494"));
    }
}
