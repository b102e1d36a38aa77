//! What plans, applies and changes of state must not lose.

use serde_json::{Value as Json, json};

use crate::support::terrace::Terrace;

const OUTPUTS: &str = r#"
resource "terraform_data" "a" {
  input = "x"
}
resource "terraform_data" "b" {
  input = "y"
}
output "s" {
  value = "static"
}
output "a" {
  value = terraform_data.a.output
}
output "b" {
  value = terraform_data.b.output
}
"#;

fn outputs(stack: &Terrace) -> Json {
    let outputs: Json = serde_json::from_str(&stack.ok(&["output", "-json"]).stdout).unwrap();
    let values = outputs.as_object().unwrap().iter();
    values.map(|(name, it)| (name.clone(), it["value"].clone())).collect()
}

fn listed(stack: &Terrace) -> Vec<String> {
    stack.ok(&["state", "list"]).stdout.lines().map(str::to_string).collect()
}

#[test]
fn objects_are_not_moved_into_one() {
    let text = "resource \"terraform_data\" \"a\" {\n  count = 2\n}\nresource \"terraform_data\" \
                \"one\" {}\nmodule \"m\" {\n  source = \"./m\"\n  count  = 2\n}\n";
    let inside = "resource \"terraform_data\" \"z\" {}\n";
    let stack = Terrace::sandbox(&[("main.tf", text), ("m/main.tf", inside)]);
    stack.ok(&["apply", "-auto-approve"]);
    let before = listed(&stack);
    assert_eq!(before.len(), 5);
    for (from, to) in [
        ("terraform_data.a", "terraform_data.r[\"k\"]"),
        ("terraform_data.a", "terraform_data.one"),
        ("terraform_data.a[0]", "terraform_data.a[1]"),
        ("terraform_data.a[0]", "module.m"),
        ("module.m", "module.o"),
        ("module.m[0]", "module.m[1]"),
        ("module.m[0]", "terraform_data.q"),
        ("module.m.terraform_data.z", "terraform_data.q"),
        ("terraform_data.a[0]", "null_resource.a"),
    ] {
        stack.fails(&["state", "mv", from, to]);
        assert_eq!(listed(&stack), before, "{from} {to}");
    }
    for (from, to, place) in [
        ("terraform_data.a", "terraform_data.r", "terraform_data.r[1]"),
        ("terraform_data.one", "terraform_data.r[\"k\"]", "terraform_data.r[\"k\"]"),
        ("terraform_data.r[0]", "terraform_data.single", "terraform_data.single"),
        ("module.m[0]", "module.o", "module.o.terraform_data.z"),
        ("module.m[1]", "module.p[\"k\"]", "module.p[\"k\"].terraform_data.z"),
    ] {
        stack.ok(&["state", "mv", from, to]);
        assert!(listed(&stack).iter().any(|it| it == place), "{place}");
        assert_eq!(listed(&stack).len(), 5);
    }
}

#[test]
fn a_limited_destroy_leaves_the_outputs() {
    for flag in ["-target=terraform_data.b", "-exclude=terraform_data.b"] {
        let stack = Terrace::sandbox(&[("main.tf", OUTPUTS)]);
        stack.ok(&["apply", "-auto-approve"]);
        let before = outputs(&stack);
        stack.ok(&["plan", "-destroy", "-out=plan", flag]);
        let plan: Json =
            serde_json::from_str(&stack.ok(&["show", "-json", "plan"]).stdout).unwrap();
        assert_eq!(plan["output_changes"].as_object().map_or(0, |it| it.len()), 0, "{flag}");
        stack.ok(&["destroy", "-auto-approve", flag]);
        assert_eq!(outputs(&stack), before, "{flag}");
        assert_eq!(listed(&stack).len(), 1);
        stack.ok(&["destroy", "-auto-approve"]);
        assert_eq!(outputs(&stack), json!({}));
    }
}

