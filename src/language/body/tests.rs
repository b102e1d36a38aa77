use std::collections::{BTreeMap, BTreeSet};
use std::path::Path as FilePath;
use std::sync::Arc;

use super::*;
use crate::diagnostic::{Source, Span};
use crate::language::config::Reference;
use crate::language::parse::parse_file;
use crate::schema;
use crate::schema::{Check, FieldType, One, Shape};
use crate::value::render::render;
use crate::value::{Marks, Path, Step, Type, Unknown};

schema! {
    /// A service with all that a schema can say.
    pub struct Service {
        name: String,
        size: Option<i64>,
        #[check(Check::Cidr)] network: Option<String>,
        #[read_only] arn: Option<String>,
        #[unsupported("no one has asked for it")] exotic: Option<String>,
        #[deprecated("use `size`")] count_of: Option<i64>,
        #[conflicts_with(&["size"])] automatic: Option<bool>,
        tags: BTreeMap<String, String>,
        zones: BTreeSet<String>,
        rule: BTreeSet<Rule>,
        listener: Vec<Listener>,
        settings: One<Settings>,
        #[attribute_or_block] #[max_items(2)] route: Vec<Rule>,
        #[attribute] steps: Vec<Rule>,
        volume: BTreeMap<String, Volume>,
        #[unsupported("no one has asked for it")] odd: Vec<Volume>,
    }

    /// A rule.
    pub struct Rule {
        port: i64,
        protocol: Option<String>,
    }

    /// A listener.
    pub struct Listener {
        #[check(Check::Between(1, 65535))] port: i64,
        #[required] action: Vec<Action>,
    }

    /// An action.
    pub struct Action { kind: String, }

    /// Settings.
    pub struct Settings { mode: Option<String>, }

    /// A volume.
    pub struct Volume { path: Option<String>, }
}

fn schema() -> Schema {
    match Service::shape() {
        Shape::Object(schema) => schema,
        _ => Schema::default(),
    }
}

struct Variables;

impl Scope for Variables {
    fn get(&self, reference: &Reference, span: &Span) -> Result<Value, Box<Diagnostic>> {
        let map = |items: &[(&str, i64)]| {
            Value::map(Type::Number, items.iter().map(|(key, it)| (*key, Value::from(*it))))
        };
        match reference {
            Reference::Variable(name) => match name.as_str() {
                "ports" => Ok(map(&[("http", 80), ("https", 443)])),
                "unknown" => Ok(Value::unknown(Type::Any)),
                "null" => Ok(Value::NULL),
                "secret" => Ok(map(&[("x", 1)]).mark(Marks::SENSITIVE)),
                _ => Err(Box::new(Diagnostic::error("Undeclared", name.clone()).at(span))),
            },
            _ => Err(Box::new(Diagnostic::error("Undeclared", format!("{reference:?}")).at(span))),
        }
    }

    fn folder(&self) -> &FilePath {
        FilePath::new(".")
    }
}

fn parse(text: &str) -> Body {
    let text = format!("resource \"service\" \"a\" {{\n{text}\n}}\n");
    let source = Arc::new(Source { path: "main.tf".into(), text });
    let (mut body, problems) = parse_file(source);
    assert!(problems.is_empty(), "{problems:?}");
    body.blocks.remove(0).body
}

/// The decoded value, which must have nothing wrong with it.
fn value(text: &str) -> Value {
    let (value, problems) = decode(&parse(text), &schema(), &Variables);
    assert!(problems.is_empty(), "{text}: {problems:?}");
    assert_eq!(value.ty(), schema().ty(), "{text}");
    value
}

/// What is wrong, each as `the text in question: summary: detail`.
fn problems(text: &str) -> Vec<String> {
    let (value, problems) = decode(&parse(text), &schema(), &Variables);
    assert_eq!(value.ty(), schema().ty(), "{text}");
    let show = |it: Diagnostic| {
        let place = it.span.as_ref().map_or("", |span| span.text());
        format!("{place}: {}: {}", it.summary, format!("{} {}", it.detail, it.hint).trim())
    };
    problems.into_iter().map(show).collect()
}

