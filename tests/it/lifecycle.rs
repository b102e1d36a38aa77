//! What must not be destroyed, what replaces what, and what an interrupted run leaves to be done.

use serde_json::{Value as Json, json};
use terrace::state::{Action, Begun, Object, Options, Place, Record, Store, StoredObject, World};

use crate::support::terrace::Terrace;

const REFUSED: &str = "Instance cannot be destroyed";

fn guarded(arguments: &str) -> String {
    let lifecycle = "lifecycle {\n    prevent_destroy = true\n  }\n";
    format!("resource \"terraform_data\" \"a\" {{\n  {arguments}\n  {lifecycle}}}\n")
}

#[test]
fn what_is_guarded_is_neither_destroyed_nor_replaced() {
    let cases = [
        ("count = 2", "count = 1", "terraform_data.a[1]"),
        (
            "for_each = toset([\"x\", \"y\"])",
            "for_each = toset([\"x\"])",
            "terraform_data.a[\"y\"]",
        ),
        ("count = 1", "for_each = toset([\"x\"])", "terraform_data.a[0]"),
        ("triggers_replace = 1", "triggers_replace = 2", "terraform_data.a"),
    ];
    for (was, now, address) in cases {
        let stack = Terrace::sandbox(&[("main.tf", &guarded(was))]);
        stack.ok(&["apply", "-auto-approve"]);
        assert!(stack.fails(&["destroy", "-auto-approve"]).contains(REFUSED), "{was}");
        stack.write("main.tf", &guarded(now));
        for command in [&["plan"][..], &["apply", "-auto-approve"]] {
            let told = stack.fails(command);
            assert!(told.contains(REFUSED) && told.contains(address), "{was} {now}: {told}");
        }
        let free = guarded(now).replace("= true", "= false");
        stack.write("main.tf", &free);
        stack.ok(&["apply", "-auto-approve"]);
        stack.ok(&["plan", "-detailed-exitcode"]);
    }
}

#[test]
fn what_is_guarded_stays_when_its_module_loses_an_instance() {
    let call = |count: u8| format!("module \"m\" {{\n  source = \"./m\"\n  count = {count}\n}}\n");
    let stack = Terrace::sandbox(&[("main.tf", &call(2)), ("m/main.tf", &guarded(""))]);
    stack.ok(&["apply", "-auto-approve"]);
    stack.write("main.tf", &call(1));
    let told = stack.fails(&["plan"]);
    assert!(told.contains(REFUSED) && told.contains("module.m[1].terraform_data.a"), "{told}");
    // what is taken out of the configuration is not guarded by it any more
    stack.write("main.tf", "");
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(stack.ok(&["state", "list"]).stdout, "");
}

#[test]
fn all_that_depends_on_a_target_is_destroyed_with_it() {
    let link = |name: &str, input: &str| {
        format!("resource \"terraform_data\" \"{name}\" {{\n  input = {input}\n}}\n")
    };
    let refer = |name: &str| format!("terraform_data.{name}.output");
    let text = [
        link("a", "1"),
        link("b", &refer("a")),
        link("c", &refer("b")),
        link("d", &refer("c")),
        link("other", "2"),
    ];
    let stack = Terrace::sandbox(&[("main.tf", &text.concat())]);
    stack.ok(&["apply", "-auto-approve"]);
    stack.ok(&["destroy", "-auto-approve", "-target=terraform_data.b"]);
    let left = "terraform_data.a\nterraform_data.other\n";
    assert_eq!(stack.ok(&["state", "list"]).stdout, left);
}

const SERVICE: &str = r#"
provider "aws" {
  region = "eu-west-1"
}

resource "aws_iam_role" "tasks" {
  name               = "tasks"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow", Action = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
    }]
  })
}

resource "aws_ecs_task_definition" "web" {
  family                = "web"
  execution_role_arn    = aws_iam_role.tasks.arn
  container_definitions = jsonencode([{ name = "web", image = "nginx", memory = 128 }])
}

resource "aws_ecs_cluster" "main" {
  name = "main"
}

resource "aws_ecs_service" "web" {
  name            = "web"
  cluster         = aws_ecs_cluster.main.arn
  task_definition = aws_ecs_task_definition.web.arn
}
"#;

