//! Answer: what a completed test says, and why it may be called high, resistant or positive.
//!
//! In: a value, usual values, an interpretation and its ground. Out: an answer in which no interpretation stands
//! without one. Does not know how it is printed or coded.

use crate::{
    quantity::{Comparator, CriticalBounds, Interpretation, ReferenceRange, Value},
    redact_debug,
};
use serde::{Deserialize, Serialize};

/// What a completed test says: a value, or a category of an antibiogram alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    value: Option<Value>,
    range: Option<ReferenceRange>,
    meaning: Option<Meaning>,
}
redact_debug!(Answer);

/// An interpretation and what it rests on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Meaning {
    /// What the value means.
    pub interpretation: Interpretation,
    /// Why.
    pub ground: Ground,
}

/// What an interpretation rests on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub enum Ground {
    /// Usual values printed beside the number.
    UsualValues,
    /// The laboratory's critical values.
    CriticalValues,
    /// Breakpoints of an antibiogram: a category.
    Breakpoints,
    /// The value is no number: it says itself what it means.
    Qualitative,
    /// The biologist who validated it says so, without usual values or against them.
    Judgment,
}

/// An interpretation that its ground does not carry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unfounded {
    /// The interpretation.
    pub interpretation: Interpretation,
    /// The ground that was given.
    pub ground: Ground,
}

impl std::fmt::Display for Unfounded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the interpretation {} does not follow from {:?}", self.interpretation.code(), self.ground)
    }
}

impl std::error::Error for Unfounded {}

impl Answer {
    /// A value with its usual values, without interpretation.
    pub fn new(value: Value, range: Option<ReferenceRange>) -> Self {
        Self { value: Some(value), range, meaning: None }
    }

    /// A category of an antibiogram that was reported without a measure.
    ///
    /// # Errors
    /// [`Unfounded`] for another interpretation: it needs a value.
    pub fn category(interpretation: Interpretation) -> Result<Self, Unfounded> {
        Self { value: None, range: None, meaning: None }.interpreted(interpretation, Ground::Breakpoints)
    }

    /// The same answer, with what it means.
    ///
    /// | ground          | carries                                                                                |
    /// |-----------------|----------------------------------------------------------------------------------------|
    /// | usual values    | `N`, `L`, `LL`, `H`, `HH`, `A`, `AA` of a number beside usual values that do not say otherwise |
    /// | critical values | `LL`, `HH`, `AA`                                                                       |
    /// | breakpoints     | a category of susceptibility                                                           |
    /// | qualitative     | anything but a category, of a value that is no number                                  |
    /// | judgment        | anything                                                                               |
    ///
    /// # Errors
    /// [`Unfounded`] when the ground does not carry the interpretation.
    ///
    /// Source: JDV_HL7_ObservationInterpretation; CR-BIO 2024.01, interpretation and usual values of a result.
    pub fn interpreted(self, interpretation: Interpretation, ground: Ground) -> Result<Self, Unfounded> {
        if self.carries(interpretation, ground) {
            Ok(Self { meaning: Some(Meaning { interpretation, ground }), ..self })
        } else {
            Err(Unfounded { interpretation, ground })
        }
    }

    /// The same answer, with what it means on the first ground that carries it; a biologist's judgment is the last.
    #[must_use]
    pub fn judged(self, interpretation: Interpretation, critical: &CriticalBounds) -> Self {
        let mut grounds = vec![Ground::Breakpoints, Ground::Qualitative, Ground::UsualValues];
        if critical.low.is_some() || critical.high.is_some() {
            grounds.push(Ground::CriticalValues);
        }
        let ground = grounds.into_iter().find(|it| self.carries(interpretation, *it)).unwrap_or(Ground::Judgment);
        Self { meaning: Some(Meaning { interpretation, ground }), ..self }
    }

