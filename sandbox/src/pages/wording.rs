//! How times, sizes and codes are written for people: values in, French texts out.

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::dmp::{DocumentRecord, Status};

/// `04/01/2024 16:05:27`, in Paris.
pub(super) fn seconds(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| String::new(), in_paris)
}

/// Same as [`seconds`].
pub(super) fn instant(at: SystemTime) -> String {
    Timestamp::try_from(at).map_or_else(|_| String::new(), in_paris)
}

/// A time of the metadata (UTC digits); as it stands when it does not go down to the second.
pub(super) fn digits(digits: &str) -> String {
    DateTime::strptime("%Y%m%d%H%M%S", digits)
        .and_then(|time| time.to_zoned(TimeZone::UTC))
        .map_or_else(|_| digits.to_owned(), |zoned| in_paris(zoned.timestamp()))
}

fn in_paris(at: Timestamp) -> String {
    // The zone is compiled in; UTC is only there for a build without it.
    let zone = TimeZone::get("Europe/Paris").unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).strftime("%d/%m/%Y %H:%M:%S").to_string()
}

/// `339 ko`.
pub(super) fn size(n_bytes: u64) -> String {
    match n_bytes {
        0..1_000 => format!("{n_bytes} octets"),
        1_000..1_000_000 => format!("{} ko", n_bytes.div_ceil(1_000)),
        _ => format!("{}.{} Mo", n_bytes / 1_000_000, n_bytes % 1_000_000 / 100_000).replace('.', ","),
    }
}

/// The status of a document.
pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Approved => "En vigueur",
        Status::Deprecated => "Remplacé",
        Status::Archived => "Archivé",
        Status::Deleted => "Supprimé",
    }
}

/// The name of a status in the norm.
pub(super) fn status_code(status: Status) -> &'static str {
    match status {
        Status::Approved => "Approved",
        Status::Deprecated => "Deprecated",
        Status::Archived => "Archived",
        Status::Deleted => "Deleted",
    }
}

/// What a confidentiality code means; the code itself when it is not one of the DMP.
///
/// Source: JDV_J08-XdsConfidentialityCode-CISIS.
pub(super) fn confidentiality(code: &str) -> &str {
    match code {
        "N" => "normal",
        "R" => "restreint",
        "V" => "très restreint",
        "MASQUE_PS" => "masqué aux professionnels",
        "INVISIBLE_PATIENT" => "invisible au patient",
        "INVISIBLE_REPRESENTANTS_LEGAUX" => "invisible aux représentants légaux",
        other => other,
    }
}

/// Whether Mon espace santé would show the document to its patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PatientView {
    /// Shown to the patient.
    pub(super) is_shown: bool,
    /// Why, or with what limit.
    pub(super) text: &'static str,
}

/// What the patient sees. A document masked to professionals stays visible to its patient.
pub(super) fn patient_view(document: &DocumentRecord) -> PatientView {
    let has = |code: &str| document.confidentiality_codes.iter().any(|c| c == code);
    let (is_shown, text) = match document.status {
        Status::Deleted => (false, "non : supprimé"),
        Status::Deprecated => (false, "non : remplacé"),
        Status::Archived => (false, "non : archivé"),
        Status::Approved if has("INVISIBLE_PATIENT") => (false, "non : invisible au patient"),
        Status::Approved if has("INVISIBLE_REPRESENTANTS_LEGAUX") => {
            (true, "oui, mais pas par ses représentants légaux")
        }
        Status::Approved => (true, "oui"),
    };
    PatientView { is_shown, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_paris_in_winter_and_in_summer() {
        assert_eq!(digits("20240104150527"), "04/01/2024 16:05:27");
        assert_eq!(digits("20240704150527"), "04/07/2024 17:05:27");
        assert_eq!(digits("202407"), "202407");
        assert_eq!(digits("<b>"), "<b>");
        assert_eq!(seconds(1_704_380_727), "04/01/2024 16:05:27");
        assert_eq!(seconds(i64::MAX), "");
    }

    #[test]
    fn sizes_are_rounded_up_to_what_people_read() {
        assert_eq!(size(999), "999 octets");
        assert_eq!(size(1_001), "2 ko");
        assert_eq!(size(2_345_678), "2,3 Mo");
    }

    #[test]
    fn the_patient_sees_what_is_in_force_and_not_hidden_from_them() {
        let view = |status, codes: &[&str]| {
            let document = DocumentRecord {
                patient_id: String::new(),
                title: String::new(),
                unique_id: String::new(),
                entry_uuid: String::new(),
                status,
                version: 1,
                replaces: None,
                replaced_by: None,
                recorded_at: SystemTime::UNIX_EPOCH,
                creation_time: String::new(),
                type_code: String::new(),
                mime_type: String::new(),
                confidentiality_codes: codes.iter().map(|&code| code.to_owned()).collect(),
                author_institution: String::new(),
                hash: String::new(),
                size_bytes: 0,
            };
            patient_view(&document)
        };
        assert!(view(Status::Approved, &["N"]).is_shown);
        assert!(view(Status::Approved, &["N", "MASQUE_PS"]).is_shown);
        assert!(view(Status::Approved, &["N", "INVISIBLE_REPRESENTANTS_LEGAUX"]).is_shown);
        assert!(!view(Status::Approved, &["N", "INVISIBLE_PATIENT"]).is_shown);
        for status in [Status::Deprecated, Status::Archived, Status::Deleted] {
            assert!(!view(status, &["N"]).is_shown);
        }
    }
}
