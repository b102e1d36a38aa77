//! `count` and `for_each`: how many instances there are, and what distinguishes them.

use std::sync::Arc;

use crate::address::Key;
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::language::config::{Expression, Repetition};
use crate::language::evaluate::{Cause, evaluate, explained};
use crate::language::scope::Scope;
use crate::value::{Fields, Marks, Number, Type, Value};

/// The instances of a resource or module call.
#[derive(Clone, Debug, PartialEq)]
pub enum Expansion {
    /// One, without a key.
    Single,
    /// None, for it is not enabled.
    Off,
    /// So many, by index.
    Count(usize),
    /// One for each key, with its value.
    Each(Arc<Fields>),
    /// Not known, because what it depends on is not, or is wrong.
    Unknown,
}

impl Expansion {
    /// The keys of all instances, in order.
    pub fn keys(&self) -> Vec<Option<Key>> {
        match self {
            Expansion::Single => vec![None],
            Expansion::Count(count) => (0..*count).map(|index| Some(Key::Index(index))).collect(),
            Expansion::Each(each) => {
                each.keys().map(|name| Some(Key::Name(name.clone()))).collect()
            }
            Expansion::Off | Expansion::Unknown => Vec::new(),
        }
    }

    /// Whether there is an instance with the key.
    pub fn has(&self, key: Option<&Key>) -> bool {
        match (self, key) {
            (Expansion::Single, None) => true,
            (Expansion::Count(count), Some(Key::Index(index))) => index < count,
            (Expansion::Each(each), Some(Key::Name(name))) => each.contains_key(name),
            _ => false,
        }
    }

    /// The key as the instances have it: as everywhere, numbers and their text may stand for each
    /// other.
    pub fn key(&self, key: &Key) -> Key {
        match (self, key) {
            (Expansion::Each(_), Key::Index(at)) => Key::Name(at.to_string()),
            (Expansion::Count(_), Key::Name(text)) => {
                let number = text.parse::<Number>().ok().and_then(|it| it.as_usize());
                number.map_or_else(|| key.clone(), Key::Index)
            }
            _ => key.clone(),
        }
    }

    /// The values of all instances as the language sees them together.
    pub fn collect(&self, mut value: impl FnMut(Option<Key>) -> Value) -> Value {
        match self {
            Expansion::Single => value(None),
            Expansion::Count(count) => {
                Value::tuple((0..*count).map(|index| value(Some(Key::Index(index)))))
            }
            Expansion::Each(each) => Value::object(
                each.keys().map(|name| (name.clone(), value(Some(Key::Name(name.clone()))))),
            ),
            Expansion::Off => Value::NULL,
            Expansion::Unknown => Value::unknown(Type::Any),
        }
    }

    /// Says what is wrong when there is no instance with `key`.
    pub fn check_key(&self, what: &str, key: &Key, span: &Span) -> Result<(), Box<Diagnostic>> {
        let fail = |detail: String| {
            Err(Box::new(Diagnostic::error("Invalid instance key", detail).at(span)))
        };
        match (self, key) {
            (Expansion::Unknown, _) => Ok(()),
            (Expansion::Count(count), Key::Index(index)) if index < count => Ok(()),
            (Expansion::Each(each), Key::Name(name)) if each.contains_key(name) => Ok(()),
            (Expansion::Single | Expansion::Off, _) => {
                fail(format!("{what} has neither `count` nor `for_each`, so it takes no key."))
            }
            (Expansion::Count(count), _) => {
                fail(format!("{what} has {count} instances, numbered from 0; there is no {key}."))
            }
            (Expansion::Each(each), _) => {
                let keys: Vec<_> =
                    each.keys().take(8).map(|name| crate::address::quote(name)).collect();
                fail(format!("{what} has no instance {key}. Its keys are: {}.", keys.join(", ")))
            }
        }
    }
}

/// Evaluates `count` or `for_each`.
pub(super) fn expand(repetition: &Repetition, scope: &dyn Scope) -> Result<Expansion, Diagnostics> {
    let (expression, expansion) = match repetition {
        Repetition::Single => return Ok(Expansion::Single),
        Repetition::Count(it) => (it, count(it, scope)),
        Repetition::ForEach(it) => (it, each(it, scope)),
        Repetition::Enabled(it) => (it, enabled(it, scope)),
    };
    expansion.map_err(|problems| {
        let explain = |it: Diagnostic| match it.values.is_empty() {
            true => explained(it, expression, scope, cause(expression, scope)),
            false => it,
        };
        Diagnostics::from_iter(problems.into_iter().map(explain))
    })
}

