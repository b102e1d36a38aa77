//! The example stack from its first apply to its last object, through the program, on both worlds.

use std::time::Duration;

use serde_json::Value as Json;

use crate::support::census::census;
use crate::support::terrace::{Terrace, World};

const TASK_DEFINITION: &str = "module.web.aws_ecs_task_definition.this";
const SERVICE: &str = "module.web.aws_ecs_service.this";

/// What a plan with these arguments does: addresses with their actions, as Terraform's JSON has them.
fn planned(terrace: &Terrace, arguments: &[&str]) -> Vec<String> {
    let plan = saved(terrace, arguments);
    let changes = plan["resource_changes"].as_array().expect("changes").iter();
    let told = changes.filter_map(|it| {
        let actions = it["change"]["actions"].as_array().expect("actions").iter();
        let actions: Vec<_> = actions.map(|it| it.as_str().expect("an action")).collect();
        let address = it["address"].as_str().expect("an address");
        (actions != ["no-op"]).then(|| format!("{address}: {}", actions.join(", ")))
    });
    let mut told: Vec<String> = told.collect();
    told.sort();
    told
}

/// A plan with these arguments as `show -json` tells it; it has to have changes.
fn saved(terrace: &Terrace, arguments: &[&str]) -> Json {
    let run = terrace.run(&[&["plan", "-detailed-exitcode", "-out=plan"], arguments].concat());
    assert_eq!(run.code, Some(2), "{}\n{}", run.stdout, run.stderr);
    serde_json::from_str(&terrace.ok(&["show", "-json", "plan"]).stdout).expect("JSON")
}

/// Applies the plan that was saved last, after which there is nothing to do.
fn settles(terrace: &Terrace, arguments: &[&str]) {
    terrace.ok(&["apply", "plan"]);
    is_settled(terrace, arguments);
}

