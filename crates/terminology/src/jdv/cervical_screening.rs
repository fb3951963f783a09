//! Tables of the screening of cervical cancer (CCU), sets JDV_*CCU_CISIS. Code, French label, code system.
//!
//! Origin: value sets published by the Agence du Numérique en Santé (ansforge/TestContenuCDA-3-0). Facts only, in the order of
//! the publication; labels are as published, runs of spaces made one, lines without space at their ends.
//! Two kits that were published without a code (`code à fournir`) are left out.

use super::Concept;

const A: &str = "1.2.250.1.213.1.1.4.322";
const B: &str = "2.16.840.1.113883.6.96";
const C: &str = "1.2.250.1.213.2.3.5";
const D: &str = "2.16.840.1.113883.6.1";

/// JDV_ContexteExamenCCU_CISIS (1.2.250.1.213.1.1.5.722, state of 20231017), context of the examination.
#[rustfmt::skip]
pub(super) const CONTEXT: &[Concept] = &[
    Concept { code: "MED-1210", label: "Test HPV-HR de dépistage primaire réalisé sur prélèvement cervico-utérin", system: A },
    Concept { code: "MED-1211", label: "Test HPV-HR de dépistage primaire réalisé sur un auto-prélèvement", system: A },
    Concept { code: "MED-1212", label: "Test HPV-HR réalisé en réflexe après examen cytologique anormal (ASCUS - AGC) de dépistage primaire", system: A },
    Concept { code: "MED-1213", label: "Test HPV-HR de contrôle", system: A },
    Concept { code: "MED-1214", label: "Examen cytologique de dépistage primaire", system: A },
    Concept { code: "MED-1215", label: "Examen cytologique de contrôle", system: A },
];

/// JDV_LocalisationPrelevementCCU_CISIS (1.2.250.1.213.1.1.5.717, state of 20230525), site of the sampling.
#[rustfmt::skip]
pub(super) const SITE: &[Concept] = &[
    Concept { code: "76784001", label: "vagin", system: B },
    Concept { code: "36973007", label: "endocol utérin", system: B },
    Concept { code: "28349006", label: "exocol utérin", system: B },
];

/// JDV_ResultatRechercheHPVCCU_CISIS (1.2.250.1.213.1.1.5.720, state of 20230525), result of the search for HPV.
#[rustfmt::skip]
pub(super) const HPV: &[Concept] = &[
    Concept { code: "77851000146104", label: "HPV-HR non détecté", system: B },
    Concept { code: "1269497006", label: "ADN d'HPV-HR détecté", system: B },
    Concept { code: "442754001", label: "résultat de l'évaluation non concluant", system: B },
    Concept { code: "125154007", label: "échantillon insatisfaisant pour l'évaluation", system: B },
];

/// JDV_ResultatExamenCytologiqueCCU_CISIS (1.2.250.1.213.1.1.5.721, state of 20231017), result of the cytology.
#[rustfmt::skip]
pub(super) const CYTOLOGY: &[Concept] = &[
    Concept { code: "MED-1192", label: "non satisfaisant pour l’évaluation", system: A },
    Concept { code: "MED-1193", label: "négatif pour une lésion intra-épithéliale ou maligne", system: A },
    Concept { code: "MED-1194", label: "adénocarcinome SAP", system: A },
    Concept { code: "MED-1195", label: "adénocarcinome in situ de l’endocol", system: A },
    Concept { code: "MED-1196", label: "adénocarcinome endocervical", system: A },
    Concept { code: "MED-1197", label: "adénocarcinome endométrial", system: A },
    Concept { code: "MED-1198", label: "adénocarcinome d’origine extra-utérine", system: A },
    Concept { code: "MED-1199", label: "cellules malpighiennes atypiques de signification indéterminée (ASC-US)", system: A },
    Concept { code: "MED-1200", label: "cellules malpighiennes atypiques ne permettant pas d’éliminer une lésion malpighienne intra-épithéliale de haut grade (ASC-H)", system: A },
    Concept { code: "MED-1201", label: "cellules malpighiennes intra-épithéliale de haut grade (HSIL)", system: A },
    Concept { code: "MED-1202", label: "cellules glandulaires atypiques SAP", system: A },
    Concept { code: "MED-1203", label: "cellules endocervicales atypiques SAP", system: A },
    Concept { code: "MED-1204", label: "cellules endométriales atypiques SAP", system: A },
    Concept { code: "MED-1205", label: "cellules glandulaires en faveur d’une néoplasie", system: A },
    Concept { code: "MED-1206", label: "cellules endocervicales atypiques en faveur d’une néoplasie", system: A },
    Concept { code: "MED-1207", label: "carcinome epidermoïde", system: A },
    Concept { code: "MED-1208", label: "lésion malpighienne intra-épithéliale de bas grade (LSIL)", system: A },
    Concept { code: "MED-1209", label: "lésion malpighienne intra-épithéliale de haut grade avec des aspects faisant suspecter une invasion", system: A },
    Concept { code: "GEN-092.01.12", label: "Autre tumeur maligne", system: A },
];

