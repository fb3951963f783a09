//! Templates that must be there: the official rules are keyed on them, so a missing one silences its checks.
//!
//! In: the parts of a document. Out: findings `CRBIO-L16`. A table, and the walk over it.
//!
//! Source: CR-BIO 2024.01, registry of templates (IHE and French pairs).

use super::{Parts, child, children, path};
use lab::finding::Finding;
use roxmltree::Node;

/// XD-LAB laboratory specialty section.
pub(super) const CHAPTER: &str = "1.3.6.1.4.1.19376.1.3.3.2.1";

const DOCUMENT: &[&str] =
    &["2.16.840.1.113883.2.8.2.1", "1.2.250.1.213.1.1.1.1", "1.3.6.1.4.1.19376.1.3.3", "1.2.250.1.213.1.1.1.55"];
/// Rapid tests, a volet of its own. Source: BIO-TROD 2024.01.
pub(super) const RAPID_TEST: &str = "1.2.250.1.213.1.1.1.59";
const RAPID_TEST_DOCUMENT: &[&str] =
    &["2.16.840.1.113883.2.8.2.1", "1.3.6.1.4.1.19376.1.5.3.1.1.1", "1.2.250.1.213.1.1.1.1", RAPID_TEST];
const CHAPTER_PAIR: &[&str] = &[CHAPTER, "1.2.250.1.213.1.1.2.70"];
const SUB_CHAPTER: &[&str] = &["1.3.6.1.4.1.19376.1.3.3.2.2", "1.2.250.1.213.1.1.2.71"];
/// The section of the PDF copy.
pub(super) const COPY: &str = "1.2.250.1.213.1.1.2.243";
const PDF_COPY: &[&str] = &[COPY];
const COMMENT_SECTION: &[&str] =
    &["2.16.840.1.113883.10.12.201", "1.3.6.1.4.1.19376.1.4.1.2.16", "1.2.250.1.213.1.1.2.73"];
const SECOND_INTENTION: &[&str] = &["1.2.250.1.213.1.1.2.60"];
/// Why a screening is done.
pub(super) const REASON_FRENCH: &str = "1.2.250.1.213.1.1.2.128";
const REASON: &[&str] = &["1.3.6.1.4.1.19376.1.5.3.1.3.1", "1.3.6.1.4.1.19376.1.5.3.1.3.2", REASON_FRENCH];
const SIMPLE_OBSERVATION: &[&str] = &["1.3.6.1.4.1.19376.1.5.3.1.4.13", "1.2.250.1.213.1.1.3.48"];
const PROBLEM: &[&str] = &["2.16.840.1.113883.10.20.1.28", "1.3.6.1.4.1.19376.1.5.3.1.4.5", "1.2.250.1.213.1.1.3.37"];
const VACCINATIONS: &[&str] =
    &["2.16.840.1.113883.10.20.1.6", "1.3.6.1.4.1.19376.1.5.3.1.3.23", "1.2.250.1.213.1.1.2.147"];
/// The sections that the volet admits in the body, each with all its templates.
const BODY_SECTIONS: [&[&str]; 6] = [CHAPTER_PAIR, PDF_COPY, SECOND_INTENTION, COMMENT_SECTION, REASON, VACCINATIONS];
const VACCINATION: &[&str] =
    &["2.16.840.1.113883.10.20.1.24", "1.3.6.1.4.1.19376.1.5.3.1.4.12", "1.2.250.1.213.1.1.3.45"];
const RESULTS_ENTRY: &[&str] = &["1.3.6.1.4.1.19376.1.3.1", "1.2.250.1.213.1.1.3.21"];
const SAMPLING: &[&str] = &["1.3.6.1.4.1.19376.1.3.1.2", "1.2.250.1.213.1.1.3.77"];
const RECEPTION: &[&str] = &["1.3.6.1.4.1.19376.1.3.1.3", "1.2.250.1.213.1.1.3.107"];
const BATTERY: &[&str] = &["1.3.6.1.4.1.19376.1.3.1.4", "1.2.250.1.213.1.1.3.78"];
const ISOLATE: &[&str] = &["1.3.6.1.4.1.19376.1.3.1.5", "1.2.250.1.213.1.1.3.79"];
const RESULT: &[&str] = &["1.3.6.1.4.1.19376.1.3.1.6", "1.2.250.1.213.1.1.3.80"];
const COMMENT: &[&str] = &["2.16.840.1.113883.10.20.1.40", "1.3.6.1.4.1.19376.1.5.3.1.4.2", "1.2.250.1.213.1.1.3.32"];
const ATTACHMENT: &[&str] = &["1.2.250.1.213.1.1.3.18"];
const ATTACHMENT_TYPE: &[&str] =
    &["1.3.6.1.4.1.19376.1.5.3.1.4.13", "1.2.250.1.213.1.1.3.48", "1.2.250.1.213.1.1.3.48.18"];
