//! Stories about what a closure leaves behind when it fails.

use super::{Broken, holds, number, prepare, same, together};
use crate::{ConstraintKind, Store, StoreError, params};

/// Closures of one commit group: every third fails after it wrote.
pub(super) fn an_error_undoes_its_closure_alone(store: &Store) -> Result<(), Broken> {
    prepare(store, &["CREATE TABLE alone (n BIGINT PRIMARY KEY)"])?;
    together(30, |n| {
        let done: Result<(), StoreError> = store.write_blocking(move |tx| {
            tx.execute("INSERT INTO alone (n) VALUES ($1)", params![n])?;
            if n % 3 == 0 { Err(StoreError::NoRow) } else { Ok(()) }
        });
        match done {
            Err(StoreError::NoRow) if n % 3 == 0 => Ok(()),
            other => other,
        }
    })?;
    same("rows kept", number(store, "SELECT count(*) FROM alone")?, 20)?;
    same("rows undone", number(store, "SELECT count(*) FROM alone WHERE n % 3 = 0")?, 0)
}

pub(super) fn a_panic_undoes_its_closure_alone(store: &Store) -> Result<(), Broken> {
    prepare(store, &["CREATE TABLE panics (n BIGINT PRIMARY KEY)"])?;
    for n in 0..20_i64 {
        let done: Result<(), StoreError> = store.write_blocking(move |tx| {
            tx.execute("INSERT INTO panics (n) VALUES ($1)", params![n])?;
            if n % 2 == 0 {
                // Unwinds as a panic does, without the message on the test's output.
                std::panic::resume_unwind(Box::new(()));
            }
            Ok(())
        });
        let expected = if n % 2 == 0 { Err(StoreError::Panicked) } else { Ok(()) };
        same("answer", done, expected)?;
    }
    let read: Result<(), StoreError> = store.read_blocking(|_| std::panic::resume_unwind(Box::new(())));
    same("a read that panics", read, Err(StoreError::Panicked))?;
    same("rows kept", number(store, "SELECT count(*) FROM panics")?, 10)
}

pub(super) fn an_ignored_failure_undoes(store: &Store) -> Result<(), Broken> {
    prepare(store, &["CREATE TABLE ignored (n BIGINT PRIMARY KEY)"])?;
    let done: Result<bool, StoreError> = store.write_blocking(|tx| {
        tx.execute("INSERT INTO ignored (n) VALUES (1)", params![])?;
        let first = tx.execute("INSERT INTO ignored (n) VALUES (1)", params![]);
        let after = tx.query("SELECT n FROM ignored", params![]);
        Ok(first.is_err() && after.is_err())
    });
    let conflict = StoreError::Conflict { constraint: "ignored(n)".into() };
    same("answer", done, Err(conflict))?;
    same("rows kept", number(store, "SELECT count(*) FROM ignored")?, 0)
}

pub(super) fn an_attempt_may_fail_alone(store: &Store) -> Result<(), Broken> {
    prepare(store, &["CREATE TABLE attempts (n BIGINT PRIMARY KEY)"])?;
    let refused: bool = store.write_blocking(|tx| {
        tx.execute("INSERT INTO attempts (n) VALUES (1)", params![])?;
        let outer: Result<bool, StoreError> = tx.attempt(|tx| {
            tx.execute("INSERT INTO attempts (n) VALUES (2)", params![])?;
            let inner: Result<u64, StoreError> = tx.attempt(|tx| {
                tx.execute("INSERT INTO attempts (n) VALUES (3)", params![])?;
                tx.execute("INSERT INTO attempts (n) VALUES (1)", params![])
            });
            Ok(inner.is_err_and(|error| error.is_conflict_on("attempts(n)")))
        });
        tx.execute("INSERT INTO attempts (n) VALUES (4)", params![])?;
        outer
    })?;
    holds("the inner attempt met the conflict", refused)?;
    same("sum of what was kept", number(store, "SELECT sum(n) FROM attempts")?, 7)
}

pub(super) fn a_closure_cannot_end_its_transaction(store: &Store) -> Result<(), Broken> {
    for sql in ["COMMIT", " rollback", "BEGIN", "SAVEPOINT x"] {
        let done = store.write_blocking(move |tx| tx.execute(sql, params![]));
        holds(sql, matches!(done, Err(StoreError::Statement { .. })))?;
    }
    Ok(())
}

