//! Comparisons of two atomic values: by the rules of value comparison, of general comparison, and of XPath 1.0.

mod distinct;

pub(crate) use distinct::{distinct, same};

use crate::cast::{cast, double_of, float_of, number, parse_double};
use crate::error::{Error, Res, type_error};
use crate::expr::Comparison;
use crate::types::AtomicType;
use crate::value::{Atomic, truth_of};
use rust_decimal::Decimal;
use std::cmp::Ordering;

/// `eq`, `ne`, `lt`…: untyped values are strings; types that cannot be compared are `XPTY0004`. Source: XPath 2.0 §3.5.1.
///
/// Strings are compared by code point. As in Saxon, binary values are ordered too.
pub(crate) fn value(op: Comparison, a: &Atomic<'_>, b: &Atomic<'_>) -> Res<bool> {
    if let (Some(a), Some(b)) = (as_text(a), as_text(b)) {
        return Ok(compare_text(op, a, b));
    }
    if let (Atomic::Integer(a), Atomic::Integer(b)) = (a, b) {
        return Ok(op.holds(Some(a.cmp(b))));
    }
    if a.is_numeric() && b.is_numeric() {
        return Ok(op.holds(numeric(a, b)));
    }
    let only_equality = matches!(op, Comparison::Eq | Comparison::Ne);
    let ordering = match (a, b) {
        (Atomic::Boolean(a), Atomic::Boolean(b)) => a.cmp(b),
        (Atomic::Moment(a), Atomic::Moment(b)) if a.kind == b.kind && (only_equality || is_ordered(a.kind)) => {
            a.instant().cmp(&b.instant())
        }
        (Atomic::Duration(a), Atomic::Duration(b)) if only_equality => {
            if a.equals(b) {
                Ordering::Equal
            } else {
                Ordering::Less
            }
        }
        (Atomic::Duration(a), Atomic::Duration(b)) => match a.order(b) {
            Some(ordering) => ordering,
            None => return incomparable(),
        },
        (Atomic::QName(a), Atomic::QName(b)) if only_equality => {
            (&a.namespace, &a.local).cmp(&(&b.namespace, &b.local))
        }
        (Atomic::Binary(kind, a), Atomic::Binary(other, b)) if kind == other => a.cmp(b),
        _ => return incomparable(),
    };
    Ok(op.holds(Some(ordering)))
}

/// `=`, `!=`, `<`… between two atomized values: an untyped value takes the type of the other. Source: XPath 2.0 §3.5.2.
///
/// Not supported: an untyped value against an `xs:QName`, which would need namespaces (`XPTY0004`).
pub(crate) fn general(op: Comparison, a: &Atomic<'_>, b: &Atomic<'_>) -> Res<bool> {
    match (a, b) {
        (Atomic::Untyped(a) | Atomic::String(a), Atomic::Untyped(b) | Atomic::String(b)) => Ok(compare_text(op, a, b)),
        (Atomic::Integer(a), Atomic::Integer(b)) => Ok(op.holds(Some(a.cmp(b)))),
        (Atomic::Untyped(text), other) if other.is_numeric() => {
            Ok(op.holds(to_double(text)?.partial_cmp(&number(other))))
        }
        (other, Atomic::Untyped(text)) if other.is_numeric() => {
            Ok(op.holds(number(other).partial_cmp(&to_double(text)?)))
        }
        (Atomic::Untyped(_), other) => match type_of(other) {
            Some(kind) => value(op, &cast(a, kind)?, other),
            None => value(op, a, b),
        },
        (other, Atomic::Untyped(_)) => match type_of(other) {
            Some(kind) => value(op, other, &cast(b, kind)?),
            None => value(op, a, b),
        },
        _ => value(op, a, b),
    }
}

/// Comparison by the rules of XPath 1.0: truth values decide, then numbers, then text; `<` and its like are always on numbers.
///
/// Source: XPath 1.0 §3.4.
pub(crate) fn general1(op: Comparison, a: &Atomic<'_>, b: &Atomic<'_>) -> bool {
    if !matches!(op, Comparison::Eq | Comparison::Ne) {
        return op.holds(number(a).partial_cmp(&number(b)));
    }
    let truth = |value: &Atomic<'_>| truth_of(value).unwrap_or(true);
    if matches!(a, Atomic::Boolean(_)) || matches!(b, Atomic::Boolean(_)) {
        return op.holds(Some(truth(a).cmp(&truth(b))));
    }
    if a.is_numeric() || b.is_numeric() {
        return op.holds(number(a).partial_cmp(&number(b)));
    }
    compare_text(op, &crate::cast::text(a), &crate::cast::text(b))
}

/// The order of two values, for `max` and `min`: `FORG0006` when they have none. NaN is the caller's business.
pub(crate) fn order(a: &Atomic<'_>, b: &Atomic<'_>) -> Res<Ordering> {
    let refused = || Error::new("FORG0006", "values that are ordered among themselves");
    let below = value(Comparison::Lt, a, b).map_err(|_| refused())?;
    let above = value(Comparison::Gt, a, b).map_err(|_| refused())?;
    Ok(above.cmp(&below))
}

/// Text of the three types that are compared as strings.
fn as_text<'a>(value: &'a Atomic<'_>) -> Option<&'a str> {
    match value {
        Atomic::Untyped(text) | Atomic::String(text) | Atomic::Uri(text) => Some(text),
        _ => None,
    }
}

/// The order of bytes in UTF-8 is that of code points.
fn compare_text(op: Comparison, a: &str, b: &str) -> bool {
    match op {
        Comparison::Eq => a == b,
        Comparison::Ne => a != b,
        _ => op.holds(Some(a.cmp(b))),
    }
}

