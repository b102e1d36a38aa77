use std::sync::Arc;

use super::*;
use crate::address::{Mode, ResourceName};
use crate::diagnostic::Source;
use crate::language::config::{IgnoreChanges, Repetition};
use crate::language::parse::parse_file;
use crate::value::{Type, Value};

fn read(text: &str) -> (Module, Diagnostics) {
    read_as("main.tf", text)
}

fn read_as(path: &str, text: &str) -> (Module, Diagnostics) {
    let source = Source { path: path.into(), text: text.to_string() };
    let (body, mut diagnostics) = parse_file(Arc::new(source));
    let module = diagnostics.take(read_module(".".into(), vec![body]));
    (module, diagnostics)
}

fn sound(text: &str) -> Module {
    let (module, diagnostics) = read(text);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    module
}

/// What is wrong: place, summary, detail and hint.
fn problems(text: &str) -> Vec<String> {
    problems_of("main.tf", text)
}

fn problems_of(path: &str, text: &str) -> Vec<String> {
    let (_, diagnostics) = read_as(path, text);
    diagnostics
        .into_iter()
        .map(|it| format!("{} {}: {} {}", it.span.unwrap(), it.summary, it.detail, it.hint))
        .collect()
}

#[test]
fn a_variable_has_all_its_arguments() {
    let module = sound(
        r#"
variable "a" {
  type = map(object({
    port  = optional(number, "80")
    names = optional(list(object({ x = optional(bool, true) })), [])
    rest  = any
  }))
  default     = { web = { rest = 1, names = [{}] } }
  description = "What it is."
  sensitive   = true
  nullable    = false
  validation {
    condition     = length(var.a) > 0
    error_message = "Give one."
  }
  validation {
    condition     = var.a != {}
    error_message = "No."
  }
}
variable "b" {}
"#,
    );
    let a = &module.variables["a"];
    assert_eq!(
        a.ty.to_string(),
        "map(object({names = optional(list(object({x = optional(bool)}))), port = \
         optional(number), rest = any}))"
    );
    assert_eq!((a.sensitive, a.nullable, a.typed, a.validations.len()), (true, false, true, 2));
    assert_eq!(a.description, "What it is.");
    let Some(Value::Map(_, fields)) = &a.default else { panic!("{:?}", a.default) };
    let web = &fields["web"];
    assert_eq!(web.get("port"), Value::from(80));
    assert_eq!(web.get("names").items().unwrap()[0].get("x"), Value::Bool(true));
    let b = &module.variables["b"];
    assert_eq!((b.typed, &b.ty, &b.default, b.nullable), (false, &Type::Any, &None, true));
}

#[test]
fn constants_may_be_computed() {
    let module = sound(
        "variable \"a\" { default = { for x in [1, 2] : \"k${x}\" => x * 60 if x > 1 } }\n\
         variable \"b\" { default = [{ c = 1 }, { c = 2 }][*].c }\n",
    );
    assert_eq!(module.variables["a"].default, Some(Value::object([("k2", Value::from(120))])));
    let items = Value::tuple([Value::from(1), Value::from(2)]);
    assert_eq!(module.variables["b"].default, Some(items));
}

#[test]
fn a_resource_has_its_meta_arguments() {
    let module = sound(
        r#"
resource "aws_ecs_service" "web" {
  for_each   = var.services
  provider   = aws.west
  depends_on = [aws_lb.main, module.network, data.aws_region.here]
  name       = each.key
  lifecycle {
    create_before_destroy = true
    prevent_destroy       = false
    ignore_changes        = [desired_count, tags["Owner"], load_balancer[0].container_name]
    replace_triggered_by  = [aws_lb.main.arn, aws_ecs_cluster.all[each.key]]
    precondition {
      condition     = each.key != ""
      error_message = "No."
    }
  }
  network_configuration {
    subnets = []
  }
}
data "terraform_remote_state" "x" {
  count = 2
}
resource "aws_lb" "all" {
  lifecycle {
    ignore_changes = all
  }
}
"#,
    );
    let kind = "aws_ecs_service".to_string();
    let web = &module.resources[&ResourceName { mode: Mode::Managed, kind, name: "web".into() }];
    assert_eq!(web.provider.to_string(), "aws.west");
    assert_eq!(web.depends_on.len(), 3);
    assert!(matches!(web.repetition, Repetition::ForEach(_)));
    assert_eq!(web.body.attributes.keys().collect::<Vec<_>>(), ["name"]);
    assert_eq!(web.body.blocks.len(), 1);
    assert_eq!(web.lifecycle.create_before_destroy, Some(true));
    assert_eq!(web.lifecycle.replace_triggered_by.len(), 2);
    let IgnoreChanges::Paths(paths) = &web.lifecycle.ignore_changes else { panic!() };
    let paths: Vec<_> = paths.iter().map(|(path, _)| path.to_string()).collect();
    assert_eq!(paths, ["desired_count", "tags[\"Owner\"]", "load_balancer[0].container_name"]);
    let data = &module.resources[1];
    assert_eq!(data.provider.to_string(), "terraform");
    assert!(matches!(data.repetition, Repetition::Count(_)));
    assert!(matches!(module.resources[2].lifecycle.ignore_changes, IgnoreChanges::All));
}

