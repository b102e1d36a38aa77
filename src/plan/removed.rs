//! What `removed` blocks say of objects that the configuration has no more.

use std::collections::HashMap;
use std::sync::Arc;

use crate::address::{InstanceAddress, ModulePath, ResourceName, Target};
use crate::language::config::{Configuration, Provisioner};

/// What is removed, and whether it is destroyed.
struct Removal {
    module: ModulePath,
    /// One resource of the module; else all, and those of the modules in it.
    resource: Option<ResourceName>,
    destroy: bool,
    provisioners: Vec<Arc<Provisioner>>,
}

/// All that is removed.
pub(super) struct Removals {
    all: Vec<Removal>,
    /// The last of each module and resource.
    last: HashMap<(ModulePath, Option<ResourceName>), usize>,
}

impl Removals {
    pub(super) fn of(configuration: &Configuration) -> Removals {
        let modules = configuration.modules.values();
        let all = modules.flat_map(|module| {
            module.removed.iter().filter_map(|removed| {
                let (inner, resource) = match &removed.from {
                    Target::Module(inner) => (inner.path(), None),
                    Target::Resource(it) => (it.module.path(), Some(it.resource.clone())),
                    Target::Instance(_) => return None,
                };
                let module = ModulePath([module.path.0.clone(), inner.0].concat());
                let (destroy, provisioners) = (removed.destroy, removed.provisioners.clone());
                Some(Removal { module, resource, destroy, provisioners })
            })
        });
        let all: Vec<Removal> = all.collect();
        let place = |it: &Removal| (it.module.clone(), it.resource.clone());
        let last = all.iter().enumerate().map(|(at, it)| (place(it), at)).collect();
        Removals { all, last }
    }

    /// Whether the objects of an instance are destroyed; none when nothing is said of them. The last
    /// word counts.
    pub(super) fn destroys(&self, address: &InstanceAddress) -> Option<bool> {
        self.of_instance(address).map(|it| it.destroy)
    }

    /// The provisioners of what is removed with an instance.
    pub(super) fn provisioners(&self, address: &InstanceAddress) -> Vec<Arc<Provisioner>> {
        self.of_instance(address).map(|it| it.provisioners.clone()).unwrap_or_default()
    }

    fn of_instance(&self, address: &InstanceAddress) -> Option<&Removal> {
        let path = address.resource.module.path();
        let around = (0..=path.0.len())
            .map(|depth| (ModulePath(path.0.iter().take(depth).cloned().collect()), None));
        let own = (path.clone(), Some(address.resource.resource.clone()));
        let found = around.chain([own]).filter_map(|place| self.last.get(&place)).max();
        found.and_then(|at| self.all.get(*at))
    }
}