#[test]
fn arguments_are_converted_to_the_type_of_their_field() {
    let value = value(
        r#"
        name  = 5
        size  = "3"
        zones = ["b", "a", "b"]
        tags  = { x = true }
        steps = [{ port = "1" }]
        "#,
    );
    assert_eq!(value.get("name"), Value::from("5"));
    assert_eq!(value.get("size"), Value::from(3));
    assert_eq!(render(&value.get("zones")), "toset([\n  \"a\",\n  \"b\",\n])");
    assert_eq!(value.get("tags").get("x"), Value::from("true"));
    let step = Value::object([("port", Value::from(1)), ("protocol", Value::Null(Type::String))]);
    assert_eq!(value.get("steps").items(), Some([step].as_slice()));
    assert_eq!(value.get("rule").items(), Some([].as_slice()));
    assert_eq!(value.get("arn"), Value::Null(Type::String));
    assert!(value.get("route").is_null());
}

#[test]
fn blocks_become_what_their_field_holds() {
    let value = value(
        r#"
        name = "x"
        rule { port = 443 }
        rule { port = 80 }
        rule { port = 443 }
        settings { mode = "fast" }
        listener {
          port = 80
          action { kind = "forward" }
          action { kind = "stop" }
        }
        volume "data" { path = "/data" }
        route { port = 1 }
        "#,
    );
    let ports = |name: &str| -> Vec<Value> {
        value.get(name).items().unwrap().iter().map(|it| it.get("port")).collect()
    };
    assert_eq!(ports("rule"), [Value::from(443), Value::from(80)]);
    assert_eq!(ports("route"), [Value::from(1)]);
    assert_eq!(value.get("settings").items().unwrap()[0].get("mode"), Value::from("fast"));
    assert_eq!(value.get("listener").items().unwrap()[0].get("action").items().unwrap().len(), 2);
    assert_eq!(value.get("volume").get("data").get("path"), Value::from("/data"));
}

#[test]
fn dynamic_blocks_make_one_block_per_element() {
    let decoded = value(
        r#"
        name = "x"
        dynamic "rule" {
          for_each = var.ports
          content {
            port     = rule.value
            protocol = rule.key
          }
        }
        dynamic "listener" {
          for_each = [8080]
          iterator = outer
          content {
            port = outer.value
            dynamic "action" {
              for_each = ["a", "b"]
              content { kind = "${outer.value}-${action.value}" }
            }
          }
        }
        dynamic "volume" {
          for_each = { a = "/a" }
          labels   = [volume.key]
          content { path = volume.value }
        }
        dynamic "settings" {
          for_each = []
          content {}
        }
        dynamic "route" {
          for_each = []
          content { port = 1 }
        }
        "#,
    );
    let rules = decoded.get("rule");
    let rules: Vec<_> = rules.items().unwrap().iter().map(|it| it.get("protocol")).collect();
    assert_eq!(rules, [Value::from("https"), Value::from("http")]);
    let listener = decoded.get("listener").items().unwrap()[0].clone();
    let kinds: Vec<_> =
        listener.get("action").items().unwrap().iter().map(|it| it.get("kind")).collect();
    assert_eq!(kinds, [Value::from("8080-a"), Value::from("8080-b")]);
    assert_eq!(decoded.get("volume").get("a").get("path"), Value::from("/a"));
    assert_eq!(decoded.get("settings").items(), Some([].as_slice()));
    assert!(decoded.get("route").is_null());
}

#[test]
fn what_a_dynamic_block_makes_can_be_unknown_or_secret() {
    let decoded = value(
        r#"
        name = "x"
        rule { port = 1 }
        dynamic "rule" {
          for_each = var.unknown
          content { port = rule.value }
        }
        dynamic "settings" {
          for_each = var.unknown
          content {}
        }
        dynamic "route" {
          for_each = var.secret
          content { port = route.value }
        }
        "#,
    );
    let unknown = |name: &str, length_min, length_max| {
        let ty = decoded.get(name).ty();
        let prefix = String::new();
        Value::Unknown(Arc::new(Unknown { ty, not_null: true, prefix, length_min, length_max }))
    };
    assert_eq!(decoded.get("rule"), unknown("rule", 1, None));
    assert_eq!(decoded.get("settings"), unknown("settings", 0, Some(1)));
    assert_eq!(decoded.get("route").items().unwrap()[0].marks(), Marks::SENSITIVE);
}

