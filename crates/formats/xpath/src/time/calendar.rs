//! The proleptic Gregorian calendar, the UTC timeline, and what moves a point along it.

use super::{Component, Duration, IMPLICIT_OFFSET_MINUTES, MAX_YEAR, Moment, nanos, seconds, too_far, too_long};
use crate::error::{Error, Res, type_error};
use crate::types::AtomicType;
use rust_decimal::Decimal;

const NANOS_PER_MINUTE: i128 = 60_000_000_000;
const NANOS_PER_DAY: i128 = 1440 * NANOS_PER_MINUTE;

pub(super) fn days_in_month(year: i64, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01. Years are counted from March, so that the leap day is the last.
fn days_from_civil(year: i64, month: u8, day: u8) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of a number of days since 1970-01-01.
fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let days = days + 719_468;
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = days.div_euclid(146_097) * 400 + year_of_era + i64::from(month <= 2);
    (year, month as u8, day as u8)
}

impl Moment {
    /// Nanoseconds since 1970-01-01T00:00:00, as the clock on the wall says.
    fn local(&self) -> i128 {
        let minutes = i128::from(self.hour) * 60 + i128::from(self.minute);
        i128::from(days_from_civil(self.year, self.month, self.day)) * NANOS_PER_DAY
            + minutes * NANOS_PER_MINUTE
            + nanos(self.second)
    }

    /// Its place on the UTC timeline, in nanoseconds since 1970: what comparisons look at (F&O §10.4).
    pub(crate) fn instant(&self) -> i128 {
        let offset = self.offset.unwrap_or(IMPLICIT_OFFSET_MINUTES);
        self.local() - i128::from(offset) * NANOS_PER_MINUTE
    }

    /// The same type and offset at another time on the wall. Times wrap at midnight, dates lose the hours.
    pub(super) fn at_local(&self, local: i128) -> Res<Self> {
        let mut out = self.clone();
        let within = local.rem_euclid(NANOS_PER_DAY);
        if self.kind != AtomicType::Time {
            let days = i64::try_from(local.div_euclid(NANOS_PER_DAY)).map_err(|_| too_far())?;
            // Ten times what the bound allows, so that the calendar cannot overflow.
            if days.abs() > MAX_YEAR * 3660 {
                return Err(too_far());
            }
            (out.year, out.month, out.day) = civil_from_days(days);
            if out.year.abs() > MAX_YEAR {
                return Err(too_far());
            }
        }
        if self.kind != AtomicType::Date {
            let minutes = within / NANOS_PER_MINUTE;
            out.hour = (minutes / 60) as u8;
            out.minute = (minutes % 60) as u8;
            out.second = seconds(within % NANOS_PER_MINUTE)?;
        }
        Ok(out)
    }

    /// Source: F&O §10.8. Months first cut the day to what the month has. `XPTY0004` for a part of a date, and for `xs:duration`.
    pub(crate) fn add(&self, duration: &Duration) -> Res<Self> {
        use AtomicType::{Date, DateTime, DayTimeDuration, Time, YearMonthDuration};
        match (self.kind, duration.kind) {
            (DateTime | Date | Time, DayTimeDuration) => {
                let local = self.local().checked_add(nanos(duration.seconds)).ok_or_else(too_far)?;
                self.at_local(local)
            }
            (DateTime | Date, YearMonthDuration) => {
                let months = (self.year * 12 + i64::from(self.month) - 1).checked_add(duration.months);
                let months = months.ok_or_else(too_far)?;
                let (year, month) = (months.div_euclid(12), months.rem_euclid(12) as u8 + 1);
                if year.abs() > MAX_YEAR {
                    return Err(too_far());
                }
                let day = self.day.min(days_in_month(year, month));
                Ok(Self { year, month, day, ..self.clone() })
            }
            _ => type_error("a date or time, and a duration that can be added to it"),
        }
    }

    /// How long from `other` to this, both of the same type. Source: F&O §10.8.
    pub(crate) fn since(&self, other: &Self) -> Res<Duration> {
        use AtomicType::{Date, DateTime, Time};
        if self.kind != other.kind || !matches!(self.kind, DateTime | Date | Time) {
            return type_error("two values of type xs:dateTime, xs:date or xs:time");
        }
        let seconds = seconds(self.instant() - other.instant())?;
        Ok(Duration { kind: AtomicType::DayTimeDuration, months: 0, seconds })
    }

    /// `adjust-dateTime-to-timezone` and its like; `None` takes the offset away. Source: F&O §10.7.
    pub(crate) fn adjust(&self, offset: Option<i16>) -> Res<Self> {
        match (self.offset, offset) {
            (Some(old), Some(new)) => {
                let local = self.local() + (i128::from(new) - i128::from(old)) * NANOS_PER_MINUTE;
                Ok(Self { offset, ..self.at_local(local)? })
            }
            _ => Ok(Self { offset, ..self.clone() }),
        }
    }
}

/// `fn:dateTime`: `FORG0008` when both have an offset and they differ. Source: F&O §5.2.
pub(crate) fn combine(date: &Moment, time: &Moment) -> Res<Moment> {
    let offset = match (date.offset, time.offset) {
        (Some(a), Some(b)) if a != b => {
            return Err(Error::new("FORG0008", "a date and a time with the same timezone"));
        }
        (a, b) => a.or(b),
    };
    let (year, month, day) = (date.year, date.month, date.day);
    Ok(Moment { kind: AtomicType::DateTime, year, month, day, offset, ..time.clone() })
}

impl Duration {
    pub(super) fn of_offset(minutes: i16) -> Self {
        let seconds = Decimal::from(i32::from(minutes) * 60);
        Self { kind: AtomicType::DayTimeDuration, months: 0, seconds }
    }

    /// As an offset from UTC in minutes: `FODT0003` unless whole minutes within fourteen hours. Source: F&O §10.7.
    pub(crate) fn as_offset(&self) -> Res<i16> {
        let minutes = (nanos(self.seconds) % NANOS_PER_MINUTE == 0).then(|| nanos(self.seconds) / NANOS_PER_MINUTE);
        match minutes.and_then(|minutes| i16::try_from(minutes).ok()) {
            Some(minutes @ -840..=840) => Ok(minutes),
            _ => Err(Error::new("FODT0003", "a timezone of whole minutes within fourteen hours")),
        }
    }

    /// One component, negative for a negative duration. Source: F&O §10.5.1 to §10.5.6.
    pub(crate) fn component(&self, component: Component) -> Option<crate::value::Atomic<'static>> {
        use crate::value::Atomic;
        let whole = self.seconds.trunc().mantissa();
        Some(match component {
            Component::Year => Atomic::Integer(self.months / 12),
            Component::Month => Atomic::Integer(self.months % 12),
            Component::Day => Atomic::integer(whole / 86_400),
            Component::Hours => Atomic::integer(whole / 3600 % 24),
            Component::Minutes => Atomic::integer(whole / 60 % 60),
            Component::Seconds => {
                Atomic::Decimal(self.seconds.checked_rem(Decimal::from(60)).ok_or_else(too_long).ok()?)
            }
            Component::Timezone => return None,
        })
    }
}
