//! Matching: observations meet the catalogue, words meet values. A doubt is a finding, never a guess.

use crate::{
    catalogue::{Analysis, Catalogue},
    finding::Finding,
    quantity::{Coded, Comparator, Decimal, Unit, Value},
    redact_debug,
    report::{Curve, Image},
};

/// An identifier as a sender spells it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SentCode {
    /// Local code of the sender; may be empty.
    pub local: String,
    /// LOINC code; may be empty.
    pub loinc: String,
    /// Label; may be empty.
    pub label: String,
}

/// What the catalogue knows of an identifier.
#[derive(Clone, PartialEq, Debug)]
pub enum Match<'a> {
    /// One analysis.
    Matched(&'a Analysis),
    /// Several analyses share the LOINC code and the local code decides nothing.
    Ambiguous,
    /// None.
    Unknown,
}

/// Finds the analysis of a sent identifier: local code first, then LOINC when it is unique.
pub fn analysis<'a>(catalogue: &'a Catalogue, sent: &SentCode) -> Match<'a> {
    if let Some(found) = catalogue.by_code(&sent.local).filter(|_| !sent.local.is_empty()) {
        return Match::Matched(found);
    }
    if sent.loinc.is_empty() {
        return Match::Unknown;
    }
    let mut candidates = catalogue.by_loinc(&sent.loinc);
    match (candidates.next(), candidates.next()) {
        (Some(only), None) => Match::Matched(only),
        (Some(_), Some(_)) => Match::Ambiguous,
        (None, _) => Match::Unknown,
    }
}

/// A result as a sender spells it.
#[derive(Clone, PartialEq, Eq)]
pub enum SentValue {
    /// No value.
    Absent,
    /// Characters that a sender calls a number or that may be one: `4,5`, `> 1000`, `<0.10`.
    Numeric(String),
    /// A bound and a number sent apart (HL7 v2 `SN`): `>^1000`, `^1^:^40`.
    Structured {
        /// `<`, `>`, `<=`, `>=` or empty.
        comparator: String,
        /// First number.
        first: String,
        /// `:` or `/` for a titre, `-` for a range, or empty.
        separator: String,
        /// Second number.
        second: String,
    },
    /// A coded answer with its label.
    Coded(Coded),
    /// Words.
    Text(String),
    /// A picture.
    Image(Image),
    /// The points of a curve.
    Curve(Curve),
    /// A report of another laboratory.
    Pdf(Vec<u8>),
}
redact_debug!(SentValue);

/// Reads a sent value for an analysis.
///
/// Numbers keep their digits; a decimal comma is read as a point; the unit must be the catalogue's, by UCUM or by a
/// declared spelling. Findings: `RESULT-UNIT-UNKNOWN` (the value is not kept), `RESULT-NOT-A-NUMBER` (kept as text,
/// for an analysis that has a unit).
pub fn value(sent: &SentValue, sent_unit: &str, analysis: &Analysis, place: &str) -> (Option<Value>, Vec<Finding>) {
    let mut findings = Vec::new();
    let value = match sent {
        // Pictures stand beside values, and reports beside results.
        SentValue::Absent | SentValue::Image(_) | SentValue::Curve(_) | SentValue::Pdf(_) => None,
        SentValue::Coded(coded) => Some(Value::Coded(coded.clone())),
        SentValue::Text(text) => Some(Value::Text(text.clone())),
        SentValue::Numeric(text) => match number(text) {
            Some((comparator, number)) => numeric(comparator, number, sent_unit, analysis, place, &mut findings),
            None => {
                if analysis.unit.is_some() {
                    findings.push(Finding::warning("RESULT-NOT-A-NUMBER", place));
                }
                Some(Value::Text(text.clone()))
            }
        },
        SentValue::Structured { comparator, first, separator, second } => {
            structured(comparator, first, separator, second, sent_unit, analysis, place, &mut findings)
        }
    };
    (value, findings)
}

