//! A decoded message: one string and an index of its segments. In: what [`crate::decode`] made. Out: segments, header facts, bytes.
//!
//! It holds what the sender wrote, unknown and local segments included, and judges none of it.

use std::borrow::Cow;
use std::fmt;

use crate::{
    charset::Charset,
    delimiters::Delimiters,
    element::{Component, Segment, Syntax},
    path::{FieldPath, SegmentName},
};

/// A deviation from the standard that does not change the meaning. Each is reported once per message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Quirk {
    /// A UTF-8 byte order mark before the header.
    ByteOrderMark,
    /// Line ends before the header.
    LeadingLineEnds,
    /// Segments end with LF instead of CR.
    LineFeedTerminators,
    /// Segments end with CR LF instead of CR.
    CrLfTerminators,
    /// LF inside a field of a message whose segments end with CR: kept as data.
    LineFeedInField,
    /// Empty lines between segments.
    BlankLines,
    /// The last segment has no terminator.
    UnterminatedLastSegment,
    /// Other than ASCII without MSH-18; the bytes are valid UTF-8 and were read so.
    CharsetAssumedUtf8,
    /// Other than ASCII without MSH-18; the bytes are not UTF-8 and were read as ISO 8859-1.
    CharsetAssumedLatin1,
    /// MSH-18 uses a usual name that is not in table 0211 (`UTF-8`, `ISO-8859-1`…).
    CharsetNameNotInTable,
}

/// MSH-9. Parts that are not there are empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageType<'m> {
    /// `ORU`, `ADT`… (table 0076).
    pub code: Cow<'m, str>,
    /// `R01`, `A01`… (table 0003).
    pub trigger: Cow<'m, str>,
    /// `ORU_R01`… (table 0354); absent from older versions.
    pub structure: Cow<'m, str>,
}

/// Name and extent of one segment.
#[derive(Clone, Copy)]
pub(crate) struct Line {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) name: SegmentName,
}

/// A decoded message. Its first segment is always `MSH`.
pub struct Message {
    pub(crate) text: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) syntax: Syntax,
    pub(crate) quirks: Vec<Quirk>,
}

impl Message {
    /// Every segment in order.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = Segment<'_>> + ExactSizeIterator {
        (0..self.lines.len()).map(|index| self.at(index))
    }

    /// The first segment of that name.
    pub fn segment(&self, name: &str) -> Option<Segment<'_>> {
        self.lines.iter().position(|line| line.name == name).map(|index| self.at(index))
    }

    /// The segments of that name, in order.
    pub fn segments_named<'m>(&'m self, name: &'m str) -> impl Iterator<Item = Segment<'m>> {
        self.segments().filter(move |segment| segment.name == name)
    }

    /// The header.
    pub fn header(&self) -> Segment<'_> {
        self.at(0)
    }

    fn at(&self, index: usize) -> Segment<'_> {
        let line = self.lines[index];
        Segment {
            raw: &self.text[line.start as usize..line.end as usize],
            syntax: self.syntax,
            name: line.name,
            // Bounded by `Limits::max_segments`, itself bounded by the 32-bit offsets.
            number: index as u32 + 1,
        }
    }

    /// MSH-9.
    pub fn message_type(&self) -> MessageType<'_> {
        let field = self.header().field(9);
        MessageType {
            code: field.component(1).text(),
            trigger: field.component(2).text(),
            structure: field.component(3).text(),
        }
    }

    /// MSH-10; empty when absent.
    pub fn control_id(&self) -> Cow<'_, str> {
        self.header().field(10).text()
    }

    /// MSH-12, first component: `2.5` for `2.5^FRA^2.11`. Empty when absent.
    pub fn version(&self) -> Cow<'_, str> {
        self.header().field(12).component(1).text()
    }

    /// The n-th component of MSH-12: country (2) and national version (3).
    pub fn version_part(&self, n: usize) -> Component<'_> {
        self.header().field(12).component(n)
    }

    /// The separators of MSH-1 and MSH-2.
    pub fn delimiters(&self) -> Delimiters {
        self.syntax.delimiters
    }

    /// The character set the bytes were read in.
    pub fn charset(&self) -> Charset {
        self.syntax.charset
    }

    /// Deviations met while decoding.
    pub fn quirks(&self) -> &[Quirk] {
        &self.quirks
    }

    /// Where a field is: counts the segments of the same name before it. Numbers beyond 65535 are cut there.
    pub fn path(&self, segment: &Segment<'_>, field: usize) -> FieldPath {
        let before = self.lines.iter().take(segment.number()).filter(|line| line.name == segment.name).count();
        let short = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        FieldPath::field(segment.name, short(field)).occurrence(short(before))
    }

    /// The message in its own character set, every segment ended by CR, nothing else changed.
    pub fn encode(&self) -> Vec<u8> {
        let mut text = String::with_capacity(self.text.len() + 1);
        for segment in self.segments() {
            text.push_str(segment.raw);
            text.push('\r');
        }
        match self.syntax.charset {
            Charset::Utf8 | Charset::Ascii => text.into_bytes(),
            // Exact: every character came from this set.
            charset => charset.encode_lossy(&text),
        }
    }

    /// What two sendings of the same content share: the message as UTF-8, each segment ended by CR, without MSH-7 (the time
    /// of sending). Feed the slices to a hash to recognize a duplicate.
    pub fn content_hash_input(&self) -> impl Iterator<Item = &[u8]> {
        let header = self.header();
        let time = header.field(7).raw();
        let (before, after) = if time.is_empty() {
            (header.raw, "")
        } else {
            // The field is a slice of the header line: its offset is the distance between the two starts.
            let start = time.as_ptr() as usize - header.raw.as_ptr() as usize;
            (&header.raw[..start], &header.raw[start + time.len()..])
        };
        let others = self.segments().skip(1).flat_map(|segment| [segment.raw.as_bytes(), b"\r"]);
        [before.as_bytes(), after.as_bytes(), b"\r"].into_iter().chain(others)
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({} segments, {} bytes)", self.lines.len(), self.text.len())
    }
}
