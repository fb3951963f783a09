//! A value as received, typed as far as its type does not lie.

use cda::{Cd, Data, Scalar, Value};

/// A value.
#[derive(Clone, PartialEq)]
pub enum ReceivedValue {
    /// A number, with its unit; both as written.
    Number {
        /// Digits, with a point.
        number: String,
        /// UCUM unit; empty when there is none.
        unit: String,
    },
    /// Bounds, either of which may be missing.
    Interval {
        /// Lower bound and whether it is included.
        low: Option<(String, bool)>,
        /// Upper bound and whether it is included.
        high: Option<(String, bool)>,
        /// UCUM unit; empty when there is none.
        unit: String,
    },
    /// A ratio or titre.
    Ratio {
        /// First term.
        numerator: String,
        /// Second term.
        denominator: String,
    },
    /// A code, or only its wording.
    Coded {
        /// Code; empty when there is none.
        code: String,
        /// Object identifier of the code system.
        system: String,
        /// Label.
        label: String,
    },
    /// Words.
    Text(String),
    /// None, with the reason that is given.
    Missing(String),
}

// The kind only: the value is a patient's.
impl std::fmt::Debug for ReceivedValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReceivedValue(…)")
    }
}

impl ReceivedValue {
    /// Reads a value; `label` gives the wording of a code.
    pub(super) fn read(value: &Value<'_>, label: impl Fn(&Cd<'_>) -> String) -> Self {
        let text = |it: &Option<std::borrow::Cow<'_, str>>| it.as_deref().unwrap_or_default().trim().to_owned();
        let bound = |all: &[Scalar<'_>]| {
            let it = all.first()?;
            // Included unless it says otherwise. Source: CDA R2 data types, IVXB.
            Some((it.value.as_deref()?.to_owned(), it.inclusive.as_deref() != Some("false")))
        };
        match &value.data {
            Data::Scalar(it) if it.value.is_some() => Self::Number { number: text(&it.value), unit: text(&it.unit) },
            Data::Scalar(it) => Self::Missing(text(&it.null_flavor)),
            Data::Interval(it) => {
                let bounds = it.low.iter().chain(&it.high);
                let unit = bounds.map(|it| text(&it.unit)).find(|it| !it.is_empty()).unwrap_or_default();
                Self::Interval { low: bound(&it.low), high: bound(&it.high), unit }
            }
            Data::Ratio(it) => {
                let term = |all: &[Scalar<'_>]| all.first().map(|it| text(&it.value)).unwrap_or_default();
                Self::Ratio { numerator: term(&it.numerator), denominator: term(&it.denominator) }
            }
            Data::Coded(it) => Self::Coded { code: text(&it.code), system: text(&it.code_system), label: label(it) },
            Data::Text(it) if it.null_flavor.is_some() => Self::Missing(text(&it.null_flavor)),
            Data::Text(it) => Self::Text(it.text.trim().to_owned()),
            Data::Time(it) => Self::Text(text(&it.value)),
            Data::Id(it) => Self::Text(text(&it.extension)),
            Data::Telecom(it) => Self::Text(text(&it.value)),
            Data::Name(it) => {
                let parts: Vec<&str> = it.parts.iter().map(|(_, part)| part.text.trim()).collect();
                Self::Text(parts.join(" "))
            }
            Data::Other(it) => Self::Text(it.attribute("value").unwrap_or_default().to_owned()),
        }
    }

    /// On one line, as a French reader writes it: decimal comma, sign, unit.
    pub fn printed(&self) -> String {
        let french = |number: &str| number.replace('.', ",");
        let with = |text: String, unit: &str| if unit.is_empty() { text } else { format!("{text} {unit}") };
        match self {
            Self::Number { number, unit } => with(french(number), unit),
            Self::Interval { low: Some((low, _)), high: Some((high, _)), unit } => {
                with(format!("{} – {}", french(low), french(high)), unit)
            }
            Self::Interval { low: Some((low, is_included)), unit, .. } => {
                with(format!("{} {}", if *is_included { "≥" } else { ">" }, french(low)), unit)
            }
            Self::Interval { high: Some((high, is_included)), unit, .. } => {
                with(format!("{} {}", if *is_included { "≤" } else { "<" }, french(high)), unit)
            }
            Self::Interval { .. } => String::new(),
            Self::Ratio { numerator, denominator } => format!("{}/{}", french(numerator), french(denominator)),
            Self::Coded { code, label, .. } => {
                if label.is_empty() {
                    code.clone()
                } else {
                    label.clone()
                }
            }
            Self::Text(text) => text.clone(),
            Self::Missing(_) => "—".to_owned(),
        }
    }
}
