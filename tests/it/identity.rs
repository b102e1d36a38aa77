//! The life of the IAM types, on both worlds, and what a refresh of many of them costs.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use serde_json::Value as Json;
use terrace::plan::Action;
use terrace::sandbox::trace::Trace;
use terrace::value::Value;

use crate::support::engine::Engine;
use crate::support::moto::Moto;
use crate::support::stack::on_both_worlds;
use crate::support::terrace::{Terrace, World};

fn text(it: &str) -> Value {
    Value::string(it)
}

fn texts<const N: usize>(items: [&str; N]) -> Value {
    Value::tuple(items.map(text))
}

fn tags(owner: &str) -> Value {
    Value::object([("Owner", text(owner)), ("Empty", text(""))])
}

fn id(object: &Value) -> String {
    object.get("id").as_str().unwrap().to_string()
}

/// Who may take on a role.
fn trust(service: &str) -> Value {
    text(&format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"Service":"{service}.amazonaws.com"}}}}]}}"#
    ))
}

/// What a policy allows.
fn allow(action: &str) -> Value {
    text(&format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":["{action}"],"Resource":"*"}}]}}"#
    ))
}

/// The same in other words.
fn allow_reworded(action: &str) -> Value {
    text(&format!(
        r#"{{ "Statement": {{"Resource": ["*"], "Action": "{action}", "Effect": "Allow"}}, "Version": "2012-10-17" }}"#
    ))
}

async fn role(aws: &Engine, name: &str) -> Value {
    let fields = [("name", text(name)), ("assume_role_policy", trust("ecs-tasks"))];
    aws.create("aws_iam_role", &fields).await
}

/// A managed policy. moto has none of those of AWS; they are tried in the sandbox's own tests.
async fn managed(aws: &Engine, name: &str) -> (Value, Value) {
    let policy = [("name", text(name)), ("policy", allow("s3:Get*"))];
    let policy = aws.create("aws_iam_policy", &policy).await;
    let arn = policy.get("arn");
    (policy, arn)
}

async fn roles(aws: &Engine) {
    let kind = "aws_iam_role";
    let (bound, bound_arn) = managed(aws, "bound").await;
    let named = || [("name", text("task")), ("path", text("/app/"))];
    let first = [
        ("assume_role_policy", trust("ecs-tasks")),
        ("description", text("Runs <tasks> & more")),
        ("max_session_duration", Value::number(7200_i64)),
        ("permissions_boundary", bound_arn),
        ("force_detach_policies", Value::Bool(true)),
        ("tags", tags("a")),
    ];
    let role = aws.create(kind, &[&named()[..], &first[..]].concat()).await;
    assert_eq!(id(&role), "task");
    assert!(role.get("unique_id").as_str().unwrap().starts_with("ARO"));
    assert!(role.get("create_date").as_str().unwrap().ends_with('Z'));
    aws.import(kind, "task", &role).await;
    let second = [("assume_role_policy", trust("ec2")), ("tags", tags("b"))];
    let role = aws.change(kind, &role, &[&named()[..], &second[..]].concat()).await;
    assert_eq!(role.get("max_session_duration"), Value::number(3600_i64));
    for (field, other) in [("name", "other"), ("path", "/")] {
        let fields = [&named()[..], &second[..1], &[(field, text(other))]].concat();
        let (action, because) = aws.planned(kind, &role, &fields);
        assert_eq!((action, because), (Action::DestroyThenCreate, vec![field.to_string()]));
    }
    let prefix = [("name_prefix", text("made-up-")), ("assume_role_policy", trust("ec2"))];
    let made_up = aws.create(kind, &prefix).await;
    assert!(id(&made_up).starts_with("made-up-"), "{}", id(&made_up));
    aws.delete(kind, &made_up).await;
    aws.delete(kind, &role).await;
    aws.delete("aws_iam_policy", &bound).await;
}

fn inline(name: &str, policy: Value) -> Value {
    Value::object([("name", text(name)), ("policy", policy)])
}

