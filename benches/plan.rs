//! How planning grows: the time of `plan -refresh=false` with 2n resources over that with n, for many
//! instances of one module, for as many blocks, and for whatever else there can be many of. What grows
//! with the square doubles the ratio.
//!
//! `cargo bench --bench plan [-- N]`; N is the number of resources, 5000 when not given.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark fails by panicking")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

/// Twice as much may take this many times as long.
const MOST: f64 = 2.6;
const PROVIDER: &str = "provider \"aws\" {\n  region = \"us-east-1\"\n}\n";
const KIND: &str = "aws_cloudwatch_log_group";

/// What is in state, and what to plan with.
#[derive(Default)]
struct Stack {
    resources: Vec<Json>,
    arguments: Vec<String>,
    changes: bool,
}

/// Writes a configuration of a size.
type Make = fn(&Path, usize) -> Stack;

const CASES: [(&str, Make); 6] = [
    ("instances of a module", modules),
    ("blocks", blocks),
    ("references by key", references),
    ("moves", moves),
    ("imports", imports),
    ("targets", targets),
];

fn main() {
    let wanted = std::env::args().filter_map(|it| it.parse().ok()).next();
    let count: usize = wanted.unwrap_or(5000);
    for (what, make) in CASES {
        let (single, double) = (planned(make, count), planned(make, 2 * count));
        let ratio = double.as_secs_f64() / single.as_secs_f64();
        println!("{count} {what}: {single:.2?}; twice as many: {double:.2?}, {ratio:.2} times");
        assert!(ratio < MOST, "planning {what} grows faster than their number");
    }
}

/// The shortest of three plans.
fn planned(make: Make, count: usize) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let Stack { resources, arguments, changes } = make(folder.path(), count);
    let state = json!({
        "version": 4, "terraform_version": "1.12.0", "serial": 1, "lineage": "sandbox-bench",
        "outputs": {}, "resources": resources,
    });
    fs::write(folder.path().join("terraform.tfstate"), state.to_string()).unwrap();
    let times = (0..3).map(|_| {
        let started = Instant::now();
        let output = Command::new(env!("CARGO_BIN_EXE_terrace"))
            .args(["plan", "-sandbox", "-refresh=false", "-detailed-exitcode"])
            .args(&arguments)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let expected = if changes { 2 } else { 0 };
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(expected), "{told}");
        started.elapsed()
    });
    times.min().unwrap()
}

/// Log groups, each tenth of which depends on nothing and the others on the one before: ten in each of
/// many instances of a module; as many of those as `range` can give.
fn modules(folder: &Path, count: usize) -> Stack {
    let calls = count.div_ceil(10_000);
    let instances = count / 10 / calls;
    let mut root = PROVIDER.to_string();
    for call in 0..calls {
        let each = format!("for_each = toset([for i in range({instances}) : tostring(i)])");
        let name = format!("name = \"{call}-${{each.key}}\"");
        write!(root, "module \"m{call}\" {{\n  source = \"./m\"\n  {each}\n  {name}\n}}\n")
            .unwrap();
    }
    let mut module = "variable \"name\" {\n  type = string\n}\n".to_string();
    (0..10).for_each(|at| module.push_str(&block(at, "${var.name}-")));
    fs::create_dir(folder.join("m")).unwrap();
    fs::write(folder.join("m/main.tf"), module).unwrap();
    fs::write(folder.join("main.tf"), root).unwrap();
    let instance = |call: usize, at: usize| {
        let module = format!("module.m{call}[\"{at}\"]");
        (0..10).map(move |number| object(Some(&module), number, &format!("{call}-{at}-")))
    };
    let all = (0..calls).flat_map(|call| (0..instances).flat_map(move |at| instance(call, at)));
    Stack { resources: all.collect(), ..Stack::default() }
}

