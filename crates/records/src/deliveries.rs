//! Planned deliveries, attempts to make them, answers to them.

use crate::{RecordError, Result, patients::fresh, row};
use jiff::Timestamp;
use lab::{
    delivery::{AttemptOutcome, DeliveryState, Earlier, NextStep},
    id::{DeliveryId, Ids, MessageId, Oid, VersionId},
    person::MssanteAddress,
    redact_debug,
    routing::{Act, Channel, Destination, PlannedDelivery, WithheldReason},
};
use store::{Row, Tx, params};

pub(crate) const TABLE: &str = "delivery";

/// A delivery as recorded.
#[derive(Clone)]
pub struct Delivery {
    /// Our identifier.
    pub id: DeliveryId,
    /// The version it is about.
    pub version: VersionId,
    /// What it does with it.
    pub act: Act,
    /// Channel.
    pub channel: Channel,
    /// Mailbox, for a mail.
    pub address: Option<MssanteAddress>,
    /// Name of the recipient, as printed.
    pub name: String,
    /// Identifier at the peer's.
    pub exchange: Oid,
    /// State.
    pub state: DeliveryState,
    /// Code of the reason why it is not made.
    pub withheld: Option<String>,
    /// When planned.
    pub planned_at: Timestamp,
    /// When a person last asked to try again.
    pub retried_at: Option<Timestamp>,
    /// When it is tried (again).
    pub due_at: Option<Timestamp>,
    /// Whether a worker holds it.
    pub is_claimed: bool,
    /// Attempts made.
    pub n_attempts: u32,
    /// SHA-256 of the bytes first handed over.
    pub content_sha256: Option<String>,
    /// Number of the mail template they were written from; 0 is the original text.
    pub template: Option<i64>,
    /// When the recipient's server had it.
    pub received_at: Option<Timestamp>,
    /// When it was read.
    pub read_at: Option<Timestamp>,
}
redact_debug!(Delivery);

fn read(row: &Row) -> Result<Delivery> {
    Ok(Delivery {
        id: row::code(row, TABLE, "id", DeliveryId::parse)?,
        version: row::code(row, TABLE, "version_id", VersionId::parse)?,
        act: row::code(row, TABLE, "act", Act::from_code)?,
        channel: row::code(row, TABLE, "channel", Channel::from_code)?,
        address: row.opt_text("address")?.and_then(MssanteAddress::parse),
        name: row.string("name")?,
        exchange: row::code(row, TABLE, "exchange", Oid::parse)?,
        state: row::code(row, TABLE, "state", DeliveryState::from_code)?,
        withheld: row.opt_string("withheld")?,
        planned_at: row::time(row, TABLE, "planned_at")?,
        retried_at: row::opt_time(row, TABLE, "retried_at")?,
        due_at: row::opt_time(row, TABLE, "due_at")?,
        is_claimed: row::opt_time(row, TABLE, "lease_until")?.is_some(),
        n_attempts: u32::try_from(row.int("n_attempts")?)
            .map_err(|_| RecordError::Unexpected { table: TABLE, column: "n_attempts" })?,
        content_sha256: row.opt_string("content_sha256")?,
        template: row.opt_int("template")?,
        received_at: row::opt_time(row, TABLE, "received_at")?,
        read_at: row::opt_time(row, TABLE, "read_at")?,
    })
}

/// Records the plan of a version.
pub fn insert_plan(tx: &mut Tx<'_>, version: VersionId, plan: &[PlannedDelivery], now: Timestamp) -> Result<()> {
    for planned in plan {
        let (address, name) = match &planned.destination {
            Destination::Mailbox { address, name } => (Some(address.as_str()), name.as_str()),
            Destination::Dmp => (None, "DMP"),
            Destination::Unreachable(name) => (None, name.as_str()),
        };
        let (state, due_at) = match planned.withheld {
            Some(_) => (DeliveryState::Withheld, None),
            None => (DeliveryState::Planned, Some(row::micros(now))),
        };
        tx.execute(
            "INSERT INTO delivery (id, version_id, channel, address, name, exchange, state, withheld, planned_at, \
             due_at, n_attempts, act) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11)",
            params![
                planned.id.to_string(),
                version.to_string(),
                planned.channel.code(),
                address,
                name,
                planned.exchange.as_str(),
                state.code(),
                planned.withheld.map(WithheldReason::code),
                row::micros(now),
                due_at,
                planned.act.code(),
            ],
        )?;
    }
    Ok(())
}

