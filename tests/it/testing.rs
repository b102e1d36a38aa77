//! `terrace test`: runs, assertions, expected failures, mocks and overrides, and what is cleaned up.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::support::terrace::{Run, Terrace};

const MODULE: &str = r#"
variable "size" {
  type    = number
  default = 1

  validation {
    condition     = var.size > 0
    error_message = "The size must be positive."
  }
}

resource "terraform_data" "a" {
  input = var.size
}

output "size" {
  value = terraform_data.a.output
}

output "place" {
  value = terraform.workspace

  precondition {
    condition     = var.size < 100
    error_message = "Too large."
  }
}
"#;

/// A module with one file of tests.
fn module(tests: &str) -> Terrace {
    Terrace::sandbox(&[("main.tf", MODULE), ("tests/a.tftest.hcl", tests)])
}

/// Runs tests that must not all pass.
fn failing(stack: &Terrace, arguments: &[&str]) -> Run {
    let run = stack.run(&[&["test"], arguments].concat());
    assert_eq!(run.code, Some(1), "{}\n{}", run.stdout, run.stderr);
    run
}

/// What must be in a text, each after the one before.
fn says(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part:?} is not in {rest:?}"));
        rest = &rest[at + part.len()..];
    }
}

const GOOD: &str = r#"
variables {
  size = 2
}

run "looks" {
  command = plan

  assert {
    condition     = terraform_data.a.input == 2 && var.size == 2
    error_message = "not 2"
  }
}

run "makes" {
  variables {
    size = var.size + 2
  }

  assert {
    condition     = output.size == 3 && output.place == "default"
    error_message = "not 3"
  }
}

run "goes_on" {
  variables {
    size = run.makes.size * 10
  }

  assert {
    condition     = terraform_data.a.output == 30 && terraform_data.a.id != ""
    error_message = "not 30"
  }
}
"#;

#[test]
fn runs_share_a_state_that_is_destroyed_in_the_end() {
    let stack = module(GOOD);
    let run = stack.ok(&["test"]);
    let lines = "tests/a.tftest.hcl... pass\n  run \"looks\"... pass\n  run \"makes\"... pass\n  \
                 run \"goes_on\"... pass\n\nSuccess! 3 passed, 0 failed.\n";
    assert_eq!(run.stdout, lines, "{}", run.stderr);
    let mut left: Vec<String> = fs::read_dir(stack.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["main.tf", "tests"], "a test left something in the folder");
}

#[test]
fn what_does_not_hold_is_told_with_its_values() {
    let stack = module(
        r#"
run "wrong" {
  assert {
    condition     = terraform_data.a.input == 2
    error_message = "It is ${var.size}."
  }
}

run "right" {
  command = plan
}
"#,
    );
    let run = failing(&stack, &["-var=size=7"]);
    let parts = ["a.tftest.hcl... fail", "\"wrong\"... fail", "\"right\"... pass", "Failure!"];
    says(&run.stdout, &parts);
    assert!(run.stdout.ends_with("\nFailure! 1 passed, 1 failed.\n"), "{}", run.stdout);
    let parts = ["Test assertion failed", "tests/a.tftest.hcl:4:", "It is 7."];
    says(&run.stderr, &parts);
    says(&run.stderr, &["terraform_data.a.input is 7"]);
}

#[test]
fn a_run_that_cannot_be_carried_out_skips_the_rest_of_its_file() {
    let broken = "run \"first\" {\n  variables {\n    size = 0\n  }\n}\n\nrun \"second\" {}\n";
    let stack = module(broken);
    stack.write("tests/b.tftest.hcl", "run \"other\" {}\n");
    let run = failing(&stack, &[]);
    let parts = ["\"first\"... fail", "\"second\"... skip", "b.tftest.hcl... pass", "Failure! 1"];
    says(&run.stdout, &parts);
    assert!(run.stdout.contains("1 passed, 1 failed, 1 skipped."), "{}", run.stdout);
    assert!(run.stderr.contains("The size must be positive."), "{}", run.stderr);
}

