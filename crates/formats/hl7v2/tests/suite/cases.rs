//! `tests/cases`: each `.er7` beside the `.expect` that says what was understood, or why it was refused.
//! `UPDATE_EXPECT=1` rewrites the expectations.

use std::fs;
use std::path::{Path, PathBuf};

use hl7v2::{Limits, decode};

use crate::describe::describe;

/// Small enough for a case file to go beyond.
const LIMITS: Limits = Limits { max_bytes: 2_000, max_segments: 20, max_fields: 60 };

fn cases(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(folder);
    let entries = fs::read_dir(&folder).expect("a folder of cases");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "er7"));
    paths.sort();
    assert!(!paths.is_empty(), "no case in {}", folder.display());
    paths
}

fn compare(case: &Path, actual: &str) {
    let expectation = case.with_extension("expect");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&expectation, actual).expect("writable");
    }
    let expected = fs::read_to_string(&expectation).unwrap_or_default().replace("\r\n", "\n");
    assert_eq!(actual, expected, "{}", case.display());
}

#[test]
fn accepted_messages_are_understood_and_written_back() {
    for case in cases("accepted") {
        let bytes = fs::read(&case).expect("readable");
        let message = decode(&bytes, &LIMITS).unwrap_or_else(|e| panic!("{}: {e}", case.display()));
        compare(&case, &describe(&message));

        let encoded = message.encode();
        if message.quirks().is_empty() {
            assert_eq!(encoded, bytes, "{}", case.display());
        }
        let again = decode(&encoded, &LIMITS).expect("our own bytes");
        assert_eq!(again.encode(), encoded, "{}", case.display());
    }
}

#[test]
fn refused_messages_say_where_and_what_was_expected() {
    for case in cases("refused") {
        let bytes = fs::read(&case).expect("readable");
        match decode(&bytes, &LIMITS) {
            Ok(_) => panic!("accepted: {}", case.display()),
            Err(error) => compare(&case, &format!("{error}\n")),
        }
    }
}
