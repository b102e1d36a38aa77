//! How far a deployment of a service is, and why it does not get further.

use aws_sdk_ecs::types::{self, DeploymentRolloutState, DesiredStatus};

use super::Service;
use super::known::{names, stopped};
use crate::aws::client::Aws;
use crate::aws::ecs::last_part;
use crate::provider::Result;

/// How many events and stopped tasks are told.
const TOLD: usize = 5;

/// What the deployments say, the last events, and why tasks stopped.
pub(super) async fn explain(service: &Service, aws: &Aws) -> Result<Vec<String>> {
    let call = aws.ecs.describe_services().set_cluster(service.cluster.clone());
    let found = call.services(service.reference()).send().await?;
    let Some(found) = found.services().first() else { return Ok(Vec::new()) };
    let mut reasons: Vec<String> = found.deployments().iter().filter_map(told).collect();
    let events = found.events().iter().take(TOLD).filter_map(|it| it.message.clone());
    reasons.extend(events.map(|it| format!("event: {it}")));
    reasons.extend(stopped_tasks(service, aws).await?);
    Ok(reasons)
}

fn told(it: &types::Deployment) -> Option<String> {
    Some(format!("deployment {}: {}", it.id.as_deref()?, it.rollout_state_reason.as_deref()?))
}

async fn stopped_tasks(service: &Service, aws: &Aws) -> Result<Vec<String>> {
    let call = aws.ecs.list_tasks().set_cluster(service.cluster.clone());
    let call =
        call.service_name(last_part(&service.reference())).desired_status(DesiredStatus::Stopped);
    let arns = call.send().await?.task_arns.unwrap_or_default();
    if arns.is_empty() {
        return Ok(Vec::new());
    }
    let some = arns.into_iter().take(TOLD).collect();
    let call = aws.ecs.describe_tasks().set_cluster(service.cluster.clone());
    let found = call.set_tasks(Some(some)).send().await?;
    let mut reasons: Vec<String> = Vec::new();
    for reason in found.tasks().iter().map(stopped) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    Ok(reasons)
}

/// What a deployment still waits for, and why it has failed.
pub(super) fn rollout(known: &Service, it: &types::Service) -> (Option<String>, Option<String>) {
    if it.status.as_deref() == Some("DRAINING") {
        return (Some(format!("{} tasks to stop", it.running_count)), None);
    }
    if !known.wait_for_steady_state {
        return (None, None);
    }
    let reason = |it: &types::Deployment| it.rollout_state_reason.clone().unwrap_or_default();
    let of_ours = |it: &&types::Deployment| match (&known.task_definition, &it.task_definition) {
        (Some(wanted), Some(deployed)) => names(wanted, deployed),
        _ => true,
    };
    let failed = |it: &&types::Deployment| it.rollout_state == Some(DeploymentRolloutState::Failed);
    if let Some(failed) = it.deployments().iter().filter(of_ours).find(failed) {
        return (None, Some(format!("the deployment failed: {}", reason(failed))));
    }
    let primary = it.deployments().iter().find(|it| it.status.as_deref() == Some("PRIMARY"));
    let Some(primary) = primary else { return (Some("a deployment".into()), None) };
    // a rollback gives the service its old task definition back
    let named = |arn: &str| known.task_definition.as_deref().is_none_or(|it| names(it, arn));
    let back = !of_ours(&primary) && !it.task_definition.as_deref().is_some_and(named);
    if back || reason(primary).contains("rolling back to") {
        return (None, Some(format!("the deployment was rolled back: {}", reason(primary))));
    }
    let alone = it.deployments().len() == 1 && it.running_count == it.desired_count;
    let complete = !matches!(primary.rollout_state, Some(DeploymentRolloutState::InProgress));
    let waits = format!("{} of {} tasks running", it.running_count, it.desired_count);
    ((!alone || !complete).then_some(waits), None)
}