#[test]
fn an_unknown_condition_cannot_be_decided() {
    let stack = module(
        r#"
run "looks" {
  command = plan

  assert {
    condition     = terraform_data.a.id == "x"
    error_message = "wrong"
  }
}
"#,
    );
    let run = failing(&stack, &[]);
    says(&run.stderr, &["Assertion cannot be decided", "command = apply"]);
}

#[test]
fn failures_can_be_expected() {
    let stack = module(
        r#"
run "of_a_variable" {
  command = plan

  variables {
    size = -1
  }

  expect_failures = [var.size]
}

run "of_an_output" {
  command = plan

  variables {
    size = 100
  }

  expect_failures = [output.place]
}
"#,
    );
    assert!(stack.ok(&["test"]).stdout.ends_with("Success! 2 passed, 0 failed.\n"));
    let missing = "run \"fine\" {\n  command = plan\n  expect_failures = [var.size]\n}\n";
    stack.write("tests/a.tftest.hcl", missing);
    let run = failing(&stack, &[]);
    says(&run.stderr, &["Missing expected failure", "tests/a.tftest.hcl:3:", "`var.size`"]);
    let apply =
        "run \"late\" {\n  variables {\n    size = -1\n  }\n  expect_failures = [var.size]\n}\n";
    stack.write("tests/a.tftest.hcl", apply);
    let run = failing(&stack, &[]);
    says(&run.stderr, &["before anything was applied", "The size must be positive."]);
}

#[test]
fn a_postcondition_may_fail_before_anything_is_applied() {
    let module = "variable \"size\" {\n  default = 1\n}\nresource \"terraform_data\" \"a\" {\n  \
                  input = var.size\n  lifecycle {\n    postcondition {\n      condition = \
                  self.output < 5\n      error_message = \"Too much.\"\n    }\n  }\n}\n\
                  resource \"terraform_data\" \"b\" {\n  input = terraform_data.a.output\n}\n";
    let tests = "run \"a\" {\n  variables {\n    size = 5\n  }\n  \
                 expect_failures = [terraform_data.a]\n}\nrun \"b\" {}\n";
    let stack = Terrace::sandbox(&[("main.tf", module), ("a.tftest.hcl", tests)]);
    says(&stack.ok(&["test"]).stdout, &["Success! 2 passed, 0 failed."]);
    stack.write("a.tftest.hcl", &tests.replace("expect_failures = [terraform_data.a]", ""));
    says(&failing(&stack, &[]).stderr, &["Resource postcondition failed", "Too much."]);
}

#[test]
fn variables_of_a_file_may_come_from_the_runs_that_go_without() {
    let tests = "variables {\n  size = run.first.size\n}\nrun \"first\" {\n  variables {\n    \
                 size = 4\n  }\n}\nrun \"second\" {\n  assert {\n    condition = output.size == 4\n    \
                 error_message = \"wrong\"\n  }\n}\n";
    let stack = module(tests);
    says(&stack.ok(&["test"]).stdout, &["Success! 2 passed, 0 failed."]);
}

#[test]
fn runs_may_share_a_name() {
    let tests = "run \"a\" {}\nrun \"a\" {\n  variables {\n    size = 2\n  }\n}\nrun \"b\" {\n  \
                 assert {\n    condition = run.a.size == 2\n    error_message = \"wrong\"\n  }\n}\n";
    let run = module(tests).ok(&["test"]);
    says(&run.stdout, &["Success! 3 passed, 0 failed."]);
    says(&run.stderr, &["warning", "Duplicate name", "tests/a.tftest.hcl:2:"]);
}

const CHECKED: &str = r#"
resource "terraform_data" "a" {
  input = 1
}

check "size" {
  assert {
    condition     = terraform_data.a.output == 2
    error_message = "It is not 2."
  }
}
"#;

