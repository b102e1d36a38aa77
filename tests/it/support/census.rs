//! Counts what is in an AWS, through its API and behind the program's back.

use aws_config::SdkConfig;
use aws_sdk_ec2::types::{Filter, NatGatewayState};

/// What users made and is still there, as `kind id`: the kinds that a stack on ECS consists of.
pub async fn census(sdk: &SdkConfig) -> Vec<String> {
    let (network, rest) = tokio::join!(network(sdk), services(sdk));
    [network, rest].concat()
}

fn all(kind: &str, ids: impl IntoIterator<Item = Option<String>>) -> Vec<String> {
    ids.into_iter().map(|id| format!("{kind} {}", id.expect("an id"))).collect()
}

async fn network(sdk: &SdkConfig) -> Vec<String> {
    let ec2 = aws_sdk_ec2::Client::new(sdk);
    let own = Filter::builder().name("is-default").values("false").build();
    let vpcs = ec2.describe_vpcs().filters(own).send().await.expect("VPCs").vpcs;
    let mut found = all("vpc", vpcs.unwrap_or_default().into_iter().map(|it| it.vpc_id));
    let own = Filter::builder().name("default-for-az").values("false").build();
    let subnets = ec2.describe_subnets().filters(own).send().await.expect("subnets").subnets;
    found.extend(all("subnet", subnets.unwrap_or_default().into_iter().map(|it| it.subnet_id)));
    let addresses = ec2.describe_addresses().send().await.expect("addresses").addresses;
    let addresses = addresses.unwrap_or_default().into_iter().map(|it| it.allocation_id);
    found.extend(all("address", addresses));
    let gateways = ec2.describe_nat_gateways().send().await.expect("NAT gateways").nat_gateways;
    let mut gateways = gateways.unwrap_or_default();
    // a deleted one is shown for a while
    gateways.retain(|it| it.state != Some(NatGatewayState::Deleted));
    found.extend(all("NAT gateway", gateways.into_iter().map(|it| it.nat_gateway_id)));
    let groups = ec2.describe_security_groups().send().await.expect("security groups");
    let mut groups = groups.security_groups.unwrap_or_default();
    groups.retain(|it| it.group_name.as_deref() != Some("default"));
    found.extend(all("security group", groups.into_iter().map(|it| it.group_id)));
    found
}

async fn services(sdk: &SdkConfig) -> Vec<String> {
    let balancing = aws_sdk_elasticloadbalancingv2::Client::new(sdk);
    let balancers = balancing.describe_load_balancers().send().await.expect("load balancers");
    let balancers = balancers.load_balancers.unwrap_or_default().into_iter();
    let mut found = all("load balancer", balancers.map(|it| it.load_balancer_arn));
    let groups = balancing.describe_target_groups().send().await.expect("target groups");
    let groups = groups.target_groups.unwrap_or_default().into_iter();
    found.extend(all("target group", groups.map(|it| it.target_group_arn)));
    let ecs = aws_sdk_ecs::Client::new(sdk);
    let clusters = ecs.list_clusters().send().await.expect("clusters").cluster_arns;
    let clusters = ecs.describe_clusters().set_clusters(clusters).send().await.expect("clusters");
    let mut clusters = clusters.clusters.unwrap_or_default();
    // a deleted one is shown for a while
    clusters.retain(|it| it.status.as_deref() != Some("INACTIVE"));
    found.extend(all("cluster", clusters.into_iter().map(|it| it.cluster_arn)));
    let revisions = ecs.list_task_definitions().send().await.expect("task definitions");
    let revisions = revisions.task_definition_arns.unwrap_or_default().into_iter();
    found.extend(all("task definition", revisions.map(Some)));
    let iam = aws_sdk_iam::Client::new(sdk);
    let roles = iam.list_roles().send().await.expect("roles").roles.into_iter();
    found.extend(all("role", roles.map(|it| Some(it.role_name))));
    let own = aws_sdk_iam::types::EntityType::LocalManagedPolicy;
    let details = iam.get_account_authorization_details().filter(own).send().await;
    let policies = details.expect("policies").policies.unwrap_or_default().into_iter();
    found.extend(all("policy", policies.map(|it| it.arn)));
    let logs = aws_sdk_cloudwatchlogs::Client::new(sdk);
    let groups = logs.describe_log_groups().send().await.expect("log groups").log_groups;
    found.extend(all("log group", groups.unwrap_or_default().into_iter().map(|it| it.arn)));
    let ecr = aws_sdk_ecr::Client::new(sdk);
    let images = ecr.describe_repositories().send().await.expect("repositories").repositories;
    let images = images.unwrap_or_default().into_iter();
    found.extend(all("repository", images.map(|it| it.repository_arn)));
    found
}
