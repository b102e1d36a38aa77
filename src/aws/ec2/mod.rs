//! Networks and addresses.

pub mod association;
pub mod eip;
pub mod group_rule;
pub mod internet_gateway;
pub mod nat_gateway;
mod permission;
mod protocol;
pub mod route;
pub mod route_table;
pub mod security_group;
pub mod security_group_rule;
pub mod subnet;
mod target;
#[cfg(test)]
mod tests;
pub mod vpc;

use aws_sdk_ec2::types::{AttributeBooleanValue, Filter, ResourceType, Tag, TagSpecification};

use crate::aws::client::Aws;
use crate::aws::resource::{AnyResource, Kind};
use crate::aws::tags::{TOKEN_TAG, Tags};

static VPC: Kind<vpc::Vpc> = Kind::new();
static SUBNET: Kind<subnet::Subnet> = Kind::new();
static INTERNET_GATEWAY: Kind<internet_gateway::InternetGateway> = Kind::new();
static EIP: Kind<eip::Eip> = Kind::new();
static NAT_GATEWAY: Kind<nat_gateway::NatGateway> = Kind::new();
static ROUTE_TABLE: Kind<route_table::RouteTable> = Kind::new();
static ROUTE: Kind<route::Route> = Kind::new();
static ASSOCIATION: Kind<association::RouteTableAssociation> = Kind::new();
static SECURITY_GROUP: Kind<security_group::SecurityGroup> = Kind::new();
static SECURITY_GROUP_RULE: Kind<security_group_rule::SecurityGroupRule> = Kind::new();
static INGRESS_RULE: Kind<group_rule::IngressRule> = Kind::new();
static EGRESS_RULE: Kind<group_rule::EgressRule> = Kind::new();

/// The resource types of this service.
pub static RESOURCES: &[&dyn AnyResource] = &[
    &VPC,
    &SUBNET,
    &INTERNET_GATEWAY,
    &EIP,
    &NAT_GATEWAY,
    &ROUTE_TABLE,
    &ROUTE,
    &ASSOCIATION,
    &SECURITY_GROUP,
    &SECURITY_GROUP_RULE,
    &INGRESS_RULE,
    &EGRESS_RULE,
];

/// The most values that one filter takes.
pub const MOST_VALUES: usize = 200;

/// The page size of calls that describe: the most that all of them but route tables take.
pub const PAGE: i32 = 1000;

/// The condition that a property has one of some values.
pub fn filter<T: Into<String>>(name: &str, values: impl IntoIterator<Item = T>) -> Filter {
    let values = values.into_iter().map(Into::into).collect();
    Filter::builder().name(name).set_values(Some(values)).build()
}

/// The ids of objects that have one.
pub fn ids<'a, R: 'a>(
    objects: &'a [R],
    id: impl Fn(&'a R) -> Option<&'a str> + 'a,
) -> impl Iterator<Item = &'a str> + 'a {
    objects.iter().filter_map(id)
}

/// The condition that an object was created by the step of this token.
pub fn made_by(token: &str) -> Filter {
    filter(&format!("tag:{TOKEN_TAG}"), [token])
}

/// Whether tags carry the token of a step. They prove that an object is ours, which a filter does not:
/// it only shortens the answer.
pub fn carries(tags: Option<&[Tag]>, token: &str) -> bool {
    let is_token = |tag: &Tag| tag.key() == Some(TOKEN_TAG) && tag.value() == Some(token);
    tags.unwrap_or_default().iter().any(is_token)
}

/// What gives a new object its tags.
pub fn tag_specs(kind: ResourceType, tags: &Tags) -> Option<Vec<TagSpecification>> {
    if tags.is_empty() {
        return None;
    }
    let tags = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    let spec = TagSpecification::builder().resource_type(kind).set_tags(Some(tags.collect()));
    Some(vec![spec.build()])
}

/// Tags as told.
pub fn tags(told: Option<&[Tag]>) -> Tags {
    let pair =
        |tag: &Tag| Some((tag.key()?.to_string(), tag.value().unwrap_or_default().to_string()));
    told.unwrap_or_default().iter().filter_map(pair).collect()
}

/// A flag of a call that modifies attributes.
pub fn flag(value: bool) -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(value).build()
}

/// A text that is there and not empty: the AWS provider stores some absent texts as empty ones.
pub fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|it| !it.is_empty())
}

/// [`given`], owned.
pub fn sent(text: &Option<String>) -> Option<String> {
    given(text).map(str::to_string)
}

/// A text as the AWS provider stores it: empty when absent.
pub fn text(told: Option<&str>) -> Option<String> {
    Some(told.unwrap_or_default().to_string())
}

/// Whether a wish is given and differs from what is.
pub fn wants(wish: &Option<String>, is: &Option<String>) -> bool {
    given(wish).is_some_and(|wish| Some(wish) != given(is))
}

/// The ARN of an object of `owner` in the region of these clients.
pub fn arn(aws: &Aws, owner: &str, object: &str) -> Option<String> {
    Some(format!("arn:{}:ec2:{}:{owner}:{object}", aws.partition(), aws.region))
}
