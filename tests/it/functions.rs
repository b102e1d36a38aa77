//! Functions of providers, called from configurations.

use serde_json::{Value as Json, json};

use crate::support::terrace::Terrace;

const REQUIRED: &str = r#"
terraform {
  required_providers {
    amazon = { source = "hashicorp/aws" }
    clock  = { source = "hashicorp/time" }
    local  = { source = "registry.opentofu.org/hashicorp/local" }
    tf     = { source = "terraform.io/builtin/terraform" }
    random = { source = "hashicorp/random" }
  }
}
"#;

/// A stack whose root module has these outputs.
fn stack(outputs: &[(&str, &str)]) -> Terrace {
    let output =
        |(name, value): &(&str, &str)| format!("output \"{name}\" {{\n  value = {value}\n}}\n");
    let outputs: String = outputs.iter().map(output).collect();
    Terrace::sandbox(&[("main.tf", &format!("{REQUIRED}{outputs}"))])
}

/// The value of one output.
fn value(expression: &str) -> Json {
    let stack = stack(&[("it", expression)]);
    stack.ok(&["apply", "-auto-approve"]);
    serde_json::from_str(&stack.ok(&["output", "-json", "it"]).stdout).unwrap()
}

#[test]
fn arns_are_taken_apart_and_put_together() {
    let stack = stack(&[
        ("parsed", "provider::amazon::arn_parse(\"arn:aws:iam::444455556666:role/a:b/c\")"),
        (
            "built",
            "provider::amazon::arn_build(\"aws\", \"iam\", \"\", \"444455556666\", \"role/x\")",
        ),
        (
            "trimmed",
            "provider::amazon::trim_iam_role_path(\"arn:aws:iam::444455556666:role/a/b/c\")",
        ),
        (
            "agent",
            "[for it in [[\"a\", \"1\", \"c\"], [\"a\", \"\", \"\"]] : provider::amazon::user_agent(it...)]",
        ),
        ("aliased", "provider::amazon::west::arn_build(\"a\", \"b\", \"c\", \"d\", \"e\")"),
    ]);
    stack.ok(&["apply", "-auto-approve"]);
    let outputs: Json = serde_json::from_str(&stack.ok(&["output", "-json"]).stdout).unwrap();
    let parsed = json!({
        "partition": "aws", "service": "iam", "region": "", "account_id": "444455556666",
        "resource": "role/a:b/c",
    });
    assert_eq!(outputs["parsed"]["value"], parsed);
    assert_eq!(outputs["built"]["value"], "arn:aws:iam::444455556666:role/x");
    assert_eq!(outputs["trimmed"]["value"], "arn:aws:iam::444455556666:role/c");
    assert_eq!(outputs["agent"]["value"], json!(["a/1 (c)", "a"]));
    assert_eq!(outputs["aliased"]["value"], "arn:a:b:c:d:e");
}

#[test]
fn times_are_taken_apart() {
    let time = value("provider::clock::rfc3339_parse(\"2023-07-25T23:43:16-08:00\")");
    let expected = json!({
        "year": 2023, "year_day": 206, "day": 25, "month": 7, "month_name": "July", "weekday": 2,
        "weekday_name": "Tuesday", "hour": 23, "minute": 43, "second": 16, "unix": 1690357396,
        "iso_year": 2023, "iso_week": 30,
    });
    assert_eq!(time, expected);
    let time = value("provider::clock::unix_timestamp_parse(1690328596)");
    assert_eq!(time["rfc3339"], "2023-07-25T23:43:16Z");
    assert_eq!((&time["hour"], &time["weekday"]), (&json!(23), &json!(2)));
    let length = value("provider::clock::duration_parse(\"-1h30m0.5s\")");
    let expected = json!({
        "hours": -1.500_138_888_888_889, "minutes": -90.008_333_333_333_34, "seconds": -5400.5,
        "milliseconds": -5_400_500, "microseconds": -5_400_500_000_i64,
        "nanoseconds": -5_400_500_000_000_i64,
    });
    assert_eq!(length, expected);
}

#[test]
fn folders_are_found() {
    let found = "[for it in [\".\", \"sub\", \"none\"] : provider::local::direxists(it)]";
    let stack = stack(&[("it", found)]);
    stack.write("sub/file", "");
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(stack.ok(&["output", "-json", "it"]).stdout.trim(), "[true,true,false]");
    stack.write(
        "main.tf",
        &format!("{REQUIRED}output \"it\" {{ value = provider::local::direxists(\"sub/file\") }}"),
    );
    let error = stack.fails(&["plan"]);
    assert!(error.contains("Invalid value for \"path\" parameter"), "{error}");
    assert!(error.contains("is not a directory"), "{error}");
}

