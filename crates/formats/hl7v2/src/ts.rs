//! HL7 times: `YYYY[MM[DD[HH[MM[SS[.S…]]]]]][±ZZZZ]` to plain numbers with their precision, and back.
//!
//! No calendar beyond "does this day exist", no time zone beyond the written offset, no clock.

use std::fmt;

/// How far a time is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Precision {
    /// `2024`.
    Year,
    /// `202401`.
    Month,
    /// `20240104`.
    Day,
    /// `2024010416`.
    Hour,
    /// `202401041610`.
    Minute,
    /// `20240104161000`.
    Second,
    /// `20240104161000.1` and finer.
    Fraction,
}

/// A time as HL7 writes it (types TS, DTM, DT). Numbers beyond the precision are their least value (month 1, hour 0).
///
/// Source: HL7 v2.5 §2.A.22 (DTM). The standard allows four decimals of a second; up to nine are read.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ts {
    /// 0 to 9999.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to the last day of the month.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// 0 to 999 999 999.
    pub nanosecond: u32,
    /// Decimals of the second as written, 0 to 9.
    pub n_decimals: u8,
    /// How far the time is known.
    pub precision: Precision,
    /// Minutes east of UTC, −720 to 840, when written.
    pub offset_minutes: Option<i16>,
}

/// Why a text is not an HL7 time. Holds a position and an expectation, never the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a time at character {at}: expected {expected}")]
pub struct TsError {
    /// Offset of the part that is wrong, from 0.
    pub at: usize,
    /// What should be there.
    pub expected: &'static str,
}

impl Ts {
    /// Reads the first component of a TS field, or a DTM, or a DT.
    ///
    /// # Errors
    /// [`TsError`] for anything that is not digits in this shape, and for days and hours that do not exist.
    pub fn parse(text: &str) -> Result<Self, TsError> {
        let zone_at = text.find(['+', '-']).unwrap_or(text.len());
        let (moment, zone) = text.split_at(zone_at);
        let (whole, decimals) = match moment.split_once('.') {
            Some((whole, decimals)) => (whole, Some(decimals)),
            None => (moment, None),
        };
        let precision = match whole.len() {
            4 => Precision::Year,
            6 => Precision::Month,
            8 => Precision::Day,
            10 => Precision::Hour,
            12 => Precision::Minute,
            14 => Precision::Second,
            _ => {
                return Err(TsError { at: 0, expected: "4, 6, 8, 10, 12 or 14 digits" });
            }
        };
        if let Some(at) = whole.bytes().position(|b| !b.is_ascii_digit()) {
            return Err(TsError { at, expected: "a digit" });
        }
        let number = |from: usize, to: usize, least: u16| match whole.get(from..to) {
            Some(digits) => digits.bytes().fold(0, |n, digit| n * 10 + u16::from(digit - b'0')),
            None => least,
        };
        // Two digits fit in a byte.
        let pair = |from: usize, least: u8| number(from, from + 2, least.into()) as u8;
        let mut ts = Self {
            year: number(0, 4, 0),
            month: pair(4, 1),
            day: pair(6, 1),
            hour: pair(8, 0),
            minute: pair(10, 0),
            second: pair(12, 0),
            nanosecond: 0,
            n_decimals: 0,
            precision,
            offset_minutes: None,
        };
        ts.check_ranges()?;
        if let Some(decimals) = decimals {
            ts.read_decimals(decimals)?;
        }
        if !zone.is_empty() {
            ts.offset_minutes = Some(offset(zone, zone_at)?);
        }
        Ok(ts)
    }

    fn check_ranges(&self) -> Result<(), TsError> {
        let wrong = |at, expected| Err(TsError { at, expected });
        match self {
            ts if !(1..=12).contains(&ts.month) => wrong(4, "a month from 01 to 12"),
            ts if ts.day == 0 || ts.day > days_in_month(ts.year, ts.month) => wrong(6, "a day of that month"),
            ts if ts.hour > 23 => wrong(8, "an hour from 00 to 23"),
            ts if ts.minute > 59 => wrong(10, "a minute from 00 to 59"),
            ts if ts.second > 59 => wrong(12, "a second from 00 to 59"),
            _ => Ok(()),
        }
    }

