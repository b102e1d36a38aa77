//! What the operations of AWS are like: whether they change something, and whether sending one
//! twice is harmless.

/// Prefixes of operations that change nothing.
const READS: &[&str] = &["Describe", "List", "Get", "BatchGet", "BatchCheck", "Search", "Simulate"];

/// Operations whose names do not tell that they change nothing.
const OTHER_READS: &[&str] = &["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"];

/// Operations that make another object each time, or fail the second time: after an answer that
/// never came they are not sent again, but looked for (the classes C and F of `aws-calls.md` B5, and
/// those of class D that may refuse their own tags the second time).
const ONCE: &[&str] = &[
    "ec2:AllocateAddress",
    "ec2:AssignPrivateNatGatewayAddress",
    "ec2:AssociateNatGatewayAddress",
    "ec2:AssociateRouteTable",
    "ec2:AssociateSubnetCidrBlock",
    "ec2:AssociateVpcCidrBlock",
    "ec2:AttachInternetGateway",
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:CreateInternetGateway",
    "ec2:CreateRoute",
    "ec2:CreateSecurityGroup",
    "ec2:CreateSubnet",
    "ec2:CreateVpc",
    "ec2:ReplaceRouteTableAssociation",
    "ecr:CreateRepository",
    "ecs:RegisterTaskDefinition",
    "elasticloadbalancing:CreateListener",
    "elasticloadbalancing:CreateLoadBalancer",
    "elasticloadbalancing:CreateRule",
    "elasticloadbalancing:CreateTargetGroup",
    "iam:CreatePolicy",
    "iam:CreatePolicyVersion",
    "iam:CreateRole",
    "logs:CreateLogGroup",
];

/// Operations whose names begin with `Create` or the like and that may be sent twice: they carry a
/// client token, or the same settings succeed again.
const CREATES_AGAIN: &[&str] = &[
    "ec2:AssociateAddress",
    "ec2:CreateNatGateway",
    "ec2:CreateRouteTable",
    "ec2:CreateTags",
    "ecs:CreateCluster",
    "ecs:CreateService",
    "logs:AssociateKmsKey",
];

/// Prefixes of operations with set semantics: sending one twice has the effect of once.
const SETS: &[&str] = &[
    "Add",
    "Attach",
    "Delete",
    "Deregister",
    "Detach",
    "Disassociate",
    "Disable",
    "Enable",
    "Modify",
    "Put",
    "Release",
    "Remove",
    "Replace",
    "Revoke",
    "Set",
    "Tag",
    "Unassign",
    "Untag",
    "Update",
];

/// Whether an operation such as `ec2:CreateVpc` changes something. What is not known to change
/// nothing, changes something.
pub fn mutates(operation: &str) -> bool {
    let name = operation.split_once(':').map_or(operation, |(_, name)| name);
    let reads = READS.iter().any(|prefix| name.starts_with(prefix));
    !(reads || OTHER_READS.contains(&operation))
}

/// Whether an operation may be sent again when it is not known whether it took effect.
pub fn repeatable(operation: &str) -> bool {
    let name = operation.split_once(':').map_or(operation, |(_, name)| name);
    let sets = SETS.iter().any(|prefix| name.starts_with(prefix));
    !mutates(operation)
        || CREATES_AGAIN.contains(&operation)
        || (sets && !ONCE.contains(&operation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::called;

    #[test]
    fn reads_change_nothing_and_may_be_repeated() {
        for operation in [
            "ec2:DescribeVpcs",
            "ec2:DescribeVpcAttribute",
            "ecs:ListServices",
            "ssm:GetParameter",
            "iam:GetAccountAuthorizationDetails",
            "sts:GetCallerIdentity",
            "ecr:BatchGetImage",
            "iam:ListAttachedRolePolicies",
            "sts:AssumeRole",
            "logs:ListTagsForResource",
            "elasticloadbalancing:DescribeTags",
            "ecr:GetLifecyclePolicy",
        ] {
            assert!(!mutates(operation), "{operation}");
            assert!(repeatable(operation), "{operation}");
        }
    }

    #[test]
    fn creates_with_a_token_and_sets_change_something_and_may_be_repeated() {
        for operation in [
            "ec2:CreateNatGateway",
            "ec2:CreateTags",
            "ec2:DeleteVpc",
            "ec2:ModifyVpcAttribute",
            "ec2:ReplaceRoute",
            "ec2:DeleteTags",
            "ec2:DisassociateRouteTable",
            "ec2:ReleaseAddress",
            "ec2:RevokeSecurityGroupIngress",
            "ec2:ModifySecurityGroupRules",
            "ecs:CreateService",
            "ecs:UpdateService",
            "ecs:DeregisterTaskDefinition",
            "ecs:PutClusterCapacityProviders",
            "ecs:TagResource",
            "iam:AttachRolePolicy",
            "iam:PutRolePolicy",
            "iam:UpdateAssumeRolePolicy",
            "iam:DeleteRole",
            "iam:UntagRole",
            "ecs:CreateCluster",
            "elasticloadbalancing:SetSubnets",
            "elasticloadbalancing:AddTags",
            "logs:PutRetentionPolicy",
            "ecr:PutLifecyclePolicy",
            "ecr:PutImageScanningConfiguration",
        ] {
            assert!(mutates(operation), "{operation}");
            assert!(repeatable(operation), "{operation}");
        }
    }

    #[test]
    fn creates_without_token_are_sent_once() {
        for operation in ONCE {
            assert!(mutates(operation), "{operation}");
            assert!(!repeatable(operation), "{operation}");
            assert!(!CREATES_AGAIN.contains(operation), "{operation}");
        }
        assert!(mutates("ec2:InventedYesterday") && !repeatable("ec2:InventedYesterday"));
    }

    #[test]
    fn every_operation_called_is_known() {
        let called = called();
        assert!(called.contains("ec2:CreateVpc") && called.contains("sts:GetCallerIdentity"));
        for operation in called.iter().filter(|it| mutates(it)) {
            let known = ONCE.contains(&operation.as_str()) || repeatable(operation);
            assert!(known, "say in ONCE or CREATES_AGAIN whether {operation} may be sent twice");
        }
        for listed in [OTHER_READS, ONCE, CREATES_AGAIN].concat() {
            assert!(called.contains(listed), "nobody calls {listed}");
        }
    }
}
