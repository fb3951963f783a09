//! Result tables as pages show them, from a dossier at the bench or from the stored model of a signed version.

use jiff::{Timestamp, tz::TimeZone};
use lab::{
    catalogue::Catalogue as Analyses,
    order::{ObservationStage, Outcome},
    quantity::{Coded, Interpretation, ReferenceRange, Value},
    report::{Figure, Image, Isolate, Item, PreviousResult, Report, ReportedResult},
};
use records::observations::Recorded;
use wording::Catalogue;

use crate::show::{day_of, moment};

/// A table: what a battery, a chapter or a germ prints together.
pub(crate) struct Group {
    /// Chapter, only on its first table.
    pub chapter: Option<String>,
    pub title: String,
    /// Specimen and validator lines; empty on the bench.
    pub notes: Vec<String>,
    pub rows: Vec<Row>,
    /// The heading of the chapter says the title already.
    pub is_titled: bool,
}

/// A line of a table.
pub(crate) struct Row {
    pub id: String,
    pub label: String,
    pub code: String,
    pub value: String,
    pub unit: String,
    pub mark: &'static str,
    /// The interpretation in words, beside the mark: a sign alone is not read by everyone.
    pub interpretation: &'static str,
    /// `critical`, `abnormal` or nothing, for the style.
    pub class: &'static str,
    pub range: String,
    /// Earlier results, latest first: value, day.
    pub previous: Vec<(String, String)>,
    pub comments: Vec<String>,
    /// Replaced values, latest first: value, time, author.
    pub history: Vec<(String, String, String)>,
    /// Stage code and words; empty in a report.
    pub stage: &'static str,
    pub stage_label: &'static str,
    pub method: String,
    /// A picture in the place of a value, as a `data:` address.
    pub figure: Option<String>,
    pub by: String,
    pub is_aborted: bool,
    /// May still be aborted.
    pub is_open: bool,
}

/// An observation with what was read beside it.
pub(crate) struct Bench {
    pub recorded: Recorded,
    pub previous: Vec<PreviousResult>,
    pub history: Vec<(Timestamp, Option<Value>, String)>,
}

/// The tables of a dossier, in catalogue order; a germ has its own table.
pub(crate) fn of_dossier(
    w: &Catalogue,
    zone: &TimeZone,
    analyses: &Analyses,
    bench: &[Bench],
    organisms: &[(String, Coded)],
) -> Vec<Group> {
    let rank = |code: &str| analyses.analyses().iter().position(|it| it.code == code).unwrap_or(usize::MAX);
    let mut sorted: Vec<&Bench> = bench.iter().collect();
    sorted.sort_by_key(|it| (rank(&it.recorded.observation.analysis), it.recorded.observation.isolate.clone()));
    let mut keyed: Vec<(String, String, Option<String>, Vec<Row>)> = Vec::new();
    for it in sorted {
        let observation = &it.recorded.observation;
        let analysis = analyses.by_code(&observation.analysis);
        let chapter = analysis.map_or_else(|| w.get("results.other").to_owned(), |it| it.chapter.label.clone());
        let title = analysis.and_then(|it| it.battery.as_ref()).map_or_else(|| chapter.clone(), |it| it.label.clone());
        let row = bench_row(w, zone, it, analysis.map_or(&observation.analysis, |it| &it.label));
        let known = keyed.iter_mut().find(|(known_chapter, known_title, isolate, _)| {
            *known_chapter == chapter && *known_title == title && *isolate == observation.isolate
        });
        match known {
            Some((.., rows)) => rows.push(row),
            None => keyed.push((chapter, title, observation.isolate.clone(), vec![row])),
        }
    }
    let mut last = None;
    keyed
        .into_iter()
        .map(|(chapter, title, isolate, rows)| {
            let title = match isolate {
                None => title,
                Some(key) => {
                    let organism = organisms.iter().find(|(known, _)| *known == key);
                    w.with("results.isolate", &[("name", organism.map_or(key.as_str(), |(_, coded)| &coded.label))])
                }
            };
            let shown = (last.as_ref() != Some(&chapter)).then(|| chapter.clone());
            last = Some(chapter);
            Group { is_titled: shown.as_ref() == Some(&title), chapter: shown, title, notes: Vec::new(), rows }
        })
        .collect()
}

fn bench_row(w: &Catalogue, zone: &TimeZone, it: &Bench, label: &str) -> Row {
    let observation = &it.recorded.observation;
    let stage = match observation.stage {
        ObservationStage::Awaited => "awaited",
        ObservationStage::Received => "received",
        ObservationStage::TechnicallyValidated => "technical",
        ObservationStage::Validated => "validated",
    };
    let by = match (&it.recorded.validator, &it.recorded.technical_by) {
        (Some(validator), _) => format!("{}, {}", validator.professional.printed(), moment(validator.at, zone)),
        (None, Some(technician)) => technician.clone(),
        (None, None) => String::new(),
    };
    Row {
        id: observation.id.to_string(),
        history: it
            .history
            .iter()
            .rev()
            .map(|(at, value, author)| (printed(value.as_ref(), w), moment(*at, zone), author.clone()))
            .collect(),
        stage,
        stage_label: w.of("observation_stage", stage),
        by,
        is_open: observation.stage < ObservationStage::Validated && observation.outcome == Outcome::Completed,
        ..row(
            w,
            zone,
            label,
            &observation.analysis,
            &Shown {
                value: observation.value.as_ref(),
                outcome: observation.outcome,
                interpretation: observation.interpretation,
                range: observation.range.as_ref(),
                previous: &it.previous,
                comments: &observation.comments,
                method: observation.method.as_ref(),
                figure: observation.figure.as_ref().map(|figure| &figure.image),
            },
        )
    }
}

