//! CR-BIO: the French medical biology report as a CDA R2 document, level 3, and that of rapid tests ([`trod`]).
//!
//! In: a signed [`lab::report::Report`], its PDF rendition, the laboratory's [`DocumentSettings`].
//! Out: the document's bytes, findings about such bytes ([`lint`]), and the results of documents that others made
//! ([`received`]).
//! Deliberately does not know how the document travels (DMP, MSSanté, HL7 v2), nor the clock: every time is in the report.

pub mod codes;
pub mod lint;
pub mod received;
mod settings;
pub mod trod;
pub mod v2024_01;

pub use settings::{DocumentSettings, Facility, LocalRoots, PracticeSetting, Software};
