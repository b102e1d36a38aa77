//! Log groups.

use crate::aws::resource::AnyResource;

/// The resource types of this service.
pub static RESOURCES: &[&dyn AnyResource] = &[];
