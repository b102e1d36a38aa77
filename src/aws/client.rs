//! The SDK clients of one provider configuration in one region.

use std::sync::Arc;

use aws_config::{Region, SdkConfig};
use aws_sdk_sts::config::retry::{RetryPartition, TokenBucket};
use aws_smithy_types::retry::RetryConfig;
use tokio::sync::OnceCell;

use crate::aws::bucket::Buckets;
use crate::aws::calls::{Calls, EveryFailure};
use crate::aws::iam::overview::Overview;
use crate::aws::provider_block::Endpoints;
use crate::aws::resource::missing;
use crate::provider::Result;

/// The clients of one provider configuration in one region.
#[derive(Clone)]
pub struct Aws {
    /// EC2
    pub ec2: aws_sdk_ec2::Client,
    /// ECS
    pub ecs: aws_sdk_ecs::Client,
    /// ECR
    pub ecr: aws_sdk_ecr::Client,
    /// Elastic Load Balancing v2
    pub elb: aws_sdk_elasticloadbalancingv2::Client,
    /// IAM
    pub iam: aws_sdk_iam::Client,
    /// CloudWatch Logs
    pub logs: aws_sdk_cloudwatchlogs::Client,
    /// Systems Manager
    pub ssm: aws_sdk_ssm::Client,
    /// STS
    pub sts: aws_sdk_sts::Client,
    /// The region of these clients.
    pub region: String,
    /// What plural IAM calls told, while these clients serve one look at many objects.
    pub identities: Option<Arc<Overview>>,
    account: Arc<OnceCell<Account>>,
    ask_account: bool,
}

/// What the clients of all regions of a provider configuration have in common.
pub struct Common {
    /// Credentials, HTTP client and endpoints, with the region of the provider.
    pub sdk: SdkConfig,
    /// The endpoints of the provider block.
    pub endpoints: Endpoints,
    /// The region of STS calls, when it is not that of the clients.
    pub sts_region: Option<String>,
    /// The most times a call is repeated for errors that are not in the error table.
    pub max_retries: u32,
    /// Whether throttling answers change the token buckets.
    pub adaptive: bool,
    /// How many repetitions may be outstanding altogether.
    pub quota: TokenBucket,
    /// Whether STS may be asked whose credentials these are.
    pub ask_account: bool,
    /// Whose credentials these are, once known.
    pub account: Arc<OnceCell<Account>>,
}

/// Whose credentials are in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The account: twelve digits; empty when the provider may not ask for it.
    pub id: String,
    /// The partition, such as `aws`.
    pub partition: String,
    /// The ARN of the caller.
    pub arn: String,
    /// The unique id of the caller.
    pub user_id: String,
}

/// The client of one service, with what happens around its calls.
macro_rules! client {
    ($service:ident, $name:literal, $endpoint:literal, $common:expr, $region:expr, $buckets:expr) => {{
        let mut builder = $service::config::Builder::from(&$common.sdk)
            .region(Region::new($region.to_string()))
            .retry_config(RetryConfig::standard())
            .retry_partition(
                RetryPartition::custom("terrace").token_bucket($common.quota.clone()).build(),
            )
            .retry_classifier(EveryFailure)
            .interceptor(Calls {
                service: $name,
                buckets: $buckets.clone(),
                most: $common.max_retries,
            });
        if let Some(url) = $common.endpoints.of($endpoint) {
            builder = builder.endpoint_url(url);
        }
        $service::Client::from_conf(builder.build())
    }};
}

impl Aws {
    /// The clients for a region; offline.
    pub fn new(common: &Common, region: &str) -> Aws {
        let buckets = Arc::new(Buckets::new(common.adaptive));
        let sts = common.sts_region.as_deref().unwrap_or(region);
        Aws {
            ec2: client!(aws_sdk_ec2, "ec2", "ec2", common, region, buckets),
            ecs: client!(aws_sdk_ecs, "ecs", "ecs", common, region, buckets),
            ecr: client!(aws_sdk_ecr, "ecr", "ecr", common, region, buckets),
            elb: client!(
                aws_sdk_elasticloadbalancingv2,
                "elasticloadbalancing",
                "elbv2",
                common,
                region,
                buckets
            ),
            iam: client!(aws_sdk_iam, "iam", "iam", common, region, buckets),
            logs: client!(aws_sdk_cloudwatchlogs, "logs", "logs", common, region, buckets),
            ssm: client!(aws_sdk_ssm, "ssm", "ssm", common, region, buckets),
            sts: client!(aws_sdk_sts, "sts", "sts", common, sts, buckets),
            region: region.to_string(),
            identities: None,
            account: common.account.clone(),
            ask_account: common.ask_account,
        }
    }

