//! Provisioners: what runs once objects are made and before they are destroyed, and what becomes of
//! objects whose provisioners fail.

use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::support::terrace::Terrace;

fn stack(text: &str) -> Terrace {
    Terrace::sandbox(&[("main.tf", text)])
}

fn apply(stack: &Terrace) -> String {
    stack.ok(&["apply", "-auto-approve"]).stderr
}

fn state(stack: &Terrace) -> Json {
    serde_json::from_str(&stack.read("terraform.tfstate")).unwrap()
}

/// The status of the only instance of a resource in state.
fn status(stack: &Terrace, name: &str) -> Json {
    let state = state(stack);
    let mut all = state["resources"].as_array().unwrap().iter();
    let found = all.find(|it| it["name"] == name).unwrap_or_else(|| panic!("no {name}: {state}"));
    found["instances"][0]["status"].clone()
}

/// Address, actions and reason of each change of a plan.
fn planned(stack: &Terrace) -> Vec<String> {
    stack.ok(&["plan", "-out=plan"]);
    let plan: Json = serde_json::from_str(&stack.ok(&["show", "-json", "plan"]).stdout).unwrap();
    let changes = plan["resource_changes"].as_array().unwrap().iter();
    let shown = changes.map(|it| {
        let actions = it["change"]["actions"].as_array().unwrap();
        let actions: Vec<&str> = actions.iter().filter_map(Json::as_str).collect();
        let reason = it["action_reason"].as_str().unwrap_or("-");
        format!("{} {} {reason}", it["address"].as_str().unwrap(), actions.join(","))
    });
    shown.collect()
}

#[test]
fn a_command_runs_after_the_object_is_made_and_its_output_is_told() {
    let stack = stack(
        r#"
resource "terraform_data" "a" {
  input = "there"
  provisioner "local-exec" {
    command = "echo hello ${self.output} $WHO; echo twice >&2; pwd"
    environment = {
      WHO  = "from ${terraform_data.a.input}"
      NONE = null
    }
    working_dir = "inner"
  }
  provisioner "local-exec" {
    command     = "sys.stdout.write(sys.argv[0])"
    interpreter = ["python3", "-c", "import sys; exec(sys.argv[1])"]
  }
  provisioner "local-exec" {
    command = "echo quietly"
    quiet   = true
  }
}
resource "terraform_data" "after" {
  input = terraform_data.a.id
  provisioner "local-exec" {
    command = "cat made"
  }
}
resource "terraform_data" "b" {
  provisioner "local-exec" {
    command = "echo ${terraform_data.after.id} > other"
  }
}
"#,
    );
    stack.write("inner/x", "");
    stack.write("made", "it is");
    let told = apply(&stack);
    for line in [
        "terraform_data.a: provisioning with `local-exec` …",
        "terraform_data.a (local-exec): hello there from there",
        "terraform_data.a (local-exec): twice",
        "terraform_data.a (local-exec): -c",
        "terraform_data.a (local-exec): Executing: Suppressed by quiet=true",
        "terraform_data.a (local-exec): quietly",
        "terraform_data.after (local-exec): Executing: [\"/bin/sh\" \"-c\" \"cat made\"]",
        "terraform_data.after (local-exec): it is",
    ] {
        assert!(told.lines().any(|it| it == line), "{line}\n{told}");
    }
    let folder =
        |it: &str| it.starts_with("terraform_data.a (local-exec): /") && it.ends_with("/inner");
    assert!(told.lines().any(folder), "{told}");
    assert_eq!(status(&stack, "a"), Json::Null);
    // What a provisioner refers to is there before its object is made.
    let id = state(&stack)["resources"][1]["instances"][0]["attributes"]["id"].clone();
    assert_eq!(stack.read("other").trim(), id.as_str().unwrap());
    let dependencies = &state(&stack)["resources"][2]["instances"][0]["dependencies"];
    assert!(dependencies.to_string().contains("terraform_data.after"), "{dependencies}");
    stack.ok(&["plan", "-detailed-exitcode"]);
    // An update runs nothing.
    stack.write("main.tf", &stack.read("main.tf").replace("input = \"there\"", "input = \"here\""));
    assert!(!apply(&stack).contains("provisioning"));
}

const FAILS: &str = r#"
resource "terraform_data" "a" {
  provisioner "local-exec" {
    command = "echo oh; test -e good"
  }
}
resource "terraform_data" "b" {
  input = terraform_data.a.id
}
"#;

