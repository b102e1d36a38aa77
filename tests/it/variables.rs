//! Variables: conditions on them that need other values, and values that are needed early.

use serde_json::Value as Json;

use crate::support::terrace::Terrace;

fn stack(text: &str) -> Terrace {
    Terrace::sandbox(&[("main.tf", text)])
}

/// The names of the resources in state.
fn names(stack: &Terrace) -> Vec<String> {
    let state: Json = serde_json::from_str(&stack.read("terraform.tfstate")).unwrap();
    let resources = state["resources"].as_array().unwrap().iter();
    resources.map(|it| it["name"].as_str().unwrap().to_string()).collect()
}

const CHECKED: &str = r#"
variable "a" {
  default = "x"
}
locals {
  l = "${var.a}!"
}
resource "terraform_data" "r" {
  input = "in"
}
variable "b" {
  default = "in"
  validation {
    condition     = var.b != local.l
    error_message = "It must not be ${local.l}."
  }
  validation {
    condition     = var.b == var.a || var.b != "bad" || terraform_data.r.id == ""
    error_message = "b is ${var.b}, r ${length(terraform_data.r.id)}."
  }
}
resource "terraform_data" "y" {
  input = "<${local.z}>"
}
locals {
  z = var.b
}
resource "terraform_data" "other" {
  input = "independent"
}
"#;

#[test]
fn a_validation_may_need_all_that_the_module_has() {
    let stack = stack(CHECKED);
    stack.ok(&["validate"]);
    let told = stack.fails(&["plan", "-var=b=x!"]);
    assert!(told.contains("It must not be x!."), "{told}");
    // What is known only while applying is checked before anything uses the variable.
    let told = stack.fails(&["apply", "-auto-approve", "-var=b=bad"]);
    assert!(told.contains("b is bad, r 36."), "{told}");
    assert_eq!(names(&stack), ["other", "r"]);
    stack.ok(&["apply", "-auto-approve", "-var=b=x"]);
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(names(&stack), ["other", "r", "y"]);
    let told = stack.fails(&["plan", "-var=b=bad"]);
    assert!(told.contains("b is bad, r 36."), "{told}");
}

#[test]
fn a_validation_in_a_module_is_checked_for_each_instance() {
    let stack = stack(
        "module \"m\" {\n  source = \"./m\"\n  for_each = toset([\"good\", \"bad\"])\n  it = each.key\n}\n",
    );
    stack.write(
        "m/main.tf",
        "variable \"it\" {\n  validation {\n    condition = var.it == data.terraform_data.ok.output\n    \
         error_message = \"No ${var.it}.\"\n  }\n}\n",
    );
    let told = stack.fails(&["validate"]);
    assert!(told.contains("terraform_data"), "{told}");
    stack.write(
        "m/main.tf",
        "variable \"it\" {\n  validation {\n    condition = var.it == terraform_data.ok.output\n    \
         error_message = \"No ${var.it}.\"\n  }\n}\n\
         resource \"terraform_data\" \"ok\" {\n  input = \"good\"\n}\n\
         resource \"terraform_data\" \"after\" {\n  input = var.it\n}\n",
    );
    let told = stack.fails(&["apply", "-auto-approve"]);
    assert!(told.contains("No bad.") && !told.contains("No good."), "{told}");
}

#[test]
fn a_validation_cannot_need_what_needs_the_variable() {
    let stack = stack(
        r#"
variable "b" {
  default = "in"
  validation {
    condition     = var.b == terraform_data.r.output
    error_message = "No."
  }
}
resource "terraform_data" "r" {
  input = var.b
}
"#,
    );
    let told = stack.fails(&["plan"]);
    assert!(told.contains("Dependency cycle") && told.contains("var.b"), "{told}");
}

#[test]
fn the_backend_may_depend_on_variables() {
    let backend = |variable: &str| {
        format!(
            "variable \"name\" {{\n  default = \"dev\"\n{variable}}}\nlocals {{\n  file = \
             \"${{var.name}}.tfstate\"\n}}\nterraform {{\n  backend \"local\" {{\n    path = \
             local.file\n  }}\n}}\nresource \"terraform_data\" \"a\" {{}}\n"
        )
    };
    let early = stack(&backend(""));
    early.ok(&["apply", "-auto-approve"]);
    assert!(early.path("dev.tfstate").exists());
    assert_eq!(early.ok(&["state", "list"]).stdout, "terraform_data.a\n");
    early.ok(&["apply", "-auto-approve", "-var=name=live"]);
    assert!(early.path("live.tfstate").exists());
    let told = early.ok(&["plan", "-detailed-exitcode"]).stdout;
    assert!(told.contains("No changes") || told.contains("nothing"), "{told}");
    let late = stack(&backend("  const = false\n"));
    let told = late.fails(&["plan"]);
    assert!(told.contains("Variable `name` is declared with `const = false`"), "{told}");
    let secret = stack(&backend("  sensitive = true\n"));
    let told = secret.fails(&["plan"]);
    assert!(told.contains("must not depend on sensitive or ephemeral values"), "{told}");
    let unknown = stack(&backend("").replace("${var.name}", "${terraform_data.a.id}"));
    let told = unknown.fails(&["plan"]);
    assert!(told.contains("Value not known early enough"), "{told}");
}

#[test]
fn a_constant_variable_must_be_known_early() {
    let stack = stack(
        "resource \"terraform_data\" \"a\" {}\nlocals {\n  k = \"x\"\n}\nmodule \"m\" {\n  source = \
         \"./m\"\n  it = local.k\n}\n",
    );
    stack.write("m/main.tf", "variable \"it\" {\n  const = true\n}\n");
    stack.ok(&["validate"]);
    stack.write("main.tf", &stack.read("main.tf").replace("\"x\"", "terraform_data.a.id"));
    let told = stack.fails(&["validate"]);
    assert!(told.contains("Value not known early enough"), "{told}");
}

#[test]
fn what_is_deprecated_is_told_when_it_is_used() {
    let stack = stack(
        r#"
variable "old" {
  default    = 1
  deprecated = "Use `new`."
}
module "m" {
  source = "./m"
  gone   = 1
}
output "o" {
  value = module.m.late
}
"#,
    );
    stack.write(
        "m/main.tf",
        "variable \"gone\" {\n  default = 1\n  deprecated = \"No more.\"\n}\noutput \"late\" {\n  \
         value = 1\n  deprecated = \"Gone soon.\"\n}\n",
    );
    let told = stack.ok(&["plan"]).stderr;
    assert!(told.contains("Variable `gone` of `m` is deprecated: No more."), "{told}");
    assert!(told.contains("Output `late` of `m` is deprecated: Gone soon."), "{told}");
    assert!(!told.contains("`old`"), "{told}");
    let told = stack.ok(&["plan", "-var=old=2"]).stderr;
    assert!(told.contains("Variable `old` is deprecated: Use `new`."), "{told}");
}
