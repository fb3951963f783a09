//! Report: the model that the CDA, the PDF and the pages are all rendered from, and how versions follow each other.
//!
//! One value of [`Report`] is one signed version: it never changes.
//! Narrative and coded entries can't disagree, because nothing else is rendered.
//!
//! What must not be signed cannot be built: results without a validator ([`Validators`]), an interpretation without
//! a ground ([`Answer`]), an INS on an identity that is not qualified ([`Subject`]).

mod answer;
mod assemble;
mod figure;
mod kind;
mod mentions;
pub mod rapid_test;
pub mod screening;
mod second_unit;
mod subject;
mod validators;
mod withdrawal;

pub use answer::{Answer, Ground, Meaning, Unfounded};
pub use assemble::{Draft, Validated, assemble};
pub use figure::{Curve, Figure, Image, ImageKind};
pub use kind::Kind;
pub use mentions::{ACCREDITED_MARK, AccreditationMention, MentionTexts, Mentions, Provenance, Review};
pub use rapid_test::RapidTest;
pub use screening::Screening;
pub use second_unit::{Line, SecondUnit, SecondUnitRule};
pub use subject::Subject;
pub use validators::{ValidatorRank, Validators};
pub use withdrawal::{WITHDRAWAL_REASONS, Withdrawal, WithdrawalReason};

use crate::{
    id::{Oid, OrderId, VersionId},
    order::{CareSetting, Confidentiality, Observation, ObservationStage, Priority, Specimen},
    person::{Laboratory, Professional, Subcontractor},
    quantity::{Coded, Interpretation, ReferenceRange, Value},
    redact_debug,
};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// The identifiers of one version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VersionIds {
    /// Our identifier.
    pub version: VersionId,
    /// The document, this version.
    pub document: Oid,
    /// The report, all versions.
    pub set: Oid,
    /// 1, 2, 3…
    pub number: u32,
    /// What this version replaces.
    pub replaces: Option<Replaced>,
}

/// A version that another replaces.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Replaced {
    /// Our identifier.
    pub version: VersionId,
    /// Its document.
    pub document: Oid,
    /// Its number.
    pub number: u32,
    /// Whether it was partial.
    pub status: ReportStatus,
    /// When it was signed; `None` in versions signed before this was kept.
    #[serde(default)]
    pub signed_at: Option<Timestamp>,
}

/// Whether more results are to come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub enum ReportStatus {
    /// More results are to come.
    Partial,
    /// Every result asked for is there.
    Final,
}

/// A signed version, whole.
#[derive(Clone, Serialize, Deserialize)]
pub struct Report {
    /// Identifiers.
    pub ids: VersionIds,
    /// Partial or final.
    pub status: ReportStatus,
    /// When signed: the time of the document.
    pub signed_at: Timestamp,
    /// Zone in which times are printed.
    #[serde(with = "jiff::fmt::serde::tz::required")]
    pub zone: TimeZone,
    /// Who may read it.
    #[serde(default)]
    pub confidentiality: Confidentiality,
    /// The patient as known when signed.
    pub patient: Subject,
    /// The laboratory that answers for the report.
    pub laboratory: Laboratory,
    /// The request.
    pub request: Request,
    /// Who signs.
    pub signer: Professional,
    /// Everyone the report is meant for when signed, as printed on it.
    pub recipients: Vec<Recipient>,
    /// Chapters, in catalogue order.
    pub chapters: Vec<Chapter>,
    /// Comments on the whole dossier.
    pub comments: Vec<String>,
    /// Reports of subcontractors, as they came.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// The laboratory's texts that this version bears.
    #[serde(default)]
    pub mentions: Mentions,
    /// What makes it a report of the screening of cervical cancer; `None` for any other.
    #[serde(default)]
    pub screening: Option<Screening>,
    /// What makes it a report of a rapid test (TROD); `None` for any other.
    #[serde(default)]
    pub rapid_test: Option<RapidTest>,
}
redact_debug!(Report);

/// The report of a subcontractor, as it came: its results are not in the chapters.
///
/// Source: CR-BIO 2024.01, FR-Resultats-de-laboratoire-de-biologie-de-seconde-intention; Ségur SGL.DOC.13.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Title as printed.
    pub title: String,
    /// The laboratory that wrote it.
    pub laboratory: Subcontractor,
    /// When it reports on.
    pub observed_at: Timestamp,
    /// The PDF.
    #[serde(with = "figure::base64")]
    pub pdf: Vec<u8>,
}
redact_debug!(Attachment);

