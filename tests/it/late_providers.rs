//! Provider configurations that are known only while planning, or not before applying.

use aws_sdk_cloudwatchlogs::Client;

use crate::support::terrace::Terrace;

/// A stack whose provider has the region of the tests.
fn groups() -> Terrace {
    let stack = Terrace::sandbox(&[]);
    stack.write("main.tf", &GROUPS.replace("REGION", &region(&stack)));
    stack
}

fn region(stack: &Terrace) -> String {
    stack.sdk().region().unwrap().to_string()
}

const GROUPS: &str = r#"
variable "retention" {
  default = 7
}
resource "terraform_data" "region" {
  input = "REGION"
}
provider "aws" {
  alias  = "late"
  region = terraform_data.region.output
}
resource "aws_cloudwatch_log_group" "a" {
  provider          = aws.late
  name              = "a"
  retention_in_days = var.retention
}
resource "aws_cloudwatch_log_group" "b" {
  provider = aws.late
  name     = "b"
}
output "retention" {
  value = aws_cloudwatch_log_group.a.retention_in_days
}
"#;

const EPHEMERAL: &str = r#"
ephemeral "random_password" "name" {
  length = 8
}
provider "aws" {
  default_tags {
    tags = { secret = length(ephemeral.random_password.name.result) }
  }
}
resource "aws_cloudwatch_log_group" "a" {
  name = "a"
}
"#;

async fn retain(logs: &Client, days: i32) {
    let put = logs.put_retention_policy().log_group_name("a").retention_in_days(days);
    put.send().await.unwrap();
}

async fn drop_group(logs: &Client, name: &str) {
    logs.delete_log_group().log_group_name(name).send().await.unwrap();
}

#[tokio::test]
async fn objects_of_providers_that_depend_on_resources_are_refreshed() {
    let stack = groups();
    stack.ok(&["apply", "-auto-approve"]);
    let logs = Client::new(&stack.sdk());
    retain(&logs, 30).await;
    let drift = stack.ok(&["plan", "-refresh-only"]).stdout;
    assert!(drift.contains("retention_in_days = 7 -> 30"), "{drift}");
    let plan = stack.ok(&["plan"]).stdout;
    assert!(plan.contains("retention_in_days = 30 -> 7"), "{plan}");
    assert!(plan.contains("0 to add, 1 to change"), "{plan}");
    let kept = stack.ok(&["plan", "-refresh=false"]).stdout;
    assert!(kept.contains("No changes"), "{kept}");
    drop_group(&logs, "a").await;
    let gone = stack.ok(&["plan"]).stdout;
    assert!(gone.contains("1 to add, 0 to change, 0 to destroy"), "{gone}");
    let elsewhere = stack.ok(&["plan", "-target=aws_cloudwatch_log_group.b"]).stdout;
    assert!(elsewhere.contains("No changes"), "{elsewhere}");
}

#[tokio::test]
async fn what_is_gone_of_such_providers_is_not_destroyed() {
    let stack = groups();
    stack.ok(&["apply", "-auto-approve"]);
    let logs = Client::new(&stack.sdk());
    drop_group(&logs, "a").await;
    let plan = stack.ok(&["plan", "-destroy"]).stdout;
    assert!(plan.contains("0 to add, 0 to change, 2 to destroy"), "{plan}");
    let text = stack.read("main.tf");
    let (start, rest) = text.split_once("resource \"aws_cloudwatch_log_group\" \"a\"").unwrap();
    let (_, end) = rest.split_once("}\n").unwrap();
    let (end, _) = end.split_once("output").unwrap();
    stack.write("main.tf", &format!("{start}{end}"));
    let plan = stack.ok(&["plan"]).stdout;
    assert!(plan.contains("0 to add, 0 to change, 0 to destroy"), "{plan}");
    stack.ok(&["destroy", "-auto-approve"]);
    assert_eq!(stack.left_behind(), [""; 0]);
}

#[tokio::test]
async fn objects_of_providers_that_ephemeral_resources_configure_are_refreshed() {
    let stack = Terrace::sandbox(&[("main.tf", EPHEMERAL)]);
    stack.ok(&["apply", "-auto-approve"]);
    drop_group(&Client::new(&stack.sdk()), "a").await;
    for command in [["plan", "-no-color"], ["plan", "-refresh-only"]] {
        let plan = stack.ok(&command).stdout;
        assert!(plan.contains("aws_cloudwatch_log_group.a"), "{plan}");
    }
    let plan = stack.ok(&["plan", "-destroy"]).stdout;
    assert!(!plan.contains("aws_cloudwatch_log_group.a will be destroyed"), "{plan}");
}

#[test]
fn what_is_not_known_before_apply_is_not_guessed() {
    let text = r#"
variable "round" {
  default = 1
}
resource "random_pet" "p" {
  keepers = { round = var.round }
}
provider "aws" {
  default_tags {
    tags = { pet = random_pet.p.id }
  }
}
data "aws_region" "here" {
}
resource "aws_cloudwatch_log_group" "a" {
  name = "a"
}
output "pet" {
  value = aws_cloudwatch_log_group.a.tags_all.pet == random_pet.p.id
}
output "region" {
  value = data.aws_region.here.region
}
"#;
    let stack = Terrace::sandbox(&[("main.tf", text)]);
    let plan = stack.ok(&["plan"]).stdout;
    assert!(plan.contains("what configures its provider is not known yet"), "{plan}");
    assert!(plan.contains("tags_all                    = (known after apply)"), "{plan}");
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(stack.ok(&["output", "pet"]).stdout, "true\n");
    assert_eq!(stack.ok(&["output", "region"]).stdout, format!("{:?}\n", region(&stack)));
    let next = stack.ok(&["plan"]);
    assert!(next.stdout.contains("No changes"), "{}", next.stdout);
    assert_eq!(next.stderr, "");
    let other = stack.ok(&["apply", "-auto-approve", "-var=round=2"]);
    assert!(other.stderr.contains("Objects not refreshed"), "{}", other.stderr);
    assert!(other.stderr.contains("aws_cloudwatch_log_group.a"), "{}", other.stderr);
    assert_eq!(stack.ok(&["output", "pet"]).stdout, "true\n");
    assert!(stack.ok(&["plan", "-var=round=2"]).stdout.contains("No changes"));
}

#[test]
fn a_region_that_is_not_known_yet_is_planned_so() {
    let text = r#"
resource "random_shuffle" "r" {
  input = ["eu-west-1"]
}
provider "aws" {
  region = random_shuffle.r.result[0]
}
resource "aws_cloudwatch_log_group" "a" {
  name = "a"
}
import {
  to = aws_cloudwatch_log_group.b
  id = "b"
}
resource "aws_cloudwatch_log_group" "b" {
  name = "b"
}
"#;
    let stack = Terrace::sandbox(&[("main.tf", text)]);
    let error = stack.fails(&["plan"]);
    assert!(error.contains("Import is too early"), "{error}");
    let (text, _) = text.split_once("import").unwrap();
    stack.write("main.tf", text);
    let plan = stack.ok(&["plan"]).stdout;
    assert!(plan.contains("region                      = (known after apply)"), "{plan}");
    stack.ok(&["apply", "-auto-approve"]);
    let group = stack.ok(&["state", "show", "aws_cloudwatch_log_group.a"]).stdout;
    assert!(group.contains("\"eu-west-1\""), "{group}");
    assert!(stack.ok(&["plan"]).stdout.contains("No changes"));
}
