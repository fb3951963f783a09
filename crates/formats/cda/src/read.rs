//! From characters to the model, in one walk over the marks, bounded in depth; no tree is built.
//!
//! In: decoded text. Out: the document, and a [`Quirk`] for each thing that the tables of the standard do not
//! place; those are kept too. Refused: what is not XML, what declares entities, what is too large or too deep.
//! Opens nothing: references, stylesheets and schema locations are text.

use crate::{
    ClinicalDocument,
    class::{Content, is_type},
    namespace::Namespace,
};
use roxmltree::{Document, ParsingOptions};
use std::borrow::Cow;
use xml::reader::{ATTRIBUTES_MAX, Event, NS_XSI, Reader, Refusal, Refused, is_all_blank};

/// Bounds of what is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of source.
    pub size_bytes: usize,
    /// Elements and texts; in a tree, comments too.
    pub nodes: u32,
    /// Elements inside each other.
    pub depth: usize,
}

impl Default for Limits {
    /// 512 MB, 4 million nodes, 250 elements deep: the narrative of a report is some 20 deep.
    fn default() -> Self {
        Self { size_bytes: 512 << 20, nodes: 4 << 20, depth: 250 }
    }
}

/// Why bytes are not a CDA document we read; positions only, so that it may be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadError {
    /// Larger than the bound.
    TooLarge {
        /// The bound.
        limit_bytes: usize,
    },
    /// More nodes than the bound, or more attributes of one element or namespaces than are read.
    TooManyNodes {
        /// The bound.
        limit: u32,
    },
    /// An encoding that is not known, or bytes that are not of it.
    Encoding,
    /// A document type declaration: CDA has none, and entities could be declared in it.
    DocumentType,
    /// Not well-formed XML.
    Malformed {
        /// Line, from 1.
        line: u32,
        /// Column in characters, from 1.
        column: u32,
    },
    /// XML without a `ClinicalDocument` of CDA.
    NoClinicalDocument,
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLarge { limit_bytes } => write!(f, "larger than {limit_bytes} bytes"),
            Self::TooManyNodes { limit } => write!(f, "more than {limit} nodes"),
            Self::Encoding => f.write_str("not in the encoding it declares, or in one that is not known"),
            Self::DocumentType => f.write_str("a document type declaration, which CDA does not have"),
            Self::Malformed { line, column } => write!(f, "not well-formed at line {line}, column {column}"),
            Self::NoClinicalDocument => f.write_str("no ClinicalDocument of CDA"),
        }
    }
}

impl std::error::Error for ReadError {}

/// Something that the standard does not place where it stands; it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuirkKind {
    /// An attribute that the class does not have.
    Attribute,
    /// An element that the class does not have.
    Element,
    /// Text where the class has none.
    Text,
    /// An element nested deeper than the bound: what it holds is **not** kept.
    TooDeep,
}

/// A quirk and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quirk {
    /// What.
    pub kind: QuirkKind,
    /// Line in the source, from 1.
    pub line: u32,
    /// Names of the elements from the root, as a path.
    pub path: String,
}

/// Quirks told of one document; the others are only counted.
const QUIRKS: usize = 100;

/// What reading found, beside the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    /// The first hundred, in document order.
    pub first: Vec<Quirk>,
    /// How many there are.
    pub count: usize,
    /// How many of them lost what they held.
    pub n_lost: usize,
}

/// Parses decoded text within bounds into a tree, by a library that shares nothing with [`read`].
pub fn parse<'a>(text: &'a str, limits: &Limits) -> Result<Document<'a>, ReadError> {
    limits.check_size(text)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: limits.nodes, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::DtdDetected => ReadError::DocumentType,
        roxmltree::Error::NodesLimitReached => ReadError::TooManyNodes { limit: limits.nodes },
        other => ReadError::Malformed { line: other.pos().row, column: other.pos().col },
    })
}

