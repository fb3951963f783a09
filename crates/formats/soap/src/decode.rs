//! From the bytes a peer sent to its envelope, addressing, fault and binary parts.
//! The envelope is parsed by roxmltree (no DTD, bounded number of nodes); parts are never text.

use crate::mime::{self, ContentType};
use crate::{Addressing, ENVELOPE_1_1_NS, ENVELOPE_NS, Fault, XOP_NS};
use roxmltree::{Document, Node, ParsingOptions};
use std::borrow::Cow;

/// What is refused for being too big.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Whole message, in bytes.
    pub message_bytes: usize,
    /// Parts of a multipart message, the envelope included.
    pub n_parts: usize,
    /// Header lines of one part, in bytes.
    pub part_header_bytes: usize,
    /// Nodes of the envelope.
    pub n_nodes: u32,
}

impl Default for Limits {
    /// 64 MiB, 64 parts, 8 KiB of header per part, 500 000 nodes.
    fn default() -> Self {
        Self { message_bytes: 64 << 20, n_parts: 64, part_header_bytes: 8 << 10, n_nodes: 500_000 }
    }
}

/// Why a message could not be read. Positions and expectations, never contents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The peer broke the standard.
    #[error("malformed SOAP message at {at}: expected {expected}")]
    Malformed {
        /// Where in the message.
        at: &'static str,
        /// What should have been there.
        expected: &'static str,
    },
    /// The envelope is not well-formed XML.
    #[error("the envelope is not well-formed XML at line {line}, column {column}")]
    NotXml {
        /// Line, from 1.
        line: u32,
        /// Column, from 1.
        column: u32,
    },
    /// A SOAP 1.1 envelope: this is another protocol version.
    #[error("SOAP 1.1 envelope where SOAP 1.2 is required")]
    VersionMismatch,
    /// Legal, but not implemented.
    #[error("unsupported: {feature}")]
    Unsupported {
        /// What is not implemented.
        feature: &'static str,
    },
    /// The message is larger than the bound.
    #[error("the message exceeds {limit_bytes} bytes")]
    TooLarge {
        /// The bound, in bytes.
        limit_bytes: usize,
    },
    /// The message has more parts than the bound.
    #[error("the message has more than {limit} parts")]
    TooManyParts {
        /// The bound.
        limit: usize,
    },
}

/// One binary part of a received message.
#[derive(Clone)]
pub struct Part<'a> {
    /// Content identifier, without `<` and `>`.
    pub content_id: String,
    /// MIME type as the peer wrote it.
    pub content_type: String,
    /// The bytes (transfer encoding removed).
    pub bytes: Cow<'a, [u8]>,
}

impl std::fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Part({} bytes)", self.bytes.len())
    }
}

/// A received message.
#[derive(Clone)]
pub struct Incoming<'a> {
    /// The WS-Addressing headers found.
    pub addressing: Addressing,
    /// The fault, when the body is one.
    pub fault: Option<Fault>,
    /// Local name of the body's child element; empty when the body is.
    pub body_name: String,
    /// Whether the message came as MTOM (`multipart/related` with an XOP root).
    pub is_mtom: bool,
    /// Binary parts, the envelope excluded, in the order received.
    pub parts: Vec<Part<'a>>,
    envelope: Cow<'a, str>,
    n_nodes: u32,
}

impl std::fmt::Debug for Incoming<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Incoming")
            .field("addressing", &self.addressing)
            .field("body_name", &self.body_name)
            .field("parts", &self.parts)
            .finish_non_exhaustive()
    }
}

impl Incoming<'_> {
    /// The envelope as text.
    pub fn envelope(&self) -> &str {
        &self.envelope
    }

    /// The envelope parsed; find the body with [`body_element`].
    pub fn document(&self) -> Result<Document<'_>, DecodeError> {
        parse(&self.envelope, self.n_nodes)
    }

    /// The binary content of an element: the part its `xop:Include` points to, or its base64 text.
    ///
    /// `None` when the reference leads nowhere or the text is not base64.
    /// Content identifiers are compared after URL-decoding (RFC 2392).
    pub fn binary(&self, node: Node<'_, '_>) -> Option<Cow<'_, [u8]>> {
        let include = node.children().find(|n| n.has_tag_name((XOP_NS, "Include")));
        if let Some(include) = include {
            let href = include.attribute("href")?;
            let id = percent_decode(href.strip_prefix("cid:")?);
            let part =
                self.parts.iter().find(|p| p.content_id.as_bytes() == id || percent_decode(&p.content_id) == id)?;
            return Some(Cow::Borrowed(&part.bytes));
        }
        let text: String = node.children().filter_map(|n| n.text()).collect();
        base64(text.as_bytes()).ok().map(Cow::Owned)
    }
}

