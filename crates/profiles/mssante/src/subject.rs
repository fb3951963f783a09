//! The subject of a mail and the name of its PDF: what hospital servers and people file on.
//!
//! In: a report. Out: one line of ASCII, without control characters.
//!
//! Source: MSSanté référentiel #2, ECO.2.1.3 (subject) and ECO.2.1.6 (file name).

use ins::{fold, unaccented};
use lab::{patient::Traits, report::Report};

/// What servers recognize a document mail by; nothing stands between it and the label.
const PREFIX: &str = "XDM/1.0/DDM+";
/// Longest label (`code/@displayName` of the CDA), in characters.
const LABEL_MAX_CHARS: usize = 40;
/// Longest name, in characters: a bound of ours, names have none.
const NAME_MAX_CHARS: usize = 80;

/// `XDM/1.0/DDM+CR d'examens biologiques PAT-TROIS DOMINIQUE 28/03/1979`.
///
/// Birth name in upper case, first given name as recorded, both without accents; the birth date when known.
/// A correction says `[Annule et remplace]` right after the prefix, which stays first: no norm defines the mark, and
/// servers compare the beginning of the line.
#[must_use]
pub fn subject(report: &Report) -> String {
    marked(report, if report.is_correction() { "[Annule et remplace] " } else { "" })
}

/// The same for a withdrawal, which says `[Suppression]` at the same place.
pub(crate) fn withdrawn(report: &Report) -> String {
    marked(report, "[Suppression] ")
}

fn marked(report: &Report, mark: &str) -> String {
    let mut line = format!("{PREFIX}{mark}{}", cut(report.kind().label(), LABEL_MAX_CHARS));
    let birth_date = report.patient.traits.birth_date;
    let birth_date = birth_date.map(|it| format!("{:02}/{:02}/{:04}", it.day(), it.month(), it.year()));
    let (family, given) = names(&report.patient.traits);
    for word in [family, given, birth_date.unwrap_or_default()] {
        if !word.is_empty() {
            line.push(' ');
            line.push_str(&word);
        }
    }
    line
}

/// `20240104_CR d'examens biologiques_PAT-TROIS_DOMINIQUE_2024123456789.pdf`: day of the act, label, names, dossier.
///
/// The day is that of the reception of the request, in the zone of the laboratory. Characters that a file system may
/// refuse become `-`; an unknown part is left out.
#[must_use]
pub fn pdf_name(report: &Report) -> String {
    let day = report.zone.to_datetime(report.request.received_at).date();
    let (family, given) = names(&report.patient.traits);
    let parts = [
        format!("{:04}{:02}{:02}", day.year(), day.month(), day.day()),
        cut(report.kind().label(), LABEL_MAX_CHARS),
        family,
        given,
        cut(&report.request.number, NAME_MAX_CHARS),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).map(|part| file_part(&part)).collect();
    format!("{}.pdf", parts.join("_"))
}

/// Birth name folded, first given name without accents.
fn names(traits: &Traits) -> (String, String) {
    (cut(&fold(&traits.birth_name), NAME_MAX_CHARS), cut(&traits.first_given, NAME_MAX_CHARS))
}

/// ASCII, single spaces, at most `n` characters.
fn cut(text: &str, n: usize) -> String {
    let words = unaccented(text);
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().take(n).collect();
    line.trim_end().to_owned()
}

fn file_part(text: &str) -> String {
    text.replace(['/', '\\', ':', '*', '?', '"', '<', '>', '|', '_'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_cut_at_40_characters_and_loses_its_accents() {
        let table = [
            ("CR d'examens biologiques", "CR d'examens biologiques"),
            ("CR d’anatomie et de cytologie pathologiques", "CR d'anatomie et de cytologie pathologiq"),
            ("Compte rendu d'examens de la médecine très spécialisée", "Compte rendu d'examens de la medecine tr"),
            ("Résultats", "Resultats"),
            ("a\r\nBcc: b", "a Bcc: b"),
        ];
        for (label, expected) in table {
            assert_eq!(cut(label, LABEL_MAX_CHARS), expected);
            assert!(cut(label, LABEL_MAX_CHARS).len() <= 40);
        }
    }
}
