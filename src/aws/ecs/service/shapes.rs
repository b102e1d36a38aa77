//! Parts of a service, as the SDK has them and as the schema has them.

use aws_sdk_ecs::types::{
    self, AssignPublicIp, AwsVpcConfiguration, CapacityProviderStrategyItem, PlacementConstraint,
    PlacementStrategy,
};

use super::{Balancer, Constraint, Network, Placement, Registry, Strategy};
use crate::schema::One;

pub(super) fn balancer(it: &Balancer) -> types::LoadBalancer {
    types::LoadBalancer::builder()
        .container_name(&it.container_name)
        .set_container_port(i32::try_from(it.container_port).ok())
        .set_load_balancer_name(it.elb_name.clone().filter(|it| !it.is_empty()))
        .set_target_group_arn(it.target_group_arn.clone())
        .build()
}

pub(super) fn strategy_from(it: &CapacityProviderStrategyItem) -> Strategy {
    Strategy {
        base: i64::from(it.base),
        capacity_provider: it.capacity_provider.clone(),
        weight: i64::from(it.weight),
    }
}

pub(super) fn balancer_from(it: &types::LoadBalancer) -> Balancer {
    Balancer {
        advanced_configuration: One(None),
        container_name: it.container_name.clone().unwrap_or_default(),
        container_port: it.container_port.map_or(0, i64::from),
        elb_name: it.load_balancer_name.clone(),
        target_group_arn: it.target_group_arn.clone(),
    }
}

pub(super) fn network_from(it: &AwsVpcConfiguration) -> Network {
    Network {
        assign_public_ip: it.assign_public_ip == Some(AssignPublicIp::Enabled),
        security_groups: it.security_groups().iter().cloned().collect(),
        subnets: it.subnets().iter().cloned().collect(),
    }
}

pub(super) fn placement_from(it: &PlacementStrategy) -> Placement {
    Placement {
        field: it.field.clone(),
        kind: it.r#type.as_ref().map_or("", |it| it.as_str()).to_string(),
    }
}

pub(super) fn constraint_from(it: &PlacementConstraint) -> Constraint {
    Constraint {
        expression: it.expression.clone(),
        kind: it.r#type.as_ref().map_or("", |it| it.as_str()).to_string(),
    }
}

pub(super) fn registry_from(it: &types::ServiceRegistry) -> Registry {
    Registry {
        container_name: it.container_name.clone(),
        container_port: it.container_port.map(i64::from),
        port: it.port.map(i64::from),
        registry_arn: it.registry_arn.clone().unwrap_or_default(),
    }
}
