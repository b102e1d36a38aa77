//! What can be referred to: where OpenTofu refuses a reference before evaluating, and where it does not.

use crate::support::terrace::Terrace;

const DECLARED: &str = r#"
module "child" {
  source = "./child"
}

module "each" {
  source   = "./child"
  for_each = toset(["a", "0"])
}

module "cnt" {
  source = "./child"
  count  = 2
}

resource "terraform_data" "one" {
  input = "one"
}

resource "terraform_data" "each" {
  for_each = { "0" = "e0", a = "ea" }
  input    = each.value
}

resource "terraform_data" "cnt" {
  count = 2
  input = "c${count.index}"
}

locals {
  number = 0
}
"#;

const CHILD: &str =
    "output \"x\" {\n  value = \"in!\"\n}\noutput \"o\" {\n  value = { a = 1 }\n}\n";

/// A stack with an output for each expression, `o0` at the second line of `main.tf`.
fn stack(expressions: &[&str]) -> Terrace {
    let output = |(at, it): (usize, &&str)| format!("output \"o{at}\" {{\n  value = {it}\n}}\n");
    let text: String = expressions.iter().enumerate().map(output).collect();
    Terrace::sandbox(&[("main.tf", &text), ("declared.tf", DECLARED), ("child/main.tf", CHILD)])
}

#[test]
fn keys_and_what_is_tried_are_looked_at_when_evaluating() {
    let cases = [
        ("try(module.child.nope, \"d\")", "d"),
        ("can(module.child.nope)", "false"),
        ("core::try(module.each[\"a\"].nope, \"d\")", "d"),
        ("try(module.cnt[0].nope, 1)", "1"),
        ("try(module.each[\"zz\"].x, \"d\")", "d"),
        ("try(module.each.x, \"d\")", "d"),
        ("try(module.each.a.x, \"d\")", "in!"),
        ("try(module.cnt.x, \"d\")", "d"),
        ("terraform_data.each[0].input", "e0"),
        ("try(terraform_data.each[5].input, \"d\")", "d"),
        ("module.each[0].x", "in!"),
        ("terraform_data.cnt[\"0\"].input", "c0"),
        ("terraform_data.cnt[\"01\"].input", "c1"),
        ("terraform_data.cnt[\"0.0\"].input", "c0"),
        ("try(terraform_data.cnt[\"x\"].input, 1)", "1"),
        ("module.cnt[\"0\"].x", "in!"),
        ("module.child[\"x\"]", "in!"),
        ("try(module.child[\"nope\"], 1)", "1"),
        ("try(module.child[0].x, 1)", "1"),
        ("try(terraform_data.one.input.x, \"d\")", "d"),
        ("try(terraform_data.cnt[5].input, 1)", "1"),
        ("try(terraform_data.cnt[local.number].nope, 1)", "1"),
        ("try(terraform_data.cnt[*].nope, 1)", "1"),
        ("try(terraform_data.cnt[-1].input, 1)", "1"),
        ("terraform_data.cnt[local.number][\"input\"]", "c0"),
        ("module.cnt[local.number][\"x\"]", "in!"),
        ("try(module.cnt[*].nope, 3)", "3"),
    ];
    let stack = stack(&cases.map(|(expression, _)| expression));
    stack.ok(&["validate"]);
    stack.ok(&["apply", "-auto-approve"]);
    let outputs: serde_json::Value =
        serde_json::from_str(&stack.ok(&["output", "-json"]).stdout).unwrap();
    for (at, (expression, expected)) in cases.iter().enumerate() {
        let value = &outputs[format!("o{at}")]["value"];
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_string);
        assert_eq!(shown, *expected, "{expression}");
    }
    let planned = stack.ok(&["plan"]).stdout;
    assert!(planned.contains("No changes"), "{planned}");
}

#[test]
fn what_a_type_cannot_have_is_refused_also_where_it_is_tried() {
    let cases = [
        "try(terraform_data.one.nope, \"d\")",
        "can(terraform_data.one.nope)",
        "try(terraform_data.one.id.x, \"d\")",
        "try(terraform_data.cnt[0].nope, 1)",
        "try(terraform_data.one.count, 1)",
        "[for x in [] : terraform_data.one.nope]",
        "false && terraform_data.one.nope",
        "terraform_data.each[\"a\"][\"input\"]",
        "terraform_data.cnt[\"a\"][\"input\"]",
        "module.each[\"a\"][\"x\"]",
        "module.cnt[0][\"x\"]",
        "terraform_data.one[\"input\"]",
        "try(terraform_data.one[0].input, 1)",
        "try(terraform_data.cnt.input, 1)",
        "try(terraform_data.each.a.input, 1)",
        "terraform_data.cnt[true].input",
        "try(terraform_data.cnt[1.5].input, 1)",
        "try(terraform_data.nope.id, 1)",
        "try(module.nope.id, 1)",
        "try(var.nope, 1)",
        "module.child.nope",
    ];
    for command in ["validate", "plan"] {
        for expression in cases {
            let error = stack(&[expression]).fails(&[command]);
            assert!(error.contains("main.tf:2:"), "{command} {expression}: {error}");
            assert_eq!(error.matches("error: ").count(), 1, "{command} {expression}: {error}");
        }
    }
}

#[test]
fn keys_that_no_instance_has_are_refused_by_plan() {
    for expression in [
        "module.each[\"zz\"].x",
        "module.each[5].x",
        "terraform_data.each[7].input",
        "terraform_data.cnt[5].input",
        "terraform_data.cnt[\"x\"].input",
        "terraform_data.cnt[-1].input",
        "module.child[\"nope\"]",
        "module.child[0].x",
    ] {
        let error = stack(&[expression]).fails(&["plan"]);
        assert!(error.contains("main.tf:2:"), "{expression}: {error}");
    }
}
