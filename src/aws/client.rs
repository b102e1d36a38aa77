//! The SDK clients of one provider configuration in one region.

use tokio::sync::OnceCell;

use crate::aws::resource::missing;
use crate::provider::Result;

/// The clients of one provider configuration in one region.
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
    account: OnceCell<Account>,
}

/// Whose credentials are in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The account: twelve digits.
    pub id: String,
    /// The partition, such as `aws`.
    pub partition: String,
    /// The ARN of the caller.
    pub arn: String,
    /// The unique id of the caller.
    pub user_id: String,
}

impl Aws {
    /// Whose credentials these are; asked for once.
    pub async fn account(&self) -> Result<&Account> {
        self.account.get_or_try_init(|| self.ask_account()).await
    }

    async fn ask_account(&self) -> Result<Account> {
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
        partition_of(&self.region).0
    }

    /// The domain of the services of the partition, such as `amazonaws.com`.
    pub fn dns_suffix(&self) -> &'static str {
        partition_of(&self.region).1
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

/// Partitions by how their regions begin, with the domain of their services
/// (botocore's `partitions.json`).
const PARTITIONS: &[(&str, &str, &str)] = &[
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
    ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
    ("eusc-", "aws-eusc", "amazonaws.eu"),
];

/// The partition and the domain of a region.
pub fn partition_of(region: &str) -> (&'static str, &'static str) {
    let found = PARTITIONS.iter().find(|(prefix, ..)| region.starts_with(prefix));
    found.map_or(("aws", "amazonaws.com"), |(_, partition, suffix)| (partition, suffix))
}
