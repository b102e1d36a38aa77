use std::collections::BTreeSet;

use aws_sdk_ec2::types;

use super::routes::{is_shown, local_ones};
use super::{InlineRoute, RouteTable, range};
use crate::aws::resource::Resource as _;
use crate::schema::FieldType as _;
use crate::value::Value;

fn route(to: &str, gateway: &str) -> types::Route {
    types::Route::builder().destination_cidr_block(to).gateway_id(gateway).build()
}

#[test]
fn routes_that_aws_makes_are_not_shown() {
    let none = BTreeSet::new();
    assert!(is_shown(&route("0.0.0.0/0", "igw-1"), &[], &none));
    assert!(!is_shown(&route("10.0.0.0/16", "local"), &[], &none));
    let endpoint = types::Route::builder().destination_prefix_list_id("pl-1").gateway_id("vpce-1");
    assert!(!is_shown(&endpoint.build(), &[], &none));
    let propagated = types::Route::builder().destination_cidr_block("10.9.0.0/16");
    let origin = types::RouteOrigin::EnableVgwRoutePropagation;
    assert!(!is_shown(&propagated.gateway_id("vgw-1").origin(origin).build(), &[], &none));
}

#[test]
fn a_local_route_is_shown_when_it_is_configured() {
    let configured = InlineRoute::told(&route("10.0.0.0/16", "local")).unwrap();
    let local = local_ones(&BTreeSet::from([configured]));
    assert!(is_shown(&route("10.0.0.0/16", "local"), &local, &BTreeSet::new()));
}

#[test]
fn ids_say_what_a_gateway_really_is() {
    let told = |gateway| InlineRoute::told(&route("0.0.0.0/0", gateway)).unwrap();
    assert_eq!(told("vpce-1").vpc_endpoint_id, "vpce-1");
    assert_eq!(told("nat-1").nat_gateway_id, "nat-1");
    assert_eq!(told("igw-1").gateway_id, "igw-1");
    assert_eq!(told("vpce-1").gateway_id, "");
}

#[test]
fn the_spelling_of_the_configuration_stays() {
    let long = "2001:db8:0:0::/56";
    let mine = InlineRoute {
        ipv6_cidr_block: long.into(),
        gateway_id: "igw-1".into(),
        ..InlineRoute::blank()
    };
    let told = types::Route::builder().destination_ipv6_cidr_block("2001:db8::/56");
    let told = InlineRoute::told(&told.gateway_id("igw-1").build()).unwrap();
    assert_eq!(told.spelled_as_in(&BTreeSet::from([mine])).ipv6_cidr_block, long);
}

#[test]
fn a_route_has_one_destination_and_one_target() {
    let broken = |fields: &[(&str, &str)]| -> Vec<String> {
        let route = Value::object(fields.iter().map(|(name, it)| (*name, Value::string(it))));
        let configuration = Value::object([("route", Value::tuple([route]))]);
        RouteTable::validate(&configuration).into_iter().map(|it| it.1).collect()
    };
    assert!(broken(&[("cidr_block", "0.0.0.0/0"), ("gateway_id", "igw-1")]).is_empty());
    let two = [("cidr_block", "0.0.0.0/0"), ("gateway_id", "igw-1"), ("nat_gateway_id", "nat-1")];
    assert_eq!(broken(&two), ["A route has one target, but has gateway_id and nat_gateway_id."]);
    assert!(broken(&[("gateway_id", "igw-1")])[0].starts_with("A route needs a destination"));
}

#[test]
fn ranges_have_no_host_bits() {
    assert!(range(&Value::string("")).is_ok());
    assert!(range(&Value::string("10.0.0.0/16")).is_ok());
    assert!(range(&Value::string("10.0.0.1/16")).unwrap_err().contains("10.0.0.0/16"));
    assert!(range(&Value::string("ten")).is_err());
}
