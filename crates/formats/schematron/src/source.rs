//! Schema files as elements that remember where they stand; includes put in place.

use crate::{Finding, FindingCode};
use std::sync::Arc;
use xpath::{Document, Files, Kind, Limits, Names, NodeId, resolve};

/// The namespace of ISO Schematron.
pub(crate) const SCHEMATRON: &str = "http://purl.oclc.org/dsdl/schematron";
/// The namespace of XSLT.
pub(crate) const XSLT: &str = "http://www.w3.org/1999/XSL/Transform";

/// Includes inside each other.
const DEPTH: usize = 20;
/// Elements inside each other, those of the files that include each other counted together.
const NESTED: usize = 400;
/// Bytes of one file.
const FILE_BYTES: usize = 64 << 20;
/// Bytes of all files of one schema, each counted as often as it is included.
const READ_BYTES: u64 = 1 << 30;
/// Files of one schema, each counted as often as it is included: one that includes itself twice doubles at each level.
const READ_FILES: u32 = 20_000;
/// Elements of one schema, includes put in place.
const ELEMENTS: usize = 2_000_000;

/// Where something stands in the pack.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Place {
    /// The file, relative to the pack.
    #[serde(with = "shared_text")]
    pub file: Arc<str>,
    /// Its line, from 1.
    pub line: u32,
}

/// A shared text in a cache file: its characters.
mod shared_text {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::sync::Arc;

    pub(super) fn serialize<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
        String::deserialize(deserializer).map(Arc::from)
    }
}

/// An element of a schema.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) namespace: Arc<str>,
    pub(crate) local: Arc<str>,
    /// Attributes without namespace.
    pub(crate) attributes: Vec<(Arc<str>, String)>,
    pub(crate) content: Vec<Content>,
    pub(crate) place: Place,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Text(String),
    Element(Element),
}

impl Element {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(it, _)| &**it == name).map(|(_, value)| value.as_str())
    }

    /// Whether it is this element of Schematron.
    pub(crate) fn is(&self, local: &str) -> bool {
        &*self.namespace == SCHEMATRON && &*self.local == local
    }

    pub(crate) fn elements(&self) -> impl Iterator<Item = &Self> {
        self.content.iter().filter_map(|it| match it {
            Content::Element(element) => Some(element),
            Content::Text(_) => None,
        })
    }

    /// The children that are this element of Schematron.
    pub(crate) fn all<'e>(&'e self, local: &'e str) -> impl Iterator<Item = &'e Self> {
        self.elements().filter(move |it| it.is(local))
    }

    /// The text below, markup left out.
    pub(crate) fn text(&self) -> String {
        self.content.iter().fold(String::new(), |mut all, it| {
            match it {
                Content::Text(text) => all.push_str(text),
                Content::Element(element) => all.push_str(&element.text()),
            }
            all
        })
    }
}

/// Reads schema files of a pack.
pub(crate) struct Reader<'f> {
    pub(crate) files: &'f dyn Files,
    /// Names that differ from the file's by letter case are found all the same, and said.
    pub(crate) names_of: &'f dyn Fn(&str) -> Option<String>,
    pub(crate) findings: Vec<Finding>,
    n_elements: usize,
    /// Elements that are being read, inside each other.
    n_open: usize,
    n_read_bytes: u64,
    n_read_files: u32,
}

impl<'f> Reader<'f> {
    pub(crate) fn new(files: &'f dyn Files, names_of: &'f dyn Fn(&str) -> Option<String>) -> Self {
        Self { files, names_of, findings: Vec::new(), n_elements: 0, n_open: 0, n_read_bytes: 0, n_read_files: 0 }
    }

    /// A schema with its includes; an error when its own file cannot be read.
    pub(crate) fn read(&mut self, file: &str) -> Result<Element, Finding> {
        self.file(file, None, 0).map_err(|reason| Finding {
            code: FindingCode::Unreadable,
            place: Place { file: file.into(), line: 1 },
            what: reason,
        })
    }

