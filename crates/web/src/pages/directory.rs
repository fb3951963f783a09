//! The Annuaire Santé: search, addresses to choose from, and the state of its loads.

use app::directory::{DirectorySettings, DirectorySource, DirectoryView, LoadReport, Match, Search};
use askama::Template;
use axum::{Json, response::IntoResponse};
use lab::{finding::Finding, person::Rpps};

use crate::{
    access::Rule,
    answer::{Answer, Failure, page, see},
    frame::Frame,
    show::second,
    visit::Visit,
};

/// Most professionals that a page lists.
const MAX_LISTED: usize = 25;
/// Most proposals of a field that completes itself.
const MAX_PROPOSALS: usize = 12;

#[derive(Template)]
#[template(path = "directory.html")]
struct DirectoryPage {
    f: Frame,
    text: String,
    place: String,
    is_asked: bool,
    loaded: bool,
    more: bool,
    found: Vec<MatchView>,
    may_adopt: bool,
    counts: Vec<(&'static str, String)>,
    loads: Vec<LoadView>,
    /// Source and time of the load in force, when it is among the latest.
    last: Option<(String, String)>,
    place_label: &'static str,
    place_of_loads: String,
    every: String,
    next: String,
}

/// A professional found, as shown.
pub(crate) struct MatchView {
    pub rpps: String,
    pub name: String,
    pub label: String,
    pub places: Vec<String>,
    pub boxes: Vec<BoxView>,
    pub is_correspondent: bool,
}

/// An address to choose.
pub(crate) struct BoxView {
    pub address: String,
    pub rank: &'static str,
    pub paperless: bool,
    pub is_theirs: bool,
}

struct LoadView {
    at: String,
    author: String,
    source: String,
    in_force: bool,
    took: String,
    files: Vec<FileView>,
    findings: Vec<(String, &'static str)>,
}

struct FileView {
    name: String,
    kind: &'static str,
    published: String,
    lines: u64,
    created: u64,
    changed: u64,
    closed: u64,
    refused: u64,
    reasons: Vec<String>,
}

impl MatchView {
    pub fn of(visit: &Visit, it: &Match) -> Self {
        let who = &it.practitioner;
        let theirs = it.correspondent.as_ref().and_then(|it| it.mailbox.as_ref());
        let boxes = it.boxes.iter().map(|(rank, candidate)| BoxView {
            address: candidate.address.as_str().to_owned(),
            rank: visit.web.words.of("directory_rank", rank.code()),
            paperless: candidate.paperless,
            is_theirs: theirs == Some(&candidate.address),
        });
        let title = if who.title.is_empty() { String::new() } else { format!("{} ", who.title) };
        Self {
            rpps: who.rpps.as_str().to_owned(),
            name: format!("{title}{} {}", who.family, who.given),
            label: who.label.clone(),
            places: it
                .places
                .iter()
                .map(|place| format!("{}, {} {}", place.name, place.postal_code, place.town))
                .collect(),
            boxes: boxes.collect(),
            is_correspondent: it.correspondent.is_some(),
        }
    }

