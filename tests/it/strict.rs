//! What is protected, what is accepted without configuration, and what validation refuses.

use serde_json::{Value as Json, json};

use crate::support::terrace::Terrace;

fn protected(by: &str) -> String {
    format!(
        "variable \"p\" {{\n  type = bool\n  default = true\n}}\nvariable \"v\" {{\n  type = number\n  default = 1\n}}\n\
         variable \"s\" {{\n  default = true\n  sensitive = true\n}}\nlocals {{\n  p = var.p && var.v != 3\n}}\n\
         resource \"terraform_data\" \"b\" {{}}\n\
         resource \"terraform_data\" \"a\" {{\n  triggers_replace = var.v\n  lifecycle {{\n    \
         prevent_destroy = {by}\n  }}\n}}\n"
    )
}

#[test]
fn protection_may_depend_on_variables() {
    let stack = Terrace::sandbox(&[("main.tf", &protected("local.p"))]);
    stack.ok(&["validate"]);
    stack.ok(&["apply", "-auto-approve"]);
    for arguments in
        [&["plan", "-var=v=2"][..], &["destroy", "-auto-approve"], &["plan", "-destroy"]]
    {
        let told = stack.fails(arguments);
        assert!(told.contains("prevent_destroy"), "{told}");
    }
    stack.ok(&["apply", "-auto-approve", "-var=v=3"]);
    stack.ok(&["apply", "-auto-approve", "-var=v=4", "-var=p=false"]);
    // Null protects nothing.
    stack.write("main.tf", &protected("var.p ? null : true"));
    stack.ok(&["apply", "-auto-approve", "-var=v=5"]);
    // What objects are decides as well, also when all are to be destroyed.
    stack.write("main.tf", &protected("terraform_data.b.id != \"\""));
    let told = stack.fails(&["destroy", "-auto-approve"]);
    assert!(told.contains("prevent_destroy"), "{told}");
    stack.write("main.tf", &protected("terraform_data.b.id == \"\""));
    stack.ok(&["destroy", "-auto-approve"]);
}

#[test]
fn protection_must_be_known_and_may_show() {
    for (by, problem) in [
        ("var.s", "is sensitive"),
        ("\"maybe\"", "prevent_destroy"),
        ("self.id == \"\"", "`self` exists only"),
        ("count.index == 0", "`count.index` exists only"),
        ("terraform_data.a.id == \"\"", "refers to `terraform_data.a` itself"),
        ("var.nope", "no variable `nope`"),
    ] {
        let stack = Terrace::sandbox(&[("main.tf", &protected(by))]);
        let told = stack.fails(&["plan"]);
        assert!(told.contains(problem), "{by}: {told}");
    }
    let stack = Terrace::sandbox(&[("main.tf", &protected("terraform_data.b.id == \"\""))]);
    stack.ok(&["apply", "-auto-approve"]);
    let told = stack.fails(&["plan", "-var=v=2", "-replace=terraform_data.b"]);
    assert!(told.contains("not known until apply"), "{told}");
    stack.ok(&["plan", "-replace=terraform_data.b"]);
}

#[test]
fn a_stack_can_be_destroyed_without_its_configuration() {
    let text = "resource \"terraform_data\" \"a\" {}\noutput \"a\" {\n  value = 1\n}\n";
    let stack = Terrace::sandbox(&[("main.tf", text)]);
    stack.ok(&["apply", "-auto-approve"]);
    std::fs::remove_file(stack.path("main.tf")).unwrap();
    for arguments in [&["plan"][..], &["apply", "-auto-approve"]] {
        let told = stack.fails(arguments);
        assert!(told.contains("No configuration"), "{told}");
    }
    stack.ok(&["validate"]);
    stack.ok(&["init"]);
    stack.ok(&["refresh"]);
    stack.ok(&["plan", "-destroy", "-out=plan"]);
    stack.ok(&["apply", "plan"]);
    assert_eq!(stack.ok(&["state", "list"]).stdout, "");
    stack.ok(&["destroy", "-auto-approve"]);
}

