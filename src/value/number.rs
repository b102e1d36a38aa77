//! Exact decimal numbers.

use std::fmt;
use std::str::FromStr;

use bigdecimal::{BigDecimal, ToPrimitive as _};

/// An exact decimal number of any size, in normal form (no trailing zeros).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(BigDecimal);

impl Number {
    /// The number of a decimal.
    pub fn new(decimal: BigDecimal) -> Number {
        Number(decimal.normalized())
    }

    /// The decimal behind the number.
    pub fn decimal(&self) -> &BigDecimal {
        &self.0
    }

    /// The number when it is whole and fits.
    pub fn as_i64(&self) -> Option<i64> {
        if self.is_whole() { self.0.to_i64() } else { None }
    }

    /// The number when it is whole, not negative, and fits.
    pub fn as_usize(&self) -> Option<usize> {
        if self.is_whole() { self.0.to_usize() } else { None }
    }

    /// The nearest binary floating-point number.
    pub fn as_f64(&self) -> Option<f64> {
        self.0.to_f64()
    }

    /// Whether there is nothing behind the decimal point.
    pub fn is_whole(&self) -> bool {
        self.0.is_integer()
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_plain_string())
    }
}

impl FromStr for Number {
    type Err = bigdecimal::ParseBigDecimalError;

    fn from_str(text: &str) -> Result<Number, Self::Err> {
        BigDecimal::from_str(text).map(Number::new)
    }
}

impl From<i64> for Number {
    fn from(it: i64) -> Number {
        Number::new(BigDecimal::from(it))
    }
}

impl From<usize> for Number {
    fn from(it: usize) -> Number {
        Number::new(BigDecimal::from(it as u64))
    }
}
