//! `aws_ecs_task_definition`

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types::{
    self, Compatibility, CpuArchitecture, EphemeralStorage as SdkStorage, IpcMode, KeyValuePair,
    NetworkMode, OsFamily, PidMode, ProxyConfigurationType, TaskDefinitionField,
    TaskDefinitionPlacementConstraint, TaskDefinitionPlacementConstraintType, TaskDefinitionStatus,
};
use futures::future::try_join_all;

use super::container_definitions::{check, same, same_with, sent, told};
use super::raw::{self, Body};
use super::volume::{Volume, volume_from, volume_to_sdk};
use super::{sdk_tags, tags};
use crate::aws::client::Aws;
use crate::aws::resource::{Proposal, Resource, gone_is_fine, missing};
use crate::aws::tags::{TOKEN_TAG, Tagging, Tags};
use crate::provider::{ErrorKind, ProviderError, Result, Step};
use crate::schema;
use crate::schema::{Check, FieldType as _, One};
use crate::value::{Path, Value};

schema! {
    /// What a task runs. A change registers a new revision.
    #[version = 1]
    pub struct TaskDefinition {
        /// The containers, as JSON.
        #[force_new] #[check(Check::Custom(check))] #[equivalent(same)] #[told(told)]
        container_definitions: String,
        /// CPU units of the task.
        #[force_new] #[equivalent(same_units)] cpu: Option<String>,
        /// Whether faults can be injected.
        #[computed] #[force_new] enable_fault_injection: Option<bool>,
        /// Scratch space of Fargate tasks.
        #[force_new] ephemeral_storage: One<Storage>,
        /// ARN of the role that pulls images and writes logs.
        #[force_new] #[check(Check::Arn)] execution_role_arn: Option<String>,
        /// Name that all revisions share.
        #[force_new] #[check(Check::Length(1, 255))] family: String,
        /// `host`, `task` or `none`.
        #[force_new] #[one_of(&["host", "none", "task"])] ipc_mode: Option<String>,
        /// MiB of memory of the task.
        #[force_new] #[equivalent(same_units)] memory: Option<String>,
        /// `awsvpc`, `bridge`, `host` or `none`.
        #[computed] #[force_new] #[one_of(&["awsvpc", "bridge", "host", "none"])]
        network_mode: Option<String>,
        /// `host` or `task`.
        #[force_new] #[one_of(&["host", "task"])] pid_mode: Option<String>,
        /// Where tasks may run.
        #[force_new] #[max_items(10)] placement_constraints: BTreeSet<Constraint>,
        /// App Mesh.
        #[force_new] proxy_configuration: One<Proxy>,
        /// `EC2`, `FARGATE`, `EXTERNAL` or `MANAGED_INSTANCES`.
        #[force_new] requires_compatibilities: BTreeSet<String>,
        /// Operating system and processor.
        #[force_new] runtime_platform: One<Platform>,
        /// Whether old revisions stay registered.
        #[default(false)] #[config_only] skip_destroy: bool,
        /// Tags of the revision.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// ARN of the role of the containers.
        #[force_new] #[check(Check::Arn)] task_role_arn: Option<String>,
        /// Whether the latest revision is compared, not the one in state.
        #[default(false)] #[config_only] track_latest: bool,
        /// Volumes of the task.
        #[force_new] volume: BTreeSet<Volume>,
        /// ARN of the revision.
        #[read_only] arn: Option<String>,
        /// ARN without the revision.
        #[read_only] arn_without_revision: Option<String>,
        /// Name that all revisions share.
        #[read_only] id: Option<String>,
        /// Number of the revision.
        #[read_only] revision: Option<i64>,
    }

    /// Scratch space of Fargate tasks.
    pub struct Storage {
        /// GiB.
        #[force_new] #[check(Check::Between(21, 200))] size_in_gib: i64,
    }

    /// Where tasks may run.
    pub struct Constraint {
        /// Expression of the cluster query language.
        #[force_new] expression: Option<String>,
        /// `memberOf`
        #[name("type")] #[force_new] #[one_of(&["memberOf"])] kind: String,
    }

    /// App Mesh.
    pub struct Proxy {
        /// Container of the proxy.
        #[force_new] container_name: String,
        /// Settings of the proxy.
        #[force_new] properties: BTreeMap<String, String>,
        /// `APPMESH`
        #[name("type")] #[default("APPMESH")] #[force_new] kind: String,
    }

    /// Operating system and processor.
    pub struct Platform {
        /// `X86_64` or `ARM64`.
        #[force_new] cpu_architecture: Option<String>,
        /// `LINUX`, `WINDOWS_SERVER_2022_CORE`, …
        #[force_new] operating_system_family: Option<String>,
    }
}

