//! The dossier: one request, its specimens, its observations as they live in the laboratory.

use crate::{
    id::{ObservationId, OrderId, PatientId},
    person::Professional,
    quantity::{Coded, Interpretation, ReferenceRange, Value},
    redact_debug,
    report::{Figure, RapidTest, Screening},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How fast an answer is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Priority {
    /// At once.
    Urgent,
    /// As usual.
    Routine,
}

/// Where the patient was cared for when the request was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum CareSetting {
    /// In town.
    Ambulatory,
    /// During a hospital stay.
    Inpatient,
    /// In an emergency ward.
    Emergency,
}

/// Whether a result may be shown to the patient.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Visibility {
    /// Shown.
    Visible,
    /// Hidden until a physician has announced it (consultation d'annonce).
    HiddenFromPatient,
}

/// Who may read a report.
///
/// Source: HL7 Confidentiality, the codes of the structuration minimale a laboratory uses; the ANS advises not to share
/// restricted documents.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash, Serialize, Deserialize)]
pub enum Confidentiality {
    /// As any medical document.
    #[default]
    Normal,
    /// Only those who care for the patient now.
    Restricted,
    /// Only those the patient or the biologist names.
    VeryRestricted,
}

/// What a dossier is for, when its report says more than results.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// The organized screening of cervical cancer.
    Screening(Screening),
    /// A test made on the spot (TROD).
    RapidTest(RapidTest),
}
redact_debug!(Purpose);

/// That a dossier answers an expert or an insurer, not a carer: its reports are for who asked, and for nobody else.
///
/// Source: Ségur SGL.DMP.02 (DMP/va1.22, a dossier for an insurance expertise).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expertise {
    /// Who said so: a login.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A request as registered.
#[derive(Clone)]
pub struct Order {
    /// Our identifier.
    pub id: OrderId,
    /// Number printed on the report, unique in the laboratory.
    pub number: String,
    /// The patient.
    pub patient: PatientId,
    /// Number of the request at the sender's (placer order number).
    pub placer_number: Option<String>,
    /// Priority.
    pub priority: Priority,
    /// Care setting.
    pub setting: CareSetting,
    /// When the request was written.
    pub prescribed_at: Option<Timestamp>,
    /// When the specimens were taken.
    pub collected_at: Option<Timestamp>,
    /// When the laboratory received the request and specimens.
    pub received_at: Timestamp,
    /// Who asked.
    pub prescriber: Option<Professional>,
    /// Médecin traitant.
    pub treating_physician: Option<Professional>,
    /// Copies, in the order of the request.
    pub copies: Vec<Professional>,
    /// A person stopped feeding the DMP for this dossier (Ségur DMP.02).
    pub dmp_blocked: bool,
    /// It is for an expertise or an insurer.
    pub expertise: Option<Expertise>,
    /// Hidden until announced.
    pub visibility: Visibility,
    /// Who may read its reports.
    pub confidentiality: Confidentiality,
    /// What it is for; `None` for care as usual.
    pub purpose: Option<Purpose>,
}
redact_debug!(Order);

/// A specimen of a dossier.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Specimen {
    /// Bar code or number.
    pub number: String,
    /// Nature: code of HL7 v2 table 0487 and French label.
    pub kind: SpecimenKind,
    /// When taken.
    pub collected_at: Option<Timestamp>,
    /// When received.
    pub received_at: Option<Timestamp>,
    /// The act of taking it: NABM, or LOINC.
    #[serde(default)]
    pub act: Option<Coded>,
    /// Where on the body: SNOMED CT.
    #[serde(default)]
    pub site: Option<Coded>,
    /// Who took it.
    #[serde(default)]
    pub collector: Option<Professional>,
}
redact_debug!(Specimen);

/// Nature of a specimen.
#[derive(Clone, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub struct SpecimenKind {
    /// Code of table 0487, such as `BLD`, `SER`, `UR`.
    pub code: String,
    /// French label.
    pub label: String,
}

/// Where an observation stands in the laboratory.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
pub enum ObservationStage {
    /// Asked, no result yet.
    Awaited,
    /// A result arrived.
    Received,
    /// The technician has validated it.
    TechnicallyValidated,
    /// A biologist has validated it.
    Validated,
}

/// How an observation ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// It has a value.
    Completed,
    /// It could not be done; a comment says why.
    Aborted,
}

/// One observation of a dossier, as the bench sees it.
#[derive(Clone)]
pub struct Observation {
    /// Our identifier.
    pub id: ObservationId,
    /// Code of the analysis in the laboratory's catalogue.
    pub analysis: String,
    /// Stage.
    pub stage: ObservationStage,
    /// Outcome.
    pub outcome: Outcome,
    /// The value; `None` while awaited or when aborted.
    pub value: Option<Value>,
    /// What it means.
    pub interpretation: Option<Interpretation>,
    /// Usual values for this patient.
    pub range: Option<ReferenceRange>,
    /// When measured.
    pub observed_at: Option<Timestamp>,
    /// Technique, when the sender named one.
    pub method: Option<Coded>,
    /// Analyzer, as the sender named it.
    pub analyzer: Option<String>,
    /// Comments, in order.
    pub comments: Vec<String>,
    /// The isolate it belongs to: group key of a microbiology culture.
    pub isolate: Option<String>,
    /// Its picture or curve, in the place of a value.
    pub figure: Option<Figure>,
    /// Number of times the value was changed after a first result.
    pub n_corrections: u32,
}
redact_debug!(Observation);

impl Observation {
    /// An observation that is asked for and has no result yet.
    pub fn awaited(id: ObservationId, analysis: &str) -> Self {
        Self {
            id,
            analysis: analysis.to_owned(),
            stage: ObservationStage::Awaited,
            outcome: Outcome::Completed,
            value: None,
            interpretation: None,
            range: None,
            observed_at: None,
            method: None,
            analyzer: None,
            comments: Vec::new(),
            isolate: None,
            figure: None,
            n_corrections: 0,
        }
    }
}
