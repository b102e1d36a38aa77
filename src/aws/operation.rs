//! What the operations of AWS are like: whether they change something, and whether sending one
//! twice is harmless.

/// Prefixes of operations that change nothing.
const READS: &[&str] = &["Describe", "List", "Get", "BatchGet", "BatchCheck", "Search", "Simulate"];

/// Operations whose names do not tell that they change nothing.
const OTHER_READS: &[&str] =
    &["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:DecodeAuthorizationMessage"];

/// Operations whose names begin like a read but that change something.
const NOT_READS: &[&str] = &["ec2:GetConsoleScreenshot"];

/// Operations that make another object each time, or fail the second time: after an answer that
/// never came they are not sent again (the classes C and F of `aws-calls.md` B5).
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
    "ec2:CreateDhcpOptions",
    "ec2:CreateEgressOnlyInternetGateway",
    "ec2:CreateFlowLogs",
    "ec2:CreateInternetGateway",
    "ec2:CreateKeyPair",
    "ec2:CreateRoute",
    "ec2:CreateSecurityGroup",
    "ec2:CreateSubnet",
    "ec2:CreateVpc",
    "ec2:CreateVpcPeeringConnection",
    "ec2:ReplaceRouteTableAssociation",
    "ecr:CreateRepository",
    "ecs:CreateCapacityProvider",
    "ecs:RegisterTaskDefinition",
    "elasticloadbalancing:CreateListener",
    "elasticloadbalancing:CreateRule",
    "iam:CreateAccessKey",
    "iam:CreateInstanceProfile",
    "iam:CreateOpenIDConnectProvider",
    "iam:CreatePolicy",
    "iam:CreatePolicyVersion",
    "iam:CreateRole",
    "iam:CreateServiceLinkedRole",
    "logs:CreateLogGroup",
    "kms:CreateKey",
];

/// Operations whose names begin with `Create` or the like and that may be sent twice: they carry a
/// client token, or the same settings succeed again.
const CREATES_AGAIN: &[&str] = &[
    "ec2:AssociateAddress",
    "ec2:CreateLaunchTemplate",
    "ec2:CreateLaunchTemplateVersion",
    "ec2:CreateNatGateway",
    "ec2:CreateNetworkAcl",
    "ec2:CreateNetworkInterface",
    "ec2:CreateRouteTable",
    "ec2:CreateTags",
    "ec2:CreateVpcEndpoint",
    "ec2:RunInstances",
    "ecs:CreateCluster",
    "ecs:CreateService",
    "ecs:RunTask",
    "elasticloadbalancing:CreateLoadBalancer",
    "elasticloadbalancing:CreateTargetGroup",
    "elasticloadbalancing:RegisterTargets",
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
    !(reads && !NOT_READS.contains(&operation) || OTHER_READS.contains(&operation))
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
    use std::collections::BTreeSet;

    use super::*;

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
            "elasticloadbalancing:CreateTargetGroup",
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

    /// Every operation that the types call, read off their source.
    fn called() -> BTreeSet<String> {
        let clients = "ec2|ecs|ecr|elb|iam|logs|ssm|sts";
        let call = regex::Regex::new(&format!(
            r"\b(?:aws|self)\s*\.({clients})\s*\.([a-z][a-z0-9_]*)\(\)"
        ))
        .unwrap();
        let mut files = vec![std::path::PathBuf::from("src/aws")];
        let mut found = BTreeSet::new();
        while let Some(path) = files.pop() {
            if path.is_dir() {
                files.extend(std::fs::read_dir(path).unwrap().map(|it| it.unwrap().path()));
                continue;
            }
            let text = std::fs::read_to_string(path).unwrap();
            found.extend(call.captures_iter(&text).map(|it| operation(&it[1], &it[2])));
        }
        found
    }

    /// `("elb", "create_rule")` is `elasticloadbalancing:CreateRule`.
    fn operation(client: &str, method: &str) -> String {
        let upper = |word: &str| word[..1].to_uppercase() + &word[1..];
        let service = if client == "elb" { "elasticloadbalancing" } else { client };
        format!("{service}:{}", method.split('_').map(upper).collect::<String>())
    }

    #[test]
    fn every_operation_called_is_known() {
        let called = called();
        assert!(called.contains("ec2:CreateVpc") && called.contains("sts:GetCallerIdentity"));
        for operation in called.iter().filter(|it| mutates(it)) {
            let known = ONCE.contains(&operation.as_str()) || repeatable(operation);
            assert!(known, "say in ONCE or CREATES_AGAIN whether {operation} may be sent twice");
        }
    }
}
