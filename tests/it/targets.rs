//! Plans that are limited to targets, or leave something out.

use serde_json::Value as Json;

use crate::support::terrace::Terrace;

const STACK: &str = r#"
resource "terraform_data" "a" {
  count = 2
}
resource "terraform_data" "b" {
  input = terraform_data.a[0].id
}
resource "terraform_data" "c" {
  count = 2
  input = terraform_data.a[1].id
}
module "m" {
  source   = "./m"
  for_each = toset(["x", "y"])
  in       = terraform_data.b.id
}
module "n" {
  source = "./m"
  in     = module.m["x"].out
}
output "oa" {
  value = terraform_data.a[0].id
}
output "oab" {
  value = [terraform_data.a[0].id, terraform_data.b.id]
}
output "none" {
  value = "x"
}
"#;

const MODULE: &str = r#"
variable "in" {}
resource "terraform_data" "r" {
  count = 2
  input = var.in
}
resource "terraform_data" "s" {
  input = terraform_data.r[0].id
}
output "out" {
  value = terraform_data.s.id
}
"#;

/// What OpenTofu plans to create, without `terraform_data.`, as words.
const PLANNED: &[(&str, &str)] = &[
    ("-target=terraform_data.a", "a[0] a[1]"),
    ("-target=terraform_data.a[0]", "a[0]"),
    ("-target=terraform_data.c[1]", "a[0] a[1] c[1]"),
    ("-target=terraform_data.b", "a[0] a[1] b"),
    (
        "-target=module.m",
        "a[0] a[1] b module.m[\"x\"].r[0] module.m[\"x\"].r[1] module.m[\"x\"].s module.m[\"y\"].r[0] module.m[\"y\"].r[1] module.m[\"y\"].s",
    ),
    (
        "-target=module.m[\"x\"]",
        "a[0] a[1] b module.m[\"x\"].r[0] module.m[\"x\"].r[1] module.m[\"x\"].s",
    ),
    // OpenTofu finds no instance of the module that has no key, and plans only what they need.
    (
        "-target=module.m.terraform_data.r",
        "a[0] a[1] b module.m[\"x\"].r[0] module.m[\"x\"].r[1] module.m[\"y\"].r[0] \
         module.m[\"y\"].r[1]",
    ),
    (
        "-target=module.m[\"x\"].terraform_data.r",
        "a[0] a[1] b module.m[\"x\"].r[0] module.m[\"x\"].r[1]",
    ),
    ("-target=module.m[\"x\"].terraform_data.r[1]", "a[0] a[1] b module.m[\"x\"].r[1]"),
    (
        "-target=module.m[\"y\"].terraform_data.s",
        "a[0] a[1] b module.m[\"x\"].r[0] module.m[\"x\"].r[1] module.m[\"y\"].r[0] module.m[\"y\"].r[1] module.m[\"y\"].s",
    ),
    (
        "-target=module.n",
        "a[0] a[1] b module.m[\"x\"].r[0] module.m[\"x\"].r[1] module.m[\"x\"].s module.m[\"y\"].r[0] module.m[\"y\"].r[1] module.m[\"y\"].s module.n.r[0] module.n.r[1] module.n.s",
    ),
    ("-exclude=terraform_data.a", ""),
    ("-exclude=terraform_data.a[0]", "a[1]"),
    ("-exclude=terraform_data.a[1]", "a[0]"),
    (
        "-exclude=terraform_data.c[1]",
        "a[0] a[1] b c[0] module.m[\"x\"].r[0] module.m[\"x\"].r[1] module.m[\"x\"].s module.m[\"y\"].r[0] module.m[\"y\"].r[1] module.m[\"y\"].s module.n.r[0] module.n.r[1] module.n.s",
    ),
    ("-exclude=terraform_data.b", "a[0] a[1] c[0] c[1]"),
    ("-exclude=module.m", "a[0] a[1] b c[0] c[1]"),
    ("-exclude=module.m[\"x\"]", "a[0] a[1] b c[0] c[1] module.m[\"y\"].r[0] module.m[\"y\"].r[1]"),
    ("-exclude=module.m[\"y\"]", "a[0] a[1] b c[0] c[1] module.m[\"x\"].r[0] module.m[\"x\"].r[1]"),
    (
        "-exclude=module.m[\"x\"].terraform_data.r",
        "a[0] a[1] b c[0] c[1] module.m[\"y\"].r[0] module.m[\"y\"].r[1]",
    ),
    (
        "-exclude=module.m[\"x\"].terraform_data.r[1]",
        "a[0] a[1] b c[0] c[1] module.m[\"x\"].r[0] module.m[\"y\"].r[0] module.m[\"y\"].r[1]",
    ),
    (
        "-exclude=module.m[\"x\"].terraform_data.r[0]",
        "a[0] a[1] b c[0] c[1] module.m[\"x\"].r[1] module.m[\"y\"].r[0] module.m[\"y\"].r[1]",
    ),
    (
        "-exclude=module.m[\"y\"].terraform_data.s",
        "a[0] a[1] b c[0] c[1] module.m[\"x\"].r[0] module.m[\"x\"].r[1] module.m[\"x\"].s module.m[\"y\"].r[0] module.m[\"y\"].r[1]",
    ),
    (
        "-exclude=module.n",
        "a[0] a[1] b c[0] c[1] module.m[\"x\"].r[0] module.m[\"x\"].r[1] module.m[\"x\"].s module.m[\"y\"].r[0] module.m[\"y\"].r[1] module.m[\"y\"].s",
    ),
    (
        "-exclude=module.n.terraform_data.s",
        "a[0] a[1] b c[0] c[1] module.m[\"x\"].r[0] module.m[\"x\"].r[1] module.m[\"x\"].s module.m[\"y\"].r[0] module.m[\"y\"].r[1] module.m[\"y\"].s module.n.r[0] module.n.r[1]",
    ),
    ("-target=module.m[\"z\"]", "a[0] a[1] b"),
    ("-target=terraform_data.a[7]", ""),
    (
        "-exclude=terraform_data.zz",
        "a[0] a[1] b c[0] c[1] module.m[\"x\"].r[0] module.m[\"x\"].r[1] module.m[\"x\"].s module.m[\"y\"].r[0] module.m[\"y\"].r[1] module.m[\"y\"].s module.n.r[0] module.n.r[1] module.n.s",
    ),
    ("-target=terraform_data.zz", ""),
];

