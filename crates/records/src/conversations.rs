//! What people write about reports, and what the laboratory answers.

use crate::{RecordError, Result, patients::fresh, row};
use jiff::Timestamp;
use lab::{
    id::{ConversationId, DeliveryId, Ids, MessageId, OrderId},
    redact_debug,
};
use store::{Row, Tx, params};

const TABLE: &str = "conversation";

/// Where a conversation stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConversationFilter<'a> {
    /// Waits for the laboratory.
    Open,
    /// Waits for the account with this login.
    AssignedTo(&'a str),
    /// Nobody took it.
    Unassigned,
    /// Was dealt with.
    Closed,
}

/// A conversation with one correspondent about one dossier.
#[derive(Clone)]
pub struct Conversation {
    /// Our identifier.
    pub id: ConversationId,
    /// The dossier; absent when nothing tells which.
    pub order: Option<OrderId>,
    /// Number of the dossier.
    pub order_number: Option<String>,
    /// The sending that was last written about.
    pub delivery: Option<DeliveryId>,
    /// Address they write from, lower case.
    pub peer: String,
    /// Their name, as we know it or as they write it.
    pub name: String,
    /// Subject of their last mail.
    pub subject: String,
    /// When they first wrote.
    pub opened_at: Timestamp,
    /// When something was last written.
    pub updated_at: Timestamp,
    /// Who takes care of it: a login.
    pub assigned_to: Option<String>,
    /// When it was dealt with.
    pub closed_at: Option<Timestamp>,
}
redact_debug!(Conversation);

/// One mail of a conversation.
#[derive(Clone)]
pub struct Letter {
    /// Identifier.
    pub id: String,
    /// When it came or was written.
    pub at: Timestamp,
    /// The login of who answered; absent when they wrote.
    pub author: Option<String>,
    /// What they wrote, as received.
    pub message: Option<MessageId>,
    /// Our answer, as a sending.
    pub delivery: Option<DeliveryId>,
    /// Text of our answer.
    pub text: String,
}
redact_debug!(Letter);

/// A mail that a person sent us.
pub struct NewLetter<'a> {
    /// As received.
    pub message: MessageId,
    /// The dossier it is about, when that is known.
    pub order: Option<OrderId>,
    /// The sending it answers, when that is known.
    pub delivery: Option<DeliveryId>,
    /// Address it comes from, lower case.
    pub peer: &'a str,
    /// Name to show.
    pub name: &'a str,
    /// Its subject.
    pub subject: &'a str,
    /// Written by a program (an absence message): it joins the conversation, which stays as it was.
    pub is_automatic: bool,
}

const SELECT: &str = "SELECT c.*, o.number FROM conversation c LEFT JOIN lab_order o ON o.id = c.order_id";

fn read(row: &Row) -> Result<Conversation> {
    Ok(Conversation {
        id: row::code(row, TABLE, "id", ConversationId::parse)?,
        order: row.opt_text("order_id")?.and_then(OrderId::parse),
        order_number: row.opt_string("number")?,
        delivery: row.opt_text("delivery_id")?.and_then(DeliveryId::parse),
        peer: row.string("peer")?,
        name: row.string("name")?,
        subject: row.string("subject")?,
        opened_at: row::time(row, TABLE, "opened_at")?,
        updated_at: row::time(row, TABLE, "updated_at")?,
        assigned_to: row.opt_string("assigned_to")?,
        closed_at: row::opt_time(row, TABLE, "closed_at")?,
    })
}

/// Adds a mail to the conversation with its sender about its dossier, which it opens or opens again.
pub fn receive(tx: &mut Tx<'_>, ids: &mut dyn Ids, letter: &NewLetter<'_>, now: Timestamp) -> Result<ConversationId> {
    let order = letter.order.map(|id| id.to_string());
    let delivery = letter.delivery.map(|id| id.to_string());
    let known = tx.query_opt(
        "SELECT id FROM conversation WHERE peer = $1 AND COALESCE(order_id, '') = $2 ORDER BY id DESC LIMIT 1",
        params![letter.peer, order.as_deref().unwrap_or("")],
    )?;
    let id = match known {
        Some(row) => {
            let id = row::code(&row, TABLE, "id", ConversationId::parse)?;
            let at = row::micros(now);
            if letter.is_automatic {
                tx.execute("UPDATE conversation SET updated_at = $2 WHERE id = $1", params![id.to_string(), at])?;
            } else {
                tx.execute(
                    "UPDATE conversation SET updated_at = $2, subject = $3, closed_at = NULL, closed_by = NULL, \
                     delivery_id = COALESCE($4, delivery_id) WHERE id = $1",
                    params![id.to_string(), at, letter.subject, delivery],
                )?;
            }
            id
        }
        None => {
            let id = ConversationId::fresh(ids);
            tx.execute(
                "INSERT INTO conversation (id, order_id, delivery_id, peer, name, subject, opened_at, updated_at, \
                 closed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
                params![
                    id.to_string(),
                    order,
                    delivery,
                    letter.peer,
                    letter.name,
                    letter.subject,
                    row::micros(now),
                    letter.is_automatic.then(|| row::micros(now)),
                ],
            )?;
            id
        }
    };
    tx.execute(
        "INSERT INTO letter (id, conversation_id, at, message_id, text) VALUES ($1, $2, $3, $4, '')",
        params![fresh(ids), id.to_string(), row::micros(now), letter.message.to_string()],
    )?;
    Ok(id)
}

