//! Inbound HL7 v2, from bytes to neutral values: sender dialects, official samples, catalogue, robustness.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod catalogue;
mod describe;
mod dialects;
mod properties;
mod rules;
mod samples;

use std::path::{Path, PathBuf};

use hl7v2::{Limits, Message};
use jiff::tz::TimeZone;

/// The folder `fixtures/hl7v2` of the repository.
fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/hl7v2")
}

/// Every fixture message, sorted.
fn fixture_files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = folders(&fixtures()).iter().flat_map(|folder| entries(folder)).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "hl7"));
    files.sort();
    files
}

fn folders(path: &Path) -> Vec<PathBuf> {
    entries(path).into_iter().filter(|entry| entry.is_dir()).collect()
}

fn entries(path: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
}

fn decode(bytes: &[u8]) -> Message {
    hl7v2::decode(bytes, &Limits::default()).expect("a message")
}

fn fixture(name: &str) -> Message {
    decode(&std::fs::read(fixtures().join(name)).expect("a fixture"))
}

fn paris() -> TimeZone {
    TimeZone::get("Europe/Paris").expect("a bundled zone")
}

/// The codes of findings, in order.
fn codes(findings: &[lab::finding::Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code).collect()
}
