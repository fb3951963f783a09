//! Report: the model that the CDA, the PDF and the pages are all rendered from, and how versions follow each other.
//!
//! One value of [`Report`] is one signed version: it never changes.
//! Narrative and coded entries can't disagree, because nothing else is rendered.

mod mentions;

pub use mentions::{ACCREDITED_MARK, AccreditationMention, MentionTexts, Mentions, Provenance, Review};

use crate::{
    catalogue::{Analysis, Catalogue},
    id::{Oid, OrderId, VersionId},
    order::{CareSetting, Observation, ObservationStage, Order, Outcome, Priority, Specimen, SpecimenKind},
    patient::Patient,
    person::{Laboratory, Professional},
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
    /// The patient as known when signed.
    pub patient: Patient,
    /// The laboratory that answers for the report.
    pub laboratory: Laboratory,
    /// The request.
    pub request: Request,
    /// Who signs.
    pub signer: Professional,
    /// Who validated results, each once, with the time of their last validation.
    pub validators: Vec<Validator>,
    /// Everyone the report is meant for when signed, as printed on it.
    pub recipients: Vec<Recipient>,
    /// Chapters, in catalogue order.
    pub chapters: Vec<Chapter>,
    /// Comments on the whole dossier.
    pub comments: Vec<String>,
    /// The laboratory's texts that this version bears.
    #[serde(default)]
    pub mentions: Mentions,
}
redact_debug!(Report);

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
#[derive(Clone, PartialEq, Serialize, Deserialize)]
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
    /// The biologist who validated it.
    pub validator: Validator,
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
}
redact_debug!(Item);

/// Results under one panel code.
#[derive(Clone, Serialize, Deserialize)]
pub struct Battery {
    /// Panel code; LOINC when the system says so.
    pub code: Coded,
    /// Results, at least one.
    pub results: Vec<ReportedResult>,
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
    /// Completed or aborted.
    pub outcome: Outcome,
    /// When measured.
    pub observed_at: Timestamp,
    /// Value; `None` when aborted.
    pub value: Option<Value>,
    /// What it means.
    pub interpretation: Option<Interpretation>,
    /// Usual values.
    pub range: Option<ReferenceRange>,
    /// Technique.
    pub method: Option<Coded>,
    /// Previous results, latest first.
    pub previous: Vec<PreviousResult>,
    /// Comments.
    pub comments: Vec<String>,
    /// Under which accreditation, made by whom, looked at or not.
    #[serde(default)]
    pub provenance: Provenance,
}
redact_debug!(ReportedResult);

/// A comparable earlier result: same analysis, same unit.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct PreviousResult {
    /// When measured.
    pub observed_at: Timestamp,
    /// Value.
    pub value: Value,
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
        self.results().any(|result| result.interpretation.is_some_and(Interpretation::is_critical))
    }
}

fn results_of(chapters: &[Chapter]) -> impl Iterator<Item = &ReportedResult> {
    chapters.iter().flat_map(|chapter| &chapter.sections).flat_map(|section| &section.items).flat_map(
        |item| -> Box<dyn Iterator<Item = &ReportedResult>> {
            match item {
                Item::Battery(battery) => Box::new(battery.results.iter()),
                Item::Result(result) => Box::new(std::iter::once(result)),
                Item::Isolate(isolate) => Box::new(isolate.results.iter().chain(&isolate.antibiogram)),
            }
        },
    )
}

/// A validated observation with what the catalogue and the archive know of it.
#[derive(Clone)]
pub struct Validated {
    /// The observation.
    pub observation: Observation,
    /// Who validated it and when.
    pub validator: Validator,
    /// Comparable earlier results, latest first.
    pub previous: Vec<PreviousResult>,
    /// Whether a biologist looked at it.
    pub review: Review,
}
redact_debug!(Validated);