    fn file(&mut self, file: &str, id: Option<&str>, depth: usize) -> Result<Element, String> {
        let mut bytes = Vec::new();
        let mut reader = match self.files.open(file) {
            Ok(Some(reader)) => reader,
            Ok(None) => return Err("not in the pack".into()),
            Err(error) => return Err(error.to_string()),
        };
        let reader = &mut std::io::Read::take(&mut reader, FILE_BYTES as u64 + 1);
        std::io::Read::read_to_end(reader, &mut bytes).map_err(|error| error.to_string())?;
        self.n_read_bytes += bytes.len() as u64;
        self.n_read_files += 1;
        if self.n_read_bytes > READ_BYTES {
            return Err(format!("more than {READ_BYTES} bytes of files"));
        }
        let limits = Limits { size_bytes: FILE_BYTES, depth: 200, ..Limits::default() };
        let document = Document::parse(&bytes, &Arc::new(Names::new()), &limits).map_err(|error| error.to_string())?;
        let root = document.root_element().ok_or("no root element")?;
        let start = match id {
            None => root,
            Some(id) => find(&document, root, id).ok_or_else(|| format!("no element with the id {id}"))?,
        };
        self.element(&document, start, &Arc::from(file), depth)
    }

    fn element(&mut self, document: &Document, node: NodeId, file: &Arc<str>, depth: usize) -> Result<Element, String> {
        self.n_elements += 1;
        if self.n_elements > ELEMENTS {
            return Err(format!("more than {ELEMENTS} elements"));
        }
        if self.n_open > NESTED {
            return Err(format!("more than {NESTED} elements inside each other"));
        }
        self.n_open += 1;
        let element = self.content(document, node, file, depth);
        self.n_open -= 1;
        element
    }

    fn content(&mut self, document: &Document, node: NodeId, file: &Arc<str>, depth: usize) -> Result<Element, String> {
        let (namespace, local) = document.name(node);
        let (line, _) = document.position(node);
        let mut attributes = Vec::new();
        for attribute in document.attributes(node) {
            let (namespace, local) = document.name(attribute);
            if namespace.is_empty() {
                attributes.push((Arc::from(local), document.string_value(attribute).to_owned()));
            }
        }
        let place = Place { file: file.clone(), line };
        let mut element =
            Element { namespace: namespace.into(), local: local.into(), attributes, content: Vec::new(), place };
        for child in document.children(node) {
            match document.kind(child) {
                Kind::Text => element.content.push(Content::Text(document.string_value(child).to_owned())),
                Kind::Element => {
                    let child = self.element(document, child, file, depth)?;
                    if child.is("include") || (child.is("extends") && child.get("href").is_some()) {
                        self.include(&child, &mut element.content, depth);
                    } else {
                        element.content.push(Content::Element(child));
                    }
                }
                _ => {}
            }
        }
        Ok(element)
    }

    /// ISO/IEC 19757-3 §5.4.3 and §5.4.5: what is included stands where the include stood, of `extends` its content.
    fn include(&mut self, include: &Element, content: &mut Vec<Content>, depth: usize) {
        let href = include.get("href").unwrap_or_default();
        let (name, id) = href.split_once('#').map_or((href, None), |(name, id)| (name, Some(id)));
        let folder = include.place.file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let found = match resolve(folder, name) {
            _ if self.n_read_files >= READ_FILES => Err(format!("more than {READ_FILES} files are included")),
            _ if depth >= DEPTH => Err(format!("more than {DEPTH} includes inside each other")),
            None => Err("a name that leads outside the pack".into()),
            Some(file) if self.files.size_bytes(&file).is_some() => self.file(&file, id, depth + 1),
            Some(file) => match (self.names_of)(&file) {
                Some(actual) => {
                    self.note(FindingCode::LetterCase, &include.place, format!("{name} is in the pack as {actual}"));
                    self.file(&actual, id, depth + 1)
                }
                None => Err("not in the pack".into()),
            },
        };
        match found {
            Ok(element) if include.is("extends") => content.extend(element.content),
            Ok(element) => content.push(Content::Element(element)),
            Err(reason) => self.note(FindingCode::Missing, &include.place, format!("{name}: {reason}")),
        }
    }

    pub(crate) fn note(&mut self, code: FindingCode, place: &Place, what: String) {
        self.findings.push(Finding { code, place: place.clone(), what });
    }
}

fn find(document: &Document, from: NodeId, id: &str) -> Option<NodeId> {
    let mut waiting = vec![from];
    while let Some(node) = waiting.pop() {
        if document.attribute(node, "id") == Some(id) {
            return Some(node);
        }
        waiting.extend(document.children(node).filter(|it| document.kind(*it) == Kind::Element));
    }
    None
}
