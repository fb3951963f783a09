//! The name of the PDF file that leaves the laboratory with a report.
//!
//! In: a report. Out: a portable ASCII name. Does not know mail headers: nothing here quotes or encodes.

use lab::report::Report;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Longest part made from received data, in characters.
const MAX_PART_CHARS: usize = 60;

/// Names the PDF of a report: `20240104_CR d'examens biologiques_PAT-TROIS_DOMINIQUE_2024123456789.pdf`.
///
/// The date is the day the laboratory received the request (start of the documented act), in the report's zone.
/// Birth name in upper case and first birth given name, without accents; an unknown given name leaves its part out.
/// Received parts hold ASCII letters, digits, space, `-`, `'` and `.` only, so the name has no path separator, no
/// control character and no underscore but the separators. At most 60 characters per part.
///
/// Source: MSSanté référentiel #2, ECO.2.1.6.
pub fn file_name(report: &Report) -> String {
    let day = report.request.received_at.to_zoned(report.zone.clone()).date();
    let mut name = format!("{:04}{:02}{:02}_{}", day.year(), day.month(), day.day(), report.kind().label());
    let traits = &report.patient.traits;
    let parts = [
        portable(&traits.birth_name).to_ascii_uppercase(),
        portable(&traits.first_given),
        portable(&report.request.number),
    ];
    for part in parts.iter().filter(|part| !part.is_empty()) {
        name.push('_');
        name.push_str(part);
    }
    name.push_str(".pdf");
    name
}

/// Letters without accents; what no file system or mail header could misread.
fn portable(text: &str) -> String {
    let mut out = String::new();
    for char in text.nfd().filter(|char| !is_combining_mark(*char)).take(MAX_PART_CHARS) {
        match char {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '\'' | '.' => out.push(char),
            '’' => out.push('\''),
            'œ' => out.push_str("oe"),
            'Œ' => out.push_str("OE"),
            'æ' => out.push_str("ae"),
            'Æ' => out.push_str("AE"),
            'ß' => out.push_str("ss"),
            'ø' => out.push('o'),
            'Ø' => out.push('O'),
            'ł' => out.push('l'),
            'Ł' => out.push('L'),
            'đ' => out.push('d'),
            'Đ' => out.push('D'),
            '‐' | '‑' | '–' | '/' | '_' => out.push('-'),
            _ if char.is_whitespace() && !out.ends_with(' ') => out.push(' '),
            _ => {}
        }
    }
    // A leading dot would hide the file or climb a folder; a trailing one is dropped by some systems.
    out.trim_matches(|char| matches!(char, ' ' | '.')).to_owned()
}

#[cfg(test)]
mod tests {
    use super::portable;

    #[test]
    fn accents_and_ligatures_become_ascii_letters() {
        assert_eq!(portable("Éloïse Çà Lœtitia"), "Eloise Ca Loetitia");
        assert_eq!(portable("D’ARTAGNAN"), "D'ARTAGNAN");
        assert_eq!(portable("E\u{301}ric"), "Eric");
    }

    #[test]
    fn no_path_or_control_character_survives() {
        assert_eq!(portable("../../etc/passwd"), "-..-etc-passwd");
        assert_eq!(portable("A\u{0}B\r\nC\u{202E}D\"<>|:*?"), "AB CD");
        assert_eq!(portable("محمد"), "");
        assert!(portable(&"x".repeat(500)).len() <= 60);
    }
}
