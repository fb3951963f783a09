//! XML signatures (XML-DSig core): canonical XML, signing what we wrote, and saying what a peer really signed.
//!
//! In: the bytes of a document, what to sign or what must be signed, and a key behind a trait.
//! Out: the bytes with their `ds:Signature`; or the canonical bytes that the signature covers, to read instead of the document.
//! It deliberately does not know RSA, certificates (opaque bytes), SAML, XAdES, nor which key is to be believed.
//!
//! Sources: XML Signature Syntax and Processing (W3C, second edition); Canonical XML 1.0; Exclusive XML Canonicalization 1.0;
//! RFC 4051 (identifiers of RSA-SHA256), XML Encryption (identifier of SHA-256).

mod algorithm;
pub mod c14n;
mod document;
mod error;
mod sign;
mod verify;

pub use algorithm::{Algorithm, Signer, Verifier};
pub use c14n::Canonicalization;
pub use document::Limits;
pub use error::Error;
pub use sign::{Place, Reference, Request, Target, sign_apart, sign_element, sign_inside};
pub use verify::{Path, Placed, Policy, Verified, verify};

/// Namespace of XML signatures, prefix `ds`.
pub const DSIG_NS: &str = "http://www.w3.org/2000/09/xmldsig#";
