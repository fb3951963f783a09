//! Units against what LOINC codes measure. Finding `CRBIO-L06`.
//!
//! In: the parts of a document. Out: a warning for each result given in a unit that the property of its code cannot have:
//! a mass under the code of a substance (`g/L` for `mmol/L`), a count under that of a fraction.
//! A warning, also of ours: the table of properties is one state of LOINC and a laboratory may have mapped on purpose a code that
//! is the nearest, which a person must see and no program may refuse. Codes and units that are not known say nothing, nor does a
//! quantity without unit.

use super::{Parts, child, children, path, template::is_result, type_of};
use crate::codes::LOINC;
use lab::finding::Finding;
use roxmltree::Node;
use terminology::{loinc, ucum};

pub(super) fn assess(parts: &Parts<'_, '_>, findings: &mut Vec<Finding>) {
    for observation in parts.observations.iter().filter(|it| is_result(**it)) {
        let Some(property) = code_of(*observation).and_then(loinc::property) else { continue };
        let mut units = children(*observation, "value").filter_map(unit_of);
        if units.any(|unit| ucum::dimension(unit).is_some_and(|it| !property.admits(it))) {
            findings.push(Finding::warning("CRBIO-L06", path(*observation)));
        }
    }
}

/// The LOINC code of a test: its own, else the first of its translations.
fn code_of<'a>(observation: Node<'a, '_>) -> Option<&'a str> {
    let code = child(observation, "code")?;
    let is_loinc = |it: &Node<'_, '_>| it.attribute("codeSystem") == Some(LOINC) && it.has_attribute("code");
    std::iter::once(code).chain(children(code, "translation")).find(is_loinc)?.attribute("code")
}

/// The unit of a quantity, or of the bounds of one.
fn unit_of<'a>(value: Node<'a, '_>) -> Option<&'a str> {
    match type_of(value)? {
        "PQ" => value.attribute("unit"),
        "IVL_PQ" => child(value, "low").or_else(|| child(value, "high"))?.attribute("unit"),
        _ => None,
    }
}
