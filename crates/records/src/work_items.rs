//! Doubts that a person must settle.

use crate::{Result, patients::fresh, row};
use jiff::Timestamp;
use lab::id::{DeliveryId, Ids, MessageId, OrderId, PatientId};
use store::{Tx, params};

/// A doubt to open.
#[derive(Default)]
pub struct NewWorkItem<'a> {
    /// Station of the flow: `identity`, `matching`, `delivery`…
    pub station: &'static str,
    /// Finding code; its French sentence is in the catalogue.
    pub code: &'a str,
    /// Field path.
    pub place: &'a str,
    /// What it is about, such as an unknown code or unit.
    pub subject: &'a str,
    /// The message it comes from.
    pub message: Option<MessageId>,
    /// The patient.
    pub patient: Option<PatientId>,
    /// The dossier.
    pub order: Option<OrderId>,
    /// The delivery.
    pub delivery: Option<DeliveryId>,
}

/// Opens a doubt, unless the same one is open already for the same dossier or patient.
pub fn open(tx: &mut Tx<'_>, ids: &mut dyn Ids, item: &NewWorkItem<'_>, now: Timestamp) -> Result<()> {
    let order = item.order.map(|id| id.to_string());
    let patient = item.patient.map(|id| id.to_string());
    let same = tx.query_opt(
        "SELECT 1 AS one FROM work_item WHERE closed_at IS NULL AND code = $1 AND subject = $2 \
         AND COALESCE(order_id, '') = $3 AND COALESCE(patient_id, '') = $4 LIMIT 1",
        params![item.code, item.subject, order.as_deref().unwrap_or(""), patient.as_deref().unwrap_or("")],
    )?;
    if same.is_some() && (order.is_some() || patient.is_some()) {
        return Ok(());
    }
    tx.execute(
        "INSERT INTO work_item (id, opened_at, station, code, place, subject, message_id, patient_id, order_id, delivery_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            fresh(ids),
            row::micros(now),
            item.station,
            item.code,
            item.place,
            item.subject,
            item.message.map(|id| id.to_string()),
            patient,
            order,
            item.delivery.map(|id| id.to_string()),
        ],
    )?;
    Ok(())
}

/// Closes a doubt; answers whether it was open.
pub fn close(tx: &mut Tx<'_>, id: &str, by: &str, resolution: &str, now: Timestamp) -> Result<bool> {
    let n = tx.execute(
        "UPDATE work_item SET closed_at = $2, closed_by = $3, resolution = $4 WHERE id = $1 AND closed_at IS NULL",
        params![id, row::micros(now), by, resolution],
    )?;
    Ok(n == 1)
}

/// Closes the doubts of a station about a dossier, when what it waited for is done.
pub fn close_station(
    tx: &mut Tx<'_>,
    order: OrderId,
    station: &str,
    by: &str,
    resolution: &str,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "UPDATE work_item SET closed_at = $3, closed_by = $4, resolution = $5 \
         WHERE order_id = $1 AND station = $2 AND closed_at IS NULL",
        params![order.to_string(), station, row::micros(now), by, resolution],
    )?;
    Ok(())
}

/// The dossier a doubt is about.
pub fn order_of(tx: &mut Tx<'_>, id: &str) -> Result<Option<OrderId>> {
    let row = tx.query_opt("SELECT order_id FROM work_item WHERE id = $1", params![id])?;
    Ok(row.map(|row| row.opt_text("order_id").map(|it| it.and_then(OrderId::parse))).transpose()?.flatten())
}

/// The dossier and the sender's code of a doubt about an analysis that is not recognized; `None` for other doubts.
pub fn unmatched_analysis(tx: &mut Tx<'_>, id: &str) -> Result<Option<(OrderId, String)>> {
    let row = tx.query_opt(
        "SELECT order_id, subject FROM work_item WHERE id = $1 AND code IN ('ANALYSIS-UNKNOWN', 'ANALYSIS-AMBIGUOUS')",
        params![id],
    )?;
    let Some(row) = row else { return Ok(None) };
    let order = row.opt_text("order_id")?.and_then(OrderId::parse);
    Ok(order.map(|order| row.string("subject").map(|subject| (order, subject))).transpose()?)
}

/// An open doubt as listed.
pub struct WorkItemLine {
    /// Identifier.
    pub id: String,
    /// When opened.
    pub opened_at: Timestamp,
    /// Station.
    pub station: String,
    /// Finding code.
    pub code: String,
    /// Field path.
    pub place: String,
    /// What it is about.
    pub subject: String,
    /// The message.
    pub message: Option<MessageId>,
    /// The dossier.
    pub order: Option<OrderId>,
    /// Number of the dossier.
    pub order_number: Option<String>,
    /// The patient, as printed.
    pub patient: Option<String>,
}

/// Open doubts, oldest first, at most 500; of one dossier when given.
pub fn open_items(tx: &mut Tx<'_>, order: Option<OrderId>) -> Result<Vec<WorkItemLine>> {
    let order = order.map(|id| id.to_string());
    tx.query(
        "SELECT w.*, o.number, p.birth_name, p.first_given FROM work_item w LEFT JOIN lab_order o ON o.id = w.order_id \
         LEFT JOIN patient p ON p.id = COALESCE(w.patient_id, o.patient_id) \
         WHERE w.closed_at IS NULL AND ($1 = '' OR w.order_id = $1) ORDER BY w.id LIMIT 500",
        params![order.as_deref().unwrap_or("")],
    )?
    .iter()
    .map(|row| {
        let name = row
            .opt_text("birth_name")?
            .map(|family| format!("{family} {}", row.opt_text("first_given").ok().flatten().unwrap_or_default()));
        Ok(WorkItemLine {
            id: row.string("id")?,
            opened_at: row::time(row, "work_item", "opened_at")?,
            station: row.string("station")?,
            code: row.string("code")?,
            place: row.string("place")?,
            subject: row.string("subject")?,
            message: row.opt_text("message_id")?.and_then(MessageId::parse),
            order: row.opt_text("order_id")?.and_then(OrderId::parse),
            order_number: row.opt_string("number")?,
            patient: name,
        })
    })
    .collect()
}
