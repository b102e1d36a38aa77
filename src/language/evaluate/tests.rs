use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::diagnostic::Source;
use crate::language::parse::parse_expression;
use crate::value::render::render;
use crate::value::{ObjectType, Unknown};

/// A console without configuration, in which some variables have values.
struct Console {
    folder: PathBuf,
}

fn refined(prefix: &str) -> Value {
    let prefix = prefix.to_string();
    let ty = Type::String;
    Value::Unknown(Arc::new(Unknown {
        ty,
        not_null: true,
        prefix,
        length_min: 0,
        length_max: None,
    }))
}

/// The variables of `unknown.txt`, `sensitive.txt` and `ephemeral.txt`.
fn variable(name: &str) -> Option<Value> {
    let unknown = |ty| Value::unknown(ty);
    let object = Type::Object(Arc::new(ObjectType {
        attributes: [("id", Type::String), ("ports", Type::list(Type::Number))]
            .map(|(name, ty)| (name.to_string(), ty))
            .into(),
        optional: Default::default(),
    }));
    let secret = |text: &str| Value::from(text).mark(Marks::SENSITIVE);
    Some(match name {
        "string" => unknown(Type::String),
        "number" => unknown(Type::Number),
        "bool" => unknown(Type::Bool),
        "list" => unknown(Type::list(Type::String)),
        "set" => unknown(Type::set(Type::String)),
        "map" => unknown(Type::map(Type::String)),
        "object" => unknown(object),
        "any" => unknown(Type::Any),
        "filled" => refined(""),
        "arn" => refined("arn:aws:"),
        "partial" => Value::object([("name", Value::from("web")), ("id", unknown(Type::String))]),
        "mixed" => Value::list(Type::String, [Value::from("a"), unknown(Type::String)]),
        "mixedmap" => {
            Value::map(Type::String, [("a", Value::from("x")), ("b", unknown(Type::String))])
        }
        "secret" => secret("hunter2"),
        "secrets" => Value::map(Type::String, [("a", secret("x")), ("b", Value::from("y"))]),
        "token" => Value::from("hunter2").mark(Marks::EPHEMERAL),
        "both" => secret("hunter2").mark(Marks::EPHEMERAL),
        "hidden" => unknown(Type::String).mark(Marks::SENSITIVE),
        _ => return None,
    })
}

impl Scope for Console {
    fn get(&self, reference: &Reference, span: &Span) -> Result<Value, Box<Diagnostic>> {
        let value = match reference {
            Reference::Variable(name) => variable(name),
            Reference::PathModule | Reference::PathRoot => Some(Value::from(".")),
            Reference::PathWorking => self.folder.to_str().map(Value::from),
            Reference::Workspace => Some(Value::from("default")),
            Reference::Applying => Some(Value::Bool(false).mark(Marks::EPHEMERAL)),
            _ => None,
        };
        let problem = || Diagnostic::error("Undeclared", format!("{reference:?}")).at(span);
        value.ok_or_else(|| Box::new(problem()))
    }

    fn folder(&self) -> &Path {
        &self.folder
    }

    fn console(&self) -> bool {
        true
    }
}

pub(super) fn cases_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/expressions")
}

/// The value of an expression as the console shows it, or its errors.
pub(super) fn show(text: &str) -> Result<String, Vec<Diagnostic>> {
    let source = Arc::new(Source { path: PathBuf::from("case"), text: text.to_string() });
    let (expression, mut diagnostics) = parse_expression(source);
    let Some(expression) = expression else { return Err(diagnostics.0) };
    let console = Console { folder: cases_folder() };
    let value = diagnostics.take(evaluate(&expression, &console));
    if diagnostics.has_errors() { Err(diagnostics.0) } else { Ok(render(&value)) }
}

#[test]
fn errors_stand_where_the_problem_is() {
    let cases = [
        ("1 + [2]", "[2]", "Invalid operand"),
        ("1 + null", "1 + null", "Operation failed"),
        ("2 / (1 - 1)", "2 / (1 - 1)", "Division by zero"),
        ("[{ a = 1 }][0].b", "[{ a = 1 }][0].b", "Unsupported attribute"),
        ("var.partial.nam", "var.partial.nam", "Unsupported attribute"),
        ("[1, 2][2]", "[1, 2][2]", "Invalid index"),
        ("var.any ? [] : {}", "var.any ? [] : {}", "Inconsistent conditional result types"),
        ("[] ? 1 : 2", "[]", "Incorrect condition type"),
        ("[for x in 5 : x]", "5", "Iteration over non-iterable value"),
        ("{ for x in [1, 1] : x => x }", "x", "Duplicate object key"),
        ("\"a${[]}\"", "[]", "Invalid template interpolation value"),
        ("{ ([]) = 1 }", "([])", "Incorrect key type"),
        ("nope(1)", "nope", "Call to unknown function"),
        ("abs(5...)", "5", "Invalid expanding argument value"),
        ("var.undeclared", "var.undeclared", "Undeclared"),
    ];
    for (text, place, summary) in cases {
        let problems = show(text).unwrap_err();
        let [problem] = problems.as_slice() else { panic!("{text}: {problems:?}") };
        assert_eq!(problem.summary, summary, "{text}");
        assert_eq!(problem.span.as_ref().unwrap().text(), place, "{text}");
    }
}

