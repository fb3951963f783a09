//! What the laboratory writes in its mails, by occasion, each decision kept.

use crate::{Result, row};
use jiff::Timestamp;
use store::{Row, Tx, params};

/// A decision with its author.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Saved {
    /// Code of the occasion.
    pub occasion: String,
    /// 1, 2, 3…
    pub number: i64,
    /// What stands before and after the required parts; `None`: the original text.
    pub texts: Option<(String, String)>,
    /// By which account.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

const TABLE: &str = "mail_template";

/// Most decisions of one occasion that are listed.
const MAX_LISTED: u32 = 100;

fn read(row: &Row) -> Result<Saved> {
    Ok(Saved {
        occasion: row.string("occasion")?,
        number: row.int("number")?,
        texts: row.opt_string("opening")?.zip(row.opt_string("closing")?),
        by: row.string("saved_by")?,
        at: row::time(row, TABLE, "saved_at")?,
    })
}

/// The decisions in force: one of each occasion that the laboratory decided about.
pub fn in_force(tx: &mut Tx<'_>) -> Result<Vec<Saved>> {
    tx.query(
        "SELECT t.* FROM mail_template t WHERE t.number = \
         (SELECT MAX(l.number) FROM mail_template l WHERE l.occasion = t.occasion) ORDER BY t.occasion",
        params![],
    )?
    .iter()
    .map(read)
    .collect()
}

/// The decisions about an occasion, latest first: the first one is in force.
pub fn history(tx: &mut Tx<'_>, occasion: &str) -> Result<Vec<Saved>> {
    tx.query(
        "SELECT * FROM mail_template WHERE occasion = $1 ORDER BY number DESC LIMIT $2",
        params![occasion, MAX_LISTED],
    )?
    .iter()
    .map(read)
    .collect()
}

/// The decision in force; `None` before the first one.
pub fn latest(tx: &mut Tx<'_>, occasion: &str) -> Result<Option<Saved>> {
    tx.query_opt("SELECT * FROM mail_template WHERE occasion = $1 ORDER BY number DESC LIMIT 1", params![occasion])?
        .map(|row| read(&row))
        .transpose()
}

/// A decision by its number.
pub fn get(tx: &mut Tx<'_>, occasion: &str, number: i64) -> Result<Option<Saved>> {
    tx.query_opt("SELECT * FROM mail_template WHERE occasion = $1 AND number = $2", params![occasion, number])?
        .map(|row| read(&row))
        .transpose()
}

/// Adds a decision, which is then the one in force; its number.
pub fn insert(tx: &mut Tx<'_>, occasion: &str, texts: Option<(&str, &str)>, by: &str, at: Timestamp) -> Result<i64> {
    let number = latest(tx, occasion)?.map_or(0, |it| it.number) + 1;
    tx.execute(
        "INSERT INTO mail_template (occasion, number, opening, closing, saved_by, saved_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![occasion, number, texts.map(|it| it.0), texts.map(|it| it.1), by, row::micros(at)],
    )?;
    Ok(number)
}