#[test]
fn a_failed_check_fails_a_run_that_does_not_expect_it() {
    let tests = "run \"a\" {\n  expect_failures = [check.size]\n}\n";
    let stack = Terrace::sandbox(&[("main.tf", CHECKED), ("a.tftest.hcl", tests)]);
    stack.ok(&["test"]);
    stack.write("a.tftest.hcl", "run \"a\" {}\n");
    says(&failing(&stack, &[]).stderr, &["error: Check block assertion failed", "It is not 2."]);
}

const REGION: &str = r#"
resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

data "aws_caller_identity" "a" {}

output "account" {
  value = data.aws_caller_identity.a.account_id
}

output "id" {
  value = aws_vpc.a.id
}
"#;

#[test]
fn a_sandbox_of_a_test_is_not_that_of_the_stack() {
    let stack = Terrace::sandbox(&[("main.tf", REGION), ("a.tofutest.hcl", "run \"a\" {}\n")]);
    stack.write("a.tftest.hcl", "run \"stands_back\" {}\n");
    stack.ok(&["apply", "-auto-approve"]);
    let (state, before) = (stack.read("terraform.tfstate"), stack.left_behind());
    let run = stack.ok(&["test", "-verbose", "-sandbox"]);
    says(&run.stdout, &["a.tofutest.hcl... pass", "run \"a\"... pass", "aws_vpc", "Success! 1"]);
    assert!(!run.stdout.contains("stands_back"), "{}", run.stdout);
    assert_eq!((stack.read("terraform.tfstate"), stack.left_behind()), (state, before));
}

const MOCKED: &str = r#"
mock_provider "aws" {
  mock_resource "aws_vpc" {
    defaults = {
      arn = "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1"
    }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "210987654321" }
  }
}

run "looks" {
  command = plan

  assert {
    condition     = aws_vpc.a.arn == "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1"
    error_message = "wrong"
  }
}

run "makes" {
  assert {
    condition     = output.account == "210987654321" && length(output.id) == 8
    error_message = "wrong"
  }

  assert {
    condition     = aws_vpc.a.owner_id != null && aws_vpc.a.cidr_block == "10.0.0.0/16"
    error_message = "wrong"
  }
}

run "overridden" {
  override_resource {
    target = aws_vpc.a
    values = { id = "vpc-given" }
  }

  assert {
    condition     = output.id == "vpc-given"
    error_message = "wrong"
  }
}
"#;

