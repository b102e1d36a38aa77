//! What apply asks of the configuration and of the providers.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::Value as Json;

use crate::address::{ConfigAddress, InstanceAddress};
use crate::apply::{Connect, Doing, Resolve};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::body;
use crate::language::config::{Moment, Provisioner};
use crate::plan::{
    self, Change, Connections, Dependencies, Evaluation, LocalCommand, ProviderKey, Providers,
    check_all, connect_one, postconditions, preconditions, stored_checks,
};
use crate::provider::{Connection, DataSourceType, ResourceType};
use crate::state::State;
use crate::value::{Path, Value};

/// A configuration under evaluation, and the connections of its providers.
pub(super) struct Resolver {
    evaluation: Arc<Evaluation>,
    providers: Providers,
    /// What depends on what; nothing for a configuration with a cycle, of which no plan is made.
    dependencies: OnceLock<Option<Dependencies>>,
    connections: Mutex<Connections>,
    /// Held while the configuration is evaluated. A value that is asked for while it is being made
    /// counts as part of a cycle, and so as unknown, which it must not when another task makes it.
    turn: Mutex<()>,
}

impl Resolver {
    /// A resolver without connections; they are made when first needed.
    pub(super) fn new(evaluation: Arc<Evaluation>, providers: Providers) -> Resolver {
        Resolver::connected(evaluation, providers, Connections::default())
    }

    fn connected(
        evaluation: Arc<Evaluation>,
        providers: Providers,
        connections: Connections,
    ) -> Resolver {
        let (dependencies, turn) = (OnceLock::new(), Mutex::default());
        let connections = Mutex::new(connections);
        Resolver { evaluation, providers, dependencies, connections, turn }
    }

    /// The same connections for another evaluation.
    pub(super) fn with(&self, evaluation: Arc<Evaluation>) -> Resolver {
        Resolver::connected(evaluation, self.providers.clone(), self.connections())
    }

    /// The connections made so far.
    pub(super) fn connections(&self) -> Connections {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until no other task evaluates.
    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds connections.
    pub(super) fn add(&self, connections: Connections) {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).extend(connections);
    }
}

/// Nothing may be asked of a provider whose region or account is not known.
fn not_known(provider: &ProviderKey) -> Diagnostic {
    let detail = format!(
        "What configures {provider} is not known here, since it depends on values that only planning \
         or applying gives."
    );
    let hint = "Give the provider constant arguments for this command, or run `terrace apply`.";
    Diagnostic::error("Provider configuration not known", detail).hint(hint)
}

impl Connect for Resolver {
    fn connection(&self, provider: &ProviderKey) -> Result<Arc<dyn Connection>, Diagnostics> {
        if let Some(made) = self.connections().get(provider) {
            return Ok(made.clone());
        }
        let _turn = self.turn();
        let made = connect_one(&self.evaluation, &self.providers, provider)?;
        if !made.known {
            return Err(not_known(provider).into());
        }
        let connection = made.connection;
        self.add(Connections::from([(provider.clone(), connection.clone())]));
        Ok(connection)
    }

    fn resource_type(
        &self,
        provider: &ProviderKey,
        kind: &str,
    ) -> Result<&'static dyn ResourceType, Diagnostics> {
        self.providers.resource(&provider.source, kind).map_err(Diagnostics::from)
    }

    fn data_source_type(
        &self,
        provider: &ProviderKey,
        kind: &str,
    ) -> Result<&'static dyn DataSourceType, Diagnostics> {
        self.providers.data(&provider.source, kind).map_err(Diagnostics::from)
    }

    fn ephemeral_type(
        &self,
        provider: &ProviderKey,
        kind: &str,
    ) -> Result<&'static dyn DataSourceType, Diagnostics> {
        self.providers.ephemeral(&provider.source, kind).map_err(Diagnostics::from)
    }
}

impl Resolve for Resolver {
    fn propose(&self, change: &Change) -> Result<(Value, Value), Diagnostics> {
        let connection = self.connection(&change.provider)?;
        let _turn = self.turn();
        plan::resolve(&self.evaluation, &self.providers, connection.as_ref(), change)
    }

    fn data(&self, change: &Change) -> Result<Value, Diagnostics> {
        let _turn = self.turn();
        plan::resolve_data(&self.evaluation, &self.providers, change)
    }

    fn provisioners(&self, change: &Change, when: Moment) -> Vec<Arc<Provisioner>> {
        plan::provisioners(&self.evaluation, &change.address, when)
    }

    fn provision(
        &self,
        change: &Change,
        provisioner: &Provisioner,
        own: &Value,
    ) -> Result<LocalCommand, Diagnostics> {
        let _turn = self.turn();
        plan::local_command(&self.evaluation, &change.address, provisioner, own)
    }

    fn ephemeral(&self, change: &Change) -> Result<Value, Diagnostics> {
        let _turn = self.turn();
        plan::resolve_ephemeral(&self.evaluation, &self.providers, change)
    }

    fn record(&self, address: &InstanceAddress, value: Value) {
        let _turn = self.turn();
        self.evaluation.record(address, value);
    }

    fn before(&self, change: &Change, doing: Doing) -> Diagnostics {
        let _turn = self.turn();
        match doing {
            Doing::Destroy | Doing::Forget | Doing::Close => Diagnostics::new(),
            _ => preconditions(&self.evaluation, change),
        }
    }

    fn after(&self, change: &Change, value: &Value) -> Diagnostics {
        let _turn = self.turn();
        postconditions(&self.evaluation, change, value)
    }

    fn output(&self, name: &str, undone: &BTreeSet<ConfigAddress>) -> (Option<Value>, Diagnostics) {
        let _turn = self.turn();
        let find = || Dependencies::find(&self.evaluation.configuration).ok();
        match self.dependencies.get_or_init(find) {
            Some(dependencies) => plan::output(&self.evaluation, dependencies, name, undone),
            None => (None, Diagnostics::new()),
        }
    }

    fn checks(&self, state: &State) -> (Json, Diagnostics) {
        let _turn = self.turn();
        let (results, problems) = check_all(&self.evaluation, state);
        // What is wrong with values on the way has been told with the outputs.
        drop(self.evaluation.take_problems());
        (stored_checks(&results), problems)
    }

    fn unread(&self, change: &Change, problems: Diagnostics) -> Diagnostics {
        plan::unread(&self.evaluation, &change.address, problems)
    }

    fn span(&self, change: &Change, path: Option<&Path>) -> Option<Span> {
        let resource = self.evaluation.resource(&change.address.resource)?;
        Some(match path {
            Some(path) => body::span_of(&resource.body, path),
            None => resource.span.clone(),
        })
    }
}
