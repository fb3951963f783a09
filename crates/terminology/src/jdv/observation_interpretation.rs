//! Table: JDV_HL7_ObservationInterpretation_CISIS (2.16.840.1.113883.1.11.78), what a result means. Code, French label, code system.
//!
//! Origin: value sets published by the Agence du Numérique en Santé (ansforge/TestContenuCDA-3-0). Facts only, in the order of
//! the publication; labels are as published, runs of spaces made one.

use super::Concept;

const A: &str = "2.16.840.1.113883.5.83";

#[rustfmt::skip]
pub(super) const CONCEPTS: &[Concept] = &[
    Concept { code: "<", label: "Inférieur à la limite de détection", system: A },
    Concept { code: ">", label: "Supérieur à la limite maximale de mesure", system: A },
    Concept { code: "A", label: "Anormal", system: A },
    Concept { code: "AA", label: "Très anormal, alerte", system: A },
    Concept { code: "B", label: "Amélioration", system: A },
    Concept { code: "CAR", label: "Porteur d'une forme altérée d'un gène", system: A },
    Concept { code: "D", label: "Diminution significative par rapport au résultat antérieur", system: A },
    Concept { code: "DET", label: "Détecté", system: A },
    Concept { code: "E", label: "Équivoque", system: A },
    Concept { code: "EX", label: "Hors seuils", system: A },
    Concept { code: "EXP", label: "Attendu", system: A },
    Concept { code: "H", label: "Anormalement haut", system: A },
    Concept { code: "HH", label: "Très anormalement haut, alerte", system: A },
    Concept { code: "HU", label: "Significativement haut", system: A },
    Concept { code: "HX", label: "Hors seuil supérieur", system: A },
    Concept { code: "I", label: "Intermédiaire", system: A },
    Concept { code: "IE", label: "Preuves insuffisantes", system: A },
    Concept { code: "IND", label: "Indéterminé", system: A },
    Concept { code: "L", label: "Anormalement bas", system: A },
    Concept { code: "LL", label: "Très anormalement bas, alerte", system: A },
    Concept { code: "LU", label: "Significativement bas", system: A },
    Concept { code: "LX", label: "Hors seuil inférieur", system: A },
    Concept { code: "N", label: "Normal", system: A },
    Concept { code: "NCL", label: "Pas de standard défini", system: A },
    Concept { code: "ND", label: "Non détecté", system: A },
    Concept { code: "NEG", label: "Négatif", system: A },
    Concept { code: "NR", label: "Non réactif", system: A },
    Concept { code: "NS", label: "Non sensible", system: A },
    Concept { code: "POS", label: "Positif", system: A },
    Concept { code: "R", label: "Résistant", system: A },
    Concept { code: "RR", label: "Réactif", system: A },
    Concept { code: "S", label: "Sensible", system: A },
    Concept { code: "SDD", label: "Sensible à forte dose", system: A },
    Concept { code: "SYN-R", label: "Synergie - résistant", system: A },
    Concept { code: "SYN-S", label: "Synergie - sensible", system: A },
    Concept { code: "U", label: "Augmentation significative par rapport au résultat antérieur", system: A },
    Concept { code: "UNE", label: "Inattendu", system: A },
    Concept { code: "W", label: "Dégradation", system: A },
    Concept { code: "WR", label: "Faiblement réactif", system: A },
];
