//! Table: the organized screening of cervical cancer. Both answers are of a national value set.
//!
//! Source: JDV_TypeDeTestRealiseCCU_CISIS; chapters and specimen of the DEP-CCU examples of CR-BIO 2024.01.

use super::*;

const VAGINAL: Pair = ("GENV", "Prélèvement vaginal");

#[rustfmt::skip]
pub(super) const CERVICAL: &[UsualAnalysis] = &[
    row("HPV_HR", "Test HPV-HR", "77379-6", "Papillomavirus humain 16 et 18 et 31+33+35+39+45+51+52+56+58+59+66+68 ADN:Interprétation:Ponctuel:Col de l'utérus:Résultat nominal")
        .on(MICROBIOLOGY, VAGINAL).nabm("0024"),
    row("CYTO_COL", "Examen cytologique", "10524-7", "Observation microscopique:Identification:Ponctuel:Col de l'utérus:Résultat nominal:Coloration cellulaire")
        .on(CYTOLOGY, VAGINAL).method(MICROSCOPE),
];
