//! The lines of JSON that `plan` and `apply` write, as OpenTofu writes them for the same stack.

use serde_json::{Value as Json, json};

use crate::support::terrace::Terrace;

const STACK: &str = r#"
variable "v" {
  default = 1
}
resource "terraform_data" "a" {
  count            = 1
  input            = var.v
  triggers_replace = var.v > 2
}
output "o" {
  value = terraform_data.a[0].output
}
"#;

/// What a command writes, without what differs between programs and runs: `type` and the field
/// that belongs to it.
fn lines(stack: &Terrace, arguments: &[&str]) -> Vec<Json> {
    let run = stack.ok(&[arguments, &["-json"]].concat());
    let all = run.stdout.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let told = all.filter(|it| it["type"] != "version").map(|mut it| {
        assert!(it["@level"] == "info" && it["@message"].is_string(), "{it}");
        if let Some(hook) = it.get_mut("hook").and_then(Json::as_object_mut) {
            hook.remove("elapsed_seconds");
            hook.remove("resource");
            if let Some(id) = hook.get_mut("id_value") {
                *id = json!("ID");
            }
        }
        let field = ["hook", "change", "changes", "outputs"]
            .into_iter()
            .find(|name| it.get(*name).is_some());
        json!([it["type"], it[field.unwrap()]])
    });
    told.collect()
}

fn with_id(mut hook: Json) -> Json {
    hook["id_key"] = json!("id");
    hook["id_value"] = json!("ID");
    hook
}

fn change(action: &str) -> Json {
    let resource = json!({
        "addr": "terraform_data.a[0]", "module": "", "resource": "terraform_data.a[0]",
        "implied_provider": "terraform", "resource_type": "terraform_data", "resource_name": "a",
        "resource_key": 0,
    });
    json!(["planned_change", { "resource": resource, "action": action }])
}

fn summary(add: usize, change: usize, remove: usize, operation: &str) -> Json {
    let changes = json!({
        "add": add, "change": change, "import": 0, "remove": remove, "forget": 0,
        "operation": operation,
    });
    json!(["change_summary", changes])
}

#[test]
fn the_lines_are_those_of_opentofu() {
    let stack = Terrace::sandbox(&[("main.tf", STACK)]);
    let planned =
        |action: &str| json!(["outputs", { "o": { "sensitive": false, "action": action } }]);
    let value = |it: Json| {
        let ty = if it.is_string() { "string" } else { "number" };
        json!(["outputs", { "o": { "sensitive": false, "type": ty, "value": it } }])
    };
    let refresh = || {
        let hook = with_id(json!({}));
        [json!(["refresh_start", hook]), json!(["refresh_complete", hook])]
    };
    let apply = ["apply", "-auto-approve"];
    let create = json!({ "action": "create" });
    let expected = [
        change("create"),
        summary(1, 0, 0, "plan"),
        planned("create"),
        json!(["apply_start", create]),
        json!(["apply_complete", with_id(create.clone())]),
        summary(1, 0, 0, "apply"),
        value(json!(1)),
    ];
    assert_eq!(lines(&stack, &apply), expected);
    let unchanged = [&refresh()[..], &[summary(0, 0, 0, "plan"), planned("noop")]].concat();
    assert_eq!(lines(&stack, &["plan"]), unchanged);
    let update = with_id(json!({ "action": "update" }));
    let updated = [
        &refresh()[..],
        &[
            change("update"),
            summary(0, 1, 0, "plan"),
            planned("update"),
            json!(["apply_start", update]),
            json!(["apply_complete", update]),
            summary(0, 1, 0, "apply"),
            value(json!("2")),
        ],
    ];
    assert_eq!(lines(&stack, &["apply", "-auto-approve", "-var=v=2"]), updated.concat());
    let delete = json!({ "action": "delete" });
    let mut replace = change("replace");
    replace[1]["reason"] = json!("cannot_update");
    let replaced = [
        &refresh()[..],
        &[
            replace,
            summary(1, 0, 1, "plan"),
            planned("update"),
            json!(["apply_start", with_id(delete.clone())]),
            json!(["apply_complete", delete]),
            json!(["apply_start", create]),
            json!(["apply_complete", with_id(create.clone())]),
            summary(1, 0, 1, "apply"),
            value(json!("3")),
        ],
    ];
    assert_eq!(lines(&stack, &["apply", "-auto-approve", "-var=v=3"]), replaced.concat());
    let destroyed = [
        &refresh()[..],
        &[
            change("delete"),
            summary(0, 0, 1, "plan"),
            planned("delete"),
            json!(["apply_start", with_id(delete.clone())]),
            json!(["apply_complete", delete]),
            summary(0, 0, 1, "destroy"),
            json!(["outputs", {}]),
        ],
    ];
    assert_eq!(lines(&stack, &["destroy", "-auto-approve"]), destroyed.concat());
}
