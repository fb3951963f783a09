//! Deliverability: what became of the mails to each box, over a period.

use crate::{Result, row};
use jiff::Timestamp;
use lab::routing::Channel;
use store::{Tx, params};

/// Most boxes that one question answers.
const MAX_BOXES: u32 = 20_000;

/// What became of the mails to one box.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BoxFigures {
    /// Channel.
    pub channel: Channel,
    /// The box.
    pub address: String,
    /// Name of its holder, as last printed.
    pub name: String,
    /// What happened.
    pub figures: Figures,
}

/// Counts of mails that were to leave, and how long they took to arrive.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Figures {
    /// Mails planned.
    pub n: i64,
    /// Received, read ones included.
    pub n_received: i64,
    /// Read.
    pub n_read: i64,
    /// Failed.
    pub n_failed: i64,
    /// Under way: planned, handed over, to be tried again.
    pub n_pending: i64,
    /// Sum of the delays of those received, in milliseconds.
    pub total_delay_ms: i64,
    /// The longest, in milliseconds.
    pub longest_delay_ms: i64,
}

impl Figures {
    /// Both together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            n: self.n + other.n,
            n_received: self.n_received + other.n_received,
            n_read: self.n_read + other.n_read,
            n_failed: self.n_failed + other.n_failed,
            n_pending: self.n_pending + other.n_pending,
            total_delay_ms: self.total_delay_ms.saturating_add(other.total_delay_ms),
            longest_delay_ms: self.longest_delay_ms.max(other.longest_delay_ms),
        }
    }

    /// Mean delay of those received, in milliseconds; `None` when none was.
    pub fn mean_delay_ms(&self) -> Option<i64> {
        (self.n_received > 0).then(|| self.total_delay_ms / self.n_received)
    }
}

/// The boxes that mail was planned for since then: those with failures first, then the busiest.
pub fn boxes(tx: &mut Tx<'_>, since: Timestamp) -> Result<Vec<BoxFigures>> {
    let table = "delivery";
    tx.query(
        "SELECT channel, address, MAX(name) AS name, COUNT(*) AS n, \
         SUM(CASE WHEN state IN ('received', 'read') THEN 1 ELSE 0 END) AS n_received, \
         SUM(CASE WHEN state = 'read' THEN 1 ELSE 0 END) AS n_read, \
         SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END) AS n_failed, \
         SUM(CASE WHEN state IN ('planned', 'sent', 'accepted', 'retrying') THEN 1 ELSE 0 END) AS n_pending, \
         CAST(SUM(CASE WHEN state IN ('received', 'read') AND received_at > planned_at \
         THEN (received_at - planned_at) / 1000 ELSE 0 END) AS BIGINT) AS total_ms, \
         CAST(MAX(CASE WHEN state IN ('received', 'read') AND received_at > planned_at \
         THEN (received_at - planned_at) / 1000 ELSE 0 END) AS BIGINT) AS longest_ms \
         FROM delivery WHERE planned_at >= $1 AND address IS NOT NULL AND state NOT IN ('withheld', 'superseded') \
         GROUP BY channel, address ORDER BY n_failed DESC, n DESC, address LIMIT $2",
        params![row::micros(since), MAX_BOXES],
    )?
    .iter()
    .map(|row| {
        Ok(BoxFigures {
            channel: row::code(row, table, "channel", Channel::from_code)?,
            address: row.string("address")?,
            name: row.string("name")?,
            figures: Figures {
                n: row.int("n")?,
                n_received: row.int("n_received")?,
                n_read: row.int("n_read")?,
                n_failed: row.int("n_failed")?,
                n_pending: row.int("n_pending")?,
                total_delay_ms: row.int("total_ms")?,
                longest_delay_ms: row.int("longest_ms")?,
            },
        })
    })
    .collect()
}

/// How many mails were not sent since then, by the code of the reason.
pub fn withheld(tx: &mut Tx<'_>, since: Timestamp) -> Result<Vec<(String, i64)>> {
    tx.query(
        "SELECT withheld, COUNT(*) AS n FROM delivery WHERE planned_at >= $1 AND state = 'withheld' \
         AND withheld IS NOT NULL GROUP BY withheld ORDER BY n DESC, withheld",
        params![row::micros(since)],
    )?
    .iter()
    .map(|row| Ok((row.string("withheld")?, row.int("n")?)))
    .collect()
}