/// What is wrong with how often something is there, as far as that is known.
pub(super) fn check(repetition: &Repetition, scope: &dyn Scope) -> Diagnostics {
    let (Repetition::Count(it) | Repetition::ForEach(it) | Repetition::Enabled(it)) = repetition
    else {
        return Diagnostics::new();
    };
    let (value, problems) = evaluate(it, scope);
    let (value, marks) = value.unmark();
    let open = !value.is_known() || matches!(value, Value::Set(..)) && !value.is_wholly_known();
    let may_be_secret = matches!(repetition, Repetition::Count(_));
    let shown = marks.is_empty() || may_be_secret && !marks.contains(Marks::EPHEMERAL);
    let suits = suits(repetition, &value.ty());
    if problems.has_errors() || open && shown && suits {
        return problems;
    }
    if open && shown {
        let (name, wanted) = match repetition {
            Repetition::Count(_) => ("count", "Give a whole number of instances."),
            Repetition::ForEach(_) => ("for_each", SHAPE),
            _ => ("enabled", "Give true or false."),
        };
        let detail = format!("`{name}` is {}.", value.ty());
        let problem = Diagnostic::error(format!("Invalid {name} argument"), detail).at(&it.span);
        return problem.hint(wanted).into();
    }
    expand(repetition, scope).err().unwrap_or(problems)
}

/// Whether a value of a type may say how often something is there.
fn suits(repetition: &Repetition, ty: &Type) -> bool {
    match repetition {
        Repetition::Single => true,
        Repetition::ForEach(_) => match ty {
            Type::Set(item) => matches!(**item, Type::String | Type::Any),
            ty => matches!(ty, Type::Any | Type::Map(_) | Type::Object(_)),
        },
        Repetition::Count(_) | Repetition::Enabled(_) => *ty == Type::Any || ty.is_primitive(),
    }
}

/// What is wrong with a value that decides how many instances there are.
fn cause(expression: &Expression, scope: &dyn Scope) -> Cause {
    let (value, _) = evaluate(expression, scope);
    match (value.marks().is_empty(), value.is_wholly_known()) {
        (false, _) => Cause::Confidential,
        (_, false) => Cause::Unknown,
        _ => Cause::Other,
    }
}

fn value_of(expression: &Expression, scope: &dyn Scope) -> Result<Value, Diagnostics> {
    let (value, problems) = evaluate(expression, scope);
    if problems.has_errors() { Err(problems) } else { Ok(value) }
}

fn fail<T>(summary: &str, detail: String, hint: &str, span: &Span) -> Result<T, Diagnostics> {
    Err(Diagnostic::error(summary, detail).hint(hint).at(span).into())
}

const SHAPE: &str = "Give a map, an object, or a set of strings; `toset` makes a set of a list.";

const DECIDE_FIRST: &str = "The number of instances must be known before anything is applied. Use \
    values from variables, locals or data sources; or apply what it depends on first, with `-target`.";

fn unknown_culprits(expression: &Expression) -> String {
    let named: Vec<_> =
        expression.references().into_iter().map(|(_, span)| span.text().to_string()).collect();
    if named.is_empty() { "it".into() } else { format!("`{}`", named.join("`, `")) }
}

fn enabled(expression: &Expression, scope: &dyn Scope) -> Result<Expansion, Diagnostics> {
    const SUMMARY: &str = "Invalid enabled argument";
    let span = &expression.span;
    let (value, marks) = value_of(expression, scope)?.unmark();
    if !marks.is_empty() {
        let detail = "`enabled` is sensitive or ephemeral, and its result would show.".into();
        return fail(SUMMARY, detail, "Use a value that may be shown and lasts.", span);
    }
    if !value.is_known() {
        let culprits = unknown_culprits(expression);
        let detail = format!("`enabled` depends on {culprits}, which is not known until apply.");
        return fail(SUMMARY, detail, DECIDE_FIRST, span);
    }
    let flag = crate::value::convert::convert(&value, &Type::Bool);
    match flag.ok().and_then(|it| it.as_bool()) {
        Some(true) => Ok(Expansion::Single),
        Some(false) => Ok(Expansion::Off),
        None => {
            let what = if value.is_null() { "null".into() } else { value.ty().to_string() };
            let detail = format!("`enabled` is {what}, not a bool.");
            fail(SUMMARY, detail, "Give true or false.", span)
        }
    }
}

/// The most instances that one `count` can ask for: more is a mistake, and would use up the memory.
const MOST: usize = 1_000_000;

