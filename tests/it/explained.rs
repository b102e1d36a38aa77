//! Problems with expressions: what the references in them stand for, for people and in JSON.

use serde_json::{Value as Json, json};

use crate::support::terrace::Terrace;

fn stack(text: &str) -> Terrace {
    Terrace::sandbox(&[("main.tf", text)])
}

/// The diagnostics of `plan -json`.
fn told(stack: &Terrace, flags: &[&str]) -> Vec<Json> {
    let run = stack.run(&[&["plan", "-json"], flags].concat());
    let lines = run.stdout.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    lines.filter(|it| it["type"] == "diagnostic").map(|it| it["diagnostic"].clone()).collect()
}

fn values(diagnostic: &Json) -> Vec<String> {
    let values = diagnostic["snippet"]["values"].as_array().unwrap().iter();
    let shown = values.map(|it| {
        format!("{} {}", it["traversal"].as_str().unwrap(), it["statement"].as_str().unwrap())
    });
    shown.collect()
}

#[test]
fn the_values_in_a_failing_expression_are_told() {
    for (expression, expected) in [
        ("var.text + 1", vec!["var.text is \"x\""]),
        ("length(var.number)", vec!["var.number is 12"]),
        ("var.list[7]", vec!["var.list is list of number with 2 elements"]),
        ("var.object.nothing", vec!["var.object is object with 2 attributes"]),
        ("var.one.nothing", vec!["var.one is object with 1 attribute \"a\""]),
        ("var.empty[0]", vec!["var.empty is empty tuple"]),
        ("upper(var.map)", vec!["var.map is map of string with 1 element"]),
        ("var.null + var.bool", vec!["var.bool is true", "var.null is null"]),
        ("var.object.b + 1", vec!["var.object.b is \"deep\""]),
        ("[for each in var.list : each.x]", vec!["each is 1"]),
        // Nothing is said of secrets, nor of what has nothing to do with it.
        ("var.secret + 1", vec![]),
        ("upper([var.secret, var.text])", vec!["var.text is \"x\""]),
        ("[for it in var.secrets : it + 1]", vec![]),
        (
            "terraform_data.t.id + var.text",
            vec!["terraform_data.t.id is a string", "var.text is \"x\""],
        ),
    ] {
        let stack = stack(
            &format!(
                r#"
variable "text" {{ default = "x" }}
variable "number" {{ default = 12 }}
variable "list" {{ default = tolist([1, 2]) }}
variable "object" {{ default = {{ a = 1, b = "deep" }} }}
variable "one" {{ default = {{ a = 1 }} }}
variable "empty" {{ default = [] }}
variable "map" {{
  type    = map(string)
  default = {{ a = "b" }}
}}
variable "null" {{ default = null }}
variable "bool" {{ default = true }}
variable "secret" {{
  default   = "hunter2"
  sensitive = true
}}
variable "secrets" {{
  default   = ["hunter2"]
  sensitive = true
}}
resource "terraform_data" "t" {{}}
locals {{
  it = {expression}
}}
output "o" {{
  value     = local.it
  sensitive = true
}}
"#
            )
            .replace("tolist([1, 2]) }", "[1, 2]\n  type = list(number)\n}")
            .replace("variable \"list\" { ", "variable \"list\" {\n  "),
        );
        let found = told(&stack, &[]);
        assert_eq!(found.len(), 1, "{expression}: {found:#?}");
        assert_eq!(values(&found[0]), expected, "{expression}");
        let run = stack.run(&["plan"]);
        for line in expected {
            assert!(run.stderr.contains(line), "{expression}: {}", run.stderr);
        }
        assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
    }
}

#[test]
fn the_values_in_a_condition_are_told() {
    let stack = stack(
        r#"
variable "size" {
  default = 3
  validation {
    condition     = var.size > 1 + local.least
    error_message = "Too small."
  }
}
locals {
  least = 5
}
resource "terraform_data" "a" {
  for_each = toset(["x"])
  lifecycle {
    precondition {
      condition     = each.key == "y"
      error_message = "Not y."
    }
  }
}
"#,
    );
    let found = told(&stack, &[]);
    assert_eq!(values(&found[0]), ["local.least is 5", "var.size is 3"], "{found:#?}");
    assert_eq!(values(&found[1]), ["each.key is \"x\""], "{found:#?}");
    let text = stack.fails(&["plan"]);
    assert!(text.contains("local.least is 5") && text.contains("each.key is \"x\""), "{text}");
}

