//! What a tool is given to read: a file, or the standard input.

use std::{io::Read as _, path::Path};

/// The bytes of a file, or of the standard input for `-`; one more than `bound` shows that it is larger.
///
/// Errors: a sentence in French, when it cannot be read.
pub fn bytes(file: &Path, bound: u64) -> Result<Vec<u8>, String> {
    let (mut bytes, bound) = (Vec::new(), bound + 1);
    let outcome = if file == Path::new("-") {
        std::io::stdin().take(bound).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|open| open.take(bound).read_to_end(&mut bytes))
    };
    outcome.map(|_| bytes).map_err(|error| format!("lecture impossible : {error}"))
}
