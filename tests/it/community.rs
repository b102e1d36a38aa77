//! What stacks out of modules of the community met.

use std::time::{Duration, Instant};

use crate::support::terrace::Terrace;

/// The exit code of a plan that tells whether there is something to do.
fn planned(stack: &Terrace) -> Option<i32> {
    stack.run(&["plan", "-detailed-exitcode"]).code
}

#[test]
fn sensitive_outputs_with_sensitive_parts_settle() {
    let outputs = |value: &str, more: &str| {
        format!(
            "resource \"random_password\" \"p\" {{\n  length = 8\n}}\n\
             output \"whole\" {{\n  value = random_password.p\n  sensitive = true\n}}\n\
             output \"part\" {{\n  value = {{ a = sensitive(\"{value}\") }}\n  sensitive = true\n}}\n\
             output \"plain\" {{\n  value = \"x\"\n  {more}\n}}\n"
        )
    };
    let stack = Terrace::sandbox(&[("main.tf", &outputs("v", ""))]);
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(planned(&stack), Some(0));
    stack.write("main.tf", &outputs("w", ""));
    assert_eq!(planned(&stack), Some(2));
    stack.ok(&["apply", "-auto-approve"]);
    stack.write("main.tf", &outputs("w", "sensitive = true"));
    assert_eq!(planned(&stack), Some(2), "a plain output becomes sensitive");
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(planned(&stack), Some(0));
}

#[test]
fn statements_may_have_any_id() {
    let text = "data \"aws_iam_policy_document\" \"d\" {\n  statement {\n    \
                sid = \"Enable IAM User Permissions\"\n    actions = [\"kms:*\"]\n    \
                resources = [\"*\"]\n  }\n}\n\
                output \"sid\" {\n  value = jsondecode(\
                data.aws_iam_policy_document.d.json).Statement[0].Sid\n}\n";
    let stack = Terrace::sandbox(&[("main.tf", text)]);
    stack.ok(&["validate"]);
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(stack.ok(&["output", "-raw", "sid"]).stdout, "Enable IAM User Permissions");
}

/// Each local is asked for twice by the next: without memory that takes longer than anybody waits.
#[test]
fn what_an_unsupported_type_leaves_open_is_evaluated_once() {
    let mut text = "resource \"aws_eks_addon_of_mars\" \"x\" {}\n\
                    locals {\n  l0 = aws_eks_addon_of_mars.x.id\n"
        .to_string();
    for at in 1..60 {
        let before = at - 1;
        text += &format!("  l{at} = \"${{local.l{before}}}${{local.l{before}}}\"\n");
    }
    text += "}\nresource \"terraform_data\" \"t\" {\n  input = local.l59\n}\n";
    let stack = Terrace::sandbox(&[("main.tf", &text)]);
    let mut child = stack.spawn(&["plan"]);
    let start = Instant::now();
    let ended = loop {
        match child.try_wait().unwrap() {
            Some(status) => break Some(status),
            None if start.elapsed() > Duration::from_secs(60) => break None,
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    if ended.is_none() {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(ended.and_then(|it| it.code()), Some(1));
}

#[test]
fn what_follows_from_an_unsupported_type_is_not_told_again() {
    let text = "resource \"aws_eks_addon_of_mars\" \"c\" {}\n\
                resource \"terraform_data\" \"t\" {\n  \
                triggers_replace = { v = aws_eks_addon_of_mars.c.version }\n}\n\
                resource \"terraform_data\" \"u\" {\n  \
                input = terraform_data.t.triggers_replace.v\n}\n\
                resource \"terraform_data\" \"n\" {\n  \
                count = terraform_data.u.output == null ? 1 : 0\n}\n";
    let stack = Terrace::sandbox(&[("main.tf", text)]);
    let said = stack.fails(&["plan"]);
    assert!(said.contains("Unsupported resource type"), "{said}");
    assert_eq!(said.matches("error: ").count(), 1, "{said}");
    let other = "resource \"terraform_data\" \"o\" {\n  count = terraform_data.p.id == \"\" ? 1 : 0\n}\n\
                 resource \"terraform_data\" \"p\" {}\n";
    stack.write("other.tf", other);
    let said = stack.fails(&["plan"]);
    assert!(said.contains("Invalid count argument"), "what has another cause is told: {said}");
}

#[test]
fn validate_does_not_warn_of_types_that_are_never_planned() {
    let module = "variable \"on\" {\n  default = false\n}\nvariable \"names\" {\n  type = list(string)\n\
                  default = []\n}\nlocals {\n  on = var.on && length(var.names) > 0\n}\n\
                  resource \"aws_eks_addon_of_mars\" \"x\" {\n  count = local.on ? 1 : 0\n}\n";
    let call = |arguments: &str| {
        format!(
            "variable \"v\" {{\n  default = false\n}}\n\
             module \"m\" {{\n  source = \"./m\"\n  {arguments}\n}}\n"
        )
    };
    let stack = Terrace::sandbox(&[("main.tf", &call("")), ("m/main.tf", module)]);
    let warns = |arguments: &str| {
        stack.write("main.tf", &call(arguments));
        stack.ok(&["validate"]).stderr.contains("Unsupported resource type")
    };
    assert!(!warns(""));
    assert!(!warns("on = true"));
    assert!(!warns("on = true\n  names = [\"a\"]\n  count = 0"));
    assert!(warns("on = true\n  names = [\"a\"]"));
    assert!(
        warns("on = var.v\n  names = [\"a\"]"),
        "defaults of the root module may be overridden"
    );
    assert!(warns("on = true\n  names = [\"a\"]\n  count = var.v ? 1 : 0"));
}

#[test]
fn the_sandbox_has_images_of_fluent_bit_and_subnets_with_ipv6_only() {
    let text = "data \"aws_ssm_parameter\" \"f\" {\n  \
                name = \"/aws/service/aws-for-fluent-bit/stable\"\n}\n\
                output \"image\" {\n  value = nonsensitive(data.aws_ssm_parameter.f.value)\n}\n\
                resource \"aws_vpc\" \"v\" {\n  cidr_block = \"10.0.0.0/16\"\n  \
                assign_generated_ipv6_cidr_block = true\n}\n\
                resource \"aws_subnet\" \"s\" {\n  count = 2\n  vpc_id = aws_vpc.v.id\n  \
                ipv6_cidr_block = cidrsubnet(aws_vpc.v.ipv6_cidr_block, 8, count.index)\n  \
                ipv6_native = true\n  assign_ipv6_address_on_creation = true\n  \
                enable_resource_name_dns_aaaa_record_on_launch = true\n}\n";
    let stack = Terrace::sandbox(&[("main.tf", text)]);
    stack.ok(&["apply", "-auto-approve"]);
    let image = stack.ok(&["output", "-raw", "image"]).stdout;
    assert!(image.contains(".dkr.ecr.") && image.contains("/aws-for-fluent-bit:2."), "{image}");
    assert_eq!(planned(&stack), Some(0));
    stack.ok(&["destroy", "-auto-approve"]);
}
