//! The error table: what AWS says for a while after a change, or while something else goes on.
//!
//! Sources: the retries of the AWS provider 6.x and the reports of its users (`aws-calls.md` B6).

use std::time::Duration;

/// How an error is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It goes away by itself: try until the budget is used up.
    RetryUntil,
    /// Something else changes the same object: try when that has finished.
    Serialise,
    /// It never goes away, even if its code or status looks as if it did.
    Terminal,
    /// The object exists: perhaps an earlier try made it.
    Adopt,
}

/// One row: an error of some operations of a service.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The service, such as `ecs`.
    pub service: &'static str,
    /// The operations; none means all of the service.
    pub operations: &'static [&'static str],
    /// The error code; a `*` stands for anything.
    pub code: &'static str,
    /// What the message contains, upper or lower case alike.
    pub message: &'static str,
    /// How to take it.
    pub class: Class,
    /// How long to try, in seconds.
    pub budget: u64,
    /// What is being waited for, with `{role}` for the IAM role that the message names; or, for
    /// errors that never go away, what to do.
    pub why: &'static str,
}

impl Row {
    /// How long to try.
    pub fn budget(&self) -> Duration {
        Duration::from_secs(self.budget)
    }

    fn is(&self, service: &str, operation: &str, code: &str, message: &str) -> bool {
        self.service == service
            && (self.operations.is_empty() || self.operations.contains(&operation))
            && matches_star(self.code, code)
            && message.to_lowercase().contains(&self.message.to_lowercase())
    }
}

/// The row of an error of an operation such as `ecs:CreateService`.
pub fn row(operation: &str, code: &str, message: &str) -> Option<&'static Row> {
    let (service, operation) = operation.split_once(':')?;
    ROWS.iter().find(|row| row.is(service, operation, code, message))
}

/// Whether `text` is `pattern`, in which at most one `*` stands for anything.
fn matches_star(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, end)) => {
            text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end)
        }
    }
}

const fn until(
    service: &'static str,
    operations: &'static [&'static str],
    code: &'static str,
    message: &'static str,
    budget: u64,
    why: &'static str,
) -> Row {
    Row { service, operations, code, message, class: Class::RetryUntil, budget, why }
}

const fn serialise(
    service: &'static str,
    operations: &'static [&'static str],
    code: &'static str,
    message: &'static str,
    budget: u64,
    why: &'static str,
) -> Row {
    Row { service, operations, code, message, class: Class::Serialise, budget, why }
}

const fn terminal(
    service: &'static str,
    operations: &'static [&'static str],
    code: &'static str,
    message: &'static str,
    why: &'static str,
) -> Row {
    Row { service, operations, code, message, class: Class::Terminal, budget: 0, why }
}

const fn adopt(
    service: &'static str,
    operation: &'static [&'static str],
    code: &'static str,
) -> Row {
    Row {
        service,
        operations: operation,
        code,
        message: "",
        class: Class::Adopt,
        budget: 0,
        why: "import it, or choose another name",
    }
}

const ROLE_ECS: &str = "waiting for IAM role {role} to reach ECS";
const LINKED: &str = "waiting for the service-linked role to reach ECS";
const PRINCIPAL: &str = "waiting for the principal to reach IAM";
const CHANGING: &str = "waiting for another change of the cluster";
const VISIBLE: &str = "waiting for EC2 to see what was just made";
const LISTENER: &str = "waiting for Elastic Load Balancing to see what was just made";
const DEPENDANTS: &str = "waiting for what depends on it to go";
const DEFINED_TWICE: &str = "import it, or remove its other definition";
const QUOTA: &str = "delete what is not needed, or ask for a higher quota in Service Quotas";

