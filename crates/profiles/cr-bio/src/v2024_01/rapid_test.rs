//! The document of a rapid test: its own header, chapters without sub-chapters, the device, no copy.
//!
//! In: a report and what makes it one of a rapid test. Out: the document.
//! Results, people and places are written by the modules that write those of a CR-BIO.
//!
//! Source: BIO-TROD 2024.01, schematron and its four published examples.

use super::{
    Context,
    body::{self, derived_from, is_printed, loinc_of, or},
    clock::french_date,
    element::{Anchor, at, coded, constant, extension, id, loinc, simple, templates, value},
    header::{self, chapter_code},
    participant, printed_chapters,
};
use crate::codes::AGENCY;
use cda::{
    Act, Authorization, Cd, ClinicalDocument, Component2, Component3, Consent, Device, DocumentationOf, Element,
    Participant2, ParticipantRole, Performer1, ServiceEvent, St, StructuredBody, Time,
};
use lab::{
    quantity::Coded,
    report::{
        Chapter, RapidTest, ReportStatus, Section,
        rapid_test::{TestDevice, Udi, UdiIssuer},
    },
};

const CONSENT: &str = "Le patient (ou son représentant légal) a donné son consentement pour la réalisation du test.";

/// The document, from a report whose settings say screening as frame of practice.
pub(super) fn document<'a>(context: Context<'a>, test: &'a RapidTest) -> ClinicalDocument<'a> {
    let mut template_id =
        templates(&["2.16.840.1.113883.2.8.2.1", "1.3.6.1.4.1.19376.1.5.3.1.1.1", "1.2.250.1.213.1.1.1.1"]);
    template_id.push(id("1.2.250.1.213.1.1.1.59", "2024.01"));
    let consent = Consent {
        class_code: value("CONS"),
        mood_code: value("EVN"),
        code: vec![Cd { code_system_name: value("TA_ASIP"), ..constant(("GEN-366", CONSENT), AGENCY) }],
        status_code: simple("completed"),
        ..Consent::default()
    };
    ClinicalDocument {
        template_id,
        authenticator: Vec::new(),
        in_fulfillment_of: Vec::new(),
        documentation_of: test.conditions().map(|it| act(context, it)).collect(),
        authorization: vec![Authorization {
            type_code: value("AUTH"),
            consent: vec![consent],
            ..Authorization::default()
        }],
        component: vec![body(context, test)],
        ..header::document(context)
    }
}

/// The search for one condition, by who made the test.
fn act<'a>(context: Context<'a>, condition: &'a Coded) -> DocumentationOf<'a> {
    let report = context.report;
    let made_at = report.results().map(|it| it.observed_at).min().unwrap_or(report.signed_at);
    let performer = Performer1 {
        type_code: value("PRF"),
        assigned_entity: vec![participant::of_laboratory(context, &report.signer)],
        ..Performer1::default()
    };
    let event = ServiceEvent {
        class_code: value("ACT"),
        code: vec![coded(condition, context.settings.roots.catalogue.as_str())],
        effective_time: vec![Time { low: vec![at(context.clock.hl7(made_at))], ..Time::default() }],
        performer: vec![performer],
        ..ServiceEvent::default()
    };
    DocumentationOf { service_event: vec![event], ..DocumentationOf::default() }
}

/// One section per section of the report, each a chapter: the volet accepts no other, and binds results by that path.
fn body<'a>(context: Context<'a>, test: &'a RapidTest) -> Component2<'a> {
    let mut n_anchors = 0;
    let sections = printed_chapters(context.report)
        .flat_map(|chapter| chapter.sections.iter().map(move |section| (chapter, section)))
        .filter(|(_, section)| is_printed(section));
    let component = sections
        .map(|(chapter, it)| Component3 {
            section: vec![section(context, test, (chapter, it), &mut n_anchors)],
            ..Component3::default()
        })
        .collect();
    Component2 {
        structured_body: vec![StructuredBody { component, ..StructuredBody::default() }],
        ..Component2::default()
    }
}

fn section<'a>(
    context: Context<'a>,
    test: &'a RapidTest,
    (chapter, section): (&'a Chapter, &'a Section),
    n_anchors: &mut u32,
) -> cda::Section<'a> {
    let status = if section.status == ReportStatus::Final { "completed" } else { "active" };
    let (mut text, mut entry_relationship) = body::filled(context, section, status, n_anchors);
    for observation in entry_relationship.iter_mut().flat_map(|it| &mut it.observation) {
        // The volet takes comments and nothing else there.
        observation.entry_relationship.retain(|it| it.type_code.as_deref() == Some("SUBJ"));
    }
    *n_anchors += 1;
    let anchor = Anchor::new("device", *n_anchors, "");
    let device = device(&test.device, anchor, &mut text);
    let chapter = chapter_code(chapter);
    let act = Act {
        class_code: value("ACT"),
        mood_code: value("EVN"),
        code: vec![loinc(loinc_of(&section.code).unwrap_or(chapter))],
        status_code: simple(status),
        participant: vec![device],
        entry_relationship,
        ..Act::default()
    };
    cda::Section {
        template_id: templates(&["1.3.6.1.4.1.19376.1.3.3.2.1", "1.2.250.1.213.1.1.2.70"]),
        code: vec![loinc(chapter)],
        title: vec![St {
            text: or(&section.title, "Résultat du test rapide d'orientation diagnostique").into(),
            ..St::default()
        }],
        text: vec![text],
        entry: vec![derived_from(act)],
        ..cda::Section::default()
    }
}

/// The device in the text, and as the participant `DEV` of the act; its identifier only when the box has one that fits.
///
/// Source: schematron `E_laboratoryReportDataProcessing_BIO-TROD`.
fn device<'a>(it: &'a TestDevice, anchor: Anchor, text: &mut Element<'a>) -> Participant2<'a> {
    let expires = it.expires_on.map(|day| french_date(day).as_str().to_owned());
    let parts = [it.maker.trim(), it.reference.trim(), it.lot.trim(), expires.as_deref().unwrap_or_default()];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let words = if parts.is_empty() { "non précisé".to_owned() } else { parts.join(" | ") };
    let described = Element::new("content").with("ID", anchor.id()).text(words);
    let mut sentence = Element::new("paragraph")
        .text("Dispositif utilisé (fabricant | référence | n° de lot | date de péremption) : ")
        .child(described);
    if let Some(udi) = &it.udi {
        sentence.push_text(format!(". Code UDI : {}", udi.code));
    }
    text.push(sentence);
    Participant2 {
        type_code: value("DEV"),
        participant_role: vec![ParticipantRole {
            class_code: value("MANU"),
            id: it.udi.iter().filter_map(identifier).collect(),
            playing_device: vec![Device {
                class_code: value("DEV"),
                determiner_code: value("INSTANCE"),
                code: vec![Cd { original_text: anchor.text(), ..Cd::default() }],
                ..Device::default()
            }],
            ..ParticipantRole::default()
        }],
        ..Participant2::default()
    }
}

fn identifier(udi: &Udi) -> Option<cda::Ii<'_>> {
    let root = match udi.issuer {
        UdiIssuer::Gs1 => "2.51.1.1",
        UdiIssuer::Hibcc => "1.0.15961.10.816",
        UdiIssuer::Iccbba => "2.16.840.1.113883.6.18.1.34",
    };
    Some(id(root, extension(&udi.code)?))
}
