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
    narrative::{Table, anchored, lines, made_lines, said},
    person::subcontracting,
    value::{interpretation_code, reference_range, typed},
};
use crate::codes::practice;
use cda::{Act, AssignedEntity, Cd, Element, EntryRelationship, Ii, Observation, Performer2};
use lab::{
    order::Outcome,
    person::Subcontractor,
    quantity::{CodeSystem, Coded, Interpretation, ReferenceRange, Value},
    report::ReportedResult,
};

/// The anchors of a row.
#[derive(Clone, Copy)]
struct Anchors {
    label: Anchor,
    value: Anchor,
    method: Anchor,
}

/// What a result says: nothing is said of the value of one that was not done.
#[derive(Clone, Copy)]
struct Said<'a> {
    result: &'a ReportedResult,
    value: Option<&'a Value>,
    interpretation: Option<Interpretation>,
}

/// Adds the row, and after it those of the comments; gives the observation.
pub(super) fn result<'a>(page: &mut Page<'a, '_>, it: &'a ReportedResult, table: &mut Table<'a>) -> Observation<'a> {
    let number = page.number();
    let anchors = Anchors {
        label: Anchor::new("r", number, ""),
        value: Anchor::new("r", number, "v"),
        method: Anchor::new("r", number, "m"),
    };
    let done = it.outcome == Outcome::Completed;
    let said_of = Said {
        result: it,
        value: it.value.as_ref().filter(|_| done),
        interpretation: it.interpretation.filter(|_| done),
    };
    let row = row(said_of, anchors, table, page.context.clock);
    table.rows.push(row);
    let mut observation = observation(page, said_of, anchors);
    for comment in said(&it.comments) {
        let anchor = Anchor::new("k", page.number(), "");
        let content = Element::new("content").with("styleCode", "Italics").child(anchored(anchor, comment));
        let cell = Element::new("td").with("colspan", table.columns.span()).child(content);
        table.rows.push(Element::new("tr").child(cell));
        observation.entry_relationship.push(attached_comment(anchor));
    }
    if !done && said(&it.comments).next().is_none() {
        // The norm wants a reason; without one, the words of the cell are the comment.
        observation.entry_relationship.push(attached_comment(anchors.value));
    }
    observation
}

fn row<'a>(it: Said<'a>, anchors: Anchors, table: &Table<'a>, clock: Clock<'_>) -> Element<'a> {
    let Said { result, interpretation, .. } = it;
    let mut test =
        Element::new("td").child(anchored(anchors.label, or(&result.label, or(&result.local_code, "Examen"))));
    let mark = result.accreditation_mark();
    if !mark.is_empty() {
        test.push_text(format!(" {mark}"));
    }
    if let Some(subcontractor) = &result.provenance.subcontractor {
        test.push(Element::new("br"));
        test.push_text(format!("Réalisé par {}", subcontractor.name));
    }
    if let Some(method) = method_of(result) {
        test.push(Element::new("br"));
        let words = format!("({})", method.label);
        test.push(Element::new("content").with("ID", anchors.method.id()).text(words));
    }
    let mut row = Element::new("tr").child(test).child(value_cell(it, anchors.value, table, clock));
    let mut meaning = Element::new("td");
    if let Some(interpretation) = interpretation {
        let label = if is_susceptibility(interpretation) {
            format!("{} ({})", interpretation.label(), interpretation.code()).into()
        } else {
            std::borrow::Cow::Borrowed(interpretation.label())
        };
        if interpretation.is_abnormal() {
            meaning.push(Element::new("content").with("styleCode", "Bold").text(label));
        } else {
            meaning.push_text(label);
        }
    }
    row.push(meaning);
    if table.columns.ranges {
        let mut cell = Element::new("td");
        if let Some(range) = &result.range {
            made_lines(&mut cell, &range.printed());
            if let Some(words) = beside_bounds(range) {
                cell.push(Element::new("br"));
                lines(&mut cell, words);
            }
        }
        row.push(cell);
    }
    if table.columns.previous {
        let mut cell = Element::new("td");
        for (n, previous) in result.previous.iter().enumerate() {
            if n > 0 {
                cell.push(Element::new("br"));
            }
            printed_value(&mut cell, &previous.value);
            cell.push_text(format!(" ({})", clock.french_day(previous.observed_at).as_str()));
        }
        row.push(cell);
    }
    row
}

