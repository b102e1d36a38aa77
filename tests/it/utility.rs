//! The utility providers: what needs no account, applied, planned again, changed and destroyed.

use serde_json::Value as Json;

use crate::support::terrace::Terrace;

const RANDOM: &str = r#"
variable "generation" { default = "1" }

resource "random_id" "a" {
  byte_length = 4
  keepers     = { generation = var.generation }
}

resource "random_integer" "a" {
  min     = 1000
  max     = 1000000000
  keepers = { generation = var.generation }
}

resource "random_password" "a" {
  length  = 20
  keepers = { generation = var.generation, none = null }
}

resource "random_pet" "a" {
  prefix  = "web"
  keepers = { generation = var.generation }
}

resource "random_shuffle" "a" {
  input        = ["a", "b", "c"]
  result_count = 2
  keepers      = { generation = var.generation }
}

resource "random_string" "a" {
  length  = 8
  special = false
  upper   = false
  keepers = { generation = var.generation }
}

resource "random_uuid" "a" {
  keepers = { generation = var.generation }
}

resource "random_bytes" "a" {
  length  = 16
  keepers = { generation = var.generation }
}

resource "null_resource" "a" {
  triggers = { pet = random_pet.a.id, none = null }
}

data "null_data_source" "a" {
  inputs = { name = random_string.a.result }
}

output "name" { value = data.null_data_source.a.outputs["name"] }
"#;

const TIME: &str = r#"
variable "days" { default = 7 }

resource "time_static" "a" {}

resource "time_offset" "a" {
  base_rfc3339 = time_static.a.rfc3339
  offset_days  = var.days
}

resource "time_rotating" "a" {
  rotation_days = 30
}

resource "time_sleep" "a" {
  create_duration  = "200ms"
  destroy_duration = "10ms"
  triggers         = { unix = time_static.a.unix }
}
"#;

/// A stack of these files, applied.
fn applied(files: &[(&str, &str)]) -> Terrace {
    let stack = Terrace::sandbox(files);
    stack.ok(&["apply", "-auto-approve"]);
    stack
}

/// Plans again: there is nothing to do.
fn nothing_to_do(stack: &Terrace) {
    let plan = stack.ok(&["plan", "-detailed-exitcode"]);
    assert!(plan.stdout.contains("No changes."), "{}", plan.stdout);
}

/// The attributes in state, by address.
fn attributes(stack: &Terrace, address: &str) -> Json {
    let state: Json = serde_json::from_str(&stack.read("terraform.tfstate")).unwrap();
    let (kind, name) = address.split_once('.').unwrap();
    let resources = state["resources"].as_array().unwrap();
    let found = resources.iter().find(|it| it["type"] == kind && it["name"] == name);
    found.unwrap_or_else(|| panic!("no {address}"))["instances"][0]["attributes"].clone()
}

fn destroyed(stack: &Terrace) {
    stack.ok(&["destroy", "-auto-approve"]);
    let state: Json = serde_json::from_str(&stack.read("terraform.tfstate")).unwrap();
    assert_eq!(state["resources"], Json::Array(Vec::new()));
}

#[test]
fn random_values_stay_until_their_keepers_change() {
    let stack = applied(&[("main.tf", RANDOM)]);
    nothing_to_do(&stack);
    let before = attributes(&stack, "random_password.a");
    let shown = stack.ok(&["show"]);
    assert!(!shown.stdout.contains(before["result"].as_str().unwrap()), "{}", shown.stdout);
    let name = stack.ok(&["output", "-raw", "name"]).stdout;
    assert_eq!(attributes(&stack, "random_string.a")["result"], name.trim());
    let plan = stack.ok(&["plan", "-var", "generation=2"]);
    assert!(plan.stdout.contains("9 to add, 0 to change, 9 to destroy"), "{}", plan.stdout);
    stack.ok(&["apply", "-auto-approve", "-var", "generation=2"]);
    let after = attributes(&stack, "random_password.a");
    assert_ne!(before["result"], after["result"]);
    assert_eq!(after["id"], "none");
    assert_eq!(after["numeric"], true);
    destroyed(&stack);
}

#[test]
fn random_values_are_imported() {
    let files = "resource \"random_password\" \"a\" {\n  length = 6\n}\n";
    let stack = Terrace::sandbox(&[("main.tf", files)]);
    stack.ok(&["import", "random_password.a", "secret"]);
    assert_eq!(attributes(&stack, "random_password.a")["result"], "secret");
    nothing_to_do(&stack);
}

#[test]
fn times_stay_and_offsets_change_in_place() {
    let stack = applied(&[("main.tf", TIME)]);
    nothing_to_do(&stack);
    let plan = stack.ok(&["plan", "-var", "days=8"]);
    assert!(plan.stdout.contains("0 to add, 1 to change, 0 to destroy"), "{}", plan.stdout);
    stack.ok(&["apply", "-auto-approve", "-var", "days=8"]);
    let base = attributes(&stack, "time_static.a")["unix"].as_i64().unwrap();
    let later = attributes(&stack, "time_offset.a")["unix"].as_i64().unwrap();
    assert_eq!(later - base, 8 * 86_400);
    destroyed(&stack);
}

#[test]
fn the_providers_are_known() {
    let stack = Terrace::sandbox(&[("main.tf", &format!("{RANDOM}{TIME}"))]);
    stack.ok(&["init"]);
    let listed = stack.ok(&["providers"]).stdout;
    for name in ["null", "random", "time"] {
        assert!(listed.contains(&format!("provider[registry.terraform.io/hashicorp/{name}] ")));
    }
    let schema: Json =
        serde_json::from_str(&stack.ok(&["providers", "schema", "-json"]).stdout).unwrap();
    let random = &schema["provider_schemas"]["registry.terraform.io/hashicorp/random"];
    assert_eq!(random["resource_schemas"]["random_password"]["version"], 3);
}
