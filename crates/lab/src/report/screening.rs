//! Screening: what a report of the organized screening of cervical cancer says beside its results.
//!
//! In: why the examination is done, what is known of the vaccination, with what it was made, what the patient is told.
//! Out: a part of the model of a report. The results themselves are results as any other.
//! Knows the codes of the national value sets, not their labels nor how a document writes them.
//!
//! Source: CR-BIO 2024.01, dépistage du cancer du col de l'utérus (DEP-CCU): both published examples.

use crate::{person::MssanteAddress, quantity::Coded, redact_debug};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// LOINC code of the search for high-risk HPV. Source: JDV_TypeDeTestRealiseCCU_CISIS.
pub const HPV_TEST: &str = "77379-6";
/// LOINC code of the cytology. Source: JDV_TypeDeTestRealiseCCU_CISIS.
pub const CYTOLOGY: &str = "10524-7";

/// Name of the national collector of screening data. Source: DEP-CCU examples.
pub const COLLECTOR: &str = "Collecteur national des données de dépistage des cancers";

/// What makes a report one of the organized screening of cervical cancer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screening {
    /// Why the examination is done.
    pub context: ScreeningContext,
    /// Number of the invitation, when the regional center (CRCDC) sent one.
    pub invitation: Option<InvitationNumber>,
    /// What is known of the vaccination against HPV.
    pub vaccination: HpvVaccination,
    /// Kit of the search for HPV, of JDV_TrousseCCU_CISIS.
    pub kit: Option<Coded>,
    /// Medium of the sample, of JDV_MilieuCytologieCCU_CISIS.
    pub medium: Option<Coded>,
    /// What the patient is told; `None` while results are awaited.
    pub conclusion: Option<ScreeningConclusion>,
    /// The national collector of screening data, when the report is meant for it.
    pub collector: Option<ScreeningCollector>,
}
redact_debug!(Screening);

impl Screening {
    /// A screening of which nothing is known beside why the examination is done.
    pub fn new(context: ScreeningContext) -> Self {
        Self {
            context,
            invitation: None,
            vaccination: HpvVaccination::Unknown,
            kit: None,
            medium: None,
            conclusion: None,
            collector: None,
        }
    }
}

/// Why the examination is done. Each variant documents a code of JDV_ContexteExamenCCU_CISIS.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub enum ScreeningContext {
    /// `MED-1210`, primary HPV test on a sample taken by a professional.
    PrimaryHpv,
    /// `MED-1211`, primary HPV test on a sample that the patient took.
    SelfSampledHpv,
    /// `MED-1212`, HPV test after an abnormal primary cytology.
    ReflexHpv,
    /// `MED-1213`, HPV test that follows up an earlier one.
    ControlHpv,
    /// `MED-1214`, primary cytology.
    PrimaryCytology,
    /// `MED-1215`, cytology that follows up an earlier one.
    ControlCytology,
}

impl ScreeningContext {
    /// Every context, in the order of the value set.
    pub const ALL: [Self; 6] = [
        Self::PrimaryHpv,
        Self::SelfSampledHpv,
        Self::ReflexHpv,
        Self::ControlHpv,
        Self::PrimaryCytology,
        Self::ControlCytology,
    ];

    /// Its code in JDV_ContexteExamenCCU_CISIS.
    pub fn code(self) -> &'static str {
        match self {
            Self::PrimaryHpv => "MED-1210",
            Self::SelfSampledHpv => "MED-1211",
            Self::ReflexHpv => "MED-1212",
            Self::ControlHpv => "MED-1213",
            Self::PrimaryCytology => "MED-1214",
            Self::ControlCytology => "MED-1215",
        }
    }
}

/// What the patient is told. Each variant documents a code of JDV_ConclusionSimplifieeCCU_CISIS.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub enum ScreeningConclusion {
    /// `MED-1188`, cannot be read: a new sample within three months.
    NotInterpretable,
    /// `MED-1189`, no anomaly: a new test in five years.
    NothingForFiveYears,
    /// `MED-1190`, an anomaly: the patient is asked to see a professional.
    Anomaly,
    /// `MED-1191`, no anomaly: a new test in three years, or in one after the first test.
    NothingForThreeYears,
}

impl ScreeningConclusion {
    /// Every conclusion, in the order of the value set.
    pub const ALL: [Self; 4] =
        [Self::NotInterpretable, Self::NothingForFiveYears, Self::Anomaly, Self::NothingForThreeYears];

    /// Its code in JDV_ConclusionSimplifieeCCU_CISIS.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotInterpretable => "MED-1188",
            Self::NothingForFiveYears => "MED-1189",
            Self::Anomaly => "MED-1190",
            Self::NothingForThreeYears => "MED-1191",
        }
    }
}

/// What is known of the vaccination against HPV.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum HpvVaccination {
    /// Nobody said.
    Unknown,
    /// Known not to be done.
    NotDone,
    /// Done: the doses that are known, none when only the fact is.
    Done(Vec<VaccineDose>),
}
redact_debug!(HpvVaccination);

/// A dose of a vaccine.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaccineDose {
    /// Rank of the dose, from 1.
    pub rank: Option<u8>,
    /// When it was given.
    pub given_on: Option<Date>,
}
redact_debug!(VaccineDose);

/// The national collector of screening data: a recipient that is neither a professional nor the patient.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ScreeningCollector {
    /// Name as printed.
    pub name: String,
    /// Its secure mail address.
    pub mailbox: MssanteAddress,
}

/// Number of an invitation to the screening: 1 to 64 ASCII letters and digits.
///
/// Source: DEP-CCU examples (thirteen digits; no length is published), structuration minimale (bound of an extension).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InvitationNumber(String);
redact_debug!(InvitationNumber);

impl InvitationNumber {
    /// Reads a number as a person or a peer writes it, blanks around it.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_number = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_number.then(|| Self(text.to_owned()))
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for InvitationNumber {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("an invitation number is 1 to 64 letters and digits")
    }
}

impl From<InvitationNumber> for String {
    fn from(number: InvitationNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_invitation_number_is_letters_and_digits() {
        assert_eq!(InvitationNumber::parse(" 1234567890121 ").unwrap().as_str(), "1234567890121");
        for wrong in ["", " ", "12 34", "1-2", "é", &"1".repeat(65)] {
            assert!(InvitationNumber::parse(wrong).is_none(), "{wrong}");
        }
        assert!(serde_json::from_str::<InvitationNumber>("\"1 2\"").is_err());
    }

    #[test]
    fn a_screening_is_stored_and_read_again() {
        let screening = Screening {
            context: ScreeningContext::PrimaryHpv,
            invitation: InvitationNumber::parse("1234567890121"),
            vaccination: HpvVaccination::Done(vec![VaccineDose { rank: Some(2), given_on: None }]),
            kit: None,
            medium: None,
            conclusion: Some(ScreeningConclusion::Anomaly),
            collector: None,
        };
        let stored = serde_json::to_string(&screening).unwrap();
        assert!(serde_json::from_str::<Screening>(&stored).unwrap() == screening);
        assert_eq!(format!("{screening:?}"), "Screening(…)");
    }
}