/// What OpenTofu 1.12.6 gives for the same.
#[test]
fn values_are_written_and_read_as_the_language_does() {
    let written = value(
        "provider::tf::encode_expr({ a = [1, \"x\", null, true], \"b c\" = {}, d = toset([\"q\"]), \
         e = { a = 1 } })",
    );
    let expected = "{\n  a     = [1, \"x\", null, true]\n  \"b c\" = {}\n  d     = [\"q\"]\n  e = {\n    \
                    a = 1\n  }\n}";
    assert_eq!(written, expected);
    assert_eq!(value("provider::tf::encode_expr(\"{\\\"a\\\":1}\")"), "\"{\\\"a\\\":1}\"");
    let listed =
        value("provider::tf::encode_expr([{ a = [{ b = 1 }, { c = [] }] }, { é = {} }, []])");
    let expected = "[{\n  a = [{\n    b = 1\n    }, {\n    c = []\n  }]\n  }, {\n  é = {}\n}, []]";
    assert_eq!(listed, expected);
    let words = value("provider::tf::encode_expr([null, true, null, \"$${a}\"])");
    assert_eq!(words, "[null, true, null, \"$${a}\"]");
    let wide = value("provider::tf::encode_expr({ 日本 = 1, bbb = 2, \"\\u00a0\" = null })");
    assert_eq!(wide, "{\n  bbb      = 2\n  \"\\u00a0\" = null\n  日本       = 1\n}");
    let unseen = value("provider::tf::encode_expr(\"\\u200d\\u2028\\ufeff\\u0001\\U000e0001é👨\")");
    assert_eq!(unseen, "\"\\u200d\\u2028\\ufeff\\u0001\\U000e0001é👨\"");
    let file = value(
        "provider::tf::encode_tfvars({ a = 1, bcd = 2, ef = { g = 1, hij = 2 }, z = \"a\\tb\\\"$${x}\" })",
    );
    let expected = "a   = 1\nbcd = 2\nef = {\n  g   = 1\n  hij = 2\n}\nz = \"a\\tb\\\"$${x}\"\n";
    assert_eq!(file, expected);
    let read = value("provider::tf::decode_tfvars(\"a = 1\\nb = { x = [true] }\\n\")");
    assert_eq!(read, json!({ "a": 1, "b": { "x": [true] } }));
}

#[test]
fn unknown_arguments_give_unknown_results_and_marks_are_kept() {
    let text = format!(
        "{REQUIRED}resource \"terraform_data\" \"a\" {{\n  provider = tf\n}}\n\
         output \"unknown\" {{\n  value = provider::tf::encode_expr([terraform_data.a.id])\n}}\n\
         output \"secret\" {{\n  value = provider::tf::encode_expr([sensitive(1)])\n  sensitive = true\n}}\n\
         output \"typed\" {{\n  value = [for k, v in provider::amazon::arn_parse(terraform_data.a.id) : k]\n}}\n"
    );
    let stack = Terrace::sandbox(&[("main.tf", &text)]);
    stack.ok(&["plan", "-out=plan"]);
    let plan: Json = serde_json::from_str(&stack.ok(&["show", "-json", "plan"]).stdout).unwrap();
    let changes = &plan["output_changes"];
    assert_eq!(changes["unknown"]["after_unknown"], true);
    assert_eq!(changes["secret"]["after_sensitive"], true);
    let error = stack.fails(&["apply", "-auto-approve"]);
    assert!(error.contains("arn: invalid prefix"), "{error}");
}