fn count(expression: &Expression, scope: &dyn Scope) -> Result<Expansion, Diagnostics> {
    const SUMMARY: &str = "Invalid count argument";
    let span = &expression.span;
    let (value, marks) = value_of(expression, scope)?.unmark();
    if marks.contains(Marks::EPHEMERAL) {
        return fail(SUMMARY, "`count` is ephemeral.".into(), "Use a value that lasts.", span);
    }
    if !value.is_known() {
        let culprits = unknown_culprits(expression);
        let detail = format!("`count` depends on {culprits}, which is not known until apply.");
        return fail(SUMMARY, detail, DECIDE_FIRST, span);
    }
    if value.is_null() {
        return fail(SUMMARY, "`count` is null.".into(), "Give a whole number.", span);
    }
    let number = crate::value::convert::convert(&value, &Type::Number);
    let number = number.ok().and_then(|it| it.as_number().cloned());
    let secret = marks.contains(Marks::SENSITIVE);
    match number.as_ref().and_then(crate::value::Number::as_usize) {
        Some(count) if count <= MOST => Ok(Expansion::Count(count)),
        Some(count) => {
            let detail = format!("`count` is {count}, and a resource can have {MOST} instances.");
            fail(SUMMARY, detail, "Give a smaller number.", span)
        }
        None => {
            let what = number.filter(|_| !secret).map(|it| it.to_string());
            let what = what.unwrap_or_else(|| value.ty().to_string());
            let detail = format!("`count` is {what}, not a whole number from 0.");
            fail(SUMMARY, detail, "Give a whole number of instances.", span)
        }
    }
}

fn each(expression: &Expression, scope: &dyn Scope) -> Result<Expansion, Diagnostics> {
    const SUMMARY: &str = "Invalid for_each argument";
    let span = &expression.span;
    let (value, marks) = value_of(expression, scope)?.unmark();
    if marks.contains(Marks::EPHEMERAL) {
        let detail = "`for_each` is ephemeral, and its keys would show in addresses.".into();
        return fail(SUMMARY, detail, "Use a value that lasts.", span);
    }
    if !marks.is_empty() {
        let detail = "`for_each` is sensitive, and its keys would show in addresses.".into();
        return fail(SUMMARY, detail, "Use `nonsensitive` on keys that may be shown.", span);
    }
    if !value.is_known() || (matches!(value, Value::Set(..)) && !value.is_wholly_known()) {
        let culprits = unknown_culprits(expression);
        let detail =
            format!("The keys of `for_each` depend on {culprits}, which is not known until apply.");
        let hint =
            format!("{DECIDE_FIRST} A map with static keys may have values that are not known.");
        return fail(SUMMARY, detail, &hint, span);
    }
    match value {
        Value::Map(_, fields) | Value::Object(fields) => Ok(Expansion::Each(fields)),
        Value::Set(_, items) => match items.iter().map(name_of).collect::<Option<Fields>>() {
            Some(each) => Ok(Expansion::Each(Arc::new(each))),
            None => {
                let null = items.iter().any(Value::is_null);
                let what =
                    if null { "an element that is null" } else { "elements that are not strings" };
                fail(SUMMARY, format!("The set of `for_each` has {what}."), SHAPE, span)
            }
        },
        Value::Null(_) => fail(SUMMARY, "`for_each` is null.".into(), SHAPE, span),
        other => fail(SUMMARY, format!("`for_each` is {}.", other.ty()), SHAPE, span),
    }
}

fn name_of(item: &Value) -> Option<(String, Value)> {
    item.as_str().map(|name| (name.to_string(), item.clone()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::diagnostic::Source;
    use crate::language::config::Reference;
    use crate::language::parse::parse_expression;

    /// A scope without names.
    struct Nothing;

    impl Scope for Nothing {
        fn get(&self, _: &Reference, span: &Span) -> Result<Value, Box<Diagnostic>> {
            Err(Box::new(Diagnostic::error("Undeclared", "").at(span)))
        }

        fn folder(&self) -> &Path {
            Path::new(".")
        }
    }

    fn counted(text: &str) -> Result<Expansion, String> {
        let source = Source { path: "main.tf".into(), text: text.to_string() };
        let expression = parse_expression(source.into()).0.unwrap();
        count(&expression, &Nothing).map_err(|problems| problems.0[0].detail.clone())
    }

    #[test]
    fn a_count_has_limits() {
        assert_eq!(counted("0"), Ok(Expansion::Count(0)));
        assert_eq!(counted("\"3\""), Ok(Expansion::Count(3)));
        assert_eq!(counted("1000000"), Ok(Expansion::Count(1_000_000)));
        let over = "`count` is 1000001, and a resource can have 1000000 instances.";
        assert_eq!(counted("1000001"), Err(over.to_string()));
        for (text, shown) in
            [("-1", "-1"), ("1.5", "1.5"), ("1e30", "1000000000000000000000000000000")]
        {
            let detail = format!("`count` is {shown}, not a whole number from 0.");
            assert_eq!(counted(text), Err(detail), "{text}");
        }
        assert_eq!(counted("sensitive(-1)").map_err(|it| it.contains("-1")), Err(false));
    }
}