fn stack() -> Terrace {
    Terrace::sandbox(&[("main.tf", STACK), ("m/main.tf", MODULE)])
}

fn plan(stack: &Terrace, flags: &[&str]) -> Json {
    stack.ok(&[&["plan", "-out=plan"], flags].concat());
    serde_json::from_str(&stack.ok(&["show", "-json", "plan"]).stdout).unwrap()
}

/// What a plan changes, without `terraform_data.`.
fn changed(plan: &Json) -> Vec<String> {
    let changes = plan["resource_changes"].as_array().unwrap().iter();
    let changes = changes.filter(|it| it["change"]["actions"][0] != "no-op");
    let addresses = changes.map(|it| it["address"].as_str().unwrap());
    let mut found: Vec<String> = addresses.map(|it| it.replace("terraform_data.", "")).collect();
    found.sort();
    found
}

fn outputs(plan: &Json) -> Vec<&str> {
    let changes = plan["output_changes"].as_object().unwrap().iter();
    let changes = changes.filter(|(_, it)| it["actions"][0] != "no-op");
    changes.map(|(name, _)| name.as_str()).collect()
}

#[test]
fn a_limited_plan_covers_what_it_does_elsewhere() {
    let stack = stack();
    for (flag, expected) in PLANNED {
        let mut expected: Vec<&str> = expected.split_whitespace().collect();
        expected.sort_unstable();
        assert_eq!(changed(&plan(&stack, &[flag])), expected, "{flag}");
    }
}

#[test]
fn outputs_follow_what_they_need() {
    let stack = stack();
    for (flag, expected) in [
        ("-target=terraform_data.a", vec!["oa"]),
        ("-target=terraform_data.b", vec!["oa", "oab"]),
        ("-target=terraform_data.c[0]", vec!["oa"]),
        ("-exclude=terraform_data.b", vec!["oa"]),
    ] {
        assert_eq!(outputs(&plan(&stack, &[flag])), expected, "{flag}");
    }
}

