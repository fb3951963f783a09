//! Table: blood count, sedimentation rate, coagulation, blood group.

use super::*;

const BLOOD_COUNT_PANEL: UsualBattery =
    UsualBattery { code: "58410-2", label: "Hémogramme complet sur automate", is_loinc: true };

const GIGA: &[&str] = &["G/L", "10^9/L", "10E9/L", "10*3/uL", "10*3/mm3", "Giga/L"];
const TERA: &[&str] = &["T/L", "10^12/L", "10E12/L", "10*6/uL", "10*6/mm3", "Tera/L"];

/// Part of the blood count, NABM 1104.
const fn count(
    code: &'static str,
    label: &'static str,
    loinc: &'static str,
    loinc_label: &'static str,
) -> UsualAnalysis {
    row(code, label, loinc, loinc_label).on(HEMATOLOGY, BLOOD).nabm("1104").battery(BLOOD_COUNT_PANEL)
}

const fn percent(
    code: &'static str,
    label: &'static str,
    loinc: &'static str,
    loinc_label: &'static str,
) -> UsualAnalysis {
    count(code, label, loinc, loinc_label).unit("%", "%", &[])
}

const fn giga(
    code: &'static str,
    label: &'static str,
    loinc: &'static str,
    loinc_label: &'static str,
) -> UsualAnalysis {
    count(code, label, loinc, loinc_label).unit("10*9/L", "G/L", GIGA)
}

/// Blood count with differential, reticulocytes, sedimentation rate.
#[rustfmt::skip]
pub(super) const BLOOD_COUNT: &[UsualAnalysis] = &[
    giga("GB", "Leucocytes", "6690-2", "Leucocytes [Nombre/Volume] Sang ; Numérique ; Comptage automate")
        .usual(&[from_to("4.0", "10.0")]).critical("1.0", "50.0"),
    count("GR", "Hématies", "789-8", "Érythrocytes [Nombre/Volume] Sang ; Numérique ; Comptage automate")
        .unit("10*12/L", "T/L", TERA).usual(&[adults('F', "3.80", "5.30"), adults('M', "4.20", "5.80")]),
    count("HB", "Hémoglobine", "718-7", "Hémoglobine [Masse/Volume] Sang ; Numérique")
        .unit("g/dL", "g/dL", &["g/100mL", "g/100 mL"]).usual(&[adults('F', "12.0", "16.0"), adults('M', "13.0", "17.0")])
        .critical("7.0", "20.0"),
    count("HT", "Hématocrite", "4544-3", "Hématocrite [Fraction volumique] Sang ; Numérique ; Comptage automate")
        .unit("%", "%", &[]).usual(&[adults('F', "35.0", "47.0"), adults('M', "40.0", "52.0")]),
    count("VGM", "V.G.M.", "787-2", "Volume globulaire moyen [Volume d'entité] Érythrocytes ; Numérique ; Comptage automate")
        .unit("fL", "fL", &["µ3", "µm3"]).usual(&[from_to("80.0", "100.0")]),
    count("TCMH", "T.C.M.H.", "785-6", "Teneur corpusculaire moyenne en hémoglobine [Masse d'entité] Érythrocytes ; Numérique ; Comptage automate")
        .unit("pg", "pg", &[]).usual(&[from_to("27.0", "32.0")]),
    count("CCMH", "C.C.M.H.", "786-4", "Concentration corpusculaire moyenne en hémoglobine [Masse/Volume] Érythrocytes ; Numérique ; Comptage automate")
        .unit("g/dL", "g/dL", &["g/100mL", "g/100 mL"]).usual(&[from_to("32.0", "36.0")]),
    percent("IDR", "Indice de distribution érythrocytaire", "788-0", "Indice de distribution érythrocytaire [Ratio] Érythrocytes ; Numérique ; Comptage automate")
        .usual(&[from_to("11.0", "15.0")]),
    giga("PLQ", "Plaquettes", "777-3", "Plaquettes [Nombre/Volume] Sang ; Numérique ; Comptage automate")
        .usual(&[from_to("150", "400")]).critical("30", "1000"),
    count("VPM", "Volume plaquettaire moyen", "32623-1", "Volume moyen plaquettaire [Volume d'entité] Sang ; Numérique ; Comptage automate")
        .unit("fL", "fL", &["µ3", "µm3"]).usual(&[from_to("7.5", "12.0")]),
    percent("PNN_P", "Polynucléaires neutrophiles", "770-8", "Polynucléaires neutrophiles/100 leucocytes [Fraction de nombres] Sang ; Numérique ; Comptage automate"),
    giga("PNN", "Polynucléaires neutrophiles", "751-8", "Polynucléaires neutrophiles [Nombre/Volume] Sang ; Numérique ; Comptage automate")
        .usual(&[from_to("1.80", "7.50")]).critical_below("0.50"),
    percent("PNE_P", "Polynucléaires éosinophiles", "713-8", "Polynucléaires éosinophiles/100 leucocytes [Fraction de nombres] Sang ; Numérique ; Comptage automate"),
    giga("PNE", "Polynucléaires éosinophiles", "711-2", "Polynucléaires éosinophiles [Nombre/Volume] Sang ; Numérique ; Comptage automate")
        .usual(&[at_most("0.50")]),
    percent("PNB_P", "Polynucléaires basophiles", "706-2", "Polynucléaires basophiles/100 leucocytes [Fraction de nombres] Sang ; Numérique ; Comptage automate"),
    giga("PNB", "Polynucléaires basophiles", "704-7", "Polynucléaires basophiles [Nombre/Volume] Sang ; Numérique ; Comptage automate")
        .usual(&[at_most("0.10")]),
    percent("LYM_P", "Lymphocytes", "736-9", "Lymphocytes/100 leucocytes [Fraction de nombres] Sang ; Numérique ; Comptage automate"),
    giga("LYM", "Lymphocytes", "731-0", "Lymphocytes [Nombre/Volume] Sang ; Numérique ; Comptage automate")
        .usual(&[from_to("1.00", "4.00")]),
    percent("MON_P", "Monocytes", "5905-5", "Monocytes/100 leucocytes [Fraction de nombres] Sang ; Numérique ; Comptage automate"),
    giga("MON", "Monocytes", "742-7", "Monocytes [Nombre/Volume] Sang ; Numérique ; Comptage automate")
        .usual(&[from_to("0.20", "1.00")]),
    row("RETIC", "Réticulocytes", "60474-4", "Réticulocytes [Nombre/Volume] Sang ; Numérique ; Comptage automate")
        .on(HEMATOLOGY, BLOOD).nabm("1109").unit("10*9/L", "G/L", GIGA).usual(&[from_to("20", "120")]),
    row("VS", "Vitesse de sédimentation (1re heure)", "4537-7", "Vitesse de sédimentation [Vitesse] Sang ; Numérique ; Westergren")
        .on(HEMATOLOGY, BLOOD).nabm("1124").unit("mm/h", "mm", &["mm/1h", "mm/heure", "mm 1h"])
        .method(("JW2", "Westergren méthode diluée")).usual(&[at_most_for('F', "20"), at_most_for('M', "15")]),
];

