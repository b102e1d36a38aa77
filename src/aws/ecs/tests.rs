//! How many calls reading takes, whose cluster a create call answers with, and what is gone.

use super::cluster::Cluster;
use super::service::Service;
use super::task_definition::TaskDefinition;
use crate::aws::calls::in_step;
use crate::aws::resource::Resource;
use crate::aws::testing::{Answer, Fake, step};
use crate::provider::{ErrorKind, Result};
use crate::schema::FieldType as _;

#[tokio::test(start_paused = true)]
async fn services_are_described_ten_at_a_time_with_their_tags() {
    let service = |at: usize| Service {
        cluster: Some(format!("cluster-{}", at / 20)),
        id: Some(format!("web-{at}")),
        ..Service::blank()
    };
    let all: Vec<String> =
        (0..25).map(|at| format!(r#"{{"serviceName": "web-{at}", "status": "ACTIVE"}}"#)).collect();
    let fake = Fake::new([Answer::ok(&format!(r#"{{"services": [{}]}}"#, all.join(",")))]);
    let read = Service::read(&*fake.aws().await, (0..25).map(service).collect()).await.unwrap();
    assert_eq!(read.iter().flatten().count(), 25);
    let made = fake.requests();
    // twenty in one cluster, five in another
    assert_eq!(made.len(), 3, "{made:?}");
    assert!(made.iter().all(|it| it.contains("\"include\":[\"TAGS\"]")), "{made:?}");
}

#[tokio::test(start_paused = true)]
async fn a_hundred_clusters_are_described_in_a_call() {
    let cluster = |at: usize| Cluster { id: Some(format!("main-{at}")), ..Cluster::blank() };
    let all: Vec<String> = (0..100)
        .map(|at| format!(r#"{{"clusterName": "main-{at}", "status": "ACTIVE"}}"#))
        .collect();
    let fake = Fake::new([Answer::ok(&format!(r#"{{"clusters": [{}]}}"#, all.join(",")))]);
    let read = Cluster::read(&*fake.aws().await, (0..100).map(cluster).collect()).await.unwrap();
    assert_eq!((read.iter().flatten().count(), fake.requests().len()), (100, 1));
}

const ARN: &str = "arn:aws:ecs:us-east-1:1:cluster/main";

/// Creates a cluster: what came of it, and in how many calls.
async fn create(made: &str, described: &str) -> (Result<String>, usize) {
    let fake = Fake::new([Answer::ok(made), Answer::ok(described)]);
    let (aws, (step, _)) = (fake.aws().await, step(false));
    let cluster = Cluster { name: "main".into(), ..Cluster::blank() };
    let created = in_step(&step, cluster.create(&aws, &step)).await;
    (created, fake.requests().len())
}

fn cluster(key: &str, value: &str) -> String {
    let tag = format!(r#"{{"key":"{key}","value":"{value}"}}"#);
    format!(r#"{{"clusterArn":"{ARN}","clusterName":"main","status":"ACTIVE","tags":[{tag}]}}"#)
}

#[tokio::test(start_paused = true)]
async fn a_cluster_is_ours_only_with_the_tag_of_the_step() {
    let token = step(false).0.token;
    let one = |it: &str| format!(r#"{{"cluster":{it}}}"#);
    let all = |it: &str| format!(r#"{{"clusters":[{it}]}}"#);
    let bare = one(&format!(r#"{{"clusterArn":"{ARN}"}}"#));
    let (ours, theirs) = (cluster("terrace:step", &token), cluster("team", "a"));
    assert_eq!(create(&one(&ours), "{}").await.0.unwrap(), ARN);
    assert_eq!(create(&bare, &all(&ours)).await.0.unwrap(), ARN, "told by the look afterwards");
    let (refused, calls) = create(&one(&theirs), &all(&theirs)).await;
    let refused = refused.unwrap_err();
    assert_eq!((refused.kind, calls), (ErrorKind::Refused, 2), "nothing is changed or deleted");
    assert!(refused.message.contains(ARN) && refused.hint.contains("terrace import"));
    assert_eq!(create(&bare, &all("")).await.0.unwrap_err().kind, ErrorKind::Unknown);
}

#[tokio::test(start_paused = true)]
async fn a_task_definition_without_containers_is_an_error_and_no_change() {
    let answer = r#"{"taskDefinition": {"family": "web", "status": "ACTIVE"}}"#;
    let one = || TaskDefinition { arn: Some("web:1".into()), ..TaskDefinition::blank() };
    let fake = Fake::new([Answer::ok(answer)]);
    let error = TaskDefinition::read(&*fake.aws().await, vec![one()]).await.unwrap_err();
    assert!(error.message.contains("containerDefinitions"), "{}", error.message);
    let gone = Fake::new([Answer::ok(&answer.replace("ACTIVE", "INACTIVE"))]);
    let read = TaskDefinition::read(&*gone.aws().await, vec![one()]).await.unwrap();
    assert!(read[0].is_none());
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_inactive_is_gone() {
    let gone = Cluster { id: Some("main".into()), ..Cluster::blank() };
    for (code, message, fine) in [
        ("ClientException", "The cluster is inactive.", true),
        ("ClusterNotFoundException", "Cluster not found.", true),
        ("ClientException", "The cluster has a name that is too long.", false),
    ] {
        let body = format!(r#"{{"__type": "{code}", "message": "{message}"}}"#);
        let (aws, (step, _)) = (Fake::new([Answer::Body(400, body)]).aws().await, step(false));
        let deleted = in_step(&step, gone.delete(&aws)).await;
        assert_eq!(deleted.is_ok(), fine, "{deleted:?}");
    }
}