pub(super) fn a_conflict_names_its_columns(store: &Store) -> Result<(), Broken> {
    prepare(
        store,
        &[
            "CREATE TABLE patient_c (id TEXT PRIMARY KEY, ins TEXT, oid TEXT, UNIQUE (ins, oid))",
            "CREATE TABLE message_c (sender TEXT NOT NULL, control TEXT NOT NULL)",
            "CREATE UNIQUE INDEX message_c_once ON message_c (sender, control)",
            "INSERT INTO patient_c (id, ins, oid) VALUES ('p', '279035121518989', '1.2')",
            "INSERT INTO message_c (sender, control) VALUES ('a', '1')",
        ],
    )?;
    for (sql, expected) in [
        ("INSERT INTO patient_c (id) VALUES ('p')", "patient_c(id)"),
        ("INSERT INTO patient_c (id, ins, oid) VALUES ('q', '279035121518989', '1.2')", "patient_c(ins, oid)"),
        ("INSERT INTO message_c (sender, control) VALUES ('a', '1')", "message_c(sender, control)"),
    ] {
        let done = store.write_blocking(move |tx| tx.execute(sql, params![]));
        same(sql, done.clone(), Err(StoreError::Conflict { constraint: expected.into() }))?;
        let shown = done.map_or_else(|error| format!("{error} {error:?}"), |_| String::new());
        holds("the error shows no value", !shown.contains("279035121518989"))?;
    }
    let once = "INSERT INTO message_c (sender, control) VALUES ('a', '1') ON CONFLICT DO NOTHING";
    same("passed over", store.write_blocking(move |tx| tx.execute(once, params![])), Ok(0))
}

pub(super) fn other_refusals_name_their_kind(store: &Store) -> Result<(), Broken> {
    prepare(
        store,
        &[
            "CREATE TABLE parent_r (id TEXT PRIMARY KEY)",
            "CREATE TABLE child_r (parent TEXT NOT NULL REFERENCES parent_r (id), \
             n BIGINT CONSTRAINT n_is_small CHECK (n < 10))",
            "INSERT INTO parent_r (id) VALUES ('p')",
            "INSERT INTO child_r (parent, n) VALUES ('p', 1)",
        ],
    )?;
    let refused = |sql: &'static str| -> Option<(ConstraintKind, String)> {
        match store.write_blocking(move |tx| tx.execute(sql, params![])) {
            Err(StoreError::Refused { kind, constraint }) => Some((kind, constraint)),
            _ => None,
        }
    };
    let kind = |sql| refused(sql).map(|(kind, _)| kind);
    let foreign = Some(ConstraintKind::ForeignKey);
    same("unknown parent", kind("INSERT INTO child_r (parent, n) VALUES ('q', 1)"), foreign)?;
    same("parent in use", kind("DELETE FROM parent_r"), foreign)?;
    let not_null = Some((ConstraintKind::NotNull, "child_r(parent)".to_owned()));
    same("no parent", refused("INSERT INTO child_r (parent, n) VALUES (NULL, 1)"), not_null)?;
    let check = Some((ConstraintKind::Check, "n_is_small".to_owned()));
    same("check", refused("INSERT INTO child_r (parent, n) VALUES ('p', 10)"), check)
}

pub(super) fn a_read_cannot_write(store: &Store) -> Result<(), Broken> {
    prepare(store, &["CREATE TABLE readonly (n BIGINT)"])?;
    let sql = "INSERT INTO readonly (n) VALUES (1)";
    let done = store.read_blocking(move |tx| tx.execute(sql, params![]));
    same("answer", done, Err(StoreError::ReadOnly))?;
    same("rows", number(store, "SELECT count(*) FROM readonly")?, 0)
}

pub(super) fn no_call_from_inside(store: &Store) -> Result<(), Broken> {
    let again = store.clone();
    let done: Result<(), StoreError> = store.write_blocking(move |_| again.write_blocking(|_| Ok(())));
    holds("refused rather than stuck", matches!(done, Err(StoreError::Statement { .. })))
}
