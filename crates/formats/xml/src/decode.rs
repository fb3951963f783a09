//! Bytes to characters: the encoding by byte order mark, then by declaration, else UTF-8.
//!
//! Source: XML 1.0 (fifth edition), 4.3.3 Character Encoding in Entities, appendix F.

use std::{borrow::Cow, fmt};

/// Why bytes are not text; no content, so that it may be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodingError {
    /// The encoding that is declared is not known.
    Unknown,
    /// Bytes that the declared encoding does not know.
    Declared,
    /// Not UTF-8, from this byte on.
    Utf8 {
        /// Byte, from 0, the mark left out.
        at: usize,
    },
    /// Not UTF-16.
    Utf16,
}

impl fmt::Display for EncodingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("the declared encoding is not known"),
            Self::Declared => f.write_str("bytes that the declared encoding does not know"),
            Self::Utf8 { at } => write!(f, "not UTF-8 at byte {at}"),
            Self::Utf16 => f.write_str("not UTF-16"),
        }
    }
}

impl std::error::Error for EncodingError {}

/// The text of a document, without byte order mark; borrowed when it is UTF-8 already.
///
/// UTF-8, UTF-16 with a byte order mark, and every encoding that the WHATWG names, such as ISO-8859-1.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, EncodingError> {
    match (bytes, declared_encoding(bytes)) {
        ([0xFE, 0xFF, rest @ ..], _) => utf16(rest, u16::from_be_bytes).map(Cow::Owned),
        ([0xFF, 0xFE, rest @ ..], _) => utf16(rest, u16::from_le_bytes).map(Cow::Owned),
        ([0xEF, 0xBB, 0xBF, rest @ ..], _) => utf8(rest),
        (_, Some(label)) if !label.eq_ignore_ascii_case("utf-8") && !label.eq_ignore_ascii_case("us-ascii") => {
            let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).ok_or(EncodingError::Unknown)?;
            let (text, _, failed) = encoding.decode(bytes);
            if failed { Err(EncodingError::Declared) } else { Ok(text) }
        }
        _ => utf8(bytes),
    }
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, EncodingError> {
    simdutf8::basic::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| {
        let at = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
        EncodingError::Utf8 { at }
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, EncodingError> {
    if !bytes.len().is_multiple_of(2) {
        return Err(EncodingError::Utf16);
    }
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).collect::<Result<_, _>>().map_err(|_| EncodingError::Utf16)
}

/// The label in `<?xml … encoding="label"?>`.
fn declared_encoding(bytes: &[u8]) -> Option<&str> {
    let head = &bytes[..bytes.len().min(200)];
    let declaration = head.strip_prefix(b"<?xml")?;
    declaration.first().filter(|it| it.is_ascii_whitespace())?;
    let declaration = &declaration[..declaration.windows(2).position(|it| it == b"?>")?];
    let declaration = std::str::from_utf8(declaration).ok()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|it| matches!(it, '"' | '\''))?;
    value[1..].split(quote).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_decoded_by_mark_then_by_declaration() {
        let latin = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xE9</a>";
        assert_eq!(decode(latin).map(|it| it.ends_with("<a>é</a>")), Ok(true));
        let wide: Vec<u8> =
            [0xFF, 0xFE].into_iter().chain("<a>é</a>".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(decode(&wide).as_deref(), Ok("<a>é</a>"));
        assert_eq!(decode("\u{FEFF}<a/>".as_bytes()).as_deref(), Ok("<a/>"));
        assert_eq!(decode(b"<a>\xE9</a>"), Err(EncodingError::Utf8 { at: 3 }));
        assert_eq!(decode(&wide[..wide.len() - 1]), Err(EncodingError::Utf16));
        assert_eq!(decode(b"<?xml version='1.0' encoding='klingon'?><a/>"), Err(EncodingError::Unknown));
    }
}
