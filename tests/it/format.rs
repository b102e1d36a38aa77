//! Formatting, the console, and what other tools read of the language.

use std::io::{Read as _, Write as _};
use std::process::Stdio;

use serde_json::{Value as Json, json};

use crate::support::terrace::{Run, Terrace};

/// Runs the program with an input.
fn with_input(stack: &Terrace, arguments: &[&str], input: impl AsRef<[u8]>) -> Run {
    let mut command = stack.command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_ref()).unwrap();
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

const UGLY: &str = "locals {\na=1\nlong = 2\n}\n";
const FINE: &str = "locals {\n  a    = 1\n  long = 2\n}\n";

fn ugly() -> Terrace {
    Terrace::sandbox(&[
        ("main.tf", UGLY),
        ("fine.tf", FINE),
        ("values.auto.tfvars", "a  =  1\n"),
        ("tests/a.tftest.hcl", "run \"a\" {\ncommand = plan\n}\n"),
        ("notes.txt", "a=1\n"),
        (".hidden/main.tf", UGLY),
        ("main.tf~", UGLY),
    ])
}

#[test]
fn files_of_a_folder_are_formatted_in_place() {
    let stack = ugly();
    let check = stack.run(&["fmt", "-check"]);
    assert_eq!((check.code, check.stdout.as_str()), (Some(3), "main.tf\nvalues.auto.tfvars\n"));
    assert_eq!(stack.read("main.tf"), UGLY);
    let only_shown = stack.ok(&["fmt", "-write=false", "-list=false", "main.tf"]);
    assert_eq!(only_shown.stdout, FINE);

    let done = stack.ok(&["fmt"]);
    assert_eq!(done.stdout, "main.tf\nvalues.auto.tfvars\n");
    assert_eq!(stack.read("main.tf"), FINE);
    assert_eq!(stack.read("values.auto.tfvars"), "a = 1\n");
    for untouched in [".hidden/main.tf", "main.tf~"] {
        assert_eq!(stack.read(untouched), UGLY, "{untouched}");
    }
    assert_eq!(stack.ok(&["fmt", "-check"]).stdout, "");
    assert_eq!(stack.ok(&["fmt", "-recursive"]).stdout, "tests/a.tftest.hcl\n");
    assert_eq!(stack.read("tests/a.tftest.hcl"), "run \"a\" {\n  command = plan\n}\n");
}

#[test]
fn what_is_changed_is_shown_line_by_line() {
    let stack = ugly();
    let shown = stack.ok(&["fmt", "-diff", "-list=false", "-write=false", "main.tf"]).stdout;
    let expected = "--- old/main.tf\n+++ new/main.tf\n@@ -1,4 +1,4 @@\n locals {\n-a=1\n-long = 2\n\
                    +  a    = 1\n+  long = 2\n }\n";
    assert_eq!(shown, expected);
    assert_eq!(stack.read("main.tf"), UGLY);
}

#[test]
fn standard_input_is_formatted_to_standard_output() {
    let stack = ugly();
    let run = with_input(&stack, &["fmt", "-"], UGLY);
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), FINE));
    let run = with_input(&stack, &["fmt", "-check", "-"], UGLY);
    assert_eq!((run.code, run.stdout.as_str()), (Some(3), ""));
    assert_eq!(with_input(&stack, &["fmt", "-check", "-"], FINE).code, Some(0));
}

#[test]
fn what_a_file_means_does_not_matter() {
    let twice = "a = {\nkey = 1\nkey = 2\n\"the key\" = 3\n\"the key\" = 4\n}\n";
    let stack = Terrace::sandbox(&[("main.tf", twice)]);
    stack.ok(&["fmt"]);
    let expected =
        "a = {\n  key       = 1\n  key       = 2\n  \"the key\" = 3\n  \"the key\" = 4\n}\n";
    assert_eq!(stack.read("main.tf"), expected);
}

#[test]
fn files_that_cannot_be_read_are_reported_and_left_alone() {
    let broken = "locals {\na=\n}\n";
    let stack = Terrace::sandbox(&[("broken.tf", broken), ("main.tf", UGLY), ("a.txt", "")]);
    let run = stack.run(&["fmt"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), "main.tf\n"), "{}", run.stderr);
    assert!(run.stderr.contains("broken.tf:2:3"), "{}", run.stderr);
    assert_eq!(stack.read("broken.tf"), broken);
    assert_eq!(stack.read("main.tf"), FINE);
    for (path, summary) in
        [("nowhere.tf", "Invalid file or directory path"), ("a.txt", "Invalid file extension")]
    {
        let run = stack.run(&["fmt", path]);
        assert_eq!(run.code, Some(2), "{path}");
        assert!(run.stderr.contains(summary), "{path}: {}", run.stderr);
    }
}

