//! What `init` records of the backend, and what becomes of states when that changes.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value as Json, json};

use crate::lifecycle::interrupt_at;
use crate::support::terrace::{Run, Terrace};

const RECORD: &str = ".terraform/terraform.tfstate";

fn configuration(arguments: &str) -> String {
    format!(
        "terraform {{\n  backend \"local\" {{\n{arguments}\n  }}\n}}\n\
         resource \"terraform_data\" \"a\" {{}}\n"
    )
}

fn stack(arguments: &str) -> Terrace {
    Terrace::sandbox(&[("main.tf", &configuration(arguments))])
}

fn init(stack: &Terrace, flags: &[&str], answer: &str) -> Run {
    let mut command = stack.command(&[&["init"][..], flags].concat());
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that asks nothing may be gone already.
    drop(child.stdin.take().unwrap().write_all(answer.as_bytes()));
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn listed(stack: &Terrace) -> String {
    stack.ok(&["state", "list"]).stdout
}

fn record(stack: &Terrace) -> Json {
    serde_json::from_str(&stack.read(RECORD)).unwrap()
}

#[test]
fn what_opentofu_recorded_counts() {
    let mut stack = stack("");
    // as OpenTofu writes it for `init -backend-config=path=zz.tfstate`
    let recorded = json!({ "version": 3, "backend": {
        "type": "local", "config": { "path": "zz.tfstate", "workspace_dir": null },
        "hash": 666_019_178,
    } });
    stack.write(RECORD, &recorded.to_string());
    stack.ok(&["apply", "-auto-approve"]);
    assert!(stack.path("zz.tfstate").exists() && !stack.path("terraform.tfstate").exists());
    assert_eq!(listed(&stack), "terraform_data.a\n");
    stack.ok(&["plan", "-detailed-exitcode", "-out=p"]);
    stack.ok(&["apply", "p"]);
    stack.ok(&["init"]);
    assert_eq!(record(&stack), recorded);
    stack.set("TF_DATA_DIR", "elsewhere");
    stack.write("elsewhere/terraform.tfstate", &recorded.to_string().replace("zz", "yy"));
    assert_eq!(stack.run(&["plan", "-detailed-exitcode"]).code, Some(2));
    stack.ok(&["apply", "-auto-approve"]);
    assert!(stack.path("yy.tfstate").exists());
}

#[test]
fn init_takes_settings_from_the_command_line() {
    let stack = stack("workspace_dir = \"spaces\"");
    stack.ok(&["init", "-backend-config=path=here.tfstate"]);
    let backend = &record(&stack)["backend"];
    let config = json!({ "path": "here.tfstate", "workspace_dir": "spaces" });
    assert_eq!((&backend["type"], &backend["config"]), (&json!("local"), &config));
    stack.ok(&["apply", "-auto-approve"]);
    assert!(stack.path("here.tfstate").exists());
    stack.ok(&["init"]);
    assert_eq!(record(&stack)["backend"]["config"], config);
    stack.write("file.hcl", "path = \"there.tfstate\"\n");
    assert!(stack.fails(&["init", "-backend-config=file.hcl"]).contains("-migrate-state"));
    stack.ok(&["init", "-reconfigure", "-backend-config=file.hcl"]);
    assert_eq!(record(&stack)["backend"]["config"]["path"], "there.tfstate");
    for (wrong, problem) in [
        ("bucket=x", "has no argument `bucket`"),
        ("path=", "`path` is empty"),
        ("nowhere", "The file nowhere cannot be read"),
    ] {
        let told = stack.fails(&["init", &format!("-backend-config={wrong}")]);
        assert!(told.contains(problem), "{told}");
    }
    let bare = Terrace::sandbox(&[("main.tf", "")]);
    let told = bare.ok(&["init", "-backend-config=path=x"]).stderr;
    assert!(told.contains("-backend-config has no effect"), "{told}");
}

#[test]
fn changed_settings_are_refused_until_init_is_told_what_to_do() {
    let stack = stack("path = \"a.tfstate\"");
    stack.ok(&["init"]);
    assert_eq!(record(&stack)["backend"]["hash"], 2_985_648_108_u32);
    stack.ok(&["apply", "-auto-approve"]);
    stack.write("main.tf", &configuration("path = \"b.tfstate\""));
    for command in [
        &["plan"][..],
        &["apply", "-auto-approve"],
        &["state", "list"],
        &["output"],
        &["show"],
        &["workspace", "list"],
        &["taint", "terraform_data.a"],
        &["init"],
    ] {
        let told = stack.fails(command);
        assert!(told.contains("Backend configuration changed"), "{command:?}: {told}");
        assert!(told.contains("-migrate-state") && told.contains("-reconfigure"), "{told}");
    }
    stack.ok(&["validate"]);
    let told = stack.fails(&["init", "-migrate-state", "-input=false"]);
    assert!(told.contains("-force-copy"), "{told}");
    let cancelled = init(&stack, &["-migrate-state"], "perhaps\n");
    assert_eq!(cancelled.code, Some(1), "{}", cancelled.stderr);
    assert!(!stack.path("b.tfstate").exists());
    let first = stack.read("a.tfstate");
    let copied = init(&stack, &["-migrate-state"], "yes\n");
    assert_eq!(copied.code, Some(0), "{}", copied.stderr);
    assert_eq!((stack.read("a.tfstate"), stack.read("b.tfstate")), (first.clone(), first));
    stack.ok(&["plan", "-detailed-exitcode"]);
    stack.write("main.tf", &configuration("path = \"c.tfstate\""));
    stack.ok(&["init", "-reconfigure"]);
    assert_eq!(stack.run(&["plan", "-detailed-exitcode"]).code, Some(2));
}

#[test]
fn all_workspaces_are_copied_and_nothing_is_lost() {
    let stack = stack("path = \"a.tfstate\"\nworkspace_dir = \"a\"");
    stack.ok(&["init"]);
    stack.ok(&["apply", "-auto-approve"]);
    stack.ok(&["workspace", "new", "blue"]);
    stack.ok(&["apply", "-auto-approve"]);
    stack.write("main.tf", &configuration("path = \"b.tfstate\"\nworkspace_dir = \"b\""));
    let other = stack.read("a.tfstate").replace("\"lineage\": \"", "\"lineage\": \"0");
    stack.write("b.tfstate", &other);
    let left = init(&stack, &["-migrate-state"], "no\n");
    assert_eq!(left.code, Some(0), "{}", left.stderr);
    assert!(left.stderr.contains("instead of another state that is there"), "{}", left.stderr);
    assert_eq!(stack.read("b.tfstate"), other);
    assert!(!stack.path("b/blue/terraform.tfstate").exists());
    stack.write(RECORD, "");
    stack.write("main.tf", &configuration("path = \"a.tfstate\"\nworkspace_dir = \"a\""));
    stack.ok(&["init"]);
    stack.write("main.tf", &configuration("path = \"b.tfstate\"\nworkspace_dir = \"b\""));
    stack.ok(&["init", "-force-copy"]);
    assert_eq!(stack.read("b.tfstate"), stack.read("a.tfstate"));
    assert_eq!(stack.read("b.tfstate.backup"), other);
    assert_eq!(listed(&stack), "terraform_data.a\n");
    stack.ok(&["plan", "-detailed-exitcode"]);
}

#[test]
fn a_state_from_before_there_was_a_backend_is_not_forgotten() {
    let stack = Terrace::sandbox(&[("main.tf", "resource \"terraform_data\" \"a\" {}\n")]);
    stack.ok(&["apply", "-auto-approve"]);
    stack.write("main.tf", &configuration("path = \"b.tfstate\""));
    let told = stack.fails(&["plan"]);
    assert!(told.contains("Backend initialization required"), "{told}");
    assert!(stack.fails(&["init", "-input=false"]).contains("-force-copy"));
    let copied = init(&stack, &[], "yes\n");
    assert_eq!(copied.code, Some(0), "{}", copied.stderr);
    stack.ok(&["plan", "-detailed-exitcode"]);
    // and back
    stack.write("main.tf", "resource \"terraform_data\" \"a\" {}\n");
    assert!(stack.fails(&["plan"]).contains("no `backend` block"));
    stack.ok(&["init", "-reconfigure"]);
    assert_eq!(record(&stack), json!({ "version": 3 }));
    stack.ok(&["plan", "-detailed-exitcode"]);
}

#[test]
fn a_state_with_an_interrupted_run_is_not_copied() {
    for interrupted in ["a.tfstate", "b.tfstate"] {
        let stack = stack("path = \"a.tfstate\"");
        stack.ok(&["init"]);
        stack.ok(&["apply", "-auto-approve"]);
        interrupt_at(&stack, interrupted);
        stack.write("main.tf", &configuration("path = \"b.tfstate\""));
        let before = stack.read("a.tfstate");
        let told = stack.fails(&["init", "-force-copy"]);
        assert!(told.contains(&format!("on {interrupted} is not settled")), "{told}");
        assert_eq!(stack.read("a.tfstate"), before);
        assert!(!stack.path("b.tfstate").exists());
        assert_eq!(record(&stack)["backend"]["config"]["path"], "a.tfstate");
    }
}

#[test]
fn records_of_other_kinds_are_refused() {
    let stack = stack("");
    let recorded = json!({ "version": 3, "backend": {
        "type": "s3", "config": { "bucket": "b" }, "hash": 1,
    } });
    stack.write(RECORD, &recorded.to_string());
    let told = stack.fails(&["plan"]);
    assert!(told.contains("`init` recorded the backend `s3`"), "{told}");
    assert!(stack.fails(&["init", "-migrate-state"]).contains("backend `s3`"));
    stack.write(RECORD, "{");
    assert!(stack.fails(&["plan"]).contains("is not what `init` writes"));
    stack.ok(&["init", "-reconfigure"]);
    stack.ok(&["apply", "-auto-approve"]);
}

#[test]
fn variables_of_the_backend_can_be_given_to_all_commands() {
    let text = format!("variable \"p\" {{}}\n{}", configuration("path = \"${var.p}.tfstate\""));
    let stack = Terrace::sandbox(&[("main.tf", &text), ("aa.tfvars", "p = \"aa\"\n")]);
    stack.ok(&["apply", "-auto-approve", "-var", "p=aa"]);
    for command in [
        &["state", "list"][..],
        &["state", "show", "terraform_data.a"],
        &["state", "pull"],
        &["output"],
        &["show"],
        &["workspace", "list"],
        &["workspace", "show"],
        &["providers"],
        &["graph"],
        &["taint", "terraform_data.a"],
        &["untaint", "terraform_data.a"],
    ] {
        for flag in ["-var=p=aa", "-var-file=aa.tfvars"] {
            let flagged = match command {
                ["state" | "workspace", ..] => [&command[..2], &[flag][..], &command[2..]].concat(),
                _ => [&command[..1], &[flag][..], &command[1..]].concat(),
            };
            if command[0] == "taint" || command[0] == "untaint" {
                if flag.starts_with("-var=") {
                    stack.ok(&flagged);
                }
            } else {
                stack.ok(&flagged);
            }
        }
    }
    assert_eq!(stack.ok(&["state", "list", "-var", "p=aa"]).stdout, "terraform_data.a\n");
}

#[test]
fn workspaces_do_not_hide_a_state_that_is_left_behind() {
    let plain = "resource \"terraform_data\" \"a\" {}\n";
    let stack = Terrace::sandbox(&[("main.tf", plain)]);
    stack.ok(&["apply", "-auto-approve"]);
    stack.ok(&["workspace", "new", "other"]);
    stack.ok(&["apply", "-auto-approve"]);
    stack.ok(&["workspace", "select", "default"]);
    let moved =
        |arguments: &str| format!("terraform {{\n  backend \"local\" {{{arguments}}}\n}}\n{plain}");
    for arguments in [" path = \"z.tfstate\" ", " workspace_dir = \"ws\" "] {
        stack.write("main.tf", &moved(arguments));
        let told = stack.fails(&["plan"]);
        assert!(told.contains("Backend initialization required"), "{told}");
    }
    stack.write("main.tf", &moved(" path = \"z.tfstate\" "));
    stack.ok(&["init", "-force-copy"]);
    for workspace in ["default", "other"] {
        stack.ok(&["workspace", "select", workspace]);
        assert!(stack.ok(&["plan"]).stdout.contains("No changes"), "{workspace}");
    }
}

#[test]
fn a_state_behind_a_link_is_written_where_it_is() {
    let stack = Terrace::sandbox(&[("main.tf", "resource \"terraform_data\" \"a\" {}\n")]);
    stack.write("real/state", "");
    std::os::unix::fs::symlink("real/state", stack.path("terraform.tfstate")).unwrap();
    stack.ok(&["apply", "-auto-approve"]);
    assert!(stack.path("terraform.tfstate").is_symlink());
    assert!(stack.read("real/state").contains("terraform_data"));
    // The same file by another name is no other state.
    stack.ok(&["state", "mv", "-state-out=real/state", "terraform_data.a", "terraform_data.b"]);
    assert_eq!(stack.ok(&["state", "list"]).stdout, "terraform_data.b\n");
}

#[test]
fn a_copy_of_a_module_does_not_own_its_objects() {
    let stack = Terrace::sandbox(&[("from/main.tf", "resource \"terraform_data\" \"a\" {}\n")]);
    stack.ok(&["-chdir=from", "apply", "-auto-approve"]);
    stack.ok(&["init", "-from-module=./from"]);
    assert!(stack.path("main.tf").exists());
    assert!(!stack.path("terraform.tfstate").exists());
    let plan = stack.ok(&["plan"]).stdout;
    assert!(plan.contains("1 to add, 0 to change, 0 to destroy"), "{plan}");
}
