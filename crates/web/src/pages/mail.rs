//! What people write about reports: who takes care of it, the thread, the answer.

use app::AppError;
use askama::Template;
use axum::{
    http::{HeaderName, header},
    response::IntoResponse,
};
use jiff::tz::TimeZone;
use lab::id::{ConversationId, MessageId};
use mail::Received;
use records::{
    accounts,
    conversations::{self, Conversation, ConversationFilter, Letter},
    deliveries, messages, orders,
};
use wording::Catalogue;

use crate::{
    access::Rule,
    answer::{Answer, Failure, page, refused_page, see},
    frame::Frame,
    show::{FindingView, moment},
    visit::Visit,
};

/// Conversations of one page.
const LIMIT: u32 = 300;
/// Longest part of a letter that is shown: a page stays a page.
const MAX_SHOWN_CHARS: usize = 20_000;

/// The tabs: code in the address, end of the key of the label.
const TABS: [&str; 4] = ["open", "mine", "unassigned", "closed"];

#[derive(Template)]
#[template(path = "mail.html")]
struct MailPage {
    f: Frame,
    tabs: Vec<(&'static str, &'static str, bool)>,
    lines: Vec<Line>,
}

/// A conversation as listed.
pub(crate) struct Line {
    pub id: String,
    pub name: String,
    pub peer: String,
    pub subject: String,
    pub order: Option<(String, String)>,
    pub updated_at: String,
    pub assigned_to: Option<String>,
    pub is_closed: bool,
}

impl Line {
    pub fn of(it: &Conversation, zone: &TimeZone) -> Self {
        Self {
            id: it.id.to_string(),
            name: it.name.clone(),
            peer: it.peer.clone(),
            subject: it.subject.clone(),
            order: it.order.map(|order| (order.to_string(), it.order_number.clone().unwrap_or_default())),
            updated_at: moment(it.updated_at, zone),
            assigned_to: it.assigned_to.clone(),
            is_closed: it.closed_at.is_some(),
        }
    }
}

pub(crate) async fn list(visit: Visit) -> Answer {
    let asked = visit.query.one("vue");
    let tab = TABS.into_iter().find(|code| *code == asked).unwrap_or("open");
    let login = visit.account.login.clone();
    let found = visit
        .read(move |tx| {
            let filter = match tab {
                "mine" => ConversationFilter::AssignedTo(&login),
                "unassigned" => ConversationFilter::Unassigned,
                "closed" => ConversationFilter::Closed,
                _ => ConversationFilter::Open,
            };
            Ok(conversations::list(tx, filter, LIMIT)?)
        })
        .await?;
    let f = visit.frame("nav.mail", "/courrier");
    let zone = &visit.web.app.settings().zone;
    let tabs = TABS.into_iter().map(|code| (code, f.of("mail_tab", code), code == tab)).collect();
    page(&MailPage { tabs, lines: found.iter().map(|it| Line::of(it, zone)).collect(), f })
}

#[derive(Template)]
#[template(path = "conversation.html")]
struct ConversationPage {
    f: Frame,
    line: Line,
    findings: Vec<FindingView>,
    letters: Vec<LetterView>,
    /// The version it is about: path, number.
    version: Option<String>,
    /// Logins and names of those who take care of mail.
    carers: Vec<(String, String, bool)>,
    may_answer: bool,
    /// What was typed, when it was refused.
    text: String,
}

/// One mail of the thread.
struct LetterView {
    id: String,
    at: String,
    /// Who wrote: a name.
    author: String,
    is_ours: bool,
    text: String,
    is_cut: bool,
    /// What became of our answer.
    state: Option<&'static str>,
    /// The message as received.
    message: Option<String>,
    /// Names of the files.
    files: Vec<String>,
}

struct Loaded {
    conversation: Conversation,
    letters: Vec<(Letter, Option<Vec<u8>>, Option<deliveries::Delivery>)>,
    version: Option<String>,
    carers: Vec<accounts::Account>,
    patient: Option<lab::id::PatientId>,
}

async fn load(visit: &Visit) -> Result<Loaded, Failure> {
    let id = visit.part("conversation", ConversationId::parse)?;
    visit
        .read(move |tx| {
            let conversation = conversations::get(tx, id)?;
            let letters = conversations::letters(tx, id)?
                .into_iter()
                .map(|letter| {
                    let raw = letter.message.map(|id| messages::get(tx, id)).transpose()?.map(|it| it.raw);
                    let sent = letter.delivery.map(|id| deliveries::get(tx, id)).transpose()?;
                    Ok((letter, raw, sent))
                })
                .collect::<Result<_, AppError>>()?;
            let version = conversation.delivery.map(|id| deliveries::get(tx, id)).transpose()?;
            let patient = conversation.order.map(|order| orders::get(tx, order)).transpose()?.map(|(it, _)| it.patient);
            let carers =
                accounts::all(tx)?.into_iter().filter(|it| it.active && Rule::AnswerMail.allows(it.role)).collect();
            Ok(Loaded { conversation, letters, version: version.map(|it| it.version.to_string()), carers, patient })
        })
        .await
}

pub(crate) async fn show(visit: Visit) -> Answer {
    page(&view(&visit, Vec::new(), String::new()).await?)
}

