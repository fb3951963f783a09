//! Lines and their fields: bytes in; one bounded line of text at a time, cut at its bars, out.

use std::io::{self, BufRead};

use crate::{MAX_LINE_BYTES, Problem};

/// The mark that some programs write in front of UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// What was read.
pub(crate) enum Read<'a> {
    /// A line without its end, not empty.
    Line(&'a str),
    /// A line that is not used.
    Refused(Problem),
    /// The end of the file.
    End,
}

/// Lines of a file, each in the same buffer.
pub(crate) struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    number: u64,
    n_bytes: u64,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::with_capacity(4096), number: 0, n_bytes: 0 }
    }

    pub(crate) fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    /// The next line that is not empty, and its number from 1; ends with LF, CRLF or the file.
    pub(crate) fn next(&mut self) -> io::Result<(u64, Read<'_>)> {
        loop {
            let Some(whole) = self.fill()? else { return Ok((self.number, Read::End)) };
            self.number += 1;
            if !whole {
                return Ok((self.number, Read::Refused(Problem::Long)));
            }
            if !trimmed(&self.buffer, self.number).is_empty() {
                break;
            }
        }
        let read = match std::str::from_utf8(trimmed(&self.buffer, self.number)) {
            Ok(text) => Read::Line(text),
            Err(_) => Read::Refused(Problem::Encoding),
        };
        Ok((self.number, read))
    }

    /// Reads to the end of the line, and keeps it when it is within bounds; `None` at the end of the file.
    fn fill(&mut self) -> io::Result<Option<bool>> {
        self.buffer.clear();
        let (mut whole, mut read_some) = (true, false);
        loop {
            let available = match self.reader.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if available.is_empty() {
                return Ok(read_some.then_some(whole));
            }
            read_some = true;
            let end = memchr::memchr(b'\n', available);
            let part = end.map_or(available, |at| &available[..at]);
            if whole && self.buffer.len() + part.len() <= MAX_LINE_BYTES {
                self.buffer.extend_from_slice(part);
            } else {
                whole = false;
            }
            let used = end.map_or(available.len(), |at| at + 1);
            self.n_bytes += used as u64;
            self.reader.consume(used);
            if end.is_some() {
                return Ok(Some(whole));
            }
        }
    }
}

fn trimmed(line: &[u8], number: u64) -> &[u8] {
    let line = if number == 1 { line.strip_prefix(BOM).unwrap_or(line) } else { line };
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Where the fields of a line are; used again for each line.
#[derive(Default)]
pub(crate) struct Fields {
    /// First byte and byte after the last.
    places: Vec<(u32, u32)>,
}

impl Fields {
    /// Cuts a line at its bars. A line with more fields than `width` is cut again, bars between quotes not counting:
    /// quotes are otherwise characters like others, which names of structures have.
    pub(crate) fn split(&mut self, text: &str, width: usize) {
        self.cut(text, Quotes::AreText);
        // A bar also ends the published lines.
        let n_fields = self.places.len() - usize::from(text.ends_with('|'));
        if width > 0 && n_fields > width && text.contains('"') {
            self.cut(text, Quotes::HoldBars);
        }
    }

    fn cut(&mut self, text: &str, quotes: Quotes) {
        self.places.clear();
        let (mut start, mut inside) = (0, false);
        let bytes = text.as_bytes();
        match quotes {
            Quotes::AreText => {
                for end in memchr::memchr_iter(b'|', bytes) {
                    self.places.push((start, position(end)));
                    start = position(end + 1);
                }
            }
            Quotes::HoldBars => {
                for end in memchr::memchr2_iter(b'|', b'"', bytes) {
                    if bytes[end] == b'"' {
                        inside = !inside;
                    } else if !inside {
                        self.places.push((start, position(end)));
                        start = position(end + 1);
                    }
                }
            }
        }
        self.places.push((start, position(bytes.len())));
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// A field without the spaces and the pair of quotes around it; empty when the line has no such field.
    pub(crate) fn get<'a>(&self, text: &'a str, at: usize) -> &'a str {
        let Some((start, end)) = self.places.get(at) else { return "" };
        let field = text.get(*start as usize..*end as usize).unwrap_or("").trim();
        field.strip_prefix('"').and_then(|it| it.strip_suffix('"')).map_or(field, str::trim)
    }
}

#[derive(Clone, Copy)]
enum Quotes {
    AreText,
    HoldBars,
}

/// A place in a line; lines have at most [`MAX_LINE_BYTES`].
fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn all(bytes: &[u8]) -> Vec<Result<String, Problem>> {
        // A buffer of three bytes: lines are cut anywhere.
        let mut lines = Lines::new(io::BufReader::with_capacity(3, bytes));
        let mut out = Vec::new();
        loop {
            match lines.next().unwrap().1 {
                Read::Line(text) => out.push(Ok(text.to_owned())),
                Read::Refused(problem) => out.push(Err(problem)),
                Read::End => return out,
            }
        }
    }

    #[test]
    fn a_mark_line_ends_of_both_kinds_and_empty_lines_are_not_part_of_lines() {
        let read = all("\u{feff}é|b\r\n\r\n\nc|d\ne".as_bytes());
        assert_eq!(read, ["é|b", "c|d", "e"].map(|it| Ok(it.to_owned())));
    }

    #[test]
    fn a_line_beyond_the_bound_is_passed_over_and_the_next_one_is_read() {
        let mut bytes = vec![b'x'; MAX_LINE_BYTES + 1];
        bytes.extend_from_slice(b"\nnext\n\xff\xfe\n");
        assert_eq!(all(&bytes), [Err(Problem::Long), Ok("next".to_owned()), Err(Problem::Encoding)]);
    }

    #[test]
    fn quotes_hold_bars_only_when_the_line_has_too_many_fields() {
        let text = "a|\"b|c\"|d|";
        let mut fields = Fields::default();
        fields.split(text, 3);
        assert_eq!((0..3).map(|at| fields.get(text, at)).collect::<Vec<_>>(), ["a", "b|c", "d"]);
        let text = "a|LE \"PARC|d";
        fields.split(text, 3);
        assert_eq!((0..3).map(|at| fields.get(text, at)).collect::<Vec<_>>(), ["a", "LE \"PARC", "d"]);
    }
}