#[test]
fn an_object_whose_provisioner_fails_is_tainted_and_replaced() {
    let stack = stack(FAILS);
    let told = stack.fails(&["apply", "-auto-approve"]);
    assert!(told.contains("local-exec provisioner error"), "{told}");
    assert!(
        told.contains("The command `echo oh; test -e good` failed with exit status: 1"),
        "{told}"
    );
    assert!(told.contains("terrace untaint"), "{told}");
    assert_eq!(status(&stack, "a"), "tainted");
    assert_eq!(state(&stack)["resources"].as_array().unwrap().len(), 1, "{told}");
    let replaced = "terraform_data.a delete,create replace_because_tainted".to_string();
    assert_eq!(planned(&stack), [replaced, "terraform_data.b create -".to_string()]);
    stack.write("good", "");
    apply(&stack);
    assert_eq!(status(&stack, "a"), Json::Null);
    stack.ok(&["plan", "-detailed-exitcode"]);
}

#[test]
fn a_provisioner_may_be_allowed_to_fail() {
    let text = FAILS.replace("test -e good\"", "exit 3\"\n    on_failure = continue");
    let stack = stack(&text);
    let told = apply(&stack);
    assert!(told.contains("terraform_data.a (local-exec): oh"), "{told}");
    assert!(told.contains("terraform_data.a: provisioning with `local-exec` failed"), "{told}");
    assert!(told.contains("warning: local-exec provisioner error"), "{told}");
    assert!(told.contains("The command `echo oh; exit 3` failed with exit status: 3"), "{told}");
    assert!(!told.contains("tainted"), "{told}");
    assert_eq!(status(&stack, "a"), Json::Null);
    stack.ok(&["plan", "-detailed-exitcode"]);
}

#[test]
fn what_cannot_be_started_fails_too() {
    let stack = stack(
        "resource \"terraform_data\" \"a\" {\n  provisioner \"local-exec\" {\n    command = \"x\"\n    \
         working_dir = \"nowhere\"\n  }\n}\n",
    );
    let told = stack.fails(&["apply", "-auto-approve"]);
    assert!(told.contains("The command `x` cannot be started"), "{told}");
    assert_eq!(status(&stack, "a"), "tainted");
}

const DOOMED: &str = r#"
resource "terraform_data" "a" {
  for_each = toset(["x", "y"])
  input    = upper(each.key)
  provisioner "local-exec" {
    when    = destroy
    command = "echo bye ${each.key} ${self.output} >> log; test ! -e bad"
  }
}
resource "terraform_data" "b" {
  count = 2
  provisioner "local-exec" {
    when    = destroy
    command = "echo bye ${count.index} >> log"
  }
}
"#;

/// What destroyed objects have left in the log, sorted.
fn log(stack: &Terrace) -> Vec<String> {
    let text = if stack.path("log").exists() { stack.read("log") } else { String::new() };
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    lines.sort();
    lines
}

#[test]
fn a_command_runs_before_an_object_is_destroyed() {
    let stack = stack(DOOMED);
    apply(&stack);
    assert_eq!(log(&stack), [""; 0]);
    let fewer = DOOMED.replace("[\"x\", \"y\"]", "[\"y\"]").replace("count = 2", "count = 1");
    stack.write("main.tf", &fewer);
    apply(&stack);
    assert_eq!(log(&stack), ["bye 1", "bye x X"]);
    // Without its configuration there is nothing to run.
    stack.write("main.tf", fewer.split("resource \"terraform_data\" \"b\"").next().unwrap());
    apply(&stack);
    assert_eq!(log(&stack).len(), 2);
    // When it fails, the object stays.
    stack.write("bad", "");
    let told = stack.fails(&["destroy", "-auto-approve"]);
    assert!(told.contains("The object is not destroyed."), "{told}");
    assert_eq!(status(&stack, "a"), Json::Null);
    std::fs::remove_file(stack.path("bad")).unwrap();
    stack.ok(&["destroy", "-auto-approve"]);
    assert_eq!(state(&stack)["resources"], serde_json::json!([]));
    assert_eq!(log(&stack), ["bye 1", "bye x X", "bye y Y", "bye y Y"]);
}

