//! Powers and logarithms to the last bit as OpenTofu has them on x86-64, where Go computes in this
//! order: `ceil(log(243, 3))` shows a difference in the last bit.

use std::f64::consts::{FRAC_1_SQRT_2, LOG2_E};

/// The natural logarithm: the method of FreeBSD's `e_log.c`.
pub(super) fn ln(x: f64) -> f64 {
    const LN_2: [f64; 2] = [0.6931471803691238, 1.9082149292705877e-10];
    const EVEN: [f64; 3] = [0.15313837699209373, 0.22222198432149784, 0.3999999999940942];
    const ODD: [f64; 4] =
        [0.14798198605116586, 0.1818357216161805, 0.2857142874366239, 0.6666666666666735];
    if x <= 0.0 || !x.is_finite() {
        return x.ln();
    }
    let (mut fraction, mut exponent) = split(x);
    if fraction < FRAC_1_SQRT_2 {
        (fraction, exponent) = (fraction * 2.0, exponent - 1);
    }
    let (f, k) = (fraction - 1.0, f64::from(exponent));
    let s = f / (2.0 + f);
    let (s2, s4) = (s * s, s * s * (s * s));
    let series = |terms: &[f64]| terms.iter().fold(0.0, |sum: f64, term| term + s4 * sum);
    let rest = s2 * series(&ODD) + s4 * series(&EVEN);
    let half_square = 0.5 * f * f;
    let [high, low] = LN_2;
    k * high - ((half_square - (s * (half_square + rest) + k * low)) - f)
}

/// The power: squares for the whole part of the exponent, and what is left through [`ln`].
pub(super) fn pow(x: f64, y: f64) -> f64 {
    match () {
        () if y == 0.0 || x == 1.0 => return 1.0,
        () if y == 0.5 => return x.sqrt(),
        () if y == -0.5 => return 1.0 / x.sqrt(),
        // Of an exponent so large the result is 0, 1 or infinite.
        () if x == 0.0 || y.abs() >= 2f64.powi(63) || !x.is_finite() => return x.powf(y),
        () => {}
    }
    let (mut whole, mut rest) = (y.abs().trunc(), y.abs().fract());
    if rest != 0.0 && x < 0.0 {
        return f64::NAN;
    }
    if rest > 0.5 {
        (whole, rest) = (whole + 1.0, rest - 1.0);
    }
    let start = if rest == 0.0 { 1.0 } else { exp(rest * ln(x)) };
    let (result, exponent) = squares(start, split(x), whole);
    match y < 0.0 {
        true => scale(1.0 / result, -exponent),
        false => scale(result, exponent),
    }
}

/// `start` times a number to the power of a whole one, by fraction and exponent.
fn squares(start: f64, (mut x, mut x_exponent): (f64, i32), mut times: f64) -> (f64, i32) {
    let (mut result, mut exponent) = (start, 0);
    while times > 0.0 {
        if x_exponent.abs() > 1 << 12 {
            return (result, exponent + x_exponent);
        }
        if times % 2.0 == 1.0 {
            (result, exponent) = (result * x, exponent + x_exponent);
        }
        (x, x_exponent) = (x * x, x_exponent * 2);
        if x < 0.5 {
            (x, x_exponent) = (x + x, x_exponent - 1);
        }
        times = (times / 2.0).trunc();
    }
    (result, exponent)
}

/// The exponential of a number between -400 and 400: Shibata's method, with fused additions.
fn exp(x: f64) -> f64 {
    const LN_2: [f64; 2] = [0.693147180559663, 2.8235290563031577e-13];
    const SERIES: [f64; 7] = [
        0.0001984126984126984,
        0.001388888888888889,
        0.008333333333333333,
        0.041666666666666664,
        0.16666666666666666,
        0.5,
        1.0,
    ];
    let exponent = (LOG2_E * x).round_ties_even();
    let [high, low] = LN_2;
    let x = (-low).mul_add(exponent, (-high).mul_add(exponent, x)) * 0.0625;
    let sum = SERIES.iter().fold(2.48015873015873e-05, |sum: f64, term| sum.mul_add(x, *term));
    let small = (0..3).fold(x * sum, |it, _| it * (it + 2.0));
    scale((small + 2.0).mul_add(small, 1.0), exponent as i32)
}

/// A number that is not zero as a fraction from 0.5 up to 1 and a power of two.
fn split(x: f64) -> (f64, i32) {
    let (x, shifted) = if x.is_normal() { (x, 0) } else { (x * 2f64.powi(54), 54) };
    let bits = x.to_bits();
    let exponent = i32::try_from((bits >> 52) & 0x7ff).unwrap_or_default();
    let fraction = f64::from_bits((bits & !(0x7ff << 52)) | (0x3fe << 52));
    (fraction, exponent - 1022 - shifted)
}

/// A number times a power of two.
fn scale(x: f64, exponent: i32) -> f64 {
    let exponent = exponent.clamp(-3000, 3000);
    let (x, left) = match exponent {
        1001.. => (x * 2f64.powi(1000), exponent - 1000),
        ..-1000 => (x * 2f64.powi(-1000), exponent + 1000),
        _ => return x * 2f64.powi(exponent),
    };
    scale(x, left)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Results of Go's `math.Log` and `math.Pow` on x86-64.
    #[test]
    fn the_last_bit_is_that_of_go() {
        let logarithm = |x, base| (ln(x) / ln(base)).to_bits();
        assert_eq!(logarithm(243.0, 3.0), 0x4014_0000_0000_0000);
        assert_eq!(logarithm(9.0, 3.0), 0x4000_0000_0000_0001);
        assert_eq!(logarithm(1000.0, 10.0), 0x4007_ffff_ffff_ffff);
        assert_eq!(logarithm(3.0, 2.5), 0x3ff3_2f03_6504_5d76);
        assert_eq!(logarithm(1e-300, 10.0), 0xc072_bfff_ffff_ffff);
        assert_eq!(logarithm(123456.789, 1.1), 0x405e_c054_fbbd_0049);
        let power = |x, y| pow(x, y).to_bits();
        assert_eq!(power(3.0, 40.0), 0x43e5_1716_8a45_23fd);
        assert_eq!(power(8.0, 1.0 / 3.0), 0x3fff_ffff_ffff_ffff);
        assert_eq!(power(2.0, 0.3), 0x3ff3_b2c4_7bff_8329);
        assert_eq!(power(10.0, -2.0), 0x3f84_7ae1_47ae_147b);
        assert_eq!(power(1.1, 100.7), 0x40cc_c5b0_7abf_6035);
        assert_eq!(power(7.0, -13.25), 0x3d9b_e827_319d_bd48);
        assert_eq!(power(10.0, 25.0), 0x4520_8b2a_2c28_0291);
        assert_eq!(power(0.1, 2.0), 0x3f84_7ae1_47ae_147c);
        assert_eq!(power(123.456, 3.7), 0x418a_1e99_0ab9_a88b);
        assert_eq!(power(1e-5, 12.6), 0x32da_53fc_9631_d133);
    }

    #[test]
    fn ends_are_reached() {
        assert_eq!(pow(2.0, -1074.0), 5e-324);
        assert_eq!(pow(2.0, 1024.0), f64::INFINITY);
        assert_eq!(pow(0.0, -1.0), f64::INFINITY);
        assert_eq!(pow(-2.0, 3.0), -8.0);
        assert_eq!(pow(0.5, 1e300), 0.0);
        assert!(pow(-8.0, 0.25).is_nan() && ln(-1.0).is_nan());
        assert_eq!(ln(0.0), f64::NEG_INFINITY);
    }
}
