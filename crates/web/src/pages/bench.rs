//! The bench: the dossiers of a stage, those that cannot wait first.

use app::AppError;
use askama::Template;
use lab::{id::OrderId, validation::Role};
use records::{
    lists::{self, OrderLine},
    orders::{self, OrderStage},
};

use crate::{
    answer::{Answer, page, see},
    frame::Frame,
    show::{age, iso_day},
    visit::Visit,
};

/// Dossiers of one page.
pub(crate) const LIMIT: u32 = 500;

/// The tabs, in the order of the work.
const STAGES: &[OrderStage] = &[
    OrderStage::Received,
    OrderStage::Technical,
    OrderStage::Ready,
    OrderStage::Partial,
    OrderStage::Awaited,
    OrderStage::Signed,
    OrderStage::Withdrawn,
];

#[derive(Template)]
#[template(path = "bench.html")]
struct BenchPage {
    f: Frame,
    tabs: Vec<Tab>,
    lines: Vec<Line>,
    stage_label: &'static str,
    stage: &'static str,
    search: String,
    is_cut: bool,
}

struct Tab {
    code: &'static str,
    label: &'static str,
    n: i64,
    current: bool,
}

/// A dossier as listed.
pub(crate) struct Line {
    pub id: String,
    pub number: String,
    pub patient: String,
    pub birth: String,
    pub sex: &'static str,
    pub identity: String,
    pub identity_label: &'static str,
    pub urgent: bool,
    pub critical: bool,
    pub abnormal: bool,
    pub n_doubts: i64,
    pub progress: String,
    pub age: String,
    pub stage_label: &'static str,
}

impl Line {
    pub fn of(f: &Frame, line: &OrderLine, now: jiff::Timestamp) -> Self {
        Self {
            id: line.id.to_string(),
            number: line.number.clone(),
            patient: line.patient_name.clone(),
            birth: line.birth_date.as_deref().map(iso_day).unwrap_or_default(),
            sex: f.of("sex_letter", &line.sex),
            identity: line.identity.clone(),
            identity_label: f.of("identity", &line.identity),
            urgent: line.urgent,
            critical: line.critical,
            abnormal: line.abnormal,
            n_doubts: line.n_doubts,
            progress: format!("{}/{}", line.n_results, line.n_observations),
            age: age(line.received_at, now),
            stage_label: f.of("stage", line.stage.code()),
        }
    }
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let search = visit.query.one("q").to_owned();
    if let Some(order) = find(&visit, &search).await? {
        return see(&format!("/dossiers/{order}"));
    }
    let stage = OrderStage::from_code(visit.query.one("etape")).unwrap_or(match visit.account.role {
        Role::Biologist => OrderStage::Technical,
        Role::Secretary => OrderStage::Awaited,
        Role::Technician | Role::Administrator => OrderStage::Received,
    });
    let (counts, lines) = visit
        .read(move |tx| {
            let lines = match stage {
                OrderStage::Signed | OrderStage::Withdrawn => lists::latest_of_stage(tx, stage, LIMIT)?,
                _ => lists::bench(tx, &[stage], LIMIT)?,
            };
            Ok::<_, AppError>((lists::stage_counts(tx)?, lines))
        })
        .await?;
    let f = visit.frame("nav.bench", "/paillasse");
    let tabs = STAGES
        .iter()
        .map(|it| Tab {
            code: it.code(),
            label: f.of("stage", it.code()),
            n: counts.iter().find(|(known, _)| known == it).map_or(0, |(_, n)| *n),
            current: *it == stage,
        })
        .collect();
    let is_cut = lines.len() == LIMIT as usize;
    let wanted = search.to_uppercase();
    let lines = lines
        .iter()
        .filter(|line| wanted.is_empty() || line.number.contains(&wanted) || line.patient_name.contains(&wanted))
        .map(|line| Line::of(&f, line, visit.now()))
        .collect();
    page(&BenchPage { stage_label: f.of("stage", stage.code()), stage: stage.code(), f, tabs, lines, search, is_cut })
}

/// The dossier that a number or a scanned bar code names.
async fn find(visit: &Visit, search: &str) -> Result<Option<OrderId>, crate::answer::Failure> {
    if search.is_empty() || search.len() > 40 {
        return Ok(None);
    }
    let number = search.to_owned();
    visit
        .read(move |tx| {
            if let Some(order) = orders::by_number(tx, &number)? {
                return Ok(Some(order));
            }
            let held = orders::by_specimen(tx, &number)?;
            Ok(match held.as_slice() {
                [only] => Some(*only),
                _ => None,
            })
        })
        .await
}
