//! The header of the document, in schema order.
//!
//! In: the report and the settings. Out: everything before the body. Participants are in their own module.
//!
//! Source: structuration minimale; CR-BIO 2024.01, en-tête.

use super::{
    Context,
    body::loinc_of,
    clock::hl7_date,
    element::{constant_code, extension, id, loinc, time},
    participant,
    person::{self, Organization, organization, patient_name, professional_name, required_id, specialty, staff},
    printed_chapters,
};
use crate::codes::{ANY_CHAPTER, encounter, facility, gender, practice};
use lab::{
    patient::Patient,
    report::{Chapter, ReportStatus},
};
use xml::Writer;

pub(super) fn write(w: &mut Writer, context: Context<'_>) {
    document(w, context);
    record_target(w, context);
    participant::authors(w, context);
    participant::custodian(w, context);
    participant::recipients(w, context);
    participant::signers(w, context);
    participant::others(w, context);
    order(w, context);
    acts(w, context);
    replaced(w, context);
    encounter_of(w, context);
}

fn document(w: &mut Writer, context: Context<'_>) {
    let report = context.report;
    w.constant(concat!(
        "<realmCode code=\"FR\"/>",
        "<typeId root=\"2.16.840.1.113883.1.3\" extension=\"POCD_HD000040\"/>",
        "<templateId root=\"2.16.840.1.113883.2.8.2.1\"/>",
        "<templateId root=\"1.2.250.1.213.1.1.1.1\"/>",
        "<templateId root=\"1.3.6.1.4.1.19376.1.3.3\"/>",
        "<templateId root=\"1.2.250.1.213.1.1.1.55\" extension=\"2024.01\"/>",
    ));
    w.open("id").attr("root", report.ids.document.as_str()).close();
    w.constant(concat!(
        "<code code=\"11502-2\" displayName=\"CR d'examens biologiques\" ",
        "codeSystem=\"2.16.840.1.113883.6.1\" codeSystemName=\"LOINC\"/>",
        "<title>Compte rendu d'examens biologiques</title>",
    ));
    time(w, "effectiveTime", context.clock.hl7(report.signed_at));
    w.constant(concat!(
        "<confidentialityCode code=\"N\" displayName=\"Normal\" codeSystem=\"2.16.840.1.113883.5.25\"/>",
        "<languageCode code=\"fr-FR\"/>",
    ));
    w.open("setId").attr("root", report.ids.set.as_str()).close();
    w.open("versionNumber").attr_display("value", report.ids.number.max(1)).close();
}

fn record_target(w: &mut Writer, context: Context<'_>) {
    let patient = &context.report.patient;
    w.open("recordTarget").open("patientRole");
    if let Some(ins) = ins::sendable(patient, context.settings.environment) {
        id(w, ins::oid(ins.authority), ins.matricule.as_str());
    }
    local_patient_id(w, context, patient);
    person::address(w, patient.address.as_ref());
    person::telephone(w, patient.phone.as_deref(), telephone_use(patient.phone.as_deref()));
    w.open("patient").attr("classCode", "PSN");
    patient_name(w, &patient.traits);
    constant_code(w, "administrativeGenderCode", gender(patient.traits.sex), "2.16.840.1.113883.5.1");
    if let Some(date) = patient.traits.birth_date {
        time(w, "birthTime", hl7_date(date));
    }
    if let Some(place) = patient.traits.birth_place.as_deref().filter(|it| !it.is_empty()) {
        w.open("birthplace").open("place").open("addr").element("county", place).close().close().close();
    }
    w.close().close().close();
}

/// The IPP; the identifier of the patient in our tables when the laboratory gave no number.
fn local_patient_id(w: &mut Writer, context: Context<'_>, patient: &Patient) {
    let root = context.settings.roots.patients.as_str();
    match extension(&patient.local_id) {
        Some(number) => id(w, root, number),
        None => _ = w.open("id").attr("root", root).attr_display("extension", patient.id).close(),
    }
}

/// Mobile numbers of the French plan start with 06 or 07.
fn telephone_use(printed: Option<&str>) -> &'static str {
    let digits: String = printed.unwrap_or_default().chars().filter(char::is_ascii_digit).take(4).collect();
    let mobile = ["06", "07", "336", "337"].iter().any(|prefix| digits.starts_with(prefix));
    if mobile { "MC" } else { "H" }
}

