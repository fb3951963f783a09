//! Usual analyses of a French laboratory: rows to start a catalogue from. Nothing in; constant rows out, in printing order.
//!
//! Usual and critical values are textbook values for adults. **They are starting values**: they depend on the technique,
//! the reagent and the population, and each laboratory verifies and adapts them before use (ISO 15189, 7.3.5).
//! Children get no usual values here.
//!
//! LOINC content: see [`crate::LOINC_NOTICE`]. NABM codes: table of the SNDS, state of 2019; prices are not held.
//! It does not know which analyses a laboratory does, nor how a result is validated.

mod bacteriology;
mod biochemistry;
mod hematology;
mod hormones;
mod rapid_test;
mod screening;
mod serology;
mod urine;

pub use rapid_test::{RAPID_TESTS, UsualRapidTest};

/// From this age in days (18 years) a range of these tables holds.
pub const ADULT_FROM_DAYS: i32 = 6575;

/// No upper age.
pub const NO_AGE_LIMIT: i32 = i32::MAX;

/// Usual values for a group of patients; bounds are decimals with a point, included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UsualRange {
    /// `F`, `M` or `*` for all.
    pub sex: char,
    /// From this age in days, included.
    pub from_days: i32,
    /// To this age in days, excluded; [`NO_AGE_LIMIT`] for none.
    pub to_days: i32,
    /// Lower bound.
    pub low: Option<&'static str>,
    /// Upper bound.
    pub high: Option<&'static str>,
}

/// What prints several analyses together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UsualBattery {
    /// LOINC panel code, or a local one.
    pub code: &'static str,
    /// French label.
    pub label: &'static str,
    /// Whether the code is a LOINC panel.
    pub is_loinc: bool,
}

/// A usual analysis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UsualAnalysis {
    /// Local code, unique in the table.
    pub code: &'static str,
    /// Label to print.
    pub label: &'static str,
    /// LOINC code, unique in the table.
    pub loinc: &'static str,
    /// French label of the LOINC code, in the form *composant \[grandeur\] milieu ; échelle ; technique*.
    pub loinc_label_fr: &'static str,
    /// NABM code of the act, current in 2019; `None` when no act of its own.
    pub nabm: Option<&'static str>,
    /// LOINC code of the chapter of the report.
    pub chapter_code: &'static str,
    /// French label of the chapter.
    pub chapter_label: &'static str,
    /// Battery, when it is printed with others.
    pub battery: Option<UsualBattery>,
    /// Nature of the specimen, code of HL7 table 0487.
    pub specimen_code: &'static str,
    /// French label of the specimen.
    pub specimen_label: &'static str,
    /// UCUM unit that the national check accepts; `None` for a qualitative result or a pure number such as an INR.
    pub ucum: Option<&'static str>,
    /// Unit as printed; empty when there is none.
    pub printed_unit: &'static str,
    /// Further spellings that senders use.
    pub unit_synonyms: &'static [&'static str],
    /// Usual technique: code and label of JDV_TechniqueBiologie.
    pub method: Option<(&'static str, &'static str)>,
    /// Usual values for adults; starting values.
    pub ranges: &'static [UsualRange],
    /// Below this, the physician is called at once; starting value.
    pub critical_low: Option<&'static str>,
    /// Above this, the physician is called at once; starting value.
    pub critical_high: Option<&'static str>,
    /// Hidden from the patient until a physician has announced the result (*consultation d'annonce*).
    pub hidden_from_patient: bool,
}

/// The tables, in the order in which a report prints them.
const TABLES: &[&[UsualAnalysis]] = &[
    hematology::BLOOD_COUNT,
    hematology::COAGULATION,
    hematology::BLOOD_GROUP,
    biochemistry::BLOOD,
    hormones::BLOOD,
    serology::VIRAL,
    serology::OTHER,
    rapid_test::ANTIGENS,
    urine::CHEMISTRY,
    urine::TEST_STRIP,
    urine::MICROSCOPY,
    bacteriology::CULTURE,
    bacteriology::ANTIBIOTICS,
    screening::CERVICAL,
];

/// Every usual analysis, in printing order.
pub fn analyses() -> impl Iterator<Item = &'static UsualAnalysis> {
    TABLES.iter().copied().flatten()
}

/// An analysis that is reported in two units: what its value is multiplied by to get that of the other one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SecondUnit {
    /// Local code of the analysis that is measured.
    pub of: &'static str,
    /// Local code of the same analysis in the other unit.
    pub to: &'static str,
    /// Decimal with a point.
    pub factor: &'static str,
    /// Digits after the comma.
    pub n_decimals: u32,
}

/// Analyses reported in two units from one measure. Source: molar mass of glucose, 180.16 g/mol.
pub const SECOND_UNITS: &[SecondUnit] = &[SecondUnit { of: "GLY", to: "GLY_G", factor: "0.18016", n_decimals: 2 }];

/// The usual analysis with this local code.
pub fn by_code(code: &str) -> Option<&'static UsualAnalysis> {
    analyses().find(|analysis| analysis.code == code)
}

