//! What a check found, with everything a reader wants: for the flow, for pages and for reports.

use cda_pack::Chosen;
use lab::finding::Finding;
use schematron::{NotEvaluable, ParseError, Severity, Shown};
use std::fmt;
use xsd::Kind;

/// What was found in a document.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The document could not be read: nothing else was checked.
    pub unreadable: Option<Unreadable>,
    /// What the XML schema says; none when there is none.
    pub xsd: Option<XsdOutcome>,
    /// The volet, and why.
    pub volet: Chosen,
    /// One for each schema, in order.
    pub schematrons: Vec<SchematronOutcome>,
    /// Our own checks.
    pub lint: Vec<Finding>,
    /// What is wrong with the pack or was repaired in it, as far as these schemas go.
    pub pack: Vec<PackFinding>,
}

/// What the whole of it amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Everything was checked, and nothing found.
    Clean,
    /// Nothing was found, and something could not be checked.
    NotChecked,
    /// Something is wrong.
    NotConform,
}

impl Outcome {
    /// What it amounts to. Our own checks are not counted: they are warnings to those who ask for them.
    pub fn verdict(&self) -> Verdict {
        let is_wrong = self.unreadable.is_some()
            || self.xsd.as_ref().is_some_and(|it| !it.errors.is_empty())
            || self.schematrons.iter().any(|it| !it.failed.is_empty() || !it.reports.is_empty());
        let is_unchecked = matches!(self.volet, Chosen::Absent { .. })
            || self.xsd.as_ref().is_some_and(|it| it.unusable.is_some())
            || self.schematrons.iter().any(|it| !it.is_whole());
        match (is_wrong, is_unchecked) {
            (true, _) => Verdict::NotConform,
            (false, true) => Verdict::NotChecked,
            (false, false) => Verdict::Clean,
        }
    }
}

/// Why a document could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Its French sentence is in the catalogue.
    pub code: &'static str,
    /// Line, from 1; 0 when it is about the whole.
    pub line: u32,
    /// Column in bytes, from 1.
    pub column: u32,
    /// What is wrong, without content of the document.
    pub reason: String,
}

impl Unreadable {
    pub(super) fn not_xml(error: ParseError) -> Self {
        Self { code: "CHECK-NOT-XML", line: error.line, column: error.column, reason: error.reason }
    }

    /// Larger than [`super::DOCUMENT_BYTES_MAX`].
    pub fn too_large() -> Self {
        let reason = format!("larger than {} bytes", super::DOCUMENT_BYTES_MAX);
        Self { code: "CHECK-TOO-LARGE", line: 0, column: 0, reason }
    }
}

/// What the XML schema says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct XsdOutcome {
    /// In document order; empty when the document is valid.
    pub errors: Vec<XsdEntry>,
    /// Why the schema cannot be used, when it cannot.
    pub unusable: Option<String>,
}

impl XsdOutcome {
    /// What a schema says of a document.
    pub(super) fn new(schema: &Result<xsd::Schema, xsd::Error>, document: &[u8]) -> Self {
        match schema {
            Ok(schema) => {
                let verdict = schema.validate(document);
                Self { errors: verdict.errors.into_iter().map(XsdEntry::new).collect(), unusable: None }
            }
            Err(error) => Self { errors: Vec::new(), unusable: Some(error.to_string()) },
        }
    }

    /// Whether the document is valid.
    pub fn is_valid(&self) -> bool {
        self.errors.is_empty() && self.unusable.is_none()
    }
}

impl XsdEntry {
    fn new(it: xsd::XsdError) -> Self {
        let finding = match it.kind() {
            Kind::Content => "XSD-CONTENT",
            Kind::Text => "XSD-TEXT",
            Kind::Attribute => "XSD-ATTRIBUTE",
            Kind::Value => "XSD-VALUE",
            Kind::Type => "XSD-TYPE",
            Kind::Identifier => "XSD-IDENTIFIER",
            Kind::Reading => "XSD-READING",
        };
        let (line, column, code) = (it.line, it.column, it.code.to_owned());
        Self { line, column, code, finding, message: it.message, location: it.path }
    }
}

