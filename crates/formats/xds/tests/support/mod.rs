//! A submission with every attribute filled, from the values of the ANS example report.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use xds::{Author, Code, Cx, DocumentEntry, Dtm, PersonName, SourcePatientInfo, Submission, SubmissionSet, Xcn, Xon};

/// The ANS sample report, from the data folder beside the repository or from the oracle folder.
pub fn ans_example() -> Option<Vec<u8>> {
    const NAME: &str = "BIO-CR-BIO_2024.01_Electrophorese.xml";
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|a| a.join("shared/data/ans/cda").join(NAME));
    let oracles = std::env::var_os("PAILLASSE_ORACLES").map(PathBuf::from);
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|h| Path::new(&h).join(".cache")))
        .map(|c| c.join("paillasse/oracles"));
    let in_oracles = oracles.or(cache).map(|o| o.join("ans/ExemplesCDA").join(NAME));
    beside.chain(in_oracles).find_map(|path| std::fs::read(path).ok())
}

pub fn time(digits: &str) -> Option<Dtm> {
    Some(Dtm::new(digits).expect("a time"))
}

pub fn biologist() -> Author {
    Author {
        person: Some(Xcn {
            id: "801234534765".into(),
            family: "CAMPARINI".into(),
            given: "Marcel".into(),
            authority: "1.2.250.1.71.4.2.1".into(),
            name_type: "D".into(),
            id_type: "IDNPS".into(),
        }),
        institutions: vec![Xon {
            name: "Laboratoire des charmes".into(),
            authority: "1.2.250.1.71.4.2.2".into(),
            id_type: "IDNST".into(),
            id: "1120459876".into(),
        }],
        roles: Vec::new(),
        specialties: vec!["G15_10/SM03^Médecin - Biologie médicale (SM)^1.2.250.1.213.1.1.4.5".into()],
    }
}

pub fn patient() -> Cx {
    Cx::new("279035121518989", "1.2.250.1.213.1.4.10", "NH")
}

const LOINC: &str = "2.16.840.1.113883.6.1";

pub fn entry(bytes: &[u8]) -> DocumentEntry {
    let name = |further: &str, kind: &str| PersonName {
        family: "PAT-TROIS".into(),
        given: "DOMINIQUE".into(),
        further_given: further.into(),
        name_type: kind.into(),
    };
    let mut entry = DocumentEntry {
        id: "Document01".into(),
        authors: vec![biologist()],
        class_code: Some(Code::new("10", "1.2.250.1.213.1.1.4.1", "Compte rendu")),
        confidentiality_codes: vec![Code::new("N", "2.16.840.1.113883.5.25", "Normal")],
        creation_time: time("20240104150527"),
        event_codes: vec![
            Code::new("18719-5", LOINC, "Biochimie"),
            Code::new("18723-7", LOINC, "Hématologie"),
            Code::new("18725-2", LOINC, "Microbiologie"),
        ],
        format_code: Some(Code::new(
            "urn:ihe:lab:xd-lab:2008",
            "1.3.6.1.4.1.19376.1.2.3",
            "Compte rendu structuré d'examens de biologie médicale",
        )),
        healthcare_facility_type: Some(Code::new("SA25", "1.2.250.1.71.4.2.4", "Laboratoire de biologie médicale")),
        language_code: Some("fr-FR".into()),
        legal_authenticator: biologist().person,
        mime_type: "text/xml".into(),
        patient_id: Some(patient()),
        practice_setting: Some(Code::new("AMBULATOIRE", "1.2.250.1.213.1.1.4.9", "Ambulatoire")),
        service_start_time: time("20240104082200"),
        service_stop_time: time("20240104150500"),
        source_patient_id: Some(Cx::new("1234567890121", "1.2.3.4.567.8.9.10", "PI")),
        source_patient_info: Some(SourcePatientInfo {
            names: vec![name("DOMINIQUE MARIE-LOUISE", "L"), name("", "D")],
            birth_date: Some("19790328".into()),
            sex: Some("F".into()),
            ..SourcePatientInfo::default()
        }),
        title: Some("Compte rendu d'examens biologiques".into()),
        type_code: Some(Code::new("11502-2", LOINC, "CR d'examens biologiques")),
        unique_id: Some("1.2.250.1.213.1.1.1.55.2024.5.1".into()),
        ..DocumentEntry::default()
    };
    entry.describe_file("DOC0001.XML", bytes);
    entry
}

pub fn set() -> SubmissionSet {
    SubmissionSet {
        id: "SubmissionSet01".into(),
        authors: vec![biologist()],
        content_type: Some(Code::new("07", "1.2.250.1.213.2.2", "Consultation Soins Externes")),
        patient_id: Some(patient()),
        source_id: Some("1.2.3.4.567.8.9".into()),
        submission_time: time("20240104151000"),
        title: Some("Envoi de comptes rendus".into()),
        unique_id: Some("1.2.3.4.567.8.9.1".into()),
        ..SubmissionSet::default()
    }
}

pub fn submission(bytes: &[u8]) -> Submission {
    Submission::new(set(), vec![entry(bytes)], "FR")
}
