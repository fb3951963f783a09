//! Stories about several callers at once.

use std::sync::mpsc;
use std::time::Duration;

use super::{Broken, holds, number, prepare, same, together};
use crate::{Backend, Store, StoreError, params};

pub(super) fn increments_lose_nothing(store: &Store) -> Result<(), Broken> {
    prepare(store, &["CREATE TABLE counter (n BIGINT NOT NULL)", "INSERT INTO counter (n) VALUES (0)"])?;
    together(32, |_| {
        for _ in 0..100 {
            store.write_blocking(|tx| tx.execute("UPDATE counter SET n = n + 1", params![]))?;
        }
        Ok(())
    })?;
    same("sum", number(store, "SELECT n FROM counter")?, 3200)
}

/// The increment is made in Rust: only the row's lock keeps two writers apart.
pub(super) fn read_then_write_loses_nothing(store: &Store) -> Result<(), Broken> {
    prepare(store, &["CREATE TABLE account (n BIGINT NOT NULL)", "INSERT INTO account (n) VALUES (0)"])?;
    together(8, |_| {
        for _ in 0..50 {
            store.write_blocking(|tx| {
                let select = format!("SELECT n FROM account{}", tx.for_update());
                let n = tx.query_one(&select, params![])?.int("n")?;
                tx.execute("UPDATE account SET n = $1", params![n + 1])
            })?;
        }
        Ok(())
    })?;
    same("sum", number(store, "SELECT n FROM account")?, 400)
}

/// A chain where each link names the one before: there is no row to lock, so the name is.
pub(super) fn a_named_lock_orders_writers(store: &Store) -> Result<(), Broken> {
    prepare(store, &["CREATE TABLE chain (n BIGINT PRIMARY KEY)"])?;
    together(8, |_| {
        for _ in 0..25 {
            store.write_blocking(|tx| {
                tx.lock_named("chain")?;
                let last = tx.query_one("SELECT max(n) AS last FROM chain", params![])?;
                let next = last.opt_int("last")?.map_or(0, |n| n + 1);
                tx.execute("INSERT INTO chain (n) VALUES ($1)", params![next])
            })?;
        }
        Ok(())
    })?;
    same("last link", number(store, "SELECT max(n) FROM chain")?, 199)
}

/// Another connection sees the row at once, which it can't before the commit and its fsync are over.
pub(super) fn an_answered_write_is_committed(store: &Store) -> Result<(), Broken> {
    prepare(store, &["CREATE TABLE answered (n BIGINT PRIMARY KEY)"])?;
    together(4, |caller| {
        for n in 0..25 {
            let n = caller * 100 + n;
            let insert = "INSERT INTO answered (n) VALUES ($1)";
            store.write_blocking(move |tx| tx.execute(insert, params![n]))?;
            let select = "SELECT n FROM answered WHERE n = $1";
            store.read_blocking(move |tx| tx.query_one(select, params![n]))?;
        }
        Ok(())
    })
}

pub(super) fn a_read_sees_one_snapshot(store: &Store) -> Result<(), Broken> {
    prepare(store, &["CREATE TABLE seen (n BIGINT)", "INSERT INTO seen (n) VALUES (1)"])?;
    let (looked, has_looked) = mpsc::channel::<()>();
    let (written, is_written) = mpsc::channel::<()>();
    let count = "SELECT count(*) FROM seen";
    let counts = std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            store.read_blocking(move |tx| {
                let before = tx.query_one(count, params![])?.int(0)?;
                let _ = looked.send(());
                let told = is_written.recv_timeout(Duration::from_secs(10)).is_ok();
                let after = tx.query_one(count, params![])?.int(0)?;
                Ok::<_, StoreError>((told, before, after))
            })
        });
        let waited = has_looked.recv_timeout(Duration::from_secs(10)).is_ok();
        // The reader is in the middle of its transaction: it must not make the writer wait.
        let insert = "INSERT INTO seen (n) VALUES (2)";
        let wrote = store.write_blocking(move |tx| tx.execute(insert, params![]));
        let _ = written.send(());
        let counts = reading.join().map_err(|_| Broken("the reader panicked".into()));
        holds("the reader looked", waited).and(wrote.map_err(Broken::from)).and(counts)
    })??;
    same("counts within one read", counts, (true, 1, 1))?;
    same("count afterwards", number(store, count)?, 2)
}

pub(super) fn each_job_is_claimed_once(store: &Store) -> Result<(), Broken> {
    prepare(store, &["CREATE TABLE job (id BIGINT PRIMARY KEY, owner BIGINT, n BIGINT NOT NULL)"])?;
    store.write_blocking(|tx| {
        for id in 0..200 {
            tx.execute("INSERT INTO job (id, n) VALUES ($1, 0)", params![id])?;
        }
        Ok::<_, StoreError>(())
    })?;
    let claimed = std::sync::atomic::AtomicUsize::new(0);
    together(8, |owner| {
        loop {
            let ids = store.write_blocking(move |tx| {
                let skip = tx.for_update_skip_locked();
                let sql = format!(
                    "UPDATE job SET owner = $1, n = n + 1 WHERE id IN \
                     (SELECT id FROM job WHERE owner IS NULL ORDER BY id LIMIT 7{skip}) RETURNING id"
                );
                tx.query_map(&sql, params![owner], |row| row.int("id"))
            })?;
            if ids.is_empty() {
                return Ok(());
            }
            claimed.fetch_add(ids.len(), std::sync::atomic::Ordering::Relaxed);
        }
    })?;
    same("claims", claimed.into_inner(), 200)?;
    same("claimed once", number(store, "SELECT count(*) FROM job WHERE n = 1")?, 200)
}

/// The tests open the store with a limit of two seconds.
pub(super) fn a_slow_statement_is_stopped(store: &Store) -> Result<(), Broken> {
    let slow = match store.backend() {
        Backend::Sqlite => "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c",
        Backend::Postgres => "SELECT count(*) FROM (SELECT pg_sleep(60)) AS slept",
    };
    let done = store.read_blocking(move |tx| tx.query(slow, params![]).map(drop));
    same("answer", done, Err(StoreError::TimedOut))?;
    same("the next one works", number(store, "SELECT 1")?, 1)
}
