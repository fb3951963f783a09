//! What is said of a document.

use std::{fmt, ops::Range};
use xml::reader::{Refusal, Refused};

/// The outcome of one validation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// In document order; empty when the document is valid.
    pub errors: Vec<XsdError>,
    /// Whether there were more errors than we keep.
    pub truncated: bool,
    /// Which part was validated.
    pub judged: Judged,
}

/// Which part of a document was validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// All of it.
    Whole,
    /// What has a declaration inside of a stylesheet; the first such element, by offset in the bytes given.
    Embedded(Range<usize>),
    /// None of it: not well-formed, too large, or nothing in it has a declaration.
    Nothing,
}

impl Verdict {
    /// Whether the document is valid.
    pub fn is_valid(&self) -> bool {
        self.errors.is_empty()
    }

    pub(crate) fn refused(error: XsdError) -> Self {
        Self { errors: vec![error], truncated: false, judged: Judged::Nothing }
    }
}

/// One thing that is wrong in a document.
///
/// For people: the message may quote the document, so `Debug` and [`XsdError::place`] leave it out.
#[derive(Clone, PartialEq, Eq)]
pub struct XsdError {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The rule of the norm (`cvc-datatype-valid.1.2.1`), or one of ours: `xml`, `dtd`, `encoding`, `too-large`,
    /// `undeclared`, `internal`.
    pub code: &'static str,
    /// What is wrong, in English; may quote the document.
    pub message: String,
    /// Which element or attribute, as `/Q{ns}name[1]/Q{ns}name[2]/@Q{}name`.
    pub path: Option<String>,
}

/// What an error is about: the constraints of XML Schema 1.0 (appendix C), grouped as people think of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An element is missing, or is where it must not be.
    Content,
    /// An element holds text where it must not.
    Text,
    /// An attribute is missing, is not allowed, or has not its fixed value.
    Attribute,
    /// A value is not of its type.
    Value,
    /// `xsi:type` or `xsi:nil` is wrong.
    Type,
    /// An identifier is there twice, or refers to nothing.
    Identifier,
    /// The document cannot be read.
    Reading,
}

impl fmt::Debug for XsdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place())
    }
}

impl XsdError {
    /// Code and place, safe to log.
    pub fn place(&self) -> String {
        format!("{} at {}:{}", self.code, self.line, self.column)
    }

    /// What it is about.
    pub fn kind(&self) -> Kind {
        let of = |prefixes: &[&str]| prefixes.iter().any(|it| self.code.starts_with(it));
        match () {
            () if of(&["cvc-complex-type.2.1", "cvc-complex-type.2.2", "cvc-complex-type.2.3"]) => Kind::Text,
            () if of(&["cvc-complex-type.2", "cvc-elt.1", "cvc-particle", "cvc-model-group"]) => Kind::Content,
            () if of(&[
                "cvc-complex-type.3",
                "cvc-complex-type.4",
                "cvc-complex-type.5",
                "cvc-attribute",
                "cvc-au",
            ]) =>
            {
                Kind::Attribute
            }
            () if of(&["cvc-elt.3", "cvc-elt.4", "cvc-elt.2", "cvc-type", "cvc-resolve-instance"]) => Kind::Type,
            () if of(&["cvc-id", "cvc-identity-constraint"]) => Kind::Identifier,
            () if of(&["cvc-datatype", "cvc-simple-type", "cvc-elt.5"]) || self.code.ends_with("-valid") => Kind::Value,
            () => Kind::Reading,
        }
    }

    pub(crate) fn new(code: &'static str, message: String) -> Self {
        Self { line: 1, column: 1, code, message, path: None }
    }

    pub(crate) fn at(mut self, places: &mut Places<'_>, offset: usize) -> Self {
        (self.line, self.column) = places.of(offset);
        self
    }

    pub(crate) fn too_large(what: &str) -> Self {
        Self::new("too-large", format!("The document exceeds a bound: {what}"))
    }

    pub(crate) fn encoding(before: &str) -> Self {
        Self::new("encoding", "The document is not UTF-8".to_owned()).at(&mut Places::new(before), before.len())
    }

    pub(crate) fn undeclared() -> Self {
        Self::new("undeclared", "Nothing in this stylesheet has a declaration in the schema".to_owned())
    }

    pub(crate) fn internal() -> Self {
        Self::new("internal", "The schema validator failed on this document".to_owned())
    }

    /// The schema itself could not be compiled, so that nothing more can be said of the document.
    pub(crate) fn unusable(why: &crate::Error) -> Self {
        Self::new("internal", format!("The schema cannot be used: {why}"))
    }

    pub(crate) fn refused(text: &str, refused: Refused) -> Self {
        let error = match refused.why {
            Refusal::Malformed(expected) => Self::new("xml", format!("Not well-formed: expected {expected}")),
            Refusal::Dtd => Self::new("dtd", "A document type declaration is refused".to_owned()),
            Refusal::Encoding => Self::new("encoding", "The document is not declared as UTF-8".to_owned()),
            Refusal::TooLarge(what) => Self::too_large(what),
        };
        error.at(&mut Places::new(text), refused.at)
    }
}

/// Lines and columns of offsets that mostly grow, so that many errors do not read the document many times.
pub(crate) struct Places<'t> {
    text: &'t str,
    /// Offset of the start of a line, and its number from 0.
    start: usize,
    line: u32,
}

impl<'t> Places<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { text, start: 0, line: 0 }
    }

    /// Line and column of an offset, both from 1, columns in characters.
    pub fn of(&mut self, offset: usize) -> (u32, u32) {
        if offset < self.start {
            *self = Self::new(self.text);
        }
        let since = self.text.get(self.start..offset).unwrap_or_default();
        let n_lines = memchr::memchr_iter(b'\n', since.as_bytes()).count();
        self.line = self.line.saturating_add(u32::try_from(n_lines).unwrap_or(u32::MAX));
        if let Some(last) = memchr::memrchr(b'\n', since.as_bytes()) {
            self.start += last + 1;
        }
        let before = self.text.get(self.start..offset).unwrap_or_default();
        let column = before.trim_start_matches('\u{feff}').chars().count() + 1;
        (self.line.saturating_add(1), u32::try_from(column).unwrap_or(u32::MAX))
    }
}
