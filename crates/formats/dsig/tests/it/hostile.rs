//! Bytes that nobody should have sent.

use crate::key::{PATH, key, signed};
use dsig::{Policy, verify};
use proptest::prelude::*;
use std::sync::OnceLock;

fn good() -> &'static (Vec<u8>, Vec<Vec<u8>>) {
    static GOOD: OnceLock<(Vec<u8>, Vec<Vec<u8>>)> = OnceLock::new();
    GOOD.get_or_init(|| {
        let bytes = signed().into_bytes();
        let found = verify(&bytes, &Policy::enveloped(PATH), key()).unwrap();
        (bytes, found.signed)
    })
}

/// What is believed is what was signed, whatever happened to the bytes.
fn is_harmless(bytes: &[u8]) -> bool {
    verify(bytes, &Policy::enveloped(PATH), key()).map_or(true, |found| found.signed == good().1)
}

#[test]
fn no_truncation_is_believed() {
    let bytes = &good().0;
    for n in 0..bytes.len() {
        assert!(verify(&bytes[..n], &Policy::enveloped(PATH), key()).is_err(), "{n} bytes");
    }
}

#[test]
fn no_flipped_bit_changes_what_is_believed() {
    let bytes = &good().0;
    for at in 0..bytes.len() {
        // The lowest, one that makes punctuation, the one of the case.
        for bit in [0, 2, 5] {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            assert!(is_harmless(&changed), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn a_document_of_nothing_but_depth_is_refused() {
    let deep = format!("{}{}", "<a>".repeat(90_000), "</a>".repeat(90_000));
    assert!(verify(deep.as_bytes(), &Policy::enveloped(PATH), key()).is_err());
}

proptest! {
    #[test]
    fn pieces_moved_around_change_nothing_that_is_believed(from in 0usize..6000, n in 0usize..600, to in 0usize..6000) {
        let bytes = &good().0;
        let from = from % bytes.len();
        let piece = &bytes[from..(from + n).min(bytes.len())];
        let to = to % bytes.len();
        let changed = [&bytes[..to], piece, &bytes[to..]].concat();
        prop_assert!(is_harmless(&changed));
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(verify(&bytes, &Policy::enveloped(PATH), key()).is_err());
    }
}