/// A role that has its policies to itself.
async fn exclusive_policies(aws: &Engine) {
    let kind = "aws_iam_role";
    let (first, arn) = managed(aws, "first").await;
    let (second, other_arn) = managed(aws, "second").await;
    let attached = || Value::tuple([arn.clone()]);
    let with = |inline: Value, arns: Value| {
        [
            ("name", text("task")),
            ("assume_role_policy", trust("ecs-tasks")),
            ("inline_policy", inline),
            ("managed_policy_arns", arns),
        ]
    };
    let two = Value::tuple([inline("a", allow("s3:Get*")), inline("b", allow("s3:Put*"))]);
    let role = aws.create(kind, &with(two, attached())).await;
    aws.import(kind, "task", &role).await;
    let reworded =
        Value::tuple([inline("b", allow_reworded("s3:Put*")), inline("a", allow("s3:Get*"))]);
    let (action, _) = aws.planned(kind, &role, &with(reworded, attached()));
    assert_eq!(action, Action::Nothing, "the order and the words of documents do not count");

    // What others add is seen, and taken away.
    let of = || ("role", text("task"));
    let other = [of(), ("name", text("other")), ("policy", allow("s3:List*"))];
    aws.create("aws_iam_role_policy", &other).await;
    aws.create("aws_iam_role_policy_attachment", &[of(), ("policy_arn", other_arn)]).await;
    let seen = aws.read(kind, &role).await.unwrap();
    assert_eq!(seen.get("inline_policy").items().unwrap().len(), 3);
    assert_eq!(seen.get("managed_policy_arns").items().unwrap().len(), 2);
    let one = Value::tuple([inline("b", allow("s3:Delete*"))]);
    let role = aws.change(kind, &seen, &with(one, attached())).await;
    assert_eq!(role.get("inline_policy").items().unwrap().len(), 1);

    let none = Value::tuple([inline("", Value::NULL).with("name", Value::NULL)]);
    let role = aws.change(kind, &role, &with(none.clone(), texts([]))).await;
    assert_eq!(role.get("managed_policy_arns").items(), Some(&[][..]));
    aws.create("aws_iam_role_policy", &other).await;
    let seen = aws.read(kind, &role).await.unwrap();
    let (action, _) = aws.planned(kind, &seen, &with(none.clone(), texts([])));
    assert_eq!(action, Action::Update, "a role that is to have no policies has one");
    let role = aws.change(kind, &seen, &with(none, texts([]))).await;
    let two = Value::tuple([inline("a", allow("s3:Get*"))]);
    let role = aws.change(kind, &role, &with(two, attached())).await;
    aws.delete(kind, &role).await;
    aws.delete("aws_iam_policy", &first).await;
    aws.delete("aws_iam_policy", &second).await;
}

/// A role that begins to have its policies to itself.
async fn policies_taken_over(aws: &Engine) {
    let of = || ("role", text("task"));
    let role = role(aws, "task").await;
    assert!(role.get("managed_policy_arns").is_null());
    let own = [of(), ("name", text("own")), ("policy", allow("s3:Get*"))];
    let own = aws.create("aws_iam_role_policy", &own).await;
    let (policy, arn) = managed(aws, "shared").await;
    let attached = [of(), ("policy_arn", arn)];
    let attached = aws.create("aws_iam_role_policy_attachment", &attached).await;
    let unchanged = aws.read("aws_iam_role", &role).await.unwrap();
    assert_eq!(unchanged, role, "what other resources do is no change of the role");
    let fields = [
        ("name", text("task")),
        ("assume_role_policy", trust("ecs-tasks")),
        ("inline_policy", Value::tuple([inline("new", allow("s3:Put*"))])),
        ("managed_policy_arns", texts([])),
    ];
    let role = aws.change("aws_iam_role", &role, &fields).await;
    assert_eq!(aws.read("aws_iam_role_policy", &own).await, None);
    assert_eq!(aws.read("aws_iam_role_policy_attachment", &attached).await, None);
    aws.delete("aws_iam_role", &role).await;
    aws.delete("aws_iam_policy", &policy).await;
}

