//! `aws_nat_gateway`

mod addresses;

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{self, AvailabilityMode, ConnectivityType, NatGatewayState, ResourceType};

use super::{MOST_VALUES, PAGE, carries, filter, ids, made_by, sent, tag_specs, tags, text};
use crate::aws::client::Aws;
use crate::aws::resource::{Proposal, Resource, align, gone_is_fine, missing};
use crate::aws::tags::{Tagging, Tags};
use crate::provider::{Phase, Result, Schedule, Status, Step};
use crate::schema;
use crate::value::{Path, Type, Value};

schema! {
    /// Lets private subnets reach out, and nothing reach in.
    pub struct NatGateway {
        /// `zonal`, in one subnet, or `regional`, in the zones of a VPC as they are needed.
        #[computed] #[force_new] #[one_of(&["zonal", "regional"])] availability_mode: Option<String>,
        /// Elastic IP address of a public gateway in one zone.
        #[force_new] allocation_id: Option<String>,
        /// `public`, to the internet, or `private`, to other networks.
        #[default("public")] #[force_new] #[one_of(&["public", "private"])] connectivity_type: String,
        /// Private address of the gateway.
        #[computed] #[force_new] private_ip: Option<String>,
        /// Subnet of a gateway in one zone.
        #[computed] #[force_new] subnet_id: Option<String>,
        /// VPC of a regional gateway.
        #[computed] #[force_new] vpc_id: Option<String>,
        /// Further elastic IP addresses of a public gateway; `[]` takes all away.
        #[computed] secondary_allocation_ids: BTreeSet<String>,
        /// How many further private addresses a private gateway gets.
        #[computed] #[conflicts_with(&["secondary_private_ip_addresses"])]
        secondary_private_ip_address_count: Option<i64>,
        /// Further private addresses; `[]` takes all away.
        #[computed] #[conflicts_with(&["secondary_private_ip_address_count"])]
        secondary_private_ip_addresses: BTreeSet<String>,
        /// Zones of a regional gateway with their addresses.
        #[unsupported("terrace leaves the zones and addresses of regional gateways to AWS")]
        availability_zone_address: BTreeSet<ZoneAddress>,
        /// Tags of the gateway.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// Association of the elastic IP address.
        #[read_only] association_id: Option<String>,
        /// Whether AWS decides the zones of a regional gateway: `enabled` or `disabled`.
        #[read_only] auto_provision_zones: Option<String>,
        /// Whether AWS adds addresses to a regional gateway: `enabled` or `disabled`.
        #[read_only] auto_scaling_ips: Option<String>,
        /// Network interface of the gateway.
        #[read_only] network_interface_id: Option<String>,
        /// Public address of the gateway.
        #[read_only] public_ip: Option<String>,
        /// Addresses of a regional gateway.
        #[read_only] #[attribute] regional_nat_gateway_address: BTreeSet<RegionalAddress>,
        /// Route table of a regional gateway.
        #[read_only] route_table_id: Option<String>,
        /// Id of the gateway.
        #[read_only] id: Option<String>,
        #[hidden] waiting: Option<String>,
        #[hidden] failure: Option<String>,
    }

    /// A zone of a regional gateway.
    pub struct ZoneAddress {
        /// Elastic IP addresses of the gateway in the zone.
        #[required] allocation_ids: BTreeSet<String>,
        /// The zone.
        #[computed] availability_zone: Option<String>,
        /// The zone by its id.
        #[computed] availability_zone_id: Option<String>,
    }

    /// An address of a regional gateway.
    pub struct RegionalAddress {
        /// Elastic IP address.
        #[read_only] allocation_id: Option<String>,
        /// Association of the elastic IP address.
        #[read_only] association_id: Option<String>,
        /// Zone of the address.
        #[read_only] availability_zone: Option<String>,
        /// Zone by its id.
        #[read_only] availability_zone_id: Option<String>,
        /// Network interface of the address.
        #[read_only] network_interface_id: Option<String>,
        /// Public address.
        #[read_only] public_ip: Option<String>,
        /// How far the address is.
        #[read_only] status: Option<String>,
    }
}

