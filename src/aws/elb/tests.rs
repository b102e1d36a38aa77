//! How many calls reading takes, and whose objects create calls answer with.

use super::described;
use super::listener_rule::ListenerRule;
use super::load_balancer::LoadBalancer;
use super::target_group::TargetGroup;
use crate::aws::calls::in_step;
use crate::aws::resource::Resource;
use crate::aws::testing::{Answer, Fake, step};
use crate::provider::{ErrorKind, Result};
use crate::schema::FieldType as _;

const PREFIX: &str = "arn:aws:elasticloadbalancing:us-east-1:1:";

fn rules(count: usize) -> Vec<ListenerRule> {
    let rule = |at: usize| ListenerRule {
        id: Some(format!("{PREFIX}listener-rule/app/web/1/2/{at}")),
        ..ListenerRule::blank()
    };
    (0..count).map(rule).collect()
}

fn balancers(count: usize) -> Vec<LoadBalancer> {
    let balancer = |at: usize| LoadBalancer {
        id: Some(format!("{PREFIX}loadbalancer/app/web/{at}")),
        ..LoadBalancer::blank()
    };
    (0..count).map(balancer).collect()
}

/// An answer of a describe call: a list with an element for each ARN.
fn described_as(list: &str, element: &str, arns: &[String]) -> Answer {
    let member = |arn: &String| format!("<member><{element}>{arn}</{element}></member>");
    let members: String = arns.iter().map(member).collect();
    let operation = if list == "TagDescriptions" { "Tags" } else { list };
    let (outer, inner) =
        (format!("Describe{operation}Response"), format!("Describe{operation}Result"));
    Answer::ok(&format!("<{outer}><{inner}><{list}>{members}</{list}></{inner}></{outer}>"))
}

fn no_tags() -> Answer {
    described_as("TagDescriptions", "ResourceArn", &[])
}

/// Attributes, of which there are none.
fn no_attributes() -> Answer {
    let result = "<DescribeLoadBalancerAttributesResult></DescribeLoadBalancerAttributesResult>";
    let name = "DescribeLoadBalancerAttributesResponse";
    Answer::ok(&format!("<{name}>{result}</{name}>"))
}

fn operations(fake: &Fake) -> Vec<String> {
    let operation = |request: &String| {
        let (_, rest) = request.split_once("Action=").unwrap();
        rest.split('&').next().unwrap().to_string()
    };
    fake.requests().iter().map(operation).collect()
}

fn count(operations: &[String], name: &str) -> usize {
    operations.iter().filter(|it| *it == name).count()
}

#[tokio::test(start_paused = true)]
async fn rules_are_described_a_hundred_at_a_time_and_tags_twenty() {
    let objects = rules(100);
    let arns: Vec<String> = objects.iter().filter_map(|it| it.id.clone()).collect();
    let fake = Fake::new([described_as("Rules", "RuleArn", &arns), no_tags()]);
    let read = ListenerRule::read(&*fake.aws().await, objects).await.unwrap();
    assert_eq!(read.iter().flatten().count(), 100);
    let made = operations(&fake);
    assert_eq!((count(&made, "DescribeRules"), count(&made, "DescribeTags")), (1, 5), "{made:?}");
}

#[tokio::test(start_paused = true)]
async fn load_balancers_are_described_twenty_at_a_time_and_attributes_one_by_one() {
    let objects = balancers(40);
    let arns: Vec<String> = objects.iter().filter_map(|it| it.id.clone()).collect();
    let page = |some: &[String]| described_as("LoadBalancers", "LoadBalancerArn", some);
    let described = [page(&arns[20..]), page(&arns[..20]), no_tags(), no_tags()];
    let fake = Fake::new(described.into_iter().chain([no_attributes()]));
    let read = LoadBalancer::read(&*fake.aws().await, objects).await.unwrap();
    assert_eq!(read.iter().flatten().count(), 40);
    let made = operations(&fake);
    let counts = ["DescribeLoadBalancers", "DescribeTags", "DescribeLoadBalancerAttributes"];
    assert_eq!(counts.map(|it| count(&made, it)), [2, 2, 40], "{made:?}");
}

#[tokio::test(start_paused = true)]
async fn one_that_is_gone_costs_a_call_for_each_half() {
    let objects = rules(4);
    let arns: Vec<String> = objects.iter().filter_map(|it| it.id.clone()).collect();
    let gone = || Answer::query_error(400, "RuleNotFound", "One or more rules not found");
    let some = |some: &[String]| described_as("Rules", "RuleArn", some);
    // all four; the later half; the earlier half, of which the first one is gone
    let fake = Fake::new([gone(), some(&arns[2..]), gone(), some(&arns[1..2]), gone(), no_tags()]);
    let read = described::read(&*fake.aws().await, objects).await.unwrap();
    let there: Vec<bool> = read.iter().map(Option::is_some).collect();
    assert_eq!(there, [false, true, true, true]);
    assert_eq!(count(&operations(&fake), "DescribeRules"), 5);
}

/// Creates an object when AWS answers so, and then tells the value of the tag of a step.
async fn create(object: &impl Resource, made: &Answer, token: &str) -> (Result<String>, Fake) {
    let tag =
        format!("<Tags><member><Key>terrace:step</Key><Value>{token}</Value></member></Tags>");
    let tagged = format!("<member><ResourceArn>{ARN}</ResourceArn>{tag}</member>");
    let told = format!("<TagDescriptions>{tagged}</TagDescriptions>");
    let told = format!(
        "<DescribeTagsResponse><DescribeTagsResult>{told}</DescribeTagsResult></DescribeTagsResponse>"
    );
    let unseen = Answer::query_error(400, "TargetGroupNotFound", "not found");
    let fake = Fake::new([made.clone(), unseen, Answer::ok(&told)]);
    let (aws, (step, _)) = (fake.aws().await, step(false));
    (in_step(&step, object.create(&aws, &step)).await, fake)
}

const ARN: &str = "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/web/1";

fn made(operation: &str, list: &str, element: &str) -> Answer {
    let object = format!("<{list}><member><{element}>{ARN}</{element}></member></{list}>");
    let (outer, inner) = (format!("{operation}Response"), format!("{operation}Result"));
    Answer::ok(&format!("<{outer}><{inner}>{object}</{inner}></{outer}>"))
}

async fn is_claimed(object: impl Resource, made: Answer, name: &str) {
    let (ours, fake) = create(&object, &made, &step(false).0.token).await;
    assert_eq!(ours.unwrap(), ARN);
    assert_eq!(operations(&fake), [name, "DescribeTags", "DescribeTags"], "until it is seen");
    let (theirs, fake) = create(&object, &made, "of somebody else").await;
    let theirs = theirs.unwrap_err();
    assert_eq!(theirs.kind, ErrorKind::Refused);
    assert!(theirs.message.contains(ARN) && theirs.hint.contains("terrace import"));
    assert_eq!(operations(&fake).len(), 3, "nothing is changed or deleted");
}

#[tokio::test(start_paused = true)]
async fn what_has_the_same_name_and_settings_is_ours_only_with_the_tag_of_the_step() {
    let group = TargetGroup { name: Some("web".into()), ..TargetGroup::blank() };
    let answer = made("CreateTargetGroup", "TargetGroups", "TargetGroupArn");
    is_claimed(group, answer, "CreateTargetGroup").await;
    let balancer = LoadBalancer { name: Some("web".into()), ..LoadBalancer::blank() };
    let answer = made("CreateLoadBalancer", "LoadBalancers", "LoadBalancerArn");
    is_claimed(balancer, answer, "CreateLoadBalancer").await;
}
