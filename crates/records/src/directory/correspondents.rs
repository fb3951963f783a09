//! What the directory last said of the laboratory's correspondents.

use jiff::Timestamp;
use lab::person::{Professional, Rpps};
use store::{Tx, params};

use crate::{Result, row};

/// Whether a correspondent practices, as far as the directory knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Activity {
    /// Has a line in force.
    Open,
    /// Had one, and has none any more.
    Closed,
    /// Never had one.
    Unlisted,
}

impl Activity {
    /// The stored code, also the key of its French name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Unlisted => "unlisted",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        [Self::Open, Self::Closed, Self::Unlisted].into_iter().find(|it| it.code() == code)
    }
}

/// What the directory knows of the address of a correspondent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Address {
    /// We have none.
    None,
    /// Published.
    Open,
    /// Published once, and no more.
    Closed,
    /// Never published: red list, or another register.
    Unlisted,
}

impl Address {
    /// The stored code, also the key of its French name.
    pub fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Unlisted => "unlisted",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        [Self::None, Self::Open, Self::Closed, Self::Unlisted].into_iter().find(|it| it.code() == code)
    }
}

/// What was found at the last load.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct State {
    /// Practice.
    pub activity: Activity,
    /// Address.
    pub address: Address,
    /// `false` when the holder of the address asked not to be written to instead of paper.
    pub paperless: bool,
}

impl State {
    /// Nothing is known yet.
    pub const UNKNOWN: Self = Self { activity: Activity::Unlisted, address: Address::None, paperless: true };
}

/// What is known of a correspondent.
pub fn state(tx: &mut Tx<'_>, rpps: &Rpps) -> Result<Option<State>> {
    tx.query_opt("SELECT * FROM correspondent_state WHERE rpps = $1", params![rpps.as_str()])?
        .map(|row| {
            const TABLE: &str = "correspondent_state";
            Ok(State {
                activity: row::code(&row, TABLE, "activity", Activity::from_code)?,
                address: row::code(&row, TABLE, "mailbox", Address::from_code)?,
                paperless: row.bool("paperless")?,
            })
        })
        .transpose()
}

/// Notes what is known of a correspondent.
pub fn put_state(tx: &mut Tx<'_>, rpps: &Rpps, state: State, now: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO correspondent_state (rpps, activity, mailbox, paperless, checked_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (rpps) DO UPDATE SET activity = excluded.activity, mailbox = excluded.mailbox, \
         paperless = excluded.paperless, checked_at = excluded.checked_at",
        params![rpps.as_str(), state.activity.code(), state.address.code(), state.paperless, row::micros(now)],
    )?;
    Ok(())
}

/// The correspondents that follow a number, in the order of their numbers, at most `limit`.
pub fn after(tx: &mut Tx<'_>, rpps: &str, limit: u32) -> Result<Vec<Professional>> {
    tx.query("SELECT body FROM professional WHERE rpps > $1 ORDER BY rpps LIMIT $2", params![rpps, limit])?
        .iter()
        .map(|row| row::from_json(row, "professional", "body"))
        .collect()
}

/// Changes who a user is on a report, and the name shown; their role, password and right to sign in stay.
pub fn update_user(tx: &mut Tx<'_>, login: &str, name: &str, professional: &Professional) -> Result<()> {
    tx.execute(
        "UPDATE account SET name = $2, professional = $3 WHERE login = $1",
        params![login, name, row::json(professional)],
    )?;
    Ok(())
}