async fn policies_of_roles(aws: &Engine) {
    let (inside, attached) = ("aws_iam_role_policy", "aws_iam_role_policy_attachment");
    let role = role(aws, "task").await;
    let fields =
        |policy: Value| [("role", text("task")), ("name", text("inline-1")), ("policy", policy)];
    let policy = aws.create(inside, &fields(allow("s3:Get*"))).await;
    assert_eq!(id(&policy), "task:inline-1");
    aws.import(inside, "task:inline-1", &policy).await;
    let (action, _) = aws.planned(inside, &policy, &fields(allow_reworded("s3:Get*")));
    assert_eq!(action, Action::Nothing);
    let policy = aws.change(inside, &policy, &fields(allow("s3:Put*"))).await;
    let renamed = [&fields(allow("s3:Put*"))[..1], &fields(allow("s3:Put*"))[2..]].concat();
    let renamed = [&renamed[..], &[("name", text("inline-2"))]].concat();
    let (action, because) = aws.planned(inside, &policy, &renamed);
    assert_eq!((action, because), (Action::DestroyThenCreate, vec!["name".to_string()]));
    let prefix = [("role", text("task")), ("name_prefix", text("p-")), ("policy", allow("s3:*"))];
    let made_up = aws.create(inside, &prefix).await;
    assert!(id(&made_up).starts_with("task:p-"));

    let (shared, arn) = managed(aws, "shared").await;
    let to = |arn: Value| [("role", text("task")), ("policy_arn", arn)];
    let attachment = aws.create(attached, &to(arn.clone())).await;
    aws.import(attached, &format!("task/{}", arn.as_str().unwrap()), &attachment).await;
    let other = text("arn:aws:iam::aws:policy/ReadOnlyAccess");
    let (action, because) = aws.planned(attached, &attachment, &to(other));
    assert_eq!((action, because), (Action::DestroyThenCreate, vec!["policy_arn".to_string()]));
    aws.delete(attached, &attachment).await;
    aws.delete(inside, &made_up).await;
    aws.delete(inside, &policy).await;
    aws.delete("aws_iam_role", &role).await;
    assert_eq!(aws.read(inside, &policy).await, None, "the role is gone too");
    assert_eq!(aws.read(attached, &attachment).await, None, "the role is gone too");
    aws.delete("aws_iam_policy", &shared).await;
}

async fn policies(aws: &Engine) {
    let kind = "aws_iam_policy";
    let fields = |policy: Value, owner: &str| {
        [
            ("name", text("shared")),
            ("path", text("/app/")),
            ("description", text("Reads <things> & more")),
            ("policy", policy),
            ("tags", tags(owner)),
        ]
    };
    let mut policy = aws.create(kind, &fields(allow("s3:Get*"), "a")).await;
    assert_eq!(policy.get("arn"), policy.get("id"));
    aws.import(kind, &id(&policy), &policy).await;
    let (action, _) = aws.planned(kind, &policy, &fields(allow_reworded("s3:Get*"), "a"));
    assert_eq!(action, Action::Nothing);
    // A policy has at most five versions: the oldest makes room.
    for number in 2..=8 {
        let action = format!("s3:Get{number}");
        policy = aws.change(kind, &policy, &fields(allow(&action), &action)).await;
    }
    let delayed = ("delay_after_policy_creation_in_ms", Value::number(20_i64));
    let delayed = [&fields(allow("s3:Get9"), "s3:Get8")[..], &[delayed]].concat();
    policy = aws.change(kind, &policy, &delayed).await;
    policy = aws.change(kind, &policy, &fields(allow("s3:Get8"), "s3:Get8")).await;
    for (field, other) in [("name", "other"), ("path", "/"), ("description", "b")] {
        let mut changed = fields(allow("s3:Get8"), "s3:Get8").to_vec();
        changed.retain(|(name, _)| *name != field);
        changed.push((field, text(other)));
        let (action, because) = aws.planned(kind, &policy, &changed);
        assert_eq!((action, because), (Action::DestroyThenCreate, vec![field.to_string()]));
    }
    aws.delete(kind, &policy).await;
}

