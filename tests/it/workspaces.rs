//! Workspaces: several states of one configuration, kept where OpenTofu keeps them.

use std::process::Stdio;
use std::time::Duration;

use crate::support::terrace::Terrace;

const STACK: &str = r#"
resource "terraform_data" "a" {
  input = "in ${terraform.workspace}"
}

output "a" {
  value = terraform_data.a.output
}
"#;

fn stack() -> Terrace {
    Terrace::sandbox(&[("main.tf", STACK)])
}

fn listed(stack: &Terrace) -> String {
    stack.ok(&["workspace", "list"]).stdout
}

#[test]
fn each_workspace_has_a_state_of_its_own() {
    let stack = stack();
    assert_eq!(listed(&stack), "* default\n\n");
    stack.ok(&["apply", "-auto-approve"]);
    stack.ok(&["workspace", "new", "blue"]);
    assert_eq!(listed(&stack), "  default\n* blue\n\n");
    assert_eq!(stack.ok(&["workspace", "show"]).stdout, "blue\n");
    assert!(stack.fails(&["state", "list"]).contains("No state"));
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(stack.ok(&["output", "-raw", "a"]).stdout, "in blue");
    assert!(stack.path("terraform.tfstate.d/blue/terraform.tfstate").exists());
    stack.ok(&["workspace", "select", "default"]);
    assert_eq!(stack.ok(&["output", "-raw", "a"]).stdout, "in default");
    assert_eq!(stack.read(".terraform/environment"), "default");
}

#[test]
fn what_another_tool_selected_is_in_use() {
    let stack = stack();
    stack.write(".terraform/environment", "green\n");
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(stack.ok(&["output", "-raw", "a"]).stdout, "in green");
    assert!(stack.path("terraform.tfstate.d/green/terraform.tfstate").exists());
    assert!(!stack.path("terraform.tfstate").exists());
    stack.write(".terraform/environment", "../up");
    assert!(stack.fails(&["plan"]).contains("Invalid workspace name"));
}

#[test]
fn the_environment_goes_before_what_was_selected() {
    let mut stack = stack();
    stack.ok(&["workspace", "new", "blue"]);
    stack.set("TF_WORKSPACE", "red");
    assert_eq!(stack.ok(&["workspace", "show"]).stdout, "red\n");
    stack.ok(&["apply", "-auto-approve"]);
    assert!(stack.path("terraform.tfstate.d/red/terraform.tfstate").exists());
    assert_eq!(listed(&stack), "  default\n  blue\n* red\n\n");
    for words in [["new", "x"], ["select", "blue"]] {
        let told = stack.fails(&["workspace", words[0], words[1]]);
        assert!(told.contains("TF_WORKSPACE"), "{told}");
    }
    stack.set("TF_WORKSPACE", "green");
    stack.ok(&["workspace", "new", "green"]);
    assert!(stack.path("terraform.tfstate.d/green").exists());
    stack.set("TF_WORKSPACE", "a/b");
    assert!(stack.fails(&["plan"]).contains("Invalid workspace name"));
}

#[test]
fn the_backend_says_where_workspaces_are() {
    let backend = "terraform {\n  backend \"local\" {\n    path = \"here.tfstate\"\n    \
                   workspace_dir = \"there\"\n  }\n}\n";
    let stack = Terrace::sandbox(&[("main.tf", &format!("{backend}{STACK}"))]);
    stack.ok(&["apply", "-auto-approve"]);
    stack.ok(&["workspace", "new", "blue"]);
    stack.ok(&["apply", "-auto-approve"]);
    assert!(stack.path("here.tfstate").exists());
    assert!(stack.path("there/blue/terraform.tfstate").exists());
}

#[test]
fn a_workspace_can_start_with_a_copy() {
    let stack = stack();
    stack.ok(&["apply", "-auto-approve"]);
    stack.ok(&["workspace", "new", "-state=terraform.tfstate", "copy"]);
    assert_eq!(stack.ok(&["state", "list"]).stdout, "terraform_data.a\n");
    let told = stack.fails(&["workspace", "new", "copy"]);
    assert!(told.contains("There is a workspace `copy` already."), "{told}");
    let told = stack.fails(&["workspace", "new", "-state=nowhere", "other"]);
    assert!(told.contains("nowhere cannot be read"), "{told}");
    assert!(!listed(&stack).contains("other"));
}

