//! One PostgreSQL connection: its settings and its statement cache.
//!
//! In: SQL with `$1…$n`. Out: rows. It does not know queues or callers.

use std::collections::HashMap;
use std::sync::Arc;

use ::postgres::fallible_iterator::FallibleIterator;
use ::postgres::types::ToSql;
use ::postgres::{Client, Config, NoTls, Statement};

use super::fault::{fault, interrupted_commit};
use super::wire;
use crate::engine::Options;
use crate::error::StoreError;
use crate::value::{Row, Value};

/// Statements kept prepared per connection; all are forgotten when one more comes.
const STATEMENTS: usize = 512;

pub(in crate::engine) struct Session {
    client: Client,
    statements: HashMap<Box<str>, Prepared>,
}

#[derive(Clone)]
struct Prepared {
    statement: Statement,
    names: Arc<[Box<str>]>,
}

impl Session {
    pub(super) fn connect(config: &Config, options: &Options) -> Result<Self, StoreError> {
        let client = config.connect(NoTls).map_err(|error| fault(&error))?;
        let mut session = Self { client, statements: HashMap::new() };
        session.batch(&format!(
            "SET synchronous_commit = on; SET statement_timeout = {}; SET lock_timeout = {}; \
             SET idle_in_transaction_session_timeout = '5min'; SET TIME ZONE 'UTC'; \
             SET client_min_messages = warning",
            options.statement_timeout.as_millis(),
            options.lock_timeout.as_millis(),
        ))?;
        Ok(session)
    }

    pub(in crate::engine) fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.client.batch_execute(sql).map_err(|error| fault(&error))
    }

    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        self.client.batch_execute("COMMIT").map_err(|error| interrupted_commit(&error))
    }

    pub(super) fn rollback(&mut self) -> Result<(), StoreError> {
        self.batch("ROLLBACK")
    }

    pub(in crate::engine) fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        let prepared = self.prepare(sql)?;
        let params = wire::parameters(&prepared.statement, params)?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|value| value as _).collect();
        let done = self.client.execute(&prepared.statement, &params);
        done.map_err(|error| self.explain(&error))
    }

    /// Gives each row to `visit` until it answers false.
    pub(in crate::engine) fn query(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        visit: &mut dyn FnMut(Row) -> bool,
    ) -> Result<(), StoreError> {
        let prepared = self.prepare(sql)?;
        let params = wire::parameters(&prepared.statement, params)?;
        let result = self.client.query_raw(&prepared.statement, params).and_then(|mut rows| {
            while let Some(row) = rows.next()? {
                let values = (0..prepared.names.len()).map(|at| row.try_get(at)).collect::<Result<_, _>>()?;
                if !visit(Row::new(Arc::clone(&prepared.names), values)) {
                    break;
                }
            }
            Ok(())
        });
        result.map_err(|error| self.explain(&error))
    }

    fn prepare(&mut self, sql: &str) -> Result<Prepared, StoreError> {
        if let Some(prepared) = self.statements.get(sql) {
            return Ok(prepared.clone());
        }
        let statement = self.client.prepare(sql).map_err(|error| fault(&error))?;
        wire::readable(&statement)?;
        let names = statement.columns().iter().map(|column| column.name().into()).collect();
        let prepared = Prepared { statement, names };
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        self.statements.insert(sql.into(), prepared.clone());
        Ok(prepared)
    }

    /// A migration run by another node may have changed what a prepared statement returns.
    fn explain(&mut self, error: &::postgres::Error) -> StoreError {
        if error.code() == Some(&::postgres::error::SqlState::FEATURE_NOT_SUPPORTED) {
            self.statements.clear();
            return StoreError::Serialization;
        }
        fault(error)
    }
}
