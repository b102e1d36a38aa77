//! `aws_iam_role`

mod policies;

use std::collections::BTreeSet;

use aws_sdk_iam::types;
use futures::future::try_join_all;

use self::policies::{Policies, names_in};
use super::{GONE, attached_to, document, found, name, overview, tags};
use crate::aws::client::Aws;
use crate::aws::json::{same_policy, tell_policy};
use crate::aws::resource::{Resource, gone_is_fine, missing};
use crate::aws::tags::{TOKEN_TAG, Tagging, Tags, iam_tags};
use crate::provider::{Result, Step};
use crate::schema;
use crate::schema::{Check, FieldType as _};

schema! {
    /// An identity that services and users can take on.
    pub struct Role {
        /// Policy that says who may take the role on.
        #[check(Check::Json)] #[equivalent(same_policy)] #[told(tell_policy)]
        assume_role_policy: String,
        /// What the role is for.
        #[check(Check::Length(0, 1000))] description: Option<String>,
        /// Whether deleting the role detaches its policies first.
        #[default(false)] #[config_only] force_detach_policies: bool,
        /// The inline policies of the role. Where there is a block, the role has no others; where
        /// the only block is empty, it has none. Better: `aws_iam_role_policy`.
        #[computed] inline_policy: BTreeSet<InlinePolicy>,
        /// ARNs of the policies attached to the role. Where given, it has no others. Better:
        /// `aws_iam_role_policy_attachment`.
        #[computed] #[check(Check::Arn)] managed_policy_arns: Option<BTreeSet<String>>,
        /// Longest session, in seconds.
        #[default(3600)] #[check(Check::Between(3600, 43200))] max_session_duration: i64,
        /// Name of the role.
        #[computed] #[force_new] #[conflicts_with(&["name_prefix"])] #[check(Check::Length(1, 64))]
        name: Option<String>,
        /// Start of a name that is made up.
        #[computed] #[force_new] #[check(Check::Length(1, 38))] name_prefix: Option<String>,
        /// Path of the role.
        #[default("/")] #[force_new] path: String,
        /// ARN of the policy that bounds the role's permissions.
        #[check(Check::Arn)] permissions_boundary: Option<String>,
        /// Tags of the role.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// ARN of the role.
        #[read_only] arn: Option<String>,
        /// When the role was made.
        #[read_only] create_date: Option<String>,
        /// Name of the role.
        #[read_only] id: Option<String>,
        /// Stable id of the role.
        #[read_only] unique_id: Option<String>,
    }

    /// An inline policy of a role.
    pub struct InlinePolicy {
        /// Name of the policy.
        #[check(Check::Length(1, 128))] #[required_with(&["policy"])] name: Option<String>,
        /// The policy document.
        #[check(Check::Json)] #[equivalent(same_policy)] #[required_with(&["name"])]
        policy: Option<String>,
    }
}

impl Resource for Role {
    const TYPE: &'static str = "aws_iam_role";
    const GLOBAL: bool = true;
    const TAGGING: Option<Tagging> = Some(Tagging::IamRole);
    const IMPORT: &'static str = "ROLE-NAME";

