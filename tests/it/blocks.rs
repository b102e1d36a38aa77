//! Blocks of the language besides resources: `check`, `removed`, `import`, on small stacks.

use serde_json::{Value as Json, json};

use crate::support::terrace::Terrace;

const PROVIDER: &str = "provider \"aws\" {\n  region = \"eu-west-1\"\n}\n";

fn stack(text: &str) -> Terrace {
    Terrace::sandbox(&[("main.tf", text)])
}

fn apply(stack: &Terrace) -> String {
    let run = stack.ok(&["apply", "-auto-approve"]);
    format!("{}{}", run.stdout, run.stderr)
}

fn state(stack: &Terrace) -> Json {
    serde_json::from_str(&stack.read("terraform.tfstate")).unwrap()
}

/// The saved plan as JSON.
fn plan(stack: &Terrace) -> Json {
    stack.ok(&["plan", "-out=plan"]);
    serde_json::from_str(&stack.ok(&["show", "-json", "plan"]).stdout).unwrap()
}

/// Address, actions and reason of each change.
fn changes(plan: &Json) -> Vec<String> {
    let changes = plan["resource_changes"].as_array().unwrap().iter();
    let shown = changes.map(|it| {
        let actions: Vec<&str> =
            it["change"]["actions"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
        let reason = it["action_reason"].as_str().unwrap_or("-");
        format!("{} {} {reason}", it["address"].as_str().unwrap(), actions.join(","))
    });
    shown.collect()
}

#[test]
fn an_assertion_that_fails_is_a_warning() {
    let stack = stack(
        r#"
resource "terraform_data" "a" {
  input = "x"
}
check "late" {
  assert {
    condition     = terraform_data.a.id == "y"
    error_message = "It is ${terraform_data.a.input}."
  }
  assert {
    condition     = terraform_data.a.input == "x"
    error_message = "Never."
  }
}
module "m" {
  source = "./m"
}
"#,
    );
    stack.write(
        "m/main.tf",
        "locals {\n  a = 1\n}\ncheck \"soon\" {\n  assert {\n    condition = local.a == 2\n    \
         error_message = \"No.\"\n  }\n}\n",
    );
    let first = plan(&stack);
    let soon = json!({
        "address": {
            "kind": "check", "name": "soon", "module": "module.m",
            "to_display": "module.m.check.soon",
        },
        "status": "fail",
        "instances": [{
            "address": { "to_display": "module.m.check.soon", "module": "module.m" },
            "status": "fail",
            "problems": [{ "message": "No." }],
        }],
    });
    let checks = first["checks"].as_array().unwrap();
    assert!(checks.contains(&soon), "{checks:#?}");
    let late = checks.iter().find(|it| it["address"]["name"] == "late").unwrap();
    assert_eq!(late["status"], "unknown");

    let told = apply(&stack);
    assert!(told.contains("Check block assertion failed"), "{told}");
    assert!(told.contains("It is x."), "{told}");
    let results = state(&stack)["check_results"].clone();
    let late = results.as_array().unwrap().iter().find(|it| it["config_addr"] == "check.late");
    assert_eq!(
        late.unwrap(),
        &json!({
            "object_kind": "check", "config_addr": "check.late", "status": "fail",
            "objects": [{
                "object_addr": "check.late", "status": "fail", "failure_messages": ["It is x."],
            }],
        })
    );
    stack.ok(&["plan", "-detailed-exitcode"]);
}

const SOURCE: &str = r#"
resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
  tags       = { Name = "a" }
}
check "there" {
  data "aws_vpc" "seen" {
    tags = { Name = "WANTED" }
  }
  assert {
    condition     = data.aws_vpc.seen.cidr_block == "10.0.0.0/16"
    error_message = "It has ${data.aws_vpc.seen.cidr_block}."
  }
}
"#;

