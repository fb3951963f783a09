//! Numbers: read, written, converted to one another (F&O §17.1.3, XML Schema part 2 §3.2.2 to §3.2.5).

use super::is_space;
use crate::error::{Error, Res, type_error};
use crate::types::{AtomicType, BOUNDED};
use crate::value::Atomic;
use rust_decimal::Decimal;
use std::borrow::Cow;

/// Powers of ten that a double holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// `fn:number`: NaN when the value is no number. Source: F&O §14.1.1... the text is read as `xs:double`.
pub(crate) fn number(value: &Atomic<'_>) -> f64 {
    match value {
        Atomic::Untyped(text) | Atomic::String(text) => parse_double(text).unwrap_or(f64::NAN),
        _ => double_of(value).unwrap_or(f64::NAN),
    }
}

/// A number or truth value as a double; `None` for other types.
pub(crate) fn double_of(value: &Atomic<'_>) -> Option<f64> {
    Some(match value {
        Atomic::Integer(value) => *value as f64,
        Atomic::Large(value) => **value as f64,
        Atomic::Decimal(value) => decimal_to_double(*value),
        Atomic::Float(value) => f64::from(*value),
        Atomic::Double(value) => *value,
        Atomic::Boolean(value) => f64::from(u8::from(*value)),
        _ => return None,
    })
}

/// A number or truth value as a float; `None` for other types.
pub(crate) fn float_of(value: &Atomic<'_>) -> Option<f32> {
    Some(match value {
        Atomic::Integer(value) => *value as f32,
        Atomic::Large(value) => **value as f32,
        Atomic::Decimal(value) => value.to_string().parse().unwrap_or(f32::NAN),
        Atomic::Float(value) => *value,
        Atomic::Double(value) => *value as f32,
        Atomic::Boolean(value) => f32::from(u8::from(*value)),
        _ => return None,
    })
}

fn decimal_to_double(value: Decimal) -> f64 {
    let mantissa = value.mantissa();
    match POWERS.get(value.scale() as usize) {
        // Both are exact, so the quotient is rounded once.
        Some(power) if mantissa.unsigned_abs() < 1 << 53 => mantissa as f64 / power,
        _ => value.to_string().parse().unwrap_or(f64::NAN),
    }
}

/// The lexical form of `xs:double`, white space around it allowed; no hexadecimal, no `Infinity`, no suffix.
pub(crate) fn parse_double(text: &str) -> Option<f64> {
    if let Some(value) = short(text.as_bytes()) {
        return Some(value);
    }
    let text = text.trim_matches(is_space);
    match text {
        "INF" | "+INF" => Some(f64::INFINITY),
        "-INF" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        _ if is_plain(text) => text.parse().ok(),
        _ => None,
    }
}

/// The lexical form of `xs:float`.
pub(super) fn parse_float(text: &str) -> Option<f32> {
    match text {
        "INF" | "+INF" => Some(f32::INFINITY),
        "-INF" => Some(f32::NEG_INFINITY),
        "NaN" => Some(f32::NAN),
        _ if is_plain(text) => text.parse().ok(),
        _ => None,
    }
}

/// Up to fifteen digits, a point among them perhaps: what nearly all numbers of documents are.
fn short(bytes: &[u8]) -> Option<f64> {
    let (negative, digits) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, bytes),
    };
    if digits.is_empty() || digits.len() > 16 || digits == b"." {
        return None;
    }
    let (mut mantissa, mut point) = (0_u64, None);
    for (place, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => mantissa = mantissa * 10 + u64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(place),
            _ => return None,
        }
    }
    if mantissa >= 1 << 53 {
        return None;
    }
    let n_decimals = point.map_or(0, |place| digits.len() - place - 1);
    let value = mantissa as f64 / POWERS[n_decimals];
    Some(if negative { -value } else { value })
}

/// Digits, point, exponent and nothing else: what Rust reads beside that, XML Schema does not.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
        && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// `FORG0001` when malformed, `FOCA0006` with more digits than a decimal holds here.
pub(super) fn parse_decimal(text: &str) -> Res<Decimal> {
    let malformed = || Error::new("FORG0001", "the lexical form of xs:decimal");
    let (negative, digits) = signed(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
        return Err(malformed());
    }
    let too_long = || Error::new("FOCA0006", "a decimal within 28 digits (longer ones are not supported)");
    let fraction = fraction.trim_end_matches('0');
    let mantissa = whole.bytes().chain(fraction.bytes());
    let mantissa =
        mantissa.clone().try_fold(0_i128, |sum, digit| sum.checked_mul(10)?.checked_add(i128::from(digit - b'0')));
    let scale = u32::try_from(fraction.len()).map_err(|_| too_long())?;
    let mantissa = mantissa.map(|mantissa| if negative { -mantissa } else { mantissa }).ok_or_else(too_long)?;
    Decimal::try_from_i128_with_scale(mantissa, scale).map_err(|_| too_long())
}

