//! The commands and their flags, on small stacks in the sandbox.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value as Json, json};

use crate::support::terrace::{Run, Terrace};

const PROVIDER: &str = "provider \"aws\" {\n  region = \"eu-west-1\"\n}\n";

/// A stack of one file, applied.
fn applied(text: &str) -> Terrace {
    let stack = Terrace::sandbox(&[("main.tf", &format!("{PROVIDER}{text}"))]);
    stack.ok(&["apply", "-auto-approve", "-sandbox"]);
    stack
}

const POLICY: &str = r#"
resource "aws_iam_role" "a" {
  name               = "a"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs.amazonaws.com" }
    }]
  })
}

resource "aws_iam_policy" "a" {
  name   = "a"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }]
  })
}

resource "aws_iam_role_policy_attachment" "a" {
  role       = aws_iam_role.a.name
  policy_arn = aws_iam_policy.a.arn
}

resource "aws_cloudwatch_log_group" "a" {
  name              = "a"
  retention_in_days = 7
}
"#;

const OUTSIDE: &str = "Changed outside of terrace";

#[test]
fn drift_that_nothing_depends_on_is_told_only_by_refreshing() {
    let stack = applied(POLICY);
    let plan = stack.ok(&["plan", "-sandbox", "-detailed-exitcode"]);
    assert!(!plan.stdout.contains(OUTSIDE), "{}", plan.stdout);
    assert!(plan.stdout.contains("No changes."), "{}", plan.stdout);
    let only = stack.run(&["plan", "-sandbox", "-refresh-only", "-detailed-exitcode"]);
    assert_eq!(only.code, Some(2), "{}", only.stdout);
    assert!(only.stdout.contains("attachment_count = 0 -> 1"), "{}", only.stdout);

    let reader = "resource \"terraform_data\" \"r\" {\n  \
                  input = aws_iam_policy.a.attachment_count\n}\n";
    stack.write("reader.tf", reader);
    let plan = stack.ok(&["plan", "-sandbox", "-out=plan"]);
    assert!(plan.stdout.contains(OUTSIDE), "{}", plan.stdout);
    assert!(plan.stdout.contains("attachment_count = 0 -> 1"), "{}", plan.stdout);
    let json: Json = serde_json::from_str(&stack.ok(&["show", "-json", "plan"]).stdout).unwrap();
    let relevant = json!({ "resource": "aws_iam_policy.a", "attribute": ["attachment_count"] });
    assert_eq!(json["relevant_attributes"], json!([relevant]));
    assert_eq!(json["resource_drift"][0]["address"], "aws_iam_policy.a");
}

#[tokio::test]
async fn drift_of_what_the_configuration_sets_is_told() {
    let stack = applied(POLICY);
    let logs = aws_sdk_cloudwatchlogs::Client::new(&stack.sdk());
    logs.put_retention_policy().log_group_name("a").retention_in_days(30).send().await.unwrap();
    let plan = stack.run(&["plan", "-sandbox", "-detailed-exitcode"]);
    assert_eq!(plan.code, Some(2), "{}", plan.stdout);
    assert!(plan.stdout.contains(OUTSIDE), "{}", plan.stdout);
    assert!(plan.stdout.contains("retention_in_days = 7 -> 30"), "{}", plan.stdout);
    assert!(!plan.stdout.contains("attachment_count"), "{}", plan.stdout);

    let ignored =
        "retention_in_days = 7\n  lifecycle {\n    ignore_changes = [retention_in_days]\n  }";
    let text = format!("{PROVIDER}{}", POLICY.replace("retention_in_days = 7", ignored));
    stack.write("main.tf", &text);
    let plan = stack.ok(&["plan", "-sandbox", "-detailed-exitcode"]);
    assert!(!plan.stdout.contains(OUTSIDE), "{}", plan.stdout);

    logs.delete_log_group().log_group_name("a").send().await.unwrap();
    let plan = stack.run(&["plan", "-sandbox", "-detailed-exitcode"]);
    assert_eq!(plan.code, Some(2), "{}", plan.stdout);
    assert!(plan.stdout.contains("aws_cloudwatch_log_group.a is gone"), "{}", plan.stdout);
}

const DATA: &str = "resource \"terraform_data\" \"a\" {\n  input = \"x\"\n}\n";