fn is_settled(terrace: &Terrace, arguments: &[&str]) {
    let run = terrace.run(&[&["plan", "-detailed-exitcode"], arguments].concat());
    assert_eq!(run.code, Some(0), "{}\n{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("No changes"), "{}\n{}", run.stdout, run.stderr);
}

fn applied(world: World) -> Terrace {
    let terrace = Terrace::example("ecs-fargate", world);
    terrace.ok(&["apply", "-auto-approve"]);
    is_settled(&terrace, &[]);
    terrace
}

async fn the_example_is_applied_changed_and_destroyed(world: World) {
    let sandbox = matches!(world, World::Sandbox);
    let terrace = applied(world);
    let url = terrace.ok(&["output", "-raw", "url"]).stdout;
    assert!(url.starts_with("http://"), "{url}");
    assert!(!census(&terrace.sdk()).await.is_empty());

    let image = ["-var=container_image=public.ecr.aws/nginx/nginx:1.28"];
    let replaced = format!("{TASK_DEFINITION}: create, delete");
    let updated = format!("{SERVICE}: update");
    assert_eq!(planned(&terrace, &image), [updated.clone(), replaced]);
    if sandbox {
        shows_what_changes_only(&terrace.ok(&["show", "plan"]).stdout);
    }
    settles(&terrace, &image);

    let count = [image[0], "-var=desired_count=3"];
    assert_eq!(planned(&terrace, &count), [updated]);
    settles(&terrace, &count);

    let tagged = "../../modules/vpc/main.tf";
    let text = terrace.read(tagged);
    let tag = "Tier = \"public\"";
    assert!(text.contains(tag), "the module tags its public subnets in another way");
    terrace.write(tagged, &text.replace(tag, "Tier = \"outside\""));
    let subnets = ["a", "b", "c"]
        .map(|zone| format!("module.vpc.aws_subnet.public[\"eu-west-1{zone}\"]: update"));
    assert_eq!(planned(&terrace, &count), subnets);
    settles(&terrace, &count);

    a_deleted_rule_comes_back(&terrace, &count).await;
    terrace.ok(&["destroy", "-auto-approve"]);
    assert_eq!(census(&terrace.sdk()).await, Vec::<String>::new());
    assert_eq!(terrace.ok(&["state", "list"]).stdout, "");
}

/// The plan of another image, in text: nothing that terrace made itself comes from outside, and
/// nothing that ECS fills in goes.
fn shows_what_changes_only(plan: &str) {
    assert!(!plan.contains("outside of terrace"), "{plan}");
    let (_, definitions) = plan.rsplit_once("~ container_definitions").expect("the change");
    let mut lines = definitions.lines().skip(1);
    assert!(lines.next().is_some_and(|it| it.contains("image = ")), "{plan}");
    assert!(!lines.next().is_some_and(|it| it.starts_with("          ")), "{plan}");
}

async fn a_deleted_rule_comes_back(terrace: &Terrace, arguments: &[&str]) {
    let address = "module.load_balancer.aws_vpc_security_group_egress_rule.targets";
    let shown: Json = serde_json::from_str(&terrace.ok(&["show", "-json"]).stdout).expect("JSON");
    let all = resources(&shown["values"]["root_module"]);
    let rule = all.iter().find(|it| it["address"] == address);
    let rule = &rule.unwrap_or_else(|| panic!("{address} is not in state"))["values"];
    let ec2 = aws_sdk_ec2::Client::new(&terrace.sdk());
    ec2.revoke_security_group_egress()
        .group_id(rule["security_group_id"].as_str().expect("a group"))
        .security_group_rule_ids(rule["security_group_rule_id"].as_str().expect("an id"))
        .send()
        .await
        .expect("the rule can be deleted");

    let plan = saved(terrace, arguments);
    let drift = plan["resource_drift"].as_array().expect("drift").iter();
    let mut gone = drift.filter(|it| it["change"]["actions"] == serde_json::json!(["delete"]));
    assert_eq!(gone.next().map(|it| &it["address"]), Some(&address.into()));
    assert_eq!(gone.next(), None);
    let text = terrace.ok(&["show", "plan"]).stdout;
    let drift = text.split("will be created").next().expect("what comes before the changes");
    assert!(drift.contains(&format!("{address} is gone")), "{text}");
    assert!(!drift.contains("is different"), "what nobody wrote is not worth a word: {text}");
    assert_eq!(planned(terrace, arguments), [format!("{address}: create")]);
    settles(terrace, arguments);
}

/// The resources of a module and of the modules in it.
fn resources(module: &Json) -> Vec<Json> {
    let own = module["resources"].as_array().cloned().unwrap_or_default();
    let inner = module["child_modules"].as_array().cloned().unwrap_or_default();
    own.into_iter().chain(inner.iter().flat_map(resources)).collect()
}

/// What state and sandbox do not have in common, of the kinds that the sandbox lists by id or ARN.
fn told_apart(terrace: &Terrace) -> Vec<String> {
    let shown: Json = serde_json::from_str(&terrace.ok(&["show", "-json"]).stdout).expect("JSON");
    let state = resources(&shown["values"]["root_module"]);
    let names = |it: &Json| {
        ["id", "arn"].map(|name| {
            format!(
                "{} {}",
                it["type"].as_str().unwrap(),
                it["values"][name].as_str().unwrap_or("-")
            )
        })
    };
    // a rule may be part of its group in state
    let mut world = terrace.left_behind();
    world.retain(|it| !it.starts_with("aws_vpc_security_group_rule "));
    let unknown = world.iter().filter(|it| !state.iter().any(|one| names(one).contains(it)));
    let kinds: Vec<&str> = world.iter().filter_map(|it| it.split(' ').next()).collect();
    let lost = state.iter().filter(|one| {
        let kind = one["type"].as_str().unwrap();
        kinds.contains(&kind) && !names(one).iter().any(|it| world.contains(it))
    });
    unknown.cloned().chain(lost.map(|it| it["address"].to_string())).collect()
}

#[tokio::test]
async fn killed_ten_times_nothing_is_lost_and_nothing_made_twice() {
    let terrace = Terrace::example("ecs-fargate", World::Sandbox);
    for moment in [150, 900, 400, 1500, 250, 700, 1100, 500, 2000, 300] {
        let mut child = terrace.spawn(&["apply", "-auto-approve"]);
        tokio::time::sleep(Duration::from_millis(moment)).await;
        child.kill().expect("the program can be killed");
        child.wait().expect("the program ends");
    }
    terrace.ok(&["apply", "-auto-approve"]);
    is_settled(&terrace, &[]);
    assert_eq!(told_apart(&terrace), Vec::<String>::new());
    terrace.ok(&["destroy", "-auto-approve"]);
    assert_eq!(census(&terrace.sdk()).await, Vec::<String>::new());
}

#[tokio::test]
async fn on_the_sandbox() {
    the_example_is_applied_changed_and_destroyed(World::Sandbox).await;
}

#[tokio::test]
async fn on_moto() {
    the_example_is_applied_changed_and_destroyed(World::moto().await).await;
}
