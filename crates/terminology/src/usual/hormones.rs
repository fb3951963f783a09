//! Table: thyroid, reproductive and adrenal hormones.

use super::*;

const fn hormone(
    code: &'static str,
    label: &'static str,
    loinc: &'static str,
    loinc_label: &'static str,
) -> UsualAnalysis {
    row(code, label, loinc, loinc_label).on(ENDOCRINOLOGY, SERUM).method(("UCX", "Chimiluminescence"))
}

/// Hormones. Those that follow the cycle or the term of a pregnancy have no usual values here.
#[rustfmt::skip]
pub(super) const BLOOD: &[UsualAnalysis] = &[
    hormone("TSH", "TSH", "3016-3", "Thyréostimuline [Arbitraire/Volume] Sérum/Plasma ; Numérique")
        .nabm("1208").unit("m[IU]/L", "mUI/L", &["µUI/mL", "uUI/mL", "mIU/L", "uIU/mL", "µIU/mL", "mU/L"]).usual(&[from_to("0.27", "4.20")]).critical_above("50.00"),
    hormone("T4L", "T4 libre", "14920-3", "Thyroxine libre [Moles/Volume] Sérum/Plasma ; Numérique")
        .nabm("1207").unit("pmol/L", "pmol/L", &[]).usual(&[from_to("12.0", "22.0")]).critical_above("60.0"),
    hormone("T3L", "T3 libre", "14928-6", "Triiodothyronine libre [Moles/Volume] Sérum/Plasma ; Numérique")
        .nabm("1206").unit("pmol/L", "pmol/L", &[]).usual(&[from_to("3.1", "6.8")]),
    hormone("HCG", "hCG totale", "19080-1", "Choriogonadotropine [Arbitraire/Volume] Sérum/Plasma ; Numérique")
        .nabm("7402").unit("[IU]/L", "UI/L", &["mUI/mL", "IU/L", "mIU/mL"]),
    hormone("FSH", "FSH", "15067-2", "Follitropine [Arbitraire/Volume] Sérum/Plasma ; Numérique")
        .nabm("0473").unit("[IU]/L", "UI/L", &["mUI/mL", "IU/L", "mIU/mL"]),
    hormone("LH", "LH", "10501-5", "Lutropine [Arbitraire/Volume] Sérum/Plasma ; Numérique")
        .nabm("0472").unit("[IU]/L", "UI/L", &["mUI/mL", "IU/L", "mIU/mL"]),
    hormone("PRL", "Prolactine", "2842-3", "Prolactine [Masse/Volume] Sérum/Plasma ; Numérique")
        .nabm("0343").unit("ug/L", "µg/L", &["ng/mL", "ug/L"]).usual(&[adults('F', "4.8", "23.3"), adults('M', "4.0", "15.2")]),
    hormone("TESTO", "Testostérone totale", "14913-8", "Testostérone [Moles/Volume] Sérum/Plasma ; Numérique")
        .unit("nmol/L", "nmol/L", &[]).usual(&[adults('F', "0.3", "1.7"), adults('M', "8.6", "29.0")]),
    hormone("CORTI", "Cortisol à 8 heures", "14675-3", "Cortisol [Moles/Volume] Sérum/Plasma ; Numérique")
        .nabm("0462").unit("nmol/L", "nmol/L", &[]).usual(&[from_to("133", "537")]).critical_below("80"),
];
