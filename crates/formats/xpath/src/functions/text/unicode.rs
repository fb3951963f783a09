//! Code points, and the normalization forms of Unicode (F&O §7.2 and §7.4.6).

use crate::error::{Error, Res};
use std::borrow::Cow;
use unicode_normalization::{IsNormalized, UnicodeNormalization};

/// `fn:normalize-unicode`: `NFC`, `NFD`, `NFKC`, `NFKD` or nothing. Source: F&O §7.4.6.
///
/// Not supported: `FULLY-NORMALIZED` (`FOCH0003`), as in Saxon.
pub(crate) fn normalize_unicode<'t>(text: &'t str, form: &str) -> Res<Cow<'t, str>> {
    use unicode_normalization as u;
    let quick = |quick: IsNormalized| quick == IsNormalized::Yes;
    let form = form.trim_matches(crate::cast::is_space).to_ascii_uppercase();
    Ok(match form.as_str() {
        "" => Cow::Borrowed(text),
        "NFC" | "NFD" if text.is_ascii() => Cow::Borrowed(text),
        "NFC" if quick(u::is_nfc_quick(text.chars())) => Cow::Borrowed(text),
        "NFC" => Cow::Owned(text.nfc().collect()),
        "NFD" => Cow::Owned(text.nfd().collect()),
        "NFKC" => Cow::Owned(text.nfkc().collect()),
        "NFKD" => Cow::Owned(text.nfkd().collect()),
        _ => return Err(Error::new("FOCH0003", "a normalization form among NFC, NFD, NFKC and NFKD")),
    })
}

/// `fn:codepoints-to-string`: `FOCH0001` for what is no character of XML 1.0. Source: F&O §7.2.1.
pub(crate) fn from_codepoints(codepoints: impl IntoIterator<Item = i64>) -> Res<String> {
    let character = |codepoint: i64| {
        let c = u32::try_from(codepoint).ok().and_then(char::from_u32).filter(|c| is_xml(*c));
        c.ok_or_else(|| Error::new("FOCH0001", "the code point of a character of XML"))
    };
    codepoints.into_iter().map(character).collect()
}

/// `Char` of XML 1.0 §2.2.
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// `fn:string-to-codepoints`. Source: F&O §7.2.2.
pub(crate) fn to_codepoints(text: &str) -> impl Iterator<Item = i64> {
    text.chars().map(|c| i64::from(u32::from(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_characters_of_xml_are_made() {
        assert_eq!(from_codepoints([84, 104, 233]).as_deref(), Ok("Thé"));
        for wrong in [0, 1, 55296, 65535, 0x11_0000, -1] {
            assert!(from_codepoints([wrong]).is_err_and(|error| error.code == "FOCH0001"), "{wrong}");
        }
    }

    #[test]
    fn forms_are_those_of_unicode() {
        assert_eq!(normalize_unicode("e\u{301}", "NFC").as_deref(), Ok("é"));
        assert_eq!(normalize_unicode("é", " nfd ").as_deref(), Ok("e\u{301}"));
        assert_eq!(normalize_unicode("ﬁ", "NFKC").as_deref(), Ok("fi"));
        assert!(normalize_unicode("é", "fully-normalized").is_err());
    }
}
