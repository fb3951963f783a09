//! The PDF inside the document: its copy in a section, or the body of level 1.
//!
//! In: the PDF bytes. Out: the section `FR-Document-PDF-copie` or the body, base64 on one line.
//! Its identifiers are arcs under the document's: fresh with every version, without chance.
//!
//! Source: CR-BIO 2024.01 (compulsory section); FR-Document-attache.

use super::{
    Context,
    element::{Anchor, loinc, no_time, oid, simple, templates, value},
};
use cda::{
    Component2, Component4, Data, Ed, Element, Entry, NonXmlBody, Observation, ObservationMedia, Organizer, Section,
    St, Value,
};

/// What the section is a copy of, as code and as title.
const COPY: (&str, &str) = ("55108-5", "Copie du document");

pub(super) fn pdf_copy<'a>(context: Context<'a>, pdf: &[u8]) -> Section<'a> {
    let document = context.report.ids.document.as_str();
    let part = |n: u8| vec![oid(format!("{document}.{n}"))];
    let anchor = Anchor::new("pdf", 1, "");
    let kind = Observation {
        class_code: value("OBS"),
        mood_code: value("EVN"),
        template_id: templates(&[
            "1.3.6.1.4.1.19376.1.5.3.1.4.13",
            "1.2.250.1.213.1.1.3.48",
            "1.2.250.1.213.1.1.3.48.18",
        ]),
        id: part(3),
        code: vec![loinc(("69764-9", "Type de document"))],
        text: anchor.text(),
        status_code: simple("completed"),
        effective_time: vec![no_time("NA")],
        value: vec![Value::new("CD", Data::Coded(loinc(COPY)))],
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
        id: part(2),
        code: vec![loinc(("55107-7", "Document attaché"))],
        status_code: simple("completed"),
        component: vec![
            Component4 { observation: vec![kind], ..Component4::default() },
            Component4 { observation_media: vec![file], ..Component4::default() },
        ],
        ..Organizer::default()
    };
    let shown = Element::new("renderMultiMedia").with("referencedObject", anchor.id());
    Section {
        template_id: templates(&["1.2.250.1.213.1.1.2.243"]),
        id: part(1),
        code: vec![loinc(COPY)],
        title: vec![St { text: COPY.1.into(), ..St::default() }],
        text: vec![Element::new("text").child(Element::new("paragraph").child(shown))],
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
