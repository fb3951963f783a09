//! Table: blood biochemistry. Where a French report prints two units, each unit is an analysis with its own LOINC code.

use super::*;

const ELECTROLYTES: UsualBattery = UsualBattery { code: "IONO", label: "Ionogramme sanguin", is_loinc: false };
const LIPIDS: UsualBattery = UsualBattery { code: "57698-3", label: "Bilan lipidique", is_loinc: true };
const LIVER: UsualBattery = UsualBattery { code: "BILHEP", label: "Bilan hépatique", is_loinc: false };
const IRON: UsualBattery = UsualBattery { code: "BILMART", label: "Bilan martial", is_loinc: false };
const ELECTROPHORESIS: UsualBattery =
    UsualBattery { code: "14340-4", label: "Électrophorèse des protéines", is_loinc: true };

const MICROMOLAR: &[&str] = &["µmol/L", "µmol/l", "mcmol/L"];
const MICROGRAM: &[&str] = &["ng/mL", "ug/L", "mcg/L"];
const ACTIVITY: &[&str] = &["UI/L", "IU/L"];

const fn serum(
    code: &'static str,
    label: &'static str,
    loinc: &'static str,
    loinc_label: &'static str,
) -> UsualAnalysis {
    row(code, label, loinc, loinc_label).on(BIOCHEMISTRY, SERUM)
}

const fn millimolar(
    code: &'static str,
    label: &'static str,
    loinc: &'static str,
    loinc_label: &'static str,
) -> UsualAnalysis {
    serum(code, label, loinc, loinc_label).unit("mmol/L", "mmol/L", &["mM", "mM/L"])
}

const fn gram(
    code: &'static str,
    label: &'static str,
    loinc: &'static str,
    loinc_label: &'static str,
) -> UsualAnalysis {
    serum(code, label, loinc, loinc_label).unit("g/L", "g/L", &[])
}

const fn micromolar(
    code: &'static str,
    label: &'static str,
    loinc: &'static str,
    loinc_label: &'static str,
) -> UsualAnalysis {
    serum(code, label, loinc, loinc_label).unit("umol/L", "µmol/L", MICROMOLAR)
}

const fn enzyme(
    code: &'static str,
    label: &'static str,
    loinc: &'static str,
    loinc_label: &'static str,
) -> UsualAnalysis {
    serum(code, label, loinc, loinc_label).unit("U/L", "U/L", ACTIVITY)
}

const fn fraction(
    code: &'static str,
    label: &'static str,
    loinc: &'static str,
    loinc_label: &'static str,
) -> UsualAnalysis {
    serum(code, label, loinc, loinc_label)
        .unit("%", "%", &[])
        .nabm("0570")
        .battery(ELECTROPHORESIS)
        .method(("VB", "Electrophorèse capillaire"))
}

const fn fraction_gram(
    code: &'static str,
    label: &'static str,
    loinc: &'static str,
    loinc_label: &'static str,
) -> UsualAnalysis {
    fraction(code, label, loinc, loinc_label).unit("g/L", "g/L", &[])
}