#[test]
fn why_a_number_of_instances_is_not_usable_is_told() {
    let start = "resource \"terraform_data\" \"t\" {}\nvariable \"s\" {\n  default = \"1\"\n  \
                 sensitive = true\n}\nvariable \"n\" {\n  default = \"some\"\n}\n";
    for (repetition, expected) in [
        (
            "count = length(terraform_data.t.id)",
            "terraform_data.t.id is a string, known only after apply",
        ),
        (
            "for_each = toset([terraform_data.t.id])",
            "terraform_data.t.id is a string, known only after apply",
        ),
        ("for_each = toset([var.s])", "var.s has a sensitive value"),
        ("count = var.n", "var.n is \"some\""),
    ] {
        let stack =
            stack(&format!("{start}resource \"terraform_data\" \"x\" {{\n  {repetition}\n}}\n"));
        let found = told(&stack, &[]);
        assert_eq!(values(&found[0]), [expected], "{found:#?}");
    }
}

#[test]
fn the_function_that_fails_is_told() {
    let stack = stack(
        "variable \"a\" {\n  default = \"x\"\n}\noutput \"o\" {\n  value = merge({}, var.a)\n}\n",
    );
    let found = told(&stack, &[]);
    let call = &found[0]["snippet"]["function_call"];
    assert_eq!(call["called_as"], "merge");
    assert_eq!(call["signature"]["name"], "merge");
    assert_eq!(call["signature"]["params"], json!([]));
    assert_eq!(call["signature"]["variadic_param"], json!({ "name": "maps", "type": "dynamic" }));
    assert_eq!(call["signature"]["return_type"], "dynamic");
    let text = stack.fails(&["plan"]);
    assert!(text.contains("while calling merge(maps...)"), "{text}");
    stack.write("main.tf", "output \"o\" {\n  value = uper(\"a\")\n}\n");
    let found = told(&stack, &[]);
    assert_eq!(found[0]["snippet"]["function_call"], json!({ "called_as": "uper" }));
}

#[test]
fn what_is_misspelt_is_guessed() {
    for (text, guess) in [
        ("output \"o\" {\n  value = uper(\"a\")\n}\n", "upper"),
        (
            "output \"o\" {\n  value = var.nmae\n}\nvariable \"name\" {\n  default = 1\n}\n",
            "`var.name`",
        ),
        ("output \"o\" {\n  value = local.nmae\n}\nlocals {\n  name = 1\n}\n", "`local.name`"),
        ("resource \"terraform_data\" \"a\" {\n  imput = 1\n}\n", "`input`"),
        ("resource \"terraform_data\" \"a\" {\n  lifecicle {}\n}\n", "`lifecycle`"),
        (
            "resource \"terraform_data\" \"a\" {\n  provisionr \"local-exec\" {}\n}\n",
            "`provisioner`",
        ),
        ("resource \"terraform_dat\" \"a\" {}\n", "`terraform_data`"),
        ("resourc \"terraform_data\" \"a\" {}\n", "`resource`"),
        ("variable \"a\" {\n  tpye = string\n}\n", "`type`"),
        ("variable \"a\" {\n  type = strng\n}\n", "`string`"),
        (
            "resource \"terraform_data\" \"a\" {}\noutput \"o\" {\n  value = terraform_data.a.outptu\n}\n",
            "`output`",
        ),
        (
            "resource \"terraform_data\" \"abc\" {}\noutput \"o\" {\n  value = terraform_data.acb.id\n}\n",
            "`terraform_data.abc`",
        ),
        (
            "variable \"v\" {\n  default = { name = 1 }\n}\noutput \"o\" {\n  value = var.v.nmae\n}\n",
            "`name`",
        ),
        ("output \"o\" {\n  value = path.modul\n}\n", "`path.module`"),
        (
            "resource \"terraform_data\" \"a\" {\n  count = 1\n  input = count.idx\n}\n",
            "count.index",
        ),
        (
            "resource \"terraform_data\" \"a\" {\n  for_each = {}\n  input = each.valeu\n}\n",
            "`each.value`",
        ),
    ] {
        let stack = stack(text);
        let told = stack.fails(&["plan"]);
        assert!(told.contains(guess), "{text}\n{told}");
    }
}

#[test]
fn a_second_place_is_shown() {
    let stack = stack("locals {\n  a = 1\n}\n");
    stack.write("other.tf", "locals {\n  a = 2\n}\n");
    let told = stack.fails(&["validate"]);
    assert!(told.contains("other.tf:2:3") && told.contains("main.tf:2:3"), "{told}");
    assert!(told.contains("first declared here"), "{told}");
}
