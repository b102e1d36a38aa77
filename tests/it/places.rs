//! Problems with all the places that explain them, told once, in order, and without secrets.

use serde_json::Value as Json;

use crate::support::terrace::{Terrace, filters};

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    for (pattern, replacement) in filters() {
        settings.add_filter(pattern, replacement);
    }
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!(format!("places_{name}"), text));
}

/// What the command says of files that it refuses.
fn refused(name: &str, files: &[(&str, &str)], arguments: &[&str]) {
    snapshot(name, &Terrace::sandbox(files).fails(arguments));
}

#[test]
fn declarations() {
    let text = r#"variable "size" {}

variable "size" {}

locals {
  a = local.sise
  b = var.siez
  c = module.wrok.id
  d = terraform_data.amin.id
  e = var.inner
  f = module.work.inner
  g = module.work.reslt
  h = [local.h]
  size = 1
}

resource "terraform_data" "main" {
  count    = 1
  for_each = {}
  input    = terraform_data.main
}

module "work" {
  source = "./work"
  sizes  = 1
  other  = 2
}
"#;
    let inner = r#"variable "size" {}

variable "inner" {
  default = 1
}

output "result" {
  value = var.inner
}
"#;
    refused("declarations", &[("main.tf", text), ("work/main.tf", inner)], &["validate"]);
}

#[test]
fn values_and_types() {
    let text = r#"variable "size" {
  type = number

  validation {
    condition     = var.size > 3
    error_message = "Too small."
  }
}

variable "password" {
  type      = map(number)
  sensitive = true
}

locals {
  either = var.size > 1 ? ["a"] : { a = 1 }
}

module "work" {
  source = "./work"
  names  = { a = 1 }
  level  = 9
}
"#;
    let inner = r#"variable "names" {
  type = list(string)
}

variable "level" {
  default = 1

  validation {
    condition     = var.level < 5
    error_message = "Too high."
  }
}
"#;
    let small = "size = \"x\"\npassword = { hidden = \"s3cr3t\" }\n";
    let files = [("main.tf", text), ("work/main.tf", inner), ("terraform.tfvars", small)];
    refused("types", &files, &["validate"]);
    let text = text.replace("names  = { a = 1 }", "names  = []");
    let text = text.replace("{ a = 1 }", "[]");
    let files = [("main.tf", text.as_str()), ("work/main.tf", inner), ("terraform.tfvars", small)];
    refused("given", &files, &["plan"]);
    let fine = "size = 1\npassword = {}\n";
    let files = [("main.tf", text.as_str()), ("work/main.tf", inner), ("terraform.tfvars", fine)];
    refused("validations", &files, &["plan"]);
}

#[test]
fn origins() {
    let text = r#"variable "password" {
  default   = "s3cr3t"
  sensitive = true
}

resource "terraform_data" "a" {
  input = timestamp()
}

locals {
  count  = module.work.result
  secret = "${var.password}!"
}

resource "terraform_data" "b" {
  count = local.count
}

resource "terraform_data" "c" {
  for_each = toset([local.secret])
}

module "work" {
  source = "./work"
  input  = terraform_data.a.id
}

output "shown" {
  value = local.secret
}
"#;
    let inner = r#"variable "input" {}

output "result" {
  value = length(var.input)
}
"#;
    refused("origins", &[("main.tf", text), ("work/main.tf", inner)], &["plan"]);
}

#[test]
fn circles() {
    let text = r#"locals {
  first = module.work.result
}

module "work" {
  source = "./work"
  input  = local.first
}
"#;
    let inner = r#"variable "input" {}

output "result" {
  value = var.input
}
"#;
    refused("circles", &[("main.tf", text), ("work/main.tf", inner)], &["validate"]);
    let calls = "module \"b\" {\n  source = \"../b\"\n}\n";
    let back = "module \"a\" {\n  source = \"../a\"\n}\n";
    let root = "module \"a\" {\n  source = \"./a\"\n}\n";
    let files = [("main.tf", root), ("a/main.tf", calls), ("b/main.tf", back)];
    refused("module_circles", &files, &["validate"]);
}

#[test]
fn destruction() {
    let text = r#"resource "terraform_data" "a" {
  triggers_replace = 1

  lifecycle {
    prevent_destroy = true
  }
}
"#;
    let terrace = Terrace::sandbox(&[("main.tf", text)]);
    terrace.ok(&["apply", "-auto-approve"]);
    terrace.write("main.tf", &text.replace("= 1", "= 2"));
    snapshot("replaced", &terrace.fails(&["plan"]));
    snapshot("destroyed", &terrace.fails(&["plan", "-destroy"]));
    let moved = "moved {\n  from = terraform_data.a\n  to   = terraform_data.b\n}\n";
    terrace.write("main.tf", &format!("{text}\nresource \"terraform_data\" \"b\" {{}}\n\n{moved}"));
    snapshot("moved", &terrace.fails(&["plan"]));
}

const MANY: &str = r#"variable "list" {
  default = ["a"]
}

resource "terraform_data" "a" {
  count = 1000
  input = var.list[count.index]
}
"#;

#[test]
fn the_same_problem_of_many_instances_is_told_once() {
    let terrace = Terrace::sandbox(&[("main.tf", MANY)]);
    let told = |flags: &[&str]| terrace.run(&[&["plan"], flags].concat()).stderr;
    snapshot("many", &told(&[]));
    let count = |text: &str| text.matches("error: Invalid index").count();
    assert_eq!(count(&told(&["-consolidate-errors=false"])), 999);
    assert_eq!(count(&told(&["-consolidate-errors"])), 1);
    let json = terrace.run(&["plan", "-json"]).stdout;
    let lines = json.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let addresses = lines.filter_map(|it| it["diagnostic"]["address"].as_str().map(str::to_string));
    let expected: Vec<_> = (1..1000).map(|at| format!("terraform_data.a[{at}]")).collect();
    assert_eq!(addresses.collect::<Vec<_>>(), expected);
}

