//! Accounts and sessions.

use crate::{Result, row};
use jiff::Timestamp;
use lab::{id::AccountId, person::Professional, validation::Role};
use store::{Row, Tx, params};

/// A person who signs in.
#[derive(Clone, Debug)]
pub struct Account {
    /// Our identifier.
    pub id: AccountId,
    /// Login, lower case.
    pub login: String,
    /// Name as shown.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Who they are on a report, for a biologist.
    pub professional: Option<Professional>,
    /// Whether they may sign in.
    pub active: bool,
}

fn read(row: &Row) -> Result<Account> {
    Ok(Account {
        id: row::code(row, "account", "id", AccountId::parse)?,
        login: row.string("login")?,
        name: row.string("name")?,
        role: row::code(row, "account", "role", Role::from_code)?,
        professional: row::opt_from_json(row, "account", "professional")?,
        active: row.bool("active")?,
    })
}

/// Creates an account, or changes the one with that login.
pub fn put(tx: &mut Tx<'_>, account: &Account, password_hash: &str, now: Timestamp) -> Result<()> {
    let rpps = account.professional.as_ref().and_then(|it| it.rpps.as_ref());
    tx.execute(
        "INSERT INTO account (id, login, name, role, password_hash, professional, rpps, active, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (login) DO UPDATE SET name = excluded.name, \
         role = excluded.role, password_hash = excluded.password_hash, professional = excluded.professional, \
         rpps = excluded.rpps, active = excluded.active",
        params![
            account.id.to_string(),
            &account.login,
            &account.name,
            account.role.code(),
            password_hash,
            row::opt_json(account.professional.as_ref()),
            rpps.map(|rpps| rpps.as_str()),
            account.active,
            row::micros(now),
        ],
    )?;
    Ok(())
}

/// Every account, by name.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Account>> {
    tx.query("SELECT * FROM account ORDER BY name", params![])?.iter().map(read).collect()
}

/// The account with that login, and the hash of its password.
pub fn by_login(tx: &mut Tx<'_>, login: &str) -> Result<Option<(Account, String)>> {
    tx.query_opt("SELECT * FROM account WHERE login = $1", params![login])?
        .map(|row| Ok((read(&row)?, row.string("password_hash")?)))
        .transpose()
}

/// The active biologist with that RPPS number.
pub fn biologist_by_rpps(tx: &mut Tx<'_>, rpps: &str) -> Result<Option<Account>> {
    tx.query_opt("SELECT * FROM account WHERE rpps = $1 AND role = 'biologist' AND active = 1", params![rpps])?
        .map(|row| read(&row))
        .transpose()
}

/// Opens a session: only the hash of its token is kept.
pub fn open_session(tx: &mut Tx<'_>, token_hash: &str, account: AccountId, csrf: &str, now: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO session (token_hash, account_id, csrf, created_at, seen_at) VALUES ($1, $2, $3, $4, $4)",
        params![token_hash, account.to_string(), csrf, row::micros(now)],
    )?;
    Ok(())
}

/// The account and CSRF token of a session seen since `seen_after` and opened since `opened_after`.
pub fn session(
    tx: &mut Tx<'_>,
    token_hash: &str,
    seen_after: Timestamp,
    opened_after: Timestamp,
) -> Result<Option<(Account, String, Timestamp)>> {
    tx.query_opt(
        "SELECT a.*, s.csrf, s.seen_at FROM session s JOIN account a ON a.id = s.account_id \
         WHERE s.token_hash = $1 AND s.seen_at > $2 AND s.created_at > $3 AND a.active = 1",
        params![token_hash, row::micros(seen_after), row::micros(opened_after)],
    )?
    .map(|row| Ok((read(&row)?, row.string("csrf")?, row::time(&row, "session", "seen_at")?)))
    .transpose()
}

/// Notes that a session is in use.
pub fn touch_session(tx: &mut Tx<'_>, token_hash: &str, now: Timestamp) -> Result<()> {
    tx.execute("UPDATE session SET seen_at = $2 WHERE token_hash = $1", params![token_hash, row::micros(now)])?;
    Ok(())
}

/// Ends a session.
pub fn close_session(tx: &mut Tx<'_>, token_hash: &str) -> Result<()> {
    tx.execute("DELETE FROM session WHERE token_hash = $1", params![token_hash])?;
    Ok(())
}

/// Ends every session of an account.
pub fn close_sessions_of(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    tx.execute("DELETE FROM session WHERE account_id = $1", params![account.to_string()])?;
    Ok(())
}

/// Forgets the sessions opened before; answers how many.
pub fn purge_sessions(tx: &mut Tx<'_>, opened_before: Timestamp) -> Result<u64> {
    Ok(tx.execute("DELETE FROM session WHERE created_at < $1", params![row::micros(opened_before)])?)
}
