//! What metadata says of a signed report: one document entry and the set it is submitted in.
//!
//! In: the report, the laboratory's settings, who must not see it. Out: the XDS model, ready for a deposit in the DMP
//! or for an archive sent by mail: the same document has the same metadata whatever the way it takes.
//! Everything is derived from the model the CDA is rendered from, with the settings the CDA is rendered with.
//! It does not know the bytes of the document: `hash`, `size` and `URI` are added by who has them
//! ([`xds::DocumentEntry::describe_file`]).
//!
//! Source: CI-SIS volet transmission d'un document CDA en HL7v2, 2.1, correspondance CDA – XDS; IHE ITI TF-3 4.2.3.

use crate::{codes, participant};
use cr_bio::{DocumentSettings, PracticeSetting};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use lab::{
    id::Oid,
    order::{Confidentiality, Visibility},
    patient::{Patient, Sex},
    quantity::{CodeSystem, Coded},
    report::{Chapter, Item, Kind, Report, ReportStatus},
};
use xds::{Author, Code, Cx, DocumentEntry, Dtm, PersonName, SourcePatientInfo, SubmissionSet};

/// Identifier of the document entry inside its submission.
pub const ENTRY_ID: &str = "Document01";
/// Identifier of the submission set inside its submission.
pub const SET_ID: &str = "SubmissionSet01";
/// Language of titles and display names.
pub const LANGUAGE: &str = "FR";

/// Type of the identifier of an order in `referenceIdList` (ITI TF-3 4.2.3.2.28; JDV_J231).
const ORDER_REFERENCE: &str = "urn:ihe:iti:xds:2013:order";

/// Who sends: the installation, its numbering, its environment. A setting.
///
/// An INS of the other environment (real or invented patients) is treated as absent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// Identifies this installation, unique (`sourceId`).
    pub system: Oid,
    /// The settings the CDA is rendered with.
    pub documents: DocumentSettings,
}

/// Who must not see a document, although it is shared.
///
/// Source: JDV_J08_XdsConfidentialityCode, JDV_J58 (TRE_A07).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum Mask {
    /// `MASQUE_PS`
    Professionals,
    /// `INVISIBLE_PATIENT`
    Patient,
    /// `INVISIBLE_REPRESENTANTS_LEGAUX`
    LegalRepresentatives,
}

impl Mask {
    /// What the visibility of a dossier asks for.
    #[must_use]
    pub fn of(visibility: Visibility) -> &'static [Self] {
        match visibility {
            Visibility::Visible => &[],
            Visibility::HiddenFromPatient => &[Self::Patient],
        }
    }

    fn code(self) -> Code {
        match self {
            Self::Professionals => codes::visibility("MASQUE_PS", "Masqué aux professionnels de santé"),
            Self::Patient => codes::visibility("INVISIBLE_PATIENT", "Non visible par le patient"),
            Self::LegalRepresentatives => codes::visibility(
                "INVISIBLE_REPRESENTANTS_LEGAUX",
                "Non visible par les représentants légaux du patient",
            ),
        }
    }
}

/// The media type of a document as it leaves: alone, or inside the stylesheet that shows it.
///
/// Source: CI-SIS partage de documents de santé, mimeType (`text/xml`; `application/xslt+xml` for a self-presentable one).
#[must_use]
pub fn media_type(document: &[u8]) -> &'static str {
    let mut rest = document.trim_ascii_start();
    // Declaration and processing instructions stand before the root.
    while rest.starts_with(b"<?")
        && let Some(end) = rest.windows(2).position(|it| it == b"?>")
    {
        rest = rest[end + 2..].trim_ascii_start();
    }
    if rest.starts_with(b"<xsl:stylesheet") { "application/xslt+xml" } else { "text/xml" }
}

/// The document entry of a report: every attribute but `hash`, `size` and `URI`.
///
/// `patientId` is the INS when it may be sent ([`ins::sendable`]), the laboratory's own number otherwise.
/// `serviceStopTime` is left out of a partial report, whose act goes on.
#[must_use]
pub fn document_entry(report: &Report, masks: &[Mask], source: &Source) -> DocumentEntry {
    let settings = &source.documents;
    DocumentEntry {
        id: ENTRY_ID.into(),
        authors: authors(report, settings),
        class_code: Some(codes::class()),
        confidentiality_codes: confidentiality(report.confidentiality, masks),
        creation_time: utc(report.signed_at),
        event_codes: event_codes(report, settings),
        format_code: Some(codes::format(report.kind())),
        healthcare_facility_type: Some(codes::facility(settings.facility)),
        language_code: Some("fr-FR".into()),
        legal_authenticator: Some(participant::professional(&report.signer)),
        mime_type: "text/xml".into(),
        patient_id: Some(patient_id(&report.patient, source)),
        practice_setting: Some(codes::practice(practice(report, settings))),
        reference_ids: vec![order_reference(report, settings)],
        service_start_time: utc(report.request.received_at),
        service_stop_time: match report.status {
            ReportStatus::Final => utc(report.signed_at),
            ReportStatus::Partial => None,
        },
        source_patient_id: Some(local_id(&report.patient, source)),
        source_patient_info: Some(demographics(&report.patient)),
        title: Some(report.title()),
        type_code: Some(codes::document_type(report.kind())),
        unique_id: Some(report.ids.document.to_string()),
        ..DocumentEntry::default()
    }
}

