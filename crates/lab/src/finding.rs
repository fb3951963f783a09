//! Findings: what is wrong or doubtful in the data, said to people.
//!
//! A finding holds a stable code and a place, never the content of a field.
//! The French sentence of each code is in the wording catalogue, under `finding.<code>`.

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
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Stable code such as `INS-KEY`.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// Where: a field path (`PID-3[2].1`), a form field, an entry name. Never a value.
    pub place: String,
}

impl Finding {
    /// A finding that blocks what was asked.
    pub fn error(code: &'static str, place: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, place: place.into() }
    }

    /// A finding that a person should look at.
    pub fn warning(code: &'static str, place: impl Into<String>) -> Self {
        Self { code, severity: Severity::Warning, place: place.into() }
    }

    /// A finding worth knowing.
    pub fn information(code: &'static str, place: impl Into<String>) -> Self {
        Self { code, severity: Severity::Information, place: place.into() }
    }
}
