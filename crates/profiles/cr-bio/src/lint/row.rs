//! What a row prints against what its observation codes.
//!
//! In: the parts of a document. Out: findings `CRBIO-L02`.
//! Knows the layout of our own narrative: label, value, interpretation in the three first cells.
//! A printed unit is compared with its presence only: its wording (`mL/min/1,73 m²`) is not UCUM.

use super::{Parts, XSI, child, children, find, path, spaceless, template::is_result, text};
use lab::{finding::Finding, quantity::Interpretation};
use roxmltree::{Node, NodeId};
use std::collections::HashSet;

pub(super) fn assess(parts: &Parts<'_, '_>, findings: &mut Vec<Finding>) {
    let mut seen: HashSet<NodeId> = HashSet::with_capacity(parts.observations.len());
    for observation in parts.observations.iter().filter(|it| is_result(**it)) {
        let row = row_of(parts, *observation);
        let agrees = row.is_some_and(|row| seen.insert(row.id()) && says_the_same(row, *observation) == Some(true));
        if !agrees {
            findings.push(Finding::error("CRBIO-L02", path(*observation)));
        }
    }
    for row in &parts.rows {
        if children(*row, "td").count() >= 3 && !seen.contains(&row.id()) {
            findings.push(Finding::error("CRBIO-L02", path(*row)));
        }
    }
}

/// The row that prints the label which the observation's code refers to.
fn row_of<'a, 'i>(parts: &Parts<'a, 'i>, observation: Node<'a, 'i>) -> Option<Node<'a, 'i>> {
    let label = parts.target(find(observation, &["code", "originalText", "reference"])?)?;
    label.ancestors().find(|it| it.tag_name().name() == "tr")
}

fn says_the_same(row: Node<'_, '_>, observation: Node<'_, '_>) -> Option<bool> {
    let mut cells = children(row, "td").skip(1);
    let (value_cell, flag_cell) = (cells.next()?, cells.next()?);
    let printed = value_cell.descendants().find(|it| it.has_attribute("ID")).map(words)?;
    let value = match child(observation, "value") {
        Some(value) => is_printed_as(value, &printed)?,
        None => printed == "—" || printed == "Nonréalisé",
    };
    let code = child(observation, "interpretationCode");
    let flag = match code {
        Some(code) => {
            let label = code.attribute("displayName")?;
            let abnormal = Interpretation::from_code(code.attribute("code")?)?.is_abnormal();
            let bold = value_cell.descendants().any(|it| it.attribute("styleCode") == Some("Bold"));
            words(flag_cell).starts_with(&spaceless(label)) && bold == abnormal
        }
        None => words(flag_cell).is_empty(),
    };
    Some(value && flag)
}

/// Whether the words of the cell are the coded value, with a unit exactly when one is coded.
fn is_printed_as(value: Node<'_, '_>, printed: &str) -> Option<bool> {
    let number = |node: Node<'_, '_>| node.attribute("value").map(|number| number.replace('.', ","));
    let with_unit = |wanted: &str, unit: bool| {
        // A unit may start with a digit (`10*9/L` is printed `10⁹/L` or `G/L`), hence no look at what follows.
        printed.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() != unit)
    };
    Some(match value.attribute((XSI, "type"))? {
        "PQ" => with_unit(&number(value)?, value.has_attribute("unit")),
        "REAL" => with_unit(&number(value)?, false),
        "IVL_PQ" => {
            let bound = child(value, "low").or_else(|| child(value, "high"))?;
            let sign = match (bound.tag_name().name(), bound.attribute("inclusive")?) {
                ("low", "true") => "≥",
                ("low", _) => ">",
                (_, "true") => "≤",
                _ => "<",
            };
            with_unit(&format!("{sign}{}", number(bound)?), bound.has_attribute("unit"))
        }
        "RTO_PQ_PQ" => {
            let (numerator, denominator) = (child(value, "numerator")?, child(value, "denominator")?);
            printed == format!("{}/{}", number(numerator)?, number(denominator)?)
        }
        "CD" => printed == spaceless(value.attribute("displayName")?),
        "ST" => printed == words(value),
        _ => false,
    })
}

fn words(node: Node<'_, '_>) -> String {
    spaceless(&text(node))
}
