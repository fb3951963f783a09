//! Character classes: escapes, brackets, subtraction (XML Schema part 2 appendix F.1).

use super::blocks::block;
use super::translate::{Reader, malformed, push_char};
use super::{MAX_DEPTH, MAX_WRITTEN};
use crate::cast::{NAME_REST, NAME_START};
use crate::error::Res;

/// A set of characters, written as a class of the crate that can stand alone or inside another.
pub(super) struct Set(pub(super) String);

/// What a backslash stands for.
pub(super) enum Escaped {
    Char(char),
    Set(Set),
}

/// The general categories of Unicode that XML Schema names.
const CATEGORIES: [&str; 36] = [
    "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi",
    "Pf", "Po", "Z", "Zs", "Zl", "Zp", "S", "Sm", "Sc", "Sk", "So", "C", "Cc", "Cf", "Co", "Cn",
];

/// What follows a backslash.
pub(super) fn escape(reader: &mut Reader<'_>) -> Res<Escaped> {
    let Some(c) = reader.next() else { return malformed("a character after a backslash") };
    let set = match c {
        'n' => return Ok(Escaped::Char('\n')),
        'r' => return Ok(Escaped::Char('\r')),
        't' => return Ok(Escaped::Char('\t')),
        '\\' | '|' | '.' | '?' | '*' | '+' | '(' | ')' | '{' | '}' | '-' | '[' | ']' | '^' | '$' => {
            return Ok(Escaped::Char(c));
        }
        's' => "[ \\t\\n\\r]".to_string(),
        'S' => "[^ \\t\\n\\r]".to_string(),
        'd' => "\\p{Nd}".to_string(),
        'D' => "\\P{Nd}".to_string(),
        'w' => "[^\\p{P}\\p{Z}\\p{C}]".to_string(),
        'W' => "[\\p{P}\\p{Z}\\p{C}]".to_string(),
        'i' => ranges("[", &NAME_START, &[]),
        'I' => ranges("[^", &NAME_START, &[]),
        'c' => ranges("[", &NAME_START, &NAME_REST),
        'C' => ranges("[^", &NAME_START, &NAME_REST),
        'p' => property(reader, "[", "\\p")?,
        'P' => property(reader, "[^", "\\P")?,
        _ => return malformed("an escape that XPath knows"),
    };
    Ok(Escaped::Set(Set(set)))
}

fn ranges(open: &str, first: &[(char, char)], more: &[(char, char)]) -> String {
    let mut out = open.to_string();
    for (from, to) in first.iter().chain(more) {
        push_range(&mut out, *from, *to);
    }
    out.push(']');
    out
}

fn push_range(out: &mut String, from: char, to: char) {
    push_char(out, from);
    if from != to {
        out.push('-');
        push_char(out, to);
    }
}

/// `{Lu}` or `{IsGreek}`.
fn property(reader: &mut Reader<'_>, open: &str, letter: &str) -> Res<String> {
    let inside = reader.rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
    let Some((name, rest)) = inside else { return malformed("a category or block in braces") };
    reader.rest = rest;
    if let Some(name) = name.strip_prefix("Is") {
        return match block(name) {
            Some(block) => Ok(ranges(open, block, &[])),
            None => malformed("a block of Unicode that is known here"),
        };
    }
    if CATEGORIES.contains(&name) { Ok(format!("{letter}{{{name}}}")) } else { malformed("a category of Unicode") }
}

/// A class in brackets, the first bracket read. Without regard to letter case, each character brings its other forms.
pub(super) fn bracket(reader: &mut Reader<'_>, depth: u32) -> Res<Set> {
    if depth > MAX_DEPTH {
        return malformed("classes within classes up to 100");
    }
    let mut out = String::from(if reader.eat("^") { "[^" } else { "[" });
    let mut is_first = true;
    loop {
        if out.len() > MAX_WRITTEN {
            return malformed("classes that are shorter once written out");
        }
        if !is_first && reader.eat("-[") {
            let minus = bracket(reader, depth + 1)?;
            if reader.next() != Some(']') {
                return malformed("the end of a class after a subtraction");
            }
            return Ok(Set(format!("[{out}]--{}]", minus.0)));
        }
        match reader.next() {
            None => return malformed("the end of a class"),
            Some(']') if is_first => return malformed("a character in a class"),
            Some(']') => {
                out.push(']');
                return Ok(Set(out));
            }
            Some('[') => return malformed("a backslash before a bracket in a class"),
            Some('\\') => match escape(reader)? {
                Escaped::Char(from) => range(reader, &mut out, from)?,
                Escaped::Set(set) => out.push_str(&set.0),
            },
            Some(from) => range(reader, &mut out, from)?,
        }
        is_first = false;
    }
}

/// One character, or a range that starts with it. A hyphen before the end, or before a subtraction, is itself.
fn range(reader: &mut Reader<'_>, out: &mut String, from: char) -> Res<()> {
    let is_range = reader.rest.starts_with('-') && !reader.rest.starts_with("-]") && !reader.rest.starts_with("-[");
    // `[a-b-c]`: what a range ended with starts no other.
    if !is_range || from == '-' {
        push_folded(reader, out, from, from);
        return Ok(());
    }
    reader.next();
    let to = match reader.next() {
        Some('\\') => match escape(reader)? {
            Escaped::Char(to) => to,
            Escaped::Set(_) => return malformed("a character at the end of a range"),
        },
        Some('-') | None => return malformed("a character at the end of a range"),
        Some(to) => to,
    };
    if from > to {
        return malformed("a range in order");
    }
    push_folded(reader, out, from, to);
    Ok(())
}

/// A range, with the other case of its letters when case is ignored.
fn push_folded(reader: &Reader<'_>, out: &mut String, from: char, to: char) {
    push_range(out, from, to);
    if !reader.flags.ignore_case {
        return;
    }
    for c in (from..=to).take(0x3000) {
        let (mut lower, mut upper) = (c.to_lowercase(), c.to_uppercase());
        for (mut forms, rest) in [(lower.next(), lower.len()), (upper.next(), upper.len())] {
            if let Some(other) = forms.take().filter(|other| rest == 0 && *other != c) {
                push_char(out, other);
            }
        }
    }
}
