//! `aws_security_group`

pub(super) mod inline;

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{self, ResourceType};

use super::permission::{self, Change, Direction, Permission};
use super::{MOST_VALUES, PAGE, arn, carries, filter, given, ids, made_by, sent, tag_specs, tags};
use crate::aws::client::Aws;
use crate::aws::resource::{Proposal, Resource, align, gone_is_fine, missing};
use crate::aws::tags::{Tagging, Tags};
use crate::provider::{Phase, Result, Step};
use crate::schema;
use crate::schema::{Check, FieldType as _};
use crate::value::{Path, Value};

/// What descriptions of groups and rules can contain (the API reference of EC2).
pub(super) const DESCRIPTION: Check = Check::Pattern(
    r"^[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}$",
    "at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*",
);

/// How many characters make a name unique.
const UNIQUE: usize = 26;

schema! {
    /// A firewall around network interfaces.
    #[version = 1]
    pub struct SecurityGroup {
        /// Name, unique in the VPC; made up when not given.
        #[computed] #[force_new] #[conflicts_with(&["name_prefix"])]
        #[check(Check::Custom(check_name))] name: Option<String>,
        /// Beginning of the name; the rest is made up.
        #[computed] #[force_new] #[conflicts_with(&["name"])]
        #[check(Check::Custom(check_prefix))] name_prefix: Option<String>,
        /// What the group is for.
        #[default("Managed by Terraform")] #[force_new] #[check(DESCRIPTION)] description: String,
        /// VPC of the group; the default VPC when not given.
        #[computed] #[force_new] vpc_id: Option<String>,
        /// All rules for incoming traffic. `[]` takes all away; leave it out to manage them with
        /// `aws_vpc_security_group_ingress_rule`.
        #[computed] #[attribute_or_block] ingress: BTreeSet<Rule>,
        /// All rules for outgoing traffic. Without any, nothing goes out: the rule that AWS adds to a
        /// new group is taken away.
        #[computed] #[attribute_or_block] egress: BTreeSet<Rule>,
        /// Whether to take all rules away before deleting the group, those of other groups that refer
        /// to it included.
        #[default(false)] #[config_only] revoke_rules_on_delete: bool,
        /// Tags of the group.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// ARN of the group.
        #[read_only] arn: Option<String>,
        /// Account that owns the group.
        #[read_only] owner_id: Option<String>,
        /// Id of the group.
        #[read_only] id: Option<String>,
    }

    /// A rule: traffic of a protocol and range of ports with any of several others.
    pub struct Rule {
        /// First port, or the ICMP type; 0 for all protocols.
        #[check(Check::Between(-1, 65535))] from_port: i64,
        /// Last port, or the ICMP code; 0 for all protocols.
        #[check(Check::Between(-1, 65535))] to_port: i64,
        /// `tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1` for all.
        #[check(Check::Custom(super::protocol::check))] protocol: String,
        /// IPv4 ranges.
        #[default(Vec::new())] #[check(Check::Cidr)] cidr_blocks: Vec<String>,
        /// IPv6 ranges.
        #[default(Vec::new())] #[check(Check::Cidr)] ipv6_cidr_blocks: Vec<String>,
        /// Managed prefix lists.
        #[default(Vec::new())] prefix_list_ids: Vec<String>,
        /// Security groups; `account/group` in another account.
        #[default(BTreeSet::new())] security_groups: BTreeSet<String>,
        /// Whether members of the group itself are meant.
        #[default(false)] #[name("self")] itself: bool,
        /// What the rule is for.
        #[default("")] #[check(DESCRIPTION)] description: String,
    }
}

impl Resource for SecurityGroup {
    const TYPE: &'static str = "aws_security_group";
    const BATCH: usize = MOST_VALUES;
    const TAGGING: Option<Tagging> = Some(Tagging::Ec2);
    const TIMEOUTS: &'static [(Phase, u64)] = &[(Phase::Create, 10), (Phase::Delete, 15)];
    const IMPORT: &'static str = "SECURITY-GROUP-ID";

    async fn create(&self, aws: &Aws, step: &Step) -> Result<String> {
        let call = aws
            .ec2
            .create_security_group()
            .group_name(self.made_name(&step.token))
            .description(&self.description)
            .set_vpc_id(sent(&self.vpc_id))
            .set_tag_specifications(tag_specs(ResourceType::SecurityGroup, &self.tags_all));
        call.send().await?.group_id.ok_or_else(|| missing("groupId"))
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        let told = aws.ec2.describe_security_groups().filters(made_by(token)).send().await?;
        let mut found = told.security_groups.unwrap_or_default().into_iter();
        Ok(found.find(|it| carries(it.tags.as_deref(), token)).and_then(|it| it.group_id))
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let known = filter("group-id", ids(&objects, |it| it.id.as_deref()));
        let found = groups(aws, known).await?;
        let account = &aws.account().await?.id;
        let merge = |prior: Self, it: &types::SecurityGroup| Some(prior.merged(aws, account, it));
        Ok(align(objects, &found, |one| one.id.clone(), |it| it.group_id.clone(), merge))
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        let group = was.id.as_deref().unwrap_or_default();
        let change = |was: &BTreeSet<Rule>, now: &BTreeSet<Rule>| {
            Change::between(&inline::permissions(was, group), &inline::permissions(now, group))
        };
        let ingress = change(&was.ingress, &self.ingress);
        ingress.apply(aws, group, Direction::Ingress).await?;
        let egress = change(&was.egress, &self.egress);
        egress.apply(aws, group, Direction::Egress).await
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let group = self.id.as_deref().unwrap_or_default();
        if self.revoke_rules_on_delete {
            revoke_all(aws, group).await?;
        }
        let call = aws.ec2.delete_security_group().group_id(group);
        gone_is_fine(call.send().await, &["InvalidGroup.NotFound"])
    }

