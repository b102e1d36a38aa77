//! `aws_ecs_cluster`

use std::collections::BTreeSet;

use aws_sdk_ecs::types::{
    self, ClusterField, ClusterServiceConnectDefaultsRequest, ClusterSetting, ClusterSettingName,
};

use super::{last_part, sdk_tags, tags};
use crate::aws::client::Aws;
use crate::aws::resource::{Resource, gone_is_fine, missing};
use crate::aws::tags::{TOKEN_TAG, Tagging, Tags, claimed};
use crate::provider::{ProviderError, Result, Status, Step};
use crate::schema;
use crate::schema::{Check, One};

schema! {
    /// A cluster of services and tasks.
    pub struct Cluster {
        /// How commands are executed in containers. AWS keeps it when the block is gone.
        #[computed] configuration: One<Configuration>,
        /// Name of the cluster.
        #[force_new] #[check(Check::Length(1, 255))] name: String,
        /// Default namespace of Service Connect.
        service_connect_defaults: One<ServiceConnectDefaults>,
        /// Settings such as `containerInsights`.
        #[computed] setting: BTreeSet<Setting>,
        /// Tags of the cluster.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// ARN of the cluster.
        #[read_only] arn: Option<String>,
        /// ARN of the cluster.
        #[read_only] id: Option<String>,
        #[hidden] state: Option<String>,
    }

    /// How commands are executed in containers, and how storage is encrypted.
    pub struct Configuration {
        /// How commands are executed in containers.
        execute_command_configuration: One<ExecuteCommand>,
        /// How storage is encrypted.
        managed_storage_configuration: One<ManagedStorage>,
    }

    /// How commands are executed in containers.
    pub struct ExecuteCommand {
        /// KMS key of the connection.
        kms_key_id: Option<String>,
        /// Where output is logged with `logging = "OVERRIDE"`.
        log_configuration: One<CommandLogs>,
        /// `NONE`, `DEFAULT` or `OVERRIDE`.
        #[default("DEFAULT")] #[one_of(&["NONE", "DEFAULT", "OVERRIDE"])] logging: String,
    }

    /// Where the output of commands is logged.
    pub struct CommandLogs {
        /// Whether the log group is encrypted.
        #[default(false)] cloud_watch_encryption_enabled: bool,
        /// Name of the log group.
        cloud_watch_log_group_name: Option<String>,
        /// Whether the bucket is encrypted.
        #[default(false)] s3_bucket_encryption_enabled: bool,
        /// Name of the bucket.
        s3_bucket_name: Option<String>,
        /// Start of the keys.
        s3_key_prefix: Option<String>,
    }

    /// How storage is encrypted.
    pub struct ManagedStorage {
        /// KMS key of Fargate's ephemeral storage.
        fargate_ephemeral_storage_kms_key_id: Option<String>,
        /// KMS key.
        kms_key_id: Option<String>,
    }

    /// Default namespace of Service Connect.
    pub struct ServiceConnectDefaults {
        /// ARN of the namespace.
        #[check(Check::Arn)] namespace: String,
    }

    /// A setting.
    pub struct Setting {
        /// Name of the setting.
        #[one_of(&["containerInsights"])] name: String,
        /// Its value.
        value: String,
    }
}

impl Resource for Cluster {
    const TYPE: &'static str = "aws_ecs_cluster";
    const TAGGING: Option<Tagging> = Some(Tagging::Ecs);
    const IMPORT: &'static str = "CLUSTER-NAME";

