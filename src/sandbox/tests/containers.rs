use aws_sdk_ecs::Client;
use aws_sdk_ecs::types::{
    AwsVpcConfiguration, Compatibility, ContainerDefinition, DeploymentCircuitBreaker,
    DeploymentConfiguration, LaunchType, LoadBalancer, LogConfiguration, LogDriver,
    NetworkConfiguration, NetworkMode, PortMapping, Service,
};

use super::*;

/// Registers a revision of `web` that runs an image; with a log group if named.
async fn register(ecs: &Client, image: &str, log_group: Option<&str>) -> String {
    let port = PortMapping::builder().container_port(80).build();
    let mut container = ContainerDefinition::builder().name("web").image(image).port_mappings(port);
    if let Some(group) = log_group {
        let logs = LogConfiguration::builder().log_driver(LogDriver::Awslogs);
        let logs = logs.options("awslogs-group", group).options("awslogs-region", "eu-west-1");
        container = container.log_configuration(logs.build().unwrap());
    }
    let call = ecs.register_task_definition().family("web").network_mode(NetworkMode::Awsvpc);
    let call = call.requires_compatibilities(Compatibility::Fargate).cpu("256").memory("512");
    let made = call.container_definitions(container.build()).send().await.unwrap();
    made.task_definition.unwrap().task_definition_arn.unwrap()
}

fn in_network(network: &Network) -> NetworkConfiguration {
    let vpc = AwsVpcConfiguration::builder().set_subnets(Some(network.subnets.clone()));
    NetworkConfiguration::builder().awsvpc_configuration(vpc.build().unwrap()).build()
}

/// A cluster `main` with a service `web` of two tasks.
async fn service(ground: &Ground, definition: &str) {
    let (ecs, network) = (ground.ecs(), network(&ground.ec2()).await);
    ecs.create_cluster().cluster_name("main").send().await.unwrap();
    let breaker = DeploymentCircuitBreaker::builder().enable(true).rollback(true).build();
    let deployment = DeploymentConfiguration::builder().deployment_circuit_breaker(breaker).build();
    let call = ecs.create_service().cluster("main").service_name("web").desired_count(2);
    let call = call.task_definition(definition).launch_type(LaunchType::Fargate);
    let call =
        call.network_configuration(in_network(&network)).deployment_configuration(deployment);
    call.send().await.unwrap();
}

async fn look(ecs: &Client) -> Service {
    let answer = ecs.describe_services().cluster("main").services("web").send().await.unwrap();
    answer.services()[0].clone()
}

/// Looks until the current deployment is settled; how it ended, and the number of looks.
async fn settle(ecs: &Client) -> (Service, usize) {
    for looks in 1..20 {
        let service = look(ecs).await;
        let primary = service.deployments()[0].clone();
        if primary.rollout_state().unwrap().as_str() == "COMPLETED" {
            return (service, looks);
        }
    }
    panic!("never settled: {:?}", look(ecs).await);
}

#[tokio::test]
async fn a_service_starts_its_tasks_and_completes() {
    let ground = Ground::new();
    let ecs = ground.ecs();
    let definition = register(&ecs, "nginx", None).await;
    service(&ground, "web").await;
    let first = look(&ecs).await;
    assert_eq!(first.running_count(), 0);
    assert_eq!(first.deployments()[0].rollout_state().unwrap().as_str(), "IN_PROGRESS");
    let (done, looks) = settle(&ecs).await;
    assert!(looks > 1);
    assert_eq!((done.running_count(), done.desired_count(), done.pending_count()), (2, 2, 0));
    assert_eq!(done.deployments().len(), 1);
    assert_eq!(done.task_definition(), Some(definition.as_str()));
    assert!(done.events()[0].message().unwrap().ends_with("has reached a steady state."));
    let tasks = ecs.list_tasks().cluster("main").service_name("web").send().await.unwrap();
    assert_eq!(tasks.task_arns().len(), 2);
}