const STACK: &str = r#"
variable "name" {
  default = "x"
}

variable "missing" {
  type = string
}

variable "secret" {
  default   = "s3"
  sensitive = true
}

locals {
  names = [for n in ["a", "b"] : "${var.name}-${n}"]
}

resource "terraform_data" "one" {
  input = "i-${var.name}"
}

resource "terraform_data" "many" {
  count = 2
  input = count.index
}
"#;

#[test]
fn expressions_are_evaluated_against_configuration_state_and_variables() {
    let stack = Terrace::sandbox(&[("main.tf", STACK)]);
    stack.ok(&["apply", "-auto-approve", "-var", "missing=m"]);
    let shown = |arguments: &[&str], input: &str| {
        let run = with_input(&stack, arguments, input);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        run.stdout
    };
    for (input, expected) in [
        ("1 + 2", "3\n"),
        ("local.names", "[\n  \"x-a\",\n  \"x-b\",\n]\n"),
        ("var.secret", "(sensitive value)\n"),
        ("var.missing", "(known after apply)\n"),
        ("terraform_data.one.output", "\"i-x\"\n"),
        ("terraform_data.many[*].input", "[\n  0,\n  1,\n]\n"),
        ("type(local.names)", "tuple([\n    string,\n    string,\n])\n"),
        ("upper(\n\"a\"\n)\n1", "\"A\"\n1\n"),
        ("1 + \\\n 2", "3\n"),
        ("\n1", "\n1\n"),
        ("1\nexit\n2", "1\n"),
        ("timestamp() == null", "false\n"),
        ("\u{feff}1\r\n2\r\n", "1\n2\n"),
        ("(type(1))\ncore::type(\"a\")", "number\nstring\n"),
        ("templatestring(var.name, { x = var.secret })", "\"x\"\n"),
    ] {
        assert_eq!(shown(&["console"], input), expected, "{input}");
    }
    let from_elsewhere = shown(&["console", "-state=no.tfstate"], "terraform_data.one.output");
    assert_eq!(from_elsewhere, "(known after apply)\n");
    stack.write("more.tfvars", "name = \"file\"\n");
    assert_eq!(shown(&["console", "-var-file=more.tfvars"], "var.name"), "\"file\"\n");
    let planned = ["console", "-plan", "-var", "name=new", "-var", "missing=m"];
    assert_eq!(shown(&planned, "terraform_data.one.input"), "\"i-new\"\n");
    assert_eq!(shown(&["console"], "terraform_data.one.input"), "\"i-x\"\n");
}

#[test]
fn mistakes_at_the_console_are_told_and_do_not_end_it() {
    let stack = Terrace::sandbox(&[("main.tf", STACK)]);
    let run = with_input(&stack, &["console"], "var.nam\n2\nupper(\n");
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), "2\n"), "{}", run.stderr);
    for said in ["Undeclared variable", "Did you mean `var.name`?", "Nothing closes this `(`."] {
        assert!(run.stderr.contains(said), "{said}: {}", run.stderr);
    }
    for (input, shown, said) in [
        ("1 2\n3\n", "3\n", "The expression ends before `2`"),
        ("x = 1\n", "", "Extra characters after expression"),
        ("[type(1)]\n", "", "Invalid use of type function"),
        ("type(type(1))\n", "", "Invalid use of type function"),
        ("terraform_data.one.nope\n", "", "Unsupported attribute"),
        ("try(terraform_data.one.nope, 1)\n", "", "Unsupported attribute"),
        ("terraform_data.one.id.x\n", "", "Unsupported attribute"),
        ("1\n[2,\n", "1\n", "Nothing closes this `[`."),
    ] {
        let run = with_input(&stack, &["console"], input);
        assert_eq!((run.code, run.stdout.as_str()), (Some(1), shown), "{input}: {}", run.stderr);
        assert!(run.stderr.contains(said), "{input}: {}", run.stderr);
    }
    let nothing = Terrace::sandbox(&[]);
    let run = with_input(&nothing, &["console"], "max(1, 2)\n");
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "2\n"), "{}", run.stderr);
}

#[test]
fn lines_that_cannot_be_read_are_told() {
    let stack = Terrace::sandbox(&[]);
    let run = with_input(&stack, &["console"], b"1\n\xff\n2\n[3,\n\xff]\n4\n");
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), "1\n2\n4\n"), "{}", run.stderr);
    assert_eq!(run.stderr.matches("Invalid character encoding").count(), 2, "{}", run.stderr);
    assert!(run.stderr.contains("Line 5 of the input"), "{}", run.stderr);
}

