//! A germ found in culture: its table, its antibiogram, and the `CLUSTER` organizer that says the same.
//!
//! In: one isolate. Out: one or two tables and an organizer.
//!
//! Source: FR-Isolat-microbiologique; identification ladder SNOMED CT, else NCBI, else words.

use super::{
    body::{Page, battery, or},
    element::{Anchor, at, coded, id, simple, templates, value},
    narrative::{Columns, Heading, Table, anchored},
    result,
};
use cda::{Cd, Component4, Element, EntryRelationship, Organizer, PlayingEntity, Specimen, SpecimenRole};
use lab::{
    quantity::{CodeSystem, Coded},
    report::{Isolate, ReportedResult},
};
use std::sync::LazyLock;

/// The code of every antibiogram.
static ANTIBIOGRAM: LazyLock<Coded> = LazyLock::new(|| Coded::loinc("18769-0", "Antibiogramme"));

pub(super) fn write<'a>(page: &mut Page<'a, '_>, isolate: &'a Isolate) {
    let anchor = Anchor::new("g", page.number(), "");
    let name = or(&isolate.organism.label, or(&isolate.organism.code, "Germe"));
    let rank = if isolate.number > 0 { format!("Isolat {} : ", isolate.number) } else { "Isolat : ".to_owned() };
    let title = Element::new("paragraph").with("styleCode", "Bold").text(rank).child(anchored(anchor, name));
    page.text.push(title);

    let mut component = Vec::with_capacity(isolate.results.len() + 1);
    if !isolate.results.is_empty() {
        let columns = Columns::filled_by(&isolate.results);
        let mut table = Table::new(Heading::Word("Examen"), columns, &isolate.results, page.context.clock);
        for it in &isolate.results {
            let observations = result::result(page, it, &mut table);
            component.extend(observations.map(|it| Component4 { observation: vec![it], ..Component4::default() }));
        }
        page.text.push(table.finish());
    }
    if !isolate.antibiogram.is_empty() {
        let columns = Columns::filled_by(&isolate.antibiogram);
        let organizer = vec![battery(page, &ANTIBIOGRAM, (&isolate.antibiogram, &[]), columns)];
        component.push(Component4 { organizer, ..Component4::default() });
    }
    let cluster = Organizer { component, ..cluster(page, isolate, anchor) };
    page.entry.push(EntryRelationship {
        type_code: value("COMP"),
        organizer: vec![cluster],
        ..EntryRelationship::default()
    });
}

/// The organizer without its results.
fn cluster<'a>(page: &Page<'a, '_>, isolate: &'a Isolate, anchor: Anchor) -> Organizer<'a> {
    let context = page.context;
    let (report, roots) = (context.report, &context.settings.roots);
    let last = |results: &[ReportedResult]| results.iter().map(|result| result.observed_at).max();
    let done_at = last(&isolate.results).max(last(&isolate.antibiogram)).unwrap_or(report.signed_at);
    let germ = PlayingEntity {
        class_code: value("MIC"),
        code: vec![identification(&isolate.organism, anchor, roots.catalogue.as_str())],
        ..PlayingEntity::default()
    };
    let role = SpecimenRole {
        class_code: value("SPEC"),
        id: vec![id(roots.isolates.as_str(), format!("{}-{}", report.request.number, isolate.number))],
        specimen_playing_entity: vec![germ],
        ..SpecimenRole::default()
    };
    Organizer {
        class_code: value("CLUSTER"),
        mood_code: value("EVN"),
        template_id: templates(&["1.3.6.1.4.1.19376.1.3.1.5", "1.2.250.1.213.1.1.3.79"]),
        status_code: simple(page.status),
        effective_time: vec![at(context.clock.hl7(done_at))],
        specimen: vec![Specimen { type_code: value("SPC"), specimen_role: vec![role], ..Specimen::default() }],
        ..Organizer::default()
    }
}

fn identification<'a>(organism: &'a Coded, anchor: Anchor, local: &'a str) -> Cd<'a> {
    let original_text = anchor.text();
    let has_code = !organism.code.is_empty();
    match organism.system {
        CodeSystem::SnomedCt if has_code => Cd { original_text, ..coded(organism, local) },
        CodeSystem::Ncbi if has_code => {
            Cd { original_text, translation: vec![coded(organism, local)], ..Cd::default() }
        }
        _ => Cd { original_text, ..Cd::default() },
    }
}