#[test]
fn a_replaced_object_runs_both_and_a_tainted_one_only_the_new() {
    let stack = stack(
        r#"
variable "t" {
  default = 1
}
resource "terraform_data" "a" {
  triggers_replace = var.t
  provisioner "local-exec" {
    command = "echo made >> log"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "echo gone >> log"
  }
}
"#,
    );
    apply(&stack);
    stack.ok(&["apply", "-auto-approve", "-var=t=2"]);
    assert_eq!(stack.read("log"), "made\ngone\nmade\n");
    let told = stack.ok(&["taint", "terraform_data.a"]).stderr;
    assert!(told.contains("terraform_data.a is tainted"), "{told}");
    assert_eq!(status(&stack, "a"), "tainted");
    stack.ok(&["apply", "-auto-approve", "-var=t=2"]);
    assert_eq!(stack.read("log"), "made\ngone\nmade\nmade\n");
    assert_eq!(status(&stack, "a"), Json::Null);
}

#[test]
fn objects_are_tainted_and_untainted() {
    let stack = stack("resource \"terraform_data\" \"a\" {\n  count = 1\n}\n");
    apply(&stack);
    stack.ok(&["taint", "terraform_data.a[0]"]);
    stack.ok(&["taint", "terraform_data.a[0]"]);
    assert_eq!(planned(&stack), ["terraform_data.a[0] delete,create replace_because_tainted"]);
    stack.ok(&["untaint", "terraform_data.a[0]"]);
    stack.ok(&["plan", "-detailed-exitcode"]);
    for (arguments, problem) in [
        (vec!["untaint", "terraform_data.a[0]"], "terraform_data.a[0] is not tainted"),
        (vec!["taint", "terraform_data.a[1]"], "State has no `terraform_data.a[1]`."),
        (vec!["untaint", "terraform_data.a"], "State has no `terraform_data.a`."),
        (vec!["taint", "data.aws_vpc.a"], "only read"),
        (vec!["taint", "module.m"], "Invalid address"),
    ] {
        let told = stack.fails(&arguments);
        assert!(told.contains(problem), "{arguments:?}: {told}");
    }
    let passed = stack.ok(&["taint", "-allow-missing", "terraform_data.a[1]"]).stderr;
    assert!(passed.contains("`-allow-missing` lets pass"), "{passed}");
}

#[test]
fn a_removed_block_may_have_provisioners() {
    let stack = stack("resource \"terraform_data\" \"a\" {\n  count = 2\n  input = \"in\"\n}\n");
    apply(&stack);
    stack.write(
        "main.tf",
        r#"
removed {
  from = terraform_data.a
  lifecycle {
    destroy = true
  }
  provisioner "local-exec" {
    when    = destroy
    command = "echo ${count.index} ${self.output} >> log"
  }
}
"#,
    );
    apply(&stack);
    assert_eq!(log(&stack), ["0 in", "1 in"]);
}

#[test]
fn secrets_are_not_told() {
    let stack = stack(
        r#"
variable "secret" {
  default   = "hunter2"
  sensitive = true
}
resource "terraform_data" "a" {
  provisioner "local-exec" {
    command = "echo got $SECRET; echo more; test -e good"
    environment = {
      SECRET = var.secret
    }
  }
}
"#,
    );
    let run = stack.run(&["apply", "-auto-approve"]);
    let told = format!("{}{}", run.stdout, run.stderr);
    assert_eq!(run.code, Some(1), "{told}");
    assert!(told.contains("(output suppressed due to sensitive value in config)"), "{told}");
    assert!(!told.contains("hunter2") && !told.contains("got "), "{told}");
    let json = stack.run(&["apply", "-auto-approve", "-json"]);
    assert!(!json.stdout.contains("hunter2"), "{}", json.stdout);
}

const SECRETS: &str = r#"
variable "secret" {
  default   = "hunter2"
  sensitive = true
}
resource "random_password" "p" {
  length  = 16
  special = false
  provisioner "local-exec" {
    command = "echo word of create: ${self.result} | tee -a said"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "echo word of destroy: ${self.result} | tee -a said"
  }
}
resource "terraform_data" "a" {
  input = var.secret
  provisioner "local-exec" {
    command = "echo own of create: ${self.input} | tee -a said"
  }
  provisioner "local-exec" {
    command = "echo command: ${var.secret} | tee -a said; exit 3"
    on_failure = continue
  }
  provisioner "local-exec" {
    when       = destroy
    command    = "echo own of destroy: ${self.input} | tee -a said; test ! -e bad"
  }
}
"#;