/// Blood biochemistry.
#[rustfmt::skip]
pub(super) const BLOOD: &[UsualAnalysis] = &[
    // Electrolytes, NABM 1610 as a whole.
    millimolar("NA", "Sodium", "2951-2", "Sodium [Moles/Volume] Sérum/Plasma ; Numérique")
        .nabm("1610").battery(ELECTROLYTES).method(("9EI", "Potentiométrie indirecte")).usual(&[from_to("136", "145")]).critical("120", "160"),
    millimolar("K", "Potassium", "2823-3", "Potassium [Moles/Volume] Sérum/Plasma ; Numérique")
        .nabm("1610").battery(ELECTROLYTES).method(("9EI", "Potentiométrie indirecte")).usual(&[from_to("3.5", "5.0")]).critical("2.5", "6.5"),
    millimolar("CL", "Chlorures", "2075-0", "Chlorure [Moles/Volume] Sérum/Plasma ; Numérique")
        .nabm("1610").battery(ELECTROLYTES).method(("9EI", "Potentiométrie indirecte")).usual(&[from_to("98", "107")]).critical("75", "125"),
    millimolar("BIC", "Bicarbonates", "1963-8", "Bicarbonate [Moles/Volume] Sérum/Plasma ; Numérique")
        .nabm("1610").battery(ELECTROLYTES).usual(&[from_to("22", "29")]).critical("10", "40"),
    gram("PROT", "Protéines totales", "2885-2", "Protéines [Masse/Volume] Sérum/Plasma ; Numérique")
        .nabm("1610").battery(ELECTROLYTES).method(("DKC", "Spectrophotométrie biuret")).usual(&[from_to("64", "83")]),
    // Kidney.
    millimolar("UREE", "Urée", "22664-7", "Urée [Moles/Volume] Sérum/Plasma ; Numérique")
        .nabm("0591").usual(&[from_to("2.5", "7.5")]).critical_above("36.0"),
    micromolar("CREA", "Créatinine", "14682-9", "Créatinine [Moles/Volume] Sérum/Plasma ; Numérique")
        .nabm("0592").usual(&[adults('F', "45", "84"), adults('M', "59", "104")]).critical_above("500"),
    // The national check rejects mL/min/{1.73_m2}: coded mL/min{surface}, the LOINC code tells the normalization.
    serum("DFG", "Débit de filtration glomérulaire estimé (CKD-EPI)", "62238-1", "Débit de filtration glomérulaire/1,73 m² prédit [Débit volumique/Surface] Sérum/Plasma/Sang ; Numérique ; Formule CKD-EPI sur créatinine")
        .nabm("0592").unit("mL/min{surface}", "mL/min/1,73 m²", &["mL/min/1.73m2", "mL/min/1.73 m2", "mL/min/1,73m2", "mL/min/1,73m²", "mL/min/{1.73_m2}", "mL/mn/1,73m2"])
        .method(CALCULATION).usual(&[at_least("60")]).critical_below("15"),
    micromolar("URIC", "Acide urique", "14933-6", "Urate [Moles/Volume] Sérum/Plasma ; Numérique")
        .nabm("0532").method(("DE6", "Spectrophotométrie uricase/PAP")).usual(&[adults('F', "155", "357"), adults('M', "208", "428")]),
    // Glucose, two units.
    millimolar("GLY", "Glycémie à jeun", "40193-5", "Glucose à jeun [Moles/Volume] Sérum/Plasma ; Numérique")
        .nabm("0552").method(("DEH", "Spectrophotométrie enzyme/UV Hexokinase")).usual(&[from_to("4.10", "5.90")]).critical("2.50", "25.00"),
    gram("GLY_G", "Glycémie à jeun", "53049-3", "Glucose à jeun [Masse/Volume] Sérum/Plasma ; Numérique")
        .nabm("0552").method(("DEH", "Spectrophotométrie enzyme/UV Hexokinase")).usual(&[from_to("0.74", "1.06")]).critical("0.45", "4.50"),
    row("HBA1C", "Hémoglobine A1c", "4548-4", "Hémoglobine A1c/Hémoglobine totale [Fraction massique] Sang ; Numérique")
        .on(BIOCHEMISTRY, super::BLOOD).nabm("1577").unit("%", "%", &["% (NGSP)", "% NGSP"]).method(("CPX", "CLHP échange d'ions")).usual(&[from_to("4.0", "6.0")]),
    row("HBA1C_IFCC", "Hémoglobine A1c (IFCC)", "59261-8", "Hémoglobine A1c/Hémoglobine totale [Fraction molaire] Sang ; Numérique ; IFCC")
        .on(BIOCHEMISTRY, super::BLOOD).nabm("1577").unit("mmol/mol", "mmol/mol", &[]).method(("CPX", "CLHP échange d'ions")).usual(&[from_to("20", "42")]),
    // Lipids, NABM 0996 as a whole, two units each.
    millimolar("CHOL", "Cholestérol total", "14647-2", "Cholestérol [Moles/Volume] Sérum/Plasma ; Numérique").nabm("0996").battery(LIPIDS).usual(&[at_most("5.20")]),
    gram("CHOL_G", "Cholestérol total", "2093-3", "Cholestérol [Masse/Volume] Sérum/Plasma ; Numérique").nabm("0996").battery(LIPIDS).usual(&[at_most("2.00")]),
    millimolar("TG", "Triglycérides", "14927-8", "Triglycérides [Moles/Volume] Sérum/Plasma ; Numérique").nabm("0996").battery(LIPIDS).usual(&[at_most("1.70")]).critical_above("11.40"),
    gram("TG_G", "Triglycérides", "2571-8", "Triglycérides [Masse/Volume] Sérum/Plasma ; Numérique").nabm("0996").battery(LIPIDS).usual(&[at_most("1.50")]).critical_above("10.00"),
    millimolar("HDL", "Cholestérol HDL", "14646-4", "Cholestérol HDL [Moles/Volume] Sérum/Plasma ; Numérique").nabm("0996").battery(LIPIDS)
        .usual(&[at_least_for('F', "1.30"), at_least_for('M', "1.03")]),
    gram("HDL_G", "Cholestérol HDL", "2085-9", "Cholestérol HDL [Masse/Volume] Sérum/Plasma ; Numérique").nabm("0996").battery(LIPIDS)
        .usual(&[at_least_for('F', "0.50"), at_least_for('M', "0.40")]),
    millimolar("LDL", "Cholestérol LDL calculé", "39469-2", "Cholestérol LDL [Moles/Volume] Sérum/Plasma ; Numérique ; Résultat calculé").nabm("0996").battery(LIPIDS)
        .method(CALCULATION).usual(&[at_most("4.10")]),
    gram("LDL_G", "Cholestérol LDL calculé", "13457-7", "Cholestérol LDL [Masse/Volume] Sérum/Plasma ; Numérique ; Résultat calculé").nabm("0996").battery(LIPIDS)
        .method(CALCULATION).usual(&[at_most("1.60")]),
    gram("NHDL_G", "Cholestérol non HDL", "43396-1", "Cholestérol non HDL [Masse/Volume] Sérum/Plasma ; Numérique").battery(LIPIDS)
        .method(CALCULATION).usual(&[at_most("1.90")]),
    // Liver.
    enzyme("ALAT", "ALAT (TGP)", "1742-6", "Alanine aminotransférase [Catalytique/Volume] Sérum/Plasma ; Numérique").nabm("0516").battery(LIVER)
        .usual(&[at_most_for('F', "35"), at_most_for('M', "45")]).critical_above("1000"),
    enzyme("ASAT", "ASAT (TGO)", "1920-8", "Aspartate aminotransférase [Catalytique/Volume] Sérum/Plasma ; Numérique").nabm("0517").battery(LIVER)
        .usual(&[at_most_for('F', "35"), at_most_for('M', "40")]).critical_above("1000"),
    enzyme("GGT", "Gamma GT", "2324-2", "Gamma glutamyltransférase [Catalytique/Volume] Sérum/Plasma ; Numérique").nabm("0519").battery(LIVER)
        .usual(&[at_most_for('F', "40"), at_most_for('M', "60")]),
    enzyme("PAL", "Phosphatases alcalines", "6768-6", "Phosphatase alcaline [Catalytique/Volume] Sérum/Plasma ; Numérique").nabm("0514").battery(LIVER)
        .usual(&[adults('F', "35", "105"), adults('M', "40", "130")]),
    micromolar("BILT", "Bilirubine totale", "14631-6", "Bilirubine totale [Moles/Volume] Sérum/Plasma ; Numérique").nabm("1601").battery(LIVER)
        .usual(&[at_most("21")]).critical_above("250"),
    micromolar("BILC", "Bilirubine conjuguée", "14629-0", "Bilirubine directe [Moles/Volume] Sérum/Plasma ; Numérique").nabm("1601").battery(LIVER).usual(&[at_most("5")]),
    micromolar("BILL", "Bilirubine libre", "14630-8", "Bilirubine indirecte [Moles/Volume] Sérum/Plasma ; Numérique").nabm("1601").battery(LIVER)
        .method(CALCULATION).usual(&[at_most("17")]),
    // Inflammation.
    serum("CRP", "Protéine C réactive", "1988-5", "C Réactive protéine [Masse/Volume] Sérum/Plasma ; Numérique")
        .nabm("1804").unit("mg/L", "mg/L", &[]).method(("UTX", "Immunodosages - Turbidimétrie")).usual(&[at_most("5.0")]),
    serum("PCT", "Procalcitonine", "33959-8", "Procalcitonine [Masse/Volume] Sérum/Plasma ; Numérique")
        .nabm("7307").unit("ug/L", "µg/L", MICROGRAM).usual(&[at_most("0.50")]).critical_above("10.00"),
    // Iron.
    micromolar("FER", "Fer sérique", "14798-3", "Fer [Moles/Volume] Sérum/Plasma ; Numérique").battery(IRON)
        .usual(&[adults('F', "9.0", "30.4"), adults('M', "11.6", "31.3")]),
    gram("TRF", "Transferrine", "3034-6", "Transferrine [Masse/Volume] Sérum/Plasma ; Numérique").battery(IRON).usual(&[from_to("2.00", "3.60")]),
    serum("CST", "Coefficient de saturation de la transferrine", "14801-5", "Saturation en fer [Fraction molaire] Sérum/Plasma ; Numérique")
        .nabm("2002").battery(IRON).unit("%", "%", &[]).method(CALCULATION).usual(&[from_to("20", "45")]),
    serum("FERR", "Ferritine", "2276-4", "Ferritine [Masse/Volume] Sérum/Plasma ; Numérique")
        .nabm("1213").battery(IRON).unit("ug/L", "µg/L", MICROGRAM).usual(&[adults('F', "15", "150"), adults('M', "30", "400")]),
    // Minerals, proteins, enzymes.
    millimolar("CA", "Calcium", "2000-8", "Calcium [Moles/Volume] Sérum/Plasma ; Numérique").nabm("0578").usual(&[from_to("2.20", "2.60")]).critical("1.75", "3.25"),
    millimolar("PHOS", "Phosphore", "14879-1", "Phosphate [Moles/Volume] Sérum/Plasma ; Numérique").nabm("0563").usual(&[from_to("0.81", "1.45")]).critical("0.30", "3.00"),
    millimolar("MG", "Magnésium", "2601-3", "Magnésium [Moles/Volume] Sérum/Plasma ; Numérique").nabm("0584").usual(&[from_to("0.66", "1.07")]).critical("0.40", "2.00"),
    gram("ALB", "Albumine", "1751-7", "Albumine [Masse/Volume] Sérum/Plasma ; Numérique").nabm("1806").usual(&[from_to("35", "52")]),
    enzyme("CK", "Créatine kinase", "2157-6", "Créatine kinase [Catalytique/Volume] Sérum/Plasma ; Numérique").nabm("1520")
        .usual(&[at_most_for('F', "170"), at_most_for('M', "190")]).critical_above("5000"),
    enzyme("LDH", "Lactate déshydrogénase", "14804-9", "Lactate déshydrogénase [Catalytique/Volume] Sérum/Plasma ; Numérique ; Réaction lactate vers pyruvate").nabm("0521")
        .usual(&[from_to("135", "225")]),
    enzyme("LIP", "Lipase", "3040-3", "Lipase [Catalytique/Volume] Sérum/Plasma ; Numérique").nabm("0524").usual(&[from_to("13", "60")]).critical_above("600"),
    serum("TNT", "Troponine T hypersensible", "67151-1", "Troponine T cardiaque [Masse/Volume] Sérum/Plasma ; Numérique ; Haute sensibilité")
        .nabm("7335").unit("ng/L", "ng/L", &["pg/mL"]).usual(&[at_most("14")]).critical_above("52"),
    serum("NTPBNP", "NT-proBNP", "33762-6", "Peptide natriurétique B proBNP N-terminal [Masse/Volume] Sérum/Plasma ; Numérique")
        .nabm("1821").unit("ng/L", "ng/L", &["pg/mL"]).usual(&[at_most("125")]),
    serum("PSA", "PSA total", "2857-1", "Antigène spécifique de la prostate [Masse/Volume] Sérum/Plasma ; Numérique")
        .nabm("7318").unit("ug/L", "µg/L", MICROGRAM).usual(&[at_most_for('M', "4.00")]),
    serum("PSA_L", "PSA libre", "10886-0", "Antigène spécifique de la prostate libre [Masse/Volume] Sérum/Plasma ; Numérique").nabm("7320").unit("ug/L", "µg/L", MICROGRAM),
    // Vitamins.
    serum("VITD", "25-hydroxyvitamine D (D2 + D3)", "62292-8", "25-hydroxyvitamine D2+D3 [Masse/Volume] Sérum/Plasma ; Numérique")
        .nabm("1139").unit("ng/mL", "ng/mL", &["ug/L", "µg/L"]).usual(&[from_to("30", "60")]),
    serum("B12", "Vitamine B12", "14685-2", "Cobalamine [Moles/Volume] Sérum/Plasma ; Numérique").nabm("1374").unit("pmol/L", "pmol/L", &[]).usual(&[from_to("145", "569")]),
    serum("FOL", "Folates sériques", "14732-2", "Folates [Moles/Volume] Sérum/Plasma ; Numérique").nabm("1387").unit("nmol/L", "nmol/L", &[]).usual(&[from_to("8.8", "42.4")]),
    // Protein electrophoresis, two units each.
    fraction("EP_ALB_P", "Albumine", "13980-8", "Albumine/protéines totales [Fraction massique] Sérum/Plasma ; Numérique ; Électrophorèse").usual(&[from_to("55.8", "66.1")]),
    fraction_gram("EP_ALB", "Albumine", "2862-1", "Albumine [Masse/Volume] Sérum/Plasma ; Numérique ; Électrophorèse").usual(&[from_to("40.2", "47.6")]),
    fraction("EP_A1_P", "Alpha-1 globulines", "13978-2", "Alpha-1 globulines/protéines totales [Fraction massique] Sérum/Plasma ; Numérique ; Électrophorèse").usual(&[from_to("2.9", "4.9")]),
    fraction_gram("EP_A1", "Alpha-1 globulines", "2865-4", "Alpha-1 globulines [Masse/Volume] Sérum/Plasma ; Numérique ; Électrophorèse").usual(&[from_to("2.1", "3.5")]),
    fraction("EP_A2_P", "Alpha-2 globulines", "13981-6", "Alpha-2 globulines/protéines totales [Fraction massique] Sérum/Plasma ; Numérique ; Électrophorèse").usual(&[from_to("7.1", "11.8")]),
    fraction_gram("EP_A2", "Alpha-2 globulines", "2868-8", "Alpha-2 globulines [Masse/Volume] Sérum/Plasma ; Numérique ; Électrophorèse").usual(&[from_to("5.1", "8.5")]),
    fraction("EP_B_P", "Bêta globulines", "13982-4", "Bêta globulines/protéines totales [Fraction massique] Sérum/Plasma ; Numérique ; Électrophorèse").usual(&[from_to("7.9", "13.7")]),
    fraction_gram("EP_B", "Bêta globulines", "2871-2", "Bêta globulines [Masse/Volume] Sérum/Plasma ; Numérique ; Électrophorèse").usual(&[from_to("5.7", "9.9")]),
    fraction("EP_G_P", "Gamma globulines", "13983-2", "Gamma globulines/protéines totales [Fraction massique] Sérum/Plasma ; Numérique ; Électrophorèse").usual(&[from_to("11.1", "18.8")]),
    fraction_gram("EP_G", "Gamma globulines", "2874-6", "Gamma globulines [Masse/Volume] Sérum/Plasma ; Numérique ; Électrophorèse").usual(&[from_to("8.0", "13.5")]),
];