/// Reads the document in decoded text, also of the self-presentable form, where it stands inside of a stylesheet.
pub fn read<'a>(text: &'a str, limits: &Limits) -> Result<(ClinicalDocument<'a>, Quirks), ReadError> {
    limits.check_size(text)?;
    // What is deeper than the bound is passed over, with a quirk.
    let reader = Reader::new(text, usize::MAX).map_err(|refused| ReadError::at(text, refused))?;
    let mut source = Source {
        reader,
        text,
        limits: *limits,
        namespaces: Vec::new(),
        depth: 0,
        n_nodes: 0,
        failed: None,
        is_done: false,
        quirks: Quirks::default(),
    };
    let mut document = None;
    while !source.is_done {
        if matches!(source.next(), Step::Element)
            && document.is_none()
            && matches!(source.name(), (Namespace::Hl7, "ClinicalDocument"))
        {
            document = Some(ClinicalDocument::read(&mut source));
        }
    }
    match source.failed {
        Some(error) => Err(error),
        None => Ok((document.ok_or(ReadError::NoClinicalDocument)?, source.quirks)),
    }
}

impl Limits {
    fn check_size(&self, text: &str) -> Result<(), ReadError> {
        let limit_bytes = self.size_bytes;
        if text.len() > limit_bytes { Err(ReadError::TooLarge { limit_bytes }) } else { Ok(()) }
    }
}

impl ReadError {
    fn at(text: &str, refused: Refused) -> Self {
        match refused.why {
            Refusal::Malformed(_) => {
                let before = text.get(..refused.at).unwrap_or(text);
                let column = before.chars().rev().take_while(|it| *it != '\n').count() + 1;
                Self::Malformed { line: line(before), column: u32::try_from(column).unwrap_or(u32::MAX) }
            }
            Refusal::Dtd => Self::DocumentType,
            Refusal::Encoding => Self::Encoding,
            Refusal::TooLarge(_) => Self::TooManyNodes { limit: ATTRIBUTES_MAX as u32 },
        }
    }
}

/// The line that comes after a text, from 1.
fn line(before: &str) -> u32 {
    let n_before = before.bytes().filter(|it| *it == b'\n').count();
    u32::try_from(n_before + 1).unwrap_or(u32::MAX)
}

/// What comes next in an element.
pub(crate) enum Step<'a> {
    /// A child; its name and attributes are those of the source.
    Element,
    /// All characters up to a child, a comment or the end.
    Text(Cow<'a, str>),
    /// Its end; after a failure every element ends at once.
    End,
}

/// An element, for quirks: where it starts, and how many elements are open there.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    at: usize,
    n_open: usize,
}

/// A walk over a document, and what it remembers.
pub(crate) struct Source<'a> {
    reader: Reader<'a>,
    text: &'a str,
    limits: Limits,
    /// By the numbers of the reader.
    namespaces: Vec<Namespace<'a>>,
    depth: usize,
    n_nodes: u32,
    failed: Option<ReadError>,
    is_done: bool,
    quirks: Quirks,
}

