//! What `validate` says of configurations, and what is done with blocks that it accepts and that no
//! command with a state can honour. The cases are in `tests/cases/validate`.

use std::fs;

use serde_json::Value as Json;

use crate::support::terrace::Terrace;

/// A configuration of some files, and the problems that it has.
#[derive(Default)]
struct Case {
    name: String,
    files: Vec<(String, String)>,
    problems: Vec<String>,
}

/// The cases of a file: `=== name`, then files after `--- path`, then problems after `!`.
fn cases(name: &str) -> Vec<Case> {
    let text = fs::read_to_string(format!("tests/cases/validate/{name}.txt")).unwrap();
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("=== ") {
            cases.push(Case { name: name.to_string(), ..Case::default() });
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        if let Some(path) = line.strip_prefix("--- ") {
            case.files.push((path.to_string(), String::new()));
        } else if let Some(problem) = line.strip_prefix("! ") {
            case.problems.push(problem.to_string());
        } else if let Some((_, text)) = case.files.last_mut() {
            *text += &format!("{line}\n");
        }
    }
    assert!(!cases.is_empty(), "{name} has cases");
    cases
}

/// The problems of a configuration, as `file:line summary`; warnings are no problems.
fn found(case: &Case) -> Vec<String> {
    let files: Vec<_> =
        case.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let run = Terrace::sandbox(&files).run(&["validate", "-json"]);
    let said: Json = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
    let problems = said["diagnostics"].as_array().unwrap().iter();
    let problems = problems.filter(|it| it["severity"] == "error").map(|it| {
        let (file, line) = (&it["range"]["filename"], &it["range"]["start"]["line"]);
        format!("{}:{line} {}", file.as_str().unwrap(), it["summary"].as_str().unwrap())
    });
    let problems: Vec<String> = problems.collect();
    assert_eq!(run.code, Some(i32::from(!problems.is_empty())), "{}", case.name);
    problems
}

fn judge(name: &str) {
    let wrong = cases(name).into_iter().filter_map(|case| {
        let found = found(&case);
        (found != case.problems).then(|| format!("{}: {found:#?}", case.name))
    });
    assert_eq!(wrong.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn blocks_of_settings() {
    judge("settings");
}

#[test]
fn blocks_of_a_module() {
    judge("blocks");
}

#[test]
fn values() {
    judge("values");
}

#[test]
fn calls_of_modules() {
    judge("calls");
}

#[test]
fn override_files() {
    judge("overrides");
}

#[test]
fn files_of_tests() {
    judge("tests");
}

const CLOUD: &str = "terraform {\n  cloud {\n    organization = \"a\"\n  }\n}\n";
const ENCRYPTION: &str = "terraform {\n  encryption {\n    method \"unencrypted\" \"m\" {}\n    \
                          state {\n      method = method.unencrypted.m\n    }\n  }\n}\n";

#[test]
fn what_would_keep_state_elsewhere_or_in_another_way_stops_all_commands_with_a_state() {
    for (block, says) in
        [(CLOUD, "Unsupported cloud block"), (ENCRYPTION, "Unsupported encryption")]
    {
        let stack = Terrace::sandbox(&[("main.tf", block)]);
        stack.ok(&["validate"]);
        stack.ok(&["get"]);
        for command in [
            &["init"] as &[&str],
            &["plan"],
            &["plan", "-state=other.tfstate"],
            &["apply", "-auto-approve"],
            &["destroy", "-auto-approve"],
            &["refresh"],
            &["output"],
            &["providers"],
            &["show"],
            &["state", "list"],
            &["workspace", "list"],
            &["force-unlock", "-force", "x"],
        ] {
            let said = stack.fails(command);
            assert!(said.contains(says), "{command:?}: {said}");
        }
        assert!(!stack.path("terraform.tfstate").exists());
    }
}

#[test]
fn modules_that_are_called_say_nothing_of_the_state() {
    let files = [("main.tf", "module \"c\" {\n  source = \"./c\"\n}\n"), ("c/main.tf", CLOUD)];
    let stack = Terrace::sandbox(&files);
    let said = stack.ok(&["validate"]);
    assert!(
        said.stderr.contains("Only the root module's `cloud` block has an effect."),
        "{said:?}"
    );
    stack.ok(&["apply", "-auto-approve"]);
}

const PROTECTED: &str = "variable \"keep\" {\n  default = true\n}\nlocals {\n  keep = var.keep\n}\n\
                         resource \"terraform_data\" \"a\" {\n  lifecycle {\n    \
                         prevent_destroy = local.keep\n  }\n}\n";

#[test]
fn what_is_protected_may_depend_on_values() {
    let stack = Terrace::sandbox(&[("main.tf", PROTECTED)]);
    stack.ok(&["apply", "-auto-approve"]);
    let said = stack.fails(&["destroy", "-auto-approve"]);
    assert!(said.contains("has `prevent_destroy` set, but the plan destroys it"), "{said}");
    let said = stack.fails(&["plan", "-replace=terraform_data.a"]);
    assert!(said.contains("has `prevent_destroy` set, but the plan replaces it"), "{said}");
    stack.ok(&["plan", "-replace=terraform_data.a", "-var=keep=false"]);
    stack.write("main.tf", PROTECTED);
    stack.ok(&["destroy", "-auto-approve", "-var=keep=false"]);
}
