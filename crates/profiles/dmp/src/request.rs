//! The bytes of a request: a submission or a question in, a SOAP message with its `Content-Type` out.
//!
//! Deterministic: the identifier of the message and the header blocks are arguments.
//! It does not sign anything.
//!
//! Source: IHE ITI-41 and ITI-18, SOAP 1.2, MTOM; WS-Addressing headers as the DMP requires them (all four).

use lab::id::Oid;
use soap::{Addressing, Encoded, Outgoing};
use uuid::Uuid;
use xds::{Submission, iti18, iti41};

/// What surrounds a request.
#[derive(Clone, Copy)]
pub struct Envelope<'a> {
    /// Identifies this message, fresh at every attempt; also separates the parts of a deposit.
    pub message_id: Uuid,
    /// Address of the service, the one the request is posted to.
    pub to: &'a str,
    /// Further header blocks, well-formed, embedded byte for byte: the signed VIHF.
    pub extra_headers: &'a [Vec<u8>],
}

impl std::fmt::Debug for Envelope<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Envelope({} further headers)", self.extra_headers.len())
    }
}

impl Envelope<'_> {
    fn addressing(&self, action: &str) -> Addressing {
        Addressing::request(&format!("urn:uuid:{}", self.message_id), self.to, action)
    }

    fn headers(&self) -> Vec<&[u8]> {
        self.extra_headers.iter().map(Vec::as_slice).collect()
    }
}

/// TD2.1: provides the documents of a submission (ITI-41), each as a binary part of its own.
///
/// `documents` are in the order of the entries; their `entry_id` is the entry's `id`
/// ([`crate::metadata::ENTRY_ID`] for the report).
#[must_use]
pub fn deposit_request(submission: &Submission, documents: &[iti41::Document<'_>], envelope: &Envelope<'_>) -> Encoded {
    let simple = envelope.message_id.simple();
    let (boundary, domain) = (format!("part-{simple}"), format!("{simple}.invalid"));
    let addressing = envelope.addressing(iti41::ACTION);
    iti41::encode_mtom(submission, documents, &addressing, &envelope.headers(), &boundary, &domain)
}

/// TD3.1: asks under which registry identifier a document of ours is known (ITI-18 GetDocuments, `ObjectRef`).
///
/// `document` is the `uniqueId` it was deposited under.
#[must_use]
pub fn find_entry_request(document: &Oid, envelope: &Envelope<'_>) -> Encoded {
    let body = iti18::StoredQuery::get_documents([document.as_str()]).encode();
    let addressing = envelope.addressing(iti18::ACTION);
    soap::encode(&Outgoing { addressing: &addressing, headers: &envelope.headers(), body: &body })
}
