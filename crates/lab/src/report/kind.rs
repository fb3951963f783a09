//! Kind: under which type and title a report is filed, and whether it holds what its kind needs.
//!
//! In: a report. Out: the code, label and title that its document, metadata and mails bear; findings that keep it from
//! being signed. Does not know how any of them is written.
//!
//! Source: JDV_J07_XdsTypeCode_CISIS (state of 2024); BIO-TROD 2024.01; CR-BIO 2024.01, DEP-CCU examples.

use super::{
    Item, Report,
    screening::{CYTOLOGY, HPV_TEST},
};
use crate::{finding::Finding, quantity::Value};

/// What a report is to those who file it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Kind {
    /// The report of examinations, that of a screening included.
    Examinations,
    /// The report of a test made on the spot (TROD).
    RapidTest,
}

impl Kind {
    /// LOINC code of the type of document.
    pub fn loinc(self) -> &'static str {
        match self {
            Self::Examinations => "11502-2",
            Self::RapidTest => "96173-0",
        }
    }

    /// Label of that code in the value set of types, at most 40 characters.
    pub fn label(self) -> &'static str {
        match self {
            Self::Examinations => "CR d'examens biologiques",
            Self::RapidTest => "Test rapide d'orientation diagnostique",
        }
    }
}

impl Report {
    /// What it is to those who file it.
    pub fn kind(&self) -> Kind {
        if self.rapid_test.is_some() { Kind::RapidTest } else { Kind::Examinations }
    }

    /// Its title: fixed for examinations, with the name of the test for a rapid one.
    pub fn title(&self) -> String {
        match &self.rapid_test {
            None => "Compte rendu d'examens biologiques".to_owned(),
            Some(test) => format!("{} : TROD {}", Kind::RapidTest.label(), test.name.trim()),
        }
    }

    /// What it lacks to be of its kind; an empty list lets it be signed.
    ///
    /// | finding               | what is wrong                                                                       |
    /// |-----------------------|-------------------------------------------------------------------------------------|
    /// | `SCREENING-NO-TEST`   | a screening without a search for HPV, a cytology or another laboratory's report     |
    /// | `RAPID-TEST-RESULT`   | a result that is neither a code nor a number, or not alone in its table             |
    /// | `RAPID-TEST-JOINED`   | a report of another laboratory is joined to that of a rapid test                    |
    ///
    /// Places are local codes of analyses.
    pub fn unfit(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let is_test = |code: &str| [HPV_TEST, CYTOLOGY].contains(&code);
        let is_tested = || self.results().filter_map(|it| it.loinc.as_ref()).any(|it| is_test(&it.code));
        if self.screening.is_some() && self.attachments.is_empty() && !is_tested() {
            findings.push(Finding::error("SCREENING-NO-TEST", ""));
        }
        if self.rapid_test.is_some() {
            let sections = self.chapters.iter().flat_map(|chapter| &chapter.sections);
            let unfit = sections.flat_map(|section| &section.items).filter_map(not_of_rapid_test);
            findings.extend(unfit.map(|code| Finding::error("RAPID-TEST-RESULT", code)));
            if !self.attachments.is_empty() {
                findings.push(Finding::error("RAPID-TEST-JOINED", ""));
            }
        }
        findings
    }
}

/// The local code, or label, of what the report of a rapid test cannot hold.
///
/// Source: BIO-TROD 2024.01, schematron: results stand by themselves, each `CD`, `PQ`, `INT` or an interval of them.
fn not_of_rapid_test(item: &Item) -> Option<String> {
    match item {
        Item::Result(result) => match result.value() {
            Some(Value::Coded(_) | Value::Number { .. }) => None,
            _ => Some(result.local_code.clone()),
        },
        Item::Battery(battery) => Some(battery.code.code.clone()),
        Item::Isolate(isolate) => Some(isolate.organism.label.clone()),
        Item::Figure(figure) => Some(figure.title.clone()),
    }
}
