//! Times as the document writes them: HL7 timestamps with offset, and French dates.
//!
//! In: an instant and the zone of the report. Out: short texts on the stack. Does not know the current time.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::{Offset, TimeZone},
};

/// The zone in which every time of the document is written.
#[derive(Clone, Copy)]
pub(super) struct Clock<'a>(pub(super) &'a TimeZone);

/// An ASCII or UTF-8 text of at most 20 bytes.
pub(super) struct Short {
    bytes: [u8; 20],
    len: usize,
}

impl Short {
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }

    fn new() -> Self {
        Self { bytes: [0; 20], len: 0 }
    }

    fn push(&mut self, text: &str) -> &mut Self {
        self.bytes[self.len..self.len + text.len()].copy_from_slice(text.as_bytes());
        self.len += text.len();
        self
    }

    /// The last `width` digits of a number, zeros in front.
    fn digits(&mut self, number: i32, width: usize) -> &mut Self {
        let mut rest = number.unsigned_abs();
        for at in (self.len..self.len + width).rev() {
            self.bytes[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.len += width;
        self
    }
}

impl Clock<'_> {
    fn local(self, at: Timestamp) -> (Offset, DateTime) {
        let offset = self.0.to_offset(at);
        (offset, offset.to_datetime(at))
    }

    /// `20260104160527+0100`. Source: HL7 TS; the offset is always written.
    pub(super) fn hl7(self, at: Timestamp) -> Short {
        let (offset, local) = self.local(at);
        let minutes = offset.seconds() / 60;
        let mut short = Short::new();
        push_date(&mut short, local.date());
        short
            .digits(local.hour().into(), 2)
            .digits(local.minute().into(), 2)
            .digits(local.second().into(), 2)
            .push(if minutes < 0 { "-" } else { "+" })
            .digits(minutes.abs() / 60, 2)
            .digits(minutes.abs() % 60, 2);
        short
    }

    /// `04/01/2026 à 16:05`
    pub(super) fn french(self, at: Timestamp) -> Short {
        let (_, local) = self.local(at);
        let mut short = french_date(local.date());
        short.push(" à ").digits(local.hour().into(), 2).push(":").digits(local.minute().into(), 2);
        short
    }

    /// `04/01/2026`
    pub(super) fn french_day(self, at: Timestamp) -> Short {
        french_date(self.day(at))
    }

    /// The civil day of an instant.
    pub(super) fn day(self, at: Timestamp) -> Date {
        self.local(at).1.date()
    }
}

/// `19790328`
pub(super) fn hl7_date(date: Date) -> Short {
    let mut short = Short::new();
    push_date(&mut short, date);
    short
}

fn push_date(short: &mut Short, date: Date) {
    short.digits(date.year().into(), 4).digits(date.month().into(), 2).digits(date.day().into(), 2);
}

/// `04/01/2026`
pub(super) fn french_date(date: Date) -> Short {
    let mut short = Short::new();
    short.digits(date.day().into(), 2).push("/").digits(date.month().into(), 2).push("/").digits(date.year().into(), 4);
    short
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_instant_is_written_in_the_zone_of_the_report() {
        let at: Timestamp = "2026-01-04T15:05:27Z".parse().unwrap();
        let table = [
            ("Europe/Paris", "20260104160527+0100", "04/01/2026 à 16:05"),
            ("America/Cayenne", "20260104120527-0300", "04/01/2026 à 12:05"),
            ("Pacific/Marquesas", "20260104053527-0930", "04/01/2026 à 05:35"),
            ("Indian/Reunion", "20260104190527+0400", "04/01/2026 à 19:05"),
        ];
        for (zone, hl7, french) in table {
            let zone = TimeZone::get(zone).unwrap();
            assert_eq!(Clock(&zone).hl7(at).as_str(), hl7);
            assert_eq!(Clock(&zone).french(at).as_str(), french);
        }
    }

    #[test]
    fn the_extremes_of_time_are_written_without_panic() {
        for at in [Timestamp::MIN, Timestamp::MAX] {
            assert_eq!(Clock(&TimeZone::UTC).hl7(at).as_str().len(), 19);
            assert_eq!(Clock(&TimeZone::UTC).french(at).as_str().len(), 19);
        }
    }
}
