//! `destroy = false`: objects that are forgotten where others would be destroyed.

use serde_json::Value as Json;

use crate::support::terrace::Terrace;

const TWO: &str = r#"
resource "terraform_data" "a" {
  input            = 1
  triggers_replace = TRIGGER
  lifecycle {
    destroy         = false
    prevent_destroy = true
  }
}
resource "terraform_data" "b" {
  count = COUNT
  input = terraform_data.a.id
  lifecycle {
    destroy = false
  }
}
"#;

fn two(trigger: &str, count: &str) -> String {
    TWO.replace("TRIGGER", trigger).replace("COUNT", count)
}

fn applied(text: &str) -> Terrace {
    let stack = Terrace::sandbox(&[("main.tf", text)]);
    stack.ok(&["apply", "-auto-approve"]);
    stack
}

/// Address, actions and reason of each change that a plan has, and what it says.
fn planned(stack: &Terrace, arguments: &[&str]) -> (Vec<String>, String) {
    let told = stack.ok(&[&["plan", "-out=plan"], arguments].concat());
    let shown = stack.ok(&["show", "-json", "plan"]).stdout;
    let plan: Json = serde_json::from_str(&shown).unwrap();
    let changes = plan["resource_changes"].as_array().unwrap().iter();
    let changes = changes.map(|it| {
        let actions: Vec<&str> =
            it["change"]["actions"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
        let reason = it["action_reason"].as_str().unwrap_or("-");
        format!("{} {} {reason}", it["address"].as_str().unwrap(), actions.join(","))
    });
    (changes.collect(), format!("{}{}", told.stdout, told.stderr))
}

/// What state keeps: name, and whether it would be forgotten.
fn kept(stack: &Terrace) -> Vec<(String, bool)> {
    let state: Json = serde_json::from_str(&stack.read("terraform.tfstate")).unwrap();
    let resources = state["resources"].as_array().unwrap().iter();
    let instances = resources.flat_map(|it| {
        let name = it["name"].as_str().unwrap().to_string();
        let instances = it["instances"].as_array().unwrap().iter();
        instances.map(move |it| (name.clone(), it["skip_destroy"] == true))
    });
    instances.collect()
}

fn id(stack: &Terrace) -> String {
    let state: Json = serde_json::from_str(&stack.read("terraform.tfstate")).unwrap();
    state["resources"][0]["instances"][0]["attributes"]["id"].as_str().unwrap().to_string()
}

const IN_CONFIGURATION: &str = "forgot_because_lifecycle_destroy_in_config";
const IN_STATE: &str = "forgot_because_lifecycle_destroy_in_state";

#[test]
fn a_replacement_forgets_the_old_object_first() {
    let stack = applied(&two("1", "1"));
    let before = id(&stack);
    stack.write("main.tf", &two("2", "1"));
    let (changes, told) = planned(&stack, &[]);
    assert_eq!(
        changes,
        [
            "terraform_data.a forget,create replace_because_cannot_update",
            "terraform_data.b[0] update -",
        ]
    );
    assert!(told.contains("1 to add, 1 to change, 0 to destroy, 1 to forget"), "{told}");
    assert!(told.contains("./+ terraform_data.a must be replaced"), "{told}");
    let told = stack.ok(&["apply", "plan"]);
    let told = format!("{}{}", told.stdout, told.stderr);
    let at = |text: &str| told.find(text).unwrap_or_else(|| panic!("{text}: {told}"));
    assert!(at("terraform_data.a: forgotten") < at("terraform_data.a: creating"));
    assert!(told.contains("1 added, 1 changed, 0 destroyed, 1 forgotten"), "{told}");
    assert_ne!(id(&stack), before);
    assert!(stack.ok(&["plan"]).stdout.contains("No changes"));
}

#[test]
fn an_instance_that_is_no_longer_wanted_is_forgotten() {
    let stack = applied(&two("1", "2"));
    stack.write("main.tf", &two("1", "1"));
    let (changes, told) = planned(&stack, &[]);
    assert_eq!(changes[2], format!("terraform_data.b[1] forget {IN_CONFIGURATION}"));
    assert!(told.contains("Resource will be removed from the state"), "{told}");
    stack.ok(&["apply", "plan"]);
    assert_eq!(kept(&stack), [("a".to_string(), true), ("b".to_string(), true)]);
    stack.write("main.tf", "");
    let (changes, _) = planned(&stack, &[]);
    let wanted = [
        format!("terraform_data.a forget {IN_STATE}"),
        format!("terraform_data.b[0] forget {IN_STATE}"),
    ];
    assert_eq!(changes, wanted);
    stack.ok(&["apply", "plan"]);
    assert_eq!(kept(&stack), []);
}

#[test]
fn destroying_all_forgets_what_is_to_be_kept() {
    let text = format!("{}resource \"terraform_data\" \"c\" {{\n  input = 1\n}}\n", two("1", "1"));
    let stack = applied(&text);
    let (changes, told) = planned(&stack, &["-destroy"]);
    let wanted = [
        format!("terraform_data.a forget {IN_CONFIGURATION}"),
        format!("terraform_data.b[0] forget {IN_CONFIGURATION}"),
        "terraform_data.c delete -".to_string(),
    ];
    assert_eq!(changes, wanted);
    assert!(told.contains("0 to add, 0 to change, 1 to destroy, 2 to forget"), "{told}");
    let told = stack.ok(&["destroy", "-auto-approve", "-suppress-forget-errors"]);
    let told = format!("{}{}", told.stdout, told.stderr);
    assert!(told.contains("Destroy complete! Resources: 1 destroyed, 2 forgotten."), "{told}");
    assert_eq!(kept(&stack), []);
}

#[test]
fn the_last_word_is_that_of_a_removed_block() {
    let stack = applied(&two("1", "1"));
    let removed = |destroy: &str| {
        format!(
            "removed {{\n  from = terraform_data.a\n  lifecycle {{\n    destroy = {destroy}\n  }}\n}}\n"
        )
    };
    stack.write("main.tf", &removed("true"));
    let (changes, _) = planned(&stack, &[]);
    assert_eq!(changes[0], "terraform_data.a delete delete_because_no_resource_config");
    assert_eq!(changes[1], format!("terraform_data.b[0] forget {IN_STATE}"));
    stack.write("main.tf", &removed("false"));
    let (changes, _) = planned(&stack, &[]);
    assert_eq!(changes[0], "terraform_data.a forget delete_because_no_resource_config");
}

#[test]
fn what_the_configuration_says_is_kept_in_state() {
    let with = |destroy: &str| {
        format!(
            "resource \"terraform_data\" \"a\" {{\n  lifecycle {{\n    destroy = {destroy}\n  }}\n}}\n"
        )
    };
    let stack = applied(&with("true"));
    assert_eq!(kept(&stack), [("a".to_string(), false)]);
    stack.write("main.tf", &with("false"));
    assert!(stack.ok(&["plan"]).stdout.contains("No changes"));
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(kept(&stack), [("a".to_string(), true)]);
    stack.write("main.tf", &with("true"));
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(kept(&stack), [("a".to_string(), false)]);
    stack.write("main.tf", "variable \"x\" {\n  default = false\n}\n");
    stack.write("a.tf", &with("var.x"));
    assert!(stack.fails(&["validate"]).contains("must be a constant"));
}
