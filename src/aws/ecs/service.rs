//! `aws_ecs_service`

pub mod blocks;
pub mod connect;
pub mod deployment;
mod known;
mod request;
mod rollout;
#[cfg(test)]
mod tests;
mod update;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types::{self, LaunchType, PropagateTags, SchedulingStrategy, ServiceField};

use self::blocks::{Lattice, LaunchVolume, lattice_from, volume_from};
use self::connect::{Connect, connect_from};
use self::deployment::{Alarms, CircuitBreaker, Deployment};
use self::known::{
    balancer_from, constraint_from, network_from, placement_from, registry_from, same_cluster,
    same_definition, same_role,
};
use self::request::balancer;
use super::strategy::{self, Strategy};
use super::{sdk_tags, tags};
use crate::aws::client::Aws;
use crate::aws::resource::{Proposal, Resource, gone_is_fine, missing};
use crate::aws::tags::{TOKEN_TAG, Tagging, Tags};
use crate::provider::{ErrorKind, Phase, ProviderError, Result, Status, Step};
use crate::schema;
use crate::schema::{Check, FieldType as _, One};
use crate::value::Value;

schema! {
    /// Keeps tasks running, and rolls out new ones.
    pub struct Service {
        /// Alarms that roll a deployment back. Without a block nothing changes; `enable = false` turns
        /// them off.
        #[computed] alarms: One<Alarms>,
        /// `ENABLED` or `DISABLED`.
        #[computed] #[one_of(&["ENABLED", "DISABLED"])] availability_zone_rebalancing: Option<String>,
        /// Shares of capacity providers.
        #[computed] capacity_provider_strategy: BTreeSet<Strategy>,
        /// ARN or name of the cluster.
        #[computed] #[force_new] cluster: Option<String>,
        /// Stops and rolls back deployments that fail. Without a block nothing changes;
        /// `enable = false` turns it off.
        #[computed] deployment_circuit_breaker: One<CircuitBreaker>,
        /// How deployments replace tasks.
        #[computed] deployment_configuration: One<Deployment>,
        /// Who deploys.
        #[computed] deployment_controller: One<Controller>,
        /// Most tasks during a deployment, in percent.
        #[computed] deployment_maximum_percent: Option<i64>,
        /// Fewest healthy tasks during a deployment, in percent.
        #[computed] deployment_minimum_healthy_percent: Option<i64>,
        /// Tasks that should run.
        #[computed] #[check(Check::Between(0, 100000))] desired_count: Option<i64>,
        /// Whether tasks get tags of ECS.
        #[default(false)] enable_ecs_managed_tags: bool,
        /// Whether commands can be executed in containers.
        #[default(false)] enable_execute_command: bool,
        /// Whether the service is deleted even while tasks run.
        #[default(false)] #[config_only] force_delete: bool,
        /// Whether every update deploys anew.
        #[default(false)] #[config_only] force_new_deployment: bool,
        /// Seconds before health checks count.
        #[check(Check::Between(0, 2147483647))] health_check_grace_period_seconds: Option<i64>,
        /// ARN of the role that registers with classic load balancers.
        #[computed] #[force_new] iam_role: Option<String>,
        /// `EC2`, `FARGATE` or `EXTERNAL`.
        #[computed] #[force_new] #[one_of(&["EC2", "FARGATE", "EXTERNAL"])] launch_type: Option<String>,
        /// Where tasks are registered.
        load_balancer: BTreeSet<Balancer>,
        /// Name of the service.
        #[force_new] name: String,
        /// Network of the tasks.
        network_configuration: One<Network>,
        /// How tasks are spread.
        #[max_items(5)] ordered_placement_strategy: Vec<Placement>,
        /// Where tasks may run.
        #[max_items(10)] placement_constraints: BTreeSet<Constraint>,
        /// Version of Fargate.
        #[computed] platform_version: Option<String>,
        /// What tasks take their tags from.
        #[one_of(&["SERVICE", "TASK_DEFINITION", "NONE"])] propagate_tags: Option<String>,
        /// `REPLICA` or `DAEMON`.
        #[default("REPLICA")] #[force_new] #[one_of(&["REPLICA", "DAEMON"])]
        scheduling_strategy: String,
        /// Service Connect.
        service_connect_configuration: One<Connect>,
        /// Registries of service discovery.
        service_registries: One<Registry>,
        /// Taken, and without effect: an interrupted apply leaves the deployment to the next one, which
        /// waits for it again.
        #[config_only] sigint_rollback: Option<bool>,
        /// Tags of the service.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// Family, family and revision, or ARN of the task definition.
        task_definition: Option<String>,
        /// Anything whose change deploys anew.
        #[computed] #[config_only] triggers: BTreeMap<String, String>,
        /// Volumes that are made when tasks start.
        volume_configuration: One<LaunchVolume>,
        /// VPC Lattice.
        vpc_lattice_configurations: BTreeSet<Lattice>,
        /// Whether apply waits until the deployment is done.
        #[default(false)] #[config_only] wait_for_steady_state: bool,
        /// ARN of the service.
        #[read_only] arn: Option<String>,
        /// ARN of the service.
        #[read_only] id: Option<String>,
        #[hidden] progress: Option<String>,
        #[hidden] failure: Option<String>,
    }

    /// Who deploys.
    pub struct Controller {
        /// `ECS`, `CODE_DEPLOY` or `EXTERNAL`.
        #[name("type")] #[default("ECS")] #[one_of(&["ECS", "CODE_DEPLOY", "EXTERNAL"])]
        kind: String,
    }

    /// Where tasks are registered.
    pub struct Balancer {
        /// What deployments that shift traffic need.
        advanced_configuration: One<Advanced>,
        /// Container that takes requests.
        container_name: String,
        /// Its port.
        #[check(Check::Between(0, 65536))] container_port: i64,
        /// Name of a classic load balancer.
        elb_name: Option<String>,
        /// ARN of a target group.
        #[check(Check::Arn)] target_group_arn: Option<String>,
    }

    /// What deployments that shift traffic need.
    pub struct Advanced {
        /// ARN of the other target group.
        #[check(Check::Arn)] alternate_target_group_arn: String,
        /// ARN of the rule of production's traffic.
        #[check(Check::Arn)] production_listener_rule: String,
        /// ARN of the role that changes the rules.
        #[check(Check::Arn)] role_arn: String,
        /// ARN of the rule of the tests' traffic.
        #[check(Check::Arn)] test_listener_rule: Option<String>,
    }

    /// Network of the tasks.
    pub struct Network {
        /// Whether tasks get public addresses.
        #[default(false)] assign_public_ip: bool,
        /// Security groups.
        #[computed] security_groups: BTreeSet<String>,
        /// Subnets.
        #[required] subnets: BTreeSet<String>,
    }

    /// How tasks are spread.
    pub struct Placement {
        /// What they are spread over.
        #[computed] #[equivalent(same_field)] field: Option<String>,
        /// `binpack`, `random` or `spread`.
        #[name("type")] #[one_of(&["binpack", "random", "spread"])] kind: String,
    }

    /// Where tasks may run.
    pub struct Constraint {
        /// Expression of the cluster query language.
        expression: Option<String>,
        /// `distinctInstance` or `memberOf`.
        #[name("type")] #[one_of(&["distinctInstance", "memberOf"])] kind: String,
    }

    /// A registry of service discovery.
    pub struct Registry {
        /// Container of the address.
        container_name: Option<String>,
        /// Its port.
        container_port: Option<i64>,
        /// Port of SRV records.
        port: Option<i64>,
        /// ARN of the registry.
        #[check(Check::Arn)] registry_arn: String,
    }
}

