//! Many roles and policies at once: what `GetAccountAuthorizationDetails` and `ListRoles` tell.
//!
//! The details have roles with tags, boundary and policies, but without description and longest
//! session, which `ListRoles` tells; and managed policies with documents, but without tags, which
//! only calls for each policy tell.
//!
//! Both calls go through the whole account, a thousand entities to the page, so a small stack in a
//! large account could wait for many pages to save a few calls. Therefore pages are read only as
//! long as they are worth it: none for so few calls that a page saves nothing; else one, which is
//! enough in most accounts, and one more for every ten calls that it could save, as a page takes
//! AWS about as long as ten calls. What the pages read do not show is asked for by name. So a look
//! makes hardly more calls than reading everything by name would, and only AWS's answer to the name
//! says that something is gone.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{EntityType, ManagedPolicyDetail, Role as ListedRole, RoleDetail};
use tokio::sync::{Mutex, MutexGuard};

use super::{attachment, policy, role, role_policy};
use crate::aws::client::Aws;
use crate::aws::error::denies;
use crate::aws::resource::Resource;
use crate::provider::{ProviderError, Result};

/// The most that one page can have.
const PAGE: i32 = 1000;
/// How many calls by name take about as long as a page.
const CALLS_OF_A_PAGE: usize = 10;

/// What plural IAM calls told in one look.
pub struct Overview {
    details: Pages<Details>,
    roles: Pages<Listed>,
}

impl Overview {
    /// For a look at so many objects of these types.
    pub fn worth(counts: &[(&str, usize)]) -> Overview {
        let count = |kind: &str| -> usize {
            counts.iter().filter(|(it, _)| *it == kind).map(|(_, count)| count).sum()
        };
        let (roles, policies) = (count(role::Role::TYPE), count(policy::Policy::TYPE));
        let of_roles = count(role_policy::RolePolicy::TYPE);
        let all = roles + policies + of_roles + count(attachment::RolePolicyAttachment::TYPE);
        // Roles need pages of both calls, so with a single role both calls save nothing.
        let details = Details { with_policies: policies > 0, ..Details::default() };
        Overview {
            details: Pages::new(details, all, 3),
            roles: Pages::new(Listed::default(), roles, 2),
        }
    }
}

/// Roles by name, with all there is to them but what is in no page read.
pub async fn roles(aws: &Aws, names: &BTreeSet<String>) -> Result<BTreeMap<String, Seen>> {
    let both = |it: &&Overview| it.roles.most > 0 && it.details.most > 0;
    let Some(look) = aws.identities.as_deref().filter(both) else { return Ok(BTreeMap::new()) };
    let (listed, details) = tokio::try_join!(look.roles.see(aws, names), details(aws, names))?;
    let whole = |(name, detail): (String, RoleDetail)| {
        let mut role = listed.told.0.get(&name)?.clone();
        // One that was replaced between the two calls is asked for by name.
        if detail.role_id.as_deref() != Some(role.role_id.as_str()) {
            return None;
        }
        role.tags.clone_from(&detail.tags);
        role.permissions_boundary.clone_from(&detail.permissions_boundary);
        Some((name, Seen { role, detail }))
    };
    Ok(details.into_iter().filter_map(whole).collect())
}

/// A role as both calls together show it.
pub struct Seen {
    /// The role as `GetRole` shows it.
    pub role: ListedRole,
    /// The role with its policies.
    pub detail: RoleDetail,
}

/// The details of roles, by name, but for what is in no page read.
pub async fn details(aws: &Aws, names: &BTreeSet<String>) -> Result<BTreeMap<String, RoleDetail>> {
    let Some(look) = &aws.identities else { return Ok(BTreeMap::new()) };
    let pages = look.details.see(aws, names).await?;
    let found = names.iter().filter_map(|it| pages.told.roles.get_key_value(it));
    Ok(found.map(|(name, it)| (name.clone(), it.clone())).collect())
}