/// A refresh reads many objects in a few calls; it tells the same as reading each by its name.
async fn overviews(aws: &Engine) {
    let mut objects = Vec::new();
    for name in ["one", "two"] {
        let policy = [
            ("name", text(name)),
            ("description", text("d")),
            ("policy", allow("s3:Get*")),
            ("tags", tags(name)),
        ];
        let policy = aws.create("aws_iam_policy", &policy).await;
        let arn = policy.get("arn");
        let role = [
            ("name", text(name)),
            ("assume_role_policy", trust("ec2")),
            ("description", text(name)),
            ("max_session_duration", Value::number(4000_i64)),
            ("permissions_boundary", arn.clone()),
            ("tags", tags(name)),
        ];
        objects.push(("aws_iam_policy", policy));
        objects.push(("aws_iam_role", aws.create("aws_iam_role", &role).await));
        let of = || ("role", text(name));
        let inside = [of(), ("name", text("inline")), ("policy", allow("s3:Put*"))];
        objects.push(("aws_iam_role_policy", aws.create("aws_iam_role_policy", &inside).await));
        let kind = "aws_iam_role_policy_attachment";
        objects.push((kind, aws.create(kind, &[of(), ("policy_arn", arn.clone())]).await));
    }
    let exclusive = [
        ("name", text("three")),
        ("assume_role_policy", trust("ec2")),
        ("inline_policy", Value::tuple([inline("a", allow("s3:Get*"))])),
        ("managed_policy_arns", Value::tuple([objects[0].1.get("arn")])),
    ];
    objects.push(("aws_iam_role", aws.create("aws_iam_role", &exclusive).await));
    objects.sort_by_key(|(kind, _)| *kind);
    let mut by_name = Vec::new();
    for (kind, object) in &objects {
        by_name.push(aws.read(kind, object).await);
    }
    assert!(by_name.iter().all(Option::is_some));
    assert_eq!(aws.refresh(&objects).await, by_name);
    for (kind, object) in objects.iter().rev() {
        aws.delete(kind, object).await;
    }
    assert!(aws.refresh(&objects).await.iter().all(Option::is_none), "what is gone is seen");
}

/// The calls to IAM of a trace since it was last looked at, by operation.
struct Calls {
    path: std::path::PathBuf,
    seen: usize,
}

impl Calls {
    fn since(&mut self) -> BTreeMap<String, usize> {
        let text = std::fs::read_to_string(&self.path).unwrap();
        let mut calls = BTreeMap::new();
        for line in text.lines().skip(self.seen) {
            let line: Json = serde_json::from_str(line).unwrap();
            self.seen += 1;
            if line["service"] == "iam" {
                *calls.entry(line["operation"].as_str().unwrap().to_string()).or_default() += 1;
            }
        }
        calls
    }
}

/// A stack's sandbox, with its calls counted.
fn counted(stack: &Terrace) -> (SdkConfig, Calls) {
    let path = stack.path("calls.jsonl");
    let trace = Trace::create(&path).unwrap();
    let sdk = stack.sdk();
    let client = trace.wrap(sdk.http_client().unwrap());
    (sdk.into_builder().http_client(client).build(), Calls { path, seen: 0 })
}

fn calls<const N: usize>(expected: [(&str, usize); N]) -> BTreeMap<String, usize> {
    expected.into_iter().map(|(name, count)| (name.to_string(), count)).collect()
}

/// The objects of a small stack: two roles, three policies of roles, a policy of its own.
async fn small_stack(aws: &Engine) -> Vec<(&'static str, Value)> {
    let fields = [("name", text("own")), ("policy", allow("s3:Get*"))];
    let own = aws.create("aws_iam_policy", &fields).await;
    let roles = [role(aws, "a").await, role(aws, "b").await];
    let inside = "aws_iam_role_policy";
    let of = || ("role", text("a"));
    let policy = |name: &str| [of(), ("name", text(name)), ("policy", allow("s3:*"))];
    let one = aws.create(inside, &policy("one")).await;
    let two = aws.create(inside, &policy("two")).await;
    let kind = "aws_iam_role_policy_attachment";
    let attached = aws.create(kind, &[of(), ("policy_arn", own.get("arn"))]).await;
    let mut all = vec![("aws_iam_policy", own)];
    all.extend(roles.map(|it| ("aws_iam_role", it)));
    all.extend([(inside, one), (inside, two), (kind, attached)]);
    all
}

