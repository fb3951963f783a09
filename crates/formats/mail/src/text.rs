//! The text part: French prose in, quoted-printable or base64 lines out (RFC 2045 §6.7, §6.8).
//!
//! Line ends of any kind become CRLF. Control characters other than tab and line end are dropped.

/// How a text part was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextEncoding {
    QuotedPrintable,
    Base64,
}

impl TextEncoding {
    /// Value of `Content-Transfer-Encoding`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::QuotedPrintable => "quoted-printable",
            Self::Base64 => "base64",
        }
    }
}

/// Encodes `text`; readable quoted-printable unless most of it would be escapes, or unless the
/// result would hold the boundary of the message.
pub(crate) fn encode(text: &str, boundary: &str) -> (TextEncoding, Vec<u8>) {
    let text = normalize(text);
    let n_escaped = text.bytes().filter(|b| !b.is_ascii()).count();
    if n_escaped * 3 <= text.len() {
        let encoded = quoted_printable(&text);
        if !contains(&encoded, boundary.as_bytes()) {
            return (TextEncoding::QuotedPrintable, encoded);
        }
    }
    let mut encoded = Vec::new();
    crate::base64::encode_lines(text.as_bytes(), &mut encoded);
    (TextEncoding::Base64, encoded)
}

/// CRLF line ends, a line end at the end, no other control character but tab.
fn normalize(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut previous = '\0';
    for c in text.chars() {
        match c {
            '\n' if previous == '\r' => {}
            '\r' | '\n' => out.push_str("\r\n"),
            '\t' => out.push('\t'),
            c if c.is_control() => {}
            c => out.push(c),
        }
        previous = c;
    }
    if !out.ends_with("\r\n") {
        out.push_str("\r\n");
    }
    out
}

fn quoted_printable(text: &str) -> Vec<u8> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    // 76 characters at most, the last of which may be the soft line break.
    const MAX_COLUMN: usize = 75;
    let mut out = Vec::with_capacity(text.len() * 5 / 4);
    for line in text.split_terminator("\r\n") {
        let bytes = line.as_bytes();
        let mut column = 0;
        for (i, &byte) in bytes.iter().enumerate() {
            // White space at the end of a line may be lost on the way, so it is escaped.
            let is_last = i + 1 == bytes.len();
            let literal = (byte.is_ascii_graphic() && byte != b'=') || ((byte == b' ' || byte == b'\t') && !is_last);
            let width = if literal { 1 } else { 3 };
            if column + width > MAX_COLUMN {
                out.extend_from_slice(b"=\r\n");
                column = 0;
            }
            if literal {
                out.push(byte);
            } else {
                out.extend_from_slice(&[b'=', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
            column += width;
        }
        out.extend_from_slice(b"\r\n");
    }
    out
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    !needle.is_empty() && haystack.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mostly_ascii_french_stays_readable() {
        let (encoding, bytes) = encode("Résultat prêt = oui \nFin", "b0");
        assert_eq!(encoding, TextEncoding::QuotedPrintable);
        assert_eq!(String::from_utf8(bytes).expect("ASCII"), "R=C3=A9sultat pr=C3=AAt =3D oui=20\r\nFin\r\n");
    }

    #[test]
    fn long_lines_are_broken_softly_within_76_characters() {
        let (_, bytes) = encode(&"abcdé ".repeat(100), "b0");
        let text = String::from_utf8(bytes).expect("ASCII");
        assert!(text.lines().all(|line| line.len() <= 76));
        assert!(text.lines().count() > 5);
    }

    #[test]
    fn a_text_that_holds_the_boundary_is_written_in_base64() {
        assert_eq!(encode("see --frontier--", "frontier").0, TextEncoding::Base64);
    }

    #[test]
    fn other_control_characters_are_dropped_and_line_ends_are_uniform() {
        assert_eq!(normalize("a\rb\nc\r\nd\0\u{85}\te"), "a\r\nb\r\nc\r\nd\te\r\n");
    }
}