#[test]
fn the_data_source_of_a_check_is_read_after_all_else() {
    let stack = stack(&format!("{PROVIDER}{}", SOURCE.replace("WANTED", "a")));
    let first = plan(&stack);
    let found = changes(&first);
    let read = "data.aws_vpc.seen read read_because_check_nested".to_string();
    assert_eq!(found, ["aws_vpc.a create -".to_string(), read]);
    assert_eq!(first["checks"][0]["status"], "fail");
    stack.ok(&["apply", "plan"]);
    let results = &state(&stack)["check_results"][0];
    assert_eq!(results["config_addr"], "check.there");
    assert_eq!(results["status"], "pass");
    stack.ok(&["plan", "-detailed-exitcode"]);
}

#[test]
fn a_data_source_that_a_check_cannot_read_is_a_warning() {
    let stack = stack(&format!("{PROVIDER}{}", SOURCE.replace("WANTED", "nobody")));
    let told = apply(&stack);
    assert!(told.contains("warning: aws_vpc not read"), "{told}");
    let results = &state(&stack)["check_results"][0];
    assert_eq!(results["status"], "fail");
    let messages = results["objects"][0]["failure_messages"].as_array().unwrap();
    assert_eq!(messages.len(), 1, "{messages:?}");
    // What fails is looked at again by the next apply.
    let again = stack.run(&["plan", "-detailed-exitcode"]);
    assert_eq!(again.code, Some(2));
    assert!(again.stderr.contains("Data source could not be read"), "{}", again.stderr);
}

const PARTS: &str = "resource \"terraform_data\" \"a\" {}\n\
                     resource \"terraform_data\" \"b\" {\n  count = 2\n}\n\
                     module \"m\" {\n  source = \"./m\"\n}\n";

#[test]
fn removed_objects_are_destroyed_or_forgotten() {
    let stack = stack(PARTS);
    stack.write("m/main.tf", "resource \"terraform_data\" \"z\" {}\n");
    apply(&stack);
    stack.write(
        "main.tf",
        "removed {\n  from = terraform_data.a\n}\n\
         removed {\n  from = terraform_data.b\n  lifecycle {\n    destroy = true\n  }\n}\n\
         removed {\n  from = module.m\n  lifecycle {\n    destroy = false\n  }\n}\n",
    );
    let planned = plan(&stack);
    assert_eq!(
        changes(&planned),
        [
            "terraform_data.a forget delete_because_no_resource_config",
            "terraform_data.b[0] delete delete_because_no_resource_config",
            "terraform_data.b[1] delete delete_because_no_resource_config",
            "module.m.terraform_data.z forget delete_because_no_resource_config",
        ]
    );
    let shown = stack.ok(&["plan"]);
    let summary = "Plan: 0 to add, 0 to change, 2 to destroy, 2 to forget.";
    assert!(shown.stdout.contains(summary), "{}", shown.stdout);
    assert!(shown.stderr.contains("Removed without lifecycle"), "{}", shown.stderr);
    assert!(shown.stderr.contains("Resource will be removed from the state"), "{}", shown.stderr);
    let told = apply(&stack);
    assert!(told.contains("2 destroyed"), "{told}");
    assert_eq!(state(&stack)["resources"], json!([]));
    stack.ok(&["plan", "-detailed-exitcode"]);
}

#[test]
fn what_is_still_there_cannot_be_removed() {
    let stack = stack(&format!("{PARTS}removed {{\n  from = module.m.terraform_data.z\n}}\n"));
    stack.write("m/main.tf", "resource \"terraform_data\" \"z\" {}\n");
    let told = stack.fails(&["plan"]);
    assert!(told.contains("Removed block still exists"), "{told}");
}

const IMPORTS: &str = r#"
locals {
  ids = { a = "id-a", b = "id-b" }
}
resource "terraform_data" "one" {
  input = "x"
}
resource "terraform_data" "each" {
  for_each = local.ids
}
import {
  to = terraform_data.one
  id = "the-id"
}
import {
  for_each = local.ids
  to       = terraform_data.each[each.key]
  id       = each.value
}
"#;