#[test]
fn a_module_may_be_empty() {
    let text = "module \"e\" {\n  source = \"./e\"\n}\noutput \"e\" {\n  value = module.e\n}\n";
    let stack = Terrace::sandbox(&[("main.tf", text), ("e/README.md", "Nothing.\n")]);
    stack.ok(&["init"]);
    stack.ok(&["plan", "-out=plan"]);
    stack.ok(&["apply", "plan"]);
    assert_eq!(stack.ok(&["output", "-json", "e"]).stdout.trim(), "{}");
}

#[test]
fn validation_sees_constants_and_names() {
    let a = |rest: &str| format!("resource \"terraform_data\" \"a\" {{\n  {rest}\n}}\n");
    let lifecycle = |rest: &str| a(&format!("lifecycle {{\n    {rest}\n  }}"));
    let rule = |kind: &str, condition: &str, message: &str| {
        format!("{kind} {{\n condition = {condition}\n error_message = {message}\n }}")
    };
    for (text, problem) in [
        (a("count = -1"), "not a whole number"),
        (a("count = 1.5"), "not a whole number"),
        (a("count = null"), "Invalid count"),
        (a("count = true"), "Invalid count"),
        (a("for_each = null"), "`for_each` is null"),
        (a("for_each = [\"a\"]"), "Invalid for_each"),
        (a("for_each = toset([1, 2])"), "Invalid for_each"),
        (a("for_each = toset([\"a\", null])"), "Invalid for_each"),
        (a("count = terraform.applying ? 1 : 0"), "ephemeral"),
        ("module \"m\" {\n  source = \"./m\"\n  count = -1\n}\n".into(), "not a whole number"),
        (lifecycle("ignore_changes = [nope]"), "no argument `nope`"),
        (lifecycle("ignore_changes = [all]"), "no argument `all`"),
        (lifecycle("ignore_changes = [inptu]"), "Did you mean `input`"),
        (lifecycle(&rule("postcondition", "terraform_data.a.id != \"\"", "\"no\"")), "Use `self`"),
    ] {
        let stack = Terrace::sandbox(&[("main.tf", &text), ("m/x.tf", "")]);
        let told = stack.fails(&["validate"]);
        assert!(told.contains(problem), "{text}\n{told}");
    }
    let stack = Terrace::sandbox(&[("main.tf", &lifecycle("ignore_changes = [id, input.x]"))]);
    let run = stack.ok(&["validate"]);
    assert!(run.stderr.contains("Redundant ignore_changes"), "{}", run.stderr);
    let quoted = "resource \"terraform_data\" \"a\" {\n  provider = \"terraform\"\n  provisioner \
                  \"local-exec\" {\n    when = \"destroy\"\n    command = \"true\"\n  }\n  lifecycle {\n    \
                  ignore_changes = [\"input\"]\n  }\n}\nmodule \"m\" {\n  source = \"./m\"\n}\n\
                  output \"m\" {\n  value = module.m\n}\n";
    let old = "output \"old\" {\n  value = 1\n  deprecated = \"Use new.\"\n}\n";
    let stack = Terrace::sandbox(&[("main.tf", quoted), ("m/main.tf", old)]);
    let told = stack.ok(&["validate"]).stderr;
    assert_eq!(told.matches("Quoted reference").count(), 2, "{told}");
    assert!(told.contains("Quoted keyword") && told.contains("Deprecated output"), "{told}");
    for text in [
        a("count = length(terraform_data.b)\n}\nresource \"terraform_data\" \"b\" {"),
        a("for_each = { x = timestamp() }"),
        a("for_each = toset([timestamp()])"),
    ] {
        Terrace::sandbox(&[("main.tf", &text)]).ok(&["validate"]);
    }
}