#[test]
fn settings_and_calls_are_read() {
    let module = sound(
        r#"
terraform {
  required_version = ">= 1.5, < 2.0"
  required_providers {
    aws = {
      source                = "hashicorp/aws"
      version               = "~> 6.0"
      configuration_aliases = [aws.west]
    }
    random = "~> 3.0"
  }
  backend "s3" {
    bucket = "b"
  }
}
provider "aws" {
  region = var.region
}
provider "aws" {
  alias = "east"
}
module "m" {
  source    = "./m"
  count     = 2
  providers = { aws = aws.west, aws.other = aws }
  input     = count.index
}
output "o" {
  value      = 1
  sensitive  = true
  depends_on = [module.m]
}
"#,
    );
    let aws = &module.required_providers["aws"];
    assert_eq!((aws.source.as_str(), aws.version.as_str()), ("hashicorp/aws", "~> 6.0"));
    assert_eq!(aws.aliases[0].to_string(), "aws.west");
    assert_eq!(module.required_providers["random"].version, "~> 3.0");
    assert_eq!(module.backend.as_ref().unwrap().labels[0].0, "s3");
    let names: Vec<_> = module.providers.keys().map(ProviderName::to_string).collect();
    assert_eq!(names, ["aws", "aws.east"]);
    let call = &module.calls["m"];
    let passed: Vec<_> =
        call.providers.iter().map(|it| format!("{}={}", it.inner, it.outer)).collect();
    assert_eq!(passed, ["aws=aws.west", "aws.other=aws"]);
    assert_eq!(call.inputs.keys().collect::<Vec<_>>(), ["input"]);
    assert!(module.outputs["o"].sensitive);
}