const GONE: [&str; 2] = ["ServiceNotFoundException", "ServiceNotActiveException"];

impl Resource for Service {
    const TYPE: &'static str = "aws_ecs_service";
    const BATCH: usize = 100;
    const TAGGING: Option<Tagging> = Some(Tagging::Ecs);
    const TIMEOUTS: &'static [(Phase, u64)] =
        &[(Phase::Create, 20), (Phase::Update, 20), (Phase::Delete, 20)];
    const IMPORT: &'static str = "CLUSTER-NAME/SERVICE-NAME";

    async fn create(&self, aws: &Aws, step: &Step) -> Result<String> {
        let controller = self.controller()?;
        let balancers = self.load_balancer.iter().map(balancer).collect();
        let call = aws.ecs.create_service().service_name(&self.name).client_token(&step.token);
        let call = call
            .set_cluster(self.cluster.clone())
            .set_availability_zone_rebalancing(self.rebalancing())
            .set_capacity_provider_strategy(self.strategy()?)
            .set_deployment_configuration(self.deployment()?)
            .set_deployment_controller(controller)
            .set_desired_count(self.count())
            .enable_ecs_managed_tags(self.enable_ecs_managed_tags)
            .enable_execute_command(self.enable_execute_command)
            .set_health_check_grace_period_seconds(self.grace())
            .set_role(self.iam_role.clone())
            .set_launch_type(self.launch_type.as_deref().map(LaunchType::from))
            .set_load_balancers(Some(balancers))
            .set_network_configuration(self.network()?)
            .set_placement_strategy(Some(self.placements()))
            .set_placement_constraints(Some(self.constraints()))
            .set_platform_version(self.platform_version.clone())
            .set_propagate_tags(self.propagate_tags.as_deref().map(PropagateTags::from))
            .scheduling_strategy(SchedulingStrategy::from(self.scheduling_strategy.as_str()))
            .set_service_connect_configuration(self.connect()?)
            .set_service_registries(Some(self.registries()))
            .set_task_definition(self.task_definition.clone())
            .set_volume_configurations(self.launch_volumes()?)
            .set_vpc_lattice_configurations(self.lattice()?)
            .set_tags(sdk_tags(&self.tags_all));
        let made = call.send().await?;
        made.service.and_then(|it| it.service_arn).ok_or_else(|| missing("serviceArn"))
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        let call = aws.ecs.describe_services().cluster(self.cluster_or_default());
        let found = match call.services(&self.name).include(ServiceField::Tags).send().await {
            Ok(answer) => answer.services.unwrap_or_default(),
            Err(error) => {
                gone_is_fine(Err::<(), _>(error), &["ClusterNotFoundException"])?;
                Vec::new()
            }
        };
        let ours = |it: &&types::Service| {
            it.status.as_deref() != Some("INACTIVE")
                && tags(it.tags()).get(TOKEN_TAG).map(String::as_str) == Some(token)
        };
        Ok(found.iter().find(ours).and_then(|it| it.service_arn.clone()))
    }