impl Resource for TaskDefinition {
    const TYPE: &'static str = "aws_ecs_task_definition";
    const TAGGING: Option<Tagging> = Some(Tagging::Ecs);
    const IMPORT: &'static str = "TASK-DEFINITION-ARN";
    const CREATE_BEFORE_DESTROY: bool = true;

    async fn create(&self, aws: &Aws, _step: &Step) -> Result<String> {
        let definitions = sent(&self.container_definitions).map_err(|wrong| {
            ProviderError::new(ErrorKind::Refused, format!("container_definitions {wrong}"))
                .at(Path::attribute("container_definitions"))
        })?;
        let call = aws.ecs.register_task_definition().family(&self.family);
        let compatibilities = self.requires_compatibilities.iter();
        let compatibilities = compatibilities.map(|it| Compatibility::from(it.as_str())).collect();
        let call = call
            .set_container_definitions(Some(Vec::new()))
            .set_cpu(self.cpu.clone())
            .set_memory(self.memory.clone())
            .set_execution_role_arn(self.execution_role_arn.clone())
            .set_task_role_arn(self.task_role_arn.clone())
            .set_ipc_mode(self.ipc_mode.as_deref().map(IpcMode::from))
            .set_pid_mode(self.pid_mode.as_deref().map(PidMode::from))
            .set_network_mode(self.network_mode.as_deref().map(NetworkMode::from))
            .set_requires_compatibilities(Some(compatibilities))
            .set_enable_fault_injection(self.enable_fault_injection)
            .set_ephemeral_storage(self.storage())
            .set_placement_constraints(self.constraints())
            .set_proxy_configuration(self.proxy()?)
            .set_runtime_platform(self.platform())
            .set_volumes(self.volumes()?)
            .set_tags(sdk_tags(&self.tags_all));
        let put = move |request| raw::with_definitions(request, &definitions);
        let call = call.customize().map_request(put);
        let made = call.send().await?;
        let arn = made.task_definition.and_then(|it| it.task_definition_arn);
        arn.ok_or_else(|| missing("taskDefinitionArn"))
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        let call = aws.ecs.list_task_definitions().family_prefix(&self.family);
        let newest = call.sort(types::SortOrder::Desc).max_results(10).send().await?;
        for arn in newest.task_definition_arns() {
            let call = aws.ecs.describe_task_definition().task_definition(arn);
            let found = call.include(TaskDefinitionField::Tags).send().await?;
            if tags(found.tags()).get(TOKEN_TAG).map(String::as_str) == Some(token) {
                return Ok(Some(arn.clone()));
            }
        }
        Ok(None)
    }

    /// One call for each: the API has no plural.
    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let reads = objects.into_iter().map(|one| async move {
            let body = Body::default();
            let call = aws.ecs.describe_task_definition().task_definition(one.asked());
            let call =
                call.include(TaskDefinitionField::Tags).customize().interceptor(body.clone());
            match call.send().await {
                Ok(found) => {
                    let tags = tags(found.tags());
                    let Some(active) = found.task_definition.filter(is_active) else {
                        return Ok(None);
                    };
                    let text = body.container_definitions();
                    let text = text.ok_or_else(|| missing("containerDefinitions"))?;
                    Ok(Some(one.merged(active, tags, text)))
                }
                Err(error) => gone(error).map(|()| None),
            }
        });
        try_join_all(reads).await
    }

    async fn delete(&self, aws: &Aws) -> Result {
        if self.skip_destroy {
            return Ok(());
        }
        let arn = self.arn.clone().or_else(|| self.id.clone());
        match aws.ecs.deregister_task_definition().set_task_definition(arn).send().await {
            Ok(_) => Ok(()),
            Err(error) => gone(error),
        }
    }

    fn tag_target(&self) -> String {
        self.arn.clone().unwrap_or_default()
    }

    fn import(id: &str) -> Result<Self> {
        let known = Some(id.to_string());
        Ok(TaskDefinition { arn: known.clone(), id: known, ..Self::blank() })
    }

    fn plan(proposal: &mut Proposal<'_>) -> Result {
        let family = proposal.configuration.get("family");
        if family.as_str().is_some() {
            proposal.set("id", family);
        }
        keep_definitions(proposal);
        Ok(())
    }

    fn validate(configuration: &Value) -> Vec<(Path, String)> {
        let fargate = configuration.get("requires_compatibilities");
        let fargate =
            fargate.items().is_some_and(|all| all.iter().any(|it| it.as_str() == Some("FARGATE")));
        let absent = |name: &&str| fargate && configuration.get(name).is_null();
        let needed = ["cpu", "memory"].into_iter().filter(absent);
        needed.map(|name| (Path::attribute(name), "Fargate tasks need it".to_string())).collect()
    }
}