/// Coagulation.
#[rustfmt::skip]
pub(super) const COAGULATION: &[UsualAnalysis] = &[
    row("TP", "Taux de prothrombine", "5894-1", "Temps de Quick patient/témoin [Temps relatif] Plasma pauvre en plaquettes ; Numérique ; Coagulation")
        .on(super::COAGULATION, POOR_PLASMA).nabm("0126").unit("%", "%", &[]).method(CHRONOMETRY)
        .usual(&[at_least("70")]).critical_below("20"),
    row("INR", "I.N.R.", "6301-6", "Temps de Quick INR [Temps relatif] Plasma pauvre en plaquettes ; Numérique ; Coagulation")
        .on(super::COAGULATION, POOR_PLASMA).nabm("0127").method(CHRONOMETRY).critical_above("5.0"),
    row("TCA", "T.C.A. patient", "14979-9", "Temps de céphaline activée [Temps] Plasma pauvre en plaquettes ; Numérique ; Coagulation")
        .on(super::COAGULATION, POOR_PLASMA).nabm("1127").unit("s", "s", &["sec", "secondes"]).method(CHRONOMETRY)
        .critical_above("120"),
    row("TCA_R", "T.C.A. rapport patient/témoin", "63561-5", "Temps de céphaline activée patient/témoin [Temps relatif] Plasma pauvre en plaquettes ; Numérique ; Coagulation")
        .on(super::COAGULATION, POOR_PLASMA).nabm("1127").method(CHRONOMETRY).usual(&[at_most("1.20")]),
    row("FIB", "Fibrinogène", "3255-7", "Fibrinogène [Masse/Volume] Plasma pauvre en plaquettes ; Numérique ; Coagulation")
        .on(super::COAGULATION, POOR_PLASMA).nabm("0174").unit("g/L", "g/L", &[]).method(("HPD", "Chronométrie - VON CLAUSS"))
        .usual(&[from_to("2.00", "4.00")]).critical_below("1.00"),
    row("DDIM", "D-dimères", "48065-7", "D-dimères FEU [Masse/Volume] Plasma pauvre en plaquettes ; Numérique")
        .on(super::COAGULATION, POOR_PLASMA).nabm("1022").unit("ug/L{feu}", "µg/L FEU", &["ng/mL FEU", "ug/L FEU", "ug/L", "ng/mL", "µg/L", "ng/mL{FEU}"])
        .method(("UTX", "Immunodosages - Turbidimétrie")).usual(&[at_most("500")]),
];

/// Blood group and antibody screen.
#[rustfmt::skip]
pub(super) const BLOOD_GROUP: &[UsualAnalysis] = &[
    row("ABO", "Groupe sanguin ABO", "883-9", "Groupe ABO [Type] Sang ; Résultat nominal")
        .on(IMMUNOHEMATOLOGY, BLOOD).nabm("1140").method(("UAA", "Agglutination/hémagglutination")),
    row("RHD", "Rhésus D", "10331-7", "Rhésus [Type] Sang ; Résultat nominal")
        .on(IMMUNOHEMATOLOGY, BLOOD).nabm("1140").method(("UAA", "Agglutination/hémagglutination")),
    row("RAI", "Recherche d'agglutinines irrégulières", "890-4", "Anticorps irréguliers anti-érythrocytaires [Présence/Seuil] Sérum/Plasma ; Qualitatif")
        .on(IMMUNOHEMATOLOGY, PLASMA).nabm("1141").method(("UAA", "Agglutination/hémagglutination")),
];
