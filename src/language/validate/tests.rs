use std::path::Path;

use super::*;
use crate::address::ModulePath;
use crate::language::config::ProviderName;
use crate::language::load::{Memory, load};

fn files(texts: &[(&str, &str)]) -> Memory {
    Memory(texts.iter().map(|(path, text)| (path.into(), text.to_string())).collect())
}

fn problems(texts: &[(&str, &str)]) -> Vec<String> {
    let (_, diagnostics) = load(Path::new("."), &files(texts));
    diagnostics
        .into_iter()
        .map(|it| format!("{} {} {}", it.span.unwrap(), it.detail, it.hint))
        .collect()
}

/// Declarations that the references below are checked against.
const DECLARED: &str = r#"
variable "region" { default = "x" }
locals { name = 1 }
resource "aws_vpc" "main" {}
resource "aws_subnet" "all" { count = 2 }
resource "aws_eip" "each" { for_each = {} }
data "aws_region" "here" {}
module "one" { source = "./m" }
module "many" {
  source   = "./m"
  for_each = {}
}
"#;

#[test]
fn references_must_lead_somewhere() {
    for (reference, problem) in [
        (
            "var.regoin",
            "1:12 There is no variable `regoin` in this module. Did you mean `var.region`?",
        ),
        ("var.name", "1:12 There is no variable `name` in this module. Did you mean `local.name`?"),
        (
            "var.other",
            "1:12 There is no variable `other` in this module. Declare it with a `variable \"other\"` block.",
        ),
        (
            "local.nmae",
            "1:12 There is no local value `nmae` in this module. Did you mean `local.name`?",
        ),
        (
            "local.region",
            "1:12 There is no local value `region` in this module. Did you mean `var.region`?",
        ),
        (
            "aws_vpc.mian.id",
            "1:12 There is no resource `aws_vpc.mian` in this module. Did you mean `aws_vpc.main`?",
        ),
        (
            "aws_region.here.id",
            "1:12 There is no resource `aws_region.here` in this module. Did you mean `data.aws_region.here`?",
        ),
        (
            "data.aws_vpc.main.id",
            "1:12 There is no data source `data.aws_vpc.main` in this module. Did you mean `aws_vpc.main`?",
        ),
        (
            "vars.region",
            "1:12 There is no resource `vars.region` in this module. Did you mean `var.region`?",
        ),
        (
            "module.on.x",
            "1:12 There is no module call `on` in this module. Did you mean `module.one`?",
        ),
        ("module.one.idd", "1:12 Module `one` has no output `idd`. Did you mean `id`?"),
        ("module.one.vpc", "1:12 Module `one` has no output `vpc`. It has `id`."),
        (
            "module.one[0].id",
            "1:12 `module.one` has neither `count` nor `for_each`, so no index. Write `module.one`.",
        ),
        (
            "module.many.id",
            "1:12 `module.many` has `for_each`, so it is a map of instances. Write `module.many[\"key\"].id` or `module.many[each.key].id`.",
        ),
        ("module.many[\"a\"].x", "1:12 Module `many` has no output `x`. It has `id`."),
        (
            "aws_vpc.main[0].id",
            "1:12 `aws_vpc.main` has neither `count` nor `for_each`, so no index. Write `aws_vpc.main`.",
        ),
        (
            "aws_subnet.all.id",
            "1:12 `aws_subnet.all` has `count`, so it is a list of instances. Write `aws_subnet.all[0].id` for one, `aws_subnet.all[*].id` for all.",
        ),
        ("aws_subnet.all[true].id", "1:12 The key of an instance is a whole number or text. "),
        (
            "aws_eip.each[\"a\"][\"id\"]",
            "1:12 An attribute of an instance is taken with a dot, not with brackets. ",
        ),
        (
            "module.many[\"a\"][\"id\"]",
            "1:12 After the key of an instance of a module comes a dot and an output. Write `module.many[\"a\"].name`.",
        ),
        ("module.one[\"x\"]", "1:12 Module `one` has no output `x`. It has `id`."),
        ("count.index", "1:12 `count.index` exists only where `count` is set. "),
        ("each.key", "1:12 `each` exists only where `for_each` is set. "),
        (
            "self.id",
            "1:12 `self` exists only in postconditions and provisioners. Elsewhere, refer to the resource by its type and name.",
        ),
    ] {
        let text = format!("locals {{ x={reference} }}\n");
        let found = problems(&[
            ("declared.tf", DECLARED),
            ("main.tf", &text),
            ("m/main.tf", "output \"id\" { value = 1 }\n"),
        ]);
        assert_eq!(found, [format!("main.tf:{problem}")], "{reference}");
    }
}