/// The request, as printed.
#[derive(Clone, Serialize, Deserialize)]
pub struct Request {
    /// Our identifier.
    pub order: OrderId,
    /// Dossier number.
    pub number: String,
    /// Number at the prescriber's.
    pub placer_number: Option<String>,
    /// When written.
    pub prescribed_at: Option<Timestamp>,
    /// When the specimens were taken.
    pub collected_at: Option<Timestamp>,
    /// When the laboratory received it.
    pub received_at: Timestamp,
    /// Priority.
    pub priority: Priority,
    /// Care setting.
    pub setting: CareSetting,
    /// Who asked.
    pub prescriber: Option<Professional>,
    /// Médecin traitant.
    pub treating_physician: Option<Professional>,
}
redact_debug!(Request);

/// A biologist who validated results of the report.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validator {
    /// Who.
    pub professional: Professional,
    /// When.
    pub at: Timestamp,
}
redact_debug!(Validator);

/// A recipient as printed on the report.
#[expect(clippy::large_enum_variant, reason = "a report has a handful of them")]
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub enum Recipient {
    /// A professional.
    Professional(Professional),
    /// The patient.
    Patient,
}
redact_debug!(Recipient);

/// A chapter of the report, such as *Biochimie*.
#[derive(Clone, Serialize, Deserialize)]
pub struct Chapter {
    /// LOINC chapter code.
    pub code: Coded,
    /// Sub-chapters, at least one.
    pub sections: Vec<Section>,
}
redact_debug!(Chapter);

/// A sub-chapter: what one table prints.
#[derive(Clone, Serialize, Deserialize)]
pub struct Section {
    /// Panel code, or the chapter's when there is none.
    pub code: Coded,
    /// Title as printed.
    pub title: String,
    /// Partial when some of its results are awaited.
    pub status: ReportStatus,
    /// Specimen.
    pub specimen: Option<Specimen>,
    /// Results in order.
    pub items: Vec<Item>,
    /// The biologists who validated it.
    #[serde(alias = "validator")]
    pub validators: Validators,
    /// Comments on the whole section.
    pub comments: Vec<String>,
}
redact_debug!(Section);

/// What stands in a section.
#[expect(clippy::large_enum_variant, reason = "nearly all are the largest")]
#[derive(Clone, Serialize, Deserialize)]
pub enum Item {
    /// Results printed together under a panel code.
    Battery(Battery),
    /// A single result.
    Result(ReportedResult),
    /// A germ found in culture.
    Isolate(Isolate),
    /// A picture, such as the curve of an electrophoresis.
    Figure(Figure),
}
redact_debug!(Item);

/// Results under one panel code.
#[derive(Clone, Serialize, Deserialize)]
pub struct Battery {
    /// Panel code; LOINC when the system says so.
    pub code: Coded,
    /// Results, at least one.
    pub results: Vec<ReportedResult>,
    /// Comments on all of them.
    #[serde(default)]
    pub comments: Vec<String>,
}
redact_debug!(Battery);

/// A germ, its count and its antibiogram.
#[derive(Clone, Serialize, Deserialize)]
pub struct Isolate {
    /// Number on the report, from 1.
    pub number: u32,
    /// SNOMED CT or NCBI code, or only a name (system `Local`, empty code).
    pub organism: Coded,
    /// Results on the germ itself, such as its count.
    pub results: Vec<ReportedResult>,
    /// One result per antibiotic.
    pub antibiogram: Vec<ReportedResult>,
}
redact_debug!(Isolate);

/// One result, as printed and coded.
#[derive(Clone, Serialize, Deserialize)]
pub struct ReportedResult {
    /// LOINC code; `None` for an analysis that has none.
    pub loinc: Option<Coded>,
    /// Code in the laboratory's catalogue.
    pub local_code: String,
    /// Label as printed.
    pub label: String,
    /// What it says; `None` when it could not be done: comments say why.
    #[serde(flatten, with = "answer::stored")]
    pub answer: Option<Answer>,
    /// When measured.
    pub observed_at: Timestamp,
    /// The same in another unit.
    #[serde(default)]
    pub second_unit: Option<SecondUnit>,
    /// Technique.
    pub method: Option<Coded>,
    /// Analyzer, as named by the sender.
    #[serde(default)]
    pub analyzer: Option<String>,
    /// Previous results, latest first.
    pub previous: Vec<PreviousResult>,
    /// Comments.
    pub comments: Vec<String>,
    /// Under which accreditation, made by whom, looked at or not.
    #[serde(default)]
    pub provenance: Provenance,
    /// Which of the section's validators validated it.
    #[serde(default)]
    pub validated_by: ValidatorRank,
}
redact_debug!(ReportedResult);

