//! Doubts that a person settles, oldest first.

use askama::Template;
use jiff::tz::TimeZone;
use lab::id::WorkItemId;
use records::work_items::{self, WorkItemLine};
use wording::Catalogue;

use crate::{
    answer::{Answer, page, see},
    frame::Frame,
    show::moment,
    visit::Visit,
};

#[derive(Template)]
#[template(path = "doubts.html")]
struct DoubtsPage {
    f: Frame,
    doubts: Vec<DoubtView>,
}

/// A doubt as shown.
pub(crate) struct DoubtView {
    pub id: String,
    pub opened_at: String,
    pub station: &'static str,
    pub code: String,
    pub sentence: &'static str,
    pub place: String,
    pub subject: String,
    pub message: Option<String>,
    pub order: Option<String>,
    pub order_number: String,
    pub patient: String,
}

impl DoubtView {
    pub fn of(w: &Catalogue, zone: &TimeZone, item: &WorkItemLine) -> Self {
        Self {
            id: item.id.clone(),
            opened_at: moment(item.opened_at, zone),
            station: w.of("station", &item.station),
            code: item.code.clone(),
            sentence: w.of("finding", &item.code),
            place: item.place.clone(),
            subject: item.subject.clone(),
            message: item.message.map(|id| id.to_string()),
            order: item.order.map(|id| id.to_string()),
            order_number: item.order_number.clone().unwrap_or_default(),
            patient: item.patient.clone().unwrap_or_default(),
        }
    }
}

pub(crate) async fn list(visit: Visit) -> Answer {
    let items = visit.read(|tx| Ok(work_items::open_items(tx, None)?)).await?;
    let zone = &visit.web.app.settings().zone;
    let doubts = items.iter().map(|item| DoubtView::of(visit.web.words, zone, item)).collect();
    page(&DoubtsPage { f: visit.frame("nav.doubts", "/doutes"), doubts })
}

pub(crate) async fn close(visit: Visit) -> Answer {
    let id = visit.part("id", WorkItemId::parse)?;
    visit.web.app.close_work_item(&id.to_string(), visit.fields.one("resolution"), &visit.account).await?;
    match lab::id::OrderId::parse(visit.fields.one("order")) {
        Some(order) => see(&format!("/dossiers/{order}?fait=clos")),
        None => see("/doutes?fait=clos"),
    }
}
