//! Access to a message while it is read: bounded text, times, places, and the findings met. Knows no segment.

use std::collections::HashMap;

use hl7v2::{FieldPath, Message, Precision, Segment, SegmentName, Ts};
use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{Offset, TimeZone},
};
use lab::{
    finding::{Finding, Severity},
    person::TrustedDomains,
};

use crate::Quirk;

/// Longest name, identifier, code or label, in characters. The longest of HL7 v2.5 is 250 (XPN, CX).
const MAX_WORD: usize = 250;
/// Longest text of a result or comment, in characters. HL7 v2.5 allows 65 536.
const MAX_TEXT: usize = 65_536;

/// A message being read.
pub(crate) struct Reader<'m> {
    pub(crate) message: &'m Message,
    zone: &'m TimeZone,
    /// Domains of the mailboxes that are kept.
    pub(crate) trusted: &'m TrustedDomains,
    /// For each segment, its number among those of the same name.
    occurrences: Vec<u16>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) quirks: Vec<Quirk>,
}

impl<'m> Reader<'m> {
    pub(crate) fn new(message: &'m Message, zone: &'m TimeZone, trusted: &'m TrustedDomains) -> Self {
        let mut seen: HashMap<SegmentName, u16> = HashMap::new();
        let occurrences = message
            .segments()
            .map(|segment| {
                let count = seen.entry(segment.name()).or_default();
                *count = count.saturating_add(1);
                *count
            })
            .collect();
        Self { message, zone, trusted, occurrences, findings: Vec::new(), quirks: Vec::new() }
    }

    /// `OBX[3]-5`; field 0 for the whole segment.
    pub(crate) fn place(&self, segment: &Segment<'_>, field: u16) -> String {
        self.path(segment, field).to_string()
    }

    /// `PID-3(2)`: one repetition of a field.
    pub(crate) fn place_of(&self, segment: &Segment<'_>, field: u16, repetition: usize) -> String {
        let repetition = u16::try_from(repetition).unwrap_or(u16::MAX);
        FieldPath { repetition, ..self.path(segment, field) }.to_string()
    }

    fn path(&self, segment: &Segment<'_>, field: u16) -> FieldPath {
        let occurrence = self.occurrences.get(segment.number() - 1).copied().unwrap_or(1);
        FieldPath::field(segment.name(), field).occurrence(occurrence)
    }

    pub(crate) fn error(&mut self, code: &'static str, place: impl Into<String>) {
        self.findings.push(Finding::error(code, place));
    }

    pub(crate) fn warning(&mut self, code: &'static str, place: impl Into<String>) {
        self.findings.push(Finding::warning(code, place));
    }

    pub(crate) fn information(&mut self, code: &'static str, place: impl Into<String>) {
        self.findings.push(Finding::information(code, place));
    }

    /// Notes a deviation once.
    pub(crate) fn quirk(&mut self, quirk: Quirk) {
        if !self.quirks.contains(&quirk) {
            self.quirks.push(quirk);
        }
    }

    /// Whether an error was found: the message is not processed.
    pub(crate) fn has_error(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// A name, identifier or label: outer spaces, control characters and direction marks away, null as nothing.
    ///
    /// Direction marks could make one name look like another on a screen.
    /// Finding: `FIELD-TOO-LONG` beyond 250 characters; the message is then not processed.
    pub(crate) fn word(&mut self, text: &str, place: &str) -> String {
        let word = text.trim();
        if word == "\"\"" {
            return String::new();
        }
        let word: String = self
            .bounded(word, MAX_WORD, place)
            .chars()
            .filter(|c| !is_direction_mark(*c))
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        word.trim().to_owned()
    }

    /// A code: as [`word`](Self::word), outer spaces noted.
    pub(crate) fn code(&mut self, text: &str, place: &str) -> String {
        if text.trim() != text {
            self.quirk(Quirk::SpacesAroundCode);
        }
        self.word(text, place)
    }

    /// A text of several lines: control characters away but for line feeds, null as nothing.
    ///
    /// Finding: `FIELD-TOO-LONG` beyond 65 536 characters; the message is then not processed.
    pub(crate) fn lines(&mut self, text: &str, place: &str) -> String {
        let lines = text.trim();
        if lines == "\"\"" {
            return String::new();
        }
        let lines = self.bounded(lines, MAX_TEXT, place).replace("\r\n", "\n").replace('\r', "\n");
        lines.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
    }

    fn bounded<'t>(&mut self, text: &'t str, limit: usize, place: &str) -> &'t str {
        match text.char_indices().nth(limit) {
            None => text,
            Some((end, _)) => {
                self.error("FIELD-TOO-LONG", place);
                &text[..end]
            }
        }
    }

    /// The time of a field; without an offset it is of the laboratory's time zone.
    ///
    /// Finding: `TIME-UNREADABLE` (the time is not kept).
    pub(crate) fn time(&mut self, segment: Option<Segment<'_>>, field: u16) -> Option<Timestamp> {
        let segment = segment?;
        let text = segment.field(field.into()).component(1).text();
        self.time_in(&text, &segment, field)
    }

    /// The time in a text of that field.
    pub(crate) fn time_in(&mut self, text: &str, segment: &Segment<'_>, field: u16) -> Option<Timestamp> {
        let text = text.trim();
        if text.is_empty() || text == "\"\"" {
            return None;
        }
        let time = Ts::parse(text).ok().filter(|ts| ts.precision >= Precision::Day).and_then(|ts| {
            if ts.precision == Precision::Day {
                self.quirk(Quirk::DateWithoutHour);
            }
            self.instant(&ts)
        });
        if time.is_none() {
            self.warning("TIME-UNREADABLE", self.place(segment, field));
        }
        time
    }

    fn instant(&self, ts: &Ts) -> Option<Timestamp> {
        // All are within the ranges that `Ts` checked.
        let civil = DateTime::new(
            i16::try_from(ts.year).ok()?,
            i8::try_from(ts.month).ok()?,
            i8::try_from(ts.day).ok()?,
            i8::try_from(ts.hour).ok()?,
            i8::try_from(ts.minute).ok()?,
            i8::try_from(ts.second).ok()?,
            i32::try_from(ts.nanosecond).ok()?,
        )
        .ok()?;
        match ts.offset_minutes {
            Some(minutes) => Offset::from_seconds(i32::from(minutes) * 60).ok()?.to_timestamp(civil).ok(),
            None => self.zone.to_timestamp(civil).ok(),
        }
    }
}

/// Source: Unicode Standard Annex 9, explicit directional formatting characters.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
