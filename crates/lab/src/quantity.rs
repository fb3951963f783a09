//! Result values: numbers with the digits received, bounds, codes and texts.

use crate::{
    patient::{MAJORITY_DAYS, Sex},
    redact_debug,
};
pub use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use terminology::jdv::Concept;

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
    /// The codes of the Agence du numérique en santé itself (TA_ASIP).
    Agency,
    /// CIM-10, the French edition of ICD-10.
    Icd10,
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

    /// A concept of a national value set, in the words of its publication; local when its terminology is none of ours.
    pub fn concept(concept: &Concept) -> Self {
        let system = match concept.system {
            "2.16.840.1.113883.6.1" => CodeSystem::Loinc,
            "2.16.840.1.113883.6.96" => CodeSystem::SnomedCt,
            "1.2.250.1.213.2.3.5" => CodeSystem::Technique,
            "1.2.250.1.213.1.1.4.322" => CodeSystem::Agency,
            _ => CodeSystem::Local,
        };
        Self { system, code: concept.code.to_owned(), label: concept.label.to_owned() }
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
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// What the value means, by code of HL7 ObservationInterpretation, in the order of the value set.
///
/// Source: CR-BIO 2024.01, JDV_HL7_ObservationInterpretation (39 codes).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub enum Interpretation {
    /// `<`.
    BelowDetection,
    /// `>`.
    AboveMeasure,
    /// `A`.
    Abnormal,
    /// `AA`, critical.
    CriticalAbnormal,
    /// `B`.
    Better,
    /// `CAR`.
    Carrier,
    /// `D`.
    Decreased,
    /// `DET`.
    Detected,
    /// `E`.
    Equivocal,
    /// `EX`.
    OutsideThresholds,
    /// `EXP`.
    Expected,
    /// `H`.
    High,
    /// `HH`, critical.
    CriticalHigh,
    /// `HU`.
    VeryHigh,
    /// `HX`.
    AboveThreshold,
    /// `I`.
    Intermediate,
    /// `IE`.
    InsufficientEvidence,
    /// `IND`.
    Indeterminate,
    /// `L`.
    Low,
    /// `LL`, critical.
    CriticalLow,
    /// `LU`.
    VeryLow,
    /// `LX`.
    BelowThreshold,
    /// `N`.
    Normal,
    /// `NCL`.
    NoStandard,
    /// `ND`.
    NotDetected,
    /// `NEG`.
    Negative,
    /// `NR`.
    NonReactive,
    /// `NS`.
    NonSusceptible,
    /// `POS`.
    Positive,
    /// `R`.
    Resistant,
    /// `RR`.
    Reactive,
    /// `S`.
    Susceptible,
    /// `SDD`.
    SusceptibleDoseDependent,
    /// `SYN-R`.
    SynergyResistant,
    /// `SYN-S`.
    SynergySusceptible,
    /// `U`.
    Increased,
    /// `UNE`.
    Unexpected,
    /// `W`.
    Worse,
    /// `WR`.
    WeaklyReactive,
}

/// Every interpretation with its code and a French label short enough for a cell, in the order of the value set.
pub const INTERPRETATIONS: &[(Interpretation, &str, &str)] = &[
    (Interpretation::BelowDetection, "<", "Sous la limite de détection"),
    (Interpretation::AboveMeasure, ">", "Au-dessus de la limite de mesure"),
    (Interpretation::Abnormal, "A", "Anormal"),
    (Interpretation::CriticalAbnormal, "AA", "Anormal critique"),
    (Interpretation::Better, "B", "Amélioration"),
    (Interpretation::Carrier, "CAR", "Porteur"),
    (Interpretation::Decreased, "D", "Diminution significative"),
    (Interpretation::Detected, "DET", "Détecté"),
    (Interpretation::Equivocal, "E", "Équivoque"),
    (Interpretation::OutsideThresholds, "EX", "Hors seuils"),
    (Interpretation::Expected, "EXP", "Attendu"),
    (Interpretation::High, "H", "Haut"),
    (Interpretation::CriticalHigh, "HH", "Haut critique"),
    (Interpretation::VeryHigh, "HU", "Significativement haut"),
    (Interpretation::AboveThreshold, "HX", "Hors seuil supérieur"),
    (Interpretation::Intermediate, "I", "Intermédiaire"),
    (Interpretation::InsufficientEvidence, "IE", "Preuves insuffisantes"),
    (Interpretation::Indeterminate, "IND", "Indéterminé"),
    (Interpretation::Low, "L", "Bas"),
    (Interpretation::CriticalLow, "LL", "Bas critique"),
    (Interpretation::VeryLow, "LU", "Significativement bas"),
    (Interpretation::BelowThreshold, "LX", "Hors seuil inférieur"),
    (Interpretation::Normal, "N", "Normal"),
    (Interpretation::NoStandard, "NCL", "Pas de standard défini"),
    (Interpretation::NotDetected, "ND", "Non détecté"),
    (Interpretation::Negative, "NEG", "Négatif"),
    (Interpretation::NonReactive, "NR", "Non réactif"),
    (Interpretation::NonSusceptible, "NS", "Non sensible"),
    (Interpretation::Positive, "POS", "Positif"),
    (Interpretation::Resistant, "R", "Résistant"),
    (Interpretation::Reactive, "RR", "Réactif"),
    (Interpretation::Susceptible, "S", "Sensible"),
    (Interpretation::SusceptibleDoseDependent, "SDD", "Sensible à forte dose"),
    (Interpretation::SynergyResistant, "SYN-R", "Synergie - résistant"),
    (Interpretation::SynergySusceptible, "SYN-S", "Synergie - sensible"),
    (Interpretation::Increased, "U", "Augmentation significative"),
    (Interpretation::Unexpected, "UNE", "Inattendu"),
    (Interpretation::Worse, "W", "Dégradation"),
    (Interpretation::WeaklyReactive, "WR", "Faiblement réactif"),
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

    /// Reads an HL7 code; `None` for one that is not of the value set.
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
        use Interpretation::*;
        !matches!(
            self,
            Normal
                | Negative
                | NonReactive
                | NotDetected
                | Expected
                | Better
                | Susceptible
                | SynergySusceptible
                | BelowDetection
                | AboveMeasure
                | InsufficientEvidence
                | NoStandard
        )
    }

    /// Whether it is a category of an antibiogram.
    pub fn is_susceptibility(self) -> bool {
        use Interpretation::*;
        matches!(
            self,
            Susceptible
                | Intermediate
                | Resistant
                | SusceptibleDoseDependent
                | NonSusceptible
                | SynergySusceptible
                | SynergyResistant
                | InsufficientEvidence
        )
    }

    /// The mark beside the value, readable in black and white; empty when ordinary.
    ///
    /// None is `*`, which reports give to accredited analyses.
    pub fn mark(self) -> &'static str {
        match self {
            Self::High | Self::VeryHigh | Self::AboveThreshold => "↑",
            Self::CriticalHigh => "↑↑",
            Self::Low | Self::VeryLow | Self::BelowThreshold => "↓",
            Self::CriticalLow => "↓↓",
            Self::CriticalAbnormal => "!!",
            other if other.is_abnormal() && !other.is_susceptibility() => "!",
            _ => "",
        }
    }
}

