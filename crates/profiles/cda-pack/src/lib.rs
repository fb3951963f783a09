//! The pack of official CDA rules that the ANS publishes (TestContenuCDA 3.0): what is in it, and what it needs.
//!
//! In: the names of its files, the header of a document. Out: the schemas to check that document with, and the repairs
//! of the pack. It opens no file itself, holds none of the pack, and says everything that it repairs.
//!
//! Source: repository ansforge/TestContenuCDA-3-0, folders `schematrons`, `jeuxDeValeurs`, `infrastructure`.

mod header;
mod repair;
mod volet;

pub use header::Header;
pub use repair::{Repaired, TYPE_CODES, actual_name, is_value_set_of_types};
pub use volet::{Chosen, Pack, Volet, choose};

/// The schemas that every document is checked with, in the order of the publisher's tool.
pub const COMMON: [&str; 5] = [
    "schematrons/profils/structurationMinimale/ASIP-STRUCT-MIN-StrucMin.sch",
    "schematrons/profils/IHE.sch",
    "schematrons/profils/CI-SIS_ModelesDeContenusCDA.sch",
    "schematrons/profils/CI-SIS_Modeles_ANS.sch",
    "schematrons/profils/terminologies/schematron/terminologie.sch",
];

/// The XML schema of the documents.
pub const XSD: &str = "infrastructure/cda/CDA_extended.xsd";

/// The folder of the volets: one root schema for each model of document and version.
pub const VOLETS: &str = "schematrons";

/// The folder of the value sets.
pub const VALUE_SETS: &str = "jeuxDeValeurs";

/// Code of findings about a pack; the French sentence of each is in the catalogue.
pub fn code(code: schematron::FindingCode) -> &'static str {
    use schematron::FindingCode::{Expression, LetterCase, Missing, Unreadable, Unsupported};
    match code {
        Unreadable => "PACK-UNREADABLE",
        LetterCase => "PACK-LETTER-CASE",
        Missing => "PACK-MISSING",
        Expression => "PACK-EXPRESSION",
        Unsupported => "PACK-UNSUPPORTED",
    }
}

/// The value set of document types was rebuilt: see [`Repaired`].
pub const REBUILT: &str = "PACK-TYPE-CODES";

/// Whether a finding leaves a schema whole: what it says was repaired.
pub fn is_repaired(code: schematron::FindingCode) -> bool {
    code == schematron::FindingCode::LetterCase
}
