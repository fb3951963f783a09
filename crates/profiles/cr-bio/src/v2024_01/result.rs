//! One result: its row in the table and its observation, made together.
//!
//! In: a reported result. Out: a `tr` in the narrative and an `observation`.
//! Does not know whether it stands alone, in a battery or under a germ.
//!
//! Source: FR-Resultat-examens-de-biologie-element-clinique-pertinent; FR-Commentaire-ER.

use super::{
    body::{Page, bare_code, or},
    clock::Clock,
    element::{Anchor, at, coded, simple, templates, until, value as attribute, worded_code},
    narrative::{Table, anchored, made_lines, said},
    participant,
    person::subcontracting,
    screening,
    value::{interpretation_code, reference_range, typed},
};
use crate::codes::practice;
use cda::{
    Act, AssignedEntity, Cd, Device, Element, EntryRelationship, Ii, Observation, Participant2, ParticipantRole,
    Performer2, St,
};
use lab::{
    person::Subcontractor,
    quantity::{CodeSystem, Coded, Value},
    report::{Line, ReportedResult},
};
use std::borrow::Cow;

/// Said beside an interpretation that usual values do not carry.
const JUDGMENT: &str = "avis du biologiste";

/// The anchors of a row.
#[derive(Clone, Copy)]
struct Anchors {
    row: u32,
    label: Anchor,
    value: Anchor,
    method: Anchor,
}

/// Adds the rows, and after them those of the comments; gives the observations: one, or one per unit.
pub(super) fn result<'a>(
    page: &mut Page<'a, '_>,
    it: &'a ReportedResult,
    table: &mut Table<'a>,
) -> impl Iterator<Item = Observation<'a>> + use<'a> {
    let mut said_of: Vec<(Observation<'a>, Anchor)> = it.lines().map(|line| one(page, line, table)).collect();
    for comment in said(&it.comments) {
        let anchor = table.comment(page.number(), comment);
        said_of[0].0.entry_relationship.push(attached_comment(anchor));
    }
    if it.answer.is_none() && said(&it.comments).next().is_none() {
        // The norm wants a reason; without one, the words of the cell are the comment.
        let (observation, value) = &mut said_of[0];
        observation.entry_relationship.push(attached_comment(*value));
    }
    said_of.into_iter().map(|(observation, _)| observation)
}

/// One row and its observation; gives also where the value is printed.
fn one<'a>(page: &mut Page<'a, '_>, it: Line<'a>, table: &mut Table<'a>) -> (Observation<'a>, Anchor) {
    let number = page.number();
    let anchors = Anchors {
        row: number,
        label: Anchor::new("r", number, ""),
        value: Anchor::new("r", number, "v"),
        method: Anchor::new("r", number, "m"),
    };
    let row = row(page, it, anchors, table);
    table.rows.push(row);
    (observation(page, it, anchors), anchors.value)
}

fn row<'a>(page: &Page<'a, '_>, it: Line<'a>, anchors: Anchors, table: &Table<'a>) -> Element<'a> {
    let clock = page.context.clock;
    let mut row = Element::new("tr")
        .child(test_cell(page, it, anchors))
        .child(value_cell(it, anchors.value, table, clock))
        .child(meaning_cell(it.result));
    if table.columns.ranges {
        row.push(range_cell(it));
    }
    if table.columns.previous {
        row.push(previous_cell(it, clock));
    }
    row
}

/// What was tested; under it where, how, with what and, when the section does not say it, validated by whom.
fn test_cell<'a>(page: &Page<'a, '_>, it: Line<'a>, anchors: Anchors) -> Element<'a> {
    let result = it.result;
    let mut cell =
        Element::new("td").child(anchored(anchors.label, or(&result.label, or(&result.local_code, "Examen"))));
    let mark = result.accreditation_mark();
    if !mark.is_empty() {
        cell.push_text(format!(" {mark}"));
    }
    if let Some(unit) = it.in_unit {
        cell.push_text(format!(" (en {unit})"));
    }
    if let Some(subcontractor) = &result.provenance.subcontractor {
        push_line(&mut cell, format!("Réalisé par {}", subcontractor.name));
    }
    if let Some(method) = method_of(result) {
        cell.push(Element::new("br"));
        let words = format!("({})", method.label);
        cell.push(Element::new("content").with("ID", anchors.method.id()).text(words));
    }
    if let Some(analyzer) = result.analyzer.as_deref().filter(|name| !name.trim().is_empty()) {
        push_line(&mut cell, format!("Analyseur : {analyzer}"));
    }
    for means in screening::means(page.context, result) {
        push_line(&mut cell, format!("{} : ", means.kind));
        cell.push(means.words(anchors.row));
    }
    if let Some(validator) = page.validator_of(result) {
        push_line(&mut cell, format!("Validé par {}", validator.professional.printed()));
    }
    cell
}

