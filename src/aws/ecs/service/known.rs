//! What AWS answers about services, in the words of the schema.

use std::collections::BTreeSet;

use aws_sdk_ecs::types::{
    self, AssignPublicIp, AwsVpcConfiguration, PlacementConstraint, PlacementStrategy,
};

use super::{Advanced, Balancer, Constraint, Network, Placement, Registry, Service};
use crate::aws::ecs::last_part;
use crate::schema::One;

/// Whether `family`, `family:1` or an ARN names a task definition.
pub(super) fn names(wanted: &str, arn: &str) -> bool {
    let own = last_part(arn);
    wanted == arn
        || wanted == own
        || own.rsplit_once(':').is_some_and(|(family, _)| family == wanted)
}

/// The task definition as it was written, when that still names it.
pub(super) fn same_definition(known: &Service, arn: &str) -> String {
    let written = known.task_definition.as_deref().filter(|it| names(it, arn));
    written.unwrap_or(arn).to_string()
}

/// The cluster as it was written, when that still names it.
pub(super) fn same_cluster(known: Option<&String>, arn: Option<&String>) -> Option<String> {
    let arn = arn?;
    match known.filter(|it| *it == arn || it.as_str() == last_part(arn)) {
        Some(written) => Some(written.clone()),
        None => Some(arn.clone()),
    }
}

/// The role as it was written, when that still names it.
pub(super) fn same_role(known: Option<&String>, arn: Option<&String>) -> Option<String> {
    let named = |known: &&String| arn.is_none_or(|arn| *known == arn || *known == last_part(arn));
    known.filter(named).or(arn).cloned()
}

pub(super) fn stopped(task: &types::Task) -> String {
    let arn = task.task_arn.as_deref().unwrap_or_default();
    let containers = task.containers().iter().filter_map(|it| {
        let name = it.name.as_deref().unwrap_or_default();
        let code = it.exit_code.map(|code| format!("exit code {code}"));
        let why = [code, it.reason.clone()].into_iter().flatten().collect::<Vec<_>>().join(", ");
        (!why.is_empty()).then(|| format!("{name}: {why}"))
    });
    let containers = containers.collect::<Vec<_>>().join("; ");
    let reason = task.stopped_reason.as_deref().unwrap_or("no reason given");
    let containers = if containers.is_empty() { containers } else { format!(" ({containers})") };
    format!("task {} stopped: {reason}{containers}", last_part(arn))
}

/// A load balancer as it is. Deployments that shift traffic swap its two target groups, which is no
/// change of what was written.
pub(super) fn balancer_from(it: &types::LoadBalancer, known: &BTreeSet<Balancer>) -> Balancer {
    let found = as_found(it);
    let swapped = |known: &&Balancer| {
        let (Some(was), Some(now)) =
            (known.advanced_configuration.get(), found.advanced_configuration.get())
        else {
            return false;
        };
        let turned = Advanced {
            alternate_target_group_arn: found.target_group_arn.clone().unwrap_or_default(),
            ..now.clone()
        };
        known.target_group_arn.as_ref() == Some(&now.alternate_target_group_arn) && *was == turned
    };
    known.iter().find(swapped).cloned().unwrap_or(found)
}

fn as_found(it: &types::LoadBalancer) -> Balancer {
    let shifting = it.advanced_configuration.as_ref().map(|it| Advanced {
        alternate_target_group_arn: it.alternate_target_group_arn.clone().unwrap_or_default(),
        production_listener_rule: it.production_listener_rule.clone().unwrap_or_default(),
        role_arn: it.role_arn.clone().unwrap_or_default(),
        test_listener_rule: it.test_listener_rule.clone(),
    });
    Balancer {
        advanced_configuration: One(shifting),
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
