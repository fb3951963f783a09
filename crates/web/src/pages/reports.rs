//! The signed versions, each with one line on how its deliveries stand.

use askama::Template;
use records::lists;

use crate::{
    answer::{Answer, page},
    frame::Frame,
    show::moment,
    visit::Visit,
};

const LIMIT: u32 = 300;

#[derive(Template)]
#[template(path = "reports.html")]
struct ReportsPage {
    f: Frame,
    lines: Vec<Line>,
}

struct Line {
    id: String,
    order: String,
    order_number: String,
    patient: String,
    version: i64,
    status: &'static str,
    signed_at: String,
    signer: String,
    critical: bool,
    is_withdrawn: bool,
    n_received: i64,
    n_pending: i64,
    n_failed: i64,
    n_withheld: i64,
}

pub(crate) async fn list(visit: Visit) -> Answer {
    let lines = visit.read(|tx| Ok(lists::reports(tx, LIMIT)?)).await?;
    let f = visit.frame("nav.reports", "/comptes-rendus");
    let zone = &visit.web.app.settings().zone;
    let lines = lines
        .into_iter()
        .map(|it| Line {
            id: it.id.to_string(),
            order: it.order.to_string(),
            order_number: it.order_number,
            patient: it.patient_name,
            version: it.number,
            status: f.of("report_status", &it.status),
            signed_at: moment(it.signed_at, zone),
            signer: it.signer,
            critical: it.critical,
            is_withdrawn: it.is_withdrawn,
            n_received: it.n_received,
            n_pending: it.n_pending,
            n_failed: it.n_failed,
            n_withheld: it.n_withheld,
        })
        .collect();
    page(&ReportsPage { f, lines })
}
