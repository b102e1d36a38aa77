//! The AWS provider: names, shapes and defaults of the AWS provider 6.x.

pub mod answer;
pub mod bucket;
pub mod calls;
pub mod client;
pub mod connection;
pub mod credentials;
pub mod data;
pub mod ec2;
pub mod ecr;
pub mod ecs;
pub mod elb;
pub mod environment;
mod ephemeral;
pub mod error;
mod functions;
pub mod http;
pub mod iam;
pub mod json;
pub mod kind;
pub mod logs;
pub mod operation;
pub mod provider_block;
pub mod resource;
pub mod retry;
pub mod tags;
#[cfg(test)]
pub(crate) mod testing;

use std::sync::{Arc, LazyLock};

use connection::{AwsConnection, Open};
use data::{AnyDataSource, DATA_SOURCES};
use environment::Environment;
use ephemeral::EPHEMERAL;
use provider_block::ProviderBlock;
use resource::{AnyResource, looks_like_region};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{Connection, DataSourceType, Provider, ProviderFunction, ResourceType};
use crate::schema::{FieldType as _, Schema, schema_of};
use crate::value::Value;

/// All resource types, service by service.
pub fn resources() -> impl Iterator<Item = &'static dyn AnyResource> {
    let services: [&'static [&'static dyn AnyResource]; 6] = [
        ec2::RESOURCES,
        iam::RESOURCES,
        ecs::RESOURCES,
        ecr::RESOURCES,
        elb::RESOURCES,
        logs::RESOURCES,
    ];
    services.into_iter().flatten().copied()
}

/// All data sources.
pub fn data_sources() -> impl Iterator<Item = &'static dyn AnyDataSource> {
    DATA_SOURCES.iter().copied()
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(schema_of::<ProviderBlock>);

/// The AWS provider.
pub struct AwsProvider {
    environment: Environment,
    resources: Vec<&'static dyn ResourceType>,
    data_sources: Vec<&'static dyn DataSourceType>,
    ephemeral: Vec<&'static dyn DataSourceType>,
}

impl AwsProvider {
    /// The provider in its surroundings.
    pub fn new(environment: Environment) -> AwsProvider {
        let mut resources: Vec<_> = resources().map(AnyResource::as_type).collect();
        let mut data_sources: Vec<_> = data_sources().map(AnyDataSource::as_type).collect();
        resources.sort_by_key(|it| it.name());
        data_sources.sort_by_key(|it| it.name());
        let ephemeral = EPHEMERAL.iter().map(|it| it.as_type()).collect();
        AwsProvider { environment, resources, data_sources, ephemeral }
    }

    fn region(&self, block: &ProviderBlock) -> Result<String, Diagnostic> {
        let Some(region) = self.environment.region_of(block) else {
            let text = "Neither the provider block, nor AWS_REGION, nor the profile says where.";
            let error = Diagnostic::error("No AWS region", text);
            return Err(error.hint("set `region` in the provider block, or AWS_REGION"));
        };
        if block.skip_region_validation || looks_like_region(&region) {
            return Ok(region);
        }
        let text = format!("`{region}` does not look like a region of AWS.");
        let hint = "regions look like `eu-central-1`; `skip_region_validation` takes any";
        Err(Diagnostic::error("Invalid AWS region", text).hint(hint))
    }
}

impl Provider for AwsProvider {
    fn name(&self) -> &'static str {
        "aws"
    }

    fn source(&self) -> &'static str {
        "registry.terraform.io/hashicorp/aws"
    }

    fn version(&self) -> &'static str {
        "6.20.0"
    }

    fn schema(&self) -> &Schema {
        &SCHEMA
    }

    fn resources(&self) -> &[&'static dyn ResourceType] {
        &self.resources
    }

    fn data_sources(&self) -> &[&'static dyn DataSourceType] {
        &self.data_sources
    }

    fn ephemeral_resources(&self) -> &[&'static dyn DataSourceType] {
        &self.ephemeral
    }

    fn functions(&self) -> &'static [ProviderFunction] {
        functions::FUNCTIONS
    }

    fn resource(&self, name: &str) -> Option<&'static dyn ResourceType> {
        let at = self.resources.binary_search_by_key(&name, |it| it.name()).ok()?;
        self.resources.get(at).copied()
    }

    fn configure(&self, configuration: &Value) -> Result<Arc<dyn Connection>, Diagnostics> {
        let complete = self.schema().with_defaults(configuration.known());
        let block = ProviderBlock::decode(&complete)
            .map_err(|error| Diagnostic::error("Invalid provider block", error.to_string()))?;
        let asks_nobody = block.skip_requesting_account_id
            && !(block.allowed_account_ids.is_empty() && block.forbidden_account_ids.is_empty());
        if asks_nobody {
            let text = "`skip_requesting_account_id` leaves `allowed_account_ids` and \
                        `forbidden_account_ids` without the account to check.";
            return Err(Diagnostic::error("Account cannot be checked", text).into());
        }
        let open = Open {
            region: !configuration.get("region").is_known(),
            default_tags: !configuration.get("default_tags").is_wholly_known(),
        };
        let region = match open.region {
            true => self.environment.region_of(&block).unwrap_or_default(),
            false => self.region(&block)?,
        };
        Ok(Arc::new(AwsConnection::new(block, self.environment.clone(), region).leaving(open)))
    }
}

#[cfg(test)]
mod tests;