#[test]
fn errors_say_what_there_is() {
    let cases = [
        ("var.partial.nam", "`var.partial` does not have an attribute named \"nam\".", "`name`"),
        ("{ a = 1 }.xyz", "This value does not have an attribute named \"xyz\".", "It has a."),
        ("[1, 2][2]", "This value has 2 elements, so there is no element with the index 2.", ""),
        ("[][0]", "This value has no elements.", ""),
        ("var.mixedmap.c", "`var.mixedmap` is a map without an element \"c\".", ""),
        ("[{ id = 1 }].id", "This value is a tuple, which has no attributes.", "[*].id"),
        (
            "1 + []",
            "The value of the right operand is not suitable: number required, but have tuple.",
            "",
        ),
        (
            "var.bool ? { a = [1] } : { a = \"x\" }",
            "Both results of a condition must have one type. Their attributes \"a\" differ: the \
             first one is tuple, the second one string.",
            "",
        ),
    ];
    for (text, detail, hint) in cases {
        let problems = show(text).unwrap_err();
        assert_eq!(problems[0].detail, detail, "{text}");
        assert!(problems[0].hint.contains(hint), "{text}: {}", problems[0].hint);
    }
}

#[test]
fn all_errors_are_found_at_once_and_each_once() {
    let problems = show("[for x in [1, 2, 3] : x.a + var.one + var.two]").unwrap_err();
    let texts: Vec<_> = problems.iter().map(|it| it.span.as_ref().unwrap().text()).collect();
    assert_eq!(texts, ["x.a", "var.one", "var.two"]);
}

#[test]
fn secrets_do_not_show_in_errors() {
    for text in [
        "{ a = 1 }[var.secret]",
        "var.secrets[var.secret]",
        "{ for x in [1, 2] : var.secret => x }",
        "var.secret + 1",
        "[1][length(var.secret)]",
    ] {
        let problems = show(text).unwrap_err();
        assert!(!format!("{problems:?}").contains("hunter2"), "{text}: {problems:?}");
    }
}

#[test]
fn what_is_known_of_unknown_values_is_kept() {
    let value = |text: &str| {
        let source = Arc::new(Source { path: PathBuf::from("case"), text: text.to_string() });
        let (expression, _) = parse_expression(source);
        evaluate(&expression.unwrap(), &Console { folder: cases_folder() }).0
    };
    let unknown = |text: &str| match value(text) {
        Value::Unknown(unknown) => unknown,
        other => panic!("{text} is {other:?}"),
    };
    assert_eq!(unknown("\"vpc-${var.string}\"").prefix, "vpc-");
    assert_eq!(unknown("\"x-name${var.string}\"").prefix, "x-nam");
    assert_eq!(unknown("\"<${var.arn}${var.string}\"").prefix, "<arn:aws:");
    assert!(unknown("\"${var.string} \"").not_null);
    assert!(unknown("var.bool ? \"a\" : var.filled").not_null);
    assert!(!unknown("var.bool ? \"a\" : var.string").not_null);
    assert_eq!(unknown("var.object.ports").ty, Type::list(Type::Number));
    assert_eq!(unknown("var.object[\"id\"]").ty, Type::String);
    assert_eq!(unknown("var.list[*].x").ty, Type::list(Type::Any));
    assert_eq!(unknown("[for x in var.list : x]").ty, Type::Any);
    assert_eq!(value("var.filled == null"), Value::Bool(false));
    assert_eq!(value("var.arn == \"id\""), Value::Bool(false));
    assert_eq!(value("var.bool && false"), Value::Bool(false));
    assert_eq!(value("true || var.undeclared"), Value::Bool(true));
}

#[test]
fn bound_names_hide_outer_ones() {
    let source = |text: &str| Arc::new(Source { path: "case".into(), text: text.into() });
    let (expression, _) = crate::language::parse::parse_template(source("${a}${b}"));
    let bound = [("a", 1), ("b", 2), ("a", 3)].map(|(name, it)| (name.into(), Value::from(it)));
    let console = Console { folder: cases_folder() };
    let (value, diagnostics) = evaluate_with(&expression.unwrap(), &console, &bound);
    assert_eq!((value, diagnostics.is_empty()), (Value::from("32"), true));
}

#[test]
fn a_template_that_renders_itself_twice_fails_soon() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("self.tftpl");
    let call = format!("templatefile({:?}, {{}})", path.display().to_string());
    std::fs::write(&path, format!("${{{call}}}${{{call}}}")).unwrap();
    assert!(!show(&call).unwrap_err().is_empty());
}

#[test]
fn deep_and_long_expressions_are_errors() {
    for text in [
        format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000)),
        format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)),
        format!("{}true", "!".repeat(10_000)),
        format!("{}1{}", "{a=".repeat(10_000), "}".repeat(10_000)),
        format!("{}1{}", "\"${".repeat(3000), "}\"".repeat(3000)),
        format!("1{}", "+1".repeat(10_000)),
        format!("var.any{}", ".a".repeat(10_000)),
        format!("var.any{}", "[*]".repeat(10_000)),
        "1e1000000000".to_string(),
        "pow(10, 1000000000)".to_string(),
        format!("{{{}}}", "(a) = 1, ".repeat(500)),
    ] {
        assert!(show(&text).is_err(), "{}", &text[..40.min(text.len())]);
    }
}