/// The value: in bold with its mark when it is out of the ordinary, with its day when that is not the table's.
fn value_cell<'a>(it: Said<'a>, anchor: Anchor, table: &Table<'a>, clock: Clock<'_>) -> Element<'a> {
    let mut printed = Element::new("content").with("ID", anchor.id());
    match it.value {
        Some(value) => printed_value(&mut printed, value),
        None if it.result.outcome == Outcome::Aborted => printed.push_text("Non réalisé"),
        None => printed.push_text("—"),
    }
    let mut cell = Element::new("td");
    match it.interpretation.filter(|interpretation| interpretation.is_abnormal()) {
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

/// Letters of an antibiogram are what clinicians read: printed beside their label.
fn is_susceptibility(interpretation: Interpretation) -> bool {
    matches!(interpretation, Interpretation::Susceptible | Interpretation::Intermediate | Interpretation::Resistant)
}

fn printed_value(element: &mut Element<'_>, value: &Value) {
    made_lines(element, &value.printed());
    let unit = value.printed_unit();
    if !unit.is_empty() {
        element.push_text(format!(" {unit}"));
    }
}

fn beside_bounds(range: &ReferenceRange) -> Option<&str> {
    let has_bounds = range.low.is_some() || range.high.is_some();
    range.text.as_deref().filter(|text| has_bounds && !text.trim().is_empty())
}

fn method_of(result: &ReportedResult) -> Option<&Coded> {
    result.method.as_ref().filter(|method| !method.label.trim().is_empty())
}

/// The observation without its comments.
fn observation<'a>(page: &Page<'a, '_>, it: Said<'a>, anchors: Anchors) -> Observation<'a> {
    let (clock, local) = (page.context.clock, page.context.settings.roots.catalogue.as_str());
    let Said { result, value, interpretation } = it;
    let has_loinc = result.loinc.as_ref().is_some_and(|loinc| !loinc.code.is_empty());
    let code = match &result.loinc {
        Some(loinc) if has_loinc => worded_code(loinc, anchors.label, local),
        _ => Cd { original_text: anchors.label.text(), translation: vec![own_code(result, local)], ..Cd::default() },
    };
    let previous_code = || match &result.loinc {
        Some(loinc) if has_loinc => bare_code(loinc, local),
        _ => Cd { translation: vec![own_code(result, local)], ..Cd::default() },
    };
    let previous = result.previous.iter().map(|it| EntryRelationship {
        type_code: attribute("REFR"),
        observation: vec![Observation {
            code: vec![previous_code()],
            status_code: simple("completed"),
            effective_time: vec![at(clock.hl7(it.observed_at))],
            value: vec![typed(&it.value, None, local)],
            ..event()
        }],
        ..EntryRelationship::default()
    });
    Observation {
        template_id: templates(&["1.3.6.1.4.1.19376.1.3.1.6", "1.2.250.1.213.1.1.3.80"]),
        code: vec![code],
        status_code: simple(if result.outcome == Outcome::Completed { "completed" } else { "aborted" }),
        effective_time: vec![at(clock.hl7(result.observed_at))],
        value: value.map(|it| typed(it, Some(anchors.value), local)).into_iter().collect(),
        interpretation_code: interpretation.map(interpretation_code).into_iter().collect(),
        performer: result.provenance.subcontractor.iter().map(|it| performer(page, result, it)).collect(),
        method_code: method_of(result).map(|it| method_code(it, anchors.method, local)).into_iter().collect(),
        entry_relationship: previous.collect(),
        reference_range: result.range.as_ref().and_then(|it| reference_range(it, value)).into_iter().collect(),
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
fn comment_act<'a>(anchor: Anchor) -> Act<'a> {
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
