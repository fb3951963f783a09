//! The last list of revoked certificates that each source gave.

use jiff::Timestamp;
use store::{Tx, params};

use crate::{Result, row};

/// What a source gave.
pub struct Kept {
    /// File or address, as the settings name it.
    pub source: String,
    /// The list as received, and when; `None`: no list yet that could be believed.
    pub content: Option<(Vec<u8>, Timestamp)>,
    /// When the source was last asked.
    pub tried_at: Timestamp,
    /// Why that gave nothing, a code; empty: it gave a list.
    pub failure: String,
}

/// What the sources gave, those that were asked.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Kept>> {
    const TABLE: &str = "revocation_list";
    tx.query("SELECT * FROM revocation_list ORDER BY source", params![])?
        .iter()
        .map(|it| {
            let content = it.opt_bytes("content")?.map(<[u8]>::to_vec);
            Ok(Kept {
                source: it.string("source")?,
                content: content.zip(row::opt_time(it, TABLE, "fetched_at")?),
                tried_at: row::time(it, TABLE, "tried_at")?,
                failure: it.string("failure")?,
            })
        })
        .collect()
}

/// A source gave a list that can be believed.
pub fn keep(tx: &mut Tx<'_>, source: &str, content: &[u8], now: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO revocation_list (source, content, fetched_at, tried_at, failure) VALUES ($1, $2, $3, $3, '') \
         ON CONFLICT (source) DO UPDATE SET content = excluded.content, fetched_at = excluded.fetched_at, \
         tried_at = excluded.tried_at, failure = ''",
        params![source, content, row::micros(now)],
    )?;
    Ok(())
}

/// A source gave nothing of use: what it gave before stays.
pub fn failed(tx: &mut Tx<'_>, source: &str, failure: &str, now: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO revocation_list (source, content, fetched_at, tried_at, failure) VALUES ($1, NULL, NULL, $2, $3) \
         ON CONFLICT (source) DO UPDATE SET tried_at = excluded.tried_at, failure = excluded.failure",
        params![source, row::micros(now), failure],
    )?;
    Ok(())
}
