//! Messages as received, their answers, what was found in them.

use crate::{RecordError, Result, row};
use jiff::Timestamp;
use lab::{
    finding::{Finding, Severity},
    id::{ConnectionId, MessageId},
};
use store::{Row, Tx, params};

/// Where a received message stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageState {
    /// Stored and answered, to be processed.
    Received,
    /// Processed.
    Processed,
    /// Answered with a refusal; kept as received.
    Refused,
    /// Same content as an earlier message of the same sender; not processed again.
    Duplicate,
    /// Processing failed; a person is told.
    Failed,
}

const STATES: &[(MessageState, &str)] = &[
    (MessageState::Received, "received"),
    (MessageState::Processed, "processed"),
    (MessageState::Refused, "refused"),
    (MessageState::Duplicate, "duplicate"),
    (MessageState::Failed, "failed"),
];

impl MessageState {
    /// The stored code.
    pub fn code(self) -> &'static str {
        STATES.iter().find(|(state, _)| *state == self).map_or("failed", |(_, code)| code)
    }

    fn from_code(code: &str) -> Option<Self> {
        STATES.iter().find(|(_, known)| *known == code).map(|(state, _)| *state)
    }
}

/// A message to store.
pub struct NewMessage<'a> {
    /// Our identifier.
    pub id: MessageId,
    /// When received.
    pub received_at: Timestamp,
    /// `mllp`, `folder` or `imap`.
    pub transport: &'static str,
    /// Where from, for people: address, folder or mailbox.
    pub peer: &'a str,
    /// Declared sender, when known.
    pub connection: Option<ConnectionId>,
    /// Control id as sent; empty when unreadable.
    pub control_id: &'a str,
    /// Type such as `ORU^R01`; empty when unreadable.
    pub kind: &'a str,
    /// Hash of the content without what changes at each sending.
    pub content_hash: &'a [u8],
    /// As received.
    pub raw: &'a [u8],
    /// As answered; `None` where nothing is answered.
    pub answer: Option<&'a [u8]>,
    /// State.
    pub state: MessageState,
    /// A remark for people, such as a reused control id; may be empty.
    pub note: &'a str,
}

/// Stores a message with its answer.
pub fn insert(tx: &mut Tx<'_>, message: &NewMessage<'_>) -> Result<()> {
    tx.execute(
        "INSERT INTO message (id, received_at, transport, peer, connection_id, control_id, kind, content_hash, raw, \
         answer, state, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        params![
            message.id.to_string(),
            row::micros(message.received_at),
            message.transport,
            message.peer,
            message.connection.map(|id| id.to_string()),
            message.control_id,
            message.kind,
            message.content_hash,
            message.raw,
            message.answer,
            message.state.code(),
            message.note,
        ],
    )?;
    Ok(())
}

/// An earlier message: hash of its content, and what was answered.
pub type Earlier = (Vec<u8>, Option<Vec<u8>>);

/// The earlier messages of a sender with that control id, oldest first, duplicates left out.
pub fn earlier(
    tx: &mut Tx<'_>,
    connection: Option<ConnectionId>,
    peer: &str,
    control_id: &str,
) -> Result<Vec<Earlier>> {
    let rows = match connection {
        Some(connection) => tx.query(
            "SELECT content_hash, answer FROM message WHERE control_id = $1 AND connection_id = $2 \
             AND state <> 'duplicate' ORDER BY id LIMIT 100",
            params![control_id, connection.to_string()],
        )?,
        None => tx.query(
            "SELECT content_hash, answer FROM message WHERE control_id = $1 AND connection_id IS NULL AND peer = $2 \
             AND state <> 'duplicate' ORDER BY id LIMIT 100",
            params![control_id, peer],
        )?,
    };
    rows.into_iter()
        .map(|mut row| {
            let answer = row.opt_bytes("answer")?.map(<[u8]>::to_vec);
            Ok((row.take_bytes("content_hash")?, answer))
        })
        .collect()
}

/// A message waiting to be processed.
pub struct Waiting {
    /// Our identifier.
    pub id: MessageId,
    /// Declared sender.
    pub connection: Option<ConnectionId>,
    /// When received.
    pub received_at: Timestamp,
    /// As received.
    pub raw: Vec<u8>,
}

/// How many messages wait, counted up to `limit`.
pub fn n_waiting(tx: &mut Tx<'_>, limit: u32) -> Result<usize> {
    Ok(tx.query("SELECT id FROM message WHERE state = 'received' ORDER BY id LIMIT $1", params![limit])?.len())
}

/// Takes the oldest messages waiting, at most `limit`; each is given to one transaction at a time.
pub fn take_waiting(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<Waiting>> {
    let sql = match tx.dialect() {
        store::Backend::Sqlite => {
            "SELECT id, connection_id, received_at, raw FROM message WHERE state = 'received' ORDER BY id LIMIT $1"
        }
        store::Backend::Postgres => {
            "SELECT id, connection_id, received_at, raw FROM message WHERE state = 'received' ORDER BY id LIMIT $1 \
             FOR UPDATE SKIP LOCKED"
        }
    };
    tx.query(sql, params![limit])?
        .into_iter()
        .map(|mut row| {
            let connection = row.opt_text("connection_id")?.and_then(ConnectionId::parse);
            Ok(Waiting {
                id: row::code(&row, "message", "id", MessageId::parse)?,
                connection,
                received_at: row::time(&row, "message", "received_at")?,
                raw: row.take_bytes("raw")?,
            })
        })
        .collect()
}

/// Ends the processing of a message and records what was found in it.
pub fn finish(tx: &mut Tx<'_>, id: MessageId, state: MessageState, findings: &[Finding], now: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE message SET state = $2, processed_at = $3 WHERE id = $1",
        params![id.to_string(), state.code(), row::micros(now)],
    )?;
    add_findings(tx, id, findings)
}