fn push_line(cell: &mut Element<'_>, words: String) {
    cell.push(Element::new("br"));
    cell.push_text(words);
}

/// What it means: letters of an antibiogram are what clinicians read, and a judgment says that it is one.
fn meaning_cell<'a>(result: &'a ReportedResult) -> Element<'a> {
    let mut cell = Element::new("td");
    let Some(interpretation) = result.interpretation() else { return cell };
    let label: Cow<'a, str> = if interpretation.is_susceptibility() {
        format!("{} ({})", interpretation.label(), interpretation.code()).into()
    } else if result.is_judged() {
        format!("{} ({JUDGMENT})", interpretation.label()).into()
    } else {
        interpretation.label().into()
    };
    if interpretation.is_abnormal() {
        cell.push(Element::new("content").with("styleCode", "Bold").text(label));
    } else {
        cell.push_text(label);
    }
    cell
}

fn range_cell<'a>(it: Line<'a>) -> Element<'a> {
    let mut cell = Element::new("td");
    if let Some(range) = it.range {
        made_lines(&mut cell, &range.printed());
        for words in range.printed_beside() {
            cell.push(Element::new("br"));
            made_lines(&mut cell, &words);
        }
    }
    cell
}

/// Earlier results with their day, and their technique when it was another one.
fn previous_cell<'a>(it: Line<'a>, clock: Clock<'_>) -> Element<'a> {
    let mut cell = Element::new("td");
    for (n, previous) in it.previous.iter().enumerate() {
        if n > 0 {
            cell.push(Element::new("br"));
        }
        printed_value(&mut cell, &previous.value);
        let day = clock.french_day(previous.observed_at);
        match previous.method.as_ref().filter(|method| !method.label.trim().is_empty()) {
            Some(method) => cell.push_text(format!(" ({}, {})", day.as_str(), method.label)),
            None => cell.push_text(format!(" ({})", day.as_str())),
        }
    }
    cell
}

/// The value: in bold with its mark when it is out of the ordinary, with its day when that is not the table's.
fn value_cell<'a>(it: Line<'a>, anchor: Anchor, table: &Table<'a>, clock: Clock<'_>) -> Element<'a> {
    let mut printed = Element::new("content").with("ID", anchor.id());
    match it.value {
        Some(value) => printed_value(&mut printed, value),
        None if it.result.answer.is_none() => printed.push_text("Non réalisé"),
        None => printed.push_text("—"),
    }
    let mut cell = Element::new("td");
    match it.result.interpretation().filter(|interpretation| interpretation.is_abnormal()) {
        None => cell.push(printed),
        Some(interpretation) => {
            let mut bold = Element::new("content").with("styleCode", "Bold");
            let mark = interpretation.mark();
            if !mark.is_empty() {
                bold.push_text(format!("{mark} "));
            }
            cell.push(bold.child(printed));
        }
    }
    let observed_at = it.result.observed_at;
    if table.day.is_some_and(|day| day != clock.day(observed_at)) {
        cell.push(Element::new("br"));
        cell.push_text(format!("({})", clock.french(observed_at).as_str()));
    }
    cell
}

fn printed_value(element: &mut Element<'_>, value: &Value) {
    made_lines(element, &value.printed());
    let unit = value.printed_unit();
    if !unit.is_empty() {
        element.push_text(format!(" {unit}"));
    }
}

fn method_of(result: &ReportedResult) -> Option<&Coded> {
    result.method.as_ref().filter(|method| !method.label.trim().is_empty())
}

/// The observation without its comments.
fn observation<'a>(page: &Page<'a, '_>, it: Line<'a>, anchors: Anchors) -> Observation<'a> {
    let (clock, local) = (page.context.clock, page.context.settings.roots.catalogue.as_str());
    let result = it.result;
    let loinc = it.loinc.filter(|loinc| !loinc.code.is_empty());
    let code = match loinc {
        Some(loinc) => worded_code(loinc, anchors.label, local),
        None => Cd { original_text: anchors.label.text(), translation: vec![own_code(result, local)], ..Cd::default() },
    };
    let previous_code = || match loinc {
        Some(loinc) => bare_code(loinc, local),
        None => Cd { translation: vec![own_code(result, local)], ..Cd::default() },
    };
    let previous = it.previous.iter().map(|earlier| EntryRelationship {
        type_code: attribute("REFR"),
        observation: vec![Observation {
            code: vec![previous_code()],
            status_code: simple("completed"),
            effective_time: vec![at(clock.hl7(earlier.observed_at))],
            value: vec![typed(&earlier.value, None, local)],
            method_code: earlier.method.iter().filter_map(coded_method).collect(),
            ..event()
        }],
        ..EntryRelationship::default()
    });
    let participant = page.validator_of(result).map(|it| participant::validator(page.context, it));
    let means = screening::means(page.context, result).map(|it| it.participant(anchors.row, local));
    Observation {
        template_id: templates(&["1.3.6.1.4.1.19376.1.3.1.6", "1.2.250.1.213.1.1.3.80"]),
        code: vec![code],
        status_code: simple(if result.answer.is_some() { "completed" } else { "aborted" }),
        effective_time: vec![at(clock.hl7(result.observed_at))],
        value: it.value.map(|it| typed(it, Some(anchors.value), local)).into_iter().collect(),
        interpretation_code: result.interpretation().map(interpretation_code).into_iter().collect(),
        performer: result.provenance.subcontractor.iter().map(|it| performer(page, result, it)).collect(),
        participant: participant
            .into_iter()
            .chain(result.analyzer.as_deref().and_then(analyzer))
            .chain(means)
            .collect(),
        method_code: method_of(result).map(|it| method_code(it, anchors.method, local)).into_iter().collect(),
        entry_relationship: previous.collect(),
        reference_range: it.range.and_then(|range| reference_range(range, it.value)).into_iter().collect(),
        ..event()
    }
}