    /// What a field of a correspondent takes: number, name, address.
    pub fn proposals(&self) -> Vec<String> {
        let who = format!("{} {}", self.rpps, self.name);
        if self.boxes.is_empty() {
            return vec![who];
        }
        self.boxes.iter().map(|it| format!("{who} {}", it.address)).collect()
    }
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let (text, place) = (bounded(&visit, "q"), bounded(&visit, "lieu"));
    let is_asked = !text.is_empty();
    let search = Search { text: text.clone(), place: place.clone(), limit: MAX_LISTED };
    let found = visit.web.app.search_directory(search).await?;
    let directory = visit.web.app.directory().await?;
    let settings = directory.settings.as_ref();
    let zone = visit.web.app.settings().zone.clone();
    let f = visit.frame("nav.directory", "/annuaire");
    page(&DirectoryPage {
        text,
        place,
        is_asked,
        loaded: found.loaded,
        more: found.more,
        found: found.matches.iter().map(|it| MatchView::of(&visit, it)).collect(),
        may_adopt: Rule::EditCorrespondents.allows(visit.account.role),
        counts: ["directory.people", "directory.situations", "directory.structures", "directory.boxes"]
            .into_iter()
            .zip(directory.counts)
            .map(|(key, n)| (f.w.get(key), n.to_string()))
            .collect(),
        last: last(&visit, &directory),
        place_label: f.t(match settings.map(|it| &it.source) {
            Some(DirectorySource::Api(_)) => "directory.api",
            _ => "directory.folder",
        }),
        place_of_loads: settings.map(place_of_loads).unwrap_or_default(),
        every: settings.map(|it| hours(it.every.as_secs())).unwrap_or_default(),
        next: directory.next.map(|at| second(at, &zone)).unwrap_or_default(),
        loads: loads(&visit, &directory),
        f,
    })
}

fn place_of_loads(settings: &DirectorySettings) -> String {
    match &settings.source {
        DirectorySource::Folder(folder) => folder.display().to_string(),
        DirectorySource::Api(api) => api.url.clone(),
    }
}

fn last(visit: &Visit, directory: &DirectoryView) -> Option<(String, String)> {
    let (record, report) = directory.loads.iter().find(|(record, _)| record.number > 0)?;
    let at = second(record.ended_at, &visit.web.app.settings().zone);
    Some((source(visit, report), at))
}

fn source(visit: &Visit, report: &LoadReport) -> String {
    let (w, zone) = (visit.web.words, &visit.web.app.settings().zone);
    let name = w.of("directory_source", &report.source);
    match report.since.as_ref().and_then(|at| at.parse().ok()) {
        Some(at) => format!("{name}, {}", w.with("directory.changes_since", &[("at", &second(at, zone))])),
        None => name.to_owned(),
    }
}

fn hours(seconds: u64) -> String {
    if seconds.is_multiple_of(3600) { format!("{} h", seconds / 3600) } else { format!("{} min", seconds / 60) }
}

fn loads(visit: &Visit, directory: &DirectoryView) -> Vec<LoadView> {
    let (w, zone) = (visit.web.words, &visit.web.app.settings().zone);
    let view = |file: &app::directory::FileReport| FileView {
        name: file.name.clone(),
        kind: w.of("directory_kind", &file.kind),
        published: file.published.clone().unwrap_or_default(),
        lines: file.lines,
        created: file.created,
        changed: file.changed,
        closed: file.closed,
        refused: file.n_refused(),
        reasons: file
            .refused
            .iter()
            .map(|it| {
                let lines: Vec<String> = it.lines.iter().map(u64::to_string).collect();
                w.with(
                    "directory.reason",
                    &[("n", &it.n.to_string()), ("why", w.of("finding", &it.code)), ("lines", &lines.join(", "))],
                )
            })
            .collect(),
    };
    directory
        .loads
        .iter()
        .map(|(record, report)| LoadView {
            at: second(record.started_at, zone),
            author: record.author.clone(),
            source: source(visit, report),
            in_force: report.in_force,
            took: format!("{:.1} s", report.duration_ms as f64 / 1000.0),
            files: report.files.iter().map(view).collect(),
            findings: report.findings.iter().map(|it| (it.place.clone(), w.of("finding", &it.code))).collect(),
        })
        .collect()
}

fn bounded(visit: &Visit, name: &str) -> String {
    visit.query.one(name).chars().take(100).collect()
}

/// What fields that complete themselves propose: `00000000012 DR MOREAU Zoé zoe.moreau@medecin.mssante.fr`.
pub(crate) async fn proposals(visit: Visit) -> Answer {
    let search = Search { text: bounded(&visit, "q"), place: String::new(), limit: MAX_PROPOSALS };
    let found = visit.web.app.search_directory(search).await?;
    let mut proposals: Vec<String> =
        found.matches.iter().flat_map(|it| MatchView::of(&visit, it).proposals()).collect();
    proposals.truncate(MAX_PROPOSALS);
    Ok(Json(proposals).into_response())
}

/// Makes a professional a correspondent, with the address that was chosen.
pub(crate) async fn adopt(visit: Visit) -> Answer {
    let unreadable = |code, place| Failure::Obstacles(vec![Finding::error(code, place)]);
    let rpps = Rpps::parse(visit.fields.one("rpps")).ok_or_else(|| unreadable("PROFESSIONAL-ID-UNREADABLE", "rpps"))?;
    let typed = visit.fields.has("address").then(|| visit.web.app.settings().trusted.read(visit.fields.one("address")));
    let address = typed.transpose().map_err(|refusal| unreadable(refusal.code(), "address"))?;
    visit.web.app.adopt_professional(rpps, address, &visit.account).await?;
    see("/correspondants?fait=correspondant")
}
