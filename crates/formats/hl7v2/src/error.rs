//! Why bytes are not a message we read: the one error of decoding. Positions and expectations only, never contents.

use std::fmt;

use crate::path::FieldPath;

/// Where decoding stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Offset in the received bytes, from 0.
    Byte(usize),
    /// The n-th segment of the message, from 1 (blank lines do not count).
    Segment(usize),
    /// A field.
    Field(FieldPath),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Byte(offset) => write!(f, "byte {offset}"),
            Self::Segment(number) => write!(f, "segment {number}"),
            Self::Field(path) => path.fmt(f),
        }
    }
}

/// Why bytes could not be decoded. Safe to log and to send back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The peer broke the standard.
    #[error("malformed at {at}: expected {expected}")]
    Malformed {
        /// Where.
        at: Place,
        /// What the standard asks for there.
        expected: &'static str,
    },
    /// Legal, but not implemented here.
    #[error("unsupported at {at}: {feature}")]
    Unsupported {
        /// Where.
        at: Place,
        /// What is not supported.
        feature: &'static str,
    },
    /// The message is longer than the bound.
    #[error("larger than {limit_bytes} bytes")]
    TooLarge {
        /// The bound of [`crate::Limits`].
        limit_bytes: usize,
    },
    /// More elements than the bound.
    #[error("more than {limit} {what} at {at}")]
    TooMany {
        /// The first element beyond the bound.
        at: Place,
        /// What is counted.
        what: &'static str,
        /// The bound of [`crate::Limits`].
        limit: usize,
    },
}
