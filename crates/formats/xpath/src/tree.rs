//! The document: every node in document order in one array, all text in one buffer.
//!
//! Children, descendants and document order are ranges of numbers; the string value of an element is a slice.

mod location;
mod parse;
pub(crate) mod source;
mod walk;

pub use walk::Siblings;

use crate::names::{NO_NAME, NameId, Names, StrId};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Bounds of what is parsed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of source.
    pub size_bytes: usize,
    /// Elements inside each other.
    pub depth: usize,
    /// Nodes of all kinds; each takes some forty bytes of memory.
    pub nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { size_bytes: 256 << 20, depth: 1_000, nodes: 1 << 24 }
    }
}

/// Why bytes are not a document we read; no content, so that it may be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Line, from 1.
    pub line: u32,
    /// Column in bytes, from 1.
    pub column: u32,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.reason)
    }
}

impl std::error::Error for ParseError {}

/// A node of one document, by its place in document order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// The document itself.
    pub const DOCUMENT: Self = Self(0);
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// The document.
    Document,
    /// An element.
    Element,
    /// An attribute; its place is right after its element.
    Attribute,
    /// Text.
    Text,
    /// A comment.
    Comment,
    /// A processing instruction.
    ProcessingInstruction,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    /// Namespaces are declared here.
    pub(crate) declares: bool,
    pub(crate) name: NameId,
    pub(crate) parent: u32,
    /// One past the last node of the subtree.
    pub(crate) end: u32,
    /// First node of the content, after the attributes.
    pub(crate) content: u32,
    /// Range in `text`, or in `values` for attributes, comments and processing instructions.
    pub(crate) text: (u32, u32),
    /// Where it starts in the source, in bytes.
    pub(crate) offset: u32,
}

/// A parsed document.
#[derive(Debug)]
pub struct Document {
    pub(crate) nodes: Vec<Node>,
    /// The text of all text nodes, one after the other.
    pub(crate) text: String,
    /// The values of attributes, comments and processing instructions.
    pub(crate) values: String,
    pub(crate) names: Arc<Names>,
    extra_strings: Vec<Box<str>>,
    extra_names: Vec<(StrId, StrId)>,
    /// Namespace declarations, in document order: element, prefix, namespace.
    declarations: Vec<(u32, StrId, StrId)>,
    /// Prefixes of names that have one: node, prefix.
    prefixes: Vec<(u32, StrId)>,
    /// Starts of lines in the source, in bytes, and its address.
    lines: Vec<u32>,
    /// The address the document was read from, for `document-uri` and relative references.
    pub(crate) uri: Option<Box<str>>,
    positions: OnceLock<Vec<u32>>,
    by_name: OnceLock<ByName>,
}

/// Elements by name: where the list of each name starts, then the lists, in document order.
#[derive(Debug)]
struct ByName {
    starts: Vec<u32>,
    nodes: Vec<NodeId>,
}

impl Document {
    /// What a node is.
    pub fn kind(&self, node: NodeId) -> Kind {
        self.node(node).kind
    }

    #[inline]
    pub(crate) fn node(&self, node: NodeId) -> &Node {
        &self.nodes[node.0 as usize]
    }

    /// How many nodes the document has.
    pub fn n_nodes(&self) -> usize {
        self.nodes.len()
    }

    /// The string value: text below an element, value of an attribute.
    #[inline]
    pub fn string_value(&self, node: NodeId) -> &str {
        let node = self.node(node);
        let range = node.text.0 as usize..node.text.1 as usize;
        match node.kind {
            Kind::Document | Kind::Element | Kind::Text => &self.text[range],
            Kind::Attribute | Kind::Comment | Kind::ProcessingInstruction => &self.values[range],
        }
    }

    /// Namespace and local part of a node's name; both empty when it has none.
    pub fn name(&self, node: NodeId) -> (&str, &str) {
        let (namespace, local) = self.parts(self.node(node).name);
        (self.str(namespace), self.str(local))
    }

    /// The prefix a name was written with, empty when none.
    pub fn prefix(&self, node: NodeId) -> &str {
        match self.prefixes.binary_search_by_key(&node.0, |(at, _)| *at) {
            Ok(index) => self.str(self.prefixes[index].1),
            Err(_) => "",
        }
    }

    /// The name as written: `prefix:local`.
    pub fn lexical_name(&self, node: NodeId) -> String {
        let (prefix, local) = (self.prefix(node), self.name(node).1);
        if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") }
    }

    pub(crate) fn parts(&self, name: NameId) -> (StrId, StrId) {
        match (name.0 as usize).checked_sub(self.names.n_names()) {
            None => self.names.parts(name),
            Some(extra) => self.extra_names[extra],
        }
    }

    /// The local part of a name, empty when it has none.
    pub(crate) fn local(&self, name: NameId) -> &str {
        self.str(self.parts(name).1)
    }

    pub(crate) fn str(&self, id: StrId) -> &str {
        match (id.0 as usize).checked_sub(self.names.n_strings()) {
            None => self.names.text(id),
            Some(extra) => &self.extra_strings[extra],
        }
    }

