use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, LoadBalancerAttribute, ProtocolEnum, RedirectActionConfig,
    RedirectActionStatusCodeEnum, RuleCondition, TargetTypeEnum,
};

use super::*;

/// A load balancer and a target group in a network, not tied together yet.
async fn balancer_and_group(elb: &Client, network: &Network) -> (String, String) {
    let call = elb.create_load_balancer().name("web");
    let made = call.set_subnets(Some(network.subnets.clone())).send().await.unwrap();
    let balancer = made.load_balancers()[0].load_balancer_arn().unwrap().to_owned();
    (balancer, target_group(elb, network).await)
}

async fn target_group(elb: &Client, network: &Network) -> String {
    let call = elb.create_target_group().name("web").protocol(ProtocolEnum::Http).port(80);
    let call = call.vpc_id(&network.vpc).target_type(TargetTypeEnum::Ip);
    let made = call.send().await.unwrap();
    made.target_groups()[0].target_group_arn().unwrap().to_owned()
}

fn forward(group: &str) -> Action {
    Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(group).build()
}

async fn listener(elb: &Client, balancer: &str, port: i32, action: Action) -> String {
    let call = elb.create_listener().load_balancer_arn(balancer).port(port);
    let call = call.protocol(ProtocolEnum::Http).default_actions(action);
    call.send().await.unwrap().listeners()[0].listener_arn().unwrap().to_owned()
}

#[tokio::test]
async fn a_balancer_becomes_active_and_keeps_its_network() {
    let ground = Ground::new();
    let (ec2, elb) = (ground.ec2(), ground.elb());
    let network = network(&ec2).await;
    let (balancer, _) = balancer_and_group(&elb, &network).await;
    for state in ["provisioning", "active"] {
        let call = elb.describe_load_balancers().load_balancer_arns(&balancer);
        let answer = call.send().await.unwrap();
        let seen = answer.load_balancers()[0].state().unwrap().code().unwrap().as_str().to_owned();
        assert_eq!(seen, state);
    }
    let delete = || ec2.delete_subnet().subnet_id(&network.subnets[0]).send();
    assert_eq!(code(delete().await), "DependencyViolation");
    elb.delete_load_balancer().load_balancer_arn(&balancer).send().await.unwrap();
    delete().await.unwrap();
}

#[tokio::test]
async fn the_same_name_gives_the_same_balancer_or_a_refusal() {
    let ground = Ground::new();
    let (elb, network) = (ground.elb(), network(&ground.ec2()).await);
    let (balancer, group) = balancer_and_group(&elb, &network).await;
    assert_eq!(balancer_and_group(&elb, &network).await, (balancer, group));
    let internal = aws_sdk_elasticloadbalancingv2::types::LoadBalancerSchemeEnum::Internal;
    let call = elb.create_load_balancer().name("web").scheme(internal);
    let other = call.set_subnets(Some(network.subnets.clone())).send().await;
    assert_eq!(code(other), "DuplicateLoadBalancerName");
    let call = elb.create_target_group().name("web").protocol(ProtocolEnum::Http).port(81);
    assert_eq!(code(call.vpc_id(&network.vpc).send().await), "DuplicateTargetGroupName");
}

#[tokio::test]
async fn a_balancer_needs_zones_and_a_way_to_the_internet() {
    let ground = Ground::new();
    let (ec2, elb) = (ground.ec2(), ground.elb());
    let network = network(&ec2).await;
    let one = elb.create_load_balancer().name("web").subnets(&network.subnets[0]);
    assert_eq!(code(one.send().await), "ValidationError");
    let detach = ec2.detach_internet_gateway().internet_gateway_id(&network.gateway);
    detach.vpc_id(&network.vpc).send().await.unwrap();
    let two = elb.create_load_balancer().name("web").set_subnets(Some(network.subnets.clone()));
    assert_eq!(code(two.send().await), "InvalidSubnet");
}