/// All rows; the first that fits counts.
pub const ROWS: &[Row] = &[
    // ECS
    until(
        "ecs",
        &["CreateService"],
        "ClusterNotFoundException",
        "",
        240,
        "waiting for ECS to see the cluster",
    ),
    until(
        "ecs",
        &["CreateService", "UpdateService"],
        "InvalidParameterException",
        "verify that the ecs service role being passed has the proper permissions",
        240,
        ROLE_ECS,
    ),
    until(
        "ecs",
        &["CreateService", "UpdateService"],
        "InvalidParameterException",
        "does not have an associated load balancer",
        240,
        "waiting for the target group to get a listener",
    ),
    until(
        "ecs",
        &["CreateService", "CreateCluster", "PutClusterCapacityProviders"],
        "*Exception",
        "unable to assume the service linked role",
        240,
        LINKED,
    ),
    until(
        "ecs",
        &["RegisterTaskDefinition"],
        "ClientException",
        "role is not valid",
        120,
        ROLE_ECS,
    ),
    serialise(
        "ecs",
        &["DeleteService"],
        "InvalidParameterException",
        "the service cannot be stopped while deployments are active",
        600,
        "waiting for the deployment to stop",
    ),
    serialise(
        "ecs",
        &["DeleteService"],
        "DependencyViolation",
        "has a dependent object",
        600,
        DEPENDANTS,
    ),
    serialise("ecs", &["PutClusterCapacityProviders"], "ResourceInUseException", "", 600, CHANGING),
    serialise(
        "ecs",
        &["PutClusterCapacityProviders", "DeleteCluster"],
        "UpdateInProgressException",
        "",
        600,
        CHANGING,
    ),
    until(
        "ecs",
        &["DeleteCluster"],
        "ClusterContains*Exception",
        "",
        600,
        "waiting for the cluster to become empty",
    ),
    // An active cluster of the same name with other settings.
    Row { message: "idempotent", ..adopt("ecs", &["CreateCluster"], "InvalidParameterException") },
    terminal("ecs", &[], "LimitExceededException", "", QUOTA),
    // IAM
    until(
        "iam",
        &["CreateRole", "UpdateAssumeRolePolicy"],
        "MalformedPolicyDocument*",
        "invalid principal in policy",
        120,
        PRINCIPAL,
    ),
    until(
        "iam",
        &[
            "AttachRolePolicy",
            "PutRolePolicy",
            "TagRole",
            "TagPolicy",
            "UpdateAssumeRolePolicy",
            "UpdateRole",
        ],
        "NoSuchEntity*",
        "",
        30,
        "waiting for IAM to see what was just made",
    ),
    serialise("iam", &[], "ConcurrentModification*", "", 120, "waiting for another change in IAM"),
    serialise(
        "iam",
        &[],
        "EntityTemporarilyUnmodifiable*",
        "",
        120,
        "waiting for another change in IAM",
    ),
    until("iam", &["DeleteRole", "DeletePolicy"], "DeleteConflict*", "", 60, DEPENDANTS),
    terminal("iam", &[], "LimitExceeded*", "", QUOTA),
    adopt("iam", &["CreateRole", "CreatePolicy"], "EntityAlreadyExists*"),
    // EC2: just made
    until("ec2", &["CreateNatGateway"], "InvalidElasticIpID.NotFound", "", 120, VISIBLE),
    until(
        "ec2",
        &["CreateNatGateway", "AssociateAddress"],
        "InvalidAllocationID.NotFound",
        "",
        120,
        VISIBLE,
    ),
    until("ec2", &["CreateRoute"], "InvalidTransitGatewayID.NotFound", "", 300, VISIBLE),
    until(
        "ec2",
        &["CreateRoute", "DeleteRoute"],
        "InvalidParameterException",
        "",
        300,
        "waiting for the route table to take changes",
    ),
    until(
        "ec2",
        &["EnableVgwRoutePropagation"],
        "Gateway.NotAttached",
        "",
        300,
        "waiting for the gateway to be attached to the VPC",
    ),
    until(
        "ec2",
        &["AssociateAddress"],
        "InvalidInstanceID*",
        "pending instance",
        120,
        "waiting for the instance to run",
    ),
    until(
        "ec2",
        &["CreateVpc"],
        "UnsupportedOperation",
        "is not monitored by IPAM",
        120,
        "waiting for IPAM to see the account",
    ),
    until(
        "ec2",
        &[
            "CreateSubnet",
            "CreateRouteTable",
            "CreateSecurityGroup",
            "CreateNatGateway",
            "CreateRoute",
            "ReplaceRoute",
            "AssociateRouteTable",
            "AttachInternetGateway",
            "ModifyVpcAttribute",
            "ModifySubnetAttribute",
            "CreateTags",
            "AuthorizeSecurityGroupIngress",
            "AuthorizeSecurityGroupEgress",
        ],
        "Invalid*.NotFound",
        "",
        30,
        VISIBLE,
    ),
    // EC2: still in use
    until(
        "ec2",
        &["DetachInternetGateway"],
        "DependencyViolation",
        "",
        1200,
        "waiting for public addresses to leave the VPC",
    ),
    until("ec2", &["DeleteInternetGateway"], "DependencyViolation", "", 600, DEPENDANTS),
    until(
        "ec2",
        &["DeleteSubnet"],
        "DependencyViolation",
        "",
        1200,
        "waiting for network interfaces to leave the subnet",
    ),
    until(
        "ec2",
        &["DeleteSecurityGroup"],
        "DependencyViolation",
        "",
        900,
        "waiting for network interfaces to leave the security group",
    ),
    until(
        "ec2",
        &["DeleteSecurityGroup"],
        "InvalidGroup.InUse",
        "",
        900,
        "waiting for network interfaces to leave the security group",
    ),
    until("ec2", &["DeleteRouteTable", "DeleteVpc"], "DependencyViolation", "", 300, DEPENDANTS),
    until(
        "ec2",
        &["ReleaseAddress", "DisassociateAddress"],
        "InvalidIPAddress.InUse",
        "",
        300,
        "waiting for the address to be let go",
    ),
    until(
        "ec2",
        &["ReleaseAddress"],
        "AuthFailure",
        "you do not have permission to access the specified resource",
        180,
        "waiting for the address to be let go",
    ),
    serialise(
        "ec2",
        &[],
        "IncorrectState",
        "is currently modifying",
        300,
        "waiting for another change of it",
    ),
    terminal("ec2", &[], "*LimitExceeded", "", QUOTA),
    // What has no tag to tell whose it is, is never taken over.
    terminal("ec2", &["CreateRoute"], "RouteAlreadyExists", "", DEFINED_TWICE),
    terminal(
        "ec2",
        &["AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"],
        "InvalidPermission.Duplicate",
        "",
        DEFINED_TWICE,
    ),
    terminal(
        "ec2",
        &["AssociateRouteTable", "AttachInternetGateway", "CreateNatGateway", "AssociateAddress"],
        "Resource.AlreadyAssociated",
        "",
        DEFINED_TWICE,
    ),
    adopt("ec2", &["CreateSecurityGroup"], "InvalidGroup.Duplicate"),
    adopt("ec2", &["CreateSubnet"], "InvalidSubnet.Conflict"),
    // Elastic Load Balancing
    until(
        "elasticloadbalancing",
        &[
            "CreateListener",
            "CreateRule",
            "AddTags",
            "SetSecurityGroups",
            "SetSubnets",
            "ModifyLoadBalancerAttributes",
        ],
        "LoadBalancerNotFound*",
        "",
        60,
        LISTENER,
    ),
    until(
        "elasticloadbalancing",
        &[
            "CreateListener",
            "CreateRule",
            "ModifyListener",
            "ModifyRule",
            "AddTags",
            "ModifyTargetGroupAttributes",
        ],
        "TargetGroupNotFound*",
        "",
        60,
        LISTENER,
    ),
    until(
        "elasticloadbalancing",
        &["CreateRule", "AddTags", "ModifyListenerAttributes"],
        "ListenerNotFound*",
        "",
        60,
        LISTENER,
    ),
    until(
        "elasticloadbalancing",
        &["CreateListener", "ModifyListener"],
        "CertificateNotFound*",
        "",
        120,
        "waiting for Elastic Load Balancing to see the certificate",
    ),
    until(
        "elasticloadbalancing",
        &["CreateLoadBalancer"],
        "InvalidSubnet*",
        "has no internet gateway",
        120,
        "waiting for the VPC to get an internet gateway",
    ),
    until("elasticloadbalancing", &["CreateLoadBalancer"], "SubnetNotFound*", "", 60, LISTENER),
    until(
        "elasticloadbalancing",
        &["CreateLoadBalancer", "SetSecurityGroups"],
        "InvalidSecurityGroup*",
        "",
        60,
        LISTENER,
    ),
    until(
        "elasticloadbalancing",
        &["DeleteTargetGroup"],
        "ResourceInUse*",
        "",
        120,
        "waiting for listeners to let the target group go",
    ),
    serialise(
        "elasticloadbalancing",
        &["DeleteLoadBalancer"],
        "OperationNotPermitted*",
        "in progress",
        120,
        "waiting for another change of the load balancer",
    ),
    until("elasticloadbalancing", &["DescribeTags"], "LoadBalancerNotFound*", "", 30, LISTENER),
    until("elasticloadbalancing", &["DescribeTags"], "TargetGroupNotFound*", "", 30, LISTENER),
    adopt("elasticloadbalancing", &["CreateLoadBalancer"], "DuplicateLoadBalancerName*"),
    adopt("elasticloadbalancing", &["CreateTargetGroup"], "DuplicateTargetGroupName*"),
    terminal("elasticloadbalancing", &[], "TooMany*", "", QUOTA),
    // CloudWatch Logs
    serialise(
        "logs",
        &[],
        "OperationAbortedException",
        "",
        120,
        "waiting for another change of the log group",
    ),
    terminal("logs", &[], "LimitExceededException", "", QUOTA),
    adopt("logs", &["CreateLogGroup"], "ResourceAlreadyExistsException"),
    // ECR
    until(
        "ecr",
        &["DeleteRepository", "PutLifecyclePolicy", "TagResource"],
        "LifecyclePolicyPreviewInProgressException",
        "",
        60,
        "waiting for the preview of the lifecycle policy",
    ),
    terminal("ecr", &[], "LimitExceededException", "", QUOTA),
    adopt("ecr", &["CreateRepository"], "RepositoryAlreadyExistsException"),
];