/// The usual analysis with this LOINC code.
pub fn by_loinc(code: &str) -> Option<&'static UsualAnalysis> {
    analyses().find(|analysis| analysis.loinc == code)
}

// Words of the tables below.

type Pair = (&'static str, &'static str);

const HEMATOLOGY: Pair = ("18723-7", "Hématologie");
const COAGULATION: Pair = ("18720-3", "Hémostase, coagulation");
const IMMUNOHEMATOLOGY: Pair = ("18717-9", "Immunohématologie");
const BIOCHEMISTRY: Pair = ("18719-5", "Biochimie");
const ENDOCRINOLOGY: Pair = ("92895-2", "Endocrinologie");
const VIRAL_SEROLOGY: Pair = ("92893-7", "Sérologie virale");
const PARASITIC_SEROLOGY: Pair = ("92892-9", "Sérologie parasitaire");
const BACTERIAL_SEROLOGY: Pair = ("92894-5", "Sérologie bactérienne");
const URINE_EXAMINATIONS: Pair = ("18729-4", "Examens urinaires - cristallurie");
const MICROBIOLOGY: Pair = ("18725-2", "Microbiologie");
const CYTOLOGY: Pair = ("26438-2", "Cytologie");

const BLOOD: Pair = ("BLD", "Sang");
const SERUM: Pair = ("SER", "Sérum");
const PLASMA: Pair = ("PLAS", "Plasma");
const POOR_PLASMA: Pair = ("PPP", "Plasma pauvre en plaquettes");
const URINE: Pair = ("UR", "Urine");
const ISOLATE: Pair = ("ISLT", "Isolat");

const IMMUNOASSAY: Pair = ("UEA", "Immunodosage EIA");
const CALCULATION: Pair = ("ZC", "Calcul mathématique");
const CHRONOMETRY: Pair = ("HPX", "Chronométrie - Chronométrie");
const STRIP: Pair = ("DNB", "Spectrophotométrie Bandelettes");
const MICROSCOPE: Pair = ("MI", "Observation microscopique");

const fn row(
    code: &'static str,
    label: &'static str,
    loinc: &'static str,
    loinc_label_fr: &'static str,
) -> UsualAnalysis {
    UsualAnalysis {
        code,
        label,
        loinc,
        loinc_label_fr,
        nabm: None,
        chapter_code: "",
        chapter_label: "",
        battery: None,
        specimen_code: "",
        specimen_label: "",
        ucum: None,
        printed_unit: "",
        unit_synonyms: &[],
        method: None,
        ranges: &[],
        critical_low: None,
        critical_high: None,
        hidden_from_patient: false,
    }
}

impl UsualAnalysis {
    const fn on(self, chapter: Pair, specimen: Pair) -> Self {
        Self {
            chapter_code: chapter.0,
            chapter_label: chapter.1,
            specimen_code: specimen.0,
            specimen_label: specimen.1,
            ..self
        }
    }

    const fn nabm(self, code: &'static str) -> Self {
        Self { nabm: Some(code), ..self }
    }

    const fn battery(self, battery: UsualBattery) -> Self {
        Self { battery: Some(battery), ..self }
    }

    const fn unit(
        self,
        ucum: &'static str,
        printed_unit: &'static str,
        unit_synonyms: &'static [&'static str],
    ) -> Self {
        Self { ucum: Some(ucum), printed_unit, unit_synonyms, ..self }
    }

    const fn method(self, technique: Pair) -> Self {
        Self { method: Some(technique), ..self }
    }

    const fn usual(self, ranges: &'static [UsualRange]) -> Self {
        Self { ranges, ..self }
    }

    const fn critical(self, low: &'static str, high: &'static str) -> Self {
        self.critical_below(low).critical_above(high)
    }

    const fn critical_below(self, low: &'static str) -> Self {
        Self { critical_low: Some(low), ..self }
    }

    const fn critical_above(self, high: &'static str) -> Self {
        Self { critical_high: Some(high), ..self }
    }

    const fn hidden(self) -> Self {
        Self { hidden_from_patient: true, ..self }
    }
}

const fn adults(sex: char, low: &'static str, high: &'static str) -> UsualRange {
    UsualRange { sex, from_days: ADULT_FROM_DAYS, to_days: NO_AGE_LIMIT, low: Some(low), high: Some(high) }
}

const fn from_to(low: &'static str, high: &'static str) -> UsualRange {
    adults('*', low, high)
}

const fn at_most(high: &'static str) -> UsualRange {
    UsualRange { low: None, ..adults('*', "", high) }
}

const fn at_least(low: &'static str) -> UsualRange {
    UsualRange { high: None, ..adults('*', low, "") }
}

const fn at_most_for(sex: char, high: &'static str) -> UsualRange {
    UsualRange { low: None, ..adults(sex, "", high) }
}

const fn at_least_for(sex: char, low: &'static str) -> UsualRange {
    UsualRange { high: None, ..adults(sex, low, "") }
}
