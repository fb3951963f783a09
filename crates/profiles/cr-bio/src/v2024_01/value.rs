//! Typed values: of a result, of a previous one, of a range; and what they mean.
//!
//! In: values of the model. Out: `value`, `interpretationCode`, `referenceRange`. Does not know the narrative.
//!
//! Source: CDA R2 data types; CR-BIO 2024.01, value of a result; JDV_HL7_ObservationInterpretation.

use super::{
    body::or,
    element::{Anchor, original_text, token},
};
use crate::codes::{INTERPRETATION, code_system};
use lab::quantity::{Comparator, Decimal, Interpretation, ReferenceRange, Unit, Value};
use xml::Writer;

/// A typed `value`. `anchor` is where the narrative prints it, for words that have no code.
///
/// | value | type |
/// |---|---|
/// | number and unit | `PQ` |
/// | number | `REAL` |
/// | bounded number | `IVL_PQ`, one bound |
/// | titre | `RTO_PQ_PQ` |
/// | code | `CD` |
/// | words | `ST` |
pub(super) fn coded_value(w: &mut Writer, value: &Value, anchor: Option<Anchor>, local: &str) {
    w.open("value");
    match value {
        Value::Number { comparator: None, number, unit: Some(unit) } => {
            w.attr("xsi:type", "PQ").attr_display("value", number).attr("unit", &unit.ucum);
        }
        Value::Number { comparator: None, number, unit: None } => {
            w.attr("xsi:type", "REAL").attr_display("value", number);
        }
        Value::Number { comparator: Some(sign), number, unit } => {
            w.attr("xsi:type", "IVL_PQ");
            let (name, inclusive) = match sign {
                Comparator::Less => ("high", "false"),
                Comparator::LessOrEqual => ("high", "true"),
                Comparator::Greater => ("low", "false"),
                Comparator::GreaterOrEqual => ("low", "true"),
            };
            open_bound(w, name, *number, unit.as_ref());
            w.attr("inclusive", inclusive).close();
        }
        Value::Titre { numerator, denominator } => {
            w.attr("xsi:type", "RTO_PQ_PQ");
            w.open("numerator").attr_display("value", numerator).close();
            w.open("denominator").attr_display("value", denominator).close();
        }
        Value::Coded(coded) if !coded.code.is_empty() => {
            let (oid, system) = code_system(&coded.system, local);
            w.attr("xsi:type", "CD")
                .attr("code", &token(&coded.code))
                .attr("displayName", or(&coded.label, &coded.code))
                .attr("codeSystem", oid)
                .attr("codeSystemName", system);
            if let Some(anchor) = anchor {
                original_text(w, anchor);
            }
        }
        Value::Coded(coded) => _ = w.attr("xsi:type", "ST").text(&coded.label),
        Value::Text(text) => _ = w.attr("xsi:type", "ST").text(text),
    }
    w.close();
}

fn open_bound(w: &mut Writer, name: &'static str, number: Decimal, unit: Option<&Unit>) {
    w.open(name).attr_display("value", number).attr_opt("unit", unit.map(|unit| unit.ucum.as_str()));
}

pub(super) fn interpretation_code(w: &mut Writer, interpretation: Interpretation) {
    w.open("interpretationCode")
        .attr("code", interpretation.code())
        .attr("displayName", interpretation.label())
        .attr("codeSystem", INTERPRETATION)
        .close();
}

/// Bounds in the unit of the value, words beside or instead of them.
pub(super) fn reference_range(w: &mut Writer, range: &ReferenceRange, value: Option<&Value>) {
    let words = range.text.as_deref().filter(|text| !text.trim().is_empty());
    if range.low.is_none() && range.high.is_none() && words.is_none() {
        return;
    }
    let unit = match value {
        Some(Value::Number { unit, .. }) => unit.as_ref(),
        _ => None,
    };
    w.open("referenceRange").attr("typeCode", "REFV");
    w.open("observationRange").attr("classCode", "OBS").attr("moodCode", "EVN.CRT");
    if let Some(words) = words {
        w.element("text", words.trim());
    }
    if range.low.is_some() || range.high.is_some() {
        w.open("value").attr("xsi:type", "IVL_PQ");
        for (name, bound) in [("low", range.low), ("high", range.high)] {
            if let Some(bound) = bound {
                open_bound(w, name, bound, unit);
                w.close();
            }
        }
        w.close();
    }
    interpretation_code(w, Interpretation::Normal);
    w.close().close();
}