/// One thing that the XML schema forbids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XsdEntry {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// The rule of the norm.
    pub code: String,
    /// The finding whose sentence says what is wrong.
    pub finding: &'static str,
    /// What is wrong, in the words of the validator; may quote the document.
    pub message: String,
    /// Which element or attribute.
    pub location: Option<String>,
}

/// What one schema said.
#[derive(Clone, Debug, Default)]
pub struct SchematronOutcome {
    /// Its file in the pack.
    pub file: String,
    /// Its title.
    pub title: String,
    /// Rules that fired, each counted with each node.
    pub n_fired: usize,
    /// Assertions that do not hold.
    pub failed: Vec<Entry>,
    /// Reports that hold.
    pub reports: Vec<Entry>,
    /// Checks without value on this document.
    pub not_evaluable: Vec<Entry>,
    /// Contexts without value at a node.
    pub n_contexts_without_value: usize,
    /// Why the schema is not checked in full, when it is not.
    pub incomplete: Option<String>,
    /// What is wrong or was repaired in the schema.
    pub findings: Vec<PackFinding>,
}

impl SchematronOutcome {
    /// The name of its file.
    pub fn name(&self) -> &str {
        self.file.rsplit('/').next().unwrap_or(&self.file)
    }

    /// Whether all of it was checked.
    pub fn is_whole(&self) -> bool {
        self.incomplete.is_none() && self.not_evaluable.is_empty() && self.n_contexts_without_value == 0
    }

    /// Whether all of it was checked and nothing found.
    pub fn is_clean(&self) -> bool {
        self.is_whole() && self.failed.is_empty() && self.reports.is_empty()
    }
}

/// An assertion that does not hold, a report that does, or a check without value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Pattern and context: `pattern/context`.
    pub rule: String,
    /// The id of the check.
    pub id: Option<String>,
    /// The expression, parameters replaced.
    pub test: String,
    /// Where in the document: `/Q{namespace}name[n]/…`.
    pub location: String,
    /// Line in the document, from 1.
    pub line: u32,
    /// Column in the document, from 1, in bytes.
    pub column: u32,
    /// As written.
    pub role: Option<String>,
    /// As written.
    pub flag: Option<String>,
    /// How grave it is, by its role.
    pub severity: Severity,
    /// The message; for a check without value, why, in the words of the engine.
    pub message: String,
    /// The finding whose sentence says why there is no value; none for a check that has one.
    pub finding: Option<&'static str>,
    /// Diagnostics: id and text.
    pub diagnostics: Vec<(String, String)>,
    /// The file of the check in the pack.
    pub file: String,
    /// Its line.
    pub file_line: u32,
}

impl Entry {
    /// A check without value on a node.
    pub(super) fn not_evaluable(shown: Shown<'_>, it: &NotEvaluable) -> Self {
        let finding = match &it.error {
            None => "RULE-NOT-COMPILED",
            Some(error) if error.code == "LIMIT" => "RULE-LIMIT",
            Some(_) => "RULE-NO-VALUE",
        };
        Self { finding: Some(finding), ..Self::new(shown) }
    }

    pub(super) fn new(shown: Shown<'_>) -> Self {
        let severity = shown.severity();
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self {
            id: owned(shown.id),
            test: shown.test.to_owned(),
            line: shown.line,
            column: shown.column,
            role: owned(shown.role),
            flag: owned(shown.flag),
            severity,
            file: shown.file.to_owned(),
            file_line: shown.file_line,
            rule: shown.rule,
            location: shown.location,
            message: shown.message,
            finding: None,
            diagnostics: shown.diagnostics,
        }
    }
}

/// What is wrong with a pack, or was repaired in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackFinding {
    /// Its French sentence is in the catalogue.
    pub code: &'static str,
    /// The file, in the pack.
    pub file: String,
    /// Its line, from 1.
    pub line: u32,
    /// What exactly: a name, an expression and why it does not compile.
    pub what: String,
    /// Whether it was repaired.
    pub is_repaired: bool,
}

impl fmt::Display for PackFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// A finding of the engine about a pack, as people are told.
pub fn pack_finding(finding: &schematron::Finding) -> PackFinding {
    PackFinding {
        code: cda_pack::code(finding.code),
        file: finding.place.file.to_string(),
        line: finding.place.line,
        what: finding.what.clone(),
        is_repaired: cda_pack::is_repaired(finding.code),
    }
}
