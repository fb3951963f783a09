//! One message: its headers, text, files and archive as a recipient finds them, and the answers
//! a recipient can send. Services and identifiers in, pages and files out.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use mail::Received;
use mail::received::{Correspondent, ReceivedFile};
use serde::Deserialize;

use super::files::{self, Kind, Wanted};
use super::{Services, archive, mailboxes, not_found, refuse, see_other, wording};
use crate::mss::{Grammar, MessageSummary, Reading};

/// Characters of the text or of a report shown; the source holds the rest.
const MAX_SHOWN_CHARACTERS: usize = 100_000;
/// Bytes of the headers shown.
const MAX_SHOWN_HEADERS: usize = 64 * 1024;
/// Messages of the recipient's box among which this one is looked for.
const MAX_LOOKED_AT: usize = 2_000;
/// What a receiving system may answer when it files nothing: CI-SIS Volet Transmission de documents
/// CDA-R2 en LPS, `applicationErrorCondition`.
const FAILURES: [(u16, &str); 7] = [
    (900, "Version du document incorrecte"),
    (901, "Auteur non habilité"),
    (902, "Identifiant de patient inconnu"),
    (903, "INS absente"),
    (904, "INS ou traits différents"),
    (905, "INS incomplète"),
    (906, "Autre erreur"),
];

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage {
    here: &'static str,
    id: u64,
    subject: String,
    notice: Option<&'static str>,
    mailbox: Option<(String, String)>,
    summary: Option<MessageSummary>,
    headers: Vec<(String, String)>,
    text: String,
    raw_headers: String,
    files: Vec<File>,
    failures: [(u16, &'static str); 7],
}

struct File {
    n: usize,
    name: String,
    media_type: String,
    size: String,
    is_shown: bool,
    /// What a report says, when it is one.
    report: Option<String>,
    archive: Option<archive::Opened>,
}

/// What just happened, as the address tells it.
#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    fait: String,
}

pub(super) async fn page(State(services): State<Services>, Path(id): Path<u64>, Query(done): Query<Done>) -> Response {
    let Some(bytes) = services.mss.message(id) else {
        return not_found();
    };
    let received = Received::decode(&bytes);
    // The operator does not tell the box of a message, so it is looked for in its recipients'.
    let found = received.to.iter().find_map(|to| {
        let messages = services.mss.messages(&to.address, MAX_LOOKED_AT);
        let summary = messages.into_iter().find(|message| message.id == id)?;
        Some((to.address.to_lowercase(), summary))
    });
    let (address, summary) = found.unzip();
    let headers_len = memchr::memmem::find(&bytes, b"\r\n\r\n").unwrap_or(bytes.len());
    let raw_headers = &bytes[..headers_len.min(MAX_SHOWN_HEADERS)];
    super::page(&MessagePage {
        here: "/boites",
        id,
        notice: notice(&done.fait),
        mailbox: address.map(|address| (mailboxes::link(&address), address)),
        summary,
        headers: headers(&received),
        text: received.text.chars().take(MAX_SHOWN_CHARACTERS).collect(),
        raw_headers: String::from_utf8_lossy(raw_headers).into_owned(),
        files: received.attachments.iter().enumerate().map(|(n, file)| shown(n, file)).collect(),
        subject: received.subject,
        failures: FAILURES,
    })
}

pub(super) async fn source(
    State(services): State<Services>,
    Path(id): Path<u64>,
    Query(wanted): Query<Wanted>,
) -> Response {
    match services.mss.message(id) {
        None => not_found(),
        Some(bytes) => files::give(&wanted, &format!("message-{id}.eml"), Kind::Text, bytes.to_vec()),
    }
}

pub(super) async fn attachment(
    State(services): State<Services>,
    Path((id, n)): Path<(u64, usize)>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let Some(file) = file(&services, id, n) else {
        return not_found();
    };
    let name = name(n, &file);
    let kind = Kind::of(&name, &file.media_type, &file.content);
    files::give(&wanted, &name, kind, file.content)
}

pub(super) async fn archived_file(
    State(services): State<Services>,
    Path((id, n, k)): Path<(u64, usize, usize)>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let archived = file(&services, id, n).and_then(|file| archive::file(&file.content, k));
    let Some((name, bytes)) = archived else {
        return not_found();
    };
    files::give(&wanted, &name, Kind::of(&name, "", &bytes), bytes)
}

/// What the recipient does.
#[derive(Deserialize)]
pub(super) struct Answer {
    /// `lu`, `supprime`, `integre` or `echec`.
    acte: String,
    /// For `echec`, 900 to 906.
    #[serde(default)]
    code: String,
    /// For `echec`: `1.1.2` or `1.1.3`.
    #[serde(default)]
    volet: String,
}

pub(super) async fn answer(
    State(services): State<Services>,
    Path(id): Path<u64>,
    Form(answer): Form<Answer>,
) -> Response {
    let Some(reading) = answer.reading() else {
        return refuse(StatusCode::BAD_REQUEST, "Cette réponse n'existe pas.");
    };
    if services.mss.message(id).is_none() {
        return not_found();
    }
    let fait = if services.mss.read(id, &reading) { "envoye" } else { "rien" };
    see_other(&format!("/messages/{id}?fait={fait}"))
}

impl Answer {
    fn reading(&self) -> Option<Reading> {
        Some(match self.acte.as_str() {
            "lu" => Reading::Displayed,
            "supprime" => Reading::Deleted,
            "integre" => Reading::Integrated,
            "echec" => {
                let wanted: u16 = self.code.parse().ok()?;
                let (code, text) = FAILURES.into_iter().find(|(code, _)| *code == wanted)?;
                let grammar = match self.volet.as_str() {
                    "1.1.2" => Grammar::V1_1_2,
                    _ => Grammar::V1_1_3,
                };
                Reading::NotIntegrated { code, text: text.to_owned(), grammar }
            }
            _ => return None,
        })
    }
}

fn notice(fait: &str) -> Option<&'static str> {
    match fait {
        "envoye" => Some("La réponse est partie : elle est dans la boîte de l'expéditeur."),
        "rien" => Some("Le message est marqué comme lu, mais ne demande pas d'accusé : rien n'est parti."),
        _ => None,
    }
}