#[test]
fn an_object_that_gets_another_address_is_moved() {
    let stack = Terrace::sandbox(&[("main.tf", DATA)]);
    stack.ok(&["apply", "-auto-approve"]);
    stack.write("main.tf", &DATA.replace("input", "count = 1\n  input"));
    let plan = stack.run(&["plan", "-detailed-exitcode", "-out=plan"]);
    assert_eq!(plan.code, Some(2), "{}", plan.stdout);
    let moved = "terraform_data.a[0] has moved from terraform_data.a\n";
    assert!(plan.stdout.contains(moved), "{}", plan.stdout);
    assert!(plan.stdout.contains("0 to add, 0 to change, 0 to destroy"), "{}", plan.stdout);
    let json: Json = serde_json::from_str(&stack.ok(&["show", "-json", "plan"]).stdout).unwrap();
    assert_eq!(json["resource_changes"][0]["previous_address"], "terraform_data.a");
    assert_eq!(json["resource_changes"][0]["change"]["actions"][0], "no-op");
    stack.ok(&["apply", "plan"]);
    assert_eq!(stack.ok(&["state", "list"]).stdout, "terraform_data.a[0]\n");
    stack.ok(&["plan", "-detailed-exitcode"]);

    let block = "moved {\n  from = terraform_data.a[0]\n  to = terraform_data.b\n}\n";
    let renamed = DATA.replace("\"a\"", "\"b\"").replace("\"x\"", "\"y\"");
    stack.write("main.tf", &(renamed + block));
    let plan = stack.ok(&["plan"]).stdout;
    let moved = "terraform_data.b (moved from terraform_data.a[0]) will be updated in place";
    assert!(plan.contains(moved), "{plan}");
    let left = stack.fails(&["plan", "-target=terraform_data.b"]);
    assert!(left.contains("-target='terraform_data.a[0]'"), "{left}");
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(stack.ok(&["state", "list"]).stdout, "terraform_data.b\n");
    stack.ok(&["plan", "-detailed-exitcode"]);
}

#[test]
fn moves_that_make_no_sense_are_refused() {
    let block = |from: &str, to: &str| format!("moved {{\n  from = {from}\n  to = {to}\n}}\n");
    let (a, b, c) = ("terraform_data.a", "terraform_data.b", "terraform_data.c");
    let cases = [
        (block(a, b), "Moved object still exists"),
        (block(b, b), "Redundant move statement"),
        (block(b, c) + &block(b, a), "Ambiguous move statements"),
        (block(b, a) + &block(c, a), "Ambiguous move statements"),
        (block("aws_vpc.b", a), "Resource type mismatch"),
        (block(b, c) + &block(c, b), "Cyclic dependency in move statements"),
    ];
    let stack = Terrace::sandbox(&[]);
    for (blocks, problem) in cases {
        stack.write("main.tf", &format!("{DATA}{blocks}"));
        let told = stack.fails(&["plan"]);
        assert!(told.contains(problem), "{blocks}{told}");
    }
}

/// Runs the program with something to read.
fn answering(stack: &Terrace, arguments: &[&str], answer: &str) -> Run {
    let mut command = stack.command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The JSON lines of a run; each has what all lines have.
fn lines(run: &Run) -> Vec<Json> {
    let lines: Vec<Json> =
        run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        for name in ["@level", "@message", "@module", "@timestamp", "type"] {
            assert!(line[name].is_string(), "{line}");
        }
    }
    assert_eq!(lines[0]["type"], "version");
    lines
}

fn kinds(lines: &[Json]) -> Vec<&str> {
    lines.iter().map(|line| line["type"].as_str().unwrap()).collect()
}

