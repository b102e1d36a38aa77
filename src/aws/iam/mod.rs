//! Roles and policies.

pub mod attachment;
pub mod overview;
pub mod policy;
pub mod role;
pub mod role_policy;

use std::collections::BTreeSet;

use aws_sdk_iam::types::Tag;

use crate::aws::client::Aws;
use crate::aws::resource::{AnyResource, Kind, gone_is_fine};
use crate::aws::tags::Tags;
use crate::provider::{ProviderError, Result};

static ROLE: Kind<role::Role> = Kind::new();
static ROLE_POLICY: Kind<role_policy::RolePolicy> = Kind::new();
static ATTACHMENT: Kind<attachment::RolePolicyAttachment> = Kind::new();
static POLICY: Kind<policy::Policy> = Kind::new();

/// The resource types of this service.
pub static RESOURCES: &[&dyn AnyResource] = &[&ROLE, &ROLE_POLICY, &ATTACHMENT, &POLICY];

/// The error code for what is not there.
const GONE: &str = "NoSuchEntity";

/// What was asked for; nothing, where the error says that it is not there.
fn found<T>(answer: std::result::Result<T, impl Into<ProviderError>>) -> Result<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) => gone_is_fine(Err::<(), _>(error), &[GONE]).map(|()| None),
    }
}

/// The ARNs of the managed policies on a role; nothing when the role is gone.
async fn attached_to(aws: &Aws, role: &str) -> Result<Option<BTreeSet<String>>> {
    let pages = aws.iam.list_attached_role_policies().role_name(role).into_paginator();
    let policies: std::result::Result<Vec<_>, _> = pages.items().send().collect().await;
    Ok(found(policies)?.map(|all| all.into_iter().filter_map(|it| it.policy_arn).collect()))
}

/// The document of a policy inside a role.
async fn inline_of(aws: &Aws, role: &str, name: &str) -> Result<Option<String>> {
    let call = aws.iam.get_role_policy().role_name(role).policy_name(name);
    Ok(found(call.send().await)?.map(|it| document(&it.policy_document)))
}

fn tags(from: &[Tag]) -> Tags {
    from.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect()
}

/// IAM answers documents percent-encoded (RFC 3986).
fn document(encoded: &str) -> String {
    percent_encoding::percent_decode_str(encoded).decode_utf8_lossy().into_owned()
}

/// The name given, or one made of the prefix and the step's token.
fn name(given: Option<&String>, prefix: Option<&String>, token: &str) -> String {
    let prefix = prefix.map_or("terraform-", String::as_str);
    given.cloned().unwrap_or_else(|| format!("{prefix}{}", token.get(..26).unwrap_or(token)))
}
