//! `sum`, `avg`, `min` and `max` (F&O §15.4). Empty sequences give `None`: what they mean is the caller's.

use super::{arithmetic, promoted, typed};
use crate::cast::double_of;
use crate::compare::order;
use crate::error::{Error, Res};
use crate::expr::Arithmetic;
use crate::value::Atomic;
use std::cmp::Ordering;

fn refused() -> Box<Error> {
    Error::new("FORG0006", "numbers, or durations of one ordered type")
}

/// `FORG0006` unless all are numbers, or durations; durations of different types are `XPTY0004`, as in Saxon.
pub(crate) fn sum<'d>(values: &[Atomic<'d>]) -> Res<Option<Atomic<'d>>> {
    let Some((first, rest)) = values.split_first() else { return Ok(None) };
    let mut total = typed(first)?;
    let is_ordered = |value: &Atomic<'_>| match value {
        Atomic::Duration(duration) => duration.order(duration).is_some(),
        _ => value.is_numeric(),
    };
    if !is_ordered(&total) {
        return Err(refused());
    }
    for value in rest {
        let value = typed(value)?;
        if !is_ordered(&value) || value.is_numeric() != total.is_numeric() {
            return Err(refused());
        }
        total = arithmetic(Arithmetic::Add, &total, &value)?;
    }
    Ok(Some(total))
}

/// The sum by the count.
pub(crate) fn avg<'d>(values: &[Atomic<'d>]) -> Res<Option<Atomic<'d>>> {
    let Some(total) = sum(values)? else { return Ok(None) };
    arithmetic(Arithmetic::Divide, &total, &Atomic::integer(values.len() as i128)).map(Some)
}

/// The greatest. With NaN among them, NaN. Numbers of several types come back as the type all can be promoted to.
pub(crate) fn max<'d>(values: &[Atomic<'d>]) -> Res<Option<Atomic<'d>>> {
    extreme(values, Ordering::Greater)
}

/// The least; see [`max`].
pub(crate) fn min<'d>(values: &[Atomic<'d>]) -> Res<Option<Atomic<'d>>> {
    extreme(values, Ordering::Less)
}

fn extreme<'d>(values: &[Atomic<'d>], wanted: Ordering) -> Res<Option<Atomic<'d>>> {
    let Some((first, rest)) = values.split_first() else { return Ok(None) };
    let mut best = comparable(first)?;
    // A value that is not ordered, such as xs:gYear, is refused even alone.
    order(&best, &best)?;
    for value in rest {
        let value = comparable(value)?;
        if is_nan(&best) && value.is_numeric() || is_nan(&value) && best.is_numeric() {
            best = like(Atomic::Double(f64::NAN), &best, &value);
            continue;
        }
        best = match order(&value, &best)? {
            ordering if ordering == wanted => like(value, &best, &Atomic::Integer(0)),
            _ => like(best, &value, &Atomic::Integer(0)),
        };
    }
    Ok(Some(best))
}

/// Untyped values as doubles, URIs as strings.
fn comparable<'d>(value: &Atomic<'d>) -> Res<Atomic<'d>> {
    Ok(match typed(value)? {
        Atomic::Uri(text) => Atomic::String(text),
        value => value,
    })
}

fn is_nan(value: &Atomic<'_>) -> bool {
    double_of(value).is_some_and(f64::is_nan)
}

/// A number as a float or double when one of the others is; NaN is given as a double and becomes a float between floats.
fn like<'d>(value: Atomic<'d>, a: &Atomic<'_>, b: &Atomic<'_>) -> Atomic<'d> {
    if !value.is_numeric() {
        return value;
    }
    let others = promoted(a, b);
    match others {
        Some(super::Pair::Doubles(..)) => Atomic::Double(double_of(&value).unwrap_or(f64::NAN)),
        Some(super::Pair::Floats(..)) => match value {
            Atomic::Double(value) if !value.is_nan() => Atomic::Double(value),
            _ => Atomic::Float(crate::cast::float_of(&value).unwrap_or(f32::NAN)),
        },
        _ => value,
    }
}
