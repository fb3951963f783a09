//! From bytes to the model: parsing by a library, then one walk, bounded in depth.
//!
//! In: the bytes as received. Out: the document, and a [`Quirk`] for each thing that the tables of the standard do not
//! place; those are kept too. Refused: what is not XML, what declares entities, what is too large or too deep.
//! Opens nothing: references, stylesheets and schema locations are text.

use crate::{ClinicalDocument, class::Content, namespace::Namespace};
use roxmltree::{Document, Node, ParsingOptions};
use std::{borrow::Cow, marker::PhantomData};

/// Bounds of what is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of source.
    pub size_bytes: usize,
    /// Nodes: elements, texts, comments.
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
    /// More nodes than the bound.
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

/// Parses decoded text within bounds; [`read`] then takes the document from it.
pub fn parse<'a>(text: &'a str, limits: &Limits) -> Result<Document<'a>, ReadError> {
    if text.len() > limits.size_bytes {
        return Err(ReadError::TooLarge { limit_bytes: limits.size_bytes });
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: limits.nodes, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::DtdDetected => ReadError::DocumentType,
        roxmltree::Error::NodesLimitReached => ReadError::TooManyNodes { limit: limits.nodes },
        other => ReadError::Malformed { line: other.pos().row, column: other.pos().col },
    })
}

/// Reads the document, also of the self-presentable form, where it stands inside of a stylesheet.
pub fn read<'a>(tree: &'a Document<'a>, limits: &Limits) -> Result<(ClinicalDocument<'a>, Quirks), ReadError> {
    let is_document = |node: &Node<'a, 'a>| {
        node.tag_name().name() == "ClinicalDocument" && node.tag_name().namespace() == Some(crate::HL7)
    };
    let root = tree.root_element();
    let found = if is_document(&root) { Some(root) } else { root.descendants().find(is_document) };
    let root = found.ok_or(ReadError::NoClinicalDocument)?;
    let mut source = Source { depth: 0, max_depth: limits.depth, quirks: Quirks::default(), _text: PhantomData };
    let document = ClinicalDocument::read(&mut source, root);
    Ok((document, source.quirks))
}

/// What a walk remembers.
pub(crate) struct Source<'a> {
    depth: usize,
    max_depth: usize,
    quirks: Quirks,
    _text: PhantomData<&'a str>,
}

impl<'a> Source<'a> {
    /// Goes below an element; false when that is too deep.
    pub(crate) fn enter(&mut self, node: Node<'a, 'a>) -> bool {
        if self.depth == self.max_depth {
            if node.has_children() {
                self.quirks.n_lost += 1;
                self.quirk(QuirkKind::TooDeep, node);
            }
            return false;
        }
        self.depth += 1;
        true
    }

    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// An attribute without a place. `xsi:schemaLocation` is for tools and `xsi:type` may stand anywhere: no quirks.
    pub(crate) fn other_attribute(&mut self, node: Node<'a, 'a>, namespace: &Namespace<'_>) {
        if *namespace != Namespace::Xsi {
            self.quirk(QuirkKind::Attribute, node);
        }
    }

    pub(crate) fn other_element(&mut self, node: Node<'a, 'a>) {
        self.quirk(QuirkKind::Element, node);
    }

    pub(crate) fn other_text(&mut self, node: Node<'a, 'a>) {
        self.quirk(QuirkKind::Text, node);
    }

    /// The value of an attribute; the prefix of an `xsi:type` becomes the one that is written.
    pub(crate) fn attribute_value(
        &self,
        node: Node<'a, 'a>,
        namespace: &Namespace<'_>,
        name: &str,
        value: &'a str,
    ) -> Cow<'a, str> {
        if !crate::class::is_type(namespace, name) {
            return Cow::Borrowed(value);
        }
        let Some((prefix, local)) = value.split_once(':') else { return Cow::Borrowed(value) };
        match Namespace::of(node.lookup_namespace_uri(Some(prefix))) {
            Namespace::Hl7 => Cow::Borrowed(local),
            known if !known.prefix().is_empty() => Cow::Owned(format!("{}:{local}", known.prefix())),
            _ => Cow::Borrowed(value),
        }
    }

    fn quirk(&mut self, kind: QuirkKind, node: Node<'a, 'a>) {
        self.quirks.count += 1;
        if self.quirks.first.len() < QUIRKS {
            let mut names: Vec<&str> =
                node.ancestors().filter(Node::is_element).map(|it| it.tag_name().name()).collect();
            names.reverse();
            let line = node.document().text_pos_at(node.range().start).row;
            self.quirks.first.push(Quirk { kind, line, path: format!("/{}", names.join("/")) });
        }
    }
}
