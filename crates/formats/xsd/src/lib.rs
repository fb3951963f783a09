//! XML Schema 1.0: schema files in, a compiled schema; document bytes in, a verdict.
//!
//! Pure: schema files come from the caller through [`Files`], documents as bytes; neither clock nor network.
//! A document is first run against tables that can only say « certainly valid »; when they are not sure, the full
//! validator (`xsd-schema`) reads it again and says what is wrong and where.
//!
//! Not supported: XSD 1.1, document type declarations, encodings other than UTF-8, schemas that the document itself
//! names (`xsi:schemaLocation`).
//!
//! Source: W3C XML Schema 1.0, second edition, part 1 and part 2.

mod accept;
mod error;
mod explain;
mod pack;
mod pattern;
mod tables;
mod uri;
mod verdict;

pub use error::Error;
pub use pack::{Files, Finding, FindingCode};
pub use verdict::{Judged, Kind, Verdict, XsdError};

use pack::Pack;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError},
};
use tables::Tables;
use xsd_schema::SchemaSet;

/// Largest document, in bytes.
pub const DOCUMENT_BYTES_MAX: usize = 64 << 20;
/// Deepest nesting of elements.
const DEPTH_MAX: usize = 256;
/// Most errors of one verdict.
pub const ERRORS_MAX: usize = 1000;
/// How much the names of documents may add to the validator's table before it is compiled anew, in bytes.
const NAMES_BYTES_MAX: usize = 4 << 20;

/// A compiled schema, to be shared between threads.
pub struct Schema {
    tables: Tables,
    pack: Pack,
    /// None until a document needs it, where the tables were read from bytes.
    full: Mutex<Option<Full>>,
}

/// The full validator, which interns the names of every document it reads.
struct Full {
    set: SchemaSet,
    /// Bytes of its table of names when it was compiled.
    names_bytes: usize,
}

impl Full {
    fn new(set: SchemaSet) -> Self {
        let names_bytes = set.name_table.heap_bytes();
        Self { set, names_bytes }
    }

    /// Whether documents have left too much in it.
    fn is_worn(&self) -> bool {
        self.set.name_table.heap_bytes() > self.names_bytes + NAMES_BYTES_MAX
    }
}

impl Schema {
    /// Compiles the schema whose first file is at `path` in the pack, with all that it includes and imports.
    ///
    /// `path` and the paths that [`Files`] is asked for are relative to the root of the pack, with `/` between
    /// folders. Imports of the schema for XSLT and of the schema for schemas are left out: the elements of XSLT then
    /// have no declaration, and a stylesheet is assessed as in [`Schema::validate`].
    /// Findings: what is left out or missing in the pack; it compiled all the same.
    /// Bounds: 512 files, 32 MiB together, chains of 100 includes.
    pub fn compile(files: impl Files + 'static, path: &str) -> Result<(Self, Vec<Finding>), Error> {
        let pack = Pack::new(files, path);
        let (set, findings) = quietly(|| pack.compile()).unwrap_or(Err(Error::Internal))?;
        let tables = quietly(|| tables::build(&set)).unwrap_or_default();
        Ok((Self { tables, pack, full: Mutex::new(Some(Full::new(set))) }, findings))
    }

    /// The bytes a cache keeps; [`Schema::from_bytes`] reads them back.
    ///
    /// They hold what the quick look needs, not the files of the schema, nor the findings about them.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        self.tables.to_bytes().ok_or(Error::Internal)
    }

    /// A schema from a cache, made without reading a file of the pack.
    ///
    /// The files are read, and the full validator compiled, by the first document that is not certainly valid.
    /// Should that fail, such documents have an error of code `internal`: none is valid because of it.
    /// Only bytes of [`Schema::to_bytes`], of the same version and of the same files, give verdicts that mean anything.
    /// Of others, they are an error or a schema whose verdicts may be wrong, never a panic: the cache needs a checksum.
    pub fn from_bytes(files: impl Files + 'static, path: &str, bytes: &[u8]) -> Result<Self, Error> {
        let tables = quietly(|| Tables::from_bytes(bytes)).flatten().ok_or(Error::Damaged)?;
        Ok(Self { tables, pack: Pack::new(files, path), full: Mutex::default() })
    }

    /// Validates a document: whether it is valid, else what is wrong and where.
    ///
    /// The root element needs a global declaration. A stylesheet that carries its document (the self-presentable form
    /// of CDA) is assessed laxly: what has a declaration in it is validated, [`Judged`] says which part that is.
    /// Never panics. Bounds: 64 MiB, 256 levels, 512 attributes of an element, 1 000 errors.
    /// The documents that the quick look accepts are validated in parallel, the others one at a time.
    pub fn validate(&self, document: &[u8]) -> Verdict {
        match readable(document) {
            Err(error) => Verdict::refused(error),
            Ok(text) => match self.certainly(text) {
                Some(judged) => Verdict { errors: Vec::new(), truncated: false, judged },
                None => self.fully(text),
            },
        }
    }

    /// The same verdict without the quick look, for measures and for tests that compare the two.
    pub fn validate_fully(&self, document: &[u8]) -> Verdict {
        readable(document).map_or_else(Verdict::refused, |text| self.fully(text))
    }

    /// Whether the quick look alone finds a document valid; `false` says nothing. For measures and tests.
    pub fn is_certainly_valid(&self, document: &[u8]) -> bool {
        readable(document).is_ok_and(|text| self.certainly(text).is_some())
    }

    fn certainly(&self, text: &str) -> Option<Judged> {
        quietly(|| accept::accept(&self.tables, text)).flatten()
    }

    /// The verdict of the full validator.
    fn fully(&self, text: &str) -> Verdict {
        let mut full = self.full.lock().unwrap_or_else(PoisonError::into_inner);
        if full.as_ref().is_none_or(Full::is_worn) {
            match quietly(|| self.pack.compile()).unwrap_or(Err(Error::Internal)) {
                Ok((set, _)) => *full = Some(Full::new(set)),
                Err(error) if full.is_none() => return Verdict::refused(XsdError::unusable(&error)),
                // A worn one is as right as a new one.
                Err(_) => {}
            }
        }
        let said = full.as_ref().and_then(|full| quietly(|| explain::explain(&full.set, text)));
        said.unwrap_or_else(|| Verdict::refused(XsdError::internal()))
    }
}

/// The text of a document that is neither too large nor in another encoding.
fn readable(document: &[u8]) -> Result<&str, XsdError> {
    if document.len() > DOCUMENT_BYTES_MAX {
        return Err(XsdError::too_large("bytes"));
    }
    std::str::from_utf8(document).map_err(|error| {
        let before = document.get(..error.valid_up_to()).unwrap_or_default();
        XsdError::encoding(std::str::from_utf8(before).unwrap_or_default())
    })
}

/// Runs the library's code; `None` when it panicked, which is its fault and must not be the caller's.
fn quietly<T>(run: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(run)).ok()
}

#[cfg(test)]
mod tests;
