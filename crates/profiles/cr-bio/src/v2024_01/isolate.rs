//! A germ found in culture: its table, its antibiogram, and the `CLUSTER` organizer that says the same.
//!
//! In: one isolate. Out: one or two tables and an organizer.
//!
//! Source: FR-Isolat-microbiologique; identification ladder SNOMED CT, else NCBI, else words.

use super::{
    body::{Page, or, organizer},
    element::{Anchor, open_coded, original_text, time},
    narrative::{Columns, Heading, anchored, close_table, open_table},
    result,
};
use lab::{
    quantity::{CodeSystem, Coded},
    report::{Isolate, ReportedResult},
};
use xml::Writer;

pub(super) fn write(page: &mut Page<'_>, isolate: &Isolate) {
    let anchor = Anchor::new("g", page.number(), "");
    open_cluster(page, isolate, anchor);
    let name = or(&isolate.organism.label, or(&isolate.organism.code, "Germe"));
    page.text.open("paragraph").attr("styleCode", "Bold").text("Isolat");
    if isolate.number > 0 {
        page.text.text(" ").text_display(isolate.number);
    }
    page.text.text(" : ");
    anchored(&mut page.text, anchor, name);
    page.text.close();
    if !isolate.results.is_empty() {
        let columns = Columns::filled_by(&isolate.results);
        let table = open_table(&mut page.text, Heading::Word("Examen"), columns, &isolate.results, page.context.clock);
        for it in &isolate.results {
            page.entry.open("component");
            result::write(page, it, table);
            page.entry.close();
        }
        close_table(&mut page.text);
    }
    if !isolate.antibiogram.is_empty() {
        let code = Coded::loinc("18769-0", "Antibiogramme");
        page.entry.open("component");
        organizer(page, &code, &isolate.antibiogram, Columns::filled_by(&isolate.antibiogram));
        page.entry.close();
    }
    page.entry.close().close();
}

/// Opens the relationship and the organizer; the caller adds results and closes both.
fn open_cluster(page: &mut Page<'_>, isolate: &Isolate, anchor: Anchor) {
    let context = page.context;
    let (report, roots) = (context.report, &context.settings.roots);
    let status = page.status;
    let w = &mut page.entry;
    w.open("entryRelationship").attr("typeCode", "COMP");
    w.open("organizer").attr("classCode", "CLUSTER").attr("moodCode", "EVN");
    w.constant(concat!(
        "<templateId root=\"1.3.6.1.4.1.19376.1.3.1.5\"/>",
        "<templateId root=\"1.2.250.1.213.1.1.3.79\"/>",
    ));
    w.open("statusCode").attr("code", status).close();
    let last = |results: &[ReportedResult]| results.iter().map(|result| result.observed_at).max();
    let at = last(&isolate.results).max(last(&isolate.antibiogram)).unwrap_or(report.signed_at);
    time(w, "effectiveTime", context.clock.hl7(at));
    w.open("specimen").attr("typeCode", "SPC").open("specimenRole").attr("classCode", "SPEC");
    w.open("id")
        .attr("root", roots.isolates.as_str())
        .attr_display("extension", format_args!("{}-{}", report.request.number, isolate.number))
        .close();
    w.open("specimenPlayingEntity").attr("classCode", "MIC");
    identification(w, &isolate.organism, anchor, roots.catalogue.as_str());
    w.close().close().close();
}

fn identification(w: &mut Writer, organism: &Coded, anchor: Anchor, local: &str) {
    let coded = !organism.code.is_empty();
    match organism.system {
        CodeSystem::SnomedCt if coded => {
            open_coded(w, "code", organism, local);
            original_text(w, anchor);
        }
        CodeSystem::Ncbi if coded => {
            w.open("code");
            original_text(w, anchor);
            open_coded(w, "translation", organism, local);
            w.close();
        }
        _ => {
            w.open("code");
            original_text(w, anchor);
        }
    }
    w.close();
}
