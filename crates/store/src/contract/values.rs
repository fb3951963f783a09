//! Stories about values: what is written is what is read.

use super::{Broken, holds, number, prepare, same};
use crate::{Backend, Store, StoreError, Value, params};

const TEXT: &str = "Élodie Nguyễn 🧪 \u{301} \"'\\ %_ œ";

pub(super) fn every_kind_comes_back(store: &Store) -> Result<(), Broken> {
    let [bytes, real] = match store.backend() {
        Backend::Sqlite => ["BLOB", "REAL"],
        Backend::Postgres => ["BYTEA", "DOUBLE PRECISION"],
    };
    store.write_blocking(move |tx| {
        let columns = format!("id BIGINT PRIMARY KEY, t TEXT, i BIGINT, r {real}, f BIGINT, b {bytes}");
        tx.execute(&format!("CREATE TABLE kinds ({columns})"), params![])?;
        let insert = "INSERT INTO kinds (id, t, i, r, f, b) VALUES ($1, $2, $3, $4, $5, $6)";
        tx.execute(insert, params![1, TEXT, i64::MIN, 0.1, true, b"\0\xff\x80"])?;
        tx.execute(insert, params![2, "", i64::MAX, -1e300, false, b""])?;
        let nothing = Option::<&str>::None;
        tx.execute(insert, params![3, nothing, Value::Null, nothing, nothing, nothing])
    })?;
    let rows = store.read_blocking(|tx| tx.query("SELECT id, t, i, r, f, b FROM kinds ORDER BY id", params![]))?;
    same("rows", rows.len(), 3)?;
    same("text", rows[0].text("t")?, TEXT)?;
    same("smallest", rows[0].int("i")?, i64::MIN)?;
    same("real", rows[0].real("r")?, 0.1)?;
    same("true", rows[0].bool("f")?, true)?;
    same("bytes", rows[0].bytes("b")?, b"\0\xff\x80".as_slice())?;
    same("empty text", rows[1].opt_text("t")?, Some(""))?;
    same("largest", rows[1].int("i")?, i64::MAX)?;
    same("false", rows[1].bool("f")?, false)?;
    same("empty bytes", rows[1].opt_bytes("b")?, Some(b"".as_slice()))?;
    for column in ["t", "i", "r", "f", "b"] {
        same(column, rows[2].value(column)?, &Value::Null)?;
    }
    let nul = store.write_blocking(|tx| tx.execute("UPDATE kinds SET t = $1", params!["a\0b"]));
    holds("NUL is refused", matches!(nul, Err(StoreError::Parameter { index: 1, .. })))
}

pub(super) fn large_bytes_come_back(store: &Store) -> Result<(), Broken> {
    let bytes = match store.backend() {
        Backend::Sqlite => "BLOB",
        Backend::Postgres => "BYTEA",
    };
    let sizes = [1_usize, 4_095, 8_192, 16_385, 100_000, 5_000_000];
    // Every byte depends on its place and on the size, so that a shifted or mixed page shows.
    let content = |size: usize| -> Vec<u8> { (0..size).map(|at| ((at * 31 + at / 251 + size) % 256) as u8).collect() };
    store.write_blocking(move |tx| {
        tx.execute(&format!("CREATE TABLE large (size BIGINT PRIMARY KEY, b {bytes})"), params![])?;
        for size in sizes {
            let body = content(size);
            let row = params![size as i64, &body];
            tx.execute("INSERT INTO large (size, b) VALUES ($1, $2)", row)?;
        }
        Ok::<_, StoreError>(())
    })?;
    for size in sizes {
        let found = store.read_blocking(move |tx| {
            let sql = "SELECT b FROM large WHERE size = $1";
            tx.query_one(sql, params![size as i64])?.take_bytes("b")
        })?;
        holds("large bytes differ", found == content(size))?;
    }
    Ok(())
}