#[tokio::test]
async fn a_refresh_asks_once_for_all_types() {
    let stack = Terrace::sandbox(&[]);
    let (sdk, mut trace) = counted(&stack);
    let aws = Engine::new(&sdk).await;
    let objects = small_stack(&aws).await;
    trace.since();
    let found = aws.refresh(&objects).await;
    assert!(found.iter().all(Option::is_some));
    // Only `GetPolicy` tells the tags of a policy.
    let one_of_each = [("GetAccountAuthorizationDetails", 1), ("GetPolicy", 1), ("ListRoles", 1)];
    assert_eq!(trace.since(), calls(one_of_each));
    // Two calls are no more than a page and what it lacks.
    aws.refresh(&objects[1..3]).await;
    assert_eq!(trace.since(), calls([("GetRole", 2)]));
    aws.read("aws_iam_role_policy", &objects[3].1).await;
    assert_eq!(trace.since(), calls([("GetRolePolicy", 1)]), "after a change, only what is asked");
}

/// The example has two roles, two policies in them, and a policy of its own that is attached.
#[test]
fn the_refresh_of_the_example_asks_iam_three_times() {
    let stack = Terrace::example("ecs-fargate", World::Sandbox);
    stack.ok(&["apply", "-auto-approve"]);
    stack.ok(&["plan", "-trace=calls.jsonl"]);
    let mut trace = Calls { path: stack.path("calls.jsonl"), seen: 0 };
    let one_of_each = [("GetAccountAuthorizationDetails", 1), ("GetPolicy", 1), ("ListRoles", 1)];
    assert_eq!(trace.since(), calls(one_of_each));
}

#[tokio::test]
async fn a_change_after_a_refresh_is_read() {
    let stack = Terrace::sandbox(&[]);
    let aws = Engine::new(&stack.sdk()).await;
    let objects = small_stack(&aws).await;
    aws.refresh(&objects).await;
    let (kind, role) = &objects[1];
    let fields = [
        ("name", text("a")),
        ("assume_role_policy", trust("ec2")),
        ("description", text("changed")),
    ];
    let role = aws.change(kind, role, &fields).await;
    assert_eq!(role.get("description"), text("changed"));
    let again = aws.refresh(&objects).await;
    assert_eq!(again[1].as_ref().unwrap().get("description"), text("changed"));
}

#[tokio::test]
async fn a_small_stack_in_a_large_account_does_not_read_all_of_it() {
    let stack = Terrace::sandbox(&[]);
    let (sdk, mut trace) = counted(&stack);
    let aws = Engine::new(&sdk).await;
    let iam = aws_sdk_iam::Client::new(&sdk);
    let trust = trust("ec2");
    // Names before those of the stack, so that its roles are on the third page.
    for number in 0..2100 {
        let create = iam.create_role().role_name(format!("0-{number:04}"));
        create.assume_role_policy_document(trust.as_str().unwrap()).send().await.unwrap();
    }
    let objects = small_stack(&aws).await;
    trace.since();
    assert!(aws.refresh(&objects).await.iter().all(Option::is_some));
    let expected = [
        ("GetAccountAuthorizationDetails", 1),
        ("GetPolicy", 1),
        ("GetPolicyVersion", 1),
        ("GetRole", 2),
        ("GetRolePolicy", 2),
        ("ListAttachedRolePolicies", 1),
        ("ListRoles", 1),
    ];
    assert_eq!(trace.since(), calls(expected));
}

on_both_worlds!(
    roles,
    exclusive_policies,
    policies_taken_over,
    policies_of_roles,
    policies,
    overviews
);