#[test]
fn objects_are_imported() {
    let stack = stack(IMPORTS);
    let text = stack.ok(&["plan"]).stdout;
    assert!(
        text.contains("terraform_data.one (imported from \"the-id\") will be updated"),
        "{text}"
    );
    assert!(text.contains("terraform_data.each[\"b\"] will be imported from \"id-b\""), "{text}");
    assert!(text.contains("Plan: 3 to import, 0 to add, 1 to change, 0 to destroy."), "{text}");
    let planned = plan(&stack);
    let changes = planned["resource_changes"].as_array().unwrap();
    let importing = |address: &str| {
        let change = changes.iter().find(|it| it["address"] == address).unwrap();
        (change["change"]["actions"][0].clone(), change["change"]["importing"].clone())
    };
    let one = (json!("update"), json!({ "id": "the-id" }));
    assert_eq!(importing("terraform_data.one"), one);
    let each = (json!("no-op"), json!({ "id": "id-a" }));
    assert_eq!(importing("terraform_data.each[\"a\"]"), each);
    let lines = stack.ok(&["plan", "-json"]).stdout;
    assert!(lines.contains(r#""import":3"#), "{lines}");
    assert!(lines.contains("Plan to import"), "{lines}");

    let told = stack.ok(&["apply", "plan"]).stderr;
    assert!(told.contains("Resources: 3 imported, 0 added, 1 changed, 0 destroyed."), "{told}");
    let ids: Vec<Json> = state(&stack)["resources"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|it| it["instances"].as_array().unwrap().clone())
        .map(|it| it["attributes"]["id"].clone())
        .collect();
    assert_eq!(ids, [json!("id-a"), json!("id-b"), json!("the-id")]);
    stack.ok(&["plan", "-detailed-exitcode"]);
}

#[test]
fn imports_that_make_no_sense_are_refused() {
    const ONE: &str = "resource \"terraform_data\" \"a\" {}\n";
    let cases = [
        (
            "import {\n  to = terraform_data.b\n  id = \"x\"\n}\n",
            "configuration has no terraform_data.b",
        ),
        (
            "import {\n  to = terraform_data.a[0]\n  id = \"x\"\n}\n",
            "configuration has no terraform_data.a[0]",
        ),
        ("import {\n  to = terraform_data.a\n  id = null\n}\n", "import id is null"),
        (
            "import {\n  to = terraform_data.a\n  id = sensitive(\"x\")\n}\n",
            "import id is sensitive",
        ),
        ("import {\n  to = terraform_data.a\n}\n", "has an `id` or an `identity`"),
        ("import {\n  to = data.a.b\n  id = \"x\"\n}\n", "address of a managed resource"),
        (
            "resource \"terraform_data\" \"c\" {}\nimport {\n  to = terraform_data.a\n  id = terraform_data.c.id\n}\n",
            "import id is not known until apply",
        ),
        (
            "import {\n  to = terraform_data.a\n  id = \"x\"\n}\nimport {\n  to = terraform_data.a\n  id = \"y\"\n}\n",
            "is imported already",
        ),
    ];
    for (text, expected) in cases {
        let told = stack(&format!("{ONE}{text}")).fails(&["plan"]);
        assert!(told.contains(expected), "{text}{told}");
    }
}

const NETWORK: &str = "resource \"aws_vpc\" \"a\" {\n  cidr_block = \"10.0.0.0/16\"\n  \
                       tags       = { Name = \"a\" }\n}\n";

#[test]
fn configuration_is_generated_for_what_is_imported() {
    let stack = stack(&format!("{PROVIDER}{NETWORK}"));
    apply(&stack);
    let id = state(&stack)["resources"][0]["instances"][0]["attributes"]["id"].clone();
    stack.ok(&["state", "rm", "aws_vpc.a"]);
    let import = format!("import {{\n  to = aws_vpc.b\n  id = {id}\n}}\n");
    stack.write("main.tf", &format!("{PROVIDER}{import}"));
    let text = stack.ok(&["plan", "-generate-config-out=made.tf", "-out=plan"]).stdout;
    assert!(text.contains("Plan: 1 to import, 0 to add, 0 to change, 0 to destroy."), "{text}");
    let made = stack.read("made.tf");
    assert!(made.contains("resource \"aws_vpc\" \"b\" {\n"), "{made}");
    assert!(made.contains("  tags = {\n    Name = \"a\"\n  }\n"), "{made}");
    assert!(!made.contains("  arn "), "{made}");
    let again = stack.fails(&["plan", "-generate-config-out=made.tf"]);
    assert!(again.contains("only a new file is written"), "{again}");
    stack.ok(&["apply", "plan"]);
    assert_eq!(state(&stack)["resources"][0]["instances"][0]["attributes"]["id"], id);
    stack.ok(&["plan", "-detailed-exitcode"]);
}

#[test]
fn override_files_change_what_others_say() {
    let stack = stack(
        r#"
terraform {
  required_version = ">= 1.0"
}
variable "name" {
  default = "a"
}
locals {
  kept = "k"
  size = 1
}
resource "terraform_data" "a" {
  count            = 2
  input            = { name = var.name, kept = local.kept, size = local.size }
  triggers_replace = "t"
  lifecycle {
    prevent_destroy = true
    ignore_changes  = [triggers_replace]
  }
}
output "a" {
  value = "no"
}
"#,
    );
    stack.write(
        "z_override.tf",
        r#"
variable "name" {
  default = "b"
}
locals {
  size = 3
}
resource "terraform_data" "a" {
  for_each         = toset(["x"])
  triggers_replace = "u"
  lifecycle {
    prevent_destroy = false
  }
}
output "a" {
  value = terraform_data.a["x"].input
}
"#,
    );
    stack.write("override.tf.json", r#"{ "variable": { "name": { "default": "c" } } }"#);
    apply(&stack);
    let output = stack.ok(&["output", "-json", "a"]).stdout;
    let output: Json = serde_json::from_str(&output).unwrap();
    assert_eq!(output, json!({ "name": "b", "kept": "k", "size": 3 }));
    let instance = &state(&stack)["resources"][0]["instances"][0];
    assert_eq!(instance["attributes"]["triggers_replace"]["value"], "u");
    stack.ok(&["destroy", "-auto-approve"]);
    stack.write("other_override.tf", "resource \"terraform_data\" \"none\" {}\n");
    let told = stack.fails(&["plan"]);
    assert!(told.contains("There is no resource `terraform_data.none`"), "{told}");
}

const IN_JSON: &str = r#"{
  "//": "a comment",
  "provider": { "aws": { "region": "eu-west-1" } },
  "variable": { "ports": { "type": "list(number)", "default": [80, 443] } },
  "locals": { "name": "web-${length(var.ports)}" },
  "resource": {
    "aws_vpc": { "a": { "cidr_block": "10.0.0.0/16", "tags": { "Name": "${upper(\"${local.name}\")}" } } },
    "aws_security_group": {
      "a": [{
        "name": "${local.name}",
        "vpc_id": "${aws_vpc.a.id}",
        "depends_on": ["aws_vpc.a"],
        "lifecycle": { "ignore_changes": ["tags[\"x\"]"], "create_before_destroy": true },
        "dynamic": {
          "ingress": {
            "for_each": "${var.ports}",
            "content": {
              "from_port": "${ingress.value}", "to_port": "${ingress.value}", "protocol": "tcp",
              "cidr_blocks": ["10.0.0.0/8"]
            }
          }
        },
        "egress": { "from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"] }
      }]
    }
  },
  "output": {
    "ports": {
      "value": "${sort([for it in aws_security_group.a.ingress : tostring(it.from_port)])}"
    },
    "name": { "value": "${aws_vpc.a.tags.Name}" }
  }
}"#;

#[test]
fn configuration_may_be_json() {
    let stack = Terrace::sandbox(&[("main.tf.json", IN_JSON)]);
    apply(&stack);
    let output: Json = serde_json::from_str(&stack.ok(&["output", "-json"]).stdout).unwrap();
    assert_eq!(output["ports"]["value"], json!(["443", "80"]));
    assert_eq!(output["name"]["value"], "WEB-2");
    stack.ok(&["plan", "-detailed-exitcode"]);
    stack.write("main.tofu.json", "{ \"output\": { \"only\": { \"value\": 1 } } }\n");
    let planned = plan(&stack);
    assert_eq!(planned["output_changes"]["only"]["after"], 1);
    assert!(changes(&planned).iter().all(|it| it.contains(" delete ")), "{:?}", changes(&planned));
}

#[test]
fn mistakes_in_json_are_told_where_they_are() {
    let cases = [
        ("{\n  \"locals\": { \"a\": \"${var.b}\" }\n}\n", "main.tf.json:2:23"),
        ("{\n  \"locals\": { \"a\": \"x ${\\\"\\\"} ${var.b}\" }\n}\n", "main.tf.json:2:"),
        ("{\n  \"locals\": { \"a\": \"${1 +}\" }\n}\n", "main.tf.json:2:"),
        ("{\n  \"resource\": 1\n}\n", "main.tf.json:2:15"),
        ("{\n  \"a\" 1\n}\n", "main.tf.json:2:7"),
        (
            "{\n  \"resource\": { \"terraform_data\": { \"a\": { \"inputs\": 1 } } }\n}\n",
            "main.tf.json:2:44",
        ),
    ];
    for (text, place) in cases {
        let told = Terrace::sandbox(&[("main.tf.json", text)]).fails(&["validate"]);
        assert!(told.contains(place), "{text}{told}");
    }
}

const ENABLED: &str = r#"
variable "on" {
  default = false
}
resource "terraform_data" "a" {
  input = "x"
  lifecycle {
    enabled = var.on
  }
}
module "m" {
  source = "./m"
  lifecycle {
    enabled = var.on
  }
}
output "a" {
  value = terraform_data.a == null ? "none" : terraform_data.a.input
}
output "m" {
  value = module.m == null ? 0 : module.m.o
}
"#;

#[test]
fn what_is_not_enabled_is_not_there() {
    let stack = stack(ENABLED);
    let module = "output \"o\" {\n  value      = 1\n  deprecated = \"use p\"\n}\n\
                  resource \"terraform_data\" \"z\" {}\n";
    stack.write("m/main.tf", module);
    let off = plan(&stack);
    assert_eq!(changes(&off), Vec::<String>::new());
    assert_eq!(off["output_changes"]["a"]["after"], "none");
    assert_eq!(off["output_changes"]["m"]["after"], 0);
    let told = stack.ok(&["apply", "-auto-approve", "-var", "on=true"]);
    assert!(told.stderr.contains("Output `o` of `m` is deprecated: use p"), "{}", told.stderr);
    let resources = state(&stack)["resources"].clone();
    assert_eq!(resources.as_array().unwrap().len(), 2);
    assert_eq!(state(&stack)["outputs"]["m"]["value"], 1);
    let off = plan(&stack);
    assert_eq!(
        changes(&off),
        [
            "terraform_data.a delete delete_because_enabled_false",
            "module.m.terraform_data.z delete delete_because_no_module",
        ]
    );
    stack.write("more.tf", "resource \"terraform_data\" \"q\" {\n  count = 1\n  lifecycle {\n    enabled = true\n  }\n}\n");
    let told = stack.fails(&["validate"]);
    assert!(told.contains("exclude each other"), "{told}");
}

#[test]
fn excluded_objects_stay_as_they_are() {
    let stack = stack(
        "resource \"terraform_data\" \"a\" {}\n\
         resource \"terraform_data\" \"b\" {\n  input = terraform_data.a.id\n}\n\
         resource \"terraform_data\" \"c\" {\n  input = terraform_data.b.id\n}\n\
         resource \"terraform_data\" \"d\" {}\n",
    );
    let text = stack.ok(&["plan", "-exclude=terraform_data.b"]).stdout;
    assert!(text.contains("Plan: 2 to add"), "{text}");
    assert!(!text.contains("terraform_data.c"), "{text}");
    apply(&stack);
    let text = stack.ok(&["plan", "-destroy", "-exclude=terraform_data.b"]).stdout;
    assert!(text.contains("Plan: 0 to add, 0 to change, 2 to destroy."), "{text}");
    assert!(!text.contains("terraform_data.a will"), "{text}");
    let both = stack.run(&["plan", "-exclude=terraform_data.b", "-target=terraform_data.a"]);
    assert_eq!(both.code, Some(1), "{}", both.stderr);
}

#[test]
fn an_object_is_moved_to_a_type_that_takes_it_over() {
    let before = "resource \"null_resource\" \"a\" {\n  count = 2\n  triggers = { v = \"1\" }\n}\n\
                  resource \"terraform_data\" \"b\" {\n  input = null_resource.a[0].id\n}\n";
    let stack = stack(before);
    apply(&stack);
    let id = state(&stack)["resources"][0]["instances"][1]["attributes"]["id"].clone();
    let after = "moved {\n  from = null_resource.a\n  to = terraform_data.c\n}\n\
                 resource \"terraform_data\" \"c\" {\n  count = 2\n  triggers_replace = { v = \"1\" }\n}\n\
                 resource \"terraform_data\" \"b\" {\n  input = terraform_data.c[0].id\n}\n";
    stack.write("main.tf", after);
    let moved = plan(&stack);
    let mut all = moved["resource_changes"].as_array().unwrap().iter();
    let first = all.find(|it| it["address"] == "terraform_data.c[0]").unwrap();
    assert_eq!(first["previous_address"], "null_resource.a[0]");
    let unchanged = ["b", "c[0]", "c[1]"].map(|name| format!("terraform_data.{name} no-op -"));
    let mut found = changes(&moved);
    found.sort();
    assert_eq!(found, unchanged);
    stack.ok(&["apply", "plan"]);
    let state = state(&stack);
    let resources = state["resources"].as_array().unwrap();
    let names: Vec<_> =
        resources.iter().map(|it| (it["type"].clone(), it["name"].clone())).collect();
    assert_eq!(
        names,
        [(json!("terraform_data"), json!("b")), (json!("terraform_data"), json!("c"))]
    );
    assert_eq!(resources[1]["provider"], "provider[\"terraform.io/builtin/terraform\"]");
    assert_eq!(resources[1]["instances"][1]["attributes"]["id"], id);
    assert_eq!(resources[0]["instances"][0]["dependencies"], json!(["terraform_data.c"]));
    stack.ok(&["plan", "-detailed-exitcode"]);
    // As before, other triggers replace it.
    stack.write("main.tf", &after.replace("v = \"1\"", "v = \"2\""));
    let replaced = plan(&stack);
    let reason = "delete,create replace_because_cannot_update";
    assert!(changes(&replaced).contains(&format!("terraform_data.c[0] {reason}")));
}

#[test]
fn a_chain_of_moves_goes_through_types_that_are_declared_no_more() {
    let stack = stack("resource \"null_resource\" \"a\" {\n  triggers = { v = \"1\" }\n}\n");
    apply(&stack);
    let id = state(&stack)["resources"][0]["instances"][0]["attributes"]["id"].clone();
    let chain = "moved {\n  from = null_resource.a\n  to = terraform_data.b\n}\n\
                 moved {\n  from = terraform_data.b\n  to = terraform_data.c\n}\n";
    let resource = "resource \"terraform_data\" \"c\" {\n  triggers_replace = { v = \"1\" }\n}\n";
    stack.write("main.tf", &format!("{chain}{resource}"));
    let moved = plan(&stack);
    assert_eq!(changes(&moved), ["terraform_data.c no-op -"]);
    assert_eq!(moved["resource_changes"][0]["previous_address"], "null_resource.a");
    stack.ok(&["apply", "plan"]);
    let after = state(&stack);
    let resources = after["resources"].as_array().unwrap();
    assert_eq!(resources.len(), 1, "{after}");
    assert_eq!(
        (&resources[0]["type"], &resources[0]["name"]),
        (&json!("terraform_data"), &json!("c"))
    );
    assert_eq!(resources[0]["instances"][0]["attributes"]["id"], id);
    assert_eq!(resources[0]["provider"], "provider[\"terraform.io/builtin/terraform\"]");
    stack.ok(&["plan", "-detailed-exitcode"]);
}

#[test]
fn what_is_moved_to_another_type_and_declared_nowhere_is_destroyed_there() {
    let stack = stack("resource \"null_resource\" \"a\" {}\n");
    apply(&stack);
    stack.write("main.tf", "moved {\n  from = null_resource.a\n  to = terraform_data.b\n}\n");
    let planned = plan(&stack);
    assert_eq!(changes(&planned), ["terraform_data.b delete delete_because_no_resource_config"]);
    stack.ok(&["apply", "plan"]);
    assert_eq!(state(&stack)["resources"], json!([]));
}

#[test]
fn an_object_is_not_moved_to_just_any_type() {
    let stack = stack("resource \"terraform_data\" \"a\" {}\n");
    apply(&stack);
    stack.write(
        "main.tf",
        "moved {\n  from = terraform_data.a\n  to = null_resource.a\n}\nresource \"null_resource\" \"a\" {}\n",
    );
    let told = stack.fails(&["plan"]);
    assert!(told.contains("Resource type mismatch"), "{told}");
}

#[test]
fn objects_are_imported_by_the_attributes_that_identify_them() {
    let made = "resource \"aws_iam_role\" \"r\" {\n  name = \"own\"\n  assume_role_policy = jsonencode({\n    \
                Version = \"2012-10-17\"\n    Statement = [{\n      Action = \"sts:AssumeRole\"\n      \
                Effect = \"Allow\"\n      Principal = { Service = \"ecs-tasks.amazonaws.com\" }\n    }]\n  })\n}\n\
                resource \"aws_iam_role_policy\" \"p\" {\n  role = \"own\"\n  name = \"inline\"\n  policy = \
                jsonencode({\n    Version = \"2012-10-17\"\n    Statement = [{\n      Action = \"ecs:*\"\n      \
                Effect = \"Allow\"\n      Resource = \"*\"\n    }]\n  })\n  depends_on = [aws_iam_role.r]\n}\n";
    let stack = stack(&format!("{PROVIDER}{made}"));
    apply(&stack);
    stack.ok(&["state", "rm", "aws_iam_role_policy.p"]);
    let import = |identity: &str| {
        stack.write(
            "import.tf",
            &format!(
                "import {{\n  to = aws_iam_role_policy.p\n  identity = {{ {identity} }}\n}}\n"
            ),
        );
    };
    for (identity, problem) in [
        ("role = \"own\"", "The identity lacks `name`."),
        ("role = \"own\", name = \"inline\", x = 1", "has no attribute `x`"),
        ("role = \"own\", name = \"inline\", account_id = \"1\"", "leave `account_id` out"),
        ("role = \"own\", name = \"inline\", region = \"eu-west-1\"", "are in no region"),
        ("role = \"own\", name = []", "`name` is"),
    ] {
        import(identity);
        let told = stack.fails(&["plan"]);
        assert!(told.contains(problem), "{identity}: {told}");
    }
    import("role = \"own\", name = \"inline\"");
    let imported = plan(&stack);
    assert_eq!(changes(&imported), ["aws_iam_role.r no-op -", "aws_iam_role_policy.p no-op -"]);
    assert_eq!(imported["resource_changes"][1]["change"]["importing"]["id"], "own:inline");
    stack.ok(&["apply", "plan"]);
    stack.ok(&["plan", "-detailed-exitcode"]);
}
