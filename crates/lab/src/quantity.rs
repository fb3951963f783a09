//! Result values: numbers with the digits received, bounds, codes and texts.

use crate::redact_debug;
pub use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Where a code comes from. Each profile maps it to its own identifier.
#[derive(Clone, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub enum CodeSystem {
    /// LOINC.
    Loinc,
    /// SNOMED CT.
    SnomedCt,
    /// NCBI Taxonomy (organisms).
    Ncbi,
    /// NABM, the French nomenclature of acts of medical biology.
    Nabm,
    /// National waiting code, until LOINC has one.
    Waiting,
    /// The laboratory's own catalogue.
    Local,
    /// ANSM common table of reagents and techniques.
    Technique,
}

/// A code with its label, as the terminology prints it.
#[derive(Clone, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub struct Coded {
    /// Terminology.
    pub system: CodeSystem,
    /// Code, not empty.
    pub code: String,
    /// Label in French.
    pub label: String,
}

impl Coded {
    /// A LOINC code with its French label.
    pub fn loinc(code: impl Into<String>, label: impl Into<String>) -> Self {
        Self { system: CodeSystem::Loinc, code: code.into(), label: label.into() }
    }

    /// A SNOMED CT code with its French label.
    pub fn snomed(code: impl Into<String>, label: impl Into<String>) -> Self {
        Self { system: CodeSystem::SnomedCt, code: code.into(), label: label.into() }
    }
}

/// A unit: what machines read and what people read.
#[derive(Clone, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub struct Unit {
    /// UCUM, case sensitive; for CR-BIO in the national list (see `terminology::ucum`).
    pub ucum: String,
    /// As printed, for example `mL/min/1,73 m²`.
    pub printed: String,
}

/// How a numeric result is bounded when the analyzer could not measure further.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub enum Comparator {
    /// `<`
    Less,
    /// `≤`
    LessOrEqual,
    /// `>`
    Greater,
    /// `≥`
    GreaterOrEqual,
}

impl Comparator {
    /// The sign, as printed.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "≤",
            Self::Greater => ">",
            Self::GreaterOrEqual => "≥",
        }
    }
}

/// The value of a result.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// A number, its unit if it has one, and its bound if it is one (`< 0,10 mg/L`).
    Number {
        /// Bound sign, `None` for a measured value.
        comparator: Option<Comparator>,
        /// Digits as received: `0.10` stays `0.10`.
        number: Decimal,
        /// `None` for a pure number such as an INR.
        unit: Option<Unit>,
    },
    /// A titre such as `1/40`.
    Titre {
        /// First term, usually 1.
        numerator: u32,
        /// Dilution.
        denominator: u32,
    },
    /// A coded answer.
    Coded(Coded),
    /// An answer without a code, such as `++` or `Absence`.
    Text(String),
}
redact_debug!(Value);

impl Value {
    /// The number of a measured or bounded value.
    pub fn number(&self) -> Option<Decimal> {
        match self {
            Self::Number { number, .. } => Some(*number),
            _ => None,
        }
    }

    /// The value as a French reader writes it, without unit: decimal comma, sign, label.
    pub fn printed(&self) -> String {
        match self {
            Self::Number { comparator: None, number, .. } => french_decimal(*number),
            Self::Number { comparator: Some(sign), number, .. } => {
                format!("{} {}", sign.sign(), french_decimal(*number))
            }
            Self::Titre { numerator, denominator } => format!("{numerator}/{denominator}"),
            Self::Coded(coded) => coded.label.clone(),
            Self::Text(text) => text.clone(),
        }
    }

    /// The unit as printed; empty when there is none.
    pub fn printed_unit(&self) -> &str {
        match self {
            Self::Number { unit: Some(unit), .. } => &unit.printed,
            _ => "",
        }
    }
}

/// A decimal with a comma and all its digits: `0.10` → `0,10`.
pub fn french_decimal(number: Decimal) -> String {
    number.to_string().replace('.', ",")
}

/// What the value means, by code of HL7 ObservationInterpretation.
///
/// Source: CR-BIO 2024.01, JDV_HL7_ObservationInterpretation (39 codes; those a laboratory decides).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub enum Interpretation {
    /// `N`
    Normal,
    /// `L`
    Low,
    /// `LL`, critical.
    CriticalLow,
    /// `H`
    High,
    /// `HH`, critical.
    CriticalHigh,
    /// `A`
    Abnormal,
    /// `AA`, critical.
    CriticalAbnormal,
    /// `POS`
    Positive,
    /// `NEG`
    Negative,
    /// `S`, antibiogram.
    Susceptible,
    /// `I`, antibiogram.
    Intermediate,
    /// `R`, antibiogram.
    Resistant,
}

/// Every interpretation with its code and French label, in the order of the value set.
pub const INTERPRETATIONS: &[(Interpretation, &str, &str)] = &[
    (Interpretation::Abnormal, "A", "Anormal"),
    (Interpretation::CriticalAbnormal, "AA", "Anormal critique"),
    (Interpretation::High, "H", "Haut"),
    (Interpretation::CriticalHigh, "HH", "Haut critique"),
    (Interpretation::Intermediate, "I", "Intermédiaire"),
    (Interpretation::Low, "L", "Bas"),
    (Interpretation::CriticalLow, "LL", "Bas critique"),
    (Interpretation::Normal, "N", "Normal"),
    (Interpretation::Negative, "NEG", "Négatif"),
    (Interpretation::Positive, "POS", "Positif"),
    (Interpretation::Resistant, "R", "Résistant"),
    (Interpretation::Susceptible, "S", "Sensible"),
];

