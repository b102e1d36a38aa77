//! What is in the sandbox, as a person would list it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::SandboxError;
use super::documents::Documents;
use super::log::Log;
use super::scope::Read;
use super::users::{BALANCER, SERVICE};

/// One object in the sandbox.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// The resource type it is managed as, such as `aws_vpc`.
    pub kind: &'static str,
    /// Its region.
    pub region: String,
    /// Its id, name or ARN, as the resource type has it.
    pub id: String,
    /// Its name, if it has one beside the id; the `Name` tag for EC2.
    pub name: String,
    /// Whether AWS made it, not the user: it is in every account, or came with another object.
    pub made_by_aws: bool,
}

/// Tables, the resource types of what is in them, and the fields of their names.
const KINDS: &[(&str, &str, &str)] = &[
    ("vpc", "aws_vpc", ""),
    ("subnet", "aws_subnet", ""),
    ("internet-gateway", "aws_internet_gateway", ""),
    ("elastic-ip", "aws_eip", ""),
    ("natgateway", "aws_nat_gateway", ""),
    ("route-table", "aws_route_table", ""),
    ("security-group", "aws_security_group", "groupName"),
    ("security-group-rule", "aws_vpc_security_group_rule", ""),
    ("network-acl", "aws_network_acl", ""),
    (BALANCER, "aws_lb", "LoadBalancerName"),
    (super::elb::TARGET_GROUP, "aws_lb_target_group", "TargetGroupName"),
    (super::elb::LISTENER, "aws_lb_listener", ""),
    (super::elb::RULE, "aws_lb_listener_rule", ""),
    (super::ecs::CLUSTER, "aws_ecs_cluster", "clusterName"),
    (super::ecs::CAPACITY_PROVIDER, "aws_ecs_capacity_provider", "name"),
    (super::ecs::TASK_DEFINITION, "aws_ecs_task_definition", "family"),
    (SERVICE, "aws_ecs_service", "serviceName"),
    (super::iam::ROLE, "aws_iam_role", ""),
    (super::iam::POLICY, "aws_iam_policy", "PolicyName"),
    (super::ecr::REPOSITORY, "aws_ecr_repository", ""),
    (super::logs::GROUP, "aws_cloudwatch_log_group", ""),
    (super::ssm::PARAMETER, "aws_ssm_parameter", ""),
];

/// See [`super::Sandbox::contents`].
pub fn contents(folder: &Path) -> Result<Vec<Item>, SandboxError> {
    let mut items = Vec::new();
    for path in logs(folder)? {
        let region = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let mut documents = Documents::default();
        Log::new(path).catch_up(&mut documents).map_err(SandboxError::Log)?;
        for (table, kind, name) in KINDS {
            let rows = documents.rows(table).filter(|(_, it)| is_alive(it));
            items.extend(rows.map(|(id, it)| Item {
                kind,
                region: region.clone(),
                id: id.clone(),
                name: name_of(it, name),
                made_by_aws: is_made_by_aws(&documents, table, it),
            }));
        }
    }
    items.sort();
    Ok(items)
}

/// See [`super::Sandbox::reset`].
pub fn reset(folder: &Path) -> Result<(), SandboxError> {
    let failed = |source| SandboxError::Folder { folder: folder.to_owned(), source };
    logs(folder)?.iter().try_for_each(|path| std::fs::remove_file(path).map_err(failed))
}

fn logs(folder: &Path) -> Result<Vec<PathBuf>, SandboxError> {
    let failed = |source| SandboxError::Folder { folder: folder.to_owned(), source };
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let paths: Result<Vec<_>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths.map_err(failed)?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    paths.sort();
    Ok(paths)
}

/// AWS shows some objects for a while after they are deleted.
fn is_alive(document: &Value) -> bool {
    let state = document.text("state").or(document.text("status"));
    !matches!(state, Some("deleted" | "INACTIVE"))
}

fn name_of(document: &Value, field: &str) -> String {
    let tag = document.list("tagSet").iter().find(|tag| tag["key"] == "Name");
    let name = document.text(field).or(tag.and_then(|tag| tag.text("value")));
    name.unwrap_or_default().to_owned()
}

fn is_made_by_aws(documents: &Documents, table: &str, document: &Value) -> bool {
    let of_default = |document: &Value| {
        let vpc = document.text("vpcId").and_then(|vpc| documents.get("vpc", vpc));
        vpc.is_some_and(|vpc| vpc.flag("isDefault") == Some(true))
    };
    match table {
        "vpc" => document.flag("isDefault") == Some(true),
        "subnet" => document.flag("defaultForAz") == Some(true),
        "internet-gateway" => document.flag(super::ec2::DEFAULT) == Some(true),
        "route-table" => of_default(document) || super::ec2::is_main(document),
        "network-acl" => document.flag("default") == Some(true),
        "security-group" => document["groupName"] == "default",
        "security-group-rule" => {
            let group = document.text("groupId").unwrap_or_default();
            let group = documents.get("security-group", group);
            group.is_none_or(|group| group["groupName"] == "default")
        }
        super::elb::RULE => document.flag("IsDefault") == Some(true),
        _ => false,
    }
}
