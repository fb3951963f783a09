//! Table: cultures and antibiograms. The result of an antibiotic is `S`, `I` or `R`, or an inhibitory concentration with
//! its category beside.

use super::*;

const fn antibiotic(
    code: &'static str,
    label: &'static str,
    loinc: &'static str,
    loinc_label: &'static str,
) -> UsualAnalysis {
    row(code, label, loinc, loinc_label)
        .on(MICROBIOLOGY, ISOLATE)
        .nabm("0269")
        .unit("mg/L", "mg/L", &["ug/mL", "µg/mL"])
        .method(("BLM", "Antibiogramme en milieu liquide - micro méthode"))
}

/// Cultures and count of germs.
#[rustfmt::skip]
pub(super) const CULTURE: &[UsualAnalysis] = &[
    row("CULT_U", "Culture d'urine", "630-4", "Bactéries identification [Identification] Urine ; Résultat nominal ; Culture")
        .on(MICROBIOLOGY, URINE).nabm("5201"),
    row("DENOMB_U", "Dénombrement de germes", "51480-2", "Bactérie [Nombre/Volume] Urine ; Numérique ; Comptage automate")
        .on(MICROBIOLOGY, URINE).nabm("5201").unit("[CFU]/mL", "UFC/mL", &["CFU/mL", "germes/mL", "/mL", "UFC/ml", "{ufc}/mL"]),
    row("HEMOC", "Hémoculture", "600-7", "Bactéries identification [Identification] Sang ; Résultat nominal ; Culture")
        .on(MICROBIOLOGY, BLOOD),
    row("COPRO", "Coproculture", "625-4", "Bactéries identification [Identification] Selles ; Résultat nominal ; Culture")
        .on(MICROBIOLOGY, ("STL", "Selles")).nabm("5207"),
];

/// Antibiotics, by family.
#[rustfmt::skip]
pub(super) const ANTIBIOTICS: &[UsualAnalysis] = &[
    antibiotic("ATB_AMP", "Ampicilline", "18864-9", "Ampicilline [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_AMX", "Amoxicilline", "18861-5", "Amoxicilline [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_AMC", "Amoxicilline - acide clavulanique", "18862-3", "Amoxicilline+clavulanate [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_MEC", "Mécillinam", "18859-9", "Mécillinam [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_TIC", "Ticarcilline", "18994-4", "Ticarcilline [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_PTZ", "Pipéracilline - tazobactam", "18970-4", "Pipéracilline+tazobactam [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_TEM", "Témocilline", "18991-0", "Témocilline [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_OXA", "Oxacilline", "18961-3", "Oxacilline [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_PEN", "Pénicilline G", "18965-4", "Pénicilline G [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_LEX", "Céfalexine", "18897-9", "Céfalexine [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_CFM", "Céfixime", "18880-5", "Céfixime [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_FOX", "Céfoxitine", "18888-8", "Céfoxitine [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_CTX", "Céfotaxime", "18886-2", "Céfotaxime [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_CRO", "Ceftriaxone", "18895-3", "Ceftriaxone [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_CAZ", "Ceftazidime", "18893-8", "Ceftazidime [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_FEP", "Céfépime", "18879-7", "Céfépime [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_ATM", "Aztréonam", "18868-0", "Aztréonam [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_ETP", "Ertapénème", "35802-8", "Ertapénème [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_IPM", "Imipénème", "18932-4", "Imipénème [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_MEM", "Méropénème", "18943-1", "Méropénème [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_AKN", "Amikacine", "18860-7", "Amikacine [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_GEN", "Gentamicine", "18928-2", "Gentamicine [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_TOB", "Tobramycine", "18996-9", "Tobramycine [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_NAL", "Acide nalidixique", "18952-2", "Acide nalidixique [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_OFL", "Ofloxacine", "18959-7", "Ofloxacine [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_LVX", "Lévofloxacine", "20629-2", "Lévofloxacine [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_CIP", "Ciprofloxacine", "18906-8", "Ciprofloxacine [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_FOS", "Fosfomycine", "25596-8", "Fosfomycine [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_NIT", "Nitrofurantoïne", "18955-5", "Nitrofurantoïne [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_TMP", "Triméthoprime", "18997-7", "Triméthoprime [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_SXT", "Triméthoprime - sulfaméthoxazole (cotrimoxazole)", "18998-5", "Triméthoprime+sulfaméthoxazole [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_ERY", "Érythromycine", "18919-1", "Érythromycine [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_CLI", "Clindamycine", "18908-4", "Clindamycine [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_PRI", "Pristinamycine", "32383-2", "Pristinamycine [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_RIF", "Rifampicine", "18974-6", "Rifampicine [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_VAN", "Vancomycine", "19000-9", "Vancomycine [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_TEI", "Teicoplanine", "18989-4", "Teicoplanine [Sensibilité] Isolat ; Alphanumérique"),
    antibiotic("ATB_LZD", "Linézolide", "29258-1", "Linézolide [Sensibilité] Isolat ; Alphanumérique"),
];
