//! Whatever the bytes, reading never panics, and what is accepted holds what was promised.

use hl7v2::Limits;
use inbound_hl7v2::{adt, oru};
use lab::finding::Severity;
use proptest::prelude::*;

use super::{fixture_files, paris};

/// A fixture with some bytes changed, parts cut and parts doubled.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let fixtures: Vec<Vec<u8>> = fixture_files().iter().map(|path| std::fs::read(path).expect("a fixture")).collect();
    let change = (
        any::<prop::sample::Index>(),
        prop::sample::select(b"|^~\\&\r\"<>-+.,0123456789ABINOPRXZ\xe9\xc3\x0b ".to_vec()),
    );
    let cut = (any::<prop::sample::Index>(), 0..60_usize, any::<bool>());
    (prop::sample::select(fixtures), prop::collection::vec(change, 0..12), prop::option::of(cut)).prop_map(
        |(mut bytes, changes, cut)| {
            // The header stays, or most of what is made would not be decoded.
            let body = bytes.iter().position(|byte| *byte == b'\r').unwrap_or(0) + 1;
            for (at, byte) in changes {
                let at = body + at.index(bytes.len() - body);
                bytes[at] = byte;
            }
            if let Some((at, length, doubled)) = cut {
                let start = body + at.index(bytes.len() - body);
                let end = (start + length).min(bytes.len());
                let part = bytes[start..end].to_vec();
                let replacement = if doubled { [part.clone(), part].concat() } else { Vec::new() };
                bytes.splice(start..end, replacement);
            }
            bytes
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reading_never_panics_and_an_accepted_message_has_one_patient_and_no_error(bytes in mutated()) {
        if let Ok(message) = hl7v2::decode(&bytes, &Limits::default()) {
            if let Ok(read) = oru::read(&message, &paris()) {
                prop_assert!(read.findings.iter().all(|finding| finding.severity != Severity::Error));
                prop_assert_eq!(message.segments_named("PID").count(), 1);
                prop_assert!(!read.orders.is_empty());
                prop_assert!(read.observations().all(|it| !it.code.local.is_empty() || !it.code.loinc.is_empty()));
            }
            let _ = adt::read(&message, &paris());
        }
    }
}
