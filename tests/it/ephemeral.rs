//! Values that last only as long as a run: variables, outputs, and what may be made of them.

use serde_json::{Value as Json, json};

use crate::support::terrace::Terrace;

const TOKEN: &str = r#"
variable "token" {
  type      = string
  ephemeral = true
}
"#;

fn stack(text: &str) -> Terrace {
    Terrace::sandbox(&[("main.tf", text)])
}

fn with_token(text: &str) -> Terrace {
    let mut stack = stack(&format!("{TOKEN}{text}"));
    stack.set("TF_VAR_token", "hunter2");
    stack
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

/// What is wrong with a plan, as text of summary and the place that is marked.
fn refused(stack: &Terrace) -> (String, String) {
    let error = stack.fails(&["plan"]);
    assert!(!error.contains("hunter2"), "{error}");
    let run = stack.run(&["plan", "-json"]);
    let lines = run.stdout.lines().map(json);
    let problem = lines.into_iter().find(|it| it["@level"] == "error").unwrap();
    let problem = &problem["diagnostic"];
    let snippet = &problem["snippet"];
    let at = |name: &str| usize::try_from(snippet[name].as_u64().unwrap()).unwrap();
    let code = snippet["code"].as_str().unwrap();
    let marked = &code[at("highlight_start_offset")..at("highlight_end_offset")];
    (problem["summary"].as_str().unwrap().to_string(), marked.to_string())
}

#[test]
fn ephemeral_values_go_only_where_nothing_is_kept() {
    const ARGUMENT: &str = "Ephemeral value used in non-ephemeral context";
    let cases = [
        (
            "output \"x\" {\n  value = var.token\n}\n",
            "Output does not allow ephemeral value",
            "var.token",
        ),
        (
            "output \"x\" {\n  value     = 1\n  ephemeral = true\n}\n",
            "Invalid output",
            "output \"x\"",
        ),
        (
            "output \"x\" {\n  value = terraform.applying\n}\n",
            "Output does not allow ephemeral value",
            "terraform.applying",
        ),
        ("resource \"terraform_data\" \"b\" {\n  input = var.token\n}\n", ARGUMENT, "var.token"),
        (
            "resource \"terraform_data\" \"b\" {\n  input = length(var.token)\n}\n",
            ARGUMENT,
            "length(var.token)",
        ),
        (
            "resource \"terraform_data\" \"b\" {\n  input = { a = { b = \"${var.token}!\" } }\n}\n",
            ARGUMENT,
            "\"${var.token}!\"",
        ),
        (
            "resource \"terraform_data\" \"b\" {\n  triggers_replace = [local.x]\n}\nlocals {\n  x = upper(var.token)\n}\n",
            ARGUMENT,
            "local.x",
        ),
        ("data \"local_file\" \"b\" {\n  filename = var.token\n}\n", ARGUMENT, "var.token"),
        (
            "resource \"terraform_data\" \"b\" {\n  count = length(var.token)\n}\n",
            "Invalid count argument",
            "length(var.token)",
        ),
        (
            "resource \"terraform_data\" \"b\" {\n  for_each = toset([var.token])\n}\n",
            "Invalid for_each argument",
            "toset([var.token])",
        ),
        (
            "resource \"terraform_data\" \"b\" {\n  lifecycle {\n    enabled = var.token == \"x\"\n  }\n}\n",
            "Invalid enabled argument",
            "var.token == \"x\"",
        ),
        (
            "module \"m\" {\n  source = \"./m\"\n  plain  = var.token\n}\n",
            "Variable does not allow ephemeral value",
            "var.token",
        ),
        (
            "module \"m\" {\n  source = \"./m\"\n  token  = \"a\"\n}\noutput \"x\" {\n  value = module.m.token\n}\n",
            "Output does not allow ephemeral value",
            "module.m.token",
        ),
        (
            "module \"m\" {\n  source = \"./m\"\n  count  = var.token == \"\" ? 1 : 0\n}\n",
            "Invalid count argument",
            "var.token == \"\" ? 1 : 0",
        ),
    ];
    for (text, summary, place) in cases {
        let stack = with_token(text);
        stack.write(
            "m/main.tf",
            "variable \"plain\" {\n  default = null\n}\nvariable \"token\" {\n  default   = \"\"\n  \
             ephemeral = true\n}\noutput \"token\" {\n  value     = var.token\n  ephemeral = true\n}\n",
        );
        assert_eq!(refused(&stack), (summary.to_string(), place.to_string()), "{text}");
    }
}

#[test]
fn validation_finds_them_without_values() {
    let stack = with_token("resource \"terraform_data\" \"b\" {\n  input = \"a${var.token}\"\n}\n");
    let error = stack.fails(&["validate"]);
    assert!(error.contains("Ephemeral value used in non-ephemeral context"), "{error}");
}

#[test]
fn what_does_not_hang_on_them_may_be_kept() {
    let stack = with_token(
        r#"
locals {
  both = { secret = var.token, plain = "p" }
}
resource "terraform_data" "a" {
  input = [local.both.plain, keys(local.both), [for it in [var.token] : 1], ephemeralasnull(local.both)]
  lifecycle {
    precondition {
      condition     = var.token == "hunter2" && !terraform.applying || terraform.applying
      error_message = "no"
    }
  }
}
module "m" {
  source = "./m"
  token  = "${var.token}!"
}
output "long" {
  value = module.m.length
}
"#,
    );
    stack.write(
        "m/main.tf",
        r#"
variable "token" {
  ephemeral = true
  validation {
    condition     = endswith(var.token, "!")
    error_message = "no"
  }
}
output "token" {
  value     = var.token
  ephemeral = true
}
output "length" {
  value = ephemeralasnull(length(var.token))
}
"#,
    );
    let plan = stack.ok(&["plan", "-out=plan"]);
    let shown = stack.ok(&["show", "-json", "plan"]).stdout;
    let applied = stack.ok(&["apply", "-auto-approve"]);
    let state = stack.read("terraform.tfstate");
    for text in [plan.stdout, plan.stderr, shown, applied.stdout, applied.stderr, state.clone()] {
        assert!(!text.contains("hunter2"), "{text}");
    }
    let input = &json(&state)["resources"][0]["instances"][0]["attributes"]["input"]["value"];
    assert_eq!(*input, json!(["p", ["plain", "secret"], [1], { "secret": null, "plain": "p" }]));
    assert!(stack.ok(&["plan"]).stdout.contains("No changes"));
}

#[test]
fn messages_with_them_are_not_shown() {
    let stack = with_token(
        "output \"x\" {\n  value = 1\n  precondition {\n    condition     = var.token == \"q\"\n    \
         error_message = \"not ${var.token}\"\n  }\n}\n",
    );
    let error = stack.fails(&["plan"]);
    assert!(error.contains("The error message is ephemeral and not shown."), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn an_ephemeral_variable_is_given_again_to_a_saved_plan() {
    let stack = stack(&format!(
        "{TOKEN}variable \"plain\" {{\n  default = \"p\"\n}}\nvariable \"fallback\" {{\n  default   = \"d\"\n  \
         ephemeral = true\n}}\nresource \"terraform_data\" \"a\" {{\n  input = var.plain\n  lifecycle {{\n    \
         precondition {{\n      condition     = var.token != \"bad\"\n      error_message = \"It is bad.\"\n    \
         }}\n  }}\n}}\n"
    ));
    stack.ok(&["plan", "-out=plan", "-var=token=hunter2", "-var=plain=q"]);
    let bytes = std::fs::read(stack.path("plan")).unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    for at in 0..archive.len() {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut archive.by_index(at).unwrap(), &mut text).unwrap();
        assert!(!text.contains("hunter2"), "{text}");
    }
    let shown = json(&stack.ok(&["show", "-json", "plan"]).stdout);
    assert_eq!(
        shown["variables"],
        json!({ "plain": { "value": "q" }, "fallback": { "value": "d" } })
    );
    let declared = &shown["configuration"]["root_module"]["variables"];
    assert_eq!(declared["token"]["ephemeral"], true);
    let without = stack.fails(&["apply", "plan"]);
    assert!(without.contains("No value for required variable"), "{without}");
    assert!(without.contains("again when applying"), "{without}");
    let other = stack.fails(&["apply", "-var=token=x", "-var=plain=r", "plan"]);
    assert!(other.contains("Variable differs from the saved plan"), "{other}");
    let bad = stack.fails(&["apply", "-var=token=bad", "plan"]);
    assert!(bad.contains("It is bad."), "{bad}");
    stack.ok(&["plan", "-out=plan", "-var=token=hunter2", "-var=plain=q"]);
    stack.ok(&["apply", "-var=token=other", "-var=plain=q", "plan"]);
    assert_eq!(
        json(&stack.read("terraform.tfstate"))["resources"][0]["instances"][0]["attributes"]["input"]
            ["value"],
        "q"
    );
}

/// Address and value of what a state keeps.
fn kept(stack: &Terrace) -> Vec<String> {
    let state = json(&stack.read("terraform.tfstate"));
    let resources = state["resources"].as_array().unwrap().iter();
    resources
        .map(|it| format!("{}.{}", it["type"].as_str().unwrap(), it["name"].as_str().unwrap()))
        .collect()
}

#[test]
fn ephemeral_resources_are_opened_and_leave_nothing_behind() {
    let stack = stack(
        r#"
ephemeral "random_password" "each" {
  for_each = toset(["a", "b"])
  length   = 20 + length(each.key)
  special  = false
  lifecycle {
    precondition {
      condition     = each.key != "z"
      error_message = "no"
    }
    postcondition {
      condition     = length(self.result) == 21
      error_message = "no"
    }
  }
}
ephemeral "random_bytes" "one" {
  length = 4
}
ephemeral "tls_private_key" "key" {
  algorithm = "ED25519"
}
ephemeral "tls_public_key" "key" {
  private_key_openssh = ephemeral.tls_private_key.key.private_key_openssh
}
ephemeral "local_command" "says" {
  command = "cat"
  stdin   = ephemeral.random_bytes.one.hex
}
resource "terraform_data" "a" {
  input = ephemeralasnull(ephemeral.random_password.each["a"])
  lifecycle {
    precondition {
      condition     = ephemeral.random_password.each["a"].result != ephemeral.random_password.each["b"].result
      error_message = "no"
    }
    precondition {
      condition     = startswith(ephemeral.tls_private_key.key.private_key_openssh, "-----BEGIN OPENSSH")
      error_message = "no"
    }
    precondition {
      condition     = length(ephemeral.random_bytes.one.hex) == 8
      error_message = "no"
    }
    precondition {
      condition     = ephemeral.tls_public_key.key.public_key_pem == ephemeral.tls_private_key.key.public_key_pem
      error_message = "no"
    }
    precondition {
      condition     = ephemeral.local_command.says.stdout == ephemeral.random_bytes.one.hex
      error_message = "no"
    }
  }
}
output "known" {
  value = ephemeralasnull(ephemeral.random_bytes.one.length)
}
"#,
    );
    stack.ok(&["plan", "-out=plan"]);
    let shown = json(&stack.ok(&["show", "-json", "plan"]).stdout);
    let changes = shown["resource_changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{changes:?}");
    let resources = shown["configuration"]["root_module"]["resources"].as_array().unwrap();
    let modes: Vec<&str> = resources.iter().map(|it| it["mode"].as_str().unwrap()).collect();
    assert_eq!(modes, ["ephemeral", "ephemeral", "ephemeral", "ephemeral", "ephemeral", "managed"]);
    let applied = stack.ok(&["apply", "plan"]);
    let told = format!("{}{}", applied.stdout, applied.stderr);
    for line in
        [r#"ephemeral.random_password.each["a"]: opening"#, "ephemeral.random_bytes.one: closed"]
    {
        assert!(told.contains(line), "{told}");
    }
    assert!(told.contains("1 added, 0 changed, 0 destroyed"), "{told}");
    assert_eq!(kept(&stack), ["terraform_data.a"]);
    let plan = stack.ok(&["plan"]).stdout;
    assert!(plan.contains("No changes"), "{plan}");
}

#[test]
fn what_is_not_known_yet_is_opened_while_applying() {
    let stack = stack(
        r#"
resource "terraform_data" "length" {
  input = 7
}
ephemeral "random_password" "p" {
  length = terraform_data.length.output
}
resource "terraform_data" "after" {
  input = "x"
  lifecycle {
    precondition {
      condition     = length(ephemeral.random_password.p.result) == 7
      error_message = "It has another length."
    }
  }
}
"#,
    );
    let told = stack.ok(&["apply", "-auto-approve"]).stderr;
    let at = |text: &str| told.find(text).unwrap_or_else(|| panic!("{text}: {told}"));
    assert!(at("terraform_data.length: created") < at("ephemeral.random_password.p: opening"));
    assert!(at("ephemeral.random_password.p: opened") < at("terraform_data.after: creating"));
    assert!(at("terraform_data.after: created") < at("ephemeral.random_password.p: closing"));
    assert!(stack.ok(&["plan"]).stdout.contains("No changes"));
    stack.ok(&["destroy", "-auto-approve"]);
    assert_eq!(kept(&stack), [""; 0]);
}

#[test]
fn an_explicit_dependency_that_changes_puts_opening_off() {
    let stack = stack(
        "resource \"terraform_data\" \"a\" {\n  input = 1\n}\nephemeral \"random_bytes\" \"b\" {\n  length     = 3\n  \
         depends_on = [terraform_data.a]\n  lifecycle {\n    postcondition {\n      condition     = length(self.hex) == 8\n      \
         error_message = \"Too short.\"\n    }\n  }\n}\n",
    );
    let error = stack.fails(&["apply", "-auto-approve"]);
    assert!(error.contains("terraform_data.a: created"), "{error}");
    assert!(error.contains("Too short."), "{error}");
    assert!(stack.fails(&["plan"]).contains("Too short."));
}

#[test]
fn what_is_wrong_with_an_ephemeral_block_is_told() {
    let cases = [
        (
            "ephemeral \"random_passwort\" \"p\" {\n  length = 1\n}\n",
            "Unsupported ephemeral resource",
            "Did you mean `random_password`?",
        ),
        ("ephemeral \"random_password\" \"p\" {\n}\n", "Missing required argument", "length"),
        (
            "ephemeral \"random_password\" \"p\" {\n  length = 1\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n",
            "Unsupported argument",
            "opened anew each time",
        ),
        (
            "resource \"terraform_data\" \"a\" {\n  input = ephemeral.random_password.p.result\n}\nephemeral \"random_password\" \"p\" {\n  length = 1\n}\n",
            "Ephemeral value used in non-ephemeral context",
            "`input` is kept in state",
        ),
        (
            "output \"a\" {\n  value = ephemeral.random_password.p\n}\n",
            "Undeclared resource",
            "There is no ephemeral resource",
        ),
        ("moved {\n  from = ephemeral.a.b\n  to   = ephemeral.a.c\n}\n", "Invalid address", ""),
    ];
    for (text, summary, more) in cases {
        let error = stack(text).fails(&["validate"]);
        assert!(error.contains(summary) && error.contains(more), "{text}: {error}");
    }
}

#[tokio::test]
async fn a_secret_parameter_configures_a_provider() {
    let stack = stack(
        r#"
provider "aws" {
  region = "eu-west-1"
}
ephemeral "aws_ssm_parameter" "region" {
  arn = "arn:aws:ssm:eu-west-1:ACCOUNT:parameter/app/region"
}
provider "aws" {
  alias  = "other"
  region = ephemeral.aws_ssm_parameter.region.value
}
ephemeral "aws_ecr_authorization_token" "login" {
}
resource "aws_cloudwatch_log_group" "a" {
  provider = aws.other
  name     = "a"
  lifecycle {
    precondition {
      condition     = ephemeral.aws_ecr_authorization_token.login.user_name == "AWS"
      error_message = "no"
    }
  }
}
"#,
    );
    let ssm = aws_sdk_ssm::Client::new(&stack.sdk());
    let put = ssm.put_parameter().name("/app/region").value("eu-central-1");
    put.r#type(aws_sdk_ssm::types::ParameterType::SecureString).send().await.unwrap();
    let made = ssm.get_parameter().name("/app/region").send().await.unwrap().parameter.unwrap();
    let text = stack.read("main.tf");
    let account = made.arn.unwrap().split(':').nth(4).unwrap().to_string();
    stack.write("main.tf", &text.replace("ACCOUNT", &account));
    stack.ok(&["apply", "-auto-approve"]);
    let state = json(&stack.read("terraform.tfstate"));
    let group = &state["resources"][0]["instances"][0]["attributes"];
    assert!(group["arn"].as_str().unwrap().contains("eu-central-1"), "{group}");
    assert_eq!(kept(&stack), ["aws_cloudwatch_log_group.a"]);
    let plan = stack.ok(&["plan"]).stdout;
    assert!(plan.contains("No changes"), "{plan}");
    stack.ok(&["destroy", "-auto-approve"]);
    assert_eq!(kept(&stack), [""; 0]);
}

#[test]
fn the_console_shows_that_a_value_is_ephemeral() {
    let stack = with_token("");
    let cases = [
        ("var.token", "(ephemeral value)"),
        ("[var.token, 1]", "[\n  (ephemeral value),\n  1,\n]"),
        ("terraform.applying", "(ephemeral value)"),
        (
            "ephemeralasnull({ a = var.token, b = terraform.applying, c = 1 })",
            "{\n  \"a\" = tostring(null)\n  \"b\" = tobool(null)\n  \"c\" = 1\n}",
        ),
    ];
    for (expression, expected) in cases {
        stack.write("in", expression);
        let mut command = stack.command(&["console"]);
        let input = std::fs::File::open(stack.path("in")).unwrap();
        let output = command.stdin(input).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), expected, "{expression}");
    }
}