#[tokio::test]
async fn a_new_revision_replaces_the_old_tasks() {
    let ground = Ground::new();
    let ecs = ground.ecs();
    register(&ecs, "nginx:1", None).await;
    service(&ground, "web").await;
    settle(&ecs).await;
    let next = register(&ecs, "nginx:2", None).await;
    assert!(next.ends_with("task-definition/web:2"), "{next}");
    let call = ecs.update_service().cluster("main").service("web").task_definition(&next);
    let updated = call.send().await.unwrap().service.unwrap();
    let states: Vec<_> = updated.deployments().iter().filter_map(|it| it.status()).collect();
    assert_eq!(states, ["PRIMARY", "ACTIVE"]);
    let (done, _) = settle(&ecs).await;
    assert_eq!(done.deployments().len(), 1);
    assert_eq!(done.deployments()[0].task_definition(), Some(next.as_str()));
    let same = ecs.update_service().cluster("main").service("web").desired_count(3);
    let same = same.send().await.unwrap().service.unwrap();
    assert_eq!(same.deployments()[0].id(), done.deployments()[0].id());
    assert_eq!(settle_count(&ecs, 3).await.running_count(), 3);
}

async fn settle_count(ecs: &Client, count: i32) -> Service {
    for _ in 0..10 {
        let service = look(ecs).await;
        if service.running_count() == count {
            return service;
        }
    }
    panic!("never reached {count}: {:?}", look(ecs).await);
}

#[tokio::test]
async fn tasks_that_cannot_start_break_the_circuit_and_roll_back() {
    let ground = Ground::new();
    let ecs = ground.ecs();
    let good = register(&ecs, "nginx", None).await;
    service(&ground, "web").await;
    settle(&ecs).await;
    let bad = register(&ecs, "nginx", Some("/no/such/group")).await;
    let call = ecs.update_service().cluster("main").service("web").task_definition(&bad);
    call.send().await.unwrap();
    let mut failed = None;
    for _ in 0..10 {
        let service = look(&ecs).await;
        let fails =
            |it: &&aws_sdk_ecs::types::Deployment| it.rollout_state().unwrap().as_str() == "FAILED";
        if let Some(deployment) = service.deployments().iter().find(fails) {
            failed = deployment.rollout_state_reason().map(str::to_owned);
            break;
        }
    }
    assert_eq!(failed.unwrap(), "ECS deployment circuit breaker: tasks failed to start.");
    let stopped = aws_sdk_ecs::types::DesiredStatus::Stopped;
    let call = ecs.list_tasks().cluster("main").service_name("web").desired_status(stopped);
    let arns = call.send().await.unwrap().task_arns.unwrap();
    let tasks = ecs.describe_tasks().cluster("main").set_tasks(Some(arns)).send().await.unwrap();
    let reason = tasks.tasks()[0].stopped_reason().unwrap();
    assert!(reason.contains("The specified log group does not exist"), "{reason}");
    let (done, _) = settle(&ecs).await;
    assert_eq!(done.task_definition(), Some(good.as_str()));
}

#[tokio::test]
async fn an_image_of_this_account_needs_its_repository() {
    let ground = Ground::new();
    let ecs = ground.ecs();
    let image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1";
    register(&ecs, image, None).await;
    service(&ground, "web").await;
    for _ in 0..4 {
        look(&ecs).await;
    }
    assert!(look(&ecs).await.deployments()[0].failed_tasks() > 0);
    let ecr = aws_sdk_ecr::Client::new(&sdk(ground.sandbox.http_client()));
    ecr.create_repository().repository_name("web").send().await.unwrap();
    let call = ecs.update_service().cluster("main").service("web").force_new_deployment(true);
    call.send().await.unwrap();
    assert_eq!(settle(&ecs).await.0.running_count(), 2);
}

#[tokio::test]
async fn a_service_drains_before_it_is_gone() {
    let ground = Ground::new();
    let ecs = ground.ecs();
    register(&ecs, "nginx", None).await;
    service(&ground, "web").await;
    settle(&ecs).await;
    let delete =
        |force: bool| ecs.delete_service().cluster("main").service("web").force(force).send();
    assert_eq!(code(delete(false).await), "InvalidParameterException");
    delete(true).await.unwrap();
    let cluster = || ecs.delete_cluster().cluster("main").send();
    assert_eq!(code(cluster().await), "ClusterContainsServicesException");
    let mut states = Vec::new();
    for _ in 0..3 {
        states.push(look(&ecs).await.status().unwrap().to_owned());
    }
    assert_eq!(states, ["DRAINING", "DRAINING", "INACTIVE"]);
    cluster().await.unwrap();
    let answer = ecs.describe_clusters().clusters("main").clusters("other").send().await.unwrap();
    assert_eq!(answer.clusters()[0].status(), Some("INACTIVE"));
    assert_eq!(answer.failures()[0].reason(), Some("MISSING"));
}

