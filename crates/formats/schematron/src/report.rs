//! What a check found.

use crate::expand::normalized;
use crate::ruleset::{Ruleset, TextId};
use xpath::{Document, Error, NodeId};

/// What a check found, schema by schema, in the order of the ruleset.
#[derive(Debug, Default)]
pub struct Report {
    /// One for each schema.
    pub schemas: Vec<SchemaReport>,
}

/// What one schema found.
#[derive(Debug, Default)]
pub struct SchemaReport {
    /// Rules that fired, each with its node, in the order of patterns, then of the document.
    pub(crate) fired: Vec<(u32, NodeId)>,
    /// Assertions that do not hold.
    pub failed: Vec<Failure>,
    /// Reports that hold.
    pub reports: Vec<Failure>,
    /// Checks without value on this document.
    pub not_evaluable: Vec<NotEvaluable>,
    /// Contexts that had no value at a node: the rule did not fire there.
    pub contexts_without_value: Vec<(u32, NodeId, Box<Error>)>,
}

/// An assertion that does not hold, or a report that does.
#[derive(Debug)]
pub struct Failure {
    pub(crate) rule: u32,
    pub(crate) check: u32,
    /// The node it is about.
    pub node: NodeId,
    pub(crate) message: String,
    pub(crate) diagnostics: Vec<(String, String)>,
}

/// A check that has no value on this document.
#[derive(Debug)]
pub struct NotEvaluable {
    pub(crate) rule: u32,
    pub(crate) check: u32,
    /// The node of the rule.
    pub node: NodeId,
    /// Why; none when the expression did not compile.
    pub error: Option<Box<Error>>,
}

impl SchemaReport {
    /// How many rules fired, each counted with each node.
    pub fn n_fired(&self) -> usize {
        self.fired.len()
    }

    /// Nothing failed, nothing was reported, nothing was left without value.
    pub fn is_clean(&self) -> bool {
        self.failed.is_empty() && self.reports.is_empty() && self.not_evaluable.is_empty()
    }
}

impl Report {
    /// Whether every schema is clean.
    pub fn is_clean(&self) -> bool {
        self.schemas.iter().all(SchemaReport::is_clean)
    }
}

/// How grave a finding is, by its role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// `info`
    Information,
    /// `warning`
    Warning,
    /// `error`, `fatal`, no role, or one that is not known.
    Error,
}

/// A finding with everything a reader wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown<'r> {
    /// Pattern and context: `pattern/context`.
    pub rule: String,
    /// Name or number of the pattern.
    pub pattern: &'r str,
    /// The id of the rule.
    pub rule_id: Option<&'r str>,
    /// The context of the rule.
    pub context: &'r str,
    /// The id of the check.
    pub id: Option<&'r str>,
    /// The expression, parameters replaced.
    pub test: &'r str,
    /// Where in the document: `/Q{namespace}name[n]/…`.
    pub location: String,
    /// Line in the document, from 1.
    pub line: u32,
    /// Column in the document, from 1, in bytes.
    pub column: u32,
    /// As written.
    pub role: Option<&'r str>,
    /// As written.
    pub flag: Option<&'r str>,
    /// White space normalized.
    pub message: String,
    /// Diagnostics: id and text.
    pub diagnostics: Vec<(String, String)>,
    /// The file of the check, inside the pack.
    pub file: &'r str,
    /// Its line.
    pub file_line: u32,
}

impl Shown<'_> {
    /// How grave it is.
    pub fn severity(&self) -> Severity {
        match self.role.unwrap_or_default().to_ascii_lowercase().as_str() {
            "info" | "information" | "informative" | "hint" => Severity::Information,
            "warning" | "warn" => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

impl Ruleset {
    /// A failure, in words.
    pub fn show<'r>(&'r self, document: &Document, failure: &Failure) -> Shown<'r> {
        let mut shown = self.shown(document, failure.rule, failure.check, failure.node);
        shown.message = normalized(&failure.message);
        shown.diagnostics = failure.diagnostics.iter().map(|(id, text)| (id.clone(), normalized(text))).collect();
        shown
    }

    /// A check without value, in words; the message says why.
    pub fn show_not_evaluable<'r>(&'r self, document: &Document, it: &NotEvaluable) -> Shown<'r> {
        let mut shown = self.shown(document, it.rule, it.check, it.node);
        shown.message = it.error.as_ref().map_or_else(|| "the expression does not compile".into(), |it| it.to_string());
        shown
    }

    fn shown<'r>(&'r self, document: &Document, rule: u32, check: u32, node: NodeId) -> Shown<'r> {
        let (rule, check) = (&self.rules[rule as usize], &self.checks[check as usize]);
        let pattern = self.texts.get(self.patterns[rule.pattern as usize].name);
        let context = self.texts.get(rule.text);
        let optional = |id: Option<TextId>| id.map(|id| self.texts.get(id));
        let (line, column) = document.position(node);
        Shown {
            rule: format!("{pattern}/{context}"),
            pattern,
            rule_id: optional(rule.id),
            context,
            id: optional(check.id),
            test: self.texts.get(check.text),
            location: document.location(node),
            line,
            column,
            role: optional(check.role),
            flag: optional(check.flag).or(optional(rule.flag)),
            message: String::new(),
            diagnostics: Vec::new(),
            file: self.texts.get(check.file),
            file_line: check.line,
        }
    }
}
