//! What statements name: nothing is implied of that.

use std::collections::HashMap;

use super::statement::{Pattern, Statement};
use crate::address::{ModuleInstance, ResourceAddress, ResourceName};

/// What statements name, by the names of the steps to it.
#[derive(Default)]
pub(super) struct Named {
    patterns: Vec<Pattern>,
    inside: HashMap<Vec<String>, Vec<usize>>,
    resources: HashMap<(Vec<String>, ResourceName), Vec<usize>>,
}

impl Named {
    pub(super) fn by(statements: &[Statement]) -> Named {
        let mut named = Named::default();
        for statement in statements {
            for pattern in [statement.pattern(&statement.from), statement.pattern(&statement.to)] {
                let (steps, resource) = pattern.names();
                let at = named.patterns.len();
                if let Some(resource) = resource {
                    named.resources.entry((steps.clone(), resource)).or_default().push(at);
                }
                named.inside.entry(steps).or_default().push(at);
                named.patterns.push(pattern);
            }
        }
        named
    }

    /// Whether an address is this module, or of something right inside of it.
    pub(super) fn has_module(&self, module: &ModuleInstance) -> bool {
        self.any(self.inside.get(&module.path().0), module)
    }

    /// Whether an address is this resource, or an instance of it.
    pub(super) fn has_resource(&self, resource: &ResourceAddress) -> bool {
        let names = (resource.module.path().0, resource.resource.clone());
        self.any(self.resources.get(&names), &resource.module)
    }

    fn any(&self, found: Option<&Vec<usize>>, module: &ModuleInstance) -> bool {
        let mut found = found.into_iter().flatten().filter_map(|at| self.patterns.get(*at));
        found.any(|it| it.is_at(&module.0))
    }
}
