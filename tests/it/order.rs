//! The order in which objects are destroyed, whatever is between them.

use crate::support::terrace::Terrace;

/// `c` depends on `b`, which depends on `a`; the destruction of `c` takes its time.
const CHAIN: &str = r#"
variable "v" {
  default = 1
}
resource "terraform_data" "a" {
  triggers_replace = var.v
  provisioner "local-exec" {
    when    = destroy
    command = "echo A >> order.txt"
  }
}
MIDDLE
resource "terraform_data" "c" {
  triggers_replace = var.v
  depends_on       = [terraform_data.b]
  provisioner "local-exec" {
    when    = destroy
    command = "sleep 1; echo C >> order.txt"
  }
}
"#;

const MIDDLE: &str = r#"
resource "terraform_data" "b" {
  input      = "static"
  depends_on = [terraform_data.a]
}
"#;

/// Both ends are removed with what they do when they are destroyed.
const REMOVED: &str = r#"
removed {
  from = terraform_data.a
  lifecycle {
    destroy = true
  }
  provisioner "local-exec" {
    when    = destroy
    command = "echo A >> order.txt"
  }
}
removed {
  from = terraform_data.c
  lifecycle {
    destroy = true
  }
  provisioner "local-exec" {
    when    = destroy
    command = "sleep 1; echo C >> order.txt"
  }
}
"#;

fn applied(middle: &str) -> Terrace {
    let stack = Terrace::sandbox(&[("main.tf", &CHAIN.replace("MIDDLE", middle))]);
    stack.ok(&["apply", "-auto-approve"]);
    stack
}

fn destroyed(stack: &Terrace, arguments: &[&str]) {
    stack.ok(arguments);
    assert_eq!(stack.read("order.txt"), "C\nA\n", "{arguments:?}");
}

#[test]
fn what_does_not_change_passes_the_order_on() {
    let stack = applied(MIDDLE);
    destroyed(&stack, &["apply", "-auto-approve", "-var=v=2"]);
    // The same when what is behind is no longer in the configuration.
    std::fs::remove_file(stack.path("order.txt")).unwrap();
    let kept = "resource \"terraform_data\" \"b\" {\n  input = \"static\"\n}\n";
    stack.write("main.tf", &format!("{kept}{REMOVED}"));
    destroyed(&stack, &["apply", "-auto-approve"]);
}

#[test]
fn what_is_gone_passes_the_order_on() {
    // Gone from state: the configuration tells what is behind it, or state does.
    let stack = applied(MIDDLE);
    stack.ok(&["state", "rm", "terraform_data.b"]);
    destroyed(&stack, &["destroy", "-auto-approve"]);
    let stack = applied(MIDDLE);
    stack.ok(&["state", "rm", "terraform_data.b"]);
    stack.write("main.tf", REMOVED);
    destroyed(&stack, &["apply", "-auto-approve"]);
    // Gone from the world.
    let file = "resource \"local_file\" \"b\" {\n  filename = \"b.txt\"\n  content = \"b\"\n  \
                depends_on = [terraform_data.a]\n}\n";
    let text = CHAIN.replace("MIDDLE", file).replace("[terraform_data.b]", "[local_file.b]");
    let stack = Terrace::sandbox(&[("main.tf", &text)]);
    stack.ok(&["apply", "-auto-approve"]);
    std::fs::remove_file(stack.path("b.txt")).unwrap();
    destroyed(&stack, &["destroy", "-auto-approve"]);
}

#[test]
fn what_has_no_instances_passes_the_order_on() {
    let some = MIDDLE.replace("input ", "count = var.v\n  input ");
    let stack = applied(&some);
    let none = CHAIN.replace("MIDDLE", &some.replace("var.v", "0"));
    stack.write("main.tf", &none);
    stack.ok(&["apply", "-auto-approve"]);
    stack.write("main.tf", REMOVED);
    destroyed(&stack, &["apply", "-auto-approve"]);
    // It never had one.
    let stack = applied(&some.replace("var.v", "0"));
    stack.write("main.tf", REMOVED);
    destroyed(&stack, &["apply", "-auto-approve"]);
}
