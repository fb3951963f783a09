//! Patterns: a regular expression of XML Schema in, one that `xsd-schema` reads as the norm means it out.
//!
//! Without its XSD 1.1 engine the library anchors `a|b` as `^a|b$`, lets `\s` match a no-break space, `.` a carriage
//! return, `\i` and `\c` only ASCII, and takes `^` and `$` for anchors. Patterns are rewritten so that none of it shows.
//!
//! Source: XML Schema 1.0 part 2, appendix F.

use std::{iter::Peekable, str::Chars};
use xsd_schema::{
    FacetSet, RegexCompat, SchemaSet, XsdVersion, parser::frames::ComplexContentResult, types::facets::PatternFacet,
};

/// White space (F.1.1).
const SPACE: &str = " \t\n\r";
/// Characters that start a name, beyond letters of ASCII.
const INITIAL: &str = "_:\u{c0}-\u{d6}\u{d8}-\u{f6}\u{f8}-\u{2ff}\u{370}-\u{37d}\u{37f}-\u{1fff}\u{200c}-\u{200d}\
    \u{2070}-\u{218f}\u{2c00}-\u{2fef}\u{3001}-\u{d7ff}\u{f900}-\u{fdcf}\u{fdf0}-\u{fffd}\u{10000}-\u{effff}";
/// Characters that continue one.
const LATER: &str = ".0-9\u{b7}\u{300}-\u{36f}\u{203f}-\u{2040}";

/// Rewrites every pattern of a compiled set; the pattern that cannot be, if any.
pub(crate) fn rewrite_all(set: &mut SchemaSet) -> Result<(), String> {
    let arenas = set.arenas.entries_mut();
    for (_, data) in &mut arenas.simple_types {
        rewrite_facets(&mut data.facets)?;
    }
    for (_, data) in &mut arenas.complex_types {
        if let ComplexContentResult::Simple(content) = &mut data.content {
            rewrite_facets(&mut content.facets)?;
        }
    }
    Ok(())
}

fn rewrite_facets(facets: &mut FacetSet) -> Result<(), String> {
    for facet in facets.patterns.iter_mut().flatten() {
        let source = facet.source.clone();
        *facet = compiled(rewritten(&facet.value)).ok_or_else(|| facet.value.clone())?;
        facet.source = source;
    }
    Ok(())
}

/// A rewritten pattern, ready for use.
pub(crate) fn compiled(rewritten: String) -> Option<PatternFacet> {
    // The pattern itself was checked when the schema was compiled; ours need not be in the dialect of the norm.
    PatternFacet::new(rewritten, None, XsdVersion::V1_0, RegexCompat::LenientMs).ok()
}

/// The same pattern, in the dialect of the `regex` crate but for anchors and for `\d`, `\w`, `\p{…}`.
fn rewritten(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 2);
    let mut rest = pattern.chars().peekable();
    out.push('(');
    while let Some(c) = rest.next() {
        match c {
            '.' => out.push_str("[^\n\r]"),
            '^' | '$' => literal(c, &mut out),
            '[' => class(&mut rest, &mut out),
            '\\' => match rest.next() {
                Some('s') => set("", SPACE, &mut out),
                Some('S') => set("^", SPACE, &mut out),
                Some('i') => set("A-Za-z", INITIAL, &mut out),
                Some('I') => set("^A-Za-z", INITIAL, &mut out),
                Some('c') => set("A-Za-z\\-", &format!("{INITIAL}{LATER}"), &mut out),
                Some('C') => set("^A-Za-z\\-", &format!("{INITIAL}{LATER}"), &mut out),
                Some(other) => out.extend(['\\', other]),
                None => {}
            },
            other => out.push(other),
        }
    }
    out.push(')');
    out
}

fn set(head: &str, members: &str, out: &mut String) {
    out.extend(["[", head, members, "]"]);
}

/// A character that stands for itself.
fn literal(c: char, out: &mut String) {
    if c.is_ascii_punctuation() && c != '<' && c != '>' {
        out.push('\\');
    }
    out.push(c);
}

/// A character class, its opening bracket read: `[a-z-[aeiou]]` is `[[a-z]--[aeiou]]`.
fn class(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    out.push('[');
    let mut members = String::from("[");
    if rest.next_if_eq(&'^').is_some() {
        members.push('^');
    }
    let mut subtracted = None;
    while let Some(c) = rest.next() {
        match c {
            ']' => break,
            // Only a subtraction opens a bracket in a class.
            '[' => {
                if members.ends_with("\\-") {
                    members.truncate(members.len() - 2);
                }
                let mut other = String::new();
                class(rest, &mut other);
                subtracted = Some(other);
            }
            '\\' => match rest.next() {
                Some('s') => members.push_str(SPACE),
                Some('i') => members.extend(["A-Za-z", INITIAL]),
                Some('c') => members.extend(["A-Za-z\\-", INITIAL, LATER]),
                Some('S') => set("^", SPACE, &mut members),
                Some('I') => set("^A-Za-z", INITIAL, &mut members),
                Some('C') => set("^A-Za-z\\-", &format!("{INITIAL}{LATER}"), &mut members),
                Some(other) => members.extend(['\\', other]),
                None => {}
            },
            // A range keeps its hyphen; a hyphen at an end, or before a subtraction, stands for itself.
            '-' if !members.ends_with(['[', '^']) && !matches!(rest.peek(), Some(']' | '[') | None) => {
                members.push('-')
            }
            other => literal(other, &mut members),
        }
    }
    members.push(']');
    out.push_str(&members);
    if let Some(other) = subtracted {
        out.extend(["--", &other]);
    }
    out.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, value: &str) -> bool {
        PatternFacet::new(rewritten(pattern), None, XsdVersion::V1_0, RegexCompat::LenientMs)
            .expect(pattern)
            .matches(value)
    }

    #[test]
    fn patterns_mean_what_the_norm_says() {
        for (pattern, yes, no) in [
            ("a|bc", "bc", "ax"),
            ("[^\\s]+", "a\u{a0}b", "a b"),
            ("\\s\\S", " \u{a0}", "\u{a0} "),
            (".", "\u{85}", "\r"),
            ("^$", "^$", ""),
            ("\\i\\c*", "é-1.b", "1a"),
            ("[\\i-[:]][\\c-[:]]*", "_a", "a:b"),
            ("[a-z-[aeiou]]+", "xyz", "xay"),
            ("[^a-c-[x]]", "d", "x"),
            ("[+\\-][0-9]{1,4}", "-12", "12"),
            ("[a-]+", "a-a", "b"),
            ("[-a]", "-", "b"),
            ("[&~]", "~", "a"),
            ("\\d+\\.\\d", "1.2", "1x2"),
            ("\\p{L}", "é", "1"),
            ("(a|b)?c{2}", "acc", "ac"),
            ("[\\[\\]]", "]", "a"),
        ] {
            assert!(matches(pattern, yes), "{pattern} {yes:?}: {}", rewritten(pattern));
            assert!(!matches(pattern, no), "{pattern} {no:?}: {}", rewritten(pattern));
        }
    }
}
