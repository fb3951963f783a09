//! Arithmetic on atomic values: numbers, dates, times and durations.
//!
//! Integers are of 128 bits and decimals of 28 digits; what goes beyond is `FOAR0002`.

mod aggregate;
mod division;
mod rounding;

pub(crate) use aggregate::{avg, max, min, sum};
pub(crate) use rounding::{abs, ceiling, floor, round, round_double, round_half_to_even};

use crate::cast::{double_of, float_of, parse_double};
use crate::compare::whole;
use crate::error::{Error, Res, type_error};
use crate::expr::Arithmetic;
use crate::value::Atomic;
use rust_decimal::Decimal;

/// One operation on two values. Untyped values become doubles. Source: XPath 2.0 §3.4 and appendix B.2, F&O §6.2 and §10.
pub(crate) fn arithmetic<'d>(op: Arithmetic, a: &Atomic<'d>, b: &Atomic<'d>) -> Res<Atomic<'d>> {
    if let (Atomic::Integer(a), Atomic::Integer(b)) = (a, b) {
        let fast = match op {
            Arithmetic::Add => a.checked_add(*b),
            Arithmetic::Subtract => a.checked_sub(*b),
            Arithmetic::Multiply => a.checked_mul(*b),
            _ => None,
        };
        if let Some(value) = fast {
            return Ok(Atomic::Integer(value));
        }
    }
    if matches!(a, Atomic::Untyped(_)) || matches!(b, Atomic::Untyped(_)) {
        return arithmetic(op, &typed(a)?, &typed(b)?);
    }
    if a.is_numeric() && b.is_numeric() {
        return match promoted(a, b).ok_or_else(overflow)? {
            Pair::Integers(a, b) => integers(op, a, b),
            Pair::Decimals(a, b) => decimals(op, a, b),
            Pair::Floats(a, b) if op == Arithmetic::IntegerDivide => whole_quotient(f64::from(a), f64::from(b)),
            Pair::Floats(a, b) => Ok(Atomic::Float(ieee32(op, a, b))),
            Pair::Doubles(a, b) if op == Arithmetic::IntegerDivide => whole_quotient(a, b),
            Pair::Doubles(a, b) => Ok(Atomic::Double(ieee64(op, a, b))),
        };
    }
    temporal(op, a, b)
}

/// The unary minus. Source: F&O §6.2.8.
pub(crate) fn negate<'d>(value: &Atomic<'d>) -> Res<Atomic<'d>> {
    match value {
        Atomic::Untyped(_) => negate(&typed(value)?),
        Atomic::Integer(value) => Ok(Atomic::integer(-i128::from(*value))),
        Atomic::Large(value) => value.checked_neg().map(Atomic::integer).ok_or_else(overflow),
        Atomic::Decimal(value) => Ok(Atomic::Decimal(-*value)),
        Atomic::Float(value) => Ok(Atomic::Float(-value)),
        Atomic::Double(value) => Ok(Atomic::Double(-value)),
        _ => not_a_number(),
    }
}

/// The unary plus: the same number, untyped values as doubles. Source: F&O §6.2.7.
pub(crate) fn plus<'d>(value: &Atomic<'d>) -> Res<Atomic<'d>> {
    match typed(value)? {
        value if value.is_numeric() => Ok(value),
        _ => not_a_number(),
    }
}

fn not_a_number<T>() -> Res<T> {
    type_error("a number")
}

fn overflow() -> Box<Error> {
    Error::new(
        "FOAR0002",
        "a result within 128 bits, or within 28 digits for a decimal (larger ones are not supported)",
    )
}

fn zero() -> Box<Error> {
    Error::new("FOAR0001", "a divisor other than zero")
}

/// Untyped values as doubles, others as they are. `FORG0001` for an untyped value that is no number.
pub(crate) fn typed<'d>(value: &Atomic<'d>) -> Res<Atomic<'d>> {
    match value {
        Atomic::Untyped(text) => match parse_double(text) {
            Some(value) => Ok(Atomic::Double(value)),
            None => Err(Error::new("FORG0001", "the lexical form of xs:double")),
        },
        _ => Ok(value.clone()),
    }
}

