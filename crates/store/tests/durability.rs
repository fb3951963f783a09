//! What was acknowledged survives the death of the process.
//!
//! The test starts itself again as a child, which writes and prints each identifier once its write was
//! acknowledged, and kills it in the middle. A killed process leaves its written pages to the system, so a
//! missing fsync would not show here: against a loss of power stand `synchronous=FULL`, asserted in
//! `engines.rs`, the story `an_answered_write_is_committed`, and the disk's word.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use store::{Options, Store, StoreError, params};

const CHILD: &str = "PAILLASSE_STORM_FILE";
const NAME: &str = "acknowledged_writes_survive_a_kill";
const ROUNDS: usize = 3;
const ACKNOWLEDGED: usize = 400;

#[test]
fn acknowledged_writes_survive_a_kill() {
    if let Ok(url) = std::env::var(CHILD) {
        return storm(&url);
    }
    let folder = std::env::temp_dir().join(format!("paillasse-storm-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let url = format!("sqlite:{}", folder.join("store.db").display());
    let mut acknowledged = HashSet::new();
    // The same file each round: recovery of a killed database is written on, and killed again.
    for _ in 0..ROUNDS {
        acknowledged.extend(run_and_kill(&url));
        check(&url, &acknowledged);
    }
    assert!(acknowledged.len() >= ROUNDS * ACKNOWLEDGED);
    assert!(Path::new(&folder.join("store.db")).exists());
    std::fs::remove_dir_all(&folder).unwrap();
}

fn run_and_kill(url: &str) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([NAME, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut seen = Vec::new();
    while seen.len() < ACKNOWLEDGED {
        let line = lines.next().expect("the child died by itself").unwrap();
        seen.extend(line.strip_prefix("ack ").map(str::to_owned));
    }
    // SIGKILL on Unix: no destructor, no last checkpoint.
    child.kill().unwrap();
    // Acknowledged between the last line read and the kill; a torn last line was not.
    let mut rest = String::new();
    for line in lines.map_while(Result::ok) {
        rest.push_str(&line);
        rest.push('\n');
    }
    let whole = rest.lines().filter_map(|line| line.strip_prefix("ack "));
    seen.extend(whole.filter(|id| id.len() == 36).map(str::to_owned));
    assert!(!child.wait().unwrap().success());
    seen
}

fn check(url: &str, acknowledged: &HashSet<String>) {
    let store = Store::open(url, &Options::default()).unwrap();
    let (kept, sound) = store
        .read_blocking(|tx| {
            let sql = "SELECT id, body FROM storm ORDER BY id";
            let kept = tx.query_map(sql, params![], |mut row| Ok((row.take_text("id")?, row.take_bytes("body")?)))?;
            let sql = "SELECT integrity_check FROM pragma_integrity_check";
            Ok::<_, StoreError>((kept, tx.query_one(sql, params![])?.string(0)?))
        })
        .unwrap();
    assert_eq!(sound, "ok");
    let whole = |(id, body): &(String, Vec<u8>)| *body == content(id);
    assert!(kept.iter().all(whole), "a row is not what was written");
    let kept: HashSet<&String> = kept.iter().map(|(id, _)| id).collect();
    let n_lost = acknowledged.iter().filter(|id| !kept.contains(id)).count();
    assert_eq!(n_lost, 0, "acknowledged writes lost, of {}", acknowledged.len());
}

fn content(id: &str) -> Vec<u8> {
    id.as_bytes().repeat(60)
}

/// Writes from sixteen callers until killed.
fn storm(url: &str) {
    // Small, so that kills also fall into checkpoints.
    let options = Options { checkpoint_pages: 50, ..Options::default() };
    let store = Store::open(url, &options).unwrap();
    let table = "CREATE TABLE IF NOT EXISTS storm (id TEXT PRIMARY KEY, body BLOB NOT NULL)";
    store.write_blocking(move |tx| tx.execute(table, params![])).unwrap();
    std::thread::scope(|scope| {
        for caller in 0..16 {
            let store = &store;
            scope.spawn(move || {
                for n in 0.. {
                    let id = format!("{:016x}-{caller:02}-{n:016}", std::process::id());
                    let shown = id.clone();
                    let sql = "INSERT INTO storm (id, body) VALUES ($1, $2)";
                    let done = store.write_blocking(move |tx| tx.execute(sql, params![&id, content(&id)]));
                    done.unwrap();
                    let mut out = std::io::stdout().lock();
                    if writeln!(out, "ack {shown}").and_then(|()| out.flush()).is_err() {
                        return;
                    }
                }
            });
        }
    });
}
