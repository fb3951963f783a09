//! Sections of free text: what this version is, comments on the whole dossier, mentions of the laboratory.
//!
//! In: the report. Out: none to three comment sections.
//!
//! Source: FR-Commentaire-non-code.

use super::{
    Context,
    element::{loinc, templates},
    narrative::{bold_paragraph, lines, said},
};
use cda::{Element, Section, St};
use lab::report::{ACCREDITED_MARK, ReportStatus};
use std::borrow::Cow;

/// What is said of partial results.
const MORE_TO_COME: &str = "Compte rendu partiel : d'autres résultats suivront.";

/// Says before the results that they are partial, or that this version takes the place of another.
pub(super) fn status<'a>(context: Context<'a>) -> Option<Section<'a>> {
    let report = context.report;
    let is_partial = report.status == ReportStatus::Partial;
    let mut text = Element::new("text");
    let title = match (&report.ids.replaces, report.is_correction(), is_partial) {
        (None, _, false) => return None,
        (None, _, true) | (Some(_), false, true) => "Résultats partiels",
        (Some(_), true, false) => "Annule et remplace",
        (Some(_), true, true) => "Annule et remplace, résultats partiels",
        (Some(_), false, false) => "Résultats complets",
    };
    if let Some(replaced) = &report.ids.replaces {
        let verb = if report.is_correction() { "annule" } else { "complète" };
        let day = replaced.signed_at.map(|at| format!(" du {}", context.clock.french_day(at).as_str()));
        text.push(bold_paragraph(format!(
            "Ce compte rendu (version {}) {verb} et remplace la version {}{}.",
            report.ids.number,
            replaced.number,
            day.unwrap_or_default()
        )));
    }
    if is_partial {
        text.push(bold_paragraph(MORE_TO_COME));
    }
    Some(section(title, text))
}

/// Comments on the dossier, in order.
pub(super) fn dossier_comments<'a>(context: Context<'a>) -> Option<Section<'a>> {
    let mut text = Element::new("text");
    for comment in said(&context.report.comments) {
        let mut paragraph = Element::new("paragraph");
        lines(&mut paragraph, comment);
        text.push(paragraph);
    }
    (!text.children.is_empty()).then(|| section("Commentaire", text))
}

/// What the law and the accreditation want said, in the order of the PDF.
///
/// Source: Ségur SGL.DOC.08 (personal data), .09 (automatic validation), .10 (accreditation), .13 (subcontractors).
pub(super) fn mentions<'a>(context: Context<'a>) -> Option<Section<'a>> {
    let mentions = &context.report.mentions;
    let mut text = Element::new("text");
    let mut say = |sentence: Cow<'a, str>| text.push(Element::new("paragraph").text(sentence));
    if let Some(automatic) = &mentions.automatic_validation {
        say(automatic.into());
    }
    if let Some(it) = &mentions.accreditation {
        say(format!("{ACCREDITED_MARK} {}", it.sentence).into());
        let scope = if it.scope.is_empty() { String::new() } else { format!(", {}", it.scope) };
        say(format!("Accréditation Cofrac n° {}{scope}", it.number).into());
    }
    for subcontractor in context.report.subcontractors() {
        say(subcontractor.printed().into());
    }
    if let Some(personal_data) = &mentions.personal_data {
        say(personal_data.into());
    }
    (!text.children.is_empty()).then(|| section("Mentions", text))
}

/// A section of words that no entry codes.
pub(super) fn section<'a>(title: &'static str, text: Element<'a>) -> Section<'a> {
    Section {
        template_id: templates(&[
            "2.16.840.1.113883.10.12.201",
            "1.3.6.1.4.1.19376.1.4.1.2.16",
            "1.2.250.1.213.1.1.2.73",
        ]),
        code: vec![loinc(("55112-7", "Commentaire"))],
        title: vec![St { text: title.into(), ..St::default() }],
        text: vec![text],
        ..Section::default()
    }
}
