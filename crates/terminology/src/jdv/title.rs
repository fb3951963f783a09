//! Table: JDV_J246_Titre_CISIS (1.2.250.1.213.1.1.5.719, state of 20240126), title of a professional. Code, French label, code system.
//!
//! Origin: value sets published by the Agence du Numérique en Santé (ansforge/TestContenuCDA-3-0). Facts only, in the order of
//! the publication; labels are as published, runs of spaces made one.

use super::Concept;

const A: &str = "1.2.250.1.213.1.6.1.11";

#[rustfmt::skip]
pub(super) const CONCEPTS: &[Concept] = &[
    Concept { code: "DR", label: "Docteur", system: A },
    Concept { code: "MC", label: "Médecin chef", system: A },
    Concept { code: "MG", label: "Médecin général", system: A },
    Concept { code: "PC", label: "Pharmacien chef", system: A },
    Concept { code: "PG", label: "Pharmacien général", system: A },
    Concept { code: "PR", label: "Professeur", system: A },
];