    async fn create(&self, aws: &Aws, step: &Step) -> Result<String> {
        let name = name(self.name.as_ref(), self.name_prefix.as_ref(), &step.token);
        let call = aws.iam.create_role().role_name(&name).path(&self.path);
        let duration = i32::try_from(self.max_session_duration).ok();
        let call = call
            .assume_role_policy_document(&self.assume_role_policy)
            .set_description(self.description.clone())
            .set_max_session_duration(duration)
            .set_permissions_boundary(self.permissions_boundary.clone())
            .set_tags(Some(iam_tags(self.tags_all.clone())?));
        let made = call.send().await?;
        made.role.map(|it| it.role_name).ok_or_else(|| missing("Role"))
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        let name = name(self.name.as_ref(), self.name_prefix.as_ref(), token);
        let role = get(aws, &name).await?;
        let ours =
            role.filter(|it| tags(it.tags()).get(TOKEN_TAG).map(String::as_str) == Some(token));
        Ok(ours.map(|it| it.role_name))
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let names = objects.iter().filter_map(|it| it.id.clone()).collect();
        let mut shown = overview::roles(aws, &names).await?;
        let reads = objects.into_iter().map(|role| {
            let shown = role.id.as_ref().and_then(|name| shown.remove(name));
            async move {
                let Some(it) = shown else { return role.read_by_name(aws).await };
                let policies = role.managed(Policies::of(&it.detail));
                Ok(Some(role.merged(it.role, policies)))
            }
        });
        try_join_all(reads).await
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        let name = was.id.clone();
        if !same_document(&self.assume_role_policy, &was.assume_role_policy) {
            let call = aws.iam.update_assume_role_policy().set_role_name(name.clone());
            call.policy_document(&self.assume_role_policy).send().await?;
        }
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        if text(&self.description) != text(&was.description)
            || self.max_session_duration != was.max_session_duration
        {
            let duration = i32::try_from(self.max_session_duration).ok();
            let call = aws.iam.update_role().set_role_name(name.clone());
            let call = call.description(text(&self.description));
            call.set_max_session_duration(duration).send().await?;
        }
        if text(&self.permissions_boundary) != text(&was.permissions_boundary) {
            self.bound(aws, name).await?;
        }
        self.set_policies(aws, was).await
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let name = self.id.clone().unwrap_or_default();
        leave_profiles(aws, &name).await?;
        if self.force_detach_policies || self.managed_policy_arns.as_ref().is_some_and(not_empty) {
            policies::detach(aws, &name, attached_to(aws, &name).await?.unwrap_or_default())
                .await?;
        }
        if self.force_detach_policies || not_empty(&self.inline_policy) {
            policies::remove(aws, &name, names_in(aws, &name).await?.unwrap_or_default()).await?;
        }
        gone_is_fine(aws.iam.delete_role().role_name(name).send().await, &[GONE])
    }

    /// Nothing is known of the policies yet, so all are read.
    fn import(id: &str) -> Result<Self> {
        let inline_policy = BTreeSet::from([InlinePolicy::blank()]);
        let managed_policy_arns = Some(BTreeSet::new());
        Ok(Role { id: Some(id.into()), inline_policy, managed_policy_arns, ..Role::blank() })
    }
}

fn not_empty<T>(set: &BTreeSet<T>) -> bool {
    !set.is_empty()
}

/// Takes a role out of instance profiles: nothing else would, as only roles say where they are.
async fn leave_profiles(aws: &Aws, name: &str) -> Result {
    let pages = aws.iam.list_instance_profiles_for_role().role_name(name).into_paginator();
    let profiles: std::result::Result<Vec<_>, _> = pages.items().send().collect().await;
    for profile in found(profiles)?.unwrap_or_default() {
        let call = aws.iam.remove_role_from_instance_profile().role_name(name);
        let call = call.instance_profile_name(profile.instance_profile_name);
        gone_is_fine(call.send().await, &[GONE])?;
    }
    Ok(())
}

fn same_document(one: &str, other: &str) -> bool {
    same_policy(&one.into(), &other.into())
}

async fn get(aws: &Aws, name: &str) -> Result<Option<types::Role>> {
    Ok(found(aws.iam.get_role().role_name(name).send().await)?.and_then(|it| it.role))
}

impl Role {
    async fn bound(&self, aws: &Aws, name: Option<String>) -> Result {
        match &self.permissions_boundary {
            Some(arn) => {
                let call = aws.iam.put_role_permissions_boundary().set_role_name(name);
                call.permissions_boundary(arn).send().await?;
            }
            None => {
                aws.iam.delete_role_permissions_boundary().set_role_name(name).send().await?;
            }
        }
        Ok(())
    }

    async fn read_by_name(self, aws: &Aws) -> Result<Option<Role>> {
        let Some(it) = get(aws, self.id.as_deref().unwrap_or_default()).await? else {
            return Ok(None);
        };
        let policies = self.read_policies(aws, &it.role_name).await?;
        Ok(Some(self.merged(it, policies)))
    }

    fn merged(self, it: types::Role, policies: Policies) -> Role {
        let boundary = it.permissions_boundary.as_ref();
        Role {
            inline_policy: policies.inline,
            managed_policy_arns: policies.attached,
            assume_role_policy: it.assume_role_policy_document().map(document).unwrap_or_default(),
            description: it.description.clone(),
            max_session_duration: it.max_session_duration.map_or(3600, i64::from),
            name: Some(it.role_name.clone()),
            path: it.path.clone(),
            permissions_boundary: boundary.and_then(|it| it.permissions_boundary_arn.clone()),
            tags_all: tags(it.tags()),
            arn: Some(it.arn.clone()),
            create_date: Some(it.create_date.to_string()),
            id: Some(it.role_name.clone()),
            unique_id: Some(it.role_id.clone()),
            ..self
        }
    }
}
