//! Provider configurations with `for_each`: which one an instance uses, and what becomes of it.

use serde_json::Value as Json;

use crate::support::terrace::Terrace;

fn stack(text: &str) -> Terrace {
    Terrace::sandbox(&[("main.tf", text)])
}

fn state(stack: &Terrace) -> Json {
    serde_json::from_str(&stack.read("terraform.tfstate")).unwrap()
}

/// The provider of each instance in state, by its region.
fn used(stack: &Terrace) -> Vec<String> {
    let state = state(stack);
    let resources = state["resources"].as_array().unwrap().iter();
    let instances = resources.flat_map(|it| it["instances"].as_array().unwrap().clone());
    let shown = instances.map(|it| {
        let provider = it["provider"].as_str().unwrap_or("-");
        let provider = provider.replace("provider[\"registry.terraform.io/hashicorp/aws\"]", "aws");
        format!("{provider} {}", it["attributes"]["region"].as_str().unwrap())
    });
    shown.collect()
}

const REGIONS: &str = r#"
variable "regions" {
  type    = map(string)
  default = { "eu-west-1" = "10.0.0.0/16", "us-east-1" = "10.1.0.0/16" }
}
variable "used" {
  type    = map(string)
  default = { "eu-west-1" = "10.0.0.0/16", "us-east-1" = "10.1.0.0/16" }
}
provider "aws" {
  alias    = "by_region"
  for_each = var.regions
  region   = each.key
  default_tags {
    tags = { network = each.value }
  }
}
resource "aws_vpc" "v" {
  for_each   = var.used
  provider   = aws.by_region[each.key]
  cidr_block = each.value
}
data "aws_region" "r" {
  for_each = aws_vpc.v
  provider = aws.by_region[each.key]
}
output "regions" {
  value = { for key, it in data.aws_region.r : key => it.region }
}
output "networks" {
  value = { for key, it in aws_vpc.v : key => it.tags_all.network }
}
"#;

#[test]
fn each_instance_uses_the_configuration_of_its_key() {
    let stack = stack(REGIONS);
    stack.ok(&["validate"]);
    stack.ok(&["apply", "-auto-approve"]);
    let expected = ["eu-west-1", "us-east-1"].map(|it| format!("aws.by_region[{it:?}] {it}"));
    assert_eq!(used(&stack)[2..], expected);
    let outputs = &state(&stack)["outputs"];
    assert_eq!(outputs["regions"]["value"]["us-east-1"], "us-east-1");
    assert_eq!(outputs["networks"]["value"]["us-east-1"], "10.1.0.0/16");
    stack.ok(&["plan", "-detailed-exitcode"]);
    // The configuration outlives what it has made.
    let fewer = "-var=used={ \"us-east-1\" = \"10.1.0.0/16\" }";
    stack.ok(&["apply", "-auto-approve", fewer]);
    assert_eq!(used(&stack)[1..], ["aws.by_region[\"us-east-1\"] us-east-1"]);
    stack.ok(&["apply", "-auto-approve", fewer, "-var=regions={ \"us-east-1\" = \"\" }"]);
    stack.ok(&["destroy", "-auto-approve", fewer]);
    assert_eq!(stack.left_behind(), [""; 0]);
}

#[test]
fn what_has_lost_its_configuration_cannot_be_destroyed() {
    let stack = stack(REGIONS);
    stack.ok(&["apply", "-auto-approve", "-parallelism=1"]);
    let one = "{ \"us-east-1\" = \"10.1.0.0/16\" }";
    let (regions, used) = (format!("-var=regions={one}"), format!("-var=used={one}"));
    let told = stack.fails(&["plan", &regions, &used]);
    assert!(told.contains("Provider instance not present"), "{told}");
    assert!(told.contains("by_region[\"eu-west-1\"]"), "{told}");
    assert!(told.contains("aws_vpc.v[\"eu-west-1\"]"), "{told}");
    let told = stack.fails(&["destroy", "-auto-approve", &regions, &used]);
    assert!(told.contains("Provider instance not present"), "{told}");
    // What still has its own can be destroyed.
    stack.ok(&["destroy", "-auto-approve", &regions, &used, "-target=aws_vpc.v[\"us-east-1\"]"]);
    stack.ok(&["apply", "-auto-approve", &used]);
    stack.ok(&["destroy", "-auto-approve"]);
    assert_eq!(stack.left_behind(), [""; 0]);
}

#[test]
fn what_has_lost_its_configuration_is_not_refreshed_silently() {
    let stack = stack(REGIONS);
    stack.ok(&["apply", "-auto-approve", "-parallelism=1"]);
    let one = "{ \"us-east-1\" = \"10.1.0.0/16\" }";
    let (regions, used) = (format!("-var=regions={one}"), format!("-var=used={one}"));
    for command in [&["refresh"][..], &["plan", "-refresh-only"]] {
        let told = stack.fails(&[command, &[regions.as_str(), used.as_str()]].concat());
        assert!(told.contains("error: Provider instance not present"), "{told}");
        assert!(told.contains("aws_vpc.v[\"eu-west-1\"]"), "{told}");
        assert!(!told.contains("aws_vpc.v[\"us-east-1\"]"), "{told}");
    }
    // With another configuration it can go on, but nobody has looked at it.
    stack.write("main.tf", &REGIONS.replace("by_region[each.key]", "by_region[\"us-east-1\"]"));
    let told = stack.run(&["plan", "-refresh-only", &regions]);
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    assert!(told.stderr.contains("warning: Provider instance not present"), "{}", told.stderr);
    assert!(told.stderr.contains("It is not refreshed."), "{}", told.stderr);
    stack.write("main.tf", REGIONS);
    let told = stack.ok(&["plan", "-refresh-only"]).stderr;
    assert!(!told.contains("Provider instance"), "{told}");
    stack.ok(&["destroy", "-auto-approve"]);
    assert_eq!(stack.left_behind(), [""; 0]);
}