/// Each configuration with the only thing that is wrong with it.
const WRONG: &[(&str, &str)] = &[
    (
        "a = 1\n",
        "main.tf:1:1 Unsupported argument: Only blocks may stand here, and `a` is an argument. Values of variables go into a .tfvars file, named values into `locals`.",
    ),
    (
        "varable \"a\" {}\n",
        "main.tf:1:1 Unsupported block type: There are no `varable` blocks in a configuration. Did you mean `variable`?",
    ),
    (
        "resource \"a\" {}\n",
        "main.tf:1:1 Wrong block labels: A `resource` block has 2 labels, its type and its name; here are 1. ",
    ),
    (
        "variable \"a b\" {}\n",
        "main.tf:1:10 Invalid name: `a b` is not a name: a name starts with a letter or underscore and goes on with letters, digits, underscores and dashes. ",
    ),
    (
        "variable \"source\" {}\n",
        "main.tf:1:1 Invalid name: `source` is an argument of `module` blocks already. ",
    ),
    (
        "variable \"a\" {\n  tpye = string\n}\n",
        "main.tf:2:3 Unsupported argument: There is no argument `tpye` in a variable block. Did you mean `type`?",
    ),
    (
        "variable \"a\" {\n  validations {}\n}\n",
        "main.tf:2:3 Unsupported block type: There are no `validations` blocks in a variable block. Did you mean `validation`?",
    ),
    (
        "variable \"a\" {\n  validation = 1\n}\n",
        "main.tf:2:3 Unsupported argument: There is no argument `validation` in a variable block. Write it as a block: `validation { … }`.",
    ),
    (
        "variable \"a\" {\n  validation {\n    condition = var.a\n  }\n}\n",
        "main.tf:2:3 Missing required argument: The argument `error_message` is required in a condition. ",
    ),
    (
        "variable \"a\" {\n  sensitive = \"maybe\"\n}\n",
        "main.tf:2:15 Unsuitable value: `sensitive` is not right: a bool is required; only \"true\" and \"false\" convert to one. ",
    ),
    (
        "variable \"a\" {\n  sensitive = var.b\n}\n",
        "main.tf:2:15 Constant required: References are not possible here: `sensitive` must be a constant. ",
    ),
    (
        "variable \"a\" {\n  default = upper(\"a\")\n}\n",
        "main.tf:2:13 Constant required: Function calls are not possible here: the default of variable `a` must be a constant. ",
    ),
    (
        "variable \"a\" {\n  type    = number\n  default = \"x\"\n}\n",
        "main.tf:3:13 Invalid default: The default of variable `a` does not fit its type `number`: a number is required; the given string is not a decimal number. ",
    ),
    (
        "variable \"a\" {\n  nullable = false\n  default  = null\n}\n",
        "main.tf:3:14 Invalid default: Variable `a` is not nullable, so its default cannot be null. Remove `default` if the variable must be given.",
    ),
    (
        "variable \"a\" {}\nvariable \"a\" {}\n",
        "main.tf:2:1 Duplicate name: There already is a variable `a`, at main.tf:1:1. ",
    ),
    (
        "variable \"a\" {\n  type = strin\n}\n",
        "main.tf:2:10 Invalid type: There is no type `strin`. Did you mean `string`?",
    ),
    (
        "variable \"a\" {\n  type = \"string\"\n}\n",
        "main.tf:2:10 Invalid type: A type is written without quotes. Write `string`.",
    ),
    (
        "variable \"a\" {\n  type = list(string, number)\n}\n",
        "main.tf:2:10 Invalid type: `list` takes one argument. ",
    ),
    (
        "variable \"a\" {\n  type = optional(string)\n}\n",
        "main.tf:2:10 Invalid type: `optional` can only stand around the type of an attribute of an object. ",
    ),
    (
        "variable \"a\" {\n  type = object({ x = optional(number, \"y\") })\n}\n",
        "main.tf:2:40 Invalid type: The default of `x` does not fit its type: a number is required; the given string is not a decimal number. ",
    ),
    (
        "variable \"a\" {\n  type = set\n}\n",
        "main.tf:2:10 Invalid type: `set` needs to be told what is in it. Write for example `set(string)`.",
    ),
    (
        "locals {\n  a = 1\n}\nlocals {\n  a = 2\n}\n",
        "main.tf:5:3 Duplicate name: There already is a local value `a`, at main.tf:2:3. ",
    ),
    (
        "output \"a\" {}\n",
        "main.tf:1:1 Missing required argument: The argument `value` is required in an output block. ",
    ),
    (
        "resource \"a\" \"b\" {\n  count    = 1\n  for_each = []\n}\n",
        "main.tf:2:3 Invalid combination of arguments: `count` and `for_each` exclude each other. Leave one of them.",
    ),
    (
        "resource \"a\" \"b\" {\n  provider = aws.west\n  depends_on = [\"c\"]\n}\n",
        "main.tf:3:17 Invalid depends_on: An entry of `depends_on` is a resource, data source or module. Write it without quotes: `c`.",
    ),
    (
        "resource \"a\" \"b\" {\n  depends_on = [c.d.id]\n}\n",
        "main.tf:2:17 Invalid depends_on: An entry of `depends_on` is a resource, data source or module. Depend on the whole: `c.d`.",
    ),
    (
        "resource \"a\" \"b\" {\n  depends_on = c.d\n}\n",
        "main.tf:2:16 Invalid depends_on: `depends_on` takes a list of references. Write `depends_on = [aws_vpc.main]`.",
    ),
    (
        "resource \"a\" \"b\" {\n  provider = aws.a.b\n}\n",
        "main.tf:2:14 Invalid provider reference: A provider configuration is named `aws`, or `aws.west` with an alias. ",
    ),
    (
        "resource \"a\" \"b\" {\n  lifecycle {\n    ignore_changes = tags\n  }\n}\n",
        "main.tf:3:22 Invalid ignore_changes: `ignore_changes` takes a list of arguments, or `all`. Write `ignore_changes = [tags]`.",
    ),
    (
        "resource \"a\" \"b\" {\n  lifecycle {\n    ignore_changes = [tags[local.x]]\n  }\n}\n",
        "main.tf:3:23 Invalid ignore_changes: An entry of `ignore_changes` is an argument of this resource, with constant keys and indexes after it if wanted. Write for example `tags`, `tags[\"Owner\"]` or `ingress[0].cidr_blocks`.",
    ),
    (
        "resource \"a\" \"b\" {\n  lifecycle {\n    replace_triggered_by = [var.x]\n  }\n}\n",
        "main.tf:3:29 Invalid replace_triggered_by: An entry of `replace_triggered_by` is a managed resource of this module, an instance of it, or one of its attributes. In brackets may stand constants, `count.index` and `each.key`.",
    ),
    (
        "resource \"a\" \"b\" {\n  lifecycle {}\n  lifecycle {}\n}\n",
        "main.tf:3:3 Duplicate block: Only one `lifecycle` block may stand in a resource block. ",
    ),
    (
        "resource \"a\" \"b\" {\n  lifecycle {\n    prevent_destory = true\n  }\n}\n",
        "main.tf:3:5 Unsupported argument: There is no argument `prevent_destory` in a lifecycle block. Did you mean `prevent_destroy`?",
    ),
    (
        "data \"a\" \"b\" {\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n",
        "main.tf:3:5 Unsupported argument: A data source is only read, so it cannot have `prevent_destroy`. ",
    ),
    (
        "resource \"a\" \"b\" {\n  provisioner \"local_exec\" {\n    command = \"x\"\n  }\n}\n",
        "main.tf:2:15 Unsupported provisioner: There is no provisioner `local_exec`. Did you mean `local-exec`?",
    ),
    (
        "resource \"a\" \"b\" {\n  provisioner \"puppet\" {}\n}\n",
        "main.tf:2:15 Unsupported provisioner: There is no provisioner `puppet`. It was removed from the language long ago; use `local-exec`.",
    ),
    (
        "resource \"a\" \"b\" {\n  provisioner {}\n}\n",
        "main.tf:2:3 Wrong block labels: A `provisioner` block has one label, its type. Write `provisioner \"local-exec\" { … }`.",
    ),
    (
        "resource \"a\" \"b\" {\n  provisioner \"local-exec\" {\n    when = never\n  }\n}\n",
        "main.tf:3:12 Invalid keyword: `when` is `create` or `destroy`. ",
    ),
    (
        "resource \"a\" \"b\" {\n  provisioner \"local-exec\" {\n    on_failure = \"ignore\"\n  }\n}\n",
        "main.tf:3:18 Invalid keyword: `on_failure` is `fail` or `continue`. ",
    ),
    (
        "resource \"a\" \"b\" {\n  provisioner \"local-exec\" {\n    when = destroy\n    command = local.x\n  }\n}\n",
        "main.tf:4:15 Invalid reference from destroy provisioner: What runs before an object is destroyed can only refer to `self`, `count.index` and `each.key`: all else may be gone by then. Keep what it needs in the object itself, such as in `triggers` of a `null_resource` or `input` of a `terraform_data`.",
    ),
    (
        "resource \"a\" \"b\" {\n  connection {}\n  connection {}\n}\n",
        "main.tf:3:3 Duplicate block: Only one `connection` block may stand in a resource block. ",
    ),
    (
        "data \"a\" \"b\" {\n  connection {}\n}\n",
        "main.tf:2:3 Unsupported block type: A data source is only read, so it has no `connection` block. ",
    ),
    (
        "resource \"a\" \"b\" {}\nresource \"a\" \"b\" {}\n",
        "main.tf:2:1 Duplicate name: There already is a resource `a.b`, at main.tf:1:1. ",
    ),
    (
        "provider \"aws\" {}\nprovider \"aws\" {}\n",
        "main.tf:2:1 Duplicate name: There already is a provider configuration `aws`, at main.tf:1:1. Give the second one an `alias`.",
    ),
    (
        "provider \"aws\" {\n  version = \"~> 5.0\"\n}\n",
        "main.tf:2:13 Version in a provider block: The version of a provider is part of terrace; this has no effect. State the version that the configuration needs in `required_providers`.",
    ),
    (
        "provider \"aws\" {\n  for_each = {}\n}\n",
        "main.tf:2:14 Missing alias: Only a provider configuration with an alias can have `for_each`. Add for example `alias = \"by_region\"`.",
    ),
    (
        "provider \"aws\" {\n  count = 1\n}\n",
        "main.tf:2:3 Unsupported argument: A provider block has no argument `count`. ",
    ),
    (
        "module \"m\" {\n  source = \"./m\"\n  providers = {\n    aws.x[0] = aws.y\n  }\n}\n",
        "main.tf:4:5 Invalid providers: On the left stands the module's own name, which has no key. ",
    ),
    (
        "module \"m\" {}\n",
        "main.tf:1:1 Missing required argument: The argument `source` is required in a module block. Write `source = \"./modules/name\"`.",
    ),
    (
        "module \"m\" {\n  source  = \"./m\"\n  version = \"1.0\"\n}\n",
        "main.tf:3:13 Invalid version constraint: A module in a local folder has no versions. Remove `version`.",
    ),
    (
        "language {\n  compatible_with {\n    opentofu = \">= 999.9\"\n    x = 1\n  }\n}\n",
        "main.tf:3:16 Unsupported version: This configuration asks for version `>= 999.9`, and terrace speaks the language of OpenTofu 1.12.0. ",
    ),
    (
        "language {\n  compatible_with {\n    opentofu = \"latest\"\n  }\n}\n",
        "main.tf:3:16 Invalid version constraint: `latest` is not a version constraint. Write for example `>= 1.5` or `~> 6.0`; a comma separates several.",
    ),
    (
        "language {\n  edition = tofu2038\n}\n",
        "main.tf:2:13 Unsupported language edition: There is no edition `tofu2038`. There is only `tofu2024`, which needs not be said.",
    ),
    (
        "language {\n  edition = \"tofu2024\"\n}\n",
        "main.tf:2:13 Invalid language edition: An edition is a name without quotes. There is only `tofu2024`, which needs not be said.",
    ),
    (
        "language {\n  edition     = tofu2024\n  experiments = [x]\n}\n",
        "main.tf:3:18 Unknown experiment: There is no experiment `x`. ",
    ),
    (
        "output \"a\" {\n  value      = 1\n  deprecated = \" \"\n}\n",
        "main.tf:3:16 Invalid deprecated: `deprecated` must say what to use instead. ",
    ),
    (
        "terraform {\n  required_providers {\n    a = { source = \"b/terraform-provider-a\" }\n  }\n}\n",
        "main.tf:3:20 Invalid provider source: `terraform-provider-a` is the name of a repository, not of a provider. Write `a`.",
    ),
    (
        "resource \"a\" \"b\" {\n  provider = my_test\n}\n",
        "main.tf:2:14 Invalid provider name: `my_test` cannot be the name of a provider, which has only lowercase letters, digits and, inside, single dashes. ",
    ),
    (
        "moved {\n  from = data.a.b\n  to   = a.b\n}\n",
        "main.tf:1:1 Invalid moved block: A module becomes a module, and a resource a resource. ",
    ),
    (
        "terraform {\n  experiments = [x]\n}\n",
        "main.tf:2:3 Experiments are ignored: Experiments of the language have no effect in terrace. ",
    ),
    (
        "terraform {\n  backend \"local\" {}\n}\nterraform {\n  backend \"s3\" {}\n}\n",
        "main.tf:5:3 Duplicate block: There already is a backend, at main.tf:2:3. ",
    ),
    (
        "terraform {\n  required_providers {\n    aws = { sauce = 1 }\n  }\n}\n",
        "main.tf:3:13 Unsupported argument: A required provider has no `sauce`. There are `source`, `version` and `configuration_aliases`.",
    ),
    (
        "moved {\n  from = a.b[each.key]\n  to = a.c\n}\n",
        "main.tf:2:10 Invalid address: An address consists of names, with constant instance keys in brackets. Write for example `aws_vpc.main`, `aws_subnet.a[0]` or `module.a[\"b\"]`.",
    ),
    (
        "moved {\n  from = module.a\n  to = a.c\n}\n",
        "main.tf:1:1 Invalid moved block: A module becomes a module, and a resource a resource. ",
    ),
    (
        "moved {\n  from = a.b\n}\n",
        "main.tf:1:1 Missing required argument: The argument `to` is required in a moved block. ",
    ),
    (
        "check \"x\" {\n  assert {\n    condition = true\n    error_message = \"\"\n  }\n}\n",
        "main.tf:3:17 Invalid condition: The condition refers to nothing, so it would not check anything. ",
    ),
    (
        "check \"x\" {}\n",
        "main.tf:1:1 Missing required block: A `check` block has at least one `assert` block. ",
    ),
    (
        "check \"x\" {\n  data \"a_b\" \"c\" {\n    count = 1\n  }\n  assert {\n    condition = local.a\n    error_message = \"\"\n  }\n}\n",
        "main.tf:3:5 Unsupported argument: A data source in a `check` block cannot have `count`. ",
    ),
    (
        "removed {\n  from = a.b[0]\n  lifecycle {\n    destroy = true\n  }\n}\n",
        "main.tf:2:10 Invalid address: A whole resource or module is removed, so the address has no instance keys. Write for example `aws_vpc.main` or `module.network`.",
    ),
    (
        "removed {\n  from = data.a.b\n}\n",
        "main.tf:2:10 Invalid address: A data source is only read; without its block it is dropped from state. ",
    ),
    (
        "removed {\n  from = a.b\n  lifecycle {\n    destroy = true\n  }\n  provisioner \"local-exec\" {}\n}\n",
        "main.tf:6:3 Invalid block: A provisioner in a `removed` block runs before its objects are destroyed. Set `when = destroy`.",
    ),
    (
        "removed {\n  from = module.a\n  lifecycle {\n    destroy = true\n  }\n  provisioner \"local-exec\" {\n    when = destroy\n  }\n}\n",
        "main.tf:6:3 Invalid block: A `removed` block with provisioners is about a resource, not a module. ",
    ),
    (
        "removed {\n  from = a.b\n  lifecycle {\n    destroy = false\n  }\n  provisioner \"local-exec\" {\n    when = destroy\n  }\n}\n",
        "main.tf:6:3 Provisioners without effect: The objects are forgotten, not destroyed, so their provisioners do not run. ",
    ),
    (
        "removed {\n  from = a.b\n}\n",
        "main.tf:1:1 Removed without lifecycle: Without `destroy`, the objects are left as they are, and forgotten. Other programs of this language may ask for `lifecycle`. Say so with `lifecycle { destroy = false }`, or destroy them with `true`.",
    ),
];