    fn carries(&self, interpretation: Interpretation, ground: Ground) -> bool {
        let number = self.value.as_ref().filter(|value| value.number().is_some());
        match ground {
            Ground::UsualValues => {
                let stands = number.zip(self.range.as_ref()).map(|(value, range)| allowed(value, range));
                stands.is_some_and(|allowed| allowed.contains(interpretation))
            }
            Ground::CriticalValues => interpretation.is_critical() && number.is_some(),
            Ground::Breakpoints => interpretation.is_susceptibility(),
            Ground::Qualitative => self.value.is_some() && number.is_none() && !interpretation.is_susceptibility(),
            Ground::Judgment => self.value.is_some() || interpretation.is_susceptibility(),
        }
    }

    /// The value; `None` for a category alone.
    pub fn value(&self) -> Option<&Value> {
        self.value.as_ref()
    }

    /// Usual values for this patient.
    pub fn range(&self) -> Option<&ReferenceRange> {
        self.range.as_ref()
    }

    /// What it means, and why.
    pub fn meaning(&self) -> Option<Meaning> {
        self.meaning
    }
}

/// Which sides of usual values a number may be said to stand on.
#[derive(Clone, Copy)]
struct Sides {
    low: bool,
    within: bool,
    high: bool,
}

impl Sides {
    fn contains(self, interpretation: Interpretation) -> bool {
        use Interpretation::{Abnormal, CriticalAbnormal, CriticalHigh, CriticalLow, High, Low, Normal};
        match interpretation {
            Low | CriticalLow => self.low,
            High | CriticalHigh => self.high,
            Normal => self.within,
            Abnormal | CriticalAbnormal => self.low || self.high,
            _ => false,
        }
    }
}

/// The sides that a number does not surely stand off. Bounds are usual values themselves; words exclude nothing.
fn allowed(value: &Value, range: &ReferenceRange) -> Sides {
    let Value::Number { comparator, number, .. } = value else {
        return Sides { low: false, within: false, high: false };
    };
    let (at_least, at_most) = match comparator {
        None => (Some(number), Some(number)),
        Some(Comparator::Less | Comparator::LessOrEqual) => (None, Some(number)),
        Some(Comparator::Greater | Comparator::GreaterOrEqual) => (Some(number), None),
    };
    let reaches = |bound: &rust_decimal::Decimal| at_least.is_some_and(|least| least >= bound);
    let stays = |bound: &rust_decimal::Decimal| at_most.is_some_and(|most| most <= bound);
    let is_below = range
        .low
        .as_ref()
        .is_some_and(|low| stays(low) && (at_most != Some(low) || *comparator == Some(Comparator::Less)));
    let is_above = range
        .high
        .as_ref()
        .is_some_and(|high| reaches(high) && (at_least != Some(high) || *comparator == Some(Comparator::Greater)));
    let in_words = range.low.is_none() && range.high.is_none();
    Sides {
        low: in_words || range.low.as_ref().is_some_and(|low| !reaches(low)),
        within: !is_below && !is_above,
        high: in_words || range.high.as_ref().is_some_and(|high| !stays(high)),
    }
}

