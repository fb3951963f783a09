//! The canonical forms of dates, times and durations (F&O §17.1.2, XML Schema part 2 §3.2.6 to §3.2.14).

use super::{Duration, Moment};
use crate::types::AtomicType;
use rust_decimal::Decimal;
use std::fmt;

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use AtomicType as T;
        let sign = if self.year < 0 { "-" } else { "" };
        let (year, month, day) = (self.year.unsigned_abs(), self.month, self.day);
        match self.kind {
            T::Date => write!(f, "{sign}{year:04}-{month:02}-{day:02}")?,
            T::Time => self.write_time(f)?,
            T::GYear => write!(f, "{sign}{year:04}")?,
            T::GYearMonth => write!(f, "{sign}{year:04}-{month:02}")?,
            T::GMonth => write!(f, "--{month:02}")?,
            T::GMonthDay => write!(f, "--{month:02}-{day:02}")?,
            T::GDay => write!(f, "---{day:02}")?,
            _ => {
                write!(f, "{sign}{year:04}-{month:02}-{day:02}T")?;
                self.write_time(f)?;
            }
        }
        match self.offset {
            None => Ok(()),
            Some(0) => f.write_str("Z"),
            Some(offset) => {
                let sign = if offset < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60)
            }
        }
    }
}

impl Moment {
    fn write_time(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pad = if self.second < Decimal::TEN { "0" } else { "" };
        write!(f, "{:02}:{:02}:{pad}{}", self.hour, self.minute, self.second.normalize())
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.months == 0 && self.seconds.is_zero() {
            return f.write_str(if self.kind == AtomicType::YearMonthDuration { "P0M" } else { "PT0S" });
        }
        if self.months < 0 || self.seconds.is_sign_negative() && !self.seconds.is_zero() {
            f.write_str("-")?;
        }
        f.write_str("P")?;
        let months = self.months.unsigned_abs();
        part(f, u128::from(months / 12), 'Y')?;
        part(f, u128::from(months % 12), 'M')?;
        let seconds = self.seconds.abs();
        if seconds.is_zero() {
            return Ok(());
        }
        let whole = seconds.trunc().mantissa().unsigned_abs();
        part(f, whole / 86_400, 'D')?;
        let fraction = seconds.fract();
        if whole.is_multiple_of(86_400) && fraction.is_zero() {
            return Ok(());
        }
        f.write_str("T")?;
        part(f, whole / 3600 % 24, 'H')?;
        part(f, whole / 60 % 60, 'M')?;
        let rest = Decimal::from((whole % 60) as u8);
        match rest.checked_add(fraction) {
            Some(rest) if !rest.is_zero() => write!(f, "{}S", rest.normalize()),
            _ => Ok(()),
        }
    }
}

fn part(f: &mut fmt::Formatter<'_>, count: u128, designator: char) -> fmt::Result {
    if count == 0 { Ok(()) } else { write!(f, "{count}{designator}") }
}
