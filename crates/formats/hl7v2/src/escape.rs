//! Escape sequences: `\F\` and its kin to text, text to a value that no delimiter can break out of.
//!
//! Source: HL7 v2.5 §2.7. Highlighting (`\H\`, `\N\`) is dropped, line breaks (`\.br\`, `\.sp n\`) become line feeds,
//! hexadecimal data (`\Xdd..\`) is read in the message's character set. Everything else (`\Cxxyy\`, `\.in4\`, local `\Z..\`)
//! is kept as it was written.

use std::borrow::Cow;
use std::fmt::Write;

use memchr::memchr;

use crate::{charset::Charset, delimiters::Delimiters};

/// Decodes the sequences of `raw`; borrows when there are none.
pub(crate) fn decode(raw: &str, delimiters: Delimiters, charset: Charset) -> Cow<'_, str> {
    if delimiters.escape == 0 || memchr(delimiters.escape, raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    let escape = delimiters.escape;
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(start) = memchr(escape, rest.as_bytes()) {
        let inside = &rest[start + 1..];
        let Some(length) = memchr(escape, inside.as_bytes()) else {
            break;
        };
        text.push_str(&rest[..start]);
        let sequence = &inside[..length];
        if !interpret(sequence, delimiters, charset, &mut text) {
            text.push_str(&rest[start..start + length + 2]);
        }
        rest = &inside[length + 1..];
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// Appends what a sequence stands for; false when it is not one we interpret.
fn interpret(sequence: &str, delimiters: Delimiters, charset: Charset, text: &mut String) -> bool {
    match sequence.as_bytes() {
        b"H" | b"N" => true,
        b".br" | b".sp" => {
            text.push('\n');
            true
        }
        [b'.', b's', b'p', count @ ..] => match str::from_utf8(count).unwrap_or("").trim().parse::<u8>() {
            Ok(lines @ 1..) => {
                text.extend(std::iter::repeat_n('\n', lines.into()));
                true
            }
            _ => false,
        },
        [b'X', digits @ ..] => match hexadecimal(digits).as_deref().map(|bytes| charset.decode(bytes)) {
            Some(Ok(data)) => {
                text.push_str(&data);
                true
            }
            _ => false,
        },
        [letter] => match delimiters.delimiter(*letter) {
            Some(delimiter) => {
                text.push(delimiter);
                true
            }
            None => false,
        },
        _ => false,
    }
}

fn hexadecimal(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    let value = |digit: u8| char::from(digit).to_digit(16);
    let bytes: Option<Vec<u8>> =
        pairs.iter().map(|[high, low]| u8::try_from(value(*high)? * 16 + value(*low)?).ok()).collect();
    bytes.filter(|bytes| !bytes.is_empty())
}

/// How line ends of the text are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineEnds {
    /// As data: `\X0D0A\`. Reads back as the same characters.
    Data,
    /// As the formatting command `\.br\`, for fields of type FT. Reads back as a line feed.
    Break,
}

/// Appends `value` so that nothing in it is a delimiter, a segment end, a frame end or a null value.
pub(crate) fn encode(value: &str, delimiters: Delimiters, line_ends: LineEnds, out: &mut String) {
    let escape = char::from(delimiters.escape);
    if value == "\"\"" {
        // Alone, these two characters would mean "delete this value".
        let _ = write!(out, "{escape}X2222{escape}");
        return;
    }
    let bytes = value.as_bytes();
    let special = |byte: u8| byte.is_ascii_control() || delimiters.letter(byte).is_some();
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() {
        let byte = bytes[at];
        if !special(byte) {
            at += 1;
            continue;
        }
        out.push_str(&value[copied..at]);
        out.push(escape);
        if let Some(letter) = delimiters.letter(byte) {
            out.push(char::from(letter));
            at += 1;
        } else if line_ends == LineEnds::Break && matches!(byte, b'\r' | b'\n') {
            out.push_str(".br");
            at += if bytes[at..].starts_with(b"\r\n") { 2 } else { 1 };
        } else {
            out.push('X');
            while let Some(byte) = bytes.get(at).filter(|b| b.is_ascii_control()) {
                if line_ends == LineEnds::Break && matches!(byte, b'\r' | b'\n') {
                    break;
                }
                let _ = write!(out, "{byte:02X}");
                at += 1;
            }
        }
        out.push(escape);
        copied = at;
    }
    out.push_str(&value[copied..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> String {
        decode(raw, Delimiters::default(), Charset::Utf8).into_owned()
    }

    fn write(text: &str, line_ends: LineEnds) -> String {
        let mut out = String::new();
        encode(text, Delimiters::default(), line_ends, &mut out);
        out
    }

    #[test]
    fn each_sequence_reads_as_the_standard_says() {
        for (raw, text) in [
            (r"a\F\b\S\c\T\d\R\e\E\f", r"a|b^c&d~e\f"),
            (r"x\.br\y\.sp2\z\.sp\", "x\ny\n\nz\n"),
            (r"\H\gras\N\", "gras"),
            (r"\X0D0A\", "\r\n"),
            (r"\XC3A9\", "é"),
            (r"\XE9\ \XC\ \X\ \XZZ\", r"\XE9\ \XC\ \X\ \XZZ\"),
            (r"\C2842\ \.in4\ \Zloc\ \P\", r"\C2842\ \.in4\ \Zloc\ \P\"),
            (r"C:\dir", r"C:\dir"),
            (r"1\", r"1\"),
            (r"\\", r"\\"),
        ] {
            assert_eq!(read(raw), text, "{raw}");
        }
    }

    #[test]
    fn text_without_sequences_is_borrowed() {
        assert!(matches!(decode("plain é", Delimiters::default(), Charset::Utf8), Cow::Borrowed(_)));
    }

    #[test]
    fn hexadecimal_data_follows_the_character_set() {
        assert_eq!(decode(r"\XE9A4\", Delimiters::default(), Charset::Latin9), "é€");
    }

    #[test]
    fn nothing_written_can_break_out() {
        assert_eq!(write("a|b\r\nOBX|1", LineEnds::Data), r"a\F\b\X0D0A\OBX\F\1");
        assert_eq!(write("\u{b}\u{1c}\r\0", LineEnds::Data), r"\X0B1C0D00\");
        assert_eq!(write("a\r\nb\nc\u{1c}\r", LineEnds::Break), r"a\.br\b\.br\c\X1C\\.br\");
        assert_eq!(write("\"\"", LineEnds::Data), r"\X2222\");
    }
}
