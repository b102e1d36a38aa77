//! A provider made of resource types and data sources that ask no account, and its connection.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::{BoxFuture, ready};
use time::OffsetDateTime;

use super::kind::AnyResource;
use super::source::AnySource;
use crate::diagnostic::Diagnostics;
use crate::provider::{
    Connection, DataSourceType, ErrorKind, Lease, Observed, Opened, Planned, Proposal, Provider,
    ProviderError, ProviderFunction, ResourceType, Result, Step,
};
use crate::schema::Schema;
use crate::value::Value;

/// The facts of a provider.
#[derive(Clone, Copy)]
pub(super) struct Facts {
    /// The local name.
    pub(super) name: &'static str,
    /// The source address.
    pub(super) source: &'static str,
    /// The version whose names and shapes it follows.
    pub(super) version: &'static str,
    /// Its resource types.
    pub(super) resources: &'static [&'static dyn AnyResource],
    /// Its data sources.
    pub(super) sources: &'static [&'static dyn AnySource],
    /// Its types of ephemeral resources, which are opened as data sources are read.
    pub(super) ephemeral: &'static [&'static dyn AnySource],
    /// Its functions.
    pub(super) functions: &'static [ProviderFunction],
}

/// A provider.
pub(super) struct Bundle {
    facts: Facts,
    /// What it is configured with.
    schema: Schema,
    resources: Vec<&'static dyn ResourceType>,
    sources: Vec<&'static dyn DataSourceType>,
    ephemeral: Vec<&'static dyn DataSourceType>,
}

impl Bundle {
    /// The provider of these facts.
    pub(super) fn new(facts: Facts) -> Bundle {
        let resources = facts.resources.iter().copied().map(|it| it as &'static dyn ResourceType);
        let sources = facts.sources.iter().copied().map(|it| it as &'static dyn DataSourceType);
        let ephemeral = facts.ephemeral.iter().copied().map(|it| it as &'static dyn DataSourceType);
        let (resources, sources) = (resources.collect(), sources.collect());
        let schema = Schema { doc: "Takes no arguments.", ..Schema::default() };
        Bundle { facts, schema, resources, sources, ephemeral: ephemeral.collect() }
    }

    /// The same provider, which can be configured.
    pub(super) fn with(self, schema: Schema) -> Bundle {
        Bundle { schema, ..self }
    }
}

impl Provider for Bundle {
    fn name(&self) -> &'static str {
        self.facts.name
    }

    fn source(&self) -> &'static str {
        self.facts.source
    }

    fn version(&self) -> &'static str {
        self.facts.version
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn resources(&self) -> &[&'static dyn ResourceType] {
        &self.resources
    }

    fn data_sources(&self) -> &[&'static dyn DataSourceType] {
        &self.sources
    }

    fn ephemeral_resources(&self) -> &[&'static dyn DataSourceType] {
        &self.ephemeral
    }

    fn functions(&self) -> &'static [ProviderFunction] {
        self.facts.functions
    }

    fn configure(
        &self,
        configuration: &Value,
    ) -> std::result::Result<Arc<dyn Connection>, Diagnostics> {
        Ok(Arc::new(BundleConnection { facts: self.facts, configuration: configuration.clone() }))
    }
}

/// The connection of a bundle: its types do everything themselves.
struct BundleConnection {
    facts: Facts,
    /// What the provider is configured with.
    configuration: Value,
}

impl BundleConnection {
    fn resource(&self, kind: &str) -> Result<&'static dyn AnyResource> {
        let found = self.facts.resources.iter().find(|it| it.name() == kind).copied();
        found.ok_or_else(|| unheard_of("resource type", kind))
    }

    fn data_source(&self, kind: &str) -> Result<&'static dyn AnySource> {
        let found = self.facts.sources.iter().find(|it| it.name() == kind).copied();
        found.ok_or_else(|| unheard_of("data source", kind))
    }
}

fn unheard_of(what: &str, kind: &str) -> ProviderError {
    ProviderError::new(ErrorKind::Internal, format!("there is no {what} `{kind}`"))
}

impl Connection for BundleConnection {
    fn region(&self) -> &'static str {
        ""
    }

    fn verify(&self) -> BoxFuture<'_, Result> {
        ready(Ok(())).boxed()
    }

    fn plan(
        &self,
        time: OffsetDateTime,
        kind: &str,
        prior: Option<&Value>,
        configuration: &Value,
        proposed: Value,
    ) -> Result<Planned> {
        let mut proposal = Proposal { prior, configuration, value: proposed, replace: Vec::new() };
        self.resource(kind)?.plan(&mut proposal, time)?;
        Ok(Planned { value: proposal.value, replace: proposal.replace })
    }

    fn read<'a>(
        &'a self,
        kind: &'a str,
        objects: Vec<Value>,
    ) -> BoxFuture<'a, Result<Vec<Option<Observed>>>> {
        async move { self.resource(kind)?.read(objects).await }.boxed()
    }

    fn create<'a>(
        &'a self,
        kind: &'a str,
        planned: &'a Value,
        _: &'a Step,
    ) -> BoxFuture<'a, Result<String>> {
        async move { self.resource(kind)?.create(planned).await }.boxed()
    }

    fn find<'a>(
        &'a self,
        _: &'a str,
        _: &'a Value,
        _: &'a Step,
    ) -> BoxFuture<'a, Result<Option<String>>> {
        ready(Ok(None)).boxed()
    }

    /// What can change without replacement lives in the state alone.
    fn update<'a>(
        &'a self,
        _: &'a str,
        _: &'a Value,
        _: &'a Value,
        _: &'a Step,
    ) -> BoxFuture<'a, Result> {
        ready(Ok(())).boxed()
    }

    fn delete<'a>(&'a self, kind: &'a str, was: &'a Value, _: &'a Step) -> BoxFuture<'a, Result> {
        async move { self.resource(kind)?.delete(was).await }.boxed()
    }

    fn explain<'a>(&'a self, _: &'a str, _: &'a Value) -> BoxFuture<'a, Result<Vec<String>>> {
        ready(Ok(Vec::new())).boxed()
    }

    fn import(&self, kind: &str, id: &str) -> Result<Value> {
        self.resource(kind)?.import(id)
    }

    fn open<'a>(
        &'a self,
        kind: &'a str,
        configuration: &'a Value,
    ) -> BoxFuture<'a, Result<Opened>> {
        let found = self.facts.ephemeral.iter().find(|it| it.name() == kind).copied();
        async move {
            let kind = found.ok_or_else(|| unheard_of("ephemeral resource", kind))?;
            let value = kind.read(configuration, &self.configuration).await?;
            Ok(Opened { value, lease: Lease::NONE })
        }
        .boxed()
    }

    fn read_data<'a>(
        &'a self,
        kind: &'a str,
        configuration: &'a Value,
    ) -> BoxFuture<'a, Result<Value>> {
        async move { self.data_source(kind)?.read(configuration, &self.configuration).await }
            .boxed()
    }
}