fn parsed(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

const CHAIN: &str = r#"
resource "terraform_data" "a" {
  input = "x"
}

resource "terraform_data" "b" {
  input = terraform_data.a.output
}

resource "terraform_data" "c" {
  input = "z"
}

output "b" {
  value = terraform_data.b.output
}

output "secret" {
  value     = "hunter2"
  sensitive = true
}
"#;

#[test]
fn approval_is_asked_for_and_only_yes_is_taken() {
    let stack = Terrace::sandbox(&[("main.tf", DATA)]);
    let no = answering(&stack, &["apply"], "y\n");
    assert_eq!(no.code, Some(1));
    assert!(no.stderr.contains("Apply cancelled"), "{}", no.stderr);
    for nobody in [&["apply"][..], &["apply", "-input=false"], &["destroy", "-input=false"]] {
        let said = answering(&stack, nobody, if nobody.len() > 1 { "yes\n" } else { "" });
        let empty = nobody[0] == "destroy";
        assert_eq!(said.code, Some(if empty { 0 } else { 1 }), "{nobody:?} {}", said.stderr);
        assert!(empty || said.stderr.contains("nobody to ask"), "{}", said.stderr);
    }
    assert!(stack.fails(&["state", "list"]).contains("No state"));
    let yes = answering(&stack, &["apply"], "yes\n");
    assert_eq!(yes.code, Some(0), "{}", yes.stderr);
    assert!(yes.stderr.contains("1 added"), "{}", yes.stderr);
    assert_eq!(answering(&stack, &["destroy"], "no\n").code, Some(1));
    assert!(stack.fails(&["destroy", "-input=false"]).contains("nobody to ask"));
    let gone = answering(&stack, &["destroy"], "yes\n");
    assert!(gone.stderr.contains("1 destroyed"), "{}", gone.stderr);
    assert_eq!(stack.ok(&["state", "list"]).stdout, "");
}

#[test]
fn variables_that_are_not_set_are_asked_for() {
    let text =
        "variable \"name\" {\n  type = string\n}\noutput \"name\" {\n  value = var.name\n}\n";
    let stack = Terrace::sandbox(&[("main.tf", text)]);
    let asked = answering(&stack, &["apply", "-auto-approve"], "web\n");
    assert_eq!(asked.code, Some(0), "{}", asked.stderr);
    assert_eq!(stack.ok(&["output", "-raw", "name"]).stdout, "web");
    for arguments in [&["plan"][..], &["plan", "-input=false"]] {
        let missing = stack.fails(arguments);
        assert!(missing.contains("name"), "{missing}");
    }
}

#[test]
fn targets_and_replacements_limit_and_force() {
    let stack = Terrace::sandbox(&[("main.tf", CHAIN)]);
    let plan = stack.ok(&["plan", "-target=terraform_data.b"]).stdout;
    assert!(plan.contains("Plan: 2 to add"), "{plan}");
    assert!(!plan.contains("terraform_data.c"), "{plan}");
    stack.ok(&["apply", "-auto-approve", "-target", "terraform_data.b"]);
    assert_eq!(stack.ok(&["state", "list"]).stdout, "terraform_data.a\nterraform_data.b\n");
    stack.ok(&["apply", "-auto-approve"]);
    let plan = stack.ok(&["plan", "-replace=terraform_data.c"]).stdout;
    assert!(plan.contains("-replace asks for it"), "{plan}");
    assert!(plan.contains("Plan: 1 to add, 0 to change, 1 to destroy."), "{plan}");
    let gone = stack.ok(&["plan", "-destroy", "-target=terraform_data.a"]).stdout;
    assert!(gone.contains("Plan: 0 to add, 0 to change, 2 to destroy."), "{gone}");
    assert!(stack.fails(&["plan", "-target=nonsense"]).contains("Invalid -target"));
    assert!(stack.fails(&["plan", "-replace=module.m"]).contains("Invalid -replace"));
}

#[test]
fn exit_codes_tell_whether_there_are_changes() {
    let stack = Terrace::sandbox(&[("main.tf", DATA)]);
    assert_eq!(stack.run(&["plan", "-detailed-exitcode"]).code, Some(2));
    assert_eq!(stack.run(&["plan"]).code, Some(0));
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(stack.run(&["plan", "-detailed-exitcode"]).code, Some(0));
    stack.write("main.tf", "resource \"terraform_data\" \"a\" {\n  input = nothing\n}\n");
    assert_eq!(stack.run(&["plan", "-detailed-exitcode"]).code, Some(1));
}

#[test]
fn a_saved_plan_is_applied_unless_stale_or_damaged() {
    let stack = Terrace::sandbox(&[("main.tf", CHAIN)]);
    let plan = stack.ok(&["plan", "-out=plan"]);
    assert!(plan.stderr.contains("terrace apply plan"), "{}", plan.stderr);
    assert!(!plan.stdout.contains("hunter2"), "{}", plan.stdout);
    assert!(!stack.ok(&["show", "plan"]).stdout.contains("hunter2"));
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(stack.path("plan")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    let shown = parsed(&stack.ok(&["show", "-json", "plan"]).stdout);
    assert_eq!(shown["planned_values"]["outputs"]["secret"]["sensitive"], true);
    assert_eq!(shown["resource_changes"].as_array().unwrap().len(), 3);
    // what changes afterwards does not matter to the saved plan
    stack.write("main.tf", DATA);
    stack.ok(&["apply", "plan"]);
    assert_eq!(stack.ok(&["state", "list"]).stdout.lines().count(), 3);
    let stale = stack.fails(&["apply", "plan"]);
    assert!(stale.contains("stale"), "{stale}");
    let mut bytes = std::fs::read(stack.path("plan")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0);
    std::fs::write(stack.path("plan"), bytes).unwrap();
    for command in [&["apply", "plan"][..], &["show", "plan"]] {
        let damaged = stack.fails(command);
        assert!(damaged.contains("damaged"), "{damaged}");
    }
}

#[test]
fn json_lines_tell_plan_and_apply() {
    let stack = Terrace::sandbox(&[("main.tf", CHAIN)]);
    let plan = lines(&stack.ok(&["plan", "-json"]));
    let changes = ["planned_change"; 3];
    let wanted = [&["version"][..], &changes, &["change_summary", "outputs"]].concat();
    assert_eq!(kinds(&plan), wanted);
    assert_eq!(plan[1]["change"]["resource"]["addr"], "terraform_data.a");
    assert_eq!(plan[1]["change"]["action"], "create");
    let numbers = json!({
        "add": 3, "change": 0, "import": 0, "remove": 0, "forget": 0, "operation": "plan",
    });
    assert_eq!(plan[4]["changes"], numbers);
    assert_eq!(plan[5]["outputs"]["b"], json!({ "sensitive": false, "action": "create" }));

    assert!(stack.run(&["apply", "-json"]).code == Some(1), "nobody can be asked");
    let apply = lines(&stack.ok(&["apply", "-json", "-auto-approve"]));
    let count = |kind: &str| kinds(&apply).iter().filter(|it| **it == kind).count();
    assert_eq!((count("apply_start"), count("apply_complete")), (3, 3));
    let last = &apply[apply.len() - 2..];
    assert_eq!(kinds(last), ["change_summary", "outputs"]);
    assert_eq!(last[0]["changes"]["operation"], "apply");
    assert_eq!(last[1]["outputs"]["b"]["value"], "x");
    assert_eq!(last[1]["outputs"]["secret"], json!({ "sensitive": true, "type": "string" }));

    stack.write("main.tf", "resource \"terraform_data\" \"a\" {\n  input = nothing\n}\n");
    let wrong = stack.run(&["plan", "-json"]);
    let told = lines(&wrong);
    assert_eq!((wrong.code, kinds(&told)), (Some(1), vec!["version", "diagnostic"]));
    assert_eq!(told[1]["diagnostic"]["range"]["start"]["line"], 2);
}

#[test]
fn outputs_are_told_in_all_forms() {
    let stack = Terrace::sandbox(&[("main.tf", CHAIN)]);
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(stack.ok(&["output"]).stdout, "b = \"x\"\nsecret = (sensitive value)\n");
    assert_eq!(stack.ok(&["output", "b"]).stdout, "\"x\"\n");
    assert_eq!(stack.ok(&["output", "secret"]).stdout, "\"hunter2\"\n", "asked for by name");
    assert_eq!(stack.ok(&["output", "-raw", "secret"]).stdout, "hunter2");
    assert_eq!(stack.ok(&["output", "-json", "b"]).stdout, "\"x\"\n");
    let all = parsed(&stack.ok(&["output", "-json"]).stdout);
    let secret = json!({ "sensitive": true, "type": "string", "value": "hunter2" });
    assert_eq!(all["secret"], secret);
    assert!(stack.fails(&["output", "nothing"]).contains("Output not found"));
}

#[test]
fn states_are_listed_shown_changed_and_replaced() {
    let stack = Terrace::sandbox(&[("main.tf", CHAIN)]);
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(stack.ok(&["state", "list", "terraform_data.b"]).stdout, "terraform_data.b\n");
    let shown = stack.ok(&["state", "show", "terraform_data.b"]).stdout;
    assert!(shown.contains("resource \"terraform_data\" \"b\""), "{shown}");
    assert!(stack.fails(&["state", "show", "terraform_data.no"]).contains("Not in state"));
    let before = stack.ok(&["state", "pull"]).stdout;

    stack.ok(&["state", "mv", "-dry-run", "terraform_data.c", "terraform_data.d"]);
    assert_eq!(stack.ok(&["state", "pull"]).stdout, before);
    stack.ok(&["state", "mv", "terraform_data.c", "terraform_data.d"]);
    stack.ok(&["state", "rm", "terraform_data.a"]);
    assert_eq!(stack.ok(&["state", "list"]).stdout, "terraform_data.b\nterraform_data.d\n");
    assert!(stack.fails(&["state", "rm", "terraform_data.a"]).contains("Not in state"));

    stack.write("before.json", &before);
    assert!(stack.fails(&["state", "push", "before.json"]).contains("older"));
    stack.ok(&["state", "push", "-force", "before.json"]);
    assert_eq!(stack.ok(&["state", "list"]).stdout.lines().count(), 3);
    let pushed = answering(&stack, &["state", "push", "-force", "-"], &before);
    assert_eq!(pushed.code, Some(0), "{}", pushed.stderr);
    let json = parsed(&stack.ok(&["show", "-json"]).stdout);
    assert_eq!(json["values"]["root_module"]["resources"].as_array().unwrap().len(), 3);
}

const VPC: &str = "resource \"aws_vpc\" \"a\" {\n  cidr_block = \"10.0.0.0/16\"\n}\n";

#[test]
fn an_object_is_imported_and_refreshed() {
    let stack = applied(VPC);
    let state = parsed(&stack.ok(&["state", "pull"]).stdout);
    let id =
        state["resources"][0]["instances"][0]["attributes"]["id"].as_str().unwrap().to_string();
    stack.ok(&["state", "rm", "aws_vpc.a"]);
    assert!(stack.fails(&["import", "-sandbox", "aws_vpc.a", "vpc-0"]).contains("not found"));
    assert!(stack.fails(&["import", "-sandbox", "aws_vpc.b", &id]).contains("no aws_vpc.b"));
    stack.ok(&["import", "-sandbox", "aws_vpc.a", &id]);
    assert!(stack.fails(&["import", "-sandbox", "aws_vpc.a", &id]).contains("Already in state"));
    stack.ok(&["plan", "-sandbox", "-detailed-exitcode"]);

    stack.ok(&["sandbox", "reset"]);
    let trusting = stack.ok(&["plan", "-sandbox", "-refresh=false", "-detailed-exitcode"]).stdout;
    assert!(trusting.contains("No changes."), "{trusting}");
    let only = stack.run(&["plan", "-sandbox", "-refresh-only", "-detailed-exitcode"]);
    assert_eq!(only.code, Some(2));
    assert!(only.stdout.contains("aws_vpc.a is gone"), "{}", only.stdout);
    assert_eq!(stack.ok(&["state", "list"]).stdout, "aws_vpc.a\n");
    stack.ok(&["apply", "-sandbox", "-refresh-only", "-auto-approve"]);
    assert_eq!(stack.ok(&["state", "list"]).stdout, "");
    stack.ok(&["apply", "-sandbox", "-auto-approve"]);
    stack.ok(&["sandbox", "reset"]);
    stack.ok(&["refresh", "-sandbox"]);
    assert_eq!(stack.ok(&["state", "list"]).stdout, "");
}

#[test]
fn what_the_program_knows_is_told_as_json() {
    let stack = Terrace::sandbox(&[("main.tf", CHAIN)]);
    let version = parsed(&stack.ok(&["version", "-json"]).stdout);
    assert!(version["terraform_version"].is_string() && version["platform"].is_string());
    let schemas = parsed(&stack.ok(&["providers", "schema", "-json"]).stdout);
    let aws = &schemas["provider_schemas"]["registry.terraform.io/hashicorp/aws"];
    assert_eq!(aws["resource_schemas"]["aws_vpc"]["block"]["attributes"]["arn"]["computed"], true);
    let graph = stack.ok(&["graph"]).stdout;
    assert!(graph.starts_with("digraph"), "{graph}");
    assert!(graph.contains("terraform_data.b") && graph.contains("->"), "{graph}");
    let valid = parsed(&stack.ok(&["validate", "-json"]).stdout);
    assert_eq!((&valid["valid"], &valid["error_count"]), (&json!(true), &json!(0)));
}

/// The lock of a stack's state, once somebody holds it.
fn lock_of(stack: &Terrace) -> Json {
    let path = stack.path(".terraform.tfstate.lock.info");
    for _ in 0..200 {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        if let Ok(json) = serde_json::from_str(&text) {
            return json;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("nobody took the lock");
}

#[test]
fn a_lock_keeps_others_out_until_its_holder_is_gone() {
    let stack = Terrace::sandbox(&[("main.tf", DATA)]);
    let mut command = stack.command(&["apply"]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut holder = command.spawn().unwrap();
    let lock = lock_of(&stack);
    let id = lock["ID"].as_str().unwrap();
    let held = stack.fails(&["apply", "-auto-approve"]);
    assert!(held.contains(id), "{held}");
    assert!(stack.fails(&["force-unlock", "-force", id]).contains("still running"));
    holder.stdin.take().unwrap().write_all(b"yes\n").unwrap();
    assert!(holder.wait().unwrap().success());
    stack.ok(&["plan", "-detailed-exitcode"]);

    stack.write(".terraform.tfstate.lock.info", &lock.to_string());
    let other = "e0000000-0000-0000-0000-000000000000";
    assert!(stack.fails(&["force-unlock", "-force", other]).contains(id));
    assert_eq!(answering(&stack, &["force-unlock", id], "no\n").code, Some(1));
    let removed = answering(&stack, &["force-unlock", id], "yes\n");
    assert_eq!(removed.code, Some(0), "{}", removed.stderr);
    assert!(!stack.path(".terraform.tfstate.lock.info").exists());
}

const CHECKED: &str = r#"
variable "size" {
  default = 1
  validation {
    condition     = var.size > 0
    error_message = "Too small."
  }
}

variable "least" {
  default = 3
}

resource "terraform_data" "a" {
  count = 2
  input = var.size

  lifecycle {
    precondition {
      condition     = var.size < 9
      error_message = "Too large."
    }
    postcondition {
      condition     = self.id != "x"
      error_message = "Never x."
    }
  }
}

output "a" {
  value = terraform_data.a[0].id
  precondition {
    condition     = length(terraform_data.a[0].id) > var.least
    error_message = "Too short."
  }
}
"#;

#[test]
fn the_results_of_conditions_are_kept_in_state() {
    let stack = Terrace::sandbox(&[("main.tf", CHECKED)]);
    stack.ok(&["plan", "-out=plan"]);
    let plan = parsed(&stack.ok(&["show", "-json", "plan"]).stdout);
    let resource = plan["checks"].as_array().unwrap().iter();
    let resource = resource.into_iter().find(|it| it["address"]["kind"] == "resource").unwrap();
    assert_eq!(resource["status"], "unknown");
    assert_eq!(resource["instances"].as_array().unwrap().len(), 2);
    stack.ok(&["apply", "plan"]);
    let results = || parsed(&stack.ok(&["state", "pull"]).stdout)["check_results"].clone();
    let one = |address: &str| json!({ "object_addr": address, "status": "pass" });
    let group = |kind: &str, config: &str, objects: &[Json]| {
        json!({
            "object_kind": kind, "config_addr": config, "status": "pass", "objects": objects,
        })
    };
    let instances = [one("terraform_data.a[0]"), one("terraform_data.a[1]")];
    let wanted = json!([
        group("output", "output.a", &[one("output.a")]),
        group("resource", "terraform_data.a", &instances),
        group("var", "var.size", &[one("var.size")]),
    ]);
    assert_eq!(results(), wanted);

    stack.ok(&["destroy", "-auto-approve"]);
    assert_eq!(results(), Json::Null);
    let failed = stack.fails(&["apply", "-auto-approve", "-var=least=100"]);
    assert!(failed.contains("Too short."), "{failed}");
    assert_eq!(results()[0]["objects"][0]["failure_messages"], json!(["Too short."]));
    assert_eq!(
        (&results()[0]["status"], &results()[1]["status"]),
        (&json!("fail"), &json!("pass"))
    );
}

#[test]
fn a_file_that_is_no_state_has_no_backup() {
    let stack = Terrace::sandbox(&[("main.tf", CHAIN)]);
    for command in [&["show", "main.tf"][..], &["state", "push", "main.tf"]] {
        let said = stack.fails(command);
        assert!(said.contains("is not a state file") && !said.contains("backup"), "{said}");
    }
}

#[test]
fn what_repeats_wrongly_is_named() {
    let repeated = |how: &str| format!("resource \"terraform_data\" \"a\" {{\n  {how}\n}}\n");
    for (how, problem) in [
        ("count = -1", "`count` is -1, not a whole number from 0."),
        ("count = 1.5", "`count` is 1.5, not a whole number from 0."),
        ("count = true", "`count` is bool, not a whole number from 0."),
        ("for_each = toset([\"a\", null])", "The set of `for_each` has an element that is null."),
    ] {
        let said = Terrace::sandbox(&[("main.tf", &repeated(how))]).fails(&["plan"]);
        assert!(said.contains(problem), "{said}");
    }
    let twice = "output \"o\" {\n  value = 1\n}\n".repeat(2);
    let said = Terrace::sandbox(&[("main.tf", &twice)]).fails(&["plan"]);
    assert!(said.contains("There already is an output `o`"), "{said}");
}

#[test]
fn a_changed_default_tag_is_nothing_from_outside() {
    const GROUP: &str = "resource \"aws_cloudwatch_log_group\" \"a\" {\n  name = \"a\"\n}\n";
    let text = |team: &str| {
        let tags = format!("default_tags {{\n    tags = {{ Team = \"{team}\" }}\n  }}\n");
        format!("provider \"aws\" {{\n  region = \"eu-west-1\"\n  {tags}}}\n{GROUP}")
    };
    let stack = Terrace::sandbox(&[("main.tf", &text("a"))]);
    stack.ok(&["apply", "-auto-approve", "-sandbox"]);
    stack.write("main.tf", &text("b"));
    let shown = stack.ok(&["plan", "-sandbox"]).stdout;
    assert!(!shown.contains(OUTSIDE) && !shown.contains("- tags"), "{shown}");
    assert!(shown.contains("Team = \"a\" -> \"b\""), "{shown}");
    stack.ok(&["apply", "-auto-approve", "-sandbox"]);
    assert!(stack.ok(&["plan", "-sandbox"]).stdout.contains("No changes"));
}

#[test]
fn what_needs_only_the_state_works_whatever_else_is_wrong() {
    let backend = "terraform {\n  backend \"local\" {\n    path = \"own.tfstate\"\n  }\n}\n";
    let good = "resource \"terraform_data\" \"a\" {\n  input = 1\n}\noutput \"a\" {\n  \
                value = terraform_data.a.output\n}\n";
    let stack = Terrace::sandbox(&[("backend.tf", backend), ("main.tf", good)]);
    stack.ok(&["apply", "-auto-approve"]);
    let wrong = "resource \"terraform_data\" \"a\" {\n  input = var.missing\n}\nsurprise {}\n\
                 module \"m\" {\n  source = \"./nowhere\"\n}\n\
                 module \"n\" {\n  source = \"example.com/not/fetched/yet\"\n}\n";
    stack.write("main.tf", wrong);
    stack.fails(&["validate"]);
    assert_eq!(stack.ok(&["state", "list"]).stdout, "terraform_data.a\n");
    assert_eq!(stack.ok(&["output", "-raw", "a"]).stdout, "1");
    assert!(stack.ok(&["show"]).stdout.contains("terraform_data.a"));
    assert!(stack.ok(&["state", "show", "terraform_data.a"]).stdout.contains("input"));
    assert!(stack.ok(&["state", "pull"]).stdout.contains("lineage"));
    stack.ok(&["state", "mv", "terraform_data.a", "terraform_data.b"]);
    stack.ok(&["state", "rm", "terraform_data.b"]);
    let pushed = stack.read("own.tfstate");
    stack.write("pushed.tfstate", &pushed);
    stack.ok(&["state", "push", "pushed.tfstate"]);
    assert!(stack.fails(&["force-unlock", "-force", "x"]).contains("lock"));

    // The backend may stand in a file that cannot be parsed.
    stack.write("main.tf", "resource {\n");
    assert!(stack.fails(&["state", "list"]).contains("main.tf:"));
    stack.write("main.tf", wrong);
    stack.write("backend.tf", &backend.replace("local", "s3x"));
    assert!(stack.fails(&["state", "list"]).contains("s3x"));
    stack.write("backend.tf", &backend.replace("path", "pth"));
    assert!(stack.fails(&["state", "list"]).contains("backend.tf:3"));
}
