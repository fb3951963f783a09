//! White space as XML has it, and the characters that names are made of.

use std::borrow::Cow;

/// The four characters of XML white space.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// Without white space around it, each run inside as one space. Borrows when the result is a part of what came in.
///
/// Source: XML Schema part 2 §4.3.6, `collapse`.
pub(crate) fn collapse(text: Cow<'_, str>) -> Cow<'_, str> {
    if is_collapsed(&text) {
        return text;
    }
    match text {
        Cow::Borrowed(text) => {
            let trimmed = text.trim_matches(is_space);
            if is_collapsed(trimmed) { Cow::Borrowed(trimmed) } else { Cow::Owned(joined(trimmed)) }
        }
        Cow::Owned(text) => Cow::Owned(joined(&text)),
    }
}

fn is_collapsed(text: &str) -> bool {
    let mut space = true;
    for byte in text.bytes() {
        let is_space = matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        if is_space && (space || byte != b' ') {
            return false;
        }
        space = is_space;
    }
    !space || text.is_empty()
}

fn joined(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(is_space).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// `NameStartChar` of XML 1.0, fifth edition, the colon included. Ranges, both ends in.
pub(crate) const NAME_START: [(char, char); 16] = [
    (':', ':'),
    ('A', 'Z'),
    ('_', '_'),
    ('a', 'z'),
    ('\u{C0}', '\u{D6}'),
    ('\u{D8}', '\u{F6}'),
    ('\u{F8}', '\u{2FF}'),
    ('\u{370}', '\u{37D}'),
    ('\u{37F}', '\u{1FFF}'),
    ('\u{200C}', '\u{200D}'),
    ('\u{2070}', '\u{218F}'),
    ('\u{2C00}', '\u{2FEF}'),
    ('\u{3001}', '\u{D7FF}'),
    ('\u{F900}', '\u{FDCF}'),
    ('\u{FDF0}', '\u{FFFD}'),
    ('\u{10000}', '\u{EFFFF}'),
];

/// What `NameChar` adds to `NameStartChar`.
pub(crate) const NAME_REST: [(char, char); 6] =
    [('-', '-'), ('.', '.'), ('0', '9'), ('\u{B7}', '\u{B7}'), ('\u{300}', '\u{36F}'), ('\u{203F}', '\u{2040}')];

pub(crate) fn is_name_start(c: char) -> bool {
    NAME_START.iter().any(|(from, to)| (*from..=*to).contains(&c))
}

pub(crate) fn is_name_char(c: char) -> bool {
    is_name_start(c) || NAME_REST.iter().any(|(from, to)| (*from..=*to).contains(&c))
}