    fn read_decimals(&mut self, decimals: &str) -> Result<(), TsError> {
        let expected = "one to nine decimals after the seconds";
        let valid = (1..=9).contains(&decimals.len()) && decimals.bytes().all(|b| b.is_ascii_digit());
        if !valid || self.precision != Precision::Second {
            return Err(TsError { at: 14, expected });
        }
        let digits = decimals.bytes().chain(std::iter::repeat(b'0')).take(9);
        self.nanosecond = digits.fold(0, |n, digit| n * 10 + u32::from(digit - b'0'));
        // At most nine.
        self.n_decimals = decimals.len() as u8;
        self.precision = Precision::Fraction;
        Ok(())
    }
}

fn offset(zone: &str, at: usize) -> Result<i16, TsError> {
    let wrong = TsError { at, expected: "an offset from -1200 to +1400" };
    let digits: [u8; 4] = zone.as_bytes()[1..].try_into().map_err(|_| wrong)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(wrong);
    }
    let [h1, h2, m1, m2] = digits.map(|digit| i16::from(digit - b'0'));
    let minutes = (h1 * 10 + h2) * 60 + m1 * 10 + m2;
    let signed = if zone.starts_with('-') { -minutes } else { minutes };
    if m1 > 5 || !(-720..=840).contains(&signed) { Err(wrong) } else { Ok(signed) }
}

fn days_in_month(year: u16, month: u8) -> u8 {
    let leap = (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Ts {
    /// As HL7 writes it, at its own precision.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        let parts = [
            (Precision::Month, self.month),
            (Precision::Day, self.day),
            (Precision::Hour, self.hour),
            (Precision::Minute, self.minute),
            (Precision::Second, self.second),
        ];
        for (_, part) in parts.iter().filter(|(needed, _)| self.precision >= *needed) {
            write!(f, "{part:02}")?;
        }
        if self.precision == Precision::Fraction {
            let digits = format!("{:09}", self.nanosecond);
            write!(f, ".{}", &digits[..usize::from(self.n_decimals.clamp(1, 9))])?;
        }
        if let Some(minutes) = self.offset_minutes {
            let sign = if minutes < 0 { '-' } else { '+' };
            let minutes = minutes.unsigned_abs();
            write!(f, "{sign}{:02}{:02}", minutes / 60, minutes % 60)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Ts {
    /// The precision only: a time may be a birth date.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ts({:?})", self.precision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_back_as_it_was_read() {
        for text in [
            "2024",
            "202402",
            "20240229",
            "2024022923",
            "202402292359",
            "20240229235959",
            "20240229235959.1",
            "20240229235959.0123+0200",
            "20240229235959.123456789-0330",
            "19790328+0100",
            "20240104161000+0000",
        ] {
            assert_eq!(Ts::parse(text).expect(text).to_string(), text);
        }
    }

    #[test]
    fn numbers_and_precision_are_kept_apart() {
        let ts = Ts::parse("20240104161005.5-0130").expect("a time");
        assert_eq!((ts.year, ts.month, ts.day, ts.hour, ts.minute, ts.second), (2024, 1, 4, 16, 10, 5));
        assert_eq!((ts.nanosecond, ts.n_decimals), (500_000_000, 1));
        assert_eq!(ts.offset_minutes, Some(-90));
        assert_eq!(Ts::parse("1979").expect("a year").precision, Precision::Year);
    }

    #[test]
    fn what_does_not_exist_is_refused_with_its_place() {
        for (text, at) in [
            ("", 0),
            ("202", 0),
            ("20240", 0),
            ("2024x1", 4),
            ("202413", 4),
            ("202400", 4),
            ("20230229", 6),
            ("19000229", 6),
            ("20240431", 6),
            ("20240100", 6),
            ("2024010424", 8),
            ("202401041660", 10),
            ("20240104161060", 12),
            ("20240104161000.", 14),
            ("202401041610.5", 14),
            ("20240104161000.1234567890", 14),
            ("20240104+1", 8),
            ("20240104+1500", 8),
            ("20240104-1300", 8),
            ("20240104+0060", 8),
            ("20240104+01é", 8),
            ("２０２４", 0),
        ] {
            assert_eq!(Ts::parse(text).expect_err(text).at, at, "{text}");
        }
        assert!(Ts::parse("20000229").is_ok());
    }
}
