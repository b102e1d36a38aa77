//! What is shown of values and changes, and what never is.

use serde_json::json;

use super::difference::{body, output};
use super::value::render;
use crate::address::ModulePath;
use crate::plan::{Action, Change, OutputChange, ProviderKey};
use crate::value::{Marks, Path, Type, Value};

fn text(value: &str) -> Value {
    Value::string(value)
}

fn hidden(value: &str) -> Value {
    text(value).mark(Marks::SENSITIVE)
}

fn number(value: i64) -> Value {
    Value::number(value)
}

fn change(action: Action, before: Value, after: Value) -> Change {
    let source = "registry.terraform.io/hashicorp/aws".to_string();
    let provider = ProviderKey { module: ModulePath::default(), source, alias: None, key: None };
    let address = "aws_ecs_service.web".parse().unwrap();
    Change { before, after, ..Change::new(address, provider, action) }
}

/// The lines of an update of the one attribute `name`.
fn updated(name: &str, before: Value, after: Value) -> String {
    let (before, after) = (Value::object([(name, before)]), Value::object([(name, after)]));
    body(&change(Action::Update, before, after), None, false)
}

#[test]
fn values_are_written_as_the_language_writes_them() {
    let strings = |items: &[&str]| Value::list(Type::String, items.iter().map(|it| text(it)));
    let cases = [
        (text("a"), "\"a\""),
        (text("a\nb"), "<<-EOT\n    a\n    b\nEOT"),
        (number(3), "3"),
        (Value::Bool(true), "true"),
        (Value::NULL, "null"),
        (Value::unknown(Type::String), "(known after apply)"),
        (hidden("hunter2"), "(sensitive value)"),
        (strings(&[]), "[]"),
        (strings(&["a", "b"]), "[\n    \"a\",\n    \"b\",\n]"),
        (Value::map(Type::String, [("a", text("b"))]), "{\n    \"a\" = \"b\"\n}"),
        (
            Value::object([("a", number(1)), ("long", Value::NULL)]),
            "{\n    a    = 1\n    long = null\n}",
        ),
        (Value::object([("key", hidden("hunter2"))]), "{\n    key = (sensitive value)\n}"),
    ];
    for (value, shown) in cases {
        assert_eq!(render(&value, 0), shown);
    }
}

#[test]
fn creation_leaves_out_what_is_empty() {
    let port = Value::object([("host", Value::NULL), ("port", number(80))]);
    let after = Value::object([
        ("name", text("web")),
        ("ports", Value::list(Type::Any, [port])),
        ("tags", Value::map(Type::String, Vec::<(String, Value)>::new())),
    ]);
    let shown = body(&change(Action::Create, Value::NULL, after), None, false);
    let ports =
        "      + ports = [\n            {\n                port = 80\n            },\n        ]\n";
    assert_eq!(shown, format!("      + name  = \"web\"\n{ports}"));
}