/// The tables of a signed version, as its model holds them.
pub(crate) fn of_report(w: &Catalogue, report: &Report) -> Vec<Group> {
    let zone = &report.zone;
    let mut groups = Vec::new();
    for chapter in &report.chapters {
        for (at, section) in chapter.sections.iter().enumerate() {
            let mut rows = Vec::new();
            let mut isolates = Vec::new();
            let mut battery_notes = Vec::new();
            for item in &section.items {
                match item {
                    Item::Battery(battery) => {
                        rows.extend(battery.results.iter().flat_map(|it| reported_rows(w, zone, it)));
                        battery_notes.extend(battery.comments.iter().cloned());
                    }
                    Item::Result(result) => rows.extend(reported_rows(w, zone, result)),
                    Item::Figure(figure) => rows.push(figure_row(w, zone, figure)),
                    Item::Isolate(isolate) => isolates.push(isolate_group(w, zone, isolate)),
                }
            }
            let mut notes = Vec::new();
            if let Some(specimen) = &section.specimen {
                let at = specimen.collected_at.map(|at| moment(at, zone)).unwrap_or_default();
                notes.push(w.with(
                    "results.specimen",
                    &[("kind", &specimen.kind.label), ("number", &specimen.number), ("at", &at)],
                ));
            }
            for it in section.validators.iter() {
                let name = it.professional.printed();
                notes.push(w.with("results.validated", &[("name", &name), ("at", &moment(it.at, zone))]));
            }
            notes.extend(battery_notes);
            notes.extend(section.comments.iter().cloned());
            let chapter = (at == 0).then(|| chapter.code.label.clone());
            let is_titled = chapter.as_ref() == Some(&section.title);
            groups.push(Group { chapter, title: section.title.clone(), notes, rows, is_titled });
            groups.extend(isolates);
        }
    }
    groups
}

fn isolate_group(w: &Catalogue, zone: &TimeZone, isolate: &Isolate) -> Group {
    Group {
        chapter: None,
        title: w.with("results.isolate", &[("name", &isolate.organism.label)]),
        notes: Vec::new(),
        is_titled: false,
        rows: isolate.results.iter().chain(&isolate.antibiogram).flat_map(|it| reported_rows(w, zone, it)).collect(),
    }
}

fn reported_rows<'a>(
    w: &'a Catalogue,
    zone: &'a TimeZone,
    result: &'a ReportedResult,
) -> impl Iterator<Item = Row> + use<'a> {
    result.lines().enumerate().map(move |(at, line)| {
        let shown = Shown {
            value: line.value,
            outcome: if result.answer.is_some() { Outcome::Completed } else { Outcome::Aborted },
            interpretation: result.interpretation(),
            range: line.range,
            previous: line.previous,
            // Once, under the first of its lines.
            comments: if at == 0 { &result.comments } else { &[] },
            method: result.method.as_ref(),
            figure: None,
        };
        row(w, zone, &line.label(), &result.local_code, &shown)
    })
}

fn figure_row(w: &Catalogue, zone: &TimeZone, figure: &Figure) -> Row {
    let shown = Shown {
        value: None,
        outcome: Outcome::Completed,
        interpretation: None,
        range: None,
        previous: &[],
        comments: &[],
        method: None,
        figure: Some(&figure.image),
    };
    row(w, zone, &figure.title, "", &shown)
}

/// What both sources say of a result.
struct Shown<'a> {
    value: Option<&'a Value>,
    outcome: Outcome,
    interpretation: Option<Interpretation>,
    range: Option<&'a ReferenceRange>,
    previous: &'a [PreviousResult],
    comments: &'a [String],
    method: Option<&'a Coded>,
    figure: Option<&'a Image>,
}

fn row(w: &Catalogue, zone: &TimeZone, label: &str, code: &str, shown: &Shown<'_>) -> Row {
    let is_aborted = shown.outcome == Outcome::Aborted;
    let interpretation = shown.interpretation;
    Row {
        id: String::new(),
        label: label.to_owned(),
        code: code.to_owned(),
        value: match shown.figure {
            Some(_) => String::new(),
            None if is_aborted => w.get("results.aborted").to_owned(),
            None => printed(shown.value, w),
        },
        unit: shown.value.map(|value| value.printed_unit().to_owned()).unwrap_or_default(),
        mark: interpretation.map_or("", Interpretation::mark),
        interpretation: interpretation.map_or("", Interpretation::label),
        class: match interpretation {
            Some(it) if it.is_critical() => "critical",
            Some(it) if it.is_abnormal() => "abnormal",
            _ => "",
        },
        range: shown.range.map(usual_values).unwrap_or_default(),
        previous: shown.previous.iter().map(|it| (it.value.printed(), day_of(it.observed_at, zone))).collect(),
        comments: shown.comments.to_vec(),
        history: Vec::new(),
        stage: "",
        stage_label: "",
        method: shown.method.map(|method| method.label.clone()).unwrap_or_default(),
        figure: shown.figure.map(Image::data_uri),
        by: String::new(),
        is_aborted,
        is_open: false,
    }
}

fn printed(value: Option<&Value>, w: &Catalogue) -> String {
    value.map_or_else(|| w.get("results.none").to_owned(), Value::printed)
}

/// Usual values with what stands beside the bounds, on one line.
fn usual_values(range: &ReferenceRange) -> String {
    std::iter::once(range.printed()).chain(range.printed_beside()).collect::<Vec<_>>().join(" ")
}