    /// Ten services of a cluster in a call.
    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let mut clusters: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for one in &objects {
            clusters
                .entry(one.cluster_or_default())
                .or_default()
                .push(one.id.clone().unwrap_or_default());
        }
        let mut found: Vec<types::Service> = Vec::new();
        for (cluster, services) in clusters {
            for some in services.chunks(10) {
                let call =
                    aws.ecs.describe_services().cluster(&cluster).set_services(Some(some.to_vec()));
                match call.include(ServiceField::Tags).send().await {
                    Ok(answer) => found.extend(answer.services.unwrap_or_default()),
                    Err(error) => gone_is_fine(Err::<(), _>(error), &["ClusterNotFoundException"])?,
                }
            }
        }
        let merge = |one: Self| {
            let id = one.id.clone().unwrap_or_default();
            let same = |it: &&types::Service| {
                let named = it.service_name.as_deref() == Some(id.as_str());
                (it.service_arn.as_deref() == Some(id.as_str()) || named)
                    && it.status.as_deref() != Some("INACTIVE")
            };
            found.iter().find(same).map(|it| one.merged(it))
        };
        Ok(objects.into_iter().map(merge).collect())
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        if !self.differs(was) {
            return Ok(());
        }
        let call = aws.ecs.update_service().set_cluster(self.cluster.clone());
        update::changes(self, was, call.service(self.reference()))?.send().await?;
        Ok(())
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let gone = [GONE[0], GONE[1], "ClusterNotFoundException"];
        if !self.force_delete && self.scheduling_strategy == "REPLICA" {
            let call = aws.ecs.update_service().set_cluster(self.cluster.clone());
            let emptied = call.service(self.reference()).desired_count(0).send().await;
            gone_is_fine(emptied, &gone)?;
        }
        let call = aws.ecs.delete_service().set_cluster(self.cluster.clone());
        gone_is_fine(call.service(self.reference()).force(self.force_delete).send().await, &gone)
    }

    fn status(&self) -> Status {
        match (&self.failure, &self.progress) {
            (Some(failure), _) => Status::Failed(failure.clone()),
            (None, Some(progress)) => Status::Usable(progress.clone()),
            (None, None) => Status::Ready,
        }
    }

    async fn explain(&self, aws: &Aws) -> Result<Vec<String>> {
        rollout::explain(self, aws).await
    }

    fn plan(proposal: &mut Proposal<'_>) -> Result {
        if proposal.value.get("scheduling_strategy").as_str() == Some("REPLICA") {
            let defaults = [
                ("deployment_maximum_percent", 200_i64),
                ("deployment_minimum_healthy_percent", 100),
                ("desired_count", 0),
            ];
            for (name, default) in defaults {
                if proposal.configuration.get(name).is_null() {
                    proposal.set(name, Value::number(default));
                }
            }
        } else if let Some(prior) = proposal.prior {
            // daemons run where there are instances, whatever the count
            proposal.set("desired_count", prior.get("desired_count"));
        }
        if let Some(planned) = deployment::planned(&proposal.value.get("deployment_configuration"))
        {
            proposal.set("deployment_configuration", planned);
        }
        let forces = proposal.value.get("force_new_deployment").as_bool() == Some(true);
        if proposal.changes(SHARES) && !(forces && keeps_shares(proposal)) {
            proposal.replace_because(SHARES);
        }
        if let Some(prior) = proposal.prior.filter(|_| !forces) {
            proposal.set("triggers", prior.get("triggers"));
        }
        Ok(())
    }

    fn import(id: &str) -> Result<Self> {
        let Some((cluster, name)) = id.split_once('/').filter(|(_, name)| !name.contains('/'))
        else {
            let message = format!("`{id}` is not of the form CLUSTER-NAME/SERVICE-NAME");
            return Err(ProviderError::new(ErrorKind::Refused, message));
        };
        let (cluster, name) = (Some(cluster.to_string()), name.to_string());
        Ok(Service { cluster, id: Some(name.clone()), name, ..Self::blank() })
    }
}

