//! Table: JDV_J04_XdsPracticeSettingCode_CISIS (1.2.250.1.213.1.1.5.467, state of 20240927), practice setting. Code, French label, code system.
//!
//! Origin: value sets published by the Agence du Numérique en Santé (ansforge/TestContenuCDA-3-0). Facts only, in the order of
//! the publication; labels are as published, runs of spaces made one.

use super::Concept;

const A: &str = "1.2.250.1.213.1.1.4.6";
const B: &str = "1.2.250.1.213.1.1.4.9";

#[rustfmt::skip]
pub(super) const CONCEPTS: &[Concept] = &[
    Concept { code: "EXP_PATIENT", label: "Expression personnelle du patient", system: A },
    Concept { code: "SNR", label: "Service numérique référencé", system: A },
    Concept { code: "AMBULATOIRE", label: "Ambulatoire", system: B },
    Concept { code: "AMO", label: "Organisme d'assurance maladie obligatoire", system: B },
    Concept { code: "DEPISTAGE", label: "Dépistage", system: B },
    Concept { code: "ESSMS", label: "Etablissement ou Service Social ou Médico-Social", system: B },
    Concept { code: "ETABLISSEMENT", label: "Etablissement de santé", system: B },
    Concept { code: "HAD", label: "Hospitalisation à domicile", system: B },
    Concept { code: "MAD", label: "Maintien à domicile", system: B },
    Concept { code: "PALLIATIF", label: "Soins palliatifs", system: B },
    Concept { code: "SAD", label: "Soins à domicile", system: B },
    Concept { code: "SAMU_SMUR", label: "SAMU/SMUR", system: B },
];
