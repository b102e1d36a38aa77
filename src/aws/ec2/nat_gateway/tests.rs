use aws_sdk_ec2::types::{self, NatGatewayAddress, NatGatewayAddressStatus, NatGatewayState};

use super::{NatGateway, merged};
use crate::aws::resource::{Proposal, Resource};
use crate::provider::Status;
use crate::schema::FieldType as _;
use crate::value::{Type, Value};

fn told(state: NatGatewayState) -> types::builders::NatGatewayBuilder {
    types::NatGateway::builder().nat_gateway_id("nat-1").state(state)
}

fn read(told: types::NatGateway) -> Option<NatGateway> {
    merged(NatGateway::blank(), &told)
}

#[test]
fn states_say_whether_aws_has_finished() {
    let status = |told: types::NatGateway| read(told).map(|it| it.status());
    let pending = "the NAT gateway to become available".to_string();
    assert_eq!(status(told(NatGatewayState::Pending).build()), Some(Status::Pending(pending)));
    assert_eq!(status(told(NatGatewayState::Available).build()), Some(Status::Ready));
    assert_eq!(status(told(NatGatewayState::Deleted).build()), None);
    let failed = told(NatGatewayState::Failed)
        .failure_code("Resource.AlreadyAssociated")
        .failure_message("eipalloc-1 is already associated");
    let why = "Resource.AlreadyAssociated: eipalloc-1 is already associated".to_string();
    assert_eq!(status(failed.build()), Some(Status::Failed(why)));
    let lost = NatGatewayAddress::builder().status(NatGatewayAddressStatus::Failed);
    let deleting = told(NatGatewayState::Deleting).nat_gateway_addresses(lost.build());
    let deleted = "the NAT gateway to be deleted".to_string();
    assert_eq!(status(deleting.build()), Some(Status::Pending(deleted)));
}

#[test]
fn further_addresses_are_told_apart_from_the_primary_one() {
    let address = |allocation: &str, ip: &str, primary: bool| {
        NatGatewayAddress::builder().allocation_id(allocation).private_ip(ip).is_primary(primary)
    };
    let leaving = address("eipalloc-3", "10.0.0.7", false);
    let told = told(NatGatewayState::Available)
        .nat_gateway_addresses(address("eipalloc-1", "10.0.0.5", true).build())
        .nat_gateway_addresses(address("eipalloc-2", "10.0.0.6", false).build())
        .nat_gateway_addresses(leaving.status(NatGatewayAddressStatus::Disassociating).build());
    let now = read(told.build()).unwrap();
    assert_eq!(now.allocation_id.as_deref(), Some("eipalloc-1"));
    assert!(now.secondary_allocation_ids.iter().eq(["eipalloc-2"]));
    assert!(now.secondary_private_ip_addresses.iter().eq(["10.0.0.6"]));
    assert_eq!(now.secondary_private_ip_address_count, Some(1));
    assert!(matches!(now.status(), Status::Pending(_)));
}

#[test]
fn what_aws_would_refuse_is_said_before() {
    let broken = |fields: &[(&str, &str)]| -> Vec<String> {
        let fields = fields.iter().map(|(name, it)| (*name, Value::string(it)));
        NatGateway::validate(&Value::object(fields))
            .into_iter()
            .map(|it| it.0.to_string())
            .collect()
    };
    assert!(broken(&[("subnet_id", "s"), ("allocation_id", "e")]).is_empty());
    assert_eq!(broken(&[("subnet_id", "s")]), ["allocation_id"]);
    assert_eq!(broken(&[("allocation_id", "e")]), ["subnet_id"]);
    let private = ("connectivity_type", "private");
    assert_eq!(broken(&[private, ("subnet_id", "s"), ("allocation_id", "e")]), ["allocation_id"]);
    assert_eq!(broken(&[("availability_mode", "regional")]), ["vpc_id"]);
}

#[test]
fn addresses_that_follow_from_others_are_unknown() {
    let set = |items: &[&str]| Value::set(Type::String, items.iter().map(Value::string));
    let prior = NatGateway::blank().encode();
    let value = prior.clone().with("secondary_allocation_ids", set(&["eipalloc-2"]));
    let configuration = Value::object([("secondary_allocation_ids", set(&["eipalloc-2"]))]);
    let mut proposal =
        Proposal { prior: Some(&prior), configuration: &configuration, value, replace: Vec::new() };
    NatGateway::plan(&mut proposal).unwrap();
    assert!(!proposal.value.get("secondary_private_ip_addresses").is_known());
    assert!(!proposal.value.get("secondary_private_ip_address_count").is_known());
    assert!(proposal.replace.is_empty());
}