const SHARES: &str = "capacity_provider_strategy";

/// Whether capacity providers stay in use: other shares can be deployed, but a service with a launch
/// type cannot get any, nor the other way around.
fn keeps_shares(proposal: &Proposal<'_>) -> bool {
    let none = |it: &Value| it.get(SHARES).items().is_some_and(<[Value]>::is_empty);
    !none(&proposal.value) && !proposal.prior.is_some_and(none)
}

/// Whether two fields of a placement are the same: `host` is the `instanceId`, in any case.
fn same_field(one: &Value, other: &Value) -> bool {
    let name = |it: &Value| match it.as_str().unwrap_or_default().to_lowercase().as_str() {
        "host" => "instanceid".to_string(),
        other => other.to_string(),
    };
    name(one) == name(other)
}

impl Service {
    fn reference(&self) -> String {
        self.id.clone().unwrap_or_else(|| self.name.clone())
    }

    fn cluster_or_default(&self) -> String {
        self.cluster.clone().filter(|it| !it.is_empty()).unwrap_or_else(|| "default".into())
    }

    /// Whether anything differs that `UpdateService` can change.
    fn differs(&self, was: &Self) -> bool {
        let same = Service {
            tags: was.tags.clone(),
            tags_all: was.tags_all.clone(),
            wait_for_steady_state: was.wait_for_steady_state,
            force_delete: was.force_delete,
            force_new_deployment: was.force_new_deployment && self.force_new_deployment,
            sigint_rollback: was.sigint_rollback,
            progress: was.progress.clone(),
            failure: was.failure.clone(),
            ..self.clone()
        };
        same != *was || (self.force_new_deployment && !was.force_new_deployment)
    }

