//! Clusters, services and tasks.

pub mod capacity_providers;
pub mod cluster;
pub mod container_definitions;
mod raw;
pub mod service;
pub mod strategy;
pub mod task_definition;
#[cfg(test)]
mod tests;
pub mod volume;

use aws_sdk_ecs::types::Tag;

use crate::aws::resource::{AnyResource, Kind};
use crate::aws::tags::Tags;

static CLUSTER: Kind<cluster::Cluster> = Kind::new();
static CAPACITY_PROVIDERS: Kind<capacity_providers::CapacityProviders> = Kind::new();
static TASK_DEFINITION: Kind<task_definition::TaskDefinition> = Kind::new();
static SERVICE: Kind<service::Service> = Kind::new();

/// The resource types of this service.
pub static RESOURCES: &[&dyn AnyResource] =
    &[&CLUSTER, &CAPACITY_PROVIDERS, &TASK_DEFINITION, &SERVICE];

fn tags(from: &[Tag]) -> Tags {
    let pair =
        |tag: &Tag| (tag.key.clone().unwrap_or_default(), tag.value.clone().unwrap_or_default());
    from.iter().map(pair).collect()
}

/// Tags as the service takes them; none rather than an empty list.
fn sdk_tags(tags: &Tags) -> Option<Vec<Tag>> {
    let made = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    (!tags.is_empty()).then(|| made.collect())
}

/// The last part of an ARN: the name of a cluster or service.
fn last_part(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