fn is_active(it: &types::TaskDefinition) -> bool {
    let gone = [TaskDefinitionStatus::Inactive, TaskDefinitionStatus::DeleteInProgress];
    it.status.as_ref().is_none_or(|status| !gone.contains(status))
}

/// Keeps definitions that only leave open the ports of the host, where the network is the task's own.
fn keep_definitions(proposal: &mut Proposal<'_>) {
    let Some(prior) = proposal.prior else { return };
    let own = |it: &Value| matches!(it.get("network_mode").as_str(), Some("awsvpc" | "host"));
    let (was, now) =
        (prior.get("container_definitions"), proposal.value.get("container_definitions"));
    let comparable = was.as_str().is_some() && now.as_str().is_some();
    if comparable && own(prior) && own(&proposal.value) && same_with(&was, &now, true) {
        let marks = now.marks();
        proposal.set("container_definitions", was.unmark().0.mark(marks));
    }
}

/// Whether two sizes of CPU or memory are the same: ECS makes `1 vCPU` 1024 and `2 GB` 2048.
fn same_units(one: &Value, other: &Value) -> bool {
    let units = |it: &Value| units(it.as_str()?);
    one == other || units(one).is_some_and(|one| Some(one) == units(other))
}

fn units(text: &str) -> Option<u64> {
    let text = text.trim().to_lowercase();
    let large = text.strip_suffix("vcpu").or_else(|| text.strip_suffix("gb"));
    let Some(large) = large else { return text.parse().ok() };
    let (whole, part) = large.trim().split_once('.').unwrap_or((large.trim(), ""));
    let digits =
        u32::try_from(part.len()).ok().filter(|it| *it <= 3 && !large.trim().is_empty())?;
    let scale = 10_u64.pow(digits);
    let number = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse().ok() };
    let (whole, part): (u64, u64) = (number(whole)?, number(part)?);
    let scaled = whole.checked_mul(scale)?.checked_add(part)?;
    scaled.checked_mul(1024)?.checked_div(scale)
}

/// A revision that is not there is a client error with no code of its own.
fn gone<E>(error: E) -> Result
where
    ProviderError: From<E>,
{
    let error = ProviderError::from(error);
    let says = |part: &str| error.message.to_lowercase().contains(part);
    let gone =
        says("unable to describe task definition") || says("does not exist") || says("not found");
    if error.code.as_deref() == Some("ClientException") && gone {
        Ok(())
    } else {
        gone_is_fine(Err::<(), _>(error), &[])
    }
}

impl TaskDefinition {
    /// What to ask for: the revision, or the latest of the family.
    fn asked(&self) -> String {
        let family = (!self.family.is_empty()).then(|| self.family.clone());
        let latest = family.filter(|_| self.track_latest);
        latest.or_else(|| self.arn.clone()).or_else(|| self.id.clone()).unwrap_or_default()
    }

    fn storage(&self) -> Option<SdkStorage> {
        let size = i32::try_from(self.ephemeral_storage.get()?.size_in_gib).unwrap_or_default();
        Some(SdkStorage::builder().size_in_gib(size).build())
    }

    fn constraints(&self) -> Option<Vec<TaskDefinitionPlacementConstraint>> {
        let made = self.placement_constraints.iter().map(|it| {
            TaskDefinitionPlacementConstraint::builder()
                .r#type(TaskDefinitionPlacementConstraintType::from(it.kind.as_str()))
                .set_expression(it.expression.clone())
                .build()
        });
        (!self.placement_constraints.is_empty()).then(|| made.collect())
    }

    fn proxy(&self) -> Result<Option<types::ProxyConfiguration>> {
        let Some(it) = self.proxy_configuration.get() else { return Ok(None) };
        let pairs = it.properties.iter();
        let pairs =
            pairs.map(|(name, value)| KeyValuePair::builder().name(name).value(value).build());
        let made = types::ProxyConfiguration::builder()
            .container_name(&it.container_name)
            .r#type(ProxyConfigurationType::from(it.kind.as_str()))
            .set_properties(Some(pairs.collect()));
        Ok(Some(made.build()?))
    }