/// The deliveries of a version, in plan order.
pub fn of_version(tx: &mut Tx<'_>, version: VersionId) -> Result<Vec<Delivery>> {
    tx.query("SELECT * FROM delivery WHERE version_id = $1 ORDER BY id", params![version.to_string()])?
        .iter()
        .map(read)
        .collect()
}

/// Reads a delivery.
pub fn get(tx: &mut Tx<'_>, id: DeliveryId) -> Result<Delivery> {
    let row = tx
        .query_opt("SELECT * FROM delivery WHERE id = $1", params![id.to_string()])?
        .ok_or(RecordError::Missing("delivery"))?;
    read(&row)
}

/// Deliveries of a version that wait and were never handed over become useless: a later version says it better.
pub fn supersede(tx: &mut Tx<'_>, version: VersionId) -> Result<()> {
    tx.execute(
        "UPDATE delivery SET state = 'superseded', due_at = NULL WHERE version_id = $1 \
         AND state IN ('planned', 'retrying') AND lease_until IS NULL",
        params![version.to_string()],
    )?;
    Ok(())
}

/// Takes deliveries that are due, under a lease; each is answered to one caller only.
pub fn claim(tx: &mut Tx<'_>, now: Timestamp, lease_until: Timestamp, limit: u32) -> Result<Vec<Delivery>> {
    let sql = match tx.dialect() {
        store::Backend::Sqlite => {
            "SELECT * FROM delivery WHERE due_at <= $1 AND lease_until IS NULL ORDER BY due_at, id LIMIT $2"
        }
        store::Backend::Postgres => {
            "SELECT * FROM delivery WHERE due_at <= $1 AND lease_until IS NULL ORDER BY due_at, id LIMIT $2 \
             FOR UPDATE SKIP LOCKED"
        }
    };
    let claimed: Vec<Delivery> =
        tx.query(sql, params![row::micros(now), limit])?.iter().map(read).collect::<Result<_>>()?;
    for delivery in &claimed {
        tx.execute(
            "UPDATE delivery SET lease_until = $2 WHERE id = $1",
            params![delivery.id.to_string(), row::micros(lease_until)],
        )?;
    }
    Ok(claimed)
}

/// Gives a claimed delivery back untried, due later.
pub fn postpone(tx: &mut Tx<'_>, id: DeliveryId, due_at: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE delivery SET lease_until = NULL, due_at = $2 WHERE id = $1",
        params![id.to_string(), row::micros(due_at)],
    )?;
    Ok(())
}

/// Ends a claimed delivery whose version need not leave any more.
pub fn drop_claimed(tx: &mut Tx<'_>, id: DeliveryId) -> Result<()> {
    tx.execute(
        "UPDATE delivery SET state = 'superseded', due_at = NULL, lease_until = NULL WHERE id = $1",
        params![id.to_string()],
    )?;
    Ok(())
}

/// The bytes that an attempt hands over, where every attempt must hand over the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Content {
    /// Their SHA-256.
    pub sha256: String,
    /// Number of the mail template they were written from.
    pub template: Option<i64>,
}

