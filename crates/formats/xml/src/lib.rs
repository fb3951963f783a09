//! An escaping XML 1.0 writer over a byte buffer, and the decoding and reading of what others wrote.
//!
//! In: element names, attribute values and texts, in document order.
//! Out: UTF-8 bytes that every XML parser reads back to the same values.
//! It deliberately does not know schemas, namespaces (a prefix is part of the name, `xmlns` is an
//! attribute like another) or pretty-printing: no white space is ever added, because in several
//! healthcare formats white space counts.
//!
//! ```
//! let mut w = xml::Writer::new();
//! w.declaration();
//! w.open("note").attr("lang", "fr").attr_opt("class", None);
//! w.open("to").text("Labo A & B").close();
//! w.element("empty", "");
//! w.close();
//! assert!(w.finish().ends_with(b"<note lang=\"fr\"><to>Labo A &amp; B</to><empty/></note>"));
//! ```

mod decode;
mod escape;
pub mod reader;

pub use decode::{EncodingError, decode};
pub use escape::{escape_attribute, escape_text};

use std::{
    fmt::{Display, Write as _},
    ops::Range,
};

/// Writes one XML document, or one fragment of it, into a growing buffer.
///
/// Every method returns `&mut Self` so that calls chain.
/// Elements are closed in the reverse order they were opened; misuse (an attribute after content,
/// a `close` too many) is a debug assertion, and in release builds is ignored so that the output
/// stays well-formed.
/// Element and attribute names are written as given: constants of the caller, or names a parser accepted.
#[derive(Default)]
pub struct Writer {
    out: Vec<u8>,
    /// Where the names of the open elements stand in `out`.
    open: Vec<Range<usize>>,
    in_tag: bool,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Writer({} bytes, depth {})", self.out.len(), self.open.len())
    }
}

impl Writer {
    /// An empty writer.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty writer whose buffer already holds `n_bytes`, to avoid growing it on the way.
    pub fn with_capacity(n_bytes: usize) -> Self {
        Self { out: Vec::with_capacity(n_bytes), open: Vec::with_capacity(16), in_tag: false }
    }

    /// Writes the XML declaration (version 1.0, UTF-8) and a line feed. Only meaningful first.
    pub fn declaration(&mut self) -> &mut Self {
        debug_assert!(self.out.is_empty(), "the declaration comes first");
        self.out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        self
    }

    /// Opens the element `name` (with its prefix, if any).
    pub fn open(&mut self, name: &str) -> &mut Self {
        debug_assert!(is_name(name), "an element name: {name:?}");
        self.end_tag();
        self.out.push(b'<');
        let from = self.out.len();
        self.out.extend_from_slice(name.as_bytes());
        self.open.push(from..self.out.len());
        self.in_tag = true;
        self
    }

    /// Adds an attribute to the element just opened, with its value escaped.
    pub fn attr(&mut self, name: &str, value: &str) -> &mut Self {
        if self.start_attr(name) {
            escape::attribute(&mut self.out, value);
            self.out.push(b'"');
        }
        self
    }

    /// Adds the attribute when there is a value, and nothing otherwise.
    pub fn attr_opt(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.attr(name, value),
            None => self,
        }
    }

    /// Adds an attribute from anything printable (a number, a decimal, a date), escaped.
    pub fn attr_display(&mut self, name: &str, value: impl Display) -> &mut Self {
        if self.start_attr(name) {
            let _ = write!(AttributeSink(&mut self.out), "{value}");
            self.out.push(b'"');
        }
        self
    }

    /// Adds character content to the current element, escaped. Carriage returns are kept as
    /// character references, so that a parser gives back the same text.
    pub fn text(&mut self, value: &str) -> &mut Self {
        if !value.is_empty() {
            self.end_tag();
            escape::text(&mut self.out, value);
        }
        self
    }

    /// Adds character content from anything printable, escaped.
    pub fn text_display(&mut self, value: impl Display) -> &mut Self {
        self.end_tag();
        let _ = write!(TextSink(&mut self.out), "{value}");
        self
    }

    /// Closes the current element; an element without content is written `<name/>`.
    pub fn close(&mut self) -> &mut Self {
        let Some(name) = self.open.pop() else {
            debug_assert!(false, "close without an open element");
            return self;
        };
        if self.in_tag {
            self.out.extend_from_slice(b"/>");
            self.in_tag = false;
        } else {
            self.out.extend_from_slice(b"</");
            self.out.extend_from_within(name);
            self.out.push(b'>');
        }
        self
    }

    /// A whole element holding only text.
    pub fn element(&mut self, name: &str, text: &str) -> &mut Self {
        self.open(name).text(text).close()
    }

    /// A constant piece of markup written as it is. It must be balanced; it holds no data.
    pub fn constant(&mut self, fragment: &'static str) -> &mut Self {
        self.end_tag();
        self.out.extend_from_slice(fragment.as_bytes());
        self
    }

    /// A balanced fragment another writer (or a signer) produced, embedded byte for byte:
    /// a signed block would no longer verify if it were written again.
    /// The caller answers for its being well-formed.
    pub fn fragment(&mut self, fragment: &[u8]) -> &mut Self {
        self.end_tag();
        self.out.extend_from_slice(fragment);
        self
    }

    /// Base64 text, already encoded, as character content. Text that is plain base64 is copied at
    /// memory speed; anything else is escaped like a text, so that no markup can enter here.
    pub fn raw_ascii_base64(&mut self, encoded: &[u8]) -> &mut Self {
        self.end_tag();
        let clean = encoded
            .iter()
            .fold(true, |ok, b| ok & (b.is_ascii_alphanumeric() | matches!(b, b'+' | b'/' | b'=' | b'\n' | b' ')));
        if clean {
            self.out.extend_from_slice(encoded);
        } else {
            debug_assert!(false, "base64 text expected");
            escape::text(&mut self.out, &String::from_utf8_lossy(encoded));
        }
        self
    }

    /// How many elements are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// How many bytes are written so far.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// The bytes. Every element must have been closed (debug assertion); in release builds the
    /// ones left open are closed here.
    pub fn finish(mut self) -> Vec<u8> {
        debug_assert!(self.open.is_empty(), "still open: {:?}", self.open);
        while !self.open.is_empty() {
            self.close();
        }
        self.out
    }

    fn start_attr(&mut self, name: &str) -> bool {
        debug_assert!(self.in_tag, "attribute {name:?} after content");
        debug_assert!(is_name(name), "an attribute name: {name:?}");
        if self.in_tag {
            self.out.push(b' ');
            self.out.extend_from_slice(name.as_bytes());
            self.out.extend_from_slice(b"=\"");
        }
        self.in_tag
    }

    fn end_tag(&mut self) {
        if self.in_tag {
            self.out.push(b'>');
            self.in_tag = false;
        }
    }
}

/// Whether a text is a name, with or without prefixes: what [`Writer::open`] takes, and all that our reader reads as one.
///
/// Source: XML 1.0, fifth edition, productions 4 and 4a.
pub fn is_name(name: &str) -> bool {
    name.split(':').all(reader::is_nc_name)
}

struct AttributeSink<'a>(&'a mut Vec<u8>);

impl std::fmt::Write for AttributeSink<'_> {
    fn write_str(&mut self, s: &str) -> std::fmt::Result {
        escape::attribute(self.0, s);
        Ok(())
    }
}

struct TextSink<'a>(&'a mut Vec<u8>);

impl std::fmt::Write for TextSink<'_> {
    fn write_str(&mut self, s: &str) -> std::fmt::Result {
        escape::text(self.0, s);
        Ok(())
    }
}
