//! The body: notice, chapters with their sub-chapters, comments on the dossier, copy of the PDF.
//!
//! In: the report. Out: the sections. One pass over a section fills two buffers, its narrative and its entry,
//! so that neither can say what the other does not. Does not know how one result is written.
//!
//! Source: CR-BIO 2024.01, FR-CR-BIO-Chapitre, FR-CR-BIO-Sous-chapitre, FR-Resultats-examens-de-biologie-medicale.

use super::{
    Context, attachment,
    element::{Anchor, loinc, open_coded, time, worded_code},
    header::chapter_code,
    isolate,
    narrative::{self, Columns, Heading, close_table, open_table, said},
    notice,
    person::{professional_name, required_id, staff},
    printed_chapters, result, specimen,
};
use lab::{
    quantity::{CodeSystem, Coded},
    report::{Battery, Chapter, Item, ReportStatus, ReportedResult, Section, Validator},
};
use xml::Writer;

/// Whether a section has anything to print.
pub(super) fn is_printed(section: &Section) -> bool {
    section.items.iter().any(has_content)
}

fn has_content(item: &Item) -> bool {
    match item {
        Item::Battery(battery) => !battery.results.is_empty(),
        Item::Result(_) | Item::Isolate(_) => true,
    }
}

/// How many observations an item writes, to size its buffers.
fn n_results(item: &Item) -> usize {
    match item {
        Item::Battery(battery) => battery.results.len(),
        Item::Result(_) => 1,
        Item::Isolate(isolate) => 1 + isolate.results.len() + isolate.antibiogram.len(),
    }
}

/// A section being written: narrative and entry side by side.
pub(super) struct Page<'a> {
    /// The document's context.
    pub(super) context: Context<'a>,
    /// Narrative of the section.
    pub(super) text: Writer,
    /// Content of the section's act.
    pub(super) entry: Writer,
    /// Status of what is still open: `completed` or `active`.
    pub(super) status: &'static str,
    n_anchors: &'a mut u32,
}

impl Page<'_> {
    /// The next number of an anchor; unique in the document.
    pub(super) fn number(&mut self) -> u32 {
        *self.n_anchors += 1;
        *self.n_anchors
    }
}

pub(super) fn write(w: &mut Writer, context: Context<'_>, pdf: &[u8]) {
    notice::status(w, context);
    let mut n_anchors = 0;
    for it in printed_chapters(context.report) {
        chapter(w, context, it, &mut n_anchors);
    }
    notice::dossier_comments(w, context);
    attachment::pdf_copy(w, context, pdf);
}

/// Always in the form with sub-chapters, even for one: the reader meets one form.
fn chapter(w: &mut Writer, context: Context<'_>, chapter: &Chapter, n_anchors: &mut u32) {
    let code = chapter_code(chapter);
    w.open("component").open("section");
    w.constant(concat!(
        "<templateId root=\"1.3.6.1.4.1.19376.1.3.3.2.1\"/>",
        "<templateId root=\"1.2.250.1.213.1.1.2.70\"/>",
    ));
    loinc(w, code);
    w.element("title", or(&chapter.code.label, code.1));
    for it in chapter.sections.iter().filter(|section| is_printed(section)) {
        sub_chapter(w, context, it, code, n_anchors);
    }
    w.close().close();
}

fn sub_chapter(w: &mut Writer, context: Context<'_>, section: &Section, chapter: (&str, &str), n_anchors: &mut u32) {
    let code = loinc_of(&section.code).unwrap_or(chapter);
    let status = if section.status == ReportStatus::Final { "completed" } else { "active" };
    let capacity = 2048 + 1024 * section.items.iter().map(n_results).sum::<usize>();
    let mut page = Page {
        context,
        text: Writer::with_capacity(capacity),
        entry: Writer::with_capacity(2 * capacity),
        status,
        n_anchors,
    };
    fill(&mut page, section);
    let Page { text, entry, .. } = page;

    w.open("component").open("section");
    w.constant(concat!(
        "<templateId root=\"1.3.6.1.4.1.19376.1.3.3.2.2\"/>",
        "<templateId root=\"1.2.250.1.213.1.1.2.71\"/>",
    ));
    loinc(w, code);
    w.element("title", or(&section.title, code.1));
    w.open("text").fragment(&text.finish()).close();
    w.open("entry").attr("typeCode", "DRIV");
    w.constant("<templateId root=\"1.3.6.1.4.1.19376.1.3.1\"/><templateId root=\"1.2.250.1.213.1.1.3.21\"/>");
    w.open("act").attr("classCode", "ACT").attr("moodCode", "EVN");
    loinc(w, code);
    w.open("statusCode").attr("code", status).close();
    validator(w, context, &section.validator);
    w.fragment(&entry.finish());
    w.close().close().close().close();
}