/// Records, before anything is handed over, that an attempt begins; answers its identifier. What was first handed over
/// stays recorded.
pub fn begin_attempt(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    delivery: DeliveryId,
    content: Option<&Content>,
    now: Timestamp,
) -> Result<String> {
    let id = fresh(ids);
    tx.execute(
        "INSERT INTO attempt (id, delivery_id, started_at, answer) VALUES ($1, $2, $3, '')",
        params![&id, delivery.to_string(), row::micros(now)],
    )?;
    tx.execute(
        "UPDATE delivery SET n_attempts = n_attempts + 1, state = 'sent', \
         content_sha256 = COALESCE(content_sha256, $2), template = COALESCE(template, $3) WHERE id = $1",
        params![delivery.to_string(), content.map(|it| it.sha256.as_str()), content.and_then(|it| it.template)],
    )?;
    Ok(id)
}

fn outcome_code(outcome: AttemptOutcome) -> &'static str {
    match outcome {
        AttemptOutcome::Accepted => "accepted",
        AttemptOutcome::Received => "received",
        AttemptOutcome::Temporary => "temporary",
        AttemptOutcome::Unreachable => "unreachable",
        AttemptOutcome::Permanent => "permanent",
        AttemptOutcome::Unknown => "unknown",
        AttemptOutcome::NeedsOperator => "needs_operator",
    }
}

/// Records how an attempt ended and what follows. A state proved meanwhile by an answer is not lost: an attempt begins
/// as `sent`, so that any other state was proved since, such as a bounce recorded before the acceptance it refuses.
pub fn end_attempt(
    tx: &mut Tx<'_>,
    delivery: DeliveryId,
    attempt: &str,
    outcome: AttemptOutcome,
    answer: &str,
    next: NextStep,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "UPDATE attempt SET ended_at = $2, outcome = $3, answer = $4 WHERE id = $1",
        params![attempt, row::micros(now), outcome_code(outcome), answer],
    )?;
    tx.execute(
        "UPDATE delivery SET lease_until = NULL, due_at = $3, state = $2, \
         received_at = CASE WHEN $2 = 'received' THEN $4 ELSE received_at END \
         WHERE id = $1 AND state = 'sent'",
        params![delivery.to_string(), next.state.code(), row::opt_micros(next.due_at), row::micros(now)],
    )?;
    tx.execute("UPDATE delivery SET lease_until = NULL WHERE id = $1", params![delivery.to_string()])?;
    Ok(())
}

/// Deliveries whose lease has run out: the process that held them died. With the open attempt, if one had begun.
pub fn abandoned(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<(Delivery, Option<String>)>> {
    tx.query(
        "SELECT d.*, (SELECT MAX(a.id) FROM attempt a WHERE a.delivery_id = d.id AND a.ended_at IS NULL) AS open_attempt \
         FROM delivery d WHERE d.lease_until < $1 ORDER BY d.id LIMIT 1000",
        params![row::micros(now)],
    )?
    .iter()
    .map(|row| Ok((read(row)?, row.opt_string("open_attempt")?)))
    .collect()
}

/// Says again that a claimed delivery is ours; one given back meanwhile is left alone.
pub fn renew_lease(tx: &mut Tx<'_>, id: DeliveryId, until: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE delivery SET lease_until = $2 WHERE id = $1 AND lease_until IS NOT NULL",
        params![id.to_string(), row::micros(until)],
    )?;
    Ok(())
}

/// Gives a claimed delivery back as it stands.
pub fn end_lease(tx: &mut Tx<'_>, id: DeliveryId) -> Result<()> {
    tx.execute("UPDATE delivery SET lease_until = NULL WHERE id = $1", params![id.to_string()])?;
    Ok(())
}

