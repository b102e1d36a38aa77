//! What commands tell in JSON, on standard output or in a file besides.

use serde_json::Value as Json;

use crate::support::terrace::{Run, Terrace};

const STACK: &str = "resource \"terraform_data\" \"a\" {\n  input = 1\n}\n\noutput \"a\" {\n  value = \
                     terraform_data.a.output\n}\n";

fn stack() -> Terrace {
    Terrace::sandbox(&[("main.tf", STACK)])
}

fn lines(text: &str) -> Vec<Json> {
    let line = |it| serde_json::from_str(it).unwrap_or_else(|error| panic!("{it}: {error}"));
    text.lines().map(line).collect()
}

/// What a command writes, which must be lines of JSON and nothing else: their kinds and messages.
fn told(run: &Run) -> Vec<(String, String)> {
    assert_eq!(run.stderr, "", "{}", run.stdout);
    let text = |line: &Json, name: &str| line[name].as_str().unwrap_or_default().to_string();
    let lines = lines(&run.stdout);
    assert_eq!(lines[0]["type"], "version");
    lines[1..].iter().map(|it| (text(it, "type"), text(it, "@message"))).collect()
}

#[test]
fn commands_that_change_the_state_tell_it_in_json() {
    let stack = stack();
    stack.ok(&["apply", "-auto-approve"]);
    let plain = |message: &str| (String::new(), message.to_string());
    let said = |arguments: &[&str]| told(&stack.ok(arguments));
    let address = ("resource_address".to_string(), "terraform_data.a".to_string());
    assert_eq!(said(&["state", "list", "-json"]), [address]);
    let moved = said(&["state", "mv", "-json", "terraform_data.a", "terraform_data.b"]);
    assert_eq!(moved, [plain("Moved terraform_data.a to terraform_data.b")]);
    let tainted = said(&["taint", "-json", "terraform_data.b"]);
    assert_eq!(tainted, [plain("terraform_data.b is tainted: the next apply replaces it.")]);
    let untainted = said(&["untaint", "-json", "terraform_data.b"]);
    assert_eq!(untainted, [plain("terraform_data.b is not tainted any more.")]);
    let removed = said(&["state", "rm", "-json", "terraform_data.b"]);
    assert_eq!(removed, [plain("Forgot terraform_data.b")]);
    stack.write("pulled", &stack.ok(&["state", "pull"]).stdout);
    assert_eq!(said(&["state", "push", "-json", "pulled"]), [plain("The state is replaced.")]);
    assert_eq!(said(&["get", "-json"]), [plain("Ready: 0 module calls found.")]);
    let imported = said(&["import", "-json", "terraform_data.a", "x"]);
    assert!(imported.contains(&plain("Imported terraform_data.a [id=x].")), "{imported:?}");
    let refreshed = said(&["refresh", "-json"]);
    assert!(refreshed.iter().any(|it| it.0 == "change_summary"), "{refreshed:?}");
    let wrong = stack.run(&["state", "rm", "-json", "terraform_data.c"]);
    assert_eq!(wrong.code, Some(1));
    assert_eq!(told(&wrong), [("diagnostic".to_string(), "Error: Not in state".to_string())]);
    let locked = stack.run(&["force-unlock", "-json", "-force", "x"]);
    assert_eq!((locked.code, told(&locked)[0].0.as_str()), (Some(1), "diagnostic"));
}

#[test]
fn workspaces_are_told_in_json() {
    let stack = stack();
    let said = |arguments: &[&str]| told(&stack.ok(arguments));
    let new = said(&["workspace", "new", "-json", "blue"]);
    assert!(new[0].1.contains("`blue` is new"), "{new:?}");
    let list = stack.ok(&["workspace", "list", "-json"]);
    let list = lines(&list.stdout).remove(1);
    assert_eq!(list["type"], "workspace_list");
    assert_eq!(list["workspaces"], serde_json::json!(["default", "blue"]));
    assert_eq!(list["current_workspace"], "blue");
    stack.ok(&["apply", "-auto-approve"]);
    let selected = said(&["workspace", "select", "-json", "default"]);
    assert!(selected[0].1.contains("`default` is in use"), "{selected:?}");
    let deleted = said(&["workspace", "delete", "-json", "-force", "blue"]);
    assert_eq!(deleted[1].1, "Warning: Workspace was not empty");
    let missing = stack.run(&["workspace", "select", "-json", "blue"]);
    assert_eq!(missing.code, Some(1));
    assert_eq!(told(&missing)[0].1, "Error: Workspace not found");
}