#[test]
fn secrets_of_the_object_and_in_commands_are_not_told() {
    for json in [&[][..], &["-json"]] {
        let stack = stack(SECRETS);
        let run = |command: &str, code: i32| {
            let run = stack.run(&[&[command, "-auto-approve"], json].concat());
            let told = format!("{}{}", run.stdout, run.stderr);
            assert_eq!(run.code, Some(code), "{told}");
            let hidden = "(output suppressed due to sensitive value in config)";
            assert!(told.contains(hidden), "{told}");
            for secret in ["hunter2", "word of", "own of", "command: ", &password(&stack)] {
                assert!(!told.contains(secret), "{secret}: {told}");
            }
            told
        };
        let told = run("apply", 0);
        assert!(told.contains("What it said is not shown"), "{told}");
        let word = password(&stack);
        stack.write("bad", "");
        let told = run("destroy", 1);
        assert!(told.contains("What it said is not shown") && !told.contains(&word), "{told}");
        std::fs::remove_file(stack.path("bad")).unwrap();
        let told = run("destroy", 0);
        assert!(!told.contains(&word), "{told}");
        // They have all run, with what they were given.
        let said = stack.read("said");
        for (line, count) in [
            (format!("word of create: {word}"), 1),
            (format!("word of destroy: {word}"), 1),
            ("own of create: hunter2".to_string(), 1),
            ("command: hunter2".to_string(), 1),
            ("own of destroy: hunter2".to_string(), 2),
        ] {
            assert_eq!(said.lines().filter(|it| *it == line).count(), count, "{line}: {said}");
        }
    }
}

/// The password in state; something else when there is none any more.
fn password(stack: &Terrace) -> String {
    let state = state(stack);
    let mut all = state["resources"].as_array().unwrap().iter();
    let found = all.find(|it| it["type"] == "random_password");
    let result = found.map(|it| it["instances"][0]["attributes"]["result"].clone());
    result.and_then(|it| Some(it.as_str()?.to_string())).unwrap_or("no password".to_string())
}

#[test]
fn only_a_provisioner_that_would_run_must_be_supported() {
    let remote = r#"
resource "terraform_data" "a" {
  connection {
    host = self.output
    type = "ssh"
  }
  provisioner "remote-exec" {
    inline = ["true"]
    connection {
      user = "me"
    }
  }
  provisioner "file" {
    content     = "x"
    destination = "/tmp/x"
    when        = destroy
  }
}
"#;
    let stack = stack("resource \"terraform_data\" \"a\" {}\n");
    apply(&stack);
    stack.write("main.tf", remote);
    stack.ok(&["validate"]);
    stack.ok(&["plan", "-detailed-exitcode"]);
    let told = stack.fails(&["plan", "-replace=terraform_data.a"]);
    assert!(told.contains("terrace does not run `remote-exec` provisioners"), "{told}");
    assert!(told.contains("terrace does not run `file` provisioners"), "{told}");
    let told = stack.fails(&["plan", "-destroy"]);
    assert!(told.contains("does not run `file`") && !told.contains("remote-exec`"), "{told}");
    stack.write("main.tf", &remote.replace("inline", "inlin").replace("host ", "hots "));
    for command in ["validate", "plan"] {
        let told = stack.fails(&[command]);
        assert!(told.contains("Did you mean `inline`?"), "{told}");
        assert!(told.contains("Did you mean `host`?"), "{told}");
    }
}