/// JDV_MilieuCytologieCCU_CISIS (1.2.250.1.213.1.1.5.723, state of 20231017), medium of the sample.
#[rustfmt::skip]
pub(super) const MEDIUM: &[Concept] = &[
    Concept { code: "GEN-303", label: "Hologic ThinPrep PreservCyt", system: A },
    Concept { code: "GEN-304", label: "BD Surepath", system: A },
    Concept { code: "GEN-305", label: "Easyfix VWR", system: A },
    Concept { code: "GEN-306", label: "Cyt-ALL Alphapath", system: A },
    Concept { code: "GEN-307", label: "Pretect Transportation Medium", system: A },
    Concept { code: "GEN-092.08.07", label: "Autre milieu", system: A },
];

/// JDV_ConclusionSimplifieeCCU_CISIS (1.2.250.1.213.1.1.5.726, state of 20230623), conclusion for the patient.
#[rustfmt::skip]
pub(super) const CONCLUSION: &[Concept] = &[
    Concept { code: "MED-1188", label: "Vous avez effectué un test de dépistage dans le cadre du programme de dépistage du cancer du col de l’utérus.\nCelui-ci est non interprétable. Cela signifie que l’analyse de votre prélèvement est non concluante ou n’a pas pu être effectuée.\n\nNous vous recommandons vivement de consulter votre médecin ou votre sage-femme afin qu’un nouveau prélèvement puisse être refait dans un délai de 3 mois.\n\nPour une bonne coordination, vos résultats sont envoyés aux professionnels de santé concernés par votre dépistage. Ils sont également transmis au médecin coordonnateur du centre de coordination des dépistages des cancers de votre région.", system: A },
    Concept { code: "MED-1189", label: "Vous avez effectué un test de dépistage dans le cadre du programme de dépistage du cancer du col de l’utérus.\nCelui-ci n’a pas révélé d’anomalie.\n\nN’oubliez pas de refaire un test de dépistage dans 5 ans.\n\nD'ici là, nous vous invitons à consulter votre médecin ou votre sage-femme en cas de troubles ou symptômes (saignements vaginaux anormaux inhabituelles, pertes vaginales anormales, douleurs, etc.).\n\nPour une bonne coordination, vos résultats sont envoyés aux professionnels de santé concernés par votre dépistage. Ils sont également transmis au médecin coordonnateur du centre de coordination des dépistages des cancers de votre région.", system: A },
    Concept { code: "MED-1190", label: "Vous avez effectué un test de dépistage dans le cadre du programme de dépistage du cancer du col de l’utérus.\nCelui-ci a révélé une anomalie. Cela ne signifie pas que vous avez un cancer mais que des examens complémentaires ou un suivi spécifique peuvent être nécessaires.\n\nNous vous recommandons vivement de contacter votre médecin ou votre sage-femme qui vous expliquera les résultats et vous indiquera le suivi à mettre en place ou les éventuels examens complémentaires à réaliser. Il ou elle vous orientera, si besoin, vers un professionnel de santé spécialisé.\n\nPour une bonne coordination, vos résultats sont envoyés aux professionnels de santé concernés par votre dépistage. Ils sont également transmis au médecin coordonnateur du centre de coordination des dépistages des cancers de votre région.", system: A },
    Concept { code: "MED-1191", label: "Vous avez effectué un test de dépistage dans le cadre du programme de dépistage du cancer du col de l’utérus.\nCelui-ci n’a pas révélé d’anomalie.\n\nN’oubliez pas de refaire un test de dépistage dans 3 ans ou dans 1 an si c’est votre premier dépistage.\n\nD'ici là, nous vous invitons à consulter votre médecin ou votre sage-femme en cas de troubles ou symptômes (saignements vaginaux anormaux inhabituelles, pertes vaginales anormales, douleurs, etc.).\n\nPour une bonne coordination, vos résultats sont envoyés aux professionnels de santé concernés par votre dépistage. Ils sont également transmis au médecin coordonnateur du centre de coordination des dépistages des cancers de votre région.", system: A },
];

