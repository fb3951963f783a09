//! Escaping of character data: a string in, bytes safe inside an element or a quoted attribute out.
//! It does not know the writer's state. Characters XML 1.0 cannot carry become U+FFFD.
//!
//! Source: XML 1.0 (fifth edition), 2.2 Characters, 2.4 Character Data, 2.11 End-of-Line Handling,
//! 3.3.3 Attribute-Value Normalization.

use std::borrow::Cow;

/// What a byte needs: nothing, in attributes only, always, or a look at what follows.
const PLAIN: u8 = 0;
const ATTRIBUTE_ONLY: u8 = 1;
const ALWAYS: u8 = 2;
const LEAD_EF: u8 = 3;

const CLASS: [u8; 256] = {
    let mut class = [PLAIN; 256];
    let mut i = 0;
    while i < 0x20 {
        class[i] = ALWAYS;
        i += 1;
    }
    // Tabs and line feeds survive in text, but a parser turns them into spaces in attributes.
    class[b'\t' as usize] = ATTRIBUTE_ONLY;
    class[b'\n' as usize] = ATTRIBUTE_ONLY;
    class[b'"' as usize] = ATTRIBUTE_ONLY;
    class[b'&' as usize] = ALWAYS;
    class[b'<' as usize] = ALWAYS;
    class[b'>' as usize] = ALWAYS;
    class[0xEF] = LEAD_EF;
    class
};

/// The value as it stands inside a double-quoted attribute; itself where nothing needs escaping.
pub fn escape_attribute(value: &str) -> Cow<'_, str> {
    escaped::<ATTRIBUTE_ONLY>(value)
}

/// The value as it stands as element content; itself where nothing needs escaping.
pub fn escape_text(value: &str) -> Cow<'_, str> {
    escaped::<ALWAYS>(value)
}

fn escaped<const FROM: u8>(value: &str) -> Cow<'_, str> {
    if value.bytes().all(|byte| CLASS[usize::from(byte)] < FROM) {
        return Cow::Borrowed(value);
    }
    let mut out = Vec::with_capacity(value.len() + 16);
    escape::<FROM>(&mut out, value.as_bytes());
    Cow::Owned(String::from_utf8(out).expect("because whole characters were replaced by whole characters"))
}

pub(crate) fn attribute(out: &mut Vec<u8>, value: &str) {
    escape::<ATTRIBUTE_ONLY>(out, value.as_bytes());
}

pub(crate) fn text(out: &mut Vec<u8>, value: &str) {
    escape::<ALWAYS>(out, value.as_bytes());
}

/// Copies runs of harmless bytes, replaces the others. `FROM` is the lowest class replaced.
fn escape<const FROM: u8>(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| CLASS[usize::from(*byte)] >= FROM) {
        let (run, special) = rest.split_at(at);
        let (width, replacement): (usize, &[u8]) = match special {
            [b'&', ..] => (1, b"&amp;"),
            [b'<', ..] => (1, b"&lt;"),
            [b'>', ..] => (1, b"&gt;"),
            [b'"', ..] => (1, b"&quot;"),
            [b'\t', ..] => (1, b"&#9;"),
            [b'\n', ..] => (1, b"&#10;"),
            [b'\r', ..] => (1, b"&#13;"),
            // U+FFFE and U+FFFF are not XML characters; every other U+Fxxx is.
            [0xEF, 0xBF, 0xBE | 0xBF, ..] => (3, "\u{FFFD}".as_bytes()),
            [0xEF, ..] => (1, b"\xEF"),
            _ => (1, "\u{FFFD}".as_bytes()),
        };
        out.extend_from_slice(run);
        out.extend_from_slice(replacement);
        rest = &special[width..];
    }
    out.extend_from_slice(rest);
}
