//! The separators of a message: read from MSH-1 and MSH-2, used by every access and by the writer.

/// The characters that structure a message. All are distinct ASCII punctuation.
///
/// Source: HL7 v2.5 §2.5.4; the truncation character comes with v2.7.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Delimiters {
    pub(crate) field: u8,
    pub(crate) component: u8,
    pub(crate) repetition: u8,
    pub(crate) escape: u8,
    pub(crate) subcomponent: u8,
    /// 0 when MSH-2 has four characters.
    pub(crate) truncation: u8,
}

impl Default for Delimiters {
    /// The recommended `|^~\&`.
    fn default() -> Self {
        Self { field: b'|', component: b'^', repetition: b'~', escape: b'\\', subcomponent: b'&', truncation: 0 }
    }
}

impl Delimiters {
    /// For MSH-1 and MSH-2, which hold the separators and are not divided by them.
    pub(crate) const NONE: Self =
        Self { field: 0, component: 0, repetition: 0, escape: 0, subcomponent: 0, truncation: 0 };

    /// Reads MSH-1 (`field`) and MSH-2 (`encoding`: component, repetition, escape, subcomponent, optionally truncation).
    ///
    /// `None` when a character is missing, repeated or not punctuation. Letters, digits, the point and the quotation mark
    /// are refused: they would be confused with escape sequences (`\F\`, `\.br\`) and with the null value (`""`).
    pub fn new(field: u8, encoding: &[u8]) -> Option<Self> {
        let (component, repetition, escape, subcomponent, truncation) = match *encoding {
            [c, r, e, s] => (c, r, e, s, 0),
            [c, r, e, s, t] => (c, r, e, s, t),
            _ => return None,
        };
        let all = [field, component, repetition, escape, subcomponent, truncation];
        let used = if truncation == 0 && encoding.len() == 4 { &all[..5] } else { &all[..] };
        let valid = used
            .iter()
            .enumerate()
            .all(|(n, byte)| byte.is_ascii_punctuation() && !matches!(byte, b'.' | b'"') && !used[..n].contains(byte));
        valid.then_some(Self { field, component, repetition, escape, subcomponent, truncation })
    }

    /// MSH-2: the four or five encoding characters.
    pub fn encoding_characters(&self) -> String {
        let mut text: String =
            [self.component, self.repetition, self.escape, self.subcomponent].map(char::from).iter().collect();
        if self.truncation != 0 {
            text.push(char::from(self.truncation));
        }
        text
    }

    /// MSH-1: the character between fields.
    pub fn field_separator(&self) -> char {
        char::from(self.field)
    }

    /// The escape letter that stands for a delimiter (`F`, `S`, `R`, `E`, `T`, `P`), if the byte is one.
    pub(crate) fn letter(&self, byte: u8) -> Option<u8> {
        match byte {
            0 => None,
            b if b == self.field => Some(b'F'),
            b if b == self.component => Some(b'S'),
            b if b == self.repetition => Some(b'R'),
            b if b == self.escape => Some(b'E'),
            b if b == self.subcomponent => Some(b'T'),
            b if b == self.truncation => Some(b'P'),
            _ => None,
        }
    }

    /// The delimiter an escape letter stands for.
    pub(crate) fn delimiter(&self, letter: u8) -> Option<char> {
        let byte = match letter {
            b'F' => self.field,
            b'S' => self.component,
            b'R' => self.repetition,
            b'E' => self.escape,
            b'T' => self.subcomponent,
            b'P' => self.truncation,
            _ => 0,
        };
        (byte != 0).then_some(char::from(byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_four_or_five_distinct_punctuation_marks() {
        assert_eq!(Delimiters::new(b'|', b"^~\\&"), Some(Delimiters::default()));
        assert_eq!(Delimiters::new(b'|', b"^~\\&#").map(|d| d.encoding_characters()), Some("^~\\&#".to_owned()));
        for bad in [&b"^~\\"[..], b"^~\\&#!", b"^^\\&", b"|~\\&", b"A~\\&", b"^~\\.", b"^~ &", b"^~\\\0", b"^~\\&\0"] {
            assert_eq!(Delimiters::new(b'|', bad), None, "{bad:?}");
        }
    }
}
