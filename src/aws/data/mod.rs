//! Data sources: what is read and never changed.

mod availability_zones;
mod caller_identity;
mod ecs_cluster;
mod partition;
mod policy_document;
mod region;
mod ssm_parameter;
mod subnet;
mod subnets;
mod vpc;

use std::collections::BTreeSet;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::OnceLock;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use crate::aws::client::Aws;
use crate::aws::kind::shared_region_field;
use crate::aws::tags::TagPolicy;
use crate::provider::{DataSourceType, ErrorKind, ProviderError, Result};
use crate::schema;
use crate::schema::{FieldType, Schema, schema_of};
use crate::value::{Path, Value};

static AVAILABILITY_ZONES: DataKind<availability_zones::AvailabilityZones> = DataKind::new();
static CALLER_IDENTITY: DataKind<caller_identity::CallerIdentity> = DataKind::new();
static ECS_CLUSTER: DataKind<ecs_cluster::EcsCluster> = DataKind::new();
static PARTITION: DataKind<partition::Partition> = DataKind::new();
static POLICY_DOCUMENT: DataKind<policy_document::PolicyDocument> = DataKind::new();
static REGION: DataKind<region::Region> = DataKind::new();
static SSM_PARAMETER: DataKind<ssm_parameter::SsmParameter> = DataKind::new();
static SUBNET: DataKind<subnet::Subnet> = DataKind::new();
static SUBNETS: DataKind<subnets::Subnets> = DataKind::new();
static VPC: DataKind<vpc::Vpc> = DataKind::new();

/// The data sources.
pub static DATA_SOURCES: &[&dyn AnyDataSource] = &[
    &AVAILABILITY_ZONES,
    &CALLER_IDENTITY,
    &ECS_CLUSTER,
    &PARTITION,
    &POLICY_DOCUMENT,
    &REGION,
    &SSM_PARAMETER,
    &SUBNET,
    &SUBNETS,
    &VPC,
];

/// A data source: a struct declared by `schema!` of its arguments and what they give.
pub trait DataSource: FieldType + Clone + Send + Sync + 'static {
    /// The name, such as `aws_availability_zones`.
    const TYPE: &'static str;
    /// Whether it has no `region` argument.
    const GLOBAL: bool = false;
    /// Whether it is [`DataSource::compute`]d without calls.
    const OFFLINE: bool = false;

    /// Reads it: the arguments, and what they give.
    fn read(self, aws: &Aws, tags: &TagPolicy) -> impl Future<Output = Result<Self>> + Send {
        let _ = (aws, tags);
        async move { self.compute() }
    }

    /// Computes it from the arguments alone.
    fn compute(self) -> Result<Self> {
        Ok(self)
    }

    /// Checks a configuration beyond its schema; values may be unknown.
    fn validate(_configuration: &Value) -> Vec<(Path, String)> {
        Vec::new()
    }
}

/// A data source without its Rust type, as the connection sees it.
pub trait AnyDataSource: DataSourceType {
    /// Whether it makes no calls.
    fn offline(&self) -> bool;
    /// [`DataSource::compute`]
    fn compute(&self, configuration: &Value) -> Result<Value>;
    /// [`DataSource::read`]
    fn read<'a>(
        &'a self,
        aws: &'a Aws,
        tags: &'a TagPolicy,
        configuration: &'a Value,
    ) -> BoxFuture<'a, Result<Value>>;
    /// This, as the engine sees it.
    fn as_type(&'static self) -> &'static dyn DataSourceType;
}

/// The erased data source of `D`.
pub struct DataKind<D> {
    schema: OnceLock<Schema>,
    of: PhantomData<fn() -> D>,
}

impl<D: DataSource> DataKind<D> {
    /// The erased data source.
    #[expect(clippy::new_without_default, reason = "only statics hold kinds")]
    pub const fn new() -> DataKind<D> {
        DataKind { schema: OnceLock::new(), of: PhantomData }
    }

    /// Adds the region where the struct itself has none.
    fn finish(&self, read: &D, region: &str) -> Value {
        let value = read.encode();
        if D::GLOBAL || schema_of::<D>().field("region").is_some() {
            return value;
        }
        value.with("region", Value::string(region))
    }
}

impl<D: DataSource> DataSourceType for DataKind<D> {
    fn name(&self) -> &'static str {
        D::TYPE
    }

    fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| {
            let mut schema = schema_of::<D>();
            if !D::GLOBAL && schema.field("region").is_none() {
                schema.fields.push(shared_region_field());
            }
            schema
        })
    }

    fn validate(&self, configuration: &Value) -> Vec<(Path, String)> {
        D::validate(configuration)
    }
}

impl<D: DataSource> AnyDataSource for DataKind<D> {
    fn offline(&self) -> bool {
        D::OFFLINE
    }

    fn compute(&self, configuration: &Value) -> Result<Value> {
        Ok(D::decode(configuration)?.compute()?.encode())
    }

    fn read<'a>(
        &'a self,
        aws: &'a Aws,
        tags: &'a TagPolicy,
        configuration: &'a Value,
    ) -> BoxFuture<'a, Result<Value>> {
        async move {
            let read = D::decode(configuration)?.read(aws, tags).await?;
            Ok(self.finish(&read, &aws.region))
        }
        .boxed()
    }

    fn as_type(&'static self) -> &'static dyn DataSourceType {
        self
    }
}

schema! {
    /// A condition on what is looked for, as the API of EC2 has them.
    pub struct Filter {
        /// The name of the filter, such as `tag:Name`.
        name: String,
        /// The values of which one must fit; `*` and `?` stand for any characters.
        #[required] values: BTreeSet<String>,
    }
}

/// Filters as EC2 takes them.
fn ec2_filters<'a>(
    filters: impl IntoIterator<Item = &'a Filter>,
) -> Vec<aws_sdk_ec2::types::Filter> {
    let convert = |it: &Filter| ec2_filter(&it.name, it.values.iter().cloned());
    filters.into_iter().map(convert).collect()
}

/// One filter as EC2 takes it.
fn ec2_filter(name: &str, values: impl IntoIterator<Item = String>) -> aws_sdk_ec2::types::Filter {
    let values: Vec<String> = values.into_iter().collect();
    aws_sdk_ec2::types::Filter::builder().name(name).set_values(Some(values)).build()
}

/// Filters on tags.
fn tag_filters(tags: &crate::aws::tags::Tags) -> Vec<aws_sdk_ec2::types::Filter> {
    tags.iter().map(|(key, value)| ec2_filter(&format!("tag:{key}"), [value.clone()])).collect()
}

/// The one object that was looked for.
fn only<T>(mut found: Vec<T>, what: &str) -> Result<T> {
    let count = found.len();
    match (found.pop(), count) {
        (Some(one), 1) => Ok(one),
        (None, _) => Err(ProviderError::new(ErrorKind::NotFound, format!("no {what} matches"))),
        _ => Err(ProviderError::new(ErrorKind::Refused, format!("{count} {what}s match"))
            .hint("add arguments or filters until only one is left")),
    }
}

#[cfg(test)]
mod tests;
