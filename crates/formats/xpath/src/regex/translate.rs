//! From the syntax of XML Schema to that of the crate `regex`: everything is read, and nothing is passed through unseen.

use super::class::{self, Set};
use super::{Flags, MAX_DEPTH, MAX_LENGTH, MAX_WRITTEN};
use crate::error::{Error, Res};
use std::fmt::Write;

pub(super) fn malformed<T>(reason: &'static str) -> Res<T> {
    Err(Error::new("FORX0002", reason))
}

/// The expression in the other syntax. `FORX0002` when it is malformed or not supported.
pub(super) fn translate(pattern: &str, flags: Flags) -> Res<String> {
    if pattern.len() > MAX_LENGTH {
        return malformed("a regular expression of at most 32 KiB");
    }
    let mut reader = Reader { rest: pattern, flags, out: String::with_capacity(pattern.len() + 16), n_groups: 0 };
    reader.branches(0)?;
    if reader.rest.is_empty() { Ok(reader.out) } else { malformed("a parenthesis for each that closes") }
}

/// What is left to read, and what is written so far.
pub(super) struct Reader<'a> {
    pub(super) rest: &'a str,
    pub(super) flags: Flags,
    out: String,
    n_groups: u32,
}

impl Reader<'_> {
    /// The next character; with the flag `x`, outside classes, white space is passed over.
    fn peek(&mut self) -> Option<char> {
        if self.flags.extended {
            self.rest = self.rest.trim_start_matches(crate::cast::is_space);
        }
        self.rest.chars().next()
    }

    /// The next character of a class, where white space counts.
    pub(super) fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    pub(super) fn eat(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Up to the end or to a parenthesis that closes.
    fn branches(&mut self, depth: u32) -> Res<()> {
        if depth > MAX_DEPTH {
            return malformed("groups within groups up to 100");
        }
        while let Some(c) = self.peek() {
            if c == ')' {
                break;
            }
            self.next();
            if c == '|' {
                self.out.push('|');
                continue;
            }
            let start = self.out.len();
            if start > MAX_WRITTEN {
                return malformed("classes that are shorter once written out");
            }
            self.atom(c, depth)?;
            self.quantifier(start)?;
        }
        Ok(())
    }

    fn atom(&mut self, c: char, depth: u32) -> Res<()> {
        match c {
            '(' => {
                if self.eat("?:") {
                    self.out.push_str("(?:");
                } else if self.rest.starts_with('?') {
                    return malformed("no look-around nor named group (not supported by XPath)");
                } else {
                    self.n_groups += 1;
                    self.out.push('(');
                }
                self.branches(depth + 1)?;
                if self.next() != Some(')') {
                    return malformed("a closing parenthesis");
                }
                self.out.push(')');
            }
            '[' => {
                let set = class::bracket(self, 0)?;
                self.push_set(&set);
            }
            '\\' => self.escape()?,
            '.' => self.out.push_str(if self.flags.dot_all { "(?s-i:.)" } else { "[^\\n\\r]" }),
            '^' => self.out.push_str(if self.flags.multi_line { "(?m:^)" } else { "\\A" }),
            '$' => self.out.push_str(if self.flags.multi_line { "(?m:$)" } else { "\\z" }),
            '?' | '*' | '+' | '{' => return malformed("something before a quantifier"),
            '}' | ']' => return malformed("a backslash before a bracket that stands for itself"),
            _ => push_char(&mut self.out, c),
        }
        Ok(())
    }

    fn escape(&mut self) -> Res<()> {
        match self.rest.chars().next() {
            Some('0'..='9') => malformed("no back-reference (not supported)"),
            _ => match class::escape(self)? {
                class::Escaped::Char(c) => {
                    push_char(&mut self.out, c);
                    Ok(())
                }
                class::Escaped::Set(set) => {
                    self.push_set(&set);
                    Ok(())
                }
            },
        }
    }

    /// A class as it stands: letter case has been seen to inside.
    fn push_set(&mut self, set: &Set) {
        if self.flags.ignore_case {
            self.out.push_str("(?-i:");
            self.out.push_str(&set.0);
            self.out.push(')');
        } else {
            self.out.push_str(&set.0);
        }
    }

    /// What stands behind an atom that was written from `start` on.
    fn quantifier(&mut self, start: usize) -> Res<()> {
        let quantifier = match self.peek() {
            Some(c @ ('?' | '*' | '+')) => {
                self.next();
                c.to_string()
            }
            Some('{') => {
                self.next();
                self.bounds()?
            }
            _ => return Ok(()),
        };
        // An anchor, or whatever the atom became, is one thing to repeat.
        self.out.insert_str(start, "(?:");
        self.out.push(')');
        self.out.push_str(&quantifier);
        if self.peek() == Some('?') {
            self.next();
            self.out.push('?');
        }
        match self.peek() {
            Some('?' | '*' | '+' | '{') => malformed("one quantifier"),
            _ => Ok(()),
        }
    }

    /// `{n}`, `{n,}`, `{n,m}`
    fn bounds(&mut self) -> Res<String> {
        let expected = "{n}, {n,} or {n,m}";
        let Some((inside, rest)) = self.rest.split_once('}') else { return malformed(expected) };
        self.rest = rest;
        let inside: String = match self.flags.extended {
            true => inside.chars().filter(|c| !crate::cast::is_space(*c)).collect(),
            false => inside.to_string(),
        };
        let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        let (least, greatest) = match inside.split_once(',') {
            None => (number(&inside), None),
            Some((least, "")) => (number(least), None),
            Some((least, greatest)) => match number(greatest) {
                None => return malformed(expected),
                greatest => (number(least), greatest),
            },
        };
        match (least, greatest) {
            (None, _) => malformed(expected),
            (Some(least), Some(greatest)) if least > greatest => malformed("bounds in order"),
            _ => Ok(format!("{{{inside}}}")),
        }
    }
}

/// One character that stands for itself, whatever it means to the crate.
pub(super) fn push_char(out: &mut String, c: char) {
    if c.is_ascii_alphanumeric() || !c.is_ascii() {
        out.push(c);
    } else {
        // Writing to a string cannot fail.
        let _ = write!(out, "\\x{{{:X}}}", u32::from(c));
    }
}
