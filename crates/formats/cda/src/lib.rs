//! CDA R2: clinical documents, read into a model that loses nothing and written from it.
//!
//! In: bytes of any CDA R2 document, or a model built by a profile. Out: the model with what was odd about the
//! document, or bytes. The model holds what a document says even when that breaks the standard or contradicts itself:
//! schemas, schematrons and profiles judge it. Knows no profile, no terminology, no country.
//!
//! ```
//! let text = r#"<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Report</title></ClinicalDocument>"#;
//! let (document, quirks) = cda::read(text, &cda::Limits::default())?;
//! assert_eq!(document.title[0].text, "Report");
//! assert_eq!(quirks.count, 0);
//! let written = String::from_utf8(cda::write(&document)).unwrap();
//! assert!(written.contains("<title>Report</title>"));
//! # Ok::<(), cda::ReadError>(())
//! ```
//!
//! Source: HL7 CDA Release 2 (2005); extensions of the schema that France publishes.

mod body;
mod class;
mod element;
pub mod facts;
mod file;
mod header;
mod namespace;
mod read;
mod types;
mod write;

pub use body::*;
pub use class::Attribute;
pub use element::{Element, Node, Other, Others};
pub use file::{FileKind, base64_on_one_line};
pub use header::*;
pub use namespace::{HL7, Namespace};
/// A document as XML, for [`facts`].
pub use roxmltree::Document as Tree;

pub use read::{Limits, Quirk, QuirkKind, Quirks, ReadError, parse, read};
pub use types::{
    Address, Cd, Cr, Data, Ed, Ii, Interval, Name, Part, PartName, Pqr, Ratio, Scalar, St, Tel, Time, Value,
};
pub use write::{write, write_with_capacity};