#[test]
fn json_goes_into_a_file_besides_what_is_printed() {
    let stack = stack();
    let read = || lines(&stack.read("told"));
    let kinds = || {
        let kinds = read().into_iter().filter_map(|it| it["type"].as_str().map(str::to_string));
        kinds.collect::<Vec<_>>()
    };
    let into = "-json-into=told";
    let plan = stack.ok(&["plan", into]);
    assert!(plan.stdout.contains("terraform_data.a"), "{}", plan.stdout);
    assert_eq!(kinds(), ["version", "planned_change", "change_summary", "outputs"]);
    let apply = stack.ok(&["apply", "-auto-approve", into]);
    assert!(apply.stderr.contains("1 added") && apply.stdout.contains("a = 1"), "{apply:?}");
    assert!(kinds().contains(&"apply_complete".to_string()), "{:?}", kinds());
    assert_eq!(kinds().last().map(String::as_str), Some("outputs"));
    let listed = stack.ok(&["workspace", "list", into]);
    assert_eq!((listed.stdout.as_str(), kinds().len()), ("* default\n\n", 2));
    stack.write(
        "a.tftest.hcl",
        "run \"a\" {\n  assert {\n    condition = output.a == 2\n    \
                                 error_message = \"wrong\"\n  }\n}\n",
    );
    let tested = stack.run(&["test", "-verbose", into]);
    assert!(tested.stdout.contains("run \"a\"... fail"), "{}", tested.stdout);
    assert!(tested.stderr.matches("wrong").count() == 1, "{}", tested.stderr);
    assert_eq!(kinds().iter().filter(|it| *it == "diagnostic").count(), 1, "{:?}", kinds());
    for kind in ["test_abstract", "test_file", "test_run", "test_state", "test_summary"] {
        assert!(kinds().contains(&kind.to_string()), "{kind}: {:?}", kinds());
    }
    let both = stack.run(&["plan", "-json", into]);
    assert_eq!(both.code, Some(1));
    assert!(both.stdout.contains("exclude each other"), "{}", both.stdout);
    let format = stack.run(&["fmt", into]);
    assert!(format.stderr.contains("tells nothing in JSON"), "{}", format.stderr);
    let nowhere = stack.run(&["plan", "-json-into=no/such/folder"]);
    assert!(nowhere.stderr.contains("Invalid -json-into"), "{}", nowhere.stderr);
    stack.write("main.tf", "resource \"terraform_data\" \"a\" {\n  inputs = 1\n}\n");
    let wrong = stack.run(&["plan", into]);
    assert!(wrong.code == Some(1) && wrong.stderr.contains("inputs"), "{}", wrong.stderr);
    assert_eq!(kinds().last().map(String::as_str), Some("diagnostic"));
}

#[test]
fn documents_go_into_a_file_besides_what_is_printed() {
    let stack = stack();
    stack.ok(&["apply", "-auto-approve"]);
    let read = || serde_json::from_str::<Json>(&stack.read("told")).unwrap();
    let into = "-json-into=told";
    let shown = stack.ok(&["show", into]);
    assert!(shown.stdout.contains("resource \"terraform_data\" \"a\""), "{}", shown.stdout);
    let resource = |json: &Json| json["values"]["root_module"]["resources"][0]["address"].clone();
    assert_eq!(resource(&read()), "terraform_data.a");
    let one = stack.ok(&["state", "show", "-json", "terraform_data.a"]);
    assert_eq!(resource(&serde_json::from_str(&one.stdout).unwrap()), "terraform_data.a");
    assert!(stack.ok(&["output", into]).stdout.contains("a = 1"));
    assert_eq!(read()["a"]["value"], 1);
    assert_eq!(stack.ok(&["output", into, "a"]).stdout, "1\n");
    assert_eq!(read(), 1);
    stack.write("b.tf", "output \"b\" {\n  value = local.b\n}\n");
    let invalid = stack.run(&["validate", into]);
    assert!(invalid.code == Some(1) && invalid.stderr.contains("local.b"), "{}", invalid.stderr);
    assert_eq!((read()["valid"].clone(), read()["error_count"].clone()), (false.into(), 1.into()));
}
