//! Roles and policies.

pub mod attachment;
pub mod policy;
pub mod role;
pub mod role_policy;

use aws_sdk_iam::types::Tag;

use crate::aws::resource::{AnyResource, Kind};
use crate::aws::tags::Tags;

static ROLE: Kind<role::Role> = Kind::new();
static ROLE_POLICY: Kind<role_policy::RolePolicy> = Kind::new();
static ATTACHMENT: Kind<attachment::RolePolicyAttachment> = Kind::new();
static POLICY: Kind<policy::Policy> = Kind::new();

/// The resource types of this service.
pub static RESOURCES: &[&dyn AnyResource] = &[&ROLE, &ROLE_POLICY, &ATTACHMENT, &POLICY];

/// The error code for what is not there.
const GONE: &str = "NoSuchEntity";

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
