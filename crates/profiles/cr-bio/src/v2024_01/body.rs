//! The body: notice, chapters with their sub-chapters, what a screening adds, comments on the dossier, copy of the PDF.
//!
//! In: the report. Out: the sections. One pass over a section fills its narrative and its entry,
//! so that neither can say what the other does not. Does not know how one result is made.
//!
//! Source: CR-BIO 2024.01, FR-CR-BIO-Chapitre, FR-CR-BIO-Sous-chapitre, FR-Resultats-examens-de-biologie-medicale.

use super::{
    Context, attachment,
    element::{Anchor, coded, loinc, simple, templates, value, worded_code},
    figure,
    header::chapter_code,
    isolate,
    narrative::{self, Columns, Heading, Table, said},
    notice, participant, printed_chapters, result, screening, specimen,
};
use cda::{
    Act, Cd, Component2, Component3, Component4, Component5, Element, Entry, EntryRelationship, Organizer, St,
    StructuredBody,
};
use lab::{
    quantity::{CodeSystem, Coded},
    report::{Battery, Chapter, Item, ReportStatus, ReportedResult, Section, Validator, Validators},
};

/// Whether a section has anything to print.
pub(super) fn is_printed(section: &Section) -> bool {
    section.items.iter().any(has_content)
}

fn has_content(item: &Item) -> bool {
    match item {
        Item::Battery(battery) => !battery.results.is_empty(),
        Item::Result(_) | Item::Isolate(_) | Item::Figure(_) => true,
    }
}

/// A section being made: narrative and entry side by side.
pub(super) struct Page<'a, 'n> {
    /// The document's context.
    pub(super) context: Context<'a>,
    /// Narrative of the section.
    pub(super) text: Element<'a>,
    /// Content of the section's act.
    pub(super) entry: Vec<EntryRelationship<'a>>,
    /// Status of what is still open: `completed` or `active`.
    pub(super) status: &'static str,
    /// Who validated the results of the section.
    validators: &'a Validators,
    n_anchors: &'n mut u32,
}

impl<'a> Page<'a, '_> {
    /// Who validated a result, when the section itself does not say it: several did.
    pub(super) fn validator_of(&self, result: &ReportedResult) -> Option<&'a Validator> {
        self.validators.only().is_none().then(|| self.validators.of(result.validated_by))
    }

    /// The next number of an anchor; unique in the document.
    pub(super) fn number(&mut self) -> u32 {
        *self.n_anchors += 1;
        *self.n_anchors
    }
}

pub(super) fn body<'a>(context: Context<'a>, pdf: &[u8]) -> Component2<'a> {
    let mut n_anchors = 0;
    let chapters = printed_chapters(context.report).map(|it| chapter(context, it, &mut n_anchors));
    let sections = notice::status(context)
        .into_iter()
        .chain(screening::reason(context))
        .chain(chapters)
        .chain(screening::vaccinations(context))
        .chain(screening::conclusion(context))
        .chain(notice::dossier_comments(context))
        .chain(notice::mentions(context))
        .chain(attachment::second_intention(context))
        .chain([attachment::pdf_copy(context, pdf)]);
    let component = sections.map(|it| Component3 { section: vec![it], ..Component3::default() }).collect();
    Component2 {
        structured_body: vec![StructuredBody { component, ..StructuredBody::default() }],
        ..Component2::default()
    }
}

/// Always in the form with sub-chapters, even for one: the reader meets one form.
fn chapter<'a>(context: Context<'a>, chapter: &'a Chapter, n_anchors: &mut u32) -> cda::Section<'a> {
    let code = chapter_code(chapter);
    let printed = chapter.sections.iter().filter(|section| is_printed(section));
    let component = printed
        .map(|it| Component5 { section: vec![sub_chapter(context, it, code, n_anchors)], ..Component5::default() });
    cda::Section {
        template_id: templates(&["1.3.6.1.4.1.19376.1.3.3.2.1", "1.2.250.1.213.1.1.2.70"]),
        code: vec![loinc(code)],
        title: vec![title(or(&chapter.code.label, code.1))],
        component: component.collect(),
        ..cda::Section::default()
    }
}

fn title(text: &str) -> St<'_> {
    St { text: text.into(), ..St::default() }
}

fn sub_chapter<'a>(
    context: Context<'a>,
    section: &'a Section,
    chapter: (&'a str, &'a str),
    n_anchors: &mut u32,
) -> cda::Section<'a> {
    let code = loinc_of(&section.code).unwrap_or(chapter);
    let status = if section.status == ReportStatus::Final { "completed" } else { "active" };
    let (text, entry_relationship) = filled(context, section, status, n_anchors);
    let act = Act {
        class_code: value("ACT"),
        mood_code: value("EVN"),
        code: vec![loinc(code)],
        status_code: simple(status),
        participant: section.validators.only().map(|it| participant::validator(context, it)).into_iter().collect(),
        entry_relationship,
        ..Act::default()
    };
    cda::Section {
        template_id: templates(&["1.3.6.1.4.1.19376.1.3.3.2.2", "1.2.250.1.213.1.1.2.71"]),
        code: vec![loinc(code)],
        title: vec![title(or(&section.title, code.1))],
        text: vec![text],
        entry: vec![derived_from(act)],
        ..cda::Section::default()
    }
}

