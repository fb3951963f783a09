//! Points and lengths of time as XML Schema writes them: read, written, compared, added; no clock, no time zone tables.

mod calendar;
mod duration;
mod format;
mod parse;

pub(crate) use calendar::combine;

use crate::error::{Error, Res};
use crate::types::AtomicType;
use crate::value::Atomic;
use rust_decimal::Decimal;

/// The implicit timezone, in minutes east of UTC: what a value written without offset is taken to mean.
///
/// It is UTC everywhere, so that a verdict does not depend on the machine (XPath 2.0 §2.1.2 leaves the choice to us).
pub(crate) const IMPLICIT_OFFSET_MINUTES: i16 = 0;

/// Years beyond this are refused with `FODT0001`, as Saxon does.
const MAX_YEAR: i64 = i32::MAX as i64;

/// A point in time, or a part of one (`xs:dateTime`, `xs:date`, `xs:time`, `xs:gYear`…).
///
/// Parts that its type does not have stand at 1972-01-01T00:00:00, so that all types share one timeline.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Which of the types.
    pub(crate) kind: AtomicType,
    /// Year 0 exists, and is the year before 1, as in XML Schema 1.1 and Saxon.
    pub(crate) year: i64,
    pub(crate) month: u8,
    pub(crate) day: u8,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    /// Seconds with their fraction, at most nine digits of it.
    pub(crate) second: Decimal,
    /// Offset from UTC in minutes, when written.
    pub(crate) offset: Option<i16>,
}

/// A length of time (`xs:duration` and its two ordered kinds). Months and seconds never have opposite signs.
#[derive(Clone, Debug)]
pub struct Duration {
    /// Which of the types.
    pub(crate) kind: AtomicType,
    pub(crate) months: i64,
    pub(crate) seconds: Decimal,
}

/// What the functions `year-from-date`, `hours-from-duration`… ask of a value (F&O §10.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Component {
    Year,
    Month,
    Day,
    Hours,
    Minutes,
    Seconds,
    Timezone,
}

impl Moment {
    /// 1972-01-01T00:00:00, what every type falls back to for the parts it does not have.
    fn blank(kind: AtomicType) -> Self {
        Self { kind, year: 1972, month: 1, day: 1, hour: 0, minute: 0, second: Decimal::ZERO, offset: None }
    }

    /// One component; `None` only for the timezone of a value without one. Source: F&O §10.5.
    pub(crate) fn component(&self, component: Component) -> Option<Atomic<'static>> {
        Some(match component {
            Component::Year => Atomic::Integer(self.year),
            Component::Month => Atomic::Integer(self.month.into()),
            Component::Day => Atomic::Integer(self.day.into()),
            Component::Hours => Atomic::Integer(self.hour.into()),
            Component::Minutes => Atomic::Integer(self.minute.into()),
            Component::Seconds => Atomic::Decimal(self.second),
            Component::Timezone => Atomic::Duration(Box::new(Duration::of_offset(self.offset?))),
        })
    }

    /// The same point seen as another of the types: `xs:dateTime` to any, `xs:date` to all but `xs:time`.
    ///
    /// Source: F&O §17.1.5. `None` where casting is not allowed.
    pub(crate) fn as_kind(&self, to: AtomicType) -> Option<Self> {
        use AtomicType as T;
        if self.kind == to {
            return Some(self.clone());
        }
        let allowed = match self.kind {
            T::DateTime => true,
            T::Date => to != T::Time,
            _ => false,
        };
        if !allowed {
            return None;
        }
        let mut out = Self { kind: to, ..self.clone() };
        let blank = Self::blank(to);
        if matches!(to, T::Time | T::GMonth | T::GMonthDay | T::GDay) {
            out.year = blank.year;
        }
        if matches!(to, T::Time | T::GYear | T::GDay) {
            out.month = blank.month;
        }
        if matches!(to, T::Time | T::GYear | T::GYearMonth | T::GMonth) {
            out.day = blank.day;
        }
        if !matches!(to, T::Time | T::DateTime) {
            (out.hour, out.minute, out.second) = (0, 0, Decimal::ZERO);
        }
        Some(out)
    }
}

/// Nanoseconds of a number of seconds; what is smaller is cut off.
fn nanos(seconds: Decimal) -> i128 {
    let cut = seconds.trunc_with_scale(9);
    // 96 bits times 10⁹ stay below 127 bits.
    cut.mantissa() * 10_i128.pow(9 - cut.scale().min(9))
}

/// Seconds of a number of nanoseconds.
fn seconds(nanos: i128) -> Res<Decimal> {
    Decimal::try_from_i128_with_scale(nanos, 9).map(|seconds| seconds.normalize()).map_err(|_| too_long())
}

fn too_long() -> Box<Error> {
    Error::new("FODT0002", "a duration within 28 digits of seconds and 64 bits of months")
}

fn too_far() -> Box<Error> {
    Error::new("FODT0001", "a year within 32 bits")
}

#[cfg(test)]
mod tests {
    use super::*;
    use AtomicType as T;

