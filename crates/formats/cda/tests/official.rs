//! Published examples, read and written again, say the same; an independent comparison of the XML judges.
//!
//! The examples are the folder `data/ans/cda` beside the repository and, wider, those of the oracle folder; what is
//! missing is said to be skipped.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use cda::{Limits, facts};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn documents(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        println!("skipped: {} is not there", folder.display());
        return Vec::new();
    };
    let mut all: Vec<PathBuf> =
        entries.flatten().map(|it| it.path()).filter(|it| it.extension().is_some_and(|it| it == "xml")).collect();
    all.sort();
    all
}

fn oracles() -> PathBuf {
    std::env::var_os("PAILLASSE_ORACLES").map(PathBuf::from).unwrap_or_else(|| {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        cache
            .unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache"))
            .join("paillasse/oracles")
    })
}

/// Reads, writes, reads again; the differences, and what was odd about the document.
fn rebuilt(path: &Path) -> (Vec<String>, usize, usize) {
    let source = fs::read_to_string(path).unwrap();
    let source = source.trim_start_matches('\u{FEFF}');
    let limits = Limits::default();
    let tree = cda::parse(source, &limits).unwrap();
    let (document, quirks) = cda::read(source, &limits).unwrap();
    let written = String::from_utf8(cda::write(&document)).unwrap();
    let again = cda::parse(&written, &limits).unwrap();
    let (before, after) = (facts::facts(&tree, 1000), facts::facts(&again, 1000));
    let differences = facts::differences(&before, &after);
    let (second, _) = cda::read(&written, &limits).unwrap();
    assert!(cda::write(&second) == written.as_bytes(), "{}: written twice, the bytes differ", path.display());
    (differences.iter().map(|it| format!("{it:?}")).collect(), before.coded.len(), quirks.count)
}

#[test]
fn every_published_example_is_rebuilt_without_loss() {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data/ans/cda");
    let mut n_documents = 0;
    let mut n_facts = 0;
    for folder in [ours, oracles().join("ans/ExemplesCDA")] {
        for path in documents(&folder) {
            let (differences, coded, quirks) = rebuilt(&path);
            assert!(differences.is_empty(), "{}: {differences:#?}", path.display());
            if quirks > 0 {
                println!("{}: {quirks} quirks, kept", path.display());
            }
            n_documents += 1;
            n_facts += coded;
        }
    }
    println!("{n_documents} documents, {n_facts} coded facts, none lost");
}