/// The same as blocks in files of a hundred.
fn blocks(folder: &Path, count: usize) -> Stack {
    for start in (0..count).step_by(100) {
        let text: String = (start..count.min(start + 100)).map(|at| block(at, "")).collect();
        fs::write(folder.join(format!("f{start}.tf")), text).unwrap();
    }
    fs::write(folder.join("main.tf"), PROVIDER).unwrap();
    Stack { resources: (0..count).map(|at| object(None, at, "")).collect(), ..Stack::default() }
}

/// Instances of a resource that refer to those of another with the same keys, by a large object.
fn references(folder: &Path, count: usize) -> Stack {
    let keys: String =
        (0..count / 2).map(|at| format!("    k{at} = {{ name = {at} }}\n")).collect();
    let resource = |name: &str, input: &str| {
        let inside = format!("  for_each = local.all\n  input    = {input}\n");
        format!("resource \"terraform_data\" \"{name}\" {{\n{inside}}}\n")
    };
    let (a, b) =
        (resource("a", "local.all[each.key]"), resource("b", "terraform_data.a[each.key]"));
    let text = format!("locals {{\n  all = {{\n{keys}  }}\n}}\n{a}{b}");
    fs::write(folder.join("main.tf"), text).unwrap();
    Stack { changes: true, ..Stack::default() }
}

/// As many resources without arguments, and a block for each.
fn simple(folder: &Path, count: usize, block: fn(usize) -> String) {
    let resource = |at| format!("resource \"terraform_data\" \"r{at}\" {{}}\n{}", block(at));
    fs::write(folder.join("main.tf"), (0..count).map(resource).collect::<String>()).unwrap();
}

fn moves(folder: &Path, count: usize) -> Stack {
    simple(folder, count, |at| {
        let (from, to) = ("terraform_data.q", "terraform_data.r");
        format!("moved {{\n  from = {from}{at}\n  to   = {to}{at}\n}}\n")
    });
    Stack { changes: true, ..Stack::default() }
}

fn imports(folder: &Path, count: usize) -> Stack {
    simple(folder, count, |at| {
        format!("import {{\n  to = terraform_data.r{at}\n  id = \"{at}\"\n}}\n")
    });
    Stack { changes: true, ..Stack::default() }
}

fn targets(folder: &Path, count: usize) -> Stack {
    simple(folder, count, |at| {
        format!("output \"o{at}\" {{\n  value = terraform_data.r{at}.id\n}}\n")
    });
    let arguments = (0..count).step_by(2).map(|at| format!("-target=terraform_data.r{at}"));
    Stack { arguments: arguments.collect(), changes: true, ..Stack::default() }
}

fn block(at: usize, prefix: &str) -> String {
    let tags = match at % 10 {
        0 => String::new(),
        _ => format!("  tags = {{ previous = {KIND}.r{}.id }}\n", at - 1),
    };
    format!("resource \"{KIND}\" \"r{at}\" {{\n  name = \"{prefix}{at}\"\n{tags}}}\n")
}

fn object(module: Option<&str>, at: usize, prefix: &str) -> Json {
    let name = format!("{prefix}{at}");
    let before = at.checked_sub(1).filter(|_| !at.is_multiple_of(10));
    let tags = before.map(|before| json!({ "previous": format!("{prefix}{before}") }));
    let call = module.and_then(|it| it.split('[').next());
    let path = call.map(|call| format!("{call}.")).unwrap_or_default();
    let mut resource = json!({
        "mode": "managed", "type": KIND, "name": format!("r{at}"),
        "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
        "instances": [{
            "schema_version": 0,
            "attributes": {
                "arn": format!("arn:aws:logs:us-east-1:123456789012:log-group:{name}"),
                "id": name, "name": name, "log_group_class": "STANDARD", "region": "us-east-1",
                "retention_in_days": 0, "skip_destroy": false,
                "tags": tags, "tags_all": tags.clone().unwrap_or(json!({})),
            },
            "sensitive_attributes": [],
            "dependencies": before.map(|it| format!("{path}{KIND}.r{it}")).into_iter().collect::<Vec<_>>(),
        }],
    });
    if let Some(module) = module {
        resource["module"] = json!(module);
    }
    resource
}
