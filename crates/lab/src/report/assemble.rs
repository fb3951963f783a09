//! Assembly: a report from validated observations, the catalogue and the dossier.
//!
//! In: a draft. Out: a [`Report`], or nothing when nothing is validated. Does not know how it is rendered.

use super::{
    Answer, Attachment, Battery, Chapter, Isolate, Item, MentionTexts, PreviousResult, Provenance, Recipient, Report,
    ReportStatus, ReportedResult, Request, Review, SecondUnit, SecondUnitRule, Section, Validator, Validators,
    VersionIds, mentions,
};
use crate::{
    catalogue::{Analysis, Catalogue},
    order::{Observation, Order, Outcome, Purpose, Specimen, SpecimenKind},
    patient::Patient,
    person::{Laboratory, Professional},
    quantity::{CodeSystem, Coded, Interpretation},
    redact_debug,
};
use jiff::{Timestamp, tz::TimeZone};

/// A validated observation with what the catalogue and the archive know of it.
#[derive(Clone)]
pub struct Validated {
    /// The observation.
    pub observation: Observation,
    /// Who validated it and when.
    pub validator: Validator,
    /// Comparable earlier results, latest first, each with its technique.
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
    /// Comments: code of the battery they are on, or `None` for the whole dossier; text.
    pub comments: Vec<(Option<String>, String)>,
    /// Recipients as printed.
    pub recipients: Vec<Recipient>,
    /// Time zone of the laboratory.
    pub zone: TimeZone,
    /// Reports of subcontractors.
    pub attachments: Vec<Attachment>,
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
    let comments = dossier_comments(draft.comments, &chapters);
    let (screening, rapid_test) = match draft.order.purpose {
        None => (None, None),
        Some(Purpose::Screening(screening)) => (Some(screening), None),
        Some(Purpose::RapidTest(test)) => (None, Some(test)),
    };
    Some(Report {
        mentions: mentions::mentions(&draft.texts, draft.laboratory.accreditation.as_deref(), &chapters),
        ids: draft.ids,
        status,
        signed_at,
        zone: draft.zone,
        confidentiality: draft.order.confidentiality,
        patient: draft.patient.into(),
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
        comments,
        attachments: draft.attachments,
        screening,
        rapid_test,
    })
}

/// The comments on the whole dossier, and those on a battery that this version does not print.
fn dossier_comments(comments: Vec<(Option<String>, String)>, chapters: &[Chapter]) -> Vec<String> {
    let items = || chapters.iter().flat_map(|chapter| &chapter.sections).flat_map(|section| &section.items);
    let is_printed = |code: &str| items().any(|item| matches!(item, Item::Battery(it) if it.code.code == code));
    let on_dossier = |battery: &Option<String>| battery.as_deref().is_none_or(|code| !is_printed(code));
    comments.into_iter().filter(|(battery, _)| on_dossier(battery)).map(|(_, text)| text).collect()
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
        let section_code = battery(analysis, draft).cloned().unwrap_or_else(|| chapter_code.clone());
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
        place(section, it, draft, catalogue);
    }
    chapters
}

/// The battery that an analysis is printed in: none in the report of a rapid test, whose results stand by themselves.
fn battery<'a>(analysis: Option<&'a Analysis>, draft: &Draft) -> Option<&'a Coded> {
    let is_grouped = !matches!(draft.order.purpose, Some(Purpose::RapidTest(_)));
    analysis?.battery.as_ref().filter(|_| is_grouped)
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
        .any(|awaited| battery(Some(awaited), draft).unwrap_or(&awaited.chapter) == &code);
    Section {
        title: code.label.clone(),
        status: if awaited { ReportStatus::Partial } else { ReportStatus::Final },
        specimen: analysis.map(|analysis| specimen_for(&analysis.specimen, draft)),
        items: Vec::new(),
        validators: Validators::one(first.validator.clone()),
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
        act: None,
        site: None,
        collector: None,
    })
}

