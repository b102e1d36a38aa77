//! Bad input: what the program says, and that nothing is changed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::moto::REGION;
use crate::support::terrace::{Terrace, World, filters};

const NETWORK: &str = r#"resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}
"#;

/// What the program says when it refuses the arguments on these files, and nothing exists.
fn refused(name: &str, files: &[(&str, &str)], arguments: &[&str]) {
    let terrace = Terrace::sandbox(files);
    snapshot(name, &terrace.fails(arguments));
    assert_eq!(terrace.left_behind(), Vec::<String>::new());
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    for (pattern, replacement) in filters() {
        settings.add_filter(pattern, replacement);
    }
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn refused_by_plan(name: &str, text: &str) {
    refused(name, &[("main.tf", text)], &["plan"]);
}

#[test]
fn syntax() {
    refused_by_plan("syntax", "resource \"aws_vpc\" \"main\" {\n  cidr_block = \"10.0.0.0/16\n}\n");
    refused_by_plan("syntax_unclosed", "locals {\n  a = [1, 2\n");
}

#[test]
fn arguments() {
    refused_by_plan(
        "arguments",
        r#"resource "aws_vpc" "main" {
  cidr_blok            = "10.0.0.0/16"
  enable_dns_hostnames = "perhaps"
}

resource "aws_subnet" "a" {
  cidr_block = "10.0.0.0/16"
  tag {
    key = "a"
  }
}

resource "aws_vpcs" "b" {}
"#,
    );
}

#[test]
fn references() {
    refused_by_plan(
        "references",
        r#"variable "name" {}

output "a" {
  value = [var.nam, local.missing, aws_vpc.main.idd, aws_vpc.other.id, module.none.id, each.key]
}

resource "aws_vpc" "main" {
  cidr_block = cidrsubnets("10.0.0.0/16")
  tags       = { Name = lenght("a") }
}
"#,
    );
}

#[test]
fn cycles() {
    refused_by_plan(
        "cycles",
        r#"resource "aws_security_group" "a" {
  description = aws_security_group.b.id
}

resource "aws_security_group" "b" {
  description = local.c
}

locals {
  c = aws_security_group.a.id
}
"#,
    );
}

#[test]
fn duplicates() {
    refused_by_plan(
        "duplicates",
        &format!("{NETWORK}{NETWORK}variable \"a\" {{}}\nvariable \"a\" {{}}\n"),
    );
}

#[test]
fn ranges() {
    refused_by_plan(
        "ranges",
        r#"resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/33"
}

resource "aws_security_group" "a" {
  ingress {
    from_port   = 80
    to_port     = 70000
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.1/16", "everywhere"]
  }
}
"#,
    );
}

#[test]
fn variables() {
    let text = r#"variable "count_of_things" {
  type = number
}

variable "name" {
  type = string

  validation {
    condition     = length(var.name) > 3
    error_message = "The name is too short: ${var.name}."
  }
}
"#;
    let files = [("main.tf", text), ("terraform.tfvars", "nam = \"abc\"\n")];
    let given = ["plan", "-input=false", "-var=count_of_things=many", "-var=name=abc"];
    refused("variables", &files, &given);
    refused("variables_missing", &files, &["plan", "-input=false"]);
    refused("variables_file", &files, &["plan", "-var-file=none.tfvars"]);
}

