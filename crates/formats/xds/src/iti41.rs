//! ITI-41 Provide and Register Document Set-b: a submission with its documents, as MTOM.
//! In: a submission and the bytes of each entry. Out: a body and its binary parts; and back.
//! It does not know HTTP, addressing or security headers.
//!
//! Source: ITI TF-2 3.41; TF-2 appendix V (MTOM).

use crate::ebrim::children;
use crate::{DecodeError, Finding, FindingCode, Submission, decode_node, is_hash_of, write_submit_objects_request};
use std::borrow::Cow;
use xml::Writer;

/// WS-Addressing action of the request.
pub const ACTION: &str = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b";
/// WS-Addressing action of the answer.
pub const RESPONSE_ACTION: &str = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-bResponse";
const XDS_B_NS: &str = "urn:ihe:iti:xds-b:2007";

/// The bytes of one document entry.
#[derive(Clone)]
pub struct Document<'a> {
    /// `id` of the [`crate::DocumentEntry`] it belongs to.
    pub entry_id: Cow<'a, str>,
    /// The bytes.
    pub bytes: Cow<'a, [u8]>,
}

impl std::fmt::Debug for Document<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Document({} bytes)", self.bytes.len())
    }
}

impl<'a> Document<'a> {
    /// A document of the entry `entry_id`.
    pub fn new(entry_id: &'a str, bytes: &'a [u8]) -> Self {
        Self { entry_id: entry_id.into(), bytes: bytes.into() }
    }
}

/// The content identifier of the n-th document, from 0, inside `domain`.
pub fn content_id(n: usize, domain: &str) -> String {
    format!("document{}@{domain}", n + 1)
}

/// The `ProvideAndRegisterDocumentSetRequest` element: a SOAP body.
///
/// Document `n` is referenced as [`content_id`]`(n, domain)`: give [`soap::encode_mtom`] the
/// documents in the same order under the same identifiers, as [`encode_mtom`] does.
pub fn encode_body(submission: &Submission, documents: &[Document<'_>], domain: &str) -> Vec<u8> {
    let mut w = Writer::with_capacity(4096 + 8192 * submission.entries.len());
    w.open("xdsb:ProvideAndRegisterDocumentSetRequest");
    w.attr("xmlns:xdsb", XDS_B_NS);
    write_submit_objects_request(&mut w, submission);
    for (n, document) in documents.iter().enumerate() {
        w.open("xdsb:Document").attr("id", &document.entry_id);
        w.open("xop:Include").attr("xmlns:xop", soap::XOP_NS);
        let id = content_id(n, domain);
        w.attr("href", &format!("cid:{}", url_encode(&id)));
        w.close().close();
    }
    w.close();
    w.finish()
}

/// The whole MTOM message.
///
/// `headers` are further SOAP header blocks (a signed assertion). `boundary` must be drawn at
/// random by the caller; `domain` is the right side of content identifiers (`sgl.example`).
pub fn encode_mtom(
    submission: &Submission,
    documents: &[Document<'_>],
    addressing: &soap::Addressing,
    headers: &[&[u8]],
    boundary: &str,
    domain: &str,
) -> soap::Encoded {
    let body = encode_body(submission, documents, domain);
    let ids: Vec<String> = (0..documents.len()).map(|n| content_id(n, domain)).collect();
    let parts: Vec<soap::OutgoingPart<'_>> = documents
        .iter()
        .zip(&ids)
        .map(|(document, id)| soap::OutgoingPart {
            content_id: id,
            content_type: submission
                .entries
                .iter()
                .find(|e| e.id == *document.entry_id)
                .map_or("application/octet-stream", |e| e.mime_type.as_str()),
            bytes: &document.bytes,
        })
        .collect();
    let message = soap::Outgoing { addressing, headers, body: &body };
    soap::encode_mtom(&message, &parts, boundary, &format!("root@{domain}"))
}

/// A received request: submission, documents in the order of their elements, findings.
#[derive(Debug, Clone)]
pub struct Provided<'a> {
    /// The metadata.
    pub submission: Submission,
    /// The documents.
    pub documents: Vec<Document<'a>>,
    /// What is wrong: metadata findings, and `XDS-DOC-01` to `-04`.
    pub findings: Vec<Finding>,
}

/// Reads a request from a SOAP message.
///
/// A document whose reference leads nowhere is missing (`XDS-DOC-01`). `hash` and `size`, when
/// present, are compared with the bytes.
pub fn decode<'a>(message: &'a soap::Incoming<'_>) -> Result<Provided<'a>, DecodeError> {
    let document = message.document()?;
    let request = soap::body_element(&document)
        .filter(|n| n.tag_name().name() == "ProvideAndRegisterDocumentSetRequest")
        .ok_or(DecodeError::Malformed { at: "SOAP body", expected: "a ProvideAndRegisterDocumentSetRequest" })?;
    let (submission, mut findings) = decode_node(request)?;
    let documents: Vec<Document<'a>> = children(request, "Document")
        .filter_map(|node| {
            Some(Document {
                entry_id: node.attribute("id").unwrap_or_default().to_owned().into(),
                bytes: message.binary(node)?,
            })
        })
        .collect();
    for (n, entry) in submission.entries.iter().enumerate() {
        let at = |attribute: &str| format!("DocumentEntry[{}]{attribute}", n + 1);
        let Some(document) = documents.iter().find(|d| d.entry_id == entry.id) else {
            findings.push(Finding::new(FindingCode::MissingDocument, at("")));
            continue;
        };
        if entry.hash.as_deref().is_some_and(|h| !is_hash_of(h, &document.bytes)) {
            findings.push(Finding::new(FindingCode::WrongHash, at(".hash")));
        }
        if entry.size_bytes.is_some_and(|s| s != document.bytes.len() as u64) {
            findings.push(Finding::new(FindingCode::WrongSize, at(".size")));
        }
    }
    for (n, document) in documents.iter().enumerate() {
        if !submission.entries.iter().any(|e| e.id == document.entry_id) {
            let at = format!("Document[{}]", n + 1);
            findings.push(Finding::new(FindingCode::MissingEntry, at));
        }
    }
    Ok(Provided { submission, documents, findings })
}

/// Characters of a content identifier that an URL cannot hold as they are.
fn url_encode(id: &str) -> String {
    let mut out = String::with_capacity(id.len() + 8);
    for byte in id.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'@' => {
                out.push(char::from(byte));
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}