/// Mails that must reach the same box before this one, of the same dossier, that have not ended or that someone is
/// sending: those of earlier versions, and for a withdrawal those that brought the version itself.
pub fn earlier_mails(tx: &mut Tx<'_>, delivery: &Delivery, address: &MssanteAddress) -> Result<Vec<Earlier>> {
    tx.query(
        "SELECT d.state, d.lease_until, (SELECT MAX(a.started_at) FROM attempt a WHERE a.delivery_id = d.id) AS tried_at \
         FROM report_version mine JOIN report_version v ON v.order_id = mine.order_id \
         JOIN delivery d ON d.version_id = v.id WHERE mine.id = $1 AND d.address = $2 \
         AND (v.number < mine.number OR (v.id = mine.id AND d.act = 'send' AND $3 = 'withdraw')) \
         AND (d.lease_until IS NOT NULL OR d.state IN ('sent', 'accepted'))",
        params![delivery.version.to_string(), address.as_str(), delivery.act.code()],
    )?
    .iter()
    .map(|row| {
        Ok(Earlier {
            state: row::code(row, TABLE, "state", DeliveryState::from_code)?,
            is_under_way: row.opt_int("lease_until")?.is_some(),
            tried_at: row::opt_time(row, "attempt", "tried_at")?,
        })
    })
    .collect()
}

/// When this recipient was first refused, or met a failure of its own, since then.
pub fn refused_since(tx: &mut Tx<'_>, id: DeliveryId, since: Timestamp) -> Result<Option<Timestamp>> {
    tx.query_opt(
        "SELECT MIN(started_at) AS at FROM attempt WHERE delivery_id = $1 AND outcome = 'temporary' AND started_at >= $2",
        params![id.to_string(), row::micros(since)],
    )?
    .map_or(Ok(None), |row| row::opt_time(&row, "attempt", "at"))
}

/// When the last attempt of a delivery ended.
pub fn last_ended(tx: &mut Tx<'_>, id: DeliveryId) -> Result<Option<Timestamp>> {
    tx.query_opt("SELECT MAX(ended_at) AS at FROM attempt WHERE delivery_id = $1", params![id.to_string()])?
        .map_or(Ok(None), |row| row::opt_time(&row, "attempt", "at"))
}

/// Ends every lease: only where no other process works on this database.
pub fn expire_leases(tx: &mut Tx<'_>) -> Result<()> {
    tx.execute("UPDATE delivery SET lease_until = 0 WHERE lease_until IS NOT NULL", params![])?;
    Ok(())
}

/// An attempt as listed: start, end, outcome code, answer.
pub type AttemptLine = (Timestamp, Option<Timestamp>, Option<String>, String);

/// The attempts of a delivery, oldest first.
pub fn attempts(tx: &mut Tx<'_>, delivery: DeliveryId) -> Result<Vec<AttemptLine>> {
    tx.query(
        "SELECT started_at, ended_at, outcome, answer FROM attempt WHERE delivery_id = $1 ORDER BY id",
        params![delivery.to_string()],
    )?
    .iter()
    .map(|row| {
        Ok((
            row::time(row, "attempt", "started_at")?,
            row::opt_time(row, "attempt", "ended_at")?,
            row.opt_string("outcome")?,
            row.string("answer")?,
        ))
    })
    .collect()
}

/// Finds the delivery that an answer is about: by its own identifier, or by its exchange identifier.
pub fn find(tx: &mut Tx<'_>, key: &str) -> Result<Option<Delivery>> {
    tx.query_opt("SELECT * FROM delivery WHERE id = $1 OR exchange = $1", params![key])?
        .map(|row| read(&row))
        .transpose()
}

/// An answer to record.
pub struct NewAcknowledgment<'a> {
    /// The delivery.
    pub delivery: DeliveryId,
    /// The message that brought it.
    pub message: MessageId,
    /// `dsn`, `mdn` or `bounce`.
    pub kind: &'static str,
    /// `received`, `delayed`, `not_received`, `read` or `not_filed`.
    pub proof: &'static str,
    /// The peer's own words or codes.
    pub detail: &'a str,
}

