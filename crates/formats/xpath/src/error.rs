//! Errors: an expression that cannot be compiled, or cannot be evaluated on this document.

use std::borrow::Cow;
use std::fmt;

/// Why an expression has no value here, by the error code of the W3C. It holds no content of the document.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Error {
    /// Such as `XPTY0004` (XPath 2.0 appendix G, Functions and Operators appendix C).
    pub code: Cow<'static, str>,
    /// What was expected.
    pub reason: Cow<'static, str>,
}

impl Error {
    pub(crate) fn new(code: &'static str, reason: impl Into<Cow<'static, str>>) -> Box<Self> {
        Box::new(Self { code: code.into(), reason: reason.into() })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.reason)
    }
}

impl std::error::Error for Error {}

/// A result of evaluation.
pub type Res<T> = Result<T, Box<Error>>;

/// A type that does not fit, `XPTY0004`.
pub(crate) fn type_error<T>(reason: &'static str) -> Res<T> {
    Err(Error::new("XPTY0004", reason))
}

/// Why an expression cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where in the expression, in bytes.
    pub offset: usize,
    /// The error code of the W3C, `XPST0003` for grammar.
    pub code: &'static str,
    /// What was expected, or what is not supported.
    pub reason: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at character {}: {} ({})", self.offset + 1, self.reason, self.code)
    }
}

impl std::error::Error for SyntaxError {}
