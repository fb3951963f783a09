//! Why a document could not be canonicalized, signed or believed.

/// Causes, never contents: every value is safe to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are not UTF-8.
    #[error("the document is not UTF-8")]
    NotUtf8,
    /// The document is not well-formed XML, or has a document type.
    #[error("the document is not well-formed XML without a document type, at line {line}, column {column}")]
    NotXml {
        /// Line, from 1.
        line: u32,
        /// Column, from 1.
        column: u32,
    },
    /// The tree is of a text whose line ends were left as they were.
    #[error("the line ends of the text were not normalized before it was read")]
    LineEnds,
    /// One of our bounds was reached.
    #[error("the document has more than {limit} {what}")]
    TooLarge {
        /// What was counted.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// A namespace that canonicalization cannot write: relative, empty under a prefix, or declared twice.
    #[error("a namespace declaration cannot be canonicalized")]
    Namespace,
    /// Two attributes of the document give the same identifier.
    #[error("an identifier stands twice in the document")]
    DuplicateId,
    /// No element has the identifier that is asked for or referenced.
    #[error("no element has the identifier that is referenced")]
    UnknownId,
    /// The place of the signature, or an element that must be covered, is absent or there several times.
    #[error("{0} must stand exactly once, at its place")]
    Place(&'static str),
    /// A signature has another shape than the standard or our policy allows.
    #[error("the signature has another structure: expected {0}")]
    Structure(&'static str),
    /// An algorithm that is unknown or that the policy does not allow.
    #[error("{0} is unknown or not allowed")]
    Algorithm(&'static str),
    /// A reference leads out of the document or to other elements than those the policy wants covered.
    #[error("a reference does not designate an element that must be covered")]
    Reference,
    /// Text that should have been base64 is not.
    #[error("{0} is not base64")]
    Base64(&'static str),
    /// What is signed changed since.
    #[error("a digest differs: what was signed changed")]
    Digest,
    /// The signature value is not that of the key.
    #[error("the signature value is not that of the key")]
    Signature,
    /// The key refused or failed.
    #[error("the key could not be used")]
    Key,
}