#[test]
fn each_mistake_is_told_where_it_is() {
    let told = WRONG.iter().map(|(text, problem)| (text, problems(text), vec![*problem]));
    let other: Vec<_> = told.filter(|(_, told, expected)| told != expected).collect();
    assert!(other.is_empty(), "{other:#?}");
}

#[test]
fn the_version_is_asked_for_in_files_for_opentofu_only() {
    let asked = |version: &str| format!("terraform {{\n  required_version = \"{version}\"\n}}\n");
    for (version, problem) in [
        (
            ">= 999.9",
            "Unsupported version: This configuration asks for version `>= 999.9`, and terrace speaks the language of OpenTofu 1.12.0. ",
        ),
        (
            "~> 1.5.0",
            "Unsupported version: This configuration asks for version `~> 1.5.0`, and terrace speaks the language of OpenTofu 1.12.0. ",
        ),
        (
            "latest",
            "Invalid version constraint: `latest` is not a version constraint. Write for example `>= 1.5` or `~> 6.0`; a comma separates several.",
        ),
    ] {
        let found = problems_of("main.tofu", &asked(version));
        assert_eq!(found, [format!("main.tofu:2:22 {problem}")], "{version}");
        assert_eq!(problems_of("main.tf", &asked(version)), [""; 0], "{version}");
    }
    for fits in [">= 1.5, < 2.0", "~> 1.12"] {
        assert_eq!(problems_of("main.tofu", &asked(fits)), [""; 0], "{fits}");
    }
}

