//! Division of decimals with the digits that Saxon gives.

use rust_decimal::Decimal;

/// At least this many digits after the point.
const PRECISION: u32 = 18;

/// `a div b`, with as many digits after the point as Saxon: eighteen, more when `a` has more of them than `b`.
///
/// The last digit is rounded, half downwards. With more than 28 digits in all, those at the end are cut off.
/// `None` when the result is too large. The divisor is not zero.
/// Source: F&O §6.2.4 leaves the precision to us.
pub(super) fn quotient(a: Decimal, b: Decimal) -> Option<Decimal> {
    let (a, b) = (a.normalize(), b.normalize());
    let negative = a.is_sign_negative() != b.is_sign_negative();
    let (dividend, divisor) = (a.mantissa().unsigned_abs(), b.mantissa().unsigned_abs());
    let scale = PRECISION.max((a.scale() + PRECISION).saturating_sub(b.scale()));
    // mantissa(a) ÷ mantissa(b) has scale(a) − scale(b) digits: this many are missing.
    let n_steps = scale + b.scale() - a.scale();
    let mut value = dividend.checked_div(divisor)?;
    let mut rest = dividend.checked_rem(divisor)?;
    let mut n_left = n_steps;
    while n_left > 0 {
        if rest == 0 && n_left <= scale {
            break;
        }
        // The rest is below 96 bits, so ten times it fits.
        let digit = rest * 10 / divisor;
        let Some(longer) = value.checked_mul(10).map(|value| value + digit).filter(|value| *value < 1 << 96) else {
            break;
        };
        value = longer;
        rest = rest * 10 % divisor;
        n_left -= 1;
    }
    if n_left == 0 && rest * 2 > divisor {
        value += 1;
    }
    let scale = scale.checked_sub(n_left)?;
    // More digits after the point than 28: the last are cut off.
    let surplus = scale.saturating_sub(Decimal::MAX_SCALE);
    let value = i128::try_from(value / 10_u128.checked_pow(surplus)?).ok()?;
    let value = if negative { -value } else { value };
    Decimal::try_from_i128_with_scale(value, scale - surplus).ok().map(|value| value.normalize())
}

/// `a idiv b`: the quotient without its fraction. `None` when it is too large. The divisor is not zero.
pub(super) fn whole_quotient(a: Decimal, b: Decimal) -> Option<i128> {
    let (a, b) = (a.normalize(), b.normalize());
    let negative = a.is_sign_negative() != b.is_sign_negative();
    let (dividend, divisor) = (a.mantissa().unsigned_abs(), b.mantissa().unsigned_abs());
    let value = if b.scale() >= a.scale() {
        let mut value = dividend.checked_div(divisor)?;
        let mut rest = dividend.checked_rem(divisor)?;
        for _ in a.scale()..b.scale() {
            value = value.checked_mul(10)?.checked_add(rest * 10 / divisor)?;
            rest = rest * 10 % divisor;
        }
        value
    } else {
        let power = 10_u128.checked_pow(a.scale() - b.scale())?;
        // A divisor beyond 128 bits is greater than any dividend.
        divisor.checked_mul(power).map_or(0, |divisor| dividend / divisor)
    };
    let value = i128::try_from(value).ok()?;
    Some(if negative { -value } else { value })
}
