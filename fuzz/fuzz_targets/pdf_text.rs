//! Any bytes are a PDF with some text or refused, within bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(found) = pdf_text::text(input) {
        assert!(found.characters.len() <= 8 << 20);
    }
});
