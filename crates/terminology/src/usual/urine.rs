//! Table: urine chemistry, test strip, microscopy of the urine culture.

use super::*;

const TEST_STRIP_BATTERY: UsualBattery = UsualBattery { code: "BU", label: "Bandelette urinaire", is_loinc: false };
const MICROSCOPY_BATTERY: UsualBattery =
    UsualBattery { code: "ECBU", label: "Examen cytobactériologique des urines", is_loinc: false };

const fn strip(
    code: &'static str,
    label: &'static str,
    loinc: &'static str,
    loinc_label: &'static str,
) -> UsualAnalysis {
    row(code, label, loinc, loinc_label).on(URINE_EXAMINATIONS, URINE).battery(TEST_STRIP_BATTERY).method(STRIP)
}

/// Part of the urine culture, NABM 5201.
const fn culture(
    code: &'static str,
    label: &'static str,
    loinc: &'static str,
    loinc_label: &'static str,
) -> UsualAnalysis {
    row(code, label, loinc, loinc_label).on(MICROBIOLOGY, URINE).nabm("5201").battery(MICROSCOPY_BATTERY)
}

/// Urine chemistry.
#[rustfmt::skip]
pub(super) const CHEMISTRY: &[UsualAnalysis] = &[
    row("PROT_U", "Protéinurie", "2888-6", "Protéines [Masse/Volume] Urine ; Numérique")
        .on(BIOCHEMISTRY, URINE).nabm("2004").unit("g/L", "g/L", &[]).usual(&[at_most("0.15")]),
    row("MALB_U", "Microalbuminurie", "14957-5", "Microalbumine [Masse/Volume] Urine ; Numérique")
        .on(BIOCHEMISTRY, URINE).nabm("1133").unit("mg/L", "mg/L", &[]).usual(&[at_most("20.0")]),
    row("CREA_U", "Créatininurie", "14683-7", "Créatinine [Moles/Volume] Urine ; Numérique")
        .on(BIOCHEMISTRY, URINE).nabm("0627").unit("mmol/L", "mmol/L", &["mM", "mM/L"]),
    row("RAC_U", "Rapport albuminurie/créatininurie", "30000-4", "Microalbumine/Créatinine [Ratio] Urine ; Numérique")
        .on(BIOCHEMISTRY, URINE).unit("mg/mmol", "mg/mmol", &["mg/mmol créat", "mg/mmol{creat}"]).method(CALCULATION).usual(&[at_most("3.0")]),
];

/// Test strip.
#[rustfmt::skip]
pub(super) const TEST_STRIP: &[UsualAnalysis] = &[
    strip("BU_LEU", "Leucocytes", "5799-2", "Leucocyte estérase [Présence/Seuil] Urine ; Qualitatif ; Bandelette réactive"),
    strip("BU_NIT", "Nitrites", "5802-4", "Nitrites [Présence/Seuil] Urine ; Qualitatif ; Bandelette réactive"),
    strip("BU_SANG", "Sang", "5794-3", "Hémoglobine [Présence/Seuil] Urine ; Qualitatif ; Bandelette réactive"),
    strip("BU_PROT", "Protéines", "20454-5", "Protéines [Présence/Seuil] Urine ; Qualitatif ; Bandelette réactive"),
    strip("BU_GLU", "Glucose", "25428-4", "Glucose [Présence/Seuil] Urine ; Qualitatif ; Bandelette réactive"),
    strip("BU_CET", "Corps cétoniques", "2514-8", "Cétones [Présence/Seuil] Urine ; Qualitatif ; Bandelette réactive"),
    strip("BU_PH", "pH", "5803-2", "pH [Log de concentration] Urine ; Numérique ; Bandelette réactive").unit("[pH]", "pH", &["unité pH", "unités"])
        .usual(&[from_to("5.0", "8.0")]),
];

/// Microscopy of a urine culture.
#[rustfmt::skip]
pub(super) const MICROSCOPY: &[UsualAnalysis] = &[
    culture("LEU_U", "Leucocytes", "30405-5", "Leucocytes [Nombre/Volume] Urine ; Numérique").unit("/mL", "/mL", &[]).usual(&[at_most("10000")]),
    culture("HEM_U", "Hématies", "30391-7", "Érythrocytes [Nombre/Volume] Urine ; Numérique").unit("/mL", "/mL", &[]).usual(&[at_most("10000")]),
    culture("EPI_U", "Cellules épithéliales", "20453-7", "Cellules épithéliales [Présence/Seuil] Sédiments urinaires ; Qualitatif ; Microscopie optique").method(MICROSCOPE),
    culture("GRAM_U", "Examen direct (Gram)", "653-6", "Observation microscopique [Identification] Urine ; Résultat nominal ; Coloration Gram").method(MICROSCOPE),
];