#[tokio::test]
async fn what_cannot_run_is_refused() {
    let ground = Ground::new();
    let ecs = ground.ecs();
    register(&ecs, "nginx", None).await;
    service(&ground, "web").await;
    let again = ecs.create_service().cluster("main").service_name("web").task_definition("web");
    let again = again.launch_type(LaunchType::Fargate).send().await;
    assert_eq!(code(again), "InvalidParameterException");
    let nowhere = ecs.create_service().cluster("none").service_name("web").task_definition("web");
    assert_eq!(code(nowhere.send().await), "ClusterNotFoundException");
    let unknown = ecs.create_service().cluster("main").service_name("x").task_definition("x");
    assert_eq!(code(unknown.send().await), "ClientException");
    let balancer = LoadBalancer::builder().container_name("app").container_port(80).build();
    let network = network(&ground.ec2()).await;
    let create = ecs.create_service().cluster("main").service_name("x").task_definition("web");
    let create = create.network_configuration(in_network(&network)).load_balancers(balancer);
    let refused = create.launch_type(LaunchType::Fargate).send().await.unwrap_err();
    let message = refused.as_service_error().unwrap().message().unwrap().to_owned();
    assert_eq!(message, "The container app does not exist in the task definition.");
}

#[tokio::test]
async fn a_task_definition_is_completed_and_retired() {
    let ground = Ground::new();
    let ecs = ground.ecs();
    register(&ecs, "nginx", None).await;
    register(&ecs, "nginx", None).await;
    let describe = |name: &str| ecs.describe_task_definition().task_definition(name).send();
    let newest = describe("web").await.unwrap().task_definition.unwrap();
    assert_eq!(newest.revision(), 2);
    let container = &newest.container_definitions()[0];
    assert_eq!((container.cpu(), container.essential()), (0, Some(true)));
    let port = &container.port_mappings()[0];
    assert_eq!((port.host_port(), port.protocol().unwrap().as_str()), (Some(80), "tcp"));
    ecs.deregister_task_definition().task_definition("web:2").send().await.unwrap();
    assert_eq!(describe("web").await.unwrap().task_definition.unwrap().revision(), 1);
    let old = describe("web:2").await.unwrap().task_definition.unwrap();
    assert_eq!(old.status().unwrap().as_str(), "INACTIVE");
    assert_eq!(code(describe("web:9").await), "ClientException");
    let size = ecs.register_task_definition().family("web").cpu("256").memory("4096");
    let size = size.network_mode(NetworkMode::Awsvpc).container_definitions(container.clone());
    let size = size.requires_compatibilities(Compatibility::Fargate).send().await;
    assert_eq!(code(size), "ClientException");
}

#[tokio::test]
async fn sizes_of_tasks_may_have_units() {
    let ground = Ground::new();
    let ecs = ground.ecs();
    for (cpu, memory, told) in [
        ("512", "1GB", ("512", "1024")),
        ("512", "1 GB", ("512", "1024")),
        (".5 vCPU", "1024", ("512", "1024")),
        ("1vcpu", "2 gb", ("1024", "2048")),
    ] {
        let container = ContainerDefinition::builder().name("web").image("nginx").build();
        let call = ecs.register_task_definition().family("web").network_mode(NetworkMode::Awsvpc);
        let call = call.requires_compatibilities(Compatibility::Fargate).cpu(cpu).memory(memory);
        let made = call.container_definitions(container).send().await.unwrap();
        let made = made.task_definition.unwrap();
        assert_eq!((made.cpu().unwrap(), made.memory().unwrap()), told, "{cpu} {memory}");
    }
}