    /// Line and column in the source, both from 1; the column counts bytes.
    pub fn position(&self, node: NodeId) -> (u32, u32) {
        let offset = self.node(node).offset;
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        (line as u32, offset - self.lines[line - 1] + 1)
    }

    /// The namespace a prefix stands for at an element; the empty prefix is the default namespace.
    pub fn namespace_of(&self, element: NodeId, prefix: &str) -> Option<&str> {
        match prefix {
            "xml" => return Some("http://www.w3.org/XML/1998/namespace"),
            "xmlns" => return None,
            _ => {}
        }
        let mut at = element;
        loop {
            let node = self.node(at);
            if node.declares {
                let first = self.declarations.partition_point(|(owner, ..)| *owner < at.0);
                let own = self.declarations[first..].iter().take_while(|(owner, ..)| *owner == at.0);
                if let Some((.., namespace)) = own.into_iter().find(|(_, name, _)| self.str(*name) == prefix) {
                    let namespace = self.str(*namespace);
                    return (!namespace.is_empty()).then_some(namespace);
                }
            }
            if at == NodeId::DOCUMENT {
                return None;
            }
            at = NodeId(node.parent);
        }
    }

    /// Every prefix in scope at an element, `xml` included.
    pub(crate) fn prefixes_in_scope(&self, element: NodeId) -> Vec<&str> {
        let mut seen: Vec<&str> = vec!["xml"];
        let mut hidden: Vec<&str> = Vec::new();
        let mut at = element;
        loop {
            for (_, prefix, namespace) in self.declarations.iter().filter(|(owner, ..)| *owner == at.0) {
                let prefix = self.str(*prefix);
                if !seen.contains(&prefix) && !hidden.contains(&prefix) {
                    if self.str(*namespace).is_empty() { hidden.push(prefix) } else { seen.push(prefix) }
                }
            }
            if at == NodeId::DOCUMENT {
                return seen;
            }
            at = NodeId(self.node(at).parent);
        }
    }

    /// The value of an attribute without namespace.
    pub fn attribute(&self, element: NodeId, local: &str) -> Option<&str> {
        let node = self.node(element);
        (element.0 + 1..node.content)
            .map(NodeId)
            .find(|at| self.name(*at) == ("", local))
            .map(|at| self.string_value(at))
    }

    /// The first element of the document.
    pub fn root_element(&self) -> Option<NodeId> {
        self.children(NodeId::DOCUMENT).find(|node| self.kind(*node) == Kind::Element)
    }

    /// Where the document was read from.
    pub fn uri(&self) -> Option<&str> {
        self.uri.as_deref()
    }

    /// Says where the document was read from.
    pub fn set_uri(&mut self, uri: &str) {
        self.uri = Some(uri.into());
    }

    /// How many bytes of memory it holds, roughly.
    pub fn size_bytes(&self) -> usize {
        self.nodes.len() * size_of::<Node>() + self.text.len() + self.values.len()
    }

    /// The elements of one name below a node, in document order.
    pub(crate) fn descendants_named(&self, node: NodeId, name: NameId) -> &[NodeId] {
        let by_name = self.by_name.get_or_init(|| {
            let elements = || self.nodes.iter().enumerate().filter(|(_, it)| it.kind == Kind::Element);
            let mut starts = vec![0u32; self.names.n_names() + self.extra_names.len() + 2];
            for (_, it) in elements() {
                starts[it.name.0 as usize + 2] += 1;
            }
            for place in 2..starts.len() {
                starts[place] += starts[place - 1];
            }
            let mut nodes = vec![NodeId::DOCUMENT; *starts.last().unwrap_or(&0) as usize];
            for (at, it) in elements() {
                let next = &mut starts[it.name.0 as usize + 1];
                nodes[*next as usize] = NodeId(at as u32);
                *next += 1;
            }
            ByName { starts, nodes }
        });
        let it = self.node(node);
        let place = name.0 as usize;
        let (Some(from), Some(to)) = (by_name.starts.get(place), by_name.starts.get(place + 1)) else { return &[] };
        let all = &by_name.nodes[*from as usize..*to as usize];
        let first = all.partition_point(|at| at.0 < it.content);
        let last = all.partition_point(|at| at.0 < it.end);
        if matches!(it.kind, Kind::Document | Kind::Element) { &all[first..last] } else { &[] }
    }

    /// The same by local part alone; none when several names of the document have it.
    pub(crate) fn descendants_local(&self, node: NodeId, local: StrId) -> Option<&[NodeId]> {
        // Makes the lists.
        let _ = self.descendants_named(node, NO_NAME);
        let by_name = self.by_name.get()?;
        let has_nodes = |name: &u32| by_name.starts[*name as usize] < by_name.starts[*name as usize + 1];
        let n_names = by_name.starts.len() as u32 - 1;
        let mut found = (0..n_names - 1).filter(has_nodes).map(NameId).filter(|it| self.parts(*it).1 == local);
        match (found.next(), found.next()) {
            (None, _) => Some(&[]),
            (Some(name), None) => Some(self.descendants_named(node, name)),
            _ => None,
        }
    }

    pub(crate) fn is_named(&self, node: NodeId) -> bool {
        self.node(node).name != NO_NAME
    }
}
