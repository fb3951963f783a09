//! `matches`, `replace` and `tokenize` with a compiled expression (F&O §7.6).

use crate::error::{Error, Res};
use crate::regex::{Piece, Weighed, replacement};
use regex::Regex;
use std::borrow::Cow;

/// `fn:matches`: anywhere in the text unless the expression is anchored. Source: F&O §7.6.2.
pub(crate) fn matches(text: &str, regex: &Regex) -> bool {
    regex.is_match(text)
}

/// `fn:replace`. With the flag `q` (`regex::is_literal`) the replacement is taken as it is.
///
/// `FORX0003` when the expression matches the empty string, `FORX0004` for a malformed replacement. Source: F&O §7.6.3.
///
/// `LIMIT` when the result would be longer than `most` bytes.
pub(crate) fn replace<'t>(text: &'t str, regex: &Weighed, with: &str, flags: &str, most: usize) -> Res<Cow<'t, str>> {
    refuse_empty(regex)?;
    let pieces = if crate::regex::is_literal(flags) {
        vec![Piece::Text(with.to_string())]
    } else {
        replacement(with, regex.captures_len() - 1)?
    };
    let mut out = String::with_capacity(text.len().min(most));
    let mut done = 0;
    for captures in regex.captures_iter(text) {
        let Some(whole) = captures.get(0) else { continue };
        out.push_str(text.get(done..whole.start()).unwrap_or_default());
        for piece in &pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Group(group) => out.push_str(captures.get(*group).map_or("", |found| found.as_str())),
            }
            if out.len() > most {
                return Err(Error::new("LIMIT", "more text than this evaluation may make"));
            }
        }
        done = whole.end();
    }
    if done == 0 {
        return Ok(Cow::Borrowed(text));
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Ok(Cow::Owned(out))
}

/// `fn:tokenize`: nothing for the empty text, an empty token where a separator stands at an end. Source: F&O §7.6.4.
pub(crate) fn tokenize<'t>(text: &'t str, regex: &Weighed) -> Res<impl Iterator<Item = &'t str>> {
    refuse_empty(regex)?;
    let n_most = if text.is_empty() { 0 } else { usize::MAX };
    Ok(regex.split(text).take(n_most))
}

fn refuse_empty(regex: &Weighed) -> Res<()> {
    match regex.takes_nothing {
        true => Err(Error::new("FORX0003", "an expression that does not match the empty string")),
        false => Ok(()),
    }
}
