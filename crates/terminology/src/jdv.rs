//! Value sets (*jeux de valeurs*) bound in CR-BIO and XDS: in, a code; out, its French label and code system.
//!
//! Each set is a constant table in the order of its publication. It does not know which document field binds which set.

mod cervical_screening;
mod observation_interpretation;
mod rapid_test_result;
mod specimen_type;
mod technique;
mod title;
mod xds_author_specialty;
mod xds_facility_type;
mod xds_practice_setting;

/// A concept of a value set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Concept {
    /// Code, case sensitive.
    pub code: &'static str,
    /// French label.
    pub label: &'static str,
    /// Object identifier of the code system.
    pub system: &'static str,
}

/// A value set.
#[derive(Clone, Copy, Debug)]
pub struct ValueSet {
    /// Name, as published.
    pub name: &'static str,
    /// Object identifier of the set.
    pub oid: &'static str,
    /// Its concepts, in the order of the publication.
    pub concepts: &'static [Concept],
}

impl ValueSet {
    /// The concept with this code. Where two code systems share a code, the first published.
    pub fn find(&self, code: &str) -> Option<&'static Concept> {
        self.concepts.iter().find(|concept| concept.code == code)
    }

    /// The French label of a code.
    pub fn label(&self, code: &str) -> Option<&'static str> {
        self.find(code).map(|concept| concept.label)
    }
}

/// Profession and specialty of an author: `G15_10/SM03`.
pub const AUTHOR_SPECIALTY: ValueSet = ValueSet {
    name: "JDV_J01_XdsAuthorSpecialty_CISIS",
    oid: "1.2.250.1.213.1.1.5.461",
    concepts: xds_author_specialty::CONCEPTS,
};

/// Kind of structure: `SA25` is a medical laboratory.
pub const FACILITY_TYPE: ValueSet = ValueSet {
    name: "JDV_J02_XdsHealthcareFacilityTypeCode_CISIS",
    oid: "1.2.250.1.213.1.1.5.466",
    concepts: xds_facility_type::CONCEPTS,
};

/// Practice setting: `AMBULATOIRE`, `ETABLISSEMENT`…
pub const PRACTICE_SETTING: ValueSet = ValueSet {
    name: "JDV_J04_XdsPracticeSettingCode_CISIS",
    oid: "1.2.250.1.213.1.1.5.467",
    concepts: xds_practice_setting::CONCEPTS,
};

/// What a result means: `N`, `H`, `HH`, `POS`, `R`…
pub const OBSERVATION_INTERPRETATION: ValueSet = ValueSet {
    name: "JDV_HL7_ObservationInterpretation_CISIS",
    oid: "2.16.840.1.113883.1.11.78",
    concepts: observation_interpretation::CONCEPTS,
};

/// Nature of a specimen, HL7 table 0487: `BLD`, `SER`, `UR`…
pub const SPECIMEN_TYPE: ValueSet =
    ValueSet { name: "JDV_HL7_SpecimenType_CISIS", oid: "2.16.840.1.113883.21.327", concepts: specimen_type::CONCEPTS };

/// Technique of an examination, ANSM common table.
pub const TECHNIQUE: ValueSet =
    ValueSet { name: "JDV_TechniqueBiologie_CISIS", oid: "1.2.250.1.213.1.1.5.789", concepts: technique::CONCEPTS };

/// Title of a professional: `DR`, `PR`…
pub const TITLE: ValueSet =
    ValueSet { name: "JDV_J246_Titre_CISIS", oid: "1.2.250.1.213.1.1.5.719", concepts: title::CONCEPTS };

/// Why an examination of the screening of cervical cancer is done.
pub const SCREENING_CONTEXT: ValueSet = ValueSet {
    name: "JDV_ContexteExamenCCU_CISIS",
    oid: "1.2.250.1.213.1.1.5.722",
    concepts: cervical_screening::CONTEXT,
};

