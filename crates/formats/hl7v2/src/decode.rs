//! Bytes to [`Message`]: bounds, separators, character set, segment ends. Fields are not looked into, only counted.
//!
//! Strict about what would change the meaning (separators, character set, segment names), tolerant by name
//! ([`Quirk`]) about the rest. Batches (FHS, BHS) are not supported.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr2};

use crate::{
    charset::Charset,
    delimiters::Delimiters,
    element::Syntax,
    error::{DecodeError, Place},
    message::{Line, Message, Quirk},
    path::{FieldPath, SegmentName},
};

/// Segments are indexed with 32-bit offsets in text at most three times longer than the bytes (`€` of ISO 8859-15).
const MAX_BYTES: usize = 1 << 30;

/// The bounds of decoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Longest message, in bytes. Never more than 1 GiB, whatever is set.
    pub max_bytes: usize,
    /// Most segments.
    pub max_segments: usize,
    /// Most fields in one segment.
    pub max_fields: usize,
}

impl Default for Limits {
    /// 32 MiB, 50 000 segments, 500 fields: a document of some megabytes in one field, a year of results, twice the
    /// longest segment of the standard.
    fn default() -> Self {
        Self { max_bytes: 32 << 20, max_segments: 50_000, max_fields: 500 }
    }
}

/// Decodes one message, without its MLLP frame.
///
/// The character set is what MSH-18 says (first repetition); without it, UTF-8 when the bytes are valid UTF-8, else
/// ISO 8859-1, reported as a [`Quirk`] when it made a difference. CR always ends a segment, a LF after CR is dropped.
/// A LF alone ends segments when it is the first line end of the message; otherwise it is data, so that text holding
/// a LF can never start a segment.
///
/// # Errors
/// [`DecodeError::Malformed`] for anything but MSH first, for bad separators, a line that does not start with a segment
/// name, bytes that are not of the announced set; [`DecodeError::Unsupported`] for an unknown set and for batches;
/// [`DecodeError::TooLarge`] and [`DecodeError::TooMany`] at a bound.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Message, DecodeError> {
    let limit_bytes = limits.max_bytes.min(MAX_BYTES);
    if bytes.len() > limit_bytes {
        return Err(DecodeError::TooLarge { limit_bytes });
    }
    let mut quirks = Vec::new();
    let body = strip_leading(bytes, &mut quirks);
    let offset = bytes.len() - body.len();

    let header = Header::read(body).map_err(|e| e.shifted(offset))?;
    let (text, charset) = read_text(body, &header, &mut quirks).map_err(|e| e.shifted(offset))?;
    let lines = read_lines(&text, &header, limits, &mut quirks)?;

    let syntax = Syntax { delimiters: header.delimiters, charset };
    Ok(Message { text: text.into_owned(), lines, syntax, quirks })
}

fn strip_leading<'b>(bytes: &'b [u8], quirks: &mut Vec<Quirk>) -> &'b [u8] {
    let mut body = bytes;
    if let Some(rest) = body.strip_prefix(b"\xef\xbb\xbf") {
        quirks.push(Quirk::ByteOrderMark);
        body = rest;
    }
    let n_line_ends = body.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    if n_line_ends > 0 {
        quirks.push(Quirk::LeadingLineEnds);
        body = &body[n_line_ends..];
    }
    body
}

/// What must be known of the header before the rest can be read.
pub(crate) struct Header<'b> {
    pub(crate) delimiters: Delimiters,
    /// The line, without its end.
    line: &'b [u8],
    /// The first line end is a LF: LF ends segments.
    ends_with_line_feed: bool,
}

impl<'b> Header<'b> {
    pub(crate) fn read(body: &'b [u8]) -> Result<Self, DecodeError> {
        let malformed = |at, expected| Err(DecodeError::Malformed { at, expected });
        match body {
            [b'M', b'S', b'H', ..] => {}
            [b'F' | b'B', b'H', b'S', ..] => {
                return Err(DecodeError::Unsupported {
                    at: Place::Segment(1),
                    feature: "batches and files of messages",
                });
            }
            _ => return malformed(Place::Byte(0), "the segment MSH"),
        }
        let end = memchr2(b'\r', b'\n', body).unwrap_or(body.len());
        let line = &body[..end];
        let Some(&separator) = line.get(3) else {
            return malformed(Place::Field(FieldPath::msh(1)), "a field separator");
        };
        let encoding = &line[4..];
        let encoding = &encoding[..memchr(separator, encoding).unwrap_or(encoding.len())];
        match Delimiters::new(separator, encoding) {
            Some(delimiters) => Ok(Self { delimiters, line, ends_with_line_feed: body.get(end) == Some(&b'\n') }),
            None => malformed(
                Place::Field(FieldPath::msh(2)),
                "four or five encoding characters, punctuation, all different from each other and from MSH-1",
            ),
        }
    }