#[test]
fn selecting_wants_a_workspace_that_is_there() {
    let stack = stack();
    let told = stack.fails(&["workspace", "select", "blue"]);
    assert!(told.contains("There is no workspace `blue`."), "{told}");
    stack.ok(&["workspace", "select", "-or-create", "blue"]);
    assert_eq!(listed(&stack), "  default\n* blue\n\n");
    stack.ok(&["workspace", "select", "-or-create", "default"]);
    assert_eq!(listed(&stack), "* default\n  blue\n\n");
}

#[test]
fn only_an_empty_workspace_is_deleted() {
    let stack = stack();
    stack.ok(&["workspace", "new", "blue"]);
    stack.ok(&["apply", "-auto-approve"]);
    assert!(stack.fails(&["workspace", "delete", "blue"]).contains("is in use"));
    stack.ok(&["workspace", "select", "default"]);
    let told = stack.fails(&["workspace", "delete", "blue"]);
    assert!(told.contains("has terraform_data.a."), "{told}");
    let told = stack.ok(&["workspace", "delete", "-force", "blue"]).stderr;
    assert!(told.contains("Nobody manages any more: terraform_data.a."), "{told}");
    assert!(!stack.path("terraform.tfstate.d/blue").exists());
    assert!(stack.fails(&["workspace", "delete", "blue"]).contains("There is no workspace"));
    assert!(stack.fails(&["workspace", "delete", "default"]).contains("always there"));
    stack.ok(&["workspace", "new", "empty"]);
    stack.ok(&["apply", "-auto-approve"]);
    stack.ok(&["destroy", "-auto-approve"]);
    stack.ok(&["workspace", "select", "default"]);
    stack.ok(&["workspace", "delete", "empty"]);
    assert_eq!(listed(&stack), "* default\n\n");
}

#[test]
fn a_saved_plan_is_applied_to_its_workspace() {
    let stack = stack();
    stack.ok(&["workspace", "new", "blue"]);
    stack.ok(&["plan", "-out=plan"]);
    stack.ok(&["workspace", "select", "default"]);
    stack.ok(&["apply", "plan"]);
    assert!(stack.fails(&["state", "list"]).contains("No state"));
    stack.ok(&["workspace", "select", "blue"]);
    assert_eq!(stack.ok(&["output", "-raw", "a"]).stdout, "in blue");
}

/// Waits until another process has written a text into a file.
fn wait_for(stack: &Terrace, path: &str, part: &str) {
    for _ in 0..600 {
        if std::fs::read_to_string(stack.path(path)).is_ok_and(|text| text.contains(part)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{path} has no {part}");
}

#[test]
fn each_workspace_has_a_lock_of_its_own() {
    let stack = stack();
    stack.ok(&["workspace", "new", "blue"]);
    let mut command = stack.command(&["apply"]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut holder = command.spawn().unwrap();
    wait_for(&stack, "terraform.tfstate.d/blue/.terraform.tfstate.lock.info", "}");
    assert!(stack.fails(&["apply", "-auto-approve"]).contains("is locked by"));
    stack.ok(&["workspace", "select", "default"]);
    stack.ok(&["apply", "-auto-approve"]);
    assert!(stack.fails(&["workspace", "delete", "blue"]).contains("is locked by"));
    holder.kill().unwrap();
    holder.wait().unwrap();
    stack.ok(&["workspace", "delete", "blue"]);
}

#[test]
fn an_interrupted_run_is_settled_in_its_workspace() {
    let network = "resource \"aws_vpc\" \"a\" {\n  cidr_block = \"10.0.0.0/16\"\n}\n";
    let mut stack = Terrace::sandbox(&[("main.tf", network)]);
    stack.ok(&["workspace", "new", "blue"]);
    stack.set("TERRACE_WEATHER", "latency=400ms");
    let mut holder = stack.spawn(&["apply", "-auto-approve"]);
    wait_for(&stack, "terraform.tfstate.d/blue/terraform.tfstate.journal", "aws_vpc.a");
    holder.kill().unwrap();
    holder.wait().unwrap();
    stack.set("TERRACE_WEATHER", "latency=0ms");
    stack.ok(&["workspace", "select", "default"]);
    let elsewhere = stack.ok(&["plan"]);
    assert!(elsewhere.stdout.contains("1 to add"), "{}", elsewhere.stdout);
    assert!(!elsewhere.stderr.contains("aws_vpc.a"), "{}", elsewhere.stderr);
    let told = stack.fails(&["workspace", "delete", "blue"]);
    assert!(told.contains("aws_vpc.a"), "{told}");
    stack.ok(&["workspace", "select", "blue"]);
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(stack.left_behind().iter().filter(|it| it.starts_with("aws_vpc ")).count(), 1);
    stack.ok(&["plan", "-detailed-exitcode"]);
}