pub(super) fn parameters_are_bound_by_number(store: &Store) -> Result<(), Broken> {
    prepare(store, &["CREATE TABLE numbered (a TEXT, b TEXT, n BIGINT)"])?;
    store.write_blocking(|tx| {
        let sql = "INSERT INTO numbered (b, a, n) VALUES ($2, $1, $3)";
        tx.execute(sql, params!["one", "two", 3])
    })?;
    let found = store.read_blocking(|tx| {
        let sql = "SELECT a, '$9' AS literal FROM numbered \
                   WHERE b = $2 AND a <> $2 AND a = $1 AND n = $3 AND n + $3::bigint = 6";
        tx.query_one(sql, params!["one", "two", 3])
    })?;
    same("first parameter", found.text("a")?, "one")?;
    same("a literal is left alone", found.text("literal")?, "$9")
}

pub(super) fn text_compares_by_bytes(store: &Store) -> Result<(), Broken> {
    prepare(
        store,
        &["CREATE TABLE sorted (t TEXT)", "INSERT INTO sorted (t) VALUES ('b'), ('é'), ('a'), ('B'), ('A_')"],
    )?;
    let order =
        store.read_blocking(|tx| tx.query_map("SELECT t FROM sorted ORDER BY t", params![], |row| row.string(0)))?;
    same("order", order.concat().as_str(), "A_Babé")?;
    let like = "SELECT count(*) FROM sorted WHERE t LIKE 'b%'";
    same("LIKE minds case", number(store, like)?, 1)
}

pub(super) fn wrong_counts_are_refused(store: &Store) -> Result<(), Broken> {
    prepare(store, &["CREATE TABLE counted (n BIGINT, m BIGINT)"])?;
    let insert = "INSERT INTO counted (n, m) VALUES ($1, $2)";
    let few = store.write_blocking(move |tx| tx.execute(insert, params![1]));
    let many = store.write_blocking(move |tx| tx.execute(insert, params![1, 2, 3]));
    holds("too few", matches!(few, Err(StoreError::Statement { .. })))?;
    holds("too many", matches!(many, Err(StoreError::Statement { .. })))?;
    let wrong = store.write_blocking(|tx| tx.execute("INSERT INTO nowhere (n) VALUES (1)", params![]));
    holds("unknown table", matches!(wrong, Err(StoreError::Statement { .. })))
}

pub(super) fn aggregates_are_integers(store: &Store) -> Result<(), Broken> {
    prepare(store, &["CREATE TABLE summed (n BIGINT)", "INSERT INTO summed (n) VALUES (20000), (30000), (-7)"])?;
    same("count", number(store, "SELECT count(*) FROM summed")?, 3)?;
    same("sum", number(store, "SELECT sum(n) FROM summed")?, 49_993)?;
    same("max", number(store, "SELECT max(n) FROM summed")?, 30_000)?;
    let exists = store.read_blocking(|tx| {
        tx.query_one("SELECT EXISTS (SELECT 1 FROM summed WHERE n = $1) AS there", params![-7])?.bool("there")
    });
    same("exists", exists, Ok(true))
}

pub(super) fn one_row_means_one_row(store: &Store) -> Result<(), Broken> {
    prepare(store, &["CREATE TABLE few (n BIGINT)", "INSERT INTO few (n) VALUES (1), (2), (2)"])?;
    let one =
        |n: i64| store.read_blocking(move |tx| tx.query_one("SELECT n FROM few WHERE n = $1", params![n])?.int("n"));
    same("one", one(1), Ok(1))?;
    same("none", one(3), Err(StoreError::NoRow))?;
    same("several", one(2), Err(StoreError::ManyRows))?;
    let stopped = store.read_blocking(|tx| {
        let mut seen = 0;
        let all = tx.query_each("SELECT n FROM few", params![], |_| {
            seen += 1;
            if seen == 2 { Err(StoreError::NoRow) } else { Ok(()) }
        });
        // A visitor that stops does not spoil the transaction.
        let after = tx.query_one("SELECT count(*) FROM few", params![])?.int(0)?;
        Ok::<_, StoreError>((all, seen, after))
    })?;
    same("stopped by the visitor", stopped, (Err(StoreError::NoRow), 2, 3))
}
