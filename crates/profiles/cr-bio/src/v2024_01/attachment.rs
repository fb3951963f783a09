//! PDF files inside the document: its copy in a section or as the body of level 1, and reports of subcontractors.
//!
//! In: bytes. Out: sections `FR-Document-PDF-copie` and of second intention, or the body; base64 on one line.
//! Its identifiers are arcs under the document's: fresh with every version, without chance.
//!
//! Source: CR-BIO 2024.01 (compulsory section); FR-Document-attache.

use super::{
    Context,
    body::or,
    element::{Anchor, loinc, no_time, oid, simple, templates, value},
    narrative::anchored,
};
use cda::{
    Cd, Component2, Component4, Data, Ed, Element, Entry, NonXmlBody, Observation, ObservationMedia, Organizer,
    Section, St, Value,
};

/// What the section is a copy of, as code and as title.
const COPY: (&str, &str) = ("55108-5", "Copie du document");

/// The template of a section that holds a file, and what it says the file is.
struct Kind<'a> {
    template: &'static str,
    code: (&'static str, &'static str),
    title: &'a str,
    /// The type of the file; in words of the narrative when there is no code.
    has_type: bool,
    /// First of the three arcs under the document's identifier.
    first_arc: usize,
}

/// The copy of the report itself, compulsory.
pub(super) fn pdf_copy<'a>(context: Context<'a>, pdf: &[u8]) -> Section<'a> {
    let kind = Kind { template: "1.2.250.1.213.1.1.2.243", code: COPY, title: COPY.1, has_type: true, first_arc: 1 };
    section(context, &kind, Anchor::new("pdf", 1, ""), pdf)
}

/// The reports of subcontractors, as they came.
///
/// Source: FR-Resultats-de-laboratoire-de-biologie-de-seconde-intention.
pub(super) fn second_intention<'a>(context: Context<'a>) -> impl Iterator<Item = Section<'a>> {
    context.report.attachments.iter().enumerate().map(move |(n, it)| {
        let kind = Kind {
            template: "1.2.250.1.213.1.1.2.60",
            code: ("101792-0", "Résultats de laboratoire scannés"),
            title: or(&it.title, "Compte rendu de seconde intention"),
            has_type: false,
            first_arc: 4 + 3 * n,
        };
        section(context, &kind, Anchor::new("pdf", n as u32 + 2, ""), &it.pdf)
    })
}

fn section<'a>(context: Context<'a>, it: &Kind<'a>, anchor: Anchor, pdf: &[u8]) -> Section<'a> {
    let document = context.report.ids.document.as_str();
    let part = |n: usize| vec![oid(format!("{document}.{}", it.first_arc + n))];
    let words = Anchor::new("doc", it.first_arc as u32, "");
    let type_of_file = match it.has_type {
        true => loinc(it.code),
        false => Cd { original_text: words.text(), ..Cd::default() },
    };
    let kind = Observation {
        class_code: value("OBS"),
        mood_code: value("EVN"),
        template_id: templates(&[
            "1.3.6.1.4.1.19376.1.5.3.1.4.13",
            "1.2.250.1.213.1.1.3.48",
            "1.2.250.1.213.1.1.3.48.18",
        ]),
        id: part(2),
        code: vec![loinc(("69764-9", "Type de document"))],
        text: if it.has_type { anchor.text() } else { words.text() },
        status_code: simple("completed"),
        effective_time: vec![no_time("NA")],
        value: vec![Value::new("CD", Data::Coded(type_of_file))],
        ..Observation::default()
    };
    let file = ObservationMedia {
        id_: value(anchor.id()),
        class_code: value("OBS"),
        mood_code: value("EVN"),
        value: vec![bytes(pdf)],
        ..ObservationMedia::default()
    };
    let attached = Organizer {
        class_code: value("CLUSTER"),
        mood_code: value("EVN"),
        template_id: templates(&["1.2.250.1.213.1.1.3.18"]),
        id: part(1),
        code: vec![loinc(("55107-7", "Document attaché"))],
        status_code: simple("completed"),
        component: vec![
            Component4 { observation: vec![kind], ..Component4::default() },
            Component4 { observation_media: vec![file], ..Component4::default() },
        ],
        ..Organizer::default()
    };
    let mut text = Element::new("text");
    if !it.has_type {
        text.push(Element::new("paragraph").child(anchored(words, it.title)));
    }
    let shown = Element::new("renderMultiMedia").with("referencedObject", anchor.id());
    text.push(Element::new("paragraph").child(shown));
    Section {
        template_id: templates(&[it.template]),
        id: part(0),
        code: vec![loinc(it.code)],
        title: vec![St { text: it.title.into(), ..St::default() }],
        text: vec![text],
        entry: vec![Entry { organizer: vec![attached], ..Entry::default() }],
        ..Section::default()
    }
}

/// The PDF as the body of the document.
pub(super) fn body<'a>(pdf: &[u8]) -> Component2<'a> {
    let body = NonXmlBody { text: vec![bytes(pdf)], ..NonXmlBody::default() };
    Component2 { non_xml_body: vec![body], ..Component2::default() }
}

/// The file in base64; a null value for a preview, which has none.
fn bytes<'a>(pdf: &[u8]) -> Ed<'a> {
    if pdf.is_empty() {
        return Ed { null_flavor: value("NI"), ..Ed::default() };
    }
    Ed {
        media_type: value("application/pdf"),
        representation: value("B64"),
        text: base64_simd::STANDARD.encode_to_string(pdf).into(),
        ..Ed::default()
    }
}