#[test]
fn a_role_that_a_task_definition_uses_gets_another_name() {
    let stack = Terrace::sandbox(&[("main.tf", SERVICE)]);
    stack.ok(&["apply", "-auto-approve", "-sandbox"]);
    // alone, a task definition is registered before the old one is given up
    let image = SERVICE.replace("nginx", "httpd");
    stack.write("main.tf", &image);
    let plan = stack.ok(&["plan", "-sandbox", "-out=plan"]).stdout;
    assert!(plan.contains("1 to add, 1 to change, 1 to destroy"), "{plan}");
    let json: Json = serde_json::from_str(&stack.ok(&["show", "-json", "plan"]).stdout).unwrap();
    let changes = json["resource_changes"].as_array().unwrap();
    let definition = changes.iter().find(|it| it["type"] == "aws_ecs_task_definition").unwrap();
    assert_eq!(definition["change"]["actions"], json!(["create", "delete"]));
    stack.ok(&["apply", "-sandbox", "plan"]);

    stack.write("main.tf", &image.replace("name               = \"tasks\"", "name = \"others\""));
    let plan = stack.ok(&["plan", "-sandbox"]).stdout;
    assert!(plan.contains("2 to add, 1 to change, 2 to destroy"), "{plan}");
    stack.ok(&["apply", "-auto-approve", "-sandbox"]);
    stack.ok(&["plan", "-sandbox", "-detailed-exitcode"]);
    let shown = stack.ok(&["state", "show", "aws_ecs_task_definition.web"]).stdout;
    assert!(shown.contains(":role/others"), "{shown}");
    stack.ok(&["destroy", "-auto-approve", "-sandbox"]);
    assert_eq!(stack.left_behind(), Vec::<String>::new());
}

/// Writes what a run that was killed during a create call leaves.
fn interrupt(stack: &Terrace) {
    interrupt_at(stack, "terraform.tfstate");
}

/// The same for another state file.
pub fn interrupt_at(stack: &Terrace, state: &str) {
    let options = Options::write(stack.path(state), "test");
    let store = Store::open(&Options { world: Some(World::Sandbox), ..options }).unwrap();
    store.begin_run().unwrap();
    let mut object = Object::default();
    object.attributes.extend([("triggers_replace".to_string(), json!(null))]);
    let begun = Begun {
        step: "run:0:make".into(),
        place: Place::current(&"terraform_data.a".parse().unwrap()),
        action: Action::Create,
        kind: "terraform_data".into(),
        provider: r#"provider["terraform.io/builtin/terraform"]"#.into(),
        token: "0123456789abcdef0123456789abcdef".into(),
        deposes: None,
        object: StoredObject(object),
    };
    store.append(Record::Begun(Box::new(begun))).unwrap();
    let call = Record::Call { step: "run:0:make".into(), operation: "test:Create".into() };
    store.append(call).unwrap();
}

const EMPTY: &str = "resource \"terraform_data\" \"a\" {}\n";

#[test]
fn a_plan_is_saved_and_applied_only_once_an_interrupted_run_is_settled() {
    let stack = Terrace::sandbox(&[("main.tf", EMPTY)]);
    stack.ok(&["plan", "-out=early"]);
    interrupt(&stack);
    stack.ok(&["plan"]);
    for command in [&["plan", "-out=plan"][..], &["apply", "early"]] {
        let told = stack.fails(command);
        assert!(told.contains("Interrupted run not settled"), "{command:?} {told}");
        assert!(told.contains("terrace apply -refresh-only"), "{command:?} {told}");
    }
    assert!(!stack.path("plan").exists());
    stack.ok(&["apply", "-refresh-only", "-auto-approve"]);
    assert_eq!(stack.ok(&["state", "list"]).stdout, "terraform_data.a\n");
    stack.ok(&["plan", "-out=plan"]);
    stack.ok(&["apply", "plan"]);
    stack.ok(&["plan", "-detailed-exitcode"]);
}

#[test]
fn what_an_interrupted_run_was_about_to_make_can_be_given_up() {
    let stack = Terrace::sandbox(&[("main.tf", EMPTY)]);
    interrupt(&stack);
    let would = stack.ok(&["state", "rm", "-dry-run", "terraform_data.a"]);
    assert!(would.stderr.contains("Would forget terraform_data.a"), "{}", would.stderr);
    assert!(stack.fails(&["state", "rm", "terraform_data.b"]).contains("Not in state"));
    stack.fails(&["plan", "-out=plan"]);
    let forgot = stack.ok(&["state", "rm", "terraform_data.a"]);
    assert!(forgot.stderr.contains("Forgot terraform_data.a"), "{}", forgot.stderr);
    stack.ok(&["plan", "-out=plan"]);
    stack.ok(&["apply", "plan"]);
    assert_eq!(stack.ok(&["state", "list"]).stdout, "terraform_data.a\n");
}