/// The prescriber's number of the request, or ours when there is none that fits.
fn order(w: &mut Writer, context: Context<'_>) {
    let request = &context.report.request;
    let roots = &context.settings.roots;
    w.open("inFulfillmentOf").open("order");
    match request.placer_number.as_deref().and_then(extension) {
        Some(number) => id(w, roots.orders.as_str(), number),
        None => id(w, roots.dossiers.as_str(), &request.number),
    }
    w.close().close();
}

/// The principal act (first chapter, with status, times and laboratory), then one act per further chapter.
fn acts(w: &mut Writer, context: Context<'_>) {
    let report = context.report;
    let mut chapters = printed_chapters(report);
    let is_final = report.status == ReportStatus::Final;
    w.open("documentationOf").open("serviceEvent");
    id(w, context.settings.roots.dossiers.as_str(), &report.request.number);
    loinc(w, chapters.next().map_or(ANY_CHAPTER, chapter_code));
    w.open("lab:statusCode").attr("code", if is_final { "completed" } else { "active" }).close();
    w.open("effectiveTime");
    time(w, "low", context.clock.hl7(report.request.received_at));
    if is_final {
        time(w, "high", context.clock.hl7(report.signed_at));
    }
    w.close();
    performer(w, context);
    w.close().close();
    for chapter in chapters {
        w.open("documentationOf").open("serviceEvent");
        loinc(w, chapter_code(chapter));
        w.close().close();
    }
}

pub(super) fn chapter_code(chapter: &Chapter) -> (&str, &str) {
    loinc_of(&chapter.code).unwrap_or(ANY_CHAPTER)
}

fn performer(w: &mut Writer, context: Context<'_>) {
    let report = context.report;
    let director = &report.laboratory.director;
    let last_validation = report.validators.iter().map(|validator| validator.at).max();
    w.open("performer").attr("typeCode", "PRF");
    w.constant(concat!(
        "<templateId root=\"1.3.6.1.4.1.19376.1.3.3.1.7\"/>",
        "<templateId root=\"1.2.250.1.213.1.1.3.23\"/>",
    ));
    w.open("time");
    time(w, "high", context.clock.hl7(last_validation.unwrap_or(report.signed_at)));
    w.close();
    w.open("assignedEntity");
    required_id(w, director);
    specialty(w, director);
    staff(w, director, &report.laboratory);
    w.open("assignedPerson");
    professional_name(w, director);
    w.close();
    let form = Organization { practice: Some(practice(context.settings.practice)), accreditation: false };
    organization(w, "representedOrganization", &report.laboratory, form);
    w.close().close();
}

fn replaced(w: &mut Writer, context: Context<'_>) {
    if let Some(replaced) = &context.report.ids.replaces {
        w.open("relatedDocument").attr("typeCode", "RPLC").open("parentDocument");
        w.open("id").attr("root", replaced.document.as_str()).close();
        w.close().close();
    }
}

fn encounter_of(w: &mut Writer, context: Context<'_>) {
    let (report, settings) = (context.report, context.settings);
    let director = &report.laboratory.director;
    w.open("componentOf").open("encompassingEncounter");
    id(w, settings.roots.dossiers.as_str(), &report.request.number);
    constant_code(w, "code", encounter(report.request.setting), "2.16.840.1.113883.5.4");
    w.open("effectiveTime");
    time(w, "low", context.clock.hl7(report.request.collected_at.unwrap_or(report.request.received_at)));
    w.close();
    w.open("responsibleParty").open("assignedEntity");
    required_id(w, director);
    if !specialty(w, director) {
        w.constant("<code nullFlavor=\"UNK\"/>");
    }
    staff(w, director, &report.laboratory);
    w.open("assignedPerson");
    professional_name(w, director);
    w.close();
    let form = Organization { practice: None, accreditation: true };
    organization(w, "representedOrganization", &report.laboratory, form);
    w.close().close();
    w.open("location").open("healthCareFacility");
    constant_code(w, "code", facility(settings.facility), "1.2.250.1.71.4.2.4");
    w.open("location").element("name", &report.laboratory.name);
    person::address(w, Some(&report.laboratory.address));
    w.close().close().close();
    w.close().close();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mobile_number_is_recognized_in_both_writings() {
        for (printed, usage) in [("06 47 15 10 10", "MC"), ("+33 7 47 15 10 10", "MC"), ("01 44 53 45 51", "H")] {
            assert_eq!(telephone_use(Some(printed)), usage);
        }
    }
}
