//! Token buckets: how many calls of a class AWS takes, so that calls wait here instead of being
//! refused there.
//!
//! One bucket per provider configuration, region, service and class of operations. The figures are
//! AWS's where AWS publishes them (`aws-calls.md` A2.1), and otherwise what others found to work; a
//! throttling answer slows its bucket down, success speeds it up again to its figure.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::aws::operation::mutates;

/// How many calls of a class AWS takes at once, and how many a second thereafter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// The calls that can be made at once.
    pub burst: f64,
    /// The calls a second.
    pub rate: f64,
}

/// A class of operations that share a bucket, and its limit.
struct Class {
    name: &'static str,
    operations: &'static [&'static str],
    burst: f64,
    rate: f64,
}

/// Classes named by their operations.
const CLASSES: &[Class] = &[
    Class { name: "ec2:CreateTags", operations: &["ec2:CreateTags"], burst: 100.0, rate: 10.0 },
    Class {
        name: "ec2:CreateNatGateway",
        operations: &["ec2:CreateNatGateway"],
        burst: 10.0,
        rate: 1.0,
    },
    Class {
        name: "ec2:CreateVpcEndpoint",
        operations: &["ec2:CreateVpcEndpoint"],
        burst: 4.0,
        rate: 0.3,
    },
    Class {
        name: "ec2:CreateNetworkInterface",
        operations: &["ec2:CreateNetworkInterface"],
        burst: 100.0,
        rate: 5.0,
    },
    Class {
        name: "ecs cluster modify",
        operations: &[
            "ecs:CreateCluster",
            "ecs:UpdateCluster",
            "ecs:UpdateClusterSettings",
            "ecs:DeleteCluster",
            "ecs:PutClusterCapacityProviders",
        ],
        burst: 20.0,
        rate: 1.0,
    },
    Class {
        name: "ecs cluster read",
        operations: &["ecs:DescribeClusters", "ecs:ListClusters"],
        burst: 50.0,
        rate: 20.0,
    },
    Class {
        name: "ecs task definition modify",
        operations: &[
            "ecs:RegisterTaskDefinition",
            "ecs:DeregisterTaskDefinition",
            "ecs:DeleteTaskDefinitions",
        ],
        burst: 20.0,
        rate: 1.0,
    },
    Class {
        name: "ecs task definition read",
        operations: &[
            "ecs:DescribeTaskDefinition",
            "ecs:ListTaskDefinitions",
            "ecs:ListTaskDefinitionFamilies",
        ],
        burst: 50.0,
        rate: 20.0,
    },
    Class {
        name: "ecs capacity provider modify",
        operations: &[
            "ecs:CreateCapacityProvider",
            "ecs:UpdateCapacityProvider",
            "ecs:DeleteCapacityProvider",
        ],
        burst: 10.0,
        rate: 1.0,
    },
    Class {
        name: "ecs capacity provider read",
        operations: &["ecs:DescribeCapacityProviders"],
        burst: 50.0,
        rate: 20.0,
    },
    Class {
        name: "ecs tag modify",
        operations: &["ecs:TagResource", "ecs:UntagResource"],
        burst: 20.0,
        rate: 10.0,
    },
    Class {
        name: "ecs tag read",
        operations: &["ecs:ListTagsForResource"],
        burst: 50.0,
        rate: 20.0,
    },
    Class {
        name: "ecs service modify",
        operations: &["ecs:CreateService", "ecs:UpdateService", "ecs:DeleteService"],
        burst: 50.0,
        rate: 5.0,
    },
    Class {
        name: "ecs service read",
        operations: &["ecs:DescribeServices", "ecs:ListServices"],
        burst: 100.0,
        rate: 20.0,
    },
    Class {
        name: "ecs service deployments read",
        operations: &[
            "ecs:DescribeServiceDeployments",
            "ecs:DescribeServiceRevisions",
            "ecs:ListServiceDeployments",
        ],
        burst: 50.0,
        rate: 20.0,
    },
    Class {
        name: "ecs task modify",
        operations: &["ecs:RunTask", "ecs:StopTask"],
        burst: 100.0,
        rate: 40.0,
    },
    Class {
        name: "ecs task read",
        operations: &["ecs:DescribeTasks", "ecs:ListTasks", "ecs:DescribeContainerInstances"],
        burst: 100.0,
        rate: 20.0,
    },
];

/// What the other operations of a service share: all its reads one bucket, or one each.
struct Rest {
    service: &'static str,
    shared_reads: bool,
    reads: Limit,
    writes: Limit,
}

const fn limit(burst: f64, rate: f64) -> Limit {
    Limit { burst, rate }
}

/// The operations that are in no class, by service.
const REST: &[Rest] = &[
    Rest {
        service: "ec2",
        shared_reads: false,
        reads: limit(100.0, 20.0),
        writes: limit(50.0, 5.0),
    },
    Rest {
        service: "ecs",
        shared_reads: false,
        reads: limit(50.0, 20.0),
        writes: limit(20.0, 1.0),
    },
    Rest {
        service: "elasticloadbalancing",
        shared_reads: true,
        reads: limit(40.0, 10.0),
        writes: limit(20.0, 5.0),
    },
    Rest {
        service: "iam",
        shared_reads: false,
        reads: limit(30.0, 15.0),
        writes: limit(20.0, 10.0),
    },
    Rest {
        service: "ssm",
        shared_reads: false,
        reads: limit(40.0, 40.0),
        writes: limit(10.0, 3.0),
    },
];

/// For services of which nothing is known.
const OTHERWISE: Limit = limit(20.0, 10.0);

