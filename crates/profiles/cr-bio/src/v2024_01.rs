//! Model 2024.01: renders a signed report as a CDA document.
//!
//! In: the report, its PDF, the laboratory's settings. Out: UTF-8 bytes, without white space between elements.
//! The narrative and the coded entries of a result are made by the same function, from the same value.
//! Does not know value sets beyond its own constants: the catalogue answers for LOINC codes and UCUM units.
//!
//! Source: CI-SIS volet CR-BIO 2024.01; IHE PaLM XD-LAB; CDA R2.

mod attachment;
mod body;
mod clock;
mod element;
mod figure;
mod header;
mod isolate;
mod narrative;
mod notice;
mod participant;
mod person;
mod rapid_test;
mod result;
mod screening;
mod specimen;
mod value;

use crate::{DocumentSettings, PracticeSetting};
use cda::ClinicalDocument;
use clock::Clock;
use lab::report::{Chapter, Report};

/// What every part of the document reads.
#[derive(Clone, Copy)]
struct Context<'a> {
    report: &'a Report,
    settings: &'a DocumentSettings,
    clock: Clock<'a>,
}

/// Renders a report as a CR-BIO 2024.01 document.
///
/// In: a signed report, at least one result; its PDF/A rendition (an empty slice writes a null value, for previews).
/// Out: a document valid for the extended CDA schema and silent in the six official schematrons, provided that
/// UCUM units are of the national list and that signer, validators and director have an RPPS.
/// Sections without any result or specimen are left out. Never fails: [`crate::lint::assess`] says what is missing.
///
/// The INS is written only when the identity is qualified and its five traits are known.
/// Not supported: non-human subjects, which the official rules refuse in any form.
pub fn render(report: &Report, pdf: &[u8], settings: &DocumentSettings) -> Vec<u8> {
    let capacity = 16 * 1024 + 3 * 1024 * report.results().count() + base64_simd::STANDARD.encoded_length(pdf.len());
    cda::write_with_capacity(&build(report, pdf, settings), capacity)
}

/// The document as a model, from which [`render`] writes.
pub fn build<'a>(report: &'a Report, pdf: &[u8], settings: &'a DocumentSettings) -> ClinicalDocument<'a> {
    let context = Context { report, settings, clock: Clock(&report.zone) };
    ClinicalDocument { component: vec![body::body(context, pdf)], ..header::document(context) }
}

/// Renders a report as a document of level 1: the same header, and the PDF as its body.
///
/// In: as [`render`]; the PDF is not empty. The identifiers are those of the same version: level 1 and level 3 are two
/// forms of one document, and only one of them goes to a recipient.
///
/// Source: CR-BIO 2024.01, variante de niveau 1; structuration minimale (exactly three templates); IHE XDS-SD.
pub fn render_level_1(report: &Report, pdf: &[u8], settings: &DocumentSettings) -> Vec<u8> {
    let context = Context { report, settings, clock: Clock(&report.zone) };
    let document = ClinicalDocument {
        template_id: element::templates(&[
            "2.16.840.1.113883.2.8.2.1",
            "1.2.250.1.213.1.1.1.1",
            "1.3.6.1.4.1.19376.1.2.20",
        ]),
        component: vec![attachment::body(pdf)],
        ..header::document(context)
    };
    cda::write_with_capacity(&document, 16 * 1024 + base64_simd::STANDARD.encoded_length(pdf.len()))
}

/// Renders the report of a rapid test as a BIO-TROD 2024.01 document; `None` for any other report.
///
/// In: a report whose results stand by themselves in their sections, each with a coded, numeric or bounded value, as the
/// volet wants: a test that told nothing says so with a code. The signer is who made the test, the laboratory the place:
/// a pharmacy, an office, a laboratory, as the settings say; their frame of practice is screening whatever they say.
/// Not supported: previous results, which are left out; a copy in PDF, which the volet does not have.
///
/// Source: BIO-TROD 2024.01, schematron and its four published examples.
pub fn render_rapid_test(report: &Report, settings: &DocumentSettings) -> Option<Vec<u8>> {
    let test = report.rapid_test.as_ref()?;
    let settings = DocumentSettings { practice: PracticeSetting::Screening, ..settings.clone() };
    let context = Context { report, settings: &settings, clock: Clock(&report.zone) };
    Some(cda::write_with_capacity(&rapid_test::document(context, test), 24 * 1024))
}

/// Chapters that print something: header and body list the same ones.
fn printed_chapters(report: &Report) -> impl Iterator<Item = &Chapter> {
    report.chapters.iter().filter(|chapter| chapter.sections.iter().any(body::is_printed))
}