#[test]
fn creation_shows_a_document_by_its_members() {
    let after = Value::object([("policy", text(r#"{"Effect":"Allow"}"#))]);
    let shown = body(&change(Action::Create, Value::NULL, after), None, false);
    let members = "jsonencode({\n            Effect = \"Allow\"\n        })";
    assert_eq!(shown, format!("      + policy = {members}\n"));
}

#[test]
fn update_shows_the_members_of_a_document_that_differ() {
    let shown = updated(
        "policy",
        text(r#"{"Action":"s3:Get","Effect":"Allow"}"#),
        text(r#"{"Action":"s3:Put","Effect":"Allow"}"#),
    );
    assert_eq!(shown, "      ~ policy\n          ~ Action = \"s3:Get\" -> \"s3:Put\"\n");
}

#[test]
fn update_shows_documents_as_written_when_they_mean_the_same() {
    let shown = updated("policy", text(r#"{"a":1}"#), text(r#"{"a": 1}"#));
    assert_eq!(shown, "      ~ policy = \"{\\\"a\\\":1}\" -> \"{\\\"a\\\": 1}\"\n");
}

#[test]
fn update_tells_null_from_empty() {
    let tags = || Value::map(Type::String, [("a", text("b"))]);
    let none = Value::map(Type::String, Vec::<(String, Value)>::new());
    let removed = "      - tags = {\n            \"a\" = \"b\"\n        } -> ";
    assert_eq!(updated("tags", tags(), none), format!("{removed}{{}}\n"));
    assert_eq!(updated("tags", tags(), Value::NULL), format!("{removed}null\n"));
}

#[test]
fn what_forces_a_replacement_says_so() {
    let side =
        |name: &str, size: i64| Value::object([("name", text(name)), ("size", number(size))]);
    let mut replaced = change(Action::DestroyThenCreate, side("a", 1), side("b", 2));
    replaced.replace_paths = vec![Path::attribute("name")];
    assert_eq!(
        body(&replaced, None, false),
        "      ~ name = \"a\" -> \"b\"  # forces replacement\n      ~ size = 1 -> 2\n"
    );
}

#[test]
fn secrets_stay_hidden_even_where_only_one_side_is_marked() {
    let changes = "      ~ key = (sensitive value changes)\n";
    assert_eq!(updated("key", text("old"), hidden("new")), changes);
    assert_eq!(updated("key", hidden("old"), text("new")), changes);
    assert_eq!(updated("key", Value::NULL, hidden("new")), "      + key = (sensitive value)\n");
    let list = |value| Value::list(Type::Any, [Value::object([("value", value)])]);
    assert_eq!(
        updated("env", list(text("old")), list(hidden("new"))),
        "      ~ env\n          ~ [0].value = (sensitive value changes)\n"
    );
    let document = text(r#"{"password":"old"}"#);
    let shown = updated("policy", document, hidden(r#"{"password":"new"}"#));
    assert_eq!(shown, "      ~ policy = (sensitive value changes)\n");
}

#[test]
fn outputs_show_all_but_secrets() {
    let shown = |before, after, sensitive| {
        output("it", 2, &OutputChange { before, after, sensitive }, false)
    };
    let network = Value::object([("hosts", Value::list(Type::String, []))]);
    assert_eq!(shown(Value::NULL, network, false), "  + it = {\n        hosts = []\n    }\n");
    let pair = |b| Value::object([("a", number(1)), ("b", number(b))]);
    assert_eq!(shown(pair(2), pair(3), false), "  ~ it\n      ~ b = 2 -> 3\n");
    assert_eq!(shown(Value::NULL, text("x"), true), "  + it = (sensitive value)\n");
    assert_eq!(shown(text("x"), Value::NULL, true), "  - it = (sensitive value) -> null\n");
    assert_eq!(shown(text("x"), text("y"), true), "  ~ it = (sensitive value changes)\n");
}

#[test]
fn json_tells_what_is_unknown_and_what_is_secret() {
    let after = Value::object([("id", Value::unknown(Type::String)), ("key", hidden("x"))]);
    let shown = super::json::change(&change(Action::Create, Value::NULL, after));
    assert_eq!(shown["address"], json!("aws_ecs_service.web"));
    assert_eq!(shown["mode"], json!("managed"));
    assert_eq!(shown["change"]["actions"], json!(["create"]));
    assert_eq!(shown["change"]["before"], json!(null));
    assert_eq!(shown["change"]["after"], json!({ "key": "x" }));
    assert_eq!(shown["change"]["after_unknown"], json!({ "id": true }));
    assert_eq!(shown["change"]["after_sensitive"], json!({ "key": true }));
}

#[test]
fn update_shows_documents_as_their_schema_tells_them() {
    const FIRST_LETTER: crate::schema::Told = |old, new, object| {
        let letter = |it: &Value| -> Option<Value> {
            Some(Value::object([("first", text(it.as_str()?.get(..1)?))]))
        };
        assert_eq!(object.get("policy"), *new);
        letter(old).zip(letter(new))
    };
    let field = crate::schema::Field::new::<String>("policy").told(FIRST_LETTER);
    let schema = crate::schema::Schema { doc: "", version: 0, fields: vec![field] };
    let of = |value: Value| Value::object([("policy", value)]);
    let shown = |old: Value, new: Value| {
        body(&change(Action::Update, of(old), of(new)), Some(&schema), false)
    };
    let told = "      ~ policy\n          ~ first = \"a\" -> \"b\"\n";
    assert_eq!(shown(text("ax"), text("by")), told);
    assert_eq!(shown(text("ax"), hidden("by")), "      ~ policy = (sensitive value changes)\n");
}
