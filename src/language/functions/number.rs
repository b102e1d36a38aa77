//! Functions on numbers.

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, Signed as _, Zero as _};
use bigdecimal::{RoundingMode, num_traits::One as _};

use super::call::{Call, Fault, Outcome};
use super::float;
use super::table::{ANY, Function, NUMBER, Parameter, Shape, function, takes};
use crate::value::{MOST_DIGITS, Number, Type, Value};

const NUM: Parameter = takes("num", NUMBER);
const NUMBERS: Parameter = takes("numbers", NUMBER);

pub(super) const FUNCTIONS: &[Function] = &[
    function("abs", "The number without its sign.", &[NUM], NUMBER, abs),
    function("ceil", "The number rounded up to a whole one.", &[NUM], NUMBER, ceil),
    function("floor", "The number rounded down to a whole one.", &[NUM], NUMBER, floor),
    function(
        "log",
        "The logarithm of a number in a base.",
        &[NUM, takes("base", NUMBER)],
        NUMBER,
        log,
    ),
    function("max", "The greatest of the numbers.", &[], NUMBER, max).variadic(NUMBERS),
    function("min", "The smallest of the numbers.", &[], NUMBER, min).variadic(NUMBERS),
    function(
        "parseint",
        "The whole number that a string of digits in a base from 2 to 62 stands for.",
        &[takes("number", ANY), takes("base", NUMBER)],
        NUMBER,
        parse_int,
    )
    .rule(|arguments| match arguments.first() {
        Some(value) => digits_are_text(value).map(|()| Type::Number),
        None => Ok(Type::Number),
    }),
    function("pow", "A number raised to a power.", &[NUM, takes("power", NUMBER)], NUMBER, pow),
    function(
        "range",
        "The numbers from a start up to, and without, an end in equal steps.",
        &[],
        Shape::List(&NUMBER),
        range,
    )
    .variadic(takes("params", NUMBER)),
    function(
        "signum",
        "-1 for a negative number, 0 for zero, 1 for a positive one.",
        &[NUM],
        NUMBER,
        signum,
    ),
    function(
        "sum",
        "The sum of the numbers in a list, set or tuple.",
        &[takes("list", ANY).whole()],
        NUMBER,
        sum,
    ),
];

/// The greatest length of what `range` makes, as in OpenTofu.
const RANGE_LIMIT: usize = 1024;

fn decimal(it: BigDecimal) -> Outcome {
    Ok(Value::Number(Number::new(it)))
}

fn from_float(it: f64) -> Outcome {
    let number = Number::from_f64(it).ok_or("the result is not a finite number")?;
    Ok(Value::Number(number))
}

fn to_float(call: &Call<'_>, index: usize) -> Result<f64, Fault> {
    let float = call.value(index).as_number().and_then(Number::as_f64);
    float.filter(|it| it.is_finite()).ok_or_else(|| "the number is too large".into())
}

fn abs(call: &Call<'_>) -> Outcome {
    let number = call.value(0).as_number().filter(|it| it.is_negative());
    Ok(number.map_or_else(|| call.value(0).clone(), |it| Value::Number(it.negate())))
}

fn ceil(call: &Call<'_>) -> Outcome {
    rounded(call, RoundingMode::Ceiling)
}

fn floor(call: &Call<'_>) -> Outcome {
    rounded(call, RoundingMode::Floor)
}

fn rounded(call: &Call<'_>, mode: RoundingMode) -> Outcome {
    match call.value(0).as_number() {
        Some(number) if number.is_whole() => Ok(call.value(0).clone()),
        _ => decimal(call.decimal(0).with_scale_round(0, mode)),
    }
}

fn log(call: &Call<'_>) -> Outcome {
    from_float(float::ln(to_float(call, 0)?) / float::ln(to_float(call, 1)?))
}

fn pow(call: &Call<'_>) -> Outcome {
    from_float(float::pow(to_float(call, 0)?, to_float(call, 1)?))
}

fn signum(call: &Call<'_>) -> Outcome {
    let number = call.decimal(0);
    Ok(Value::from(match () {
        () if number.is_positive() => 1,
        () if number.is_negative() => -1,
        () => 0,
    }))
}

fn max(call: &Call<'_>) -> Outcome {
    let numbers = call.rest(0).iter().filter_map(Value::as_number);
    let greatest = numbers.reduce(|greatest, it| if it > greatest { it } else { greatest });
    greatest.cloned().map(Value::Number).ok_or_else(|| "must pass at least one number".into())
}

