//! Character sets of a message: which one MSH-18 names, bytes to text, text to bytes.
//!
//! Not known here: multi-byte Asian sets, UTF-16, switching of sets inside a message (MSH-20).

use std::borrow::Cow;

use encoding_rs::ISO_8859_15;

/// How the characters of a message are written in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Charset {
    /// Seven bits.
    Ascii,
    /// `UNICODE UTF-8`.
    Utf8,
    /// ISO 8859-1, every byte being the code point of the same number (0x80 to 0x9F stay control characters, unlike the
    /// Windows reading of the web).
    Latin1,
    /// ISO 8859-15: Latin-1 with the euro sign and `œ`.
    Latin9,
}

impl Charset {
    /// What MSH-18 says, first repetition. The second value is false for a usual name that table 0211 does not list.
    ///
    /// `UNICODE` alone is read as UTF-8, its only meaning among senders of ER7. Source: HL7 table 0211.
    pub(crate) fn from_msh18(name: &[u8]) -> Option<(Self, bool)> {
        let known = match name {
            b"UNICODE UTF-8" => (Self::Utf8, true),
            b"UNICODE" => (Self::Utf8, true),
            b"8859/1" => (Self::Latin1, true),
            b"8859/15" => (Self::Latin9, true),
            b"ASCII" => (Self::Ascii, true),
            _ => match name.to_ascii_uppercase().as_slice() {
                b"UNICODE UTF-8" | b"UTF-8" | b"UTF8" => (Self::Utf8, false),
                b"ISO-8859-1" | b"ISO8859-1" | b"8859-1" => (Self::Latin1, false),
                b"ISO-8859-15" | b"ISO8859-15" | b"8859-15" => (Self::Latin9, false),
                b"US-ASCII" => (Self::Ascii, false),
                _ => return None,
            },
        };
        Some(known)
    }

    /// The name to write in MSH-18.
    pub fn msh18(self) -> &'static str {
        match self {
            Self::Ascii => "ASCII",
            Self::Utf8 => "UNICODE UTF-8",
            Self::Latin1 => "8859/1",
            Self::Latin9 => "8859/15",
        }
    }

    /// Bytes to text; the error is the offset of the first byte that is not of the set.
    pub fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
        match self {
            Self::Utf8 => str::from_utf8(bytes).map(Cow::Borrowed).map_err(|e| e.valid_up_to()),
            Self::Ascii => match bytes.iter().position(|b| !b.is_ascii()) {
                None => str::from_utf8(bytes).map(Cow::Borrowed).map_err(|e| e.valid_up_to()),
                Some(offset) => Err(offset),
            },
            Self::Latin1 => Ok(encoding_rs::mem::decode_latin1(bytes)),
            Self::Latin9 => Ok(ISO_8859_15.decode_without_bom_handling(bytes).0),
        }
    }

    /// Text to bytes; the error is the byte offset in `text` of the first character that the set does not have.
    pub fn encode(self, text: &str) -> Result<Cow<'_, [u8]>, usize> {
        if self == Self::Utf8 || text.is_ascii() {
            return Ok(Cow::Borrowed(text.as_bytes()));
        }
        let mut bytes = Vec::with_capacity(text.len());
        for (offset, character) in text.char_indices() {
            bytes.push(self.byte(character).ok_or(offset)?);
        }
        Ok(Cow::Owned(bytes))
    }

    /// Text to bytes, `?` for every character that the set does not have.
    pub(crate) fn encode_lossy(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            _ => text.chars().map(|c| self.byte(c).unwrap_or(b'?')).collect(),
        }
    }

    fn byte(self, character: char) -> Option<u8> {
        match (self, u8::try_from(u32::from(character)).ok()) {
            (_, Some(byte)) if byte.is_ascii() => Some(byte),
            (Self::Latin1, byte) => byte,
            (Self::Latin9, _) => {
                let mut buffer = [0; 4];
                let (bytes, _, unmappable) = ISO_8859_15.encode(character.encode_utf8(&mut buffer));
                match (&*bytes, unmappable) {
                    ([byte], false) => Some(*byte),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_latin_readings_differ_where_they_should() {
        assert_eq!(Charset::Latin1.decode(b"\xa4\x80").expect("latin-1"), "\u{a4}\u{80}");
        assert_eq!(Charset::Latin9.decode(b"\xa4\xbd").expect("latin-9"), "€œ");
        assert_eq!(Charset::Ascii.decode(b"ab\xe9"), Err(2));
        assert_eq!(Charset::Utf8.decode(b"abc\xe9d"), Err(3));
    }

    #[test]
    fn every_byte_of_a_latin_set_returns_to_itself() {
        let all: Vec<u8> = (0..=255).collect();
        for charset in [Charset::Latin1, Charset::Latin9] {
            let text = charset.decode(&all).expect("every byte is a character");
            assert_eq!(charset.encode(&text).expect("came from the set"), all);
        }
    }

    #[test]
    fn a_character_outside_the_set_is_reported_by_its_place() {
        assert_eq!(Charset::Latin1.encode("é€"), Err(2));
        assert_eq!(Charset::Latin9.encode_lossy("é€→"), b"\xe9\xa4?");
    }
}