impl Interpretation {
    fn row(self) -> (&'static str, &'static str) {
        INTERPRETATIONS
            .iter()
            .find(|(interpretation, ..)| *interpretation == self)
            .map_or(("N", "Normal"), |(_, code, label)| (*code, *label))
    }

    /// The HL7 code.
    pub fn code(self) -> &'static str {
        self.row().0
    }

    /// The French label.
    pub fn label(self) -> &'static str {
        self.row().1
    }

    /// Reads an HL7 code; `None` for one the laboratory does not use.
    pub fn from_code(code: &str) -> Option<Self> {
        INTERPRETATIONS.iter().find(|(_, known, _)| *known == code).map(|(it, ..)| *it)
    }

    /// Whether the physician must be told at once (`AA`, `HH`, `LL`).
    ///
    /// Source: Ségur LGC.BIO.03.
    pub fn is_critical(self) -> bool {
        matches!(self, Self::CriticalLow | Self::CriticalHigh | Self::CriticalAbnormal)
    }

    /// Whether the value is printed as out of the ordinary.
    pub fn is_abnormal(self) -> bool {
        !matches!(self, Self::Normal | Self::Negative | Self::Susceptible)
    }

    /// The mark beside the value, readable in black and white; empty when ordinary.
    ///
    /// None is `*`, which reports give to accredited analyses.
    pub fn mark(self) -> &'static str {
        match self {
            Self::High => "↑",
            Self::CriticalHigh => "↑↑",
            Self::Low => "↓",
            Self::CriticalLow => "↓↓",
            Self::Abnormal | Self::Positive => "!",
            Self::CriticalAbnormal => "!!",
            _ => "",
        }
    }
}

/// Usual values for one patient: bounds included, either may be missing.
#[derive(Clone, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub struct ReferenceRange {
    /// Lower bound, included.
    pub low: Option<Decimal>,
    /// Upper bound, included.
    pub high: Option<Decimal>,
    /// Words beside or instead of bounds, as printed.
    pub text: Option<String>,
}

impl ReferenceRange {
    /// As printed: `3,5 – 5,0`, `< 5,0`, `> 60`, or the words.
    pub fn printed(&self) -> String {
        match (self.low, self.high) {
            (Some(low), Some(high)) => format!("{} – {}", french_decimal(low), french_decimal(high)),
            (None, Some(high)) => format!("≤ {}", french_decimal(high)),
            (Some(low), None) => format!("≥ {}", french_decimal(low)),
            (None, None) => self.text.clone().unwrap_or_default(),
        }
    }
}

/// Compares a value with usual and critical bounds.
///
/// `None` when the value is not a number or no bound is known. A bounded value (`> 1000`) is judged on its bound.
pub fn interpret(value: &Value, range: Option<&ReferenceRange>, critical: &CriticalBounds) -> Option<Interpretation> {
    let Value::Number { number, comparator, .. } = value else { return None };
    let below = |bound: Decimal| *number < bound || (*number == bound && *comparator == Some(Comparator::Less));
    let above = |bound: Decimal| *number > bound || (*number == bound && *comparator == Some(Comparator::Greater));
    if critical.low.is_some_and(below) {
        return Some(Interpretation::CriticalLow);
    }
    if critical.high.is_some_and(above) {
        return Some(Interpretation::CriticalHigh);
    }
    let range = range.filter(|range| range.low.is_some() || range.high.is_some())?;
    if range.low.is_some_and(below) {
        Some(Interpretation::Low)
    } else if range.high.is_some_and(above) {
        Some(Interpretation::High)
    } else {
        Some(Interpretation::Normal)
    }
}

/// Values beyond which the physician is called at once; bounds excluded.
#[derive(Clone, PartialEq, Eq, Debug, Default, Hash)]
pub struct CriticalBounds {
    /// Critical below this.
    pub low: Option<Decimal>,
    /// Critical above this.
    pub high: Option<Decimal>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(comparator: Option<Comparator>, digits: &str) -> Value {
        Value::Number { comparator, number: digits.parse().expect("a decimal"), unit: None }
    }

    fn range(low: &str, high: &str) -> ReferenceRange {
        ReferenceRange { low: low.parse().ok(), high: high.parse().ok(), text: None }
    }

    #[test]
    fn digits_received_are_digits_printed() {
        assert_eq!(number(None, "0.10").printed(), "0,10");
        assert_eq!(number(Some(Comparator::Less), "0.10").printed(), "< 0,10");
    }

    #[test]
    fn a_value_is_judged_against_usual_then_critical_bounds() {
        let critical = CriticalBounds { low: "2.5".parse().ok(), high: "6.5".parse().ok() };
        let usual = range("3.5", "5.0");
        let table = [
            ("2.4", Interpretation::CriticalLow),
            ("2.5", Interpretation::Low),
            ("3.5", Interpretation::Normal),
            ("5.0", Interpretation::Normal),
            ("5.1", Interpretation::High),
            ("6.6", Interpretation::CriticalHigh),
        ];
        for (digits, expected) in table {
            assert_eq!(interpret(&number(None, digits), Some(&usual), &critical), Some(expected), "{digits}");
        }
    }

    #[test]
    fn a_value_beyond_the_upper_bound_is_high_and_a_text_has_no_interpretation() {
        let none = CriticalBounds::default();
        let bounded = number(Some(Comparator::Greater), "5.0");
        assert_eq!(interpret(&bounded, Some(&range("3.5", "5.0")), &none), Some(Interpretation::High));
        assert_eq!(interpret(&Value::Text("++".into()), Some(&range("3.5", "5.0")), &none), None);
    }

    #[test]
    fn debug_output_holds_no_value() {
        assert_eq!(format!("{:?}", Value::Text("secret".into())), "Value(…)");
    }
}
