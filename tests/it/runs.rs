//! `terrace test`: what runs stand on. Mocks of several provider configurations, and modules that are
//! found by what the runs say.

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

const HELPER: &str = r#"
variable "which" {
  default = "./one"
}

module "it" {
  source = var.which
}

output "it" {
  value = module.it.it
}
"#;

const HELPED: &str = r#"
variables {
  other = "./two"
}

run "says" {
  module {
    source = "./tests/helper"
  }

  variables {
    which = "./two"
  }

  assert {
    condition     = output.it == 2
    error_message = "wrong"
  }
}

run "says_nothing" {
  module {
    source = "./tests/helper"
  }

  assert {
    condition     = output.it == 1
    error_message = "wrong"
  }
}

run "says_it_by_a_variable" {
  module {
    source = "./tests/helper"
  }

  variables {
    which = var.place
  }

  assert {
    condition     = output.it == 2
    error_message = "wrong"
  }
}
"#;

fn helped(tests: &str) -> Terrace {
    Terrace::sandbox(&[
        ("main.tf", "variable \"place\" {\n  default = \"./one\"\n}\n"),
        ("tests/a.tftest.hcl", tests),
        ("tests/helper/main.tf", HELPER),
        ("tests/helper/one/main.tf", "output \"it\" {\n  value = 1\n}\n"),
        ("tests/helper/two/main.tf", "output \"it\" {\n  value = 2\n}\n"),
    ])
}

#[test]
fn a_run_says_where_the_modules_of_its_module_are() {
    let stack = helped(HELPED);
    let run = stack.ok(&["test", "-var", "place=./two"]);
    assert!(run.stdout.contains("Success! 3 passed, 0 failed."), "{}", run.stdout);
    assert!(failing(&stack).stdout.contains("2 passed, 1 failed"));
    stack.ok(&["validate"]);
    stack.ok(&["init"]);
    // As with OpenTofu, what the file gives to all runs comes too late.
    let wide = HELPED.replace("other =", "which =");
    stack.write("tests/a.tftest.hcl", &wide);
    let run = stack.ok(&["test", "-var", "place=./two"]);
    assert!(run.stdout.contains("Success! 3 passed, 0 failed."), "{}", run.stdout);
}

#[test]
fn what_is_known_late_says_nothing_of_modules() {
    let late = HELPED.replace("var.place", "run.says.it");
    let stack = helped(&late);
    for command in ["test", "validate", "init"] {
        let run = stack.run(&[command]);
        assert_eq!(run.code, Some(1), "{command}: {}\n{}", run.stdout, run.stderr);
        assert!(run.stderr.contains("`source` must be a text that is known"), "{}", run.stderr);
    }
    let direct = HELPED.replace("\"./tests/helper\"", "var.place");
    stack.write("tests/a.tftest.hcl", &direct);
    for command in ["test", "validate", "init"] {
        let run = stack.run(&[command]);
        assert_eq!(run.code, Some(1), "{command}: {}\n{}", run.stdout, run.stderr);
        assert!(run.stderr.contains("source of a module that is run is written out"));
    }
}
