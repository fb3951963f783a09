//! Why the store could not do it: one error type, the same for both engines.
//!
//! In: nothing but identifiers of the schema (tables, columns, constraints) and engine codes.
//! Out: a cause a caller can act on. It never carries a stored value, so every variant may be logged.

use std::fmt;

/// Which kind of rule of the schema refused a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstraintKind {
    /// A row names a row that does not exist, or is still named by another.
    ForeignKey,
    /// A column that must have a value has none.
    NotNull,
    /// A `CHECK`, or a value of the wrong type in a `STRICT` table.
    Check,
    /// A trigger of the schema raised.
    Trigger,
}

impl fmt::Display for ConstraintKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ForeignKey => "foreign key",
            Self::NotNull => "not null",
            Self::Check => "check",
            Self::Trigger => "trigger",
        })
    }
}

/// Why the store could not do what was asked.
///
/// Three families: trying the same step again later may succeed ([`StoreError::is_temporary`]);
/// an operator must act (`Corrupt`, `Io`, `AccessDenied`, `Url`, `Migration`); we misused the store
/// or the data breaks the schema (the rest). Cloneable, because a whole commit group shares one cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A value that must be unique is already there.
    /// Both engines spell the constraint `table(column, column)`; for an index over an expression,
    /// whatever name the engine gives.
    #[error("already exists: {constraint}")]
    Conflict {
        /// `table(column, column)`.
        constraint: String,
    },
    /// The schema refused the row for another reason than uniqueness.
    #[error("refused by a {kind} constraint: {constraint}")]
    Refused {
        /// Which kind of rule.
        kind: ConstraintKind,
        /// `table(column)` for `NotNull`, the constraint's name for `Check`, the trigger's text;
        /// for `ForeignKey` PostgreSQL names the constraint and SQLite does not (empty).
        constraint: String,
    },
    /// Exactly one row was expected and none came.
    #[error("no row where exactly one was expected")]
    NoRow,
    /// At most one row was expected and several came.
    #[error("several rows where at most one was expected")]
    ManyRows,
    /// A result column is missing or holds another type (or null) than the code reads.
    #[error("result column {column}: expected {expected}")]
    Column {
        /// Name or index asked for.
        column: String,
        /// What the code wanted.
        expected: &'static str,
    },
    /// A parameter cannot be sent as the type the statement needs.
    #[error("parameter ${index}: {given} given, {expected} expected")]
    Parameter {
        /// 1-based, as in `$1`.
        index: usize,
        /// Kind of the value given.
        given: &'static str,
        /// What the engine expects.
        expected: String,
    },
    /// The SQL is wrong, or is not allowed inside a store transaction.
    #[error("statement: {reason}")]
    Statement {
        /// The engine's words about the SQL text (identifiers, never values), or its code.
        reason: String,
    },
    /// The closure panicked; its writes were undone, the engine goes on.
    #[error("the closure panicked; its transaction was undone")]
    Panicked,
    /// A migration cannot be applied, or the database is not the one this program knows.
    #[error("migration {name}: {reason}")]
    Migration {
        /// Name of the migration.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The engine cannot do this.
    #[error("not supported: {feature}")]
    Unsupported {
        /// What was asked.
        feature: &'static str,
    },
    /// The database URL is not one we understand. The URL itself is not shown: it may hold a password.
    #[error("database URL: expected {expected}")]
    Url {
        /// What a URL looks like.
        expected: &'static str,
    },
    /// A read-only transaction tried to write, or the database file is read-only.
    #[error("the transaction or the database is read-only")]
    ReadOnly,
    /// Another process or transaction holds the lock, longer than we wait.
    #[error("locked by another writer")]
    Busy,
    /// PostgreSQL gave up this transaction in favor of another (serialization, deadlock).
    #[error("undone in favor of a concurrent transaction")]
    Serialization,
    /// A statement ran longer than [`crate::Options::statement_timeout`].
    #[error("a statement exceeded its time limit")]
    TimedOut,
    /// No room left on the device, or the configured size limit is reached.
    #[error("the disk or the database is full")]
    DiskFull,
    /// The database server cannot be reached, or the connection broke before the commit.
    #[error("database unavailable: {reason}")]
    Unavailable {
        /// Engine code or kind of network failure.
        reason: String,
    },
    /// The connection or the disk failed during the commit: the write may be there or not.
    /// Read before writing again, or write under identifiers chosen before, so that a second write
    /// is a [`StoreError::Conflict`].
    #[error("the commit was interrupted: its outcome is unknown")]
    OutcomeUnknown,
    /// The database file is damaged, or is not a database.
    #[error("the database is damaged: {reason}")]
    Corrupt {
        /// Engine code.
        reason: String,
    },
    /// The operating system refused a read, a write or a file.
    #[error("input/output: {reason}")]
    Io {
        /// Engine code or kind of failure.
        reason: String,
    },
    /// Wrong credentials, missing database or missing right.
    #[error("access denied by the database: {reason}")]
    AccessDenied {
        /// SQLSTATE.
        reason: String,
    },
    /// The store is closing.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// True when running the same step again later may succeed without anyone acting.
    /// `DiskFull` counts: operators free space while we keep trying.
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::Busy
                | Self::Serialization
                | Self::TimedOut
                | Self::DiskFull
                | Self::Unavailable { .. }
                | Self::OutcomeUnknown
        )
    }

    /// True when `constraint` (spelled `table(column, column)`) is what made this a conflict.
    pub fn is_conflict_on(&self, name: &str) -> bool {
        matches!(self, Self::Conflict { constraint } if constraint == name)
    }

    pub(crate) fn statement(reason: impl Into<String>) -> Self {
        Self::Statement { reason: reason.into() }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull,
            kind => Self::Io { reason: kind.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_alone_is_temporary() {
        assert!(StoreError::Busy.is_temporary());
        assert!(StoreError::DiskFull.is_temporary());
        assert!(StoreError::OutcomeUnknown.is_temporary());
        assert!(!StoreError::Corrupt { reason: String::new() }.is_temporary());
        assert!(!StoreError::Conflict { constraint: String::new() }.is_temporary());
        assert!(!StoreError::Panicked.is_temporary());
    }

    #[test]
    fn a_full_disk_is_recognized_from_the_operating_system() {
        let error = std::io::Error::from(std::io::ErrorKind::StorageFull);
        assert_eq!(StoreError::from(error), StoreError::DiskFull);
    }
}