/// Narrative and entry of a section, item by item.
fn fill(page: &mut Page<'_>, section: &Section) {
    if section.status == ReportStatus::Partial {
        page.text.element("paragraph", "Résultats partiels : d'autres résultats sont attendus.");
    }
    if let Some(specimen) = &section.specimen {
        specimen::write(page, specimen);
    }
    let mut items = section.items.as_slice();
    while let Some((first, rest)) = items.split_first() {
        items = rest;
        match first {
            Item::Battery(battery) => write_battery(page, battery),
            Item::Isolate(it) => isolate::write(page, it),
            Item::Result(_) => {
                let n_more = rest.iter().take_while(|item| matches!(item, Item::Result(_))).count();
                items = &rest[n_more..];
                single_results(page, first, &rest[..n_more]);
            }
        }
    }
    for comment in said(&section.comments) {
        let anchor = Anchor::new("k", page.number(), "");
        narrative::comment_paragraph(&mut page.text, anchor, comment);
        page.entry.open("entryRelationship").attr("typeCode", "SUBJ");
        result::comment_act(&mut page.entry, anchor);
        page.entry.close();
    }
    page.text
        .open("paragraph")
        .text("Résultats validés par ")
        .text(&section.validator.professional.printed())
        .text(", le ")
        .text(page.context.clock.french(section.validator.at).as_str())
        .text(".")
        .close();
}

/// Results that follow each other outside a battery share one table.
fn single_results(page: &mut Page<'_>, first: &Item, rest: &[Item]) {
    let results = || std::iter::once(first).chain(rest).filter_map(single);
    let table = open_table(&mut page.text, Heading::Word("Examen"), Columns::ALL, results(), page.context.clock);
    for it in results() {
        page.entry.open("entryRelationship").attr("typeCode", "COMP");
        result::write(page, it, table);
        page.entry.close();
    }
    close_table(&mut page.text);
}

fn single(item: &Item) -> Option<&ReportedResult> {
    match item {
        Item::Result(result) => Some(result),
        Item::Battery(_) | Item::Isolate(_) => None,
    }
}

fn write_battery(page: &mut Page<'_>, battery: &Battery) {
    if battery.results.is_empty() {
        return;
    }
    page.entry.open("entryRelationship").attr("typeCode", "COMP");
    organizer(page, &battery.code, &battery.results, Columns::ALL);
    page.entry.close();
}

/// A table and the `BATTERY` organizer that says the same.
///
/// Source: FR-Batterie-examens-de-biologie-medicale.
pub(super) fn organizer(page: &mut Page<'_>, code: &Coded, results: &[ReportedResult], columns: Columns) {
    let anchor = Anchor::new("b", page.number(), "");
    let heading = Heading::Anchored(or(&code.label, "Examen"), anchor);
    let table = open_table(&mut page.text, heading, columns, results, page.context.clock);
    page.entry.open("organizer").attr("classCode", "BATTERY").attr("moodCode", "EVN");
    page.entry.constant(concat!(
        "<templateId root=\"1.3.6.1.4.1.19376.1.3.1.4\"/>",
        "<templateId root=\"1.2.250.1.213.1.1.3.78\"/>",
    ));
    worded_code(&mut page.entry, code, anchor, page.context.settings.roots.catalogue.as_str());
    page.entry.open("statusCode").attr("code", page.status).close();
    for it in results {
        page.entry.open("component");
        result::write(page, it, table);
        page.entry.close();
    }
    page.entry.close();
    close_table(&mut page.text);
}

/// The biologist who validated the section. Source: FR-Participant, `AUTHEN`.
fn validator(w: &mut Writer, context: Context<'_>, validator: &Validator) {
    w.open("participant").attr("typeCode", "AUTHEN");
    w.constant(concat!(
        "<templateId root=\"1.3.6.1.4.1.19376.1.3.3.1.5\"/>",
        "<templateId root=\"1.2.250.1.213.1.1.3.109\"/>",
    ));
    w.open("time");
    time(w, "high", context.clock.hl7(validator.at));
    w.close().open("participantRole");
    required_id(w, &validator.professional);
    staff(w, &validator.professional, &context.report.laboratory);
    w.open("playingEntity");
    professional_name(w, &validator.professional);
    w.close().close().close();
}

/// Code and label when the code is of LOINC: sections and acts accept no other system.
pub(super) fn loinc_of(coded: &Coded) -> Option<(&str, &str)> {
    let is_loinc = coded.system == CodeSystem::Loinc && !coded.code.is_empty();
    is_loinc.then(|| (coded.code.as_str(), or(&coded.label, &coded.code)))
}

/// A text, or what stands for it when it is blank.
pub(super) fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.trim().is_empty() { otherwise } else { text }
}

/// A code that stands alone, without wording in the narrative.
pub(super) fn bare_code(w: &mut Writer, coded: &Coded, local: &str) {
    if loinc_of(coded).is_some() {
        open_coded(w, "code", coded, local);
    } else {
        w.open("code");
        open_coded(w, "translation", coded, local);
        w.close();
    }
    w.close();
}
