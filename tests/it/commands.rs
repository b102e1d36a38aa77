//! The commands and their flags, on small stacks in the sandbox.

use crate::support::terrace::Terrace;

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
    let json: serde_json::Value =
        serde_json::from_str(&stack.ok(&["show", "-json", "plan"]).stdout).unwrap();
    let relevant =
        serde_json::json!({ "resource": "aws_iam_policy.a", "attribute": ["attachment_count"] });
    assert_eq!(json["relevant_attributes"], serde_json::json!([relevant]));
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
    let json: serde_json::Value =
        serde_json::from_str(&stack.ok(&["show", "-json", "plan"]).stdout).unwrap();
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
