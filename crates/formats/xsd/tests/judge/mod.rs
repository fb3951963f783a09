//! libxml2, through Python's `lxml`: documents in, its opinion of each out.

use crate::oracle::{Pack, SCHEMA};
use std::{
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Exit code of the script when a tool is missing.
const MISSING: i32 = 3;

/// What libxml2 says of a document.
pub struct Opinion {
    pub valid: bool,
    /// Its words, the first error if there is one.
    pub said: String,
}

fn python() -> PathBuf {
    if let Some(python) = std::env::var_os("PAILLASSE_PYTHON") {
        return python.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .unwrap_or_default();
    let venv = cache.join("paillasse/venv/bin/python");
    if venv.is_file() { venv } else { "python3".into() }
}

/// An opinion for each document; `None`, said aloud, when libxml2 is not there.
pub fn opinions(pack: &Pack, documents: &[Vec<u8>]) -> Option<Vec<Opinion>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../conformance/xsd/judge.py");
    let spawned = Command::new(python())
        .arg(script)
        .arg(pack.folder.join(SCHEMA))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = spawned else {
        println!("skipped: python3 is missing, libxml2 did not judge");
        return None;
    };
    let mut input = child.stdin.take().unwrap();
    let mut said = String::new();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for document in documents {
                // The script may have ended because a tool is missing.
                let sent = writeln!(input, "{}", document.len()).and_then(|()| input.write_all(document));
                if sent.is_err() {
                    break;
                }
            }
        });
        child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    });
    if child.wait().unwrap().code() == Some(MISSING) {
        println!("{said}");
        return None;
    }
    let opinions: Vec<Opinion> =
        said.lines().map(|line| Opinion { valid: line.starts_with("valid"), said: line.to_owned() }).collect();
    assert_eq!(opinions.len(), documents.len());
    Some(opinions)
}