/// Two numbers of the same type.
enum Pair {
    Integers(i128, i128),
    Decimals(Decimal, Decimal),
    Floats(f32, f32),
    Doubles(f64, f64),
}

/// Numeric promotion (XPath 2.0 appendix B.1). `None` when an integer is too large for a decimal.
fn promoted(a: &Atomic<'_>, b: &Atomic<'_>) -> Option<Pair> {
    let is_double = |value: &Atomic<'_>| matches!(value, Atomic::Double(_));
    let is_float = |value: &Atomic<'_>| matches!(value, Atomic::Float(_));
    if is_double(a) || is_double(b) {
        return Some(Pair::Doubles(double_of(a)?, double_of(b)?));
    }
    if is_float(a) || is_float(b) {
        return Some(Pair::Floats(float_of(a)?, float_of(b)?));
    }
    if let (Some(a), Some(b)) = (whole(a), whole(b)) {
        return Some(Pair::Integers(a, b));
    }
    Some(Pair::Decimals(decimal_of(a)?, decimal_of(b)?))
}

/// A decimal or integer as a decimal.
fn decimal_of(value: &Atomic<'_>) -> Option<Decimal> {
    match value {
        Atomic::Decimal(value) => Some(*value),
        _ => Decimal::try_from_i128_with_scale(whole(value)?, 0).ok(),
    }
}

fn integers(op: Arithmetic, a: i128, b: i128) -> Res<Atomic<'static>> {
    let is_division = matches!(op, Arithmetic::Divide | Arithmetic::IntegerDivide | Arithmetic::Modulo);
    if is_division && b == 0 {
        return Err(zero());
    }
    let result = match op {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        // As in Saxon, a quotient without remainder is an integer.
        Arithmetic::Divide if a.checked_rem(b) == Some(0) => a.checked_div(b),
        Arithmetic::Divide => {
            let decimal = |value| Decimal::try_from_i128_with_scale(value, 0).map_err(|_| overflow());
            return division::quotient(decimal(a)?, decimal(b)?).map(Atomic::Decimal).ok_or_else(overflow);
        }
        Arithmetic::IntegerDivide => a.checked_div(b),
        Arithmetic::Modulo => Some(a.checked_rem(b).unwrap_or(0)),
    };
    result.map(Atomic::integer).ok_or_else(overflow)
}

fn decimals(op: Arithmetic, a: Decimal, b: Decimal) -> Res<Atomic<'static>> {
    let is_division = matches!(op, Arithmetic::Divide | Arithmetic::IntegerDivide | Arithmetic::Modulo);
    if is_division && b.is_zero() {
        return Err(zero());
    }
    let result = match op {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide => division::quotient(a, b),
        Arithmetic::IntegerDivide => {
            return division::whole_quotient(a, b).map(Atomic::integer).ok_or_else(overflow);
        }
        Arithmetic::Modulo => a.checked_rem(b),
    };
    result.map(|value| Atomic::Decimal(value.normalize())).ok_or_else(overflow)
}

fn ieee64(op: Arithmetic, a: f64, b: f64) -> f64 {
    match op {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide | Arithmetic::IntegerDivide => a / b,
        Arithmetic::Modulo => a % b,
    }
}

fn ieee32(op: Arithmetic, a: f32, b: f32) -> f32 {
    match op {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide | Arithmetic::IntegerDivide => a / b,
        Arithmetic::Modulo => a % b,
    }
}

/// `idiv` of doubles and floats: `FOAR0001` by zero, `FOAR0002` for NaN, infinity or overflow. Source: F&O §6.2.5.
fn whole_quotient(a: f64, b: f64) -> Res<Atomic<'static>> {
    if b == 0.0 {
        return Err(zero());
    }
    let quotient = (a / b).trunc();
    if a.is_infinite() || quotient.is_nan() || quotient.abs() >= 2_f64.powi(127) {
        return Err(overflow());
    }
    Ok(Atomic::integer(quotient as i128))
}