    /// Expected values are Saxon's.
    #[test]
    fn points_are_read_and_written_as_saxon_does() {
        let table = [
            (T::DateTime, "2004-12-31T24:00:00", "2005-01-01T00:00:00"),
            (T::DateTime, "2004-12-31T23:59:59.500+00:00", "2004-12-31T23:59:59.5Z"),
            (T::DateTime, "2004-12-31T23:59:59.1234567890123", "2004-12-31T23:59:59.123456789"),
            (T::DateTime, "2004-12-31T24:00:01", "FORG0001"),
            (T::DateTime, "2004-12-31T23:59:60", "FORG0001"),
            (T::DateTime, "2004-12-31T23:59:59.", "FORG0001"),
            (T::DateTime, "2004-12-31 23:59:59", "FORG0001"),
            (T::Date, "0000-02-29", "0000-02-29"),
            (T::Date, "-0001-02-29", "FORG0001"),
            (T::Date, "2001-02-29", "FORG0001"),
            (T::Date, "02004-02-29", "FORG0001"),
            (T::Date, "+2004-02-29", "FORG0001"),
            (T::Date, "12004-02-29-14:00", "12004-02-29-14:00"),
            (T::Date, "2004-02-29+14:01", "FORG0001"),
            (T::Date, "99999999999-02-28", "FODT0001"),
            (T::Date, "99999999999999999999999-02-28", "FODT0001"),
            (T::Time, "24:00:00", "00:00:00"),
            (T::Time, "12:00:00.10Z", "12:00:00.1Z"),
            (T::GYear, "-0000", "0000"),
            (T::GYearMonth, "2004-13", "FORG0001"),
            (T::GMonth, "--12--", "FORG0001"),
            (T::GMonthDay, "--02-29", "--02-29"),
            (T::GMonthDay, "--02-30", "FORG0001"),
            (T::GDay, "---31", "---31"),
        ];
        for (kind, given, expected) in table {
            let found = Moment::parse(given, kind);
            let found = found.map_or_else(|error| error.code.to_string(), |value| value.to_string());
            assert_eq!(found, expected, "{given}");
        }
    }

    /// Expected values are Saxon's.
    #[test]
    fn lengths_are_read_and_written_as_saxon_does() {
        let table = [
            (T::Duration, "P1Y2M3DT4H5M6.7S", "P1Y2M3DT4H5M6.7S"),
            (T::Duration, "-P13M", "-P1Y1M"),
            (T::Duration, "PT0.0S", "PT0S"),
            (T::Duration, "P", "FORG0001"),
            (T::Duration, "P1YT", "FORG0001"),
            (T::Duration, "PT.5S", "FORG0001"),
            (T::Duration, "PT5.S", "FORG0001"),
            (T::Duration, "P1M1Y", "FORG0001"),
            (T::Duration, "P1M-1D", "FORG0001"),
            (T::DayTimeDuration, "P1DT25H", "P2DT1H"),
            (T::DayTimeDuration, "P1Y", "FORG0001"),
            (T::DayTimeDuration, "PT99999999999999999999S", "P1157407407407407DT9H46M39S"),
            (T::YearMonthDuration, "P0M", "P0M"),
            (T::YearMonthDuration, "P99999999999999999999M", "FODT0002"),
        ];
        for (kind, given, expected) in table {
            let found = Duration::parse(given, kind);
            let found = found.map_or_else(|error| error.code.to_string(), |value| value.to_string());
            assert_eq!(found, expected, "{given}");
        }
    }

    #[test]
    fn the_calendar_knows_each_day_of_eight_centuries_once() {
        let mut day = Moment::parse("1600-01-01", T::Date).expect("a date");
        let step = Duration::parse("P1D", T::DayTimeDuration).expect("a duration");
        for _ in 0..2 * 146_097 {
            let next = day.add(&step).expect("within bounds");
            assert_eq!(next.instant() - day.instant(), 86_400_000_000_000, "{day}");
            assert!((next.year, next.month, next.day) > (day.year, day.month, day.day), "{day}");
            day = next;
        }
        assert_eq!(day.to_string(), "2400-01-01");
    }

    #[test]
    fn offsets_move_the_clock_not_the_instant() {
        let moment = |text: &str, kind| Moment::parse(text, kind).expect("a moment");
        let adjusted = |text: &str, kind, offset| moment(text, kind).adjust(offset).map(|moment| moment.to_string());
        let given = "2002-03-07T00:00:00+01:00";
        assert_eq!(adjusted(given, T::DateTime, Some(-480)).as_deref(), Ok("2002-03-06T15:00:00-08:00"));
        assert_eq!(adjusted(given, T::DateTime, None).as_deref(), Ok("2002-03-07T00:00:00"));
        assert_eq!(adjusted("2002-03-07-07:00", T::Date, Some(-600)).as_deref(), Ok("2002-03-06-10:00"));
        assert_eq!(adjusted("23:00:00-07:00", T::Time, Some(-300)).as_deref(), Ok("01:00:00-05:00"));
        let apart = combine(&moment("1999-12-31Z", T::Date), &moment("12:00:00+01:00", T::Time));
        assert!(apart.is_err_and(|error| error.code == "FORG0008"));
    }
}