    /// A new group without rules in it has none, so that nothing goes out unless it is configured.
    fn plan(proposal: &mut Proposal<'_>) -> Result {
        for name in ["ingress", "egress"] {
            let before = proposal.prior.map_or(Value::NULL, |it| it.get(name));
            let open = proposal.prior.is_none() && proposal.configuration.get(name).is_null();
            let rules = match open {
                true => BTreeSet::<Rule>::new().encode(),
                false => inline::normal(proposal.value.get(name), &before),
            };
            proposal.set(name, rules);
        }
        Ok(())
    }

    fn validate(configuration: &Value) -> Vec<(Path, String)> {
        let check = |name| inline::validate(name, &configuration.get(name));
        ["ingress", "egress"].into_iter().flat_map(check).collect()
    }
}

/// What EC2 takes as the name of a group in a VPC (the API reference).
fn check_name(value: &Value) -> std::result::Result<(), String> {
    let name = value.as_str().unwrap_or_default();
    let taken = |it: char| it.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(it);
    if name == "default" {
        return Err("`default` is the name of the group that AWS makes with each VPC".to_string());
    }
    if name.starts_with("sg-") {
        return Err("it cannot begin with `sg-`, as ids do".to_string());
    }
    if let Some(wrong) = name.chars().find(|it| !taken(*it)) {
        return Err(format!("it cannot contain `{wrong}`"));
    }
    let length = name.chars().count();
    if length > 255 { Err(format!("it has {length} characters, but can have 255")) } else { Ok(()) }
}

/// The same for the beginning of a name.
fn check_prefix(value: &Value) -> std::result::Result<(), String> {
    let prefix = value.as_str().unwrap_or_default();
    check_name(&Value::string(format!("{prefix}{}", "0".repeat(UNIQUE))))
}

/// The groups that a filter finds.
async fn groups(aws: &Aws, which: types::Filter) -> Result<Vec<types::SecurityGroup>> {
    let call = aws.ec2.describe_security_groups().filters(which);
    let pages = call.into_paginator().page_size(PAGE).items();
    Ok(pages.send().collect::<std::result::Result<_, _>>().await?)
}

/// Takes away all rules of a group, and those of others that refer to it.
async fn revoke_all(aws: &Aws, group: &str) -> Result {
    let ingress = groups(aws, filter("ip-permission.group-id", [group])).await?;
    let egress = groups(aws, filter("egress.ip-permission.group-id", [group])).await?;
    let others = ingress.iter().chain(&egress).filter_map(|it| it.group_id());
    let rules = permission::rules_of(aws, others.chain([group])).await?;
    let meant = |it: &&types::SecurityGroupRule| {
        let peer = it.referenced_group_info.as_ref().and_then(|it| it.group_id());
        it.group_id() == Some(group) || peer == Some(group)
    };
    let owners: BTreeSet<&str> =
        rules.iter().filter(meant).filter_map(|it| it.group_id()).collect();
    for owner in owners {
        for direction in [Direction::Ingress, Direction::Egress] {
            let ours = rules.iter().filter(meant).filter(|it| it.group_id() == Some(owner));
            let ours = ours.filter(|it| permission::goes(it, direction));
            let ids: Vec<String> =
                ours.filter_map(|it| it.security_group_rule_id.clone()).collect();
            if !ids.is_empty() {
                permission::revoke_by_id(aws, owner, direction, ids).await?;
            }
        }
    }
    Ok(())
}

impl SecurityGroup {
    /// The name, or one that no other step makes.
    fn made_name(&self, token: &str) -> String {
        let unique: String = token.chars().take(UNIQUE).collect();
        match (given(&self.name), given(&self.name_prefix)) {
            (Some(name), _) => name.to_string(),
            (None, prefix) => format!("{}{unique}", prefix.unwrap_or("terraform-")),
        }
    }

    fn merged(self, aws: &Aws, account: &str, it: &types::SecurityGroup) -> Self {
        let id = it.group_id().unwrap_or_default();
        let owner = it.owner_id().unwrap_or(account);
        let told_arn = it.security_group_arn.clone();
        let told = |all: &[types::IpPermission]| -> Vec<Permission> {
            all.iter().flat_map(Permission::told).collect()
        };
        let ingress = inline::told(&self.ingress, &told(it.ip_permissions()), id, owner);
        let egress = inline::told(&self.egress, &told(it.ip_permissions_egress()), id, owner);
        SecurityGroup {
            name_prefix: Some(prefix_of(it.group_name().unwrap_or_default())),
            name: it.group_name.clone(),
            description: it.description.clone().unwrap_or_default(),
            vpc_id: it.vpc_id.clone(),
            ingress,
            egress,
            tags_all: tags(it.tags.as_deref()),
            arn: told_arn.or_else(|| arn(aws, owner, &format!("security-group/{id}"))),
            owner_id: Some(owner.to_string()),
            ..self
        }
    }
}

/// The beginning of a name that ends in a made-up part; empty for other names.
fn prefix_of(name: &str) -> String {
    let cut = name.len().saturating_sub(UNIQUE);
    let hexadecimal = |it: &str| it.len() == UNIQUE && it.bytes().all(|it| it.is_ascii_hexdigit());
    match (name.get(..cut), name.get(cut..)) {
        (Some(prefix), Some(rest)) if hexadecimal(rest) => prefix.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests;
