//! Base64 as MIME writes it (RFC 2045 §6.8): bytes in, lines of 76 characters out, and back.
//!
//! The SIMD encoder works on blocks that stay in the first-level cache, then the lines are copied.

use base64_simd::{Out, STANDARD};

const LINE_INPUT: usize = 57;
const LINE_OUTPUT: usize = 76;
const LINES_PER_BLOCK: usize = 48;

/// Exact number of bytes [`encode_lines`] appends for `n` input bytes.
#[must_use]
pub fn encoded_lines_len(n: usize) -> usize {
    let characters = n.div_ceil(3) * 4;
    characters + 2 * characters.div_ceil(LINE_OUTPUT)
}

/// Appends `content` in base64, in lines of 76 characters, each ended by CRLF.
///
/// An empty content appends nothing.
pub fn encode_lines(content: &[u8], out: &mut Vec<u8>) {
    out.reserve(encoded_lines_len(content.len()));
    let mut block = [0u8; LINES_PER_BLOCK * LINE_OUTPUT];
    for input in content.chunks(LINES_PER_BLOCK * LINE_INPUT) {
        let encoded = STANDARD.encode(input, Out::from_slice(&mut block));
        for line in encoded.chunks(LINE_OUTPUT) {
            out.extend_from_slice(line);
            out.extend_from_slice(b"\r\n");
        }
    }
}

/// Encodes on one line, with padding.
#[must_use]
pub fn encode(content: &[u8]) -> String {
    STANDARD.encode_to_string(content)
}

/// Decodes padded base64 on one line; `None` when the text is not that.
#[must_use]
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    STANDARD.decode_to_vec(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_76_characters_and_come_back_to_the_same_bytes() {
        for n in [0, 1, 2, 3, 56, 57, 58, 114, 2735, 2736, 2737, 10_000] {
            let content: Vec<u8> = (0..n).map(|i| (i * 31 % 251) as u8).collect();
            let mut out = Vec::new();
            encode_lines(&content, &mut out);
            assert_eq!(out.len(), encoded_lines_len(n), "n = {n}");
            let text = String::from_utf8(out).expect("ASCII");
            assert!(text.lines().all(|line| line.len() <= LINE_OUTPUT));
            let joined: String = text.lines().collect();
            assert_eq!(decode(joined.as_bytes()).expect("base64"), content);
        }
    }
}
