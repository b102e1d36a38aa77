//! `terrace test`: what runs stand on, such as mocks of several provider configurations.

use crate::support::terrace::{Run, Terrace};

const REGIONS: &str = r#"
variable "regions" {
  type    = set(string)
  default = ["us-east-1", "eu-west-1"]
}

provider "aws" {
  alias    = "by_region"
  for_each = setunion(var.regions, ["eu-west-3"])
  region   = each.key
}

resource "aws_vpc" "v" {
  for_each   = var.regions
  provider   = aws.by_region[each.key]
  cidr_block = "10.0.0.0/16"
}

output "ids" {
  value = { for name, vpc in aws_vpc.v : name => vpc.id }
}
"#;

fn module(tests: &str) -> Terrace {
    let mut stack = Terrace::sandbox(&[("main.tf", REGIONS), ("a.tftest.hcl", tests)]);
    // No world at all: a call would fail.
    stack.set("TERRACE_SANDBOX", "0");
    stack.set("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    stack
}

fn failing(stack: &Terrace) -> Run {
    let run = stack.run(&["test"]);
    assert_eq!(run.code, Some(1), "{}\n{}", run.stdout, run.stderr);
    run
}

const SEVERAL: &str = r#"
variables {
  mocked = ["us-east-1", "eu-west-1", "eu-north-1"]
}

mock_provider "aws" {
  alias    = "by_region"
  for_each = toset(var.mocked)

  mock_resource "aws_vpc" {
    defaults = { id = "vpc-1" }
  }
}

run "makes" {
  assert {
    condition     = output.ids == { eu-west-1 = "vpc-1", us-east-1 = "vpc-1" }
    error_message = "wrong"
  }
}

run "makes_others" {
  variables {
    regions = ["eu-north-1"]
  }

  assert {
    condition     = output.ids == { eu-north-1 = "vpc-1" }
    error_message = "wrong"
  }
}

run "asks_for_it" {
  command = plan

  providers = {
    aws.by_region = aws.by_region
  }
}
"#;

#[test]
fn several_provider_configurations_are_mocked_at_once() {
    let run = module(SEVERAL).ok(&["test"]);
    assert!(run.stdout.contains("Success! 3 passed, 0 failed."), "{}", run.stdout);
}

#[test]
fn a_mock_stands_for_the_configurations_that_it_names() {
    // As with OpenTofu, what the module says of them has no meaning any more.
    let missing =
        [("  for_each = toset([\"us-east-1\"])\n", "by_region[\"eu-west-1\"]"), ("", "by_region")];
    for (each, missing) in missing {
        let stack = module(&format!(
            "mock_provider \"aws\" {{\n  alias = \"by_region\"\n{each}}}\nrun \"a\" {{}}\n"
        ));
        let run = failing(&stack);
        assert!(run.stderr.contains(missing), "{}", run.stderr);
    }
}

#[test]
fn what_several_mocks_are_made_of_is_checked() {
    for (block, parts) in [
        ("for_each = toset([\"a\"])", ["Missing alias", "a.tftest.hcl:2"]),
        ("alias = \"by_region\"\n  for_each = 5", ["for_each", "a.tftest.hcl:3"]),
        ("alias = \"by_region\"\n  for_each = var.nothing", ["nothing", "a.tftest.hcl:3"]),
        ("alias = \"by_region\"\n  for_each = [\"a\"]", ["for_each", "a.tftest.hcl:3"]),
    ] {
        let stack = module(&format!("mock_provider \"aws\" {{\n  {block}\n}}\nrun \"a\" {{}}\n"));
        let run = failing(&stack);
        for part in parts {
            assert!(run.stderr.contains(part), "{block}: {part} is not in {}", run.stderr);
        }
    }
}
