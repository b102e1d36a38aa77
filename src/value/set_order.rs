//! The order of the elements of sets, which `for` and `tolist` show: that of OpenTofu, so that what is
//! made of a set there is the same here.

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::Sign;

use super::render::quote;
use super::{Type, Value};

/// How many digits of a number inside an element count.
const DIGITS: u64 = 10;

/// Sorts the elements of a set: what is known comes first, then what is not, then null; plain values
/// by size or alphabet, others by how they are written.
pub(super) fn sort(elements: &mut Vec<Value>) {
    if elements.iter().all(|it| matches!(it.ty(), Type::Any) || it.ty().is_primitive()) {
        return elements.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.cmp(b)));
    }
    let written = |value: Value| {
        let mut text = String::new();
        write(&value, &mut text);
        (rank(&value), text, value)
    };
    let mut sorted: Vec<_> = std::mem::take(elements).into_iter().map(written).collect();
    sorted.sort();
    elements.extend(sorted.into_iter().map(|(.., value)| value));
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Unknown(_) => 1,
        Value::Null(_) => 2,
        _ => 0,
    }
}

fn write(value: &Value, out: &mut String) {
    match value.bare() {
        Value::Unknown(_) => out.push('?'),
        Value::Null(_) => out.push('~'),
        Value::Bool(it) => out.push(if *it { 'T' } else { 'F' }),
        Value::Number(it) => out.push_str(&short(it.decimal())),
        Value::String(text) => quote(text, out),
        Value::List(_, items) | Value::Set(_, items) => wrapped(items.iter(), "[]", out),
        Value::Tuple(items) => wrapped(items.iter(), "<>", out),
        Value::Object(fields) => wrapped(fields.values(), "<>", out),
        Value::Map(_, fields) => {
            out.push('{');
            for (key, item) in fields.iter() {
                quote(key, out);
                out.push(':');
                write(item, out);
                out.push(';');
            }
            out.push('}');
        }
        Value::Marked(_, inner) => write(inner, out),
    }
}

fn wrapped<'v>(items: impl Iterator<Item = &'v Value>, brackets: &str, out: &mut String) {
    let (open, close) = brackets.split_at(1);
    out.push_str(open);
    for item in items {
        write(item, out);
        out.push(';');
    }
    out.push_str(close);
}

/// A number in few digits: `-1.5`, `1e+10`.
fn short(number: &BigDecimal) -> String {
    let (digits, scale) = number.with_prec(DIGITS).normalized().into_bigint_and_exponent();
    let sign = if digits.sign() == Sign::Minus { "-" } else { "" };
    let digits = digits.magnitude().to_string();
    // how many digits stand before the point
    let before = i64::try_from(digits.len()).unwrap_or(i64::MAX).saturating_sub(scale);
    let (first, rest) = digits.split_at(1);
    if digits == "0" {
        return digits;
    }
    if !(-3..=i64::try_from(DIGITS).unwrap_or(i64::MAX)).contains(&before) {
        let point = if rest.is_empty() { "" } else { "." };
        let exponent = before - 1;
        let direction = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{first}{point}{rest}e{direction}{:02}", exponent.unsigned_abs());
    }
    number.with_prec(DIGITS).normalized().to_plain_string()
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use super::*;

    #[test]
    fn numbers_are_short() {
        for (number, text) in [
            ("0", "0"),
            ("-1.50", "-1.5"),
            ("9999999999", "9999999999"),
            ("10000000000", "1e+10"),
            ("123456789012", "1.23456789e+11"),
            ("0.00012", "0.00012"),
            ("-0.000012", "-1.2e-05"),
            ("0.12345678949", "0.1234567895"),
        ] {
            assert_eq!(short(&BigDecimal::from_str(number).unwrap()), text);
        }
    }

    #[test]
    fn elements_stand_as_in_opentofu() {
        let objects = |numbers: &[i64]| {
            let object = |it: &i64| Value::object([("a", Value::from(*it))]);
            numbers.iter().map(object).collect::<Vec<_>>()
        };
        let mut elements = objects(&[9, 10, -1, 100]);
        elements.insert(0, Value::object([("a", Value::NULL)]));
        sort(&mut elements);
        assert_eq!(elements[..4], objects(&[-1, 100, 10, 9]));
        let mut plain =
            vec![Value::NULL, Value::from(10), Value::unknown(Type::Number), Value::from(9)];
        sort(&mut plain);
        assert_eq!((&plain[0], &plain[3]), (&Value::from(9), &Value::NULL));
    }
}
