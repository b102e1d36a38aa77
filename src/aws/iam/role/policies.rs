//! The policies that a role has to itself: `inline_policy` and `managed_policy_arns`.
//!
//! A role whose configuration says nothing of them leaves them to other resources, so its state has
//! none, and nothing is asked about them: what those resources do is no change of the role.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::RoleDetail;
use futures::future::try_join_all;

use super::{InlinePolicy, Role, same_document};
use crate::aws::client::Aws;
use crate::aws::iam::{GONE, attached_to, document, found, inline_of};
use crate::aws::resource::gone_is_fine;
use crate::provider::Result;

/// The policies of a role, as its fields have them.
#[derive(Default)]
pub(super) struct Policies {
    pub(super) inline: BTreeSet<InlinePolicy>,
    pub(super) attached: Option<BTreeSet<String>>,
}

impl Policies {
    /// All that the role has.
    pub(super) fn of(detail: &RoleDetail) -> Policies {
        let inline = detail.role_policy_list().iter().map(|it| InlinePolicy {
            name: it.policy_name.clone(),
            policy: it.policy_document().map(document),
        });
        let attached = detail.attached_managed_policies().iter();
        Policies {
            inline: inline.collect(),
            attached: Some(attached.filter_map(|it| it.policy_arn.clone()).collect()),
        }
    }
}

/// The names of the policies inside a role; nothing when the role is gone.
pub(super) async fn names_in(aws: &Aws, role: &str) -> Result<Option<BTreeSet<String>>> {
    let pages = aws.iam.list_role_policies().role_name(role).into_paginator();
    let names: std::result::Result<Vec<_>, _> = pages.items().send().collect().await;
    Ok(found(names)?.map(BTreeSet::from_iter))
}

/// The policies inside a role.
async fn inline_in(aws: &Aws, role: &str) -> Result<BTreeSet<InlinePolicy>> {
    let names = names_in(aws, role).await?.unwrap_or_default();
    let reads = names.into_iter().map(|name| async move {
        let policy = inline_of(aws, role, &name).await?;
        Result::Ok(policy.map(|it| InlinePolicy { name: Some(name), policy: Some(it) }))
    });
    Ok(try_join_all(reads).await?.into_iter().flatten().collect())
}

/// Takes managed policies off a role.
pub(super) async fn detach(aws: &Aws, role: &str, arns: BTreeSet<String>) -> Result {
    for arn in arns {
        let call = aws.iam.detach_role_policy().role_name(role).policy_arn(arn);
        gone_is_fine(call.send().await, &[GONE])?;
    }
    Ok(())
}

/// Deletes policies inside a role.
pub(super) async fn remove(aws: &Aws, role: &str, names: BTreeSet<String>) -> Result {
    for name in names {
        let call = aws.iam.delete_role_policy().role_name(role).policy_name(name);
        gone_is_fine(call.send().await, &[GONE])?;
    }
    Ok(())
}

/// Documents by name; the block that only says "no others" is left out.
fn by_name(policies: &BTreeSet<InlinePolicy>) -> BTreeMap<&str, &str> {
    policies.iter().filter_map(|it| Some((it.name.as_deref()?, it.policy.as_deref()?))).collect()
}

impl Role {
    /// What of the policies is this role's to manage.
    pub(super) fn managed(&self, all: Policies) -> Policies {
        let attached = all.attached.filter(|_| self.managed_policy_arns.is_some());
        if self.inline_policy.is_empty() {
            return Policies { attached, ..Policies::default() };
        }
        let is_import = self.assume_role_policy.is_empty();
        let says_none = by_name(&self.inline_policy).is_empty() && !is_import;
        let inline = match all.inline.is_empty() && says_none {
            true => self.inline_policy.clone(),
            false => all.inline,
        };
        Policies { inline, attached }
    }

    /// Reads those policies that are this role's to manage.
    pub(super) async fn read_policies(&self, aws: &Aws, name: &str) -> Result<Policies> {
        let mut all = Policies::default();
        if !self.inline_policy.is_empty() {
            all.inline = inline_in(aws, name).await?;
        }
        if self.managed_policy_arns.is_some() {
            all.attached = Some(attached_to(aws, name).await?.unwrap_or_default());
        }
        Ok(self.managed(all))
    }

    /// Brings the policies of a role that may not have managed them before to what they should be.
    pub(super) async fn set_policies(&self, aws: &Aws, was: &Role) -> Result {
        let name = was.id.as_deref().unwrap_or_default();
        if self.inline_policy != was.inline_policy {
            self.set_inline(aws, name).await?;
        }
        match &self.managed_policy_arns {
            Some(wanted) if Some(wanted) != was.managed_policy_arns.as_ref() => {
                set_attached(aws, name, wanted).await
            }
            _ => Ok(()),
        }
    }

    async fn set_inline(&self, aws: &Aws, role: &str) -> Result {
        let there = inline_in(aws, role).await?;
        let (there, wanted) = (by_name(&there), by_name(&self.inline_policy));
        let others = there.keys().filter(|name| !wanted.contains_key(*name));
        remove(aws, role, others.map(ToString::to_string).collect()).await?;
        for (name, policy) in wanted {
            if !there.get(name).is_some_and(|it| same_document(it, policy)) {
                let call = aws.iam.put_role_policy().role_name(role).policy_name(name);
                call.policy_document(policy).send().await?;
            }
        }
        Ok(())
    }
}

async fn set_attached(aws: &Aws, role: &str, wanted: &BTreeSet<String>) -> Result {
    let there = attached_to(aws, role).await?.unwrap_or_default();
    detach(aws, role, there.difference(wanted).cloned().collect()).await?;
    for arn in wanted.difference(&there) {
        aws.iam.attach_role_policy().role_name(role).policy_arn(arn).send().await?;
    }
    Ok(())
}