/// `FORG0001` when malformed, `FOCA0003` beyond 128 bits.
pub(super) fn parse_integer(text: &str) -> Res<i128> {
    let (negative, digits) = signed(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::new("FORG0001", "the lexical form of xs:integer"));
    }
    let digit = |byte: u8| i128::from(byte - b'0');
    let value = digits.bytes().try_fold(0_i128, |sum, byte| sum.checked_mul(10)?.checked_add(digit(byte)));
    value.map(|value| if negative { -value } else { value }).ok_or_else(large_integer)
}

fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn large_integer() -> Box<Error> {
    Error::new("FOCA0003", "an integer within 128 bits (larger ones are not supported)")
}

/// An integer of the type at this place of [`BOUNDED`]. `FORG0001` outside its bounds.
pub(super) fn bounded(value: i128, place: u8) -> Res<Atomic<'static>> {
    match BOUNDED.get(usize::from(place)) {
        Some((_, least, greatest)) if (least..=greatest).contains(&&value) => Ok(Atomic::integer(value)),
        _ => Err(Error::new("FORG0001", "an integer within the bounds of its type")),
    }
}

/// Casts of numbers and truth values to numbers and truth values. Source: F&O §17.1.3.
pub(super) fn from_number(value: &Atomic<'_>, to: AtomicType) -> Res<Atomic<'static>> {
    match to {
        AtomicType::Double => double_of(value).map(Atomic::Double).map_or_else(not_allowed, Ok),
        AtomicType::Float => float_of(value).map(Atomic::Float).map_or_else(not_allowed, Ok),
        AtomicType::Decimal => to_decimal(value).map(Atomic::Decimal),
        AtomicType::Integer => to_integer(value).map(Atomic::integer),
        AtomicType::Bounded(place) => bounded(to_integer(value)?, place),
        AtomicType::Boolean => crate::value::truth_of(value).map(Atomic::Boolean),
        _ => not_allowed(),
    }
}

fn not_allowed<T>() -> Res<T> {
    type_error("a cast that the type of the value allows")
}

fn to_decimal(value: &Atomic<'_>) -> Res<Decimal> {
    match value {
        Atomic::Decimal(value) => Ok(*value),
        Atomic::Float(_) | Atomic::Double(_) => {
            let value = double_of(value).unwrap_or(f64::NAN);
            if !value.is_finite() {
                return Err(Error::new("FOCA0002", "a finite number"));
            }
            rounded_decimal(value).ok_or_else(large_decimal)
        }
        _ => Decimal::try_from_i128_with_scale(to_integer(value)?, 0).map_err(|_| large_decimal()),
    }
}

fn large_decimal() -> Box<Error> {
    Error::new("FOCA0001", "a decimal within 28 digits (larger ones are not supported)")
}

/// The decimal nearest to a double among those of 28 digits. `None` when it is too large.
fn rounded_decimal(value: f64) -> Option<Decimal> {
    // Formatting gives the exact digits of a double, rounded at the last.
    let (mut n_whole, mut size) = (1, value.abs());
    while size >= 10.0 && n_whole < 30 {
        (n_whole, size) = (n_whole + 1, size / 10.0);
    }
    let n_decimals = 28_usize.saturating_sub(n_whole);
    let text = format!("{value:.n_decimals$}");
    parse_decimal(&text).ok()
}

fn to_integer(value: &Atomic<'_>) -> Res<i128> {
    match value {
        Atomic::Integer(value) => Ok(i128::from(*value)),
        Atomic::Large(value) => Ok(**value),
        Atomic::Decimal(value) => Ok(value.trunc().mantissa()),
        Atomic::Boolean(value) => Ok(i128::from(*value)),
        _ => {
            let value = double_of(value).unwrap_or(f64::NAN);
            if !value.is_finite() {
                return Err(Error::new("FOCA0002", "a finite number"));
            }
            let bound = 2_f64.powi(127);
            if value.abs() < bound { Ok(value as i128) } else { Err(large_integer()) }
        }
    }
}

/// The canonical form of a double: plain from one millionth up to one million, else with an exponent.
///
/// Source: F&O §17.1.2.
pub(super) fn double_text(value: f64) -> Cow<'static, str> {
    if let Some(text) = special(value) {
        return Cow::Borrowed(text);
    }
    let size = value.abs();
    Cow::Owned(if (1e-6..1e6).contains(&size) { value.to_string() } else { exponent(&format!("{value:e}")) })
}

/// The canonical form of a float, as that of a double.
pub(super) fn float_text(value: f32) -> Cow<'static, str> {
    if let Some(text) = special(value.into()) {
        return Cow::Borrowed(text);
    }
    let size = value.abs();
    Cow::Owned(if (1e-6..1e6).contains(&size) { value.to_string() } else { exponent(&format!("{value:e}")) })
}

fn special(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value.is_infinite() {
        Some(if value > 0.0 { "INF" } else { "-INF" })
    } else if value == 0.0 {
        Some(if value.is_sign_negative() { "-0" } else { "0" })
    } else {
        None
    }
}

/// `1e6` as `1.0E6`.
fn exponent(text: &str) -> String {
    match text.split_once('e') {
        Some((mantissa, exponent)) if mantissa.contains('.') => format!("{mantissa}E{exponent}"),
        Some((mantissa, exponent)) => format!("{mantissa}.0E{exponent}"),
        None => text.to_string(),
    }
}