#[test]
fn a_module_call_passes_the_configuration_of_its_key() {
    let stack = stack(
        r#"
locals {
  all = toset(["eu-west-1", "us-east-1", "us-west-2"])
}
provider "aws" {
  alias    = "by_region"
  for_each = local.all
  region   = each.value
}
module "m" {
  source    = "./m"
  for_each  = toset(["eu-west-1", "us-west-2"])
  providers = { aws.own = aws.by_region[each.key] }
}
module "fixed" {
  source    = "./n"
  providers = { aws = aws.by_region["us-east-1"] }
}
"#,
    );
    stack.write(
        "m/main.tf",
        "terraform {\n  required_providers {\n    aws = {\n      source = \"hashicorp/aws\"\n      \
         configuration_aliases = [aws.own]\n    }\n  }\n}\nmodule \"inner\" {\n  source = \"../n\"\n  \
         providers = { aws = aws.own }\n}\n",
    );
    stack.write("n/main.tf", "resource \"aws_vpc\" \"v\" {\n  cidr_block = \"10.0.0.0/16\"\n}\n");
    stack.ok(&["apply", "-auto-approve"]);
    let mut found = used(&stack);
    found.sort();
    let expected =
        ["eu-west-1", "us-east-1", "us-west-2"].map(|it| format!("aws.by_region[{it:?}] {it}"));
    assert_eq!(found, expected);
    stack.ok(&["plan", "-detailed-exitcode"]);
    stack.ok(&["destroy", "-auto-approve"]);
}

#[test]
fn keys_stand_where_there_are_several_configurations() {
    let start = "variable \"all\" {\n  default = {}\n}\nprovider \"aws\" {\n  alias = \"by\"\n  \
                 for_each = var.all\n}\nprovider \"aws\" {\n  alias = \"one\"\n}\n";
    let resource = |provider: &str| {
        format!(
            "resource \"aws_vpc\" \"v\" {{\n  for_each = {{ a = 1 }}\n  provider = {provider}\n  \
             cidr_block = \"10.0.0.0/16\"\n}}\n"
        )
    };
    for (provider, problem) in [
        ("aws.by", "`aws.by` has `for_each`, so it is several. Choose one: `aws.by[each.key]`."),
        ("aws.one[each.key]", "`aws.one` has no `for_each`, so no keys."),
        ("aws[each.key]", "Only a configuration with an alias can have `for_each` and keys."),
        ("aws.by[eech.key]", "There is no resource `eech.key`"),
    ] {
        let stack = stack(&format!("{start}{}", resource(provider)));
        let told = stack.fails(&["validate"]).replace("\n", " ");
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            problem.split(". Choose").all(|it| told.contains(it.trim_end_matches('.'))),
            "{told}"
        );
    }
    let late = format!("{start}{}", resource("aws.by[each.key]"))
        .replace("for_each = var.all", "for_each = local.late")
        + "resource \"terraform_data\" \"t\" {}\nlocals {\n  late = terraform_data.t.output\n}\n";
    let told = stack(&late).fails(&["validate"]);
    assert!(told.contains("Value not known early enough"), "{told}");
    let missing = stack(&format!("{start}{}", resource("aws.by[each.key]")));
    let told = missing.fails(&["plan"]);
    assert!(told.contains("Provider instance not present"), "{told}");
}

#[test]
fn a_configuration_that_goes_with_its_resources_is_warned_of() {
    let stack = stack(&REGIONS.replace("= var.used", "= ( var.regions )"));
    let run = stack.run(&["validate"]);
    let told = format!("{}{}", run.stdout, run.stderr);
    assert!(told.contains("Provider goes with its resources"), "{told}");
    let apart = Terrace::sandbox(&[("main.tf", REGIONS)]).run(&["validate"]);
    assert!(!apart.stderr.contains("Provider goes"), "{}", apart.stderr);
}

#[test]
fn json_passes_keys_too() {
    let stack = Terrace::sandbox(&[(
        "main.tf.json",
        r#"{
  "provider": { "aws": [{
    "alias": "by", "for_each": "${toset([\"us-west-2\"])}", "region": "${each.key}"
  }] },
  "module": { "m": { "source": "./m", "providers": { "aws": "aws.by[\"us-west-2\"]" } } },
  "resource": { "aws_vpc": { "v": {
    "provider": "aws.by[\"us-west-2\"]", "cidr_block": "10.0.0.0/16"
  } } }
}"#,
    )]);
    stack.write("m/main.tf", "resource \"aws_vpc\" \"v\" {\n  cidr_block = \"10.1.0.0/16\"\n}\n");
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(used(&stack), vec!["aws.by[\"us-west-2\"] us-west-2"; 2]);
}