fn event<'a>() -> Observation<'a> {
    Observation { class_code: attribute("OBS"), mood_code: attribute("EVN"), ..Observation::default() }
}

/// The laboratory that made the result in the place of ours, at the lowest level where they differ.
///
/// Source: FR-Laboratoire-executant; Ségur SGL.DOC.13.
fn performer<'a>(page: &Page<'a, '_>, result: &ReportedResult, it: &'a Subcontractor) -> Performer2<'a> {
    let context = page.context;
    let entity = AssignedEntity {
        id: vec![Ii { null_flavor: attribute("UNK"), ..Ii::default() }],
        represented_organization: vec![subcontracting(it, practice(context.settings.practice))],
        ..AssignedEntity::default()
    };
    Performer2 {
        type_code: attribute("PRF"),
        template_id: templates(&["1.3.6.1.4.1.19376.1.3.3.1.7", "1.2.250.1.213.1.1.3.23"]),
        time: vec![until(context.clock.hl7(result.observed_at))],
        assigned_entity: vec![entity],
        ..Performer2::default()
    }
}

/// A technique: its code when it has one of the national table, and its words.
fn method_code<'a>(method: &'a Coded, anchor: Anchor, local: &'a str) -> Cd<'a> {
    let original_text = anchor.text();
    if method.system == CodeSystem::Technique && !method.code.is_empty() {
        Cd { original_text, ..coded(method, local) }
    } else {
        Cd { original_text, ..Cd::default() }
    }
}

/// A technique that no words of the narrative stand for: only one that has a national code.
fn coded_method(method: &Coded) -> Option<Cd<'_>> {
    (method.system == CodeSystem::Technique && !method.code.is_empty()).then(|| coded(method, ""))
}

/// The device that measured. Source: CR-BIO 2024.01, participant `DEV` of an observation.
fn analyzer(name: &str) -> Option<Participant2<'_>> {
    let name = Some(name.trim()).filter(|name| !name.is_empty())?;
    let device =
        Device { manufacturer_model_name: vec![St { text: name.into(), ..St::default() }], ..Device::default() };
    Some(Participant2 {
        type_code: attribute("DEV"),
        participant_role: vec![ParticipantRole {
            class_code: attribute("MANU"),
            playing_device: vec![device],
            ..ParticipantRole::default()
        }],
        ..Participant2::default()
    })
}

/// The catalogue's code, for an analysis without LOINC code; the label stands for a missing one.
fn own_code<'a>(result: &'a ReportedResult, local: &'a str) -> Cd<'a> {
    let (oid, system) = crate::codes::code_system(&CodeSystem::Local, local);
    Cd {
        code: attribute(super::element::token(or(&result.local_code, or(&result.label, "Examen")))),
        display_name: attribute(or(&result.label, or(&result.local_code, "Examen"))),
        code_system: attribute(oid),
        code_system_name: attribute(system),
        ..Cd::default()
    }
}

/// A comment on what holds it.
pub(super) fn attached_comment<'a>(anchor: Anchor) -> EntryRelationship<'a> {
    EntryRelationship { type_code: attribute("SUBJ"), act: vec![comment_act(anchor)], ..EntryRelationship::default() }
}

/// A comment whose words stand in the narrative.
pub(super) fn comment_act<'a>(anchor: Anchor) -> Act<'a> {
    Act {
        class_code: attribute("ACT"),
        mood_code: attribute("EVN"),
        template_id: templates(&[
            "2.16.840.1.113883.10.20.1.40",
            "1.3.6.1.4.1.19376.1.5.3.1.4.2",
            "1.2.250.1.213.1.1.3.32",
        ]),
        code: vec![super::element::loinc(("48767-8", "Commentaire"))],
        text: anchor.text(),
        status_code: simple("completed"),
        ..Act::default()
    }
}