fn headers(received: &Received) -> Vec<(String, String)> {
    let to: Vec<_> = received.to.iter().map(correspondent).collect();
    let mut rows = vec![
        ("From".to_owned(), received.from.as_ref().map(correspondent).unwrap_or_default()),
        ("To".to_owned(), to.join(", ")),
        ("Reply-To".to_owned(), received.reply_to.as_ref().map(correspondent).unwrap_or_default()),
        ("Subject".to_owned(), received.subject.clone()),
        ("Date".to_owned(), received.date_s.map(wording::seconds).unwrap_or_default()),
        ("Message-ID".to_owned(), received.message_id.clone().unwrap_or_default()),
        ("In-Reply-To, References".to_owned(), received.refers_to.join(", ")),
    ];
    rows.extend(received.extra.iter().cloned());
    rows.retain(|(_, value)| !value.is_empty());
    rows
}

fn correspondent(who: &Correspondent) -> String {
    match &who.display_name {
        Some(name) => format!("{name} <{}>", who.address),
        None => who.address.clone(),
    }
}

fn shown(n: usize, file: &ReceivedFile) -> File {
    let name = name(n, file);
    let kind = Kind::of(&name, &file.media_type, &file.content);
    let is_report = ["message/delivery-status", "message/disposition-notification"].contains(&&*file.media_type);
    let report = is_report.then(|| String::from_utf8_lossy(&file.content).chars().take(MAX_SHOWN_CHARACTERS).collect());
    File {
        n,
        media_type: file.media_type.clone(),
        size: wording::size(file.content.len() as u64),
        is_shown: kind.is_shown(),
        report,
        archive: (kind == Kind::Zip).then(|| archive::open(&file.content)),
        name,
    }
}

fn name(n: usize, file: &ReceivedFile) -> String {
    match (&file.file_name, &*file.media_type) {
        (Some(name), _) => name.clone(),
        (None, "message/delivery-status") => "rapport-de-remise.txt".to_owned(),
        (None, "message/disposition-notification") => "accuse.txt".to_owned(),
        (None, "message/rfc822") => "message-joint.eml".to_owned(),
        (None, _) => format!("piece-{}", n + 1),
    }
}

fn file(services: &Services, id: u64, n: usize) -> Option<ReceivedFile> {
    Received::decode(&services.mss.message(id)?).attachments.into_iter().nth(n)
}
