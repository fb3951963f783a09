//! The lexical forms of dates, times and durations (XML Schema part 2, §3.2.6 to §3.2.14), read without a regular expression.

use super::calendar::days_in_month;
use super::{Duration, MAX_YEAR, Moment, too_far, too_long};
use crate::error::{Error, Res};
use crate::types::AtomicType;
use rust_decimal::Decimal;

/// What is left to read.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn eat(&mut self, byte: u8) -> bool {
        let found = self.rest.first() == Some(&byte);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.eat(byte).then_some(())
    }

    /// All digits that follow, at least one.
    fn digits(&mut self) -> Option<&'a [u8]> {
        let n = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at(n);
        self.rest = rest;
        (n > 0).then_some(digits)
    }

    /// Exactly two digits.
    fn two(&mut self) -> Option<u8> {
        match self.rest {
            [a @ b'0'..=b'9', b @ b'0'..=b'9', rest @ ..] => {
                self.rest = rest;
                Some((a - b'0') * 10 + (b - b'0'))
            }
            _ => None,
        }
    }

    /// A year that is too far comes back as `i64::MAX`.
    fn year(&mut self) -> Option<i64> {
        let negative = self.eat(b'-');
        let digits = self.digits()?;
        if digits.len() < 4 || (digits.len() > 4 && digits[0] == b'0') {
            return None;
        }
        let year = number(digits).filter(|year| *year <= MAX_YEAR);
        Some(year.map_or(i64::MAX, |year| if negative { -year } else { year }))
    }

    /// Seconds with their fraction. What is finer than `n_digits` is cut off.
    fn fraction(&mut self, whole: i64, n_digits: usize) -> Option<Decimal> {
        if !self.eat(b'.') {
            return Some(Decimal::from(whole));
        }
        let digits = self.digits()?;
        let digits = &digits[..digits.len().min(n_digits)];
        let mantissa = i128::from(whole) * 10_i128.pow(digits.len() as u32) + i128::from(number(digits)?);
        Decimal::try_from_i128_with_scale(mantissa, digits.len() as u32).ok().map(|seconds| seconds.normalize())
    }

    /// Nothing, `Z`, or `±hh:mm` within fourteen hours.
    fn offset(&mut self) -> Option<Option<i16>> {
        let sign = match self.rest.first() {
            None => return Some(None),
            Some(b'Z') => {
                self.rest = &self.rest[1..];
                return Some(Some(0));
            }
            Some(b'+') => 1,
            Some(b'-') => -1,
            Some(_) => return None,
        };
        self.rest = &self.rest[1..];
        let hours = i16::from(self.two()?);
        self.expect(b':')?;
        let minutes = i16::from(self.two()?);
        let total = hours * 60 + minutes;
        (minutes < 60 && total <= 840).then_some(Some(sign * total))
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0_i64, |sum, digit| sum.checked_mul(10)?.checked_add(i64::from(digit - b'0')))
}

impl Moment {
    /// Reads a value of one of the eight types; white space around it is already gone.
    ///
    /// As in Saxon: year 0000 is a year, 24:00:00 is midnight of the next day, fractions are cut to nanoseconds.
    /// `FORG0001` when malformed, `FODT0001` when the year is beyond 32 bits.
    pub(crate) fn parse(text: &str, kind: AtomicType) -> Res<Self> {
        let malformed = || Error::new("FORG0001", "the lexical form of a date or time type");
        let mut reader = Reader { rest: text.as_bytes() };
        let mut moment = Self::blank(kind);
        read(&mut reader, &mut moment).ok_or_else(malformed)?;
        if !reader.rest.is_empty() {
            return Err(malformed());
        }
        if moment.year.abs() > MAX_YEAR {
            return Err(too_far());
        }
        if moment.day > days_in_month(moment.year, moment.month) {
            return Err(malformed());
        }
        if moment.hour == 24 {
            moment.hour = 0;
            let day = Duration { kind: AtomicType::DayTimeDuration, months: 0, seconds: Decimal::from(86_400) };
            moment = moment.add(&day)?;
        }
        Ok(moment)
    }
}

fn read(reader: &mut Reader<'_>, moment: &mut Moment) -> Option<()> {
    use AtomicType as T;
    match moment.kind {
        T::DateTime => {
            read_date(reader, moment)?;
            reader.expect(b'T')?;
            read_time(reader, moment)?;
        }
        T::Date => read_date(reader, moment)?,
        T::Time => read_time(reader, moment)?,
        T::GYear => moment.year = reader.year()?,
        T::GYearMonth => {
            moment.year = reader.year()?;
            reader.expect(b'-')?;
            moment.month = reader.two()?;
        }
        T::GMonth => {
            dashes(reader, 2)?;
            moment.month = reader.two()?;
        }
        T::GMonthDay => {
            dashes(reader, 2)?;
            moment.month = reader.two()?;
            reader.expect(b'-')?;
            moment.day = reader.two()?;
        }
        T::GDay => {
            dashes(reader, 3)?;
            moment.day = reader.two()?;
        }
        _ => return None,
    }
    moment.offset = reader.offset()?;
    ((1..=12).contains(&moment.month) && moment.day >= 1).then_some(())
}

