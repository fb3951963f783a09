//! `xs:anyURI`: a value in, whether it is a reference of RFC 3986 out.
//!
//! The library takes any text for one. Here, as in libxml2: what XLink would escape (spaces, letters with accents,
//! braces…) stands for itself, and the rest follows the grammar of RFC 3986.
//!
//! Source: XML Schema 1.0 part 2, §3.2.17; RFC 3986, appendix A.

/// Whether a value, its white space collapsed, is a URI reference.
pub(crate) fn is_reference(value: &str) -> bool {
    let escaped: Vec<u8> = value.trim_matches([' ', '\t', '\n', '\r']).bytes().map(escaped).collect();
    let value = escaped.as_slice();
    has_scheme(value).is_some_and(|rest| is_hierarchy(rest, Colons::Anywhere))
        || is_hierarchy(value, Colons::NotInFirstSegment)
}

/// Whether the first segment of a path may hold a colon.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Colons {
    Anywhere,
    NotInFirstSegment,
}

/// XLink §5.4 escapes these; an escape is fine wherever a letter is.
fn escaped(byte: u8) -> u8 {
    if !byte.is_ascii_graphic() || b"<>\"{}|\\^`".contains(&byte) { b'_' } else { byte }
}

/// What follows `scheme:`.
fn has_scheme(value: &[u8]) -> Option<&[u8]> {
    let colon = value.iter().position(|byte| *byte == b':')?;
    let (scheme, rest) = value.split_at(colon);
    let is_scheme = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
    is_scheme.then(|| rest.get(1..).unwrap_or_default())
}

/// `[//authority] path [?query] [#fragment]`.
fn is_hierarchy(value: &[u8], colons: Colons) -> bool {
    let (rest, fragment) = cut(value, b'#');
    let (path, query) = cut(rest, b'?');
    let path = match path.strip_prefix(b"//") {
        Some(rest) => {
            let end = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
            let (authority, path) = rest.split_at(end);
            if !is_authority(authority) {
                return false;
            }
            path
        }
        None => {
            let first = path.split(|byte| *byte == b'/').next().unwrap_or_default();
            if colons == Colons::NotInFirstSegment && first.contains(&b':') {
                return false;
            }
            path
        }
    };
    all(path, b":@/") && query.is_none_or(|it| all(it, b":@/?")) && fragment.is_none_or(|it| all(it, b":@/?[]"))
}

/// `[userinfo@] host [:port]`; a port has digits, as libxml2 wants it.
fn is_authority(value: &[u8]) -> bool {
    let at = value.iter().position(|byte| *byte == b'@').filter(|at| all(value.get(..*at).unwrap_or_default(), b":"));
    let rest = at.map_or(value, |at| value.get(at + 1..).unwrap_or_default());
    let (is_host, rest) = if rest.first() == Some(&b'[') {
        let end = rest.iter().position(|byte| *byte == b']');
        (end.is_some(), end.and_then(|end| rest.get(end + 1..)).unwrap_or_default())
    } else {
        let (host, rest) = rest.split_at(rest.iter().position(|byte| *byte == b':').unwrap_or(rest.len()));
        (all(host, b""), rest)
    };
    let is_port = match rest.split_first() {
        None => true,
        Some((b':', port)) => (1..=8).contains(&port.len()) && port.iter().all(u8::is_ascii_digit),
        Some(_) => false,
    };
    is_host && is_port
}

/// The part before a mark, and the part after it if it is there.
fn cut(value: &[u8], mark: u8) -> (&[u8], Option<&[u8]>) {
    match value.iter().position(|byte| *byte == mark) {
        Some(at) => (value.get(..at).unwrap_or_default(), value.get(at + 1..)),
        None => (value, None),
    }
}

/// Whether all is unreserved, percent-encoded, a sub-delimiter or one of `besides`.
fn all(value: &[u8], besides: &[u8]) -> bool {
    let mut rest = value;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'%' {
            match after {
                [high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => rest = after,
                _ => return false,
            }
        } else if !first.is_ascii_alphanumeric() && !b"-._~!$&'()*+,;=".contains(first) && !besides.contains(first) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::is_reference;

    #[test]
    fn values_have_the_verdict_of_libxml2() {
        for value in [
            "",
            "#",
            "?",
            "a b c",
            "tel: 01 02",
            "http://[x]/a",
            "a:b:c",
            "a#[x]",
            "é",
            "a\\b",
            "a{b}",
            "a<b",
            "^",
            "|",
            "http://1.2.3.999/",
            "\u{a0}",
            "%41",
            "mailto:a@b",
            "///",
            "http://",
            "a?b?c#d?e",
            "a,b;c'()*!$&+=",
            "./1:b",
            "http://a:b@h:1/",
            "urn:oid:1.2.3",
            " #r2 ",
        ] {
            assert!(is_reference(value), "{value}");
        }
        for value in [
            "%zz",
            "a%",
            "http://[",
            "1:b",
            ":b",
            "a#b#c",
            "a[b]",
            "//h:99999999999",
            "http://h:x",
            "http://a@b@c/",
            "?q[",
            "http://h:",
        ] {
            assert!(!is_reference(value), "{value}");
        }
    }
}