const VALIDATOR: &[&str] = &["1.3.6.1.4.1.19376.1.3.3.1.5", "1.2.250.1.213.1.1.3.109"];

/// Whether a node carries a template.
pub(super) fn has(node: Node<'_, '_>, root: &str) -> bool {
    children(node, "templateId").any(|it| it.attribute("root") == Some(root))
}

fn has_all(node: Node<'_, '_>, roots: &[&str]) -> bool {
    roots.iter().all(|root| has(node, root))
}

pub(super) fn assess(parts: &Parts<'_, '_>, findings: &mut Vec<Finding>) {
    let mut expect = |node: Node<'_, '_>, roots: &[&str]| {
        if !has_all(node, roots) {
            findings.push(Finding::error("CRBIO-L16", path(node)));
        }
    };
    expect(parts.root, if has(parts.root, RAPID_TEST) { RAPID_TEST_DOCUMENT } else { DOCUMENT });
    for section in &parts.sections {
        let is_inner = section.ancestors().skip(1).any(|it| it.tag_name().name() == "section");
        for entry in children(*section, "entry").filter(|_| has_all(*section, REASON)) {
            children(entry, "observation")
                .for_each(|it| expect(it, if is_problem(it) { PROBLEM } else { SIMPLE_OBSERVATION }));
        }
        for entry in children(*section, "entry").filter(|_| has_all(*section, VACCINATIONS)) {
            children(entry, "substanceAdministration").for_each(|it| expect(it, VACCINATION));
        }
        if is_inner || !BODY_SECTIONS.iter().any(|roots| has_all(*section, roots)) {
            expect(*section, if is_inner { SUB_CHAPTER } else { CHAPTER_PAIR });
        }
    }
    for act in &parts.acts {
        let parent = act.parent_element();
        match parent.map(|it| it.tag_name().name()) {
            Some("entry") => {
                if let Some(entry) = parent {
                    expect(entry, RESULTS_ENTRY);
                }
                let is_validator = |it: &Node<'_, '_>| it.attribute("typeCode") != Some("DEV");
                children(*act, "participant").filter(is_validator).for_each(|it| expect(it, VALIDATOR));
            }
            Some("component") => expect(*act, COMMENT),
            _ if parent.is_some_and(|it| it.attribute("typeCode") == Some("SUBJ")) => expect(*act, COMMENT),
            _ => expect(*act, RECEPTION),
        }
    }
    parts.procedures.iter().for_each(|it| expect(*it, SAMPLING));
    for organizer in &parts.organizers {
        let attached = organizer.parent_element().is_some_and(|it| it.tag_name().name() == "entry");
        match organizer.attribute("classCode") {
            Some("BATTERY") => expect(*organizer, BATTERY),
            _ if attached => expect(*organizer, ATTACHMENT),
            _ => expect(*organizer, ISOLATE),
        }
    }
    for observation in &parts.observations {
        if is_attachment_type(*observation) {
            expect(*observation, ATTACHMENT_TYPE);
        } else if is_result(*observation) {
            expect(*observation, RESULT);
        }
    }
}

/// An observation that is neither a previous result, nor the type of an attached document, nor part of a vaccination,
/// nor stands in an entry by itself: there it is why the examination is done.
pub(super) fn is_result(observation: Node<'_, '_>) -> bool {
    let around = observation.parent_element();
    let is_statement = around.is_some_and(|it| {
        let is_rank = it.parent_element().is_some_and(|it| it.tag_name().name() == "substanceAdministration");
        it.attribute("typeCode") != Some("REFR") && it.tag_name().name() != "entry" && !is_rank
    });
    is_statement && !is_attachment_type(observation)
}

/// Against what an examination is done. Source: FR-Probleme, SNOMED CT « problème ».
fn is_problem(observation: Node<'_, '_>) -> bool {
    child(observation, "code").and_then(|it| it.attribute("code")) == Some("55607006")
}

fn is_attachment_type(observation: Node<'_, '_>) -> bool {
    child(observation, "code").and_then(|it| it.attribute("code")) == Some("69764-9")
}