#[test]
fn what_is_left_out_stays_as_it_is() {
    let stack = stack();
    stack.ok(&["apply", "-auto-approve", "-target=terraform_data.a[0]"]);
    let told = stack.ok(&["state", "list"]).stdout;
    assert_eq!(told, "terraform_data.a[0]\n");
    stack.ok(&["apply", "-auto-approve"]);
    stack.ok(&["plan", "-detailed-exitcode"]);
    stack.write("m/main.tf", &MODULE.replace("input = var.in", "input = [var.in]"));
    let one = plan(&stack, &["-target=module.m[\"y\"].terraform_data.r[1]"]);
    assert_eq!(changed(&one), ["module.m[\"y\"].r[1]"]);
    stack.ok(&["apply", "plan"]);
    let rest = ["module.m[\"x\"].r[0]", "module.m[\"x\"].r[1]", "module.m[\"y\"].r[0]"];
    let all = [&rest[..], &["module.n.r[0]", "module.n.r[1]"]].concat();
    assert_eq!(changed(&plan(&stack, &[])), all);
    let some = plan(&stack, &["-exclude=module.n"]);
    assert_eq!(changed(&some), rest);
    // Instances that are no more are left, too, unless they are meant.
    stack.write("main.tf", &STACK.replacen("count = 2", "count = 1", 1).replace("a[1]", "a[0]"));
    stack.write("m/main.tf", MODULE);
    let other = plan(&stack, &["-target=terraform_data.a[0]"]);
    assert_eq!(changed(&other), [""; 0]);
    let gone = plan(&stack, &["-target=terraform_data.a[1]"]);
    assert_eq!(changed(&gone), ["a[1]"]);
}

#[test]
fn what_is_destroyed_is_limited_too() {
    let stack = stack();
    stack.ok(&["apply", "-auto-approve"]);
    let one = plan(&stack, &["-destroy", "-target=module.m[\"y\"].terraform_data.r[1]"]);
    let inside = ["module.m[\"y\"].r[1]", "module.m[\"y\"].s"];
    let outside = ["module.n.r[0]", "module.n.r[1]", "module.n.s"];
    assert_eq!(changed(&one), [&inside[..], &outside].concat());
    let kept = plan(&stack, &["-destroy", "-exclude=module.m"]);
    let all = ["c[0]", "c[1]", "module.n.r[0]", "module.n.r[1]", "module.n.s"];
    assert_eq!(changed(&kept), all);
}

#[test]
fn limits_are_read_from_files() {
    let stack = stack();
    stack.write("some", "# The first.\nterraform_data.b\n\n  # More.\nmodule.n.terraform_data.s\n");
    let found = changed(&plan(&stack, &["-target-file=some", "-target=terraform_data.c[0]"]));
    assert!(found.contains(&"c[0]".to_string()) && found.contains(&"module.n.s".to_string()));
    assert!(!found.contains(&"c[1]".to_string()), "{found:?}");
    let found = changed(&plan(&stack, &["-exclude-file=some"]));
    assert_eq!(found, ["a[0]", "a[1]", "c[0]", "c[1]"]);
    stack.write("some", "terraform_data.b\nnot an address\n");
    let told = stack.fails(&["plan", "-target-file=some"]);
    assert!(told.contains("Invalid -target-file") && told.contains("some, line 2"), "{told}");
    let told = stack.fails(&["apply", "-exclude-file=none"]);
    assert!(
        told.contains("Invalid -exclude-file") && told.contains("none cannot be read"),
        "{told}"
    );
    for flags in [
        ["-target=terraform_data.b", "-exclude=terraform_data.c"],
        ["-target-file=some", "-exclude=terraform_data.c"],
        ["-target=terraform_data.b", "-exclude-file=some"],
    ] {
        let told = stack.fails(&[&["plan"], &flags[..]].concat());
        assert!(told.contains("cannot be used with"), "{told}");
    }
}
