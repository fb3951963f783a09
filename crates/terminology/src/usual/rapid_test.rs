//! Tables: rapid tests (TROD) and the analyses that only they make.
//!
//! Source: the four published examples of BIO-TROD 2024.01: conditions of CIM-10, LOINC codes, chapters.

use super::*;

/// A rapid test: what it is called, what it looks for, what its report says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UsualRapidTest {
    /// Our code, unique in the table.
    pub code: &'static str,
    /// Name, as the title of its report says it.
    pub name: &'static str,
    /// The condition looked for: code and label of CIM-10.
    pub condition: (&'static str, &'static str),
    /// Conditions that the same device looks for.
    pub also: &'static [(&'static str, &'static str)],
    /// Local codes of its analyses, at least one.
    pub analyses: &'static [&'static str],
}

const ANGINA: Pair = ("J02.0", "Pharyngite à streptocoques");
const CYSTITIS: Pair = ("N30", "Cystite");
const COVID: Pair = ("U07.1", "COVID-19");
const INFLUENZA_A: Pair = ("J09", "Grippe, à virus grippal zoonotique ou pandémique identifié");
const INFLUENZA_B: Pair = ("J10", "Grippe, à virus grippal saisonnier identifié");

/// The usual rapid tests.
#[rustfmt::skip]
pub const RAPID_TESTS: &[UsualRapidTest] = &[
    UsualRapidTest { code: "angine", name: "Angine", condition: ANGINA, also: &[], analyses: &["STREPTO_AG"] },
    UsualRapidTest { code: "cystite", name: "Cystite", condition: CYSTITIS, also: &[], analyses: &["BU_LEU", "BU_NIT"] },
    UsualRapidTest { code: "covid", name: "Covid-19", condition: COVID, also: &[], analyses: &["COV2_AG"] },
    UsualRapidTest {
        code: "covid_grippe",
        name: "Covid 19 / Grippe A / Grippe B",
        condition: COVID,
        also: &[INFLUENZA_A, INFLUENZA_B],
        analyses: &["COV2_AG", "GRIPPE_A_AG", "GRIPPE_B_AG"],
    },
];

const THROAT: Pair = ("THRT", "Gorge");
const NOSE: Pair = ("NSECR", "Sécrétion nasale");

#[rustfmt::skip]
pub(super) const ANTIGENS: &[UsualAnalysis] = &[
    row("COV2_AG", "Coronavirus SARS-CoV-2, antigène", "94558-4", "Coronavirus SARS-CoV-2 Ag [Présence/Seuil] Respiratoire ; Qualitatif ; Immunoanalyse rapide")
        .on(VIRAL_SEROLOGY, NOSE),
    row("GRIPPE_A_AG", "Grippe A, antigène", "80382-5", "Influenza virus A Ag [Présence/Seuil] Voies respiratoires supérieures ; Qualitatif ; Immunoanalyse rapide")
        .on(VIRAL_SEROLOGY, NOSE),
    row("GRIPPE_B_AG", "Grippe B, antigène", "80383-3", "Influenza virus B Ag [Présence/Seuil] Voies respiratoires supérieures ; Qualitatif ; Immunoanalyse rapide")
        .on(VIRAL_SEROLOGY, NOSE),
    row("STREPTO_AG", "Streptocoque A, antigène", "78012-2", "Streptococcus pyogenes Ag [Présence/Seuil] Gorge ; Qualitatif ; Immunoanalyse rapide")
        .on(BACTERIAL_SEROLOGY, THROAT),
];
