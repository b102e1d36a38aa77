//! The life of image repositories and log groups, on both worlds.

use std::path::Path;

use terrace::plan::Action;
use terrace::sandbox::trace::Trace;
use terrace::value::Value;

use crate::support::engine::Engine;
use crate::support::moto::Moto;
use crate::support::stack::on_both_worlds;
use crate::support::terrace::Terrace;

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/0f0f0f0f-0000-4000-8000-000000000000";

fn text(it: &str) -> Value {
    Value::string(it)
}

fn tags(owner: &str) -> Value {
    Value::object([("Owner", text(owner)), ("Empty", text(""))])
}

fn block<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::tuple([Value::object(fields)])
}

fn id(object: &Value) -> String {
    object.get("id").as_str().unwrap().to_string()
}

fn scanning(on: bool) -> (&'static str, Value) {
    ("image_scanning_configuration", block([("scan_on_push", Value::Bool(on))]))
}

fn replaced(because: &str) -> (Action, Vec<String>) {
    (Action::DestroyThenCreate, vec![because.to_string()])
}

async fn repositories(aws: &Engine) {
    let kind = "aws_ecr_repository";
    let name = || ("name", text("team/web-1"));
    let first = [
        name(),
        scanning(true),
        ("image_tag_mutability", text("IMMUTABLE")),
        ("force_delete", Value::Bool(true)),
        ("tags", tags("a")),
    ];
    let repository = aws.create(kind, &first).await;
    assert_eq!(id(&repository), "team/web-1");
    let url = repository.get("repository_url");
    assert!(url.as_str().unwrap().ends_with(".amazonaws.com/team/web-1"), "{url:?}");
    aws.import(kind, "team/web-1", &repository).await;
    let second = [name(), scanning(true), ("tags", tags("b"))];
    let repository = aws.change(kind, &repository, &second).await;
    assert_eq!(repository.get("image_tag_mutability"), text("MUTABLE"));
    let renamed = [("name", text("team/web-2"))];
    assert_eq!(aws.planned(kind, &repository, &renamed), replaced("name"));
    let bare = aws.create(kind, &renamed).await;
    let gone = repository.clone().with("id", text("team/gone"));
    let other_gone = repository.clone().with("id", text("team/gone-too"));
    let all = [gone, bare.clone(), other_gone, repository.clone()].map(|it| (kind, it));
    let found = aws.refresh(&all).await;
    assert_eq!(found, [None, Some(bare.clone()), None, Some(repository.clone())]);
    aws.delete(kind, &bare).await;
    aws.delete(kind, &repository).await;
}

/// moto takes `false`, which the SDK sends as nothing, for no change.
#[tokio::test]
async fn scanning_can_be_turned_off() {
    let stack = Terrace::sandbox(&[]);
    let aws = Engine::new(&stack.sdk()).await;
    let (kind, name) = ("aws_ecr_repository", ("name", text("web")));
    let repository = aws.create(kind, &[name.clone(), scanning(true)]).await;
    let repository = aws.change(kind, &repository, &[name.clone(), scanning(false)]).await;
    let repository = aws.change(kind, &repository, &[name.clone(), scanning(true)]).await;
    aws.change(kind, &repository, &[name]).await;
}

async fn encrypted_repositories(aws: &Engine) {
    let kind = "aws_ecr_repository";
    let fields = |it: Value| [("name", text("secret")), ("encryption_configuration", it)];
    let with_key = block([("encryption_type", text("KMS")), ("kms_key", text(KEY))]);
    let repository = aws.create(kind, &fields(with_key)).await;
    aws.import(kind, "secret", &repository).await;
    let plain = fields(block([("encryption_type", text("AES256"))]));
    assert_eq!(aws.planned(kind, &repository, &plain), replaced("encryption_configuration"));
    aws.delete(kind, &repository).await;
}

