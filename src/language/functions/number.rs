//! Functions on numbers.

use bigdecimal::{BigDecimal, RoundingMode};

use super::call::{Call, Outcome};
use super::table::{Function, NUMBER, Parameter, function, takes};
use crate::value::{Number, Value};

const NUM: Parameter = takes("num", NUMBER);

pub(super) const FUNCTIONS: &[Function] = &[
    function("abs", "The number without its sign.", &[NUM], NUMBER, abs),
    function("ceil", "The number rounded up to a whole one.", &[NUM], NUMBER, ceil),
    function("floor", "The number rounded down to a whole one.", &[NUM], NUMBER, floor),
];

fn decimal(it: BigDecimal) -> Outcome {
    Ok(Value::Number(Number::new(it)))
}

fn abs(call: &Call<'_>) -> Outcome {
    decimal(call.decimal(0).abs())
}

fn ceil(call: &Call<'_>) -> Outcome {
    decimal(call.decimal(0).with_scale_round(0, RoundingMode::Ceiling))
}

fn floor(call: &Call<'_>) -> Outcome {
    decimal(call.decimal(0).with_scale_round(0, RoundingMode::Floor))
}