/// Usual values for one patient: bounds included, either may be missing.
#[derive(Clone, PartialEq, Eq, Debug, Default, Hash, Serialize, Deserialize)]
pub struct ReferenceRange {
    /// Lower bound, included.
    pub low: Option<Decimal>,
    /// Upper bound, included.
    pub high: Option<Decimal>,
    /// Words beside or instead of bounds, as printed.
    pub text: Option<String>,
    /// The group of people they are for; `None` for everyone.
    #[serde(default)]
    pub group: Option<Group>,
}

/// A group of people by sex and age.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub struct Group {
    /// Only this sex; `None` for all.
    pub sex: Option<Sex>,
    /// From this age in days, included.
    pub from_days: i32,
    /// To this age in days, excluded; `i32::MAX` for no end.
    pub to_days: i32,
}

impl Group {
    /// Everyone.
    pub const ALL: Self = Self { sex: None, from_days: 0, to_days: i32::MAX };

    /// As printed: `femme, 15 à 50 ans`; empty for everyone, and for adults, who know that they are.
    pub fn printed(&self) -> String {
        let is_child = self.to_days <= MAJORITY_DAYS;
        let is_adult = self.from_days <= MAJORITY_DAYS && self.to_days == i32::MAX;
        let sex = match (self.sex, is_child) {
            (Some(Sex::Female), false) => "femme",
            (Some(Sex::Male), false) => "homme",
            (Some(Sex::Female), true) => "fille",
            (Some(Sex::Male), true) => "garçon",
            _ => "",
        };
        let ages = match (self.from_days > 0, self.to_days < i32::MAX) {
            (false, false) => String::new(),
            _ if is_adult => String::new(),
            (true, false) => format!("dès {}", age(self.from_days)),
            (false, true) => format!("moins de {}", age(self.to_days)),
            (true, true) => {
                let (from, to) = (age(self.from_days), age(self.to_days));
                // The unit once, when both have it.
                match (from.split_once(' '), to.split_once(' ')) {
                    (Some((count, unit)), Some((_, same))) if unit == same => format!("{count} à {to}"),
                    _ => format!("{from} à {to}"),
                }
            }
        };
        let between = if sex.is_empty() || ages.is_empty() { "" } else { ", " };
        format!("{sex}{between}{ages}")
    }
}

/// An age in the unit that people count it in: days, months, years.
fn age(days: i32) -> String {
    let days = f64::from(days);
    let (count, one, several) = if days < 61.0 {
        (days, "jour", "jours")
    } else if days < 731.0 {
        ((days / 30.4375).round(), "mois", "mois")
    } else {
        ((days / 365.25).round(), "an", "ans")
    };
    format!("{count} {}", if count < 2.0 { one } else { several })
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

    /// What stands under the bounds, line by line: words, then whom they are for.
    pub fn printed_beside(&self) -> impl Iterator<Item = String> {
        let has_bounds = self.low.is_some() || self.high.is_some();
        let words = self.text.as_deref().map(str::trim).filter(|text| has_bounds && !text.is_empty());
        let group = self.group.map(|group| group.printed()).filter(|words| !words.is_empty());
        words.map(str::to_owned).into_iter().chain(group.map(|group| format!("({group})")))
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
        ReferenceRange { low: low.parse().ok(), high: high.parse().ok(), ..ReferenceRange::default() }
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

    #[test]
    fn a_group_is_said_as_people_say_it_and_not_when_it_is_every_adult() {
        let said = |sex, from_days, to_days| Group { sex, from_days, to_days }.printed();
        assert_eq!(said(None, 0, i32::MAX), "");
        assert_eq!(said(None, 6575, i32::MAX), "");
        assert_eq!(said(Some(Sex::Female), 6575, i32::MAX), "femme");
        assert_eq!(said(Some(Sex::Female), 5479, 18263), "femme, 15 à 50 ans");
        assert_eq!(said(Some(Sex::Male), 0, 28), "garçon, moins de 28 jours");
        assert_eq!(said(None, 91, 365), "3 à 12 mois");
        assert_eq!(said(None, 23741, i32::MAX), "dès 65 ans");
    }
}