#[test]
fn damaged_state() {
    let state = |text: &str| [("main.tf", NETWORK.to_string()), ("terraform.tfstate", text.into())];
    for (name, text) in [
        ("state_damaged", r#"{"version": 4, "#),
        ("state_newer", r#"{"version": 5, "terraform_version": "9.0.0"}"#),
        ("state_strange", r#"{"version": 4, "serial": 1, "lineage": "a", "resources": [1]}"#),
    ] {
        let files = state(text);
        let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let terrace = Terrace::sandbox(&files);
        snapshot(name, &terrace.fails(&["apply", "-auto-approve"]));
        assert_eq!(terrace.read("terraform.tfstate"), text);
        assert_eq!(terrace.left_behind(), Vec::<String>::new());
    }
}

#[test]
fn another_lineage() {
    let (one, other) =
        (Terrace::sandbox(&[("main.tf", NETWORK)]), Terrace::sandbox(&[("main.tf", NETWORK)]));
    for terrace in [&one, &other] {
        terrace.ok(&["apply", "-auto-approve"]);
    }
    let before = one.read("terraform.tfstate");
    one.write("other.json", &other.ok(&["state", "pull"]).stdout);
    let said = one.fails(&["state", "push", "other.json"]);
    assert!(said.contains("lineage"), "{said}");
    assert_eq!(one.read("terraform.tfstate"), before);
}

#[test]
fn a_held_lock_names_its_holder() {
    let terrace = Terrace::example("ecs-fargate", World::Sandbox);
    let mut holder = terrace.spawn(&["apply", "-auto-approve"]);
    let lock = terrace.path("../../state/.ecs-fargate.tfstate.lock.info");
    for _ in 0..600 {
        if lock.exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let said = terrace.fails(&["apply", "-auto-approve"]);
    holder.kill().expect("the holder can be killed");
    holder.wait().expect("the holder ends");
    assert!(said.contains("is locked by") && said.contains("Apply"), "{said}");
    terrace.ok(&["apply", "-auto-approve"]);
}

#[test]
fn credentials_and_endpoints() {
    let mut terrace = Terrace::sandbox(&[("main.tf", NETWORK)]);
    terrace.set("TERRACE_SANDBOX", "0");
    snapshot("credentials", &terrace.fails(&["plan"]));
    terrace.set("AWS_ACCESS_KEY_ID", "test");
    terrace.set("AWS_SECRET_ACCESS_KEY", "test");
    terrace.set("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    snapshot("endpoint", &terrace.fails(&["apply", "-auto-approve"]));
}

#[test]
fn saved_plans() {
    let terrace = Terrace::sandbox(&[("main.tf", NETWORK)]);
    terrace.ok(&["plan", "-out=plan"]);
    let whole = fs::read(terrace.path("plan")).expect("the plan");
    fs::write(terrace.path("damaged"), &whole[..whole.len() / 2]).expect("a file");
    snapshot("plan_damaged", &terrace.fails(&["apply", "damaged"]));
    terrace.write("text", "no plan");
    snapshot("plan_none", &terrace.fails(&["apply", "text"]));
    terrace.ok(&["apply", "plan"]);
    snapshot("plan_stale", &terrace.fails(&["apply", "plan"]));
    assert_eq!(terrace.left_behind().len(), 1);
}

#[test]
fn a_folder_that_cannot_be_written() {
    let terrace = Terrace::sandbox(&[("main.tf", NETWORK)]);
    terrace.ok(&["plan"]);
    let allowed = |mode| fs::Permissions::from_mode(mode);
    fs::set_permissions(terrace.folder(), allowed(0o555)).expect("permissions can be set");
    let blocked = fs::write(terrace.path("probe"), "").is_err();
    if blocked {
        let said = terrace.fails(&["apply", "-auto-approve"]);
        assert!(said.contains("ermission"), "{said}");
    }
    fs::set_permissions(terrace.folder(), allowed(0o755)).expect("permissions can be set");
    // root may write anywhere: a state whose folder is a file cannot be written by anybody
    let backend = "terraform {\n  backend \"local\" {\n    path = \"main.tf/state\"\n  }\n}\n";
    terrace.write("backend.tf", backend);
    snapshot("folder", &terrace.fails(&["apply", "-auto-approve"]));
    assert_eq!(terrace.left_behind(), Vec::<String>::new());
}

#[test]
fn unknown_regions() {
    assert_ne!(REGION, "eu-nowhere-1");
    let text = format!("provider \"aws\" {{\n  region = \"Europe\"\n}}\n\n{NETWORK}");
    refused_by_plan("region", &text);
}

#[test]
fn an_unsupported_type_is_an_error_only_where_an_instance_is_planned() {
    let unused = "variable \"log\" {\n  default = false\n}\n\nresource \"aws_flow_log\" \"this\" {\n  \
                  count = var.log ? 1 : 0\n}\n";
    let terrace = Terrace::sandbox(&[("main.tf", unused)]);
    let run = terrace.ok(&["validate"]);
    assert!(run.stderr.contains("does not support the resource type `aws_flow_log`"), "{run:?}");
    terrace.ok(&["plan"]);
    snapshot("unsupported_planned", &terrace.fails(&["plan", "-var=log=true"]));
    refused(
        "unsupported",
        &[("main.tf", "resource \"aws_flow_log\" \"this\" {}\n")],
        &["validate"],
    );
}

#[test]
fn a_configuration_is_judged_without_its_world() {
    let told = |text: &str, child: &str| {
        let terrace = Terrace::sandbox(&[("main.tf", text), ("child/main.tf", child)]);
        terrace.fails(&["validate"])
    };
    let call = "module \"child\" {\n  source = \"./child\"\n  x      = {}\n}\n";
    let given = told(call, "variable \"x\" {\n  type = list(string)\n}\n");
    assert!(given.contains("main.tf:3:12") && given.contains("list of string"), "{given}");
    let secret =
        "variable \"a\" {\n  sensitive = true\n}\n\noutput \"a\" {\n  value = \"x-${var.a}\"\n}\n";
    let shown = told(secret, "");
    assert!(shown.contains("Output refers to sensitive values"), "{shown}");
    let early = "resource \"terraform_data\" \"a\" {}\n\nmodule \"child\" {\n  source = \"./child\"\n  x      = \
                 terraform_data.a.id\n}\n";
    let unknown = told(early, "variable \"x\" {\n  const = true\n}\n");
    assert!(unknown.contains("main.tf:5:12"), "{unknown}");
    let source = "variable \"a\" {\n  default = \"./child\"\n  const   = false\n}\n\nmodule \"child\" {\n  source = \
                  var.a\n}\n";
    let late = told(source, "");
    assert!(late.contains("`const = false`"), "{late}");
}

#[test]
fn a_resource_does_not_refer_to_itself() {
    refused_by_plan(
        "self_reference",
        "resource \"aws_vpc\" \"main\" {\n  cidr_block = \"10.0.0.0/16\"\n  tags = {\n    Of = \
         aws_vpc.main.id\n  }\n}\n",
    );
}

#[test]
fn a_saved_plan_is_applied_in_the_world_it_was_made_for() {
    let mut terrace = Terrace::sandbox(&[("main.tf", NETWORK)]);
    terrace.set("TERRACE_SANDBOX", "0");
    terrace.ok(&["plan", "-sandbox", "-out=plan"]);
    terrace.ok(&["apply", "plan"]);
    assert_eq!(terrace.left_behind().len(), 1, "it is made in the sandbox");
}

#[test]
fn functions_that_differ_each_time_are_evaluated_when_applying() {
    let text = "resource \"terraform_data\" \"a\" {\n  input = \"x-${timestamp()}\"\n}\n\noutput \
                \"id\" {\n  value = length(uuid())\n}\n\noutput \"input\" {\n  value = \
                terraform_data.a.output\n}\n";
    let terrace = Terrace::sandbox(&[("main.tf", text)]);
    terrace.ok(&["apply", "-auto-approve"]);
    assert_eq!(terrace.ok(&["output", "-raw", "id"]).stdout, "36");
    assert!(terrace.ok(&["output", "-raw", "input"]).stdout.starts_with("x-20"));
}

#[test]
fn switches_take_true_and_false() {
    let terrace = Terrace::sandbox(&[("main.tf", NETWORK)]);
    terrace.fails(&["apply", "-auto-approve=false", "-input=false"]);
    let run = terrace.run(&["plan", "-detailed-exitcode=true"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    let run = terrace.ok(&["apply", "-auto-approve=true", "-target=aws_vpc.none"]);
    assert!(run.stderr.contains("names nothing"), "{run:?}");
    assert!(terrace.left_behind().is_empty());
}

#[test]
fn the_last_value_on_the_command_line_counts() {
    let text = "variable \"a\" {}\n\noutput \"a\" {\n  value = var.a\n}\n";
    let terrace = Terrace::sandbox(&[("main.tf", text), ("f.tfvars", "a = \"file\"\n")]);
    for (flags, wanted) in [
        (["-var=a=cli", "-var-file=f.tfvars"], "file"),
        (["-var-file=f.tfvars", "-var=a=cli"], "cli"),
    ] {
        terrace.ok(&[&["apply", "-auto-approve"], &flags[..]].concat());
        assert_eq!(terrace.ok(&["output", "-raw", "a"]).stdout, wanted);
    }
}