/// JDV_TypeDeTestRealiseCCU_CISIS (1.2.250.1.213.1.1.5.728, state of 20230627), kind of test.
#[rustfmt::skip]
pub(super) const TEST: &[Concept] = &[
    Concept { code: "10524-7", label: "Observation microscopique:Identification:Ponctuel:Col de l'utérus:Résultat nominal:Coloration cellulaire", system: D },
    Concept { code: "77379-6", label: "Papillomavirus humain 16 et 18 et 31+33+35+39+45+51+52+56+58+59+66+68 ADN:Interprétation:Ponctuel:Col de l'utérus:Résultat nominal", system: D },
];

/// JDV_TrousseCCU_CISIS (1.2.250.1.213.1.1.5.729, state of 20231025), kit that detects HPV.
#[rustfmt::skip]
pub(super) const KIT: &[Concept] = &[
    Concept { code: "VHEDA1GUR01LX", label: "ABBOTT - Alinity m HR HPV AMP Kit (09N15-090)", system: C },
    Concept { code: "VHEDA1GUR02LX", label: "ABBOTT - RealTime High Risk HPV (02N09-092)", system: C },
    Concept { code: "VHEDC7GUR01LX", label: "BD - Onclarity HPV Assay (442946)", system: C },
    Concept { code: "VHEDC7GUR02LX", label: "BD - Onclarity HPV Assay pour le système BD COR (443982)", system: C },
    Concept { code: "VHEDCDGUR01LX", label: "CEPHEID - Xpert HPV (GXHPV-CE-10)", system: C },
    Concept { code: "VHEDNGGUP01LX", label: "GENOMICA - CLART HPV4S ()", system: C },
    Concept { code: "VHEDB2GUP01LX", label: "GREINER BIO-ONE - PapilloCheck (465060)", system: C },
    Concept { code: "VHERCQGAX01LX", label: "HOLOGIC - APTIMA HPV Assay (Panther System) (302929/303093)", system: C },
    Concept { code: "VHEDNHGUR01LX", label: "HYBRIBIO - 14 High-risk HPV with 16/18 Genotyping Real-time PCR kit (HBRT-H14)", system: C },
    Concept { code: "VHEDHUGYA01LX", label: "QIAGEN - Digene HC2 High - Risk HPV DNA (5197-1330/618111)", system: C },
    Concept { code: "VHEDARGUR01LX", label: "ROCHE DIAGNOSTICS - Cobas 4800 HPV Test (05235910190/05235901190)", system: C },
    Concept { code: "VHEDARGUR02LX", label: "ROCHE DIAGNOSTICS - Cobas HPV 6800/8800 Systems (07460155190)", system: C },
    Concept { code: "VHEDHVGUR01LX", label: "SEEGENE - Anyplex II HPV HR Detection (HP7E00X/HP10380Z)", system: C },
    Concept { code: "VHEDD4GUR01LX", label: "NEUMODX MOLECULAR - NeuMoDx HPV Test Strip (617007)", system: C },
    Concept { code: "VHEDMNGUR01LX", label: "SELF SCREEN - QIAscreen HPV PCR Test (617005)", system: C },
    Concept { code: "GEN-092.08.06", label: "Autre trousse", system: A },
];