#[test]
fn planning_sees_what_is_named_and_is_not_there() {
    let triggered = |by: &str, count: u8| {
        format!(
            "resource \"terraform_data\" \"c\" {{\n  count = {count}\n}}\nresource \"terraform_data\" \"a\" \
             {{\n  lifecycle {{\n    replace_triggered_by = [{by}]\n  }}\n}}\n"
        )
    };
    for (by, count, problem) in [
        ("terraform_data.c[2]", 1, "there is no [2]"),
        ("terraform_data.c[\"k\"]", 1, "there is no [\"k\"]"),
        ("terraform_data.c", 0, "has no instance"),
    ] {
        let stack = Terrace::sandbox(&[("main.tf", &triggered(by, count))]);
        let told = stack.fails(&["plan"]);
        assert!(told.contains(problem), "{by}: {told}");
    }
    // What goes away is planned, too.
    let stack = Terrace::sandbox(&[("main.tf", &triggered("terraform_data.c", 1))]);
    stack.ok(&["apply", "-auto-approve"]);
    stack.write("main.tf", &triggered("terraform_data.c", 0));
    stack.ok(&["apply", "-auto-approve"]);
    // Messages are texts whether or not they are needed.
    for (condition, message, problem) in [
        ("var.c == 1", "null", "message is null"),
        ("var.c == 2", "null", "message is null"),
        ("var.c == 1", "[1]", "not a string"),
        ("var.n", "\"no\"", "condition is null"),
    ] {
        let text = format!(
            "variable \"c\" {{\n  default = 1\n}}\nvariable \"n\" {{\n  default = null\n}}\n\
             check \"c\" {{\n  assert {{\n    condition = {condition}\n    error_message = {message}\n  }}\n}}\n"
        );
        let told = Terrace::sandbox(&[("main.tf", &text)]).fails(&["plan"]);
        assert!(told.contains(problem), "{text}\n{told}");
    }
}

#[test]
fn what_has_no_identity_is_imported_by_id() {
    let text = "import {\n  to = terraform_data.a\n  identity = { id = \"1\" }\n}\nresource \
                \"terraform_data\" \"a\" {}\n";
    let stack = Terrace::sandbox(&[("main.tf", text)]);
    let told = stack.fails(&["plan"]);
    assert!(told.contains("only an import id"), "{told}");
    stack.write("main.tf", &text.replace("identity = { id = \"1\" }", "id = \"1\""));
    stack.ok(&["plan"]);
}

#[test]
fn what_moves_is_not_excluded() {
    let text = "resource \"terraform_data\" \"a\" {}\n";
    let stack = Terrace::sandbox(&[("main.tf", text)]);
    stack.ok(&["apply", "-auto-approve"]);
    let moved = "resource \"terraform_data\" \"b\" {}\nresource \"terraform_data\" \"c\" {}\nmoved {\n  \
                 from = terraform_data.a\n  to = terraform_data.b\n}\n";
    stack.write("main.tf", moved);
    for name in ["a", "b"] {
        let told = stack.fails(&["plan", &format!("-exclude=terraform_data.{name}")]);
        assert!(told.contains("Moved resource instances excluded"), "{told}");
    }
    let run = stack.ok(&["plan", "-exclude=terraform_data.c"]);
    assert!(run.stderr.contains("Plan is incomplete"), "{}", run.stderr);
}

const SHOWN: &str = r#"
resource "terraform_data" "b" {
  count = 2
  lifecycle {
    postcondition {
      condition     = self.id != ""
      error_message = "No id."
    }
  }
}
module "m" {
  source     = "./m"
  for_each   = toset(["p"])
  depends_on = [terraform_data.b]
}
resource "terraform_data" "a" {
  input = terraform_data.b[0].id
}
output "o" {
  value       = [terraform_data.a.id, 1]
  description = "Both."
  depends_on  = [terraform_data.b]
}
output "w" {
  value = terraform_data.a.id
}
output "k" {
  value = { a = [1] }
}
check "c" {
  assert {
    condition     = terraform_data.a.input == "zz"
    error_message = "no"
  }
}
"#;