    async fn create(&self, aws: &Aws, step: &Step) -> Result<String> {
        let call = aws.ecs.create_cluster().cluster_name(&self.name);
        let call = call
            .set_settings(self.settings())
            .set_configuration(self.configuration.get().map(configuration_to_sdk))
            .set_service_connect_defaults(self.defaults()?)
            .set_tags(sdk_tags(&self.tags_all));
        let made = call.send().await?.cluster.ok_or_else(|| missing("cluster"))?;
        let arn = made.cluster_arn.clone().ok_or_else(|| missing("clusterArn"))?;
        let new = tags(made.tags());
        let whose = match new.contains_key(TOKEN_TAG) {
            true => Ok(Some(new)),
            // An active cluster of the same name is answered, as it is.
            false => get(aws, vec![arn.clone()]).await.map(|it| Some(tags(it.first()?.tags()))),
        };
        claimed(arn, &self.name, step, whose)
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        let found = get(aws, vec![self.name.clone()]).await?;
        let ours = found
            .iter()
            .find(|it| tags(it.tags()).get(TOKEN_TAG).map(String::as_str) == Some(token));
        Ok(ours.and_then(|it| it.cluster_arn.clone()))
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let found = get(aws, objects.iter().filter_map(|it| it.id.clone()).collect()).await?;
        let merge = |one: Self| {
            let id = one.id.clone().unwrap_or_default();
            let same = |it: &&types::Cluster| {
                it.cluster_arn.as_deref() == Some(id.as_str())
                    || it.cluster_name.as_deref() == Some(id.as_str())
            };
            found.iter().find(same).map(|it| one.merged(it))
        };
        Ok(objects.into_iter().map(merge).collect())
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        let defaults = self.service_connect_defaults != was.service_connect_defaults;
        let same = self.setting == was.setting && self.configuration == was.configuration;
        if same && !defaults {
            return Ok(());
        }
        let call = aws.ecs.update_cluster().set_cluster(was.id.clone());
        let call = call
            .set_settings(self.settings())
            .set_configuration(self.configuration.get().map(configuration_to_sdk))
            .set_service_connect_defaults(if defaults { self.new_defaults()? } else { None });
        call.send().await?;
        Ok(())
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let call = aws.ecs.delete_cluster().set_cluster(self.id.clone());
        let deleted = gone_is_fine(call.send().await, &["ClusterNotFoundException"]);
        let inactive = |error: &ProviderError| {
            error.code.as_deref() == Some("ClientException") && error.message.contains("inactive")
        };
        deleted.or_else(|error| if inactive(&error) { Ok(()) } else { Err(error) })
    }

    fn status(&self) -> Status {
        match self.state.as_deref() {
            Some("PROVISIONING") => Status::Pending("provisioning".into()),
            Some("DEPROVISIONING") => Status::Pending("deprovisioning".into()),
            Some("FAILED") => Status::Failed("the cluster could not be set up".into()),
            _ => Status::Ready,
        }
    }
}

/// All of them with tags and settings, a hundred in a call; an inactive cluster is gone.
pub(super) async fn get(aws: &Aws, ids: Vec<String>) -> Result<Vec<types::Cluster>> {
    let call = aws.ecs.describe_clusters().set_clusters(Some(ids));
    let call = call.include(ClusterField::Tags).include(ClusterField::Settings);
    let found = call.include(ClusterField::Configurations).send().await?;
    let mut clusters = found.clusters.unwrap_or_default();
    clusters.retain(|it| it.status.as_deref() != Some("INACTIVE"));
    Ok(clusters)
}

impl Cluster {
    fn settings(&self) -> Option<Vec<ClusterSetting>> {
        let made = self.setting.iter().map(|it| {
            let name = ClusterSettingName::from(it.name.as_str());
            ClusterSetting::builder().name(name).value(&it.value).build()
        });
        (!self.setting.is_empty()).then(|| made.collect())
    }

    fn defaults(&self) -> Result<Option<ClusterServiceConnectDefaultsRequest>> {
        let Some(it) = self.service_connect_defaults.get() else { return Ok(None) };
        Ok(Some(ClusterServiceConnectDefaultsRequest::builder().namespace(&it.namespace).build()?))
    }

    /// An empty namespace takes the default away.
    fn new_defaults(&self) -> Result<Option<ClusterServiceConnectDefaultsRequest>> {
        let none = ClusterServiceConnectDefaultsRequest::builder().namespace("").build()?;
        Ok(self.defaults()?.or(Some(none)))
    }