/// Everything a version is assembled from.
pub struct Draft {
    /// Identifiers.
    pub ids: VersionIds,
    /// The dossier.
    pub order: Order,
    /// The patient.
    pub patient: Patient,
    /// The laboratory.
    pub laboratory: Laboratory,
    /// Who signs.
    pub signer: Professional,
    /// Validated observations.
    pub validated: Vec<Validated>,
    /// Codes of the analyses that are asked for and not validated yet.
    pub awaited: Vec<String>,
    /// Germs found, by isolate key.
    pub organisms: Vec<(String, Coded)>,
    /// Specimens.
    pub specimens: Vec<Specimen>,
    /// Comments on the dossier.
    pub comments: Vec<String>,
    /// Recipients as printed.
    pub recipients: Vec<Recipient>,
    /// Time zone of the laboratory.
    pub zone: TimeZone,
    /// The laboratory's texts.
    pub texts: MentionTexts,
}
redact_debug!(Draft);

/// Assembles a version: chapters in catalogue order, one section per battery, other analyses of a chapter together.
///
/// `None` when nothing is validated. An observation whose analysis left the catalogue is printed in the last chapter
/// under its own code, never dropped.
pub fn assemble(draft: Draft, catalogue: &Catalogue, signed_at: Timestamp) -> Option<Report> {
    if draft.validated.is_empty() {
        return None;
    }
    let status = if draft.awaited.is_empty() { ReportStatus::Final } else { ReportStatus::Partial };
    let chapters = chapters(&draft, catalogue);
    Some(Report {
        mentions: mentions::mentions(&draft.texts, draft.laboratory.accreditation.as_deref(), &chapters),
        validators: validators(&draft.validated),
        ids: draft.ids,
        status,
        signed_at,
        zone: draft.zone,
        patient: draft.patient,
        laboratory: draft.laboratory,
        request: Request {
            order: draft.order.id,
            number: draft.order.number,
            placer_number: draft.order.placer_number,
            prescribed_at: draft.order.prescribed_at,
            collected_at: draft.order.collected_at,
            received_at: draft.order.received_at,
            priority: draft.order.priority,
            setting: draft.order.setting,
            prescriber: draft.order.prescriber,
            treating_physician: draft.order.treating_physician,
        },
        signer: draft.signer,
        recipients: draft.recipients,
        chapters,
        comments: draft.comments,
    })
}

fn validators(validated: &[Validated]) -> Vec<Validator> {
    let mut all: Vec<Validator> = Vec::new();
    for Validated { validator, .. } in validated {
        match all.iter_mut().find(|it| it.professional == validator.professional) {
            Some(known) => known.at = known.at.max(validator.at),
            None => all.push(validator.clone()),
        }
    }
    all
}

/// Where an observation is printed: chapter, then battery or the chapter's own table.
fn chapters(draft: &Draft, catalogue: &Catalogue) -> Vec<Chapter> {
    let rank = |code: &str| catalogue.analyses().iter().position(|it| it.code == code).unwrap_or(usize::MAX);
    let mut validated: Vec<&Validated> = draft.validated.iter().collect();
    validated.sort_by_key(|it| rank(&it.observation.analysis));

    let mut chapters: Vec<Chapter> = Vec::new();
    for it in validated {
        let analysis = catalogue.by_code(&it.observation.analysis);
        let chapter_code = analysis.map_or_else(other_chapter, |analysis| analysis.chapter.clone());
        let section_code =
            analysis.and_then(|analysis| analysis.battery.clone()).unwrap_or_else(|| chapter_code.clone());
        let chapter = match chapters.iter().position(|chapter| chapter.code == chapter_code) {
            Some(at) => &mut chapters[at],
            None => {
                chapters.push(Chapter { code: chapter_code, sections: Vec::new() });
                let last = chapters.len() - 1;
                &mut chapters[last]
            }
        };
        let section = match chapter.sections.iter().position(|section| section.code == section_code) {
            Some(at) => &mut chapter.sections[at],
            None => {
                chapter.sections.push(empty_section(section_code, analysis, it, draft, catalogue));
                let last = chapter.sections.len() - 1;
                &mut chapter.sections[last]
            }
        };
        section.validator.at = section.validator.at.max(it.validator.at);
        place(section, it, analysis, draft);
    }
    chapters
}

/// The chapter of what the catalogue does not place.
fn other_chapter() -> Coded {
    Coded::loinc("26436-6", "Biologie polyvalente")
}

