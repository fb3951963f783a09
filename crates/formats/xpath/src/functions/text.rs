//! Functions on text, by value: no nodes, no sequences, nothing of the dynamic context.
//!
//! Positions count code points. Results borrow from their argument where they are a part of it.

mod pattern;
mod picture;
mod unicode;
mod uri;

pub(crate) use pattern::{matches, replace, tokenize};
pub(crate) use picture::format_number;
pub(crate) use unicode::{from_codepoints, normalize_unicode, to_codepoints};
pub(crate) use uri::{encode_for_uri, escape_html_uri, iri_to_uri};

use crate::arithmetic::round_double;
use crate::cast::is_space;
use std::borrow::Cow;
use std::cmp::Ordering;

/// `fn:substring`, `length` being infinite when it is not given. Rounding and NaN as in F&O §7.4.3.
pub(crate) fn substring(text: &str, start: f64, length: f64) -> &str {
    let first = round_double(start);
    // Characters at positions p with first ≤ p < end; NaN makes both false.
    let end = first + round_double(length);
    if first.is_nan() || end.is_nan() {
        return "";
    }
    let skip = (first - 1.0).max(0.0);
    let stop = end - 1.0;
    if stop <= skip {
        return "";
    }
    // Casts saturate, so that infinity is the length of any text.
    part(text, skip as usize, stop as usize)
}

/// The same with bounds that are whole numbers.
pub(crate) fn substring_of_whole(text: &str, start: i32, length: Option<i32>) -> &str {
    let skip = i64::from(start) - 1;
    let stop = length.map_or(i64::MAX, |length| skip + i64::from(length));
    match stop > skip.max(0) {
        true => part(text, skip.max(0) as usize, stop as usize),
        false => "",
    }
}

/// From one character up to another.
fn part(text: &str, skip: usize, stop: usize) -> &str {
    if text.is_ascii() {
        return text.get(skip.min(text.len())..stop.min(text.len())).unwrap_or_default();
    }
    let place = |n: usize| text.char_indices().nth(n).map_or(text.len(), |(place, _)| place);
    text.get(place(skip)..place(stop)).unwrap_or_default()
}

/// `fn:string-length`.
pub(crate) fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// `fn:substring-before`: empty when not found. Source: F&O §7.5.4.
pub(crate) fn substring_before<'t>(text: &'t str, found: &str) -> &'t str {
    text.split_once(found).map_or("", |(before, _)| before)
}

/// `fn:substring-after`: empty when not found. Source: F&O §7.5.5.
pub(crate) fn substring_after<'t>(text: &'t str, found: &str) -> &'t str {
    text.split_once(found).map_or("", |(_, after)| after)
}

/// `fn:translate`: of a character that `from` has twice, the first counts. Source: F&O §7.4.9.
pub(crate) fn translate<'t>(text: &'t str, from: &str, to: &str) -> Cow<'t, str> {
    if from.is_ascii() && to.is_ascii() && text.is_ascii() {
        return translate_ascii(text, from, to);
    }
    if !text.chars().any(|c| from.contains(c)) {
        return Cow::Borrowed(text);
    }
    let target = |c: char| match from.chars().position(|known| known == c) {
        Some(place) => to.chars().nth(place),
        None => Some(c),
    };
    Cow::Owned(text.chars().filter_map(target).collect())
}

fn translate_ascii<'t>(text: &'t str, from: &str, to: &str) -> Cow<'t, str> {
    // 0: as it is; 1: removed; otherwise the new character, plus two.
    let mut table = [0_u8; 128];
    for (place, byte) in from.bytes().enumerate() {
        if let Some(entry @ 0) = table.get_mut(usize::from(byte)) {
            *entry = to.as_bytes().get(place).map_or(1, |byte| byte + 2);
        }
    }
    let entry = |byte: u8| table.get(usize::from(byte)).copied().unwrap_or(0);
    if text.bytes().all(|byte| entry(byte) == 0) {
        return Cow::Borrowed(text);
    }
    let target = |byte: u8| match entry(byte) {
        0 => Some(char::from(byte)),
        1 => None,
        shifted => Some(char::from(shifted - 2)),
    };
    Cow::Owned(text.bytes().filter_map(target).collect())
}

