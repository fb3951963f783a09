//! `abs`, `floor`, `ceiling`, `round` and `round-half-to-even` (F&O §6.4).

use super::{not_a_number, overflow, typed};
use crate::error::Res;
use crate::value::Atomic;
use rust_decimal::{Decimal, RoundingStrategy};

/// Source: F&O §6.4.1.
pub(crate) fn abs<'d>(value: &Atomic<'d>) -> Res<Atomic<'d>> {
    match typed(value)? {
        Atomic::Integer(value) => Ok(Atomic::integer(i128::from(value).abs())),
        Atomic::Large(value) => value.checked_abs().map(Atomic::integer).ok_or_else(overflow),
        other => mapped(&other, Decimal::abs, |value| value.abs()),
    }
}

/// Source: F&O §6.4.2.
pub(crate) fn ceiling<'d>(value: &Atomic<'d>) -> Res<Atomic<'d>> {
    mapped(&typed(value)?, |value| value.ceil(), f64::ceil)
}

/// Source: F&O §6.4.3.
pub(crate) fn floor<'d>(value: &Atomic<'d>) -> Res<Atomic<'d>> {
    mapped(&typed(value)?, |value| value.floor(), f64::floor)
}

/// Half goes upwards, to positive infinity. Source: F&O §6.4.4.
pub(crate) fn round<'d>(value: &Atomic<'d>) -> Res<Atomic<'d>> {
    mapped(&typed(value)?, round_decimal, round_double)
}

fn round_decimal(value: &Decimal) -> Decimal {
    let floor = value.floor();
    if value - floor >= Decimal::new(5, 1) { value.ceil() } else { floor }
}

/// `fn:round` of a double, the sign of zero kept; also what `substring` rounds with.
pub(crate) fn round_double(value: f64) -> f64 {
    let floor = value.floor();
    let rounded = if value - floor >= 0.5 { value.ceil() } else { floor };
    rounded.copysign(value)
}

/// The same function on each numeric type but integers, which stay themselves.
fn mapped<'d>(value: &Atomic<'d>, decimal: fn(&Decimal) -> Decimal, double: fn(f64) -> f64) -> Res<Atomic<'d>> {
    match value {
        Atomic::Integer(_) | Atomic::Large(_) => Ok(value.clone()),
        Atomic::Decimal(value) => Ok(Atomic::Decimal(decimal(value).normalize())),
        // A float is a double, and so exact, through these functions.
        Atomic::Float(value) => Ok(Atomic::Float(double(f64::from(*value)) as f32)),
        Atomic::Double(value) => Ok(Atomic::Double(double(*value))),
        _ => not_a_number(),
    }
}

/// Half goes to the even digit; `precision` digits stay after the point, fewer than none when it is negative.
///
/// Doubles are rounded by their exact value, as in Saxon: 2.675e0 at two digits is 2.67. Source: F&O §6.4.5.
pub(crate) fn round_half_to_even<'d>(value: &Atomic<'d>, precision: i128) -> Res<Atomic<'d>> {
    let precision = precision.clamp(-400, 400) as i32;
    Ok(match typed(value)? {
        Atomic::Integer(value) => {
            Atomic::integer(half_even_integer(value.into(), false, precision).ok_or_else(overflow)?)
        }
        Atomic::Large(value) => Atomic::integer(half_even_integer(*value, false, precision).ok_or_else(overflow)?),
        Atomic::Decimal(value) => {
            let value = match u32::try_from(precision) {
                Ok(digits) => value.round_dp_with_strategy(digits, RoundingStrategy::MidpointNearestEven),
                Err(_) => {
                    let whole = value.trunc().mantissa();
                    let rounded = half_even_integer(whole, !value.fract().is_zero(), precision);
                    let rounded = rounded.and_then(|value| Decimal::try_from_i128_with_scale(value, 0).ok());
                    rounded.ok_or_else(overflow)?
                }
            };
            Atomic::Decimal(value.normalize())
        }
        Atomic::Float(value) => Atomic::Float(half_even_double(value.into(), precision) as f32),
        Atomic::Double(value) => Atomic::Double(half_even_double(value, precision)),
        _ => return not_a_number(),
    })
}

/// `sticky`: a fraction was cut off, so that a half is more than a half.
fn half_even_integer(value: i128, sticky: bool, precision: i32) -> Option<i128> {
    if precision >= 0 {
        return Some(value);
    }
    let Some(power) = 10_i128.checked_pow(precision.unsigned_abs()) else { return Some(0) };
    let (quotient, rest) = (value / power, value % power);
    let above = match (rest.abs() * 2).cmp(&power) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => sticky || quotient % 2 != 0,
        std::cmp::Ordering::Greater => true,
    };
    let quotient = if above { quotient + value.signum() } else { quotient };
    quotient.checked_mul(power)
}

fn half_even_double(value: f64, precision: i32) -> f64 {
    // From 2⁵³ on there is no fraction, and beyond 2¹²⁷ no digit that a reader would want rounded.
    let has_no_fraction = value.abs() >= 9_007_199_254_740_992.0;
    if !value.is_finite() || value == 0.0 || (precision >= 0 && has_no_fraction) || value.abs() >= 2_f64.powi(126) {
        return value;
    }
    match usize::try_from(precision) {
        Ok(digits) => format!("{value:.digits$}").parse().unwrap_or(value),
        Err(_) => {
            let whole = value.trunc();
            let rounded =
                half_even_integer(whole as i128, whole != value, precision).map_or(value, |value| value as f64);
            rounded.copysign(value)
        }
    }
}