fn filters<const N: usize>(patterns: [&str; N]) -> (&'static str, Value) {
    let filter =
        |it: &str| Value::object([("filter", text(it)), ("filter_type", text("WILDCARD"))]);
    ("image_tag_mutability_exclusion_filter", Value::tuple(patterns.map(filter)))
}

async fn exclusion_filters(aws: &Engine) {
    let kind = "aws_ecr_repository";
    let fields =
        |mutability: &str| [("name", text("web")), ("image_tag_mutability", text(mutability))];
    let with =
        |mutability: &str, it: (&'static str, Value)| [&fields(mutability)[..], &[it]].concat();
    let repository =
        aws.create(kind, &with("IMMUTABLE_WITH_EXCLUSION", filters(["latest", "dev-*"]))).await;
    aws.import(kind, "web", &repository).await;
    let fewer = with("IMMUTABLE_WITH_EXCLUSION", filters(["latest"]));
    let repository = aws.change(kind, &repository, &fewer).await;
    let repository = aws.change(kind, &repository, &fields("MUTABLE")).await;
    assert_eq!(
        repository.get("image_tag_mutability_exclusion_filter").items(),
        Some(&[][..]),
        "no filters are left"
    );
    aws.delete(kind, &repository).await;
}

/// Rules by which images expire.
fn expire(count: u32) -> Value {
    text(&format!(
        r#"{{"rules":[{{"rulePriority":1,"description":"old","selection":{{"tagStatus":"tagged","tagPrefixList":["v","w"],"countType":"imageCountMoreThan","countNumber":{count}}},"action":{{"type":"expire"}}}}]}}"#
    ))
}

async fn lifecycle_policies(aws: &Engine) {
    let kind = "aws_ecr_lifecycle_policy";
    let repository = aws.create("aws_ecr_repository", &[("name", text("web"))]).await;
    let fields = |policy: Value| [("repository", text("web")), ("policy", policy)];
    let policy = aws.create(kind, &fields(expire(9))).await;
    aws.import(kind, "web", &policy).await;
    let reworded = text(&expire(9).as_str().unwrap().replace(r#"["v","w"]"#, r#"[ "w", "v" ]"#));
    let (action, _) = aws.planned(kind, &policy, &fields(reworded));
    assert_eq!(action, Action::Nothing);
    assert_eq!(aws.planned(kind, &policy, &fields(expire(10))), replaced("policy"));
    let elsewhere = [("repository", text("other")), ("policy", expire(9))];
    assert_eq!(aws.planned(kind, &policy, &elsewhere), replaced("repository"));
    aws.delete(kind, &policy).await;
    let policy = aws.create(kind, &fields(expire(9))).await;
    aws.delete("aws_ecr_repository", &repository).await;
    assert_eq!(aws.read(kind, &policy).await, None, "it went with its repository");
}

const GROUP: &str = "aws_cloudwatch_log_group";

async fn log_groups(aws: &Engine) {
    let name = || ("name", text("/app/web"));
    let first = [name(), ("retention_in_days", Value::number(7_i64)), ("tags", tags("a"))];
    let group = aws.create(GROUP, &first).await;
    let arn = group.get("arn");
    assert!(arn.as_str().unwrap().ends_with(":log-group:/app/web"), "{arn:?}");
    aws.import(GROUP, "/app/web", &group).await;
    let longer = [name(), ("retention_in_days", Value::number(30_i64)), ("tags", tags("b"))];
    let group = aws.change(GROUP, &group, &longer).await;
    let group = aws.change(GROUP, &group, &[name()]).await;
    assert_eq!(group.get("retention_in_days"), Value::number(0_i64));
    assert_eq!(aws.planned(GROUP, &group, &[("name", text("/app/b"))]), replaced("name"));
    let prefix = aws.create(GROUP, &[("name_prefix", text("/app/web/"))]).await;
    assert!(id(&prefix).starts_with("/app/web/"));
    let gone = group.clone().with("id", text("/app"));
    let all = [gone, group.clone(), prefix.clone()].map(|it| (GROUP, it));
    assert_eq!(aws.refresh(&all).await, [None, Some(group.clone()), Some(prefix.clone())]);
    aws.delete(GROUP, &prefix).await;
    let kept = group.clone().with("skip_destroy", Value::Bool(true));
    aws.forget(GROUP, &kept).await;
    assert!(aws.read(GROUP, &group).await.is_some(), "a group that is to be left is left");
    aws.delete(GROUP, &group).await;
}

/// moto changes no keys, and has neither classes nor protection against deletion.
#[tokio::test]
async fn keys_classes_and_protection_of_log_groups() {
    let stack = Terrace::sandbox(&[]);
    let aws = Engine::new(&stack.sdk()).await;
    let with = |key: Value| [("name", text("/app/web")), ("kms_key_id", key)];
    let group = aws.create(GROUP, &with(text(KEY))).await;
    aws.import(GROUP, "/app/web", &group).await;
    let group = aws.change(GROUP, &group, &with(Value::NULL)).await;
    let group = aws.change(GROUP, &group, &with(text(KEY))).await;
    aws.delete(GROUP, &group).await;
    let fields = |class: &str| [("name", text("/app/web")), ("log_group_class", text(class))];
    let rare = aws.create(GROUP, &fields("INFREQUENT_ACCESS")).await;
    assert_eq!(aws.planned(GROUP, &rare, &fields("STANDARD")), replaced("log_group_class"));
    assert_eq!(aws.planned(GROUP, &rare, &fields("STANDARD")[..1]).0, Action::Nothing);
    aws.delete(GROUP, &rare).await;
    let delivery = aws.create(GROUP, &fields("DELIVERY")).await;
    assert_eq!(delivery.get("retention_in_days"), Value::number(2_i64), "AWS decides it");
    aws.delete(GROUP, &delivery).await;

    let protected =
        |on: bool| [("name", text("/app/web")), ("deletion_protection_enabled", Value::Bool(on))];
    let group = aws.create(GROUP, &protected(true)).await;
    assert_eq!(aws.planned(GROUP, &group, &protected(true)[..1]).0, Action::Nothing);
    let logs = aws_sdk_cloudwatchlogs::Client::new(&stack.sdk());
    assert!(logs.delete_log_group().log_group_name("/app/web").send().await.is_err());
    let group = aws.change(GROUP, &group, &protected(false)).await;
    let group = aws.change(GROUP, &group, &protected(true)).await;
    let group = aws.change(GROUP, &group, &protected(false)).await;
    aws.delete(GROUP, &group).await;
}

/// The operations of a trace, in order, since a line.
fn operations(path: &Path, since: usize) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let operation = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["operation"].as_str().unwrap().to_string()
    };
    text.lines().skip(since).map(operation).collect()
}

#[tokio::test]
async fn a_refresh_asks_for_many_at_once() {
    let stack = Terrace::sandbox(&[]);
    let (path, sdk) = (stack.path("calls.jsonl"), stack.sdk());
    let client = Trace::create(&path).unwrap().wrap(sdk.http_client().unwrap());
    let aws = Engine::new(&sdk.into_builder().http_client(client).build()).await;
    let mut objects = Vec::new();
    for kind in [GROUP, "aws_ecr_repository"] {
        for number in 0..60 {
            let name = format!("app/{number}");
            objects.push((kind, aws.create(kind, &[("name", text(&name))]).await));
        }
    }
    let before = operations(&path, 0).len();
    assert!(aws.refresh(&objects).await.iter().all(Option::is_some));
    let mut calls = operations(&path, before);
    calls.retain(|it| it != "ListTagsForResource");
    calls.sort();
    assert_eq!(calls, ["DescribeLogGroups", "DescribeLogGroups", "DescribeRepositories"]);
    assert_eq!(operations(&path, before).len(), 3 + 120, "tags take a call for each object");
}

on_both_worlds!(
    repositories,
    encrypted_repositories,
    exclusion_filters,
    lifecycle_policies,
    log_groups
);