fn min(call: &Call<'_>) -> Outcome {
    let smallest = call.rest(0).iter().filter_map(Value::as_number).min();
    smallest.cloned().map(Value::Number).ok_or_else(|| "must pass at least one number".into())
}

fn digits_are_text(value: &Value) -> Result<(), Fault> {
    match value.ty() {
        Type::String => Ok(()),
        other => {
            let other = other.friendly();
            Err(Fault::at(0, format!("first argument must be a string, not {other}")))
        }
    }
}

fn parse_int(call: &Call<'_>) -> Outcome {
    digits_are_text(call.value(0))?;
    let base = call.integer(1).ok().and_then(|base| u32::try_from(base).ok());
    let Some(base @ 2..=62) = base else {
        return Err(Fault::at(1, "base must be a whole number between 2 and 62 inclusive"));
    };
    if call.text(0).len() > MOST_DIGITS {
        return Err(Fault::at(0, format!("a number can have {MOST_DIGITS} digits")));
    }
    match parse_digits(call.text(0), base) {
        Some(number) => decimal(BigDecimal::from(number)),
        None => {
            Err(Fault::at(0, format!("cannot parse {} as a base {base} integer", call.show(0))))
        }
    }
}

/// A signed number in a base; beyond base 36 lower case letters come before upper case ones.
fn parse_digits(text: &str, base: u32) -> Option<BigInt> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() {
        return None;
    }
    let mut number = BigInt::zero();
    for digit in digits.chars() {
        let value = digit_value(digit, base).filter(|value| *value < base)?;
        number = number * base + value;
    }
    Some(if negative { -number } else { number })
}

fn digit_value(digit: char, base: u32) -> Option<u32> {
    match digit {
        'A'..='Z' if base > 36 => Some(36 + (digit as u32 - 'A' as u32)),
        _ => digit.to_digit(36),
    }
}

fn range(call: &Call<'_>) -> Outcome {
    let (start, end, step) = range_bounds(call)?;
    if step.is_zero() && start != end {
        return Err(Fault::at(2, "step must not be zero"));
    }
    let down = step.is_negative();
    if down && end > start {
        return Err(Fault::at(1, "end must be less than start when step is negative"));
    }
    if !down && end < start {
        return Err(Fault::at(1, "end must be greater than start when step is positive"));
    }
    let mut numbers = Vec::new();
    let mut next = start;
    while if down { next > end } else { next < end } {
        if numbers.len() >= RANGE_LIMIT {
            let message = format!(
                "more than {RANGE_LIMIT} values were generated; either decrease the difference \
                 between start and end or use a smaller step"
            );
            return Err(message.into());
        }
        numbers.push(Value::Number(Number::new(next.clone())));
        next += &step;
    }
    Ok(Value::list(Type::Number, numbers))
}

fn range_bounds(call: &Call<'_>) -> Result<(BigDecimal, BigDecimal, BigDecimal), Fault> {
    let (start, end) = match call.rest(0).len() {
        1 => (BigDecimal::zero(), call.decimal(0)),
        2 | 3 => (call.decimal(0), call.decimal(1)),
        _ => return Err("must have one, two, or three arguments".into()),
    };
    let step = match call.optional(2) {
        Some(_) => call.decimal(2),
        None if end < start => -BigDecimal::one(),
        None => BigDecimal::one(),
    };
    Ok((start, end, step))
}

fn sum(call: &Call<'_>) -> Outcome {
    let list = call.value(0);
    if list.fields().is_some() {
        let got = list.ty().friendly();
        return Err(Fault::at(0, format!("argument must be list, set, or tuple. Received {got}")));
    }
    let Some(items) = list.items() else { return Err(Fault::at(0, "cannot sum noniterable")) };
    if items.is_empty() {
        return Err(Fault::at(0, "cannot sum an empty list"));
    }
    let mut total = BigDecimal::zero();
    for item in items {
        let number = crate::value::convert(item, &Type::Number).ok();
        let Some(number) = number.as_ref().and_then(Value::as_number) else {
            return Err(Fault::at(0, "argument must be list, set, or tuple of number values"));
        };
        if items.len() == 1 {
            return Ok(Value::Number(number.clone()));
        }
        total += number.decimal();
    }
    decimal(total)
}
