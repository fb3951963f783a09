//! One result: its row in the table and its observation, written together.
//!
//! In: a reported result. Out: a `tr` in the narrative and an `observation` in the entry.
//! Does not know whether it stands alone, in a battery or under a germ.
//!
//! Source: FR-Resultat-examens-de-biologie-element-clinique-pertinent; FR-Commentaire-ER.

use super::{
    body::{Page, bare_code, or},
    element::{Anchor, open_coded, original_text, reference, time, worded_code},
    narrative::{Table, anchored, lines, said},
    value::{coded_value, interpretation_code, reference_range},
};
use lab::{
    order::Outcome,
    quantity::{CodeSystem, Coded, Interpretation, ReferenceRange, Value},
    report::{PreviousResult, ReportedResult},
};
use xml::Writer;

/// The anchors of a row.
struct Anchors {
    label: Anchor,
    value: Anchor,
    method: Anchor,
}

pub(super) fn write(page: &mut Page<'_>, result: &ReportedResult, table: Table) {
    let number = page.number();
    let anchors = Anchors {
        label: Anchor::new("r", number, ""),
        value: Anchor::new("r", number, "v"),
        method: Anchor::new("r", number, "m"),
    };
    let value = result.value.as_ref().filter(|_| result.outcome == Outcome::Completed);
    let interpretation = result.interpretation.filter(|_| result.outcome == Outcome::Completed);
    row(page, result, value, interpretation, &anchors, table);
    open_observation(page, result, value, interpretation, &anchors);
    for comment in said(&result.comments) {
        let anchor = Anchor::new("k", page.number(), "");
        page.text.open("tr").open("td").attr("colspan", table.columns.span());
        page.text.open("content").attr("styleCode", "Italics");
        anchored(&mut page.text, anchor, comment);
        page.text.close().close().close();
        attached_comment(&mut page.entry, anchor);
    }
    if result.outcome == Outcome::Aborted && said(&result.comments).next().is_none() {
        // The norm wants a reason; without one, the words of the cell are the comment.
        attached_comment(&mut page.entry, anchors.value);
    }
    if let Some(range) = &result.range {
        reference_range(&mut page.entry, range, value);
    }
    page.entry.close();
}

fn row(
    page: &mut Page<'_>,
    result: &ReportedResult,
    value: Option<&Value>,
    interpretation: Option<Interpretation>,
    anchors: &Anchors,
    table: Table,
) {
    let (w, clock) = (&mut page.text, page.context.clock);
    w.open("tr").open("td");
    anchored(w, anchors.label, or(&result.label, or(&result.local_code, "Examen")));
    if let Some(method) = method_of(result) {
        w.constant("<br/>");
        w.open("content").attr("ID", anchors.method.id()).text("(").text(&method.label).text(")").close();
    }
    w.close().open("td");
    let abnormal = interpretation.is_some_and(Interpretation::is_abnormal);
    if abnormal {
        w.open("content").attr("styleCode", "Bold");
        if let Some(mark) = interpretation.map(Interpretation::mark).filter(|mark| !mark.is_empty()) {
            w.text(mark).text(" ");
        }
    }
    w.open("content").attr("ID", anchors.value.id());
    match value {
        Some(value) => printed_value(w, value),
        None if result.outcome == Outcome::Aborted => _ = w.text("Non réalisé"),
        None => _ = w.text("—"),
    }
    w.close();
    if abnormal {
        w.close();
    }
    if table.day.is_some_and(|day| day != clock.day(result.observed_at)) {
        w.constant("<br/>").text("(").text(clock.french(result.observed_at).as_str()).text(")");
    }
    w.close().open("td");
    if let Some(interpretation) = interpretation {
        if abnormal {
            w.open("content").attr("styleCode", "Bold");
        }
        w.text(interpretation.label());
        if is_susceptibility(interpretation) {
            w.text(" (").text(interpretation.code()).text(")");
        }
        if abnormal {
            w.close();
        }
    }
    w.close();
    if table.columns.ranges {
        w.open("td");
        if let Some(range) = &result.range {
            lines(w, &range.printed());
            if let Some(words) = beside_bounds(range) {
                w.constant("<br/>");
                lines(w, words);
            }
        }
        w.close();
    }
    if table.columns.previous {
        w.open("td");
        for (at, previous) in result.previous.iter().enumerate() {
            if at > 0 {
                w.constant("<br/>");
            }
            printed_value(w, &previous.value);
            w.text(" (").text(clock.french_day(previous.observed_at).as_str()).text(")");
        }
        w.close();
    }
    w.close();
}

