//! Names: text in, how far the name at its start reaches out.
//!
//! Source: XML 1.0, fifth edition, productions 4 and 4a; Namespaces in XML 1.0, production 4.

/// What an ASCII character may be in a name: nothing, a later character, any character. Nothing for other bytes.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut n = 0;
    while n < 128 {
        let byte = n as u8;
        if byte.is_ascii_alphabetic() || byte == b'_' {
            classes[n] = 2;
        } else if byte.is_ascii_digit() || byte == b'-' || byte == b'.' {
            classes[n] = 1;
        }
        n += 1;
    }
    classes
};

/// Characters beyond ASCII that start a name (production 4).
const START: &[(char, char)] = &[
    ('\u{c0}', '\u{d6}'),
    ('\u{d8}', '\u{f6}'),
    ('\u{f8}', '\u{2ff}'),
    ('\u{370}', '\u{37d}'),
    ('\u{37f}', '\u{1fff}'),
    ('\u{200c}', '\u{200d}'),
    ('\u{2070}', '\u{218f}'),
    ('\u{2c00}', '\u{2fef}'),
    ('\u{3001}', '\u{d7ff}'),
    ('\u{f900}', '\u{fdcf}'),
    ('\u{fdf0}', '\u{fffd}'),
    ('\u{10000}', '\u{effff}'),
];

/// Characters beyond ASCII that only continue a name (production 4a).
const CONTINUE: &[(char, char)] = &[('\u{b7}', '\u{b7}'), ('\u{300}', '\u{36f}'), ('\u{203f}', '\u{2040}')];

/// How many bytes the name without colon has that starts at `from`; 0 for none.
#[inline(always)]
pub(crate) fn nc_name(text: &str, from: usize) -> usize {
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    let n = rest.iter().take_while(|byte| class(**byte) > 0).count();
    match rest.first() {
        Some(first) if class(*first) == 1 => 0,
        _ if rest.get(n).is_some_and(|byte| !byte.is_ascii()) => n + beyond_ascii(text.get(from + n..), n == 0),
        _ => n,
    }
}

/// How many bytes go on with a name, from a character that is not ASCII on.
#[cold]
fn beyond_ascii(rest: Option<&str>, is_first: bool) -> usize {
    let is_name = |(n, c): &(usize, char)| match u8::try_from(*c) {
        Ok(byte) if byte.is_ascii() => class(byte) > 0,
        _ => is_within(START, *c) || ((*n > 0 || !is_first) && is_within(CONTINUE, *c)),
    };
    rest.map_or(0, |rest| rest.char_indices().take_while(is_name).map(|(_, c)| c.len_utf8()).sum())
}

fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}

/// Whether all of `text` is a name without colon.
pub fn is_nc_name(text: &str) -> bool {
    !text.is_empty() && nc_name(text, 0) == text.len()
}

/// Whether all of `text` is a name token: characters of a name in any order, colons among them (production 7).
pub fn is_nmtoken(text: &str) -> bool {
    let fits = |c: char| match u8::try_from(c) {
        Ok(byte) if byte.is_ascii() => class(byte) > 0 || byte == b':',
        _ => is_within(START, c) || is_within(CONTINUE, c),
    };
    !text.is_empty() && text.chars().all(fits)
}

fn is_within(ranges: &[(char, char)], character: char) -> bool {
    ranges.iter().any(|(from, to)| (*from..=*to).contains(&character))
}
