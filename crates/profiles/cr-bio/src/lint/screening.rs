//! The screening of cervical cancer. Findings `CRBIO-L21`, `CRBIO-L22`.
//!
//! In: the parts of a document. Out: nothing for a document without the section that says why a screening is done.
//! The schematrons bind none of these value sets, and nothing there compares what the patient reads with the results.
//!
//! Source: CR-BIO 2024.01, DEP-CCU examples; value sets JDV_*CCU_CISIS.

use super::{
    Parts, child, children, find, path, spaceless,
    template::{self, is_result},
    text,
};
use lab::{
    finding::Finding,
    report::screening::{CYTOLOGY, HPV_TEST},
};
use roxmltree::Node;
use terminology::jdv::{self, ValueSet};

/// HPV found, of JDV_ResultatRechercheHPVCCU_CISIS.
const HPV_FOUND: &str = "1269497006";
/// HPV not found.
const HPV_NOT_FOUND: &str = "77851000146104";
/// Cytology that shows nothing, of JDV_ResultatExamenCytologiqueCCU_CISIS.
const NEGATIVE_CYTOLOGY: &str = "MED-1193";
/// Cytology that could not be read.
const UNREADABLE_CYTOLOGY: &str = "MED-1192";

pub(super) fn assess(parts: &Parts<'_, '_>, findings: &mut Vec<Finding>) {
    let Some(reason) = parts.sections.iter().find(|it| template::has(**it, template::REASON_FRENCH)) else { return };
    for stated in children(*reason, "entry").filter_map(|it| child(it, "observation")) {
        if child(stated, "code").and_then(|it| it.attribute("code")) == Some("42349-1") {
            expect(&jdv::SCREENING_CONTEXT, child(stated, "value"), findings);
        }
    }
    for observation in &parts.observations {
        match test(*observation) {
            Some(HPV_TEST) => {
                expect(&jdv::SCREENING_HPV, child(*observation, "value"), findings);
                for participant in children(*observation, "participant") {
                    let set = match participant.attribute("typeCode") {
                        Some("DEV") => &jdv::SCREENING_KIT,
                        Some("CSM") => &jdv::SCREENING_MEDIUM,
                        _ => continue,
                    };
                    let code = find(participant, &["participantRole", "playingDevice", "code"]);
                    expect(set, code.filter(|it| it.has_attribute("code")), findings);
                }
            }
            Some(CYTOLOGY) => expect(&jdv::SCREENING_CYTOLOGY, child(*observation, "value"), findings),
            _ => {}
        }
    }
    for sampling in &parts.procedures {
        let around = sampling.ancestors().find(|it| it.tag_name().name() == "act");
        if around.is_some_and(|act| act.descendants().any(|it| test(it).is_some())) {
            expect(&jdv::SCREENING_SITE, child(*sampling, "targetSiteCode"), findings);
        }
    }
    conclusion(parts, findings);
}

/// The LOINC code of an observation that is one of the two tests.
fn test<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    let is_observation = node.tag_name().name() == "observation";
    let code = child(node, "code").filter(|_| is_observation)?.attribute("code")?;
    jdv::SCREENING_TEST.find(code).map(|_| code)
}

/// L21: what is coded is of the value set.
fn expect(set: &ValueSet, coded: Option<Node<'_, '_>>, findings: &mut Vec<Finding>) {
    let Some(node) = coded else { return };
    let known = node.attribute("code").and_then(|code| set.find(code));
    if known.is_none_or(|it| node.attribute("codeSystem") != Some(it.system)) {
        findings.push(Finding::error("CRBIO-L21", path(node)));
    }
}

/// L22: what the patient reads is what the results say.
///
/// | the patient reads | denied by                                                    |
/// |-------------------|--------------------------------------------------------------|
/// | no anomaly        | HPV found, or a cytology that shows one                      |
/// | an anomaly        | HPV not found and nothing in the cytology, or one without other |
fn conclusion(parts: &Parts<'_, '_>, findings: &mut Vec<Finding>) {
    let said = parts.sections.iter().find_map(|section| {
        let words = spaceless(&text(child(*section, "text")?));
        let concept = jdv::SCREENING_CONCLUSION.concepts.iter().find(|it| spaceless(it.label) == words)?;
        Some((*section, concept.code))
    });
    let Some((section, said)) = said else { return };
    let results: Vec<_> =
        parts.observations.iter().filter(|it| is_result(**it)).filter_map(|it| outcome(*it)).collect();
    let is_denied = match said {
        "MED-1189" | "MED-1191" => results.contains(&Some(true)),
        "MED-1190" => !results.is_empty() && results.iter().all(|it| *it == Some(false)),
        _ => false,
    };
    if is_denied {
        findings.push(Finding::error("CRBIO-L22", path(section)));
    }
}

/// Whether a test shows something; inside, `None` when it could not tell.
fn outcome(observation: Node<'_, '_>) -> Option<Option<bool>> {
    let test = test(observation)?;
    let value = child(observation, "value")?.attribute("code")?;
    Some(match (test, value) {
        (HPV_TEST, HPV_FOUND) => Some(true),
        (HPV_TEST, HPV_NOT_FOUND) | (CYTOLOGY, NEGATIVE_CYTOLOGY) => Some(false),
        (HPV_TEST, _) | (CYTOLOGY, UNREADABLE_CYTOLOGY) => None,
        _ => Some(true),
    })
}
