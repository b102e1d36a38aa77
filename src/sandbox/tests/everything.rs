//! One of everything, compared before and after the sandbox is opened anew.

use std::collections::BTreeMap;
use std::fmt::Debug;

use super::*;

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

/// All answers about what the product manages, as text.
struct Picture(BTreeMap<String, Vec<String>>);

impl Picture {
    fn add<T: Debug>(&mut self, what: &str, items: &[T]) {
        let mut texts: Vec<_> = items.iter().map(|item| format!("{item:?}")).collect();
        texts.sort();
        assert!(!texts.is_empty(), "there is no {what}");
        self.0.insert(what.to_owned(), texts);
    }
}

async fn picture(sandbox: &Sandbox) -> Picture {
    let config = sdk(sandbox.http_client());
    let mut picture = Picture(BTreeMap::new());
    networks(&mut picture, &aws_sdk_ec2::Client::new(&config)).await;
    balancing(&mut picture, &aws_sdk_elasticloadbalancingv2::Client::new(&config)).await;
    containers(&mut picture, &aws_sdk_ecs::Client::new(&config)).await;
    identity(&mut picture, &aws_sdk_iam::Client::new(&config)).await;
    registry_and_logs(&mut picture, &config).await;
    picture
}

async fn networks(picture: &mut Picture, ec2: &aws_sdk_ec2::Client) {
    picture.add("vpcs", ec2.describe_vpcs().send().await.unwrap().vpcs());
    picture.add("subnets", ec2.describe_subnets().send().await.unwrap().subnets());
    let answer = ec2.describe_internet_gateways().send().await.unwrap();
    picture.add("internet gateways", answer.internet_gateways());
    picture.add("addresses", ec2.describe_addresses().send().await.unwrap().addresses());
    picture.add("nat gateways", ec2.describe_nat_gateways().send().await.unwrap().nat_gateways());
    picture.add("route tables", ec2.describe_route_tables().send().await.unwrap().route_tables());
    let answer = ec2.describe_security_groups().send().await.unwrap();
    picture.add("security groups", answer.security_groups());
    let answer = ec2.describe_security_group_rules().send().await.unwrap();
    picture.add("security group rules", answer.security_group_rules());
    picture.add("network ACLs", ec2.describe_network_acls().send().await.unwrap().network_acls());
    for vpc in ec2.describe_vpcs().send().await.unwrap().vpcs() {
        let name = aws_sdk_ec2::types::VpcAttributeName::EnableDnsHostnames;
        let call = ec2.describe_vpc_attribute().vpc_id(vpc.vpc_id().unwrap()).attribute(name);
        let answer = call.send().await.unwrap();
        let value = answer.enable_dns_hostnames().cloned();
        picture.add(&format!("DNS names of {}", vpc.vpc_id().unwrap()), &[value]);
    }
}

async fn balancing(picture: &mut Picture, elb: &aws_sdk_elasticloadbalancingv2::Client) {
    let balancers = elb.describe_load_balancers().send().await.unwrap();
    picture.add("balancers", balancers.load_balancers());
    let balancer = balancers.load_balancers()[0].load_balancer_arn().unwrap();
    let call = elb.describe_load_balancer_attributes().load_balancer_arn(balancer);
    picture.add("balancer attributes", call.send().await.unwrap().attributes());
    let groups = elb.describe_target_groups().send().await.unwrap();
    picture.add("target groups", groups.target_groups());
    let group = groups.target_groups()[0].target_group_arn().unwrap();
    let call = elb.describe_target_group_attributes().target_group_arn(group);
    picture.add("target group attributes", call.send().await.unwrap().attributes());
    let listeners = elb.describe_listeners().load_balancer_arn(balancer).send().await.unwrap();
    picture.add("listeners", listeners.listeners());
    let listener = listeners.listeners()[0].listener_arn().unwrap();
    let rules = elb.describe_rules().listener_arn(listener).send().await.unwrap();
    picture.add("rules", rules.rules());
    let arns = [balancer, group, listener, rules.rules()[0].rule_arn().unwrap()];
    let call = elb.describe_tags().set_resource_arns(Some(arns.map(str::to_owned).to_vec()));
    picture.add("balancing tags", call.send().await.unwrap().tag_descriptions());
}