#[test]
fn a_limited_apply_leaves_outputs_that_are_not_declared() {
    let stack = Terrace::sandbox(&[("main.tf", OUTPUTS)]);
    stack.ok(&["apply", "-auto-approve"]);
    let before = outputs(&stack);
    stack.write("main.tf", &OUTPUTS.replace("\"s\"", "\"t\"").replace("static", "other"));
    stack.ok(&["apply", "-auto-approve", "-target=terraform_data.b"]);
    assert_eq!(outputs(&stack), before);
    stack.ok(&["apply", "-auto-approve", "-exclude=terraform_data.b"]);
    assert_eq!(outputs(&stack), before);
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(outputs(&stack), json!({ "a": "x", "b": "y", "t": "other" }));
}

const INSTANCES: &str = r#"
variable "n" {
  type = number
}
resource "terraform_data" "x" {
  count = var.n
  input = "v${count.index}"
}
resource "terraform_data" "y" {
  for_each = var.n == 1 ? toset(["a"]) : toset(["a", "b", "c"])
}
resource "terraform_data" "b" {}
output "x" {
  value = terraform_data.x[*].output
}
output "len" {
  value = length(terraform_data.x)
}
output "y" {
  value = [for key, it in terraform_data.y : key]
}
output "n" {
  value = "${var.n} ${terraform_data.b.id == ""}"
}
"#;

#[test]
fn a_limited_plan_sees_the_instances_that_are_there() {
    let stack = Terrace::sandbox(&[("main.tf", INSTANCES)]);
    stack.ok(&["apply", "-auto-approve", "-var=n=1"]);
    let one = json!({ "x": ["v0"], "len": 1, "y": ["a"], "n": "1 false" });
    assert_eq!(outputs(&stack), one);
    stack.ok(&["apply", "-auto-approve", "-var=n=3", "-target=terraform_data.x[1]"]);
    let two = json!({ "x": ["v0", "v1"], "len": 2, "y": ["a"], "n": "1 false" });
    assert_eq!(outputs(&stack), two);
    let again = ["plan", "-var=n=3", "-target=terraform_data.x[1]", "-detailed-exitcode"];
    stack.ok(&again);
    stack.ok(&["apply", "-auto-approve", "-var=n=3", "-target=terraform_data.y[\"c\"]"]);
    let three = json!({ "x": ["v0", "v1"], "len": 2, "y": ["a", "c"], "n": "1 false" });
    assert_eq!(outputs(&stack), three);
    // What is not covered is not destroyed, and its outputs stay.
    stack.ok(&["apply", "-auto-approve", "-var=n=1", "-target=terraform_data.b"]);
    let named = json!({ "x": ["v0", "v1"], "len": 2, "y": ["a", "c"], "n": "1 false" });
    assert_eq!(outputs(&stack), named);
    stack.ok(&["apply", "-auto-approve", "-var=n=1", "-target=terraform_data.x"]);
    assert_eq!(outputs(&stack)["x"], json!(["v0"]));
}

#[test]
fn outputs_that_could_not_be_made_keep_their_value() {
    let text = r#"
variable "v" {}
resource "terraform_data" "a" {
  triggers_replace = var.v
  provisioner "local-exec" {
    command = "test ${var.v} = 1"
  }
}
resource "terraform_data" "c" {
  input = var.v
}
output "a" {
  value = terraform_data.a.id
}
output "c" {
  value = terraform_data.c.output
}
"#;
    let stack = Terrace::sandbox(&[("main.tf", text)]);
    stack.fails(&["apply", "-auto-approve", "-var=v=2"]);
    assert_eq!(outputs(&stack), json!({ "c": "2" }));
    stack.ok(&["apply", "-auto-approve", "-var=v=1"]);
    let id = outputs(&stack)["a"].clone();
    stack.fails(&["apply", "-auto-approve", "-var=v=3"]);
    assert_eq!(outputs(&stack), json!({ "a": id, "c": "3" }));
}

