//! The same result in another unit: glucose in g/L beside mmol/L.
//!
//! In: the rule of the catalogue and the answer in its own unit. Out: value, usual values and previous results in the
//! other one, rounded as the rule says. What the value means is said once, of the first unit.
//!
//! Source: CR-BIO 2024.01, résultat en deux unités: one observation and one LOINC code per unit.

use super::{Answer, PreviousResult, ReportedResult};
use crate::{
    quantity::{Coded, Decimal, ReferenceRange, Unit, Value},
    redact_debug,
};
use serde::{Deserialize, Serialize};

/// How an analysis is converted: `second = first × factor`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SecondUnitRule {
    /// LOINC code of the analysis in that unit.
    pub loinc: Coded,
    /// The unit.
    pub unit: Unit,
    /// Not zero.
    pub factor: Decimal,
    /// Digits after the comma, at most 9.
    pub n_decimals: u32,
}

/// A result in its second unit.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondUnit {
    /// LOINC code of the analysis in that unit.
    pub loinc: Coded,
    /// The value, with its unit.
    pub value: Value,
    /// Usual values in it.
    pub range: Option<ReferenceRange>,
    /// Earlier results in it, as those of the first unit.
    pub previous: Vec<PreviousResult>,
}
redact_debug!(SecondUnit);

/// A result as one line prints it: in its own unit, then in its second one.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    /// The result.
    pub result: &'a ReportedResult,
    /// LOINC code in this unit.
    pub loinc: Option<&'a Coded>,
    /// The value; `None` when there is none.
    pub value: Option<&'a Value>,
    /// Usual values.
    pub range: Option<&'a ReferenceRange>,
    /// Previous results, latest first.
    pub previous: &'a [PreviousResult],
    /// The unit that the label names, because the same label stands above.
    pub in_unit: Option<&'a str>,
}

impl ReportedResult {
    /// The lines that print it, at least one.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let first = Line {
            result: self,
            loinc: self.loinc.as_ref(),
            value: self.value(),
            range: self.range(),
            previous: &self.previous,
            in_unit: None,
        };
        let second = self.second_unit.as_ref().map(|it| Line {
            result: self,
            loinc: Some(&it.loinc),
            value: Some(&it.value),
            range: it.range.as_ref(),
            previous: &it.previous,
            in_unit: Some(it.value.printed_unit()),
        });
        std::iter::once(first).chain(second)
    }
}

impl Line<'_> {
    /// The label as printed: the unit after it when the line is the second one, then the mark of accredited analyses.
    pub fn label(&self) -> String {
        let label = self.result.label.trim_end();
        let unit = self.in_unit.map(|unit| format!(" (en {unit})")).unwrap_or_default();
        match self.result.accreditation_mark() {
            "" => format!("{label}{unit}"),
            mark => format!("{label}{unit}\u{A0}{mark}"),
        }
    }
}

impl SecondUnit {
    /// Converts a number; `None` for another value, or one too large to convert.
    pub fn of(rule: &SecondUnitRule, answer: &Answer, previous: &[PreviousResult]) -> Option<Self> {
        let range = match answer.range() {
            None => None,
            Some(range) => Some(ReferenceRange {
                low: converted_bound(range.low, rule)?,
                high: converted_bound(range.high, rule)?,
                ..range.clone()
            }),
        };
        let previous =
            previous.iter().map(|it| Some(PreviousResult { value: converted(&it.value, rule)?, ..it.clone() }));
        Some(Self {
            loinc: rule.loinc.clone(),
            value: converted(answer.value()?, rule)?,
            range,
            previous: previous.collect::<Option<_>>()?,
        })
    }
}

fn converted(value: &Value, rule: &SecondUnitRule) -> Option<Value> {
    let Value::Number { comparator, number, .. } = value else { return None };
    let number = times(*number, rule)?;
    Some(Value::Number { comparator: *comparator, number, unit: Some(rule.unit.clone()) })
}

fn converted_bound(bound: Option<Decimal>, rule: &SecondUnitRule) -> Option<Option<Decimal>> {
    match bound {
        None => Some(None),
        Some(bound) => times(bound, rule).map(Some),
    }
}

/// All its decimals are kept as printed: `0.90`, not `0.9`.
fn times(number: Decimal, rule: &SecondUnitRule) -> Option<Decimal> {
    let mut converted = number.checked_mul(rule.factor)?;
    converted.rescale(rule.n_decimals.min(9));
    Some(converted)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_glucose_in_moles_is_also_said_in_grams() {
        let unit = |ucum: &str| Unit { ucum: ucum.into(), printed: ucum.into() };
        let number = |digits: &str| Value::Number {
            comparator: None,
            number: digits.parse().unwrap(),
            unit: Some(unit("mmol/L")),
        };
        let range = ReferenceRange { low: "3.9".parse().ok(), high: "6.1".parse().ok(), ..ReferenceRange::default() };
        let answer = Answer::new(number("5.0"), Some(range));
        let rule = SecondUnitRule {
            loinc: Coded::loinc("53049-3", "Glucose"),
            unit: unit("g/L"),
            factor: "0.18016".parse().unwrap(),
            n_decimals: 2,
        };
        let second = SecondUnit::of(&rule, &answer, &[]).unwrap();
        assert_eq!((second.value.printed().as_str(), second.value.printed_unit()), ("0,90", "g/L"));
        assert_eq!(second.range.unwrap().printed(), "0,70 – 1,10");
        assert!(SecondUnit::of(&rule, &Answer::new(Value::Text("absence".into()), None), &[]).is_none());
    }
}
