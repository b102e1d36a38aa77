//! Differences between state as stored and as refreshed.

use crate::address::Mode as ResourceMode;
use crate::plan::Drift;
use crate::plan::orphans::value_in;
use crate::plan::providers::Providers;
use crate::state::State;
use crate::value::Value;

/// What refreshing found changed. Objects that cannot be read from state are left out: planning
/// reports them.
pub(super) fn between(stored: &State, refreshed: &State, providers: &Providers) -> Vec<Drift> {
    let managed =
        stored.resources.keys().filter(|it| it.resource.resource.mode == ResourceMode::Managed);
    let drift = managed.filter_map(|address| {
        if stored.object(address, None).map(|it| &it.attributes)
            == refreshed.object(address, None).map(|it| &it.attributes)
        {
            return None;
        }
        let before = value_in(stored, providers, address, None).ok()??;
        let after = value_in(refreshed, providers, address, None).ok()?.unwrap_or(Value::NULL);
        (before != after).then(|| Drift { address: address.clone(), before, after })
    });
    drift.collect()
}