async fn containers(picture: &mut Picture, ecs: &aws_sdk_ecs::Client) {
    use aws_sdk_ecs::types::{ClusterField, ServiceField, TaskDefinitionField};
    let all = vec![ClusterField::Tags, ClusterField::Settings, ClusterField::Configurations];
    let call = ecs.describe_clusters().clusters("main").set_include(Some(all));
    picture.add("clusters", call.send().await.unwrap().clusters());
    let call = ecs.describe_services().cluster("main").services("web").include(ServiceField::Tags);
    picture.add("services", call.send().await.unwrap().services());
    let call = ecs.describe_task_definition().task_definition("web");
    let answer = call.include(TaskDefinitionField::Tags).send().await.unwrap();
    picture.add("task definition", &[answer.task_definition()]);
    picture.add("task definition tags", answer.tags());
}

async fn identity(picture: &mut Picture, iam: &aws_sdk_iam::Client) {
    let role = iam.get_role().role_name("task").send().await.unwrap();
    picture.add("role", &[role.role()]);
    let attached = iam.list_attached_role_policies().role_name("task").send().await.unwrap();
    picture.add("attached policies", attached.attached_policies());
    let call = iam.get_role_policy().role_name("task").policy_name("inline");
    picture.add("inline policy", &[call.send().await.unwrap().policy_document()]);
    let details = iam.get_account_authorization_details().send().await.unwrap();
    picture.add("role details", details.role_detail_list());
    picture.add("policy details", details.policies());
    let own = details.policies().iter().find(|it| it.policy_name() == Some("shared")).unwrap();
    let call = iam.list_policy_tags().policy_arn(own.arn().unwrap());
    picture.add("policy tags", call.send().await.unwrap().tags());
    let call = iam.list_policy_versions().policy_arn(own.arn().unwrap());
    picture.add("policy versions", call.send().await.unwrap().versions());
}

async fn registry_and_logs(picture: &mut Picture, config: &SdkConfig) {
    let ecr = aws_sdk_ecr::Client::new(config);
    let repositories = ecr.describe_repositories().send().await.unwrap();
    picture.add("repositories", repositories.repositories());
    let arn = repositories.repositories()[0].repository_arn().unwrap();
    let tags = ecr.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
    picture.add("repository tags", tags.tags());
    let policy = ecr.get_lifecycle_policy().repository_name("web").send().await.unwrap();
    picture.add("lifecycle policy", &[policy.lifecycle_policy_text()]);
    let policy = ecr.get_repository_policy().repository_name("web").send().await.unwrap();
    picture.add("repository policy", &[policy.policy_text()]);
    let logs = aws_sdk_cloudwatchlogs::Client::new(config);
    let groups = logs.describe_log_groups().send().await.unwrap();
    picture.add("log groups", groups.log_groups());
    let arn = groups.log_groups()[0].log_group_arn().unwrap();
    let tags = logs.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
    picture.add("log group tags", &[tags.tags()]);
    let ssm = aws_sdk_ssm::Client::new(config);
    let parameter = ssm.get_parameter().name("/app/key").send().await.unwrap();
    picture.add("parameter", &[parameter.parameter()]);
}

async fn make_network(ec2: &aws_sdk_ec2::Client) -> Network {
    let network = network(ec2).await;
    let tag = Tag::builder().key("Name").value("all").build();
    let tags = ec2.create_tags().resources(&network.vpc).resources(&network.subnets[0]);
    tags.resources(&network.gateway).tags(tag).send().await.unwrap();
    let on = aws_sdk_ec2::types::AttributeBooleanValue::builder().value(true).build();
    let dns = ec2.modify_vpc_attribute().vpc_id(&network.vpc).enable_dns_hostnames(on.clone());
    dns.send().await.unwrap();
    let public = ec2.modify_subnet_attribute().subnet_id(&network.subnets[0]);
    public.map_public_ip_on_launch(on).send().await.unwrap();
    let address = ec2.allocate_address().tag_specifications(named(ResourceType::ElasticIp, "nat"));
    let address = address.send().await.unwrap().allocation_id.unwrap();
    let nat = ec2.create_nat_gateway().subnet_id(&network.subnets[0]).allocation_id(address);
    let nat = nat.tag_specifications(named(ResourceType::Natgateway, "nat")).send().await.unwrap();
    let nat = nat.nat_gateway.unwrap().nat_gateway_id.unwrap();
    let table = ec2.create_route_table().vpc_id(&network.vpc);
    let table = table.tag_specifications(named(ResourceType::RouteTable, "private"));
    let table = table.send().await.unwrap().route_table.unwrap().route_table_id.unwrap();
    let route = ec2.create_route().route_table_id(&table).destination_cidr_block("0.0.0.0/0");
    route.nat_gateway_id(nat).send().await.unwrap();
    let associate = ec2.associate_route_table().route_table_id(table);
    associate.subnet_id(&network.subnets[1]).send().await.unwrap();
    make_group(ec2, &network).await;
    network
}

