//! How values are shown to people: times, ages, identities, findings. Values in, texts out.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use lab::{
    finding::{Finding, Severity},
    patient::{Patient, Sex},
};
use wording::Catalogue;

/// A day as French readers write it: `22/11/2026`.
pub(crate) fn day(date: Date) -> String {
    format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year())
}

/// A stored ISO date as a day; as it is when it cannot be read.
pub(crate) fn iso_day(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), day)
}

/// A time in the laboratory's zone: `22/11/2026 08:14`.
pub(crate) fn moment(at: Timestamp, zone: &TimeZone) -> String {
    let at = at.to_zoned(zone.clone());
    format!("{} {:02}:{:02}", day(at.date()), at.hour(), at.minute())
}

/// A time to the second, for proofs.
pub(crate) fn second(at: Timestamp, zone: &TimeZone) -> String {
    let zoned = at.to_zoned(zone.clone());
    format!("{}:{:02}", moment(at, zone), zoned.second())
}

/// A time that may be missing.
pub(crate) fn opt_moment(at: Option<Timestamp>, zone: &TimeZone) -> String {
    at.map(|at| moment(at, zone)).unwrap_or_default()
}

/// The day of a time.
pub(crate) fn day_of(at: Timestamp, zone: &TimeZone) -> String {
    day(at.to_zoned(zone.clone()).date())
}

/// How long ago, in its largest useful unit: `12 min`, `3 h 05`, `2 j`.
pub(crate) fn age(from: Timestamp, now: Timestamp) -> String {
    let minutes = now.duration_since(from).as_mins().max(0);
    match minutes {
        0..60 => format!("{minutes} min"),
        60..2880 => format!("{} h {:02}", minutes / 60, minutes % 60),
        _ => format!("{} j", minutes / 1440),
    }
}

/// A duration left to wait: `2 min`, `40 s`.
pub(crate) fn wait(seconds: i64) -> String {
    if seconds > 90 { format!("{} min", (seconds + 59) / 60) } else { format!("{seconds} s") }
}

/// Code of a sex, as stored and in keys.
pub(crate) fn sex_code(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "F",
        Sex::Male => "M",
        Sex::Unknown => "U",
    }
}

/// A finding as shown: what and where, and how much it matters.
pub(crate) struct FindingView {
    pub code: String,
    pub severity: &'static str,
    pub severity_label: &'static str,
    pub place: String,
    pub sentence: &'static str,
    /// What a published rule says, in its words.
    pub detail: String,
}

