//! The mailboxes of the operator, and the messages of one: services in, pages out.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::{Services, page, see_other, segment, wording};

/// Boxes shown on one page.
const MAX_BOXES: usize = 500;
/// Messages shown on one page.
const MAX_MESSAGES: usize = 200;

#[derive(Template)]
#[template(path = "mailboxes.html")]
struct ListPage {
    here: &'static str,
    search: String,
    rows: Vec<BoxRow>,
    n_hidden: usize,
}

struct BoxRow {
    address: String,
    link: String,
    n_messages: usize,
    n_unseen: usize,
}

/// What a list is narrowed to.
#[derive(Deserialize)]
pub(super) struct Search {
    #[serde(default)]
    q: String,
}

pub(super) async fn list(State(services): State<Services>, Query(search): Query<Search>) -> Response {
    let wanted = search.q.trim().to_lowercase();
    let mut boxes = services.mss.mailboxes();
    boxes.retain(|mailbox| mailbox.address.contains(&wanted));
    let n_hidden = boxes.len().saturating_sub(MAX_BOXES);
    let rows = boxes.into_iter().take(MAX_BOXES).map(|mailbox| BoxRow {
        link: link(&mailbox.address),
        address: mailbox.address,
        n_messages: mailbox.n_messages,
        n_unseen: mailbox.n_unseen,
    });
    page(&ListPage { here: "/boites", search: search.q, rows: rows.collect(), n_hidden })
}

#[derive(Template)]
#[template(path = "mailbox.html")]
struct BoxPage {
    here: &'static str,
    address: String,
    link: String,
    rows: Vec<MessageRow>,
    is_cut: bool,
}

struct MessageRow {
    id: u64,
    uid: u32,
    at: String,
    sender: String,
    subject: String,
    size: String,
    is_seen: bool,
    has_body: bool,
    wants_receipt: bool,
}

pub(super) async fn one(State(services): State<Services>, Path(address): Path<String>) -> Response {
    let messages = services.mss.messages(&address, MAX_MESSAGES + 1);
    let is_cut = messages.len() > MAX_MESSAGES;
    let rows = messages.into_iter().take(MAX_MESSAGES).map(|message| MessageRow {
        id: message.id,
        uid: message.uid,
        at: wording::seconds(message.received_s),
        sender: message.sender,
        subject: message.subject,
        size: wording::size(message.size_bytes as u64),
        is_seen: message.is_seen,
        has_body: message.has_body,
        wants_receipt: message.wants_receipt,
    });
    let rows = rows.collect();
    page(&BoxPage { here: "/boites", link: link(&address), address, rows, is_cut })
}

/// Changes the `UIDVALIDITY` of a box that exists; others are not created by asking.
pub(super) async fn renumber(State(services): State<Services>, Path(address): Path<String>) -> Response {
    let wanted = address.to_lowercase();
    if services.mss.mailboxes().iter().any(|mailbox| mailbox.address == wanted) {
        services.mss.renumber(&address);
    }
    see_other(&link(&address))
}

/// The page of a box.
pub(super) fn link(address: &str) -> String {
    format!("/boites/{}", segment(address))
}