/// Where the sample of a cervical screening is taken.
pub const SCREENING_SITE: ValueSet = ValueSet {
    name: "JDV_LocalisationPrelevementCCU_CISIS",
    oid: "1.2.250.1.213.1.1.5.717",
    concepts: cervical_screening::SITE,
};

/// Result of the search for HPV in a cervical screening.
pub const SCREENING_HPV: ValueSet = ValueSet {
    name: "JDV_ResultatRechercheHPVCCU_CISIS",
    oid: "1.2.250.1.213.1.1.5.720",
    concepts: cervical_screening::HPV,
};

/// Result of the cytology in a cervical screening.
pub const SCREENING_CYTOLOGY: ValueSet = ValueSet {
    name: "JDV_ResultatExamenCytologiqueCCU_CISIS",
    oid: "1.2.250.1.213.1.1.5.721",
    concepts: cervical_screening::CYTOLOGY,
};

/// Medium that the sample of a cervical screening is kept in.
pub const SCREENING_MEDIUM: ValueSet = ValueSet {
    name: "JDV_MilieuCytologieCCU_CISIS",
    oid: "1.2.250.1.213.1.1.5.723",
    concepts: cervical_screening::MEDIUM,
};

/// What a cervical screening tells the patient, several lines each.
pub const SCREENING_CONCLUSION: ValueSet = ValueSet {
    name: "JDV_ConclusionSimplifieeCCU_CISIS",
    oid: "1.2.250.1.213.1.1.5.726",
    concepts: cervical_screening::CONCLUSION,
};

/// Tests of a cervical screening: cytology, search for HPV.
pub const SCREENING_TEST: ValueSet = ValueSet {
    name: "JDV_TypeDeTestRealiseCCU_CISIS",
    oid: "1.2.250.1.213.1.1.5.728",
    concepts: cervical_screening::TEST,
};

/// Kits that detect HPV in a cervical screening.
pub const SCREENING_KIT: ValueSet =
    ValueSet { name: "JDV_TrousseCCU_CISIS", oid: "1.2.250.1.213.1.1.5.729", concepts: cervical_screening::KIT };

/// Result of a rapid test (TROD) that is positive or negative.
pub const RAPID_TEST_RESULT: ValueSet = ValueSet {
    name: "JDV_ResultatDepistage_CISIS",
    oid: "1.2.250.1.213.1.1.5.761",
    concepts: rapid_test_result::CONCEPTS,
};

/// Every value set held here.
pub const ALL: &[ValueSet] = &[
    AUTHOR_SPECIALTY,
    FACILITY_TYPE,
    PRACTICE_SETTING,
    OBSERVATION_INTERPRETATION,
    SPECIMEN_TYPE,
    TECHNIQUE,
    TITLE,
    SCREENING_CONTEXT,
    SCREENING_SITE,
    SCREENING_HPV,
    SCREENING_CYTOLOGY,
    SCREENING_MEDIUM,
    SCREENING_CONCLUSION,
    SCREENING_TEST,
    SCREENING_KIT,
    RAPID_TEST_RESULT,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_have_the_published_size_and_no_code_twice_in_a_system() {
        let sizes: Vec<usize> = ALL.iter().map(|set| set.concepts.len()).collect();
        assert_eq!(sizes, [396, 69, 12, 39, 334, 143, 6, 6, 3, 4, 19, 6, 4, 2, 16, 4]);
        for set in ALL {
            let mut seen = std::collections::HashSet::new();
            for concept in set.concepts {
                assert!(seen.insert((concept.code, concept.system)), "{} {}", set.name, concept.code);
                assert!(!concept.label.is_empty());
            }
        }
    }

    #[test]
    fn codes_give_their_label_and_unknown_ones_nothing() {
        assert_eq!(FACILITY_TYPE.label("SA25"), Some("Laboratoire de biologie médicale"));
        assert_eq!(SPECIMEN_TYPE.label("SER"), Some("Sérum"));
        assert_eq!(AUTHOR_SPECIALTY.label("G15_10/SM03"), Some("Médecin - Biologie médicale (SM)"));
        assert_eq!(SPECIMEN_TYPE.find("ser"), None);
    }
}