#[test]
fn what_is_wrong_with_a_call_is_told_where_it_stands() {
    let cases = [
        (
            "provider::aws::arn_parse(\"\")",
            "Unknown function provider",
            "provider::aws::arn_parse",
            "aws = { source = \"hashicorp/aws\" }",
        ),
        (
            "provider::amazn::arn_parse(\"\")",
            "Unknown function provider",
            "provider::amazn::arn_parse",
            "Did you mean `amazon`?",
        ),
        (
            "provider::amazon::arn_pars(\"\")",
            "Function not found in provider",
            "provider::amazon::arn_pars",
            "Did you mean `arn_parse`?",
        ),
        (
            "provider::random::x()",
            "Function not found in provider",
            "provider::random::x",
            "It has no functions.",
        ),
        ("provider::tf()", "Call to unknown function", "provider::tf", "provider::NAME::FUNCTION"),
        ("provider::a::b::c::d()", "Call to unknown function", "provider::a::b::c::d", ""),
        (
            "provider::tf::encode_expr()",
            "Not enough function arguments",
            "provider::tf::encode_expr()",
            "",
        ),
        ("provider::tf::encode_expr(1, 2)", "Too many function arguments", "", ""),
        ("provider::tf::encode_expr(null)", "Invalid function argument", "null", ""),
        (
            "provider::tf::encode_tfvars([])",
            "Error in function call",
            "",
            "invalid input: must be an object",
        ),
        (
            "provider::tf::encode_tfvars({ \"a b\" = 1 })",
            "Error in function call",
            "",
            "`a b` cannot be the name",
        ),
        (
            "provider::tf::decode_tfvars(\"a {}\")",
            "Error in function call",
            "",
            "it has a block `a`",
        ),
        (
            "provider::tf::decode_tfvars(\"a = b\")",
            "Error in function call",
            "",
            "failed to decode tfvars content",
        ),
        (
            "provider::tf::decode_tfvars(\"a =\")",
            "Error in function call",
            "",
            "failed to decode tfvars content",
        ),
        (
            "provider::amazon::arn_parse(\"arn:aws\")",
            "Error in function call",
            "",
            "arn: not enough sections",
        ),
        ("provider::amazon::arn_parse([])", "Invalid function argument", "[]", "string required"),
        (
            "provider::amazon::trim_iam_role_path(\"arn:aws:s3:::x\")",
            "Error in function call",
            "",
            "service must be \"iam\"",
        ),
        (
            "provider::amazon::trim_iam_role_path(\"arn:aws:iam:x::role/x\")",
            "Error in function call",
            "",
            "region must be empty",
        ),
        (
            "provider::amazon::trim_iam_role_path(\"arn:aws:iam:::user/x\")",
            "Error in function call",
            "",
            "resource must begin with \"role/\"",
        ),
        (
            "provider::amazon::user_agent(\"\", \"\", \"\")",
            "Error in function call",
            "",
            "product_name must be set",
        ),
        (
            "provider::clock::duration_parse(\"1x\")",
            "Invalid function argument",
            "\"1x\"",
            "is not a valid duration string",
        ),
        (
            "provider::clock::rfc3339_parse(\"today\")",
            "Invalid function argument",
            "\"today\"",
            "is not a valid RFC3339 timestamp",
        ),
        (
            "provider::clock::unix_timestamp_parse(1.5)",
            "Invalid function argument",
            "1.5",
            "a whole number",
        ),
    ];
    for (expression, summary, place, more) in cases {
        let stack = stack(&[("it", expression)]);
        let run = stack.run(&["validate", "-json"]);
        let found: Json = serde_json::from_str(&run.stdout).unwrap();
        let problem = &found["diagnostics"][0];
        assert_eq!(problem["summary"], summary, "{expression}: {found}");
        let told = format!("{} {}", problem["detail"], problem["hint"]).replace("\\\"", "\"");
        assert!(told.contains(more), "{expression}: {told}");
        let snippet = &problem["snippet"];
        let at = |name: &str| usize::try_from(snippet[name].as_u64().unwrap()).unwrap();
        let code = snippet["code"].as_str().unwrap();
        let marked = &code[at("highlight_start_offset")..at("highlight_end_offset")];
        assert!(place.is_empty() || marked == place, "{expression}: {marked}");
    }
}

#[test]
fn a_module_calls_by_its_own_names() {
    let call =
        "output \"it\" {\n  value = provider::aws::arn_parse(\"arn:a:b:c:d:e\").service\n}\n";
    let stack = Terrace::sandbox(&[
        (
            "main.tf",
            "module \"m\" {\n  source = \"./m\"\n}\noutput \"it\" {\n  value = module.m.it\n}\n",
        ),
        ("m/main.tf", call),
    ]);
    assert!(stack.fails(&["plan"]).contains("Unknown function provider"));
    let required =
        "terraform {\n  required_providers {\n    aws = { source = \"hashicorp/aws\" }\n  }\n}\n";
    stack.write("m/main.tf", &format!("{required}{call}"));
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(stack.ok(&["output", "-raw", "it"]).stdout.trim(), "b");
}

#[test]
fn schemas_list_the_functions() {
    let stack = stack(&[]);
    let schema: Json =
        serde_json::from_str(&stack.ok(&["providers", "schema", "-json"]).stdout).unwrap();
    let of = |source: &str| schema["provider_schemas"][source]["functions"].clone();
    let built_in = of("terraform.io/builtin/terraform");
    let names: Vec<&String> = built_in.as_object().unwrap().keys().collect();
    assert_eq!(names, ["decode_tfvars", "encode_expr", "encode_tfvars"]);
    assert_eq!(built_in["decode_tfvars"]["return_type"], "dynamic");
    assert_eq!(built_in["encode_expr"]["parameters"][0]["type"], "dynamic");
    let parse = &of("registry.terraform.io/hashicorp/aws")["arn_parse"];
    assert_eq!(parse["parameters"][0]["name"], "arn");
    assert_eq!(parse["return_type"][0], "object");
    assert_eq!(parse["return_type"][1]["account_id"], "string");
    assert!(of("registry.terraform.io/hashicorp/random").is_null());
}
