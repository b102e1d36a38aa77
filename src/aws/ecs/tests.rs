//! How many calls reading takes.

use super::cluster::Cluster;
use super::service::Service;
use crate::aws::resource::Resource;
use crate::aws::testing::{Answer, Fake};
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
