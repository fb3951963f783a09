//! Withdrawals of signed versions, and who held them.

use crate::{Result, deliveries, row};
use lab::{
    delivery::DeliveryState,
    id::{OrderId, VersionId, WithdrawalId},
    person::MssanteAddress,
    report::{Withdrawal, WithdrawalReason},
    routing::{Channel, Sending, WithheldReason},
};
use store::{Row, Tx, params};

const TABLE: &str = "withdrawal";

/// Reads the withdrawal beside a version.
pub(crate) fn read(row: &Row) -> Result<Option<Withdrawal>> {
    let Some(at) = row::opt_time(row, TABLE, "withdrawn_at")? else { return Ok(None) };
    Ok(Some(Withdrawal {
        id: row::code(row, TABLE, "withdrawal_id", WithdrawalId::parse)?,
        at,
        by: row.string("withdrawn_by")?,
        reason: row::code(row, TABLE, "withdrawal_reason", WithdrawalReason::from_code)?,
    }))
}

/// Records that a version is withdrawn.
pub fn insert(tx: &mut Tx<'_>, version: VersionId, withdrawal: &Withdrawal) -> Result<()> {
    tx.execute(
        "INSERT INTO withdrawal (version_id, id, at, author, reason) VALUES ($1, $2, $3, $4, $5)",
        params![
            version.to_string(),
            withdrawal.id.to_string(),
            row::micros(withdrawal.at),
            &withdrawal.by,
            withdrawal.reason.code(),
        ],
    )?;
    Ok(())
}

/// Every sending of the versions of a dossier that are not withdrawn, oldest version first: what became of it.
pub fn sendings(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Sending>> {
    let table = deliveries::TABLE;
    tx.query(
        "SELECT d.*, v.set_number, (SELECT COUNT(*) FROM attempt a WHERE a.delivery_id = d.id \
         AND (a.outcome IS NULL OR a.outcome = 'unknown')) AS n_uncertain \
         FROM delivery d JOIN report_version v ON v.id = d.version_id \
         WHERE v.order_id = $1 AND d.act = 'send' \
         AND NOT EXISTS (SELECT 1 FROM withdrawal w WHERE w.version_id = v.id) ORDER BY v.number, d.id",
        params![order.to_string()],
    )?
    .iter()
    .map(|row| {
        Ok(Sending {
            version: row::code(row, table, "version_id", VersionId::parse)?,
            number: u32::try_from(row.int("set_number")?).unwrap_or(u32::MAX),
            channel: row::code(row, table, "channel", Channel::from_code)?,
            address: row.opt_text("address")?.and_then(MssanteAddress::parse),
            name: row.string("name")?,
            state: row::code(row, table, "state", DeliveryState::from_code)?,
            is_uncertain: row.int("n_uncertain")? > 0,
        })
    })
    .collect()
}

/// What waits to leave of a version does not leave; what is being handed over is left to end.
pub fn withhold(tx: &mut Tx<'_>, version: VersionId) -> Result<()> {
    tx.execute(
        "UPDATE delivery SET state = 'withheld', withheld = $2, due_at = NULL WHERE version_id = $1 AND act = 'send' \
         AND state IN ('planned', 'retrying') AND lease_until IS NULL",
        params![version.to_string(), WithheldReason::Withdrawn.code()],
    )?;
    Ok(())
}
