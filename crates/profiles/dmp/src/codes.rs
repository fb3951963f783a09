//! Coded constants of the metadata of a report. Tables only.
//!
//! Sources: ASS_X04 (type to class), ASS_A11 (model to format), JDV_J08 and JDV_J58 (confidentiality), JDV_J59
//! (activity), as the volets "partage de documents de santé" and "transmission d'un document CDA en HL7v2" use them.

use lab::{
    order::{CareSetting, Confidentiality},
    report::Kind,
};
use xds::Code;

/// Scheme of confidentiality codes of HL7.
const CONFIDENTIALITY: &str = "2.16.840.1.113883.5.25";
/// Scheme of the visibility codes (TRE_A07).
const VISIBILITY: &str = "1.2.250.1.213.1.1.4.13";
/// Scheme of types of activity (TRE_R209).
const ACTIVITY: &str = "1.2.250.1.213.2.2";
/// Scheme of facility types (TRE_R02).
const FACILITY: &str = "1.2.250.1.71.4.2.4";
/// Scheme of frames of practice (TRE_A01).
const PRACTICE: &str = "1.2.250.1.213.1.1.4.9";

/// Class of the document: a report.
///
/// ASS_X04 says so of a CR-BIO; its line of rapid tests could not be read, the same class is taken.
pub fn class() -> Code {
    Code::new("10", "1.2.250.1.213.1.1.4.1", "Compte rendu")
}

/// Type of the document, the code of its CDA.
pub fn document_type(kind: Kind) -> Code {
    Code::new(kind.loinc(), cr_bio::codes::LOINC, kind.label())
}

/// Format of a level-3 document. Source: ASS_A11, models `…1.1.1.55` and `…1.1.1.59`.
pub fn format(kind: Kind) -> Code {
    let (format, label) = match kind {
        Kind::Examinations => ("urn:ihe:lab:xd-lab:2008", "Compte rendu structuré d'examens de biologie médicale"),
        Kind::RapidTest => ("urn:ans:ci-sis:trod:2024", "Test rapide d'orientation diagnostique"),
    };
    Code::new(format, "1.3.6.1.4.1.19376.1.2.3", label)
}

/// Confidentiality of a CR-BIO, the one of its CDA.
pub fn confidentiality(of: Confidentiality) -> Code {
    let (code, label) = cr_bio::codes::confidentiality(of);
    Code::new(code, CONFIDENTIALITY, label)
}

/// A visibility code.
pub fn visibility(code: &str, label: &str) -> Code {
    Code::new(code, VISIBILITY, label)
}

/// Facility type, as the CDA writes it.
pub fn facility(facility: cr_bio::Facility) -> Code {
    let (code, label) = cr_bio::codes::facility(facility);
    Code::new(code, FACILITY, label)
}

/// Frame of practice, as the CDA writes it.
pub fn practice(practice: cr_bio::PracticeSetting) -> Code {
    let (code, label) = cr_bio::codes::practice(practice);
    Code::new(code, PRACTICE, label)
}

/// Activity that led to the submission.
///
/// | care setting | code | HL7 v2 patient class |
/// |--------------|------|----------------------|
/// | in town      | `07` | `O`                  |
/// | stay         | `03` | `I`                  |
/// | emergency    | `07` | `E`                  |
///
/// Source: CI-SIS volet transmission d'un document CDA en HL7v2, 2.1, métadonnées XDS (contentTypeCode).
pub fn activity(setting: CareSetting) -> Code {
    match setting {
        CareSetting::Ambulatory | CareSetting::Emergency => Code::new("07", ACTIVITY, "Consultation Soins Externes"),
        CareSetting::Inpatient => Code::new("03", ACTIVITY, "Hospitalisation complète"),
    }
}