impl ReportedResult {
    /// The value; `None` when the test was not done, or for a category of an antibiogram alone.
    pub fn value(&self) -> Option<&Value> {
        self.answer.as_ref()?.value()
    }

    /// What it means.
    pub fn interpretation(&self) -> Option<Interpretation> {
        Some(self.answer.as_ref()?.meaning()?.interpretation)
    }

    /// Usual values.
    pub fn range(&self) -> Option<&ReferenceRange> {
        self.answer.as_ref()?.range()
    }

    /// Whether what it means is only the biologist's judgment, which the report then says.
    pub fn is_judged(&self) -> bool {
        let meaning = self.answer.as_ref().and_then(Answer::meaning);
        meaning.is_some_and(|it| it.ground == Ground::Judgment)
    }
}

/// A comparable earlier result: same analysis, same unit.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousResult {
    /// When measured.
    pub observed_at: Timestamp,
    /// Value.
    pub value: Value,
    /// Technique, only when it is another than that of the result it stands beside.
    #[serde(default)]
    pub method: Option<Coded>,
}
redact_debug!(PreviousResult);

impl Report {
    /// Every result, in printing order.
    pub fn results(&self) -> impl Iterator<Item = &ReportedResult> {
        results_of(&self.chapters)
    }

    /// Whether this version corrects a final one (printed *annule et remplace*), rather than completing a partial one.
    pub fn is_correction(&self) -> bool {
        self.ids.replaces.as_ref().is_some_and(|replaced| replaced.status == ReportStatus::Final)
    }

    /// Whether a result calls for the physician's attention at once.
    pub fn has_critical(&self) -> bool {
        self.results().any(|result| result.interpretation().is_some_and(Interpretation::is_critical))
    }

    /// Who validated results, each once, with the time of their last validation, in printing order.
    pub fn validators(&self) -> Vec<(&Professional, Timestamp)> {
        let mut all: Vec<(&Professional, Timestamp)> = Vec::new();
        let sections = self.chapters.iter().flat_map(|chapter| &chapter.sections);
        for Validator { professional, at } in sections.flat_map(|section| section.validators.iter()) {
            match all.iter_mut().find(|(known, _)| *known == professional) {
                Some((_, last)) => *last = (*last).max(*at),
                None => all.push((professional, *at)),
            }
        }
        all
    }
}

fn results_of(chapters: &[Chapter]) -> impl Iterator<Item = &ReportedResult> {
    chapters.iter().flat_map(|chapter| &chapter.sections).flat_map(|section| &section.items).flat_map(
        |item| -> Box<dyn Iterator<Item = &ReportedResult>> {
            match item {
                Item::Battery(battery) => Box::new(battery.results.iter()),
                Item::Result(result) => Box::new(std::iter::once(result)),
                Item::Isolate(isolate) => Box::new(isolate.results.iter().chain(&isolate.antibiogram)),
                Item::Figure(_) => Box::new(std::iter::empty()),
            }
        },
    )
}

/// The identifiers of the version that follows another: same set, next number, fresh document.
pub fn next_version(
    previous: &VersionIds,
    (previous_status, previous_signed_at): (ReportStatus, Timestamp),
    version: VersionId,
    document: Oid,
) -> VersionIds {
    VersionIds {
        version,
        document,
        set: previous.set.clone(),
        number: previous.number + 1,
        replaces: Some(Replaced {
            version: previous.version,
            document: previous.document.clone(),
            number: previous.number,
            status: previous_status,
            signed_at: Some(previous_signed_at),
        }),
    }
}

/// The analyses asked for and not validated: what keeps a report partial.
pub fn awaited(observations: &[Observation]) -> Vec<String> {
    observations.iter().filter(|it| it.stage != ObservationStage::Validated).map(|it| it.analysis.clone()).collect()
}
