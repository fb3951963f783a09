//! Every fixture is read and compared with what we said we understand: `x.hl7` beside `x.expect`.
//! `UPDATE_EXPECT=1` rewrites the expectations.

use std::path::Path;

use super::{decode, describe, entries, fixture_files, fixtures, folders};

#[test]
fn every_sender_is_understood_as_reviewed() {
    let files = fixture_files();
    assert!(files.len() >= 40, "{}", files.len());
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut different = Vec::new();
    for path in &files {
        let described = describe::message(&decode(&std::fs::read(path).expect("a fixture")));
        let expectation = path.with_extension("expect");
        if update {
            std::fs::write(&expectation, &described).expect("a writable folder");
        }
        let expected = std::fs::read_to_string(&expectation).unwrap_or_default();
        if expected != described {
            different.push(format!("{}\n{}", name(path), first_difference(&expected, &described)));
        }
    }
    assert!(different.is_empty(), "UPDATE_EXPECT=1 rewrites:\n{}", different.join("\n"));
}

fn first_difference(expected: &str, described: &str) -> String {
    let mut pairs = described.lines().zip(expected.lines().chain(std::iter::repeat("")));
    match pairs.find(|(ours, theirs)| ours != theirs) {
        Some((ours, theirs)) => format!("  expected: {theirs}\n  read:     {ours}"),
        None => "  expected more lines".to_owned(),
    }
}

fn name(path: &Path) -> String {
    path.strip_prefix(fixtures()).unwrap_or(path).display().to_string()
}

#[test]
fn every_expectation_has_its_message() {
    for path in folders(&fixtures()).iter().flat_map(|folder| entries(folder)) {
        let pair = path.with_extension("hl7");
        assert!(pair.exists(), "{}", name(&path));
    }
}

#[test]
fn identities_of_the_fixtures_are_synthetic() {
    // The month of birth of every matricule is 13 to 19, which nobody bears, and its authority is that of tests.
    for path in fixture_files() {
        let text = String::from_utf8_lossy(&std::fs::read(&path).expect("a fixture")).into_owned();
        for (at, _) in text.match_indices("^^^ASIP-SANTE-INS-NI") {
            let matricule = &text[text[..at].rfind(['|', '~']).map_or(0, |start| start + 1)..at];
            assert!(
                matricule == "\"\"" || matches!(&matricule[3..5], "13" | "14" | "15" | "16" | "17" | "18" | "19"),
                "{}",
                name(&path)
            );
        }
        assert!(!text.contains("1.2.250.1.213.1.4.8"), "{}", name(&path));
        for domain in text.split('@').skip(1) {
            let domain = domain.split(['|', '^', '~', '\r']).next().unwrap_or_default();
            assert!(domain.ends_with(".test.mssante.fr") || domain == "exemple.fr", "{}: {domain}", name(&path));
        }
    }
}