#[test]
fn what_is_wrong_with_the_configuration_is_told_before_the_first_value() {
    let text = "variable \"small\" {\n  default = 1\n  validation {\n    condition     = var.small < 5\n    \
                error_message = \"Too big.\"\n  }\n}\nlocals {\n  bad = upper([])\n}\n\
                output \"worse\" {\n  value = tonumber(\"x\")\n}\n";
    let stack = Terrace::sandbox(&[("main.tf", text)]);
    let run = with_input(&stack, &["console", "-var=small=9"], "var.small\nlocal.bad\n");
    let shown = "\"9\"\n(known after apply)\n";
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), shown), "{}", run.stderr);
    for said in ["Too big.", "main.tf:9:", "main.tf:12:", "Configuration has problems"] {
        assert!(run.stderr.contains(said), "{said}: {}", run.stderr);
    }
}

#[test]
fn the_console_keeps_the_state_locked() {
    let stack = Terrace::sandbox(&[("main.tf", "resource \"terraform_data\" \"one\" {}\n")]);
    stack.ok(&["apply", "-auto-approve"]);
    let mut command = stack.command(&["console"]);
    let mut console = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut input, mut output) = (console.stdin.take().unwrap(), console.stdout.take().unwrap());
    input.write_all(b"1\n").unwrap();
    output.read_exact(&mut [0; 2]).unwrap();
    let error = stack.fails(&["apply", "-auto-approve"]);
    assert!(error.contains("OperationTypeConsole"), "{error}");
    stack.ok(&["console", "-lock=false"]);
    drop(input);
    assert!(console.wait().unwrap().success());
    stack.ok(&["apply", "-auto-approve"]);
}

#[test]
fn what_is_not_applied_has_the_type_of_its_resource() {
    let stack = Terrace::sandbox(&[("main.tf", "resource \"terraform_data\" \"one\" {}\n")]);
    for (input, expected) in [
        ("terraform_data.one", "(known after apply)\n"),
        ("terraform_data.one == null", "(known after apply)\n"),
        ("type(terraform_data.one.id)", "string\n"),
        (
            "toset([terraform_data.one.id, null])",
            "toset([\n  (known after apply),\n  tostring(null),\n])\n",
        ),
    ] {
        let run = with_input(&stack, &["console"], input);
        assert_eq!((run.code, run.stdout.as_str()), (Some(0), expected), "{}", run.stderr);
    }
}

#[test]
fn functions_are_described_to_other_tools() {
    let stack = Terrace::sandbox(&[]);
    let printed = stack.ok(&["metadata", "functions", "-json"]).stdout;
    let json: Json = serde_json::from_str(&printed).unwrap();
    assert_eq!(json["format_version"], "1.0");
    let all = json["function_signatures"].as_object().unwrap();
    assert_eq!(all["core::cidrsubnet"], all["cidrsubnet"]);
    let shape = |name: &str| {
        let mut signature = all[name].clone();
        let description = signature.as_object_mut().unwrap().remove("description");
        assert!(description.unwrap().as_str().unwrap().ends_with('.'), "{name}");
        signature
    };
    assert_eq!(
        shape("alltrue"),
        json!({
            "return_type": "bool",
            "parameters": [{ "name": "list", "type": ["list", "bool"] }],
        })
    );
    assert_eq!(
        shape("coalesce"),
        json!({
            "return_type": "dynamic",
            "variadic_parameter": { "name": "vals", "is_nullable": true, "type": "dynamic" },
        })
    );
    assert!(!all.contains_key("type"));
}

#[test]
fn mistakes_in_a_configuration_are_told_in_json() {
    let text = "resource \"terraform_data\" \"a\" {\n  input = var.b\n}\n";
    let stack = Terrace::sandbox(&[("main.tf", text)]);
    let run = stack.run(&["validate", "-json"]);
    assert_eq!(run.code, Some(1));
    let json: Json = serde_json::from_str(&run.stdout).unwrap();
    let counts = json!({
        "format_version": "1.0", "valid": false, "error_count": 1, "warning_count": 0,
        "diagnostics": json["diagnostics"],
    });
    assert_eq!(json, counts);
    let diagnostic = &json["diagnostics"][0];
    assert_eq!(diagnostic["severity"], "error");
    assert_eq!(diagnostic["summary"], "Undeclared variable");
    let place = |line, column, byte| json!({ "line": line, "column": column, "byte": byte });
    let range =
        json!({ "filename": "main.tf", "start": place(2, 11, 42), "end": place(2, 16, 47) });
    assert_eq!(diagnostic["range"], range);
    let snippet = json!({
        "context": "resource \"terraform_data\" \"a\"",
        "code": "  input = var.b",
        "start_line": 2,
        "highlight_start_offset": 10,
        "highlight_end_offset": 15,
        "values": [],
    });
    assert_eq!(diagnostic["snippet"], snippet);
    stack.write("main.tf", "resource {\n");
    let run = stack.run(&["validate", "-json"]);
    let json: Json = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((run.code, &json["valid"]), (Some(1), &json!(false)));
}
