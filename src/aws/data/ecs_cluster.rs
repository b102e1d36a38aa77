//! `aws_ecs_cluster`

use std::collections::BTreeSet;

use aws_sdk_ecs::types::ClusterField;

use super::DataSource;
use crate::aws::client::Aws;
use crate::aws::tags::{TagPolicy, Tags};
use crate::provider::{ErrorKind, ProviderError, Result};
use crate::schema;
use crate::value::Path;

schema! {
    /// A cluster of ECS.
    pub struct EcsCluster {
        /// The ARN.
        #[read_only] arn: Option<String>,
        /// The name, or the ARN.
        cluster_name: String,
        /// The ARN.
        #[read_only] id: Option<String>,
        /// The number of tasks that are starting.
        #[read_only] pending_tasks_count: Option<i32>,
        /// The number of container instances.
        #[read_only] registered_container_instances_count: Option<i32>,
        /// The number of tasks that run.
        #[read_only] running_tasks_count: Option<i32>,
        /// Where services find each other unless they say otherwise.
        #[read_only] #[attribute] service_connect_defaults: BTreeSet<ServiceConnectDefaults>,
        /// Settings, such as Container Insights.
        #[read_only] #[attribute] setting: BTreeSet<Setting>,
        /// The status, such as `ACTIVE`.
        #[read_only] status: Option<String>,
        /// The tags.
        #[computed] tags: Tags,
    }

    /// Where services find each other.
    pub struct ServiceConnectDefaults {
        /// The ARN of the namespace.
        #[read_only] namespace: Option<String>,
    }

    /// A setting.
    pub struct Setting {
        /// The name.
        #[read_only] name: Option<String>,
        /// The value.
        #[read_only] value: Option<String>,
    }
}

impl DataSource for EcsCluster {
    const TYPE: &'static str = "aws_ecs_cluster";

    async fn read(self, aws: &Aws, tags: &TagPolicy) -> Result<Self> {
        let call = aws.ecs.describe_clusters().clusters(&self.cluster_name);
        let call = call.set_include(Some(vec![
            ClusterField::Settings,
            ClusterField::Configurations,
            ClusterField::Tags,
        ]));
        let found = call.send().await?.clusters.unwrap_or_default().into_iter();
        let mut active = found.filter(|it| it.status.as_deref() != Some("INACTIVE"));
        let cluster = active.next().ok_or_else(|| {
            let text = format!("there is no ECS cluster `{}`", self.cluster_name);
            ProviderError::new(ErrorKind::NotFound, text).at(Path::attribute("cluster_name"))
        })?;
        let defaults = cluster.service_connect_defaults.into_iter();
        let settings = cluster.settings.unwrap_or_default().into_iter();
        let all = cluster.tags.unwrap_or_default().into_iter();
        Ok(EcsCluster {
            id: cluster.cluster_arn.clone(),
            arn: cluster.cluster_arn,
            cluster_name: cluster.cluster_name.unwrap_or(self.cluster_name),
            pending_tasks_count: Some(cluster.pending_tasks_count),
            registered_container_instances_count: Some(
                cluster.registered_container_instances_count,
            ),
            running_tasks_count: Some(cluster.running_tasks_count),
            service_connect_defaults: defaults
                .map(|it| ServiceConnectDefaults { namespace: it.namespace })
                .collect(),
            setting: settings
                .map(|it| Setting {
                    name: it.name.map(|it| it.as_str().to_string()),
                    value: it.value,
                })
                .collect(),
            status: cluster.status,
            tags: tags.visible(all.filter_map(|it| Some((it.key?, it.value?)))),
        })
    }
}
