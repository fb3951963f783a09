//! The laboratory's correspondents.

use crate::{Result, row};
use lab::person::{Professional, Rpps};
use store::{Tx, params};

/// Records a correspondent, or what is newly known of them.
pub fn upsert(tx: &mut Tx<'_>, professional: &Professional) -> Result<()> {
    let Some(rpps) = &professional.rpps else { return Ok(()) };
    tx.execute(
        "INSERT INTO professional (rpps, family, body) VALUES ($1, $2, $3) \
         ON CONFLICT (rpps) DO UPDATE SET family = excluded.family, body = excluded.body",
        params![rpps.as_str(), &professional.family, row::json(professional)],
    )?;
    Ok(())
}

/// The correspondent with that number.
pub fn by_rpps(tx: &mut Tx<'_>, rpps: &Rpps) -> Result<Option<Professional>> {
    tx.query_opt("SELECT body FROM professional WHERE rpps = $1", params![rpps.as_str()])?
        .map(|row| row::from_json(&row, "professional", "body"))
        .transpose()
}

/// Every correspondent, by name, at most 500.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Professional>> {
    tx.query("SELECT body FROM professional ORDER BY family, rpps LIMIT 500", params![])?
        .iter()
        .map(|row| row::from_json(row, "professional", "body"))
        .collect()
}
