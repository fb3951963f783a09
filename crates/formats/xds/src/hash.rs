//! The document hash of XDS: SHA-1 of the octets, in hexadecimal.

use sha1::{Digest, Sha1};

/// SHA-1 of the bytes, 40 lower-case hexadecimal digits. Source: ITI TF-3 4.2.3.2.10.
pub fn sha1_hex(bytes: &[u8]) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    Sha1::digest(bytes)
        .iter()
        .flat_map(|b| [HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]])
        .map(char::from)
        .collect()
}

/// Whether `hash`, in either case, is the hash of the bytes.
pub fn is_hash_of(hash: &str, bytes: &[u8]) -> bool {
    hash.trim().eq_ignore_ascii_case(&sha1_hex(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_sha_1_and_its_case_does_not_matter() {
        assert_eq!(sha1_hex(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert!(is_hash_of("A9993E364706816ABA3E25717850C26C9CD0D89D", b"abc"));
        assert!(!is_hash_of("", b"abc"));
    }
}
