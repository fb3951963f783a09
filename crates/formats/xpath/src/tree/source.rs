//! The characters of a document: line ends, references, names, attribute values.

use super::{Limits, parse::Fault};
use std::borrow::Cow;

/// Bytes to text with `\n` as the only line end.
///
/// With the text, where its lines start.
pub(super) fn decode<'s>(source: &'s [u8], limits: &Limits) -> Result<(Cow<'s, str>, Vec<u32>), String> {
    if source.len() > limits.size_bytes {
        return Err(format!("larger than {} bytes", limits.size_bytes));
    }
    let text = xml::decode(source).map_err(|error| error.to_string())?;
    let mut lines = Vec::with_capacity(text.len() / 64 + 16);
    lines.push(0);
    if memchr::memchr(b'\r', text.as_bytes()).is_some() {
        let text = with_line_feeds(&text, &mut lines);
        return Ok((Cow::Owned(text), lines));
    }
    lines.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1));
    Ok((text, lines))
}

/// Every line end as `\n` (XML 1.0 §2.11); adds where the lines start.
fn with_line_feeds(text: &str, lines: &mut Vec<u32>) -> String {
    let mut all = String::with_capacity(text.len());
    let mut from = 0;
    for at in memchr::memchr2_iter(b'\r', b'\n', text.as_bytes()) {
        if at < from {
            // The line feed of a carriage return.
            continue;
        }
        all.push_str(&text[from..at]);
        all.push('\n');
        lines.push(all.len() as u32);
        let is_pair = text.as_bytes()[at] == b'\r' && text.as_bytes().get(at + 1) == Some(&b'\n');
        from = at + if is_pair { 2 } else { 1 };
    }
    all.push_str(&text[from..]);
    all
}

/// `<?xml version="1.0" encoding="…" standalone="yes"?>`, in this order (XML 1.0 §2.8); later minor versions are read alike.
pub(super) fn is_declaration(text: &str) -> bool {
    let space = [' ', '\t', '\n'];
    let Some(mut rest) = text.strip_prefix("<?xml").and_then(|it| it.strip_suffix("?>")) else { return false };
    for (name, is_needed) in [("version", true), ("encoding", false), ("standalone", false)] {
        let trimmed = rest.trim_start_matches(space);
        let Some(after) = trimmed.strip_prefix(name).filter(|_| trimmed.len() < rest.len()) else {
            if is_needed {
                return false;
            }
            continue;
        };
        let Some(value) = after.trim_start_matches(space).strip_prefix('=') else { return false };
        let value = value.trim_start_matches(space);
        let Some(quote) = value.chars().next().filter(|it| matches!(it, '"' | '\'')) else { return false };
        let Some((value, after)) = value[1..].split_once(quote) else { return false };
        let is_allowed = match name {
            "version" => {
                value.strip_prefix("1.").is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()))
            }
            "encoding" => {
                value.starts_with(|it: char| it.is_ascii_alphabetic())
                    && value.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'_' | b'-'))
            }
            _ => matches!(value, "yes" | "no"),
        };
        if !is_allowed {
            return false;
        }
        rest = after;
    }
    rest.trim_matches(space).is_empty()
}

/// Control characters and non-characters that XML 1.0 §2.2 leaves out.
pub(super) fn check_characters(source: &str) -> Result<(), Fault> {
    let bytes = source.as_bytes();
    let is_control = |byte: u8| (byte < 0x20) & (byte != b'\n') & (byte != b'\t');
    // By blocks without early exit, which the compiler turns into vector code.
    for (block, chunk) in bytes.chunks(4096).enumerate() {
        if chunk.iter().fold(0u8, |found, byte| found | u8::from(is_control(*byte))) != 0 {
            let at = chunk.iter().position(|byte| is_control(*byte)).unwrap_or(0);
            return Err(Fault(block * 4096 + at, "a control character".into()));
        }
    }
    let is_non_character = |at: &usize| bytes[*at..].starts_with(&[0xEF, 0xBF]) && bytes[*at + 2] >= 0xBE;
    let non_character = memchr::memchr_iter(0xEF, bytes).find(is_non_character);
    match non_character {
        Some(at) => Err(Fault(at, "a character that XML does not allow".into())),
        None => Ok(()),
    }
}

fn is_xml_char(it: char) -> bool {
    matches!(it, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// What stands between `&` and `;`: a character reference or one of the five entities of XML.
pub(crate) fn reference(name: &str) -> Result<char, String> {
    match name {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => {
            let number = name.strip_prefix('#').ok_or("an entity that is not one of XML's own five")?;
            let parsed = match number.strip_prefix('x') {
                Some(digits) if !digits.contains('+') => u32::from_str_radix(digits, 16).ok(),
                None if !number.contains('+') => number.parse().ok(),
                _ => None,
            };
            let found = parsed.and_then(char::from_u32).filter(|it| is_xml_char(*it));
            found.ok_or_else(|| "a reference to no character".into())
        }
    }
}

/// The value between quotes, references replaced and white space normalized (XML 1.0 §3.3.3).
pub(crate) fn attribute_value(raw: &str) -> Result<Cow<'_, str>, String> {
    if !raw.bytes().any(|byte| matches!(byte, b'&' | b'<' | b'\n' | b'\t')) {
        return Ok(Cow::Borrowed(raw));
    }
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['&', '<', '\n', '\t']) {
        value.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'&' => {
                let (name, after) = rest[at + 1..].split_once(';').ok_or("an ampersand that starts no reference")?;
                value.push(reference(name)?);
                rest = after;
            }
            b'<' => return Err("a < in an attribute".into()),
            _ => {
                value.push(' ');
                rest = &rest[at + 1..];
            }
        }
    }
    value.push_str(rest);
    Ok(Cow::Owned(value))
}

/// A name without colon (Namespaces in XML 1.0 §3, over XML 1.0 fifth edition §2.3).
pub(crate) fn is_ncname(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(is_name_start) && characters.all(is_name_char)
}

pub(crate) fn is_name_start(it: char) -> bool {
    matches!(it, 'A'..='Z' | 'a'..='z' | '_' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

pub(crate) fn is_name_char(it: char) -> bool {
    is_name_start(it)
        || matches!(it, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}