/// `fn:normalize-space`. Source: F&O §7.4.5.
pub(crate) fn normalize_space(text: &str) -> Cow<'_, str> {
    crate::cast::collapse(Cow::Borrowed(text))
}

/// Whether `fn:normalize-space` would leave nothing.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(is_space)
}

/// `fn:upper-case`. Source: F&O §7.4.7.
pub(crate) fn upper_case(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_uppercase() } else { text.to_uppercase() }
}

/// `fn:lower-case`. A final sigma is not told apart, as in Saxon. Source: F&O §7.4.8.
pub(crate) fn lower_case(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.chars().flat_map(char::to_lowercase).collect() }
}

/// `fn:compare` with the code point collation: -1, 0 or 1. Source: F&O §7.3.2.
pub(crate) fn compare(a: &str, b: &str) -> i64 {
    match a.cmp(b) {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_substring_follows_the_rounding_of_its_bounds() {
        let inf = f64::INFINITY;
        let table = [
            ("12345", 1.5, 2.6, "234"),
            ("12345", 0.0, 3.0, "12"),
            ("12345", 5.0, -3.0, ""),
            ("12345", -3.0, 5.0, "1"),
            ("12345", f64::NAN, 3.0, ""),
            ("12345", 1.0, f64::NAN, ""),
            ("12345", -42.0, inf, "12345"),
            ("12345", -inf, inf, ""),
            ("12345", 2.0, inf, "2345"),
            ("12345", 0.5, 1.0, "1"),
            ("12345", -0.5, 2.0, "1"),
            ("12345", 9.0, 2.0, ""),
            ("é😀b", 2.0, 1.0, "😀"),
            ("é😀b", 2.0, inf, "😀b"),
        ];
        for (text, start, length, expected) in table {
            assert_eq!(substring(text, start, length), expected, "substring({text}, {start}, {length})");
        }
        let lengths = [None, Some(i32::MIN), Some(-2), Some(0), Some(1), Some(2), Some(3), Some(9), Some(i32::MAX)];
        for (text, start) in ["", "12345", "é😀b"].into_iter().flat_map(|it| (-4..8).map(move |start| (it, start))) {
            for length in lengths {
                let expected = substring(text, f64::from(start), length.map_or(inf, f64::from));
                assert_eq!(substring_of_whole(text, start, length), expected, "substring({text}, {start}, {length:?})");
            }
        }
    }

    #[test]
    fn characters_are_translated_or_dropped() {
        assert_eq!(translate("bar", "abc", "AB"), "BAr");
        assert_eq!(translate("--aaa--", "-", ""), "aaa");
        assert_eq!(translate("aa", "aa", "bc"), "bb");
        assert_eq!(translate("été", "é", "e"), "ete");
        assert_eq!(translate("a\u{7F}", "\u{7F}", "~"), "a~");
        assert!(matches!(translate("bar", "xyz", "XYZ"), Cow::Borrowed("bar")));
    }

    #[test]
    fn white_space_is_normalized_without_a_copy_when_there_is_nothing_to_do() {
        assert_eq!(normalize_space(" a \n b\t"), "a b");
        assert!(matches!(normalize_space("  a b  "), Cow::Borrowed("a b")));
        assert_eq!(normalize_space(" \n "), "");
    }

    #[test]
    fn letter_case_is_that_of_unicode() {
        assert_eq!(upper_case("ßé"), "SSÉ");
        assert_eq!(lower_case("ΑΣ"), "ασ");
    }

    #[test]
    fn what_stands_before_and_after() {
        assert_eq!(substring_before("tattoo", "tt"), "ta");
        assert_eq!(substring_before("tattoo", ""), "");
        assert_eq!(substring_after("tattoo", ""), "tattoo");
        assert_eq!(substring_after("tattoo", "tat"), "too");
        assert_eq!(substring_after("tattoo", "x"), "");
    }
}