#[test]
fn outputs_whose_precondition_fails_are_not_stored() {
    let text = r#"
resource "terraform_data" "a" {}
module "m" {
  source = "./m"
  id     = terraform_data.a.id
}
output "p" {
  value = terraform_data.a.id
  precondition {
    condition     = terraform_data.a.id == ""
    error_message = "It has an id."
  }
}
output "m" {
  value = module.m.p
}
output "q" {
  value = 1
}
"#;
    let inside = "variable \"id\" {}\noutput \"p\" {\n  value = 1\n  precondition {\n    condition = \
                  var.id == \"\"\n    error_message = \"Not here.\"\n  }\n}\n";
    let stack = Terrace::sandbox(&[("main.tf", text), ("m/main.tf", inside)]);
    let told = stack.fails(&["apply", "-auto-approve"]);
    assert!(told.contains("It has an id.") && told.contains("Not here."), "{told}");
    assert_eq!(outputs(&stack), json!({ "q": 1 }));
}

#[test]
fn ignoring_a_key_that_nothing_has_adds_nothing() {
    let text = |value: u8, lifecycle: &str| {
        format!(
            "resource \"terraform_data\" \"a\" {{\n  input = {{ a = {value}, b = 1 }}\n  {lifecycle}\n}}\n\
             output \"a\" {{\n  value = terraform_data.a.output\n}}\n"
        )
    };
    let stack = Terrace::sandbox(&[("main.tf", &text(1, ""))]);
    stack.ok(&["apply", "-auto-approve"]);
    let ignored = "lifecycle {\n    ignore_changes = [input[\"zzz\"], input.b]\n  }";
    stack.write("main.tf", &text(2, ignored));
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(outputs(&stack), json!({ "a": { "a": 2, "b": 1 } }));
}

#[test]
fn refreshing_reads_data_sources_again() {
    let other = "output \"x\" {\n  value = 3\n}\n";
    let text = r#"
resource "terraform_data" "n" {
  count = 2
}
data "terraform_remote_state" "d" {
  backend = "local"
  config  = { path = "other/terraform.tfstate" }
}
data "local_file" "f" {
  filename = "f.txt"
}
locals {
  x = data.terraform_remote_state.d.outputs.x
}
output "x" {
  value = local.x
}
output "f" {
  value = data.local_file.f.content
}
output "n" {
  value = length(terraform_data.n)
}
"#;
    let source = Terrace::sandbox(&[("main.tf", other)]);
    source.ok(&["apply", "-auto-approve"]);
    let stack = Terrace::sandbox(&[("main.tf", text), ("f.txt", "one")]);
    let copy = || stack.write("other/terraform.tfstate", &source.read("terraform.tfstate"));
    copy();
    stack.ok(&["apply", "-auto-approve"]);
    stack.ok(&["plan", "-refresh-only", "-detailed-exitcode"]);
    source.write("main.tf", &other.replace('3', "4"));
    source.ok(&["apply", "-auto-approve"]);
    copy();
    stack.write("f.txt", "two");
    assert_eq!(stack.run(&["plan", "-refresh-only", "-detailed-exitcode"]).code, Some(2));
    stack.ok(&["apply", "-refresh-only", "-auto-approve", "-target=data.local_file.f"]);
    assert_eq!(outputs(&stack), json!({ "x": 3, "f": "two", "n": 2 }));
    stack.ok(&["refresh"]);
    assert_eq!(outputs(&stack), json!({ "x": 4, "f": "two", "n": 2 }));
    assert!(stack.read("terraform.tfstate").contains("\"content\": \"two\""));
    // Instances that are still to be made are not seen; data sources that are gone are dropped.
    let text = text.replace("count = 2", "count = 3").replace("local_file", "terraform_data");
    let text = text.replace("data \"terraform_data\"", "resource \"terraform_data\"");
    let text =
        text.replace("filename = \"f.txt\"", "").replace("data.terraform_data.f.content", "1");
    stack.write("main.tf", &text);
    stack.ok(&["apply", "-refresh-only", "-auto-approve"]);
    assert_eq!(outputs(&stack), json!({ "x": 4, "f": 1, "n": 2 }));
    assert!(!listed(&stack).iter().any(|it| it == "data.local_file.f"));
}