/// Letters of an antibiogram are what clinicians read: printed beside their label.
fn is_susceptibility(interpretation: Interpretation) -> bool {
    matches!(interpretation, Interpretation::Susceptible | Interpretation::Intermediate | Interpretation::Resistant)
}

fn printed_value(w: &mut Writer, value: &Value) {
    lines(w, &value.printed());
    let unit = value.printed_unit();
    if !unit.is_empty() {
        w.text(" ").text(unit);
    }
}

fn beside_bounds(range: &ReferenceRange) -> Option<&str> {
    let has_bounds = range.low.is_some() || range.high.is_some();
    range.text.as_deref().filter(|text| has_bounds && !text.trim().is_empty())
}

fn method_of(result: &ReportedResult) -> Option<&Coded> {
    result.method.as_ref().filter(|method| !method.label.trim().is_empty())
}

/// Everything of the observation up to its previous results; the caller adds comments and range, and closes it.
fn open_observation(
    page: &mut Page<'_>,
    result: &ReportedResult,
    value: Option<&Value>,
    interpretation: Option<Interpretation>,
    anchors: &Anchors,
) {
    let (clock, local) = (page.context.clock, page.context.settings.roots.catalogue.as_str());
    let own = own_code(result);
    let code = own.as_ref().or(result.loinc.as_ref());
    let w = &mut page.entry;
    open_plain_observation(w);
    w.constant(concat!(
        "<templateId root=\"1.3.6.1.4.1.19376.1.3.1.6\"/>",
        "<templateId root=\"1.2.250.1.213.1.1.3.80\"/>",
    ));
    if let Some(code) = code {
        worded_code(w, code, anchors.label, local);
    }
    let done = result.outcome == Outcome::Completed;
    w.open("statusCode").attr("code", if done { "completed" } else { "aborted" }).close();
    time(w, "effectiveTime", clock.hl7(result.observed_at));
    if let Some(value) = value {
        coded_value(w, value, Some(anchors.value), local);
    }
    if let Some(interpretation) = interpretation {
        interpretation_code(w, interpretation);
    }
    if let Some(method) = method_of(result) {
        if method.system == CodeSystem::Technique && !method.code.is_empty() {
            open_coded(w, "methodCode", method, local);
        } else {
            w.open("methodCode");
        }
        original_text(w, anchors.method);
        w.close();
    }
    if let Some(code) = code {
        for previous in &result.previous {
            w.open("entryRelationship").attr("typeCode", "REFR");
            open_plain_observation(w);
            bare_code(w, code, local);
            w.constant("<statusCode code=\"completed\"/>");
            let PreviousResult { observed_at, value } = previous;
            time(w, "effectiveTime", clock.hl7(*observed_at));
            coded_value(w, value, None, local);
            w.close().close();
        }
    }
}

fn open_plain_observation(w: &mut Writer) {
    w.open("observation").attr("classCode", "OBS").attr("moodCode", "EVN");
}

/// The catalogue's code, for an analysis without LOINC code; the label stands for a missing one.
fn own_code(result: &ReportedResult) -> Option<Coded> {
    let has_loinc = result.loinc.as_ref().is_some_and(|loinc| !loinc.code.is_empty());
    (!has_loinc).then(|| Coded {
        system: CodeSystem::Local,
        code: or(&result.local_code, or(&result.label, "Examen")).to_owned(),
        label: or(&result.label, or(&result.local_code, "Examen")).to_owned(),
    })
}

fn attached_comment(w: &mut Writer, anchor: Anchor) {
    w.open("entryRelationship").attr("typeCode", "SUBJ");
    comment_act(w, anchor);
    w.close();
}

/// A comment whose words stand in the narrative.
pub(super) fn comment_act(w: &mut Writer, anchor: Anchor) {
    w.open("act").attr("classCode", "ACT").attr("moodCode", "EVN");
    w.constant(concat!(
        "<templateId root=\"2.16.840.1.113883.10.20.1.40\"/>",
        "<templateId root=\"1.3.6.1.4.1.19376.1.5.3.1.4.2\"/>",
        "<templateId root=\"1.2.250.1.213.1.1.3.32\"/>",
        "<code code=\"48767-8\" displayName=\"Commentaire\" ",
        "codeSystem=\"2.16.840.1.113883.6.1\" codeSystemName=\"LOINC\"/>",
    ));
    w.open("text");
    reference(w, anchor);
    w.close();
    w.constant("<statusCode code=\"completed\"/>");
    w.close();
}