/// Dates, times and durations. Source: F&O §10.6 and §10.8; XPath 2.0 appendix B.2 for which pairs exist.
fn temporal<'d>(op: Arithmetic, a: &Atomic<'d>, b: &Atomic<'d>) -> Res<Atomic<'d>> {
    use Arithmetic::{Add, Divide, Multiply, Subtract};
    use Atomic::{Duration, Moment};
    let moment = |moment| Moment(Box::new(moment));
    let duration = |duration| Duration(Box::new(duration));
    match (op, a, b) {
        (Add, Moment(a), Duration(b)) | (Add, Duration(b), Moment(a)) => a.add(b).map(moment),
        (Subtract, Moment(a), Duration(b)) => a.add(&b.negate()?).map(moment),
        (Subtract, Moment(a), Moment(b)) => a.since(b).map(duration),
        (Add, Duration(a), Duration(b)) => a.add(b).map(duration),
        (Subtract, Duration(a), Duration(b)) => a.add(&b.negate()?).map(duration),
        (Divide, Duration(a), Duration(b)) => a.ratio(b).map(Atomic::Decimal),
        (Multiply, Duration(a), number) | (Multiply, number, Duration(a)) if number.is_numeric() => {
            a.times(double_of(number).unwrap_or(f64::NAN)).map(duration)
        }
        (Divide, Duration(a), number) if number.is_numeric() => {
            a.divided(double_of(number).unwrap_or(f64::NAN)).map(duration)
        }
        _ => type_error("two values that this operator is defined for"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cast::{cast, text};
    use crate::types::AtomicType;

    fn read(text: &'static str, kind: AtomicType) -> Atomic<'static> {
        cast(&Atomic::String(text.into()), kind).expect("a value of the type")
    }

    /// Expected values are Saxon's.
    #[test]
    fn numbers_are_computed_as_saxon_does() {
        use Arithmetic::{Add, Divide, IntegerDivide, Modulo, Multiply, Subtract};
        use AtomicType::{Decimal, Double, Float, Integer, Untyped};
        let table = [
            ("1", Integer, Divide, "3", Integer, "0.333333333333333333"),
            ("2", Integer, Divide, "3", Integer, "0.666666666666666667"),
            ("0.0000001", Decimal, Divide, "3", Integer, "0.0000000333333333333333333"),
            ("123456789.123", Decimal, Divide, "7", Integer, "17636684.160428571428571428571"),
            ("1", Integer, Divide, "524288", Integer, "0.000001907348632812"),
            ("10", Integer, Divide, "2", Integer, "5"),
            ("2.00", Decimal, Divide, "0.5", Decimal, "4"),
            ("1", Integer, Divide, "0", Integer, "FOAR0001"),
            ("1", Double, Divide, "0", Integer, "INF"),
            ("0.1", Decimal, Add, "0.2", Decimal, "0.3"),
            ("0.1", Double, Add, "0.2", Double, "0.30000000000000004"),
            ("9223372036854775807", Integer, Add, "1", Integer, "9223372036854775808"),
            ("170141183460469231731687303715884105727", Integer, Multiply, "2", Integer, "FOAR0002"),
            ("-9223372036854775807", Integer, Subtract, "1", Integer, "-9223372036854775808"),
            ("-7", Integer, IntegerDivide, "2", Integer, "-3"),
            ("1.5", Decimal, IntegerDivide, "0.4", Decimal, "3"),
            ("1", Integer, IntegerDivide, "INF", Double, "0"),
            ("NaN", Double, IntegerDivide, "1", Integer, "FOAR0002"),
            ("-5", Integer, Modulo, "3", Integer, "-2"),
            ("1.5", Decimal, Modulo, "0.4", Decimal, "0.3"),
            ("1", Integer, Modulo, "0", Integer, "FOAR0001"),
            ("1", Float, Divide, "3", Integer, "0.33333334"),
            ("1.50", Untyped, Add, "0", Integer, "1.5"),
            ("a", Untyped, Add, "0", Integer, "FORG0001"),
        ];
        for (a, kind_a, op, b, kind_b, expected) in table {
            let found = arithmetic(op, &read(a, kind_a), &read(b, kind_b));
            let found = found.map_or_else(|error| error.code.to_string(), |value| text(&value).into_owned());
            assert_eq!(found, expected, "{a} {op:?} {b}");
        }
    }

    #[test]
    fn dates_and_durations_are_added() {
        use Arithmetic::{Add, Divide, Multiply, Subtract};
        use AtomicType::{Date, DateTime, DayTimeDuration, Double, Integer, Time, YearMonthDuration};
        let table = [
            ("2004-01-31", Date, Add, "P1M", YearMonthDuration, "2004-02-29"),
            ("2004-01-31", Date, Subtract, "PT1H", DayTimeDuration, "2004-01-30"),
            ("23:00:00", Time, Add, "PT2H", DayTimeDuration, "01:00:00"),
            ("2004-01-01T00:00:00", DateTime, Subtract, "2003-12-31T00:00:00+02:00", DateTime, "P1DT2H"),
            ("2004-01-01T00:00:00", DateTime, Add, "-P49M", YearMonthDuration, "1999-12-01T00:00:00"),
            ("0000-01-01", Date, Subtract, "P1D", DayTimeDuration, "-0001-12-31"),
            ("2004-01-01", Date, Add, "1", Integer, "XPTY0004"),
            ("2147483647-12-31", Date, Add, "P1D", DayTimeDuration, "FODT0001"),
            ("P5M", YearMonthDuration, Multiply, "-0.5", Double, "-P2M"),
            ("PT1S", DayTimeDuration, Divide, "3", Integer, "PT0.33333333333333333333S"),
            ("PT1S", DayTimeDuration, Divide, "0", Integer, "FOAR0001"),
            ("PT1S", DayTimeDuration, Multiply, "NaN", Double, "FOCA0005"),
            ("PT5S", DayTimeDuration, Divide, "PT3S", DayTimeDuration, "1.66666666666666666667"),
            ("P1Y", YearMonthDuration, Add, "P1D", DayTimeDuration, "XPTY0004"),
        ];
        for (a, kind_a, op, b, kind_b, expected) in table {
            let found = arithmetic(op, &read(a, kind_a), &read(b, kind_b));
            let found = found.map_or_else(|error| error.code.to_string(), |value| text(&value).into_owned());
            assert_eq!(found, expected, "{a} {op:?} {b}");
        }
    }

    #[test]
    fn halves_are_rounded_as_saxon_does() {
        let table = [
            ("2.5", AtomicType::Decimal, 0, "3", "2"),
            ("-2.5", AtomicType::Decimal, 0, "-2", "-2"),
            ("-0.4", AtomicType::Double, 0, "-0", "-0"),
            ("0.49999999999999994", AtomicType::Double, 0, "0", "0"),
            ("2.675", AtomicType::Double, 2, "3", "2.67"),
            ("2.675", AtomicType::Decimal, 2, "3", "2.68"),
            ("35650", AtomicType::Integer, -2, "35650", "35600"),
            ("125.0001", AtomicType::Double, -1, "125", "130"),
            ("1.0E300", AtomicType::Double, 20, "1.0E300", "1.0E300"),
        ];
        for (given, kind, precision, up, even) in table {
            let given = read(given, kind);
            assert_eq!(round(&given).map(|value| text(&value).into_owned()).as_deref(), Ok(up), "{given:?}");
            let found = round_half_to_even(&given, precision).map(|value| text(&value).into_owned());
            assert_eq!(found.as_deref(), Ok(even), "{given:?}");
        }
    }

    #[test]
    fn aggregates_promote_and_refuse() {
        let (one, two) = (Atomic::Integer(1), Atomic::Double(2.0));
        assert!(matches!(sum(&[one.clone(), two.clone()]), Ok(Some(Atomic::Double(3.0)))));
        assert!(matches!(max(&[Atomic::Integer(3), two.clone()]), Ok(Some(Atomic::Double(3.0)))));
        assert!(
            matches!(min(&[one.clone(), Atomic::Float(f32::NAN), two]), Ok(Some(Atomic::Double(nan))) if nan.is_nan())
        );
        assert!(matches!(avg(&[one.clone(), Atomic::Integer(3)]), Ok(Some(Atomic::Integer(2)))));
        assert!(matches!(sum(&[]), Ok(None)));
        let refused = |values: &[Atomic<'_>]| max(values).is_err_and(|error| error.code == "FORG0006");
        assert!(refused(&[one, Atomic::String("a".into())]));
        assert!(refused(&[read("2004", AtomicType::GYear)]));
    }
}