/// An answer as the model of a signed report stores it: beside the other properties of the result.
pub(super) mod stored {
    use super::{Answer, Ground};
    use crate::{
        order::Outcome,
        quantity::{CriticalBounds, Interpretation, ReferenceRange, Value},
    };
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize)]
    struct Written<'a> {
        outcome: Outcome,
        value: Option<&'a Value>,
        interpretation: Option<Interpretation>,
        range: Option<&'a ReferenceRange>,
        ground: Option<Ground>,
    }

    #[derive(Deserialize)]
    struct Read {
        outcome: Outcome,
        value: Option<Value>,
        interpretation: Option<Interpretation>,
        range: Option<ReferenceRange>,
        #[serde(default)]
        ground: Option<Ground>,
    }

    pub(in super::super) fn serialize<S: Serializer>(answer: &Option<Answer>, to: S) -> Result<S::Ok, S::Error> {
        let meaning = answer.as_ref().and_then(|it| it.meaning);
        Written {
            outcome: if answer.is_some() { Outcome::Completed } else { Outcome::Aborted },
            value: answer.as_ref().and_then(|it| it.value.as_ref()),
            interpretation: meaning.map(|it| it.interpretation),
            range: answer.as_ref().and_then(|it| it.range.as_ref()),
            ground: meaning.map(|it| it.ground),
        }
        .serialize(to)
    }

    /// Versions signed before grounds were kept get the first one that carries their interpretation.
    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Answer>, D::Error> {
        let Read { outcome, value, interpretation, range, ground } = Read::deserialize(from)?;
        let is_category = interpretation.is_some_and(Interpretation::is_susceptibility);
        if outcome == Outcome::Aborted || (value.is_none() && !is_category) {
            return Ok(None);
        }
        let bare = Answer { value, range, meaning: None };
        Ok(Some(match (interpretation, ground) {
            (None, _) => bare,
            (Some(interpretation), Some(ground)) => {
                bare.interpreted(interpretation, ground).map_err(serde::de::Error::custom)?
            }
            (Some(interpretation), None) => bare.judged(interpretation, &CriticalBounds::default()),
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use Interpretation::*;

    fn number(text: &str) -> Value {
        let (comparator, digits) = match text.split_at(1) {
            ("<", digits) => (Some(Comparator::Less), digits),
            ("≤", digits) => (Some(Comparator::LessOrEqual), digits),
            (">", digits) => (Some(Comparator::Greater), digits),
            _ => (None, text),
        };
        Value::Number { comparator, number: digits.parse().unwrap(), unit: None }
    }

    fn range(low: &str, high: &str) -> Option<ReferenceRange> {
        Some(ReferenceRange { low: low.parse().ok(), high: high.parse().ok(), ..ReferenceRange::default() })
    }

    #[test]
    fn usual_values_carry_the_side_a_number_stands_on_and_no_other() {
        let table = [
            ("2.9", "3", "5", [true, false, false]),
            ("3", "3", "5", [false, true, false]),
            ("5", "3", "5", [false, true, false]),
            ("5.1", "3", "5", [false, false, true]),
            ("<3", "3", "5", [true, false, false]),
            ("<4", "3", "5", [true, true, false]),
            (">4", "3", "5", [false, true, true]),
            (">5", "3", "5", [false, false, true]),
            ("1", "", "5", [false, true, false]),
        ];
        for (value, low, high, expected) in table {
            let carried = [Low, Normal, High]
                .map(|it| Answer::new(number(value), range(low, high)).interpreted(it, Ground::UsualValues).is_ok());
            assert_eq!(carried, expected, "{value} in {low}-{high}");
        }
    }

    #[test]
    fn an_interpretation_without_ground_is_refused() {
        let bare = || Answer::new(number("1"), None);
        assert!(bare().interpreted(High, Ground::UsualValues).is_err());
        assert!(bare().interpreted(High, Ground::Qualitative).is_err());
        assert!(bare().interpreted(High, Ground::Breakpoints).is_err());
        assert!(bare().interpreted(High, Ground::CriticalValues).is_err());
        assert!(bare().interpreted(High, Ground::Judgment).is_ok());
        assert!(Answer::category(High).is_err());
        assert!(Answer::category(Resistant).is_ok());
    }

    #[test]
    fn the_first_ground_that_carries_is_taken_and_judgment_is_the_last() {
        let ground = |answer: Answer, it| answer.judged(it, &CriticalBounds::default()).meaning().unwrap().ground;
        assert_eq!(ground(Answer::new(number("6"), range("3", "5")), High), Ground::UsualValues);
        assert_eq!(ground(Answer::new(number("6"), range("3", "5")), Low), Ground::Judgment);
        assert_eq!(ground(Answer::new(Value::Text("++".into()), None), Abnormal), Ground::Qualitative);
        assert_eq!(ground(Answer::new(number("6"), None), Resistant), Ground::Breakpoints);
        assert_eq!(ground(Answer::new(number("6"), None), High), Ground::Judgment);
    }
}