    fn platform(&self) -> Option<types::RuntimePlatform> {
        let it = self.runtime_platform.get()?;
        let made = types::RuntimePlatform::builder()
            .set_cpu_architecture(it.cpu_architecture.as_deref().map(CpuArchitecture::from))
            .set_operating_system_family(it.operating_system_family.as_deref().map(OsFamily::from));
        Some(made.build())
    }

    fn volumes(&self) -> Result<Option<Vec<types::Volume>>> {
        let made = self.volume.iter().map(volume_to_sdk).collect::<Result<Vec<_>>>()?;
        Ok((!made.is_empty()).then_some(made))
    }

    /// The object as AWS has it. What means the same keeps the text that it was written with.
    fn merged(self, it: types::TaskDefinition, tags: Tags, definitions: String) -> TaskDefinition {
        let own = matches!(it.network_mode, Some(NetworkMode::Awsvpc | NetworkMode::Host));
        let alike =
            same_with(&self.container_definitions.clone().into(), &definitions.clone().into(), own);
        let sized = |known: &Option<String>, told: Option<String>| match (known, &told) {
            (Some(known), Some(size)) if units(known).is_some() && units(known) == units(size) => {
                Some(known.clone())
            }
            _ => told,
        };
        let arn = it.task_definition_arn.clone();
        let text = |it: &str| Some(it.to_string());
        let platform = it.runtime_platform.as_ref().map(|it| Platform {
            cpu_architecture: it.cpu_architecture.as_ref().and_then(|it| text(it.as_str())),
            operating_system_family: it
                .operating_system_family
                .as_ref()
                .and_then(|it| text(it.as_str())),
        });
        let constraints = it.placement_constraints().iter().map(|it| Constraint {
            expression: it.expression.clone(),
            kind: it.r#type.as_ref().map_or("", |it| it.as_str()).to_string(),
        });
        let storage = it.ephemeral_storage.as_ref();
        TaskDefinition {
            container_definitions: if alike {
                self.container_definitions.clone()
            } else {
                definitions
            },
            cpu: sized(&self.cpu, it.cpu.clone()),
            enable_fault_injection: it.enable_fault_injection,
            ephemeral_storage: One(
                storage.map(|it| Storage { size_in_gib: i64::from(it.size_in_gib) })
            ),
            execution_role_arn: it.execution_role_arn.clone(),
            family: it.family.clone().unwrap_or_default(),
            ipc_mode: it.ipc_mode.as_ref().and_then(|it| text(it.as_str())),
            memory: sized(&self.memory, it.memory.clone()),
            network_mode: it.network_mode.as_ref().and_then(|it| text(it.as_str())),
            pid_mode: it.pid_mode.as_ref().and_then(|it| text(it.as_str())),
            placement_constraints: constraints.collect(),
            proxy_configuration: One(it.proxy_configuration.as_ref().map(proxy_from)),
            requires_compatibilities: it
                .requires_compatibilities()
                .iter()
                .map(|it| it.as_str().to_string())
                .collect(),
            runtime_platform: One(platform),
            tags_all: tags,
            task_role_arn: it.task_role_arn.clone(),
            volume: it.volumes().iter().map(volume_from).collect(),
            arn_without_revision: arn.as_deref().and_then(|it| text(it.rsplit_once(':')?.0)),
            arn,
            id: it.family.clone(),
            revision: Some(i64::from(it.revision)),
            ..self
        }
    }
}

fn proxy_from(it: &types::ProxyConfiguration) -> Proxy {
    let pairs = it.properties().iter().map(|pair| {
        (pair.name.clone().unwrap_or_default(), pair.value.clone().unwrap_or_default())
    });
    Proxy {
        container_name: it.container_name.clone(),
        properties: pairs.collect(),
        kind: it.r#type.as_ref().map_or("APPMESH", |it| it.as_str()).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_the_same_in_any_unit() {
        for (one, other, same) in [
            ("1 vCPU", "1024", true),
            (".25 vCPU", "256", true),
            (".5 vCPU", "512", true),
            ("vCPU", "0", false),
            ("0.25 vcpu", "256", true),
            ("2GB", "2048", true),
            ("0.5 GB", "512", true),
            ("512", "512", true),
            ("1 vCPU", "1025", false),
            ("much", "much", true),
            ("much", "more", false),
        ] {
            assert_eq!(same_units(&one.into(), &other.into()), same, "{one} {other}");
        }
    }
}