/// Records an answer and the state it proves.
pub fn acknowledge(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    answer: &NewAcknowledgment<'_>,
    state: DeliveryState,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "INSERT INTO acknowledgment (id, delivery_id, message_id, at, kind, proof, detail) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            fresh(ids),
            answer.delivery.to_string(),
            answer.message.to_string(),
            row::micros(now),
            answer.kind,
            answer.proof,
            answer.detail,
        ],
    )?;
    tx.execute(
        "UPDATE delivery SET state = $2, \
         due_at = CASE WHEN $2 IN ('accepted', 'received', 'read', 'failed') THEN NULL ELSE due_at END, \
         received_at = CASE WHEN $2 IN ('received', 'read') THEN COALESCE(received_at, $3) ELSE received_at END, \
         read_at = CASE WHEN $2 = 'read' THEN COALESCE(read_at, $3) ELSE read_at END WHERE id = $1",
        params![answer.delivery.to_string(), state.code(), row::micros(now)],
    )?;
    Ok(())
}

/// An answer as listed: time, kind, proof, detail.
pub type AcknowledgmentLine = (Timestamp, String, String, String);

/// The answers to a delivery, oldest first.
pub fn acknowledgments(tx: &mut Tx<'_>, delivery: DeliveryId) -> Result<Vec<AcknowledgmentLine>> {
    tx.query(
        "SELECT at, kind, proof, detail FROM acknowledgment WHERE delivery_id = $1 ORDER BY id",
        params![delivery.to_string()],
    )?
    .iter()
    .map(|row| {
        Ok((row::time(row, "acknowledgment", "at")?, row.string("kind")?, row.string("proof")?, row.string("detail")?))
    })
    .collect()
}

/// Asks a failed delivery to be tried again now and clears its alerts; answers whether it had failed.
pub fn retry_now(tx: &mut Tx<'_>, id: DeliveryId, now: Timestamp) -> Result<bool> {
    let (id, now) = (id.to_string(), row::micros(now));
    let n = tx.execute(
        "UPDATE delivery SET state = 'retrying', due_at = $2, retried_at = $2 WHERE id = $1 AND state = 'failed'",
        params![&id, now],
    )?;
    tx.execute("UPDATE alert SET cleared_at = $2 WHERE delivery_id = $1 AND cleared_at IS NULL", params![&id, now])?;
    Ok(n == 1)
}

/// Keeps here a delivery that has not left and that nobody is sending.
pub fn keep(tx: &mut Tx<'_>, id: DeliveryId, reason: WithheldReason) -> Result<()> {
    tx.execute(
        "UPDATE delivery SET state = 'withheld', withheld = $2, due_at = NULL WHERE id = $1 \
         AND state IN ('planned', 'retrying', 'failed') AND lease_until IS NULL",
        params![id.to_string(), reason.code()],
    )?;
    Ok(())
}

/// Keeps here a claimed delivery that has not left.
pub fn keep_claimed(tx: &mut Tx<'_>, id: DeliveryId, reason: WithheldReason) -> Result<()> {
    tx.execute(
        "UPDATE delivery SET state = 'withheld', withheld = $2, due_at = NULL, lease_until = NULL WHERE id = $1",
        params![id.to_string(), reason.code()],
    )?;
    Ok(())
}

/// Decides again about a withheld delivery: it leaves now, or is kept for this other reason. One whose bytes were handed
/// over keeps the date that they bear.
pub fn decide_again(
    tx: &mut Tx<'_>,
    id: DeliveryId,
    withheld: Option<WithheldReason>,
    address: Option<&MssanteAddress>,
    now: Timestamp,
) -> Result<()> {
    let (id, address, now) = (id.to_string(), address.map(MssanteAddress::as_str), row::micros(now));
    match withheld {
        Some(reason) => tx.execute(
            "UPDATE delivery SET withheld = $2, address = COALESCE($3, address) WHERE id = $1 AND state = 'withheld'",
            params![id, reason.code(), address],
        )?,
        None => tx.execute(
            "UPDATE delivery SET state = 'planned', withheld = NULL, address = COALESCE($2, address), due_at = $3, \
             retried_at = $3, planned_at = CASE WHEN content_sha256 IS NULL THEN $3 ELSE planned_at END \
             WHERE id = $1 AND state = 'withheld'",
            params![id, address, now],
        )?,
    };
    Ok(())
}

