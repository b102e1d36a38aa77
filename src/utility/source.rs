//! Data sources that ask no account.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::OnceLock;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use crate::provider::{DataSourceType, Result};
use crate::schema::{FieldType, Schema, schema_of};
use crate::value::{Path, Value};

/// A data source: a struct declared by `schema!` of its arguments and what they give.
pub(super) trait Source: FieldType + Clone + Send + Sync + 'static {
    /// The name, such as `local_file`.
    const TYPE: &'static str;

    /// Checks a configuration beyond its schema; values may be unknown.
    fn validate(_configuration: &Value) -> Vec<(Path, String)> {
        Vec::new()
    }

    /// Reads it: the arguments, and what they give.
    fn read(self) -> impl Future<Output = Result<Self>> + Send;

    /// [`Source::read`] where it matters what the provider is configured with.
    fn read_by(self, _provider: &Value) -> impl Future<Output = Result<Self>> + Send {
        self.read()
    }
}

/// A data source without its Rust type, as the connection sees it.
pub(super) trait AnySource: DataSourceType {
    /// [`Source::read_by`]
    fn read<'a>(
        &'a self,
        configuration: &'a Value,
        provider: &'a Value,
    ) -> BoxFuture<'a, Result<Value>>;
}

/// The erased data source of `S`.
pub(super) struct SourceKind<S> {
    schema: OnceLock<Schema>,
    of: PhantomData<fn() -> S>,
}

impl<S: Source> SourceKind<S> {
    /// The erased data source.
    pub(super) const fn new() -> SourceKind<S> {
        SourceKind { schema: OnceLock::new(), of: PhantomData }
    }
}

impl<S: Source> DataSourceType for SourceKind<S> {
    fn name(&self) -> &'static str {
        S::TYPE
    }

    fn schema(&self) -> &Schema {
        self.schema.get_or_init(schema_of::<S>)
    }

    fn validate(&self, configuration: &Value) -> Vec<(Path, String)> {
        S::validate(configuration)
    }
}

impl<S: Source> AnySource for SourceKind<S> {
    fn read<'a>(
        &'a self,
        configuration: &'a Value,
        provider: &'a Value,
    ) -> BoxFuture<'a, Result<Value>> {
        async move { Ok(S::decode(configuration)?.read_by(provider).await?.encode()) }.boxed()
    }
}