/// The details of policies, by ARN, but for what is in no page read.
pub async fn policies(
    aws: &Aws,
    arns: &BTreeSet<String>,
) -> Result<BTreeMap<String, ManagedPolicyDetail>> {
    let Some(look) = &aws.identities else { return Ok(BTreeMap::new()) };
    let pages = look.details.see(aws, arns).await?;
    let found = arns.iter().filter_map(|it| pages.told.policies.get_key_value(it));
    Ok(found.map(|(arn, it)| (arn.clone(), it.clone())).collect())
}

/// The pages of one plural call that were read so far, and how many it is worth to read.
struct Pages<T> {
    most: usize,
    read: Mutex<Read<T>>,
}

struct Read<T> {
    told: T,
    count: usize,
    marker: Option<String>,
    is_last: bool,
}

impl<T: Plural> Pages<T> {
    /// `calls` is how many calls the pages could save; fewer than `fewest` are not worth a page.
    fn new(told: T, calls: usize, fewest: usize) -> Pages<T> {
        let most = if calls < fewest { 0 } else { 1 + calls / CALLS_OF_A_PAGE };
        Pages { most, read: Mutex::new(Read { told, count: 0, marker: None, is_last: false }) }
    }

    /// Reads on until everything wanted was seen, there is no more, or it is not worth it.
    async fn see(&self, aws: &Aws, wanted: &BTreeSet<String>) -> Result<MutexGuard<'_, Read<T>>> {
        let mut read = self.read.lock().await;
        while !read.is_last && read.count < self.most && !wanted.iter().all(|it| read.told.has(it))
        {
            read.count += 1;
            let marker = read.marker.clone();
            read.marker = match read.told.next(aws, marker).await {
                Ok(next) => next,
                // Those who may read single roles need not be allowed to read all of them.
                Err(error) if error.code.as_deref().is_some_and(denies) => None,
                Err(error) => return Err(error),
            };
            read.is_last = read.marker.is_none();
        }
        Ok(read)
    }
}

/// A call that tells of many, page by page.
trait Plural: Send {
    /// Whether a page has shown what has this name or ARN.
    fn has(&self, key: &str) -> bool;
    /// Reads the page at a marker, and gives the marker of the next.
    fn next(
        &mut self,
        aws: &Aws,
        marker: Option<String>,
    ) -> impl Future<Output = std::result::Result<Option<String>, ProviderError>> + Send;
}

#[derive(Default)]
struct Details {
    with_policies: bool,
    roles: BTreeMap<String, RoleDetail>,
    policies: BTreeMap<String, ManagedPolicyDetail>,
}

impl Plural for Details {
    fn has(&self, key: &str) -> bool {
        self.roles.contains_key(key) || self.policies.contains_key(key)
    }

    async fn next(&mut self, aws: &Aws, marker: Option<String>) -> Result<Option<String>> {
        let mut kinds = vec![EntityType::Role];
        kinds.extend(self.with_policies.then_some(EntityType::LocalManagedPolicy));
        let call = aws.iam.get_account_authorization_details().set_filter(Some(kinds));
        let page = call.max_items(PAGE).set_marker(marker).send().await?;
        for role in page.role_detail_list.unwrap_or_default() {
            self.roles.insert(role.role_name.clone().unwrap_or_default(), role);
        }
        for policy in page.policies.unwrap_or_default() {
            self.policies.insert(policy.arn.clone().unwrap_or_default(), policy);
        }
        Ok(page.marker.filter(|_| page.is_truncated))
    }
}

#[derive(Default)]
struct Listed(BTreeMap<String, ListedRole>);

impl Plural for Listed {
    fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    async fn next(&mut self, aws: &Aws, marker: Option<String>) -> Result<Option<String>> {
        let page = aws.iam.list_roles().max_items(PAGE).set_marker(marker).send().await?;
        self.0.extend(page.roles.into_iter().map(|it| (it.role_name.clone(), it)));
        Ok(page.marker.filter(|_| page.is_truncated))
    }
}

#[cfg(test)]
mod tests;
