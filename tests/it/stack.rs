//! The example stack from its first apply to its last object, through the program.

use serde_json::Value as Json;

use crate::support::terrace::Terrace;

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
    let run = terrace.ok(&[&["plan", "-detailed-exitcode"], arguments].concat());
    assert!(run.stdout.contains("No changes"), "{}\n{}", run.stdout, run.stderr);
}

fn applied() -> Terrace {
    let terrace = Terrace::example("ecs-fargate");
    terrace.ok(&["apply", "-sandbox", "-auto-approve"]);
    terrace
}

/// What `sandbox list -json` shows that the user made.
fn listed(terrace: &Terrace) -> Vec<Json> {
    let list = terrace.ok(&["sandbox", "list", "-json"]).stdout;
    let items: Vec<Json> = serde_json::from_str(&list).expect("JSON");
    items.into_iter().filter(|it| it["default"] == false).collect()
}

#[test]
fn the_example_is_applied_settles_and_is_destroyed() {
    let terrace = applied();
    is_settled(&terrace, &[]);
    let url = terrace.ok(&["output", "-raw", "url"]).stdout;
    assert!(url.starts_with("http://"), "{url}");
    assert!(!listed(&terrace).is_empty());
    terrace.ok(&["destroy", "-auto-approve"]);
    assert_eq!(listed(&terrace), Vec::<Json>::new());
    assert_eq!(terrace.ok(&["state", "list"]).stdout, "");
}

#[test]
fn each_change_is_planned_alone_and_settles() {
    let terrace = applied();
    let image = ["-var=container_image=public.ecr.aws/nginx/nginx:1.28"];
    let replaced = format!("{TASK_DEFINITION}: create, delete");
    let updated = format!("{SERVICE}: update");
    assert_eq!(planned(&terrace, &image), [updated.clone(), replaced]);
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
}

#[tokio::test]
async fn a_rule_deleted_behind_the_programs_back_is_drift_and_comes_back() {
    let terrace = applied();
    let address = "module.load_balancer.aws_vpc_security_group_egress_rule.targets";
    let shown: Json = serde_json::from_str(&terrace.ok(&["show", "-json"]).stdout).expect("JSON");
    let rule = resources(&shown["values"]["root_module"])
        .into_iter()
        .find(|it| it["address"] == address)
        .expect("the rule is in state");
    let rule = &rule["values"];
    let ec2 = aws_sdk_ec2::Client::new(&terrace.sdk());
    ec2.revoke_security_group_egress()
        .group_id(rule["security_group_id"].as_str().expect("a group"))
        .security_group_rule_ids(rule["security_group_rule_id"].as_str().expect("an id"))
        .send()
        .await
        .expect("the rule can be deleted");

    let plan = saved(&terrace, &[]);
    let drift = plan["resource_drift"].as_array().expect("drift");
    assert_eq!(drift.len(), 1, "{drift:#?}");
    assert_eq!(drift[0]["address"], address);
    assert_eq!(drift[0]["change"]["actions"], serde_json::json!(["delete"]));
    assert_eq!(planned(&terrace, &[]), [format!("{address}: create")]);
    settles(&terrace, &[]);
}

/// The resources of a module and of the modules in it.
fn resources(module: &Json) -> Vec<Json> {
    let own = module["resources"].as_array().cloned().unwrap_or_default();
    let inner = module["child_modules"].as_array().cloned().unwrap_or_default();
    own.into_iter().chain(inner.iter().flat_map(resources)).collect()
}