/// The child element of the body of an envelope.
pub fn body_element<'a, 'i>(document: &'a Document<'i>) -> Option<Node<'a, 'i>> {
    child(document.root_element(), "Body")?.children().find(Node::is_element)
}

/// Reads a SOAP 1.2 message, plain or MTOM, according to its `Content-Type`.
///
/// An empty or unknown `Content-Type` is read as a plain envelope when the bytes start like XML:
/// some servers answer faults so.
pub fn decode<'a>(content_type: &str, body: &'a [u8], limits: &Limits) -> Result<Incoming<'a>, DecodeError> {
    if body.len() > limits.message_bytes {
        return Err(DecodeError::TooLarge { limit_bytes: limits.message_bytes });
    }
    let content_type = ContentType::parse(content_type);
    if !content_type.essence.starts_with("multipart/") {
        return read(Cow::Borrowed(body), Vec::new(), false, limits.n_nodes);
    }
    let boundary = content_type.param("boundary").unwrap_or_default();
    let mut parts = mime::split(body, boundary, limits.n_parts, limits.part_header_bytes)?;
    let root = match content_type.param("start") {
        Some(start) => {
            let start = start.trim_start_matches('<').trim_end_matches('>');
            parts.iter().position(|p| p.content_id == start)
        }
        None => Some(0),
    };
    let root = match root {
        Some(at) if at < parts.len() => parts.remove(at),
        _ => {
            return Err(DecodeError::Malformed {
                at: "multipart body",
                expected: "the root part its start parameter names",
            });
        }
    };
    let is_mtom = ContentType::parse(&root.content_type).essence == "application/xop+xml";
    let parts = parts
        .into_iter()
        .map(|p| Part { content_id: p.content_id, content_type: p.content_type, bytes: p.bytes })
        .collect();
    read(root.bytes, parts, is_mtom, limits.n_nodes)
}

fn read<'a>(
    envelope: Cow<'a, [u8]>,
    parts: Vec<Part<'a>>,
    is_mtom: bool,
    n_nodes: u32,
) -> Result<Incoming<'a>, DecodeError> {
    let envelope = into_text(envelope)?;
    let document = parse(&envelope, n_nodes)?;
    let root = document.root_element();
    if root.has_tag_name((ENVELOPE_1_1_NS, "Envelope")) {
        return Err(DecodeError::VersionMismatch);
    }
    if !root.has_tag_name((ENVELOPE_NS, "Envelope")) || child(root, "Body").is_none() {
        return Err(DecodeError::Malformed { at: "envelope", expected: "a SOAP 1.2 Envelope with a Body" });
    }
    let addressing = child(root, "Header").map(Addressing::read).unwrap_or_default();
    let body = body_element(&document);
    let fault = body.and_then(Fault::read);
    let body_name = body.map_or(String::new(), |n| n.tag_name().name().to_owned());
    drop(document);
    Ok(Incoming { addressing, fault, body_name, is_mtom, parts, envelope, n_nodes })
}

fn into_text(bytes: Cow<'_, [u8]>) -> Result<Cow<'_, str>, DecodeError> {
    let not_utf8 = DecodeError::Malformed { at: "envelope", expected: "UTF-8" };
    match bytes {
        Cow::Borrowed(b) => std::str::from_utf8(b).map(Cow::Borrowed).map_err(|_| not_utf8),
        Cow::Owned(b) => String::from_utf8(b).map(Cow::Owned).map_err(|_| not_utf8),
    }
}

fn parse(text: &str, n_nodes: u32) -> Result<Document<'_>, DecodeError> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: n_nodes, ..ParsingOptions::default() };
    Document::parse_with_options(text, options)
        .map_err(|e| DecodeError::NotXml { line: e.pos().row, column: e.pos().col })
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|n| n.has_tag_name((ENVELOPE_NS, name)))
}

/// Base64 with any white space inside.
pub(crate) fn base64(text: &[u8]) -> Result<Vec<u8>, DecodeError> {
    base64_simd::forgiving_decode_to_vec(text)
        .map_err(|_| DecodeError::Malformed { at: "binary content", expected: "base64" })
}

fn percent_decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let hex = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let pair = match (bytes[i], bytes.get(i + 1), bytes.get(i + 2)) {
            (b'%', Some(high), Some(low)) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        match pair {
            Some((high, low)) => {
                out.push(high << 4 | low);
                i += 3;
            }
            None => {
                out.push(bytes[i]);
                i += 1;
            }
        }
    }
    out
}
