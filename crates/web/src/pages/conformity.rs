//! The official rules: which pack is in force, what is wrong with it, how often it was used. No result, no patient.

use app::{
    conformity::{PackFinding, PackVersion, Source, Status},
    pack::{PackState, PackView},
    settings::WithoutPack,
};
use askama::Template;
use jiff::tz::TimeZone;
use records::versions::{Checked, CheckedPack, CheckedRules};
use wording::Catalogue;

use crate::{
    access::Rule,
    answer::{Answer, page, see},
    frame::Frame,
    show::{day_of, moment, second},
    visit::Visit,
};

#[derive(Template)]
#[template(path = "conformity.html")]
struct ConformityPage {
    f: Frame,
    folder: String,
    state: &'static str,
    state_label: &'static str,
    state_text: &'static str,
    version: String,
    read_at: String,
    took: String,
    loaded: Vec<LoadedView>,
    repaired: Vec<FindingsView>,
    findings: Vec<FindingsView>,
    required: bool,
    usage: String,
    last_at: String,
    n_blocked: usize,
    may_read_again: bool,
}

/// Schemas compiled together.
struct LoadedView {
    schemas: Vec<String>,
    at: String,
    from: &'static str,
}

/// Findings of the pack with the same sentence.
struct FindingsView {
    code: &'static str,
    sentence: &'static str,
    /// `file:line: what`.
    places: Vec<String>,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let pack = visit.web.app.pack().await?;
    page(&view(&visit, pack))
}

fn view(visit: &Visit, pack: PackView) -> ConformityPage {
    let f = visit.frame("nav.conformity", "/conformite");
    let (w, zone) = (f.w, &visit.web.app.settings().zone);
    let required = pack.without == WithoutPack::Refused;
    let (state, state_text) = match &pack.state {
        PackState::NotInstalled => ("not_installed", w.get("conformity.not_installed_text")),
        PackState::Reading => ("reading", w.get("conformity.reading_text")),
        PackState::Unusable { problem, .. } => ("unusable", w.of("pack_problem", problem.code())),
        PackState::InUse { status, .. } if !status.findings.is_empty() => {
            ("incomplete", w.get("conformity.incomplete_text"))
        }
        PackState::InUse { .. } => ("in_use", w.get("conformity.in_use_text")),
    };
    let mut view = ConformityPage {
        folder: pack.folder.map(|it| it.display().to_string()).unwrap_or_default(),
        state,
        state_label: w.of("pack_state", state),
        state_text,
        version: String::new(),
        read_at: String::new(),
        took: String::new(),
        loaded: Vec::new(),
        repaired: Vec::new(),
        findings: Vec::new(),
        required,
        usage: w.with(
            "conformity.usage",
            &[("n", &pack.n_passed.to_string()), ("found", &pack.n_with_findings.to_string())],
        ),
        last_at: pack.last_at.map(|at| second(at, zone)).unwrap_or_default(),
        n_blocked: pack.n_blocked,
        may_read_again: Rule::ReadPackAgain.allows(visit.account.role),
        f,
    };
    match pack.state {
        PackState::InUse { status, read_at, took, .. } => {
            view.version = version(w, zone, &status.version);
            view.read_at = second(read_at, zone);
            view.took = w.with("conformity.took", &[("ms", &took.as_millis().to_string())]);
            view.loaded = loaded(w, zone, &status);
            view.repaired = grouped(w, &status.repaired);
            view.findings = grouped(w, &status.findings);
        }
        PackState::Unusable { at, .. } => view.read_at = second(at, zone),
        PackState::NotInstalled | PackState::Reading => {}
    }
    view
}

fn version(w: &Catalogue, zone: &TimeZone, version: &PackVersion) -> String {
    match version {
        PackVersion::Commit(commit) => w.with("conformity.commit", &[("commit", short(commit))]),
        PackVersion::Date(at) => w.with("conformity.date", &[("date", &day_of(*at, zone))]),
        PackVersion::Unknown => w.get("conformity.no_version").to_owned(),
    }
}

/// A commit as people quote it.
fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

fn loaded(w: &Catalogue, zone: &TimeZone, status: &Status) -> Vec<LoadedView> {
    status
        .loaded
        .iter()
        .map(|it| LoadedView {
            schemas: it.schemas.clone(),
            at: moment(it.at, zone),
            from: match it.source {
                Source::Compiled => w.get("conformity.compiled"),
                Source::Cached => w.get("conformity.cached"),
            },
        })
        .collect()
}

fn grouped(w: &Catalogue, findings: &[PackFinding]) -> Vec<FindingsView> {
    let mut groups: Vec<FindingsView> = Vec::new();
    for finding in findings {
        let place = finding.to_string();
        match groups.iter_mut().find(|it| it.code == finding.code) {
            Some(group) => group.places.push(place),
            None => groups.push(FindingsView {
                code: finding.code,
                sentence: w.of("finding", finding.code),
                places: vec![place],
            }),
        }
    }
    groups
}

/// What a version was checked with, in one sentence; a class says how well.
pub(crate) fn checked(w: &Catalogue, zone: &TimeZone, checked: Option<&Checked>) -> (&'static str, String) {
    let Some(checked) = checked else { return ("", w.get("conformity.unknown").to_owned()) };
    match &checked.rules {
        CheckedRules::Own => ("warning", w.get("conformity.own").to_owned()),
        CheckedRules::OwnPackUnusable => ("warning", w.get("conformity.own_pack_unusable").to_owned()),
        CheckedRules::Pack(pack) => checked_with(w, zone, pack),
    }
}

fn checked_with(w: &Catalogue, zone: &TimeZone, pack: &CheckedPack) -> (&'static str, String) {
    let sum = |of: fn(&records::versions::CheckedSchema) -> usize| pack.schemas.iter().map(of).sum::<usize>();
    let name = match (&pack.commit, pack.date) {
        (Some(commit), _) => w.with("conformity.pack_commit", &[("commit", short(commit))]),
        (None, Some(at)) => w.with("conformity.pack_date", &[("date", &day_of(at, zone))]),
        (None, None) => w.get("conformity.pack_unknown").to_owned(),
    };
    let n_warnings = sum(|it| it.n_warnings);
    let n_unchecked = sum(|it| it.n_not_evaluable)
        + pack.schemas.iter().filter(|it| !it.is_whole).count()
        + usize::from(pack.xsd == Some(false));
    let (class, key) = match (n_unchecked, n_warnings) {
        (0, 0) => ("", "conformity.conform"),
        (0, _) => ("", "conformity.conform_with_warnings"),
        _ => ("warning", "conformity.not_whole"),
    };
    let mut text = w.with(
        key,
        &[
            ("pack", &name),
            ("schemas", &pack.schemas.iter().filter(|it| it.is_whole).count().to_string()),
            ("all", &pack.schemas.len().to_string()),
            ("fired", &sum(|it| it.n_fired).to_string()),
            ("warnings", &n_warnings.to_string()),
        ],
    );
    if pack.xsd == Some(true) {
        text.push(' ');
        text.push_str(w.get("conformity.and_xsd"));
    }
    (class, text)
}

pub(crate) async fn read_again(visit: Visit) -> Answer {
    visit.web.app.read_pack_again(&visit.account).await?;
    see("/conformite?fait=pack-lu")
}
