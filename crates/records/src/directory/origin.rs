//! Rows by the resource of the FHIR API that they come from: what a change or a deletion of it touches.
//!
//! Rows written under the load in progress count: what a page says is seen by the next one.

use sha2::{Digest, Sha256};
use store::{Tx, params};

use super::{
    PRACTITIONER, Practitioner,
    load::{FOREVER, Table},
    practitioner,
};
use crate::Result;

/// The number of a resource: the first eight bytes of the SHA-256 of `Type/id`.
pub fn origin(kind: &str, id: &str) -> i64 {
    let hash = Sha256::digest(format!("{kind}/{id}").as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    i64::from_be_bytes(first)
}

/// Identifier and hash of the rows of a resource that have not ended.
pub fn rows(tx: &mut Tx<'_>, table: Table, origin: i64) -> Result<Vec<(i64, i64)>> {
    let sql = format!("SELECT id, hash FROM {} WHERE origin = $1 AND gone_load = {FOREVER}", table.name());
    Ok(tx.query_map(&sql, params![origin], |row| Ok::<_, store::StoreError>((row.int(0)?, row.int(1)?)))?)
}

/// The professional that a Practitioner is, as last written.
pub fn professional(tx: &mut Tx<'_>, origin: i64) -> Result<Option<Practitioner>> {
    let sql = format!(
        "SELECT {PRACTITIONER} FROM directory_practitioner p WHERE p.origin = $1 AND p.gone_load = {FOREVER} \
         ORDER BY p.since_load DESC, p.id LIMIT 1"
    );
    tx.query_opt(&sql, params![origin])?.as_ref().map(practitioner).transpose()
}

/// The number of the structure that an Organization is, as last written.
pub fn structure(tx: &mut Tx<'_>, origin: i64) -> Result<Option<String>> {
    let sql = format!(
        "SELECT number FROM directory_structure WHERE origin = $1 AND gone_load = {FOREVER} \
         ORDER BY since_load DESC, id LIMIT 1"
    );
    Ok(tx.query_opt(&sql, params![origin])?.map(|row| row.string("number")).transpose()?)
}

/// Rows of a professional that their roles say, not they: identifier, role, and what it is.
pub fn of_roles(tx: &mut Tx<'_>, rpps: i64, own: i64) -> Result<Vec<(i64, i64, Practitioner)>> {
    let sql = format!(
        "SELECT p.id, p.origin, {PRACTITIONER} FROM directory_practitioner p WHERE p.rpps = $1 AND p.origin <> $2 \
         AND p.gone_load = {FOREVER} ORDER BY p.id"
    );
    tx.query(&sql, params![rpps, own])?
        .iter()
        .map(|row| Ok((row.int("id")?, row.int("origin")?, practitioner(row)?)))
        .collect()
}
