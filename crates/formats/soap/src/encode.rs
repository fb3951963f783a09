//! From an addressing block, header blocks, a body and parts to the bytes of a message.
//! Identifiers and the boundary are arguments: the same input gives the same bytes.

use crate::{ADDRESSING_NS, Addressing, ENVELOPE_NS};
use xml::Writer;

/// A message to send. Every slice is embedded byte for byte.
#[derive(Clone, Copy)]
pub struct Outgoing<'a> {
    /// The WS-Addressing headers.
    pub addressing: &'a Addressing,
    /// More header blocks, each a well-formed element declaring its own namespaces
    /// (for example a signed `wsse:Security`).
    pub headers: &'a [&'a [u8]],
    /// The body's child element, well-formed and declaring its own namespaces.
    pub body: &'a [u8],
}

impl std::fmt::Debug for Outgoing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Outgoing({} bytes of body)", self.body.len())
    }
}

/// One binary part, referenced from the body by `<xop:Include href="cid:…"/>`.
#[derive(Clone, Copy)]
pub struct OutgoingPart<'a> {
    /// Content identifier without `<`, `>` and `cid:`; of the form `something@domain`.
    pub content_id: &'a str,
    /// MIME type of the part.
    pub content_type: &'a str,
    /// The bytes, sent as they are.
    pub bytes: &'a [u8],
}

impl std::fmt::Debug for OutgoingPart<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OutgoingPart({} bytes)", self.bytes.len())
    }
}

/// The bytes of a message and the `Content-Type` they travel under.
#[derive(Clone, PartialEq, Eq)]
pub struct Encoded {
    /// Value of the HTTP `Content-Type` header.
    pub content_type: String,
    /// The HTTP body.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Encoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Encoded({} bytes)", self.body.len())
    }
}

/// A message without attachments: `application/soap+xml`, the action as a parameter.
pub fn encode(message: &Outgoing<'_>) -> Encoded {
    Encoded {
        content_type: format!(
            "application/soap+xml; charset=UTF-8; action=\"{}\"",
            quotable(message.addressing.action.as_deref().unwrap_or_default())
        ),
        body: envelope(message),
    }
}

/// A message with binary parts: `multipart/related`, the envelope first, then the parts in order.
///
/// `boundary` (1 to 70 characters, letters, digits, `-`, `_`, `.`) must not occur in the parts:
/// the caller draws it at random. `root_id` is the content identifier of the envelope.
/// Source: XOP 1.0, 3 XOP Packages; MTOM 1.0, 3.2.
pub fn encode_mtom(message: &Outgoing<'_>, parts: &[OutgoingPart<'_>], boundary: &str, root_id: &str) -> Encoded {
    let envelope = envelope(message);
    let action = quotable(message.addressing.action.as_deref().unwrap_or_default());
    let size: usize = parts.iter().map(|p| p.bytes.len() + 256).sum();
    let mut body = Vec::with_capacity(envelope.len() + size + 512);
    let root_type = format!("application/xop+xml; charset=UTF-8; type=\"application/soap+xml\"; action=\"{action}\"");
    push_part(&mut body, boundary, &root_type, root_id, &envelope);
    for part in parts {
        push_part(&mut body, boundary, part.content_type, part.content_id, part.bytes);
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Encoded {
        content_type: format!(
            "multipart/related; type=\"application/xop+xml\"; start=\"<{root_id}>\"; \
             start-info=\"application/soap+xml\"; action=\"{action}\"; boundary=\"{boundary}\""
        ),
        body,
    }
}

fn push_part(out: &mut Vec<u8>, boundary: &str, content_type: &str, id: &str, bytes: &[u8]) {
    out.extend_from_slice(
        format!(
            "--{boundary}\r\nContent-Type: {content_type}\r\n\
             Content-Transfer-Encoding: binary\r\nContent-ID: <{id}>\r\n\r\n"
        )
        .as_bytes(),
    );
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
}

fn envelope(message: &Outgoing<'_>) -> Vec<u8> {
    let n_header: usize = message.headers.iter().map(|h| h.len()).sum();
    let mut w = Writer::with_capacity(message.body.len() + n_header + 1024);
    w.declaration();
    w.open("soap:Envelope");
    w.attr("xmlns:soap", ENVELOPE_NS);
    w.attr("xmlns:wsa", ADDRESSING_NS);
    w.open("soap:Header");
    message.addressing.write(&mut w);
    for block in message.headers {
        w.fragment(block);
    }
    w.close();
    w.open("soap:Body").fragment(message.body).close();
    w.close();
    w.finish()
}

/// An action may not end the quoted parameter it stands in, nor the header line.
fn quotable(action: &str) -> String {
    action.chars().filter(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\\')).collect()
}
