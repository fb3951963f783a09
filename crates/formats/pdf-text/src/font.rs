//! Fonts: a dictionary in; codes of strings to characters out.
//!
//! Source: ISO 32000-1, 9.6, 9.7, 9.10.

use crate::{
    encoding::{Encoding, UNKNOWN, of_glyph},
    file::File,
    object::{Dictionary, Object},
    to_unicode::{ToUnicode, number},
};

/// How the strings of a font are read.
pub(crate) struct Font {
    to_unicode: Option<ToUnicode>,
    /// Of a simple font: its encoding. A composite font has codes of two bytes, and nothing else than its map.
    simple: Option<Box<[char; 256]>>,
}

impl Font {
    /// A font without meaning: each byte is some character.
    pub(crate) fn unknown() -> Self {
        Self { to_unicode: None, simple: Some(Box::new([UNKNOWN; 256])) }
    }

    pub(crate) fn new<'f>(file: &'f File<'_>, dictionary: &Dictionary<'f>) -> Self {
        let to_unicode =
            dictionary.get(b"ToUnicode").and_then(|it| file.stream(it)).map(|(_, it)| ToUnicode::read(&it));
        let simple = (!dictionary.is(b"Subtype", b"Type0")).then(|| Box::new(encoding(file, dictionary)));
        Self { to_unicode, simple }
    }

    /// Adds the characters of a string.
    pub(crate) fn push(&self, string: &[u8], into: &mut String) {
        let said = self.to_unicode.as_ref();
        let n_bytes = if self.simple.is_some() { 1 } else { said.and_then(|it| it.n_bytes).unwrap_or(2) };
        for code in string.chunks(n_bytes) {
            let code = number(code);
            if said.is_some_and(|it| it.push(code, into)) {
                continue;
            }
            let simple = self.simple.as_ref().zip(usize::try_from(code).ok());
            into.push(simple.and_then(|(table, code)| table.get(code).copied()).unwrap_or(UNKNOWN));
        }
    }
}

/// The character of each code of a simple font.
fn encoding<'f>(file: &'f File<'_>, dictionary: &Dictionary<'f>) -> [char; 256] {
    let named = |name: Option<&[u8]>| match name {
        Some(b"WinAnsiEncoding") => Some(Encoding::WinAnsi),
        Some(b"MacRomanEncoding") => Some(Encoding::MacRoman),
        Some(b"StandardEncoding") => Some(Encoding::Standard),
        _ => None,
    };
    // An embedded font has an encoding of its own, which is in the font.
    let descriptor = file.dictionary(dictionary, b"FontDescriptor");
    let files: [&[u8]; 3] = [b"FontFile", b"FontFile2", b"FontFile3"];
    let is_embedded = descriptor.is_some_and(|it| files.iter().any(|key| it.get(key).is_some()));
    let is_symbols = dictionary.is(b"BaseFont", b"Symbol") || dictionary.is(b"BaseFont", b"ZapfDingbats");
    let own = if is_embedded || is_symbols { [UNKNOWN; 256] } else { Encoding::Standard.table() };
    match file.get(dictionary, b"Encoding") {
        Some(Object::Name(name)) => named(Some(&name)).map_or(own, Encoding::table),
        Some(Object::Dictionary(it)) => {
            let base = named(it.get(b"BaseEncoding").and_then(Object::name));
            let mut table = base.map_or(own, Encoding::table);
            let differences = file.get(&it, b"Differences");
            let mut code = 0;
            for difference in differences.as_ref().and_then(Object::array).unwrap_or_default() {
                match difference {
                    Object::Name(name) => {
                        if let Some(slot) = table.get_mut(code) {
                            *slot = of_glyph(name);
                        }
                        code = code.saturating_add(1);
                    }
                    other => code = other.count().unwrap_or(usize::MAX),
                }
            }
            table
        }
        _ => own,
    }
}