impl Resource for NatGateway {
    const TYPE: &'static str = "aws_nat_gateway";
    const BATCH: usize = MOST_VALUES;
    const TAGGING: Option<Tagging> = Some(Tagging::Ec2);
    const TIMEOUTS: &'static [(Phase, u64)] =
        &[(Phase::Create, 10), (Phase::Update, 10), (Phase::Delete, 30)];
    const SCHEDULE: Schedule = Schedule {
        first: std::time::Duration::ZERO,
        interval: std::time::Duration::from_secs(1),
        longest: std::time::Duration::from_secs(5),
    };
    const IMPORT: &'static str = "NAT-GATEWAY-ID";

    async fn create(&self, aws: &Aws, step: &Step) -> Result<String> {
        let count = self.secondary_private_ip_address_count.and_then(|it| i32::try_from(it).ok());
        let some = |set: &BTreeSet<String>| {
            (!set.is_empty()).then(|| set.iter().cloned().collect::<Vec<_>>())
        };
        let mode = self.availability_mode.as_deref().map(AvailabilityMode::from);
        let call = aws
            .ec2
            .create_nat_gateway()
            .client_token(&step.token)
            .set_availability_mode(mode)
            .set_allocation_id(sent(&self.allocation_id))
            .connectivity_type(ConnectivityType::from(self.connectivity_type.as_str()))
            .set_private_ip_address(sent(&self.private_ip))
            .set_secondary_allocation_ids(some(&self.secondary_allocation_ids))
            .set_secondary_private_ip_address_count(count.filter(|it| *it > 0))
            .set_secondary_private_ip_addresses(some(&self.secondary_private_ip_addresses))
            .set_subnet_id(sent(&self.subnet_id))
            .set_vpc_id(sent(&self.vpc_id))
            .set_tag_specifications(tag_specs(ResourceType::Natgateway, &self.tags_all));
        let made = call.send().await?.nat_gateway;
        made.and_then(|it| it.nat_gateway_id).ok_or_else(|| missing("natGatewayId"))
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        let told = aws.ec2.describe_nat_gateways().filter(made_by(token)).send().await?;
        let mut found = told.nat_gateways.unwrap_or_default().into_iter();
        let ours = |it: &types::NatGateway| {
            carries(it.tags.as_deref(), token) && it.state != Some(NatGatewayState::Deleted)
        };
        Ok(found.find(ours).and_then(|it| it.nat_gateway_id))
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let known = filter("nat-gateway-id", ids(&objects, |it| it.id.as_deref()));
        let call = aws.ec2.describe_nat_gateways().filter(known);
        let pages = call.into_paginator().page_size(PAGE).items();
        let found: Vec<types::NatGateway> =
            pages.send().collect::<std::result::Result<_, _>>().await?;
        Ok(align(objects, &found, |one| one.id.clone(), |it| it.nat_gateway_id.clone(), merged))
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        addresses::update(self, aws, was).await
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let call = aws.ec2.delete_nat_gateway().set_nat_gateway_id(self.id.clone());
        gone_is_fine(call.send().await, &["NatGatewayNotFound", "InvalidNatGatewayID.NotFound"])
    }

    fn status(&self) -> Status {
        match (&self.failure, &self.waiting) {
            (Some(failure), _) => Status::Failed(failure.clone()),
            (None, Some(waiting)) => Status::Pending(waiting.clone()),
            (None, None) => Status::Ready,
        }
    }

    fn plan(proposal: &mut Proposal<'_>) -> Result {
        if proposal.prior.is_none() {
            return Ok(());
        }
        let configured = |name: &str| !proposal.configuration.get(name).is_null();
        let count = "secondary_private_ip_address_count";
        if configured(count) && proposal.changes(count) {
            proposal.replace_because(count);
        }
        let (counted, listed) = (configured(count), configured("secondary_private_ip_addresses"));
        let changed = ["secondary_allocation_ids", "secondary_private_ip_addresses"];
        if changed.iter().any(|name| proposal.changes(name)) {
            if !counted {
                proposal.set(count, Value::unknown(Type::Number));
            }
            if !listed {
                let addresses = Value::unknown(Type::set(Type::String));
                proposal.set("secondary_private_ip_addresses", addresses);
            }
        }
        Ok(())
    }

