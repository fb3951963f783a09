//! Validation: the technician's check, then the biologist's; what may be signed, by whom, what blocks.

use crate::{
    finding::Finding,
    order::{Observation, ObservationStage, Outcome},
    quantity::Interpretation,
};

/// What an account may do. One person has one role.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Role {
    /// Registers dossiers, sees reports and deliveries.
    Secretary,
    /// Validates results technically.
    Technician,
    /// Validates, signs, decides on exceptions.
    Biologist,
    /// Manages accounts, connections and settings; sees no result.
    Administrator,
}

impl Role {
    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Secretary => "secretary",
            Self::Technician => "technician",
            Self::Biologist => "biologist",
            Self::Administrator => "administrator",
        }
    }

    /// Reads [`code`](Self::code).
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Secretary, Self::Technician, Self::Biologist, Self::Administrator]
            .into_iter()
            .find(|role| role.code() == code)
    }

    /// Whether this role may make an observation pass to a stage.
    pub fn may_validate(self, stage: ObservationStage) -> bool {
        match stage {
            ObservationStage::TechnicallyValidated => matches!(self, Self::Technician | Self::Biologist),
            ObservationStage::Validated => matches!(self, Self::Biologist),
            ObservationStage::Awaited | ObservationStage::Received => false,
        }
    }
}

/// Whether a signed report would be whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Completeness {
    /// Every observation has ended and is validated.
    Complete,
    /// Some are awaited or not validated.
    Partial,
    /// None is validated: nothing can be signed.
    Empty,
}

/// How complete a report of these observations would be.
pub fn completeness(observations: &[Observation]) -> Completeness {
    let validated = observations.iter().filter(|it| it.stage == ObservationStage::Validated).count();
    if validated == 0 {
        Completeness::Empty
    } else if validated == observations.len() {
        Completeness::Complete
    } else {
        Completeness::Partial
    }
}

/// What stands in the way of a biologist's validation of these observations.
///
/// Findings (errors): `VALIDATION-NO-VALUE` (ended without value nor reason), `VALIDATION-ABORTED-NO-COMMENT`,
/// `VALIDATION-NOT-TECHNICAL` (not yet technically validated).
pub fn obstacles(observations: &[Observation]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for observation in observations {
        let place = observation.analysis.as_str();
        match (observation.stage, observation.outcome) {
            (ObservationStage::Awaited, _) => {}
            (ObservationStage::Received, _) => findings.push(Finding::error("VALIDATION-NOT-TECHNICAL", place)),
            (_, Outcome::Completed) if !says_something(observation) => {
                findings.push(Finding::error("VALIDATION-NO-VALUE", place));
            }
            (_, Outcome::Aborted) if observation.comments.is_empty() => {
                findings.push(Finding::error("VALIDATION-ABORTED-NO-COMMENT", place));
            }
            _ => {}
        }
    }
    findings
}

/// A value, a picture, or a category of an antibiogram.
fn says_something(observation: &Observation) -> bool {
    let is_category = observation.interpretation.is_some_and(Interpretation::is_susceptibility);
    observation.value.is_some() || observation.figure.is_some() || is_category
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_biologist_validates_biologically_and_an_administrator_validates_nothing() {
        use ObservationStage::{TechnicallyValidated, Validated};
        let table = [
            (Role::Secretary, false, false),
            (Role::Technician, true, false),
            (Role::Biologist, true, true),
            (Role::Administrator, false, false),
        ];
        for (role, technical, biological) in table {
            assert_eq!(role.may_validate(TechnicallyValidated), technical, "{role:?}");
            assert_eq!(role.may_validate(Validated), biological, "{role:?}");
        }
    }
}
