//! Objects that are of another type once they are moved.

use crate::address::InstanceAddress;
use crate::language::config::Configuration;
use crate::plan::Providers;
use crate::plan::orphans::stored_value;
use crate::plan::providers::provider_key;
use crate::plan::resolve::object_of;
use crate::provider::ResourceType;
use crate::state::{Instance, Object, State};

/// What decides which types an object can be of.
pub(super) struct Types<'a> {
    pub(super) configuration: &'a Configuration,
    pub(super) providers: &'a Providers,
}

/// Whether objects of one type can become objects of another.
pub(super) fn can_become(providers: &Providers, from: &str, to: &str) -> bool {
    let find = |kind: &str| providers.0.iter().find_map(|it| it.resource(kind));
    let (Some(source), Some(target)) = (find(from), find(to)) else { return false };
    target.take_over(from, &source.schema().null_object()).is_some()
}

impl Types<'_> {
    /// What an instance is at an address of another type; nothing when it cannot be there.
    pub(super) fn taken_over(
        &self,
        state: &State,
        from: &InstanceAddress,
        to: &InstanceAddress,
    ) -> Option<Instance> {
        let module = self.configuration.modules.get(&to.resource.module.path())?;
        let declared = module.resources.get(&to.resource.resource)?;
        let provider = provider_key(self.configuration, module, &declared.provider);
        let kind = self.providers.resource(&provider.source, &declared.name.kind).ok()?;
        let instance = state.resources.get(from)?;
        let convert = |deposed: Option<&str>| self.object(state, from, deposed, kind);
        let current = match &instance.current {
            Some(_) => Some(convert(None)?),
            None => None,
        };
        let keys = instance.deposed.keys();
        let deposed = keys.map(|key| Some((key.clone(), convert(Some(key.as_str()))?)));
        let deposed = deposed.collect::<Option<_>>()?;
        Some(Instance { provider: provider.to_string(), current, deposed })
    }

    fn object(
        &self,
        state: &State,
        from: &InstanceAddress,
        deposed: Option<&str>,
        kind: &dyn ResourceType,
    ) -> Option<Object> {
        let (value, ..) = stored_value(state, self.providers, from, deposed).ok()??;
        let value = kind.take_over(&from.resource.resource.kind, &value)?;
        let known = state.object(from, deposed)?;
        Some(Object {
            create_before_destroy: known.create_before_destroy,
            tainted: known.tainted,
            ..object_of(kind.schema(), &value, known.dependencies.clone())
        })
    }
}