#[expect(clippy::too_many_arguments, reason = "the four parts of a structured number, then its context")]
fn structured(
    comparator: &str,
    first: &str,
    separator: &str,
    second: &str,
    sent_unit: &str,
    analysis: &Analysis,
    place: &str,
    findings: &mut Vec<Finding>,
) -> Option<Value> {
    if separator.is_empty() && second.is_empty() {
        if let Some((None, digits)) = number(first)
            && let Some(comparator) = comparator_of(comparator)
        {
            return numeric(comparator, digits, sent_unit, analysis, place, findings);
        }
    } else if matches!(separator, ":" | "/")
        && let (Ok(numerator), Ok(denominator)) = (first.parse(), second.parse())
    {
        return Some(Value::Titre { numerator, denominator });
    }
    findings.push(Finding::warning("RESULT-NOT-A-NUMBER", place));
    Some(Value::Text(format!("{comparator}{first}{separator}{second}")))
}

fn numeric(
    comparator: Option<Comparator>,
    number: Decimal,
    sent_unit: &str,
    analysis: &Analysis,
    place: &str,
    findings: &mut Vec<Finding>,
) -> Option<Value> {
    match unit(sent_unit, analysis) {
        Ok(unit) => Some(Value::Number { comparator, number, unit: unit.cloned() }),
        Err(()) => {
            findings.push(Finding::error("RESULT-UNIT-UNKNOWN", place));
            None
        }
    }
}

/// The catalogue's unit for a sent spelling; an analysis without unit accepts none or a dimensionless spelling.
fn unit<'a>(sent: &str, analysis: &'a Analysis) -> Result<Option<&'a Unit>, ()> {
    let sent = sent.trim();
    match &analysis.unit {
        None => {
            if matches!(sent, "" | "1" | "{ratio}" | "ratio" | "INR") {
                Ok(None)
            } else {
                Err(())
            }
        }
        Some(unit) => {
            let known = sent == unit.ucum
                || sent.eq_ignore_ascii_case(&unit.printed)
                || sent.to_lowercase() == unit.printed.to_lowercase()
                || analysis.unit_synonyms.iter().any(|synonym| synonym.to_lowercase() == sent.to_lowercase());
            if known { Ok(Some(unit)) } else { Err(()) }
        }
    }
}

fn comparator_of(sign: &str) -> Option<Option<Comparator>> {
    Some(match sign {
        "" | "=" => None,
        "<" => Some(Comparator::Less),
        "<=" | "≤" => Some(Comparator::LessOrEqual),
        ">" => Some(Comparator::Greater),
        ">=" | "≥" => Some(Comparator::GreaterOrEqual),
        _ => return None,
    })
}

/// Reads `4.5`, `0,5`, `> 1000`, `<=0.10`; `None` for anything else, such as `++` or `1.2.3`.
pub fn number(text: &str) -> Option<(Option<Comparator>, Decimal)> {
    let text = text.trim();
    let digits_at = text.find(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | ','))?;
    let (sign, digits) = text.split_at(digits_at);
    let comparator = comparator_of(sign.trim())?;
    let digits = digits.replace(',', ".");
    let plain =
        digits.bytes().enumerate().all(|(at, byte)| byte.is_ascii_digit() || byte == b'.' || (at == 0 && byte == b'-'));
    // 28 significant digits is what the decimal type keeps exactly; more is not a laboratory result.
    (plain && digits.len() <= 28 && digits.bytes().any(|byte| byte.is_ascii_digit()))
        .then(|| digits.parse().ok().map(|number| (comparator, number)))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_senders_write_them() {
        let table = [
            ("4.5", None, "4.5"),
            ("0,5", None, "0.5"),
            ("0.10", None, "0.10"),
            (">1000", Some(Comparator::Greater), "1000"),
            ("<= 0,10", Some(Comparator::LessOrEqual), "0.10"),
            ("-1.5", None, "-1.5"),
        ];
        for (text, comparator, digits) in table {
            let read = number(text).unwrap_or_else(|| unreachable!("{text} is a number"));
            assert_eq!((read.0, read.1.to_string()), (comparator, digits.to_owned()), "{text}");
        }
    }

    #[test]
    fn words_are_not_numbers() {
        for text in ["", "++", "1.2.3", "1e5", "abc", "1 000", "12-13", "9999999999999999999999999999999"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
