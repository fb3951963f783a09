//! The shape of commands: lines and literals in; words and sets of messages out.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;

use super::MAX_LINE_BYTES;
use crate::mss::wire::Wire;

/// Literals in one command.
const MAX_LITERALS: usize = 4;

/// Reads a command with its literals, put back as quoted strings.
pub(super) async fn read_command(wire: &mut Wire) -> io::Result<Option<String>> {
    let mut command = String::new();
    for _ in 0..=MAX_LITERALS {
        let Some(line) = wire.line(MAX_LINE_BYTES).await? else {
            return Ok(None);
        };
        let line = String::from_utf8_lossy(&line).into_owned();
        let literal = line.strip_suffix('}').and_then(|start| start.rsplit_once('{')).and_then(|(start, n)| {
            let is_waiting = !n.ends_with('+');
            let n: usize = n.trim_end_matches('+').parse().ok()?;
            Some((start.to_owned(), n, is_waiting))
        });
        let Some((start, n, is_waiting)) = literal else {
            command.push_str(&line);
            return Ok(Some(command));
        };
        if n > MAX_LINE_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if is_waiting {
            wire.reply("+ go ahead\r\n");
        }
        let text = wire.exactly(n).await?;
        let text = String::from_utf8_lossy(&text).replace('\\', "\\\\").replace('"', "\\\"");
        command.push_str(&start);
        let _ = write!(command, "\"{text}\"");
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// Words of a command: atoms and quoted strings.
pub(super) struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// Everything not yet read.
    pub(super) fn rest(&self) -> &'a str {
        self.rest.trim()
    }
}

impl Iterator for Words<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let text = self.rest.trim_start_matches(' ');
        let Some(quoted) = text.strip_prefix('"') else {
            let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
            self.rest = rest;
            return (!word.is_empty()).then(|| word.to_owned());
        };
        let mut word = String::new();
        let mut is_escaped = false;
        for (i, c) in quoted.char_indices() {
            match c {
                c if is_escaped => {
                    word.push(c);
                    is_escaped = false;
                }
                '\\' => is_escaped = true,
                '"' => {
                    self.rest = &quoted[i + 1..];
                    return Some(word);
                }
                c => word.push(c),
            }
        }
        self.rest = "";
        Some(word)
    }
}

/// `1,3:5,7:*` as ranges, `*` being the last message; `None` when it is not a set.
pub(super) fn ranges(text: &str, n_messages: usize) -> Option<Vec<(u32, u32)>> {
    let last = u32::try_from(n_messages).unwrap_or(u32::MAX);
    let number = |text: &str| match text {
        "*" => Some(last),
        text => text.parse::<u32>().ok().filter(|&n| n > 0),
    };
    text.split(',')
        .map(|range| {
            let (a, b) = range.split_once(':').unwrap_or((range, range));
            let (a, b) = (number(a)?, number(b)?);
            // `9:*` in a box of 5 means 5 to 9 (RFC 3501 §6.4.8).
            Some((a.min(b), a.max(b)))
        })
        .collect()
}

/// Numbers of existing messages in the ranges, in order, once each.
pub(super) fn in_box(ranges: &[(u32, u32)], n_messages: usize) -> BTreeSet<u32> {
    let last = u32::try_from(n_messages).unwrap_or(u32::MAX);
    ranges.iter().flat_map(|&(a, b)| a.max(1)..=b.min(last)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_read_as_the_standard_says() {
        assert_eq!(ranges("1,3:5", 9), Some(vec![(1, 1), (3, 5)]));
        assert_eq!(ranges("9:*", 5), Some(vec![(5, 9)]));
        assert_eq!(ranges("*", 5), Some(vec![(5, 5)]));
        for text in ["", "0", "a", "1:", "1,,2", "-1"] {
            assert_eq!(ranges(text, 5), None, "{text}");
        }
        let all = ranges("1:4294967295", 3).expect("set");
        assert_eq!(in_box(&all, 3).len(), 3);
    }

    #[test]
    fn quoted_words_may_hold_spaces_and_escapes() {
        let words: Vec<_> = Words::new("a LOGIN \"b \\\"c\\\\\" \"\" d").collect();
        assert_eq!(words, ["a", "LOGIN", "b \"c\\", "", "d"]);
    }
}
