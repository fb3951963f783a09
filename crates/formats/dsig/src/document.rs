//! A document within bounds, and its elements by identifier.

use crate::{Error, c14n::line_ends};
use roxmltree::{Document, Node, ParsingOptions};
use std::{borrow::Cow, collections::HashMap};

/// What is refused for being too big.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The document, in bytes.
    pub n_bytes: usize,
    /// Its nodes.
    pub n_nodes: u32,
    /// Times that `xmlns` stands in it: the cost of reading grows with declarations times elements.
    pub n_declarations: usize,
}

impl Default for Limits {
    /// 4 MiB, 100 000 nodes, 4096 declarations.
    fn default() -> Self {
        Self { n_bytes: 4 << 20, n_nodes: 100_000, n_declarations: 4096 }
    }
}

impl Limits {
    /// The text of a document that is small enough, its line ends normalized.
    pub(crate) fn text<'a>(&self, bytes: &'a [u8]) -> Result<Cow<'a, str>, Error> {
        self.raw_text(bytes).map(line_ends)
    }

    /// The same, its line ends as they are: places in it are places in the bytes.
    pub(crate) fn raw_text<'a>(&self, bytes: &'a [u8]) -> Result<&'a str, Error> {
        if bytes.len() > self.n_bytes {
            return Err(Error::TooLarge { what: "bytes", limit: self.n_bytes });
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Error::NotUtf8)?;
        if text.matches("xmlns").nth(self.n_declarations).is_some() {
            return Err(Error::TooLarge { what: "namespace declarations", limit: self.n_declarations });
        }
        Ok(text)
    }

    /// The tree of a text: no document type, a bounded number of nodes.
    pub(crate) fn parse<'a>(&self, text: &'a str) -> Result<Document<'a>, Error> {
        let options = ParsingOptions { allow_dtd: false, nodes_limit: self.n_nodes, ..ParsingOptions::default() };
        Document::parse_with_options(text, options).map_err(|error| match error {
            roxmltree::Error::NodesLimitReached => Error::TooLarge { what: "nodes", limit: self.n_nodes as usize },
            _ => Error::NotXml { line: error.pos().row, column: error.pos().col },
        })
    }
}

/// The elements of a document by the value of their identifier: an attribute named `ID`, `Id`, `id`, in any namespace.
///
/// Errors: [`Error::DuplicateId`] when two attributes give one value, even on one element.
pub(crate) fn identifiers<'a>(document: &'a Document<'a>) -> Result<HashMap<&'a str, Node<'a, 'a>>, Error> {
    let mut found = HashMap::new();
    for element in document.descendants().filter(Node::is_element) {
        for attribute in element.attributes().filter(|it| it.name().eq_ignore_ascii_case("id")) {
            if found.insert(attribute.value(), element).is_some() {
                return Err(Error::DuplicateId);
            }
        }
    }
    Ok(found)
}
