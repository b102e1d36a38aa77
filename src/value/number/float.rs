//! Whole numbers that came out of binary floating point.

use bigdecimal::num_bigint::{BigInt, BigUint, Sign};

/// The bits of a mantissa.
const MANTISSA: u64 = 53;

/// The exact value of a float that is so large that it is whole and its neighbours are not next to it.
pub(super) fn large(float: f64) -> Option<BigInt> {
    let bits = float.abs().to_bits();
    let exponent = (bits >> 52).checked_sub(1075).filter(|_| float.is_finite())?;
    let mantissa = (bits & ((1 << 52) - 1)) | (1 << 52);
    let sign = if float.is_sign_negative() { Sign::Minus } else { Sign::Plus };
    Some(BigInt::from_biguint(sign, BigUint::from(mantissa) << exponent))
}

/// The number with the fewest digits that lies nearer than the neighbours, in the way of OpenTofu:
/// it takes the gap below a power of two for as wide as the one above.
pub(super) fn shortest(whole: &BigInt) -> BigInt {
    let (sign, exact) = (whole.sign(), whole.magnitude());
    let Some(shift) = exact.bits().checked_sub(MANTISSA + 1) else { return whole.clone() };
    let half = BigUint::from(1u8) << shift;
    let even = !exact.bit(shift + 1);
    let (low, high) = (exact - &half, exact + &half);
    let inside =
        |it: &BigUint| if even { *it >= low && *it <= high } else { *it > low && *it < high };
    let digits = u32::try_from(exact.to_string().len()).unwrap_or(u32::MAX);
    let rounded = (1..digits).rev().find_map(|zeros| {
        let unit = BigUint::from(10u8).pow(zeros);
        let down = exact / &unit * &unit;
        let up = &down + &unit;
        match (inside(&down), inside(&up)) {
            (true, true) if exact - &down <= &up - exact => Some(down),
            (_, true) => Some(up),
            (true, false) => Some(down),
            (false, false) => None,
        }
    });
    BigInt::from_biguint(sign, rounded.unwrap_or_else(|| exact.clone()))
}
