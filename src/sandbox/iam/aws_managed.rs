//! The managed policies that AWS made: in every account, and nowhere kept.

use serde_json::{Value, json};

use super::document::encoded;

/// What the ARNs of policies start with that AWS made and manages.
pub const PREFIX: &str = "arn:aws:iam::aws:policy/";

/// Where policies of AWS are that stacks of containers name, to tell a wrong path from a right one.
/// Source: the AWS Managed Policy Reference Guide.
const FOLDERS: &[(&str, &[&str])] = &[
    (
        "service-role/",
        &[
            "AWSLambdaBasicExecutionRole",
            "AWSLambdaVPCAccessExecutionRole",
            "AmazonEBSCSIDriverPolicy",
            "AmazonEC2ContainerServiceAutoscaleRole",
            "AmazonEC2ContainerServiceEventsRole",
            "AmazonEC2ContainerServiceRole",
            "AmazonEC2ContainerServiceforEC2Role",
            "AmazonECSInfrastructureRolePolicyForVolumes",
            "AmazonECSTaskExecutionRolePolicy",
            "AmazonEFSCSIDriverPolicy",
        ],
    ),
    (
        "",
        &[
            "AdministratorAccess",
            "AmazonEC2ContainerRegistryPullOnly",
            "AmazonEC2ContainerRegistryReadOnly",
            "AmazonEKSClusterPolicy",
            "AmazonEKSFargatePodExecutionRolePolicy",
            "AmazonEKSServicePolicy",
            "AmazonEKSVPCResourceController",
            "AmazonEKSWorkerNodePolicy",
            "AmazonEKS_CNI_Policy",
            "AmazonSSMManagedInstanceCore",
            "CloudWatchAgentServerPolicy",
            "PowerUserAccess",
            "ReadOnlyAccess",
        ],
    ),
];

/// The policy of an ARN. Of the names that are not listed above, any may be a policy of AWS.
pub fn policy(arn: &str) -> Option<Value> {
    let place = arn.strip_prefix(PREFIX)?;
    let at = place.rfind('/').map_or(0, |at| at + 1);
    let (folder, name) = place.split_at(at);
    let known = FOLDERS.iter().find(|(_, names)| names.contains(&name));
    if name.is_empty() || known.is_some_and(|(right, _)| *right != folder) {
        return None;
    }
    let date = "2015-02-06T18:40:00Z";
    // What a policy of AWS allows does not matter: the sandbox checks no permissions.
    let document = r#"{"Version":"2012-10-17","Statement":[]}"#;
    Some(json!({
        "PolicyName": name, "PolicyId": "ANPASANDBOXPOLICYOFAWS", "Arn": arn,
        "Path": format!("/{folder}"), "DefaultVersionId": "v1", "IsAttachable": true,
        "CreateDate": date, "UpdateDate": date, "Tags": [],
        "~versions": [{
            "VersionId": "v1", "Document": encoded(document), "IsDefaultVersion": true,
            "CreateDate": date,
        }],
    }))
}