fn empty_section(
    code: Coded,
    analysis: Option<&Analysis>,
    first: &Validated,
    draft: &Draft,
    catalogue: &Catalogue,
) -> Section {
    let awaited = draft
        .awaited
        .iter()
        .filter_map(|code| catalogue.by_code(code))
        .any(|awaited| awaited.battery.as_ref().unwrap_or(&awaited.chapter) == &code);
    Section {
        title: code.label.clone(),
        status: if awaited { ReportStatus::Partial } else { ReportStatus::Final },
        specimen: analysis.map(|analysis| specimen_for(&analysis.specimen, draft)),
        items: Vec::new(),
        validator: first.validator.clone(),
        comments: Vec::new(),
        code,
    }
}

/// The specimen of that nature, or one described by the request's times alone.
fn specimen_for(kind: &SpecimenKind, draft: &Draft) -> Specimen {
    draft.specimens.iter().find(|specimen| specimen.kind.code == kind.code).cloned().unwrap_or_else(|| Specimen {
        number: draft.order.number.clone(),
        kind: kind.clone(),
        collected_at: draft.order.collected_at,
        received_at: Some(draft.order.received_at),
    })
}

fn place(section: &mut Section, validated: &Validated, analysis: Option<&Analysis>, draft: &Draft) {
    let result = reported(validated, analysis, draft);
    if let Some(key) = &validated.observation.isolate {
        place_on_isolate(section, key, result, validated, draft);
        return;
    }
    match analysis.and_then(|analysis| analysis.battery.clone()) {
        None => section.items.push(Item::Result(result)),
        Some(code) => {
            let existing = section.items.iter_mut().find_map(|item| match item {
                Item::Battery(battery) if battery.code == code => Some(battery),
                _ => None,
            });
            match existing {
                Some(battery) => battery.results.push(result),
                None => section.items.push(Item::Battery(Battery { code, results: vec![result] })),
            }
        }
    }
}

fn place_on_isolate(section: &mut Section, key: &str, result: ReportedResult, validated: &Validated, draft: &Draft) {
    let position = draft.organisms.iter().position(|(known, _)| known == key);
    let (number, organism) = match position {
        Some(at) => (at as u32 + 1, draft.organisms[at].1.clone()),
        None => (0, Coded { system: crate::quantity::CodeSystem::Local, code: String::new(), label: "Germe".into() }),
    };
    let isolate = section.items.iter_mut().find_map(|item| match item {
        Item::Isolate(isolate) if isolate.number == number => Some(isolate),
        _ => None,
    });
    let is_antibiotic = validated.observation.interpretation.is_some_and(|it| {
        matches!(it, Interpretation::Susceptible | Interpretation::Intermediate | Interpretation::Resistant)
    });
    let target = match isolate {
        Some(isolate) => isolate,
        None => {
            section.items.push(Item::Isolate(Isolate {
                number,
                organism,
                results: Vec::new(),
                antibiogram: Vec::new(),
            }));
            match section.items.last_mut() {
                Some(Item::Isolate(isolate)) => isolate,
                _ => return,
            }
        }
    };
    if is_antibiotic { target.antibiogram.push(result) } else { target.results.push(result) }
}

fn reported(validated: &Validated, analysis: Option<&Analysis>, draft: &Draft) -> ReportedResult {
    let observation = &validated.observation;
    ReportedResult {
        loinc: analysis.and_then(|analysis| analysis.loinc.clone()),
        local_code: observation.analysis.clone(),
        label: analysis.map_or_else(|| observation.analysis.clone(), |analysis| analysis.label.clone()),
        outcome: observation.outcome,
        observed_at: observation.observed_at.or(draft.order.collected_at).unwrap_or(draft.order.received_at),
        value: observation.value.clone(),
        interpretation: observation.interpretation,
        range: observation.range.clone(),
        method: observation.method.clone().or_else(|| analysis.and_then(|analysis| analysis.method.clone())),
        previous: validated.previous.clone(),
        comments: observation.comments.clone(),
        provenance: Provenance {
            // What another laboratory made is never under our accreditation, nor anything without a number of ours.
            accredited: draft.laboratory.accreditation.is_some()
                && analysis.is_some_and(|it| it.accredited && it.subcontractor.is_none()),
            subcontractor: analysis.and_then(|analysis| analysis.subcontractor.clone()),
            review: validated.review,
        },
    }
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
