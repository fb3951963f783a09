//! Object identifiers and coded constants of CR-BIO 2024.01. Tables only.
//!
//! Source: CI-SIS CR-BIO 2024.01 and structuration minimale; value sets JDV_J02, J04, J142, J143.

use crate::{Facility, PracticeSetting};
use lab::{
    order::{CareSetting, Confidentiality},
    patient::Sex,
    quantity::CodeSystem,
};

/// National identifiers of health professionals (PS_IdNat).
pub const PROFESSIONAL_ROOT: &str = "1.2.250.1.71.4.2.1";
/// National identifiers of health structures (Struct_IdNat).
pub const STRUCTURE_ROOT: &str = "1.2.250.1.71.4.2.2";
/// COFRAC accreditation numbers.
pub const COFRAC_ROOT: &str = "1.2.250.1.213.6.3.1";

/// LOINC.
pub const LOINC: &str = "2.16.840.1.113883.6.1";
/// SNOMED CT.
pub const SNOMED_CT: &str = "2.16.840.1.113883.6.96";
/// NCBI Taxonomy.
pub const NCBI: &str = "2.16.840.1.113883.3.9471";
/// NABM, acts of medical biology.
pub const NABM: &str = "1.2.250.1.213.2.7";
/// National codes waiting for LOINC.
pub const WAITING: &str = "1.2.250.1.213.1.1.5.130";
/// ANSM common table of reagents and techniques.
pub const TECHNIQUE: &str = "1.2.250.1.213.2.3.5";
/// TA_ASIP, codes of the Agence du numérique en santé.
pub const AGENCY: &str = "1.2.250.1.213.1.1.4.322";
/// CIM-10.
pub const ICD_10: &str = "2.16.840.1.113883.6.3";
/// HL7 ObservationInterpretation.
pub const INTERPRETATION: &str = "2.16.840.1.113883.5.83";
/// HL7 v2 table 0487, nature of specimens.
pub const SPECIMEN_TYPE: &str = "2.16.840.1.113883.18.311";

/// The OID and name of a code system; `local` is the arc of the laboratory's catalogue.
pub fn code_system<'a>(system: &CodeSystem, local: &'a str) -> (&'a str, &'static str) {
    match system {
        CodeSystem::Loinc => (LOINC, "LOINC"),
        CodeSystem::SnomedCt => (SNOMED_CT, "SNOMED CT"),
        CodeSystem::Ncbi => (NCBI, "NCBI Taxonomy"),
        CodeSystem::Nabm => (NABM, "NABM"),
        CodeSystem::Waiting => (WAITING, "Code d'attente"),
        CodeSystem::Local => (local, "Catalogue du laboratoire"),
        CodeSystem::Technique => (TECHNIQUE, "ANSM - Table de codage commune des réactifs"),
        CodeSystem::Agency => (AGENCY, "TA_ASIP"),
        CodeSystem::Icd10 => (ICD_10, "CIM-10"),
    }
}

/// Code and label of a sex. Unknown is `UN`: a null flavor is refused by the structuration minimale.
pub fn gender(sex: Sex) -> (&'static str, &'static str) {
    match sex {
        Sex::Female => ("F", "Féminin"),
        Sex::Male => ("M", "Masculin"),
        Sex::Unknown => ("UN", "Inconnu"),
    }
}

/// Code and label of a confidentiality (HL7 Confidentiality).
pub fn confidentiality(confidentiality: Confidentiality) -> (&'static str, &'static str) {
    match confidentiality {
        Confidentiality::Normal => ("N", "Normal"),
        Confidentiality::Restricted => ("R", "Restreint"),
        Confidentiality::VeryRestricted => ("V", "Très restreint"),
    }
}

/// Code and label of an encounter (JDV_J142).
pub fn encounter(setting: CareSetting) -> (&'static str, &'static str) {
    match setting {
        CareSetting::Ambulatory => ("AMB", "Ambulatoire (hors établissement)"),
        CareSetting::Inpatient => ("IMP", "Hospitalisation (établissement, y compris HAD)"),
        CareSetting::Emergency => ("EMER", "Passage aux urgences (établissement)"),
    }
}

/// Code and label of a facility (JDV_J02).
pub fn facility(facility: Facility) -> (&'static str, &'static str) {
    match facility {
        Facility::MedicalBiologyLaboratory => ("SA25", "Laboratoire de biologie médicale"),
        Facility::AnalysisLaboratory => ("SA29", "Laboratoire d'analyses et de biologie médicale"),
        Facility::Pharmacy => ("SA33", "Pharmacie d'officine"),
        Facility::IndividualOffice => ("SA07", "Cabinet individuel"),
        Facility::GroupOffice => ("SA08", "Cabinet de groupe"),
    }
}

/// Code and label of a frame of practice (JDV_J04).
pub fn practice(practice: PracticeSetting) -> (&'static str, &'static str) {
    match practice {
        PracticeSetting::Ambulatory => ("AMBULATOIRE", "Ambulatoire"),
        PracticeSetting::Establishment => ("ETABLISSEMENT", "Etablissement de santé"),
        PracticeSetting::Screening => ("DEPISTAGE", "Dépistage"),
    }
}

/// The act or chapter of a second laboratory, a national waiting code. Source: examples of CR-BIO 2024.01.
pub const SECOND_LABORATORY: &str = "1443252";

/// The chapter of what has no chapter with a LOINC code. Label of the national chapter list.
pub const ANY_CHAPTER: (&str, &str) = ("26436-6", "Biologie polyvalente");
