//! Typed values: of a result, of a previous one, of a range; and what they mean.
//!
//! In: values of the model. Out: `value`, `interpretationCode`, `referenceRange`. Does not know the narrative.
//!
//! Source: CDA R2 data types; CR-BIO 2024.01, value of a result; JDV_HL7_ObservationInterpretation.

use super::{
    body::or,
    element::{Anchor, constant, token, value as attribute},
};
use crate::codes::{INTERPRETATION, code_system};
use cda::{Cd, Data, Ed, Interval, LabCriterion, LabPrecondition, ObservationRange, Ratio, Scalar, Value as Any};
use lab::{
    patient::Sex,
    quantity::{Comparator, Decimal, Interpretation, ReferenceRange, Unit, Value},
};

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
pub(super) fn typed<'a>(value: &'a Value, anchor: Option<Anchor>, local: &'a str) -> Any<'a> {
    match value {
        Value::Number { comparator: None, number, unit } => {
            Any::new(if unit.is_some() { "PQ" } else { "REAL" }, Data::Scalar(scalar(*number, unit.as_ref())))
        }
        Value::Number { comparator: Some(sign), number, unit } => {
            let (is_low, inclusive) = match sign {
                Comparator::Less => (false, "false"),
                Comparator::LessOrEqual => (false, "true"),
                Comparator::Greater => (true, "false"),
                Comparator::GreaterOrEqual => (true, "true"),
            };
            let bound = vec![Scalar { inclusive: attribute(inclusive), ..scalar(*number, unit.as_ref()) }];
            let (low, high) = if is_low { (bound, Vec::new()) } else { (Vec::new(), bound) };
            Any::new("IVL_PQ", Data::Interval(Interval { low, high, ..Interval::default() }))
        }
        Value::Titre { numerator, denominator } => {
            let term = |it: &u32| vec![Scalar { value: attribute(it.to_string()), ..Scalar::default() }];
            let ratio = Ratio { numerator: term(numerator), denominator: term(denominator), ..Ratio::default() };
            Any::new("RTO_PQ_PQ", Data::Ratio(ratio))
        }
        Value::Coded(coded) if !coded.code.is_empty() => {
            let (oid, system) = code_system(&coded.system, local);
            let code = Cd {
                code: attribute(token(&coded.code)),
                display_name: attribute(or(&coded.label, &coded.code)),
                code_system: attribute(oid),
                code_system_name: attribute(system),
                original_text: anchor.map_or_else(Vec::new, Anchor::text),
                ..Cd::default()
            };
            Any::new("CD", Data::Coded(code))
        }
        Value::Coded(coded) => words(&coded.label),
        Value::Text(text) => words(text),
    }
}

fn words(text: &str) -> Any<'_> {
    Any::new("ST", Data::Text(Ed { text: text.into(), ..Ed::default() }))
}

fn scalar<'a>(number: Decimal, unit: Option<&'a Unit>) -> Scalar<'a> {
    let unit = unit.map(|unit| unit.ucum.as_str().into());
    Scalar { value: attribute(number.to_string()), unit, ..Scalar::default() }
}

pub(super) fn interpretation_code<'a>(interpretation: Interpretation) -> Cd<'a> {
    constant((interpretation.code(), interpretation.label()), INTERPRETATION)
}

/// The sex that usual values are for. The schema knows no age: it is said in the narrative.
///
/// Source: IHE PaLM XD-LAB, precondition of a reference range (criterion `SEX`); ihelab.xsd.
fn only_for<'a>(sex: Sex) -> Option<LabPrecondition<'a>> {
    let sex = match sex {
        Sex::Female => "F",
        Sex::Male => "M",
        Sex::Unknown => return None,
    };
    let criterion = LabCriterion {
        class_code: attribute("COND"),
        code: vec![Cd { code: attribute("SEX"), ..Cd::default() }],
        value: vec![Scalar { value: attribute(sex), ..Scalar::default() }],
        ..LabCriterion::default()
    };
    Some(LabPrecondition { type_code: attribute("PRCN"), criterion: vec![criterion], ..LabPrecondition::default() })
}

/// Bounds in the unit of the value, words beside or instead of them; none when there is nothing to say.
pub(super) fn reference_range<'a>(
    range: &'a ReferenceRange,
    value: Option<&'a Value>,
) -> Option<cda::ReferenceRange<'a>> {
    let words = range.text.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let has_bounds = range.low.is_some() || range.high.is_some();
    if !has_bounds && words.is_none() {
        return None;
    }
    let unit = match value {
        Some(Value::Number { unit, .. }) => unit.as_ref(),
        _ => None,
    };
    let bound = |bound: Option<Decimal>| bound.map(|it| scalar(it, unit)).into_iter().collect();
    let bounds = Interval { low: bound(range.low), high: bound(range.high), ..Interval::default() };
    let usual = ObservationRange {
        class_code: attribute("OBS"),
        mood_code: attribute("EVN.CRT"),
        text: words.map(|text| Ed { text: text.into(), ..Ed::default() }).into_iter().collect(),
        value: if has_bounds { vec![Any::new("IVL_PQ", Data::Interval(bounds))] } else { Vec::new() },
        interpretation_code: vec![interpretation_code(Interpretation::Normal)],
        lab_precondition: range.group.and_then(|group| only_for(group.sex?)).into_iter().collect(),
        ..ObservationRange::default()
    };
    Some(cda::ReferenceRange {
        type_code: attribute("REFV"),
        observation_range: vec![usual],
        ..cda::ReferenceRange::default()
    })
}