#[test]
fn what_the_schema_does_not_allow_is_named() {
    let cases: &[(&str, &[&str])] = &[
        (
            "nme = 1",
            &[
                "nme: Unsupported argument: An argument named `nme` is not expected here. Did you mean `name`?",
                "resource \"service\" \"a\": Missing required argument: The argument `name` is required.",
            ],
        ),
        (
            "name = \"x\"\nrule = []\narn = \"a\"",
            &[
                "rule: Unsupported argument: `rule` is not an argument but a nested block. Write `rule { … }`, without the equals sign.",
                "arn: Unsupported argument: `arn` is decided by the provider and cannot be given. Remove it; its value can be referred to elsewhere.",
            ],
        ),
        (
            "name = \"x\"\ntags { a = 1 }\nrul {}",
            &[
                "tags: Unsupported block type: `tags` is not a nested block but an argument. Write `tags = …`, with an equals sign.",
                "rul: Unsupported block type: Blocks of type `rul` are not expected here. Did you mean `rule`?",
            ],
        ),
        (
            "name = \"x\"\nlistener {}",
            &[
                "listener: Missing required argument: The argument `port` is required.",
                "listener: Missing required block: The block `action` is required.",
            ],
        ),
        (
            "name = \"x\"\nsettings {}\nsettings {}",
            &[
                "settings: Too many `settings` blocks: There can be at most one `settings` block, but there are 2.",
            ],
        ),
        (
            "name = \"x\"\nexotic = \"y\"\ncount_of = 1\nodd {}",
            &[
                "exotic: Unsupported argument: `exotic` is not supported yet: no one has asked for it.",
                "count_of: Deprecated argument: `count_of` is deprecated: use `size`.",
                "odd: Unsupported block type: `odd` blocks are not supported yet: no one has asked for it.",
            ],
        ),
        ("name = \"x\"\nexotic = null\ncount_of = var.null\narn = null", &[]),
        (
            "name = null",
            &["null: Missing required argument: The argument `name` is required, but null here."],
        ),
        (
            "name = \"x\"\nroute {\n  port = 1\n}\nroute {\n  port = 2\n}\nroute {\n  port = 3\n}",
            &[
                "route: Too many `route` blocks: There can be at most 2 `route` blocks, but there are 3.",
            ],
        ),
        (
            "name = \"x\"\nroute = [{ port = 1 }, { port = 2 }, { port = 3 }]",
            &[
                "[{ port = 1 }, { port = 2 }, { port = 3 }]: Invalid value for argument: `route` can have at most 2 elements, but has 3.",
            ],
        ),
        (
            "name = \"x\"\nroute = []\nroute { port = 1 }",
            &[
                "route: Conflicting definitions: `route` is given both as an argument and as a block.",
            ],
        ),
        (
            "name = \"x\"\nrule \"a\" { port = 1 }\nvolume {}",
            &[
                "\"a\": Wrong number of labels: A `rule` block has no labels.",
                "volume: Wrong number of labels: A `volume` block has one label, the key of the element.",
            ],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(problems(text), *expected, "{text}");
    }
}

#[test]
fn wrong_values_are_named_where_they_stand() {
    let cases: &[(&str, &[&str])] = &[
        (
            "name = []\ntags = { a = \"x\", b = [1] }",
            &[
                "[]: Incorrect argument type: The value of `name` is not suitable: string required, but have tuple.",
                "[1]: Incorrect argument type: The value of `tags` is not suitable: element \"b\": string required, but have tuple.",
            ],
        ),
        (
            "name = \"x\"\nsteps = [{ port = 1 }, { protocol = \"tcp\" }]",
            &[
                "{ protocol = \"tcp\" }: Incorrect argument type: The value of `steps` is not suitable: element 1: attribute \"port\" is required.",
            ],
        ),
        (
            "name = \"x\"\nnetwork = \"10.0.0.0/33\"\nsize = 1.5",
            &[
                "1.5: Invalid value for argument: `size` must be a whole number, not 1.5.",
                "\"10.0.0.0/33\": Invalid value for argument: `network` must be a network in CIDR notation, such as \"10.0.0.0/16\", not \"10.0.0.0/33\".",
            ],
        ),
        (
            "name = \"x\"\nsize = 1\nautomatic = true",
            &[
                "true: Invalid combination of arguments: `automatic` cannot be given together with `size`.",
            ],
        ),
        (
            "name = \"x\"\nlistener {\n  port = 0\n  action { kind = \"x\" }\n}",
            &["0: Invalid value for argument: `port` must be between 1 and 65535, not 0."],
        ),
        (
            "name = var.one\nsize = var.two",
            &["var.one: Undeclared: one", "var.two: Undeclared: two"],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(problems(text), *expected, "{text}");
    }
}

#[test]
fn malformed_dynamic_blocks_are_explained() {
    let cases: &[(&str, &[&str])] = &[
        (
            "dynamic \"rule\" {}",
            &[
                "dynamic \"rule\": Invalid dynamic block: A `dynamic` block needs `for_each`.",
                "dynamic \"rule\": Invalid dynamic block: A `dynamic` block needs a `content` block: the body of what it makes.",
            ],
        ),
        (
            "dynamic \"tags\" {\n  for_each = []\n  content {}\n}",
            &[
                "\"tags\": Unsupported block type: `tags` is not a nested block but an argument. Write `tags = …`, with an equals sign.",
            ],
        ),
        (
            "dynamic \"rule\" {\n  for_each = []\n  port = 1\n  content {}\n}",
            &[
                "port: Unsupported argument: A `dynamic` block has no argument `port`. What belongs to the blocks that it makes stands in `content { … }`.",
                "content: Missing required argument: The argument `port` is required.",
            ],
        ),
        (
            "dynamic \"settings\" {\n  for_each = null\n  content {}\n}",
            &[
                "null: Invalid dynamic for_each value: `for_each` must be a list, set, map, tuple or object, not null.",
            ],
        ),
        (
            "dynamic \"settings\" {\n  for_each = [1, 2]\n  content {}\n}",
            &[
                "dynamic \"settings\": Too many `settings` blocks: There can be at most one `settings` block, but there are 2.",
            ],
        ),
        (
            "dynamic \"settings\" {\n  for_each = var.unknown\n  content { mode = settings.value.a + [] }\n}",
            &[
                "[]: Invalid operand: The value of the right operand is not suitable: number required, but have tuple.",
            ],
        ),
        (
            "dynamic \"volume\" {\n  for_each = [1]\n  labels = [null]\n  content {}\n}",
            &[
                "null: Invalid dynamic block label: This value cannot be the label of a block: it is null.",
            ],
        ),
        (
            "dynamic \"volume\" {\n  for_each = [1]\n  content {}\n}",
            &[
                "dynamic \"volume\": Wrong number of labels: A `volume` block has one label, the key of the element.",
            ],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(problems(&format!("name = \"x\"\n{text}")), *expected, "{text}");
    }
}

#[test]
fn paths_lead_back_to_the_text() {
    let body = parse(
        r#"
        name = "x"
        tags = { a = 1, b = 2 }
        listener { port = 3 }
        listener {
          port = 4
          action { kind = 5 }
        }
        dynamic "rule" {
          for_each = []
          content { port = 6 }
        }
        "#,
    );
    let attribute = |name: &str| Step::Attribute(name.to_string());
    let cases = [
        (vec![attribute("tags"), Step::Key("b".into())], "2"),
        (vec![attribute("tags"), Step::Key("c".into())], "{ a = 1, b = 2 }"),
        (vec![attribute("listener"), Step::Index(1), attribute("port")], "4"),
        (
            vec![
                attribute("listener"),
                Step::Index(1),
                attribute("action"),
                Step::Index(0),
                attribute("kind"),
            ],
            "5",
        ),
        (vec![attribute("rule"), Step::Index(7), attribute("port")], "6"),
        (vec![attribute("size")], "resource \"service\" \"a\""),
    ];
    for (path, expected) in cases {
        assert_eq!(span_of(&body, &Path(path)).text(), expected);
    }
}

#[test]
fn the_blocks_of_a_set_are_told_apart_by_what_they_say() {
    let body = parse(
        "name = \"a\"\nrule {\n  port = 9\n}\nrule {\n  port = 1\n}\n\
         dynamic \"rule\" {\n  for_each = var.ports\n  content {\n    port = rule.value\n  }\n}",
    );
    let (value, _) = decode(&body, &schema(), &Variables);
    let ports: Vec<Value> =
        value.get("rule").items().unwrap().iter().map(|it| it.get("port")).collect();
    let texts = ports.iter().enumerate().map(|(at, _)| {
        let steps =
            [Step::Attribute("rule".into()), Step::Index(at), Step::Attribute("port".into())];
        locate(&body, &schema(), &Variables, &Path(steps.to_vec())).text().to_string()
    });
    let texts: Vec<String> = texts.collect();
    let numbers: Vec<String> = ports.iter().map(render).collect();
    assert_eq!(numbers, ["1", "443", "80", "9"]);
    assert_eq!(texts, ["1", "rule.value", "rule.value", "9"]);
}
