//! One SQLite connection: its settings, its statement cache, its time limit.
//!
//! In: SQL with `$1…$n`. Out: rows. It does not know groups, queues or callers.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags};

use super::fault::fault;
use crate::engine::Options;
use crate::error::StoreError;
use crate::value::{Row, Value};

/// Statements kept prepared per connection.
const STATEMENTS: usize = 512;
/// The time limit is looked at every so many steps of SQLite's machine.
const STEPS_BETWEEN_LOOKS: i32 = 20_000;

pub(in crate::engine) struct Handle {
    connection: Connection,
    clock: Arc<StatementClock>,
    limit: Duration,
    wal_pages: Arc<AtomicU32>,
}

/// When the running statement must stop, in milliseconds since the connection opened.
struct StatementClock {
    opened: Instant,
    stop_at_ms: AtomicU64,
}

impl StatementClock {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Handle {
    pub(super) fn writer(path: &Path, options: &Options) -> Result<Self, StoreError> {
        let mut handle = Self::open(path, options, options.cache_kib)?;
        let db = &handle.connection;
        // The page size only takes on an empty file, and before the log exists.
        db.pragma_update(None, "page_size", options.page_size_bytes).map_err(fault)?;
        let mode: String = db.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(fault)?;
        if mode != "wal" {
            return Err(StoreError::Io { reason: "this file system cannot hold a write-ahead log".into() });
        }
        db.pragma_update(None, "synchronous", "FULL").map_err(fault)?;
        db.pragma_update(None, "fullfsync", true).map_err(fault)?;
        db.pragma_update(None, "journal_size_limit", 64 << 20).map_err(fault)?;
        if let Some(limit) = options.max_size_bytes {
            let page: u32 = db.pragma_query_value(None, "page_size", |row| row.get(0)).map_err(fault)?;
            let pages = i64::try_from(limit / u64::from(page.max(1))).unwrap_or(i64::MAX).max(1);
            db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).map_err(fault)?;
        }
        // Takes the place of the automatic checkpoint, which would run before the callers are answered.
        let pages = Arc::clone(&handle.wal_pages);
        handle
            .connection
            .wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, n: i32| {
                pages.store(n.unsigned_abs(), Ordering::Relaxed);
                Ok(())
            }))
            .map_err(fault)?;
        Ok(handle)
    }

    pub(super) fn reader(path: &Path, options: &Options) -> Result<Self, StoreError> {
        let handle = Self::open(path, options, options.cache_kib / 4)?;
        handle.connection.pragma_update(None, "query_only", true).map_err(fault)?;
        Ok(handle)
    }

    fn open(path: &Path, options: &Options, cache_kib: u32) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut db = Connection::open_with_flags(path, flags).map_err(fault)?;
        db.busy_timeout(options.lock_timeout).map_err(fault)?;
        db.set_prepared_statement_cache_capacity(STATEMENTS);
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true).map_err(fault)?;
        db.pragma_update(None, "foreign_keys", true).map_err(fault)?;
        db.pragma_update(None, "case_sensitive_like", true).map_err(fault)?;
        db.pragma_update(None, "trusted_schema", false).map_err(fault)?;
        db.pragma_update(None, "cell_size_check", true).map_err(fault)?;
        db.pragma_update(None, "temp_store", "MEMORY").map_err(fault)?;
        db.pragma_update(None, "cache_size", -i64::from(cache_kib.max(1024))).map_err(fault)?;
        let clock = Arc::new(StatementClock { opened: Instant::now(), stop_at_ms: AtomicU64::new(u64::MAX) });
        let seen = Arc::clone(&clock);
        let late = move || seen.now_ms() > seen.stop_at_ms.load(Ordering::Relaxed);
        db.progress_handler(STEPS_BETWEEN_LOOKS, Some(late)).map_err(fault)?;
        let limit = options.statement_timeout;
        Ok(Self { connection: db, clock, limit, wal_pages: Arc::default() })
    }

    /// One of the engine's own statements, cached.
    pub(super) fn control(&self, sql: &str) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(fault)?;
        statement.raw_execute().map(drop).map_err(fault)
    }

    /// Ends the group. A disk that fails at this point leaves the outcome unknown.
    pub(super) fn commit(&self) -> Result<(), StoreError> {
        self.control("COMMIT").map_err(|error| match error {
            StoreError::Io { .. } => StoreError::OutcomeUnknown,
            other => other,
        })
    }

    /// Undoes whatever is open.
    pub(super) fn abandon(&self) {
        if !self.lost_transaction()
            && let Err(error) = self.control("ROLLBACK")
        {
            tracing::error!(error = %error, "a transaction could not be undone");
        }
    }

    /// True when no transaction is open (any more).
    pub(in crate::engine) fn lost_transaction(&self) -> bool {
        self.connection.is_autocommit()
    }

    /// Pages in the write-ahead log after the last commit.
    pub(super) fn wal_pages(&self) -> u32 {
        self.wal_pages.load(Ordering::Relaxed)
    }

    /// Copies what readers allow from the log into the file.
    pub(super) fn checkpoint_passively(&self) {
        let done = self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if let Err(error) = done.map_err(fault) {
            tracing::error!(error = %error, "the write-ahead log could not be copied into the database");
        }
    }

    /// Copies the whole log into the file and empties it.
    pub(super) fn checkpoint_fully(&self) -> Result<(), StoreError> {
        let busy: i64 =
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).map_err(fault)?;
        if busy == 0 { Ok(()) } else { Err(StoreError::Busy) }
    }

    pub(in crate::engine) fn batch(&self, sql: &str) -> Result<(), StoreError> {
        self.connection.execute_batch(sql).map_err(fault)
    }

    pub(in crate::engine) fn execute(&self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        self.timed(|| {
            let mut statement = self.prepare(sql, params)?;
            if statement.column_count() == 0 {
                return statement.raw_execute().map(|n| n as u64).map_err(fault);
            }
            let (mut rows, mut n) = (statement.raw_query(), 0);
            while rows.next().map_err(fault)?.is_some() {
                n += 1;
            }
            Ok(n)
        })
    }

    /// Gives each row to `visit` until it answers false.
    pub(in crate::engine) fn query(
        &self,
        sql: &str,
        params: &[Value<'_>],
        visit: &mut dyn FnMut(Row) -> bool,
    ) -> Result<(), StoreError> {
        self.timed(|| {
            let mut statement = self.prepare(sql, params)?;
            let mut rows = statement.raw_query();
            let mut names: Option<Arc<[Box<str>]>> = None;
            while let Some(row) = rows.next().map_err(fault)? {
                let names = names.get_or_insert_with(|| row.as_ref().column_names().map(Box::from).collect());
                let values =
                    (0..names.len()).map(|at| own(row.get_ref(at).map_err(fault)?)).collect::<Result<_, _>>()?;
                if !visit(Row::new(Arc::clone(names), values)) {
                    break;
                }
            }
            Ok(())
        })
    }

    fn timed<T>(&self, run: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let limit = u64::try_from(self.limit.as_millis()).unwrap_or(u64::MAX);
        let stop_at = self.clock.now_ms().saturating_add(limit);
        self.clock.stop_at_ms.store(stop_at, Ordering::Relaxed);
        let result = run();
        self.clock.stop_at_ms.store(u64::MAX, Ordering::Relaxed);
        result
    }

    /// SQLite takes `$1` for a parameter *named* `$1` and numbers by first appearance,
    /// so each is bound by the number in its name.
    fn prepare(&self, sql: &str, params: &[Value<'_>]) -> Result<CachedStatement<'_>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(fault)?;
        let mut highest = 0;
        for at in 1..=statement.parameter_count() {
            let number = statement.parameter_name(at).and_then(parameter_number);
            let number = number.ok_or_else(|| StoreError::statement("parameters are written $1…$n"))?;
            let value = params.get(number - 1).ok_or_else(|| count(params.len(), number))?;
            statement.raw_bind_parameter(at, Bound(value)).map_err(fault)?;
            highest = highest.max(number);
        }
        if highest != params.len() {
            return Err(count(params.len(), highest));
        }
        Ok(statement)
    }
}

fn count(given: usize, needed: usize) -> StoreError {
    StoreError::statement(format!("{given} parameters given, ${needed} is the last one used"))
}

/// `$12` and `$12::bigint` are number 12.
fn parameter_number(name: &str) -> Option<usize> {
    let digits = name.strip_prefix('$')?;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok().filter(|number| *number > 0)
}

struct Bound<'a>(&'a Value<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Int(int) => ValueRef::Integer(*int),
            Value::Real(real) => ValueRef::Real(*real),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
            Value::Bool(on) => ValueRef::Integer((*on).into()),
        }))
    }
}

fn own(value: ValueRef<'_>) -> Result<Value<'static>, StoreError> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(int) => Value::Int(int),
        ValueRef::Real(real) => Value::Real(real),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec().into()),
        ValueRef::Text(text) => {
            let text = std::str::from_utf8(text)
                .map_err(|_| StoreError::Corrupt { reason: "text that is not UTF-8".into() })?;
            Value::Text(text.to_owned().into())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_bound_by_the_number_in_their_name() {
        assert_eq!(parameter_number("$2"), Some(2));
        assert_eq!(parameter_number("$12::bigint"), Some(12));
        assert_eq!(parameter_number("$0"), None);
        assert_eq!(parameter_number("?1"), None);
        assert_eq!(parameter_number("$name"), None);
    }
}