impl FindingView {
    pub fn of(w: &Catalogue, finding: &Finding) -> Self {
        let severity = match finding.severity {
            Severity::Information => "information",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        Self::stored(w, finding.code, severity, &finding.place).saying(&finding.detail)
    }

    pub fn saying(self, detail: &str) -> Self {
        Self { detail: detail.to_owned(), ..self }
    }

    pub fn stored(w: &Catalogue, code: &str, severity: &str, place: &str) -> Self {
        let severity = match severity {
            "information" => "information",
            "warning" => "warning",
            _ => "error",
        };
        Self {
            code: code.to_owned(),
            severity,
            severity_label: w.of("severity", severity),
            place: place.to_owned(),
            sentence: w.of("finding", code),
            detail: String::new(),
        }
    }
}

/// A patient as the banner shows them. The INS is there only when it may leave: qualified.
pub(crate) struct PatientView {
    pub id: String,
    pub name: String,
    pub birth_name: String,
    pub given_names: String,
    pub birth: String,
    pub age: String,
    pub sex: &'static str,
    pub birth_place: String,
    pub local_id: String,
    pub status: &'static str,
    pub status_label: &'static str,
    pub ins: Option<String>,
    pub phone: String,
    pub oppositions: Vec<&'static str>,
}

impl PatientView {
    pub fn of(w: &Catalogue, patient: &Patient, today: Date) -> Self {
        let traits = &patient.traits;
        let opposed = [
            (patient.oppositions.dmp, "dmp"),
            (patient.oppositions.mssante_pro, "mssante_pro"),
            (patient.oppositions.mssante_patient, "mssante_patient"),
        ];
        Self {
            id: patient.id.to_string(),
            name: traits.printed(),
            birth_name: traits.birth_name.clone(),
            given_names: traits.given_names.clone(),
            birth: traits.birth_date.map_or_else(|| w.get("patient.birth_unknown").to_owned(), day),
            age: traits.birth_date.map(|birth| years(w, birth, today)).unwrap_or_default(),
            sex: w.of("sex", sex_code(traits.sex)),
            birth_place: traits.birth_place.clone().unwrap_or_default(),
            local_id: patient.local_id.clone(),
            status: patient.status.code(),
            status_label: w.of("identity", patient.status.code()),
            ins: patient.ins_for_sending().map(|ins| spaced(ins.matricule.as_str())),
            phone: patient.phone.clone().unwrap_or_default(),
            oppositions: opposed.iter().filter(|(is, _)| *is).map(|(_, code)| w.of("channel", code)).collect(),
        }
    }
}

/// Age in years, in months under two years.
fn years(w: &Catalogue, birth: Date, today: Date) -> String {
    let months = (i32::from(today.year()) - i32::from(birth.year())) * 12 + i32::from(today.month())
        - i32::from(birth.month())
        - i32::from(today.day() < birth.day());
    if months < 24 {
        w.with("age.months", &[("n", &months.max(0).to_string())])
    } else {
        w.with("age.years", &[("n", &(months / 12).to_string())])
    }
}

/// A matricule in the groups people read: `2 79 03 51 215 189 89`.
fn spaced(matricule: &str) -> String {
    let mut out = String::new();
    for (at, c) in matricule.chars().enumerate() {
        if matches!(at, 1 | 3 | 5 | 7 | 10 | 13) {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    out
}

/// Bytes of a message as text: segments on lines, control characters visible, what is not UTF-8 read as Latin-1.
pub(crate) fn message_text(bytes: &[u8], limit: usize) -> String {
    let shown = &bytes[..bytes.len().min(limit)];
    let text = match std::str::from_utf8(shown) {
        Ok(text) => text.to_owned(),
        Err(_) => shown.iter().map(|byte| char::from(*byte)).collect(),
    };
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' | '\n' => out.push('\n'),
            '\t' => out.push('\t'),
            // Control pictures and marks that reorder text: shown, never obeyed.
            c if (c as u32) < 0x20 => out.push(char::from_u32(0x2400 + c as u32).unwrap_or('·')),
            '\u{7f}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                out.push('·')
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_said_in_their_largest_useful_unit() {
        let from = Timestamp::from_second(0).expect("in range");
        let after = |minutes: i64| Timestamp::from_second(minutes * 60).expect("in range");
        assert_eq!(age(from, after(59)), "59 min");
        assert_eq!(age(from, after(125)), "2 h 05");
        assert_eq!(age(from, after(2880)), "2 j");
        assert_eq!(age(after(5), from), "0 min");
    }

    #[test]
    fn a_birthday_counts_from_its_day() {
        let w = wording::catalogue(wording::Language::French);
        let birth = jiff::civil::date(2000, 6, 15);
        assert_eq!(years(w, birth, jiff::civil::date(2026, 6, 14)), "25 ans");
        assert_eq!(years(w, birth, jiff::civil::date(2026, 6, 15)), "26 ans");
        assert_eq!(years(w, birth, jiff::civil::date(2001, 6, 14)), "11 mois");
    }

    #[test]
    fn control_characters_of_a_message_are_shown_and_never_obeyed() {
        let shown = message_text(b"MSH|^~\\&|\rPID|\x0b\x1b[2J\r\n\xe9", 100);
        assert_eq!(shown, "MSH|^~\\&|\nPID|\u{240b}\u{241b}[2J\né");
        assert_eq!(message_text("a\u{202e}b".as_bytes(), 100), "a·b");
    }
}
