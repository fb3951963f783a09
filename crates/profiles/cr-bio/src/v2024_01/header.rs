//! The header of the document.
//!
//! In: the report and the settings. Out: the document without its body. Participants are in their own module.
//!
//! Source: structuration minimale; CR-BIO 2024.01, en-tête.

use super::{
    Context,
    body::loinc_of,
    clock::hl7_date,
    element::{at, constant, extension, id, loinc, oid, simple, templates, until, value},
    participant,
    person::{
        accredited, address, address_of, named, patient_name, person, phone_of, plain_name, required_id, specialty,
        telephone,
    },
    printed_chapters, screening,
};
use crate::codes::{ANY_CHAPTER, SECOND_LABORATORY, WAITING, confidentiality, encounter, facility, gender};
use cda::{
    AssignedEntity, Birthplace, Cd, ClinicalDocument, Component1, DocumentationOf, EncompassingEncounter, Guardian,
    HealthCareFacility, Ii, InFulfillmentOf, Location, Order, ParentDocument, PatientRole, Performer1, Person, Place,
    RecordTarget, RelatedDocument, ResponsibleParty, Scalar, ServiceEvent, St, Time,
};
use lab::report::{Attachment, Chapter, ReportStatus};

/// Source: structuration minimale.
const ADMINISTRATIVE_GENDER: &str = "2.16.840.1.113883.5.1";
/// HL7 Confidentiality.
const CONFIDENTIALITY: &str = "2.16.840.1.113883.5.25";