#[test]
fn references_that_lead_somewhere_are_not_reported() {
    let text = r#"
locals {
  a = [aws_subnet.all[*].id, aws_subnet.all[0].id, aws_eip.each["a"].id, values(aws_eip.each)]
  b = [module.one.id, module.many["a"].id, [for it in module.many : it.id], data.aws_region.here.id]
  c = { for key, value in aws_eip.each : key => value.id }
  d = [aws_eip.each[0].id, aws_subnet.all["0"].id, module.many[0].id, module.one["id"]]
  e = [try(module.one.x, module.many["a"].x, module.many.id, module.one[0].id, 1), can(module.one.x)]
}
resource "a_b" "count" {
  count = length(local.a)
  x     = [count.index, var.region, terraform.workspace, path.module]
}
resource "a_b" "each" {
  for_each = local.c
  x        = each.value
  dynamic "y" {
    for_each = each.value
    content {
      z = y.value
    }
  }
  lifecycle {
    postcondition {
      condition     = self.x == each.key
      error_message = "No."
    }
  }
}
"#;
    let found = problems(&[
        ("declared.tf", DECLARED),
        ("main.tf", text),
        ("m/main.tf", "output \"id\" { value = 1 }\n"),
    ]);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn module_calls_give_what_is_declared() {
    let child = "variable \"a\" {}\nvariable \"b\" {}\nvariable \"size\" {\n  default = 1\n  deprecated = \"use b\"\n}\n";
    assert_eq!(
        problems(&[
            ("main.tf", "module \"m\" {\n  source = \"./m\"\n  siez = 1\n  size = 2\n}\n"),
            ("m/main.tf", child),
        ]),
        [
            "main.tf:3:3 Module `m` has no variable `siez`. Did you mean `size`?",
            "main.tf:4:3 Variable `size` of `m` is deprecated: use b ",
            "main.tf:1:1 Module `m` must be given `a`, `b`, which have no default. ",
        ]
    );
}

#[test]
fn provider_configurations_must_exist() {
    assert_eq!(
        problems(&[
            (
                "main.tf",
                "provider \"aws\" {\n  alias = \"east\"\n}\nresource \"aws_vpc\" \"a\" {\n  provider = \
                 aws.west\n}\nmodule \"m\" {\n  source = \"./m\"\n  providers = { aws.x = aws.y }\n}\n",
            ),
            (
                "m/main.tf",
                "terraform {\n  required_providers {\n    aws = { configuration_aliases = [aws.z] \
                 }\n  }\n}\n",
            ),
        ]),
        [
            "main.tf:5:14 There is no provider configuration `aws.west` in this module. There is `aws.east`.",
            "main.tf:9:17 There is no provider configuration `aws.y` in this module. There is `aws.east`.",
            "main.tf:9:17 Module `m` does not expect `aws.x`. Add `configuration_aliases = [aws.x]` to its `required_providers`.",
            "main.tf:7:1 Module `m` must be given the provider configuration `aws.z`. Pass it with `providers = { name_in_module = name_here }`.",
        ]
    );
    assert_eq!(
        problems(&[
            ("main.tf", "module \"m\" {\n  source = \"./m\"\n  count = 2\n}\n"),
            ("m/main.tf", "provider \"aws\" {\n  region = \"x\"\n}\n"),
        ]),
        [
            "main.tf:3:11 Module `m` has a provider configuration of its own, at m/main.tf:1:1, so it \
          cannot have `count`. Configure the provider here and pass it with `providers`."
        ]
    );
}

#[test]
fn provider_configurations_are_inherited_and_passed() {
    let (configuration, diagnostics) = load(
        Path::new("."),
        &files(&[
            (
                "main.tf",
                r#"
terraform {
  required_providers {
    amazon = { source = "registry.terraform.io/hashicorp/aws" }
  }
}
provider "amazon" {}
provider "amazon" {
  alias = "west"
}
module "inherits" { source = "./m" }
module "passed" {
  source    = "./m"
  providers = { aws = amazon.west }
}
"#,
            ),
            (
                "m/main.tf",
                "module \"deep\" {\n  source = \"./n\"\n  providers = { aws.x = aws }\n}\n",
            ),
            (
                "m/n/main.tf",
                "terraform {\n  required_providers {\n    aws = { configuration_aliases = [aws.x] \
                 }\n  }\n}\n",
            ),
        ]),
    );
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    let configuration = configuration.unwrap();
    let find = |path: &[&str], name: &str, alias: Option<&str>| {
        let path = ModulePath(path.iter().map(|it| it.to_string()).collect());
        let name = ProviderName { name: name.into(), alias: alias.map(str::to_string) };
        let (path, name) = provider_of(&configuration, &path, &name)?;
        Some(format!("{path}:{name}"))
    };
    assert_eq!(find(&["inherits"], "aws", None).unwrap(), ":amazon");
    assert_eq!(find(&["passed"], "aws", None).unwrap(), ":amazon.west");
    assert_eq!(find(&["passed", "deep"], "aws", Some("x")).unwrap(), ":amazon.west");
    assert_eq!(find(&["inherits", "deep"], "aws", None).unwrap(), ":amazon");
    assert_eq!(find(&[], "random", None), None);
    assert_eq!(find(&["passed"], "random", None), None);
    assert_eq!(provider_source(&configuration, &ModulePath::default(), "amazon"), "hashicorp/aws");
}

#[test]
fn only_its_check_sees_a_data_source() {
    let text = "check \"c\" {\n  data \"a_b\" \"d\" {}\n  assert {\n    condition = data.a_b.d.id\n    \
                error_message = \"\"\n  }\n}\nlocals {\n  x = data.a_b.d.id\n}\n";
    let found = problems(&[("main.tf", text)]);
    let problem = "`data.a_b.d` stands in check `c`, and only that sees it.";
    let hint = "Write a `data` block outside of the `check` block.";
    assert_eq!(found, [format!("main.tf:9:7 {problem} {hint}")]);
}
