//! Escaping for URIs (F&O §7.4.10 to §7.4.12).

use std::borrow::Cow;
use std::fmt::Write;

/// `fn:encode-for-uri`: all but letters, digits and `-_.~`. Source: F&O §7.4.10.
pub(crate) fn encode_for_uri(text: &str) -> Cow<'_, str> {
    escaped(text, |byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
}

/// `fn:iri-to-uri`: what a URI cannot hold; `%` stays. Source: F&O §7.4.11.
pub(crate) fn iri_to_uri(text: &str) -> Cow<'_, str> {
    escaped(text, |byte| byte.is_ascii_graphic() && !b"<>\"{}|\\^`".contains(&byte))
}

/// `fn:escape-html-uri`: what is not printable ASCII. Source: F&O §7.4.12.
pub(crate) fn escape_html_uri(text: &str) -> Cow<'_, str> {
    escaped(text, |byte| (32..=126).contains(&byte))
}

fn escaped(text: &str, stays: impl Fn(u8) -> bool) -> Cow<'_, str> {
    if text.bytes().all(&stays) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        if stays(byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_function_leaves_what_it_should() {
        let text = "http://a/b c~é%[]<";
        assert_eq!(encode_for_uri(text), "http%3A%2F%2Fa%2Fb%20c~%C3%A9%25%5B%5D%3C");
        assert_eq!(iri_to_uri(text), "http://a/b%20c~%C3%A9%[]%3C");
        assert_eq!(escape_html_uri(text), "http://a/b c~%C3%A9%[]<");
    }
}
