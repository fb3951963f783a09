//! Arithmetic and casts of durations (F&O §10.6 and §17.1.4).

use super::{Duration, too_long};
use crate::error::{Error, Res, type_error};
use crate::types::AtomicType;
use rust_decimal::Decimal;
use std::cmp::Ordering;

impl Duration {
    /// The same length seen as another of the types; what that type cannot hold is dropped.
    pub(crate) fn as_kind(&self, to: AtomicType) -> Self {
        match to {
            AtomicType::YearMonthDuration => Self { kind: to, months: self.months, seconds: Decimal::ZERO },
            AtomicType::DayTimeDuration => Self { kind: to, months: 0, seconds: self.seconds },
            _ => Self { kind: to, ..self.clone() },
        }
    }

    /// Order within one of the ordered types, `None` for any other pair. Source: F&O §10.4.1 to §10.4.4.
    pub(crate) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self.kind, other.kind) {
            (AtomicType::YearMonthDuration, AtomicType::YearMonthDuration) => Some(self.months.cmp(&other.months)),
            (AtomicType::DayTimeDuration, AtomicType::DayTimeDuration) => Some(self.seconds.cmp(&other.seconds)),
            _ => None,
        }
    }

    /// Source: F&O §10.4.5.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        self.months == other.months && self.seconds == other.seconds
    }

    pub(crate) fn negate(&self) -> Res<Self> {
        let months = self.months.checked_neg().ok_or_else(too_long)?;
        Ok(Self { kind: self.kind, months, seconds: -self.seconds })
    }

    /// Source: F&O §10.6. `XPTY0004` unless both are of the same ordered type.
    pub(crate) fn add(&self, other: &Self) -> Res<Self> {
        if self.order(other).is_none() {
            return type_error("two durations of the same ordered type");
        }
        let months = self.months.checked_add(other.months).ok_or_else(too_long)?;
        let seconds = self.seconds.checked_add(other.seconds).ok_or_else(too_long)?;
        Ok(Self { kind: self.kind, months, seconds: seconds.normalize() })
    }

    /// Times a number: months are rounded, half upwards; `FOCA0005` for NaN, `FODT0002` beyond the bounds.
    pub(crate) fn times(&self, factor: f64) -> Res<Self> {
        if factor.is_nan() {
            return Err(Error::new("FOCA0005", "a number, not NaN"));
        }
        match self.kind {
            AtomicType::YearMonthDuration => self.rounded(self.months as f64 * factor),
            AtomicType::DayTimeDuration => {
                let factor = exact(factor).ok_or_else(too_long)?;
                let seconds = self.seconds.checked_mul(factor).ok_or_else(too_long)?;
                Ok(Self { kind: self.kind, months: 0, seconds: seconds.normalize() })
            }
            _ => type_error("a duration of an ordered type"),
        }
    }

    fn rounded(&self, months: f64) -> Res<Self> {
        let months = (months + 0.5).floor();
        if months.abs() >= i64::MAX as f64 {
            return Err(too_long());
        }
        Ok(Self { kind: self.kind, months: months as i64, seconds: Decimal::ZERO })
    }

    /// By a number: `FOAR0001` for zero. Twenty digits after the point are kept, as in Saxon.
    pub(crate) fn divided(&self, divisor: f64) -> Res<Self> {
        if divisor.is_nan() {
            return Err(Error::new("FOCA0005", "a number, not NaN"));
        }
        if divisor == 0.0 {
            return Err(Error::new("FOAR0001", "a divisor other than zero"));
        }
        if divisor.is_infinite() {
            return self.times(0.0);
        }
        match self.kind {
            AtomicType::YearMonthDuration => self.rounded(self.months as f64 / divisor),
            AtomicType::DayTimeDuration => {
                let divisor = exact(divisor).filter(|divisor| !divisor.is_zero()).ok_or_else(too_long)?;
                let seconds = self.seconds.checked_div(divisor).ok_or_else(too_long)?;
                Ok(Self { kind: self.kind, months: 0, seconds: seconds.trunc_with_scale(20).normalize() })
            }
            _ => type_error("a duration of an ordered type"),
        }
    }

    /// How many times the other: a decimal. Source: F&O §10.6.5 and §10.6.10.
    pub(crate) fn ratio(&self, other: &Self) -> Res<Decimal> {
        if self.order(other).is_none() {
            return type_error("two durations of the same ordered type");
        }
        let (a, b) = match self.kind {
            AtomicType::YearMonthDuration => (Decimal::from(self.months), Decimal::from(other.months)),
            _ => (self.seconds, other.seconds),
        };
        if b.is_zero() {
            return Err(Error::new("FOAR0001", "a divisor other than zero"));
        }
        Ok(a.checked_div(b).ok_or_else(too_long)?.round_dp(20).normalize())
    }
}

/// The decimal that a double is written as. `None` when it is out of range.
fn exact(value: f64) -> Option<Decimal> {
    if value.is_infinite() || value.abs() > 7e28 {
        return None;
    }
    let text = format!("{value}");
    text.parse().ok()
}
