//! Why a message of a peer could not be read at all. Positions and expectations, never contents.

/// A message that cannot be read. What can be read but is wrong is a [`crate::Finding`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not well-formed XML.
    #[error("not well-formed XML at line {line}, column {column}")]
    NotXml {
        /// Line, from 1.
        line: u32,
        /// Column, from 1.
        column: u32,
    },
    /// The peer broke the standard.
    #[error("malformed at {at}: expected {expected}")]
    Malformed {
        /// Where in the message.
        at: &'static str,
        /// What should have been there.
        expected: &'static str,
    },
    /// One of our bounds was reached.
    #[error("{what} exceeds the bound of {limit}")]
    TooLarge {
        /// What was too large.
        what: &'static str,
        /// The bound.
        limit: u64,
    },
    /// The SOAP layer could not be read.
    #[error("unreadable SOAP message")]
    Soap(#[from] soap::DecodeError),
}

/// Largest metadata accepted, in bytes: a thousand entries fit ten times.
const METADATA_BYTES_MAX: usize = 16 << 20;
/// Largest number of nodes in a metadata document.
const METADATA_NODES_MAX: u32 = 500_000;

/// Parses metadata bytes under our bounds (no DTD). A UTF-8 byte order mark is tolerated.
pub(crate) fn parse(bytes: &[u8]) -> Result<roxmltree::Document<'_>, DecodeError> {
    if bytes.len() > METADATA_BYTES_MAX {
        return Err(DecodeError::TooLarge { what: "metadata bytes", limit: METADATA_BYTES_MAX as u64 });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| DecodeError::Malformed { at: "metadata", expected: "UTF-8" })?;
    let options = roxmltree::ParsingOptions {
        allow_dtd: false,
        nodes_limit: METADATA_NODES_MAX,
        ..roxmltree::ParsingOptions::default()
    };
    roxmltree::Document::parse_with_options(text, options)
        .map_err(|e| DecodeError::NotXml { line: e.pos().row, column: e.pos().col })
}