    fn validate(configuration: &Value) -> Vec<(Path, String)> {
        let null = |name: &str| configuration.get(name).is_null();
        let empty = |name: &str| {
            null(name) || configuration.get(name).items().is_some_and(<[Value]>::is_empty)
        };
        let text = |name: &str, default: &str| match configuration.get(name) {
            value if value.is_null() => Some(default.to_string()),
            value => value.as_str().map(str::to_string),
        };
        let mode = text("availability_mode", "zonal");
        let kind = text("connectivity_type", "public");
        let (Some(mode), Some(kind)) = (mode, kind) else { return Vec::new() };
        let (zonal, public) = (mode == "zonal", kind == "public");
        let rules = [
            (zonal && null("subnet_id"), "subnet_id", "A NAT gateway in one zone needs a subnet."),
            (!zonal && null("vpc_id"), "vpc_id", "A regional NAT gateway needs a VPC."),
            (
                zonal && public && null("allocation_id"),
                "allocation_id",
                "A public NAT gateway needs an elastic IP address.",
            ),
            (
                !public && !null("allocation_id"),
                "allocation_id",
                "A private NAT gateway has no elastic IP address.",
            ),
            (
                !public && !empty("secondary_allocation_ids"),
                "secondary_allocation_ids",
                "A private NAT gateway has no elastic IP addresses.",
            ),
            (
                public && !null("secondary_private_ip_address_count"),
                "secondary_private_ip_address_count",
                "Only a private NAT gateway can ask for a number of private addresses.",
            ),
        ];
        let broken = rules.into_iter().filter(|(broken, ..)| *broken);
        broken.map(|(_, name, why)| (Path::attribute(name), why.to_string())).collect()
    }
}

/// A gateway as it is; one that is deleted stays visible for an hour.
fn merged(prior: NatGateway, it: &types::NatGateway) -> Option<NatGateway> {
    if it.state == Some(NatGatewayState::Deleted) {
        return None;
    }
    let mode = it.availability_mode.as_ref().map_or("zonal", |it| it.as_str());
    let kind = it.connectivity_type.as_ref().map_or("public", |it| it.as_str());
    let now = NatGateway {
        availability_mode: text(Some(mode)),
        connectivity_type: kind.to_string(),
        subnet_id: it.subnet_id.clone(),
        vpc_id: it.vpc_id.clone(),
        tags_all: tags(it.tags.as_deref()),
        auto_provision_zones: it.auto_provision_zones.as_ref().map(|it| it.as_str().to_string()),
        auto_scaling_ips: it.auto_scaling_ips.as_ref().map(|it| it.as_str().to_string()),
        route_table_id: it.route_table_id.clone(),
        waiting: waiting(it),
        failure: failure(it),
        ..prior
    };
    Some(if mode == "regional" {
        addresses::regional(now, it.nat_gateway_addresses())
    } else {
        addresses::zonal(now, it.nat_gateway_addresses())
    })
}

fn waiting(it: &types::NatGateway) -> Option<String> {
    match it.state {
        Some(NatGatewayState::Pending) => Some("the NAT gateway to become available".to_string()),
        Some(NatGatewayState::Deleting) => Some("the NAT gateway to be deleted".to_string()),
        _ => addresses::waiting(it.nat_gateway_addresses()),
    }
}

fn failure(it: &types::NatGateway) -> Option<String> {
    // One that is being deleted may have failed before.
    if it.state == Some(NatGatewayState::Deleting) {
        return None;
    }
    if it.state != Some(NatGatewayState::Failed) {
        return addresses::failure(it.nat_gateway_addresses());
    }
    let code = it.failure_code.as_deref().unwrap_or("failed");
    Some(match it.failure_message.as_deref() {
        Some(message) => format!("{code}: {message}"),
        None => code.to_string(),
    })
}

#[cfg(test)]
mod tests;
