//! The addresses of a NAT gateway.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{NatGatewayAddress, NatGatewayAddressStatus};

use super::{NatGateway, RegionalAddress};
use crate::aws::client::Aws;
use crate::aws::ec2::text;
use crate::provider::Result;

/// Brings the further addresses of a gateway from `was` to `now`.
pub(super) async fn update(now: &NatGateway, aws: &Aws, was: &NatGateway) -> Result {
    if now.connectivity_type == "private" {
        return private(now, aws, was).await;
    }
    let added = missing_in(&was.secondary_allocation_ids, &now.secondary_allocation_ids);
    if !added.is_empty() {
        let call = aws.ec2.associate_nat_gateway_address().set_nat_gateway_id(was.id.clone());
        let private =
            missing_in(&was.secondary_private_ip_addresses, &now.secondary_private_ip_addresses);
        let private = (!private.is_empty()).then_some(private);
        call.set_allocation_ids(Some(added)).set_private_ip_addresses(private).send().await?;
    }
    let removed = missing_in(&now.secondary_allocation_ids, &was.secondary_allocation_ids);
    if removed.is_empty() {
        return Ok(());
    }
    disassociate(aws, was, &removed).await
}

async fn private(now: &NatGateway, aws: &Aws, was: &NatGateway) -> Result {
    let (now, before) = (&now.secondary_private_ip_addresses, &was.secondary_private_ip_addresses);
    let added = missing_in(before, now);
    if !added.is_empty() {
        let call = aws.ec2.assign_private_nat_gateway_address().set_nat_gateway_id(was.id.clone());
        call.set_private_ip_addresses(Some(added)).send().await?;
    }
    let removed = missing_in(now, before);
    if !removed.is_empty() {
        let call =
            aws.ec2.unassign_private_nat_gateway_address().set_nat_gateway_id(was.id.clone());
        call.set_private_ip_addresses(Some(removed)).send().await?;
    }
    Ok(())
}

/// AWS takes associations away by their own ids.
async fn disassociate(aws: &Aws, was: &NatGateway, allocations: &[String]) -> Result {
    let id = was.id.clone().unwrap_or_default();
    let told = aws.ec2.describe_nat_gateways().nat_gateway_ids(&id).send().await?;
    let gateways = told.nat_gateways.unwrap_or_default();
    let addresses = gateways.iter().flat_map(|it| it.nat_gateway_addresses());
    let ours =
        addresses.filter(|it| it.allocation_id.as_ref().is_some_and(|it| allocations.contains(it)));
    let associations: Vec<String> = ours.filter_map(|it| it.association_id.clone()).collect();
    if associations.is_empty() {
        return Ok(());
    }
    let call = aws.ec2.disassociate_nat_gateway_address().nat_gateway_id(id);
    call.set_association_ids(Some(associations)).send().await?;
    Ok(())
}

/// What `all` has and `some` has not.
fn missing_in(some: &BTreeSet<String>, all: &BTreeSet<String>) -> Vec<String> {
    all.difference(some).cloned().collect()
}

/// The addresses of a gateway in one zone.
pub(super) fn zonal(now: NatGateway, all: &[NatGatewayAddress]) -> NatGateway {
    let is_primary = |it: &&NatGatewayAddress| it.is_primary == Some(true) || all.len() == 1;
    let primary = all.iter().find(is_primary);
    let further = all.iter().filter(|it| !is_primary(it)).filter(|it| !leaving(it));
    let allocations = further.clone().filter_map(|it| it.allocation_id.clone());
    let addresses: BTreeSet<String> = further.filter_map(|it| it.private_ip.clone()).collect();
    let of = |part: fn(&NatGatewayAddress) -> Option<&str>| text(primary.and_then(part));
    NatGateway {
        allocation_id: of(|it| it.allocation_id.as_deref()),
        association_id: of(|it| it.association_id.as_deref()),
        network_interface_id: of(|it| it.network_interface_id.as_deref()),
        private_ip: of(|it| it.private_ip.as_deref()),
        public_ip: of(|it| it.public_ip.as_deref()),
        secondary_allocation_ids: allocations.filter(|it| !it.is_empty()).collect(),
        secondary_private_ip_address_count: i64::try_from(addresses.len()).ok(),
        secondary_private_ip_addresses: addresses,
        regional_nat_gateway_address: BTreeSet::new(),
        ..now
    }
}

/// The addresses of a gateway in the zones of a VPC.
pub(super) fn regional(now: NatGateway, all: &[NatGatewayAddress]) -> NatGateway {
    let one = |it: &NatGatewayAddress| RegionalAddress {
        allocation_id: it.allocation_id.clone(),
        association_id: it.association_id.clone(),
        availability_zone: it.availability_zone.clone(),
        availability_zone_id: it.availability_zone_id.clone(),
        network_interface_id: it.network_interface_id.clone(),
        public_ip: it.public_ip.clone(),
        status: it.status.as_ref().map(|it| it.as_str().to_string()),
    };
    NatGateway {
        association_id: text(None),
        network_interface_id: text(None),
        private_ip: text(None),
        public_ip: text(None),
        secondary_allocation_ids: BTreeSet::new(),
        secondary_private_ip_address_count: Some(0),
        secondary_private_ip_addresses: BTreeSet::new(),
        regional_nat_gateway_address: all.iter().map(one).collect(),
        ..now
    }
}

fn leaving(it: &NatGatewayAddress) -> bool {
    use NatGatewayAddressStatus::{Disassociating, Unassigning};
    matches!(it.status, Some(Disassociating | Unassigning))
}

/// What addresses still wait for.
pub(super) fn waiting(all: &[NatGatewayAddress]) -> Option<String> {
    use NatGatewayAddressStatus::{Assigning, Associating};
    let moving =
        |it: &NatGatewayAddress| leaving(it) || matches!(it.status, Some(Assigning | Associating));
    all.iter().any(moving).then(|| "the addresses of the NAT gateway to settle".to_string())
}

/// Why an address cannot be had.
pub(super) fn failure(all: &[NatGatewayAddress]) -> Option<String> {
    let failed = |it: &&NatGatewayAddress| it.status == Some(NatGatewayAddressStatus::Failed);
    let it = all.iter().find(failed)?;
    let address = it.allocation_id.as_deref().or(it.private_ip.as_deref()).unwrap_or("an address");
    let why = it.failure_message.as_deref().unwrap_or("AWS does not say why");
    Some(format!("{address} could not be added: {why}"))
}
