//! Findings: what is wrong or doubtful in the data, said to people.
//!
//! A finding of ours holds a stable code and a place, never the content of a field; one that a published rule made also
//! holds what that rule says, which may quote the document and is for pages only.
//! The French sentence of each code is in the wording catalogue, under `finding.<code>`.

use std::fmt;

/// How much a finding matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing is blocked.
    Information,
    /// Processed, with a doubt that a person should look at.
    Warning,
    /// Not processed as asked.
    Error,
}

/// One finding about received or produced data.
#[derive(Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable code such as `INS-KEY`.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// Where: a field path (`PID-3[2].1`), a form field, an entry name. Never a value.
    pub place: String,
    /// What a rule that others publish says, in its words; empty for our own, whose code says it all.
    pub detail: String,
}

impl fmt::Debug for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The words of a rule may quote what stands in the document.
        let Self { code, severity, place, detail: _ } = self;
        f.debug_struct("Finding").field("code", code).field("severity", severity).field("place", place).finish()
    }
}

impl Finding {
    /// A finding that blocks what was asked.
    pub fn error(code: &'static str, place: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, place: place.into(), detail: String::new() }
    }

    /// A finding that a person should look at.
    pub fn warning(code: &'static str, place: impl Into<String>) -> Self {
        Self { code, severity: Severity::Warning, place: place.into(), detail: String::new() }
    }

    /// A finding worth knowing.
    pub fn information(code: &'static str, place: impl Into<String>) -> Self {
        Self { code, severity: Severity::Information, place: place.into(), detail: String::new() }
    }
    /// The same finding with what the rule says.
    pub fn saying(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_rule_quotes_never_reaches_a_log() {
        let finding = Finding::error("CONFORMITY-RULE", "ClinicalDocument/id").saying("279035121518989");
        assert!(!format!("{finding:?}").contains("2790"), "{finding:?}");
        assert_eq!(finding.detail, "279035121518989");
    }
}