async fn make_group(ec2: &aws_sdk_ec2::Client, network: &Network) {
    use aws_sdk_ec2::types::{IpPermission, IpRange};
    let group = ec2.create_security_group().vpc_id(&network.vpc).group_name("web");
    let group =
        group.description("web").tag_specifications(named(ResourceType::SecurityGroup, "w"));
    let group = group.send().await.unwrap().group_id.unwrap();
    let range = IpRange::builder().cidr_ip("0.0.0.0/0").description("all").build();
    let permission = IpPermission::builder().ip_protocol("tcp").from_port(443).to_port(443);
    let rule = ec2.authorize_security_group_ingress().group_id(group);
    let rule = rule.ip_permissions(permission.ip_ranges(range).build());
    let rule = rule.tag_specifications(named(ResourceType::SecurityGroupRule, "https"));
    rule.send().await.unwrap();
}

async fn make_balancing(elb: &aws_sdk_elasticloadbalancingv2::Client, network: &Network) -> String {
    use aws_sdk_elasticloadbalancingv2::types::*;
    let tag = || Tag::builder().key("Team").value("web").build();
    let call = elb.create_load_balancer().name("web").tags(tag());
    let made = call.set_subnets(Some(network.subnets.clone())).send().await.unwrap();
    let balancer = made.load_balancers()[0].load_balancer_arn().unwrap().to_owned();
    let timeout = LoadBalancerAttribute::builder().key("idle_timeout.timeout_seconds").value("90");
    let call = elb.modify_load_balancer_attributes().load_balancer_arn(&balancer);
    call.attributes(timeout.build()).send().await.unwrap();
    let call = elb.create_target_group().name("web").protocol(ProtocolEnum::Http).port(80);
    let call = call.vpc_id(&network.vpc).target_type(TargetTypeEnum::Ip).tags(tag());
    let made = call.health_check_path("/up").send().await.unwrap();
    let group = made.target_groups()[0].target_group_arn().unwrap().to_owned();
    let delay = TargetGroupAttribute::builder().key("deregistration_delay.timeout_seconds");
    let call = elb.modify_target_group_attributes().target_group_arn(&group);
    call.attributes(delay.value("5").build()).send().await.unwrap();
    let forward = Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(&group);
    let forward = forward.build();
    let call = elb.create_listener().load_balancer_arn(&balancer).port(80).tags(tag());
    let call = call.protocol(ProtocolEnum::Http).default_actions(forward.clone());
    let listener = call.send().await.unwrap().listeners()[0].listener_arn().unwrap().to_owned();
    let host = RuleCondition::builder().field("host-header").values("a.example").build();
    let call = elb.create_rule().listener_arn(listener).priority(1).conditions(host).tags(tag());
    call.actions(forward).send().await.unwrap();
    group
}

async fn make_containers(ecs: &aws_sdk_ecs::Client, network: &Network, group: &str) {
    use aws_sdk_ecs::types::*;
    let tag = || Tag::builder().key("Team").value("web").build();
    let insights = ClusterSetting::builder().name(ClusterSettingName::ContainerInsights);
    let call = ecs.create_cluster().cluster_name("main").tags(tag());
    call.settings(insights.value("enabled").build()).send().await.unwrap();
    let item = CapacityProviderStrategyItem::builder().capacity_provider("FARGATE").weight(1);
    let call = ecs.put_cluster_capacity_providers().cluster("main").capacity_providers("FARGATE");
    let call = call.default_capacity_provider_strategy(item.build().unwrap());
    call.send().await.unwrap();
    let container = ContainerDefinition::builder().name("web").image("nginx");
    let port = PortMapping::builder().container_port(80).build();
    let name = KeyValuePair::builder().name("A").value("b").build();
    let container = container.port_mappings(port).environment(name).command("run").build();
    let call = ecs.register_task_definition().family("web").network_mode(NetworkMode::Awsvpc);
    let call = call.requires_compatibilities(Compatibility::Fargate).cpu("256").memory("512");
    call.container_definitions(container).tags(tag()).send().await.unwrap();
    let vpc = AwsVpcConfiguration::builder().set_subnets(Some(network.subnets.clone()));
    let vpc = NetworkConfiguration::builder().awsvpc_configuration(vpc.build().unwrap()).build();
    let balancer = LoadBalancer::builder().container_name("web").container_port(80);
    let call = ecs.create_service().cluster("main").service_name("web").task_definition("web");
    let call = call.network_configuration(vpc).desired_count(1).tags(tag());
    call.load_balancers(balancer.target_group_arn(group).build()).send().await.unwrap();
}

