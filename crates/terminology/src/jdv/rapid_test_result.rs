//! Table: JDV_ResultatDepistage_CISIS (1.2.250.1.213.1.1.5.761, state of 20231218), result of a rapid test. Code, French label, code system.
//!
//! Origin: value sets published by the Agence du Numérique en Santé (ansforge/TestContenuCDA-3-0). Facts only, in the order of
//! the publication; labels are as published, runs of spaces made one.

use super::Concept;

const A: &str = "2.16.840.1.113883.6.96";

#[rustfmt::skip]
pub(super) const CONCEPTS: &[Concept] = &[
    Concept { code: "10828004", label: "positif", system: A },
    Concept { code: "260385009", label: "négatif", system: A },
    Concept { code: "373068000", label: "indéterminé(e)", system: A },
    Concept { code: "125154007", label: "échantillon insatisfaisant pour l'évaluation", system: A },
];
