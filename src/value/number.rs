//! Exact decimal numbers.

mod float;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::num::NonZeroU64;
use std::str::FromStr;

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, ParseBigDecimalError, RoundingMode, ToPrimitive as _, Zero as _};

/// The digits of a quotient that does not come out even.
const QUOTIENT_DIGITS: u64 = 160;

/// The digits kept of what is computed from numbers that are not whole. Fewer than those of a
/// quotient, so that what is lost in a division is not seen after it: `1 / 3 * 3` is 1.
const COMPUTED_DIGITS: NonZeroU64 = NonZeroU64::new(150).unwrap();

/// The largest exponent of ten of any number, far beyond what any format can say otherwise.
const EXPONENT_LIMIT: i64 = 100_000;

/// The most digits of a number that is read.
pub const MOST_DIGITS: usize = 100_000;

/// An exact decimal number of any size, in normal form (no trailing zeros).
#[derive(Clone, Debug)]
pub struct Number {
    decimal: BigDecimal,
    /// Whether it is a whole number that came out of binary floating point, where its last digits
    /// mean nothing: as text it has only as many digits as tell it from its neighbours.
    rounded: bool,
}

impl Number {
    /// The number of a decimal.
    pub fn new(decimal: BigDecimal) -> Number {
        Number { decimal: decimal.normalized(), rounded: false }
    }

    /// The number of a binary floating-point one: of a large whole number the exact value, of others
    /// the shortest decimal that stands for it; none when it is not finite.
    pub fn from_f64(float: f64) -> Option<Number> {
        match float::large(float) {
            Some(whole) => Some(Number { rounded: true, ..Number::new(BigDecimal::from(whole)) }),
            None if float.is_finite() => {
                BigDecimal::from_str(&float.to_string()).ok().map(Number::new)
            }
            None => None,
        }
    }

    /// The decimal behind the number.
    pub fn decimal(&self) -> &BigDecimal {
        &self.decimal
    }

    /// All digits of the number, also where its text has fewer.
    pub fn digits(&self) -> String {
        self.decimal.to_plain_string()
    }

    /// The number when it is whole and fits.
    pub fn as_i64(&self) -> Option<i64> {
        if self.is_whole() { self.decimal.to_i64() } else { None }
    }

    /// The number when it is whole, not negative, and fits.
    pub fn as_usize(&self) -> Option<usize> {
        if self.is_whole() { self.decimal.to_usize() } else { None }
    }

    /// The nearest binary floating-point number.
    pub fn as_f64(&self) -> Option<f64> {
        // The conversion of the decimal itself is not always to the nearest.
        self.decimal.to_string().parse().ok()
    }

    /// Whether there is nothing behind the decimal point.
    pub fn is_whole(&self) -> bool {
        self.decimal.is_integer()
    }

    /// Whether it is less than zero.
    pub fn is_negative(&self) -> bool {
        self.decimal.sign() == bigdecimal::num_bigint::Sign::Minus
    }

    /// Whether it is neither too large nor too close to zero to go on computing with it.
    pub fn is_in_range(&self) -> bool {
        let (digits, scale) = self.decimal.as_bigint_and_scale();
        // a digit takes more than three bits
        let count = i64::try_from(digits.bits() / 3).unwrap_or(i64::MAX);
        let limit = 3 * EXPONENT_LIMIT;
        count <= limit && scale.saturating_abs() <= limit
    }

    /// The result of a computation: exact when it is whole, else with as many digits as are kept.
    fn computed(decimal: BigDecimal) -> Number {
        if decimal.is_integer() || decimal.digits() <= COMPUTED_DIGITS.get() {
            return Number::new(decimal);
        }
        Number::new(decimal.with_precision_round(COMPUTED_DIGITS, RoundingMode::HalfEven))
    }

    /// The sum.
    pub fn add(&self, other: &Number) -> Number {
        Number::computed(&self.decimal + &other.decimal)
    }

    /// The difference.
    pub fn subtract(&self, other: &Number) -> Number {
        Number::computed(&self.decimal - &other.decimal)
    }

    /// The product.
    pub fn multiply(&self, other: &Number) -> Number {
        Number::computed(&self.decimal * &other.decimal)
    }

    /// The number with the other sign.
    pub fn negate(&self) -> Number {
        Number { decimal: -&self.decimal, rounded: self.rounded }
    }

    /// The quotient, to 160 digits when it does not come out even; none when dividing by zero.
    pub fn divide(&self, other: &Number) -> Option<Number> {
        if other.decimal.is_zero() {
            return None;
        }
        let (dividend, dividend_scale) = self.decimal.as_bigint_and_exponent();
        let (divisor, divisor_scale) = other.decimal.as_bigint_and_exponent();
        let shift =
            (QUOTIENT_DIGITS + other.decimal.digits()).saturating_sub(self.decimal.digits());
        let power = BigInt::from(10).pow(u32::try_from(shift).ok()?);
        let quotient = dividend * power / divisor;
        let scale = dividend_scale - divisor_scale + i64::try_from(shift).ok()?;
        Some(Number::new(BigDecimal::new(quotient, scale)))
    }