async fn make_identity(iam: &aws_sdk_iam::Client) {
    let tag = || aws_sdk_iam::types::Tag::builder().key("Team").value("web").build().unwrap();
    let role = iam.create_role().role_name("task").assume_role_policy_document(POLICY);
    role.description("runs").path("/app/").tags(tag()).send().await.unwrap();
    let inline = iam.put_role_policy().role_name("task").policy_name("inline");
    inline.policy_document(POLICY).send().await.unwrap();
    let policy = iam.create_policy().policy_name("shared").policy_document(POLICY).tags(tag());
    let arn = policy.send().await.unwrap().policy.unwrap().arn.unwrap();
    let version = iam.create_policy_version().policy_arn(&arn).policy_document(POLICY);
    version.set_as_default(true).send().await.unwrap();
    iam.attach_role_policy().role_name("task").policy_arn(arn).send().await.unwrap();
    let managed = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    iam.attach_role_policy().role_name("task").policy_arn(managed).send().await.unwrap();
}

async fn make_registry_and_logs(config: &SdkConfig) {
    let ecr = aws_sdk_ecr::Client::new(config);
    let tag = aws_sdk_ecr::types::Tag::builder().key("Team").value("web").build().unwrap();
    let scan = aws_sdk_ecr::types::ImageScanningConfiguration::builder().scan_on_push(true).build();
    let immutable = aws_sdk_ecr::types::ImageTagMutability::Immutable;
    let repository = ecr.create_repository().repository_name("web").tags(tag);
    let repository = repository.image_scanning_configuration(scan).image_tag_mutability(immutable);
    repository.send().await.unwrap();
    let rules = r#"{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":9},"action":{"type":"expire"}}]}"#;
    let call = ecr.put_lifecycle_policy().repository_name("web").lifecycle_policy_text(rules);
    call.send().await.unwrap();
    let call = ecr.set_repository_policy().repository_name("web").policy_text(POLICY);
    call.send().await.unwrap();
    let logs = aws_sdk_cloudwatchlogs::Client::new(config);
    let group = logs.create_log_group().log_group_name("/app/web").tags("Team", "web");
    group.send().await.unwrap();
    let keep = logs.put_retention_policy().log_group_name("/app/web").retention_in_days(7);
    keep.send().await.unwrap();
    let ssm = aws_sdk_ssm::Client::new(config);
    let text = aws_sdk_ssm::types::ParameterType::String;
    ssm.put_parameter().name("/app/key").value("v").r#type(text).send().await.unwrap();
}

#[tokio::test]
async fn all_of_it_survives_reopening() {
    let ground = Ground::new();
    let config = sdk(ground.sandbox.http_client());
    let network = make_network(&ground.ec2()).await;
    let group = make_balancing(&ground.elb(), &network).await;
    make_containers(&ground.ecs(), &network, &group).await;
    make_identity(&aws_sdk_iam::Client::new(&config)).await;
    make_registry_and_logs(&config).await;
    // What is on its way arrives within a few looks.
    for _ in 0..5 {
        picture(&ground.sandbox).await;
    }
    let before = picture(&ground.sandbox).await.0;
    let after = picture(&ground.reopened()).await.0;
    for (what, items) in &before {
        assert_eq!(items, &after[what], "{what}");
    }
    let contents = ground.sandbox.contents().unwrap();
    assert_eq!(contents, ground.reopened().contents().unwrap());
    let own = contents.iter().filter(|item| !item.made_by_aws).count();
    assert!(own >= 20, "{contents:#?}");
}
