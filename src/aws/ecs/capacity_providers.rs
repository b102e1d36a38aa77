//! `aws_ecs_cluster_capacity_providers`

use std::collections::BTreeSet;

use aws_sdk_ecs::types;

use super::cluster;
use super::strategy::{self, Strategy};
use crate::aws::client::Aws;
use crate::aws::resource::{Resource, gone_is_fine};
use crate::provider::{Recovery, Result, Status, Step};
use crate::schema;
use crate::schema::FieldType as _;

schema! {
    /// The capacity providers of a cluster.
    pub struct CapacityProviders {
        /// Names of the providers, such as `FARGATE` and `FARGATE_SPOT`.
        capacity_providers: BTreeSet<String>,
        /// Name of the cluster.
        #[force_new] cluster_name: String,
        /// What services use that name no strategy.
        default_capacity_provider_strategy: BTreeSet<Strategy>,
        /// Name of the cluster.
        #[read_only] id: Option<String>,
        #[hidden] updating: Option<String>,
    }
}

impl Resource for CapacityProviders {
    const TYPE: &'static str = "aws_ecs_cluster_capacity_providers";
    const RECOVERY: Recovery = Recovery::Repeat;
    const IMPORT: &'static str = "CLUSTER-NAME";

    async fn create(&self, aws: &Aws, _step: &Step) -> Result<String> {
        self.put(aws).await?;
        Ok(self.cluster_name.clone())
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let names = objects.iter().filter_map(|it| it.id.clone()).collect();
        let found = cluster::get(aws, names).await?;
        let merge = |one: Self| {
            let same = |it: &&types::Cluster| it.cluster_name == one.id;
            let now = found.iter().find(same).map(|it| one.clone().merged(it))?;
            // taking the last provider away is what deleting comes to
            (!now.is_empty() || one.is_empty()).then_some(now)
        };
        Ok(objects.into_iter().map(merge).collect())
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        let same = self.capacity_providers == was.capacity_providers
            && self.default_capacity_provider_strategy == was.default_capacity_provider_strategy;
        if same { Ok(()) } else { self.put(aws).await }
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let empty = CapacityProviders {
            cluster_name: self.id.clone().unwrap_or_default(),
            ..CapacityProviders::blank()
        };
        gone_is_fine(empty.put(aws).await, &["ClusterNotFoundException"])
    }

    fn status(&self) -> Status {
        match self.updating.as_deref() {
            Some("UPDATE_IN_PROGRESS") => {
                Status::Pending("the capacity providers to be attached".into())
            }
            Some("UPDATE_FAILED") => {
                Status::Failed("the capacity providers could not be attached".into())
            }
            _ => Status::Ready,
        }
    }

    fn import(id: &str) -> Result<Self> {
        let name = id.to_string();
        Ok(CapacityProviders { cluster_name: name.clone(), id: Some(name), ..Self::blank() })
    }
}

impl CapacityProviders {
    fn is_empty(&self) -> bool {
        self.capacity_providers.is_empty() && self.default_capacity_provider_strategy.is_empty()
    }

    async fn put(&self, aws: &Aws) -> Result {
        let strategy = strategy::to_sdk(&self.default_capacity_provider_strategy)?;
        let call = aws.ecs.put_cluster_capacity_providers().cluster(&self.cluster_name);
        let names = self.capacity_providers.iter().cloned().collect();
        let call = call.set_capacity_providers(Some(names));
        call.set_default_capacity_provider_strategy(Some(strategy)).send().await?;
        Ok(())
    }

    fn merged(self, it: &types::Cluster) -> Self {
        let strategy = it.default_capacity_provider_strategy().iter().map(strategy::from_sdk);
        CapacityProviders {
            capacity_providers: it.capacity_providers().iter().cloned().collect(),
            cluster_name: it.cluster_name.clone().unwrap_or_default(),
            default_capacity_provider_strategy: strategy.collect(),
            updating: it.attachments_status.clone(),
            ..self
        }
    }
}
