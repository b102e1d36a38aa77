//! What services ask of AWS.

use aws_sdk_ecs::types::{
    self, AdvancedConfiguration, AssignPublicIp, AvailabilityZoneRebalancing, AwsVpcConfiguration,
    CapacityProviderStrategyItem, DeploymentConfiguration, DeploymentController,
    DeploymentControllerType, PlacementConstraint, PlacementConstraintType, PlacementStrategy,
    PlacementStrategyType, ServiceConnectConfiguration, ServiceVolumeConfiguration,
    VpcLatticeConfiguration,
};

use super::blocks::{lattice_to_sdk, volume_to_sdk};
use super::connect::connect_to_sdk;
use super::{Balancer, Service, deployment};
use crate::aws::ecs::strategy;
use crate::provider::Result;

pub(super) fn balancer(it: &Balancer) -> types::LoadBalancer {
    let shifting = it.advanced_configuration.get().map(|it| {
        AdvancedConfiguration::builder()
            .alternate_target_group_arn(&it.alternate_target_group_arn)
            .production_listener_rule(&it.production_listener_rule)
            .role_arn(&it.role_arn)
            .set_test_listener_rule(it.test_listener_rule.clone().filter(|it| !it.is_empty()))
            .build()
    });
    types::LoadBalancer::builder()
        .set_advanced_configuration(shifting)
        .container_name(&it.container_name)
        .set_container_port(i32::try_from(it.container_port).ok())
        .set_load_balancer_name(it.elb_name.clone().filter(|it| !it.is_empty()))
        .set_target_group_arn(it.target_group_arn.clone().filter(|it| !it.is_empty()))
        .build()
}

impl Service {
    /// Daemons run one task on each instance, whatever the count.
    pub(super) fn count(&self) -> Option<i32> {
        let replica = self.scheduling_strategy == "REPLICA";
        self.desired_count.filter(|_| replica).and_then(|it| i32::try_from(it).ok())
    }

    pub(super) fn grace(&self) -> Option<i32> {
        self.health_check_grace_period_seconds.and_then(|it| i32::try_from(it).ok())
    }

    pub(super) fn rebalancing(&self) -> Option<AvailabilityZoneRebalancing> {
        self.availability_zone_rebalancing.as_deref().map(AvailabilityZoneRebalancing::from)
    }

    pub(super) fn strategy(&self) -> Result<Option<Vec<CapacityProviderStrategyItem>>> {
        let made = strategy::to_sdk(&self.capacity_provider_strategy)?;
        Ok((!made.is_empty()).then_some(made))
    }

    pub(super) fn controller(&self) -> Result<Option<DeploymentController>> {
        let Some(it) = self.deployment_controller.get() else { return Ok(None) };
        let kind = DeploymentControllerType::from(it.kind.as_str());
        Ok(Some(DeploymentController::builder().r#type(kind).build()?))
    }

    pub(super) fn deployment(&self) -> Result<Option<DeploymentConfiguration>> {
        deployment::to_sdk(self)
    }

    pub(super) fn connect(&self) -> Result<Option<ServiceConnectConfiguration>> {
        self.service_connect_configuration.get().map(connect_to_sdk).transpose()
    }

    pub(super) fn launch_volumes(&self) -> Result<Option<Vec<ServiceVolumeConfiguration>>> {
        let Some(it) = self.volume_configuration.get() else { return Ok(None) };
        Ok(Some(vec![volume_to_sdk(it)?]))
    }

    pub(super) fn lattice(&self) -> Result<Option<Vec<VpcLatticeConfiguration>>> {
        let made = self.vpc_lattice_configurations.iter().map(lattice_to_sdk);
        let made = made.collect::<Result<Vec<_>>>()?;
        Ok((!made.is_empty()).then_some(made))
    }

    pub(super) fn network(&self) -> Result<Option<types::NetworkConfiguration>> {
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

    pub(super) fn placements(&self) -> Vec<PlacementStrategy> {
        let made = self.ordered_placement_strategy.iter().map(|it| {
            PlacementStrategy::builder()
                .r#type(PlacementStrategyType::from(it.kind.as_str()))
                .set_field(it.field.clone())
                .build()
        });
        made.collect()
    }

    pub(super) fn constraints(&self) -> Vec<PlacementConstraint> {
        let made = self.placement_constraints.iter().map(|it| {
            PlacementConstraint::builder()
                .r#type(PlacementConstraintType::from(it.kind.as_str()))
                .set_expression(it.expression.clone())
                .build()
        });
        made.collect()
    }

    pub(super) fn registries(&self) -> Vec<types::ServiceRegistry> {
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
}