    /// The bytes of a field, from 3.
    pub(crate) fn field(&self, n: usize) -> &'b [u8] {
        self.line.split(|b| *b == self.delimiters.field).nth(n - 1).unwrap_or_default()
    }
}

fn read_text<'b>(
    body: &'b [u8],
    header: &Header<'_>,
    quirks: &mut Vec<Quirk>,
) -> Result<(Cow<'b, str>, Charset), DecodeError> {
    let field = header.field(18);
    let first = field.split(|b| *b == header.delimiters.repetition).next().unwrap_or_default().trim_ascii();
    if first.is_empty() || first == b"\"\"" {
        return Ok(match str::from_utf8(body) {
            Ok(text) => {
                if !text.is_ascii() {
                    quirks.push(Quirk::CharsetAssumedUtf8);
                }
                (Cow::Borrowed(text), Charset::Utf8)
            }
            Err(_) => {
                quirks.push(Quirk::CharsetAssumedLatin1);
                (encoding_rs::mem::decode_latin1(body), Charset::Latin1)
            }
        });
    }
    let Some((charset, in_table)) = Charset::from_msh18(first) else {
        let at = Place::Field(FieldPath::msh(18));
        return Err(DecodeError::Unsupported { at, feature: "this character set" });
    };
    if !in_table {
        quirks.push(Quirk::CharsetNameNotInTable);
    }
    match charset.decode(body) {
        Ok(text) => Ok((text, charset)),
        Err(offset) => {
            let expected = match charset {
                Charset::Ascii => "ASCII, as MSH-18 says",
                _ => "UTF-8, as MSH-18 says",
            };
            Err(DecodeError::Malformed { at: Place::Byte(offset), expected })
        }
    }
}

fn read_lines(
    text: &str,
    header: &Header<'_>,
    limits: &Limits,
    quirks: &mut Vec<Quirk>,
) -> Result<Vec<Line>, DecodeError> {
    let bytes = text.as_bytes();
    let separator = header.delimiters.field;
    let mut lines = Vec::with_capacity(32);
    let (mut crlf, mut blank, mut inner_line_feed) = (false, false, false);
    let mut start = 0;
    while start < bytes.len() {
        let rest = &bytes[start..];
        let end = if header.ends_with_line_feed { memchr2(b'\r', b'\n', rest) } else { memchr(b'\r', rest) };
        let line = &rest[..end.unwrap_or(rest.len())];
        if line.is_empty() {
            blank = true;
        } else {
            let name = read_line(line, lines.len() + 1, separator, limits)?;
            // Offsets fit in 32 bits: `decode` bounds the bytes, and text is at most three times longer.
            lines.push(Line { start: start as u32, end: (start + line.len()) as u32, name });
            inner_line_feed |= !header.ends_with_line_feed && memchr(b'\n', line).is_some();
        }
        start += line.len() + usize::from(end.is_some());
        if end.is_none() {
            quirks.push(Quirk::UnterminatedLastSegment);
        } else if !header.ends_with_line_feed && bytes.get(start) == Some(&b'\n') {
            crlf = true;
            start += bytes[start..].iter().take_while(|b| **b == b'\n').count();
        }
    }
    let met = [
        (header.ends_with_line_feed, Quirk::LineFeedTerminators),
        (crlf, Quirk::CrLfTerminators),
        (inner_line_feed, Quirk::LineFeedInField),
        (blank, Quirk::BlankLines),
    ];
    quirks.extend(met.into_iter().filter(|(met, _)| *met).map(|(_, quirk)| quirk));
    Ok(lines)
}

/// Checks one line: its name, its bounds, one header per message.
fn read_line(line: &[u8], number: usize, separator: u8, limits: &Limits) -> Result<SegmentName, DecodeError> {
    let at = Place::Segment(number);
    if number > limits.max_segments {
        return Err(DecodeError::TooMany { at, what: "segments", limit: limits.max_segments });
    }
    let name = line.get(..3).and_then(SegmentName::from_bytes).filter(|_| line.get(3).is_none_or(|b| *b == separator));
    let Some(name) = name else {
        return Err(DecodeError::Malformed { at, expected: "a segment name, then the field separator" });
    };
    if name == SegmentName::MSH && number > 1 {
        return Err(DecodeError::Malformed { at, expected: "one MSH per message" });
    }
    if memchr_iter(separator, line).count() > limits.max_fields {
        return Err(DecodeError::TooMany { at, what: "fields", limit: limits.max_fields });
    }
    Ok(name)
}

impl DecodeError {
    /// The same error, offsets counted from the first received byte.
    fn shifted(self, by: usize) -> Self {
        match self {
            Self::Malformed { at: Place::Byte(offset), expected } => {
                Self::Malformed { at: Place::Byte(offset + by), expected }
            }
            other => other,
        }
    }
}