/// An answer of ours.
pub struct NewAnswer<'a> {
    /// The sending that brings it.
    pub delivery: DeliveryId,
    /// What it says.
    pub text: &'a str,
    /// The login of who wrote it.
    pub by: &'a str,
    /// The box it leaves from, when that is not the applicative one.
    pub sent_from: Option<&'a str>,
}

/// Adds an answer of ours; the conversation is dealt with until they write again.
pub fn answer(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    id: ConversationId,
    answer: &NewAnswer<'_>,
    now: Timestamp,
) -> Result<()> {
    let (delivery, at) = (answer.delivery.to_string(), row::micros(now));
    let by = answer.by;
    tx.execute(
        "INSERT INTO letter (id, conversation_id, at, author, delivery_id, text, sent_from) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![fresh(ids), id.to_string(), at, by, delivery, answer.text, answer.sent_from],
    )?;
    tx.execute(
        "UPDATE conversation SET updated_at = $2, closed_at = $2, closed_by = $3, \
         assigned_to = COALESCE(assigned_to, $3) WHERE id = $1",
        params![id.to_string(), at, by],
    )?;
    Ok(())
}

/// Says who takes care of it; `None`: nobody.
pub fn assign(tx: &mut Tx<'_>, id: ConversationId, to: Option<&str>) -> Result<()> {
    tx.execute("UPDATE conversation SET assigned_to = $2 WHERE id = $1", params![id.to_string(), to])?;
    Ok(())
}

/// Says that it is dealt with.
pub fn close(tx: &mut Tx<'_>, id: ConversationId, by: &str, now: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE conversation SET closed_at = $2, closed_by = $3 WHERE id = $1 AND closed_at IS NULL",
        params![id.to_string(), row::micros(now), by],
    )?;
    Ok(())
}

/// Ties it to a dossier and to the sending it is about.
pub fn tie(tx: &mut Tx<'_>, id: ConversationId, order: OrderId, delivery: Option<DeliveryId>) -> Result<()> {
    tx.execute(
        "UPDATE conversation SET order_id = $2, delivery_id = $3 WHERE id = $1",
        params![id.to_string(), order.to_string(), delivery.map(|it| it.to_string())],
    )?;
    Ok(())
}

/// Reads a conversation.
pub fn get(tx: &mut Tx<'_>, id: ConversationId) -> Result<Conversation> {
    let row = tx.query_opt(&format!("{SELECT} WHERE c.id = $1"), params![id.to_string()])?;
    read(&row.ok_or(RecordError::Missing("conversation"))?)
}

/// The mails of a conversation, oldest first.
pub fn letters(tx: &mut Tx<'_>, id: ConversationId) -> Result<Vec<Letter>> {
    tx.query("SELECT * FROM letter WHERE conversation_id = $1 ORDER BY id", params![id.to_string()])?
        .iter()
        .map(|row| {
            Ok(Letter {
                id: row.string("id")?,
                at: row::time(row, "letter", "at")?,
                author: row.opt_string("author")?,
                message: row.opt_text("message_id")?.and_then(MessageId::parse),
                delivery: row.opt_text("delivery_id")?.and_then(DeliveryId::parse),
                text: row.string("text")?,
            })
        })
        .collect()
}

/// The answer that a sending brings.
pub struct Answered {
    /// Its text.
    pub text: String,
    /// The box it leaves from, when that is not the applicative one.
    pub sent_from: Option<String>,
    /// The last mail of theirs before it.
    pub theirs: Option<MessageId>,
}

/// The answer that a sending brings; `None` for a sending that brings none.
pub fn answered(tx: &mut Tx<'_>, delivery: DeliveryId) -> Result<Option<Answered>> {
    let row = tx.query_opt(
        "SELECT l.text, l.sent_from, (SELECT p.message_id FROM letter p WHERE p.conversation_id = l.conversation_id \
         AND p.id < l.id AND p.message_id IS NOT NULL ORDER BY p.id DESC LIMIT 1) AS answers \
         FROM letter l WHERE l.delivery_id = $1",
        params![delivery.to_string()],
    )?;
    row.map(|row| {
        let theirs = row.opt_text("answers")?.and_then(MessageId::parse);
        Ok(Answered { text: row.string("text")?, sent_from: row.opt_string("sent_from")?, theirs })
    })
    .transpose()
}

/// Conversations, latest first, at most `limit`.
pub fn list(tx: &mut Tx<'_>, filter: ConversationFilter<'_>, limit: u32) -> Result<Vec<Conversation>> {
    let (condition, login) = match filter {
        ConversationFilter::Open => ("c.closed_at IS NULL", None),
        ConversationFilter::AssignedTo(login) => ("c.closed_at IS NULL AND c.assigned_to = $2", Some(login)),
        ConversationFilter::Unassigned => ("c.closed_at IS NULL AND c.assigned_to IS NULL", None),
        ConversationFilter::Closed => ("c.closed_at IS NOT NULL", None),
    };
    let sql = format!("{SELECT} WHERE {condition} ORDER BY c.updated_at DESC, c.id DESC LIMIT $1");
    let found = match login {
        Some(login) => tx.query(&sql, params![limit, login])?,
        None => tx.query(&sql, params![limit])?,
    };
    found.iter().map(read).collect()
}

/// The conversations about a dossier, latest first.
pub fn of_order(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Conversation>> {
    let sql = format!("{SELECT} WHERE c.order_id = $1 ORDER BY c.updated_at DESC LIMIT 200");
    tx.query(&sql, params![order.to_string()])?.iter().map(read).collect()
}