/// Records findings about a message, after those it has.
pub fn add_findings(tx: &mut Tx<'_>, id: MessageId, findings: &[Finding]) -> Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    let known = tx
        .query_one("SELECT COUNT(*) AS n FROM message_finding WHERE message_id = $1", params![id.to_string()])?
        .int("n")?;
    for (rank, finding) in (known..).zip(findings.iter().take(200)) {
        tx.execute(
            "INSERT INTO message_finding (message_id, rank, code, severity, place) VALUES ($1, $2, $3, $4, $5)",
            params![id.to_string(), rank, finding.code, severity_code(finding.severity), &finding.place],
        )?;
    }
    Ok(())
}

fn severity_code(severity: Severity) -> &'static str {
    match severity {
        Severity::Information => "information",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// A stored finding. Its code is text: it may come from an earlier version of the program.
#[derive(Clone, Debug)]
pub struct StoredFinding {
    /// Code.
    pub code: String,
    /// `information`, `warning` or `error`.
    pub severity: String,
    /// Field path.
    pub place: String,
}

/// A message as listed.
pub struct MessageLine {
    /// Our identifier.
    pub id: MessageId,
    /// When received.
    pub received_at: Timestamp,
    /// Transport.
    pub transport: String,
    /// Where from.
    pub peer: String,
    /// Label of the declared sender.
    pub connection: Option<String>,
    /// Control id.
    pub control_id: String,
    /// Type.
    pub kind: String,
    /// State.
    pub state: MessageState,
    /// Remark.
    pub note: String,
    /// Number of findings.
    pub n_findings: i64,
}

fn line(row: &Row) -> Result<MessageLine> {
    Ok(MessageLine {
        id: row::code(row, "message", "id", MessageId::parse)?,
        received_at: row::time(row, "message", "received_at")?,
        transport: row.string("transport")?,
        peer: row.string("peer")?,
        connection: row.opt_string("label")?,
        control_id: row.string("control_id")?,
        kind: row.string("kind")?,
        state: row::code(row, "message", "state", MessageState::from_code)?,
        note: row.string("note")?,
        n_findings: row.int("n_findings")?,
    })
}

/// The latest messages, at most `limit`, latest first.
pub fn latest(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<MessageLine>> {
    tx.query(
        "SELECT m.id, m.received_at, m.transport, m.peer, m.control_id, m.kind, m.state, m.note, c.label, \
         (SELECT COUNT(*) FROM message_finding f WHERE f.message_id = m.id) AS n_findings \
         FROM message m LEFT JOIN connection c ON c.id = m.connection_id ORDER BY m.id DESC LIMIT $1",
        params![limit],
    )?
    .iter()
    .map(line)
    .collect()
}

/// A message whole: its line, bytes, answer and findings.
pub struct StoredMessage {
    /// As listed.
    pub line: MessageLine,
    /// As received.
    pub raw: Vec<u8>,
    /// As answered.
    pub answer: Option<Vec<u8>>,
    /// What was found.
    pub findings: Vec<StoredFinding>,
}

/// Reads a message whole.
pub fn get(tx: &mut Tx<'_>, id: MessageId) -> Result<StoredMessage> {
    let mut row = tx
        .query_opt(
            "SELECT m.*, c.label, (SELECT COUNT(*) FROM message_finding f WHERE f.message_id = m.id) AS n_findings \
             FROM message m LEFT JOIN connection c ON c.id = m.connection_id WHERE m.id = $1",
            params![id.to_string()],
        )?
        .ok_or(RecordError::Missing("message"))?;
    let findings = tx
        .query(
            "SELECT code, severity, place FROM message_finding WHERE message_id = $1 ORDER BY rank",
            params![id.to_string()],
        )?
        .iter()
        .map(|row| {
            Ok(StoredFinding {
                code: row.string("code")?,
                severity: row.string("severity")?,
                place: row.string("place")?,
            })
        })
        .collect::<Result<_>>()?;
    let line = line(&row)?;
    let answer = row.opt_bytes("answer")?.map(<[u8]>::to_vec);
    Ok(StoredMessage { line, raw: row.take_bytes("raw")?, answer, findings })
}

/// Whether a file of a watched folder was read already.
pub fn file_was_read(tx: &mut Tx<'_>, path: &str, signature: &str) -> Result<bool> {
    Ok(tx
        .query_opt("SELECT 1 AS one FROM watched_file WHERE path = $1 AND signature = $2", params![path, signature])?
        .is_some())
}

/// Notes a file of a watched folder as read.
pub fn note_file(tx: &mut Tx<'_>, path: &str, signature: &str, message: MessageId, now: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO watched_file (path, signature, message_id, read_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        params![path, signature, message.to_string(), row::micros(now)],
    )?;
    Ok(())
}