/// The bucket of an operation such as `ec2:CreateVpc`: its name and its limit.
pub fn class_of(operation: &str) -> (&str, Limit) {
    if let Some(class) = CLASSES.iter().find(|class| class.operations.contains(&operation)) {
        return (class.name, limit(class.burst, class.rate));
    }
    let service = operation.split(':').next().unwrap_or_default();
    match (REST.iter().find(|rest| rest.service == service), mutates(operation)) {
        (Some(rest), true) => (operation, rest.writes),
        (Some(rest), false) if rest.shared_reads => (rest.service, rest.reads),
        (Some(rest), false) => (operation, rest.reads),
        (None, _) => (operation, OTHERWISE),
    }
}

/// The buckets of one provider configuration in one region.
#[derive(Debug)]
pub struct Buckets {
    adaptive: bool,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    limit: Limit,
    rate: f64,
    tokens: f64,
    filled: Instant,
}

/// How much slower a bucket becomes by a throttling answer.
const SLOWER: f64 = 0.7;
/// How much of its figure a bucket wins back by a success.
const FASTER: f64 = 0.02;
/// The least of its figure that a bucket falls to.
const SLOWEST: f64 = 0.05;

impl Buckets {
    /// Full buckets; `adaptive` ones change their rates by the answers.
    pub fn new(adaptive: bool) -> Buckets {
        Buckets { adaptive, buckets: Mutex::default() }
    }

    /// Takes a token for a call: when the call may be made. Later callers get later instants.
    pub fn reserve(&self, operation: &str) -> Instant {
        self.with(operation, |bucket| bucket.reserve(Instant::now()))
    }

    /// Tells that AWS refused a call because there were too many.
    pub fn throttled(&self, operation: &str) {
        let adaptive = self.adaptive;
        self.with(operation, |bucket| bucket.throttled(adaptive));
    }

    /// Tells that AWS took a call.
    pub fn succeeded(&self, operation: &str) {
        self.with(operation, Bucket::succeeded);
    }

    /// The calls a second that the bucket of an operation gives at the moment.
    pub fn rate(&self, operation: &str) -> f64 {
        self.with(operation, |bucket| bucket.rate)
    }

    fn with<T>(&self, operation: &str, act: impl FnOnce(&mut Bucket) -> T) -> T {
        let (class, limit) = class_of(operation);
        let mut buckets = self.lock();
        if let Some(bucket) = buckets.get_mut(class) {
            return act(bucket);
        }
        act(buckets.entry(class.to_string()).or_insert_with(|| Bucket::full(limit)))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bucket {
    fn full(limit: Limit) -> Bucket {
        Bucket { limit, rate: limit.rate, tokens: limit.burst, filled: Instant::now() }
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + passed * self.rate).min(self.limit.burst);
        self.filled = now;
    }

    /// Tokens may be owed: what is owed says how long the caller waits.
    fn reserve(&mut self, now: Instant) -> Instant {
        self.fill(now);
        self.tokens -= 1.0;
        if self.tokens >= 0.0 {
            return now;
        }
        now + Duration::from_secs_f64(-self.tokens / self.rate)
    }

    fn throttled(&mut self, adaptive: bool) {
        self.fill(Instant::now());
        self.tokens = self.tokens.min(0.0);
        if adaptive {
            self.rate = (self.rate * SLOWER).max(self.limit.rate * SLOWEST);
        }
    }

    fn succeeded(&mut self) {
        self.rate = (self.rate + self.limit.rate * FASTER).min(self.limit.rate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_share_the_buckets_that_aws_says_they_share() {
        let named = |operation| class_of(operation).0.to_string();
        assert_eq!(named("ecs:CreateService"), named("ecs:DeleteService"));
        assert_ne!(named("ecs:CreateService"), named("ecs:DescribeServices"));
        assert_eq!(
            named("elasticloadbalancing:DescribeTags"),
            named("elasticloadbalancing:DescribeRules")
        );
        assert_ne!(named("ec2:DescribeVpcs"), named("ec2:DescribeSubnets"));
        assert_eq!(class_of("ecs:RegisterTaskDefinition").1, limit(20.0, 1.0));
        assert_eq!(class_of("ec2:DescribeVpcs").1, limit(100.0, 20.0));
        assert_eq!(class_of("unheard:DoIt").1, OTHERWISE);
    }

    #[tokio::test(start_paused = true)]
    async fn calls_beyond_the_burst_wait_in_line() {
        let (buckets, start) = (Buckets::new(true), Instant::now());
        let waits: Vec<Duration> =
            (0..23).map(|_| buckets.reserve("ecs:CreateCluster") - start).collect();
        assert!(waits[..20].iter().all(Duration::is_zero));
        assert_eq!(waits[20..].iter().map(Duration::as_secs).collect::<Vec<_>>(), [1, 2, 3]);
        tokio::time::advance(Duration::from_secs(4)).await;
        assert_eq!(buckets.reserve("ecs:CreateCluster"), Instant::now());
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttling_answer_empties_and_slows_and_success_restores() {
        let buckets = Buckets::new(true);
        buckets.reserve("ec2:CreateVpc");
        buckets.throttled("ec2:CreateVpc");
        assert_eq!(buckets.rate("ec2:CreateVpc"), 5.0 * SLOWER);
        assert!(buckets.reserve("ec2:CreateVpc") > Instant::now());
        (0..100).for_each(|_| buckets.throttled("ec2:CreateVpc"));
        assert_eq!(buckets.rate("ec2:CreateVpc"), 5.0 * SLOWEST);
        (0..100).for_each(|_| buckets.succeeded("ec2:CreateVpc"));
        assert_eq!(buckets.rate("ec2:CreateVpc"), 5.0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_bucket_that_does_not_adapt_keeps_its_rate() {
        let buckets = Buckets::new(false);
        buckets.throttled("iam:CreateRole");
        assert_eq!(buckets.rate("iam:CreateRole"), 10.0);
    }
}
