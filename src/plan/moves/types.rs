//! Objects that are of another type once they are moved.

use crate::address::{InstanceAddress, ModulePath};
use crate::diagnostic::Diagnostic;
use crate::language::config::Configuration;
use crate::plan::orphans::stored_value;
use crate::plan::providers::provider_key;
use crate::plan::resolve::object_of;
use crate::plan::{ProviderKey, Providers};
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
    /// What an instance is at an address of another type.
    pub(super) fn taken_over(
        &self,
        state: &State,
        from: &InstanceAddress,
        to: &InstanceAddress,
    ) -> Result<Instance, Diagnostic> {
        let instance = state.resources.get(from).ok_or_else(|| mismatch(from, to))?;
        let provider = self.provider(to).ok_or_else(|| mismatch(from, to))?;
        let kind = self.providers.resource(&provider.source, &to.resource.resource.kind);
        let kind = kind.map_err(|problem| problem.about(to))?;
        let convert = |deposed: Option<&str>| {
            self.object(state, from, deposed, kind)?.ok_or_else(|| mismatch(from, to))
        };
        let current = instance.current.as_ref().map(|_| convert(None)).transpose()?;
        let keys = instance.deposed.keys();
        let deposed = keys.map(|key| Ok((key.clone(), convert(Some(key.as_str()))?)));
        let deposed = deposed.collect::<Result<_, Diagnostic>>()?;
        Ok(Instance { provider: provider.to_string(), current, deposed })
    }

    /// The provider of an address. One that is not declared is on the way to another address, or to
    /// its end: any provider that has its type knows what the object is.
    fn provider(&self, address: &InstanceAddress) -> Option<ProviderKey> {
        let resource = &address.resource;
        let module = self.configuration.modules.get(&resource.module.path());
        let declared = module.and_then(|it| Some((it, it.resources.get(&resource.resource)?)));
        if let Some((module, declared)) = declared {
            return Some(provider_key(self.configuration, module, &declared.provider));
        }
        let kind = &resource.resource.kind;
        let provider = self.providers.0.iter().find(|it| it.resource(kind).is_some())?;
        let (module, source) = (ModulePath::default(), provider.source().to_string());
        Some(ProviderKey { module, source, alias: None, key: None })
    }

    fn object(
        &self,
        state: &State,
        from: &InstanceAddress,
        deposed: Option<&str>,
        kind: &dyn ResourceType,
    ) -> Result<Option<Object>, Diagnostic> {
        let stored = stored_value(state, self.providers, from, deposed)?;
        let value = stored.and_then(|it| kind.take_over(&from.resource.resource.kind, &it.0));
        let Some((value, known)) = value.zip(state.object(from, deposed)) else { return Ok(None) };
        Ok(Some(Object {
            create_before_destroy: known.create_before_destroy,
            tainted: known.tainted,
            ..object_of(kind.schema(), &value, known.dependencies.clone())
        }))
    }
}

fn mismatch(from: &InstanceAddress, to: &InstanceAddress) -> Diagnostic {
    let detail = format!("{from} cannot become {to}: its type does not take over what it is.");
    let hint = "`removed` and `import` blocks can bring it to the new address instead.";
    Diagnostic::error("Resource type mismatch", detail).hint(hint).about(from)
}
