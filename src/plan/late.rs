//! Refreshing while planning: of what belongs to provider configurations that depend on data sources,
//! resources or ephemeral resources, and so can be connected only on the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::address::{InstanceAddress, Mode as ResourceMode, ResourceAddress};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::ProviderKey;
use crate::plan::connect::{Connected, connect_one, present};
use crate::plan::orphans::provider_of;
use crate::plan::walk::Planner;
use crate::provider::Connection;
use crate::state::State;

/// Reads the objects of one provider configuration again.
pub trait Refresher: Send + Sync {
    /// The state with the objects of that provider configuration as they are now, without those that
    /// are gone.
    fn refresh<'a>(
        &'a self,
        state: &'a State,
        provider: &'a ProviderKey,
        connection: Arc<dyn Connection>,
    ) -> BoxFuture<'a, (State, Diagnostics)>;
}

/// The provider configurations whose objects are still to be refreshed, with those objects.
pub(super) type Unseen = BTreeMap<ProviderKey, Vec<InstanceAddress>>;

impl Planner<'_> {
    /// What is still to be refreshed when planning begins: all whose provider was not connected.
    pub(super) fn unseen(&self) -> Unseen {
        let mut unseen = Unseen::new();
        if self.request.refresher.is_none() {
            return unseen;
        }
        let managed = |it: &&InstanceAddress| it.resource.resource.mode == ResourceMode::Managed;
        for address in self.refreshed.resources.keys().filter(managed) {
            // A damaged provider address is reported by whoever plans the object.
            let Ok(provider) = provider_of(&self.refreshed, address) else { continue };
            let absent = || present(self.evaluation, &provider).is_err();
            if !self.request.connections.contains_key(&provider)
                && self.request.providers.get(&provider.source).is_some()
                && self.covers(address)
                && !absent()
            {
                unseen.entry(provider).or_default().push(address.clone());
            }
        }
        unseen
    }

    /// Refreshes the objects of the providers that a resource has in state, if that is still to be done.
    pub(super) async fn look_at(&mut self, resource: &ResourceAddress) {
        if self.unseen.is_empty() {
            return;
        }
        let instances = self.in_state.get(resource).into_iter().flatten();
        let providers = instances.filter_map(|it| provider_of(&self.refreshed, it).ok());
        let providers: Vec<ProviderKey> = providers.collect();
        for provider in providers {
            self.look_through(&provider).await;
        }
    }

    /// Refreshes all that is still to be refreshed.
    pub(super) async fn look_at_the_rest(&mut self) {
        let left: Vec<ProviderKey> = self.unseen.keys().cloned().collect();
        for provider in left {
            self.look_through(&provider).await;
        }
    }

    async fn look_through(&mut self, provider: &ProviderKey) {
        let Some(refresher) = self.request.refresher else { return };
        let Some(known) = self.unseen.remove(provider) else { return };
        let Some(connection) = self.connection(provider) else { return };
        if self.is_open(provider) {
            return self.diagnostics.push(unseen(provider, &known));
        }
        if let Err(error) = connection.verify().await {
            let detail = format!("{provider}: {}", error.message);
            let problem = Diagnostic::error("Provider cannot be used", detail).hint(&error.hint);
            return self.diagnostics.push(problem);
        }
        let (found, problems) = refresher.refresh(&self.refreshed, provider, connection).await;
        self.diagnostics.extend(problems);
        for address in &known {
            self.take_over(&found, address);
        }
        self.refreshed = found;
    }

    /// Takes an object as refreshed into the state that the plan is made from.
    fn take_over(&mut self, found: &State, address: &InstanceAddress) {
        match found.resources.get(address) {
            Some(instance) if self.prior.resources.get(address) == Some(instance) => {}
            Some(instance) => {
                self.prior.resources_mut().insert(address.clone(), instance.clone());
            }
            None => {
                self.prior.resources_mut().remove(address);
                if let Some(all) = self.in_state.get_mut(&address.resource) {
                    all.retain(|it| it != address);
                }
            }
        }
    }

    /// Whether the arguments of a provider configuration depend on what is still to be made.
    pub(super) fn is_open(&mut self, provider: &ProviderKey) -> bool {
        self.connection(provider).is_some() && self.open_providers.contains(provider)
    }

    /// The connection of a provider configuration; made now when its arguments were not known before.
    pub(super) fn connection(&mut self, key: &ProviderKey) -> Option<Arc<dyn Connection>> {
        if let Some(made) = self.connections.get(key) {
            return Some(made.clone());
        }
        let made = connect_one(self.evaluation, self.request.providers, key);
        let Connected { connection, known, warnings } =
            made.map_err(|problems| self.diagnostics.extend(problems)).ok()?;
        self.diagnostics.extend(warnings);
        if !known {
            self.open_providers.insert(key.clone());
        }
        self.connections.insert(key.clone(), connection.clone());
        Some(connection)
    }
}

fn unseen(provider: &ProviderKey, known: &[InstanceAddress]) -> Diagnostic {
    let first = known.first().map(ToString::to_string).unwrap_or_default();
    let which = match known.len() {
        1 => first,
        count => format!("{first} and {} more", count - 1),
    };
    let detail = format!(
        "What configures {provider} depends on objects that this plan makes or changes, so {which} \
         cannot be looked at before it is applied."
    );
    Diagnostic::warning("Objects not refreshed", detail)
        .hint("Apply what the provider depends on first, with `-target`.")
}