#[test]
fn plans_and_states_are_shown_as_elsewhere() {
    let inside = "resource \"terraform_data\" \"z\" {}\n";
    let stack = Terrace::sandbox(&[("main.tf", SHOWN), ("m/main.tf", inside)]);
    stack.ok(&["plan", "-out=plan"]);
    let shown = |arguments: &[&str]| -> Json {
        serde_json::from_str(&stack.ok(&[&["show", "-json"], arguments].concat()).stdout).unwrap()
    };
    let plan = shown(&["plan"]);
    let configuration = &plan["configuration"];
    let root = &configuration["root_module"];
    assert_eq!(root["outputs"]["o"]["description"], "Both.");
    assert_eq!(root["outputs"]["o"]["depends_on"], json!(["terraform_data.b"]));
    assert_eq!(root["module_calls"]["m"]["depends_on"], json!(["terraform_data.b"]));
    assert_eq!(root["module_calls"]["m"]["for_each_expression"], Json::Null);
    let provider = json!({ "name": "terraform", "full_name": "terraform.io/builtin/terraform" });
    assert_eq!(configuration["provider_config"]["terraform"], provider);
    let addresses = |list: &Json| -> Vec<String> {
        let list = list.as_array().unwrap().iter();
        list.map(|it| it["address"].as_str().unwrap().replace("terraform_data.", "")).collect()
    };
    assert_eq!(addresses(&plan["resource_changes"]), ["a", "b[0]", "b[1]", "module.m[\"p\"].z"]);
    let resources = &plan["planned_values"]["root_module"]["resources"];
    assert_eq!(addresses(resources), ["a", "b[0]", "b[1]"]);
    let outputs = &plan["output_changes"];
    assert_eq!(outputs["o"]["after_unknown"], json!([true, false]));
    assert_eq!(outputs["k"]["after_unknown"], json!(false));
    assert_eq!(outputs["w"]["after_unknown"], json!(true));
    assert!(!outputs["w"].as_object().unwrap().contains_key("after"));
    stack.ok(&["apply", "plan"]);
    let state = shown(&[]);
    assert_eq!(addresses(&state["values"]["root_module"]["resources"]), ["a", "b[0]", "b[1]"]);
    let named = |it: &Json| it["address"]["to_display"].as_str().unwrap().to_string();
    let checks = state["checks"].as_array().unwrap();
    assert_eq!(checks.iter().map(named).collect::<Vec<_>>(), ["check.c", "terraform_data.b"]);
    assert_eq!(checks[0]["status"], "fail");
    assert_eq!(checks[0]["instances"][0]["problems"], json!([{ "message": "no" }]));
    // What was in a module that is gone has no configuration.
    let rest = SHOWN.replace("module \"m\"", "module \"n\"");
    stack.write("main.tf", &rest);
    stack.ok(&["plan", "-out=plan"]);
    let plan = shown(&["plan"]);
    let all = plan["resource_changes"].as_array().unwrap();
    let gone = all.iter().find(|it| it["module_address"] == "module.m[\"p\"]").unwrap();
    assert_eq!(gone["action_reason"], "delete_because_no_resource_config");
    // What is read is named with the instance of its module.
    let inside = "resource \"terraform_data\" \"z\" {}\nresource \"terraform_data\" \"y\" {\n  input = \
                  terraform_data.z.id\n}\n";
    stack.write("main.tf", SHOWN);
    stack.write("m/main.tf", inside);
    stack.ok(&["plan", "-out=plan"]);
    let read = json!({ "resource": "module.m[\"p\"].terraform_data.z", "attribute": ["id"] });
    assert!(shown(&["plan"])["relevant_attributes"].as_array().unwrap().contains(&read));
}

#[test]
fn a_check_that_fails_is_looked_at_again() {
    let text = r#"
resource "terraform_data" "a" {}
check "c" {
  data "local_file" "f" {
    filename = "f.txt"
  }
  assert {
    condition     = data.local_file.f.content == "good"
    error_message = "It is bad."
  }
}
"#;
    let stack = Terrace::sandbox(&[("main.tf", text), ("f.txt", "bad")]);
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(stack.run(&["plan", "-detailed-exitcode", "-out=plan"]).code, Some(2));
    let plan: Json = serde_json::from_str(&stack.ok(&["show", "-json", "plan"]).stdout).unwrap();
    let all = plan["resource_changes"].as_array().unwrap();
    let read = all.iter().find(|it| it["mode"] == "data").unwrap();
    assert_eq!(read["action_reason"], "read_because_check_nested");
    let told = stack.ok(&["apply", "plan"]).stderr;
    assert!(told.contains("It is bad."), "{told}");
    stack.write("f.txt", "good");
    stack.ok(&["plan", "-detailed-exitcode"]);
    std::fs::remove_file(stack.path("f.txt")).unwrap();
    assert_eq!(stack.run(&["plan", "-detailed-exitcode"]).code, Some(2));
    stack.ok(&["plan", "-refresh-only", "-detailed-exitcode"]);
}
