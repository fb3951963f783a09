//! What PostgreSQL says, as a [`StoreError`].
//!
//! Its messages and details may quote stored values: only codes and names of the schema go through,
//! and the message for class 42 alone (wrong SQL: it speaks of the statement's text).

use std::error::Error as _;

use ::postgres::Error;
use ::postgres::error::DbError;

use crate::error::{ConstraintKind, StoreError};

pub(super) fn fault(error: &Error) -> StoreError {
    match error.as_db_error() {
        Some(db) => from_server(db),
        None if error.is_closed() => StoreError::Unavailable { reason: "connection closed".into() },
        None => match error.source().and_then(|cause| cause.downcast_ref::<std::io::Error>()) {
            Some(cause) => StoreError::Unavailable { reason: cause.kind().to_string() },
            // Displays which step failed, never its cause, which may quote.
            None if error.source().is_none() => StoreError::Unavailable { reason: error.to_string() },
            None => StoreError::statement(error.to_string()),
        },
    }
}

/// A failed `COMMIT`: the server's refusal is certain, a broken connection is not.
pub(super) fn interrupted_commit(error: &Error) -> StoreError {
    match error.as_db_error().map(|db| (db.code().code(), fault(error))) {
        Some((code, fault)) if !code.starts_with("57P") && !code.starts_with("08") => fault,
        _ => StoreError::OutcomeUnknown,
    }
}

fn from_server(db: &DbError) -> StoreError {
    let code = db.code().code();
    let table = db.table().unwrap_or_default();
    let named = || db.constraint().unwrap_or_default().to_owned();
    let refused = |kind, constraint| StoreError::Refused { kind, constraint };
    let reason = format!("SQLSTATE {code}");
    match code {
        "23505" => {
            StoreError::Conflict { constraint: db.detail().and_then(|detail| key(table, detail)).unwrap_or_else(named) }
        }
        "23P01" => StoreError::Conflict { constraint: named() },
        "23503" | "23001" => refused(ConstraintKind::ForeignKey, named()),
        "23502" => {
            let column = db.column().unwrap_or_default();
            refused(ConstraintKind::NotNull, format!("{table}({column})"))
        }
        "23514" => refused(ConstraintKind::Check, named()),
        // Raised by a trigger of ours, in words of ours.
        "P0001" => refused(ConstraintKind::Trigger, db.message().to_owned()),
        "40001" | "40P01" => StoreError::Serialization,
        "55P03" => StoreError::Busy,
        "57014" => StoreError::TimedOut,
        "53100" => StoreError::DiskFull,
        "25006" => StoreError::ReadOnly,
        "42501" | "3D000" => StoreError::AccessDenied { reason },
        "58030" => StoreError::Io { reason },
        _ => match &code[..2] {
            "08" | "53" | "57" => StoreError::Unavailable { reason },
            "28" => StoreError::AccessDenied { reason },
            "XX" => StoreError::Corrupt { reason },
            "42" => StoreError::statement(db.message()),
            _ => StoreError::statement(reason),
        },
    }
}

/// `Key (ins, oid)=(…) already exists.` → `patient(ins, oid)`, whatever the server's language.
/// The columns are taken, the values are not.
fn key(table: &str, detail: &str) -> Option<String> {
    let (_, after) = detail.split_once('(')?;
    let (columns, _) = after.split_once(")=(")?;
    // An expression such as lower(name): SQLite would give the index's name, and so do we.
    if columns.contains('(') {
        return None;
    }
    Some(format!("{table}({columns})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unique_violation_names_columns_and_never_values() {
        let of = |detail| key("patient", detail);
        let english = "Key (ins, oid)=(279035121518989, 1.2) already exists.";
        assert_eq!(of(english).as_deref(), Some("patient(ins, oid)"));
        let french = "La clé « (ins)=(279035121518989) » existe déjà.";
        assert_eq!(of(french).as_deref(), Some("patient(ins)"));
        assert_eq!(of("Key (lower(name))=(martin) already exists."), None);
        assert_eq!(of("no key"), None);
    }
}
