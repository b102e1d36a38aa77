//! Flags as OpenTofu takes them: from the environment too, together or not, and those for scripts.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value as Json;

use crate::support::terrace::{Run, Terrace};

const TWO: &str = "resource \"terraform_data\" \"a\" {}\nresource \"terraform_data\" \"b\" {}\n";

fn stack(text: &str) -> Terrace {
    Terrace::sandbox(&[("main.tf", text)])
}

/// Runs the program with something to read.
fn answering(stack: &Terrace, arguments: &[&str], answer: &str) -> Run {
    let mut command = stack.command(arguments);
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

#[test]
fn destroy_takes_no_saved_plan() {
    let stack = stack(TWO);
    stack.ok(&["plan", "-out=p"]);
    for flags in [&["destroy", "p"][..], &["destroy", "-auto-approve", "p"]] {
        let told = stack.fails(flags);
        assert!(told.contains("Destroy cannot be called with a plan file"), "{told}");
        assert!(told.contains("terrace apply p"), "{told}");
    }
    assert!(!stack.path("terraform.tfstate").exists());
    stack.ok(&["apply", "p"]);
}

#[test]
fn the_environment_adds_flags() {
    let mut stack = stack(&format!("variable \"x\" {{}}\n{TWO}output \"x\" {{ value = var.x }}\n"));
    stack.set("TF_CLI_ARGS_plan", "-var 'x=a b'");
    assert!(stack.ok(&["plan"]).stdout.contains("\"a b\""));
    assert!(stack.fails(&["apply", "-auto-approve"]).contains("No value for required variable"));
    stack.set("TF_CLI_ARGS", "-var=x=1 -parallelism=2");
    stack.set("TF_CLI_ARGS_apply", "-auto-approve -parallelism=3");
    stack.ok(&["apply", "-parallelism=4"]);
    stack.set("TF_CLI_ARGS_destroy", "-target=terraform_data.a");
    stack.ok(&["destroy", "-auto-approve"]);
    stack.set("TF_CLI_ARGS", "");
    assert_eq!(stack.ok(&["state", "list"]).stdout, "terraform_data.b\n");
    stack.set("TF_CLI_ARGS_state_list", "terraform_data.a");
    assert!(stack.fails(&["state", "list"]).contains("State has no `terraform_data.a`"));
    stack.set("TF_CLI_ARGS_plan", "-var 'x=a b");
    assert!(stack.fails(&["plan"]).contains("TF_CLI_ARGS_plan has no end"));
}

#[test]
fn the_version_is_told_wherever_it_is_asked_for() {
    let stack = stack(TWO);
    let told = stack.ok(&["version"]).stdout;
    for flags in
        [&["-version"][..], &["--version"], &["-v"], &["plan", "-version"], &["version", "x"]]
    {
        assert_eq!(stack.ok(flags).stdout, told);
    }
    let json: Json = serde_json::from_str(&stack.ok(&["-version", "-json"]).stdout).unwrap();
    assert!(json["terraform_version"].is_string());
}

#[test]
fn options_that_make_no_sense_together_are_refused() {
    let stack = stack(TWO);
    stack.ok(&["apply", "-auto-approve"]);
    for flags in [
        &["plan", "-refresh-only", "-refresh=false"][..],
        &["plan", "-refresh-only", "-replace=terraform_data.a"],
        &["plan", "-destroy", "-replace=terraform_data.a"],
        &["apply", "-auto-approve", "-destroy", "-replace=terraform_data.a"],
        &["destroy", "-auto-approve", "-destroy"],
        &["destroy", "-auto-approve", "-refresh-only"],
        &["destroy", "-auto-approve", "-replace=terraform_data.a"],
    ] {
        assert!(stack.fails(flags).contains("Incompatible options"), "{flags:?}");
    }
    let told = stack.fails(&["plan", "-replace=data.terraform_remote_state.x"]);
    assert!(told.contains("Invalid -replace"), "{told}");
    let told = stack.ok(&["plan", "-exclude=terraform_data.a"]).stderr;
    assert!(told.contains("Plan is incomplete"), "{told}");
    assert_eq!(stack.ok(&["state", "list"]).stdout.lines().count(), 2);
}

#[test]
fn truth_is_written_as_in_go_and_the_last_flag_counts() {
    let stack = stack(&format!("variable \"x\" {{}}\n{TWO}"));
    for flags in [&["plan", "-input=0"][..], &["plan", "-input=f"], &["plan", "-input=FALSE"]] {
        let run = answering(&stack, flags, "1\n");
        assert!(run.stderr.contains("No value for required variable"), "{}", run.stderr);
    }
    stack.ok(&["plan", "-var=x=1", "-lock=T", "-lock=0", "-detailed-exitcode=F"]);
}

const SECRET: &str = r#"
variable "s" {
  sensitive = true
  default   = "tops3cret"
}

resource "terraform_data" "s" {
  input = var.s
}

output "s" {
  sensitive = true
  value     = terraform_data.s.output
}
"#;

#[test]
fn what_is_sensitive_is_shown_to_who_asks_for_it() {
    let stack = stack(SECRET);
    assert!(!stack.ok(&["plan", "-out=p"]).stdout.contains("tops3cret"));
    assert!(stack.ok(&["plan", "-show-sensitive"]).stdout.contains("tops3cret"));
    assert!(!stack.ok(&["show", "p"]).stdout.contains("tops3cret"));
    assert!(stack.ok(&["show", "-show-sensitive", "p"]).stdout.contains("tops3cret"));
    assert!(stack.ok(&["show", "-show-sensitive", "-plan=p"]).stdout.contains("tops3cret"));
    assert!(stack.ok(&["apply", "-show-sensitive", "p"]).stdout.contains("s = \"tops3cret\""));
    for (command, rest) in
        [(&["output"][..], &[][..]), (&["show"], &[]), (&["state", "show"], &["terraform_data.s"])]
    {
        let with = |flags: &[&str]| stack.ok(&[command, flags, rest].concat()).stdout;
        assert!(!with(&[]).contains("tops3cret"), "{command:?}");
        assert!(with(&["-show-sensitive"]).contains("tops3cret"), "{command:?}");
    }
}

#[test]
fn states_are_written_and_kept_where_flags_say() {
    let stack = stack(TWO);
    stack.ok(&["apply", "-auto-approve", "-target=terraform_data.a", "-state=a.tfstate"]);
    let first = stack.read("a.tfstate");
    stack.ok(&["apply", "-auto-approve", "-state=a.tfstate", "-state-out=b.tfstate"]);
    assert_eq!(stack.read("a.tfstate"), first);
    let listed = |file: &str| stack.ok(&["state", "list", &format!("-state={file}")]).stdout;
    assert_eq!(listed("a.tfstate"), "terraform_data.a\n");
    assert_eq!(listed("b.tfstate"), "terraform_data.a\nterraform_data.b\n");
    assert_eq!(stack.read("b.tfstate.backup"), first);
    let second = stack.read("b.tfstate");
    stack.ok(&["taint", "-state=b.tfstate", "-backup=kept", "terraform_data.a"]);
    assert_eq!(stack.read("kept"), second);
    assert_eq!(stack.read("b.tfstate.backup"), first);
    stack.ok(&["untaint", "-state=b.tfstate", "-backup=-", "terraform_data.a"]);
    assert_eq!((stack.read("kept"), stack.read("b.tfstate.backup")), (second, first));
    stack.write("c.tfstate.journal", "x");
    let told = stack.fails(&["plan", "-state=c.tfstate", "-state-out=d.tfstate"]);
    assert!(told.contains("c.tfstate cannot be taken into another file"), "{told}");
}

#[test]
fn objects_move_to_another_state_file() {
    let stack = stack(TWO);
    stack.ok(&["apply", "-auto-approve"]);
    let b = stack.ok(&["state", "show", "terraform_data.b"]).stdout;
    let moving =
        ["state", "mv", "-state-out=other.tfstate", "terraform_data.b", "terraform_data.c"];
    stack.ok(&[&moving[..2], &["-dry-run"][..], &moving[2..]].concat());
    assert!(!stack.path("other.tfstate").exists());
    stack.ok(&moving);
    assert_eq!(stack.ok(&["state", "list"]).stdout, "terraform_data.a\n");
    let there = ["state", "show", "-state=other.tfstate", "terraform_data.c"];
    assert_eq!(stack.ok(&there).stdout, b.replace("\"b\"", "\"c\"").replace("data.b", "data.c"));
    let again = ["state", "mv", "-state-out=other.tfstate", "terraform_data.a", "terraform_data.c"];
    assert!(stack.fails(&again).contains("Address is taken"));
    let other = stack.read("other.tfstate");
    let flags =
        ["-state-out=other.tfstate", "-backup-out=kept", "terraform_data.a", "terraform_data.d"];
    stack.ok(&[&["state", "mv"][..], &flags[..]].concat());
    assert_eq!(stack.read("kept"), other);
    stack.ok(&[
        "state",
        "mv",
        "-state=other.tfstate",
        "-state-out=terraform.tfstate",
        flags[3],
        flags[2],
    ]);
    assert_eq!(stack.ok(&["state", "list"]).stdout, "terraform_data.a\n");
}

#[test]
fn what_a_destroy_forgets_is_an_error_unless_it_is_suppressed() {
    let stack = stack("resource \"terraform_data\" \"a\" {\n  lifecycle { destroy = false }\n}\n");
    stack.ok(&["apply", "-auto-approve"]);
    let told = stack.fails(&["destroy", "-auto-approve"]);
    assert!(told.contains("Destroyed, but objects are left behind"), "{told}");
    assert_eq!(stack.ok(&["state", "list"]).stdout, "");
    stack.ok(&["apply", "-auto-approve"]);
    stack.ok(&["destroy", "-auto-approve", "-suppress-forget-errors"]);
}

#[test]
fn deprecations_of_modules_are_told_as_wanted() {
    let child = "variable \"v\" {\n  default    = 1\n  deprecated = \"use w\"\n}\n\
                 output \"o\" {\n  value      = 1\n  deprecated = \"use p\"\n}\n";
    let root = "module \"m\" {\n  source = \"./m\"\n  v      = 2\n}\noutput \"o\" { value = module.m.o }\n";
    let stack = Terrace::sandbox(&[("main.tf", root), ("m/main.tf", child)]);
    for (flag, count) in [("module:all", 2), ("module:local", 2), ("module:none", 0)] {
        let told = stack.ok(&["plan", &format!("-deprecation={flag}")]).stderr;
        assert_eq!(told.matches("is deprecated").count(), count, "{flag}: {told}");
    }
    stack.ok(&["plan", "-concise"]);
}

#[test]
fn objects_are_shown_by_what_they_are() {
    let stack = stack(TWO);
    stack.ok(&["plan", "-out=p"]);
    assert!(stack.ok(&["show", "-plan=p"]).stdout.contains("2 to add"));
    stack.ok(&["apply", "p"]);
    assert_eq!(stack.ok(&["show", "-state"]).stdout, stack.ok(&["show"]).stdout);
    assert!(stack.fails(&["show", "-plan=terraform.tfstate"]).contains("is not a saved plan"));
    let json = |flags: &[&str]| -> Json { serde_json::from_str(&stack.ok(flags).stdout).unwrap() };
    let found = json(&["show", "-config", "-json"]);
    assert_eq!(found["root_module"]["resources"][0]["address"], "terraform_data.a");
    stack.write("m/main.tf", "module \"gone\" {\n  source = \"a/b/c\"\n}\nvariable \"v\" {}\n");
    let found = json(&["show", "-module=m", "-json"]);
    assert!(found["root_module"]["variables"]["v"].is_object(), "{found}");
    for wrong in [&["show", "-config"][..], &["show", "-module=m"], &["show", "-state", "p"]] {
        stack.fails(wrong);
    }
}

#[test]
fn graphs_are_of_the_type_that_is_wanted() {
    let stack = stack(&TWO.replace("\"b\" {}", "\"b\" { input = terraform_data.a.id }"));
    let plan = stack.ok(&["graph"]).stdout;
    assert!(plan.contains("1 -> 0"), "{plan}");
    for flags in [&["-type=plan"][..], &["-type=plan-refresh-only"], &["-draw-cycles"]] {
        assert_eq!(stack.ok(&[&["graph"][..], flags].concat()).stdout, plan);
    }
    let destroy = stack.ok(&["graph", "-type=plan-destroy"]).stdout;
    assert!(destroy.contains("0 -> 1"), "{destroy}");
    assert!(stack.fails(&["graph", "-type=apply"]).contains("No saved plan"));
    stack.ok(&["plan", "-out=p"]);
    assert!(
        stack.ok(&["graph", "-type=apply", "-plan=p"]).stdout.contains("make terraform_data.a")
    );
}

#[test]
fn state_can_be_given_another_provider() {
    let stack = stack(TWO);
    stack.ok(&["apply", "-auto-approve"]);
    let replace = ["state", "replace-provider", "terraform.io/builtin/terraform", "acme/other"];
    let run = answering(&stack, &replace, "no\n");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(!stack.read("terraform.tfstate").contains("acme"));
    let run = answering(&stack, &replace, "yes\n");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let state: Json = serde_json::from_str(&stack.read("terraform.tfstate")).unwrap();
    for resource in state["resources"].as_array().unwrap() {
        assert_eq!(resource["provider"], "provider[\"registry.terraform.io/acme/other\"]");
    }
    let back = ["state", "replace-provider", "-auto-approve", "acme/other", replace[2]];
    stack.ok(&back);
    stack.ok(&["plan", "-detailed-exitcode"]);
    assert!(stack.ok(&back).stderr.contains("State has nothing of that provider"));
    let wrong = ["state", "replace-provider", "a b", "x"];
    assert!(stack.fails(&wrong).contains("Invalid provider source"));
}

#[test]
fn commands_without_a_meaning_say_what_to_do() {
    let stack = stack(TWO);
    stack.ok(&["providers", "lock", "-platform=linux_amd64", "-var=x=1", "hashicorp/aws"]);
    assert!(
        stack.fails(&["providers", "mirror", "there"]).contains("Providers are part of terrace")
    );
    assert!(stack.fails(&["login", "a-b.io"]).contains("TF_TOKEN_a__b_io"));
    assert!(stack.fails(&["logout"]).contains("TF_TOKEN_"));
}

#[test]
fn listing_what_state_does_not_have_fails() {
    let stack = stack(TWO);
    assert!(stack.fails(&["state", "list"]).contains("No state"));
    stack.ok(&["apply", "-auto-approve"]);
    for address in ["terraform_data.c", "module.m"] {
        assert!(stack.fails(&["state", "list", address]).contains("Not in state"));
    }
    assert_eq!(stack.ok(&["state", "list", "terraform_data.a"]).stdout, "terraform_data.a\n");
    stack.ok(&["destroy", "-auto-approve"]);
    assert_eq!(stack.ok(&["state", "list"]).stdout, "");
}

#[test]
fn variables_are_asked_for_in_the_order_of_their_names() {
    let variables = ["c", "a", "b"].map(|it| format!("variable \"{it}\" {{}}\n")).concat();
    let stack = stack(&variables);
    let run = answering(&stack, &["plan"], "1\n2\n3\n");
    let place = |name: &str| run.stderr.find(&format!("var.{name}\n")).unwrap();
    assert!(place("a") < place("b") && place("b") < place("c"), "{}", run.stderr);
}

#[test]
fn all_that_init_says_is_json_when_that_is_wanted() {
    let stack = stack(TWO);
    let run = stack.ok(&["init", "-json"]);
    let lines: Vec<Json> = run.stdout.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert_eq!(lines[0]["type"], "version");
    assert!(lines[1]["@message"].as_str().unwrap().starts_with("Ready"), "{lines:?}");
    assert_eq!(run.stderr, "");
    stack.write("main.tf", "nonsense {\n");
    let run = stack.run(&["init", "-json"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""));
    assert!(run.stdout.lines().all(|it| serde_json::from_str::<Json>(it).is_ok()));
}

#[test]
fn init_copies_a_module_into_an_empty_folder() {
    let stack = Terrace::sandbox(&[("work/note", ""), ("m/main.tf", TWO), ("m/sub/x.tf", "")]);
    stack.ok(&["-chdir=work", "init", "-from-module=../m"]);
    assert_eq!(stack.read("work/main.tf"), TWO);
    assert!(stack.path("work/sub/x.tf").exists());
    let told = stack.fails(&["-chdir=work", "init", "-from-module=../m"]);
    assert!(told.contains("Folder is not empty"), "{told}");
    stack.write("m/inner/note", "");
    let told = stack.fails(&["-chdir=m/inner", "init", "-from-module=../"]);
    assert!(told.contains("around the one"), "{told}");
}

#[test]
fn flags_for_providers_are_accepted_by_init() {
    let stack = stack(TWO);
    stack.ok(&["init", "-plugin-dir=x", "-lockfile=readonly", "-get=false", "-lock=false"]);
    stack.ok(&["init", "-lock-timeout=1s", "-ignore-remote-version", "-upgrade"]);
    stack.fails(&["init", "-lockfile=else"]);
    stack.fails(&["init", "-lockfile=readonly", "-upgrade"]);
}

#[test]
fn providers_are_told_as_a_tree() {
    let root = "terraform {\n  required_providers {\n    aws = {\n      source = \"hashicorp/aws\"\n      \
                version = \"~> 6.0\"\n    }\n    x = { source = \"acme/x\" }\n  }\n}\n\
                module \"m\" { source = \"./m\" }\n";
    let stack = Terrace::sandbox(&[("main.tf", root), ("m/main.tf", TWO)]);
    let tree = "\nProviders required by configuration:\n.\n\
                ├── provider[registry.terraform.io/acme/x] (not part of terrace)\n\
                ├── provider[registry.terraform.io/hashicorp/aws] ~> 6.0\n\
                └── module.m\n    └── provider[terraform.io/builtin/terraform]\n";
    assert_eq!(stack.ok(&["providers"]).stdout, format!("{tree}\n"));
    stack.ok(&["apply", "-auto-approve"]);
    let state = "\nProviders required by state:\n\n    provider[terraform.io/builtin/terraform]\n";
    assert_eq!(stack.ok(&["providers"]).stdout, format!("{tree}{state}\n"));
    let json: Json = serde_json::from_str(&stack.ok(&["version", "-json"]).stdout).unwrap();
    assert!(json["provider_selections"]["registry.terraform.io/hashicorp/aws"].is_string());
}

#[test]
fn arguments_that_opentofu_takes_are_taken() {
    let stack = Terrace::sandbox(&[("main.tf", "nonsense {}\n"), ("m/main.tf", TWO)]);
    stack.ok(&["validate", "m"]);
    stack.fails(&["validate"]);
    assert!(stack.fails(&["validate", "n"]).contains("n cannot be entered"));
    assert!(stack.fails(&["-chdir=m", "plan", "-var", "x =1"]).contains("space before the `=`"));
    assert_eq!(answering(&stack, &["-chdir=m", "apply"], " yes\n").code, Some(1));
    assert_eq!(answering(&stack, &["-chdir=m", "apply"], "yes \n").code, Some(0));
}
