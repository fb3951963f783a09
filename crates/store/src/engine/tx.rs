//! The open transaction a closure works in, the same for both engines.
//!
//! In: SQL with `$1…$n` and a list of values. Out: rows or counts.
//! It does not know when the transaction commits: the engine's thread does.

use super::Backend;
use super::postgres::Session;
use super::sqlite::Handle;
use crate::error::StoreError;
use crate::value::{Row, Value};

/// An open transaction.
///
/// One SQL text for both engines, placeholders `$1…$n` (a cast such as `$1::bigint` is accepted by both).
/// Statements are prepared once per connection and text, so keep texts constant. After a statement failed,
/// the transaction only accepts its end: use `ON CONFLICT DO NOTHING`, or [`Tx::attempt`] to go on.
pub struct Tx<'a> {
    engine: Engine<'a>,
    failure: Option<StoreError>,
    depth: usize,
}

enum Engine<'a> {
    Sqlite(&'a Handle),
    Postgres(&'a mut Session),
}

impl<'a> Tx<'a> {
    pub(super) fn sqlite(handle: &'a Handle) -> Self {
        Self { engine: Engine::Sqlite(handle), failure: None, depth: 0 }
    }

    pub(super) fn postgres(session: &'a mut Session) -> Self {
        Self { engine: Engine::Postgres(session), failure: None, depth: 0 }
    }

    /// The first statement that failed, if one did.
    pub(super) fn failure(&self) -> Option<&StoreError> {
        self.failure.as_ref()
    }

    /// Which engine runs below.
    pub fn dialect(&self) -> Backend {
        match self.engine {
            Engine::Sqlite(_) => Backend::Sqlite,
            Engine::Postgres(_) => Backend::Postgres,
        }
    }

    /// See [`Backend::for_update`].
    pub fn for_update(&self) -> &'static str {
        self.dialect().for_update()
    }

    /// See [`Backend::for_update_skip_locked`].
    pub fn for_update_skip_locked(&self) -> &'static str {
        self.dialect().for_update_skip_locked()
    }

    /// Holds a lock of that name until the transaction ends, so that transactions taking it follow each other
    /// (a hash chain, a counter without gaps). SQLite needs none: its writes never overlap.
    pub fn lock_named(&mut self, name: &str) -> Result<(), StoreError> {
        if self.dialect() == Backend::Sqlite {
            return Ok(());
        }
        // FNV-1a, 64 bits: two names sharing a key would only wait for each other.
        let key = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let key = Value::Int(key.cast_signed());
        self.query("SELECT CAST(pg_advisory_xact_lock($1) AS TEXT)", &[key])?;
        Ok(())
    }

    /// Runs one statement; answers how many rows it changed (not meaningful for `CREATE …`).
    pub fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        self.guarded(|engine| {
            admit(sql, params)?;
            match engine {
                Engine::Sqlite(handle) => handle.execute(sql, params),
                Engine::Postgres(session) => session.execute(sql, params),
            }
        })
    }

    /// Runs one statement and gives each row to `visit` as it comes, without holding them all.
    /// An error of `visit` stops the reading and is returned; it does not by itself undo the transaction.
    pub fn query_each(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        mut visit: impl FnMut(Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut stopped = None;
        let mut until_error = |row| match visit(row) {
            Ok(()) => true,
            Err(error) => {
                stopped = Some(error);
                false
            }
        };
        self.guarded(|engine| {
            admit(sql, params)?;
            match engine {
                Engine::Sqlite(handle) => handle.query(sql, params, &mut until_error),
                Engine::Postgres(session) => session.query(sql, params, &mut until_error),
            }
        })?;
        stopped.map_or(Ok(()), Err)
    }

    /// Runs one statement; answers all its rows. The SQL bounds how many (`LIMIT`).
    pub fn query(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        self.query_map(sql, params, Ok)
    }

    /// Runs one statement; answers what `map` makes of each row.
    pub fn query_map<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        mut map: impl FnMut(Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut out = Vec::new();
        self.query_each(sql, params, |row| {
            out.push(map(row)?);
            Ok(())
        })?;
        Ok(out)
    }

    /// At most one row; [`StoreError::ManyRows`] if there are more.
    pub fn query_opt(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Option<Row>, StoreError> {
        let mut found = None;
        self.query_each(sql, params, |row| match found.replace(row) {
            None => Ok(()),
            Some(_) => Err(StoreError::ManyRows),
        })?;
        Ok(found)
    }

    /// Exactly one row; [`StoreError::NoRow`] or [`StoreError::ManyRows`] otherwise.
    pub fn query_one(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Row, StoreError> {
        self.query_opt(sql, params)?.ok_or(StoreError::NoRow)
    }

    /// Runs `f` as a part that may fail alone: when it answers `Err` or ignored a failed statement,
    /// its writes are undone and the transaction goes on. May be nested.
    pub fn attempt<T, E: From<StoreError>>(&mut self, f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        let name = format!("attempt_{}", self.depth);
        self.control(&format!("SAVEPOINT {name}"))?;
        self.depth += 1;
        let result = f(self);
        self.depth -= 1;
        let failure = self.failure.take();
        if let (Some(failure), Engine::Sqlite(handle)) = (&failure, &self.engine)
            && handle.lost_transaction()
        {
            self.failure = Some(failure.clone());
            return Err(failure.clone().into());
        }
        if result.is_err() || failure.is_some() {
            self.control(&format!("ROLLBACK TO {name}"))?;
        }
        self.control(&format!("RELEASE {name}"))?;
        match (result, failure) {
            (Ok(_), Some(failure)) => Err(failure.into()),
            (result, _) => result,
        }
    }

    /// Several statements without parameters, for migrations.
    pub(super) fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.control(sql)
    }

    fn control(&mut self, sql: &str) -> Result<(), StoreError> {
        self.guarded(|engine| match engine {
            Engine::Sqlite(handle) => handle.batch(sql),
            Engine::Postgres(session) => session.batch(sql),
        })
    }

    /// Refuses work after a failure, and remembers the first one: PostgreSQL does, so both do.
    fn guarded<T>(&mut self, run: impl FnOnce(&mut Engine<'a>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        run(&mut self.engine).inspect_err(|error| self.failure = Some(error.clone()))
    }
}

/// Refuses what one engine would take and the other not, and what would escape the transaction.
fn admit(sql: &str, params: &[Value<'_>]) -> Result<(), StoreError> {
    const ESCAPES: [&str; 12] = [
        "BEGIN",
        "START",
        "COMMIT",
        "END",
        "ROLLBACK",
        "ABORT",
        "SAVEPOINT",
        "RELEASE",
        "PRAGMA",
        "ATTACH",
        "DETACH",
        "VACUUM",
    ];
    let word = sql.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
    if ESCAPES.iter().any(|escape| word.eq_ignore_ascii_case(escape)) {
        return Err(StoreError::statement(format!(
            "{} is not allowed inside a store transaction",
            word.to_ascii_uppercase()
        )));
    }
    let nul = |value: &Value<'_>| matches!(value, Value::Text(text) if text.contains('\0'));
    match params.iter().position(nul) {
        Some(at) => {
            Err(StoreError::Parameter { index: at + 1, given: "text with NUL", expected: "text without NUL".into() })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params;

    #[test]
    fn transaction_control_is_refused_whatever_its_case() {
        assert!(admit("  commit", params![]).is_err());
        assert!(admit("Rollback;", params![]).is_err());
        assert!(admit("PRAGMA synchronous=OFF", params![]).is_err());
        assert!(admit("SELECT 1", params![]).is_ok());
        assert!(admit("UPDATE t SET a = 1", params![]).is_ok());
    }

    #[test]
    fn text_with_nul_is_refused_before_the_engines_disagree() {
        assert!(matches!(admit("SELECT $1", params!["ok", "a\0b"]), Err(StoreError::Parameter { index: 2, .. })));
    }
}
