//! What holds for the evaluation of all expressions.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::diagnostic::Source;
use crate::language::parse::parse_expression;
use crate::value::Step;

/// Variables before apply, when they are not known, and after.
struct Variables {
    applied: bool,
}

impl Scope for Variables {
    fn get(&self, reference: &Reference, span: &Span) -> Result<Value, Box<Diagnostic>> {
        let strings =
            |items: &[&str]| Value::list(Type::String, items.iter().map(|it| (*it).into()));
        let map = Value::map(Type::Number, [("a", 1.into()), ("b", 2.into())]);
        let object = Value::object([("a", Value::from("p")), ("b", strings(&["q"]))]);
        let Reference::Variable(name) = reference else {
            return Err(Box::new(Diagnostic::error("Undeclared", "").at(span)));
        };
        let (value, refined) = match name.as_str() {
            "s" => (Value::from("text"), Value::unknown_not_null(Type::String)),
            "n" => (Value::from(1), Value::unknown(Type::Number)),
            "t" => (Value::Bool(true), Value::unknown(Type::Bool)),
            "l" => (strings(&["p", "q"]), Value::unknown(Type::list(Type::String))),
            "m" => (map.clone(), Value::unknown(map.ty())),
            "o" => (object.clone(), Value::unknown(object.ty())),
            "p" => (
                object.clone(),
                Value::object([
                    ("a", Value::unknown(Type::String)),
                    ("b", Value::unknown_not_null(Type::list(Type::String))),
                ]),
            ),
            "x" => (object.clone(), Value::unknown(Type::Any)),
            "z" => (Value::Null(Type::String), Value::unknown(Type::String)),
            "h" => (Value::from("secret"), Value::unknown(Type::String)),
            _ => (Value::NULL, Value::NULL),
        };
        let value = if self.applied { value } else { refined };
        Ok(if name == "h" { value.mark(Marks::SENSITIVE) } else { value })
    }

    fn folder(&self) -> &Path {
        Path::new(".")
    }
}

fn leaves() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "null", "true", "false", "0", "1", "2.5", "\"\"", "\"a\"", "\"1\"", "[]", "{}", "var.s",
        "var.n", "var.t", "var.l", "var.m", "var.o", "var.p", "var.x", "var.z", "var.h", "it",
    ])
    .prop_map(str::to_string)
}

/// Texts of expressions.
fn expressions() -> impl Strategy<Value = String> {
    leaves().prop_recursive(4, 24, 3, |inner| {
        let operators = prop::sample::select(vec![
            "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||",
        ]);
        let one = inner.clone();
        let two = (inner.clone(), inner.clone());
        let three = (inner.clone(), inner.clone(), inner.clone());
        prop_oneof![
            (two.clone(), operators).prop_map(|((a, b), op)| format!("({a} {op} {b})")),
            one.clone().prop_map(|a| format!("(-{a})")),
            one.clone().prop_map(|a| format!("(!{a})")),
            three.clone().prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            two.clone().prop_map(|(a, b)| format!("[{a}, {b}]")),
            two.clone().prop_map(|(a, b)| format!("{{ a = {a}, b = {b} }}")),
            two.clone().prop_map(|(a, b)| format!("{{ ({a}) = {b} }}")),
            two.clone().prop_map(|(a, b)| format!("{a}[{b}]")),
            one.clone().prop_map(|a| format!("({a}).a")),
            one.clone().prop_map(|a| format!("({a})[*]")),
            one.clone().prop_map(|a| format!("({a})[*].a")),
            two.clone().prop_map(|(a, b)| format!("[for it in {a} : {b}]")),
            three.clone().prop_map(|(a, b, c)| format!("[for it in {a} : {b} if {c}]")),
            three.clone().prop_map(|(a, b, c)| format!("{{ for k, it in {a} : {b} => {c}... }}")),
            two.clone().prop_map(|(a, b)| format!("{{ for k, it in {a} : k => {b} }}")),
            two.clone().prop_map(|(a, b)| format!("\"${{{a}}}-${{{b}}}\"")),
            two.clone().prop_map(|(a, b)| format!("\"x%{{ if {a} }}${{{b}}}%{{ endif }}\"")),
            two.clone().prop_map(|(a, b)| format!("\"%{{ for it in {a} }}${{{b}}}%{{ endfor }}\"")),
            two.prop_map(|(a, b)| format!("try({a}, {b})")),
            one.prop_map(|a| format!("can({a})")),
        ]
    })
}

fn run(text: &str, applied: bool) -> Option<(Value, Diagnostics)> {
    let source = Arc::new(Source { path: "case".into(), text: text.to_string() });
    let expression = parse_expression(source).0?;
    Some(evaluate(&expression, &Variables { applied }))
}

/// Whether what was known at plan is what came out.
fn became(planned: &Value, actual: &Value) -> bool {
    let (planned, actual) = (planned.bare(), actual.bare());
    if let Value::Unknown(unknown) = planned {
        let length = actual.items().map(<[Value]>::len).or(actual.fields().map(Fields::len));
        let most = unknown.length_max.unwrap_or(usize::MAX);
        return crate::value::convert::mismatch(&actual.ty(), &unknown.ty).is_none()
            && !(unknown.not_null && actual.is_null())
            && actual.as_str().unwrap_or_default().starts_with(&unknown.prefix)
            && length.is_none_or(|it| (unknown.length_min..=most).contains(&it));
    }
    let (inside, found) = (planned.children(), actual.children());
    if inside.is_empty() {
        return planned.equals(actual).as_bool() == Some(true);
    }
    if matches!(planned, Value::Set(..)) {
        return matches!(actual, Value::Set(..)) && found.len() <= inside.len();
    }
    let same_step = |(planned, actual): (&(Step, &Value), &(Step, &Value))| {
        planned.0 == actual.0 && became(planned.1, actual.1)
    };
    inside.len() == found.len() && inside.iter().zip(&found).all(same_step)
}

#[test]
fn try_is_unknown_while_apply_may_choose_otherwise() {
    let text = "try({ (true) = (true || var.h) }, null)";
    let (planned, _) = run(text, false).unwrap();
    let (actual, _) = run(text, true).unwrap();
    assert!(!planned.is_wholly_known() && actual.is_null());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_known_at_plan_comes_true(text in expressions()) {
        let Some((planned, problems)) = run(&text, false) else { return Ok(()) };
        let Some((actual, later)) = run(&text, true) else { return Ok(()) };
        if later.has_errors() {
            return Ok(());
        }
        // the results of a condition whose types are not known may turn out not to agree: then `try`
        // chooses otherwise, in OpenTofu as well
        if text.contains('?') && (text.contains("try(") || text.contains("can(")) {
            return Ok(());
        }
        if problems.has_errors() {
            // whether a splat has elements may not be known, but what it does to them is judged; one
            // side of && and || may turn out not to count
            let judged = ["[*]", "&&", "||"].iter().any(|it| text.contains(it));
            prop_assert!(judged, "{}: {:?}", text, problems);
            return Ok(());
        }
        // a result that could have any type may get the type of another branch
        let planned = convert(&planned, &actual.ty()).unwrap_or(planned);
        prop_assert!(became(&planned, &actual), "{}: {:?} became {:?}", text, planned, actual);
    }

    #[test]
    fn secrets_stay_marked(text in expressions()) {
        for applied in [false, true] {
            let Some((value, problems)) = run(&text, applied) else { return Ok(()) };
            let shown = format!("{}{:?}", crate::value::render::render(&value), problems);
            prop_assert!(!shown.contains("secret"), "{}: {}", text, shown);
        }
    }
}
