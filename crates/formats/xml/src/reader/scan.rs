//! Characters, references and the XML declaration: text in, what it says out.
//!
//! Source: XML 1.0, fifth edition, §2.2, §2.8, §4.1, §4.6.

use super::{Read, Refusal, Refused, is_blank};

/// Refuses a character that XML does not allow (production 2); says whether a carriage return is there.
///
/// One pass over blocks without branches: most of a document is base64.
pub(crate) fn characters(text: &str) -> Read<bool> {
    let bytes = text.as_bytes();
    let mut has_cr = false;
    for (n, block) in bytes.chunks(1024).enumerate() {
        let (mut cr, mut control, mut last) = (false, false, false);
        for byte in block {
            cr |= *byte == b'\r';
            control |= *byte < b' ' && *byte != b'\t' && *byte != b'\n' && *byte != b'\r';
            last |= *byte == 0xef;
        }
        has_cr |= cr;
        if control || last {
            let from = n * 1024;
            // U+FFFE and U+FFFF start with 0xEF; they may lie across two blocks.
            let block = bytes.get(from..bytes.len().min(from + 1026)).unwrap_or_default();
            let bad = block.iter().enumerate().find(|(at, byte)| {
                **byte < b' ' && !is_blank(**byte) || matches!(block.get(*at..at + 3), Some([0xef, 0xbf, 0xbe | 0xbf]))
            });
            if let Some((at, _)) = bad {
                return Err(Refused { why: Refusal::Malformed("characters that XML allows"), at: from + at });
            }
        }
    }
    Ok(has_cr)
}

/// The character that a reference names, without `&` and `;`.
pub(crate) fn reference(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hex| (hex, 16));
            // `from_str_radix` would take a sign.
            if !digits.chars().all(|c| c.is_digit(radix)) {
                return None;
            }
            let character = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
            let allowed = matches!(character, '\t' | '\n' | '\r') || character >= ' ';
            if !allowed || matches!(character, '\u{fffe}' | '\u{ffff}') {
                return None;
            }
            character
        }
    })
}

/// The encoding that an XML declaration names (empty when it names none); `None` when the declaration is malformed.
/// In: what stands between `<?xml` and `?>`.
pub(crate) fn declaration(text: &str) -> Option<&str> {
    let (version, rest) = pair(text, "version")?;
    let minor = version.strip_prefix("1.")?;
    if minor.is_empty() || !minor.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (encoding, rest) = pair(rest, "encoding").unwrap_or(("", rest));
    let named = encoding.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    let (standalone, rest) = pair(rest, "standalone").unwrap_or(("no", rest));
    (named && matches!(standalone, "yes" | "no") && rest.bytes().all(is_blank)).then_some(encoding)
}

/// Whether an encoding's name stands for bytes that are UTF-8.
pub(crate) fn is_utf8(encoding: &str) -> bool {
    ["", "UTF-8", "UTF8", "US-ASCII", "ASCII"].iter().any(|known| encoding.eq_ignore_ascii_case(known))
}

/// ` name="value"`: the value, and what follows.
fn pair<'t>(text: &'t str, name: &str) -> Option<(&'t str, &'t str)> {
    let trimmed = text.trim_start_matches([' ', '\t', '\n', '\r']);
    if trimmed.len() == text.len() {
        return None;
    }
    let trim = |text: &'t str| text.trim_start_matches([' ', '\t', '\n', '\r']);
    let rest = trim(trim(trimmed.strip_prefix(name)?).strip_prefix('=')?);
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    rest.get(1..)?.split_once(quote)
}