fn place(section: &mut Section, validated: &Validated, draft: &Draft, catalogue: &Catalogue) {
    let analysis = catalogue.by_code(&validated.observation.analysis);
    let validated_by = section.validators.put(&validated.validator);
    if let Some(figure) = &validated.observation.figure {
        section.items.push(Item::Figure(figure.clone()));
        return;
    }
    let result = ReportedResult { validated_by, ..reported(validated, analysis, draft, catalogue) };
    if let Some(key) = &validated.observation.isolate {
        place_on_isolate(section, key, result, validated, draft);
        return;
    }
    match battery(analysis, draft).cloned() {
        None => section.items.push(Item::Result(result)),
        Some(code) => {
            let existing = section.items.iter_mut().find_map(|item| match item {
                Item::Battery(battery) if battery.code == code => Some(battery),
                _ => None,
            });
            match existing {
                Some(battery) => battery.results.push(result),
                None => {
                    let comments = draft.comments.iter().filter(|(of, _)| of.as_ref() == Some(&code.code));
                    let comments = comments.map(|(_, text)| text.clone()).collect();
                    section.items.push(Item::Battery(Battery { code, results: vec![result], comments }));
                }
            }
        }
    }
}

fn place_on_isolate(section: &mut Section, key: &str, result: ReportedResult, validated: &Validated, draft: &Draft) {
    let position = draft.organisms.iter().position(|(known, _)| known == key);
    let (number, organism) = match position {
        Some(at) => (at as u32 + 1, draft.organisms[at].1.clone()),
        None => (0, Coded { system: CodeSystem::Local, code: String::new(), label: "Germe".into() }),
    };
    let isolate = section.items.iter_mut().find_map(|item| match item {
        Item::Isolate(isolate) if isolate.number == number => Some(isolate),
        _ => None,
    });
    let is_antibiotic = validated.observation.interpretation.is_some_and(Interpretation::is_susceptibility);
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

fn reported(
    validated: &Validated,
    analysis: Option<&Analysis>,
    draft: &Draft,
    catalogue: &Catalogue,
) -> ReportedResult {
    let observation = &validated.observation;
    let answer = answer(observation, analysis);
    let method = observation.method.clone().or_else(|| analysis.and_then(|analysis| analysis.method.clone()));
    let previous = validated.previous.iter().map(|earlier| PreviousResult {
        method: earlier.method.clone().filter(|earlier| method.as_ref().is_none_or(|now| now != earlier)),
        ..earlier.clone()
    });
    let previous: Vec<PreviousResult> = previous.collect();
    // Not when the sender gave both.
    let is_sent = |rule: &&SecondUnitRule| {
        draft.validated.iter().any(|it| {
            catalogue.by_code(&it.observation.analysis).is_some_and(|it| it.loinc.as_ref() == Some(&rule.loinc))
        })
    };
    let rule = analysis.and_then(|analysis| analysis.second_unit.as_ref()).filter(|rule| !is_sent(rule));
    ReportedResult {
        loinc: analysis.and_then(|analysis| analysis.loinc.clone()),
        local_code: observation.analysis.clone(),
        label: analysis.map_or_else(|| observation.analysis.clone(), |analysis| analysis.label.clone()),
        observed_at: observation.observed_at.or(draft.order.collected_at).unwrap_or(draft.order.received_at),
        second_unit: rule.zip(answer.as_ref()).and_then(|(rule, answer)| SecondUnit::of(rule, answer, &previous)),
        answer,
        method,
        analyzer: observation.analyzer.clone(),
        previous,
        validated_by: 0,
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

/// What the observation says; `None` when it was not done, or has nothing to say.
fn answer(observation: &Observation, analysis: Option<&Analysis>) -> Option<Answer> {
    if observation.outcome == Outcome::Aborted {
        return None;
    }
    let critical = analysis.map(|analysis| analysis.critical.clone()).unwrap_or_default();
    match (observation.value.clone(), observation.interpretation) {
        (None, interpretation) => interpretation.and_then(|it| Answer::category(it).ok()),
        (Some(value), None) => Some(Answer::new(value, observation.range.clone())),
        (Some(value), Some(it)) => Some(Answer::new(value, observation.range.clone()).judged(it, &critical)),
    }
}
