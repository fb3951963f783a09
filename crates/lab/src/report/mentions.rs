//! Mentions: the texts of the laboratory on one report, and which of them it bears.
//!
//! In: the texts a laboratory has set, the results of a version. Out: what this version prints, frozen with it.
//! Does not know how they are laid out.

use super::{Chapter, Report, ReportedResult, results_of};
use crate::{person::Subcontractor, redact_debug};
use serde::{Deserialize, Serialize};

/// How a result came to be reported: under which accreditation, by whom it was made and looked at.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Provenance {
    /// Whether the accreditation of the laboratory that answers for the report covers it.
    pub accredited: bool,
    /// The laboratory that made it in its place; its own accreditation counts then.
    pub subcontractor: Option<Subcontractor>,
    /// Whether a biologist looked at it.
    pub review: Review,
}
redact_debug!(Provenance);

/// Whether a biologist looked at a result before it was reported.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash, Serialize, Deserialize)]
pub enum Review {
    /// A biologist validated it, or signed the report that holds it.
    #[default]
    ByBiologist,
    /// Rules validated it, and nobody looked at it since.
    Automatic,
}

/// The texts that a laboratory sets for all its reports.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MentionTexts {
    /// Where the scope of the accreditation can be read.
    pub scope: String,
    /// What the mark of accredited analyses means.
    pub accreditation: String,
    /// That results were validated automatically.
    pub automatic_validation: String,
    /// What becomes of personal data.
    pub personal_data: String,
}

/// The texts that one version bears. A version signed before they were kept bears none.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Mentions {
    /// Only when a result is accredited.
    pub accreditation: Option<AccreditationMention>,
    /// Only when a result was validated automatically and no biologist looked at it.
    pub automatic_validation: Option<String>,
    /// Data protection notice, at the end of the report.
    pub personal_data: Option<String>,
}

/// What stands beside the laboratory's name, and what its mark means.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AccreditationMention {
    /// Number of the accreditation, `8-XXXX`.
    pub number: String,
    /// Where its scope can be read.
    pub scope: String,
    /// What the mark means.
    pub sentence: String,
}

/// The mark of an accredited analysis, after its label.
pub const ACCREDITED_MARK: &str = "*";

/// Which texts a version bears, from its results.
///
/// | results                                   | accreditation            | automatic validation |
/// |-------------------------------------------|--------------------------|----------------------|
/// | none accredited                           | nothing, not even number | –                    |
/// | some or all accredited                    | number, scope, sentence  | –                    |
/// | accredited ones all made elsewhere        | nothing of ours          | –                    |
/// | at least one automatic, not looked at     | –                        | said                 |
///
/// An empty text is left out, but for the accreditation, which is whole or absent.
/// Source: Ségur SGL.DOC.08, .09, .10; COFRAC GEN REF 11 (no mark on a report without accredited result, reference to
/// the scope, marked results told from the others).
pub(super) fn mentions(texts: &MentionTexts, number: Option<&str>, chapters: &[Chapter]) -> Mentions {
    let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let number = number.filter(|_| results_of(chapters).any(|result| result.provenance.accredited));
    let is_automatic = results_of(chapters).any(|result| result.provenance.review == Review::Automatic);
    Mentions {
        accreditation: number.map(|number| AccreditationMention {
            number: number.to_owned(),
            scope: texts.scope.trim().to_owned(),
            sentence: texts.accreditation.trim().to_owned(),
        }),
        automatic_validation: text(&texts.automatic_validation).filter(|_| is_automatic),
        personal_data: text(&texts.personal_data),
    }
}

impl ReportedResult {
    /// The mark beside its label, empty for a result that our accreditation does not cover.
    pub fn accreditation_mark(&self) -> &'static str {
        if self.provenance.accredited { ACCREDITED_MARK } else { "" }
    }
}

impl Report {
    /// The laboratories that made results in our place, each once, in printing order.
    pub fn subcontractors(&self) -> Vec<&Subcontractor> {
        let mut all: Vec<&Subcontractor> = Vec::new();
        for subcontractor in self.results().filter_map(|result| result.provenance.subcontractor.as_ref()) {
            if !all.contains(&subcontractor) {
                all.push(subcontractor);
            }
        }
        all
    }
}
