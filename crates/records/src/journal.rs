//! The audit trail, hash-chained, and the alerts of the watch.

use crate::{Result, patients::fresh, row};
use jiff::Timestamp;
use lab::id::{DeliveryId, Ids, PatientId};
use sha2::{Digest, Sha256};
use store::{Tx, params};

/// An event to record.
pub struct AuditEvent<'a> {
    /// Login, connection label, or the name of the part of the program that acted.
    pub actor: &'a str,
    /// What was done: `report.sign`, `order.view`…
    pub action: &'a str,
    /// On what: an identifier or a number, never a name.
    pub subject: &'a str,
    /// Whose file.
    pub patient: Option<PatientId>,
}

/// Appends an event; each one's hash covers the one before, so that a change or a hole is seen.
pub fn append(tx: &mut Tx<'_>, event: &AuditEvent<'_>, now: Timestamp) -> Result<()> {
    tx.lock_named("audit_event")?;
    let last = tx.query_opt("SELECT sequence, hash FROM audit_event ORDER BY sequence DESC LIMIT 1", params![])?;
    let (sequence, previous) = match last {
        Some(mut row) => (row.int("sequence")? + 1, row.take_bytes("hash")?),
        None => (1, Vec::new()),
    };
    let patient = event.patient.map(|id| id.to_string());
    let hash = link(&previous, sequence, row::micros(now), event, patient.as_deref());
    tx.execute(
        "INSERT INTO audit_event (sequence, at, actor, action, subject, patient_id, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![sequence, row::micros(now), event.actor, event.action, event.subject, patient, &hash[..]],
    )?;
    Ok(())
}

fn link(previous: &[u8], sequence: i64, at: i64, event: &AuditEvent<'_>, patient: Option<&str>) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update(sequence.to_be_bytes());
    hash.update(at.to_be_bytes());
    for part in [event.actor, event.action, event.subject, patient.unwrap_or("")] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().to_vec()
}

/// The first sequence number whose link is broken; `None` when the whole chain holds.
pub fn first_broken_link(tx: &mut Tx<'_>) -> Result<Option<i64>> {
    let mut previous: Vec<u8> = Vec::new();
    let mut expected = 1_i64;
    let mut broken = None;
    tx.query_each("SELECT * FROM audit_event ORDER BY sequence", params![], |row| {
        let sequence = row.int("sequence")?;
        let event = AuditEvent {
            actor: row.text("actor")?,
            action: row.text("action")?,
            subject: row.text("subject")?,
            patient: None,
        };
        let hash = link(&previous, sequence, row.int("at")?, &event, row.opt_text("patient_id")?);
        if broken.is_none() && (sequence != expected || hash != row.bytes("hash")?) {
            broken = Some(sequence);
        }
        expected = sequence + 1;
        previous = row.bytes("hash")?.to_vec();
        Ok(())
    })?;
    Ok(broken)
}

/// An event as listed.
pub struct AuditLine {
    /// Rank in the chain.
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// On what.
    pub subject: String,
}

/// The latest events, latest first; of one patient when given.
pub fn latest(tx: &mut Tx<'_>, patient: Option<PatientId>, limit: u32) -> Result<Vec<AuditLine>> {
    let patient = patient.map(|id| id.to_string());
    tx.query(
        "SELECT sequence, at, actor, action, subject FROM audit_event WHERE ($1 = '' OR patient_id = $1) \
         ORDER BY sequence DESC LIMIT $2",
        params![patient.as_deref().unwrap_or(""), limit],
    )?
    .iter()
    .map(|row| {
        Ok(AuditLine {
            sequence: row.int("sequence")?,
            at: row::time(row, "audit_event", "at")?,
            actor: row.string("actor")?,
            action: row.string("action")?,
            subject: row.string("subject")?,
        })
    })
    .collect()
}

/// Raises an alert, unless the same one is open; answers whether it is new.
pub fn raise(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    kind: &str,
    subject: &str,
    delivery: Option<DeliveryId>,
    now: Timestamp,
) -> Result<bool> {
    let n = tx.execute(
        "INSERT INTO alert (id, raised_at, kind, subject, delivery_id) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (kind, subject) WHERE cleared_at IS NULL DO NOTHING",
        params![fresh(ids), row::micros(now), kind, subject, delivery.map(|id| id.to_string())],
    )?;
    Ok(n == 1)
}

/// An open alert: when, kind, subject, delivery.
pub struct AlertLine {
    /// Identifier.
    pub id: String,
    /// When raised.
    pub raised_at: Timestamp,
    /// Kind.
    pub kind: String,
    /// On what.
    pub subject: String,
    /// The delivery.
    pub delivery: Option<DeliveryId>,
}

/// The alerts not cleared yet, latest first, at most 200. Those of deliveries that ended well clear themselves.
pub fn open_alerts(tx: &mut Tx<'_>) -> Result<Vec<AlertLine>> {
    tx.query(
        "SELECT a.* FROM alert a LEFT JOIN delivery d ON d.id = a.delivery_id WHERE a.cleared_at IS NULL \
         AND (d.state IS NULL OR d.state NOT IN ('received', 'read', 'superseded')) ORDER BY a.id DESC LIMIT 200",
        params![],
    )?
    .iter()
    .map(|row| {
        Ok(AlertLine {
            id: row.string("id")?,
            raised_at: row::time(row, "alert", "raised_at")?,
            kind: row.string("kind")?,
            subject: row.string("subject")?,
            delivery: row.opt_text("delivery_id")?.and_then(DeliveryId::parse),
        })
    })
    .collect()
}

/// Clears an alert.
pub fn clear(tx: &mut Tx<'_>, id: &str, now: Timestamp) -> Result<()> {
    tx.execute("UPDATE alert SET cleared_at = $2 WHERE id = $1", params![id, row::micros(now)])?;
    Ok(())
}

/// Clears the alert of a kind about a subject, when it is open.
pub fn clear_about(tx: &mut Tx<'_>, kind: &str, subject: &str, now: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE alert SET cleared_at = $3 WHERE kind = $1 AND subject = $2 AND cleared_at IS NULL",
        params![kind, subject, row::micros(now)],
    )?;
    Ok(())
}

/// Clears the open alerts of a kind but those about a subject; `None` clears them all.
pub fn clear_others(tx: &mut Tx<'_>, kind: &str, subject: Option<&str>, now: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE alert SET cleared_at = $3 WHERE kind = $1 AND subject <> $2 AND cleared_at IS NULL",
        params![kind, subject.unwrap_or(""), row::micros(now)],
    )?;
    Ok(())
}
