//! Python from our environment, and a seed that every run prints.

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

/// Exit code of a script that misses a module.
const MISSING: i32 = 3;

fn interpreter() -> PathBuf {
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

/// What a script answers, one line per line of input; `None`, said aloud, when Python or `module` is missing.
pub fn python(module: &str, script: &str, input: &[String]) -> Option<Vec<String>> {
    let script =
        format!("import sys\ntry:\n    import {module}\nexcept ImportError:\n    sys.exit({MISSING})\n{script}");
    let spawned = Command::new(interpreter())
        .args(["-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn();
    let Ok(mut child) = spawned else {
        println!("skipped: python3 is missing, {module} did not judge");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    let text = input.join("\n") + "\n";
    let writer = std::thread::spawn(move || {
        // The script may have ended because a module is missing.
        let _ = stdin.write_all(text.as_bytes());
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    if output.status.code() == Some(MISSING) {
        println!("skipped: the Python module {module} is missing, it did not judge");
        return None;
    }
    assert!(output.status.success(), "the script of {module} failed");
    let lines: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), input.len(), "one answer per question");
    Some(lines)
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
}

/// Chance with a seed: that of `PAILLASSE_DSIG_SEED`, or another in each run, printed.
pub struct Chance(u64);

impl Chance {
    pub fn new() -> Self {
        let given = std::env::var("PAILLASSE_DSIG_SEED").ok().and_then(|it| it.parse().ok());
        let seed = given.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64) | 1;
        println!("PAILLASSE_DSIG_SEED={seed}");
        Self(seed)
    }

    /// A number under `n`.
    pub fn under(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }

    pub fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.under(of.len())]
    }
}