fn dashes(reader: &mut Reader<'_>, n: usize) -> Option<()> {
    (0..n).try_for_each(|_| reader.expect(b'-'))
}

fn read_date(reader: &mut Reader<'_>, moment: &mut Moment) -> Option<()> {
    moment.year = reader.year()?;
    reader.expect(b'-')?;
    moment.month = reader.two()?;
    reader.expect(b'-')?;
    moment.day = reader.two()?;
    Some(())
}

fn read_time(reader: &mut Reader<'_>, moment: &mut Moment) -> Option<()> {
    moment.hour = reader.two()?;
    reader.expect(b':')?;
    moment.minute = reader.two()?;
    reader.expect(b':')?;
    let whole = reader.two()?;
    moment.second = reader.fraction(i64::from(whole), 9)?;
    let midnight = moment.hour == 24 && moment.minute == 0 && moment.second.is_zero();
    (whole < 60 && moment.minute < 60 && (moment.hour < 24 || midnight)).then_some(())
}

impl Duration {
    /// Reads a value of one of the three types; white space around it is already gone.
    ///
    /// `FORG0001` when malformed, `FODT0002` when months go beyond 64 bits. Seconds keep eighteen digits after the point.
    pub(crate) fn parse(text: &str, kind: AtomicType) -> Res<Self> {
        let malformed = || Error::new("FORG0001", "the lexical form of a duration type");
        let mut reader = Reader { rest: text.as_bytes() };
        let negative = reader.eat(b'-');
        let mut parts = Parts::default();
        read_duration(&mut reader, &mut parts).ok_or_else(malformed)?;
        let (has_months, has_days) = (parts.seen & 0b11 != 0, parts.seen & 0b11_1100 != 0);
        let refused = match kind {
            AtomicType::YearMonthDuration => has_days,
            AtomicType::DayTimeDuration => has_months,
            _ => false,
        };
        if refused || !reader.rest.is_empty() || parts.seen == 0 {
            return Err(malformed());
        }
        let (months, seconds) = parts.total().ok_or_else(too_long)?;
        let sign = if negative { -1 } else { 1 };
        Ok(Self { kind, months: months * sign, seconds: if negative { -seconds } else { seconds } })
    }
}

/// Years, months, days, hours, minutes; seconds apart. One bit of `seen` for each.
#[derive(Default)]
struct Parts {
    seen: u8,
    counts: [Option<i64>; 5],
    seconds: Option<Decimal>,
}

impl Parts {
    /// Months and seconds. `None` when one is too large.
    fn total(&self) -> Option<(i64, Decimal)> {
        let [years, months, days, hours, minutes] = self.counts;
        let months = years?.checked_mul(12)?.checked_add(months?)?;
        let minutes = i128::from(days?) * 1440 + i128::from(hours?) * 60 + i128::from(minutes?);
        let seconds = Decimal::try_from_i128_with_scale(minutes * 60, 0).ok()?.checked_add(self.seconds?)?;
        Some((months, seconds.normalize()))
    }
}

fn read_duration(reader: &mut Reader<'_>, parts: &mut Parts) -> Option<()> {
    parts.counts = [Some(0); 5];
    parts.seconds = Some(Decimal::ZERO);
    reader.expect(b'P')?;
    // The least designator that may still come: each at most once, in order.
    let mut least = 0;
    let mut in_time = false;
    while !reader.rest.is_empty() {
        if !in_time && reader.eat(b'T') {
            in_time = true;
            least = 3;
            // "T must be followed by time components"
            reader.rest.first()?;
            continue;
        }
        let digits = reader.digits()?;
        let value = number(digits);
        if in_time && reader.rest.first() == Some(&b'.') {
            let fraction = reader.fraction(0, 18)?;
            parts.seconds = long(digits).and_then(|whole| whole.checked_add(fraction));
            reader.expect(b'S')?;
            parts.seen |= 32;
            return reader.rest.is_empty().then_some(());
        }
        let place = match (in_time, reader.rest.first()?) {
            (false, b'Y') => 0,
            (false, b'M') => 1,
            (false, b'D') => 2,
            (true, b'H') => 3,
            (true, b'M') => 4,
            (true, b'S') => 5,
            _ => return None,
        };
        if place < least {
            return None;
        }
        reader.rest = &reader.rest[1..];
        match parts.counts.get_mut(place) {
            Some(count) => *count = value,
            None => parts.seconds = long(digits),
        }
        parts.seen |= 1 << place;
        least = place + 1;
    }
    Some(())
}

/// A whole number of seconds, up to 28 digits.
fn long(digits: &[u8]) -> Option<Decimal> {
    let value = digits.iter().try_fold(0_i128, |sum, digit| sum.checked_mul(10)?.checked_add(i128::from(digit - b'0')));
    Decimal::try_from_i128_with_scale(value?, 0).ok()
}