#[test]
fn a_mocked_provider_makes_nothing() {
    let mut stack = Terrace::sandbox(&[("main.tf", REGION), ("tests/m.tftest.hcl", MOCKED)]);
    // No world at all: a call would fail.
    stack.set("TERRACE_SANDBOX", "0");
    stack.set("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let run = stack.run(&["test"]);
    assert_eq!(run.code, Some(0), "{}\n{}", run.stdout, run.stderr);
    says(&run.stdout, &["Success! 3 passed, 0 failed."]);
    let both = format!("provider \"aws\" {{\n  region = \"eu-west-1\"\n}}\n{MOCKED}");
    stack.write("tests/m.tftest.hcl", &both);
    says(&stack.ok(&["test"]).stdout, &["Success! 3 passed, 0 failed."]);
    stack.write("tests/m.tftest.hcl", &format!("{MOCKED}mock_provider \"aws\" {{}}\n"));
    let parts = ["Duplicate mock", "tests/m.tftest.hcl:", "`mock_provider` block for `aws`"];
    says(&failing(&stack, &[]).stderr, &parts);
    let wrong = MOCKED.replace("arn = \"arn", "cidr_block = \"arn");
    stack.write("tests/m.tftest.hcl", &wrong);
    says(&failing(&stack, &[]).stderr, &["`cidr_block` is given by the test"]);
}

const CALLER: &str = r#"
module "child" {
  source = "./child"
  size   = 5
}

data "aws_caller_identity" "a" {}

output "told" {
  value = "${module.child.size} of ${data.aws_caller_identity.a.account_id}"
}
"#;

const OVERRIDES: &str = r#"
override_module {
  target  = module.child
  outputs = { size = 42 }
}

override_data {
  target = data.aws_caller_identity.a
  values = { account_id = "111122223333" }
}

run "makes" {
  assert {
    condition     = output.told == "42 of 111122223333"
    error_message = "wrong"
  }
}

run "in_part" {
  override_module {
    target  = module.child
    outputs = { size = 43 }
  }

  assert {
    condition     = output.told == "43 of 111122223333" && module.child.place == null
    error_message = "wrong"
  }
}
"#;

#[test]
fn modules_and_data_can_be_overridden() {
    let files = [("main.tf", CALLER), ("child/main.tf", MODULE), ("tests/o.tftest.hcl", OVERRIDES)];
    let stack = Terrace::sandbox(&files);
    says(&stack.ok(&["test"]).stdout, &["Success! 2 passed, 0 failed."]);
    stack.write("tests/helper/main.tf", "output \"a\" {\n  value = 1\n}\n");
    let helper = "run \"helper\" {\n  module {\n    source = \"./tests/helper\"\n  }\n}\n";
    stack.write("tests/o.tftest.hcl", &format!("{OVERRIDES}{helper}"));
    says(&stack.ok(&["test"]).stdout, &["Success! 3 passed, 0 failed."]);
    stack.write("tests/o.tftest.hcl", &OVERRIDES.replace("identity.a", "identity.b"));
    says(&failing(&stack, &[]).stderr, &["has no `data.aws_caller_identity.b`"]);
}

const HELPED: &str = r#"
provider "aws" {
  alias  = "west"
  region = run.setup.place == "default" ? "eu-west-1" : "eu-west-3"
}

run "setup" {
  module {
    source = "./tests/setup"
  }
}

run "uses" {
  variables {
    size = run.setup.size
  }

  assert {
    condition     = output.size == 9
    error_message = "wrong"
  }
}

run "region" {
  providers = {
    aws = aws.west
  }

  module {
    source = "./tests/region"
  }

  assert {
    condition     = data.aws_region.current.region == "eu-west-1"
    error_message = "wrong"
  }
}
"#;

#[test]
fn a_run_can_be_of_another_module_and_with_other_providers() {
    let setup = MODULE.replace("default = 1", "default = 9");
    let region = "data \"aws_region\" \"current\" {}\n";
    let stack = module(HELPED);
    stack.write("tests/setup/main.tf", &setup);
    stack.write("tests/region/main.tf", region);
    says(&stack.ok(&["test"]).stdout, &["Success! 3 passed, 0 failed."]);
    let later = "run \"a\" {\n  variables {\n    size = run.b.size\n  }\n}\nrun \"b\" {}\n";
    stack.write("tests/a.tftest.hcl", later);
    says(&failing(&stack, &[]).stderr, &["There is no run `b` here."]);
}

#[test]
fn plan_options_are_those_of_the_command() {
    let two = MODULE.replace(
        "resource \"terraform_data\" \"a\"",
        "resource \"terraform_data\" \"b\" {\n}\n\nresource \"terraform_data\" \"a\"",
    );
    let tests = r#"
run "one" {
  plan_options {
    target = [terraform_data.b]
  }

  assert {
    condition     = terraform_data.b.id != ""
    error_message = "not made"
  }
}

run "again" {
  plan_options {
    replace = [terraform_data.b]
    refresh = false
  }
}

run "only_looks" {
  command = plan

  plan_options {
    mode = refresh-only
  }

  variables {
    size = 50
  }

  assert {
    condition     = terraform_data.a.input == 1
    error_message = "not as it was"
  }
}
"#;
    let stack = Terrace::sandbox(&[("main.tf", &two), ("tests/a.tftest.hcl", tests)]);
    let run = stack.ok(&["test", "-verbose"]);
    says(&run.stdout, &["Success! 3 passed, 0 failed."]);
}

#[test]
fn files_are_chosen_and_found() {
    let stack = module(GOOD);
    stack.write("b.tftest.hcl", "run \"b\" {}\n");
    stack.write("more/c.tftest.hcl", "run \"c\" {}\n");
    let run = stack.ok(&["test", "-filter=b.tftest.hcl", "-filter=nowhere.tftest.hcl"]);
    says(&run.stdout, &["b.tftest.hcl... pass", "Success! 1 passed"]);
    assert!(run.stderr.contains("There is no file of tests nowhere.tftest.hcl."), "{}", run.stderr);
    let run = stack.ok(&["test", "-test-directory=more"]);
    says(&run.stdout, &["b.tftest.hcl... pass", "more/c.tftest.hcl... pass", "Success! 2 passed"]);
    stack.write("tests/a.tftest.hcl", "run \"b\" {\n  comand = plan\n}\n");
    says(&failing(&stack, &[]).stderr, &["Unsupported argument", "Did you mean `command`?"]);
}

#[test]
fn values_come_from_files_and_the_command_line() {
    let wanted = "run \"b\" {\n  assert {\n    condition = output.size == 6\n    \
                  error_message = \"wrong\"\n  }\n}\n";
    let stack = module(wanted);
    stack.write("terraform.tfvars", "size = 4\n");
    failing(&stack, &[]);
    stack.write("tests/terraform.tfvars", "size = 6\n");
    stack.ok(&["test"]);
    stack.write("other.tfvars", "size = 5\n");
    failing(&stack, &["-var-file=other.tfvars"]);
    stack.ok(&["test", "-var-file=other.tfvars", "-var=size=6"]);
}

#[test]
fn validate_looks_at_tests_and_at_what_they_run() {
    let stack = module("run \"a\" {\n  module {\n    source = \"./tests/helper\"\n  }\n}\n");
    stack.write("tests/helper/main.tf", "resource \"terraform_data\" \"a\" {\n  inputs = 1\n}\n");
    stack.write("tests/b.tftest.hcl", &stack.read("tests/a.tftest.hcl"));
    let told = stack.fails(&["validate"]);
    says(&told, &["Unsupported argument", "tests/helper/main.tf:2:"]);
    assert_eq!(told.matches("Unsupported argument").count(), 1, "{told}");
    stack.ok(&["validate", "-no-tests"]);
    stack.ok(&["validate", "-test-directory=elsewhere"]);
    stack.write("tests/helper/main.tf", "");
    stack.ok(&["validate"]);
    stack.write("tests/a.tftest.hcl", "run \"a\" {\n  command = destroy\n}\n");
    says(&stack.fails(&["validate"]), &["Invalid command", "tests/a.tftest.hcl:2:"]);
}

const BAD: &str = r#"
run "bad" {
  assert {
    condition     = var.size < 0
    error_message = "a < b"
  }
}
"#;

#[test]
fn programs_can_read_what_came_of_it() {
    let stack = module(&format!("{GOOD}{BAD}"));
    let run = failing(&stack, &["-json", "-junit-xml=report.xml"]);
    let lines: Vec<Json> =
        run.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let kinds: Vec<_> = lines.iter().map(|it| it["type"].as_str().expect("a type")).collect();
    let runs = ["test_run", "test_run", "test_run", "test_run", "diagnostic"];
    let wanted = [&["version", "test_abstract", "test_file"][..], &runs, &["test_summary"]];
    assert_eq!(kinds, wanted.concat());
    assert_eq!(lines[1]["test_abstract"]["tests/a.tftest.hcl"][3], "bad");
    assert_eq!(lines[3]["test_run"]["status"], "pass");
    assert_eq!(
        (&lines[7]["@testrun"], &lines[6]["test_run"]["status"]),
        (&"bad".into(), &"fail".into())
    );
    assert_eq!(lines[8]["test_summary"]["passed"], 3);
    assert_eq!(lines[8]["test_summary"]["status"], "fail");
    let report = stack.read("report.xml");
    says(&report, &["tests=\"4\" skipped=\"0\" failures=\"1\" errors=\"0\"", "name=\"looks\""]);
    says(&report, &["<failure message=\"Test failed\">", "a &lt; b", "</failure>"]);
    says(&report, &["</testcase>", "</testsuite>", "</testsuites>"]);
}

const IN_JSON: &str = r#"{
  "//": "what stands here is a comment",
  "variables": { "size": 4 },
  "run": {
    "looks": {
      "command": "plan",
      "assert": [{ "condition": "${terraform_data.a.input == 4}", "error_message": "not 4" }]
    },
    "makes": {
      "variables": { "size": "${var.size + 1}" },
      "plan_options": { "replace": ["terraform_data.a"], "refresh": false },
      "assert": { "condition": "${output.size == 3}", "error_message": "it is ${output.size}" }
    },
    "expects": {
      "command": "plan",
      "variables": { "size": 0 },
      "expect_failures": ["var.size"]
    },
    "other": {
      "module": { "source": "./other" },
      "providers": { "aws": "aws.west" },
      "override_data": { "target": "data.aws_caller_identity.a", "values": { "account_id": "9" } },
      "assert": {
        "condition": "${output.told == \"9 in eu-west-1\"}",
        "error_message": "it is ${output.told}"
      }
    }
  },
  "provider": {
    "aws": { "alias": "west", "region": "eu-west-1", "default_tags": { "tags": { "a": "b" } } }
  }
}"#;