#[test]
fn problems_come_by_file_and_line() {
    let files = [
        ("b.tf", "output \"b\" {\n  value = var.b\n}\n"),
        ("a.tf", "output \"a\" {\n  value = var.a\n}\n\nlocals {\n  c = module.z.out\n}\n"),
        ("z.tf", "module \"z\" {\n  source = \"./z\"\n}\n"),
        ("z/main.tf", "output \"out\" {\n  value = var.z\n}\n"),
    ];
    let terrace = Terrace::sandbox(&files);
    let told = terrace.fails(&["validate"]);
    let places: Vec<&str> = told.lines().filter_map(|it| it.trim().strip_prefix("--> ")).collect();
    assert_eq!(places, ["a.tf:2:11", "b.tf:2:11", "z/main.tf:2:11"]);
    let json: Json = serde_json::from_str(&terrace.run(&["validate", "-json"]).stdout).unwrap();
    let files = json["diagnostics"].as_array().unwrap().iter().map(|it| &it["range"]["filename"]);
    assert_eq!(files.collect::<Vec<_>>(), ["a.tf", "b.tf", "z/main.tf"]);
}

#[test]
fn text_fits_the_terminal() {
    let mut terrace = Terrace::sandbox(&[("main.tf", MANY)]);
    terrace.set("COLUMNS", "60");
    let told = terrace.run(&["plan"]).stderr;
    assert!(told.lines().all(|it| it.chars().count() <= 60), "{told}");
    assert!(!told.contains('\u{1b}'), "{told}");
}

#[test]
fn warnings_can_be_short() {
    let text =
        "removed {\n  from = terraform_data.a\n}\n\nremoved {\n  from = terraform_data.b\n}\n";
    let terrace = Terrace::sandbox(&[("main.tf", text)]);
    let told = terrace.run(&["validate", "-compact-warnings"]).stderr;
    assert_eq!(told, "warning: Removed without lifecycle (main.tf:1:1) and 1 more\n");
}

#[test]
fn functions_do_not_tell_of_secrets() {
    let calls = [
        "regex(\"(${var.a}\", \"b\")",
        "replace(\"b\", \"/(${var.a}/\", \"\")",
        "cidrhost(var.a, 1)",
        "cidrsubnet(var.a, 8, 1)",
        "timeadd(var.a, \"1h\")",
        "timecmp(var.a, \"x\")",
        "formatdate(\"'${var.a}\", \"2020-01-01T00:00:00Z\")",
        "urldecode(\"%${var.a}\")",
        "yamldecode(\"!${var.a} a\")",
        "csvdecode(\"${var.a},${var.a}\\n1,2\")",
        "templatestring(\"$${${var.a}}\", {})",
        "provider::terraform::decode_tfvars(\"${var.a} {}\")",
    ];
    let locals: String =
        calls.iter().enumerate().map(|(at, it)| format!("  a{at} = {it}\n")).collect();
    let text = format!(
        "terraform {{\n  required_providers {{\n    terraform = {{\n      source = \
         \"terraform.io/builtin/terraform\"\n    }}\n  }}\n}}\n\nvariable \"a\" {{\n  sensitive = \
         true\n}}\n\nlocals {{\n{locals}}}\n\noutput \"a\" {{\n  value     = [{}]\n  sensitive = \
         true\n}}\n",
        (0..calls.len()).map(|at| format!("local.a{at}")).collect::<Vec<_>>().join(", ")
    );
    let terrace = Terrace::sandbox(&[("main.tf", &text)]);
    for flags in [&["plan", "-var=a=x7q9"][..], &["plan", "-json", "-var=a=x7q9"]] {
        let run = terrace.run(flags);
        let told = format!("{}{}", run.stdout, run.stderr);
        let failed = told.matches("rror in function call").count()
            + told.matches("nvalid function argument").count();
        assert!(failed >= calls.len(), "{told}");
        assert!(!told.contains("x7") && !told.contains("q9"), "{told}");
    }
}

#[test]
fn what_was_meant_is_suggested() {
    let text = "resource \"terraform_data\" \"main\" {\n  count = 1\n}\n\noutput \"result\" {\n  value \
                = 1\n}\n";
    let terrace = Terrace::sandbox(&[("main.tf", text)]);
    terrace.ok(&["apply", "-auto-approve"]);
    for (arguments, hint) in [
        (&["state", "show", "terraform_data.main"][..], "such as `terraform_data.main[0]`"),
        (&["state", "rm", "terraform_data.mian"], "Did you mean `terraform_data.main`?"),
        (&["taint", "terraform_data.mian[0]"], "Did you mean `terraform_data.main[0]`?"),
        (&["output", "resul"], "Did you mean `result`?"),
        (&["import", "terraform_data.mian", "x"], "Did you mean `terraform_data.main`?"),
        (&["workspace", "select", "defualt"], "Did you mean `default`?"),
        (&["plan", "-var=resul=1"], "Declare it"),
        (&["statee", "list"], "'state'"),
        (&["apply", "-autoapprove"], "'--auto-approve'"),
    ] {
        let told = terrace.fails(arguments);
        assert!(told.contains(hint), "{arguments:?}: {told}");
    }
    let told = terrace.ok(&["plan", "-target=terraform_data.mian"]).stderr;
    assert!(told.contains("Did you mean `terraform_data.main`?"), "{told}");
}
