//! What an update asks of AWS: only what differs. The rest belongs to others, such as the count to
//! autoscaling and the task definition to CodeDeploy.

use aws_sdk_ecs::operation::update_service::builders::UpdateServiceFluentBuilder as Call;
use aws_sdk_ecs::types::PropagateTags;

use super::Service;
use super::connect::unconnected;
use super::request::balancer;
use crate::provider::Result;

/// The call with all that leads from `was` to `now`.
pub(super) fn changes(now: &Service, was: &Service, call: Call) -> Result<Call> {
    let call = tasks(now, was, call.force_new_deployment(deploys_anew(now, was)))?;
    let call = deployment(now, was, call)?;
    let call = placement(now, was, call)?;
    traffic(now, was, call)
}

/// Whether the update deploys even if tasks stay as they are. ECS wants it so when capacity
/// providers change.
fn deploys_anew(now: &Service, was: &Service) -> bool {
    now.force_new_deployment || now.capacity_provider_strategy != was.capacity_provider_strategy
}

/// What the tasks are, and how many.
fn tasks(now: &Service, was: &Service, mut call: Call) -> Result<Call> {
    if now.desired_count != was.desired_count {
        call = call.set_desired_count(now.count());
    }
    if now.task_definition != was.task_definition {
        call = call.set_task_definition(now.task_definition.clone());
    }
    if now.enable_ecs_managed_tags != was.enable_ecs_managed_tags {
        call = call.enable_ecs_managed_tags(now.enable_ecs_managed_tags);
    }
    if now.enable_execute_command != was.enable_execute_command {
        call = call.enable_execute_command(now.enable_execute_command);
    }
    if now.propagate_tags != was.propagate_tags {
        let propagate = now.propagate_tags.as_deref().unwrap_or("NONE");
        call = call.propagate_tags(PropagateTags::from(propagate));
    }
    if now.volume_configuration != was.volume_configuration {
        call = call.set_volume_configurations(now.launch_volumes()?.or(Some(Vec::new())));
    }
    Ok(call)
}

/// How tasks are replaced.
fn deployment(now: &Service, was: &Service, mut call: Call) -> Result<Call> {
    let wanted = now.deployment()?;
    if wanted != was.deployment()? {
        call = call.set_deployment_configuration(wanted);
    }
    if now.deployment_controller != was.deployment_controller {
        call = call.set_deployment_controller(now.controller()?);
    }
    if now.health_check_grace_period_seconds != was.health_check_grace_period_seconds {
        call = call.set_health_check_grace_period_seconds(now.grace().or(Some(0)));
    }
    Ok(call)
}

/// Where tasks run.
fn placement(now: &Service, was: &Service, mut call: Call) -> Result<Call> {
    if now.availability_zone_rebalancing != was.availability_zone_rebalancing {
        call = call.set_availability_zone_rebalancing(now.rebalancing());
    }
    if now.platform_version != was.platform_version {
        let version = now.platform_version.clone().filter(|it| !it.is_empty());
        call = call.set_platform_version(version);
    }
    if now.capacity_provider_strategy != was.capacity_provider_strategy {
        call = call.set_capacity_provider_strategy(now.strategy()?.or(Some(Vec::new())));
    }
    if now.ordered_placement_strategy != was.ordered_placement_strategy {
        call = call.set_placement_strategy(Some(now.placements()));
    }
    if now.placement_constraints != was.placement_constraints {
        call = call.set_placement_constraints(Some(now.constraints()));
    }
    Ok(call)
}

/// How tasks are reached.
fn traffic(now: &Service, was: &Service, mut call: Call) -> Result<Call> {
    if now.network_configuration != was.network_configuration {
        call = call.set_network_configuration(now.network()?);
    }
    if now.load_balancer != was.load_balancer {
        call = call.set_load_balancers(Some(now.load_balancer.iter().map(balancer).collect()));
    }
    if now.service_registries != was.service_registries {
        call = call.set_service_registries(Some(now.registries()));
    }
    if now.service_connect_configuration != was.service_connect_configuration {
        let connect = now.connect()?.unwrap_or_else(unconnected);
        call = call.service_connect_configuration(connect);
    }
    if now.vpc_lattice_configurations != was.vpc_lattice_configurations {
        call = call.set_vpc_lattice_configurations(now.lattice()?.or(Some(Vec::new())));
    }
    Ok(call)
}