const CONNECTED: &str = r#"
resource "a" "b" {
  connection {
    host = local.x
    user = self.y
  }
  provisioner "remote-exec" {
    when = destroy
  }
  provisioner "file" {
    when = destroy
  }
}
"#;

#[test]
fn how_a_destroy_provisioner_connects_is_checked_wherever_it_says_so() {
    let about = |text: &str| {
        let found = problems(text);
        let places = found.iter().map(|it| it.split(':').take(3).collect::<Vec<_>>().join(":"));
        places.collect::<Vec<_>>()
    };
    let problem = "main.tf:4:12 Invalid reference from destroy provisioner";
    assert_eq!(about(CONNECTED), [problem]);
    assert_eq!(about(&CONNECTED.replace("when = destroy", "when = create")), [""; 0]);
    // What a provisioner says itself counts instead.
    let own = "when = destroy\n    connection {\n      host = self.z\n    }";
    assert_eq!(about(&CONNECTED.replace("when = destroy", own)), [""; 0]);
    let wrong = own.replace("self.z", "var.z");
    let found = about(&CONNECTED.replacen("when = destroy", &wrong, 1));
    assert_eq!(found, ["main.tf:10:14 Invalid reference from destroy provisioner", problem]);
}

#[test]
fn mistakes_are_told_together() {
    let found = problems(
        "variable \"a\" {\n  tpye = string\n  nullabel = 1\n}\nouput \"x\" {}\nmodule \"m\" {}\n",
    );
    assert_eq!(found.len(), 4, "{found:#?}");
}
