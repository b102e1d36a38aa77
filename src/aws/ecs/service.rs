//! `aws_ecs_service`

mod known;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types::{
    self, AssignPublicIp, AvailabilityZoneRebalancing, AwsVpcConfiguration,
    CapacityProviderStrategyItem, DeploymentCircuitBreaker, DeploymentConfiguration,
    DeploymentControllerType, DeploymentRolloutState, DesiredStatus, LaunchType,
    PlacementConstraint, PlacementConstraintType, PlacementStrategy, PlacementStrategyType,
    PropagateTags, SchedulingStrategy, ServiceField,
};

use self::known::{
    balancer_from, constraint_from, names, network_from, placement_from, registry_from,
    same_cluster, same_definition, stopped, strategy_from,
};
use super::{last_part, sdk_tags, tags};
use crate::aws::client::Aws;
use crate::aws::resource::{Resource, gone_is_fine, missing};
use crate::aws::tags::{Tagging, Tags};
use crate::provider::{ErrorKind, Phase, ProviderError, Recovery, Result, Status, Step};
use crate::schema;
use crate::schema::{Check, FieldType as _, One};

schema! {
    /// Keeps tasks running, and rolls out new ones.
    pub struct Service {
        /// Alarms that roll a deployment back.
        #[unsupported("deployment alarms come later")] alarms: One<Alarms>,
        /// `ENABLED` or `DISABLED`.
        #[computed] #[one_of(&["ENABLED", "DISABLED"])] availability_zone_rebalancing: Option<String>,
        /// Shares of capacity providers.
        #[computed] capacity_provider_strategy: BTreeSet<Strategy>,
        /// ARN or name of the cluster.
        #[computed] #[force_new] cluster: Option<String>,
        /// Stops and rolls back deployments that fail.
        #[computed] deployment_circuit_breaker: Vec<CircuitBreaker>,
        /// Blue/green deployments.
        #[unsupported("blue/green deployments come later")] deployment_configuration: One<Deployment>,
        /// Who deploys.
        #[force_new] #[computed] deployment_controller: Vec<Controller>,
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
        #[unsupported("Service Connect comes later")] service_connect_configuration: One<Connect>,
        /// Registries of service discovery.
        service_registries: One<Registry>,
        /// Whether an interrupted apply rolls back.
        #[unsupported("an interrupted apply leaves the deployment running")] sigint_rollback: Option<bool>,
        /// Tags of the service.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// Family, family and revision, or ARN of the task definition.
        task_definition: Option<String>,
        /// Anything whose change deploys anew.
        #[computed] #[config_only] triggers: BTreeMap<String, String>,
        /// Volumes that are made when tasks start.
        #[unsupported("volumes configured at launch come later")] volume_configuration: One<LaunchVolume>,
        /// VPC Lattice.
        #[unsupported("VPC Lattice comes later")] vpc_lattice_configurations: BTreeSet<Lattice>,
        /// Whether apply waits until the deployment is done.
        #[default(false)] #[config_only] wait_for_steady_state: bool,
        /// ARN of the service.
        #[read_only] arn: Option<String>,
        /// ARN of the service.
        #[read_only] id: Option<String>,
        #[hidden] progress: Option<String>,
        #[hidden] failure: Option<String>,
    }

    /// Alarms that roll a deployment back.
    pub struct Alarms {
        /// Names of the alarms.
        alarm_names: BTreeSet<String>,
    }

    /// Share of a capacity provider.
    pub struct Strategy {
        /// Tasks that run on it before weights count.
        #[default(0)] #[check(Check::Between(0, 100000))] base: i64,
        /// Name of the provider.
        capacity_provider: String,
        /// Its share.
        #[default(0)] #[check(Check::Between(0, 1000))] weight: i64,
    }

    /// Stops deployments that fail.
    pub struct CircuitBreaker {
        /// Whether it is on.
        enable: bool,
        /// Whether it rolls back.
        rollback: bool,
    }

    /// Blue/green deployments.
    pub struct Deployment {
        /// `ROLLING` or `BLUE_GREEN`.
        strategy: Option<String>,
    }

    /// Who deploys.
    pub struct Controller {
        /// `ECS`, `CODE_DEPLOY` or `EXTERNAL`.
        #[name("type")] #[default("ECS")] #[force_new] #[one_of(&["ECS", "CODE_DEPLOY", "EXTERNAL"])]
        kind: String,
    }

    /// Where tasks are registered.
    pub struct Balancer {
        /// Blue/green settings.
        #[unsupported("blue/green deployments come later")] advanced_configuration: One<Advanced>,
        /// Container that takes requests.
        container_name: String,
        /// Its port.
        #[check(Check::Between(0, 65536))] container_port: i64,
        /// Name of a classic load balancer.
        elb_name: Option<String>,
        /// ARN of a target group.
        #[check(Check::Arn)] target_group_arn: Option<String>,
    }

    /// Blue/green settings.
    pub struct Advanced {
        /// ARN of the other target group.
        alternate_target_group_arn: String,
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
        #[computed] field: Option<String>,
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

    /// Service Connect.
    pub struct Connect {
        /// Whether it is on.
        enabled: bool,
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

    /// A volume that is made when tasks start.
    pub struct LaunchVolume {
        /// Its name.
        name: String,
    }

    /// A VPC Lattice target.
    pub struct Lattice {
        /// ARN of the target group.
        target_group_arn: String,
    }
}

const GONE: [&str; 2] = ["ServiceNotFoundException", "ServiceNotActiveException"];

impl Resource for Service {
    const TYPE: &'static str = "aws_ecs_service";
    const BATCH: usize = 100;
    const RECOVERY: Recovery = Recovery::Repeat;
    const TAGGING: Option<Tagging> = Some(Tagging::Ecs);
    const TIMEOUTS: &'static [(Phase, u64)] =
        &[(Phase::Create, 20), (Phase::Update, 20), (Phase::Delete, 20)];
    const IMPORT: &'static str = "CLUSTER-NAME/SERVICE-NAME";

    async fn create(&self, aws: &Aws, step: &Step) -> Result<String> {
        let controller = self.deployment_controller.first().map(|it| {
            let kind = DeploymentControllerType::from(it.kind.as_str());
            types::DeploymentController::builder().r#type(kind).build()
        });
        let balancers = self.load_balancer.iter().map(balancer).collect();
        let call = aws.ecs.create_service().service_name(&self.name).client_token(&step.token);
        let call = call
            .set_cluster(self.cluster.clone())
            .set_availability_zone_rebalancing(self.rebalancing())
            .set_capacity_provider_strategy(self.strategy()?)
            .set_deployment_configuration(self.deployment()?)
            .set_deployment_controller(controller.transpose()?)
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
            .set_service_registries(Some(self.registries()))
            .set_task_definition(self.task_definition.clone())
            .set_tags(sdk_tags(&self.tags_all));
        let made = call.send().await?;
        made.service.and_then(|it| it.service_arn).ok_or_else(|| missing("serviceArn"))
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
        let call =
            aws.ecs.update_service().set_cluster(self.cluster.clone()).service(self.reference());
        let changed = std::convert::identity::<bool>;
        let mut call = call
            .set_availability_zone_rebalancing(self.rebalancing())
            .set_deployment_configuration(self.deployment()?)
            .set_desired_count(self.count())
            .enable_ecs_managed_tags(self.enable_ecs_managed_tags)
            .enable_execute_command(self.enable_execute_command)
            .force_new_deployment(self.force_new_deployment)
            .set_network_configuration(self.network()?)
            .set_platform_version(self.platform_version.clone().filter(|it| !it.is_empty()))
            .set_task_definition(self.task_definition.clone());
        if changed(self.health_check_grace_period_seconds != was.health_check_grace_period_seconds)
        {
            call = call.set_health_check_grace_period_seconds(self.grace().or(Some(0)));
        }
        if changed(self.capacity_provider_strategy != was.capacity_provider_strategy) {
            call = call.set_capacity_provider_strategy(self.strategy()?.or(Some(Vec::new())));
        }
        if changed(self.load_balancer != was.load_balancer) {
            call = call.set_load_balancers(Some(self.load_balancer.iter().map(balancer).collect()));
        }
        if changed(self.service_registries != was.service_registries) {
            call = call.set_service_registries(Some(self.registries()));
        }
        if changed(self.ordered_placement_strategy != was.ordered_placement_strategy) {
            call = call.set_placement_strategy(Some(self.placements()));
        }
        if changed(self.placement_constraints != was.placement_constraints) {
            call = call.set_placement_constraints(Some(self.constraints()));
        }
        if changed(self.propagate_tags != was.propagate_tags) {
            let propagate = self.propagate_tags.as_deref().unwrap_or("NONE");
            call = call.propagate_tags(PropagateTags::from(propagate));
        }
        call.send().await?;
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
        let call = aws.ecs.describe_services().set_cluster(self.cluster.clone());
        let found = call.services(self.reference()).send().await?;
        let Some(service) = found.services().first() else { return Ok(Vec::new()) };
        let mut reasons: Vec<String> = service
            .deployments()
            .iter()
            .filter_map(|it| {
                Some(format!(
                    "deployment {}: {}",
                    it.id.as_deref()?,
                    it.rollout_state_reason.as_deref()?
                ))
            })
            .collect();
        let events = service.events().iter().take(5).filter_map(|it| it.message.clone());
        reasons.extend(events.map(|it| format!("event: {it}")));
        reasons.extend(self.stopped_tasks(aws).await?);
        Ok(reasons)
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

fn balancer(it: &Balancer) -> types::LoadBalancer {
    types::LoadBalancer::builder()
        .container_name(&it.container_name)
        .set_container_port(i32::try_from(it.container_port).ok())
        .set_load_balancer_name(it.elb_name.clone().filter(|it| !it.is_empty()))
        .set_target_group_arn(it.target_group_arn.clone())
        .build()
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
            force_new_deployment: was.force_new_deployment,
            progress: was.progress.clone(),
            failure: was.failure.clone(),
            ..self.clone()
        };
        same != *was
    }

    /// Daemons run one task on each instance, whatever the count.
    fn count(&self) -> Option<i32> {
        let replica = self.scheduling_strategy == "REPLICA";
        self.desired_count.filter(|_| replica).and_then(|it| i32::try_from(it).ok())
    }

    fn grace(&self) -> Option<i32> {
        self.health_check_grace_period_seconds.and_then(|it| i32::try_from(it).ok())
    }

    fn rebalancing(&self) -> Option<AvailabilityZoneRebalancing> {
        self.availability_zone_rebalancing.as_deref().map(AvailabilityZoneRebalancing::from)
    }

    fn strategy(&self) -> Result<Option<Vec<CapacityProviderStrategyItem>>> {
        let made = self.capacity_provider_strategy.iter().map(|it| {
            CapacityProviderStrategyItem::builder()
                .capacity_provider(&it.capacity_provider)
                .base(i32::try_from(it.base).unwrap_or_default())
                .weight(i32::try_from(it.weight).unwrap_or_default())
                .build()
        });
        let made = made.collect::<std::result::Result<Vec<_>, _>>()?;
        Ok((!made.is_empty()).then_some(made))
    }

    fn deployment(&self) -> Result<Option<DeploymentConfiguration>> {
        let breaker = self.deployment_circuit_breaker.first().map(|it| {
            DeploymentCircuitBreaker::builder().enable(it.enable).rollback(it.rollback).build()
        });
        let percent = |it: Option<i64>| it.and_then(|it| i32::try_from(it).ok());
        let minimum = percent(self.deployment_minimum_healthy_percent);
        let maximum = percent(self.deployment_maximum_percent);
        if breaker.is_none() && minimum.is_none() && maximum.is_none() {
            return Ok(None);
        }
        let made = DeploymentConfiguration::builder()
            .set_deployment_circuit_breaker(breaker)
            .set_minimum_healthy_percent(minimum)
            .set_maximum_percent(maximum);
        Ok(Some(made.build()))
    }

    fn network(&self) -> Result<Option<types::NetworkConfiguration>> {
        let Some(it) = self.network_configuration.get() else { return Ok(None) };
        let public =
            if it.assign_public_ip { AssignPublicIp::Enabled } else { AssignPublicIp::Disabled };
        let groups: Vec<String> = it.security_groups.iter().cloned().collect();
        let vpc = AwsVpcConfiguration::builder()
            .assign_public_ip(public)
            .set_security_groups((!groups.is_empty()).then_some(groups))
            .set_subnets(Some(it.subnets.iter().cloned().collect()));
        let made = types::NetworkConfiguration::builder().awsvpc_configuration(vpc.build()?);
        Ok(Some(made.build()))
    }

    fn placements(&self) -> Vec<PlacementStrategy> {
        let made = self.ordered_placement_strategy.iter().map(|it| {
            PlacementStrategy::builder()
                .r#type(PlacementStrategyType::from(it.kind.as_str()))
                .set_field(it.field.clone())
                .build()
        });
        made.collect()
    }

    fn constraints(&self) -> Vec<PlacementConstraint> {
        let made = self.placement_constraints.iter().map(|it| {
            PlacementConstraint::builder()
                .r#type(PlacementConstraintType::from(it.kind.as_str()))
                .set_expression(it.expression.clone())
                .build()
        });
        made.collect()
    }

    fn registries(&self) -> Vec<types::ServiceRegistry> {
        let port = |it: Option<i64>| it.and_then(|it| i32::try_from(it).ok());
        let made = self.service_registries.get().map(|it| {
            types::ServiceRegistry::builder()
                .registry_arn(&it.registry_arn)
                .set_container_name(it.container_name.clone())
                .set_container_port(port(it.container_port))
                .set_port(port(it.port))
                .build()
        });
        made.into_iter().collect()
    }

    async fn stopped_tasks(&self, aws: &Aws) -> Result<Vec<String>> {
        let call = aws.ecs.list_tasks().set_cluster(self.cluster.clone());
        let call =
            call.service_name(last_part(&self.reference())).desired_status(DesiredStatus::Stopped);
        let arns = call.send().await?.task_arns.unwrap_or_default();
        if arns.is_empty() {
            return Ok(Vec::new());
        }
        let some = arns.into_iter().take(5).collect();
        let call = aws.ecs.describe_tasks().set_cluster(self.cluster.clone());
        let found = call.set_tasks(Some(some)).send().await?;
        Ok(found.tasks().iter().map(stopped).collect())
    }

    fn merged(self, it: &types::Service) -> Service {
        let (progress, failure) = self.rollout(it);
        let configuration = it.deployment_configuration.as_ref();
        let breaker = configuration.and_then(|it| it.deployment_circuit_breaker.as_ref());
        let network =
            it.network_configuration.as_ref().and_then(|it| it.awsvpc_configuration.as_ref());
        let text = |it: &str| it.to_string();
        let named = it.task_definition.as_deref().map(|arn| same_definition(&self, arn));
        Service {
            availability_zone_rebalancing: it
                .availability_zone_rebalancing
                .as_ref()
                .map(|it| text(it.as_str())),
            capacity_provider_strategy: it
                .capacity_provider_strategy()
                .iter()
                .map(strategy_from)
                .collect(),
            cluster: same_cluster(self.cluster.as_ref(), it.cluster_arn.as_ref()),
            deployment_circuit_breaker: breaker
                .map(|it| CircuitBreaker { enable: it.enable, rollback: it.rollback })
                .into_iter()
                .collect(),
            deployment_controller: it
                .deployment_controller
                .iter()
                .map(|it| Controller { kind: text(it.r#type.as_str()) })
                .collect(),
            deployment_maximum_percent: configuration
                .and_then(|it| it.maximum_percent)
                .map(i64::from),
            deployment_minimum_healthy_percent: configuration
                .and_then(|it| it.minimum_healthy_percent)
                .map(i64::from),
            desired_count: Some(i64::from(it.desired_count)),
            enable_ecs_managed_tags: it.enable_ecs_managed_tags,
            enable_execute_command: it.enable_execute_command,
            health_check_grace_period_seconds: it.health_check_grace_period_seconds.map(i64::from),
            iam_role: it.role_arn.clone().or(self.iam_role.clone()),
            launch_type: it.launch_type.as_ref().map(|it| text(it.as_str())),
            load_balancer: it.load_balancers().iter().map(balancer_from).collect(),
            name: it.service_name.clone().unwrap_or_default(),
            network_configuration: One(network.map(network_from)),
            ordered_placement_strategy: it
                .placement_strategy()
                .iter()
                .map(placement_from)
                .collect(),
            placement_constraints: it.placement_constraints().iter().map(constraint_from).collect(),
            platform_version: it.platform_version.clone(),
            propagate_tags: it
                .propagate_tags
                .as_ref()
                .map(|it| text(it.as_str()))
                .filter(|it| it != "NONE" || self.propagate_tags.is_some()),
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
        }
    }

    /// What a deployment still waits for, and why it has failed.
    fn rollout(&self, it: &types::Service) -> (Option<String>, Option<String>) {
        if it.status.as_deref() == Some("DRAINING") {
            return (Some(format!("{} tasks to stop", it.running_count)), None);
        }
        if !self.wait_for_steady_state {
            return (None, None);
        }
        let reason = |it: &types::Deployment| it.rollout_state_reason.clone().unwrap_or_default();
        let of_ours = |it: &&types::Deployment| match (&self.task_definition, &it.task_definition) {
            (Some(wanted), Some(deployed)) => names(wanted, deployed),
            _ => true,
        };
        let failed = it.deployments().iter().find(|deployment| {
            of_ours(deployment) && deployment.rollout_state == Some(DeploymentRolloutState::Failed)
        });
        if let Some(failed) = failed {
            return (None, Some(format!("the deployment failed: {}", reason(failed))));
        }
        let Some(primary) =
            it.deployments().iter().find(|it| it.status.as_deref() == Some("PRIMARY"))
        else {
            return (Some("a deployment".into()), None);
        };
        // a rollback gives the service its old task definition back
        let named = |arn: &str| self.task_definition.as_deref().is_none_or(|it| names(it, arn));
        if !of_ours(&primary) && !it.task_definition.as_deref().is_some_and(named) {
            return (None, Some(format!("the deployment was rolled back: {}", reason(primary))));
        }
        let alone = it.deployments().len() == 1 && it.running_count == it.desired_count;
        let complete = !matches!(primary.rollout_state, Some(DeploymentRolloutState::InProgress));
        let waits = format!("{} of {} tasks running", it.running_count, it.desired_count);
        ((!alone || !complete).then_some(waits), None)
    }
}