async fn view(visit: &Visit, findings: Vec<FindingView>, text: String) -> Result<ConversationPage, Failure> {
    let loaded = load(visit).await?;
    let id = loaded.conversation.id.to_string();
    visit.web.app.note_access(&visit.account, "conversation.view", &id, loaded.patient).await?;
    let zone = &visit.web.app.settings().zone;
    let mut f = visit.frame("nav.mail", "/courrier");
    f.title = f.w.with("mail.title", &[("name", &loaded.conversation.name)]);
    let assigned = loaded.conversation.assigned_to.clone();
    let carers = loaded
        .carers
        .iter()
        .map(|it| (it.login.clone(), it.name.clone(), assigned.as_deref() == Some(it.login.as_str())))
        .collect();
    Ok(ConversationPage {
        line: Line::of(&loaded.conversation, zone),
        findings,
        letters: loaded.letters.iter().map(|it| letter_view(f.w, zone, &loaded, it)).collect(),
        version: loaded.version,
        carers,
        may_answer: Rule::AnswerMail.allows(visit.account.role),
        text,
        f,
    })
}

fn letter_view(
    w: &Catalogue,
    zone: &TimeZone,
    loaded: &Loaded,
    (letter, raw, sent): &(Letter, Option<Vec<u8>>, Option<deliveries::Delivery>),
) -> LetterView {
    // Who left is no longer among those who take care of mail: their login stays.
    let named = |login: &String| {
        loaded.carers.iter().find(|it| it.login == *login).map_or_else(|| login.clone(), |it| it.name.clone())
    };
    let received = raw.as_deref().map(Received::decode);
    let text = received.as_ref().map_or(letter.text.as_str(), |it| it.text.as_str());
    let files = received.iter().flat_map(|it| &it.attachments).map(|it| it.file_name.clone().unwrap_or_default());
    LetterView {
        id: letter.id.clone(),
        at: moment(letter.at, zone),
        author: letter.author.as_ref().map_or_else(|| loaded.conversation.name.clone(), named),
        is_ours: letter.author.is_some(),
        is_cut: text.chars().nth(MAX_SHOWN_CHARS).is_some(),
        text: text.chars().take(MAX_SHOWN_CHARS).collect(),
        state: sent.as_ref().map(|it| w.of("delivery", it.state.code())),
        message: letter.message.map(|id| id.to_string()),
        files: files.collect(),
    }
}

/// A file of a letter, to be saved: never shown by the browser, whatever it says it is.
pub(crate) async fn attachment(visit: Visit) -> Answer {
    let (letter, n) =
        (visit.part("letter", |it| Some(it.to_owned()))?, visit.part("n", |it| it.parse::<usize>().ok())?);
    let id = visit.part("conversation", ConversationId::parse)?;
    let raw = visit
        .read(move |tx| {
            let known = conversations::letters(tx, id)?.into_iter().find(|it| it.id == letter);
            let message: Option<MessageId> = known.and_then(|it| it.message);
            Ok(message.map(|id| messages::get(tx, id)).transpose()?.map(|message| message.raw))
        })
        .await?;
    let received = raw.as_deref().map(Received::decode).ok_or(Failure::NotFound)?;
    let file = received.attachments.into_iter().nth(n).ok_or(Failure::NotFound)?;
    visit.web.app.note_access(&visit.account, "conversation.file", &id.to_string(), None).await?;
    let headers: [(HeaderName, &str); 2] =
        [(header::CONTENT_TYPE, "application/octet-stream"), (header::CONTENT_DISPOSITION, "attachment")];
    Ok((headers, file.content).into_response())
}

pub(crate) async fn assign(visit: Visit) -> Answer {
    let id = visit.part("conversation", ConversationId::parse)?;
    visit.web.app.assign_conversation(id, visit.fields.some("to"), &visit.account).await?;
    see(&format!("/courrier/{id}?fait=attribue"))
}

pub(crate) async fn tie(visit: Visit) -> Answer {
    let id = visit.part("conversation", ConversationId::parse)?;
    let tied = visit.web.app.tie_conversation(id, visit.fields.one("number"), &visit.account).await;
    done(&visit, tied.map_err(Failure::from), &format!("/courrier/{id}?fait=rattache")).await
}

pub(crate) async fn answer(visit: Visit) -> Answer {
    let id = visit.part("conversation", ConversationId::parse)?;
    let sent = visit.web.app.answer_conversation(id, visit.fields.one("text"), &visit.account).await;
    done(&visit, sent.map(|_| ()).map_err(Failure::from), &format!("/courrier/{id}?fait=repondu")).await
}

pub(crate) async fn close(visit: Visit) -> Answer {
    let id = visit.part("conversation", ConversationId::parse)?;
    visit.web.app.close_conversation(id, &visit.account).await?;
    see("/courrier?fait=traite")
}

/// Goes on, or shows the thread again with what stands in the way.
async fn done(visit: &Visit, act: Result<(), Failure>, path: &str) -> Answer {
    match act {
        Ok(()) => see(path),
        Err(Failure::Obstacles(findings)) => {
            let findings = findings.iter().map(|finding| FindingView::of(visit.web.words, finding)).collect();
            refused_page(&view(visit, findings, visit.fields.one("text").to_owned()).await?)
        }
        Err(failure) => Err(failure),
    }
}
