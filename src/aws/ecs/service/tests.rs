//! What updates send.

use serde_json::{Value as Json, json};

use super::*;
use crate::aws::calls::in_step;
use crate::aws::testing::{Answer, Fake, step};

fn service() -> Service {
    Service {
        cluster: Some("main".into()),
        id: Some("arn:aws:ecs:us-east-1:1:service/main/web".into()),
        name: "web".into(),
        desired_count: Some(2),
        deployment_maximum_percent: Some(200),
        deployment_minimum_healthy_percent: Some(100),
        network_configuration: One(Some(Network {
            subnets: BTreeSet::from(["subnet-1".to_string()]),
            ..Network::blank()
        })),
        platform_version: Some("LATEST".into()),
        scheduling_strategy: "REPLICA".into(),
        task_definition: Some("web:1".into()),
        ..Service::blank()
    }
}

/// What is sent to lead from `was` to `now`, without what names the service.
async fn sent(was: &Service, now: &Service) -> Vec<Json> {
    let fake = Fake::new([Answer::ok(r#"{"service":{}}"#)]);
    let (aws, (step, _)) = (fake.aws().await, step(false));
    in_step(&step, now.update(&aws, was)).await.unwrap();
    let body = |request: &String| {
        let (_, body) = request.split_once(' ').unwrap();
        let mut body: Json = serde_json::from_str(body).unwrap();
        let fields = body.as_object_mut().unwrap();
        assert_eq!(fields.remove("cluster"), Some(json!("main")));
        assert!(fields.remove("service").is_some());
        body
    };
    fake.requests().iter().map(body).collect()
}

#[tokio::test(start_paused = true)]
async fn an_update_sends_only_what_differs() {
    // the count of autoscaling, which `ignore_changes` leaves as it is
    let was = Service { desired_count: Some(7), ..service() };
    let now = Service { propagate_tags: Some("SERVICE".into()), ..was.clone() };
    let plain = json!({"forceNewDeployment": false, "propagateTags": "SERVICE"});
    assert_eq!(sent(&was, &now).await, [plain]);

    let now = Service { task_definition: Some("web:2".into()), ..was.clone() };
    let revision = json!({"forceNewDeployment": false, "taskDefinition": "web:2"});
    assert_eq!(sent(&was, &now).await, [revision]);

    let now = Service { desired_count: Some(3), deployment_maximum_percent: Some(150), ..was };
    let [both] = &sent(&service(), &now).await[..] else { panic!("one request") };
    assert_eq!((&both["desiredCount"], both.as_object().unwrap().len()), (&json!(3), 3));
    assert_eq!(both["deploymentConfiguration"]["maximumPercent"], 150);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_when_nothing_differs() {
    assert!(sent(&service(), &service()).await.is_empty());
    let tagged = Service { tags: Tags::from([("a".into(), "b".into())]), ..service() };
    assert!(sent(&service(), &tagged).await.is_empty());
}

/// Because of which fields a service is replaced when its shares change.
fn replaced(was: &[i64], now: &[i64], force_new_deployment: bool) -> Vec<String> {
    let with = |weights: &[i64]| {
        let share = |weight: &i64| Strategy {
            capacity_provider: "FARGATE".into(),
            weight: *weight,
            ..Strategy::blank()
        };
        let shares = weights.iter().map(share).collect();
        Service { capacity_provider_strategy: shares, force_new_deployment, ..service() }.encode()
    };
    let (prior, value) = (with(was), with(now));
    let mut proposal =
        Proposal { prior: Some(&prior), configuration: &value.clone(), value, replace: Vec::new() };
    Service::plan(&mut proposal).unwrap();
    proposal.replace.iter().map(ToString::to_string).collect()
}

#[test]
fn shares_change_in_place_only_with_a_new_deployment() {
    assert!(replaced(&[1], &[2], true).is_empty());
    assert!(replaced(&[1], &[1], false).is_empty());
    for (was, now, forces) in
        [(&[1][..], &[2][..], false), (&[], &[1], false), (&[], &[1], true), (&[1], &[], true)]
    {
        assert_eq!(replaced(was, now, forces), [SHARES], "{was:?} {now:?} {forces}");
    }
}