#[test]
fn tests_can_be_written_in_json() {
    let other = r#"
data "aws_caller_identity" "a" {}
data "aws_region" "a" {}
output "told" {
  value = "${data.aws_caller_identity.a.account_id} in ${data.aws_region.a.region}"
}
"#;
    let files = [("main.tf", MODULE), ("other/main.tf", other), ("tests/a.tftest.json", IN_JSON)];
    let stack = Terrace::sandbox(&files);
    let run = failing(&stack, &[]);
    says(&run.stdout, &["a.tftest.json... fail", "\"looks\"... pass", "\"makes\"... fail"]);
    says(
        &run.stdout,
        &["\"expects\"... pass", "\"other\"... pass", "Failure! 3 passed, 1 failed."],
    );
    says(&run.stderr, &["tests/a.tftest.json:12:", "it is 2"]);
    stack.write("tests/a.tftest.json", "{\"run\": {\"a\": {\"command\": \"destroy\"}}}");
    says(&failing(&stack, &[]).stderr, &["Invalid command", "tests/a.tftest.json:1:"]);
    stack.write("tests/a.tftest.json", "{\"run\": ");
    says(&failing(&stack, &[]).stderr, &["Invalid JSON"]);
}

#[test]
fn programs_can_read_plans_states_and_what_is_left() {
    let protected = "resource \"terraform_data\" \"a\" {\n  input = 1\n  lifecycle {\n    \
                     prevent_destroy = true\n  }\n}\n";
    let tests = "run \"looks\" {\n  command = plan\n}\nrun \"makes\" {}\n";
    let stack = Terrace::sandbox(&[("main.tf", protected), ("a.tftest.hcl", tests)]);
    let run = failing(&stack, &["-json", "-verbose"]);
    let lines: Vec<Json> = run.stdout.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let of = |kind: &str| lines.iter().find(|it| it["type"] == kind).expect(kind);
    let plan = of("test_plan");
    assert_eq!((&plan["@testfile"], &plan["@testrun"]), (&"a.tftest.hcl".into(), &"looks".into()));
    assert_eq!(plan["test_plan"]["resource_changes"][0]["address"], "terraform_data.a");
    let state = &of("test_state")["test_state"]["values"]["root_module"]["resources"][0];
    assert_eq!(state["values"]["output"], 1);
    let left = of("test_cleanup");
    assert_eq!(left["@level"], "error");
    assert_eq!(left["test_cleanup"]["failed_resources"][0]["instance"], "terraform_data.a");
    let problem = of("diagnostic");
    assert!(problem["diagnostic"]["detail"].as_str().unwrap().contains("prevent_destroy"));
    assert_eq!(of("test_summary")["test_summary"]["passed"], 2);
}

