//! Table: serology. Results of a screening are words; a titre has a unit and the threshold of immunity as lower bound.

use super::*;

const fn viral(
    code: &'static str,
    label: &'static str,
    loinc: &'static str,
    loinc_label: &'static str,
) -> UsualAnalysis {
    row(code, label, loinc, loinc_label).on(VIRAL_SEROLOGY, SERUM).method(IMMUNOASSAY)
}

/// Viral serology. HIV and hepatitis screenings wait for the physician before the patient sees them.
#[rustfmt::skip]
pub(super) const VIRAL: &[UsualAnalysis] = &[
    viral("VIH", "VIH 1 et 2, anticorps et antigène p24, dépistage", "56888-1", "VIH 1+2 Ac et VIH 1 Ag p24 [Présence/Seuil] Sérum/Plasma ; Qualitatif ; Immunoanalyse").nabm("0388").hidden(),
    viral("AGHBS", "Hépatite B, antigène HBs", "5196-1", "Hépatite B virus surface Ag [Présence/Seuil] Sérum/Plasma ; Qualitatif ; Immunoanalyse").nabm("4712").hidden(),
    viral("ACHBS", "Hépatite B, anticorps anti-HBs", "5193-8", "Hépatite B virus surface Ac [Arbitraire/Volume] Sérum/Plasma ; Numérique ; Immunoanalyse")
        .nabm("4714").unit("m[IU]/mL", "mUI/mL", &["UI/L", "IU/L", "mIU/mL"]).usual(&[at_least("10")]),
    viral("ACHBC", "Hépatite B, anticorps anti-HBc totaux", "13952-7", "Hépatite B virus core Ac [Présence/Seuil] Sérum/Plasma ; Qualitatif ; Immunoanalyse").hidden(),
    viral("ACVHC", "Hépatite C, anticorps anti-VHC", "13955-0", "Hépatite C virus Ac [Présence/Seuil] Sérum/Plasma ; Qualitatif ; Immunoanalyse").nabm("3784").hidden(),
    viral("RUB_G", "Rubéole, IgG", "8014-3", "Rubéole virus Ac.IgG [Arbitraire/Volume] Sérum ; Numérique")
        .nabm("1773").unit("[IU]/mL", "UI/mL", &["IU/mL"]).usual(&[at_least("10")]),
    viral("RUB_M", "Rubéole, IgM", "24116-6", "Rubéole virus Ac.IgM [Présence/Seuil] Sérum/Plasma ; Qualitatif ; Immunoanalyse").nabm("3783"),
];

/// Parasitic and bacterial serology.
#[rustfmt::skip]
pub(super) const OTHER: &[UsualAnalysis] = &[
    row("TOXO_G", "Toxoplasmose, IgG", "8039-0", "Toxoplasma gondii Ac.IgG [Arbitraire/Volume] Sérum ; Numérique")
        .on(PARASITIC_SEROLOGY, SERUM).method(IMMUNOASSAY).nabm("1420").unit("[IU]/mL", "UI/mL", &["IU/mL"]),
    row("TOXO_M", "Toxoplasmose, IgM", "40678-5", "Toxoplasma gondii Ac.IgM [Présence/Seuil] Sérum/Plasma ; Qualitatif ; Immunoanalyse")
        .on(PARASITIC_SEROLOGY, SERUM).method(IMMUNOASSAY).nabm("1420"),
    row("SYPH", "Syphilis, test tréponémique", "24110-9", "Treponema pallidum Ac [Présence/Seuil] Sérum ; Qualitatif ; Immunoanalyse")
        .on(BACTERIAL_SEROLOGY, SERUM).method(IMMUNOASSAY).nabm("1256").hidden(),
];
