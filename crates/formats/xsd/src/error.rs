//! Why a schema could not be compiled: the pack is to blame, not a document.

/// A schema that cannot be used. Safe to log: a schema holds no patient.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The first file is not in the pack.
    #[error("no schema at {path}")]
    Missing {
        /// Its path.
        path: String,
    },
    /// A file is not a schema, or contradicts another one.
    #[error("{file}:{line}: {message}")]
    Invalid {
        /// Its path, empty when no file can be blamed.
        file: String,
        /// Line, from 1; 0 when unknown.
        line: u32,
        /// What is wrong, in English.
        message: String,
    },
    /// One of our bounds was reached.
    #[error("schema too large: {0}")]
    TooLarge(String),
    /// Bytes that should hold a compiled schema do not.
    #[error("the stored schema is damaged")]
    Damaged,
    /// The validator failed: a defect of ours.
    #[error("the schema validator failed")]
    Internal,
}
