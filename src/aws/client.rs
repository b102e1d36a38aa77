//! The SDK clients of one provider configuration in one region.

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
}
