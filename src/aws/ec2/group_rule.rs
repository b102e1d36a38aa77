//! `aws_vpc_security_group_ingress_rule` and `aws_vpc_security_group_egress_rule`

pub mod rule;

use aws_sdk_ec2::types::{self, ResourceType};

use super::permission::{self, Direction};
use super::{MOST_VALUES, PAGE, arn, carries, filter, ids, made_by, tag_specs};
use crate::aws::client::Aws;
use crate::aws::resource::{Proposal, Resource, align, gone_is_fine, missing};
use crate::aws::tags::Tagging;
use crate::provider::{Recovery, Result, Step};
use crate::schema::{DecodeError, FieldType, Shape};
use crate::value::{Path, Value};

use rule::GroupRule;

/// A rule for incoming traffic.
pub type IngressRule = Directed<false>;

/// A rule for outgoing traffic.
pub type EgressRule = Directed<true>;

/// A rule that goes one way: both kinds have the same fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directed<const EGRESS: bool>(GroupRule);

impl<const EGRESS: bool> FieldType for Directed<EGRESS> {
    fn shape() -> Shape {
        GroupRule::shape()
    }

    fn blank() -> Self {
        Directed(GroupRule::blank())
    }

    fn decode(value: &Value) -> std::result::Result<Self, DecodeError> {
        GroupRule::decode(value).map(Directed)
    }

    fn encode(&self) -> Value {
        self.0.encode()
    }
}

impl<const EGRESS: bool> Directed<EGRESS> {
    const DIRECTION: Direction = if EGRESS { Direction::Egress } else { Direction::Ingress };
}

impl<const EGRESS: bool> Resource for Directed<EGRESS> {
    const TYPE: &'static str = if EGRESS {
        "aws_vpc_security_group_egress_rule"
    } else {
        "aws_vpc_security_group_ingress_rule"
    };
    const BATCH: usize = MOST_VALUES;
    const RECOVERY: Recovery = Recovery::Find;
    const TAGGING: Option<Tagging> = Some(Tagging::Ec2);
    const IMPORT: &'static str = "SECURITY-GROUP-RULE-ID";

    async fn create(&self, aws: &Aws, _step: &Step) -> Result<String> {
        let group = &self.0.security_group_id;
        let rule = self.0.permission()?;
        let tags = tag_specs(ResourceType::SecurityGroupRule, &self.0.tags_all);
        let one = std::slice::from_ref(&rule);
        let made = permission::authorize(aws, group, Self::DIRECTION, one, tags).await?;
        let id = made.into_iter().find_map(|it| it.security_group_rule_id);
        id.ok_or_else(|| missing("securityGroupRuleId"))
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        let call = aws.ec2.describe_security_group_rules().filters(made_by(token));
        let mut found = call.send().await?.security_group_rules.unwrap_or_default().into_iter();
        let ours = found.find(|it| carries(it.tags.as_deref(), token));
        Ok(ours.and_then(|it| it.security_group_rule_id))
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let known = filter("security-group-rule-id", ids(&objects, |it| it.0.id.as_deref()));
        let call = aws.ec2.describe_security_group_rules().filters(known);
        let pages = call.into_paginator().page_size(PAGE).items();
        let found: Vec<types::SecurityGroupRule> =
            pages.send().collect::<std::result::Result<_, _>>().await?;
        let account = &aws.account().await?.id;
        let merge = |prior: Self, it: &types::SecurityGroupRule| {
            let owner = it.group_owner_id().unwrap_or(account);
            let id = it.security_group_rule_id().unwrap_or_default();
            let made = || arn(aws, owner, &format!("security-group-rule/{id}"));
            let arn = it.security_group_rule_arn.clone().or_else(made);
            permission::goes(it, Self::DIRECTION).then(|| Directed(prior.0.merged(it, arn)))
        };
        let id = |it: &types::SecurityGroupRule| it.security_group_rule_id.clone();
        Ok(align(objects, &found, |one| one.0.id.clone(), id, merge))
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        if self.0.permission()? == was.0.permission()? {
            return Ok(());
        }
        let change = types::SecurityGroupRuleUpdate::builder()
            .set_security_group_rule_id(was.0.id.clone())
            .security_group_rule(self.0.request(&was.0));
        let call = aws.ec2.modify_security_group_rules().group_id(&self.0.security_group_id);
        call.security_group_rules(change.build()).send().await?;
        Ok(())
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let id = self.0.id.clone().into_iter().collect();
        let revoked =
            permission::revoke_by_id(aws, &self.0.security_group_id, Self::DIRECTION, id).await;
        let gone = [
            "InvalidSecurityGroupRuleId.NotFound",
            "InvalidPermission.NotFound",
            "InvalidGroup.NotFound",
        ];
        gone_is_fine(revoked, &gone)
    }

    fn plan(proposal: &mut Proposal<'_>) -> Result {
        rule::plan(proposal);
        Ok(())
    }

    fn validate(configuration: &Value) -> Vec<(Path, String)> {
        rule::validate(configuration)
    }
}
