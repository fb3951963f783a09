//! Terminologies of a French laboratory: tables and look-ups. In: codes. Out: labels, units, usual analyses.
//!
//! In reading order: [`usual`] (a catalogue to start from), [`chapters`] of a report, [`ucum`] (units that the national
//! check accepts), [`loinc`] (codes by their form), [`jdv`] (value sets bound in CR-BIO and XDS).
//!
//! Everything is a constant table with its origin. It knows no patient, no message, no document and depends on nothing.

pub mod chapters;
pub mod jdv;
pub mod loinc;
pub mod ucum;
pub mod usual;

/// The notice that goes with LOINC codes and names, wherever they are shown or exported.
pub const LOINC_NOTICE: &str = "This material contains content from LOINC (http://loinc.org). LOINC is copyright © \
Regenstrief Institute, Inc. and the Logical Observation Identifiers Names and Codes (LOINC) Committee and is available \
at no cost under the license at http://loinc.org/license. LOINC® is a registered United States trademark of \
Regenstrief Institute, Inc.";
