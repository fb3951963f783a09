//! TROD: the report of a rapid test (test rapide d'orientation diagnostique) as a CDA document, model 2024.01.
//!
//! In: a signed report that is one of a rapid test. Out: the document's bytes. It shares the parts of the CR-BIO writer.
//!
//! Source: CI-SIS volet BIO-TROD 2024.01.

pub use crate::v2024_01::render_rapid_test as render;