#[tokio::test]
async fn attributes_have_defaults_and_keep_what_is_set() {
    let ground = Ground::new();
    let (elb, network) = (ground.elb(), network(&ground.ec2()).await);
    let (balancer, _) = balancer_and_group(&elb, &network).await;
    let set = |key: &str, value: &str| {
        let attribute = LoadBalancerAttribute::builder().key(key).value(value).build();
        let call = elb.modify_load_balancer_attributes().load_balancer_arn(&balancer);
        call.attributes(attribute).send()
    };
    set("deletion_protection.enabled", "true").await.unwrap();
    assert_eq!(code(set("no.such", "x").await), "ValidationError");
    let call = elb.describe_load_balancer_attributes().load_balancer_arn(&balancer);
    let answer = call.send().await.unwrap();
    let value = |key: &str| {
        let found = answer.attributes().iter().find(|it| it.key() == Some(key)).unwrap();
        found.value().unwrap().to_owned()
    };
    assert_eq!(value("deletion_protection.enabled"), "true");
    assert_eq!(value("idle_timeout.timeout_seconds"), "60");
    let delete = || elb.delete_load_balancer().load_balancer_arn(&balancer).send();
    assert_eq!(code(delete().await), "OperationNotPermitted");
    set("deletion_protection.enabled", "false").await.unwrap();
    delete().await.unwrap();
}

#[tokio::test]
async fn actions_are_shown_in_full() {
    let ground = Ground::new();
    let (elb, network) = (ground.elb(), network(&ground.ec2()).await);
    let (balancer, group) = balancer_and_group(&elb, &network).await;
    let redirect = RedirectActionConfig::builder()
        .status_code(RedirectActionStatusCodeEnum::Http301)
        .protocol("HTTPS");
    let redirect =
        Action::builder().r#type(ActionTypeEnum::Redirect).redirect_config(redirect.build());
    let http = listener(&elb, &balancer, 80, redirect.build()).await;
    listener(&elb, &balancer, 8080, forward(&group)).await;
    let answer = elb.describe_listeners().listener_arns(&http).send().await.unwrap();
    let config = answer.listeners()[0].default_actions()[0].redirect_config().unwrap().clone();
    assert_eq!((config.protocol(), config.port()), (Some("HTTPS"), Some("#{port}")));
    assert_eq!(config.host(), Some("#{host}"));
    let answer = elb.describe_listeners().load_balancer_arn(&balancer).send().await.unwrap();
    let ports: Vec<_> = answer.listeners().iter().filter_map(|it| it.port()).collect();
    assert_eq!(ports.len(), 2);
    let forwards = answer.listeners().iter().find(|it| it.port() == Some(8080)).unwrap();
    let action = &forwards.default_actions()[0];
    let weights = action.forward_config().unwrap().target_groups();
    assert_eq!(action.target_group_arn(), Some(group.as_str()));
    assert_eq!(weights[0].weight(), Some(1));
    let twice = elb.create_listener().load_balancer_arn(&balancer).port(80);
    let twice = twice.protocol(ProtocolEnum::Http).default_actions(forward(&group));
    assert_eq!(code(twice.send().await), "DuplicateListener");
}

#[tokio::test]
async fn rules_have_priorities_and_hold_their_group() {
    let ground = Ground::new();
    let (elb, network) = (ground.elb(), network(&ground.ec2()).await);
    let (balancer, group) = balancer_and_group(&elb, &network).await;
    let listener = listener(&elb, &balancer, 80, forward(&group)).await;
    let create = |priority: i32| {
        let path = RuleCondition::builder().field("path-pattern").values("/api/*").build();
        let call = elb.create_rule().listener_arn(&listener).priority(priority);
        call.conditions(path).actions(forward(&group)).send()
    };
    create(10).await.unwrap();
    assert_eq!(code(create(10).await), "PriorityInUse");
    create(5).await.unwrap();
    let answer = elb.describe_rules().listener_arn(&listener).send().await.unwrap();
    let priorities: Vec<_> = answer.rules().iter().filter_map(|it| it.priority()).collect();
    assert_eq!(priorities, ["5", "10", "default"]);
    let condition = &answer.rules()[0].conditions()[0];
    assert_eq!(condition.path_pattern_config().unwrap().values(), ["/api/*"]);
    let delete = || elb.delete_target_group().target_group_arn(&group).send();
    assert_eq!(code(delete().await), "ResourceInUse");
    elb.delete_listener().listener_arn(&listener).send().await.unwrap();
    delete().await.unwrap();
    assert_eq!(code(elb.describe_rules().listener_arn(&listener).send().await), "ListenerNotFound");
}