    fn merged(self, it: &types::Service) -> Service {
        let (progress, failure) = rollout::rollout(&self, it);
        let network =
            it.network_configuration.as_ref().and_then(|it| it.awsvpc_configuration.as_ref());
        let text = |it: &str| it.to_string();
        let named = it.task_definition.as_deref().map(|arn| same_definition(&self, arn));
        let rebalancing = it.availability_zone_rebalancing.as_ref().map(|it| text(it.as_str()));
        let controller = it.deployment_controller.as_ref();
        let controller = controller.map(|it| Controller { kind: text(it.r#type.as_str()) });
        let propagated = it.propagate_tags.as_ref().map(|it| text(it.as_str()));
        let service = Service {
            availability_zone_rebalancing: rebalancing
                .or(self.availability_zone_rebalancing.clone()),
            capacity_provider_strategy: it
                .capacity_provider_strategy()
                .iter()
                .map(strategy::from_sdk)
                .collect(),
            cluster: same_cluster(self.cluster.as_ref(), it.cluster_arn.as_ref()),
            deployment_controller: One(controller.or(self.deployment_controller.0.clone())),
            desired_count: Some(i64::from(it.desired_count)),
            enable_ecs_managed_tags: it.enable_ecs_managed_tags,
            enable_execute_command: it.enable_execute_command,
            health_check_grace_period_seconds: it.health_check_grace_period_seconds.map(i64::from),
            iam_role: same_role(self.iam_role.as_ref(), it.role_arn.as_ref()),
            launch_type: it.launch_type.as_ref().map(|it| text(it.as_str())),
            load_balancer: it
                .load_balancers()
                .iter()
                .map(|it| balancer_from(it, &self.load_balancer))
                .collect(),
            name: it.service_name.clone().unwrap_or_default(),
            network_configuration: One(network.map(network_from)),
            ordered_placement_strategy: it
                .placement_strategy()
                .iter()
                .map(placement_from)
                .collect(),
            placement_constraints: it.placement_constraints().iter().map(constraint_from).collect(),
            platform_version: it.platform_version.clone(),
            propagate_tags: propagated.filter(|it| it != "NONE" || self.propagate_tags.is_some()),
            scheduling_strategy: it
                .scheduling_strategy
                .as_ref()
                .map_or("REPLICA", |it| it.as_str())
                .into(),
            service_registries: One(it.service_registries().first().map(registry_from)),
            tags_all: tags(it.tags()),
            task_definition: named,
            arn: it.service_arn.clone(),
            id: it.service_arn.clone(),
            progress,
            failure,
            ..self
        };
        service.deployed(it)
    }

    /// What AWS tells of the configuration of deployments, and of the current one. What it leaves
    /// out stays as it was.
    fn deployed(self, it: &types::Service) -> Service {
        let told = match &it.deployment_configuration {
            Some(configuration) => deployment::merged(self, configuration),
            None => self,
        };
        let primary = it.deployments().iter().find(|it| it.status.as_deref() == Some("PRIMARY"));
        let Some(primary) = primary else { return told };
        let connect = primary.service_connect_configuration.as_ref();
        let written = told.service_connect_configuration.get().is_some();
        Service {
            service_connect_configuration: One(connect
                .filter(|it| it.enabled || written)
                .map(connect_from)),
            volume_configuration: One(primary.volume_configurations().first().map(volume_from)),
            vpc_lattice_configurations: primary
                .vpc_lattice_configurations()
                .iter()
                .map(lattice_from)
                .collect(),
            ..told
        }
    }
}
