//! The contract both engines keep: stories that must end the same on SQLite and on PostgreSQL.
//!
//! In: an open store whose database is empty. Out: which stories did not hold, and why.
//! Each story makes its own tables. It does not know how the store was opened.

mod concurrency;
mod migrations;
mod transactions;
mod values;

use std::fmt;

use crate::{Store, StoreError};

/// One story of the contract.
pub type Story = fn(&Store) -> Result<(), Broken>;

/// Names each story by its module and function.
macro_rules! stories {
    ($($module:ident { $($story:ident)* })*) => {
        &[$($((concat!(stringify!($module), "::", stringify!($story)), $module::$story)),*),*]
    };
}

/// Every story, by name.
pub const STORIES: &[(&str, Story)] = stories! {
    transactions {
        an_error_undoes_its_closure_alone
        a_panic_undoes_its_closure_alone
        an_ignored_failure_undoes
        an_attempt_may_fail_alone
        a_closure_cannot_end_its_transaction
        a_conflict_names_its_columns
        other_refusals_name_their_kind
        a_read_cannot_write
        no_call_from_inside
    }
    values {
        every_kind_comes_back
        large_bytes_come_back
        parameters_are_bound_by_number
        text_compares_by_bytes
        wrong_counts_are_refused
        aggregates_are_integers
        one_row_means_one_row
    }
    concurrency {
        increments_lose_nothing
        read_then_write_loses_nothing
        a_named_lock_orders_writers
        an_answered_write_is_committed
        a_read_sees_one_snapshot
        each_job_is_claimed_once
        a_slow_statement_is_stopped
    }
    migrations {
        applied_once
        a_changed_text_is_refused
        a_failure_leaves_nothing
    }
};

/// Runs every story, also after one broke; answers `name: why` for those that did.
pub fn run(store: &Store) -> Vec<String> {
    let broken = |(name, story): &(&str, Story)| story(store).err().map(|why| format!("{name}: {why}"));
    STORIES.iter().filter_map(broken).collect()
}

/// Why a story did not hold.
#[derive(Debug)]
pub struct Broken(String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

/// Compares, and says both sides when they differ.
fn same<T: PartialEq + fmt::Debug>(what: &str, found: T, expected: T) -> Result<(), Broken> {
    if found == expected {
        return Ok(());
    }
    Err(Broken(format!("{what}: {found:?}, expected {expected:?}")))
}

fn holds(what: &str, condition: bool) -> Result<(), Broken> {
    if condition { Ok(()) } else { Err(Broken(what.to_owned())) }
}

/// Runs statements without parameters, each alone.
fn prepare(store: &Store, statements: &'static [&'static str]) -> Result<(), StoreError> {
    store.write_blocking(move |tx| {
        for statement in statements {
            tx.execute(statement, &[])?;
        }
        Ok(())
    })
}

/// The integer a query without parameters answers.
fn number(store: &Store, sql: &'static str) -> Result<i64, StoreError> {
    store.read_blocking(move |tx| tx.query_one(sql, &[])?.int(0))
}

/// Runs `body` on `n` threads at once; the first thing that broke is the answer.
fn together(n: i64, body: impl Fn(i64) -> Result<(), StoreError> + Sync) -> Result<(), Broken> {
    std::thread::scope(|scope| {
        let body = &body;
        let threads: Vec<_> = (0..n).map(|i| scope.spawn(move || body(i))).collect();
        for thread in threads {
            thread.join().map_err(|_| Broken("a thread panicked".into()))??;
        }
        Ok(())
    })
}