/// The set a report is submitted in, under its own identifier, at a time.
///
/// Its author is the sender: the laboratory and the biologist who signed.
#[must_use]
pub fn submission_set(report: &Report, unique_id: &Oid, submitted_at: Timestamp, source: &Source) -> SubmissionSet {
    SubmissionSet {
        id: SET_ID.into(),
        authors: vec![participant::author(&report.signer, &report.laboratory)],
        content_type: Some(codes::activity(report.request.setting)),
        patient_id: Some(patient_id(&report.patient, source)),
        source_id: Some(source.system.to_string()),
        submission_time: utc(submitted_at),
        title: Some(report.title()),
        unique_id: Some(unique_id.to_string()),
        ..SubmissionSet::default()
    }
}

/// That of the CDA, then each mask once, in the order of the table.
fn confidentiality(of: Confidentiality, masks: &[Mask]) -> Vec<Code> {
    let mut masks = masks.to_vec();
    masks.sort();
    masks.dedup();
    std::iter::once(codes::confidentiality(of)).chain(masks.into_iter().map(Mask::code)).collect()
}

/// The biologist who signed, then the software when the settings name one.
fn authors(report: &Report, settings: &DocumentSettings) -> Vec<Author> {
    let signer = participant::author(&report.signer, &report.laboratory);
    let software = settings.software.as_ref().map(|it| participant::software(it, &report.laboratory));
    std::iter::once(signer).chain(software).collect()
}

/// That of the performer of the CDA: a rapid test is screening whatever the laboratory does beside.
fn practice(report: &Report, settings: &DocumentSettings) -> PracticeSetting {
    match report.kind() {
        Kind::Examinations => settings.practice,
        Kind::RapidTest => PracticeSetting::Screening,
    }
}

/// The acts of the CDA: chapters that print something, each once, in printing order; of a rapid test, the conditions
/// looked for.
fn event_codes(report: &Report, settings: &DocumentSettings) -> Vec<Code> {
    if let Some(test) = &report.rapid_test {
        let local = settings.roots.catalogue.as_str();
        let code = |it: &Coded| Code::new(&it.code, cr_bio::codes::code_system(&it.system, local).0, &it.label);
        return test.conditions().map(code).collect();
    }
    let mut codes: Vec<Code> = Vec::new();
    for chapter in report.chapters.iter().filter(|it| is_printed(it)) {
        let (code, label) = match chapter.code.system {
            CodeSystem::Loinc => (chapter.code.code.as_str(), chapter.code.label.as_str()),
            _ => cr_bio::codes::ANY_CHAPTER,
        };
        if codes.iter().all(|known| known.code != code) {
            codes.push(Code::new(code, cr_bio::codes::LOINC, label));
        }
    }
    codes
}

fn is_printed(chapter: &Chapter) -> bool {
    chapter.sections.iter().flat_map(|section| &section.items).any(|item| match item {
        Item::Battery(battery) => !battery.results.is_empty(),
        Item::Result(_) | Item::Isolate(_) | Item::Figure(_) => true,
    })
}

/// The request: the prescriber's number, or ours when there is none that fits.
fn order_reference(report: &Report, settings: &DocumentSettings) -> Cx {
    let (request, roots) = (&report.request, &settings.roots);
    let (number, root) = match request.placer_number.as_deref().map(str::trim) {
        Some(number) if (1..=64).contains(&number.chars().count()) => (number, &roots.orders),
        _ => (request.number.as_str(), &roots.dossiers),
    };
    Cx::new(number, root.as_str(), ORDER_REFERENCE)
}

fn patient_id(patient: &Patient, source: &Source) -> Cx {
    match ins::sendable(patient, source.documents.environment) {
        Some(ins) => Cx::new(ins.matricule.as_str(), ins::oid(ins.authority), ins::cx::XDS_TYPE),
        None => local_id(patient, source),
    }
}

/// The laboratory's own number; our identifier of the patient when it gave none.
fn local_id(patient: &Patient, source: &Source) -> Cx {
    let root = source.documents.roots.patients.as_str();
    match patient.local_id.trim() {
        "" => Cx::new(&patient.id.to_string(), root, "PI"),
        number => Cx::new(number, root, "PI"),
    }
}

/// Birth name first; the used name on a line of its own when there is one.
fn demographics(patient: &Patient) -> SourcePatientInfo {
    let traits = &patient.traits;
    let birth = PersonName {
        family: traits.birth_name.clone(),
        given: traits.first_given.clone(),
        further_given: traits.given_names.clone(),
        name_type: "L".into(),
    };
    let has_used = traits.used_name.is_some() || traits.used_given.is_some();
    let used = has_used.then(|| PersonName {
        family: traits.used_name.as_ref().unwrap_or(&traits.birth_name).clone(),
        given: traits.used_given.as_ref().unwrap_or(&traits.first_given).clone(),
        further_given: String::new(),
        name_type: "D".into(),
    });
    let sex = match traits.sex {
        Sex::Female => "F",
        Sex::Male => "M",
        Sex::Unknown => "U",
    };
    SourcePatientInfo {
        ids: Vec::new(),
        names: std::iter::once(birth).chain(used).collect(),
        birth_date: traits.birth_date.map(day),
        sex: Some(sex.into()),
        other: Vec::new(),
    }
}

fn day(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

/// `YYYYMMDDhhmmss` in UTC: metadata has no offset, whatever the zone of the laboratory.
fn utc(at: Timestamp) -> Option<Dtm> {
    let it = TimeZone::UTC.to_datetime(at);
    let (hour, minute, second) = (it.hour(), it.minute(), it.second());
    Dtm::new(&format!("{}{hour:02}{minute:02}{second:02}", day(it.date())))
}
