//! Image repositories.

pub mod lifecycle_policy;
pub mod repository;

use crate::aws::resource::{AnyResource, Kind};

static REPOSITORY: Kind<repository::Repository> = Kind::new();
static LIFECYCLE_POLICY: Kind<lifecycle_policy::LifecyclePolicy> = Kind::new();

/// The resource types of this service.
pub static RESOURCES: &[&dyn AnyResource] = &[&REPOSITORY, &LIFECYCLE_POLICY];

/// The error code for a repository that is not there.
const GONE: &str = "RepositoryNotFoundException";