impl<'a> Source<'a> {
    /// Goes on; what is not XML ends the walk.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Step<'a> {
        if self.is_done {
            return Step::End;
        }
        let step = match self.reader.event() {
            Ok(Event::Start) => {
                if self.namespaces.len() < self.reader.uris().len() {
                    self.learn_namespaces();
                }
                Step::Element
            }
            Ok(Event::Text(text)) => Step::Text(text),
            Ok(Event::End) => return Step::End,
            Ok(Event::Done) => return self.end(None),
            Err(refused) => return self.refuse(refused),
        };
        self.n_nodes += 1;
        if self.n_nodes > self.limits.nodes {
            return self.end(Some(ReadError::TooManyNodes { limit: self.limits.nodes }));
        }
        step
    }

    #[cold]
    fn learn_namespaces(&mut self) {
        let new = self.reader.uris().iter().skip(self.namespaces.len());
        self.namespaces.extend(new.cloned().map(Namespace::from));
    }

    /// The same without white space between elements, which says nothing where a class stands.
    #[inline(always)]
    pub(crate) fn next_said(&mut self) -> Step<'a> {
        loop {
            match self.next() {
                Step::Text(text) if is_all_blank(&text) => {}
                step => return step,
            }
        }
    }

    #[cold]
    fn refuse(&mut self, refused: Refused) -> Step<'a> {
        self.end(Some(ReadError::at(self.text, refused)))
    }

    #[cold]
    fn end(&mut self, failed: Option<ReadError>) -> Step<'a> {
        (self.failed, self.is_done) = (failed, true);
        Step::End
    }

    /// The name of the element that was opened last.
    pub(crate) fn name(&self) -> (&Namespace<'a>, &'a str) {
        let name = self.reader.name();
        (self.namespace(name.ns), name.local)
    }

    fn namespace(&self, number: u16) -> &Namespace<'a> {
        self.namespaces.get(usize::from(number)).unwrap_or(&Namespace::None)
    }

    /// Takes an attribute of that element out; the prefix of an `xsi:type` becomes the one that is written.
    pub(crate) fn attribute(&mut self, n: usize) -> Option<(&Namespace<'a>, &'a str, Cow<'a, str>)> {
        let attribute = self.reader.attributes_mut().get_mut(n)?;
        let (name, value) = (attribute.name, std::mem::take(&mut attribute.value));
        let namespace = self.namespace(name.ns);
        let value = if is_type(namespace, name.local) { self.own_prefix(value) } else { value };
        Some((namespace, name.local, value))
    }

    /// The `xsi:type` of that element, with the prefix that is written; empty when it has none.
    pub(crate) fn type_name(&self) -> Cow<'a, str> {
        let mut types = self.reader.attributes().iter().filter(|it| it.name.ns == NS_XSI && it.name.local == "type");
        types.next().map_or(Cow::Borrowed(""), |it| self.own_prefix(it.value.clone()))
    }

    fn own_prefix(&self, value: Cow<'a, str>) -> Cow<'a, str> {
        let Some((prefix, local)) = value.split_once(':') else { return value };
        let found = if prefix.is_empty() { None } else { self.reader.lookup(prefix) };
        match found.map(|it| self.namespace(it)) {
            Some(Namespace::Hl7) => match &value {
                Cow::Borrowed(value) => Cow::Borrowed(&value[prefix.len() + 1..]),
                Cow::Owned(_) => Cow::Owned(local.to_owned()),
            },
            Some(known) if !known.prefix().is_empty() => Cow::Owned(format!("{}:{local}", known.prefix())),
            _ => value,
        }
    }

    /// Where the element stands that was opened last.
    pub(crate) fn place(&self) -> Place {
        Place { at: self.reader.event_at(), n_open: self.reader.depth() }
    }

    /// Goes below an element; false when that is too deep, and all of it was passed over.
    pub(crate) fn enter(&mut self, place: Place) -> bool {
        if self.depth < self.limits.depth {
            self.depth += 1;
            return true;
        }
        let mut n_open = 1;
        let mut is_empty = true;
        while n_open > 0 && !self.is_done {
            match self.next() {
                Step::Element => n_open += 1,
                Step::Text(_) => {}
                Step::End => n_open -= 1,
            }
            if std::mem::replace(&mut is_empty, false) && n_open > 0 {
                self.quirks.n_lost += 1;
                self.quirk(QuirkKind::TooDeep, place);
            }
        }
        false
    }

    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// An attribute without a place. `xsi:schemaLocation` is for tools and `xsi:type` may stand anywhere: no quirks.
    pub(crate) fn other_attribute(&mut self, n: usize, place: Place) {
        if self.reader.attributes().get(n).is_some_and(|it| it.name.ns != NS_XSI) {
            self.quirk(QuirkKind::Attribute, place);
        }
    }

    /// An element without a place: the one that was opened last.
    pub(crate) fn other_element(&mut self) {
        self.quirk(QuirkKind::Element, self.place());
    }

    /// Text where its element has none.
    pub(crate) fn other_text(&mut self, place: Place) {
        self.quirk(QuirkKind::Text, place);
    }

    fn quirk(&mut self, kind: QuirkKind, place: Place) {
        self.quirks.count += 1;
        if self.quirks.first.len() < QUIRKS {
            let names = self.reader.path().take(place.n_open);
            let path = names.flat_map(|name| ["/", name.rsplit(':').next().unwrap_or(name)]).collect();
            let line = line(self.text.get(..place.at).unwrap_or_default());
            self.quirks.first.push(Quirk { kind, line, path });
        }
    }
}
