//! SOAP 1.2 messages with WS-Addressing 1.0, plain or with attachments by reference (MTOM/XOP).
//!
//! In: an addressing block, extra header blocks, a body and binary parts; or the bytes and the
//! `Content-Type` of a peer's message. Out: the bytes and `Content-Type` to send; or the peer's
//! message with its parts, byte for byte.
//! It deliberately does not know HTTP, TLS, what a body means, nor how a security header is signed:
//! header blocks are embedded as the signer produced them.
//!
//! Sources: SOAP 1.2 part 1; WS-Addressing 1.0 core and SOAP binding; XOP 1.0 and MTOM 1.0;
//! RFC 2387 (multipart/related), RFC 2392 (`cid:`), RFC 2046 (boundaries).

mod addressing;
mod decode;
mod encode;
mod fault;
mod mime;

pub use addressing::{ANONYMOUS, Addressing};
pub use decode::{DecodeError, Incoming, Limits, Part, body_element, decode};
pub use encode::{Encoded, Outgoing, OutgoingPart, encode, encode_mtom};
pub use fault::{Fault, FaultCode};

/// Namespace of SOAP 1.2 envelopes.
pub const ENVELOPE_NS: &str = "http://www.w3.org/2003/05/soap-envelope";
/// Namespace of SOAP 1.1 envelopes, which are recognized and refused.
pub const ENVELOPE_1_1_NS: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// Namespace of WS-Addressing 1.0.
pub const ADDRESSING_NS: &str = "http://www.w3.org/2005/08/addressing";
/// Namespace of XOP `Include` elements.
pub const XOP_NS: &str = "http://www.w3.org/2004/08/xop/include";