/// Waits until a file is there, and gives what it says.
fn awaited(path: &Path) -> String {
    let started = Instant::now();
    loop {
        match std::fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text.trim().to_string(),
            _ if started.elapsed() > Duration::from_secs(60) => panic!("no {}", path.display()),
            _ => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

fn signal(child: &Child, signal: &str) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

fn runs(process: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/stat"));
    // What has ended may wait for somebody to ask how.
    status.is_ok_and(|text| !text.contains(") Z "))
}

const SLOW: &str = r#"
resource "terraform_data" "a" {
  provisioner "local-exec" {
    command = "trap 'echo interrupted >> log; exit 1' INT TERM; sleep 300 & echo $! > inner; echo $$ > outer; wait; sleep 300"
  }
}
"#;

#[test]
fn a_command_is_interrupted_with_the_run_and_leaves_nothing_behind() {
    let stack = stack(SLOW);
    let mut run = stack.spawn(&["apply", "-auto-approve"]);
    let (outer, inner) = (awaited(&stack.path("outer")), awaited(&stack.path("inner")));
    assert!(runs(&outer) && runs(&inner));
    let started = Instant::now();
    signal(&run, "-INT");
    assert_eq!(run.wait().unwrap().code(), Some(1));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert_eq!(stack.read("log"), "interrupted\n");
    assert!(!runs(&outer) && !runs(&inner));
    assert_eq!(status(&stack, "a"), "tainted");
}

#[test]
fn a_hangup_and_a_quit_interrupt_too() {
    // Who runs the tests with `nohup` has terrace ignore hangups too.
    let own = std::fs::read_to_string("/proc/self/status").unwrap();
    let ignored = own.lines().find_map(|it| it.strip_prefix("SigIgn:")).unwrap().trim();
    let heeded = u64::from_str_radix(ignored, 16).unwrap() & 1 == 0;
    for sent in if heeded { &["-HUP", "-QUIT"][..] } else { &["-QUIT"] } {
        let stack = stack(SLOW);
        let mut run = stack.spawn(&["apply", "-auto-approve"]);
        let (outer, inner) = (awaited(&stack.path("outer")), awaited(&stack.path("inner")));
        signal(&run, sent);
        assert_eq!(run.wait().unwrap().code(), Some(1), "{sent}");
        assert_eq!(stack.read("log"), "interrupted\n");
        assert!(!runs(&outer) && !runs(&inner));
        assert_eq!(status(&stack, "a"), "tainted");
    }
}

#[test]
fn who_is_run_with_nohup_goes_on() {
    let stack = stack(&SLOW.replace("sleep 300", "sleep 2"));
    let terrace = stack.command(&["apply", "-auto-approve"]);
    let mut command = Command::new("nohup");
    command.arg(terrace.get_program()).args(terrace.get_args()).current_dir(stack.folder());
    command.env_clear();
    command.envs(terrace.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let none = std::process::Stdio::null;
    let mut run = command.stdin(none()).stdout(none()).stderr(none()).spawn().unwrap();
    awaited(&stack.path("outer"));
    signal(&run, "-HUP");
    assert_eq!(run.wait().unwrap().code(), Some(0));
    assert!(!stack.path("log").exists());
    assert_eq!(status(&stack, "a"), Json::Null);
}

#[test]
fn a_command_that_heeds_no_interrupt_is_killed() {
    let stack =
        stack(&SLOW.replace("trap 'echo interrupted >> log; exit 1' INT TERM", "trap '' INT TERM"));
    let mut run = stack.spawn(&["apply", "-auto-approve"]);
    let (outer, inner) = (awaited(&stack.path("outer")), awaited(&stack.path("inner")));
    signal(&run, "-TERM");
    assert_eq!(run.wait().unwrap().code(), Some(1));
    assert!(!runs(&outer) && !runs(&inner));
    assert_eq!(status(&stack, "a"), "tainted");
}

#[test]
fn who_is_killed_before_the_provisioner_is_done_leaves_a_tainted_object() {
    let stack = stack(SLOW);
    let mut run = stack.spawn(&["apply", "-auto-approve"]);
    let (outer, inner) = (awaited(&stack.path("outer")), awaited(&stack.path("inner")));
    signal(&run, "-KILL");
    run.wait().unwrap();
    for process in [outer, inner] {
        Command::new("kill").args(["-KILL", &process]).status().unwrap();
    }
    assert_eq!(planned(&stack), ["terraform_data.a delete,create replace_because_tainted"]);
}

#[test]
fn the_lines_of_json_tell_of_provisioners() {
    let stack = stack(FAILS);
    stack.write("good", "");
    let run = stack.ok(&["apply", "-auto-approve", "-json"]);
    let lines = run.stdout.lines().map(|it| serde_json::from_str::<Json>(it).unwrap());
    let about: Vec<(String, Json)> = lines
        .filter(|it| it["hook"]["resource"]["addr"] == "terraform_data.a")
        .map(|it| (it["type"].as_str().unwrap().to_string(), it["hook"].clone()))
        .collect();
    let kinds: Vec<&str> = about.iter().map(|it| it.0.as_str()).collect();
    let said = "provision_progress";
    let expected =
        ["apply_start", "provision_start", said, said, "provision_complete", "apply_complete"];
    assert_eq!(kinds, expected);
    assert_eq!(about[3].1["output"], "oh");
    assert_eq!(about[3].1["provisioner"], "local-exec");
}
