//! `terrace test`: what runs of other modules are given, and what assertions may say.

use crate::support::terrace::Terrace;

/// What was said, as one line.
fn words(said: &str) -> String {
    let words = said.split_whitespace().filter(|it| *it != "|" && *it != "│");
    words.collect::<Vec<_>>().join(" ")
}

const OTHER: &str =
    "variable \"p\" {\n  type = list(string)\n}\noutput \"p\" {\n  value = var.p\n}\n";

const RUN: &str = "run \"other\" {\n  module {\n    source = \"./other\"\n  }\n  assert {\n    \
                   condition = output.p[0] == \"zz\"\n    error_message = \"wrong\"\n  }\n}\n";

#[test]
fn variables_may_be_those_of_the_modules_that_runs_name() {
    let files = [("main.tf", ""), ("other/main.tf", OTHER), ("tests/a.tftest.hcl", RUN)];
    let stack = Terrace::sandbox(&files);
    stack.ok(&["test", "-var", "p=[\"zz\"]"]);
    let told = words(&stack.fails(&["test", "-var", "q=1"]));
    assert!(told.contains("`q`, which is not declared"), "{told}");
    stack.write("terraform.tfvars", "p = [\"zz\"]\n");
    let told = stack.ok(&["test"]);
    assert!(!told.stderr.contains("undeclared"), "{}", told.stderr);
}

#[test]
fn assertions_name_what_there_is() {
    let main = "resource \"terraform_data\" \"x\" {\n  input = 1\n}\n";
    let assertion = |condition: &str, message: &str| {
        format!(
            "run \"a\" {{\n  assert {{\n    condition = {condition}\n    \
             error_message = {message}\n  }}\n}}\n"
        )
    };
    let stack = Terrace::sandbox(&[("main.tf", main)]);
    for (condition, message, told) in [
        ("terraform_data.nope.output == 1", "\"no\"", "There is no resource `terraform_data.nope`"),
        ("module.nope.x == 1", "\"no\"", "There is no module `nope`"),
        ("terraform_data.x.output == 2", "5", "Test assertion failed"),
        ("terraform_data.x.output == 2", "null", "its error message is null"),
    ] {
        stack.write("a.tftest.hcl", &assertion(condition, message));
        let run = stack.run(&["test"]);
        assert_eq!(run.code, Some(1));
        let said = words(&format!("{} {}", run.stdout, run.stderr));
        assert!(said.contains(told), "{said}");
        assert!(!said.contains("is not known"), "{said}");
    }
    stack.write("main.tf", "resource {\n");
    stack.write("a.tftest.hcl", "run \"a\" {\n  nonsense = 1\n}\n");
    let told = stack.fails(&["test"]);
    assert!(told.contains("main.tf") && told.contains("nonsense"), "{told}");
}
