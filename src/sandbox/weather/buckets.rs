//! The token buckets AWS throttles with, per region, as far as they are published.

use std::collections::HashMap;

use tokio::time::Instant;

use crate::sandbox::call::Call;

/// Size and refill of one bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Tokens the bucket holds when full.
    pub capacity: f64,
    /// Tokens that come back each second.
    pub per_second: f64,
}

const fn rate(capacity: f64, per_second: f64) -> Rate {
    Rate { capacity, per_second }
}

/// Bucket of a call: calls with the same name share it.
///
/// Sources: the EC2 API throttling page (per action), the ECS request throttling table (shared by
/// class), the Elastic Load Balancing quotas; IAM publishes none, so working values of others.
pub fn bucket_of(call: &Call) -> (String, Rate) {
    let (class, rate) = match call.service.as_str() {
        "ec2" => ec2(&call.operation),
        "ecs" => ecs(&call.operation),
        "elasticloadbalancing" => load_balancing(call),
        "iam" | "sts" => (call.operation.as_str(), rate(30.0, 15.0)),
        _ => (call.operation.as_str(), rate(50.0, 10.0)),
    };
    (format!("{}:{}:{class}", call.region, call.service), rate)
}

fn ec2(operation: &str) -> (&str, Rate) {
    let rate = match operation {
        "CreateTags" | "DeleteTags" => rate(100.0, 10.0),
        "CreateNatGateway" | "DeleteNatGateway" => rate(10.0, 1.0),
        "CreateVpcEndpoint" => rate(4.0, 0.3),
        "RunInstances" => rate(5.0, 2.0),
        _ if operation.starts_with("Describe") || operation.starts_with("Get") => rate(100.0, 20.0),
        _ => rate(50.0, 5.0),
    };
    (operation, rate)
}

fn ecs(operation: &str) -> (&'static str, Rate) {
    match operation {
        "CreateCluster"
        | "UpdateCluster"
        | "UpdateClusterSettings"
        | "DeleteCluster"
        | "PutClusterCapacityProviders" => ("cluster modify", rate(20.0, 1.0)),
        "DescribeClusters" | "ListClusters" => ("cluster read", rate(50.0, 20.0)),
        "RegisterTaskDefinition" | "DeregisterTaskDefinition" | "DeleteTaskDefinitions" => {
            ("task definition modify", rate(20.0, 1.0))
        }
        "DescribeTaskDefinition" | "ListTaskDefinitions" | "ListTaskDefinitionFamilies" => {
            ("task definition read", rate(50.0, 20.0))
        }
        "CreateCapacityProvider" | "UpdateCapacityProvider" | "DeleteCapacityProvider" => {
            ("capacity provider modify", rate(10.0, 1.0))
        }
        "DescribeCapacityProviders" => ("capacity provider read", rate(50.0, 20.0)),
        "TagResource" | "UntagResource" => ("tag modify", rate(20.0, 10.0)),
        "ListTagsForResource" => ("tag read", rate(50.0, 20.0)),
        "CreateService" | "UpdateService" | "DeleteService" => ("service modify", rate(50.0, 5.0)),
        "DescribeServices" | "ListServices" => ("service read", rate(100.0, 20.0)),
        "DescribeServiceDeployments" | "ListServiceDeployments" | "DescribeServiceRevisions" => {
            ("deployment read", rate(50.0, 20.0))
        }
        "RunTask" | "StartTask" | "StopTask" => ("cluster resource modify", rate(100.0, 40.0)),
        _ => ("cluster resource read", rate(100.0, 20.0)),
    }
}

fn load_balancing(call: &Call) -> (&str, Rate) {
    if call.is_mutating() {
        return (&call.operation, rate(40.0, 5.0));
    }
    ("read", rate(40.0, 10.0))
}

/// The fill of all buckets.
#[derive(Debug, Default)]
pub struct Buckets {
    fill: HashMap<String, (f64, Instant)>,
}

impl Buckets {
    /// Takes a token for the call; `false` if its bucket is empty.
    pub fn take(&mut self, call: &Call, now: Instant) -> bool {
        let (name, rate) = bucket_of(call);
        let (tokens, seen) = self.fill.entry(name).or_insert((rate.capacity, now));
        let passed = now.saturating_duration_since(*seen).as_secs_f64();
        *tokens = (*tokens + passed * rate.per_second).min(rate.capacity);
        *seen = now;
        if *tokens < 1.0 {
            return false;
        }
        *tokens -= 1.0;
        true
    }
}