/// The entry that a narrative is derived from. Source: FR-Resultats-examens-de-biologie-medicale, on the entry.
pub(super) fn derived_from(act: Act<'_>) -> Entry<'_> {
    Entry {
        type_code: value("DRIV"),
        template_id: templates(&["1.3.6.1.4.1.19376.1.3.1", "1.2.250.1.213.1.1.3.21"]),
        act: vec![act],
        ..Entry::default()
    }
}

/// The narrative of a section, and what its act holds.
pub(super) fn filled<'a>(
    context: Context<'a>,
    section: &'a Section,
    status: &'static str,
    n_anchors: &mut u32,
) -> (Element<'a>, Vec<EntryRelationship<'a>>) {
    let mut page = Page {
        context,
        text: Element::new("text"),
        entry: Vec::new(),
        status,
        validators: &section.validators,
        n_anchors,
    };
    fill(&mut page, section);
    (page.text, page.entry)
}

/// Narrative and entry of a section, item by item.
fn fill<'a>(page: &mut Page<'a, '_>, section: &'a Section) {
    if section.status == ReportStatus::Partial {
        let sentence = "Résultats partiels : d'autres résultats sont attendus.";
        page.text.push(Element::new("paragraph").text(sentence));
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
            Item::Figure(it) => figure::write(page, it),
            Item::Result(_) => {
                let n_more = rest.iter().take_while(|item| matches!(item, Item::Result(_))).count();
                items = &rest[n_more..];
                single_results(page, first, &rest[..n_more]);
            }
        }
    }
    for comment in said(&section.comments) {
        let anchor = Anchor::new("k", page.number(), "");
        page.text.push(narrative::comment_paragraph(anchor, comment));
        page.entry.push(result::attached_comment(anchor));
    }
    let clock = page.context.clock;
    let validated = section.validators.iter().map(|Validator { professional, at }| {
        format!("par {}, le {}", professional.printed(), clock.french(*at).as_str())
    });
    let sentence = format!("Résultats validés {}.", validated.collect::<Vec<_>>().join(" ; "));
    page.text.push(Element::new("paragraph").text(sentence));
}

/// Results that follow each other outside a battery share one table.
fn single_results<'a>(page: &mut Page<'a, '_>, first: &'a Item, rest: &'a [Item]) {
    let results = || std::iter::once(first).chain(rest).filter_map(single);
    let mut table = Table::new(Heading::Word("Examen"), Columns::ALL, results(), page.context.clock);
    for it in results() {
        let observations = result::result(page, it, &mut table).map(|it| EntryRelationship {
            type_code: value("COMP"),
            observation: vec![it],
            ..EntryRelationship::default()
        });
        page.entry.extend(observations);
    }
    page.text.push(table.finish());
}

fn single(item: &Item) -> Option<&ReportedResult> {
    match item {
        Item::Result(result) => Some(result),
        Item::Battery(_) | Item::Isolate(_) | Item::Figure(_) => None,
    }
}

fn write_battery<'a>(page: &mut Page<'a, '_>, it: &'a Battery) {
    if it.results.is_empty() {
        return;
    }
    let organizer = vec![battery(page, &it.code, (&it.results, &it.comments), Columns::ALL)];
    page.entry.push(EntryRelationship { type_code: value("COMP"), organizer, ..EntryRelationship::default() });
}

/// Adds a table; gives the `BATTERY` organizer that says the same.
///
/// Source: FR-Batterie-examens-de-biologie-medicale.
pub(super) fn battery<'a>(
    page: &mut Page<'a, '_>,
    code: &'a Coded,
    (results, comments): (&'a [ReportedResult], &'a [String]),
    columns: Columns,
) -> Organizer<'a> {
    let anchor = Anchor::new("b", page.number(), "");
    let heading = Heading::Anchored(or(&code.label, "Examen"), anchor);
    let mut table = Table::new(heading, columns, results, page.context.clock);
    let mut component = Vec::with_capacity(results.len() + comments.len());
    for it in results {
        let observations = result::result(page, it, &mut table);
        component.extend(observations.map(|it| Component4 { observation: vec![it], ..Component4::default() }));
    }
    for comment in said(comments) {
        let act = vec![result::comment_act(table.comment(page.number(), comment))];
        component.push(Component4 { act, ..Component4::default() });
    }
    page.text.push(table.finish());
    Organizer {
        class_code: value("BATTERY"),
        mood_code: value("EVN"),
        template_id: templates(&["1.3.6.1.4.1.19376.1.3.1.4", "1.2.250.1.213.1.1.3.78"]),
        code: vec![worded_code(code, anchor, page.context.settings.roots.catalogue.as_str())],
        status_code: simple(page.status),
        component,
        ..Organizer::default()
    }
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
pub(super) fn bare_code<'a>(it: &'a Coded, local: &'a str) -> Cd<'a> {
    if loinc_of(it).is_some() { coded(it, local) } else { Cd { translation: vec![coded(it, local)], ..Cd::default() } }
}
