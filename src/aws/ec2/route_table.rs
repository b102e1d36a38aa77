//! `aws_route_table`

mod routes;

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{self, ResourceType};

use super::target::{self, Destination};
use super::{MOST_VALUES, arn, carries, filter, ids, made_by, tag_specs, tags};
use crate::aws::client::Aws;
use crate::aws::resource::{Resource, align, gone_is_fine, missing};
use crate::aws::tags::{Tagging, Tags};
use crate::provider::{Phase, Result, Step};
use crate::schema;
use crate::schema::Check;
use crate::value::{Path, Value};

schema! {
    /// Says where the traffic of subnets and gateways goes.
    pub struct RouteTable {
        /// VPC of the table.
        #[force_new] vpc_id: String,
        /// All routes of the table. `[]` takes all away; leave it out to manage them with
        /// `aws_route`.
        #[computed] #[attribute_or_block] route: BTreeSet<InlineRoute>,
        /// Virtual private gateways whose routes come into the table.
        #[computed] propagating_vgws: BTreeSet<String>,
        /// Tags of the table.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// ARN of the table.
        #[read_only] arn: Option<String>,
        /// Account that owns the table.
        #[read_only] owner_id: Option<String>,
        /// Id of the table.
        #[read_only] id: Option<String>,
    }

    /// A route: one destination and one target.
    pub struct InlineRoute {
        /// IPv4 range that the route is for.
        #[default("")] #[check(Check::Custom(range))] cidr_block: String,
        /// IPv6 range that the route is for.
        #[default("")] #[check(Check::Custom(range))] ipv6_cidr_block: String,
        /// Managed prefix list that the route is for.
        #[default("")] destination_prefix_list_id: String,
        /// Carrier gateway (Wavelength).
        #[default("")] carrier_gateway_id: String,
        /// Cloud WAN core network.
        #[default("")] core_network_arn: String,
        /// Egress-only internet gateway, for IPv6.
        #[default("")] egress_only_gateway_id: String,
        /// Internet gateway or virtual private gateway; `local` for inside the VPC.
        #[default("")] gateway_id: String,
        /// Local gateway (Outposts).
        #[default("")] local_gateway_id: String,
        /// NAT gateway.
        #[default("")] nat_gateway_id: String,
        /// Network interface.
        #[default("")] network_interface_id: String,
        /// Network of Oracle Database@AWS.
        #[default("")] odb_network_arn: String,
        /// Transit gateway.
        #[default("")] transit_gateway_id: String,
        /// VPC endpoint.
        #[default("")] vpc_endpoint_id: String,
        /// VPC peering connection.
        #[default("")] vpc_peering_connection_id: String,
    }
}

/// In blocks that can be written as attributes, an empty text means that there is none.
fn range(value: &Value) -> std::result::Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    match text.parse::<ipnet::IpNet>() {
        _ if text.is_empty() => Ok(()),
        Ok(net) if net.trunc() == net => Ok(()),
        Ok(net) => Err(format!("`{text}` has host bits; the network is `{}`", net.trunc())),
        Err(_) => Err(format!("`{text}` is no network in CIDR notation, such as `10.0.0.0/16`")),
    }
}

impl Resource for RouteTable {
    const TYPE: &'static str = "aws_route_table";
    const BATCH: usize = MOST_VALUES;
    const TAGGING: Option<Tagging> = Some(Tagging::Ec2);
    const TIMEOUTS: &'static [(Phase, u64)] =
        &[(Phase::Create, 5), (Phase::Update, 2), (Phase::Delete, 5)];
    const IMPORT: &'static str = "ROUTE-TABLE-ID";

    async fn create(&self, aws: &Aws, step: &Step) -> Result<String> {
        let specs = tag_specs(ResourceType::RouteTable, &self.tags_all);
        let call = aws.ec2.create_route_table().client_token(&step.token).vpc_id(&self.vpc_id);
        let made = call.set_tag_specifications(specs).send().await?.route_table;
        made.and_then(|it| it.route_table_id).ok_or_else(|| missing("routeTableId"))
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        let mut found = target::tables(aws, made_by(token)).await?.into_iter();
        let ours = found.find(|it| carries(it.tags.as_deref(), token));
        Ok(ours.and_then(|it| it.route_table_id))
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let known = filter("route-table-id", ids(&objects, |it| it.id.as_deref()));
        let found = target::tables(aws, known).await?;
        let foreign = routes::foreign_interfaces(aws, &found).await?;
        let account = &aws.account().await?.id;
        let merge =
            |prior: Self, it: &types::RouteTable| Some(prior.merged(aws, account, it, &foreign));
        Ok(align(objects, &found, |one| one.id.clone(), |it| it.route_table_id.clone(), merge))
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        let table = was.id.as_deref().unwrap_or_default();
        for gateway in was.propagating_vgws.difference(&self.propagating_vgws) {
            let call = aws.ec2.disable_vgw_route_propagation().route_table_id(table);
            call.gateway_id(gateway).send().await?;
        }
        for gateway in self.propagating_vgws.difference(&was.propagating_vgws) {
            let call = aws.ec2.enable_vgw_route_propagation().route_table_id(table);
            call.gateway_id(gateway).send().await?;
        }
        routes::update(aws, table, &was.route, &self.route).await
    }

    /// Associations that are left would keep AWS from deleting the table.
    async fn delete(&self, aws: &Aws) -> Result {
        let Some(id) = self.id.as_deref() else { return Ok(()) };
        let tables = target::tables(aws, filter("route-table-id", [id])).await?;
        let ours = tables.iter().filter(|it| it.route_table_id() == Some(id));
        let associations = ours.flat_map(|it| it.associations());
        for it in associations.filter(|it| it.main != Some(true)) {
            let association = it.route_table_association_id.clone();
            let call = aws.ec2.disassociate_route_table().set_association_id(association);
            gone_is_fine(call.send().await, &["InvalidAssociationID.NotFound"])?;
        }
        let call = aws.ec2.delete_route_table().route_table_id(id);
        gone_is_fine(call.send().await, &["InvalidRouteTableID.NotFound"])
    }

    fn validate(configuration: &Value) -> Vec<(Path, String)> {
        routes::validate(configuration)
    }
}

impl RouteTable {
    fn merged(
        self,
        aws: &Aws,
        account: &str,
        it: &types::RouteTable,
        foreign: &BTreeSet<String>,
    ) -> Self {
        let owner = it.owner_id.as_deref().unwrap_or(account);
        let id = it.route_table_id.as_deref().unwrap_or_default();
        let local: Vec<Destination> = routes::local_ones(&self.route);
        let shown = it.routes().iter().filter(|it| routes::is_shown(it, &local, foreign));
        RouteTable {
            vpc_id: it.vpc_id.clone().unwrap_or_default(),
            route: shown
                .filter_map(InlineRoute::told)
                .map(|it| it.spelled_as_in(&self.route))
                .collect(),
            propagating_vgws: it
                .propagating_vgws()
                .iter()
                .filter_map(|it| it.gateway_id.clone())
                .collect(),
            tags_all: tags(it.tags.as_deref()),
            arn: arn(aws, owner, &format!("route-table/{id}")),
            owner_id: Some(owner.to_string()),
            ..self
        }
    }
}

#[cfg(test)]
mod tests;