/// Numeric promotion, then IEEE 754 order; `None` with NaN. Source: F&O §6.3, XPath 2.0 appendix B.1.
///
/// A float and an integer are compared as doubles, as in Saxon.
pub(crate) fn numeric(a: &Atomic<'_>, b: &Atomic<'_>) -> Option<Ordering> {
    match (a, b) {
        (Atomic::Float(_), Atomic::Decimal(_)) | (Atomic::Decimal(_), Atomic::Float(_)) => {
            float_of(a)?.partial_cmp(&float_of(b)?)
        }
        (Atomic::Double(_) | Atomic::Float(_), _) | (_, Atomic::Double(_) | Atomic::Float(_)) => {
            double_of(a)?.partial_cmp(&double_of(b)?)
        }
        (Atomic::Decimal(a), Atomic::Decimal(b)) => Some(a.cmp(b)),
        (Atomic::Decimal(a), _) => Some(decimal_to_integer(*a, whole(b)?)),
        (_, Atomic::Decimal(b)) => Some(decimal_to_integer(*b, whole(a)?).reverse()),
        _ => Some(whole(a)?.cmp(&whole(b)?)),
    }
}

/// An integer that no decimal can hold is beyond all of them.
fn decimal_to_integer(a: Decimal, b: i128) -> Ordering {
    match Decimal::try_from_i128_with_scale(b, 0) {
        Ok(b) => a.cmp(&b),
        Err(_) => 0.cmp(&b),
    }
}

/// The value of an integer.
pub(crate) fn whole(value: &Atomic<'_>) -> Option<i128> {
    match value {
        Atomic::Integer(value) => Some(i128::from(*value)),
        Atomic::Large(value) => Some(**value),
        _ => None,
    }
}

fn to_double(text: &str) -> Res<f64> {
    parse_double(text).ok_or_else(|| Error::new("FORG0001", "the lexical form of xs:double"))
}

fn is_ordered(kind: AtomicType) -> bool {
    matches!(kind, AtomicType::DateTime | AtomicType::Date | AtomicType::Time)
}

fn incomparable<T>() -> Res<T> {
    type_error("two values that this operator compares")
}

/// What an untyped value is cast to when it meets this one; `None` where it is compared as it is.
fn type_of(value: &Atomic<'_>) -> Option<AtomicType> {
    match value {
        Atomic::Boolean(_) => Some(AtomicType::Boolean),
        Atomic::Moment(moment) => Some(moment.kind),
        Atomic::Duration(duration) => Some(duration.kind),
        Atomic::Binary(kind, _) => Some(*kind),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn untyped(text: &'static str) -> Atomic<'static> {
        Atomic::Untyped(text.into())
    }

    fn string(text: &'static str) -> Atomic<'static> {
        Atomic::String(text.into())
    }

    #[test]
    fn an_untyped_value_takes_the_type_of_the_other() {
        let date = cast(&string("2004-01-01"), AtomicType::Date).expect("a date");
        let table = [
            (untyped("10"), Comparison::Lt, untyped("9"), Ok(true)),
            (untyped("10"), Comparison::Lt, Atomic::Integer(9), Ok(false)),
            (untyped(" 10 "), Comparison::Eq, Atomic::Integer(10), Ok(true)),
            (untyped("a"), Comparison::Eq, Atomic::Integer(1), Err("FORG0001")),
            (untyped("1"), Comparison::Eq, Atomic::Boolean(true), Ok(true)),
            (untyped("x"), Comparison::Eq, Atomic::Boolean(true), Err("FORG0001")),
            (untyped("2004-01-01Z"), Comparison::Eq, date.clone(), Ok(true)),
            (string("2004-01-01"), Comparison::Eq, date, Err("XPTY0004")),
            (string("a"), Comparison::Eq, Atomic::Integer(1), Err("XPTY0004")),
            (Atomic::Double(f64::NAN), Comparison::Ne, Atomic::Double(f64::NAN), Ok(true)),
            (Atomic::Double(f64::NAN), Comparison::Ge, Atomic::Integer(1), Ok(false)),
        ];
        for (a, op, b, expected) in table {
            let found = general(op, &a, &b);
            assert_eq!(found.map_err(|error| error.code), expected.map_err(Into::into), "{a:?} {op:?} {b:?}");
        }
        assert!(value(Comparison::Eq, &untyped("1"), &Atomic::Integer(1)).is_err());
    }

    #[test]
    fn the_rules_of_xpath_1_never_refuse() {
        assert!(general1(Comparison::Eq, &string("a"), &Atomic::Boolean(true)));
        assert!(general1(Comparison::Eq, &string("1.0"), &Atomic::Integer(1)));
        assert!(!general1(Comparison::Eq, &string("1.0"), &string("1")));
        assert!(general1(Comparison::Lt, &string("9"), &string("10")));
        assert!(!general1(Comparison::Lt, &string("a"), &string("b")));
    }

    #[test]
    fn distinct_values_are_kept_in_order() {
        let values = [
            Atomic::Integer(1),
            Atomic::Decimal(Decimal::ONE),
            Atomic::Double(1.0),
            string("1"),
            untyped("1"),
            Atomic::Double(f64::NAN),
            Atomic::Float(f32::NAN),
            Atomic::Boolean(true),
        ];
        let kept: Vec<_> = distinct(values, &|_| Ok(()))
            .unwrap_or_default()
            .iter()
            .map(|value| crate::cast::text(value).into_owned())
            .collect();
        assert_eq!(kept, ["1", "1", "NaN", "true"]);
    }
}