    fn merged(self, it: &types::Cluster) -> Cluster {
        let defaults = it.service_connect_defaults.as_ref().and_then(|it| it.namespace.clone());
        let settings = it.settings().iter().map(|it| Setting {
            name: it.name.as_ref().map_or("", ClusterSettingName::as_str).to_string(),
            value: it.value.clone().unwrap_or_default(),
        });
        let arn = it.cluster_arn.clone();
        Cluster {
            name: it
                .cluster_name
                .clone()
                .unwrap_or_else(|| last_part(arn.as_deref().unwrap_or_default()).to_string()),
            service_connect_defaults: One(
                defaults.map(|namespace| ServiceConnectDefaults { namespace })
            ),
            configuration: One(it.configuration.as_ref().map(configuration_from)),
            setting: settings.collect(),
            tags_all: tags(it.tags()),
            arn: arn.clone(),
            id: arn,
            state: it.status.clone(),
            ..self
        }
    }
}

fn configuration_to_sdk(it: &Configuration) -> types::ClusterConfiguration {
    let storage = it.managed_storage_configuration.get().map(|it| {
        types::ManagedStorageConfiguration::builder()
            .set_kms_key_id(it.kms_key_id.clone())
            .set_fargate_ephemeral_storage_kms_key_id(
                it.fargate_ephemeral_storage_kms_key_id.clone(),
            )
            .build()
    });
    types::ClusterConfiguration::builder()
        .set_execute_command_configuration(
            it.execute_command_configuration.get().map(command_to_sdk),
        )
        .set_managed_storage_configuration(storage)
        .build()
}

fn command_to_sdk(it: &ExecuteCommand) -> types::ExecuteCommandConfiguration {
    let logs = it.log_configuration.get().map(|it| {
        types::ExecuteCommandLogConfiguration::builder()
            .set_cloud_watch_log_group_name(it.cloud_watch_log_group_name.clone())
            .cloud_watch_encryption_enabled(it.cloud_watch_encryption_enabled)
            .set_s3_bucket_name(it.s3_bucket_name.clone())
            .s3_encryption_enabled(it.s3_bucket_encryption_enabled)
            .set_s3_key_prefix(it.s3_key_prefix.clone())
            .build()
    });
    types::ExecuteCommandConfiguration::builder()
        .set_kms_key_id(it.kms_key_id.clone())
        .logging(types::ExecuteCommandLogging::from(it.logging.as_str()))
        .set_log_configuration(logs)
        .build()
}

fn configuration_from(it: &types::ClusterConfiguration) -> Configuration {
    let storage = it.managed_storage_configuration.as_ref().map(|it| ManagedStorage {
        fargate_ephemeral_storage_kms_key_id: it.fargate_ephemeral_storage_kms_key_id.clone(),
        kms_key_id: it.kms_key_id.clone(),
    });
    Configuration {
        execute_command_configuration: One(it
            .execute_command_configuration
            .as_ref()
            .map(command_from)),
        managed_storage_configuration: One(storage),
    }
}

fn command_from(it: &types::ExecuteCommandConfiguration) -> ExecuteCommand {
    let logs = it.log_configuration.as_ref().map(|it| CommandLogs {
        cloud_watch_encryption_enabled: it.cloud_watch_encryption_enabled,
        cloud_watch_log_group_name: it.cloud_watch_log_group_name.clone(),
        s3_bucket_encryption_enabled: it.s3_encryption_enabled,
        s3_bucket_name: it.s3_bucket_name.clone(),
        s3_key_prefix: it.s3_key_prefix.clone(),
    });
    ExecuteCommand {
        kms_key_id: it.kms_key_id.clone(),
        log_configuration: One(logs),
        logging: it.logging.as_ref().map_or("DEFAULT", |it| it.as_str()).to_string(),
    }
}