pub(super) fn document(context: Context<'_>) -> ClinicalDocument<'_> {
    let report = context.report;
    let mut template_id = templates(&["2.16.840.1.113883.2.8.2.1", "1.2.250.1.213.1.1.1.1", "1.3.6.1.4.1.19376.1.3.3"]);
    template_id.push(id("1.2.250.1.213.1.1.1.55", "2024.01"));
    ClinicalDocument {
        realm_code: simple("FR"),
        type_id: vec![id("2.16.840.1.113883.1.3", "POCD_HD000040")],
        template_id,
        id: vec![oid(report.ids.document.as_str())],
        code: vec![loinc((report.kind().loinc(), report.kind().label()))],
        title: vec![St { text: report.title().into(), ..St::default() }],
        effective_time: vec![at(context.clock.hl7(report.signed_at))],
        confidentiality_code: vec![constant(confidentiality(report.confidentiality), CONFIDENTIALITY)],
        language_code: simple("fr-FR"),
        set_id: vec![oid(report.ids.set.as_str())],
        version_number: vec![Scalar { value: value(report.ids.number.max(1).to_string()), ..Scalar::default() }],
        record_target: vec![record_target(context)],
        author: participant::authors(context),
        custodian: vec![participant::custodian(context)],
        information_recipient: participant::recipients(context),
        legal_authenticator: vec![participant::legal_authenticator(context)],
        authenticator: participant::authenticators(context),
        participant: participant::others(context),
        in_fulfillment_of: vec![order(context)],
        documentation_of: acts(context),
        related_document: replaced(context).into_iter().collect(),
        component_of: vec![encounter_of(context)],
        ..ClinicalDocument::default()
    }
}

fn record_target(context: Context<'_>) -> RecordTarget<'_> {
    let patient = &context.report.patient;
    let traits = &patient.traits;
    let ins = ins::sendable(patient, context.settings.environment);
    let ins = ins.map(|ins| id(ins::oid(ins.authority), ins.matricule.as_str()));
    let birth_place = traits.birth_place.as_deref().filter(|it| !it.is_empty()).map(|place| {
        let county = cda::Address { parts: vec![("county", cda::Part::new(place))], ..cda::Address::default() };
        Birthplace { place: vec![Place { addr: vec![county], ..Place::default() }], ..Birthplace::default() }
    });
    let role = PatientRole {
        id: ins.into_iter().chain([local_patient_id(context)]).chain(screening::invitation(context)).collect(),
        addr: vec![address(patient.address.as_ref())],
        telecom: vec![telephone(patient.phone.as_deref(), telephone_use(patient.phone.as_deref()))],
        patient: vec![cda::Patient {
            class_code: value("PSN"),
            name: vec![patient_name(traits)],
            administrative_gender_code: vec![constant(gender(traits.sex), ADMINISTRATIVE_GENDER)],
            birth_time: traits.birth_date.map(|date| at(hl7_date(date))).into_iter().collect(),
            guardian: patient.guardian.iter().map(guardian).collect(),
            birthplace: birth_place.into_iter().collect(),
            ..cda::Patient::default()
        }],
        ..PatientRole::default()
    };
    RecordTarget { patient_role: vec![role], ..RecordTarget::default() }
}

/// Who acts for the patient. Source: structuration minimale, a person or an organization; ours is a person.
fn guardian(it: &lab::patient::Guardian) -> Guardian<'_> {
    Guardian {
        addr: vec![address(it.address.as_ref())],
        telecom: vec![telephone(it.phone.as_deref(), telephone_use(it.phone.as_deref()))],
        guardian_person: vec![Person { name: vec![named(&it.given, &it.family, "")], ..Person::default() }],
        ..Guardian::default()
    }
}

/// The IPP; the identifier of the patient in our tables when the laboratory gave no number.
fn local_patient_id(context: Context<'_>) -> Ii<'_> {
    let (patient, root) = (&context.report.patient, context.settings.roots.patients.as_str());
    match extension(&patient.local_id) {
        Some(number) => id(root, number),
        None => id(root, patient.id.to_string()),
    }
}

/// Mobile numbers of the French plan start with 06 or 07.
fn telephone_use(printed: Option<&str>) -> &'static str {
    let digits: String = printed.unwrap_or_default().chars().filter(char::is_ascii_digit).take(4).collect();
    let mobile = ["06", "07", "336", "337"].iter().any(|prefix| digits.starts_with(prefix));
    if mobile { "MC" } else { "H" }
}

/// The prescriber's number of the request, or ours when there is none that fits.
fn order(context: Context<'_>) -> InFulfillmentOf<'_> {
    let request = &context.report.request;
    let roots = &context.settings.roots;
    let number = match request.placer_number.as_deref().and_then(extension) {
        Some(number) => id(roots.orders.as_str(), number),
        None => id(roots.dossiers.as_str(), request.number.as_str()),
    };
    InFulfillmentOf { order: vec![Order { id: vec![number], ..Order::default() }], ..InFulfillmentOf::default() }
}

/// The principal act (first chapter, with status, times and laboratory), one act per further chapter, then one per
/// report of a subcontractor.
fn acts(context: Context<'_>) -> Vec<DocumentationOf<'_>> {
    let report = context.report;
    let is_final = report.status == ReportStatus::Final;
    let mut chapters = printed_chapters(report);
    let received = at(context.clock.hl7(report.request.received_at));
    let released = is_final.then(|| at(context.clock.hl7(report.signed_at)));
    let principal = ServiceEvent {
        id: vec![id(context.settings.roots.dossiers.as_str(), report.request.number.as_str())],
        code: vec![loinc(chapters.next().map_or(ANY_CHAPTER, chapter_code))],
        status_code: simple(if is_final { "completed" } else { "active" }),
        effective_time: vec![Time { low: vec![received], high: released.into_iter().collect(), ..Time::default() }],
        performer: vec![performer(context)],
        ..ServiceEvent::default()
    };
    let others = chapters.map(|it| ServiceEvent { code: vec![loinc(chapter_code(it))], ..ServiceEvent::default() });
    let elsewhere = report.attachments.iter().map(|it| second_intention(context, it));
    [principal]
        .into_iter()
        .chain(others)
        .chain(elsewhere)
        .map(|it| DocumentationOf { service_event: vec![it], ..DocumentationOf::default() })
        .collect()
}

/// The act of a laboratory whose own report is attached, under the national code of such reports.
fn second_intention<'a>(context: Context<'a>, it: &Attachment) -> ServiceEvent<'a> {
    let observed = at(context.clock.hl7(it.observed_at));
    ServiceEvent {
        code: vec![constant((SECOND_LABORATORY, "Laboratoire de biologie de seconde intention"), WAITING)],
        status_code: simple("completed"),
        effective_time: vec![Time { low: vec![observed], ..Time::default() }],
        ..ServiceEvent::default()
    }
}

pub(super) fn chapter_code(chapter: &Chapter) -> (&str, &str) {
    loinc_of(&chapter.code).unwrap_or(ANY_CHAPTER)
}

/// The laboratory, by its director.
fn performer(context: Context<'_>) -> Performer1<'_> {
    let report = context.report;
    let last_validation = report.validators().into_iter().map(|(_, at)| at).max();
    Performer1 {
        type_code: value("PRF"),
        template_id: templates(&["1.3.6.1.4.1.19376.1.3.3.1.7", "1.2.250.1.213.1.1.3.23"]),
        time: vec![until(context.clock.hl7(last_validation.unwrap_or(report.signed_at)))],
        assigned_entity: vec![participant::of_laboratory(context, &report.laboratory.director)],
        ..Performer1::default()
    }
}

fn replaced(context: Context<'_>) -> Option<RelatedDocument<'_>> {
    let replaced = context.report.ids.replaces.as_ref()?;
    Some(RelatedDocument {
        type_code: value("RPLC"),
        parent_document: vec![ParentDocument {
            id: vec![oid(replaced.document.as_str())],
            ..ParentDocument::default()
        }],
        ..RelatedDocument::default()
    })
}

fn encounter_of(context: Context<'_>) -> Component1<'_> {
    let (report, settings) = (context.report, context.settings);
    let (laboratory, director) = (&report.laboratory, &report.laboratory.director);
    let began = report.request.collected_at.unwrap_or(report.request.received_at);
    let responsible = AssignedEntity {
        id: vec![required_id(director)],
        code: vec![specialty(director).unwrap_or_else(|| Cd { null_flavor: value("UNK"), ..Cd::default() })],
        addr: vec![address_of(director, laboratory)],
        telecom: vec![phone_of(director, laboratory)],
        assigned_person: person(director),
        represented_organization: vec![cda::Organization {
            standard_industry_class_code: screening::practice(context).into_iter().collect(),
            ..accredited(laboratory, &report.mentions)
        }],
        ..AssignedEntity::default()
    };
    let place = Place {
        name: vec![plain_name(&laboratory.name)],
        addr: vec![address(Some(&laboratory.address))],
        ..Place::default()
    };
    let facility = HealthCareFacility {
        code: vec![constant(facility(settings.facility), "1.2.250.1.71.4.2.4")],
        location: vec![place],
        ..HealthCareFacility::default()
    };
    let encounter = EncompassingEncounter {
        id: vec![id(settings.roots.dossiers.as_str(), report.request.number.as_str())],
        code: vec![constant(encounter(report.request.setting), "2.16.840.1.113883.5.4")],
        effective_time: vec![Time { low: vec![at(context.clock.hl7(began))], ..Time::default() }],
        responsible_party: vec![ResponsibleParty { assigned_entity: vec![responsible], ..ResponsibleParty::default() }],
        location: vec![Location { health_care_facility: vec![facility], ..Location::default() }],
        ..EncompassingEncounter::default()
    };
    Component1 { encompassing_encounter: vec![encounter], ..Component1::default() }
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
