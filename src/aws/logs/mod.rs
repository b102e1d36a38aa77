//! Log groups.

pub mod log_group;

use crate::aws::resource::{AnyResource, Kind};

static LOG_GROUP: Kind<log_group::LogGroup> = Kind::new();

/// The resource types of this service.
pub static RESOURCES: &[&dyn AnyResource] = &[&LOG_GROUP];
