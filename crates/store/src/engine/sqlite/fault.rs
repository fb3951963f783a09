//! What SQLite says, as a [`StoreError`]. Its messages name the schema, never values.

use rusqlite::{Error, ErrorCode, ffi};

use crate::error::{ConstraintKind, StoreError};

pub(super) fn fault(error: Error) -> StoreError {
    match error {
        Error::SqliteFailure(code, message) => from_code(code, &message.unwrap_or_default()),
        Error::SqlInputError { error, msg, .. } => from_code(error, &msg),
        Error::MultipleStatement => StoreError::statement("several statements in one text"),
        Error::InvalidPath(_) => StoreError::Url { expected: "a path in UTF-8" },
        other => StoreError::statement(other.to_string()),
    }
}

fn from_code(error: ffi::Error, message: &str) -> StoreError {
    let reason = || format!("SQLite {}", error.extended_code);
    match error.code {
        ErrorCode::ConstraintViolation => constraint(error.extended_code, message),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy,
        ErrorCode::DiskFull => StoreError::DiskFull,
        ErrorCode::OperationInterrupted => StoreError::TimedOut,
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Corrupt { reason: reason() },
        ErrorCode::ReadOnly => StoreError::ReadOnly,
        ErrorCode::SystemIoFailure
        | ErrorCode::CannotOpen
        | ErrorCode::PermissionDenied
        | ErrorCode::OutOfMemory
        | ErrorCode::FileLockingProtocolFailed => StoreError::Io { reason: reason() },
        _ if message.is_empty() => StoreError::statement(reason()),
        _ => StoreError::statement(message),
    }
}

fn constraint(extended_code: i32, message: &str) -> StoreError {
    // "UNIQUE constraint failed: patient.ins, patient.oid"
    let named = message.split_once(": ").map_or(message, |(_, named)| named);
    let refused = |kind, constraint: String| StoreError::Refused { kind, constraint };
    match extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            StoreError::Conflict { constraint: columns(named) }
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => refused(ConstraintKind::ForeignKey, String::new()),
        ffi::SQLITE_CONSTRAINT_NOTNULL => refused(ConstraintKind::NotNull, columns(named)),
        ffi::SQLITE_CONSTRAINT_TRIGGER => refused(ConstraintKind::Trigger, message.to_owned()),
        // "cannot store TEXT value in INTEGER column t.n" has no name of a rule either.
        _ => refused(ConstraintKind::Check, named.to_owned()),
    }
}

/// `t.a, t.b` → `t(a, b)`, the spelling shared with PostgreSQL.
fn columns(named: &str) -> String {
    let mut parts = named.split(", ").map(|part| part.split_once('.'));
    let Some(Some((table, first))) = parts.next() else {
        return named.to_owned();
    };
    let mut out = format!("{table}({first}");
    for part in parts {
        let Some((_, column)) = part else {
            return named.to_owned();
        };
        out.push_str(", ");
        out.push_str(column);
    }
    out.push(')');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unique_constraints_are_spelled_as_table_and_columns() {
        assert_eq!(columns("patient.ins"), "patient(ins)");
        assert_eq!(columns("patient.ins, patient.oid"), "patient(ins, oid)");
        assert_eq!(columns("index 'patient_lower'"), "index 'patient_lower'");
    }

    #[test]
    fn codes_become_causes_a_caller_can_act_on() {
        let of = |code| from_code(ffi::Error::new(code), "");
        assert_eq!(of(ffi::SQLITE_FULL), StoreError::DiskFull);
        assert_eq!(of(ffi::SQLITE_BUSY), StoreError::Busy);
        assert!(matches!(of(ffi::SQLITE_CORRUPT), StoreError::Corrupt { .. }));
        assert!(matches!(of(ffi::SQLITE_NOTADB), StoreError::Corrupt { .. }));
        assert!(matches!(of(ffi::SQLITE_IOERR_FSYNC), StoreError::Io { .. }));
    }
}
