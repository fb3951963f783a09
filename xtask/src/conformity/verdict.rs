//! Verdicts: the JSON line a judge prints for a document in, what two judges can be compared by out.

use serde_json::Value;
use std::collections::BTreeMap;

/// What a judge says of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It could not be read: not XML for this judge.
    Unreadable(String),
    /// One opinion a schematron, by its file name.
    Judged(BTreeMap<String, Opinion>),
}

/// What a schematron finds in a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opinion {
    /// Pairs of a rule and a node it applies to.
    pub fired: u64,
    /// Failed assertions, each with its message.
    pub failed: Vec<(Finding, String)>,
    /// Successful reports, each with its message.
    pub reports: Vec<(Finding, String)>,
    /// Assertions that a dynamic error kept from an answer.
    pub not_evaluable: Vec<Finding>,
    /// A dynamic error stopped everything, and nothing else is known.
    pub stopped: bool,
    /// The schematron itself could not be used: why.
    pub unusable: Option<String>,
}

/// A rule's test that holds or not at a node. Patterns are left out: reports do not name them with certainty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The context of the rule.
    pub context: String,
    /// The test.
    pub test: String,
    /// The node, as `/Q{namespace}name[1]/…`.
    pub location: String,
    /// The role, empty when it has none.
    pub role: String,
}

impl Verdict {
    /// Reads a line; none when it is not a verdict.
    pub fn read(line: &Value) -> Option<Self> {
        if let Some(error) = line["error"].as_str() {
            return Some(Self::Unreadable(error.to_owned()));
        }
        let schematrons = line["schematrons"].as_array()?.iter();
        Some(Self::Judged(schematrons.map(|it| (text(&it["name"]), Opinion::read(it))).collect()))
    }
}

impl Opinion {
    fn read(value: &Value) -> Self {
        Self {
            fired: value["fired"].as_u64().unwrap_or_default(),
            failed: findings(&value["failed"]),
            reports: findings(&value["reports"]),
            not_evaluable: findings(&value["not_evaluable"]).into_iter().map(|(finding, _)| finding).collect(),
            stopped: value["aborted"].is_string() && value["not_evaluable"].is_null(),
            unusable: value["uncompilable"].as_str().map(str::to_owned),
        }
    }
}

fn findings(value: &Value) -> Vec<(Finding, String)> {
    let mut findings: Vec<_> = value.as_array().into_iter().flatten().map(finding).collect();
    findings.sort();
    findings
}

fn finding(value: &Value) -> (Finding, String) {
    let rule = text(&value["rule"]);
    let context = rule.split_once('/').map(|(_, context)| context.to_owned()).unwrap_or_default();
    let finding =
        Finding { context, test: text(&value["test"]), location: text(&value["location"]), role: text(&value["role"]) };
    (finding, text(&value["message"]))
}

/// White space is how attributes happened to be written.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}