    /// What remains when dividing without a fraction: it has the sign of this number. Dividing by
    /// zero leaves all of it, as in OpenTofu.
    pub fn remainder(&self, other: &Number) -> Number {
        if other.decimal.is_zero() {
            self.clone()
        } else {
            Number::new(&self.decimal % &other.decimal)
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rounded {
            true => {
                let (whole, _) = self.decimal.with_scale(0).into_bigint_and_exponent();
                write!(f, "{}", float::shortest(&whole))
            }
            false => f.write_str(&self.digits()),
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.decimal == other.decimal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        self.decimal.cmp(&other.decimal)
    }
}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.decimal.hash(state);
    }
}

impl FromStr for Number {
    type Err = ParseBigDecimalError;

    fn from_str(text: &str) -> Result<Number, Self::Err> {
        let exponent = text.split_once(['e', 'E']).map_or(Ok(0), |(_, it)| it.parse::<i64>());
        let long = text.len() > MOST_DIGITS + 16;
        if long || !exponent.is_ok_and(|it| it.abs() <= EXPONENT_LIMIT) {
            return Err(ParseBigDecimalError::Other("the number is out of range".into()));
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn arithmetic_is_exact() {
        assert_eq!(number("0.1").add(&number("0.2")).to_string(), "0.3");
        assert_eq!(number("0.1").multiply(&number("3")).to_string(), "0.3");
        assert_eq!(number("10").divide(&number("4")).unwrap().to_string(), "2.5");
        assert_eq!(number("1e30").divide(&number("1e-3")).unwrap(), number("1e33"));
        assert_eq!(number("-10").remainder(&number("3")).to_string(), "-1");
        assert_eq!(number("10").remainder(&number("-3")).to_string(), "1");
        assert_eq!(number("5.5").remainder(&number("2")).to_string(), "1.5");
        assert_eq!(number("-0.0").to_string(), "0");
        let large = number("123456789012345678901234567890");
        assert_eq!(large.multiply(&large).divide(&large).unwrap(), large);
    }

    #[test]
    fn what_a_division_loses_is_not_seen_after_it() {
        let third = number("1").divide(&number("3")).unwrap();
        assert_eq!(third.multiply(&number("3")), number("1"));
        assert_eq!(third.add(&third).add(&third), number("1"));
        assert_eq!(number("2").divide(&number("3")).unwrap().multiply(&number("3")), number("2"));
        assert_eq!(number("1").divide(&number("0")), None);
        assert_eq!(number("5").remainder(&number("0")), number("5"));
    }

    #[test]
    fn floats_are_exact_where_they_are_large_and_short_as_text() {
        let float = |it: f64| Number::from_f64(it).unwrap();
        let large = float(2f64.powi(60));
        assert_eq!(large, number("1152921504606846976"));
        assert_eq!(large.to_string(), "1152921504606847000");
        assert_eq!(large.digits(), "1152921504606846976");
        assert_eq!(large.negate().to_string(), "-1152921504606847000");
        assert_eq!(large.subtract(&number("1")).to_string(), "1152921504606846975");
        // not what comes closest: as OpenTofu does, the gap below a power of two is taken as wide
        assert_eq!(float(2f64.powi(64)).to_string(), "18446744073709550000");
        assert_eq!(float(1e25).to_string(), "10000000000000000000000000");
        assert_eq!(float(1e25), number("10000000000000000905969664"));
        assert_eq!(float(9007199254740993.0).to_string(), "9007199254740992");
        assert_eq!(float(0.1), number("0.1"));
        assert_eq!(float(-0.0), number("0"));
        assert_eq!(Number::from_f64(f64::INFINITY), None);
    }

    #[test]
    fn floats_are_the_nearest() {
        assert_eq!(number("0.1").as_f64(), Some(0.1));
        assert_eq!(number("1e-320").as_f64(), Some(1e-320));
        assert_eq!(number("9007199254740993").as_f64(), Some(9007199254740992.0));
        assert_eq!(number("1e400").as_f64(), Some(f64::INFINITY));
    }

    #[test]
    fn absurd_exponents_are_refused() {
        assert!("1e999999999".parse::<Number>().is_err());
        assert_eq!(number("1e400").to_string().len(), 401);
        assert!("1e100001".parse::<Number>().is_err());
        assert!("7".repeat(MOST_DIGITS + 100).parse::<Number>().is_err());
    }

    #[test]
    fn numbers_do_not_grow_without_end() {
        let mut growing = number("7");
        let mut squared = 0;
        while growing.is_in_range() {
            growing = growing.multiply(&growing);
            squared += 1;
        }
        assert_eq!(squared, 19);
        let large = number("1e99999");
        assert!(large.is_in_range() && large.multiply(&large).is_in_range());
        assert!(!large.multiply(&large).multiply(&large).multiply(&large).is_in_range());
        assert_eq!(number("1e-999").multiply(&number("1e999")), number("1"));
    }
}
