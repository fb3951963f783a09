//! The audit trail, and whether its chain holds. It names no patient.

use askama::Template;
use records::journal;

use crate::{
    answer::{Answer, page},
    frame::Frame,
    show::second,
    visit::Visit,
};

const LIMIT: u32 = 300;

#[derive(Template)]
#[template(path = "journal.html")]
struct JournalPage {
    f: Frame,
    lines: Vec<Line>,
    /// The answer of the check, when asked.
    check: Option<Check>,
}

struct Check {
    holds: bool,
    text: String,
}

struct Line {
    sequence: i64,
    at: String,
    actor: String,
    action: &'static str,
    subject: String,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let is_asked = visit.query.has("verifier");
    let (events, broken) = visit
        .read(move |tx| {
            let broken = if is_asked { journal::first_broken_link(tx)? } else { None };
            Ok((journal::latest(tx, None, LIMIT)?, broken))
        })
        .await?;
    let f = visit.frame("nav.journal", "/journal");
    let check = is_asked.then(|| match broken {
        None => Check { holds: true, text: f.t("journal.holds").to_owned() },
        Some(at) => Check { holds: false, text: f.w.with("journal.broken", &[("n", &at.to_string())]) },
    });
    let zone = &visit.web.app.settings().zone;
    let lines = events
        .into_iter()
        .map(|it| Line {
            sequence: it.sequence,
            at: second(it.at, zone),
            actor: it.actor,
            action: f.of("audit", &it.action),
            subject: it.subject,
        })
        .collect();
    page(&JournalPage { f, lines, check })
}