/// Lets a withheld delivery leave now, to this box; answers whether it was withheld. One whose bytes were handed over keeps
/// the date that they bear.
pub fn release(tx: &mut Tx<'_>, id: DeliveryId, address: &MssanteAddress, now: Timestamp) -> Result<bool> {
    let n = tx.execute(
        "UPDATE delivery SET state = 'planned', withheld = NULL, address = $2, due_at = $3, retried_at = $3, \
         planned_at = CASE WHEN content_sha256 IS NULL THEN $3 ELSE planned_at END \
         WHERE id = $1 AND state = 'withheld'",
        params![id.to_string(), address.as_str(), row::micros(now)],
    )?;
    Ok(n == 1)
}

/// How many deliveries stand in each state, by channel: channel, state, count.
pub fn counts(tx: &mut Tx<'_>) -> Result<Vec<(Channel, DeliveryState, i64)>> {
    tx.query("SELECT channel, state, COUNT(*) AS n FROM delivery GROUP BY channel, state", params![])?
        .iter()
        .map(|row| {
            Ok((
                row::code(row, TABLE, "channel", Channel::from_code)?,
                row::code(row, TABLE, "state", DeliveryState::from_code)?,
                row.int("n")?,
            ))
        })
        .collect()
}

/// Deliveries that have not ended and were planned before, oldest first, at most 200.
pub fn overdue(tx: &mut Tx<'_>, planned_before: Timestamp) -> Result<Vec<Delivery>> {
    tx.query(
        "SELECT * FROM delivery WHERE state IN ('planned', 'sent', 'accepted', 'retrying') AND planned_at < $1 \
         ORDER BY planned_at LIMIT 200",
        params![row::micros(planned_before)],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Deliveries that failed, latest first, at most 200.
pub fn failed(tx: &mut Tx<'_>) -> Result<Vec<Delivery>> {
    tx.query("SELECT * FROM delivery WHERE state = 'failed' ORDER BY planned_at DESC LIMIT 200", params![])?
        .iter()
        .map(read)
        .collect()
}

/// How far a return mailbox was read: UIDVALIDITY and last UID.
pub fn return_box(tx: &mut Tx<'_>, address: &str) -> Result<Option<(u32, u32)>> {
    tx.query_opt("SELECT uid_validity, last_uid FROM return_box WHERE address = $1", params![address])?
        .map(|row| {
            let bound = |column: &'static str| {
                u32::try_from(row.int(column)?).map_err(|_| RecordError::Unexpected { table: "return_box", column })
            };
            Ok((bound("uid_validity")?, bound("last_uid")?))
        })
        .transpose()
}

/// Records how far a return mailbox was read.
pub fn set_return_box(tx: &mut Tx<'_>, address: &str, uid_validity: u32, last_uid: u32) -> Result<()> {
    tx.execute(
        "INSERT INTO return_box (address, uid_validity, last_uid) VALUES ($1, $2, $3) \
         ON CONFLICT (address) DO UPDATE SET uid_validity = excluded.uid_validity, last_uid = excluded.last_uid",
        params![address, uid_validity, last_uid],
    )?;
    Ok(())
}

/// Stops what waits to leave for a patient by these channels, for a recorded reason.
pub fn withhold_pending(
    tx: &mut Tx<'_>,
    patient: lab::id::PatientId,
    channels: &[Channel],
    reason: WithheldReason,
) -> Result<()> {
    for channel in channels {
        tx.execute(
            "UPDATE delivery SET state = 'withheld', withheld = $3, due_at = NULL WHERE channel = $2 \
             AND state IN ('planned', 'retrying') AND lease_until IS NULL \
             AND version_id IN (SELECT id FROM report_version WHERE patient_id = $1)",
            params![patient.to_string(), channel.code(), reason.code()],
        )?;
    }
    Ok(())
}
