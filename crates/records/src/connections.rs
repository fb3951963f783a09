//! Declared senders.

use crate::{Result, row};
use jiff::Timestamp;
use lab::{id::ConnectionId, identity::IdentityTrust, inbound::ConnectionKind};
use store::{Row, Tx, params};

/// A declared sender.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    /// Our identifier.
    pub id: ConnectionId,
    /// Name for people.
    pub label: String,
    /// What it may bring.
    pub kind: ConnectionKind,
    /// Sending application (MSH-3).
    pub application: String,
    /// Sending facility (MSH-4); empty accepts any.
    pub facility: String,
    /// Whether it belongs to our own identity domain.
    pub own_domain: bool,
    /// The recorded trust contract, in words, with its author and date.
    pub trust: Option<TrustContract>,
    /// Whether it is accepted now.
    pub active: bool,
}

/// A recorded agreement to accept the qualified identities of another domain.
#[derive(Clone, Debug, PartialEq)]
pub struct TrustContract {
    /// What was agreed.
    pub text: String,
    /// Who recorded it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Connection {
    /// How far its identities are trusted.
    pub fn identity_trust(&self) -> IdentityTrust {
        match (self.own_domain, &self.trust) {
            (true, _) => IdentityTrust::OwnDomain,
            (false, Some(_)) => IdentityTrust::Contract,
            (false, None) => IdentityTrust::None,
        }
    }
}

const TABLE: &str = "connection";

fn read(row: &Row) -> Result<Connection> {
    let trust = match (row.opt_string("trust_contract")?, row.opt_string("trust_by")?) {
        (Some(text), Some(by)) => Some(TrustContract { text, by, at: row::time(row, TABLE, "trust_at")? }),
        _ => None,
    };
    Ok(Connection {
        id: row::code(row, TABLE, "id", ConnectionId::parse)?,
        label: row.string("label")?,
        kind: row::code(row, TABLE, "kind", ConnectionKind::from_code)?,
        application: row.string("application")?,
        facility: row.string("facility")?,
        own_domain: row.bool("own_domain")?,
        trust,
        active: row.bool("active")?,
    })
}

/// Every declared sender.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Connection>> {
    tx.query("SELECT * FROM connection ORDER BY label, id", params![])?.iter().map(read).collect()
}

/// Declares a sender, or changes what is declared of the same application and facility.
pub fn declare(tx: &mut Tx<'_>, connection: &Connection, by: &str, now: Timestamp) -> Result<()> {
    let trust = connection.trust.as_ref();
    tx.execute(
        "INSERT INTO connection (id, label, kind, application, facility, own_domain, trust_contract, trust_by, \
         trust_at, active, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (application, facility) DO UPDATE SET label = excluded.label, kind = excluded.kind, \
         own_domain = excluded.own_domain, trust_contract = excluded.trust_contract, trust_by = excluded.trust_by, \
         trust_at = excluded.trust_at, active = excluded.active",
        params![
            connection.id.to_string(),
            &connection.label,
            connection.kind.code(),
            &connection.application,
            &connection.facility,
            connection.own_domain,
            trust.map(|it| it.text.as_str()),
            trust.map(|it| it.by.as_str()),
            trust.map(|it| row::micros(it.at)),
            connection.active,
            by,
            row::micros(now),
        ],
    )?;
    Ok(())
}
