//! Messages as received: what came, what was answered, what was found in it.

use askama::Template;
use jiff::tz::TimeZone;
use lab::id::MessageId;
use records::messages::{self, MessageLine};

use crate::{
    answer::{Answer, page},
    frame::Frame,
    show::{FindingView, message_text, second},
    visit::Visit,
};

const LIMIT: u32 = 200;
/// Longest part of a message that is shown: a page stays a page.
const MAX_SHOWN_BYTES: usize = 200_000;

#[derive(Template)]
#[template(path = "receptions.html")]
struct ReceptionsPage {
    f: Frame,
    lines: Vec<Line>,
}

struct Line {
    id: String,
    received_at: String,
    transport: &'static str,
    peer: String,
    sender: String,
    control_id: String,
    kind: String,
    state: &'static str,
    state_label: &'static str,
    note: String,
    n_findings: i64,
}

fn line(f: &Frame, zone: &TimeZone, it: &MessageLine) -> Line {
    Line {
        id: it.id.to_string(),
        received_at: second(it.received_at, zone),
        transport: f.of("transport", &it.transport),
        peer: it.peer.clone(),
        sender: it.connection.clone().unwrap_or_default(),
        control_id: it.control_id.clone(),
        kind: it.kind.clone(),
        state: it.state.code(),
        state_label: f.of("message", it.state.code()),
        // A remark is a code of ours, or words of an earlier version.
        note: f.w.find(&format!("message_note.{}", it.note)).map_or_else(|| it.note.clone(), str::to_owned),
        n_findings: it.n_findings,
    }
}

pub(crate) async fn list(visit: Visit) -> Answer {
    let lines = visit.read(|tx| Ok(messages::latest(tx, LIMIT)?)).await?;
    let f = visit.frame("nav.receptions", "/receptions");
    let zone = &visit.web.app.settings().zone;
    let lines = lines.iter().map(|it| line(&f, zone, it)).collect();
    page(&ReceptionsPage { f, lines })
}

#[derive(Template)]
#[template(path = "reception.html")]
struct ReceptionPage {
    f: Frame,
    line: Line,
    findings: Vec<FindingView>,
    raw: String,
    size_bytes: usize,
    is_cut: bool,
    answer: Option<String>,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let id = visit.part("id", MessageId::parse)?;
    let message = visit.read(move |tx| Ok(messages::get(tx, id)?)).await?;
    visit.web.app.note_access(&visit.account, "message.view", &id.to_string(), None).await?;
    let mut f = visit.frame("nav.receptions", "/receptions");
    f.title = f.w.with("reception.title", &[("kind", &message.line.kind)]);
    let zone = &visit.web.app.settings().zone;
    let findings =
        message.findings.iter().map(|it| FindingView::stored(f.w, &it.code, &it.severity, &it.place)).collect();
    page(&ReceptionPage {
        line: line(&f, zone, &message.line),
        findings,
        raw: message_text(&message.raw, MAX_SHOWN_BYTES),
        size_bytes: message.raw.len(),
        is_cut: message.raw.len() > MAX_SHOWN_BYTES,
        answer: message.answer.map(|bytes| message_text(&bytes, MAX_SHOWN_BYTES)),
        f,
    })
}
