//! ISO Schematron: schemas in, findings on documents out, in process.
//!
//! Schemas are read as written (includes, abstract patterns and rules, phases), their expressions compiled once by
//! `xpath`; a document is checked in one walk. It knows no country and no laboratory, and opens no file itself.
//!
//! Source: ISO/IEC 19757-3:2020 (Schematron), query language bindings `xslt` and `xslt2`.

mod check;
mod compile;
mod expand;
mod report;
mod ruleset;
mod source;
mod svrl;
#[cfg(test)]
mod tests;
mod text;

pub use check::CheckOptions;
pub use compile::{Options, compile};
pub use report::{Failure, NotEvaluable, Report, SchemaReport, Severity, Shown};
pub use ruleset::{Inventory, Ruleset};
pub use source::Place;
pub use text::{CheckText, RuleText, rules};
pub use xpath::{Bounds, Document, Files, Library, Limits, Names, NodeId, ParseError};

use serde::{Deserialize, Serialize};

/// What is wrong with a schema or with the files it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Of which kind.
    pub code: FindingCode,
    /// Where in the pack.
    pub place: Place,
    /// What was found, for those who keep the pack.
    pub what: String,
}

/// Kinds of findings about a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FindingCode {
    /// The schema cannot be read.
    Unreadable,
    /// A file is named with other letter cases than it has.
    LetterCase,
    /// A file or a definition that is named is not there.
    Missing,
    /// An expression does not compile: what uses it has no value.
    Expression,
    /// Something this implementation does not support: the schema is not checked in full.
    Unsupported,
}
