//! Runs the contract on both engines, and what only one engine can show.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use store::testing::Postgres;
use store::{Options, Store, StoreError, contract, params};

fn options() -> Options {
    Options { statement_timeout: Duration::from_secs(2), ..Options::default() }
}

/// A folder removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("paillasse-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn url(&self, file: &str) -> String {
        format!("sqlite:{}", self.0.join(file).display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn count(store: &Store, table: &'static str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    store.read_blocking(move |tx| tx.query_one(&sql, params![])?.int(0)).unwrap()
}

fn make_table(store: &Store) -> Result<u64, StoreError> {
    store.write_blocking(|tx| tx.execute("CREATE TABLE note (id TEXT PRIMARY KEY, body BLOB)", params![]))
}

#[test]
fn sqlite_keeps_the_contract() {
    let folder = Folder::new("contract");
    let store = Store::open(&folder.url("store.db"), &options()).unwrap();
    assert_eq!(contract::run(&store), Vec::<String>::new());
}

#[test]
fn postgresql_keeps_the_contract_and_survives_broken_connections() {
    let Some(mut server) = Postgres::start_or_skip() else {
        return;
    };
    let url = server.fresh_database().unwrap();
    let store = Store::open(&url, &options()).unwrap();
    assert_eq!(contract::run(&store), Vec::<String>::new());

    // Every pooled connection is dead; each worker notices before it runs a closure.
    server.break_connections().unwrap();
    for _ in 0..20 {
        assert_eq!(count(&store, "counter"), 1);
    }
    // Broken in the middle of a closure: nothing is kept, and the cause is temporary.
    let breaker = Arc::new(server);
    let within = Arc::clone(&breaker);
    let broken = store.write_blocking(move |tx| {
        tx.execute("INSERT INTO counter (n) VALUES (7)", params![])?;
        within.break_connections().expect("the server answers");
        tx.execute("INSERT INTO counter (n) VALUES (8)", params![])
    });
    assert!(matches!(&broken, Err(StoreError::Unavailable { .. })), "{broken:?}");
    assert!(broken.unwrap_err().is_temporary());
    let within = Arc::clone(&breaker);
    let unsure: Result<(), StoreError> = store.write_blocking(move |tx| {
        tx.execute("INSERT INTO counter (n) VALUES (9)", params![])?;
        within.break_connections().expect("the server answers");
        Ok(())
    });
    assert_eq!(unsure, Err(StoreError::OutcomeUnknown));
    assert_eq!(count(&store, "counter"), 1);
    // The server goes last: the store's connections are closed first.
    drop(store);
}

#[test]
fn postgresql_that_is_not_there_is_unavailable_and_a_remote_one_is_refused() {
    let url = "postgres://nobody@127.0.0.1:1/none";
    let absent = Store::open(url, &options()).unwrap_err();
    assert!(matches!(absent, StoreError::Unavailable { .. }), "{absent}");
    let remote = Store::open("postgres://a:secret@db.example/b", &options()).unwrap_err();
    assert!(matches!(remote, StoreError::Unsupported { .. }), "{remote}");
    let unknown = Store::open("mysql://a:secret@b/c", &options()).unwrap_err();
    assert!(!unknown.to_string().contains("secret"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_share_commits_and_all_are_answered() {
    let store = Store::open("sqlite::memory:", &options()).unwrap();
    make_table(&store).unwrap();
    let tasks: Vec<_> = (0..32)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                for n in 0..20 {
                    let id = format!("{task}-{n}");
                    let sql = "INSERT INTO note (id) VALUES ($1)";
                    store.write(move |tx| tx.execute(sql, params![&id])).await?;
                }
                Ok::<_, StoreError>(())
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    // Blocking calls are allowed inside a runtime too, also more than its fairness budget allows.
    for _ in 0..300 {
        assert_eq!(count(&store, "note"), 640);
    }
}

#[test]
fn a_full_database_is_a_temporary_error_and_loses_no_earlier_commit() {
    let options = Options { max_size_bytes: Some(1 << 20), ..options() };
    let store = Store::open("sqlite::memory:", &options).unwrap();
    make_table(&store).unwrap();
    let insert = |id: String, size: usize| {
        store.write_blocking(move |tx| {
            let sql = "INSERT INTO note (id, body) VALUES ($1, $2)";
            tx.execute(sql, params![&id, vec![7; size]])
        })
    };
    let mut n_kept = 0;
    let full = loop {
        match insert(format!("n{n_kept}"), 100_000) {
            Ok(_) => n_kept += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(full, StoreError::DiskFull);
    assert!(full.is_temporary());
    assert!(n_kept > 5, "{n_kept}");
    assert_eq!(count(&store, "note"), n_kept);
    // Inside an attempt too, the cause stays what it is.
    let attempted: Result<(), StoreError> = store.write_blocking(|tx| {
        tx.attempt(|tx| {
            let sql = "INSERT INTO note (id, body) VALUES ('attempt', $1)";
            tx.execute(sql, params![vec![7; 300_000]]).map(drop)
        })
    });
    assert_eq!(attempted, Err(StoreError::DiskFull));
    // Room is made; the writer goes on.
    store.write_blocking(|tx| tx.execute("DELETE FROM note WHERE id = 'n0'", params![])).unwrap();
    insert("after".into(), 1000).unwrap();
    assert_eq!(count(&store, "note"), n_kept);
}

#[test]
fn a_disk_that_fills_under_many_writers_keeps_exactly_what_it_acknowledged() {
    let options = Options { max_size_bytes: Some(2 << 20), ..options() };
    let store = Store::open("sqlite::memory:", &options).unwrap();
    make_table(&store).unwrap();
    let fill = |caller: usize| {
        let mut acknowledged = Vec::new();
        for n in 0..50 {
            let id = format!("{caller}-{n}");
            let row = id.clone();
            let sql = "INSERT INTO note (id, body) VALUES ($1, $2)";
            match store.write_blocking(move |tx| tx.execute(sql, params![row, vec![7; 20_000]])) {
                Ok(_) => acknowledged.push(id),
                Err(error) => assert_eq!(error, StoreError::DiskFull),
            }
        }
        acknowledged
    };
    let mut acknowledged: Vec<String> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..8).map(|caller| scope.spawn(move || fill(caller))).collect();
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    });
    acknowledged.sort();
    let sql = "SELECT id FROM note ORDER BY id";
    let kept = store.read_blocking(move |tx| tx.query_map(sql, params![], |row| row.string(0)));
    assert_eq!(kept, Ok(acknowledged));
    assert!(count(&store, "note") < 400, "the disk never filled");
}

#[test]
fn a_refused_commit_fails_its_whole_group_and_no_other() {
    // Long enough for three closures to meet in one group.
    let options = Options { group_time: Duration::from_secs(5), ..options() };
    let store = Store::open("sqlite::memory:", &options).unwrap();
    make_table(&store).unwrap();
    let sql = "CREATE TABLE late (note TEXT REFERENCES note (id) DEFERRABLE INITIALLY DEFERRED)";
    store.write_blocking(move |tx| tx.execute(sql, params![])).unwrap();
    let (gate, opened) = std::sync::mpsc::channel::<()>();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let store = &store;
        let (entered, inside) = std::sync::mpsc::channel::<()>();
        let first = scope.spawn(move || {
            store.write_blocking(move |tx| {
                entered.send(()).expect("the test waits");
                opened.recv().expect("the test opens the gate");
                // Only the commit will see that this note does not exist.
                tx.execute("INSERT INTO late (note) VALUES ('nowhere')", params![])
            })
        });
        inside.recv().unwrap();
        let others = ["a", "b"].map(|id| {
            scope.spawn(move || {
                let sql = "INSERT INTO note (id) VALUES ($1)";
                store.write_blocking(move |tx| tx.execute(sql, params![id]))
            })
        });
        // Time for both to queue: the writer is held.
        std::thread::sleep(Duration::from_millis(100));
        gate.send(()).unwrap();
        std::iter::once(first).chain(others).map(|caller| caller.join().unwrap()).collect()
    });
    let refused = |answer: &Result<u64, StoreError>| matches!(answer, Err(StoreError::Refused { .. }));
    assert!(answers.iter().all(refused), "{answers:?}");
    assert_eq!(count(&store, "note"), 0);
    let sql = "INSERT INTO note (id) VALUES ('a')";
    assert_eq!(store.write_blocking(move |tx| tx.execute(sql, params![])), Ok(1));
}

#[test]
fn a_damaged_file_is_reported_as_such() {
    let folder = Folder::new("damaged");
    std::fs::write(folder.0.join("store.db"), [0x55; 16384]).unwrap();
    let error = Store::open(&folder.url("store.db"), &options()).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    assert!(!error.is_temporary());
}

#[test]
fn another_process_holding_the_file_is_busy_then_free() {
    let folder = Folder::new("busy");
    let options = Options { lock_timeout: Duration::from_millis(50), ..options() };
    let store = Store::open(&folder.url("store.db"), &options).unwrap();
    make_table(&store).unwrap();
    let other = rusqlite::Connection::open(folder.0.join("store.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let insert = "INSERT INTO note (id) VALUES ('n')";
    let busy = store.write_blocking(move |tx| tx.execute(insert, params![]));
    assert_eq!(busy, Err(StoreError::Busy));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(store.write_blocking(move |tx| tx.execute(insert, params![])), Ok(1));
}

#[test]
fn the_file_is_private_and_commits_are_synchronous() {
    let folder = Folder::new("private");
    let store = Store::open(&folder.url("store.db"), &options()).unwrap();
    make_table(&store).unwrap();
    #[cfg(unix)]
    for file in ["store.db", "store.db-wal"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.0.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let setting = |name: &'static str| {
        let sql = format!("SELECT * FROM pragma_{name}");
        store.write_blocking(move |tx| tx.query_one(&sql, params![])?.int(0)).unwrap()
    };
    assert_eq!(setting("synchronous"), 2, "FULL");
    assert_eq!(setting("foreign_keys"), 1);
    assert_eq!(setting("page_size"), 8192);
}

#[tokio::test]
async fn a_backup_is_a_whole_database_and_replaces_nothing() {
    let folder = Folder::new("backup");
    let store = Store::open(&folder.url("store.db"), &options()).unwrap();
    make_table(&store).unwrap();
    let insert = |store: &Store| {
        let sql = "INSERT INTO note (id, body) SELECT 'n' || (count(*) + 1), $1 FROM note";
        store.write_blocking(move |tx| tx.execute(sql, params![vec![1; 50_000]]))
    };
    for _ in 0..100 {
        insert(&store).unwrap();
    }
    let copy = folder.0.join("copy.db");
    store.backup(&copy).await.unwrap();
    insert(&store).unwrap();
    assert!(matches!(store.backup(&copy).await, Err(StoreError::Io { .. })));
    let left = std::fs::read_dir(&folder.0).unwrap().map(|file| file.unwrap().file_name());
    assert_eq!(left.filter(|name| name.to_string_lossy().contains("partial")).count(), 0);
    let copied = Store::open(&folder.url("copy.db"), &options()).unwrap();
    assert_eq!((count(&store, "note"), count(&copied, "note")), (101, 100));
    let sound = copied
        .read_blocking(|tx| tx.query_one("SELECT integrity_check FROM pragma_integrity_check", params![])?.string(0));
    assert_eq!(sound.as_deref(), Ok("ok"));
}

#[tokio::test]
async fn a_checkpoint_empties_the_log() {
    let folder = Folder::new("checkpoint");
    let store = Store::open(&folder.url("store.db"), &options()).unwrap();
    make_table(&store).unwrap();
    let log = folder.0.join("store.db-wal");
    assert!(std::fs::metadata(&log).unwrap().len() > 0);
    store.checkpoint().await.unwrap();
    assert_eq!(std::fs::metadata(&log).unwrap().len(), 0);
}

#[test]
fn the_log_stays_bounded_under_steady_writes() {
    let folder = Folder::new("bounded");
    let options = Options { checkpoint_pages: 100, ..options() };
    let store = Store::open(&folder.url("store.db"), &options).unwrap();
    make_table(&store).unwrap();
    for n in 0..60 {
        let id = format!("n{n}");
        let sql = "INSERT INTO note (id, body) VALUES ($1, $2)";
        store.write_blocking(move |tx| tx.execute(sql, params![id, vec![1; 100_000]])).unwrap();
    }
    // 6 MB were written; the log turned over every 100 pages of 8 kB.
    let log = std::fs::metadata(folder.0.join("store.db-wal")).unwrap().len();
    assert!(log < 2_000_000, "{log}");
}

#[test]
fn the_last_clone_may_go_inside_a_closure() {
    let store = Store::open("sqlite::memory:", &options()).unwrap();
    let inside = store.clone();
    let waiting = store.clone();
    drop(store);
    waiting
        .write_blocking(move |_| {
            drop(inside);
            Ok::<_, StoreError>(())
        })
        .unwrap();
    drop(waiting);
}
