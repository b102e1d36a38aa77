//! Load balancers.

pub mod action;
mod attributes;
pub mod authenticate;
pub mod condition;
mod described;
pub mod listener;
pub mod listener_rule;
pub mod load_balancer;
pub mod target_attributes;
pub mod target_group;
#[cfg(test)]
mod tests;
pub mod transform;

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::Tag;

use crate::aws::client::Aws;
use crate::aws::resource::{AnyResource, Kind};
use crate::aws::tags::{TOKEN_TAG, Tags, claimed};
use crate::provider::{Result, Step};

static LOAD_BALANCER: Kind<load_balancer::LoadBalancer> = Kind::new();
static TARGET_GROUP: Kind<target_group::TargetGroup> = Kind::new();
static LISTENER: Kind<listener::Listener> = Kind::new();
static LISTENER_RULE: Kind<listener_rule::ListenerRule> = Kind::new();

/// The resource types of this service.
pub static RESOURCES: &[&dyn AnyResource] =
    &[&LOAD_BALANCER, &TARGET_GROUP, &LISTENER, &LISTENER_RULE];

/// The most ARNs that `DescribeLoadBalancers` and `DescribeTags` take (ELB API reference).
const MOST: usize = 20;

/// The tags of each ARN, in one call for every twenty.
async fn tags(aws: &Aws, arns: &[String]) -> Result<BTreeMap<String, Tags>> {
    let mut all = BTreeMap::new();
    for some in arns.chunks(MOST) {
        let found = aws.elb.describe_tags().set_resource_arns(Some(some.to_vec())).send().await?;
        for it in found.tag_descriptions() {
            let tags = it.tags().iter().map(|tag| {
                (tag.key.clone().unwrap_or_default(), tag.value.clone().unwrap_or_default())
            });
            all.insert(it.resource_arn.clone().unwrap_or_default(), tags.collect());
        }
    }
    Ok(all)
}

/// Of these ARNs, the one with the tag of a step.
async fn ours(aws: &Aws, arns: Vec<String>, token: &str) -> Result<Option<String>> {
    let tags = tags(aws, &arns).await?;
    let carries = |arn: &String| tags.get(arn).and_then(|it| it.get(TOKEN_TAG)).map(String::as_str);
    Ok(arns.iter().find(|arn| carries(arn) == Some(token)).cloned())
}

/// The ARN that a create call answered with, if the object is ours: the call also answers with an
/// object that somebody else gave the same name and settings.
async fn claim(aws: &Aws, arn: String, step: &Step) -> Result<String> {
    let all = tags(aws, std::slice::from_ref(&arn)).await;
    let own = all.map(|mut all| all.remove(&arn));
    claimed(arn.clone(), &arn, step, own)
}

/// Tags as the service takes them; none rather than an empty list.
fn sdk_tags(tags: &Tags) -> Option<Vec<Tag>> {
    let made = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    (!tags.is_empty()).then(|| made.collect())
}

/// A name of at most 32 characters: the one given, or one made of prefix and token.
fn name(given: Option<&String>, prefix: Option<&String>, token: &str) -> String {
    let prefix = prefix.map_or("tf-lb-", String::as_str);
    let room = 32_usize.saturating_sub(prefix.len()).min(26);
    given.cloned().unwrap_or_else(|| format!("{prefix}{}", token.get(..room).unwrap_or(token)))
}

/// What follows the kind in an ARN: `app/name/0123`.
fn suffix(arn: &str, kind: &str) -> Option<String> {
    arn.split_once(kind).map(|(_, suffix)| suffix.to_string())
}