    /// Whose credentials these are; asked for once. Its id is empty when the provider block says
    /// `skip_requesting_account_id`.
    pub async fn account(&self) -> Result<&Account> {
        self.account.get_or_try_init(|| self.find_account()).await
    }

    async fn find_account(&self) -> Result<Account> {
        if self.ask_account {
            return self.ask_caller().await;
        }
        Ok(Account { partition: self.partition().to_string(), ..Account::default() })
    }

    /// Whose credentials these are, whatever the provider block says; asked for once if it can be.
    pub async fn caller(&self) -> Result<Account> {
        match self.ask_account {
            true => self.account().await.cloned(),
            false => self.ask_caller().await,
        }
    }

    async fn ask_caller(&self) -> Result<Account> {
        let told = self.sts.get_caller_identity().send().await?;
        let arn = told.arn.ok_or_else(|| missing("Arn"))?;
        Ok(Account {
            id: told.account.ok_or_else(|| missing("Account"))?,
            partition: arn.split(':').nth(1).unwrap_or_default().to_string(),
            arn,
            user_id: told.user_id.unwrap_or_default(),
        })
    }

    /// The partition of the region, such as `aws` or `aws-cn`.
    pub fn partition(&self) -> &'static str {
        partition_of(&self.region).name
    }

    /// The domain of the services of the partition, such as `amazonaws.com`.
    pub fn dns_suffix(&self) -> &'static str {
        partition_of(&self.region).dns_suffix
    }

    /// An ARN in the account and region of these clients: `resource` is the last part, such as
    /// `vpc/vpc-1`.
    pub async fn arn(&self, service: &str, resource: &str) -> Result<String> {
        let account = &self.account().await?.id;
        Ok(format!("arn:{}:{service}:{}:{account}:{resource}", self.partition(), self.region))
    }

    /// An ARN in the account of these clients of a service without regions, such as IAM.
    pub async fn global_arn(&self, service: &str, resource: &str) -> Result<String> {
        let account = &self.account().await?.id;
        Ok(format!("arn:{}:{service}::{account}:{resource}", self.partition()))
    }
}

/// A separate part of AWS, with its own accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// How its regions begin.
    prefix: &'static str,
    /// The name, such as `aws`.
    pub name: &'static str,
    /// The domain of its services.
    pub dns_suffix: &'static str,
    /// How the names of its endpoint services begin.
    pub reverse_dns_prefix: &'static str,
}

/// The partitions (botocore's `partitions.json`); the last is for all other regions.
const PARTITIONS: [Partition; 8] = [
    partition("cn-", "aws-cn", "amazonaws.com.cn", "cn.com.amazonaws"),
    partition("us-gov-", "aws-us-gov", "amazonaws.com", "com.amazonaws"),
    partition("us-iso-", "aws-iso", "c2s.ic.gov", "gov.ic.c2s"),
    partition("us-isob-", "aws-iso-b", "sc2s.sgov.gov", "gov.sgov.sc2s"),
    partition("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", "uk.adc-e.cloud"),
    partition("us-isof-", "aws-iso-f", "csp.hci.ic.gov", "gov.ic.hci.csp"),
    partition("eusc-", "aws-eusc", "amazonaws.eu", "eu.amazonaws"),
    partition("", "aws", "amazonaws.com", "com.amazonaws"),
];

const fn partition(
    prefix: &'static str,
    name: &'static str,
    dns_suffix: &'static str,
    reverse_dns_prefix: &'static str,
) -> Partition {
    Partition { prefix, name, dns_suffix, reverse_dns_prefix }
}

/// The partition of a region.
pub fn partition_of(region: &str) -> Partition {
    let found = PARTITIONS.iter().find(|it| region.starts_with(it.prefix));
    *found.unwrap_or(&PARTITIONS[7])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_belong_to_partitions() {
        let of = |region| (partition_of(region).name, partition_of(region).dns_suffix);
        assert_eq!(of("eu-central-1"), ("aws", "amazonaws.com"));
        assert_eq!(of("cn-north-1"), ("aws-cn", "amazonaws.com.cn"));
        assert_eq!(of("us-gov-west-1"), ("aws-us-gov", "amazonaws.com"));
        assert_eq!(of("us-isob-east-1"), ("aws-iso-b", "sc2s.sgov.gov"));
    }
}
