//! The specimen of a section: a sentence and the sampling procedure.
//!
//! In: one specimen. Out: a paragraph and a `procedure` with its reception act.
//! The sampling act is coded as the dossier says (NABM), else by its general LOINC code.
//! Not supported: pooled specimens.
//!
//! Source: FR-Prelevement and FR-Reception-echantillon; the shipped rules want exactly one specimen with one identifier.

use super::{
    body::{Page, or},
    clock::Clock,
    element::{Anchor, at, coded, constant, extension, id, loinc, no_time, templates, token, until, value},
    narrative::anchored,
    person::{address, contacts, person, required_id, specialty},
};
use crate::codes::SPECIMEN_TYPE;
use cda::{
    Act, AssignedEntity, Cd, Element, EntryRelationship, Participant2, ParticipantRole, Performer2, PlayingEntity,
    Procedure,
};
use lab::{order::Specimen, person::Professional};

/// `SPRECEIVE`; the OID of the code system really starts with 1.3.5.
const RECEIVED: (&str, &str) = ("SPRECEIVE", "Échantillon reçu");
const IHE_ACT_CODE: &str = "1.3.5.1.4.1.19376.1.5.3.2";

pub(super) fn write<'a>(page: &mut Page<'a, '_>, specimen: &'a Specimen) {
    let anchor = Anchor::new("s", page.number(), "");
    let clock = page.context.clock;
    let label = or(&specimen.kind.label, or(&specimen.kind.code, "Échantillon"));

    let mut sentence = Element::new("paragraph").text("Prélèvement : ").child(anchored(anchor, label));
    if let Some(site) = &specimen.site {
        sentence.push_text(format!(", {}", or(&site.label, &site.code)));
    }
    if let Some(act) = specimen.act.as_ref().filter(|act| !act.label.trim().is_empty()) {
        sentence.push_text(format!(" ({})", act.label));
    }
    if let Some(collector) = &specimen.collector {
        sentence.push_text(format!(", par {}", collector.printed()));
    }
    if let Some(at) = specimen.collected_at {
        sentence.push_text(format!(", le {}", clock.french(at).as_str()));
    }
    if let Some(at) = specimen.received_at {
        sentence.push_text(format!(" ; reçu le {}", clock.french(at).as_str()));
    }
    page.text.push(sentence);

    let local = page.context.settings.roots.catalogue.as_str();
    let number = extension(&specimen.number).unwrap_or(&page.context.report.request.number);
    let nature = if specimen.kind.code.is_empty() {
        Cd::default()
    } else {
        let (code, display_name) = (value(token(&specimen.kind.code)), value(label));
        Cd { code, display_name, code_system: value(SPECIMEN_TYPE), ..Cd::default() }
    };
    let role = ParticipantRole {
        class_code: value("SPEC"),
        id: vec![id(page.context.settings.roots.specimens.as_str(), number)],
        playing_entity: vec![PlayingEntity {
            code: vec![Cd { original_text: anchor.text(), ..nature }],
            ..PlayingEntity::default()
        }],
        ..ParticipantRole::default()
    };
    let sampling = Procedure {
        class_code: value("PROC"),
        mood_code: value("EVN"),
        template_id: templates(&["1.3.6.1.4.1.19376.1.3.1.2", "1.2.250.1.213.1.1.3.77"]),
        code: vec![specimen.act.as_ref().map_or_else(|| loinc(("33882-2", "Prélèvement")), |act| coded(act, local))],
        target_site_code: specimen.site.iter().map(|site| coded(site, local)).collect(),
        performer: specimen.collector.iter().map(performer).collect(),
        effective_time: vec![specimen.collected_at.map_or_else(|| no_time("UNK"), |at| until(clock.hl7(at)))],
        participant: vec![Participant2 {
            type_code: value("PRD"),
            participant_role: vec![role],
            ..Participant2::default()
        }],
        entry_relationship: reception(specimen, clock).into_iter().collect(),
        ..Procedure::default()
    };
    page.entry.push(EntryRelationship {
        type_code: value("COMP"),
        procedure: vec![sampling],
        ..EntryRelationship::default()
    });
}

/// Who took it.
fn performer(collector: &Professional) -> Performer2<'_> {
    let entity = AssignedEntity {
        id: vec![required_id(collector)],
        code: specialty(collector).into_iter().collect(),
        addr: vec![address(collector.address.as_ref())],
        telecom: contacts(collector),
        assigned_person: person(collector),
        ..AssignedEntity::default()
    };
    Performer2 { assigned_entity: vec![entity], ..Performer2::default() }
}

fn reception<'a>(specimen: &'a Specimen, clock: Clock<'_>) -> Option<EntryRelationship<'a>> {
    let act = Act {
        class_code: value("ACT"),
        mood_code: value("EVN"),
        template_id: templates(&["1.3.6.1.4.1.19376.1.3.1.3", "1.2.250.1.213.1.1.3.107"]),
        code: vec![Cd { code_system_name: value("IHEActCode"), ..constant(RECEIVED, IHE_ACT_CODE) }],
        effective_time: vec![at(clock.hl7(specimen.received_at?))],
        ..Act::default()
    };
    Some(EntryRelationship { type_code: value("COMP"), act: vec![act], ..EntryRelationship::default() })
}