#[test]
fn what_cannot_be_destroyed_is_told_and_kept() {
    let protected = REGION.replace(
        "cidr_block = \"10.0.0.0/16\"",
        "cidr_block = \"10.0.0.0/16\"\n  lifecycle {\n    prevent_destroy = true\n  }",
    );
    let stack = Terrace::sandbox(&[("main.tf", &protected), ("a.tftest.hcl", "run \"a\" {}\n")]);
    let run = failing(&stack, &[]);
    says(&run.stdout, &["run \"a\"... pass", "Failure! 1 passed, 0 failed."]);
    says(&run.stderr, &["could not all be destroyed", "prevent_destroy", "- aws_vpc.a [id=vpc-"]);
    says(&run.stderr, &["in the sandbox of this file of tests, which is gone"]);
    assert_eq!(files_in(stack.folder()), ["a.tftest.hcl", "main.tf"]);
}

const PROTECTED: &str = r#"
resource "terraform_data" "a" {
  input = aws_vpc.a.id

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

output "id" {
  value = terraform_data.a.id
}
"#;

const PROTECTED_TWICE: &str = r#"
mock_provider "aws" {}

run "one" {
  module {
    source = "./tests/setup/"
  }
}

run "two" {
  module {
    source = "./tests/setup"
  }

  assert {
    condition     = output.id == run.one.id
    error_message = "not the same state"
  }
}

run "three" {}
"#;

#[test]
fn states_of_what_is_left_are_kept_and_can_be_destroyed() {
    let files = [("main.tf", PROTECTED), ("tests/setup/main.tf", PROTECTED)];
    let mut stack = Terrace::sandbox(&files);
    stack.write("tests/a.tftest.hcl", PROTECTED_TWICE);
    stack.set("TERRACE_SANDBOX", "0");
    let run = failing(&stack, &["-junit-xml=report.xml"]);
    says(&run.stdout, &["Failure! 3 passed, 0 failed."]);
    says(&run.stderr, &["What is left of tests/a.tftest.hcl", "- terraform_data.a [id="]);
    says(&run.stderr, &["of the module ./tests/setup is", "`terrace -chdir=./tests/setup destroy"]);
    let report = stack.read("report.xml");
    says(&report, &["tests=\"4\"", "errors=\"1\"", "name=\"(clean-up)\"", "<error message=\"Not"]);
    says(&report, &["prevent_destroy", "- terraform_data.a [id=", "</error>"]);
    let [kept] = &files_in(&stack.path(".terrace/tests"))[..] else { panic!("one folder") };
    let kept = format!(".terrace/tests/{kept}");
    for (number, folder) in [(0, "tests/setup"), (1, ".")] {
        let path = format!("{kept}/{number}.tfstate");
        assert!(
            !stack.read(&path).contains("\"type\": \"aws_vpc\""),
            "{path} has what was never made"
        );
        let module = "resource \"terraform_data\" \"a\" {}\n";
        stack.write(&format!("{folder}/main.tf"), module);
        let (chdir, whole) = (format!("-chdir={folder}"), stack.path(&path));
        let state = format!("-state={}", whole.display());
        let run = stack.ok(&[&chdir, "destroy", "-auto-approve", &state]);
        assert!(run.stderr.contains("1 destroyed"), "{}{}", run.stdout, run.stderr);
    }
}

const WRITTEN: &str =
    "resource \"local_file\" \"a\" {\n  filename = \"NAME\"\n  content = \"1\"\n}\n";

const REAL_AND_MOCKED: &str = r#"
mock_provider "local" {
  alias = "fake"
}

run "sets_up" {
  module {
    source = "./tests/setup"
  }
}

run "makes" {
  assert {
    condition     = local_file.a.content == "1" && fileexists("main.txt") && fileexists("setup.txt")
    error_message = "not made"
  }
}

run "mocks" {
  providers = {
    local = local.fake
  }
}

run "mocks_another" {
  providers = {
    local = local.fake
  }

  module {
    source = "./tests/fake"
  }

  assert {
    condition     = local_file.a.content == "1" && !fileexists("fake.txt")
    error_message = "made"
  }
}

run "overrides" {
  override_resource {
    target = local_file.a
  }
}

run "makes_another" {
  module {
    source = "./tests/other"
  }

  assert {
    condition     = local_file.a.content == "1" && fileexists("other.txt") && fileexists("setup.txt")
    error_message = "not made"
  }
}
"#;

#[test]
fn a_mock_is_for_its_run_only_and_destroys_nothing() {
    let stack = Terrace::sandbox(&[("tests/a.tftest.hcl", REAL_AND_MOCKED)]);
    stack.write("main.tf", &WRITTEN.replace("NAME", "main.txt"));
    for name in ["setup", "fake", "other"] {
        let module = WRITTEN.replace("NAME", &format!("{name}.txt"));
        stack.write(&format!("tests/{name}/main.tf"), &module);
    }
    let run = stack.ok(&["test"]);
    says(&run.stdout, &["Success! 6 passed, 0 failed."]);
    assert_eq!(files_in(stack.folder()), ["main.tf", "tests"], "{}", run.stderr);
}

#[test]
fn a_file_that_cannot_be_carried_out_is_reported_like_the_others() {
    let mut stack = module("run \"a\" {}\nrun \"b\" {}\n");
    stack.set("TERRACE_SANDBOX", "0");
    stack.write(".terrace/tests", "in the way");
    let run = failing(&stack, &["-junit-xml=report.xml"]);
    says(&run.stdout, &["run \"a\"... fail", "\"b\"... skip", "0 passed, 1 failed, 1 skipped."]);
    says(&run.stderr, &["Tests cannot be run"]);
    says(&stack.read("report.xml"), &["name=\"a\"", "Tests cannot be run", "<skipped"]);
}

#[test]
fn a_second_interrupt_tells_where_the_record_is() {
    let slow = "resource \"time_sleep\" \"a\" {\n  destroy_duration = \"300s\"\n}\n";
    let mut stack = Terrace::sandbox(&[("main.tf", slow), ("a.tftest.hcl", "run \"a\" {}\n")]);
    stack.set("TERRACE_SANDBOX", "0");
    let mut command = stack.command(&["test"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    while !line.contains("run \"a\"... pass") {
        line.clear();
        assert!(output.read_line(&mut line).unwrap() > 0, "the run did not pass");
    }
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(started.elapsed() < Duration::from_secs(60), "interrupts do not end it");
        Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        std::thread::sleep(Duration::from_millis(500));
    }
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    says(&told, &["what the runs made is destroyed", "not destroyed", ".terrace/tests/a-"]);
    let [kept] = &files_in(&stack.path(".terrace/tests"))[..] else { panic!("one folder") };
    let state = stack.read(&format!(".terrace/tests/{kept}/0.tfstate"));
    assert!(state.contains("time_sleep"), "{state}");
}

/// The files in a folder, in order.
fn files_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_modules_pass_their_tests() {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("modules");
    let terrace = Terrace::sandbox(&[]);
    for name in files_in(&modules) {
        let folder = modules.join(&name);
        let before = files_in(&folder);
        let chdir = format!("-chdir={}", folder.display());
        let run = terrace.run(&[&chdir, "test", "-sandbox"]);
        assert_eq!(run.code, Some(0), "{name}\n{}\n{}", run.stdout, run.stderr);
        assert!(!run.stdout.contains("Success! 0"), "{name} has no tests");
        assert_eq!(files_in(&folder), before, "the tests of {name} left something behind");
    }
}
