//! Published messages of a national profile: read here as plain HL7 v2, for their real-world defects.

use std::fs;
use std::path::{Path, PathBuf};

use hl7v2::{Limits, Quirk, decode, oru::Results};

/// `shared/data/ans/hl7v2` beside the repository or above it, or in `$PAILLASSE_SAMPLES`.
fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("PAILLASSE_SAMPLES").map(PathBuf::from);
    let ancestors = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(1);
    let found = ancestors.map(|folder| folder.join("shared/data/ans/hl7v2"));
    named.into_iter().chain(found).find(|folder| folder.is_dir())
}

fn messages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            messages(&path, found);
        } else if fs::read(&path).is_ok_and(|bytes| bytes.starts_with(b"MSH|")) {
            found.push(path);
        }
    }
}

fn samples() -> Vec<(PathBuf, Vec<u8>)> {
    let Some(folder) = folder() else {
        eprintln!("skipped: 1 suite, no published samples (set PAILLASSE_SAMPLES)");
        return Vec::new();
    };
    let mut found = Vec::new();
    messages(&folder, &mut found);
    assert!(found.len() >= 15, "only {} samples", found.len());
    found.into_iter().map(|path| (path.clone(), fs::read(path).expect("readable"))).collect()
}

#[test]
fn every_published_sample_is_read_and_written_back_with_normal_line_ends() {
    for (path, bytes) in samples() {
        let message = decode(&bytes, &Limits::default()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let lines = bytes.split(|b| matches!(b, b'\r' | b'\n')).filter(|line| !line.is_empty());
        let normal: Vec<u8> = lines.flat_map(|line| [line, b"\r"].concat()).collect();
        assert!(message.encode() == normal, "{}", path.display());
        assert!(message.quirks().contains(&Quirk::LineFeedTerminators), "{}", path.display());
        assert!(!message.control_id().is_empty() && !message.version().is_empty());
    }
}

#[test]
fn the_published_result_messages_group_without_findings() {
    let mut n_results = 0;
    for (path, bytes) in samples() {
        let message = decode(&bytes, &Limits::default()).expect("read by the other test");
        if message.message_type().code != "ORU" {
            continue;
        }
        n_results += 1;
        let results = Results::of(&message);
        assert_eq!(results.findings, [], "{}", path.display());
        let [patient] = results.patients.as_slice() else { panic!("{}", path.display()) };
        let [order] = patient.orders.as_slice() else { panic!("{}", path.display()) };
        let n_observations = message.segments_named("OBX").count();
        assert_eq!(order.observations.len(), n_observations, "{}", path.display());
        // The recipients (PRT) follow the document.
        let n_participations: usize = order.observations.iter().map(|o| o.others.len()).sum();
        assert_eq!(n_participations, message.segments_named("PRT").count(), "{}", path.display());
    }
    assert!(n_results >= 4 || folder().is_none(), "{n_results} ORU");
}
